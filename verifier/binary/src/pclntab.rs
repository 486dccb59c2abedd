//! Our own reader of Go's function table (`runtime/symtab.go`, `cmd/link/internal/ld/pcln.go`; Go 1.16 to 1.27), in either byte order.
//!
//! Everything is bounded by the table's own bytes; what does not fit is no table.

use crate::image::Image;

/// How the table is laid out, by its first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Go 1.16 and 1.17: addresses.
    Go116,
    /// Go 1.18 and 1.19: offsets.
    Go118,
    /// From Go 1.20 on: with first lines.
    Go120,
}

/// The table, from its first byte to the end of its section or segment.
pub struct Table<'b> {
    image: &'b Image,
    bytes: &'b [u8],
    /// The place of its first byte in the file.
    pub place: usize,
    pub layout: Layout,
    /// The least distance between two instructions.
    quantum: u64,
    functions: usize,
    names: usize,
    units: usize,
    files: usize,
    pcs: usize,
    entries: usize,
}

/// One function of the table.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Offset of its name among the names.
    pub name: u32,
    /// First line; 0 where the layout has none.
    pub line: u32,
    files: u32,
    unit: u32,
    /// Its own table of program counters for inlined calls; `None` where it has none.
    inlined_pcs: Option<u32>,
    /// Where its inline tree is, as written: an offset, or an address.
    tree: Option<u64>,
}

/// Where a text of the table stands in it, without the nought behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    pub at: u32,
    pub length: u32,
}

/// An inline tree: where it is, as written, and how many calls it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tree {
    pub place: u64,
    entries: u32,
}

/// `PCDATA_InlTreeIndex` and `FUNCDATA_InlTree` (internal/abi/symtab.go).
const INLINE_INDEX: usize = 2;
const INLINE_TREE: usize = 3;
/// A table with more functions than this was forged.
const MOST_FUNCTIONS: u64 = 1 << 24;
/// No function has more inlined calls than this.
const MOST_INLINED: u32 = 1 << 20;

/// The first table in a place of the file where one can begin.
pub fn find<'b>(image: &'b Image, part: &'b [u8], place: usize) -> Option<Table<'b>> {
    if image.named {
        return Table::at(image, part, place);
    }
    // The three words end alike: the bytes after the first, and the two zeros behind them.
    let tail: [u8; 5] = if image.big_endian { [0xff, 0xff, 0xff, 0xf1, 0] } else { [0xff, 0xff, 0xff, 0, 0] };
    let needle: &[u8] = if image.big_endian { &tail[..3] } else { &tail };
    let back = usize::from(!image.big_endian);
    let starts = memchr::memmem::find_iter(part, needle).filter_map(|hit| hit.checked_sub(back));
    let tables = starts.filter_map(|start| Table::at(image, part.get(start..)?, place + start));
    tables.into_iter().find(|table| table.functions > 0)
}

impl Layout {
    /// By a table's first word.
    pub fn of(word: u32) -> Option<Layout> {
        match word {
            0xffff_fffa => Some(Layout::Go116),
            0xffff_fff0 => Some(Layout::Go118),
            0xffff_fff1 => Some(Layout::Go120),
            _ => None,
        }
    }
}

