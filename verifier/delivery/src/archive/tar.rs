//! tar streams: v7, ustar, GNU and pax (POSIX.1-2017 pax, GNU tar manual "Basic Tar Format"). Whatever two readers could take differently is refused.

use super::{Member, MemberKind, Visitor, refuse};
use crate::exe;
use crate::store::{Part, PartReader};
use crate::walk::shown_name;
use assize_facts::{Reason, reason};
use std::io::{self, Read};

pub(crate) const BLOCK: usize = 512;
/// Longest long name or pax header that is believed.
const LONGEST_HEADER: u64 = 1 << 20;

/// A stream whose bytes can be passed over, quicker than by reading them where it knows how.
pub(super) trait Stream: Read {
    /// How many bytes were passed over; fewer only at the end.
    fn skip(&mut self, bytes: u64) -> io::Result<u64>;
}

impl Stream for PartReader<'_> {
    fn skip(&mut self, bytes: u64) -> io::Result<u64> {
        Ok(PartReader::skip(self, bytes))
    }
}

/// A stream that only goes forward.
pub(super) struct Forward<R>(pub R);

impl<R: Read> Read for Forward<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl<R: Read> Stream for Forward<R> {
    fn skip(&mut self, bytes: u64) -> io::Result<u64> {
        io::copy(&mut self.0.by_ref().take(bytes), &mut io::sink())
    }
}

/// A member and where its content lies in the archive.
pub(crate) struct Place {
    pub member: Member,
    pub from: u64,
    pub to: u64,
}

/// Where every member of a tar archive lies, without reading their contents.
pub(crate) fn places(part: Part<'_>, visitor: &mut dyn FnMut(Place) -> io::Result<()>) -> io::Result<()> {
    let mut only = Only(visitor);
    walk(&mut Counted { stream: part.reader(), at: 0 }, &mut only)
}

struct Only<'a>(&'a mut dyn FnMut(Place) -> io::Result<()>);

impl Takes for Only<'_> {
    fn member(&mut self, member: &Member, from: u64, _: &mut dyn Read) -> io::Result<()> {
        let size = if member.kind == MemberKind::File { member.size } else { 0 };
        (self.0)(Place { member: member.clone(), from, to: from.saturating_add(size) })
    }

    fn gap(&mut self, _: Reason) {}
}

/// Gives every member with its place in the archive.
pub(super) fn each_in_place(part: Part<'_>, visitor: &mut dyn Visitor) -> io::Result<()> {
    walk(&mut Counted { stream: part.reader(), at: 0 }, &mut InPlace { part, visitor })
}

struct InPlace<'a, 'v> {
    part: Part<'a>,
    visitor: &'v mut dyn Visitor,
}

impl Takes for InPlace<'_, '_> {
    fn member(&mut self, member: &Member, from: u64, content: &mut dyn Read) -> io::Result<()> {
        match member.kind {
            MemberKind::File => {
                let place = self.part.slice(from, from.saturating_add(member.size));
                self.visitor.member_in_place(member, place, content)
            }
            _ => self.visitor.member(member, content),
        }
    }

    fn gap(&mut self, reason: Reason) {
        self.visitor.gap(reason);
    }
}

/// What is told of a tar archive.
trait Takes {
    fn member(&mut self, member: &Member, from: u64, content: &mut dyn Read) -> io::Result<()>;
    fn gap(&mut self, reason: Reason);
}

struct Visiting<'a>(&'a mut dyn Visitor);

impl Takes for Visiting<'_> {
    fn member(&mut self, member: &Member, _: u64, content: &mut dyn Read) -> io::Result<()> {
        self.0.member(member, content)
    }

    fn gap(&mut self, reason: Reason) {
        self.0.gap(reason);
    }
}

pub(super) fn each(stream: impl Stream, visitor: &mut dyn Visitor) -> io::Result<()> {
    walk(&mut Counted { stream, at: 0 }, &mut Visiting(visitor))
}

