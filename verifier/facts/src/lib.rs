//! The vocabulary of the verifier: kinds of facts with their schema, known and unknown values, reasons, sheets, and what a collector is asked.
//!
//! Collectors *write* typed facts ([`Fact`]); everything that judges reads only the recorded form ([`Sheet`], [`Item`], [`Field`]).

mod deliverable;
mod digest;
mod fact;
pub mod kinds;
mod limits;
mod progress;
mod reason;
mod request;
mod schema;
mod sheet;
mod value;

pub use deliverable::*;
pub use digest::{Sha256, sha256_hex};
pub use fact::Fact;
pub use limits::Limits;
pub use progress::{Progress, Quiet};
pub use reason::{Lang, Reason, Words, words};
pub use request::Request;
pub use schema::{FieldSchema, KindSchema, Layer, Type};
pub use sheet::{Gap, Item, Origin, Scope, Sheet, SheetHead};
pub use value::{Digest, Field, FieldType, GoVersion, Known, Millis, Time, TlsGroup, TlsVersion};
