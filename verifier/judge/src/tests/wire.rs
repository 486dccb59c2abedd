//! The result on the wire: its schema, its order, its fingerprints.

use super::court::{clause, contract, judge, named, run, sheet, with_gap};
use crate::judge::judge_stated;
use crate::result::{ContractVerdict, Outcome, RunResult, Verdict};
use crate::run::RunRecord;
use crate::sheets::Sheets;
use crate::{requests, result_schema};
use assize_clause::{AgreedClause, Obligation};
use assize_facts::{kinds, words};
use serde_json::{Value as Json, json};

const MIXED: &str = r#"
[[check]]
id = "written"
layer = "source"
weight = "supporting"
claim = "k"
each = "source.tls_configs"
expect = { min_version = { at_least = "1.3" } }
fail = { en = "accepts TLS {item.min_version}", zh = "接受 TLS {item.min_version}" }

[[check]]
id = "measured"
layer = "binary"
claim = "k"
each = "binary.linkage"
expect = { pie = true }
fail = { en = "no", zh = "否" }

[[check]]
id = "listed"
layer = "binary"
weight = "note"
none = "binary.linkage"
where = { nx = false }
fail = { en = "note", zh = "注" }
"#;

fn config(version: &str, function: Json, line: u64) -> Json {
    json!({"package": "m/p", "function": function, "owner": "main", "min_version": version, "file": "src/p.go", "line": line})
}

fn mixed(configs: &[Json]) -> RunResult {
    let linkage = [json!({"binary": "a", "pie": true, "nx": false}), json!({"binary": "b", "pie": "?", "nx": true})];
    judge(clause(MIXED), vec![sheet("source.tls_configs", 9, configs), with_gap(sheet("binary.linkage", 2, &linkage))])
}

#[test]
fn a_result_is_as_its_schema_says() {
    let schema = jsonschema::validator_for(&result_schema()).expect("our schema is a schema");
    let result = mixed(&[config("1.0", json!("Start"), 3), config("?", Json::Null, 9)]);
    let json = serde_json::to_value(&result).expect("plain data");
    let mistakes: Vec<String> = schema.iter_errors(&json).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let back: RunResult = serde_json::from_value(json.clone()).expect("it reads back");
    assert_eq!(back, result);
    // The schema sees what is wrong.
    for (pointer, bad) in [
        ("/verdict", json!("ok")),
        ("/clauses/0/checks/0/findings/0/fingerprint", json!("x")),
        ("/identity", json!([])),
    ] {
        let mut broken = json.clone();
        *broken.pointer_mut(pointer).expect("it is there") = bad;
        assert!(!schema.is_valid(&broken), "{pointer}");
    }
}

