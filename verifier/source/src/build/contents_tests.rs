//! Packages out of module contents, as tables: what stands below `/path@version` are contents, authentic by the sum `good`.

use super::program::Program;
use super::tree::Memory;
use crate::facts::table::{built, cgo_off};
use assize_facts::{Deliverable, Quiet};

/// The packages out of contents with what is built of them, and what is missing.
fn reached(tree: &str, spec: &Deliverable) -> String {
    let files = Memory::new(tree);
    let program = Program::read(&files, spec, &[], &Quiet);
    let mut out = Vec::new();
    for package in program.packages.values().filter(|package| program.folders.get(package.folder).path.starts_with('/'))
    {
        let folder = program.folders.get(package.folder);
        let taken = |id: &&super::FileId| program.parts[id.0 as usize].in_build().value() == Some(&true);
        let names = folder.files.iter().filter(taken).map(|id| program.folders.file(*id).name());
        let names = names.collect::<Vec<_>>().join(" ");
        out.push(format!(
            "{} {} {}: {names}",
            package.path,
            format!("{:?}", package.owner).to_lowercase(),
            folder.path
        ));
    }
    let said = |gap: &assize_facts::Gap| {
        let owner = gap.owner.as_deref().unwrap_or("main");
        format!("gap {} in {} ({owner})", gap.reason.render(assize_facts::Lang::En), gap.place)
    };
    out.extend(program.gaps.iter().map(said));
    out.join("\n")
}

fn check(table: &[(&str, &str, &str)]) {
    for (name, tree, expected) in table {
        assert_eq!(reached(tree, &cgo_off()), expected.trim(), "{name}");
    }
}

const MAIN: &str = "
-- go.sum --
x.y/a v1.0.0 good
x.y/a v1.0.0/go.mod good
x.y/b v1.2.0 good
x.y/b v1.2.0/go.mod good
-- main.go --
package main

import _ \"x.y/a/in\"

func main() {}
";

fn with_main(rest: &str) -> String {
    format!("{MAIN}{rest}")
}

#[test]
fn imports_are_followed_through_contents_as_through_vendored_packages() {
    let tree = with_main(
        "
-- go.mod --
module example.com/app

go 1.21

require x.y/a v1.0.0
require x.y/b v1.2.0 // indirect
-- /x.y/a@v1.0.0/go.mod --
module x.y/a
-- /x.y/a@v1.0.0/in/a.go --
package in

import _ \"x.y/b\"
-- /x.y/a@v1.0.0/in/a_test.go --
package in

import _ \"x.y/tested\"
-- /x.y/a@v1.0.0/in/a_windows.go --
package in

import _ \"x.y/c\"
-- /x.y/a@v1.0.0/in/a_amd64.s --
TEXT x
-- /x.y/a@v1.0.0/in/tagged.go --
//go:build special

package in

import _ \"x.y/a/special\"
-- /x.y/a@v1.0.0/out/o.go --
package out

import \"C\"
-- /x.y/a@v1.0.0/special/s.go --
package special
-- /x.y/b@v1.2.0/b.go --
package b

import (
	_ \"fmt\"
	_ \"x.y/a/in\"
)
",
    );
    let usual = "x.y/a/in dependency /x.y/a@v1.0.0/in: a.go a_amd64.s\nx.y/b dependency /x.y/b@v1.2.0: b.go";
    assert_eq!(reached(&tree, &cgo_off()), usual);
    let special = built(None, &["special"], &["CGO_ENABLED=0"]);
    assert_eq!(
        reached(&tree, &special),
        "x.y/a/in dependency /x.y/a@v1.0.0/in: a.go a_amd64.s tagged.go\nx.y/a/special dependency /x.y/a@v1.0.0/special: s.go\nx.y/b dependency /x.y/b@v1.2.0: b.go"
    );
    // Without the contents of one, the rest is read all the same.
    let without: String = tree.split("-- /x.y/b@").next().expect("a part").into();
    assert_eq!(
        reached(&without, &cgo_off()),
        "x.y/a/in dependency /x.y/a@v1.0.0/in: a.go a_amd64.s\ngap the build uses x.y/b of x.y/b v1.2.0, whose source was not delivered in /x.y/a@v1.0.0/in/a.go (dependency)"
    );
    // Nothing is read that go.sum does not authenticate.
    for sums in ["x.y/a v1.0.0 good\nx.y/a v1.0.0 other\n", "x.y/a v1.0.0 other\n", "", "x.y/a v1.0.0/go.mod good\n"] {
        let tampered = tree.replace("x.y/a v1.0.0 good\nx.y/a v1.0.0/go.mod good\n", sums);
        let gap = "gap the build uses x.y/a/in of x.y/a v1.0.0, and go.sum does not authenticate the contents at hand in main.go (dependency)";
        assert_eq!(reached(&tampered, &cgo_off()), gap, "{sums}");
    }
}