fn walk<S: Stream>(stream: &mut Counted<S>, visitor: &mut dyn Takes) -> io::Result<()> {
    let mut next = Extra::default();
    loop {
        // Every writer ends with zeros; without them the archive may have been cut off between members.
        let block = match stream.block()? {
            Some(block) => block,
            // Nothing at all is an archive of nothing to every reader.
            None if stream.at == 0 => return Ok(()),
            None => return Err(damaged("it has no end mark")),
        };
        if block.iter().all(|b| *b == 0) {
            return end(stream, visitor);
        }
        if !checksum_fits(&block) {
            return Err(damaged("a header's checksum is wrong"));
        }
        let size = number(&block[124..136]).ok_or_else(|| damaged("a size is not readable"))?;
        match block[156] {
            b'L' => next.name.by_gnu(text(stream, size)?)?,
            b'K' => next.link.by_gnu(text(stream, size)?)?,
            b'x' => next.pax(&content(stream, size)?)?,
            // Go's reader hands these out as members, and forgets what was said before them.
            b'g' | b'V' if !next.is_empty() => return Err(damaged("an extended header is followed by no member")),
            b'g' => global(&content(stream, size)?)?,
            b'V' => skip(stream, size)?,
            _ => member(stream, &block, size, std::mem::take(&mut next), visitor)?,
        }
    }
}

/// What extended headers say about the member that follows.
#[derive(Default)]
struct Extra {
    name: Said,
    link: Said,
    size: Option<u64>,
    sparse: bool,
    capabilities: bool,
    pax: bool,
}

/// A name by GNU's own header and by pax: which of the two goes first, readers do not agree on.
#[derive(Default)]
struct Said {
    gnu: Option<Vec<u8>>,
    pax: Option<Vec<u8>>,
}

impl Said {
    fn by_gnu(&mut self, name: Vec<u8>) -> io::Result<()> {
        match self.gnu.replace(name) {
            None => Ok(()),
            Some(_) => Err(damaged("a member has two long names")),
        }
    }

    fn one(self) -> io::Result<Option<Vec<u8>>> {
        match (self.gnu, self.pax) {
            (Some(gnu), Some(pax)) if gnu != pax => Err(damaged("a member has two names")),
            (gnu, pax) => Ok(gnu.or(pax)),
        }
    }
}

impl Extra {
    fn is_empty(&self) -> bool {
        !self.pax && self.name.gnu.is_none() && self.link.gnu.is_none()
    }

