//! The delivered source as one program: its packages, the part of every file, and what could not be seen of it.

use super::config::{Config, configs};
use super::folder::{FileId, FolderId, Folders, join};
use super::graph::{Graph, Roots, read_heads, walk};
use super::modules::{Modules, Target, inside};
use super::read::{GoHead, Head};
use super::select::Outcome;
use super::tops::tops;
use super::tree::Files;
use crate::hashed::HashMap;
use assize_facts::kinds::source::{Fate, Owner};
use assize_facts::{Deliverable, Gap, Known, Progress, reason};
use assize_golang::build::{Context, SourceKind, folder_is_skipped};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One build that was looked at: a declared one, with cgo on or off.
#[derive(Debug)]
pub(crate) struct Build {
    /// Index of its declaration.
    pub config: usize,
    pub cgo: bool,
    /// Index into [`Program::modules`].
    pub modules: usize,
    pub graph: Graph,
}

/// A file's part in the declared builds, all of them taken together.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub fate: Known<Fate>,
    pub why: String,
}

impl Part {
    /// Whether it is compiled or linked into something delivered.
    pub fn in_build(&self) -> Known<bool> {
        self.fate.clone().map(|fate| matches!(fate, Fate::Built | Fate::CgoFile))
    }
}

/// A package of any of the builds.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub path: String,
    pub folder: FolderId,
    pub owner: Owner,
    pub is_main: bool,
    /// Go files that some build takes, in the order of their names.
    pub go_files: Vec<FileId>,
}

pub(crate) struct Program<'a> {
    pub files: &'a dyn Files,
    pub folders: Folders,
    pub configs: Vec<Config>,
    pub modules: Vec<Modules>,
    pub builds: Vec<Build>,
    /// By import path.
    pub packages: BTreeMap<String, Package>,
    pub(super) by_folder: HashMap<FolderId, String>,
    /// By file.
    pub parts: Vec<Part>,
    /// What every source sheet lacks: files of the build that could not be read, packages that were not delivered.
    pub gaps: Vec<Gap>,
    /// Those of them that no build tells.
    pub(super) lacks: Vec<Gap>,
}

/// What files of the declared builds import.
#[derive(Clone, Debug, Default)]
pub(crate) struct Imports {
    pub paths: BTreeSet<String>,
    /// What is imported under a setting of cgo or with tags of which it is not known whether they are the build's.
    pub perhaps: BTreeSet<String>,
    /// Whether all of the builds was seen, so that what is not here is not imported.
    pub whole: bool,
    /// Whether all of the supplier's own files was seen: at most modules that were not delivered are missing.
    pub own: bool,
    /// The builds.
    pub contexts: Vec<Context>,
}

