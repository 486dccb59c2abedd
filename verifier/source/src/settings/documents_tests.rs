//! Here-documents, and texts that commands write to files that are then carried out.

use super::calls_tests::{counts, table};
use super::shapes_tests::{each_reaches, nothing_counts};

const RUN: &str = "go build -overlay=o.json ./cmd/app";

#[test]
fn a_document_ends_where_the_shell_ends_it() {
    each_reaches(
        &[
            // With a blank before it the mark is a line of the document, and so is what would begin another one.
            format!("cat <<EOF\n EOF\n: <<'X'\nEOF\n{RUN}\nX\n"),
            format!("cat <<-EOF\n\tx\n\tEOF\n{RUN}\n"),
            format!("cat << \"E F\"\nx\nE F\n{RUN}\n"),
            format!("x=$(cat <<EOF\na\nEOF)\n{RUN}\n"),
            format!("bash <<EOF && true\n{RUN}\nEOF\n"),
            format!("cat <<EOF | bash\n{RUN}\nEOF\n"),
            format!("(cat <<EOF) | bash\n{RUN}\nEOF\n"),
            format!("bash <<A <<B\nx\nA\n{RUN}\nB\n"),
            "bash <<EOF\nF=-overlay=o.json\ngo build \\$F ./cmd/app\nEOF\n".to_owned(),
        ],
        "-overlay=o.json",
        |text| format!("-- b.sh --\n{text}"),
    );
    each_reaches(
        &["cat <<EOF\n$(go mod edit -replace=a=b)\nEOF\n", "cat > x <<EOF\n`go mod edit -replace=a=b`\nEOF\n"],
        "go mod edit",
        |text| format!("-- b.sh --\n{text}go build ./cmd/app\n"),
    );
    nothing_counts(
        &[
            "cat <<'EOF'\n$(go mod edit -replace=a=b)\nEOF\n",
            "cat <<EOF\n\\$(go mod edit -replace=a=b)\nEOF\n",
            "cat <<EOF\ngo mod edit -replace=a=b\nEOF\n",
        ],
        |text| format!("-- b.sh --\n{text}go build ./cmd/app\n"),
    );
}

#[test]
fn documents_of_images_end_there_too() {
    each_reaches(
        &[
            format!("RUN <<EOF\ntrue\n EOF\n{RUN}\nEOF\n"),
            format!("RUN <<-EOF\n\t{RUN}\n\tEOF\n"),
            format!("RUN cat <<A && bash <<B\nx\nA\n{RUN}\nB\n"),
            format!("RUN <<EOF cat > b.sh\n{RUN}\nEOF\nRUN sh b.sh\n"),
            format!("COPY <<EOF /usr/local/bin/b\n{RUN}\nEOF\nRUN b\n"),
            format!("RUN <<EOF\n#!/usr/bin/env python3\nos.system(\"{RUN}\")\nEOF\n"),
            // No other instruction has any.
            format!("LABEL a=b <<EOF\nRUN {RUN}\n"),
        ],
        "-overlay",
        |text| format!("-- Dockerfile --\nFROM golang\nWORKDIR /src\nCOPY . .\n{text}"),
    );
    // A directive behind a comment is a comment.
    let image = "FROM golang\nWORKDIR /src\nCOPY . .\nRUN go build \\\n  -overlay=o.json ./cmd/app\n";
    each_reaches(&["# hello\n# escape=`\n", "# a b = c\n# escape=`\n"], "-overlay=o.json", |text| {
        format!("-- Dockerfile --\n{text}{image}")
    });
}

