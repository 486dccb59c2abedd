//! What the running service's processes are and do.

use crate::{Digest, Fact, KindSchema, Known, Millis, fact, vocabulary};

vocabulary! {
    /// What a process is to the run.
    pub enum Role {
        /// The one that was started as the deliverable.
        Main = "main",
        /// Anything that it started, or that was found with it.
        Child = "child",
        /// A dependency's real server that the tool started beside it.
        Dependency = "dependency",
    }
}

vocabulary! {
    /// When it was looked at.
    pub enum Moment { Ready = "ready", End = "end" }
}

fact! {
    /// One process of the running service at one moment.
    pub struct ProcessInfo = "process.info", layers [Runtime], counts "processes" {
        /// As seen inside the sandbox; an operator's process as seen on the host.
        pid: u64,
        /// When: `ready`, or `end` after everything else was probed.
        moment: Moment,
        /// `main`, `child` or `dependency`.
        role: Role,
        /// The process that started it, or adopted it.
        parent: u64,
        /// `comm`: whatever the process calls itself.
        name: String,
        /// SHA-256 through `/proc/PID/exe`: of the running image, whatever lies at its path by now.
        exe_sha256: Known<Digest>,
        /// What the run started: `{program}` for the delivered binary's private copy, else the path inside the sandbox.
        exe: Known<String>,
        /// Whether a listening socket of the service is open in it.
        holds_listener: Known<bool>,
        /// `LD_PRELOAD`, `LD_AUDIT` and `LD_LIBRARY_PATH` of its environment, as `NAME=value`, and a filled `/etc/ld.so.preload`.
        ld_preload: Known<Vec<String>>,
        /// Names of its environment when it was executed, ascending; values are not recorded.
        environment: Known<Vec<String>>,
        /// Threads.
        threads: Known<u64>,
        /// Whether it is in the network that is watched; what listens elsewhere would not be seen.
        same_network: Known<bool>,
        /// At the end: whether start time and auxiliary vector are those seen at the beginning. Null at the beginning, and of a process that was not there then.
        same_since_ready: Known<Option<bool>>,
        /// Whether the operator named it with `--pid`: it is then the subject itself.
        by_operator: bool,
    }
}

fact! {
    /// One executable, file-backed mapping of a process: code that it can run.
    pub struct Library = "process.libraries", layers [Runtime], counts "processes" {
        /// As seen inside the sandbox.
        pid: u64,
        /// `main`, `child` or `dependency`.
        role: Role,
        /// When: `ready`, or `end` after everything else was probed.
        moment: Moment,
        /// The mapped file, without ` (deleted)`; `{program}` for the delivered binary's private copy.
        path: String,
        /// `program`, `interpreter` (the program's own ELF interpreter), or `other`.
        kind: LibraryKind,
        /// Whether the file is no longer at its path.
        deleted: bool,
        /// SHA-256 of the mapped file.
        sha256: Known<Digest>,
    }
}

vocabulary! {
    /// What a mapping is to its process.
    pub enum LibraryKind { Program = "program", Interpreter = "interpreter", Other = "other" }
}

vocabulary! {
    /// What kind of socket listens.
    pub enum SocketKind { Tcp = "tcp", Tcp6 = "tcp6", Udp = "udp", Udp6 = "udp6", Unix = "unix" }
}

fact! {
    /// One socket of the service that waits for others: a listening stream socket, or a bound and unconnected datagram socket.
    pub struct ListeningSocket = "process.listeners", layers [Runtime], counts "processes" {
        /// `tcp`, `tcp6`, `udp`, `udp6` or `unix`.
        protocol: SocketKind,
        /// Local address, as in `127.0.0.1` or `::`; the path of a Unix socket, `@` before an abstract name.
        address: String,
        /// Local port; null of a Unix socket.
        port: Option<u64>,
        /// When: `ready`, or `end` after everything else was probed.
        moment: Moment,
        /// Endpoints of deliverable.toml on that port.
        endpoints: Vec<String>,
        /// Every process that has it open, ascending.
        pids: Known<Vec<u64>>,
        /// What those processes run: the SHA-256 of each `/proc/PID/exe`, ascending, without repeats.
        exe_sha256: Known<Vec<String>>,
        /// Whether several sockets share the port (SO_REUSEPORT), so that the kernel chooses who answers.
        shared_port: bool,
        /// Whether a process of the deliverable holds it (not a dependency's server).
        of_service: Known<bool>,
    }
}

