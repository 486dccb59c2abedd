//! Init's hands in the file system of the sandbox: makes, opens, lists and renames, through no link that the service may have laid.

use super::wire::Owner;
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Uid, fchown};
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

/// The most entries and the deepest folder that a listing visits.
const MOST: usize = 10_000;
const DEEPEST: usize = 16;

/// Opens without following any link on the way (openat2(2), Linux 5.6): a service can neither lead us elsewhere nor into `/proc/*/fd`.
pub(super) fn open(path: &str, flags: OFlag, mode: u32) -> nix::Result<OwnedFd> {
    let how = OpenHow::new()
        .flags(flags | OFlag::O_CLOEXEC | OFlag::O_NOCTTY)
        .mode(if flags.contains(OFlag::O_CREAT) { Mode::from_bits_truncate(mode) } else { Mode::empty() })
        .resolve(ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    openat2(nix::fcntl::AT_FDCWD, path, how)
}

/// Opens a regular file to be read; a FIFO in its place does not hold us up.
pub(super) fn read(path: &str) -> nix::Result<OwnedFd> {
    let file = open(path, OFlag::O_RDONLY | OFlag::O_NONBLOCK, 0)?;
    regular(&file)?;
    Ok(file)
}

fn regular(file: &OwnedFd) -> nix::Result<()> {
    let kind = nix::sys::stat::fstat(file.as_fd())?.st_mode & libc::S_IFMT;
    if kind == libc::S_IFREG { Ok(()) } else { Err(Errno::EINVAL) }
}

/// Makes a file, or empties it where it is; one that was there keeps its owner and mode, as with every editor.
pub(super) fn create(path: &str, mode: u32, owner: Option<u32>) -> nix::Result<OwnedFd> {
    if let Some(above) = Path::new(path).parent() {
        folders(above, 0o755, owner)?;
    }
    let flags = OFlag::O_WRONLY | OFlag::O_NONBLOCK;
    match open(path, flags | OFlag::O_CREAT | OFlag::O_EXCL, 0o600) {
        Ok(file) => {
            nix::sys::stat::fchmod(&file, Mode::from_bits_truncate(mode))?;
            if let Some(owner) = owner {
                fchown(&file, Some(Uid::from_raw(owner)), Some(Gid::from_raw(owner)))?;
            }
            Ok(file)
        }
        Err(Errno::EEXIST) => {
            let file = open(path, flags, 0)?;
            regular(&file)?;
            nix::unistd::ftruncate(&file, 0)?;
            Ok(file)
        }
        Err(errno) => Err(errno),
    }
}

/// Makes a folder and those above it; the ones that were there stay as they are.
pub(super) fn folders(path: &Path, mode: u32, owner: Option<u32>) -> nix::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        folders(above, 0o755, owner)?;
    }
    let made = fs::DirBuilder::new()
        .mode(mode)
        .create(path)
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(mode)));
    made.map_err(errno)?;
    match owner {
        Some(owner) => std::os::unix::fs::lchown(path, Some(owner), Some(owner)).map_err(errno),
        None => Ok(()),
    }
}

/// A symbolic link, owned like a file.
pub(super) fn link(path: &str, target: &str) -> nix::Result<()> {
    if let Some(above) = Path::new(path).parent() {
        folders(above, 0o755, None)?;
    }
    std::os::unix::fs::symlink(target, path).map_err(errno)
}

pub(super) fn errno(error: std::io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))
}

/// The number that a file of that owner gets; `None`: stays with init.
pub(super) fn number(owner: Owner, user: Option<u32>) -> Option<u32> {
    match owner {
        Owner::Service => user,
        Owner::Sandbox => None,
    }
}

/// Every regular file below the folders with its size, ordered; links are not followed, and a listing that grew too long ends.
pub(super) fn list(folders: &[String]) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut left: Vec<(String, usize)> = folders.iter().map(|f| (f.clone(), 0)).collect();
    let mut visited = 0;
    while let Some((folder, depth)) = left.pop() {
        let Ok(listing) = fs::read_dir(&folder) else { continue };
        for entry in listing.flatten() {
            visited += 1;
            if visited > MOST {
                break;
            }
            let Ok(meta) = entry.path().symlink_metadata() else { continue };
            let path = entry.path().to_string_lossy().into_owned();
            if meta.is_dir() && depth < DEEPEST {
                left.push((path, depth + 1));
            } else if meta.is_file() {
                found.push((path, meta.len()));
            }
        }
    }
    found.sort();
    found
}
