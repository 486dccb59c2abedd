//! Where constraint lines may stand in a file, and what they make of it (go/build `shouldBuild`, `parseFileHeader`, `readComments`).

use super::expr::{is_go_build, is_plus_build, parse_go_build, parse_plus_build};
use super::{Context, Expr};
use crate::text::trim_space;

/// What a file's constraint lines say for a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// No line stands where it would count.
    None,
    /// All hold. `line` is 1-based, that of the `//go:build` line or of the first `// +build` line.
    Satisfied { line: u32, expr: String },
    /// One does not.
    Unsatisfied { line: u32, expr: String },
    /// The Go command refuses the package because of this Go file; another file it leaves out.
    Malformed { line: u32, message: String },
    /// Only for files that are not Go: the comments cannot be read to their end, and the Go command then takes the file as it is,
    /// whatever its constraint says (`matchFile` returns the file *and* an error, and the error counts for `.go` alone).
    Unread { message: String },
}

impl Constraint {
    /// Whether the file belongs to the build; `None` where the Go command would refuse the package.
    pub fn selects(&self) -> Option<bool> {
        match self {
            Constraint::None | Constraint::Satisfied { .. } | Constraint::Unread { .. } => Some(true),
            Constraint::Unsatisfied { .. } => Some(false),
            Constraint::Malformed { .. } => None,
        }
    }

    /// The reason for a person: the expression or the mistake; empty without a constraint.
    pub fn why(&self) -> &str {
        match self {
            Constraint::None => "",
            Constraint::Satisfied { expr, .. } | Constraint::Unsatisfied { expr, .. } => expr,
            Constraint::Malformed { message, .. } | Constraint::Unread { message } => message,
        }
    }
}

/// The constraint of a Go file; the whole content or any prefix that holds everything before the package clause and its first byte.
pub fn constraint(content: &[u8], context: &Context) -> Constraint {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    match comments(content) {
        Comments::Nul { line } => Constraint::Malformed { line, message: "unexpected NUL in input".into() },
        // A Go file whose comments are broken is refused by the parser later on; its constraint still counts first.
        Comments::Whole | Comments::Broken => judged(content, context),
    }
}

/// The constraint of a file in another language (`.s`, `.c`, `.h`, `.swig`, …). A `.syso` is never read: do not ask.
pub fn constraint_of_other(content: &[u8], context: &Context) -> Constraint {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    match comments(content) {
        Comments::Nul { line } => Constraint::Unread { message: format!("NUL in the comments, line {line}") },
        Comments::Broken => Constraint::Unread { message: "syntax error in the comments".into() },
        Comments::Whole => match judged(content, context) {
            Constraint::Malformed { line, message } => Constraint::Unsatisfied { line, expr: message },
            other => other,
        },
    }
}

/// Whether any build could take a Go file (cmd/go/internal/imports `ShouldBuild` with AnyTags): `go mod vendor` copies no other.
pub fn could_build(content: &[u8]) -> bool {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let Ok(header) = header(content) else { return false };
    match header.go_build {
        Some((_, text)) => parse_go_build(text).is_ok_and(|expr| expr.can_hold()),
        None => old_lines(&content[..header.end]).iter().all(|(_, expr)| expr.can_hold()),
    }
}

fn judged(content: &[u8], context: &Context) -> Constraint {
    let header = match header(content) {
        Ok(header) => header,
        Err(line) => return Constraint::Malformed { line, message: "multiple //go:build comments".into() },
    };
    match header.go_build {
        Some((line, text)) => match parse_go_build(text) {
            Ok(expr) => result(line, expr.eval(&|tag| context.satisfies(tag)), expr.to_string()),
            Err(error) => Constraint::Malformed { line, message: format!("parsing //go:build line: {error}") },
        },
        None => old_constraint(&content[..header.end], context),
    }
}

fn result(line: u32, holds: bool, expr: String) -> Constraint {
    if holds { Constraint::Satisfied { line, expr } } else { Constraint::Unsatisfied { line, expr } }
}

