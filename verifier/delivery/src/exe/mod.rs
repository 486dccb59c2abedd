//! Headers of machine code, as far as an inventory needs them: is it one, for which machine, where does it end, is it a Go program, is it packed.
//!
//! Everything deeper (linkage, functions) is the `binary` room's.

mod elf;
mod macho;
mod pe;
#[cfg(test)]
pub(crate) mod tests;

use crate::sniff::Kind;
use crate::store::Part;
use std::ops::Range;

/// Largest table of headers that is read.
const TABLE: usize = 4 << 20;

/// What the headers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exe {
    /// `elf`, `macho`, `pe`.
    pub format: &'static str,
    /// GOARCH where it has one, else the format's number.
    pub machine: String,
    /// `exec`, `dyn`, `rel`, `core` or the format's number.
    pub role: String,
    /// The end of everything that the headers describe: what is behind it was appended.
    pub end: u64,
    /// Whether a section of the Go linker is there.
    pub go_section: bool,
    /// Whether it has headers of a program and no code that it could begin with: debugging information, kept apart.
    pub without_code: bool,
    /// Where the sections are in which a Go program says of itself what it is made of.
    pub tables: Vec<Range<u64>>,
    /// A packer by its section names.
    pub packer: Option<&'static str>,
    /// The code that is mapped executable, as file ranges; for a look at its entropy.
    pub code: Vec<(u64, u64)>,
    /// The files of a fat one, each for another machine, as it lists them.
    pub slices: Vec<Range<u64>>,
}

impl Exe {
    fn new(format: &'static str) -> Exe {
        Exe {
            format,
            machine: String::new(),
            role: String::new(),
            end: 0,
            go_section: false,
            without_code: false,
            tables: Vec::new(),
            packer: None,
            code: Vec::new(),
            slices: Vec::new(),
        }
    }

    /// Whether it is an object of instructions for the kernel's BPF machine, as `bpf2go` has them embedded: no machine of any program runs them.
    pub(crate) fn is_bpf_object(&self) -> bool {
        self.format == "elf" && self.machine == "bpf" && self.role == "rel"
    }

    fn reaches(&mut self, offset: u64, size: u64) {
        self.end = self.end.max(offset.saturating_add(size));
    }
}

/// Reads the headers of a file of this kind; the error says what is wrong with them.
pub(crate) fn read(kind: Kind, part: &Part<'_>) -> Result<Exe, String> {
    match kind {
        Kind::Elf => elf::read(part),
        Kind::MachO => macho::read(part),
        Kind::Pe => pe::read(part),
        other => Err(format!("{} is not an executable format with headers", other.name())),
    }
}

/// The kind by a header that needs more than a magic: ELF, Mach-O, PE, DOS, COFF.
pub(crate) fn kind_by_header(head: &[u8], len: u64) -> Option<Kind> {
    if head.starts_with(b"\x7fELF") {
        return Some(Kind::Elf);
    }
    if macho::is_header(head) {
        return Some(Kind::MachO);
    }
    if head.starts_with(b"MZ") {
        return pe::kind(head, len);
    }
    pe::looks_like_coff(head, len).then_some(Kind::Coff)
}

/// Whether a whole, plausible header of machine code begins here: strict, for magics found in the middle of other files.
pub(crate) fn plausible(head: &[u8]) -> Option<Kind> {
    if elf::is_whole_header(head) {
        return Some(Kind::Elf);
    }
    if macho::is_whole_header(head) {
        return Some(Kind::MachO);
    }
    if pe::is_whole_header(head) {
        return Some(Kind::Pe);
    }
    None
}

/// Numbers of either byte order at an offset; `None` past the end.
#[derive(Clone, Copy)]
struct Fields<'a> {
    bytes: &'a [u8],
    big: bool,
}

impl Fields<'_> {
    fn u16(&self, at: usize) -> Option<u16> {
        let bytes: [u8; 2] = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes: [u8; 4] = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn u64(&self, at: usize) -> Option<u64> {
        let bytes: [u8; 8] = self.bytes.get(at..at.checked_add(8)?)?.try_into().ok()?;
        Some(if self.big { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }

    /// A word of the format's class.
    fn word(&self, at: usize, wide: bool) -> Option<u64> {
        if wide { self.u64(at) } else { self.u32(at).map(u64::from) }
    }
}

/// The text up to the first NUL.
fn name(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or_default()
}
