//! What people and programs read: one file per format over the same result, every word from one table per language.

mod annex;
mod case;
mod escape;
mod excerpt;
mod explain;
mod format;
mod gaps;
mod grounds;
mod html;
mod human;
mod json;
mod junit;
mod markdown;
mod oscal;
mod picture;
mod sarif;
mod standing;
#[cfg(test)]
mod tests;
pub mod text;
mod uuid;
mod words;

pub use annex::Annex;
pub use case::{Case, Kept, KeptFile, KeptSignature};
pub use explain::explain;
pub use format::{Format, render};
pub use human::{Options, human};
pub use json::json;
