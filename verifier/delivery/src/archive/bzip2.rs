//! bzip2 streams (bzip2 1.0.8, decompress.c and bzlib.c): blocks of up to 900,000 bytes, each sorted, moved to front and coded by several tables.

use super::{damaged, refuse};
use assize_facts::reason;
use std::io::{self, BufRead, Read};

/// `BZh`, the level from `1` to `9`, and the mark of a block or of the end: π and its root.
const BLOCK: u64 = 0x3141_5926_5359;
const END: u64 = 0x1772_4538_5090;
/// The longest code of a symbol.
const LONGEST: usize = 20;
/// Symbols that one table codes before the next is chosen.
const GROUP: usize = 50;
/// The two digits of a run's length.
const RUN: u16 = 1;

/// Reads one stream, and nothing behind it.
pub(crate) struct Bzip2<R> {
    bits: Bits<R>,
    most: usize,
    block: Option<Block>,
    /// Of all blocks.
    crc: u32,
    ended: bool,
}

impl<R: BufRead> Bzip2<R> {
    pub(crate) fn new(source: R) -> io::Result<Bzip2<R>> {
        let mut bits = Bits { source, byte: 0, left: 0 };
        let magic = bits.take(24)?;
        let level = bits.take(8)?;
        if magic != 0x0042_5a68 || !(0x31..=0x39).contains(&level) {
            return Err(damaged("no stream of bzip2 begins here"));
        }
        Ok(Bzip2 { bits, most: (level as usize - 0x30) * 100_000, block: None, crc: 0, ended: false })
    }

    /// What lies behind a stream that was read to its end.
    pub(crate) fn into_inner(self) -> R {
        self.bits.source
    }

    /// The next block; `None` behind the last.
    fn next(&mut self) -> io::Result<Option<Block>> {
        match u64::from(self.bits.take(24)?) << 24 | u64::from(self.bits.take(24)?) {
            BLOCK => Block::read(&mut self.bits, self.most).map(Some),
            END if self.bits.take(32)? == self.crc => {
                // What is left of the last byte belongs to the stream.
                self.bits.left = 0;
                self.ended = true;
                Ok(None)
            }
            END => Err(damaged("the checksum of a stream is wrong")),
            _ => Err(damaged("no block of a stream stands where one should")),
        }
    }
}

impl<R: BufRead> Read for Bzip2<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !buf.is_empty() {
            if self.block.is_none() {
                self.block = self.next()?;
            }
            let Some(block) = &mut self.block else { break };
            let n = block.unpack(buf);
            if n > 0 {
                return Ok(n);
            }
            if !block.crc != block.wanted {
                return Err(damaged("the checksum of a block is wrong"));
            }
            self.crc = self.crc.rotate_left(1) ^ block.wanted;
            self.block = None;
        }
        Ok(0)
    }
}

/// The highest bit of each byte comes first.
struct Bits<R> {
    source: R,
    byte: u8,
    left: u8,
}

impl<R: Read> Bits<R> {
    fn bit(&mut self) -> io::Result<u32> {
        if self.left == 0 {
            let mut byte = [0];
            self.source.read_exact(&mut byte)?;
            (self.byte, self.left) = (byte[0], 8);
        }
        self.left -= 1;
        Ok(u32::from(self.byte >> self.left & 1))
    }

    fn take(&mut self, count: u32) -> io::Result<u32> {
        (0..count).try_fold(0, |bits, _| Ok(bits << 1 | self.bit()?))
    }
}

/// Codes of one table by their length: how many there are and which symbols they stand for.
struct Codes {
    counts: [u32; LONGEST + 1],
    symbols: Vec<u16>,
}

impl Codes {
    fn read<R: Read>(bits: &mut Bits<R>, count: usize) -> io::Result<Codes> {
        let mut length = bits.take(5)? as usize;
        let mut lengths = Vec::with_capacity(count);
        for _ in 0..count {
            loop {
                if !(1..=LONGEST).contains(&length) {
                    return Err(damaged("a code of a block is too long"));
                }
                match (bits.bit()?, length) {
                    (0, _) => break,
                    _ => length = if bits.bit()? == 0 { length + 1 } else { length - 1 },
                }
            }
            lengths.push(length);
        }
        let mut codes = Codes { counts: [0; LONGEST + 1], symbols: Vec::with_capacity(count) };
        for length in 1..=LONGEST {
            let of_length = (0..count).filter(|symbol| lengths[*symbol] == length).map(|symbol| symbol as u16);
            let before = codes.symbols.len();
            codes.symbols.extend(of_length);
            codes.counts[length] = (codes.symbols.len() - before) as u32;
        }
        Ok(codes)
    }

