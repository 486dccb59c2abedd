//! The table of Go releases: TOML with `as_of` and one `{ version, date, security }` per release.

use crate::Problem;
use assize_golang::release;
use jiff::civil::Date;
use serde::Deserialize;
use std::fmt::Write;

/// One release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub version: String,
    pub date: Date,
    pub security: bool,
}

/// The table, ordered by version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Releases {
    /// The day up to which it is complete.
    pub as_of: Date,
    pub all: Vec<Release>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    as_of: toml::value::Datetime,
    releases: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    version: String,
    date: toml::value::Datetime,
    security: bool,
}

impl Releases {
    /// Reads a table and refuses one that contradicts itself.
    pub fn parse(bytes: &[u8]) -> Result<Releases, Problem> {
        let text = std::str::from_utf8(bytes).map_err(|_| Problem::say("the table of Go releases is not UTF-8"))?;
        let file: File = toml::from_str(text).map_err(|e| Problem::say(format!("no table of Go releases: {e}")))?;
        let rows: Result<Vec<Release>, Problem> = file
            .releases
            .into_iter()
            .map(|row| Ok(Release { date: day(&row.date)?, version: row.version, security: row.security }))
            .collect();
        Releases::of(day(&file.as_of)?, rows?)
    }

    pub fn of(as_of: Date, mut all: Vec<Release>) -> Result<Releases, Problem> {
        for release in &all {
            let plain = release::parse(&release.version).is_some_and(|r| r.kind.is_empty() && !r.patch.is_empty());
            if !plain || release::minor(&release.version).is_none() {
                return Err(Problem::say(format!("{:?} is no release of Go", release.version)));
            }
            if release.date > as_of {
                return Err(Problem::say(format!("Go {} is newer than the table's own date", release.version)));
            }
        }
        all.sort_by(|a, b| release::compare(&a.version, &b.version));
        if let Some(pair) = all.windows(2).find(|p| release::compare(&p[0].version, &p[1].version).is_eq()) {
            return Err(Problem::say(format!("Go {} is in the table twice", pair[1].version)));
        }
        if all.is_empty() {
            return Err(Problem::say("the table of Go releases is empty"));
        }
        Ok(Releases { as_of, all })
    }

    /// As a file of its own, the newest release first.
    pub fn to_toml(&self) -> String {
        let mut text = format!(
            "# Go releases: version, day, and whether the release fixed a security problem.\nas_of = {}\nreleases = [\n",
            self.as_of
        );
        let mut rows: Vec<&Release> = self.all.iter().collect();
        rows.reverse();
        rows.sort_by_key(|row| std::cmp::Reverse(row.date));
        for row in rows {
            let _ = writeln!(
                text,
                "  {{ version = \"{}\", date = {}, security = {} }},",
                row.version, row.date, row.security
            );
        }
        text + "]\n"
    }
}

fn day(value: &toml::value::Datetime) -> Result<Date, Problem> {
    let written = value.to_string();
    match (value.date, value.time, value.offset) {
        (Some(_), None, None) => written.parse().map_err(|_| Problem::say(format!("{written} is no day"))),
        _ => Err(Problem::say(format!("{written}: a whole day is wanted, as in 2026-08-21"))),
    }
}
