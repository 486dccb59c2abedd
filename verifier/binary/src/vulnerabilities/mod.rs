//! `binary.vulnerabilities`: entries of the Go vulnerability database about modules of a program, and whether the vulnerable code is in it.
//!
//! The database is asked about every module that the build information or the delivered go.mod names, and about the standard library. Whether
//! an entry's code is in the program, the function table says together with all inline trees: small functions are only there.

mod absent;
mod claims;
mod code;
mod copies;
mod named;
#[cfg(test)]
mod tests;

use crate::program::Program;
pub use absent::{Linked, absent, linked_of};
use assize_delivery::{Bytes, Delivery};
use assize_facts::kinds::binary::Vulnerability;
use assize_facts::{Known, Origin, Reason, Sheet, reason};
use assize_golang::advisory::{Affected, Entry, Import};
use assize_golang::modfile::{GoMod, Strictness, parse_go_mod};
use claims::{Claim, Says, Version};
use code::{Code, Found};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Whoever knows the vulnerability database.
pub trait Advisories: Sync {
    /// Entries about one module that were not withdrawn; why it could not be asked, for a person.
    fn of_module(&self, path: &str) -> Result<Vec<Entry>, String>;
}

/// A requirement of the delivered go.mod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    pub path: String,
    pub version: String,
    pub replaced_by: Option<(String, String)>,
    /// Other modules of the workspace may demand a newer version.
    pub in_workspace: bool,
}

/// What the delivered go.mod at the root of the source requires, and for which main module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    pub module: Option<String>,
    pub all: Vec<Required>,
}

/// Reads the requirements; without delivered source there are none.
pub fn requirements(delivery: &Delivery) -> Result<Requirements, Reason> {
    let Some(tree) = delivery.source()? else { return Ok(Requirements::default()) };
    let workspace = tree.entry("go.work").is_some();
    if tree.entry("go.mod").is_none() {
        return Ok(Requirements::default());
    }
    let parsed = parse_go_mod(&tree.read("go.mod")?, Strictness::Main);
    match parsed.mistakes.first() {
        Some(mistake) => Err(reason!("go-mod-not-read", detail = mistake.message)),
        None => Ok(required(&parsed.file, workspace)),
    }
}

fn required(file: &GoMod, in_workspace: bool) -> Requirements {
    let replaced = |path: &str, version: &str| {
        let of = |version: &str| file.replace.iter().find(|r| r.old.path == path && r.old.version == version);
        of(version).or_else(|| of("")).map(|r| (r.new.path.clone(), r.new.version.clone()))
    };
    let all = file.require.iter().map(|line| Required {
        path: line.module.path.clone(),
        version: line.module.version.clone(),
        replaced_by: replaced(&line.module.path, &line.module.version),
        in_workspace,
    });
    Requirements { module: file.module.as_ref().map(|m| m.path.clone()), all: all.collect() }
}

