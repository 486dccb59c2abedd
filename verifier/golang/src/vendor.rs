//! vendor/modules.txt, and when it agrees with go.mod (cmd/go/internal/modload/vendor.go, Go 1.26).

use crate::modfile::{GoMod, GoWork, Place, Replace};
use crate::module::{Module, check_import_path};
use crate::{release, semver};
use std::collections::{BTreeMap, BTreeSet};

/// The file, modules in order of first appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModulesTxt {
    /// Made by `go work vendor` (`## workspace` on the first line).
    pub workspace: bool,
    pub modules: Vec<Vendored>,
    /// Lines that say nothing to the Go command, with their places; at most a hundred.
    pub ignored: Vec<Place>,
}

/// A module line and what follows it; lines of the same module are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendored {
    /// The version is empty for a wildcard replacement.
    pub module: Module,
    /// A target without a version is a folder.
    pub replacement: Option<Module>,
    /// `## explicit`: required by the main module's go.mod.
    pub explicit: bool,
    /// Its go.mod's `go` line.
    pub go: Option<String>,
    /// Import paths of its packages that are in vendor/.
    pub packages: Vec<(String, Place)>,
    pub place: Place,
}

/// Reads modules.txt. Every text is a modules.txt: what the Go command does not understand it passes by.
pub fn parse_modules_txt(bytes: &[u8]) -> ModulesTxt {
    const MOST_IGNORED: usize = 100;
    let mut reader = Reader::default();
    let mut start = 0;
    for (number, raw) in (1u32..).zip(bytes.split(|&b| b == b'\n')) {
        let text = String::from_utf8_lossy(raw);
        let place = crate::sum::place(number, start, raw, &text);
        if number == 1 {
            reader.file.workspace = annotations(&text).any(|entry| entry == "workspace");
        }
        let workspace_mark = number == 1 && reader.file.workspace;
        if !reader.line(&text, place)
            && !text.trim().is_empty()
            && !workspace_mark
            && reader.file.ignored.len() < MOST_IGNORED
        {
            reader.file.ignored.push(place);
        }
        start += raw.len() + 1;
    }
    reader.file
}

/// The entries of a `## a; b` line.
fn annotations(line: &str) -> impl Iterator<Item = &str> {
    line.strip_prefix("## ").into_iter().flat_map(|rest| rest.split(';')).map(str::trim)
}

#[derive(Default)]
struct Reader {
    file: ModulesTxt,
    index: BTreeMap<Module, usize>,
    /// The module that packages and annotations belong to.
    current: Option<usize>,
}

impl Reader {
    /// Whether the line meant something.
    fn line(&mut self, line: &str, place: Place) -> bool {
        if line.starts_with("# ") {
            return self.module(line, place);
        }
        let Some(current) = self.current else { return false };
        let vendored = &mut self.file.modules[current];
        if line.starts_with("## ") {
            for entry in annotations(line) {
                vendored.explicit |= entry == "explicit";
                if let Some(version) = entry.strip_prefix("go ") {
                    vendored.go = Some(version.into());
                }
            }
            return true;
        }
        let mut fields = line.split_whitespace();
        match (fields.next(), fields.next()) {
            (Some(package), None) if check_import_path(package).is_ok() => {
                vendored.packages.push((package.into(), place));
                true
            }
            _ => false,
        }
    }

    fn module(&mut self, line: &str, place: Place) -> bool {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (module, rest) = match fields.as_slice() {
            [_, path, version, rest @ ..] if semver::is_valid(version) => (Module::new(*path, *version), rest),
            [_, path, "=>", ..] => (Module::new(*path, ""), &fields[2..]),
            // Too short a line leaves the current module in force; one that is not understood ends it.
            [_, _, _, ..] => {
                self.current = None;
                return false;
            }
            _ => return false,
        };
        let at = *self.index.entry(module.clone()).or_insert_with(|| {
            self.file.modules.push(Vendored {
                module,
                replacement: None,
                explicit: false,
                go: None,
                packages: Vec::new(),
                place,
            });
            self.file.modules.len() - 1
        });
        self.current = Some(at);
        match rest {
            [] => true,
            ["=>", target] => self.replaced(at, Module::new(*target, "")),
            ["=>", target, version] if semver::is_valid(version) => self.replaced(at, Module::new(*target, *version)),
            _ => false,
        }
    }

