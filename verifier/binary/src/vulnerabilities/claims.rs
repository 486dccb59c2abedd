//! Which modules a program has, at which versions, by its build information and by the delivered go.mod: what the database is asked about.

use super::{Required, copies};
use crate::build_info::{BuildInfo, Line};
use crate::program::Program;
use assize_facts::{Known, Reason, reason};
use assize_golang::advisory::{self, STDLIB, TOOLCHAIN};
use assize_golang::modfile::is_directory_path;
use assize_golang::signs::positions::{Function, Patch};
use assize_golang::{release, semver};

/// What says that the module is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    BuildInformation,
    GoMod,
    /// A package's path that holds the module's.
    PackagePaths,
}

/// How far the version can be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    Known(String),
    /// A folder stands in for the module at this version: it carries what the version carries, and that it carries nothing else cannot be told.
    InFolder(String),
    /// Something else may have been changed or mended in it, or the version is not that of the code.
    Doubted(String, Reason),
    Unknown(Reason),
}

/// A module at a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The path under which the database is asked.
    pub module: String,
    pub version: Version,
    pub says: Says,
    /// The path under which its packages stand in the program.
    pub code: String,
    pub replaced_by: Option<String>,
}

impl Claim {
    pub fn new(path: &str, version: Version, says: Says) -> Claim {
        Claim { module: path.into(), version, says, code: path.into(), replaced_by: None }
    }

    /// A package as the program names it.
    pub fn package(&self, known_as: &str) -> Option<String> {
        let rest = known_as.strip_prefix(&self.module)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{rest}", self.code))
    }

    pub fn is_standard(&self) -> bool {
        self.module == STDLIB
    }

    /// Only commands belong to it, and no program holds them.
    pub fn is_toolchain(&self) -> bool {
        self.module == TOOLCHAIN
    }

    pub fn version_shown(&self) -> Option<&str> {
        match &self.version {
            Version::Known(v) | Version::InFolder(v) | Version::Doubted(v, _) => Some(v),
            Version::Unknown(_) => None,
        }
    }
}

/// Everything that is said of one program.
pub fn of(program: &Program, required: &[Required]) -> Vec<Claim> {
    let mut claims = Vec::new();
    let info = match &program.build_info {
        Known::Value(info) => info.as_ref(),
        Known::Possible(_) | Known::Unknown(_) => None,
    };
    claims.extend(go(program, info));
    if let Some(main) = info.and_then(|info| info.main.as_ref()) {
        claims.extend(of_line(main, Says::BuildInformation).into_iter().map(untagged));
    }
    for line in info.iter().flat_map(|info| &info.modules) {
        claims.extend(of_line(line, Says::BuildInformation));
    }
    for module in required {
        claims.extend(of_requirement(info, module));
    }
    claims.extend(copies::of(program));
    claims
}

/// The Go command gives a main module the version that tags say, and a clone without history (`git clone --depth 1`) has none: then it says `v0.0.0-…`
/// of whatever was built.
fn untagged(claim: Claim) -> Claim {
    let base = |version: &str| semver::pseudo(version).map(|pseudo| pseudo.base);
    match claim.version {
        Version::Known(version) if base(&version) == Some(None) => {
            let doubt = reason!("main-module-without-tag", module = claim.module, version = version);
            Claim { version: Version::Doubted(version, doubt), ..claim }
        }
        _ => claim,
    }
}

/// The standard library and the commands, by the toolchain's version.
fn go(program: &Program, info: Option<&BuildInfo>) -> Vec<Claim> {
    let version = match info.map(|info| info.version.as_str()) {
        None => Version::Unknown(reason!("toolchain-not-recorded")),
        Some(_) if program.readers_agree == Known::Value(false) => {
            Version::Unknown(reason!("build-information-contradicts-itself"))
        }
        Some(name) => match &program.compiler {
            Some(compiler) if !release::is_same(name, compiler) => {
                Version::Unknown(reason!("compiler-of-another-version", toolchain = name, compiler = compiler))
            }
            _ => match older(program, name) {
                Some(found) => Version::Unknown(reason!("code-of-an-older-patch", toolchain = name, found = found)),
                None => go_version(name),
            },
        },
    };
    [STDLIB, TOOLCHAIN].map(|module| Claim::new(module, version.clone(), Says::BuildInformation)).to_vec()
}

/// A file of the standard library that is of an older patch than the one that is named.
fn older(program: &Program, name: &str) -> Option<String> {
    let mut patch = Patch::of(release::toolchain(name).version?)?;
    let functions = program.functions.as_ref().ok()?;
    for (package, part) in functions.packages() {
        if !patch.is_about(package) {
            continue;
        }
        for function in part.functions() {
            let (name, file) = (function.name.as_ref(), function.file.as_ref());
            patch.see(&Function { package, name, file, row: function.line });
        }
    }
    patch.older().into_iter().next()
}

