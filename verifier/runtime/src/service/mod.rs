//! A started service as the probes see it: one instance in its sandbox; dropping it ends everything it started.

mod endpoint;
mod furnish;
mod inside;
mod net;
mod places;
mod program;
mod ready;
mod sandbox;
mod secrets;
mod start;

pub use endpoint::{Endpoint, usable_address, usable_url};
pub(crate) use furnish::copy;
pub(crate) use inside::Inside;
pub(crate) use places::Places;
pub(crate) use sandbox::Sandbox;
pub(crate) use secrets::Secrets;
pub(crate) use start::NOT_RUN;

use crate::output::Output;
use crate::plan::RunPlan;
use crate::recorder::Recorder;
use crate::snapshot::{self, Listener, Outgoing, ProcessSnapshot, View, Who};
use crate::standin::StandIn;
use crate::supervise::CanaryReport;
use crate::supervise::wire::{Ask, Owner};
use assize_facts::{Digest, Progress, Reason, Secret, reason};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the streams may stay open after every process was killed.
const DRAINING: Duration = Duration::from_secs(5);
/// How long a process that was killed is given to be gone before it is looked at again.
const ENDING: Duration = Duration::from_millis(20);

/// How an instance is started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartOptions {
    /// Whether its system calls are traced from exec until it is ready.
    pub trace: bool,
    /// Added to the environment of `[run]`.
    pub env: BTreeMap<String, String>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitInfo {
    pub pid: u32,
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub at: Instant,
}

impl ExitInfo {
    /// As in `exit status 2` or `signal 9`.
    pub fn shown(&self) -> String {
        match (self.code, self.signal) {
            (Some(code), _) => format!("exit status {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "unknown".into(),
        }
    }
}

/// The program that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// Its private copy, as the service sees it.
    pub path: String,
    /// The delivered file's name.
    pub name: String,
    pub digest: Digest,
    /// The interpreter that it names.
    pub interpreter: Option<String>,
}

/// Why there is no service.
pub(crate) struct NotStarted {
    pub reason: Reason,
    /// What it wrote until it was given up, secrets taken out, as [`crate::showing::capture`] keeps it.
    pub log: Option<Vec<u8>>,
    pub secrets: Vec<Secret>,
}

impl From<Reason> for NotStarted {
    fn from(reason: Reason) -> NotStarted {
        NotStarted { reason, log: None, secrets: Vec::new() }
    }
}

/// A running service.
pub struct Service {
    // Ended in this order: stand-ins use the sandbox's network, the reader waits for its streams.
    dependencies: Vec<StandIn>,
    inside: Arc<Inside>,
    reader: Option<JoinHandle<()>>,
    output: Output,
    main: u32,
    /// The sandbox's address beside those of the loopback.
    address: Option<Ipv4Addr>,
    view: View,
    program: Option<Program>,
    servers: BTreeSet<u32>,
    endpoints: Vec<Endpoint>,
    canary: CanaryReport,
    places: Places,
    secrets: Secrets,
    recorder: Arc<Recorder>,
    delivered: Vec<String>,
    private: String,
    level: String,
    trace: Option<Result<serde_json::Value, String>>,
    made: AtomicU64,
    /// Why no load may be put on it, where that is so.
    load: Result<(), Reason>,
    /// The network's counters before the service began.
    before: Outgoing,
}

impl Service {
    /// Starts an instance and waits until it is ready. The reason says what went wrong: not ready in time, exited, no sandbox, …
    pub fn start(plan: &RunPlan, options: StartOptions, progress: &dyn Progress) -> Result<Service, Reason> {
        Service::begin(plan, options, progress).map_err(|not| not.reason)
    }

    /// The same; what was written by an instance that did not become ready is kept.
    pub(crate) fn begin(plan: &RunPlan, options: StartOptions, progress: &dyn Progress) -> Result<Service, NotStarted> {
        start::start(plan, options, progress)
    }

    /// What runs already and the operator named: nothing is started.
    pub fn attach(plan: &RunPlan) -> Result<Service, Reason> {
        start::attach(plan)
    }

    /// Whether requests may be made that a mere look does not need: always of what the tool started, else only as agreed.
    pub(crate) fn takes_load(&self) -> Result<(), Reason> {
        self.load.clone()
    }

    /// Whether the tool started it. Nothing is done to another's service: signals, files and bind mounts fail with `PermissionDenied`, and load and faults need consent.
    pub fn ours(&self) -> bool {
        self.inside.sandbox.is_some()
    }

