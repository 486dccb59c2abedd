//! The delivered source tree as the reader sees it: names and bytes, wherever they lie.

use super::contents::Contents;
#[cfg(test)]
use super::contents::{Supplied, Supply};
use assize_delivery::{EntryKind, SourceTree};
use assize_facts::{Reason, reason};
#[cfg(test)]
use assize_golang::module::Module;
#[cfg(test)]
use std::collections::BTreeSet;

/// A file below the source root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Relative to the source root, `/`-separated.
    pub path: String,
    pub size: u64,
    /// The target of a symbolic link, as written.
    pub link: Option<String>,
}

/// A tree of files.
pub(crate) trait Files: Sync {
    /// Every file and link, ordered by path.
    fn list(&self) -> Vec<Found>;
    fn read(&self, path: &str) -> Result<Vec<u8>, Reason>;
    /// A module file, which may be a link to another file of the tree.
    fn module_file(&self, path: &str) -> Result<Vec<u8>, Reason> {
        self.read(path)
    }

    /// The path as origins show it.
    fn shown(&self, path: &str) -> String;

    /// The file that origins show as this.
    fn read_shown(&self, shown: &str) -> Result<Vec<u8>, Reason> {
        let path = shown.strip_prefix(&self.shown("")).ok_or_else(|| reason!("not-delivered", path = shown))?;
        self.read(path)
    }

    /// Contents of modules beside the tree; their files are read and shown as those of the tree are, by where they joined it.
    fn contents(&self) -> Option<&dyn Contents> {
        None
    }
}

impl Files for SourceTree {
    fn list(&self) -> Vec<Found> {
        let found = self.entries().filter_map(|e| {
            let link = match &e.entry.kind {
                EntryKind::File => None,
                EntryKind::Link(target) => Some(target.clone()),
                EntryKind::Special(_) => return None,
            };
            Some(Found { path: e.path.to_string(), size: e.entry.size, link })
        });
        found.collect()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Reason> {
        SourceTree::read(self, path)
    }

    fn shown(&self, path: &str) -> String {
        SourceTree::shown(self, path)
    }
}

/// Follows links inside the tree by their text; `None` where one leads out of it, or in a circle.
pub(crate) fn follow<'a>(list: &'a [Found], path: &str) -> Option<&'a Found> {
    const MOST_LINKS: usize = 16;
    let mut path = path.to_string();
    for _ in 0..MOST_LINKS {
        let index = list.binary_search_by(|f| f.path.as_str().cmp(&path)).ok()?;
        let found = list.get(index)?;
        let Some(target) = &found.link else { return Some(found) };
        if target.starts_with('/') {
            return None;
        }
        let folder = path.rfind('/').map_or("", |at| &path[..at]);
        let joined = assize_golang::vendor::clean(format!("{folder}/./{target}").trim_start_matches('/'));
        if joined.starts_with("..") {
            return None;
        }
        path = joined;
    }
    None
}

/// A tree in memory, for tests: `-- path --` before each file's text.
#[cfg(test)]
pub(crate) struct Memory(std::collections::BTreeMap<String, Vec<u8>>);

#[cfg(test)]
impl Memory {
    pub fn new(text: &str) -> Memory {
        let mut files = std::collections::BTreeMap::new();
        let mut name: Option<String> = None;
        for line in text.split_inclusive('\n') {
            let head = line.trim_end().strip_prefix("-- ").and_then(|l| l.strip_suffix(" --"));
            match (head, &name) {
                (Some(path), _) => {
                    files.insert(path.to_string(), Vec::new());
                    name = Some(path.to_string());
                }
                (None, Some(path)) => files.get_mut(path).expect("inserted").extend_from_slice(line.as_bytes()),
                (None, None) => assert!(line.trim().is_empty(), "text before the first file: {line}"),
            }
        }
        Memory(files)
    }

    pub fn add(&mut self, path: &str, bytes: &[u8]) {
        self.0.insert(path.into(), bytes.into());
    }
}