fn go_version(name: &str) -> Version {
    let parts = release::toolchain(name);
    let Some(version) = parts.version.and_then(advisory::release_as_semver) else {
        return Version::Unknown(match parts.devel {
            true => reason!("toolchain-development", toolchain = name),
            false => reason!("toolchain-no-release", toolchain = name),
        });
    };
    match parts.suffix.is_empty() {
        true => Version::Known(version),
        false => Version::Doubted(version, reason!("toolchain-changed-by-vendor", toolchain = name)),
    }
}

fn versioned(path: &str, version: &str) -> Version {
    match version {
        "" | "(devel)" => Version::Unknown(reason!("module-without-version", module = path)),
        version => Version::Known(version.to_owned()),
    }
}

/// A line of the build information, its replacement followed.
fn of_line(line: &Line, says: Says) -> Vec<Claim> {
    let Some(replace) = &line.replace else {
        return vec![Claim::new(&line.path, versioned(&line.path, &line.version), says)];
    };
    let own = |version: Version| Claim { replaced_by: Some(shown(replace)), ..Claim::new(&line.path, version, says) };
    if replace.path == line.path {
        return vec![own(versioned(&line.path, &replace.version))];
    }
    let original = versioned(&line.path, &line.version);
    if is_folder(replace) {
        return vec![own(match original {
            Version::Known(version) => Version::InFolder(version),
            other => other,
        })];
    }
    // A fork is known to the database under its own name, and may still hold what the original had.
    let doubt = reason!("module-forked", module = line.path, by = shown(replace));
    let original = own(match original {
        Version::Known(version) => Version::Doubted(version, doubt),
        other => other,
    });
    let fork = Claim {
        code: line.path.clone(),
        ..Claim::new(&replace.path, versioned(&replace.path, &replace.version), says)
    };
    vec![original, Claim { replaced_by: Some(shown(replace)), ..fork }]
}

/// The Go command records folders as `./folder (devel)`.
fn is_folder(replace: &Line) -> bool {
    is_directory_path(&replace.path) || matches!(replace.version.as_str(), "" | "(devel)")
}

fn shown(line: &Line) -> String {
    if is_folder(line) { line.path.clone() } else { format!("{}@{}", line.path, line.version) }
}

/// A requirement of go.mod, where the build information does not already say the same.
fn of_requirement(info: Option<&BuildInfo>, module: &Required) -> Vec<Claim> {
    let line = Line { path: module.path.clone(), version: module.version.clone(), ..Line::default() };
    let line = match &module.replaced_by {
        Some((path, version)) => {
            let replace = Line { path: path.clone(), version: version.clone(), ..Line::default() };
            Line { replace: Some(Box::new(replace)), ..line }
        }
        None => line,
    };
    let built = info.and_then(|info| info.modules.iter().find(|built| built.path == module.path));
    let Some(built) = built else { return of_line(&line, Says::GoMod) };
    let target = |line: &Line| {
        let replace = line.replace.as_ref()?;
        Some((replace.path.clone(), if is_folder(replace) { String::new() } else { replace.version.clone() }))
    };
    if target(built) == target(&line) && (built.version == line.version || module.in_workspace) {
        return vec![];
    }
    let doubt = reason!("versions-differ", module = module.path, built = built.version, required = module.version);
    let doubted = |claim: Claim| match claim.version {
        Version::Known(version) | Version::InFolder(version) | Version::Doubted(version, _) => {
            Claim { version: Version::Doubted(version, doubt.clone()), ..claim }
        }
        Version::Unknown(_) => claim,
    };
    of_line(&line, Says::GoMod).into_iter().map(doubted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_main_module_that_knows_no_tag_has_no_version_to_judge_by() {
        for (version, doubted) in [
            ("v0.0.0-20261129140344-d89c00fe234e", true),
            ("v0.0.0-20261129140344-d89c00fe234e+dirty", true),
            ("v2.0.0-20261129140344-d89c00fe234e", true),
            ("v1.2.4-0.20261129140344-d89c00fe234e", false),
            ("v1.2.3", false),
            ("v1.2.3+dirty", false),
        ] {
            let line = Line { path: "example.com/app".into(), version: version.into(), ..Line::default() };
            let claims: Vec<Claim> = of_line(&line, Says::BuildInformation).into_iter().map(untagged).collect();
            assert_eq!(matches!(claims[0].version, Version::Doubted(..)), doubted, "{version}");
        }
    }
}
