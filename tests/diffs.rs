//! `evidence diff` end to end: each flipped clause is put down to the part of the packs that was really changed.

use crate::run::{Ran, assize, folder, sample, write};
use std::path::Path;

const CONTRACT: &str = "[contract]\nid = \"X\"\ntitle = { en = \"x\", zh = \"x\" }\nsigned_on = 2026-01-01\nlanguage = \"en\"\nlibraries = [\"./ours\"]\n\n[[clause]]\nuse = \"no-c\"\n";

/// `some` in place of `none` asks for the opposite.
fn clause_file(form: &str) -> String {
    format!(
        "id = \"no-c\"\nchapter = \"9.9\"\nobligation = \"must\"\nwaiver_level = \"L2\"\n[title]\nen = \"x\"\nzh = \"x\"\n\
         [text]\nen = \"x\"\nzh = \"x\"\n[[check]]\nid = \"c\"\nlayer = \"source\"\n{form} = \"source.cgo_imports\"\n\
         where = {{ form = \"import-c\", in_build = true }}\nfail = {{ en = \"x\", zh = \"x\" }}\n"
    )
}

fn verify(delivery: &Path, contract: &Path, pack: &Path, layers: &str) {
    let layers = format!("--layer={layers}");
    let ran = assize([
        "verify".as_ref(),
        delivery.as_os_str(),
        "--contract".as_ref(),
        contract.as_os_str(),
        layers.as_ref(),
        "--at=2026-11-01T00:00:00Z".as_ref(),
        "--pack".as_ref(),
        pack.as_os_str(),
    ]);
    assert!(matches!(ran.status, Some(0..=2)), "{}", ran.all());
}

fn diff(one: &Path, two: &Path) -> Ran {
    assize(["evidence".as_ref(), "diff".as_ref(), one.as_os_str(), two.as_os_str(), "--format=json".as_ref()])
}

#[test]
fn a_flip_is_put_down_to_what_was_changed() {
    let place = folder(&[
        ("contract.toml", CONTRACT),
        ("ours/no-c/clause.toml", &clause_file("none")),
        ("changed/contract.toml", CONTRACT),
        ("changed/ours/no-c/clause.toml", &clause_file("some")),
        ("one/go.mod", "module example.com/x\n\ngo 1.26\n"),
        ("one/main.go", "package main\n\nfunc main() {}\n"),
    ]);
    let at = |name: &str| place.path().join(name);
    verify(&at("one"), &at("contract.toml"), &at("a"), "source,binary");
    verify(&at("one"), &at("contract.toml"), &at("a2"), "source,binary");
    let same = diff(&at("a"), &at("a2"));
    assert_eq!(same.status, Some(0), "{}", same.all());

    verify(&at("one"), &at("changed/contract.toml"), &at("clause"), "source,binary");
    verify(&at("one"), &at("contract.toml"), &at("layer"), "binary");
    write(&at("one"), "main.go", "package main\n\nimport \"C\"\n\nfunc main() {}\n");
    verify(&at("one"), &at("contract.toml"), &at("deliverable"), "source,binary");
    for (other, cause) in [("clause", "clause"), ("layer", "environment"), ("deliverable", "deliverable")] {
        let ran = diff(&at("a"), &at(other));
        assert_eq!(ran.status, Some(1), "{other}: {}", ran.all());
        let clause = &ran.json()["clauses"][0];
        assert_eq!(clause["id"], "no-c", "{other}: {}", ran.all());
        if clause["verdict"][0] != clause["verdict"][1] {
            assert_eq!(clause["causes"], serde_json::json!([cause]), "{other}: {}", ran.all());
        } else {
            panic!("{other} flips nothing: {}", ran.all());
        }
    }
}

/// What was waived is put down to the waiver, and to nothing else.
#[test]
fn a_waived_clause_is_put_down_to_the_waiver() {
    let place = folder(&[
        ("contract.toml", CONTRACT),
        ("ours/no-c/clause.toml", &clause_file("none")),
        ("one/go.mod", "module example.com/x\n\ngo 1.26\n"),
        ("one/main.go", "package main\n\nimport \"C\"\n\nfunc main() {}\n"),
    ]);
    let at = |name: &str| place.path().join(name);
    verify(&at("one"), &at("contract.toml"), &at("a"), "source,binary");
    let result: serde_json::Value =
        serde_json::from_slice(&std::fs::read(at("a/result.json")).expect("a result")).expect("JSON");
    let clause = &result["clauses"][0];
    assert_eq!(clause["verdict"], "fail", "{clause}");
    let waiver = format!(
        "[[waiver]]\nclause = \"no-c\"\nwording = {}\ncovers = [\"fail\"]\nfindings = [{}]\nsubject = {}\nreason = \"r\"\n\
         approved_by = \"b\"\nlevel = \"L2\"\nstarts = 2026-01-01\nexpires = 2026-12-31\n",
        clause["wording_digest"], clause["checks"][0]["findings"][0]["fingerprint"], result["deliverable"]["digest"]
    );
    write(place.path(), "contract.toml", &format!("{CONTRACT}\n{waiver}"));
    verify(&at("one"), &at("contract.toml"), &at("waived"), "source,binary");
    let ran = diff(&at("a"), &at("waived"));
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    let clause = &ran.json()["clauses"][0];
    assert_eq!(clause["verdict"], serde_json::json!(["fail", "waived"]), "{}", ran.all());
    assert_eq!(
        (&clause["causes"], &clause["together"]),
        (&serde_json::json!(["waiver"]), &false.into()),
        "{}",
        ran.all()
    );
}

/// The same delivery and the same clause on another day.
#[test]
fn what_only_a_date_changes_is_put_down_to_dated_data() {
    let place = folder(&[(
        "contract.toml",
        "[contract]\nid = \"X\"\ntitle = { en = \"x\", zh = \"x\" }\n\n[[clause]]\nuse = \"go-support-window\"\n",
    )]);
    let delivery = sample("auth-api");
    let at = |name: &str| place.path().join(name);
    for (pack, day) in [("then", "2026-09-10"), ("later", "2026-12-31")] {
        let (contract, pack, day) = (at("contract.toml"), at(pack), format!("--at={day}T12:00:00Z"));
        let args =
            ["verify".as_ref(), delivery.as_os_str(), "--contract".as_ref(), contract.as_os_str(), "--pack".as_ref()];
        let ran = assize(args.into_iter().chain([pack.as_os_str(), "--layer=source,binary".as_ref(), day.as_ref()]));
        assert!(matches!(ran.status, Some(0..=2)), "{}", ran.all());
    }
    let ran = diff(&at("then"), &at("later"));
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    let clause = &ran.json()["clauses"][0];
    assert_ne!(clause["verdict"][0], clause["verdict"][1], "{}", ran.all());
    assert_eq!(clause["causes"], serde_json::json!(["dated-data"]), "{}", ran.all());
}

#[test]
fn what_is_no_pack_is_not_compared() {
    let place = folder(&[("x", "x")]);
    let ran = diff(place.path(), place.path());
    assert_eq!(ran.status, Some(3), "{}", ran.all());
}
