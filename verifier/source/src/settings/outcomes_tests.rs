//! Functions and files that are carried out again: what came of them before holds only where all that they read is the same.

use super::calls_tests::table;

#[test]
fn outcomes_are_taken_over_only_where_all_that_was_read_agrees() {
    table(&[
        (
            "what is only written is written again",
            "-- b.sh --\nset_it() { export CGO_ENABLED=0; F=-trimpath; }\nset_it\nexport CGO_ENABLED=1\nF=-overlay=o.json\nset_it\ngo build $F ./cmd/app\n",
            &["+ b.sh:1 CGO_ENABLED=0", "+ b.sh:6 -trimpath"],
        ),
        (
            "what was there already is put back",
            "-- b.sh --\nset_it() { export CGO_ENABLED=1; }\nexport CGO_ENABLED=1\nset_it\nexport CGO_ENABLED=0\nset_it\ngo build ./cmd/app\n",
            &["+ b.sh:1 CGO_ENABLED=1"],
        ),
        (
            "a variable that another function reads inside of it",
            "-- b.sh --\ninner() { go build $F ./cmd/app; }\nouter() { inner; }\nF=-v\nouter\nF=-overlay=o.json\nouter\n",
            &["+ b.sh:1 -overlay=o.json"],
        ),
        (
            "a variable that was not there",
            "-- b.sh --\ncompile() { go build $F ./cmd/app; }\ncompile\nF=-overlay=o.json\ncompile\n",
            &["+ b.sh:1 -overlay=o.json"],
        ),
        (
            "whether it is exported",
            "-- b.sh --\ncompile() { go build ./cmd/app; }\nCGO_ENABLED=1\ncompile\nexport CGO_ENABLED\ncompile\n",
            &["+ b.sh:2 CGO_ENABLED=1"],
        ),
        (
            "it exports what is exported already, elsewhere not",
            "-- b.sh --\nmark() { export CGO_ENABLED; }\n( export CGO_ENABLED=0; mark )\nCGO_ENABLED=1\nmark\ngo build ./cmd/app\n",
            &["+ b.sh:3 CGO_ENABLED=1"],
        ),
        (
            "a function that it calls is another one",
            "-- b.sh --\nouter() { inner; }\ninner() { :; }\nouter\ninner() { go build -overlay=o.json ./cmd/app; }\nouter\n",
            &["+ b.sh:4 -overlay=o.json"],
        ),
        (
            "a command that becomes a function",
            "-- b.sh --\nouter() { inner; export X=1; }\nouter\ninner() { go build -overlay=o.json ./cmd/app; }\nouter\n",
            &["+ b.sh:3 -overlay=o.json"],
        ),
        (
            "what it adds to",
            "-- b.sh --\nmore() { F+=\" -v\"; }\nF=-trimpath\nmore\nF=-overlay=o.json\nmore\ngo build $F ./cmd/app\n",
            &["+ b.sh:6 -overlay=o.json"],
        ),
        (
            "what may be besides",
            "-- b.sh --\nmaybe() { [ -n \"$X\" ] && F=-v; }\nF=-trimpath\nmaybe\nF=-overlay=o.json\nmaybe\ngo build $F ./cmd/app\n",
            &["+ b.sh:6 -overlay=o.json"],
        ),
        (
            "a change that was made before, and in a build file where it was not",
            "-- a.sh --\ngo mod tidy\n. ./lib.sh\nprepare\n-- b.sh --\n. ./lib.sh\nprepare\ngo build ./cmd/app\n-- lib.sh --\nprepare() { go mod tidy; }\n",
            &["+ lib.sh:1 go mod tidy"],
        ),
        (
            "a change that a function finds made already, and in a build file where nobody made it",
            "-- a.sh --\n. ./lib.sh\nchange\nouter\n-- b.sh --\n. ./lib.sh\nouter\ngo build ./cmd/app\n-- lib.sh --\nchange() { go mod tidy; }\nouter() { change; }\n",
            &["+ lib.sh:1 go mod tidy"],
        ),
        (
            "what nobody read of it, after it was met before",
            "-- a.sh --\n. ./lib.sh\nread_it\nouter\n-- b.sh --\n. ./lib.sh\nouter\ngo build ./cmd/app\n-- lib.sh --\nread_it() { eval \"$(./flags.sh)\"; }\nouter() { read_it; }\n-- flags.sh --\necho export GOFLAGS=-overlay=o.json\n",
            &["? lib.sh:1 -mod", "? lib.sh:1 -modfile", "? lib.sh:1 -overlay", "? lib.sh:1 -toolexec"],
        ),
        (
            "a recipe that targets share, one of which exports",
            "-- Makefile --\na: export CGO_ENABLED=1\na: common\nb: common\ncommon:\n\tgo build ./cmd/app\n",
            &["+ Makefile:1 CGO_ENABLED=1"],
        ),
        (
            "a recipe that names its target, and its variables",
            "-- Makefile --\na b: common\n\tgo build $(FLAGS_$@) ./cmd/app\nb: FLAGS_b := -overlay=o.json\ncommon:\n\techo\n",
            &["+ Makefile:2 -overlay=o.json"],
        ),
        (
            "a file that it reads, and writes after that",
            "-- b.sh --\nf() { F=$(cat flags.txt); go build $F ./cmd/app; echo -overlay=o.json > flags.txt; }\nf\nf\n-- flags.txt --\n-v\n",
            &["? b.sh:1 -mod", "? b.sh:1 -modfile", "? b.sh:1 -overlay", "? b.sh:1 -toolexec"],
        ),
        (
            "a module file that is saved in one place and put back in another",
            "-- a.sh --\ncp go.mod go.mod.bak\n. ./lib.sh\n-- b.sh --\ncp other.mod go.mod.bak\n. ./lib.sh\ngo build ./cmd/app\n-- lib.sh --\ncp go.mod.bak go.mod\n",
            &["+ lib.sh:1 edit of module files"],
        ),
        (
            "the folder in which it is called",
            "-- b.sh --\ncompile() { go build -overlay=o.json .; }\ncompile\ncd cmd/app\ncompile\n",
            &["+ b.sh:1 -overlay=o.json"],
        ),
        (
            "a file that is taken in by scripts with other variables",
            "-- a.sh --\nF=-v\n. ./lib.sh\n-- b.sh --\nF=-overlay=o.json\n. ./lib.sh\n-- lib.sh --\ngo build $F ./cmd/app\n",
            &["+ lib.sh:1 -overlay=o.json"],
        ),
        (
            "its own parameters are not those around it",
            "-- b.sh --\ninner() { shift; go build $1 ./cmd/app; }\nouter() { inner; go build \"$1\" ./cmd/app; }\nouter -v\nouter -overlay=o.json\n",
            &["+ b.sh:2 -overlay=o.json"],
        ),
    ]);
}