    fn pax(&mut self, bytes: &[u8]) -> io::Result<()> {
        // Some readers add the second to the first, some forget the first.
        if std::mem::replace(&mut self.pax, true) {
            return Err(damaged("a member has two pax headers"));
        }
        for (key, value) in records(bytes)? {
            // Without a value some take the ordinary header's, some nothing.
            let told = || match value.is_empty() || value.contains(&0) {
                true => Err(damaged("a pax header names nothing")),
                false => Ok(Some(value.to_vec())),
            };
            match key {
                b"path" => self.name.pax = told()?,
                b"linkpath" => self.link.pax = told()?,
                b"size" => self.size = Some(decimal(value).ok_or_else(|| damaged("a pax size is not readable"))?),
                b"SCHILY.xattr.security.capability" => self.capabilities = true,
                _ => self.sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
        Ok(())
    }
}

/// A global header that renames or resizes members is honest nowhere; git writes a comment only.
fn global(bytes: &[u8]) -> io::Result<()> {
    let changes = |key: &[u8]| matches!(key, b"path" | b"linkpath" | b"size") || key.starts_with(b"GNU.sparse.");
    match records(bytes)?.iter().any(|(key, _)| changes(key)) {
        true => Err(damaged("a global header changes names or sizes")),
        false => Ok(()),
    }
}

/// `length key=value\n`, the length counting the whole record.
fn records(mut bytes: &[u8]) -> io::Result<Vec<(&[u8], &[u8])>> {
    let broken = || damaged("a pax header is not readable");
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().take(20).position(|b| *b == b' ').ok_or_else(broken)?;
        let length = decimal(&bytes[..space]).and_then(|n| usize::try_from(n).ok()).ok_or_else(broken)?;
        let record = bytes.get(space + 1..length).ok_or_else(broken)?;
        let record = record.strip_suffix(b"\n").ok_or_else(broken)?;
        let equals = record.iter().position(|b| *b == b'=').filter(|at| *at > 0).ok_or_else(broken)?;
        all.push((&record[..equals], &record[equals + 1..]));
        bytes = &bytes[length..];
    }
    Ok(all)
}

fn member<S: Stream>(
    stream: &mut Counted<S>,
    block: &[u8; BLOCK],
    size: u64,
    extra: Extra,
    visitor: &mut dyn Takes,
) -> io::Result<()> {
    let size = extra.size.unwrap_or(size);
    let name = shown_name(&extra.name.one()?.map_or_else(|| header_name(block), Ok)?);
    let link = shown_name(&extra.link.one()?.unwrap_or_else(|| until_nul(&block[157..257]).to_vec()));
    let mode = number(&block[100..108]).unwrap_or(0) as u32 & 0o7777;
    let sparse = extra.sparse || block[156] == b'S';
    let (kind, has_content) = kind(block[156], &name, link)?;
    if sparse {
        visitor.gap(reason!("archive-sparse", member = &name));
        while block[156] == b'S' && more_sparse(stream, block)? {}
        return skip(stream, size);
    }
    // Readers disagree on whether data follows a link or folder that claims some.
    if !has_content && size > 0 {
        return Err(damaged("a link, folder or device claims to have content"));
    }
    let member = Member { name, kind, size, mode, capabilities: extra.capabilities };
    if !has_content {
        return visitor.member(&member, stream.at, &mut io::empty());
    }
    let from = stream.at;
    let mut content = stream.by_ref().take(size);
    visitor.member(&member, from, &mut content)?;
    let left = content.limit();
    if skip_rest(stream, left, size)? {
        visitor.gap(reason!("archive-padding", member = &member.name));
    }
    Ok(())
}

fn kind(flag: u8, name: &str, link: String) -> io::Result<(MemberKind, bool)> {
    Ok(match flag {
        b'1' => (MemberKind::HardLink(link), false),
        b'2' => (MemberKind::Link(link), false),
        b'3' | b'4' => (MemberKind::Special("device"), false),
        b'5' => (MemberKind::Folder, false),
        b'6' => (MemberKind::Special("fifo"), false),
        // v7 marks folders by their last letter only; behind ustar's own mark of a file some believe the one and some the other.
        0 if name.ends_with('/') => (MemberKind::Folder, false),
        b'0' | b'7' if name.ends_with('/') => return Err(damaged("a file has the name of a folder")),
        0 | b'0' | b'7' | b'S' => (MemberKind::File, true),
        // POSIX takes it for a file; what a writer meant by it, and whether data follow, only its own reader knows.
        _ => return Err(damaged("a member is of an unknown type")),
    })
}

/// Old GNU sparse files carry further header blocks while a flag says so (byte 482 of the header, 504 of the others).
fn more_sparse<S: Stream>(stream: &mut Counted<S>, block: &[u8; BLOCK]) -> io::Result<bool> {
    if block[482] == 0 {
        return Ok(false);
    }
    loop {
        let block = stream.block()?.ok_or_else(|| damaged("a sparse file is cut off"))?;
        if block[504] == 0 {
            return Ok(false);
        }
    }
}

/// After the first zero block: anything but zeros is told, for `tar -i` and hidden payloads read on.
fn end<S: Stream>(stream: &mut Counted<S>, visitor: &mut dyn Takes) -> io::Result<()> {
    let mut chunk = vec![0; 64 << 10];
    loop {
        let n = stream.read(&mut chunk)?;
        if n == 0 {
            return Ok(());
        }
        if let Some(at) = chunk[..n].iter().position(|b| *b != 0) {
            let from = stream.at - n as u64 + at as u64;
            io::copy(stream, &mut io::sink())?;
            visitor.gap(reason!("archive-trailing", offset = from));
            return Ok(());
        }
    }
}

struct Counted<S> {
    stream: S,
    at: u64,
}

impl<S: Stream> Read for Counted<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.stream.read(buf)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl<S: Stream> Counted<S> {
    fn skip(&mut self, bytes: u64) -> io::Result<u64> {
        let n = self.stream.skip(bytes)?;
        self.at += n;
        Ok(n)
    }

