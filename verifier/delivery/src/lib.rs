//! The `delivery` room: opens what was handed over; nobody else opens its files.
//!
//! Everything here is untrusted: links are never followed, sizes and counts are bounded, and what could not be read is a reason.

mod archive;
pub mod base64_text;
mod bytes;
mod declared;
mod delivery;
mod early;
mod examine;
mod exe;
mod held;
mod image;
mod inventory;
mod libraries;
mod marks;
mod open;
mod packed;
mod programs;
mod room;
mod scan;
mod sniff;
mod source;
mod store;
#[cfg(test)]
mod tests;
mod trail;
mod twin;
mod unpack;
mod visit;
mod walk;
#[cfg(test)]
mod words;

pub use archive::{Member, MemberKind};
pub use bytes::Bytes;
pub use delivery::{Delivery, OpenError};
pub use early::Early;
pub use examine::GoSigns;
pub use image::unambiguous_json;
pub use programs::Executable;
pub use source::{SourceEntry, SourceTree};
pub use twin::Twin;
pub use walk::{Entry, EntryKind, shown_name};
