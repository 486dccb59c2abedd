//! Waivers: what they cover, what they never cover, and when they are not in force.

use super::court::{clause, contract, run, sheet, with_gap};
use crate::judge::judge_stated;
use crate::result::{ContractVerdict, Outcome, RunResult, Verdict, WaiverState};
use crate::run::RunRecord;
use crate::sheets::Sheets;
use assize_clause::{AgreedClause, Contract, Covers, Findings, Obligation, Subject, Waiver, WaiverLevel};
use assize_facts::{Digest, Sheet};
use jiff::civil::date;
use serde_json::json;

fn probe() -> AgreedClause {
    clause(
        "[[check]]\nid = \"c\"\nlayer = \"binary\"\neach = \"binary.linkage\"\nexpect = { pie = true }\nfail = { en = \"x\", zh = \"x\" }\n",
    )
}

fn waiver(clause: &AgreedClause, fingerprints: &[&str]) -> Waiver {
    Waiver {
        clause: clause.id.clone(),
        wording: clause.wording_digest.clone(),
        covers: Covers::FailAndInconclusive,
        findings: Findings::These(fingerprints.iter().map(|f| (*f).to_owned()).collect()),
        subject: Subject::Any,
        reason: "agreed".into(),
        approved_by: "someone".into(),
        level: WaiverLevel::L2,
        starts: date(2026, 1, 1),
        expires: date(2026, 12, 31),
        file: "w.toml".into(),
        line: 1,
    }
}

fn facts() -> Vec<Sheet> {
    let item = |binary: &str, pie| json!({"binary": binary, "pie": pie});
    vec![with_gap(sheet(
        "binary.linkage",
        3,
        &[item("good", json!(true)), item("bad", json!(false)), item("open", json!("?"))],
    ))]
}

fn judged(contract: &Contract, run: &RunRecord) -> RunResult {
    judge_stated(contract, &Sheets::new(facts()), run)
}

/// Fingerprints of the violation, of the undetermined finding, of the gap.
fn prints() -> [String; 3] {
    let result = judged(&contract(vec![probe()]), &run());
    let check = &result.clauses[0].checks[0];
    let of = |outcome| check.findings.iter().find(|f| f.outcome == outcome).expect("a finding").fingerprint.clone();
    [of(Outcome::Violated), of(Outcome::Undetermined), check.gaps[0].fingerprint.clone()]
}

fn with(change: impl FnOnce(&mut Waiver), obligation: Obligation, run: &RunRecord) -> RunResult {
    let clause = AgreedClause { obligation, ..probe() };
    let prints = prints();
    let mut one = waiver(&clause, &prints.each_ref().map(String::as_str));
    change(&mut one);
    judged(&Contract { waivers: vec![one], ..contract(vec![clause]) }, run)
}

#[test]
fn a_clause_is_waived_where_everything_that_stands_against_it_is_covered() {
    let result = with(|_| {}, Obligation::Must, &run());
    let clause = &result.clauses[0];
    assert_eq!((clause.verdict, clause.underlying), (Verdict::Waived, Some(Verdict::Fail)));
    assert_eq!(clause.checks[0].verdict, Verdict::Fail, "the check keeps its own");
    assert_eq!((result.verdict, result.counts.waived), (ContractVerdict::Accepted, 1));
    assert_eq!((result.waivers[0].state, result.waivers[0].covered.len()), (WaiverState::Used, 3));
}

#[test]
fn what_is_not_covered_still_decides() {
    let [bad, open, gap] = prints();
    for (covered, verdict) in [
        (vec![&bad], Verdict::Inconclusive),
        (vec![&bad, &open], Verdict::Inconclusive),
        (vec![&bad, &gap], Verdict::Inconclusive),
        (vec![&open, &gap], Verdict::Fail),
    ] {
        let covered: Vec<String> = covered.into_iter().cloned().collect();
        let result = with(|w| w.findings = Findings::These(covered.clone()), Obligation::Must, &run());
        assert_eq!(
            (result.clauses[0].verdict, result.clauses[0].underlying),
            (verdict, Some(Verdict::Fail)),
            "{covered:?}"
        );
    }
}

#[test]
fn a_waiver_of_failures_covers_nothing_undetermined() {
    let result = with(|w| w.covers = Covers::Fail, Obligation::Must, &run());
    assert_eq!((result.clauses[0].verdict, result.waivers[0].covered.len()), (Verdict::Inconclusive, 1));
}

