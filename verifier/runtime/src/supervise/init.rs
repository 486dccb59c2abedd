//! Process 1 of the sandbox: starts and reaps the service, hands out sockets and files, and does nothing by itself. When its master goes, it goes, and with it everything in its process namespace.

use super::wire::{Answer, Ask, Notice, Setup, Spawn, receive, send};
use super::{canary, confine, files, root};
use crate::seccomp::{Tracer, Whose};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{ForkResult, Pid, fork, pipe2};
use std::collections::BTreeSet;
use std::ffi::CString;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::process::exit;
use std::time::Duration;

/// How long threads may take to be let go when the tracing ends.
const LETTING_GO: Duration = Duration::from_secs(5);
/// How often the tracer looks at what it waits for.
const TICK: u16 = 5;

/// The state of the running init.
pub(super) struct Init {
    setup: Setup,
    control: OwnedFd,
    notices: OwnedFd,
    children: SignalFd,
    /// Processes that were asked for; orphans that are adopted are reaped silently.
    asked: BTreeSet<i32>,
    /// Follows one process from before its exec until it is ready.
    tracer: Option<Tracer>,
}

type Done = Result<(Answer, Vec<OwnedFd>), (String, Errno)>;

/// Runs until the control socket closes; never returns.
pub(super) fn run(setup: Setup, control: OwnedFd, notices: OwnedFd) -> ! {
    if let Err((step, errno)) = prepare(&setup) {
        let _ = send(&notices, &Notice::Unavailable { step, errno: errno as i32 }, &[]);
        exit(1);
    }
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGCHLD);
    let children =
        mask.thread_block().and_then(|()| SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK));
    let Ok(children) = children else { exit(1) };
    let mut init = Init { setup, control, notices, children, asked: BTreeSet::new(), tracer: None };
    if send(&init.notices, &Notice::Ready, &[]).is_err() {
        exit(1);
    }
    while init.turn() {}
    if !init.setup.sandbox {
        super::end_descendants();
    }
    exit(0)
}

fn prepare(setup: &Setup) -> root::Step<()> {
    if !setup.sandbox {
        return Ok(());
    }
    root::network(&setup.hostname, setup.address)?;
    root::build(setup)
}

