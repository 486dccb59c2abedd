//! What a layer of an image adds and takes away, noted while it is looked into as an archive: nothing is read once more for the image.

use crate::archive::{Member, MemberKind};
use crate::index::Index;
use crate::seen::Seen;
use crate::sniff::Kind;
use crate::store::Part;
use assize_facts::kinds::inventory::Format;
use assize_facts::{Digest, Known, Reason, reason};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Longest file that a template is compared with.
const LONGEST_TEXT: u64 = 1 << 20;
/// Longer names cannot be unpacked (PATH_MAX, Linux).
const LONGEST_PATH: usize = 4096;
/// Folders below each other: every one is looked up for every name.
const DEEPEST_PATH: usize = 255;

#[derive(Clone, Debug)]
pub(crate) enum What {
    Folder,
    Link(String),
    HardLink(String),
    Special,
    File(Box<Content>),
}

#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub size: u64,
    pub mode: u32,
    pub capabilities: bool,
    /// `None` where it could not be read.
    pub sha256: Option<Digest>,
    pub format: Format,
    pub code: bool,
    pub go_program: Known<bool>,
    pub packer: Known<Option<String>>,
    pub text: Option<Vec<u8>>,
}

impl Content {
    /// Set-user-ID, set-group-ID on something executable, or file capabilities.
    pub(crate) fn privileged(&self) -> bool {
        self.mode & 0o4000 != 0 || (self.mode & 0o2000 != 0 && self.mode & 0o010 != 0) || self.capabilities
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Relative to the image's root, without `.` and `..`.
    pub path: String,
    pub what: What,
}

pub(crate) struct Layer {
    /// In the order of the archive, `.wh.` entries among them.
    pub entries: Vec<Entry>,
    /// Of the blob.
    pub size: u64,
    pub stored: Digest,
    /// SHA-256 of the tar stream inside it (`diff_id`); the reason where it could not be read to its end.
    pub unpacked: Result<Digest, Reason>,
    /// What was refused or not seen; that it ended early is in `unpacked`.
    pub gaps: Vec<Reason>,
}

/// Last names of files that are kept as texts.
pub(crate) type Texts = BTreeSet<String>;

/// A layer on its way.
pub(crate) struct Notes<'a> {
    texts: &'a Texts,
    entries: Vec<Entry>,
    pub gaps: Vec<Reason>,
    /// Of a compressed one.
    pub unpacked: Option<Result<Digest, Reason>>,
}

impl<'a> Notes<'a> {
    pub(crate) fn new(texts: &'a Texts) -> Notes<'a> {
        Notes { texts, entries: Vec::new(), gaps: Vec::new(), unpacked: None }
    }

    /// A member that is no file.
    pub(crate) fn other(&mut self, member: &Member) {
        let what = match &member.kind {
            MemberKind::Folder => What::Folder,
            MemberKind::Link(target) if target.len() <= LONGEST_PATH => What::Link(target.clone()),
            MemberKind::HardLink(target) => What::HardLink(target.clone()),
            MemberKind::Link(_) | MemberKind::Special(_) | MemberKind::File => What::Special,
        };
        self.note(member, what);
    }

    /// A file, as it was seen; `kind` is `None` where it could not be read.
    pub(crate) fn file(&mut self, member: &Member, part: &Part<'_>, seen: &Seen, kind: Option<Kind>) -> io::Result<()> {
        let name = member.name.rsplit('/').next().unwrap_or(&member.name);
        let is_text = self.texts.contains(name) && part.len() <= LONGEST_TEXT && !kind.is_some_and(is_code);
        let text = if is_text { Some(part.bytes(0, LONGEST_TEXT as usize)?) } else { None };
        let content = Content {
            size: part.len(),
            mode: member.mode,
            capabilities: member.capabilities,
            sha256: seen.sha256.value().cloned(),
            format: seen.format.value().copied().unwrap_or(Format::OtherBinary),
            code: kind.is_none_or(is_code),
            go_program: seen.go_program.clone(),
            packer: seen.packer.clone(),
            text,
        };
        self.note(member, What::File(Box::new(content)));
        Ok(())
    }

    fn note(&mut self, member: &Member, what: What) {
        let (name, mut parts) = (&member.name, member.name.split('/'));
        let fits = name.len() <= LONGEST_PATH && name.split('/').count() <= DEEPEST_PATH;
        match clean(name).filter(|_| fits && !parts.any(|part| part == "..")) {
            Some(path) => self.entries.push(Entry { path, what }),
            None => self.gaps.push(reason!("archive-name-refused", member = name)),
        }
    }

    pub(crate) fn end(self, size: u64, stored: Digest, unpacked: Result<Digest, Reason>) -> Layer {
        Layer { entries: self.entries, size, stored, unpacked, gaps: self.gaps }
    }
}

fn is_code(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Elf | Kind::MachO | Kind::Pe | Kind::Coff | Kind::GoObject | Kind::Bitcode | Kind::Wasm | Kind::Dos
    )
}

/// What a layer is called among those that were noted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// A delivered file.
    File(String),
    /// In a delivered archive: its path, and the name there.
    In(String, String),
}

impl Key {
    /// `None` where the name leaves the archive.
    pub(crate) fn within(archive: &str, name: &str) -> Option<Key> {
        Some(Key::In(archive.into(), clean(name)?))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::File(path) => f.write_str(path),
            Key::In(archive, name) => write!(f, "{archive}!{name}"),
        }
    }
}

/// Whether a file in a folder may be a layer of a layout that lies open.
pub(crate) fn may_be(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == "layer.tar" || name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A name without `.`, `..` and empty parts; `None` where it leaves the archive.
pub(crate) fn clean(name: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Images' layers that the inventory looked into, by what they are called, and what it noted of compressed layouts, by their paths.
#[derive(Default)]
pub(crate) struct Noted {
    layers: Mutex<HashMap<Key, Arc<Layer>>>,
    indexes: Mutex<HashMap<String, Arc<Index>>>,
}

impl Noted {
    pub(crate) fn keep(&self, layers: Vec<(Key, Layer)>) {
        let mut all = self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(layers.into_iter().map(|(key, layer)| (key, Arc::new(layer))));
    }

    pub(crate) fn keep_index(&self, path: &str, index: Index) {
        self.indexes.lock().unwrap_or_else(PoisonError::into_inner).insert(path.into(), Arc::new(index));
    }

    pub(crate) fn layer(&self, key: &Key) -> Option<Arc<Layer>> {
        self.layers.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub(crate) fn index(&self, path: &str) -> Option<Arc<Index>> {
        self.indexes.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }
}
