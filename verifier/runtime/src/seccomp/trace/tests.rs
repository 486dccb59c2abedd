//! The tracer on real Go programs that install filters in many ways.

use super::{Tracer, Whose};
use crate::go_fixture::program;
use crate::seccomp::bpf::Program;
use crate::seccomp::read_back::{ReadThread, Refused, read_back};
use crate::seccomp::record::{Baseline, TraceRecord};
use crate::seccomp::sheets::{Seen, SeenThread, Untraced, sheet};
use crate::seccomp::status;
use assize_facts::{Field, Item, Request, reason};
use serde_json::json;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// A program started under the tracer in the way that the sandbox's init does it; killed when dropped.
struct Traced {
    pid: i32,
    address: SocketAddr,
    record: TraceRecord,
}

impl Drop for Traced {
    fn drop(&mut self) {
        // SAFETY: our own child, by its number, and its status.
        unsafe {
            libc::kill(self.pid, libc::SIGKILL);
            libc::waitpid(self.pid, std::ptr::null_mut(), libc::__WALL);
        }
    }
}

/// Forks, attaches while the child waits, and follows it until it says where it listens.
fn traced(mode: &str) -> Traced {
    let path = CString::new(program("seccomp").into_os_string().into_encoded_bytes()).expect("a path");
    let arguments = [path.clone(), CString::new(mode).expect("text")];
    let argv = [arguments[0].as_ptr(), arguments[1].as_ptr(), std::ptr::null()];
    let environment = [c"PATH=/bin".as_ptr(), std::ptr::null()];
    let (mut said, says) = std::io::pipe().expect("a pipe");
    let (waits, mut release) = std::io::pipe().expect("a pipe");
    // SAFETY: between fork and execve the child makes system calls only, with what was prepared above.
    let pid = unsafe {
        match libc::fork() {
            0 => {
                libc::dup2(says.as_raw_fd(), 1);
                libc::close(release.as_raw_fd());
                let mut byte = 0_u8;
                libc::read(waits.as_raw_fd(), (&raw mut byte).cast(), 1);
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                libc::execve(path.as_ptr(), argv.as_ptr(), environment.as_ptr());
                libc::_exit(127)
            }
            pid => pid,
        }
    };
    assert!(pid > 0);
    drop((says, waits));
    let mut tracer = Tracer::attach(pid).expect("a child that can be traced");
    // A byte, and not the end of the pipe: a child that another test forks meanwhile holds it open as well.
    release.write_all(b"!").expect("the child waits");
    // SAFETY: sets a flag of our own descriptor.
    unsafe { libc::fcntl(said.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
    let address = follow(&mut tracer, pid, &mut said, mode);
    let rest = tracer.detach_all(true, Duration::from_secs(5));
    assert!(rest.iter().all(|(ended, _)| *ended != pid), "{mode} ended");
    Traced { pid, address, record: tracer.into_record() }
}

fn follow(tracer: &mut Tracer, pid: i32, said: &mut impl Read, mode: &str) -> SocketAddr {
    let (mut text, until) = (String::new(), Instant::now() + Duration::from_secs(20));
    while Instant::now() < until {
        let mut status = 0;
        // SAFETY: writes one integer of ours; children of other threads belong to other tests.
        let tid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::__WNOTHREAD | libc::WNOHANG) };
        if tid > 0 {
            let whose = tracer.on_wait(tid, status);
            assert!(whose == Whose::Tracer || tid != pid, "{mode} ended with {status:#x}");
            continue;
        }
        tracer.tick();
        let mut bytes = [0; 256];
        match said.read(&mut bytes) {
            Ok(n) => text.push_str(&String::from_utf8_lossy(&bytes[..n])),
            Err(e) if e.kind() == ErrorKind::WouldBlock => std::thread::sleep(Duration::from_micros(200)),
            Err(e) => panic!("{mode}: {e}"),
        }
        if let Some(line) = text.strip_suffix('\n') {
            return line
                .strip_prefix("LISTEN ")
                .and_then(|a| a.parse().ok())
                .unwrap_or_else(|| panic!("{mode}: {line}"));
        }
    }
    panic!("{mode} does not become ready under the tracer: {text}");
}

