//! gzip (RFC 1952), Zstandard (RFC 8878), xz and bzip2 streams: a tar inside is read as one archive with its compression, anything else is one member.

use super::layer::{Hashing, goes_on};
use super::xz::Xz;
use super::{Budget, Member, MemberKind, Metered, Visitor, refuse, tar};
use crate::sniff::{self, Kind};
use crate::store::{Part, PartReader};
use assize_facts::reason;
use bzip2::bufread::BzDecoder;
use flate2::bufread::GzDecoder;
use ruzstd::decoding::StreamingDecoder;
use std::io::{self, BufRead, Read};

/// Larger windows are refused (RFC 8878 §3.1.1.1.2 recommends 8 MiB at least; `zstd --ultra -22` uses 128 MiB).
const WINDOW: u64 = 128 << 20;

pub(super) fn each(part: Part<'_>, name: &str, budget: &Budget, visitor: &mut dyn Visitor) -> io::Result<()> {
    let mut frames = Frames::of(part.reader());
    let mut decoded = Metered::new(&mut frames, part.len(), budget);
    let mut head = Vec::new();
    decoded.by_ref().take(sniff::HEAD as u64).read_to_end(&mut head)?;
    let is_tar = sniff::kind(&head, u64::MAX) == Kind::Tar;
    let mut content = io::Cursor::new(head).chain(decoded);
    let mut digest = None;
    if is_tar && visitor.asks_unpacked() {
        let mut hashing = Hashing::new(&mut content);
        tar::each(tar::Forward(&mut hashing), visitor)?;
        digest = Some(hashing.digest());
    } else if is_tar {
        tar::each(tar::Forward(&mut content), visitor)?;
    } else {
        let member = Member { name: stem(name), kind: MemberKind::File, size: 0, mode: 0, capabilities: false };
        visitor.member(&member, &mut content)?;
        io::copy(&mut content, &mut io::sink())?;
    }
    for (from, to) in std::mem::take(&mut frames.seams) {
        visitor.seam(from, to);
    }
    for (from, to) in std::mem::take(&mut frames.skipped) {
        visitor.leftover(from, to);
    }
    let trailing = frames.trailing();
    if let Some(digest) = digest {
        visitor.unpacked(if trailing.is_none() { Ok(digest) } else { Err(goes_on()) });
    }
    if let Some(end) = trailing {
        visitor.leftover(end, part.len());
    }
    Ok(())
}

/// What `gunzip` and `unzstd` would call the file.
fn stem(name: &str) -> String {
    let last = name.rsplit(['/', '!']).next().unwrap_or(name);
    for ending in [".gz", ".zst", ".zstd", ".xz", ".bz2"] {
        if let Some(stem) = last.strip_suffix(ending)
            && !stem.is_empty()
        {
            return stem.to_string();
        }
    }
    format!("{last}.content")
}

