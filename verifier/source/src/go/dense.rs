//! Where literals stand close together: tables, texts, and what else is put into a program.

use super::syntax::Span;

/// Shorter stretches of literals are not noted: a table that is worth a look is longer.
pub(crate) const DENSE: usize = 1500;

/// Literals without a name between them.
#[derive(Default)]
pub(super) struct Literals {
    /// The first one behind the last name.
    from: Option<usize>,
    /// Behind the last token that was not a semicolon.
    pub last_end: usize,
    pub dense: Vec<Span>,
}

impl Literals {
    /// Those so far are none.
    pub fn forget(&mut self) {
        (self.from, self.dense) = (None, Vec::new());
    }

    pub fn begin(&mut self, at: usize) {
        self.from.get_or_insert(at);
    }

    /// A name interrupts them, unless it is that of a basic type.
    pub fn name(&mut self, name: &[u8]) {
        if self.from.is_some() && !is_basic(name) {
            self.end();
        }
    }

    /// A name or the file's end stands here: what literals stand before it is noted, if it is long.
    pub fn end(&mut self) {
        let Some(start) = self.from.take().filter(|start| self.last_end - start > DENSE) else { return };
        let place = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        self.dense.push(Span { start: place(start), end: place(self.last_end) });
    }
}

/// Types of bytes, numbers and texts: conversions to them interrupt no literals.
fn is_basic(name: &[u8]) -> bool {
    matches!(
        name,
        b"byte" | b"rune" | b"string" | b"int8" | b"uint8" | b"uint16" | b"uint32" | b"uint64" | b"int32" | b"int64"
    )
}
