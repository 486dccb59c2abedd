//! The private folder of a run and who clears it away: all temporary files lie in it, and a small process removes it when this one ends, however it ends.
//!
//! The folder is locked as long as the run lives (flock(2)): what a run that was killed together with its janitor left has no lock, and the next run removes it.
//! A lock holds across process namespaces that share the folder, which a process number would not.

use std::ffi::{CString, OsStr};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, UNIX_EPOCH};

/// What the names of such folders begin with; sixteen hexadecimal digits follow.
const PREFIX: &str = "assize-run-";
/// Inside: a file for each draft that lies elsewhere, holding its path.
const MINDED: &str = "minded";
/// How long the removal is tried again while something still writes.
const PATIENCE: Duration = Duration::from_secs(2);

const TRIES: usize = 3;

struct Keeping {
    folder: PathBuf,
    /// Holds the lock.
    lock: File,
    /// When it closes, the janitor begins.
    pipe: OwnedFd,
    janitor: libc::pid_t,
}

static KEEPING: Mutex<Option<Keeping>> = Mutex::new(None);

/// Sweeps what killed runs left, makes this run's folder and has it used for everything temporary. To be called before any thread exists.
/// Returned is what was swept. Where no folder can be made, the run goes on without.
pub fn start() -> Vec<String> {
    let above = std::env::temp_dir();
    let swept = sweep(&above);
    // A run that sweeps just then may take the lock of a folder that was made and not yet locked.
    if let Some(keeping) = (0..TRIES).find_map(|_| Keeping::begin(&above).ok()) {
        // SAFETY: no other thread exists yet that could read the environment.
        unsafe { std::env::set_var("TMPDIR", &keeping.folder) };
        *lock() = Some(keeping);
    }
    swept
}

/// Clears away, and returns when that is done. Called at every end of the program that can call something.
pub fn finish() {
    let Some(Keeping { lock, pipe, janitor, .. }) = self::lock().take() else { return };
    // In this order: the janitor touches nothing that is locked.
    drop(lock);
    drop(pipe);
    // SAFETY: waits for a child of ours; no status is asked for.
    unsafe { libc::waitpid(janitor, std::ptr::null_mut(), 0) };
}

/// Has a draft removed too, should this process be killed before it is [`done`].
pub fn mind(draft: &Path) {
    if let (Some(keeping), Ok(path)) = (lock().as_ref(), std::path::absolute(draft)) {
        let folder = keeping.folder.join(MINDED);
        let _ = fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join("draft"), path.as_os_str().as_bytes()));
    }
}

/// The draft is where it has to be, or gone.
pub fn done() {
    if let Some(keeping) = lock().as_ref() {
        let _ = fs::remove_dir_all(keeping.folder.join(MINDED));
    }
}

