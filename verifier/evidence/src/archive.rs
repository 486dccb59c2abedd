//! A pack as one file: a tar archive (POSIX ustar) in exactly one spelling, so that the file of a pack is the canonical re-pack of what it holds.

use crate::folder::{self, at};
use crate::manifest::Manifest;
use crate::pack::{MANIFEST, Pack, PackError, check_path};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

const BLOCK: usize = 512;
/// The largest archive that is read back.
const LARGEST: u64 = 8 << 30;

/// Writes the archive: files in order of path, no folders, mode 0644, times and owners zero, two empty blocks at the end.
fn write(pack: &Pack, to: &mut impl Write) -> Result<(), PackError> {
    let manifest = pack.manifest().bytes();
    let mut files: BTreeMap<&str, &[u8]> = pack.files().map(|(path, _, bytes)| (path, bytes)).collect();
    files.extend(pack.attached());
    files.insert(MANIFEST, &manifest);
    let fail = |error: io::Error| PackError::Io { path: "the archive".into(), error };
    for (path, bytes) in files {
        to.write_all(&header(path, bytes.len())?).map_err(fail)?;
        to.write_all(bytes).map_err(fail)?;
        to.write_all(&[0; BLOCK][..padding(bytes.len())]).map_err(fail)?;
    }
    to.write_all(&[0; 2 * BLOCK]).map_err(fail)
}

fn padding(length: usize) -> usize {
    length.next_multiple_of(BLOCK) - length
}

/// One header (POSIX.1-2017, pax, "ustar Interchange Format"). A long path goes into the prefix up to the last `/` that lets both halves fit.
fn header(path: &str, size: usize) -> Result<[u8; BLOCK], PackError> {
    check_path(path)?;
    let (prefix, name) = match path.len() <= 100 {
        true => ("", path),
        false => path
            .match_indices('/')
            .map(|(at, _)| (&path[..at], &path[at + 1..]))
            .find(|(prefix, name)| prefix.len() <= 155 && name.len() <= 100)
            .ok_or_else(|| PackError::Path(path.into()))?,
    };
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    put(329, b"0000000\0");
    put(337, b"0000000\0");
    put(345, prefix.as_bytes());
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}

/// Writes a pack as one file. A killed run leaves the old file or none: it is written beside its place and renamed.
pub fn write_archive(target: &Path, pack: &Pack, cancelled: &dyn Fn() -> bool) -> Result<String, PackError> {
    may_write(target)?;
    let draft = folder::draft_beside(target)?;
    // A draft of a killed run with the same process number is nobody's any more.
    let _ = fs::remove_file(&draft);
    let result = fill(&draft, pack).and_then(|()| match cancelled() {
        true => Err(PackError::Cancelled),
        false => fs::rename(&draft, target).map_err(at(target)),
    });
    if result.is_err() {
        // Nothing more can be done about a file that does not go.
        let _ = fs::remove_file(&draft);
    }
    result.map(|()| pack.manifest().digest())
}

fn fill(draft: &Path, pack: &Pack) -> Result<(), PackError> {
    let file = fs::OpenOptions::new().write(true).create_new(true).open(draft).map_err(at(draft))?;
    let mut to = io::BufWriter::with_capacity(1 << 20, file);
    write(pack, &mut to)?;
    let file = to.into_inner().map_err(|e| at(draft)(e.into_error()))?;
    file.sync_all().map_err(at(draft))
}

/// Only a pack is replaced by a pack.
fn may_write(target: &Path) -> Result<(), PackError> {
    match fs::symlink_metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(at(target)(error)),
        Ok(found) if found.is_file() && read_archive(target).is_ok() => Ok(()),
        Ok(_) => Err(PackError::WouldOverwrite(target.into())),
    }
}

/// Reads an archive whose bytes must be those that [`write_archive`] would write for what it holds.
pub fn read_archive(path: &Path) -> Result<(Pack, Manifest), PackError> {
    let found = fs::metadata(path).map_err(at(path))?;
    if !found.is_file() {
        return Err(PackError::NotAPack(path.into()));
    }
    if found.len() > LARGEST {
        return Err(PackError::TooLarge("the archive".into()));
    }
    read_bytes(path, &fs::read(path).map_err(at(path))?)
}

/// The archive of a pack.
#[cfg(test)]
pub(crate) fn bytes(pack: &Pack) -> Result<Vec<u8>, PackError> {
    let mut bytes = Vec::new();
    write(pack, &mut bytes)?;
    Ok(bytes)
}

