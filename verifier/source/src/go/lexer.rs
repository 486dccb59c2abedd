//! Go's tokens as the Go scanner makes them (go/scanner, Go 1.26): comments, strings, brackets and automatic semicolons.
//!
//! It is stricter than a highlighter and as lenient as the compiler: whatever is refused here, the Go compiler refuses too.

use memchr::{memchr, memmem};

/// What a token is, as far as finding declarations needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Name,
    Keyword,
    Number,
    Rune,
    /// An interpreted or a raw string.
    Text,
    /// `(`, `[` or `{`, by its byte.
    Open(u8),
    Close(u8),
    Comma,
    Dot,
    Assign,
    Star,
    /// Written, or inserted at the end of a line; then the token is the line break, or empty at the end of the file.
    Semi,
    Other,
    End,
}

/// A token and its bytes' bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub mark: Mark,
    pub start: usize,
    pub end: usize,
}

/// Text that is no Go: the compiler refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub at: usize,
    pub what: &'static str,
}

/// A comment, its marks included; `//` comments without their line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    pub start: usize,
    pub end: usize,
}

/// Reads tokens of `text[..end]` one by one.
pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// Whether a line break here becomes a semicolon.
    ends: bool,
    /// The comment that was passed before the last token and looks like a directive; taken by the outline.
    pub directives: Vec<Comment>,
    keep_directives: bool,
    keep_comments: bool,
}

const BLANKS: [bool; 256] = table(b" \t\r");
pub(super) const NAME: [bool; 256] = name_table();

const fn table(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    table
}

