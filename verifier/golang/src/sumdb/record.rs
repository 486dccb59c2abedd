//! A record of the database, as its lookups give it: number, text of two sums, and the signed head of a tree (golang.org/x/mod/sumdb/tlog/note.go).

use super::tree::Hash;
use crate::module::Module;
use crate::sum::{SumFile, Summed, parse_go_sum};
use sha2::{Digest as _, Sha256};

/// A lookup's answer; whether it is the database's only a proof tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    pub number: u64,
    /// Lines as in go.sum.
    pub text: &'a str,
    /// What follows: a signed tree head.
    pub note: &'a [u8],
}

/// Reads a lookup's answer (`ParseRecord`).
pub fn parse_record(answer: &[u8]) -> Option<Record<'_>> {
    let end = answer.iter().position(|&b| b == b'\n')?;
    let number = std::str::from_utf8(&answer[..end]).ok()?;
    let number = number.parse().ok().filter(|_| number.bytes().all(|b| b.is_ascii_digit()))?;
    let rest = &answer[end + 1..];
    let blank = rest.windows(2).position(|pair| pair == b"\n\n")?;
    let text = std::str::from_utf8(&rest[..=blank]).ok().filter(|text| is_text(text))?;
    Some(Record { number, text, note: &rest[blank + 2..] })
}

/// No control characters but line feeds, and no empty line but a first one (`isValidRecordText`).
fn is_text(text: &str) -> bool {
    !text.contains("\n\n") && !text.chars().any(|c| c < ' ' && c != '\n')
}

/// The hash of a record as a leaf of the tree (RFC 6962 section 2.1).
pub fn record_hash(text: &str) -> Hash {
    Sha256::new().chain_update([0]).chain_update(text).finalize().into()
}

impl Record<'_> {
    /// The sums that the record gives this very module: of its contents and of its go.mod. `None` for a record of another module:
    /// every line has to be of this one.
    pub fn sums(&self, module: &Module) -> Option<Sums> {
        let SumFile { lines, malformed } = parse_go_sum(self.text.as_bytes());
        if lines.is_empty() || !malformed.is_empty() || lines.iter().any(|line| line.module != *module) {
            return None;
        }
        let sum = |of: Summed| lines.iter().find(|line| line.of == of).map(|line| line.sum.clone());
        Some(Sums { zip: sum(Summed::Zip), go_mod: sum(Summed::GoMod) })
    }
}

/// What the database records of one version of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    pub zip: Option<String>,
    pub go_mod: Option<String>,
}

impl Sums {
    pub fn of(&self, what: Summed) -> Option<&str> {
        match what {
            Summed::Zip => self.zip.as_deref(),
            Summed::GoMod => self.go_mod.as_deref(),
        }
    }
}
