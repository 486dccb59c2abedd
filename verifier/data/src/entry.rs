//! One entry of the vulnerability database: OSV as the Go project writes it (go.dev/doc/security/vuln/database), the parts that matching needs.

use assize_golang::semver;
use serde::Deserialize;
use std::cmp::Ordering;

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    #[serde(default)]
    pub modified: Option<String>,
    #[serde(default)]
    pub withdrawn: Option<String>,
    #[serde(default)]
    pub aliases: Vec<String>,
    #[serde(default)]
    pub summary: String,
    #[serde(default)]
    pub affected: Vec<Affected>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Affected {
    pub package: Package,
    #[serde(default)]
    pub ranges: Vec<Range>,
    #[serde(default)]
    pub ecosystem_specific: Option<Specific>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Package {
    /// The module's path; `stdlib` and `toolchain` for Go itself.
    pub name: String,
    #[serde(default)]
    pub ecosystem: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Range {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub events: Vec<Event>,
}

/// One of both is there.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Event {
    #[serde(default)]
    pub introduced: Option<String>,
    #[serde(default)]
    pub fixed: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Specific {
    #[serde(default)]
    pub imports: Vec<Import>,
}

/// A package with a vulnerability. Without symbols, all of it is vulnerable; without systems, it is so on all.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Import {
    #[serde(default)]
    pub path: String,
    #[serde(default)]
    pub goos: Vec<String>,
    #[serde(default)]
    pub goarch: Vec<String>,
    #[serde(default)]
    pub symbols: Vec<String>,
}

impl Affected {
    pub fn imports(&self) -> &[Import] {
        self.ecosystem_specific.as_ref().map_or(&[], |s| &s.imports)
    }

    /// Whether a version is in a range. As in the database's own semantics, no range at all means every version; a version that is none
    /// cannot be told.
    pub fn has(&self, version: &str) -> Option<bool> {
        let mut ordered = self.ranges.iter().filter(|r| r.kind == "SEMVER").peekable();
        if ordered.peek().is_none() {
            return Some(true);
        }
        let version = prefixed(version);
        // Where the one range begins with everything and ends nowhere, it does not matter what the version is.
        let everything = |r: &Range| {
            r.events.is_empty() || r.events.iter().all(|e| e.fixed.is_none() && e.introduced.as_deref() == Some("0"))
        };
        if ordered.clone().any(everything) {
            return Some(true);
        }
        semver::is_valid(&version).then(|| ordered.any(|range| within(range, &version)))
    }

    /// The first version after this one that has a fix.
    pub fn fixed_after(&self, version: &str) -> Option<String> {
        let version = prefixed(version);
        let fixes = self.ranges.iter().flat_map(|r| &r.events).filter_map(|e| e.fixed.as_deref());
        let mut later: Vec<&str> =
            fixes.filter(|fixed| semver::compare(&prefixed(fixed), &version) == Ordering::Greater).collect();
        later.sort_by(|a, b| semver::compare(&prefixed(a), &prefixed(b)));
        later.first().map(|fixed| (*fixed).to_owned())
    }
}

/// From each `introduced`, inclusive, to the next `fixed`, exclusive; `0` is the beginning of time.
fn within(range: &Range, version: &str) -> bool {
    let mut events: Vec<&Event> = range.events.iter().collect();
    let at = |event: &Event| prefixed(event.introduced.as_deref().or(event.fixed.as_deref()).unwrap_or_default());
    let is_start = |event: &Event| event.introduced.as_deref() == Some("0");
    events.sort_by(|a, b| is_start(b).cmp(&is_start(a)).then_with(|| semver::compare(&at(a), &at(b))));
    let mut affected = false;
    for event in events {
        match (&event.introduced, &event.fixed) {
            (Some(from), _) if !affected => affected = from == "0" || semver::compare(version, &prefixed(from)).is_ge(),
            (_, Some(until)) if affected => affected = semver::compare(version, &prefixed(until)).is_lt(),
            _ => {}
        }
    }
    affected
}

/// The database writes versions without the `v` that Go's have.
fn prefixed(version: &str) -> String {
    format!("v{}", version.strip_prefix('v').unwrap_or(version))
}
