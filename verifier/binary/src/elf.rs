//! The headers of an ELF file, part by part as they are asked for, by goblin: symbols, debugging information and code are never read.

use assize_delivery::Bytes;
use assize_facts::{Reason, reason};
use goblin::container::Ctx;
use goblin::elf::program_header::{PT_DYNAMIC, PT_INTERP, ProgramHeader};
use goblin::elf::section_header::{SHF_EXECINSTR, SHN_XINDEX, SHT_NOBITS, SHT_SYMTAB, SectionHeader};
use goblin::elf::{Dynamic, Elf as Goblin, Header, RelocSection, dynamic};
use goblin::strtab::Strtab;
use std::borrow::Cow;

/// What the headers say.
pub struct Elf {
    pub header: Header,
    ctx: Ctx,
    pub program_headers: Vec<ProgramHeader>,
    pub sections: Vec<Section>,
    pub has_symbols: bool,
    pub interpreter: Option<String>,
    pub dynamic: Linking,
}

/// A section that stands in the file or not.
pub struct Section {
    pub name: Option<String>,
    pub header: SectionHeader,
}

/// What the dynamic section says; all of it empty where there is none.
#[derive(Default)]
pub struct Linking {
    pub flags: u64,
    pub flags_1: u64,
    pub needed: Vec<String>,
    /// RPATH, then RUNPATH.
    pub search: Vec<String>,
    /// Offset and length of the relocations with an addend.
    relocations: (u64, u64),
}

fn failed(detail: impl std::fmt::Display) -> Reason {
    reason!("executable-not-parsed", detail = detail)
}

impl Section {
    pub fn is_in_file(&self) -> bool {
        self.header.sh_type != SHT_NOBITS
    }

    pub fn is_code(&self) -> bool {
        self.header.sh_flags & u64::from(SHF_EXECINSTR) != 0
    }
}

impl Elf {
    pub fn read(file: &Bytes) -> Result<Elf, Reason> {
        let header = Goblin::parse_header(&file.range(0..file.len().min(64))?).map_err(failed)?;
        let ctx = Ctx::new(header.container().map_err(failed)?, header.endianness().map_err(failed)?);
        let program_headers = program_headers(file, &header, ctx)?;
        let headers = section_headers(file, &header, ctx)?;
        let symbols = headers.iter().rfind(|section| section.sh_type == SHT_SYMTAB);
        let has_symbols = symbols.is_some_and(|s| s.sh_entsize != 0 && s.sh_size / s.sh_entsize != 0);
        let interpreter = program_headers.iter().rfind(|p| p.p_type == PT_INTERP && p.p_filesz != 0);
        let interpreter = interpreter.and_then(|p| part(file, p.p_offset, p.p_filesz - 1, "interpreter").ok());
        Ok(Elf {
            sections: named(file, &header, headers)?,
            has_symbols,
            interpreter: interpreter.and_then(|name| String::from_utf8(name.into_owned()).ok()),
            dynamic: linking(file, &program_headers, ctx)?,
            header,
            ctx,
            program_headers,
        })
    }

    pub fn is_64(&self) -> bool {
        self.ctx.container.is_big()
    }

    pub fn is_little_endian(&self) -> bool {
        self.ctx.is_little_endian()
    }

    /// Place, addend and type of the relocations that have an addend, of at most so many.
    pub fn relocations(&self, file: &Bytes, most: usize) -> Result<Vec<(u64, i64, u32)>, Reason> {
        let (offset, size) = self.dynamic.relocations;
        let bytes = part(file, offset, size, "relocations")?;
        let all = RelocSection::parse(&bytes, 0, bytes.len(), true, self.ctx).map_err(failed)?;
        Ok(all.iter().take(most).filter_map(|r| Some((r.r_offset, r.r_addend?, r.r_type))).collect())
    }
}

