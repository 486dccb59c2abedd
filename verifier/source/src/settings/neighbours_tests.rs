//! Honest neighbours of the shapes of `shapes_tests`: nothing of them reaches the delivered build.

use super::calls_tests::counts;

/// Files in which nothing reaches it.
fn stays_out(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(what, files)| {
            // Fetching changes nothing.
            let mut found = counts(files);
            found.retain(|line| !line.contains("go mod download"));
            (!found.is_empty()).then(|| format!("{what}\n  found    {found:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn honest_neighbours_of_these_stay_out() {
    stays_out(&[
        (
            "a check in another job",
            "-- .github/workflows/w.yml --\njobs:\n  tidy:\n    steps:\n      - run: go mod tidy && git diff --exit-code go.mod\n  b:\n    steps:\n      - run: go build ./cmd/app\n",
        ),
        (
            "make in another project's folder",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    steps:\n      - uses: actions/checkout@v4\n        with: {repository: other/plugin, path: plugin}\n      - run: go mod edit -replace example.com/m=../m\n        working-directory: plugin\n      - run: make app\n        working-directory: plugin\n-- Makefile --\napp:\n\tgo build -o app ./cmd/app\n",
        ),
        (
            "a program whose name is made of a file's",
            "-- b.sh --\nbin=$(CDPATH= cd -- \"$(dirname -- \"$0\")\" && pwd)/bin/$(basename \"cmd/app/main.go\")\n\"$bin\" x\ngo build ./cmd/app\n-- cmd/app/main.go --\npackage main\n",
        ),
        ("a prefix of another command", "-- b.sh --\nGOFLAGS=-mod=mod go run x.org/t@latest && go build ./cmd/app\n"),
        (
            "a prefix of a generator",
            "-- Makefile --\ngen:\n\tGOFLAGS=-mod=mod go generate ./...\napp:\n\tgo build ./cmd/app\n",
        ),
        (
            "labels and words of an image",
            "-- Dockerfile --\nFROM golang\nLABEL how=\"go build -overlay=o ./cmd/app\"\nRUN echo go build -overlay=o ./cmd/app\n# RUN go build -overlay=o ./cmd/app\nRUN go build ./cmd/app\n",
        ),
        (
            "help of a makefile",
            "-- Makefile --\nhelp:\n\t@echo \"go build -overlay=o ./cmd/app\"\n\t@printf 'go env -w GOFLAGS=-mod=mod\\n'\napp:\n\tgo build ./cmd/app\n",
        ),
        (
            "a target for later",
            "-- Makefile --\nupdate:\n\tgo get -u ./...\n\tgo mod tidy\napp:\n\tgo build ./cmd/app\n",
        ),
        (
            "a copy elsewhere",
            "-- b.sh --\ncp go.mod go.sum /tmp/x/\nsed -i s/a/b/ README.md docs/x.md\ngo build ./cmd/app\n",
        ),
        (
            "the Go command of a release",
            "-- Dockerfile --\nFROM golang\nCOPY --from=go /usr/local/go/bin/go /usr/local/bin/go\nRUN ln -s /usr/local/go/bin/go /usr/bin/go && cp ~/sdk/go1.26.8/bin/go /opt/bin/go\nWORKDIR /src\nCOPY . .\nRUN --mount=type=cache,target=/go/pkg --mount=type=bind,target=. --mount=type=bind,source=go.mod,target=go.mod go build ./cmd/app\n",
        ),
        (
            "layers of an image",
            "-- Dockerfile --\nFROM golang\nWORKDIR /src\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build ./cmd/app\n",
        ),
        (
            "one file of many stages",
            "-- Dockerfile --\nFROM golang AS b\nCOPY . .\nRUN go build ./cmd/app\nFROM scratch\nCOPY --from=b /go/app /app\nENV GOFLAGS=-mod=mod\nENTRYPOINT [\"/app\"]\n",
        ),
        (
            "a service that is tested",
            "-- b.sh --\ngo test -mod=mod -overlay=o ./...\ngo vet -mod=mod ./...\ngo build ./cmd/app\n",
        ),
        (
            "another program",
            "-- b.sh --\nterraform build -overlay=o ./cmd/app\ncargo build\nmake -C docs\ngo build ./cmd/app\n",
        ),
        (
            "a module of its own",
            "-- b.sh --\ngo -C tools build -mod=mod .\n(cd tools; go mod edit -go=1.26; go get x@v1)\ngo build ./cmd/app\n",
        ),
        (
            "after the build",
            "-- b.sh --\ngo build ./cmd/app\ngo mod tidy\nexport GOFLAGS=-mod=mod\ngit checkout go.mod\n",
        ),
        (
            "a variable that only looks so",
            "-- b.sh --\nexport MY_GOFLAGS=-mod=mod GOFLAGS_OLD=-overlay=o\ngo build ./cmd/app\n",
        ),
        (
            "a document that is written",
            "-- b.sh --\ncat > NOTES <<E\ngo build -overlay=o ./cmd/app\nGOFLAGS=-mod=mod\nE\ngo build ./cmd/app\n",
        ),
        (
            "taken back",
            "-- b.sh --\nexport GOFLAGS=-mod=mod\ngo run x.org/t@latest\nunset GOFLAGS\ngo build ./cmd/app\n",
        ),
        ("a subshell", "-- b.sh --\n(export GOFLAGS=-mod=mod; go run x.org/t@latest)\ngo build ./cmd/app\n"),
        (
            "a lint job of gitlab",
            "-- .gitlab-ci.yml --\nlint:\n  variables: {GOFLAGS: -mod=mod}\n  script: [golangci-lint run]\nb:\n  script: [go build ./cmd/app]\n",
        ),
        (
            "another build of goreleaser",
            "-- .goreleaser.yaml --\nbuilds:\n  - id: tool\n    dir: tools\n    flags: [-mod=mod]\n  - id: app\n    main: ./cmd/app\n",
        ),
        (
            "a Go file in a folder for a while",
            "-- b.sh --\ntmp=$(mktemp -d)\ncat > \"$tmp/main.go\" <<'EOF'\npackage main\nEOF\ngo build ./cmd/app\n",
        ),
        (
            "a comment in direnv",
            "-- .envrc --\n# export GOFLAGS=-mod=mod\nuse flake\nPATH_add bin\n-- Makefile --\napp:\n\tgo build ./cmd/app\n",
        ),
        (
            "another project that is cloned and built in a container",
            "-- Makefile --\nbin:\n\tdocker run --rm -v x:x image/${V} /bin/bash -c \"\\\n\t\tgit clone https://x.org/sample /go/src/sample && \\\n\t\tcd /go/src/sample && \\\n\t\tgo mod tidy && go mod edit -replace=a=b && \\\n\t\tgo build -overlay=o -o out/sample .\"\napp:\n\tgo build ./cmd/app\n",
        ),
        (
            "a release from a folder that hooks make",
            "-- .goreleaser.yml --\nbefore:\n  hooks:\n    - /bin/sh -c 'cd ./x-build && go mod init x'\n    - go mod edit -require=a@v1 ./x-build/go.mod\nbuilds:\n  - dir: ./x-build\n    binary: x\n",
        ),
        (
            "a copy of another project, on its own branch",
            "-- hack/diff.sh --\ntmp=$(mktemp -d)\ngit worktree add \"$tmp\" master\ncd \"$tmp\"\ngo mod edit -replace=a=b\ngo build ./...\n-- b.sh --\ngo build ./cmd/app\n",
        ),
    ]);
}
