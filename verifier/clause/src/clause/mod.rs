//! A clause of the library: its wording, its parameters and its checks, as its file declares them.

mod applies;
mod check;
mod conflict;
mod read;
mod rules;

pub(crate) use read::among;

use crate::contract::ConflictRule;
use crate::matcher::names::Use;
use crate::{Bilingual, FieldTest, Matcher, Operand, Parameter, WaiverLevel};
use assize_facts::{Digest, Item, Layer, Request, Type, kinds};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One promise of a contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// Its folder's name.
    pub id: String,
    /// Chapter of the contract, as in `4.3`.
    pub chapter: String,
    /// What the clause proposes; the contract decides.
    pub obligation: Obligation,
    /// The level that a waiver of it needs.
    pub waiver_level: WaiverLevel,
    /// With `{parameter}` places.
    pub title: Bilingual,
    pub text: Bilingual,
    pub parameters: Vec<Parameter>,
    pub applies_when: Option<AppliesWhen>,
    pub checks: Vec<Check>,
    /// Name of the file, for diagnostics and exhibits.
    pub file: String,
    /// The file as it was read.
    pub source: Arc<str>,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// `check` and `applies_when` as written, for the wording digest.
    pub(crate) law: Json,
    /// How each parameter is used.
    pub(crate) uses: BTreeMap<String, Vec<Use>>,
    pub(crate) conflicts: Vec<ConflictRule>,
}

/// One check.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub id: String,
    pub layer: Layer,
    pub form: Form,
    /// The kind of fact that it examines.
    pub kind: String,
    /// What the collector is told.
    pub with: BTreeMap<String, Operand>,
    /// `where`: selects items.
    pub selects: Vec<FieldTest>,
    pub body: CheckBody,
    /// Items that must be selected (`each`) or subjects that must be examined (`none`, `some`).
    pub minimum: u64,
    /// The parameter that gives the minimum; gone after `Clause::agree`.
    pub(crate) minimum_parameter: Option<String>,
    pub weight: Weight,
    pub claim: Option<String>,
    pub group: Option<String>,
    pub dependencies: Dependencies,
    pub applies_when: Option<AppliesWhen>,
    /// With `{item.FIELD}` places; see [`Check::message`].
    pub fail: Option<Bilingual>,
    /// How to mend a violation, with the same places.
    pub mend: Option<Bilingual>,
    /// 1-based line of `[[check]]` in the clause file.
    pub line: u32,
}

/// What selected items are held to.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckBody {
    /// Fields that every selected item must have (`each`).
    Expect(Vec<FieldTest>),
    /// Nothing further: being selected decides (`none`, `some`).
    Selection,
}

/// The three forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Each,
    None,
    Some,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obligation {
    Must,
    Should,
    May,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Decisive,
    Supporting,
    Note,
}

/// What an item of a dependency means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependencies {
    Supporting,
    Decisive,
    Build,
    Ignored,
}

/// When a clause or a check applies.
#[derive(Clone, Debug, PartialEq)]
pub enum AppliesWhen {
    /// Some item of a kind is selected.
    Some { kind: String, with: BTreeMap<String, Operand>, selects: Vec<FieldTest> },
    /// The contract lists items (of a kind, where one is named).
    ContractItems { kind: Option<String> },
    /// A parameter has a value; `value` is there after `Clause::agree`.
    Parameter { name: String, ty: Type, value: Option<Json>, matcher: Matcher },
    /// One of several conditions holds.
    Any(Vec<AppliesWhen>),
    /// All of several conditions hold.
    All(Vec<AppliesWhen>),
}

impl Check {
    /// What the collector is asked for. Arguments are filled after `Clause::agree` and the contract's loading.
    pub fn request(&self) -> Request {
        request(&self.kind, &self.with)
    }

    /// The `fail` message for an item; `None` where the file gives none.
    pub fn message(&self, item: &Item) -> Option<Bilingual> {
        Some(self.fail.as_ref()?.for_item(item, kinds::schema(&self.kind)?))
    }

    /// How to mend it, for an item; `None` where the file does not say.
    pub fn mend_for(&self, item: &Item) -> Option<Bilingual> {
        Some(self.mend.as_ref()?.for_item(item, kinds::schema(&self.kind)?))
    }
}

pub(crate) fn request(kind: &str, with: &BTreeMap<String, Operand>) -> Request {
    let filled = with.iter().filter_map(|(name, operand)| Some((name.clone(), operand.value()?.clone())));
    Request::new(kind, &filled.collect())
}

impl AppliesWhen {
    /// The requests that have to be collected before it can be decided.
    pub fn requests(&self) -> Vec<Request> {
        match self {
            AppliesWhen::Some { kind, with, .. } => vec![request(kind, with)],
            AppliesWhen::ContractItems { .. } | AppliesWhen::Parameter { .. } => vec![],
            AppliesWhen::Any(all) | AppliesWhen::All(all) => all.iter().flat_map(AppliesWhen::requests).collect(),
        }
    }
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),* }) => {
        impl $name {
            pub const WORDS: &'static [&'static str] = &[$($word),*];
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
            pub fn parse(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use words;

words!(Form { Each = "each", None = "none", Some = "some" });
words!(Obligation { Must = "must", Should = "should", May = "may" });
words!(Weight { Decisive = "decisive", Supporting = "supporting", Note = "note" });
words!(Dependencies { Supporting = "supporting", Decisive = "decisive", Build = "build", Ignored = "ignored" });
