//! zip archives (APPNOTE.TXT 6.3.10): the central directory decides, and whatever the local headers say differently is refused.

use super::compressed::Frames;
use super::{Budget, Member, MemberKind, Metered, Packed, Visitor, refuse};
use crate::store::Part;
use crate::walk::shown_name;
use assize_facts::{Limits, reason};
use rawzip::extra_fields::{ExtraFieldId, ExtraFields};
use rawzip::{
    CompressionMethod, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveEntryWayfinder, ZipEntry, ZipLocator,
    ZipVerification,
};
use std::io::{self, Read};

/// Padding and descriptors; no program is so small.
const SMALL: u64 = 64;

/// Methods that stand for streams with headers of their own (APPNOTE.TXT 4.4.5): bzip2, Zstandard and xz.
const FRAMED: [u16; 3] = [12, 93, 95];

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
    let (mut entries, mut taken) = (Vec::new(), Vec::new());
    for record in &records {
        let entry = located(&archive, record, &mut buffer)?;
        let (content, to) = entry.compressed_data_range();
        visitor.seam(record.header, content);
        taken.push((record.header, to));
        entries.push(entry);
    }
    visitor.seam(archive.directory_offset(), archive.end_offset());
    gaps_between(&mut taken, &archive, part.len(), visitor)?;
    // One for all members: new ones for each would leave holes of their size among what the visitor keeps.
    let mut inflater = Inflater::default();
    for (record, entry) in records.iter().zip(entries) {
        one(part, record, entry, budget, &mut inflater, visitor)?;
    }
    Ok(())
}

/// The regular files that a zip's directory names, each with where it lies.
pub(super) fn places(part: Part<'_>, limits: &Limits) -> io::Result<Vec<(String, Packed)>> {
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = locate(part, &mut buffer).ok_or_else(|| damaged("no central directory"))?;
    let records = directory(&archive, &mut buffer, limits)?;
    let mut places = Vec::with_capacity(records.len());
    for record in records.into_iter().filter(|r| r.member.kind == MemberKind::File && !r.encrypted) {
        let (from, to) = located(&archive, &record, &mut buffer)?.compressed_data_range();
        let method = record.method.as_u16();
        places.push((record.member.name, Packed { from, to, size: record.member.size, method }));
    }
    Ok(places)
}

/// What lies at a place of a zip, of at most `limit` bytes. Whether it is what was there before the caller has to see.
pub(super) fn unpacked(part: Part<'_>, place: &Packed, limit: u64) -> io::Result<Vec<u8>> {
    let packed = part.slice(place.from, place.to);
    let method = CompressionMethod::from(place.method);
    if method == CompressionMethod::DEFLATE
        && let Some(plain) = Inflater::default().at_once(packed, place.size.min(limit.saturating_add(1)))?
    {
        return Ok(plain.to_vec());
    }
    let mut bytes = Vec::new();
    let most = limit.saturating_add(1);
    match method {
        CompressionMethod::STORE => packed.reader().take(most).read_to_end(&mut bytes)?,
        CompressionMethod::DEFLATE => {
            flate2::read::DeflateDecoder::new(packed.reader()).take(most).read_to_end(&mut bytes)?
        }
        _ if FRAMED.contains(&place.method) => Frames::of(packed.reader()).take(most).read_to_end(&mut bytes)?,
        _ => return Err(damaged("a member is packed in a way that is not known")),
    };
    Ok(bytes)
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

type Located<'z, 'p> = ZipEntry<'z, Part<'p>>;

/// Where a member's data lie; the local header before them must name the same member.
fn located<'z, 'p>(
    archive: &'z ZipArchive<Part<'p>>,
    record: &Record,
    buffer: &mut [u8],
) -> io::Result<Located<'z, 'p>> {
    let entry = archive.get_entry(record.way).map_err(io::Error::other)?;
    let local = entry.local_header(buffer).map_err(io::Error::other)?;
    if local.file_path().as_bytes() != record.raw_name {
        return Err(damaged("a local header names another member"));
    }
    one_name(&record.raw_name, local.extra_fields())?;
    if local.compression_method() != record.method {
        return Err(damaged("a local header has another method"));
    }
    if entry.compressed_data_range().1 > archive.directory_offset() {
        return Err(damaged("a member reaches into the central directory"));
    }
    Ok(entry)
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
#[derive(Default)]
struct Inflater<'z, 'p> {
    pieces: Option<flate2::read::DeflateDecoder<rawzip::ZipReader<&'z Part<'p>>>>,
    whole: libdeflater::Decompressor,
    packed: Vec<u8>,
    plain: Vec<u8>,
}

impl<'z, 'p> Inflater<'z, 'p> {
    /// Packed and unpacked size of what is unpacked at once, which takes half as long as in pieces.
    const AT_ONCE: u64 = 1 << 20;

    /// A member of which the directory promises `size` bytes. None where it is too long or does not unpack to just that: what
    /// is wrong with it is said by who unpacks it in pieces.
    fn at_once(&mut self, packed: Part<'p>, size: u64) -> io::Result<Option<&[u8]>> {
        if size > Self::AT_ONCE || packed.len() > Self::AT_ONCE {
            return Ok(None);
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        self.packed = packed.filled(std::mem::take(&mut self.packed))?;
        if self.plain.len() < size {
            self.plain.resize(size, 0);
        }
        let plain = &mut self.plain[..size];
        let unpacked = self.whole.deflate_decompress(&self.packed, plain);
        Ok((unpacked == Ok(size)).then_some(plain))
    }

    fn in_pieces(&mut self, raw: rawzip::ZipReader<&'z Part<'p>>) -> impl Read {
        match &mut self.pieces {
            Some(decoder) => {
                decoder.reset(raw);
                decoder
            }
            pieces => pieces.insert(flate2::read::DeflateDecoder::new(raw)),
        }
    }
}

fn one<'z, 'p>(
    part: Part<'p>,
    record: &Record,
    entry: Located<'z, 'p>,
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
    let (from, to) = entry.compressed_data_range();
    let packed = to - record.header;
    let raw = entry.reader();
    let promised = raw.claim_verifier();
    if record.method == CompressionMethod::STORE {
        give(record, Checked::new(raw, promised), packed, budget, visitor)
    } else if record.method == CompressionMethod::DEFLATE {
        if let Some(plain) = inflater.at_once(part.slice(from, to), record.member.size)? {
            return give(record, Checked::new(plain, promised), packed, budget, visitor);
        }
        give(record, Checked::new(inflater.in_pieces(raw), promised), packed, budget, visitor)
    } else if FRAMED.contains(&record.method.as_u16()) {
        let mut frames = Frames::of(part.slice(from, to).reader());
        give(record, Checked::new(&mut frames, promised), packed, budget, visitor)?;
        match frames.trailing() {
            None => Ok(()),
            Some(_) => Err(damaged("something stands behind a member's compressed frames")),
        }
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
