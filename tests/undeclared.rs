//! Deliveries that declare no program: what was built of which package their programs tell themselves.

use crate::rebuilds::go;
use crate::run::{assize, folder};
use serde_json::Value;
use std::ffi::OsString;
use std::path::Path;

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

/// What is said of the link from the source, whose program lies in a module of its own where `own` names a folder, with a tool of another module beside it.
fn link(own: &str, tool: Option<&str>) -> String {
    let module = if own.is_empty() { "example.com/app" } else { "example.com/own" };
    let place = folder(&[
        ("go.mod", "module example.com/app\n\ngo 1.21\n"),
        (&format!("{own}go.mod"), &format!("module {module}\n\ngo 1.21\n")),
        (&format!("{own}cmd/api/main.go"), "package main\n\nfunc main() { println(1) }\n"),
    ]);
    let build = |at: &Path, to: &str, package: &str| {
        go(at, at, &["build", "-o", &place.path().join(to).display().to_string(), package]);
    };
    build(&place.path().join(own), "dist/api", "./cmd/api");
    if let Some(module) = tool {
        let other = folder(&[
            ("go.mod", &format!("module {module}\n\ngo 1.21\n")),
            ("main.go", "package main\n\nfunc main() { println(3) }\n"),
        ]);
        build(other.path(), "bin/tool", ".");
    }
    let args = ["verify", "--clause=delivery-identity", "--format=json", "--quiet", "--layer=source,binary"];
    let ran = assize(args.into_iter().map(OsString::from).chain([place.path().into()]));
    let link = &ran.json()["identity"][0];
    [&link["outcome"], &link["reason"]].map(|said| said.as_str().unwrap_or("nothing")).join(" ")
}

#[test]
fn tools_in_a_repository_stand_beside_its_own_programs() {
    assert_eq!(link("", Some("example.org/tool")), "undetermined bodies-not-compared");
    // Under the module's own name it is its own.
    let own = link("", Some("example.com/app"));
    assert!(own.starts_with("violated "), "{own}");
}

#[test]
fn a_program_of_a_nested_module_is_held_against_that() {
    assert_eq!(link("server/", None), "undetermined bodies-not-compared");
}
