//! The database prepared for asking: a line per module with the entries about it, beside the digest of the database that it was made from.
//!
//! Reading 4,300 entries takes longer than everything that is asked of them; so an import writes this form next to the zip. It is used only
//! where both digests in its first line hold, that of the database as it lies there and that of the lines themselves.

use crate::Problem;
use assize_facts::{Digest, Sha256};
use assize_golang::advisory::Entry;
use jiff::Timestamp;
use std::collections::BTreeMap;

const FORM: &str = "assize/vulndb-index/2";

/// Lines `MODULE\tENTRIES` in the order of modules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    pub entries: usize,
    pub modified: Option<Timestamp>,
    lines: Vec<u8>,
    /// Where each line begins, and the end of the last.
    starts: Vec<usize>,
}

/// Why a prepared form is not asked. The database itself is read instead, which says the same and takes longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    Missing,
    /// Of another version of the program.
    OtherForm,
    OtherDatabase,
    Damaged,
    Unread(String),
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unusable::Missing => f.write_str("is missing"),
            Unusable::OtherForm => f.write_str("has a form of another version"),
            Unusable::OtherDatabase => f.write_str("is of another database"),
            Unusable::Damaged => f.write_str("is damaged"),
            Unusable::Unread(why) => write!(f, "cannot be read ({why})"),
        }
    }
}

impl Prepared {
    /// From entries that were all read; withdrawn ones are left out.
    pub fn of(entries: &[Entry], modified: Option<Timestamp>) -> Prepared {
        let mut by_module: BTreeMap<&str, Vec<Entry>> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| entry.withdrawn.is_none()) {
            let mut modules: Vec<&str> = entry.affected.iter().map(|a| a.package.name.as_str()).collect();
            modules.sort_unstable();
            modules.dedup();
            for module in modules {
                by_module.entry(module).or_default().push(about(entry, module));
            }
        }
        let mut lines = Vec::new();
        for (module, entries) in by_module {
            let text = serde_json::to_string(&entries).expect("entries are plain data");
            // JSON has no line break of its own in compact form, and a module's path none at all.
            if !module.contains(['\n', '\t']) {
                lines.extend_from_slice(format!("{module}\t{text}\n").as_bytes());
            }
        }
        Prepared::from_lines(entries.len(), modified, lines)
    }

    fn from_lines(entries: usize, modified: Option<Timestamp>, lines: Vec<u8>) -> Prepared {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', &lines).map(|at| at + 1));
        Prepared { entries, modified, lines, starts }
    }

    /// The form that is kept.
    pub fn to_bytes(&self, database: &Digest) -> Vec<u8> {
        let modified = self.modified.map_or_else(|| "-".into(), |when| when.to_string());
        let own = Sha256::of(&self.lines).0;
        let mut bytes = format!("{FORM}\t{}\t{own}\t{}\t{modified}\n", database.0, self.entries).into_bytes();
        bytes.extend_from_slice(&self.lines);
        bytes
    }

    /// Reads what was kept.
    pub fn read(mut bytes: Vec<u8>, database: &Digest) -> Result<Prepared, Unusable> {
        let end = bytes.iter().position(|byte| *byte == b'\n').ok_or(Unusable::OtherForm)?;
        let head = String::from_utf8(bytes[..end].to_vec()).map_err(|_| Unusable::OtherForm)?;
        let words: Vec<&str> = head.split('\t').collect();
        let [form, of, own, entries, modified] = words.try_into().map_err(|_| Unusable::OtherForm)?;
        if form != FORM {
            return Err(Unusable::OtherForm);
        }
        if of != database.0 {
            return Err(Unusable::OtherDatabase);
        }
        if own != Sha256::of(&bytes[end + 1..]).0 {
            return Err(Unusable::Damaged);
        }
        bytes.drain(..=end);
        let damaged = |_| Unusable::Damaged;
        let modified = if modified == "-" { None } else { Some(modified.parse().map_err(|_| Unusable::Damaged)?) };
        Ok(Prepared::from_lines(entries.parse().map_err(damaged)?, modified, bytes))
    }

    /// What the database says of one module.
    pub fn of_module(&self, path: &str) -> Result<Vec<Entry>, Problem> {
        let line = |at: usize| &self.lines[self.starts[at]..self.starts[at + 1].saturating_sub(1)];
        let module = |at: usize| {
            let line = line(at);
            let end = line.iter().position(|byte| *byte == b'\t').unwrap_or(line.len());
            (&line[..end], line.get(end + 1..).unwrap_or_default())
        };
        let (mut low, mut high) = (0, self.starts.len().saturating_sub(1));
        while low < high {
            let middle = low + (high - low) / 2;
            let (found, entries) = module(middle);
            match found.cmp(path.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    return serde_json::from_slice(entries)
                        .map_err(|e| Problem::say(format!("the prepared vulnerability database: {path}: {e}")));
                }
            }
        }
        Ok(Vec::new())
    }
}

/// The entry with what it says of one module alone.
fn about(entry: &Entry, module: &str) -> Entry {
    let affected = entry.affected.iter().filter(|a| a.package.name == module).cloned().collect();
    Entry { affected, modified: None, ..entry.clone() }
}
