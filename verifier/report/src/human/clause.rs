//! One clause: what it fails for or waits for, then what of it was examined and kept.

use super::{Ink, Page, mark_of_clause};
use crate::excerpt;
use crate::gaps::undetermined;
use crate::standing::Stand;
use crate::text::{plain, whole};
use crate::words::{subject, word};
use assize_judge::{CheckResult, ClauseResult, FindingResult, Outcome, Verdict};
use std::collections::HashSet;

/// Points that one check lists before it says how many more there are.
const MOST: usize = 4;

/// What a check has to say here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Broken,
    Open,
    /// It is not as agreed, and changes nothing.
    Noted,
    Kept,
}

impl Page<'_> {
    pub(super) fn clause(&mut self, index: usize) {
        let case = self.case;
        let clause = &case.result.clauses[index];
        // The overview says all there is of them.
        if clause.reason.as_deref() == Some("left-out") || clause.verdict == Verdict::NotApplicable {
            return;
        }
        self.heading(clause);
        if matches!(clause.verdict, Verdict::Fail | Verdict::Waived)
            && let Some(agreed) = case.agreed(clause)
        {
            let text = whole(agreed.text.get(self.lang));
            self.wrapped(2, ("", None), &text, Some(Ink::Faint));
        }
        self.state(clause);
        self.checks(clause);
        self.remarks(clause);
    }

    fn heading(&mut self, clause: &ClauseResult) {
        let (mark, ink) = mark_of_clause(clause.verdict);
        let agreed = self.case.agreed(clause);
        let verdict = word(self.lang, "clause-", clause.verdict.word());
        let obligation = word(self.lang, "obligation-", &clause.obligation);
        let chapter = agreed.map(|a| format!("{} ", a.chapter)).unwrap_or_default();
        let title = agreed.map(|a| plain(a.title.get(self.lang))).unwrap_or_default();
        let head = format!("{mark} {chapter}{}  {title}", plain(&clause.id));
        self.line(0, "");
        let line = format!("{} — {} ({obligation})", self.ink(Ink::Strong, &head), self.ink(ink, &verdict));
        self.line(0, &line);
    }

    fn state(&mut self, clause: &ClauseResult) {
        if let Some(underlying) = clause.underlying {
            let verdict = word(self.lang, "clause-", underlying.word());
            let words = self.say("waived-underlying", &[("verdict", &verdict)]);
            self.line(2, &words);
        }
        // Of an open clause the checks below say it, each with its place.
        if clause.verdict != Verdict::Inconclusive
            && let Some(why) = crate::grounds::why(clause, self.lang)
        {
            let label = format!("{}: ", self.say("why", &[]));
            self.wrapped(2, (&label, None), &why, None);
        }
    }

    /// What is broken first, then what is open, then what is only noted, and what is kept in as few lines as it takes.
    fn checks(&mut self, clause: &ClauseResult) {
        // Checks that the agreed parameters switch off say nothing, and what a note has to say stands among the notes.
        let shown = |c: &&CheckResult| c.weight != "note" && c.verdict != Verdict::NotApplicable;
        let checks: Vec<(&CheckResult, Says)> =
            clause.checks.iter().filter(shown).map(|check| (check, self.says(clause, check))).collect();
        for (check, _) in checks.iter().filter(|(_, says)| *says == Says::Broken) {
            self.broken(check);
        }
        let of = |wanted: Says| -> Vec<&CheckResult> {
            checks.iter().filter(|(_, says)| *says == wanted).map(|(check, _)| *check).collect()
        };
        self.open(&of(Says::Open));
        for check in of(Says::Noted) {
            self.noted(check);
        }
        self.kept(&of(Says::Kept));
    }

    fn says(&self, clause: &ClauseResult, check: &CheckResult) -> Says {
        let aside = Stand::new(clause, check, self.case.agreed(clause), &self.waived).is_aside();
        match check.verdict {
            Verdict::Pass | Verdict::NotApplicable => Says::Kept,
            Verdict::Fail | Verdict::Inconclusive | Verdict::Waived if aside => Says::Noted,
            Verdict::Fail | Verdict::Waived => Says::Broken,
            Verdict::Inconclusive => Says::Open,
        }
    }

    /// Layer, weight and what was examined.
    fn about(&self, check: &CheckResult) -> String {
        let layer = word(self.lang, "layer-", &check.layer);
        let count = check.examined.count.to_string();
        let what = subject(self.lang, &check.examined.what);
        let examined = self.say("examined", &[("count", &count), ("what", &what)]);
        match check.weight.as_str() {
            "supporting" => format!("{layer} · {} · {examined}", self.say("weight-supporting", &[])),
            _ => format!("{layer} · {examined}"),
        }
    }

    fn broken(&mut self, check: &CheckResult) {
        let about = self.ink(Ink::Faint, &format!(" · {}", self.about(check)));
        let line = format!("{} {}{about}", self.ink(Ink::Bad, "✗"), plain(&check.id));
        self.line(2, &line);
        let told: Vec<&FindingResult> = check.findings.iter().filter(|f| f.outcome == Outcome::Violated).collect();
        for finding in told.iter().take(MOST) {
            self.finding(finding);
        }
        self.more(6, told.len());
    }

    fn more(&mut self, indent: usize, all: usize) {
        if all > MOST {
            let words = self.say("more-findings", &[("count", &(all - MOST).to_string())]);
            let words = self.ink(Ink::Faint, &words);
            self.line(indent, &words);
        }
    }

    fn finding(&mut self, finding: &FindingResult) {
        let message = plain(finding.message.get(self.lang));
        self.wrapped(6, ("", None), &message, Some(Ink::Bad));
        let subject = plain(&finding.subject);
        let print = self.ink(Ink::Faint, &finding.fingerprint);
        self.line(8, &format!("{subject}  {print}"));
        for line in self.case.origin(finding).map(excerpt::lines).unwrap_or_default() {
            self.line(8, &line);
        }
        if let Some(mend) = &finding.mend {
            let label = format!("{}: ", self.say("page-mend", &[]));
            self.wrapped(8, (&label, None), &plain(mend.get(self.lang)), Some(Ink::Good));
        }
    }

    /// Checks that wait for the same things stand together.
    fn open(&mut self, checks: &[&CheckResult]) {
        let mut together: Vec<(Vec<String>, Vec<&CheckResult>)> = Vec::new();
        for check in checks {
            let points = self.points(check);
            match together.iter_mut().find(|(other, _)| *other == points) {
                Some((_, group)) => group.push(check),
                None => together.push((points, vec![check])),
            }
        }
        for (points, group) in together {
            for (about, ids) in self.grouped(&group) {
                self.wrapped(2, ("? ", Some(Ink::Open)), &format!("{about} — {ids}"), None);
            }
            for point in points.iter().take(MOST) {
                self.wrapped(6, ("? ", Some(Ink::Open)), point, None);
            }
            self.more(6, points.len());
        }
    }

    /// What a check waits for, each with its place where the words do not name it.
    fn points(&self, check: &CheckResult) -> Vec<String> {
        let gaps = check.gaps.iter().map(|g| (g.message.get(self.lang), g.place.as_str()));
        let findings = undetermined(check).into_iter().map(|f| (f.message.get(self.lang), f.subject.as_str()));
        let words = |(message, place): (&str, &str)| {
            let (message, place) = (plain(message), plain(place));
            let named = place.is_empty() || message.contains(&place);
            if named { message } else { format!("{place}: {message}") }
        };
        gaps.chain(findings).map(words).collect()
    }

    /// A check that is not as agreed and changes nothing, in a line or two.
    fn noted(&mut self, check: &CheckResult) {
        let told = check.findings.iter().find(|f| f.outcome == Outcome::Violated);
        let told = told.map(|f| plain(f.message.get(self.lang))).or_else(|| self.points(check).into_iter().next());
        let told = told.map(|words| format!(": {words}")).unwrap_or_default();
        let label = self.say("check-aside", &[]);
        let text = format!("{} · {} ({label}){told}", plain(&check.id), self.about(check));
        self.wrapped(2, ("· ", Some(Ink::Faint)), &text, Some(Ink::Faint));
    }

    /// Checks that are kept, those together that examined the same.
    fn kept(&mut self, checks: &[&CheckResult]) {
        for (about, ids) in self.grouped(checks) {
            self.wrapped(2, ("✓ ", Some(Ink::Good)), &format!("{about} — {ids}"), Some(Ink::Faint));
        }
    }

    fn grouped(&self, checks: &[&CheckResult]) -> Vec<(String, String)> {
        let mut groups: Vec<(String, String)> = Vec::new();
        for check in checks {
            let (about, id) = (self.about(check), plain(&check.id));
            match groups.iter_mut().find(|(other, _)| *other == about) {
                Some((_, ids)) => ids.extend([", ", &id]),
                None => groups.push((about, id)),
            }
        }
        groups
    }

    fn remarks(&mut self, clause: &ClauseResult) {
        for (key, all) in [
            ("contradiction", clause.contradictions.iter().map(|c| c.message.get(self.lang)).collect::<Vec<_>>()),
            ("notes", clause.notes.iter().map(|n| n.message.get(self.lang)).collect()),
        ] {
            // Several checks may have the same thing to say.
            let mut said = HashSet::new();
            let all: Vec<&str> = all.into_iter().filter(|words| said.insert(*words)).collect();
            let label = format!("{}: ", self.say(key, &[]));
            for words in all.iter().take(MOST) {
                self.wrapped(2, (&label, Some(Ink::Faint)), &plain(words), Some(Ink::Faint));
            }
            self.more(2, all.len());
        }
    }
}
