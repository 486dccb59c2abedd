//! Go programs in formats whose headers are not read: WebAssembly, XCOFF (AIX) and Plan 9. That they are ones is told, and nothing else of them.

use super::has_go_fields;
use crate::marks::Mark;
use crate::sniff::Kind;
use crate::store::Part;

/// Sections of a module that are looked at.
const MOST_SECTIONS: usize = 1000;
/// Of a section that names its producers so many bytes.
const PRODUCERS: usize = 4096;

/// XCOFF of 32 and 64 bits (AIX, `xcoff.h`), and Plan 9's a.out for 386, amd64 and arm (`a.out(6)`).
const HEADERS: &[&[u8]] = &[b"\x01\xdf", b"\x01\xf7", b"\0\0\x01\xeb", b"\0\0\x8a\x97", b"\0\0\x06\x47"];

/// Whether it is machine code of such a format that Go's linker wrote.
pub(super) fn is_go(part: &Part<'_>, kind: Kind, head: &[u8], hits: &[(u64, Mark)]) -> bool {
    let has_tables = || hits.iter().any(|(at, mark)| has_go_fields(part, *at, *mark));
    match kind {
        Kind::Wasm => has_tables() || tells_of_go(part),
        Kind::Plain => HEADERS.iter().any(|header| head.starts_with(header)) && has_tables(),
        _ => false,
    }
}

/// By the custom sections that the linker writes (cmd/link/internal/wasm/asm.go, Go 1.21 to 1.26). They can be left out; the function table cannot.
fn tells_of_go(module: &Part<'_>) -> bool {
    let mut at = 8;
    for _ in 0..MOST_SECTIONS {
        let Some((id, start, size)) = section(module, at) else { return false };
        let custom = || module.bytes(start, PRODUCERS.min(usize::try_from(size).unwrap_or(PRODUCERS)));
        if id == 0
            && let Ok(content) = custom()
            && is_gos(&content)
        {
            return true;
        }
        at = start.saturating_add(size);
    }
    false
}

fn is_gos(custom: &[u8]) -> bool {
    let named = |name: &[u8]| custom.first() == Some(&(name.len() as u8)) && custom[1..].starts_with(name);
    let by_go = || memchr::memmem::find(custom, b"Go cmd/compile").is_some();
    named(b"go:buildid") || named(b"go.buildid") || (named(b"producers") && by_go())
}

/// A section's number, where its content begins and how long it is: an unsigned LEB128 (WebAssembly 2.0, 5.5.2).
fn section(module: &Part<'_>, at: u64) -> Option<(u8, u64, u64)> {
    let header = module.bytes(at, 6).ok()?;
    let (id, rest) = header.split_first()?;
    let end = rest.iter().position(|byte| byte & 0x80 == 0)?;
    let digits = rest[..=end].iter().rev();
    let size = digits.fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
    Some((*id, at + 2 + end as u64, size))
}
