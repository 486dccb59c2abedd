//! The result as it goes over the wire: `assize/result/1`. Every field is there in the order of this file; what may be absent is `null` or left out as its line says.

use assize_facts::{Lang, Origin, Reason, words};
use serde::{Deserialize, Serialize};

/// The name and version of the form.
pub const RESULT_SCHEMA: &str = "assize/result/1";

/// What one run decided about one deliverable and one contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunResult {
    pub schema: String,
    pub verdict: ContractVerdict,
    pub contract: ContractName,
    pub deliverable: DeliverableName,
    /// RFC 3339: the instant for which it is judged.
    pub judged_for: String,
    /// RFC 3339 in UTC: when the facts were collected.
    pub ran_at: String,
    pub tool: Tool,
    pub sandbox: SandboxUse,
    /// `incomplete` or `rejected`: from which verdict on the exit status is bad.
    pub gate: String,
    pub identity: Vec<IdentityLink>,
    /// In the contract's order.
    pub clauses: Vec<ClauseResult>,
    /// What became of every waiver, in the contract's order.
    pub waivers: Vec<WaiverUse>,
    pub counts: Counts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContractVerdict {
    Accepted,
    Rejected,
    Incomplete,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractName {
    pub id: String,
    pub digest: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliverableName {
    pub name: Option<String>,
    pub version: Option<String>,
    /// `sha256:…` over the inventory.
    pub digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    pub version: String,
    /// `sha256:…` over the clause files that were used.
    pub clauses_digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxUse {
    pub level: String,
}

/// Of a link, a check or a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Satisfied,
    Violated,
    Undetermined,
    /// Of a link only: there is nothing to tie.
    NotApplicable,
}

/// One link of the chain source → binary → image → process → endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityLink {
    /// `source-binary`, `binary-image`, `binary-process` or `process-endpoint`.
    pub link: String,
    pub outcome: Outcome,
    /// A reason's code, or null.
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Pass,
    Fail,
    Inconclusive,
    NotApplicable,
    /// Of a clause only.
    Waived,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClauseResult {
    pub id: String,
    pub obligation: String,
    pub verdict: Verdict,
    /// The verdict without waivers, where one was applied; else null.
    pub underlying: Option<Verdict>,
    /// A reason's code, or null.
    pub reason: Option<String>,
    pub wording_digest: String,
    pub contradictions: Vec<Contradiction>,
    pub notes: Vec<Note>,
    pub checks: Vec<CheckResult>,
}

/// Checks of the same claim that came to opposite outcomes, or a check that a dependency's code contradicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contradiction {
    /// Null where the check bears none.
    pub claim: Option<String>,
    pub checks: Vec<String>,
    pub message: Text,
}

/// What is worth saying and changes no verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    pub check: String,
    pub fingerprint: String,
    pub message: Text,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckResult {
    pub id: String,
    pub layer: String,
    pub weight: String,
    pub verdict: Verdict,
    pub examined: Examined,
    pub gaps: Vec<GapResult>,
    pub findings: Vec<FindingResult>,
}

/// How much was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examined {
    /// Of `each` the kind of the selected items, else what the sheet's scope counts; its words are those of `subject.<what>`.
    pub what: String,
    pub count: u64,
}

/// Something that was not seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GapResult {
    pub code: String,
    pub fingerprint: String,
    /// A file with line, a URL, …; empty where it is the whole kind.
    #[serde(rename = "where")]
    pub place: String,
    pub message: Text,
    /// What would close it; left out where nothing is known to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mend: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingResult {
    pub outcome: Outcome,
    pub fingerprint: String,
    pub message: Text,
    /// What it is about, for a person.
    pub subject: String,
    /// Null where it is about no single place.
    pub location: Option<Location>,
    /// `kind#index` of the recorded item; null where it is about the whole sheet.
    pub fact: Option<String>,
    /// Paths in the pack of what shows it: raw exchanges, lines of source, programs; left out where nothing more than the fact was kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exhibits: Vec<String>,
    /// Of an undetermined finding: why, as a reason's code; else left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What would settle an undetermined finding; left out where nothing is known to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mend: Option<Text>,
}

/// Where: of source `file`, `line`, `column`, `end_line`, `end_column`; of binaries `file`, `offset`, `symbol`; of running things `url` or `pid`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
}

impl Location {
    pub fn of(origin: &Origin) -> Option<Location> {
        let location = Location {
            file: origin.file.as_deref().map(String::from),
            line: origin.line,
            column: origin.column,
            end_line: origin.end_line,
            end_column: origin.end_column,
            offset: origin.offset,
            symbol: origin.symbol.clone(),
            url: origin.url.clone(),
            pid: origin.pid,
        };
        (location != Location::default()).then_some(location)
    }
}

/// One text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub en: String,
    pub zh: String,
}

impl Text {
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }

    /// The same made in either language.
    pub fn both(make: impl Fn(Lang) -> String) -> Text {
        Text { en: make(Lang::En), zh: make(Lang::Zh) }
    }

    pub fn of(reason: &Reason) -> Text {
        Text::both(|lang| reason.render(lang))
    }

    /// What would mend it, where the table of words says so.
    pub fn mend(reason: &Reason) -> Option<Text> {
        words().get(&reason.code)?.mend.as_ref()?;
        Some(Text::both(|lang| reason.mend(lang).unwrap_or_default()))
    }
}

/// What became of a waiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaiverUse {
    pub clause: String,
    pub state: WaiverState,
    pub approved_by: String,
    pub level: String,
    pub reason: String,
    /// The last day.
    pub expires: String,
    /// The fingerprints that it covered.
    pub covered: Vec<String>,
    /// Fingerprints that it names and that this run does not have.
    pub absent: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaiverState {
    /// It covered something.
    Used,
    /// It is in force and covers nothing of this run.
    Unused,
    NotYet,
    Expired,
    /// It was given for another wording of the clause.
    WordingMismatch,
    /// It was given for another delivery.
    SubjectMismatch,
    LevelTooLow,
    /// `"any"` for a clause that must be kept.
    Refused,
    /// The contract has no such clause.
    NoSuchClause,
}

/// Clauses by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Counts {
    pub pass: u64,
    pub fail: u64,
    pub inconclusive: u64,
    pub not_applicable: u64,
    pub waived: u64,
}

macro_rules! word_of {
    ($($name:ident { $($variant:ident = $word:literal),* $(,)? })*) => {$(
        impl $name {
            /// As it is written in the result.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
        }
    )*};
}

word_of! {
    ContractVerdict { Accepted = "accepted", Rejected = "rejected", Incomplete = "incomplete" }
    Outcome { Satisfied = "satisfied", Violated = "violated", Undetermined = "undetermined", NotApplicable = "not-applicable" }
    Verdict { Pass = "pass", Fail = "fail", Inconclusive = "inconclusive", NotApplicable = "not-applicable", Waived = "waived" }
    WaiverState {
        Used = "used", Unused = "unused", NotYet = "not-yet", Expired = "expired", WordingMismatch = "wording-mismatch",
        SubjectMismatch = "subject-mismatch", LevelTooLow = "level-too-low", Refused = "refused", NoSuchClause = "no-such-clause",
    }
}