impl<'a> Program<'a> {
    /// Reads what the declared builds take.
    pub fn read(files: &'a dyn Files, spec: &Deliverable, private: &[String], progress: &dyn Progress) -> Program<'a> {
        let folders = Folders::new(files.list());
        progress.step(&format!("reading {} source files", folders.files.len()));
        let mut program = Program {
            files,
            folders,
            configs: configs(spec),
            modules: Vec::new(),
            builds: Vec::new(),
            packages: BTreeMap::new(),
            by_folder: HashMap::default(),
            parts: Vec::new(),
            gaps: Vec::new(),
            lacks: Vec::new(),
        };
        for index in 0..program.configs.len() {
            program.config(index, private);
        }
        program.lacks = program.gaps.clone();
        program.conclude();
        program
    }

    /// What all builds together tell.
    pub(super) fn conclude(&mut self) {
        self.parts = (0..self.folders.files.len()).map(|id| self.part(FileId(id as u32))).collect();
        self.join_packages();
        self.note_missing();
        self.note_unread();
        self.gaps.extend(self.modules.iter().flat_map(|m| m.gaps.clone()).collect::<Vec<_>>());
        self.gaps.sort();
        self.gaps.dedup();
    }

    /// Looks at one declaration: its packages by the module they are in, with each setting of cgo.
    pub(super) fn config(&mut self, index: usize, private: &[String]) {
        let config = self.configs[index].clone();
        let before = self.builds.len();
        for (root, packages) in self.roots_by_module(&config, private) {
            let modules = Modules::find(self.files, &self.folders, &root, &config, private);
            self.modules.push(modules);
            for cgo in config.cgo_settings() {
                let context = config.context(cgo);
                let modules = self.modules.len() - 1;
                let roots = match packages.is_empty() {
                    true => self.every_main(modules, cgo, index),
                    false => self.named(modules, &root, &packages, cgo, index),
                };
                let graph = walk(self.files, &mut self.folders, &self.modules[modules], &context, roots);
                self.builds.push(Build { config: index, cgo, modules, graph });
            }
        }
        if config.packages.is_empty() {
            self.drop_libraries(before);
        }
    }

    /// Of several modules that nobody names those without a program are built for none.
    fn drop_libraries(&mut self, from: usize) {
        let has_program = |build: &Build| build.graph.packages.values().any(|reached| reached.selection.is_main());
        if self.builds[from..].iter().any(has_program) {
            let mut at = 0..;
            self.builds.retain(|build| at.next().is_none_or(|at| at < from) || has_program(build));
        }
    }

    /// Packages in a nested module that the root module does not include are built in that module's folder.
    fn roots_by_module(&self, config: &Config, private: &[String]) -> BTreeMap<String, Vec<String>> {
        let mut roots: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let tops = self.tops();
        if config.packages.is_empty() {
            roots.extend(tops.into_iter().map(|top| (top, Vec::new())));
            return roots;
        }
        let top = tops.into_iter().next().unwrap_or_default();
        let modules = Modules::find(self.files, &self.folders, &top, config, private);
        for package in &config.packages {
            let folder = relative(package).and_then(|rest| inside("", rest));
            let module = folder.as_deref().and_then(|f| self.folders.module_of(f)).unwrap_or(&top);
            let known = modules.in_tree().any(|m| m.folder == module);
            let root = if known { top.clone() } else { module.to_string() };
            roots.entry(root).or_default().push(package.clone());
        }
        roots
    }

    /// The folders where builds are started: the root, or where nothing is there the modules.
    fn tops(&self) -> Vec<String> {
        if self.folders.has_file("go.work") || self.folders.modules.contains("") {
            return vec![String::new()];
        }
        let tops = tops(self.folders.modules.iter().map(String::as_str).filter(|module| !module.starts_with('/')));
        if tops.is_empty() { vec![String::new()] } else { tops }
    }

    /// Every main package of the main modules; without any, of the local replacements; without any, every package.
    fn every_main(&mut self, modules: usize, cgo: bool, config: usize) -> Roots {
        let context = self.configs[config].context(cgo);
        for of_mains in [true, false] {
            let all = self.packages_of(modules, of_mains);
            let places: Vec<FolderId> = all.iter().map(|(_, folder, _)| *folder).collect();
            read_heads(self.files, &mut self.folders, &places, &context);
            let is_main = |folder: FolderId| super::select::select(&self.folders, folder, &context).is_main();
            let mains: Roots = all.into_iter().filter(|(_, folder, _)| is_main(*folder)).collect();
            if !mains.is_empty() {
                return mains;
            }
        }
        let all = [true, false].into_iter().flat_map(|of_mains| self.packages_of(modules, of_mains));
        // Without a Go file a folder is no package.
        let is_go = |file: &FileId| self.folders.file(*file).kind == SourceKind::Go;
        all.filter(|(_, folder, _)| self.folders.get(*folder).files.iter().any(is_go)).collect()
    }

    /// The packages that `./...` means in the modules of the tree.
    fn packages_of(&self, modules: usize, of_mains: bool) -> Roots {
        let modules = &self.modules[modules];
        let list = if of_mains { &modules.mains } else { &modules.local };
        let mut roots = Roots::new();
        for module in list {
            for (path, folder) in self.folders.below(&module.folder) {
                let rest = path[module.folder.len()..].trim_start_matches('/');
                let skipped = rest.split('/').any(|part| folder_is_skipped(part) || part == "vendor");
                if !skipped
                    && !module.go_mod.ignores(rest)
                    && self.folders.module_of(path) == Some(module.folder.as_str())
                {
                    roots.push((join(&module.path, rest), folder, module.owner));
                }
            }
        }
        roots
    }

    fn named(&mut self, modules: usize, root: &str, packages: &[String], cgo: bool, config: usize) -> Roots {
        let mut roots = Roots::new();
        for package in packages {
            let found = match package.strip_suffix("/...") {
                Some(prefix) => self.below(modules, prefix, cgo, config),
                None => self.one(modules, package).into_iter().collect(),
            };
            if found.is_empty() {
                let gap = Gap {
                    reason: reason!("main-package-not-found", package = package),
                    place: root.into(),
                    owner: None,
                };
                self.gaps.push(gap);
            }
            roots.extend(found);
        }
        roots.sort();
        roots.dedup();
        roots
    }

    fn below(&mut self, modules: usize, prefix: &str, cgo: bool, config: usize) -> Roots {
        let Some(folder) = relative(prefix).and_then(|rest| inside("", rest)) else { return Roots::new() };
        let all = self.every_main(modules, cgo, config);
        all.into_iter()
            .filter(|(_, id, _)| super::modules::contains(&folder, &self.folders.get(*id).path) || folder.is_empty())
            .collect()
    }

    fn one(&self, modules: usize, package: &str) -> Option<(String, FolderId, Owner)> {
        let modules = &self.modules[modules];
        let by_folder = |path: &str| {
            let folder = self.folders.at(path)?;
            let (import, owner) = modules.import_path(&self.folders, path)?;
            Some((import, folder, owner))
        };
        if let Some(rest) = relative(package) {
            return by_folder(&inside("", rest)?);
        }
        match modules.resolve(&self.folders, package) {
            Target::Folder { folder, owner } => Some((package.to_string(), folder, owner)),
            Target::Standard | Target::Own | Target::Foreign { .. } => by_folder(package),
        }
    }

    fn part(&self, file: FileId) -> Part {
        let outcomes: Vec<(usize, Option<Outcome>)> =
            self.builds.iter().map(|build| (build.config, build.graph.outcome(file).cloned())).collect();
        let mut undecided = None;
        for config in 0..self.configs.len() {
            let of: Vec<&Option<Outcome>> = outcomes.iter().filter(|(c, _)| *c == config).map(|(_, o)| o).collect();
            let built = |o: &&&Option<Outcome>| o.as_ref().is_some_and(Outcome::is_built);
            match of.iter().filter(built).count() {
                0 => {}
                _ if let Some(tags) = &self.configs[config].undeclared => {
                    undecided =
                        undecided.or_else(|| Some(reason!("tags-not-declared", file = self.shown(file), tags = tags)));
                }
                n if n == of.len() || self.configs[config].cgo.is_some() => return self.built(&of),
                _ => undecided = Some(reason!("cgo-setting-not-declared", file = self.shown(file))),
            }
        }
        if let Some(reason) = undecided {
            let why = if reason.code == "tags-not-declared" { "its tags are" } else { "CGO_ENABLED is" };
            return Part { fate: Known::Unknown(reason), why: format!("{why} not declared") };
        }
        match outcomes.into_iter().find_map(|(_, outcome)| outcome) {
            Some(outcome) => left_out(&outcome),
            None => self.elsewhere(file),
        }
    }

    fn built(&self, outcomes: &[&Option<Outcome>]) -> Part {
        let cgo = outcomes.iter().any(|o| **o == Some(Outcome::Cgo));
        let fate = if cgo { Fate::CgoFile } else { Fate::Built };
        Part { fate: fate.into(), why: String::new() }
    }

    /// The fate of a file whose folder no build reaches.
    fn elsewhere(&self, file: FileId) -> Part {
        let folder = self.folders.file(file).folder;
        let path = &self.folders.get(folder).path;
        let part = |fate, why: &str| Part { fate: Known::Value(fate), why: why.into() };
        if self.folders.provided(folder).is_some() {
            return part(Fate::NotImported, "no delivered main package imports it");
        }
        if path.split('/').any(folder_is_skipped) {
            return part(Fate::Outside, "testdata, _ or . folder");
        }
        let module = self.folders.module_of(path);
        let known = self.modules.iter().any(|m| m.in_tree().any(|l| Some(l.folder.as_str()) == module));
        match () {
            () if self.folders.file(file).name().ends_with("_test.go") => part(Fate::Test, "test file"),
            () if !known && module.is_some() => part(Fate::NestedModule, "another module"),
            () if module.is_none() => part(Fate::Outside, "no go.mod above it"),
            () => part(Fate::NotImported, "no delivered main package imports it"),
        }
    }

    fn join_packages(&mut self) {
        for build in &self.builds {
            for (path, reached) in &build.graph.packages {
                self.by_folder.insert(reached.folder, path.clone());
                let package = self.packages.entry(path.clone()).or_insert_with(|| Package {
                    path: path.clone(),
                    folder: reached.folder,
                    owner: reached.owner,
                    is_main: false,
                    go_files: Vec::new(),
                });
                package.is_main |= reached.selection.is_main();
                package.go_files.extend(reached.selection.go_files());
                package.go_files.sort();
                package.go_files.dedup();
            }
        }
    }

    /// One gap per module whose contents are missing; one per package of the modules that are there.
    fn note_missing(&mut self) {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for build in &self.builds {
            for (path, missing) in &build.graph.missing {
                let key = missing.module.as_ref().map_or_else(|| path.clone(), |m| m.path.clone());
                if !seen.insert(key) {
                    continue;
                }
                let place = self.shown(missing.importer);
                let reason = match (&missing.why, &missing.module) {
                    (Some(why), _) => why.clone(),
                    (None, Some(module)) => reason!(
                        "module-source-not-delivered",
                        module = &module.path,
                        version = &module.version,
                        package = path
                    ),
                    (None, None) => reason!("package-not-delivered", package = path),
                };
                let owner = (missing.owner == Owner::Dependency).then(|| "dependency".to_string());
                self.gaps.push(Gap { reason, place, owner });
            }
        }
    }

    /// Reads the heads of Go files that no build takes, for what is asked about the whole tree.
    pub fn read_rest(&mut self) {
        super::graph::read_rest(self.files, &mut self.folders);
    }

    /// Files of the build that could not be read, or that the Go command refuses.
    fn note_unread(&mut self) {
        let mut gaps = Vec::new();
        for package in self.builds.iter().flat_map(|b| b.graph.packages.values()) {
            let owner = (package.owner == Owner::Dependency).then(|| "dependency".to_string());
            if package.selection.names.len() > 1 {
                let folder = self.files.shown(&self.folders.get(package.folder).path);
                let names = package.selection.names.join(", ");
                gaps.push(Gap {
                    reason: reason!("packages-mixed", folder = &folder, names = names),
                    place: folder,
                    owner: owner.clone(),
                });
            }
            for (id, outcome) in &package.selection.outcomes {
                let file = self.folders.file(*id);
                let place = self.files.shown(&file.path);
                let reason = match (outcome, &file.head) {
                    (Outcome::Unreadable, Some(Err(reason))) => reason.clone(),
                    (Outcome::Refused(why), _) => reason!("constraint-refused", file = &place, detail = why),
                    (Outcome::Go | Outcome::Cgo, Some(Ok(Head::Go(head)))) => match fault(head) {
                        Some(what) => reason!("file-not-go", file = &place, detail = what),
                        None => continue,
                    },
                    _ => continue,
                };
                gaps.push(Gap { reason, place, owner: owner.clone() });
            }
        }
        self.gaps.extend(gaps);
    }

    /// What the builds import in the tree: the same whether packages were taken out of module contents or not. Where the setting of cgo is not declared,
    /// what is imported under both.
    pub fn imports(&self) -> Imports {
        let is_beside = |folder: FolderId| self.folders.provided(folder).is_some();
        let beside: BTreeSet<Owner> =
            self.packages.values().filter(|package| is_beside(package.folder)).map(|package| package.owner).collect();
        let mut by_module: BTreeMap<(usize, usize), BTreeSet<&Arc<str>>> = BTreeMap::new();
        let mut all: BTreeSet<&Arc<str>> = BTreeSet::new();
        for build in &self.builds {
            let here = build.graph.packages.values().filter(|package| !is_beside(package.folder));
            let here: BTreeSet<&Arc<str>> = here.flat_map(|package| &package.selection.imports).collect();
            all.extend(&here);
            if self.configs[build.config].undeclared.is_some() {
                continue;
            }
            let same = by_module.entry((build.config, build.modules)).or_insert_with(|| here.clone());
            same.retain(|import| here.contains(import));
        }
        let paths: BTreeSet<String> = by_module.into_values().flatten().map(|path| path.to_string()).collect();
        let perhaps = all.into_iter().filter(|path| !paths.contains(&***path)).map(|path| path.to_string()).collect();
        let missing =
            ["module-source-not-delivered", "module-source-not-authentic", "module-not-told", "package-not-delivered"];
        let of_dependency = |gap: &Gap| {
            gap.owner.as_deref() == Some("dependency")
                && (!beside.is_empty() || missing.contains(&gap.reason.code.as_str()))
        };
        let contexts =
            self.configs.iter().flat_map(|config| config.cgo_settings().into_iter().map(|cgo| config.context(cgo)));
        Imports {
            paths,
            perhaps,
            whole: self.gaps.is_empty() && beside.is_empty(),
            own: self.gaps.iter().all(of_dependency) && !beside.contains(&Owner::Main),
            contexts: contexts.collect(),
        }
    }

    pub fn shown(&self, file: FileId) -> String {
        self.files.shown(&self.folders.file(file).path)
    }

    pub fn head(&self, file: FileId) -> Option<&GoHead> {
        match &self.folders.file(file).head {
            Some(Ok(Head::Go(head))) => Some(head),
            _ => None,
        }
    }

    /// The package that a file belongs to, in the builds or by its place.
    pub fn package_of(&self, file: FileId) -> (String, Owner) {
        let folder = self.folders.file(file).folder;
        if let Some(package) = self.by_folder.get(&folder).and_then(|path| self.packages.get(path)) {
            return (package.path.clone(), package.owner);
        }
        if let Some((path, owner)) = self.folders.provided(folder) {
            return (path.to_string(), owner);
        }
        let path = &self.folders.get(folder).path;
        if let Some((_, inner)) =
            path.rsplit_once("vendor/").filter(|(outer, _)| outer.is_empty() || outer.ends_with('/'))
        {
            let own = self.modules.iter().any(|m| m.is_own(inner));
            return (inner.to_string(), if own { Owner::Main } else { Owner::Dependency });
        }
        let known = self.modules.iter().find_map(|m| m.import_path(&self.folders, path));
        known.unwrap_or_else(|| (path.clone(), Owner::Main))
    }
}

/// Why a file of the build is no Go.
fn fault(head: &GoHead) -> Option<String> {
    head.outline.fault.map(|f| f.what.to_string())
}

fn left_out(outcome: &Outcome) -> Part {
    let (fate, why) = match outcome {
        Outcome::Test => (Fate::Test, "test file".to_string()),
        Outcome::Hidden => (Fate::IgnoredName, "name begins with _ or .".into()),
        Outcome::Named(unmet) => (Fate::IgnoredName, format!("file name: {unmet}")),
        Outcome::Constrained(expr) => (Fate::IgnoredConstraint, format!("build constraint: {expr}")),
        Outcome::Documentation => (Fate::IgnoredConstraint, "package documentation".into()),
        Outcome::CgoOff => (Fate::IgnoredCgo, "imports \"C\" with cgo off".into()),
        Outcome::NoCgo => (Fate::IgnoredCgo, "needs cgo".into()),
        Outcome::Refused(why) => (Fate::Unreadable, format!("build constraint: {why}")),
        Outcome::Unreadable => (Fate::Unreadable, "cannot be read".into()),
        Outcome::Go | Outcome::Cgo | Outcome::Other => (Fate::Built, String::new()),
    };
    Part { fate: fate.into(), why }
}

/// `./x` and `.` as a path below the folder where the build is started.
fn relative(package: &str) -> Option<&str> {
    match package {
        "." | "./" => Some(""),
        _ => package.strip_prefix("./"),
    }
}
