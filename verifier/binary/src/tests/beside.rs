//! Programs beside the declared ones: as files, in archives, and in formats that are not read.

use super::{CGO, PROGRAM, build, collect};
use assize_facts::{Field, Item};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A program that prints a number: each number is another content.
fn program(folder: &Path, number: u32, env: &[(&str, &str)]) {
    build(folder, &PROGRAM.replace("T{1}", &format!("T{{{number}}}")), env, &["-ldflags=-s -w"]);
}

fn tar(folder: &Path, flags: &str, archive: &str, members: &[&str]) {
    let done = Command::new("tar").current_dir(folder).args([flags, archive]).args(members).status();
    assert!(done.expect("tar is on PATH").success());
}

fn found(folder: &Path) -> Vec<(String, bool)> {
    let info = collect(folder, "binary.info");
    assert_eq!(info.gaps, [], "what is beside is no gap of what is delivered");
    assert_eq!(info.scope.count, info.items.len() as u64);
    let told = |item: &Item| Some((item.text("binary")?.to_owned(), item.bool("beside")?));
    info.items.iter().filter_map(told).collect()
}

#[test]
fn programs_that_are_delivered_beside_the_declared_ones_are_read_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |path: &str| folder.path().join(path);
    for place in ["dist", "testdata", ".cache", "node_modules/x"] {
        fs::create_dir_all(at(place)).expect("a folder");
    }
    program(folder.path(), 2, &[]);
    for place in ["dist/helper", "testdata/p", "node_modules/x/p"] {
        fs::copy(at("p"), at(place)).expect("a copy");
    }
    program(folder.path(), 3, &[]);
    fs::rename(at("p"), at(".cache/p")).expect("a program");
    for number in [4, 5] {
        program(folder.path(), number, &[]);
        fs::rename(at("p"), at("testdata/p")).expect("a program");
        fs::copy(at("testdata/p"), at("app")).expect("a copy");
        let (flags, archive) = if number == 4 { ("-czf", "dist/app.tar.gz") } else { ("-cf", "dist/plain.tar") };
        tar(folder.path(), flags, archive, &["./app", "testdata"]);
    }
    fs::remove_file(at("app")).expect("there");
    program(folder.path(), 1, &[]);
    fs::copy(at("p"), at("dist/copy")).expect("a copy");
    tar(folder.path(), "-czf", "dist/copy.tar.gz", &["dist/copy"]);
    let beside = [".cache/p", "dist/app.tar.gz!./app", "dist/helper", "dist/plain.tar!./app"];
    let wanted = [("p", false)].into_iter().chain(beside.map(|path| (path, true)));
    assert_eq!(found(folder.path()), wanted.map(|(path, beside)| (path.to_owned(), beside)).collect::<Vec<_>>());
    // Of their functions only those of the runtime are facts, and nothing of modules and settings.
    let mine = |kind: &str, binary: &str| -> Vec<Item> {
        collect(folder.path(), kind).items.into_iter().filter(|item| item.text("binary") == Some(binary)).collect()
    };
    for path in beside {
        let packages = mine("binary.functions", path);
        assert_eq!(packages.iter().filter_map(|item| item.text("package")).collect::<Vec<_>>(), ["runtime"], "{path}");
        assert_eq!((mine("binary.modules", path).len(), mine("binary.settings", path).len()), (0, 0));
        assert_eq!(mine("binary.linkage", path)[0].bool("cgo_setting"), Some(false), "{path}");
    }
    assert!(mine("binary.functions", "p").len() > 10);
}

#[test]
fn two_members_of_one_name_are_both_read() {
    let folder = tempfile::tempdir().expect("a folder");
    for (number, flags) in [(2, "-cf"), (3, "-rf")] {
        program(folder.path(), number, &[]);
        fs::rename(folder.path().join("p"), folder.path().join("app")).expect("a program");
        tar(folder.path(), flags, "app.tar", &["app"]);
    }
    fs::remove_file(folder.path().join("app")).expect("there");
    program(folder.path(), 1, &[]);
    let found = found(folder.path());
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[1].0 == "app.tar!app" && found[2].0.starts_with("app.tar!app (sha256:"), "{found:?}");
}

