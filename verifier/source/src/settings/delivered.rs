//! Which arguments of a `go build` mean a delivered main package.

use crate::build::ASIDE;
use assize_facts::kinds::inventory::ToldBy;
use assize_facts::{BuildSpec, Deliverable, Known, Reason, reason};
use std::collections::{BTreeMap, BTreeSet};

/// The declared main packages, as folders relative to the source root (empty: the root itself).
pub(super) struct Targets {
    folders: Vec<String>,
    /// Names of binaries and of their files.
    names: Vec<String>,
    /// Path of the main module, for packages given by import path.
    module: Option<String>,
    /// A binary whose package is not declared: which build makes it is not known.
    undeclared: bool,
    /// Folders of the tree with Go files that are no tests; empty where the tree is not known.
    packages: BTreeSet<String>,
    /// Folders at the root of the tree.
    folders_of_root: BTreeSet<String>,
    /// Folders of the tree with a go.mod.
    modules: BTreeSet<String>,
    /// go.mod and go.work of the root, which may name folders of other modules.
    graph: String,
    /// GOOS and GOARCH of the delivered programs, where they are declared.
    platform: Option<(String, String)>,
    /// What the declared builds of the programs set, of what a binary records; `None` where one is not declared.
    declared: Option<Vec<BTreeMap<String, Option<String>>>>,
    told_by: ToldBy,
    /// Those that deliverable.toml tells of, where the build information of programs tells of others.
    beside: Option<Box<Targets>>,
}

/// Stands for a folder in which nothing of the source is: of an image, of another project.
pub(super) const OUTSIDE: &str = "../image";

/// What the build information of a binary records (runtime/debug.BuildSetting, Go 1.26).
const RECORDED: &[&str] = &["CGO_ENABLED", "-buildmode", "-race", "-msan", "-asan"];

/// A `go build` or `go install`.
#[derive(Clone, Copy, Default)]
pub(super) struct Asked<'a> {
    pub packages: &'a [String],
    pub output: Option<&'a str>,
    pub install: bool,
    /// Where it runs, relative to the source root; `None` where that is not known.
    pub folder: Option<&'a str>,
    pub os: Option<&'a str>,
    pub arch: Option<&'a str>,
}

fn is_package(path: &str) -> bool {
    let skipped = path.split('/').any(|p| p == "vendor" || p == "testdata" || p.starts_with(['.', '_']));
    path.ends_with(".go") && !path.ends_with("_test.go") && !skipped
}

/// Where no program is declared and the tree has one alone, as its `main.go` tells, that is what is delivered.
fn only_program(paths: &BTreeSet<String>) -> Option<String> {
    let of_another_module = |folder: &str| {
        let above = folder.match_indices('/').map(|(at, _)| &folder[..at]).chain([folder]);
        above.filter(|above| !above.is_empty()).any(|above| paths.contains(&format!("{above}/go.mod")))
    };
    let folder = |path: &String| match path.strip_suffix("main.go")? {
        "" => Some(String::new()),
        folder => folder.strip_suffix('/').map(str::to_owned),
    };
    let programs = paths.iter().filter(|path| is_package(path)).filter_map(folder);
    let mut programs = programs.filter(|f| {
        !f.split('/').any(|part| ASIDE.contains(&part) || MORE_ASIDE.contains(&part)) && !of_another_module(f)
    });
    programs.next().filter(|_| programs.next().is_none())
}

/// More folders of programs that nobody is handed.
const MORE_ASIDE: &[&str] = &["build", "ci", "fixtures"];

