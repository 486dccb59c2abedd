//! Files that are copied over the source, and those that are only put back.

use super::calls_tests::counts;

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
