//! JUnit XML: a test suite per section of the contract, a test case per clause.
//!
//! There is no standard; this is what both the schema of Ant's reports (windyroad `JUnit.xsd`) and that of Jenkins (`junit-10.xsd`) accept,
//! so counts stand in the properties of the suite, since neither agrees on properties of a case.

use crate::case::{Case, clause_words};
use crate::escape::xml;
use crate::standing::{Stand, Standing, Waived};
use assize_judge::{ClauseResult, Outcome, Text, Verdict};
use std::fmt::Write;

/// Findings that the text of one case lists; the counts say how many there are.
const MOST: usize = 200;

pub fn junit(case: &Case) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    let waived = Waived::of(case.result);
    for (id, (section, clauses)) in sections(case).iter().enumerate() {
        suite(&mut out, case, id, section, clauses, &waived);
    }
    out.push_str("</testsuites>\n");
    out
}

/// Clauses by chapter, in the order in which the contract first names it.
fn sections<'a>(case: &Case<'a>) -> Vec<(String, Vec<&'a ClauseResult>)> {
    let mut sections: Vec<(String, Vec<&ClauseResult>)> = Vec::new();
    for clause in &case.result.clauses {
        let section = case.agreed(clause).map(|a| a.chapter.clone()).unwrap_or_default();
        match sections.iter_mut().find(|(name, _)| *name == section) {
            Some((_, clauses)) => clauses.push(clause),
            None => sections.push((section, vec![clause])),
        }
    }
    sections
}

fn suite(out: &mut String, case: &Case, id: usize, section: &str, clauses: &[&ClauseResult], waived: &Waived) {
    let of = |verdicts: &[Verdict]| clauses.iter().filter(|c| verdicts.contains(&c.verdict)).count();
    let (failures, errors) = (of(&[Verdict::Fail]), of(&[Verdict::Inconclusive]));
    let skipped = of(&[Verdict::NotApplicable, Verdict::Waived]);
    let contract = xml(&case.result.contract.id);
    let name = format!("{contract} § {}", xml(section));
    // The schema of Ant wants the instant without a zone; it is UTC.
    let at = case.result.ran_at.get(..19).unwrap_or("1970-01-01T00:00:00");
    let _ = writeln!(
        out,
        "  <testsuite name=\"{name}\" package=\"{contract}\" id=\"{id}\" hostname=\"localhost\" timestamp=\"{}\" tests=\"{}\" \
         failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"0\">",
        xml(at),
        clauses.len()
    );
    properties(out, case, clauses);
    for clause in clauses {
        testcase(out, case, clause, waived);
    }
    let notes: Vec<String> = clauses.iter().flat_map(|clause| notes(case, clause)).collect();
    let _ =
        writeln!(out, "    <system-out>{}</system-out>\n    <system-err></system-err>\n  </testsuite>", lines(&notes));
}

fn properties(out: &mut String, case: &Case, clauses: &[&ClauseResult]) {
    let result = case.result;
    let mut all = vec![
        ("verdict".to_string(), result.verdict.word().to_string()),
        ("subject".into(), result.deliverable.digest.clone()),
        ("contract".into(), result.contract.digest.clone()),
        ("judged-for".into(), result.judged_for.clone()),
    ];
    if let Some(kept) = case.kept {
        all.push(("evidence".into(), kept.digest.clone()));
    }
    for clause in clauses {
        let counts = Counts::of(clause);
        all.push((format!("{}/wording", clause.id), clause.wording_digest.clone()));
        for (what, count) in counts.named() {
            all.push((format!("{}/{what}", clause.id), count.to_string()));
        }
    }
    out.push_str("    <properties>\n");
    for (name, value) in all {
        let _ = writeln!(out, "      <property name=\"{}\" value=\"{}\"/>", xml(&name), xml(&value));
    }
    out.push_str("    </properties>\n");
}

/// How many findings and gaps a clause has.
pub struct Counts {
    pub satisfied: usize,
    pub violated: usize,
    pub undetermined: usize,
    pub gaps: usize,
}

