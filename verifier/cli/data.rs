//! `assize data`: the dated data that runs use: listed, imported, brought up to date.

use crate::args::{Dated, Plain};
use crate::done::{Done, NotDone};
use crate::{terminal, verify};
use assize_binary::{Advisories, Entry};
use assize_clause::Library;
use assize_data::{Database, Imported, Kept, Places, Problem, Releases, Set, SetOf, Unusable};
use assize_facts::kinds::data::DataSet;
use jiff::Timestamp;
use serde_json::json;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const RELEASES: &str = "go-releases.toml";

impl From<Problem> for NotDone {
    fn from(problem: Problem) -> NotDone {
        match problem.help {
            Some(help) => NotDone::help(problem.message, help),
            None => NotDone::say(problem.message),
        }
    }
}

/// What a run looks at: named data, else the newer of what is kept and what is built in.
pub fn places(dated: &Dated) -> Places {
    let built_in = Library::standard_file(RELEASES).map(<[u8]>::to_vec);
    Places::new(built_in, kept()).naming(dated.go_releases.clone(), dated.vulndb.clone())
}

/// The vulnerability database for whoever examines programs.
pub struct Asked {
    database: Arc<Database>,
    unprepared: Option<Unusable>,
}

impl Asked {
    /// None where there is none.
    pub fn of(places: &Places) -> Result<Option<Asked>, Problem> {
        let asked = |found: SetOf<Database>| Asked { database: found.data, unprepared: found.set.unprepared };
        Ok(places.vulnerabilities()?.map(asked))
    }

    /// What whoever waits for it should know.
    pub fn note(&self) -> Option<String> {
        self.unprepared.as_ref().map(unprepared)
    }
}

impl Advisories for Asked {
    fn of_module(&self, path: &str) -> Result<Vec<Entry>, String> {
        self.database.of_module(path).map_err(|problem| problem.message)
    }
}

fn unprepared(why: &Unusable) -> String {
    format!(
        "the prepared form of the vulnerability database {why}: the same answers take longer until it is imported again"
    )
}

/// `ASSIZE_DATA`, else the user's folder of program data (XDG Base Directory Specification).
fn kept() -> Option<Kept> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("ASSIZE_DATA")
        .or_else(|| set("XDG_DATA_HOME").filter(|path| path.is_absolute()).map(|path| path.join("assize")))
        .or_else(|| set("HOME").map(|home| home.join(".local/share/assize")))?;
    Some(Kept { folder })
}

fn to_keep() -> Result<Kept, NotDone> {
    kept().ok_or_else(|| NotDone::help("there is no folder to keep data in", "set ASSIZE_DATA or HOME"))
}

pub fn list(format: Plain) -> Result<Done, NotDone> {
    let places = places(&Dated::default());
    let now = verify::now();
    let releases = places.releases()?.map(|found| (found.set, found.data.all.len()));
    let vulnerabilities = places.vulnerabilities()?.map(|found| (found.set, found.data.entries));
    let sets = [(DataSet::GoReleases, releases), (DataSet::Vulnerabilities, vulnerabilities)];
    let text = match format {
        Plain::Human => sets.iter().map(|(name, found)| human(*name, found.as_ref(), now)).collect(),
        Plain::Json => {
            let all: Vec<serde_json::Value> = sets.iter().map(|(name, found)| value(*name, found.as_ref())).collect();
            serde_json::to_string_pretty(&json!({ "data": all })).expect("plain data") + "\n"
        }
    };
    terminal::print(&text)?;
    Ok(Done::Good)
}

fn human(name: DataSet, found: Option<&(Set, usize)>, now: Timestamp) -> String {
    let name = name.word();
    let Some((set, entries)) = found else {
        return format!("{name:<16} none; `assize data update` fetches it, `assize data import FILE` takes a file\n");
    };
    let mut text = format!("{name:<16} {}, {entries} entries, ", set.source.word());
    let _ = match set.as_of {
        Some(as_of) => {
            let days = (now.as_second() - as_of.as_second()) / 86_400;
            writeln!(text, "complete up to {as_of} ({days} days ago)")
        }
        None => writeln!(text, "without a date"),
    };
    if let Some(place) = &set.place {
        let _ = writeln!(text, "{:<16} {}", "", crate::text::plain(&place.display().to_string()));
    }
    let _ = writeln!(text, "{:<16} {}", "", set.sha256.0);
    if let Some(why) = &set.unprepared {
        let _ = writeln!(text, "{:<16} {}", "", crate::text::plain(&unprepared(why)));
    }
    text
}

fn value(name: DataSet, found: Option<&(Set, usize)>) -> serde_json::Value {
    match found {
        None => json!({ "name": name.word(), "source": null }),
        Some((set, entries)) => json!({
            "name": name.word(),
            "source": set.source.word(),
            "as_of": set.as_of.map(|t| t.to_string()),
            "entries": entries,
            "sha256": set.sha256.0,
            "unprepared": set.unprepared.as_ref().map(Unusable::to_string),
            "path": set.place.as_ref().map(|p| p.display().to_string()),
        }),
    }
}

pub fn import(file: &Path, as_of: Option<&str>) -> Result<Done, NotDone> {
    let now = verify::now();
    let as_of = as_of.map(instant).transpose()?;
    let imported = assize_data::import(&to_keep()?, file, as_of, now)?;
    terminal::print(&said(&imported))?;
    Ok(Done::Good)
}

fn instant(text: &str) -> Result<Timestamp, NotDone> {
    text.parse().map_err(|error| {
        NotDone::help(format!("--as-of {text}: {error}"), "write an RFC 3339 instant, as in 2026-12-31T12:00:00Z")
    })
}

fn said(imported: &Imported) -> String {
    let date = imported.as_of.map_or("without a date".to_string(), |t| format!("complete up to {t}"));
    format!("{}: {} entries, {date}, {}\n", imported.name.word(), imported.entries, imported.sha256.0)
}

/// Both are tried; what could not be fetched leaves what was kept before as it is.
pub fn update(releases_url: &str, database_url: &str) -> Result<Done, NotDone> {
    let (kept, now) = (to_keep()?, verify::now());
    let built_in = Library::standard_file(RELEASES).and_then(|bytes| Releases::parse(bytes).ok());
    let releases = assize_data::update_releases(&kept, releases_url, built_in.as_ref(), now);
    let database = assize_data::update_database(&kept, database_url, now);
    for done in [&releases, &database].into_iter().flatten() {
        terminal::print(&said(done))?;
    }
    match (releases, database) {
        (Ok(_), Ok(_)) => Ok(Done::Good),
        (Err(one), Err(two)) => Err(NotDone::help(format!("{one}; {two}"), HELP)),
        (Err(problem), _) | (_, Err(problem)) => Err(NotDone::help(problem.message, HELP)),
    }
}

const HELP: &str = "without a network, bring the files by hand and use `assize data import`";
