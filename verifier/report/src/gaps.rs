//! What could not be seen, grouped by cause: the same reason at fifty places is one thing to mend.

use assize_facts::Lang;
use assize_judge::{Outcome, RunResult, Text, Verdict};
use std::collections::BTreeMap;

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
    let mut by: BTreeMap<(String, String), Cause> = BTreeMap::new();
    for clause in &result.clauses {
        for check in clause.checks.iter().filter(|c| c.verdict == Verdict::Inconclusive) {
            for gap in &check.gaps {
                add(&mut by, &gap.code, &gap.message, gap.mend.as_ref(), &gap.place, &clause.id, lang);
            }
            for finding in check.findings.iter().filter(|f| f.outcome == Outcome::Undetermined) {
                let code = finding.reason.as_deref().unwrap_or("undetermined");
                add(&mut by, code, &finding.message, finding.mend.as_ref(), &finding.subject, &clause.id, lang);
            }
        }
    }
    let mut causes: Vec<Cause> = by.into_values().collect();
    causes.sort_by_key(|c| (std::cmp::Reverse(c.clauses.len()), c.message.clone()));
    causes
}

fn add(
    by: &mut BTreeMap<(String, String), Cause>,
    code: &str,
    message: &Text,
    mend: Option<&Text>,
    place: &str,
    clause: &str,
    lang: Lang,
) {
    // One cause with the same remedy is one thing, however its message names the place.
    let mended = mend.map(|m| m.get(lang).to_string());
    let key = (code.to_string(), mended.clone().unwrap_or_else(|| message.get(lang).to_string()));
    let cause = by.entry(key).or_insert_with(|| Cause {
        message: message.get(lang).to_string(),
        mend: mended,
        places: Vec::new(),
        clauses: Vec::new(),
    });
    for (list, value) in [(&mut cause.places, place), (&mut cause.clauses, clause)] {
        if !value.is_empty() && !list.iter().any(|v| v == value) {
            list.push(value.to_string());
        }
    }
}
