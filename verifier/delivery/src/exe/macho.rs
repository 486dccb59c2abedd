//! Mach-O headers, thin and fat (Apple's mach-o/loader.h and mach-o/fat.h).

use super::{Exe, Fields, TABLE, name};
use crate::archive;
use crate::store::Part;

/// A companion file of debugging information alone (`mach-o/loader.h`): neither the kernel nor dyld loads one.
const MH_DSYM: u32 = 10;
const LC_SEGMENT: u32 = 0x1;
const LC_SEGMENT_64: u32 = 0x19;
/// More slices than any tool writes: the rest is not looked at, and said so.
const MOST_SLICES: u32 = 64;

struct Magic {
    wide: bool,
    big: bool,
    fat: bool,
}

fn magic(head: &[u8]) -> Option<Magic> {
    let thin = |wide, big| Some(Magic { wide, big, fat: false });
    match head.get(..4)? {
        [0xfe, 0xed, 0xfa, 0xce] => thin(false, true),
        [0xfe, 0xed, 0xfa, 0xcf] => thin(true, true),
        [0xce, 0xfa, 0xed, 0xfe] => thin(false, false),
        [0xcf, 0xfa, 0xed, 0xfe] => thin(true, false),
        [0xca, 0xfe, 0xba, 0xbe] => Some(Magic { wide: false, big: true, fat: true }),
        [0xca, 0xfe, 0xba, 0xbf] => Some(Magic { wide: true, big: true, fat: true }),
        _ => None,
    }
}

/// Java class files share the fat magic; there the next four bytes are a version of at least 45, and no CPU type follows.
pub(super) fn is_header(head: &[u8]) -> bool {
    let Some(magic) = magic(head) else { return false };
    let f = Fields { bytes: head, big: magic.big };
    if !magic.fat {
        return true;
    }
    f.u32(4).is_some_and(|n| n < 45) || f.u32(8).is_some_and(|cpu| cpu_name(cpu).is_some())
}

pub(super) fn is_whole_header(head: &[u8]) -> bool {
    let whole = || {
        let magic = magic(head).filter(|m| !m.fat)?;
        let f = Fields { bytes: head, big: magic.big };
        let (commands, bytes) = (f.u32(16)?, f.u32(20)?);
        let fits = (1..=4096).contains(&commands) && bytes >= commands * 8 && bytes < (1 << 20);
        Some(cpu_name(f.u32(4)?).is_some() && (1..=12).contains(&f.u32(12)?) && fits)
    };
    whole().unwrap_or(false)
}

pub(super) fn read(part: &Part<'_>) -> Result<Exe, String> {
    let head = part.bytes(0, 32).map_err(|e| e.to_string())?;
    let magic = magic(&head).ok_or("its first bytes are no Mach-O magic")?;
    if magic.fat { fat(part, &magic) } else { thin(part, &magic, &head) }
}

/// `(offset, size)` of each slice.
fn slices(part: &Part<'_>, magic: &Magic) -> Result<Vec<(u64, u64)>, String> {
    let head = part.bytes(4, 4).map_err(|e| e.to_string())?;
    let count = Fields { bytes: &head, big: true }.u32(0).ok_or("its header is cut off")?;
    if count == 0 || count > MOST_SLICES {
        return Err(format!("it has {count} slices"));
    }
    let size = if magic.wide { 32 } else { 20 };
    let table = part.bytes(8, size * count as usize).map_err(|e| e.to_string())?;
    let row = |row: &[u8]| {
        let f = Fields { bytes: row, big: true };
        if magic.wide { Some((f.u64(8)?, f.u64(16)?)) } else { Some((f.u32(8)?.into(), f.u32(12)?.into())) }
    };
    let rows: Option<Vec<(u64, u64)>> = table.chunks(size).map(row).collect();
    rows.ok_or_else(|| "its table of slices is cut off".into())
}

/// Whether two slices share bytes, or one has some of the table of slices: no tool writes that, and who reads it sees another file than the next.
fn overlap(slices: &[(u64, u64)], table: u64) -> bool {
    let mut sorted = slices.to_vec();
    sorted.sort_unstable();
    let mut at = table;
    sorted.iter().any(|(offset, size)| {
        let overlaps = *offset < at;
        at = offset.saturating_add(*size);
        overlaps
    })
}

