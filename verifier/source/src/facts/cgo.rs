//! `source.cgo_imports`: every place where C, assembly or foreign machine code enters or could enter the build.

use super::Source;
use super::cgo_optional::in_build;
use super::embeds;
use super::literals;
use super::loaders::{cgo_linkname, is_loader, is_pragma, is_system_binding};
use crate::build::{FileId, Outcome, is_foreign, join, select};
use assize_facts::kinds::source::{CgoForm, CgoImport, Owner};
use assize_facts::{Fact, Item, Known, Origin, Sheet, reason};
use assize_golang::build::SourceKind;
use assize_golang::vendor::clean;
use rayon::prelude::*;
use std::collections::BTreeSet;

pub(super) fn sheet(source: &Source) -> Sheet {
    let mut sheet = Sheet::of::<CgoImport>();
    sheet.gaps = source.program.gaps.clone();
    let files: Vec<FileId> = source.all_files().collect();
    sheet.examined(files.len() as u64);
    let found: Vec<Vec<Item>> = files.par_iter().map(|file| of_file(source, *file)).collect();
    sheet.items = found.into_iter().flatten().collect();
    embeds::add(source, &mut sheet);
    sheet
}

fn of_file(source: &Source, file: FileId) -> Vec<Item> {
    match source.program.folders.file(file).kind {
        SourceKind::Go => of_go_file(source, file),
        _ => of_other_file(source, file).into_iter().chain(calls_bridge(source, file)).collect(),
    }
}

/// A fact about a file, its owner and package filled in.
pub(super) fn item(
    source: &Source,
    file: FileId,
    form: CgoForm,
    built: Known<bool>,
    detail: &str,
    origin: Origin,
) -> Item {
    let (package, owner) = source.program.package_of(file);
    let fact = CgoImport { package, owner, form, in_build: built, detail: detail.to_string() };
    Item { fields: fact.fields(), origin }
}

fn of_go_file(source: &Source, file: FileId) -> Vec<Item> {
    let Some(head) = source.program.head(file) else { return Vec::new() };
    let part = source.program.parts[file.0 as usize].in_build();
    let at = |start: usize, end: usize| source.origin(file, Source::span(start, end));
    let mut items = Vec::new();
    for import in &head.outline.imports {
        let origin = || at(import.start, import.end);
        if &*import.path == "C" {
            items.push(item(source, file, CgoForm::Import, in_build(&source.program, file), "import \"C\"", origin()));
        } else if is_loader(&import.path) && !is_within_loader(source, file) {
            items.push(item(source, file, CgoForm::Loader, part.clone(), &import.path, origin()));
        }
    }
    for directive in head.outline.directives.iter().filter(|d| d.first_on_line && !d.block) {
        let origin = || at(directive.start, directive.start + 2 + directive.text.len());
        if let Some(name) = cgo_linkname(&directive.text) {
            items.push(item(source, file, CgoForm::Linkname, part.clone(), name, origin()));
        } else if is_pragma(&directive.text) && !binds_the_system(source, file, &directive.text) {
            items.push(item(source, file, CgoForm::Pragma, part.clone(), &directive.text, origin()));
        }
    }
    for literal in &head.machine_code {
        let origin = at(literal.start, (literal.start + literals::SHOWN).min(literal.end));
        let detail = format!("{} in a literal of {} bytes", literal.format, literal.end - literal.start);
        let built = match literal.opaque {
            true if part == Known::Value(false) => continue,
            true => Known::Unknown(reason!("embedded-file-opaque", path = &detail)),
            false => part.clone(),
        };
        items.push(item(source, file, CgoForm::Embedded, built, &detail, origin));
    }
    items
}

/// A loader's own packages import one another; what counts is who imports them.
fn is_within_loader(source: &Source, file: FileId) -> bool {
    let (package, owner) = source.program.package_of(file);
    owner == Owner::Dependency && is_loader(&package)
}

fn binds_the_system(source: &Source, file: FileId, directive: &str) -> bool {
    let (package, _) = source.program.package_of(file);
    source.program.configs.iter().all(|config| is_system_binding(directive, &package, &config.os))
}

