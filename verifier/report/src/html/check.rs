//! One check: what it is, in words; how much it examined; and what it found.

use super::Page;
use super::head::{badge, class, mark};
use super::writer::Html;
use crate::explain::{Test, explained};
use crate::standing::Stand;
use crate::words::subject;
use assize_clause::{AgreedClause, Check};
use assize_facts::Lang;
use assize_judge::{CheckResult, ClauseResult, FindingResult, Outcome, Verdict};

/// Findings that are open to the eye; the others are folded.
const MOST: usize = 10;

impl Page<'_> {
    /// Unfolded where a reader has something to look at.
    pub(super) fn check(
        &self,
        h: &mut Html,
        clause: &ClauseResult,
        result: &CheckResult,
        agreed: Option<&AgreedClause>,
    ) {
        let check = agreed.and_then(|a| a.checks.iter().find(|c| c.id == result.id));
        let stand = Stand::new(clause, result, agreed, &self.waived);
        let bad = matches!(result.verdict, Verdict::Fail | Verdict::Inconclusive | Verdict::Waived);
        let quiet = bad && stand.is_aside();
        let mut attributes = vec![("class", if bad && !quiet { "check" } else { "check kept" })];
        if bad && !quiet {
            attributes.push(("open", "open"));
        }
        h.block("details", &attributes, |h| {
            h.el("summary", &[], |h| self.check_line(h, result, quiet));
            h.block("div", &[("class", "inside")], |h| {
                if let Some(check) = check {
                    self.in_words(h, check);
                }
                self.findings(h, result, &stand);
            });
        });
    }

    /// A violation that changes nothing does not look like one that does.
    fn check_line(&self, h: &mut Html, check: &CheckResult, quiet: bool) {
        let (sign, colour) = if quiet { ("·", "faint") } else { (mark(check.verdict), class(check.verdict)) };
        h.leaf("span", &[("class", colour)], sign);
        h.el("span", &[], |h| {
            h.leaf("h4", &[], &check.id);
            h.text(" ");
            let (badge, words) = match quiet {
                true => ("badge faint".to_string(), self.say("check-aside", &[])),
                false => (badge(check.verdict), self.word("clause-", check.verdict.word())),
            };
            h.leaf("span", &[("class", &badge)], &words);
            h.text(" ");
            let count = check.examined.count.to_string();
            let what = subject(self.lang, &check.examined.what);
            let examined = self.say("examined", &[("count", &count), ("what", &what)]);
            let layer = self.word("layer-", &check.layer);
            let weight = self.word("weight-", &check.weight);
            h.leaf("span", &[("class", "small faint")], &format!("{layer} · {weight} · {examined}"));
        });
    }

    fn in_words(&self, h: &mut Html, check: &Check) {
        let explained = explained(check, self.lang);
        h.leaf("p", &[("class", "small faint")], &explained.sentences.join(self.gap()));
        for (key, tests) in [("explain-selected", &explained.selected), ("explain-asked", &explained.asked)] {
            self.tests(h, key, tests);
        }
    }

    /// What stands between two sentences.
    fn gap(&self) -> &'static str {
        match self.lang {
            Lang::En => " ",
            Lang::Zh => "",
        }
    }

    fn tests(&self, h: &mut Html, key: &str, tests: &[Test]) {
        if tests.is_empty() {
            return;
        }
        h.el("p", &[("class", "small faint")], |h| {
            h.text(&format!("{}: ", self.say(key, &[])));
            for (index, test) in tests.iter().enumerate() {
                if index > 0 {
                    h.text("; ");
                }
                h.leaf("code", &[], &test.field);
                h.text(&format!(" {}", test.words));
            }
        });
    }

    fn findings(&self, h: &mut Html, check: &CheckResult, stand: &Stand) {
        let kept = |f: &&FindingResult| matches!(f.outcome, Outcome::Satisfied | Outcome::NotApplicable);
        let (good, bad): (Vec<_>, Vec<_>) = check.findings.iter().partition(kept);
        if !bad.is_empty() || !check.gaps.is_empty() {
            let (first, more) = bad.split_at(bad.len().min(MOST));
            self.list(h, first, stand, |h| {
                for gap in &check.gaps {
                    self.gap_item(h, gap);
                }
            });
            self.folded(h, "more-findings", more, stand);
        }
        self.folded(h, "kept-findings", &good, stand);
        if check.findings.is_empty() && check.gaps.is_empty() && check.verdict == Verdict::Pass {
            h.leaf("p", &[("class", "small faint")], &self.say("none-found", &[]));
        }
    }

    fn list(&self, h: &mut Html, findings: &[&FindingResult], stand: &Stand, then: impl FnOnce(&mut Html)) {
        h.block("ul", &[("class", "findings")], |h| {
            for finding in findings {
                self.finding(h, finding, stand);
            }
            then(h);
        });
    }

    fn folded(&self, h: &mut Html, key: &str, findings: &[&FindingResult], stand: &Stand) {
        if findings.is_empty() {
            return;
        }
        h.block("details", &[("class", "small")], |h| {
            h.leaf("summary", &[], &self.say(key, &[("count", &findings.len().to_string())]));
            self.list(h, findings, stand, |_| ());
        });
    }
}
