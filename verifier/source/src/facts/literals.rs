//! Executables written into Go source as literals: unpacked at run time like embedded files, and seen by no file inventory.
//!
//! Only stretches without a name in them are looked at, which the outline has noted. There strings are joined as `+`, lists and line breaks
//! join them, and numbers are put together to bytes, whatever their spelling, order and width.

use super::encoded;
use crate::go::dense::DENSE;
use crate::go::lexer::{Lexer, Mark, Token};
use crate::go::literal::{rune, unquote};
use crate::go::syntax::Span;

/// A literal that holds an executable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MachineCode {
    pub start: usize,
    pub end: usize,
    pub format: &'static str,
    /// Whether it is packed in a way that is not undone: it may hold one.
    pub opaque: bool,
}

/// So much of a literal is shown.
pub(super) const SHOWN: usize = 60;

/// As much of a literal's value is looked at: more than the head of any executable, also of a packed one.
const LONGEST: usize = 16 << 10;

/// And of a zip file, where the executable may be its last member.
const LONGEST_ZIP: usize = 64 << 20;

fn room(value: &[u8]) -> usize {
    let all = if value.starts_with(b"PK\x03\x04") { LONGEST_ZIP } else { LONGEST };
    all.saturating_sub(value.len())
}

/// Literals of a Go file that hold executables, by the stretches of it that are worth a look.
pub(crate) fn machine_code(text: &[u8], stretches: &[Span]) -> Vec<MachineCode> {
    let mut found: Vec<MachineCode> = stretches.iter().flat_map(|stretch| of_stretch(text, *stretch)).collect();
    found.sort_by_key(|m| m.start);
    found.dedup_by_key(|m| m.end);
    found
}

/// Values that stand one behind the other, and what they are together.
#[derive(Default)]
struct Run {
    start: Option<usize>,
    end: usize,
    value: Vec<u8>,
}

impl Run {
    fn add(&mut self, token: Token, value: &[u8]) {
        self.start.get_or_insert(token.start);
        self.end = token.end;
        let room = room(if self.value.is_empty() { value } else { &self.value }).min(value.len());
        self.value.extend_from_slice(&value[..room]);
    }

    /// What it holds; shorter ones are magic numbers to compare with, as every reader of executables has them.
    fn close(&mut self, out: &mut Vec<MachineCode>) {
        let Run { start, end, value } = std::mem::take(self);
        let Some(start) = start.filter(|start| end - start > DENSE) else { return };
        let found = encoded::of_bytes(&value).or_else(|| encoded::of_text(&value)).map(|format| (format, false));
        let found = found.or_else(|| Some((encoded::packed(&value)?, true)));
        out.extend(found.map(|(format, opaque)| MachineCode { start, end, format, opaque }));
    }
}

fn of_stretch(text: &[u8], stretch: Span) -> Vec<MachineCode> {
    let mut out = Vec::new();
    let mut lexer = Lexer::within(text, stretch.start as usize, stretch.end as usize);
    // One string with those that `+` joins to it, all of a list, and a list's numbers.
    let (mut joined, mut list, mut numbers) = (Run::default(), Run::default(), Numbers::default());
    while let Ok(token) = lexer.next() {
        let word = text.get(token.start..token.end).unwrap_or_default();
        match token.mark {
            Mark::Text => {
                let zipped = word.get(1..).is_some_and(|inside| inside.starts_with(b"PK\\x03\\x04"));
                let room = room(&list.value).max(room(&joined.value)).max(if zipped { LONGEST_ZIP } else { 0 });
                let value = if room == 0 { Vec::new() } else { string(word, room) };
                joined.add(token, &value);
                list.add(token, &value);
            }
            Mark::Number | Mark::Rune => numbers.add(token, word),
            Mark::Comma | Mark::Semi => {
                joined.close(&mut out);
                numbers.next();
            }
            Mark::Other if word == b":" => {
                // What stood there was a key.
                (joined, list) = (Run::default(), Run::default());
                numbers.key();
            }
            Mark::Other if word == b"-" => numbers.negative = true,
            Mark::Other if word == b"+" => {}
            // `byte(0x7f)`.
            Mark::Open(b'(') | Mark::Close(b')') | Mark::Name => {}
            _ => {
                joined.close(&mut out);
                list.close(&mut out);
                out.extend(std::mem::take(&mut numbers).close());
                if token.mark == Mark::End {
                    break;
                }
            }
        }
    }
    out
}

