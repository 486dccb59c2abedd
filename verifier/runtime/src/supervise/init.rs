//! Process 1 of the sandbox: starts and reaps the service, hands out sockets and files, and does nothing by itself. When its master goes, it goes, and with it everything in its process namespace.

use super::wire::{Answer, Ask, Notice, Setup, receive, send};
use super::{canary, confine, files, root};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe2};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CString;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::process::exit;

/// The state of the running init.
pub(super) struct Init {
    setup: Setup,
    control: OwnedFd,
    notices: OwnedFd,
    children: SignalFd,
    /// Processes that were asked for; orphans that are adopted are reaped silently.
    asked: BTreeSet<i32>,
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
    let mut init = Init { setup, control, notices, children, asked: BTreeSet::new() };
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
    root::network(&setup.hostname)?;
    root::build(setup)
}

impl Init {
    /// Waits for the next thing and does it; `false` when the master is gone.
    fn turn(&mut self) -> bool {
        let mut waited = [
            PollFd::new(self.control.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.children.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut waited, PollTimeout::NONE) {
            Err(Errno::EINTR) => return true,
            Err(_) => return false,
            Ok(_) => {}
        }
        let (asked, ended) = (happened(&waited[0]), happened(&waited[1]));
        if ended {
            self.children_changed();
        }
        !asked || self.serve()
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
            Ask::Spawn { program, args, env, folder, trace } => self.spawn(&program, &args, &env, &folder, trace, fds),
            Ask::Untrace => Ok((Answer::Done, vec![])),
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
        while let Ok(status) = waitpid(None::<Pid>, Some(WaitPidFlag::WNOHANG | WaitPidFlag::__WALL)) {
            match status {
                WaitStatus::StillAlive => return,
                WaitStatus::Exited(pid, code) => self.ended(pid, Some(code), None),
                WaitStatus::Signaled(pid, signal, _) => self.ended(pid, None, Some(signal as i32)),
                WaitStatus::Stopped(..)
                | WaitStatus::Continued(_)
                | WaitStatus::PtraceEvent(..)
                | WaitStatus::PtraceSyscall(_) => {}
            }
        }
    }

    fn ended(&mut self, pid: Pid, code: Option<i32>, signal: Option<i32>) {
        if self.asked.remove(&pid.as_raw()) {
            let _ = send(&self.notices, &Notice::Exited { pid: pid.as_raw(), code, signal }, &[]);
        }
    }

    /// Starts a process; returns once it runs its program, or with the step that failed.
    fn spawn(
        &mut self,
        program: &str,
        args: &[String],
        env: &BTreeMap<String, String>,
        folder: &str,
        _trace: bool,
        fds: Vec<OwnedFd>,
    ) -> Done {
        let [output, errors] = &fds[..] else { return Err(("streams".into(), Errno::EBADF)) };
        self.own_streams(&fds);
        let text = |t: &str| root::step("arguments", CString::new(t).map_err(|_| Errno::EINVAL));
        let path = text(program)?;
        let argv =
            [program].into_iter().chain(args.iter().map(String::as_str)).map(text).collect::<Result<Vec<_>, _>>()?;
        let envp = env.iter().map(|(k, v)| text(&format!("{k}={v}"))).collect::<Result<Vec<_>, _>>()?;
        let (pid, report) = self.child(
            output.as_raw_fd(),
            errors.as_raw_fd(),
            |_| Ok(()),
            |setup| {
                root::step("enter-folder", nix::unistd::chdir(folder))?;
                confined(setup)?;
                root::step("execute", nix::unistd::execve(&path, &argv, &envp).map(drop))
            },
        )?;
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
            for fd in fds {
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
            let _ = poll(&mut waited, PollTimeout::NONE);
            let (told, ended) = (happened(&waited[0]), happened(&waited[1]));
            if ended {
                self.children_changed();
            }
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
