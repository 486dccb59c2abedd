//! What `/proc` says about the processes of a service and their sockets at one moment.

use assize_facts::{Digest, Known};
use std::net::SocketAddr;

/// An executable, file-backed mapping.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mapping {
    /// As `/proc/PID/maps` has it; ` (deleted)` at the end is taken off.
    pub path: String,
    pub deleted: bool,
    /// Device and inode, to tell files of one name apart.
    pub device: String,
    pub inode: u64,
}

/// One thread of a process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ThreadStatus {
    /// As seen inside the sandbox.
    pub tid: u32,
    /// `Seccomp:` 0 none, 1 strict, 2 filter.
    pub seccomp: Option<u32>,
    /// `Seccomp_filters:` (Linux 5.9 and later).
    pub filters: Option<u32>,
    /// `NoNewPrivs:`.
    pub no_new_privs: Option<bool>,
}

/// One process at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessSnapshot {
    /// As seen inside the sandbox.
    pub pid: u32,
    pub parent: u32,
    /// Clock ticks since boot (field 22 of `/proc/PID/stat`): with the pid it names a process for good.
    pub start_time: u64,
    /// `comm`.
    pub name: String,
    /// The file name that `/proc/PID/exe` shows.
    pub exe: String,
    /// SHA-256 through `/proc/PID/exe`: of the running image, whatever its path holds by now.
    pub exe_sha256: Known<Digest>,
    /// SHA-256 of `/proc/PID/auxv`: another one means another execution.
    pub auxv: Known<Digest>,
    /// Names of the environment at exec time. Values stay out, save for `preload`.
    pub env_names: Known<Vec<String>>,
    /// `LD_PRELOAD`, `LD_AUDIT` or `LD_LIBRARY_PATH` entries of the environment, `NAME=value`.
    pub preload: Known<Vec<String>>,
    /// Executable file-backed mappings without the program itself.
    pub mappings: Known<Vec<Mapping>>,
    pub threads: Known<Vec<ThreadStatus>>,
    /// `SigCgt:` and `SigIgn:` as masks, bit 0 is signal 1.
    pub caught: u64,
    pub ignored: u64,
    /// Whether its network namespace is the sandbox's: what listens in another one cannot be seen.
    pub same_network: Known<bool>,
    /// Inodes of its open sockets.
    pub sockets: Known<Vec<u64>>,
}

/// Transport of a listening socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    Tcp,
    /// Bound and not connected.
    Udp,
    Unix,
}

/// A socket that waits for others, and who holds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    pub protocol: Protocol,
    /// Of TCP and UDP. An unspecified IPv6 address usually takes IPv4 too.
    pub address: Option<SocketAddr>,
    /// Of a Unix socket; `@` stands before an abstract name.
    pub path: Option<String>,
    pub inode: u64,
    /// Every process of the sandbox that has it open, ordered.
    pub pids: Vec<u32>,
}
