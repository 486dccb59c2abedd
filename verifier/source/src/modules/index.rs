//! What is asked about modules again and again, computed once, so that huge module files stay linear.

use super::graph::{Graph, MainModule, folder_of};
use super::text::Text;
use crate::build::Imports;
use assize_golang::module::{Module, is_at_or_below};
use assize_golang::semver;
use assize_golang::sum::{SumFile, Summed};
use assize_golang::vendor::{Mains, ModulesTxt};
use std::collections::{BTreeMap, BTreeSet};

/// What the build takes for a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effective {
    /// A folder of the source: a replacement's target or a member of the workspace; `None` where it lies outside.
    Folder(Option<String>),
    Module(Module),
}

/// The sums of one module, and the line of the first: index of the file and of the line.
#[derive(Default)]
pub(super) struct Summation {
    pub sums: BTreeSet<String>,
    pub at: (usize, usize),
}

#[derive(Default)]
pub(super) struct Index {
    /// Folders of the main modules by path.
    pub mains: BTreeMap<String, String>,
    /// The highest version that is required, by path.
    pub selected: BTreeMap<String, String>,
    /// Folders of the main modules that require a path.
    pub required_by: BTreeMap<String, BTreeSet<String>>,
    pub excluded: BTreeSet<Module>,
    pub effective: BTreeMap<Module, Effective>,
    /// Modules of which modules.txt lists packages.
    pub vendored: BTreeSet<Module>,
    pub sums: BTreeMap<(Module, Summed), Summation>,
    /// Paths of required modules that alone can provide a package that the build imports.
    pub providing: BTreeSet<String>,
    /// The main module that the delivered program belongs to.
    pub home: Option<usize>,
}

impl Index {
    pub fn new(graph: &Graph, packages: &[String], imports: Option<&Imports>) -> Index {
        let mut index = Index { home: home(&graph.mains, packages), ..Index::default() };
        for main in &graph.mains {
            index.mains.insert(main.path.clone(), main.folder.clone());
            index.excluded.extend(main.go_mod.exclude.iter().map(|e| e.module.clone()));
        }
        index.require(&graph.mains);
        index.sum(&graph.sums);
        index.vendor(graph.vendor.as_ref().map(|(_, txt)| txt));
        index.replace(graph);
        imports.into_iter().flat_map(|i| &i.paths).for_each(|import| index.import(import));
        index
    }

    fn require(&mut self, mains: &[MainModule]) {
        for main in mains {
            for require in &main.go_mod.require {
                let Module { path, version } = &require.module;
                self.required_by.entry(path.clone()).or_default().insert(main.folder.clone());
                if self.excluded.contains(&require.module) {
                    continue;
                }
                let best = self.selected.entry(path.clone()).or_insert_with(|| version.clone());
                if semver::compare(best, version).is_lt() {
                    best.clone_from(version);
                }
            }
        }
    }

    fn sum(&mut self, files: &[(Text, SumFile)]) {
        for (at, (_, file)) in files.iter().enumerate() {
            for (line_at, line) in file.lines.iter().enumerate().filter(|(_, line)| !line.is_dropped()) {
                let fresh = || Summation { sums: BTreeSet::new(), at: (at, line_at) };
                let summation = self.sums.entry((line.module.clone(), line.of)).or_insert_with(fresh);
                summation.sums.insert(line.sum.clone());
            }
        }
    }

    fn vendor(&mut self, txt: Option<&ModulesTxt>) {
        let listed = txt.into_iter().flat_map(|txt| &txt.modules).filter(|v| !v.packages.is_empty());
        self.vendored = listed.map(|v| v.module.clone()).collect();
    }

    fn replace(&mut self, graph: &Graph) {
        let view = graph.view();
        let required = graph.mains.iter().flat_map(|m| &m.go_mod.require).map(|r| &r.module);
        let all: BTreeSet<&Module> = required.chain(&self.vendored).collect();
        for module in all {
            self.effective.insert(module.clone(), self.replaced(&view, module));
        }
    }

    /// What stands for a module.
    pub fn replaced(&self, view: &Mains<'_>, module: &Module) -> Effective {
        match (self.mains.get(&module.path), view.replacement(module)) {
            (Some(folder), _) => Effective::Folder(Some(folder.clone())),
            (None, Some((target, base))) if target.version.is_empty() => Effective::Folder(folder_of(base, target)),
            (None, Some((target, _))) => Effective::Module(target.clone()),
            (None, None) => Effective::Module(module.clone()),
        }
    }

    /// A package can be provided by every module whose path begins its own; only where that is one, it is known which does.
    fn import(&mut self, import: &str) {
        let mut candidates = prefixes(import).filter(|p| self.mains.contains_key(*p) || self.selected.contains_key(*p));
        if let (Some(only), None) = (candidates.next(), candidates.next())
            && !self.mains.contains_key(only)
        {
            self.providing.insert(only.to_string());
        }
    }
}

/// The paths that an import path begins with, itself among them.
pub(super) fn prefixes(import: &str) -> impl Iterator<Item = &str> {
    let ends = import.match_indices('/').map(|(at, _)| at).chain([import.len()]);
    ends.map(|end| &import[..end])
}

/// The module around a declared package, else the one at the root, else the first.
fn home(mains: &[MainModule], packages: &[String]) -> Option<usize> {
    let around = |m: &MainModule| packages.iter().any(|p| m.folder == "." || is_at_or_below(p, &m.folder));
    let depth = |m: &MainModule| if m.folder == "." { 0 } else { m.folder.len() };
    let declared = (0..mains.len()).filter(|at| around(&mains[*at])).max_by_key(|at| depth(&mains[*at]));
    declared.or_else(|| mains.iter().position(|m| m.folder == ".")).or((!mains.is_empty()).then_some(0))
}
