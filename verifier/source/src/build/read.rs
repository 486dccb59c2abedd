//! What the head of a source file says, read once whatever builds are asked about.

use crate::facts::{DIRECTIVE, MachineCode, Mentions, machine_code, marks};
use crate::go::outline::{Outline, imports, outline};

/// A source file's head.
#[derive(Debug)]
pub(crate) enum Head {
    Go(GoHead),
    /// What may hold a constraint, for files in other languages; `.syso` files have none.
    Other(Vec<u8>),
}

#[derive(Debug)]
pub(crate) struct GoHead {
    pub outline: Outline,
    /// `// Code generated … DO NOT EDIT.` before the package clause.
    pub generated: bool,
    /// Executables written as literals.
    pub machine_code: Vec<MachineCode>,
    /// Words in its text that tell whether it is worth a second look.
    pub mentions: Mentions,
    /// First and last line of each top-level declaration, 1-based.
    pub lines: Box<[(u32, u32)]>,
    /// Everything before the package clause and its first byte, where it may hold a constraint; else empty.
    constraint: Vec<u8>,
}

impl GoHead {
    /// `whole`: a file that no build takes has no declarations here, for nobody asks after them.
    pub fn new(text: &[u8], whole: bool) -> GoHead {
        let mentions = Mentions::of(text);
        let outline = match whole || mentions.has(DIRECTIVE) {
            true => outline(text, marks),
            false => imports(text),
        };
        let before = match outline.package.is_empty() {
            true => text.len(),
            false => outline.package_at,
        };
        let head = text.get(..before).unwrap_or(text);
        let asks = memchr::memmem::find(head, b"build").is_some() || head.contains(&0);
        let constraint = if asks { text[..(before + 1).min(text.len())].to_vec() } else { Vec::new() };
        let lines = lines(text, &outline);
        let machine_code = machine_code(text, &outline.dense);
        GoHead { outline, generated: generated(head), machine_code, mentions, lines, constraint }
    }

    /// Text for the constraint's reader.
    pub fn constraint(&self) -> &[u8] {
        if self.constraint.is_empty() { b"p" } else { &self.constraint }
    }

    pub fn imports_c(&self) -> bool {
        self.outline.imports.iter().any(|i| &*i.path == "C")
    }
}

/// Declarations come in order, so that the line breaks are counted once.
fn lines(text: &[u8], outline: &Outline) -> Box<[(u32, u32)]> {
    let (mut line, mut at) = (1, 0);
    let mut line_of = |offset: usize| {
        let offset = offset.clamp(at, text.len());
        line += memchr::memchr_iter(b'\n', &text[at..offset]).count() as u32;
        at = offset;
        line
    };
    outline.decls.iter().map(|d| (line_of(d.start), line_of(d.end.saturating_sub(1)))).collect()
}

/// The head of a file in another language: as much as any honest head comment takes.
pub(crate) fn other(text: &[u8]) -> Head {
    const LONGEST: usize = 256 << 10;
    Head::Other(text[..text.len().min(LONGEST)].to_vec())
}

/// The rule of <https://go.dev/s/generatedcode>.
fn generated(head: &[u8]) -> bool {
    head.split(|b| *b == b'\n').any(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.starts_with(b"// Code generated ") && line.ends_with(b" DO NOT EDIT.")
    })
}
