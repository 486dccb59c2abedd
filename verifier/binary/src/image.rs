//! Where the bytes of an executable stand when it runs: addresses, byte order, and the places that hold Go's tables.

use crate::elf::Elf;
use assize_delivery::Bytes;
use assize_facts::Reason;
use goblin::elf::program_header::{PT_LOAD, ProgramHeader};
use goblin::elf::reloc;
use goblin::mach::MachO;
use goblin::pe::PE;
use std::ops::Range;

/// The file as it is laid out in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    pub big_endian: bool,
    /// Bytes of a pointer: 4 or 8.
    pub pointer: usize,
    /// Position independent: old tables then hold addresses that only the loader fills in.
    pub moves: bool,
    segments: Vec<Segment>,
    /// Places of the file where the function table can begin; whole sections where they are named, else everything that is loaded.
    pub tables: Vec<Range<usize>>,
    /// Whether `tables` are sections that are named for the table.
    pub named: bool,
    /// Places of the file that hold data with addresses in it.
    pub data: Vec<Range<usize>>,
    /// Places of the file that can hold descriptions of types: what is loaded, less code and the table. `None` where no sections tell them apart.
    pub types: Option<Vec<Range<usize>>>,
    /// Addresses that the loader fills in, and with what (`R_*_RELATIVE`); in order of addresses.
    relative: Vec<(u64, u64)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Segment {
    address: u64,
    file: Range<usize>,
}

impl Image {
    /// Where everything ends that is loaded, and that can be asked for.
    pub fn end(&self) -> u64 {
        let ends = self.segments.iter().map(|segment| &segment.file).chain(&self.tables).chain(&self.data);
        ends.map(|range| range.end as u64).max().unwrap_or(u64::MAX)
    }

    /// Where the file holds an address, and what is behind it to the end of its segment or of the file.
    pub fn place(&self, address: u64, len: usize) -> Option<Range<usize>> {
        let within = |s: &&Segment| address.checked_sub(s.address).is_some_and(|off| off < s.file.len() as u64);
        let segment = self.segments.iter().find(within)?;
        let from = segment.file.start.checked_add(usize::try_from(address - segment.address).ok()?)?;
        let end = segment.file.end.min(len);
        (from <= end).then_some(from..end)
    }

    /// The bytes of a whole file from an address on, to the end of its segment.
    pub fn at<'b>(&self, bytes: &'b [u8], address: u64) -> Option<&'b [u8]> {
        bytes.get(self.place(address, bytes.len())?)
    }

    /// The address of a place in the file.
    pub fn address(&self, place: usize) -> Option<u64> {
        let segment = self.segments.iter().find(|s| s.file.contains(&place))?;
        segment.address.checked_add((place - segment.file.start) as u64)
    }

    pub fn u32(&self, bytes: &[u8], at: usize) -> Option<u32> {
        let word: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) })
    }

    /// A word as wide as a pointer.
    pub fn word(&self, bytes: &[u8], at: usize) -> Option<u64> {
        if self.pointer == 4 {
            return self.u32(bytes, at).map(u64::from);
        }
        let word: [u8; 8] = bytes.get(at..at.checked_add(8)?)?.try_into().ok()?;
        Some(if self.big_endian { u64::from_be_bytes(word) } else { u64::from_le_bytes(word) })
    }

    /// An address as it stands in data.
    pub fn written(&self, address: u64) -> Vec<u8> {
        match (self.pointer, self.big_endian) {
            (4, false) => (address as u32).to_le_bytes().to_vec(),
            (4, true) => (address as u32).to_be_bytes().to_vec(),
            (_, false) => address.to_le_bytes().to_vec(),
            (_, true) => address.to_be_bytes().to_vec(),
        }
    }

    /// Addresses into which the loader writes a given one.
    pub fn relocated_to(&self, target: u64) -> impl Iterator<Item = u64> + '_ {
        self.relative.iter().filter(move |(_, to)| *to == target).map(|(from, _)| *from)
    }

    /// What the loader writes into an address.
    pub fn relocated(&self, address: u64) -> Option<u64> {
        let at = self.relative.binary_search_by_key(&address, |(from, _)| *from).ok()?;
        self.relative.get(at).map(|(_, to)| *to)
    }
}

/// A range of the file, cut at nothing: what lies past its end is not there.
pub fn range(offset: u64, size: u64) -> Option<Range<usize>> {
    let start = usize::try_from(offset).ok()?;
    Some(start..start.checked_add(usize::try_from(size).ok()?)?)
}

/// The names under which linkers keep the function table (`cmd/link`, dodata and elf; .data.rel.ro where it is relocated).
const TABLES: &[&str] = &[".gopclntab", ".data.rel.ro.gopclntab", "__gopclntab"];
/// More relocations than this no program has whose file we read.
const MOST_RELOCATIONS: usize = 40_000_000;

