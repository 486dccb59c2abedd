//! Values that stand in files of the tree, or that commands print: what a build is given by them.

use super::calls_tests::counts;
use super::shapes_tests::{each_reaches, reaches};

const FILES: &str = "-- flags.txt --\n-overlay=o.json\n-- set.env --\n# as agreed\nGOFLAGS=-overlay=o.json\n-- more.sh --\nexport GOFLAGS=-overlay=o.json\n-- job.txt --\ngo build -overlay=o.json ./cmd/app\n";

#[test]
fn files_of_the_tree_are_read_where_they_are_handed_on() {
    let scripts = [
        "go build $(cat flags.txt) ./cmd/app",
        "go build $(<flags.txt) ./cmd/app",
        "go build `cat flags.txt` ./cmd/app",
        "go build -ldflags $(cat flags.txt) ./cmd/app",
        "go build -tags x \"$(cat flags.txt)\" ./cmd/app",
        "go build $(cat flags.txt | tr '\\n' ' ') ./cmd/app",
        "go build $(grep -v '^#' flags.txt) ./cmd/app",
        "F=$(cat flags.txt)\ngo build $F ./cmd/app",
        "F=\"$(cat flags.txt)\"\ngo build \"$F\" ./cmd/app",
        "NAME=flags.txt\ngo build $(cat $NAME) ./cmd/app",
        "go build $(echo -overlay=o.json) ./cmd/app",
        "F=$(printf '%s' -overlay=o.json)\ngo build $F ./cmd/app",
        "read -r F < flags.txt\ngo build $F ./cmd/app",
        "read -r F <<< -overlay=o.json\ngo build $F ./cmd/app",
        "mapfile -t F < flags.txt\ngo build \"${F[@]}\" ./cmd/app",
        "mapfile -t F < <(cat flags.txt)\ngo build \"${F[@]}\" ./cmd/app",
        "while read -r F; do go build $F ./cmd/app; done < flags.txt",
        "cat flags.txt | while read -r F; do go build $F ./cmd/app; done",
        "xargs go build ./cmd/app < flags.txt",
        "cat flags.txt | xargs go build ./cmd/app",
        "export $(cat set.env)\ngo build ./cmd/app",
        "export $(grep -v '^#' set.env | xargs)\ngo build ./cmd/app",
        "env $(grep -v '^#' set.env) go build ./cmd/app",
        "while IFS= read -r l; do export \"$l\"; done < set.env\ngo build ./cmd/app",
        "set -a\neval \"$(cat set.env)\"\ngo build ./cmd/app",
        "eval \"export $(grep -v '^#' set.env)\"\ngo build ./cmd/app",
        ". <(cat more.sh)\ngo build ./cmd/app",
        ". <(echo export GOFLAGS=-overlay=o.json)\ngo build ./cmd/app",
        "bash <(cat job.txt)",
        "bash <(echo 'go build -overlay=o.json ./cmd/app')",
        "sh < job.txt",
        "bash -s < job.txt",
        "cat job.txt | sh",
        "sh -c \"$(cat job.txt)\"",
        "$SUDO go build -overlay=o.json ./cmd/app",
    ];
    let with = |text: &str| format!("-- b.sh --\n{text}\n{FILES}");
    each_reaches(&scripts, "-overlay=o.json", with);
    let makes = [
        "F := $(shell cat flags.txt)\napp:\n\tgo build $(F) ./cmd/app",
        "F = $(file <flags.txt)\napp:\n\tgo build $(F) ./cmd/app",
        "F != cat flags.txt\napp:\n\tgo build $(F) ./cmd/app",
        "app:\n\tgo build $(shell cat flags.txt) ./cmd/app",
        "app:\n\t$(SUDO) go build -overlay=o.json ./cmd/app",
    ];
    let with = |text: &str| format!("-- Makefile --\n{text}\n{FILES}");
    each_reaches(&makes, "-overlay=o.json", with);
    reaches(&[
        (
            "written for the steps behind it",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    steps:\n      - run: cat set.env >> $GITHUB_ENV\n      - run: go build ./cmd/app\n-- set.env --\nGOFLAGS=-overlay=o.json\n",
            "-overlay=o.json",
        ),
        (
            "written by a group",
            "-- .github/workflows/w.yml --\njobs:\n  b:\n    steps:\n      - run: |\n          { echo A=1; echo GOFLAGS=-overlay=o.json; } >> $GITHUB_ENV\n      - run: go build ./cmd/app\n",
            "-overlay=o.json",
        ),
    ]);
}

