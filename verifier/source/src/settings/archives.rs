//! Build files in archives that are no source of their own: each counts as if it lay beside the source, over whose files the archive may be unpacked.

use super::delivered::{module_path, normal};
use super::library::Library;
use super::told::Told;
use super::{LARGEST, followed, is_script_text, others};
use crate::archived::{self, BUILD, is_called_like_an_archive};
use crate::build::{join, split};
use crate::lossy::lossy;
use assize_delivery::{Asks, Delivery, Entry, PackedText, PackedTexts, SourceTree};
use assize_facts::{Gap, Known, reason};
use std::collections::{BTreeMap, BTreeSet};

/// A script without an ending is not longer.
const LONGEST_SCRIPT: u64 = 256 << 10;

/// An archive with its build files, or one inside of it.
#[derive(Default)]
pub(super) struct Archive {
    /// What stands before its paths when they are shown.
    pub prefix: String,
    /// Texts of build files and of what they may call, by their paths in the archive.
    texts: BTreeMap<String, String>,
    /// What the go.mod files in it say, by their folders.
    modules: BTreeMap<String, String>,
}

/// A build file of an archive.
pub(super) struct Found<'a> {
    /// Relative to the source root, if the archive is unpacked there.
    pub path: String,
    pub shown: String,
    pub text: &'a str,
}

/// The archives of a deliverable that hold build files, but those of the source itself, of modules and of images; and where some may be that were not read.
pub(super) fn beside(delivery: &Delivery, tree: &SourceTree) -> (Vec<Archive>, Vec<Gap>) {
    let source = tree.archive(delivery).and_then(|(_, prefix)| prefix.split('!').next());
    let spec = delivery.spec();
    let modules = modules(delivery);
    let is_others = |path: &str| {
        let of_modules = modules.as_deref().is_some_and(|m| path == m || path.starts_with(&format!("{m}/")));
        source == Some(path) || of_modules || spec.images.iter().any(|image| image.path == path)
    };
    let may_hold = |entry: &&Entry| {
        let name = entry.name().to_ascii_lowercase();
        entry.is_file() && is_called_like_an_archive(&name) && !is_aside(&entry.path) && !is_others(&entry.path)
    };
    let entries: Vec<&Entry> = delivery.entries().iter().filter(may_hold).collect();
    let (mut found, mut gaps) = (Vec::new(), Vec::new());
    for (entry, texts) in entries.iter().zip(archived::texts(delivery, &entries)) {
        match texts {
            Ok(texts) => {
                gaps.extend(texts.gaps.iter().filter(|gap| may_hide(gap, &texts)).cloned());
                found.extend(Archive::all(&entry.path, &texts));
            }
            Err(reason) => gaps.push(Gap { reason, place: entry.path.clone(), owner: None }),
        }
    }
    (found, gaps)
}

/// Where module contents are delivered, a folder or an archive.
pub(crate) fn modules(delivery: &Delivery) -> Option<String> {
    delivery.spec().source.as_ref().and_then(|source| source.modules.as_deref()).map(normal)
}

/// Whether build files may stand where an archive was not read: a member that is called like one, whatever a bound kept from being seen, and of an archive
/// that cannot be read to its end what stands beside build files. Of others the inventory says so.
fn may_hide(gap: &Gap, texts: &PackedTexts) -> bool {
    let reason = &gap.reason;
    let named = reason.args.get("member").map(String::as_str).or_else(|| Some(gap.place.rsplit_once('!')?.1));
    match reason.code.as_str() {
        _ if archived::is_cut_short(reason) => true,
        code if code.starts_with("limit-archive") || matches!(code, "limit-entries" | "limit-names") => true,
        "archive-encrypted"
        | "archive-method"
        | "archive-name-refused"
        | "archive-sparse"
        | "file-too-large"
        | "file-unreadable" => named.is_some_and(|name| is_build_file(&normal(name))),
        "archive-damaged" => {
            texts.texts.iter().any(|text| text.archive == gap.place && is_build_file(&normal(&text.name)))
        }
        _ => false,
    }
}

/// Whether a path lies where build files are of others, or of tests.
pub(crate) fn is_aside(path: &str) -> bool {
    path.contains("/@v/") || path.split('/').any(|part| matches!(part, "vendor" | "testdata" | "node_modules" | ".git"))
}

/// Whether a member of an archive may be a build file, or tell whose those are.
pub(crate) fn asks_of_archive(name: &str, size: u64) -> Asks {
    let path = normal(name);
    if path.starts_with("..") || is_aside(&path) {
        return Asks::No;
    }
    match split(&path).1 == "go.mod" || is_build_file(&path) {
        true if size > LARGEST => Asks::UpTo(LARGEST),
        true => Asks::Yes,
        false if !split(&path).1.contains('.') && size <= LONGEST_SCRIPT => Asks::Yes,
        false => Asks::No,
    }
}

