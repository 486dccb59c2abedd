//! LZMA2: chunks of LZMA, or of bytes as they are, behind one another (LZMA specification by Igor Pavlov, 2015; `lzma2_decoder.c` of XZ Utils 5.8).

use super::damaged;
use std::io::{self, Read};

/// A probability of one half, of eleven bits.
const HALF: u16 = 1 << 10;
const STATES: usize = 12;
const TOP: u32 = 1 << 24;
/// Most bytes that a chunk unpacks to.
const CHUNK: usize = 1 << 21;

/// What has been unpacked so far, as far as it is still referred to.
pub(super) struct Lzma2 {
    /// Reaches back at least as far as the dictionary is long.
    history: Vec<u8>,
    dictionary: usize,
    /// Bytes since the dictionary was begun anew; `None` before it was begun.
    since: Option<u64>,
    coder: Option<Coder>,
    /// Whether the coder's state has to be begun anew before it is used.
    stale: bool,
}

impl Lzma2 {
    pub(super) fn new(dictionary: usize) -> Lzma2 {
        Lzma2 { history: Vec::new(), dictionary, since: None, coder: None, stale: true }
    }

    /// Unpacks the next chunk, and gives how many bytes of the history are new at its end; `None` at the end.
    pub(super) fn chunk(&mut self, source: &mut impl Read) -> io::Result<Option<usize>> {
        let control = bytes::<1>(source)?[0];
        if control == 0 {
            return Ok(None);
        }
        self.forget();
        // Everything from 0xe0 on, and 1, begins the dictionary anew.
        if control >= 0xe0 || control == 1 {
            self.since = Some(0);
        }
        let Some(since) = self.since else { return Err(damaged("its first chunk refers to what is not there")) };
        let before = self.history.len();
        match control {
            1 | 2 => self.plain(source)?,
            0x80.. => self.packed(control, since, source)?,
            _ => return Err(damaged("a chunk of LZMA2 has an unknown control byte")),
        }
        let new = self.history.len() - before;
        self.since = Some(since + new as u64);
        Ok(Some(new))
    }

    pub(super) fn last(&self, count: usize) -> &[u8] {
        &self.history[self.history.len() - count..]
    }

    /// Drops what is behind the dictionary's reach, seldom enough to cost nothing.
    fn forget(&mut self) {
        if self.history.len() >= 2 * self.dictionary + CHUNK {
            let behind = self.history.len() - self.dictionary;
            self.history.drain(..behind);
        }
    }

    fn plain(&mut self, source: &mut impl Read) -> io::Result<()> {
        let size = usize::from(u16::from_be_bytes(bytes(source)?)) + 1;
        let from = self.history.len();
        self.history.resize(from + size, 0);
        source.read_exact(&mut self.history[from..])
    }

    fn packed(&mut self, control: u8, since: u64, source: &mut impl Read) -> io::Result<()> {
        let low = u16::from_be_bytes(bytes(source)?);
        let size = (usize::from(control & 0x1f) << 16 | usize::from(low)) + 1;
        let mut packed = vec![0; usize::from(u16::from_be_bytes(bytes(source)?)) + 1];
        match control >> 5 & 3 {
            0 if self.stale => return Err(damaged("a chunk of LZMA2 goes on from a state that is not there")),
            0 => {}
            1 => match &self.coder {
                Some(coder) => self.coder = Some(Coder::new(coder.lc, coder.lp, coder.pb)),
                None => return Err(damaged("a chunk of LZMA2 has no properties")),
            },
            _ => self.coder = Some(Coder::of(bytes::<1>(source)?[0])?),
        }
        source.read_exact(&mut packed)?;
        self.stale = false;
        let Some(coder) = &mut self.coder else { return Err(damaged("a chunk of LZMA2 has no properties")) };
        let reach = self.dictionary;
        coder.chunk(&packed, size, &mut Output { history: &mut self.history, since, reach })
    }
}

pub(super) fn bytes<const N: usize>(source: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Where the coder writes to.
struct Output<'h> {
    history: &'h mut Vec<u8>,
    /// Bytes since the dictionary was begun anew.
    since: u64,
    reach: usize,
}

impl Output<'_> {
    fn push(&mut self, byte: u8) {
        self.history.push(byte);
        self.since += 1;
    }

    /// The byte so many before the next.
    fn before(&self, distance: usize) -> Option<u8> {
        let is_there = distance <= self.reach && distance as u64 <= self.since;
        if is_there { self.history.len().checked_sub(distance).map(|at| self.history[at]) } else { None }
    }
}

