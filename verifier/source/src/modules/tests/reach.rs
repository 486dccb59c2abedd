//! What a build without a vendor folder takes of modules, and what `go build` says of missing sums.

use super::fixture::{File, Fixture};
use std::process::Command;

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

fn of_b(fixture: &Fixture) -> String {
    let shown = fixture.show("module.requirements", "path sums_complete");
    shown.lines().find_map(|line| line.strip_prefix("x.y/b ")).expect("a requirement").to_string()
}

#[test]
fn a_sum_is_needed_where_the_build_takes_something_of_the_module() {
    for (import, lacks, expected, _) in CASES {
        assert_eq!(of_b(&fixture(import, lacks)), *expected, "{import} without {lacks:?}");
    }
}

#[test]
fn the_go_command_says_the_same() {
    for (import, lacks, _, builds) in CASES {
        let fixture = fixture(import, lacks);
        let folder = |name: &str| fixture.path(name).to_string_lossy().into_owned();
        for module in ["x.y/a", "x.y/b"] {
            fixture.write(&format!("modules/{module}/@v/v1.0.0.info"), "{\"Version\":\"v1.0.0\"}");
        }
        let output = Command::new("go")
            .args(["build", "-mod=readonly", "./..."])
            .current_dir(fixture.path("src"))
            .envs([("GOENV", "off"), ("GOTOOLCHAIN", "local"), ("GOFLAGS", "-modcacherw"), ("GOWORK", "off")])
            .envs([("GOPROXY", format!("file://{}", folder("modules"))), ("GOMODCACHE", folder("cache"))])
            .env("GONOSUMDB", "*")
            .output()
            .expect("these tests need `go` on the PATH");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), *builds, "{import} without {lacks:?}: {said}");
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
