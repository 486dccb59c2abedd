//! The second opinion: filters as the kernel holds them, read from every thread by `PTRACE_SECCOMP_GET_FILTER` (Linux 4.4 and later, root only).

use super::bpf::Program;
use super::{restart, status};
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What one thread has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadThread {
    /// As seen inside the sandbox.
    pub pid: u32,
    pub tid: u32,
    /// Newest first, those of a control process included; empty without a filter.
    pub filters: Vec<Program>,
}

/// Why nothing could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// `EACCES` and `EPERM`: not root in the first user namespace, or under a filter ourselves.
    Forbidden,
    Failed(String),
}

const GET_FILTER: libc::c_long = 0x420c;
const STOPPED_WITHIN: Duration = Duration::from_secs(1);
/// Rounds over the threads of a process until no new one appears.
const ROUNDS: usize = 8;

/// Reads every thread of the processes, by their numbers in our own namespace. Threads that end meanwhile are left out.
pub fn read_back(pids: &[i32]) -> Result<Vec<ReadThread>, Refused> {
    let mut all = Vec::new();
    for pid in pids {
        let mut seen = BTreeSet::new();
        for _ in 0..ROUNDS {
            let fresh: Vec<i32> = tasks(*pid).into_iter().filter(|tid| seen.insert(*tid)).collect();
            if fresh.is_empty() {
                break;
            }
            for tid in fresh {
                all.extend(thread(*pid, tid)?);
            }
        }
    }
    all.sort();
    Ok(all)
}

fn tasks(pid: i32) -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return vec![] };
    let mut all: Vec<i32> = entries.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok()).collect();
    all.sort();
    all
}

fn thread(pid: i32, tid: i32) -> Result<Option<ReadThread>, Refused> {
    let inner = |path: PathBuf, outer: i32| {
        let numbers = status::of(&path).map(|s| s.numbers).unwrap_or_default();
        numbers.last().copied().or_else(|| u32::try_from(outer).ok()).unwrap_or(0)
    };
    let (process, own) =
        (PathBuf::from(format!("/proc/{pid}/status")), PathBuf::from(format!("/proc/{pid}/task/{tid}/status")));
    match filters(tid) {
        Ok(filters) => Ok(Some(ReadThread { pid: inner(process, pid), tid: inner(own, tid), filters })),
        Err(e) => match e.raw_os_error() {
            Some(libc::ESRCH) => Ok(None),
            Some(libc::EACCES | libc::EPERM) => Err(Refused::Forbidden),
            _ => Err(Refused::Failed(e.to_string())),
        },
    }
}

fn ptrace(request: libc::c_long, tid: i32, address: libc::c_long, data: *mut u8) -> io::Result<usize> {
    // SAFETY: `data` is null or our own buffer, as long as the kernel will write (see `filter`).
    let result = unsafe { libc::syscall(libc::SYS_ptrace, request, libc::c_long::from(tid), address, data) };
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}

/// The filters of one thread, which is stopped for as long as that takes.
fn filters(tid: i32) -> io::Result<Vec<Program>> {
    const SEIZE: libc::c_long = 0x4206;
    const INTERRUPT: libc::c_long = 0x4207;
    const DETACH: libc::c_long = 17;
    ptrace(SEIZE, tid, 0, std::ptr::null_mut())?;
    let read = ptrace(INTERRUPT, tid, 0, std::ptr::null_mut())
        .and_then(|_| wait(tid))
        .and_then(|signal| Ok((signal, chain(tid)?)));
    // A signal that arrived first is handed on.
    let signal = read.as_ref().map_or(0, |(signal, _)| *signal);
    let _ = ptrace(DETACH, tid, 0, std::ptr::without_provenance_mut(signal));
    read.map(|(_, filters)| filters)
}

/// Waits for the stop; the signal of a signal stop, else 0.
fn wait(tid: i32) -> io::Result<usize> {
    let until = Instant::now() + STOPPED_WITHIN;
    while Instant::now() < until {
        let mut status = 0;
        // SAFETY: writes one integer of ours. Only this thread is waited for, so that no other child's end is taken away.
        match unsafe { libc::waitpid(tid, &raw mut status, libc::__WALL | libc::WNOHANG) } {
            0 => std::thread::sleep(Duration::from_micros(200)),
            -1 => return Err(io::Error::last_os_error()),
            _ if libc::WIFSTOPPED(status) => {
                let plain = status >> 16 == 0;
                if !plain {
                    restart::make_anew(tid);
                }
                return Ok(if plain { usize::try_from(libc::WSTOPSIG(status)).unwrap_or(0) } else { 0 });
            }
            _ => return Err(io::Error::from_raw_os_error(libc::ESRCH)),
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// Index 0 is the oldest (`get_nth_filter`; ptrace(2) says the opposite); past the last comes `ENOENT`, without any `EINVAL`. Returned newest first.
fn chain(tid: i32) -> io::Result<Vec<Program>> {
    let mut all = Vec::new();
    loop {
        let index = libc::c_long::try_from(all.len()).unwrap_or(libc::c_long::MAX);
        match filter(tid, index) {
            Ok(program) => all.push(program),
            Err(e) if e.raw_os_error() == Some(libc::EINVAL) && all.is_empty() => return Ok(all),
            Err(e) if e.raw_os_error() == Some(libc::ENOENT) => {
                all.reverse();
                return Ok(all);
            }
            Err(e) => return Err(e),
        }
    }
}

fn filter(tid: i32, index: libc::c_long) -> io::Result<Program> {
    // Without a buffer the call tells the number of instructions; a filter never changes once it is installed.
    let steps = ptrace(GET_FILTER, tid, index, std::ptr::null_mut())?;
    let mut bytes = vec![0_u8; steps * 8];
    ptrace(GET_FILTER, tid, index, bytes.as_mut_ptr())?;
    Program::read(&bytes).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