/// The numbers of a range coder.
struct Range<'c> {
    rest: &'c [u8],
    range: u32,
    code: u32,
    /// Whether more bytes were asked for than there are.
    short: bool,
}

impl<'c> Range<'c> {
    fn new(packed: &'c [u8]) -> io::Result<Range<'c>> {
        match packed.split_first_chunk::<5>() {
            Some(([0, code @ ..], rest)) => {
                Ok(Range { rest, range: u32::MAX, code: u32::from_be_bytes(*code), short: false })
            }
            _ => Err(damaged("a chunk of LZMA does not begin like one")),
        }
    }

    fn normalize(&mut self) {
        if self.range < TOP {
            let next = self.rest.split_first();
            self.short |= next.is_none();
            let (byte, rest) = next.map_or((0, self.rest), |(byte, rest)| (*byte, rest));
            (self.range, self.code, self.rest) = (self.range << 8, self.code << 8 | u32::from(byte), rest);
        }
    }

    fn bit(&mut self, probability: &mut u16) -> usize {
        let bound = (self.range >> 11) * u32::from(*probability);
        let bit = if self.code < bound {
            self.range = bound;
            *probability += (2048 - *probability) >> 5;
            0
        } else {
            self.range -= bound;
            self.code -= bound;
            *probability -= *probability >> 5;
            1
        };
        self.normalize();
        bit
    }

    /// Bits of equal probability.
    fn direct(&mut self, count: u32) -> usize {
        let mut value = 0;
        for _ in 0..count {
            self.range >>= 1;
            let bit = usize::from(self.code >= self.range);
            if bit == 1 {
                self.code -= self.range;
            }
            self.normalize();
            value = value << 1 | bit;
        }
        value
    }

    /// The highest bit first.
    fn tree(&mut self, probabilities: &mut [u16], bits: u32) -> usize {
        let mut symbol = 1;
        for _ in 0..bits {
            symbol = symbol << 1 | self.bit(&mut probabilities[symbol]);
        }
        symbol - (1 << bits)
    }

    /// The lowest bit first.
    fn reverse(&mut self, probabilities: &mut [u16], bits: u32) -> usize {
        let (mut symbol, mut value) = (1, 0);
        for at in 0..bits {
            let bit = self.bit(&mut probabilities[symbol]);
            symbol = symbol << 1 | bit;
            value |= bit << at;
        }
        value
    }
}

/// The lengths of matches.
struct Lengths {
    choices: [u16; 2],
    low: [[u16; 8]; 16],
    middle: [[u16; 8]; 16],
    high: [u16; 256],
}

impl Lengths {
    fn new() -> Lengths {
        Lengths { choices: [HALF; 2], low: [[HALF; 8]; 16], middle: [[HALF; 8]; 16], high: [HALF; 256] }
    }

    fn decode(&mut self, range: &mut Range<'_>, position: usize) -> usize {
        if range.bit(&mut self.choices[0]) == 0 {
            return 2 + range.tree(&mut self.low[position], 3);
        }
        if range.bit(&mut self.choices[1]) == 0 {
            return 10 + range.tree(&mut self.middle[position], 3);
        }
        18 + range.tree(&mut self.high, 8)
    }
}

/// Probabilities and state of LZMA.
struct Coder {
    lc: u32,
    lp: u32,
    pb: u32,
    state: usize,
    /// The last four distances, less one.
    reps: [usize; 4],
    literals: Vec<u16>,
    is_match: [[u16; 16]; STATES],
    is_rep: [u16; STATES],
    is_rep_0: [u16; STATES],
    is_rep_0_long: [[u16; 16]; STATES],
    is_rep_1: [u16; STATES],
    is_rep_2: [u16; STATES],
    slots: [[u16; 64]; 4],
    /// By slot, the reverse trees of the distances with fewer than fourteen bits.
    special: [[u16; 32]; 14],
    align: [u16; 16],
    matches: Lengths,
    repeats: Lengths,
}

impl Coder {
    /// By the byte of properties.
    fn of(properties: u8) -> io::Result<Coder> {
        let (lc, lp, pb) = (properties % 9, properties / 9 % 5, properties / 45);
        if pb > 4 || lc + lp > 4 {
            return Err(damaged("a chunk of LZMA2 has impossible properties"));
        }
        Ok(Coder::new(lc.into(), lp.into(), pb.into()))
    }

