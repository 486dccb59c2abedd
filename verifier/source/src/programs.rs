//! Which programs are delivered, where deliverable.toml does not say of which packages they are: their build information does.

use assize_delivery::SourceTree;
use assize_facts::{BinarySpec, Deliverable, SourceSpec};
use assize_golang::build::folder_is_skipped;
use assize_golang::linker::in_module;
use assize_golang::modfile::{GoMod, Strictness, parse_go_mod};
use std::borrow::Cow;

/// What deliverable.toml would say.
pub(crate) struct Told<'s> {
    /// With the builds as the programs record them, for what hangs on which commands are theirs.
    pub builds: Cow<'s, Deliverable>,
    /// Packages and platform, where the source has to be read for them: they lie in a nested module or where `./...` does not look, or are for another
    /// platform than the usual one.
    pub source: Option<Deliverable>,
}

/// What is declared, with what the programs say of themselves where nothing is.
pub(crate) fn told<'s>(spec: &'s Deliverable, programs: &[BinarySpec], tree: &SourceTree) -> Told<'s> {
    let own = if programs.is_empty() { vec![] } else { own(programs, &modules(tree)) };
    with(spec, &own)
}

/// A module of the tree: its folder, ending in a slash where it has a name, and its path.
struct Module {
    folder: String,
    path: String,
    go_mod: GoMod,
}

fn modules(tree: &SourceTree) -> Vec<Module> {
    let module = |path: &str| {
        let go_mod = parse_go_mod(&tree.read(path).ok()?, Strictness::Dependency).file;
        Some(Module {
            path: go_mod.module.as_ref()?.path.clone(),
            folder: path.strip_suffix("go.mod")?.to_owned(),
            go_mod,
        })
    };
    tree.module_files().filter_map(module).collect()
}

/// A program of the tree, with its package as a folder.
struct Own<'p> {
    program: &'p BinarySpec,
    package: String,
    /// No pattern of the root module means it.
    is_apart: bool,
}

fn own<'p>(programs: &'p [BinarySpec], modules: &[Module]) -> Vec<Own<'p>> {
    let of = |program: &'p BinarySpec| {
        let package = program.package.as_deref()?;
        let mine = modules.iter().filter(|module| in_module(&module.path, package));
        let longest = mine.clone().map(|module| module.path.len()).max()?;
        let mut mine = mine.filter(|module| module.path.len() == longest);
        // Of two modules of one path nobody knows which it is.
        let module = mine.next().filter(|_| mine.next().is_none())?;
        let inside = package[module.path.len()..].trim_start_matches('/');
        let package = format!("./{}{inside}", module.folder);
        let is_passed_over = inside.split('/').any(folder_is_skipped) || module.go_mod.ignores(inside);
        Some(Own { program, package, is_apart: !module.folder.is_empty() || is_passed_over })
    };
    programs.iter().filter_map(of).collect()
}

