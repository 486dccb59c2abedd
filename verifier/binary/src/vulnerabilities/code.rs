//! What of a module is in a program: packages, and functions by the names that the vulnerability database gives them.

use super::claims::{Claim, Says};
use super::named;
use crate::functions::PackageOf;
use crate::program::Program;
use assize_delivery::Bytes;
use assize_facts::{Known, Reason, reason};
use assize_golang::linker::{OF_FILES, in_module, is_standard, symbols, unescaped};
use assize_golang::module::{escape_path, escape_version};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a question to the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// These functions.
    There(Vec<String>),
    Absent,
    CannotTell(Reason),
}

impl Found {
    pub fn or(self, other: impl FnOnce() -> Found) -> Found {
        match self {
            Found::There(mut mine) => {
                if let Found::There(more) = other() {
                    mine.extend(more);
                }
                Found::There(mine)
            }
            Found::Absent => other(),
            Found::CannotTell(reason) => match other() {
                Found::There(found) => Found::There(found),
                Found::Absent | Found::CannotTell(_) => Found::CannotTell(reason),
            },
        }
    }
}

/// The code of one program by import path, the main package under its real one.
pub struct Code<'p> {
    packages: BTreeMap<String, Vec<PackageOf<'p>>>,
    /// The packages of each module; those of none under the empty name, which no module has.
    by_module: BTreeMap<&'p str, Vec<String>>,
    modules: BTreeSet<&'p str>,
    /// Why an absence proves nothing.
    doubt: Option<Reason>,
    /// Packages without a function that are named all the same.
    named: Result<BTreeSet<String>, Reason>,
}

const MOST_SHOWN: usize = 20;

