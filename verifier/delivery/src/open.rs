//! Opens one delivered file: no link at its end, a regular file only, never blocking, never more bytes than allowed.

use assize_facts::{Reason, reason};
use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use std::cell::Cell;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

const CHUNK: usize = 128 << 10;

fn unreadable(shown: &str, error: io::Error) -> Reason {
    reason!("file-unreadable", path = shown, detail = error)
}

/// Opens a regular file and gives its size. `O_NONBLOCK` keeps a FIFO that took the file's place from hanging us (open(2)).
pub(crate) fn regular(real: &Path, shown: &str) -> Result<(File, u64), Reason> {
    let unreadable = |error| unreadable(shown, error);
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(real).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(reason!("file-not-regular", path = shown));
    }
    Ok((file, meta.len()))
}

/// What is other than before where a file was written to or replaced: device, inode, size, times of its content and of the inode itself
/// (stat(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp([i64; 7]);

impl Stamp {
    fn of(meta: &Metadata) -> Stamp {
        let times = [meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()];
        let [mtime, mtime_nsec, ctime, ctime_nsec] = times;
        Stamp([meta.dev() as i64, meta.ino() as i64, meta.size() as i64, mtime, mtime_nsec, ctime, ctime_nsec])
    }

    /// Of an open file.
    pub(crate) fn of_file(file: &File, shown: &str) -> Result<Stamp, Reason> {
        file.metadata().map(|meta| Stamp::of(&meta)).map_err(|error| unreadable(shown, error))
    }

    /// Of what is there now.
    pub(crate) fn now(real: &Path) -> Option<Stamp> {
        real.symlink_metadata().ok().map(|meta| Stamp::of(&meta))
    }
}

/// Reads a file whole, of at most `limit` bytes; with what it was when it had been read.
pub(crate) fn whole(real: &Path, shown: &str, limit: u64) -> Result<(Vec<u8>, Stamp), Reason> {
    let (file, size) = regular(real, shown)?;
    let too_large = |size: u64| reason!("file-too-large", path = shown, size = size, limit = limit);
    if size > limit {
        return Err(too_large(size));
    }
    let unreadable = |error| unreadable(shown, error);
    let mut bytes = Vec::new();
    loop {
        // With room for more than there is, what is read is less, and then it is all (read(2)).
        let more = match bytes.is_empty() {
            true => usize::try_from(size).unwrap_or(usize::MAX).saturating_add(1),
            false => CHUNK,
        };
        bytes
            .try_reserve_exact(more)
            .map_err(|_| reason!("file-too-large", path = shown, size = size, limit = "memory"))?;
        let n = match rustix::io::read(&file, spare_capacity(&mut bytes)) {
            Err(Errno::INTR) => continue,
            read => read.map_err(|error| unreadable(error.into()))?,
        };
        // A file that grows while it is read is cut off by the limit, not by its size at the start.
        if bytes.len() as u64 > limit {
            return Err(too_large(bytes.len() as u64));
        }
        if n == 0 || bytes.len() < bytes.capacity() {
            let meta = file.metadata().map_err(unreadable)?;
            if n == 0 || meta.len() == bytes.len() as u64 {
                return Ok((bytes, Stamp::of(&meta)));
            }
        }
    }
}

/// Reads a file of any size in pieces; `look` sees every piece.
pub(crate) fn stream(real: &Path, shown: &str, look: impl FnMut(&[u8])) -> Result<(), Reason> {
    let (file, _) = regular(real, shown)?;
    // Taken out while it is in use, so that whoever looks may stream another file meanwhile.
    let mut chunk = SPARE.take();
    chunk.resize(CHUNK, 0);
    let done = pieces(file, shown, look, &mut chunk);
    SPARE.set(chunk);
    done
}

thread_local! {
    /// A new buffer for each file costs more than many a file.
    pub(crate) static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

fn pieces(mut file: File, shown: &str, mut look: impl FnMut(&[u8]), chunk: &mut [u8]) -> Result<(), Reason> {
    loop {
        match file.read(chunk) {
            Ok(0) => return Ok(()),
            Ok(n) => look(&chunk[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(shown, error)),
        }
    }
}