impl<'b> Table<'b> {
    fn at(image: &'b Image, bytes: &'b [u8], place: usize) -> Option<Table<'b>> {
        let layout = Layout::of(image.u32(bytes, 0)?)?;
        let [zero, also_zero, quantum, pointer] = <[u8; 4]>::try_from(bytes.get(4..8)?).ok()?;
        if (zero, also_zero) != (0, 0) || !matches!(quantum, 1 | 2 | 4) || usize::from(pointer) != image.pointer {
            return None;
        }
        let word = |n: usize| image.word(bytes, 8 + n * image.pointer);
        let offset = |n: usize| usize::try_from(word(n)?).ok().filter(|at| *at < bytes.len());
        // From 1.18 on the beginning of the text stands behind the two counts.
        let first = if layout == Layout::Go116 { 2 } else { 3 };
        let functions = usize::try_from(word(0).filter(|n| *n <= MOST_FUNCTIONS)?).ok()?;
        let table = Table {
            image,
            bytes,
            place,
            layout,
            quantum: u64::from(quantum),
            functions,
            names: offset(first)?,
            units: offset(first + 1)?,
            files: offset(first + 2)?,
            pcs: offset(first + 3)?,
            entries: offset(first + 4)?,
        };
        let end = table.functions.checked_mul(table.stride())?.checked_add(table.entries)?;
        (end <= bytes.len()).then_some(table)
    }

    fn stride(&self) -> usize {
        if self.layout == Layout::Go116 { 2 * self.image.pointer } else { 8 }
    }

    pub fn len(&self) -> usize {
        self.functions
    }

    /// The bytes of all names, for whoever keeps marks beside them.
    pub fn names_len(&self) -> usize {
        self.units.saturating_sub(self.names)
    }

    /// The n-th function; `None` where the table does not hold what it announces.
    pub fn function(&self, n: usize) -> Option<Function> {
        let entry = self.entries.checked_add(n.checked_mul(self.stride())?)?;
        let offset = match self.layout {
            Layout::Go116 => usize::try_from(self.image.word(self.bytes, entry + self.image.pointer)?).ok()?,
            _ => self.image.u32(self.bytes, entry + 4)? as usize,
        };
        let start = self.entries.checked_add(offset)?;
        // The address or offset of its code, and nine words behind it (`runtime._func`).
        let head = if self.layout == Layout::Go116 { self.image.pointer } else { 4 };
        let field = |n: usize| self.image.u32(self.bytes, start.checked_add(head)?.checked_add(4 * n)?);
        let counts = if self.layout == Layout::Go120 { 9 } else { 8 };
        let (pc_tables, func_data) = (field(6)? as usize, *self.bytes.get(start + head + 4 * counts + 3)?);
        let behind = start.checked_add(head)?.checked_add(4 * (counts + 1))?;
        let inlined_pcs = match pc_tables > INLINE_INDEX {
            true => Some(self.image.u32(self.bytes, behind.checked_add(4 * INLINE_INDEX)?)?),
            false => None,
        };
        let data = behind.checked_add(pc_tables.checked_mul(4)?)?;
        let tree = match usize::from(func_data) > INLINE_TREE {
            true => self.tree_at(data)?,
            false => None,
        };
        Some(Function {
            name: field(0)?,
            files: field(4)?,
            unit: field(7)?,
            line: if self.layout == Layout::Go120 { field(8)? } else { 0 },
            inlined_pcs: inlined_pcs.filter(|offset| *offset != 0),
            tree,
        })
    }

    /// Offsets from Go 1.18 on; before, addresses on the boundary of a pointer. Nothing is all ones, or nought.
    fn tree_at(&self, data: usize) -> Option<Option<u64>> {
        if self.layout != Layout::Go116 {
            let offset = self.image.u32(self.bytes, data.checked_add(4 * INLINE_TREE)?)?;
            return Some((offset != u32::MAX).then_some(u64::from(offset)));
        }
        let pointer = self.image.pointer;
        let place = self.place.checked_add(data)?.checked_next_multiple_of(pointer)?.checked_sub(self.place)?;
        let address = self.image.word(self.bytes, place.checked_add(pointer * INLINE_TREE)?)?;
        Some((address != 0).then_some(address))
    }

    /// The table's first bytes, which hold all names of functions and files.
    pub fn texts(&self) -> usize {
        if self.names < self.pcs && self.files < self.pcs { self.pcs } else { self.bytes.len() }
    }

    /// Where a name stands, by its offset: it ends with a nought, and begins behind one.
    pub fn name(&self, offset: u32) -> Option<Text> {
        let at = self.names.checked_add(offset as usize)?;
        if at >= self.units.max(self.names) && self.units > self.names {
            return None;
        }
        if offset > 0 && self.bytes.get(at - 1) != Some(&0) {
            return None;
        }
        self.text(at)
    }

    /// Where the name of the source file of a function's first instruction stands.
    pub fn file(&self, function: &Function) -> Option<Text> {
        let (_, index) = self.steps(function.files).next()?;
        let unit = usize::try_from(i64::from(function.unit).checked_add(i64::from(index))?).ok()?;
        let offset = self.image.u32(self.bytes, self.units.checked_add(unit.checked_mul(4)?)?)?;
        (offset != u32::MAX).then(|| self.files.checked_add(offset as usize)).flatten().and_then(|at| self.text(at))
    }

    /// So many bytes from a place of the file on, where they are among the table's own: linkers put the inline trees behind it.
    pub fn held(&self, place: usize, len: usize) -> Option<&'b [u8]> {
        self.bytes.get(place.checked_sub(self.place)?..)?.get(..len)
    }

    pub fn bytes_of(&self, text: Text) -> &'b [u8] {
        let start = text.at as usize;
        self.bytes.get(start..start + text.length as usize).unwrap_or_default()
    }

    fn text(&self, at: usize) -> Option<Text> {
        let length = memchr::memchr(0, self.bytes.get(at..self.texts())?)?;
        Some(Text { at: u32::try_from(at).ok()?, length: u32::try_from(length).ok()? })
    }

    /// The values of one table of program counters.
    fn steps(&self, offset: u32) -> Steps<'b> {
        let rest = self.pcs.checked_add(offset as usize).and_then(|at| self.bytes.get(at..)).unwrap_or_default();
        Steps { rest, value: -1, first: true, pc: 0, quantum: self.quantum }
    }

    /// A function's inline tree; `Some(None)` where nothing is inlined into it, `None` where that contradicts itself.
    pub fn inlined(&self, function: &Function) -> Option<Option<Tree>> {
        let mut most = -1;
        if let Some(offset) = function.inlined_pcs {
            most = self.steps(offset).map(|(_, index)| index).max().unwrap_or(-1);
        }
        match (u32::try_from(most), function.tree) {
            (Err(_), _) => Some(None),
            (Ok(most), Some(place)) if most < MOST_INLINED => Some(Some(Tree { place, entries: most + 1 })),
            // Calls were inlined, and the tree that says which is not there.
            _ => None,
        }
    }

    /// The address of a function's inline tree and its length in bytes. `base` is where the trees begin, before Go 1.18 without meaning.
    pub fn tree(&self, tree: &Tree, base: u64) -> Option<(u64, usize)> {
        let address = if self.layout == Layout::Go116 { tree.place } else { base.checked_add(tree.place)? };
        Some((address, (tree.entries as usize).checked_mul(self.entry().0)?))
    }

    /// The offsets of names in the bytes of an inline tree.
    pub fn names_in(&self, tree: &[u8]) -> impl Iterator<Item = Option<u32>> {
        let (size, name) = self.entry();
        tree.chunks_exact(size).map(move |entry| self.image.u32(entry, name))
    }

    /// The size of `runtime.inlinedCall`, and where in it the name is: it stood behind parent, file and line before Go 1.20.
    fn entry(&self) -> (usize, usize) {
        if self.layout == Layout::Go120 { (16, 4) } else { (20, 12) }
    }
}

/// Pairs of a difference in value and one in address (`runtime/symtab.go`, step). It ends with a value that does not change.
struct Steps<'b> {
    rest: &'b [u8],
    value: i32,
    first: bool,
    pc: u64,
    quantum: u64,
}

impl Iterator for Steps<'_> {
    /// The end of the range, and its value.
    type Item = (u64, i32);

    fn next(&mut self) -> Option<(u64, i32)> {
        let difference = self.varint()?;
        if difference == 0 && !self.first {
            return None;
        }
        self.first = false;
        let half = (difference >> 1) as i32;
        self.value = self.value.wrapping_add(if difference & 1 == 0 { half } else { !half });
        let distance = self.varint()?;
        self.pc = self.pc.wrapping_add(u64::from(distance).wrapping_mul(self.quantum));
        Some((self.pc, self.value))
    }
}

impl Steps<'_> {
    fn varint(&mut self) -> Option<u32> {
        let (mut value, mut shift) = (0u32, 0u32);
        loop {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(value);
            }
            shift += 7;
        }
    }
}
