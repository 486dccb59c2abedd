//! More spellings of shells and images: what runs a command, what a word becomes, where settings of a user and of Go lie.

use super::calls_tests::counts;
use super::shapes_tests::{each_reaches, nothing_counts, reaches};

#[test]
fn words_and_programs_of_shells_hide_nothing() {
    const RUN: &str = "go build -overlay=o.json ./cmd/app";
    let scripts = [
        "go build -{overlay=o.json,trimpath} ./cmd/app".to_owned(),
        "go build {-overlay=o.json,./cmd/app}".into(),
        "F[0]=-overlay=o.json\ngo build ${F[0]} ./cmd/app".into(),
        "declare -A F=([a]=-overlay=o.json)\ngo build ${F[a]} ./cmd/app".into(),
        "N=F\nF=-overlay=o.json\ngo build ${!N} ./cmd/app".into(),
        "F=x-overlay=o.json\ngo build ${F#x} ./cmd/app".into(),
        "F=-OVERLAY=o.json\ngo build ${F,,} ./cmd/app".into(),
        "alias gb='go build -overlay=o.json'\ngb ./cmd/app".into(),
        format!("trap '{RUN}' EXIT"),
        format!("env --split-string='{RUN}'"),
        format!("script -qc \"{RUN}\" log"),
        "parallel go build -overlay=o.json ::: ./cmd/app".into(),
        format!("vagrant ssh -c '{RUN}'"),
        format!("nsenter -t 1 -m {RUN}"),
        format!("ssh host <<E\n{RUN}\nE"),
        format!("buildah run c -- {RUN}"),
        "gotip build -overlay=o.json ./cmd/app".into(),
        "go1.27rc1 build -overlay=o.json ./cmd/app".into(),
        "xx-go build -overlay=o.json ./cmd/app".into(),
        "go-1.26 build -overlay=o.json ./cmd/app".into(),
        "go install -overlay=o.json all".into(),
        "go env --w GOFLAGS=-overlay=o.json\ngo build ./cmd/app".into(),
        "XDG_CONFIG_HOME=$PWD/conf go build ./cmd/app".into(),
        "export HOME=$PWD/home\ngo build ./cmd/app".into(),
        "cp set.env ~/.config/go/env\ngo build ./cmd/app".into(),
    ];
    const FILES: &str = "-- conf/go/env --\nGOFLAGS=-overlay=o.json\n-- home/.config/go/env --\nGOFLAGS=-overlay=o.json\n-- set.env --\nGOFLAGS=-overlay=o.json\n";
    each_reaches(&scripts, "-overlay", |text| format!("-- b.sh --\n{text}\n{FILES}"));
    nothing_counts(
        &[
            "export HOME=/root XDG_CONFIG_HOME=/tmp/x\ngo build ./cmd/app",
            "awk '{print $1,$2}' x\necho {a,b}\ngo build ./cmd/app",
            "name=app/\ngo build ./cmd/${name%/}",
            "dir=./cmd/app/\ngo build ${dir%/}",
            "(cd /tmp && go get golang.org/x/tools/cmd/goimports@latest)\ngo build ./cmd/app",
            "cd \"$(mktemp -d)\"\ngo mod init tools\ngo get example.com/t@v1\ncd -\ngo build ./cmd/app",
            "alias ll='ls -l'\ntrap 'rm -rf x' EXIT\ngo build ./cmd/app",
        ],
        |honest| format!("-- b.sh --\n{honest}\n-- env --\nGOFLAGS=-overlay=o.json\n"),
    );
}