impl Init {
    /// Waits for the next thing and does it; `false` when the master is gone.
    fn turn(&mut self) -> bool {
        let mut waited = [
            PollFd::new(self.control.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.children.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut waited, self.patience()) {
            Err(Errno::EINTR) => return true,
            Err(_) => return false,
            Ok(_) => {}
        }
        let (asked, ended) = (happened(&waited[0]), happened(&waited[1]));
        if ended {
            self.children_changed();
        }
        self.tick();
        !asked || self.serve()
    }

    fn patience(&self) -> PollTimeout {
        match self.tracer.as_ref().is_some_and(Tracer::wants_tick) {
            true => PollTimeout::from(TICK),
            false => PollTimeout::NONE,
        }
    }

    fn tick(&mut self) {
        if let Some(tracer) = self.tracer.as_mut().filter(|t| t.wants_tick()) {
            tracer.tick();
        }
    }

    fn children_changed(&mut self) {
        // Signals merge, so the queue says only that something happened.
        while let Ok(Some(_)) = self.children.read_signal() {}
        self.reap();
    }

    fn serve(&mut self) -> bool {
        let Ok(Some((ask, fds))) = receive::<Ask>(&self.control) else { return false };
        let (answer, fds) = match self.answer(ask, fds) {
            Ok(done) => done,
            Err((step, errno)) => (Answer::Failed { step, errno: errno as i32 }, Vec::new()),
        };
        let raw: Vec<RawFd> = fds.iter().map(|fd| fd.as_raw_fd()).collect();
        send(&self.control, &answer, &raw).is_ok()
    }

    fn answer(&mut self, ask: Ask, fds: Vec<OwnedFd>) -> Done {
        let user = self.setup.sandbox.then_some(self.setup.user);
        let done = |result: nix::Result<()>, step: &str| root::step(step, result).map(|()| (Answer::Done, vec![]));
        let fd = |result: nix::Result<OwnedFd>, step: &str| root::step(step, result).map(|fd| (Answer::Done, vec![fd]));
        match ask {
            Ask::Create { path, mode, owner } => fd(files::create(&path, mode, files::number(owner, user)), "create"),
            Ask::Folder { path, mode, owner } => {
                done(files::folders(path.as_ref(), mode, files::number(owner, user)), "make-folder")
            }
            Ask::Link { path, target } => done(files::link(&path, &target), "make-link"),
            Ask::Open { path } => fd(files::read(&path), "open"),
            Ask::Rename { from, to } => done(std::fs::rename(from, to).map_err(files::errno), "rename"),
            Ask::Remove { path } => done(std::fs::remove_file(path).map_err(files::errno), "remove"),
            Ask::List { folders } => fd(memory(&files::list(&folders)), "list"),
            Ask::Socket { v6, datagram } => fd(socket(v6, datagram), "socket"),
            Ask::Seal if self.setup.sandbox => root::seal().map(|()| (Answer::Done, vec![])),
            Ask::Seal => Ok((Answer::Done, vec![])),
            Ask::Canary { time_zone } => self.canary(time_zone.as_deref()),
            Ask::Spawn(spawn) => self.spawn(&spawn, &fds),
            Ask::Untrace => self.untrace(),
            Ask::Signal { pid, signal } => done(kill(pid, signal), "signal"),
            Ask::BindOver { .. } | Ask::Unbind { .. } if !self.setup.sandbox => {
                done(Err(Errno::EOPNOTSUPP), "bind-over")
            }
            Ask::BindOver { from, path } => done(root::bind_over(&from, &path), "bind-over"),
            Ask::Unbind { path } => done(unbind(&path), "unbind"),
        }
    }

    /// Collects every child that ended or stopped.
    fn reap(&mut self) {
        loop {
            let mut status = 0;
            // SAFETY: writes one integer of ours. Raw, since the tracer reads event bits that nix takes for errors.
            let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::WNOHANG) };
            if pid <= 0 {
                return;
            }
            if self.tracer.as_mut().is_none_or(|t| t.on_wait(pid, status) == Whose::Caller) {
                self.ended(pid, status);
            }
        }
    }

    fn ended(&mut self, pid: i32, status: i32) {
        let code = libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status));
        let signal = libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status));
        if (code.is_some() || signal.is_some()) && self.asked.remove(&pid) {
            let _ = send(&self.notices, &Notice::Exited { pid, code, signal }, &[]);
        }
    }

    /// Lets the traced processes go and hands over what was seen.
    fn untrace(&mut self) -> Done {
        let Some(mut tracer) = self.tracer.take() else { return Err(("trace".into(), Errno::ENOENT)) };
        for (pid, status) in tracer.detach_all(true, LETTING_GO) {
            self.ended(pid, status);
        }
        let record = root::step("trace", memory(&tracer.into_record()))?;
        root::step("trace", send(&self.notices, &Notice::Traced, &[record.as_raw_fd()]))?;
        Ok((Answer::Done, vec![]))
    }

    /// Starts a process; returns once it runs its program, or with the step that failed.
    fn spawn(&mut self, spawn: &Spawn, fds: &[OwnedFd]) -> Done {
        let [output, errors] = fds else { return Err(("streams".into(), Errno::EBADF)) };
        self.own_streams(fds);
        let text = |t: &str| root::step("arguments", CString::new(t).map_err(|_| Errno::EINVAL));
        let path = text(&spawn.program)?;
        let argv = [&spawn.program].into_iter().chain(&spawn.args).map(|a| text(a)).collect::<Result<Vec<_>, _>>()?;
        let envp = spawn.env.iter().map(|(k, v)| text(&format!("{k}={v}"))).collect::<Result<Vec<_>, _>>()?;
        let mut tracer = None;
        let attach = |pid: Pid| {
            if spawn.trace {
                // Where attaching is forbidden the service runs all the same, and the tool hears that nothing was traced.
                tracer = Tracer::attach(pid.as_raw()).ok();
            }
            Ok(())
        };
        let (pid, report) = self.child(output.as_raw_fd(), errors.as_raw_fd(), attach, |setup| {
            root::step("enter-folder", nix::unistd::chdir(spawn.folder.as_str()))?;
            confined(setup)?;
            let begin = || nix::unistd::execve(&path, &argv, &envp).map(drop);
            root::step("execute", root::patiently(Errno::ETXTBSY, begin))
        })?;
        if spawn.trace {
            self.tracer = tracer;
        }
        self.asked.insert(pid.as_raw());
        match self.until_closed(report) {
            failed if failed.is_empty() => Ok((Answer::Pid(pid.as_raw()), vec![])),
            failed => {
                self.asked.remove(&pid.as_raw());
                Err(serde_json::from_slice::<(String, i32)>(&failed)
                    .map_or(("start".into(), Errno::EIO), |(step, n)| (step, Errno::from_raw(n))))
            }
        }
    }

    /// Pipes belong to whoever made them; a service that reopens `/dev/stderr` would be refused.
    fn own_streams(&self, fds: &[OwnedFd]) {
        if self.setup.sandbox {
            let user = self.setup.user;
            // Pipes alone: `/dev/null` in their place is the machine's.
            let is_pipe = |fd: &&OwnedFd| {
                nix::sys::stat::fstat(fd.as_fd()).is_ok_and(|stat| stat.st_mode & libc::S_IFMT == libc::S_IFIFO)
            };
            for fd in fds.iter().filter(is_pipe) {
                let _ = nix::unistd::fchown(fd, Some(user.into()), Some(user.into()));
            }
        }
    }

    /// Forks a child with `/dev/null`, `output` and `errors` as its streams that runs `body` and ends; what it tells is read from the pipe. `before` sees it before it does anything.
    fn child(
        &self,
        output: RawFd,
        errors: RawFd,
        before: impl FnOnce(Pid) -> root::Step<()>,
        body: impl FnOnce(&Setup) -> root::Step<()>,
    ) -> Result<(Pid, OwnedFd), (String, Errno)> {
        let null = root::step("null", files::open("/dev/null", OFlag::O_RDWR, 0))?;
        let (report, told) = root::step("pipe", pipe2(OFlag::O_CLOEXEC))?;
        let (wait, go) = root::step("pipe", pipe2(OFlag::O_CLOEXEC))?;
        // SAFETY: this process has one thread, so the child may do whatever it likes.
        match root::step("fork", unsafe { fork() })? {
            ForkResult::Parent { child } => {
                // Where `before` fails, the closed pipe ends the child.
                before(child)?;
                root::step("go", nix::unistd::write(&go, b"g"))?;
                Ok((child, report))
            }
            ForkResult::Child => {
                drop(go);
                let result = match nix::unistd::read(&wait, &mut [0]) {
                    Ok(1) => root::step(
                        "descriptors",
                        confine::descriptors(null.as_raw_fd(), output, errors, told.as_raw_fd()),
                    ),
                    Ok(_) | Err(_) => Err(("go".into(), Errno::EPIPE)),
                };
                if let Err((step, errno)) = result.and_then(|()| body(&self.setup)) {
                    tell(confine::REPORT, &(step, errno as i32));
                }
                // SAFETY: ends at once, without the destructors and buffers that are the parent's.
                unsafe { libc::_exit(127) }
            }
        }
    }

    /// Reads a pipe until everyone closed it, reaping meanwhile: a traced child waits for us at its exec.
    fn until_closed(&mut self, report: OwnedFd) -> Vec<u8> {
        let mut report = std::fs::File::from(report);
        let mut text = Vec::new();
        let mut part = [0; 4096];
        loop {
            let mut waited =
                [PollFd::new(report.as_fd(), PollFlags::POLLIN), PollFd::new(self.children.as_fd(), PollFlags::POLLIN)];
            let _ = poll(&mut waited, self.patience());
            let (told, ended) = (happened(&waited[0]), happened(&waited[1]));
            if ended {
                self.children_changed();
            }
            self.tick();
            if told {
                match report.read(&mut part) {
                    Ok(0) | Err(_) => return text,
                    Ok(n) => text.extend_from_slice(&part[..n]),
                }
            }
        }
    }

    fn canary(&mut self, time_zone: Option<&str>) -> Done {
        let null = root::step("null", files::open("/dev/null", OFlag::O_RDWR, 0))?;
        let none = null.as_raw_fd();
        let (_, report) = self.child(
            none,
            none,
            |_| Ok(()),
            |setup| {
                confined(setup)?;
                // A service has three descriptors, so the pipe becomes one of the three before anything is looked at.
                root::step("report", confine::report_on_output())?;
                tell(1, &canary::look(time_zone));
                Ok(())
            },
        )?;
        let text = self.until_closed(report);
        match serde_json::from_slice(&text) {
            Ok(report) => Ok((Answer::Canary(report), vec![])),
            Err(_) => Err(serde_json::from_slice::<(String, i32)>(&text)
                .map_or(("canary".into(), Errno::EPROTO), |(step, n)| (step, Errno::from_raw(n)))),
        }
    }
}

