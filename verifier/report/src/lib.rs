//! What people and programs read: one file per format over the same result, every word from one table per language.

mod excerpt;
mod gaps;
mod human;
mod json;
pub mod text;
mod words;

pub use human::{Options, human};
pub use json::json;
