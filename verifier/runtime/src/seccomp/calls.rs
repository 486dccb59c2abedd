//! Names of system calls to the numbers under which a process can make them, in every numbering that its machine admits.

use super::bpf::{ARCH, FIRST_ARGUMENT, NUMBER};
use std::str::FromStr;

/// A numbering of system calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Arch {
    X86_64,
    /// 32-bit calls of a 64-bit process (`int 0x80`).
    I386,
    /// 64-bit calls with 32-bit pointers: the same architecture number, and a bit in the call's.
    X32,
    Aarch64,
    /// 32-bit ARM, EABI.
    Arm,
}

/// `__X32_SYSCALL_BIT`.
const X32_BIT: u32 = 0x4000_0000;

/// Calls that x32 numbers anew because their structures differ (Linux `arch/x86/entry/syscalls/syscall_64.tbl`, 512 to 547).
const X32_OWN: &[(&str, u32)] = &[
    ("rt_sigaction", 512),
    ("rt_sigreturn", 513),
    ("ioctl", 514),
    ("readv", 515),
    ("writev", 516),
    ("recvfrom", 517),
    ("sendmsg", 518),
    ("recvmsg", 519),
    ("execve", 520),
    ("ptrace", 521),
    ("rt_sigpending", 522),
    ("rt_sigtimedwait", 523),
    ("rt_sigqueueinfo", 524),
    ("sigaltstack", 525),
    ("timer_create", 526),
    ("mq_notify", 527),
    ("kexec_load", 528),
    ("waitid", 529),
    ("set_robust_list", 530),
    ("get_robust_list", 531),
    ("vmsplice", 532),
    ("move_pages", 533),
    ("preadv", 534),
    ("pwritev", 535),
    ("rt_tgsigqueueinfo", 536),
    ("recvmmsg", 537),
    ("sendmmsg", 538),
    ("process_vm_readv", 539),
    ("process_vm_writev", 540),
    ("setsockopt", 541),
    ("getsockopt", 542),
    ("io_setup", 543),
    ("io_submit", 544),
    ("execveat", 545),
    ("preadv2", 546),
    ("pwritev2", 547),
];

/// Calls of `socketcall` on i386 by its first argument (`linux/net.h`).
const SOCKETCALL: &[&str] = &[
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "getsockname",
    "getpeername",
    "socketpair",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "sendmsg",
    "recvmsg",
    "accept4",
    "recvmmsg",
    "sendmmsg",
];

/// Calls of `ipc` on i386 by its first argument (`linux/ipc.h`).
const IPC: &[(&str, u32)] = &[
    ("semop", 1),
    ("semget", 2),
    ("semctl", 3),
    ("semtimedop", 4),
    ("msgsnd", 11),
    ("msgrcv", 12),
    ("msgget", 13),
    ("msgctl", 14),
    ("shmat", 21),
    ("shmdt", 22),
    ("shmget", 23),
    ("shmctl", 24),
];

