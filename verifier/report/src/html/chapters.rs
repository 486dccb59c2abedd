//! The chapters of the page: contents, identity, coverage, what is open, clauses, waivers, timeline.

use super::Page;
use super::head::{class, mark};
use super::writer::Html;
use crate::{gaps, picture};
use assize_judge::{WaiverState, WaiverUse};

/// Places of one cause that are listed.
const MOST_PLACES: usize = 20;

/// Chapters with the key of their heading, as the contents list them.
const CHAPTERS: &[(&str, &str)] = &[
    ("clauses", "chapter-clauses"),
    ("identity", "identity"),
    ("coverage", "chapter-coverage"),
    ("open", "gaps-by-cause"),
    ("details", "chapter-details"),
    ("waivers", "chapter-waivers"),
    ("evidence", "chapter-evidence"),
];

impl Page<'_> {
    /// Links beside the page where there is room for them; the index of clauses is there for everyone.
    pub(super) fn contents(&self, h: &mut Html) {
        h.block("nav", &[("class", "contents"), ("aria-label", &self.say("page-contents", &[]))], |h| {
            h.block("ol", &[], |h| {
                for (name, key) in CHAPTERS {
                    h.block("li", &[], |h| {
                        h.leaf("a", &[("href", &format!("#{}", self.id(name)))], &self.say(key, &[]));
                        if *name == "details" {
                            self.clause_links(h);
                        }
                    });
                }
            });
        });
    }

    fn clause_links(&self, h: &mut Html) {
        h.block("ol", &[], |h| {
            for (index, clause) in self.case.result.clauses.iter().enumerate() {
                h.block("li", &[], |h| {
                    h.leaf("span", &[("class", class(clause.verdict))], mark(clause.verdict));
                    h.leaf("a", &[("href", &format!("#{}", self.clause_id(index)))], &clause.id);
                });
            }
        });
    }

    pub(super) fn chapters(&self, h: &mut Html) {
        self.reasons(h);
        self.facts(h);
        self.section(h, "clauses", "chapter-clauses", |h| self.index(h));
        h.block("div", &[("class", "pictures")], |h| {
            self.section(h, "identity", "identity", |h| self.identity(h));
            self.section(h, "coverage", "chapter-coverage", |h| self.coverage(h));
        });
        self.open_points(h);
        self.section(h, "details", "chapter-details", |h| {
            for index in 0..self.case.result.clauses.len() {
                self.clause(h, index);
            }
        });
        self.waivers(h);
        self.timeline(h);
        self.evidence(h);
    }

    fn identity(&self, h: &mut Html) {
        h.el("figure", &[], |h| h.raw(&picture::chain(self.case, self.lang)));
        h.block("ul", &[("class", "small")], |h| {
            for link in &self.case.result.identity {
                let name = self.word("link-", &link.link);
                let outcome = self.word("identity-", link.outcome.word());
                let reason = link.reason.as_deref().map(|code| crate::case::reason_words(code, self.lang));
                let reason = reason.map(|words| format!(" ({words})")).unwrap_or_default();
                h.leaf("li", &[], &format!("{name}: {outcome}{reason}"));
            }
        });
    }

    fn coverage(&self, h: &mut Html) {
        h.el("figure", &[], |h| {
            h.raw(&picture::coverage(self.case, self.lang));
            h.leaf("figcaption", &[], &self.say("coverage-legend", &[]));
        });
    }

    /// What could not be seen, by cause.
    fn open_points(&self, h: &mut Html) {
        let causes = gaps::causes(self.case.result, self.lang);
        self.section(h, "open", "gaps-by-cause", |h| {
            if causes.is_empty() {
                h.leaf("p", &[], &self.say("no-gaps", &[]));
                return;
            }
            h.block("ul", &[("class", "findings")], |h| {
                for cause in &causes {
                    h.block("li", &[("class", "gap")], |h| self.cause(h, cause));
                }
            });
        });
    }

    pub(super) fn cause(&self, h: &mut Html, cause: &gaps::Cause) {
        h.foreign("div", &[], &cause.message);
        h.leaf("div", &[("class", "small")], &self.say("gap-concerns", &[("clauses", &cause.clauses.join(", "))]));
        if let Some(mend) = &cause.mend {
            self.mend(h, mend);
        }
        if !cause.places.is_empty() {
            let shown: Vec<String> = cause.places.iter().take(MOST_PLACES).map(|p| crate::text::plain(p)).collect();
            let dots = if cause.places.len() > MOST_PLACES { ", …" } else { "" };
            let count = cause.places.len().to_string();
            let places = format!("{}{dots}", shown.join(", "));
            h.el("details", &[("class", "small")], |h| {
                h.leaf("summary", &[], &self.say("gap-count", &[("count", &count)]));
                // Each place is plain and short already; together they may be longer than one place may be.
                h.el("div", &[], |h| h.whole(&places));
            });
        }
    }

    pub(super) fn mend(&self, h: &mut Html, words: &str) {
        h.el("div", &[("class", "small")], |h| {
            h.leaf("strong", &[], &format!("{}: ", self.say("page-mend", &[])));
            h.leaf("bdi", &[], words);
        });
    }

    fn waivers(&self, h: &mut Html) {
        let waivers = &self.case.result.waivers;
        self.section(h, "waivers", "chapter-waivers", |h| {
            if waivers.is_empty() {
                h.leaf("p", &[], &self.say("no-waivers", &[]));
            }
            for waiver in waivers {
                self.waiver(h, waiver);
            }
        });
    }

    fn waiver(&self, h: &mut Html, waiver: &WaiverUse) {
        let class = if waiver.state == WaiverState::Used { "badge open" } else { "badge faint" };
        h.block("div", &[], |h| {
            h.el("h3", &[], |h| {
                h.text(&waiver.clause);
                h.text(" ");
                h.leaf("span", &[("class", class)], &self.word("waiver-", waiver.state.word()));
            });
            h.leaf("p", &[], &waiver.reason);
            let args = [("who", waiver.approved_by.as_str()), ("level", &waiver.level), ("date", &waiver.expires)];
            h.leaf("p", &[("class", "small")], &self.say("waived-by", &args));
            for (key, prints) in [("waiver-covered", &waiver.covered), ("waiver-absent", &waiver.absent)] {
                if !prints.is_empty() {
                    h.leaf("p", &[("class", "small")], &self.say(key, &[("prints", &prints.join(", "))]));
                }
            }
        });
    }

    fn timeline(&self, h: &mut Html) {
        let picture = picture::timeline(self.case, self.lang);
        if !picture.is_empty() {
            self.section(h, "timeline", "chapter-timeline", |h| h.el("figure", &[], |h| h.raw(&picture)));
        }
    }
}
