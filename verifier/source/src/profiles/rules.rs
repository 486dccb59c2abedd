//! A seccomp profile as container runtimes take it (OCI runtime specification, config-linux.md "Seccomp"; the form of Docker's default
//! profile, with `includes` and `excludes`): what it does with a call, by name, in a numbering.

use super::containers::Container;
use Holds::{Maybe, No, Yes};
use assize_delivery::unambiguous_json;
use assize_facts::kinds::process::FilterAction;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Capabilities that container runtimes give by default (moby `oci/caps/defaults.go`).
const DEFAULT_CAPABILITIES: [&str; 14] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
];

/// A profile that was read.
#[derive(Debug)]
pub(super) struct Profile {
    default: FilterAction,
    rules: Vec<Rule>,
    /// Numberings that it lists beside the machine's own.
    listed: BTreeSet<&'static str>,
}

#[derive(Debug)]
struct Rule {
    names: Vec<String>,
    /// Named in the older form alone (`name`), which containerd does not read.
    is_old: bool,
    action: FilterAction,
    /// It looks at arguments.
    partly: bool,
    includes: Conditions,
    excludes: Conditions,
}

#[derive(Debug, Default)]
struct Conditions {
    capabilities: Vec<String>,
    machines: Vec<String>,
    kernel: bool,
}

/// Whether a condition holds where the container will run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Yes,
    Maybe,
    No,
}

/// Whether a text is meant as a profile at all: an object of JSON, and no script that writes one.
pub(super) fn is_profile(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
        && text.contains("SCMP_ACT_")
        && text.to_ascii_lowercase().contains("\"defaultaction\"")
}

/// A member by its key as Go's decoder takes it (`encoding/json`, `foldName`): in letters of any case.
fn member<'j>(json: &'j Json, key: &str) -> Option<&'j Json> {
    let fold = |k: &str| k.replace('\u{17f}', "s").to_lowercase();
    json.as_object()?.iter().find(|(k, _)| fold(k) == key.to_lowercase()).map(|(_, value)| value)
}

impl Profile {
    /// Reads a profile for a machine (`amd64`, `arm64`). The error says what no runtime would take.
    pub fn read(text: &str, machine: &str) -> Result<Profile, String> {
        let json: Json = unambiguous_json(text.as_bytes()).map_err(|e| e.to_string())?;
        // In a bundle's config.json it stands below `linux`.
        let json = member(&json, "linux").and_then(|linux| member(linux, "seccomp")).unwrap_or(&json);
        let default = action(member(json, "defaultAction"))?;
        let empty = Vec::new();
        let rules = match member(json, "syscalls") {
            None | Some(Json::Null) => &empty,
            Some(Json::Array(rules)) => rules,
            Some(_) => return Err("syscalls is no list".into()),
        };
        let rules = rules.iter().map(rule).collect::<Result<_, _>>()?;
        let mut listed = BTreeSet::new();
        for name in member(json, "architectures").and_then(Json::as_array).into_iter().flatten() {
            listed.extend(numbering(name));
        }
        for map in member(json, "archMap").and_then(Json::as_array).into_iter().flatten() {
            if member(map, "architecture").and_then(numbering) == Some(own(machine)) {
                listed.extend(
                    member(map, "subArchitectures")
                        .and_then(Json::as_array)
                        .into_iter()
                        .flatten()
                        .filter_map(numbering),
                );
            }
        }
        listed.insert(own(machine));
        Ok(Profile { default, rules, listed })
    }

    /// The weakest answer that a call gets for any arguments in this container.
    pub fn weakest(&self, call: &str, numbering: &str, container: &Container, machine: &str) -> FilterAction {
        if !self.listed.contains(numbering) {
            // What libseccomp does with an architecture that no filter knows (SCMP_FLTATR_ACT_BADARCH).
            return FilterAction::KillThread;
        }
        let named = self.rules.iter().filter(|rule| rule.names.iter().any(|name| name == call));
        let rules: Vec<(&Rule, Holds)> =
            named.map(|rule| (rule, rule.holds(container, machine))).filter(|(_, holds)| *holds != No).collect();
        let surely = rules.iter().any(|(rule, holds)| !rule.partly && *holds == Yes);
        let answers = rules.iter().map(|(rule, _)| rule.action).chain((!surely).then_some(self.default));
        answers.max().unwrap_or(self.default)
    }
}

