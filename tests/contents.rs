//! Programs whose dependencies are not vendored, and whose contents are at hand: the source layer reads packages out of them.

use crate::rebuilds::{go, zip};
use crate::run::{assize, folder, write};
use std::fs;
use std::path::Path;

/// A module in GOPROXY layout: `path version`, and its files beside go.mod.
fn module(root: &Path, path: &str, version: &str, requires: &str, files: &[(&str, &str)]) {
    let (go_mod, at) = (format!("module {path}\n\ngo 1.21\n{requires}"), format!("modules/{path}/@v"));
    write(root, &format!("{at}/list"), &format!("{version}\n"));
    write(
        root,
        &format!("{at}/{version}.info"),
        &format!("{{\"Version\":{version:?},\"Time\":\"2024-01-01T00:00:00Z\"}}"),
    );
    write(root, &format!("{at}/{version}.mod"), &go_mod);
    let named: Vec<(String, &str)> = files
        .iter()
        .chain(&[("go.mod", go_mod.as_str())])
        .map(|(name, text)| (format!("{path}@{version}/{name}"), *text))
        .collect();
    let members: Vec<(&str, &str)> = named.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    fs::write(root.join(at).join(format!("{version}.zip")), zip(&members)).expect("a module");
}

/// A small service with two dependencies, one of them nested in the path of the other; the Go command wrote its go.sum.
fn delivery(dependency: &[(&str, &str)], more: &str) -> tempfile::TempDir {
    let main = "package main\n\nimport (\n\t\"net/http\"\n\n\t\"example.com/dep/log\"\n)\n\nfunc main() { log.Fatal(http.ListenAndServe(\"127.0.0.1:0\", nil)) }\n";
    let place = folder(&[
        ("src/go.mod", &format!("module example.com/app\n\ngo 1.21\n\nrequire example.com/dep v1.0.0\n{more}")),
        ("src/main.go", main),
        (
            "deliverable.toml",
            "[source]\nroot = \"src\"\n\n[[binary]]\nname = \"app\"\npath = \"dist/app\"\npackage = \".\"\nbuild = { flags = [], env = { CGO_ENABLED = \"0\" } }\n",
        ),
    ]);
    let root = place.path();
    module(root, "example.com/dep/nested", "v1.1.0", "", &[("x/x.go", "package x\n\nfunc X() {}\n")]);
    module(root, "example.com/dep", "v1.0.0", "\nrequire example.com/dep/nested v1.1.0\n", dependency);
    module(root, "example.com/fork", "v1.2.0", "", dependency);
    go(&root.join("src"), &root.join("modules"), &["mod", "tidy"]);
    place
}

/// Both source checks on C, and what was found or is missing.
fn judged(root: &Path) -> String {
    let modules = root.join("modules").into_os_string();
    let args = ["verify", "--clause=cgo-disabled", "--layer=source", "--format=json", "--quiet", "--modules"];
    let ran = assize(args.iter().map(std::ffi::OsString::from).chain([modules, root.into()]));
    let result = ran.json();
    let clauses = result["clauses"].as_array().expect("clauses");
    let clause = clauses.iter().find(|c| c["id"] == "cgo-disabled").unwrap_or_else(|| panic!("{}", ran.all()));
    let mut out = Vec::new();
    for id in ["no-c-in-build", "no-run-time-loader"] {
        let check =
            clause["checks"].as_array().into_iter().flatten().find(|check| check["id"] == id).expect("the check");
        let violated = |finding: &&serde_json::Value| finding["outcome"] == "violated";
        let findings = check["findings"].as_array().into_iter().flatten().filter(violated);
        let places =
            findings.map(|f| format!(" {}:{}", f["location"]["file"].as_str().unwrap_or("?"), f["location"]["line"]));
        let gaps = check["gaps"].as_array().into_iter().flatten();
        let gaps = gaps.map(|gap| format!(" {}: {}", gap["code"].as_str().unwrap_or("?"), gap["message"]["en"]));
        let verdict = check["verdict"].as_str().unwrap_or("?");
        out.push(format!("{verdict}{}", places.chain(gaps).collect::<String>()));
    }
    out.join("; ")
}

const PURE: (&str, &str) =
    ("log/log.go", "package log\n\nimport _ \"example.com/dep/nested/x\"\n\nfunc Fatal(error) {}\n");
const C: (&str, &str) = ("log/c.go", "package log\n\nimport \"C\"\n");

#[test]
fn a_pure_program_passes_and_c_in_a_zip_is_found_with_its_place() {
    assert_eq!(judged(delivery(&[PURE], "").path()), "pass; pass");
    let place = "--modules modules/example.com/dep/@v/v1.0.0.zip!example.com/dep@v1.0.0/log/c.go:3";
    assert_eq!(judged(delivery(&[PURE, C], "").path()), format!("fail {place}; pass"));
    // What no build reaches does not count.
    let aside = ("other/c.go", C.1);
    assert_eq!(judged(delivery(&[PURE, aside], "").path()), "pass; pass");
}

#[test]
fn tags_of_the_build_select_files_of_dependencies() {
    let tagged = format!("//go:build special\n\n{}", C.1);
    let place = delivery(&[PURE, ("log/c.go", &tagged)], "");
    assert_eq!(judged(place.path()), "pass; pass");
    let text = fs::read_to_string(place.path().join("deliverable.toml")).expect("text");
    write(place.path(), "deliverable.toml", &text.replace("flags = []", "flags = [\"-tags=special\"]"));
    assert!(judged(place.path()).starts_with("fail --modules modules/example.com/dep/"), "{}", judged(place.path()));
}

#[test]
fn a_replaced_module_is_read_in_place_of_the_other() {
    let place = delivery(&[PURE, C], "\nreplace example.com/dep => example.com/fork v1.2.0\n");
    let found = "fail --modules modules/example.com/fork/@v/v1.2.0.zip!example.com/fork@v1.2.0/log/c.go:3; pass";
    assert_eq!(judged(place.path()), found);
}

#[test]
fn what_is_missing_or_was_tampered_with_is_named() {
    let place = delivery(&[PURE], "");
    let zip = |name: &str| place.path().join(format!("modules/example.com/{name}.zip"));
    let nested = fs::read(zip("dep/nested/@v/v1.1.0")).expect("a zip");
    fs::remove_file(zip("dep/nested/@v/v1.1.0")).expect("removed");
    let missing = "module-source-not-delivered: \"the build uses example.com/dep/nested/x of example.com/dep/nested v1.1.0, whose source was not delivered\"";
    assert_eq!(judged(place.path()), format!("inconclusive {missing}; inconclusive {missing}"));
    fs::write(zip("dep/nested/@v/v1.1.0"), nested).expect("a zip");
    assert_eq!(judged(place.path()), "pass; pass");
    // The same code with a remark more: nothing of it is read, C or not.
    module(place.path(), "example.com/dep", "v1.0.0", "\nrequire example.com/dep/nested v1.1.0\n", &[PURE, C]);
    let other = "module-source-not-authentic: \"the build uses example.com/dep/log of example.com/dep v1.0.0, and go.sum does not authenticate the contents at hand\"";
    assert_eq!(judged(place.path()), format!("inconclusive {other}; inconclusive {other}"));
}
