//! Bytes that can be read at any offset: a delivered file, or a member of an archive that was spooled to memory or to an unlinked file.

use assize_facts::{Digest, Sha256};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Members up to this size are kept in memory, larger ones in a temporary file without a name.
const IN_MEMORY: usize = 4 << 20;
const CHUNK: usize = 128 << 10;
/// What two threads work at side by side: long enough that handing it over costs little, short enough for the processor's caches.
const PIECE: usize = 512 << 10;

pub(crate) enum Store {
    /// A file of the delivery.
    Delivered(Arc<File>, u64),
    /// What was unpacked, in a file without a name.
    Spooled(Arc<File>, u64),
    Memory(Vec<u8>),
}

impl Store {
    pub(crate) fn delivered(file: File, len: u64) -> Store {
        Store::Delivered(Arc::new(file), len)
    }

    /// Looks at bytes as at a file.
    pub(crate) fn over<T>(bytes: Vec<u8>, look: impl FnOnce(&Store) -> T) -> (Vec<u8>, T) {
        let store = Store::Memory(bytes);
        let seen = look(&store);
        match store {
            Store::Memory(bytes) => (bytes, seen),
            Store::Delivered(..) | Store::Spooled(..) => unreachable!("it was made of bytes"),
        }
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Store::Delivered(_, len) | Store::Spooled(_, len) => *len,
            Store::Memory(bytes) => bytes.len() as u64,
        }
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Store::Delivered(file, _) | Store::Spooled(file, _) => file.read_at(buf, offset),
            Store::Memory(bytes) => {
                let rest = usize::try_from(offset).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
                let n = rest.len().min(buf.len());
                buf[..n].copy_from_slice(&rest[..n]);
                Ok(n)
            }
        }
    }

    pub(crate) fn whole(&self) -> Part<'_> {
        Part { store: self, start: 0, len: self.len() }
    }
}

/// Keeps what a reader gives; the reader itself bounds how much that is.
pub(crate) fn spool(from: &mut dyn Read) -> io::Result<Store> {
    let mut bytes = Vec::new();
    from.take(IN_MEMORY as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() <= IN_MEMORY {
        return Ok(Store::Memory(bytes));
    }
    let mut file = tempfile::tempfile()?;
    file.write_all(&bytes)?;
    let mut len = bytes.len() as u64;
    bytes.truncate(CHUNK);
    bytes.shrink_to_fit();
    loop {
        match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(n) => {
                // Images of disks are mostly zeros: a hole reads the same, and takes no room.
                if bytes[..n].iter().fold(0, |all, byte| all | byte) != 0 {
                    file.write_all_at(&bytes[..n], len)?;
                }
                len += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    file.set_len(len)?;
    Ok(Store::Spooled(Arc::new(file), len))
}

/// A stretch of a store that is examined as a file of its own.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    store: &'a Store,
    start: u64,
    len: u64,
}

impl<'a> Part<'a> {
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// The stretch from `from` to `to`, cut at the end of this one.
    pub(crate) fn slice(&self, from: u64, to: u64) -> Part<'a> {
        let from = from.min(self.len);
        let to = to.clamp(from, self.len);
        Part { store: self.store, start: self.start + from, len: to - from }
    }

    /// All of it, where it is in memory and no longer than a piece.
    pub(crate) fn at_hand(&self) -> Option<&'a [u8]> {
        match self.store {
            Store::Memory(bytes) if self.len <= PIECE as u64 => {
                let (from, len) = (usize::try_from(self.start).ok()?, usize::try_from(self.len).ok()?);
                bytes.get(from..from.checked_add(len)?)
            }
            _ => None,
        }
    }

    /// A file with these bytes and where in it they begin; of what was unpacked it holds nothing else.
    pub(crate) fn lasting(&self) -> io::Result<(Arc<File>, u64)> {
        match self.store {
            Store::Delivered(file, _) => Ok((Arc::clone(file), self.start)),
            Store::Spooled(file, len) if *len == self.len => Ok((Arc::clone(file), 0)),
            Store::Spooled(..) | Store::Memory(_) => {
                let mut file = tempfile::tempfile()?;
                io::copy(&mut self.reader(), &mut file)?;
                Ok((Arc::new(file), 0))
            }
        }
    }

    /// Up to `want` bytes at `offset`; fewer only at the end.
    pub(crate) fn bytes(&self, offset: u64, want: usize) -> io::Result<Vec<u8>> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; want.min(left)];
        let n = self.fill(&mut bytes, offset)?;
        bytes.truncate(n);
        Ok(bytes)
    }

    /// What lies at `offset`, at most a piece, into a buffer of an earlier one; nothing at the end.
    pub(crate) fn piece(&self, offset: u64, mut buffer: Vec<u8>) -> io::Result<Vec<u8>> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        buffer.resize(PIECE.min(left), 0);
        let n = self.fill(&mut buffer, offset)?;
        buffer.truncate(n);
        Ok(buffer)
    }

    /// All of it, into a buffer of an earlier one.
    pub(crate) fn filled(&self, mut buffer: Vec<u8>) -> io::Result<Vec<u8>> {
        buffer.resize(usize::try_from(self.len).unwrap_or(usize::MAX), 0);
        let n = self.fill(&mut buffer, 0)?;
        buffer.truncate(n);
        Ok(buffer)
    }

    fn fill(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < buf.len() {
            match self.read_at(&mut buf[done..], offset.saturating_add(done as u64))? {
                0 => break,
                n => done += n,
            }
        }
        Ok(done)
    }

    pub(crate) fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let want = buf.len().min(left);
        self.store.read_at(&mut buf[..want], self.start.saturating_add(offset))
    }

    pub(crate) fn reader(&self) -> PartReader<'a> {
        PartReader { part: *self, position: 0, chunk: Vec::new(), filled: 0, used: 0, hashed: None }
    }

    /// A reader whose bytes are hashed as they are read.
    pub(crate) fn reader_hashed_by(&self, hashed: &'a Hashed) -> PartReader<'a> {
        PartReader { hashed: Some(hashed), ..self.reader() }
    }
}

