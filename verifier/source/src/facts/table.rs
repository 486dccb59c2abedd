//! Text in, facts out: how tests of this room state a tree and what must be recorded of it.

use super::source::Inventory;
use super::{Source, seen, sheets};
use crate::build::{Memory, Program};
use crate::meaning::Lens;
use assize_facts::{BinarySpec, BuildSpec, Deliverable, Field, Quiet, Request, Sheet, SourceSpec};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A deliverable with one binary built like this; `env` as `NAME=value`.
pub(crate) fn built(package: Option<&str>, tags: &[&str], env: &[&str]) -> Deliverable {
    let env = env.iter().map(|e| e.split_once('=').expect("NAME=value")).map(|(k, v)| (k.into(), v.into()));
    let build = BuildSpec { env: env.collect(), ..BuildSpec::default() };
    let binary =
        BinarySpec { name: "x".into(), path: "x".into(), package: package.map(String::from), build: Some(build) };
    let source = SourceSpec { tags: tags.iter().map(|t| t.to_string()).collect(), ..SourceSpec::default() };
    Deliverable { source: Some(source), binaries: vec![binary], ..Deliverable::default() }
}

pub(crate) fn cgo_off() -> Deliverable {
    built(None, &[], &["CGO_ENABLED=0"])
}

/// The sheet of a kind over a tree in memory.
pub(crate) fn collect(kind: &str, tree: &str, spec: &Deliverable) -> Sheet {
    collect_with(kind, tree, spec, &BTreeMap::new())
}

pub(crate) fn collect_with(kind: &str, tree: &str, spec: &Deliverable, with: &BTreeMap<String, Json>) -> Sheet {
    asked(&Request::new(kind, with), &files(tree), spec, false)
}

pub(crate) fn collect_from(kind: &str, files: &Memory, spec: &Deliverable) -> Sheet {
    asked(&Request::new(kind, &BTreeMap::new()), files, spec, false)
}

/// The sheets of several kinds over one tree that was read once.
pub(crate) fn collect_all(kinds: &[&str], files: &Memory, spec: &Deliverable) -> Vec<Sheet> {
    let mut program = Program::read(files, spec, &[], &Quiet);
    program.read_rest();
    let mut source = Source::new(program, inventory(files));
    let requests: Vec<Request> = kinds.iter().map(|kind| Request::new(kind, &BTreeMap::new())).collect();
    let all = sheets(&requests.iter().collect::<Vec<_>>(), &mut source);
    all.into_iter().map(|sheet| sheet.expect("a kind of this room")).collect()
}

/// All that there is: more than what is asked for does no harm.
fn inventory(files: &Memory) -> Arc<Inventory<'static>> {
    let inventory = files.inventory();
    Arc::new(move |_| inventory.clone())
}

/// `everything`: with every declaration looked at, whatever is noted of it.
fn asked(request: &Request, files: &Memory, spec: &Deliverable, everything: bool) -> Sheet {
    let mut program = Program::read(files, spec, &[], &Quiet);
    program.read_rest();
    let source = Source::new(program, inventory(files));
    let mut lens = Lens::new(&source);
    lens.everything = everything;
    seen(request, &lens).expect("a kind of this room")
}

/// `-- path --` before each file. Without a go.mod the tree gets one for `example.com/app`.
fn files(tree: &str) -> Memory {
    let mut files = Memory::new(tree);
    if !tree.contains("go.mod --") {
        files.add("go.mod", b"module example.com/app\n\ngo 1.26\n");
    }
    files
}

/// One line per item and gap: `place field field …`, unknown values as `?code`, possible ones joined by `|`, absent ones as `-`.
pub(crate) fn shown(sheet: &Sheet, fields: &[&str]) -> String {
    let mut lines = Vec::new();
    for item in &sheet.items {
        let place = [item.origin.line, item.origin.column].into_iter().flatten().map(|n| format!(":{n}"));
        let place = format!("{}{}", item.origin.file.as_deref().unwrap_or_default(), place.collect::<String>());
        let values =
            fields.iter().map(|name| value(item.fields.get(name).unwrap_or_else(|| panic!("no field {name}"))));
        lines.push([place].into_iter().chain(values).collect::<Vec<_>>().join(" "));
    }
    let gap = |gap: &assize_facts::Gap| {
        format!(
            "gap {} {}{}",
            gap.reason.code,
            gap.place,
            gap.owner.as_deref().map(|o| format!(" {o}")).unwrap_or_default()
        )
    };
    lines.extend(sheet.gaps.iter().map(gap));
    lines.join("\n")
}

fn value(field: &Field) -> String {
    match field {
        Field::Known(json) => plain(json),
        Field::Possible(all) => all.iter().map(plain).collect::<Vec<_>>().join("|"),
        Field::Unknown(reason) => format!("?{}", reason.code),
    }
}

fn plain(json: &serde_json::Value) -> String {
    match json {
        serde_json::Value::Null => "-".into(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(all) => format!("[{}]", all.iter().map(plain).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// Checks a table of `(name, tree, expected lines)`.
pub(crate) fn check(kind: &str, fields: &[&str], spec: &Deliverable, table: &[(&str, &str, &str)]) {
    for (name, tree, expected) in table {
        let request = Request::new(kind, &BTreeMap::new());
        let tree = files(tree);
        let found = asked(&request, &tree, spec, false);
        assert_eq!(shown(&found, fields), expected.trim(), "{name}");
        // What is noted of files and declarations while they are read first must not hide anything.
        let mut whole = asked(&request, &tree, spec, true);
        // A declaration that is broken and does not matter is a gap only where everything is looked at.
        whole.gaps.retain(|gap| gap.reason.code != "declaration-not-understood" || found.gaps.contains(gap));
        assert_eq!(shown(&found, fields), shown(&whole, fields), "{name}: against every declaration");
    }
}
