//! What `assize data` keeps for later runs: one folder with the table of releases, the database's zip, and a note of when it was complete.

use crate::database::Files;
use crate::places::{Set, SetOf, releases};
use crate::prepared::{Prepared, Unusable};
use crate::{Database, Problem, Releases};
use assize_facts::kinds::data::{DataSet, DataSource};
use assize_facts::{Digest, Sha256};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const RELEASES: &str = "go-releases.toml";
const DATABASE: &str = "vulndb.zip";
const NOTE: &str = "vulndb.toml";
const INDEX: &str = "vulndb.index";
const LARGEST: u64 = 512 << 20;

/// The folder. It need not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub folder: PathBuf,
}

/// What is noted beside the database: its zip does not say when somebody looked whether it was the newest.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Note {
    sha256: String,
    as_of: String,
}

/// What was imported.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    pub name: DataSet,
    pub as_of: Option<Timestamp>,
    pub sha256: Digest,
    pub entries: usize,
}

impl Kept {
    pub fn releases(&self) -> Result<Option<SetOf<Releases>>, Problem> {
        let path = self.folder.join(RELEASES);
        let Some(bytes) = read(&path)? else { return Ok(None) };
        releases(&bytes, DataSource::Imported, Some(path.clone())).map(Some).map_err(|p| again(p, &path))
    }

    pub fn vulnerabilities(&self) -> Result<Option<SetOf<Database>>, Problem> {
        let path = self.folder.join(DATABASE);
        let Some(digest) = digest(&path)? else { return Ok(None) };
        let note = self.note(&digest)?;
        let (database, unprepared) = match self.prepared(&digest) {
            Ok(database) => (database, None),
            Err(why) => {
                let bytes = read(&path)?.filter(|bytes| Sha256::of(bytes) == digest);
                let bytes = bytes.ok_or_else(|| Problem::say("was exchanged meanwhile").at(path.display()))?;
                let files = Files::of_zip(&bytes).map_err(|p| again(p, &path))?;
                (Database::of(&files).map_err(|p| again(p, &path))?, Some(why))
            }
        };
        let as_of = note.or(database.modified);
        let set = Set { as_of, source: DataSource::Imported, sha256: digest, place: Some(path), unprepared };
        Ok(Some(SetOf { set, data: Arc::new(database) }))
    }

    /// The prepared form of the database with this digest, or why the zip itself has to be read.
    pub(crate) fn prepared(&self, digest: &Digest) -> Result<Database, Unusable> {
        let bytes = read(&self.folder.join(INDEX)).map_err(|problem| Unusable::Unread(problem.message))?;
        Prepared::read(bytes.ok_or(Unusable::Missing)?, digest).map(Database::prepared)
    }

    /// The note's date, where the note is about this zip.
    fn note(&self, digest: &Digest) -> Result<Option<Timestamp>, Problem> {
        let path = self.folder.join(NOTE);
        let Some(bytes) = read(&path)? else { return Ok(None) };
        let broken = |why: String| again(Problem::say(why), &path);
        let note: Note = toml::from_str(&String::from_utf8_lossy(&bytes)).map_err(|e| broken(e.to_string()))?;
        if note.sha256 != digest.0 {
            return Err(broken("is about another database than the one beside it".into()));
        }
        note.as_of.parse().map(Some).map_err(|e: jiff::Error| broken(e.to_string()))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Problem> {
        let failed = |e: std::io::Error| Problem::say(e.to_string()).at(self.folder.display());
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let draft = self.folder.join(format!("{name}.draft-{}", std::process::id()));
        let mut file = fs::File::create(&draft).map_err(failed)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&draft, self.folder.join(name)).map_err(failed)
    }
}

fn again(problem: Problem, path: &Path) -> Problem {
    problem
        .at(path.display())
        .help("import or update it again (`assize data import`, `assize data update`), or remove it")
}

/// A file's bytes; `None` where there is no such file.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Problem> {
    let Some(mut file) = open(path)? else { return Ok(None) };
    let mut bytes = Vec::new();
    match file.read_to_end(&mut bytes) {
        Ok(_) => Ok(Some(bytes)),
        Err(error) => Err(Problem::say(error.to_string()).at(path.display())),
    }
}

