//! The delivered Go source as one tree, whether it is a folder of the deliverable or an archive in it.

use crate::delivery::Delivery;
use crate::walk::Entry;
use assize_facts::{Digest, Gap, Reason, SourceSpec, reason};
use std::path::PathBuf;

/// The tree below the source root; cheap to clone.
#[derive(Clone)]
pub struct SourceTree {
    delivery: Delivery,
    /// Folder inside `delivery`, with a `/` at its end, or empty.
    base: String,
    /// What stands before a path of this tree when it is shown: `src/`, `src.tar.gz!app-1.0/`, or empty.
    prefix: String,
}

/// A tree as its deliverable remembers it: one in the deliverable itself is kept without it, or neither would ever be given up.
#[derive(Clone)]
pub(crate) struct Kept {
    unpacked: Option<Delivery>,
    base: String,
    prefix: String,
}

impl Kept {
    pub fn of(tree: SourceTree, delivery: &Delivery) -> Kept {
        let SourceTree { delivery: holder, base, prefix } = tree;
        Kept { unpacked: (!holder.is(delivery)).then_some(holder), base, prefix }
    }

    pub fn tree(self, delivery: &Delivery) -> SourceTree {
        let Kept { unpacked, base, prefix } = self;
        SourceTree { delivery: unpacked.unwrap_or_else(|| delivery.clone()), base, prefix }
    }
}

/// An entry of a source tree, its path relative to the source root.
#[derive(Clone, Copy, Debug)]
pub struct SourceEntry<'a> {
    pub path: &'a str,
    pub entry: &'a Entry,
}

