//! Packages out of module contents: what is at hand of a module, as far as go.sum authenticates it, and where it joins the tree.

use super::folder::split;
use assize_facts::Reason;
use assize_golang::build::source_kind;
use assize_golang::module::Module;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Module contents that are at hand.
pub(crate) trait Contents: Sync {
    /// Looks into modules, several at once; each comes with the sums that go.sum has for its contents. In the order of what is asked.
    fn open(&self, wanted: &[(&Module, &BTreeSet<String>)]) -> Vec<Supply>;
    /// A module's go.mod that has the sum which go.sum gives it.
    fn go_mod(&self, module: &Module, sums: &BTreeSet<String>) -> Option<Vec<u8>>;
}

/// What is at hand of a module.
#[derive(Clone, Debug)]
pub(crate) enum Supply {
    Files(Arc<Supplied>),
    /// Something that go.sum does not authenticate: none of it is read.
    Other,
    Unseen(Reason),
    Nothing,
}

/// The files of a module by their paths in it.
#[derive(Debug)]
pub(crate) struct Supplied {
    /// Where they join the tree: the folder in it that they are, or an absolute path, as no file of the tree has.
    pub root: String,
    /// With their sizes, in the order of the paths.
    files: Vec<(Box<str>, u64)>,
    /// Those that the Go command would call source, by their folders.
    sources: BTreeMap<Box<str>, Vec<u32>>,
}

impl Supplied {
    /// The files come in the order of their paths.
    pub fn new(root: String, files: Vec<(Box<str>, u64)>) -> Supplied {
        let mut sources: BTreeMap<Box<str>, Vec<u32>> = BTreeMap::new();
        for (index, (path, _)) in (0..).zip(&files) {
            let (folder, name) = split(path);
            if source_kind(name).is_some() {
                sources.entry(folder.into()).or_default().push(index);
            }
        }
        Supplied { root, files, sources }
    }

    /// The source files in a folder of the module, with their sizes.
    pub fn sources(&self, folder: &str) -> impl Iterator<Item = (&str, u64)> {
        let all = self.sources.get(folder).into_iter().flatten().filter_map(|index| self.files.get(*index as usize));
        all.map(|(path, size)| (&**path, *size))
    }

    /// Whether the Go command takes a folder for a package of the module: any Go file will do (cmd/go/internal/modload `dirInModule`).
    pub fn provides(&self, folder: &str) -> bool {
        self.sources(folder).any(|(path, _)| path.ends_with(".go"))
    }

    /// A file's number, in the order of the paths.
    pub fn number(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|(known, _)| (**known).cmp(path)).ok()
    }

    /// All paths, in their order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|(path, _)| &**path)
    }

    /// The files in a folder and below it, with their sizes.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = (&str, u64)> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let from = self.files.partition_point(|(path, _)| **path < *prefix);
        let all = self.files[from..].iter().map(|(path, size)| (&**path, *size));
        all.take_while(move |(path, _)| path.starts_with(&prefix))
    }
}
