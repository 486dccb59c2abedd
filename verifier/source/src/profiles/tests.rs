//! Deliveries in, what their profiles do out.

use super::*;
use assize_facts::{BinarySpec, Deliverable, Limits};
use serde_json::json;

const PROFILE: &str = r#"{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [{"names": ["read", "ptrace"], "action": "SCMP_ACT_ALLOW"}]}"#;

/// Files with their texts; `container form used call/numbering denied`, those of i386 and x32 left out.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    told_within(files, Limits::default())
}

fn told_within(files: &[(&str, &str)], limits: Limits) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let binary = BinarySpec { name: "auth-api".into(), path: "dist/auth-api".into(), ..BinarySpec::default() };
    let spec = Deliverable { name: Some("auth-api".into()), binaries: vec![binary], ..Deliverable::default() };
    let delivery = Delivery::open(folder.path(), spec, limits).expect("opened");
    let with = BTreeMap::from([("deny".to_owned(), json!(["mount", "ptrace"]))]);
    let sheet = sheet(&delivery, &Request::new(KIND, &with));
    let flag = |item: &assize_facts::Item, name: &str| item.bool(name).map_or("?".to_owned(), |b| b.to_string());
    let text = |item: &assize_facts::Item, name: &str| item.text(name).unwrap_or("-").to_owned();
    let shown = |item: &assize_facts::Item| {
        let form = if item.text("form").is_some() { text(item, "form") } else { "?".to_owned() };
        let call = format!("{}/{}", text(item, "syscall"), text(item, "arch"));
        format!("{} {} {} {call} {}", text(item, "container"), form, flag(item, "used"), flag(item, "denied"))
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
    let script = format!("#!/usr/bin/env bats\ncat <<'E' > p.json\n{PROFILE}\nE\n");
    assert!(told(&[("tests/seccomp.bats", &script)]).is_empty(), "a script that writes one");
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
    assert_eq!(told(&[("chart/templates/d.yaml", chart)]), ["seccompProfile ? ? -/- ?"]);
    assert_eq!(told(&[("x.yaml", "seccomp: [\n")]), ["gap x.yaml deployment-file-not-read"]);
    assert!(told(&[("x.yaml", "containers: {{ x }}\n: [")]).is_empty());
}

/// `form used` of every item, for a container that the file speaks of.
fn forms(files: &[(&str, &str)]) -> String {
    let short = |told: String| {
        let words: Vec<&str> = told.split(' ').collect();
        if words[0] == "gap" { told } else { words[words.len() - 4..words.len() - 2].join(" ") }
    };
    told(files).into_iter().map(short).collect::<Vec<_>>().join(", ")
}

const PRIVILEGED: &str =
    "kind: Pod\nspec:\n  containers:\n  - name: auth-api\n    securityContext: {privileged: true}\n";

#[test]
fn no_name_and_no_spelling_hides_a_container() {
    for (path, text) in [
        ("pod.YAML", PRIVILEGED),
        ("Pod.Yml", PRIVILEGED),
        ("deploy/manifest", PRIVILEGED),
        ("deploy/pod.yaml.tmpl", PRIVILEGED),
        (
            "pod.json",
            r#"{"kind": "Pod", "spec": {"contain\u0065rs": [{"name": "auth-api", "securityContext": {"\u0070rivileged": true}}]}}"#,
        ),
        ("two.yaml", &format!("kind: ConfigMap\n--- # next\n{PRIVILEGED}...\n")),
        ("yes.yaml", &PRIVILEGED.replace("true", "yes")),
        (
            "list.yaml",
            "kind: List\nitems:\n- spec: {template: {spec: {initContainers: [{name: auth-api, restartPolicy: Always, securityContext: {privileged: true}}]}}}\n",
        ),
        ("stack.yml", "services:\n  auth-api:\n    image: x\n    privileged: true\n"),
        (
            "ops/backend.yaml",
            "x: &p {privileged: true}\nservices:\n  web:\n    <<: *p\n    image: example/auth-api:1\n",
        ),
        (
            "compose.yml",
            "services: {auth-api: {image: x, security_opt: [seccomp=a.json, seccomp=unconfined], privileged: true}}\n",
        ),
        (
            ".github/workflows/d.yml",
            "jobs: {a: {container: {image: example/auth-api:1, options: --privileged}, steps: []}}\n",
        ),
        ("start", "#!/bin/sh\ndocker container run --privileged auth-api\n"),
        ("unit/auth.service", "[Service]\nExecStart=/usr/bin/docker run --privileged example/auth-api\n"),
        ("unit/auth.container", "[Container]\nImage=example/auth-api\nPodmanArgs=--privileged\n"),
        (".github/workflows/d.yml", "jobs:\n  d:\n    steps:\n    - run: docker run --privileged example/auth-api\n"),
        (
            "vendor/pod.yaml",
            "kind: Pod\nspec:\n  containers:\n  - name: x\n    image: a/auth-api\n    securityContext: {privileged: true}\n",
        ),
        (
            "task.json",
            r#"{"containerDefinitions": [], "containers": [{"name": "x", "image": "auth-api:1", "privileged": true}]}"#,
        ),
    ] {
        let found = forms(&[(path, text)]);
        assert!(found.split(", ").any(|one| one == "privileged true"), "{path}: {found}");
    }
}

