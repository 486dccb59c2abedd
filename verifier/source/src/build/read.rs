//! What the head of a source file says, read once whatever builds are asked about.

use crate::go::outline::{Outline, outline};

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
    /// Everything before the package clause and its first byte, where it may hold a constraint; else empty.
    constraint: Vec<u8>,
}

impl GoHead {
    pub fn new(text: &[u8]) -> GoHead {
        let outline = outline(text);
        let before = match outline.package.is_empty() {
            true => text.len(),
            false => outline.package_at,
        };
        let head = text.get(..before).unwrap_or(text);
        let asks = memchr::memmem::find(head, b"build").is_some() || head.contains(&0);
        let constraint = if asks { text[..(before + 1).min(text.len())].to_vec() } else { Vec::new() };
        GoHead { outline, generated: generated(head), constraint }
    }

    /// Text for the constraint's reader.
    pub fn constraint(&self) -> &[u8] {
        if self.constraint.is_empty() { b"p" } else { &self.constraint }
    }

    pub fn imports_c(&self) -> bool {
        self.outline.imports.iter().any(|i| &*i.path == "C")
    }
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
