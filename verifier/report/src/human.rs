//! The report that a person reads: the verdict first, then the identity chain, each clause with its checks, and what is open by cause.

use crate::excerpt;
use crate::gaps;
use crate::text::{plain, whole};
use crate::words::{say, subject, word};
use assize_clause::{AgreedClause, Contract};
use assize_facts::Lang;
use assize_judge::{CheckResult, ClauseResult, ContractVerdict, FindingResult, Outcome, RunResult, Sheets, Verdict};
use std::fmt::Write;

/// How it is shown.
#[derive(Clone, Debug)]
pub struct Options {
    /// The whole report once per language, in this order.
    pub languages: Vec<Lang>,
    pub colour: bool,
    /// Columns.
    pub width: usize,
}

/// Findings that one check lists before it says how many more there are.
const MOST_FINDINGS: usize = 6;
const MOST_PLACES: usize = 4;

/// The whole report.
pub fn human(result: &RunResult, contract: &Contract, sheets: &Sheets, options: &Options) -> String {
    let page = |lang| {
        let mut page = Page { out: String::new(), result, contract, sheets, lang, options };
        page.whole();
        page.out
    };
    let pages: Vec<String> = options.languages.iter().map(|lang| page(*lang)).collect();
    pages.join(&format!("\n{}\n\n", "─".repeat(options.width.min(100))))
}

