//! Executables written into Go source as literals: unpacked at run time like embedded files, and seen by no file inventory.

use super::encoded;

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

/// How a literal begins that holds an executable: as text with escapes, in hexadecimal, in base64.
const BEGINNINGS: &[(&[u8], &str)] = &[
    (b"\\x7fELF", "ELF"),
    (b"\\x7FELF", "ELF"),
    (b"\\x7f\\x45\\x4c\\x46", "ELF"),
    (b"\\x7F\\x45\\x4C\\x46", "ELF"),
    (b"\\177ELF", "ELF"),
    (b"\\177\\105\\114\\106", "ELF"),
    (b"7f454c46", "ELF"),
    (b"7F454C46", "ELF"),
    (b"f0VMR", "ELF"),
    (b"TVqQAA", "PE"),
    (b"4d5a9000", "PE"),
    (b"4D5A9000", "PE"),
    (b"MZ\\x90\\x00", "PE"),
    (b"\\x4d\\x5a\\x90\\x00", "PE"),
    (b"\\xcf\\xfa\\xed\\xfe", "Mach-O"),
    (b"cffaedfe", "Mach-O"),
    (b"z/rt/g", "Mach-O"),
];

/// How a literal begins that holds a gzip file, which may be of anything.
const PACKED: [&[u8]; 6] = [b"\\x1f\\x8b\\x08", b"\\x1F\\x8B\\x08", b"\\037\\213\\010", b"1f8b08", b"1F8B08", b"H4sI"];

/// Words of which a text with such a literal holds one.
pub(super) fn beginnings() -> impl Iterator<Item = &'static [u8]> {
    BEGINNINGS.iter().map(|(word, _)| *word).chain(PACKED).chain(FIRST_BYTES.iter().copied())
}

/// How a list of bytes may write the first one of an ELF file, or of a gzip file.
const FIRST_BYTES: [&[u8]; 9] = [b"0x7f", b"0x7F", b"0X7f", b"0X7F", b"127", b"0177", b"0x1f", b"0x1F", b"0X1F"];

/// Literals of a Go file that hold executables. The text is searched for the beginnings; what stands around each decides.
pub(crate) fn machine_code(text: &[u8]) -> Vec<MachineCode> {
    let mut found = Vec::new();
    for (beginning, format) in BEGINNINGS {
        found.extend(strings(text, beginning, |_| Some(*format)));
    }
    for beginning in PACKED {
        found.extend(strings(text, beginning, |value| encoded::of_bytes(value).or_else(|| encoded::of_text(value))));
    }
    found.extend(byte_lists(text));
    found.sort_by_key(|m| m.start);
    found
}

/// Strings that begin with a word, those that are joined to them by `+` included; `told` is asked for the format of their value.
fn strings(text: &[u8], beginning: &[u8], told: impl Fn(&[u8]) -> Option<&'static str>) -> Vec<MachineCode> {
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(text, beginning) {
        let before = text[..at].trim_ascii_end();
        let start = match before.last() {
            // Base64 often begins on a line of its own.
            Some(b'`') => before.len() - 1,
            Some(b'"') if before.len() == at => at - 1,
            _ => continue,
        };
        let (end, value) = joined(text, start);
        if end - start > SHORTEST
            && let Some(format) = told(&value)
        {
            found.push(MachineCode { start, end, format });
        }
    }
    found
}

/// Behind the last of strings that are joined by `+`, and the first bytes of what they mean together.
fn joined(text: &[u8], start: usize) -> (usize, Vec<u8>) {
    /// As much as is decoded of it.
    const LONGEST: usize = 16 << 10;
    let (mut end, mut value) = (start, Vec::new());
    let mut next = Some(start);
    while let Some(at) = next {
        end = closing(text, at + 1, text[at]);
        if value.len() < LONGEST {
            let shown = &text[at..end.min(at + 4 * LONGEST)];
            let literal = std::str::from_utf8(shown).ok().and_then(crate::go::literal::unquote);
            value.extend(literal.unwrap_or_else(|| shown[1..].to_vec()));
        }
        let rest = &text[end..];
        let sign = rest.trim_ascii_start().strip_prefix(b"+").map(<[u8]>::trim_ascii_start);
        next = sign.filter(|rest| matches!(rest.first(), Some(b'"' | b'`'))).map(|rest| text.len() - rest.len());
    }
    (end, value)
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
    /// So many of a list's bytes are looked at.
    const MOST: usize = 4 << 10;
    let mut found = Vec::new();
    for at in FIRST_BYTES.iter().flat_map(|s| memchr::memmem::find_iter(text, s)) {
        if text[..at].iter().rev().find(|b| !b.is_ascii_whitespace()).is_none_or(|b| *b != b'{') {
            continue;
        }
        let end = memchr::memchr(b'}', &text[at..]).map_or(text.len(), |n| at + n);
        if end - at < SHORTEST {
            continue;
        }
        let bytes: Vec<u8> = text[at..end].split(|b| *b == b',').take(MOST).map_while(number).collect();
        if let Some(format) = encoded::of_bytes(&bytes) {
            found.push(MachineCode { start: at, end, format });
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
    use crate::facts::encoded::tests::{elf, gzip, hex};

    #[test]
    fn executables_in_literals_are_found_and_magic_numbers_are_not() {
        let (long, short) = ("A".repeat(2_000), "A".repeat(20));
        let escaped = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
        let listed = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:#04x}, ")).collect::<String>();
        let bytes = "0x00, ".repeat(600);
        for (text, expected) in [
            (format!("var x = \"\\x7fELF{long}\""), 1),
            (format!("var x = `f0VMR{long}`"), 1),
            (format!("var x = []byte{{0x7f, 0x45, 0x4C, 'F', {bytes}}}"), 1),
            (format!("var x = []byte{{\n\t127, 69, 76, 70, {bytes}}}"), 1),
            ("var magic = \"\\x7fELF\"".into(), 0),
            ("var magic = []byte{0x7f, 'E', 'L', 'F'}".into(), 0),
            (format!("var x = \"\\177\\105\\114\\106{long}\""), 1),
            (format!("var x = `\nf0VMR{long}`"), 1),
            (format!("var x = \"\\x7f\\x45\\x4c\\x46{short}\" +\n{}", format!("\t\"{short}\" +\n").repeat(200)), 1),
            (format!("var x = \"f0VMR{short}\" + \"{short}\"\nvar y = `{long}`"), 0),
            (format!("var x = `{}`", hex(&gzip(&elf()))), 1),
            (format!("var x = []byte(\"{}\")", escaped(&gzip(&elf()))), 1),
            (format!("var x = []byte{{{}}}", listed(&gzip(&elf()))), 1),
            (format!("var x = `{}`", hex(&gzip(&elf()[7..]))), 0),
            (format!("// \\x7fELF{long}"), 0),
            (format!("var x = []byte{{0x7f, 0x00, 0x4c, 0x46, {bytes}}}"), 0),
        ] {
            assert_eq!(machine_code(text.as_bytes()).len(), expected, "{}", &text[..40.min(text.len())]);
        }
    }
}
