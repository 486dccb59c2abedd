//! What modules of the build ask of go.mod, told by their contents: what `go build` says of each is held beside it.

use super::fixture::{File, Fixture};

/// Modules by `path@version`; a package imports what stands behind its module's file.
const MODULES: &[(&str, &str, &[File<'static>])] = &[
    (
        "x.y/a",
        "v1.0.0",
        &[
            ("go.mod", "module x.y/a\n\ngo 1.17\n\nrequire x.y/b v1.0.0\n"),
            ("a.go", "package a\n\nimport _ \"x.y/b\"\n"),
            ("a_test.go", "package a\n\nimport _ \"x.y/tests\"\n"),
            ("a_windows.go", "package a\n\nimport _ \"x.y/windows\"\n"),
            ("alone/a.go", "package alone\n"),
        ],
    ),
    (
        "x.y/b",
        "v1.0.0",
        &[
            ("go.mod", "module x.y/b\n\ngo 1.17\n\nrequire x.y/c v1.1.0\n"),
            ("b.go", "package b\n\nimport _ \"x.y/c\"\n"),
        ],
    ),
    ("x.y/c", "v1.0.0", &[("go.mod", "module x.y/c\n"), ("c.go", "package c\n")]),
    ("x.y/c", "v1.1.0", &[("go.mod", "module x.y/c\n"), ("c.go", "package c\n")]),
    (
        "x.y/n",
        "v1.0.0",
        &[
            ("go.mod", "module x.y/n\n"),
            ("n.go", "package n\n"),
            ("two/n.go", "package two\n"),
            ("internal/i/i.go", "package i\n"),
        ],
    ),
    ("example.com", "v1.0.0", &[("go.mod", "module example.com\n"), ("app/own/o.go", "package own\n")]),
    ("x.y/n/one", "v1.0.0", &[("go.mod", "module x.y/n/one\n"), ("n.go", "package one\n")]),
    ("x.y/n/two", "v1.0.0", &[("go.mod", "module x.y/n/two\n"), ("n.go", "package two\n")]),
    ("x.y/newer", "v1.0.0", &[("go.mod", "module x.y/newer\n\ngo 1.21\n"), ("n.go", "package newer\n")]),
    ("x.y/past", "v1.0.0", &[("go.mod", "module x.y/now\n"), ("p.go", "package past\n")]),
    (
        "x.y/through",
        "v1.0.0",
        &[
            ("go.mod", "module x.y/through\n\ngo 1.16\n\nrequire x.y/newer v1.0.0\n"),
            ("t.go", "package through\n\nimport _ \"x.y/newer\"\n"),
        ],
    ),
];

const A: &str = "modules/x.y/a/@v/v1.0.0.zip!x.y/a@v1.0.0/a.go";
const B: &str = "modules/x.y/b/@v/v1.0.0.zip!x.y/b@v1.0.0/b.go";

/// The `go` line, what go.mod requires, lines behind, what the main package imports, what go.sum lacks, what is demanded, what is wrong with go.mod.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
);

const CASES: &[Case] = &[
    ("1.24", &["x.y/a v1.0.0", "x.y/b v1.0.0", "x.y/c v1.1.0"], "", "x.y/a", "", &[], ""),
    (
        "1.24",
        &["x.y/a v1.0.0", "x.y/b v1.0.0"],
        "",
        "x.y/a",
        "",
        &["x.y/b x.y/c (of no module that go.mod lists; imported in B)"],
        "",
    ),
    (
        "1.24",
        &["x.y/a v1.0.0", "x.y/c v1.1.0"],
        "",
        "x.y/a",
        "",
        &["x.y/a x.y/b (of no module that go.mod lists; imported in A)"],
        "",
    ),
    ("1.24", &["x.y/a v1.0.0"], "", "x.y/a/alone", "", &[], ""),
    (
        "1.24",
        &["x.y/a v1.0.0", "x.y/b v1.0.0", "x.y/c v1.0.0"],
        "",
        "x.y/a",
        "",
        &["x.y/b x.y/c v1.1.0 (here: v1.0.0)"],
        "",
    ),
    ("1.24", &["x.y/a v1.0.0", "x.y/b v1.0.0", "x.y/c v1.0.0"], "", "x.y/a/alone", "", &[], ""),
    (
        "1.24",
        &["x.y/n v1.0.0"],
        "",
        "x.y/n/one",
        "",
        &[],
        "no required module provides package x.y/n/one, which src/main.go imports",
    ),
    ("1.24", &["x.y/n v1.0.0", "x.y/n/one v1.0.0"], "", "x.y/n/one", "", &[], ""),
    (
        "1.24",
        &["x.y/n v1.0.0", "x.y/n/two v1.0.0"],
        "",
        "x.y/n/two",
        "",
        &[],
        "several modules of the build provide package x.y/n/two, which src/main.go imports",
    ),
    (
        "1.24",
        &["x.y/n v1.0.0"],
        "",
        "x.y/n/internal/i",
        "",
        &[],
        "src/main.go imports package x.y/n/internal/i, which is internal to others",
    ),
    ("1.24", &["x.y/n v1.0.0"], "", "example.com/app/own", "", &[], ""),
    (
        "1.24",
        &["example.com v1.0.0"],
        "",
        "example.com/app/own",
        "",
        &[],
        "several modules of the build provide package example.com/app/own, which src/main.go imports",
    ),
    ("1.24", &["x.y/past v1.0.0"], "", "x.y/past", "", &["x.y/past the path x.y/now (here: x.y/past)"], ""),
    ("1.24", &["x.y/past v1.0.0", "x.y/c v1.0.0"], "", "x.y/c", "", &[], ""),
    // A folder of the source demands as well.
    (
        "1.24",
        &["x.y/b v1.0.0", "x.y/c v1.0.0"],
        "replace x.y/b => ./b\n",
        "x.y/b",
        "",
        &["x.y/b x.y/c v1.1.0 (here: v1.0.0)"],
        "",
    ),
    (
        "1.24",
        &["x.y/b v1.0.0"],
        "replace x.y/b => ./b\n",
        "x.y/b",
        "",
        &["x.y/b x.y/c (of no module that go.mod lists; imported in src/b/b.go)"],
        "",
    ),
    // Before `go 1.17` the whole graph is read, and lists what the main module itself imports.
    ("1.16", &["x.y/a v1.0.0"], "", "x.y/a", "", &[], ""),
    ("1.16", &["x.y/a v1.0.0"], "", "x.y/b", "", &[], "no required module provides package x.y/b"),
    ("1.16", &["x.y/a v1.0.0", "x.y/c v1.0.0"], "", "x.y/a/alone", "", &["x.y/a x.y/c v1.1.0 (here: v1.0.0)"], ""),
    (
        "1.16",
        &["x.y/a v1.0.0"],
        "",
        "x.y/a/alone",
        "x.y/c v1.1.0/go.mod",
        &["x.y/a x.y/c v1.1.0 (go.sum has no checksum of its go.mod)"],
        "",
    ),
    ("1.16", &["x.y/a v1.0.0"], "replace x.y/c => x.y/c v1.0.0\n", "x.y/a", "x.y/c v1.1.0/go.mod", &[], ""),
    ("1.16", &["x.y/a v1.0.0"], "exclude x.y/c v1.1.0\n", "x.y/a/alone", "x.y/c v1.1.0/go.mod", &[], ""),
    ("1.16", &["x.y/through v1.0.0"], "", "x.y/through", "", &["x.y/through go 1.21 (here: 1.16)"], ""),
    (
        "1.20",
        &["x.y/through v1.0.0", "x.y/newer v1.0.0"],
        "",
        "x.y/through",
        "",
        &["x.y/newer go 1.21 (here: 1.20)"],
        "",
    ),
];

fn fixture((go, requires, more, import, lacks, ..): &Case) -> Fixture {
    let mut fixture = Fixture::new();
    let requires: String = requires.iter().map(|require| format!("require {require}\n")).collect();
    fixture.write("src/go.mod", &format!("module example.com/app\n\ngo {go}\n\n{requires}{more}"));
    fixture.write("src/main.go", &format!("package main\n\nimport _ \"{import}\"\n\nfunc main() {{}}\n"));
    fixture.write("src/own/o.go", "package own\n");
    for (name, text) in MODULES[1].2.iter().filter(|_| more.contains("./b")) {
        fixture.write(&format!("src/b/{name}"), text);
    }
    let sums: String = MODULES.iter().map(|(path, version, files)| fixture.module(path, version, files)).collect();
    let is_kept = |line: &&str| lacks.is_empty() || !line.starts_with(lacks);
    fixture.write("src/go.sum", &sums.split_inclusive('\n').filter(is_kept).collect::<String>());
    fixture.imports(&[import]);
    fixture.follows = true;
    fixture
}

#[test]
fn what_the_build_takes_of_modules_is_in_go_mod() {
    for case in CASES {
        let fixture = fixture(case);
        let (.., demands, mistake) = case;
        let full = |demand: &&str| demand.replace("in A)", &format!("in {A})")).replace("in B)", &format!("in {B})"));
        let shown = fixture.show("module.requirements", "path demands");
        let shown: Vec<&str> = shown.lines().filter(|line| !line.ends_with(" null")).collect();
        assert_eq!(shown, demands.iter().map(full).collect::<Vec<_>>(), "{case:?}");
        let shown = fixture.show("module.file", "name mistake");
        let wanted = if mistake.is_empty() { "null" } else { mistake };
        assert_eq!(shown.lines().next(), Some(format!("go.mod {wanted}").as_str()), "{case:?}");
    }
}

#[test]
fn the_go_command_says_the_same() {
    for case in CASES {
        let fixture = fixture(case);
        for (module, version, _) in MODULES {
            fixture.write(&format!("modules/{module}/@v/{version}.info"), &format!("{{\"Version\":\"{version}\"}}"));
        }
        let (.., demands, mistake) = case;
        let output = fixture.go_build();
        let is_fine = mistake.is_empty() && demands.is_empty();
        assert_eq!(output.status.success(), is_fine, "{case:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn what_is_not_at_hand_or_perhaps_not_built_demands_nothing() {
    let case = &CASES[1];
    let fixture = fixture(case);
    fixture.remove("modules/x.y/b");
    assert_eq!(fixture.show("module.requirements", "demands"), "null\nnull\n");
    let mut fixture = self::fixture(case);
    fixture.write("src/main.go", "package main\n\nfunc main() {}\n");
    fixture.write("src/cgo.go", "//go:build cgo\n\npackage main\n\nimport _ \"x.y/a\"\n");
    fixture.imports(&[]);
    assert_eq!(fixture.show("module.requirements", "demands"), "null\nnull\n");
    let fixture = self::fixture(case);
    fixture.write("src/vendor/modules.txt", "# x.y/a v1.0.0\n## explicit; go 1.17\nx.y/a\n");
    assert_eq!(fixture.show("module.requirements", "demands"), "null\nnull\n");
}
