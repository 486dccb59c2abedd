//! The report that a person reads: the verdict and its reason on the first screen, then each clause with its checks, and what is open by cause.

mod clause;
mod overview;

use crate::case::Case;
use crate::standing::Waived;
use crate::text::plain;
use crate::words::{say, word};
use assize_facts::Lang;
use assize_judge::{ContractVerdict, Outcome, Verdict};
use std::borrow::Cow;
use std::fmt::Write;
use textwrap::core::display_width;

/// How it is shown.
#[derive(Clone, Debug)]
pub struct Options {
    pub colour: bool,
    /// Columns.
    pub width: usize,
}

/// A report that is longer than a screen says its verdict again at the end, where the reader's eyes are.
const SCREEN: usize = 40;

/// The whole report, once per language of the case.
pub fn human(case: &Case, options: &Options) -> String {
    let page = |lang| {
        let mut page = Page { out: String::new(), case, waived: Waived::of(case.result), lang, options };
        page.whole();
        page.out
    };
    let pages: Vec<String> = case.languages.iter().map(|lang| page(*lang)).collect();
    pages.join(&format!("\n{}\n\n", "─".repeat(options.width.min(100))))
}

struct Page<'a> {
    out: String,
    case: &'a Case<'a>,
    waived: Waived<'a>,
    lang: Lang,
    options: &'a Options,
}

#[derive(Clone, Copy)]
enum Ink {
    Good,
    Bad,
    Open,
    Faint,
    Strong,
}

impl Page<'_> {
    fn whole(&mut self) {
        // What keeps a delivery from being judged is the reason of the verdict; else it is the last thing of interest.
        let open_first = self.case.result.verdict == ContractVerdict::Incomplete;
        self.head();
        if open_first {
            self.causes();
        }
        self.overview();
        self.identity();
        for index in 0..self.case.result.clauses.len() {
            self.clause(index);
        }
        self.waivers();
        if !open_first {
            self.causes();
        }
        self.foot();
    }

    fn say(&self, key: &str, args: &[(&str, &str)]) -> String {
        say(self.lang, key, args)
    }

    fn ink(&self, ink: Ink, text: &str) -> String {
        if !self.options.colour || text.is_empty() {
            return text.to_string();
        }
        let code = match ink {
            Ink::Good => "32",
            Ink::Bad => "1;31",
            Ink::Open => "33",
            Ink::Faint => "2",
            Ink::Strong => "1",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.out, "{}{text}", " ".repeat(indent));
    }

    fn title(&mut self, key: &str) {
        let words = self.ink(Ink::Strong, &self.say(key, &[]));
        self.line(0, "");
        self.line(0, &words);
    }

    /// Plain words over as many lines as they need, indented; `lead` stands before the first, and the others begin below its end.
    fn wrapped(&mut self, indent: usize, lead: (&str, Option<Ink>), text: &str, ink: Option<Ink>) {
        let inked = |page: &Self, ink: Option<Ink>, text: &str| match ink {
            Some(ink) => page.ink(ink, text),
            None => text.to_string(),
        };
        let before = display_width(lead.0);
        let room = self.options.width.saturating_sub(indent + before + 1).max(40);
        for (number, part) in broken(text, room).iter().enumerate() {
            let lead = if number == 0 { inked(self, lead.1, lead.0) } else { " ".repeat(before) };
            let part = inked(self, ink, part);
            self.line(indent, &format!("{lead}{part}"));
        }
    }

    fn verdict(&self) -> String {
        let (key, ink) = match self.case.result.verdict {
            ContractVerdict::Accepted => ("verdict-accepted", Ink::Good),
            ContractVerdict::Rejected => ("verdict-rejected", Ink::Bad),
            ContractVerdict::Incomplete => ("verdict-incomplete", Ink::Open),
        };
        self.ink(ink, &self.say(key, &[]))
    }

    fn because(&self) -> String {
        crate::grounds::sentence(self.case.result, self.lang)
    }

    fn head(&mut self) {
        let result = self.case.result;
        let contract = format!("{} ({})", plain(&result.contract.id), plain(self.case.contract.title.get(self.lang)));
        let deliverable = plain(&self.case.deliverable());
        let about = self.say("against", &[("deliverable", &deliverable), ("contract", &contract)]);
        let head = format!("{}  {}", self.verdict(), about.trim());
        self.line(0, &head);
        let because = self.because();
        self.wrapped(2, ("", None), &because, Some(Ink::Strong));
        // Where some clauses only should be kept, the sentence above has not counted all.
        if result.clauses.iter().any(|c| c.obligation != "must") {
            let counts = self.counts();
            self.line(2, &counts);
        }
        let tool = format!("{} {}", result.tool.name, result.tool.version);
        let args = [("date", result.judged_for.as_str()), ("sandbox", &plain(&result.sandbox.level)), ("tool", &tool)];
        let run = self.say("judged-for", &args);
        self.line(2, &self.ink(Ink::Faint, &run));
        if self.case.contract.items.is_empty() {
            self.line(2, &self.say("scope-declared", &[]));
        }
        if result.gate == "rejected" {
            let words = self.say("gate-rejected", &[]);
            self.wrapped(2, ("", None), &words, None);
        }
    }

    fn counts(&self) -> String {
        let of = |verdict| self.case.result.clauses.iter().filter(|c| c.verdict == verdict).count();
        let some = crate::grounds::COUNTED.iter().map(|(verdict, key)| (of(*verdict), key)).filter(|(n, _)| *n > 0);
        let words: Vec<String> = some.map(|(count, key)| self.say(key, &[("count", &count.to_string())])).collect();
        self.say("all-clauses", &[("counts", &words.join(&self.say("count-between", &[])))])
    }

    fn identity(&mut self) {
        self.title("identity");
        for link in &self.case.result.identity {
            let (mark, ink) = mark_of(link.outcome);
            let outcome = word(self.lang, "identity-", link.outcome.word());
            let reason = link.reason.as_deref().map(|code| crate::case::reason_words(code, self.lang));
            let reason = reason.map(|words| format!(" ({words})")).unwrap_or_default();
            let words = word(self.lang, "link-", &link.link);
            self.wrapped(2, (&format!("{mark} "), Some(ink)), &format!("{words}: {outcome}{reason}"), None);
        }
    }

    fn foot(&mut self) {
        if self.out.lines().count() > SCREEN {
            let last = format!("{}  {}", self.verdict(), self.because());
            self.line(0, "");
            self.line(0, &last);
        }
    }
}

/// Over as many lines as it needs, never broken at a hyphen: names of checks and modules have them.
fn broken(text: &str, room: usize) -> Vec<Cow<'_, str>> {
    textwrap::wrap(text, textwrap::Options::new(room).word_splitter(textwrap::WordSplitter::NoHyphenation))
}

fn mark_of(outcome: Outcome) -> (&'static str, Ink) {
    match outcome {
        Outcome::Satisfied => ("✓", Ink::Good),
        Outcome::Violated => ("✗", Ink::Bad),
        Outcome::Undetermined => ("?", Ink::Open),
        Outcome::NotApplicable => ("–", Ink::Faint),
    }
}

fn mark_of_clause(verdict: Verdict) -> (&'static str, Ink) {
    match verdict {
        Verdict::Pass => ("✓", Ink::Good),
        Verdict::Fail => ("✗", Ink::Bad),
        Verdict::Inconclusive => ("?", Ink::Open),
        Verdict::NotApplicable => ("–", Ink::Faint),
        Verdict::Waived => ("≈", Ink::Open),
    }
}
