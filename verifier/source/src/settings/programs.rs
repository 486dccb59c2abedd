//! Which programs are delivered, where deliverable.toml does not say of which packages they are: their build information does.

use super::delivered::module_path;
use assize_facts::{BinarySpec, Deliverable, SourceSpec};
use assize_golang::linker::in_module;
use std::borrow::Cow;

/// What is declared, with what the programs say of themselves where nothing is.
pub(super) fn told<'s>(spec: &'s Deliverable, programs: &[BinarySpec], graph: &str) -> Cow<'s, Deliverable> {
    let module = module_path(graph).unwrap_or_default();
    let is_own = |program: &&BinarySpec| program.package.as_ref().is_some_and(|package| in_module(&module, package));
    let own: Vec<&BinarySpec> = programs.iter().filter(is_own).collect();
    if own.is_empty() {
        return Cow::Borrowed(spec);
    }
    let mut spec = spec.clone();
    if spec.binaries.is_empty() {
        spec.binaries = own.iter().map(|program| (*program).clone()).collect();
    }
    for binary in &mut spec.binaries {
        let Some(program) = own.iter().find(|program| program.name == binary.name) else { continue };
        if binary.package.is_none() {
            binary.package.clone_from(&program.package);
            binary.build = binary.build.take().or_else(|| program.build.clone());
        }
    }
    let source = spec.source.get_or_insert_with(SourceSpec::default);
    source.platform = source.platform.take().or_else(|| platform(&spec.binaries));
    Cow::Owned(spec)
}

/// `os/arch`, where all programs are for one.
fn platform(programs: &[BinarySpec]) -> Option<String> {
    let of = |program: &BinarySpec| {
        let env = &program.build.as_ref()?.env;
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
        let found = [
            program("dist/api", Some("example.com/app/cmd/api"), "amd64"),
            program("dist/cli", Some("example.com/app/cmd/cli"), "arm64"),
            program("dist/other", Some("example.org/other"), "amd64"),
        ];
        let undeclared = BinarySpec { name: "dist/api".into(), ..BinarySpec::default() };
        let declared = BinarySpec { package: Some("./cmd/cli".into()), ..undeclared.clone() };
        for (binaries, packages, platform) in [
            (vec![], &["example.com/app/cmd/api", "example.com/app/cmd/cli"][..], None),
            (vec![undeclared], &["example.com/app/cmd/api"], Some("linux/amd64")),
            (vec![declared], &["./cmd/cli"], None),
        ] {
            let spec = Deliverable { binaries, ..Deliverable::default() };
            let told = told(&spec, &found, "module example.com/app\n");
            assert_eq!(told.binaries.iter().filter_map(|b| b.package.as_deref()).collect::<Vec<_>>(), packages);
            assert_eq!(told.source.as_ref().and_then(|source| source.platform.as_deref()), platform);
        }
    }
}
