//! What a file is by its first bytes, never by its name or mode.

use crate::archive::tar_checksum_fits;
use crate::exe;
use assize_facts::kinds::inventory::Format;

/// So many first bytes are looked at: ISO 9660 has its mark at 32769.
pub(crate) const HEAD: usize = 36 << 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Empty,
    Elf,
    MachO,
    Pe,
    /// COFF object files (Go's `.syso` on Windows) have no magic; they are known by a plausible header.
    Coff,
    /// `MZ` without a PE header.
    Dos,
    Wasm,
    GoObject,
    Bitcode,
    Ar,
    Cpio,
    Rpm,
    Bzip2,
    Tar,
    Gzip,
    Zstd,
    Xz,
    Zip,
    /// An archive, compressed file, image of a disk or encrypted container that is not opened.
    Closed(&'static str),
    /// A format that is data only and explains its own high entropy.
    Data(&'static str),
    /// Begins with `#!`.
    Script,
    /// Nothing that is known by its first bytes.
    Plain,
}

impl Kind {
    /// What the inventory calls it, as far as the first bytes say.
    pub(crate) fn format(self) -> Format {
        match self {
            Kind::Empty => Format::Empty,
            Kind::Elf => Format::Elf,
            Kind::MachO => Format::MachO,
            Kind::Pe => Format::Pe,
            Kind::Coff => Format::Coff,
            Kind::Wasm => Format::Wasm,
            Kind::GoObject => Format::GoObject,
            Kind::Bitcode => Format::Bitcode,
            Kind::Ar => Format::StaticArchive,
            Kind::Tar => Format::Tar,
            Kind::Gzip => Format::Gzip,
            Kind::Zstd => Format::Zstd,
            Kind::Xz => Format::Xz,
            Kind::Zip => Format::Zip,
            Kind::Cpio | Kind::Rpm | Kind::Bzip2 | Kind::Closed(_) => Format::OtherArchive,
            Kind::Script => Format::Script,
            Kind::Dos | Kind::Data(_) | Kind::Plain => Format::OtherBinary,
        }
    }

    /// A stream of one file, as it is packed: of a tar archive or of anything else.
    pub(crate) fn is_compressed(self) -> bool {
        matches!(self, Kind::Gzip | Kind::Zstd | Kind::Xz | Kind::Bzip2)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Empty => "empty",
            Kind::Elf => "elf",
            Kind::MachO => "macho",
            Kind::Pe => "pe",
            Kind::Coff => "coff",
            Kind::Dos => "dos",
            Kind::Wasm => "wasm",
            Kind::GoObject => "go-object",
            Kind::Bitcode => "llvm-bitcode",
            Kind::Ar => "ar",
            Kind::Cpio => "cpio",
            Kind::Rpm => "rpm",
            Kind::Bzip2 => "bzip2",
            Kind::Tar => "tar",
            Kind::Gzip => "gzip",
            Kind::Zstd => "zstd",
            Kind::Xz => "xz",
            Kind::Zip => "zip",
            Kind::Closed(name) | Kind::Data(name) => name,
            Kind::Script => "script",
            Kind::Plain => "plain",
        }
    }
}