/// As [`read_archive`], of bytes that `path` holds.
pub(crate) fn read_bytes(path: &Path, bytes: &[u8]) -> Result<(Pack, Manifest), PackError> {
    if bytes.get(257..262) != Some(b"ustar") {
        return Err(PackError::NotAPack(path.into()));
    }
    let files = members(bytes)?;
    let names: Vec<String> = files.keys().map(|name| name.to_string()).collect();
    let manifest = files.get(MANIFEST).ok_or_else(|| PackError::NotAPack(path.into()))?;
    let read = |name: &str| Ok(files.get(name).copied().unwrap_or_default().to_vec());
    let (pack, manifest) = folder::assemble(Manifest::parse(manifest)?, &names, read)?;
    let mut same = Same { rest: bytes };
    let written = write(&pack, &mut same);
    if written.is_err() || !same.rest.is_empty() {
        let at = bytes.len() - same.rest.len();
        return Err(PackError::Archive(format!("it differs from the canonical archive of its files at byte {at}")));
    }
    Ok((pack, manifest))
}

/// The files of an archive, each with the header that it gets here. That they are all in order and nothing follows is compared afterwards.
fn members(bytes: &[u8]) -> Result<BTreeMap<String, &[u8]>, PackError> {
    let wrong = |at: usize, what: &str| PackError::Archive(format!("at byte {at}, {what}"));
    let mut files = BTreeMap::new();
    let mut at = 0;
    loop {
        let block = bytes.get(at..at + BLOCK).ok_or_else(|| wrong(at, "it ends too early"))?;
        if block.iter().all(|b| *b == 0) {
            return Ok(files);
        }
        let text = |from: usize, to: usize| -> Option<&str> {
            let field = block.get(from..to)?;
            std::str::from_utf8(field.split(|b| *b == 0).next()?).ok()
        };
        let name = text(0, 100).filter(|name| !name.is_empty()).ok_or_else(|| wrong(at, "a file has no name"))?;
        let prefix = text(345, 500).ok_or_else(|| wrong(at, "a name is not text"))?;
        let path = if prefix.is_empty() { name.to_string() } else { format!("{prefix}/{name}") };
        check_path(&path)?;
        let size = text(124, 136).and_then(|digits| usize::from_str_radix(digits, 8).ok());
        let size = size.filter(|size| *size <= bytes.len()).ok_or_else(|| wrong(at, "a size does not read"))?;
        if block != header(&path, size)? {
            return Err(wrong(at, &format!("the header of {path} is spelled in another way")));
        }
        let content = bytes.get(at + BLOCK..at + BLOCK + size).ok_or_else(|| wrong(at, "a file ends too early"))?;
        let end = at + BLOCK + size;
        if bytes.get(end..end + padding(size)).is_none_or(|after| after.iter().any(|b| *b != 0)) {
            return Err(wrong(end, &format!("something stands between {path} and what follows")));
        }
        if files.insert(path.clone(), content).is_some() {
            return Err(wrong(at, &format!("{path} stands there twice")));
        }
        at += BLOCK + size + padding(size);
    }
}

/// Takes only the bytes that it was given.
struct Same<'a> {
    rest: &'a [u8],
}

impl Write for Same<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let same = self.rest.iter().zip(bytes).take_while(|(a, b)| a == b).count();
        self.rest = &self.rest[same..];
        if same == bytes.len() { Ok(same) } else { Err(io::Error::other("not the same")) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a pack of this name is one file: `.tar`. What is there already decides first.
fn is_archive(target: &Path) -> bool {
    match fs::metadata(target) {
        Ok(found) => found.is_file(),
        Err(_) => target.extension().is_some_and(|e| e == "tar"),
    }
}

/// Reads a pack in either form.
pub fn read_pack(path: &Path) -> Result<(Pack, Manifest), PackError> {
    if is_archive(path) { read_archive(path) } else { folder::read_folder(path) }
}

/// Writes a pack: one file where the name ends in `.tar`, else a folder.
pub fn write_pack(target: &Path, pack: &Pack, cancelled: &dyn Fn() -> bool) -> Result<String, PackError> {
    match is_archive(target) {
        true => write_archive(target, pack, cancelled),
        false => folder::write_folder(target, pack, cancelled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    #[test]
    fn long_paths_are_split_and_come_back_and_too_long_ones_are_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("pack.tar");
        let mut pack = Pack::new();
        let long = format!("facts/{}/{}", "d".repeat(120), "n".repeat(90));
        pack.add(long.clone(), Role::Facts, *b"{}\n");
        pack.add("facts/a", Role::Facts, vec![7; 512]);
        write_archive(&target, &pack, &|| false).expect("it fits");
        assert_eq!(read_archive(&target).expect("sound").0, pack);
        pack.add(format!("facts/{}", "n".repeat(120)), Role::Facts, *b"");
        assert!(matches!(write_archive(&target, &pack, &|| false), Err(PackError::Path(_))));
        assert!(read_archive(&target).is_ok(), "the old one is still there");
        assert_eq!(fs::read_dir(folder.path()).expect("the parent").count(), 1, "no draft is left");
    }

    #[test]
    fn what_is_no_pack_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("thesis.tar");
        fs::write(&target, "thesis").expect("a file");
        let error = write_archive(&target, &Pack::new(), &|| false).expect_err("left alone");
        assert!(matches!(error, PackError::WouldOverwrite(_)), "{error}");
        assert!(matches!(read_archive(&target), Err(PackError::NotAPack(_))));
    }
}