#[test]
fn what_is_written_and_then_run_is_read_where_it_stands() {
    table(&[
        (
            "a document",
            "-- b.sh --\ncat > x.sh <<'EOF'\nset -e\ngo build -overlay=o.json ./cmd/app\nEOF\nchmod +x x.sh\n./x.sh\n",
            &["+ b.sh:3 -overlay=o.json"],
        ),
        (
            "words",
            "-- b.sh --\n\necho 'go build -overlay=o.json ./cmd/app' > x.sh\nsh x.sh\n",
            &["+ b.sh:2 -overlay=o.json"],
        ),
        (
            "a format",
            "-- b.sh --\nprintf 'go build %s ./cmd/app\\n' -overlay=o.json > x.sh\nsh < x.sh\n",
            &["+ b.sh:1 -overlay=o.json"],
        ),
        (
            "line by line",
            "-- b.sh --\necho 'F=-overlay=o.json' > x.sh\necho 'go build $F ./cmd/app' >> x.sh\n. ./x.sh\n",
            &["+ b.sh:2 -overlay=o.json"],
        ),
        (
            "by another program",
            "-- b.sh --\ntee x.sh <<EOF\ngo build -overlay=o.json ./cmd/app\nEOF\nbash x.sh\n",
            &["+ b.sh:2 -overlay=o.json"],
        ),
        (
            "settings",
            "-- b.sh --\necho GOFLAGS=-overlay=o.json > e\nexport GOENV=e\ngo build ./cmd/app\n",
            &["+ b.sh:1 -overlay=o.json", "+ b.sh:1 GOFLAGS=-overlay=o.json", "+ b.sh:2 GOENV=e"],
        ),
        (
            "by a function, each time",
            "-- b.sh --\nw() { echo \"go build $1 ./cmd/app\" > x.sh; }\nw -v\nw -overlay=o.json\nsh x.sh\n",
            &["+ b.sh:2 -overlay=o.json"],
        ),
        (
            "of two recipes",
            "-- Makefile --\napp:\n\techo 'go build -overlay=o.json ./cmd/app' > x.sh\n\tsh x.sh\n",
            &["+ Makefile:2 -overlay=o.json"],
        ),
        (
            "by a variable",
            "-- b.sh --\nT=$(mktemp)\necho 'go build -overlay=o.json ./cmd/app' > \"$T\"\nbash $T\n",
            &["+ b.sh:2 -overlay=o.json"],
        ),
        (
            "module files by a variable",
            "-- b.sh --\nF=go.mod\necho x >> $F\ngo build ./cmd/app\n",
            &["+ b.sh:2 edit of module files"],
        ),
        ("another file", "-- b.sh --\necho 'go build -overlay=o.json ./cmd/app' > x.sh\nsh y.sh\n", &[]),
        ("itself", "-- b.sh --\necho 'sh x.sh' > x.sh\nsh x.sh\n", &[]),
    ]);
}

#[test]
fn what_a_call_or_a_list_prints_may_be_a_flag() {
    each_reaches(
        &[
            "f() { echo -overlay=o.json; }\ngo build $(f) ./cmd/app\n",
            "x=$(if true; then echo -overlay=o.json; fi)\ngo build $x ./cmd/app\n",
            "x=$(true && echo -overlay=o.json)\ngo build $x ./cmd/app\n",
            "x=yalrevo-\ngo build $(echo $x | rev)=o.json ./cmd/app\n",
            "go build $(printf -- '-over%s' lay=o.json) ./cmd/app\n",
            "sh -c 'go build \"$@\" ./cmd/app' sh -overlay=o.json\n",
            "bash -c 'go build $0 ./cmd/app' -overlay=o.json\n",
            "read GOFLAGS < <(echo -overlay=o.json)\nexport GOFLAGS\ngo build ./cmd/app\n",
            "for GOFLAGS in -overlay=o.json; do\nexport GOFLAGS\ngo build ./cmd/app\ndone\n",
            "declare -n f=GOFLAGS\nf=-overlay=o.json\nexport GOFLAGS\ngo build ./cmd/app\n",
        ],
        "-overlay",
        |text| format!("-- b.sh --\n{text}"),
    );
    nothing_counts(
        &[
            "tags() { echo app,net; }\n$(tags)\ngo build $(go list ./cmd/... | grep app) ./cmd/app\n",
            "f() { echo \"$(echo a b | tr ' ' ,)\"; }\ngo build $(f) ./cmd/app\n",
        ],
        |text| format!("-- b.sh --\n{text}"),
    );
}

#[test]
fn a_file_of_settings_that_nobody_delivered_may_say_anything() {
    each_reaches(
        &["GOENV=/etc/go.env go build ./cmd/app\n", "export GOENV=other\ngo build ./cmd/app\n"],
        "? b.sh",
        |text| format!("-- b.sh --\n{text}"),
    );
    each_reaches(&["RUN --mount=type=secret,id=f,env=GOFLAGS go build ./cmd/app\n"], "-overlay", |text| {
        format!("-- Dockerfile --\nFROM golang\nWORKDIR /src\nCOPY . .\n{text}")
    });
    let found = counts("-- b.sh --\nexport GOENV=off\nGOENV=/dev/null go build ./cmd/app\n");
    assert!(found.iter().all(|line| line.contains("GOENV")), "{found:?}");
}
