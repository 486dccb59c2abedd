//! xz streams (The .xz File Format 1.2.1): blocks of LZMA2, their index, and the checksums and sizes of all of it, which libraries leave out in part.

use super::{damaged, refuse};
use assize_facts::{Sha256, reason};
use flate2::Crc;
use lzma_rust2::Lzma2Reader;
use std::io::{self, BufRead, Read};

pub(crate) const MAGIC: &[u8; 6] = b"\xfd7zXZ\0";
/// Larger dictionaries are refused (`xz -9` has 64 MiB).
const LARGEST: u32 = 128 << 20;
/// Blocks of one stream.
const MOST_BLOCKS: usize = 1 << 20;
const LZMA2: u64 = 0x21;

/// Reads one stream and the zeros behind it.
pub(crate) struct Xz<R> {
    at: At<R>,
    check: Check,
    /// Unpadded and unpacked sizes of the blocks so far.
    blocks: Vec<(u64, u64)>,
}

/// Where in a stream the reader is.
enum At<R> {
    /// Before a block or the index.
    Between(Counting<R>),
    Inside(Box<Lzma2Reader<Counting<R>>>, Block),
    End(Counting<R>),
    /// An error was met.
    Nowhere,
}

struct Block {
    dictionary: u32,
    /// Where it begins in the stream, and where its packed bytes do.
    start: u64,
    packed: u64,
    sizes: [Option<u64>; 2],
    unpacked: u64,
    sum: Sum,
}

/// How the blocks of a stream are checked.
#[derive(Clone, Copy)]
enum Check {
    None,
    Crc32,
    Crc64,
    Sha256,
}

enum Sum {
    None,
    Crc32(Box<Crc>),
    Crc64(u64),
    Sha256(Box<Sha256>),
}

impl<R: BufRead> Xz<R> {
    pub(crate) fn new(source: R) -> io::Result<Xz<R>> {
        let mut source = Counting { inner: source, count: 0, crc: Crc::new() };
        let magic = bytes::<6>(&mut source)?;
        source.crc.reset();
        let flags = bytes::<2>(&mut source)?;
        source.checked()?;
        if magic != *MAGIC {
            return Err(damaged("no stream of xz begins here"));
        }
        let check = Check::of(flags)?;
        Ok(Xz { at: At::Between(source), check, blocks: Vec::new() })
    }

    /// What lies behind a stream that was read to its end.
    pub(crate) fn into_inner(self) -> io::Result<R> {
        match self.at {
            At::Between(source) | At::End(source) => Ok(source.inner),
            At::Inside(lzma, _) => Ok(lzma.into_inner().inner),
            At::Nowhere => Err(ended()),
        }
    }

    /// The header of the next block; `None` where the index begins.
    fn header(&self, source: &mut Counting<R>) -> io::Result<Option<Block>> {
        let start = source.count;
        source.crc.reset();
        let size = match bytes::<1>(source)?[0] {
            0 => return Ok(None),
            size => (usize::from(size) + 1) * 4,
        };
        let mut header = vec![0; size - 5];
        source.read_exact(&mut header)?;
        source.checked()?;
        let mut rest = header.as_slice();
        let flags = bytes::<1>(&mut rest)?[0];
        let mut sizes = [None; 2];
        for (size, bit) in sizes.iter_mut().zip([0x40, 0x80]) {
            if flags & bit != 0 {
                *size = Some(number(&mut rest)?);
            }
        }
        if flags & 0x3f != 0 {
            return Err(refuse(reason!("archive-method", member = "a block", method = "several filters")));
        }
        let (filter, length) = (number(&mut rest)?, number(&mut rest)?);
        if filter != LZMA2 || length != 1 {
            return Err(refuse(reason!("archive-method", member = "a block", method = format!("xz filter {filter}"))));
        }
        let dictionary = dictionary(bytes::<1>(&mut rest)?[0])?;
        if rest.iter().any(|byte| *byte != 0) {
            return Err(damaged("a block's header holds more than it may"));
        }
        let packed = source.count;
        Ok(Some(Block { dictionary, start, packed, sizes, unpacked: 0, sum: self.check.begin() }))
    }

