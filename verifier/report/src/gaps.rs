//! What could not be seen, grouped by cause: the same reason at fifty places is one thing to mend.

use assize_facts::Lang;
use assize_judge::{CheckResult, FindingResult, Outcome, RunResult, Text, Verdict};
use std::collections::{BTreeMap, HashSet};

/// One cause.
pub struct Cause {
    pub message: String,
    pub mend: Option<String>,
    /// Distinct places, in order.
    pub places: Vec<String>,
    /// Clauses that it keeps open.
    pub clauses: Vec<String>,
}

/// The causes of a result, those that keep most clauses open first. Checks that decided nothing because they were left out or passed anyway do not count.
pub fn causes(result: &RunResult, lang: Lang) -> Vec<Cause> {
    let mut by = Causes { lang, by: BTreeMap::new() };
    // What holds back a clause: supporting checks and notes never do, and a clause that is broken is not waiting for anything.
    for clause in result.clauses.iter().filter(|c| c.verdict == Verdict::Inconclusive) {
        let open = |c: &&CheckResult| c.verdict == Verdict::Inconclusive && c.weight == "decisive";
        for check in clause.checks.iter().filter(open) {
            for gap in &check.gaps {
                by.add(&gap.code, &gap.message, gap.mend.as_ref(), &gap.place, &clause.id);
            }
            for finding in undetermined(check) {
                let code = finding.reason.as_deref().unwrap_or("undetermined");
                by.add(code, &finding.message, finding.mend.as_ref(), &finding.subject, &clause.id);
            }
        }
    }
    let mut causes: Vec<Cause> = by.by.into_values().map(|(cause, _)| cause).collect();
    causes.sort_by_key(|c| (std::cmp::Reverse(c.clauses.len()), c.message.clone()));
    causes
}

/// Outcomes that only follow from something else that was not seen.
const CONSEQUENCES: &[&str] =
    &["too-few-selected", "too-few-examined", "process-not-tied-because", "condition-unknown"];

pub fn is_consequence(code: &str) -> bool {
    CONSEQUENCES.contains(&code)
}

/// Findings that are a cause of their own: too little to examine is only a consequence where something else says why.
pub fn undetermined(check: &CheckResult) -> Vec<&FindingResult> {
    let open: Vec<&FindingResult> = check.findings.iter().filter(|f| f.outcome == Outcome::Undetermined).collect();
    let follows = |f: &&FindingResult| f.reason.as_deref().is_some_and(is_consequence);
    if check.gaps.is_empty() && open.iter().all(follows) {
        return open;
    }
    open.into_iter().filter(|f| !follows(f)).collect()
}

/// Causes by code and remedy, each with the places and clauses that it has already.
struct Causes<'a> {
    lang: Lang,
    by: BTreeMap<(String, String), (Cause, HashSet<&'a str>)>,
}

impl<'a> Causes<'a> {
    fn add(&mut self, code: &str, message: &Text, mend: Option<&Text>, place: &'a str, clause: &'a str) {
        // One cause with the same remedy is one thing, however its message names the place.
        let mended = mend.map(|m| m.get(self.lang).to_string());
        let key = (code.to_string(), mended.clone().unwrap_or_else(|| message.get(self.lang).to_string()));
        let (cause, places) = self.by.entry(key).or_insert_with(|| {
            let message = message.get(self.lang).to_string();
            (Cause { message, mend: mended, places: Vec::new(), clauses: Vec::new() }, HashSet::new())
        });
        if !place.is_empty() && places.insert(place) {
            cause.places.push(place.to_string());
        }
        // Clauses come one after the other.
        if cause.clauses.last().is_none_or(|last| last != clause) {
            cause.clauses.push(clause.to_string());
        }
    }
}