    fn replaced(&mut self, at: usize, target: Module) -> bool {
        self.file.modules[at].replacement = Some(target);
        true
    }
}

/// A main module: its go.mod, and its folder relative to go.work's (`.` for the only one), `/`-separated.
#[derive(Clone, Copy, Debug)]
pub struct Main<'a> {
    pub go_mod: &'a GoMod,
    pub folder: &'a str,
}

/// The main module, or those of a workspace, with their replacements at hand.
#[derive(Clone, Debug)]
pub struct Mains<'a> {
    mains: Vec<Main<'a>>,
    work: Option<&'a GoWork>,
    paths: BTreeSet<&'a str>,
    /// Target and the folder that a relative one is relative to, by path and version.
    by_work: Replacements<'a>,
    by_mains: Replacements<'a>,
}

type Replacements<'a> = BTreeMap<(&'a str, &'a str), (&'a Module, &'a str)>;

/// What the Go command would refuse to build with (`go: inconsistent vendoring`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inconsistency {
    pub module: Module,
    pub message: String,
}

impl<'a> Mains<'a> {
    pub fn new(mains: Vec<Main<'a>>, work: Option<&'a GoWork>) -> Mains<'a> {
        let paths = mains.iter().filter_map(|m| Some(m.go_mod.module.as_ref()?.path.as_str())).collect();
        let entry = |r: &'a Replace, folder: &'a str| ((r.old.path.as_str(), r.old.version.as_str()), (&r.new, folder));
        let by_work = work.into_iter().flat_map(|w| &w.replace).map(|r| entry(r, ".")).collect();
        // Of several the last stays; the Go command refuses it where they differ.
        let by_mains = mains
            .iter()
            .flat_map(|m| m.go_mod.replace.iter().map(move |r| (r, m.folder)))
            .map(|(r, f)| entry(r, f))
            .collect();
        Mains { mains, work, paths, by_work, by_mains }
    }

    /// The target that a module is replaced by, with the folder that a relative one is relative to; go.work goes before go.mod,
    /// a replacement of one version before one of all (`replacementFrom`).
    pub fn replacement(&self, module: &Module) -> Option<(&'a Module, &'a str)> {
        if module.version.is_empty() && self.paths.contains(module.path.as_str()) {
            return None;
        }
        let find = |by: &Replacements<'a>| {
            let of = |version| by.get(&(module.path.as_str(), version)).copied();
            of(module.version.as_str()).or_else(|| of(""))
        };
        find(&self.by_work).or_else(|| find(&self.by_mains))
    }

    /// The same with a folder target relative to go.work (`canonicalizeReplacePath`).
    pub fn canonical_replacement(&self, module: &Module) -> Option<Module> {
        let (target, folder) = self.replacement(module)?;
        let relative = target.version.is_empty() && !target.path.starts_with('/');
        if !relative || self.work.is_none() || folder == "." {
            return Some(target.clone());
        }
        let joined = clean(&format!("{folder}/{}", target.path));
        let path = if crate::modfile::is_directory_path(&joined) { joined } else { format!("./{joined}") };
        Some(Module::new(path, ""))
    }

    fn replaces(&self) -> impl Iterator<Item = &'a Replace> {
        let work = self.work.into_iter().flat_map(|work| &work.replace);
        self.mains.iter().flat_map(|main| &main.go_mod.replace).chain(work)
    }
}