#[test]
fn what_nobody_can_attribute_is_open() {
    for (path, text) in [
        ("chart/values.yaml", "securityContext:\n  privileged: true\n"),
        (
            "kustomize/patch.yaml",
            "- op: add\n  path: /spec/template/spec/containers/0/securityContext/privileged\n  value: true\n",
        ),
        ("main.tf", "resource \"docker_container\" \"x\" {\n  privileged = true\n}\n"),
        ("job.nomad", "config {\n  security_opt = [\"seccomp=unconfined\"]\n}\n"),
        ("run.sh", "OPTS=--privileged\ndocker run $OPTS auth-api\n"),
        ("fab.py", "client.containers.run('auth-api', privileged=True)\n"),
        ("deploy.sh", "helm install x --set securityContext.privileged=true\n"),
        ("daemon.json", r#"{"seccomp-profile": "unconfined"}"#),
        ("build.sh", "docker run --privileged example/backend\n"),
        (
            "debug.yaml",
            "kind: Pod\nspec: {containers: [{name: a, image: busybox:1, securityContext: {privileged: true}}]}\n",
        ),
    ] {
        let found = forms(&[(path, text)]);
        assert!(found.ends_with(" ?") && found.split(' ').count() == 2, "{path}: {found}");
    }
}

#[test]
fn what_others_start_is_not_the_services() {
    let ours = pod("{type: Localhost, localhostProfile: auth.json}", "");
    for (path, text, expected) in [
        ("ci.sh", "docker run --rm --privileged multiarch/qemu-user-static --reset -p yes\n", "privileged false"),
        ("x.sh", "echo 'docker run --privileged auth-api'\n# --privileged\n", ""),
        ("README", "docker run --privileged auth-api\n", ""),
        ("docs/a.md", "docker run --privileged auth-api\n", ""),
        (
            "testdata/pod.yaml",
            "kind: Pod\nspec: {containers: [{name: a, securityContext: {privileged: true}}]}\n",
            "privileged false",
        ),
        (
            "test/e2e/pod.yaml",
            "kind: Pod\nspec: {containers: [{name: a, image: b/tester, securityContext: {privileged: true}}]}\n",
            "privileged false",
        ),
        (
            ".devcontainer/devcontainer.json",
            r#"{"runArgs": ["--security-opt", "seccomp=unconfined"]}"#,
            "unconfined false",
        ),
        (
            ".devcontainer/docker-compose.yml",
            "services: {app: {build: ., security_opt: [seccomp:unconfined]}}\n",
            "unconfined false",
        ),
        (
            ".github/workflows/ci.yml",
            "jobs: {a: {container: {image: golang:1.26, options: --privileged}, steps: []}}\n",
            "privileged false",
        ),
        ("crd.yaml", "properties: {containers: {items: {properties: {privileged: {type: boolean}}}}}\n", ""),
        ("w.yaml", "jobs: {a: {steps: [{run: docker build -t x .}]}}\n", ""),
    ] {
        let found = forms(&[(path, text)]);
        assert_eq!(found, expected, "{path}");
    }
    let sysctl = "kind: Pod\nmetadata: {name: p}\nspec:\n  initContainers:\n  - {name: sysctl, image: busybox, securityContext: {privileged: true}}\n  containers:\n  - {name: app, image: example/auth-api}\n  - {name: proxy, image: example/proxy, securityContext: {seccompProfile: {type: Unconfined}}}\n";
    assert_eq!(forms(&[("pod.yaml", sysctl)]), "nothing true, unconfined false, privileged false");
    assert!(forms(&[("auth.json", PROFILE), ("pod.yaml", &ours)]).starts_with("file true"));
}

#[test]
fn the_last_profile_counts_and_files_in_layers_speak_of_one_container() {
    let two = "services: {api: {build: ., security_opt: [seccomp=a.json, seccomp=unconfined]}}\n";
    assert_eq!(forms(&[("compose.yml", two)]), "unconfined true");
    let run = "docker run --security-opt seccomp=unconfined --security-opt seccomp=builtin auth-api\n";
    assert_eq!(forms(&[("run.sh", run)]), "runtime-default true");
    let base = "services: {api: {build: .}}\n";
    let over = "services: {api: {security_opt: [seccomp:unconfined]}}\n";
    assert_eq!(
        forms(&[("docker-compose.yml", base), ("docker-compose.override.yml", over)]),
        "unconfined true, nothing true"
    );
}

#[test]
fn a_service_has_what_the_one_says_that_it_extends() {
    let of =
        |more: &str| format!("services:\n  api: {{image: auth-api, extends: {more}}}\n  base: {{privileged: true}}\n");
    let common =
        ("deploy/common.yml", "services: {base: {security_opt: [seccomp=unconfined]}, plain: {restart: always}}\n");
    for (text, expected) in [
        (of("base"), "unconfined false, nothing false, privileged true, privileged false"),
        (of("{service: base}"), "unconfined false, nothing false, privileged true, privileged false"),
        (of("{file: common.yml, service: base}"), "unconfined false, nothing false, unconfined true, privileged false"),
        (of("{file: ./common.yml, service: plain}"), "unconfined false, nothing false, nothing true, privileged false"),
        (of("{file: ../common.yml, service: base}"), "unconfined false, nothing false, ? true, privileged false"),
    ] {
        assert_eq!(forms(&[common, ("deploy/compose.yml", &text)]), expected, "{text}");
    }
}

#[test]
fn an_image_says_whose_what_stands_beside_it_is() {
    for (path, text, expected) in [
        (".drone.yml", "steps: [{name: a, image: plugins/docker, privileged: true}]\n", "privileged false"),
        (
            "play.yml",
            "- tasks: [{docker_container: {name: a, image: x/auth-api:1, privileged: true}}]\n",
            "privileged true",
        ),
        ("play.yml", "- tasks: [{docker_container: {name: a, image: x/backend, privileged: true}}]\n", "privileged ?"),
        ("argo.yaml", "helm: {parameters: [{name: securityContext.privileged, value: \"true\"}]}\n", "privileged ?"),
        (
            "argo.yaml",
            "helm: {parameters: [{name: securityContext.seccompProfile.type, value: Unconfined}]}\n",
            "unconfined ?",
        ),
        ("argo.yaml", "helm: {parameters: [{name: securityContext.privileged, value: \"false\"}]}\n", ""),
        ("e2e.sh", "docker run --privileged golang:1.26 go test ./...\n", "privileged false"),
        (
            "compose.yml",
            "services: {web: {build: ., privileged: true}, db: {image: postgres:16, privileged: true}}\n",
            "privileged false, privileged true",
        ),
        (
            "compose.yml",
            "services: {a: {image: alpine, command: /srv/start, privileged: true}, web: {image: x/web}}\n",
            "privileged ?, nothing true",
        ),
        (
            "compose.yml",
            "services: {a: {image: redis, command: /srv/start, privileged: true}, web: {image: x/web}}\n",
            "privileged ?, nothing true",
        ),
        ("run.sh", "docker run --privileged x/backend sh -c 'go test && ./backend'\n", "privileged ?"),
    ] {
        assert_eq!(forms(&[(path, text)]), expected, "{path} {text}");
    }
}

#[test]
fn a_container_that_is_only_called_like_the_service_makes_no_other_known() {
    let decoy = "kind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: auth-api, image: busybox}\n  - {name: app, image: example/backend, securityContext: {privileged: true}}\n";
    assert_eq!(forms(&[("pod.yaml", decoy)]), "nothing true, privileged ?");
}

#[test]
fn a_template_tells_what_stands_in_it() {
    let chart = |context: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{{{ .Release.Name }}}}\nspec:\n  containers:\n    - name: {{{{ .Chart.Name }}}}\n      image: \"{{{{ .Values.image }}}}\"\n{context}"
        )
    };
    for (context, expected) in [
        ("      securityContext:\n        privileged: true\n", "privileged true"),
        ("      securityContext:\n        seccompProfile:\n          type: \"Unconfined\"\n", "unconfined true"),
        ("      securityContext:\n        seccompProfile:\n          type: {{ .Values.t }}\n", "? true"),
        (
            "      securityContext:\n        {{- if .Values.p }}\n        privileged: true\n        {{- end }}\n",
            "? true",
        ),
        ("      securityContext:\n        {{- toYaml .Values.s | nindent 8 }}\n", "nothing true"),
        ("      {{- with .Values.s }}\n      securityContext: {}\n      {{- end }}\n", "nothing true"),
    ] {
        assert_eq!(forms(&[("chart/templates/pod.yaml", &chart(context))]), expected, "{context}");
    }
    let profile =
        chart("      securityContext:\n        seccompProfile: {type: Localhost, localhostProfile: auth.json}\n");
    let told = told(&[("auth.json", PROFILE), ("chart/templates/pod.yaml", &profile)]);
    assert_eq!(told, ["Pod inserted-by-a-template, container inserted-by-a-template file true -/- ?"]);
}

