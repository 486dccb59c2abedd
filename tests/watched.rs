//! A deliverable around the Go service of `services/misbehave`, and runs of it that are watched from outside: their memory, and whatever they leave.

use crate::run::{Ran, command, finish, root};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long what a run started may outlive it.
const LINGER: Duration = Duration::from_secs(2);

/// Builds a Go program of `tests/services`, once for all tests.
pub fn build(name: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let output = Command::new("go")
        .args(["build", "-trimpath", "-buildvcs=false", "-o"])
        .arg(&file)
        .arg(".")
        .current_dir(root().join("tests/services").join(name))
        .envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", "-mod=mod"), ("GOWORK", "off")])
        .env("CGO_ENABLED", "0")
        .output()
        .expect("the Go command");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    file
}

fn misbehave() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build("misbehave"))
}

/// A deliverable, its contract beside it, and a folder for everything temporary.
pub struct Place {
    folder: tempfile::TempDir,
}

/// What one run is like.
pub struct Case {
    pub mode: &'static str,
    pub scheme: &'static str,
    pub ready: &'static str,
    pub within: &'static str,
}

impl Case {
    pub fn of(mode: &'static str) -> Case {
        Case { mode, ..Case::default() }
    }
}

impl Default for Case {
    fn default() -> Case {
        Case { mode: "serve", scheme: "http", ready: "tcp:127.0.0.1:{port.public}", within: "20s" }
    }
}

impl Place {
    pub fn new(case: &Case) -> Place {
        Place::with(misbehave(), &declared(case), CONTRACT)
    }

    /// Another program, as `dist/server`, with what is declared about it and agreed.
    pub fn with(program: &Path, declared: &str, contract: &str) -> Place {
        let place = Place { folder: tempfile::tempdir().expect("a folder") };
        for name in ["deliverable/dist", "temporary"] {
            fs::create_dir_all(place.path().join(name)).expect("a folder");
        }
        place.put(program, declared, contract);
        place
    }

    fn put(&self, program: &Path, declared: &str, contract: &str) {
        fs::copy(program, self.deliverable().join("dist/server")).expect("a copy");
        fs::write(self.deliverable().join("deliverable.toml"), declared).expect("written");
        fs::write(self.contract(), contract).expect("written");
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn deliverable(&self) -> PathBuf {
        self.path().join("deliverable")
    }

    pub fn contract(&self) -> PathBuf {
        self.path().join("contract.toml")
    }

    pub fn temporary(&self) -> PathBuf {
        self.path().join("temporary")
    }

    /// `assize verify` of the deliverable by its contract, as JSON.
    pub fn verify(&self) -> Command {
        let mut verify = command(["verify", "--format=json", "--contract"]);
        verify.arg(self.contract()).arg(self.deliverable()).env("TMPDIR", self.temporary());
        verify
    }
}

fn declared(case: &Case) -> String {
    let Case { mode, scheme, ready, within } = case;
    format!(
        r#"
[deliverable]
name = "misbehave"
version = "1.0.0"

[[binary]]
name = "server"
path = "dist/server"

[run]
binary = "server"
args = ["{mode}"]
env = {{ LISTEN = "127.0.0.1:{{port.public}}", WORK = "{{work}}" }}
ready = "{ready}"
ready_within = "{within}"
logs = "stderr"
service = "misbehave"

[[endpoint]]
name = "public"
url = "{scheme}://127.0.0.1:{{port.public}}"
roles = ["tls", "health"]
"#
    )
}

const CONTRACT: &str = r#"
[contract]
id = "misbehave"
title = { en = "A service that misbehaves", zh = "行为异常的服务" }
signed_on = 2026-01-17
language = "en"
libraries = ["standard"]

[[clause]]
use = "health-endpoints"
obligation = "must"
parameters = { dependencies = "none" }

[[clause]]
use = "structured-logs"
obligation = "must"

[[clause]]
use = "tls-1.3"
obligation = "must"

[execution]
sandbox = "required"
"#;

/// What stood around a run before it.
pub struct Around {
    mounts: String,
    delivered: BTreeMap<PathBuf, (u64, Vec<u8>)>,
}

impl Around {
    pub fn look(place: &Place) -> Around {
        Around { mounts: mounts(), delivered: tree(&place.deliverable()) }
    }

    /// Nothing of the user's was changed and nothing new is there.
    pub fn is_as_before(&self, place: &Place) {
        assert_eq!(tree(&place.deliverable()), self.delivered, "the deliverable was changed");
        assert_eq!(mounts(), self.mounts, "a mount is left");
        let left: Vec<_> = fs::read_dir(place.temporary()).expect("listed").flatten().map(|e| e.path()).collect();
        assert_eq!(left, Vec::<PathBuf>::new(), "temporary files are left");
    }
}

impl Around {
    /// As before within two seconds, for what is cleared away after the end.
    pub fn is_as_before_soon(&self, place: &Place) {
        let begun = Instant::now();
        while begun.elapsed() < LINGER && fs::read_dir(place.temporary()).is_ok_and(|mut left| left.next().is_some()) {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.is_as_before(place);
    }
}

fn mounts() -> String {
    fs::read_to_string("/proc/self/mountinfo").expect("the mounts")
}

fn tree(folder: &Path) -> BTreeMap<PathBuf, (u64, Vec<u8>)> {
    use std::os::unix::fs::MetadataExt;
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("listed").flatten() {
        let (path, meta) = (entry.path(), entry.metadata().expect("its metadata"));
        match meta.is_dir() {
            true => all.extend(tree(&path)),
            false => drop(all.insert(path.clone(), (meta.mtime_nsec() as u64, fs::read(&path).expect("read")))),
        }
    }
    all
}

/// A process by its number and the moment it began, since numbers are used again.
type Process = (i32, String);

/// Watches everything that descends from the processes of this test which run for a place.
pub struct Watch {
    seen: BTreeSet<Process>,
    most_kib: u64,
}

impl Watch {
    pub fn new() -> Watch {
        Watch { seen: BTreeSet::new(), most_kib: 0 }
    }

