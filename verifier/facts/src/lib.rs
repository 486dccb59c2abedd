//! The vocabulary of the verifier: kinds of facts with their schema, known and unknown values, reasons, sheets, and what a collector is asked.
//!
//! Collectors *write* typed facts ([`Fact`]); everything that judges reads only the recorded form ([`Sheet`], [`Item`], [`Field`]).

mod deliverable;
mod digest;
mod exhibit;
mod fact;
mod fields;
pub mod kinds;
mod limits;
mod neutral;
mod origin;
mod others;
mod progress;
mod reason;
mod request;
mod schema;
mod sheet;
mod value;

pub use deliverable::*;
pub use digest::{Sha256, sha256_hex};
pub use exhibit::{Exhibit, Exhibits};
pub use fact::Fact;
pub use fields::Fields;
pub use limits::Limits;
pub use neutral::{KeyLine, Neutral, SHORTEST as SHORTEST_SECRET, Secret};
pub use origin::{Further, Origin};
pub use others::is_others;
pub use progress::{Progress, Quiet};
pub use reason::{Both, Lang, Reason, Words, words};
pub use request::Request;
pub use schema::{FieldSchema, KindSchema, Layer, Type};
pub use sheet::{Gap, Item, Scope, Sheet, SheetHead};
pub use value::{Digest, Field, FieldType, GoVersion, Known, Millis, Time, TlsGroup, TlsVersion};
