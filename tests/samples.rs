//! The samples get exactly the verdicts that their `expected.toml` says, and what passed was really examined.

use crate::run::{Ran, assize, command, finish, sample};
use std::time::Duration;

fn expected(name: &str) -> toml::Table {
    let path = sample(name).join("expected.toml");
    std::fs::read_to_string(path).expect("expected.toml").parse().expect("TOML")
}

/// The day for which a sample is judged, where its verdict depends on it, and the database that all are judged by.
fn circumstances(name: &str) -> Vec<String> {
    let at = expected(name).get("at").and_then(|at| at.as_str()).map(|at| format!("--at={at}"));
    at.into_iter().chain([format!("--vulndb={}", sample("vulndb").display())]).collect()
}

/// Verifies a sample with a pack, and derives the pack's verdicts again: under two time zones and two locales, each time in another process and
/// folder, from either form of the pack. The bytes are always the same.
fn verify(name: &str) -> Ran {
    let place = tempfile::tempdir().expect("a temporary folder");
    let (pack, archive) = (place.path().join("pack"), place.path().join("pack.tar"));
    let mut ran = assize_with(name, &pack);
    let copied = assize(["evidence".as_ref(), "copy".as_ref(), pack.as_os_str(), archive.as_os_str()]);
    assert_eq!(copied.status, Some(0), "{name}: {}", copied.stderr);
    for (zone, locale, pack) in [
        ("UTC", "C.UTF-8", &pack),
        ("Asia/Kathmandu", "C.UTF-8", &archive),
        ("UTC", "zh_CN.UTF-8", &archive),
        ("Asia/Kathmandu", "zh_CN.UTF-8", &pack),
    ] {
        let mut replay = command(["evidence".as_ref(), "replay".as_ref(), pack.as_os_str(), "--format=json".as_ref()]);
        replay.env("TZ", zone).env("LC_ALL", locale).env("LANG", locale).current_dir(place.path());
        let again = finish(replay, Duration::from_secs(60));
        assert_eq!(again.status, Some(0), "{name}, {zone}, {locale}: {}", again.stderr);
        assert_eq!(again.stdout, ran.stdout, "{name}, {zone}, {locale}: the replay gives other bytes");
        ran.stderr.push_str(&again.stderr);
    }
    ran
}

fn assize_with(name: &str, pack: &std::path::Path) -> Ran {
    let (folder, contract) = (sample(name), sample(name).join("contract.toml"));
    let mut args: Vec<std::ffi::OsString> = vec!["verify".into(), folder.into(), "--contract".into(), contract.into()];
    args.extend(circumstances(name).into_iter().map(Into::into));
    args.extend(["--format=json".into(), "--pack".into(), pack.into()]);
    assize(args)
}

fn check(name: &str, ran: &Ran) -> serde_json::Value {
    let expected = expected(name);
    let result = ran.json();
    let clauses = expected["clauses"].as_table().expect("a table");
    let found: Vec<(String, String)> = result["clauses"]
        .as_array()
        .expect("clauses")
        .iter()
        .map(|c| (c["id"].as_str().unwrap_or_default().into(), c["verdict"].as_str().unwrap_or_default().into()))
        .collect();
    let mut wrong = Vec::new();
    for (id, verdict) in &found {
        let wanted = clauses.get(id).and_then(|v| v.as_str()).unwrap_or("not in expected.toml");
        if wanted != verdict {
            wrong.push(format!("{id}: expected {wanted}, found {verdict}\n{}", open_checks(&result, id)));
        }
    }
    assert_eq!(found.len(), clauses.len(), "clauses of {name}: {found:?}");
    assert!(wrong.is_empty(), "{name}\n{}", wrong.join("\n"));
    assert_eq!(result["verdict"].as_str(), expected["verdict"].as_str(), "{name}");
    assert_eq!(ran.status.map(i64::from), expected["exit"].as_integer(), "{name}: {}", ran.stderr);
    result
}

/// The checks of a clause that did not pass, with their first words: what a developer needs to see.
fn open_checks(result: &serde_json::Value, id: &str) -> String {
    let clause = result["clauses"].as_array().expect("clauses").iter().find(|c| c["id"] == id).expect("the clause");
    let mut text = String::new();
    for check in clause["checks"].as_array().expect("checks").iter().filter(|c| c["verdict"] != "pass") {
        text.push_str(&format!("  {} {} examined {}\n", check["id"], check["verdict"], check["examined"]));
        let open = check["findings"].as_array().expect("findings").iter().filter(|f| f["outcome"] != "satisfied");
        for finding in open.take(3) {
            text.push_str(&format!("    {} | {}\n", finding["subject"], finding["message"]["en"]));
        }
        for gap in check["gaps"].as_array().expect("gaps").iter().take(3) {
            text.push_str(&format!("    gap {} {} | {}\n", gap["code"], gap["where"], gap["message"]["en"]));
        }
    }
    text
}

#[test]
fn auth_api_is_accepted_and_nothing_passes_that_was_not_seen() {
    let result = check("auth-api", &verify("auth-api"));
    for clause in result["clauses"].as_array().expect("clauses") {
        assert_ne!(clause["verdict"], "fail", "{}", open_checks(&result, clause["id"].as_str().unwrap_or_default()));
        for check in clause["checks"].as_array().expect("checks").iter().filter(|c| c["verdict"] == "pass") {
            assert!(check["examined"]["count"].as_u64() > Some(0), "{check}");
        }
    }
    for link in result["identity"].as_array().expect("links") {
        assert_ne!(link["outcome"], "violated", "{link}");
    }
}

#[test]
fn legacy_gateway_is_rejected_for_what_it_breaks() {
    check("legacy-gateway", &verify("legacy-gateway"));
}

#[test]
fn an_incomplete_handover_is_incomplete() {
    check("incomplete-handover", &verify("incomplete-handover"));
}

#[test]
fn an_ordinary_user_gets_the_same_verdicts() {
    // SAFETY: geteuid(2) cannot fail.
    if unsafe { libc::geteuid() } != 0 {
        // The other tests already run as an ordinary user.
        return;
    }
    let (folder, contract) = (sample("auth-api"), sample("auth-api").join("contract.toml"));
    let home = tempfile::tempdir().expect("a folder");
    let program = home.path().join("assize");
    std::fs::copy(env!("CARGO_BIN_EXE_assize"), &program).expect("a copy that nobody may read");
    // The checkout may lie in a folder that only root can enter: the ordinary user gets a copy.
    let copy = home.path().join("auth-api");
    let copied = std::process::Command::new("cp").arg("-r").arg(&folder).arg(&copy).status().expect("cp");
    assert!(copied.success());
    let contract_copy = home.path().join("contract.toml");
    std::fs::copy(contract, &contract_copy).expect("a copy");
    let opened = std::process::Command::new("chmod").args(["-R", "a+rX"]).arg(home.path()).status().expect("chmod");
    assert!(opened.success());
    let mut other = std::process::Command::new("setpriv");
    other.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
    other
        .args(["verify", "--format=json", "--contract"])
        .arg(&contract_copy)
        .arg(&copy)
        .args(circumstances("auth-api"));
    other.current_dir(home.path()).env("NO_COLOR", "1").env("HOME", home.path());
    check("auth-api", &finish(other, Duration::from_secs(300)));
}