impl Targets {
    /// `paths` are those of the source tree; `graph` the texts of go.mod and go.work at its root.
    pub fn of(spec: &Deliverable, graph: &str, paths: &BTreeSet<String>) -> Targets {
        let module = module_path(graph);
        let folder = |package: &str| -> String {
            let inside = module.as_deref().and_then(|m| package.strip_prefix(m)).unwrap_or(package);
            normal(inside)
        };
        let declared: Vec<&String> = spec.binaries.iter().filter_map(|b| b.package.as_ref()).collect();
        let file_name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let platform = spec.source.as_ref().and_then(|s| s.platform.as_deref()).and_then(|p| p.split_once('/'));
        let parent = |path: &String| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        Targets {
            folders: match spec.binaries.is_empty() {
                true => only_program(paths).into_iter().collect(),
                false => declared.iter().map(|p| folder(p)).collect(),
            },
            names: spec.binaries.iter().flat_map(|b| [b.name.clone(), file_name(&b.path)]).collect(),
            undeclared: spec.binaries.len() > declared.len(),
            module,
            folders_of_root: paths
                .iter()
                .filter_map(|p| p.split_once('/'))
                .map(|(first, _)| first.to_owned())
                .collect(),
            packages: paths.iter().filter(|path| is_package(path)).map(parent).collect(),
            modules: paths.iter().filter(|p| *p == "go.mod" || p.ends_with("/go.mod")).map(parent).collect(),
            graph: graph.to_owned(),
            declared: spec.binaries.iter().map(|b| b.build.as_ref().map(declared_settings)).collect(),
            platform: platform.map(|(os, arch)| (os.to_owned(), arch.split('/').next().unwrap_or(arch).to_owned())),
            told_by: if spec.binaries.is_empty() { ToldBy::OnlyProgram } else { ToldBy::Deliverable },
            beside: None,
        }
    }

    /// Beside what deliverable.toml says itself: of what it does not the programs told.
    pub fn told_beside(self, declared: &Deliverable) -> Targets {
        let mut binaries = declared.binaries.clone();
        binaries.retain(|binary| binary.package.is_some());
        if self.told_by == ToldBy::OnlyProgram || binaries.len() == self.folders.len() {
            return self;
        }
        let spec = Deliverable { binaries, ..declared.clone() };
        let beside = (!spec.binaries.is_empty()).then(|| Targets::of(&spec, &self.graph, &BTreeSet::new()));
        Targets { told_by: ToldBy::BuildInformation, beside: beside.map(Box::new), ..self }
    }

    /// What says that a build which makes a delivered program does so.
    pub fn told_by(&self, asked: Asked<'_>) -> Option<ToldBy> {
        let built = |targets: &Targets| targets.built(asked) == Known::Value(true);
        let beside = self.beside.as_deref().filter(|beside| built(beside));
        built(self).then(|| beside.map_or(self.told_by, |beside| beside.told_by))
    }

    /// Whether no program is delivered, so that no build makes one.
    pub fn is_none(&self) -> bool {
        self.folders.is_empty() && !self.undeclared
    }

    /// The path of the main module.
    pub fn module(&self) -> Option<&str> {
        self.module.as_deref()
    }

    /// Whether go.mod or go.work names the module of a package.
    pub fn requires(&self, package: &str) -> bool {
        let mut path = package;
        loop {
            let is_named = |line: &str| line.split_whitespace().any(|word| word.trim_matches('"') == path);
            if path.contains('.') && self.graph.lines().any(is_named) {
                return true;
            }
            let Some((above, _)) = path.rsplit_once('/') else { return false };
            path = above;
        }
    }

    /// Whether a delivered program is made of a folder, relative to the source root.
    pub fn is_delivered_package(&self, folder: &str) -> bool {
        self.folders.iter().any(|f| f == folder)
    }

    /// Whether an address of a repository is that of the delivered module.
    pub fn is_own(&self, address: &str) -> bool {
        let path = address.split_once("://").map_or(address, |(_, rest)| rest);
        let path = path.rsplit_once('@').map_or(path, |(_, rest)| rest).replacen(':', "/", 1);
        let path = path.trim_start_matches("www.");
        self.module.as_deref().is_some_and(|module| assize_golang::module::is_at_or_below(module, path))
    }

    /// Whether a repository has the delivered module's name.
    pub fn is_called_like(&self, address: &str) -> bool {
        let is_major = |part: &str| part.strip_prefix('v').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        let last = |path: &str| path.rsplit('/').find(|part| !is_major(part)).map(str::to_owned);
        self.module.as_deref().is_some_and(|module| last(module) == last(address))
    }

