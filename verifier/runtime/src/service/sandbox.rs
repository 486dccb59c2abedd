//! The tool's end of the two sockets to supervisor and init: asks and waits for answers, and hears what happens meanwhile.

use crate::plan::Supervisor;
use crate::service::ExitInfo;
use crate::supervise::CanaryReport;
use crate::supervise::wire::{Answer, Ask, Notice, Owner, Setup, receive, send, widen};
use assize_facts::{Reason, reason};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, setsockopt, shutdown, socketpair, sockopt};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long any answer may take: far more than any needs, so that a wedged init is an error and not a hang.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the sandbox may take to stand.
const SETTING_UP: Duration = Duration::from_secs(20);
/// How long the supervisor may take to clear away before it is killed.
const CLEARING: Duration = Duration::from_secs(5);
/// The longest record that init hands over.
const RECORD: u64 = 256 << 20;

/// A running sandbox; dropping it ends every process in it.
pub(crate) struct Sandbox {
    supervisor: Child,
    control: Mutex<OwnedFd>,
    heard: Arc<Heard>,
    listener: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Heard {
    news: Mutex<News>,
    changed: Condvar,
}

#[derive(Default)]
struct News {
    ready: bool,
    closed: bool,
    unavailable: Option<(String, i32)>,
    init: i32,
    limits: String,
    removed: Vec<String>,
    exits: BTreeMap<i32, ExitInfo>,
    trace: Option<serde_json::Value>,
}

impl Sandbox {
    /// Starts a supervisor and waits until its sandbox stands.
    pub fn open(how: &Supervisor, setup: &Setup) -> Result<Sandbox, Reason> {
        let failed = |error: io::Error| reason!("supervisor-failed", detail = error);
        let (control, theirs) = pair().map_err(failed)?;
        let (notices, their_notices) = pair().map_err(failed)?;
        let supervisor = Command::new(&how.program)
            .args(&how.args)
            .env_clear()
            .current_dir("/")
            .stdin(theirs)
            .stdout(their_notices)
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let heard = Arc::new(Heard::default());
        let listener = {
            let heard = heard.clone();
            std::thread::spawn(move || listen(&notices, &heard))
        };
        let sandbox = Sandbox { supervisor, control: Mutex::new(control), heard, listener: Some(listener) };
        let patience = nix::sys::time::TimeVal::new(PATIENCE.as_secs() as i64, 0);
        let patient = setsockopt(&*sandbox.control(), sockopt::ReceiveTimeout, &patience);
        patient.map_err(|errno| failed(errno.into()))?;
        send(&*sandbox.control(), setup, &[]).map_err(failed)?;
        sandbox.wait(SETTING_UP, |news| news.ready || news.closed);
        let news = sandbox.heard.news();
        match (&news.unavailable, news.ready) {
            (Some((step, errno)), _) => {
                let detail = io::Error::from_raw_os_error(*errno);
                Err(reason!("sandbox-unavailable", step = step, detail = detail))
            }
            (None, true) => {
                drop(news);
                Ok(sandbox)
            }
            (None, false) => Err(reason!("supervisor-failed", detail = "it ended before the sandbox stood")),
        }
    }

    fn control(&self) -> MutexGuard<'_, OwnedFd> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something holds of what was heard; whether it does.
    fn wait(&self, timeout: Duration, until: impl Fn(&News) -> bool) -> bool {
        let (news, _) = self
            .heard
            .changed
            .wait_timeout_while(self.heard.news(), timeout, |news| !until(news))
            .unwrap_or_else(PoisonError::into_inner);
        until(&news)
    }

    /// Asks init and waits for its answer.
    pub fn ask(&self, ask: &Ask, fds: &[RawFd]) -> io::Result<(Answer, Vec<OwnedFd>)> {
        let control = self.control();
        let answer = send(&*control, ask, fds).and_then(|()| receive::<Answer>(&*control));
        if answer.is_err() {
            // A late answer would be taken for that of the next question, so a broken exchange is the last one.
            let _ = shutdown(control.as_raw_fd(), nix::sys::socket::Shutdown::Both);
        }
        match answer? {
            Some((Answer::Failed { step, errno }, _)) => {
                let error = io::Error::from_raw_os_error(errno);
                Err(io::Error::new(error.kind(), format!("{step}: {error}")))
            }
            Some(answer) => Ok(answer),
            None => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the sandbox has ended")),
        }
    }

    fn descriptor(&self, ask: &Ask) -> io::Result<OwnedFd> {
        let (_, mut fds) = self.ask(ask, &[])?;
        fds.pop().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no descriptor came"))
    }

    /// Makes or empties a file of the sandbox.
    pub fn create(&self, path: &str, mode: u32, owner: Owner) -> io::Result<File> {
        Ok(self.descriptor(&Ask::Create { path: path.into(), mode, owner })?.into())
    }

    /// A whole file, written at once.
    pub fn put(&self, path: &str, mode: u32, owner: Owner, content: &[u8]) -> io::Result<()> {
        self.create(path, mode, owner)?.write_all(content)
    }

