//! PE and COFF headers (Microsoft's PE format specification).

use super::{Exe, Fields, name};
use crate::sniff::Kind;
use crate::store::Part;

const SECTION: usize = 40;
const SYMBOL: u64 = 18;
const CODE: u32 = 0x2000_0000;

fn fields(bytes: &[u8]) -> Fields<'_> {
    Fields { bytes, big: false }
}

/// PE, or DOS where no PE header follows but the DOS header is whole; text that begins with `MZ` is neither.
pub(super) fn kind(head: &[u8], len: u64) -> Option<Kind> {
    let f = fields(head);
    let new = f.u32(0x3c).map(u64::from)?;
    if new >= 0x40 && new < len {
        let signature = usize::try_from(new).ok().and_then(|at| head.get(at..at.checked_add(4)?));
        // A header beyond what was read is believed: its reader will tell.
        if signature.is_none_or(|s| s == b"PE\0\0") {
            return Some(Kind::Pe);
        }
    }
    let text = head.iter().take(64).all(|b| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7e));
    (!text).then_some(Kind::Dos)
}

pub(super) fn is_whole_header(head: &[u8]) -> bool {
    let whole = || {
        let f = fields(head.starts_with(b"MZ").then_some(head)?);
        let at = usize::try_from(f.u32(0x3c)?).ok()?;
        let signature = head.get(at..at.checked_add(4)?)? == b"PE\0\0";
        let coff = at.checked_add(4)?;
        let magic = f.u16(coff.checked_add(20)?)?;
        Some(signature && machine(f.u16(coff)?).is_some() && (magic == 0x10b || magic == 0x20b))
    };
    whole().unwrap_or(false)
}

/// A COFF object: a known machine, a plausible number of sections, no optional header, and tables inside the file.
pub(super) fn looks_like_coff(head: &[u8], len: u64) -> bool {
    let looks = || {
        let f = fields(head);
        let (count, optional) = (f.u16(2)?, f.u16(16)?);
        let (symbols, number) = (u64::from(f.u32(8)?), u64::from(f.u32(12)?));
        let table = 20 + u64::from(count) * SECTION as u64;
        let symbols_fit = symbols >= table && symbols + number * SYMBOL <= len;
        let first = head.get(20..28)?;
        let named = first.iter().any(|b| *b != 0) && first.iter().all(|b| *b == 0 || (0x20..0x7f).contains(b));
        let machine = machine(f.u16(0)?).is_some();
        Some(machine && optional == 0 && (1..=256).contains(&count) && number > 0 && symbols_fit && named)
    };
    looks().unwrap_or(false)
}

pub(super) fn read(part: &Part<'_>) -> Result<Exe, String> {
    let dos = part.bytes(0, 64).map_err(|e| e.to_string())?;
    let new = fields(&dos).u32(0x3c).ok_or("its DOS header is cut off")?;
    let head = part.bytes(new.into(), 24 + 240).map_err(|e| e.to_string())?;
    if !head.starts_with(b"PE\0\0") {
        return Err("no PE header where the DOS header points".into());
    }
    inner(part, &head, new.into()).ok_or_else(|| "its header is cut off".to_string())?
}

fn inner(part: &Part<'_>, head: &[u8], new: u64) -> Option<Result<Exe, String>> {
    let f = fields(head);
    let mut exe = Exe::new("pe");
    let number = f.u16(4)?;
    exe.machine = machine(number).map_or_else(|| format!("machine-{number}"), String::from);
    let (count, symbols, symbol_count) = (f.u16(6)?, f.u32(12)?, f.u32(16)?);
    let (optional, flags) = (f.u16(20)?, f.u16(22)?);
    exe.role = if flags & 0x2000 != 0 { "dyn" } else { "exec" }.into();
    if symbols != 0 {
        exe.reaches(symbols.into(), u64::from(symbol_count) * SYMBOL);
        string_table(part, u64::from(symbols) + u64::from(symbol_count) * SYMBOL, &mut exe);
    }
    certificates(f, &mut exe);
    let table = new + 24 + u64::from(optional);
    let bytes = match part.bytes(table, usize::from(count) * SECTION) {
        Ok(bytes) => bytes,
        Err(error) => return Some(Err(error.to_string())),
    };
    if bytes.len() < usize::from(count) * SECTION {
        return Some(Err("its section headers reach past the end of the file".into()));
    }
    exe.reaches(table, bytes.len() as u64);
    for row in bytes.chunks_exact(SECTION) {
        section(row, &mut exe);
    }
    Some(Ok(exe))
}

/// The string table follows the symbols; its first four bytes are its size.
fn string_table(part: &Part<'_>, at: u64, exe: &mut Exe) {
    if let Ok(bytes) = part.bytes(at, 4)
        && let Some(size) = fields(&bytes).u32(0)
        && at.saturating_add(size.into()) <= part.len()
    {
        exe.reaches(at, size.into());
    }
}

/// Authenticode signatures stand behind the sections, at a file offset (data directory 4).
fn certificates(f: Fields<'_>, exe: &mut Exe) -> Option<()> {
    let directories = match f.u16(24)? {
        0x20b => 24 + 112,
        _ => 24 + 96,
    };
    if f.u32(directories - 4)? > 4 {
        exe.reaches(f.u32(directories + 32)?.into(), f.u32(directories + 36)?.into());
    }
    Some(())
}

fn section(row: &[u8], exe: &mut Exe) -> Option<()> {
    let f = fields(row);
    let (size, offset, flags) = (f.u32(16)?, f.u32(20)?, f.u32(36)?);
    exe.reaches(offset.into(), size.into());
    if flags & CODE != 0 && size > 0 {
        exe.code.push((offset.into(), u64::from(offset) + u64::from(size)));
    }
    if matches!(name(&row[..8]), b"UPX0" | b"UPX1" | b"UPX2") {
        exe.packer = Some("upx");
    }
    Some(())
}

fn machine(number: u16) -> Option<&'static str> {
    match number {
        0x014c => Some("386"),
        0x8664 => Some("amd64"),
        0x01c0 | 0x01c4 => Some("arm"),
        0xaa64 => Some("arm64"),
        _ => None,
    }
}
