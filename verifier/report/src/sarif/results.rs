//! Findings, gaps, checks and notes as results.

use super::places;
use super::rules::{level, taxonomy_name};
use crate::case::Case;
use crate::escape;
use crate::standing::{Stand, Standing, Waived};
use assize_judge::{CheckResult, ClauseResult, FindingResult, GapResult, RunResult, Text, Verdict, WaiverState};
use serde_json::{Value, json};
use std::collections::HashSet;

/// Everything, in the order of the result.
pub fn all(case: &Case) -> Vec<Value> {
    let waived = Waived::of(case.result);
    let mut out = Vec::new();
    for (index, clause) in case.result.clauses.iter().enumerate() {
        let mut writer = Writer { case, clause, index, out: &mut out };
        writer.clause(&waived);
    }
    out
}

/// Only violations that a clause fails for.
pub fn failures(case: &Case) -> Vec<Value> {
    let waived = Waived::of(case.result);
    let mut out = Vec::new();
    for (index, clause) in case.result.clauses.iter().enumerate().filter(|(_, c)| c.verdict == Verdict::Fail) {
        let begin = out.len();
        let mut writer = Writer { case, clause, index, out: &mut out };
        for check in &clause.checks {
            let stand = Stand::new(clause, check, case.agreed(clause), &waived);
            for finding in &check.findings {
                if stand.finding(finding.outcome, &finding.fingerprint) == Standing::Breaks {
                    writer.finding(check, finding, Standing::Breaks, places::or_whole(case, finding));
                }
            }
        }
        if writer.out.len() == begin {
            writer.whole("fail");
        }
    }
    out
}

struct Writer<'a> {
    case: &'a Case<'a>,
    clause: &'a ClauseResult,
    /// Of the clause's rule.
    index: usize,
    out: &'a mut Vec<Value>,
}

