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
use assize_golang::vendor::{ModulesTxt, clean, parse_modules_txt};
use assize_golang::{module::Module, release};
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
        let text = files.read(path);
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
        self.required.extend(requirements(&go_mod));
        let of_work = self.work.as_ref().map(|w| w.replace.clone()).unwrap_or_default();
        let own = of_work.into_iter().chain(go_mod.replace.iter().cloned());
        self.replaces.extend(own.map(|r| anchored(r, folder)));
        self.mains.push(LocalModule { path, folder: folder.into(), owner: Owner::Main, go_mod });
    }

    /// Replacements by folders; the replaced module's requirements join the graph.
    fn replacements(&mut self, files: &dyn Files, folders: &Folders) {
        for replace in self.replaces.clone() {
            let folder = &replace.new.path;
            let known = self.local.iter().chain(&self.mains).any(|m| m.path == replace.old.path);
            if !replace.new.version.is_empty() || known || !folders.modules.contains(folder.as_str()) {
                continue;
            }
            let Some(go_mod) = self.go_mod(files, folder, Strictness::Dependency) else { continue };
            for (path, version) in requirements(&go_mod) {
                self.required.entry(path).or_insert(version);
            }
            let path = replace.old.path;
            let own = self.is_own(&path);
            let owner = if own { Owner::Main } else { Owner::LocalReplace };
            self.local.push(LocalModule { path, folder: folder.clone(), owner, go_mod });
        }
    }

    /// The vendor folder is in force from Go 1.14 on, in workspaces from 1.22 on, unless `-mod` says otherwise (`go help modules`).
    fn vendored(&mut self, files: &dyn Files, folders: &Folders, root: &str, config: &Config) {
        let list = join(root, "vendor/modules.txt");
        let workspace = self.work.is_some();
        let line = self.work.as_ref().map(|w| w.go.as_ref()).unwrap_or_else(|| self.mains.first()?.go_mod.go.as_ref());
        let go = line.map(|g| g.version.clone()).unwrap_or_else(|| "1.16".into());
        let from = if workspace { "1.22" } else { "1.14" };
        let asked = self.vendor_asked;
        let usual = config.mod_flag.is_none() && release::compare(&go, from).is_ge();
        if !folders.has_file(&list) {
            if asked {
                self.gap(reason!("vendor-not-delivered", path = files.shown(&list)), &files.shown(&list));
            }
        } else if (asked || usual)
            && let Some(text) = self.read(files, &list)
        {
            self.vendor = Some((join(root, "vendor"), parse_modules_txt(&text)));
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
    fn effective(&self, module: &Module) -> Module {
        let of = |version: &str| self.replaces.iter().rfind(|r| r.old.path == module.path && r.old.version == version);
        of(&module.version).or_else(|| of("")).map_or_else(|| module.clone(), |r| r.new.clone())
    }

    /// The same where go.work says otherwise than its members: it goes first (cmd/go/internal/modload `Replacement`).
    pub(super) fn replaced(&self, module: &Module) -> Module {
        let of_work = self.work.iter().flat_map(|work| &work.replace).filter(|r| r.old.path == module.path);
        let mut matching = of_work.filter(|r| [module.version.as_str(), ""].contains(&r.old.version.as_str()));
        let first = matching.next();
        let best = matching.find(|r| !r.old.version.is_empty()).or(first);
        best.map_or_else(|| self.effective(module), |replace| replace.new.clone())
    }

    /// What replaces any version of a module, folders left out.
    pub(super) fn replacements_of(&self, path: &str) -> Vec<Module> {
        let mine = self.replaces.iter().filter(|r| r.old.path == path && !r.new.version.is_empty());
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
