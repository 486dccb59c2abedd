//! What a filter's return value does (seccomp(2)), and which of several filters wins.

use assize_facts::kinds::process::{Denial, FilterAction};

/// The class of a return value. A value that no class has kills the process, as the kernel's `default:` does (`__seccomp_filter`).
pub(crate) fn action(value: u32) -> FilterAction {
    match value & 0xffff_0000 {
        0x8000_0000 => FilterAction::KillProcess,
        0x0000_0000 => FilterAction::KillThread,
        0x0003_0000 => FilterAction::Trap,
        0x0005_0000 => FilterAction::Errno,
        0x7fc0_0000 => FilterAction::Notify,
        0x7ff0_0000 => FilterAction::Trace,
        0x7ffc_0000 => FilterAction::Log,
        0x7fff_0000 => FilterAction::Allow,
        _ => FilterAction::KillProcess,
    }
}

/// Of the values of several filters, newest first, the one that counts: the lowest as a signed number, the newest of equals (`seccomp_run_filters`).
pub(crate) fn strictest(values: impl IntoIterator<Item = u32>) -> u32 {
    const ALLOW: u32 = 0x7fff_0000;
    let rank = |v: u32| (v & 0xffff_0000).cast_signed();
    values.into_iter().fold(ALLOW, |winner, value| if rank(value) < rank(winner) { value } else { winner })
}

/// How it is denied.
pub(crate) fn denial(action: FilterAction) -> Denial {
    match action {
        FilterAction::KillProcess | FilterAction::KillThread => Denial::Kill,
        FilterAction::Trap => Denial::Trap,
        FilterAction::Errno => Denial::Errno,
        FilterAction::Notify | FilterAction::Trace | FilterAction::Log | FilterAction::Allow => Denial::Nothing,
    }
}
