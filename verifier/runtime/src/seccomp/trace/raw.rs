//! The few calls of ptrace(2) and of reading another process that the tracer needs.

use std::io;

/// Requests and options (`linux/ptrace.h`).
const CONT: libc::c_long = 7;
const DETACH: libc::c_long = 17;
const SYSCALL: libc::c_long = 24;
const GETEVENTMSG: libc::c_long = 0x4201;
const SEIZE: libc::c_long = 0x4206;
const INTERRUPT: libc::c_long = 0x4207;
const LISTEN: libc::c_long = 0x4208;
const GET_SYSCALL_INFO: libc::c_long = 0x420e;

/// `TRACESYSGOOD | TRACEFORK | TRACEVFORK | TRACECLONE | TRACEEXEC | TRACEVFORKDONE | EXITKILL`: a service that outlived its tracer
/// would be one that nobody sees.
const OPTIONS: libc::c_long = 1 | 2 | 4 | 8 | 16 | 32 | 0x0010_0000;

pub(super) const EVENT_FORK: i32 = 1;
pub(super) const EVENT_VFORK: i32 = 2;
pub(super) const EVENT_CLONE: i32 = 3;
pub(super) const EVENT_EXEC: i32 = 4;
pub(super) const EVENT_VFORK_DONE: i32 = 5;
pub(super) const EVENT_STOP: i32 = 128;

fn ptrace(request: libc::c_long, pid: i32, address: libc::c_long, data: libc::c_long) -> io::Result<libc::c_long> {
    // SAFETY: a system call with numbers only; where `data` is an address, the callers below keep its buffer alive.
    let result = unsafe { libc::syscall(libc::SYS_ptrace, request, libc::c_long::from(pid), address, data) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Begins to trace a running process, without stopping it.
pub(super) fn seize(pid: i32) -> io::Result<()> {
    ptrace(SEIZE, pid, 0, OPTIONS).map(drop)
}

/// Goes on until the next system call, its end, or an event.
pub(super) fn to_next_call(pid: i32, signal: i32) -> io::Result<()> {
    ptrace(SYSCALL, pid, 0, signal.into()).map(drop)
}

/// Goes on until an event.
pub(super) fn go_on(pid: i32, signal: i32) -> io::Result<()> {
    ptrace(CONT, pid, 0, signal.into()).map(drop)
}

pub(super) fn detach(pid: i32, signal: i32) -> io::Result<()> {
    ptrace(DETACH, pid, 0, signal.into()).map(drop)
}

pub(super) fn interrupt(pid: i32) -> io::Result<()> {
    ptrace(INTERRUPT, pid, 0, 0).map(drop)
}

/// Leaves a thread in its group stop, and lets it be woken from it.
pub(super) fn listen(pid: i32) -> io::Result<()> {
    ptrace(LISTEN, pid, 0, 0).map(drop)
}

/// The thread that an event is about.
pub(super) fn event_message(pid: i32) -> io::Result<i32> {
    let mut message: libc::c_ulong = 0;
    ptrace(GETEVENTMSG, pid, 0, (&raw mut message) as libc::c_long)?;
    i32::try_from(message).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// A stop at a system call (`struct ptrace_syscall_info`, Linux 5.3 and later).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Entry { arch: u32, number: u64, arguments: [u64; 6] },
    Exit { result: i64 },
}

pub(super) fn call(pid: i32) -> io::Result<Call> {
    let mut info = [0_u64; 11];
    ptrace(GET_SYSCALL_INFO, pid, size_of_val(&info) as libc::c_long, info.as_mut_ptr() as libc::c_long)?;
    // Byte 0 is the kind, bytes 4 to 7 the architecture; 24 bytes on stand the number and arguments, or the result.
    let first = info[0].to_ne_bytes();
    let arch = u32::from_ne_bytes([first[4], first[5], first[6], first[7]]);
    match first[0] {
        1 => Ok(Call::Entry { arch, number: info[3], arguments: std::array::from_fn(|n| info[4 + n]) }),
        2 => Ok(Call::Exit { result: info[3].cast_signed() }),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Reads memory of a traced thread; all of it or an error.
pub(super) fn read(pid: i32, address: u64, length: usize) -> io::Result<Vec<u8>> {
    let bytes = read_some(pid, address, length)?;
    if bytes.len() == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Reads as much as there is, up to a length.
pub(super) fn read_some(pid: i32, address: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0_u8; length];
    let local = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: length };
    let address = usize::try_from(address).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let remote = libc::iovec { iov_base: std::ptr::without_provenance_mut(address), iov_len: length };
    // SAFETY: the local vector is our own buffer of that length; the remote one is only an address in the other process.
    let got = unsafe { libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0) };
    bytes.truncate(usize::try_from(got).map_err(|_| io::Error::last_os_error())?);
    Ok(bytes)
}

/// Whether a descriptor of a traced process is a datagram socket. `None`: it cannot be told.
pub(super) fn is_datagram(pid: i32, fd: u64) -> Option<bool> {
    use nix::sys::socket::{SockType, getsockopt, sockopt};
    use std::os::fd::{FromRawFd, OwnedFd};
    let own = |raw: libc::c_long| {
        let raw = i32::try_from(raw).ok().filter(|raw| *raw >= 0)?;
        // SAFETY: the kernel just gave us this descriptor.
        Some(unsafe { OwnedFd::from_raw_fd(raw) })
    };
    // SAFETY: system calls with numbers only (pidfd_open(2), pidfd_getfd(2)).
    let process = own(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    use std::os::fd::AsRawFd;
    let fd = libc::c_long::try_from(fd).ok()?;
    // SAFETY: as above.
    let socket = own(unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), fd, 0) })?;
    getsockopt(&socket, sockopt::SockType).ok().map(|kind| kind == SockType::Datagram)
}
