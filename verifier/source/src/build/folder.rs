//! The tree's folders with their source files; module contents join as they are asked for.

use super::contents::Supplied;
use super::read::Head;
use super::tree::{Found, follow};
use crate::hashed::HashMap;
use assize_facts::Reason;
use assize_facts::kinds::source::Owner;
use assize_golang::build::{SourceKind, source_kind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FolderId(pub u32);

/// A file that the Go command would call source, by its ending.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// In the tree.
    pub path: String,
    content: Content,
    pub folder: FolderId,
    pub kind: SourceKind,
    pub size: u64,
    /// What its head says; `None` until it was asked for.
    pub head: Option<Result<Head, Reason>>,
    /// What its head was read from, where there is room for that.
    pub bytes: Option<Vec<u8>>,
}

/// Where a file's bytes are.
#[derive(Debug)]
enum Content {
    Here,
    /// At another path of the tree: it is a link.
    At(Box<str>),
    /// At none.
    Nowhere,
}

impl SourceFile {
    /// Where its bytes are; another path for a link.
    pub fn content(&self) -> Option<&str> {
        match &self.content {
            Content::Here => Some(&self.path),
            Content::At(path) => Some(path),
            Content::Nowhere => None,
        }
    }

    pub fn name(&self) -> &str {
        split(&self.path).1
    }
}

#[derive(Debug, Default)]
pub(crate) struct Folder {
    /// In the tree; empty for its root.
    pub path: String,
    pub files: Vec<FileId>,
}

/// Room for texts and trees beside any program,
pub(crate) const LEAST: usize = 4 << 20;
/// and beside the smallest: what is known of a large one's declarations takes it up.
const MOST: usize = 24 << 20;

/// All folders that hold source files or module files.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    pub files: Vec<SourceFile>,
    pub folders: Vec<Folder>,
    by_path: BTreeMap<String, FolderId>,
    /// Folders with a go.mod: a module ends where another begins.
    pub modules: BTreeSet<String>,
    /// Every path, for what is asked by name; of module contents those that a package of them may embed.
    pub list: Vec<Found>,
    /// Packages out of module contents.
    provided: HashMap<FolderId, Provided>,
}

/// A package out of module contents.
#[derive(Debug)]
struct Provided {
    path: Box<str>,
    owner: Owner,
    supplied: Arc<Supplied>,
    /// In the module.
    folder: Box<str>,
}

impl Folders {
    pub fn new(list: Vec<Found>) -> Folders {
        let mut folders = Folders::default();
        for found in &list {
            let (folder, name) = split(&found.path);
            if name == "go.mod" {
                folders.modules.insert(folder.to_string());
            }
            let Some(kind) = source_kind(name) else { continue };
            let folder = folders.folder(folder);
            let content = match follow(&list, &found.path) {
                Some(content) if content.path == found.path => Content::Here,
                Some(content) => Content::At(content.path.as_str().into()),
                None => Content::Nowhere,
            };
            let id = FileId(folders.files.len() as u32);
            folders.folders[folder.0 as usize].files.push(id);
            folders.files.push(SourceFile {
                path: found.path.clone(),
                content,
                folder,
                kind,
                size: found.size,
                head: None,
                bytes: None,
            });
        }
        folders.files.shrink_to_fit();
        folders.list = list;
        folders
    }

    fn folder(&mut self, path: &str) -> FolderId {
        if let Some(id) = self.by_path.get(path) {
            return *id;
        }
        let id = FolderId(self.folders.len() as u32);
        self.folders.push(Folder { path: path.to_string(), files: Vec::new() });
        self.by_path.insert(path.to_string(), id);
        id
    }

    /// The folder of a package out of module contents; it joins with its files where it is not in the tree anyway.
    pub fn provide(&mut self, path: &str, owner: Owner, supplied: &Arc<Supplied>, folder: &str) -> FolderId {
        let place = join(&supplied.root, folder);
        let id = self.at(&place).unwrap_or_else(|| self.join(&place, supplied, folder));
        let (supplied, folder) = (Arc::clone(supplied), folder.into());
        self.provided.entry(id).or_insert(Provided { path: path.into(), owner, supplied, folder });
        id
    }

