//! Programs with a dependency that is not vendored, and what becomes of it where the program lies about its code.

use crate::rebuilds::{dependency, go};
use crate::run::{assize, folder, write};
use serde_json::Value;
use std::fs;
use std::path::Path;

const DEPENDENCY: &str = "package dep

//go:noinline
func Parse(text string) int {
	return len(text) * 3
}

//go:noinline
func Print(text string) int {
	return len(text) * 5
}
";

const ENTRY: &str = r#"{"id": "GO-2099-0100", "modified": "2026-09-01T00:00:00Z", "summary": "made up for this test", "affected": [
    {"package": {"name": "example.com/dep", "ecosystem": "Go"},
     "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}],
     "ecosystem_specific": {"imports": [{"path": "example.com/dep", "symbols": ["Parse"]}]}}]}"#;

/// A program that calls a function of the dependency; some words of it are overwritten by others of their length.
fn delivery(calls: &str, overwritten: &[(&str, &str)]) -> tempfile::TempDir {
    let main = format!("package main\n\nimport \"example.com/dep\"\n\nfunc main() {{ println(dep.{calls}(\"x\")) }}\n");
    let place = folder(&[
        ("src/go.mod", "module example.com/app\n\ngo 1.21\n\nrequire example.com/dep v1.0.0\n"),
        ("src/main.go", &main),
        ("vulndb/ID/GO-2099-0100.json", ENTRY),
    ]);
    let root = place.path();
    dependency(root, DEPENDENCY);
    let (source, modules) = (root.join("src"), root.join("modules"));
    go(&source, &modules, &["mod", "tidy"]);
    go(&source, &modules, &["build", "-trimpath", "-buildvcs=false", "-o", "../dist/app", "."]);
    let mut program = fs::read(root.join("dist/app")).expect("a program");
    for (from, to) in overwritten {
        assert_eq!(from.len(), to.len());
        let places: Vec<usize> = (0..program.len()).filter(|at| program[*at..].starts_with(from.as_bytes())).collect();
        assert!(!places.is_empty(), "{from} is not in the program");
        places.into_iter().for_each(|at| program[at..at + to.len()].copy_from_slice(to.as_bytes()));
    }
    fs::write(root.join("dist/app"), program).expect("a program");
    place
}

/// What the clause says, and its decisive checks that do not pass, with the contents of modules at hand or without.
fn judged(place: &Path, contents: bool) -> String {
    let modules = if contents { "modules = \"modules\"\n" } else { "" };
    let text = format!(
        "[source]\nroot = \"src\"\n{modules}\n[[binary]]\nname = \"app\"\npath = \"dist/app\"\npackage = \".\"\n"
    );
    write(place, "deliverable.toml", &text);
    let database = place.join("vulndb").display().to_string();
    let mut args =
        vec!["verify", "--clause=known-vulnerabilities", "--layer=source,binary", "--format=json", "--quiet"];
    args.extend(["--at=2026-09-02T00:00:00Z", "--vulndb", &database]);
    let ran = assize(args.into_iter().map(std::ffi::OsString::from).chain([place.into()]));
    let result = ran.json();
    let clause = result["clauses"].as_array().and_then(|all| all.iter().find(|c| c["id"] == "known-vulnerabilities"));
    let clause = clause.unwrap_or_else(|| panic!("{}", ran.all()));
    let open = |check: &&Value| {
        check["weight"] == "decisive" && check["verdict"] != "pass" && check["verdict"] != "not-applicable"
    };
    let checks = clause["checks"].as_array().expect("checks").iter().filter(open).map(|check| check["id"].as_str());
    format!("{} {}", clause["verdict"].as_str().unwrap_or("?"), checks.flatten().collect::<Vec<_>>().join(" "))
}

#[test]
fn honest_programs_with_and_without_the_vulnerable_function() {
    let used = delivery("Parse", &[]);
    let other = delivery("Print", &[]);
    for contents in [true, false] {
        assert_eq!(judged(used.path(), contents), "fail nothing-linked absence-shown", "{contents}");
        assert_eq!(judged(other.path(), contents), "pass ", "{contents}");
    }
}

#[test]
fn a_function_that_was_renamed_in_the_program_is_found_out_by_the_modules_contents() {
    let forged = delivery("Parse", &[("example.com/dep.Parse", "example.com/dep.Parce")]);
    assert_eq!(judged(forged.path(), true), "inconclusive absence-shown");
    // Nothing else tells: go-mod-integrity asks for the contents, and delivery-identity for a rebuild.
    assert_eq!(judged(forged.path(), false), "pass ");
}

#[test]
fn a_module_that_was_renamed_in_the_program_is_one_that_the_module_files_do_not_know() {
    let forged = delivery("Parse", &[("example.com/dep", "example.com/xyz")]);
    for contents in [true, false] {
        assert_eq!(judged(forged.path(), contents), "inconclusive absence-shown", "{contents}");
    }
}
