//! vendor/ against modules.txt, go.mod and contents.

use super::fixture::Fixture;
use assize_facts::kinds::inventory::{BuildFile, BuildSetting};
use assize_facts::{BinarySpec, BuildSpec, Known, Origin, Sheet};

const VENDOR: &str = "path consistent equals_contents differing missing_packages unexplained";

#[test]
fn an_honest_vendor_folder_is_explained_and_equal() {
    let fixture = Fixture::honest();
    assert_eq!(fixture.show("module.vendor", VENDOR), "x.y/a true true [] [] []\nx.y/b true true [] [] []\n");
    assert_eq!(fixture.collect("module.vendor").scope.count, 2);
}

#[test]
fn changed_added_and_removed_files_are_named() {
    type Edit = fn(&Fixture);
    let cases: [(Edit, &str); 9] = [
        (|f| f.write("src/vendor/x.y/a/a.go", "package a // evil\n"), "x.y/a true false [\"vendor/x.y/a/a.go\"] [] []"),
        (|f| f.write("src/vendor/x.y/a/more.go", "package a\n"), "x.y/a true false [\"vendor/x.y/a/more.go\"] [] []"),
        (|f| f.write("src/vendor/x.y/b/in/data/text", "bye"), "x.y/b true false [\"vendor/x.y/b/in/data/text\"] [] []"),
        (|f| f.remove("src/vendor/x.y/b/in/b_windows.go"), "x.y/b true false [\"vendor/x.y/b/in/b_windows.go\"] [] []"),
        (|f| f.remove("src/vendor/x.y/a/a.go"), "x.y/a true false [\"vendor/x.y/a/a.go\"] [\"x.y/a\"] []"),
        (|f| f.write("src/vendor/x.y/a/a_test.go", "package a\n"), " true true [] [] [\"vendor/x.y/a/a_test.go\"]"),
        (|f| f.write("src/vendor/x.y/a/go.mod", "module x.y/a\n"), " true true [] [] [\"vendor/x.y/a/go.mod\"]"),
        (|f| f.write("src/vendor/x.y/a/sub/sub.go", "package sub\n"), " true true [] [] [\"vendor/x.y/a/sub/sub.go\"]"),
        (|f| f.write("src/vendor/stray", "x"), " true true [] [] [\"vendor/stray\"]"),
    ];
    for (edit, wanted) in cases {
        let fixture = Fixture::honest();
        edit(&fixture);
        let shown = fixture.show("module.vendor", VENDOR);
        assert!(shown.lines().any(|line| line == wanted), "{wanted}\n{shown}");
    }
}

#[test]
fn links_in_vendor_are_unexplained() {
    let fixture = Fixture::honest();
    fixture.remove("src/vendor/x.y/a/a.go");
    std::os::unix::fs::symlink("../../../other.go", fixture.path("src/vendor/x.y/a/a.go")).expect("a link");
    let shown = fixture.show("module.vendor", "path missing_packages unexplained");
    assert!(shown.ends_with(" [] [\"vendor/x.y/a/a.go\"]\n"), "{shown}");
    assert!(shown.contains("x.y/a [\"x.y/a\"] []\n"), "{shown}");
}

#[test]
fn the_list_has_to_agree_with_go_mod_and_with_itself() {
    for (from, to, wanted) in [
        (
            "# x.y/a v1.0.0",
            "# x.y/a v1.0.1",
            "x.y/a false is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt",
        ),
        (
            "## explicit\n",
            "",
            "x.y/b false is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt",
        ),
        ("x.y/b/in", "x.y/b/in\nx.y/other", "x.y/b false lists x.y/other, which is no package of it"),
        ("x.y/b/in", "x.y/b/in\nx.y/a", "x.y/b false lists x.y/a, which is no package of it"),
    ] {
        let fixture = Fixture::honest();
        fixture.edit("src/vendor/modules.txt", from, to);
        let shown = fixture.show("module.vendor", "path consistent mistake");
        assert!(shown.lines().any(|line| line == wanted), "{wanted}\n{shown}");
    }
}

