//! Follows a service from its exec until it is ready: which filters it installs, on which threads, before or after it opens a port.
//!
//! Runs in the wait loop of whoever started the service (a single thread: ptrace belongs to the thread that attached). No filter of ours, no
//! breakpoint: only stops at system calls, and afterwards the service is left alone. While a filter is read, every other thread stands still,
//! so that what is read is what the kernel reads.

mod decode;
mod install;
mod quiet;
mod raw;
#[cfg(test)]
mod tests;

use super::record::{Baseline, Doubt, Thread, TraceRecord};
use super::{restart, status};
use decode::Deed;
use raw::Call;
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

/// Threads beyond this many are not followed.
const MOST_TASKS: usize = 20_000;
/// How long the other threads may take to stand still.
const QUIET_WITHIN: Duration = Duration::from_secs(2);
/// How long a parent may take to report a child that already stopped.
const REPORT_WITHIN: Duration = Duration::from_secs(1);
const MOST_PATHS: usize = 20;
const CLONE_UNTRACED: u64 = 0x0080_0000;
const CLONE_THREAD: u64 = 0x0001_0000;

/// Whose a status of waitpid(2) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Dealt with.
    Tracer,
    /// The end of a process, for whoever started it.
    Caller,
}

/// The tracer of one service.
pub struct Tracer {
    record: TraceRecord,
    tasks: BTreeMap<i32, Task>,
    /// Stops of threads whose parent has not reported them yet, and since when.
    early: BTreeMap<i32, (i32, Instant)>,
    /// The thread whose program is read while the others stand still.
    holding: Option<Holding>,
    order: u64,
    /// Set by [`Tracer::finish`].
    leaving: Option<Instant>,
    gone: Vec<Thread>,
}

struct Holding {
    tid: i32,
    since: Instant,
    /// Whether its call goes on already.
    released: bool,
}

#[derive(Clone, Debug, Default)]
struct Task {
    pid: i32,
    filters: Vec<usize>,
    strict: bool,
    no_new_privs: bool,
    /// The call that it is in.
    call: Option<InCall>,
    /// Stopped and not let go on; the signal that it gets when it is.
    parked: Option<Parked>,
    /// Waits for a child that borrowed its memory: it runs nothing.
    in_vfork: bool,
    /// In a group stop.
    listening: bool,
}

#[derive(Clone, Debug)]
struct InCall {
    deed: Deed,
    /// The program that is about to be installed.
    bytes: Option<Vec<u8>>,
    /// Children that events reported.
    children: u32,
    /// Threads at the entry of a call that opens a port.
    threads: Vec<Thread>,
}

#[derive(Clone, Copy, Debug)]
enum Parked {
    /// With a signal, or 0.
    Resume(i32),
    /// At the entry of an installation.
    Install,
}

impl Tracer {
    /// Attaches to a child that waits and has not executed the service yet.
    pub fn attach(pid: i32) -> io::Result<Tracer> {
        raw::seize(pid)?;
        let own = status::of_self().unwrap_or_default();
        let machine = nix::sys::utsname::uname().map(|u| u.machine().to_string_lossy().into_owned());
        let record = TraceRecord {
            machine: machine.unwrap_or_default(),
            baseline: Baseline {
                seccomp: own.seccomp.unwrap_or(0),
                filters: own.filters.unwrap_or(0),
                no_new_privs: own.no_new_privs.unwrap_or(false),
            },
            ..TraceRecord::default()
        };
        let tasks = BTreeMap::from([(pid, Task { pid, ..Task::default() })]);
        Ok(Tracer { record, tasks, early: BTreeMap::new(), holding: None, order: 0, leaving: None, gone: Vec::new() })
    }

