//! What `/proc` says about the processes of a service and their sockets at one moment.

use assize_facts::{Digest, Known, Reason, Sha256, reason};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

mod outgoing;
mod sockets;

pub(crate) use outgoing::Outgoing;
pub(crate) use sockets::listeners;

/// The most that is read of any text in `/proc`.
const TEXT: u64 = 8 << 20;
/// The most processes that are looked at.
const PROCESSES: usize = 4096;

/// An executable, file-backed mapping.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mapping {
    /// As `/proc/PID/maps` has it; ` (deleted)` at the end is taken off.
    pub path: String,
    pub deleted: bool,
    /// Device and inode, to tell files of one name apart.
    pub device: String,
    pub inode: u64,
    /// The first range of addresses that it has, as `/proc/PID/map_files` names it.
    pub range: String,
}

/// One thread of a process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ThreadStatus {
    /// As seen inside the sandbox.
    pub tid: u32,
    /// `Seccomp:` 0 none, 1 strict, 2 filter.
    pub seccomp: Option<u32>,
    /// `Seccomp_filters:` (Linux 5.9 and later).
    pub filters: Option<u32>,
    /// `NoNewPrivs:`.
    pub no_new_privs: Option<bool>,
}

/// One process at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessSnapshot {
    /// As seen inside the sandbox.
    pub pid: u32,
    pub parent: u32,
    /// Clock ticks since boot (field 22 of `/proc/PID/stat`): with the pid it names a process for good.
    pub start_time: u64,
    /// `comm`.
    pub name: String,
    /// The file name that `/proc/PID/exe` shows.
    pub exe: Known<String>,
    /// SHA-256 through `/proc/PID/exe`: of the running image, whatever its path holds by now.
    pub exe_sha256: Known<Digest>,
    /// SHA-256 of `/proc/PID/auxv`: another one means another execution.
    pub auxv: Known<Digest>,
    /// Names of the environment at exec time. Values stay out, save for `preload`.
    pub env_names: Known<Vec<String>>,
    /// `LD_PRELOAD`, `LD_AUDIT` or `LD_LIBRARY_PATH` of the environment, `NAME=value`.
    pub preload: Known<Vec<String>>,
    /// Executable file-backed mappings, the program's own among them, ordered.
    pub mappings: Known<Vec<Mapping>>,
    pub threads: Known<Vec<ThreadStatus>>,
    /// `SigCgt:` and `SigIgn:` as masks, bit 0 is signal 1.
    pub caught: u64,
    pub ignored: u64,
    /// Whether its network namespace is the sandbox's: what listens in another one cannot be seen.
    pub same_network: Known<bool>,
    /// Inodes of its open sockets.
    pub sockets: Known<Vec<u64>>,
}

/// Transport of a listening socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    Tcp,
    /// Bound and not connected.
    Udp,
    Unix,
}

/// A socket that waits for others, and who holds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    pub protocol: Protocol,
    /// Of TCP and UDP. An unspecified IPv6 address usually takes IPv4 too.
    pub address: Option<SocketAddr>,
    /// Of a Unix socket; `@` stands before an abstract name.
    pub path: Option<String>,
    pub inode: u64,
    /// Every process of the service that has it open, ordered.
    pub pids: Vec<u32>,
}

/// Where and at whom to look.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// The `/proc` of the process namespace.
    pub proc: PathBuf,
    /// A process of the network that is looked at.
    pub network_of: u32,
    /// A process of the network from which the tool asks: what is open in another one is seen and cannot be asked.
    pub reached_from: u32,
    pub who: Who,
    /// Digests of images that were hashed already.
    pub images: Images,
}

/// Digests by device, inode, size and time of last change: an image that runs cannot be written (ETXTBSY, execve(2)), so it need not be hashed at every look.
#[derive(Clone, Debug, Default)]
pub(crate) struct Images(Arc<Mutex<HashMap<ImageKey, Digest>>>);

/// Device, inode, size, seconds and nanoseconds of the last change (stat(2)).
type ImageKey = (u64, u64, u64, i64, i64);

