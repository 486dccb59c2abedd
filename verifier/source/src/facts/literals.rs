//! Executables written into Go source as literals: unpacked at run time like embedded files, and seen by no file inventory.

/// A literal that holds an executable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MachineCode {
    pub start: usize,
    pub end: usize,
    pub format: &'static str,
}

/// Shorter literals are magic numbers to compare with, as every reader of executables has them.
const SHORTEST: usize = 1500;

/// So much of a literal is shown.
pub(super) const SHOWN: usize = 60;

/// How a literal begins that holds an executable: as text with escapes, in hexadecimal, in base64, as a list of bytes.
const BEGINNINGS: &[(&[u8], &str)] = &[
    (b"\\x7fELF", "ELF"),
    (b"\\x7FELF", "ELF"),
    (b"\\x7f\\x45\\x4c\\x46", "ELF"),
    (b"\\x7F\\x45\\x4C\\x46", "ELF"),
    (b"\\177ELF", "ELF"),
    (b"7f454c46", "ELF"),
    (b"7F454C46", "ELF"),
    (b"f0VMR", "ELF"),
    (b"TVqQAA", "PE"),
    (b"4d5a9000", "PE"),
    (b"MZ\\x90\\x00", "PE"),
    (b"\\x4d\\x5a\\x90\\x00", "PE"),
    (b"\\xcf\\xfa\\xed\\xfe", "Mach-O"),
    (b"cffaedfe", "Mach-O"),
    (b"z/rt/g", "Mach-O"),
];

/// Words of which a text with such a literal holds one.
pub(super) fn beginnings() -> impl Iterator<Item = &'static [u8]> {
    BEGINNINGS.iter().map(|(word, _)| *word).chain(FIRST_BYTES.iter().copied())
}

/// How a list of bytes may write the first one of an ELF file.
const FIRST_BYTES: [&[u8]; 4] = [b"0x7f", b"0x7F", b"127", b"0177"];

/// Literals of a Go file that hold executables. The text is searched for the beginnings; what stands around each decides.
pub(crate) fn machine_code(text: &[u8]) -> Vec<MachineCode> {
    let mut found = Vec::new();
    for (beginning, format) in BEGINNINGS {
        for at in memchr::memmem::find_iter(text, beginning) {
            let quote = at.checked_sub(1).and_then(|before| text.get(before)).copied();
            let end = match quote {
                Some(quote @ (b'"' | b'`')) => closing(text, at, quote),
                _ => continue,
            };
            if end - at >= SHORTEST {
                found.push(MachineCode { start: at - 1, end, format });
            }
        }
    }
    found.extend(byte_lists(text));
    found.sort_by_key(|m| m.start);
    found
}

/// Behind the quote that ends a string, an escaped one passed by.
fn closing(text: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 2,
            _ if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// `{0x7f, 0x45, 0x4c, 0x46, …}` and `{127, 'E', 'L', 'F', …}`.
fn byte_lists(text: &[u8]) -> Vec<MachineCode> {
    const MAGIC: [u8; 4] = *b"\x7fELF";
    let mut found = Vec::new();
    for at in FIRST_BYTES.iter().flat_map(|s| memchr::memmem::find_iter(text, s)) {
        if text[..at].iter().rev().find(|b| !b.is_ascii_whitespace()).is_none_or(|b| *b != b'{') {
            continue;
        }
        let end = memchr::memchr(b'}', &text[at..]).map_or(text.len(), |n| at + n);
        let bytes = text[at..end].split(|b| *b == b',').map(number);
        if end - at >= SHORTEST && bytes.take(4).eq(MAGIC.into_iter().map(Some)) {
            found.push(MachineCode { start: at, end, format: "ELF" });
        }
    }
    found
}

fn number(word: &[u8]) -> Option<u8> {
    let word = std::str::from_utf8(word).ok()?.trim();
    if let Some(hex) = word.strip_prefix("0x").or(word.strip_prefix("0X")) {
        return u8::from_str_radix(hex, 16).ok();
    }
    match word.strip_prefix('0').filter(|rest| !rest.is_empty()) {
        Some(octal) => u8::from_str_radix(octal, 8).ok(),
        None => word.parse().ok().or_else(|| u8::try_from(crate::go::literal::rune(word)?).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_in_literals_are_found_and_magic_numbers_are_not() {
        let long = "A".repeat(2_000);
        let bytes = "0x00, ".repeat(600);
        for (text, expected) in [
            (format!("var x = \"\\x7fELF{long}\""), 1),
            (format!("var x = `f0VMR{long}`"), 1),
            (format!("var x = []byte{{0x7f, 0x45, 0x4C, 'F', {bytes}}}"), 1),
            (format!("var x = []byte{{\n\t127, 69, 76, 70, {bytes}}}"), 1),
            ("var magic = \"\\x7fELF\"".into(), 0),
            ("var magic = []byte{0x7f, 'E', 'L', 'F'}".into(), 0),
            (format!("// \\x7fELF{long}"), 0),
            (format!("var x = []byte{{0x7f, 0x00, 0x4c, 0x46, {bytes}}}"), 0),
        ] {
            assert_eq!(machine_code(text.as_bytes()).len(), expected, "{}", &text[..40.min(text.len())]);
        }
    }
}
