//! Packs end to end: written, read back, replayed byte for byte, and never harmful to what is already there.

use crate::run::{assize, folder, sample};
use std::fs;
use std::path::Path;

fn verify_into(pack: &Path) -> crate::run::Ran {
    let sample = sample("incomplete-handover");
    let contract = sample.join("contract.toml");
    assize([
        "verify".as_ref(),
        sample.as_os_str(),
        "--contract".as_ref(),
        contract.as_os_str(),
        "--layer=source,binary".as_ref(),
        "--at=2026-11-01T00:00:00Z".as_ref(),
        "--pack".as_ref(),
        pack.as_os_str(),
        "--format=json".as_ref(),
    ])
}

#[test]
fn a_pack_is_sound_and_its_verdicts_follow_from_its_facts() {
    let place = folder(&[]);
    let pack = place.path().join("pack");
    let ran = verify_into(&pack);
    assert_eq!(ran.status, Some(2), "{}", ran.all());
    assert_eq!(fs::read_to_string(pack.join("result.json")).expect("a result"), ran.stdout);
    let sound = assize(["evidence".as_ref(), "verify".as_ref(), pack.as_os_str()]);
    assert_eq!(sound.status, Some(2), "nobody signed it: {}", sound.all());
    let replayed = assize(["evidence".as_ref(), "replay".as_ref(), pack.as_os_str(), "--format=json".as_ref()]);
    assert_eq!((replayed.status, replayed.stdout), (Some(0), ran.stdout), "{}", replayed.stderr);
    let shown = assize(["evidence".as_ref(), "show".as_ref(), pack.as_os_str(), "--lang=both".as_ref()]);
    assert_eq!(shown.status, Some(0), "{}", shown.all());
    assert!(shown.stdout.contains("INCOMPLETE") && shown.stdout.contains("无法判定"), "{}", shown.stdout);
}

#[test]
fn two_runs_differ_only_in_when_they_ran() {
    let place = folder(&[]);
    let (one, two) = (verify_into(&place.path().join("a")).json(), verify_into(&place.path().join("b")).json());
    let without = |mut result: serde_json::Value| {
        result["ran_at"] = serde_json::Value::Null;
        result
    };
    assert_eq!(without(one), without(two));
}

#[test]
fn a_changed_fact_does_not_go_unnoticed() {
    let place = folder(&[]);
    let pack = place.path().join("pack");
    verify_into(&pack);
    let head = pack.join("facts/module.file.head.json");
    let text = fs::read_to_string(&head).expect("a sheet's head");
    fs::write(&head, text.replace("count", "count ")).expect("a change");
    for command in ["verify", "show", "replay"] {
        let ran = assize(["evidence".as_ref(), command.as_ref(), pack.as_os_str()]);
        assert_eq!(ran.status, Some(1), "{command}: {}", ran.all());
        assert!(ran.stdout.contains("facts/module.file.head.json was changed"), "{command}: {}", ran.stdout);
    }
}

#[test]
fn a_pack_inside_the_deliverable_is_refused_and_a_foreign_folder_left_alone() {
    let delivery = folder(&[("go.mod", "module example.com/x\n\ngo 1.26\n"), ("x.go", "package x\n")]);
    let inside = delivery.path().join("evidence");
    let run = |pack: &Path| {
        assize([
            "verify".as_ref(),
            delivery.path().as_os_str(),
            "--layer=source".as_ref(),
            "--pack".as_ref(),
            pack.as_os_str(),
        ])
    };
    let ran = run(&inside);
    assert_eq!(ran.status, Some(3), "{}", ran.all());
    assert!(!inside.exists());
    let foreign = folder(&[("thesis.txt", "x")]);
    let ran = run(foreign.path());
    assert_eq!(ran.status, Some(3), "{}", ran.all());
    assert_eq!(fs::read_to_string(foreign.path().join("thesis.txt")).expect("still there"), "x");
}

/// A verdict that was written over, in a pack that is otherwise whole: nothing of it is taken for sound, nor signed.
#[test]
fn a_verdict_that_does_not_follow_from_the_facts_is_not_sound() {
    let place = folder(&[]);
    let pack = place.path().join("pack");
    verify_into(&pack);
    let (mut forged, _) = assize_evidence::read_pack(&pack).expect("sound");
    let result = String::from_utf8(forged.get("result.json").expect("a result").to_vec()).expect("text");
    let better = result.replacen("\"verdict\": \"incomplete\"", "\"verdict\": \"accepted\"", 1);
    assert_ne!(result, better);
    forged.add("result.json", assize_evidence::Role::Result, better);
    assize_evidence::write_pack(&pack, &forged, &|| false).expect("it is written");
    let key = place.path().join("key");
    assert_eq!(assize(["keygen".as_ref(), key.as_os_str()]).status, Some(0));
    for (command, more) in [("verify", None), ("replay", None), ("show", None), ("sign", Some(&key))] {
        let args = ["evidence".as_ref(), command.as_ref(), pack.as_os_str()];
        let ran = assize(args.into_iter().chain(more.map(|m| m.as_os_str())));
        assert_eq!(ran.status, Some(1), "{command}: {}", ran.all());
        assert!(ran.stdout.contains("recorded accepted, derived incomplete"), "{command}: {}", ran.all());
    }
    // Facts that are gone with their line in the manifest.
    let mut less = assize_evidence::Pack::new();
    for (path, role, bytes) in forged.files().filter(|(path, ..)| *path != "facts/module.file.jsonl") {
        less.add(path, role, bytes);
    }
    assize_evidence::write_pack(&pack, &less, &|| false).expect("it is written");
    let ran = assize(["evidence".as_ref(), "verify".as_ref(), pack.as_os_str()]);
    assert_eq!(ran.status, Some(1), "{}", ran.all());
    assert!(ran.stdout.contains("facts/module.file.jsonl is named in the manifest and missing"), "{}", ran.all());
}
