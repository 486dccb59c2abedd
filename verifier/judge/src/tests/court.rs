//! Small clauses, facts and runs for the tests of the law.

use crate::judge::judge_stated;
use crate::result::{DeliverableName, RunResult, SandboxUse, Tool, Verdict};
use crate::run::{Operator, RUN_SCHEMA, RunRecord};
use crate::sheets::Sheets;
use assize_clause::{AgreedClause, Clause, Contract, Library};
use assize_facts::{Field, Gap, Item, Layer, Origin, Sheet, reason};
use serde_json::{Value as Json, json};

/// A clause `probe` with these checks, as TOML.
pub fn clause(checks: &str) -> AgreedClause {
    named("probe", checks)
}

pub fn named(id: &str, checks: &str) -> AgreedClause {
    let both = "en = \"x\"\nzh = \"x\"\n";
    let head = format!("id = \"{id}\"\nchapter = \"4.1\"\nobligation = \"must\"\nwaiver_level = \"L2\"\n");
    let (top, tables) = checks.split_once("---").unwrap_or(("", checks));
    let text = format!("{head}{top}\n[title]\n{both}[text]\n{both}{tables}");
    match Clause::parse("clause.toml", text.as_bytes(), None) {
        Ok(clause) => clause.as_proposed("test"),
        Err(mistakes) => panic!("{}\n{text}", mistakes.plain(120)),
    }
}

pub fn contract(clauses: Vec<AgreedClause>) -> Contract {
    let empty = Contract::of_library(&Library::default()).unwrap_or_else(|m| panic!("{}", m.plain(120)));
    Contract { clauses, ..empty }
}

/// Everything is examined; what runs is the operator's, so that nothing has to be tied.
pub fn run() -> RunRecord {
    RunRecord {
        environment: Default::default(),
        schema: RUN_SCHEMA.into(),
        deliverable: DeliverableName { name: Some("x".into()), version: None, digest: format!("sha256:{:064}", 1) },
        declared: Default::default(),
        judged_for: "2026-06-01T20:00:00Z".parse().expect("an instant"),
        ran_at: "2026-06-01T20:00:01Z".parse().expect("an instant"),
        tool: Tool { name: "assize".into(), version: "0".into(), clauses_digest: format!("sha256:{:064}", 2) },
        sandbox: SandboxUse { level: "none".into() },
        gate: "incomplete".into(),
        layers: Layer::ALL.map(|layer| layer.name().to_owned()).to_vec(),
        clauses: vec![],
        operator: Operator { all: true, ..Operator::default() },
        differences: vec![],
        steps: vec![],
    }
}

/// A field: a value, `"?"` for an unknown one, `{"possible": […]}`.
fn field(value: &Json) -> Field {
    match value {
        Json::String(text) if text == "?" => Field::Unknown(reason!("no-line-recorded")),
        other => serde_json::from_value(other.clone()).expect("a field"),
    }
}

/// A sheet with items; `file`, `line` and `excerpt` go to the origin.
pub fn sheet(kind: &str, scope: u64, items: &[Json]) -> Sheet {
    let mut sheet = Sheet::named(kind);
    sheet.examined(scope);
    for item in items {
        let Json::Object(map) = item else { panic!("an item is an object") };
        let mut made = Item { fields: Default::default(), origin: Origin::default() };
        for (name, value) in map {
            match name.as_str() {
                "file" => made.origin.file = value.as_str().map(Into::into),
                "line" => made.origin.line = value.as_u64().and_then(|n| u32::try_from(n).ok()),
                "excerpt" => made.origin.excerpt = value.as_str().map(str::to_owned),
                _ => {
                    made.fields.insert(name.clone(), field(value));
                }
            }
        }
        sheet.items.push(made);
    }
    sheet
}

pub fn with_gap(mut sheet: Sheet) -> Sheet {
    sheet.gaps.push(Gap { reason: reason!("no-build-information", binary = "x"), place: "bin/x".into(), owner: None });
    sheet
}

pub fn judge(clause: AgreedClause, sheets: Vec<Sheet>) -> RunResult {
    judge_stated(&contract(vec![clause]), &Sheets::new(sheets), &run())
}

pub fn verdict(clause: AgreedClause, sheets: Vec<Sheet>) -> Verdict {
    judge(clause, sheets).clauses[0].verdict
}

/// A delivered Go program in which `m/p.Used` is linked and `m/p.Unused` is not.
pub fn program() -> Vec<Sheet> {
    let info = json!({
        "binary": "x", "path": "bin/x", "declared": true, "go_program": true, "obfuscated": false,
        "main_package": "m", "main_module": "m", "sha256": "sha256:aa"
    });
    let functions = |package: &str, name: &str, file: &str| json!({"binary": "x", "package": package, "names": [name], "files": [file], "lines": [3], "inlined": []});
    let declarations = |package: &str, names: Json, lines: Json, ends: Json, file: &str| {
        json!({
            "package": package, "owner": "main", "is_main": package == "m", "names": names, "lines": lines, "end_lines": ends,
            "line_directives": [], "file": file
        })
    };
    vec![
        sheet("binary.info", 1, &[info]),
        sheet(
            "binary.modules",
            1,
            &[
                json!({"binary": "x", "path": "m", "version": "", "sum": null, "replace_path": null, "replace_version": null, "replace_sum": null, "is_main": true}),
            ],
        ),
        sheet("binary.functions", 1, &[functions("main", "main", "m/main.go"), functions("m/p", "Used", "m/p/p.go")]),
        sheet(
            "source.declarations",
            2,
            &[
                declarations("m", json!(["main"]), json!([3]), json!([5]), "src/main.go"),
                declarations("m/p", json!(["Used", "Unused"]), json!([3, 7]), json!([5, 9]), "src/p/p.go"),
            ],
        ),
        sheet("source.files", 2, &[]),
        sheet("inventory.files", 3, &[]),
        sheet("image.manifest", 0, &[]),
        sheet("image.files", 0, &[]),
        sheet("module.vendor", 0, &[]),
    ]
}
