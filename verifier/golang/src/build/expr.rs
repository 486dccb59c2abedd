//! Build-constraint expressions (go/build/constraint/expr.go, Go 1.26).

use crate::text::{lossy, trim_space};
use std::fmt;

/// Limits of the original: operands of a `//go:build` line, operators of a `// +build` line.
const MOST_OPERANDS: usize = 1000;
const MOST_OLD_OPERATORS: usize = 100;

/// A build-tag expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    Tag(String),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
}

/// A mistake in an expression: the byte offset in the expression's text, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError {
    pub offset: usize,
    pub message: String,
}

impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ExprError {}

impl Expr {
    /// The value, given which tags are satisfied.
    pub fn eval(&self, satisfied: &impl Fn(&str) -> bool) -> bool {
        match self {
            Expr::Tag(tag) => satisfied(tag),
            Expr::Not(inner) => !inner.eval(satisfied),
            Expr::And(all) => all.iter().all(|x| x.eval(satisfied)),
            Expr::Or(any) => any.iter().any(|x| x.eval(satisfied)),
        }
    }

    /// Whether some choice of tags, each of them free wherever it stands, can satisfy it (cmd/go/internal/imports `eval` with
    /// AnyTags): only `ignore` is never satisfied.
    pub fn can_hold(&self) -> bool {
        self.any_tags(true)
    }

    fn any_tags(&self, prefer: bool) -> bool {
        match self {
            Expr::Tag(tag) => tag != "ignore" && prefer,
            Expr::Not(inner) => !inner.any_tags(!prefer),
            Expr::And(all) => all.iter().all(|x| x.any_tags(prefer)),
            Expr::Or(any) => any.iter().any(|x| x.any_tags(prefer)),
        }
    }

    /// Every tag that is named, in order of appearance.
    pub fn tags(&self) -> Vec<&str> {
        match self {
            Expr::Tag(tag) => vec![tag],
            Expr::Not(inner) => inner.tags(),
            Expr::And(all) | Expr::Or(all) => all.iter().flat_map(Expr::tags).collect(),
        }
    }

    fn shown_in(&self, f: &mut fmt::Formatter<'_>, bare: bool) -> fmt::Result {
        if bare { write!(f, "{self}") } else { write!(f, "({self})") }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, joint) = match self {
            Expr::Tag(tag) => return f.write_str(tag),
            Expr::Not(inner) => {
                f.write_str("!")?;
                return inner.shown_in(f, matches!(**inner, Expr::Tag(_) | Expr::Not(_)));
            }
            Expr::And(all) => (all, " && "),
            Expr::Or(any) => (any, " || "),
        };
        for (index, x) in all.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { joint })?;
            x.shown_in(f, matches!(x, Expr::Tag(_) | Expr::Not(_)))?;
        }
        Ok(())
    }
}

/// Whether a trimmed line is a `//go:build` line, well-formed or not.
pub fn is_go_build(line: &[u8]) -> bool {
    after_word(line, b"//go:build").is_some()
}

/// Whether a trimmed line is a `// +build` line, well-formed or not; the blank is optional.
pub fn is_plus_build(line: &[u8]) -> bool {
    plus_build_text(line).is_some()
}

/// Parses a trimmed line that [`is_go_build`].
pub fn parse_go_build(line: &[u8]) -> Result<Expr, ExprError> {
    let text = after_word(line, b"//go:build").unwrap_or(line);
    Parser { text, at: 0, token: Token::End, start: 0, operands: 0, outer: Vec::new() }.whole()
}

/// Parses a trimmed line that [`is_plus_build`]: blanks are *or*, commas are *and*; a malformed tag is the tag `ignore`.
pub fn parse_plus_build(line: &[u8]) -> Result<Expr, ExprError> {
    let text = String::from_utf8_lossy(plus_build_text(line).unwrap_or(line));
    let mut operators = 0;
    let mut any = Vec::new();
    for clause in text.split_whitespace() {
        let mut all: Vec<Expr> = clause.split(',').map(old_literal).collect();
        operators += all.len();
        if operators > MOST_OLD_OPERATORS + 1 {
            return Err(ExprError { offset: 0, message: "expression too complex for // +build lines".into() });
        }
        any.push(if all.len() == 1 { all.remove(0) } else { Expr::And(all) });
    }
    Ok(match any.len() {
        0 => Expr::Tag("ignore".into()),
        1 => any.remove(0),
        _ => Expr::Or(any),
    })
}

fn old_literal(word: &str) -> Expr {
    let tag = |word: &str| Expr::Tag(if valid_tag(word) { word.into() } else { "ignore".into() });
    match word.strip_prefix('!') {
        Some(rest) if rest.is_empty() || rest.starts_with('!') => Expr::Tag("ignore".into()),
        Some(rest) => Expr::Not(Box::new(tag(rest))),
        None => tag(word),
    }
}

fn valid_tag(word: &str) -> bool {
    !word.is_empty() && word.chars().all(tag_char)
}

/// Letters, digits, `_`, `.`. Go asks for the categories L and Nd; beyond ASCII this also takes what is merely alphabetic or numeric.
fn tag_char(c: char) -> bool {
    c == '_' || c == '.' || c.is_alphanumeric()
}