fn with<'s>(spec: &'s Deliverable, own: &[Own<'_>]) -> Told<'s> {
    let lacks = spec.binaries.is_empty() || spec.binaries.iter().any(|binary| binary.package.is_none());
    if own.is_empty() || !lacks {
        return Told { builds: Cow::Borrowed(spec), source: None };
    }
    let mut builds = spec.clone();
    if spec.binaries.is_empty() {
        let as_declared = |own: &Own<'_>| BinarySpec { package: None, build: None, ..own.program.clone() };
        builds.binaries = own.iter().map(as_declared).collect();
    }
    for binary in builds.binaries.iter_mut().filter(|binary| binary.package.is_none()) {
        let Some(own) = own.iter().find(|own| own.program.name == binary.name) else { continue };
        binary.package = Some(own.package.clone());
        binary.build = binary.build.take().or_else(|| own.program.build.clone());
    }
    let declared = spec.source.as_ref().and_then(|source| source.platform.as_ref());
    let platform = declared.cloned().or_else(|| platform(own));
    builds.source.get_or_insert_with(SourceSpec::default).platform.clone_from(&platform);
    let is_usual = declared.is_some() || platform.as_deref().is_none_or(|platform| platform == "linux/amd64");
    let reads = own.iter().any(|own| own.is_apart) || !is_usual;
    let source = reads.then(|| {
        let mut source = builds.clone();
        // What selects files is only what somebody declared.
        for binary in &mut source.binaries {
            let declared = spec.binaries.iter().find(|declared| declared.name == binary.name);
            binary.build = declared.and_then(|declared| declared.build.clone());
        }
        source
    });
    Told { builds: Cow::Owned(builds), source }
}

/// `os/arch`, where all programs are for one.
fn platform(programs: &[Own<'_>]) -> Option<String> {
    let of = |own: &Own<'_>| {
        let env = &own.program.build.as_ref()?.env;
        Some(format!("{}/{}", env.get("GOOS")?, env.get("GOARCH")?))
    };
    let first = of(programs.first()?);
    first.filter(|first| programs.iter().all(|program| of(program).as_ref() == Some(first)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use assize_facts::BuildSpec;

    fn program(name: &str, package: Option<&str>, arch: &str) -> BinarySpec {
        let env = [("GOOS", "linux"), ("GOARCH", arch)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let build = BuildSpec { env: env.into(), ..BuildSpec::default() };
        BinarySpec { name: name.into(), path: name.into(), package: package.map(str::to_owned), build: Some(build) }
    }

    #[test]
    fn programs_tell_their_packages_where_nobody_declares_them() {
        let api = program("dist/api", Some("example.com/app/cmd/api"), "amd64");
        let cli = program("dist/cli", Some("example.com/app/cmd/cli"), "arm64");
        let nested = program("dist/nested", Some("example.com/app/server"), "amd64");
        let hidden = program("dist/hidden", Some("example.com/app/hidden/x"), "amd64");
        let under = program("dist/under", Some("example.com/app/_x"), "amd64");
        let others = program("dist/other", Some("example.org/other"), "amd64");
        let undeclared = BinarySpec { name: "dist/api".into(), ..BinarySpec::default() };
        let declared = BinarySpec { package: Some("./cmd/cli".into()), ..undeclared.clone() };
        let modules = [("", "example.com/app"), ("server/", "example.com/app/server"), ("x/", "example.com/x")];
        let go_mod = parse_go_mod(b"module example.com/app\n\nignore ./hidden\n", Strictness::Dependency).file;
        let module =
            |(folder, path): (&str, &str)| Module { folder: folder.into(), path: path.into(), go_mod: go_mod.clone() };
        let modules = modules.map(module);
        for (binaries, found, packages, platform, reads) in [
            (vec![], vec![&api, &others], &["./cmd/api"][..], Some("linux/amd64"), false),
            (vec![], vec![&api, &cli], &["./cmd/api", "./cmd/cli"], None, false),
            (vec![], vec![&cli], &["./cmd/cli"], Some("linux/arm64"), true),
            (vec![], vec![&api, &nested], &["./cmd/api", "./server/"], Some("linux/amd64"), true),
            (vec![], vec![&hidden], &["./hidden/x"], Some("linux/amd64"), true),
            (vec![], vec![&under], &["./_x"], Some("linux/amd64"), true),
            (vec![], vec![&others], &[], None, false),
            (vec![undeclared], vec![&api], &["./cmd/api"], Some("linux/amd64"), false),
            (vec![declared], vec![&api], &["./cmd/cli"], None, false),
        ] {
            let spec = Deliverable { binaries, ..Deliverable::default() };
            let found: Vec<BinarySpec> = found.into_iter().cloned().collect();
            let told = with(&spec, &own(&found, &modules));
            assert_eq!(told.builds.binaries.iter().filter_map(|b| b.package.as_deref()).collect::<Vec<_>>(), packages);
            let source = told.builds.source.as_ref();
            assert_eq!(source.and_then(|source| source.platform.as_deref()), platform);
            assert_eq!(told.source.is_some(), reads, "{packages:?}");
        }
    }
}
