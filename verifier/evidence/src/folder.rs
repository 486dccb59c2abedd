//! A pack as a folder: written beside its place and moved there in one step, read back whole and compared with its manifest.

use crate::manifest::Manifest;
use crate::pack::{MANIFEST, Pack, PackError, check_path, is_attached};
use std::ffi::CString;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The largest file that is read back.
const LARGEST: u64 = 4 << 30;
/// The most entries that are looked at in a folder said to be a pack.
const MOST_ENTRIES: usize = 100_000;

pub(crate) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> PackError + '_ {
    move |error| PackError::Io { path: path.into(), error }
}

/// Writes a pack. A killed run leaves the old pack or none, never a half: the files go into a folder beside the target, which is then exchanged
/// with it (`renameat2(2)`, RENAME_EXCHANGE). A folder that is not a pack is left alone.
/// `cancelled` is asked between files; then nothing is left and nothing is replaced.
pub fn write_folder(target: &Path, pack: &Pack, cancelled: &dyn Fn() -> bool) -> Result<String, PackError> {
    let replaces = may_write(target)?;
    let draft = Draft(draft_beside(target)?);
    let manifest = fill(&draft.0, pack, cancelled)?;
    if replaces {
        exchange(&draft.0, target)?;
    } else {
        fs::rename(&draft.0, target).map_err(at(target))?;
    }
    Ok(manifest.digest())
}

/// Where a pack is written before it is moved to its place: in the same folder, which is made where it is missing.
pub(crate) fn draft_beside(target: &Path) -> Result<PathBuf, PackError> {
    let parent = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(at(parent))?;
    Ok(draft_of(target))
}

/// What is there while a pack is being written to `target`; of a killed run it is all that is left.
pub fn draft_of(target: &Path) -> PathBuf {
    let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_else(|| "pack".into());
    target.with_file_name(format!(".{name}.{}.draft", std::process::id()))
}

/// The folder being written; what is left of it (a failed draft, or the old pack after the exchange) goes with it.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        // Nothing more can be done about a folder that does not go, and the pack itself is in its place.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether an older pack is there to be replaced; an error where something else is.
fn may_write(target: &Path) -> Result<bool, PackError> {
    let Ok(found) = fs::symlink_metadata(target) else { return Ok(false) };
    let empty = || fs::read_dir(target).is_ok_and(|mut entries| entries.next().is_none());
    if found.is_dir() && (target.join(MANIFEST).is_file() || empty()) {
        return Ok(true);
    }
    Err(PackError::WouldOverwrite(target.into()))
}

fn fill(draft: &Path, pack: &Pack, cancelled: &dyn Fn() -> bool) -> Result<Manifest, PackError> {
    // A draft of a killed run with the same process number is nobody's any more.
    let _ = fs::remove_dir_all(draft);
    fs::create_dir(draft).map_err(at(draft))?;
    for (path, _, bytes) in pack.files() {
        if cancelled() {
            return Err(PackError::Cancelled);
        }
        put(&draft.join(path), bytes)?;
    }
    for (path, bytes) in pack.attached() {
        put(&draft.join(path), bytes)?;
    }
    let manifest = pack.manifest();
    put(&draft.join(MANIFEST), &manifest.bytes())?;
    Ok(manifest)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), PackError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(at(parent))?;
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(at(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(path))
}

fn exchange(draft: &Path, target: &Path) -> Result<(), PackError> {
    let name = |path: &Path| CString::new(path.as_os_str().as_bytes()).map_err(|e| at(path)(std::io::Error::other(e)));
    let (from, to) = (name(draft)?, name(target)?);
    let here = libc::AT_FDCWD;
    // SAFETY: both are NUL-terminated and live until the call returns. Called by number: musl has no such function.
    let done =
        unsafe { libc::syscall(libc::SYS_renameat2, here, from.as_ptr(), here, to.as_ptr(), libc::RENAME_EXCHANGE) };
    if done == 0 { Ok(()) } else { Err(at(target)(std::io::Error::last_os_error())) }
}

/// Reads a folder and compares every file with the manifest: changed, missing and unlisted files are named.
pub fn read_folder(folder: &Path) -> Result<(Pack, Manifest), PackError> {
    let path = folder.join(MANIFEST);
    if !path.is_file() {
        return Err(PackError::NotAPack(folder.into()));
    }
    let manifest = Manifest::parse(&read_file(&path, MANIFEST)?)?;
    let mut found = Vec::new();
    list(folder, "", &mut found)?;
    found.sort();
    assemble(manifest, &found, |name| read_file(&folder.join(name), name))
}

