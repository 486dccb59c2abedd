//! Supporting checks, claims, owners and dependencies: what the source says beside what is measured.

use super::court::{clause, judge, program, sheet, verdict, with_gap};
use crate::result::Verdict;
use assize_facts::Sheet;
use serde_json::{Value as Json, json};

const CLAIM: &str = r#"
[[check]]
id = "measured"
layer = "binary"
each = "binary.linkage"
expect = { pie = true }
claim = "k"
applies_when = { some = "binary.settings", where = {} }
fail = { en = "m", zh = "m" }

[[check]]
id = "written"
layer = "source"
weight = "supporting"
claim = "k"
each = "source.tls_configs"
expect = { min_version = "1.3" }
fail = { en = "accepts {item.min_version}", zh = "接受 {item.min_version}" }

[[check]]
id = "other"
layer = "binary"
each = "binary.info"
expect = { go_program = true }
fail = { en = "o", zh = "o" }
"#;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Is {
    Pass,
    Fail,
    Open,
    Na,
}
use Is::{Fail, Na, Open, Pass};

fn value(is: Is) -> Json {
    match is {
        Is::Pass => json!(true),
        Is::Fail => json!(false),
        Is::Open | Is::Na => json!("?"),
    }
}

/// `linked`: the item's function is in the binary, is not, or nobody knows.
fn case(measured: Is, written: Is, linked: Option<bool>) -> Verdict {
    let mut sheets = program();
    if linked.is_none() {
        sheets.iter_mut().filter(|s| s.kind == "binary.functions").for_each(|s| *s = with_gap(s.clone()));
    }
    let version = match written {
        Pass => "1.3",
        Fail => "1.0",
        Open | Na => "?",
    };
    let function = if linked == Some(true) { "Used" } else { "Unused" };
    let item = json!({"package": "m/p", "function": function, "owner": "main", "min_version": version});
    let condition: &[Json] = if measured == Na { &[] } else { &[json!({"key": "x"})] };
    sheets.push(sheet("source.tls_configs", 1, &[item]));
    sheets.push(sheet("binary.linkage", 1, &[json!({"pie": value(measured)})]));
    sheets.push(sheet("binary.settings", 1, condition));
    verdict(clause(CLAIM), sheets)
}

#[test]
fn a_supporting_check_does_what_its_table_says() {
    for linked in [Some(true), Some(false), None] {
        for (measured, written, expected) in [
            // Beside a decisive check of the claim it decides only by a violation.
            (Pass, Pass, Verdict::Pass),
            (Pass, Open, Verdict::Pass),
            (Pass, Fail, if linked == Some(false) { Verdict::Pass } else { Verdict::Inconclusive }),
            (Open, Pass, Verdict::Inconclusive),
            (Open, Open, Verdict::Inconclusive),
            (Open, Fail, if linked == Some(false) { Verdict::Inconclusive } else { Verdict::Fail }),
            (Fail, Pass, Verdict::Fail),
            (Fail, Open, Verdict::Fail),
            (Fail, Fail, Verdict::Fail),
            // Where none of the claim's decisive checks applies, it is judged as one.
            (Na, Pass, Verdict::Pass),
            (Na, Open, Verdict::Inconclusive),
            (Na, Fail, Verdict::Fail),
        ] {
            assert_eq!(case(measured, written, linked), expected, "{measured:?} {written:?} linked {linked:?}");
        }
    }
}

#[test]
fn opposite_outcomes_of_a_claim_are_listed() {
    let mut sheets = program();
    sheets.push(sheet("source.tls_configs", 1, &[json!({"package": "m/p", "function": "Used", "owner": "main", "min_version": "1.0", "file": "src/p/p.go", "line": 4})]));
    sheets.push(sheet("binary.linkage", 1, &[json!({"pie": true})]));
    sheets.push(sheet("binary.settings", 1, &[json!({"key": "x"})]));
    let result = judge(clause(CLAIM), sheets);
    let clause = &result.clauses[0];
    assert_eq!((clause.verdict, clause.reason.as_deref()), (Verdict::Inconclusive, Some("contradicted")));
    let contradiction = &clause.contradictions[0];
    assert_eq!(
        (contradiction.claim.as_deref(), contradiction.checks.as_slice()),
        (Some("k"), &["measured".to_owned(), "written".to_owned()][..])
    );
    assert_eq!(contradiction.message.en, "measured holds, written does not: src/p/p.go:4 Used: accepts 1.0");
}

fn owned(dependencies: &str) -> assize_clause::AgreedClause {
    clause(&format!(
        "[[check]]\nid = \"c\"\nlayer = \"source\"\neach = \"source.tls_configs\"\n{dependencies}\nexpect = {{ min_version = \"1.3\" }}\nfail = {{ en = \"bad\", zh = \"bad\" }}\n"
    ))
}