    /// Every process that was seen and is there.
    pub fn alive(&self) -> Vec<i32> {
        let all = processes();
        self.seen.iter().filter(|p| all.get(&p.0).is_some_and(|now| now.1 == p.1 && !now.2)).map(|p| p.0).collect()
    }

    /// Looks once at a process and all that it started.
    pub fn look(&mut self, root: i32) {
        let all = processes();
        let mut found: BTreeSet<i32> = BTreeSet::from([root]);
        found.extend(self.seen.iter().filter(|p| all.get(&p.0).is_some_and(|now| now.1 == p.1)).map(|p| p.0));
        loop {
            let more: Vec<i32> = all
                .iter()
                .filter(|(pid, (parent, ..))| found.contains(parent) && !found.contains(pid))
                .map(|(pid, _)| *pid)
                .collect();
            if more.is_empty() {
                break;
            }
            found.extend(more);
        }
        self.seen.extend(found.iter().filter_map(|pid| Some((*pid, all.get(pid)?.1.clone()))));
        self.most_kib = self.most_kib.max(peak(root));
    }

    /// Within two seconds nothing of it is there any more: no process, and no control group.
    pub fn nothing_is_left(&self) {
        let begun = Instant::now();
        let left = || {
            let alive: Vec<String> = self.alive().iter().map(|pid| format!("{pid} {}", name(*pid))).collect();
            [alive, self.groups(), orphans()].concat()
        };
        loop {
            let left = left();
            if left.is_empty() {
                return;
            }
            assert!(begun.elapsed() < LINGER, "left after {LINGER:?}: {left:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Control groups of supervisors that were seen.
    pub fn groups(&self) -> Vec<String> {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mut found = Vec::new();
        for line in own.lines() {
            let mut parts = line.splitn(3, ':');
            let (_, Some(names), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
            let name = if names.is_empty() { "." } else { names };
            let folder = format!("/sys/fs/cgroup/{name}{path}");
            let listing = fs::read_dir(folder).into_iter().flatten().flatten();
            let ours = |group: &String| {
                let pid = group.strip_prefix("assize.").and_then(|rest| rest.split('.').next()?.parse::<i32>().ok());
                pid.is_some_and(|pid| self.seen.iter().any(|p| p.0 == pid))
            };
            found.extend(listing.map(|e| e.file_name().to_string_lossy().into_owned()).filter(ours));
        }
        found
    }
}

/// Parent, beginning and whether it is a zombie, of every process.
fn processes() -> BTreeMap<i32, (i32, String, bool)> {
    let one = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some((fields.get(1)?.parse().ok()?, fields.get(19)?.to_string(), fields.first() == Some(&"Z")))
    };
    let listing = fs::read_dir("/proc").expect("processes").flatten();
    listing.filter_map(|e| e.file_name().to_str()?.parse().ok()).filter_map(|pid| Some((pid, one(pid)?))).collect()
}

/// Supervisors whose master is no more: what a kill caught before it was seen here.
fn orphans() -> Vec<String> {
    let all = processes();
    let is = |pid: i32, word: &str| name(pid).contains(word);
    let orphaned = |(pid, (parent, _, zombie)): (&i32, &(i32, String, bool))| {
        let lost = !zombie && is(*pid, "__supervise") && all.get(parent).is_none_or(|p| p.2 || *parent == 1);
        lost.then(|| format!("{pid} supervisor"))
    };
    all.iter().filter_map(orphaned).collect()
}

pub fn name(pid: i32) -> String {
    fs::read(format!("/proc/{pid}/cmdline")).map(|c| String::from_utf8_lossy(&c).replace('\0', " ")).unwrap_or_default()
}

fn peak(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// A finished run, and the most memory that the tool itself had, in KiB.
pub struct Seen {
    pub ran: Ran,
    pub most_kib: u64,
}

/// Runs to the end, watched; nothing may be left of it, and the deliverable is as before.
pub fn run(place: &Place, command: Command, bound: Duration) -> Seen {
    let around = Around::look(place);
    let over = AtomicBool::new(false);
    let mark = place.deliverable();
    let (ran, watch) = std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut watch = Watch::new();
            while !over.load(Ordering::Relaxed) {
                if let Some(pid) = tool(&mark) {
                    watch.look(pid);
                }
                std::thread::sleep(Duration::from_millis(40));
            }
            watch
        });
        let ran = finish(command, bound);
        over.store(true, Ordering::Relaxed);
        (ran, watching.join().expect("a watch"))
    });
    watch.nothing_is_left();
    around.is_as_before(place);
    assert!(!watch.seen.is_empty(), "nothing was watched: {}", ran.all());
    Seen { ran, most_kib: watch.most_kib }
}

/// The running program that examines a folder, which stands in its arguments; a child of this test.
fn tool(deliverable: &Path) -> Option<i32> {
    let own = std::process::id() as i32;
    let mark = deliverable.to_string_lossy().into_owned();
    let all = processes();
    all.iter().find(|(pid, (parent, ..))| *parent == own && name(**pid).contains(&mark)).map(|(pid, _)| *pid)
}
