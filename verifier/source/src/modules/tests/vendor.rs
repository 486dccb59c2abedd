//! vendor/ against modules.txt, go.mod and contents.

use super::fixture::Fixture;

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
    fixture.write("src/a/go.mod", "module x.y/a\n");
    fixture.write("src/a/a.go", "package a\n");
    fixture.write("src/a/LICENSE", "free");
    let shown = fixture.show("module.vendor", "path consistent equals_contents mistake");
    assert!(shown.starts_with("x.y/a true true null\n"), "{shown}");
    fixture.write("src/a/a.go", "package a // newer\n");
    assert!(fixture.show("module.vendor", VENDOR).starts_with("x.y/a true false [\"vendor/x.y/a/a.go\"]"));
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
