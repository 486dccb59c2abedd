//! Our own reader of the build information that the Go linker writes (`debug/buildinfo`; Go 1.16 to 1.27), a second opinion beside the library's.

use crate::image::Image;
use assize_golang::linker::OF_FILES;
use std::ops::Range;

/// What the build information says, every text as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildInfo {
    /// `go1.26.8`.
    pub version: String,
    /// Import path of the main package.
    pub path: Option<String>,
    pub main: Option<Line>,
    pub modules: Vec<Line>,
    pub settings: Vec<(String, String)>,
    /// The layout before Go 1.18, with pointers into other sections.
    pub by_pointers: bool,
}

/// A `mod` or `dep` line, with the `=>` line after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub path: String,
    pub version: String,
    pub sum: Option<String>,
    pub replace: Option<Box<Line>>,
}

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// There is no such blob.
    Absent,
    /// It ends early, or holds what Go would not write.
    Broken,
}

const MAGIC: &[u8] = b"\xff Go buildinf:";
/// The blob stands on this boundary, and its strings begin after two words (`cmd/link`, `buildinfo`).
const ALIGN: usize = 16;
const STRINGS: usize = 32;
const INLINE: u8 = 2;
/// Texts longer than this are not what a linker wrote.
const LONGEST: usize = 32 << 20;

/// Reads the first blob in a part of the file, which begins at a multiple of sixteen of its section.
pub fn read(image: &Image, file: &[u8], part: Range<usize>) -> Result<BuildInfo, Unread> {
    let data = file.get(part.start..part.end.min(file.len())).ok_or(Unread::Broken)?;
    let start = find(data).ok_or(Unread::Absent)?;
    let blob = &data[start..];
    match by_pointers(blob)? {
        false => told(inline(blob), false),
        true => told(pointed(image, file, blob, part.start + start), true),
    }
}

/// The same of a part that needs nothing else of the file; `None` where it does, or where the blob is not in it.
pub fn read_inline(data: &[u8]) -> Option<Result<BuildInfo, Unread>> {
    let blob = &data[find(data)?..];
    match by_pointers(blob) {
        Ok(false) => Some(told(inline(blob), false)),
        Ok(true) | Err(_) => None,
    }
}

fn by_pointers(blob: &[u8]) -> Result<bool, Unread> {
    let flags = *blob.get(MAGIC.len() + 1).ok_or(Unread::Broken)?;
    Ok(flags & INLINE == 0)
}

fn told(texts: Option<(&[u8], &[u8])>, by_pointers: bool) -> Result<BuildInfo, Unread> {
    let (version, lines) = texts.ok_or(Unread::Broken)?;
    let version = std::str::from_utf8(version).map_err(|_| Unread::Broken)?;
    let mut info = BuildInfo { version: version.into(), by_pointers, ..BuildInfo::default() };
    // Sixteen bytes stand before and after, so that the text can be found in a running program (`runtime/debug`, modinfo).
    if lines.len() >= 33 && lines[lines.len() - 17] == b'\n' {
        let lines = std::str::from_utf8(&lines[16..lines.len() - 16]).map_err(|_| Unread::Broken)?;
        info.lines(lines).ok_or(Unread::Broken)?;
    }
    Ok(info)
}

/// Version and lines behind the blob's head.
fn inline(blob: &[u8]) -> Option<(&[u8], &[u8])> {
    let (version, rest) = text(blob.get(STRINGS..)?)?;
    Some((version, text(rest)?.0))
}

/// Version and lines behind two pointers to strings, each a pointer and a length. `place` is the blob's in the file.
fn pointed<'b>(image: &Image, file: &'b [u8], blob: &[u8], place: usize) -> Option<(&'b [u8], &'b [u8])> {
    let width = usize::from(*blob.get(MAGIC.len())?);
    if width != image.pointer {
        return None;
    }
    // In a program that can be loaded anywhere the loader may be the one who writes addresses.
    let pointer = |at: u64, bytes: &[u8]| match image.word(bytes, 0)? {
        0 => image.relocated(at),
        written => Some(written),
    };
    let string = |n: usize| {
        let at = image.address(place)?.checked_add((16 + n * width) as u64)?;
        let Some(head) = pointer(at, blob.get(16 + n * width..)?) else { return Some(&[][..]) };
        let bytes = image.at(file, head)?;
        let length = usize::try_from(image.word(bytes, width)?).ok().filter(|l| *l <= LONGEST)?;
        image.at(file, pointer(head, bytes)?)?.get(..length)
    };
    Some((string(0)?, string(1)?))
}