/// Writes what the database says of one program.
pub fn of_program(
    sheet: &mut Sheet,
    program: &Program,
    file: &Bytes,
    requirements: &Requirements,
    database: &dyn Advisories,
) {
    if program.is_go() == Known::Value(false) {
        return;
    }
    let place = program.path.as_str();
    if let Some(reason) = program.silent_about_modules() {
        sheet.gap(reason, place);
    }
    // Versions that the code contradicts, and copies of other modules, nothing else tells.
    if let Err(reason) = &program.functions {
        sheet.gap(reason.clone(), place);
    }
    let main = program.main_module();
    let concerns = main.is_none() || requirements.module.is_none() || main == requirements.module.as_deref();
    let all = claims::of(program, if concerns { &requirements.all } else { &[] });
    // Taken out of the database side by side.
    let entries: Vec<Result<Vec<Entry>, String>> =
        all.par_iter().map(|claim| database.of_module(&claim.module)).collect();
    let known = entries.iter().map(|entries| entries.as_deref().unwrap_or_default());
    let questions: Vec<Vec<Question<'_>>> =
        all.iter().zip(known).map(|(claim, entries)| Question::about(program, claim, entries)).collect();
    let code = Code::of(program, file, questions.iter().flatten().flat_map(Question::packages).collect());
    if let Some(package) = code.of_no_module() {
        sheet.gap(reason!("package-of-no-module", package = package), place);
    }
    let mut found: BTreeMap<(String, String), Vulnerability> = BTreeMap::new();
    for ((claim, entries), questions) in all.iter().zip(&entries).zip(&questions) {
        if let Some(other) = code.other_version(claim).filter(|_| claim.says == Says::BuildInformation) {
            sheet.gap(reason!("files-of-another-version", module = claim.module, version = other), place);
        }
        if let Err(detail) = entries {
            sheet.gap(reason!("vulnerability-database-not-read", detail = detail), place);
            continue;
        }
        sheet.examined(1);
        for question in questions {
            let fact = question.answer(&code);
            let key = (claim.module.clone(), fact.id.clone());
            match found.get_mut(&key) {
                // Both sources may speak of the same module; the worse answer stands.
                Some(known) if worse(&known.linked) >= worse(&fact.linked) => {}
                Some(known) => *known = fact,
                None => {
                    found.insert(key, fact);
                }
            }
        }
    }
    for fact in found.into_values() {
        sheet.push(fact, Origin::file(place));
    }
}

fn worse(linked: &Known<bool>) -> u8 {
    match linked {
        Known::Value(true) => 2,
        Known::Unknown(_) | Known::Possible(_) => 1,
        Known::Value(false) => 0,
    }
}

/// One entry about one module of one program.
struct Question<'a> {
    program: &'a Program,
    claim: &'a Claim,
    entry: &'a Entry,
    /// What is affected, less what is known not to be by version or platform, and whether the version is in a range.
    affected: Vec<(&'a Affected, Known<bool>)>,
}

