//! What the Go command refuses in a main module's files although they parse (cmd/go/internal/modload `fixVersion` and `CheckImportPath`, Go 1.26).

use assize_golang::modfile::{GoMod, Mistake, Place, Replace, Require, Use};
use assize_golang::module::{self, Module, check_path_major, split_path_version};
use assize_golang::vendor::clean;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn mistake(place: Place, message: &str) -> Mistake {
    Mistake { place, message: message.into() }
}

pub(super) fn in_go_mod(go_mod: &GoMod, bytes: &[u8]) -> Vec<Mistake> {
    let mut out = in_replaces(&go_mod.replace);
    out.extend(go_mod.require.iter().filter_map(|require| shortened(require, bytes)));
    out.extend(module_line(go_mod));
    let path = go_mod.module.as_ref().map_or("", |line| line.path.as_str());
    for retract in &go_mod.retract {
        let ends = [&retract.interval.low, &retract.interval.high].into_iter();
        out.extend(
            ends.filter_map(|version| other_major(path, version))
                .take(1)
                .map(|why| mistake(retract.place, &format!("retract: {why}"))),
        );
    }
    for tool in &go_mod.tool {
        let refused = module::check_import_path(&tool.path).err();
        out.extend(refused.map(|why| mistake(tool.place, &format!("malformed tool path {:?}: {why}", tool.path))));
    }
    out
}

/// A requirement whose version is not written whole (`v1.2`, `v1.0.0+meta`): the Go command would write the file anew, and does not build
/// with it as it is (`updates to go.mod needed`).
fn shortened(require: &Require, bytes: &[u8]) -> Option<Mistake> {
    let line = String::from_utf8_lossy(bytes.get(require.place.start..require.place.end)?);
    let written = line.split_whitespace().map(|word| word.trim_matches(['"', '`'])).next_back()?;
    let Module { path, version } = &require.module;
    (written != version)
        .then(|| mistake(require.place, &format!("require {path}: version {written:?} is not canonical")))
}

/// Two replacements of the same module by different targets, and targets whose path and version contradict each other.
pub(super) fn in_replaces(replaces: &[Replace]) -> Vec<Mistake> {
    let mut seen: BTreeMap<&Module, &Module> = BTreeMap::new();
    let mut out = Vec::new();
    for replace in replaces {
        let first = seen.entry(&replace.old).or_insert(&replace.new);
        if **first != replace.new {
            out.push(mistake(replace.place, &format!("conflicting replacements for {}", replace.old)));
        }
        let Module { path, version } = &replace.new;
        let other = (!version.is_empty()).then(|| other_major(path, version)).flatten();
        out.extend(other.map(|why| mistake(replace.place, &format!("replacement {path}: {why}"))));
    }
    out
}

/// Folders that a workspace uses more than once (cmd/go/internal/modload/init.go, LoadWorkFile, Go 1.26).
pub(super) fn in_uses(uses: &[Use]) -> Vec<Mistake> {
    let mut seen = BTreeSet::new();
    let again = uses.iter().filter(|member| !seen.insert(clean(&member.path)));
    again
        .map(|member| mistake(member.place, &format!("path {} appears multiple times in workspace", member.path)))
        .collect()
}

/// Why a path cannot have a version.
fn other_major(path: &str, version: &str) -> Option<String> {
    match split_path_version(path) {
        Some((_, major)) => check_path_major(version, major).err(),
        None => Some(format!("malformed module path {path:?}")),
    }
}

/// A main module's go.mod has to say which module it is.
fn module_line(go_mod: &GoMod) -> Option<Mistake> {
    match &go_mod.module {
        None => Some(mistake(Place { line: 1, column: 1, end_column: 1, ..Place::default() }, "no module declaration")),
        Some(line) => module::check_import_path(&line.path)
            .err()
            .map(|why| mistake(line.place, &format!("malformed module path {:?}: {why}", line.path))),
    }
}