#[test]
fn the_same_facts_give_the_same_bytes() {
    let bytes = || serde_json::to_string(&mixed(&[config("1.0", json!("Start"), 3)])).expect("plain data");
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_finding_says_what_where_and_why() {
    let result = mixed(&[config("1.0", json!("Start"), 3)]);
    let finding = &result.clauses[0].checks[0].findings[0];
    assert_eq!((finding.message.en.as_str(), finding.message.zh.as_str()), ("accepts TLS 1.0", "接受 TLS 1.0"));
    assert_eq!((finding.subject.as_str(), finding.fact.as_deref()), ("src/p.go:3 Start", Some("source.tls_configs#0")));
    let measured = &result.clauses[0].checks[1];
    assert_eq!(measured.findings[0].message.en, "as agreed: pie = yes");
    assert_eq!(
        measured.findings[1].message.en,
        format!("what is recorded as \"pie\" is not known: {}", words()["no-line-recorded"].en)
    );
    assert_eq!((measured.gaps[0].place.as_str(), measured.gaps[0].mend.is_some()), ("bin/x", true));
    assert_eq!((measured.examined.what.as_str(), measured.examined.count), ("binary.linkage", 2));
    assert_eq!(result.clauses[0].notes[0].message.en, "note");
}

/// Fingerprints of a check's findings.
fn prints(result: &RunResult) -> Vec<String> {
    result.clauses[0].checks[0].findings.iter().map(|f| f.fingerprint.clone()).collect()
}

#[test]
fn a_fingerprint_outlives_moved_lines_and_other_items() {
    let before = prints(&mixed(&[config("1.0", json!("Start"), 3)]));
    let moved = prints(&mixed(&[config("1.3", json!("Other"), 1), config("1.0", json!("Start"), 44)]));
    assert_eq!(before[0], moved[1]);
}

#[test]
fn a_fingerprint_does_not_cover_anything_worse() {
    let one = |version: &str| prints(&mixed(&[config(version, json!("Start"), 3)]))[0].clone();
    assert_ne!(one("1.2"), one("1.0"), "another value");
    assert_ne!(one("1.2"), one("?"), "another outcome");
    let twice = prints(&mixed(&[config("1.2", json!("Start"), 3), config("1.2", json!("Start"), 5)]));
    assert_eq!(twice[0], one("1.2"));
    assert_ne!(twice[1], twice[0], "a second one in the same function");
}

#[test]
fn only_must_clauses_decide_and_nothing_left_out_is_accepted() {
    let check = "[[check]]\nid = \"c\"\nlayer = \"binary\"\neach = \"binary.linkage\"\nexpect = { pie = true }\nfail = { en = \"x\", zh = \"x\" }\n";
    let bad = "[[check]]\nid = \"c\"\nlayer = \"binary\"\nnone = \"binary.linkage\"\nwhere = { pie = true }\nfail = { en = \"x\", zh = \"x\" }\n";
    let of = |id: &str, text: &str, obligation| AgreedClause { obligation, ..named(id, text) };
    let facts = || Sheets::new([sheet("binary.linkage", 1, &[json!({"pie": true})])]);
    let verdict = |clauses: Vec<AgreedClause>, run: &RunRecord| judge_stated(&contract(clauses), &facts(), run).verdict;
    use ContractVerdict::{Accepted, Incomplete, Rejected};
    use Obligation::{May, Must, Should};
    assert_eq!(verdict(vec![of("a", check, Must)], &run()), Accepted);
    assert_eq!(verdict(vec![of("a", check, Must), of("b", bad, Should), of("c", bad, May)], &run()), Accepted);
    assert_eq!(verdict(vec![of("a", check, Must), of("b", bad, Must)], &run()), Rejected);
    assert_eq!(verdict(vec![of("a", check, Should)], &run()), Incomplete, "no clause that must be kept passed");
    let one = RunRecord { clauses: vec!["a".into()], ..run() };
    assert_eq!(verdict(vec![of("a", check, Must), of("b", check, Should)], &one), Incomplete, "a clause was left out");
    assert_eq!(
        verdict(vec![of("a", check, Must), of("b", bad, Must)], &RunRecord { clauses: vec!["b".into()], ..run() }),
        Rejected
    );
    let layer = RunRecord { layers: vec!["source".into()], ..run() };
    assert_eq!(verdict(vec![of("a", check, Must)], &layer), Incomplete);
}

#[test]
fn a_clause_that_was_left_out_says_so() {
    let result = judge_stated(
        &contract(vec![clause(MIXED)]),
        &Sheets::default(),
        &RunRecord { clauses: vec!["other".into()], ..run() },
    );
    let clause = &result.clauses[0];
    assert_eq!((clause.verdict, clause.reason.as_deref()), (Verdict::Inconclusive, Some("left-out")));
    assert!(clause.checks.iter().all(|check| check.gaps[0].code == "left-out"));
}

#[test]
fn at_most_two_hundred_satisfied_findings_are_listed_and_all_count() {
    let many: Vec<Json> =
        (0..300).map(|n| config(if n == 299 { "1.0" } else { "1.3" }, json!(format!("F{n}")), n + 1)).collect();
    let check = &mixed(&many).clauses[0].checks[0];
    let listed = |outcome| check.findings.iter().filter(|f| f.outcome == outcome).count();
    assert_eq!((check.examined.count, listed(Outcome::Satisfied), listed(Outcome::Violated)), (300, 200, 1));
}

#[test]
fn every_reason_has_its_words() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut codes = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("our own sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("text");
                codes.extend(
                    text.split("reason!(\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())),
                );
            }
        }
    }
    assert!(codes.len() > 50);
    // Codes that stand in tables of `identity`, without the macro.
    codes.extend(
        ["named-by-operator", "no-image", "link-disagrees", "main-disagrees", "tags-disagree", "platform-disagrees"]
            .map(String::from),
    );
    codes.extend(
        [
            "modules-disagree",
            "link-functions-disagree",
            "bodies-differ",
            "other-binary-runs",
            "preloaded",
            "executed-anew",
        ]
        .map(String::from),
    );
    codes.push("other-process-answers".into());
    let missing: Vec<&String> = codes.iter().filter(|code| !words().contains_key(*code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn requests_hold_what_links_are_derived_from_and_no_link() {
    let text = "[[check]]\nid = \"c\"\nlayer = \"source\"\neach = \"link.modules\"\nexpect = { agrees = true }\nfail = { en = \"x\", zh = \"x\" }\n";
    let asked = requests(&contract(vec![clause(text)]));
    let kinds_asked: Vec<&str> = asked.iter().map(|r| r.kind.as_str()).collect();
    for kind in [
        "module.sums",
        "binary.modules",
        "binary.functions",
        "source.declarations",
        "process.info",
        "process.listeners",
        "inventory.files",
    ] {
        assert!(kinds_asked.contains(&kind), "{kind} in {kinds_asked:?}");
    }
    assert!(
        kinds_asked.iter().all(|kind| !kind.starts_with("link.") && kinds::schema(kind).is_some()),
        "{kinds_asked:?}"
    );
    assert!(asked.is_sorted() && asked.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn every_link_has_a_schema_and_a_function() {
    for schema in kinds::all().iter().filter(|schema| schema.name.starts_with("link.")) {
        let sources =
            crate::links::sources(schema.name).unwrap_or_else(|| panic!("{} is derived by nobody", schema.name));
        assert!(sources.iter().all(|kind| kinds::schema(kind).is_some()), "{}: {sources:?}", schema.name);
        let request = assize_facts::Request::new(schema.name, &Default::default());
        let sheet = crate::links::derive(&request, &Sheets::default(), &[], &run());
        assert!(sheet.check(schema).is_ok() && sheet.kind == schema.name);
    }
}
