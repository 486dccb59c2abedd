//! The promise that holds the whole: knowing less never turns a verdict into pass, not-applicable or accepted.

use super::court::{clause, contract, program, run, sheet};
use crate::judge::judge;
use crate::result::{ContractVerdict, RunResult, Verdict};
use crate::run::{Declared, DeclaredEndpoint, Operator, RunRecord};
use crate::sheets::Sheets;
use assize_clause::AgreedClause;
use assize_facts::{Field, Gap, Sheet, kinds, reason};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Kinds that decisive checks look at, with fields that are true or false.
const DECISIVE: &[(&str, &str, [&str; 2])] = &[
    ("binary", "binary.linkage", ["pie", "nx"]),
    ("source", "source.tls_configs", ["min_stated", "callback"]),
    ("runtime", "endpoint.tls", ["declared", "completed"]),
    ("binary", "link.modules", ["agrees", "sum_agrees"]),
    ("binary", "link.functions", ["agrees", "linked"]),
    ("binary", "link.source_binary", ["structure_agrees", "declared"]),
    ("binary", "link.source_binary", ["tags_agree", "main_agrees"]),
    ("runtime", "link.process_binary", ["agrees", "holds_listener"]),
    ("runtime", "link.endpoint_process", ["agrees", "agrees"]),
    ("source", "inventory.declared", ["found", "found"]),
];
/// The kind of supporting checks alone: it may lose a violation by becoming unknown, which is what decisive checks are for.
const SUPPORTING: &str = "source.listeners";
const CONDITIONS: &[&str] = &[
    "binary.settings",
    "source.tls_configs",
    "endpoint.tls",
    "link.modules",
    "link.functions",
    "link.process_binary",
    "link.endpoint_process",
];

fn condition_field(kind: &str) -> &'static str {
    match kind {
        "binary.settings" => "key = \"x\"",
        "source.tls_configs" => "callback = true",
        "endpoint.tls" => "declared = true",
        _ => "agrees = false",
    }
}

/// A check as TOML.
fn decisive(number: usize) -> impl Strategy<Value = String> {
    let form = prop_oneof![3 => Just("each"), 2 => Just("none"), 1 => Just("some")];
    let parts = (
        0..DECISIVE.len(),
        form,
        any::<(bool, bool, bool)>(),
        prop::option::weighted(0.25, 0..CONDITIONS.len()),
        0..4_usize,
        1..3_u32,
    );
    parts.prop_map(move |(kind, form, (filtered, grouped, claimed), condition, dependencies, minimum)| {
        let (layer, kind, [first, second]) = DECISIVE[kind];
        let tests = match form {
            "each" if filtered && first != second => {
                format!("where = {{ {second} = true }}\nexpect = {{ {first} = true }}")
            }
            "each" => format!("expect = {{ {first} = true }}"),
            // What is selected by `none` is what is wrong.
            "none" => format!("where = {{ {first} = false }}"),
            _ => format!("where = {{ {first} = true }}"),
        };
        let mut text = format!("[[check]]\nid = \"d{number}\"\nlayer = \"{layer}\"\n{form} = \"{kind}\"\n{tests}\n");
        if form != "some" {
            text += &format!("minimum = {minimum}\n");
        }
        if grouped && number > 0 {
            text += "group = \"g\"\n";
        }
        if claimed || number == 0 {
            text += "claim = \"k\"\n";
        }
        if let Some(at) = condition {
            let kind = CONDITIONS[at];
            text += &format!("applies_when = {{ some = \"{kind}\", where = {{ {} }} }}\n", condition_field(kind));
        }
        if kind == "source.tls_configs" {
            text += &format!("dependencies = \"{}\"\n", ["supporting", "decisive", "build", "ignored"][dependencies]);
        }
        text + "fail = { en = \"x\", zh = \"x\" }\n"
    })
}

fn supporting(number: usize) -> impl Strategy<Value = String> {
    any::<bool>().prop_map(move |each| {
        let tests = if each { "each = \"source.listeners\"\nexpect = { transport = \"tls\" }" } else { "none = \"source.listeners\"\nwhere = { transport = \"plain\" }" };
        format!("[[check]]\nid = \"s{number}\"\nlayer = \"source\"\nweight = \"supporting\"\nclaim = \"k\"\n{tests}\nfail = {{ en = \"x\", zh = \"x\" }}\n")
    })
}