fn find(data: &[u8]) -> Option<usize> {
    memchr::memmem::find_iter(data, MAGIC).find(|at| at % ALIGN == 0)
}

/// A length as a varint (`encoding/binary`) and that many bytes.
fn text(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut length, mut shift, mut at) = (0u64, 0u32, 0usize);
    loop {
        let byte = *data.get(at)?;
        at += 1;
        length |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            break;
        }
        shift += 7;
        if shift > 63 {
            return None;
        }
    }
    let length = usize::try_from(length).ok().filter(|l| *l <= LONGEST)?;
    let rest = data.get(at..)?;
    Some((rest.get(..length)?, rest.get(length..)?))
}

impl BuildInfo {
    /// Whether the Go command was given files (`go build main.go`).
    pub fn is_of_files(&self) -> bool {
        self.path.as_deref() == Some(OF_FILES)
    }

    /// The value of a setting; the first one counts, as for the Go command.
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// A program that was built from files (`go build main.go`) has no main module by its lines: the module around the files stands among the others, as
    /// the one that has no version (cmd/go/internal/load, setBuildInfo, Go 1.26). In a workspace several may.
    pub fn settled(mut self) -> BuildInfo {
        let is_here = |line: &Line| line.version == "(devel)" && line.sum.is_none() && line.replace.is_none();
        let mut here = (0..self.modules.len()).filter(|at| is_here(&self.modules[*at]));
        if let (Some(OF_FILES), None, Some(at), None) = (self.path.as_deref(), &self.main, here.next(), here.next()) {
            self.main = Some(self.modules.remove(at));
        }
        self
    }

    fn lines(&mut self, text: &str) -> Option<()> {
        let mut last_is_main = false;
        // A replacement by a folder ends with an empty line (`runtime/debug`, formatMod).
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (kind, rest) = line.split_once('\t')?;
            match kind {
                "path" => self.path = Some(rest.into()),
                "mod" => {
                    self.main = Some(module(rest)?);
                    last_is_main = true;
                }
                "dep" => {
                    self.modules.push(module(rest)?);
                    last_is_main = false;
                }
                "=>" => {
                    let replaced = if last_is_main { self.main.as_mut()? } else { self.modules.last_mut()? };
                    replaced.replace = Some(Box::new(module(rest)?));
                }
                "build" => {
                    let (key, value) = rest.split_once('=')?;
                    self.settings.push((unquoted(key), unquoted(value)));
                }
                _ => return None,
            }
        }
        Some(())
    }
}

fn module(text: &str) -> Option<Line> {
    let mut parts = text.split('\t');
    let (path, version) = (parts.next()?.to_owned(), parts.next().unwrap_or_default().to_owned());
    let sum = parts.next().filter(|s| !s.is_empty()).map(str::to_owned);
    Some(Line { path, version, sum, replace: None })
}

/// Keys and values with odd characters are quoted as Go strings (`runtime/debug`, quoteKey and quoteValue).
fn unquoted(text: &str) -> String {
    if let Some(raw) = text.strip_prefix('`').and_then(|t| t.strip_suffix('`')) {
        return raw.into();
    }
    let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) else { return text.into() };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some('r')) => out.push('\r'),
            ('\\', Some(other)) => out.push(other),
            (other, _) => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_built_from_files_has_the_module_around_them() {
        let main = |text: &str| {
            let mut info = BuildInfo::default();
            info.lines(text).expect("lines of Go");
            let info = info.settled();
            (info.main.map(|main| main.path), info.modules.len())
        };
        let files = "path\tcommand-line-arguments\n";
        let devel = "dep\tx.example/a\t(devel)\t\n";
        let dep = "dep\tx.example/b\tv1.0.0\th1:x\n";
        assert_eq!(main(&format!("{files}{devel}{dep}")), (Some("x.example/a".into()), 1));
        assert_eq!(main(&format!("{files}{devel}{dep}dep\tx.example/c\t(devel)\t\n")), (None, 3));
        assert_eq!(main(&format!("{files}{dep}")), (None, 1));
        assert_eq!(main(&format!("path\tx.example/a\n{devel}{dep}")), (None, 2));
    }
}
