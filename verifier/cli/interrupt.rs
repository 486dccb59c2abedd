//! Interrupts: SIGINT and SIGTERM end the run with 130 and 143, without a verdict and without a pack.
//!
//! The service and its namespaces are not ended here: the supervisor notices that our end of its pipe has closed and removes them,
//! as it does when we are killed outright.

use crate::janitor;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

static WRITE_END: AtomicI32 = AtomicI32::new(-1);
/// A pack is being written: the writer itself stops at the next file and removes its draft.
static WRITING: AtomicBool = AtomicBool::new(false);
static INTERRUPTED: AtomicI32 = AtomicI32::new(0);

extern "C" fn on_signal(signal: libc::c_int) {
    let byte = signal as u8;
    // SAFETY: write(2) is async-signal-safe, and the byte outlives the call.
    unsafe { libc::write(WRITE_END.load(Ordering::Relaxed), (&raw const byte).cast(), 1) };
}

/// Begins to listen. Handlers do not survive an exec, so what we start has the default ones.
pub fn watch() {
    let mut ends: [RawFd; 2] = [-1; 2];
    // SAFETY: `ends` has room for both descriptors.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return;
    }
    WRITE_END.store(ends[1], Ordering::Relaxed);
    // SAFETY: the descriptor was just made and is nobody else's.
    let read_end = unsafe { OwnedFd::from_raw_fd(ends[0]) };
    std::thread::spawn(move || wait(read_end));
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let handler: extern "C" fn(libc::c_int) = on_signal;
        // SAFETY: the handler only calls write(2).
        unsafe { libc::signal(signal, handler as *const () as libc::sighandler_t) };
    }
}

fn wait(read_end: OwnedFd) {
    let mut byte = [0u8];
    if std::fs::File::from(read_end).read_exact(&mut byte).is_err() {
        return;
    }
    INTERRUPTED.store(i32::from(byte[0]), Ordering::SeqCst);
    if !WRITING.load(Ordering::SeqCst) {
        janitor::finish();
        std::process::exit(128 + i32::from(byte[0]));
    }
}

/// Runs `write`, which asks the given function between its steps whether it has to stop; ends the program where it had to.
pub fn while_writing<T>(write: impl FnOnce(&dyn Fn() -> bool) -> T) -> T {
    WRITING.store(true, Ordering::SeqCst);
    let result = write(&|| INTERRUPTED.load(Ordering::SeqCst) != 0);
    WRITING.store(false, Ordering::SeqCst);
    match INTERRUPTED.load(Ordering::SeqCst) {
        0 => result,
        signal => {
            janitor::finish();
            std::process::exit(128 + signal)
        }
    }
}
