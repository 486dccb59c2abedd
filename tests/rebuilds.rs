//! Exact rebuilds end to end: dependencies from a folder in GOPROXY layout, workspaces, and what cannot be repeated.

use crate::run::{assize, folder, write};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Builds as a supplier does, outside of the delivery's reach.
pub fn go(at: &Path, modules: &Path, args: &[&str]) {
    let cache = tempfile::tempdir().expect("a folder");
    let proxy = format!("file://{}", modules.display());
    let settings = [
        ("GOENV", "off"),
        ("GOTOOLCHAIN", "local"),
        ("GOFLAGS", "-modcacherw"),
        ("GOSUMDB", "off"),
        ("CGO_ENABLED", "0"),
        ("GOPROXY", &proxy),
    ];
    let done = Command::new("go").args(args).current_dir(at).envs(settings).env("GOMODCACHE", cache.path()).output();
    let done = done.expect("go is on the PATH");
    assert!(done.status.success(), "go {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn version() -> String {
    let said = Command::new("go").args(["env", "GOVERSION"]).env("GOENV", "off").env("GOTOOLCHAIN", "local").output();
    String::from_utf8_lossy(&said.expect("go").stdout).trim().trim_start_matches("go").to_owned()
}

/// A zip of stored files (APPNOTE 4.3).
pub fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in files {
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        let size = (text.len() as u32).to_le_bytes();
        let fields = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0], &crc.sum().to_le_bytes()[..], &size, &size].concat();
        let lengths = [&(name.len() as u16).to_le_bytes()[..], &[0, 0]].concat();
        let at = (bytes.len() as u32).to_le_bytes();
        directory.extend([b"PK\x01\x02\x14\0", &fields[..], &lengths, &[0; 10], &at, name.as_bytes()].concat());
        bytes.extend([b"PK\x03\x04", &fields[..], &lengths, name.as_bytes(), text.as_bytes()].concat());
    }
    let (start, count) = ((bytes.len() as u32).to_le_bytes(), (files.len() as u16).to_le_bytes());
    let length = (directory.len() as u32).to_le_bytes();
    bytes.extend(directory);
    bytes.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &length, &start, &[0, 0]].concat());
    bytes
}

/// A module that greets with a word.
fn module(root: &Path, word: &str) {
    dependency(root, &format!("package dep\n\nfunc Greet() string {{ return {word:?} }}\n"));
}

/// The module example.com/dep of one file, in GOPROXY layout.
pub fn dependency(root: &Path, code: &str) {
    let go_mod = "module example.com/dep\n\ngo 1.21\n";
    let at = "modules/example.com/dep/@v";
    write(root, &format!("{at}/list"), "v1.0.0\n");
    write(root, &format!("{at}/v1.0.0.info"), "{\"Version\":\"v1.0.0\",\"Time\":\"2024-01-01T00:00:00Z\"}");
    write(root, &format!("{at}/v1.0.0.mod"), go_mod);
    let inside = "example.com/dep@v1.0.0";
    let packed = zip(&[(&format!("{inside}/go.mod"), go_mod), (&format!("{inside}/dep.go"), code)]);
    fs::write(root.join(at).join("v1.0.0.zip"), packed).expect("a module");
}

const MAIN: &str = "package main\n\nimport \"example.com/dep\"\n\nfunc main() { println(dep.Greet()) }\n";

fn deliverable(root: &Path, package: &str, flags: &str) {
    let text = format!(
        "[deliverable]\nname = \"app\"\n\n[source]\nroot = \"src\"\nmodules = \"modules\"\n\n[[binary]]\nname = \"app\"\npath = \"dist/app\"\npackage = {package:?}\nbuild = {{ go = {:?}, flags = [{flags}], env = {{ CGO_ENABLED = \"0\" }} }}\n",
        version()
    );
    write(root, "deliverable.toml", &text);
}

/// Verdict of the check on bytes, and the first reason why it is open.
fn bodies(root: &Path) -> String {
    let args = ["verify", "--clause=delivery-identity", "--layer=source,binary", "--format=json", "--quiet"];
    let ran = assize(args.iter().map(std::ffi::OsString::from).chain([root.into()]));
    let result = ran.json();
    let clauses = result["clauses"].as_array().expect("clauses");
    let clause = clauses.iter().find(|c| c["id"] == "delivery-identity").unwrap_or_else(|| panic!("{}", ran.all()));
    let checks = clause["checks"].as_array().expect("checks");
    let check = checks.iter().find(|c| c["id"] == "binary-bodies").unwrap_or_else(|| panic!("{}", ran.all()));
    let reason =
        check["findings"].as_array().and_then(|all| all.first()).and_then(|finding| finding["reason"].as_str());
    format!("{} {}", check["verdict"].as_str().unwrap_or("?"), reason.unwrap_or_default()).trim().into()
}

/// An application with one dependency from `modules/`, built.
fn application(flags: &[&str]) -> tempfile::TempDir {
    let delivery = folder(&[
        ("src/go.mod", "module example.com/app\n\ngo 1.21\n\nrequire example.com/dep v1.0.0\n"),
        ("src/main.go", MAIN),
    ]);
    let root = delivery.path();
    module(root, "hello");
    let source = root.join("src");
    go(&source, &root.join("modules"), &["mod", "tidy"]);
    let args: Vec<&str> = [&["build", "-o", "../dist/app"], flags, &["."]].concat();
    go(&source, &root.join("modules"), &args);
    deliverable(root, ".", &flags.iter().map(|f| format!("{f:?}")).collect::<Vec<_>>().join(", "));
    delivery
}

#[test]
fn dependencies_come_from_the_delivered_modules_and_their_sums_hold() {
    let delivery = application(&["-trimpath", "-buildvcs=false"]);
    assert_eq!(bodies(delivery.path()), "pass");
    // Another body under the same version: go.sum does not let it in.
    module(delivery.path(), "howdy");
    assert_eq!(bodies(delivery.path()), "inconclusive rebuild-failed");
    // And with go.sum rewritten it is another program.
    fs::remove_file(delivery.path().join("src/go.sum")).expect("it was there");
    go(&delivery.path().join("src"), &delivery.path().join("modules"), &["mod", "tidy"]);
    assert_eq!(bodies(delivery.path()), "fail");
}

#[test]
fn a_workspace_is_built_as_one() {
    let delivery = folder(&[
        ("src/go.work", "go 1.21\n\nuse (\n\t./app\n\t./dep\n)\n"),
        ("src/app/go.mod", "module example.com/app\n\ngo 1.21\n"),
        ("src/app/main.go", MAIN),
        ("src/dep/go.mod", "module example.com/dep\n\ngo 1.21\n"),
        ("src/dep/dep.go", "package dep\n\nfunc Greet() string { return \"hello\" }\n"),
    ]);
    let root = delivery.path();
    fs::create_dir(root.join("modules")).expect("a folder");
    go(
        &root.join("src"),
        &root.join("modules"),
        &["build", "-trimpath", "-buildvcs=false", "-o", "../dist/app", "./app"],
    );
    deliverable(root, "./app", "\"-trimpath\", \"-buildvcs=false\"");
    assert_eq!(bodies(root), "pass");
    write(root, "src/dep/dep.go", "package dep\n\nfunc Greet() string { return \"howdy\" }\n");
    assert_eq!(bodies(root), "fail");
}

#[test]
fn a_build_that_holds_the_builders_paths_is_not_repeated() {
    let delivery = application(&["-buildvcs=false"]);
    assert_eq!(bodies(delivery.path()), "inconclusive rebuild-without-trimpath");
}