/// The first bytes of a string's value. A long one is cut, but for an escape.
fn string(word: &[u8], room: usize) -> Vec<u8> {
    let whole = |word: &[u8]| std::str::from_utf8(word).ok().and_then(unquote);
    // `\U0001f600` is the longest way to write a few bytes.
    let cut = word.len().min(room * 10);
    if cut == word.len() {
        return whole(word).unwrap_or_default();
    }
    let quote = word[0];
    let cuts = (0..12.min(cut)).map(|less| [&word[..cut - less], &[quote]].concat());
    cuts.filter(|word| !word.ends_with(b"\\\"")).find_map(|word| whole(&word)).unwrap_or_default()
}

/// The numbers of a list: by their index where one is written, else by their order.
#[derive(Default)]
struct Numbers {
    start: Option<usize>,
    end: usize,
    values: Vec<i128>,
    index: usize,
    now: Option<i128>,
    negative: bool,
}

impl Numbers {
    fn add(&mut self, token: Token, word: &[u8]) {
        self.start.get_or_insert(token.start);
        self.end = token.end;
        if self.index < self.most() {
            let sign = if std::mem::take(&mut self.negative) { -1 } else { 1 };
            self.now = number(word).map(|value| value * sign);
        }
    }

    fn key(&mut self) {
        let index = self.now.take().and_then(|key| usize::try_from(key).ok());
        self.index = index.unwrap_or(usize::MAX - 1);
    }

    /// So many are kept.
    fn most(&self) -> usize {
        if self.values.starts_with(&[i128::from(b'P'), i128::from(b'K'), 3, 4]) { LONGEST_ZIP / 16 } else { LONGEST }
    }

    fn next(&mut self) {
        // A list that jumps far ahead would be long without being there.
        if let Some(value) = self.now.take()
            && self.index < self.most()
            && self.index <= self.values.len().max(LONGEST)
        {
            self.values.resize(self.values.len().max(self.index + 1), 0);
            self.values[self.index] = value;
        }
        self.index = self.index.saturating_add(1);
        self.negative = false;
    }

    fn close(mut self) -> Option<MachineCode> {
        self.next();
        let start = self.start.filter(|start| self.end - start > DENSE)?;
        let readings = self.readings();
        let found = readings.iter().find_map(|bytes| encoded::of_bytes(bytes)).map(|format| (format, false));
        let (format, opaque) =
            found.or_else(|| readings.iter().find_map(|bytes| Some((encoded::packed(bytes)?, true))))?;
        Some(MachineCode { start, end: self.end, format, opaque })
    }

    /// The bytes that the numbers are: one each, or as many as the largest takes, in either order.
    fn readings(&self) -> Vec<Vec<u8>> {
        let bits = |value: &i128| 128 - value.unsigned_abs().leading_zeros();
        let width = match self.values.iter().map(bits).max().unwrap_or_default() {
            0..=8 => return vec![self.bytes(|value| vec![value as u8])],
            9..=16 => 2,
            17..=32 => 4,
            _ => 8,
        };
        let low = |value: i128| value.to_le_bytes()[..width].to_vec();
        let high = |value: i128| value.to_be_bytes()[16 - width..].to_vec();
        vec![self.bytes(low), self.bytes(high)]
    }

    fn bytes(&self, of: impl Fn(i128) -> Vec<u8>) -> Vec<u8> {
        self.values.iter().flat_map(|value| of(*value)).collect()
    }
}