#[test]
fn what_is_made_of_a_file_is_not_known() {
    for text in [
        "go build $(sed s/x/-/ flags.txt) ./cmd/app",
        "go build $(cat flags.txt | sed s/x/-/) ./cmd/app",
        "cat flags.txt | sed s/x/-/ | xargs go build ./cmd/app",
        "export $(sed s/x// set.env)\ngo build ./cmd/app",
        "eval \"$(awk '{print}' set.env)\"\ngo build ./cmd/app",
        ". <(sed s/x// more.sh)\ngo build ./cmd/app",
        "echo -overlay=o.json > flags.txt\ngo build $(cat flags.txt) ./cmd/app",
        "cp other.txt flags.txt\nread -r F < flags.txt\ngo build $F ./cmd/app",
        "go build $(./more.sh) ./cmd/app",
    ] {
        let harmless = FILES.replace("-overlay=o.json", "-trimpath");
        let found = counts(&format!("-- b.sh --\n{text}\n{harmless}"));
        assert!(found.iter().any(|line| line.starts_with("? ") && line.contains("-overlay")), "{text}: {found:?}");
    }
}

#[test]
fn honest_values_of_commands_stay_as_they_are() {
    for text in [
        "go build -ldflags \"-X main.v=$(git describe) -X main.d=$(date -u)\" ./cmd/app",
        "go build -ldflags=\"-X main.v=$(cat VERSION)\" ./cmd/app",
        "V=$(cat VERSION)\ngo build -ldflags \"-X main.v=$V\" ./cmd/app",
        "go build $(go list ./cmd/app)",
        "eval \"$(ssh-agent -s)\"\neval \"$(./tools/env.sh)\"\ngo build ./cmd/app",
        "source <(kubectl completion bash)\n. ./.env\nexport $(cat .env | xargs)\ngo build ./cmd/app",
        "go list ./... | grep -v vendor | xargs gofmt -l\ngo build ./cmd/app",
        "diff <(cat VERSION) <(git describe)\ngo build ./cmd/app",
        "while read -r p; do echo \"$p\"; done < flags.txt\ngo build ./cmd/app",
        "GO_VERSION=$(grep '^go ' go.mod | awk '{print $2}')\ngo build ./cmd/app",
        "cat go.mod 2>/dev/null\ngo version > /dev/null 2>&1\ngrep x go.mod > list.txt\ngo build ./cmd/app",
        "sort < go.sum > sums.txt\n(cd tools && cat go.mod) > /tmp/list\ngo build ./cmd/app",
    ] {
        let found =
            counts(&format!("-- b.sh --\n{text}\n-- VERSION --\n1.2\n-- tools/env.sh --\necho export A=1\n{FILES}"));
        assert!(found.iter().all(|line| line.contains("-ldflags")), "{text}: {found:?}");
    }
}

#[test]
fn redirections_of_groups_and_loops_write_module_files() {
    for text in [
        "{ cat other.mod; echo x; } > go.mod",
        "(cat other.mod) > go.mod",
        "if true; then cat other.mod; fi > go.mod",
        "for x in a; do echo $x; done > go.mod",
        "while read l; do echo $l; done < other.mod > go.mod",
        "case $x in a) echo x;; esac > go.mod",
        "cat > go.mod < other.mod",
        "cat < other.mod > go.mod 2>&1",
        "cat other.mod > go.mod 2>/dev/null",
        "exec > go.mod\ncat other.mod\nexec >&2",
        "> go.sum",
        ": > go.sum",
        "cat other.mod | sed s/x/y/ > go.mod",
    ] {
        let found = counts(&format!("-- b.sh --\n{text}\ngo build ./cmd/app\n-- other.mod --\nmodule x\n"));
        assert!(found.iter().any(|line| line.contains("edit of module files")), "{text}: {found:?}");
    }
}

#[test]
fn what_stands_in_quotes_behind_a_flag_is_its_value() {
    for build in [
        "go build -ldflags \"$(cat /tmp/.ldflags) -extldflags '-static'\" -o app ./cmd/app",
        "go build -tags \"$(cat tags.txt)\" -ldflags \"$(cat ld.txt)\" ./cmd/app",
    ] {
        let found = counts(&format!("-- b.sh --\n{build}\n-- tags.txt --\nnetgo\n-- ld.txt --\n-s\n"));
        assert!(!found.iter().any(|line| line.contains("-overlay")), "{build}: {found:?}");
    }
}
