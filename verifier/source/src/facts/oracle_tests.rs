//! TLS configurations, `import "C"` and signal handlers against an independent program over go/ast (`tests/oracle/shapes.go`).

use super::{Source, seen};
use crate::build::{Disk, FileId, Program};
use crate::meaning::Lens;
use assize_facts::{Deliverable, Quiet, Request, Sheet};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// `kind file:line:column`.
type Places = BTreeSet<String>;

fn oracle(root: &Path, files: &[String]) -> Places {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/shapes.go");
    let mut child = Command::new("go")
        .arg("run")
        .arg(program)
        .arg(root)
        .envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", ""), ("GOWORK", "off")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("these tests need `go` on the PATH");
    let mut input = child.stdin.take().expect("piped");
    let list = files.join("\n");
    let writer = std::thread::spawn(move || input.write_all(list.as_bytes()));
    let output = child.wait_with_output().expect("the oracle ends");
    writer.join().expect("no panic").expect("written");
    assert!(output.status.success(), "the oracle failed");
    String::from_utf8(output.stdout).expect("text").lines().map(String::from).collect()
}

fn places(sheet: &Sheet, kind: &str, wanted: impl Fn(&assize_facts::Item) -> bool) -> Places {
    let own = sheet.items.iter().filter(|item| wanted(item));
    own.map(|item| {
        let (file, line, column) = (&item.origin.file, item.origin.line, item.origin.column);
        format!("{kind} {}:{}:{}", file.as_deref().unwrap_or_default(), line.unwrap_or(0), column.unwrap_or(0))
    })
    .collect()
}

/// Places that either knows and the other does not, `+` ours alone, `-` the oracle's alone; and how many both know.
fn compare(root: &Path, below: &[&str]) -> (usize, Vec<String>) {
    let disk = Disk::below(root, below);
    let mut program = Program::read(&disk, &Deliverable::default(), &[], &Quiet);
    program.read_rest();
    let source = Source::new(program, Arc::new(|_| Sheet::of::<assize_facts::kinds::inventory::File>()));
    let lens = Lens::new(&source);
    let of = |kind: &str| seen(&Request::new(kind, &BTreeMap::new()), &lens).expect("a kind of this room");
    let made = |item: &assize_facts::Item| matches!(item.text("form"), Some("literal" | "new" | "zero"));
    let mut ours = places(&of("source.tls_configs"), "tls", made);
    ours.extend(places(&of("source.signal_handlers"), "signal", |_| true));
    let built: Vec<FileId> = source.built_go_files();
    let shown: BTreeSet<String> = built.iter().map(|file| source.program.shown(*file)).collect();
    let in_build = |item: &assize_facts::Item| {
        item.text("form") == Some("import-c") && item.origin.file.as_deref().is_some_and(|f| shown.contains(f))
    };
    ours.extend(places(&of("source.cgo_imports"), "c", in_build));
    let theirs = oracle(root, &shown.iter().cloned().collect::<Vec<_>>());
    let mut out: Vec<String> = ours.difference(&theirs).map(|place| format!("+ {place}")).collect();
    out.extend(theirs.difference(&ours).map(|place| format!("- {place}")));
    (ours.intersection(&theirs).count(), out)
}

#[test]
fn the_shapes_of_a_small_program_are_those_that_go_ast_sees() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("go.mod", "module example.com/app\n\ngo 1.26\n");
    write(
        "m.go",
        "package main\n\nimport (\n\t\"crypto/tls\"\n\t. \"os/signal\"\n\tother \"crypto/tls\"\n)\n\nvar all = []*tls.Config{{}, {MinVersion: tls.VersionTLS13}}\nvar by = map[string]other.Config{\"é\": {}}\nvar zero, second tls.Config\n\nfunc main() {\n\tc := make(chan os.Signal)\n\tNotify(c)\n\t_ = new(tls.Config)\n\t_ = new(tls.Config{})\n\tfunc(tls struct{ Config int }) { _ = tls.Config }(struct{ Config int }{})\n}\n",
    );
    write("c.go", "package main\n\n// #include <x.h>\nimport \"C\"\n");
    let (same, apart) = compare(folder.path(), &[""]);
    // The oracle leaves out a declaration's names that are also declared inside it.
    assert_eq!(apart, ["+ tls m.go:16:6", "+ tls m.go:17:10"]);
    assert_eq!(same, 7);
}

/// Differences of the pinned modules, each with why the oracle is the one that errs.
const EXPLAINED: &[&str] = &[
    // `signal := <-l.sigChan` stands behind the call in the same function; the oracle takes no account of scopes.
    "nomad@v1.11.1: + signal drivers/shared/executor/executor_linux.go:93:2",
];

/// Of the modules in the folders that `ASSIZE_MODULES` names, apart by blanks.
#[test]
#[ignore = "needs public modules; played by tests/long.sh oracles"]
fn the_shapes_of_public_modules_are_those_that_go_ast_sees() {
    let roots = std::env::var("ASSIZE_MODULES").expect("ASSIZE_MODULES names folders");
    let (mut all, mut differences) = (0, Vec::new());
    for root in roots.split_whitespace().map(PathBuf::from) {
        let (same, apart) = compare(&root, &[""]);
        eprintln!("{}: {same} places in both", root.display());
        all += same;
        differences.extend(apart.into_iter().map(|line| format!("{}: {line}", root.display())));
    }
    assert!(all > 100, "only {all} places");
    differences.retain(|line: &String| !EXPLAINED.iter().any(|known| line.ends_with(known)));
    assert_eq!(differences, Vec::<String>::new());
}
