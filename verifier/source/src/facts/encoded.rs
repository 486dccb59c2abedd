//! Executables that are written down as something else: base64, hexadecimal, gzip, and gzip in either.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use flate2::read::GzDecoder;
use std::io::Read;

/// So much of a text is decoded: more than the head of any gzip file and of any executable.
const HEAD: usize = 16 << 10;

/// The executable that bytes are, or that they unpack to.
pub(super) fn of_bytes(bytes: &[u8]) -> Option<&'static str> {
    magic(bytes).or_else(|| magic(&unpacked(bytes)?))
}

/// The executable that a text stands for.
pub(super) fn of_text(text: &[u8]) -> Option<&'static str> {
    let head = text.trim_ascii_start();
    // Nearly every text is told by its first byte: the words are those of `literals`.
    if !matches!(head.first(), Some(b'f' | b'T' | b'z' | b'7' | b'4' | b'c' | b'C' | b'H' | b'1')) {
        return None;
    }
    let head: Vec<u8> = head.iter().take(HEAD).copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    [hexadecimal(&head), base64(&head)].iter().flatten().find_map(|bytes| of_bytes(bytes))
}

fn magic(bytes: &[u8]) -> Option<&'static str> {
    const MAGICS: [(&[u8], &str); 3] = [(b"\x7fELF", "ELF"), (b"MZ\x90\0", "PE"), (b"\xcf\xfa\xed\xfe", "Mach-O")];
    MAGICS.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name)
}

/// The first bytes of what a gzip file holds, which may be cut off.
fn unpacked(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(b"\x1f\x8b\x08") {
        return None;
    }
    let mut out = Vec::new();
    // An error behind the first bytes is the cut's.
    let _ = GzDecoder::new(bytes).take(16).read_to_end(&mut out);
    Some(out)
}

/// Both alphabets, as far as whole groups of them go.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let plain = |byte: &u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    let letters = text.iter().map(plain).take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    let mut letters: Vec<u8> = letters.collect();
    letters.truncate(letters.len() / 4 * 4);
    STANDARD_NO_PAD.decode(letters).ok()
}

fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| u8::try_from(digit(pair[0])? * 16 + digit(*pair.get(1)?)?).ok();
    let bytes: Vec<u8> = text.chunks(2).map_while(pair).collect();
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    pub fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("written");
        encoder.finish().expect("packed")
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
}