/// The value of an integer or rune in any spelling (spec, "Integer literals").
fn number(word: &[u8]) -> Option<i128> {
    let word: String = std::str::from_utf8(word).ok()?.chars().filter(|c| *c != '_').collect();
    if word.starts_with('\'') {
        return rune(&word).map(i128::from);
    }
    let word = word.to_ascii_lowercase();
    let radix = [("0x", 16), ("0b", 2), ("0o", 8)]
        .into_iter()
        .find_map(|(sign, radix)| Some((word.strip_prefix(sign)?, radix)));
    let octal = || word.strip_prefix('0').filter(|rest| !rest.is_empty()).map(|rest| (rest, 8));
    let (digits, radix) = radix.or_else(octal).unwrap_or((&word, 10));
    u64::from_str_radix(digits, radix).ok().map(i128::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::encoded::tests::{elf, gzip, hex, zip, zlib};
    use crate::go::outline::outline;

    #[test]
    fn executables_in_literals_are_found_and_magic_numbers_are_not() {
        let (long, short) = ("A".repeat(2_000), "A".repeat(20));
        let escaped = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
        let listed = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:#04x}, ")).collect::<String>();
        let bytes = "0x00, ".repeat(600);
        let words = |bytes: &[u8], high: bool| {
            let word = |four: &[u8]| {
                let four = four.try_into().expect("four bytes");
                if high { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
            };
            bytes.chunks_exact(4).map(|four| format!("{:#x}, ", word(four))).collect::<String>()
        };
        let at = |(at, byte): (usize, &u8)| format!("{at}: {byte}, ");
        let indexed = |bytes: &[u8]| bytes.iter().enumerate().map(at).collect::<String>();
        let backwards = |bytes: &[u8]| bytes.iter().enumerate().rev().map(at).collect::<String>();
        for (text, expected) in [
            (format!("var x = \"\\x7fELF{long}\""), 1),
            (format!("var x = `f0VMRg{long}`"), 1),
            (format!("var x = []byte{{0x7f, 0x45, 0x4C, 'F', {bytes}}}"), 1),
            (format!("var x = []byte{{\n\t127, 69, 76, 70, {bytes}}}"), 1),
            ("var magic = \"\\x7fELF\"".into(), 0),
            ("var magic = []byte{0x7f, 'E', 'L', 'F'}".into(), 0),
            (format!("var x = \"\\177\\105\\114\\106{long}\""), 1),
            (format!("var x = `\nf0VMRg{long}`"), 1),
            (format!("var x = \"\\x7f\\x45\\x4c\\x46{short}\" +\n{}", format!("\t\"{short}\" +\n").repeat(200)), 1),
            (format!("var x = \"f0VMR{short}\" + \"{short}\"\nvar y = `{long}`"), 0),
            (format!("var x = `{}`", hex(&gzip(&elf()))), 1),
            (format!("var x = []byte(\"{}\")", escaped(&gzip(&elf()))), 1),
            (format!("var x = []byte{{{}}}", listed(&gzip(&elf()))), 1),
            (format!("var x = `{}`", hex(&gzip(&elf()[7..]))), 0),
            (format!("var x = []byte{{byte(0x7f), byte(69), 'L', 'F', {bytes}}}"), 1),
            (format!("var x = []byte{{size, 0x7f, 69, 'L', 'F', {bytes}}}"), 1),
            (format!("// \\x7fELF{long}"), 0),
            // However the bytes are written: in words of either order, by their index, with comments, in runes and other bases.
            (format!("var x = []uint32{{{}}}", words(&elf(), false)), 1),
            (format!("var x = []uint32{{{}}}", words(&elf(), true)), 1),
            (format!("var x = [...]byte{{{}}}", indexed(&elf())), 1),
            (format!("var x = [9000]byte{{{}}}", backwards(&elf())), 1),
            (format!("var x = []byte{{ // {{\n{}}}", listed(&elf()).replace(' ', " /* , */ ")), 1),
            (
                format!(
                    "var x = []byte{{{}}}",
                    listed(&elf()).replace("0x7f", "0b111_1111").replace("0x4c", "'\\x4c'")
                ),
                1,
            ),
            (format!("var x = []int8{{127, 0105, 0o114, 70, -1, {bytes}}}"), 1),
            (format!("var x = []uint32{{0x77073096, {}}}", words(&elf()[3..], false)), 0),
            (format!("var x = [][]byte{{{{1, 2}}, {{{}}}}}", listed(&elf())), 1),
            // However a text is put together, and whatever it is packed in.
            (format!("var x = \"\\x7f\" + (\"E\\x4c\" +\n\"F\") + \"{}\"", escaped(&elf())), 1),
            (format!("var x = map[string]string{{\"name\": \"\\u007fELF{}\"}}", escaped(&elf())), 1),
            (format!("var x = map[string]string{{\"\\u007fELF\": \"{}\"}}", escaped(&elf()[3..])), 0),
            (format!("var x = strings.Join([]string{{\"7f45\",\n\"4c46\", \"{}\"}}, \"\")", hex(&elf())), 1),
            (format!("var x = `{}`", escaped(&elf())), 1),
            (format!("var x = \"{}\"", escaped(&zlib(&elf()))), 1),
            (format!("var x = \"PK\\x03\\x04{}\"", escaped(&zip(&elf())[4..])), 1),
            (format!("var x = []byte{{{}}}", listed(&zip(&elf()))), 1),
            (format!("var x = \"PK\\x03\\x04{}\"", escaped(&zip(&elf()[3..])[4..])), 0),
            (format!("var x = []byte{{0x7f, 0x00, 0x4c, 0x46, {bytes}}}"), 0),
        ] {
            let dense = outline(format!("package p\n{text}").as_bytes(), |_| 0).dense;
            let found = machine_code(format!("package p\n{text}").as_bytes(), &dense);
            assert_eq!(found.len(), expected, "{}", &text[..40.min(text.len())]);
        }
    }
}