    /// The end of a block: its sizes, padding and check.
    fn end(&mut self, source: &mut Counting<R>, block: Block) -> io::Result<()> {
        let packed = source.count - block.packed;
        let differs = |said: Option<u64>, is: u64| said.is_some_and(|said| said != is);
        if differs(block.sizes[0], packed) || differs(block.sizes[1], block.unpacked) {
            return Err(damaged("a block has another size than its header says"));
        }
        let padding = packed.wrapping_neg() % 4;
        source.zeros(padding)?;
        let mut written = vec![0; self.check.size()];
        source.read_exact(&mut written)?;
        if written != block.sum.end() {
            return Err(damaged("the checksum of a block is wrong"));
        }
        if self.blocks.len() >= MOST_BLOCKS {
            return Err(refuse(reason!("limit-entries", limit = MOST_BLOCKS)));
        }
        self.blocks.push((source.count - block.start - padding, block.unpacked));
        Ok(())
    }

    /// The index lists every block; behind it stand the footer, and zeros.
    fn index(&mut self, source: &mut Counting<R>) -> io::Result<()> {
        let start = source.count - 1;
        let count = number(source)?;
        let mut listed = count == self.blocks.len() as u64;
        for block in std::mem::take(&mut self.blocks) {
            listed = listed && (number(source)?, number(source)?) == block;
        }
        if !listed {
            return Err(damaged("the index of a stream lists other blocks"));
        }
        let padding = (source.count - start).wrapping_neg() % 4;
        source.zeros(padding)?;
        source.checked()?;
        let size = source.count - start;
        let crc = bytes::<4>(source)?;
        source.crc.reset();
        let backward = u32::from_le_bytes(bytes(source)?);
        let flags = bytes::<2>(source)?;
        let right = crc == source.crc.sum().to_le_bytes() && (u64::from(backward) + 1) * 4 == size;
        if !right || flags != [0, self.check.number()] || bytes::<2>(source)? != *b"YZ" {
            return Err(damaged("the footer of a stream is wrong"));
        }
        source.padding()
    }
}

impl<R: BufRead> Read for Xz<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.at, At::Nowhere) {
                At::Between(mut source) => match self.header(&mut source)? {
                    Some(block) => {
                        self.at = At::Inside(Box::new(Lzma2Reader::new(source, block.dictionary, None)), block);
                    }
                    None => {
                        self.index(&mut source)?;
                        self.at = At::End(source);
                    }
                },
                At::Inside(mut lzma, mut block) => match lzma.read(buf)? {
                    0 => {
                        let mut source = lzma.into_inner();
                        self.end(&mut source, block)?;
                        self.at = At::Between(source);
                    }
                    n => {
                        block.unpacked += n as u64;
                        block.sum.update(&buf[..n]);
                        self.at = At::Inside(lzma, block);
                        return Ok(n);
                    }
                },
                At::End(source) => {
                    self.at = At::End(source);
                    return Ok(0);
                }
                At::Nowhere => return Err(ended()),
            }
        }
    }
}

/// Counts what is read, and takes its CRC-32.
struct Counting<R> {
    inner: R,
    count: u64,
    crc: Crc,
}

impl<R: BufRead> Counting<R> {
    /// The CRC-32 of what was read since the last one was begun follows.
    fn checked(&mut self) -> io::Result<()> {
        let sum = self.crc.sum();
        if bytes::<4>(self)? == sum.to_le_bytes() { Ok(()) } else { Err(damaged("a checksum of a stream is wrong")) }
    }

    fn zeros(&mut self, count: u64) -> io::Result<()> {
        for _ in 0..count {
            if bytes::<1>(self)? != [0] {
                return Err(damaged("the padding of a stream is not empty"));
            }
        }
        Ok(())
    }