impl Writer<'_> {
    fn clause(&mut self, waived: &Waived) {
        let begin = self.out.len();
        let mut said = HashSet::new();
        for check in &self.clause.checks {
            self.check(check, waived);
            said.extend(check.findings.iter().map(|f| f.fingerprint.as_str()));
            said.extend(check.gaps.iter().map(|g| g.fingerprint.as_str()));
        }
        for note in self.clause.notes.iter().filter(|n| !said.contains(n.fingerprint.as_str())) {
            let result = self.result("note", "informational", &note.message, Some(&note.check));
            self.push(result, Some(&note.fingerprint));
        }
        // A clause is never without a result that says how it stands.
        let says = |result: &Value| match self.clause.verdict {
            Verdict::Waived => result.get("suppressions").is_some(),
            verdict => result["kind"] == kind_of(verdict),
        };
        if !self.out[begin..].iter().any(says) {
            self.whole(kind_of(self.clause.verdict));
        }
    }

    /// One result about the clause itself.
    fn whole(&mut self, kind: &str) {
        let text = Text::both(|lang| crate::case::clause_words(self.clause, lang));
        let result = self.result("clause", kind, &text, None);
        self.push(result, None);
    }

    fn check(&mut self, check: &CheckResult, waived: &Waived) {
        let stand = Stand::new(self.clause, check, self.case.agreed(self.clause), waived);
        for finding in &check.findings {
            let standing = stand.finding(finding.outcome, &finding.fingerprint);
            self.finding(check, finding, standing, places::of(self.case, finding));
        }
        for gap in &check.gaps {
            self.gap(check, gap, stand.gap(&gap.fingerprint));
        }
        if check.findings.is_empty() && check.gaps.is_empty() && self.clause.reason.is_none() {
            let result = self.result("check", kind_of_check(check), &self.examined(check), Some(&check.id));
            self.push(result, None);
        }
    }

    fn finding(&mut self, check: &CheckResult, finding: &FindingResult, standing: Standing, places: Vec<Value>) {
        let violated = finding.outcome == assize_judge::Outcome::Violated;
        let mut result = self.result("finding", kind(standing, violated), &finding.message, Some(&check.id));
        result["properties"]["outcome"] = finding.outcome.word().into();
        result["properties"]["subject"] = crate::text::plain(&finding.subject).into();
        if let Some(fact) = &finding.fact {
            result["properties"]["fact"] = crate::text::plain(fact).into();
        }
        if !finding.exhibits.is_empty() {
            let paths = finding.exhibits.iter().map(|path| crate::text::plain(path));
            result["properties"]["exhibits"] = paths.collect::<Vec<_>>().into();
        }
        if let Some(mend) = &finding.mend {
            result["properties"]["mend"] = crate::text::plain(&self.text(mend)).into();
        }
        if !places.is_empty() {
            result["locations"] = places.into();
        }
        self.suppress(&mut result, standing, &finding.fingerprint);
        self.push(result, Some(&finding.fingerprint));
    }

    fn gap(&mut self, check: &CheckResult, gap: &GapResult, standing: Standing) {
        let mut result = self.result("gap", kind(standing, false), &gap.message, Some(&check.id));
        result["properties"]["reason"] = gap.code.as_str().into();
        if !gap.place.is_empty() {
            result["properties"]["place"] = crate::text::plain(&gap.place).into();
        }
        if let Some(mend) = &gap.mend {
            result["properties"]["mend"] = crate::text::plain(&self.text(mend)).into();
        }
        self.suppress(&mut result, standing, &gap.fingerprint);
        self.push(result, Some(&gap.fingerprint));
    }

    fn result(&self, of: &str, kind: &str, message: &Text, check: Option<&str>) -> Value {
        let level = if kind == "fail" { level(&self.clause.obligation) } else { "none" };
        let mut result = json!({
            "ruleId": self.clause.id,
            "ruleIndex": self.index,
            "kind": kind,
            "level": level,
            "message": { "text": escape::sarif(&self.text(message)) },
            "taxa": [{
                "id": self.clause.id,
                "index": self.index,
                "toolComponent": { "name": taxonomy_name(self.case), "guid": super::taxonomy_guid(self.case) },
            }],
            "properties": { "of": of },
        });
        if let Some(check) = check {
            result["properties"]["check"] = check.into();
        }
        result
    }

    fn push(&mut self, mut result: Value, fingerprint: Option<&str>) {
        if let Some(fingerprint) = fingerprint {
            result["partialFingerprints"] = json!({ "assize/v1": fingerprint });
        }
        self.out.push(result);
    }

    /// In each language of the report, joined; plain lines come later.
    fn text(&self, text: &Text) -> String {
        let parts: Vec<&str> = self.case.languages.iter().map(|lang| text.get(*lang)).collect();
        parts.join(" / ")
    }

    fn examined(&self, check: &CheckResult) -> Text {
        let count = check.examined.count.to_string();
        Text::both(|lang| {
            let what = crate::words::subject(lang, &check.examined.what);
            crate::words::say(lang, "examined", &[("count", &count), ("what", &what)])
        })
    }

    fn suppress(&self, result: &mut Value, standing: Standing, fingerprint: &str) {
        if standing == Standing::Waived {
            let why = justification(self.case.result, self.clause, fingerprint);
            result["suppressions"] = json!([{ "kind": "external", "status": "accepted", "justification": why }]);
        }
    }
}

fn justification(result: &RunResult, clause: &ClauseResult, fingerprint: &str) -> String {
    let covers = |w: &&assize_judge::WaiverUse| {
        w.state == WaiverState::Used && w.clause == clause.id && w.covered.iter().any(|fp| fp == fingerprint)
    };
    let Some(waiver) = result.waivers.iter().find(covers) else { return String::new() };
    let parts = [&waiver.reason, &waiver.approved_by, &waiver.level, &waiver.expires];
    crate::text::plain(&parts.map(String::as_str).join("; "))
}

/// `kind` of SARIF 2.1.0 §3.27.9; a waived violation stays a `fail`, its suppression says that it was accepted.
fn kind(standing: Standing, violated: bool) -> &'static str {
    match standing {
        Standing::Kept => "pass",
        Standing::Breaks => "fail",
        Standing::Waived if violated => "fail",
        Standing::Waived | Standing::Open => "open",
        Standing::Contradicted => "review",
        Standing::Aside => "informational",
    }
}

fn kind_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail | Verdict::Waived => "fail",
        Verdict::Inconclusive => "open",
        Verdict::NotApplicable => "notApplicable",
    }
}

/// Of a check without any finding: a violation always has one.
fn kind_of_check(check: &CheckResult) -> &'static str {
    match check.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail | Verdict::Waived | Verdict::Inconclusive => "open",
        Verdict::NotApplicable => "notApplicable",
    }
}
