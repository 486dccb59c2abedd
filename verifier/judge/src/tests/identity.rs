//! What an observation of a running thing is worth by the chain of identity.

use super::court::{clause, contract, program, run, sheet};
use crate::judge::judge_stated;
use crate::result::{Outcome, RunResult, Verdict};
use crate::run::{Declared, DeclaredEndpoint, Operator, RunRecord};
use crate::sheets::Sheets;
use assize_facts::Sheet;
use serde_json::{Value as Json, json};

const EACH: &str = "[[check]]\nid = \"c\"\nlayer = \"runtime\"\neach = \"endpoint.tls\"\nexpect = { declared = true }\nfail = { en = \"x\", zh = \"x\" }\n";
const NONE: &str = "[[check]]\nid = \"c\"\nlayer = \"runtime\"\nnone = \"endpoint.tls\"\nwhere = { declared = false }\nfail = { en = \"x\", zh = \"x\" }\n";
const SOME: &str = "[[check]]\nid = \"c\"\nlayer = \"runtime\"\nsome = \"endpoint.tls\"\nwhere = { declared = true }\nfail = { en = \"x\", zh = \"x\" }\n";

fn process(pid: u64, moment: &str, digest: Json) -> Json {
    json!({
        "pid": pid, "moment": moment, "role": "main", "exe_sha256": digest, "holds_listener": true, "ld_preload": [],
        "same_since_ready": if moment == "end" { json!(true) } else { Json::Null }, "by_operator": false
    })
}

fn socket(port: u64, endpoint: &str, pids: Json, of_service: bool) -> Json {
    json!({"protocol": "tcp", "address": "::", "port": port, "moment": "ready", "endpoints": [endpoint], "pids": pids, "of_service": of_service})
}

/// A service in order: its main process runs the delivered binary and holds both sockets.
fn service(digest: Json, sockets: &[Json]) -> Vec<Sheet> {
    let mut sheets = program();
    sheets.push(sheet("process.info", 2, &[process(2, "ready", digest.clone()), process(2, "end", digest)]));
    sheets.push(sheet("process.listeners", 2, sockets));
    sheets
}

fn sockets() -> [Json; 2] {
    [socket(1, "public", json!([2]), true), socket(2, "admin", json!([2]), true)]
}

fn record() -> RunRecord {
    let endpoints = ["public", "admin"].map(|name| DeclaredEndpoint { name: name.into(), port: None }).to_vec();
    RunRecord {
        operator: Operator::default(),
        declared: Declared { endpoints, run_binary: Some("x".into()), ..Declared::default() },
        ..run()
    }
}

fn judged(text: &str, mut sheets: Vec<Sheet>, declared: bool, run: &RunRecord) -> RunResult {
    sheets.push(sheet("endpoint.tls", 1, &[json!({"endpoint": "public", "declared": declared, "port": 1})]));
    judge_stated(&contract(vec![clause(text)]), &Sheets::new(sheets), run)
}

fn verdicts(sheets: &[Sheet], run: &RunRecord) -> [Verdict; 6] {
    let one = |text, declared| judged(text, sheets.to_vec(), declared, run).clauses[0].verdict;
    [one(EACH, true), one(NONE, true), one(SOME, true), one(EACH, false), one(NONE, false), one(SOME, false)]
}

use Verdict::{Fail, Inconclusive, Pass};
const TIED: [Verdict; 6] = [Pass, Pass, Pass, Fail, Fail, Fail];
/// What is wrong stays wrong; what is right is worth nothing.
const LOOSE: [Verdict; 6] = [Inconclusive, Inconclusive, Inconclusive, Fail, Fail, Fail];

#[test]
fn an_observation_is_worth_what_ties_it_to_the_delivery() {
    let foreign = [sockets()[0].clone(), socket(2, "admin", json!([2]), false)];
    let cases = [
        ("all is in order", service(json!("sha256:aa"), &sockets()), TIED),
        ("another binary runs", service(json!("sha256:bb"), &sockets()), LOOSE),
        ("it is not known what runs", service(json!("?"), &sockets()), LOOSE),
        ("nothing is known of processes", program(), LOOSE),
        (
            "another process holds the socket",
            service(json!("sha256:aa"), &[socket(1, "public", json!([2, 9]), true), sockets()[1].clone()]),
            LOOSE,
        ),
        (
            "nobody knows who holds it",
            service(json!("sha256:aa"), &[socket(1, "public", json!("?"), true), sockets()[1].clone()]),
            LOOSE,
        ),
    ];
    for (name, sheets, expected) in cases {
        assert_eq!(verdicts(&sheets, &record()), expected, "{name}");
    }
    // Another endpoint's trouble touches what is about all sockets, and not what is about this one.
    let [each, none, some, ..] = verdicts(&service(json!("sha256:aa"), &foreign), &record());
    assert_eq!([each, none, some], [Pass, Inconclusive, Pass]);
}

#[test]
fn a_process_that_is_looked_at_once_is_not_known_to_have_stayed() {
    let mut sheets = service(json!("sha256:aa"), &sockets());
    sheets.iter_mut().filter(|s| s.kind == "process.info").for_each(|s| s.items.truncate(1));
    assert_eq!(verdicts(&sheets, &record()), LOOSE);
}

#[test]
fn a_preloaded_library_or_a_new_execution_unties() {
    for (field, value) in [("ld_preload", json!(["LD_PRELOAD=/tmp/x.so"])), ("same_since_ready", json!(false))] {
        let mut sheets = service(json!("sha256:aa"), &sockets());
        for sheet in sheets.iter_mut().filter(|s| s.kind == "process.info") {
            sheet.items[1].fields.insert(field, serde_json::from_value(value.clone()).expect("a field"));
        }
        assert_eq!(verdicts(&sheets, &record()), LOOSE, "{field}");
    }
}

#[test]
fn what_the_operator_named_is_itself_the_subject() {
    let untied = service(json!("sha256:bb"), &sockets());
    let named =
        RunRecord { operator: Operator { endpoints: vec!["public".into()], ..Operator::default() }, ..record() };
    let [each, _, some, ..] = verdicts(&untied, &named);
    assert_eq!([each, some], [Pass, Pass]);
    let all = RunRecord { operator: Operator { all: true, ..Operator::default() }, ..record() };
    assert_eq!(verdicts(&untied, &all), TIED);
    let result = judged(EACH, untied, true, &all);
    let link = &result.identity[2];
    assert_eq!(
        (link.link.as_str(), link.outcome, link.reason.as_deref()),
        ("binary-process", Outcome::Undetermined, Some("named-by-operator"))
    );
}

#[test]
fn the_chain_is_shown_in_every_result() {
    let shown = |sheets: Vec<Sheet>, run: &RunRecord| -> Vec<String> {
        let links = judge_stated(&contract(vec![]), &Sheets::new(sheets), run).identity;
        links
            .iter()
            .map(|l| format!("{} {} {}", l.link, l.outcome.word(), l.reason.as_deref().unwrap_or("-")))
            .collect()
    };
    let whole = service(json!("sha256:aa"), &sockets());
    assert_eq!(
        shown(whole.clone(), &record())[1..],
        ["binary-image not-applicable no-image", "binary-process satisfied -", "process-endpoint satisfied -"]
    );
    assert_eq!(
        shown(service(json!("sha256:bb"), &sockets()), &record())[2],
        "binary-process violated other-binary-runs"
    );
    let source = RunRecord { layers: vec!["source".into()], ..record() };
    assert!(shown(whole, &source).iter().all(|link| link.ends_with("undetermined left-out")));
}
