//! The modules of a build: main ones, local replacements, the vendor folder; and where an import path leads.

use super::config::Config;
use super::folder::{FolderId, Folders, join};
use super::owner::is_own;
use super::std::{is_standard, may_be_standard};
use super::suppliers::Known;
use super::tree::Files;
use assize_facts::kinds::source::Owner;
use assize_facts::{Gap, Reason, reason};
use assize_golang::modfile::{GoMod, GoWork, Replace, Strictness, parse_go_mod, parse_go_work};
use assize_golang::selection::is_pruned;
use assize_golang::vendor::{ModulesTxt, clean, parse_modules_txt};
use assize_golang::{module::Module, release, semver};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A module whose folder is in the tree.
#[derive(Clone, Debug)]
pub(crate) struct LocalModule {
    pub path: String,
    /// In the tree.
    pub folder: String,
    pub owner: Owner,
    pub go_mod: GoMod,
}

/// What a build's imports are resolved by.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    pub mains: Vec<LocalModule>,
    /// Replacements by folders of the tree, and their own module files.
    pub local: Vec<LocalModule>,
    pub work: Option<GoWork>,
    /// The `vendor` folder in force, and its list.
    pub vendor: Option<(String, ModulesTxt)>,
    /// The folder where the build is started.
    pub(super) root: String,
    /// Whether `-mod=vendor` is declared.
    pub(super) vendor_asked: bool,
    /// What is known of modules beside the tree, once somebody asks.
    pub(super) known: OnceLock<Known>,
    /// Required versions, by the module files that could be read.
    pub required: BTreeMap<String, String>,
    /// Of go.work, which goes first (cmd/go/internal/modload `replacementFrom`).
    work_replaces: Vec<Replace>,
    replaces: Vec<Replace>,
    private: Vec<String>,
    pub gaps: Vec<Gap>,
}

/// Where an import path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Folder {
        folder: FolderId,
        owner: Owner,
    },
    Standard,
    /// A package of the main modules or of a local replacement that was not delivered.
    Own,
    /// Another module's, whose contents are not in the tree; the effective module where known.
    Foreign {
        module: Option<Module>,
        owner: Owner,
    },
}

impl Modules {
    /// The modules of a build whose main module, or workspace, is in a folder.
    pub fn find(files: &dyn Files, folders: &Folders, root: &str, config: &Config, private: &[String]) -> Modules {
        let (root_folder, vendor_asked) = (root.to_string(), config.mod_flag.as_deref() == Some("vendor"));
        let mut modules = Modules { root: root_folder, vendor_asked, private: private.to_vec(), ..Modules::default() };
        let work = join(root, "go.work");
        let mut places = vec![root.to_string()];
        if !config.no_workspace && folders.has_file(&work) {
            let parsed = modules.read(files, &work).map(|text| parse_go_work(&text));
            if let Some(parsed) = parsed {
                modules.mistakes(files, &work, parsed.mistakes.len());
                places = parsed.file.uses.iter().filter_map(|u| inside(root, &u.path)).collect();
                modules.work_replaces = parsed.file.replace.iter().map(|r| anchored(r.clone(), root)).collect();
                modules.work = Some(parsed.file);
            }
        }
        for place in places {
            modules.main(files, folders, &place);
        }
        modules.replacements(files, folders);
        modules.vendored(files, folders, root, config);
        modules
    }

    fn read(&mut self, files: &dyn Files, path: &str) -> Option<Vec<u8>> {
        let text = files.module_file(path);
        text.map_err(|reason| self.gap(reason, &files.shown(path))).ok()
    }

    fn gap(&mut self, reason: Reason, place: &str) {
        self.gaps.push(Gap { reason, place: place.into(), owner: None });
    }

    fn mistakes(&mut self, files: &dyn Files, path: &str, count: usize) {
        if count > 0 {
            self.gap(reason!("module-file-refused", path = files.shown(path), count = count), &files.shown(path));
        }
    }

    fn go_mod(&mut self, files: &dyn Files, folder: &str, strictness: Strictness) -> Option<GoMod> {
        let path = join(folder, "go.mod");
        let parsed = parse_go_mod(&self.read(files, &path)?, strictness);
        self.mistakes(files, &path, parsed.mistakes.len());
        Some(parsed.file)
    }