/// Calls with which the same can be done: a list that has one and not the other leaves a door open.
const FAMILIES: &[&[&str]] = &[
    &["execve", "execveat"],
    &["open", "openat", "openat2", "creat", "open_by_handle_at"],
    &["fork", "vfork", "clone", "clone3"],
    &["ptrace", "process_vm_readv", "process_vm_writev"],
    &["mount", "move_mount", "open_tree", "open_tree_attr", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"],
    &["umount", "umount2"],
    &["pivot_root", "chroot"],
    &["setns", "unshare"],
    &["init_module", "finit_module", "delete_module"],
    &["kexec_load", "kexec_file_load"],
    &["keyctl", "add_key", "request_key"],
    &["io_uring_setup", "io_uring_enter", "io_uring_register"],
    &["settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime"],
    &["sethostname", "setdomainname"],
    &["swapon", "swapoff"],
    &["iopl", "ioperm"],
];

impl Arch {
    /// What a process of this machine can call: its own numbering and those of its compatibility modes.
    pub fn of_machine(machine: &str) -> &'static [Arch] {
        match machine {
            "aarch64" => &[Arch::Aarch64, Arch::Arm],
            _ => &[Arch::X86_64, Arch::I386, Arch::X32],
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Arch::X86_64 => "x86_64",
            Arch::I386 => "i386",
            Arch::X32 => "x32",
            Arch::Aarch64 => "aarch64",
            Arch::Arm => "arm",
        }
    }

    /// `AUDIT_ARCH_*` (`linux/audit.h`).
    pub fn audit(self) -> u32 {
        match self {
            Arch::X86_64 | Arch::X32 => 0xc000_003e,
            Arch::I386 => 0x4000_0003,
            Arch::Aarch64 => 0xc000_00b7,
            Arch::Arm => 0x4000_0028,
        }
    }

    fn number(self, name: &str) -> Option<u32> {
        let id = match self {
            Arch::X86_64 | Arch::X32 => syscalls::x86_64::Sysno::from_str(name).ok()?.id(),
            Arch::I386 => syscalls::x86::Sysno::from_str(name).ok()?.id(),
            Arch::Aarch64 => syscalls::aarch64::Sysno::from_str(name).ok()?.id(),
            Arch::Arm => syscalls::arm::Sysno::from_str(name).ok()?.id(),
        };
        u32::try_from(id).ok()
    }

    /// Every call of the numbering, by name.
    pub fn names(self) -> Vec<String> {
        match self {
            Arch::X86_64 | Arch::X32 => syscalls::x86_64::Sysno::iter().map(|s| s.name().to_string()).collect(),
            Arch::I386 => syscalls::x86::Sysno::iter().map(|s| s.name().to_string()).collect(),
            Arch::Aarch64 => syscalls::aarch64::Sysno::iter().map(|s| s.name().to_string()).collect(),
            Arch::Arm => syscalls::arm::Sysno::iter().map(|s| s.name().to_string()).collect(),
        }
    }

    /// Every way to make a call: its number, and a fixed first argument where one number stands for several calls.
    pub fn ways(self, name: &str) -> Vec<Way> {
        let plain = |number| Way { arch: self, number, first_argument: None };
        let mut ways: Vec<Way> = match self {
            // The special numbers and, on kernels before 5.4, the ordinary ones with the bit too.
            Arch::X32 => {
                let own = X32_OWN.iter().find(|(n, _)| *n == name).map(|(_, number)| *number);
                own.into_iter().chain(self.number(name)).map(|n| plain(n | X32_BIT)).collect()
            }
            _ => self.number(name).map(plain).into_iter().collect(),
        };
        if self == Arch::I386 {
            ways.extend(self.multiplexed(name));
            // The old call takes no flags and does the same.
            if name == "umount2" {
                ways.extend(self.number("umount").map(plain));
            }
        }
        ways
    }

    fn multiplexed(self, name: &str) -> Option<Way> {
        let socket = SOCKETCALL.iter().position(|n| *n == name).and_then(|at| u32::try_from(at + 1).ok());
        let (gate, argument) = match socket {
            Some(argument) => ("socketcall", argument),
            None => ("ipc", IPC.iter().find(|(n, _)| *n == name)?.1),
        };
        Some(Way { arch: self, number: self.number(gate)?, first_argument: Some(argument) })
    }
}

/// Whether any numbering knows the name.
pub(crate) fn exists(name: &str) -> bool {
    [Arch::X86_64, Arch::I386, Arch::Aarch64, Arch::Arm].iter().any(|arch| !arch.ways(name).is_empty())
}

/// Calls that do the same as this one, itself left out.
pub(crate) fn siblings(name: &str) -> impl Iterator<Item = &'static str> {
    let name = name.to_string();
    let families = FAMILIES.iter().filter({
        let name = name.clone();
        move |family| family.contains(&name.as_str())
    });
    families.flat_map(|family| family.iter().copied()).filter(move |sibling| *sibling != name)
}

/// One way to make a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Way {
    pub arch: Arch,
    pub number: u32,
    pub first_argument: Option<u32>,
}

impl Way {
    /// What the filter sees of it before any argument is chosen: words that are fixed, the others free.
    pub fn fixed(&self) -> [Option<u32>; super::bpf::WORDS] {
        let mut words = [None; super::bpf::WORDS];
        words[NUMBER] = Some(self.number);
        words[ARCH] = Some(self.arch.audit());
        if let Some(argument) = self.first_argument {
            words[FIRST_ARGUMENT] = Some(argument);
        }
        // Registers of a 32-bit call have 32 bits: the upper halves are zero.
        if matches!(self.arch, Arch::I386 | Arch::Arm) {
            for upper in (3..super::bpf::WORDS).step_by(2) {
                words[upper] = Some(0);
            }
        }
        words
    }
}
