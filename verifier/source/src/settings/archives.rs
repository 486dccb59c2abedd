//! Build files in archives that are no source of their own: each counts as if it lay beside the source, over whose files the archive may be unpacked.

use super::delivered::{module_path, normal};
use super::library::Library;
use super::told::Told;
use super::{LARGEST, followed, is_script_text, others};
use crate::archived::is_called_like_an_archive;
use crate::build::{join, split};
use crate::lossy::lossy;
use assize_delivery::{Delivery, Entry, Member, MemberKind, SourceTree};
use assize_facts::{Known, Reason, reason};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// A script without an ending is not longer.
const LONGEST_SCRIPT: u64 = 256 << 10;
/// So much text is kept of one archive with all that is in it,
const MOST: u64 = 32 << 20;
/// archives inside of it are no larger than that,
const INNER: u64 = 64 << 20;
/// and nested so deep.
const DEPTH: u32 = 3;

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

/// The archives of a deliverable that hold build files, but those of the source itself, of modules and of images.
pub(super) fn beside(delivery: &Delivery, tree: &SourceTree) -> Vec<Archive> {
    let source = tree.archive(delivery).and_then(|(_, prefix)| prefix.split('!').next());
    let spec = delivery.spec();
    let modules = spec.source.as_ref().and_then(|source| source.modules.as_deref()).map(normal);
    let is_others = |path: &str| {
        let of_modules = modules.as_deref().is_some_and(|folder| path.starts_with(&format!("{folder}/")));
        source == Some(path) || of_modules || spec.images.iter().any(|image| image.path == path)
    };
    let may_hold = |entry: &&Entry| {
        let name = entry.name().to_ascii_lowercase();
        entry.is_file() && is_called_like_an_archive(&name) && !is_aside(&entry.path)
    };
    let mut found = Vec::new();
    for entry in delivery.entries().iter().filter(may_hold).filter(|entry| !is_others(&entry.path)) {
        let mut reader = Reader { delivery, left: MOST, found: vec![] };
        let mut archive = Archive { prefix: format!("{}!", entry.path), ..Archive::default() };
        // Of what cannot be read the inventory says so.
        let _ =
            delivery.members(&entry.path, &mut |member, content| reader.member(&mut archive, member, content, DEPTH));
        found.extend(reader.found);
        found.push(archive);
    }
    found.retain(|archive| !archive.texts.is_empty());
    found
}

fn is_aside(path: &str) -> bool {
    path.contains("/@v/") || path.split('/').any(|part| matches!(part, "vendor" | "testdata" | "node_modules" | ".git"))
}

struct Reader<'d> {
    delivery: &'d Delivery,
    left: u64,
    /// Archives inside of the one that is read.
    found: Vec<Archive>,
}

impl Reader<'_> {
    fn member(
        &mut self,
        archive: &mut Archive,
        member: &Member,
        content: &mut dyn Read,
        depth: u32,
    ) -> Result<(), Reason> {
        let path = normal(&member.name);
        if member.kind != MemberKind::File || path.starts_with("..") || is_aside(&path) {
            return Ok(());
        }
        let name = split(&path).1;
        let lower = name.to_ascii_lowercase();
        let is_archive = depth > 0 && is_called_like_an_archive(&lower);
        let is_module = name == "go.mod";
        let is_one = followed(&path).is_some() || others::is_candidate(&path) || is_called_by_others(&lower);
        let may_be_script = !name.contains('.') && member.size <= LONGEST_SCRIPT;
        if !(is_archive || is_module || is_one || may_be_script) {
            return Ok(());
        }
        let limit = if is_archive { INNER } else { LARGEST.min(self.left) };
        let mut bytes = Vec::new();
        let failed = |error| reason!("archive-damaged", path = &archive.prefix, detail = error);
        content.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > limit {
            return Ok(());
        }
        if is_archive {
            self.within(&format!("{}{path}!", archive.prefix), name, bytes, depth - 1);
            return Ok(());
        }
        let text = || lossy(&bytes).trim_start_matches('\u{feff}').to_owned();
        if is_module {
            archive.modules.insert(split(&path).0.to_owned(), text());
        } else if is_one || is_script_text(&bytes) {
            self.left -= bytes.len() as u64;
            archive.texts.insert(path, text());
        }
        Ok(())
    }

    fn within(&mut self, prefix: &str, name: &str, bytes: Vec<u8>, depth: u32) {
        let mut inner = Archive { prefix: prefix.to_owned(), ..Archive::default() };
        let delivery = self.delivery;
        let _ =
            delivery.members_of(name, bytes, &mut |member, content| self.member(&mut inner, member, content, depth));
        self.found.push(inner);
    }
}

/// What build files source or take settings from.
fn is_called_by_others(name: &str) -> bool {
    name == ".env" || name.ends_with(".env") || name.starts_with(".env.")
}

impl Archive {
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
