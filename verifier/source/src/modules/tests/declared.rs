//! What modules declare whose source is not in the tree.

use super::fixture::{File, Fixture};
use crate::modules::Shelf;
use crate::modules::declared::{Wanted, add};
use assize_delivery::Delivery;
use assize_facts::{Limits, Sheet};
use assize_golang::module::Module;
use std::sync::Arc;

const M: &[File<'static>] = &[
    ("go.mod", "module x.y/m\n"),
    ("m.go", "package m\n\ntype T struct{}\n\ntype U = T\n\nfunc (u *U) Do() {\n}\n"),
    ("m_arm64.go", "package m\n\nfunc fast() {\n}\n"),
    ("m_test.go", "package m\n\nfunc helper() {\n}\n"),
    ("in/in.go", "package in\n\nfunc In() {\n}\n"),
    ("asm/asm.go", "package asm\n\nfunc Sum()\n"),
    ("asm/sum_amd64.s", "TEXT ·sum(SB), 0, $0\n"),
    ("c/c.go", "package c\n\nimport \"C\"\n\nfunc C() {\n}\n"),
    ("line/line.go", "package line\n\n//line x.y:1\nfunc L() {\n}\n"),
];

fn fixture() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.write("src/go.mod", "module example.com/app\n\ngo 1.26.0\n\nrequire x.y/m v1.0.0\n");
    let sums = fixture.module("x.y/m", "v1.0.0", M);
    fixture.write("src/go.sum", &sums);
    fixture
}

/// `file package names`, one a line; the module is known to the build under a path.
fn declared(fixture: &Fixture, known_as: &str) -> String {
    let delivery = Delivery::open(fixture.folder.path(), fixture.spec.clone(), Limits::default()).expect("opened");
    let packages = ["", "/in", "/asm", "/c", "/line", "/none"].map(|rest| format!("{known_as}{rest}"));
    let wanted = Wanted {
        path: known_as.into(),
        contents: Module::new("x.y/m", "v1.0.0"),
        packages: packages.into_iter().collect(),
    };
    let mut sheet = Sheet::named("source.declarations");
    add(&mut sheet, &delivery, &Shelf::new(&delivery, &fixture.sources, Arc::default()), &[wanted]);
    assert_eq!(sheet.gaps, []);
    let row = |item: &assize_facts::Item| {
        let names = item.texts("names").unwrap_or_default().join(",");
        let file = item.origin.file.clone().unwrap_or_default();
        format!(
            "{file} {} {} {names}",
            item.text("package").unwrap_or_default(),
            item.text("owner").unwrap_or_default()
        )
    };
    sheet.items.iter().map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn packages_of_a_module_declare_what_its_files_for_any_platform_declare() {
    let of = |known_as: &str| {
        let row = |(file, package, names): (&str, &str, &str)| {
            format!("x.y/m@v1.0.0/{file} {known_as}{package} dependency {names}")
        };
        [("m.go", "", "(*T).Do"), ("m_arm64.go", "", "fast"), ("in/in.go", "/in", "In")].map(row).join("\n")
    };
    let fixture = fixture();
    assert_eq!(declared(&fixture, "x.y/m"), of("x.y/m"));
    assert_eq!(declared(&fixture, "x.y/original"), of("x.y/original"), "what stands in for another");
    fixture.remove("modules/x.y/m");
    for (name, text) in M {
        fixture.write(&format!("modules/x.y/m@v1.0.0/{name}"), text);
    }
    assert_eq!(declared(&fixture, "x.y/m"), of("x.y/m"));
}

#[test]
fn contents_that_prove_nothing_declare_nothing() {
    let changed = fixture();
    assert_ne!(declared(&changed, "x.y/m"), "");
    let sums = std::fs::read_to_string(changed.path("src/go.sum")).expect("text");
    let other: Vec<File> =
        M.iter().map(|(n, t)| (*n, if *n == "in/in.go" { "package in\n\nfunc Im() {\n}\n" } else { *t })).collect();
    let mut changed = changed;
    changed.module("x.y/m", "v1.0.0", &other);
    changed.write("src/go.sum", &sums);
    assert_eq!(declared(&changed, "x.y/m"), "", "not those of go.sum");
    let unsummed = fixture();
    unsummed.remove("src/go.sum");
    assert_eq!(declared(&unsummed, "x.y/m"), "");
    let gone = fixture();
    gone.remove("modules/x.y/m");
    gone.write("modules/other", "text");
    assert_eq!(declared(&gone, "x.y/m"), "");
    let vendored = fixture();
    vendored.write("src/vendor/modules.txt", "# x.y/m v1.0.0\n## explicit\nx.y/m\n");
    assert_eq!(declared(&vendored, "x.y/m"), "", "it is in the tree");
}
