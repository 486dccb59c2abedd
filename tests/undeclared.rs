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
