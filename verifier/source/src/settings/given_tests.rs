//! What shells are given, and words that stay whole: pipes, options of shells, `xargs`, arrays, names for names, aliases.

use super::shapes_tests::{each_reaches, nothing_counts, reaches};

#[test]
fn settings_reach_the_build_through_what_a_shell_is_given() {
    reaches(&[
        ("echo flags", "-- b.sh --\necho go build -overlay=o.json ./cmd/app | sh\n", "-overlay=o.json"),
        ("echo cgo", "-- b.sh --\necho \"CGO_ENABLED=1 go build ./cmd/app\" | sh\n", "CGO_ENABLED=1"),
        (
            "echo -e",
            "-- b.sh --\necho -ne \"set -e\\ngo build -overlay=o.json ./cmd/app\\n\" | bash\n",
            "-overlay=o.json",
        ),
        ("printf", "-- b.sh --\nprintf 'go build %s ./cmd/app\\n' -overlay=o.json | sh\n", "-overlay=o.json"),
        ("printf plain", "-- b.sh --\nprintf 'go build -overlay=o.json ./cmd/app\\n' | sh -e\n", "-overlay=o.json"),
        ("xargs -I", "-- b.sh --\necho -overlay=o.json | xargs -I{} go build {} ./cmd/app\n", "-overlay=o.json"),
        ("xargs -i", "-- b.sh --\necho -overlay=o.json | xargs -i go build {} ./cmd/app\n", "-overlay=o.json"),
        (
            "xargs -I %",
            "-- b.sh --\nxargs -r -I % sh -c 'go build % ./cmd/app' < flags.txt\n-- flags.txt --\n-v\n-overlay=o.json\n",
            "-overlay=o.json",
        ),
        (
            "xargs -a",
            "-- b.sh --\nxargs -a flags.txt go build ./cmd/app\n-- flags.txt --\n-overlay=o.json\n",
            "-overlay=o.json",
        ),
        (
            "xargs --arg-file",
            "-- b.sh --\nxargs --arg-file=flags.txt go build ./cmd/app\n-- flags.txt --\n-overlay=o.json\n",
            "-overlay=o.json",
        ),
        ("xargs -0rI", "-- b.sh --\necho -overlay=o.json | xargs -0rI{} go build {} ./cmd/app\n", "-overlay=o.json"),
        ("env -S joined", "-- b.sh --\nenv -S'go build -overlay=o.json ./cmd/app'\n", "-overlay=o.json"),
        ("env -iS", "-- b.sh --\nenv -iS 'go build -overlay=o.json ./cmd/app'\n", "-overlay=o.json"),
        ("env -S with var", "-- b.sh --\nenv -S 'CGO_ENABLED=1 go build' ./cmd/app\n", "CGO_ENABLED=1"),
        (
            "$SHELL -c",
            "-- b.sh --\n$SHELL -c 'go build -overlay=o.json ./cmd/app'\n\"${SHELL}\" -ec 'go build -modfile=o.mod ./cmd/app'\n",
            "-overlay=o.json",
        ),
        ("$BASH -c", "-- b.sh --\n\"$BASH\" -c 'go build -overlay=o.json ./cmd/app'\n", "-overlay=o.json"),
        (
            "bash -s -- args",
            "-- b.sh --\nbash -s -- -overlay=o.json <<'E'\ngo build \"$@\" ./cmd/app\nE\n",
            "-overlay=o.json",
        ),
        (
            "bash -s file",
            "-- b.sh --\nbash -s -- x < job.txt\n-- job.txt --\ngo build -overlay=o.json ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "bash -o pipefail file",
            "-- b.sh --\nCGO_ENABLED=1 bash -eo pipefail job.txt\n-- job.txt --\ngo build ./cmd/app\n",
            "CGO_ENABLED=1",
        ),
        ("bash -c -e", "-- b.sh --\nbash -c -e 'go build -overlay=o.json ./cmd/app'\n", "-overlay=o.json"),
        (
            "piped into script",
            "-- b.sh --\nexport CGO_ENABLED=1\nyes | bash ./job.txt\n-- job.txt --\ngo build ./cmd/app\n",
            "CGO_ENABLED=1",
        ),
        (
            "source stdin",
            "-- b.sh --\nsource /dev/stdin <<< \"go build -overlay=o.json ./cmd/app\"\n",
            "-overlay=o.json",
        ),
        (
            "dot stdin pipe",
            "-- b.sh --\ncat job.txt | . /dev/stdin\n-- job.txt --\ngo build -overlay=o.json ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "sh stdin",
            "-- b.sh --\nsh /dev/stdin x < job.txt\n-- job.txt --\ngo build -overlay=o.json ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "array w blank",
            "-- b.sh --\ncmd=(go build -ldflags \"-X a=b -X c=d\" -overlay=o.json ./cmd/app)\n\"${cmd[@]}\"\n",
            "-overlay=o.json",
        ),
        (
            "array of flags",
            "-- b.sh --\nL=\"-X a=b -X c=d\"\nflags=(-ldflags \"$L\")\nflags+=(-overlay=o.json)\ngo build \"${flags[@]}\" ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "array in array",
            "-- b.sh --\na=(-ldflags \"-X a=b -X c=d\")\nb=(\"${a[@]}\" -overlay=o.json)\nf() { go build \"$@\" ./cmd/app; }\nf \"${b[@]}\"\n",
            "-overlay=o.json",
        ),
        (
            "array honest",
            "-- b.sh --\nargs=(-trimpath -ldflags \"-X a=b -X c=d\" -tags \"a,b\")\ngo build \"${args[@]}\" ./cmd/app\n",
            "-ldflags=-X a=b -X c=d",
        ),
        (
            "array unquoted",
            "-- b.sh --\nargs=(\"-trimpath -overlay=o.json\")\ngo build ${args[@]} ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "array star",
            "-- b.sh --\nargs=(go build -overlay=o.json ./cmd/app)\neval \"${args[*]}\"\n",
            "-overlay=o.json",
        ),
        (
            "export array",
            "-- b.sh --\nkv=(A=1 GOFLAGS=-overlay=o.json)\nexport \"${kv[@]}\"\ngo build ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "env array",
            "-- b.sh --\nkv=(A=\"1 2\" GOFLAGS=-overlay=o.json)\nenv \"${kv[@]}\" go build ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "nameref",
            "-- b.sh --\ndeclare -n ref=FLAGS\nref=-overlay=o.json\ngo build $FLAGS ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "nameref read",
            "-- b.sh --\nFLAGS=-overlay=o.json\ndeclare -n ref=FLAGS\ngo build $ref ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "nameref goflags",
            "-- b.sh --\ndeclare -n ref=GOFLAGS\nref=-overlay=o.json\nexport GOFLAGS\ngo build ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "nameref local",
            "-- b.sh --\nput() { local -n out=$1; out=-overlay=o.json; }\nput FLAGS\ngo build $FLAGS ./cmd/app\n",
            "-overlay=o.json",
        ),
        ("alias go", "-- b.sh --\nalias go='GOFLAGS=-overlay=o.json go'\ngo build ./cmd/app\n", "-overlay=o.json"),
        ("alias go flags", "-- b.sh --\nalias gb='go build -modfile=o.mod'\ngb ./cmd/app\n", "-modfile=o.mod"),
        (
            "alias go nice",
            "-- b.sh --\nshopt -s expand_aliases\nalias go='CGO_ENABLED=1 nice go'\ngo build ./cmd/app\n",
            "CGO_ENABLED=1",
        ),
        (
            "set -- first",
            "-- b.sh --\nset -- -ldflags \"-X a=b -X c=d\" -overlay=o.json\ngo build \"$@\" ./cmd/app\n",
            "-overlay=o.json",
        ),
    ]);
}

