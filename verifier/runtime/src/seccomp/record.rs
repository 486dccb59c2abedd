//! What the tracer saw, in the form in which the init of the sandbox hands it to the tool.

use super::bpf::Program;
use serde::{Deserialize, Serialize};

/// The whole trace of a service from its exec until it was ready.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceRecord {
    /// As uname(2) names the machine.
    pub machine: String,
    /// What the tracer itself has, and so gave to the service.
    pub baseline: Baseline,
    /// Every program seen, once.
    pub programs: Vec<Program>,
    pub installs: Vec<Install>,
    /// Place in the order of events of the first port that was opened.
    pub first_port: Option<u64>,
    /// Threads when the first port was about to be opened.
    pub at_first_port: Vec<Thread>,
    /// Threads at the end of the trace.
    pub at_end: Vec<Thread>,
    /// What the tracer could not see; each takes something from what the trace proves.
    pub doubts: Vec<Doubt>,
    /// Files opened that tell of a tracer.
    pub looked_for_tracer: Vec<String>,
    /// Whether the service became ready while it was traced.
    pub ready: bool,
    /// Whether the first exec was seen: without it nothing was.
    pub began: bool,
    /// Whether every traced thread was let go in order.
    pub complete: bool,
}

/// What every process shows that is started here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// `Seccomp:` of `/proc/self/status`.
    pub seccomp: u32,
    /// `Seccomp_filters:`.
    pub filters: u32,
    pub no_new_privs: bool,
}

/// A try to install a filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Install {
    /// Place in the order of events.
    pub order: u64,
    pub pid: i32,
    pub tid: i32,
    /// `seccomp` or `prctl`.
    pub method: String,
    /// `SECCOMP_MODE_STRICT` instead of a program.
    pub strict: bool,
    pub flags: u64,
    /// Index into the programs; `None` where the bytes could not be read or changed while the kernel read them.
    pub program: Option<usize>,
    /// What the call returned: 0, a thread, or a negative error number.
    pub result: i64,
    pub no_new_privs: bool,
    /// Threads of all processes at that moment.
    pub threads: u64,
}

impl Install {
    pub fn took(&self) -> bool {
        self.result == 0 || (self.result > 0 && self.flags & flag::NEW_LISTENER != 0)
    }
}

/// Flags of seccomp(2).
pub(crate) mod flag {
    pub const TSYNC: u64 = 1;
    pub const NEW_LISTENER: u64 = 8;
    /// Names by bit.
    pub const NAMES: &[&str] = &["tsync", "log", "spec_allow", "new_listener", "tsync_esrch", "wait_killable_recv"];
}

/// A thread and what confines it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Thread {
    pub pid: i32,
    pub tid: i32,
    /// Indices of installations in force, newest first.
    pub filters: Vec<usize>,
    pub strict: bool,
    pub no_new_privs: bool,
}

/// Something that the tracer could not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// A thread or process was made so that tracers do not follow (`CLONE_UNTRACED`).
    Untraced,
    /// `io_uring` can open ports without a system call of that name.
    IoUring,
    /// The other threads could not be stopped while a program was read.
    NotQuiet,
    /// A program could not be read, or changed while the kernel read it.
    Program,
    /// The kernel did not describe a system call.
    Kernel,
    /// A traced thread was not let go within the time.
    Stuck,
    /// More threads than the tracer follows.
    TooMany,
}

impl Doubt {
    /// Whether it leaves open which threads have which filters.
    pub fn of_filters(self) -> bool {
        match self {
            Doubt::IoUring => false,
            Doubt::Untraced | Doubt::NotQuiet | Doubt::Program | Doubt::Kernel | Doubt::Stuck | Doubt::TooMany => true,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Doubt::Untraced => "untraced",
            Doubt::IoUring => "io-uring",
            Doubt::NotQuiet => "not-quiet",
            Doubt::Program => "program",
            Doubt::Kernel => "kernel",
            Doubt::Stuck => "stuck",
            Doubt::TooMany => "too-many",
        }
    }
}
