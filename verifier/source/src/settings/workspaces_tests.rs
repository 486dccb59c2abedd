//! Workspaces in force for the delivered build.

use super::calls_tests::counts;

fn told(files: &str) -> Vec<String> {
    counts(files).into_iter().filter(|line| line.contains("another workspace")).collect()
}

#[test]
fn another_workspace_is_told_and_the_own_is_not() {
    let own = "-- go.work --\ngo 1.26\nuse .\n-- ci/go.work --\nuse ..\n";
    for (text, sign) in [
        ("-- Makefile --\nexport GOWORK = $(CURDIR)/ci/go.work\napp:\n\tgo build ./cmd/app\n", "+ "),
        ("-- b.sh --\nGOWORK=$PWD/ci/go.work go build ./cmd/app\n", "+ "),
        ("-- ci/b.sh --\nGOWORK=$PWD/ci/go.work go build ./cmd/app\n", "? "),
        ("-- b.sh --\ncd \"$(git rev-parse --show-toplevel)\"\nGOWORK=$PWD/ci/go.work go build ./cmd/app\n", "+ "),
        ("-- b.sh --\nexport GOWORK=/src/ci/go.work\ngo build ./cmd/app\n", "? "),
        ("-- b.sh --\nexport GOWORK=$WHERE\ngo build ./cmd/app\n", "? "),
        ("-- Dockerfile --\nFROM golang\nARG GOWORK\nCOPY . /src\nWORKDIR /src\nRUN go build ./cmd/app\n", "? "),
        ("-- Makefile --\napp:\n\tcd ci && go build -o ../dist/app ../cmd/app\n", "+ "),
    ] {
        let found = told(&format!("{text}{own}"));
        assert!(found.iter().any(|line| line.starts_with(sign)), "{text}: {found:?}");
    }
    for text in [
        "-- Makefile --\nexport GOWORK = $(CURDIR)/go.work\napp:\n\tgo build ./cmd/app\n",
        "-- Makefile --\nexport GOWORK = off\napp:\n\tgo build ./cmd/app\n",
        "-- Makefile --\napp:\n\tcd ci && GOWORK=off go build -o ../dist/app ../cmd/app\n",
        "-- b.sh --\nexport GOWORK=\ngo build ./cmd/app\n",
        "-- .github/workflows/w.yml --\nenv: {GOWORK: '${{ github.workspace }}/go.work'}\njobs:\n  b:\n    steps:\n      - run: go build ./cmd/app\n",
    ] {
        let found = told(&format!("{text}{own}"));
        assert!(found.is_empty(), "{text}: {found:?}");
    }
    let surely = told("-- b.sh --\nexport GOWORK=/workspace/go.work\ngo build ./cmd/app\n");
    assert_eq!(surely, ["+ b.sh:1 another workspace=/workspace/go.work"]);
}