#[test]
fn ordinary_pipes_and_names_leave_a_build_as_it_is() {
    nothing_counts(
        &[
            "-- b.sh --\nls cmd | xargs -I{} echo {}\nls cmd | xargs -n1 -P4 gofmt -l\nfind . -name '*.tmp' | xargs rm -f\n",
            "-- b.sh --\n$PYTHON -c 'import os; print(1)'\n",
            "-- b.sh --\nput() { local -n out=$1; out=(a b c); }\nput LIST\nfor x in \"${LIST[@]}\"; do echo $x; done\ngo build ./cmd/app\n",
        ],
        str::to_owned,
    );
}

#[test]
fn settings_reach_the_build_through_what_is_left_of_arguments() {
    reaches(&[
        (
            "shift after set",
            "-- b.sh --\nset -- one -overlay=o.json\nshift\ngo build \"$1\" ./cmd/app\n",
            "-overlay=o.json",
        ),
        (
            "shift function",
            "-- b.sh --\nf() { local name=$1; shift; go build \"$@\" ./cmd/app; }\nf x -overlay=o.json\n",
            "-overlay=o.json",
        ),
        ("shift 2", "-- b.sh --\nset -- a b -overlay=o.json\nshift 2\ngo build \"$1\" ./cmd/app\n", "-overlay=o.json"),
        (
            "export xargs",
            "-- b.sh --\nexport $(cat set.env | xargs)\ngo build ./cmd/app\n-- set.env --\nA=1\nGOFLAGS=-overlay=o.json\n",
            "-overlay=o.json",
        ),
        (
            "export xargs 2",
            "-- b.sh --\nexport $(cat set.env | xargs -0)\ngo build ./cmd/app\n-- set.env --\nGOFLAGS=-overlay=o.json\n",
            "-overlay=o.json",
        ),
        (
            "export xargs d",
            "-- b.sh --\nexport $(xargs < set.env)\ngo build ./cmd/app\n-- set.env --\nGOFLAGS=-overlay=o.json\n",
            "-overlay=o.json",
        ),
        (
            "export grep xargs d",
            "-- b.sh --\nexport $(grep -v '^#' set.env | xargs -d '\\n')\ngo build ./cmd/app\n-- set.env --\nGOFLAGS=-overlay=o.json\n",
            "-overlay=o.json",
        ),
        (
            "wrap process",
            "-- b.sh --\nalias go=./tools/wrap.sh\ngo build ./cmd/app\n-- tools/wrap.sh --\ngo \"$@\" -overlay=o.json\n",
            "-overlay=o.json",
        ),
        (
            "shift args function pkg",
            "-- b.sh --\nbuild() {\n  local out=\"$1\" pkg=\"$2\"\n  shift 2\n  go build -o \"$out\" \"$@\" \"$pkg\"\n}\nbuild dist/app ./cmd/app -modfile=o.mod\n",
            "-modfile=o.mod",
        ),
    ]);
    nothing_counts(
        &[
            "-- b.sh --\nusage() { echo x; }\nwhile [ $# -gt 0 ]; do\n  case \"$1\" in\n    -v) V=1; shift ;;\n    --) shift; break ;;\n    *) usage; exit 1 ;;\n  esac\ndone\nlog() { local level=$1; shift; echo \"$level $*\"; }\nlog info hello\ngo build ./cmd/app\n",
        ],
        str::to_owned,
    );
}

