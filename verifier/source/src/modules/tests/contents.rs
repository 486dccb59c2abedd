//! Contents against go.sum.

use super::fixture::{A, B, File, Fixture, zip};

const CONTENTS: &str = "path form examined agrees mistake";

#[test]
fn contents_that_go_sum_sums_agree() {
    let fixture = Fixture::honest();
    let sheet = fixture.collect("module.contents");
    assert_eq!(sheet.scope.count, 2);
    assert_eq!(
        fixture.show("module.contents", CONTENTS),
        "x.y/a zip true true null\nx.y/a go.mod true true null\nx.y/b zip true true null\nx.y/b go.mod true true null\n"
    );
    assert_eq!(
        fixture.show("module.assurance", "expected_contents unexamined public_sums unauthenticated"),
        "2 0 4 4\n"
    );
}

#[test]
fn one_changed_byte_disagrees() {
    let mut fixture = Fixture::honest();
    let sums = std::fs::read_to_string(fixture.path("src/go.sum")).expect("text");
    let patched: Vec<File> =
        A.iter().map(|(n, t)| (*n, if *n == "a.go" { "package a // evil\n" } else { *t })).collect();
    fixture.module("x.y/a", "v1.0.0", &patched);
    fixture.write("src/go.sum", &sums);
    assert!(fixture.show("module.contents", CONTENTS).starts_with("x.y/a zip true false null\n"));
    // The cache's own hash of its contents is nobody's word.
    fixture.write("modules/x.y/a/@v/v1.0.0.ziphash", "h1:anything");
    assert!(fixture.show("module.contents", CONTENTS).starts_with("x.y/a zip true false null\n"));
    fixture.write("modules/x.y/a/@v/v1.0.0.mod", "module x.y/a\n");
    assert!(fixture.show("module.contents", CONTENTS).contains("x.y/a go.mod true false null\n"));
}

#[test]
fn an_extracted_folder_counts_like_a_zip() {
    let fixture = Fixture::honest();
    fixture.remove("modules/x.y/a");
    for (name, text) in A {
        fixture.write(&format!("modules/x.y/a@v1.0.0/{name}"), text);
    }
    assert!(fixture.show("module.contents", CONTENTS).starts_with("x.y/a folder true true null\n"));
    fixture.write("modules/x.y/a@v1.0.0/extra.go", "package a\n");
    assert!(fixture.show("module.contents", CONTENTS).starts_with("x.y/a folder true false null\n"));
    fixture.remove("modules/x.y/a@v1.0.0/extra.go");
    std::os::unix::fs::symlink("a.go", fixture.path("modules/x.y/a@v1.0.0/link.go")).expect("a link");
    assert!(
        fixture.show("module.contents", CONTENTS).starts_with("x.y/a folder false false link.go is no regular file\n")
    );
}

#[test]
fn every_layout_is_looked_at() {
    let fixture = Fixture::honest();
    for (name, text) in A {
        fixture.write(&format!("modules/x.y/a@v1.0.0/{name}"), text);
        fixture.write(&format!("modules/pkg/mod/x.y/a@v1.0.0/{name}"), text);
    }
    let zip = std::fs::read(fixture.path("modules/x.y/b/@v/v1.1.0.zip")).expect("bytes");
    fixture.bytes("modules/cache/download/x.y/a/@v/v1.0.0.zip", &zip);
    fixture.write("modules/pkg/mod/x.y/a@v1.0.0/a.go", "package a // evil\n");
    fixture.write("modules/cache/download/x.y/a/@v/v1.0.0.mod", "module x.y/evil\n");
    let shown = fixture.show("module.contents", "path form agrees file");
    let mine: Vec<&str> = shown.lines().filter(|line| line.starts_with("x.y/a ")).collect();
    assert_eq!(
        mine,
        [
            "x.y/a zip true modules/x.y/a/@v/v1.0.0.zip",
            "x.y/a zip false modules/cache/download/x.y/a/@v/v1.0.0.zip",
            "x.y/a folder true modules/x.y/a@v1.0.0",
            "x.y/a folder false modules/pkg/mod/x.y/a@v1.0.0",
            "x.y/a go.mod true modules/x.y/a/@v/v1.0.0.mod",
            "x.y/a go.mod false modules/cache/download/x.y/a/@v/v1.0.0.mod",
        ]
    );
}