/// Resolves `.` and `..` in a relative path by its text; leading `..` stay.
pub fn clean(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    for element in path.split('/') {
        match element {
            "" | "." => {}
            ".." if out.last().is_some_and(|last| *last != "..") => {
                out.pop();
            }
            ".." if path.starts_with('/') && out.is_empty() => {}
            other => out.push(other),
        }
    }
    let joined = out.join("/");
    match (path.starts_with('/'), joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

/// Where modules.txt and the main modules disagree, by the Go command's own rules, in its order.
pub fn inconsistencies(txt: &ModulesTxt, mains: &Mains<'_>) -> Vec<Inconsistency> {
    let go = mains.mains.first().and_then(|m| m.go_mod.go.as_ref()).map_or("", |go| go.version.as_str());
    let check = Check {
        txt,
        mains,
        index: txt.modules.iter().map(|v| (&v.module, v)).collect(),
        versions: vendored_versions(txt),
        // Before 1.14 modules.txt did not say enough to be compared.
        old: mains.work.is_none() && release::compare(go, "1.14").is_lt(),
    };
    let mut out = check.requirements();
    out.extend(check.replacements());
    out.extend(check.listed());
    out
}

struct Check<'a> {
    txt: &'a ModulesTxt,
    mains: &'a Mains<'a>,
    index: BTreeMap<&'a Module, &'a Vendored>,
    versions: BTreeMap<&'a str, &'a str>,
    old: bool,
}

/// The version whose packages are vendored, by path: the highest of those that list packages.
fn vendored_versions(txt: &ModulesTxt) -> BTreeMap<&str, &str> {
    let mut versions = BTreeMap::new();
    for vendored in txt.modules.iter().filter(|v| !v.packages.is_empty()) {
        let version = vendored.module.version.as_str();
        let best = versions.entry(vendored.module.path.as_str()).or_insert(version);
        if semver::compare(best, version).is_lt() {
            *best = version;
        }
    }
    versions
}

impl Check<'_> {
    fn vendored_version(&self, path: &str) -> Option<&str> {
        self.versions.get(path).copied()
    }

    fn requirements(&self) -> Vec<Inconsistency> {
        let required = self.mains.mains.iter().flat_map(|main| &main.go_mod.require).map(|r| &r.module);
        let unmarked = required.filter(|module| !self.index.get(module).is_some_and(|v| v.explicit));
        unmarked
            .filter_map(|module| {
                let message = if self.old {
                    let found = self.vendored_version(&module.path).filter(|v| *v != module.version)?;
                    format!(
                        "is explicitly required in go.mod, but vendor/modules.txt indicates {}@{found}",
                        module.path
                    )
                } else {
                    "is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt".into()
                };
                Some(Inconsistency { module: module.clone(), message })
            })
            .collect()
    }

    fn replacements(&self) -> Vec<Inconsistency> {
        let mut seen = BTreeSet::new();
        self.mains.replaces().filter(|r| seen.insert(&r.old)).filter_map(|r| self.replacement(&r.old)).collect()
    }

    fn replacement(&self, old: &Module) -> Option<Inconsistency> {
        let wanted = self.mains.canonical_replacement(old);
        let written = self.index.get(old).and_then(|v| v.replacement.as_ref());
        let message = match (written, wanted) {
            (None, None) => return None,
            (None, Some(_)) => {
                let excused = old.version.is_empty() || self.vendored_version(&old.path) != Some(&old.version);
                if self.old && excused {
                    return None;
                }
                "is replaced, but not marked as replaced in vendor/modules.txt".into()
            }
            (Some(written), wanted) => {
                if wanted.as_ref() == Some(written) {
                    return None;
                }
                let wanted = wanted.map_or("nothing".into(), |w| w.to_string());
                format!("is replaced by {wanted}, but marked as replaced by {written} in vendor/modules.txt")
            }
        };
        Some(Inconsistency { module: old.clone(), message })
    }

    fn listed(&self) -> Vec<Inconsistency> {
        let required: BTreeSet<&Module> =
            self.mains.mains.iter().flat_map(|main| &main.go_mod.require).map(|r| &r.module).collect();
        let mut out = Vec::new();
        for vendored in &self.txt.modules {
            let module = &vendored.module;
            if vendored.explicit && !vendored.packages.is_empty() && !required.contains(module) {
                let message = "is marked as explicit in vendor/modules.txt, but not explicitly required in go.mod";
                out.push(Inconsistency { module: module.clone(), message: message.into() });
            }
            if vendored.replacement.is_some() && self.mains.replacement(module).is_none() {
                let message = "is marked as replaced in vendor/modules.txt, but not replaced in go.mod";
                out.push(Inconsistency { module: module.clone(), message: message.into() });
            }
        }
        out
    }
}

#[cfg(test)]
mod tests;
