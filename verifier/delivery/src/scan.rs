//! One pass over a file's bytes: its SHA-256, whether it is text, how random it looks, and where the marks of other formats stand in it.

use crate::libraries::Libraries;
use crate::room;
use crate::sniff;
use crate::store::{PIECE, Part, Piece};
use crate::trail::{Trail, Walking};
use aho_corasick::packed;
use aho_corasick::{AhoCorasick, Match, MatchKind};
use std::cell::Cell;
use std::io;
use std::ops::Range;
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
/// Of every mebibyte so many bytes are weighed for the entropy; all of a smaller file.
const SAMPLE: usize = 16 << 10;

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

pub(crate) struct Scan {
    /// With the digest of the whole.
    pub trail: Trail,
    pub head: Vec<u8>,
    pub hits: Vec<(u64, Mark)>,
    /// What was to be kept and came whole.
    pub kept: Vec<Kept>,
    /// Shared objects that texts of an executable name.
    pub libraries: Vec<String>,
    /// There were more than [`MOST_HITS`] marks.
    pub overflow: bool,
    /// No NUL byte, and hardly a control character where it was weighed.
    pub text: bool,
    /// Bits per byte, 0 to 8; of what is no text.
    pub entropy: f64,
}

impl Scan {
    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.hits.iter().any(|(_, m)| *m == mark)
    }
}

pub(crate) fn scan(part: &Part<'_>) -> io::Result<Scan> {
    scan_keeping(part, &[], None)
}

/// What is done with the beginning of a file when it has passed: with its trail, and with what was kept of it.
pub(crate) struct Passed {
    pub upto: u64,
    pub then: Box<dyn FnOnce(Trail, Vec<Kept>) + Send>,
}

/// The same, and keeps some ranges as they pass: what was kept is what was hashed.
pub(crate) fn scan_keeping(part: &Part<'_>, ranges: &[Range<u64>], passed: Option<Passed>) -> io::Result<Scan> {
    let mut pass = Pass { kept: ranges.iter().filter_map(Keeping::of).collect(), ..Pass::default() };
    if let Some(bytes) = part.at_hand().filter(|bytes| !bytes.is_empty()) {
        let (mut trail, mut marks) = (Walking::default(), Marks::default());
        trail.update(bytes);
        marks.piece(bytes);
        pass.piece(bytes);
        return Ok(pass.end(trail.end(), marks, part.len()));
    }
    // Taken out while it is in use: whoever helps here may look at another file meanwhile.
    let mut first = part.piece(0, PIECE, SPARE.take())?;
    let scan = match (first.len() as u64) < part.len() {
        // On a thread of the pool, so that others can help.
        true => rayon::scope(|_| pieces(part, &mut first, pass, passed)),
        false => pieces(part, &mut first, pass, None),
    };
    SPARE.set(first);
    scan
}

thread_local! {
    /// A new buffer for each file costs more than many a file.
    static SPARE: Cell<Piece> = Cell::default();
}

/// SHA-256 takes as long as all else together, so they go side by side; a piece passes through all of it before the next.
fn pieces(part: &Part<'_>, piece: &mut Piece, mut pass: Pass, mut passed: Option<Passed>) -> io::Result<Scan> {
    let (mut trail, mut marks, mut next) = (Walking::default(), Marks::default(), Piece::default());
    let mut most = PIECE;
    while !piece.is_empty() {
        let mut hash = || trail.update(piece);
        let mut find = || marks.piece(piece);
        let mut look = || {
            pass.piece(piece);
            part.piece(pass.at, most, std::mem::take(&mut next))
        };
        let read = if (piece.len() as u64) < part.len() {
            rayon::join(hash, || rayon::join(find, look).1).1
        } else {
            hash();
            find();
            look()
        };
        next = std::mem::replace(piece, read?);
        if let Some(passed) = passed.take_if(|passed| passed.upto <= pass.at && !piece.is_empty()) {
            (passed.then)(trail.clone().end(), pass.take_kept());
            // Whoever looks at the beginning needs room meanwhile.
            most = PIECE / 2;
        }
    }
    Ok(pass.end(trail.end(), marks, part.len()))
}

