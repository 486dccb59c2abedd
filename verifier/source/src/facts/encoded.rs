//! Executables that are written down as something else: base64, base32, hexadecimal, gzip, zlib, zip, and these in those.

use assize_delivery::base64_text;
use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use std::io::Read;

/// So much of a text is decoded: more than the head of any gzip file and of any executable.
const HEAD: usize = 16 << 10;

/// The executable that bytes are, or that they unpack to.
pub(super) fn of_bytes(bytes: &[u8]) -> Option<&'static str> {
    magic(bytes).or_else(|| magic(&unpacked(bytes)?)).or_else(|| zipped(bytes))
}

/// The executable that a text stands for.
pub(super) fn of_text(text: &[u8]) -> Option<&'static str> {
    decoded(text).iter().find_map(|bytes| of_bytes(bytes))
}

/// The packing of bytes, or of what a text stands for, that is not undone here: whether an executable is in it cannot be told.
pub(super) fn packed(value: &[u8]) -> Option<&'static str> {
    const PACKINGS: [(&[u8], &str); 5] = [
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"Rar!\x1a\x07", "rar"),
    ];
    let told = |bytes: &[u8]| PACKINGS.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name);
    // The magic number is followed by the level and that of the first block.
    let bzip2 =
        |bytes: &[u8]| matches!(bytes, [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', b'&', ..]).then_some("bzip2");
    let tar = |bytes: &[u8]| (bytes.get(257..262) == Some(b"ustar")).then_some("tar");
    let of =
        |bytes: &[u8]| told(bytes).or_else(|| bzip2(bytes)).or_else(|| tar(bytes)).or_else(|| tar(&unpacked(bytes)?));
    of(value).or_else(|| decoded(value).iter().find_map(|bytes| of(bytes)))
}

/// What a text may stand for: bytes in hexadecimal, base64 or base32.
fn decoded(text: &[u8]) -> Vec<Vec<u8>> {
    // The first bytes of executables and of packed files in one of these: nearly every text is told by its first byte.
    const FIRST: &[u8] = b"\\/0123457cCfTzHeUPJZDKQ";
    let head = text.trim_ascii_start();
    if !head.first().is_some_and(|byte| FIRST.contains(byte)) {
        return Vec::new();
    }
    let head: Vec<u8> = head.iter().take(HEAD).copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    [hexadecimal(&head), Some(base64(&head)), base32(&head)].into_iter().flatten().collect()
}

fn magic(bytes: &[u8]) -> Option<&'static str> {
    const MAGICS: [(&[u8], &str); 3] = [(b"\x7fELF", "ELF"), (b"MZ\x90\0", "PE"), (b"\xcf\xfa\xed\xfe", "Mach-O")];
    MAGICS.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name)
}

/// The first bytes of what a gzip file or a zlib stream holds, which may be cut off.
fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    match bytes {
        [0x1f, 0x8b, 8, ..] => Some(head_of(GzDecoder::new(bytes))),
        // RFC 1950: deflate with a window of 32 KiB, and both bytes together are a multiple of 31.
        [0x78, flags, ..] if (0x7800 + u16::from(*flags)) % 31 == 0 => Some(head_of(ZlibDecoder::new(bytes))),
        _ => None,
    }
}

fn head_of(mut packed: impl Read) -> Vec<u8> {
    // As much as a tar file's first header.
    let mut out = vec![0; 512];
    let mut read = 0;
    // An error behind the first bytes is the cut's.
    while let Ok(more @ 1..) = packed.read(&mut out[read..]) {
        read += more;
    }
    out.truncate(read);
    out
}

/// An executable among the members of a zip file, as far as it was read: by their own headers (APPNOTE.TXT, 4.3.7).
fn zipped(bytes: &[u8]) -> Option<&'static str> {
    const HEADER: usize = 30;
    const MOST: usize = 100_000;
    const START: &[u8] = b"PK\x03\x04";
    if !bytes.starts_with(START) {
        return None;
    }
    let mut starts = memchr::memmem::find_iter(bytes, START);
    starts.by_ref().take(MOST).find_map(|at| {
        let header = bytes.get(at..at + HEADER)?;
        let number = |at: usize| usize::from(header[at]) | usize::from(header[at + 1]) << 8;
        let inside = bytes.get(at + HEADER + number(26) + number(28)..)?;
        match number(8) {
            0 => magic(inside),
            8 => magic(&head_of(DeflateDecoder::new(inside))),
            _ => None,
        }
    })
}

/// Both alphabets, as far as whole groups of them go.
fn base64(text: &[u8]) -> Vec<u8> {
    let end = text.iter().position(|byte| base64_text::value(*byte).is_none()).unwrap_or(text.len());
    base64_text::decoded(&text[..end / 4 * 4])
}

