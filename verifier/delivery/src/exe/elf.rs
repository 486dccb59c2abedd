//! ELF headers (System V ABI, "Object Files").

use super::{Exe, Fields, TABLE, name};
use crate::store::Part;

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const PF_X: u32 = 1;
const SHT_NOBITS: u32 = 8;

/// Sections that only the Go linker writes (cmd/link/internal/ld/data.go, Go 1.16 to 1.27).
const GO_SECTIONS: [&[u8]; 5] =
    [b".go.buildinfo", b".gopclntab", b".data.rel.ro.gopclntab", b".note.go.buildid", b".typelink"];
const GO_TABLES: &[&[u8]] = &[b".go.buildinfo", b".gopclntab", b".data.rel.ro.gopclntab"];

struct Header<'a> {
    f: Fields<'a>,
    wide: bool,
}

fn header(head: &[u8]) -> Option<Header<'_>> {
    let ident = head.first_chunk::<16>().filter(|i| i.starts_with(b"\x7fELF"))?;
    let wide = match ident[4] {
        1 => false,
        2 => true,
        _ => return None,
    };
    let big = match ident[5] {
        1 => false,
        2 => true,
        _ => return None,
    };
    Some(Header { f: Fields { bytes: head, big }, wide })
}

impl Header<'_> {
    /// A half word of the part behind the addresses, by its place in the 64-bit header.
    fn half(&self, at_wide: usize) -> Option<u16> {
        self.f.u16(if self.wide { at_wide } else { at_wide - 12 })
    }

    fn phoff(&self) -> Option<u64> {
        self.f.word(if self.wide { 32 } else { 28 }, self.wide)
    }

    fn shoff(&self) -> Option<u64> {
        self.f.word(if self.wide { 40 } else { 32 }, self.wide)
    }
}

/// Sizes of all headers as the class asks them: by chance that happens once in 2^80.
pub(super) fn is_whole_header(head: &[u8]) -> bool {
    let whole = || {
        let h = header(head)?;
        let (own, program, section) = if h.wide { (64, 56, 64) } else { (52, 32, 40) };
        let sizes = h.half(52)? == own
            && (h.half(54)? == program || h.half(56)? == 0)
            && (h.half(58)? == section || h.half(60)? == 0);
        Some(sizes && head.get(6) == Some(&1) && h.f.u32(20)? == 1 && (1..=4).contains(&h.f.u16(16)?))
    };
    whole().unwrap_or(false)
}

pub(super) fn read(part: &Part<'_>) -> Result<Exe, String> {
    let head = part.bytes(0, 64).map_err(|e| e.to_string())?;
    let h = header(&head).ok_or("its first 16 bytes are no ELF identification")?;
    inner(part, &h).ok_or_else(|| "its header is cut off".to_string())?
}

fn inner(part: &Part<'_>, h: &Header<'_>) -> Option<Result<Exe, String>> {
    let mut exe = Exe::new("elf");
    exe.machine = machine(h.f.u16(18)?, h);
    exe.role = role(h.f.u16(16)?);
    exe.reaches(0, if h.wide { 64 } else { 52 });
    let result = segments(part, h, &mut exe).and_then(|()| sections(part, h, &mut exe));
    Some(result.map(|()| exe))
}

/// One table of headers, cut to whole rows.
fn table(part: &Part<'_>, offset: u64, size: u64, count: u64, what: &str) -> Result<Vec<u8>, String> {
    let bytes = size.saturating_mul(count);
    if offset.saturating_add(bytes) > part.len() || bytes > TABLE as u64 {
        return Err(format!("its {what} reach past the end of the file"));
    }
    part.bytes(offset, bytes as usize).map_err(|e| e.to_string())
}

fn segments(part: &Part<'_>, h: &Header<'_>, exe: &mut Exe) -> Result<(), String> {
    let (Some(offset), Some(size), Some(count)) = (h.phoff(), h.half(54), h.half(56)) else {
        return Err("its header is cut off".into());
    };
    if count == 0 {
        return Ok(());
    }
    let least = if h.wide { 56 } else { 32 };
    if size < least {
        return Err("its program headers are too small".into());
    }
    let bytes = table(part, offset, size.into(), count.into(), "program headers")?;
    exe.reaches(offset, bytes.len() as u64);
    let rows: Vec<Fields<'_>> =
        bytes.chunks_exact(size.into()).map(|row| Fields { bytes: row, big: h.f.big }).collect();
    for row in &rows {
        segment(*row, h.wide, exe);
    }
    exe.without_code = is_without_code(&rows, h, part.len()).unwrap_or(false);
    Ok(())
}

/// Largest page (arm64, ppc64): whole pages are mapped, whatever is said of bytes.
const PAGE: u64 = 64 << 10;