#[test]
fn a_folder_beside_its_zip_is_held_to_its_own_bytes() {
    let changes: &[(&str, &str, bool)] = &[
        ("a.go", "package a\n", true),
        ("a.go", "package b\n", false),
        ("a.go", "package a\n\n", false),
        ("a.go", "package a", false),
        ("a.go", "", false),
        ("more.go", "package a\n", false),
    ];
    assert!(A.contains(&("a.go", "package a\n")));
    for (name, text, same) in changes {
        let fixture = Fixture::honest();
        for (name, text) in A {
            fixture.write(&format!("modules/x.y/a@v1.0.0/{name}"), text);
        }
        fixture.write(&format!("modules/x.y/a@v1.0.0/{name}"), text);
        let want = format!("x.y/a zip true true null\nx.y/a folder true {same} null\n");
        let found = fixture.show("module.contents", CONTENTS);
        assert!(found.starts_with(&want), "{name} {text:?}: {found}");
    }
    let fixture = Fixture::honest();
    fixture.write("modules/x.y/a@v1.0.0/a.go", "package a\n");
    let found = fixture.show("module.contents", CONTENTS);
    assert!(found.starts_with("x.y/a zip true true null\nx.y/a folder true false null\n"), "{found}");
}

#[test]
fn a_module_cache_is_read_as_it_lies_there() {
    let mut fixture = Fixture::honest();
    std::fs::create_dir_all(fixture.path("cache/cache")).expect("made");
    std::fs::rename(fixture.path("modules"), fixture.path("cache/cache/download")).expect("moved");
    fixture.spec.source.as_mut().expect("declared").modules = Some("cache".into());
    assert_eq!(fixture.collect("module.contents").scope.count, 2);
}

#[test]
fn the_buyer_may_bring_the_contents() {
    let mut fixture = Fixture::honest();
    let brought = tempfile::tempdir().expect("a folder");
    std::fs::rename(fixture.path("modules/x.y"), brought.path().join("x.y")).expect("moved");
    fixture.spec.source.as_mut().expect("declared").modules = None;
    assert_eq!(
        fixture.show("module.contents", CONTENTS),
        "x.y/a null false ?contents-not-delivered null\nx.y/b null false ?contents-not-delivered null\n"
    );
    assert_eq!(fixture.show("module.assurance", "contents_examined unexamined"), "false 2\n");
    fixture.sources = vec![brought.path().to_path_buf()];
    assert_eq!(fixture.collect("module.contents").scope.count, 2);
    fixture.sources.push("/nowhere/at/all".into());
    assert!(fixture.show("module.contents", CONTENTS).ends_with("gap module-source-unreadable all\n"));
}

/// Contents in an archive, with a folder of its own around them or without; and in what `GOPATH` and the folders around it look like.
#[test]
fn contents_are_found_in_archives_and_in_the_folders_around_a_cache() {
    let plain = Fixture::honest().show("module.contents", CONTENTS);
    for inside in ["", "modules/", "modules/go/pkg/mod/cache/download/"] {
        let mut fixture = Fixture::honest();
        let mut packed = Vec::new();
        for (module, version) in [("x.y/a", "v1.0.0"), ("x.y/b", "v1.1.0")] {
            for ending in ["zip", "mod"] {
                let at = format!("{module}/@v/{version}.{ending}");
                packed.push((
                    format!("{inside}{at}"),
                    std::fs::read(fixture.path(&format!("modules/{at}"))).expect("read"),
                ));
            }
        }
        let files: Vec<(String, &[u8])> = packed.iter().map(|(name, bytes)| (name.clone(), bytes.as_slice())).collect();
        fixture.bytes("modules.zip", &zip(&files));
        fixture.remove("modules");
        fixture.spec.source.as_mut().expect("declared").modules = Some("modules.zip".into());
        assert_eq!(fixture.show("module.contents", CONTENTS), plain, "{inside}");
        let named = format!("modules.zip!{inside}x.y/a/@v/v1.0.0.zip");
        assert!(fixture.show("module.contents", "file").contains(&named), "{inside}");
    }
    for around in ["go/pkg/mod/cache/download", "mod/cache/download"] {
        let fixture = Fixture::honest();
        fixture.write(&format!("aside/{around}/keep"), "");
        fixture.remove(&format!("aside/{around}"));
        std::fs::rename(fixture.path("modules"), fixture.path(&format!("aside/{around}"))).expect("moved");
        std::fs::rename(fixture.path("aside"), fixture.path("modules")).expect("moved");
        assert_eq!(fixture.show("module.contents", CONTENTS), plain, "{around}");
    }
}

