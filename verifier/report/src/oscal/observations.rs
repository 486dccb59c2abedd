//! What was seen of one clause: each check in numbers, each violated or unknown finding, each gap and each note.

use super::id;
use super::parts::{line, prop, props, subject};
use crate::case::Case;
use crate::escape::{oscal as markup, uri};
use crate::words;
use assize_judge::{CheckResult, ClauseResult, FindingResult, GapResult, Note, Outcome, Text};
use serde_json::{Value, json};
use std::collections::HashSet;

pub fn of(case: &Case, clause: &ClauseResult) -> Vec<Value> {
    let mut all = Vec::new();
    let mut said = HashSet::new();
    for check in &clause.checks {
        all.push(summary(case, clause, check));
        for (index, finding) in check.findings.iter().enumerate() {
            said.insert(finding.fingerprint.as_str());
            if matches!(finding.outcome, Outcome::Violated | Outcome::Undetermined) {
                all.push(point(case, clause, check, index, finding));
            }
        }
        for (index, gap) in check.gaps.iter().enumerate() {
            said.insert(gap.fingerprint.as_str());
            all.push(hole(case, clause, check, index, gap));
        }
    }
    let notes = clause.notes.iter().enumerate().filter(|(_, n)| !said.contains(n.fingerprint.as_str()));
    all.extend(notes.map(|(index, note)| remark(case, clause, index, note)));
    all
}

/// Source and binaries are examined, what runs is tested.
fn method(layer: &str) -> &'static str {
    if layer == "runtime" { "TEST" } else { "EXAMINE" }
}

fn observation(case: &Case, uuid: String, layer: &str, title: &str, text: String) -> Value {
    json!({
        "uuid": uuid,
        "title": line(title),
        "description": text,
        "methods": [method(layer)],
        "origins": [{ "actors": [{ "type": "tool", "actor-uuid": id(case, "tool", &[]) }] }],
        "subjects": [{ "subject-uuid": subject(case), "type": "component" }],
        "collected": case.result.ran_at,
    })
}

/// The text in each language, a paragraph each.
fn paragraphs(case: &Case, text: &Text) -> String {
    let all: Vec<String> = case.languages.iter().map(|lang| line(text.get(*lang))).collect();
    all.join("\n\n")
}

/// A check in numbers: what was examined, and how many were as agreed.
fn summary(case: &Case, clause: &ClauseResult, check: &CheckResult) -> Value {
    let count = check.examined.count.to_string();
    let text = Text::both(|lang| {
        let what = words::subject(lang, &check.examined.what);
        words::say(lang, "examined", &[("count", &count), ("what", &what)])
    });
    let uuid = id(case, "check", &[&clause.id, &check.id]);
    let mut seen = observation(case, uuid, &check.layer, &check.id, paragraphs(case, &text));
    let of = |outcome| check.findings.iter().filter(|f| f.outcome == outcome).count().to_string();
    seen["types"] = json!(["control-objective"]);
    seen["props"] = props(&[
        ("check", &check.id),
        ("layer", &check.layer),
        ("weight", &check.weight),
        ("verdict", check.verdict.word()),
        ("examined", &count),
        ("satisfied", &of(Outcome::Satisfied)),
    ])
    .into();
    seen
}

fn point(case: &Case, clause: &ClauseResult, check: &CheckResult, index: usize, finding: &FindingResult) -> Value {
    let uuid = id(case, "point", &[&clause.id, &check.id, &index.to_string(), &finding.fingerprint]);
    let text = paragraphs(case, &finding.message);
    let mut seen = observation(case, uuid, &check.layer, &finding.subject, text);
    seen["types"] = json!(["finding"]);
    seen["props"] = props(&[
        ("check", &check.id),
        ("layer", &check.layer),
        ("weight", &check.weight),
        ("outcome", finding.outcome.word()),
        ("fingerprint", &finding.fingerprint),
    ])
    .into();
    let exhibits = finding.exhibits.iter().map(|path| exhibit(case, path));
    let shown: Vec<Value> = finding.fact.iter().map(|fact| evidence(case, fact)).chain(exhibits).collect();
    if !shown.is_empty() {
        seen["relevant-evidence"] = shown.into();
    }
    if let Some(mend) = &finding.mend {
        seen["remarks"] = paragraphs(case, mend).into();
    }
    seen
}

/// The recorded fact, as a line of a file of the pack.
fn evidence(case: &Case, fact: &str) -> Value {
    let (stem, index) = fact.rsplit_once('#').unwrap_or((fact, "0"));
    let number = index.parse::<u64>().map_or(1, |n| n.saturating_add(1));
    let text = case.say("oscal-fact", &[("file", stem), ("line", &number.to_string())]);
    let mut evidence = json!({ "description": markup(&text) });
    if let Some(href) = uri(&format!("facts/{stem}.jsonl")) {
        evidence["href"] = format!("{href}#L{number}").into();
    }
    evidence
}

/// A raw observation in the pack.
fn exhibit(case: &Case, path: &str) -> Value {
    let mut evidence = json!({ "description": line(&case.say("oscal-exhibit", &[("path", path)])) });
    // Nothing else of a pack is an exhibit, whatever a record says.
    if let Some(href) = uri(path).filter(|href| href.starts_with("exhibits/")) {
        evidence["href"] = href.into_owned().into();
    }
    evidence
}

fn hole(case: &Case, clause: &ClauseResult, check: &CheckResult, index: usize, gap: &GapResult) -> Value {
    let uuid = id(case, "gap", &[&clause.id, &check.id, &index.to_string(), &gap.fingerprint]);
    let title = if gap.place.is_empty() { &gap.code } else { &gap.place };
    let mut seen = observation(case, uuid, &check.layer, title, paragraphs(case, &gap.message));
    seen["types"] = json!(["finding"]);
    seen["props"] = props(&[
        ("check", &check.id),
        ("layer", &check.layer),
        ("outcome", "gap"),
        ("reason", &gap.code),
        ("fingerprint", &gap.fingerprint),
    ])
    .into();
    if let Some(mend) = &gap.mend {
        seen["remarks"] = paragraphs(case, mend).into();
    }
    seen
}

fn remark(case: &Case, clause: &ClauseResult, index: usize, note: &Note) -> Value {
    let uuid = id(case, "note", &[&clause.id, &index.to_string(), &note.fingerprint]);
    let mut seen = observation(case, uuid, "", &note.check, paragraphs(case, &note.message));
    seen["props"] =
        json!([prop("check", &note.check), prop("outcome", "note"), prop("fingerprint", &note.fingerprint)]);
    seen
}
