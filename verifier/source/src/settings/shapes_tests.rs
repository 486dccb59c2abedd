//! Spellings of one attack, tool by tool: what is in force for the delivered build (`+`), or may be (`?`).

use super::calls_tests::counts;

/// Files in which one setting reaches the delivered build: name, files, and what has to be among what counts.
pub(super) fn reaches(cases: &[(&str, &str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(what, files, wanted)| {
            let found = counts(files);
            let there = found.iter().any(|line| line.contains(wanted));
            (!there).then(|| format!("{what}\n  expected {wanted}\n  found    {found:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// The same of texts that `with` puts among files.
pub(super) fn each_reaches<T: AsRef<str>>(texts: &[T], wanted: &str, with: impl Fn(&str) -> String) {
    let cases: Vec<(&str, String)> = texts.iter().map(|text| (text.as_ref(), with(text.as_ref()))).collect();
    reaches(&cases.iter().map(|(what, files)| (*what, files.as_str(), wanted)).collect::<Vec<_>>());
}

/// Texts that `with` puts among files, and of which nothing counts.
pub(super) fn nothing_counts<T: AsRef<str>>(texts: &[T], with: impl Fn(&str) -> String) {
    for text in texts.iter().map(AsRef::as_ref) {
        let found = counts(&with(text));
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

#[test]
fn ordinary_spellings_hide_nothing() {
    const RUN: &str = "go build -overlay=o.json ./cmd/app";
    let makes = [
        ("a variable for what make strips", format!("Q := @\napp:\n\t$(Q){RUN}\n")),
        ("by a condition", "ifeq ($(V),1)\nQ :=\nelse\nQ := @\nendif\nGO ?= go\napp:\n\t$(Q)$(GO) build -overlay=o.json ./cmd/app\n".into()),
        ("by a function", format!("Q = $(if $(V),,@)\napp:\n\t$(Q){RUN}\n")),
        ("one letter", "F = -overlay=o.json\napp:\n\tgo build $F ./cmd/app\n".into()),
        ("evaluated", format!("define rule\n$(1):\n\t@{RUN}\nendef\n$(eval $(call rule,app))\n")),
        (
            "evaluated, with a word of the shell's",
            "define rule\n$(1):\n\tb() { go build $$1 ./cmd/app; }; b -overlay=o.json\nendef\n$(eval $(call rule,app))\n".into(),
        ),
        ("evaluated for each", "define rule\n$(1):\n\tgo build -overlay=o.json ./cmd/$(1)\nendef\n$(foreach b,app,$(eval $(call rule,$(b))))\n".into()),
        ("a setting that is evaluated", "$(eval export GOFLAGS=-overlay=o.json)\napp:\n\tgo build ./cmd/app\n".into()),
        ("prefixes", "app:\n\tgo build $(addprefix -,overlay=o.json) ./cmd/app\n".into()),
        ("suffixes", "app:\n\tgo build $(addsuffix =o.json,-overlay) ./cmd/app\n".into()),
        ("put in place", "app:\n\tgo build $(subst x,o.json,-overlay=x) ./cmd/app\n".into()),
        ("by a pattern", "app:\n\tgo build $(patsubst %,-overlay=%,o.json) ./cmd/app\n".into()),
        ("for each", "app:\n\tgo build $(foreach f,o.json,-overlay=$(f)) ./cmd/app\n".into()),
        ("left out", "app:\n\tgo build $(filter-out -v,-v -overlay=o.json) ./cmd/app\n".into()),
        ("by other endings", "F = -overlay=o.x\napp:\n\tgo build $(F:.x=.json) ./cmd/app\n".into()),
        ("a name by a name", "A = B\nB = -overlay=o.json\napp:\n\tgo build $($(A)) ./cmd/app\n".into()),
        ("one of two, with commas", "app:\n\tgo build $(if $(filter x,$(A)),-v,-overlay=o.json) ./cmd/app\n".into()),
    ];
    let scripts = [
        ("a function with a blank", "build () {\n  go build \"$@\" ./cmd/app\n}\nbuild -overlay=o.json\n".to_owned()),
        ("a script called like a wrapper", "./script x\n-- script --\ngo build -overlay=o.json ./cmd/app\n".into()),
        ("by its word", format!("function build () {{\n  {RUN}\n}}\nbuild\n")),
        ("arithmetic", format!("(( n = 1 << 4 ))\n{RUN}\n")),
        ("arithmetic of a loop", format!("for ((i = 0; i < 1 << 2; i++)); do\n{RUN}\ndone\n")),
        ("two subshells", "((GOFLAGS=-overlay=o.json go build ./cmd/app) | cat)\n".into()),
        ("a text as in C", "go build $'-overlay=o.json' ./cmd/app\n".into()),
        ("one with escapes", "go build $'\\x2doverlay=o.json' ./cmd/app\n".into()),
        ("a text to be translated", "go build $\"-overlay=o.json\" ./cmd/app\n".into()),
        ("by default", ": \"${GOFLAGS:=-overlay=o.json}\"\nexport GOFLAGS\ngo build ./cmd/app\n".into()),
        ("for some lines", "set -a\nGOFLAGS=-overlay=o.json\nset +a\ngo build ./cmd/app\n".into()),
        ("without a variable", format!("env -u GOFLAGS {RUN}\n")),
        ("in another folder", format!("env -C . {RUN}\n")),
        ("of one text", format!("env -S '{RUN}'\n")),
        ("by another user", format!("sudo -u builder {RUN}\n")),
        ("by yet another", format!("su builder -c '{RUN}'\n")),
        ("with a signal", format!("timeout -s KILL 10m {RUN}\n")),
        ("one after the other", format!("flock -n /tmp/lock {RUN}\n")),
        ("one after the other, as a text", format!("flock /tmp/lock -c '{RUN}'\n")),
        ("by a small tool", format!("gosu builder {RUN}\n")),
        ("under a tracer", format!("strace -f -o t.log {RUN}\n")),
        ("timed", format!("/usr/bin/time -f %e {RUN}\n")),
        ("quoted as a whole", "export GOFLAGS=\"'-overlay=o.json'\"\ngo build ./cmd/app\n".into()),
    ];
    let images = [
        ("a document behind an option", format!("FROM golang\nRUN --mount=type=cache,target=/c <<EOF\n{RUN}\nEOF\n")),
        ("behind arithmetic that is no document", format!("FROM golang\nRUN python3 -c \"print(1<<n)\"\nRUN {RUN}\n")),
        ("a document that a shell reads", format!("FROM golang\nRUN bash <<EOF\n{RUN}\nEOF\n")),
    ];
    let files =
        |name: &'static str| move |(what, text): (&'static str, String)| (what, format!("-- {name} --\n{text}"));
    let makes = makes.into_iter().map(files("Makefile"));
    let all = makes.chain(scripts.into_iter().map(files("b.sh"))).chain(images.into_iter().map(files("Dockerfile")));
    let all: Vec<(&str, String)> = all.collect();
    reaches(&all.iter().map(|(what, text)| (*what, text.as_str(), "-overlay=o.json")).collect::<Vec<_>>());
}

#[test]
fn what_evaluates_itself_has_an_end() {
    let calls = "$(eval $(call x))\n".repeat(12);
    let nested = (0..24).fold("$(eval A=b)".to_owned(), |body, n| format!("$(foreach v{n},1 2 3,{body})"));
    for text in [format!("define x\n{calls}endef\n{calls}"), format!("{nested}\n")] {
        let found = counts(&format!("-- Makefile --\n{text}app:\n\tgo build -overlay=o.json ./cmd/app\n"));
        assert!(found.iter().any(|line| line.contains("-overlay=o.json")), "{found:?}");
    }
}

#[test]
fn what_a_file_holds_is_not_known_and_module_files_are_changed_in_many_ways() {
    reaches(&[
        ("flags of a file", "-- b.sh --\ngo build $(cat build.flags) ./cmd/app\n", "-overlay"),
        (
            "edited with other letters",
            "-- b.sh --\nsed -Ei s/a/b/ go.mod\ngo build ./cmd/app\n",
            "edit of module files",
        ),
        ("sums removed", "-- b.sh --\nrm -f go.sum\ngo build ./cmd/app\n", "edit of module files"),
        (
            "written by the image's own text",
            "-- Dockerfile --\nFROM golang\nWORKDIR /src\nCOPY . .\nCOPY <<EOF go.mod\nmodule x\nEOF\nRUN go build ./cmd/app\n",
            "edit of module files",
        ),
        (
            "from another stage",
            "-- Dockerfile --\nFROM golang AS a\nFROM golang\nWORKDIR /src\nCOPY . .\nCOPY --from=a /w/go.mod ./go.mod\nRUN go build ./cmd/app\n",
            "edit of module files",
        ),
        (
            "mounted in its place",
            "-- Dockerfile --\nFROM golang\nWORKDIR /src\nCOPY . .\nRUN --mount=type=bind,source=other.mod,target=go.mod go build ./cmd/app\n",
            "edit of module files",
        ),
    ]);
    nothing_counts(
        &[
            "cat > /tmp/x/go.mod",
            "cat > \"$(mktemp -d)/go.mod\"",
            "cat > testdata/mod/go.mod",
            "cp tools/go.mod.in tools/go.mod",
            "sed -i s/a/b/ tools/go.mod",
        ],
        |elsewhere| format!("-- b.sh --\n{elsewhere}\ngo build ./cmd/app\n-- tools/go.mod --\nmodule tools\n"),
    );
    for here in [
        "cat > ./go.mod",
        "cp release/go.mod go.mod",
        "cd tools && cat > ../go.mod",
        "cat > \"$PWD/go.mod\"",
        "sed -i s/a/b/ vendor/modules.txt",
        "cat > cmd/go.mod",
    ] {
        let found = counts(
            &format!("-- b.sh --\n{here}\ncd ..\ngo build ./cmd/app\n")
                .replace("cd ..\n", if here.starts_with("cd") { "cd ..\n" } else { "" }),
        );
        assert!(found.iter().any(|line| line.contains("edit of module files")), "{here}: {found:?}");
    }
    let nothing = counts("-- b.sh --\ngo build -ldflags \"-X main.version=$(cat VERSION)\" ./cmd/app\n");
    assert!(nothing.iter().all(|line| line.contains("-ldflags")), "{nothing:?}");
}

#[test]
fn image_builds_are_seen_in_every_form_of_their_instructions() {
    reaches(&[
        (
            "exec form",
            "-- Dockerfile --\nFROM golang\nRUN [\"go\", \"build\", \"-overlay=o.json\", \"./cmd/app\"]\n",
            "-overlay=o.json",
        ),
        (
            "exec form of a shell",
            "-- Dockerfile --\nFROM golang\nRUN [\"sh\", \"-c\", \"go build -overlay=o.json ./cmd/app\"]\n",
            "-overlay=o.json",
        ),
        (
            "a document",
            "-- Dockerfile --\nFROM golang\nRUN <<EOF\nset -e\ngo build -overlay=o.json ./cmd/app\nEOF\n",
            "-overlay=o.json",
        ),
        (
            "a document for a shell",
            "-- Dockerfile --\nFROM golang\nRUN <<-'E' bash -eu\n\tgo build -overlay=o.json ./cmd/app\n\tE\n",
            "-overlay=o.json",
        ),
        (
            "options of RUN",
            "-- Dockerfile --\nFROM golang\nRUN --mount=type=cache,target=/cache --network=none go build -overlay=o.json ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "the old form of ENV",
            "-- Dockerfile --\nFROM golang\nENV GOFLAGS -mod=mod\nRUN go build ./cmd/app\n",
            "-mod=mod",
        ),
        (
            "several in one ENV",
            "-- Dockerfile --\nFROM golang\nENV A=1 GOFLAGS=\"-v -mod=mod\" \\\n    B=2\nRUN go build ./cmd/app\n",
            "-mod=mod",
        ),
        (
            "ENV from an argument",
            "-- Dockerfile --\nFROM golang\nARG MODE=-mod=mod\nENV GOFLAGS=${MODE}\nRUN go build ./cmd/app\n",
            "GOFLAGS",
        ),
        ("small letters", "-- Dockerfile --\nfrom golang\nenv GOFLAGS=-mod=mod\nrun go build ./cmd/app\n", "-mod=mod"),
        (
            "comments between continued lines",
            "-- Dockerfile --\nFROM golang\nRUN go build \\\n# why not\n  -overlay=o.json \\\n\n  ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "the other escape",
            "-- Dockerfile --\n# escape=`\nFROM golang\nRUN go build `\n  -overlay=o.json `\n  ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "go.mod from another file",
            "-- Dockerfile --\nFROM golang\nCOPY . .\nCOPY release.mod go.mod\nRUN go build ./cmd/app\n",
            "edit of module files",
        ),
        (
            "go.mod fetched",
            "-- Dockerfile --\nFROM golang\nCOPY . .\nADD https://x.org/go.mod ./go.mod\nRUN go build ./cmd/app\n",
            "edit of module files",
        ),
    ]);
}

#[test]
fn shells_are_read_through_their_spellings() {
    let with = |line: &str| format!("-- b.sh --\n{line}\n");
    let lines = [
        "/usr/local/go/bin/go build -overlay=o.json ./cmd/app",
        "\"go\" build -overlay=o.json ./cmd/app",
        "g''o build -overlay=o.json ./cmd/app",
        "\\go build -overlay=o.json ./cmd/app",
        "GO=go; $GO build -overlay=o.json ./cmd/app",
        "GO=${GO:-go}; \"$GO\" build -overlay=o.json ./cmd/app",
        "$(command -v go) build -overlay=o.json ./cmd/app",
        "go -C cmd/app build -overlay=o.json",
        "go -C cmd/app build -overlay o.json .",
        "go build --overlay=o.json ./cmd/app",
        "go build '-overlay=o.json' ./cmd/app",
        "go build -overl\\\nay=o.json ./cmd/app",
        "{ go build -overlay=o.json ./cmd/app; } 2>&1 | tee log",
        "if true; then go build -overlay=o.json ./cmd/app; fi",
        "while ! go build -overlay=o.json ./cmd/app; do sleep 1; done",
        "case $1 in all) go build -overlay=o.json ./cmd/app;; esac",
        "until go build -overlay=o.json ./cmd/app; do :; done",
        "go build -overlay=o.json ./cmd/app &",
        "! go build -overlay=o.json ./cmd/app || exit 0",
        "out=$(go build -overlay=o.json ./cmd/app 2>&1)",
        "out=`go build -overlay=o.json ./cmd/app`",
        "echo 'go build -overlay=o.json ./cmd/app' | sh",
        "sh <<< 'go build -overlay=o.json ./cmd/app'",
        "xargs go build -overlay=o.json < packages ./cmd/app",
        "find . -maxdepth 0 -exec go build -overlay=o.json ./cmd/app \\;",
        "docker run --rm -v \"$PWD:/src\" -w /src golang:1.26 go build -overlay=o.json ./cmd/app",
        "docker run --rm -e GOFLAGS=-overlay=o.json -v \"$PWD:/src\" golang go build ./cmd/app",
        "export GOFLAGS=\"$GOFLAGS -overlay=o.json\"\ngo build ./cmd/app",
        "declare -x GOFLAGS=-overlay=o.json\ngo build ./cmd/app",
        "go env -w GOFLAGS=-overlay=o.json\ngo build ./cmd/app",
        "echo GOFLAGS=-overlay=o.json >> \"$(go env GOENV)\"\ngo build ./cmd/app",
        "go() { GOFLAGS=-overlay=o.json command go \"$@\"; }\ngo build ./cmd/app",
        "build() (\n  go build -overlay=o.json ./cmd/app\n)\nbuild",
        "function build {\n  go build -overlay=o.json ./cmd/app\n}\nbuild",
        "pushd cmd/app && go build -overlay=o.json && popd",
        "(cd cmd && cd app && go build -overlay=o.json .)",
        "go install -overlay=o.json example.com/m/cmd/app",
        "go build -overlay=o.json ./cmd/app/main.go",
        "go build -overlay=o.json -o out/app ./cmd/...",
        "flags=(-v)\nflags+=(-overlay=o.json)\ngo build ${flags[*]} ./cmd/app",
        "printf -v F %s -overlay=o.json; go build $F ./cmd/app",
        "go list ./cmd/app | xargs go build -overlay=o.json",
    ];
    each_reaches(&lines, "overlay", with);
}

#[test]
fn sources_and_module_files_changed_before_the_build_are_seen() {
    let with = |line: &str| format!("-- b.sh --\n{line}\ngo build ./cmd/app\n");
    let lines = [
        "cp release.mod go.mod",
        "mv go.mod.release go.mod",
        "install -m 644 release.mod go.mod",
        "ln -sf release.mod go.mod",
        "cat release.mod > go.mod",
        "tee go.mod < release.mod",
        "echo 'replace a => ./b' >> go.mod",
        "printf '%s\\n' 'replace a => ./b' | tee -a go.mod >/dev/null",
        "sed -i.bak s/a/b/ go.mod",
        "sed --in-place s/a/b/ go.mod",
        "perl -pi -e s/a/b/ go.mod",
        "find . -name go.mod -exec sed -i s/a/b/ {} +",
        "curl -sSfL -o go.mod https://x.org/go.mod",
        "curl https://x.org/go.mod > go.mod",
        "wget -O go.sum https://x.org/go.sum",
        "dd if=release.mod of=go.mod",
        "rsync -a release/go.mod ./go.mod",
        "git checkout release -- go.mod go.sum",
        "git apply release.patch",
        "patch -p1 < release.patch",
        "git am release.patch",
        "go mod edit -replace=a=./b",
        "go mod init example.com/m",
        "go work init .",
        "go work use ./b",
        "go get a@v1",
        "cp patched.go cmd/app/main.go",
        "sed -i s/a/b/ internal/x/x.go",
        "curl -o internal/x/x.go https://x.org/x.go",
        "cat >> internal/x/x.go <<E\nvar x = 1\nE",
        "ln -s $PWD/build/go /usr/local/bin/go",
        "cp build/wrapper /usr/local/go/bin/go",
        "printf '#!/bin/sh' > /usr/local/go/bin/go",
        "curl -o /usr/local/bin/go https://x.org/go",
    ];
    each_reaches(&lines, "b.sh:1", with);
}

#[test]
fn a_copy_of_the_module_itself_is_the_source() {
    reaches(&[
        (
            "cloned and built",
            "-- b.sh --\ngit clone --depth 1 git@example.com:m.git work\ncd work\ngo build -overlay=o ./cmd/app\n",
            "overlay",
        ),
        (
            "whoever's it is, the program has the name",
            "-- b.sh --\ngit clone https://x.org/y work\ncd work\ngo build -overlay=o -o /out/app .\n",
            "overlay",
        ),
    ]);
}

#[test]
fn jobs_tasks_and_releases_are_read_through_their_spellings() {
    reaches(&[
        (
            "github: environment of the workflow",
            "-- .github/workflows/w.yml --\nenv: {GOFLAGS: -overlay=o}\njobs:\n  b:\n    steps:\n      - run: go build ./cmd/app\n",
            "-overlay=o",
        ),
        (
            "github: of a container",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    container:\n      image: golang\n      env: {GOFLAGS: -overlay=o}\n    steps:\n      - run: go build ./cmd/app\n",
            "-overlay=o",
        ),
        (
            "github: an earlier step",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    steps:\n      - run: go env -w GOFLAGS=-overlay=o\n      - run: go build ./cmd/app\n",
            "-overlay=o",
        ),
        (
            "github: a matrix",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    strategy:\n      matrix:\n        flags: [-overlay=o]\n    steps:\n      - run: go build ${{ matrix.flags }} ./cmd/app\n",
            "overlay",
        ),
        (
            "github: a folder by default",
            "-- .github/workflows/w.yml --\ndefaults: {run: {working-directory: cmd/app}}\njobs:\n  b:\n    steps:\n      - run: go build -overlay=o .\n",
            "-overlay=o",
        ),
        (
            "github: another shell",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    steps:\n      - shell: bash -euo pipefail {0}\n        run: go build -overlay=o ./cmd/app\n",
            "-overlay=o",
        ),
        (
            "github: a document written to the environment",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    steps:\n      - run: |\n          cat >> $GITHUB_ENV <<E\n          GOFLAGS=-overlay=o\n          E\n      - run: go build ./cmd/app\n",
            "-overlay=o",
        ),
        (
            "github: an action of the tree",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    steps:\n      - uses: ./.github/actions/build\n-- .github/actions/build/action.yml --\nruns:\n  using: composite\n  steps:\n    - run: go build -overlay=o ./cmd/app\n      shell: bash\n",
            "-overlay=o",
        ),
        (
            "github: a workflow that is called",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    uses: ./.github/workflows/r.yml\n-- .github/workflows/r.yml --\non: workflow_call\njobs:\n  c:\n    steps:\n      - run: go build -overlay=o ./cmd/app\n",
            "-overlay=o",
        ),
        (
            "gitlab: before everything",
            "-- .gitlab-ci.yml --\nbefore_script: [export GOFLAGS=-overlay=o]\nb:\n  script: [go build ./cmd/app]\n",
            "-overlay=o",
        ),
        (
            "gitlab: by default",
            "-- .gitlab-ci.yml --\ndefault:\n  before_script:\n    - export GOFLAGS=-overlay=o\nb:\n  script: go build ./cmd/app\n",
            "-overlay=o",
        ),
        (
            "gitlab: inherited",
            "-- .gitlab-ci.yml --\n.base:\n  variables: {GOFLAGS: -overlay=o}\nb:\n  extends: .base\n  script: [go build ./cmd/app]\n",
            "-overlay=o",
        ),
        (
            "gitlab: an anchor",
            "-- .gitlab-ci.yml --\n.base: &base\n  variables: {GOFLAGS: -overlay=o}\nb:\n  <<: *base\n  script: [go build ./cmd/app]\n",
            "-overlay=o",
        ),
        (
            "gitlab: a variable with a description",
            "-- .gitlab-ci.yml --\nvariables:\n  GOFLAGS: {value: -overlay=o, description: x}\nb:\n  script: [go build ./cmd/app]\n",
            "-overlay=o",
        ),
        (
            "gitlab: lists in lists",
            "-- .gitlab-ci.yml --\nb:\n  script:\n    - - go build -overlay=o ./cmd/app\n",
            "-overlay=o",
        ),
        (
            "task: environment of all",
            "-- Taskfile.yml --\nversion: 3\nenv: {GOFLAGS: -overlay=o}\ntasks:\n  b: go build ./cmd/app\n",
            "-overlay=o",
        ),
        (
            "task: a list alone",
            "-- Taskfile.yml --\nversion: 3\ntasks:\n  b:\n    - go build -overlay=o ./cmd/app\n",
            "-overlay=o",
        ),
        (
            "task: another task",
            "-- Taskfile.yml --\nversion: 3\ntasks:\n  b:\n    cmds:\n      - task: p\n      - cmd: go build ./cmd/app\n  p:\n    cmds: [go env -w GOFLAGS=-overlay=o]\n",
            "-overlay=o",
        ),
        (
            "task: a dependency",
            "-- Taskfile.yml --\nversion: 3\ntasks:\n  b:\n    deps: [p]\n    cmds: [go build ./cmd/app]\n  p: {cmds: [go mod edit -replace=a=b]}\n",
            "go mod edit",
        ),
        (
            "task: variables",
            "-- Taskfile.yml --\nversion: 3\nvars: {FLAGS: -overlay=o}\ntasks:\n  b: {cmds: ['go build {{.FLAGS}} ./cmd/app']}\n",
            "overlay",
        ),
        (
            "task: a folder",
            "-- Taskfile.yml --\nversion: 3\ntasks:\n  b: {dir: cmd/app, cmds: [go build -overlay=o]}\n",
            "-overlay=o",
        ),
        (
            "task: a file of settings",
            "-- Taskfile.yml --\nversion: 3\ndotenv: [settings]\ntasks:\n  b: {cmds: [go build ./cmd/app]}\n-- settings --\nGOFLAGS=-overlay=o\n",
            "-overlay=o",
        ),
        (
            "goreleaser: environment of all",
            "-- .goreleaser.yaml --\nenv: [GOFLAGS=-overlay=o]\nbuilds:\n  - main: ./cmd/app\n",
            "-overlay=o",
        ),
        (
            "goreleaser: flags as one text",
            "-- .goreleaser.yaml --\nbuilds:\n  - main: ./cmd/app\n    flags: -trimpath -overlay=o\n",
            "-overlay=o",
        ),
        (
            "goreleaser: a hook of the build",
            "-- .goreleaser.yaml --\nbuilds:\n  - main: ./cmd/app\n    hooks: {pre: [{cmd: go mod edit -replace=a=b}]}\n",
            "go mod edit",
        ),
        (
            "goreleaser: an override",
            "-- .goreleaser.yaml --\nbuilds:\n  - main: ./cmd/app\n    overrides:\n      - {goos: linux, goarch: amd64, flags: [-overlay=o]}\n",
            "-overlay=o",
        ),
        (
            "goreleaser: the proxy's go.mod",
            "-- .goreleaser.yaml --\ngomod: {proxy: true, mod: mod}\nbuilds:\n  - main: ./cmd/app\n",
            "-mod=mod",
        ),
        (
            "goreleaser: a folder",
            "-- .goreleaser.yaml --\nbuilds:\n  - dir: cmd/app\n    flags: [-overlay=o]\n",
            "-overlay=o",
        ),
        (
            "a file for direnv",
            "-- .envrc --\nexport GOFLAGS=-overlay=o\n-- Makefile --\napp:\n\tgo build ./cmd/app\n",
            "-overlay=o",
        ),
    ]);
}

#[test]
fn what_an_image_build_puts_in_the_place_of_sources_and_of_the_go_command_is_seen() {
    let image =
        |lines: &str| format!("-- Dockerfile --\nFROM golang\nWORKDIR /src\nCOPY . .\n{lines}RUN go build ./cmd/app\n");
    let mount = image("").replace("RUN go", "RUN --mount=type=bind,source=build/x,target=/src/internal/x go");
    let stage = image("").replace("RUN go", "RUN --mount=from=tools,target=internal/x go");
    let copied = image("COPY build/go /usr/local/go/bin/go\n");
    let of_a_stage = image("COPY --from=tools /out/wrapper /usr/local/go/bin/go\n");
    reaches(&[
        ("a mount of another folder", &mount, "copy onto Go files"),
        ("a mount of another stage", &stage, "copy onto Go files"),
        ("a copy", &copied, "another go command"),
        ("a copy from a stage", &of_a_stage, "another go command"),
    ]);
}
