//! Marks of other formats in the middle of files: what may begin another file there.

use aho_corasick::packed;
use aho_corasick::{AhoCorasick, Match, MatchKind};
use std::sync::OnceLock;

/// A mark that may begin another file in the middle of this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Elf,
    MachO,
    /// `PE\0\0`; the file begins at the `MZ` before it.
    Pe,
    Gzip,
    Zstd,
    Xz,
    Bzip2,
    SevenZip,
    ZipEnd,
    GoBuildInfo,
    GoFunctions,
    Upx,
}

impl Mark {
    /// Bytes that it takes, which are the same however it is spelled.
    pub(crate) fn len(self) -> u64 {
        let of = |sought: &Sought| sought.before.first().map_or(0, |before| before.len()) + sought.bytes.len();
        SOUGHT.iter().find(|sought| sought.mark == self).map_or(0, of) as u64
    }
}

/// What is searched for, and what has to stand before it: common bytes at the start of a mark would stop the search everywhere.
struct Sought {
    before: &'static [&'static [u8]],
    bytes: &'static [u8],
    mark: Mark,
}

const fn whole(bytes: &'static [u8], mark: Mark) -> Sought {
    Sought { before: &[b""], bytes, mark }
}

const SOUGHT: &[Sought] = &[
    whole(b"\x7fELF", Mark::Elf),
    whole(b"\xcf\xfa\xed\xfe", Mark::MachO),
    whole(b"\xfe\xed\xfa\xcf", Mark::MachO),
    whole(b"\xce\xfa\xed\xfe", Mark::MachO),
    whole(b"\xfe\xed\xfa\xce", Mark::MachO),
    whole(b"PE\0\0", Mark::Pe),
    whole(b"\x1f\x8b\x08", Mark::Gzip),
    whole(b"\x28\xb5\x2f\xfd", Mark::Zstd),
    whole(b"\xfd7zXZ\0", Mark::Xz),
    Sought {
        before: &[b"BZh1", b"BZh2", b"BZh3", b"BZh4", b"BZh5", b"BZh6", b"BZh7", b"BZh8", b"BZh9"],
        bytes: b"1AY&SY",
        mark: Mark::Bzip2,
    },
    whole(b"7z\xbc\xaf\x27\x1c", Mark::SevenZip),
    whole(b"PK\x05\x06", Mark::ZipEnd),
    whole(b"\xff Go buildinf:", Mark::GoBuildInfo),
    // The pclntab's header: magic of Go 1.2, 1.16, 1.18 and 1.20 in both byte orders, and two zeros (runtime/symtab.go, pcHeader).
    Sought {
        before: &[b"\xfb\xff", b"\xfa\xff", b"\xf0\xff", b"\xf1\xff"],
        bytes: b"\xff\xff\0\0",
        mark: Mark::GoFunctions,
    },
    Sought { before: &[b"\xff\xff"], bytes: b"\xff\xfb\0\0", mark: Mark::GoFunctions },
    Sought { before: &[b"\xff\xff"], bytes: b"\xff\xfa\0\0", mark: Mark::GoFunctions },
    Sought { before: &[b"\xff\xff"], bytes: b"\xff\xf0\0\0", mark: Mark::GoFunctions },
    Sought { before: &[b"\xff\xff"], bytes: b"\xff\xf1\0\0", mark: Mark::GoFunctions },
    whole(b"UPX!", Mark::Upx),
];

impl Sought {
    /// Where the mark begins whose sought bytes stand here.
    fn begins(&self, bytes: &[u8], at: usize) -> Option<usize> {
        self.before.iter().find(|before| bytes[..at].ends_with(before)).map(|before| at - before.len())
    }
}

/// More marks than this in one file are not looked at.
pub(crate) const MOST_HITS: usize = 20_000;
/// Longest mark less one: what of a piece must be seen again with the next.
const OVERLAP: usize = 13;
/// Finds what is sought and begins first: none begins like another, so that there is one at most in each place.
enum Searcher {
    /// By vector instructions, some four times as quick.
    Packed(packed::Searcher),
    /// On machines without them.
    Automaton(AhoCorasick),
}

impl Searcher {
    fn of_marks() -> Searcher {
        let packed = packed::Config::new().builder().extend(SOUGHT.iter().map(|sought| sought.bytes)).build();
        packed.map_or_else(Searcher::automaton, Searcher::Packed)
    }

    fn automaton() -> Searcher {
        let marks = SOUGHT.iter().map(|sought| sought.bytes);
        let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(marks);
        Searcher::Automaton(built.expect("a handful of constant patterns compiles"))
    }

    fn find(&self, bytes: &[u8]) -> Option<Match> {
        match self {
            Searcher::Packed(searcher) => searcher.find(bytes),
            Searcher::Automaton(automaton) => automaton.find(bytes),
        }
    }
}

fn searcher() -> &'static Searcher {
    static SEARCHER: OnceLock<Searcher> = OnceLock::new();
    SEARCHER.get_or_init(Searcher::of_marks)
}

/// The marks that were found, piece by piece.
pub(crate) struct Marks {
    at: u64,
    tail: Vec<u8>,
    pub hits: Vec<(u64, Mark)>,
    /// There were more marks than are to be noted.
    pub overflow: bool,
    most: usize,
}

