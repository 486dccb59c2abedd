//! The vulnerability database: a zip or folder of OSV entries, in the layout of vuln.go.dev (`ID/*.json`, `index/db.json`) or of its source (`osv/*.json`).

use crate::Problem;
use crate::folder::read_folder;
use crate::prepared::Prepared;
use crate::unzip::members;
use assize_facts::{Digest, Sha256};
use assize_golang::advisory::Entry;
use jiff::Timestamp;
use rayon::prelude::*;
use serde::Deserialize;
use std::path::Path;

/// The database, ready to be asked about modules.
#[derive(Clone, Debug, Default)]
pub struct Database {
    prepared: Prepared,
    /// How many entries it has, withdrawn ones included.
    pub entries: usize,
    /// When it was changed last, as it says itself; `None` where it says nothing.
    pub modified: Option<Timestamp>,
}

#[derive(Deserialize)]
struct DatabaseIndex {
    modified: String,
}

/// Files by their path, and the digest of all of them.
pub(crate) struct Files {
    pub digest: Digest,
    pub files: Vec<(String, Vec<u8>)>,
}

impl Files {
    /// A zip, or a folder.
    pub fn open(path: &Path) -> Result<Files, Problem> {
        if path.is_dir() {
            let files = read_folder(path)?;
            let mut all = Sha256::new();
            for (name, bytes) in &files {
                all.update(format!("{name}\0{}\n", Sha256::of(bytes).0).as_bytes());
            }
            return Ok(Files { digest: all.digest(), files });
        }
        let bytes = std::fs::read(path).map_err(|e| Problem::say(e.to_string()).at(path.display()))?;
        Files::of_zip(&bytes).map_err(|problem| problem.at(path.display()))
    }

    pub fn of_zip(bytes: &[u8]) -> Result<Files, Problem> {
        let files = members(bytes)?;
        Ok(Files { digest: Sha256::of(bytes), files })
    }
}

impl Database {
    /// Reads every entry; one that cannot be read spoils the database, because nobody knows what it would have said.
    pub(crate) fn of(files: &Files) -> Result<Database, Problem> {
        let is_entry = |path: &&(String, Vec<u8>)| {
            let mut parts = path.0.rsplit('/');
            let name = parts.next().unwrap_or_default();
            let folder = parts.next().unwrap_or_default();
            name.ends_with(".json") && folder != "index" && name.starts_with("GO-")
        };
        let chosen: Vec<&(String, Vec<u8>)> = files.files.iter().filter(is_entry).collect();
        let read: Result<Vec<Entry>, Problem> = chosen.par_iter().map(|file| entry(file)).collect();
        let mut entries = read?;
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        if let Some(pair) = entries.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(Problem::say(format!("the entry {} is there twice", pair[0].id)));
        }
        if entries.is_empty() {
            return Err(Problem::say("there is no entry of the vulnerability database")
                .help("it is a zip or folder with files such as ID/GO-2022-1059.json or osv/GO-2022-1059.json"));
        }
        let modified = modified(files, &entries)?;
        Ok(Database::prepared(Prepared::of(&entries, modified)))
    }

    pub(crate) fn prepared(prepared: Prepared) -> Database {
        Database { entries: prepared.entries, modified: prepared.modified, prepared }
    }

    pub(crate) fn to_prepared(&self, digest: &Digest) -> Vec<u8> {
        self.prepared.to_bytes(digest)
    }

    /// Entries that speak of a module and were not withdrawn, with what they say of it alone.
    pub fn of_module(&self, path: &str) -> Result<Vec<Entry>, Problem> {
        self.prepared.of_module(path)
    }
}

fn entry((path, bytes): &(String, Vec<u8>)) -> Result<Entry, Problem> {
    let entry: Entry = serde_json::from_slice(bytes).map_err(|e| Problem::say(format!("{path}: {e}")))?;
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.strip_suffix(".json") != Some(entry.id.as_str()) {
        return Err(Problem::say(format!("{path} holds the entry {}", entry.id)));
    }
    Ok(entry)
}

/// `index/db.json` says when anything changed; without it, the newest entry does. The database's source leaves the entries' dates empty (year 1).
fn modified(files: &Files, entries: &[Entry]) -> Result<Option<Timestamp>, Problem> {
    let index = files.files.iter().find(|(path, _)| path == "index/db.json" || path.ends_with("/index/db.json"));
    if let Some((path, bytes)) = index {
        let index: DatabaseIndex = serde_json::from_slice(bytes).map_err(|e| Problem::say(format!("{path}: {e}")))?;
        let when = index.modified.parse().map_err(|e| Problem::say(format!("{path}: {e}")))?;
        return Ok(Some(when));
    }
    let dates = entries.iter().filter_map(|entry| entry.modified.as_deref()?.parse::<Timestamp>().ok());
    Ok(dates.max().filter(|when| when.as_second() > 0))
}
