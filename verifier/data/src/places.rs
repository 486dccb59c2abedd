//! Which dated data a run uses: what was named for it, else the newer of what was imported and what is built in.

use crate::database::Files;
use crate::prepared::Unusable;
use crate::{Database, Kept, Problem, Releases};
use assize_facts::kinds::data::DataSource;
use assize_facts::{Digest, Sha256};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A set with where it came from and until when it is complete.
#[derive(Clone, Debug)]
pub struct Set {
    pub as_of: Option<Timestamp>,
    pub source: DataSource,
    pub sha256: Digest,
    /// Its file or folder; none where it is built in.
    pub place: Option<PathBuf>,
    /// Why the prepared form that is kept beside it was not asked; none where it was, or where none is meant to be there.
    pub unprepared: Option<Unusable>,
}

#[derive(Clone, Debug)]
pub struct SetOf<T> {
    pub set: Set,
    pub data: Arc<T>,
}

/// Where to look. Each set is read once, and only when something asks for it.
#[derive(Default)]
pub struct Places {
    /// The table inside the program.
    built_in_releases: Option<Vec<u8>>,
    /// `--go-releases`.
    go_releases: Option<PathBuf>,
    /// `--vulndb`.
    vulndb: Option<PathBuf>,
    /// What `assize data` keeps.
    kept: Option<Kept>,
    releases: OnceLock<Result<Option<SetOf<Releases>>, Problem>>,
    vulnerabilities: OnceLock<Result<Option<SetOf<Database>>, Problem>>,
}

impl Places {
    pub fn new(built_in_releases: Option<Vec<u8>>, kept: Option<Kept>) -> Places {
        Places { built_in_releases, kept, ..Places::default() }
    }

    /// With what was named for this run.
    pub fn naming(self, go_releases: Option<PathBuf>, vulndb: Option<PathBuf>) -> Places {
        Places { go_releases, vulndb, ..self }
    }

    /// The table of Go releases; `None` where there is none at all.
    pub fn releases(&self) -> Result<Option<SetOf<Releases>>, Problem> {
        self.releases.get_or_init(|| self.read_releases()).clone()
    }

    /// The vulnerability database; `None` where there is none.
    pub fn vulnerabilities(&self) -> Result<Option<SetOf<Database>>, Problem> {
        self.vulnerabilities.get_or_init(|| self.read_vulnerabilities()).clone()
    }

    fn read_releases(&self) -> Result<Option<SetOf<Releases>>, Problem> {
        if let Some(path) = &self.go_releases {
            let bytes = std::fs::read(path).map_err(|e| Problem::say(e.to_string()).at(path.display()))?;
            let table = releases(&bytes, DataSource::Given, Some(path.clone())).map_err(|p| p.at(path.display()))?;
            return Ok(Some(table));
        }
        let built_in = self.built_in_releases.as_ref().map(|bytes| releases(bytes, DataSource::BuiltIn, None));
        let imported = match &self.kept {
            Some(kept) => kept.releases()?,
            None => None,
        };
        Ok(match (built_in.transpose()?, imported) {
            (Some(one), Some(two)) if two.data.as_of >= one.data.as_of => Some(two),
            (Some(one), _) => Some(one),
            (None, two) => two,
        })
    }

    fn read_vulnerabilities(&self) -> Result<Option<SetOf<Database>>, Problem> {
        let Some(path) = &self.vulndb else {
            return self.kept.as_ref().map_or(Ok(None), Kept::vulnerabilities);
        };
        let (sha256, database) = self.given(path)?;
        let set = Set {
            as_of: database.modified,
            source: DataSource::Given,
            sha256,
            place: Some(path.clone()),
            unprepared: None,
        };
        Ok(Some(SetOf { set, data: Arc::new(database) }))
    }

    /// The database that was named; where the same one was imported once, its prepared form is at hand.
    fn given(&self, path: &Path) -> Result<(Digest, Database), Problem> {
        if path.is_file() {
            let bytes = std::fs::read(path).map_err(|e| Problem::say(e.to_string()).at(path.display()))?;
            let digest = Sha256::of(&bytes);
            if let Some(database) = self.kept.as_ref().and_then(|kept| kept.prepared(&digest).ok()) {
                return Ok((digest, database));
            }
            let files = Files::of_zip(&bytes).map_err(|problem| problem.at(path.display()))?;
            return Ok((digest, Database::of(&files).map_err(|p| p.at(path.display()))?));
        }
        let files = Files::open(path)?;
        let database = Database::of(&files).map_err(|p| p.at(path.display()))?;
        Ok((files.digest, database))
    }
}

/// A table from its file's bytes.
pub(crate) fn releases(bytes: &[u8], source: DataSource, place: Option<PathBuf>) -> Result<SetOf<Releases>, Problem> {
    let table = Releases::parse(bytes)?;
    let set = Set { as_of: Some(midnight(table.as_of)), source, sha256: Sha256::of(bytes), place, unprepared: None };
    Ok(SetOf { set, data: Arc::new(table) })
}

/// The beginning of a day in UTC.
pub(crate) fn midnight(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}