fact! {
    /// What SIGUSR2 did to the observed configuration, to requests and to the process: one item for the whole experiment.
    pub struct Reload = "process.reload", layers [Runtime], counts "reload-experiments", with ["within"] {
        /// How many fields of the answer were observed.
        observed_fields: u64,
        /// Changes of the file that no signal followed for a while, seen together.
        quiet_trials: u64,
        /// In how many of them the new value appeared before the signal.
        changed_before_signal: u64,
        /// From the change of the file to the new value, where no signal was sent: the quickest; null where none appeared.
        poll_delay: Option<Millis>,
        /// Signals after which the new value was waited for.
        signal_trials: u64,
        /// After how many of them it appeared within the agreed time.
        changed_after_signal: u64,
        /// From the signal to the new value: the slowest; null where none appeared.
        signal_delay: Option<Millis>,
        /// Whether the signal is what makes the values change, told from something that looks at the file by itself.
        caused_by_signal: Known<bool>,
        /// Whether an ordinary write (a new file renamed into place), with no signal, changed the values.
        changed_by_write: Known<bool>,
        /// Pid and start time at the end are those of the beginning.
        same_process: Known<bool>,
        /// The auxiliary vector too: another one means that the process executed itself anew.
        same_image: Known<bool>,
        /// Requests of the load around the signals.
        requests: u64,
        /// Of those, on connections opened for them.
        fresh_connections: u64,
        /// Of those that were not answered as declared.
        failed: u64,
        /// What they met: `refused`, `reset`, `cut`, `timeout`, status codes …, ascending.
        failures: Vec<String>,
        /// Signals that had enough answered requests close before and after them.
        covered_signals: Known<u64>,
        /// Slow requests under way when a signal came.
        in_flight: u64,
        /// Of those, how many did not complete as declared.
        in_flight_lost: u64,
        /// Whether an answer held values of two configurations.
        mixed: Known<bool>,
        /// The first such answer's values.
        mixed_example: Option<String>,
        /// Whether the values after a broken file and a signal were those before, all of them.
        broken_refused: Known<bool>,
        /// Whether an error was logged then.
        broken_logged: Known<bool>,
        /// Whether the process still answers after the broken file.
        broken_survived: Known<bool>,
        /// Whether after several signals in quick succession the last configuration is in force.
        last_signal_wins: Known<bool>,
    }
}

fact! {
    /// One installation of a seccomp filter by the service, seen by tracing it from its start until it was ready.
    pub struct Filters = "process.filters", layers [Runtime], counts "traced-processes" {
        /// The process, by the order in which the service's processes began: 1 is the one that was started.
        process: u64,
        /// Running number of the installation.
        number: u64,
        /// `seccomp` or `prctl`.
        method: String,
        /// `tsync`, `log`, `spec_allow`, `new_listener`, …
        flags: Vec<String>,
        /// Whether the kernel took it.
        installed: bool,
        /// What the kernel answered: `0`, a thread that could not be synchronised, or the error's name.
        result: String,
        /// Instructions of the program.
        instructions: u64,
        /// SHA-256 of the program's bytes; unknown where another thread may have changed them meanwhile.
        program: Known<Digest>,
        /// Whether it was in force before the service opened any port.
        before_listen: Known<bool>,
        /// Whether the thread had asked for no_new_privs itself before.
        no_new_privs: Known<bool>,
        /// Threads that the service had at that moment.
        threads: u64,
        /// Threads of the service that have it at the end of the trace.
        covered: u64,
        /// Threads of the service at the end of the trace.
        threads_at_end: u64,
        /// Whether every thread of every process of the service has it.
        on_all_threads: Known<bool>,
        /// Whether the kernel holds the same bytes on every thread that has it by the trace; null where reading back is not permitted here.
        read_back: Known<Option<bool>>,
        /// Whether the service became ready with it in force.
        ready_under_it: bool,
        /// Whether a denied call ended the service (SIGSYS, `seccomp(2)`) while it was examined, before it was asked to stop.
        ended_service: bool,
        /// Files under `/proc` that the service opened meanwhile and that tell of a tracer.
        looked_for_tracer: Vec<String>,
    }
}

