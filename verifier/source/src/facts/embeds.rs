//! Files that `//go:embed` puts into the build, where they hold or may hold machine code (package embed; cmd/go/internal/load `resolveEmbed`, Go 1.26).

use super::Source;
use super::cgo::item;
use super::source::gap;
use crate::build::{FileId, join, split};
use assize_facts::kinds::source::{CgoForm, Embed};
use assize_facts::{Item, Known, Sheet, reason};
use assize_golang::embed::means;
use assize_golang::vendor::clean;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Adds what the build embeds. Only executables and what cannot be looked into become facts; the rest is data.
pub(super) fn add(source: &Source, sheet: &mut Sheet) {
    let directives = directives(source);
    let Some(inventory) = inventory(source, &directives) else { return };
    let looks = looks(&inventory);
    for (directive, files) in directives {
        let (_, owner) = source.program.package_of(directive.file);
        if files.is_empty() {
            let place = source.program.shown(directive.file);
            gap(
                sheet,
                reason!("embedded-file-not-delivered", pattern = &directive.pattern, file = &place),
                place,
                owner,
            );
        }
        for path in files {
            let shown = source.program.files.shown(&path);
            // What nobody looked into may be anything.
            let unseen = (!looks.contains_key(&shown)).then_some((shown.as_str(), &Look::Opaque));
            let all = within(&looks, &shown).chain(unseen);
            sheet.items.extend(all.filter_map(|(at, look)| fact(source, &directive, at, look)));
        }
    }
}

/// `source.embeds`: a line per pattern.
pub(super) fn sheet(source: &Source) -> Sheet {
    let mut sheet = Sheet::of::<Embed>();
    sheet.gaps = source.program.gaps.clone();
    sheet.examined(source.built_go_files().len() as u64);
    let directives = directives(source);
    let Some(inventory) = inventory(source, &directives) else { return sheet };
    let looks = looks(&inventory);
    for (directive, files) in directives {
        let (package, owner) = source.program.package_of(directive.file);
        let missing = || {
            let file = source.program.shown(directive.file);
            reason!("embedded-file-not-delivered", pattern = &directive.pattern, file = &file)
        };
        let mut fact = Embed {
            package,
            owner,
            pattern: directive.pattern.clone(),
            files: if files.is_empty() { Known::Unknown(missing()) } else { (files.len() as u64).into() },
            executables: Vec::new(),
            opaque: Vec::new(),
        };
        for path in files {
            let shown = source.program.files.shown(&path);
            let unseen = (!looks.contains_key(&shown)).then_some((shown.as_str(), &Look::Opaque));
            for (at, look) in within(&looks, &shown).chain(unseen) {
                match look {
                    Look::Executable(_) | Look::BpfObject => fact.executables.push(at.to_string()),
                    Look::Opaque => fact.opaque.push(at.to_string()),
                    Look::Text if encoded_in(source, at).is_some() => fact.executables.push(at.to_string()),
                    Look::Data | Look::Text => {}
                }
            }
        }
        let origin = source.origin(directive.file, Source::span(directive.start, directive.end));
        sheet.push(fact, origin);
    }
    sheet
}

struct Directive {
    file: FileId,
    start: usize,
    end: usize,
    pattern: String,
}

/// What the inventory says of a file: machine code, or not to be told.
enum Look {
    Executable(String),
    BpfObject,
    Opaque,
    Text,
    Data,
}

/// The executable that an embedded text stands for. What stands inside other files is not text of the build's.
fn encoded_in(source: &Source, at: &str) -> Option<&'static str> {
    super::encoded::of_text(&source.program.files.read_shown(at).ok()?)
}

fn fact(source: &Source, directive: &Directive, at: &str, look: &Look) -> Option<Item> {
    let part = source.program.parts[directive.file.0 as usize].in_build();
    let (built, detail) = match look {
        Look::Text if let Some(format) = encoded_in(source, at) => (part, format!("{at} ({format} as text)")),
        Look::Data | Look::Text => return None,
        Look::Executable(format) => (part, format!("{at} ({format})")),
        Look::Opaque | Look::BpfObject if part == Known::Value(false) => return None,
        // Compiled from C, and never run by the program's own machine.
        Look::BpfObject => (Known::Unknown(reason!("bpf-object-embedded", path = at)), at.to_string()),
        Look::Opaque => (Known::Unknown(reason!("embedded-file-opaque", path = at)), at.to_string()),
    };
    let origin = source.origin(directive.file, Source::span(directive.start, directive.end));
    Some(item(source, directive.file, CgoForm::Embedded, built, &detail, origin))
}

