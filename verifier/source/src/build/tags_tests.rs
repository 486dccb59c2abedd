//! What build files decide of the delivered programs and nobody declared: tags, and whether cgo is on.

use crate::{Context, collect};
use assize_delivery::Delivery;
use assize_facts::{BinarySpec, Deliverable, Field, Item, Limits, Quiet, Request, SourceSpec};
use std::collections::BTreeMap;

const FILES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/app\n\ngo 1.26\n"),
    ("cmd/app/main.go", "package main\n\nfunc main() { run() }\n"),
    ("cmd/app/plain.go", "//go:build !extra\n\npackage main\n\nfunc run() {}\n"),
    (
        "cmd/app/extra.go",
        "//go:build extra\n\npackage main\n\nimport \"example.com/app/far\"\n\nfunc run() { far.Run() }\n",
    ),
    ("far/c.go", "package far\n\nimport \"C\"\n\nfunc Run() {}\n"),
    ("cmd/app/other.go", "//go:build other\n\npackage main\n"),
];

/// `path fate` of files and `path in_build` of cgo, with build files and declared tags.
fn fates(build_files: &[(&str, &str)], tags: &[&str]) -> Vec<String> {
    let shown = fates_of(&[FILES, build_files].concat(), tags);
    shown.into_iter().filter(|line| ["extra.go", "plain.go", "far/"].iter().any(|name| line.contains(name))).collect()
}

fn fates_of(files: &[(&str, &str)], tags: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    let source = SourceSpec { tags: tags.iter().map(|tag| (*tag).into()).collect(), ..SourceSpec::default() };
    let binary = BinarySpec { name: "app".into(), package: Some("./cmd/app".into()), ..BinarySpec::default() };
    let spec = Deliverable { source: Some(source), binaries: vec![binary], ..Deliverable::default() };
    let delivery = Delivery::open(folder.path(), spec, Limits::default()).expect("a deliverable");
    let requests = ["source.files", "source.cgo_imports"].map(|kind| Request::new(kind, &BTreeMap::new()));
    let sheets = collect(&delivery, &Context::default(), &requests, &Quiet);
    let items = sheets.iter().flat_map(|sheet| &sheet.items);
    let shown = |item: &Item| {
        let built = match item.fields.get("in_build").or(item.fields.get("fate")) {
            Some(Field::Known(value)) => value.to_string().replace('"', ""),
            Some(Field::Unknown(reason)) => format!("?{}", reason.code),
            _ => "?".into(),
        };
        format!("{} {built}", item.origin.file.as_deref().unwrap_or_default())
    };
    items.map(shown).collect()
}

#[test]
fn what_only_undeclared_tags_bring_in_may_be_in_the_build() {
    let unknown = [
        "cmd/app/extra.go ?tags-not-declared",
        "cmd/app/plain.go built",
        "far/c.go ?tags-not-declared",
        "far/c.go ?tags-not-declared",
    ];
    for build_file in [
        ("Makefile", "app:\n\tgo build -tags extra ./cmd/app\n"),
        ("Dockerfile", "FROM golang\nCOPY . .\nENV GOFLAGS=-tags=extra\nRUN go build ./cmd/app\n"),
        ("build.sh", "#!/bin/sh\ngo build -tags 'more extra' ./cmd/app\n"),
    ] {
        assert_eq!(fates(&[build_file], &[]), unknown, "{}", build_file.0);
    }
}

#[test]
fn declared_tags_and_those_of_other_builds_change_nothing() {
    let without =
        ["cmd/app/extra.go ignored-constraint", "cmd/app/plain.go built", "far/c.go not-imported", "far/c.go false"];
    assert_eq!(fates(&[], &[]), without);
    assert_eq!(fates(&[("Makefile", "test:\n\tgo test -tags extra ./...\n")], &[]), without);
    assert_eq!(fates(&[("Makefile", "lint:\n\tgo build -tags extra ./cmd/other\n")], &[]), without);
    assert_eq!(fates(&[("Makefile", "app:\n\tgo build -tags unrelated ./cmd/app\n")], &[]), without);
    let declared = [
        "cmd/app/extra.go built",
        "cmd/app/plain.go ignored-constraint",
        "far/c.go ?cgo-setting-not-declared",
        "far/c.go true",
    ];
    assert_eq!(fates(&[("Makefile", "app:\n\tgo build -tags extra ./cmd/app\n")], &["extra"]), declared);
}

#[test]
fn cgo_is_off_where_whatever_builds_the_program_switches_it_off() {
    let files = [
        ("go.mod", "module example.com/app\n\ngo 1.26\n"),
        ("cmd/app/main.go", "package main\n\nfunc main() { run() }\n"),
        ("cmd/app/fast.go", "package main\n\nimport \"C\"\n\nfunc run() {}\n"),
        ("cmd/app/slow.go", "//go:build !cgo\n\npackage main\n\nfunc run() {}\n"),
    ];
    let open = "cmd/app/fast.go ?cgo-setting-not-declared";
    let off = "cmd/app/fast.go false";
    let image = ("Dockerfile", "FROM golang\nCOPY . .\nENV CGO_ENABLED=0\nRUN go build -o /app ./cmd/app\n");
    for (build_files, expected) in [
        (&[][..], open),
        (&[image], off),
        (&[("Dockerfile", "FROM golang\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /app ./cmd/app\n")], off),
        (&[("Dockerfile", "FROM golang AS a\nENV CGO_ENABLED=0\nFROM golang\nRUN go build ./cmd/app\n")], open),
        (&[("Makefile", "export CGO_ENABLED=0\napp:\n\tgo build ./cmd/app\n")], off),
        (&[("Makefile", "app:\n\tCGO_ENABLED=0 go build ./cmd/app\nrace:\n\tgo test -race ./...\n")], off),
        (&[image, ("Makefile", "app:\n\tgo build ./cmd/app\n")], open),
        (&[image, ("Makefile", "tool:\n\tgo build ./cmd/tool\n")], off),
        (&[("build.sh", "#!/bin/sh\nif [ $X ]; then export CGO_ENABLED=0; fi\ngo build ./cmd/app\n")], open),
        (&[("build.sh", "#!/bin/sh\nexport CGO_ENABLED=$X\ngo build ./cmd/app\n")], open),
        (&[("build.sh", "#!/bin/sh\ngo env -w CGO_ENABLED=0\ngo build ./cmd/app\n")], off),
        (&[("build.sh", "#!/bin/sh\nCGO_ENABLED=1 go build ./cmd/app\n")], open),
        (&[(".goreleaser.yaml", "builds:\n  - main: ./cmd/app\n    env: [CGO_ENABLED=0]\n")], off),
        (&[(".goreleaser.yaml", "env: [CGO_ENABLED=0]\nbuilds:\n  - main: ./cmd/app\n")], off),
    ] {
        let shown = fates_of(&[&files[..], build_files].concat(), &[]);
        let found: Vec<&String> = shown.iter().filter(|line| line.contains("fast.go")).collect();
        assert_eq!(found.last().map(|line| line.as_str()), Some(expected), "{build_files:?} {shown:?}");
    }
}
