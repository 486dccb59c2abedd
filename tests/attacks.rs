//! Attacks that are settled by source, binary and a started service are played here; those that load, reload or cut it take long and are played by `tests/long.sh`.

use crate::run::{command, finish, sample};
use std::time::Duration;

/// Plays all attacks on a clause against the compliant sample.
fn drill(clause: &str) {
    let sample = sample("auth-api");
    let at = "--at=2026-09-10T12:00:00Z";
    let args = ["drill".as_ref(), sample.as_os_str(), "--clause".as_ref(), clause.as_ref(), at.as_ref()];
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
