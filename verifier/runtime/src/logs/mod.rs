//! What the service writes: every line judged against the agreed form of a record, and the provocations that make it write.

mod collect;
mod dump;
mod journal;
mod keys;
pub(crate) mod object;
mod provoke;
mod record;
mod requests;
pub(crate) mod rfc3339;
mod rules;
mod stream;

pub use collect::{Written, probe as lines};
pub(crate) use journal::Mark;
pub(crate) use keys::inside_keys;
pub use provoke::{Provoked, provoke, provoke_last};
pub(crate) use provoke::{SIGUSR2, waits};
pub use requests::probe as requests;

/// Whether a line says that something went wrong: a record of level warn or above, or plain text with such a word.
pub(crate) fn is_error(line: &[u8]) -> bool {
    const LEVELS: &[&str] =
        &["warn", "warning", "error", "err", "fatal", "critical", "crit", "panic", "dpanic", "alert"];
    const WORDS: &[&str] = &["error", "fail", "invalid", "refus", "reject", "broken", "cannot", "unable", "malformed"];
    if let object::Reading::Object(members) = object::read(line, &|name| name == rules::LEVEL) {
        let level = members.iter().find_map(|(_, value)| value.as_ref()?.as_str()).unwrap_or_default().to_lowercase();
        return LEVELS.contains(&level.as_str());
    }
    let text = String::from_utf8_lossy(line).to_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests;
