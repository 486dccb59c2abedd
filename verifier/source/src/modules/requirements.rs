//! `module.requirements`: what is required, what the build takes for it, and whether go.sum has the sums.

use super::graph::{Graph, MainModule};
use super::index::Effective;
use assize_facts::kinds::module::Requirement;
use assize_facts::{Known, Sheet, reason};
use assize_golang::modfile::Require;
use assize_golang::module::{Module, matches_prefix_patterns};
use assize_golang::sum::Summed;

pub(super) fn sheet(graph: &Graph, private: &str) -> Sheet {
    let mut sheet = Sheet::of::<Requirement>();
    sheet.examined(graph.files.len() as u64);
    for main in &graph.mains {
        // A requirement of an excluded version is none (`go: ignoring requirement on excluded version`).
        for require in main.go_mod.require.iter().filter(|r| !graph.is_excluded(&r.module)) {
            sheet.push(requirement(graph, main, require, private), main.text.origin(require.place));
        }
    }
    sheet
}

fn requirement(graph: &Graph, main: &MainModule, require: &Require, private: &str) -> Requirement {
    let module = &require.module;
    let effective = match graph.effective(module) {
        Effective::Folder(_) => None,
        Effective::Module(effective) => Some(effective),
    };
    let present = |of| effective.as_ref().map(|m| !graph.sums_of(m, of).is_empty());
    let (zip_present, mod_present) = (present(Summed::Zip), present(Summed::GoMod));
    let zip_needed = zip_needed(graph, module, effective.is_none());
    let mod_needed = Known::Value(effective.is_some() && !graph.is_excluded(module));
    let missing = |needed: &Known<bool>, present: Option<bool>| needed.value() == Some(&true) && present == Some(false);
    let complete = !missing(&zip_needed, zip_present) && !missing(&mod_needed, mod_present);
    Requirement {
        path: module.path.clone(),
        version: module.version.clone(),
        indirect: require.indirect,
        required_by: main.path.clone(),
        local: effective.is_none(),
        effective_path: effective.as_ref().map(|m| m.path.clone()),
        effective_version: effective.as_ref().map(|m| m.version.clone()),
        zip_sum_needed: zip_needed,
        zip_sum_present: zip_present,
        mod_sum_needed: mod_needed,
        mod_sum_present: mod_present,
        sums_complete: Known::Value(complete),
        sums_recorded: zip_present != Some(false) && mod_present != Some(false),
        private: matches_prefix_patterns(private, &module.path),
    }
}

/// Whether a package of the module is known to be in the build: listed in vendor/modules.txt, or imported by the build's own files.
pub(super) fn zip_needed(graph: &Graph, module: &Module, local: bool) -> Known<bool> {
    // A lower version than another member of the workspace requires is not what the build takes.
    if local || graph.is_excluded(module) || graph.selected(&module.path) != Some(&module.version) {
        return Known::Value(false);
    }
    match graph.vendors(module) {
        Some(listed) => Known::Value(listed),
        None if graph.imports_from(&module.path) => Known::Value(true),
        None => Known::Unknown(reason!("build-unknown", module = module)),
    }
}