fn happened(waited: &PollFd) -> bool {
    waited.revents().is_some_and(|r| !r.is_empty())
}

/// What a service and the control process go through alike.
fn confined(setup: &Setup) -> root::Step<()> {
    root::step("session", nix::unistd::setsid().map(drop))?;
    root::step("signals", confine::signals())?;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o022));
    root::step("limits", confine::limits(setup))?;
    match setup.sandbox {
        true => root::step("privileges", confine::privileges(setup.user)),
        false => root::step("parent-death", confine::die_with_parent()),
    }
}

fn tell(fd: RawFd, what: &impl serde::Serialize) {
    let text = serde_json::to_vec(what).unwrap_or_default();
    // SAFETY: the text is ours; a wrong descriptor answers with an error that nobody could be told.
    let _ = unsafe { libc::write(fd, text.as_ptr().cast(), text.len()) };
}

/// A memfd with something as JSON, for what may be longer than a message.
pub(super) fn memory(what: &impl serde::Serialize) -> nix::Result<OwnedFd> {
    let fd = nix::sys::memfd::memfd_create(c"message", nix::sys::memfd::MFdFlags::MFD_CLOEXEC)?;
    let text = serde_json::to_vec(what).map_err(|_| Errno::EINVAL)?;
    let mut file = std::fs::File::from(fd);
    file.write_all(&text).map_err(files::errno)?;
    Ok(file.into())
}

/// A plain socket of this network namespace: it keeps it wherever it travels. Never MPTCP, unlike Go's own listeners.
fn socket(v6: bool, datagram: bool) -> nix::Result<OwnedFd> {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
    let family = if v6 { AddressFamily::Inet6 } else { AddressFamily::Inet };
    let kind = if datagram { SockType::Datagram } else { SockType::Stream };
    socket(family, kind, SockFlag::SOCK_CLOEXEC, None)
}

fn kill(pid: i32, signal: i32) -> nix::Result<()> {
    // 0, 1 and negative numbers would reach groups or ourselves.
    if pid <= 1 {
        return Err(Errno::EINVAL);
    }
    // SAFETY: kill with plain numbers; real-time signals have no name in nix.
    Errno::result(unsafe { libc::kill(pid, signal) }).map(drop)
}

/// Takes all bind mounts off a file: EINVAL says that there is none left.
fn unbind(path: &str) -> nix::Result<()> {
    loop {
        match nix::mount::umount2(path, nix::mount::MntFlags::MNT_DETACH) {
            Ok(()) => {}
            Err(Errno::EINVAL) => return Ok(()),
            Err(errno) => return Err(errno),
        }
    }
}