impl Images {
    fn digest(&self, path: &Path) -> io::Result<Digest> {
        use std::os::unix::fs::MetadataExt;
        let file = fs::File::open(path)?;
        let meta = file.metadata()?;
        let key = (meta.dev(), meta.ino(), meta.size(), meta.ctime(), meta.ctime_nsec());
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(digest) = known().get(&key) {
            return Ok(digest.clone());
        }
        let digest = hash_file(file)?;
        known().insert(key, digest.clone());
        Ok(digest)
    }

    /// The next look hashes everything again.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Everything but process 1 of a namespace that is the service's alone.
    AllButInit,
    /// What descends from a process, without it.
    Below(u32),
    /// A process and what descends from it.
    From(u32),
}

/// Every process, ordered by number. One that ends meanwhile is left out: it was not there at the moment.
pub(crate) fn processes(view: &View) -> io::Result<Vec<ProcessSnapshot>> {
    let pids = pids(view)?;
    let network = fs::read_link(view.proc.join(format!("{}/ns/net", view.reached_from))).ok();
    Ok(pids.into_iter().filter_map(|(pid, stat)| one(view, pid, &stat, network.as_deref())).collect())
}

/// The numbers of the processes of a view, without a look at each.
pub(crate) fn numbers(view: &View) -> io::Result<Vec<u32>> {
    Ok(pids(view)?.into_keys().collect())
}

/// The numbers and `stat` fields of the processes of a view.
fn pids(view: &View) -> io::Result<BTreeMap<u32, Stat>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(&view.proc)? {
        let Some(pid) = entry?.file_name().to_str().and_then(|n| n.parse().ok()) else { continue };
        if let Some(stat) = Stat::read(&view.proc, pid)
            && stat.state != 'Z'
        {
            all.insert(pid, stat);
        }
        if all.len() > 16 * PROCESSES {
            return Err(io::Error::other("too many processes"));
        }
    }
    let chosen: BTreeSet<u32> = match view.who {
        Who::AllButInit => all.keys().copied().filter(|pid| *pid != 1).collect(),
        Who::Below(root) => below(&all, root).into_iter().filter(|pid| *pid != root).collect(),
        Who::From(root) => below(&all, root),
    };
    all.retain(|pid, _| chosen.contains(pid));
    match all.len() {
        0..=PROCESSES => Ok(all),
        many => Err(io::Error::other(format!("{many} processes"))),
    }
}