/// A stretch of a file as it was hashed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub at: u64,
    pub bytes: Vec<u8>,
}

/// A stretch that is being kept.
struct Keeping {
    range: Range<u64>,
    bytes: Vec<u8>,
}

impl Keeping {
    /// `None` where there is no room.
    fn of(range: &Range<u64>) -> Option<Keeping> {
        let bytes = room::of(usize::try_from(range.end.checked_sub(range.start)?).ok()?)?;
        Some(Keeping { range: range.clone(), bytes })
    }

    fn pass(&mut self, at: u64, chunk: &[u8]) {
        let end = at + chunk.len() as u64;
        let (from, to) = (self.range.start.max(at), self.range.end.min(end));
        if from < to {
            self.bytes.extend_from_slice(&chunk[(from - at) as usize..(to - at) as usize]);
        }
    }

    fn end(self) -> Option<Kept> {
        let whole = self.bytes.len() as u64 == self.range.end - self.range.start;
        whole.then_some(Kept { at: self.range.start, bytes: self.bytes })
    }
}

#[derive(Default)]
struct Pass {
    kept: Vec<Keeping>,
    at: u64,
    head: Vec<u8>,
    libraries: Libraries,
    has_nul: bool,
    weights: Weights,
}

impl Pass {
    fn piece(&mut self, chunk: &[u8]) {
        self.kept.iter_mut().for_each(|kept| kept.pass(self.at, chunk));
        let missing = sniff::HEAD.saturating_sub(self.head.len());
        self.head.extend_from_slice(&chunk[..chunk.len().min(missing)]);
        self.has_nul = self.has_nul || memchr::memchr(0, chunk).is_some();
        self.weigh(chunk);
        self.libraries.pass(&self.head, chunk);
        self.at += chunk.len() as u64;
    }

    /// What was kept by now.
    fn take_kept(&mut self) -> Vec<Kept> {
        let at = self.at;
        let (passed, coming) = std::mem::take(&mut self.kept).into_iter().partition(|kept| kept.range.end <= at);
        self.kept = coming;
        Vec::into_iter(passed).filter_map(Keeping::end).collect()
    }

    fn weigh(&mut self, chunk: &[u8]) {
        let into = (self.at % (1 << 20)) as usize;
        // The first of them is in the head, and weighed only where it is no text.
        if self.at > 0 && into < SAMPLE {
            self.weights.add(&chunk[..chunk.len().min(SAMPLE)]);
        }
    }

    fn end(self, trail: Trail, marks: Marks, len: u64) -> Scan {
        let (head, mut weights) = (self.head, self.weights);
        let first = &head[..head.len().min(SAMPLE)];
        let mut text = !self.has_nul && weights.few_controls_with(first);
        let mut entropy = 0.0;
        if !text {
            let utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
            weights.add(first);
            entropy = weights.entropy();
            text = utf16 && len.is_multiple_of(2) && weights.utf16();
        }
        Scan {
            trail,
            kept: self.kept.into_iter().filter_map(Keeping::end).collect(),
            head,
            hits: marks.hits,
            libraries: self.libraries.end(),
            overflow: marks.overflow,
            text,
            entropy,
        }
    }
}

/// The marks that were found, piece by piece.
#[derive(Default)]
struct Marks {
    at: u64,
    tail: Vec<u8>,
    hits: Vec<(u64, Mark)>,
    overflow: bool,
}

impl Marks {
    fn piece(&mut self, chunk: &[u8]) {
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
        if self.hits.len() >= MOST_HITS {
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

/// How often each byte came.
pub(crate) struct Weights {
    counts: [u64; 256],
    total: u64,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights { counts: [0; 256], total: 0 }
    }
}

impl Weights {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.counts[usize::from(*b)] += 1);
        self.total += bytes.len() as u64;
    }

    /// Shannon entropy in bits per byte.
    pub(crate) fn entropy(&self) -> f64 {
        let total = self.total as f64;
        let part = |count: &u64| {
            let p = *count as f64 / total;
            -p * p.log2()
        };
        self.counts.iter().filter(|c| **c > 0).map(part).sum()
    }

