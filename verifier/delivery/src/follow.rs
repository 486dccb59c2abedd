//! The members of a tar archive, and of the archives in it, hashed and looked at while the archive itself passes: an image's layers and their files are
//! read once with the image.
//!
//! What was followed is known by its place alone, and whoever reads the archive takes only what lies exactly where a member is. So a header that is taken
//! differently here costs time, and changes nothing.

use crate::archive::{TAR_BLOCK, tar_checksum_fits, tar_number, tar_padding};
use crate::marks::{Mark, Marks};
use crate::pass::{Pass, Scan};
use crate::sniff;
use crate::store::{Part, Store};
use crate::trail::Walking;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::ops::Range;

/// Shorter members are read again, which costs less than to remember them.
const SHORTEST: u64 = 64 << 10;
/// Longer archives are not followed, for what would be remembered of them.
const LONGEST: u64 = 16 << 30;
/// Archives in each other: an image, and its layers.
const DEEPEST: u32 = 2;
/// From so many bytes on both hands are worth it.
const WORTH: usize = 64 << 10;
/// Marks that are remembered of the whole.
pub(crate) const MOST_HITS: usize = 1 << 20;

/// What was seen of members by their places.
type Seen = HashMap<(u64, u64), Scan>;

/// An archive on its way.
pub(crate) struct Follower {
    archive: Archive,
    seen: Seen,
}

impl Follower {
    /// `None` where it is no tar archive, or not worth it.
    pub(crate) fn of(part: &Part<'_>, head: &[u8]) -> Option<Follower> {
        let is_tar = sniff::kind(&head[..head.len().min(sniff::HEAD)], part.len()) == sniff::Kind::Tar;
        let fits = part.len() <= LONGEST && is_tar;
        fits.then(|| Follower { archive: Archive::new(part.place().start, 1), seen: Seen::new() })
    }

    pub(crate) fn piece(&mut self, bytes: &[u8]) {
        self.archive.pass(bytes, &mut self.seen);
    }

    /// With the marks of the whole part that was followed, by their places in it.
    pub(crate) fn end<'a>(self, part: &Part<'a>, marks: &Marks) -> Option<Followed<'a>> {
        let start = part.place().start;
        let hits = marks.hits.iter().map(|(at, mark)| (start + at, *mark)).collect();
        (!marks.overflow).then(|| Followed { store: part.store(), hits, seen: RefCell::new(self.seen) })
    }
}

/// One archive, as far as it has passed.
struct Archive {
    /// Where the next byte stands.
    at: u64,
    depth: u32,
    next: Next,
}

enum Next {
    /// A header, of which so much has passed.
    Header(Vec<u8>),
    /// So many bytes that are nothing.
    Skip(u64),
    /// A member's bytes.
    Member(Box<Member>),
    /// It is at its end, or cannot be followed.
    End,
}

struct Member {
    place: Range<u64>,
    walking: Walking,
    pass: Pass,
    inner: Option<Archive>,
}

impl Archive {
    fn new(at: u64, depth: u32) -> Archive {
        Archive { at, depth, next: Next::Header(Vec::new()) }
    }

    fn pass(&mut self, mut bytes: &[u8], seen: &mut Seen) {
        while !bytes.is_empty() {
            let taken = match &mut self.next {
                Next::Header(block) => {
                    let (now, _) = bytes.split_at((TAR_BLOCK - block.len()).min(bytes.len()));
                    block.extend_from_slice(now);
                    now.len()
                }
                Next::Skip(left) => {
                    let now = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= now as u64;
                    now
                }
                Next::Member(member) => {
                    let left = usize::try_from(member.place.end - self.at).unwrap_or(usize::MAX);
                    let (now, _) = bytes.split_at(left.min(bytes.len()));
                    member.pass(now, self.at, self.depth, seen);
                    now.len()
                }
                Next::End => return,
            };
            self.at += taken as u64;
            bytes = &bytes[taken..];
            self.step(seen);
        }
    }

    /// On to what comes next, where this has passed.
    fn step(&mut self, seen: &mut Seen) {
        self.next = match std::mem::replace(&mut self.next, Next::End) {
            Next::Header(block) if block.len() == TAR_BLOCK => self.behind(&block),
            Next::Skip(0) => Next::Header(Vec::new()),
            Next::Member(member) if member.place.end == self.at => {
                let padding = tar_padding(member.place.end - member.place.start);
                let (place, scan) = member.end();
                seen.insert((place.start, place.end), scan);
                match padding {
                    0 => Next::Header(Vec::new()),
                    some => Next::Skip(some),
                }
            }
            same => same,
        };
    }