    fn symbol<R: Read>(&self, bits: &mut Bits<R>) -> io::Result<u16> {
        let (mut code, mut first, mut at) = (0_u32, 0_u32, 0_u32);
        for count in &self.counts[1..] {
            code = code << 1 | bits.bit()?;
            first <<= 1;
            if let Some(within) = code.checked_sub(first).filter(|within| within < count) {
                return Ok(self.symbols[(at + within) as usize]);
            }
            first += count;
            at += count;
        }
        Err(damaged("a code of a block stands for nothing"))
    }
}

/// A block on its way out.
struct Block {
    wanted: u32,
    crc: u32,
    /// In the lowest byte what comes, above it where the next stands.
    order: Vec<u32>,
    at: u32,
    left: usize,
    /// The last byte, how often it came in a row, and how often it comes again.
    last: Option<u8>,
    row: u8,
    again: u8,
}

impl Block {
    fn read<R: Read>(bits: &mut Bits<R>, most: usize) -> io::Result<Block> {
        let wanted = bits.take(32)?;
        if bits.bit()? == 1 {
            return Err(refuse(reason!("archive-method", member = "a block", method = "bzip2 randomised")));
        }
        let origin = bits.take(24)? as usize;
        let bytes = sorted(bits, most)?;
        let mut order = ordered(&bytes);
        let Some(first) = order.get(origin).map(|entry| entry >> 8) else {
            return Err(damaged("a block begins behind its end"));
        };
        order.shrink_to_fit();
        Ok(Block { wanted, crc: u32::MAX, left: order.len(), order, at: first, last: None, row: 0, again: 0 })
    }

    fn unpack(&mut self, buf: &mut [u8]) -> usize {
        let mut n = 0;
        while n < buf.len() {
            let Some(byte) = self.byte() else { break };
            self.crc = self.crc << 8 ^ CRC[usize::from((self.crc >> 24) as u8 ^ byte)];
            buf[n] = byte;
            n += 1;
        }
        n
    }

    /// Behind four of a kind stands how many more there are.
    fn byte(&mut self) -> Option<u8> {
        loop {
            if let Some(rest) = self.again.checked_sub(1) {
                self.again = rest;
                return self.last;
            }
            self.left = self.left.checked_sub(1)?;
            let entry = self.order[self.at as usize];
            let byte = entry as u8;
            self.at = entry >> 8;
            if self.row == 4 {
                (self.row, self.again) = (0, byte);
                continue;
            }
            self.row = if self.last == Some(byte) && self.row > 0 { self.row + 1 } else { 1 };
            self.last = Some(byte);
            return Some(byte);
        }
    }
}

/// The sorted bytes of a block.
fn sorted<R: Read>(bits: &mut Bits<R>, most: usize) -> io::Result<Vec<u8>> {
    let mut front = alphabet(bits)?;
    let groups = bits.take(3)? as usize;
    let choices = bits.take(15)?;
    if !(2..=6).contains(&groups) || choices == 0 {
        return Err(damaged("a block has an impossible number of tables"));
    }
    let mut recent: Vec<usize> = (0..groups).collect();
    let mut chosen = Vec::new();
    for _ in 0..choices {
        let mut at = 0;
        while bits.bit()? == 1 {
            at += 1;
            if at >= groups {
                return Err(damaged("a block chooses a table that it has not"));
            }
        }
        recent[..=at].rotate_right(1);
        chosen.push(recent[0]);
    }
    let end = front.len() as u16 + 1;
    let tables = (0..groups).map(|_| Codes::read(bits, front.len() + 2)).collect::<io::Result<Vec<Codes>>>()?;
    let too_long = || damaged("a block is longer than its stream allows");
    let mut bytes = Vec::new();
    let (mut run, mut weight) = (0_usize, 1_usize);
    for table in chosen {
        for _ in 0..GROUP {
            let symbol = tables[table].symbol(bits)?;
            if symbol <= RUN {
                run += weight << symbol;
                weight <<= 1;
                if run > most {
                    return Err(too_long());
                }
                continue;
            }
            if bytes.len() + run + usize::from(symbol != end) > most {
                return Err(too_long());
            }
            bytes.resize(bytes.len() + run, front[0]);
            (run, weight) = (0, 1);
            if symbol == end {
                return Ok(bytes);
            }
            front[..usize::from(symbol)].rotate_right(1);
            bytes.push(front[0]);
        }
    }
    Err(damaged("a block has no end"))
}

