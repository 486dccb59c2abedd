//! Whole deliverables on disk: what is listed, read, unpacked and refused.

use crate::archive::tests::{gzip_of, tar_of, zip_of};
use crate::examine::tests::noise;
use crate::exe::tests::elf_of;
use crate::{Delivery, EntryKind, SourceTree};
use assize_facts::{BinarySpec, Deliverable, Limits, Quiet, Request, RunSpec, Sheet, SourceSpec};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("below the root")).expect("a folder");
        fs::write(path, content).expect("a file");
    }
    folder
}

fn open(root: &Path, spec: Deliverable) -> Delivery {
    Delivery::open(root, spec, Limits::default()).expect("it opens")
}

fn sheet(delivery: &Delivery, kind: &str) -> Sheet {
    let request = Request::new(kind, &Default::default());
    delivery.collect(&[request], &Quiet).remove(0)
}

fn files(delivery: &Delivery) -> String {
    let sheet = sheet(delivery, "inventory.files");
    let line = |item: &assize_facts::Item| -> Option<String> {
        let declared = if item.bool("declared")? { " declared" } else { "" };
        Some(format!("{} {}{declared}", item.text("path")?, item.text("format")?))
    };
    let mut lines: Vec<String> = sheet.items.iter().map(|i| line(i).unwrap_or_else(|| format!("{i:?}"))).collect();
    lines.extend(sheet.gaps.iter().map(|g| format!("gap {} at {}", g.reason.code, g.place)));
    lines.join("\n")
}

#[test]
fn every_entry_has_a_line_and_nothing_is_followed() {
    let root = folder(&[("dist/app.txt", &elf_of(b"code")), ("empty", b""), (".hidden/x", b"text")]);
    symlink("/etc/passwd", root.path().join("out")).expect("a link");
    symlink(".", root.path().join("loop")).expect("a link");
    nix_fifo(&root.path().join("fifo"));
    let odd = std::ffi::OsStr::from_bytes(b"odd\xff");
    fs::write(root.path().join(odd), b"text").expect("a file");
    let delivery = open(root.path(), Deliverable::default());
    let lines = ".hidden/x text\ndist/app.txt elf\nempty empty\nfifo special\nloop link\nodd\\xff text\nout link";
    assert_eq!(files(&delivery), format!("{lines}\ngap special-file at fifo"));
    assert_eq!(delivery.read("out").unwrap_err().code, "file-not-regular");
    assert_eq!(delivery.read("fifo").unwrap_err().code, "file-not-regular");
    assert_eq!(delivery.read("odd\\xff").expect("readable"), b"text");
    assert_eq!(delivery.read("../etc/passwd").unwrap_err().code, "not-delivered");
    assert_eq!(delivery.entry("out").map(|e| e.kind.clone()), Some(EntryKind::Link("/etc/passwd".into())));
}

fn nix_fifo(path: &Path) {
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).expect("no NUL");
    // SAFETY: mkfifo(3) reads a NUL-terminated path.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
}

#[test]
fn limits_of_entries_and_depth_are_gaps() {
    let root = folder(&[("a/b/c/d", b"x"), ("e", b"x"), ("f", b"x"), ("g", b"x")]);
    let gap = |limits: Limits| {
        let delivery = Delivery::open(root.path(), Deliverable::default(), limits).expect("it opens");
        delivery.gaps().iter().map(|g| g.reason.code.clone()).collect::<Vec<_>>()
    };
    assert_eq!(gap(Limits { folder_depth: 2, ..Limits::default() }), ["limit-folder-depth"]);
    assert!(gap(Limits { entries: 2, ..Limits::default() }).contains(&"limit-entries".to_string()));
    assert_eq!(gap(Limits::default()), Vec::<String>::new());
}

#[test]
fn version_control_is_one_line_but_hides_no_program() {
    let root = folder(&[
        (".git/HEAD", b"ref: refs/heads/main\n"),
        (".git/objects/ab/cd", &noise(3000)),
        (".git/hooks/post-merge", &elf_of(b"code")),
        ("sub/.git/config", b"text"),
    ]);
    let lines = ".git version-control\n.git/hooks/post-merge elf\nsub/.git version-control";
    assert_eq!(files(&open(root.path(), Deliverable::default())), lines);
}

