//! Tags that build files give to the delivered programs and that nobody declared.

use crate::{Context, collect};
use assize_delivery::Delivery;
use assize_facts::{BinarySpec, Deliverable, Field, Limits, Quiet, Request, SourceSpec};
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
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in FILES.iter().chain(build_files) {
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
    let shown = items.map(|item| {
        let built = match item.fields.get("in_build").or(item.fields.get("fate")) {
            Some(Field::Known(value)) => value.to_string().replace('"', ""),
            Some(Field::Unknown(reason)) => format!("?{}", reason.code),
            _ => "?".into(),
        };
        format!("{} {built}", item.origin.file.as_deref().unwrap_or_default())
    });
    shown.filter(|line| line.contains("extra.go") || line.contains("plain.go") || line.contains("far/")).collect()
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
