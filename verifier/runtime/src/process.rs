//! The sheets of `process.info`, `process.libraries` and `process.listeners`, from looks at the service when it is ready and at the end.

use crate::service::{Program, Service};
use crate::snapshot::{self, Listener, Mapping, ProcessSnapshot, Protocol};
pub(crate) use assize_facts::kinds::process::Role;
use assize_facts::kinds::process::{Library, LibraryKind, ListeningSocket, Moment, ProcessInfo, SocketKind};
use assize_facts::{Digest, Fact, Known, Origin, Reason, Request, Sheet, reason};
use std::collections::{BTreeMap, BTreeSet};

/// What was seen at one moment, or why nothing was.
pub(crate) struct Look {
    pub moment: Moment,
    pub seen: Result<Sight, Reason>,
}

/// Processes and sockets of one moment, with what had to be read while they were there.
pub(crate) struct Sight {
    pub processes: Vec<ProcessSnapshot>,
    listeners: Vec<Listener>,
    /// Digests of mapped files by device and inode.
    libraries: BTreeMap<(String, u64), Known<Digest>>,
    /// Whether `/etc/ld.so.preload` names anything.
    preloads_all: bool,
}

/// How often a look is repeated while processes come and go.
const TRIES: usize = 5;

impl Look {
    /// Looks until two looks agree on who is there, so that a process that is just being born or dying does not make half a picture.
    pub fn at(service: &Service, moment: Moment) -> Look {
        service.look_afresh();
        let mut last = look(service);
        for _ in 0..TRIES {
            let next = look(service);
            let same = match (&last, &next) {
                (Ok(a), Ok(b)) => who(a) == who(b),
                (Err(_), Err(_)) => true,
                (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
            };
            last = next;
            if same {
                break;
            }
        }
        Look { moment, seen: last }
    }
}

fn who(sight: &Sight) -> Vec<(u32, u64)> {
    sight.processes.iter().map(|p| (p.pid, p.start_time)).collect()
}

fn look(service: &Service) -> Result<Sight, Reason> {
    let (processes, listeners) = service.look().map_err(|e| reason!("processes-unreadable", detail = e))?;
    let mut libraries = BTreeMap::new();
    for process in &processes {
        let Known::Value(mappings) = &process.mappings else { continue };
        for mapping in mappings {
            let key = (mapping.device.clone(), mapping.inode);
            libraries.entry(key).or_insert_with(|| digest(service, process, mapping));
        }
    }
    let preloads_all = service.read_file("/etc/ld.so.preload", 1 << 16).is_ok_and(|text| !text.trim_ascii().is_empty());
    Ok(Sight { processes, listeners, libraries, preloads_all })
}

/// Through `map_files` for whoever may (CAP_CHECKPOINT_RESTORE); else through the path, where it still has the mapped inode.
fn digest(service: &Service, process: &ProcessSnapshot, mapping: &Mapping) -> Known<Digest> {
    use std::os::unix::fs::MetadataExt;
    let home = service.proc_root().join(process.pid.to_string());
    if let Ok(digest) = snapshot::hash(&home.join("map_files").join(&mapping.range)) {
        return Known::Value(digest);
    }
    let path = home.join("root").join(mapping.path.trim_start_matches('/'));
    let same = |m: &std::fs::Metadata| m.is_file() && m.ino() == mapping.inode;
    let digest = match std::fs::symlink_metadata(&path) {
        Ok(meta) if same(&meta) => snapshot::hash(&path),
        Ok(_) => Err(std::io::Error::other("another file is at its path")),
        Err(error) => Err(error),
    };
    match digest {
        Ok(digest) => Known::Value(digest),
        Err(error) => {
            Known::Unknown(reason!("process-unreadable", pid = process.pid, what = "map_files", detail = error))
        }
    }
}

/// The sheet that a request asks for; `None` where the kind is not one of these.
pub(crate) fn sheet(service: &Service, looks: &[Look], request: &Request) -> Option<Sheet> {
    let fill: fn(&Service, &Look, &[Look], &mut Sheet) = match request.kind.as_str() {
        ProcessInfo::KIND => info,
        Library::KIND => libraries,
        ListeningSocket::KIND => sockets,
        _ => return None,
    };
    let mut sheet = Sheet::named(&request.kind);
    sheet.with = request.args();
    for look in looks {
        match &look.seen {
            Ok(sight) => {
                sheet.examined(sight.processes.len() as u64);
                gaps(sight, look.moment, &mut sheet);
                fill(service, look, looks, &mut sheet);
            }
            Err(reason) => sheet.gap(reason.clone(), look.moment.word()),
        }
    }
    for moment in [Moment::Ready, Moment::End] {
        if !looks.iter().any(|l| l.moment == moment) {
            sheet.gap(reason!("end-not-seen"), moment.word());
        }
    }
    sheet.settle();
    Some(sheet)
}

/// What holds for all three kinds: somebody has to be there, and everybody in the network that is watched.
fn gaps(sight: &Sight, moment: Moment, sheet: &mut Sheet) {
    if sight.processes.is_empty() {
        sheet.gap(reason!("no-process-seen"), moment.word());
    }
    for process in &sight.processes {
        match &process.same_network {
            Known::Value(true) => {}
            Known::Unknown(reason) => sheet.gap(reason.clone(), moment.word()),
            Known::Value(false) | Known::Possible(_) => {
                sheet.gap(reason!("other-network", process = process.name), moment.word());
            }
        }
    }
}

pub(crate) fn role(service: &Service, sight: &Sight, process: &ProcessSnapshot) -> Role {
    if process.pid == service.main_pid() {
        return Role::Main;
    }
    // A dependency's server may have children of its own.
    let mut pid = process.pid;
    for _ in 0..sight.processes.len() {
        if service.servers().contains(&pid) {
            return Role::Dependency;
        }
        match sight.processes.iter().find(|p| p.pid == pid) {
            Some(process) => pid = process.parent,
            None => break,
        }
    }
    Role::Child
}

/// Random paths of the run must not make two runs differ.
fn shown_path(service: &Service, path: &str) -> String {
    match service.program() {
        Some(program) if program.path == path => "{program}".into(),
        _ => match path.strip_prefix(service.work()).filter(|_| !service.work().is_empty()) {
            Some(rest) => format!("{{work}}{rest}"),
            None => path.to_string(),
        },
    }
}

fn holds(sight: &Sight, process: &ProcessSnapshot) -> Known<bool> {
    match &process.sockets {
        Known::Value(_) => Known::Value(sight.listeners.iter().any(|l| l.pids.contains(&process.pid))),
        Known::Unknown(reason) => Known::Unknown(reason.clone()),
        Known::Possible(_) => Known::Unknown(reason!("sockets-unreadable", detail = process.pid)),
    }
}

fn info(service: &Service, look: &Look, looks: &[Look], sheet: &mut Sheet) {
    let Ok(sight) = &look.seen else { return };
    for process in &sight.processes {
        let mut preload = process.preload.clone();
        if let Known::Value(list) = &mut preload {
            let redacted = |entry: &String| String::from_utf8_lossy(&service.redact(entry.as_bytes())).into_owned();
            *list = list.iter().map(redacted).collect();
            list.extend(sight.preloads_all.then(|| "/etc/ld.so.preload".to_string()));
        }
        let fact = ProcessInfo {
            pid: process.pid.into(),
            moment: look.moment,
            role: role(service, sight, process),
            parent: process.parent.into(),
            name: shown_name(service, &process.name),
            exe_sha256: process.exe_sha256.clone(),
            exe: process.exe.clone().map(|p| shown_path(service, p.trim_end_matches(" (deleted)"))),
            holds_listener: holds(sight, process),
            ld_preload: preload,
            environment: process.env_names.clone(),
            threads: process.threads.clone().map(|t| t.len() as u64),
            same_network: process.same_network.clone(),
            same_since_ready: same_since_ready(process, look.moment, looks),
            by_operator: !service.ours(),
        };
        sheet.push(fact, Origin::pid(process.pid));
    }
}

/// The kernel cuts names at 15 bytes (TASK_COMM_LEN); that of the program's private copy is random, and the delivered file's is shown.
pub(crate) fn shown_name(service: &Service, name: &str) -> String {
    let own =
        |program: &&Program| program.path.rsplit('/').next().is_some_and(|n| n.get(..n.len().min(15)) == Some(name));
    service.program().filter(own).map_or(name, |program| &program.name).to_string()
}

fn same_since_ready(process: &ProcessSnapshot, moment: Moment, looks: &[Look]) -> Known<Option<bool>> {
    if moment == Moment::Ready {
        return Known::Value(None);
    }
    let ready = looks.iter().find(|l| l.moment == Moment::Ready).and_then(|l| l.seen.as_ref().ok());
    let Some(ready) = ready else { return Known::Unknown(reason!("end-not-seen")) };
    let Some(before) = ready.processes.iter().find(|p| p.pid == process.pid) else { return Known::Value(None) };
    match (&before.auxv, &process.auxv) {
        (Known::Value(a), Known::Value(b)) => Known::Value(Some(a == b && before.start_time == process.start_time)),
        (Known::Unknown(reason), _) | (_, Known::Unknown(reason)) => Known::Unknown(reason.clone()),
        _ => Known::Unknown(reason!("process-unreadable", pid = process.pid, what = "auxv", detail = "several values")),
    }
}

fn libraries(service: &Service, look: &Look, _: &[Look], sheet: &mut Sheet) {
    let Ok(sight) = &look.seen else { return };
    for process in &sight.processes {
        let mappings = match &process.mappings {
            Known::Value(mappings) if !mappings.is_empty() => mappings,
            Known::Unknown(reason) => {
                sheet.gap(reason.clone(), look.moment.word());
                continue;
            }
            // A program that runs has code of its own mapped.
            Known::Value(_) | Known::Possible(_) => {
                let empty =
                    reason!("process-unreadable", pid = process.pid, what = "maps", detail = "no executable mapping");
                sheet.gap(empty, look.moment.word());
                continue;
            }
        };
        for mapping in mappings {
            let sha256 = sight.libraries.get(&(mapping.device.clone(), mapping.inode)).cloned();
            let sha256 = sha256.unwrap_or_else(|| Known::Unknown(reason!("process-short-lived", pid = process.pid)));
            let fact = Library {
                pid: process.pid.into(),
                role: role(service, sight, process),
                moment: look.moment,
                path: shown_path(service, &mapping.path),
                kind: kind(service, process, mapping, &sha256),
                deleted: mapping.deleted,
                sha256,
            };
            sheet.push(fact, Origin::pid(process.pid));
        }
    }
}

/// What `/proc/PID/exe` leads to is the program, by content where the digest is known; the interpreter is the one that its own ELF header names.
fn kind(service: &Service, process: &ProcessSnapshot, mapping: &Mapping, sha256: &Known<Digest>) -> LibraryKind {
    let is_exe = match (&process.exe, sha256, &process.exe_sha256) {
        (_, Known::Value(own), Known::Value(exe)) => own == exe,
        (Known::Value(exe), _, _) => exe.trim_end_matches(" (deleted)") == mapping.path,
        (Known::Possible(_) | Known::Unknown(_), _, _) => false,
    };
    if is_exe {
        return LibraryKind::Program;
    }
    // Only of the delivered program is known which interpreter it names; a child's other program has none here.
    let program = service.program().filter(|p| Known::Value(p.digest.clone()) == process.exe_sha256);
    let named = program.and_then(|p| p.interpreter.as_deref());
    match named.is_some_and(|named| same_file(named, mapping)) {
        true => LibraryKind::Interpreter,
        false => LibraryKind::Other,
    }
}

/// `/lib64/ld-linux-x86-64.so.2` is usually a link; the mapping shows where it leads. The sandbox shows the machine's own libraries, so what
/// the name leads to on the machine is what it leads to inside; a file of another inode under that name is not the interpreter.
fn same_file(named: &str, mapping: &Mapping) -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(named).is_ok_and(|meta| meta.ino() == mapping.inode && !mapping.deleted)
}