const fn name_table() -> [bool; 256] {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        table[i] = b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
        i += 1;
    }
    table
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a [u8]) -> Lexer<'a> {
        // A byte order mark is passed over at the very start only (go/scanner: Scanner.Init).
        let at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Lexer { text, at, ends: false, directives: Vec::new(), keep_directives: false, keep_comments: false }
    }

    /// Starts inside a text, at the start of a declaration.
    pub fn within(text: &'a [u8], start: usize, end: usize) -> Lexer<'a> {
        let text = &text[..end.min(text.len())];
        Lexer {
            text,
            at: start.min(text.len()),
            ends: false,
            directives: Vec::new(),
            keep_directives: false,
            keep_comments: false,
        }
    }

    pub fn keeping_directives(mut self) -> Lexer<'a> {
        self.keep_directives = true;
        self
    }

    /// Every comment is kept among the directives.
    pub fn keeping_comments(mut self) -> Lexer<'a> {
        self.keep_comments = true;
        self
    }

    /// The next token from some place on, behind a token that ends a line or not.
    pub(super) fn next_at(&mut self, at: usize, ends: bool) -> Result<Token, Fault> {
        (self.at, self.ends) = (at, ends);
        self.next()
    }

    /// Passes the comment that begins at some place; gives where it ends.
    pub(super) fn comment_at(&mut self, at: usize) -> Result<usize, Fault> {
        self.at = at;
        match self.peek(1) {
            b'*' => self.block_comment()?,
            _ => self.line_comment(),
        }
        Ok(self.at)
    }

    /// Passes the token that begins at some place; gives where it ends.
    pub(super) fn token_at(&mut self, at: usize) -> Result<usize, Fault> {
        self.at = at;
        self.token()?;
        Ok(self.at)
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// The next token; [`Mark::End`] at the end of the text, again and again.
    pub fn next(&mut self) -> Result<Token, Fault> {
        if let Some(semi) = self.gap()? {
            self.ends = false;
            return Ok(semi);
        }
        let start = self.at;
        if start >= self.text.len() {
            return Ok(Token { mark: Mark::End, start, end: start });
        }
        let (mark, ends) = self.token()?;
        self.ends = ends;
        Ok(Token { mark, start, end: self.at })
    }

    /// Passes blanks and comments; a semicolon where a line ends after a token that can end a statement (spec, "Semicolons").
    fn gap(&mut self) -> Result<Option<Token>, Fault> {
        loop {
            let Some(&byte) = self.text.get(self.at) else {
                let at = self.text.len();
                return Ok(self.ends.then_some(Token { mark: Mark::Semi, start: at, end: at }));
            };
            match byte {
                b'\n' => {
                    self.at += 1;
                    if self.ends {
                        return Ok(Some(Token { mark: Mark::Semi, start: self.at - 1, end: self.at }));
                    }
                }
                b'/' if self.peek(1) == b'/' => self.line_comment(),
                b'/' if self.peek(1) == b'*' => {
                    let start = self.at;
                    self.block_comment()?;
                    // A general comment that spans lines acts like a line break.
                    if self.ends
                        && let Some(line_break) = memchr(b'\n', &self.text[start..self.at])
                    {
                        let at = start + line_break;
                        return Ok(Some(Token { mark: Mark::Semi, start: at, end: at + 1 }));
                    }
                }
                _ if BLANKS[byte as usize] => self.at += 1,
                _ => return Ok(None),
            }
        }
    }

    fn line_comment(&mut self) {
        let start = self.at;
        self.at = memchr(b'\n', &self.text[start..]).map_or(self.text.len(), |n| start + n);
        self.keep_directive(start);
    }

    fn block_comment(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let close = memmem::find(&self.text[start + 2..], b"*/");
        let Some(close) = close else { return Err(Fault { at: start, what: "comment not terminated" }) };
        self.at = start + 2 + close + 2;
        self.keep_directive(start);
        Ok(())
    }

    fn keep_directive(&mut self, start: usize) {
        if self.keep_comments || self.keep_directives && looks_like_directive(&self.text[start + 2..self.at]) {
            self.directives.push(Comment { start, end: self.at });
        }
    }

    /// One token that is not a blank; with whether a line may end after it.
    fn token(&mut self) -> Result<(Mark, bool), Fault> {
        let byte = self.text[self.at];
        match byte {
            b'0'..=b'9' => Ok(self.number()),
            _ if NAME[byte as usize] => Ok(self.name()),
            b'"' => self.string(),
            b'`' => self.raw_string(),
            b'\'' => self.rune(),
            b'.' if self.peek(1).is_ascii_digit() => Ok(self.number()),
            _ => self.operator(byte),
        }
    }

    fn name(&mut self) -> (Mark, bool) {
        let start = self.at;
        while self.text.get(self.at).is_some_and(|&b| NAME[b as usize]) {
            self.at += 1;
        }
        match &self.text[start..self.at] {
            b"break" | b"continue" | b"fallthrough" | b"return" => (Mark::Keyword, true),
            word if is_keyword(word) => (Mark::Keyword, false),
            _ => (Mark::Name, true),
        }
    }

    /// Digits, letters, a dot and signed exponents: enough to find the end; the parser judges the rest. `1.5.(T)` has two numbers' worth of
    /// dots and one number: behind a dot, an exponent or the `i` no other dot belongs to it.
    fn number(&mut self) -> (Mark, bool) {
        let hex = self.peek(0) == b'0' && matches!(self.peek(1), b'x' | b'X');
        let mut whole = true;
        while let Some(&byte) = self.text.get(self.at) {
            let exponent = if hex { matches!(byte, b'p' | b'P') } else { matches!(byte, b'e' | b'E') };
            let signed = exponent && matches!(self.peek(1), b'+' | b'-');
            if !(byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.' && whole) {
                break;
            }
            whole &= !exponent && byte != b'.' && byte != b'i';
            self.at += if signed { 2 } else { 1 };
        }
        (Mark::Number, true)
    }

    fn string(&mut self) -> Result<(Mark, bool), Fault> {
        let fault = Fault { at: self.at, what: "string not terminated" };
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..).ok_or(fault)?;
            self.at += memchr::memchr3(b'"', b'\\', b'\n', rest).ok_or(fault)?;
            match self.text[self.at] {
                b'"' => break,
                b'\\' if self.peek(1) != b'\n' => self.at += 2,
                _ => return Err(fault),
            }
        }
        self.at += 1;
        Ok((Mark::Text, true))
    }

    fn raw_string(&mut self) -> Result<(Mark, bool), Fault> {
        let close = memchr(b'`', &self.text[self.at + 1..]);
        let Some(close) = close else { return Err(Fault { at: self.at, what: "raw string not terminated" }) };
        self.at += 1 + close + 1;
        Ok((Mark::Text, true))
    }

    fn rune(&mut self) -> Result<(Mark, bool), Fault> {
        let fault = Fault { at: self.at, what: "rune not terminated" };
        self.at += 1;
        loop {
            match self.text.get(self.at).ok_or(fault)? {
                b'\'' => break,
                b'\n' => return Err(fault),
                b'\\' if self.peek(1) != b'\n' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Ok((Mark::Rune, true))
    }

    fn operator(&mut self, byte: u8) -> Result<(Mark, bool), Fault> {
        let next = self.peek(1);
        let (length, mark, ends) = match byte {
            b'(' | b'[' | b'{' => (1, Mark::Open(byte), false),
            b')' | b']' | b'}' => (1, Mark::Close(byte), true),
            b',' => (1, Mark::Comma, false),
            b';' => (1, Mark::Semi, false),
            b'.' => (1, Mark::Dot, false),
            b'+' | b'-' if next == byte => (2, Mark::Other, true),
            b'=' if next != b'=' => (1, Mark::Assign, false),
            b'*' if next != b'=' => (1, Mark::Star, false),
            b'<' if next == b'-' => (2, Mark::Other, false),
            b'<' | b'>' if next == byte => (if self.peek(2) == b'=' { 3 } else { 2 }, Mark::Other, false),
            b'&' if next == b'^' => (if self.peek(2) == b'=' { 3 } else { 2 }, Mark::Other, false),
            b'&' | b'|' if next == byte => (2, Mark::Other, false),
            b'=' | b'!' | b'<' | b'>' | b':' | b'*' | b'+' | b'-' | b'%' | b'^' | b'|' | b'/' | b'&'
                if next == b'=' =>
            {
                (2, Mark::Other, false)
            }
            b'!' | b'<' | b'>' | b':' | b'+' | b'-' | b'%' | b'^' | b'|' | b'/' | b'&' | b'~' => {
                (1, Mark::Other, false)
            }
            _ => return Err(Fault { at: self.at, what: "illegal character" }),
        };
        self.at += length;
        Ok((mark, ends))
    }
}

/// What go/scanner refuses anywhere in a file, comments and strings included: NUL, bytes that are no UTF-8, a byte order mark inside.
pub(super) fn illegal_bytes(text: &[u8]) -> Option<Fault> {
    let nul = memchr::memchr(0, text).map(|at| Fault { at, what: "NUL byte" });
    let utf8 = std::str::from_utf8(text).err().map(|e| Fault { at: e.valid_up_to(), what: "bytes that are not UTF-8" });
    let mark = memchr::memmem::find(text.get(1..).unwrap_or_default(), b"\xef\xbb\xbf");
    let mark = mark.map(|at| Fault { at: at + 1, what: "byte order mark inside the file" });
    [nul, utf8, mark].into_iter().flatten().min_by_key(|fault| fault.at)
}

/// Comments that speak to the compiler, the linker or cgo, by what stands behind the comment's marks.
fn looks_like_directive(inside: &[u8]) -> bool {
    inside.starts_with(b"go:") || inside.starts_with(b"line ") || inside.starts_with(b"export ")
}

pub(super) fn is_keyword(word: &[u8]) -> bool {
    matches!(
        word,
        b"break"
            | b"case"
            | b"chan"
            | b"const"
            | b"continue"
            | b"default"
            | b"defer"
            | b"else"
            | b"fallthrough"
            | b"for"
            | b"func"
            | b"go"
            | b"goto"
            | b"if"
            | b"import"
            | b"interface"
            | b"map"
            | b"package"
            | b"range"
            | b"return"
            | b"select"
            | b"struct"
            | b"switch"
            | b"type"
            | b"var"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens as text, an inserted semicolon as `⏎`, a fault as `!what`.
    fn tokens(text: &str) -> String {
        let mut lexer = Lexer::new(text.as_bytes());
        let mut out: Vec<&str> = Vec::new();
        loop {
            match lexer.next() {
                Ok(Token { mark: Mark::End, .. }) => return out.join(" "),
                Ok(Token { mark: Mark::Semi, start, end }) if &text[start..end] != ";" => out.push("⏎"),
                Ok(token) => out.push(&text[token.start..token.end]),
                Err(fault) => {
                    out.push("!");
                    out.push(fault.what);
                    return out.join(" ");
                }
            }
        }
    }

    #[test]
    fn tokens_end_lines_as_the_language_says() {
        let table = [
            ("a\nb", "a ⏎ b ⏎"),
            ("func\nmain()", "func main ( ) ⏎"),
            ("import /* x\n */ \"C\"", "import \"C\" ⏎"),
            ("x /* a\nb */ y", "x ⏎ y ⏎"),
            ("x /* a */ y", "x y ⏎"),
            ("x // c\ny", "x ⏎ y ⏎"),
            ("return\n}", "return ⏎ } ⏎"),
            ("x++\ny", "x ++ ⏎ y ⏎"),
            ("a +\nb", "a + b ⏎"),
            ("f(a,\n)", "f ( a , ) ⏎"),
            ("x = 1.\ny", "x = 1. ⏎ y ⏎"),
            ("a;b", "a ; b ⏎"),
            ("// only", ""),
        ];
        for (text, expected) in table {
            assert_eq!(tokens(text), expected, "{text:?}");
        }
    }

    #[test]
    fn brackets_and_comment_marks_in_literals_are_no_tokens() {
        let table = [
            (r#"'"' '\'' '{' "}" "\"" `"`"#, r#"'"' '\'' '{' "}" "\"" `"` ⏎"#),
            ("\"// import \\\"C\\\"\"", "\"// import \\\"C\\\"\" ⏎"),
            ("`a\n/*`", "`a\n/*` ⏎"),
            ("/* import \"C\" */ x", "x ⏎"),
            ("'\\\\' x", "'\\\\' x ⏎"),
            ("0x1p-2 1e+3 .5 x.y 0x1e+2", "0x1p-2 1e+3 .5 x . y 0x1e + 2 ⏎"),
            ("1.5.(T) .5.x 1e3.x 1i... 1..(T)", "1.5 . ( T ) .5 . x 1e3 . x 1i . . . 1. . ( T ) ⏎"),
            ("a &^= b <- c == d := e<<-f>>=g && h", "a &^= b <- c == d := e << - f >>= g && h ⏎"),
        ];
        for (text, expected) in table {
            assert_eq!(tokens(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_the_compiler_refuses_is_a_fault() {
        let table = [
            ("\"a\nb\"", "! string not terminated"),
            ("\"a", "! string not terminated"),
            ("\"a\\", "! string not terminated"),
            ("`a", "! raw string not terminated"),
            ("/* a", "! comment not terminated"),
            ("'a", "! rune not terminated"),
            ("'\n'", "! rune not terminated"),
            ("x # y", "x ! illegal character"),
            ("x \0", "x ! illegal character"),
        ];
        for (text, expected) in table {
            assert_eq!(tokens(text), expected, "{text:?}");
        }
    }
}