fn lock() -> std::sync::MutexGuard<'static, Option<Keeping>> {
    KEEPING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Keeping {
    fn begin(above: &Path) -> io::Result<Keeping> {
        let folder = above.join(format!("{PREFIX}{:016x}", random()?));
        let mut ends = [-1; 2];
        // SAFETY: `ends` has room for both descriptors.
        if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: both were just made and are nobody else's.
        let (read, pipe) = unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) };
        // Begun before the folder exists, so that there is no moment at which nobody would remove it.
        // SAFETY: this process has one thread, so the child may do whatever it likes.
        let janitor = unsafe { libc::fork() };
        match janitor {
            -1 => return Err(io::Error::last_os_error()),
            0 => serve(read, pipe, &folder),
            _ => drop(read),
        }
        DirBuilder::new().mode(0o700).create(&folder)?;
        let lock = File::open(&folder)?;
        match take(&lock) {
            true => Ok(Keeping { folder, lock, pipe, janitor }),
            false => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

/// The janitor: waits for the end of its master, holding nothing else of it open.
fn serve(read: OwnedFd, pipe: OwnedFd, folder: &Path) -> ! {
    drop(pipe);
    let kept = read.as_raw_fd();
    let null = CString::new("/dev/null").unwrap_or_default();
    // SAFETY: plain numbers and a path of ours; whoever waits for the end of the master's output does not wait for us.
    unsafe {
        libc::setsid();
        let null = libc::open(null.as_ptr(), libc::O_RDWR);
        for to in 0..=2 {
            libc::dup2(null, to);
        }
        libc::syscall(libc::SYS_close_range, 3, kept - 1, 0);
        libc::syscall(libc::SYS_close_range, kept + 1, i32::MAX, 0);
    }
    let mut end = File::from(read);
    // Nobody ever writes: whatever comes is the end.
    while end.read(&mut [0]).is_err_and(|e| e.kind() == io::ErrorKind::Interrupted) {}
    // The end of a pipe may be seen a moment before the lock is let go.
    let until = Instant::now() + PATIENCE;
    while !clear(folder) && folder.exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
    // SAFETY: ends at once, without the destructors and buffers that are the master's.
    unsafe { libc::_exit(0) }
}

/// Whether the lock of a folder could be had: then nobody uses it.
fn take(folder: &File) -> bool {
    // SAFETY: flock(2) on an open descriptor.
    unsafe { libc::flock(folder.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) == 0 }
}

fn random() -> io::Result<u64> {
    let mut bytes = [0; 8];
    // SAFETY: writes eight bytes of ours.
    match unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) } {
        8 => Ok(u64::from_ne_bytes(bytes)),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Removes the folders of runs that are no more; their names.
fn sweep(above: &Path) -> Vec<String> {
    let Ok(listing) = fs::read_dir(above) else { return Vec::new() };
    let mut swept: Vec<String> = listing
        .flatten()
        .filter(|entry| is_ours(&entry.file_name()) && clear(&entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    swept.sort();
    swept
}

fn is_ours(name: &OsStr) -> bool {
    let digits = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
    digits.is_some_and(|d| d.len() == 16 && d.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Removes one folder, with what was minded and what runs from it; `false` where somebody uses it or it is not ours.
fn clear(folder: &Path) -> bool {
    // SAFETY: geteuid(2) cannot fail.
    let own = unsafe { libc::geteuid() };
    let is_private = |m: &fs::Metadata| m.is_dir() && m.uid() == own && m.mode() & 0o777 == 0o700;
    let Ok(found) = fs::symlink_metadata(folder) else { return false };
    let Some(opened) = File::open(folder).ok().filter(|_| is_private(&found)) else { return false };
    if !opened.metadata().is_ok_and(|m| (m.dev(), m.ino()) == (found.dev(), found.ino())) || !take(&opened) {
        return false;
    }
    if is_untouched(&found) && fs::remove_dir(folder).is_ok() {
        return true;
    }
    remove_draft(folder);
    let until = Instant::now() + PATIENCE;
    loop {
        end_processes(folder);
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(20));
            }
            gone => return gone.is_ok(),
        }
    }
}

/// Nothing was ever put into it, so that nothing can run from it: an inode's change time is set by every change, and by nothing else (inode(7)).
fn is_untouched(folder: &fs::Metadata) -> bool {
    let made = folder.created().ok().and_then(|made| made.duration_since(UNIX_EPOCH).ok());
    made.is_some_and(|made| {
        (made.as_secs() as i64, i64::from(made.subsec_nanos())) == (folder.ctime(), folder.ctime_nsec())
    })
}

fn remove_draft(folder: &Path) {
    let Ok(path) = fs::read(folder.join(MINDED).join("draft")) else { return };
    let path = PathBuf::from(std::ffi::OsString::from_vec(path));
    let name = path.file_name().map(OsStr::as_bytes).unwrap_or_default();
    // Nothing else is ever minded; a file that says something else was not written by us.
    if name.starts_with(b".") && name.ends_with(b".draft") {
        let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
    }
}

/// Without a sandbox, a service runs from a copy in the folder, and its children may have outlived everybody.
fn end_processes(folder: &Path) {
    let Ok(listing) = fs::read_dir("/proc") else { return };
    for entry in listing.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<libc::pid_t>().ok()) else { continue };
        if fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe.starts_with(folder)) {
            // SAFETY: kill(2) with a number above zero; it runs a program that lies in our own private folder.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
    }
}
