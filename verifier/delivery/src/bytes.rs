//! The bytes of a delivered file, read by need: what is handed out was checked against the hash that was taken of the whole file.

use crate::pass::Kept;
use crate::room;
use crate::trail::{BLOCK, Trail};
use assize_facts::{Digest, Reason, reason};
use rayon::prelude::*;
use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A file of which parts are asked for. Read, not mapped: a file that shrinks meanwhile cannot kill us with SIGBUS, and one that is written to
/// meanwhile cannot change what was handed out.
pub struct Bytes {
    path: String,
    file: Arc<File>,
    /// Where they begin in the file.
    start: u64,
    len: usize,
    trail: Arc<Trail>,
    /// Whether they are held against the trail.
    checked: bool,
    /// What was kept when it was hashed; what is asked for goes.
    kept: Mutex<Vec<Kept>>,
    whole: OnceLock<Vec<u8>>,
}

impl Bytes {
    /// `path` is what the file is called; a file that has another length than the trail has changed.
    pub(crate) fn new(
        path: &str,
        file: Arc<File>,
        size: u64,
        trail: Arc<Trail>,
        kept: Vec<Kept>,
    ) -> Result<Bytes, Reason> {
        let changed = || reason!("file-changed", path = path);
        let len = usize::try_from(size).ok().filter(|_| size == trail.len).ok_or_else(changed)?;
        let kept = Mutex::new(kept);
        Ok(Bytes { path: path.into(), file, start: 0, len, trail, checked: true, kept, whole: OnceLock::new() })
    }

    /// Those of a file that was not hashed: for guesses ([`crate::Delivery::guess`]).
    pub(crate) fn unchecked(path: &str, file: Arc<File>, size: u64) -> Result<Bytes, Reason> {
        let trail = Arc::new(Trail::unknown(size));
        Ok(Bytes { checked: false, ..Bytes::new(path, file, size, trail, vec![])? })
    }

    /// Whether these are the first of another file's bytes, as both were hashed; told by whole blocks.
    pub fn begin(&self, whole: &Bytes) -> bool {
        self.checked && whole.checked && self.start == whole.start && self.trail.leads_to(&whole.trail)
    }

    /// A stretch of a file, as long as its trail.
    pub(crate) fn within_file(path: &str, file: Arc<File>, start: u64, trail: Arc<Trail>) -> Result<Bytes, Reason> {
        let large = || reason!("file-too-large", path = path, size = trail.len, limit = "memory");
        let len = usize::try_from(trail.len).map_err(|_| large())?;
        let (kept, whole) = (Mutex::default(), OnceLock::new());
        Ok(Bytes { path: path.into(), file, start, len, trail, checked: true, kept, whole })
    }

