//! Entries of the Go vulnerability database: OSV as the Go project writes it (go.dev/doc/security/vuln/database), the parts that matching needs.

use crate::{release, semver};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    #[serde(default)]
    pub summary: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<Affected>,
}

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Affected {
    pub package: Package,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranges: Vec<Range>,
    /// Versions one by one, which the Go project never writes and others do (OSV schema 1.7, affected[].versions).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecosystem_specific: Option<Specific>,
}

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Package {
    /// The module's path; `stdlib` and `toolchain` for Go itself.
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ecosystem: String,
}

#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Range {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
}

/// One of them is there.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub struct Event {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introduced: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// The last version of the range, where no fix is known to others that write such entries (OSV schema 1.7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_affected: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub struct Specific {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<Import>,
}

/// A package with a vulnerability. Without symbols, all of it is vulnerable; without systems, it is so on all.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub struct Import {
    #[serde(default)]
    pub path: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goos: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goarch: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
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
        let version = prefixed(version);
        let is_listed = || {
            let same = |listed: &String| semver::compare(&prefixed(listed), &version).is_eq();
            semver::is_valid(&version).then(|| self.versions.iter().any(same))
        };
        if ordered.peek().is_none() {
            return if self.versions.is_empty() { Some(true) } else { is_listed() };
        }
        // Where the one range begins with everything and ends nowhere, it does not matter what the version is.
        let everything = |r: &Range| r.events.iter().all(|e| e.fixed.is_none() && e.introduced.as_deref() == Some("0"));
        if ordered.clone().any(everything) {
            return Some(true);
        }
        Some(is_listed()? || ordered.any(|range| within(range, &version)))
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

/// From each `introduced`, inclusive, to the next `fixed`, exclusive, or `last_affected`, inclusive; `0` is the beginning of time.
fn within(range: &Range, version: &str) -> bool {
    let mut events: Vec<&Event> = range.events.iter().collect();
    let at = |event: &Event| {
        let first = [&event.introduced, &event.fixed, &event.last_affected].into_iter().flatten().next();
        prefixed(first.map(String::as_str).unwrap_or_default())
    };
    let is_start = |event: &Event| event.introduced.as_deref() == Some("0");
    events.sort_by(|a, b| is_start(b).cmp(&is_start(a)).then_with(|| semver::compare(&at(a), &at(b))));
    let mut affected = false;
    for event in events {
        match (&event.introduced, &event.fixed, &event.last_affected) {
            (Some(from), _, _) if !affected => {
                affected = from == "0" || semver::compare(version, &prefixed(from)).is_ge();
            }
            (_, Some(until), _) if affected => affected = semver::compare(version, &prefixed(until)).is_lt(),
            (None, None, Some(last)) if affected => affected = semver::compare(version, &prefixed(last)).is_le(),
            _ => {}
        }
    }
    affected
}

/// The standard library's pseudo-module, and the toolchain's (the commands, which no program links).
pub const STDLIB: &str = "stdlib";
pub const TOOLCHAIN: &str = "toolchain";

/// A release of Go as the database orders it: `1.26.8` is `v1.26.8`, `1.26rc1` is `v1.26.0-rc.1` (golang.org/x/vuln, internal/semver).
pub fn release_as_semver(version: &str) -> Option<String> {
    let release = release::parse(version)?;
    let patch = if release.patch.is_empty() { "0" } else { release.patch };
    let mut text = format!("v{}.{}.{patch}", release.major, release.minor);
    if !release.kind.is_empty() {
        text.push_str(&format!("-{}.{}", release.kind, if release.pre.is_empty() { "0" } else { release.pre }));
    }
    Some(text)
}