fn below(all: &BTreeMap<u32, Stat>, root: u32) -> BTreeSet<u32> {
    let mut found = BTreeSet::from([root]);
    loop {
        let more: Vec<u32> =
            all.iter().filter(|(p, s)| found.contains(&s.parent) && !found.contains(p)).map(|(p, _)| *p).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// The fields of `/proc/PID/stat` that are used (proc(5)).
#[derive(Clone, Debug)]
struct Stat {
    name: String,
    state: char,
    parent: u32,
    start_time: u64,
}

impl Stat {
    fn read(proc: &Path, pid: u32) -> Option<Stat> {
        Stat::parse(&text(&proc.join(format!("{pid}/stat"))).ok()?)
    }

    /// The name stands in parentheses and may hold any of them itself.
    fn parse(stat: &str) -> Option<Stat> {
        let (open, close) = (stat.find('(')?, stat.rfind(')')?);
        let fields: Vec<&str> = stat.get(close + 1..)?.split_whitespace().collect();
        Some(Stat {
            name: stat.get(open + 1..close)?.to_string(),
            state: fields.first()?.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            start_time: fields.get(19)?.parse().ok()?,
        })
    }
}

fn one(view: &View, pid: u32, stat: &Stat, network: Option<&Path>) -> Option<ProcessSnapshot> {
    let home = view.proc.join(pid.to_string());
    let unknown = |what: &'static str| move |e: io::Error| unreadable(pid, what, &e);
    let status = text(&home.join("status")).ok()?;
    let environment = bytes(&home.join("environ")).map_err(unknown("environ"));
    let same_network = match (fs::read_link(home.join("ns/net")), network) {
        (Ok(own), Some(network)) => Ok(own == network),
        (Ok(_), None) => Err(unreadable(pid, "ns/net", &io::Error::other("of the sandbox's init"))),
        (Err(error), _) => Err(unreadable(pid, "ns/net", &error)),
    };
    let snapshot = ProcessSnapshot {
        pid,
        parent: stat.parent,
        start_time: stat.start_time,
        name: stat.name.clone(),
        exe: known(fs::read_link(home.join("exe")).map(|p| p.to_string_lossy().into_owned()).map_err(unknown("exe"))),
        exe_sha256: known(view.images.digest(&home.join("exe")).map_err(unknown("exe"))),
        auxv: known(bytes(&home.join("auxv")).map(|b| Sha256::of(&b)).map_err(unknown("auxv"))),
        env_names: known(environment.as_deref().map(env_names).map_err(Clone::clone)),
        preload: known(environment.as_deref().map(preload).map_err(Clone::clone)),
        mappings: known(text(&home.join("maps")).map(|t| mappings(&t)).map_err(unknown("maps"))),
        threads: known(threads(&home).map_err(unknown("task"))),
        caught: mask(&status, "SigCgt"),
        ignored: mask(&status, "SigIgn"),
        same_network: known(same_network),
        sockets: known(sockets::of_process(&home).map_err(unknown("fd"))),
    };
    // A number that was given to another process meanwhile would mix two of them.
    let now = Stat::read(&view.proc, pid)?;
    (now.start_time == stat.start_time && now.state != 'Z').then_some(snapshot)
}

fn known<T>(result: Result<T, Reason>) -> Known<T> {
    match result {
        Ok(value) => Known::Value(value),
        Err(reason) => Known::Unknown(reason),
    }
}

fn unreadable(pid: u32, what: &str, error: &io::Error) -> Reason {
    reason!("process-unreadable", pid = pid, what = what, detail = error)
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    fs::File::open(path)?.take(TEXT + 1).read_to_end(&mut all)?;
    match all.len() as u64 > TEXT {
        true => Err(io::Error::other(format!("more than {TEXT} bytes"))),
        false => Ok(all),
    }
}

fn text(path: &Path) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&bytes(path)?).into_owned())
}

/// Hashes what `/proc/PID/exe` or `map_files` leads to: the very file that is mapped, also when its path is gone.
pub(crate) fn hash(path: &Path) -> io::Result<Digest> {
    hash_file(fs::File::open(path)?)
}

