//! The truth tables of the three forms, of groups, and of conditions, in full.

use super::court::{clause, judge, sheet, verdict, with_gap};
use crate::result::{Outcome, Verdict};
use serde_json::{Value as Json, json};

/// What `where` and `expect` come to for one item: true, false or unknown.
const VALUES: [(&str, &str); 3] = [("true", "T"), ("false", "F"), ("\"?\"", "U")];

fn value(index: usize) -> Json {
    serde_json::from_str(VALUES[index].0).expect("JSON")
}

/// All lists of at most two items, each with a `where` and an `expect`.
fn lists() -> Vec<Vec<(usize, usize)>> {
    let items: Vec<(usize, usize)> = (0..3).flat_map(|w| (0..3).map(move |e| (w, e))).collect();
    let mut all = vec![vec![]];
    all.extend(items.iter().map(|one| vec![*one]));
    all.extend(items.iter().flat_map(|one| items.iter().map(|two| vec![*one, *two])));
    all
}

fn facts(list: &[(usize, usize)], scope: u64, gap: bool) -> assize_facts::Sheet {
    let items: Vec<Json> =
        list.iter().map(|(w, e)| json!({"binary": "x", "go_program": value(*w), "obfuscated": value(*e)})).collect();
    let sheet = sheet("binary.info", scope, &items);
    if gap { with_gap(sheet) } else { sheet }
}

const T: usize = 0;
const F: usize = 1;
const U: usize = 2;

#[test]
fn each_is_as_its_table_says() {
    for minimum in [1, 2] {
        let check = format!(
            "[[check]]\nid = \"c\"\nlayer = \"binary\"\neach = \"binary.info\"\nminimum = {minimum}\n\
             where = {{ go_program = true }}\nexpect = {{ obfuscated = true }}\nfail = {{ en = \"x\", zh = \"x\" }}\n"
        );
        for list in lists() {
            for gap in [false, true] {
                let violated = list.contains(&(T, F));
                let enough = list.iter().filter(|(w, _)| *w == T).count() >= minimum;
                let all_satisfied = list.iter().all(|(w, e)| *w == F || *e == T);
                let expected = match (violated, enough && all_satisfied && !gap) {
                    (true, _) => Verdict::Fail,
                    (false, true) => Verdict::Pass,
                    (false, false) => Verdict::Inconclusive,
                };
                assert_eq!(
                    verdict(clause(&check), vec![facts(&list, 9, gap)]),
                    expected,
                    "{list:?} gap {gap} minimum {minimum}"
                );
            }
        }
    }
}

#[test]
fn none_is_as_its_table_says() {
    let check = "[[check]]\nid = \"c\"\nlayer = \"binary\"\nnone = \"binary.info\"\nwhere = { go_program = true }\nfail = { en = \"x\", zh = \"x\" }\n";
    for list in lists() {
        for (gap, scope) in [(false, 0), (false, 1), (true, 0), (true, 1)] {
            let selected = list.iter().any(|(w, _)| *w == T);
            let unknown = list.iter().any(|(w, _)| *w == U);
            let expected = match (selected, scope >= 1 && !unknown && !gap) {
                (true, _) => Verdict::Fail,
                (false, true) => Verdict::Pass,
                (false, false) => Verdict::Inconclusive,
            };
            assert_eq!(
                verdict(clause(check), vec![facts(&list, scope, gap)]),
                expected,
                "{list:?} gap {gap} scope {scope}"
            );
        }
    }
}

#[test]
fn some_is_as_its_table_says() {
    let check = "[[check]]\nid = \"c\"\nlayer = \"binary\"\nsome = \"binary.info\"\nwhere = { go_program = true }\nfail = { en = \"x\", zh = \"x\" }\n";
    for list in lists() {
        for (gap, scope) in [(false, 0), (false, 1), (true, 0), (true, 1)] {
            let selected = list.iter().any(|(w, _)| *w == T);
            let unknown = list.iter().any(|(w, _)| *w == U);
            let expected = match (selected, scope >= 1, unknown || gap) {
                // Even what is listed shows nothing where the record says that nothing was examined.
                (_, false, _) | (false, true, true) => Verdict::Inconclusive,
                (true, true, _) => Verdict::Pass,
                (false, true, false) => Verdict::Fail,
            };
            assert_eq!(
                verdict(clause(check), vec![facts(&list, scope, gap)]),
                expected,
                "{list:?} gap {gap} scope {scope}"
            );
        }
    }
}