    fn new(lc: u32, lp: u32, pb: u32) -> Coder {
        Coder {
            lc,
            lp,
            pb,
            state: 0,
            reps: [0; 4],
            literals: vec![HALF; 0x300 << (lc + lp)],
            is_match: [[HALF; 16]; STATES],
            is_rep: [HALF; STATES],
            is_rep_0: [HALF; STATES],
            is_rep_0_long: [[HALF; 16]; STATES],
            is_rep_1: [HALF; STATES],
            is_rep_2: [HALF; STATES],
            slots: [[HALF; 64]; 4],
            special: [[HALF; 32]; 14],
            align: [HALF; 16],
            matches: Lengths::new(),
            repeats: Lengths::new(),
        }
    }

    /// Unpacks exactly so many bytes, which take up the whole chunk.
    fn chunk(&mut self, packed: &[u8], size: usize, output: &mut Output<'_>) -> io::Result<()> {
        let mut range = Range::new(packed)?;
        let end = output.history.len() + size;
        while output.history.len() < end {
            let position = (output.since & ((1 << self.pb) - 1)) as usize;
            if range.bit(&mut self.is_match[self.state][position]) == 0 {
                self.literal(&mut range, output);
            } else {
                let length = self.distance_and_length(&mut range, position);
                let distance = self.reps[0].saturating_add(1);
                if length > end - output.history.len() || output.before(distance).is_none() {
                    return Err(damaged("LZMA refers to what is not there"));
                }
                for _ in 0..length {
                    let byte = output.before(distance).unwrap_or_default();
                    output.push(byte);
                }
            }
            if range.short {
                return Err(damaged("a chunk of LZMA is cut off"));
            }
        }
        if !range.rest.is_empty() || range.code != 0 {
            return Err(damaged("a chunk of LZMA goes on behind its end"));
        }
        Ok(())
    }

    fn literal(&mut self, range: &mut Range<'_>, output: &mut Output<'_>) {
        let before = usize::from(output.before(1).unwrap_or_default());
        let position = (output.since & ((1 << self.lp) - 1)) as usize;
        let context = (position << self.lc) + (before >> (8 - self.lc));
        let probabilities = &mut self.literals[0x300 * context..][..0x300];
        let mut symbol = 1;
        if self.state >= 7 {
            let mut matched = usize::from(output.before(self.reps[0].saturating_add(1)).unwrap_or_default());
            while symbol < 0x100 {
                let expected = matched >> 7 & 1;
                matched <<= 1;
                let bit = range.bit(&mut probabilities[(1 + expected) * 0x100 + symbol]);
                symbol = symbol << 1 | bit;
                if expected != bit {
                    break;
                }
            }
        }
        while symbol < 0x100 {
            symbol = symbol << 1 | range.bit(&mut probabilities[symbol]);
        }
        output.push(symbol as u8);
        self.state = match self.state {
            0..4 => 0,
            4..10 => self.state - 3,
            _ => self.state - 6,
        };
    }

    /// The length; the distance is the first of the last ones then.
    fn distance_and_length(&mut self, range: &mut Range<'_>, position: usize) -> usize {
        let (state, is_late) = (self.state, self.state >= 7);
        if range.bit(&mut self.is_rep[state]) == 0 {
            self.reps.rotate_right(1);
            let length = self.matches.decode(range, position);
            self.state = if is_late { 10 } else { 7 };
            self.reps[0] = self.distance(range, length);
            return length;
        }
        if range.bit(&mut self.is_rep_0[state]) == 0 {
            if range.bit(&mut self.is_rep_0_long[state][position]) == 0 {
                self.state = if is_late { 11 } else { 9 };
                return 1;
            }
        } else if range.bit(&mut self.is_rep_1[state]) == 0 {
            self.reps.swap(0, 1);
        } else {
            let chosen = 2 + range.bit(&mut self.is_rep_2[state]);
            self.reps[..=chosen].rotate_right(1);
        }
        self.state = if is_late { 11 } else { 8 };
        self.repeats.decode(range, position)
    }

    fn distance(&mut self, range: &mut Range<'_>, length: usize) -> usize {
        let slot = range.tree(&mut self.slots[(length - 2).min(3)], 6);
        if slot < 4 {
            return slot;
        }
        let bits = (slot >> 1) as u32 - 1;
        let base = (2 | slot & 1) << bits;
        if slot < 14 {
            return base + range.reverse(&mut self.special[slot], bits);
        }
        let high = range.direct(bits - 4) << 4;
        base + high + range.reverse(&mut self.align, 4)
    }
}
