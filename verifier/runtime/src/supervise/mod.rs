//! The supervisor, `assize __supervise`: makes the sandbox, starts its init, and clears everything away when the tool ends, however it ends.

use serde::{Deserialize, Serialize};
use std::process::ExitCode;

/// The hidden first argument.
pub(crate) const ARGUMENT: &str = "__supervise";

/// Whether this process was started as a supervisor: to be asked first thing in `main`, before any thread exists.
pub fn is_supervisor() -> bool {
    std::env::args_os().nth(1).is_some_and(|a| a == ARGUMENT)
}

/// What `main` calls where [`is_supervisor`] holds; returns when everything is cleared away.
pub fn supervise_main() -> ExitCode {
    ExitCode::FAILURE
}

/// What the control process saw: a child of the sandbox's init that went through the same confinement as the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryReport {
    /// What dialling an address outside gave; anything but a failure is a hole.
    pub dial_outside: String,
    /// What writing outside of the work folder gave.
    pub write_outside: String,
    /// Its open descriptors.
    pub descriptors: Vec<u32>,
    /// Seconds east of UTC that the local zone has.
    pub zone_offset: i64,
    /// `Seccomp:` of its status: what every service started here shows by itself.
    pub seccomp: u32,
    /// `Seccomp_filters:`.
    pub filters: u32,
    pub no_new_privs: bool,
    /// `CapEff:`, `CapPrm:`, `CapBnd:`, `CapAmb:` joined.
    pub capabilities: u64,
    pub uid: u32,
}
