//! Universal (fat) Mach-O files: each program in them is read for itself.

use super::{PROGRAM, build, collect};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Puts programs for two machines into one file, at offsets as `lipo` chooses them (`mach-o/fat.h`).
fn fat(programs: [(u32, Vec<u8>); 2]) -> Vec<u8> {
    let mut table = [0xcafe_babe_u32, 2].map(u32::to_be_bytes).concat();
    let mut body = vec![];
    for (cpu, bytes) in programs {
        let at = 0x4000 + body.len() as u32;
        table.extend([cpu, 0, at, bytes.len() as u32, 14].map(u32::to_be_bytes).concat());
        body.extend(bytes);
        body.resize(body.len().next_multiple_of(0x4000), 0);
    }
    table.resize(0x4000, 0);
    [table, body].concat()
}

fn told(folder: &Path) -> Vec<String> {
    let info = collect(folder, "binary.info");
    assert_eq!(info.gaps, []);
    let text = |item: &assize_facts::Item, name: &str| item.text(name).unwrap_or("?").to_owned();
    let line = |item| {
        ["binary", "arch", "go_version"].map(|name| text(item, name)).join(" ")
            + if item.bool("beside") == Some(true) { " beside" } else { "" }
    };
    info.items.iter().map(line).collect()
}

#[test]
fn each_slice_is_a_program_wherever_the_file_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |path: &str| folder.path().join(path);
    let one = |arch: &str| {
        build(folder.path(), PROGRAM, &[("GOOS", "darwin"), ("GOARCH", arch)], &["-ldflags=-s -w"]);
        fs::read(at("p")).expect("a program")
    };
    let (amd64, arm64) = (one("amd64"), one("arm64"));
    let second = 0x4000 + amd64.len().next_multiple_of(0x4000);
    // The version stands in the build information and in the data that the runtime shows.
    let mut old = arm64.clone();
    let version = memchr::memmem::find(&old, b"\xff Go buildinf:").expect("build information") + 33;
    old[version..version + 6].copy_from_slice(b"go1.19");
    fs::write(at("p"), fat([(0x0100_0007, amd64.clone()), (0x0100_000c, old)])).expect("a file");
    let go = told(folder.path())[0].rsplit(' ').next().expect("a version").to_owned();
    let slices = |name: &str, beside: &str| {
        let newer = format!("{name} (amd64 at 0x4000) amd64 {go}{beside}");
        let older = format!("{name} (arm64 at {second:#x}) arm64 {}{beside}", go.replacen(&go[..4], "1.19", 1));
        vec![newer, older]
    };
    assert_eq!(told(folder.path()), slices("p", ""));
    let packed = Command::new("tar").current_dir(folder.path()).args(["-czf", "all.tar.gz", "p"]).status();
    assert!(packed.expect("tar is on PATH").success());
    fs::write(at("p"), amd64).expect("a file");
    let beside = slices("all.tar.gz!p", " beside");
    // What is delivered is not named again where it is a part of another file.
    assert_eq!(told(folder.path()), [vec![format!("p amd64 {go}")], beside].concat());
    for kind in ["binary.functions", "binary.linkage", "binary.settings", "binary.modules"] {
        assert_eq!(collect(folder.path(), kind).gaps, [], "{kind}");
    }
    let linkage = collect(folder.path(), "binary.linkage");
    let named = |item: &assize_facts::Item| item.fields["named_libraries"].clone();
    let nothing = assize_facts::Field::Known(serde_json::json!([]));
    assert!(linkage.items.iter().all(|item| named(item) == nothing), "they need what they name: {linkage:?}");
}