/// All `// +build` lines have to hold.
fn old_constraint(content: &[u8], context: &Context) -> Constraint {
    let mut lines = old_lines(content);
    let Some((first, _)) = lines.first() else { return Constraint::None };
    let first = *first;
    let expr =
        if lines.len() == 1 { lines.remove(0).1 } else { Expr::And(lines.into_iter().map(|(_, x)| x).collect()) };
    result(first, expr.eval(&|tag| context.satisfies(tag)), expr.to_string())
}

/// The `// +build` lines with their numbers; one that does not parse counts for nothing.
fn old_lines(content: &[u8]) -> Vec<(u32, Expr)> {
    let lines = (1..).zip(content.split(|&b| b == b'\n')).map(|(number, text)| (number, trim_space(text)));
    let old = lines.filter(|(_, text)| is_plus_build(text));
    old.filter_map(|(number, text)| Some((number, parse_plus_build(text).ok()?))).collect()
}

struct Header<'a> {
    /// `// +build` lines count before this offset: before the last blank line that precedes everything but `//` comments.
    end: usize,
    go_build: Option<(u32, &'a [u8])>,
}

/// `parseFileHeader`; the error is the line of a second `//go:build`.
fn header(content: &[u8]) -> Result<Header<'_>, u32> {
    let mut header = Header { end: 0, go_build: None };
    let (mut ended, mut in_block) = (false, false);
    let mut offset = 0;
    for (number, raw) in (1..).zip(content.split_inclusive(|&b| b == b'\n')) {
        offset += raw.len();
        let line = trim_space(raw);
        if line.is_empty() && !ended {
            header.end = offset;
            continue;
        }
        ended |= !line.starts_with(b"//");
        if !in_block && is_go_build(line) && header.go_build.replace((number, line)).is_some() {
            return Err(number);
        }
        if !only_comments(line, &mut in_block) {
            break;
        }
    }
    Ok(header)
}

/// Whether a line holds nothing but comments; keeps track of an open `/*`.
fn only_comments(mut line: &[u8], in_block: &mut bool) -> bool {
    while !line.is_empty() {
        if *in_block {
            let Some(close) = line.windows(2).position(|w| w == b"*/") else { return true };
            *in_block = false;
            line = trim_space(&line[close + 2..]);
        } else if line.starts_with(b"//") {
            return true;
        } else if let Some(rest) = line.strip_prefix(b"/*") {
            *in_block = true;
            line = trim_space(rest);
        } else {
            return false;
        }
    }
    true
}

/// How go/build's reader fares on the comments before the first word.
enum Comments {
    Whole,
    Broken,
    Nul { line: u32 },
}

fn comments(content: &[u8]) -> Comments {
    let end = match skip_comments(content) {
        Ok(end) => end,
        Err(end) => return if content[..end].contains(&0) { nul(content) } else { Comments::Broken },
    };
    // The reader has looked at the first byte that is not blank, too.
    if content[..(end + 1).min(content.len())].contains(&0) { nul(content) } else { Comments::Whole }
}

fn nul(content: &[u8]) -> Comments {
    let before = content.iter().take_while(|&&b| b != 0);
    Comments::Nul { line: 1 + u32::try_from(before.filter(|&&b| b == b'\n').count()).unwrap_or(u32::MAX - 1) }
}

/// Where the first word begins; an error where a `/` begins no comment or a `/*` does not end, with how far was read.
fn skip_comments(content: &[u8]) -> Result<usize, usize> {
    let mut at = 0;
    loop {
        match content.get(at..).unwrap_or_default() {
            [b' ' | b'\t' | b'\r' | b'\n' | 0x0c | b';', ..] => at += 1,
            [b'/', b'/', rest @ ..] => {
                at += 2 + rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
            }
            [b'/', b'*', rest @ ..] => match rest.windows(2).position(|w| w == b"*/") {
                Some(close) => at += 2 + close + 2,
                None => return Err(content.len()),
            },
            [b'/', ..] => return Err((at + 2).min(content.len())),
            _ => return Ok(at),
        }
    }
}