/// What `objcopy --only-keep-debug` leaves of a program: where it would begin no byte of the file is mapped, and nothing else could load it.
fn is_without_code(rows: &[Fields<'_>], h: &Header<'_>, len: u64) -> Option<bool> {
    let entry = h.f.word(24, h.wide).filter(|entry| *entry != 0)?;
    for row in rows {
        let (offset, address, size) = match h.wide {
            true => (row.u64(8)?, row.u64(16)?, row.u64(32)?),
            false => (row.u32(4)?.into(), row.u32(8)?.into(), row.u32(16)?.into()),
        };
        let mapped = address / PAGE * PAGE..address.saturating_add(size).checked_next_multiple_of(PAGE)?;
        match row.u32(0)? {
            PT_LOAD if size > 0 && offset < len && mapped.contains(&entry) => return Some(false),
            PT_DYNAMIC | PT_INTERP if size > 0 => return Some(false),
            _ => {}
        }
    }
    Some(true)
}

fn segment(row: Fields<'_>, wide: bool, exe: &mut Exe) -> Option<()> {
    let (offset, size, flags) = match wide {
        true => (row.u64(8)?, row.u64(32)?, row.u32(4)?),
        false => (row.u32(4)?.into(), row.u32(16)?.into(), row.u32(24)?),
    };
    exe.reaches(offset, size);
    if row.u32(0)? == PT_LOAD && flags & PF_X != 0 {
        exe.code.push((offset, offset.saturating_add(size)));
    }
    Some(())
}

fn sections(part: &Part<'_>, h: &Header<'_>, exe: &mut Exe) -> Result<(), String> {
    let (Some(offset), Some(size), Some(count), Some(names)) = (h.shoff(), h.half(58), h.half(60), h.half(62)) else {
        return Err("its header is cut off".into());
    };
    if offset == 0 {
        return Ok(());
    }
    let least = if h.wide { 64 } else { 40 };
    if size < least {
        return Err("its section headers are too small".into());
    }
    let count = match count {
        0 => first_section_size(part, h, offset)?,
        n => n.into(),
    };
    let bytes = table(part, offset, size.into(), count, "section headers")?;
    exe.reaches(offset, bytes.len() as u64);
    let rows: Vec<Fields> = bytes.chunks_exact(size.into()).map(|row| Fields { bytes: row, big: h.f.big }).collect();
    let strings = rows.get(usize::from(names)).and_then(|row| extent(*row, h.wide));
    let strings = match strings {
        Some((from, length, _)) => part.bytes(from, length.min(TABLE as u64) as usize).map_err(|e| e.to_string())?,
        None => Vec::new(),
    };
    for row in rows {
        section(row, h.wide, &strings, exe);
    }
    Ok(())
}

/// With 0xff00 or more sections the number stands in the first one's size.
fn first_section_size(part: &Part<'_>, h: &Header<'_>, offset: u64) -> Result<u64, String> {
    let row = part.bytes(offset, 64).map_err(|e| e.to_string())?;
    let row = Fields { bytes: &row, big: h.f.big };
    let size = if h.wide { row.u64(32) } else { row.u32(20).map(u64::from) };
    size.ok_or_else(|| "its section headers reach past the end of the file".into())
}

/// Offset, size and type of a section.
fn extent(row: Fields<'_>, wide: bool) -> Option<(u64, u64, u32)> {
    match wide {
        true => Some((row.u64(24)?, row.u64(32)?, row.u32(4)?)),
        false => Some((row.u32(16)?.into(), row.u32(20)?.into(), row.u32(4)?)),
    }
}

fn section(row: Fields<'_>, wide: bool, strings: &[u8], exe: &mut Exe) -> Option<()> {
    let (offset, size, ty) = extent(row, wide)?;
    if ty != SHT_NOBITS {
        exe.reaches(offset, size);
    }
    let label = name(strings.get(row.u32(0)? as usize..)?);
    exe.go_section |= GO_SECTIONS.contains(&label);
    if ty != SHT_NOBITS && GO_TABLES.contains(&label) {
        exe.tables.push(offset..offset.saturating_add(size));
    }
    Some(())
}

fn role(number: u16) -> String {
    match number {
        1 => "rel".into(),
        2 => "exec".into(),
        3 => "dyn".into(),
        4 => "core".into(),
        other => format!("type-{other}"),
    }
}

/// e_machine as GOARCH names it (cmd/internal/objabi, debug/elf).
fn machine(number: u16, h: &Header<'_>) -> String {
    match (number, h.wide, h.f.big) {
        (3, ..) => "386".into(),
        (40, ..) => "arm".into(),
        (62, ..) => "amd64".into(),
        (183, ..) => "arm64".into(),
        (8, false, true) => "mips".into(),
        (8, false, false) => "mipsle".into(),
        (8, true, true) => "mips64".into(),
        (8, true, false) => "mips64le".into(),
        (21, _, true) => "ppc64".into(),
        (21, _, false) => "ppc64le".into(),
        (22, ..) => "s390x".into(),
        (243, true, _) => "riscv64".into(),
        (247, ..) => "bpf".into(),
        (258, ..) => "loong64".into(),
        (other, ..) => format!("machine-{other}"),
    }
}
