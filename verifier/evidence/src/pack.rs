//! A pack in memory: named files, and what can be wrong with them.

use crate::manifest::{Manifest, Role};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The manifest's name inside a pack.
pub const MANIFEST: &str = "manifest.json";

/// Folders of what is added to a pack after its manifest is made: signatures and timestamps. The statement that they carry says what may stand there.
pub const ATTACHED: [&str; 2] = ["attestations/", "timestamps/"];

/// What is wrong with a pack, the first thing found; its display says it in one line.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("{path}: {error}")]
    Io { path: PathBuf, error: std::io::Error },
    #[error("{0} is not an evidence pack: it has no {MANIFEST}")]
    NotAPack(PathBuf),
    #[error("{0} exists and is not an evidence pack; it is left alone")]
    WouldOverwrite(PathBuf),
    #[error("interrupted")]
    Cancelled,
    #[error("the manifest does not read: {0}")]
    Manifest(String),
    #[error("the manifest is not written in canonical form")]
    NotCanonical,
    #[error("{0} is named in the manifest and missing")]
    Missing(String),
    #[error("{0} is not named in the manifest")]
    Unlisted(String),
    #[error("{path} was changed: the manifest says {expected}, it is {found}")]
    Changed { path: String, expected: String, found: String },
    #[error("{0} is larger than a pack's file may be")]
    TooLarge(String),
    #[error("{0} is neither a file nor a folder")]
    Special(String),
    #[error("{0} is not a path that a pack may have")]
    Path(String),
    #[error("{path} {error}")]
    Signature { path: String, error: String },
    #[error("the signed statement is not about this pack: {0}")]
    Statement(String),
    #[error("{0} is not named in the signed statement")]
    NotExpected(String),
    #[error("the archive is not as this program writes it: {0}")]
    Archive(String),
    #[error("{path}, line {line}: {error}")]
    Record { path: String, line: usize, error: String },
    #[error("{path}: {error}")]
    Content { path: String, error: String },
}

impl PackError {
    /// Whether the pack is not as it was written, rather than none at all or not readable here.
    pub fn is_tampering(&self) -> bool {
        match self {
            PackError::Manifest(_)
            | PackError::NotCanonical
            | PackError::Missing(_)
            | PackError::Unlisted(_)
            | PackError::Changed { .. }
            | PackError::TooLarge(_)
            | PackError::Special(_)
            | PackError::Path(_)
            | PackError::Signature { .. }
            | PackError::Statement(_)
            | PackError::NotExpected(_)
            | PackError::Archive(_)
            | PackError::Record { .. }
            | PackError::Content { .. } => true,
            PackError::Io { .. } | PackError::NotAPack(_) | PackError::WouldOverwrite(_) | PackError::Cancelled => {
                false
            }
        }
    }
}

/// The files of a pack by relative path, the manifest left out: it is made from them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pack {
    files: BTreeMap<String, (Role, Vec<u8>)>,
    /// Signatures and timestamps: outside the manifest, which they sign.
    attached: BTreeMap<String, Vec<u8>>,
}

/// Whether a path belongs to what is attached rather than to the manifest.
pub fn is_attached(path: &str) -> bool {
    ATTACHED.iter().any(|folder| path.starts_with(folder))
}

/// Whether a path may stand in a pack: relative, `/`-separated, with no part that leads elsewhere or that cannot be shown.
pub fn check_path(path: &str) -> Result<(), PackError> {
    let part = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(|c: char| c.is_control() || c == '\\');
    if path.split('/').all(part) && path.len() <= 250 { Ok(()) } else { Err(PackError::Path(path.into())) }
}

impl Pack {
    pub fn new() -> Pack {
        Pack::default()
    }

    pub fn add(&mut self, path: impl Into<String>, role: Role, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), (role, bytes.into()));
    }

    /// The bytes of a file.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(|(_, bytes)| bytes.as_slice())
    }

    /// The bytes of a file that every pack has.
    pub fn need(&self, path: &str) -> Result<&[u8], PackError> {
        self.get(path).ok_or_else(|| PackError::Missing(path.into()))
    }

    /// Takes a file that every pack has out of it.
    pub fn take(&mut self, path: &str) -> Result<Vec<u8>, PackError> {
        self.files.remove(path).map(|(_, bytes)| bytes).ok_or_else(|| PackError::Missing(path.into()))
    }

    /// Paths, roles and bytes in order of path.
    pub fn files(&self) -> impl Iterator<Item = (&str, Role, &[u8])> {
        self.files.iter().map(|(path, (role, bytes))| (path.as_str(), *role, bytes.as_slice()))
    }

    /// Adds a signature or timestamp, or replaces it.
    pub fn attach(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        let path = path.into();
        debug_assert!(is_attached(&path), "{path}");
        self.attached.insert(path, bytes.into());
    }

    /// Signatures and timestamps in order of path.
    pub fn attached(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.attached.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    pub fn attachment(&self, path: &str) -> Option<&[u8]> {
        self.attached.get(path).map(Vec::as_slice)
    }

    pub fn of_role(&self, role: Role) -> impl Iterator<Item = (&str, &[u8])> {
        self.files().filter(move |(_, r, _)| *r == role).map(|(path, _, bytes)| (path, bytes))
    }

    pub fn manifest(&self) -> Manifest {
        Manifest::of(self)
    }
}