    /// What follows a header.
    fn behind(&self, block: &[u8]) -> Next {
        let Ok(block) = <&[u8; TAR_BLOCK]>::try_from(block) else { return Next::End };
        let size = tar_number(&block[124..136]).filter(|_| tar_checksum_fits(block));
        let Some(size) = size.filter(|size| self.at.checked_add(size + TAR_BLOCK as u64).is_some()) else {
            return Next::End;
        };
        let is_file = matches!(block[156], 0 | b'0' | b'7');
        match size {
            0 => Next::Header(Vec::new()),
            _ if is_file && size >= SHORTEST => Next::Member(Box::new(Member::new(self.at..self.at + size))),
            _ => Next::Skip(size + tar_padding(size)),
        }
    }
}

impl Member {
    fn new(place: Range<u64>) -> Member {
        Member { place, walking: Walking::default(), pass: Pass::default(), inner: None }
    }

    fn pass(&mut self, bytes: &[u8], at: u64, depth: u32, seen: &mut Seen) {
        let Member { place, walking, pass, inner } = self;
        if at == place.start && depth < DEEPEST && begins_tar(bytes) {
            *inner = Some(Archive::new(at, depth + 1));
        }
        let mut look = || {
            pass.piece(bytes);
            if let Some(inner) = inner {
                inner.pass(bytes, seen);
            }
        };
        match bytes.len() < WORTH {
            true => {
                walking.update(bytes);
                look();
            }
            false => {
                rayon::join(|| walking.update(bytes), look);
            }
        }
    }

    fn end(self: Box<Member>) -> (Range<u64>, Scan) {
        let len = self.place.end - self.place.start;
        // Its beginning is read again with it: many of them would take more room than all else.
        (self.place, Scan { head: Vec::new(), ..self.pass.end(self.walking.end(), len) })
    }
}

fn begins_tar(bytes: &[u8]) -> bool {
    let block = bytes.get(..TAR_BLOCK).and_then(|block| <&[u8; TAR_BLOCK]>::try_from(block).ok());
    block.is_some_and(|block| block[257..262] == *b"ustar" && tar_checksum_fits(block))
}

/// What passed with an archive, for those who look at its members.
pub(crate) struct Followed<'a> {
    store: &'a Store,
    /// By their places in the store.
    hits: Vec<(u64, Mark)>,
    seen: RefCell<Seen>,
}