impl Rule {
    /// Whether the rule is in force for a container. Which kernel it will be is not known; and of Kubernetes' runtimes containerd reads profiles in OCI's form, which has no conditions, CRI-O in Docker's.
    fn holds(&self, container: &Container, machine: &str) -> Holds {
        let (includes, excludes) = (&self.includes, &self.excludes);
        if includes.is_empty() && excludes.is_empty() {
            return if self.is_old && container.by_kubernetes { Maybe } else { Yes };
        }
        if container.by_kubernetes {
            return Maybe;
        }
        let has: Vec<Holds> = includes.capabilities.iter().map(|c| has(container, c)).collect();
        let lacks: Vec<Holds> = excludes.capabilities.iter().map(|c| lacks(container, c)).collect();
        let on_machine = includes.machines.is_empty() || includes.machines.iter().any(|m| m == machine);
        if !on_machine || excludes.machines.iter().any(|m| m == machine) || has.iter().chain(&lacks).any(|h| *h == No) {
            No
        } else if includes.kernel || excludes.kernel || has.iter().chain(&lacks).any(|h| *h == Maybe) {
            Maybe
        } else {
            Yes
        }
    }
}

impl Conditions {
    fn is_empty(&self) -> bool {
        self.capabilities.is_empty() && self.machines.is_empty() && !self.kernel
    }
}

/// Whether a container has a capability: added, or by default and not taken away. Where some are taken away, what the runtime does with both lists is its own matter.
fn has(container: &Container, capability: &str) -> Holds {
    let listed = |list: &[String]| list.iter().any(|c| c == capability || c == "CAP_ALL");
    match (listed(&container.added), listed(&container.dropped)) {
        (true, true) => Maybe,
        (true, false) => Yes,
        (false, true) if DEFAULT_CAPABILITIES.contains(&capability) => Maybe,
        (false, false) if DEFAULT_CAPABILITIES.contains(&capability) => Yes,
        (false, _) => No,
    }
}

fn lacks(container: &Container, capability: &str) -> Holds {
    match has(container, capability) {
        Yes => No,
        No => Yes,
        Maybe => Maybe,
    }
}

fn rule(json: &Json) -> Result<Rule, String> {
    let texts = |value: Option<&Json>| -> Vec<String> {
        value.and_then(Json::as_array).into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    };
    let mut names = texts(member(json, "names"));
    let is_old = names.is_empty();
    names.extend(member(json, "name").and_then(Json::as_str).map(str::to_owned));
    if names.is_empty() {
        return Err("a rule names no call".into());
    }
    let conditions = |key: &str| {
        let value = member(json, key);
        let part = |part: &str| value.and_then(|v| member(v, part));
        Conditions {
            capabilities: texts(part("caps")),
            machines: texts(part("arches")),
            kernel: part("minKernel").is_some(),
        }
    };
    let partly = match member(json, "args") {
        None | Some(Json::Null) => false,
        Some(Json::Array(args)) => !args.is_empty(),
        Some(_) => return Err("args is no list".into()),
    };
    let (includes, excludes) = (conditions("includes"), conditions("excludes"));
    Ok(Rule { names, is_old, action: action(member(json, "action"))?, partly, includes, excludes })
}

/// libseccomp's names (seccomp_rule_add(3)); the order of [`FilterAction`] is from the strictest on.
fn action(value: Option<&Json>) -> Result<FilterAction, String> {
    Ok(match value.and_then(Json::as_str).ok_or("an action is missing")? {
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => FilterAction::KillThread,
        "SCMP_ACT_KILL_PROCESS" => FilterAction::KillProcess,
        "SCMP_ACT_TRAP" => FilterAction::Trap,
        "SCMP_ACT_ERRNO" => FilterAction::Errno,
        "SCMP_ACT_NOTIFY" => FilterAction::Notify,
        "SCMP_ACT_TRACE" => FilterAction::Trace,
        "SCMP_ACT_LOG" => FilterAction::Log,
        "SCMP_ACT_ALLOW" => FilterAction::Allow,
        other => return Err(format!("no action is called {other}")),
    })
}

fn numbering(name: &Json) -> Option<&'static str> {
    Some(match name.as_str()? {
        "SCMP_ARCH_X86_64" => "x86_64",
        "SCMP_ARCH_X86" => "i386",
        "SCMP_ARCH_X32" => "x32",
        "SCMP_ARCH_AARCH64" => "aarch64",
        "SCMP_ARCH_ARM" => "arm",
        _ => return None,
    })
}

fn own(machine: &str) -> &'static str {
    if machine == "arm64" { "aarch64" } else { "x86_64" }
}

