//! One pass over a file's bytes: its SHA-256, whether it is text, how random it looks, and where the marks of other formats stand in it.

use crate::follow::{self, Followed, Follower};
use crate::libraries::Libraries;
use crate::marks::{Mark, Marks};
use crate::room;
use crate::sniff;
use crate::store::{PIECE, Part, Piece};
use crate::trail::{Trail, Walking};
use std::cell::Cell;
use std::io;
use std::ops::Range;

/// Of every mebibyte so many bytes are weighed for the entropy; all of a smaller file.
const SAMPLE: usize = 16 << 10;
const WEIGHED: u64 = 1 << 20;

pub(crate) struct Scan {
    /// With the digest of the whole.
    pub trail: Trail,
    pub head: Vec<u8>,
    pub hits: Vec<(u64, Mark)>,
    /// What was to be kept and came whole.
    pub kept: Vec<Kept>,
    /// Shared objects that texts of an executable name.
    pub libraries: Vec<String>,
    /// There were more marks than are looked at.
    pub overflow: bool,
    /// No NUL byte, and hardly a control character where it was weighed.
    pub text: bool,
    /// Bits per byte, 0 to 8; of what is no text.
    pub entropy: f64,
}

impl Scan {
    fn with(self, mut marks: Marks) -> Scan {
        let overflow = Marks::cut(&mut marks.hits) || marks.overflow;
        Scan { hits: marks.hits, overflow, ..self }
    }

    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.hits.iter().any(|(_, m)| *m == mark)
    }
}

pub(crate) fn scan(part: &Part<'_>) -> io::Result<Scan> {
    scan_following(part, &[], None).map(|(scan, _)| scan)
}

/// What is done with the beginning of a file when it has passed: with its trail, and with what was kept of it.
pub(crate) struct Passed {
    pub upto: u64,
    pub then: Box<dyn FnOnce(Trail, Vec<Kept>) + Send>,
}

/// The same, keeps some ranges as they pass (what was kept is what was hashed), and follows the members of an archive.
pub(crate) fn scan_following<'a>(
    part: &Part<'a>,
    ranges: &[Range<u64>],
    passed: Option<Passed>,
) -> io::Result<(Scan, Option<Followed<'a>>)> {
    let mut pass = Pass { kept: ranges.iter().filter_map(Keeping::of).collect(), ..Pass::default() };
    if let Some(bytes) = part.at_hand().filter(|bytes| !bytes.is_empty()) {
        let (mut trail, mut marks) = (Walking::default(), Marks::default());
        trail.update(bytes);
        marks.piece(bytes);
        pass.piece(bytes);
        return Ok((pass.end(trail.end(), part.len()).with(marks), None));
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
fn pieces<'a>(
    part: &Part<'a>,
    piece: &mut Piece,
    mut pass: Pass,
    mut passed: Option<Passed>,
) -> io::Result<(Scan, Option<Followed<'a>>)> {
    let (mut trail, mut next) = (Walking::default(), Piece::default());
    let mut follower = Follower::of(part, piece).filter(|_| (piece.len() as u64) < part.len());
    let mut marks = follower.as_ref().map_or_else(Marks::default, |_| Marks::at_most(follow::MOST_HITS));
    let mut most = PIECE;
    while !piece.is_empty() {
        let mut hash = || trail.update(piece);
        let mut find = || marks.piece(piece);
        let mut look = || {
            pass.piece(piece);
            let read = part.piece(pass.at, most, std::mem::take(&mut next));
            if let Some(follower) = &mut follower {
                follower.piece(piece);
            }
            read
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
    let followed = follower.and_then(|follower| follower.end(part, &marks));
    Ok((pass.end(trail.end(), part.len()).with(marks), followed))
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

/// A file's bytes as they pass.
#[derive(Default)]
pub(crate) struct Pass {
    kept: Vec<Keeping>,
    at: u64,
    head: Vec<u8>,
    libraries: Libraries,
    has_nul: bool,
    weights: Weights,
}

impl Pass {
    pub(crate) fn piece(&mut self, chunk: &[u8]) {
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
        let (begins, end) = (self.at, self.at + chunk.len() as u64);
        let mut sample = begins - begins % WEIGHED;
        while sample < end {
            let (from, to) = (sample.max(begins), (sample + SAMPLE as u64).min(end));
            // The first of them is in the head, and weighed only where it is no text.
            if sample > 0 && from < to {
                self.weights.add(&chunk[(from - begins) as usize..(to - begins) as usize]);
            }
            sample += WEIGHED;
        }
    }

    /// Without any marks.
    pub(crate) fn end(self, trail: Trail, len: u64) -> Scan {
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
            hits: Vec::new(),
            libraries: self.libraries.end(),
            overflow: false,
            text,
            entropy,
        }
    }
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
    fn what_is_kept_is_what_passed_wherever_pieces_are_cut() {
        let bytes: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
        let store = Store::Memory(bytes.clone());
        let ranges = [0..1, 5..140_000, 131_072..131_073, 299_999..300_000, 299_999..300_001, 9..9];
        let kept = scan_following(&store.whole(), &ranges, None).expect("memory can be read").0.kept;
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
            let passed = Some(Passed { upto, then });
            let (scan, _) = scan_following(&store.whole(), &ranges, passed).expect("memory can be read");
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
