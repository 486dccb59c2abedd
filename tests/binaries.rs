//! Real binaries, built in many ways: every fact of the binary layer against what the Go commands say of the same file.

use crate::run::{assize, root};
use assize_golang::linker::plain;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const KINDS: &[&str] = &["binary.info", "binary.modules", "binary.settings", "binary.functions", "binary.linkage"];

/// Builds the first of the matrix: plain, stripped, big-endian, Mach-O, PE.
#[test]
fn five_ways_of_building_are_read_as_the_go_commands_read_them() {
    let folder = root().join("target/matrix-five");
    std::fs::create_dir_all(&folder).expect("a folder");
    let built = Command::new(root().join("tests/matrix/build.sh")).arg(&folder).args(["--only", "5"]).output();
    let built = built.expect("a shell");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    compare(&folder, 5);
}

#[test]
#[ignore = "builds 40 programs; played by tests/long.sh binaries"]
fn every_way_of_building_is_read_as_the_go_commands_read_it() {
    let folder = std::env::var_os("ASSIZE_MATRIX").expect("tests/long/binaries.sh says where the matrix is");
    compare(Path::new(&folder), 40);
}

/// All programs of a folder; so many there have to be.
fn compare(folder: &Path, wanted: usize) {
    let programs: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the matrix")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && path.extension().is_none_or(|e| e != "h" && e != "new"))
        .collect();
    assert_eq!(programs.len(), wanted, "{programs:?}");
    let delivery = tempfile::tempdir().expect("a folder");
    let mut declared = String::new();
    for program in &programs {
        let name = name(program);
        std::fs::copy(program, delivery.path().join(&name)).expect("a copy");
        declared += &format!("[[binary]]\nname = {name:?}\npath = {name:?}\n\n");
    }
    std::fs::write(delivery.path().join("deliverable.toml"), declared).expect("a file");
    let mut args = vec!["facts".to_owned()];
    args.extend(KINDS.iter().flat_map(|kind| ["--kind".to_owned(), (*kind).to_owned()]));
    args.push(delivery.path().display().to_string());
    let ran = assize(args);
    let facts = ran.json();
    let mut wrong = Vec::new();
    for kind in facts["facts"].as_array().expect("kinds") {
        for gap in kind["gaps"].as_array().expect("gaps") {
            let place = gap["place"].as_str().unwrap_or_default();
            wrong.push(format!("{} {place} {gap}", kind["kind"]));
        }
    }
    for program in &programs {
        let theirs = Theirs::of(program);
        wrong.extend(theirs.against(&name(program), program, &facts));
    }
    assert!(wrong.is_empty(), "{} of {wanted} differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What the Go commands say.
struct Theirs {
    version: String,
    modules: Vec<(String, String)>,
    settings: BTreeSet<String>,
    /// Functions by the symbol table; empty of a stripped program.
    functions: BTreeSet<String>,
}

fn go(args: &[&str], program: &Path) -> String {
    let mut go = Command::new("go");
    go.args(args).arg(program).env("GOENV", "off").env("GOTOOLCHAIN", "local").env("GOFLAGS", "");
    String::from_utf8_lossy(&go.output().expect("go is on PATH").stdout).into_owned()
}

impl Theirs {
    fn of(program: &Path) -> Theirs {
        let darwin = name(program).contains("darwin");
        let said = go(&["version", "-m"], program);
        let version = said.lines().next().and_then(|line| line.rsplit(": ").next()).unwrap_or_default().to_owned();
        let mut theirs = Theirs { version, modules: vec![], settings: BTreeSet::new(), functions: BTreeSet::new() };
        for line in said.lines().skip(1) {
            let parts: Vec<&str> = line.trim_start_matches('\t').split('\t').collect();
            match parts.as_slice() {
                ["mod" | "dep", path, version, ..] => theirs.modules.push((path.to_string(), version.to_string())),
                ["build", setting] => {
                    theirs.settings.insert(setting.replace('"', ""));
                }
                _ => {}
            }
        }
        for line in go(&["tool", "nm"], program).lines() {
            // An address, unless the symbol is undefined; a letter; the name, which may hold blanks.
            let line = line.trim_start();
            let rest = line.split_once(' ').map_or("", |(_, rest)| rest.trim_start());
            if let Some(name) = ["T ", "t "].iter().find_map(|mark| rest.strip_prefix(mark)) {
                // Mach-O puts a mark before every name, which the command leaves before those without a package.
                let name = if darwin && !name.contains('.') { name.strip_prefix('_').unwrap_or(name) } else { name };
                theirs.functions.insert(plain(name));
            }
        }
        theirs
    }

    fn against(&self, name: &str, program: &Path, facts: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        let of = |kind: &str| items(facts, kind, name);
        let info = of("binary.info").into_iter().next().unwrap_or_default();
        let version = format!("go{}", info["go_version"].as_str().unwrap_or("?"));
        if version != self.version {
            wrong.push(format!("{name}: {version}, and go version says {}", self.version));
        }
        let old = self.version.starts_with("go1.16");
        if info["readers_agree"] != true && !old {
            wrong.push(format!("{name}: the readers do not agree: {}", info["readers_agree"]));
        }
        let modules: Vec<(String, String)> = of("binary.modules")
            .iter()
            .map(|m| (m["path"].as_str().unwrap_or_default().into(), m["version"].as_str().unwrap_or_default().into()))
            .collect();
        if modules != self.modules {
            wrong.push(format!("{name}: modules {modules:?}, and go version -m says {:?}", self.modules));
        }
        let settings: BTreeSet<String> = of("binary.settings")
            .iter()
            .map(|s| format!("{}={}", s["key"].as_str().unwrap_or_default(), s["value"].as_str().unwrap_or_default()))
            .collect();
        if settings != self.settings {
            wrong.push(format!("{name}: settings {settings:?}, and go version -m says {:?}", self.settings));
        }
        wrong.extend(self.functions_against(name, &of("binary.functions")));
        let linkage = of("binary.linkage").into_iter().next().unwrap_or_default();
        let bytes = std::fs::read(program).expect("a program");
        wrong.extend(linked(name, &linkage, &bytes));
        wrong
    }

    fn functions_against(&self, name: &str, packages: &[Value]) -> Vec<String> {
        let mut mine: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for package in packages {
            let path = package["package"].as_str().unwrap_or_default();
            let names = package["names"].as_array().into_iter().flatten().filter_map(|n| n.as_str());
            let dot = if path.is_empty() { "" } else { "." };
            mine.entry(path.into()).or_default().extend(names.map(|n| plain(&format!("{path}{dot}{n}"))));
        }
        let main = mine.get("main").is_some_and(|names| names.contains("main.main"));
        let mut wrong = Vec::new();
        if !main || mine.values().map(BTreeSet::len).sum::<usize>() < 1000 {
            wrong.push(format!("{name}: the function table is not whole"));
        }
        if self.functions.is_empty() {
            return wrong;
        }
        let all: BTreeSet<&String> = mine.values().flatten().collect();
        // A dot in the middle of a word is written otherwise in symbol tables.
        let missing_there: Vec<&&String> =
            all.iter().filter(|n| !n.contains('·') && !self.functions.contains(**n)).collect();
        let go = |n: &&String| mine.contains_key(assize_golang::linker::split(n).0) && !is_linkers(n);
        let missing_here: Vec<&String> = self.functions.iter().filter(go).filter(|n| !all.contains(n)).collect();
        if !missing_there.is_empty() || !missing_here.is_empty() {
            wrong.push(format!("{name}: only in the table {missing_there:?}; only in go tool nm {missing_here:?}"));
        }
        wrong
    }
}

/// Marks of the linker, and what C and the assembler add without a Go function.
fn is_linkers(name: &str) -> bool {
    matches!(name, "runtime.text" | "runtime.etext")
        || !name.contains('.')
        || name.starts_with("_cgo")
        || name.starts_with("x_cgo")
        || name.starts_with("type:")
        || name.starts_with("go:")
}

/// What the name of a program says of its linking.
fn linked(name: &str, linkage: &Value, bytes: &[u8]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |field: &str, value: Value| {
        if linkage[field] != value {
            wrong.push(format!("{name}: {field} is {}, not {value}", linkage[field]));
        }
    };
    let cgo = name.contains("-cgo") || name.contains("c-shared");
    expect("has_cgo_functions", cgo.into());
    if !name.starts_with("go1.16") {
        expect("cgo_setting", cgo.into());
        expect("consistent", true.into());
    }
    expect("run_time_loaders", Value::Array(vec![]));
    expect("writable_executable", 0.into());
    if cgo && name.contains("linux") {
        // The compiler's call of it leaves its name, stripped or not: the C library has the function.
        expect("stack_protector", bytes.windows(16).any(|w| w == b"__stack_chk_fail").into());
    }
    if !cgo {
        expect("stack_protector", Value::Null);
        expect("needed_by_pure_go", true.into());
        expect("embedded", Value::Array(vec![]));
    }
    if name.contains("linux") {
        let mode = match name {
            n if n.contains("c-shared") => "c-shared",
            n if n.contains("pie") => "pie",
            _ => "exe",
        };
        expect("build_mode", mode.into());
        expect("nx", true.into());
    }
    wrong
}

fn items(facts: &Value, kind: &str, binary: &str) -> Vec<Value> {
    let sheet = facts["facts"].as_array().into_iter().flatten().find(|sheet| sheet["kind"] == kind);
    let items = sheet.and_then(|sheet| sheet["items"].as_array()).into_iter().flatten();
    let fields = |item: &Value| if item["fields"].is_object() { item["fields"].clone() } else { item.clone() };
    items.map(fields).filter(|item| item["binary"] == binary).collect()
}
