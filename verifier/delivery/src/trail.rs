//! What a file's SHA-256 leaves behind as it runs through it: its state after every block, by which each block can be checked alone later.
//!
//! A block passes only if it takes the hash from the state before it to the state behind it. Other bytes that did the same would make a second
//! file with the same SHA-256; so what passed is what was hashed, as surely as if the whole file were hashed again.

use assize_facts::{Digest, Sha256};
use std::ops::Range;

/// Bytes of a block. A state takes some hundred bytes: a thousandth of that.
pub(crate) const BLOCK: usize = 128 << 10;

/// The states of one file's hash.
#[derive(Clone)]
pub(crate) struct Trail {
    pub len: u64,
    pub digest: Digest,
    /// Behind every whole block.
    states: Vec<Sha256>,
    /// Behind the last byte.
    end: Sha256,
}

/// A trail on its way.
#[derive(Clone, Default)]
pub(crate) struct Walking {
    hash: Sha256,
    len: u64,
    states: Vec<Sha256>,
}

impl Walking {
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = BLOCK - (self.len % BLOCK as u64) as usize;
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.hash.update(now);
            self.len += now.len() as u64;
            if now.len() == room {
                self.states.push(self.hash.clone());
            }
            bytes = later;
        }
    }

    pub(crate) fn end(self) -> Trail {
        Trail { len: self.len, digest: self.hash.clone().digest(), states: self.states, end: self.hash }
    }
}

impl Trail {
    /// Of what was not hashed.
    pub(crate) fn unknown(len: u64) -> Trail {
        Trail { len, ..Walking::default().end() }
    }

    /// Whether another trail begins with all whole blocks of this one, which has at least one.
    pub(crate) fn leads_to(&self, other: &Trail) -> bool {
        let Some(last) = self.states.len().checked_sub(1) else { return false };
        let state = |trail: &Trail| trail.states.get(last).map(|state| state.clone().bytes());
        self.len.is_multiple_of(BLOCK as u64) && state(self) == state(other)
    }

    /// Where a block lies in the file; empty behind the last one.
    pub(crate) fn block(&self, index: usize) -> Range<u64> {
        let start = (index as u64).saturating_mul(BLOCK as u64).min(self.len);
        start..start.saturating_add(BLOCK as u64).min(self.len)
    }

    /// Whether these are the bytes of a block as they were hashed.
    pub(crate) fn fits(&self, index: usize, bytes: &[u8]) -> bool {
        let place = self.block(index);
        if place.is_empty() || place.end - place.start != bytes.len() as u64 {
            return false;
        }
        let before = index.checked_sub(1).map_or(Some(Sha256::new()), |before| self.states.get(before).cloned());
        let Some(mut hash) = before else { return false };
        hash.update(bytes);
        hash.bytes() == self.states.get(index).unwrap_or(&self.end).clone().bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(bytes: &[u8], pieces: usize) -> Trail {
        let mut walking = Walking::default();
        bytes.chunks(pieces).for_each(|piece| walking.update(piece));
        walking.end()
    }

    #[test]
    fn a_beginning_leads_to_the_file_that_it_begins_and_to_no_other() {
        let bytes: Vec<u8> = (0..3 * BLOCK + 9).map(|at| (at % 251) as u8).collect();
        let whole = trail(&bytes, 1000);
        let mut other = bytes.clone();
        other[BLOCK + 3] ^= 1;
        assert!(trail(&bytes[..2 * BLOCK], BLOCK).leads_to(&whole) && whole.states.len() == 3);
        assert!(!trail(&other[..2 * BLOCK], BLOCK).leads_to(&whole) && trail(&other[..BLOCK], BLOCK).leads_to(&whole));
        for none in [0, 5, BLOCK + 5, bytes.len()] {
            assert!(!trail(&bytes[..none], BLOCK).leads_to(&whole), "{none}");
        }
        assert!(!whole.leads_to(&trail(&bytes[..2 * BLOCK], BLOCK)) && !Trail::unknown(7).leads_to(&whole));
    }

    #[test]
    fn each_block_is_known_by_its_bytes_and_its_place_however_the_file_came_in_pieces() {
        for len in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 77] {
            // Every block is another.
            let bytes: Vec<u8> = (0..len).map(|at| (at % 251) as u8 ^ (at / BLOCK) as u8).collect();
            for pieces in [1000, BLOCK, BLOCK + 5, 10 * BLOCK] {
                let trail = trail(&bytes, pieces);
                assert_eq!((trail.len, &trail.digest), (len as u64, &Sha256::of(&bytes)));
                let blocks: Vec<&[u8]> = bytes.chunks(BLOCK).collect();
                for (index, block) in blocks.iter().enumerate() {
                    assert!(trail.fits(index, block), "block {index} of {len} bytes in pieces of {pieces}");
                    let mut other = block.to_vec();
                    other[block.len() / 2] ^= 1;
                    assert!(!trail.fits(index, &other));
                    assert!(!trail.fits(index, &block[..block.len() - 1]));
                    assert!(!trail.fits(index + 1, block), "a block stands in one place alone");
                }
                assert!(!trail.fits(blocks.len(), &[]), "there is nothing behind the last");
            }
        }
    }
}
