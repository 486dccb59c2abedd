//! Takes secrets out of whatever is recorded: a kind, a length and a salted digest stand for them.
//!
//! Sought are the values of `[run] secret` in the spellings in which programs print them, private keys, and the values of the
//! `Authorization` and `Cookie` headers as they stand in HTTP, in logs and in source.

mod headers;
mod spellings;

use crate::{Field, Item, Reason, Sheet, sha256_hex};
use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value as Json;
use std::borrow::Cow;

/// Shorter values would be "found" everywhere.
pub const SHORTEST: usize = 4;

/// A value of `[run] secret`. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    pub name: String,
    pub value: String,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the secret {}", self.name)
    }
}

/// What must not be recorded.
#[derive(Clone)]
pub struct Neutral {
    /// Of the digests of keys and credentials.
    salt: Vec<u8>,
    /// What stands for each spelling of each secret.
    stand_ins: Vec<String>,
    spellings: Option<AhoCorasick>,
    words: AhoCorasick,
}

/// What a text must hold before it is looked at more closely.
const WORDS: &[&str] = &["private key", "authorization", "cookie", "bearer ", "basic "];

impl Neutral {
    /// `hidden` is hashed together with the secrets: nobody else knows it, so that a short one cannot be guessed from its digest.
    /// `salt` is hashed together with everything else; where the record must be the same in every run, so must it.
    pub fn new(salt: &[u8], hidden: &[u8], secrets: &[Secret]) -> Neutral {
        let mut neutral = Neutral {
            salt: salt.to_vec(),
            stand_ins: Vec::new(),
            spellings: None,
            words: AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(WORDS)
                .expect("a few words make an automaton"),
        };
        let mut sought = Vec::new();
        for secret in secrets.iter().filter(|s| s.value.trim().len() >= SHORTEST) {
            let stand_in = stand_in(hidden, &format!("secret {}", secret.name), secret.value.as_bytes());
            for spelling in spellings::of(&secret.value) {
                sought.push(spelling);
                neutral.stand_ins.push(stand_in.clone());
            }
        }
        if !sought.is_empty() {
            let builder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(sought);
            neutral.spellings = Some(builder.expect("a few secrets make an automaton"));
        }
        neutral
    }

