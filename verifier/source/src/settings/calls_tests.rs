//! Settings that reach the delivered build through other files, variables and functions, and those that do not reach it.

use super::tests::told_in;

/// What is in force for the delivered build (`+`), or may be (`?`).
pub(super) fn counts(files: &str) -> Vec<String> {
    let sign = |line: String| {
        let (setting, delivered) = line.rsplit_once(' ')?;
        match delivered {
            "yes" => Some(format!("+ {setting}")),
            "?" => Some(format!("? {setting}")),
            _ => None,
        }
    };
    told_in(files).into_iter().filter_map(sign).collect()
}

/// Files, and what counts of them.
pub(super) fn table(cases: &[(&str, &str, &[&str])]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(what, files, expected)| {
            let found = counts(files);
            (found != *expected).then(|| format!("{what}\n  expected {expected:?}\n  found    {found:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn settings_reach_the_build_through_variables_and_functions() {
    table(&[
        (
            "a variable",
            "-- b.sh --\nFLAGS=\"-overlay=o.json\"\ngo build $FLAGS ./cmd/app\n",
            &["+ b.sh:2 -overlay=o.json"],
        ),
        (
            "an array",
            "-- b.sh --\nargs=(-trimpath -overlay o.json)\nargs+=(-v)\ngo build \"${args[@]}\" ./cmd/app\n",
            &["+ b.sh:3 -overlay=o.json", "+ b.sh:3 -trimpath"],
        ),
        (
            "exported after it is set",
            "-- b.sh --\nCGO_ENABLED=1\nexport CGO_ENABLED\ngo build ./cmd/app\n",
            &["+ b.sh:1 CGO_ENABLED=1"],
        ),
        (
            "what xargs reads is not known",
            "-- Makefile --\napp:\n\tgo list ./cmd/app | xargs go build -overlay=o.json\n",
            &["? Makefile:2 -overlay=o.json"],
        ),
        (
            "at the root, into a folder",
            "-- b.sh --\ncd cmd/app\ngo build -overlay=o.json\n",
            &["+ b.sh:2 -overlay=o.json"],
        ),
        ("not exported: the Go command does not see it", "-- b.sh --\nCGO_ENABLED=1\ngo build ./cmd/app\n", &[]),
        ("set -a", "-- b.sh --\nset -a\nCGO_ENABLED=1\ngo build ./cmd/app\n", &["+ b.sh:2 CGO_ENABLED=1"]),
        (
            "a function that is called after the setting",
            "-- b.sh --\ncompile() {\n  go build \"$@\" ./cmd/app\n}\nexport CGO_ENABLED=1\ncompile -modfile=o.mod\n",
            &["+ b.sh:2 -modfile=o.mod", "+ b.sh:4 CGO_ENABLED=1"],
        ),
        (
            "functions that are called by a name from outside",
            "-- b.sh --\nprepare() { go mod edit -require=x@v1; }\ncompile() {\n  prepare\n  go build ./cmd/app\n}\n\"$1\"\n",
            &["+ b.sh:1 go mod edit=-require=x@v1"],
        ),
        (
            "targets that are called by a name from outside",
            "-- ci.sh --\nfor t in $(cat order); do make \"$t\"; done\ngo build ./cmd/app\n-- Makefile --\nedit:\n\tgo mod edit -require=x@v1\napp:\n\tgo build -overlay=o ./cmd/app\n",
            &["? Makefile:2 go mod edit=-require=x@v1", "+ Makefile:4 -overlay=o"],
        ),
        (
            "a later value decides",
            "-- b.sh --\nexport CGO_ENABLED=1\nexport CGO_ENABLED=0\ngo build ./cmd/app\n",
            &["+ b.sh:2 CGO_ENABLED=0"],
        ),
        (
            "unless it may be passed over",
            "-- b.sh --\nexport CGO_ENABLED=1\nif [ -n \"$NEVER\" ]; then export CGO_ENABLED=0; fi\ngo build ./cmd/app\n",
            &["+ b.sh:1 CGO_ENABLED=1", "+ b.sh:2 CGO_ENABLED=0"],
        ),
        (
            "by a list too",
            "-- b.sh --\nexport CGO_ENABLED=1\n[ -n \"$NEVER\" ] && export CGO_ENABLED=0\ngo build ./cmd/app\n",
            &["+ b.sh:1 CGO_ENABLED=1", "+ b.sh:2 CGO_ENABLED=0"],
        ),
        (
            "a value in the same list is there when the build is",
            "-- b.sh --\nexport CGO_ENABLED=1\nmkdir -p x && export CGO_ENABLED=0 && go build ./cmd/app\n",
            &["+ b.sh:2 CGO_ENABLED=0"],
        ),
        (
            "the command line goes before the environment",
            "-- b.sh --\nexport GOFLAGS=-mod=mod CGO_ENABLED=1\nCGO_ENABLED=0 go build -mod=vendor ./cmd/app\n",
            &["+ b.sh:1 GOFLAGS=-mod=mod", "+ b.sh:2 -mod=vendor", "+ b.sh:2 CGO_ENABLED=0"],
        ),
        ("eval", "-- b.sh --\neval \"go build -overlay o ./cmd/app\"\n", &["+ b.sh:1 -overlay=o"]),
        ("a here-document", "-- b.sh --\nbash -s <<'E'\ngo build -overlay o ./cmd/app\nE\n", &["+ b.sh:1 -overlay=o"]),
        (
            "a wrapper with options",
            "-- b.sh --\nnice -n 5 timeout 10m env X=1 go build -overlay o ./cmd/app > log.txt 2>&1\n",
            &["+ b.sh:1 -overlay=o"],
        ),
        ("a wrapper of the compiler", "-- b.sh --\ngarble build ./cmd/app\n", &["+ b.sh:1 -toolexec=garble"]),
        (
            "a list of programs, one after the other",
            "-- b.sh --\nfor one in tool app; do CGO_ENABLED=1 go build \"./cmd/${one}\"; done\n",
            &["+ b.sh:1 CGO_ENABLED=1"],
        ),
        (
            "a command and a default inside of a value stay one word",
            "-- b.sh --\nF=\"-ldflags=-X=v=$(git log | head -1)\"\ngo build ${F} ${MORE:+-x} ${MODE:-\"-overlay=o\"} ./cmd/app\n",
            &["+ b.sh:2 -ldflags", "+ b.sh:2 -overlay=o"],
        ),
        (
            "flags that take no value",
            "-- b.sh --\ngo build -buildvcs -overlay=o ./cmd/app\n",
            &["+ b.sh:1 -buildvcs", "+ b.sh:1 -overlay=o"],
        ),
    ]);
}

#[test]
fn settings_reach_the_build_through_other_files() {
    table(&[
        (
            "an included file of any name",
            "-- Makefile --\ninclude settings\nbuild:\n\tgo build ./cmd/app\n-- settings --\nexport CGO_ENABLED := 1\n",
            &["+ Makefile:1 CGO_ENABLED=1"],
        ),
        (
            "a file that is sourced",
            "-- build.sh --\ncd \"$(dirname \"$0\")\"\n. ./env.txt\ngo build ./cmd/app\n-- env.txt --\n# settings\nexport CGO_ENABLED=1\n",
            &["+ env.txt:2 CGO_ENABLED=1"],
        ),
        (
            "an image that calls make",
            "-- Dockerfile --\nFROM golang\nENV GOFLAGS=-overlay=o.json\nCOPY . /src\nWORKDIR /src\nRUN make app\n-- Makefile --\nall: app\napp:\n\tgo build ./cmd/app\n",
            &["+ Dockerfile:2 -overlay=o.json", "+ Dockerfile:2 GOFLAGS=-overlay=o.json"],
        ),
        (
            "make that calls itself",
            "-- Makefile --\nrelease:\n\tCGO_ENABLED=1 $(MAKE) app\napp:\n\tgo build ./cmd/app\n",
            &["+ Makefile:2 CGO_ENABLED=1"],
        ),
        (
            "a variable of make's command line",
            "-- ci.sh --\nmake FLAGS=-overlay=o.json app\n-- Makefile --\nFLAGS =\napp:\n\tgo build $(FLAGS) ./cmd/app\n",
            &["+ Makefile:3 -overlay=o.json"],
        ),
        (
            "a script that calls a script",
            "-- ci.sh --\nexport CGO_ENABLED=1\n./scripts/build\n-- scripts/build --\n#!/bin/sh\ngo build ./cmd/app\n",
            &["+ ci.sh:1 CGO_ENABLED=1"],
        ),
        (
            "a file of settings for the Go command",
            "-- b.sh --\nGOENV=conf/settings go build ./cmd/app\nexport GOENV=conf/settings\ngo build ./cmd/app\n-- conf/settings --\nGOFLAGS=-mod=mod\n",
            &[
                "+ b.sh:1 GOENV=conf/settings",
                "+ b.sh:2 GOENV=conf/settings",
                "+ conf/settings:1 -mod=mod",
                "+ conf/settings:1 GOFLAGS=-mod=mod",
            ],
        ),
        (
            "a file of settings put in place",
            "-- Dockerfile --\nFROM golang\nCOPY conf/settings /usr/local/go/go.env\nRUN go build ./cmd/app\n-- conf/settings --\nGOFLAGS=-mod=mod\n",
            &["+ conf/settings:1 -mod=mod", "+ conf/settings:1 GOFLAGS=-mod=mod"],
        ),
        (
            "a job that writes the environment of later steps",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    steps:\n      - run: echo \"CGO_ENABLED=1\" >> \"$GITHUB_ENV\"\n      - run: go build ./cmd/app\n",
            &["+ .github/workflows/w.yml:4 CGO_ENABLED=1"],
        ),
        (
            "a job that calls goreleaser",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    env: {GOFLAGS: -overlay=o}\n    steps:\n      - uses: goreleaser/goreleaser-action@v6\n-- .goreleaser.yml --\nbuilds:\n  - main: ./cmd/app\n",
            &["+ .github/workflows/w.yml:3 -overlay=o", "+ .github/workflows/w.yml:3 GOFLAGS=-overlay=o"],
        ),
        (
            "arguments of an image build",
            "-- ci.sh --\ndocker build --build-arg CGO_ENABLED=1 .\n-- Dockerfile --\nFROM golang\nARG CGO_ENABLED=0\nRUN go build ./cmd/app\n",
            &["+ Dockerfile:2 CGO_ENABLED=0", "+ Dockerfile:2 CGO_ENABLED=1"],
        ),
        (
            "an argument from before the first stage",
            "-- Dockerfile --\nARG CGO_ENABLED=1\nFROM golang\nARG CGO_ENABLED\nRUN go build ./cmd/app\n",
            &["+ Dockerfile:3 CGO_ENABLED=1"],
        ),
        (
            "an argument that nobody gives",
            "-- Dockerfile --\nFROM golang\nARG CGO_ENABLED\nRUN go build ./cmd/app\n",
            &["+ Dockerfile:2 CGO_ENABLED"],
        ),
        (
            "a stage that begins from another",
            "-- Dockerfile --\nFROM golang AS base\nENV CGO_ENABLED=1\nFROM base\nRUN go build ./cmd/app\n",
            &["+ Dockerfile:2 CGO_ENABLED=1"],
        ),
        (
            "a condition of make",
            "-- Makefile --\nFLAGS = -overlay=o\nifdef NEVER\nFLAGS =\nendif\napp:\n\tgo build $(FLAGS) ./cmd/app\n",
            &["+ Makefile:6 -overlay=o"],
        ),
        (
            "a variable that adds to itself, and one that never ends",
            "-- Makefile --\nT := a $(T)\nifdef X\nT := b $(T)\nendif\nU = $(V)$(V)\nV = $(U)$(U) -overlay=o\napp:\n\tgo build -tags \"$(T)\" $(U) ./cmd/app\n",
            &["+ Makefile:8 -overlay=o", "+ Makefile:8 -tags=a ", "+ Makefile:8 -tags=b a "],
        ),
        (
            "make exports everything",
            "-- Makefile --\nCGO_ENABLED = 1\n.EXPORT_ALL_VARIABLES:\napp:\n\tgo build ./cmd/app\n",
            &["+ Makefile:1 CGO_ENABLED=1"],
        ),
        (
            "go.mod is written by other means",
            "-- b.sh --\nsed -i s/v1/v2/ go.mod\ncp release.sum go.sum\necho x >> go.mod\ngo build ./cmd/app\n",
            &["+ b.sh:1 edit of module files", "+ b.sh:2 edit of module files", "+ b.sh:3 edit of module files"],
        ),
        (
            "a source that an image fetches",
            "-- Dockerfile --\nFROM golang\nRUN git clone https://x.org/m . && go get x.org/a\nRUN go build ./cmd/app\n",
            &["+ Dockerfile:2 go get=x.org/a"],
        ),
        (
            "a byte order mark and carriage returns",
            "-- b.sh --\n\u{feff}export CGO_ENABLED=1\r\ngo build ./cmd/app\r\n",
            &["+ b.sh:1 CGO_ENABLED=1"],
        ),
    ]);
}

#[test]
fn what_is_no_delivered_build_does_not_count() {
    table(&[
        (
            "a compile check of everything",
            "-- b.sh --\ncd \"$(git rev-parse --show-toplevel)\"\nexport CGO_ENABLED=1\ngo build -race ./...\n",
            &[],
        ),
        ("but installing everything", "-- b.sh --\nCGO_ENABLED=1 go install ./...\n", &["+ b.sh:1 CGO_ENABLED=1"]),
        ("or keeping everything", "-- b.sh --\nCGO_ENABLED=1 go build -o bin/ ./...\n", &["+ b.sh:1 CGO_ENABLED=1"]),
        ("a build that is thrown away", "-- b.sh --\nCGO_ENABLED=1 go build -o /dev/null ./cmd/app\n", &[]),
        ("another platform", "-- b.sh --\nGOARCH=arm CGO_ENABLED=1 go build ./cmd/app\n", &[]),
        ("a tool at a version", "-- b.sh --\nGOFLAGS=-mod=mod go install \"example.com/m/cmd/app@$V\"\n", &[]),
        (
            "what only prints the graph",
            "-- b.sh --\nV=$(go mod edit -json | jq .Go)\ngo work edit -print\ngo mod edit -fmt\ngo build ./cmd/app\n",
            &[],
        ),
        (
            "tools by the names of a list",
            "-- b.sh --\nTOOLS=\"x.org/a x.org/b\"\nfor tool in ${TOOLS}; do GO111MODULE=on go install \"$tool\"; done\n",
            &[],
        ),
        (
            "a change in a module of tools",
            "-- b.sh --\n(cd tools && go get x@latest && go mod tidy)\ngo build ./cmd/app\n",
            &[],
        ),
        (
            "a change in a folder that is not known",
            "-- b.sh --\n(cd \"$X\" && go mod tidy)\ngo build ./cmd/app\n",
            &["? b.sh:1 go mod tidy"],
        ),
        (
            "a copy of another project",
            "-- b.sh --\ntry() {\n  (cd \"$1\"; go mod edit -replace a=b; go mod tidy; go build ./...)\n}\n",
            &[],
        ),
        (
            "a rule that runs where a delivered file is older than another",
            "-- Makefile --\napp: internal/x/x.go\n\tgo build ./cmd/app\ninternal/x/x.go: x.cfg\n\tgo generate ./internal/x\n\tgo get\n",
            &["? Makefile:4 go generate=./internal/x", "? Makefile:5 go get=."],
        ),
        (
            "the environment of another step",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    steps:\n      - run: go test ./...\n        env: {CGO_ENABLED: 1}\n      - run: go build ./cmd/app\n        env: {CGO_ENABLED: 0}\n",
            &["+ .github/workflows/w.yml:7 CGO_ENABLED=0"],
        ),
        (
            "an export in another layer of an image",
            "-- Dockerfile --\nFROM golang\nRUN export CGO_ENABLED=1\nRUN go build ./cmd/app\n",
            &[],
        ),
        (
            "a folder that was not delivered",
            "-- a.sh --\n(cd \"$(git rev-parse --show-toplevel)/internal/gen\" && CGO_ENABLED=1 go install)\n",
            &[],
        ),
        (
            "a target that whoever calls the script names",
            "-- ci.sh --\nmake \"$1\"\nmake app\n-- Makefile --\nedit:\n\tgo mod edit -require=x@v1\napp:\n\tgo build ./cmd/app\n",
            &[],
        ),
        (
            "a tool of an image that has nothing of the source yet",
            "-- Dockerfile --\nFROM golang\nRUN go get x.org/tool\nCOPY . /src\nWORKDIR /src\nRUN go build ./cmd/app\n",
            &[],
        ),
        (
            "a program beside the script",
            "-- a/b/c.sh --\nHERE=\"$(dirname \"${BASH_SOURCE[0]}\")\"\nROOT=\"$(dirname \"$(dirname \"${HERE}\")\")\"\none() {\n  local dir=$1\n  pushd \"$dir\"\n  CGO_ENABLED=1 go install\n  popd\n}\none \"${ROOT}/tools\"\n",
            &[],
        ),
        (
            "an argument of another stage",
            "-- Dockerfile --\nARG CGO_ENABLED=1\nFROM golang\nRUN go build ./cmd/app\n",
            &[],
        ),
        (
            "a folder of its own",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    steps:\n      - run: go get -d ./...\n        working-directory: tools\n      - run: go build\n        working-directory: cmd/app\n",
            &[],
        ),
        (
            "a target that is not called",
            "-- ci.sh --\nmake app\n-- Makefile --\ntidy:\n\tgo mod tidy\napp:\n\tgo build ./cmd/app\n",
            &[],
        ),
        (
            "words about it",
            "-- b.sh --\n# export CGO_ENABLED=1\necho 'export CGO_ENABLED=1'\ncat <<E\nexport CGO_ENABLED=1\nE\ngo build ./cmd/app\n",
            &[],
        ),
    ]);
}

#[test]
fn a_command_that_contradicts_the_declared_build_is_not_known_to_make_the_program() {
    let files = "-- b.sh --\nCGO_ENABLED=1 go build -race ./cmd/app\n";
    assert_eq!(counts(files), ["+ b.sh:1 -race", "+ b.sh:1 CGO_ENABLED=1"]);
    let declared = super::tests::told_with(files, Some(&[("CGO_ENABLED", "0")]));
    assert_eq!(declared, ["b.sh:1 -race ?", "b.sh:1 CGO_ENABLED=1 ?"]);
    let agreeing =
        super::tests::told_with("-- b.sh --\nCGO_ENABLED=1 go build ./cmd/app\n", Some(&[("CGO_ENABLED", "1")]));
    assert_eq!(agreeing, ["b.sh:1 CGO_ENABLED=1 yes"]);
}
