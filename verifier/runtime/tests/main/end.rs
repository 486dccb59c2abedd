//! Nothing is left, however the tool ends.

use crate::fixture::{Fixture, HELPER};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A tool that started a service and waits to be killed.
struct Tool {
    child: Child,
    supervisor: i32,
    /// Numbers on the host of everything in the sandbox.
    inside: Vec<i32>,
    /// What it said beside its ready line.
    said: String,
    _fixture: Fixture,
}

/// Starts the helper on a fixture, as an ordinary user where `user` says which.
fn tool(mode: &str, user: Option<u32>) -> Tool {
    let fixture = Fixture::new(mode);
    let mut command = Command::new(HELPER);
    command.arg("run").arg(fixture.folder.path()).arg(mode).stdout(Stdio::piped()).stdin(Stdio::null());
    if let Some(user) = user {
        open_to_all(fixture.folder.path());
        command.uid(user).gid(user);
    }
    let mut child = command.spawn().expect("the helper");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut line = || lines.next().expect("a line").expect("text");
    let said = line();
    assert!(said.starts_with("ready "), "{said}");
    let numbers = line();
    let mut numbers = numbers.split(' ').map(|n| n.parse().expect("a number"));
    let supervisor = numbers.next().expect("the supervisor");
    Tool { child, supervisor, inside: numbers.collect(), said, _fixture: fixture }
}

fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("opened");
}

fn alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn groups() -> Vec<String> {
    let mut found = Vec::new();
    for hierarchy in ["memory", "pids"] {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let group = own.lines().find_map(|l| l.split_once(&format!(":{hierarchy}:"))).map_or("", |(_, g)| g);
        let listing = fs::read_dir(format!("/sys/fs/cgroup/{hierarchy}{group}")).into_iter().flatten().flatten();
        found
            .extend(listing.map(|e| e.file_name().to_string_lossy().into_owned()).filter(|n| n.starts_with("assize.")));
    }
    found
}

impl Tool {
    fn kill(pid: i32) {
        // SAFETY: a process that this test started.
        unsafe { libc::kill(pid, libc::SIGKILL) };
    }

    /// Within two seconds of the kill nothing of the run is there any more.
    fn gone(mut self) {
        let begin = Instant::now();
        let _ = self.child.wait();
        let mut all = self.inside.clone();
        all.push(self.supervisor);
        while all.iter().any(|pid| alive(*pid)) {
            assert!(
                begin.elapsed() < Duration::from_secs(2),
                "{all:?}: {:?} left",
                all.iter().map(|p| alive(*p)).collect::<Vec<_>>()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn group(&self) -> String {
        format!("assize.{}.", self.supervisor)
    }
}

#[test]
fn a_killed_tool_leaves_no_process_and_no_group() {
    for mode in ["serve", "family", "stubborn"] {
        let tool = tool(mode, None);
        assert!(tool.inside.iter().all(|pid| alive(*pid)));
        let group = tool.group();
        Tool::kill(tool.child.id() as i32);
        tool.gone();
        let left: Vec<String> = groups().into_iter().filter(|g| g.starts_with(&group)).collect();
        assert_eq!(left, Vec::<String>::new());
    }
}

#[test]
fn a_killed_supervisor_takes_the_sandbox_with_it_and_the_next_run_clears_its_group() {
    let first = tool("family", None);
    let group = first.group();
    Tool::kill(first.supervisor);
    Tool::kill(first.child.id() as i32);
    first.gone();
    let mut second = tool("serve", None);
    let left: Vec<String> = groups().into_iter().filter(|g| g.starts_with(&group)).collect();
    assert_eq!(left, Vec::<String>::new());
    Tool::kill(second.child.id() as i32);
    let _ = second.child.wait();
}

#[test]
fn a_tool_killed_at_any_moment_leaves_nothing() {
    let fixture = Fixture::new("family");
    for millis in [0, 3, 8, 15, 25, 40, 60, 90, 130, 200] {
        let mut child = Command::new(HELPER)
            .arg("run")
            .arg(fixture.folder.path())
            .arg("family")
            .stdout(Stdio::null())
            .stdin(Stdio::null())
            .spawn()
            .expect("the helper");
        std::thread::sleep(Duration::from_millis(millis));
        let started = descendants(child.id() as i32);
        Tool::kill(child.id() as i32);
        let _ = child.wait();
        let begin = Instant::now();
        while started.iter().any(|pid| alive(*pid)) {
            assert!(begin.elapsed() < Duration::from_secs(2), "after {millis} ms: {started:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn descendants(root: i32) -> Vec<i32> {
    let parent = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<i32>().ok()
    };
    let all: Vec<(i32, i32)> = fs::read_dir("/proc")
        .expect("processes")
        .flatten()
        .filter_map(|e| e.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, parent(pid)?)))
        .collect();
    let mut found = vec![root];
    let mut at = 0;
    while at < found.len() {
        let of = found[at];
        found.extend(all.iter().filter(|(_, p)| *p == of).map(|(pid, _)| *pid));
        at += 1;
    }
    found.split_off(1)
}

#[test]
fn an_ordinary_user_gets_the_same_sandbox() {
    // SAFETY: asks for a number.
    if unsafe { libc::geteuid() } != 0 {
        // Every other test of this file then ran as one already.
        return;
    }
    let tool = tool("many", Some(65_534));
    assert_eq!(tool.said, "ready namespaces+rlimits holes [] zone 20700 processes 1 listeners 5");
    Tool::kill(tool.child.id() as i32);
    tool.gone();
}
