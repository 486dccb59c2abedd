//! What stands first: the verdict, what was judged by what, and the index of clauses.

use super::writer::Html;
use super::{Page, tag, verdict_key};
use crate::case::KeptSignature;
use crate::standing::Tally;
use assize_judge::{ContractVerdict, Verdict};

/// Words and colour of a verdict.
pub fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "badge good",
        Verdict::Fail => "badge bad",
        Verdict::Inconclusive | Verdict::Waived => "badge open",
        Verdict::NotApplicable => "badge faint",
    }
}

impl Page<'_> {
    pub(super) fn head(&self, h: &mut Html) {
        h.block("header", &[], |h| {
            h.leaf("a", &[("class", "skip"), ("href", &format!("#{}", self.id("clauses")))], &self.say("skip", &[]));
            self.jump(h);
            h.el("h1", &[("id", &self.id("title"))], |h| self.verdict(h));
            self.counts(h);
            self.facts(h);
        });
    }

    /// Links to the other languages.
    fn jump(&self, h: &mut Html) {
        if self.case.languages.len() < 2 {
            return;
        }
        h.el("nav", &[("class", "jump small"), ("aria-label", &self.say("languages", &[]))], |h| {
            for lang in self.case.languages.iter().filter(|l| **l != self.lang) {
                let href = format!("#{}-report", lang.code());
                let name = crate::words::say(*lang, "language-name", &[]);
                h.leaf("a", &[("href", &href), ("lang", tag(*lang)), ("hreflang", tag(*lang))], &name);
            }
        });
    }

    fn verdict(&self, h: &mut Html) {
        let class = match self.case.result.verdict {
            ContractVerdict::Accepted => "badge good",
            ContractVerdict::Rejected => "badge bad",
            ContractVerdict::Incomplete => "badge open",
        };
        h.leaf("span", &[("class", class)], &self.say(verdict_key(self.case), &[]));
        h.text(" ");
        h.foreign("span", &[], &self.case.deliverable());
    }

    fn counts(&self, h: &mut Html) {
        let counts = &self.case.result.counts;
        let numbers = [
            ("pass", counts.pass.to_string()),
            ("fail", counts.fail.to_string()),
            ("inconclusive", counts.inconclusive.to_string()),
            ("not_applicable", counts.not_applicable.to_string()),
            ("waived", counts.waived.to_string()),
        ];
        h.leaf("p", &[], &self.say("counts", &numbers.each_ref().map(|(name, n)| (*name, n.as_str()))));
        if self.case.contract.items.is_empty() {
            h.leaf("p", &[], &self.say("scope-declared", &[]));
        }
        if self.case.result.gate == "rejected" {
            h.leaf("p", &[], &self.say("gate-rejected", &[]));
        }
    }

    fn facts(&self, h: &mut Html) {
        let result = self.case.result;
        let contract = format!("{} – {}", result.contract.id, self.case.contract.title.get(self.lang));
        let tool = format!("{} {}", result.tool.name, result.tool.version);
        let mut facts = vec![
            ("fact-contract", contract, result.contract.digest.as_str()),
            ("fact-delivery", self.case.deliverable(), &result.deliverable.digest),
            ("fact-judged-for", result.judged_for.clone(), ""),
            ("fact-ran-at", result.ran_at.clone(), ""),
            ("fact-sandbox", result.sandbox.level.clone(), ""),
            ("fact-tool", tool, &result.tool.clauses_digest),
        ];
        if let Some(kept) = self.case.kept {
            facts.push(("fact-pack", String::new(), &kept.digest));
        }
        h.block("dl", &[("class", "facts")], |h| {
            for (key, value, digest) in &facts {
                h.leaf("dt", &[], &self.say(key, &[]));
                h.el("dd", &[], |h| {
                    h.leaf("bdi", &[], value);
                    if !digest.is_empty() {
                        h.text(" ");
                        h.leaf("code", &[("class", "faint")], digest);
                    }
                });
            }
            self.parties(h);
            h.leaf("dt", &[], &self.say("fact-signatures", &[]));
            h.el("dd", &[], |h| self.signatures(h));
        });
    }

    fn parties(&self, h: &mut Html) {
        for party in &self.case.contract.parties {
            h.leaf("dt", &[], &self.word("party-", party.role.word()));
            h.foreign("dd", &[], &party.name);
        }
    }

    fn signatures(&self, h: &mut Html) {
        match self.case.kept {
            None => h.text(&self.say("not-kept", &[])),
            Some(kept) if kept.signatures.is_empty() => h.text(&self.say("not-signed", &[])),
            Some(kept) => {
                for signature in &kept.signatures {
                    self.signature(h, signature);
                }
                h.leaf("div", &[("class", "small faint")], &self.say("signature-trust", &[]));
            }
        }
    }

    fn signature(&self, h: &mut Html, signature: &KeptSignature) {
        let party = signature.party.as_ref().map(|party| format!(" ({party})")).unwrap_or_default();
        let name = format!("{}{party}", self.word("party-", &signature.name));
        let key = if signature.signed { "signature-there" } else { "signature-missing" };
        h.foreign("div", &[], &self.say(key, &[("name", &name), ("key", &signature.key)]));
    }

    /// Every clause with its verdict and what was found, each a link to its part.
    pub(super) fn index(&self, h: &mut Html) {
        h.block("table", &[], |h| {
            h.el("thead", &[], |h| {
                h.el("tr", &[], |h| {
                    h.leaf("th", &[("scope", "col")], &self.say("column-clause", &[]));
                    h.leaf("th", &[("scope", "col")], &self.say("column-verdict", &[]));
                    for key in ["column-violated", "column-open", "column-aside"] {
                        h.leaf("th", &[("scope", "col"), ("class", "number")], &self.say(key, &[]));
                    }
                });
            });
            h.el("tbody", &[], |h| {
                for index in 0..self.case.result.clauses.len() {
                    self.row(h, index);
                }
            });
        });
    }

    fn row(&self, h: &mut Html, index: usize) {
        let clause = &self.case.result.clauses[index];
        let tally = Tally::of(clause, self.case.agreed(clause), &self.waived);
        h.block("tr", &[], |h| {
            h.el("th", &[("scope", "row")], |h| {
                h.leaf("a", &[("href", &format!("#{}", self.clause_id(index)))], &clause.id);
                if let Some(agreed) = self.case.agreed(clause) {
                    h.leaf("div", &[("class", "small")], agreed.title.get(self.lang));
                }
            });
            h.el("td", &[], |h| {
                h.leaf("span", &[("class", class(clause.verdict))], &self.word("clause-", clause.verdict.word()));
                h.leaf("div", &[("class", "small faint")], &self.word("obligation-", &clause.obligation));
            });
            for number in [tally.violated, tally.open, tally.aside] {
                h.leaf("td", &[("class", "number")], &number.to_string());
            }
        });
    }
}