#[test]
fn without_authentic_contents_a_vendored_file_cannot_be_told_from_a_patched_one() {
    let fixture = Fixture::honest();
    fixture.remove("modules/x.y/a");
    assert!(
        fixture
            .show("module.vendor", VENDOR)
            .starts_with("x.y/a true ?contents-not-delivered ?contents-not-delivered [] []\n")
    );
    let fixture = Fixture::honest();
    let zip = std::fs::read(fixture.path("modules/x.y/b/@v/v1.1.0.zip")).expect("bytes");
    fixture.bytes("modules/x.y/a/@v/v1.0.0.zip", &zip);
    assert!(
        fixture
            .show("module.vendor", VENDOR)
            .starts_with("x.y/a true ?contents-not-authentic ?contents-not-authentic [] []\n")
    );
    let fixture = Fixture::honest();
    fixture.write("src/go.sum", "");
    assert!(fixture.show("module.vendor", VENDOR).starts_with("x.y/a true ?sum-missing ?sum-missing [] []\n"));
}

#[test]
fn a_replaced_folder_is_what_its_vendored_copy_is_held_against() {
    let fixture = Fixture::honest();
    fixture.edit("src/go.mod", "go 1.26.0\n", "go 1.26.0\n\nreplace x.y/a => ./a\n");
    fixture.edit("src/vendor/modules.txt", "# x.y/a v1.0.0", "# x.y/a v1.0.0 => ./a");
    let text = std::fs::read_to_string(fixture.path("src/vendor/modules.txt")).expect("text");
    fixture.write("src/vendor/modules.txt", &(text + "# x.y/a => ./a\n"));
    fixture.write("src/a/go.mod", "module x.y/a\n\ngo 1.21\n");
    fixture.write("src/a/a.go", "package a\n");
    fixture.write("src/a/LICENSE", "free");
    let shown = fixture.show("module.vendor", "path consistent equals_contents mistake");
    assert!(shown.starts_with("x.y/a true true null\n"), "{shown}");
    fixture.write("src/a/go.mod", "module x.y/a\n\ngo 1.22\n");
    let shown = fixture.show("module.vendor", "differing");
    assert!(shown.starts_with("[\"vendor/modules.txt (go 1.21; the module's own go.mod: go 1.22)\"]\n"), "{shown}");
    fixture.write("src/a/a.go", "package a // newer\n");
    assert!(fixture.show("module.vendor", VENDOR).starts_with("x.y/a true false [\"vendor/x.y/a/a.go\""));
}

#[test]
fn the_language_version_is_that_of_the_modules_own_go_mod() {
    let lines = |fixture: &Fixture| fixture.show("module.vendor", "path equals_contents differing differs");
    for (from, to, wanted) in [
        (
            "; go 1.21",
            "; go 1.13",
            "x.y/a false [\"vendor/modules.txt (go 1.13; the module's own go.mod: go 1.21)\"] true",
        ),
        (
            "; go 1.21",
            "; go 1.26",
            "x.y/a false [\"vendor/modules.txt (go 1.26; the module's own go.mod: go 1.21)\"] true",
        ),
        (
            "; go 1.21",
            "",
            "x.y/a false [\"vendor/modules.txt (no go version; the module's own go.mod: go 1.21)\"] true",
        ),
        (
            "## explicit\n",
            "## explicit; go 1.26\n",
            "x.y/b false [\"vendor/modules.txt (go 1.26; the module's own go.mod: no go version)\"] true",
        ),
    ] {
        let fixture = Fixture::honest();
        fixture.edit("src/vendor/modules.txt", from, to);
        let shown = lines(&fixture);
        assert!(shown.lines().any(|line| line == wanted), "{wanted}\n{shown}");
        // A go.mod alone is enough to tell, and so is the zip.
        fixture.remove("modules/x.y/a/@v/v1.0.0.zip");
        fixture.remove("modules/x.y/b/@v/v1.1.0.zip");
        assert!(lines(&fixture).lines().any(|line| line == wanted), "{wanted}");
        let fixture = Fixture::honest();
        fixture.edit("src/vendor/modules.txt", from, to);
        fixture.remove("modules/x.y/a/@v/v1.0.0.mod");
        assert!(lines(&fixture).lines().any(|line| line == wanted), "{wanted}");
    }
}

