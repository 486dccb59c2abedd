//! One finding with its source, its exhibits and what mends it; and one gap.

use super::Page;
use super::writer::Html;
use crate::excerpt;
use crate::standing::{Stand, Standing};
use assize_judge::{FindingResult, GapResult, Outcome};

impl Page<'_> {
    pub(super) fn finding(&self, h: &mut Html, finding: &FindingResult, stand: &Stand) {
        let standing = stand.finding(finding.outcome, &finding.fingerprint);
        let outcome = finding.outcome.word();
        let (class, label) = match standing {
            Standing::Kept | Standing::Breaks | Standing::Open => (outcome.to_string(), self.word("outcome-", outcome)),
            Standing::Waived => (format!("{outcome} accepted"), self.say("standing-waived", &[])),
            Standing::Contradicted => (format!("{outcome} contradicted"), self.say("standing-contradicted", &[])),
            Standing::Aside => (format!("{outcome} aside"), self.say("standing-aside", &[])),
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
                    h.text(" · ");
                    self.recorded(h, fact);
                }
                for path in &finding.exhibits {
                    h.text(&format!(" · {} ", self.say("page-exhibit", &[])));
                    self.exhibit(h, path, path.rsplit('/').next().unwrap_or(path));
                }
            });
        });
    }

    /// The recorded fact: a line of a file of the pack.
    fn recorded(&self, h: &mut Html, fact: &str) {
        let (stem, _) = fact.rsplit_once('#').unwrap_or((fact, ""));
        h.text(&format!("{} ", self.say("page-fact", &[])));
        self.exhibit(h, &format!("facts/{stem}.jsonl"), fact);
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

    pub(super) fn gap_item(&self, h: &mut Html, gap: &GapResult) {
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