#[test]
fn declared_paths_are_looked_up_and_cover_what_is_below_them() {
    let root = folder(&[
        ("deliverable.toml", b""),
        ("src/go.mod", b"module a\n"),
        ("src/payload", &elf_of(b"code")),
        ("dist/app", &elf_of(b"code")),
        ("run/tls/ca.pem", b"text"),
        ("notes", b"text"),
    ]);
    let spec = Deliverable {
        source: Some(SourceSpec { root: Some("./src/".into()), ..SourceSpec::default() }),
        binaries: vec![
            BinarySpec { name: "app".into(), path: "dist/app".into(), ..BinarySpec::default() },
            BinarySpec { name: "gone".into(), path: "dist/gone".into(), ..BinarySpec::default() },
            BinarySpec { name: "folder".into(), path: "dist".into(), ..BinarySpec::default() },
        ],
        run: Some(RunSpec { files: vec!["run/tls".into()], ..RunSpec::default() }),
        ..Deliverable::default()
    };
    let delivery = open(root.path(), spec);
    let declared = sheet(&delivery, "inventory.declared");
    let found = |i: &assize_facts::Item| -> Option<String> {
        Some(format!("{} {} {:?}", i.text("role")?, i.text("path")?, i.bool("found")))
    };
    let found: Vec<String> = declared.items.iter().filter_map(found).collect();
    assert_eq!(
        found,
        [
            "source.root src Some(true)",
            "binary.path dist/app Some(true)",
            "binary.path dist/gone Some(false)",
            "binary.path dist Some(false)",
            "run.files run/tls Some(true)"
        ]
    );
    let lines = "deliverable.toml empty declared\ndist/app elf declared\nnotes text\nrun/tls/ca.pem text declared\nsrc/go.mod text declared\nsrc/payload elf";
    assert_eq!(files(&delivery), lines);
    // That nothing is named is known as well.
    let nothing = sheet(&open(root.path(), Deliverable::default()), "inventory.declared");
    assert_eq!((nothing.items.len(), nothing.scope.count), (0, 1));
}

#[test]
fn a_declared_path_behind_a_link_is_left_open() {
    let root = folder(&[("real/app", &elf_of(b"code"))]);
    symlink("real/app", root.path().join("app")).expect("a link");
    let spec = Deliverable {
        binaries: vec![BinarySpec { name: "app".into(), path: "app".into(), ..BinarySpec::default() }],
        ..Deliverable::default()
    };
    let declared = sheet(&open(root.path(), spec), "inventory.declared");
    assert!(declared.items[0].fields["found"].known().is_none());
}

fn tree(delivery: &Delivery) -> SourceTree {
    delivery.source().expect("a source").expect("some source")
}

fn paths(tree: &SourceTree) -> Vec<String> {
    tree.entries().map(|e| tree.shown(e.path)).collect()
}

#[test]
fn the_source_is_the_module_nearest_the_root() {
    let root = folder(&[
        ("app/go.mod", b"module a"),
        ("app/main.go", b"package main"),
        ("app/tools/go.mod", b"module b"),
        ("testdata/go.mod", b"module c"),
        ("dist/x", b""),
    ]);
    let delivery = open(root.path(), Deliverable::default());
    let tree = tree(&delivery);
    assert_eq!(paths(&tree), ["app/go.mod", "app/main.go", "app/tools/go.mod"]);
    assert_eq!(tree.read("main.go").expect("readable"), b"package main");
    assert_eq!(tree.read("../dist/x").unwrap_err().code, "not-delivered");
}

#[test]
fn two_modules_side_by_side_need_a_declaration_or_a_workspace() {
    let root = folder(&[("a/go.mod", b"module a"), ("b/go.mod", b"module b")]);
    let delivery = open(root.path(), Deliverable::default());
    assert_eq!(delivery.source().err().map(|r| r.into_code()), Some("source-ambiguous".into()));
    fs::write(root.path().join("go.work"), b"go 1.26\nuse ./a\nuse ./b\n").expect("a file");
    assert_eq!(tree(&open(root.path(), Deliverable::default())).prefix(), "");
}

#[test]
fn a_source_archive_is_unpacked_and_shown_with_its_name() {
    let files: &[(&str, &[u8])] = &[("app-1.0/go.mod", b"module a"), ("app-1.0/main.go", b"package main")];
    for (name, bytes) in
        [("src.tar.gz", gzip_of(&tar_of(files))), ("src.zip", zip_of(files)), ("src.tar", tar_of(files))]
    {
        let root = folder(&[(name, &bytes)]);
        let spec = Deliverable {
            source: Some(SourceSpec { archive: Some(name.into()), ..SourceSpec::default() }),
            ..Deliverable::default()
        };
        let tree = tree(&open(root.path(), spec));
        assert_eq!(paths(&tree), [format!("{name}!app-1.0/go.mod"), format!("{name}!app-1.0/main.go")]);
        assert_eq!(tree.read("main.go").expect("readable"), b"package main");
        assert!(tree.gaps().is_empty());
        let undeclared = open(root.path(), Deliverable::default());
        assert_eq!(undeclared.source().expect("a source").expect("found").prefix(), format!("{name}!app-1.0/"));
    }
}

