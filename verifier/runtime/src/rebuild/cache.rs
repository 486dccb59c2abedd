//! The Go command's cache of rebuilds, kept between runs: most of a rebuild is the standard library, which is always the same. Only the Go command
//! writes into it, since nothing of a delivery is executed by a rebuild.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long another rebuild may keep it before this one does without.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder that nobody else uses while this lives.
pub struct Cache {
    pub folder: PathBuf,
    _lock: File,
}

impl Cache {
    /// For one version of Go, its files owned by the user of the sandbox; none where there is no place for it.
    pub fn open(version: &str, user: u32) -> Option<Cache> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let above =
            set("XDG_CACHE_HOME").filter(|p| p.is_absolute()).or_else(|| set("HOME").map(|h| h.join(".cache")))?;
        let place = above.join("assize/rebuild").join(version.replace(['/', '\\'], "_"));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(place.join("go-build")).ok()?;
        let lock = File::create(place.join("lock")).ok()?;
        let until = Instant::now() + PATIENCE;
        while lock.try_lock().is_err() {
            if Instant::now() > until {
                return None;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let folder = place.join("go-build");
        // Root's sandboxes have another number each time; without root, the user's own number is the sandbox's.
        if nix::unistd::geteuid().is_root() {
            give(&folder, user).ok()?;
        }
        Some(Cache { folder, _lock: lock })
    }
}

fn give(folder: &Path, user: u32) -> io::Result<()> {
    chown(folder, Some(user), Some(user))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()? {
            kind if kind.is_dir() => give(&entry.path(), user)?,
            kind if kind.is_file() => chown(entry.path(), Some(user), Some(user))?,
            // Nothing else belongs there, and what a link names is not ours to give away.
            _ => fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}
