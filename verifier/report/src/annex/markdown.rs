//! The annex as Markdown: a table of two columns for each clause.

use super::{Annex, Row};
use crate::escape::{code, escape_markdown, markdown as escaped};
use crate::text::whole;
use crate::words::say;
use assize_clause::AgreedClause;
use std::fmt::Write;

pub fn markdown(annex: &Annex) -> String {
    let title = annex.languages().map(|lang| escaped(annex.contract.title.get(lang))).join(" · ");
    let mut out = format!("# {}\n\n{title}\n\n", annex.both("annex-title"));
    rows(&mut out, &annex.head());
    if !annex.contract.parties.is_empty() {
        parties(&mut out, annex);
    }
    if !annex.contract.items.is_empty() {
        let _ = writeln!(out, "## {}\n", annex.both("annex-items"));
        rows(&mut out, &annex.items());
    }
    let _ = writeln!(out, "## {}\n", annex.both("annex-clauses"));
    annex.contract.clauses.iter().for_each(|one| clause(&mut out, annex, one));
    let _ = writeln!(out, "## {}\n", annex.both("annex-pins"));
    for lang in annex.languages() {
        let _ = writeln!(out, "{}\n", say(lang, "annex-pins-why", &[]));
    }
    let _ = writeln!(out, "```toml\n{}```\n", annex.pins());
    signatures(&mut out, annex);
    out
}

/// A table without a head.
fn rows(out: &mut String, rows: &[Row]) {
    out.push_str("| | |\n|---|---|\n");
    for (name, value) in rows {
        let _ = writeln!(out, "| {} | {} |", escape_markdown(name), code(value));
    }
    out.push('\n');
}

fn parties(out: &mut String, annex: &Annex) {
    let _ = writeln!(out, "## {}\n", annex.both("annex-parties"));
    let heads = ["annex-role", "annex-name", "annex-key", "annex-fingerprint"].map(|key| annex.both(key));
    let _ = writeln!(out, "| {} |\n|---|---|---|---|", heads.join(" | "));
    for [role, name, key, fingerprint] in annex.parties() {
        let _ = writeln!(out, "| {role} | {} | {} | {} |", escape_markdown(&name), code(&key), code(&fingerprint));
    }
    out.push('\n');
}

fn clause(out: &mut String, annex: &Annex, clause: &AgreedClause) {
    let chapter = escaped(&clause.chapter);
    let _ = writeln!(out, "### {chapter} {}\n", code(&clause.id));
    let cells = |texts: [String; 2]| format!("| {} | {} |\n", texts[0], texts[1]);
    let cell = |text: &str| escape_markdown(&whole(text)).replace('\n', "<br>");
    let languages = annex.languages();
    out.push_str(&cells(languages.map(|lang| format!("**{}**", cell(clause.title.get(lang))))));
    out.push_str("|---|---|\n");
    out.push_str(&cells(languages.map(|lang| cell(clause.text.get(lang)))));
    out.push('\n');
    let parameters = annex.parameters(clause);
    if !parameters.is_empty() {
        let _ = writeln!(out, "{}\n", annex.both("annex-parameters"));
        rows(out, &parameters);
    }
    rows(out, &annex.terms(clause));
    let _ = writeln!(out, "{}: `{}`\n", annex.both("annex-wording"), clause.wording_digest.0);
}

fn signatures(out: &mut String, annex: &Annex) {
    for [role, name, ..] in annex.parties() {
        let _ = writeln!(
            out,
            "{role}, {}: \\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\n",
            escape_markdown(&name)
        );
    }
}