/// A file and what stands inside of it.
fn within<'l>(looks: &'l BTreeMap<String, Look>, shown: &str) -> impl Iterator<Item = (&'l str, &'l Look)> {
    let from = looks.range(shown.to_owned()..).take_while(move |(path, _)| path.starts_with(shown));
    let inside = from.filter(move |(path, _)| path.len() == shown.len() || path[shown.len()..].starts_with('!'));
    inside.map(|(path, look)| (path.as_str(), look))
}

/// A path of the inventory as the source tree has it: `tar -C src .` calls its members `./a`.
fn plain(path: &str) -> String {
    path.split('!').map(clean).collect::<Vec<_>>().join("!")
}

/// By path as the source tree has it.
fn looks(inventory: &Sheet) -> BTreeMap<String, Look> {
    let mut looks = BTreeMap::new();
    for item in &inventory.items {
        let Some(path) = item.text("path") else { continue };
        let look = match item.text("format") {
            Some(format @ ("elf" | "macho" | "pe" | "coff" | "go-object" | "static-archive")) => {
                Look::Executable(format.into())
            }
            Some("bpf-object") => Look::BpfObject,
            Some("high-entropy" | "other-archive") | None => Look::Opaque,
            Some(_) if item.fields.get("packer").is_some_and(|p| p.known().is_some_and(|v| v.is_string())) => {
                Look::Opaque
            }
            Some("text") => Look::Text,
            Some(_) => Look::Data,
        };
        looks.insert(plain(path), look);
    }
    looks
}

/// Whether the build embeds anything.
pub(super) fn any(source: &Source) -> bool {
    let mut heads = source.built_go_files().into_iter().filter_map(|file| source.program.head(file));
    heads.any(|head| head.outline.directives.iter().any(|directive| directive.embeds().is_some()))
}

/// What the inventory has on embedded files and what is inside of them.
fn inventory(source: &Source, directives: &[(Directive, Vec<String>)]) -> Option<Sheet> {
    let files = directives.iter().flat_map(|(_, files)| files).map(|path| source.program.files.shown(path));
    let files: BTreeSet<String> = files.collect();
    let around = |path: &str| path.match_indices('!').any(|(at, _)| files.contains(&path[..at]));
    let asked = |path: &str| {
        let path = if path.contains('!') { Cow::Owned(plain(path)) } else { Cow::Borrowed(path) };
        files.contains(&*path) || around(&path)
    };
    (!directives.is_empty()).then(|| source.inventory(&asked))
}

/// Each with the files that it means.
fn directives(source: &Source) -> Vec<(Directive, Vec<String>)> {
    let mut found = Vec::new();
    for file in source.built_go_files() {
        let Some(head) = source.program.head(file) else { continue };
        for directive in &head.outline.directives {
            let (start, end) = (directive.start, directive.start + 2 + directive.text.len());
            let patterns = directive.embeds().into_iter().flatten();
            let directives = patterns.map(|pattern| Directive { file, start, end, pattern });
            found.extend(directives.map(|directive| {
                let files = matches(source, &directive);
                (directive, files)
            }));
        }
    }
    found
}

/// Files below the package's folder that a pattern means; folders with a go.mod are other modules.
fn matches(source: &Source, directive: &Directive) -> Vec<String> {
    let folders = &source.program.folders;
    let folder = &folders.get(folders.file(directive.file).folder).path;
    let prefix = join(folder, "");
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let from = folders.list.partition_point(|f| f.path < prefix);
    let below = folders.list[from..].iter().take_while(|f| f.path.starts_with(&prefix));
    let meant = below.filter(|f| means(&directive.pattern, &f.path[prefix.len()..]));
    let module = folders.module_of(folder);
    meant.map(|f| f.path.clone()).filter(|path| folders.module_of(split(path).0) == module).collect()
}
