//! OSCAL 1.2.2 assessment results: a finding per clause, an observation per point that speaks against it, a risk per waiver.
//!
//! There is no state for `could not be decided`: such a clause is `not-satisfied` for the reason `other`, and its property `verdict` says it.

mod observations;
mod parts;

use crate::case::{Case, clause_words};
use crate::escape::oscal as markup;
use crate::junit::Counts;
use crate::uuid;
use assize_judge::{ClauseResult, Verdict, WaiverState, WaiverUse};
use parts::{line, prop, props, token};
use serde_json::{Map, Value, json};

const VERSION: &str = "1.2.2";

pub fn oscal(case: &Case) -> String {
    let result = case.result;
    let mut document = json!({ "assessment-results": {
        "uuid": id(case, "document", &[&result.ran_at, &result.judged_for, result.verdict.word()]),
        "metadata": parts::metadata(case, VERSION),
        // The plan is what was agreed: the contract's clauses.
        "import-ap": { "href": format!("#{}", id(case, "contract", &[])) },
        "results": null,
        "back-matter": { "resources": parts::resources(case) },
    }});
    // `json!` copies the values that it is given; what was found is moved.
    document["assessment-results"]["results"] = vec![one(case)].into();
    let mut text = serde_json::to_string_pretty(&document).expect("a document is plain data");
    text.push('\n');
    text
}

/// The identifier of something in this assessment: the same contract and delivery give the same.
fn id(case: &Case, kind: &str, name: &[&str]) -> String {
    let mut parts = vec!["oscal", kind, &case.result.contract.digest, &case.result.deliverable.digest];
    parts.extend(name);
    uuid::of(&parts)
}

fn one(case: &Case) -> Value {
    let mut observations = Vec::new();
    let mut findings = Vec::new();
    let mut risks = Vec::new();
    for clause in case.result.clauses.iter().filter(|c| c.verdict != Verdict::NotApplicable) {
        let seen = observations::of(case, clause);
        let related: Vec<Value> = seen.iter().map(|o| json!({ "observation-uuid": o["uuid"] })).collect();
        let accepted = risks_of(case, clause);
        findings.push(finding(case, clause, related, &accepted));
        observations.extend(seen);
        risks.extend(accepted);
    }
    let mut one = json!({
        "uuid": id(case, "result", &[&case.result.ran_at, &case.result.judged_for]),
        "title": line(&case.say("oscal-title", &[("deliverable", &case.deliverable())])),
        "description": markup(&case.say("oscal-description", &[("contract", &case.result.contract.id)])),
        "start": case.result.ran_at,
        "props": [
            prop("verdict", case.result.verdict.word()),
            prop("judged-for", &case.result.judged_for),
            prop("sandbox", &case.result.sandbox.level),
            prop("gate", &case.result.gate),
        ],
        "links": parts::resources(case).iter().map(|r| json!({
            "href": format!("#{}", r["uuid"].as_str().unwrap_or_default()), "rel": "reference"
        })).collect::<Vec<_>>(),
        "local-definitions": parts::definitions(case),
        "reviewed-controls": { "control-selections": [selection(case)] },
    });
    for (name, all) in [("observations", observations), ("risks", risks), ("findings", findings)] {
        if !all.is_empty() {
            one[name] = all.into();
        }
    }
    one
}

/// Every clause of the contract, without those that do not apply.
fn selection(case: &Case) -> Value {
    let excluded = case.result.clauses.iter().filter(|c| c.verdict == Verdict::NotApplicable);
    let excluded: Vec<Value> = excluded.map(|c| json!({ "control-id": token(&c.id) })).collect();
    let mut selection = json!({ "include-all": {} });
    if !excluded.is_empty() {
        selection["exclude-controls"] = excluded.into();
    }
    selection
}

fn finding(case: &Case, clause: &ClauseResult, related: Vec<Value>, risks: &[Value]) -> Value {
    let agreed = case.agreed(clause);
    let title = agreed.map_or(clause.id.as_str(), |a| a.title.get(case.lang()));
    let wording = case.lines(|lang| agreed.map(|a| markup(a.text.get(lang))).unwrap_or_default());
    let mut finding = json!({
        "uuid": id(case, "finding", &[&clause.id]),
        "title": line(title),
        "description": if wording.is_empty() { line(&clause.id) } else { wording.replace('\n', "\n\n") },
        "props": about(clause),
        "target": {
            "type": "objective-id",
            "target-id": token(&clause.id),
            "title": line(title),
            "status": {
                "state": if clause.verdict == Verdict::Pass { "satisfied" } else { "not-satisfied" },
                "reason": reason(clause),
                "remarks": markup(&clause_words(clause, case.lang())),
            },
        },
    });
    if !related.is_empty() {
        finding["related-observations"] = related.into();
    }
    let risks: Vec<Value> = risks.iter().map(|risk| json!({ "risk-uuid": risk["uuid"] })).collect();
    if !risks.is_empty() {
        finding["related-risks"] = risks.into();
    }
    finding
}

fn about(clause: &ClauseResult) -> Vec<Value> {
    let mut all = vec![
        prop("verdict", clause.verdict.word()),
        prop("obligation", &clause.obligation),
        prop("wording", &clause.wording_digest),
    ];
    all.extend(Counts::of(clause).named().map(|(name, count)| prop(name, &count.to_string())));
    all.extend(clause.underlying.map(|verdict| prop("underlying", verdict.word())));
    all.extend(clause.reason.as_deref().map(|reason| prop("reason", reason)));
    all
}

fn reason(clause: &ClauseResult) -> &'static str {
    match (clause.verdict, clause.underlying) {
        (Verdict::Pass, _) => "pass",
        (Verdict::Fail, _) | (Verdict::Waived, Some(Verdict::Fail)) => "fail",
        (Verdict::Inconclusive | Verdict::NotApplicable | Verdict::Waived, _) => "other",
    }
}

/// What a waiver in force accepts.
fn risks_of(case: &Case, clause: &ClauseResult) -> Vec<Value> {
    let used = case.result.waivers.iter().filter(|w| w.clause == clause.id && w.state == WaiverState::Used);
    used.enumerate().map(|(index, waiver)| risk(case, waiver, index)).collect()
}

fn risk(case: &Case, waiver: &WaiverUse, index: usize) -> Value {
    let statement =
        case.say("waived-by", &[("who", &waiver.approved_by), ("level", &waiver.level), ("date", &waiver.expires)]);
    let mut risk = Map::new();
    risk.insert("uuid".into(), id(case, "risk", &[&waiver.clause, &index.to_string()]).into());
    risk.insert("title".into(), line(&format!("{}: {}", waiver.clause, waiver.reason)).into());
    risk.insert("description".into(), markup(&waiver.reason).into());
    risk.insert("statement".into(), markup(&statement).into());
    risk.insert("props".into(), props(&[("level", &waiver.level), ("expires", &waiver.expires)]).into());
    risk.insert("status".into(), "deviation-approved".into());
    risk.into()
}
