//! Executables and archives in the middle of other files: a mark counts only where a whole header, or a whole compressed stream, follows.

use super::{File, Found, GoSigns, Seen, describe, leftover};
use crate::archive::{Budget, Metered, Xz, reason_of};
use crate::exe;
use crate::marks::{MOST_HITS, Mark};
use crate::pass::Scan;
use crate::scan;
use crate::store::Part;
use assize_facts::kinds::inventory::Format;
use assize_facts::{Known, Reason, reason};
use bzip2::bufread::BzDecoder;
use flate2::Crc;
use std::io::{self, Read};

/// More embedded files than this in one file are not looked at.
const MOST: usize = 1000;
/// A PE header lies within so many bytes of its `MZ`.
const PE_BEHIND: u64 = 1024;

/// Looks at every mark but those at `own` offsets, where the file's own headers begin.
pub(super) fn within(file: &File<'_>, scan: &Scan, own: &[u64], budget: &Budget, found: &mut Found) {
    at_marks(file, scan, |at| !own.contains(&at), budget, found);
}

/// Looks at the marks in some stretches of an archive, which are in the order of their places.
pub(super) fn between(file: &File<'_>, scan: &Scan, seams: &[(u64, u64)], budget: &Budget, found: &mut Found) {
    let is_there =
        |at: u64| seams[..seams.partition_point(|(from, _)| *from <= at)].last().is_some_and(|(_, to)| at < *to);
    if !seams.is_empty() {
        at_marks(file, scan, is_there, budget, found);
    }
}

fn at_marks(file: &File<'_>, scan: &Scan, counts: impl Fn(u64) -> bool, budget: &Budget, found: &mut Found) {
    let mut examined = 0;
    let mut behind = 0;
    for (at, mark) in &scan.hits {
        // What belongs to a compressed stream that was opened is not looked at twice.
        if *at < behind || *at >= file.part.len() || !counts(*at) {
            continue;
        }
        if examined >= MOST {
            return found.gap(reason!("limit-embedded", limit = MOST), &file.path);
        }
        match candidate(file, scan, *at, *mark, budget, found) {
            Ok(Some(end)) => {
                examined += 1;
                behind = end;
            }
            Ok(None) => {}
            Err(reason) => found.gap(reason, &file.path),
        }
    }
    if scan.overflow {
        found.gap(reason!("limit-embedded", limit = MOST_HITS), &file.path);
    }
}

/// The offset up to which further marks belong to what was found; `None` where nothing was.
fn candidate(
    file: &File<'_>,
    scan: &Scan,
    at: u64,
    mark: Mark,
    budget: &Budget,
    found: &mut Found,
) -> Result<Option<u64>, Reason> {
    match mark {
        Mark::Elf | Mark::MachO => program(file, scan, at, budget, found),
        Mark::Pe => match pe_start(&file.part, at) {
            Some(start) if start > 0 => program(file, scan, start, budget, found),
            _ => Ok(None),
        },
        Mark::Gzip => gzip(file, at, budget, found),
        Mark::Zstd => zstd(file, at, budget, found),
        Mark::Xz => xz(file, at, budget, found),
        Mark::Bzip2 => bzip2(file, at, budget, found),
        Mark::SevenZip => Ok(closed(file, at, "7z", 12, 20, found)),
        Mark::ZipEnd | Mark::GoBuildInfo | Mark::GoFunctions | Mark::Upx => Ok(None),
    }
}

/// The `MZ` whose pointer leads to the PE signature at `at`.
fn pe_start(part: &Part<'_>, at: u64) -> Option<u64> {
    let from = at.saturating_sub(PE_BEHIND);
    let before = part.bytes(from, (at - from) as usize).ok()?;
    let leads = |start: &usize| {
        let pointer = before.get(start + 0x3c..start + 0x40).and_then(|b| b.try_into().ok());
        pointer.map(u32::from_le_bytes).map(u64::from) == Some(at - from - *start as u64)
    };
    memchr::memmem::find_iter(&before, b"MZ").find(leads).map(|start| from + start as u64)
}

fn program(file: &File<'_>, scan: &Scan, at: u64, budget: &Budget, found: &mut Found) -> Result<Option<u64>, Reason> {
    let rest = file.part.slice(at, file.part.len());
    let head = rest.bytes(0, 1024 + 64).map_err(reason_of)?;
    let Some(kind) = exe::plausible(&head) else { return Ok(None) };
    let path = format!("{}!@{at:#x}", file.path);
    let exe = match exe::read(kind, &rest) {
        Ok(exe) => exe,
        Err(detail) => {
            found.gap(reason!("executable-malformed", path = &path, detail = detail), &path);
            return Ok(None);
        }
    };
    let part = rest.slice(0, exe.end);
    budget.spend(part.len())?;
    let trail = scan::scan(&part).map_err(reason_of)?.trail;
    let format = match exe.format {
        _ if exe.is_bpf_object() => Format::BpfObject,
        "elf" => Format::Elf,
        "macho" => Format::MachO,
        _ => Format::Pe,
    };
    let mut seen = Seen::new(&path, part.len(), 0, Known::Value(trail.digest.clone()), format);
    seen.executable = true.into();
    let inside = |(hit, mark): &(u64, Mark)| (*hit >= at && *hit < at + part.len()).then(|| (hit - at, *mark));
    let hits: Vec<(u64, Mark)> = scan.hits.iter().filter_map(inside).collect();
    describe(&part, &exe, &hits, &path, &mut seen);
    seen.go_signs = (!scan.overflow).then(|| GoSigns::of(&part, &hits));
    found.seen.push(seen);
    found.hold(&part, found.seen.len() - 1, trail);
    // Marks inside it still count: it may carry another.
    Ok(Some(at + 4))
}