#[test]
fn a_source_that_was_packed_from_its_own_folder_is_one() {
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |name: &str, kind: tar::EntryType, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        header.set_cksum();
        builder.append(&header, content).expect("memory takes it");
    };
    add("./", tar::EntryType::Directory, b"");
    add("./go.mod", tar::EntryType::Regular, b"module a");
    add("./cmd/", tar::EntryType::Directory, b"");
    add("./cmd/main.go", tar::EntryType::Regular, b"package main");
    add("./.github/go.mod", tar::EntryType::Regular, b"module b");
    let root = folder(&[("src.tar.gz", &gzip_of(&builder.into_inner().expect("memory takes it")))]);
    let source = SourceSpec { archive: Some("src.tar.gz".into()), ..SourceSpec::default() };
    for source in [Some(source), None] {
        let tree = tree(&open(root.path(), Deliverable { source, ..Deliverable::default() }));
        let all = [".github/go.mod", "cmd/main.go", "go.mod"].map(|path| format!("src.tar.gz!{path}"));
        assert_eq!((paths(&tree), tree.gaps()), (all.to_vec(), vec![]));
    }
}

#[test]
fn nothing_is_unpacked_outside_the_private_folder() {
    let canary = tempfile::tempdir().expect("a folder");
    let escape = canary.path().join("escaped");
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |name: &str, kind: tar::EntryType, target: &str, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        if !target.is_empty() {
            header.set_link_name(target).expect("short");
        }
        header.set_cksum();
        builder.append(&header, content).expect("memory takes it");
    };
    let outside = canary.path().to_str().expect("a plain name");
    add("go.mod", tar::EntryType::Regular, "", b"module a");
    add("../escaped", tar::EntryType::Regular, "", b"x");
    add(escape.to_str().expect("a plain name"), tar::EntryType::Regular, "", b"x");
    add("out", tar::EntryType::Symlink, outside, b"");
    add("out/escaped", tar::EntryType::Regular, "", b"x");
    add("hard", tar::EntryType::Link, "../../etc/passwd", b"");
    add("through", tar::EntryType::Link, "out", b"");
    add("go.mod", tar::EntryType::Regular, "", b"module evil");
    add("copy", tar::EntryType::Link, "go.mod", b"");
    add("device", tar::EntryType::Block, "", b"");
    let bytes = builder.into_inner().expect("memory takes it");
    let root = folder(&[("src.tar", &bytes)]);
    let tree = tree(&open(root.path(), Deliverable::default()));
    assert_eq!(paths(&tree), ["src.tar!copy", "src.tar!go.mod", "src.tar!out"]);
    assert_eq!(tree.read("go.mod").expect("readable"), b"module a");
    assert_eq!(tree.read("copy").expect("readable"), b"module a");
    assert!(!escape.exists());
    let gaps: Vec<String> = tree.gaps().iter().map(|g| format!("{} {}", g.reason.code, g.place)).collect();
    for gap in [
        "archive-name-refused src.tar!../escaped",
        "archive-duplicate src.tar!",
        "member-not-unpacked src.tar!out/escaped",
        "member-not-unpacked src.tar!hard",
        "member-not-unpacked src.tar!through",
        "member-not-unpacked src.tar!go.mod",
        "special-file src.tar!device",
    ] {
        assert!(gaps.iter().any(|g| g == gap), "{gap} in {gaps:?}");
    }
}

#[test]
fn a_file_that_changes_meanwhile_is_told() {
    let root = folder(&[("a", b"one")]);
    let delivery = open(root.path(), Deliverable::default());
    assert_eq!(delivery.read("a").expect("readable"), b"one");
    fs::write(root.path().join("a"), b"two").expect("a file");
    assert_eq!(delivery.read("a").unwrap_err().code, "file-changed");
    assert!(files(&delivery).contains("gap file-changed at a"));
}