/// The SHA-256 of a part that something else reads from its start: what that did not read is read at the end.
#[derive(Default)]
pub(crate) struct Hashed(RefCell<(Sha256, u64)>);

impl Hashed {
    fn take(&self, at: u64, bytes: &[u8]) {
        let (hash, upto) = &mut *self.0.borrow_mut();
        if *upto == at {
            hash.update(bytes);
            *upto += bytes.len() as u64;
        }
    }

    /// The digest of the whole part.
    pub(crate) fn of(self, part: &Part<'_>) -> io::Result<Digest> {
        let (mut hash, upto) = self.0.into_inner();
        let mut rest = part.slice(upto, part.len()).reader();
        loop {
            let ready = rest.fill_buf()?;
            if ready.is_empty() {
                return Ok(hash.digest());
            }
            hash.update(ready);
            let n = ready.len();
            rest.consume(n);
        }
    }
}

impl rawzip::ReaderAt for Part<'_> {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        Part::read_at(self, buf, offset)
    }
}

/// Reads a part from its start, and knows how far it was consumed.
pub(crate) struct PartReader<'a> {
    part: Part<'a>,
    position: u64,
    chunk: Vec<u8>,
    filled: usize,
    used: usize,
    hashed: Option<&'a Hashed>,
}

impl PartReader<'_> {
    pub(crate) fn part(&self) -> Part<'_> {
        self.part
    }

    /// Goes on behind so many bytes without reading them; fewer at the end.
    pub(crate) fn skip(&mut self, bytes: u64) -> u64 {
        let bytes = bytes.min(self.part.len - self.position.min(self.part.len));
        match usize::try_from(bytes) {
            Ok(near) if near <= self.filled - self.used => self.consume(near),
            _ => {
                self.position += bytes;
                (self.used, self.filled) = (0, 0);
            }
        }
        bytes
    }

    /// Bytes consumed so far.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }
}

impl BufRead for PartReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used >= self.filled {
            if self.chunk.is_empty() {
                self.chunk = vec![0; usize::try_from(self.part.len).unwrap_or(CHUNK).min(CHUNK)];
            }
            (self.used, self.filled) = (0, 0);
            self.filled = self.part.read_at(&mut self.chunk, self.position)?;
            if let Some(hashed) = self.hashed {
                hashed.take(self.position, &self.chunk[..self.filled]);
            }
        }
        Ok(&self.chunk[self.used..self.filled])
    }

    fn consume(&mut self, n: usize) {
        let n = n.min(self.filled - self.used);
        self.used += n;
        self.position += n as u64;
    }
}

impl Read for PartReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let n = ready.len().min(buf.len());
        buf[..n].copy_from_slice(&ready[..n]);
        self.consume(n);
        Ok(n)
    }
}