impl<'p> Code<'p> {
    /// `wanted` are the packages that [`Code::package`] will be asked about.
    pub fn of(program: &'p Program, file: &Bytes, wanted: BTreeSet<String>) -> Code<'p> {
        let info = match &program.build_info {
            Known::Value(info) => info.as_ref(),
            Known::Possible(_) | Known::Unknown(_) => None,
        };
        let functions = program.functions.as_ref();
        let main = info.and_then(|info| info.path.clone()).unwrap_or_else(|| "main".into());
        let modules: BTreeSet<&str> =
            info.iter().flat_map(|info| &info.modules).map(|line| line.path.as_str()).collect();
        let main_module = info.and_then(|info| info.main.as_ref()).map(|main| main.path.as_str());
        let mut packages: BTreeMap<String, Vec<PackageOf<'_>>> = BTreeMap::new();
        for (name, package) in functions.iter().flat_map(|functions| functions.packages()) {
            let path = if name == "main" { main.clone() } else { unescaped(name) };
            packages.entry(path).or_default().push(package);
        }
        let mut by_module: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for path in packages.keys() {
            let module = module_of(path, &modules, main_module).unwrap_or_default();
            by_module.entry(module).or_default().push(path.clone());
        }
        let doubt = match (functions, &program.obfuscated) {
            (Err(reason), _) => Some(reason.clone()),
            (Ok(functions), _) if functions.trees_unread.is_some() => functions.trees_unread.clone(),
            (_, Known::Value(true)) => Some(reason!("obfuscated", binary = program.name)),
            (_, Known::Unknown(reason)) => Some(reason.clone()),
            (_, Known::Value(false) | Known::Possible(_)) => None,
        };
        let absent = wanted.into_iter().filter(|path| doubt.is_none() && !packages.contains_key(path));
        let named = named::among(&program.headers.image, file, absent.collect());
        Code { packages, by_module, modules, doubt, named }
    }

    fn absent(&self) -> Found {
        self.doubt.clone().map_or(Found::Absent, Found::CannotTell)
    }

    fn packages_of(&self, module: &str) -> impl Iterator<Item = &str> {
        self.by_module.get(module).into_iter().flatten().map(String::as_str)
    }

    /// The packages that are a module's: those of that name in the build information, and of no module there those whose path says so.
    fn belonging(&self, claim: &Claim) -> Vec<&str> {
        let says_so = |package: &&str| match claim.is_standard() {
            true => is_standard(package),
            false => in_module(&claim.code, package),
        };
        if claim.says == Says::PackagePaths {
            return self.packages.keys().map(String::as_str).filter(says_so).collect();
        }
        let listed = self.packages_of(&claim.code).filter(|_| !claim.code.is_empty());
        let mut all: Vec<&str> = listed.chain(self.packages_of("").filter(says_so)).collect();
        all.sort_unstable();
        all
    }

    /// Any function of a module. A module whose packages are in the build without a function may be there by types alone.
    pub fn module(&self, claim: &Claim) -> Found {
        let mine: Vec<String> = self.belonging(claim).into_iter().take(MOST_SHOWN).map(str::to_owned).collect();
        if !mine.is_empty() {
            return Found::There(mine);
        }
        match self.modules.contains(claim.code.as_str()) {
            true => Found::CannotTell(reason!("module-by-types-alone", module = claim.code)),
            false => self.absent(),
        }
    }

    /// Any function of a package.
    pub fn package(&self, path: &str) -> Found {
        if self.packages.contains_key(path) {
            return Found::There(vec![path.to_owned()]);
        }
        if let Some(reason) = &self.doubt {
            return Found::CannotTell(reason.clone());
        }
        match &self.named {
            Ok(named) if named.contains(path) => Found::CannotTell(reason!("package-by-types-alone", package = path)),
            Ok(_) => Found::Absent,
            Err(reason) => Found::CannotTell(reason.clone()),
        }
    }

    /// Any of some functions of a package.
    pub fn functions(&self, path: &str, wanted: &[String]) -> Found {
        let names = self.packages.get(path).into_iter().flatten().flat_map(|part| part.names());
        let is_wanted = |name: Cow<'_, str>| symbols(&name).into_iter().find(|symbol| wanted.contains(symbol));
        let found: BTreeSet<String> = names.filter_map(is_wanted).collect();
        match found.is_empty() {
            false => Found::There(found.into_iter().take(MOST_SHOWN).map(|name| format!("{path}.{name}")).collect()),
            true => self.absent(),
        }
    }

    /// A package of the table that belongs to no module of the build information, whose list is then not whole.
    pub fn of_no_module(&self) -> Option<&str> {
        let has_file = |path: &str| {
            let parts = self.packages.get(path).into_iter().flatten();
            parts.flat_map(|part| part.files()).any(|file| file.ends_with(".go"))
        };
        let strange = |path: &&str| {
            // `_`: closures of inlined functions with a `//go:linkname` (Go 1.27).
            let linkers = path.is_empty() || *path == "_" || path.starts_with("type:") || path.starts_with("go:");
            !linkers && !matches!(*path, "main" | OF_FILES) && !is_standard(path) && has_file(path)
        };
        self.packages_of("").find(strange)
    }

    /// A version in the names of a module's files (`…/path@version/file.go`) that is not the one of the build information.
    pub fn other_version(&self, claim: &Claim) -> Option<String> {
        let (Some(version), Ok(path)) = (claim.version_shown(), escape_path(&claim.module)) else { return None };
        let version = escape_version(version).ok()?;
        let mark = format!("{path}@");
        let mine = self.belonging(claim).into_iter().filter_map(|package| self.packages.get(package));
        for file in mine.flatten().flat_map(|part| part.files()) {
            let Some(at) = file.find(&mark).filter(|at| *at == 0 || file.as_bytes()[at - 1] == b'/') else { continue };
            let named = file[at + mark.len()..].split('/').next().unwrap_or_default();
            if named != version {
                return Some(named.to_owned());
            }
        }
        None
    }
}

/// The module among those of the program that a package belongs to: the one with the longest path.
fn module_of<'m>(package: &str, modules: &BTreeSet<&'m str>, main: Option<&'m str>) -> Option<&'m str> {
    let ends = package.match_indices('/').map(|(at, _)| at).chain([package.len()]);
    let paths = ends.map(|end| &package[..end]).filter(|path| !path.is_empty());
    paths.rev().find_map(|path| modules.get(path).copied().or(main.filter(|m| *m == path)))
}