/// A good item of the main module beside one of a dependency, linked or not.
fn with_dependency(good: bool, linked: Option<bool>) -> Vec<Sheet> {
    let mut sheets = program();
    for sheet in &mut sheets {
        match (sheet.kind.as_str(), linked) {
            ("binary.functions", None) => *sheet = with_gap(sheet.clone()),
            ("binary.functions", Some(true)) => {
                let more = super::court::sheet(
                    "binary.functions",
                    0,
                    &[
                        json!({"binary": "x", "package": "d/q", "names": ["New"], "files": ["d/q@v1/q.go"], "lines": [1], "inlined": []}),
                    ],
                );
                sheet.items.extend(more.items);
            }
            ("binary.modules", _) => {
                let more = super::court::sheet(
                    "binary.modules",
                    0,
                    &[
                        json!({"binary": "x", "path": "d/q", "version": "v1.0.0", "sum": null, "replace_path": null, "replace_version": null, "replace_sum": null, "is_main": false}),
                    ],
                );
                sheet.items.extend(more.items);
            }
            _ => {}
        }
    }
    let version = if good { "1.3" } else { "1.0" };
    sheets.push(sheet(
        "source.tls_configs",
        2,
        &[
            json!({"package": "m/p", "function": "Used", "owner": "main", "min_version": "1.3"}),
            json!({"package": "d/q", "function": "New", "owner": "dependency", "min_version": version}),
        ],
    ));
    sheets
}

#[test]
fn a_dependencys_item_means_what_its_key_says() {
    use Verdict::{Fail, Inconclusive, Pass};
    for (key, good, linked, expected) in [
        ("", false, Some(true), Pass),
        ("", false, None, Pass),
        ("dependencies = \"ignored\"", false, Some(true), Pass),
        ("dependencies = \"decisive\"", false, Some(true), Fail),
        ("dependencies = \"decisive\"", false, Some(false), Pass),
        ("dependencies = \"decisive\"", false, None, Inconclusive),
        ("dependencies = \"decisive\"", true, None, Pass),
        ("dependencies = \"build\"", false, Some(false), Fail),
        ("dependencies = \"build\"", false, None, Fail),
        ("dependencies = \"build\"", true, None, Pass),
    ] {
        assert_eq!(verdict(owned(key), with_dependency(good, linked)), expected, "{key} good {good} linked {linked:?}");
    }
    let result = judge(owned(""), with_dependency(false, Some(true)));
    assert_eq!(result.clauses[0].contradictions.len(), 1, "a linked dependency's violation is listed");
    let result = judge(owned(""), with_dependency(false, Some(false)));
    assert!(result.clauses[0].contradictions.is_empty());
}

#[test]
fn a_gap_in_a_dependency_matters_where_dependencies_do() {
    for (key, expected) in [
        ("", Verdict::Pass),
        ("dependencies = \"ignored\"", Verdict::Pass),
        ("dependencies = \"decisive\"", Verdict::Inconclusive),
        ("dependencies = \"build\"", Verdict::Inconclusive),
    ] {
        let mut sheets = with_dependency(true, Some(true));
        let last = sheets.last_mut().expect("the configurations");
        *last = with_gap(last.clone());
        last.gaps[0].owner = Some("dependency".into());
        let result = judge(owned(key), sheets);
        assert_eq!(result.clauses[0].verdict, expected, "{key}");
        assert_eq!(result.clauses[0].notes.len(), usize::from(expected == Verdict::Pass), "said all the same: {key}");
    }
}

#[test]
fn a_note_is_told_and_changes_nothing() {
    let text = format!(
        "{}{}",
        "[[check]]\nid = \"c\"\nlayer = \"binary\"\neach = \"binary.info\"\nexpect = { go_program = true }\nfail = { en = \"x\", zh = \"x\" }\n",
        "[[check]]\nid = \"bodies-not-compared\"\nlayer = \"binary\"\nweight = \"note\"\nnone = \"binary.linkage\"\nwhere = { pie = true }\nfail = { en = \"n\", zh = \"n\" }\n"
    );
    let sheets = |pie: Json| {
        vec![
            sheet("binary.info", 1, &[json!({"go_program": true})]),
            sheet("binary.linkage", 1, &[json!({"pie": pie})]),
        ]
    };
    for (pie, notes, reason) in
        [(json!(true), 1, Some("bodies-not-compared")), (json!(false), 0, None), (json!("?"), 0, None)]
    {
        let result = judge(clause(&text), sheets(pie));
        let clause = &result.clauses[0];
        assert_eq!((clause.verdict, clause.notes.len(), clause.reason.as_deref()), (Verdict::Pass, notes, reason));
    }
}