    /// The address that its network has beside those of the loopback, where the tool made that network.
    pub(crate) fn address(&self) -> Option<Ipv4Addr> {
        self.address
    }

    /// Whether it has namespaces of its own, so that another instance beside it shares no port with it.
    pub(crate) fn confined(&self) -> bool {
        self.ours() && self.level != start::NO_SANDBOX
    }

    fn sandbox(&self) -> io::Result<&Sandbox> {
        self.inside.sandbox()
    }

    /// What confines it: `none`, or `namespaces+` and the limits in force.
    pub fn level(&self) -> &str {
        &self.level
    }

    /// What runs that were killed together with their supervisor had left and this start removed.
    pub fn leftovers(&self) -> Vec<String> {
        let mut removed = self.inside.sandbox.as_ref().map(Sandbox::removed).unwrap_or_default();
        // A group has its name in each hierarchy.
        removed.sort();
        removed.dedup();
        removed
    }

    /// Connects a blocking TCP stream (plain TCP, never MPTCP) from inside the service's network namespace.
    pub fn connect(&self, addr: SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
        self.inside.connect(addr, timeout)
    }

    /// A UDP socket inside the service's network namespace.
    pub fn bind_udp(&self, addr: SocketAddr) -> io::Result<UdpSocket> {
        self.inside.bind_udp(addr)
    }

    /// A listener inside the service's network namespace, for canaries and stand-ins; it is not among [`Service::listeners`].
    pub fn listen(&self, addr: SocketAddr) -> io::Result<TcpListener> {
        self.inside.listen(addr)
    }

    /// Sends a signal to the main process.
    pub fn signal(&self, signal: i32) -> io::Result<()> {
        self.signal_process(self.main, signal)
    }

    /// Sends a signal to a process of the sandbox.
    pub fn signal_process(&self, pid: u32, signal: i32) -> io::Result<()> {
        self.sandbox()?.signal(pid as i32, signal)
    }

    /// How the main process ended, where it has.
    pub fn exited(&self) -> Option<ExitInfo> {
        self.sandbox().ok()?.exited(self.main as i32)
    }

    /// Waits for the main process to end.
    pub fn wait_exit(&self, timeout: Duration) -> Option<ExitInfo> {
        self.sandbox().ok()?.wait_exit(self.main as i32, timeout)
    }

    /// SIGTERM, then SIGKILL after `grace`; whatever else it left is killed and the streams are read to their end. `None`: it had to be killed.
    pub fn stop(&self, grace: Duration) -> Option<ExitInfo> {
        let sandbox = self.sandbox().ok()?;
        let _ = self.signal(libc::SIGTERM);
        let ended = sandbox.wait_exit(self.main as i32, grace);
        // A process that ends closes its streams a moment before it is gone.
        let begun = Instant::now();
        while begun.elapsed() < DRAINING {
            let left: Vec<u32> = self.left().collect();
            left.iter().for_each(|pid| {
                let _ = self.signal_process(*pid, libc::SIGKILL);
            });
            if self.output.wait_finished(ENDING) {
                if left.is_empty() {
                    break;
                }
                std::thread::sleep(ENDING);
            }
        }
        sandbox.wait_exit(self.main as i32, DRAINING);
        ended
    }

    /// The processes that are not servers of dependencies.
    pub(super) fn left(&self) -> impl Iterator<Item = u32> {
        let pids = snapshot::numbers(&self.view).unwrap_or_default();
        pids.into_iter().filter(|pid| !self.servers.contains(pid))
    }

    /// Fills `{work}`, `{port.NAME}` and `{dep.NAME}` in; `{{` is a brace.
    pub fn resolve(&self, template: &str) -> Result<String, Reason> {
        self.places.fill(template)
    }

    /// The folder `{work}`, as the service sees it.
    pub fn work(&self) -> &str {
        &self.places.work
    }

    /// The main process, as seen inside the sandbox.
    pub fn main_pid(&self) -> u32 {
        self.main
    }

    pub(crate) fn program(&self) -> Option<&Program> {
        self.program.as_ref()
    }

    /// Processes that are real servers of dependencies.
    pub(crate) fn servers(&self) -> &BTreeSet<u32> {
        &self.servers
    }

    /// The `/proc` of the sandbox, as this process can open it: `proc_root().join("2/status")`.
    pub fn proc_root(&self) -> &Path {
        &self.view.proc
    }