#[test]
fn images_begin_lay_over_and_set_in_many_ways() {
    const SOURCE: &str = "WORKDIR /src\nCOPY . .\n";
    const BUILD: &str = "RUN go build ./cmd/app\n";
    const FILES: &str = "-- patches/go.mod --\nmodule x\n-- patches.tar.gz --\nx\n-- conf/go/env --\nGOFLAGS=-overlay=o\n-- b.env --\nexport GOFLAGS=-overlay=o\n-- other.mod --\nmodule x\n-- goroot/src/x.go --\nx\n-- cache/x/x.go --\nx\n";
    for (text, wanted) in [
        (format!("ARG B=base\nFROM golang AS base\nENV GOFLAGS=-overlay=o\nFROM ${{B}}\n{SOURCE}{BUILD}"), "-overlay=o"),
        (format!("FROM golang\n{SOURCE}COPY <<EOF /usr/local/go/go.env\nGOFLAGS=-overlay=o\nEOF\n{BUILD}"), "-overlay=o"),
        (format!("FROM golang\n{SOURCE}COPY patches/ ./\n{BUILD}"), "edit of module files"),
        (format!("FROM golang\n{SOURCE}COPY patches/. /src/\n{BUILD}"), "edit of module files"),
        (format!("FROM golang\n{SOURCE}COPY patches/go.mod patches/go.sum ./\n{BUILD}"), "edit of module files"),
        (format!("FROM golang\n{SOURCE}COPY patches/go.mod ./\n{BUILD}"), "edit of module files"),
        (format!("FROM golang\n{SOURCE}ADD patches.tar.gz /src\n{BUILD}"), "edit of module files"),
        (format!("FROM golang\n{SOURCE}ADD https://x.org/f/go.mod?raw=1 ./\n{BUILD}"), "edit of module files"),
        (format!("FROM golang\n{SOURCE}ADD https://x.org/a.tgz https://x.org/go.sum /src/\n{BUILD}"), "edit of module files"),
        (
            format!("FROM golang\n{SOURCE}SHELL [\"env\",\"GOFLAGS=-overlay=o\",\"/bin/sh\",\"-c\"]\n{BUILD}"),
            "-overlay=o",
        ),
        (
            "FROM golang\nWORKDIR /src\nRUN --mount=type=bind,target=/src --mount=type=bind,source=other.mod,target=/src/go.mod go build ./cmd/app\n".into(),
            "edit of module files",
        ),
        ("FROM golang\nWORKDIR /work\nCOPY . app\nRUN cd app && go build -overlay=o ./cmd/app\n".into(), "-overlay=o"),
        (format!("FROM golang\n{SOURCE}COPY conf /etc/skel/.config\n{BUILD}"), "-overlay=o"),
        (format!("FROM golang\n{SOURCE}ENV XDG_CONFIG_HOME=/src/conf\n{BUILD}"), "-overlay=o"),
        (format!("FROM golang\n{SOURCE}ENV BASH_ENV=/src/b.env\n{BUILD}"), "-overlay=o"),
        (format!("FROM golang\n{SOURCE}ENV GOROOT=/src/goroot\n{BUILD}"), "another go command"),
        (format!("FROM golang\n{SOURCE}ENV GOMODCACHE=/src/cache\n{BUILD}"), "another module cache"),
        (format!("FROM golang\n{SOURCE}COPY goroot /usr/local/go\n{BUILD}"), "another go command"),
        (
            format!("FROM golang\n{SOURCE}RUN cp compile /usr/local/go/pkg/tool/linux_amd64/compile\n{BUILD}"),
            "another go command",
        ),
        (format!("FROM golang\n{SOURCE}RUN cp c \"$(go env GOTOOLDIR)/compile\"\n{BUILD}"), "another go command"),
    ] {
        let files = format!("-- Dockerfile --\n{text}{FILES}");
        reaches(&[(text.as_str(), files.as_str(), wanted)]);
    }
    nothing_counts(
        &[
        format!("ARG V=1.26\nFROM golang:${{V}}\n{SOURCE}{BUILD}"),
        format!("FROM golang\n{SOURCE}COPY docs/ ./docs/\nCOPY cmd/ ./cmd/\n{BUILD}"),
        format!("FROM golang\n{SOURCE}SHELL [\"/bin/bash\", \"-c\"]\n{BUILD}"),
        "FROM golang\nWORKDIR /src\nCOPY go.mod go.sum ./\nCOPY cmd cmd\nCOPY internal ./internal\nRUN go build ./cmd/app\n".into(),
        format!("FROM golang\nCOPY --from=golang:1.26 /usr/local/go /usr/local/go\n{SOURCE}{BUILD}"),
        format!("FROM golang\n{SOURCE}COPY <<EOF /etc/motd\ngo build -overlay=o ./cmd/app\nEOF\n{BUILD}"),
        ],
        |text| format!("-- Dockerfile --\n{text}{FILES}"),
    );
    let cached = counts(&format!(
        "-- Dockerfile --\nFROM golang\n{SOURCE}ENV GOMODCACHE=/go/pkg/mod GOROOT=/usr/local/go\n{BUILD}"
    ));
    assert!(!cached.iter().any(|line| line.contains("another")), "{cached:?}");
}