    fn main(&mut self, files: &dyn Files, folders: &Folders, folder: &str) {
        if !folders.modules.contains(folder) {
            let path = join(folder, "go.mod");
            let shown = files.shown(&path);
            return match &self.work {
                Some(_) => self.gap(reason!("workspace-member-not-delivered", member = shown), &shown),
                None => self.gap(reason!("no-module-file", path = shown), &shown),
            };
        }
        let Some(go_mod) = self.go_mod(files, folder, Strictness::Main) else { return };
        let path = go_mod.module.as_ref().map(|m| m.path.clone()).unwrap_or_default();
        self.require(&go_mod);
        self.replaces.extend(go_mod.replace.iter().map(|r| anchored(r.clone(), folder)));
        self.mains.push(LocalModule { path, folder: folder.into(), owner: Owner::Main, go_mod });
    }

    /// The highest version of each module that is required counts.
    fn require(&mut self, go_mod: &GoMod) {
        for (path, version) in requirements(go_mod) {
            let best = self.required.entry(path).or_insert_with(|| version.clone());
            if semver::compare(best, &version).is_lt() {
                *best = version;
            }
        }
    }

    /// Replacements by folders; the replaced module's requirements join the graph, and may be replaced themselves.
    fn replacements(&mut self, files: &dyn Files, folders: &Folders) {
        let lists_all = self.work.is_none() && self.mains.iter().all(|main| is_pruned(&main.go_mod));
        let mut before = None;
        while before.replace(self.local.len()) != Some(self.local.len()) {
            for replace in self.work_replaces.iter().chain(&self.replaces).cloned().collect::<Vec<_>>() {
                if !folders.modules.contains(replace.new.path.as_str()) || !self.is_in_force(&replace) {
                    continue;
                }
                let Some(go_mod) = self.go_mod(files, &replace.new.path, Strictness::Dependency) else { continue };
                for (path, version) in requirements(&go_mod).filter(|_| lists_all) {
                    self.required.entry(path).or_insert(version);
                }
                if !lists_all {
                    self.require(&go_mod);
                }
                let Replace { old, new, .. } = replace;
                let own = self.is_own(&old.path);
                let owner = if own { Owner::Main } else { Owner::LocalReplace };
                self.local.push(LocalModule { path: old.path, folder: new.path, owner, go_mod });
            }
        }
    }

    /// Whether a folder stands for a module by this line and no other.
    fn is_in_force(&self, replace: &Replace) -> bool {
        let Replace { old, new, .. } = replace;
        let version = self.required.get(&old.path).map_or("", String::as_str);
        let is_known = self.local.iter().chain(&self.mains).any(|module| module.path == old.path);
        let found = self.replacement(&Module::new(&*old.path, version));
        new.version.is_empty() && !is_known && found.is_some_and(|found| found.old == *old && found.new == *new)
    }

    /// The vendor folder is in force from Go 1.14 on, where it was made in the mode of the build, unless `-mod` says otherwise
    /// (cmd/go/internal/modload/init.go, setDefaultBuildMod, Go 1.26).
    fn vendored(&mut self, files: &dyn Files, folders: &Folders, root: &str, config: &Config) {
        let list = join(root, "vendor/modules.txt");
        let line = self.work.as_ref().map(|w| w.go.as_ref()).unwrap_or_else(|| self.mains.first()?.go_mod.go.as_ref());
        let is_recent = line.is_some_and(|go| release::compare(&go.version, "1.14").is_ge());
        let asked = self.vendor_asked;
        let usual = config.mod_flag.is_none() && is_recent;
        if !folders.has_file(&list) {
            if asked {
                self.gap(reason!("vendor-not-delivered", path = files.shown(&list)), &files.shown(&list));
            }
        } else if (asked || usual)
            && let Some(text) = self.read(files, &list)
        {
            let list = parse_modules_txt(&text);
            if asked || list.workspace == self.work.is_some() {
                self.vendor = Some((join(root, "vendor"), list));
            }
        }
    }

    pub fn is_own(&self, module: &str) -> bool {
        self.mains.iter().any(|main| is_own(module, &main.path, &self.private))
    }

    /// Modules whose folders are in the tree.
    pub fn in_tree(&self) -> impl Iterator<Item = &LocalModule> {
        self.mains.iter().chain(&self.local)
    }

    /// The import path of a folder of a module in the tree.
    pub fn import_path(&self, folders: &Folders, folder: &str) -> Option<(String, Owner)> {
        let at = folders.module_of(folder)?;
        let module = self.in_tree().find(|m| m.folder == at)?;
        let rest = folder[at.len()..].trim_start_matches('/');
        Some((join(&module.path, rest), module.owner))
    }

    /// Where an import path leads (cmd/go/internal/modload `importFromFiles`): the standard library, main modules, then the vendor folder or the module graph.
    pub fn resolve(&self, folders: &Folders, path: &str) -> Target {
        if is_standard(path) {
            return Target::Standard;
        }
        if let Some(target) = self.in_modules(folders, &self.mains, path) {
            return target;
        }
        if let Some((vendor, list)) = &self.vendor {
            return self.in_vendor(folders, vendor, list, path);
        }
        if let Some(target) = self.in_modules(folders, &self.local, path) {
            return target;
        }
        self.foreign(path)
    }