    /// The number under which this process sees a process of the sandbox (for ptrace from outside): the one whose `NSpid` ends with the inner number in the same namespace.
    pub fn host_pid(&self, pid: u32) -> Option<u32> {
        let namespace = std::fs::read_link(self.view.proc.join(format!("{pid}/ns/pid"))).ok()?;
        let inner = pid.to_string();
        std::fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
            let host: u32 = entry.file_name().to_str()?.parse().ok()?;
            if std::fs::read_link(entry.path().join("ns/pid")).ok()? != namespace {
                return None;
            }
            let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
            let numbers = status.lines().find_map(|l| l.strip_prefix("NSpid:"))?;
            (numbers.split_whitespace().last()? == inner).then_some(host)
        })
    }

    /// Reads a file of the sandbox (a path as the service sees it), at most `limit` bytes, through no link. A longer one is an error of kind `FileTooLarge`.
    pub fn read_file(&self, path: &str, limit: u64) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        self.sandbox()?.open_file(path)?.take(limit.saturating_add(1)).read_to_end(&mut content)?;
        match content.len() as u64 > limit {
            true => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {limit} bytes"))),
            false => Ok(content),
        }
    }

    /// The first bytes of a file of the sandbox, at most `limit`, through no link.
    pub fn read_head(&self, path: &str, limit: u64) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        self.sandbox()?.open_file(path)?.take(limit).read_to_end(&mut content)?;
        Ok(content)
    }

    /// Writes a file in place: truncates and writes, as an editor of the careless kind does.
    pub fn write_file(&self, path: &str, content: &[u8]) -> io::Result<()> {
        self.sandbox()?.create(path, 0o644, Owner::Service)?.write_all(content)
    }

    /// Puts a new file in its place by rename, as configuration management does.
    pub fn replace_file(&self, path: &str, content: &[u8]) -> io::Result<()> {
        let new = format!("{path}.{}", crate::random::hex(4)?);
        self.sandbox()?.put(&new, 0o644, Owner::Service, content)?;
        self.sandbox()?.ask(&Ask::Rename { from: new, to: path.into() }, &[]).map(drop)
    }

    /// Removes a file of the sandbox.
    pub fn remove_file(&self, path: &str) -> io::Result<()> {
        self.sandbox()?.ask(&Ask::Remove { path: path.into() }, &[]).map(drop)
    }

    /// Exchanges what the service sees at a path by a bind mount in its mount namespace: no inotify watcher sees it. Each call is one step; the mounts lie on each other until [`Service::unbind`]. Fails with `Unsupported` without a sandbox.
    pub fn bind_over(&self, path: &str, content: &[u8]) -> io::Result<()> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let from = format!("{}/{number}", self.private);
        self.sandbox()?.put(&from, 0o644, Owner::Service, content)?;
        self.sandbox()?.ask(&Ask::BindOver { from, path: path.into() }, &[]).map(drop)
    }

    /// Takes the bind mounts off a path again.
    pub fn unbind(&self, path: &str) -> io::Result<()> {
        self.sandbox()?.ask(&Ask::Unbind { path: path.into() }, &[]).map(drop)
    }

    /// Files under `{work}` and `/tmp` that nobody delivered, with their sizes, ordered: log files among them.
    pub fn new_files(&self) -> io::Result<Vec<(String, u64)>> {
        let mut folders = vec![self.places.work.clone()];
        if self.level != start::NO_SANDBOX {
            folders.extend(start::WRITABLE.iter().map(|f| f.to_string()));
        }
        let mut files = self.sandbox()?.list(folders)?;
        files.retain(|(path, _)| !self.delivered.contains(path));
        Ok(files)
    }

    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Names what the run does from now on; lines received carry it.
    pub fn phase(&self, name: &str) {
        self.output.phase(name);
    }

    /// Takes the values of `[run] secret`, private keys and credentials out of a text that is to be recorded.
    pub fn redact(&self, text: &[u8]) -> Vec<u8> {
        self.secrets.neutral().bytes(text).into_owned()
    }

    /// What takes secrets out of everything that is recorded of this service.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Keeps what is said to the service and what it answers.
    pub(crate) fn recorder(&self) -> &Arc<Recorder> {
        &self.recorder
    }

    /// Every process of the sandbox save its init, ordered by pid.
    pub fn processes(&self) -> io::Result<Vec<ProcessSnapshot>> {
        snapshot::processes(&self.view)
    }

    /// Every waiting socket in the service's network save the tool's own, ordered. Outside a sandbox, those that its processes hold.
    pub fn listeners(&self) -> io::Result<Vec<Listener>> {
        Ok(self.look()?.1)
    }

    /// How often anything of the service has tried to connect or send anywhere since it began, by the kernel's counters of its network: its own listeners, dependencies, look-ups of names, and places that cannot be reached. Only of a sandbox; a real server behind a proxy counts too.
    pub fn outgoing_attempts(&self) -> io::Result<u64> {
        if self.view.who != Who::AllButInit {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "only a sandbox has a network of its own"));
        }
        self.inside.between_connections(|ours| {
            let now = Outgoing::read(&self.view)?;
            let begun = now.begun.saturating_sub(self.before.begun).saturating_sub(ours);
            let elsewhere = (now.no_route + now.no_port).saturating_sub(self.before.no_route + self.before.no_port);
            Ok(begun + elsewhere)
        })
    }

    /// Images are hashed again at the next look.
    pub(crate) fn look_afresh(&self) {
        self.view.images.forget();
    }

    /// Processes and waiting sockets of one moment.
    pub(crate) fn look(&self) -> io::Result<(Vec<ProcessSnapshot>, Vec<Listener>)> {
        let processes = self.processes()?;
        let mut listeners = snapshot::listeners(&self.view, &processes, &self.inside.own())?;
        if self.view.who != Who::AllButInit {
            listeners.retain(|l| !l.pids.is_empty());
        }
        Ok((processes, listeners))
    }

    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    pub fn dependencies(&self) -> &[StandIn] {
        &self.dependencies
    }

    pub fn dependency(&self, name: &str) -> Option<&StandIn> {
        self.dependencies.iter().find(|d| d.name() == name)
    }

    /// What the tracer recorded, as it serialised it; `None` where the run was not traced.
    pub fn trace_record(&self) -> Option<&serde_json::Value> {
        self.trace.as_ref()?.as_ref().ok()
    }

    /// Why a run that was to be traced was not.
    pub fn trace_refused(&self) -> Option<&str> {
        self.trace.as_ref()?.as_ref().err().map(String::as_str)
    }

    /// What the control process saw that ran in the same confinement before the service.
    pub fn canary(&self) -> &CanaryReport {
        &self.canary
    }

    /// The last lines of output, without secrets, for a person.
    pub(crate) fn last_words(&self) -> String {
        const LINES: usize = 3;
        let lines = self.output.lines();
        let last: Vec<String> = lines[lines.len().saturating_sub(LINES)..]
            .iter()
            .map(|l| String::from_utf8_lossy(&self.redact(&l.text)).chars().take(120).collect())
            .collect();
        if last.is_empty() { "(none)".into() } else { last.join(" / ") }
    }

    /// Whether a line that it wrote holds some words.
    pub(crate) fn wrote(&self, words: &str) -> bool {
        let holds = |text: &[u8]| memchr::memmem::find(text, words.as_bytes()).is_some();
        self.output.lines().iter().any(|line| holds(&line.text))
    }

    /// Why a service whose main process ended while it was examined cannot be examined on.
    pub(crate) fn gone(&self, exit: &ExitInfo) -> Reason {
        if self.went_on_without(exit) {
            return reason!("service-daemonised");
        }
        reason!("service-gone", how = exit.shown(), said = self.last_words())
    }

    /// Whether others go on where the main process ended well: it put itself into the background.
    fn went_on_without(&self, exit: &ExitInfo) -> bool {
        let left = self.processes().unwrap_or_default();
        exit.code == Some(0) && left.iter().any(|p| !self.servers.contains(&p.pid))
    }

    /// Why a service whose main process ended cannot be examined.
    pub(crate) fn ended_early(&self, exit: &ExitInfo) -> Reason {
        if self.went_on_without(exit) {
            return reason!("service-daemonised");
        }
        // What it wrote last may still be in the pipe.
        self.output.wait_finished(Duration::from_millis(200));
        reason!("service-exited", how = exit.shown(), said = self.last_words())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.dependencies.clear();
        // The reader ends when the sandbox's processes are gone; without ours it has ended already.
        if let Some(inside) = Arc::get_mut(&mut self.inside) {
            inside.sandbox = None;
            if let Some(reader) = self.reader.take() {
                let _ = reader.join();
            }
        }
    }
}