#[test]
fn what_is_one_of_several_values_decides_only_where_all_agree() {
    let check = |matcher: &str| {
        clause(&format!(
            "[[check]]\nid = \"c\"\nlayer = \"source\"\neach = \"source.tls_configs\"\nexpect = {{ min_version = {matcher} }}\nfail = {{ en = \"x\", zh = \"x\" }}\n"
        ))
    };
    let item = json!({"owner": "main", "package": "m", "min_version": {"possible": ["1.2", "1.3"]}});
    for (matcher, expected) in [
        ("{ at_least = \"1.2\" }", Verdict::Pass),
        ("{ below = \"1.2\" }", Verdict::Fail),
        ("{ at_least = \"1.3\" }", Verdict::Inconclusive),
        ("{ one_of = [\"1.3\", \"1.2\"] }", Verdict::Pass),
        ("{ not = \"1.0\" }", Verdict::Pass),
        ("\"1.3\"", Verdict::Inconclusive),
    ] {
        assert_eq!(
            verdict(check(matcher), vec![sheet("source.tls_configs", 1, std::slice::from_ref(&item))]),
            expected,
            "{matcher}"
        );
    }
}

#[test]
fn a_record_that_lacks_a_field_or_holds_another_type_passes_nothing() {
    for (matcher, bad) in
        [("{ at_least = 1 }", json!("many")), ("{ not = 1 }", json!("many")), ("{ not = 1 }", Json::Null)]
    {
        let check = clause(&format!(
            "[[check]]\nid = \"c\"\nlayer = \"binary\"\neach = \"binary.linkage\"\nexpect = {{ writable_executable = {matcher} }}\nfail = {{ en = \"x\", zh = \"x\" }}\n"
        ));
        let expected = if bad.is_null() { Verdict::Pass } else { Verdict::Inconclusive };
        assert_eq!(
            verdict(check.clone(), vec![sheet("binary.linkage", 1, &[json!({"writable_executable": bad})])]),
            expected,
            "{matcher}"
        );
        assert_eq!(verdict(check, vec![sheet("binary.linkage", 1, &[json!({})])]), Verdict::Inconclusive, "{matcher}");
    }
}

#[test]
fn nothing_collected_passes_nothing() {
    for form in [
        "each = \"binary.info\"\nexpect = { go_program = true }",
        "none = \"binary.info\"\nwhere = { go_program = true }",
        "some = \"binary.info\"\nwhere = { go_program = true }",
    ] {
        let check = clause(&format!(
            "[[check]]\nid = \"c\"\nlayer = \"binary\"\n{form}\nfail = {{ en = \"x\", zh = \"x\" }}\n"
        ));
        let result = judge(check, vec![]);
        assert_eq!(result.clauses[0].verdict, Verdict::Inconclusive, "{form}");
        assert_eq!(result.clauses[0].checks[0].gaps[0].code, "not-collected");
    }
}

/// Sheets that make three `binary.*` checks come out as wished.
fn outcome_sheet(kind: &str, field: &str, outcome: usize) -> assize_facts::Sheet {
    sheet(kind, 1, &[json!({ field: value(outcome) })])
}

fn member(id: &str, kind: &str, field: &str, extra: &str) -> String {
    format!(
        "[[check]]\nid = \"{id}\"\nlayer = \"binary\"\neach = \"{kind}\"\nexpect = {{ {field} = true }}\n{extra}\nfail = {{ en = \"x\", zh = \"x\" }}\n"
    )
}

