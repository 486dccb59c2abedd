//! Deliveries that declare no program: what was built of which package their programs tell themselves.

use crate::rebuilds::go;
use crate::run::{assize, folder};
use serde_json::Value;
use std::ffi::OsString;

/// Builds one of two programs of a tree and says what becomes of a build of the first with another graph.
fn verdict(built: &str, layer: &str) -> String {
    let place = folder(&[
        ("go.mod", "module example.com/app\n\ngo 1.21\n"),
        ("cmd/api/main.go", "package main\n\nfunc main() { println(1) }\n"),
        ("cmd/cli/main.go", "package main\n\nfunc main() { println(2) }\n"),
        ("Dockerfile", "FROM golang\nCOPY . .\nRUN go build -overlay=o.json -o /out/x ./cmd/api\n"),
    ]);
    go(place.path(), place.path(), &["build", "-o", "dist/app", built]);
    let args = ["verify", "--clause=go-mod-integrity", "--format=json", "--quiet", "--layer", layer];
    let ran = assize(args.into_iter().map(OsString::from).chain([place.path().into()]));
    let result = ran.json();
    let clauses = result["clauses"].as_array().expect("clauses");
    let checks = clauses.iter().filter(|clause| clause["id"] == "go-mod-integrity");
    let mut checks = checks.flat_map(|clause| clause["checks"].as_array().expect("checks"));
    let check = checks.find(|check| check["id"] == "no-other-graph").expect("the check");
    check["verdict"].as_str().map_or_else(|| Value::to_string(&check["verdict"]), str::to_owned)
}

#[test]
fn a_build_is_delivered_where_a_program_of_its_package_is() {
    assert_eq!(verdict("./cmd/api", "source,binary"), "fail");
    assert_eq!(verdict("./cmd/cli", "source,binary"), "pass");
    // Without the programs nothing tells.
    assert_eq!(verdict("./cmd/api", "source"), "pass");
}

/// The link from source to the binaries, with another program beside the module's own.
fn link(tool: &str, nested: bool) -> String {
    let own = if nested { "server/" } else { "" };
    let place = folder(&[
        ("go.mod", "module example.com/app\n\ngo 1.21\n"),
        ("x.go", "package app\n"),
        (&format!("{own}go.mod"), "module example.com/app\n\ngo 1.21\n"),
        (&format!("{own}cmd/api/main.go"), "package main\n\nfunc main() { println(1) }\n"),
    ]);
    let module = if nested { "example.com/own" } else { "example.com/app" };
    std::fs::write(place.path().join(format!("{own}go.mod")), format!("module {module}\n\ngo 1.21\n")).expect("a file");
    go(
        &place.path().join(own),
        place.path(),
        &["build", "-o", &place.path().join("dist/api").display().to_string(), "./cmd/api"],
    );
    if !tool.is_empty() {
        let other = folder(&[
            ("go.mod", &format!("module {tool}\n\ngo 1.21\n")),
            ("main.go", "package main\n\nfunc main() { println(3) }\n"),
        ]);
        let to = place.path().join("bin/tool").display().to_string();
        go(other.path(), other.path(), &["build", "-o", &to, "."]);
    }
    let args = ["verify", "--clause=delivery-identity", "--format=json", "--quiet", "--layer=source,binary"];
    let ran = assize(args.into_iter().map(OsString::from).chain([place.path().into()]));
    ran.json()["identity"][0]["reason"]["code"].as_str().unwrap_or("none").to_owned()
}

#[test]
fn tools_in_a_repository_stand_beside_its_own_programs() {
    assert_eq!(link("example.org/tool", false), "bodies-not-compared");
    // Under the module's own name it is its own.
    assert_eq!(link("example.com/app", false), "link-functions-disagree");
}

#[test]
fn a_program_of_a_nested_module_is_held_against_that() {
    assert_eq!(link("", true), "bodies-not-compared");
}
