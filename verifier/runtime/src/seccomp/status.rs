//! What `/proc/…/status` says about a thread's confinement (proc_pid_status(5)).

use std::io;
use std::path::Path;

/// The lines that matter; a line that a kernel does not write is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    pub name: String,
    pub seccomp: Option<u32>,
    pub filters: Option<u32>,
    pub no_new_privs: Option<bool>,
    /// The number of the thread in each process namespace, outermost first.
    pub numbers: Vec<u32>,
}

pub(crate) fn parse(text: &str) -> Status {
    let value = |key: &str| text.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':')).map(str::trim);
    let number = |key: &str| value(key).and_then(|v| v.parse::<u32>().ok());
    Status {
        name: value("Name").unwrap_or_default().to_string(),
        seccomp: number("Seccomp"),
        filters: number("Seccomp_filters"),
        no_new_privs: number("NoNewPrivs").map(|n| n != 0),
        numbers: value("NSpid").unwrap_or_default().split_whitespace().filter_map(|n| n.parse().ok()).collect(),
    }
}

pub(crate) fn of_self() -> io::Result<Status> {
    std::fs::read_to_string("/proc/self/status").map(|text| parse(&text))
}

pub(crate) fn of(path: &Path) -> io::Result<Status> {
    std::fs::read_to_string(path).map(|text| parse(&text))
}