/// RFC 4648, section 6.
fn base32(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'A'..=b'Z' => Some(u64::from(byte - b'A')),
        b'2'..=b'7' => Some(u64::from(byte - b'2') + 26),
        _ => None,
    };
    let group = |letters: &[u8]| letters.iter().try_fold(0, |all, letter| Some(all << 5 | digit(letter)?));
    let bytes = text.chunks_exact(8).map_while(group).flat_map(|five| five.to_be_bytes()[3..].to_vec());
    Some(bytes.collect()).filter(|bytes: &Vec<u8>| !bytes.is_empty())
}

/// Digits with what may stand between them and before them: `7f 45`, `0x7f,0x45`, `\\x7f\\x45`.
fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| u8::try_from(digit(pair[0])? * 16 + digit(*pair.get(1)?)?).ok();
    let mut digits = Vec::with_capacity(text.len());
    for (at, byte) in text.iter().enumerate() {
        match (byte, text.get(at + 1)) {
            (b'0', Some(b'x' | b'X')) | (b'x' | b'X' | b'\\' | b',' | b':' | b'-', _) => {}
            _ => digits.push(*byte),
        }
    }
    let bytes: Vec<u8> = digits.chunks(2).map_while(pair).collect();
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use base64::Engine as _;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    pub fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("written");
        encoder.finish().expect("packed")
    }

    pub fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("written");
        encoder.finish().expect("packed")
    }

    /// Two members by their own headers: a text as it is, and the bytes deflated.
    pub fn zip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("written");
        let member = |method: u8, name: &[u8], content: &[u8]| {
            let mut header = b"PK\x03\x04".to_vec();
            header.extend([0; 26]);
            (header[8], header[26]) = (method, name.len() as u8);
            [&header, name, content].concat()
        };
        [member(0, b"a", b"a text"), member(8, b"bin", &encoder.finish().expect("packed"))].concat()
    }

    pub fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn elf() -> Vec<u8> {
        let noise = (0u32..4_000).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8);
        b"\x7fELF\x02\x01\x01".iter().copied().chain(noise).collect()
    }

    #[test]
    fn executables_are_told_however_they_are_written_down() {
        let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        let url = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        let broken = |text: String| {
            format!("\n{}\n", text.as_bytes().chunks(76).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\r\n"))
        };
        let (elf, packed) = (elf(), gzip(&elf()));
        for (text, wanted) in [
            (base64(&elf), Some("ELF")),
            (url(&elf), Some("ELF")),
            (broken(base64(&elf)), Some("ELF")),
            (hex(&elf), Some("ELF")),
            (broken(hex(&elf).to_uppercase()), Some("ELF")),
            (base64(&packed), Some("ELF")),
            (hex(&packed), Some("ELF")),
            (base64(b"MZ\x90\0\x03\0\0\0\x04"), Some("PE")),
            (hex(b"\xcf\xfa\xed\xfe"), Some("Mach-O")),
            (format!("0x{}", hex(&elf)), Some("ELF")),
            (elf.iter().map(|byte| format!("{byte:02X}, ")).collect(), Some("ELF")),
            (elf.iter().map(|byte| format!("\\x{byte:02x}")).collect(), Some("ELF")),
            ("P5CUYRQCAEAQAAAA".into(), Some("ELF")),
            (base64(&zlib(&elf)), Some("ELF")),
            (hex(&zlib(b"a text")), None),
            (base64(&zip(&elf)), Some("ELF")),
            (base64(&zip(b"a text")), None),
            (base64(&gzip(b"{\"openapi\": 3}")), None),
            (base64(b"ELF\x7f and more"), None),
            ("7f454".into(), None),
            ("f0V".into(), None),
            ("Hello".into(), None),
            (String::new(), None),
        ] {
            assert_eq!(of_text(text.as_bytes()), wanted, "{}", &text[..text.len().min(30)]);
        }
        assert_eq!((of_bytes(&packed), of_bytes(&elf), of_bytes(b"text")), (Some("ELF"), Some("ELF"), None));
    }

    #[test]
    fn packings_that_are_not_undone_are_told() {
        let xz = b"\xfd7zXZ\0\0\x04".to_vec();
        let mut tar = vec![b'a'; 257];
        tar.extend(b"ustar\0");
        tar.resize(2_000, 0);
        for (value, wanted) in [
            (xz.clone(), Some("xz")),
            (hex(&xz).into_bytes(), Some("xz")),
            (base64::engine::general_purpose::STANDARD.encode(&xz).into_bytes(), Some("xz")),
            (b"\x28\xb5\x2f\xfd\x04".to_vec(), Some("zstd")),
            (b"BZh91AY&SY".to_vec(), Some("bzip2")),
            (b"BZh is no bzip2".to_vec(), None),
            (tar.clone(), Some("tar")),
            (gzip(&tar), Some("tar")),
            (gzip(b"{}"), None),
            (b"text".to_vec(), None),
        ] {
            assert_eq!(super::packed(&value), wanted, "{value:?}");
        }
    }
}
