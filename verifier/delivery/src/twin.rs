//! A delivered file held against content from elsewhere: what is the same to the byte needs no hash of its own.

use crate::open::{self, SPARE};
use crate::{Delivery, Entry};
use assize_facts::{Digest, Reason};
use std::fs::File;
use std::io::Read;

/// A file that may be the same as content that is read beside it.
pub struct Twin<'d> {
    delivery: &'d Delivery,
    entry: &'d Entry,
    file: File,
    /// As far as was read.
    same: bool,
    chunk: Vec<u8>,
}

impl Delivery {
    /// Opens a file to hold it against content from elsewhere; none where it is no file that can be read, which [`Delivery::digest_of`] tells.
    pub fn twin<'d>(&'d self, entry: &'d Entry) -> Option<Twin<'d>> {
        let opened = entry.is_file().then(|| open::regular(&self.root().join(entry.real()), &entry.path));
        let (file, _) = opened?.ok()?;
        Some(Twin { delivery: self, entry, file, same: true, chunk: SPARE.take() })
    }
}

impl Twin<'_> {
    /// The content goes on with this.
    pub fn update(&mut self, piece: &[u8]) {
        if !self.same {
            return;
        }
        if self.chunk.len() < piece.len() {
            self.chunk.resize(piece.len(), 0);
        }
        let chunk = &mut self.chunk[..piece.len()];
        self.same = self.file.read_exact(chunk).is_ok() && chunk == piece;
    }

    /// The content ends here and has this digest, and so has the file, if it was the same.
    ///
    /// # Errors
    /// Where it was another when it was read before.
    pub fn end(mut self, digest: &Digest) -> Result<(), Reason> {
        let same = self.same && matches!(self.file.read(&mut [0]), Ok(0));
        SPARE.set(self.chunk);
        if same { self.delivery.remember(self.entry, digest, None) } else { Ok(()) }
    }
}