const IN: &str = "
-- /x.y/a@v1.0.0/in/a.go --
package in
";

#[test]
fn the_module_that_supplies_a_package_is_the_go_commands() {
    let go_mod = |text: &str| format!("-- go.mod --\nmodule example.com/app\n\n{text}\n");
    let one = with_main(&go_mod("go 1.21\nrequire x.y/a v1.0.0\nrequire x.y/a/in v0.1.0"));
    let nested = "\n-- /x.y/a/in@v0.1.0/n.go --\npackage in\n";
    let sums = "x.y/a/in v0.1.0 good\n-- main.go --";
    let summed = one.replace("-- main.go --", sums);
    let replaced = with_main(&go_mod("go 1.21\nrequire x.y/a v1.0.0\nreplace x.y/a => x.y/b v1.2.0"));
    let of_one = with_main(&go_mod("go 1.21\nrequire x.y/a v1.0.0\nreplace x.y/a v0.9.0 => x.y/b v1.2.0"));
    let highest = with_main(&go_mod("go 1.21\nrequire x.y/a v0.9.0\nrequire x.y/a v1.0.0"));
    let unlisted = with_main(&go_mod("go 1.21\nrequire x.y/b v1.2.0"));
    let vendored = with_main(&go_mod("go 1.21\nrequire x.y/a v1.0.0"));
    let vendored = format!(
        "{vendored}-- vendor/modules.txt --\n# x.y/a v1.0.0\n## explicit\nx.y/a/in\n-- vendor/x.y/a/in/v.go --\npackage in\n"
    );
    check(&[
        (
            "a nested module has the package, and the one around it has not",
            &format!("{summed}{nested}-- /x.y/a@v1.0.0/a.go --\npackage a\n"),
            "x.y/a/in dependency /x.y/a/in@v0.1.0: n.go",
        ),
        (
            "the one around it has the package",
            &format!("{summed}{IN}-- /x.y/a/in@v0.1.0/other/n.go --\npackage other\n"),
            "x.y/a/in dependency /x.y/a@v1.0.0/in: a.go",
        ),
        (
            "both have it, which the Go command refuses",
            &format!("{summed}{nested}{IN}"),
            "gap the build uses x.y/a/in, and which version of x.y/a/in supplies it cannot be told in main.go (dependency)",
        ),
        (
            "nobody has it, and one is missing",
            &format!("{summed}-- /x.y/a@v1.0.0/a.go --\npackage a\n"),
            "gap the build uses x.y/a/in of x.y/a/in v0.1.0, whose source was not delivered in main.go (dependency)",
        ),
        (
            "nobody has it",
            &format!("{summed}-- /x.y/a@v1.0.0/a.go --\npackage a\n-- /x.y/a/in@v0.1.0/x/n.go --\npackage x\n"),
            "gap the package x.y/a/in that the build imports was not delivered in main.go (dependency)",
        ),
        (
            "another module stands in",
            &format!("{replaced}{IN}-- /x.y/b@v1.2.0/in/b.go --\npackage in\n"),
            "x.y/a/in dependency /x.y/b@v1.2.0/in: b.go",
        ),
        ("of another version alone", &format!("{of_one}{IN}"), "x.y/a/in dependency /x.y/a@v1.0.0/in: a.go"),
        ("two lines of one module", &format!("{highest}{IN}"), "x.y/a/in dependency /x.y/a@v1.0.0/in: a.go"),
        (
            "go.mod does not list it",
            &format!("{unlisted}{IN}"),
            "gap the package x.y/a/in that the build imports was not delivered in main.go (dependency)",
        ),
        ("vendored packages go first", &format!("{vendored}{IN}"), ""),
    ]);
}