impl Default for Marks {
    fn default() -> Marks {
        Marks::at_most(MOST_HITS)
    }
}

impl Marks {
    pub fn at_most(most: usize) -> Marks {
        Marks { at: 0, tail: Vec::new(), hits: Vec::new(), overflow: false, most }
    }

    /// No more than are looked at in one file.
    pub fn cut(hits: &mut Vec<(u64, Mark)>) -> bool {
        let overflow = hits.len() > MOST_HITS;
        hits.truncate(MOST_HITS);
        overflow
    }

    pub fn piece(&mut self, chunk: &[u8]) {
        self.across(chunk);
        // No mark is of zeros alone; images of disks are full of them.
        if !is_zeros(chunk) {
            self.find(chunk, self.at, |_, _| true);
        }
        self.at += chunk.len() as u64;
        let keep = chunk.len().min(OVERLAP);
        self.tail = chunk[chunk.len() - keep..].to_vec();
    }

    /// Marks that begin in the last piece and end in this one.
    fn across(&mut self, chunk: &[u8]) {
        if self.tail.is_empty() {
            return;
        }
        let begins = self.tail.len();
        let joint = [self.tail.as_slice(), &chunk[..chunk.len().min(OVERLAP)]].concat();
        let base = self.at - begins as u64;
        self.find(&joint, base, |start, end| start < begins && end > begins);
    }

    /// Notes every mark whose place in `bytes` counts.
    fn find(&mut self, bytes: &[u8], base: u64, counts: impl Fn(usize, usize) -> bool) {
        let mut at = 0;
        while let Some(m) = searcher().find(&bytes[at..]) {
            let (found, sought) = (at + m.start(), &SOUGHT[m.pattern().as_usize()]);
            if let Some(start) = sought.begins(bytes, found)
                && counts(start, at + m.end())
            {
                self.hit(base + start as u64, sought.mark);
            }
            at = found + 1;
            if self.overflow {
                return;
            }
        }
    }

    fn hit(&mut self, at: u64, mark: Mark) {
        if self.hits.len() >= self.most {
            self.overflow = true;
        } else {
            self.hits.push((at, mark));
        }
    }
}

fn is_zeros(bytes: &[u8]) -> bool {
    const ZEROS: &[u8] = &[0; 4096];
    bytes.chunks(ZEROS.len()).all(|some| some == &ZEROS[..some.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pass::Scan;
    use crate::scan::scan;
    use crate::store::Store;

    fn scanned(bytes: Vec<u8>) -> Scan {
        scan(&Store::Memory(bytes).whole()).expect("memory can be read")
    }

    #[test]
    fn marks_are_found_wherever_pieces_are_cut() {
        for at in [0_usize, 131_060, 131_070, 131_071, 131_072, 200_000] {
            let mut bytes = vec![b'.'; 300_000];
            bytes[at..at + 14].copy_from_slice(b"\xff Go buildinf:");
            assert_eq!(scanned(bytes).hits, [(at as u64, Mark::GoBuildInfo)], "at {at}");
        }
    }

    /// Every mark in full.
    fn marks() -> Vec<(Vec<u8>, Mark)> {
        let each = |sought: &'static Sought| sought.before.iter().map(|before| [before, sought.bytes].concat());
        SOUGHT.iter().flat_map(|sought| each(sought).map(|bytes| (bytes, sought.mark))).collect()
    }

    #[test]
    fn every_mark_is_found_by_both_ways_of_searching() {
        let automaton = Searcher::automaton();
        for (index, sought) in SOUGHT.iter().enumerate() {
            let others = SOUGHT.iter().filter(|other| other.bytes.starts_with(sought.bytes)).count();
            assert_eq!(others, 1, "{:?} begins like another", sought.bytes);
            // One that ends first and begins later must not hide it.
            let bytes = [&[0xff; 70], sought.bytes, b"\xff\x7fELF", &[0; 9]].concat();
            for searcher in [searcher(), &automaton] {
                let found = searcher.find(&bytes).expect("it is there");
                let first = found.start() <= 70 && (found.start() < 70 || found.pattern().as_usize() == index);
                assert!(first, "{:?}", sought.bytes);
            }
        }
        let mut bytes = b"....\xff Go build\x7fELF\x1f\x8b\x08PK\x05\x06".to_vec();
        bytes.resize(200, b'.');
        assert_eq!(scanned(bytes).hits, [(14, Mark::Elf), (18, Mark::Gzip), (21, Mark::ZipEnd)]);
    }

    #[test]
    fn every_mark_is_found_once_wherever_pieces_are_cut_and_nothing_that_only_ends_like_one() {
        for (bytes, mark) in marks() {
            // A piece of a large file is half a mebibyte.
            for back in 0..=bytes.len() {
                let at = (512 << 10) - back;
                let mut file = vec![b'.'; 600 << 10];
                file[at..at + bytes.len()].copy_from_slice(&bytes);
                assert_eq!(scanned(file.clone()).hits, [(at as u64, mark)], "{bytes:?} at {at}");
                file[at] ^= 0x40;
                assert_eq!(scanned(file).hits, [], "{bytes:?} at {at}");
            }
            assert_eq!(scanned(bytes.clone()).hits, [(0, mark)]);
        }
    }
}