/// `(offset, bytes, kind)`; the first that fits counts.
const MAGICS: &[(usize, &[u8], Kind)] = &[
    (0, b"\x7fELF", Kind::Elf),
    (0, b"\0asm", Kind::Wasm),
    (0, b"go object ", Kind::GoObject),
    (0, b"\0go1", Kind::GoObject),
    (0, b"BC\xc0\xde", Kind::Bitcode),
    (0, b"\xde\xc0\x17\x0b", Kind::Bitcode),
    (0, b"!<arch>\n", Kind::Ar),
    (0, b"!<thin>\n", Kind::Closed("thin-ar")),
    (0, b"\x1f\x8b\x08", Kind::Gzip),
    (0, b"\x28\xb5\x2f\xfd", Kind::Zstd),
    (0, b"PK\x03\x04", Kind::Zip),
    (0, b"PK\x05\x06", Kind::Zip),
    (0, b"PK\x07\x08", Kind::Zip),
    (0, b"\xfd7zXZ\0", Kind::Xz),
    (0, b"7z\xbc\xaf\x27\x1c", Kind::Closed("7z")),
    (0, b"Rar!\x1a\x07", Kind::Closed("rar")),
    (0, b"\x04\x22\x4d\x18", Kind::Closed("lz4")),
    (0, b"\x02\x21\x4c\x18", Kind::Closed("lz4")),
    (0, b"LZIP", Kind::Closed("lzip")),
    (0, b"\x89LZO\0", Kind::Closed("lzop")),
    (0, b"\xff\x06\0\0sNaPpY", Kind::Closed("snappy")),
    (0, b"\x1f\x9d", Kind::Closed("compress")),
    (0, b"070701", Kind::Cpio),
    (0, b"070702", Kind::Cpio),
    (0, b"07070X", Kind::Closed("cpio")),
    (0, b"070707", Kind::Closed("cpio")),
    (0, b"\xc7\x71", Kind::Closed("cpio")),
    (0, b"MSCF\0\0\0\0", Kind::Closed("cab")),
    (0, b"hsqs", Kind::Closed("squashfs")),
    (0, b"sqsh", Kind::Closed("squashfs")),
    (0, b"\xed\xab\xee\xdb", Kind::Rpm),
    (0, b"QFI\xfb", Kind::Closed("qcow2")),
    (0, b"KDMV", Kind::Closed("vmdk")),
    (0, b"conectix", Kind::Closed("vhd")),
    (0, b"vhdxfile", Kind::Closed("vhdx")),
    (64, b"\x7f\x10\xda\xbe", Kind::Closed("vdi")),
    (0, b"MSWIM\0\0\0", Kind::Closed("wim")),
    (0, b"XFSB\0\0", Kind::Closed("xfs")),
    (0, b"\x45\x3d\xcd\x28", Kind::Closed("cramfs")),
    (0, b"-rom1fs-", Kind::Closed("romfs")),
    // Behind a line that starts it (apptainer/sif, header.go).
    (32, b"SIF_MAGIC\0", Kind::Closed("sif")),
    (0, b"Cr24", Kind::Closed("crx")),
    (0, b"xar!", Kind::Closed("xar")),
    (0, b"BZh", Kind::Bzip2),
    (0, b"\x5d\0\0", Kind::Closed("lzma")),
    (0, b"Salted__", Kind::Closed("openssl-encrypted")),
    (0, b"age-encryption.org/", Kind::Closed("age-encrypted")),
    (0, b"-----BEGIN PGP MESSAGE", Kind::Closed("pgp-encrypted")),
    (0, b"LUKS\xba\xbe", Kind::Closed("luks")),
    (1024, b"\xe2\xe1\xf5\xe0", Kind::Closed("erofs")),
    (1080, b"\x53\xef", Kind::Closed("ext")),
    (32769, b"CD001", Kind::Closed("iso9660")),
    (0, b"\x89PNG\r\n\x1a\n", Kind::Data("png")),
    (0, b"\xff\xd8\xff", Kind::Data("jpeg")),
    (0, b"GIF8", Kind::Data("gif")),
    (0, b"RIFF", Kind::Data("riff")),
    (4, b"ftyp", Kind::Data("mp4")),
    (0, b"OggS", Kind::Data("ogg")),
    (0, b"fLaC", Kind::Data("flac")),
    (0, b"ID3", Kind::Data("mp3")),
    (0, b"%PDF-", Kind::Data("pdf")),
    (0, b"wOFF", Kind::Data("woff")),
    (0, b"wOF2", Kind::Data("woff2")),
    (0, b"OTTO", Kind::Data("otf")),
    (0, b"\0\x01\0\0\0", Kind::Data("ttf")),
    (0, b"\0\0\x01\0", Kind::Data("ico")),
    (0, b"II*\0", Kind::Data("tiff")),
    (0, b"MM\0*", Kind::Data("tiff")),
    (0, b"SQLite format 3\0", Kind::Data("sqlite")),
    (0, b"DIRC", Kind::Data("git-index")),
    (0, b"PACK", Kind::Data("git-pack")),
    (0, b"\xfftOc", Kind::Data("git-pack-index")),
    (0, b"#!", Kind::Script),
];