#[test]
fn before_go_1_17_and_in_workspaces_the_go_mod_files_of_all_modules_tell_the_version() {
    let old =
        with_main("-- go.mod --\nmodule example.com/app\n\ngo 1.16\n\nrequire x.y/b v1.2.0\nrequire x.y/a v0.9.0\n");
    let b = "-- /x.y/b@v1.2.0/go.mod --\nmodule x.y/b\nrequire x.y/a v1.0.0\n";
    let sums = old.replace("-- main.go --", "x.y/a v0.9.0/go.mod good\n-- main.go --");
    let two = sums.replace("-- main.go --", "x.y/a v0.9.0 good\n-- main.go --");
    let both = "-- /x.y/a@v0.9.0/go.mod --\nmodule x.y/a\n-- /x.y/a@v0.9.0/in/old.go --\npackage in\n-- /x.y/a@v1.0.0/go.mod --\nmodule x.y/a\n";
    let work = with_main(
        "-- go.work --\ngo 1.21\nuse .\nuse ./lib\n-- go.mod --\nmodule example.com/app\n\ngo 1.21\n\nrequire x.y/a v0.9.0\n-- lib/go.mod --\nmodule example.com/lib\n\ngo 1.21\n\nrequire x.y/a v1.0.0\n",
    );
    let summed_for_work = work.replace("x.y/a v1.0.0 good\nx.y/a v1.0.0/go.mod good\n", "").replace(
        "-- go.mod --",
        "-- go.work.sum --\nx.y/a v1.0.0 good\nx.y/a v1.0.0/go.mod good\nx.y/a v0.9.0/go.mod good\n-- go.mod --",
    );
    let dotless = sums.replace("-- main.go --", "corp/lib v1.0.0 good\n-- main.go --");
    let taken = "x.y/a/in dependency /x.y/a@v1.0.0/in: a.go";
    check(&[
        ("the graph is at hand", &format!("{two}{b}{both}{IN}"), taken),
        ("a go.mod is missing, and go.sum has the contents of one version alone", &format!("{sums}{IN}"), taken),
        (
            "a go.mod is missing, and it might be either",
            &format!("{two}{IN}-- /x.y/a@v0.9.0/in/old.go --\npackage in\n"),
            "gap the build uses x.y/a/in, and which version of x.y/a supplies it cannot be told in main.go (dependency)",
        ),
        (
            "a go.mod is missing, and one of both versions is at hand",
            &format!("{two}{IN}"),
            "gap the build uses x.y/a/in, and which version of x.y/a supplies it cannot be told in main.go (dependency)",
        ),
        (
            "a module with a name as the standard library's packages have",
            &format!(
                "{dotless}{IN}-- /x.y/a@v1.0.0/in/more.go --\npackage in\n\nimport _ \"corp/lib/x\"\n-- /corp/lib@v1.0.0/x/x.go --\npackage x\n"
            ),
            "corp/lib/x dependency /corp/lib@v1.0.0/x: x.go\nx.y/a/in dependency /x.y/a@v1.0.0/in: a.go more.go",
        ),
        ("a member of the workspace asks for more", &format!("{summed_for_work}{both}{IN}"), taken),
    ]);
}

