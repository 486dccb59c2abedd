//! Which module of a build supplies a package whose source is not in the tree (cmd/go/internal/modload `importFromModules`, Go 1.26).

use super::contents::{Contents, Supplied, Supply};
use super::folder::{FileId, join};
use super::graph::{Missing, Refused};
use super::modules::{Modules, requirements};
use super::tree::Files;
use assize_facts::kinds::source::Owner;
use assize_facts::{Reason, reason};
use assize_golang::modfile::{GoMod, Strictness, parse_go_mod};
use assize_golang::module::Module;
use assize_golang::selection::{is_pruned, selected};
use assize_golang::semver;
use assize_golang::sum::{Summed, parse_go_sum};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The sums of modules, of their contents or of their go.mod alone.
type Sums = BTreeMap<Module, BTreeSet<String>>;

/// What the module files tell of the modules beside the tree.
#[derive(Debug)]
pub(super) struct Known {
    /// The versions that the build takes, by paths; `None` where a go.mod is missing that may ask for others.
    versions: Option<BTreeMap<String, String>>,
    zips: Sums,
}

/// The modules of a build whose contents are looked into.
pub(super) struct Suppliers<'m> {
    modules: &'m Modules,
    contents: &'m dyn Contents,
    known: &'m Known,
}

/// An import that leads out of the tree.
pub(super) struct Asked {
    /// A file that imports it.
    pub importer: FileId,
    /// What the module files alone tell.
    pub module: Option<Module>,
    pub owner: Owner,
}

/// Where it leads.
pub(super) enum Answer {
    /// With the path by which the build knows the module.
    Package {
        supplied: Arc<Supplied>,
        module: String,
        folder: String,
        owner: Owner,
    },
    Missing(Missing),
}

/// A module that may supply a package.
struct Candidate<'i> {
    /// The path by which the build knows it.
    path: &'i str,
    /// The one whose contents count.
    module: Module,
}

impl Modules {
    /// Where packages beside the tree come from; nothing where they are vendored, or no contents are at hand.
    pub(super) fn suppliers<'m>(&'m self, files: &'m dyn Files) -> Option<Suppliers<'m>> {
        let contents = files.contents().filter(|_| self.vendor.is_none() && !self.vendor_asked)?;
        let known = self.known.get_or_init(|| Known::of(self, files, contents));
        Some(Suppliers { modules: self, contents, known })
    }
}

impl Known {
    fn of(modules: &Modules, files: &dyn Files, contents: &dyn Contents) -> Known {
        let (mut zips, mut go_mods) = (Sums::new(), Sums::new());
        let work = modules.work.iter().map(|_| join(&modules.root, "go.work.sum"));
        let own = modules.mains.iter().map(|main| join(&main.folder, "go.sum"));
        for text in work.chain(own).filter_map(|path| files.module_file(&path).ok()) {
            for line in parse_go_sum(&text).lines.into_iter().filter(|line| !line.is_dropped()) {
                let sums = if line.of == Summed::Zip { &mut zips } else { &mut go_mods };
                sums.entry(line.module).or_default().insert(line.sum);
            }
        }
        let versions = versions(modules, |module| go_mod(modules, contents, &go_mods, module));
        Known { versions, zips }
    }

    fn sums(&self, module: &Module) -> &BTreeSet<String> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        self.zips.get(module).unwrap_or(&NONE)
    }
}

/// From `go 1.17` on a go.mod lists every module that the build takes packages of; before, and in workspaces, the go.mod files of all modules tell.
fn versions(modules: &Modules, go_mod: impl FnMut(&Module) -> Option<GoMod>) -> Option<BTreeMap<String, String>> {
    let mains: Vec<&GoMod> = modules.mains.iter().map(|main| &main.go_mod).collect();
    let ([main], None) = (mains.as_slice(), &modules.work) else {
        return selected(&mains, modules.work.is_some(), go_mod).ok();
    };
    if !is_pruned(main) {
        return selected(&mains, false, go_mod).ok();
    }
    let mut listed: BTreeMap<String, String> = BTreeMap::new();
    for (path, version) in requirements(main) {
        let excluded = |e: &&assize_golang::modfile::Exclude| e.module.path == path && e.module.version == version;
        let best = listed.get(&path);
        if main.exclude.iter().find(excluded).is_none()
            && best.is_none_or(|best| semver::compare(best, &version).is_lt())
        {
            listed.insert(path, version);
        }
    }
    Some(listed)
}

/// What stands in for a module's go.mod: that of the folder or of the module that replaces it.
fn go_mod(modules: &Modules, contents: &dyn Contents, sums: &Sums, module: &Module) -> Option<GoMod> {
    let effective = modules.effective(module);
    if effective.version.is_empty() {
        return modules.local.iter().find(|local| local.path == module.path).map(|local| local.go_mod.clone());
    }
    let text = contents.go_mod(&effective, sums.get(&effective)?)?;
    Some(parse_go_mod(&text, Strictness::Dependency).file)
}