impl<'a> Question<'a> {
    /// Those of a module's entries that affect something.
    fn about(program: &'a Program, claim: &'a Claim, entries: &'a [Entry]) -> Vec<Question<'a>> {
        let of = |entry| {
            let mut question = Question { program, claim, entry, affected: vec![] };
            let each = entry.affected.iter().map(|affected| (affected, question.has(affected)));
            let may = |(affected, has): &(&Affected, Known<bool>)| {
                *has != Known::Value(false) && question.on_platform(affected)
            };
            question.affected = each.filter(may).collect();
            question
        };
        entries.iter().map(of).filter(|question: &Question<'_>| !question.affected.is_empty()).collect()
    }

    /// The packages of which any function counts, as the program names them.
    fn packages(&self) -> impl Iterator<Item = String> {
        let imports = self.affected.iter().flat_map(|(affected, _)| affected.imports());
        imports.filter(|import| import.symbols.is_empty()).filter_map(|import| self.package(import))
    }

    /// As the program names it.
    fn package(&self, import: &Import) -> Option<String> {
        match self.claim.is_standard() {
            true => Some(import.path.clone()),
            false => self.claim.package(&import.path),
        }
    }

    fn answer(&self, code: &Code<'_>) -> Vulnerability {
        let affected = &self.affected;
        let certain: Vec<&Affected> =
            affected.iter().filter(|(_, has)| *has == Known::Value(true)).map(|(a, _)| *a).collect();
        let version = affected.iter().find_map(|(_, has)| match has {
            Known::Unknown(reason) => Some(reason.clone()),
            Known::Value(_) | Known::Possible(_) => None,
        });
        let of_certain = self.linked(code, &certain);
        let of_all = match certain.len() == affected.len() {
            true => of_certain.clone(),
            false => self.linked(code, &affected.iter().map(|(a, _)| *a).collect::<Vec<_>>()),
        };
        let (linked, symbols) = match (of_certain, of_all, &version) {
            (Found::There(found), _, _) => (Known::Value(true), found),
            (_, Found::There(found), Some(reason)) => (Known::Unknown(reason.clone()), found),
            (_, Found::CannotTell(reason), _) | (Found::CannotTell(reason), _, _) => (Known::Unknown(reason), vec![]),
            (Found::Absent, _, _) => (Known::Value(false), vec![]),
        };
        let fixed = self.claim.version_shown().and_then(|version| affected.first()?.0.fixed_after(version));
        Vulnerability {
            binary: self.program.name.clone(),
            id: self.entry.id.clone(),
            aliases: self.entry.aliases.clone(),
            summary: self.entry.summary.clone(),
            module: self.claim.module.clone(),
            version: self.claim.version_shown().map(str::to_owned),
            said_by: match self.claim.says {
                Says::BuildInformation => "build-information".into(),
                Says::GoMod => "go.mod".into(),
                Says::PackagePaths => "package-paths".into(),
            },
            replaced_by: self.claim.replaced_by.clone(),
            fixed,
            affected: match (certain.is_empty(), version) {
                (false, _) => Known::Value(true),
                (true, Some(reason)) => Known::Unknown(reason),
                (true, None) => Known::Value(true),
            },
            linked,
            symbols,
        }
    }

    /// Whether the version is in a range.
    fn has(&self, affected: &Affected) -> Known<bool> {
        let module = || reason!("module-version-not-understood", module = self.claim.module);
        let known = |version: &str| affected.has(version).map_or_else(|| Known::Unknown(module()), Known::Value);
        let all = affected.has("").unwrap_or(false);
        match &self.claim.version {
            Version::Known(version) => known(version),
            Version::InFolder(version) => match known(version) {
                Known::Value(false) => Known::Unknown(reason!("folder-without-version", module = self.claim.module)),
                other => other,
            },
            Version::Doubted(_, _) | Version::Unknown(_) if all && self.claim.says == Says::BuildInformation => {
                Known::Value(true)
            }
            // A vendor's mended toolchain is not worse than the release that it names; a fork can be.
            Version::Doubted(version, reason) if self.claim.is_standard() || self.claim.is_toolchain() => {
                match known(version) {
                    Known::Value(false) => Known::Value(false),
                    _ => Known::Unknown(reason.clone()),
                }
            }
            Version::Doubted(version, reason) if self.claim.says == Says::GoMod => match known(version) {
                Known::Value(false) => Known::Value(false),
                _ => Known::Unknown(reason.clone()),
            },
            Version::Doubted(_, reason) | Version::Unknown(reason) => Known::Unknown(reason.clone()),
        }
    }

    fn on_platform(&self, affected: &Affected) -> bool {
        let imports = affected.imports();
        imports.is_empty() || imports.iter().any(|import| self.is_on(import) != Some(false))
    }

    fn is_on(&self, import: &Import) -> Option<bool> {
        import.is_on(self.program.os(), self.program.arch())
    }

    /// Whether vulnerable code of any of these is in the program.
    fn linked(&self, code: &Code<'_>, affected: &[&Affected]) -> Found {
        let mut found = Found::Absent;
        for affected in affected {
            found = found.or(|| self.linked_of(code, affected));
        }
        found
    }

    fn linked_of(&self, code: &Code<'_>, affected: &Affected) -> Found {
        if self.claim.is_toolchain() {
            return Found::Absent;
        }
        if affected.imports().is_empty() {
            return code.module(self.claim);
        }
        let mut found = Found::Absent;
        for import in affected.imports() {
            found = found.or(|| self.linked_import(code, import));
        }
        found
    }

    fn linked_import(&self, code: &Code<'_>, import: &Import) -> Found {
        let found = match self.package(import) {
            None => Found::Absent,
            Some(path) if import.symbols.is_empty() => code.package(&path),
            Some(path) => code.functions(&path, &import.symbols),
        };
        match (self.is_on(import), found) {
            (Some(true), found) => found,
            (Some(false), _) => Found::Absent,
            (None, Found::Absent) => Found::Absent,
            (None, _) => Found::CannotTell(reason!("platform-not-known", binary = self.program.name)),
        }
    }
}