fn fat(part: &Part<'_>, magic: &Magic) -> Result<Exe, String> {
    let mut exe = Exe::new("macho");
    let mut machines = Vec::new();
    let slices = slices(part, magic)?;
    let table = 8 + slices.len() as u64 * if magic.wide { 32 } else { 20 };
    if overlap(&slices, table) {
        return Err("its slices overlap".into());
    }
    for (offset, size) in slices {
        let end = offset.saturating_add(size);
        if end > part.len() {
            return Err("a slice reaches past the end of the file".into());
        }
        let slice = part.slice(offset, end);
        let head = slice.bytes(0, 32).map_err(|e| e.to_string())?;
        exe.reaches(0, end);
        exe.slices.push(offset..end);
        // A library of objects for each machine (libtool(1)).
        if head.starts_with(archive::AR) {
            machines.push("ar".into());
            continue;
        }
        let inner = self::magic(&head).filter(|m| !m.fat).ok_or("a slice is no Mach-O file")?;
        let one = thin(&slice, &inner, &head)?;
        exe.go_section |= one.go_section && !one.without_code;
        exe.code.extend(one.code.iter().map(|(from, to)| (from + offset, to + offset)));
        exe.role = one.role;
        machines.push(one.machine);
    }
    exe.machine = machines.join("+");
    Ok(exe)
}

fn thin(part: &Part<'_>, magic: &Magic, head: &[u8]) -> Result<Exe, String> {
    let f = Fields { bytes: head, big: magic.big };
    let cut = || "its header is cut off".to_string();
    let (Some(cpu), Some(file_type), Some(count), Some(size)) = (f.u32(4), f.u32(12), f.u32(16), f.u32(20)) else {
        return Err(cut());
    };
    let mut exe = Exe::new("macho");
    exe.machine = cpu_name(cpu).map_or_else(|| format!("cpu-{cpu}"), String::from);
    exe.role = role(file_type);
    exe.without_code = file_type == MH_DSYM;
    let start: u64 = if magic.wide { 32 } else { 28 };
    if u64::from(size) + start > part.len() || size as usize > TABLE {
        return Err("its load commands reach past the end of the file".into());
    }
    exe.reaches(start, size.into());
    let commands = part.bytes(start, size as usize).map_err(|e| e.to_string())?;
    let mut at = 0_usize;
    for _ in 0..count {
        let f = Fields { bytes: &commands, big: magic.big };
        let (Some(command), Some(length)) = (f.u32(at), at.checked_add(4).and_then(|a| f.u32(a))) else {
            return Err("its load commands are cut off".into());
        };
        let end = at.saturating_add(length as usize);
        let Some(bytes) = commands.get(at..end).filter(|b| b.len() >= 8) else {
            return Err("a load command has a wrong size".into());
        };
        segment(command, Fields { bytes, big: magic.big }, &mut exe);
        at = end;
    }
    Ok(exe)
}

fn segment(command: u32, f: Fields<'_>, exe: &mut Exe) -> Option<()> {
    let wide = match command {
        LC_SEGMENT => false,
        LC_SEGMENT_64 => true,
        _ => return Some(()),
    };
    let (offset, size, protection, count, start, row) = match wide {
        true => (f.u64(40)?, f.u64(48)?, f.u32(60)?, f.u32(64)?, 72, 80),
        false => (f.u32(32)?.into(), f.u32(36)?.into(), f.u32(44)?, f.u32(48)?, 56, 68),
    };
    exe.reaches(offset, size);
    if protection & 4 != 0 {
        exe.code.push((offset, offset.saturating_add(size)));
    }
    for section in f.bytes.get(start..)?.chunks_exact(row).take(count as usize) {
        let label = name(&section[..16]);
        exe.go_section |= label == b"__go_buildinfo" || label == b"__gopclntab";
    }
    Some(())
}

fn role(number: u32) -> String {
    match number {
        1 => "rel".into(),
        2 => "exec".into(),
        4 => "core".into(),
        6 | 8 => "dyn".into(),
        other => format!("type-{other}"),
    }
}

fn cpu_name(cpu: u32) -> Option<&'static str> {
    match cpu {
        7 => Some("386"),
        0x0100_0007 => Some("amd64"),
        12 => Some("arm"),
        0x0100_000c => Some("arm64"),
        18 => Some("ppc"),
        0x0100_0012 => Some("ppc64"),
        _ => None,
    }
}