#[test]
fn a_template_that_is_no_yaml_is_told_by_its_words() {
    let broken = |words: &str| format!("{{{{ if .a }}}}\n  - x:\n y: [\n{words}\n{{{{ end }}}}\n");
    for (words, expected) in [
        ("privileged: true", "privileged ?"),
        ("seccompProfile: x", "? ?"),
        ("containers: x", ""),
        ("# privileged", "? ?"),
    ] {
        assert_eq!(forms(&[("chart/templates/pod.yaml", &broken(words))]), expected, "{words}");
    }
}

#[test]
fn a_deployment_file_that_is_too_large_is_a_gap() {
    let limits = Limits { text_file: 1000, ..Limits::default() };
    let long = format!("{PRIVILEGED}# {}\n", "x".repeat(1000));
    let told = told_within(&[("a.go", &long), ("pod.yaml", &long), ("pod.png", &"x".repeat(2 << 20))], limits);
    assert_eq!(told, ["gap a.go file-too-large", "gap pod.yaml file-too-large"], "nobody deploys a picture of 2 MiB");
}

#[test]
fn a_manifest_is_one_under_any_name_and_in_utf_16() {
    let manifest = format!("apiVersion: v1\n{}", pod("{type: Unconfined}", ""));
    let told_of = |path: &str, text: &str| told(&[(path, text)]);
    for path in ["notes.txt", "README.md", "deploy.go", "LICENSE", "pod.key"] {
        assert_eq!(told_of(path, &manifest), ["Pod p, container auth-api unconfined true -/- false"], "{path}");
        let said = format!("# Running it\n\n    docker run --privileged auth-api\n\n```yaml\n{manifest}```\n");
        assert!(told_of(path, &said).is_empty(), "{path} speaks of it");
    }
    let json = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers":
        [{"name": "auth-api", "securityContext": {"privileged": true}}]}}"#;
    assert_eq!(told_of("pod.txt", json), ["Pod p, container auth-api privileged true -/- false"]);
    for (mark, bytes) in [([0xff, 0xfe], u16::to_le_bytes as fn(u16) -> [u8; 2]), ([0xfe, 0xff], u16::to_be_bytes)] {
        let folder = tempfile::tempdir().expect("a folder");
        let wide: Vec<u8> = mark.into_iter().chain(manifest.encode_utf16().flat_map(bytes)).collect();
        std::fs::write(folder.path().join("pod.yaml"), wide).expect("a file");
        let spec = Deliverable { name: Some("auth-api".into()), ..Deliverable::default() };
        let delivery = Delivery::open(folder.path(), spec, Limits::default()).expect("opened");
        let sheet = sheet(&delivery, &Request::new(KIND, &BTreeMap::new()));
        assert_eq!(sheet.items.iter().map(|item| item.text("form")).collect::<Vec<_>>(), [Some("unconfined")]);
        assert!(sheet.gaps.is_empty());
    }
}
