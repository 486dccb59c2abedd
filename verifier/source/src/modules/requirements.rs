//! `module.requirements`: what is required, what the build takes for it, and whether go.sum has the sums.

use super::graph::{Graph, MainModule};
use super::index::Effective;
use assize_facts::kinds::module::Requirement;
use assize_facts::{Known, Sheet, reason};
use assize_golang::modfile::Require;
use assize_golang::module::{Module, matches_prefix_patterns};
use assize_golang::sum::Summed;
use std::collections::BTreeMap;

pub(super) fn sheet(graph: &Graph, private: &str, demands: &BTreeMap<String, String>) -> Sheet {
    let mut sheet = Sheet::of::<Requirement>();
    sheet.examined(graph.files.len() as u64);
    for main in &graph.mains {
        // A requirement of an excluded version is none (`go: ignoring requirement on excluded version`).
        for require in main.go_mod.require.iter().filter(|r| !graph.is_excluded(&r.module)) {
            let demands = demands.get(&require.module.path).cloned();
            let fact = Requirement { demands, ..requirement(graph, main, require, private) };
            sheet.push(fact, main.text.origin(require.place));
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
    let mod_needed = match effective.is_some() && !graph.is_excluded(module) {
        true => go_mod_needed(graph, require, &zip_needed),
        false => Known::Value(false),
    };
    let lacks_zip = zip_needed.value() == Some(&true) && zip_present == Some(false);
    let lacks = [zip_present, mod_present].contains(&Some(false));
    let complete = match &mod_needed {
        _ if lacks && graph.unread_sums => Known::Unknown(reason!("sum-missing", module = module)),
        _ if lacks_zip => Known::Value(false),
        Known::Value(true) if mod_present == Some(false) => Known::Value(false),
        _ if zip_present == Some(false) => zip_needed.clone().map(|needed| !needed),
        needed if mod_present == Some(false) => needed.clone().map(|needed| !needed),
        _ => Known::Value(true),
    };
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
        sums_complete: complete,
        sums_recorded: zip_present != Some(false) && mod_present != Some(false),
        private: matches_prefix_patterns(private, &module.path),
        demands: None,
    }
}

/// Whether the sum of a module's go.mod has to be there. From `go 1.17` on the Go command reads no go.mod of a module that the build takes
/// nothing of, whether there is a vendor folder or all packages are found without it (cmd/go/internal/modload, loadModFile and
/// loadFromRoots, Go 1.26).
fn go_mod_needed(graph: &Graph, require: &Require, zip_needed: &Known<bool>) -> Known<bool> {
    if !graph.lists_graph() || graph.selected(&require.module.path) != Some(&require.module.version) {
        return Known::Value(true);
    }
    match zip_needed {
        // The Go command writes requirements like this for what modules take from one another: it has looked into the module.
        Known::Unknown(_) if require.indirect && !graph.has_contents => Known::Value(true),
        // It was looked into, and had nothing: that takes its contents alone (importFromModules).
        Known::Value(true) if is_followed(graph, &require.module) => match graph.provides(&require.module.path) {
            Some(provides) => Known::Value(provides),
            None => Known::Unknown(reason!("build-unknown", module = &require.module)),
        },
        known => known.clone(),
    }
}

/// Whether only the contents of modules tell that the module is looked into.
fn is_followed(graph: &Graph, module: &Module) -> bool {
    graph.vendors(module).is_none() && !graph.imports_from(&module.path)
}

/// Whether a package of the module is known to be in the build: listed in vendor/modules.txt, imported by the build's own files, or by those of
/// modules whose contents are at hand.
pub(super) fn zip_needed(graph: &Graph, module: &Module, local: bool) -> Known<bool> {
    // A lower version than another member of the workspace requires is not what the build takes.
    if local || graph.is_excluded(module) || graph.selected(&module.path) != Some(&module.version) {
        return Known::Value(false);
    }
    match graph.vendors(module) {
        Some(listed) => Known::Value(listed),
        None if graph.imports_from(&module.path) => Known::Value(true),
        None => match graph.takes(&module.path) {
            Some(takes) => Known::Value(takes),
            None => Known::Unknown(reason!("build-unknown", module = module)),
        },
    }
}
