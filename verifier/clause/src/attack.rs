//! Attacks beside a clause: edits to a compliant deliverable, and what must catch them.

use crate::Bilingual;
use crate::clause::words;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attack {
    /// The file's name.
    pub file: String,
    pub says: Bilingual,
    /// A compliant sample under `sample-deliverables`.
    pub sample: String,
    /// In order.
    pub edits: Vec<Edit>,
    /// Whether the sample's binary is built again after the edits.
    pub build: bool,
    pub expect: ExpectedCatch,
    /// An honest oddity, which must still pass.
    pub honest: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Relative to the deliverable.
    pub file: String,
    pub action: EditAction,
    /// 1-based line in the attack's file.
    pub line: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditAction {
    /// The old text must be found exactly once.
    Replace { old: String, new: String },
    Append(String),
    Write(String),
    Delete,
    /// Copies from another path of the deliverable.
    Copy { from: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedCatch {
    pub verdict: AttackVerdict,
    /// The check that must catch it.
    pub check: Option<String>,
}

/// The verdict of the clause beside which the attack stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttackVerdict {
    Fail,
    Inconclusive,
    Pass,
}

words!(AttackVerdict { Fail = "fail", Inconclusive = "inconclusive", Pass = "pass" });
