//! `link.syscall_policy`: per call and numbering the strictest of the filter in the process and a delivered profile that is used.

use crate::Truth;
use crate::seen::{self, Seen, known};
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::link::{PolicySource, SyscallPolicy};
use assize_facts::{Item, Known, Request, Sheet};
use std::collections::BTreeMap;

/// What `link.syscall_policy` is derived from, with the same arguments. A profile need not be there.
pub const FROM: &[&str] = &["process.syscalls", PROFILES];
const PROFILES: &str = "source.seccomp_profiles";

/// From the strictest on (`seccomp(2)`, "the highest precedence").
const ACTIONS: &[&str] = &["kill-process", "kill-thread", "trap", "errno", "notify", "trace", "log", "allow"];

/// What no profile can deny: the container runtime itself starts the program with them after the profile is in force.
const NEEDED_BY_THE_RUNTIME: &[&str] = &["execve", "execveat"];

pub fn derive(sheets: &Sheets, request: &Request) -> Sheet {
    let mut sheet = Sheet::of::<SyscallPolicy>();
    sheet.with = request.args();
    let filters = sheets.look(&Request { kind: "process.syscalls".into(), with: request.with.clone() });
    inherit(&mut sheet, &filters);
    let profiles = sheets.get(&Request { kind: PROFILES.into(), with: request.with.clone() });
    for item in &filters.items {
        match (seen::text(item, "syscall"), seen::text(item, "arch")) {
            (Ok(syscall), Ok(arch)) => sheet.push(policy(syscall, arch, item, profiles), item.origin.clone()),
            (Err(reason), _) | (_, Err(reason)) => sheet.gap(reason, item.origin.shown()),
        }
    }
    sheet.examined(filters.scope.count);
    sheet.settle();
    sheet
}

fn policy(syscall: String, arch: String, filter: &Item, profiles: Option<&Sheet>) -> SyscallPolicy {
    let by_filter = seen::flag(filter, "denied");
    let (by_profile, actions) = match profiles {
        Some(profiles) if !NEEDED_BY_THE_RUNTIME.contains(&syscall.as_str()) => by_profiles(profiles, &syscall, &arch),
        _ => (Truth::False, vec![]),
    };
    let of_filter = seen::text(filter, "action");
    let action = match actions.into_iter().chain([of_filter]).collect::<Result<Vec<_>, _>>() {
        Ok(actions) => {
            actions.into_iter().min_by_key(|a| strictness(a)).map_or_else(|| Known::Value("allow".into()), Known::Value)
        }
        Err(reason) => Known::Unknown(reason),
    };
    let by = match (by_filter.is_true(), by_profile.is_true()) {
        (true, true) => PolicySource::Both,
        (true, false) => PolicySource::Filter,
        (false, true) => PolicySource::Profile,
        (false, false) => PolicySource::Neither,
    };
    SyscallPolicy {
        exists: known(seen::flag(filter, "exists")),
        action,
        denied: known(by_filter.or(|| by_profile)),
        by,
        syscall,
        arch,
    }
}

/// Whether the profile of every container that is the service's denies a call, and with what the weakest of them does.
fn by_profiles(profiles: &Sheet, syscall: &str, arch: &str) -> (Truth, Vec<Seen<String>>) {
    let mut containers: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
    for item in profiles.items.iter().filter(|item| !seen::flag(item, "used").is_false()) {
        let name = format!("{} {}", item.origin.shown(), item.text("container").unwrap_or_default());
        containers.entry(name).or_default().push(item);
    }
    let mine = |item: &&&Item| item.text("syscall") == Some(syscall) && item.text("arch") == Some(arch);
    let whole = |item: &&&Item| item.text("syscall").is_none();
    // Two containers of a file may be called alike: all that is said of the name counts, and saying nothing of the call is denying nothing.
    let decisive = |items: &Vec<&Item>| -> Vec<Option<Item>> {
        let said: Vec<_> = items.iter().filter(|i| mine(i) || whole(i)).map(|item| Some((*item).clone())).collect();
        if said.is_empty() { vec![None] } else { said }
    };
    let found: Vec<Option<Item>> = containers.values().flat_map(decisive).collect();
    // Of what was not read nothing is known; it could only have denied more, or have been another container's that denies less.
    let unread = profiles.gaps.first().map(|gap| Truth::Unknown(gap.reason.clone()));
    if found.is_empty() {
        return (unread.unwrap_or(Truth::False), vec![]);
    }
    let denials =
        found.iter().map(|item| item.as_ref().map_or(Truth::False, |item| seen::flag(item, "denied"))).chain(unread);
    let is_open = |item: &Item| matches!(seen::flag(item, "used"), Truth::Unknown(_));
    // Whichever of them is the service's: known only where all do the same.
    let denied = if profiles.items.iter().any(is_open) { Truth::agreed(denials) } else { Truth::all(denials) };
    let weakest = found.iter().flatten().filter_map(|item| seen::maybe_text(item, "action").transpose());
    let weakest = weakest.max_by_key(|action| action.as_ref().map_or(0, |action| strictness(action)));
    let actions = if denied.is_true() { weakest.into_iter().collect() } else { vec![] };
    (denied, actions)
}

/// A word that is none counts as the weakest.
fn strictness(action: &str) -> usize {
    ACTIONS.iter().position(|known| *known == action).unwrap_or(ACTIONS.len())
}