    /// Streams may be padded by words of zeros.
    fn padding(&mut self) -> io::Result<()> {
        let mut count = 0_u64;
        loop {
            let ready = self.inner.fill_buf()?;
            let zeros = ready.iter().take_while(|byte| **byte == 0).count();
            if zeros == 0 {
                return if count.is_multiple_of(4) { Ok(()) } else { Err(damaged("the padding of a stream is odd")) };
            }
            count += zeros as u64;
            self.inner.consume(zeros);
        }
    }
}

impl<R: BufRead> Read for Counting<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.count += n as u64;
        self.crc.update(&buf[..n]);
        Ok(n)
    }
}

/// Seven bits of a number in each byte, the lowest first.
fn number(source: &mut impl Read) -> io::Result<u64> {
    let mut value = 0;
    for at in 0..9 {
        let byte = bytes::<1>(source)?[0];
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(damaged("a number of a stream is too long"))
}

fn ended() -> io::Error {
    damaged("an error was met before")
}

fn bytes<const N: usize>(source: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn dictionary(bits: u8) -> io::Result<u32> {
    let size = match bits {
        0..40 => (2 | u64::from(bits & 1)) << (bits / 2 + 11),
        40 => u64::from(u32::MAX),
        _ => return Err(damaged("the dictionary of a block has an impossible size")),
    };
    let fits = u32::try_from(size).ok().filter(|size| *size <= LARGEST);
    fits.ok_or_else(|| refuse(reason!("archive-too-large", limit = LARGEST)))
}

impl Check {
    fn of(flags: [u8; 2]) -> io::Result<Check> {
        match flags {
            [0, 0] => Ok(Check::None),
            [0, 1] => Ok(Check::Crc32),
            [0, 4] => Ok(Check::Crc64),
            [0, 10] => Ok(Check::Sha256),
            _ => Err(refuse(reason!("archive-method", member = "a stream", method = format!("xz check {}", flags[1])))),
        }
    }

    fn number(self) -> u8 {
        match self {
            Check::None => 0,
            Check::Crc32 => 1,
            Check::Crc64 => 4,
            Check::Sha256 => 10,
        }
    }

    fn size(self) -> usize {
        match self {
            Check::None => 0,
            Check::Crc32 => 4,
            Check::Crc64 => 8,
            Check::Sha256 => 32,
        }
    }

    fn begin(self) -> Sum {
        match self {
            Check::None => Sum::None,
            Check::Crc32 => Sum::Crc32(Box::default()),
            Check::Crc64 => Sum::Crc64(u64::MAX),
            Check::Sha256 => Sum::Sha256(Box::new(Sha256::new())),
        }
    }
}

impl Sum {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Sum::None => {}
            Sum::Crc32(crc) => crc.update(bytes),
            Sum::Crc64(crc) => {
                *crc = bytes.iter().fold(*crc, |crc, byte| CRC64[(crc as u8 ^ byte) as usize] ^ crc >> 8)
            }
            Sum::Sha256(hash) => hash.update(bytes),
        }
    }

    fn end(self) -> Vec<u8> {
        match self {
            Sum::None => Vec::new(),
            Sum::Crc32(crc) => crc.sum().to_le_bytes().to_vec(),
            Sum::Crc64(crc) => (!crc).to_le_bytes().to_vec(),
            Sum::Sha256(hash) => hash.bytes().to_vec(),
        }
    }
}