pub fn of_elf(elf: &Elf, file: &Bytes) -> Result<Image, Reason> {
    let loads = || elf.program_headers.iter().filter(|p| p.p_type == PT_LOAD);
    let stands = |p: &ProgramHeader| range(p.p_offset, p.p_filesz);
    let segment = |p: &ProgramHeader| Some(Segment { address: p.p_vaddr, file: stands(p)? });
    let sections = |chosen: fn(&crate::elf::Section) -> bool| {
        let in_file = elf.sections.iter().filter(move |s| s.is_in_file() && chosen(s));
        in_file.filter_map(|s| range(s.header.sh_offset, s.header.sh_size))
    };
    let is_table = |s: &crate::elf::Section| s.name.as_deref().is_some_and(|name| TABLES.contains(&name));
    let mut tables: Vec<Range<usize>> = sections(is_table).collect();
    let is_named = !tables.is_empty();
    let loaded: Vec<Range<usize>> = loads().filter_map(stands).collect();
    if tables.is_empty() {
        tables = loaded.clone();
    }
    let moves = elf.header.e_type == goblin::elf::header::ET_DYN;
    Ok(Image {
        big_endian: !elf.is_little_endian(),
        pointer: if elf.is_64() { 8 } else { 4 },
        moves,
        segments: loads().filter_map(segment).collect(),
        named: is_named,
        data: loads().filter(|p| p.is_write()).filter_map(stands).collect(),
        types: is_named.then(|| without(loaded, tables.iter().cloned().chain(sections(crate::elf::Section::is_code)))),
        tables,
        relative: if moves { relative(elf, file)? } else { vec![] },
    })
}

/// Ranges less others.
fn without(mut ranges: Vec<Range<usize>>, others: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    for other in others.filter(|other| !other.is_empty()) {
        let cut = |range: Range<usize>| {
            let before = range.start..range.end.min(other.start);
            let after = range.start.max(other.end)..range.end;
            [before, after].into_iter().filter(|part| !part.is_empty())
        };
        ranges = ranges.into_iter().flat_map(cut).collect();
    }
    ranges
}

fn relative(elf: &Elf, file: &Bytes) -> Result<Vec<(u64, u64)>, Reason> {
    use goblin::elf::header::*;
    let wanted = match elf.header.e_machine {
        EM_X86_64 => reloc::R_X86_64_RELATIVE,
        EM_AARCH64 => reloc::R_AARCH64_RELATIVE,
        EM_RISCV => reloc::R_RISCV_RELATIVE,
        // R_PPC64_RELATIVE and R_390_RELATIVE (the ELF supplements of these machines).
        EM_PPC64 => 22,
        EM_S390 => 12,
        _ => return Ok(vec![]),
    };
    let all = elf.relocations(file, MOST_RELOCATIONS)?.into_iter();
    let mut found: Vec<(u64, u64)> =
        all.filter(|(_, _, kind)| *kind == wanted).map(|(place, addend, _)| (place, addend as u64)).collect();
    found.sort_unstable();
    Ok(found)
}

pub fn of_mach(mach: &MachO<'_>) -> Image {
    let segments = mach.segments.iter().filter(|s| s.filesize > 0);
    let segment = |s: &goblin::mach::segment::Segment<'_>| {
        Some(Segment { address: s.vmaddr, file: range(s.fileoff, s.filesize)? })
    };
    let mut tables = Vec::new();
    for section in mach.segments.iter().flat_map(|s| s.into_iter()).flatten().map(|(section, _)| section) {
        if section.name().is_ok_and(|name| TABLES.contains(&name)) {
            tables.extend(range(u64::from(section.offset), section.size));
        }
    }
    let named = !tables.is_empty();
    let all = || segments.clone().filter_map(|s| range(s.fileoff, s.filesize));
    Image {
        big_endian: !mach.little_endian,
        pointer: if mach.is_64 { 8 } else { 4 },
        moves: true,
        segments: segments.clone().filter_map(segment).collect(),
        types: None,
        tables: if named { tables } else { all().collect() },
        named,
        data: segments.clone().filter(|s| s.initprot & 2 != 0).filter_map(|s| range(s.fileoff, s.filesize)).collect(),
        relative: vec![],
    }
}

pub fn of_pe(pe: &PE<'_>) -> Image {
    use goblin::pe::section_table::{IMAGE_SCN_MEM_EXECUTE, IMAGE_SCN_MEM_WRITE};
    let file = |s: &goblin::pe::section_table::SectionTable| {
        // What is on disk can be shorter than in memory, and padded beyond it.
        let size = u64::from(s.size_of_raw_data);
        range(u64::from(s.pointer_to_raw_data), size)
    };
    let segment = |s: &goblin::pe::section_table::SectionTable| {
        Some(Segment { address: pe.image_base.checked_add(u64::from(s.virtual_address))?, file: file(s)? })
    };
    let with = |flag: u32, set: bool| pe.sections.iter().filter(move |s| (s.characteristics & flag != 0) == set);
    Image {
        big_endian: false,
        pointer: if pe.is_64 { 8 } else { 4 },
        moves: false,
        segments: pe.sections.iter().filter_map(segment).collect(),
        tables: with(IMAGE_SCN_MEM_EXECUTE, false).filter_map(file).collect(),
        types: None,
        named: false,
        data: with(IMAGE_SCN_MEM_WRITE, true).filter_map(file).collect(),
        relative: vec![],
    }
}
