//! cpio archives in the format of SVR4 (cpio(5), "New ASCII Format"), and RPM packages, which hold one (rpm, docs/manual/format_v4.md).

use super::{Member, MemberKind, Visitor, damaged};
use crate::store::Part;
use crate::walk::shown_name;
use std::io;

/// Without and with a checksum of each member.
const MAGICS: [&[u8]; 2] = [b"070701", b"070702"];
const HEADER: u64 = 110;
/// Longest name that is believed (PATH_MAX).
const LONGEST_NAME: u64 = 4096;
const TRAILER: &[u8] = b"TRAILER!!!";

pub(super) fn each(part: Part<'_>, visitor: &mut dyn Visitor) -> io::Result<()> {
    let mut at = 0;
    loop {
        let header = Header::read(&part, at)?;
        let name = part.bytes(at + HEADER, header.name as usize)?;
        let name = name.strip_suffix(b"\0").ok_or_else(|| damaged("a member's name has no end"))?;
        let start = (at + HEADER + header.name).next_multiple_of(4);
        let end = start.checked_add(header.size).filter(|end| *end <= part.len());
        let end = end.ok_or_else(|| damaged("a member is cut off"))?;
        at = end.next_multiple_of(4);
        if name == TRAILER {
            if end < part.len() {
                visitor.leftover(end, part.len());
            }
            return Ok(());
        }
        one(&part, name, &header, (start, end), visitor)?;
    }
}

fn one(
    part: &Part<'_>,
    name: &[u8],
    header: &Header,
    (start, end): (u64, u64),
    visitor: &mut dyn Visitor,
) -> io::Result<()> {
    let content = part.slice(start, end);
    let kind = match header.mode & 0o170_000 {
        0o100_000 => MemberKind::File,
        0o040_000 => MemberKind::Folder,
        0o120_000 => MemberKind::Link(shown_name(&content.bytes(0, LONGEST_NAME as usize)?)),
        0o010_000 => MemberKind::Special("fifo"),
        _ => MemberKind::Special("device"),
    };
    let (name, mode) = (shown_name(name), header.mode & 0o7777);
    let is_file = kind == MemberKind::File;
    let member = Member { name, kind, size: header.size, mode, capabilities: false };
    match is_file {
        true => visitor.member_in_place(&member, content, &mut content.reader()),
        false => visitor.member(&member, &mut io::empty()),
    }
}

struct Header {
    mode: u32,
    size: u64,
    /// Length of the name with the nought behind it.
    name: u64,
}

impl Header {
    fn read(part: &Part<'_>, at: u64) -> io::Result<Header> {
        let bytes = part.bytes(at, HEADER as usize)?;
        if bytes.len() as u64 != HEADER || !MAGICS.iter().any(|magic| bytes.starts_with(magic)) {
            return Err(damaged("a member's header is not readable"));
        }
        let field = |n: usize| {
            let digits = std::str::from_utf8(&bytes[6 + 8 * n..14 + 8 * n]).ok();
            let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
            digits.and_then(|digits| u32::from_str_radix(digits, 16).ok())
        };
        let fields = (field(1), field(6), field(11));
        let (Some(mode), Some(size), Some(name)) = fields else {
            return Err(damaged("a member's header is not readable"));
        };
        match u64::from(name) {
            name @ 1..=LONGEST_NAME => Ok(Header { mode, size: size.into(), name }),
            _ => Err(damaged("a member's name is too long")),
        }
    }
}

/// What stands before the two headers of a package, and is not read any more.
const LEAD: u64 = 96;

/// The payload of a package, compressed as it is.
pub(super) fn payload(part: Part<'_>, visitor: &mut dyn Visitor) -> io::Result<()> {
    let signature = header(&part, LEAD)?;
    let start = header(&part, signature.next_multiple_of(8))?;
    visitor.seam(4, start);
    let content = part.slice(start, part.len());
    let member =
        Member { name: "payload".into(), kind: MemberKind::File, size: content.len(), mode: 0, capabilities: false };
    visitor.member_in_place(&member, content, &mut content.reader())
}

