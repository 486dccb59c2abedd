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
mod follow;
mod held;
mod image;
mod index;
mod inside;
mod inventory;
mod layer;
mod libraries;
mod marks;
mod open;
mod packed;
mod pass;
mod programs;
mod room;
mod scan;
mod seen;
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
mod wish;
#[cfg(test)]
mod words;

pub use archive::{Member, MemberKind, Packed};
pub use bytes::Bytes;
pub use delivery::{Delivery, OpenError};
pub use early::Early;
pub use image::unambiguous_json;
pub use programs::Executable;
pub use seen::GoSigns;
pub use source::{SourceEntry, SourceTree};
pub use twin::Twin;
pub use walk::{Entry, EntryKind, shown_name};
pub use wish::{Asks, PackedText, PackedTexts, Wanted, Wish};
