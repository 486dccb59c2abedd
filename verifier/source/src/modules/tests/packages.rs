//! Packages of dependencies out of zips and extracted folders: what facts say of them, and where.

use super::fixture::{File, Fixture};
use crate::{Context, collect};
use assize_delivery::Delivery;
use assize_facts::{BinarySpec, BuildSpec, Limits, Quiet, Request};
use std::collections::BTreeMap;

const C: &[File<'static>] = &[
    ("go.mod", "module x.y/c\n"),
    ("in/c.go", "package in\n\nimport \"C\"\n\nvar X = C.x\n"),
    ("in/pure.go", "package in\n\nimport _ \"x.y/c/serve\"\n"),
    (
        "serve/serve.go",
        "package serve\n\nimport \"crypto/tls\"\n\nvar Old = &tls.Config{\n\tMinVersion: tls.VersionTLS10,\n}\n",
    ),
    ("out/out.go", "package out\n\nimport \"C\"\n"),
];

/// A program that takes a package of the module.
fn fixture(module: &[File<'_>]) -> Fixture {
    let mut fixture = Fixture::new();
    fixture.write("src/go.mod", "module example.com/app\n\ngo 1.26.0\n\nrequire x.y/c v1.0.0\n");
    fixture.write("src/main.go", "package main\n\nimport _ \"x.y/c/in\"\n\nfunc main() {}\n");
    let sums = fixture.module("x.y/c", "v1.0.0", module);
    fixture.write("src/go.sum", &sums);
    let env = BTreeMap::from([("CGO_ENABLED".to_string(), "1".to_string())]);
    let build = BuildSpec { env, ..BuildSpec::default() };
    fixture.spec.binaries = vec![BinarySpec { name: "x".into(), path: "x".into(), package: None, build: Some(build) }];
    fixture
}

fn extracted(fixture: &Fixture, folder: &str, module: &[File<'_>]) {
    module.iter().for_each(|(name, text)| fixture.write(&format!("{folder}x.y/c@v1.0.0/{name}"), text));
}

/// `place field field …` of each item, and the gaps.
fn shown(fixture: &Fixture, kind: &str, fields: &[&str]) -> String {
    let delivery = Delivery::open(fixture.folder.path(), fixture.spec.clone(), Limits::default()).expect("opened");
    let context = Context { module_sources: fixture.sources.clone(), ..Context::default() };
    let sheets = collect(&delivery, &context, &[Request::new(kind, &BTreeMap::new())], &Quiet);
    crate::facts::table::shown(&sheets[0], fields)
}

fn imports(fixture: &Fixture) -> String {
    shown(fixture, "source.cgo_imports", &["form", "in_build", "owner"])
}

const FOUND: &str = "modules/x.y/c/@v/v1.0.0.zip!x.y/c@v1.0.0/in/c.go:3:8 import-c true dependency";

#[test]
fn what_stands_in_a_zip_is_found_there_and_nothing_else_of_it() {
    let fixture = fixture(C);
    assert_eq!(imports(&fixture), FOUND);
    let tls = shown(&fixture, "source.tls_configs", &["min_version", "owner"]);
    assert_eq!(tls, "modules/x.y/c/@v/v1.0.0.zip!x.y/c@v1.0.0/serve/serve.go:5:12 1.0 dependency");
    let files = shown(&fixture, "source.files", &["package", "fate", "owner"]);
    assert_eq!(files.lines().count(), 4, "{files}");
}

#[test]
fn what_the_buyer_brings_is_named_by_its_folder() {
    let mut fixture = fixture(C);
    fixture.spec.source.as_mut().expect("source").modules = None;
    assert_eq!(imports(&fixture), "gap module-source-not-delivered src/main.go dependency");
    fixture.sources = vec![fixture.path("modules")];
    assert_eq!(imports(&fixture), format!("--modules {FOUND}"));
    fixture.remove("modules/x.y/c/@v/v1.0.0.zip");
    extracted(&fixture, "modules/pkg/mod/", C);
    assert_eq!(imports(&fixture), "--modules modules/pkg/mod/x.y/c@v1.0.0/in/c.go:3:8 import-c true dependency");
}

#[test]
fn an_extracted_folder_inside_the_source_is_read_where_it_is() {
    let mut fixture = fixture(C);
    fixture.remove("modules/x.y");
    extracted(&fixture, "src/mods/", C);
    fixture.spec.source.as_mut().expect("source").modules = Some("src/mods".into());
    let found = imports(&fixture);
    assert_eq!(
        found,
        "src/mods/x.y/c@v1.0.0/in/c.go:3:8 import-c true dependency\nsrc/mods/x.y/c@v1.0.0/out/out.go:3:8 import-c false main"
    );
}

#[test]
fn contents_that_go_sum_does_not_authenticate_are_not_read() {
    const GAP: &str = "gap module-source-not-authentic src/main.go dependency";
    let mut clean = fixture(&[("go.mod", "module x.y/c\n"), ("in/in.go", "package in\n")]);
    let sums = std::fs::read_to_string(clean.path("src/go.sum")).expect("text");
    assert_eq!(imports(&clean), "");
    clean.module("x.y/c", "v1.0.0", &[("go.mod", "module x.y/c\n"), ("in/in.go", "package in // patched\n")]);
    assert_eq!(imports(&clean), GAP);
    assert_eq!(std::fs::read_to_string(clean.path("src/go.sum")).expect("text"), sums);
    clean.remove("src/go.sum");
    assert_eq!(imports(&clean), GAP);
    // Which of two forms a build takes is not known.
    let fixture = fixture(C);
    extracted(&fixture, "modules/", C);
    assert_eq!(imports(&fixture), FOUND);
    fixture.write("modules/x.y/c@v1.0.0/in/more.go", "package in\n");
    assert_eq!(imports(&fixture), GAP);
    // No zip at all, though it is called one.
    fixture.remove("modules/x.y/c@v1.0.0");
    fixture.write("modules/x.y/c/@v/v1.0.0.zip", "PK");
    assert!(imports(&fixture).starts_with("gap archive-not-opened src/main.go dependency"), "{}", imports(&fixture));
}

#[test]
fn what_a_dependency_embeds_is_looked_at() {
    // Just enough of a header for a program, and the same as text.
    let elf = "\u{7f}ELF\u{2}\u{1}\u{1}\0\0\0\0\0\0\0\0\0\u{2}\0\u{3e}\0\u{1}\0\0\0";
    let code = "package in\n\nimport \"embed\"\n\n//go:embed data\nvar Data embed.FS\n";
    let of = |inner: &str, text: &str| {
        let files = [("go.mod", "module x.y/c\n"), ("in/in.go", code), (inner, text)];
        let mut fixture = fixture(&files);
        fixture.spec.source.as_mut().expect("source").modules = None;
        fixture.sources = vec![fixture.path("modules")];
        imports(&fixture)
    };
    let place = "--modules modules/x.y/c/@v/v1.0.0.zip!x.y/c@v1.0.0/in/in.go:5:1";
    let padded = format!("{elf}{}", "\0".repeat(64));
    assert_eq!(of("in/data/words.txt", "hello"), "");
    assert_eq!(of("in/data/tool", &padded), format!("{place} embedded-executable true dependency"));
    assert_eq!(
        of("in/aside/tool", &padded),
        "gap embedded-file-not-delivered --modules modules/x.y/c/@v/v1.0.0.zip!x.y/c@v1.0.0/in/in.go dependency"
    );
}

#[test]
fn what_is_asked_of_modules_alone_does_not_hang_on_their_contents() {
    let fixture = fixture(C);
    let alone = shown(&fixture, "module.requirements", &["path", "sums_recorded", "zip_sum_needed"]);
    let delivery = Delivery::open(fixture.folder.path(), fixture.spec.clone(), Limits::default()).expect("opened");
    let both = ["module.requirements", "source.cgo_imports"].map(|kind| Request::new(kind, &BTreeMap::new()));
    let sheets = collect(&delivery, &Context::default(), &both, &Quiet);
    let beside = sheets.iter().find(|sheet| sheet.kind == "module.requirements").expect("asked for");
    assert_eq!(crate::facts::table::shown(beside, &["path", "sums_recorded", "zip_sum_needed"]), alone);
}
