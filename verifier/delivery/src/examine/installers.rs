//! Installers and disk images that no mark at their beginning tells apart from other data. They are not opened.

use crate::store::Part;

/// A compound file, which holds a Windows Installer's database as well as older documents of an office ([MS-CFB] 2.2).
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// Of the root of a package: 000C1084-0000-0000-C000-000000000046.
const PACKAGE: &[u8] = b"\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46";
/// Where an entry of a directory has its class ([MS-CFB] 2.6.1).
const CLASS: u64 = 80;
/// A disk image of macOS ends with a trailer of that length (`libdmg`, `UDIFResourceFile`).
const TRAILER: u64 = 512;

pub(super) fn format(part: &Part<'_>, head: &[u8]) -> Option<&'static str> {
    let at = |offset: u64, wanted: &[u8]| part.bytes(offset, wanted.len()).is_ok_and(|bytes| bytes == wanted);
    if head.starts_with(COMPOUND) {
        return at(root(head)?.checked_add(CLASS)?, PACKAGE).then_some("msi");
    }
    at(part.len().checked_sub(TRAILER)?, b"koly\0\0\0\x04\0\0\x02\0").then_some("dmg")
}

/// Where the entry of the root stands: it is the first of the first sector of the directory.
fn root(head: &[u8]) -> Option<u64> {
    let shift = u16::from_le_bytes(*head.get(30..)?.first_chunk()?);
    let sector = u32::from_le_bytes(*head.get(48..)?.first_chunk()?);
    (u64::from(sector) + 1).checked_mul(1_u64.checked_shl(shift.into())?)
}