/// Puts a pack together from its manifest and the sorted names of what was found, comparing every file.
pub(crate) fn assemble(
    manifest: Manifest,
    found: &[String],
    read: impl Fn(&str) -> Result<Vec<u8>, PackError>,
) -> Result<(Pack, Manifest), PackError> {
    if let Some(gone) = manifest.files.iter().find(|f| found.binary_search(&f.path).is_err()) {
        return Err(PackError::Missing(gone.path.clone()));
    }
    if let Some(empty) = found.iter().find(|name| name.ends_with('/')) {
        return Err(PackError::Unlisted(empty.clone()));
    }
    for name in found {
        check_path(name)?;
        if name != MANIFEST && !is_attached(name) && manifest.files.binary_search_by(|f| f.path.cmp(name)).is_err() {
            return Err(PackError::Unlisted(name.clone()));
        }
    }
    let mut pack = Pack::new();
    for entry in &manifest.files {
        let bytes = read(&entry.path)?;
        entry.check(&bytes)?;
        pack.add(entry.path.clone(), entry.role, bytes);
    }
    for name in found.iter().filter(|name| is_attached(name)) {
        pack.attach(name.clone(), read(name)?);
    }
    Ok((pack, manifest))
}

fn read_file(path: &Path, name: &str) -> Result<Vec<u8>, PackError> {
    let size = fs::symlink_metadata(path).map_err(at(path))?.len();
    if size > LARGEST {
        return Err(PackError::TooLarge(name.into()));
    }
    fs::read(path).map_err(at(path))
}

/// Relative paths of all files below; a link, a device or an empty folder has no place in a pack.
fn list(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<(), PackError> {
    let before = found.len();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let kind = entry.file_type().map_err(at(folder))?;
        if kind.is_dir() {
            list(&entry.path(), &path, found)?;
        } else if kind.is_file() {
            found.push(path);
        } else {
            return Err(PackError::Special(path));
        }
        if found.len() > MOST_ENTRIES {
            return Err(PackError::TooLarge("the folder".into()));
        }
    }
    // A folder without a file says nothing, and a pack has none.
    if found.len() == before {
        found.push(format!("{prefix}/"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    fn sample() -> Pack {
        let mut pack = Pack::new();
        pack.add("facts/a.jsonl", Role::Facts, *b"{}\n");
        pack.add("result.json", Role::Result, *b"{\"verdict\":\"incomplete\"}\n");
        pack
    }

    fn written() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("pack");
        write_folder(&target, &sample(), &|| false).expect("a fresh folder takes a pack");
        (folder, target)
    }

    #[test]
    fn what_was_written_is_read_back() {
        let (_keep, target) = written();
        let (pack, manifest) = read_folder(&target).expect("a sound pack");
        assert_eq!(pack, sample());
        assert_eq!(manifest, sample().manifest());
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let (_keep, target) = written();
        let mut changes = 0;
        for name in ["facts/a.jsonl", "result.json", MANIFEST] {
            let path = target.join(name);
            let good = fs::read(&path).expect("its bytes");
            for at in 0..good.len() {
                let mut bad = good.clone();
                bad[at] ^= 1;
                fs::write(&path, &bad).expect("a change");
                assert!(read_folder(&target).is_err(), "{name}, byte {at}");
                changes += 1;
            }
            fs::write(&path, &good).expect("the old bytes");
        }
        assert!(changes > 100);
        read_folder(&target).expect("sound again");
    }

    #[test]
    fn added_and_removed_files_and_links_are_named() {
        let (_keep, target) = written();
        fs::write(target.join("extra"), "x").expect("a file");
        assert_eq!(read_folder(&target).unwrap_err().to_string(), "extra is not named in the manifest");
        fs::remove_file(target.join("extra")).expect("gone");
        std::os::unix::fs::symlink("result.json", target.join("link")).expect("a link");
        assert_eq!(read_folder(&target).unwrap_err().to_string(), "link is neither a file nor a folder");
        fs::remove_file(target.join("link")).expect("gone");
        fs::remove_file(target.join("facts/a.jsonl")).expect("gone");
        assert_eq!(read_folder(&target).unwrap_err().to_string(), "facts/a.jsonl is named in the manifest and missing");
    }

    #[test]
    fn an_older_pack_is_replaced_and_anything_else_left_alone() {
        let (keep, target) = written();
        let mut newer = sample();
        newer.add("run.json", Role::Run, *b"{}");
        write_folder(&target, &newer, &|| false).expect("a pack replaces a pack");
        assert_eq!(read_folder(&target).expect("sound").0, newer);
        let others = keep.path().join("mine");
        fs::create_dir(&others).expect("a folder");
        fs::write(others.join("thesis.txt"), "x").expect("a file");
        assert!(matches!(write_folder(&others, &newer, &|| false), Err(PackError::WouldOverwrite(_))));
        assert!(others.join("thesis.txt").exists());
        assert!(matches!(write_folder(&target, &sample(), &|| true), Err(PackError::Cancelled)));
        assert_eq!(read_folder(&target).expect("untouched").0, newer);
        let left: Vec<_> = fs::read_dir(keep.path()).expect("the parent").flatten().map(|e| e.file_name()).collect();
        assert_eq!(left.len(), 2, "no draft is left: {left:?}");
    }
}
