//! Layers of images: tar streams, plain or compressed, hashed as stored and as unpacked in the same pass that gives their members.

use super::{Budget, Metered, Once, Visitor, compressed, reason_of, refuse, tar};
use crate::sniff::{self, Kind};
use crate::store::{self, Hashed, Part, Store};
use assize_facts::{Digest, Reason, Sha256, reason};
use std::collections::HashSet;
use std::io::{self, BufReader, Read};

/// Bytes that are hashed and given on at a time.
const CHUNK: usize = 128 << 10;

/// What one pass over a layer gives.
pub(crate) struct Layered {
    /// SHA-256 of the blob.
    pub stored: Digest,
    /// SHA-256 of the tar stream inside it (`diff_id`); the reason where it could not be read to its end.
    pub unpacked: Result<Digest, Reason>,
}

/// Gives a layer's members to the visitor. The error is that of reading the blob itself.
pub(crate) fn layer(part: Part<'_>, budget: &Budget, visitor: &mut dyn Visitor) -> io::Result<Layered> {
    let visitor = &mut Once { visitor, budget, seen: HashSet::new() };
    let head = part.bytes(0, sniff::HEAD)?;
    let hashed = Hashed::default();
    let read = match sniff::kind(&head, part.len()) {
        Kind::Gzip | Kind::Zstd => unpacked(&part, &hashed, budget, visitor).map(Some),
        kind @ (Kind::Xz | Kind::Bzip2) => {
            Err(refuse(reason!("archive-not-opened", path = "a layer", format = kind.name())))
        }
        Kind::Closed(format) => Err(refuse(reason!("archive-not-opened", path = "a layer", format = format))),
        // An empty layer begins with zeros.
        _ => plain(&part, &hashed, visitor).map(|()| None),
    };
    let stored = hashed.of(&part)?;
    let unpacked = read.map(|digest| digest.unwrap_or_else(|| stored.clone())).map_err(reason_of);
    Ok(Layered { stored, unpacked })
}

/// A plain tar: one digest is both.
fn plain<'a>(part: &Part<'a>, hashed: &'a Hashed, visitor: &mut dyn Visitor) -> io::Result<()> {
    tar::each(tar::Forward(part.reader_hashed_by(hashed)), visitor)
}

fn unpacked<'a>(part: &Part<'a>, hashed: &'a Hashed, budget: &Budget, visitor: &mut dyn Visitor) -> io::Result<Digest> {
    let mut frames = compressed::Frames::of(part.reader_hashed_by(hashed));
    let mut inner = Hashing::new(Metered::new(&mut frames, part.len(), budget));
    let mut decoded = BufReader::with_capacity(CHUNK, &mut inner);
    tar::each(tar::Forward(&mut decoded), visitor)?;
    io::copy(&mut decoded, &mut io::sink())?;
    let digest = inner.digest();
    match frames.trailing() {
        None => Ok(digest),
        Some(_) => Err(refuse(goes_on())),
    }
}

/// Some runtimes refuse what follows the last frame, some pass over it.
pub(super) fn goes_on() -> Reason {
    reason!("archive-damaged", detail = "something stands behind its compressed frames")
}

/// Hashes what is read.
pub(super) struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R> Hashing<R> {
    pub(super) fn new(inner: R) -> Hashing<R> {
        Hashing { inner, hash: Sha256::new() }
    }

    pub(super) fn digest(self) -> Digest {
        self.hash.digest()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.hash.update(&buf[..n]);
        Ok(n)
    }
}

/// The tar archive inside a compressed file, kept in memory or an unlinked file; bounded by the budget.
pub(crate) fn tar_within(part: &Part<'_>, path: &str, budget: &Budget) -> Result<Store, Reason> {
    let head = part.bytes(0, sniff::HEAD).map_err(reason_of)?;
    if !sniff::kind(&head, part.len()).is_compressed() {
        return Err(reason!("image-layout-unknown", image = path));
    }
    let mut decoded = Metered::new(compressed::Frames::of(part.reader()), part.len(), budget);
    store::spool(&mut decoded, 0).map_err(reason_of)
}
