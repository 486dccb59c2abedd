//! What stands on the first screen: every clause in a line, those first that decide, each broken one with what to read first; and what is open, by cause.

use super::{Ink, Page, broken, mark_of_clause};
use crate::text::plain;
use crate::words::word;
use crate::{gaps, grounds};
use assize_judge::{ClauseResult, Verdict, WaiverState};
use textwrap::core::display_width;

const MOST_PLACES: usize = 4;

/// Lines that the reason of one clause may take here; its part below has the whole of it.
const REASON_LINES: usize = 2;

impl Page<'_> {
    /// Every clause in a line.
    pub(super) fn overview(&mut self) {
        self.title("column-clauses");
        let ids = self.case.result.clauses.iter().map(|c| display_width(&plain(&c.id)));
        let column = ids.max().unwrap_or(0).min(30);
        for index in grounds::order(self.case.result) {
            self.row(&self.case.result.clauses[index], column);
        }
    }

    fn row(&mut self, clause: &ClauseResult, column: usize) {
        let (mark, ink) = mark_of_clause(clause.verdict);
        let id = plain(&clause.id);
        let title = self.case.agreed(clause).map(|a| plain(a.title.get(self.lang))).unwrap_or_default();
        let verdict = word(self.lang, "clause-", clause.verdict.word());
        let obligation = word(self.lang, "obligation-", &clause.obligation);
        let pad = " ".repeat(column.saturating_sub(display_width(&id)));
        let verdict = self.ink(ink, &verdict);
        let line = format!("{} {id}{pad}  {title} — {verdict} ({obligation})", self.ink(ink, mark));
        self.line(2, &line);
        if let Some(words) = self.reason(clause) {
            self.cut(column + 6, &words, if clause.verdict == Verdict::Fail { Ink::Bad } else { Ink::Faint });
        }
    }

    /// What a reader wants to know of a clause that is not simply kept.
    fn reason(&self, clause: &ClauseResult) -> Option<String> {
        match clause.verdict {
            Verdict::Fail => {
                let ground = grounds::broken(self.case, clause, &self.waived, self.lang)?;
                let more = match ground.more {
                    0 => String::new(),
                    more => format!(" {}", self.say("and-more", &[("count", &more.to_string())])),
                };
                // The number stays, however long the words are.
                let room = self.options.width.saturating_sub(40).max(40) * REASON_LINES;
                Some(format!("{}{more}", shortened(&ground.words, room.saturating_sub(display_width(&more)))))
            }
            Verdict::Inconclusive | Verdict::NotApplicable => grounds::why(clause, self.lang),
            Verdict::Waived => {
                let used = self.case.result.waivers.iter();
                let mut used = used.filter(|w| w.clause == clause.id && w.state == WaiverState::Used);
                used.next().map(|w| {
                    let args =
                        [("who", plain(&w.approved_by)), ("level", plain(&w.level)), ("date", plain(&w.expires))];
                    self.say("waived-by", &args.each_ref().map(|(name, value)| (*name, value.as_str())))
                })
            }
            Verdict::Pass => None,
        }
    }

    /// At most some lines of it.
    fn cut(&mut self, indent: usize, text: &str, ink: Ink) {
        let room = self.options.width.saturating_sub(indent + 1).max(40);
        let lines = broken(text, room);
        let cut = lines.len() > REASON_LINES;
        for (number, line) in lines.iter().take(REASON_LINES).enumerate() {
            let dots = if cut && number + 1 == REASON_LINES { " …" } else { "" };
            let line = self.ink(ink, &format!("{line}{dots}"));
            self.line(indent, &line);
        }
    }

    /// Waivers that were not simply used: a reader has to know of them.
    pub(super) fn waivers(&mut self) {
        let result = self.case.result;
        if result.waivers.is_empty() {
            return;
        }
        self.title("chapter-waivers");
        for waiver in &result.waivers {
            let state = word(self.lang, "waiver-", waiver.state.word());
            let args = [("who", &waiver.approved_by), ("level", &waiver.level), ("date", &waiver.expires)];
            let args = args.map(|(name, value)| (name, plain(value)));
            let by = self.say("waived-by", &args.each_ref().map(|(name, value)| (*name, value.as_str())));
            let ink = if waiver.state == WaiverState::Used { Ink::Open } else { Ink::Bad };
            let text = format!("{}: {state} — {} ({by})", plain(&waiver.clause), plain(&waiver.reason));
            self.wrapped(2, ("≈ ", Some(ink)), &text, None);
        }
    }

    /// What could not be seen, by cause, with what would close it.
    pub(super) fn causes(&mut self) {
        let causes = gaps::causes(self.case.result, self.lang);
        if causes.is_empty() {
            return;
        }
        self.title("gaps-by-cause");
        for cause in causes {
            self.wrapped(2, ("? ", Some(Ink::Open)), &plain(&cause.message), None);
            if cause.places.len() > 1 {
                let shown: Vec<String> = cause.places.iter().take(MOST_PLACES).map(|p| plain(p)).collect();
                let dots = if cause.places.len() > MOST_PLACES { ", …" } else { "" };
                let places = format!("{}{dots}", shown.join(", "));
                let count = cause.places.len().to_string();
                let words = self.say("gap-places", &[("count", &count), ("places", &places)]);
                self.wrapped(4, ("", None), &words, Some(Ink::Faint));
            }
            let words = self.say("gap-concerns", &[("clauses", &cause.clauses.join(", "))]);
            self.wrapped(4, ("", None), &words, Some(Ink::Faint));
            if let Some(mend) = &cause.mend {
                let label = format!("{}: ", self.say("mend", &[]));
                self.wrapped(4, (&label, None), &plain(mend), Some(Ink::Good));
            }
        }
    }
}

/// At most so many columns, cut between words.
fn shortened(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.to_string();
    }
    let first = broken(text, columns.saturating_sub(2).max(20)).into_iter().next().unwrap_or_default();
    format!("{first} …")
}
