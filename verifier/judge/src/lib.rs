//! The law: recorded facts and an agreed contract become a result. Pure: no file, socket, clock or print; dates are arguments.

mod bench;
mod check;
mod clause;
mod example;
mod fingerprint;
mod identity;
mod judge;
mod links;
mod matching;
mod order;
mod result;
mod run;
mod schema;
mod seen;
mod settled;
mod sheets;
#[cfg(test)]
mod tests;
mod truth;
mod waiver;
mod words;

pub use bench::requests;
pub use example::run_example;
pub use judge::{conflicts, judge};
pub use links::derive as derive_link;
pub use result::*;
pub use run::{
    Declared, DeclaredBinary, DeclaredEndpoint, Difference, Environment, Operator, RUN_SCHEMA, RunRecord, Step,
};
pub use schema::result_schema;
pub use sheets::Sheets;
pub use truth::Truth;
