//! Waivers: what the buyer agreed to overlook, until when, and on whose word.

use crate::clause::words;
use crate::contract::date;
use crate::read::{Reader, Table, Value, did_you_mean, digest};
use crate::{Contract, Mistakes, Obligation};
use assize_facts::Digest;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    pub clause: String,
    /// Of the clause as agreed.
    pub wording: Digest,
    pub covers: Covers,
    pub findings: Findings,
    pub subject: Subject,
    pub reason: String,
    pub approved_by: String,
    pub level: WaiverLevel,
    /// Whole days in the contract's time zone, both included.
    pub starts: Date,
    pub expires: Date,
    /// The file that it stands in, and its 1-based line there.
    pub file: String,
    pub line: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    Fail,
    FailAndInconclusive,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Findings {
    /// Refused for `must` clauses.
    Any,
    /// Fingerprints, `fp:…`.
    These(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Any,
    /// The deliverable's digest.
    Delivery(Digest),
}

/// Who may waive, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaiverLevel {
    L1,
    L2,
    L3,
}

words!(WaiverLevel { L1 = "L1", L2 = "L2", L3 = "L3" });

impl Contract {
    /// Adds the waivers of a file of their own (`--waivers`): `[[waiver]]` and nothing else.
    pub fn add_waivers(&mut self, file: &str, bytes: &[u8]) -> Result<(), Mistakes> {
        let (reader, root) = Reader::open(file, bytes)?;
        let obligations = self.clauses.iter().map(|c| (c.id.as_str(), c.obligation)).collect();
        // A file of waivers may serve several contracts, so a clause that only a library knows is no mistake.
        let mut known: BTreeSet<String> = self.clauses.iter().map(|c| c.id.clone()).collect();
        known.extend(crate::Library::standard().clauses.keys().cloned());
        let found = waivers(&Table::root(&reader, &root), &obligations, &known);
        self.waivers.extend(reader.finish().or(found)?);
        Ok(())
    }
}

/// Reads `[[waiver]]`; `obligations` are those of the contract, `known` the clauses that may be waived.
pub(crate) fn waivers(
    table: &Table<'_>,
    obligations: &BTreeMap<&str, Obligation>,
    known: &BTreeSet<String>,
) -> Vec<Waiver> {
    table.tables("waiver").iter().filter_map(|table| waiver(table, obligations, known)).collect()
}

fn waiver(table: &Table<'_>, obligations: &BTreeMap<&str, Obligation>, known: &BTreeSet<String>) -> Option<Waiver> {
    let clause = clause(table, known);
    let covers = covers(table);
    let must = clause.as_deref().and_then(|id| obligations.get(id)) == Some(&Obligation::Must);
    let findings = findings(table, must);
    let subject = subject(table);
    let wording = wording(table);
    let (reason, approved_by) = (said(table, "reason"), said(table, "approved_by"));
    table.need("level", "one of: `L1`, `L2`, `L3`");
    let level = table.word("level", WaiverLevel::WORDS, WaiverLevel::parse);
    let days = days(table);
    let (starts, expires) = days?;
    Some(Waiver {
        clause: clause?,
        wording: wording?,
        covers: covers?,
        findings: findings?,
        subject: subject?,
        reason: reason?,
        approved_by: approved_by?,
        level: level?,
        starts,
        expires,
        file: table.reader().file().into(),
        line: table.line(),
    })
}

fn clause(table: &Table<'_>, known: &BTreeSet<String>) -> Option<String> {
    let (text, span) = table.need_text("clause", "the clause that is waived")?;
    if !known.contains(text) {
        let mistake = table.reader().at(span, format!("no clause `{text}` is in force"));
        let help = did_you_mean(text, known.iter().map(String::as_str));
        table.reader().report(mistake.help(help.unwrap_or_else(|| "leave the waiver out".into())));
        return None;
    }
    Some(text.to_string())
}