#[test]
fn programs_of_formats_that_are_not_read_are_unknown_and_leave_the_declared_ones_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |path: &str| folder.path().join(path);
    for (os, arch) in [("js", "wasm"), ("wasip1", "wasm"), ("plan9", "amd64"), ("aix", "ppc64")] {
        program(folder.path(), 2, &[("GOOS", os), ("GOARCH", arch)]);
        fs::rename(at("p"), at(os)).expect("a program");
    }
    tar(folder.path(), "-czf", "web.tar.gz", &["js"]);
    fs::remove_file(at("js")).expect("there");
    // Custom sections can be left out; the module runs as before.
    let mut stripped = fs::read(at("wasip1")).expect("the program");
    for name in [&b"go:buildid"[..], b"Go cmd/compile"] {
        let place = memchr::memmem::find(&stripped, name).expect("a section");
        stripped[place..place + name.len()].fill(b'x');
    }
    fs::write(at("wasip1"), stripped).expect("a file");
    fs::write(at("other.wasm"), b"\0asm\x01\0\0\0\0\x05\x04name").expect("a file");
    program(folder.path(), 1, &[]);
    let info = collect(folder.path(), "binary.info");
    assert_eq!(info.gaps, []);
    let told = |item: &Item| (item.text("binary").unwrap_or_default().to_owned(), item.bool("go_program"));
    let unknown = |path: &str| (path.to_owned(), None);
    let wanted =
        [("p".to_owned(), Some(true)), unknown("aix"), unknown("plan9"), unknown("wasip1"), unknown("web.tar.gz!js")];
    assert_eq!(info.items.iter().map(told).collect::<Vec<_>>(), wanted);
    for kind in ["binary.functions", "binary.settings", "binary.modules"] {
        assert_eq!(collect(folder.path(), kind).gaps, [], "{kind}");
    }
    for item in &collect(folder.path(), "binary.linkage").items[1..] {
        for field in ["go_program", "needed_by_pure_go", "has_cgo_functions", "build_mode"] {
            assert!(matches!(&item.fields[field], Field::Unknown(_)), "{field}: {item:?}");
        }
    }
}

#[test]
fn go_code_that_is_not_linked_yet_is_not_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    build(folder.path(), CGO, &[("CGO_ENABLED", "1")], &["-buildmode=c-archive"]);
    fs::rename(folder.path().join("p"), folder.path().join("lib.a")).expect("an archive");
    program(folder.path(), 1, &[]);
    let info = collect(folder.path(), "binary.info");
    let told = |item: &Item| (item.text("binary").unwrap_or_default().to_owned(), item.bool("go_program"));
    let wanted = [("p".to_owned(), Some(true)), ("lib.a!go.o".to_owned(), None)];
    assert_eq!(info.items.iter().map(told).collect::<Vec<_>>(), wanted);
    assert!(
        matches!(&info.items[1].fields["go_program"], Field::Unknown(reason) if reason.code == "go-code-not-linked")
    );
}

#[test]
fn a_program_with_signs_of_go_that_nobody_can_read_is_not_said_to_be_none() {
    let folder = tempfile::tempdir().expect("a folder");
    program(folder.path(), 2, &[]);
    let mut broken = fs::read(folder.path().join("p")).expect("a program");
    let mut wipe = |mark: &[u8], behind: usize, len: usize| {
        let places: Vec<usize> = memchr::memmem::find_iter(&broken, mark).collect();
        assert_eq!(places.len(), 1);
        broken[places[0] + behind..][..len].fill(0xff);
    };
    wipe(b"\xff Go buildinf:", 0, 16);
    // The count of functions: the table cannot be what it says, as those of other releases cannot.
    wipe(b"\xf1\xff\xff\xff\0\0\x01\x08", 8, 8);
    fs::write(folder.path().join("old"), broken).expect("a file");
    fs::copy("/bin/true", folder.path().join("other")).expect("a program in C");
    program(folder.path(), 1, &[]);
    let info = collect(folder.path(), "binary.info");
    let told = |item: &Item| (item.text("binary").unwrap_or_default().to_owned(), item.bool("go_program"));
    assert_eq!(
        info.items.iter().map(told).collect::<Vec<_>>(),
        [("p".to_owned(), Some(true)), ("old".to_owned(), None)]
    );
}

#[test]
fn an_archive_that_is_not_read_to_its_end_may_hold_programs() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |path: &str| folder.path().join(path);
    fs::write(at("text"), "text").expect("a file");
    program(folder.path(), 2, &[]);
    fs::rename(at("p"), at("tool")).expect("a program");
    tar(folder.path(), "-cf", "first", &["text"]);
    tar(folder.path(), "-cf", "second", &["tool"]);
    // `tar -i` reads on behind the end.
    let both = [fs::read(at("first")), fs::read(at("second"))].map(|read| read.expect("an archive")).concat();
    fs::write(at("two.tar"), both).expect("a file");
    fs::File::options().append(true).open(at("tool")).and_then(|file| file.set_len(64 << 20)).expect("holes");
    tar(folder.path(), "-cSf", "holes.tar", &["tool"]);
    for path in ["first", "second", "tool"] {
        fs::remove_file(at(path)).expect("there");
    }
    program(folder.path(), 1, &[]);
    let info = collect(folder.path(), "binary.info");
    let told = |item: &Item| match &item.fields["go_program"] {
        Field::Unknown(reason) => Some((item.text("binary")?.to_owned(), reason.code.clone())),
        _ => None,
    };
    let told: Vec<(String, String)> = info.items.iter().filter_map(told).collect();
    let told: Vec<(&str, &str)> = told.iter().map(|(path, code)| (path.as_str(), code.as_str())).collect();
    assert_eq!(told, [("holes.tar", "archive-sparse"), ("two.tar", "archive-trailing")]);
}

#[test]
fn debugging_information_beside_a_program_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    program(folder.path(), 1, &[]);
    let kept = Command::new("objcopy").current_dir(folder.path()).args(["--only-keep-debug", "p", "p.debug"]).status();
    assert!(kept.expect("objcopy is on PATH").success());
    assert_eq!(found(folder.path()), [("p".to_owned(), false)]);
}