    /// Takes a status of `waitpid(-1, …, __WALL)`.
    pub fn on_wait(&mut self, tid: i32, status: i32) -> Whose {
        if !libc::WIFSTOPPED(status) {
            return self.ended(tid);
        }
        if !self.tasks.contains_key(&tid) {
            // Its parent's event comes later.
            self.early.insert(tid, (status, Instant::now()));
            return Whose::Tracer;
        }
        self.stopped(tid, status);
        Whose::Tracer
    }

    /// To be called now and then while [`Tracer::wants_tick`]: gives up waiting for what does not come.
    pub fn tick(&mut self) {
        if let Some(holding) = &self.holding
            && !holding.released
            && holding.since.elapsed() > QUIET_WITHIN
        {
            self.doubt(Doubt::NotQuiet);
            self.read_and_release();
        }
        self.adopt_orphans();
    }

    pub fn wants_tick(&self) -> bool {
        self.holding.is_some() || self.leaving.is_some() || !self.early.is_empty()
    }

    /// Threads whose parent was killed before it could report them: they go on, and what they inherited is not known.
    fn adopt_orphans(&mut self) {
        let late = |(tid, (_, since)): (&i32, &(i32, Instant))| (since.elapsed() > REPORT_WITHIN).then_some(*tid);
        for tid in self.early.iter().filter_map(late).collect::<Vec<_>>() {
            let Some((status, _)) = self.early.remove(&tid) else { continue };
            self.doubt(Doubt::Untraced);
            self.tasks.insert(tid, Task { pid: tid, ..Task::default() });
            self.stopped(tid, status);
        }
    }

    /// Begins to let every thread go; it is finished when [`Tracer::done`].
    pub fn finish(&mut self, ready: bool) {
        self.record.ready = ready;
        self.leaving = Some(Instant::now());
        for tid in self.tasks.keys().copied().collect::<Vec<_>>() {
            match self.tasks.get(&tid).map(|t| (t.parked, t.listening)) {
                Some((Some(Parked::Resume(signal)), _)) if self.holding.is_none() => self.let_go(tid, signal),
                _ => {
                    let _ = raw::interrupt(tid);
                }
            }
        }
    }

    pub fn done(&self) -> bool {
        self.tasks.is_empty() && self.early.is_empty()
    }