#[test]
fn a_waiver_that_is_not_in_force_is_reported_and_changes_nothing() {
    let other = || Digest(format!("sha256:{:064}", 9));
    type Change = Box<dyn FnOnce(&mut Waiver)>;
    let cases: Vec<(WaiverState, Change)> = vec![
        (WaiverState::Expired, Box::new(|w| w.expires = date(2026, 5, 31))),
        (WaiverState::NotYet, Box::new(|w| w.starts = date(2026, 6, 2))),
        (WaiverState::WordingMismatch, Box::new(move |w| w.wording = other())),
        (WaiverState::SubjectMismatch, Box::new(move |w| w.subject = Subject::Delivery(other()))),
        (WaiverState::LevelTooLow, Box::new(|w| w.level = WaiverLevel::L1)),
        (WaiverState::Refused, Box::new(|w| w.findings = Findings::Any)),
        (WaiverState::NoSuchClause, Box::new(|w| w.clause = "another".into())),
        (WaiverState::Unused, Box::new(|w| w.findings = Findings::These(vec!["fp:0".into()]))),
    ];
    for (state, change) in cases {
        let result = with(change, Obligation::Must, &run());
        assert_eq!(
            (result.waivers[0].state, result.clauses[0].verdict, result.clauses[0].underlying),
            (state, Verdict::Fail, None)
        );
        assert!(result.waivers[0].covered.is_empty());
        assert_eq!(result.verdict, ContractVerdict::Rejected);
    }
}

#[test]
fn anything_may_be_waived_where_the_clause_need_not_be_kept_and_for_this_delivery() {
    let result = with(
        |w| {
            w.findings = Findings::Any;
            w.subject = Subject::Delivery(Digest(format!("sha256:{:064}", 1)));
        },
        Obligation::Should,
        &run(),
    );
    assert_eq!(result.clauses[0].verdict, Verdict::Waived);
}

#[test]
fn a_day_is_the_contracts_whole_day() {
    let zone = |name| jiff::tz::TimeZone::get(name).expect("a time zone");
    // The run is judged for 20:00 UTC on 1 June: in Shanghai that is 2 June.
    for (name, expires, state) in [
        ("UTC", date(2026, 6, 1), WaiverState::Used),
        ("Asia/Shanghai", date(2026, 6, 1), WaiverState::Expired),
        ("Asia/Shanghai", date(2026, 6, 2), WaiverState::Used),
    ] {
        let prints = prints();
        let one = Waiver { expires, ..waiver(&probe(), &prints.each_ref().map(String::as_str)) };
        let contract = Contract { waivers: vec![one], time_zone: zone(name), ..contract(vec![probe()]) };
        assert_eq!(judged(&contract, &run()).waivers[0].state, state, "{name} {expires}");
    }
}

#[test]
fn what_was_left_out_is_never_covered() {
    let run = RunRecord { layers: vec!["source".into(), "runtime".into()], ..run() };
    let bare = judged(&contract(vec![probe()]), &run);
    let gap = &bare.clauses[0].checks[0].gaps[0];
    assert_eq!((gap.code.as_str(), bare.clauses[0].reason.as_deref()), ("left-out", Some("left-out")));
    let one = waiver(&probe(), &[&gap.fingerprint]);
    let result = judged(&Contract { waivers: vec![one], ..contract(vec![probe()]) }, &run);
    assert_eq!((result.clauses[0].verdict, result.waivers[0].state), (Verdict::Inconclusive, WaiverState::Unused));
}

#[test]
fn a_shortfall_and_an_unknown_condition_can_be_covered() {
    let clause = clause(
        "[[check]]\nid = \"c\"\nlayer = \"binary\"\neach = \"binary.linkage\"\nwhere = { nx = true }\nexpect = { pie = true }\n\
         applies_when = { some = \"binary.settings\", where = { key = \"x\" } }\nfail = { en = \"x\", zh = \"x\" }\n",
    );
    let sheets = || Sheets::new([sheet("binary.linkage", 1, &[]), sheet("binary.settings", 1, &[json!({"key": "?"})])]);
    let bare = judge_stated(&contract(vec![clause.clone()]), &sheets(), &run());
    let prints: Vec<&str> = bare.clauses[0].checks[0].findings.iter().map(|f| f.fingerprint.as_str()).collect();
    assert_eq!(prints.len(), 2);
    for (covered, verdict) in
        [(&prints[..1], Verdict::Inconclusive), (&prints[1..], Verdict::Inconclusive), (&prints[..], Verdict::Waived)]
    {
        let contract = Contract { waivers: vec![waiver(&clause, covered)], ..contract(vec![clause.clone()]) };
        assert_eq!(judge_stated(&contract, &sheets(), &run()).clauses[0].verdict, verdict, "{covered:?}");
    }
}