#[test]
fn a_language_version_that_nothing_at_hand_tells_is_unknown() {
    // The go.mod at hand is not the one that go.sum sums.
    let fixture = Fixture::honest();
    fixture.write("modules/x.y/a/@v/v1.0.0.mod", "module x.y/a\n\ngo 1.13\n");
    fixture.edit("src/vendor/modules.txt", "; go 1.21", "; go 1.13");
    fixture.remove("modules/x.y/a/@v/v1.0.0.zip");
    let shown = fixture.show("module.vendor", "path equals_contents differs");
    assert!(shown.starts_with("x.y/a ?contents-not-delivered false\n"), "{shown}");
    // A module without a go.mod is told by its sum alone.
    let fixture = Fixture::honest();
    fixture.remove("modules/x.y/b");
    fixture.edit("src/vendor/modules.txt", "## explicit\n", "## explicit; go 1.13\n");
    let shown = fixture.show("module.vendor", "path equals_contents differs");
    assert!(shown.contains("x.y/b false true\n"), "{shown}");
}

#[test]
fn a_list_for_a_language_before_1_17_names_no_versions() {
    let fixture = Fixture::honest();
    fixture.edit("src/go.mod", "go 1.26.0\n", "go 1.16\n");
    fixture.edit("src/vendor/modules.txt", "; go 1.21", "");
    assert!(fixture.show("module.vendor", VENDOR).starts_with("x.y/a true true [] [] []\n"));
}

#[test]
fn files_that_a_vendored_package_embeds_have_to_be_there() {
    const FILES: &[(&str, &str)] = &[
        ("go.mod", "module x.y/c\n"),
        ("c.go", "package c\n\n//go:embed assets/* *.tmpl\nvar files embed.FS\n\nconst s = `\n//go:embed docs/*\n`\n"),
        ("c_test.go", "package c\n\n//go:embed testdata\nvar data embed.FS\n"),
        ("assets/a.txt", "a"),
        ("assets/deep/b.txt", "b"),
        ("assets/deep/_hidden", "not embedded"),
        ("docs/d.md", "nowhere"),
        ("testdata/t", "t"),
        ("x_test.go.tmpl", "t"),
    ];
    let mut fixture = Fixture::honest();
    let sums = fixture.module("x.y/c", "v1.0.0", FILES);
    let text = |path: &str| std::fs::read_to_string(fixture.path(path)).expect("text");
    fixture.write("src/go.sum", &(text("src/go.sum") + &sums));
    fixture.edit("src/go.mod", "\tx.y/a v1.0.0\n", "\tx.y/a v1.0.0\n\tx.y/c v1.0.0\n");
    fixture.write("src/vendor/modules.txt", &(text("src/vendor/modules.txt") + "# x.y/c v1.0.0\n## explicit\nx.y/c\n"));
    for (name, text) in FILES.iter().filter(|(name, _)| name.starts_with("assets/") || *name == "c.go") {
        if !name.ends_with("_hidden") {
            fixture.write(&format!("src/vendor/x.y/c/{name}"), text);
        }
    }
    fixture.write("src/vendor/x.y/c/x_test.go.tmpl", "t");
    let line = || fixture.show("module.vendor", VENDOR).lines().last().unwrap_or_default().to_string();
    assert_eq!(line(), "x.y/c true true [] [] []");
    fixture.remove("src/vendor/x.y/c/assets/deep/b.txt");
    assert_eq!(line(), "x.y/c true false [\"vendor/x.y/c/assets/deep/b.txt\"] [] []");
    fixture.remove("src/vendor/x.y/c/assets");
    assert_eq!(line(), "x.y/c true false [\"vendor/x.y/c/assets/a.txt\",\"vendor/x.y/c/assets/deep/b.txt\"] [] []");
}