fn covers(table: &Table<'_>) -> Option<Covers> {
    table.need("covers", "`[\"fail\"]` or `[\"fail\", \"inconclusive\"]`")?;
    let words = table.texts("covers");
    for (word, span) in &words {
        if !matches!(*word, "fail" | "inconclusive") {
            let mistake = table.reader().at(span, format!("a waiver cannot cover `{word}`"));
            let help = did_you_mean(word, ["fail", "inconclusive"]);
            table.reader().report(mistake.help(help.unwrap_or_default()));
            return None;
        }
    }
    let has = |wanted| words.iter().any(|(word, _)| *word == wanted);
    match (has("fail"), has("inconclusive")) {
        (true, false) => Some(Covers::Fail),
        (true, true) => Some(Covers::FailAndInconclusive),
        (false, inconclusive) => {
            let message = match inconclusive {
                true => "what could not be told may be a violation: `inconclusive` alone cannot be waived",
                false => "the waiver covers nothing",
            };
            let node = table.get("covers")?;
            table.reader().report(table.reader().at(&node.span, message).help("`[\"fail\", \"inconclusive\"]`"));
            None
        }
    }
}

fn findings(table: &Table<'_>, must: bool) -> Option<Findings> {
    let node = table.need("findings", "fingerprints, as in `[\"fp:…\"]`, from the report that was waived")?;
    let any = match &node.value {
        Value::Text(text) => text == "any",
        Value::List(nodes) => nodes.iter().any(|n| n.text() == Some("any")),
        _ => false,
    };
    if any {
        if must {
            let mistake = table.reader().at(&node.span, "a `must` clause is not waived wholesale");
            table.reader().report(mistake.help("list the fingerprints, as in `[\"fp:…\"]`"));
            return None;
        }
        return Some(Findings::Any);
    }
    let texts = table.texts("findings");
    if texts.is_empty() && matches!(node.value, Value::List(_)) {
        table.reader().report(table.reader().at(&node.span, "the waiver names no finding"));
    }
    let mut all = Vec::new();
    for (text, span) in texts {
        let good = text.strip_prefix("fp:").is_some_and(|hex| {
            !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        });
        if good {
            all.push(text.to_string());
        } else {
            let mistake = table.reader().at(span, format!("`{text}` is not a fingerprint"));
            table.reader().report(mistake.help("`fp:` and hexadecimal digits, as the report shows it"));
        }
    }
    (!all.is_empty()).then_some(Findings::These(all))
}

fn subject(table: &Table<'_>) -> Option<Subject> {
    let (text, span) = table.need_text("subject", "the delivery's digest, or \"any\"")?;
    match (text, digest(text)) {
        ("any", _) => Some(Subject::Any),
        (_, Some(digest)) => Some(Subject::Delivery(digest)),
        _ => {
            let mistake = table.reader().at(span, format!("`{text}` is not a delivery"));
            table.reader().report(mistake.help("its digest, `sha256:…`, or \"any\""));
            None
        }
    }
}

fn wording(table: &Table<'_>) -> Option<Digest> {
    let (text, span) = table.need_text("wording", "the digest of the clause as agreed: the report shows it")?;
    let found = digest(text);
    if found.is_none() {
        let mistake = table.reader().at(span, format!("`{text}` is not a wording's digest"));
        table.reader().report(mistake.help("`sha256:` and 64 lower-case hexadecimal digits"));
    }
    found
}

fn said(table: &Table<'_>, key: &'static str) -> Option<String> {
    let (text, span) = table.need_text(key, "a waiver says why, and who answers for it")?;
    if text.trim().is_empty() {
        table.reader().report(table.reader().at(span, format!("`{key}` is empty")));
        return None;
    }
    Some(text.to_string())
}

fn days(table: &Table<'_>) -> Option<(Date, Date)> {
    table.need("starts", "the first day, as in 2026-01-17");
    table.need("expires", "the last day, as in 2026-12-31");
    let (starts, expires) = (date(table, "starts"), date(table, "expires"));
    let (starts, expires) = (starts?, expires?);
    if expires < starts {
        let node = table.get("expires")?;
        table.reader().report(table.reader().at(&node.span, "the waiver ends before it starts"));
        return None;
    }
    Some((starts, expires))
}