    /// The next block; `None` at the end.
    fn block(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut bytes = Vec::with_capacity(BLOCK);
        self.take(BLOCK as u64).read_to_end(&mut bytes)?;
        match <[u8; BLOCK]>::try_from(bytes) {
            Ok(block) => Ok(Some(block)),
            Err(bytes) if bytes.is_empty() => Ok(None),
            Err(_) => Err(damaged("a header is cut off")),
        }
    }
}

fn content<S: Stream>(stream: &mut Counted<S>, size: u64) -> io::Result<Vec<u8>> {
    if size > LONGEST_HEADER {
        return Err(damaged("an extended header is too long"));
    }
    let mut bytes = Vec::new();
    stream.take(size).read_to_end(&mut bytes)?;
    match skip_rest(stream, size - bytes.len() as u64, size)? {
        true => Err(damaged("machine code stands behind an extended header")),
        false => Ok(bytes),
    }
}

fn text<S: Stream>(stream: &mut Counted<S>, size: u64) -> io::Result<Vec<u8>> {
    Ok(until_nul(&content(stream, size)?).to_vec())
}

fn skip<S: Stream>(stream: &mut Counted<S>, size: u64) -> io::Result<()> {
    skip_rest(stream, size, size).map(|_| ())
}

/// Bytes behind a content of `size` bytes, up to the next block.
pub(crate) fn padding(size: u64) -> u64 {
    (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64
}

/// Skips the `left` bytes of a content of `size` bytes, and its padding; whether machine code begins there. (What some writers leave in it is no matter.)
fn skip_rest<S: Stream>(stream: &mut Counted<S>, left: u64, size: u64) -> io::Result<bool> {
    let padding = padding(size);
    let mut rest = Vec::new();
    let skipped = stream.skip(left)?;
    stream.take(padding).read_to_end(&mut rest)?;
    if skipped < left || (rest.len() as u64) < padding {
        return Err(damaged("a member is cut off"));
    }
    let begins = |at: usize| rest[at] != 0 && exe::plausible(&rest[at..]).is_some();
    Ok(rest.iter().any(|byte| *byte != 0) && (0..rest.len()).any(begins))
}

/// The name that the ordinary header gives. ustar, star and GNU share the mark's first letters and have other fields where ustar has a prefix.
fn header_name(block: &[u8; BLOCK]) -> io::Result<Vec<u8>> {
    let (name, field) = (until_nul(&block[..100]), &block[345..500]);
    let prefix = until_nul(field);
    match &block[257..263] {
        b"ustar\0" => {
            // star's prefix is shorter, and two times follow.
            if &block[508..512] == b"tar\0" && prefix.len() > 130 {
                return Err(damaged("a name is too long for its header"));
            }
            Ok(if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() })
        }
        // Two times stand here; where they are none, Go's reader takes the field for a prefix.
        b"ustar " if number(&field[..12]).is_none() || number(&field[12..24]).is_none() => {
            Err(damaged("a header is of two kinds"))
        }
        _ => Ok(name.to_vec()),
    }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or_default()
}

/// The sum of a header's bytes, its own field counted as blanks; some old writers summed signed bytes.
pub(crate) fn checksum_fits(block: &[u8; BLOCK]) -> bool {
    let field = |i: usize| (148..156).contains(&i);
    let byte = |(i, b): (usize, &u8)| if field(i) { b' ' } else { *b };
    let unsigned: i64 = block.iter().enumerate().map(|x| i64::from(byte(x))).sum();
    let signed: i64 = block.iter().enumerate().map(|x| i64::from(byte(x) as i8)).sum();
    number(&block[148..156]).and_then(|n| i64::try_from(n).ok()).is_some_and(|n| n == unsigned || n == signed)
}

/// Octal digits, or base 256 with its first bit set (GNU).
pub(crate) fn number(field: &[u8]) -> Option<u64> {
    let first = *field.first()?;
    if first & 0x80 != 0 {
        let mut value = u128::from(first & 0x7f);
        for byte in &field[1..] {
            value = value.checked_mul(256)? + u128::from(*byte);
        }
        return u64::try_from(value).ok();
    }
    // Go's reader passes over noughts before the digits, others end there.
    let blank = |b: &u8| matches!(b, 0 | b' ');
    if first == 0 {
        return field.iter().all(blank).then_some(0);
    }
    let digits = until_nul(field).trim_ascii();
    match digits.is_empty() {
        true => field.iter().all(blank).then_some(0),
        false if digits.iter().all(u8::is_ascii_digit) => {
            u64::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
        }
        false => None,
    }
}

/// Digits alone: some readers know a sign.
fn decimal(bytes: &[u8]) -> Option<u64> {
    std::str::from_utf8(bytes).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

fn damaged(detail: &str) -> io::Error {
    refuse(reason!("archive-damaged", detail = detail))
}
