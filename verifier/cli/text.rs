//! Hostile text on its way to a terminal.

pub use assize_report::text::plain;
