//! Tests of the law: its tables in full, and its promises as properties.

mod claims;
pub mod court;
mod identity;
mod library;
mod properties;
mod tables;
mod waivers;
mod wire;
