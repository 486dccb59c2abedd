//! System calls of a traced service that matter: what installs filters, opens ports, makes threads, or looks for a tracer.

use super::raw;
use crate::seccomp::calls::Arch;

/// A call that installs a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Installation {
    pub method: &'static str,
    pub flags: u64,
    /// The address of a `struct sock_fprog`; `None` in strict mode.
    pub program: Option<u64>,
    /// Whether pointers have 32 bits.
    pub narrow: bool,
}

/// A call at its entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Install(Installation),
    NoNewPrivs,
    /// `listen`, or `bind` of a datagram socket.
    OpenPort,
    /// With the flags of clone(2).
    Clone {
        flags: u64,
    },
    IoUring,
    /// The path that is opened.
    Open {
        path: String,
    },
    Other,
}

/// Constants of `linux/seccomp.h` and `linux/prctl.h`.
const SET_MODE_STRICT: u64 = 0;
const SET_MODE_FILTER: u64 = 1;
const PR_SET_SECCOMP: u64 = 22;
const PR_SET_NO_NEW_PRIVS: u64 = 38;
const MODE_STRICT: u64 = 1;
const MODE_FILTER: u64 = 2;
const LONGEST_PATH: usize = 256;
const X32_BIT: u64 = 0x4000_0000;

/// The architecture of a stop and the call's name in it; `None` where it has none.
fn named(arch: u32, number: u64) -> Option<(Arch, &'static str)> {
    let id = usize::try_from(number).ok()?;
    let plain = usize::try_from(number & !X32_BIT).ok()?;
    Some(match arch {
        0xc000_003e if number & X32_BIT != 0 => (Arch::X32, syscalls::x86_64::Sysno::new(plain)?.name()),
        0xc000_003e => (Arch::X86_64, syscalls::x86_64::Sysno::new(id)?.name()),
        0x4000_0003 => (Arch::I386, syscalls::x86::Sysno::new(id)?.name()),
        0xc000_00b7 => (Arch::Aarch64, syscalls::aarch64::Sysno::new(id)?.name()),
        0x4000_0028 => (Arch::Arm, syscalls::arm::Sysno::new(id)?.name()),
        _ => return None,
    })
}

/// What a call is about to do. `tid` is stopped at its entry.
pub(super) fn deed(tid: i32, arch: u32, number: u64, arguments: &[u64; 6]) -> Deed {
    let Some((arch, name)) = named(arch, number) else { return Deed::Other };
    let narrow = matches!(arch, Arch::I386 | Arch::X32 | Arch::Arm);
    let install = |method, flags, program| Deed::Install(Installation { method, flags, program, narrow });
    let [first, second, third, ..] = *arguments;
    match name {
        "seccomp" => match first {
            SET_MODE_STRICT => install("seccomp", second, None),
            SET_MODE_FILTER => install("seccomp", second, Some(third)),
            _ => Deed::Other,
        },
        "prctl" => match (first, second) {
            (PR_SET_SECCOMP, MODE_STRICT) => install("prctl", 0, None),
            (PR_SET_SECCOMP, MODE_FILTER) => install("prctl", 0, Some(third)),
            (PR_SET_NO_NEW_PRIVS, 1) => Deed::NoNewPrivs,
            _ => Deed::Other,
        },
        "listen" => Deed::OpenPort,
        "bind" => bound(tid, first, second, third),
        "socketcall" => socketcall(tid, first, second),
        "clone" => Deed::Clone { flags: first },
        "clone3" => Deed::Clone { flags: word(tid, first).unwrap_or(0) },
        "fork" | "vfork" => Deed::Clone { flags: 0 },
        "io_uring_setup" => Deed::IoUring,
        "open" | "creat" => opened(tid, first),
        "openat" | "openat2" => opened(tid, second),
        _ => Deed::Other,
    }
}

/// Binding opens a port where the socket takes datagrams and the address is an internet one; a stream socket has to listen first.
fn bound(tid: i32, fd: u64, address: u64, length: u64) -> Deed {
    let family = if length >= 2 { raw::read(tid, address, 2).ok() } else { None };
    let family = family.and_then(|b| b.first_chunk().map(|b| i32::from(u16::from_ne_bytes(*b))));
    match family {
        Some(libc::AF_INET | libc::AF_INET6) if raw::is_datagram(tid, fd) == Some(true) => Deed::OpenPort,
        _ => Deed::Other,
    }
}

/// i386: one call for all of them, its arguments in memory.
fn socketcall(tid: i32, which: u64, arguments: u64) -> Deed {
    let argument = |n: u64| {
        let bytes = raw::read(tid, arguments + 4 * n, 4).ok()?;
        Some(u64::from(u32::from_ne_bytes(*bytes.first_chunk()?)))
    };
    match which {
        2 => match (argument(0), argument(1), argument(2)) {
            (Some(fd), Some(address), Some(length)) => bound(tid, fd, address, length),
            _ => Deed::Other,
        },
        4 => Deed::OpenPort,
        _ => Deed::Other,
    }
}

fn opened(tid: i32, address: u64) -> Deed {
    let bytes = raw::read_some(tid, address, LONGEST_PATH).unwrap_or_default();
    let path = bytes.split(|b| *b == 0).next().unwrap_or_default();
    Deed::Open { path: String::from_utf8_lossy(path).into_owned() }
}

fn word(tid: i32, address: u64) -> Option<u64> {
    raw::read(tid, address, 8).ok()?.first_chunk().map(|b| u64::from_ne_bytes(*b))
}

/// The bytes of the program that the `struct sock_fprog` points to.
pub(super) fn program(tid: i32, installation: &Installation) -> Option<Vec<u8>> {
    let (address, narrow) = (installation.program?, installation.narrow);
    let (size, pointer_at) = if narrow { (8, 4) } else { (16, 8) };
    let head = raw::read(tid, address, size).ok()?;
    let length = usize::from(u16::from_ne_bytes(*head.first_chunk()?));
    let pointer = if narrow {
        u64::from(u32::from_ne_bytes(*head.get(pointer_at..)?.first_chunk()?))
    } else {
        u64::from_ne_bytes(*head.get(pointer_at..)?.first_chunk()?)
    };
    if !(1..=crate::seccomp::bpf::LONGEST).contains(&length) {
        return None;
    }
    raw::read(tid, pointer, length * 8).ok()
}

/// Files that say whether somebody traces (`TracerPid:` and what a stopped thread waits for).
pub(super) fn tells_of_tracer(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    path.starts_with("/proc/") && matches!(last, "status" | "stat" | "wchan" | "syscall" | "stack")
}