/// Whether one that was asked for is kept.
pub(crate) fn keeps_of_archive(name: &str, bytes: &[u8]) -> bool {
    let path = normal(name);
    asks_of_archive(name, bytes.len() as u64) == Asks::Yes
        && (split(&path).1 == "go.mod" || is_build_file(&path) || is_script_text(bytes))
}

fn is_build_file(path: &str) -> bool {
    let name = split(path).1.to_ascii_lowercase();
    followed(path).is_some() || others::is_candidate(path) || is_called_by_others(&name)
}

/// What build files source or take settings from.
fn is_called_by_others(name: &str) -> bool {
    name == ".env" || name.ends_with(".env") || name.starts_with(".env.")
}

impl Archive {
    /// A delivered archive, and those inside of it; of an image's layers none.
    fn all(path: &str, texts: &PackedTexts) -> Vec<Archive> {
        let mut all: BTreeMap<&str, Archive> = BTreeMap::new();
        let counts = |text: &&PackedText| {
            text.wanted & BUILD != 0
                && keeps_of_archive(&text.name, &text.bytes)
                && !(texts.is_image && text.archive != path)
        };
        for text in texts.texts.iter().filter(counts) {
            let archive = all.entry(&text.archive).or_default();
            let (name, bytes) = (normal(&text.name), lossy(&text.bytes).trim_start_matches('\u{feff}').to_owned());
            match split(&name).1 == "go.mod" {
                true => archive.modules.insert(split(&name).0.to_owned(), bytes),
                false => archive.texts.insert(name, bytes),
            };
        }
        let with_texts = all.into_iter().filter(|(_, archive)| !archive.texts.is_empty());
        with_texts.map(|(path, archive)| Archive { prefix: format!("{path}!"), ..archive }).collect()
    }

    /// The files that may build a program of a module: of other modules' sources none, and of copies of the delivered source those that differ from it.
    pub fn build_files<'a>(&'a self, tree: &Library<'_>, module: Option<&str>) -> Vec<Found<'a>> {
        let own = |(path, text): (&'a String, &'a String)| {
            let around = self.module_around(path);
            let is_own = around.is_none_or(|(_, text)| module.is_some() && module_path(text).as_deref() == module);
            let inside = self.inside(path);
            let is_same = || tree.find(&[""], &inside).is_some_and(|(_, there)| *there == **text);
            (is_own && !is_same()).then(|| Found { shown: format!("{}{path}", self.prefix), path: inside, text })
        };
        self.texts.iter().filter_map(own).collect()
    }

    /// The files of the tree with those of the archive over them.
    pub fn over<'l>(
        &'l self,
        tree: &BTreeSet<String>,
        prefix: &str,
        read: impl Fn(&str) -> Option<String> + 'l,
    ) -> Library<'l> {
        let texts: BTreeMap<String, (&String, &String)> =
            self.texts.iter().map(|(path, text)| (self.inside(path), (path, text))).collect();
        let paths = tree.iter().chain(texts.keys()).cloned().collect();
        let shown = texts.iter().map(|(path, (own, _))| (path.clone(), format!("{}{own}", self.prefix))).collect();
        let read = move |path: &str| texts.get(path).map(|(_, text)| (*text).clone()).or_else(|| read(path));
        Library::new(paths, prefix, read).elsewhere(shown)
    }

    /// Of another version of the source nobody knows whether it is what the delivered programs are built with.
    pub fn doubted(&self, mut told: Told, go_mod: &str) -> Told {
        let path = told.file.strip_prefix(&*self.prefix);
        let around = path.and_then(|path| self.module_around(path));
        if told.item.delivered == Known::Value(true) && around.is_some_and(|(_, text)| text.trim() != go_mod.trim()) {
            told.item.delivered = Known::Unknown(reason!("build-file-of-another-version", path = &*told.file));
        }
        told
    }

    /// The folder of the module that a path lies in, and its go.mod.
    fn module_around(&self, path: &str) -> Option<(&str, &str)> {
        let mut folder = path;
        loop {
            folder = split(folder).0;
            if let Some((folder, text)) = self.modules.get_key_value(folder) {
                return Some((folder, text));
            }
            if folder.is_empty() {
                return None;
            }
        }
    }

    /// A path from the source root, where its module is a copy of the source; else from the top of the archive.
    fn inside(&self, path: &str) -> String {
        match self.module_around(path) {
            Some((folder, _)) => join("", path[folder.len()..].trim_start_matches('/')),
            None => path.to_owned(),
        }
    }
}