#[test]
fn what_was_declared_and_not_delivered_is_a_gap() {
    let mut fixture = Fixture::honest();
    fixture.spec.source.as_mut().expect("declared").modules = Some("elsewhere".into());
    assert!(fixture.show("module.contents", CONTENTS).ends_with("gap not-delivered elsewhere\n"));
    fixture.write("packed", "text");
    fixture.spec.source.as_mut().expect("declared").modules = Some("packed".into());
    assert!(fixture.show("module.contents", CONTENTS).ends_with("gap modules-not-a-folder packed\n"));
}

#[test]
fn zips_that_no_module_has_are_refused() {
    let name = |inner: &str| format!("x.y/a@v1.0.0/{inner}");
    for (names, wanted) in [
        (
            vec![name("a.go"), name("a.go")],
            "x.y/a zip false false x.y/a@v1.0.0/a.go is there twice, or as a file and as a folder",
        ),
        (
            vec![name("a.go"), name("A.go")],
            "x.y/a zip false false x.y/a@v1.0.0/A.go differs from another name in case alone",
        ),
        (
            vec![name("in/a.go"), name("IN/b.go")],
            "x.y/a zip false false x.y/a@v1.0.0/IN/b.go differs from another name in case alone",
        ),
        (
            vec![name("in"), name("in/b.go")],
            "x.y/a zip false false x.y/a@v1.0.0/in/b.go is there twice, or as a file and as a folder",
        ),
        (
            vec![name("s.go"), name("\u{17f}.go")],
            "x.y/a zip false false x.y/a@v1.0.0/\u{17f}.go differs from another name in case alone",
        ),
        (
            vec![name("../../../etc/passwd")],
            "x.y/a zip false false x.y/a@v1.0.0/../../../etc/passwd: invalid path element \"..\"",
        ),
        (vec!["/etc/passwd".into()], "x.y/a zip false false /etc/passwd lies outside x.y/a@v1.0.0/"),
        (vec!["x.y/b@v1.0.0/a.go".into()], "x.y/a zip false false x.y/b@v1.0.0/a.go lies outside x.y/a@v1.0.0/"),
        (
            vec![name("sub/go.mod")],
            "x.y/a zip false false x.y/a@v1.0.0/sub/go.mod: a go.mod that is not the module's own",
        ),
        (
            vec![name("con.go")],
            "x.y/a zip false false x.y/a@v1.0.0/con.go: \"con\" disallowed as path element component on Windows",
        ),
    ] {
        let fixture = Fixture::honest();
        let files: Vec<(String, &str)> = names.into_iter().map(|name| (name, "package a\n")).collect();
        fixture.bytes("modules/x.y/a/@v/v1.0.0.zip", &zip(&files));
        let shown = fixture.show("module.contents", CONTENTS);
        assert_eq!(shown.lines().next(), Some(wanted));
    }
}

#[test]
fn a_damaged_zip_was_not_seen() {
    let fixture = Fixture::honest();
    let bytes = std::fs::read(fixture.path("modules/x.y/a/@v/v1.0.0.zip")).expect("bytes");
    fixture.bytes("modules/x.y/a/@v/v1.0.0.zip", &bytes[..bytes.len() / 2]);
    let shown = fixture.show("module.contents", CONTENTS);
    let first = shown.lines().next().expect("an item");
    assert!(first.starts_with("x.y/a zip false ?archive-"), "{first}");
}

#[test]
fn contents_without_a_sum_prove_nothing() {
    let mut fixture = Fixture::honest();
    fixture.remove("src/vendor");
    fixture.imports(&["x.y/b/in"]);
    let sums = std::fs::read_to_string(fixture.path("src/go.sum")).expect("text");
    let without: String = sums.lines().filter(|l| !l.starts_with("x.y/b v1.1.0 ")).map(|l| format!("{l}\n")).collect();
    fixture.write("src/go.sum", &without);
    assert!(fixture.show("module.contents", "path form summed agrees").contains("x.y/b zip false ?sum-missing\n"));
    // An old version's stale line asks for no contents.
    let mut fixture = Fixture::honest();
    let stale = fixture.module("x.y/a", "v0.9.0", B);
    fixture.remove("modules/x.y/a/@v/v0.9.0.zip");
    fixture.remove("modules/x.y/a/@v/v0.9.0.mod");
    fixture.write("src/go.sum", &(sums + &stale));
    assert_eq!(fixture.collect("module.contents").items.len(), 4);
}