impl Suppliers<'_> {
    /// Where imports lead, in the order of their paths. The contents of all modules that may supply them are looked into at once.
    pub fn provide(&self, asked: BTreeMap<String, Asked>) -> Vec<(String, Answer)> {
        let candidates: Vec<Vec<Candidate>> = asked.keys().map(|import| self.candidates(import)).collect();
        let wanted: BTreeSet<&Module> = candidates.iter().flatten().map(|candidate| &candidate.module).collect();
        let with_sums: Vec<_> = wanted.iter().map(|module| (*module, self.known.sums(module))).collect();
        let supplies: BTreeMap<&Module, Supply> = wanted.into_iter().zip(self.contents.open(&with_sums)).collect();
        let answers: Vec<Answer> =
            asked.iter().zip(&candidates).map(|((path, asked), of)| self.answer(path, asked, of, &supplies)).collect();
        asked.into_keys().zip(answers).collect()
    }

    /// Whether the versions that the build takes are known.
    pub fn know_versions(&self) -> bool {
        self.known.versions.is_some()
    }

    /// Whether there is a module that may supply a package.
    pub fn may_supply(&self, import: &str) -> bool {
        !self.candidates(import).is_empty()
    }

    /// The modules of the build whose paths a package's begins with, the longest first.
    fn candidates<'i>(&self, import: &'i str) -> Vec<Candidate<'i>> {
        let ends = import.match_indices('/').map(|(at, _)| at).chain([import.len()]);
        let prefixes: Vec<&str> = ends.map(|end| &import[..end]).collect();
        let of = |path: &'i str| self.versions(path).into_iter().map(move |module| Candidate { path, module });
        prefixes.into_iter().rev().flat_map(of).collect()
    }

    /// What stands for a module path in the build: one, or where its version is not known all that go.sum has the contents of.
    fn versions(&self, path: &str) -> BTreeSet<Module> {
        if self.modules.in_tree().any(|module| module.path == path) {
            return BTreeSet::new();
        }
        let version = match &self.known.versions {
            Some(versions) => {
                return versions
                    .get(path)
                    .map(|version| self.modules.effective(&Module::new(path, version)))
                    .into_iter()
                    .collect();
            }
            // Nothing below what a main module asks for is taken.
            None => self.modules.required.get(path).map_or("", String::as_str),
        };
        let summed = self.known.zips.range(Module::new(path, "")..).map(|(module, _)| module);
        let mine = summed.take_while(|module| module.path == path);
        let newer = mine.filter(|module| version.is_empty() || semver::compare(&module.version, version).is_ge());
        let replaced = newer.map(|module| self.modules.effective(module)).chain(self.modules.replacements_of(path));
        replaced.filter(|module| !self.known.sums(module).is_empty()).collect()
    }

    fn answer(&self, import: &str, asked: &Asked, of: &[Candidate], supplies: &BTreeMap<&Module, Supply>) -> Answer {
        // Where versions are not known, others may be the build's.
        let is_sure = self.know_versions();
        let missing = |module: Option<Module>, owner, why, refused: Option<Refused>| {
            let refused = refused.filter(|_| is_sure);
            Answer::Missing(Missing { module, owner, importer: asked.importer, why, refused })
        };
        let (mut found, mut lacking) = (Vec::new(), None);
        for candidate in of {
            let folder = import[candidate.path.len()..].trim_start_matches('/');
            match supplies.get(&candidate.module) {
                Some(Supply::Files(supplied)) if supplied.provides(folder) => found.push((candidate, supplied, folder)),
                Some(Supply::Files(_)) => {}
                other => lacking = lacking.or(Some((candidate, other))),
            }
        }
        match (found.as_slice(), lacking) {
            // Where a module of another path has it too, the Go command refuses the build.
            ([(candidate, supplied, folder)], lacking) if lacking.is_none_or(|(l, _)| l.path != candidate.path) => {
                Answer::Package {
                    supplied: Arc::clone(supplied),
                    module: candidate.path.to_string(),
                    folder: (*folder).to_string(),
                    owner: self.owner(candidate.path),
                }
            }
            ([], Some((candidate, supply))) => {
                let why = supply.and_then(|supply| why(supply, &candidate.module, import));
                missing(Some(candidate.module.clone()), self.owner(candidate.path), why, None)
            }
            ([], None) if of.is_empty() => missing(asked.module.clone(), asked.owner, None, Some(Refused::Nobody)),
            ([], None) => {
                let why = reason!("package-not-delivered", package = import);
                missing(None, asked.owner, Some(why), Some(Refused::Nobody))
            }
            ([(candidate, ..), ..], _) => {
                let module = &candidate.module;
                let why = reason!("module-not-told", module = &module.path, package = import);
                let refused = (found.len() > 1).then_some(Refused::Several);
                missing(Some(module.clone()), self.owner(candidate.path), Some(why), refused)
            }
        }
    }

    fn owner(&self, module: &str) -> Owner {
        if self.modules.is_own(module) { Owner::Main } else { Owner::Dependency }
    }
}

/// Why what is at hand of a module is not read; nothing where there is none of it.
fn why(supply: &Supply, module: &Module, package: &str) -> Option<Reason> {
    match supply {
        Supply::Other => Some(reason!(
            "module-source-not-authentic",
            module = &module.path,
            version = &module.version,
            package = package
        )),
        Supply::Unseen(reason) => Some(reason.clone()),
        Supply::Files(_) | Supply::Nothing => None,
    }
}
