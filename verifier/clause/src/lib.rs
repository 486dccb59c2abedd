//! The words: clause, contract and deliverable files become typed values; every mistake in them a diagnostic with a span, all of a run together.

mod agreed;
mod attack;
mod clause;
mod contract;
mod deliverable;
mod example;
mod library;
mod matcher;
mod mistake;
mod parameter;
mod query;
mod read;
mod schema;
mod waiver;
mod wording;

pub use agreed::{AgreedClause, Agreement};
pub use attack::{Attack, AttackVerdict, Edit, EditAction, ExpectedCatch};
pub use clause::{AppliesWhen, Check, CheckBody, Clause, Dependencies, Form, Obligation, Weight};
pub use contract::{
    Condition, Conflict, Consent, Contract, ContractItem, Difference, ItemKind, Party, PartyRole, Sandbox,
};
pub use deliverable::parse_deliverable;
pub use example::{CheckOutcome, Example};
pub use library::{Files, Library};
pub use matcher::{DeliverableRef, FieldTest, Matcher, Operand, Pattern, Within};
pub use mistake::{Mistake, Mistakes};
pub use parameter::{Parameter, ParameterType, ParameterValue};
pub use query::{QueryReader, read_queries_with};
pub use schema::{SCHEMAS, schema};
pub use waiver::{Covers, Findings, Subject, Waiver, WaiverLevel};
pub use wording::{Bilingual, field_shown, item_field, value_shown};