enum State<'a> {
    Between,
    Gzip(Box<GzDecoder<PartReader<'a>>>),
    Zstd(Box<StreamingDecoder<PartReader<'a>, ruzstd::decoding::FrameDecoder>>),
    Xz(Box<Xz<PartReader<'a>>>),
    Bzip2(Box<BzDecoder<PartReader<'a>>>),
    End,
}

/// Decodes one compressed frame after another, as both formats allow (RFC 1952 §2.2, RFC 8878 §3), and stops at bytes that begin none of the same format.
pub(super) struct Frames<'a> {
    /// Absent while a decoder holds it.
    source: Option<PartReader<'a>>,
    state: State<'a>,
    /// The first frame's.
    format: Option<Kind>,
    /// Extra fields of gzip, which hold what they like.
    seams: Vec<(u64, u64)>,
    /// What skippable frames hold, which no decoder looks at.
    skipped: Vec<(u64, u64)>,
}

/// Extra fields and skippable frames that are told apart; what follows is one with the last.
const MOST_SEAMS: usize = 10_000;
/// Smaller skippable frames hold sizes and marks (`pzstd`, `zstd:chunked`), and no program.
const SMALL: u64 = 64;

/// Remembers a stretch; where there are too many, all up to the end counts.
fn remember(stretches: &mut Vec<(u64, u64)>, (from, to): (u64, u64), end: u64) {
    let full = stretches.len() + 1 >= MOST_SEAMS;
    if !stretches.last().is_some_and(|(_, last)| full && *last == end) {
        stretches.push((from, if full { end } else { to }));
    }
}

impl<'a> Frames<'a> {
    pub(super) fn of(source: PartReader<'a>) -> Frames<'a> {
        Frames { source: Some(source), state: State::Between, format: None, seams: Vec::new(), skipped: Vec::new() }
    }

    /// Begins the next frame, skipping zeros (padding of tapes) and skippable frames.
    fn next(&mut self, mut source: PartReader<'a>) -> io::Result<()> {
        loop {
            let start = peek(&mut source)?;
            match start {
                [0x1f, 0x8b, ..] if *self.format.get_or_insert(Kind::Gzip) == Kind::Gzip => {
                    if let Some(field) = extra_field(&source)? {
                        remember(&mut self.seams, field, source.part().len());
                    }
                    self.state = State::Gzip(Box::new(GzDecoder::new(source)));
                    return Ok(());
                }
                [0x28, 0xb5, 0x2f, 0xfd] if *self.format.get_or_insert(Kind::Zstd) == Kind::Zstd => {
                    let decoder = StreamingDecoder::new_with_max_window_size(source, WINDOW);
                    self.state = State::Zstd(Box::new(decoder.map_err(io::Error::other)?));
                    return Ok(());
                }
                [0xfd, b'7', b'z', b'X'] if *self.format.get_or_insert(Kind::Xz) == Kind::Xz => {
                    self.state = State::Xz(Box::new(Xz::new(source)?));
                    return Ok(());
                }
                [b'B', b'Z', b'h', _] if *self.format.get_or_insert(Kind::Bzip2) == Kind::Bzip2 => {
                    self.state = State::Bzip2(Box::new(BzDecoder::new(source)));
                    return Ok(());
                }
                [0x50..=0x5f, 0x2a, 0x4d, 0x18] => {
                    let (from, to) = skip_frame(&mut source)?;
                    if to - from > SMALL {
                        remember(&mut self.skipped, (from, to), source.part().len());
                    }
                }
                _ => {
                    self.state = State::End;
                    self.source = Some(source);
                    return Ok(());
                }
            }
        }
    }

    /// Where bytes that are no frame begin, zeros left out; `None` where there are none.
    pub(super) fn trailing(mut self) -> Option<u64> {
        let mut source = self.source.take()?;
        loop {
            let ready = source.fill_buf().ok()?;
            if ready.is_empty() {
                return None;
            }
            match ready.iter().position(|b| *b != 0) {
                Some(at) => return Some(source.position() + at as u64),
                None => {
                    let n = ready.len();
                    source.consume(n);
                }
            }
        }
    }
}

/// The extra field of a gzip header (RFC 1952 §2.3.1.1).
fn extra_field(source: &PartReader<'_>) -> io::Result<Option<(u64, u64)>> {
    const FEXTRA: u8 = 4;
    let at = source.position();
    let header = source.part().bytes(at, 12)?;
    let has = header.get(3).is_some_and(|flags| flags & FEXTRA != 0);
    let length = header.get(10..12).and_then(|bytes| bytes.try_into().ok()).map(u16::from_le_bytes);
    Ok(length.filter(|_| has).map(|length| (at + 12, at + 12 + u64::from(length))))
}

/// The first four bytes (zeros past the end).
fn peek(source: &mut PartReader<'_>) -> io::Result<[u8; 4]> {
    let at = source.position();
    let bytes = source.part().bytes(at, 4)?;
    let mut four = [0; 4];
    four[..bytes.len()].copy_from_slice(&bytes);
    Ok(four)
}

/// Where its content stands (RFC 8878 §3.1.2).
fn skip_frame(source: &mut PartReader<'_>) -> io::Result<(u64, u64)> {
    let mut header = [0; 8];
    source.read_exact(&mut header)?;
    let size = u64::from(u32::from_le_bytes([header[4], header[5], header[6], header[7]]));
    let from = source.position();
    let skipped = io::copy(&mut source.take(size), &mut io::sink())?;
    if skipped < size {
        return Err(refuse(reason!("archive-damaged", detail = "a skippable frame is cut off")));
    }
    Ok((from, from + size))
}

impl Read for Frames<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            let n = match &mut self.state {
                State::End => return Ok(0),
                State::Between => 0,
                State::Gzip(decoder) => decoder.read(buf)?,
                State::Zstd(decoder) => decoder.read(buf)?,
                State::Xz(decoder) => decoder.read(buf)?,
                State::Bzip2(decoder) => decoder.read(buf)?,
            };
            if n > 0 {
                return Ok(n);
            }
            let source = match std::mem::replace(&mut self.state, State::End) {
                State::End => return Ok(0),
                State::Between => self.source.take(),
                State::Gzip(decoder) => Some(decoder.into_inner()),
                State::Zstd(decoder) => Some(checked(*decoder)?),
                State::Xz(decoder) => Some(decoder.into_inner()?),
                State::Bzip2(decoder) => Some(decoder.into_inner()),
            };
            match source {
                Some(source) => self.next(source)?,
                None => return Ok(0),
            }
        }
    }
}

/// ruzstd leaves comparing the frame's checksum to its user.
fn checked<'a>(
    decoder: StreamingDecoder<PartReader<'a>, ruzstd::decoding::FrameDecoder>,
) -> io::Result<PartReader<'a>> {
    let (source, decoder) = decoder.into_parts();
    match (decoder.get_checksum_from_data(), decoder.get_calculated_checksum()) {
        (Some(written), Some(computed)) if written != computed => {
            Err(refuse(reason!("archive-damaged", detail = "a frame's checksum is wrong")))
        }
        _ => Ok(source),
    }
}
