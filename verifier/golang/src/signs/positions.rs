//! Where functions of the standard library begin in each patch of a release line: what a program's code says of the patch that compiled it, beside the
//! version that it names.
//!
//! `positions.txt` has the functions whose first line differs between the patches of a line, by file: `LINE FILE NAME PATCH:ROW …; NAME …`, a row from
//! that patch on, none where it is 0; and of each line the newest patch that was looked at (`LINE PATCH`). `tests/positions` writes it.

use crate::linker::plain;
use crate::release;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::LazyLock;

/// Rows of a function from a patch on.
type Rows = Vec<(u32, u32)>;

/// The patches of one line that were looked at.
#[derive(Default)]
struct Line {
    newest: u32,
    /// By file, then by function.
    files: BTreeMap<&'static str, BTreeMap<&'static str, Rows>>,
}

static LINES: LazyLock<BTreeMap<u32, Line>> = LazyLock::new(|| lines(include_str!("positions.txt")));

fn lines(text: &'static str) -> BTreeMap<u32, Line> {
    let mut all: BTreeMap<u32, Line> = BTreeMap::new();
    for row in text.lines() {
        let mut words = row.splitn(3, ' ');
        let (Some(Ok(line)), Some(second)) = (words.next().map(str::parse), words.next()) else { continue };
        let line = all.entry(line).or_default();
        match words.next() {
            None => line.newest = second.parse().unwrap_or_default(),
            Some(functions) => {
                line.files.insert(second, functions.split("; ").filter_map(function).collect());
            }
        }
    }
    all
}

fn function(text: &'static str) -> Option<(&'static str, Rows)> {
    let (name, rows) = text.split_once(' ')?;
    let number =
        |pair: &str| pair.split_once(':').and_then(|(from, row)| Some((from.parse().ok()?, row.parse().ok()?)));
    Some((name, rows.split(' ').filter_map(number).collect()))
}

impl Line {
    /// The patches in which a function begins on that row, as bits; `None` where the table does not know it.
    fn patches(&self, file: &str, name: &str, row: u32) -> Option<u64> {
        let rows = self.files.get(file)?.get(plain(name).as_str())?;
        let ends = rows.iter().skip(1).map(|(from, _)| *from).chain([self.newest + 1]);
        let fitting = rows.iter().zip(ends).filter(|((_, known), _)| *known == row && row != 0);
        Some(fitting.flat_map(|((from, _), end)| *from..end).fold(0, |bits, patch| bits | 1 << patch))
    }
}

/// A function of the standard library as a program has it.
pub struct Function<'a> {
    pub package: &'a str,
    /// Without the package.
    pub name: &'a str,
    pub file: &'a str,
    pub row: u32,
}

/// What of a program is of an older patch than the version that it names: files, and the newest patches that have them so. What vendors mended and
/// what nobody has looked at is no sign.
pub struct Patch {
    line: u32,
    patch: u32,
    table: &'static Line,
    /// The patches that each file can be of.
    files: BTreeMap<String, u64>,
}

impl Patch {
    /// `None` where no table has that version.
    pub fn of(version: &str) -> Option<Patch> {
        let parts = release::parse(version).filter(|parts| parts.kind.is_empty() && parts.major == "1")?;
        let (line, patch) = (parts.minor.parse().ok()?, parts.patch.parse().ok()?);
        let table = LINES.get(&line).filter(|table| patch <= table.newest)?;
        Some(Patch { line, patch, table, files: BTreeMap::new() })
    }

    /// Whether anything is known of a package.
    pub fn is_about(&self, package: &str) -> bool {
        let folder = format!("{package}/");
        let mut files = self.table.files.range::<str, _>((Bound::Included(folder.as_str()), Bound::Unbounded));
        files.next().is_some_and(|(file, _)| file.starts_with(&folder))
    }

    pub fn see(&mut self, function: &Function<'_>) {
        let base = function.file.rsplit('/').next().unwrap_or_default();
        let file = format!("{}/{base}", function.package);
        if let Some(patches) = self.table.patches(&file, function.name, function.row) {
            *self.files.entry(file).or_insert(u64::MAX) &= patches;
        }
    }

    pub fn older(&self) -> Vec<String> {
        let is_older = |patches: u64| patches != 0 && patches >> self.patch == 0;
        let newest = |patches: u64| 63 - patches.leading_zeros();
        let older = self.files.iter().filter(|(_, patches)| is_older(**patches));
        older.map(|(file, patches)| format!("{file} go1.{}.{}", self.line, newest(*patches))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn older(version: &str, functions: &[(&str, u32)]) -> Option<Vec<String>> {
        let mut patch = Patch::of(version)?;
        for (name, row) in functions {
            patch.see(&Function { package: "os", name, file: "/usr/lib/go/src/os/file.go", row: *row });
        }
        Some(patch.older())
    }

    #[test]
    fn files_of_an_older_patch_are_told_and_nothing_else() {
        let (old, new) = ([("(*File).Chmod", 651), ("Readlink", 449)], [("(*File).Chmod", 648), ("Readlink", 446)]);
        let told = || Some(vec!["os/file.go go1.26.0".to_owned()]);
        let nothing = || Some(vec![]);
        for (version, functions, wanted) in [
            ("1.26.8", &old[..], told()),
            ("1.26.1", &old, told()),
            ("1.26.8", &new, nothing()),
            ("1.26.0", &old, nothing()),
            // A newer one than it names.
            ("1.26.0", &new, nothing()),
            // A vendor's own file.
            ("1.26.8", &[("(*File).Chmod", 651), ("Readlink", 447)], nothing()),
            ("1.26.8", &[("(*File).Chmod", 651), ("Readlink", 446)], nothing()),
            ("1.26.8", &[("Create", 651)], nothing()),
            ("1.26.99", &old, None),
            ("1.26rc1", &old, None),
            ("1.20.1", &old, None),
        ] {
            assert_eq!(older(version, functions), wanted, "{version} {functions:?}");
        }
    }

    #[test]
    fn packages_that_the_table_has_are_told() {
        let patch = Patch::of("1.26.3").expect("a release");
        for (package, known) in [("os", true), ("net/http", true), ("net", true), ("iter", false), ("a.b/os", false)] {
            assert_eq!(patch.is_about(package), known, "{package}");
        }
    }

    #[test]
    fn the_table_is_whole() {
        for (line, table) in LINES.iter() {
            assert!(table.newest > 0 && table.newest < 63 && !table.files.is_empty(), "{line}");
            for (name, rows) in table.files.values().flatten() {
                assert!(rows.len() > 1 && rows[0].0 == 0 && rows.is_sorted(), "{line} {name}");
                assert!(rows.iter().all(|(from, _)| *from <= table.newest), "{line} {name}");
            }
        }
    }
}