fn sockets(service: &Service, look: &Look, _: &[Look], sheet: &mut Sheet) {
    let Ok(sight) = &look.seen else { return };
    // Who holds a socket is known only when everybody's descriptors are.
    let unreadable: Option<Reason> = sight.processes.iter().find_map(|p| match &p.sockets {
        Known::Value(_) => None,
        Known::Unknown(reason) => Some(reason.clone()),
        Known::Possible(_) => Some(reason!("sockets-unreadable", detail = p.pid)),
    });
    if let Some(reason) = &unreadable {
        sheet.gap(reason.clone(), look.moment.word());
    }
    for listener in &sight.listeners {
        let origin = Origin::default().with(|further| further.url = listener.address.map(|a| a.to_string()));
        sheet.push(socket(service, sight, look.moment, listener, unreadable.as_ref()), origin);
    }
}

fn socket(
    service: &Service,
    sight: &Sight,
    moment: Moment,
    listener: &Listener,
    unreadable: Option<&Reason>,
) -> ListeningSocket {
    let port = listener.address.map(|a| a.port());
    let address = match (listener.address, &listener.path) {
        (Some(address), _) => address.ip().to_string(),
        (None, path) => shown_path(service, path.as_deref().unwrap_or_default()),
    };
    let holders: Vec<&ProcessSnapshot> = sight.processes.iter().filter(|p| listener.pids.contains(&p.pid)).collect();
    let nobody =
        || reason!("sockets-held-by-nobody", address = listener.address.map_or(address.clone(), |a| a.to_string()));
    let known = match (unreadable, holders.is_empty()) {
        (Some(reason), _) => Err(reason.clone()),
        (None, true) => Err(nobody()),
        (None, false) => Ok(()),
    };
    let of_service = holders.iter().any(|p| role(service, sight, p) != Role::Dependency);
    ListeningSocket {
        protocol: socket_kind(listener),
        address,
        port: port.map(u64::from),
        moment,
        endpoints: service.endpoints().iter().filter(|e| Some(e.addr.port()) == port).map(|e| e.name.clone()).collect(),
        pids: of(&known, || listener.pids.iter().map(|p| u64::from(*p)).collect()),
        exe_sha256: known.clone().and_then(|()| digests(&holders)).map_or_else(Known::Unknown, Known::Value),
        shared_port: port.is_some() && sight.listeners.iter().filter(|l| twins(l, listener)).count() > 1,
        of_service: of(&known, || of_service),
    }
}