/// Every process of the fixture: itself and its children.
fn family(pid: i32) -> Vec<i32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    [pid].into_iter().chain(children.split_whitespace().filter_map(|c| c.parse().ok())).collect()
}

fn look(pid: i32) -> Vec<SeenThread> {
    let mut all = Vec::new();
    for process in family(pid) {
        let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else { continue };
        for task in tasks.flatten() {
            let Ok(status) = status::of(&task.path().join("status")) else { continue };
            let tid = task.file_name().to_str().and_then(|t| t.parse().ok()).expect("a number");
            let pid = process.unsigned_abs();
            let (seccomp, filters, no_new_privs) = (status.seccomp, status.filters, status.no_new_privs);
            all.push(SeenThread { pid, tid, name: status.name, seccomp, filters, no_new_privs });
        }
    }
    all
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// What is known of a traced fixture, with or without what root may read.
fn seen(traced: &Traced, with_read_back: bool) -> Seen {
    let read = read_back(&family(traced.pid));
    // Reading back is for root; for everybody else the refusal is seen as one.
    assert!(if is_root() { read.is_ok() } else { read == Err(Refused::Forbidden) }, "{read:?}");
    Seen {
        machine: traced.record.machine.clone(),
        baseline: traced.record.baseline,
        trace: Ok(traced.record.clone()),
        looks: vec![("ready", Ok(look(traced.pid)))],
        read_back: match read {
            Ok(read) if with_read_back => Ok(read),
            _ => Err(reason!("read-back-forbidden")),
        },
        untraced: None,
        ended_by_a_call: false,
    }
}

fn shown(item: &Item, field: &str) -> String {
    match &item.fields[field] {
        Field::Known(value) => value.as_str().map_or_else(|| value.to_string(), str::to_string),
        Field::Possible(values) => format!("one of {}", json!(values)),
        Field::Unknown(reason) => format!("unknown: {}", reason.code),
    }
}

fn items(seen: &Seen, kind: &str) -> Vec<Item> {
    let with = BTreeMap::from([("deny".to_string(), json!(["execve", "execveat"]))]);
    let with = if kind == "process.syscalls" { with } else { BTreeMap::new() };
    let sheet = sheet(&Request::new(kind, &with), seen).expect("a kind of ours");
    sheet.check(assize_facts::kinds::schema(kind).expect("the kind")).expect("all fields");
    sheet.items
}

fn lines(seen: &Seen, kind: &str, fields: &[&str]) -> Vec<String> {
    let line = |item: &Item| fields.iter().map(|f| shown(item, f)).collect::<Vec<_>>().join(" ");
    items(seen, kind).iter().map(line).collect()
}

/// `execve` in each numbering: action, denied, before the port, all threads.
fn rulings(seen: &Seen) -> Vec<String> {
    let all = lines(seen, "process.syscalls", &["syscall", "arch", "action", "denied", "before_listen", "all_threads"]);
    let mut all: Vec<String> = all.iter().filter_map(|l| l.strip_prefix("execve ").map(str::to_string)).collect();
    let first = all[0].split_once(' ').map(|(_, rest)| rest.to_string()).expect("a line");
    if all.iter().all(|l| l.ends_with(&first)) {
        all = vec![format!("* {first}")];
    }
    all
}

#[test]
fn what_each_program_may_still_do() {
    for (mode, expected) in [
        (
            "tsync",
            &["x86_64 errno true true true", "i386 kill-process true true true", "x32 kill-process true true true"][..],
        ),
        (
            "two",
            &["x86_64 errno true true true", "i386 kill-process true true true", "x32 kill-process true true true"],
        ),
        ("open-32-bit", &["x86_64 errno true true true", "i386 allow false false true", "x32 allow false false true"]),
        (
            "log",
            &["x86_64 log false false true", "i386 kill-process true true true", "x32 kill-process true true true"],
        ),
        ("allow-all", &["* allow false false true"]),
        ("none", &["* allow false false true"]),
        ("one-thread", &["* allow false false false"]),
        ("leader-only", &["* allow false false false"]),
        ("prctl-leader", &["* allow false false false"]),
        (
            "after-port",
            &["x86_64 errno true false true", "i386 kill-process true false true", "x32 kill-process true false true"],
        ),
        (
            "after-udp",
            &["x86_64 errno true false true", "i386 kill-process true false true", "x32 kill-process true false true"],
        ),
        ("helper", &["* allow false false false"]),
        ("late", &["* allow false false true"]),
        ("re-exec", &["* allow false false true"]),
    ] {
        let traced = traced(mode);
        for with_read_back in [false, true] {
            let seen = seen(&traced, with_read_back);
            assert_eq!(rulings(&seen), expected, "{mode}, read back: {with_read_back}, {:?}", traced.record);
        }
    }
}

#[test]
fn installations_are_recorded_with_flags_and_order() {
    let fields = ["method", "flags", "installed", "before_listen", "no_new_privs", "on_all_threads", "ready_under_it"];
    for (mode, expected) in [
        ("tsync", &[r#"seccomp ["tsync"] true true true true true"#][..]),
        ("after-port", &[r#"seccomp ["tsync"] true false true true true"#]),
        ("prctl-leader", &["prctl [] true true true false true"]),
        ("leader-only", &["seccomp [] true true true false true"]),
        ("two", &[r#"seccomp ["tsync"] true true true true true"#, r#"seccomp ["tsync"] true true true true true"#]),
        ("none", &[]),
        ("late", &[]),
    ] {
        let traced = traced(mode);
        assert_eq!(lines(&seen(&traced, false), "process.filters", &fields), expected, "{mode}");
        let read_back = lines(&seen(&traced, true), "process.filters", &["read_back"]);
        let wanted = if is_root() { "true" } else { "null" };
        assert!(read_back.iter().all(|r| r == wanted), "{mode} {read_back:?}");
    }
}

#[test]
fn a_service_works_on_after_it_was_let_go() {
    let traced = traced("tsync");
    assert!(traced.record.complete && traced.record.doubts.is_empty(), "{:?}", traced.record);
    for _ in 0..3 {
        TcpStream::connect(traced.address).expect("a service that accepts");
    }
    let tracer = std::fs::read_to_string(format!("/proc/{}/status", traced.pid)).expect("its status");
    assert!(tracer.contains("TracerPid:\t0\n"));
}

#[test]
fn a_filter_that_comes_with_the_first_request_is_told() {
    let traced = traced("late");
    drop(TcpStream::connect(traced.address).expect("a service that accepts"));
    let until = Instant::now() + Duration::from_secs(5);
    while look(traced.pid).iter().any(|t| t.filters == Some(traced.record.baseline.filters)) {
        assert!(Instant::now() < until, "the filter never came");
        std::thread::sleep(Duration::from_millis(5));
    }
    for with_read_back in [false, true] {
        let seen = seen(&traced, with_read_back);
        assert_eq!(rulings(&seen), ["* allow false false true"]);
        assert!(lines(&seen, "process.threads", &["agrees"]).contains(&"false".to_string()));
    }
}

#[test]
fn a_program_that_changes_while_it_is_read_is_read_as_the_kernel_reads_it() {
    let traced = traced("flip");
    assert!(traced.record.doubts.is_empty(), "{:?}", traced.record.doubts);
    // What was traced is what the kernel holds: root sees both.
    let read = lines(&seen(&traced, true), "process.filters", &["read_back"]);
    assert_eq!(read, [if is_root() { "true" } else { "null" }]);
}

#[test]
fn a_process_that_no_tracer_follows_leaves_everything_open() {
    let traced = traced("untraced");
    assert_eq!(
        rulings(&seen(&traced, false)),
        [
            "* unknown: no-filter-evidence unknown: no-filter-evidence unknown: no-filter-evidence unknown: no-filter-evidence"
        ]
    );
    if is_root() {
        // Reading back needs no tracing from the start, and finds the process without a filter.
        assert_eq!(rulings(&seen(&traced, true)), ["* allow false unknown: trace-incomplete false"]);
    }
}

#[test]
fn threads_that_install_at_the_same_time_are_all_seen() {
    let traced = traced("many");
    assert_eq!(lines(&seen(&traced, false), "process.filters", &["covered"]), ["1"; 8]);
}

#[test]
fn a_service_that_starts_processes_all_the_time_is_followed() {
    let traced = traced("busy");
    assert!(traced.record.doubts.is_empty() && traced.record.complete, "{:?}", traced.record);
    for with_read_back in [false, true] {
        assert_eq!(rulings(&seen(&traced, with_read_back))[0], "x86_64 errno true true true");
    }
}

#[test]
fn a_kernel_that_holds_something_else_is_told() {
    let traced = traced("tsync");
    let mut seen = seen(&traced, false);
    let other = crate::seccomp::bpf::Program(vec![crate::seccomp::bpf::Step { code: 6, jt: 0, jf: 0, k: 0x7fff_0000 }]);
    let thread = |t: &SeenThread| ReadThread { pid: t.pid, tid: t.tid, filters: vec![other.clone()] };
    seen.read_back = Ok(look(traced.pid).iter().map(thread).collect());
    assert_eq!(lines(&seen, "process.filters", &["read_back"]), ["false"]);
    assert!(rulings(&seen)[0].starts_with("* unknown: read-back-disagrees"));
}

#[test]
fn a_look_at_the_tracer_is_noted() {
    let traced = traced("only-traced");
    let noted = lines(&seen(&traced, false), "process.filters", &["looked_for_tracer"]);
    assert_eq!(noted, [r#"["/proc/self/status"]"#]);
}

#[test]
fn a_start_that_nobody_traced_counts_as_it_is() {
    let traced = traced("tsync");
    let with = |untraced| rulings(&Seen { untraced: Some(untraced), ..seen(&traced, false) })[0].clone();
    let (like, own) = (look(traced.pid), |filters: Vec<Program>| vec![ReadThread { pid: 2, tid: 2, filters }]);
    let bare = || like.iter().cloned().map(|t| SeenThread { filters: Some(0), ..t }).collect();
    let forbidden = || Err(reason!("read-back-forbidden"));
    let again = |threads, read_back| Ok(Untraced { filters: 0, threads, read_back });
    assert_eq!(with(again(like.clone(), forbidden())), "x86_64 errno true true true");
    assert_eq!(with(again(like.clone(), Ok(own(traced.record.programs.clone())))), "x86_64 errno true true true");
    assert!(with(again(bare(), forbidden())).starts_with("* unknown: status-disagrees"));
    assert_eq!(with(again(bare(), Ok(own(vec![])))), "* allow false true false");
    assert!(with(Err(reason!("untraced-not-started"))).starts_with("* unknown: untraced-not-started"));
}

#[test]
fn filters_of_a_control_process_are_taken_off() {
    let traced = traced("tsync");
    let mut seen = seen(&traced, false);
    // As if the machine had put one filter on everything: `/proc` shows one more than was traced.
    seen.baseline = Baseline { seccomp: 2, filters: seen.baseline.filters + 1, no_new_privs: true };
    for thread in seen.looks.iter_mut().flat_map(|(_, look)| look.as_mut()).flatten() {
        thread.filters = thread.filters.map(|f| f + 1);
    }
    assert!(
        lines(&seen, "process.threads", &["filters", "no_new_privs", "agrees"]).iter().all(|l| l == "1 false true")
    );
    // Without that filter on it a thread lacks what was traced.
    for thread in seen.looks.iter_mut().flat_map(|(_, look)| look.as_mut()).flatten() {
        thread.filters = thread.filters.map(|f| f - 1);
    }
    assert!(rulings(&seen)[0].starts_with("* unknown: no-filter-evidence"));
}

#[test]
fn without_trace_and_read_back_nothing_is_known() {
    let none = Seen {
        machine: "x86_64".into(),
        baseline: Baseline::default(),
        trace: Err(reason!("not-traced")),
        looks: vec![],
        read_back: Err(reason!("read-back-forbidden")),
        untraced: None,
        ended_by_a_call: false,
    };
    let request = Request::new("process.syscalls", &BTreeMap::from([("deny".into(), json!(["execve", "frobnicate"]))]));
    let sheet = sheet(&request, &none).expect("a kind of ours");
    let codes: Vec<&str> = sheet.gaps.iter().map(|g| g.reason.code.as_str()).collect();
    assert_eq!((codes, sheet.scope.count, sheet.items.len()), (vec!["no-filter-evidence", "unknown-call"], 1, 3));
}