/// The numberings that a machine admits.
pub(super) fn numberings(machine: &str) -> &'static [&'static str] {
    if machine == "arm64" { &["aarch64", "arm"] } else { &["x86_64", "i386", "x32"] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `call numbering: action` of a profile.
    #[track_caller]
    fn check(text: &str, added: &[&str], cases: &[(&str, &str)]) {
        let added = added.iter().map(|a| (*a).to_owned()).collect();
        check_in(text, Container { added, ..Container::new("") }, cases);
    }

    #[track_caller]
    fn check_in(text: &str, container: Container, cases: &[(&str, &str)]) {
        let profile = Profile::read(text, "amd64").expect("a profile");
        for (call, expected) in cases {
            let (name, arch) = call.split_once('/').unwrap_or((call, "x86_64"));
            assert_eq!(profile.weakest(name, arch, &container, "amd64").word(), *expected, "{call}");
        }
    }

    #[test]
    fn the_weakest_answer_counts_and_unlisted_numberings_are_killed() {
        let listed = r#"{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls": [
            {"names": ["read", "clone"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}]},
            {"name": "bpf", "action": "SCMP_ACT_LOG"}, {"names": ["bpf"], "action": "SCMP_ACT_KILL_PROCESS"}]}"#;
        check(
            listed,
            &[],
            &[
                ("read", "allow"),
                ("mount", "errno"),
                ("socket", "allow"),
                ("bpf", "log"),
                ("read/x32", "kill-thread"),
                ("mount/i386", "errno"),
            ],
        );
    }

    #[test]
    fn what_a_deny_list_leaves_open_is_open() {
        let denied = r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ERRNO"},
            {"names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 16, "op": "SCMP_CMP_EQ"}]}]}"#;
        check(denied, &[], &[("mount", "errno"), ("ptrace", "allow"), ("bpf", "allow"), ("mount/i386", "kill-thread")]);
    }

    #[test]
    fn conditions_on_capabilities_machines_and_kernels_hold_as_runtimes_have_them() {
        let docker = r#"{"defaultAction": "SCMP_ACT_ERRNO", "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]}], "syscalls": [
            {"names": ["mount", "bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
            {"names": ["chroot"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_CHROOT"]}},
            {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
            {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
            {"names": ["sync_file_range2"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64"]}}]}"#;
        let usual = [
            ("mount", "errno"),
            ("chroot", "allow"),
            ("clone", "allow"),
            ("ptrace", "allow"),
            ("mount/x32", "errno"),
            ("sync_file_range2", "errno"),
        ];
        check(docker, &[], &usual);
        check(docker, &["CAP_SYS_ADMIN"], &[("mount", "allow"), ("bpf", "allow"), ("clone", "errno")]);
        let none = Container { dropped: vec!["CAP_ALL".into()], ..Container::new("") };
        check_in(docker, none, &[("mount", "errno"), ("chroot", "allow"), ("clone", "allow")]);
        let kubernetes = Container { by_kubernetes: true, ..Container::new("") };
        check_in(docker, kubernetes, &[("mount", "allow"), ("clone", "allow"), ("setns", "errno")]);
        let dropped = r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_CHOWN"]}}]}"#;
        check(dropped, &[], &[("mount", "errno")]);
        check_in(dropped, Container { dropped: vec!["CAP_CHOWN".into()], ..Container::new("") }, &[("mount", "allow")]);
    }

    #[test]
    fn keys_mean_what_gos_decoder_takes_them_for() {
        let letters = r#"{"DefaultAction": "SCMP_ACT_ERRNO", "SYSCALLS": [{"Names": ["mount"], "ACTION": "SCMP_ACT_ALLOW"}, {"name": "bpf", "action": "SCMP_ACT_KILL"}]}"#;
        check(letters, &[], &[("mount", "allow"), ("bpf", "kill-thread")]);
        let odd = "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"\u{17f}yscalls\": [{\"names\": [\"mount\"], \"action\": \"SCMP_ACT_ALLOW\"}]}";
        check(odd, &[], &[("mount", "allow")]);
        let kubernetes = Container { by_kubernetes: true, ..Container::new("") };
        check_in(letters, kubernetes, &[("bpf", "errno")]);
    }

    #[test]
    fn what_no_runtime_takes_is_said() {
        for (text, says) in [
            ("{", "EOF"),
            ("{}", "an action is missing"),
            (r#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultAction": "SCMP_ACT_ALLOW"}"#, "is there twice"),
            (r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [], "Syscalls": []}"#, "is there twice"),
            (
                r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_LOG", "args": {}}]}"#,
                "args is no list",
            ),
            (r#"{"defaultAction": "SCMP_ACT_DENY"}"#, "no action is called SCMP_ACT_DENY"),
            (r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": {}}"#, "syscalls is no list"),
            (
                r#"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"action": "SCMP_ACT_ALLOW"}]}"#,
                "a rule names no call",
            ),
        ] {
            let found = Profile::read(text, "amd64").expect_err(text);
            assert!(found.contains(says), "{text}: {found}");
        }
    }
}