    /// The bytes without secrets.
    pub fn bytes<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let mut bytes = Cow::Borrowed(bytes);
        if let Some(spellings) = &self.spellings
            && spellings.is_match(bytes.as_ref())
        {
            let mut out = Vec::with_capacity(bytes.len());
            spellings.replace_all_with_bytes(&bytes, &mut out, |found, _, out| {
                out.extend_from_slice(self.stand_ins[found.pattern().as_usize()].as_bytes());
                true
            });
            bytes = out.into();
        }
        if self.words.is_match(bytes.as_ref()) {
            bytes = self.private_keys(&bytes).into();
            bytes = headers::neutral(&bytes, &|kind, value| stand_in(&self.salt, kind, value)).into();
        }
        bytes
    }

    /// The text without secrets.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // What was replaced began and ended where ASCII characters do.
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// PEM private keys (RFC 7468), also where line feeds are written out or only the beginning or the end is there.
    fn private_keys(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while let Some((begin, marker_end, is_end)) = key_marker(rest) {
            let (from, to) = match is_end {
                // The end of a key whose beginning is not here.
                true => (0, marker_end),
                false => match key_marker(&rest[marker_end..]) {
                    Some((_, end, true)) => (begin, marker_end + end),
                    _ => (begin, rest.len()),
                },
            };
            out.extend_from_slice(&rest[..from]);
            out.extend_from_slice(stand_in(&self.salt, "private key", &rest[from..to]).as_bytes());
            rest = &rest[to..];
        }
        out.extend_from_slice(rest);
        out
    }

    /// Whether a line begins a private key, ends one, or neither: for texts that are recorded line by line.
    pub fn key_line(line: &[u8]) -> Option<KeyLine> {
        let mut rest = line;
        let mut last = None;
        while let Some((_, end, is_end)) = key_marker(rest) {
            last = Some(if is_end { KeyLine::Ends } else { KeyLine::Begins });
            rest = &rest[end..];
        }
        last
    }

    fn own(&self, text: &mut String) {
        if let Cow::Owned(neutral) = self.text(text) {
            *text = neutral;
        }
    }

    /// Whether a text of the value is looked at more closely.
    fn concerns(&self, value: &Json) -> bool {
        match value {
            Json::String(text) => self.finds(text.as_bytes()),
            Json::Array(all) => all.iter().any(|v| self.concerns(v)),
            Json::Object(all) => all.values().any(|v| self.concerns(v)),
            Json::Null | Json::Bool(_) | Json::Number(_) => false,
        }
    }

    fn finds(&self, bytes: &[u8]) -> bool {
        self.words.is_match(bytes) || self.spellings.as_ref().is_some_and(|spellings| spellings.is_match(bytes))
    }

    /// Every text of a value.
    pub fn json(&self, value: &mut Json) {
        match value {
            Json::String(text) => self.own(text),
            Json::Array(all) => all.iter_mut().for_each(|v| self.json(v)),
            Json::Object(all) => all.values_mut().for_each(|v| self.json(v)),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    fn reason(&self, reason: &mut Reason) {
        reason.args.values_mut().for_each(|text| self.own(text));
    }

    fn item(&self, item: &mut Item) {
        let concerns = |field: &Field| match field {
            Field::Known(value) => self.concerns(value),
            Field::Possible(_) | Field::Unknown(_) => true,
        };
        item.fields.change(concerns, |field| match field {
            Field::Known(value) => self.json(value),
            Field::Possible(values) => values.iter_mut().for_each(|v| self.json(v)),
            Field::Unknown(reason) => self.reason(reason),
        });
        let origin = &mut item.origin;
        if let Some(file) = &mut origin.file
            && let Cow::Owned(changed) = self.text(file)
        {
            *file = changed.into();
        }
        if origin.excerpt.is_some() || origin.symbol.is_some() || origin.url.is_some() {
            let further = &mut **origin;
            let texts = [&mut further.excerpt, &mut further.symbol, &mut further.url];
            texts.into_iter().flatten().for_each(|text| self.own(text));
        }
    }

    /// Everything that a sheet says.
    pub fn sheet(&self, sheet: &mut Sheet) {
        sheet.items.iter_mut().for_each(|item| self.item(item));
        for gap in &mut sheet.gaps {
            self.reason(&mut gap.reason);
            self.own(&mut gap.place);
        }
    }
}

/// `[private key, 1704 bytes, 0123456789ab]`: the digest tells equal ones from others and nothing more.
fn stand_in(salt: &[u8], kind: &str, value: &[u8]) -> String {
    let digest = sha256_hex(&[salt, value].concat());
    format!("[{kind}, {} bytes, {}]", value.len(), &digest[..12])
}

/// What a line is to a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLine {
    Begins,
    Ends,
}

/// The next `-----BEGIN … PRIVATE KEY…-----` or `-----END …`: where it begins, where it ends, and whether it is an end.
fn key_marker(bytes: &[u8]) -> Option<(usize, usize, bool)> {
    const LONGEST: usize = 80;
    let mut at = 0;
    while let Some(found) = find(&bytes[at..], b"-----") {
        let start = at + found;
        let inside = &bytes[start + 5..];
        let inside = &inside[..inside.len().min(LONGEST)];
        let is_end = inside.starts_with(b"END ");
        if (is_end || inside.starts_with(b"BEGIN "))
            && let Some(close) = find(inside, b"-----")
            && find(&inside[..close], b"PRIVATE KEY").is_some()
        {
            return Some((start, start + 5 + close + 5, is_end));
        }
        at = start + 5;
    }
    None
}

fn find(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes.windows(sought.len()).position(|w| w == sought)
}

#[cfg(test)]
mod tests;
