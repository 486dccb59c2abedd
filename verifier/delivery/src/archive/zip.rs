//! zip archives (APPNOTE.TXT 6.3.10): the central directory decides, and whatever the local headers say differently is refused.

use super::{Budget, Member, MemberKind, Metered, Visitor, refuse};
use crate::store::Part;
use crate::walk::shown_name;
use assize_facts::{Limits, reason};
use rawzip::extra_fields::{ExtraFieldId, ExtraFields};
use rawzip::{
    CompressionMethod, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveEntryWayfinder, ZipLocator, ZipVerification,
};
use std::io::{self, Read};

/// Padding and descriptors; no program is so small.
const SMALL: u64 = 64;

fn locate<'a>(part: Part<'a>, buffer: &mut [u8]) -> Option<ZipArchive<Part<'a>>> {
    ZipLocator::new().locate_in_reader(part, buffer, part.len()).ok()
}

/// Whether the file ends in a central directory that a zip reader would take, whatever stands before it. An empty archive has nothing to hide and does not count.
pub(crate) fn has_directory(part: &Part<'_>) -> bool {
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let Some(archive) = locate(*part, &mut buffer) else { return false };
    matches!(archive.entries(&mut buffer).next_entry(), Ok(Some(_)))
}

/// A central directory record, as far as it is needed after the directory was read.
struct Record {
    member: Member,
    raw_name: Vec<u8>,
    method: CompressionMethod,
    encrypted: bool,
    way: ZipArchiveEntryWayfinder,
    header: u64,
}

pub(super) fn each(part: Part<'_>, budget: &Budget, visitor: &mut dyn Visitor) -> io::Result<()> {
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = locate(part, &mut buffer).ok_or_else(|| damaged("no central directory"))?;
    let records = directory(&archive, &mut buffer, budget.limits())?;
    let mut taken = Vec::new();
    for record in &records {
        let (from, content, to) = extent(&archive, record, &mut buffer)?;
        visitor.seam(from, content);
        taken.push((from, to));
    }
    visitor.seam(archive.directory_offset(), archive.end_offset());
    gaps_between(&mut taken.clone(), &archive, part.len(), visitor)?;
    // One for all members: new ones for each would leave holes of their size among what the visitor keeps.
    let mut inflater = None;
    for (record, (from, to)) in records.iter().zip(&taken) {
        one(&archive, record, to - from, budget, &mut inflater, visitor)?;
    }
    Ok(())
}

fn directory(archive: &ZipArchive<Part<'_>>, buffer: &mut [u8], limits: &Limits) -> io::Result<Vec<Record>> {
    let mut records = Vec::new();
    let mut entries = archive.entries(buffer);
    while let Some(entry) = entries.next_entry().map_err(io::Error::other)? {
        if records.len() as u64 >= limits.entries {
            return Err(refuse(reason!("limit-entries", limit = limits.entries)));
        }
        let raw_name = entry.file_path().as_ref().to_vec();
        let mode = entry.mode().value();
        let is_link = mode & 0o170000 == 0o120000;
        let kind = match (entry.is_dir(), is_link) {
            (true, _) => MemberKind::Folder,
            (false, true) => MemberKind::Link(String::new()),
            (false, false) => MemberKind::File,
        };
        let size = entry.uncompressed_size_hint();
        // Whoever unpacks it passes over that. (Deflate writes some bytes of nothing.)
        if kind == MemberKind::Folder && (size > 0 || entry.compressed_size_hint() > SMALL) {
            return Err(damaged("a folder claims to have content"));
        }
        one_name(&raw_name, entry.extra_fields())?;
        records.push(Record {
            member: Member { name: shown_name(&raw_name), kind, size, mode: mode & 0o7777, capabilities: false },
            raw_name,
            method: entry.compression_method(),
            encrypted: entry.flags().is_encrypted() || entry.flags().is_masked(),
            way: entry.wayfinder(),
            header: entry.local_header_offset(),
        });
    }
    if records.len() as u64 != archive.entries_hint() {
        return Err(damaged("the central directory's count is wrong"));
    }
    Ok(records)
}

/// A name in Unicode beside the ordinary one goes first for some readers and is unknown to others (APPNOTE.TXT 4.6.9): it may differ only in letters
/// that an old code page has no other way to write.
fn one_name(raw: &[u8], extra: ExtraFields<'_>) -> io::Result<()> {
    let unicode = extra.filter(|(id, _)| *id == ExtraFieldId::INFO_ZIP_UNICODE_PATH);
    // A version and a checksum stand before it.
    let mut names = unicode.map(|(_, field)| field.get(5..).and_then(|name| std::str::from_utf8(name).ok()));
    let agrees = |name: &str| {
        let letter = |(byte, letter): (&u8, char)| {
            byte.is_ascii() == letter.is_ascii() && (!byte.is_ascii() || char::from(*byte) == letter)
        };
        name.as_bytes() == raw || (name.chars().count() == raw.len() && raw.iter().zip(name.chars()).all(letter))
    };
    match names.all(|name| name.is_some_and(agrees)) {
        true => Ok(()),
        false => Err(damaged("a member has two names")),
    }
}