    /// Lets every thread go, waiting at most this long. Returns statuses that are not the tracer's: ends of processes, for the caller.
    pub fn detach_all(&mut self, ready: bool, within: Duration) -> Vec<(i32, i32)> {
        let mut others = Vec::new();
        self.finish(ready);
        let until = Instant::now() + within;
        while !self.done() && Instant::now() < until {
            let mut status = 0;
            // SAFETY: writes one integer of ours. Only children and tracees of this thread are waited for: those are all there can be.
            let tid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::__WNOTHREAD | libc::WNOHANG) };
            match tid {
                0 => std::thread::sleep(Duration::from_millis(1)),
                tid if tid > 0 => {
                    if self.on_wait(tid, status) == Whose::Caller {
                        others.push((tid, status));
                    }
                }
                _ => {
                    // No child is left at all.
                    self.tasks.clear();
                    self.early.clear();
                }
            }
            self.tick();
        }
        others
    }

    /// What was seen.
    pub fn into_record(mut self) -> TraceRecord {
        self.record.complete = self.leaving.is_some() && self.done();
        if !self.record.complete {
            self.doubt(Doubt::Stuck);
        }
        self.record.at_end = self.threads();
        self.record.at_end.extend(std::mem::take(&mut self.gone));
        self.record.at_end.sort();
        self.record.looked_for_tracer.sort();
        self.record
    }

    fn threads(&self) -> Vec<Thread> {
        let thread = |(tid, task): (&i32, &Task)| Thread {
            pid: task.pid,
            tid: *tid,
            filters: task.filters.clone(),
            strict: task.strict,
            no_new_privs: task.no_new_privs,
        };
        self.tasks.iter().map(thread).collect()
    }

    fn doubt(&mut self, doubt: Doubt) {
        if !self.record.doubts.contains(&doubt) {
            self.record.doubts.push(doubt);
            self.record.doubts.sort();
        }
    }

    fn ended(&mut self, tid: i32) -> Whose {
        self.early.remove(&tid);
        let task = self.tasks.remove(&tid);
        if self.holding.as_ref().is_some_and(|h| h.tid == tid) {
            self.all_go_on();
        } else {
            self.read_when_quiet();
        }
        match task {
            Some(task) if task.pid != tid => Whose::Tracer,
            _ => Whose::Caller,
        }
    }

    fn stopped(&mut self, tid: i32, status: i32) {
        let (signal, event) = (libc::WSTOPSIG(status), status >> 16);
        if event == raw::EVENT_STOP {
            restart::make_anew(tid);
        }
        match event {
            0 if signal == libc::SIGTRAP | 0x80 => self.at_call(tid),
            0 => self.resume(tid, signal),
            raw::EVENT_EXEC => {
                self.executed(tid);
                self.resume(tid, 0);
            }
            raw::EVENT_FORK | raw::EVENT_VFORK | raw::EVENT_CLONE => {
                self.begot(tid, event);
                self.resume(tid, 0);
            }
            raw::EVENT_VFORK_DONE => {
                self.with(tid, |task| task.in_vfork = false);
                self.resume(tid, 0);
            }
            raw::EVENT_STOP if matches!(signal, libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU) => {
                self.group_stopped(tid);
            }
            _ => {
                self.with(tid, |task| task.listening = false);
                self.resume(tid, 0);
            }
        }
    }

    fn with(&mut self, tid: i32, change: impl FnOnce(&mut Task)) {
        if let Some(task) = self.tasks.get_mut(&tid) {
            change(task);
        }
    }

    fn group_stopped(&mut self, tid: i32) {
        if self.leaving.is_some() {
            self.let_go(tid, 0);
        } else {
            self.with(tid, |task| task.listening = true);
            let _ = raw::listen(tid);
            self.read_when_quiet();
        }
    }

    /// A thread or process was made.
    fn begot(&mut self, tid: i32, event: i32) {
        let Ok(child) = raw::event_message(tid) else { return self.doubt(Doubt::Kernel) };
        let Some(parent) = self.tasks.get_mut(&tid) else { return };
        let flags = match &mut parent.call {
            Some(InCall { deed: Deed::Clone { flags }, children, .. }) => {
                *children += 1;
                *flags
            }
            _ => 0,
        };
        parent.in_vfork |= event == raw::EVENT_VFORK;
        let mut task = Task { call: None, parked: None, in_vfork: false, listening: false, ..parent.clone() };
        if event != raw::EVENT_CLONE || flags & CLONE_THREAD == 0 {
            task.pid = child;
        }
        if self.tasks.len() >= MOST_TASKS {
            self.doubt(Doubt::TooMany);
        }
        self.tasks.insert(child, task);
        if let Some((status, _)) = self.early.remove(&child) {
            self.stopped(child, status);
        }
    }

    /// Only the calling thread survives an execve, under the number of the process.
    fn executed(&mut self, tid: i32) {
        self.record.began = true;
        let former = raw::event_message(tid).unwrap_or(tid);
        if let Some(task) = self.tasks.remove(&former).or_else(|| self.tasks.get(&tid).cloned()) {
            let pid = task.pid;
            self.tasks.retain(|_, other| other.pid != pid);
            // The thread that made the call bears the leader's number now; the call's exit stop is still to come.
            let call = Some(InCall { deed: Deed::Other, bytes: None, children: 0, threads: vec![] });
            self.tasks.insert(tid, Task { call, parked: None, in_vfork: false, listening: false, ..task });
        }
        if self.holding.as_ref().is_some_and(|h| !self.tasks.contains_key(&h.tid)) {
            self.all_go_on();
        }
    }

    fn at_call(&mut self, tid: i32) {
        match raw::call(tid) {
            Ok(Call::Entry { arch, number, arguments }) => self.entered(tid, arch, number, &arguments),
            Ok(Call::Exit { result }) => {
                // The end of an interrupted call comes before the stop that interrupted it, or in its place.
                if result == restart::RESTART_BLOCK {
                    restart::make_anew(tid);
                }
                self.left(tid, result);
            }
            // The thread may have been killed meanwhile; a kernel without this request answers EIO.
            Err(e) if e.raw_os_error() == Some(libc::ESRCH) => {}
            Err(_) => {
                self.doubt(Doubt::Kernel);
                self.resume(tid, 0);
            }
        }
    }

    fn entered(&mut self, tid: i32, arch: u32, number: u64, arguments: &[u64; 6]) {
        // Before its exec the child runs our own code.
        let deed = if self.record.began { decode::deed(tid, arch, number, arguments) } else { Deed::Other };
        match &deed {
            Deed::Open { path } if decode::tells_of_tracer(path) => self.note_path(path.clone()),
            Deed::Clone { flags } if flags & CLONE_UNTRACED != 0 => self.doubt(Doubt::Untraced),
            Deed::IoUring => self.doubt(Doubt::IoUring),
            _ => {}
        }
        let opens = deed == Deed::OpenPort && self.record.first_port.is_none();
        let threads = if opens { self.threads() } else { vec![] };
        let installs = matches!(deed, Deed::Install(_));
        self.with(tid, |task| task.call = Some(InCall { deed, bytes: None, children: 0, threads }));
        if installs { self.hold(tid) } else { self.resume(tid, 0) }
    }

    fn note_path(&mut self, path: String) {
        let known = self.record.looked_for_tracer.contains(&path);
        if !known && self.record.looked_for_tracer.len() < MOST_PATHS {
            self.record.looked_for_tracer.push(path);
        }
    }

    fn left(&mut self, tid: i32, result: i64) {
        let call = self.tasks.get_mut(&tid).and_then(|t| t.call.take());
        match call {
            Some(InCall { deed: Deed::Install(installation), bytes, .. }) => {
                self.installed(tid, &installation, bytes, result);
                self.all_go_on();
            }
            Some(InCall { deed: Deed::OpenPort, threads, .. }) if result == 0 && self.record.first_port.is_none() => {
                self.record.first_port = Some(self.order);
                self.record.at_first_port = threads;
            }
            Some(InCall { deed: Deed::NoNewPrivs, .. }) if result == 0 => self.with(tid, |t| t.no_new_privs = true),
            // A child that no event reported.
            Some(InCall { deed: Deed::Clone { .. }, children: 0, .. }) if result > 0 && self.record.began => {
                self.doubt(Doubt::Untraced);
            }
            _ => {}
        }
        self.with(tid, |task| task.in_vfork = false);
        self.resume(tid, 0);
    }

    /// Lets a stopped thread go on: to its next call, or, when leaving, for good; or keeps it where it is while a program is read.
    fn resume(&mut self, tid: i32, signal: i32) {
        if self.holding.as_ref().is_some_and(|h| h.tid != tid) {
            self.with(tid, |task| task.parked = Some(Parked::Resume(signal)));
            return self.read_when_quiet();
        }
        if self.leaving.is_some() {
            return self.let_go(tid, signal);
        }
        let went = if self.record.began { raw::to_next_call(tid, signal) } else { raw::go_on(tid, signal) };
        // ESRCH: killed meanwhile; its end is reported by itself.
        drop(went);
    }

    fn let_go(&mut self, tid: i32, signal: i32) {
        let detached = raw::detach(tid, signal).is_ok();
        if let Some(task) = self.tasks.remove(&tid)
            && detached
        {
            self.gone.push(Thread {
                pid: task.pid,
                tid,
                filters: task.filters,
                strict: task.strict,
                no_new_privs: task.no_new_privs,
            });
        }
    }
}