#[test]
fn a_program_that_changes_between_the_inventory_and_its_reading_is_told() {
    let root = folder(&[("app", &elf_of(&[7; 300_000])), ("notes", b"no machine code")]);
    let delivery = open(root.path(), Deliverable::default());
    let size = fs::metadata(root.path().join("app")).expect("there").len() as usize;
    assert_eq!(files(&delivery), "app elf\nnotes text");
    let app = delivery.open_binary("app").expect("it opens");
    assert_eq!(app.range(size - 9..size).expect("as it was hashed").len(), 9);
    let mut other = fs::read(root.path().join("app")).expect("readable");
    other[size - 5] ^= 1;
    fs::write(root.path().join("app"), &other).expect("written");
    for opened in [app, delivery.open_binary("app").expect("it opens")] {
        assert_eq!(opened.range(0..64).expect("as it was hashed"), &other[..64]);
        assert_eq!(opened.range(size - 9..size).unwrap_err().code, "file-changed");
        assert_eq!(opened.whole().unwrap_err().code, "file-changed");
    }
    fs::write(root.path().join("app"), &other[1..]).expect("written");
    assert_eq!(delivery.open_binary("app").err().map(|reason| reason.into_code()), Some("file-changed".into()));
}

#[test]
fn what_the_inventory_kept_of_a_program_is_what_it_hashed() {
    let program =
        crate::exe::tests::with_sections(&[(".text", &[7; 200_000]), (".gopclntab", &[9; 150_000]), (".data", b"d")]);
    let at = program.windows(9).position(|window| window == [9; 9]).expect("the table");
    let root = folder(&[("app", &program), ("other", &program)]);
    let delivery = open(root.path(), Deliverable::default());
    delivery.will_open(["app".to_string()]);
    delivery.listing();
    fs::write(root.path().join("app"), vec![b'x'; program.len()]).expect("written");
    fs::write(root.path().join("other"), vec![b'x'; program.len()]).expect("written");
    let (app, other) =
        (delivery.open_binary("app").expect("it opens"), delivery.open_binary("other").expect("it opens"));
    let table = at..at + 150_000;
    assert_eq!(other.range(table.clone()).unwrap_err().code, "file-changed");
    assert_eq!(app.range(at + 1..at + 2).unwrap_err().code, "file-changed", "of the table alone");
    assert_eq!(app.range(table.clone()).expect("kept"), &program[table.clone()]);
    assert_eq!(app.range(table).unwrap_err().code, "file-changed", "it was kept once");
}

#[test]
fn a_binary_is_held_against_what_was_hashed_whoever_hashed_it_first() {
    let root = folder(&[("app", &elf_of(b"code")), ("script", b"#!/bin/sh\n")]);
    let delivery = open(root.path(), Deliverable::default());
    // Without an inventory, and of what the inventory takes for no machine code.
    for name in ["app", "script"] {
        let digest = delivery.digest(name).expect("readable");
        let opened = delivery.open_binary(name).expect("it opens");
        assert_eq!(assize_facts::Sha256::of(opened.whole().expect("as it was hashed")), digest);
        fs::write(root.path().join(name), vec![b'x'; opened.len()]).expect("written");
        assert_eq!(
            delivery.open_binary(name).and_then(|again| again.range(0..4).map(|_| ())).unwrap_err().code,
            "file-changed"
        );
    }
}

#[test]
fn the_digest_depends_on_names_and_contents_only() {
    let one = folder(&[("a", b"1"), ("b", b"2")]);
    let same = folder(&[("b", b"2"), ("a", b"1")]);
    let renamed = folder(&[("a", b"1"), ("c", b"2")]);
    let digest = |root: &TempDir| open(root.path(), Deliverable::default()).digest_all();
    assert_eq!(digest(&one), digest(&same));
    assert_ne!(digest(&one), digest(&renamed));
}

#[test]
fn a_large_sparse_file_costs_no_memory_and_is_not_read_as_text() {
    let root = folder(&[]);
    let file = fs::File::create(root.path().join("sparse")).expect("a file");
    file.set_len(300 << 20).expect("sparse files are supported");
    let delivery = open(root.path(), Deliverable::default());
    assert_eq!(delivery.read("sparse").unwrap_err().code, "file-too-large");
    assert_eq!(files(&delivery), "sparse other-binary");
}

#[test]
fn many_archives_share_what_may_be_unpacked() {
    let packed = gzip_of(&noise(100_000));
    let root = folder(&[("a.gz", &packed), ("b.gz", &packed), ("c.gz", &packed)]);
    let codes = |limits: Limits| {
        let delivery = Delivery::open(root.path(), Deliverable::default(), limits).expect("it opens");
        let sheet = sheet(&delivery, "inventory.files");
        sheet.gaps.iter().map(|gap| gap.reason.code.clone()).filter(|code| code.contains("large")).collect::<Vec<_>>()
    };
    assert!(codes(Limits { unpacked: 400_000, ..Limits::default() }).is_empty());
    let found = codes(Limits { unpacked: 400_000, unpacked_in_all: 250_000, ..Limits::default() });
    assert!(!found.is_empty() && found.iter().all(|code| code == "archives-too-large"), "{found:?}");
}
