//! What the service writes: every line judged against the agreed form of a record, and the provocations that make it write.

mod collect;
mod dump;
pub(crate) mod object;
mod provoke;
mod record;
mod requests;
pub(crate) mod rfc3339;
mod rules;
mod stream;

pub use collect::{Written, probe as lines};
pub use provoke::{Provoked, provoke};
pub use requests::probe as requests;

#[cfg(test)]
mod tests;
