//! The tokens of go.mod and go.work (golang.org/x/mod/modfile/read.go, as vendored in Go 1.26).

use super::Mistake;
use crate::text::is_print;

/// Where something stands: byte offsets, and 1-based line and columns in code points; the ends are exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub start: usize,
    pub end: usize,
    pub line: u32,
    pub column: u32,
    pub end_column: u32,
}

impl Place {
    /// From the start of this to the end of another on the same line.
    pub(crate) fn to(self, end: Place) -> Place {
        Place { end: end.end, end_column: end.end_column, ..self }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    End,
    /// `\n`.
    NewLine,
    /// One of `( ) [ ] { } ,`.
    Mark(char),
    Word,
    Quoted,
    /// A comment alone on its line.
    Comment,
    /// A comment behind something; it ends the line.
    LineComment,
}

impl Kind {
    pub fn ends_line(self) -> bool {
        matches!(self, Kind::End | Kind::NewLine | Kind::LineComment)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub text: String,
    pub place: Place,
}

pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
    column: u32,
    /// Whether anything but white space was met on this line.
    occupied: bool,
}

impl<'a> Lexer<'a> {
    pub fn new(bytes: &'a [u8]) -> Lexer<'a> {
        Lexer { bytes, at: 0, line: 1, column: 1, occupied: false }
    }

    pub fn token(&mut self) -> Result<Token, Mistake> {
        while matches!(self.rest(), [b' ' | b'\t' | b'\r', ..]) {
            self.advance();
        }
        let start = self.here();
        let kind = match self.rest() {
            [] => Kind::End,
            [b'/', b'/', ..] => self.comment(),
            [b'/', b'*', ..] => return Err(self.block_comment()),
            [b'\n', ..] => {
                self.advance();
                Kind::NewLine
            }
            [mark @ (b'(' | b')' | b'[' | b']' | b'{' | b'}' | b','), ..] => {
                let mark = char::from(*mark);
                self.advance();
                Kind::Mark(mark)
            }
            [quote @ (b'"' | b'`'), ..] => self.quoted(*quote, start)?,
            _ => self.word()?,
        };
        self.occupied = kind != Kind::NewLine && !matches!(kind, Kind::Comment | Kind::LineComment);
        Ok(self.ended(kind, start))
    }

    /// A comment's text lacks its line end; its place too.
    fn ended(&self, kind: Kind, start: Place) -> Token {
        let mut place = start.to(self.here());
        let mut text = self.bytes.get(place.start..place.end).unwrap_or_default();
        if matches!(kind, Kind::Comment | Kind::LineComment) {
            text = text.strip_suffix(b"\n").map_or(text, |t| t.strip_suffix(b"\r").unwrap_or(t));
            place.end = place.start + text.len();
            let length = u32::try_from(String::from_utf8_lossy(text).chars().count()).unwrap_or(u32::MAX);
            place.end_column = place.column.saturating_add(length);
        }
        Token { kind, text: String::from_utf8_lossy(text).into_owned(), place }
    }

    fn comment(&mut self) -> Kind {
        let kind = if self.occupied { Kind::LineComment } else { Kind::Comment };
        while let Some(c) = self.advance() {
            if c == '\n' {
                break;
            }
        }
        kind
    }

    fn quoted(&mut self, quote: u8, start: Place) -> Result<Kind, Mistake> {
        self.advance();
        loop {
            match self.rest() {
                [] => return Err(Mistake::new(start, "unexpected EOF in string")),
                [b'\n', ..] => return Err(self.mistake("unexpected newline in string")),
                [b, ..] if *b == quote => {
                    self.advance();
                    return Ok(Kind::Quoted);
                }
                [b'\\', ..] if quote == b'"' => {
                    self.advance();
                    if self.advance().is_none() {
                        return Err(Mistake::new(start, "unexpected EOF in string"));
                    }
                }
                _ => {
                    self.advance();
                }
            }
        }
    }

    fn word(&mut self) -> Result<Kind, Mistake> {
        let (first, _) = self.peek();
        if !in_word(first) {
            return Err(self.mistake(&format!("unexpected input character {first:?}")));
        }
        while in_word(self.peek().0) {
            match self.rest() {
                [] | [b'/', b'/', ..] => break,
                [b'/', b'*', ..] => return Err(self.block_comment()),
                _ => {
                    self.advance();
                }
            }
        }
        Ok(Kind::Word)
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next character and its size; what is not UTF-8 is U+FFFD of size 1, the end is NUL.
    fn peek(&self) -> (char, usize) {
        let rest = self.rest();
        for size in 1..=rest.len().min(4) {
            if let Ok(text) = std::str::from_utf8(&rest[..size]) {
                return (text.chars().next().unwrap_or('\0'), size);
            }
        }
        if rest.is_empty() { ('\0', 0) } else { (char::REPLACEMENT_CHARACTER, 1) }
    }

    fn advance(&mut self) -> Option<char> {
        let (c, size) = self.peek();
        if size == 0 {
            return None;
        }
        self.at += size;
        if c == '\n' {
            self.line = self.line.saturating_add(1);
            self.column = 1;
            self.occupied = false;
        } else {
            self.column = self.column.saturating_add(1);
        }
        Some(c)
    }

    fn here(&self) -> Place {
        Place { start: self.at, end: self.at, line: self.line, column: self.column, end_column: self.column }
    }

    fn mistake(&self, message: &str) -> Mistake {
        Mistake::new(self.here(), message)
    }

    fn block_comment(&self) -> Mistake {
        self.mistake("mod files must use // comments (not /* */ comments)")
    }
}

/// Most printable characters; a byte order mark is none, so the Go command refuses a file that begins with one.
fn in_word(c: char) -> bool {
    !matches!(c, ' ' | '(' | ')' | '[' | ']' | '{' | '}' | ',') && !c.is_whitespace() && is_print(c)
}