impl Import {
    /// Whether it is vulnerable on a platform; a list that is empty names all. `None`: the platform is not known and matters.
    pub fn is_on(&self, os: Option<&str>, arch: Option<&str>) -> Option<bool> {
        let one = |list: &[String], word: Option<&str>| match (list.is_empty(), word) {
            (true, _) => Some(true),
            (false, Some(word)) => Some(list.iter().any(|known| known == word)),
            (false, None) => None,
        };
        match (one(&self.goos, os), one(&self.goarch, arch)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }
}

/// The database writes versions without the `v` that Go's have.
fn prefixed(version: &str) -> String {
    format!("v{}", version.strip_prefix('v').unwrap_or(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_go_are_ordered_as_the_database_does() {
        for (release, wanted) in [
            ("1.26.8", Some("v1.26.8")),
            ("1.20", Some("v1.20.0")),
            ("1.26rc1", Some("v1.26.0-rc.1")),
            ("1.18beta2", Some("v1.18.0-beta.2")),
            ("devel", None),
        ] {
            assert_eq!(release_as_semver(release).as_deref(), wanted, "{release}");
        }
    }

    #[test]
    fn a_range_has_what_its_events_say_in_whatever_order_they_stand() {
        let affected = |text: &str| -> Affected {
            let text = text.replace('\'', "\"");
            serde_json::from_str(&format!(r#"{{"package":{{"name":"m"}},{text}}}"#)).expect("an entry's part")
        };
        let of = |events: &str| affected(&format!("'ranges':[{{'type':'SEMVER','events':[{events}]}}]"));
        let two = "{'fixed':'1.4.0'},{'introduced':'1.3.0'},{'introduced':'0'},{'fixed':'1.2.0'}";
        let last = "{'introduced':'1.1.0'},{'last_affected':'1.2.0'}";
        let cases = [
            (of(two), "v1.1.9 v1.3.0 v1.2.0-rc.1", "v1.2.0 v1.2.9 v1.4.0 v2.0.0+incompatible"),
            (of(last), "v1.1.0 v1.2.0", "v1.0.9 v1.2.1 v1.2.1-0.20260101000000-0123456789ab"),
            (of("{'introduced':'0'},{'last_affected':'1.2.0'}"), "v0.0.1 v1.2.0", "v1.2.1"),
            (of("{'introduced':'0'}"), "v1.0.0 v99.0.0 devel", ""),
            (of("{'introduced':'1.0.0'}"), "v1.0.0 v9.0.0", "v0.9.0 v1.0.0-rc.1"),
            (affected("'versions':['1.0.1','v1.0.3']"), "v1.0.1 v1.0.3", "v1.0.2"),
            (
                affected("'versions':['1.0.1'],'ranges':[{'type':'GIT','events':[{'introduced':'0'}]}]"),
                "v1.0.1",
                "v1.0.2",
            ),
            (affected("'ranges':[{'type':'GIT','events':[{'introduced':'0'}]}]"), "v1.0.1 v7.0.0", ""),
            (affected("'ranges':[]"), "v0.0.0", ""),
        ];
        for (affected, has, has_not) in cases {
            for (versions, wanted) in [(has, true), (has_not, false)] {
                for version in versions.split_whitespace() {
                    assert_eq!(affected.has(version), Some(wanted), "{version} in {affected:?}");
                }
            }
        }
        assert_eq!(of("{'introduced':'1.0.0'}").has("(devel)"), None);
    }

    #[test]
    fn a_platform_that_is_not_known_matters_only_where_one_is_named() {
        let import = |os: &[&str], arch: &[&str]| Import {
            goos: os.iter().map(|s| s.to_string()).collect(),
            goarch: arch.iter().map(|s| s.to_string()).collect(),
            ..Import::default()
        };
        assert_eq!(import(&[], &[]).is_on(None, None), Some(true));
        assert_eq!(import(&["windows"], &[]).is_on(Some("linux"), None), Some(false));
        assert_eq!(import(&["windows"], &["arm64"]).is_on(Some("windows"), Some("arm64")), Some(true));
        assert_eq!(import(&["windows"], &["arm64"]).is_on(Some("windows"), None), None);
        assert_eq!(import(&["windows"], &["arm64"]).is_on(None, Some("amd64")), Some(false));
    }
}
