//! What builds were surely seen to take of modules: whose packages they are, and which imports the Go command refuses.

use super::folder::FolderId;
use super::graph::Refused;
use super::program::{Build, Program};
use super::std::is_standard;
use assize_golang::selection::is_pruned;
use std::collections::{BTreeMap, BTreeSet};

/// Of the builds that are started in one folder, whatever is not declared of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Followed {
    /// Paths of the modules beside the main ones that packages of a build are of.
    pub supplying: BTreeSet<String>,
    /// What packages of the main modules import where go.mod does not list all that the build takes, the standard library left out.
    pub direct: BTreeSet<String>,
    /// By import path.
    pub refused: BTreeMap<String, RefusedImport>,
}

/// An import that the Go command refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefusedImport {
    pub why: Refused,
    /// A file that imports it, as it is shown.
    pub file: String,
    /// The path of the module that the file is of; `None` for a main one.
    pub module: Option<String>,
}

impl Followed {
    fn meet(&mut self, other: &Followed) {
        self.supplying.retain(|path| other.supplying.contains(path));
        self.direct.retain(|path| other.direct.contains(path));
        self.refused.retain(|path, _| other.refused.contains_key(path));
    }

    fn join(&mut self, more: Followed) {
        self.supplying.extend(more.supplying);
        self.direct.extend(more.direct);
        for (path, refused) in more.refused {
            self.refused.entry(path).or_insert(refused);
        }
    }
}

impl Program<'_> {
    /// By the folders in which builds are started.
    pub fn followed(&self) -> BTreeMap<String, Followed> {
        let mut of_settings: BTreeMap<(usize, usize), Followed> = BTreeMap::new();
        // What tags that nobody declared bring in need not be the build's.
        for build in self.builds.iter().filter(|build| self.configs[build.config].undeclared.is_none()) {
            let here = self.of_build(build);
            of_settings
                .entry((build.config, build.modules))
                .and_modify(|same| same.meet(&here))
                .or_insert_with(|| here.clone());
        }
        let mut out: BTreeMap<String, Followed> = BTreeMap::new();
        for ((_, modules), followed) in of_settings {
            out.entry(self.modules[modules].root.clone()).or_default().join(followed);
        }
        out
    }

    fn of_build(&self, build: &Build) -> Followed {
        let modules = &self.modules[build.modules];
        let lists_all = modules.mains.iter().all(|main| is_pruned(&main.go_mod));
        let (mut followed, mut owners) = (Followed::default(), BTreeMap::<FolderId, Option<String>>::new());
        for (path, reached) in &build.graph.packages {
            let local = self.folders.module_of(&self.folders.get(reached.folder).path);
            let is_main = modules.mains.iter().any(|main| Some(main.folder.as_str()) == local);
            let replacing = modules.local.iter().find(|module| Some(module.folder.as_str()) == local);
            let supplier = build.graph.supplied.get(path).or(replacing.map(|module| &module.path));
            if is_main && !lists_all {
                let others = reached.selection.imports.iter().filter(|import| !is_standard(import));
                followed.direct.extend(others.map(|import| import.to_string()));
            }
            followed.supplying.extend(supplier.filter(|_| !is_main).cloned());
            owners.insert(reached.folder, supplier.filter(|_| !is_main).cloned());
        }
        let missing = build.graph.missing.iter().filter_map(|(path, m)| Some((path, (m.importer, m.refused?))));
        let refused = build.graph.refused.iter().map(|(path, refused)| (path, *refused));
        for (path, (importer, why)) in missing.chain(refused) {
            let Some(module) = owners.get(&self.folders.file(importer).folder) else { continue };
            let refused = RefusedImport { why, file: self.shown(importer), module: module.clone() };
            followed.refused.insert(path.clone(), refused);
        }
        followed
    }
}
