//! Quoted text of a shell: `'…'`, `"…"` and `$'…'`.

use super::reader::Reader;
use super::shell::LITERAL;

impl Reader<'_> {
    /// A text in which a backslash means what it does in C (bash, ANSI-C quoting).
    pub fn escaped(&mut self) {
        self.word.get_or_insert_default();
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\'' => return,
                b'$' => self.push(LITERAL),
                b'\\' => {
                    let (digits, radix, most) = match self.peek(0) {
                        Some(b'x') => (1, 16, 2),
                        Some(b'u') => (1, 16, 4),
                        Some(b'U') => (1, 16, 8),
                        Some(b'0'..=b'7') => (0, 8, 3),
                        _ => (0, 0, 0),
                    };
                    let rest = self.text.get(self.at + digits..).unwrap_or_default();
                    let is_digit = |byte: &&u8| radix > 0 && char::from(**byte).is_digit(radix);
                    let count = rest.iter().take(most).take_while(is_digit).count();
                    let number = std::str::from_utf8(&rest[..count]).ok();
                    match number
                        .and_then(|number| u32::from_str_radix(number, radix.max(2)).ok())
                        .and_then(char::from_u32)
                    {
                        Some(letter) => {
                            self.at += digits + count;
                            self.push(if letter == '$' { LITERAL } else { letter });
                        }
                        None => {
                            let letter = self.peek(0).unwrap_or(b'\\');
                            self.at += 1;
                            match letter {
                                b'n' | b't' | b'r' | b'v' | b'f' => self.push(' '),
                                other => self.push_byte(other),
                            }
                        }
                    }
                }
                other => {
                    self.line += u32::from(other == b'\n');
                    self.push_byte(other);
                }
            }
        }
    }

    pub fn single(&mut self) {
        self.word.get_or_insert_default();
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\'' => return,
                b'$' => self.push(LITERAL),
                other => {
                    self.line += u32::from(other == b'\n');
                    self.push_byte(other);
                }
            }
        }
    }

    pub fn double(&mut self, depth: u32) {
        self.word.get_or_insert_default();
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
