//! What of a module is in a program: packages, and functions by the names that the vulnerability database gives them.

use super::claims::Claim;
use crate::functions::Package;
use crate::program::Program;
use assize_facts::{Known, Reason, reason};
use assize_golang::linker::{in_module, is_standard, symbols, unescaped};
use assize_golang::module::{escape_path, escape_version};
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
    packages: BTreeMap<String, Vec<&'p Package>>,
    modules: BTreeSet<String>,
    main_module: Option<String>,
    /// Why an absence proves nothing.
    doubt: Option<Reason>,
    bytes: &'p [u8],
}

const MOST_SHOWN: usize = 20;

impl<'p> Code<'p> {
    pub fn of(program: &'p Program, bytes: &'p [u8]) -> Code<'p> {
        let info = match &program.build_info {
            Known::Value(info) => info.as_ref(),
            Known::Possible(_) | Known::Unknown(_) => None,
        };
        let functions = program.functions.as_ref();
        let main = info.and_then(|info| info.path.clone()).unwrap_or_else(|| "main".into());
        let mut packages: BTreeMap<String, Vec<&Package>> = BTreeMap::new();
        for (name, package) in functions.map(|f| &f.packages).into_iter().flatten() {
            let path = if name == "main" { main.clone() } else { unescaped(name) };
            packages.entry(path).or_default().push(package);
        }
        let doubt = match (functions, &program.obfuscated) {
            (Err(reason), _) => Some(reason.clone()),
            (Ok(functions), _) if functions.trees_unread.is_some() => functions.trees_unread.clone(),
            (_, Known::Value(true)) => Some(reason!("obfuscated", binary = program.name)),
            (_, Known::Unknown(reason)) => Some(reason.clone()),
            (_, Known::Value(false) | Known::Possible(_)) => None,
        };
        Code {
            packages,
            modules: info.iter().flat_map(|info| &info.modules).map(|line| line.path.clone()).collect(),
            main_module: info.and_then(|info| info.main.as_ref()).map(|main| main.path.clone()),
            doubt,
            bytes,
        }
    }

    fn absent(&self) -> Found {
        self.doubt.clone().map_or(Found::Absent, Found::CannotTell)
    }

    /// The module among those of the program that a package belongs to.
    fn module_of(&self, package: &str) -> Option<&str> {
        let all = self.modules.iter().chain(&self.main_module);
        all.filter(|module| in_module(module, package)).max_by_key(|module| module.len()).map(String::as_str)
    }

    fn belongs(&self, claim: &Claim, package: &str) -> bool {
        match self.module_of(package) {
            Some(module) => module == claim.code,
            None if claim.is_standard() => is_standard(package),
            None => in_module(&claim.code, package),
        }
    }

    /// Any function of a module. A module whose packages are in the build without a function may be there by types alone.
    pub fn module(&self, claim: &Claim) -> Found {
        let mut mine = self.packages.keys().filter(|package| self.belongs(claim, package)).peekable();
        if mine.peek().is_some() {
            return Found::There(mine.take(MOST_SHOWN).cloned().collect());
        }
        match self.modules.contains(&claim.code) {
            true => Found::CannotTell(reason!("module-by-types-alone", module = claim.code)),
            false => self.absent(),
        }
    }

    /// Any function of a package.
    pub fn package(&self, path: &str) -> Found {
        if self.packages.contains_key(path) {
            return Found::There(vec![path.to_owned()]);
        }
        match self.absent() {
            Found::Absent if self.is_named(path) => {
                Found::CannotTell(reason!("package-by-types-alone", package = path))
            }
            other => other,
        }
    }

    /// Whether the path stands among the data as that of a package: a length, and the path (`internal/abi/type.go`, Name).
    fn is_named(&self, path: &str) -> bool {
        let Ok(length) = u8::try_from(path.len()) else { return true };
        if length >= 0x80 {
            return true;
        }
        let mut pattern = vec![0, length];
        pattern.extend_from_slice(path.as_bytes());
        memchr::memmem::find(self.bytes, &pattern).is_some()
    }

    /// Any of some functions of a package.
    pub fn functions(&self, path: &str, wanted: &[String]) -> Found {
        let all = self.packages.get(path).into_iter().flatten();
        let names = all.flat_map(|package| package.functions.iter().map(|f| &f.0).chain(&package.inlined));
        let is_wanted = |name: &String| symbols(name).into_iter().find(|symbol| wanted.contains(symbol));
        let found: BTreeSet<String> = names.filter_map(is_wanted).collect();
        match found.is_empty() {
            false => Found::There(found.into_iter().take(MOST_SHOWN).map(|name| format!("{path}.{name}")).collect()),
            true => self.absent(),
        }
    }

    /// A package of the table that belongs to no module of the build information, whose list is then not whole.
    pub fn of_no_module(&self) -> Option<&str> {
        let has_file = |package: &&Package| package.functions.iter().any(|f| f.1.ends_with(".go"));
        let strange = |(path, packages): &(&String, &Vec<&Package>)| {
            let linkers = path.is_empty() || path.starts_with("type:") || path.starts_with("go:");
            !linkers
                && *path != "main"
                && *path != "command-line-arguments"
                && self.module_of(path).is_none()
                && !is_standard(path)
                && packages.iter().any(has_file)
        };
        self.packages.iter().find(strange).map(|(path, _)| path.as_str())
    }

    /// A version in the names of a module's files (`…/path@version/file.go`) that is not the one of the build information.
    pub fn other_version(&self, claim: &Claim) -> Option<String> {
        let (Some(version), Ok(path)) = (claim.version_shown(), escape_path(&claim.module)) else { return None };
        let version = escape_version(version).ok()?;
        let mark = format!("{path}@");
        let mine = self.packages.iter().filter(|(package, _)| self.belongs(claim, package));
        for file in mine.flat_map(|(_, all)| all.iter().flat_map(|p| &p.functions)).map(|f| f.1.as_str()) {
            let Some(at) = file.find(&mark).filter(|at| *at == 0 || file.as_bytes()[at - 1] == b'/') else { continue };
            let named = file[at + mark.len()..].split('/').next().unwrap_or_default();
            if named != version {
                return Some(named.to_owned());
            }
        }
        None
    }
}
