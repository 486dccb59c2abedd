//! What a build without a vendor folder takes of modules, and what `go build` says of missing sums.

use super::fixture::{File, Fixture};

/// A module that imports another in one package, and on another system.
const A: &[File<'static>] = &[
    ("go.mod", "module x.y/a\n\ngo 1.21\n\nrequire x.y/b v1.0.0\n"),
    ("a.go", "package a\n"),
    ("uses/u.go", "package uses\n\nimport _ \"x.y/b/in\"\n"),
    ("elsewhere/e.go", "package elsewhere\n"),
    ("elsewhere/e_windows.go", "package elsewhere\n\nimport _ \"x.y/b\"\n"),
    ("tested/t.go", "package tested\n"),
    ("tested/t_test.go", "package tested\n\nimport _ \"x.y/b\"\n"),
];
const B: &[File<'static>] =
    &[("go.mod", "module x.y/b\n\ngo 1.21\n"), ("b.go", "package b\n"), ("in/in.go", "package in\n")];

/// The main package's import, what go.sum lacks of x.y/b, and what is said of its sums; and whether `go build` takes that.
const CASES: &[(&str, &[&str], &str, bool)] = &[
    ("x.y/a", &[], "true", true),
    ("x.y/a", &[" "], "true", true),
    ("x.y/a", &["/go.mod "], "true", true),
    ("x.y/a", &[" ", "/go.mod "], "true", true),
    ("x.y/a/tested", &[" ", "/go.mod "], "true", true),
    ("x.y/a/uses", &[" "], "false", false),
    ("x.y/a/uses", &["/go.mod "], "false", false),
    ("x.y/a/uses", &[" ", "/go.mod "], "false", false),
    ("x.y/b", &[" "], "false", false),
    // Files of other systems may be the build's.
    ("x.y/a/elsewhere", &[" ", "/go.mod "], "?build-unknown", true),
];

fn fixture(import: &str, lacks: &[&str]) -> Fixture {
    let mut fixture = Fixture::new();
    fixture.write(
        "src/go.mod",
        "module example.com/app\n\ngo 1.26\n\nrequire (\n\tx.y/a v1.0.0\n\tx.y/b v1.0.0 // indirect\n)\n",
    );
    fixture.write("src/main.go", &format!("package main\n\nimport _ \"{import}\"\n\nfunc main() {{}}\n"));
    let sums = fixture.module("x.y/a", "v1.0.0", A) + &fixture.module("x.y/b", "v1.0.0", B);
    let is_lacking = |line: &&str| lacks.iter().any(|lack| line.starts_with(&format!("x.y/b v1.0.0{lack}")));
    let sums: Vec<&str> = sums.lines().filter(|line| !is_lacking(line)).collect();
    fixture.write("src/go.sum", &format!("{}\n", sums.join("\n")));
    fixture.imports(&[import]);
    fixture
}

fn of(fixture: &Fixture, module: &str) -> String {
    let shown = fixture.show("module.requirements", "path sums_complete");
    let of_module = |line: &str| line.strip_prefix(module)?.strip_prefix(' ').map(String::from);
    shown.lines().find_map(of_module).expect("a requirement")
}

fn of_b(fixture: &Fixture) -> String {
    of(fixture, "x.y/b")
}

/// The main package's import of a module in a folder of another's, what go.sum lacks, what is said of the outer module's sums; and whether `go build`
/// takes that: it looks into the outer one, to see that only one of them has the package, and reads no go.mod of what has none.
const NESTED: &[(&str, &str, &str, bool)] = &[
    ("x.y/n/in", "x.y/n v1.0.0/go.mod ", "true", true),
    ("x.y/n/in", "x.y/n v1.0.0 ", "false", false),
    ("x.y/n/own", "x.y/n v1.0.0/go.mod ", "false", false),
    ("x.y/n/own", "x.y/n/in v1.0.0", "true", true),
];

fn nested(import: &str, lacks: &str) -> Fixture {
    let mut fixture = Fixture::new();
    fixture
        .write("src/go.mod", "module example.com/app\n\ngo 1.26\n\nrequire (\n\tx.y/n v1.0.0\n\tx.y/n/in v1.0.0\n)\n");
    fixture.write("src/main.go", &format!("package main\n\nimport _ \"{import}\"\n\nfunc main() {{}}\n"));
    let outer: &[File] = &[("go.mod", "module x.y/n\n\ngo 1.21\n"), ("own/o.go", "package own\n")];
    let inner: &[File] = &[("go.mod", "module x.y/n/in\n\ngo 1.21\n"), ("in.go", "package in\n")];
    let sums = fixture.module("x.y/n", "v1.0.0", outer) + &fixture.module("x.y/n/in", "v1.0.0", inner);
    let sums: Vec<&str> = sums.lines().filter(|line| !line.starts_with(lacks)).collect();
    fixture.write("src/go.sum", &format!("{}\n", sums.join("\n")));
    fixture.imports(&[import]);
    fixture
}

#[test]
fn a_go_mod_is_read_of_modules_that_have_a_package_of_the_build() {
    for (import, lacks, expected, _) in NESTED {
        assert_eq!(of(&nested(import, lacks), "x.y/n"), *expected, "{import} without {lacks}");
    }
    // Who has the package is not known.
    let fixture = nested("x.y/n/in", "x.y/n v1.0.0/go.mod ");
    fixture.remove("modules");
    assert_eq!(of(&fixture, "x.y/n"), "?build-unknown");
}

#[test]
fn a_sum_is_needed_where_the_build_takes_something_of_the_module() {
    for (import, lacks, expected, _) in CASES {
        assert_eq!(of_b(&fixture(import, lacks)), *expected, "{import} without {lacks:?}");
    }
}

#[test]
fn the_go_command_says_the_same() {
    let all =
        CASES.iter().map(|(import, lacks, _, builds)| (fixture(import, lacks), import, format!("{lacks:?}"), builds));
    let inner =
        NESTED.iter().map(|(import, lacks, _, builds)| (nested(import, lacks), import, (*lacks).into(), builds));
    for (fixture, import, lacks, builds) in all.chain(inner) {
        for module in ["x.y/a", "x.y/b", "x.y/n", "x.y/n/in"] {
            fixture.write(&format!("modules/{module}/@v/v1.0.0.info"), "{\"Version\":\"v1.0.0\"}");
        }
        let output = fixture.go_build();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), *builds, "{import} without {lacks}: {said}");
    }
}

#[test]
fn what_contents_that_are_not_at_hand_import_is_not_known() {
    let fixture = fixture("x.y/a", &[" ", "/go.mod "]);
    fixture.remove("modules/x.y/a");
    assert_eq!(of_b(&fixture), "?build-unknown");
    let mut fixture = fixture;
    if let Some(imports) = &mut fixture.imports {
        imports.own = false;
    }
    assert_eq!(of_b(&fixture), "?build-unknown");
    // Without any, what the module file says of it counts: the Go command wrote it there for what another module takes.
    fixture.remove("modules");
    assert_eq!(of_b(&fixture), "false");
}