/// What a file of `len` bytes is that begins with `head` (its first [`HEAD`] bytes or all of it).
pub(crate) fn kind(head: &[u8], len: u64) -> Kind {
    if head.is_empty() {
        return Kind::Empty;
    }
    if let Some(kind) = exe::kind_by_header(head, len) {
        return kind;
    }
    if is_tar(head) {
        return Kind::Tar;
    }
    let fits = |(at, magic, kind): &(usize, &[u8], Kind)| {
        let there = head.get(*at) == magic.first() && head[*at..].starts_with(magic);
        (there && believable(*kind, head)).then_some(*kind)
    };
    // Skippable frames may come first (RFC 8878 §3.1.2); lz4 has them too.
    let is_skippable = matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
    MAGICS.iter().find_map(fits).unwrap_or(if is_skippable { Kind::Zstd } else { Kind::Plain })
}

/// Short marks need a second look, or a text that begins with them would be an archive.
fn believable(kind: Kind, head: &[u8]) -> bool {
    match kind {
        // Compression type and block size byte follow (compress: bits 9 to 16).
        Kind::Closed("compress") => head.get(2).is_some_and(|b| (9..=16).contains(&(b & 0x1f))),
        Kind::Closed("ext") => head.len() > 1084 && head[..1024].iter().all(|b| *b == 0),
        Kind::Cpio | Kind::Closed("cpio") if head.starts_with(b"0707") => {
            head.get(6..14).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        }
        Kind::Closed("lzip") => head.get(4) == Some(&1),
        // The level, then the block's magic (π) or that of an empty stream (√π).
        Kind::Bzip2 => head.get(4..10).is_some_and(|b| b == b"1AY&SY" || b == b"\x17\x72\x45\x38\x50\x90"),
        // The uncompressed size: unknown (all ones) or below 2^40.
        Kind::Closed("lzma") => {
            head.get(5..13).is_some_and(|size| size.iter().all(|b| *b == 0xff) || size[5..].iter().all(|b| *b == 0))
        }
        Kind::GoObject => head.starts_with(b"go object ") || head.get(6..8) == Some(b"ld"),
        _ => true,
    }
}

fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<512>() else { return false };
    block[0] != 0 && (block[257..].starts_with(b"ustar") || plain_v7(block)) && tar_checksum_fits(block)
}

/// A v7 header has no magic: its numbers are octal text, and the name is not empty.
fn plain_v7(block: &[u8; 512]) -> bool {
    let octal = |field: &[u8]| field.iter().all(|b| matches!(b, b'0'..=b'7' | b' ' | 0));
    block[257..].iter().all(|b| *b == 0) && octal(&block[100..156]) && block[124..136].iter().any(|b| *b != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_known_by_their_first_bytes() {
        let cases: &[(&[u8], Kind)] = &[
            (b"", Kind::Empty),
            (b"\x1f\x8b\x08\0", Kind::Gzip),
            (b"\x5f\x2a\x4d\x18\0\0\0\0", Kind::Zstd),
            (b"BZh91AY&SY", Kind::Bzip2),
            (b"BZhang wrote this", Kind::Plain),
            (b"#!/bin/sh\n", Kind::Script),
            (b"#!/usr/bin/env run-singularity\n\0SIF_MAGIC\0", Kind::Closed("sif")),
            (b"ustar is a tar format", Kind::Plain),
            (b"070701 is a number", Kind::Plain),
            (b"MZ is a pair of letters", Kind::Plain),
            (b"hello", Kind::Plain),
            (b"\0go120ld", Kind::GoObject),
            (b"go object linux amd64 go1.26.8\n", Kind::GoObject),
        ];
        for (head, kind) in cases {
            assert_eq!(super::kind(head, head.len() as u64), *kind, "{:?}", String::from_utf8_lossy(head));
        }
    }
}