fn clauses() -> impl Strategy<Value = AgreedClause> {
    let several = prop::collection::vec(any::<bool>(), 0..3).prop_flat_map(|rest| {
        let more: Vec<_> = (1..=rest.len()).map(|n| decisive(n).boxed()).collect();
        let support: Vec<_> =
            rest.iter().enumerate().filter(|(_, yes)| **yes).map(|(n, _)| supporting(n).boxed()).collect();
        (decisive(0), more, support)
    });
    (several, prop::option::weighted(0.2, 0..CONDITIONS.len())).prop_map(|((first, more, support), condition)| {
        let top = condition.map_or(String::new(), |at| {
            let kind = CONDITIONS[at];
            format!("applies_when = {{ some = \"{kind}\", where = {{ {} }} }}\n", condition_field(kind))
        });
        let mut more = more.concat();
        if more.matches("group = ").count() == 1 {
            more = more.replace("group = \"g\"\n", "");
        }
        clause(&format!("{top}---\n{first}{more}{}", support.concat()))
    })
}

fn truth() -> impl Strategy<Value = Json> {
    prop_oneof![8 => Just(json!(true)), 2 => Just(json!(false)), 1 => Just(json!("?"))]
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = Json> {
    prop_oneof![6 => Just(json!(words[0])), 3 => prop::sample::select(words).prop_map(|w| json!(w)), 1 => Just(json!("?"))]
}

fn items(item: impl Strategy<Value = Json> + Clone + 'static) -> impl Strategy<Value = Vec<Json>> {
    prop_oneof![1 => Just(0..1_usize), 9 => Just(1..3)]
        .prop_flat_map(move |size| prop::collection::vec(item.clone(), size))
}

fn source_item(fields: [&'static str; 2]) -> impl Strategy<Value = Json> + Clone {
    let owner = word(&["main", "dependency", "local-replace"]);
    (truth(), truth(), owner, word(&["Used", "Unused"]), word(&["plain", "tls"])).prop_map(move |(a, b, owner, function, transport)| {
        json!({"package": "m/p", "function": function, "owner": owner, fields[0]: a, fields[1]: b, "transport": transport})
    })
    .boxed()
}

fn sheets_of(kind: &'static str, item: impl Strategy<Value = Json> + Clone + 'static) -> impl Strategy<Value = Sheet> {
    (items(item), prop::bool::weighted(0.08), prop_oneof![1 => Just(0_u64), 9 => 1..4_u64], prop::bool::weighted(0.3))
        .prop_map(move |(items, gap, scope, far)| {
            let mut made = sheet(kind, scope, &items);
            if gap {
                let owner = far.then(|| "dependency".to_owned());
                made.gaps.push(Gap { reason: reason!("no-build-settings", binary = "x"), place: "x".into(), owner });
            }
            made
        })
}

fn process() -> impl Strategy<Value = Json> + Clone {
    (truth(), word(&["main", "child", "dependency"]), word(&["sha256:aa", "sha256:bb"]), word(&["end", "ready"]), word(&["", "x"])).prop_map(
        |(listens, role, digest, moment, preload)| {
            let preload = match preload.as_str() {
                Some("") => json!([]),
                Some("x") => json!(["LD_PRELOAD=x"]),
                _ => json!("?"),
            };
            json!({"pid": 2, "moment": moment, "role": role, "exe_sha256": digest, "holds_listener": listens, "ld_preload": preload, "same_since_ready": true, "by_operator": false})
        },
    )
    .boxed()
}

fn socket() -> impl Strategy<Value = Json> + Clone {
    (truth(), word(&["public", "other"]), any::<bool>()).prop_map(|(mine, endpoint, held)| {
        let endpoints = if endpoint == "?" { json!("?") } else { json!([endpoint]) };
        json!({"protocol": "tcp", "address": "::", "port": 1, "moment": "end", "endpoints": endpoints, "pids": if held { json!([2]) } else { json!([2, 3]) }, "of_service": mine})
    })
    .boxed()
}

/// What link.modules needs: mostly in order, sometimes not.
fn modules() -> impl Strategy<Value = Vec<Sheet>> {
    let versions =
        (word(&["v1.0.0", "v2.0.0"]), word(&["h1:a", "h1:b"]), word(&["h1:a", "h1:b"]), truth(), any::<(bool, bool)>());
    versions.prop_map(|(version, listed, recorded, equals, (vendored, replaced))| {
        let sum = if vendored { Json::Null } else { recorded };
        let module = json!({"binary": "x", "path": "d/q", "version": version, "sum": sum, "replace_path": null, "replace_version": null, "replace_sum": null, "is_main": false});
        let main = json!({"binary": "x", "path": "m", "version": "", "sum": null, "replace_path": null, "replace_version": null, "replace_sum": null, "is_main": true});
        let replace = json!({"path": "d/q", "version": null, "directive": "replace", "target_kind": "local", "target": "./q", "target_version": null});
        let zip = |sum: Json| json!({"path": "d/q", "version": "v1.0.0", "of": "zip", "sum": sum});
        let nested = json!({"name": "go.mod", "is_main": false, "module": "m/nested", "go": "1.26.0"});
        vec![
            sheet("binary.modules", 1, &[main, module]),
            sheet("module.file", 2, &[json!({"name": "go.mod", "is_main": true, "module": "m", "go": "1.26.0"}), nested]),
            sheet("module.requirements", 1, &[json!({"path": "d/q", "version": "v1.0.0"})]),
            sheet("module.replacements", 1, if replaced && version_is(&version, "v2.0.0") { std::slice::from_ref(&replace) } else { &[] }),
            sheet("module.sums", 1, &[zip(listed), zip(json!("h1:a"))]),
            sheet("module.vendor", 1, &if vendored { vec![json!({"path": "d/q", "equals_contents": equals})] } else { vec![] }),
            sheet("module.contents", 1, &[json!({"path": "d/q", "version": "v1.0.0", "form": "zip", "differs": false})]),
        ]
    })
}

fn version_is(version: &Json, wanted: &str) -> bool {
    version.as_str() == Some(wanted)
}

/// Recorded facts, and whether the operator's own processes are the subject.
fn worlds() -> impl Strategy<Value = (Vec<Sheet>, bool)> {
    let linkage = (truth(), truth()).prop_map(|(a, b)| json!({"binary": "x", "pie": a, "nx": b})).boxed();
    let settings = (word(&["x", "GOOS", "GOARCH", "-tags"]), word(&["linux", "amd64", ""]))
        .prop_map(|(key, value)| json!({"binary": "x", "key": key, "value": value}))
        .boxed();
    let tls = (truth(), truth())
        .prop_map(|(a, b)| json!({"endpoint": "public", "port": 1, "declared": a, "completed": b}))
        .boxed();
    let declared = truth().prop_map(|found| json!({"role": "binary.path", "path": "bin/x", "found": found})).boxed();
    let sheets = (
        sheets_of("binary.linkage", linkage),
        sheets_of("binary.settings", settings),
        sheets_of("endpoint.tls", tls),
        sheets_of("inventory.declared", declared),
        sheets_of("source.tls_configs", source_item(["min_stated", "callback"])),
        sheets_of(SUPPORTING, source_item(["x", "y"])),
        sheets_of("process.info", process()),
        sheets_of("process.listeners", socket()),
        modules(),
        prop::bool::weighted(0.2),
    );
    (sheets, any::<bool>()).prop_map(|((a, b, c, d, e, f, g, h, modules, patched), operators)| {
        let mut all: Vec<Sheet> =
            program().into_iter().filter(|s| !["binary.modules", "module.vendor"].contains(&s.kind.as_str())).collect();
        if patched {
            for sheet in all.iter_mut().filter(|s| s.kind == "binary.functions") {
                sheet.items[1].fields.insert("names", Field::Known(json!(["Backdoor"])));
            }
        }
        all.extend(modules);
        all.extend([a, b, c, d, e, f, g, h]);
        (all, operators)
    })
}

fn record(operators: bool) -> RunRecord {
    let endpoints = vec![DeclaredEndpoint { name: "public".into(), port: None }];
    let declared = Declared { endpoints, run_binary: Some("x".into()), ..Declared::default() };
    RunRecord { operator: Operator { all: operators, ..Operator::default() }, declared, ..run() }
}

fn judged(clause: &AgreedClause, sheets: Vec<Sheet>, run: &RunRecord) -> RunResult {
    judge(&contract(vec![clause.clone()]), &Sheets::new(sheets), run)
}

/// Each world is tried with one way in so many.
const SHARE: usize = 5;

/// Ways to know less by one thing.
fn ignorances(sheets: &[Sheet], which: usize) -> Vec<(String, Vec<Sheet>)> {
    let mut all = Vec::new();
    let mut number = which;
    for (at, one) in sheets.iter().enumerate().filter(|(_, s)| s.kind != SUPPORTING) {
        let mut changed = |name: String, change: &dyn Fn(&mut Sheet)| {
            number += 1;
            if !number.is_multiple_of(SHARE) {
                return;
            }
            let mut copy = sheets.to_vec();
            change(&mut copy[at]);
            all.push((name, copy));
        };
        for (index, item) in one.items.iter().enumerate() {
            for (field, value) in item.fields.iter() {
                let Field::Known(value) = value else { continue };
                changed(format!("{}#{index}.{field} unknown", one.kind), &|sheet| {
                    sheet.items[index].fields.insert(field, Field::Unknown(reason!("no-line-recorded")));
                });
                if let Json::Bool(value) = value {
                    let possible = Field::Possible(vec![json!(value), json!(!value)]);
                    changed(format!("{}#{index}.{field} possibly otherwise", one.kind), &|sheet| {
                        sheet.items[index].fields.insert(field, possible.clone());
                    });
                }
            }
        }
        for owner in [None, Some("dependency".to_owned())] {
            changed(format!("{}: a gap of {owner:?}", one.kind), &|sheet| {
                sheet.gaps.push(Gap { reason: reason!("no-binary"), place: "y".into(), owner: owner.clone() });
            });
        }
    }
    // A sheet that was not collected at all.
    for (at, one) in sheets.iter().enumerate().filter(|(_, s)| s.kind != SUPPORTING) {
        let mut copy = sheets.to_vec();
        copy.remove(at);
        all.push((format!("{} not collected", one.kind), copy));
    }
    all
}

fn better(before: &RunResult, after: &RunResult) -> bool {
    let (was, is) = (before.clauses[0].verdict, after.clauses[0].verdict);
    let gained = is != was && matches!(is, Verdict::Pass | Verdict::NotApplicable | Verdict::Waived);
    gained || (after.verdict == ContractVerdict::Accepted && before.verdict != ContractVerdict::Accepted)
}

/// Few cases and always the same ones, so that every change is tried quickly and a red test is the change's own; the long run asks for thousands of new ones with PROPTEST_CASES.
fn config() -> ProptestConfig {
    let asked: Option<u32> = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let rng_seed = asked.map_or(RngSeed::Fixed(1), |_| RngSeed::Random);
    ProptestConfig { cases: asked.unwrap_or(60), rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn knowing_less_never_makes_a_verdict_better((clause, (sheets, operators), which) in (clauses(), worlds(), 0..SHARE)) {
        let run = record(operators);
        let before = judged(&clause, sheets.clone(), &run);
        for (name, less) in ignorances(&sheets, which) {
            let after = judged(&clause, less, &run);
            prop_assert!(!better(&before, &after), "{name}: {:?} became {:?}\n{}", before.clauses[0].verdict, after.clauses[0].verdict, clause.source);
        }
        for left_out in ["source", "binary", "runtime"] {
            let layers: Vec<String> = run.layers.iter().filter(|layer| *layer != left_out).cloned().collect();
            let after = judged(&clause, sheets.clone(), &RunRecord { layers, ..run.clone() });
            prop_assert!(!better(&before, &after), "without {left_out}: {:?} became {:?}\n{}", before.clauses[0].verdict, after.clauses[0].verdict, clause.source);
        }
    }

    #[test]
    fn a_pass_has_seen_something((clause, (sheets, operators)) in (clauses(), worlds())) {
        let result = judged(&clause, sheets, &record(operators));
        if result.clauses[0].verdict == Verdict::Pass {
            let seen = |c: &&crate::result::CheckResult| c.verdict == Verdict::Pass && c.weight != "note" && c.examined.count > 0;
            prop_assert!(result.clauses[0].checks.iter().any(|c| seen(&c)), "{}", clause.source);
            let open = |c: &crate::result::CheckResult| c.weight == "decisive" && c.verdict == Verdict::Inconclusive && !clause.checks.iter().any(|k| k.id == c.id && k.group.is_some());
            prop_assert!(!result.clauses[0].checks.iter().any(open), "{}", clause.source);
        }
    }

    #[test]
    fn order_of_sheets_does_not_matter((clause, (sheets, operators)) in (clauses(), worlds())) {
        let mut turned = sheets.clone();
        turned.reverse();
        let bytes = |sheets| serde_json::to_string(&judged(&clause, sheets, &record(operators))).expect("plain data");
        prop_assert_eq!(bytes(sheets), bytes(turned));
    }
}

/// The properties would hold of a judge that never decides: these worlds must bring forth every verdict, often.
#[test]
fn the_worlds_bring_forth_every_verdict() {
    let mut runner = TestRunner::deterministic();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..600 {
        let (clause, (sheets, operators)) = (clauses(), worlds()).new_tree(&mut runner).expect("a world").current();
        let result = judged(&clause, sheets, &record(operators));
        *counts.entry(result.clauses[0].verdict.word()).or_default() += 1;
        *counts.entry(result.verdict.word()).or_default() += 1;
        for check in &result.clauses[0].checks {
            *counts
                .entry(if check.weight == "supporting" { "a supporting check" } else { "a decisive check" })
                .or_default() += 1;
        }
        if result.clauses[0].reason.as_deref() == Some("contradicted") {
            *counts.entry("contradicted").or_default() += 1;
        }
    }
    for (what, least) in [
        ("pass", 40),
        ("fail", 60),
        ("inconclusive", 60),
        ("not-applicable", 8),
        ("accepted", 40),
        ("contradicted", 3),
        ("a supporting check", 100),
    ] {
        assert!(counts.get(what).copied().unwrap_or(0) >= least, "{what}: {counts:?}");
    }
}

#[test]
fn supporting_checks_have_a_kind_of_their_own() {
    assert!(kinds::schema(SUPPORTING).is_some());
    assert!(DECISIVE.iter().all(|(_, kind, _)| *kind != SUPPORTING) && !CONDITIONS.contains(&SUPPORTING));
}
