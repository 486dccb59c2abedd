//! What the service writes: every line judged against the agreed form of a record.

mod dump;
pub(crate) mod object;
mod record;
pub(crate) mod rfc3339;
mod rules;
mod stream;

#[cfg(test)]
mod tests;
