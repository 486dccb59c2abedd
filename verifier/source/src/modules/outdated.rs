//! What the Go command would write anew in a main module's go.mod, and so does not build with ("updates to go.mod needed"), and the settings in module
//! files that it does not know (cmd/go/internal/modload `modFileIsDirty`, `UpdateGoModFromReqs`, `CheckGodebug`, Go 1.26).

use super::graph::Graph;
use super::refused::mistake;
use assize_facts::Deliverable;
use assize_facts::kinds::module::ModuleFile;
use assize_golang::godebug;
use assize_golang::modfile::{GoMod, GoVersionLine, Godebug, Mistake};
use assize_golang::release;
use std::collections::{BTreeMap, BTreeSet};

/// Notes it. In a workspace the Go command writes no go.mod, and go.work's settings count.
pub(super) fn note(graph: &mut Graph, spec: &Deliverable) {
    let declared =
        spec.binaries.iter().filter_map(|binary| release::minor(binary.build.as_ref()?.go.as_deref()?)).max();
    let (kind, found) = match (&graph.work, graph.mains.as_slice()) {
        (Some(work), _) => {
            let file = &work.go_work;
            let at_least = at_least(file.go.as_ref(), file.toolchain.as_ref(), declared);
            (ModuleFile::GoWork, settings(&file.godebug, at_least))
        }
        (None, [main]) => {
            let file = &main.go_mod;
            let at_least = at_least(file.go.as_ref(), file.toolchain.as_ref(), declared);
            (ModuleFile::GoMod, settings(&file.godebug, at_least).into_iter().chain(in_go_mod(file)).collect())
        }
        (None, _) => return,
    };
    let file = graph.files.iter_mut().find(|file| file.is_main && file.kind == kind);
    file.into_iter().for_each(|file| file.mistakes.extend(found.iter().cloned()));
}

/// N of the oldest toolchain 1.N that may build.
fn at_least(go: Option<&GoVersionLine>, toolchain: Option<&GoVersionLine>, declared: Option<u32>) -> u32 {
    let of_go = go.and_then(|line| release::minor(&line.version));
    let of_toolchain = toolchain.and_then(|line| release::minor(line.version.strip_prefix("go")?));
    [of_go, of_toolchain, declared].into_iter().flatten().max().unwrap_or_default()
}

fn settings(lines: &[Godebug], toolchain: u32) -> Vec<Mistake> {
    let of = |line: &Godebug| Some(mistake(line.place, &godebug::refusal(&line.key, &line.value, toolchain)?));
    lines.iter().filter_map(of).collect()
}

fn in_go_mod(file: &GoMod) -> Vec<Mistake> {
    let mut out: Vec<Mistake> = toolchain(file).into_iter().collect();
    let excluded: BTreeSet<_> = file.exclude.iter().map(|line| &line.module).collect();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for require in &file.require {
        let module = &require.module;
        let first = *seen.entry(&module.path).or_insert(&module.version);
        if excluded.contains(module) {
            out.push(mistake(require.place, &format!("require {module}: this version is excluded")));
        } else if first != module.version {
            out.push(mistake(require.place, &format!("require {module}: {first} is required as well")));
        }
    }
    out
}

/// A toolchain line that says what the `go` line says, or none that has a say.
fn toolchain(file: &GoMod) -> Option<Mistake> {
    let line = file.toolchain.as_ref()?;
    let name = line.version.strip_prefix("go").unwrap_or_default();
    let version = name.split([' ', '\t', '-']).next().unwrap_or_default();
    let go = file.go.as_ref().map_or(release::DEFAULT_GO_MOD, |go| go.version.as_str());
    let is_idle = name == go || name.contains(['/', '\\']) || release::compare(version, "1.21").is_lt();
    is_idle.then(|| {
        mistake(line.place, &format!("toolchain {}: without effect, and the Go command drops it", line.version))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_golang::modfile::{Place, Strictness, parse_go_mod};

    /// What `go build` of Go 1.26 refuses, held against it by hand; nothing where it builds.
    #[test]
    fn what_the_go_command_would_write_anew_is_refused() {
        for (text, wanted) in [
            ("go 1.24\ntoolchain go1.24.1\n", ""),
            ("go 1.24\ntoolchain go1.22.1\n", ""),
            ("go 1.24\ntoolchain go1.24-corp\n", ""),
            ("toolchain go1.24.1\n", ""),
            ("go 1.24\ntoolchain go1.24\n", "toolchain go1.24: without effect, and the Go command drops it"),
            ("go 1.24\ntoolchain default\n", "toolchain default: without effect, and the Go command drops it"),
            ("go 1.18\ntoolchain go1.20.1\n", "toolchain go1.20.1: without effect, and the Go command drops it"),
            (
                "go 1.24\ntoolchain go1.24.1+auto\n",
                "toolchain go1.24.1+auto: without effect, and the Go command drops it",
            ),
            ("require x.y/a v1.0.0\nrequire x.y/a v1.0.0\n", ""),
            ("require x.y/a v1.0.0\nrequire x.y/a v1.1.0\n", "require x.y/a@v1.1.0: v1.0.0 is required as well"),
            ("require x.y/a v1.0.0\nexclude x.y/a v1.0.0\n", "require x.y/a@v1.0.0: this version is excluded"),
            ("require x.y/a v1.0.0\nexclude x.y/a v1.1.0\nexclude x.y/a v1.1.0\n", ""),
        ] {
            let parsed = parse_go_mod(format!("module m.x/m\n{text}").as_bytes(), Strictness::Main);
            let said: Vec<String> = in_go_mod(&parsed.file).into_iter().map(|mistake| mistake.message).collect();
            assert_eq!((said.join("; ").as_str(), parsed.mistakes.len()), (wanted, 0), "{text}");
        }
    }

    #[test]
    fn settings_count_by_the_oldest_toolchain_that_may_build() {
        let line = |version: &str| Some(GoVersionLine { version: version.into(), place: Place::default() });
        for (go, toolchain, declared, wanted) in [
            ("1.21", None, None, 21),
            ("1.21", line("go1.24.1"), None, 24),
            ("1.21", line("default"), Some(27), 27),
            ("1.25.0", None, Some(23), 25),
        ] {
            assert_eq!(at_least(line(go).as_ref(), toolchain.as_ref(), declared), wanted, "{go}");
        }
    }
}
