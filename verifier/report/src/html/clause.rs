//! One clause: its wording in both languages, parameters, checks in words, findings with their source, contradictions and notes.

use super::head::class;
use super::writer::Html;
use super::{Page, tag};
use crate::excerpt;
use crate::explain::{Test, explained};
use crate::standing::{Stand, Standing};
use crate::words::subject;
use assize_clause::{AgreedClause, Check};
use assize_facts::Lang;
use assize_judge::{CheckResult, ClauseResult, FindingResult, GapResult, Outcome, Verdict};
use std::collections::HashSet;

impl Page<'_> {
    pub(super) fn clause(&self, h: &mut Html, index: usize) {
        let clause = &self.case.result.clauses[index];
        let agreed = self.case.agreed(clause);
        let id = self.clause_id(index);
        h.block("section", &[("class", "clause"), ("aria-labelledby", &id)], |h| {
            h.el("h3", &[("id", &id)], |h| {
                let chapter = agreed.map(|a| format!("{} ", a.chapter)).unwrap_or_default();
                let title = agreed.map(|a| format!(" – {}", a.title.get(self.lang))).unwrap_or_default();
                h.text(&format!("{chapter}{}{title} ", clause.id));
                h.leaf("span", &[("class", class(clause.verdict))], &self.word("clause-", clause.verdict.word()));
            });
            self.standing(h, clause);
            if let Some(agreed) = agreed {
                self.wording(h, clause, agreed);
            }
            self.remarks(h, clause);
            for check in &clause.checks {
                self.check(h, clause, check, agreed);
            }
        });
    }

    fn standing(&self, h: &mut Html, clause: &ClauseResult) {
        h.leaf("p", &[("class", "small faint")], &self.word("obligation-", &clause.obligation));
        if let Some(underlying) = clause.underlying {
            let verdict = self.word("clause-", underlying.word());
            h.leaf("p", &[], &self.say("waived-underlying", &[("verdict", &verdict)]));
        }
        if let Some(words) = crate::grounds::why(clause, self.lang) {
            h.leaf("p", &[], &format!("{}: {words}", self.say("why", &[])));
        }
    }

    /// As it was agreed, the language of the page first.
    fn wording(&self, h: &mut Html, clause: &ClauseResult, agreed: &AgreedClause) {
        let other = if self.lang == Lang::En { Lang::Zh } else { Lang::En };
        for lang in [self.lang, other] {
            h.el("blockquote", &[("lang", tag(lang))], |h| h.el("p", &[], |h| h.whole(agreed.text.get(lang))));
        }
        if !agreed.parameters.is_empty() {
            h.block("dl", &[("class", "facts small")], |h| {
                for (name, value) in &agreed.parameters {
                    h.el("dt", &[], |h| h.leaf("code", &[], name));
                    h.leaf("dd", &[], &value.shown(self.lang));
                }
            });
        }
        h.el("p", &[("class", "small faint")], |h| {
            h.text(&format!("{} ", self.say("wording-digest", &[])));
            h.leaf("code", &[], &clause.wording_digest);
        });
    }

    fn remarks(&self, h: &mut Html, clause: &ClauseResult) {
        let contradictions: Vec<&str> = clause.contradictions.iter().map(|c| c.message.get(self.lang)).collect();
        // Several checks may have the same thing to say.
        let mut said = HashSet::new();
        let notes = clause.notes.iter().map(|n| n.message.get(self.lang)).filter(|words| said.insert(*words));
        let notes: Vec<&str> = notes.collect();
        for (key, all) in [("contradictions", contradictions), ("chapter-notes", notes)] {
            if all.is_empty() {
                continue;
            }
            h.leaf("h4", &[], &self.say(key, &[]));
            h.block("ul", &[], |h| {
                for words in all {
                    h.foreign("li", &[], words);
                }
            });
        }
    }

    fn check(&self, h: &mut Html, clause: &ClauseResult, result: &CheckResult, agreed: Option<&AgreedClause>) {
        let check = agreed.and_then(|a| a.checks.iter().find(|c| c.id == result.id));
        let stand = Stand::new(clause, result, agreed, &self.waived);
        h.block("section", &[("class", "check")], |h| {
            h.el("h4", &[], |h| {
                h.text(&format!("{} ", result.id));
                let (class, words) = self.check_verdict(result, &stand);
                h.leaf("span", &[("class", class)], &words);
            });
            let count = result.examined.count.to_string();
            let what = subject(self.lang, &result.examined.what);
            let examined = self.say("examined", &[("count", &count), ("what", &what)]);
            let layer = self.word("layer-", &result.layer);
            let weight = self.word("weight-", &result.weight);
            h.leaf("p", &[("class", "small")], &format!("{layer} · {weight} · {examined}"));
            if let Some(check) = check {
                self.in_words(h, check);
            }
            self.findings(h, result, &stand);
        });
    }

    /// A violation that changes nothing does not look like one that does.
    fn check_verdict(&self, check: &CheckResult, stand: &Stand) -> (&'static str, String) {
        let quiet = matches!(check.verdict, Verdict::Fail | Verdict::Inconclusive) && stand.is_aside();
        match quiet {
            true => ("badge faint", self.say("check-aside", &[])),
            false => (class(check.verdict), self.word("clause-", check.verdict.word())),
        }
    }

    fn in_words(&self, h: &mut Html, check: &Check) {
        let explained = explained(check, self.lang);
        h.block("details", &[("class", "small")], |h| {
            h.leaf("summary", &[], &self.say("in-words", &[]));
            h.leaf("p", &[], &explained.sentences.join(self.gap()));
            for (key, tests) in [("explain-selected", &explained.selected), ("explain-asked", &explained.asked)] {
                self.tests(h, key, tests);
            }
        });
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
        h.leaf("p", &[], &self.say(key, &[]));
        h.block("ul", &[], |h| {
            for test in tests {
                h.el("li", &[], |h| {
                    h.leaf("code", &[], &test.field);
                    h.text(&format!(" {}", test.words));
                });
            }
        });
    }

    fn findings(&self, h: &mut Html, check: &CheckResult, stand: &Stand) {
        let kept = |f: &&FindingResult| matches!(f.outcome, Outcome::Satisfied | Outcome::NotApplicable);
        let (good, bad): (Vec<_>, Vec<_>) = check.findings.iter().partition(kept);
        if !bad.is_empty() || !check.gaps.is_empty() {
            h.block("ul", &[("class", "findings")], |h| {
                for finding in &bad {
                    self.finding(h, finding, stand);
                }
                for gap in &check.gaps {
                    self.gap_item(h, gap);
                }
            });
        }
        if !good.is_empty() {
            let count = good.len().to_string();
            h.block("details", &[("class", "small kept")], |h| {
                h.leaf("summary", &[], &self.say("kept-findings", &[("count", &count)]));
                h.block("ul", &[("class", "findings")], |h| {
                    for finding in &good {
                        self.finding(h, finding, stand);
                    }
                });
            });
        }
        if check.findings.is_empty() && check.gaps.is_empty() && check.verdict == Verdict::Pass {
            h.leaf("p", &[("class", "small faint")], &self.say("none-found", &[]));
        }
    }

    fn finding(&self, h: &mut Html, finding: &FindingResult, stand: &Stand) {
        let standing = stand.finding(finding.outcome, &finding.fingerprint);
        let (class, label) = match standing {
            Standing::Kept | Standing::Breaks | Standing::Open => {
                (finding.outcome.word().to_string(), self.word("outcome-", finding.outcome.word()))
            }
            Standing::Waived => (format!("{} accepted", finding.outcome.word()), self.say("standing-waived", &[])),
            Standing::Contradicted => {
                (format!("{} contradicted", finding.outcome.word()), self.say("standing-contradicted", &[]))
            }
            Standing::Aside => (format!("{} aside", finding.outcome.word()), self.say("standing-aside", &[])),
        };
        h.block("li", &[("class", &class)], |h| {
            h.el("div", &[], |h| {
                h.leaf("strong", &[], &label);
                h.text(" ");
                h.leaf("bdi", &[], finding.message.get(self.lang));
            });
            h.el("div", &[("class", "small")], |h| h.foreign("code", &[], &finding.subject));
            self.source(h, finding);
            if let Some(mend) = finding.mend.as_ref().filter(|_| finding.outcome != Outcome::Satisfied) {
                self.mend(h, mend.get(self.lang));
            }
            h.el("div", &[("class", "small faint")], |h| {
                h.leaf("code", &[], &finding.fingerprint);
                if let Some(fact) = &finding.fact {
                    h.text(" ");
                    h.leaf("code", &[], fact);
                }
            });
        });
    }

    /// The lines that were recorded with the fact; only for what is not as agreed, where a reader has to look.
    fn source(&self, h: &mut Html, finding: &FindingResult) {
        if finding.outcome == Outcome::Satisfied {
            return;
        }
        let Some(origin) = self.case.origin(finding) else { return };
        let lines = excerpt::marked(origin);
        if lines.is_empty() {
            return;
        }
        h.el("pre", &[], |h| {
            for (index, line) in lines.iter().enumerate() {
                if index > 0 {
                    h.raw("\n");
                }
                h.leaf("span", &[("class", "number")], &format!("{} │ ", line.number));
                h.text(&line.before);
                if !line.span.is_empty() {
                    h.leaf("u", &[], &line.span);
                }
                h.text(&line.after);
            }
        });
    }

    fn gap_item(&self, h: &mut Html, gap: &GapResult) {
        h.block("li", &[("class", "gap")], |h| {
            h.el("div", &[], |h| {
                h.leaf("strong", &[], &self.say("gap", &[]));
                h.text(" ");
                h.leaf("bdi", &[], gap.message.get(self.lang));
            });
            if !gap.place.is_empty() {
                h.el("div", &[("class", "small")], |h| h.foreign("code", &[], &gap.place));
            }
            if let Some(mend) = &gap.mend {
                self.mend(h, mend.get(self.lang));
            }
            h.el("div", &[("class", "small faint")], |h| h.leaf("code", &[], &gap.fingerprint));
        });
    }
}
