//! The spellings in which programs print a value: as it is, in JSON, in URLs, in base64 (also inside something longer) and in hexadecimal.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::fmt::Write;

/// A line of a secret of several lines that is shorter than this is not sought by itself.
const SHORTEST_LINE: usize = 12;

/// All of them, without repeats, none shorter than what is worth seeking. A secret's lines are sought one by one too: logs hold lines.
pub fn of(value: &str) -> Vec<Vec<u8>> {
    let lines = value.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE);
    let mut all: Vec<Vec<u8>> = [value, value.trim()].into_iter().chain(lines).flat_map(of_one).collect();
    all.sort();
    all.dedup();
    all
}

fn of_one(value: &str) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = vec![value.into(), json(value), go(value)];
    for encode in [form as fn(&str) -> String, path] {
        all.push(encode(value).into_bytes());
        all.push(encode(value).to_ascii_lowercase().into_bytes());
    }
    all.extend(hex(value));
    all.extend(base64(value));
    all.retain(|spelling| spelling.len() >= super::SHORTEST);
    all
}

/// Inside a JSON text, without its quotes.
fn json(value: &str) -> Vec<u8> {
    let text = serde_json::to_string(value).unwrap_or_default();
    text.get(1..text.len().saturating_sub(1)).unwrap_or_default().as_bytes().to_vec()
}

/// As Go's `encoding/json` does it, which also escapes `<`, `>` and `&`.
fn go(value: &str) -> Vec<u8> {
    let text = String::from_utf8(json(value)).unwrap_or_default();
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026").into_bytes()
}

fn percent(value: &str, space: &str, kept: &[u8]) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        match byte {
            b' ' => out.push_str(space),
            b if b.is_ascii_alphanumeric() || kept.contains(&b) => out.push(char::from(b)),
            b => {
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}

fn form(value: &str) -> String {
    percent(value, "+", b"-_.~")
}

fn path(value: &str) -> String {
    percent(value, "%20", b"-_.~$&+=:@")
}

fn hex(value: &str) -> [Vec<u8>; 2] {
    let lower: String = value.bytes().map(|b| format!("{b:02x}")).collect();
    [lower.to_ascii_uppercase().into_bytes(), lower.into_bytes()]
}

/// A value at any place of what is encoded (`user:password` in Basic authentication): the digits that depend on it alone.
fn base64(value: &str) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for before in 0..3usize {
        let padded = [vec![0; before], value.as_bytes().to_vec()].concat();
        // Digits hold six bits each; those that hold any of another byte are left out.
        let first = (before * 8).div_ceil(6);
        let last = padded.len() * 8 / 6;
        for text in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            all.extend(text.get(first..last).map(|digits| digits.as_bytes().to_vec()));
        }
    }
    // A short middle would be found everywhere.
    all.retain(|digits| digits.len() >= 2 * super::SHORTEST || digits.len() * 6 / 8 + 1 >= value.len());
    all
}
