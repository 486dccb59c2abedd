//! Comments that speak to the compiler, the linker, cgo or embedding.

use super::lexer::Comment;

/// A comment that speaks to a tool: `//go:…`, `//line …`, `/*line …*/`, `//export …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directive {
    pub start: usize,
    /// Without the comment's marks.
    pub text: Box<str>,
    /// Whether only blanks stand before it on its line.
    pub first_on_line: bool,
    /// Whether it is a general comment (`/* … */`).
    pub block: bool,
}

impl Directive {
    pub(super) fn of(text: &[u8], Comment { start, end }: Comment) -> Directive {
        let block = text[start..].starts_with(b"/*");
        let inside = &text[start + 2..if block { end - 2 } else { end }];
        let mut before = text[..start].iter().rev().take_while(|b| **b != b'\n');
        Directive {
            start,
            text: String::from_utf8_lossy(inside).trim_end_matches('\r').into(),
            first_on_line: before.all(|b| matches!(b, b' ' | b'\t' | b'\r' | 0xef | 0xbb | 0xbf)),
            block,
        }
    }

    /// The patterns of a `//go:embed` line; `None` where it is none.
    pub fn embeds(&self) -> Option<Vec<String>> {
        let line = self.first_on_line && !self.block;
        let rest = self.text.strip_prefix("go:embed").filter(|rest| line && rest.starts_with([' ', '\t']))?;
        Some(assize_golang::embed::patterns(rest))
    }
}
