//! One pass over a file's bytes: its SHA-256, whether it is text, how random it looks, and where the marks of other formats stand in it.

use crate::follow::{self, Followed, Follower};
use crate::marks::Marks;
use crate::pass::{Kept, Pass, Scan};
use crate::store::{PIECE, Part, Piece};
use crate::trail::{Trail, Walking};
use std::cell::Cell;
use std::io;
use std::ops::Range;

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
    let mut pass = Pass::keeping(ranges);
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
