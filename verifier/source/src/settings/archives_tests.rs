//! Build files in archives: `line setting=value delivered`, with what was not read.

use crate::settings::settings;
use assize_delivery::Delivery;
use assize_facts::{BinarySpec, Deliverable, Limits, SourceSpec};
use std::io::Write;

fn tar(files: &[(&str, impl AsRef<[u8]>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.as_ref().len() as u64);
        builder.append_data(&mut header, name, bytes.as_ref()).expect("a member");
    }
    builder.into_inner().expect("an archive")
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

#[track_caller]
fn check(path: &str, archive: &[u8], expected: &[&str]) {
    check_beside("modules", path, archive, expected);
}

/// The same where module contents are said to be somewhere.
#[track_caller]
fn check_beside(modules: &str, path: &str, archive: &[u8], expected: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let tree = [
        ("src/go.mod", "module example.com/m\n\ngo 1.26\n"),
        ("src/cmd/app/main.go", "package main\n"),
        ("src/Makefile", "build:\n\tCGO_ENABLED=0 go build ./cmd/app\n"),
    ];
    let tree = tree.iter().map(|(path, text)| (*path, text.as_bytes())).chain([(path, archive)]);
    for (path, bytes) in tree {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }
    let binary =
        BinarySpec { name: "app".into(), path: "dist/app".into(), package: Some("./cmd/app".into()), build: None };
    let source = SourceSpec { root: Some("src".into()), modules: Some(modules.into()), ..SourceSpec::default() };
    let spec = Deliverable { binaries: vec![binary], source: Some(source), ..Deliverable::default() };
    let delivery = Delivery::open(folder.path(), spec, Limits::default()).expect("opened");
    let tree = delivery.source().expect("found").expect("a tree");
    let sheet = settings(&delivery, &tree, delivery.spec()).sheet;
    let show = |item: &assize_facts::Item| {
        let delivered = item.bool("delivered").map_or("?", |d| if d { "yes" } else { "no" });
        let value = item.text("value").map(|v| format!("={v}")).unwrap_or_default();
        let file = item.origin.file.clone().unwrap_or_default();
        format!("{file}:{} {}{value} {delivered}", item.origin.line.unwrap_or(0), item.text("setting").unwrap_or("?"))
    };
    let mut told: Vec<String> =
        sheet.items.iter().map(show).filter(|line| !line.starts_with("src/Makefile:")).collect();
    told.extend(sheet.gaps.iter().map(|gap| format!("{} {}", gap.place, gap.reason.code)));
    assert_eq!(told, expected, "{path}");
}

const BUILD: &str = "build:\n\tCGO_ENABLED=1 go build -o ../dist/app ./cmd/app\n";
const MODULE: &str = "module example.com/m\n\ngo 1.26\n";

#[test]
fn build_files_of_this_product_count_in_archives_too() {
    let line = "ci.tar!Makefile:2 CGO_ENABLED=1 yes";
    check("ci.tar", &tar(&[("Makefile", BUILD)]), &[line]);
    check("src/build/ci.tgz", &gz(&tar(&[("Makefile", BUILD)])), &["src/build/ci.tgz!Makefile:2 CGO_ENABLED=1 yes"]);
    check("Makefile.gz", &gz(BUILD.as_bytes()), &["Makefile.gz!Makefile:2 CGO_ENABLED=1 yes"]);
    let inner = gz(&tar(&[("ci/build", "#!/bin/sh\ngo build -overlay=o.json ./cmd/app\n")]));
    check("all.tar", &tar(&[("more/ci.tgz", inner)]), &["all.tar!more/ci.tgz!ci/build:2 -overlay=o.json yes"]);
    // The same version of the source, with another build file in it.
    check(
        "a-src.tar",
        &tar(&[("a-1/go.mod", MODULE), ("a-1/Makefile", BUILD)]),
        &["a-src.tar!a-1/Makefile:2 CGO_ENABLED=1 yes"],
    );
    let parts =
        [("Makefile", "include rules.mk\nbuild:\n\t$(B) ./cmd/app\n"), ("rules.mk", "B = go build -modfile=x\n")];
    check("ci.tar", &tar(&parts), &["ci.tar!Makefile:3 -modfile=x yes"]);
    let parts = [("b.sh", ". ./flags.env\ngo build ./cmd/app\n"), ("flags.env", "export GOFLAGS=-mod=mod\n")];
    check("ci.tar", &tar(&parts), &["ci.tar!flags.env:1 -mod=mod yes", "ci.tar!flags.env:1 GOFLAGS=-mod=mod yes"]);
    check(
        "ci.tar",
        &tar(&[("justfile", "b:\n    go build -overlay=o ./cmd/app\n")]),
        &["ci.tar!justfile:2 -overlay ?"],
    );
    check("ci.tar", &tar(&[("bin/go", "#!/bin/sh\nexec go \"$@\"\n")]), &["ci.tar!bin/go:1 another go command ?"]);
}

#[test]
fn other_products_and_installers_in_archives_set_nothing() {
    let same = "build:\n\tCGO_ENABLED=0 go build ./cmd/app\n";
    check("app-1.0.tar.gz", &gz(&tar(&[("install.sh", "#!/bin/sh\ncp app /usr/local/bin/\n"), ("app", "x")])), &[]);
    check("a-src.tar", &tar(&[("a-1/go.mod", MODULE), ("a-1/Makefile", same)]), &[]);
    check(
        "old.tar",
        &tar(&[("a-0/go.mod", "module example.com/m\n\ngo 1.20\n"), ("a-0/Makefile", BUILD)]),
        &["old.tar!a-0/Makefile:2 CGO_ENABLED=1 ?"],
    );
    check("b-src.tar", &tar(&[("b/go.mod", "module example.org/b\n"), ("b/Makefile", BUILD)]), &[]);
    check(
        "ci.tar",
        &tar(&[("Makefile", "b:\n\tCGO_ENABLED=1 go build ./cmd/other\n")]),
        &["ci.tar!Makefile:2 CGO_ENABLED=1 no"],
    );
    check("modules/x.tar", &tar(&[("Makefile", BUILD)]), &[]);
    check_beside("./modules.tar", "modules.tar", &tar(&[("Makefile", BUILD)]), &[]);
    check("src/testdata/x.tar", &tar(&[("Makefile", BUILD)]), &[]);
    check("ci.tar", b"no archive", &[]);
    check("ci.zip", b"PK\x03\x04 cut off", &[]);
}

#[test]
fn what_was_not_read_of_an_archive_is_a_gap_where_a_build_file_may_be() {
    let (long, line) = ("#".repeat(4 << 20), "ci.tar!Makefile:2 CGO_ENABLED=1 yes");
    check("ci.tar", &tar(&[("Makefile", format!("{BUILD}{long}"))]), &["ci.tar!Makefile file-too-large"]);
    // Behind much else.
    let mut many: Vec<(String, &str)> = (0..16).map(|n| (format!("{n}.mk"), &*long)).collect();
    many.push(("Makefile".into(), BUILD));
    let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    check("ci.tar", &tar(&many), &["ci.tar archive-texts-too-many"]);
    let data = vec![0; 33 << 20];
    check("ci.tar", &tar(&[("data", &data[..]), ("Makefile", BUILD.as_bytes())]), &[line]);
    // Nested deeper than anything is opened.
    let nest = |depth: usize| (0..depth).fold(tar(&[("Makefile", BUILD)]), |inner, _| tar(&[("ci.tar", inner)]));
    let deep = |depth: usize| format!("ci.tar{}", "!ci.tar".repeat(depth));
    check("ci.tar", &nest(3), &[&format!("{}!Makefile:2 CGO_ENABLED=1 yes", deep(3))]);
    check("ci.tar", &nest(4), &[&format!("{} limit-archive-depth", deep(4))]);
    // Cut off behind a build file, and before any.
    let cut = |files: &[(&str, &str)]| {
        let whole = tar(files);
        whole[..whole.len() - 1536].to_vec()
    };
    check("ci.tar", &cut(&[("Makefile", BUILD), ("x", BUILD)]), &[line, "ci.tar archive-damaged"]);
    check("ci.tar", &cut(&[("app", "x"), ("x", BUILD)]), &[]);
}

#[test]
fn layers_of_an_image_hold_no_build_files_of_the_product() {
    let layer = tar(&[("usr/src/Makefile", BUILD)]);
    let manifest = br#"[{"Config": "c.json", "Layers": ["l/layer.tar"]}]"#;
    check("image.tar", &tar(&[("l/layer.tar", &layer[..]), ("manifest.json", manifest)]), &[]);
    // What stands beside them is no layer.
    check(
        "ci.tar",
        &tar(&[("Makefile", BUILD.as_bytes()), ("manifest.json", manifest)]),
        &["ci.tar!Makefile:2 CGO_ENABLED=1 yes"],
    );
}