    /// Whether a build makes a delivered program.
    pub fn built(&self, asked: Asked<'_>) -> Known<bool> {
        if self.is_none() || self.is_for_another_platform(asked) {
            // No program is delivered, or none for that platform: whatever is built is not it.
            return Known::Value(false);
        }
        if asked.output == Some("/dev/null") {
            return Known::Value(false);
        }
        let named = asked.output.and_then(|o| o.rsplit('/').next()).is_some_and(|o| self.names.iter().any(|n| n == o));
        if named {
            return Known::Value(true);
        }
        let here = [".".to_owned()];
        let packages = if asked.packages.is_empty() { &here[..] } else { asked.packages };
        // One that is named twice is one.
        let is_same = |all: &[String]| all.iter().all(|package| normal(package) == normal(&all[0]));
        let packages = if is_same(packages) { &packages[..1] } else { packages };
        let mut doubtful = self.undeclared;
        // Files of one package are one package; what a variable gives beside it may be flags, or nothing.
        let named = packages.iter().filter(|p| !p.starts_with('$')).count();
        let one = packages.len() == 1 || named == 1 || packages.iter().all(|p| p.ends_with(".go"));
        for package in packages {
            // Of several packages `go build` keeps nothing, unless it is told where (`go help build`).
            if !asked.install && asked.output.is_none() && (!one || self.is_several(package, asked.folder)) {
                continue;
            }
            match self.one(package, asked.folder) {
                Some(true) => return Known::Value(true),
                Some(false) => {}
                None => doubtful = true,
            }
        }
        match doubtful {
            true => Known::Unknown(reason!("built-package-unknown", packages = packages.join(" "))),
            false => Known::Value(false),
        }
    }

    /// A command that contradicts the declared build is another's, or the declaration is wrong: the binary tells which.
    pub fn declared_otherwise(&self, setting: &str, value: &Known<Option<String>>) -> Option<Reason> {
        let (Known::Value(value), true) = (value, RECORDED.contains(&setting)) else { return None };
        let declared = self.declared.as_ref().filter(|all| !all.is_empty())?;
        // A switch that is not declared is off; a variable may come from the environment.
        let other = |build: &BTreeMap<String, Option<String>>| match build.get(setting) {
            Some(declared) => declared != value,
            None => setting.starts_with('-'),
        };
        declared.iter().all(other).then(|| reason!("declared-otherwise", setting = setting))
    }

    fn is_for_another_platform(&self, asked: Asked<'_>) -> bool {
        let Some((os, arch)) = &self.platform else { return false };
        let other = |asked: Option<&str>, declared: &str| {
            asked.is_some_and(|a| a != declared && !a.is_empty() && a.bytes().all(|b| b.is_ascii_alphanumeric()))
        };
        other(asked.os, os) || other(asked.arch, arch)
    }

    /// Whether a pattern stands for more than one package, by the tree.
    fn is_several(&self, package: &str, folder: Option<&str>) -> bool {
        let Some(prefix) = package.strip_suffix("...") else { return package == "all" };
        // `./...` in a folder that is not known: a build of one package only is not written so.
        let Some(folder) = folder.filter(|folder| *folder != OUTSIDE) else { return true };
        let base = normal(&format!("{folder}/{prefix}"));
        let below = format!("{base}/");
        let inside = |p: &&String| base.is_empty() || **p == base || p.starts_with(&below);
        self.packages.iter().filter(inside).nth(1).is_some()
    }

    /// Whether a change of the module graph in one folder is one for a build in another; both relative to the source root.
    pub fn reaches(&self, changed: &str, built: &str) -> bool {
        let (changed, built) = (self.module_of(changed), self.module_of(built));
        // Another module counts where the delivered one uses its folder.
        changed == built || changed.is_some_and(|folder| self.graph.contains(&format!("./{folder}")))
    }

    /// Whether a change of the module graph in a folder is one for the delivered packages.
    pub fn reaches_delivered(&self, changed: &str) -> bool {
        self.undeclared || self.folders.iter().any(|folder| self.reaches(changed, folder))
    }

    /// Whether a go.mod in a folder is about delivered packages: it is one already that counts for them, or they lie below it.
    pub fn is_for_delivered(&self, folder: &str) -> bool {
        let below =
            |package: &String| folder.is_empty() || package == folder || package.starts_with(&format!("{folder}/"));
        self.undeclared
            || self.folders.iter().any(below)
            || (self.modules.contains(folder) && self.reaches_delivered(folder))
    }

