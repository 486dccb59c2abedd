//! `link.syscall_policy`: per call and numbering the strictest of the filter in the process and a delivered profile that is used.

use crate::Truth;
use crate::seen::{self, known};
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::link::{PolicySource, SyscallPolicy};
use assize_facts::{Item, Known, Request, Sheet};

/// What `link.syscall_policy` is derived from, with the same arguments. A profile need not be there.
pub const FROM: &[&str] = &["process.syscalls"];
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
    let profiles = sheets.having(PROFILES);
    let profiles: &[Item] = profiles.map_or(&[], |sheet| &sheet.items);
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

fn policy(syscall: String, arch: String, filter: &Item, profiles: &[Item]) -> SyscallPolicy {
    let mine = |p: &&Item| p.text("syscall") == Some(&syscall) && p.text("arch") == Some(&arch);
    let used: Vec<&Item> = profiles
        .iter()
        .filter(mine)
        .filter(|p| seen::flag(p, "used").is_true() && !NEEDED_BY_THE_RUNTIME.contains(&syscall.as_str()))
        .collect();
    let by_filter = seen::flag(filter, "denied");
    let by_profile = Truth::any(used.iter().map(|p| seen::flag(p, "denied")));
    let actions = used.iter().copied().chain([filter]).map(|p| seen::text(p, "action"));
    let action = match actions.collect::<Result<Vec<_>, _>>() {
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

/// A word that is none counts as the weakest.
fn strictness(action: &str) -> usize {
    ACTIONS.iter().position(|known| *known == action).unwrap_or(ACTIONS.len())
}
