//! The annex as one HTML page: two columns, one per language, the governing one first.

use super::{Annex, Row};
use crate::html::{Html, STYLE, tag};
use crate::words::say;
use assize_clause::AgreedClause;

/// What the page has beside the report's own style.
const COLUMNS: &str = "
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; } .sides > div { white-space: pre-line; }
.clause { padding: 0.8rem 1.1rem; } .sign { margin-top: 3rem; } .sign p { border-top: 1px solid var(--ink); padding-top: 0.3rem; margin: 3.5rem 0 0; max-width: 24rem; }
@media (max-width: 40rem) { .sides { grid-template-columns: 1fr; } }
@media print { .clause { break-inside: avoid-page; } }
@page { @bottom-right { content: counter(page) \" / \" counter(pages); font: 7.5pt system-ui, sans-serif; } }
";

pub fn html(annex: &Annex) -> String {
    let mut head = Html::default();
    head.el("head", &[], |h| {
        h.void("meta", &[("charset", "utf-8")]);
        h.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
        let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
        h.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", policy)]);
        h.leaf("title", &[], &format!("{} – {}", annex.both("annex-title"), annex.contract.id));
        h.el("style", &[], |h| {
            h.raw(STYLE);
            h.raw(COLUMNS);
        });
    });
    let mut body = Html::default();
    body.block("article", &[("class", "report")], |h| article(annex, h));
    let lang = tag(annex.contract.language);
    format!("<!DOCTYPE html>\n<html lang=\"{lang}\">\n{}\n<body>\n{}</body>\n</html>\n", head.finish(), body.finish())
}

fn article(annex: &Annex, h: &mut Html) {
    h.leaf("h1", &[], &annex.both("annex-title"));
    sides(annex, h, |lang, h| h.leaf("strong", &[], annex.contract.title.get(lang)));
    facts(h, &annex.head());
    if !annex.contract.parties.is_empty() {
        h.leaf("h2", &[], &annex.both("annex-parties"));
        parties(annex, h);
    }
    if !annex.contract.items.is_empty() {
        h.leaf("h2", &[], &annex.both("annex-items"));
        facts(h, &annex.items());
    }
    h.leaf("h2", &[], &annex.both("annex-clauses"));
    annex.contract.clauses.iter().for_each(|one| clause(annex, one, h));
    h.leaf("h2", &[], &annex.both("annex-pins"));
    sides(annex, h, |lang, h| h.text(&say(lang, "annex-pins-why", &[])));
    h.el("pre", &[], |h| h.whole(&annex.pins()));
    h.block("section", &[("class", "sign")], |h| {
        for [role, name, ..] in annex.parties() {
            h.leaf("p", &[], &format!("{role}, {name}"));
        }
    });
}

/// Something in both languages, side by side.
fn sides(annex: &Annex, h: &mut Html, inside: impl Fn(assize_facts::Lang, &mut Html)) {
    h.block("div", &[("class", "sides")], |h| {
        for lang in annex.languages() {
            h.el("div", &[("lang", tag(lang))], |h| inside(lang, h));
        }
    });
}

fn facts(h: &mut Html, rows: &[Row]) {
    h.block("dl", &[("class", "facts")], |h| {
        for (name, value) in rows {
            h.leaf("dt", &[], name);
            h.el("dd", &[], |h| h.foreign("code", &[], value));
        }
    });
}

fn parties(annex: &Annex, h: &mut Html) {
    let heads = ["annex-role", "annex-name", "annex-key", "annex-fingerprint"];
    h.block("table", &[], |h| {
        h.el("thead", &[], |h| {
            h.el("tr", &[], |h| heads.iter().for_each(|key| h.leaf("th", &[("scope", "col")], &annex.both(key))));
        });
        h.el("tbody", &[], |h| {
            for [role, name, key, fingerprint] in annex.parties() {
                h.el("tr", &[], |h| {
                    h.leaf("td", &[], &role);
                    h.foreign("td", &[], &name);
                    h.el("td", &[], |h| h.leaf("code", &[], &key));
                    h.el("td", &[], |h| h.leaf("code", &[], &fingerprint));
                });
            }
        });
    });
}

fn clause(annex: &Annex, clause: &AgreedClause, h: &mut Html) {
    h.block("section", &[("class", "clause")], |h| {
        h.leaf("h3", &[], &format!("{} {}", clause.chapter, clause.id));
        sides(annex, h, |lang, h| {
            h.el("strong", &[], |h| h.whole(clause.title.get(lang)));
            h.el("p", &[], |h| h.whole(clause.text.get(lang)));
        });
        let parameters = annex.parameters(clause);
        if !parameters.is_empty() {
            h.leaf("h4", &[], &annex.both("annex-parameters"));
            facts(h, &parameters);
        }
        facts(h, &annex.terms(clause));
        facts(h, &[(annex.both("annex-wording"), clause.wording_digest.0.clone())]);
    });
}
