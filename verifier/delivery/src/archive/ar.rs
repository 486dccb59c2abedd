//! `ar` archives: static libraries, Go package archives and Debian packages (ar(5); GNU and BSD long names).

use super::{Member, MemberKind, Visitor, damaged};
use crate::store::Part;
use crate::walk::shown_name;
use std::io;

pub(crate) const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: u64 = 60;
/// Longest long name that is believed (PATH_MAX).
const LONGEST_NAME: u64 = 4096;
/// Largest table of long names.
const NAME_TABLE: usize = 16 << 20;

pub(super) fn each(part: Part<'_>, visitor: &mut dyn Visitor) -> io::Result<()> {
    let mut at = MAGIC.len() as u64;
    let mut names = Vec::new();
    while at < part.len() {
        let header = part.bytes(at, HEADER as usize)?;
        let Some((raw, size)) = parse(&header) else {
            return Err(damaged("a member's header is not readable"));
        };
        let start = at + HEADER;
        let end = start.checked_add(size).filter(|end| *end <= part.len());
        let Some(end) = end else { return Err(damaged("a member is cut off")) };
        if raw == b"//" {
            names = part.slice(start, end).bytes(0, NAME_TABLE)?;
        } else {
            one(&part, raw, start, end, &names, visitor)?;
        }
        // Members begin at even offsets.
        at = end + (end & 1);
    }
    Ok(())
}

fn one(part: &Part<'_>, raw: &[u8], start: u64, end: u64, names: &[u8], visitor: &mut dyn Visitor) -> io::Result<()> {
    let mut start = start;
    let name = match long_name(raw, names) {
        Name::Plain(name) => shown_name(&name),
        Name::Inside(length) => {
            let bytes = part.bytes(start, length.min(LONGEST_NAME) as usize)?;
            start = start.saturating_add(length).min(end);
            shown_name(bytes.split(|b| *b == 0).next().unwrap_or_default())
        }
    };
    let member = Member { name, kind: MemberKind::File, size: end - start, mode: 0, capabilities: false };
    visitor.member(&member, &mut part.slice(start, end).reader())
}

fn parse(header: &[u8]) -> Option<(&[u8], u64)> {
    let name = header.get(..16)?.trim_ascii_end();
    let size = std::str::from_utf8(header.get(48..58)?).ok()?.trim().parse().ok()?;
    (header.get(58..60)? == b"`\n").then_some((name, size))
}

enum Name {
    Plain(Vec<u8>),
    /// BSD: the name is the first so many bytes of the content.
    Inside(u64),
}

fn long_name(raw: &[u8], names: &[u8]) -> Name {
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok()?.trim().parse::<u64>().ok();
    if let Some(length) = raw.strip_prefix(b"#1/").and_then(number) {
        return Name::Inside(length);
    }
    let offset = raw.strip_prefix(b"/").filter(|rest| !rest.is_empty()).and_then(number);
    let long = offset.and_then(|at| names.get(usize::try_from(at).ok()?..));
    match long {
        Some(rest) => {
            let name = rest.split(|b| *b == b'\n').next().unwrap_or_default();
            Name::Plain(name.strip_suffix(b"/").unwrap_or(name).to_vec())
        }
        None if raw.len() > 1 => Name::Plain(raw.strip_suffix(b"/").unwrap_or(raw).to_vec()),
        None => Name::Plain(raw.to_vec()),
    }
}