    fn module_of(&self, folder: &str) -> Option<&str> {
        if folder.starts_with("..") {
            return None;
        }
        let mut at = folder;
        loop {
            if let Some(found) = self.modules.get(at) {
                return Some(found);
            }
            if at.is_empty() {
                return None;
            }
            at = at.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    /// Whether the tree has Go files in a folder, or below it.
    pub fn is_there(&self, folder: &str) -> bool {
        let below = format!("{folder}/");
        self.packages.is_empty()
            || folder.is_empty()
            || self.packages.contains(folder)
            || self.packages.range(below.clone()..).next().is_some_and(|p| p.starts_with(&below))
    }

    /// Whether a folder lies in one of the tree, and nothing of it was delivered.
    fn is_left_out(&self, folder: &str) -> bool {
        folder.split_once('/').is_some_and(|(first, _)| self.folders_of_root.contains(first)) && !self.is_there(folder)
    }

    fn one(&self, package: &str, folder: Option<&str>) -> Option<bool> {
        // `module@version` is always another module's.
        if package.split_once('@').is_some_and(|(path, _)| !path.contains('$')) {
            return Some(false);
        }
        if package.contains(['$', '{', '*']) {
            return None;
        }
        if matches!(package, "..." | "all") {
            return Some(true);
        }
        if let Some(inside) =
            self.module.as_deref().and_then(|m| package.strip_prefix(m)).filter(|i| i.is_empty() || i.starts_with('/'))
        {
            return Some(self.matches(&normal(inside)));
        }
        let relative = package == "." || package.starts_with("./") || package.starts_with("../");
        if !relative && !package.ends_with(".go") && !package.starts_with('/') {
            // An import path of another module, or a folder of the tree named without `./`, which Go takes as a path of the standard library.
            return Some(false);
        }
        let package = package.strip_suffix(".go").map_or(package, |file| file.rsplit_once('/').map_or(".", |(f, _)| f));
        let inner = normal(package);
        if package.starts_with('/') {
            // An absolute path of the machine that builds: it is one of ours where it ends so.
            let ends = |f: &String| f.is_empty() || inner == *f || inner.ends_with(&format!("/{f}"));
            return if self.folders.iter().any(ends) { None } else { Some(false) };
        }
        let asked = folder.map(|f| normal(&format!("{f}/{package}")));
        let asked = asked.as_deref().map(|path| path.trim_end_matches("...").trim_end_matches('/'));
        if asked.is_some_and(|path| self.is_left_out(path)) {
            return Some(false);
        }
        // The folder is not the one that it was taken for: nothing is there.
        match folder.filter(|_| asked.is_some_and(|path| self.is_there(path))) {
            Some(folder) => Some(self.matches(&normal(&format!("{folder}/{package}")))),
            // The folder is not known (a Dockerfile's WORKDIR): a path that names a delivered package is one; `.` may be.
            None if inner.is_empty() => folder.is_some_and(|f| f == OUTSIDE).then_some(false),
            None => Some(self.matches(&inner)),
        }
    }

    fn matches(&self, folder: &str) -> bool {
        match folder.strip_suffix("...") {
            Some(prefix) => {
                let prefix = prefix.trim_end_matches('/');
                self.folders.iter().any(|f| prefix.is_empty() || f == prefix || f.starts_with(&format!("{prefix}/")))
            }
            None => self.folders.iter().any(|f| f == folder),
        }
    }
}

fn declared_settings(build: &BuildSpec) -> BTreeMap<String, Option<String>> {
    let variables = build.env.iter().map(|(name, value)| (name.clone(), Some(value.clone())));
    super::flags::flags(&build.flags).into_iter().chain(variables).collect()
}

/// A folder without `.`, `..` where they can be taken away, and slashes at its ends.
pub(super) fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

pub(super) fn module_path(graph: &str) -> Option<String> {
    let line = graph.lines().find_map(|line| line.trim().strip_prefix("module "))?;
    Some(line.split("//").next()?.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_with_one_program_delivers_that_where_none_is_declared() {
        for (paths, wanted) in [
            ("main.go", Some("")),
            ("go.mod cmd/api/main.go internal/x/x.go", Some("cmd/api")),
            ("cmd/api/main.go tools/gen/main.go examples/a/main.go vendor/b/main.go testdata/main.go", Some("cmd/api")),
            ("cmd/api/main.go lint/go.mod lint/cmd/main.go", Some("cmd/api")),
            ("cmd/api/main.go cmd/cli/main.go", None),
            ("x.go domain.go cmd/api/api.go", None),
        ] {
            let paths: BTreeSet<String> = paths.split(' ').map(str::to_owned).collect();
            assert_eq!(only_program(&paths).as_deref(), wanted, "{paths:?}");
        }
    }
}
