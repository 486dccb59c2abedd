//! A started service as the probes see it: one instance in its sandbox; dropping it ends everything it started.

mod sandbox;

use crate::output::Output;
use crate::plan::RunPlan;
use crate::snapshot::{Listener, ProcessSnapshot};
use crate::standin::StandIn;
use crate::supervise::CanaryReport;
use assize_facts::{Progress, Reason, reason};
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

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

/// A declared endpoint with its placeholders filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub name: String,
    pub url: String,
    /// `http`, `https`, `tcp`, `tls`, `grpc`, …: what stands before `://`.
    pub scheme: String,
    /// Host as written.
    pub host: String,
    pub addr: SocketAddr,
    /// From the first `/` on; `/` where the URL has none.
    pub path: String,
    pub roles: Vec<String>,
    pub server_name: Option<String>,
    /// PEM.
    pub ca: Option<Vec<u8>>,
    pub client_cert: Option<Vec<u8>>,
    pub client_key: Option<Vec<u8>>,
    pub headers: BTreeMap<String, String>,
    /// Whether the operator named it: it is then the subject itself.
    pub by_operator: bool,
}

/// A running service.
pub struct Service {
    output: Output,
    endpoints: Vec<Endpoint>,
    dependencies: Vec<StandIn>,
    canary: CanaryReport,
}

impl Service {
    /// Starts an instance and waits until it is ready. The reason says what went wrong: not ready in time, exited, no sandbox, …
    pub fn start(_plan: &RunPlan, _options: StartOptions, _progress: &dyn Progress) -> Result<Service, Reason> {
        Err(reason!("sandbox-unavailable", detail = "not built"))
    }

    /// Whether the tool started it. A service that the operator named is never signalled, loaded or faulted without consent: those methods then fail with `PermissionDenied`.
    pub fn ours(&self) -> bool {
        true
    }

    /// Connects a blocking TCP stream (plain TCP, never MPTCP) from inside the service's network namespace.
    pub fn connect(&self, _addr: SocketAddr, _timeout: Duration) -> io::Result<TcpStream> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// A UDP socket inside the service's network namespace.
    pub fn bind_udp(&self, _addr: SocketAddr) -> io::Result<UdpSocket> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// A listener inside the service's network namespace, for canaries and stand-ins.
    pub fn listen(&self, _addr: SocketAddr) -> io::Result<TcpListener> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Sends a signal to the main process.
    pub fn signal(&self, _signal: i32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// How the main process ended, where it has.
    pub fn exited(&self) -> Option<ExitInfo> {
        None
    }

    /// SIGTERM, then SIGKILL after `grace`; the streams are read to their end. `None`: it had to be killed.
    pub fn stop(&self, _grace: Duration) -> Option<ExitInfo> {
        None
    }

    /// Fills `{work}`, `{port.NAME}` and `{dep.NAME}` in; `{{` is a brace.
    pub fn resolve(&self, _template: &str) -> Result<String, Reason> {
        Err(reason!("sandbox-unavailable", detail = "not built"))
    }

    /// The main process, as seen inside the sandbox.
    pub fn main_pid(&self) -> u32 {
        0
    }

    /// The `/proc` of the sandbox, as this process can open it: `proc_root().join("2/status")`.
    pub fn proc_root(&self) -> &Path {
        Path::new("/proc")
    }

    /// The number under which this process sees a process of the sandbox (for ptrace from outside).
    pub fn host_pid(&self, _pid: u32) -> Option<u32> {
        None
    }

    /// Reads a file of the sandbox (a path as the service sees it), at most `limit` bytes, through no link.
    pub fn read_file(&self, _path: &str, _limit: u64) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Writes a file in place: truncates and writes, as an editor of the careless kind does.
    pub fn write_file(&self, _path: &str, _content: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Puts a new file in its place by rename, as configuration management does.
    pub fn replace_file(&self, _path: &str, _content: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Exchanges what the service sees at a path by a bind mount in its mount namespace: no inotify watcher sees it. Repeated calls replace the content in one step.
    pub fn bind_over(&self, _path: &str, _content: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Takes the bind mounts off a path again.
    pub fn unbind(&self, _path: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Files under `{work}` and `/tmp` that nobody delivered, with their sizes, ordered: log files among them.
    pub fn new_files(&self) -> io::Result<Vec<(String, u64)>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Names what the run does from now on; lines received carry it.
    pub fn phase(&self, _name: &str) {}

    /// Every process of the sandbox save its init, ordered by pid.
    pub fn processes(&self) -> io::Result<Vec<ProcessSnapshot>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Every listening socket in the service's network namespace save the tool's own, ordered.
    pub fn listeners(&self) -> io::Result<Vec<Listener>> {
        Err(io::ErrorKind::Unsupported.into())
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
        None
    }

    /// What the control process saw that ran in the same confinement before the service.
    pub fn canary(&self) -> &CanaryReport {
        &self.canary
    }
}
