//! The supervisor, `assize __supervise`: makes the sandbox, starts its init, and clears everything away when the tool ends, however it ends.
//!
//! It has one thread from its start, since a process that enters a user namespace must (user_namespaces(7)), and stays on the host, so that someone can remove what lies there. The tool holds one end of its standard input: when that closes, everything ends. Init is killed by the kernel when the supervisor dies (PR_SET_PDEATHSIG), and the kernel kills the whole process namespace with init (pid_namespaces(7)).

mod canary;
mod cgroup;
mod confine;
mod files;
mod init;
mod root;
pub(crate) mod wire;

pub use canary::{CanaryReport, ZONE_OFFSET};

use cgroup::Groups;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, pipe2};
use std::fs;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use wire::{Notice, Setup, receive, send};

/// The hidden first argument.
pub(crate) const ARGUMENT: &str = "__supervise";

/// How long init may take to end by itself once the tool is gone.
const LAST_MOMENT: Duration = Duration::from_millis(300);

/// Whether this process was started as a supervisor: to be asked first thing in `main`, before any thread exists.
pub fn is_supervisor() -> bool {
    std::env::args_os().nth(1).is_some_and(|a| a == ARGUMENT)
}

/// What `main` calls where [`is_supervisor`] holds; returns when everything is cleared away.
pub fn supervise_main() -> ExitCode {
    let Some((control, notices)) = sockets() else { return ExitCode::FAILURE };
    let Ok(Some((setup, _))) = receive::<Setup>(&control) else { return ExitCode::FAILURE };
    let mut groups = Groups::make(setup.memory, setup.processes);
    let result = guard(&setup, &mut groups, control, &notices);
    end_descendants();
    groups.remove();
    if let Some(folder) = &setup.folder {
        let _ = fs::remove_dir_all(folder);
    }
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err((step, errno)) => {
            let _ = send(&notices, &Notice::Unavailable { step, errno: errno as i32 }, &[]);
            ExitCode::FAILURE
        }
    }
}

/// Takes the two sockets from standard input and output, puts `/dev/null` there, and closes whatever else was inherited.
fn sockets() -> Option<(OwnedFd, OwnedFd)> {
    // A supervisor that a person starts by hand has no sockets there and ends at once.
    let take = |from: i32| {
        // SAFETY: duplicates a descriptor of this process; -1 is not wrapped.
        let fd = unsafe { libc::fcntl(from, libc::F_DUPFD_CLOEXEC, 10) };
        // SAFETY: the number was just made and is nobody else's.
        (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd) })
    };
    let (control, notices) = (take(0)?, take(1)?);
    let null = fs::OpenOptions::new().read(true).write(true).open("/dev/null").ok()?;
    for to in 0..=2 {
        // SAFETY: both numbers are open descriptors of ours.
        unsafe { libc::dup2(null.as_raw_fd(), to) };
    }
    drop(null);
    let last = control.as_raw_fd().max(notices.as_raw_fd());
    for (from, to) in [(3, 9), (last + 1, i32::MAX)] {
        // SAFETY: nothing here uses those numbers.
        unsafe { libc::syscall(libc::SYS_close_range, from as u32, to as u32, 0u32) };
    }
    wire::widen(&control).ok()?;
    wire::widen(&notices).ok()?;
    // Ctrl-C at the terminal is the tool's to answer.
    let _ = nix::unistd::setsid();
    Some((control, notices))
}

/// Starts init and watches over it until it ends or the tool is gone.
fn guard(setup: &Setup, groups: &mut Groups, control: OwnedFd, notices: &OwnedFd) -> root::Step<()> {
    // SAFETY: sets one flag of this process: orphans of processes outside a sandbox come to us.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
    if let Some(folder) = &setup.folder {
        root::step("make-folder", fs::DirBuilder::new().mode(0o700).create(folder))?;
    }
    let (wait, go) = root::step("pipe", pipe2(nix::fcntl::OFlag::O_CLOEXEC))?;
    let user = nix::unistd::geteuid();
    let group = nix::unistd::getegid();
    let mapped = setup.sandbox && !may_do_without_user_namespace();
    let flags = namespaces(setup, mapped);
    // SAFETY: this process has one thread; without CLONE_VM this is fork(2) with namespaces (clone(2)).
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags | libc::SIGCHLD, 0, 0, 0, 0) };
    if root::step("namespaces", Errno::result(pid))? == 0 {
        drop(go);
        init_main(setup, control, notices, wait);
    }
    drop(wait);
    let pid = pid as i32;
    let map = mapped.then_some((user, group));
    let prepared = prepare(setup, pid, map, groups, notices, &go);
    if prepared.is_err() {
        kill(pid);
    }
    watch(pid, control);
    prepared
}

/// Init's first steps, before it may rely on anything.
fn init_main(setup: &Setup, control: OwnedFd, notices: &OwnedFd, wait: OwnedFd) -> ! {
    let bound = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL);
    // The byte comes when the user namespace is mapped; the end of the pipe, when the supervisor is no more.
    let told = nix::unistd::read(&wait, &mut [0]);
    if bound.is_err() || told != Ok(1) {
        std::process::exit(1);
    }
    drop(wait);
    disguise();
    if setup.sandbox {
        // Made only now, so that the group which we were put into is the root of what the service sees.
        // SAFETY: changes what this process sees of control groups, and nothing else.
        unsafe { libc::unshare(libc::CLONE_NEWCGROUP) };
    } else {
        // SAFETY: as above.
        unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
    }
    match notices.try_clone() {
        Ok(notices) => init::run(setup.clone(), control, notices),
        Err(_) => std::process::exit(1),
    }
}