    pub fn folder(&self, path: &str, mode: u32, owner: Owner) -> io::Result<()> {
        self.ask(&Ask::Folder { path: path.into(), mode, owner }, &[]).map(drop)
    }

    pub fn link(&self, path: &str, target: &str) -> io::Result<()> {
        self.ask(&Ask::Link { path: path.into(), target: target.into() }, &[]).map(drop)
    }

    /// Opens a regular file of the sandbox to be read.
    pub fn open_file(&self, path: &str) -> io::Result<File> {
        Ok(self.descriptor(&Ask::Open { path: path.into() })?.into())
    }

    pub fn list(&self, folders: Vec<String>) -> io::Result<Vec<(String, u64)>> {
        read_memory(self.descriptor(&Ask::List { folders })?)
    }

    /// A socket of the sandbox's network.
    pub fn socket(&self, v6: bool, datagram: bool) -> io::Result<OwnedFd> {
        self.descriptor(&Ask::Socket { v6, datagram })
    }

    pub fn canary(&self, time_zone: Option<&str>) -> io::Result<CanaryReport> {
        match self.ask(&Ask::Canary { time_zone: time_zone.map(str::to_string) }, &[])?.0 {
            Answer::Canary(report) => Ok(report),
            other => Err(io::Error::new(io::ErrorKind::InvalidData, format!("{other:?}"))),
        }
    }

    /// Starts a process with these pipes as standard output and error; its number in the sandbox.
    pub fn spawn(&self, ask: &Ask, output: &OwnedFd, errors: &OwnedFd) -> io::Result<i32> {
        match self.ask(ask, &[output.as_raw_fd(), errors.as_raw_fd()])?.0 {
            Answer::Pid(pid) => Ok(pid),
            other => Err(io::Error::new(io::ErrorKind::InvalidData, format!("{other:?}"))),
        }
    }

    pub fn signal(&self, pid: i32, signal: i32) -> io::Result<()> {
        self.ask(&Ask::Signal { pid, signal }, &[]).map(drop)
    }

    /// How a process that was asked for ended.
    pub fn exited(&self, pid: i32) -> Option<ExitInfo> {
        self.heard.news().exits.get(&pid).copied()
    }

    /// Waits for the end of a process.
    pub fn wait_exit(&self, pid: i32, timeout: Duration) -> Option<ExitInfo> {
        self.wait(timeout, |news| news.closed || news.exits.contains_key(&pid));
        self.exited(pid)
    }

    /// Ends the tracing and waits for its record.
    pub fn untrace(&self, timeout: Duration) -> io::Result<Option<serde_json::Value>> {
        self.ask(&Ask::Untrace, &[])?;
        self.wait(timeout, |news| news.closed || news.trace.is_some());
        Ok(self.heard.news().trace.clone())
    }

    /// Init's number on the host.
    pub fn init_pid(&self) -> i32 {
        self.heard.news().init
    }

    /// What limits are in force: `cgroup1`, `cgroup2` or `rlimits`.
    pub fn limits(&self) -> String {
        self.heard.news().limits.clone()
    }

    /// What killed runs had left and the supervisor removed.
    pub fn removed(&self) -> Vec<String> {
        self.heard.news().removed.clone()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = shutdown(self.control().as_raw_fd(), nix::sys::socket::Shutdown::Both);
        let until = Instant::now() + CLEARING;
        while !matches!(self.supervisor.try_wait(), Ok(Some(_)) | Err(_)) {
            if Instant::now() > until {
                let _ = self.supervisor.kill();
                let _ = self.supervisor.wait();
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Heard {
    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
    let patience = nix::sys::time::TimeVal::new(PATIENCE.as_secs() as i64, 0);
    setsockopt(&ours, sockopt::SendTimeout, &patience)?;
    widen(&ours)?;
    Ok((ours, theirs))
}

/// Hears notices until the supervisor and init are gone.
fn listen(notices: &OwnedFd, heard: &Heard) {
    while let Ok(Some((notice, fds))) = receive::<Notice>(notices) {
        let at = Instant::now();
        let mut news = heard.news();
        match notice {
            Notice::Init { pid } => news.init = pid,
            Notice::Ready => news.ready = true,
            Notice::Confined { limits, removed } => (news.limits, news.removed) = (limits, removed),
            Notice::Unavailable { step, errno } => news.unavailable = Some((step, errno)),
            Notice::Exited { pid, code, signal } => {
                news.exits.insert(pid, ExitInfo { pid: pid.unsigned_abs(), code, signal, at });
            }
            Notice::Traced => {
                let record = fds.into_iter().next().and_then(|fd| read_memory(fd).ok());
                news.trace = Some(record.unwrap_or(serde_json::Value::Null));
            }
        }
        drop(news);
        heard.changed.notify_all();
    }
    heard.news().closed = true;
    heard.changed.notify_all();
}

fn read_memory<T: serde::de::DeserializeOwned>(fd: OwnedFd) -> io::Result<T> {
    use std::io::Seek;
    let mut file = File::from(fd);
    file.rewind()?;
    let mut text = Vec::new();
    file.take(RECORD).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}
