//! What the Go command asks of a main module's go.mod beyond its form: that it requires what the build imports, and nothing lower than what modules of
//! the build require themselves (cmd/go/internal/modload `importFromModules`, `spotCheckRoots`, Go 1.26). It builds with no other.

use super::graph::{Graph, MainModule};
use super::index::Effective;
use super::refused::{in_workspace, mistake};
use super::store::{Form, Store};
use crate::build::{Imports, may_be_standard};
use assize_facts::kinds::module::ModuleFile;
use assize_facts::{Field, Item, Sheet};
use assize_golang::modfile::{GoMod, Require, Strictness, parse_go_mod};
use assize_golang::module::Module;
use assize_golang::release;
use assize_golang::semver;
use assize_golang::sum::{Summed, go_mod_h1};
use std::collections::BTreeMap;

/// Notes in a go.mod that the build imports a package which no module that it requires can have. With a vendor folder or a workspace others say so, and
/// before `go 1.17` a module that one of those requires may have it.
pub(super) fn note_unprovided(graph: &mut Graph, imports: &Imports) {
    let lists_all = |graph: &Graph| graph.lists_graph() || graph.mains[0].go_mod.require.is_empty();
    if graph.vendor.is_some() || graph.work.is_some() || graph.mains.len() != 1 || !lists_all(graph) {
        return;
    }
    let is_other = |path: &&String| !may_be_standard(path) && !path.starts_with(['.', '/']) && !graph.is_of_main(path);
    let Some(import) = imports.paths.iter().filter(is_other).find(|path| graph.providers(path).is_empty()) else {
        return;
    };
    let found = mistake(
        graph.mains[0].go_mod.module.as_ref().map(|line| line.place).unwrap_or_default(),
        &format!("no required module provides package {import}"),
    );
    let file = graph.files.iter_mut().find(|file| file.is_main && file.kind == ModuleFile::GoMod);
    file.into_iter().for_each(|file| file.mistakes.push(found.clone()));
}

/// Notes in a go.work that it does not fit its members, unless a build is known to switch the workspace off.
pub(super) fn note_workspace(graph: &mut Graph, settings: Option<&Sheet>) {
    let is_off = |item: &Item| {
        let delivered = item.fields.get("delivered").and_then(Field::known).is_some_and(|known| known == true);
        item.text("setting") == Some("GOWORK") && item.text("value") == Some("off") && delivered
    };
    let Some(work) = graph.work.as_ref().filter(|_| !settings.is_some_and(|sheet| sheet.items.iter().any(is_off)))
    else {
        return;
    };
    let members: Vec<&MainModule> = graph.mains.iter().filter(|member| work.uses(&member.folder)).collect();
    let mistakes = in_workspace(&work.go_work, &members);
    let file = graph.files.iter_mut().find(|file| file.kind == ModuleFile::GoWork);
    file.into_iter().for_each(|file| file.mistakes.extend(mistakes.iter().cloned()));
}

/// By the path of a required module that the build takes packages of: what its own go.mod requires that the main module's does not have.
pub(super) fn demands(graph: &Graph, stores: &[Store]) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    if graph.vendor.is_some() || graph.work.is_some() || stores.is_empty() {
        return out;
    }
    let [main] = graph.mains.as_slice() else { return out };
    for Require { module, .. } in main.go_mod.require.iter().filter(|require| is_read(graph, &require.module)) {
        let Effective::Module(effective) = graph.effective(module) else { continue };
        if let Some(found) = go_mod(graph, stores, &effective).and_then(|own| demand(graph, main, &own)) {
            out.insert(module.path.clone(), found);
        }
    }
    out
}

/// Whether the Go command surely reads a required module's go.mod: before `go 1.17` all of them.
fn is_read(graph: &Graph, module: &Module) -> bool {
    let is_selected = graph.selected(&module.path) == Some(&module.version) && !graph.is_excluded(module);
    let provides = || graph.imports_from(&module.path) || graph.provides(&module.path) == Some(true);
    is_selected && (!graph.lists_graph() || provides())
}

fn demand(graph: &Graph, main: &MainModule, own: &GoMod) -> Option<String> {
    let lower = own.require.iter().find_map(|Require { module, .. }| {
        let here = graph.selected(&module.path).filter(|_| !graph.is_excluded(module))?;
        semver::compare(here, &module.version)
            .is_lt()
            .then(|| format!("{} {} (here: {here})", module.path, module.version))
    });
    lower.or_else(|| {
        let wanted = &own.go.as_ref()?.version;
        let here = main.go_mod.go.as_ref().map_or(release::DEFAULT_GO_MOD, |line| line.version.as_str());
        // Lower ones are no requirement (cmd/go/internal/gover, `GoStrictVersion`).
        let is_strict = release::compare(wanted, "1.21").is_ge();
        (is_strict && release::compare(here, wanted).is_lt()).then(|| format!("go {wanted} (here: {here})"))
    })
}

/// A module's own go.mod, where it is at hand as a file and go.sum sums it.
fn go_mod(graph: &Graph, stores: &[Store], module: &Module) -> Option<GoMod> {
    let sums = graph.sums_of(module, Summed::GoMod);
    let texts = stores.iter().flat_map(|store| store.find(module).into_iter().map(move |form| (store, form)));
    let mut read = texts.filter_map(|(store, form)| match form {
        Form::GoMod(path) => store.delivery.read(&path).ok(),
        Form::Zip(_) | Form::Folder(_) => None,
    });
    let is_summed = |text: &Vec<u8>| !sums.is_empty() && sums.iter().all(|sum| *sum == go_mod_h1(text));
    let text = read.find(is_summed)?;
    Some(parse_go_mod(&text, Strictness::Dependency).file)
}