fn of_other_file(source: &Source, file: FileId) -> Option<Item> {
    let folders = &source.program.folders;
    let found = folders.file(file);
    let foreign = is_foreign(found.name(), found.kind);
    let (form, built) = match found.kind {
        _ if foreign => (CgoForm::CFile, foreign_in_build(source, file)),
        SourceKind::Syso => (CgoForm::Syso, source.program.parts[file.0 as usize].in_build()),
        SourceKind::Assembly => (CgoForm::Assembly, source.program.parts[file.0 as usize].in_build()),
        _ => return None,
    };
    Some(item(source, file, form, built, found.name(), Origin::file(source.program.shown(file))))
}

/// Go assembly that calls C by the runtime's own functions (`runtime/cgocall.go`): a linkname without the directive.
fn calls_bridge(source: &Source, file: FileId) -> Option<Item> {
    if source.program.folders.file(file).kind != SourceKind::Assembly {
        return None;
    }
    let text = source.text(file)?;
    let folder = &source.program.folders.get(source.program.folders.file(file).folder).path;
    let (name, at, length) = match bridge(&text.bytes) {
        Some((name, at)) => (name, at, name.len()),
        None => included_bridge(source, &text.bytes, folder)?,
    };
    let built = source.program.parts[file.0 as usize].in_build();
    let origin = source.origin(file, Source::span(at, at + length));
    Some(item(source, file, CgoForm::Linkname, built, &name.replace('\u{b7}', "."), origin))
}

fn bridge(text: &[u8]) -> Option<(&'static str, usize)> {
    const BRIDGE: [&str; 2] = ["runtime\u{b7}asmcgocall", "runtime\u{b7}cgocall"];
    BRIDGE.into_iter().find_map(|name| Some((name, memchr::memmem::find(text, name.as_bytes())?)))
}

/// The same in what a file includes, and what that includes: macros may stand in any file (cmd/asm, "#include"). What was not delivered is Go's own
/// `textflag.h` and its like. With where the inclusion stands, and how long it is.
fn included_bridge(source: &Source, text: &[u8], folder: &str) -> Option<(&'static str, usize, usize)> {
    let mut seen = BTreeSet::new();
    inclusions(text, folder).into_iter().find_map(|(at, length, path)| {
        // Without a step down for each file: a chain may be as long as there are files.
        let mut left = vec![path];
        while let Some(path) = left.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let Ok(inside) = source.program.files.read(&path) else { continue };
            if let Some((name, _)) = bridge(&inside) {
                return Some((name, at, length));
            }
            left.extend(inclusions(&inside, folder).into_iter().rev().map(|(_, _, path)| path));
        }
        None
    })
}

/// Where inclusions stand, how long they are, and the files that they name.
fn inclusions(text: &[u8], folder: &str) -> Vec<(usize, usize, String)> {
    let all = memchr::memmem::find_iter(text, b"include").filter_map(|at| {
        // `#  include` is the same.
        if !text[..at].trim_ascii_end().ends_with(b"#") {
            return None;
        }
        let line = text[at..].split(|byte| *byte == b'\n').next().unwrap_or_default();
        let name = std::str::from_utf8(line).ok()?.split('"').nth(1)?;
        Some((at, line.len(), clean(&join(folder, name))))
    });
    all.collect()
}

/// C counts as the files beside it that import "C" do, where its own name and constraint select it.
fn foreign_in_build(source: &Source, file: FileId) -> Known<bool> {
    let program = &source.program;
    let folder = program.folders.file(file).folder;
    let selected = program.builds.iter().any(|build| {
        let context = program.configs[build.config].context(true);
        build.graph.outcome(file).is_some()
            && select(&program.folders, folder, &context).outcomes.contains(&(file, Outcome::Other))
    });
    if !selected {
        return false.into();
    }
    let mut unknown = None;
    let beside = program.folders.get(folder).files.iter().copied();
    for other in beside.filter(|id| program.head(*id).is_some_and(|head| head.imports_c())) {
        match in_build(program, other) {
            Known::Value(true) => return true.into(),
            Known::Value(false) => {}
            open => unknown = Some(open),
        }
    }
    unknown.unwrap_or_else(|| source.program.parts[file.0 as usize].in_build())
}