impl SourceTree {
    /// The entries, ordered by path, each with its path relative to the source root.
    pub fn entries(&self) -> impl Iterator<Item = SourceEntry<'_>> {
        self.delivery.under(&self.base).iter().map(|entry| SourceEntry { path: &entry.path[self.base.len()..], entry })
    }

    pub fn entry(&self, path: &str) -> Option<&Entry> {
        self.delivery.entry(&self.inner(path))
    }

    /// A file of the tree, bounded as [`Delivery::read`].
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Reason> {
        self.delivery.read(&self.inner(path))
    }

    pub fn digest(&self, path: &str) -> Result<Digest, Reason> {
        self.delivery.digest(&self.inner(path))
    }

    /// A path of the tree as it is shown in origins: relative to the deliverable.
    pub fn shown(&self, path: &str) -> String {
        [&self.prefix, path].concat()
    }

    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    pub fn host_path(&self, path: &str) -> PathBuf {
        self.delivery.host_path(&self.inner(path))
    }

    /// The archive that the tree is unpacked from, as a deliverable of its own, with what stands before its paths when they are shown; `None` of a
    /// tree in the deliverable itself.
    pub fn archive(&self, delivery: &Delivery) -> Option<(&Delivery, &str)> {
        let prefix = self.prefix.strip_suffix(&self.base).unwrap_or(&self.prefix);
        (!self.delivery.is(delivery)).then_some((&self.delivery, prefix))
    }

    /// The go.mod files of the tree's own modules.
    pub fn module_files(&self) -> impl Iterator<Item = &str> {
        let is_others = |path: &str| path.split('/').any(|part| part == "vendor" || part == "testdata");
        let paths = self.entries().map(|entry| entry.path);
        paths.filter(move |path| path.rsplit('/').next() == Some("go.mod") && !is_others(path))
    }

    /// What could not be seen below the source root.
    pub fn gaps(&self) -> Vec<Gap> {
        // A gap about a folder around the base, or about no place, hides parts of the tree as much as one below it.
        let touches = |gap: &&Gap| gap.place.starts_with(&self.base) || self.base.starts_with(&gap.place);
        let shown = |gap: &Gap| match gap.place.strip_prefix(&self.base) {
            Some(place) => Gap { place: self.shown(place), ..gap.clone() },
            None => gap.clone(),
        };
        self.delivery.gaps().iter().filter(touches).map(shown).collect()
    }

    fn inner(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// The declared source, else the one found.
pub(crate) fn find(delivery: &Delivery) -> Result<Option<SourceTree>, Reason> {
    match &delivery.spec().source {
        Some(SourceSpec { root: Some(root), .. }) => Ok(Some(folder(delivery, declared_root(delivery, root)?))),
        Some(SourceSpec { archive: Some(path), .. }) => unpacked(delivery, path),
        Some(SourceSpec { root: None, archive: None, .. }) | None => match nearest_module(delivery)? {
            Some(base) => Ok(Some(folder(delivery, base))),
            None => in_archive(delivery),
        },
    }
}

/// The source inside an archive: the module nearest its top, else all of it.
fn unpacked(delivery: &Delivery, path: &str) -> Result<Option<SourceTree>, Reason> {
    let inside = delivery.unpack(path)?;
    let base = nearest_module(&inside)?.unwrap_or_default();
    Ok(Some(SourceTree { delivery: inside, prefix: format!("{path}!{base}"), base }))
}

/// Where nothing is declared and no folder has a go.mod: the one archive at the top of the deliverable that holds one.
fn in_archive(delivery: &Delivery) -> Result<Option<SourceTree>, Reason> {
    let mut found: Option<SourceTree> = None;
    for entry in delivery.entries().iter().filter(|e| e.is_file() && !e.path.contains('/')) {
        let mut has_module = false;
        let listed = delivery.members(&entry.path, &mut |member, _| {
            has_module |=
                matches!(member.name.rsplit('/').next(), Some("go.mod" | "go.work")) && !ignored(&member.name);
            Ok(())
        });
        if listed.is_err() && !has_module {
            continue;
        }
        if has_module && let Some(tree) = unpacked(delivery, &entry.path)? {
            if let Some(other) = &found {
                return Err(reason!("source-ambiguous", one = other.prefix(), other = tree.prefix()));
            }
            found = Some(tree);
        }
    }
    Ok(found)
}

fn declared_root(delivery: &Delivery, root: &str) -> Result<String, Reason> {
    let root = root.trim_end_matches('/').trim_start_matches("./");
    let base = if root.is_empty() || root == "." { String::new() } else { format!("{root}/") };
    match delivery.under(root).is_empty() {
        true => Err(reason!("not-delivered", path = root)),
        false => Ok(base),
    }
}

fn folder(delivery: &Delivery, base: String) -> SourceTree {
    SourceTree { delivery: delivery.clone(), prefix: base.clone(), base }
}

/// The folder, with a `/` at its end, of the go.work or go.mod nearest the root; two at the same depth are ambiguous, save that go.work goes first.
fn nearest_module(delivery: &Delivery) -> Result<Option<String>, Reason> {
    let mut found: Vec<(usize, bool, String)> = Vec::new();
    for entry in delivery.entries().iter().filter(|e| e.is_file()) {
        let name = entry.name();
        if (name == "go.mod" || name == "go.work") && !ignored(&entry.path) {
            let folder = entry.path[..entry.path.len() - name.len()].to_string();
            found.push((folder.matches('/').count(), name == "go.mod", folder));
        }
    }
    found.sort();
    let Some((depth, is_mod, folder)) = found.first() else { return Ok(None) };
    let rival = found.get(1).filter(|(d, m, f)| d == depth && m == is_mod && f != folder);
    match rival {
        Some((_, _, other)) => Err(reason!("source-ambiguous", one = folder, other = other)),
        None => Ok(Some(folder.clone())),
    }
}

/// Whether the Go command would not look there for a main module.
fn ignored(path: &str) -> bool {
    // `tar -C src .` calls the file at the top `./go.mod`.
    let path = path.trim_start_matches("./");
    path.split('/').any(|part| part == "vendor" || part == "testdata" || part.starts_with(['.', '_']))
}
