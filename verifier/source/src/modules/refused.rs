//! What the Go command refuses in a main module's files although they parse (cmd/go/internal/modload `fixVersion` and `CheckImportPath`, Go 1.26).

use super::graph::MainModule;
use assize_golang::modfile::{GoMod, GoWork, Mistake, Place, Replace, Use};
use assize_golang::module::{self, Module, check_path_major, split_path_version};
use assize_golang::release;
use assize_golang::semver::canonical_module_version;
use assize_golang::vendor::clean;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn mistake(place: Place, message: &str) -> Mistake {
    Mistake { place, message: message.into() }
}

pub(super) fn in_go_mod(go_mod: &GoMod, bytes: &[u8]) -> Vec<Mistake> {
    let mut out = in_replaces(&go_mod.replace);
    out.extend(shortened(go_mod, bytes));
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

/// Versions that are not written whole (`v1.2`, `v1.0.0+meta`): the Go command would write the file anew, and does not build with it as it is
/// (`updates to go.mod needed`).
fn shortened(go_mod: &GoMod, bytes: &[u8]) -> Vec<Mistake> {
    // Of a replacement each side for itself.
    let of = |place: Place, what: &str, versions: &[&str]| {
        let line = String::from_utf8_lossy(bytes.get(place.start..place.end)?);
        let sides: Vec<&str> = line.split("=>").collect();
        let is_whole = |(at, version): (usize, &&str)| {
            let side = sides.get(at).or(sides.last()).copied().unwrap_or_default();
            let mut words = side.split([' ', '\t', '[', ']', ',']).map(|word| word.trim_matches(['"', '`']));
            version.is_empty() || words.any(|word| word == *version)
        };
        let (_, other) = versions.iter().enumerate().find(|version| !is_whole(*version))?;
        Some(mistake(place, &format!("{what}: the version is not written in its canonical form {other}")))
    };
    let requires = go_mod.require.iter().map(|line| {
        let Module { path, version } = &line.module;
        of(line.place, &format!("require {path}"), &[version])
    });
    let replaces = go_mod
        .replace
        .iter()
        .map(|line| of(line.place, &format!("replace {}", line.old.path), &[&line.old.version, &line.new.version]));
    let retracts = go_mod.retract.iter().map(|line| {
        let is_other = |version: &&&String| canonical_module_version(version).as_ref() != Some(*version);
        let other = [&line.interval.low, &line.interval.high].into_iter().find(|version| is_other(&version))?;
        Some(mistake(line.place, &format!("retract: version {other:?} is not canonical")))
    });
    let excludes = go_mod.exclude.iter().map(|line| {
        let Module { path, version } = &line.module;
        of(line.place, &format!("exclude {path}"), &[version])
    });
    requires.chain(replaces).chain(excludes).chain(retracts).flatten().collect()
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

/// A workspace below its members: in its `go` line, and where two of them replace a module by different things and it does not decide
/// (cmd/go/internal/modload/init.go, `loadModFile` and `makeMainModules`, Go 1.26).
pub(super) fn in_workspace(work: &GoWork, members: &[&MainModule]) -> Vec<Mistake> {
    let top = Place { line: 1, column: 1, end_column: 1, ..Place::default() };
    let lists = work.go.as_ref().map_or(release::DEFAULT_GO_WORK, |go| go.version.as_str());
    // Lower ones are no requirement (cmd/go/internal/gover, `GoStrictVersion`).
    let is_higher = |wanted: &str| release::compare(wanted, "1.21").is_ge() && release::compare(wanted, lists).is_gt();
    let go = |member: &MainModule| Some((member.path.clone(), member.go_mod.go.as_ref()?.version.clone()));
    let newer = members.iter().copied().filter_map(go).find(|(_, wanted)| is_higher(wanted));
    let mut out: Vec<Mistake> = newer
        .map(|(path, wanted)| {
            let place = work.go.as_ref().map_or(top, |go| go.place);
            mistake(place, &format!("{path} requires go >= {wanted}, but go.work lists go {lists}"))
        })
        .into_iter()
        .collect();
    let is_member = |path: &str| members.iter().any(|member| member.path == path);
    let of_members = work.replace.iter().filter(|r| r.old.version.is_empty() && is_member(&r.old.path));
    out.extend(
        of_members.map(|r| mistake(r.place, &format!("workspace module {} is replaced at all versions", r.old.path))),
    );
    let mut known: BTreeMap<&Module, (usize, Module)> = BTreeMap::new();
    for (index, member) in members.iter().enumerate() {
        for replace in member.go_mod.replace.iter().filter(|r| !work.replace.iter().any(|w| w.old.path == r.old.path)) {
            let mut target = replace.new.clone();
            if target.version.is_empty() && !target.path.starts_with('/') {
                target.path = clean(&format!("{}/{}", member.folder, target.path));
            }
            let (of, first) = known.entry(&replace.old).or_insert_with(|| (index, target.clone()));
            if *of != index && *first != target {
                out.push(mistake(top, &format!("conflicting replacements for {}: {first}, {target}", replace.old)));
            }
        }
    }
    out
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
