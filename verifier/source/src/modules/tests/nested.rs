//! Declared packages in modules below the source root.

use super::fixture::Fixture;
use assize_facts::BinarySpec;
use assize_facts::BuildSpec;

const A: &[(&str, &str)] = &[("go.mod", "module x.y/a\n"), ("a.go", "package a\n")];

/// A root module, and below it one with a replacement of its own.
fn monorepo(packages: &[&str]) -> Fixture {
    let mut fixture = Fixture::new();
    let sums = fixture.module("x.y/a", "v1.0.0", A);
    fixture.write("src/go.mod", "module example.com/root\n\ngo 1.26.0\n");
    fixture.write("src/main.go", "package main\n\nfunc main() {}\n");
    fixture.write(
        "src/svc/go.mod",
        "module example.com/svc\n\ngo 1.26.0\n\nrequire (\n\tx.y/a v1.0.0\n\texample.com/lib v0.0.0\n)\n\n\
         replace x.y/a => ./evil\n\nreplace example.com/lib => ../lib\n",
    );
    fixture.write("src/svc/go.sum", &sums);
    fixture.write("src/svc/cmd/app/main.go", "package main\n\nfunc main() {}\n");
    fixture.write("src/svc/evil/go.mod", "module x.y/a\n");
    fixture.write("src/lib/go.mod", "module example.com/lib\n");
    let binary = |package: &&str| BinarySpec { package: Some((*package).into()), ..BinarySpec::default() };
    fixture.spec.binaries = packages.iter().map(binary).collect();
    fixture
}

const OF_SVC: &str = "src/svc/go.mod true example.com/svc\nsrc/lib/go.mod false example.com/lib\nsrc/svc/evil/go.mod false x.y/a\nsrc/svc/go.sum true null\n";
const OF_ROOT: &str = "src/go.mod true example.com/root\n";

#[test]
fn the_module_that_a_declared_package_lies_in_governs_it() {
    for (packages, wanted) in [
        (&["./svc/cmd/app"][..], OF_SVC.to_string()),
        (&["svc/cmd/..."], OF_SVC.to_string()),
        (&["./svc/cmd/app", "./svc"], OF_SVC.to_string()),
        (&["."], OF_ROOT.to_string()),
        (&["example.com/root"], OF_ROOT.to_string()),
        (&[], OF_ROOT.to_string()),
        (&["./svc/cmd/app", "."], format!("{OF_ROOT}{OF_SVC}")),
    ] {
        assert_eq!(monorepo(packages).show("module.file", "file is_main module"), wanted, "{packages:?}");
    }
    let fixture = monorepo(&["./svc/cmd/app"]);
    assert_eq!(
        fixture.show("module.replacements", "path target target_delivered target_declares_path own_replacement"),
        "x.y/a ./evil true true false\nexample.com/lib ../lib true true true\n"
    );
    assert_eq!(
        fixture.show("module.requirements", "path required_by"),
        "x.y/a example.com/svc\nexample.com/lib example.com/svc\n"
    );
}

#[test]
fn a_folder_that_replaces_a_module_may_be_built_in_either_place() {
    let fixture = monorepo(&["./svc/cmd/app"]);
    fixture.write(
        "src/go.mod",
        "module example.com/root\n\ngo 1.26.0\n\nrequire example.com/svc v0.0.0\n\nreplace example.com/svc => ./svc\n",
    );
    let shown = fixture.show("module.replacements", "path target");
    assert_eq!(shown, "example.com/svc ./svc\nx.y/a ./evil\nexample.com/lib ../lib\n");
}

#[test]
fn a_member_of_the_workspace_is_governed_by_it() {
    let fixture = monorepo(&["./svc/cmd/app"]);
    fixture.write("src/go.work", "go 1.26.0\n\nuse (\n\t.\n\t./svc\n)\n");
    let shown = fixture.show("module.file", "file is_main");
    assert!(shown.starts_with("src/go.work true\nsrc/go.mod true\nsrc/svc/go.mod true\n"), "{shown}");
    // One that leaves the module out says nothing about it, and one below the root is not followed.
    fixture.write("src/go.work", "go 1.26.0\n\nuse .\n");
    assert_eq!(fixture.show("module.file", "file is_main module"), OF_SVC);
    fixture.write("src/svc/go.work", "go 1.26.0\n\nuse .\n");
    assert_eq!(
        fixture.show("module.file", "file is_main module"),
        format!("{OF_SVC}gap workspace-below-source src/svc/go.work\n")
    );
}

#[test]
fn the_vendor_folder_of_a_nested_module_is_its_own() {
    let fixture = monorepo(&["./svc/cmd/app"]);
    fixture.edit("src/svc/go.mod", "replace x.y/a => ./evil\n\nreplace example.com/lib => ../lib\n", "");
    fixture.edit("src/svc/go.mod", "\texample.com/lib v0.0.0\n", "");
    fixture.write("src/svc/vendor/modules.txt", "# x.y/a v1.0.0\n## explicit\nx.y/a\n");
    fixture.write("src/svc/vendor/x.y/a/a.go", "package a\n");
    let shown = |fixture: &Fixture| fixture.show("module.vendor", "path equals_contents differing unexplained");
    assert_eq!(shown(&fixture), "x.y/a true [] []\n");
    fixture.write("src/svc/vendor/x.y/a/a.go", "package a // evil\n");
    fixture.write("src/svc/vendor/stray", "");
    assert_eq!(shown(&fixture), "x.y/a false [\"svc/vendor/x.y/a/a.go\"] []\n true [] [\"svc/vendor/stray\"]\n");
}

#[test]
fn without_a_module_at_the_root_those_below_it_govern() {
    let fixture = Fixture::new();
    for folder in ["a", "b/svc", "b/svc/in", "tools", "testdata/x"] {
        fixture.write(&format!("src/{folder}/go.mod"), &format!("module example.com/{folder}\n"));
    }
    assert_eq!(fixture.show("module.file", "module"), "example.com/a\nexample.com/b/svc\n");
    fixture.write("src/go.mod", "module example.com/root\n");
    assert_eq!(fixture.show("module.file", "module"), "example.com/root\n");
}

#[test]
fn a_workspace_that_every_declared_build_switches_off_is_none() {
    let mut fixture = Fixture::new();
    fixture.write("src/go.work", "go 1.26.0\n\nuse ./other\n");
    fixture.write("src/other/go.mod", "module example.com/other\n");
    fixture.write("src/go.mod", "module example.com/app\n");
    assert_eq!(fixture.show("module.file", "name").lines().count(), 3);
    let build = |value: &str| BuildSpec { env: [("GOWORK".into(), value.into())].into(), ..BuildSpec::default() };
    let binary = |value: &str| BinarySpec { build: Some(build(value)), ..BinarySpec::default() };
    fixture.spec.binaries = vec![binary("off")];
    assert_eq!(fixture.show("module.file", "name"), "go.mod\n");
    fixture.spec.binaries = vec![binary("off"), binary("")];
    assert_eq!(fixture.show("module.file", "name").lines().count(), 3);
}