    /// SHA-256 of all of them.
    pub fn sha256(&self) -> &Digest {
        &self.trail.digest
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Some of the bytes. What reaches past the end of the file is an error, and so is a file that changed since it was hashed.
    pub fn range(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>, Reason> {
        self.within(&range)?;
        match self.whole.get() {
            Some(whole) => Ok(Cow::Borrowed(&whole[range])),
            None => match self.taken(&range) {
                Some(bytes) => Ok(Cow::Owned(bytes)),
                None => self.read(range).map(Cow::Owned),
            },
        }
    }

    fn within(&self, range: &Range<usize>) -> Result<(), Reason> {
        match range.start <= range.end && range.end <= self.len {
            true => Ok(()),
            false => {
                let Range { start, end } = range;
                Err(reason!("range-not-in-file", path = self.path, from = start, to = end, size = self.len))
            }
        }
    }

    /// All of them, kept from now on.
    pub fn whole(&self) -> Result<&[u8], Reason> {
        if let Some(whole) = self.whole.get() {
            return Ok(whole);
        }
        let whole = self.read(0..self.len)?;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(self.whole.get_or_init(|| whole))
    }

    /// Whether all of them are at hand already.
    pub fn held(&self) -> Option<&[u8]> {
        self.whole.get().map(Vec::as_slice)
    }

    /// Looks at all of a range, several stretches side by side, without keeping any; what is said of each, in their order.
    pub fn stretches<T: Send>(&self, range: Range<usize>, look: impl Fn(&[u8]) -> T + Sync) -> Result<Vec<T>, Reason> {
        const LENGTH: usize = 8 * BLOCK;
        self.within(&range)?;
        let each = (range.start / LENGTH..range.end.div_ceil(LENGTH)).into_par_iter();
        let place = |n: usize| range.start.max(n * LENGTH)..range.end.min((n + 1) * LENGTH);
        match self.whole.get() {
            Some(whole) => Ok(each.map(|n| look(&whole[place(n)])).collect()),
            None => each.map_init(Vec::new, |room, n| self.into(place(n), room).map(|()| look(room))).collect(),
        }
    }

    /// Reads a range into a buffer of an earlier one.
    fn into(&self, range: Range<usize>, room: &mut Vec<u8>) -> Result<(), Reason> {
        room.resize(range.len(), 0);
        parts(range, room).into_iter().try_for_each(|(at, part)| self.part(at, part))
    }

    /// Exactly this range, where it was kept.
    fn taken(&self, range: &Range<usize>) -> Option<Vec<u8>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |kept: &Kept| kept.at == range.start as u64 && kept.bytes.len() == range.len();
        let at = kept.iter().position(is_it)?;
        Some(kept.swap_remove(at).bytes)
    }

    fn read(&self, range: Range<usize>) -> Result<Vec<u8>, Reason> {
        let memory = || reason!("file-too-large", path = self.path, size = range.len(), limit = "memory");
        let mut bytes = room::zeros(range.len()).ok_or_else(memory)?;
        parts(range, &mut bytes).into_par_iter().try_for_each(|(at, part)| self.part(at, part))?;
        Ok(bytes)
    }

    /// Reads what lies within one block.
    fn part(&self, at: usize, part: &mut [u8]) -> Result<(), Reason> {
        let index = at / BLOCK;
        let start = index * BLOCK;
        let len = BLOCK.min(self.len - start);
        if part.len() == len {
            return self.fill(index, start, part);
        }
        let mut block = vec![0; len];
        self.fill(index, start, &mut block)?;
        part.copy_from_slice(&block[at - start..at - start + part.len()]);
        Ok(())
    }

    /// Reads one block, and checks it where nobody else can write.
    fn fill(&self, index: usize, start: usize, block: &mut [u8]) -> Result<(), Reason> {
        let changed = || reason!("file-changed", path = self.path);
        match self.file.read_exact_at(block, self.start.saturating_add(start as u64)) {
            Ok(()) if !self.checked || self.trail.fits(index, block) => Ok(()),
            Ok(()) => Err(changed()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(changed()),
            Err(error) => Err(reason!("file-unreadable", path = self.path, detail = error)),
        }
    }
}

/// The blocks that a range touches, each with what of them lies in it, and where in `room` that goes.
fn parts(range: Range<usize>, mut room: &mut [u8]) -> Vec<(usize, &mut [u8])> {
    let (mut parts, mut at) = (Vec::new(), range.start);
    while !room.is_empty() {
        let end = range.end.min((at / BLOCK + 1) * BLOCK);
        let (part, later) = room.split_at_mut(end - at);
        parts.push((at, part));
        (room, at) = (later, end);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::Walking;
    use std::io::Write;

    /// A file of two blocks and some, each byte unlike its neighbours.
    fn opened() -> (tempfile::NamedTempFile, Vec<u8>, Bytes) {
        let bytes: Vec<u8> = (0..2 * BLOCK + 77).map(|at| (at % 251) as u8 ^ (at / BLOCK) as u8).collect();
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&bytes).expect("written");
        let mut walking = Walking::default();
        walking.update(&bytes);
        let read = File::open(file.path()).expect("it opens");
        let opened = Bytes::new("app", Arc::new(read), bytes.len() as u64, Arc::new(walking.end()), vec![])
            .expect("as it was hashed");
        (file, bytes, opened)
    }

    #[test]
    fn parts_are_handed_out_as_they_stand_in_the_file_across_blocks_too() {
        let (_file, bytes, opened) = opened();
        let end = bytes.len();
        for range in [0..0, 0..1, 0..BLOCK, BLOCK - 1..BLOCK + 1, BLOCK..2 * BLOCK, 5..end, end - 1..end, end..end] {
            assert_eq!(opened.range(range.clone()).expect("read"), &bytes[range.clone()], "{range:?}");
            let stretches = opened.stretches(range.clone(), <[u8]>::to_vec).expect("read");
            assert_eq!(stretches.concat(), &bytes[range.clone()], "{range:?}");
        }
        assert_eq!(opened.held(), None);
        assert_eq!(opened.whole().expect("read"), bytes);
        assert!(matches!(opened.range(7..end).expect("at hand"), Cow::Borrowed(part) if part == &bytes[7..]));
        assert_eq!(opened.stretches(7..end, <[u8]>::to_vec).expect("at hand").concat(), &bytes[7..]);
    }

    #[test]
    fn what_is_not_in_the_file_is_an_error_and_never_zeros() {
        let (_file, bytes, opened) = opened();
        let end = bytes.len();
        #[expect(clippy::reversed_empty_ranges)]
        for range in [0..end + 1, end..end + 1, end + 1..end + 1, 5..4, 0..usize::MAX] {
            assert_eq!(opened.range(range.clone()).unwrap_err().code, "range-not-in-file", "{range:?}");
            assert_eq!(opened.stretches(range.clone(), |_| ()).unwrap_err().code, "range-not-in-file", "{range:?}");
        }
        opened.whole().expect("read");
        assert_eq!(opened.range(0..end + 1).unwrap_err().code, "range-not-in-file");
    }

    #[test]
    fn a_block_that_changed_since_it_was_hashed_is_not_handed_out() {
        let (file, bytes, opened) = opened();
        let writer = File::options().write(true).open(file.path()).expect("it opens");
        writer.write_all_at(&[bytes[BLOCK + 9] ^ 1], BLOCK as u64 + 9).expect("written");
        assert_eq!(opened.range(0..BLOCK).expect("untouched"), &bytes[..BLOCK]);
        assert_eq!(opened.range(2 * BLOCK..bytes.len()).expect("untouched"), &bytes[2 * BLOCK..]);
        for range in [BLOCK..BLOCK + 1, 0..BLOCK + 1, 2 * BLOCK - 1..2 * BLOCK + 1] {
            assert_eq!(opened.range(range.clone()).unwrap_err().code, "file-changed");
            assert_eq!(opened.stretches(range, |_| ()).unwrap_err().code, "file-changed");
        }
        assert_eq!(opened.whole().unwrap_err().code, "file-changed");
        writer.write_all_at(&[bytes[BLOCK + 9]], BLOCK as u64 + 9).expect("written");
        assert_eq!(opened.whole().expect("as it was hashed"), bytes);
    }

    #[test]
    fn a_file_that_was_cut_or_grew_has_changed() {
        let (file, bytes, opened) = opened();
        let writer = File::options().write(true).open(file.path()).expect("it opens");
        writer.set_len(2 * BLOCK as u64 + 7).expect("cut");
        assert_eq!(opened.range(2 * BLOCK..2 * BLOCK + 1).unwrap_err().code, "file-changed");
        assert_eq!(opened.range(0..9).expect("still there"), &bytes[..9]);
        let size = file.as_file().metadata().expect("known").len();
        let again = Bytes::new(
            "app",
            Arc::new(File::open(file.path()).expect("it opens")),
            size,
            Arc::clone(&opened.trail),
            vec![],
        );
        assert_eq!(again.err().map(|reason| reason.into_code()), Some("file-changed".into()));
    }
}