fn hash_file(file: fs::File) -> io::Result<Digest> {
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    Sha256::of_reader(file)
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

fn mask(status: &str, name: &str) -> u64 {
    field(status, name).and_then(|m| u64::from_str_radix(m, 16).ok()).unwrap_or(0)
}

fn threads(home: &Path) -> io::Result<Vec<ThreadStatus>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(home.join("task"))? {
        let entry = entry?;
        let Some(tid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else { continue };
        // A thread that ended between listing and reading was not there.
        let Ok(status) = text(&entry.path().join("status")) else { continue };
        let number = |name: &str| field(&status, name).and_then(|n| n.parse().ok());
        let no_new_privs = number("NoNewPrivs").map(|n| n != 0);
        all.push(ThreadStatus { tid, seccomp: number("Seccomp"), filters: number("Seccomp_filters"), no_new_privs });
    }
    all.sort();
    match all.is_empty() {
        true => Err(io::Error::other("no thread")),
        false => Ok(all),
    }
}

fn entries(environment: &[u8]) -> impl Iterator<Item = (String, String)> {
    environment.split(|b| *b == 0).filter(|e| !e.is_empty()).map(|entry| {
        let text = String::from_utf8_lossy(entry);
        match text.split_once('=') {
            Some((name, value)) => (name.to_string(), value.to_string()),
            None => (text.into_owned(), String::new()),
        }
    })
}

fn env_names(environment: &[u8]) -> Vec<String> {
    let names: BTreeSet<String> = entries(environment).map(|(name, _)| name).collect();
    names.into_iter().collect()
}

fn preload(environment: &[u8]) -> Vec<String> {
    let loads = |name: &str| matches!(name, "LD_PRELOAD" | "LD_AUDIT" | "LD_LIBRARY_PATH");
    let found = entries(environment).filter(|(name, value)| loads(name) && !value.is_empty());
    let found: BTreeSet<String> = found.map(|(name, value)| format!("{name}={value}")).collect();
    found.into_iter().collect()
}

/// The executable mappings that have a file, one for each file, ordered by path.
fn mappings(maps: &str) -> Vec<Mapping> {
    let mut found: BTreeMap<(String, u64), Mapping> = BTreeMap::new();
    for line in maps.lines() {
        // Five fields and a path that may hold blanks; the kernel pads before the path.
        let mut rest = line;
        let mut next = || {
            let (field, after) = rest.split_once(' ')?;
            rest = after.trim_start_matches(' ');
            Some(field)
        };
        let (Some(range), Some(rights), Some(_), Some(device)) = (next(), next(), next(), next()) else { continue };
        let (inode, path) = rest.split_once(' ').unwrap_or((rest, ""));
        let Ok(inode) = inode.parse::<u64>() else { continue };
        if !rights.contains('x') || inode == 0 {
            continue;
        }
        let path = path.trim_start_matches(' ');
        let deleted = path.strip_suffix(" (deleted)");
        found.entry((device.to_string(), inode)).or_insert_with(|| Mapping {
            path: deleted.unwrap_or(path).to_string(),
            deleted: deleted.is_some(),
            device: device.to_string(),
            inode,
            range: range.to_string(),
        });
    }
    let mut all: Vec<Mapping> = found.into_values().collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_parentheses_do_not_shift_fields() {
        let stat = "7 (a) S 1 (b) S 3 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 5 0 4711 1 2 3";
        let stat = Stat::parse(stat).expect("fields");
        assert_eq!((stat.name.as_str(), stat.state, stat.parent, stat.start_time), ("a) S 1 (b", 'S', 3, 4711));
    }

    #[test]
    fn executable_files_are_found_in_maps_and_anonymous_code_is_not() {
        let maps = "\
00400000-00600000 r-xp 00001000 00:2f 12                         /opt/a b/server
00600000-00700000 r--p 00200000 00:2f 12                         /opt/a b/server
7f0000000000-7f0000001000 r-xp 00000000 00:2f 13                 /srv/x.so (deleted)
7f0000002000-7f0000003000 rw-p 00000000 00:2f 14                 /srv/data
7f0000004000-7f0000005000 r-xp 00000000 00:00 0
7ffd00000000-7ffd00001000 r-xp 00000000 00:00 0                  [vdso]
7f0000006000-7f0000007000 r-xp 00000000 00:01 15                 /memfd:code (deleted)
";
        let shown: Vec<String> = mappings(maps).iter().map(|m| format!("{} {}", m.path, m.deleted)).collect();
        assert_eq!(shown, ["/memfd:code true", "/opt/a b/server false", "/srv/x.so true"]);
    }

    #[test]
    fn environments_give_names_and_preloads_only() {
        let environment = b"B=2\0LD_PRELOAD=/x.so\0A=secret\0LD_LIBRARY_PATH=\0";
        assert_eq!(env_names(environment), ["A", "B", "LD_LIBRARY_PATH", "LD_PRELOAD"]);
        assert_eq!(preload(environment), ["LD_PRELOAD=/x.so"]);
    }

    #[test]
    fn this_process_and_its_children_are_seen_alike() {
        let mut child = std::process::Command::new("sleep").arg("20").spawn().expect("a child");
        let own = std::process::id();
        let view = View {
            proc: "/proc".into(),
            network_of: own,
            reached_from: own,
            who: Who::From(own),
            images: Images::default(),
        };
        let seen = processes(&view).expect("processes");
        let of = |pid: u32| seen.iter().find(|p| p.pid == pid).expect("seen");
        assert_eq!(of(own).exe_sha256, Known::Value(hash(Path::new("/proc/self/exe")).expect("a hash")));
        assert_eq!(of(child.id()).parent, own);
        assert_eq!(of(child.id()).same_network, Known::Value(true));
        child.kill().and_then(|()| child.wait()).expect("ended");
    }
}
