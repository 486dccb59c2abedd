//! What stands first: the verdict and what it hangs on, what was judged by what, and the index of clauses.

use super::writer::Html;
use super::{Page, tag, verdict_key};
use crate::case::KeptSignature;
use crate::standing::Tally;
use crate::{gaps, grounds};
use assize_judge::{ContractVerdict, Verdict};

/// The colour of a verdict.
pub fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "good",
        Verdict::Fail => "bad",
        Verdict::Inconclusive | Verdict::Waived => "open",
        Verdict::NotApplicable => "faint",
    }
}

/// As [`class`], for a word in a frame.
pub fn badge(verdict: Verdict) -> String {
    format!("badge {}", class(verdict))
}

/// The sign of a verdict; its word always stands near.
pub fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✗",
        Verdict::Inconclusive => "?",
        Verdict::NotApplicable => "–",
        Verdict::Waived => "≈",
    }
}

impl Page<'_> {
    pub(super) fn head(&self, h: &mut Html) {
        h.block("header", &[], |h| {
            h.leaf("a", &[("class", "skip"), ("href", &format!("#{}", self.id("clauses")))], &self.say("skip", &[]));
            h.block("div", &[("class", "over")], |h| {
                h.leaf("span", &[], &self.say("page-title", &[]));
                self.jump(h);
            });
            self.verdict(h);
        });
    }

    /// Links to the other languages.
    fn jump(&self, h: &mut Html) {
        if self.case.languages.len() < 2 {
            return;
        }
        h.el("nav", &[("class", "jump"), ("aria-label", &self.say("languages", &[]))], |h| {
            for lang in self.case.languages.iter().filter(|l| **l != self.lang) {
                let href = format!("#{}-report", lang.code());
                let name = crate::words::say(*lang, "language-name", &[]);
                h.leaf("a", &[("href", &href), ("lang", tag(*lang)), ("hreflang", tag(*lang))], &name);
            }
        });
    }

    fn verdict(&self, h: &mut Html) {
        let class = match self.case.result.verdict {
            ContractVerdict::Accepted => "verdict good",
            ContractVerdict::Rejected => "verdict bad",
            ContractVerdict::Incomplete => "verdict open",
        };
        h.block("div", &[("class", class)], |h| {
            h.el("h1", &[("id", &self.id("title"))], |h| {
                h.leaf("strong", &[("class", "word")], &self.say(verdict_key(self.case), &[]));
                h.text(" ");
                h.foreign("span", &[], &self.case.deliverable());
            });
            let contract = &self.case.result.contract.id;
            let about =
                format!("{}: {contract} – {}", self.say("fact-contract", &[]), self.case.contract.title.get(self.lang));
            h.leaf("p", &[], &about);
            h.leaf("p", &[("class", "because")], &grounds::sentence(self.case.result, self.lang));
            self.counts(h);
        });
    }

    fn counts(&self, h: &mut Html) {
        h.block("ul", &[("class", "tally"), ("aria-label", &self.say("page-tally", &[]))], |h| {
            for (verdict, key) in grounds::COUNTED {
                let count = self.case.result.clauses.iter().filter(|c| c.verdict == verdict).count();
                if count > 0 {
                    let words = self.say(key, &[("count", &count.to_string())]);
                    h.leaf("li", &[("class", class(verdict))], &format!("{} {words}", mark(verdict)));
                }
            }
        });
        if self.case.contract.items.is_empty() {
            h.leaf("p", &[], &self.say("scope-declared", &[]));
        }
        if self.case.result.gate == "rejected" {
            h.leaf("p", &[], &self.say("gate-rejected", &[]));
        }
    }

    /// What the verdict hangs on: each broken clause with what to read first, and of an incomplete run what is missing.
    pub(super) fn reasons(&self, h: &mut Html) {
        let result = self.case.result;
        let broken: Vec<usize> =
            grounds::order(result).into_iter().filter(|i| result.clauses[*i].verdict == Verdict::Fail).collect();
        let open = if result.verdict == ContractVerdict::Incomplete { gaps::causes(result, self.lang) } else { vec![] };
        if broken.is_empty() && open.is_empty() {
            return;
        }
        self.section(h, "reasons", "page-reasons", |h| {
            h.block("ol", &[("class", "reasons")], |h| {
                for index in broken {
                    self.reason(h, index);
                }
                for cause in &open {
                    h.block("li", &[], |h| {
                        h.leaf("span", &[("class", "open")], "?");
                        h.el("div", &[], |h| self.cause(h, cause));
                    });
                }
            });
        });
    }

    fn reason(&self, h: &mut Html, index: usize) {
        let clause = &self.case.result.clauses[index];
        h.block("li", &[], |h| {
            h.leaf("span", &[("class", "bad")], "✗");
            h.el("div", &[], |h| {
                h.leaf("a", &[("href", &format!("#{}", self.clause_id(index)))], &self.title(index));
                h.text(" ");
                let obligation = self.word("obligation-", &clause.obligation);
                h.leaf("span", &[("class", "small faint")], &format!("{} · {obligation}", clause.id));
                if let Some(ground) = grounds::broken(self.case, clause, &self.waived, self.lang) {
                    h.el("div", &[("class", "small")], |h| {
                        h.leaf("bdi", &[], &ground.words);
                        if ground.more > 0 {
                            h.text(&format!(" {}", self.say("and-more", &[("count", &ground.more.to_string())])));
                        }
                    });
                }
            });
        });
    }

    /// The title of a clause, else its name.
    pub(super) fn title(&self, index: usize) -> String {
        let clause = &self.case.result.clauses[index];
        self.case.agreed(clause).map_or_else(|| clause.id.clone(), |agreed| agreed.title.get(self.lang).to_string())
    }

    pub(super) fn facts(&self, h: &mut Html) {
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
        h.block("dl", &[("class", "facts framed")], |h| {
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
                    for (key, class) in
                        [("column-violated", "number"), ("column-open", "number"), ("column-aside", "number minor")]
                    {
                        h.leaf("th", &[("scope", "col"), ("class", class)], &self.say(key, &[]));
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
                h.leaf("a", &[("href", &format!("#{}", self.clause_id(index)))], &self.title(index));
                let chapter = self.case.agreed(clause).map(|a| format!("{} · ", a.chapter)).unwrap_or_default();
                h.leaf("div", &[("class", "small faint")], &format!("{chapter}{}", clause.id));
            });
            h.el("td", &[], |h| {
                let words = format!("{} {}", mark(clause.verdict), self.word("clause-", clause.verdict.word()));
                h.leaf("span", &[("class", &badge(clause.verdict))], &words);
                h.leaf("div", &[("class", "small faint")], &self.word("obligation-", &clause.obligation));
            });
            for (number, class) in [(tally.violated, "number"), (tally.open, "number"), (tally.aside, "number minor")] {
                let class = if number == 0 { format!("{class} faint") } else { class.to_string() };
                h.leaf("td", &[("class", &class)], &number.to_string());
            }
        });
    }
}