/// Where a member's local header begins, and its data begin and end; the local header must name the same member.
fn extent(archive: &ZipArchive<Part<'_>>, record: &Record, buffer: &mut [u8]) -> io::Result<(u64, u64, u64)> {
    let entry = archive.get_entry(record.way).map_err(io::Error::other)?;
    let (begin, end) = entry.compressed_data_range();
    let local = entry.local_header(buffer).map_err(io::Error::other)?;
    if local.file_path().as_bytes() != record.raw_name {
        return Err(damaged("a local header names another member"));
    }
    one_name(&record.raw_name, local.extra_fields())?;
    if local.compression_method() != record.method {
        return Err(damaged("a local header has another method"));
    }
    if end > archive.directory_offset() {
        return Err(damaged("a member reaches into the central directory"));
    }
    Ok((record.header, begin, end))
}

/// Overlapping members are a bomb or a trick; bytes outside all members are told. A data descriptor (at most 24 bytes) or alignment padding is none.
fn gaps_between(
    taken: &mut [(u64, u64)],
    archive: &ZipArchive<Part<'_>>,
    len: u64,
    visitor: &mut dyn Visitor,
) -> io::Result<()> {
    taken.sort_unstable();
    let mut at = 0;
    for (from, to) in taken.iter() {
        if *from < at {
            return Err(damaged("members overlap"));
        }
        if from - at > SMALL {
            visitor.leftover(at, *from);
        }
        at = *to;
    }
    let directory = archive.directory_offset();
    if directory.saturating_sub(at) > SMALL {
        visitor.leftover(at, directory);
    }
    if len > archive.end_offset() {
        visitor.leftover(archive.end_offset(), len);
    }
    Ok(())
}

/// What unpacks the members of an archive, one after the other.
type Inflater<'z, 'p> = Option<flate2::read::DeflateDecoder<rawzip::ZipReader<&'z Part<'p>>>>;

fn one<'z, 'p>(
    archive: &'z ZipArchive<Part<'p>>,
    record: &Record,
    packed: u64,
    budget: &Budget,
    inflater: &mut Inflater<'z, 'p>,
    visitor: &mut dyn Visitor,
) -> io::Result<()> {
    if record.member.kind == MemberKind::Folder {
        return visitor.member(&record.member, &mut io::empty());
    }
    if record.encrypted {
        visitor.gap(reason!("archive-encrypted", member = &record.member.name));
        return Ok(());
    }
    let entry = archive.get_entry(record.way).map_err(io::Error::other)?;
    let raw = entry.reader();
    let promised = raw.claim_verifier();
    if record.method == CompressionMethod::STORE {
        give(record, Checked::new(raw, promised), packed, budget, visitor)
    } else if record.method == CompressionMethod::DEFLATE {
        let decoder = match inflater {
            Some(decoder) => {
                decoder.reset(raw);
                decoder
            }
            None => inflater.insert(flate2::read::DeflateDecoder::new(raw)),
        };
        give(record, Checked::new(decoder, promised), packed, budget, visitor)
    } else {
        let method = record.method.as_u16();
        visitor.gap(reason!("archive-method", member = &record.member.name, method = method));
        Ok(())
    }
}

/// Compares size and checksum with what the directory says, as soon as all is read that it promises. (The library's
/// own checksum takes a third as long as unpacking.)
struct Checked<R> {
    content: R,
    promised: ZipVerification,
    size: u64,
    crc: crc32fast::Hasher,
}

impl<R: Read> Checked<R> {
    fn new(content: R, promised: ZipVerification) -> Checked<R> {
        Checked { content, promised, size: 0, crc: crc32fast::Hasher::new() }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let n = self.content.read(buf)?;
        self.crc.update(&buf[..n]);
        self.size += n as u64;
        if n == 0 || self.size >= self.promised.uncompressed_size {
            let found = ZipVerification { crc: self.crc.clone().finalize(), uncompressed_size: self.size };
            self.promised.valid(found).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
        Ok(n)
    }
}

fn give(
    record: &Record,
    content: impl Read,
    packed: u64,
    budget: &Budget,
    visitor: &mut dyn Visitor,
) -> io::Result<()> {
    let mut content = Metered::new(content, packed, budget);
    if let MemberKind::Link(_) = record.member.kind {
        let mut target = Vec::new();
        content.take(4096).read_to_end(&mut target)?;
        let kind = MemberKind::Link(shown_name(&target));
        return visitor.member(&Member { kind, ..record.member.clone() }, &mut io::empty());
    }
    visitor.member(&record.member, &mut content)?;
    // What the visitor left is read too: the checksum is compared at the end.
    io::copy(&mut content, &mut io::sink())?;
    Ok(())
}

fn damaged(detail: &str) -> io::Error {
    refuse(reason!("archive-damaged", detail = detail))
}
