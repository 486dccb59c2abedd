//! The control process: goes through the confinement of a service and then tries to get out, so that each run proves that its sandbox holds.

use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

/// Seconds east of UTC of the sandbox's zone: no other zone is likely to be at hand by chance.
pub const ZONE_OFFSET: i64 = 5 * 3600 + 45 * 60;

/// What the control process saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryReport {
    /// Addresses outside that could be dialled, or that did not fail at once. Empty in a sandbox.
    pub dialled: Vec<String>,
    /// Places outside the writable folders that could be written. Empty in a sandbox.
    pub written: Vec<String>,
    /// Network interfaces; only `lo` in a sandbox.
    pub interfaces: Vec<String>,
    /// Processes that it saw beside init and itself. Empty in a sandbox.
    pub strangers: Vec<u32>,
    /// Open descriptors; only 0, 1 and 2.
    pub descriptors: Vec<u32>,
    /// Seconds east of UTC of the local zone by `/etc/localtime`.
    pub file_offset: i64,
    /// The same by the environment that the service gets.
    pub zone_offset: i64,
    /// `Seccomp:` of its status: what every process started here has by itself.
    pub seccomp: u32,
    /// `Seccomp_filters:`; 0 where the kernel does not say.
    pub filters: u32,
    pub no_new_privs: bool,
    /// `CapInh`, `CapPrm`, `CapEff`, `CapBnd` and `CapAmb` of its status, joined.
    pub capabilities: u64,
    pub uid: u32,
}

impl CanaryReport {
    /// In what the confinement does not hold, as short texts. The zone is not part of it, nor is an inherited no_new_privs, which confines more and not less.
    pub fn holes(&self) -> Vec<String> {
        let mut holes = Vec::new();
        let mut hole = |is: bool, what: String| {
            if is {
                holes.push(what);
            }
        };
        hole(!self.dialled.is_empty(), format!("dialled {}", self.dialled.join(", ")));
        hole(!self.written.is_empty(), format!("wrote {}", self.written.join(", ")));
        hole(self.interfaces != ["lo"], format!("interfaces {}", self.interfaces.join(", ")));
        hole(!self.strangers.is_empty(), format!("saw {} other processes", self.strangers.len()));
        hole(self.descriptors != [0, 1, 2], format!("descriptors {:?}", self.descriptors));
        hole(self.capabilities != 0, format!("capabilities {:x}", self.capabilities));
        hole(self.uid == 0, "runs as root".into());
        holes
    }
}

/// Looks around; called in the control process.
pub(super) fn look(time_zone: Option<&str>) -> CanaryReport {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field =
        |name: &str| status.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':')).map(str::trim).unwrap_or("");
    let number = |name: &str| field(name).split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let sets = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];
    let own = std::process::id();
    CanaryReport {
        dialled: dialled(),
        written: written(),
        interfaces: interfaces(),
        strangers: numbers("/proc").into_iter().filter(|pid| *pid != 1 && *pid != own).collect(),
        descriptors: descriptors(),
        file_offset: offset(None),
        zone_offset: offset(time_zone),
        seccomp: number("Seccomp"),
        filters: number("Seccomp_filters"),
        no_new_privs: number("NoNewPrivs") != 0,
        capabilities: sets.iter().fold(0, |all, name| all | u64::from_str_radix(field(name), 16).unwrap_or(u64::MAX)),
        uid: number("Uid"),
    }
}

fn numbers(folder: &str) -> Vec<u32> {
    let Ok(listing) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<u32> = listing.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok()).collect();
    found.sort_unstable();
    found
}

/// Asks about each low number rather than listing `/proc/self/fd`, which would show the descriptor of the listing.
fn descriptors() -> Vec<u32> {
    // SAFETY: F_GETFD on a number that may be closed answers with an error.
    (0..4096).filter(|fd| unsafe { libc::fcntl(*fd as i32, libc::F_GETFD) } >= 0).collect()
}

/// An address is held back when the kernel says at once that there is no way to it; a timeout would mean that packets left.
fn dialled() -> Vec<String> {
    let mut out = Vec::new();
    for text in ["192.0.2.1:9", "1.1.1.1:53", "169.254.169.254:80", "[2001:db8::1]:9"] {
        let Ok(addr) = text.parse::<SocketAddr>() else { continue };
        match TcpStream::connect_timeout(&addr, Duration::from_millis(200)) {
            Err(error) if unreachable(&error) => {}
            Ok(_) | Err(_) => out.push(format!("tcp {text}")),
        }
        let own = if addr.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        if let Ok(socket) = UdpSocket::bind(own)
            && socket.send_to(b"x", addr).is_ok()
        {
            out.push(format!("udp {text}"));
        }
    }
    out
}

fn unreachable(error: &io::Error) -> bool {
    let no_way = [libc::ENETUNREACH, libc::EADDRNOTAVAIL, libc::EAFNOSUPPORT, libc::EACCES, libc::EPERM];
    error.raw_os_error().is_some_and(|n| no_way.contains(&n))
}

fn written() -> Vec<String> {
    let places =
        ["/", "/etc", "/usr", "/usr/share/zoneinfo", "/opt", "/srv", "/dev", "/proc", "/var", "/home", "/root"];
    let mut out = Vec::new();
    for place in places {
        let path = format!("{}/probe-{}", place.trim_end_matches('/'), std::process::id());
        if fs::write(&path, b"x").is_ok() {
            let _ = fs::remove_file(&path);
            out.push(place.to_string());
        }
    }
    for file in ["/etc/passwd", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger"] {
        if fs::OpenOptions::new().append(true).open(file).is_ok() {
            out.push(file.into());
        }
    }
    out
}

fn interfaces() -> Vec<String> {
    let mut text = String::new();
    let read = fs::File::open("/proc/net/dev").and_then(|f| f.take(1 << 16).read_to_string(&mut text));
    if read.is_err() {
        return vec!["unreadable".into()];
    }
    text.lines().skip(2).filter_map(|line| Some(line.split_once(':')?.0.trim().to_string())).collect()
}

/// Seconds east of UTC by the C library, which reads the zone files with code that is not ours.
fn offset(zone: Option<&str>) -> i64 {
    unsafe extern "C" {
        fn tzset();
    }
    // SAFETY: this process has one thread, so nobody reads the environment meanwhile.
    unsafe {
        match zone {
            Some(zone) => std::env::set_var("TZ", zone),
            None => std::env::remove_var("TZ"),
        }
        tzset();
        let now = libc::time(std::ptr::null_mut());
        let mut parts: libc::tm = std::mem::zeroed();
        libc::localtime_r(&now, &mut parts);
        parts.tm_gmtoff
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hole_is_named() {
        let tight = CanaryReport {
            interfaces: vec!["lo".into()],
            descriptors: vec![0, 1, 2],
            uid: 1000,
            ..CanaryReport::default()
        };
        assert_eq!(tight.holes(), Vec::<String>::new());
        let loose = CanaryReport {
            dialled: vec!["tcp 1.1.1.1:53".into()],
            written: vec!["/etc".into()],
            interfaces: vec!["lo".into(), "eth0".into()],
            strangers: vec![7],
            descriptors: vec![0, 1, 2, 9],
            capabilities: 1,
            no_new_privs: true,
            ..CanaryReport::default()
        };
        assert_eq!(loose.holes().len(), 7);
    }
}
