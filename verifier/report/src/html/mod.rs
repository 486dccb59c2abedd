//! The report as one HTML page that needs nothing else: no script, no font, no address is loaded, and it prints.

mod chapters;
mod check;
mod clause;
mod evidence;
mod finding;
mod head;
mod writer;

use crate::case::Case;
use crate::standing::Waived;
use assize_facts::Lang;
use assize_judge::ContractVerdict;
use std::collections::HashMap;
pub(crate) use writer::Html;

pub(crate) const STYLE: &str = include_str!("page.css");

/// The page; with two languages the whole report stands in it twice, one after the other.
pub fn html(case: &Case) -> String {
    let mut body = Html::default();
    for lang in case.languages {
        let files = case.kept.map(|kept| kept.files.as_slice()).unwrap_or_default();
        let files = files.iter().enumerate().map(|(index, file)| (file.path.as_str(), index)).collect();
        Page { case, lang: *lang, waived: Waived::of(case.result), files }.article(&mut body);
    }
    let mut head = Html::default();
    head_of(case, &mut head);
    // HTML 13.1.1: without this line a browser lays the page out by the rules of the nineties.
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n{}\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
        tag(case.lang()),
        head.finish(),
        body.finish()
    )
}

fn head_of(case: &Case, h: &mut Html) {
    h.el("head", &[], |h| {
        h.void("meta", &[("charset", "utf-8")]);
        h.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
        // Were anything of the delivery ever to get through, it could neither run nor call home.
        let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
        h.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", policy)]);
        h.void("meta", &[("name", "referrer"), ("content", "no-referrer")]);
        h.leaf("title", &[], &format!("{} – {}", case.say(verdict_key(case), &[]), case.deliverable()));
        h.el("style", &[], |h| {
            h.raw(STYLE);
            h.raw(&footer(case));
        });
    });
}

/// The foot of a printed page: the pack's digest and the number of the page.
fn footer(case: &Case) -> String {
    let digest = case.kept.map_or(case.result.deliverable.digest.as_str(), |kept| kept.digest.as_str());
    let key = if case.kept.is_some() { "print-pack" } else { "print-delivery" };
    let text: String = case
        .say(key, &[("digest", digest)])
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | ':' | '-' | '\u{ff1a}'))
        .collect();
    let shape = "font: 7.5pt system-ui, \"Noto Sans CJK SC\", sans-serif; color: #444c56;";
    format!(
        "@page {{ @bottom-left {{ content: \"{text}\"; {shape} white-space: nowrap; }} \
         @bottom-right {{ content: counter(page) \" / \" counter(pages); {shape} }} }}\n"
    )
}

fn verdict_key(case: &Case) -> &'static str {
    match case.result.verdict {
        ContractVerdict::Accepted => "verdict-accepted",
        ContractVerdict::Rejected => "verdict-rejected",
        ContractVerdict::Incomplete => "verdict-incomplete",
    }
}

/// The language as HTML writes it.
pub(crate) fn tag(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Zh => "zh-Hans",
    }
}

/// The report in one language.
struct Page<'a> {
    case: &'a Case<'a>,
    lang: Lang,
    waived: Waived<'a>,
    /// Places of the pack's files in its list, by path.
    files: HashMap<&'a str, usize>,
}

impl Page<'_> {
    fn say(&self, key: &str, args: &[(&str, &str)]) -> String {
        crate::words::say(self.lang, key, args)
    }

    fn word(&self, prefix: &str, value: &str) -> String {
        crate::words::word(self.lang, prefix, value)
    }

    /// An anchor of this language's part.
    fn id(&self, name: &str) -> String {
        format!("{}-{name}", self.lang.code())
    }

    /// The anchor of the clause at `index`; two libraries may have one of the same name.
    fn clause_id(&self, index: usize) -> String {
        let id = &self.case.result.clauses[index].id;
        let name: String =
            id.chars().take(60).map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
        self.id(&format!("clause-{}-{name}", index + 1))
    }

    fn article(&self, h: &mut Html) {
        let label = self.id("title");
        let attributes = [
            ("class", "report beside"),
            ("lang", tag(self.lang)),
            ("id", &self.id("report")),
            ("aria-labelledby", &label),
        ];
        h.block("article", &attributes, |h| {
            // The verdict is first also for whoever hears the page.
            self.head(h);
            self.contents(h);
            h.block("div", &[("class", "chapters")], |h| self.chapters(h));
        });
    }

    /// A chapter with its heading, which an anchor leads to.
    fn section(&self, h: &mut Html, name: &str, key: &str, inside: impl FnOnce(&mut Html)) {
        let id = self.id(name);
        h.block("section", &[("aria-labelledby", &id)], |h| {
            h.leaf("h2", &[("id", &id)], &self.say(key, &[]));
            inside(h);
        });
    }
}
