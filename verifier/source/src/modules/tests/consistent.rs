//! What the Go command asks of a go.mod that parses: what `go build` says of each is held beside it.

use super::fixture::{File, Fixture};
use assize_facts::kinds::inventory::{BuildFile, BuildSetting};
use assize_facts::{Known, Origin, Sheet};

const LIB: &[File<'static>] = &[
    ("go.mod", "module x.y/lib\n\ngo 1.21\n\nrequire x.y/util v1.2.0\n"),
    ("lib.go", "package lib\n\nimport _ \"x.y/util\"\n"),
    ("alone/a.go", "package alone\n"),
];
const UTIL: &[File<'static>] = &[("go.mod", "module x.y/util\n\ngo 1.20\n"), ("u.go", "package util\n")];

/// What go.mod holds behind the module's line, what the main package imports, what is demanded, what is wrong with go.mod; `go build` takes it where
/// neither is.
const CASES: &[(&str, &str, &str, &str, &str)] = &[
    ("as it is", "go 1.24\n\nrequire (\n\tx.y/lib v1.0.0\n\tx.y/util v1.2.0\n)\n", "x.y/lib", "null null", "null"),
    (
        "lowered",
        "go 1.24\n\nrequire (\n\tx.y/lib v1.0.0\n\tx.y/util v1.1.0\n)\n",
        "x.y/lib",
        "x.y/util v1.2.0 (here: v1.1.0) null",
        "null",
    ),
    (
        "lowered, and replaced by the other",
        "go 1.24\n\nrequire (\n\tx.y/lib v1.0.0\n\tx.y/util v1.1.0\n)\n\nreplace x.y/util => x.y/util v1.2.0\n",
        "x.y/lib",
        "x.y/util v1.2.0 (here: v1.1.0) null",
        "null",
    ),
    (
        "lowered, and nothing of the other is imported",
        "go 1.24\n\nrequire (\n\tx.y/lib v1.0.0\n\tx.y/util v1.1.0\n)\n",
        "x.y/util",
        "null null",
        "null",
    ),
    (
        "lowered, and every go.mod is read",
        "go 1.16\n\nrequire (\n\tx.y/lib v1.0.0\n\tx.y/util v1.1.0\n)\n",
        "x.y/util",
        "x.y/util v1.2.0 (here: v1.1.0) null",
        "null",
    ),
    (
        "an excluded version",
        "go 1.24\n\nrequire (\n\tx.y/lib v1.0.0\n\tx.y/util v1.1.0\n)\n\nexclude x.y/util v1.2.0\n",
        "x.y/lib",
        "null null",
        "null",
    ),
    (
        "of an older Go",
        "go 1.20\n\nrequire (\n\tx.y/lib v1.0.0\n\tx.y/util v1.2.0\n)\n",
        "x.y/lib",
        "go 1.21 (here: 1.20) null",
        "null",
    ),
    // Before 1.21 it was no requirement.
    ("of an older Go, when that meant nothing", "go 1.17\n\nrequire x.y/util v1.2.0\n", "x.y/util", "null", "null"),
    (
        "not required",
        "go 1.24\n\nrequire x.y/util v1.2.0\n",
        "x.y/lib",
        "null",
        "no required module provides package x.y/lib",
    ),
    ("of its own", "go 1.24\n\nrequire x.y/util v1.2.0\n", "example.com/app/in", "null", "null"),
];

fn fixture(go_mod: &str, import: &str) -> Fixture {
    let mut fixture = Fixture::new();
    fixture.write("src/go.mod", &format!("module example.com/app\n\n{go_mod}"));
    fixture.write("src/main.go", &format!("package main\n\nimport _ \"{import}\"\n\nfunc main() {{}}\n"));
    fixture.write("src/in/in.go", "package in\n");
    let all = [("x.y/lib", "v1.0.0", LIB), ("x.y/util", "v1.1.0", UTIL), ("x.y/util", "v1.2.0", UTIL)];
    let sums: String = all.into_iter().map(|(path, version, files)| fixture.module(path, version, files)).collect();
    fixture.write("src/go.sum", &sums);
    fixture.imports(&[import]);
    fixture
}

#[test]
fn a_go_mod_has_what_the_build_imports_and_what_its_modules_require() {
    for (name, go_mod, import, demands, mistake) in CASES {
        let fixture = fixture(go_mod, import);
        let shown = fixture.show("module.requirements", "demands").replace('\n', " ");
        assert_eq!(shown.trim_end(), *demands, "{name}");
        let shown = fixture.show("module.file", "name mistake");
        assert_eq!(shown.lines().next(), Some(format!("go.mod {mistake}").as_str()), "{name}");
    }
}

#[test]
fn the_go_command_says_the_same() {
    for (name, go_mod, import, demands, mistake) in CASES {
        let fixture = fixture(go_mod, import);
        for (module, version) in [("x.y/lib", "v1.0.0"), ("x.y/util", "v1.1.0"), ("x.y/util", "v1.2.0")] {
            fixture.write(&format!("modules/{module}/@v/{version}.info"), &format!("{{\"Version\":\"{version}\"}}"));
        }
        let output = fixture.go_build();
        let is_fine = *mistake == "null" && demands.split(' ').all(|word| word == "null");
        assert_eq!(output.status.success(), is_fine, "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn what_is_vendored_or_not_at_hand_demands_nothing() {
    let fixture = fixture(CASES[1].1, "x.y/lib");
    fixture.remove("modules/x.y/lib");
    assert_eq!(fixture.show("module.requirements", "demands"), "null\nnull\n");
    let fixture = self::fixture(CASES[1].1, "x.y/lib");
    fixture.write("src/vendor/modules.txt", "# x.y/lib v1.0.0\n## explicit; go 1.21\nx.y/lib\n");
    assert_eq!(fixture.show("module.requirements", "demands"), "null\nnull\n");
}

/// Lines of go.work, of its member's go.mod beside those of its own, whether the workspace is switched off, and what is wrong with go.work.
#[test]
fn a_workspace_fits_its_members() {
    let fork = "replace x.y/a => x.y/fork v1.0.0\n";
    for (work, root, inner, off, wanted) in [
        ("go 1.24\n", "go 1.24\n", "go 1.24\n", false, "null"),
        (
            "go 1.24\n",
            "go 1.24\n",
            "go 1.25\n",
            false,
            "example.com/app/in requires go >= 1.25, but go.work lists go 1.24",
        ),
        ("go 1.24\n", "go 1.24\n", "go 1.25\n", true, "null"),
        ("", "go 1.20\n", "go 1.22\n", false, "example.com/app/in requires go >= 1.22, but go.work lists go 1.18"),
        // Before 1.21 it was no requirement.
        ("go 1.18\n", "go 1.20\n", "go 1.19\n", false, "null"),
        (
            "go 1.24\n",
            "go 1.24\nreplace x.y/a => ./a\n",
            "go 1.24\nreplace x.y/a => x.y/fork v1.0.0\n",
            false,
            "conflicting replacements for x.y/a: a, x.y/fork@v1.0.0",
        ),
        ("go 1.24\n", "go 1.24\nreplace x.y/a => ./a\n", "go 1.24\nreplace x.y/a => ../a\n", false, "null"),
        (&format!("go 1.24\n{fork}"), "go 1.24\nreplace x.y/a => ./a\n", &format!("go 1.24\n{fork}"), false, "null"),
    ] {
        let mut fixture = Fixture::new();
        fixture.write("src/go.work", &format!("{work}\nuse (\n\t.\n\t./in\n)\n"));
        fixture.write("src/go.mod", &format!("module example.com/app\n\n{root}"));
        fixture.write("src/in/go.mod", &format!("module example.com/app/in\n\n{inner}"));
        fixture.write("src/a/go.mod", "module x.y/a\n");
        if off {
            let mut settings = Sheet::of::<BuildSetting>();
            settings.push(
                BuildSetting {
                    tool: BuildFile::Dockerfile,
                    setting: "GOWORK".into(),
                    value: Known::Value(Some("off".into())),
                    command: None,
                    delivered: Known::Value(true),
                    told_by: None,
                },
                Origin::file("Dockerfile"),
            );
            fixture.settings = Some(settings);
        }
        let shown = fixture.show("module.file", "name mistake");
        assert_eq!(shown.lines().next(), Some(format!("go.work {wanted}").as_str()), "{work} {root} {inner}");
    }
}