/// A part of the file that its headers speak of.
fn part<'f>(file: &'f Bytes, offset: u64, size: u64, what: &str) -> Result<Cow<'f, [u8]>, Reason> {
    if size == 0 {
        return Ok(Cow::Borrowed(&[]));
    }
    let range = crate::image::range(offset, size).filter(|range| range.end <= file.len());
    file.range(range.ok_or_else(|| failed(format_args!("its {what} reach past the end of the file")))?)
}

fn program_headers(file: &Bytes, header: &Header, ctx: Ctx) -> Result<Vec<ProgramHeader>, Reason> {
    let count = usize::from(header.e_phnum);
    let bytes = part(file, header.e_phoff, (count * ProgramHeader::size(ctx)) as u64, "program headers")?;
    ProgramHeader::parse(&bytes, 0, count, ctx).map_err(failed)
}

fn section_headers(file: &Bytes, header: &Header, ctx: Ctx) -> Result<Vec<SectionHeader>, Reason> {
    let size = SectionHeader::size(ctx) as u64;
    let table = |count: u64| part(file, header.e_shoff, count.saturating_mul(size), "section headers");
    if header.e_shoff == 0 {
        return Ok(vec![]);
    }
    let count = match u64::from(header.e_shnum) {
        // With 0xff00 or more sections, the number stands in the first one's size; it may also be none.
        0 => {
            let first = SectionHeader::parse_from(&table(1)?, 0, 1, ctx).map_err(failed)?;
            first.first().map_or(0, |first| first.sh_size).max(1)
        }
        count => count,
    };
    let bytes = table(count)?;
    SectionHeader::parse_from(&bytes, 0, bytes.len() / size as usize, ctx).map_err(failed)
}

fn named(file: &Bytes, header: &Header, headers: Vec<SectionHeader>) -> Result<Vec<Section>, Reason> {
    let index = match u32::from(header.e_shstrndx) {
        SHN_XINDEX => headers.first().map_or(0, |first| first.sh_link),
        index => index,
    };
    let bytes = match headers.get(index as usize) {
        Some(names) if names.sh_type != SHT_NOBITS => part(file, names.sh_offset, names.sh_size, "section names")?,
        _ => Cow::Borrowed(&[][..]),
    };
    let names = Strtab::parse(&bytes, 0, bytes.len(), 0).map_err(failed)?;
    let named = |header: SectionHeader| Section { name: names.get_at(header.sh_name).map(str::to_owned), header };
    Ok(headers.into_iter().map(named).collect())
}

fn linking(file: &Bytes, program_headers: &[ProgramHeader], ctx: Ctx) -> Result<Linking, Reason> {
    let Some(at) = program_headers.iter().position(|p| p.p_type == PT_DYNAMIC) else { return Ok(Linking::default()) };
    // The section is handed over alone: its header says that it begins where these bytes do.
    let mut headers = program_headers.to_vec();
    let section = part(file, headers[at].p_offset, headers[at].p_filesz, "dynamic section")?;
    headers[at].p_offset = 0;
    let dynamic = Dynamic::parse(&section, &headers, ctx).map_err(failed)?;
    let Some(Dynamic { dyns, info }) = &dynamic else { return Ok(Linking::default()) };
    let bytes = part(file, info.strtab as u64, info.strsz as u64, "names of libraries")?;
    let names = Strtab::parse(&bytes, 0, bytes.len(), 0).map_err(failed)?;
    let tagged = |tag: u64| {
        let found = dyns.iter().filter(move |entry| entry.d_tag == tag);
        found.filter_map(|entry| names.get_at(entry.d_val as usize)).map(str::to_owned)
    };
    Ok(Linking {
        flags: info.flags,
        flags_1: info.flags_1,
        needed: tagged(dynamic::DT_NEEDED).collect(),
        search: tagged(dynamic::DT_RPATH).chain(tagged(dynamic::DT_RUNPATH)).collect(),
        relocations: (info.rela as u64, info.relasz as u64),
    })
}