#[test]
fn a_folder_stands_for_the_version_that_the_build_takes_alone() {
    let of = |text: &str| {
        let go_mod = format!("-- go.mod --\nmodule example.com/app\n\ngo {text}\n");
        with_main(&format!("{go_mod}-- a/go.mod --\nmodule x.y/a\n-- a/in/local.go --\npackage in\n{IN}"))
    };
    let work = |lines: &str, member: &str| {
        let tree = format!(
            "-- go.work --\ngo 1.24\nuse ./m\n{lines}\n-- m/go.mod --\nmodule example.com/app\n\ngo 1.24\nrequire x.y/a v1.0.0\n{member}\n"
        );
        let tree =
            with_main(&tree).replace("-- main.go --", "-- m/main.go --").replace("-- go.sum --", "-- m/go.sum --");
        let nested = "-- m/a/go.mod --\nmodule x.y/a\n-- m/a/in/members.go --\npackage in\n";
        let go_mod = "-- /x.y/a@v1.0.0/go.mod --\nmodule x.y/a\n";
        format!("{tree}-- a/go.mod --\nmodule x.y/a\n-- a/in/local.go --\npackage in\n{nested}{go_mod}{IN}")
    };
    let taken = "x.y/a/in dependency /x.y/a@v1.0.0/in: a.go";
    check(&[
        ("of all versions", &of("1.24\nrequire x.y/a v1.0.0\nreplace x.y/a => ./a"), ""),
        ("of the build's", &of("1.24\nrequire x.y/a v1.0.0\nreplace x.y/a v1.0.0 => ./a"), ""),
        ("of another", &of("1.24\nrequire x.y/a v1.0.0\nreplace x.y/a v0.9.0 => ./a"), taken),
        (
            "of another, by the highest",
            &of("1.16\nrequire x.y/a v1.0.0\nrequire x.y/a v0.9.0\nreplace x.y/a v0.9.0 => ./a"),
            taken,
        ),
        ("go.work's own, by its folder", &work("replace x.y/a => ./a", ""), ""),
        ("go.work's before its member's", &work("replace x.y/a => x.y/a v1.0.0", "replace x.y/a => ./a"), taken),
        ("its member's", &work("", "replace x.y/a => ./a"), ""),
    ]);
    let local = |tree: &str| {
        let files = Memory::new(tree);
        let program = Program::read(&files, &cgo_off(), &[], &Quiet);
        let packages = program.packages.get("x.y/a/in").map(|package| program.folders.get(package.folder).path.clone());
        packages.unwrap_or_default()
    };
    assert_eq!(local(&work("replace x.y/a => ./a", "replace x.y/a => ./a")), "a/in");
    assert_eq!(local(&work("", "replace x.y/a => ./a")), "m/a/in");
}

#[test]
fn a_vendor_folder_is_in_force_in_the_mode_that_made_it() {
    let of = |lines: &str, mark: &str| {
        with_main(&format!(
            "{lines}require x.y/a v1.0.0\n-- vendor/modules.txt --\n{mark}# x.y/a v1.0.0\n## explicit\nx.y/a/in\n-- vendor/x.y/a/in/v.go --\npackage in\n-- /x.y/a@v1.0.0/go.mod --\nmodule x.y/a\n{IN}"
        ))
    };
    let go_mod = |go: &str| format!("-- go.mod --\nmodule example.com/app\n{go}\n");
    let work = |go: &str| format!("-- go.work --\n{go}\nuse .\n{}", go_mod("go 1.17"));
    let taken = "x.y/a/in dependency /x.y/a@v1.0.0/in: a.go";
    check(&[
        ("from 1.14 on", &of(&go_mod("go 1.14"), ""), ""),
        ("before", &of(&go_mod("go 1.13"), ""), taken),
        ("without a line", &of(&go_mod(""), ""), taken),
        ("made in a workspace", &of(&go_mod("go 1.24"), "## workspace\n"), taken),
        ("for a workspace", &of(&work("go 1.18"), "## workspace\n"), ""),
        ("not for one", &of(&work("go 1.18"), ""), taken),
        ("for one without a line", &of(&work(""), "## workspace\n"), taken),
    ]);
    // Whoever asks for it has it.
    let asked = built(None, &[], &["CGO_ENABLED=0", "GOFLAGS=-mod=vendor"]);
    assert_eq!(reached(&of(&go_mod(""), "## workspace\n"), &asked), "");
}

#[test]
fn without_a_module_at_the_root_every_module_with_a_program_is_built() {
    let module = |folder: &str, text: &str| {
        format!("-- {folder}/go.mod --\nmodule example.com/{folder}\n-- {folder}/x.go --\n{text}\n")
    };
    let two = [module("a", "package main\n"), module("b/svc", "package main\n"), module("lib", "package lib\n")];
    let built = |tree: &str| {
        let files = Memory::new(tree);
        let program = Program::read(&files, &cgo_off(), &[], &Quiet);
        program.packages.keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(built(&two.concat()), "example.com/a example.com/b/svc");
    assert_eq!(built(&two[2]), "example.com/lib");
}