/// Init is called like any small init, so that a service cannot know its examiner by `/proc/1`.
fn disguise() {
    const NAME: &[u8] = b"/sbin/tini\0";
    let _ = nix::sys::prctl::set_name(c"tini");
    // Fields 48 and 49 are where the arguments lie that `/proc/PID/cmdline` shows (proc(5)).
    // By `self`: the `/proc` that is still mounted has the numbers of the host.
    let place = |number| cgroup::stat_field("self", number).and_then(|t| t.parse::<usize>().ok());
    let (Some(start), Some(end)) = (place(48), place(49)) else { return };
    if start == 0 || end <= start {
        return;
    }
    for at in 0..end - start {
        let byte = NAME.get(at).copied().unwrap_or(0);
        // SAFETY: the kernel says that these addresses hold this process's arguments: bytes on its own, writable stack, which nothing reads any more.
        unsafe { std::ptr::with_exposed_provenance_mut::<u8>(start + at).write_volatile(byte) };
    }
}

fn namespaces(setup: &Setup, mapped: bool) -> libc::c_int {
    if !setup.sandbox {
        return 0;
    }
    let all = libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWNET | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS;
    all | if mapped { libc::CLONE_NEWUSER } else { 0 }
}

/// Root needs no user namespace and has its services run under a number that nobody else uses; the root of many containers lacks what that takes.
fn may_do_without_user_namespace() -> bool {
    // CAP_CHOWN, CAP_SETGID, CAP_SETUID and CAP_SYS_ADMIN (capabilities(7)).
    const NEEDED: u64 = 1 | 1 << 6 | 1 << 7 | 1 << 21;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let has = field.and_then(|f| u64::from_str_radix(f.trim(), 16).ok()).unwrap_or(0);
    nix::unistd::geteuid().is_root() && has & NEEDED == NEEDED
}

fn prepare(
    setup: &Setup,
    pid: i32,
    mapped: Option<(nix::unistd::Uid, nix::unistd::Gid)>,
    groups: &mut Groups,
    notices: &OwnedFd,
    go: &OwnedFd,
) -> root::Step<()> {
    if let Some((user, group)) = mapped {
        let map = |name: &str, text: String| root::step(name, fs::write(format!("/proc/{pid}/{name}"), text));
        map("setgroups", "deny".into())?;
        map("uid_map", format!("{} {user} 1", setup.user))?;
        map("gid_map", format!("{} {group} 1", setup.user))?;
    }
    groups.enter(pid);
    let limits = groups.level().to_string();
    root::step("notice", send(notices, &Notice::Confined { limits, removed: groups.removed.clone() }, &[]))?;
    root::step("notice", send(notices, &Notice::Init { pid }, &[]))?;
    root::step("go", nix::unistd::write(go, b"g")).map(drop)
}

/// Returns when init has ended, by itself or by us because the tool is gone.
fn watch(pid: i32, control: OwnedFd) {
    // SAFETY: pidfd_open(2) of our own child, which cannot be reaped before we do it.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    if fd < 0 {
        kill(pid);
        let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::__WALL));
        return;
    }
    // SAFETY: the descriptor was just made.
    let ended = unsafe { OwnedFd::from_raw_fd(fd as i32) };
    // No event is asked for: POLLHUP comes unasked, and messages are init's to read.
    let mut waited = [PollFd::new(ended.as_fd(), PollFlags::POLLIN), PollFd::new(control.as_fd(), PollFlags::empty())];
    while let Err(Errno::EINTR) = poll(&mut waited, PollTimeout::NONE) {}
    let alone = [PollFd::new(ended.as_fd(), PollFlags::POLLIN)];
    let millis = u16::try_from(LAST_MOMENT.as_millis()).unwrap_or(u16::MAX);
    if poll(&mut alone.clone(), millis) != Ok(1) {
        kill(pid);
    }
    let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::__WALL));
}

fn kill(pid: i32) {
    let _ = nix::sys::signal::kill(Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
}

/// Kills and reaps every descendant of this process. In a sandbox the kernel does it; without one, orphans come to their subreaper, so that repeating it finds them all.
fn end_descendants() {
    let until = Instant::now() + Duration::from_secs(2);
    while Instant::now() < until {
        match waitpid(None::<Pid>, Some(WaitPidFlag::WNOHANG | WaitPidFlag::__WALL)) {
            Err(Errno::ECHILD) => return,
            Err(_) | Ok(WaitStatus::StillAlive) => {
                children().into_iter().for_each(kill);
                std::thread::sleep(Duration::from_millis(2));
            }
            Ok(_) => {}
        }
    }
}

/// Our children by the parent that each process names; `/proc/self/task/*/children` is not in every kernel.
fn children() -> Vec<i32> {
    let own = std::process::id().to_string();
    let Ok(listing) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = listing.flatten().filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| cgroup::stat_field(pid, 4).as_deref() == Some(own.as_str())).collect()
}