    fn join(&mut self, place: &str, supplied: &Supplied, folder: &str) -> FolderId {
        self.modules.insert(supplied.root.clone());
        let id = self.folder(place);
        for (path, size) in supplied.sources(folder) {
            let Some(kind) = source_kind(split(path).1) else { continue };
            self.folders[id.0 as usize].files.push(FileId(self.files.len() as u32));
            let path = join(&supplied.root, path);
            self.files.push(SourceFile {
                path,
                content: Content::Here,
                folder: id,
                kind,
                size,
                head: None,
                bytes: None,
            });
        }
        id
    }

    /// The package that a folder of module contents was asked for, whatever build still takes it.
    pub fn provided(&self, folder: FolderId) -> Option<(&str, Owner)> {
        self.provided.get(&folder).map(|provided| (&*provided.path, provided.owner))
    }

    /// Lists what some packages out of module contents may embed: what is in their folders and below.
    pub fn list_below(&mut self, packages: &[FolderId]) {
        let before = self.list.len();
        for Provided { supplied, folder, .. } in packages.iter().filter_map(|id| self.provided.get(id)) {
            let below = supplied.below(folder);
            self.list.extend(below.map(|(path, size)| Found { path: join(&supplied.root, path), size, link: None }));
        }
        if self.list.len() > before {
            self.list.sort_by(|a, b| a.path.cmp(&b.path));
            self.list.dedup_by(|a, b| a.path == b.path);
        }
    }

    pub fn at(&self, path: &str) -> Option<FolderId> {
        self.by_path.get(path).copied()
    }

    pub fn get(&self, id: FolderId) -> &Folder {
        &self.folders[id.0 as usize]
    }

    /// Room for texts and trees beside what is known of the declarations.
    pub fn room(&self) -> usize {
        let size = self.size();
        let texts = if self.keeps_texts() { size / 2 } else { 0 };
        MOST.saturating_sub(size / 3).max(LEAST) + texts
    }

    /// Whether there is room for the texts of all files.
    pub fn keeps_texts(&self) -> bool {
        self.size() <= MOST / 2
    }

    fn size(&self) -> usize {
        usize::try_from(self.files.iter().map(|file| file.size).sum::<u64>()).unwrap_or(usize::MAX)
    }

    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Folders at or below a path, in order.
    pub fn below(&self, path: &str) -> impl Iterator<Item = (&str, FolderId)> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let path = path.to_string();
        let all = self.by_path.range(path.clone()..);
        all.take_while(move |(p, _)| p.starts_with(&path))
            .filter(move |(p, _)| p.len() + 1 == prefix.len() || p.starts_with(&prefix))
            .map(|(p, id)| (p.as_str(), *id))
    }

    pub fn has_file(&self, path: &str) -> bool {
        self.list.binary_search_by(|f| f.path.as_str().cmp(path)).is_ok()
    }

    /// The folder of the module that a folder belongs to; `None` where no go.mod stands above it.
    pub fn module_of(&self, path: &str) -> Option<&str> {
        let mut at = path;
        loop {
            if let Some(found) = self.modules.get(at) {
                return Some(found);
            }
            if at.is_empty() {
                return None;
            }
            at = split(at).0;
        }
    }
}

/// Folder and last part.
pub(crate) fn split(path: &str) -> (&str, &str) {
    memchr::memrchr(b'/', path.as_bytes()).map_or(("", path), |at| (&path[..at], &path[at + 1..]))
}

/// `folder/rest`, either of which may be empty.
pub(crate) fn join(folder: &str, rest: &str) -> String {
    match (folder.is_empty(), rest.is_empty()) {
        (true, _) => rest.to_string(),
        (_, true) => folder.to_string(),
        _ => [folder, "/", rest].concat(),
    }
}