/// The same of its SHA-256, without keeping the bytes.
fn digest(path: &Path) -> Result<Option<Digest>, Problem> {
    let digest = open(path)?.map(Sha256::of_reader).transpose();
    digest.map_err(|error| Problem::say(error.to_string()).at(path.display()))
}

fn open(path: &Path) -> Result<Option<std::io::Take<fs::File>>, Problem> {
    let wrong = |why: String| Problem::say(why).at(path.display());
    match fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(wrong(e.to_string())),
        Ok(meta) if !meta.is_file() => return Err(wrong("is not a file".into())),
        Ok(meta) if meta.len() > LARGEST => return Err(wrong(format!("is larger than {LARGEST} bytes"))),
        Ok(_) => {}
    }
    fs::File::open(path).map(|file| Some(file.take(LARGEST))).map_err(|e| wrong(e.to_string()))
}

/// Imports a file: what it is, its contents tell. `now` guards against data that claims to be from the future.
pub fn import(kept: &Kept, file: &Path, as_of: Option<Timestamp>, now: Timestamp) -> Result<Imported, Problem> {
    let bytes = read(file)?.ok_or_else(|| Problem::say("there is no such file").at(file.display()))?;
    let imported = match bytes.starts_with(b"PK") {
        true => import_database(kept, &bytes, as_of, now),
        false if as_of.is_some() => Err(Problem::say("a table of Go releases says its own date")),
        false => import_releases(kept, &bytes, now),
    };
    imported.map_err(|problem| problem.at(file.display()))
}

pub fn import_releases(kept: &Kept, bytes: &[u8], now: Timestamp) -> Result<Imported, Problem> {
    let SetOf { set, data } = releases(bytes, DataSource::Imported, None)?;
    not_from_the_future(set.as_of, now)?;
    if let Ok(Some(before)) = kept.releases()
        && before.data.as_of > data.as_of
    {
        return Err(Problem::say(format!("is older than what is kept already (as of {})", before.data.as_of)));
    }
    kept.write(RELEASES, bytes)?;
    Ok(Imported { name: DataSet::GoReleases, as_of: set.as_of, sha256: set.sha256, entries: data.all.len() })
}

/// `as_of` is when this was known to be the newest; without it, the database is as old as its last change.
pub fn import_database(
    kept: &Kept,
    bytes: &[u8],
    as_of: Option<Timestamp>,
    now: Timestamp,
) -> Result<Imported, Problem> {
    let files = Files::of_zip(bytes)?;
    let database = Database::of(&files)?;
    let date = as_of.or(database.modified);
    not_from_the_future(date, now)?;
    if let (Some(as_of), Some(modified)) = (as_of, database.modified)
        && as_of < modified
    {
        return Err(Problem::say(format!("was changed on {modified}, after the date that was given for it")));
    }
    if let Ok(Some(before)) = kept.vulnerabilities()
        && date.is_some()
        && before.set.as_of > date
    {
        let before = before.set.as_of.map(|t| t.to_string()).unwrap_or_default();
        return Err(Problem::say(format!("is older than what is kept already (as of {before})")));
    }
    // The note goes first and comes last: a torn import is at worst a database without a date of its own.
    let note = kept.folder.join(NOTE);
    match fs::remove_file(&note) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(Problem::say(e.to_string()).at(note.display()));
        }
        _ => {}
    }
    kept.write(DATABASE, bytes)?;
    kept.write(INDEX, &database.to_prepared(&files.digest))?;
    if let Some(as_of) = as_of {
        let note = Note { sha256: files.digest.0.clone(), as_of: as_of.to_string() };
        let text = toml::to_string(&note).map_err(|e| Problem::say(e.to_string()))?;
        kept.write(NOTE, text.as_bytes())?;
    }
    let entries = database.entries;
    Ok(Imported { name: DataSet::Vulnerabilities, as_of: date, sha256: files.digest, entries })
}

fn not_from_the_future(date: Option<Timestamp>, now: Timestamp) -> Result<(), Problem> {
    const AHEAD: i64 = 2 * 86_400;
    match date {
        Some(date) if date.as_second() > now.as_second() + AHEAD => {
            Err(Problem::say(format!("says that it is complete up to {date}, which has not come yet")))
        }
        _ => Ok(()),
    }
}
