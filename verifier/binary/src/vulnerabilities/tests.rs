//! What the database says of real programs with dependencies of their own making: versions, replacements, platforms, inlined code, and lies.

use super::Advisories;
use crate::Context;
use assize_delivery::Delivery;
use assize_facts::{BinarySpec, Deliverable, Field, Item, Limits, Quiet, Request, Sheet, SourceSpec};
use assize_golang::advisory::Entry;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

struct Database(Vec<Entry>);

impl Advisories for Database {
    fn of_module(&self, path: &str) -> Result<Vec<Entry>, String> {
        Ok(self.0.iter().filter(|entry| entry.affected.iter().any(|a| a.package.name == path)).cloned().collect())
    }
}

/// `ID MODULE INTRODUCED-FIXED PACKAGE:SYMBOL,SYMBOL@GOOS`, the last part as often as wanted.
fn entry(line: &str) -> Entry {
    let mut words = line.split(' ');
    let (id, module, range) =
        (words.next().expect("an id"), words.next().expect("a module"), words.next().expect("a range"));
    let (from, until) = range.split_once('-').expect("a range");
    let fixed = if until.is_empty() { String::new() } else { format!(r#",{{"fixed":"{until}"}}"#) };
    let import = |word: &str| {
        let (word, os) = word.split_once('@').unwrap_or((word, ""));
        let (path, symbols) = word.split_once(':').unwrap_or((word, ""));
        let list = |text: &str| {
            text.split(',').filter(|s| !s.is_empty()).map(|s| format!("{s:?}")).collect::<Vec<_>>().join(",")
        };
        format!(r#"{{"path":"{path}","symbols":[{}],"goos":[{}]}}"#, list(symbols), list(os))
    };
    let imports = words.map(import).collect::<Vec<_>>().join(",");
    let text = format!(
        r#"{{"id":"{id}","affected":[{{"package":{{"name":"{module}"}},"ranges":[{{"type":"SEMVER","events":[{{"introduced":"{from}"}}{fixed}]}}],"ecosystem_specific":{{"imports":[{imports}]}}}}]}}"#
    );
    serde_json::from_str(&text).expect(&text)
}

const MAIN: &str = r#"package main

import (
	"fmt"
	"os"

	"example.com/dep"
	"example.com/types"
)

func main() {
	var d dep.Decoder
	fmt.Println(dep.Small(len(os.Args)), d.Decode(os.Args[0]), dep.Map(os.Args, func(s string) int { return len(s) }), types.Word("x"))
}
"#;

const DEP: &str = r#"package dep

type Decoder struct{ n int }

//go:noinline
func (d *Decoder) Decode(text string) func() int {
	return func() int { d.n += len(text); return d.n }
}

func Small(n int) int { return n + 42 }

//go:noinline
func Map[T, U any](all []T, f func(T) U) []U {
	var out []U
	for _, one := range all {
		out = append(out, f(one))
	}
	return out
}

func Unused() int { return 7 }
"#;

const MODULES: &str = "# example.com/dep v1.2.3\n## explicit; go 1.26\nexample.com/dep\n# example.com/types v0.1.0\n## explicit; go 1.26\nexample.com/types\n";

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("inside")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
}

const ENVIRONMENT: [(&str, &str); 5] =
    [("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", ""), ("GOWORK", "off"), ("CGO_ENABLED", "0")];

/// A program with vendored modules; `replace` is added to go.mod, `listed` is vendor/modules.txt.
fn built(replace: &str, listed: &str) -> tempfile::TempDir {
    built_of(MAIN, replace, listed)
}

fn built_of(main: &str, replace: &str, listed: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let requires = "require (\n\texample.com/dep v1.2.3\n\texample.com/types v0.1.0\n)\n";
    let go_mod = format!("module example.com/app\n\ngo 1.26\n\n{requires}\n{replace}");
    write(
        folder.path(),
        &[
            ("src/go.mod", &go_mod),
            ("src/main.go", main),
            ("src/third_party/example.com/dep/dep.go", DEP),
            ("src/vendor/modules.txt", listed),
            ("src/vendor/example.com/dep/dep.go", DEP),
            ("src/vendor/example.com/types/types.go", "package types\n\ntype Word string\n"),
        ],
    );
    let mut go = Command::new("go");
    go.current_dir(folder.path().join("src")).args([
        "build",
        "-mod=vendor",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags=-s -w",
        "-o",
        "../app",
        ".",
    ]);
    let done = go.envs(ENVIRONMENT).output().expect("go is on PATH");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    folder
}

fn ask(folder: &Path, lines: &[&str]) -> Sheet {
    let spec = Deliverable {
        binaries: vec![BinarySpec { name: "app".into(), path: "app".into(), ..Default::default() }],
        source: Some(SourceSpec { root: Some("src".into()), ..Default::default() }),
        ..Deliverable::default()
    };
    let delivery = Delivery::open(folder, spec, Limits::default()).expect("a folder");
    let database = Database(lines.iter().map(|line| entry(line)).collect());
    let bring = || Some(&database as &dyn Advisories);
    let context = Context { advisories: Some(&bring) };
    crate::collect(&delivery, context, &[Request::new("binary.vulnerabilities", &BTreeMap::new())], &Quiet).remove(0)
}

fn shown(item: &Item, name: &str) -> String {
    match &item.fields[name] {
        Field::Known(serde_json::Value::String(text)) => text.clone(),
        Field::Known(value) => value.to_string(),
        Field::Possible(_) => "possible".into(),
        Field::Unknown(reason) => format!("?{}", reason.code),
    }
}

/// `ID affected linked`, one per item.
fn answers(sheet: &Sheet) -> Vec<String> {
    let row = |item: &Item| ["id", "affected", "linked"].map(|name| shown(item, name)).join(" ");
    sheet.items.iter().map(row).collect()
}

fn gaps(sheet: &Sheet) -> Vec<&str> {
    sheet.gaps.iter().map(|gap| gap.reason.code.as_str()).collect()
}

fn edit(folder: &Path, old: &str, new: &str) {
    assert_eq!(old.len(), new.len());
    let mut bytes = std::fs::read(folder.join("app")).expect("the program");
    let places: Vec<usize> = memchr::memmem::find_iter(&bytes, old).collect();
    assert!(!places.is_empty(), "{old}");
    for at in places {
        bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
    }
    std::fs::write(folder.join("app"), bytes).expect("a file");
}

#[test]
fn code_is_found_by_function_closure_type_argument_and_inline_tree() {
    let folder = built("", MODULES);
    let sheet = ask(
        folder.path(),
        &[
            "A1 example.com/dep 0-1.2.4 example.com/dep:Decoder.Decode",
            "A2 example.com/dep 0-1.2.4 example.com/dep:Small",
            "A3 example.com/dep 0-1.2.4 example.com/dep:Map",
            "A4 example.com/dep 0-1.2.4 example.com/dep:Unused",
            "A5 example.com/dep 0-1.2.4 example.com/dep",
            "A6 example.com/dep 0-1.2.4",
            "A7 example.com/dep 0-1.2.3 example.com/dep:Small",
            "A8 example.com/dep 1.2.3-1.2.4 example.com/dep/other:Small",
            "A9 example.com/dep 0- example.com/dep:Small@windows",
            "B1 example.com/dep 0- example.com/dep:Small@linux,windows",
            "B2 example.com/types 0- example.com/types",
            "B3 example.com/types 0-",
            "B4 example.com/types 0- example.com/types:Word.String",
            "C1 stdlib 1.26.0-0-1.99.0 fmt:Println",
            "C2 stdlib 0- net/http:Get",
            "C3 toolchain 0- cmd/go",
            "D1 example.com/absent 0-",
        ],
    );
    assert_eq!(gaps(&sheet), [""; 0]);
    // go.mod, dep, types, the standard library and the toolchain.
    assert_eq!(sheet.scope.count, 5);
    assert_eq!(
        answers(&sheet),
        [
            "A1 true true",
            "A2 true true",
            "A3 true true",
            "A4 true false",
            "A5 true true",
            "A6 true true",
            "A8 true false",
            "B1 true true",
            "B2 true ?package-by-types-alone",
            "B3 true ?module-by-types-alone",
            "B4 true false",
            "C1 true true",
            "C2 true false",
            "C3 true false",
        ]
    );
    assert_eq!(sheet.items[1].texts("symbols"), Some(vec!["example.com/dep.Small"]));
    assert_eq!(shown(&sheet.items[0], "fixed"), "1.2.4");
    lies_about_versions(folder.path());
}

/// The same program, its bytes edited as a supplier could.
fn lies_about_versions(folder: &Path) {
    let lines = ["A2 example.com/dep 0-1.2.4 example.com/dep:Small", "C2 stdlib 0-1.99.0 fmt:Println"];
    let ask = || ask(folder, &lines);
    // Only the program is edited: the go.mod beside it says another version.
    edit(folder, "example.com/dep\tv1.2.3", "example.com/dep\tv1.2.9");
    assert_eq!(answers(&ask()), ["A2 ?versions-differ ?versions-differ", "C2 true true"]);
    // The module's line is turned into that of another: its packages are still there.
    edit(folder, "dep\texample.com/dep\tv1.2.9", "dep\texample.com/dap\tv1.2.3");
    assert_eq!(gaps(&ask()), ["package-of-no-module"]);
    edit(folder, "dep\texample.com/dap\tv1.2.3", "dep\texample.com/dep\tv1.2.3");
    assert_eq!(answers(&ask()), ["A2 true true", "C2 true true"]);
    // Nothing bears a version out where the functions cannot be read.
    let whole = std::fs::read(folder.join("app")).expect("the program");
    let mut broken = whole.clone();
    let table = memchr::memmem::find(&broken, b"\xf1\xff\xff\xff\0\0\x01\x08").expect("a table");
    broken[table..table + 4].fill(0);
    std::fs::write(folder.join("app"), broken).expect("a file");
    assert_eq!(gaps(&ask()), ["function-table-not-read"]);
    std::fs::write(folder.join("app"), whole).expect("a file");
    // Without the delivered source only the program is asked.
    std::fs::rename(folder.join("src"), folder.join("hidden")).expect("a folder");
    std::fs::create_dir_all(folder.join("src")).expect("a folder");
    std::fs::write(folder.join("src/README"), "").expect("a file");
    assert_eq!(answers(&ask()), ["A2 true true", "C2 true true"]);
    edit(folder, " Go buildinf:", " Go buildinX:");
    let silent = ask();
    assert_eq!(
        (gaps(&silent), answers(&silent)),
        (
            vec!["build-information-absent", "package-of-no-module"],
            vec!["C2 ?toolchain-not-recorded ?toolchain-not-recorded".to_owned()]
        )
    );
    std::fs::write(folder.join("src/go.mod"), "module\n").expect("a file");
    assert!(gaps(&ask()).contains(&"go-mod-not-read"));
}

fn replaced(by: &str) -> String {
    MODULES.replace("dep v1.2.3\n", &format!("dep v1.2.3 => {by}\n")) + &format!("# example.com/dep => {by}\n")
}

#[test]
fn replacements_carry_what_the_original_had_and_what_stands_in_has_of_its_own() {
    let lines = [
        "A1 example.com/dep 0-1.2.4 example.com/dep:Small",
        "A2 example.com/dep 2.0.0- example.com/dep:Small",
        "A3 example.com/dep 2.0.0- example.com/dep:Unused",
        "A4 example.com/dep 0- example.com/dep:Small",
        "B1 example.com/fork 0-0.9.1 example.com/fork:Small",
        "B2 example.com/fork 0-0.9.0 example.com/fork:Small",
    ];
    let folder = built("replace example.com/dep => ./vendored\n", &replaced("./vendored"));
    assert_eq!(
        answers(&ask(folder.path(), &lines)),
        [
            "A1 true true",
            "A2 ?folder-without-version ?folder-without-version",
            "A3 ?folder-without-version false",
            "A4 true true"
        ]
    );
    let folder = built("replace example.com/dep => example.com/fork v0.9.0\n", &replaced("example.com/fork v0.9.0"));
    assert_eq!(
        answers(&ask(folder.path(), &lines)),
        [
            "A1 ?module-forked ?module-forked",
            "A2 ?module-forked ?module-forked",
            "A3 ?module-forked false",
            "A4 true true",
            "B1 true true"
        ]
    );
    // A pin of the same module is judged by the version that it pins.
    let folder = built("replace example.com/dep => example.com/dep v1.2.9\n", &replaced("example.com/dep v1.2.9"));
    assert_eq!(answers(&ask(folder.path(), &lines)), ["A4 true true"]);
}

#[test]
fn a_program_built_from_files_lists_its_modules() {
    let folder = tempfile::tempdir().expect("a folder");
    write(
        folder.path(),
        &[("src/go.mod", "module example.com/app\n"), ("src/main.go", "package main\n\nfunc main() {}\n")],
    );
    let mut go = Command::new("go");
    go.current_dir(folder.path().join("src")).args(["build", "-trimpath", "-ldflags=-s -w", "-o", "../app", "main.go"]);
    let done = go.envs(ENVIRONMENT).output().expect("go is on PATH");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let sheet = ask(folder.path(), &["C1 stdlib 0-1.99.0 net/http:Get"]);
    assert_eq!((gaps(&sheet), answers(&sheet)), (vec![], vec!["C1 true false".to_owned()]));
}

#[test]
fn a_copy_of_a_module_is_known_by_its_path() {
    let copy = MAIN.replace("\"example.com/dep\"", "\"example.com/app/third_party/example.com/dep\"");
    let folder = built_of(&copy, "", MODULES);
    let lines = [
        "A1 example.com/dep 0-1.2.4 example.com/dep:Small",
        "A2 example.com/dep 0-1.2.4 example.com/dep:Unused",
        "A3 example.com/dep 0- example.com/dep",
        "A4 example.com/dep 0-",
        "A5 example.com/dep 0- example.com/dep/other",
    ];
    let sheet = ask(folder.path(), &lines);
    assert_eq!(
        answers(&sheet),
        [
            "A1 ?module-copied ?module-copied",
            "A2 true false",
            "A3 ?module-copied ?module-copied",
            "A4 ?module-copied ?module-copied",
            "A5 true false"
        ]
    );
}

#[test]
fn without_a_database_every_program_is_a_gap() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("app"),
        std::fs::read(std::env::current_exe().expect("a program")).expect("bytes"),
    )
    .expect("a file");
    let spec = Deliverable {
        binaries: vec![BinarySpec { name: "app".into(), path: "app".into(), ..Default::default() }],
        ..Deliverable::default()
    };
    let delivery = Delivery::open(folder.path(), spec, Limits::default()).expect("a folder");
    let asked = Request::new("binary.vulnerabilities", &BTreeMap::new());
    let sheet = crate::collect(&delivery, Context::default(), &[asked], &Quiet).remove(0);
    assert_eq!(gaps(&sheet), ["vulnerability-database-missing"]);
}
