//! `assize evidence diff`: what two packs disagree on, in words or as JSON.

use crate::args::Plain;
use crate::done::{Done, NotDone};
use crate::text::plain;
use crate::{evidence, terminal};
use assize_evidence::{Cause, ClauseDiff, Diff, diff};
use std::fmt::Write;
use std::path::Path;

/// The most findings of a clause that are shown for either pack.
const MOST: usize = 10;

pub fn run(first: &Path, second: &Path, format: Plain) -> Result<Done, NotDone> {
    let found = diff(&evidence::open(first)?, &evidence::open(second)?);
    let text = match format {
        Plain::Json => serde_json::to_string_pretty(&found).expect("plain data") + "\n",
        Plain::Human => human(&found),
    };
    terminal::print(&text)?;
    Ok(if found.same { Done::Good } else { Done::Bad })
}

fn human(diff: &Diff) -> String {
    let mut text = String::new();
    let [first, second] = &diff.verdict;
    let _ = match first == second {
        true => writeln!(text, "both say {first}"),
        false => writeln!(text, "the first says {first}, the second {second}"),
    };
    for part in &diff.parts {
        let _ = writeln!(text, "  {} differs:", part.cause.word());
        for what in &part.what {
            let _ = writeln!(text, "    {}", plain(what));
        }
    }
    for clause in &diff.clauses {
        text.push('\n');
        text.push_str(&one(clause));
    }
    if diff.same {
        text.push_str("every clause has the same verdict by the same findings\n");
    }
    text
}

fn one(clause: &ClauseDiff) -> String {
    let [first, second] = clause.verdict.map(|verdict| verdict.map_or("absent", |v| v.word()));
    let mut text = match first == second {
        true => format!("{}: {first} in both, by other findings\n", plain(&clause.id)),
        false => format!("{}: {first} → {second}, because of {}\n", plain(&clause.id), why(clause)),
    };
    if clause.wording[0] != clause.wording[1] {
        for (mark, wording) in ["-", "+"].iter().zip(&clause.wording) {
            let _ = writeln!(text, "  {mark} wording {}", wording.as_deref().unwrap_or("none"));
        }
    }
    for (mark, only) in ["-", "+"].iter().zip(&clause.only) {
        for words in only.iter().take(MOST) {
            let _ = writeln!(text, "  {mark} {}", plain(words));
        }
        if only.len() > MOST {
            let _ = writeln!(text, "  {mark} and {} more", only.len() - MOST);
        }
    }
    text
}

fn why(clause: &ClauseDiff) -> String {
    let words: Vec<&str> = clause.causes.iter().map(|cause| said(*cause)).collect();
    match clause.together {
        true => format!("{}, only together", words.join(" and ")),
        false => words.join(", or of "),
    }
}

fn said(cause: Cause) -> &'static str {
    match cause {
        Cause::Deliverable => "the deliverable",
        Cause::Clause => "the clause as agreed",
        Cause::Waiver => "a waiver",
        Cause::DatedData => "dated data or the date",
        Cause::Environment => "the environment of the run",
    }
}