/// The bytes that a block has, in their order.
fn alphabet<R: Read>(bits: &mut Bits<R>) -> io::Result<Vec<u8>> {
    let rows = bits.take(16)?;
    let mut all = Vec::new();
    for row in (0..16_u8).filter(|row| rows >> (15 - row) & 1 == 1) {
        let columns = bits.take(16)?;
        all.extend((0..16_u8).filter(|column| columns >> (15 - column) & 1 == 1).map(|column| row << 4 | column));
    }
    if all.is_empty() { Err(damaged("a block has no bytes")) } else { Ok(all) }
}

/// Each byte with the place of the one behind it.
fn ordered(bytes: &[u8]) -> Vec<u32> {
    let mut places = [0_u32; 256];
    bytes.iter().for_each(|byte| places[usize::from(*byte)] += 1);
    let mut sum = 0;
    for place in &mut places {
        sum += std::mem::replace(place, sum);
    }
    let mut order: Vec<u32> = bytes.iter().map(|byte| u32::from(*byte)).collect();
    for (at, byte) in bytes.iter().enumerate() {
        let place = &mut places[usize::from(*byte)];
        order[*place as usize] |= (at as u32) << 8;
        *place += 1;
    }
    order
}

/// 0x04c11db7, the highest bit first.
const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let (mut crc, mut bit) = ((n as u32) << 24, 0);
        while bit < 8 {
            crc = if crc >> 31 == 1 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 };
            bit += 1;
        }
        table[n] = crc;
        n += 1;
    }
    table
};

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn unhex(text: &str) -> Vec<u8> {
        let digit = |byte: u8| (byte as char).to_digit(16).expect("a digit") as u8;
        text.trim().as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
    }

    fn read(mut stream: &[u8]) -> Result<Vec<u8>, String> {
        let mut content = Vec::new();
        let refused = |error| super::super::reason_of(error).into_code();
        let mut decoder = Bzip2::new(&mut stream).map_err(refused)?;
        decoder.read_to_end(&mut content).map_err(refused)?;
        drop(decoder);
        assert!(stream.is_empty());
        Ok(content)
    }

    /// By libbz2 1.0.8 from [`words`].
    const WORDS: &str = "\
        425a6831314159265359a6bb82a6000162ffffc41416217055b100080024082fafd76092001000020008002120120002002081300156323104d1a4d4\
        d347a9a07a9a34680346801ea01a6a64a6988340c8000d0686803408a440d411a3d4000d0d36900193238ac45df167079b758dd01e98a2081009d380\
        20a10412482094048208888202222222465b72176703c112e51921552bde9750816a8dd3c14750813eb1029da2059541344d4896a26351ca81a1128a\
        39d46dc112f51d2a3e6a02beb57d7bd961c0d6ac7f08e7481356b6f0d29eecded91c4440a43297bc04040d889135571f4d610414abce323238515a4a\
        4ce9245c150880bc40427dc2274a8e351d0a352256a35226fa8ec40a9473081728e91f1fbfde1bf36d94efaa2718e1e0aebc4a60a3024ebb6c259b64\
        a66b9348fe96ba52b2259277a8e451da81b946cb3762d313a5744095785912aad85a310b7e91e287aa87930b9598b8c0c1ebfc5dc914e142429aee0a\
        98\
    ";
    /// Pairs over three blocks of 100,000 bytes.
    const PAIRS: &str = "\
        425a6831314159265359f14b8b270061a30100300020003080291942505aa1282e6282b24ca6b2037dbcf800c3460200600040006100523542505942\
        505cc50564994d645feeb828009c640400c0008000c2013518a2a158a2a15c5dc914e1424346a0f9b4\
    ";
    /// Runs of all lengths.
    const RUNS: &str = "\
        425a68313141592653597142c7bb0000054180e0003c0004000008200050860408a9ea66a21dc837d7aeb6bb230050437c0a0a8dc802821f17724538\
        50907142c7bb\
    ";

    /// Words with some noise between them.
    fn words() -> Vec<u8> {
        const WORDS: [&[u8]; 7] =
            [b"package main\n", b"func ", b"return nil\n", b"\0\0\0\0\0\0\0\0", b"go1.26", b"x", b"example.com/dep"];
        let (mut state, mut content) = (7_u32, Vec::new());
        while content.len() < 1500 {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12345) % (1 << 31);
            content.extend_from_slice(WORDS[(state >> 16) as usize % 7]);
            if (state >> 8).is_multiple_of(5) {
                content.push((state >> 20) as u8);
            }
        }
        content
    }

    pub(crate) fn streams() -> Vec<(Vec<u8>, Vec<u8>)> {
        let runs = [(b'a', 4), (b'b', 5), (b'a', 259), (b'c', 260), (b'd', 300_000)];
        let runs = runs.iter().flat_map(|(byte, count)| std::iter::repeat_n(*byte, *count)).collect();
        let pairs = (unhex(PAIRS), b"ab".repeat(120_000));
        vec![(unhex(EMPTY), vec![]), (unhex(WORDS), words()), pairs, (unhex(RUNS), runs)]
    }

    const EMPTY: &str = "425a683917724538509000000000";

    /// A stream of one block, all codes of which are as long as each other.
    pub(crate) fn bzip2_of(content: &[u8]) -> Vec<u8> {
        let crc = !content.iter().fold(u32::MAX, |crc, byte| crc << 8 ^ CRC[usize::from((crc >> 24) as u8 ^ byte)]);
        let runs = content.chunk_by(|a, b| a == b).flat_map(|run| run.chunks(259));
        let in_runs = |run: &[u8]| match run.len() {
            0..4 => run.to_vec(),
            many => [&run[..4], &[(many - 4) as u8]].concat(),
        };
        let bytes: Vec<u8> = runs.flat_map(in_runs).collect();
        let mut turns: Vec<usize> = (0..bytes.len()).collect();
        turns.sort_by(|a, b| bytes[*a..].iter().chain(&bytes[..*a]).cmp(bytes[*b..].iter().chain(&bytes[..*b])));
        let origin = turns.iter().position(|turn| *turn == 0).expect("content");
        let mut front: Vec<u8> = (0..=255).filter(|byte| bytes.contains(byte)).collect();
        let (alphabet, mut symbols, mut zeros) = (front.clone(), Vec::new(), 0_u32);
        let flush = |symbols: &mut Vec<u32>, zeros: &mut u32| {
            while *zeros > 0 {
                *zeros -= 1;
                symbols.push(*zeros & 1);
                *zeros >>= 1;
            }
        };
        for turn in turns {
            let byte = bytes[(turn + bytes.len() - 1) % bytes.len()];
            match front.iter().position(|known| *known == byte).expect("in the alphabet") {
                0 => zeros += 1,
                at => {
                    flush(&mut symbols, &mut zeros);
                    front[..=at].rotate_right(1);
                    symbols.push(at as u32 + 1);
                }
            }
        }
        flush(&mut symbols, &mut zeros);
        symbols.push(alphabet.len() as u32 + 1);
        let has = |row: u8| alphabet.iter().any(|byte| byte >> 4 == row);
        let mut words: Vec<(u32, u64)> = vec![(48, BLOCK), (32, crc.into()), (1, 0), (24, origin as u64)];
        words.extend((0..16).map(|row| (1, has(row).into())));
        let columns = (0..=255_u8).filter(|byte| has(byte >> 4));
        words.extend(columns.map(|byte| (1, alphabet.contains(&byte).into())));
        let choices = symbols.len().div_ceil(GROUP);
        words.extend([(3, 2), (15, choices as u64)]);
        words.extend(std::iter::repeat_n((1, 0), choices));
        for _ in 0..2 {
            words.push((5, 9));
            words.extend(std::iter::repeat_n((1, 0), alphabet.len() + 2));
        }
        words.extend(symbols.iter().map(|symbol| (9, u64::from(*symbol))));
        words.extend([(48, END), (32, crc.into())]);
        let bits = words.iter().flat_map(|(count, word)| (0..*count).rev().map(move |at| word >> at & 1 == 1));
        let bits: Vec<bool> = bits.collect();
        let byte = |bits: &[bool]| bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | u8::from(*bit) << (7 - at));
        [b"BZh9".to_vec(), bits.chunks(8).map(byte).collect()].concat()
    }

    #[test]
    fn streams_of_the_library_are_read() {
        for content in [&b"x"[..], b"abracadabra", &words(), &[b'a'; 5000]] {
            assert_eq!(read(&bzip2_of(content)).expect("a stream"), content);
        }
        for (stream, content) in streams() {
            assert!(read(&stream).expect("a stream") == content, "{} bytes", content.len());
        }
    }

    #[test]
    fn what_is_not_as_it_was_written_is_damaged_and_breaks_nothing() {
        for (whole, content) in streams() {
            for at in 0..whole.len() {
                for bit in [1, 0x80] {
                    let mut other = whole.clone();
                    other[at] ^= bit;
                    // The level, and what is left of the last byte, may be other ones.
                    assert!(read(&other).is_err() || read(&other) == Ok(content.clone()), "byte {at}");
                }
                assert!(read(&whole[..at]).is_err(), "cut at {at}");
            }
        }
        let mut randomised = streams().remove(1).0;
        randomised[14] |= 0x80;
        assert_eq!(read(&randomised), Err("archive-method".into()));
    }
}
