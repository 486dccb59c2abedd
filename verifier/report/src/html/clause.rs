//! One clause: its wording in both languages, parameters, contradictions and notes, and its checks, those first that decide.

use super::head::{badge, mark};
use super::writer::Html;
use super::{Page, tag};
use crate::standing::Stand;
use assize_clause::AgreedClause;
use assize_facts::Lang;
use assize_judge::{CheckResult, ClauseResult, Verdict};
use std::collections::HashSet;

impl Page<'_> {
    pub(super) fn clause(&self, h: &mut Html, index: usize) {
        let clause = &self.case.result.clauses[index];
        let agreed = self.case.agreed(clause);
        let id = self.clause_id(index);
        h.block("section", &[("class", "clause"), ("aria-labelledby", &id)], |h| {
            h.block("div", &[("class", &format!("head {}", clause.verdict.word()))], |h| {
                h.el("div", &[], |h| {
                    h.leaf("h3", &[("id", &id)], &self.title(index));
                    let chapter = agreed.map(|a| format!("{} · ", a.chapter)).unwrap_or_default();
                    let obligation = self.word("obligation-", &clause.obligation);
                    h.leaf("div", &[("class", "small faint")], &format!("{chapter}{} · {obligation}", clause.id));
                });
                let words = format!("{} {}", mark(clause.verdict), self.word("clause-", clause.verdict.word()));
                h.leaf("span", &[("class", &badge(clause.verdict))], &words);
            });
            h.block("div", &[("class", "body")], |h| {
                self.standing(h, clause);
                if let Some(agreed) = agreed {
                    self.wording(h, clause, agreed);
                }
                self.remarks(h, clause);
                self.checks(h, clause, agreed);
            });
        });
    }

    fn standing(&self, h: &mut Html, clause: &ClauseResult) {
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
        h.block("div", &[("class", "wording")], |h| {
            for lang in [self.lang, other] {
                h.el("blockquote", &[("lang", tag(lang))], |h| h.el("p", &[], |h| h.whole(agreed.text.get(lang))));
            }
        });
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
            h.block("ul", &[("class", "small")], |h| {
                for words in all {
                    h.foreign("li", &[], words);
                }
            });
        }
    }

    /// What is broken, what is open, what is only noted, what is kept; and what does not apply, folded away.
    fn checks(&self, h: &mut Html, clause: &ClauseResult, agreed: Option<&AgreedClause>) {
        if clause.checks.is_empty() {
            return;
        }
        h.leaf("h4", &[], &self.say("page-checks", &[]));
        let rank = |check: &CheckResult| {
            let aside = Stand::new(clause, check, agreed, &self.waived).is_aside();
            match check.verdict {
                Verdict::Fail | Verdict::Waived if !aside => 0,
                Verdict::Inconclusive if !aside => 1,
                Verdict::Fail | Verdict::Waived | Verdict::Inconclusive => 2,
                Verdict::Pass => 3,
                Verdict::NotApplicable => 4,
            }
        };
        let mut checks: Vec<(u8, &CheckResult)> = clause.checks.iter().map(|check| (rank(check), check)).collect();
        checks.sort_by_key(|(rank, _)| *rank);
        let idle = checks.iter().position(|(rank, _)| *rank == 4).unwrap_or(checks.len());
        for (_, check) in &checks[..idle] {
            self.check(h, clause, check, agreed);
        }
        if idle < checks.len() {
            h.block("details", &[("class", "check kept")], |h| {
                h.el("summary", &[], |h| {
                    h.leaf("span", &[("class", "faint")], "–");
                    let count = (checks.len() - idle).to_string();
                    h.leaf("span", &[], &self.say("checks-idle", &[("count", &count)]));
                });
                h.block("div", &[("class", "inside")], |h| {
                    for (_, check) in &checks[idle..] {
                        self.check(h, clause, check, agreed);
                    }
                });
            });
        }
    }
}