    /// Control characters other than white space, escape and backspace make up at most one in a hundred of these and more bytes.
    fn few_controls_with(&self, more: &[u8]) -> bool {
        // Without a choice between them, so that vectors do it, in stretches of which a byte can hold the count.
        let is_control = |b: u8| (b < 8) | (b.wrapping_sub(0x0e) <= 0x0c) | (b.wrapping_sub(0x1c) <= 3) | (b == 0x7f);
        let counted: u64 = (0..=0xff).filter(|b| is_control(*b)).map(|b| self.counts[usize::from(b)]).sum();
        let of = |some: &[u8]| u64::from(some.iter().fold(0_u8, |n, b| n + u8::from(is_control(*b))));
        let controls = counted + more.chunks(128).map(of).sum::<u64>();
        controls * 100 <= self.total + more.len() as u64
    }

    /// UTF-16 of mostly ASCII has a zero in every other byte.
    fn utf16(&self) -> bool {
        self.counts[0] * 4 >= self.total && self.entropy() < 6.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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

    #[test]
    fn what_is_kept_is_what_passed_wherever_pieces_are_cut() {
        let bytes: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
        let store = Store::Memory(bytes.clone());
        let ranges = [0..1, 5..140_000, 131_072..131_073, 299_999..300_000, 299_999..300_001, 9..9];
        let kept = scan_keeping(&store.whole(), &ranges, None).expect("memory can be read").kept;
        let whole = ranges.iter().filter(|range| range.end <= 300_000);
        let wanted = whole.map(|r| Kept { at: r.start, bytes: bytes[r.start as usize..r.end as usize].to_vec() });
        assert_eq!(kept, wanted.collect::<Vec<_>>());
    }

    #[test]
    fn a_beginning_is_given_away_when_it_has_passed_with_what_was_kept_of_it() {
        const LONG: usize = 3 << 20;
        let bytes: Vec<u8> = (0..LONG).map(|at| (at % 251) as u8).collect();
        let store = Store::Memory(bytes.clone());
        let plain = scan(&store.whole()).expect("memory can be read").trail;
        for (upto, reaches) in [(0, true), (5, true), (1 << 20, true), (LONG as u64 - 1, false), (u64::MAX, false)] {
            let ranges = [5..140_000, LONG as u64 - 9..LONG as u64];
            let (told, tells) = std::sync::mpsc::channel();
            let then = Box::new(move |trail, kept| told.send((trail, kept)).expect("somebody listens"));
            let scan = scan_keeping(&store.whole(), &ranges, Some(Passed { upto, then })).expect("memory can be read");
            assert_eq!(scan.trail.digest, plain.digest);
            let given: Option<(Trail, Vec<Kept>)> = tells.recv().ok();
            assert_eq!(given.is_some(), reaches, "{upto}");
            let last = Kept { at: LONG as u64 - 9, bytes: bytes[LONG - 9..].to_vec() };
            let first = Kept { at: 5, bytes: bytes[5..140_000].to_vec() };
            match given {
                Some((trail, kept)) => {
                    assert!(trail.len >= upto && trail.len < LONG as u64 && trail.leads_to(&scan.trail));
                    assert_eq!((kept, scan.kept), (vec![first], vec![last]), "{upto}");
                }
                None => assert_eq!(scan.kept, [first, last], "{upto}"),
            }
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

    #[test]
    fn text_is_text_in_many_encodings_and_random_bytes_are_not() {
        assert!(scanned(b"plain\r\n\ttext".to_vec()).text);
        assert!(scanned("UTF-8: 合同".into()).text);
        assert!(scanned(b"GBK: \xba\xcf\xcd\xac\n".to_vec()).text);
        assert!(scanned("\u{feff}utf-16 text, long enough".encode_utf16().flat_map(u16::to_le_bytes).collect()).text);
        let random: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 | 1).collect();
        assert!(!scanned(random).text);
        assert!(!scanned(b"a\0b".to_vec()).text);
    }
}