/// A stream that decodes to its end, or at least so far, is no accident.
const ENOUGH: u64 = 64 << 10;

fn gzip(file: &File<'_>, at: u64, budget: &Budget, found: &mut Found) -> Result<Option<u64>, Reason> {
    let rest = file.part.slice(at, file.part.len());
    let flags = rest.bytes(3, 1).map_err(reason_of)?;
    // Reserved flag bits must be zero (RFC 1952 §2.3.1.2).
    if at == 0 || flags.first().is_none_or(|f| f & 0xe0 != 0) {
        return Ok(None);
    }
    let mut decoder = flate2::bufread::GzDecoder::new(rest.reader());
    if !is_stream(Metered::new(&mut decoder, rest.len(), budget))? {
        return Ok(None);
    }
    let end = at + decoder.into_inner().position();
    stream(file, at, end, budget, found)
}

fn zstd(file: &File<'_>, at: u64, budget: &Budget, found: &mut Found) -> Result<Option<u64>, Reason> {
    const WINDOW: u64 = 128 << 20;
    let rest = file.part.slice(at, file.part.len());
    let decoder = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(rest.reader(), WINDOW);
    let Some(mut decoder) = decoder.ok().filter(|_| at > 0) else { return Ok(None) };
    if !is_stream(Metered::new(&mut decoder, rest.len(), budget))? {
        return Ok(None);
    }
    let end = at + decoder.into_inner().position();
    stream(file, at, end, budget, found)
}

fn bzip2(file: &File<'_>, at: u64, budget: &Budget, found: &mut Found) -> Result<Option<u64>, Reason> {
    let rest = file.part.slice(at, file.part.len());
    if at == 0 {
        return Ok(None);
    }
    let mut decoder = BzDecoder::new(rest.reader());
    if !is_stream(Metered::new(&mut decoder, rest.len(), budget))? {
        return Ok(None);
    }
    let end = at + decoder.into_inner().position();
    stream(file, at, end, budget, found)
}

/// Its header has a checksum, so a constant in a program is told from a stream; what stands in one that cannot be read was not seen.
fn xz(file: &File<'_>, at: u64, budget: &Budget, found: &mut Found) -> Result<Option<u64>, Reason> {
    let rest = file.part.slice(at, file.part.len());
    let Ok(mut decoder) = Xz::new(rest.reader()) else { return Ok(None) };
    io::copy(&mut Metered::new(&mut decoder, rest.len(), budget), &mut io::sink()).map_err(reason_of)?;
    let end = at + decoder.into_inner().map_err(reason_of)?.position();
    stream(file, at, end, budget, found)
}

/// Decodes to the end. An error after enough came out is that of a real stream: a reason.
fn is_stream(mut decoder: impl Read) -> Result<bool, Reason> {
    match io::copy(&mut decoder.by_ref().take(ENOUGH), &mut io::sink()) {
        Err(_) | Ok(0) => Ok(false),
        Ok(ENOUGH) => io::copy(&mut decoder, &mut io::sink()).map(|_| true).map_err(reason_of),
        Ok(_) => Ok(true),
    }
}

fn stream(file: &File<'_>, at: u64, end: u64, budget: &Budget, found: &mut Found) -> Result<Option<u64>, Reason> {
    leftover(file, file.part.slice(at, end), at, budget, found);
    Ok(Some(end))
}

/// Where xz and 7z keep the checksum of their header.
const CRC: u64 = 8;

/// A closed archive's header carries a CRC-32 of `length` bytes at `start`, so a constant in a program is told from an archive.
fn closed(file: &File<'_>, at: u64, format: &str, start: u64, length: usize, found: &mut Found) -> Option<u64> {
    let covered = file.part.bytes(at + start, length).ok().filter(|b| b.len() == length)?;
    let written = file.part.bytes(at + CRC, 4).ok()?;
    let mut crc = Crc::new();
    crc.update(&covered);
    if written != crc.sum().to_le_bytes() {
        return None;
    }
    found.gap(reason!("archive-not-opened", path = format!("{}!@{at:#x}", file.path), format = format), &file.path);
    Some(at + start + length as u64)
}
