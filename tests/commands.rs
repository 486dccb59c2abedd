//! Commands, options and exit statuses as people and scripts meet them.

use crate::run::{assize, folder, root, sample};

#[test]
fn wrong_usage_ends_with_three_and_help_with_zero() {
    for (args, status) in [
        (vec!["--help"], 0),
        (vec!["--version"], 0),
        (vec![], 3),
        (vec!["verfy"], 3),
        (vec!["verify", "--layer=kernel"], 3),
        (vec!["verify", "--format=xml", "."], 3),
        (vec!["verify", "--at=tomorrow", "."], 3),
        (vec!["verify", "no-such-folder"], 3),
        (vec!["clause", "show", "no-such-clause"], 3),
        (vec!["evidence", "verify", "clauses"], 3),
    ] {
        let ran = assize(&args);
        assert_eq!(ran.status, Some(status), "{args:?}\n{}", ran.all());
        if status == 3 {
            assert!(ran.stdout.is_empty(), "{args:?}: {}", ran.stdout);
            assert!(!ran.stderr.is_empty(), "{args:?}");
        }
    }
}

#[test]
fn the_library_is_listed_shown_and_explained_in_both_languages() {
    let listed = assize(["clause", "list", "--format=json"]).json();
    let ids: Vec<&str> =
        listed["clauses"].as_array().expect("clauses").iter().map(|c| c["id"].as_str().expect("an id")).collect();
    let mut folders: Vec<String> = std::fs::read_dir(root().join("clauses"))
        .expect("the library")
        .flatten()
        .filter(|e| e.path().is_dir())
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    assert_eq!(ids, folders, "every folder is a clause of the program");
    for id in ids {
        let shown = assize(["clause", "show", id, "--lang=both"]);
        assert_eq!(shown.status, Some(0), "{id}: {}", shown.all());
        assert!(shown.stdout.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{id} has no Chinese wording");
        let explained = assize(["clause", "explain", id]);
        assert_eq!(explained.status, Some(0), "{id}: {}", explained.all());
    }
}

#[test]
fn the_library_has_no_mistake_and_its_examples_hold() {
    let checked = assize(["clause", "check"]);
    assert_eq!(checked.status, Some(0), "{}", checked.all());
    let tested = assize(["clause", "test"]);
    assert_eq!(tested.status, Some(0), "{}", tested.all());
}

#[test]
fn the_samples_files_have_no_mistake() {
    for name in ["auth-api", "legacy-gateway", "incomplete-handover"] {
        for file in ["contract.toml", "deliverable.toml"] {
            let path = sample(name).join(file);
            let ran = assize(["clause".as_ref(), "check".as_ref(), path.as_os_str()]);
            assert_eq!(ran.status, Some(0), "{name}/{file}: {}", ran.all());
        }
    }
}

#[test]
fn a_new_clause_loads() {
    let place = folder(&[]);
    let into = place.path().to_str().expect("a path");
    assert_eq!(assize(["clause", "new", "no-telnet", "--into", into]).status, Some(0));
    let stub = place.path().join("no-telnet");
    let ran = assize(["clause".as_ref(), "check".as_ref(), stub.as_os_str()]);
    assert_eq!(ran.status, Some(0), "{}", ran.all());
}

#[test]
fn all_mistakes_of_a_contract_are_shown_together_with_the_nearest_word() {
    let place = folder(&[(
        "contract.toml",
        "[contract]\nid = \"x\"\nlangage = \"en\"\n\n[[clause]]\nuse = \"cgo-disable\"\n\n[[clause]]\nuse = \"tls-1.3\"\nobligation = \"shall\"\n",
    )]);
    let contract = place.path().join("contract.toml");
    let sample = sample("incomplete-handover");
    let ran = assize(["verify".as_ref(), sample.as_os_str(), "--contract".as_ref(), contract.as_os_str()]);
    assert_eq!(ran.status, Some(3), "{}", ran.all());
    for word in ["language", "cgo-disabled", "must"] {
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
    assert!(ran.stdout.is_empty());
}

#[test]
fn leaving_something_out_is_at_best_incomplete_and_the_gate_is_recorded() {
    let sample = sample("auth-api");
    let contract = sample.join("contract.toml");
    let run = |more: &[&str]| {
        let mut args =
            vec!["verify", sample.to_str().expect("a path"), "--contract", contract.to_str().expect("a path")];
        args.extend(["--layer=source", "--format=json"]);
        args.extend(more);
        assize(args)
    };
    let ran = run(&[]);
    let result = ran.json();
    assert_eq!((ran.status, result["verdict"].as_str()), (Some(2), Some("incomplete")), "{}", ran.stderr);
    let ran = run(&["--gate=rejected"]);
    let result = ran.json();
    assert_eq!((ran.status, result["verdict"].as_str()), (Some(0), Some("incomplete")));
    assert_eq!(result["gate"], "rejected");
    let ran = run(&["--clause=cgo-disabled"]);
    assert_eq!(ran.status, Some(2), "{}", ran.stderr);
}

#[test]
fn a_dry_run_says_what_would_be_done_in_either_language_and_does_nothing() {
    let sample = sample("auth-api");
    let contract = sample.join("contract.toml");
    let plan = |lang: &str| {
        let args = ["verify".as_ref(), sample.as_os_str(), "--contract".as_ref(), contract.as_os_str()];
        let ran = assize(args.into_iter().chain(["--dry-run".as_ref(), lang.as_ref()]));
        assert_eq!(ran.status, Some(0), "{}", ran.all());
        ran.stdout
    };
    let (en, zh) = (plan("--lang=en"), plan("--lang=zh"));
    for words in ["Nothing was done", "waiting that the clauses ask for", "send SIGUSR2 (alone)", " in all: "] {
        assert!(en.contains(words), "{words}: {en}");
    }
    for words in ["未执行任何操作", "条款要求的等待时间", "发送 SIGUSR2(单独执行)", "合计"] {
        assert!(zh.contains(words), "{words}: {zh}");
    }
    assert!(!zh.contains("the service") && en.is_ascii());
    assert_eq!(en.lines().count(), zh.lines().count());
}

#[test]
fn facts_are_one_json_document_and_have_a_reference() {
    let sample = sample("incomplete-handover");
    let ran = assize(["facts".as_ref(), sample.as_os_str(), "--kind=module.file".as_ref()]);
    let facts = ran.json();
    assert_eq!(facts["facts"][0]["kind"], "module.file", "{}", ran.stderr);
    assert!(facts["facts"][0]["items"].as_array().is_some_and(|items| !items.is_empty()));
    let reference = assize(["facts", "--kinds"]).stdout;
    assert!(reference.contains("source.tls_configs") && reference.contains("min_version"));
}

#[test]
fn init_writes_a_draft_that_loads_and_never_replaces_one() {
    let repository = folder(&[
        ("go.mod", "module example.com/hello\n\ngo 1.26\n"),
        ("cmd/hello/main.go", "package main\n\nfunc main() {}\n"),
    ]);
    let ran = assize(["init".as_ref(), repository.path().as_os_str()]);
    assert_eq!(ran.status, Some(0), "{}", ran.all());
    let draft = repository.path().join("deliverable.toml");
    let text = std::fs::read_to_string(&draft).expect("a draft");
    assert!(text.contains("guess") && text.contains("name    = \"hello\""), "{text}");
    let checked = assize(["clause".as_ref(), "check".as_ref(), draft.as_os_str()]);
    assert_eq!(checked.status, Some(0), "{}\n{text}", checked.all());
    let again = assize(["init".as_ref(), repository.path().as_os_str()]);
    assert_eq!(again.status, Some(3), "{}", again.all());
    assert_eq!(std::fs::read_to_string(&draft).expect("the draft"), text);
}