/// x.y/c vendored by a module of a `go` version, with files beside those of its package.
fn embedding(go: &str, vendored: &[&str]) -> Fixture {
    const FILES: &[(&str, &str)] = &[
        ("go.mod", "module x.y/c\n"),
        ("c.go", "package c\n"),
        ("c_test.go", "package c\n\n//go:embed testdata own_test.go\nvar data embed.FS\n"),
        ("own_test.go", "package c\n"),
        ("gen.go", "//go:build ignore\n\npackage main\n\n//go:embed tmpl sub/more\nvar t embed.FS\n"),
        ("_off.go", "package c\n\n//go:embed off\nvar o embed.FS\n"),
        ("testdata/t", "t"),
        ("tmpl/t", "t"),
        ("off/o", "o"),
        ("sub/s.go", "package sub\n"),
        ("sub/more/m", "m"),
        ("other/o", "o"),
    ];
    let mut fixture = Fixture::new();
    let sums = fixture.module("x.y/c", "v1.0.0", FILES);
    fixture.write("src/go.sum", &sums);
    fixture.write("src/go.mod", &format!("module example.com/app\n\ngo {go}\n\nrequire x.y/c v1.0.0\n"));
    fixture.write("src/vendor/modules.txt", "# x.y/c v1.0.0\n## explicit\nx.y/c\nx.y/c/sub\n");
    for (name, text) in
        FILES.iter().filter(|(name, _)| ["c.go", "_off.go", "sub/s.go"].contains(name) || vendored.contains(name))
    {
        fixture.write(&format!("src/vendor/x.y/c/{name}"), text);
    }
    fixture
}

#[test]
fn files_that_unvendored_go_files_embed_are_copied_by_the_go_version() {
    for (go, vendored, unexplained) in [
        ("1.26", &["tmpl/t", "sub/more/m"][..], "[]"),
        ("1.21", &["tmpl/t", "testdata/t", "own_test.go"], "[]"),
        ("1.22", &["testdata/t"], "[\"vendor/x.y/c/testdata/t\"]"),
        ("1.26", &["own_test.go"], "[\"vendor/x.y/c/own_test.go\"]"),
        ("1.21", &["other/o"], "[\"vendor/x.y/c/other/o\"]"),
        ("1.26", &["off/o"], "[\"vendor/x.y/c/off/o\"]"),
    ] {
        let shown = embedding(go, vendored).show("module.vendor", VENDOR);
        let last = shown.lines().last().unwrap_or_default();
        assert!(last.ends_with(unexplained), "{go} {vendored:?}: {shown}");
        assert!(shown.starts_with("x.y/c true true [] [] []\n"), "{go} {vendored:?}: {shown}");
    }
}

#[test]
fn what_tests_embed_is_not_known_without_the_module() {
    let fixture = embedding("1.21", &["testdata/t"]);
    fixture.remove("modules/x.y");
    let shown = fixture.show("module.vendor", "path unexplained");
    assert_eq!(shown, "x.y/c []\ngap contents-not-delivered src/vendor/x.y/c/testdata/t\n");
    let fixture = embedding("1.22", &["testdata/t"]);
    fixture.remove("modules/x.y");
    let shown = fixture.show("module.vendor", "path unexplained");
    assert_eq!(shown, "x.y/c []\n [\"vendor/x.y/c/testdata/t\"]\n");
}

#[test]
fn modules_whose_paths_differ_in_case_alone_are_no_list() {
    let fixture = Fixture::honest();
    fixture.edit("src/vendor/modules.txt", "# x.y/b v1.1.0\n## explicit\nx.y/b/in\n", "# x.y/A v1.1.0\nx.y/A\n");
    let shown = fixture.show("module.vendor", "path consistent mistake");
    assert!(shown.contains("x.y/A false differs from x.y/a in case alone\n"), "{shown}");
}

#[test]
fn a_vendor_folder_that_is_a_link_is_a_gap() {
    let fixture = Fixture::honest();
    std::fs::rename(fixture.path("src/vendor"), fixture.path("src/v2")).expect("moved");
    std::os::unix::fs::symlink("v2", fixture.path("src/vendor")).expect("a link");
    for kind in ["module.vendor", "module.file"] {
        let gaps = fixture.collect(kind).gaps;
        let link = gaps.iter().any(|gap| gap.reason.code == "vendor-is-a-link" && gap.place == "src/vendor");
        assert!(link, "{kind}: {gaps:?}");
    }
}

