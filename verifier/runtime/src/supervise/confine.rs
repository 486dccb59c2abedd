//! What a process of the sandbox goes through before it runs: no descriptors but three, default signals, limits, no privileges. The control process goes through the same.

use super::wire::Setup;
use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};
use std::os::fd::RawFd;

/// Open files of one process.
const FILES: u64 = 16_384;
/// Bytes of one file.
const FILE_SIZE: u64 = 1 << 30;

/// Where a child finds the pipe to its parent.
pub(super) const REPORT: RawFd = 3;

/// Puts `input`, `output` and `errors` to 0, 1 and 2 and closes everything else but `kept`, which then is 3 and closes on exec.
pub(super) fn descriptors(input: RawFd, output: RawFd, errors: RawFd, kept: RawFd) -> nix::Result<()> {
    // All are moved out of the way first, since one may stand where another has to go.
    let mut high = [0; 4];
    for (to, from) in high.iter_mut().zip([input, output, errors, kept]) {
        // SAFETY: fcntl on plain numbers; errors come back as -1.
        *to = Errno::result(unsafe { libc::fcntl(from, libc::F_DUPFD, 64) })?;
    }
    for (to, from) in (0..).zip(high) {
        // SAFETY: as above.
        Errno::result(unsafe { libc::dup2(from, to) })?;
    }
    // SAFETY: as above; nothing in this process uses the closed numbers any more.
    unsafe {
        Errno::result(libc::fcntl(REPORT, libc::F_SETFD, libc::FD_CLOEXEC))?;
        Errno::result(libc::syscall(libc::SYS_close_range, 4u32, u32::MAX, 0u32))?;
    }
    Ok(())
}

/// Lets the report go through standard output, so that the control process has the three descriptors of a service and no more.
pub(super) fn report_on_output() -> nix::Result<()> {
    // SAFETY: dup2 and close on plain numbers.
    unsafe {
        Errno::result(libc::dup2(REPORT, 1))?;
        Errno::result(libc::close(REPORT)).map(drop)
    }
}

/// Without a process namespace, what was started dies with init at least.
pub(super) fn die_with_parent() -> nix::Result<()> {
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)
}

/// Default dispositions and an empty mask: Rust ignores SIGPIPE and init blocks SIGCHLD, and both would be inherited.
pub(super) fn signals() -> nix::Result<()> {
    for number in 1..=64 {
        // SAFETY: setting the default disposition runs no code of ours; numbers that cannot be set answer with an error.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
    nix::sys::signal::SigSet::empty().thread_set_mask()
}

/// Resource limits. Not RLIMIT_AS, with which the Go runtime does not start; RLIMIT_DATA counts what is really writable.
pub(super) fn limits(setup: &Setup) -> nix::Result<()> {
    // On the bare host, the limit on processes would count everything that this user runs.
    let processes = if setup.sandbox { setup.processes } else { u64::MAX };
    for (resource, value) in [
        (Resource::RLIMIT_NOFILE, FILES),
        (Resource::RLIMIT_NPROC, processes),
        (Resource::RLIMIT_DATA, setup.memory),
        (Resource::RLIMIT_FSIZE, FILE_SIZE),
        (Resource::RLIMIT_CORE, 0),
    ] {
        let (_, hard) = getrlimit(resource)?;
        let value = value.min(hard);
        setrlimit(resource, value, value)?;
    }
    Ok(())
}

/// Becomes the sandbox's user without any capability. No no_new_privs: a filter that needs it would then load here and not in production.
pub(super) fn privileges(user: u32) -> nix::Result<()> {
    for capability in 0..=63 {
        // SAFETY: prctl with plain numbers; EINVAL past the last capability.
        unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
    }
    // SAFETY: as above.
    unsafe { libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) };
    let (uid, gid) = (Uid::from_raw(user), Gid::from_raw(user));
    // In a user namespace with one mapped group, setgroups is off and there is nothing to drop.
    match setgroups(&[]) {
        Ok(()) | Err(Errno::EPERM) => {}
        Err(errno) => return Err(errno),
    }
    setresgid(gid, gid, gid)?;
    setresuid(uid, uid, uid)?;
    no_capabilities()
}

fn no_capabilities() -> nix::Result<()> {
    // capset(2), _LINUX_CAPABILITY_VERSION_3: a header and two words of three sets each.
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    let header = Header { version: 0x2008_0522, pid: 0 };
    let none = [[0u32; 3]; 2];
    // SAFETY: both point to memory of the layout and size that version 3 has.
    Errno::result(unsafe { libc::syscall(libc::SYS_capset, &header, none.as_ptr()) }).map(drop)
}
