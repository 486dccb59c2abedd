//! What was agreed: the contract's typed form.

mod against;
mod clauses;
mod conflict;
mod load;
mod sections;

pub(crate) use conflict::ConflictRule;
pub use conflict::{Condition, Conflict};
pub(crate) use load::date;
pub use sections::Difference;

use crate::clause::words;
use crate::{AgreedClause, Bilingual, Waiver};
use assize_facts::{Digest, EndpointSpec, Lang, RequestSpec, RunSpec};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    pub id: String,
    pub title: Bilingual,
    pub signed_on: Option<Date>,
    /// The governing language.
    pub language: Lang,
    /// IANA name, as in `Asia/Shanghai`.
    pub time_zone_name: String,
    pub time_zone: TimeZone,
    pub parties: Vec<Party>,
    /// What must be handed over; empty: the scope is as the supplier declares.
    pub items: Vec<ContractItem>,
    /// In force, in the contract's order; with items, `delivery-complete` is always among them.
    pub clauses: Vec<AgreedClause>,
    /// Pairs of clauses that cannot both be kept if all their conditions hold; the judge tells.
    pub conflicts: Vec<Conflict>,
    /// Of the contract's own file; those of `--waivers` are added by `Contract::add_waivers`.
    pub waivers: Vec<Waiver>,
    pub sandbox: Sandbox,
    pub consent: Consent,
    /// Sections that replace the supplier's.
    pub run: Option<RunSpec>,
    pub endpoints: Option<Vec<EndpointSpec>>,
    pub requests: Option<Vec<RequestSpec>>,
    /// SHA-256 of the RFC 8785 form of the contract without its waivers.
    pub digest: Digest,
    /// The file's name and text; empty text for the built-in contract.
    pub file: String,
    pub source: Arc<str>,
    /// The built-in contract `standard`.
    pub built_in: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    pub role: PartyRole,
    pub name: String,
    /// Base64 of the raw 32 bytes of an Ed25519 public key, without the `ed25519:` before it.
    pub key: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartyRole {
    Buyer,
    Supplier,
    Witness,
}

/// Something that must be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractItem {
    pub kind: ItemKind,
    pub name: String,
    /// 1-based line in the contract.
    pub line: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    Source,
    Binary,
    Image,
    Endpoint,
    Dependency,
    Document,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sandbox {
    Required,
    #[default]
    Preferred,
    None,
}

/// What may be done to a service that the tool did not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consent {
    pub handshakes: bool,
    pub load: bool,
    pub faults: bool,
    pub signals: bool,
}

impl Default for Consent {
    fn default() -> Consent {
        Consent { handshakes: true, load: false, faults: false, signals: false }
    }
}

words!(PartyRole { Buyer = "buyer", Supplier = "supplier", Witness = "witness" });
words!(ItemKind {
    Source = "source", Binary = "binary", Image = "image", Endpoint = "endpoint", Dependency = "dependency",
    Document = "document"
});
words!(Sandbox { Required = "required", Preferred = "preferred", None = "none" });