fn of<T>(known: &Result<(), Reason>, value: impl FnOnce() -> T) -> Known<T> {
    match known {
        Ok(()) => Known::Value(value()),
        Err(reason) => Known::Unknown(reason.clone()),
    }
}

fn digests(holders: &[&ProcessSnapshot]) -> Result<Vec<String>, Reason> {
    let mut all = BTreeSet::new();
    for holder in holders {
        match &holder.exe_sha256 {
            Known::Value(digest) => {
                all.insert(digest.0.clone());
            }
            Known::Unknown(reason) => return Err(reason.clone()),
            Known::Possible(_) => {
                return Err(reason!("process-unreadable", pid = holder.pid, what = "exe", detail = "several"));
            }
        }
    }
    Ok(all.into_iter().collect())
}

fn socket_kind(listener: &Listener) -> SocketKind {
    match (listener.protocol, listener.address.is_some_and(|a| a.is_ipv6())) {
        (Protocol::Tcp, false) => SocketKind::Tcp,
        (Protocol::Tcp, true) => SocketKind::Tcp6,
        (Protocol::Udp, false) => SocketKind::Udp,
        (Protocol::Udp, true) => SocketKind::Udp6,
        (Protocol::Unix, _) => SocketKind::Unix,
    }
}

/// Two sockets at one address: SO_REUSEPORT lets the kernel choose between them.
fn twins(one: &Listener, other: &Listener) -> bool {
    one.protocol == other.protocol && one.address == other.address
}