#[cfg(test)]
impl Files for Memory {
    /// A file whose text is `=> target` is a link.
    fn list(&self) -> Vec<Found> {
        let link = |bytes: &[u8]| Some(std::str::from_utf8(bytes).ok()?.strip_prefix("=> ")?.trim().to_string());
        let in_tree = self.0.iter().filter(|(path, _)| !path.starts_with('/'));
        in_tree.map(|(p, b)| Found { path: p.clone(), size: b.len() as u64, link: link(b) }).collect()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Reason> {
        self.0.get(path).cloned().ok_or_else(|| reason!("not-delivered", path = path))
    }

    fn shown(&self, path: &str) -> String {
        path.to_string()
    }

    fn contents(&self) -> Option<&dyn Contents> {
        self.0.keys().any(|path| path.starts_with('/')).then_some(self)
    }
}

/// Module contents are the files below `/path@version`; go.sum authenticates them by the sum `good`.
#[cfg(test)]
impl Contents for Memory {
    fn open(&self, wanted: &[(&Module, &BTreeSet<String>)]) -> Vec<Supply> {
        let of = |(module, sums): &(&Module, &BTreeSet<String>)| {
            let root = format!("/{module}");
            let mine = self.0.iter().filter_map(|(path, text)| {
                let inner = path.strip_prefix(&root)?.strip_prefix('/')?;
                Some((inner.into(), text.len() as u64))
            });
            let files: Vec<(Box<str>, u64)> = mine.collect();
            match sums.iter().all(|sum| sum == "good") && !sums.is_empty() {
                _ if files.is_empty() => Supply::Nothing,
                true => Supply::Files(Supplied::new(root, files).into()),
                false => Supply::Other,
            }
        };
        wanted.iter().map(of).collect()
    }

    fn go_mod(&self, module: &Module, sums: &BTreeSet<String>) -> Option<Vec<u8>> {
        let text = self.0.get(&format!("/{module}/go.mod"));
        text.filter(|_| sums.iter().any(|sum| sum == "good")).cloned()
    }
}

#[cfg(test)]
impl Memory {
    /// `inventory.files` as far as these tests need it: the format by the first bytes.
    pub fn inventory(&self) -> assize_facts::Sheet {
        use assize_facts::kinds::inventory::{File, Format};
        let mut sheet = assize_facts::Sheet::of::<File>();
        for (path, bytes) in &self.0 {
            let format = match bytes.as_slice() {
                // e_type and e_machine, as far as a test says them.
                [0x7f, b'E', b'L', b'F', .., 247] => Format::BpfObject,
                [0x7f, b'E', b'L', b'F', ..] => Format::Elf,
                [0xff, 0x01, ..] => Format::HighEntropy,
                _ => Format::Text,
            };
            let fact = File {
                path: path.clone(),
                size: bytes.len() as u64,
                sha256: assize_facts::Sha256::of(bytes).into(),
                format: format.into(),
                executable_content: matches!(format, Format::Elf | Format::BpfObject).into(),
                go_program: false.into(),
                packer: None.into(),
                declared: false,
                mode: 0o644,
            };
            sheet.push(fact, assize_facts::Origin::file(path));
        }
        sheet
    }
}

/// A tree on this machine's disk, for tests with Go's own sources and public modules.
#[cfg(test)]
pub(crate) struct Disk {
    root: std::path::PathBuf,
    list: Vec<Found>,
}

#[cfg(test)]
impl Disk {
    /// The files below some folders of a root.
    pub fn below(root: &std::path::Path, folders: &[&str]) -> Disk {
        let mut disk = Disk { root: root.into(), list: Vec::new() };
        folders.iter().for_each(|folder| disk.walk(folder));
        if !folders.contains(&"") && root.join("go.mod").is_file() {
            disk.list.push(Found { path: "go.mod".into(), size: 0, link: None });
        }
        disk.list.sort_by(|a, b| a.path.cmp(&b.path));
        disk
    }

    fn walk(&mut self, folder: &str) {
        for entry in std::fs::read_dir(self.root.join(folder)).expect("a folder").flatten() {
            let path = super::folder::join(folder, &entry.file_name().to_string_lossy());
            let kind = entry.file_type().expect("its type");
            if kind.is_dir() {
                self.walk(&path);
            } else if kind.is_file() {
                let size = entry.metadata().map_or(0, |m| m.len());
                self.list.push(Found { path, size, link: None });
            }
        }
    }
}

#[cfg(test)]
impl Files for Disk {
    fn list(&self) -> Vec<Found> {
        self.list.clone()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Reason> {
        std::fs::read(self.root.join(path)).map_err(|_| reason!("not-delivered", path = path))
    }

    fn shown(&self, path: &str) -> String {
        path.to_string()
    }
}