struct Page<'a> {
    out: String,
    result: &'a RunResult,
    contract: &'a Contract,
    sheets: &'a Sheets,
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
        self.head();
        self.identity();
        for clause in &self.result.clauses {
            self.clause(clause);
        }
        self.causes();
    }

    fn say(&self, key: &str, args: &[(&str, &str)]) -> String {
        say(self.lang, key, args)
    }

    fn ink(&self, ink: Ink, text: &str) -> String {
        if !self.options.colour {
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

    /// Plain words over as many lines as they need, indented; `first` stands before the first.
    fn wrapped(&mut self, indent: usize, first: &str, text: &str, ink: Option<Ink>) {
        let room = self.options.width.saturating_sub(indent + 2).max(40);
        for (number, part) in textwrap::wrap(text, room).iter().enumerate() {
            let lead = if number == 0 { first.to_string() } else { " ".repeat(first.chars().count()) };
            let part = ink.map_or_else(|| part.to_string(), |ink| self.ink(ink, part));
            self.line(indent, &format!("{lead}{part}"));
        }
    }

    fn head(&mut self) {
        let result = self.result;
        let (key, ink) = match result.verdict {
            ContractVerdict::Accepted => ("verdict-accepted", Ink::Good),
            ContractVerdict::Rejected => ("verdict-rejected", Ink::Bad),
            ContractVerdict::Incomplete => ("verdict-incomplete", Ink::Open),
        };
        let name = [result.deliverable.name.as_deref(), result.deliverable.version.as_deref()];
        let deliverable = plain(&name.into_iter().flatten().collect::<Vec<_>>().join(" "));
        let contract = format!("{} ({})", plain(&result.contract.id), plain(self.contract.title.get(self.lang)));
        let about = self.say("against", &[("deliverable", &deliverable), ("contract", &contract)]);
        let verdict = self.ink(ink, &self.say(key, &[]));
        self.line(0, &format!("{verdict}  {}", about.trim()));
        let counts = &result.counts;
        let number = |n: u64| n.to_string();
        let counts = self.say(
            "counts",
            &[
                ("pass", &number(counts.pass)),
                ("fail", &number(counts.fail)),
                ("inconclusive", &number(counts.inconclusive)),
                ("not_applicable", &number(counts.not_applicable)),
                ("waived", &number(counts.waived)),
            ],
        );
        self.line(2, &counts);
        let tool = format!("{} {}", result.tool.name, result.tool.version);
        let args = [("date", result.judged_for.as_str()), ("sandbox", &plain(&result.sandbox.level)), ("tool", &tool)];
        let run = self.say("judged-for", &args);
        self.line(2, &self.ink(Ink::Faint, &run));
        if self.contract.items.is_empty() {
            self.line(2, &self.say("scope-declared", &[]));
        }
        if result.gate == "rejected" {
            self.line(2, &self.say("gate-rejected", &[]));
        }
    }

    fn identity(&mut self) {
        self.line(0, "");
        let title = self.ink(Ink::Strong, &self.say("identity", &[]));
        self.line(0, &title);
        for link in &self.result.identity {
            let (mark, ink) = mark_of(link.outcome);
            let outcome = word(self.lang, "identity-", link.outcome.word());
            let reason = link.reason.as_deref().map(|code| format!(" ({})", self.reason(code))).unwrap_or_default();
            let words = word(self.lang, "link-", &link.link);
            self.line(2, &format!("{} {words}: {outcome}{reason}", self.ink(ink, mark)));
        }
    }

    fn reason(&self, code: &str) -> String {
        crate::case::reason_words(code, self.lang)
    }

    fn clause(&mut self, clause: &ClauseResult) {
        let agreed = self.contract.clauses.iter().find(|c| c.id == clause.id);
        let (mark, ink) = match clause.verdict {
            Verdict::Pass => ("✓", Ink::Good),
            Verdict::Fail => ("✗", Ink::Bad),
            Verdict::Inconclusive => ("?", Ink::Open),
            Verdict::NotApplicable => ("–", Ink::Faint),
            Verdict::Waived => ("≈", Ink::Open),
        };
        let verdict = word(self.lang, "clause-", clause.verdict.word());
        let obligation = word(self.lang, "obligation-", &clause.obligation);
        let chapter = agreed.map(|a| format!("{} ", a.chapter)).unwrap_or_default();
        let title = agreed.map(|a| plain(a.title.get(self.lang))).unwrap_or_default();
        let head = format!("{mark} {chapter}{}  {title}", plain(&clause.id));
        self.line(0, "");
        self.line(0, &format!("{} — {} ({obligation})", self.ink(Ink::Strong, &head), self.ink(ink, &verdict)));
        // A clause that nobody asked about is one line.
        if clause.reason.as_deref() == Some("left-out") {
            self.state(clause);
            return;
        }
        if clause.verdict != Verdict::Pass
            && let Some(agreed) = agreed
        {
            self.wording(agreed);
        }
        self.state(clause);
        // Checks that the agreed parameters switch off, and notes, would only be noise.
        let shown = |c: &&CheckResult| c.weight != "note" && c.verdict != Verdict::NotApplicable;
        for check in clause.checks.iter().filter(shown) {
            self.check(check);
        }
        self.remarks(clause);
    }

    fn wording(&mut self, agreed: &AgreedClause) {
        let text = whole(agreed.text.get(self.lang));
        self.wrapped(2, "", &text, Some(Ink::Faint));
    }

    fn state(&mut self, clause: &ClauseResult) {
        if let Some(underlying) = clause.underlying {
            let verdict = word(self.lang, "clause-", underlying.word());
            let words = self.say("waived-underlying", &[("verdict", &verdict)]);
            self.line(2, &words);
        }
        if let Some(code) = &clause.reason {
            let words = format!("{}: {}", self.say("why", &[]), self.reason(code));
            self.line(2, &words);
        }
    }

    fn check(&mut self, check: &CheckResult) {
        let (mark, ink) = match check.verdict {
            Verdict::Pass => ("✓", Ink::Good),
            Verdict::Fail => ("✗", Ink::Bad),
            Verdict::Inconclusive | Verdict::Waived => ("?", Ink::Open),
            Verdict::NotApplicable => ("–", Ink::Faint),
        };
        let layer = word(self.lang, "layer-", &check.layer);
        let what = subject(self.lang, &check.examined.what);
        let count = check.examined.count.to_string();
        let examined = self.say("examined", &[("count", &count), ("what", &what)]);
        let weight = match check.weight.as_str() {
            "supporting" => format!(" · {}", self.say("weight-supporting", &[])),
            _ => String::new(),
        };
        let rest = self.ink(Ink::Faint, &format!(" · {layer}{weight} · {examined}"));
        self.line(2, &format!("{} {}{rest}", self.ink(ink, mark), plain(&check.id)));
        let told: Vec<&FindingResult> = check.findings.iter().filter(|f| f.outcome == Outcome::Violated).collect();
        for finding in told.iter().take(MOST_FINDINGS) {
            self.finding(finding);
        }
        if told.len() > MOST_FINDINGS {
            let more = (told.len() - MOST_FINDINGS).to_string();
            let words = self.say("more-findings", &[("count", &more)]);
            self.line(6, &words);
        }
        if check.verdict == Verdict::Inconclusive {
            self.open_points(check);
        }
    }

    fn open_points(&mut self, check: &CheckResult) {
        let gaps = check.gaps.iter().map(|g| (g.message.get(self.lang), g.place.as_str()));
        let undetermined = check.findings.iter().filter(|f| f.outcome == Outcome::Undetermined);
        let findings = undetermined.map(|f| (f.message.get(self.lang), f.subject.as_str()));
        let all: Vec<(&str, &str)> = gaps.chain(findings).collect();
        for (message, place) in all.iter().take(MOST_FINDINGS) {
            let place = if place.is_empty() { String::new() } else { format!("{}: ", plain(place)) };
            let mark = self.ink(Ink::Open, "?");
            let text = format!("{place}{}", plain(message));
            let room = self.options.width.saturating_sub(8).max(40);
            for (number, part) in textwrap::wrap(&text, room).iter().enumerate() {
                let lead = if number == 0 { mark.as_str() } else { " " };
                self.line(6, &format!("{lead} {part}"));
            }
        }
        if all.len() > MOST_FINDINGS {
            let more = (all.len() - MOST_FINDINGS).to_string();
            let words = self.say("more-findings", &[("count", &more)]);
            self.line(6, &words);
        }
    }

    fn finding(&mut self, finding: &FindingResult) {
        let message = plain(finding.message.get(self.lang));
        self.wrapped(6, "", &message, Some(Ink::Bad));
        let subject = plain(&finding.subject);
        let print = self.ink(Ink::Faint, &finding.fingerprint);
        self.line(8, &format!("{subject}  {print}"));
        let origin = finding.fact.as_deref().and_then(|fact| self.sheets.fact(fact)).map(|item| &item.origin);
        for line in origin.map(excerpt::lines).unwrap_or_default() {
            self.line(8, &line);
        }
    }

    fn remarks(&mut self, clause: &ClauseResult) {
        for contradiction in &clause.contradictions {
            let label = format!("{}: ", self.say("contradiction", &[]));
            let text = plain(contradiction.message.get(self.lang));
            self.wrapped(2, &label, &text, None);
        }
        if clause.notes.is_empty() {
            return;
        }
        let label = format!("{}: ", self.say("notes", &[]));
        for note in clause.notes.iter().take(MOST_FINDINGS) {
            let text = plain(note.message.get(self.lang));
            self.wrapped(2, &label, &text, Some(Ink::Faint));
        }
        if clause.notes.len() > MOST_FINDINGS {
            let more = (clause.notes.len() - MOST_FINDINGS).to_string();
            let words = self.say("more-findings", &[("count", &more)]);
            self.line(2, &words);
        }
    }

    fn causes(&mut self) {
        let causes = gaps::causes(self.result, self.lang);
        if causes.is_empty() {
            return;
        }
        self.line(0, "");
        let title = self.ink(Ink::Strong, &self.say("gaps-by-cause", &[]));
        self.line(0, &title);
        for cause in causes {
            self.wrapped(2, "• ", &plain(&cause.message), None);
            if cause.places.len() > 1 {
                let shown: Vec<String> = cause.places.iter().take(MOST_PLACES).map(|p| plain(p)).collect();
                let dots = if cause.places.len() > MOST_PLACES { ", …" } else { "" };
                let places = format!("{}{dots}", shown.join(", "));
                let count = cause.places.len().to_string();
                let words = self.say("gap-places", &[("count", &count), ("places", &places)]);
                self.wrapped(4, "", &words, Some(Ink::Faint));
            }
            let words = self.say("gap-concerns", &[("clauses", &cause.clauses.join(", "))]);
            self.wrapped(4, "", &words, None);
            if let Some(mend) = &cause.mend {
                let label = format!("{}: ", self.say("mend", &[]));
                self.wrapped(4, &label, &plain(mend), Some(Ink::Good));
            }
        }
    }
}

fn mark_of(outcome: Outcome) -> (&'static str, Ink) {
    match outcome {
        Outcome::Satisfied => ("✓", Ink::Good),
        Outcome::Violated => ("✗", Ink::Bad),
        Outcome::Undetermined => ("?", Ink::Open),
        Outcome::NotApplicable => ("–", Ink::Faint),
    }
}
