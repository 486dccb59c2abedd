//! Of which modules the program's function table says that vulnerable code is absent: what their own source declares can bear that out.

use assize_facts::kinds::binary::{Functions, Module as ModuleLine, Vulnerability};
use assize_facts::{Fact, Item, Sheet};
use assize_golang::linker::{in_module, unescaped};
use assize_golang::module::Module;
use std::collections::{BTreeMap, BTreeSet};

/// A module that is in a program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Linked {
    /// The path by which the program knows it.
    pub path: String,
    /// Itself, or what stands in for it.
    pub contents: Module,
}

/// Such modules with those of their packages that have functions in a table, from the sheets of this room.
pub fn absent(sheets: &[Sheet]) -> BTreeMap<Linked, BTreeSet<String>> {
    let entries = of(sheets, Vulnerability::KIND);
    let absent = entries.iter().filter(|entry| entry.bool("linked") == Some(false));
    linked_of(sheets, &absent.filter_map(|entry| entry.text("module")).collect())
}

/// The same of modules by their paths.
pub fn linked_of(sheets: &[Sheet], named: &BTreeSet<&str>) -> BTreeMap<Linked, BTreeSet<String>> {
    let (lines, packages) = (of(sheets, ModuleLine::KIND), of(sheets, Functions::KIND));
    let mut all: BTreeMap<Linked, BTreeSet<String>> = BTreeMap::new();
    for line in lines {
        let Some(linked) = linked(line) else { continue };
        if named.contains(linked.path.as_str()) || named.contains(linked.contents.path.as_str()) {
            let mine = packages.iter().filter(|item| item.text("binary") == line.text("binary"));
            let mine = mine.filter_map(|item| item.text("package")).map(unescaped);
            let mine: BTreeSet<String> = mine.filter(|package| in_module(&linked.path, package)).collect();
            all.entry(linked).or_default().extend(mine);
        }
    }
    all
}

fn of<'s>(sheets: &'s [Sheet], kind: &str) -> Vec<&'s Item> {
    sheets.iter().filter(|sheet| sheet.kind == kind).flat_map(|sheet| &sheet.items).collect()
}

/// Folders have no sums, and their source is in the tree.
fn linked(line: &Item) -> Option<Linked> {
    let own = line.text("path")?;
    let (path, version) = match line.text("replace_path") {
        Some(path) => (path, line.text("replace_version")?),
        None => (own, line.text("version")?),
    };
    let is_folder = line.bool("is_main") != Some(false) || matches!(version, "" | "(devel)");
    let contents = Module { path: path.to_owned(), version: version.to_owned() };
    (!is_folder).then(|| Linked { path: own.to_owned(), contents })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn sheet(kind: &str, rows: &[Value]) -> Sheet {
        let text = json!({"kind": kind, "items": rows});
        let mut sheet = Sheet::named(kind);
        for row in text["items"].as_array().expect("rows") {
            let fields = row.as_object().expect("fields").iter();
            let fields = fields.map(|(name, value)| (name.clone(), assize_facts::Field::Known(value.clone())));
            sheet.items.push(Item { fields: fields.collect(), origin: Default::default() });
        }
        sheet
    }

    #[test]
    fn modules_without_their_vulnerable_code_are_told_with_their_linked_packages() {
        let line = |path: &str, version: &str, replaced: Value| json!({"binary": "p", "path": path, "version": version, "is_main": false, "replace_path": replaced[0], "replace_version": replaced[1]});
        let entry = |module: &str, linked: bool| json!({"binary": "p", "module": module, "linked": linked});
        let functions = |package: &str| json!({"binary": "p", "package": package});
        let sheets = [
            sheet(
                "binary.vulnerabilities",
                &[entry("x.y/a", false), entry("x.y/b", true), entry("f.g/fork", false), entry("x.y/d", false)],
            ),
            sheet(
                "binary.modules",
                &[
                    line("x.y/a", "v1.0.0", json!([])),
                    line("x.y/b", "v1.0.0", json!([])),
                    line("x.y/c", "v1.0.0", json!(["f.g/fork", "v2.0.0"])),
                    line("x.y/d", "v1.0.0", json!(["./d", ""])),
                ],
            ),
            sheet("binary.functions", &["x.y/a", "x.y/a/in%2eside", "x.y/ab", "x.y/c", "fmt"].map(functions)),
        ];
        let told: Vec<String> = absent(&sheets)
            .into_iter()
            .map(|(linked, packages)| format!("{} {} {packages:?}", linked.path, linked.contents))
            .collect();
        assert_eq!(told, ["x.y/a x.y/a@v1.0.0 {\"x.y/a\", \"x.y/a/in.side\"}", "x.y/c f.g/fork@v2.0.0 {\"x.y/c\"}"]);
    }
}
