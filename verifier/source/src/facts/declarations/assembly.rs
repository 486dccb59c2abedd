//! What assembly files of the build define.

use crate::build::{FileId, join};
use crate::facts::Source;
use crate::facts::source::gap;
use assize_facts::kinds::source::{Declarations, Owner};
use assize_facts::{Known, Origin, Sheet, reason};
use assize_golang::assembly::{self, Assembly, Text};
use assize_golang::build::SourceKind;
use assize_golang::vendor::clean;
use rayon::prelude::*;
use std::collections::BTreeSet;

pub(super) fn add(source: &Source, sheet: &mut Sheet) {
    let files: Vec<FileId> = source.all_files().filter(|file| is_assembled(source, *file)).collect();
    let found: Vec<Option<Assembly>> = files.par_iter().map(|file| read(source, *file)).collect();
    for (file, found) in files.into_iter().zip(found) {
        sheet.examined(1);
        // A file that cannot be read is a gap of the program's.
        let Some(found) = found else { continue };
        let (package, owner) = source.program.package_of(file);
        let shown = source.program.shown(file);
        if let Some(line) = found.open.first() {
            gap(sheet, reason!("assembly-name-not-found", file = shown), format!("{shown}:{line}"), owner);
        }
        let is_main = source.program.packages.get(&package).is_some_and(|package| package.is_main);
        let included: BTreeSet<Option<&str>> = found.texts.iter().map(|text| text.file.as_deref()).collect();
        for inside in included.into_iter().chain([None]).collect::<BTreeSet<_>>() {
            let origin = match inside {
                Some(name) => source.program.files.shown(&at(source, file, name)),
                None => shown.clone(),
            };
            let texts = found.texts.iter().filter(|text| text.file.as_deref() == inside);
            let mut fact = of_texts(texts, &package, owner, is_main);
            if inside.is_none() {
                fact.line_directives = found.line_directives.clone();
            }
            sheet.push(fact, Origin::file(origin));
        }
    }
}

/// Whether Go's assembler may read it for something delivered; `.S` is a C compiler's.
fn is_assembled(source: &Source, file: FileId) -> bool {
    let found = source.program.folders.file(file);
    let part = || source.program.parts[file.0 as usize].in_build();
    found.kind == SourceKind::Assembly && found.name().ends_with(".s") && part() != Known::Value(false)
}

fn read(source: &Source, file: FileId) -> Option<Assembly> {
    let included = &mut |name: &str| source.program.files.read(&at(source, file, name)).ok();
    Some(assembly::read(&source.bytes(file)?, included))
}

/// Where what a file includes stands: what is not beside it is Go's own (`textflag.h`).
fn at(source: &Source, file: FileId, name: &str) -> String {
    let folders = &source.program.folders;
    clean(&join(&folders.get(folders.file(file).folder).path, name))
}

fn of_texts<'t>(texts: impl Iterator<Item = &'t Text>, package: &str, owner: Owner, is_main: bool) -> Declarations {
    let mut fact = super::nothing(package, owner, is_main, true);
    for Text { name, line, .. } in texts {
        match own_name(name, package, is_main) {
            Some(own) => {
                fact.names.push(own.to_owned());
                fact.lines.push(*line);
                fact.end_lines.push(*line);
            }
            None => {
                fact.given.push(name.clone());
                fact.given_lines.push(*line);
            }
        }
    }
    fact
}

/// The name in the file's own package: `.Sum`, or with the package's path before it, which is `main` for what is linked of a main package.
fn own_name<'n>(name: &'n str, package: &str, is_main: bool) -> Option<&'n str> {
    let main = || name.strip_prefix("main").filter(|_| is_main);
    let rest = name.strip_prefix(package).or_else(main).unwrap_or(name);
    rest.strip_prefix('.').filter(|own| !own.contains('/'))
}