    fn in_modules(&self, folders: &Folders, modules: &[LocalModule], path: &str) -> Option<Target> {
        let mut around: Vec<&LocalModule> = modules.iter().filter(|m| contains(&m.path, path)).collect();
        around.sort_by_key(|m| std::cmp::Reverse(m.path.len()));
        for module in &around {
            let at = join(&module.folder, path[module.path.len()..].trim_start_matches('/'));
            let holds = folders.at(&at).filter(|_| folders.module_of(&at) == Some(module.folder.as_str()));
            if let Some(folder) = holds {
                return Some(Target::Folder { folder, owner: module.owner });
            }
        }
        // A longer path of another module may still hold it.
        let other = self.required.keys().any(|m| contains(m, path));
        (!around.is_empty() && !other).then_some(Target::Own)
    }

    fn in_vendor(&self, folders: &Folders, vendor: &str, list: &ModulesTxt, path: &str) -> Target {
        let module = list.modules.iter().filter(|m| contains(&m.module.path, path)).max_by_key(|m| m.module.path.len());
        let owner = module.map_or(Owner::Dependency, |m| self.vendored_owner(&m.module.path, m.replacement.as_ref()));
        if let Some(folder) = folders.at(&join(vendor, path)) {
            return Target::Folder { folder, owner };
        }
        match self.foreign(path) {
            Target::Foreign { .. } => Target::Foreign { module: module.map(|m| m.module.clone()), owner },
            other => other,
        }
    }

    fn vendored_owner(&self, path: &str, replacement: Option<&Module>) -> Owner {
        let local = replacement.is_some_and(|r| r.version.is_empty());
        match (self.is_own(path), local) {
            (true, _) => Owner::Main,
            (false, true) => Owner::LocalReplace,
            (false, false) => Owner::Dependency,
        }
    }

    fn foreign(&self, path: &str) -> Target {
        let required = self.required.iter().filter(|(m, _)| contains(m, path)).max_by_key(|(m, _)| m.len());
        let Some((module, version)) = required else {
            return if may_be_standard(path) {
                Target::Standard
            } else {
                Target::Foreign { module: None, owner: Owner::Dependency }
            };
        };
        let owner = if self.is_own(module) { Owner::Main } else { Owner::Dependency };
        let module = self.effective(&Module::new(module, version));
        Target::Foreign { module: Some(module), owner }
    }

    /// The module that takes the place of one; itself where none does.
    pub(super) fn effective(&self, module: &Module) -> Module {
        self.replacement(module).map_or_else(|| module.clone(), |replace| replace.new.clone())
    }

    /// The line that replaces a module: of one version before that of all.
    fn replacement(&self, module: &Module) -> Option<&Replace> {
        let find = |lines: &[Replace]| {
            let of = |version: &str| lines.iter().rposition(|r| r.old.path == module.path && r.old.version == version);
            of(&module.version).or_else(|| of(""))
        };
        let of_work = find(&self.work_replaces).and_then(|at| self.work_replaces.get(at));
        of_work.or_else(|| self.replaces.get(find(&self.replaces)?))
    }

    /// What replaces any version of a module, folders left out.
    pub(super) fn replacements_of(&self, path: &str) -> Vec<Module> {
        let all = self.work_replaces.iter().chain(&self.replaces);
        let mine = all.filter(|r| r.old.path == path && !r.new.version.is_empty());
        mine.map(|replace| replace.new.clone()).collect()
    }
}

pub(super) fn requirements(go_mod: &GoMod) -> impl Iterator<Item = (String, String)> {
    go_mod.require.iter().map(|r| (r.module.path.clone(), r.module.version.clone()))
}

/// A replacement by a folder, with the folder as a path of the tree; one outside keeps its text and is found nowhere.
fn anchored(mut replace: Replace, folder: &str) -> Replace {
    if replace.new.version.is_empty()
        && let Some(path) = inside(folder, &replace.new.path)
    {
        replace.new.path = path;
    }
    replace
}

/// A relative folder as a path of the tree; `None` where it leads out of it.
pub(crate) fn inside(folder: &str, relative: &str) -> Option<String> {
    let relative = relative.replace('\\', "/");
    let path = clean(&join(folder, &relative));
    match path.as_str() {
        _ if relative.starts_with('/') => None,
        "." => Some(String::new()),
        path if path == ".." || path.starts_with("../") => None,
        path => Some(path.to_string()),
    }
}

/// Whether an import path is a module's or below it.
pub(crate) fn contains(module: &str, path: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