fn plus_build_text(line: &[u8]) -> Option<&[u8]> {
    after_word(trim_space(line.strip_prefix(b"//")?), b"+build")
}

/// What follows a word that stands alone or is followed by white space.
fn after_word<'a>(line: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(word)?;
    let text = trim_space(rest);
    (rest.is_empty() || text.len() < rest.len()).then_some(text)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    End,
    Open,
    Close,
    Not,
    And,
    Or,
    Tag(String),
}

/// One open parenthesis, or the whole: what has been joined so far. A stack of these takes the place of recursion, so that
/// a thousand parentheses cost no stack.
#[derive(Default)]
struct Level {
    any: Vec<Expr>,
    all: Vec<Expr>,
    /// Whether a `!` stands before the parenthesis, and where that is.
    negated: bool,
    open: usize,
}

impl Level {
    fn add(&mut self, x: Expr, negated: bool) {
        self.all.push(if negated { Expr::Not(Box::new(x)) } else { x });
    }

    fn alternative(&mut self) {
        let all = std::mem::take(&mut self.all);
        self.any.push(joined(all, Expr::And));
    }

    fn close(mut self) -> Expr {
        self.alternative();
        joined(self.any, Expr::Or)
    }
}

fn joined(mut all: Vec<Expr>, make: fn(Vec<Expr>) -> Expr) -> Expr {
    if all.len() == 1 { all.remove(0) } else { make(all) }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    token: Token,
    start: usize,
    operands: usize,
    /// Open parentheses, the innermost last.
    outer: Vec<Level>,
}

impl Parser<'_> {
    fn whole(mut self) -> Result<Expr, ExprError> {
        let mut level = Level::default();
        loop {
            let negated = self.operand_begins()?;
            match std::mem::replace(&mut self.token, Token::End) {
                Token::Open => {
                    let inner = Level { negated, open: self.start, ..Level::default() };
                    self.outer.push(std::mem::replace(&mut level, inner));
                    continue;
                }
                Token::Tag(tag) => level.add(Expr::Tag(tag), negated),
                token @ (Token::End | Token::Close | Token::Not | Token::And | Token::Or) => {
                    self.token = token;
                    return Err(self.unexpected());
                }
            }
            self.next()?;
            while self.token == Token::Close && !self.outer.is_empty() {
                level = self.closed(level)?;
            }
            match self.token {
                Token::And => {}
                Token::Or => level.alternative(),
                Token::End if self.outer.is_empty() => return Ok(level.close()),
                _ if self.outer.is_empty() => return Err(self.unexpected()),
                _ => return Err(self.error(level.open, "missing close paren")),
            }
        }
    }

    /// Reads the first token of an operand; whether it is negated.
    fn operand_begins(&mut self) -> Result<bool, ExprError> {
        self.operands += 1;
        if self.operands > MOST_OPERANDS {
            return Err(self.error(self.start, "build expression too large"));
        }
        self.next()?;
        if self.token != Token::Not {
            return Ok(false);
        }
        self.next()?;
        if self.token == Token::Not {
            return Err(self.error(self.start, "double negation not allowed"));
        }
        Ok(true)
    }

    /// A closing parenthesis: the level around, with the inner one as its operand.
    fn closed(&mut self, level: Level) -> Result<Level, ExprError> {
        let mut around = self.outer.pop().unwrap_or_default();
        let negated = level.negated;
        around.add(level.close(), negated);
        self.next()?;
        Ok(around)
    }

    fn next(&mut self) -> Result<(), ExprError> {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        self.start = self.at;
        let (token, size) = match self.text.get(self.at..).unwrap_or_default() {
            [] => (Token::End, 0),
            [b'(', ..] => (Token::Open, 1),
            [b')', ..] => (Token::Close, 1),
            [b'!', ..] => (Token::Not, 1),
            [b'&', b'&', ..] => (Token::And, 2),
            [b'|', b'|', ..] => (Token::Or, 2),
            rest => {
                let tag = leading_tag(rest);
                if tag.is_empty() {
                    let shown = lossy(&rest[..rest.len().min(4)]).chars().next().unwrap_or(' ');
                    return Err(self.error(self.at, &format!("invalid syntax at {shown}")));
                }
                (Token::Tag(tag.to_string()), tag.len())
            }
        };
        self.at += size;
        self.token = token;
        Ok(())
    }

    fn unexpected(&self) -> ExprError {
        let message = match &self.token {
            Token::End if !self.outer.is_empty() => "missing close paren".into(),
            Token::End => "unexpected end of expression".into(),
            Token::Open | Token::Close | Token::Not | Token::And | Token::Or | Token::Tag(_) => {
                format!("unexpected token {}", lossy(self.text.get(self.start..self.at).unwrap_or_default()))
            }
        };
        self.error(self.start, &message)
    }

    fn error(&self, offset: usize, message: &str) -> ExprError {
        ExprError { offset, message: message.into() }
    }
}

/// The longest prefix of tag characters.
fn leading_tag(rest: &[u8]) -> &str {
    let valid = match std::str::from_utf8(rest) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap_or_default(),
    };
    let end = valid.find(|c| !tag_char(c)).unwrap_or(valid.len());
    &valid[..end]
}
