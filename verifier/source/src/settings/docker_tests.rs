//! Instructions of Dockerfiles over several lines, what is mounted, and where the Dockerfile of a build is.

use super::shapes_tests::{nothing_counts, reaches};

#[test]
fn settings_reach_the_build_through_options_mounts_and_arguments() {
    reaches(&[
        (
            "mounts over lines",
            "-- Dockerfile --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN --mount=type=cache,target=/a \\\n    --mount=type=cache,target=/b \\\n    # a comment\n\n    go build -overlay=o.json ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "exec with mounts",
            "-- Dockerfile --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN --mount=type=cache,target=/a [\"go\", \"build\", \\\n  \"-overlay=o.json\", \"./cmd/app\"]\n",
            "-overlay=o.json",
        ),
        (
            "bracket test",
            "-- Dockerfile --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN [ -f go.mod ] && go build -overlay=o.json ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "run with backslash at once",
            "-- Dockerfile --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN\\\n go build -overlay=o.json ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "two backslashes",
            "-- Dockerfile --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN echo \\\\\nRUN go build -overlay=o.json ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "secret over env file",
            "-- Dockerfile --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN --mount=type=secret,id=x,target=/h/.config/go/env go build ./cmd/app\n",
            "? ",
        ),
        (
            "bind over env file",
            "-- Dockerfile --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN --mount=type=bind,source=conf/env,target=/h/.config/go/env go build ./cmd/app\n-- conf/env --\nGOFLAGS=-overlay=o.json\n",
            "-overlay=o.json",
        ),
        (
            "bind folder over config",
            "-- Dockerfile --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN --mount=type=bind,source=conf,target=/h/.config go build ./cmd/app\n-- conf/go/env --\nGOFLAGS=-overlay=o.json\n",
            "-overlay=o.json",
        ),
        (
            "secret over go",
            "-- Dockerfile --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN --mount=type=secret,id=go,target=/usr/local/go/bin/go,mode=0755 go build ./cmd/app\n",
            "another go command",
        ),
        (
            "bind over go",
            "-- Dockerfile --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN --mount=type=bind,source=tools/wrap,target=/usr/local/go/bin/go go build ./cmd/app\n",
            "another go command",
        ),
        (
            "secret over go.mod",
            "-- Dockerfile --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN --mount=type=secret,id=m,target=/src/go.mod go build ./cmd/app\n",
            "edit of module files",
        ),
        (
            "tmpfs over vendor",
            "-- Dockerfile --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN --mount=type=tmpfs,target=/src/vendor go build ./cmd/app\n-- vendor/modules.txt --\n# x.y/a v1.0.0\n",
            "removal of vendor",
        ),
        (
            "build arg of the environment",
            "-- b.sh --\nexport GOFLAGS=-overlay=o.json\ndocker build --build-arg GOFLAGS .\n-- Dockerfile --\nFROM golang\nARG GOFLAGS\nCOPY . /src\nWORKDIR /src\nRUN go build ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "build arg joined file",
            "-- b.sh --\nexport GOFLAGS=-overlay=o.json\ndocker build --build-arg=GOFLAGS -fimg/one.txt .\n-- img/one.txt --\nFROM golang\nARG GOFLAGS\nCOPY . /src\nWORKDIR /src\nRUN go build ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "docker build from stdin doc",
            "-- b.sh --\ndocker build -f - . <<'EOF'\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN go build -overlay=o.json ./cmd/app\nEOF\n",
            "b.sh:5 -overlay=o.json",
        ),
        (
            "docker build from stdin file",
            "-- b.sh --\ndocker build -f- . < img/one.txt\n-- img/one.txt --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN go build -overlay=o.json ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "docker build - pipe",
            "-- b.sh --\ncat img/one.txt | docker build -t x -\n-- img/one.txt --\nFROM golang\nRUN git clone https://example.com/m /src\nWORKDIR /src\nRUN go build -overlay=o.json ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "docker build sed",
            "-- b.sh --\nsed s/x/y/ img/one.txt | docker build -f - .\n-- img/one.txt --\nFROM golang\nRUN go build -xoverlay=o.json ./cmd/app\n",
            "? ",
        ),
    ]);
}

#[test]
fn ordinary_mounts_and_templates_leave_a_build_as_it_is() {
    nothing_counts(
        &[
            "-- Dockerfile --\nFROM golang\nCOPY . /src\nWORKDIR /src\nRUN --mount=type=secret,id=netrc,target=/h/.netrc --mount=type=ssh --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/h/.cache/go-build --mount=type=cache,target=/src/bin --mount=from=golang:1.26,source=/usr/local/go,target=/usr/local/go go build ./cmd/app\n",
            "-- b.sh --\nsed s/VERSION/$V/ Dockerfile.in | docker build -f - .\n-- Dockerfile.in --\nFROM golang:VERSION\nCOPY . /src\nWORKDIR /src\nRUN go build ./cmd/app\n",
        ],
        str::to_owned,
    );
}

#[test]
fn images_that_are_laid_over_the_build_and_other_readers_are_not_seen() {
    const SOURCE: &str = "WORKDIR /src\nCOPY . .\n";
    const BUILD: &str = "RUN go build ./cmd/app\n";
    for text in [
        format!("FROM golang\n{SOURCE}COPY --from=example/tools / /\n{BUILD}"),
        format!("FROM golang\n{SOURCE}COPY --from=example/tools:1 /usr/local /usr/local\n{BUILD}"),
        format!("FROM alpine AS tools\nRUN echo\nFROM golang\n{SOURCE}COPY --from=tools /. /\n{BUILD}"),
        format!("# syntax=example/frontend:1\nFROM golang\n{SOURCE}{BUILD}"),
        format!("#  Syntax = example.com/docker/other\nFROM golang\n{SOURCE}{BUILD}"),
    ] {
        reaches(&[(text.as_str(), &format!("-- Dockerfile --\n{text}"), "? Dockerfile")]);
    }
    nothing_counts(
        &[
            format!("FROM golang\n{SOURCE}COPY --from=golang:1.26 / /\n{BUILD}"),
            format!("FROM tonistiigi/xx:1.6 AS xx\nFROM golang\nCOPY --from=xx / /\n{SOURCE}{BUILD}"),
            format!("FROM golang\n{SOURCE}COPY --from=example/tools /usr/bin/protoc /usr/bin/protoc\n{BUILD}"),
            format!("FROM golang AS build\n{SOURCE}{BUILD}FROM scratch\nCOPY --from=build / /\n"),
            format!("# syntax=docker/dockerfile:1.7-labs\nFROM golang\n{SOURCE}{BUILD}"),
            format!(
                "# syntax = mirror.example.com/docker/dockerfile:1@sha256:00\n# check=skip=all\nFROM golang\n{SOURCE}{BUILD}"
            ),
            format!("FROM golang\n# syntax=example/frontend\n{SOURCE}{BUILD}"),
        ],
        |text| format!("-- Dockerfile --\n{text}"),
    );
}
