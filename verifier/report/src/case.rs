//! A result with everything that a report says about it.

use crate::words::{say, word};
use assize_clause::{AgreedClause, Contract};
use assize_facts::{Lang, Origin, Sheet};
use assize_judge::{ClauseResult, FindingResult, RunRecord, RunResult, Sheets};
use std::collections::HashMap;

/// What is reported. The record and the sheets are those that the result was judged from.
pub struct Case<'a> {
    pub result: &'a RunResult,
    pub contract: &'a Contract,
    pub record: &'a RunRecord,
    /// At least one; the first is the language of the document.
    pub languages: &'a [Lang],
    /// The evidence pack, where there is one.
    pub kept: Option<&'a Kept>,
    clauses: HashMap<&'a str, &'a AgreedClause>,
    stems: HashMap<String, &'a Sheet>,
    files: HashMap<&'a str, &'a str>,
}

/// The evidence pack that the result stands in.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// `sha256:…` of its manifest.
    pub digest: String,
    pub files: Vec<KeptFile>,
    /// Who may sign it; empty: nobody signed it.
    pub signatures: Vec<KeptSignature>,
}

/// A place for a signature on the pack.
#[derive(Clone, Debug)]
pub struct KeptSignature {
    /// As the pack's statement names it: `buyer`, `supplier`, …
    pub name: String,
    /// Who the contract says that it is.
    pub party: Option<String>,
    /// The key's fingerprint.
    pub key: String,
    /// Whether it is there; one that is there was checked against the pack. Whether the key counts is not said here.
    pub signed: bool,
}

/// A file of the pack.
#[derive(Clone, Debug)]
pub struct KeptFile {
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// `sha256:…`
    pub digest: String,
}

impl<'a> Case<'a> {
    pub fn new(
        result: &'a RunResult,
        contract: &'a Contract,
        sheets: &'a Sheets,
        record: &'a RunRecord,
        languages: &'a [Lang],
    ) -> Case<'a> {
        Case {
            result,
            contract,
            record,
            languages,
            kept: None,
            clauses: contract.clauses.iter().map(|c| (c.id.as_str(), c)).collect(),
            stems: sheets.iter().map(|sheet| (sheet.stem(), sheet)).collect(),
            files: digests(sheets),
        }
    }

    /// With the pack that it stands in.
    pub fn in_pack(mut self, kept: &'a Kept) -> Case<'a> {
        self.kept = Some(kept);
        self
    }

    /// The language of the document.
    pub fn lang(&self) -> Lang {
        self.languages.first().copied().unwrap_or(Lang::En)
    }

    pub fn say(&self, key: &str, args: &[(&str, &str)]) -> String {
        say(self.lang(), key, args)
    }

    /// A text in each language of the report, a line each.
    pub fn lines(&self, each: impl Fn(Lang) -> String) -> String {
        let lines: Vec<String> = self.languages.iter().map(|lang| each(*lang)).collect();
        lines.join("\n")
    }

    pub fn agreed(&self, clause: &ClauseResult) -> Option<&'a AgreedClause> {
        self.clauses.get(clause.id.as_str()).copied()
    }

    /// Where the fact of a finding was seen.
    pub fn origin(&self, finding: &FindingResult) -> Option<&'a Origin> {
        let (stem, index) = finding.fact.as_deref()?.rsplit_once('#')?;
        let sheet = self.stems.get(stem)?;
        Some(&sheet.items.get(index.parse::<usize>().ok()?)?.origin)
    }

    /// `sha256:…` of a delivered file, where the inventory has it.
    pub fn digest_of(&self, file: &str) -> Option<&'a str> {
        self.files.get(file).copied()
    }

    /// What was delivered, for a person: name and version, else the digest.
    pub fn deliverable(&self) -> String {
        let deliverable = &self.result.deliverable;
        let parts = [deliverable.name.as_deref(), deliverable.version.as_deref()];
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        if name.is_empty() { deliverable.digest.clone() } else { name }
    }
}

/// How a clause stands, and why where a reason says so.
pub fn clause_words(clause: &ClauseResult, lang: Lang) -> String {
    let verdict = word(lang, "clause-", clause.verdict.word());
    let reason = crate::grounds::why(clause, lang).map(|words| format!(": {words}"));
    format!("{}: {verdict}{}", clause.id, reason.unwrap_or_default())
}

/// A reason's words where it takes no argument, else its code.
pub fn reason_words(code: &str, lang: Lang) -> String {
    let words = assize_facts::Reason::new(code).render(lang);
    if words.contains('{') { code.to_string() } else { crate::text::plain(&words) }
}

fn digests(sheets: &Sheets) -> HashMap<&str, &str> {
    let Some(inventory) = sheets.having("inventory.files") else { return HashMap::new() };
    inventory.items.iter().filter_map(|item| Some((item.text("path")?, item.text("sha256")?))).collect()
}
