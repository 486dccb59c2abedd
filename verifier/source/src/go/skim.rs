//! Passes over what stands between brackets: most of a file, of which an outline wants the names and little else.

use super::lexer::{Fault, Mark, NAME};
use super::outline::{Reader, closing, is_struct_with_more};

/// What a byte begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// White space, and the semicolon that may stand for a line break.
    Blank,
    Name,
    Number,
    Text,
    Raw,
    Rune,
    Open,
    Close,
    Dot,
    Slash,
    /// A part of an operator: each byte of one is one itself.
    Operator,
    Nothing,
}

const BEGINS: [Begins; 256] = {
    let mut table = [Begins::Nothing; 256];
    let mut at = 0;
    while at < 256 {
        table[at] = match at as u8 {
            b' ' | b'\t' | b'\r' | b'\n' | b';' => Begins::Blank,
            b'0'..=b'9' => Begins::Number,
            b'"' => Begins::Text,
            b'`' => Begins::Raw,
            b'\'' => Begins::Rune,
            b'(' | b'[' | b'{' => Begins::Open,
            b')' | b']' | b'}' => Begins::Close,
            b'.' => Begins::Dot,
            b'/' => Begins::Slash,
            b',' | b'+' | b'-' | b'*' | b'%' | b'&' | b'|' | b'^' | b'<' | b'>' | b'=' | b'!' | b':' | b'~' => {
                Begins::Operator
            }
            _ if NAME[at] => Begins::Name,
            _ => Begins::Nothing,
        };
        at += 1;
    }
    table
};

impl<'a> Reader<'a> {
    /// From an opening bracket, which is the token at hand, to the token behind the one that closes it: what taking token by token comes to.
    pub(super) fn skim(&mut self) -> Result<(), Fault> {
        let (text, outside) = (self.text, self.open.len());
        let mut at = self.token.start;
        let Reader { lexer, open, .. } = self;
        loop {
            let Some(&byte) = text.get(at) else {
                return Err(Fault { at: text.len(), what: "brackets that are not closed" });
            };
            match BEGINS[usize::from(byte)] {
                Begins::Blank => {
                    at += 1;
                    continue;
                }
                Begins::Name => {
                    let start = at;
                    at += 1;
                    while text.get(at).is_some_and(|byte| NAME[usize::from(*byte)]) {
                        at += 1;
                    }
                    let name = &text[start..at];
                    self.marks |= (self.marker)(name);
                    self.nameless |= is_struct_with_more(text, start, at);
                    self.literals.name(name);
                }
                Begins::Operator => at += 1,
                Begins::Dot if !text.get(at + 1).is_some_and(u8::is_ascii_digit) => at += 1,
                Begins::Open => {
                    open.push(byte);
                    at += 1;
                }
                Begins::Close => {
                    if open.pop().is_none_or(|open| closing(open) != byte) {
                        return Err(Fault { at, what: "brackets that do not match" });
                    }
                    at += 1;
                    if open.len() <= outside {
                        self.literals.last_end = at;
                        break;
                    }
                }
                Begins::Slash if matches!(text.get(at + 1), Some(b'/' | b'*')) => {
                    at = lexer.comment_at(at)?;
                    continue;
                }
                Begins::Slash => at += 1,
                Begins::Number | Begins::Dot | Begins::Text | Begins::Raw | Begins::Rune => {
                    self.literals.begin(at);
                    at = lexer.token_at(at)?;
                }
                Begins::Nothing => return Err(Fault { at, what: "illegal character" }),
            }
            self.literals.last_end = at;
        }
        self.token = lexer.next_at(at, true)?;
        if self.token.mark == Mark::End && !open.is_empty() {
            return Err(Fault { at: self.token.start, what: "brackets that are not closed" });
        }
        Ok(())
    }
}
