//! Programs inside archives, kept from the inventory to their opening: nothing is unpacked twice, and each content is kept once.

use crate::bytes::Bytes;
use crate::seen::GoSigns;
use crate::store::Part;
use crate::trail::Trail;
use assize_facts::{Digest, Reason, reason};
use std::collections::BTreeMap;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

/// All of them together take no more of the disk, and no more are kept.
const ROOM: u64 = 4 << 30;
pub(crate) const MOST: usize = 256;

/// A program that was seen inside of a delivered file.
pub(crate) struct Inner {
    file: Arc<File>,
    start: u64,
    trail: Arc<Trail>,
    pub signs: Option<GoSigns>,
    /// Shared objects that its texts name.
    pub libraries: Vec<String>,
}

impl Inner {
    /// `None` where there is no room on the disk.
    pub(crate) fn of(part: &Part<'_>, trail: Trail, signs: Option<GoSigns>, libraries: Vec<String>) -> Option<Inner> {
        let (file, start) = part.lasting().ok()?;
        Some(Inner { file, start, trail: Arc::new(trail), signs, libraries })
    }

    pub(crate) fn digest(&self) -> &Digest {
        &self.trail.digest
    }

    fn len(&self) -> u64 {
        self.trail.len
    }
}

/// What is kept, by content.
#[derive(Default)]
pub(crate) struct Held(Mutex<BTreeMap<Digest, Inner>>);

impl Held {
    /// Keeps those for which there is room.
    pub(crate) fn keep(&self, programs: Vec<Inner>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for inner in programs {
            let taken: u64 = held.values().map(Inner::len).sum();
            if held.len() < MOST && taken.saturating_add(inner.len()) <= ROOM {
                held.entry(inner.digest().clone()).or_insert(inner);
            }
        }
    }

    /// Asks one of them.
    pub(crate) fn ask<T>(&self, digest: &Digest, question: impl FnOnce(&Inner) -> T) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(digest).map(question)
    }

    /// `path` is what it is called; `None` where it was not kept.
    pub(crate) fn open(&self, digest: &Digest, path: &str, limit: u64) -> Option<Result<Bytes, Reason>> {
        let parts = self.ask(digest, |inner| (Arc::clone(&inner.file), inner.start, Arc::clone(&inner.trail)));
        let (file, start, trail) = parts?;
        Some(match trail.len > limit {
            true => Err(reason!("file-too-large", path = path, size = trail.len, limit = limit)),
            false => Bytes::within_file(path, file, start, trail),
        })
    }
}
