//! What modules of the build ask for that the main module's go.mod does not have: the Go command builds with no such go.mod
//! (cmd/go/internal/modload `updateRoots`, `spotCheckRoots` and `readModGraph`, Go 1.26).

use super::graph::{Graph, MainModule};
use super::index::Effective;
use super::shelf::Shelf;
use crate::build::{Contents, Followed, Refused};
use assize_golang::modfile::{GoMod, Require, Strictness, parse_go_mod};
use assize_golang::module::Module;
use assize_golang::release;
use assize_golang::semver;
use assize_golang::sum::Summed;
use assize_golang::vendor::Mains;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// More go.mod files than these are not read.
const MOST: usize = 50_000;

/// By the path of a required module. With a vendor folder others say so, and in a workspace the versions of all members count.
pub(super) fn demands(graph: &Graph, shelf: &Shelf<'_>, followed: Option<&Followed>) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let ([main], None, None) = (graph.mains.as_slice(), &graph.vendor, &graph.work) else { return out };
    if let Some(walked) = &graph.walked {
        out.clone_from(&walked.demands);
    } else {
        for Require { module, .. } in main.go_mod.require.iter().filter(|r| is_read(graph, followed, &r.module)) {
            let actual = graph.effective(module);
            if let Some(found) =
                go_mod(graph, shelf, &actual).and_then(|own| demand(graph, main, (module, &actual), &own))
            {
                out.insert(module.path.clone(), found);
            }
        }
    }
    for (import, refused) in followed.into_iter().flat_map(|followed| &followed.refused) {
        let Some(module) = &refused.module else { continue };
        let what = match refused.why {
            Refused::Nobody => "of no module that go.mod lists",
            Refused::Several => "of several modules",
            Refused::Internal => "internal to other packages",
        };
        out.entry(module.clone()).or_insert_with(|| format!("{import} ({what}; imported in {})", refused.file));
    }
    out
}

/// Whether the Go command surely reads a listed module's go.mod: from `go 1.17` on those of modules that it takes packages of.
fn is_read(graph: &Graph, followed: Option<&Followed>, module: &Module) -> bool {
    let is_selected = graph.selected(&module.path) == Some(&module.version) && !graph.is_excluded(module);
    let is_supplying = || followed.is_some_and(|followed| followed.supplying.contains(&module.path));
    let provides = || graph.imports_from(&module.path) || graph.provides(&module.path) == Some(true);
    is_selected && (is_supplying() || provides())
}

/// What a module of the build asks for in its go.mod.
fn demand(graph: &Graph, main: &MainModule, (module, actual): (&Module, &Effective), own: &GoMod) -> Option<String> {
    let lower = own.require.iter().find_map(|Require { module, .. }| {
        let here = graph.selected(&module.path).filter(|_| !graph.is_excluded(module))?;
        is_higher(&module.version, here).then(|| versions(module, here))
    });
    lower.or_else(|| newer_go(main, own)).or_else(|| other_path(module, actual, own))
}

fn is_higher(version: &str, here: &str) -> bool {
    semver::compare(here, version).is_lt()
}

fn versions(module: &Module, here: &str) -> String {
    format!("{} {} (here: {here})", module.path, module.version)
}

fn newer_go(main: &MainModule, own: &GoMod) -> Option<String> {
    let wanted = &own.go.as_ref()?.version;
    let here = main.go_mod.go.as_ref().map_or(release::DEFAULT_GO_MOD, |line| line.version.as_str());
    // Lower ones are no requirement (cmd/go/internal/gover, `GoStrictVersion`).
    let is_strict = release::compare(wanted, "1.21").is_ge();
    (is_strict && release::compare(here, wanted).is_lt()).then(|| format!("go {wanted} (here: {here})"))
}

/// The path under which a module has to be required: its own, or that of the module that it replaces (`goModSummary`).
fn other_path(module: &Module, actual: &Effective, own: &GoMod) -> Option<String> {
    let Effective::Module(actual) = actual else { return None };
    let declared = &own.module.as_ref()?.path;
    let is_other = *declared != module.path && *declared != actual.path;
    is_other.then(|| format!("the path {declared} (here: {})", module.path))
}

/// What stands in for a module's go.mod, as far as it is at hand and go.sum has its sum.
fn go_mod(graph: &Graph, shelf: &Shelf<'_>, actual: &Effective) -> Option<GoMod> {
    match actual {
        Effective::Folder(folder) => graph.targets.get(folder.as_ref()?)?.go_mod.clone(),
        Effective::Module(module) => {
            let text = shelf.go_mod(module, graph.sums_of(module, Summed::GoMod))?;
            Some(parse_go_mod(&text, Strictness::Dependency).file)
        }
    }
}

/// The graph of all modules, as far as their go.mod files are at hand.
pub(super) struct Walked {
    demands: BTreeMap<String, String>,
    reached: BTreeSet<Module>,
    is_whole: bool,
}

impl Walked {
    /// Whether one of these versions is the build's of a module; `None` where that is not known.
    pub fn takes(&self, path: &str, is_one: impl Fn(&str) -> bool) -> Option<bool> {
        let mine = self.reached.range(Module::new(path, "")..).take_while(|module| module.path == path);
        let newest = mine.map(|module| module.version.as_str()).max_by(|a, b| semver::compare(a, b));
        self.is_whole.then(|| newest.is_some_and(is_one))
    }
}

/// Before `go 1.17` the Go command reads the go.mod files of all modules, and go.mod has to have what all of them together ask for.
pub(super) fn walk(graph: &Graph, shelf: &Shelf<'_>) -> Option<Walked> {
    let ([main], None, None, false) = (graph.mains.as_slice(), &graph.vendor, &graph.work, graph.lists_graph()) else {
        return None;
    };
    let view = graph.view();
    let required = |of: &GoMod| -> Vec<Module> {
        let all = of.require.iter().map(|require| &require.module);
        all.filter(|module| module.path != main.path && !graph.is_excluded(module)).cloned().collect()
    };
    let roots = required(&main.go_mod);
    let reached = roots.iter().cloned().collect();
    let mut walked = Walked { demands: BTreeMap::new(), reached, is_whole: true };
    let mut open: VecDeque<(Module, String)> = roots.into_iter().map(|root| (root.clone(), root.path)).collect();
    while let Some((module, root)) = open.pop_front() {
        let actual = graph.replaced(&view, &module);
        let Some(own) = go_mod(graph, shelf, &actual).filter(|_| walked.reached.len() < MOST) else {
            walked.is_whole = false;
            continue;
        };
        let mut found = None;
        for required in required(&own) {
            found = found.or_else(|| lower_or_unsummed(graph, &view, &required));
            if walked.reached.insert(required.clone()) {
                open.push_back((required, root.clone()));
            }
        }
        let found = found.or_else(|| newer_go(main, &own)).or_else(|| other_path(&module, &actual, &own));
        if let Some(found) = found {
            walked.demands.entry(root).or_insert(found);
        }
    }
    Some(walked)
}

fn lower_or_unsummed(graph: &Graph, view: &Mains<'_>, required: &Module) -> Option<String> {
    let here = graph.selected(&required.path).filter(|here| is_higher(&required.version, here));
    here.map(|here| versions(required, here)).or_else(|| {
        let Effective::Module(actual) = graph.replaced(view, required) else { return None };
        let is_summed = !graph.sums_of(&actual, Summed::GoMod).is_empty();
        (!is_summed).then(|| format!("{} {} (go.sum has no checksum of its go.mod)", required.path, required.version))
    })
}