#[test]
fn a_group_is_the_kleene_or_of_its_members_and_decides_as_one() {
    // Index 3 is a member that does not apply.
    let when = "applies_when = { some = \"binary.settings\", where = {} }";
    for a in 0..4 {
        for b in 0..4 {
            for outside in [T, F, U] {
                let text = [
                    member(
                        "a",
                        "binary.info",
                        "go_program",
                        &format!("group = \"g\"\n{}", if a == 3 { when } else { "" }),
                    ),
                    member("b", "binary.linkage", "pie", &format!("group = \"g\"\n{}", if b == 3 { when } else { "" })),
                    member("o", "binary.modules", "is_main", ""),
                ]
                .concat();
                let sheets = vec![
                    outcome_sheet("binary.info", "go_program", a % 3),
                    outcome_sheet("binary.linkage", "pie", b % 3),
                    outcome_sheet("binary.modules", "is_main", outside),
                    sheet("binary.settings", 1, &[]),
                ];
                let members: Vec<usize> = [a, b].into_iter().filter(|m| *m != 3).collect();
                let group = match members.as_slice() {
                    [] => None,
                    all if all.contains(&T) => Some(T),
                    all if all.contains(&U) => Some(U),
                    _ => Some(F),
                };
                let deciders: Vec<usize> = group.into_iter().chain([outside]).collect();
                let expected = match () {
                    () if deciders.contains(&F) => Verdict::Fail,
                    () if deciders.contains(&U) => Verdict::Inconclusive,
                    () => Verdict::Pass,
                };
                assert_eq!(verdict(clause(&text), sheets), expected, "{a} {b} {outside}");
            }
        }
    }
}

#[test]
fn a_condition_must_be_known_not_to_hold() {
    let check = member(
        "c",
        "binary.info",
        "go_program",
        "applies_when = { some = \"binary.settings\", where = { key = \"x\" } }",
    );
    let whole = format!(
        "applies_when = {{ some = \"binary.settings\", where = {{ key = \"x\" }} }}\n---\n{}",
        member("c", "binary.info", "go_program", "")
    );
    let settings = |items: &[Json], scope| sheet("binary.settings", scope, items);
    let holds = || settings(&[json!({"key": "x"})], 1);
    let cases = [
        ("holds", holds(), Verdict::Pass, Verdict::Pass),
        ("holds, with a gap beside it", with_gap(holds()), Verdict::Pass, Verdict::Pass),
        ("does not", settings(&[json!({"key": "y"})], 1), Verdict::Inconclusive, Verdict::NotApplicable),
        ("unknown", settings(&[json!({"key": "?"})], 1), Verdict::Inconclusive, Verdict::Inconclusive),
        ("a gap", with_gap(settings(&[], 1)), Verdict::Inconclusive, Verdict::Inconclusive),
        ("nothing examined", settings(&[], 0), Verdict::Inconclusive, Verdict::Inconclusive),
    ];
    for (name, condition, of_check, of_clause) in cases {
        let info = outcome_sheet("binary.info", "go_program", T);
        assert_eq!(verdict(clause(&check), vec![info.clone(), condition.clone()]), of_check, "{name}: a check's");
        assert_eq!(verdict(clause(&whole), vec![info, condition]), of_clause, "{name}: a clause's");
    }
}

#[test]
fn a_check_whose_condition_is_unknown_does_not_fail() {
    let check = member(
        "c",
        "binary.info",
        "go_program",
        "applies_when = { some = \"binary.settings\", where = { key = \"x\" } }",
    );
    let sheets =
        vec![outcome_sheet("binary.info", "go_program", F), sheet("binary.settings", 1, &[json!({"key": "?"})])];
    let result = judge(clause(&check), sheets);
    let check = &result.clauses[0].checks[0];
    assert_eq!((result.clauses[0].verdict, check.verdict), (Verdict::Inconclusive, Verdict::Inconclusive));
    let outcomes: Vec<Outcome> = check.findings.iter().map(|f| f.outcome).collect();
    assert_eq!(outcomes, [Outcome::Undetermined, Outcome::Violated], "the violation stays visible");
}
