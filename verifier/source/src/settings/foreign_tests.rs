//! Programs that are not followed: what is in force for them may be in force for the delivered build.

use super::calls_tests::counts;

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