#[test]
fn what_runs_commands_in_parallel_puts_arguments_into_them() {
    let scripts = [
        "parallel go build {} ./cmd/app ::: -overlay=o.json",
        "parallel -j 4 go build {1} {2} ::: -v -overlay=o.json ::: ./cmd/app",
        "parallel 'go build {} ./cmd/app' ::: -overlay=o.json",
        "parallel ::: 'go build -overlay=o.json ./cmd/app' 'go vet ./...'",
        "parallel -I% go build % ./cmd/app ::: -overlay=o.json",
        "echo -overlay=o.json | parallel go build {} ./cmd/app",
        "parallel -a flags.txt go build {} ./cmd/app",
        "parallel go build {} ./cmd/app :::: flags.txt",
    ];
    each_reaches(&scripts, "-overlay", |text| format!("-- b.sh --\n{text}\n-- flags.txt --\n-overlay=o.json\n"));
    nothing_counts(
        &["parallel go build -o bin/{} ./cmd/{} ::: app other", "ls | parallel gzip\ngo build ./cmd/app"],
        |text| format!("-- b.sh --\n{text}\n"),
    );
}

#[test]
fn parameters_that_may_be_shifted_are_not_taken_for_the_first() {
    let scripts = [
        "set -- x -overlay=o.json\nif [ \"$1\" = x ]; then shift; fi\ngo build \"$@\" ./cmd/app",
        "set -- x -overlay=o.json\nwhile [ $# -gt 1 ]; do shift; done\ngo build $1 ./cmd/app",
        "set -- x -overlay=o.json\nshift $((OPTIND))\ngo build \"$@\" ./cmd/app",
    ];
    each_reaches(&scripts, "-overlay", |text| format!("-- b.sh --\n{text}\n"));
    nothing_counts(
        &[
            "set -- --release a\nwhile [ $# -gt 0 ]; do case $1 in --release) R=1;; esac; shift; done\ngo build ./cmd/app",
        ],
        |text| format!("-- b.sh --\n{text}\n"),
    );
}