#[test]
fn a_list_of_another_mode_is_not_used() {
    let fixture = Fixture::honest();
    let text = std::fs::read_to_string(fixture.path("src/vendor/modules.txt")).expect("text");
    fixture.write("src/vendor/modules.txt", &format!("## workspace\n{text}"));
    let shown = fixture.show("module.file", "name parsed");
    assert!(shown.contains("modules.txt false\n"), "{shown}");
}

#[test]
fn a_folder_that_the_go_command_does_not_use_is_told_unless_the_build_asks_for_it() {
    let mut fixture = Fixture::honest();
    let mistake = |fixture: &Fixture| {
        let shown = fixture.show("module.file", "name mistake");
        shown.lines().find_map(|line| line.strip_prefix("modules.txt ").map(String::from)).expect("a list")
    };
    assert_eq!(mistake(&fixture), "null");
    fixture.edit("src/go.mod", "go 1.26.0\n", "");
    let unused = "go.mod has no go line of 1.14 or newer: the Go command does not use this folder";
    assert_eq!(mistake(&fixture), unused);
    fixture.edit("src/go.mod", "app\n", "app\n\ngo 1.13\n");
    assert_eq!(mistake(&fixture), unused);
    let build = BuildSpec { flags: vec!["-mod=vendor".into()], ..BuildSpec::default() };
    fixture.spec.binaries = vec![BinarySpec { build: Some(build), ..BinarySpec::default() }];
    assert_eq!(mistake(&fixture), "null");
}

#[test]
fn a_vendor_folder_without_a_list_is_refused_where_it_is_taken() {
    let mut fixture = Fixture::honest();
    fixture.remove("src/vendor/modules.txt");
    let mistake = |fixture: &Fixture| {
        let shown = fixture.show("module.file", "mistake");
        shown.lines().next().map(String::from).expect("a go.mod")
    };
    // What build files say is not known here.
    assert_eq!(mistake(&fixture), "null");
    fixture.settings = Some(Sheet::of::<BuildSetting>());
    let refused = "inconsistent vendoring: vendor/ has no modules.txt, and the Go command takes it";
    assert_eq!(mistake(&fixture), refused);
    let setting = |delivered: bool| {
        let mut sheet = Sheet::of::<BuildSetting>();
        let setting = BuildSetting {
            tool: BuildFile::Makefile,
            setting: "-mod".into(),
            value: Known::Value(Some("readonly".into())),
            command: None,
            delivered: Known::Value(delivered),
            told_by: None,
        };
        sheet.push(setting, Origin::file("Makefile"));
        Some(sheet)
    };
    fixture.settings = setting(false);
    assert_eq!(mistake(&fixture), refused);
    fixture.settings = setting(true);
    assert_eq!(mistake(&fixture), "null");
    fixture.settings = Some(Sheet::of::<BuildSetting>());
    fixture.write("src/go.mod", "module example.com/app\n\ngo 1.26.0\n");
    assert_eq!(mistake(&fixture), "null");
}

#[test]
fn no_vendor_folder_is_nothing_examined() {
    let fixture = Fixture::honest();
    fixture.remove("src/vendor");
    let sheet = fixture.collect("module.vendor");
    assert_eq!((sheet.scope.count, sheet.items.len(), sheet.gaps.len()), (0, 0, 0));
}

#[test]
fn a_folder_too_deep_to_be_walked_is_a_gap_of_the_vendor_folder_alone() {
    let fixture = Fixture::honest();
    fixture.write(&format!("src/vendor/x.y/a/{}/file", vec!["d"; 220].join("/")), "x");
    assert!(fixture.show("module.vendor", "path").contains("gap limit-folder-depth src/vendor/x.y/a/d"));
    assert!(!fixture.show("module.requirements", "path").contains("gap"));
}
