//! `link.go_support`: the toolchain of each binary against the table of Go releases, as of the date that is judged for.

use crate::run::RunRecord;
use crate::seen::{self, Seen};
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::data::GoSupport;
use assize_facts::{GoVersion, Item, Known, Reason, Request, Sheet, reason};
use assize_golang::signs::positions::{Function, Patch};
use assize_golang::{release, signs};
use jiff::Timestamp;
use std::cmp::Ordering;

/// What `link.go_support` is derived from.
pub const FROM: &[&str] = &["binary.info", "binary.functions", "data.go_releases"];

const DAY: i64 = 86_400;

pub fn derive(sheets: &Sheets, request: &Request, run: &RunRecord) -> Sheet {
    let mut sheet = Sheet::of::<GoSupport>();
    sheet.with = request.args();
    let accepted: Vec<String> = match request.arg("accepted") {
        Some(serde_json::Value::Array(all)) => all.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    let info = sheets.of("binary.info");
    inherit(&mut sheet, &info);
    let functions = sheets.of("binary.functions");
    let table = Table::read(&sheets.of("data.go_releases"), run.judged_for);
    for item in &info.items {
        match support(item, &accepted, &table, &functions) {
            Ok(support) => sheet.push(support, item.origin.clone()),
            Err(reason) => sheet.gap(reason, item.origin.shown()),
        }
    }
    sheet.examined(info.scope.count);
    sheet.settle();
    sheet
}

/// One release of the table.
struct Release {
    version: String,
    minor: u32,
    date: Timestamp,
    security: bool,
}

/// The table, or why it cannot be used.
struct Table {
    at: Timestamp,
    /// In order of versions; releases after the judged date too, so that they are recognised.
    releases: Result<Vec<Release>, Reason>,
}

impl Table {
    fn read(sheet: &Sheet, at: Timestamp) -> Table {
        let gap = sheet.gaps.first().map(|gap| gap.reason.clone());
        let mut releases = Vec::new();
        for item in &sheet.items {
            match release(item) {
                Ok(one) => releases.push(one),
                Err(reason) => return Table { at, releases: Err(reason) },
            }
        }
        releases.sort_by(|a, b| release::compare(&a.version, &b.version));
        let releases = match gap {
            Some(reason) => Err(reason),
            None if releases.is_empty() => Err(reason!("go-release-table-empty")),
            None => Ok(releases),
        };
        Table { at, releases }
    }

    /// Releases that were out at the judged date.
    fn out(&self) -> Result<impl Iterator<Item = &Release>, Reason> {
        let releases = self.releases.as_ref().map_err(Reason::clone)?;
        Ok(releases.iter().filter(|r| r.date <= self.at))
    }

    /// Whether fewer than two newer lines are out. A line that no table of that date has cannot be told.
    fn line_supported(&self, version: &str) -> Result<bool, Reason> {
        let line = line(version)?;
        let mut newer: Vec<u32> = self.out()?.map(|r| r.minor).filter(|minor| *minor > line).collect();
        newer.dedup();
        if newer.len() >= 2 {
            return Ok(false);
        }
        self.known(version)?;
        Ok(true)
    }

    /// A release is in the table and was out at the judged date; otherwise the table says nothing of it.
    fn known(&self, version: &str) -> Result<(), Reason> {
        let releases = self.releases.as_ref().map_err(Reason::clone)?;
        let same = |r: &&Release| release::compare(&r.version, version) == Ordering::Equal;
        match releases.iter().find(same) {
            Some(found) if found.date <= self.at => Ok(()),
            Some(_) => Err(reason!("go-release-after-judged-date", version = version)),
            None => {
                let newest = releases.iter().rfind(|r| Ok(r.minor) == line(version)).or(releases.last());
                let newest = newest.map(|r| r.version.as_str()).unwrap_or_default();
                Err(reason!("go-release-not-in-table", version = version, newest = newest))
            }
        }
    }

    fn newest(&self, version: &str) -> Result<Option<String>, Reason> {
        let line = line(version)?;
        Ok(self.out()?.filter(|r| r.minor == line).last().map(|r| r.version.clone()))
    }

    /// Releases of the same line that fixed security problems and came after it, in order.
    fn missing(&self, version: &str) -> Result<Vec<&Release>, Reason> {
        self.known(version)?;
        let line = line(version)?;
        let newer = |r: &&Release| r.minor == line && release::compare(&r.version, version) == Ordering::Greater;
        Ok(self.out()?.filter(newer).filter(|r| r.security).collect())
    }

    /// Days since the first release that is missing came out: since then the program has had a hole that was known to be one.
    fn days_behind(&self, missing: &[&Release]) -> u64 {
        let first = missing.iter().map(|r| r.date).min();
        first.map_or(0, |date| u64::try_from((self.at.as_second() - date.as_second()) / DAY).unwrap_or(0))
    }
}

fn line(version: &str) -> Result<u32, Reason> {
    release::minor(version).ok_or_else(|| reason!("toolchain-no-release", toolchain = version))
}

fn release(item: &Item) -> Seen<Release> {
    let version = seen::text(item, "version")?;
    let date = seen::text(item, "date")?.parse().map_err(|_| reason!("unexpected-value"))?;
    let security = seen::maybe_flag(item, "security")?.ok_or_else(|| reason!("unexpected-value"))?;
    Ok(Release { minor: line(&version)?, version, date, security })
}

fn support(item: &Item, accepted: &[String], table: &Table, functions: &Sheet) -> Seen<GoSupport> {
    let toolchain = toolchain(item);
    let taken = toolchain.as_deref().map(release::toolchain).map_err(Reason::clone);
    let is_accepted = toolchain.as_deref().is_ok_and(|name| is_accepted(name, accepted));
    let version = taken.as_ref().map_err(Reason::clone).and_then(|t| behind(t, toolchain.as_deref(), is_accepted));
    let experiments = taken.map(|t| t.experiments.iter().map(|e| (*e).to_owned()).collect()).unwrap_or_default();
    // What the contract accepts by name has no place in the table where it is no release at all.
    let unlisted = is_accepted && version.as_ref().map_or(true, |v| is_pre_release(v));
    let missing = version.clone().and_then(|v| table.missing(&v));
    let (line_supported, days_behind, shown) = match (&version, unlisted) {
        (_, true) => (Ok(true), Ok(0), Ok(Vec::new())),
        (Ok(version), _) if is_pre_release(version) => (Ok(false), Ok(0), Ok(Vec::new())),
        (Ok(version), _) => (
            table.line_supported(version),
            missing.as_ref().map(|m| table.days_behind(m)).map_err(Reason::clone),
            missing.as_ref().map(|m| m.iter().map(|r| r.version.clone()).collect()).map_err(Reason::clone),
        ),
        (Err(reason), _) => (Err(reason.clone()), Err(reason.clone()), Err(reason.clone())),
    };
    let binary = seen::text(item, "binary")?;
    let strange = match &version {
        Ok(version) => match compiled_by_another(item) {
            Some(compiler) => Ok(vec![compiler]),
            None => strange(version, &binary, functions),
        },
        // A development version that the contract accepts names no line that its code could be held against.
        Err(_) if is_accepted => Ok(Vec::new()),
        Err(reason) => Err(reason.clone()),
    };
    Ok(GoSupport {
        binary,
        go_program: seen::known(seen::flag(item, "go_program")),
        toolchain: known(toolchain),
        newest: known(version.clone().and_then(|v| table.newest(&v)).map(|v| v.map(GoVersion))),
        release: known(version.map(GoVersion)),
        experiments,
        strange: known(strange),
        accepted: is_accepted,
        line_supported: known(line_supported),
        missing: known(shown),
        days_behind: known(days_behind),
    })
}

fn known<T>(seen: Seen<T>) -> Known<T> {
    seen.map_or_else(Known::Unknown, Known::Value)
}

/// The name with its `go`, as the contract would write it. Where two readers disagree nobody knows which is right.
pub fn toolchain(item: &Item) -> Seen<String> {
    let name = seen::maybe_text(item, "go_version")?.ok_or_else(|| reason!("toolchain-not-recorded"))?;
    let agree = seen::flag(item, "readers_agree");
    if agree.is_false() {
        return Err(reason!("build-information-contradicts-itself"));
    }
    Ok(if name.starts_with(|c: char| c.is_ascii_digit()) { format!("go{name}") } else { name })
}

/// By the whole name, with or without `go`; by `X:experiment`; or by what a vendor adds, as in `-vendor`.
fn is_accepted(name: &str, accepted: &[String]) -> bool {
    let parts = release::toolchain(name);
    accepted.iter().any(|entry| {
        let entry = entry.trim();
        let whole = entry == name || name.strip_prefix("go") == Some(entry);
        let experiment = entry.strip_prefix("X:").is_some_and(|e| parts.experiments.contains(&e));
        let suffix = entry.strip_prefix(['-', '+']).is_some_and(|s| !s.is_empty() && s == parts.suffix);
        whole || experiment || suffix
    })
}

/// The release behind a toolchain's name.
fn behind(parts: &release::Toolchain<'_>, name: Result<&str, &Reason>, accepted: bool) -> Result<String, Reason> {
    let name = name.unwrap_or_default();
    let Some(version) = parts.version.filter(|v| is_release(v)) else {
        let development = parts.devel;
        return Err(match development {
            true => reason!("toolchain-development", toolchain = name),
            false => reason!("toolchain-no-release", toolchain = name),
        });
    };
    if !accepted && !parts.suffix.is_empty() {
        return Err(reason!("toolchain-changed-by-vendor", toolchain = name));
    }
    if !accepted && parts.experiments.contains(&"boringcrypto") {
        return Err(reason!("toolchain-with-boringcrypto", toolchain = name));
    }
    Ok(version.to_owned())
}

/// The compiler that the debugging information names, where that is another than the recorded one.
fn compiled_by_another(item: &Item) -> Option<String> {
    let compiler = item.text("compiler")?;
    (!release::is_same(&toolchain(item).ok()?, compiler)).then(|| format!("DW_AT_producer {compiler}"))
}

/// The code of the runtime against the line that is named. Where names were made unreadable, nothing can be told.
fn strange(version: &str, binary: &str, functions: &Sheet) -> Result<Vec<String>, Reason> {
    let mine = |item: &&Item| item.text("binary") == Some(binary) && item.text("package") == Some("runtime");
    let Some(runtime) = functions.items.iter().find(mine) else {
        let gap = functions.gaps.first().map(|gap| gap.reason.clone());
        return Err(gap.unwrap_or_else(|| reason!("runtime-not-in-function-table")));
    };
    let (names, inlined) = (seen::texts(runtime, "names")?, seen::texts(runtime, "inlined")?);
    let has = |name: &str| names.iter().chain(&inlined).any(|known| known == name);
    let mut strange = signs::contradictions(line(version)?, has);
    if let Some(mut patch) = Patch::of(version) {
        let of_binary = |item: &&Item| item.text("binary") == Some(binary);
        functions.items.iter().filter(of_binary).for_each(|item| see(&mut patch, item));
        strange.extend(patch.older());
    }
    Ok(strange)
}

/// What of a package of the standard library is told.
fn see(patch: &mut Patch, item: &Item) {
    let Some(package) = item.text("package").filter(|package| patch.is_about(package)) else { return };
    let texts = |name: &str| seen::texts(item, name);
    let (Ok(names), Ok(files), Ok(rows)) = (texts("names"), texts("files"), seen::numbers(item, "lines")) else {
        return;
    };
    for ((name, file), row) in names.iter().zip(&files).zip(rows) {
        patch.see(&Function { package, name, file, row: u32::try_from(row).unwrap_or_default() });
    }
}

/// From 1.21 on a version without a patch is that of the language.
fn is_release(version: &str) -> bool {
    release::minor(version).is_some()
        && release::parse(version).is_some_and(|r| !r.patch.is_empty() || !r.kind.is_empty())
}

fn is_pre_release(version: &str) -> bool {
    release::parse(version).is_some_and(|r| !r.kind.is_empty())
}

/// The release behind a binary's toolchain, its vendor's changes apart; for the demands of module files.
pub fn release_of(item: &Item) -> Seen<String> {
    let name = toolchain(item)?;
    let parts = release::toolchain(&name);
    parts
        .version
        .filter(|v| is_release(v))
        .map(str::to_owned)
        .ok_or_else(|| reason!("toolchain-no-release", toolchain = name))
}
