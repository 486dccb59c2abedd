//! Bytes that can be read at any offset: a delivered file, or a member of an archive that was spooled to memory or to an unlinked file.

use assize_facts::{Digest, Sha256};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, Read, Write};
use std::ops::{Deref, Range};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Members up to this size are kept in memory, larger ones in a temporary file without a name.
const IN_MEMORY: usize = 4 << 20;
const CHUNK: usize = 128 << 10;
/// What two threads work at side by side: long enough that handing it over costs little, short enough for the processor's caches.
pub(crate) const PIECE: usize = 512 << 10;

/// A stretch of bytes, with the room that it was read into and a longer or shorter one may follow in.
#[derive(Default)]
pub(crate) struct Piece {
    room: Vec<u8>,
    len: usize,
}

impl Deref for Piece {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.room[..self.len]
    }
}

pub(crate) enum Store {
    /// A file of the delivery.
    Delivered(Arc<File>, u64),
    /// What was unpacked, in a file without a name.
    Spooled(Arc<File>, u64, Zeros),
    Memory(Vec<u8>),
}

/// Stretches of a spooled file that hold zeros alone, ascending: images of disks are mostly that. They are holes in the file, and not read from it.
#[derive(Default)]
pub(crate) struct Zeros(Vec<Range<u64>>);

impl Zeros {
    fn note(&mut self, stretch: Range<u64>) {
        match self.0.last_mut() {
            Some(last) if last.end == stretch.start => last.end = stretch.end,
            _ => self.0.push(stretch),
        }
    }

    /// What stands at an offset: so many zeros, or a piece of the file that is no longer than this.
    fn at(&self, offset: u64) -> Stretch {
        let next = self.0.partition_point(|stretch| stretch.end <= offset);
        match self.0.get(next) {
            Some(stretch) if stretch.start <= offset => Stretch::Zeros(stretch.end - offset),
            Some(stretch) => Stretch::Bytes(stretch.start - offset),
            None => Stretch::Bytes(u64::MAX),
        }
    }
}

enum Stretch {
    Zeros(u64),
    Bytes(u64),
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
            Store::Delivered(_, len) | Store::Spooled(_, len, _) => *len,
            Store::Memory(bytes) => bytes.len() as u64,
        }
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Store::Delivered(file, _) => file.read_at(buf, offset),
            Store::Spooled(file, len, zeros) => {
                let most = |stretch: u64| usize::try_from(stretch).unwrap_or(usize::MAX).min(buf.len());
                match zeros.at(offset) {
                    // The file ends with its last stretch, and so does what is read.
                    Stretch::Zeros(stretch) if offset < *len => {
                        let n = most(stretch);
                        buf[..n].fill(0);
                        Ok(n)
                    }
                    Stretch::Zeros(_) => Ok(0),
                    Stretch::Bytes(stretch) => {
                        let n = most(stretch);
                        file.read_at(&mut buf[..n], offset)
                    }
                }
            }
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

/// Keeps what a reader gives, `likely` so many bytes; the reader itself bounds how many they are.
pub(crate) fn spool(from: &mut dyn Read, likely: u64) -> io::Result<Store> {
    // One more, so that the end is seen without more room.
    let mut bytes = Vec::with_capacity(usize::try_from(likely).unwrap_or(IN_MEMORY).min(IN_MEMORY) + 1);
    from.take(IN_MEMORY as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() <= IN_MEMORY {
        bytes.shrink_to_fit();
        return Ok(Store::Memory(bytes));
    }
    let mut file = tempfile::tempfile()?;
    file.write_all(&bytes)?;
    let (mut len, mut zeros) = (bytes.len() as u64, Zeros::default());
    bytes.truncate(CHUNK);
    bytes.shrink_to_fit();
    loop {
        match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(n) => {
                let end = len + n as u64;
                match bytes[..n].iter().fold(0, |all, byte| all | byte) {
                    0 => zeros.note(len..end),
                    _ => file.write_all_at(&bytes[..n], len)?,
                }
                len = end;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    file.set_len(len)?;
    Ok(Store::Spooled(Arc::new(file), len, zeros))
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

    /// Where it lies in what it is a stretch of.
    pub(crate) fn place(&self) -> Range<u64> {
        self.start..self.start + self.len
    }

    /// Whether both are stretches of the same.
    pub(crate) fn is_beside(&self, other: &Store) -> bool {
        std::ptr::eq(self.store, other)
    }

    pub(crate) fn store(&self) -> &'a Store {
        self.store
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
            Store::Spooled(file, len, _) if *len == self.len => Ok((Arc::clone(file), 0)),
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

    /// What lies at `offset`, at most so many bytes, where an earlier piece was; nothing at the end.
    pub(crate) fn piece(&self, offset: u64, most: usize, mut piece: Piece) -> io::Result<Piece> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let want = most.min(left);
        if piece.room.len() > most {
            piece.room = Vec::new();
        }
        if piece.room.len() < want {
            piece.room.resize(want, 0);
        }
        piece.len = self.fill(&mut piece.room[..want], offset)?;
        Ok(piece)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_spooled_reads_as_it_came_zeros_and_all() {
        let noise = |len: usize| -> Vec<u8> { (0..len).map(|at| (at * 7 % 255) as u8 + 1).collect() };
        let zeros = |len: usize| vec![0; len];
        let whole = [
            noise(IN_MEMORY + 10),
            zeros(3 * CHUNK),
            noise(5),
            zeros(CHUNK / 2),
            noise(CHUNK),
            zeros(2 * CHUNK + 1),
            noise(CHUNK + 77),
            zeros(4 * CHUNK),
        ]
        .concat();
        for likely in [0, whole.len() as u64, u64::MAX] {
            let store = spool(&mut whole.as_slice(), likely).expect("spooled");
            let Store::Spooled(_, len, stretches) = &store else { panic!("it is too long for the memory") };
            assert_eq!(*len, whole.len() as u64);
            assert!(stretches.0.len() >= 3, "{:?}", stretches.0);
            for step in [1000, CHUNK - 1, PIECE, whole.len()] {
                for at in (0..=whole.len()).step_by(step) {
                    let want = &whole[at..(at + step).min(whole.len())];
                    assert!(store.whole().bytes(at as u64, step).expect("read") == want, "{at} {step}");
                }
            }
            let mut read = Vec::new();
            store.whole().slice(7, u64::MAX).reader().read_to_end(&mut read).expect("read");
            assert!(read == whole[7..]);
            let (file, start) = store.whole().lasting().expect("a file");
            let mut lasting = vec![1; whole.len()];
            file.read_exact_at(&mut lasting, start).expect("read");
            assert!(lasting == whole);
        }
        let few = spool(&mut &whole[..IN_MEMORY], 3).expect("spooled");
        assert!(matches!(&few, Store::Memory(bytes) if bytes == &whole[..IN_MEMORY]));
    }
}
