//! Quoted text of a shell: `'…'`, `"…"` and `$'…'`.

use super::reader::Reader;
use super::shell::LITERAL;

impl Reader<'_> {
    /// `'…'`.
    pub fn single(&mut self) {
        self.up_to_quote(|_| false);
    }

    /// `$'…'`, in which a backslash means what it does in C (bash, ANSI-C quoting).
    pub fn escaped(&mut self) {
        self.up_to_quote(|reader| {
            reader.as_in_c();
            true
        });
    }

    /// Text up to a single quote; `backslash` says whether it took what stands behind one.
    fn up_to_quote(&mut self, backslash: impl Fn(&mut Self) -> bool) {
        self.word_begun();
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\'' => return,
                b'$' => self.push(LITERAL),
                b'\\' if backslash(self) => {}
                other => {
                    self.line += u32::from(other == b'\n');
                    self.push_byte(other);
                }
            }
        }
    }

    /// What a backslash makes of what stands behind it: a number's letter, white space, or the letter itself.
    fn as_in_c(&mut self) {
        let (digits, radix, most) = match self.peek(0) {
            Some(b'x') => (1, 16, 2),
            Some(b'u') => (1, 16, 4),
            Some(b'U') => (1, 16, 8),
            _ => (0, 8, 3),
        };
        let rest = self.text.get(self.at + digits..).unwrap_or_default();
        let count = rest.iter().take(most).take_while(|byte| char::from(**byte).is_digit(radix)).count();
        let number = std::str::from_utf8(&rest[..count]).ok().and_then(|text| u32::from_str_radix(text, radix).ok());
        if let Some(letter) = number.and_then(char::from_u32) {
            self.at += digits + count;
            return self.push(if letter == '$' { LITERAL } else { letter });
        }
        let letter = self.peek(0).unwrap_or(b'\\');
        self.at += 1;
        match letter {
            b'n' | b't' | b'r' | b'v' | b'f' => self.push(' '),
            other => self.push_byte(other),
        }
    }

    pub fn double(&mut self, depth: u32) {
        self.word_begun();
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'"' => return,
                b'\\' if self.peek(0) == Some(b'$') => {
                    self.at += 1;
                    self.push(LITERAL);
                }
                b'\\' if matches!(self.peek(0), Some(b'"' | b'\\' | b'`')) => {
                    let escaped = self.peek(0).unwrap_or(b'\\');
                    self.at += 1;
                    self.push_byte(escaped);
                }
                b'\\' if self.peek(0) == Some(b'\n') => self.escape(),
                b'$' => self.dollar(true, depth),
                b'`' => self.substitute(b'`', depth, true),
                other => {
                    self.line += u32::from(other == b'\n');
                    self.push_byte(other);
                }
            }
        }
    }
}
