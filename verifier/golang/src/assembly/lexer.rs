//! Tokens of Go assembly (cmd/asm/internal/lex/tokenizer.go, Go 1.26).

/// One token; a line break is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub line: u32,
    /// Whether nothing stands between it and the one before.
    pub joined: bool,
}

/// Comments and blanks are left out; a comment's line breaks count and end nothing.
pub fn tokens(source: &[u8]) -> Vec<Token> {
    let text = String::from_utf8_lossy(source);
    let mut rest = text.trim_start_matches('\u{feff}');
    let (mut line, mut joined, mut tokens) = (1, false, Vec::new());
    while let Some(c) = rest.chars().next() {
        let length = length(rest, c);
        let (token, after) = rest.split_at(length);
        rest = after;
        let is_comment = token.starts_with("//") || token.starts_with("/*");
        if is_comment || matches!(c, ' ' | '\t' | '\r') {
            line += breaks(token);
            joined = false;
            continue;
        }
        tokens.push(Token { text: token.to_owned(), line, joined });
        line += breaks(token);
        joined = true;
    }
    tokens
}

fn breaks(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// The bytes of the token that a text begins with.
fn length(text: &str, first: char) -> usize {
    let until = |end: Option<usize>| end.unwrap_or(text.len());
    match first {
        _ if text.starts_with("//") => until(text.find('\n')),
        _ if text.starts_with("/*") => until(text[2..].find("*/").map(|at| at + 4)),
        '"' | '\'' => quoted(text, first),
        c if is_name(c) || c.is_ascii_digit() => until(text.find(|c: char| !is_name(c) && !c.is_numeric())),
        c => c.len_utf8(),
    }
}

/// A string or a character ends with its line, whatever happens.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// Middle dot and division slash stand for `.` and `/` in names.
fn is_name(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '·' | '∕')
}