/// ECMA-182, the lowest bit first.
const CRC64: [u64; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let (mut crc, mut bit) = (n as u64, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xc96c_5795_d787_0f42 } else { crc >> 1 };
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

    /// A stream of one block that holds the bytes as they are, without a check.
    pub(crate) fn xz_of(content: &[u8]) -> Vec<u8> {
        let with_sum = |bytes: &[u8]| [bytes, &crc(bytes)].concat();
        let header = with_sum(&[2, 0, LZMA2 as u8, 1, 22, 0, 0, 0]);
        let chunks = content.chunks(1 << 16).enumerate();
        let chunk = |(n, part): (usize, &[u8])| {
            [&[if n == 0 { 1 } else { 2 }][..], &(part.len() as u16).wrapping_sub(1).to_be_bytes(), part].concat()
        };
        let packed = [chunks.map(chunk).collect::<Vec<_>>().concat(), vec![0]].concat();
        let unpadded = (header.len() + packed.len()) as u64;
        let mut index = [&[0, 1][..], &written(unpadded), &written(content.len() as u64)].concat();
        index.resize(index.len().next_multiple_of(4), 0);
        let index = with_sum(&index);
        let footer = [&(index.len() as u32 / 4 - 1).to_le_bytes()[..], &[0, 0]].concat();
        let mut all = [MAGIC, &with_sum(&[0, 0])[..], &header, &packed].concat();
        all.resize(all.len().next_multiple_of(4), 0);
        [all, index, crc(&footer).to_vec(), footer, b"YZ".to_vec()].concat()
    }

    fn crc(bytes: &[u8]) -> [u8; 4] {
        let mut crc = Crc::new();
        crc.update(bytes);
        crc.sum().to_le_bytes()
    }

    fn written(mut number: u64) -> Vec<u8> {
        let mut bytes = vec![];
        while number >= 0x80 {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    }

    fn read(stream: &[u8]) -> Result<Vec<u8>, String> {
        let mut content = Vec::new();
        let mut rest = stream;
        let mut xz = Xz::new(&mut rest).map_err(|error| super::super::reason_of(error).into_code())?;
        xz.read_to_end(&mut content).map_err(|error| super::super::reason_of(error).into_code())?;
        drop(xz);
        assert!(rest.is_empty());
        Ok(content)
    }

    /// Words with some noise between them, such as the streams below hold.
    fn words() -> Vec<u8> {
        const WORDS: [&[u8]; 7] =
            [b"package main\n", b"func ", b"return nil\n", b"\0\0\0\0\0\0\0\0", b"go1.26", b"x", b"example.com/dep"];
        let (mut state, mut content) = (7_u32, Vec::new());
        while content.len() < 3000 {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12345) % (1 << 31);
            content.extend_from_slice(WORDS[(state >> 16) as usize % 7]);
            if (state >> 8).is_multiple_of(5) {
                content.push((state >> 20) as u8);
            }
        }
        content
    }

    fn unhex(text: &str) -> Vec<u8> {
        let digit = |byte: u8| (byte as char).to_digit(16).expect("a digit") as u8;
        text.trim().as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
    }

    /// By liblzma 5.4 from [`words`]: with CRC-64, lc 3, lp 0, pb 2.
    const A: &str = "\
        fd377a585a000004e6d6b4460200210108000000d80f2313e00bba020a5d00329e0846813376e42f388b7ebb5f0df873c61764eff88bbd2c622ba56f\
        9bf6c81c7e21156da18b1f02fba5c08790f64b591bb3b76c9e0eaf4054491d1526ee291d0db5489afc08e1659f6a9becad2509f8953e25fb718b4a67\
        6a774db41d295ba492a0ec45420513feca6d583dda31d30541cdd6e3251d7f4c43a2abf39b9b3369d1d36588811b587bba1ba6aad27f66c990b3b718\
        73b7bf2360ef23590b688f3ae645346e2807def8ca3e966b1cf1d0e10b3675e02db5fbe1373a7a819b32b2776be20f4025d969e2b6d5bbc16972eaef\
        f8546d13e74d9e658cae6f93fcaa34237c3295de2f012540c993ef8a4bf492d0882f0914b398cbe8323352afd5d706914927d41035f0e2b185513677\
        b3b14fcc6a63fb487c75931fb951fc8eadaa923e7971613636b6cad50276de9db2f92497914f1aea0338d9ae7d474502763cddeb38cff3656952df8d\
        32978acc64d5349926e866f6137c4263dba935c706ce8aec27c71b0875c02427e6cf7f0373781a32111582c0ab322b06b1b8ec05f3f88c7c41e39365\
        b37e18931b07de6d0428c994f78bc15321000cfb80c49c51c423b3c6eafe282f6423b9e258a675194986101dfcfb5524bd2a75c3904d02227fbd56af\
        bbcc1f79e0ed3a76f9e3f2bb066706ad77a24d15683ea141ac6abfd9f6f47dc36114df1b834d954c29f70a0d82f4dfcf1ce908d139860bd76a677f03\
        b3aab4f40ec2188ebc5052743700000059cb368a5f72b31e0001a604bb17000080fc8a2ab1c467fb020000000004595a\
    ";
    /// With SHA-256, lc 0, lp 2, pb 0, and a dictionary of 4 KiB.
    const B: &str = "\
        fd377a585a00000ae1fb0ca10200210100000000372797d6e00bba02041200329ef94e162b3d1be68851402bea34a99242988853687094c43fa387fd\
        1b7aa94b3565d6528c014de2421dcbfdfe47842769b9c65c9b948744cd119b5aeb90c3dc72ccc3f3224b1853fcb94cb9a1a4931653e494a50c8b25fd\
        335a4981472fd85650a47edd2d41501b1e649028457ed064d7e4bd4f05a2705b0cd449ba99140c4b96ef807093d569a570f3e4d3eb5aebb83a37c654\
        40e639d7590fa0885a2ae0c1b5d295c88fd508cb10dfd9281d5f60e184839ceed3cccf537aec2ff1f098961c43088137d62fadc8057aa707cc0dfff7\
        61d0ca2c2c94471cce4180784a80049c1ede6e1f912776eff9610a49248ae77c6082025c87edb5a2fb1ddf7d53c3a9b8505ce3ce390eedff63f1fcf7\
        d73fd148092227e50927fdc1a7029c9dcd49c3768a06745e870fbdcbcbd0275e64e34cc4c0ffe514799306380db44fe0f1d696d2d32d01398d271178\
        a59d9acf31d3e98fedf9fcb2a0efd647c3006be6c6746aa32ee94c78bfcacca20a3317153d17321ad0977074f89b110d5db7148b91f75c89e481e0a4\
        578988f96f715bb52fbdd97366957d3504dcd483f46044ec8a83750fa606690b0ee980894ce18883b98044968c1ad52a00167767e141fa4b0e589d76\
        c382b2513e9a5a7d84a24c3a791101f319bc0782bbe76b87796d940156072914d918be6c9e0df9c3482eff68b80ae19cf08efa66b1861086dd7904b5\
        47e26fe356765100bbbc99cea60948d9367987d82f3b0f1bebd0ff834ff6cb793178c7a2cb3c3c680001b804bb1700006b9f5613b6e9df1c02000000\
        000a595a\
    ";

    #[test]
    fn streams_of_the_library_are_read() {
        for stream in [A, B] {
            assert_eq!(read(&unhex(stream)).expect("a stream"), words());
        }
        for content in [&b""[..], b"x", &words(), &vec![b'a'; 200_000]] {
            assert_eq!(read(&xz_of(content)).expect("a stream"), content);
            let padded = [xz_of(content), vec![0; 8]].concat();
            assert_eq!(read(&padded).expect("a stream"), content);
        }
        assert_eq!(read(&[xz_of(b"x"), vec![0; 3]].concat()), Err("archive-damaged".into()));
    }

    #[test]
    fn what_is_not_as_it_was_written_is_damaged_and_breaks_nothing() {
        let whole = unhex(A);
        for at in 0..whole.len() {
            for bit in [1, 0x80] {
                let mut other = whole.clone();
                other[at] ^= bit;
                assert!(read(&other).is_err(), "byte {at}");
            }
            assert!(read(&whole[..at]).is_err(), "cut at {at}");
        }
        // A filter in front, a dictionary of 4 GiB.
        let mut stream = xz_of(b"x");
        let header = |bytes: [u8; 8]| [&bytes[..], &crc(&bytes)].concat();
        stream[12..24].copy_from_slice(&header([2, 0, 4, 0, 0, 0, 0, 0]));
        assert_eq!(read(&stream), Err("archive-method".into()));
        stream[12..24].copy_from_slice(&header([2, 0, LZMA2 as u8, 1, 40, 0, 0, 0]));
        assert_eq!(read(&stream), Err("archive-too-large".into()));
    }
}
