//! Attacks that are settled by source and binary are played here, and the most telling of those on running services; all others are played by `tests/long.sh drill`.

use crate::run::{command, finish, sample};
use std::ffi::OsStr;
use std::time::Duration;

/// Plays all attacks on a clause against the compliant sample.
fn drill(clause: &str) {
    drill_some(clause, &[]);
}

/// Plays some attacks on a clause, two at a time: they wait more than they work.
fn drill_some(clause: &str, attacks: &[&str]) {
    let sample = sample("auth-api");
    let attacks = attacks.join(",");
    let database = crate::run::sample("vulndb").display().to_string();
    let mut args = vec!["drill", "--clause", clause, "--at", "2026-09-10T12:00:00Z", "--vulndb", &database];
    if !attacks.is_empty() {
        args.extend(["--jobs", "2", "--attack", &attacks]);
    }
    let args = args.into_iter().map(OsStr::new).chain([sample.as_os_str()]);
    let ran = finish(command(args), Duration::from_secs(900));
    assert_eq!(ran.status, Some(0), "{clause}\n{}", ran.all());
}

#[test]
fn attacks_on_go_mod_integrity_are_caught() {
    drill("go-mod-integrity");
}

#[test]
fn attacks_on_vendor_lock_are_caught() {
    drill("vendor-lock");
}

#[test]
fn attacks_on_delivery_complete_are_caught() {
    drill("delivery-complete");
}

#[test]
fn attacks_on_cgo_disabled_are_caught() {
    drill("cgo-disabled");
}

#[test]
fn attacks_on_delivery_identity_are_caught() {
    drill("delivery-identity");
}

#[test]
fn attacks_on_go_support_window_are_caught() {
    drill("go-support-window");
}

#[test]
fn telling_attacks_on_tls_are_caught() {
    let attacks = [
        "set-then-overwritten",
        "older-under-one-name",
        "older-after-a-while",
        "no-suite-for-the-older-floor-from-a-variable",
        "drops-every-second",
        "plain-listener-opened-late",
        "both-on-one-port",
        "udp-socket",
        "honest-strict-names",
        "honest-second-listener",
    ];
    drill_some("tls-1.3", &attacks);
}

#[test]
fn telling_attacks_on_seccomp_are_caught() {
    let attacks = [
        "leader-only",
        "after-the-port",
        "thirty-two-bit-numbers",
        "a-word-opens-it",
        "decided-by-a-supervisor",
        "helper-without-filter",
        "loads-when-traced-by-another-name",
        "honest-two-filters",
        "honest-allow-list-that-kills",
    ];
    drill_some("seccomp", &attacks);
}

#[test]
fn telling_attacks_on_logs_are_caught() {
    drill_some("structured-logs", &["own-trace", "plain-farewell", "two-records-on-a-line", "honest-bridged-logger"]);
}

#[test]
fn telling_attacks_on_reload_are_caught() {
    drill_some("reload-sigusr2", &["field-by-field", "executes-itself-anew"]);
}

#[test]
fn telling_attacks_on_health_are_caught() {
    drill_some("health-endpoints", &["dials-without-speaking", "honest-cached-for-a-second"]);
}

#[test]
fn attacks_on_known_vulnerabilities_are_caught() {
    drill("known-vulnerabilities");
}