fact! {
    /// The threads of a process that are alike in what confines them.
    pub struct Threads = "process.threads", layers [Runtime], counts "threads" {
        /// The process, by the order of process numbers: 1 is the lowest.
        process: u64,
        /// Name of the process.
        name: String,
        /// How many threads.
        threads: u64,
        /// Whether the first thread of the process, which `/proc/PID/status` speaks of, is among them.
        leader: bool,
        /// When: `ready`, `end`, or `untraced`: ready, in another start of the service that nobody traced.
        moment: String,
        /// `none`, `strict` or `filter`.
        mode: Known<String>,
        /// Filters in force, without those that a control process has.
        filters: Known<u64>,
        /// Whether no_new_privs is set, and not already on a control process.
        no_new_privs: Known<bool>,
        /// Filters that tracing says they have.
        traced_filters: Known<u64>,
        /// Whether both agree.
        agrees: Known<bool>,
    }
}

vocabulary! {
    /// What a filter does with a call, from the strictest on.
    pub enum FilterAction {
        KillProcess = "kill-process",
        KillThread = "kill-thread",
        Trap = "trap",
        Errno = "errno",
        Notify = "notify",
        Trace = "trace",
        Log = "log",
        Allow = "allow",
    }
}

impl FilterAction {
    /// Whether it keeps the call from being executed; `None` where somebody else decides: a supervising process or a tracer.
    pub fn denies(self) -> Option<bool> {
        match self {
            FilterAction::KillProcess | FilterAction::KillThread | FilterAction::Trap | FilterAction::Errno => {
                Some(true)
            }
            FilterAction::Notify | FilterAction::Trace => None,
            FilterAction::Log | FilterAction::Allow => Some(false),
        }
    }
}

vocabulary! {
    /// How a call is denied.
    pub enum Denial { Errno = "errno", Kill = "kill", Trap = "trap", Nothing = "none" }
}

fact! {
    /// What the filters of the service do with one system call in one numbering: the weakest answer that any thread gets for any arguments.
    pub struct Syscalls = "process.syscalls", layers [Runtime], counts "evaluated-calls", with ["deny"] {
        /// The call, as in `execve`.
        syscall: String,
        /// Numbering: `x86_64`, `i386`, `x32`, `aarch64`, `arm`.
        arch: String,
        /// Whether the numbering has the call. One without it has nothing to deny.
        exists: bool,
        /// The numbers under which it can be called.
        numbers: Vec<u64>,
        /// The weakest action.
        action: Known<FilterAction>,
        /// Whether that action keeps the call from being executed.
        denied: Known<bool>,
        /// How: `none` where it is not denied.
        denial: Known<Denial>,
        /// Whether the answer depends on the arguments.
        argument_dependent: Known<bool>,
        /// Arguments for which the weakest action was shown; empty where it does not depend on them.
        example: String,
        /// Whether every thread of every process gets the same answer.
        all_threads: Known<bool>,
        /// Whether it was denied before the service opened any port.
        before_listen: Known<bool>,
        /// How the filters are known: `traced`, `read-back` or `traced+read-back`.
        evidence: String,
        /// Calls that do the same and are not in the list, as far as they are not denied.
        siblings_open: Vec<String>,
    }
}

pub(super) fn schemas() -> Vec<KindSchema> {
    vec![
        ProcessInfo::schema(),
        Library::schema(),
        ListeningSocket::schema(),
        Reload::schema(),
        Filters::schema(),
        Threads::schema(),
        Syscalls::schema(),
    ]
}
