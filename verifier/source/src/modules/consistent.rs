//! What the Go command asks of a main module's go.mod beyond its form, that it requires what the build imports, and of a go.work that it fits its members
//! (cmd/go/internal/modload `importFromModules` and `updateRequirements`, Go 1.26). It builds with no other.

use super::Given;
use super::graph::{Graph, MainModule};
use super::refused::{in_workspace, mistake};
use crate::build::{Followed, Imports, Refused, RefusedImport, may_be_standard};
use assize_facts::kinds::module::ModuleFile;
use assize_facts::{Field, Item, Sheet};
use assize_golang::modfile::Place;
use assize_golang::release;

/// Notes in a go.mod that the build imports a package which no module that it requires can have, or more than one has. With a vendor folder or a
/// workspace others say so.
///
/// `imports` are those of the only build.
pub(super) fn note_unprovided(graph: &mut Graph, imports: Option<&Imports>, followed: Option<&Followed>) {
    if graph.vendor.is_some() || graph.work.is_some() || graph.mains.len() != 1 {
        return;
    }
    let found = || unprovided(graph, imports?, followed);
    let Some(message) = refused(followed).or_else(found) else { return };
    let place = graph.mains[0].go_mod.module.as_ref().map(|line| line.place).unwrap_or_default();
    let file = graph.files.iter_mut().find(|file| file.is_main && file.kind == ModuleFile::GoMod);
    file.into_iter().for_each(|file| file.mistakes.push(mistake(place, &message)));
}

/// What a file of the main module imports and contents of modules show to be in none, or in several.
fn refused(followed: Option<&Followed>) -> Option<String> {
    let mut of_main = followed?.refused.iter().filter(|(_, refused)| refused.module.is_none());
    let (import, RefusedImport { why, file, .. }) = of_main.next()?;
    Some(match why {
        Refused::Nobody => format!("no required module provides package {import}, which {file} imports"),
        Refused::Several => format!("several modules of the build provide package {import}, which {file} imports"),
        Refused::Internal => format!("{file} imports package {import}, which is internal to others"),
    })
}

fn unprovided(graph: &Graph, imports: &Imports, followed: Option<&Followed>) -> Option<String> {
    let is_other = |path: &&String| !may_be_standard(path) && !path.starts_with(['.', '/']) && !graph.is_of_main(path);
    // Before `go 1.17` only what the main module itself imports has to be listed.
    let lists_all = graph.lists_graph() || graph.mains[0].go_mod.require.is_empty();
    let paths = if lists_all { &imports.paths } else { &followed?.direct };
    let import = paths.iter().filter(is_other).find(|path| graph.providers(path).is_empty())?;
    Some(format!("no required module provides package {import}"))
}

/// Notes in a modules.txt that the Go command does not use the folder, unless a build asks for it
/// (cmd/go/internal/modload/init.go, setDefaultBuildMod, Go 1.26).
pub(super) fn note_vendor(graph: &mut Graph, given: &Given<'_>) {
    let Some((_, txt)) = graph.vendor.as_ref().filter(|_| !asks_for_vendor(given)) else { return };
    let (name, line) = match (&graph.work, graph.mains.first()) {
        (Some(work), _) => ("go.work", work.go_work.go.as_ref()),
        (None, main) => ("go.mod", main.and_then(|main| main.go_mod.go.as_ref())),
    };
    let message = match (txt.workspace, graph.work.is_some()) {
        (true, false) => {
            "made by `go work vendor`, and there is no go.work: the Go command does not use this folder".into()
        }
        (false, true) => "not made by `go work vendor`: with a go.work the Go command does not use this folder".into(),
        _ if line.is_some_and(|line| release::compare(&line.version, "1.14").is_ge()) => return,
        _ => format!("{name} has no go line of 1.14 or newer: the Go command does not use this folder"),
    };
    let place = Place { line: 1, column: 1, end_column: 1, ..Place::default() };
    let file = graph.files.iter_mut().find(|file| file.kind == ModuleFile::ModulesTxt);
    file.into_iter().for_each(|file| file.mistakes.push(mistake(place, &message)));
}

/// Notes in a go.mod that a folder named `vendor` stands beside it that no list explains: the Go command takes it, and refuses the build, unless that is
/// perhaps run otherwise.
pub(super) fn note_unlisted_vendor(graph: &mut Graph, given: &Given<'_>) {
    let ([main], None, None) = (graph.mains.as_slice(), &graph.vendor, &graph.work) else { return };
    let is_recent = main.go_mod.go.as_ref().is_some_and(|line| release::compare(&line.version, "1.14").is_ge());
    let requires = main.go_mod.require.iter().any(|require| !graph.is_excluded(&require.module));
    let folder = format!("{}/", graph.vendor_folder());
    let is_there = || graph.tree.entries().any(|entry| entry.path.starts_with(&folder));
    let settled = |item: &Item| {
        let elsewhere = item.fields.get("delivered").and_then(Field::known).is_some_and(|known| known == false);
        let otherwise = match item.text("setting") {
            Some("-mod") => item.text("value") != Some("vendor"),
            setting => matches!(setting, Some("removal of vendor" | "go mod vendor")),
        };
        otherwise && !elsewhere
    };
    let is_settled = || given.settings.is_none_or(|sheet| !sheet.gaps.is_empty() || sheet.items.iter().any(settled));
    if !is_recent || !requires || !is_there() || is_settled() {
        return;
    }
    let place = main.go_mod.module.as_ref().map(|line| line.place).unwrap_or_default();
    let message = format!("inconsistent vendoring: {folder} has no modules.txt, and the Go command takes it");
    let file = graph.files.iter_mut().find(|file| file.is_main && file.kind == ModuleFile::GoMod);
    file.into_iter().for_each(|file| file.mistakes.push(mistake(place, &message)));
}

/// Whether a delivered program is built with `-mod=vendor`.
fn asks_for_vendor(given: &Given<'_>) -> bool {
    let declared = given.spec.binaries.iter().filter_map(|binary| binary.build.as_ref());
    let mut flags = declared.flat_map(|build| build.flags.iter().chain(build.env.get("GOFLAGS")));
    flags.any(|flags| flags.split_whitespace().any(|flag| flag.trim_start_matches('-') == "mod=vendor"))
        || is_set(given.settings, "-mod", "vendor")
}

/// Whether a delivered build is known to have a setting.
fn is_set(settings: Option<&Sheet>, setting: &str, value: &str) -> bool {
    let is_one = |item: &Item| {
        let delivered = item.fields.get("delivered").and_then(Field::known).is_some_and(|known| known == true);
        item.text("setting") == Some(setting) && item.text("value") == Some(value) && delivered
    };
    settings.is_some_and(|sheet| sheet.items.iter().any(is_one))
}

/// Notes in a go.work that it does not fit its members, unless a build is known to switch the workspace off.
pub(super) fn note_workspace(graph: &mut Graph, settings: Option<&Sheet>) {
    let Some(work) = graph.work.as_ref().filter(|_| !is_set(settings, "GOWORK", "off")) else { return };
    let members: Vec<&MainModule> = graph.mains.iter().filter(|member| work.uses(&member.folder)).collect();
    let mistakes = in_workspace(&work.go_work, &members);
    let file = graph.files.iter_mut().find(|file| file.kind == ModuleFile::GoWork);
    file.into_iter().for_each(|file| file.mistakes.extend(mistakes.iter().cloned()));
}
