//! Deliveries in, what their profiles do out.

use super::*;
use assize_facts::{BinarySpec, Deliverable, Limits};
use serde_json::json;

const PROFILE: &str = r#"{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [{"names": ["read", "ptrace"], "action": "SCMP_ACT_ALLOW"}]}"#;

/// Files with their texts; `container form used call/numbering denied`, those of i386 and x32 left out.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let binary = BinarySpec { name: "auth-api".into(), path: "dist/auth-api".into(), ..BinarySpec::default() };
    let spec = Deliverable { name: Some("auth-api".into()), binaries: vec![binary], ..Deliverable::default() };
    let delivery = Delivery::open(folder.path(), spec, Limits::default()).expect("opened");
    let with = BTreeMap::from([("deny".to_owned(), json!(["mount", "ptrace"]))]);
    let sheet = sheet(&delivery, &Request::new(KIND, &with));
    let flag = |item: &assize_facts::Item, name: &str| item.bool(name).map_or("?".to_owned(), |b| b.to_string());
    let text = |item: &assize_facts::Item, name: &str| item.text(name).unwrap_or("-").to_owned();
    let shown = |item: &assize_facts::Item| {
        let call = format!("{}/{}", text(item, "syscall"), text(item, "arch"));
        format!(
            "{} {} {} {call} {}",
            text(item, "container"),
            text(item, "form"),
            flag(item, "used"),
            flag(item, "denied")
        )
    };
    let mut all: Vec<String> =
        sheet.items.iter().map(shown).filter(|s| !s.contains("/i386") && !s.contains("/x32")).collect();
    all.extend(sheet.gaps.iter().map(|gap| format!("gap {} {}", gap.place, gap.reason.code)));
    all
}

fn pod(profile: &str, more: &str) -> String {
    format!(
        "kind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: auth-api\n    securityContext:\n      seccompProfile: {profile}\n{more}"
    )
}

#[test]
fn a_profile_counts_where_the_services_container_is_started_with_it() {
    let used = pod("{type: Localhost, localhostProfile: node/auth.json}", "  - name: proxy\n");
    assert_eq!(
        told(&[("deploy/auth.json", PROFILE), ("deploy/pod.yaml", &used)]),
        [
            "Pod p, container auth-api file true mount/x86_64 true",
            "Pod p, container auth-api file true ptrace/x86_64 false",
            "Pod p, container proxy nothing false -/- false",
        ]
    );
    assert_eq!(told(&[("deploy/auth.json", PROFILE)]), [" file false -/- false"], "it lies there");
    assert!(told(&[]).is_empty());
}

#[test]
fn what_is_not_confined_is_told_and_whose_it_is() {
    assert_eq!(
        told(&[("pod.yaml", &pod("{type: Unconfined}", ""))]),
        ["Pod p, container auth-api unconfined true -/- false"]
    );
    assert_eq!(
        told(&[("pod.yaml", &pod("{type: RuntimeDefault}", ""))]),
        ["Pod p, container auth-api runtime-default true -/- ?"]
    );
    assert_eq!(
        told(&[("pod.yaml", &pod("{type: Localhost, localhostProfile: gone.json}", ""))]),
        ["Pod p, container auth-api missing true -/- ?"]
    );
    let others = "kind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: a}\n  - {name: b, securityContext: {privileged: true}}\n";
    assert_eq!(
        told(&[("pod.yaml", others)]),
        ["Pod p, container a nothing ? -/- false", "Pod p, container b privileged ? -/- false"]
    );
    assert_eq!(
        told(&[("run.sh", "docker run --security-opt seccomp=unconfined example/auth-api:1\n")]),
        ["docker run --security-opt seccomp=unconfined example/auth-api:1 unconfined true -/- false"]
    );
}

#[test]
fn what_cannot_be_read_is_open() {
    let used = pod("{type: Localhost, localhostProfile: auth.json}", "");
    let broken = r#"{"defaultAction": "SCMP_ACT_NEVER", "syscalls": []}"#;
    assert_eq!(told(&[("auth.json", broken), ("pod.yaml", &used)]), ["Pod p, container auth-api file true -/- ?"]);
    let chart = "kind: Deployment\n{{ if .x }}\nsecurityContext:\n  seccompProfile: {{ toYaml .y }}\n{{ end }}\n";
    assert_eq!(told(&[("chart/templates/d.yaml", chart)]), ["a template open true -/- ?"]);
    assert_eq!(told(&[("x.yaml", "seccomp: [\n")]), ["gap x.yaml deployment-file-not-read"]);
    assert!(told(&[("x.yaml", "containers: {{ x }}\n: [")]).is_empty());
}
