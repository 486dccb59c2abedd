//! Walks a delivered folder: every file, link and special file once, links never followed, in the order of their paths.

use assize_facts::{Gap, Limits, Reason, reason};
use std::fs::{self, DirEntry};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A delivered file, link or special file; folders are not entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the delivered folder, `/`-separated. A name that is not UTF-8 is written with `\xNN` for its odd bytes (see [`shown_name`]), so no two names look alike.
    pub path: String,
    pub kind: EntryKind,
    /// Bytes; of a link, the length of its target.
    pub size: u64,
    /// Permission bits, as in `0o755`.
    pub mode: u32,
    /// Its place among the entries of its deliverable.
    pub(crate) number: u32,
    /// The real path below the root, for opening, where it is another.
    odd: Option<Box<Path>>,
}

/// What an entry is to the file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    File,
    /// A symbolic link and its target as written.
    Link(String),
    /// `fifo`, `socket`, `device` or `unknown`: listed, never opened.
    Special(&'static str),
}

impl Entry {
    pub fn is_file(&self) -> bool {
        self.kind == EntryKind::File
    }

    /// The path below the root as the system has it.
    pub(crate) fn real(&self) -> &Path {
        self.odd.as_deref().unwrap_or(Path::new(&self.path))
    }

    /// The last part of its path.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// What a walk found, and what it could not see.
pub(crate) struct Walk {
    pub entries: Vec<Entry>,
    pub gaps: Vec<Gap>,
}

struct Folder {
    real: PathBuf,
    shown: String,
    depth: u32,
}

/// Walks `root`, which must be a folder.
pub(crate) fn walk(root: &Path, limits: &Limits) -> Walk {
    let mut walk = Walk { entries: Vec::new(), gaps: Vec::new() };
    let mut folders = vec![Folder { real: PathBuf::new(), shown: String::new(), depth: 0 }];
    while let Some(folder) = folders.pop() {
        if walk.entries.len() as u64 >= limits.entries {
            walk.gap(reason!("limit-entries", limit = limits.entries), "");
            break;
        }
        walk.folder(root, &folder, limits, &mut folders);
    }
    walk.entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    walk.entries.shrink_to_fit();
    // No walk goes as far as 2^32 entries (`Limits::entries`).
    for (entry, number) in walk.entries.iter_mut().zip(0..) {
        entry.number = number;
    }
    walk.gaps.sort();
    walk
}

impl Walk {
    fn gap(&mut self, reason: Reason, place: &str) {
        self.gaps.push(Gap { reason, place: place.into(), owner: None });
    }

    fn folder(&mut self, root: &Path, folder: &Folder, limits: &Limits, folders: &mut Vec<Folder>) {
        let unreadable = |detail: std::io::Error| reason!("folder-unreadable", path = &folder.shown, detail = detail);
        let listing = match fs::read_dir(root.join(&folder.real)) {
            Ok(listing) => listing,
            Err(error) => return self.gap(unreadable(error), &folder.shown),
        };
        for item in listing {
            if (self.entries.len() + folders.len()) as u64 >= limits.entries {
                return self.gap(reason!("limit-entries", limit = limits.entries), &folder.shown);
            }
            match item {
                Ok(item) => self.item(root, folder, &item, limits, folders),
                Err(error) => self.gap(unreadable(error), &folder.shown),
            }
        }
    }

    fn item(&mut self, root: &Path, folder: &Folder, item: &DirEntry, limits: &Limits, folders: &mut Vec<Folder>) {
        let name = item.file_name();
        let real = under(&folder.real, Path::new(&name));
        let path = join(&folder.shown, &shown_name(name.as_bytes()));
        // Not that of a link's target.
        let meta = match item.metadata() {
            Ok(meta) => meta,
            Err(error) => return self.gap(reason!("file-unreadable", path = &path, detail = error), &path),
        };
        if meta.is_dir() {
            if folder.depth >= limits.folder_depth {
                return self.gap(reason!("limit-folder-depth", limit = limits.folder_depth), &path);
            }
            folders.push(Folder { real, shown: path, depth: folder.depth + 1 });
            return;
        }
        let kind = match kind(root, &real, &meta) {
            Ok(kind) => kind,
            Err(error) => return self.gap(reason!("file-unreadable", path = &path, detail = error), &path),
        };
        let odd = (real.as_os_str() != path.as_str()).then(|| real.into());
        self.entries.push(Entry { path, kind, size: meta.len(), mode: meta.mode() & 0o7777, number: 0, odd });
    }
}

fn kind(root: &Path, real: &Path, meta: &fs::Metadata) -> std::io::Result<EntryKind> {
    let ty = meta.file_type();
    Ok(if ty.is_file() {
        EntryKind::File
    } else if ty.is_symlink() {
        EntryKind::Link(shown_name(fs::read_link(root.join(real))?.as_os_str().as_bytes()))
    } else if ty.is_fifo() {
        EntryKind::Special("fifo")
    } else if ty.is_socket() {
        EntryKind::Special("socket")
    } else if ty.is_block_device() || ty.is_char_device() {
        EntryKind::Special("device")
    } else {
        EntryKind::Special("unknown")
    })
}

/// Room for all of it is made at once: every file is asked for by such a path.
pub(crate) fn under(root: &Path, real: &Path) -> PathBuf {
    let mut path = PathBuf::with_capacity(root.as_os_str().len() + 1 + real.as_os_str().len());
    path.push(root);
    path.push(real);
    path
}

pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_string() } else { [folder, "/", name].concat() }
}

/// A name as text. Plain UTF-8 stays as it is; where a byte is not UTF-8, or the name itself holds `\x` or `\\`, every backslash is doubled and odd bytes become `\xNN`, so that no two names give the same text.
pub fn shown_name(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains("\\x") && !text.contains("\\\\") => text.to_string(),
        _ => escaped(bytes),
    }
}

fn escaped(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_never_look_like_one_another() {
        let names: [&[u8]; 7] =
            [b"a", b"a\\b", b"a\xff", b"a\\xff", b"a\\\\xff", "a\u{fffd}".as_bytes(), b"a\\\\xff\xff"];
        let shown: std::collections::BTreeSet<String> = names.iter().map(|n| shown_name(n)).collect();
        assert_eq!(shown.len(), names.len(), "{shown:?}");
        assert_eq!(shown_name(b"a\xff"), "a\\xff");
        assert_eq!(shown_name(b"a\\b"), "a\\b");
    }
}