impl Followed<'_> {
    /// What a pass over a stretch would tell; `None` where that did not pass as a member.
    pub(crate) fn scan(&self, part: &Part<'_>) -> Option<io::Result<Scan>> {
        let place = part.place();
        let mut scan =
            part.is_beside(self.store).then(|| self.seen.borrow_mut().remove(&(place.start, place.end)))??;
        let inside = |at: &u64| *at >= place.start && *at < place.end;
        let from = self.hits.partition_point(|(at, _)| *at < place.start);
        let hits = self.hits[from..].iter().take_while(|(at, _)| inside(at));
        let hits = hits.filter(|(at, mark)| at + mark.len() <= place.end);
        scan.hits = hits.map(|(at, mark)| (at - place.start, *mark)).collect();
        scan.overflow = Marks::cut(&mut scan.hits);
        let head = part.bytes(0, sniff::HEAD);
        Some(head.map(|head| Scan { head, ..scan }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::places;
    use crate::archive::tests::tar_of;
    use crate::exe::tests::elf_of;
    use crate::scan;

    fn noise(len: usize, seed: u32) -> Vec<u8> {
        let mut state = seed | 1;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..len).map(|_| next()).collect()
    }

    fn with(mut bytes: Vec<u8>, at: usize, mark: &[u8]) -> Vec<u8> {
        bytes[at..at + mark.len()].copy_from_slice(mark);
        bytes
    }

    /// How many of an archive's members passed with it, its inner archives' included; what is told of each has to be what a pass over it alone tells.
    fn followed(store: &Store) -> usize {
        let part = store.whole();
        let (whole, followed) = scan::scan_following(&part, &[], None).expect("memory can be read");
        let alone = scan::scan(&part).expect("memory can be read");
        assert_eq!((whole.trail.digest, whole.hits, whole.overflow), (alone.trail.digest, alone.hits, alone.overflow));
        followed.map_or(0, |followed| members(&part, &followed, 0))
    }

    fn members(part: &Part<'_>, followed: &Followed<'_>, depth: u32) -> usize {
        let mut count = 0;
        let each = &mut |place: crate::archive::Place| {
            let member = part.slice(place.from, place.to);
            if let Some(told) = followed.scan(&member) {
                let (told, alone) = (told?, scan::scan(&member)?);
                let name = &place.member.name;
                assert_eq!(told.trail.digest, alone.trail.digest, "{name}");
                assert!(told.trail.leads_to(&alone.trail) || !told.trail.len.is_multiple_of(128 << 10), "{name}");
                assert_eq!((told.head, told.hits), (alone.head, alone.hits), "{name}");
                assert_eq!((told.libraries, told.overflow), (alone.libraries, alone.overflow), "{name}");
                assert_eq!((told.text, told.entropy), (alone.text, alone.entropy), "{name}");
                count += 1;
            }
            if depth < DEEPEST {
                count += members(&member, followed, depth + 1);
            }
            Ok(())
        };
        // What is no archive has no members.
        let _ = places(*part, each);
        count
    }

    #[test]
    fn members_are_seen_as_a_pass_over_each_alone_sees_them() {
        let text = b"a line of text\n".repeat(40_000);
        let program = [elf_of(b"libcrypto.so.3 "), noise(900_000, 3), b"\0libz.so.1\0".to_vec()].concat();
        let data = with(noise(700_000, 5), 699_997, b"\x7fEL");
        // What begins at the end of one member and goes on in its padding belongs to neither.
        let marked = with(with(noise(100_000, 7), 50_000, b"\xff Go buildinf:"), 99_990, b"BZh91AY&SY");
        let files: &[(&str, &[u8])] =
            &[("text", &text), ("small", b"x"), ("program", &program), ("data", &data), ("marked", &marked)];
        let layer = tar_of(files);
        let image = tar_of(&[("a/layer.tar", &layer), ("manifest.json", b"[]"), ("program", &program)]);
        assert_eq!(followed(&Store::Memory(layer.clone())), 4);
        assert_eq!(followed(&Store::Memory(image.clone())), 6);
        // Wherever pieces are cut.
        for before in [1, 511, 512, 65_000, 400_000, 520_000, 523_000, 524_288] {
            let pad = noise(before, 11);
            let image = tar_of(&[("pad", &pad), ("layer.tar", &layer), ("after", &data)]);
            let pads = usize::from(before as u64 >= SHORTEST);
            assert!(followed(&Store::Memory(image)) >= 2 + pads, "{before}");
        }
        // Deeper archives are one member each.
        let deep = tar_of(&[("image.tar", &image), ("marked", &marked)]);
        assert_eq!(followed(&Store::Memory(deep)), 4);
    }

    #[test]
    fn an_archive_with_more_marks_than_are_looked_at_tells_those_of_each_member() {
        let many = [b"\x1f\x8b\x08", [b'.'; 40].as_slice()].concat().repeat(crate::marks::MOST_HITS * 2 / 3);
        let image = tar_of(&[("one", &many), ("two", &many), ("three", &many.repeat(2))]);
        assert_eq!(followed(&Store::Memory(image)), 3);
    }

    #[test]
    fn what_cannot_be_followed_is_left_to_whoever_reads_it() {
        let data = noise(700_000, 5);
        let whole = tar_of(&[("one", &data), ("two", &data)]);
        // Cut off in a member, a damaged header, sizes out of all reason, no archive at all.
        let second = 512 + 700_416;
        for (broken, count) in [
            (whole[..second + 300_000].to_vec(), 1),
            (with(whole.clone(), second + 150, b"7"), 1),
            (with(whole.clone(), 124, &[0xff; 12]), 0),
            (
                with(
                    whole.clone(),
                    second + 124,
                    &[0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                ),
                1,
            ),
            (noise(900_000, 9), 0),
        ] {
            let store = Store::Memory(broken);
            let (_, followed) = scan::scan_following(&store.whole(), &[], None).expect("memory can be read");
            assert_eq!(followed.map_or(0, |followed| followed.seen.borrow().len()), count);
        }
    }
}
