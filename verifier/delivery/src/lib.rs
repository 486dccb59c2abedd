//! The `delivery` room: opens what was handed over; nobody else opens its files.
//!
//! Everything here is untrusted: links are never followed, sizes and counts are bounded, and what could not be read is a reason.

mod delivery;
mod open;
mod source;
mod walk;

pub use delivery::{Bytes, DeclaredBinary, Delivery, OpenError};
pub use source::{SourceEntry, SourceTree};
pub use walk::{Entry, EntryKind};