/// Where a header ends: a magic, four bytes, the count of its entries of 16 bytes, and the length of what they point to.
fn header(part: &Part<'_>, at: u64) -> io::Result<u64> {
    let bytes = part.bytes(at, 16)?;
    let number =
        |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes).map(u64::from);
    match (bytes.starts_with(b"\x8e\xad\xe8\x01"), number(8), number(12)) {
        (true, Some(entries), Some(length)) => Some(at + 16 + 16 * entries + length),
        _ => None,
    }
    .filter(|end| *end <= part.len())
    .ok_or_else(|| damaged("a header of the package is not readable"))
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::archive::tests::{gzip_of, list, zstd_of};
    use crate::archive::xz_of;

    fn member(name: &str, mode: u32, content: &[u8]) -> Vec<u8> {
        let sizes = [1, mode, 0, 0, 1, 0, content.len() as u32, 0, 0, 0, 0, name.len() as u32 + 1, 0];
        let header = sizes.map(|size| format!("{size:08X}")).concat();
        let mut bytes = format!("070701{header}{name}\0").into_bytes();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    pub(crate) fn cpio_of(files: &[(&str, u32, &[u8])]) -> Vec<u8> {
        let members = files.iter().map(|(name, mode, content)| member(name, *mode, content));
        [members.collect::<Vec<_>>().concat(), member("TRAILER!!!", 0, b"")].concat()
    }

    pub(crate) fn rpm_of(payload: &[u8]) -> Vec<u8> {
        let header = |entries: u32, data: &[u8]| {
            let counts = [entries, data.len() as u32].map(u32::to_be_bytes).concat();
            [b"\x8e\xad\xe8\x01\0\0\0\0", &counts[..], &vec![0; 16 * entries as usize], data].concat()
        };
        let mut bytes = b"\xed\xab\xee\xdb\x03\0".to_vec();
        bytes.resize(96, 0);
        bytes.extend(header(2, b"signed"));
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        [bytes, header(1, b"hello\0"), payload.to_vec()].concat()
    }

    #[test]
    fn members_are_given_with_their_kinds_and_what_is_behind_them_too() {
        let files: [(&str, u32, &[u8]); 4] = [
            ("./usr", 0o040_755, b""),
            ("./usr/bin/hello", 0o100_755, b"program"),
            ("./bin", 0o120_777, b"usr/bin"),
            ("dev", 0o020_600, b""),
        ];
        let archive = cpio_of(&files);
        let all = ["./usr/", "./usr/bin/hello=program", "./bin->usr/bin", "dev device"];
        assert_eq!(list(archive.clone()), all.join("\n"));
        assert_eq!(list(cpio_of(&[])), "");
        assert_eq!(list([cpio_of(&[]), b"more".to_vec()].concat()), "left 4");
        for cut in [50, 120, archive.len() - 120] {
            assert!(list(archive[..cut].to_vec()).ends_with("end archive-damaged"), "cut at {cut}");
        }
        let mut odd = archive;
        odd[14] = b'+';
        assert!(list(odd).ends_with("end archive-damaged"));
    }

    #[test]
    fn the_payload_of_a_package_is_a_member() {
        let archive = cpio_of(&[("a", 0o100_644, b"text")]);
        assert_eq!(list(rpm_of(b"some text")), "payload=some text");
        let mut cut = rpm_of(b"");
        cut.truncate(130);
        assert_eq!(list(cut), "end archive-damaged");
        for packed in [gzip_of(&archive), zstd_of(&archive), xz_of(&archive), archive] {
            let found = crate::examine::tests::examined(rpm_of(&packed));
            assert!(found.contains("!a text code=no"), "{found}");
        }
    }
}
