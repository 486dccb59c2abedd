//! The manifest: path, size, SHA-256 and role of every file of a pack, in canonical JSON (RFC 8785).

use crate::pack::{MANIFEST, Pack, PackError, is_attached};
use assize_facts::Sha256;
use serde::{Deserialize, Serialize};

/// What a file of a pack is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// `facts/*.jsonl`: one recorded item a line.
    Facts,
    /// `facts/*.head.json`: scope and gaps of a sheet.
    SheetHead,
    /// A clause file exactly as used.
    Clause,
    Contract,
    Waivers,
    /// What the supplier declared, as it was read.
    Deliverable,
    /// `inventory.txt`: digest, length of the name, and name of everything delivered; its SHA-256 is the deliverable's digest.
    Inventory,
    /// `exhibits/NNNN-NAME`: raw observations that facts refer to, without secrets.
    Exhibit,
    /// `run.json`: what the verdict depends on beside facts and clauses.
    Run,
    Result,
}

/// One file of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestEntry {
    pub path: String,
    /// Bytes, as text: canonical JSON numbers are doubles.
    pub size: String,
    pub sha256: String,
    pub role: Role,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub schema: String,
    pub files: Vec<ManifestEntry>,
}

const SCHEMA: &str = "assize/pack/1";

impl Manifest {
    pub fn of(pack: &Pack) -> Manifest {
        let files = pack.files().map(|(path, role, bytes)| entry(path, role, bytes)).collect();
        Manifest { schema: SCHEMA.into(), files }
    }

    /// Its canonical bytes.
    pub fn bytes(&self) -> Vec<u8> {
        serde_json_canonicalizer::to_vec(self).expect("a manifest holds only text")
    }

    /// Reads canonical bytes; any other spelling of the same manifest is refused, so that its digest is the pack's.
    pub fn parse(bytes: &[u8]) -> Result<Manifest, PackError> {
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(|e| PackError::Manifest(e.to_string()))?;
        if manifest.schema != SCHEMA {
            return Err(PackError::Manifest(format!("its schema is {:?}, not {SCHEMA:?}", manifest.schema)));
        }
        if manifest.bytes() != bytes || !manifest.files.is_sorted_by(|a, b| a.path < b.path) {
            return Err(PackError::NotCanonical);
        }
        for file in &manifest.files {
            crate::pack::check_path(&file.path)?;
            if is_attached(&file.path) || file.path == MANIFEST {
                return Err(PackError::Path(file.path.clone()));
            }
        }
        Ok(manifest)
    }

    /// The digest of the whole pack: that of the manifest's bytes.
    pub fn digest(&self) -> String {
        Sha256::of(&self.bytes()).0
    }
}

fn entry(path: &str, role: Role, bytes: &[u8]) -> ManifestEntry {
    ManifestEntry { path: path.into(), size: bytes.len().to_string(), sha256: Sha256::of(bytes).0, role }
}

impl ManifestEntry {
    /// Compares a file's bytes with what is written here.
    pub fn check(&self, bytes: &[u8]) -> Result<(), PackError> {
        let found = Sha256::of(bytes).0;
        if found != self.sha256 || bytes.len().to_string() != self.size {
            return Err(PackError::Changed { path: self.path.clone(), expected: self.sha256.clone(), found });
        }
        Ok(())
    }
}