impl Counts {
    pub fn of(clause: &ClauseResult) -> Counts {
        let all = |outcome| clause.checks.iter().flat_map(|c| &c.findings).filter(|f| f.outcome == outcome).count();
        Counts {
            satisfied: all(Outcome::Satisfied),
            violated: all(Outcome::Violated),
            undetermined: all(Outcome::Undetermined),
            gaps: clause.checks.iter().map(|c| c.gaps.len()).sum(),
        }
    }

    pub fn named(&self) -> [(&'static str, usize); 4] {
        [
            ("satisfied", self.satisfied),
            ("violated", self.violated),
            ("undetermined", self.undetermined),
            ("gaps", self.gaps),
        ]
    }
}

fn testcase(out: &mut String, case: &Case, clause: &ClauseResult, waived: &Waived) {
    let title = case.agreed(clause).map(|a| a.title.get(case.lang()).to_string()).unwrap_or_default();
    let name = xml(format!("{} {title}", clause.id).trim());
    let _ = write!(out, "    <testcase classname=\"{}\" name=\"{name}\" time=\"0\"", xml(&case.result.contract.id));
    let said = xml(&format!("{} ({})", clause_words(clause, case.lang()), clause.obligation));
    let text = |wanted: &[Standing]| lines(&list(case, clause, waived, wanted));
    let _ = match clause.verdict {
        Verdict::Pass => writeln!(out, "/>"),
        Verdict::Fail => writeln!(
            out,
            ">\n      <failure type=\"clause.violated\" message=\"{said}\">{}</failure>\n    </testcase>",
            text(&[Standing::Breaks])
        ),
        Verdict::Inconclusive => writeln!(
            out,
            ">\n      <error type=\"clause.inconclusive\" message=\"{said}\">{}</error>\n    </testcase>",
            text(&[Standing::Open, Standing::Contradicted])
        ),
        Verdict::NotApplicable => {
            writeln!(out, ">\n      <skipped message=\"not applicable: {said}\"/>\n    </testcase>")
        }
        Verdict::Waived => {
            let why = xml(&waiver(case, clause));
            writeln!(out, ">\n      <skipped message=\"waived: {said} {why}\"/>\n    </testcase>")
        }
    };
}

fn waiver(case: &Case, clause: &ClauseResult) -> String {
    let used = case.result.waivers.iter().filter(|w| w.clause == clause.id && !w.covered.is_empty());
    let words: Vec<String> = used.map(|w| format!("{} ({}, {})", w.reason, w.approved_by, w.expires)).collect();
    words.join("; ")
}

/// Findings and gaps that stand so, a line each.
fn list(case: &Case, clause: &ClauseResult, waived: &Waived, wanted: &[Standing]) -> Vec<String> {
    let mut all = Vec::new();
    for check in &clause.checks {
        let stand = Stand::new(clause, check, case.agreed(clause), waived);
        for finding in &check.findings {
            if wanted.contains(&stand.finding(finding.outcome, &finding.fingerprint)) {
                all.push((said(case, &finding.message), &finding.subject, &finding.fingerprint, &check.id));
            }
        }
        for gap in check.gaps.iter().filter(|gap| wanted.contains(&stand.gap(&gap.fingerprint))) {
            all.push((said(case, &gap.message), &gap.place, &gap.fingerprint, &check.id));
        }
    }
    let more = all.len().saturating_sub(MOST);
    let mut lines: Vec<String> = all
        .into_iter()
        .take(MOST)
        .map(|(message, place, fingerprint, check)| format!("{message} [{place}] {check} {fingerprint}"))
        .collect();
    if more > 0 {
        lines.push(case.say("more-points", &[("count", &more.to_string())]));
    }
    lines
}

fn notes(case: &Case, clause: &ClauseResult) -> Vec<String> {
    let contradictions = clause.contradictions.iter().map(|c| said(case, &c.message));
    let notes = clause.notes.iter().map(|n| said(case, &n.message));
    contradictions.chain(notes).take(MOST).map(|text| format!("{}: {text}", clause.id)).collect()
}

fn said(case: &Case, text: &Text) -> String {
    let parts: Vec<&str> = case.languages.iter().map(|lang| text.get(*lang)).collect();
    parts.join(" / ")
}

fn lines(all: &[String]) -> String {
    all.iter().map(|line| xml(line)).collect::<Vec<_>>().join("\n")
}
