//! Lines in, problems out.

use super::record::Received;
use super::rules::Rules;
use super::stream::{Judge, Judgement, Raw};
use assize_facts::{Deliverable, Known, Request};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 2026-11-23T10:00:00Z.
fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_428_000)
}

fn rules(with: Json) -> Rules {
    let with: BTreeMap<String, Json> = serde_json::from_value(with).expect("arguments");
    Rules::of(&Request::new("log.lines", &with), &Deliverable::default()).expect("rules")
}

fn judged(text: &str, rules: &Rules) -> Vec<Judgement> {
    let received = Received { earliest: noon(), latest: noon() };
    let raw = |(index, line): (usize, &str)| Raw {
        number: index as u64 + 1,
        text: line.as_bytes().to_vec().into(),
        cut_from: None,
        received,
        phase: "start".into(),
    };
    let lines: Vec<Raw> = text.split('\n').enumerate().map(raw).collect();
    Judge { rules, service: &mut rules.service.clone() }.all(&lines).collect()
}

fn words(judgements: &[Judgement]) -> String {
    let word = |j: &Judgement| match (&j.problem, j.lines) {
        (Known::Value(problem), 1) => problem.word().to_string(),
        (Known::Value(problem), lines) => format!("{}*{lines}", problem.word()),
        (other, _) => format!("{other:?}"),
    };
    judgements.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(cases: &[(&str, &str)], with: Json) {
    let rules = rules(with);
    for (text, want) in cases {
        assert_eq!(words(&judged(text, &rules)), *want, "{text}");
    }
}

const GOOD: &str = r#"{"ts":"2026-11-23T10:00:00Z","level":"info","service":"s"}"#;

#[test]
fn records_in_the_agreed_form_have_no_problem() {
    check(
        &[
            (GOOD, "none"),
            (
                r#"  {"service":"s","level":"fatal","ts":"2026-11-23T09:59:59.123456789+00:00","x":{"level":"X"}}  "#,
                "none",
            ),
            ("{\"ts\":\"2026-11-23T10:00:00Z\",\"level\":\"info\",\"service\":\"s\"}\r", "none"),
            (r#"{"ts":"2026-11-23T10:00:00Z","level":"info","service":"s","err":1,"err":2}"#, "none"),
            (r#"{"ts":"2026-11-23T10:00:00Z","level":"info","service":"s","trace_id":""}"#, "none"),
            (r#"{"ts":"2026-11-23T10:00:00Z","level":"info","service":"s","trace_id":null}"#, "none"),
            (
                r#"{"ts":"2026-11-23T10:00:00Z","level":"info","service":"s","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}"#,
                "none",
            ),
            (r#"{"ts":"2026-11-23T10:00:00Z","level":"info","service":"s","msg":"a\nb\u001b[2K"}"#, "none"),
        ],
        json!({}),
    );
}

#[test]
fn lines_that_are_no_record_are_told_apart() {
    let two = format!("{GOOD}{GOOD}");
    let trailing = format!("{GOOD} -- done");
    let bom = format!("\u{feff}{GOOD}");
    check(
        &[
            ("Listening on :8443", "plain-text"),
            ("", "blank"),
            ("2026/11/23 10:00:00 reloaded", "standard-logger"),
            ("2026/11/23 10:00:00.123456 reloaded", "standard-logger"),
            ("2026/11/23 10:00:00 http: TLS handshake error from 127.0.0.1:5: EOF", "http-error-log"),
            ("http: superfluous response.WriteHeader call from main.x (main.go:1)", "http-error-log"),
            ("level=info ts=2026-11-23T10:00:00Z msg=x", "plain-text"),
            ("[1,2]", "not-an-object"),
            ("\"text\"", "not-an-object"),
            ("[GIN] 2026/11/23 | 200 |", "plain-text"),
            (&two, "several-records"),
            (&trailing, "trailing-text"),
            (&bom, "byte-order-mark"),
            ("{'ts':1}", "plain-text"),
            ("{\"ts\":", "unfinished-record"),
            ("{\n  \"ts\": \"x\",\n  \"in\": {\n  }\n}\nplain", "multi-line-record*5 plain-text"),
            ("{\nplain\nmore", "unfinished-record plain-text plain-text"),
        ],
        json!({}),
    );
}

#[test]
fn the_first_difference_of_a_record_is_named() {
    let record = |ts: &str, level: &str, service: &str| format!(r#"{{"ts":{ts},"level":{level},"service":{service}}}"#);
    let ts = r#""2026-11-23T10:00:00Z""#;
    let cases = [
        (record(ts, "\"INFO\"", "\"s\""), "level"),
        (record(ts, "\"Error\"", "\"s\""), "level"),
        (record(ts, "\"info \"", "\"s\""), "level"),
        (record(ts, "3", "\"s\""), "level"),
        (record("\"2026-11-23 10:00:00Z\"", "\"info\"", "\"s\""), "time-form"),
        (record("1795428000", "\"info\"", "\"s\""), "time-form"),
        (record("\"2026-11-23T15:45:00+05:45\"", "\"info\"", "\"s\""), "time-zone"),
        (record("\"2026-11-23T15:45:00Z\"", "\"info\"", "\"s\""), "time-ahead"),
        (record("\"2026-11-23T10:00:02.001Z\"", "\"info\"", "\"s\""), "time-ahead"),
        (record("\"2026-11-23T10:00:01.999Z\"", "\"info\"", "\"s\""), "none"),
        (record("\"2026-11-23T09:59:30Z\"", "\"info\"", "\"s\""), "none"),
        (record("\"2026-11-23T09:59:29Z\"", "\"info\"", "\"s\""), "time-behind"),
        (record("\"0001-01-01T00:00:00Z\"", "\"info\"", "\"s\""), "time-behind"),
        (record(ts, "\"info\"", "\"\""), "service"),
        (record(ts, "\"info\"", "7"), "service"),
        (r#"{"level":"info","service":"s"}"#.into(), "missing-key"),
        (r#"{"ts":"2026-11-23T10:00:00Z","level":"info","service":"s","trace_id":"4BF92F3577B34DA6A3CE929D0E0E4736"}"#.into(), "trace-form"),
        (r#"{"ts":"2026-11-23T10:00:00Z","level":"info","service":"s","trace_id":17}"#.into(), "trace-form"),
        (r#"{"ts":"2026-11-23T10:00:00Z","level":"ERROR","service":"s","level":"info"}"#.into(), "duplicate-key"),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(text, want)| (text.as_str(), *want)).collect();
    check(&cases, json!({}));
}

#[test]
fn the_service_stays_what_the_first_record_said() {
    let other = GOOD.replace("\"s\"", "\"t\"");
    check(&[(&format!("{GOOD}\n{other}\n{GOOD}"), "none service none")], json!({}));
    check(&[(&format!("{GOOD}\n{other}"), "service none")], json!({"service": "t"}));
}

#[test]
fn agreed_keys_and_formats_are_followed() {
    check(
        &[
            (r#"{"time":1795428000.25,"level":"warning","service":"s","msg":"m"}"#, "none"),
            (r#"{"time":1795428000.25,"level":"warning","service":"s"}"#, "missing-key"),
            (r#"{"time":1795428000250,"level":"warning","service":"s","msg":"m"}"#, "time-ahead"),
            (r#"{"time":"1795428000","level":"warning","service":"s","msg":"m"}"#, "time-form"),
        ],
        json!({"time_key": "time", "time_format": "unix-seconds", "levels": ["warning"], "also_required": ["msg"]}),
    );
    check(
        &[(r#"{"ts":1795428000250,"level":"info","service":"s","trace":"abc"}"#, "none")],
        json!({"time_format": "unix-milliseconds", "trace_key": "trace", "trace_pattern": "^[a-c]{3}$"}),
    );
}

const PANIC: &str = "panic: runtime error: index out of range [3] with length 3

goroutine 1 [running]:
main.main()
\t/src/main.go:7 +0x1d
created by main.start in goroutine 1
\t/src/main.go:9 +0x2
exit status 2";

#[test]
fn a_crash_dump_is_one_item_and_hides_nothing_behind_it() {
    let lines = PANIC.split('\n').count();
    check(
        &[
            (PANIC, &format!("crash*{lines}")),
            (&format!("{GOOD}\n{PANIC}\n{GOOD}\nbye"), &format!("none crash*{lines} none plain-text")),
            ("panic: at the disco\nplain", "plain-text plain-text"),
            (
                "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [select (no cases)]:\nmain.main()\n\t/x.go:1 +0x1",
                "crash*5",
            ),
            (
                "SIGQUIT: quit\nPC=0x47 m=0 sigcode=0\n\ngoroutine 0 gp=0x5 m=0 mp=0x5 [idle]:\nruntime.futex(0x5, 0x80)\n\t/x.s:1 +0x2\n\nrax    0xca\nrip    0x47",
                "crash*9",
            ),
            (
                "2026/11/23 10:00:00 http: panic serving 127.0.0.1:1: boom\ngoroutine 7 [running]:\nnet/http.(*conn).serve.func1()\n\t/x.go:1 +0xb\nafter",
                "http-error-log*4 plain-text",
            ),
        ],
        json!({}),
    );
}

#[test]
fn a_line_that_was_not_kept_whole_is_not_judged_as_a_record() {
    let received = Received { earliest: noon(), latest: noon() };
    let raw = |text: &str| Raw {
        number: 1,
        text: text.as_bytes().to_vec().into(),
        cut_from: Some(2_000_000),
        received,
        phase: "".into(),
    };
    let rules = rules(json!({}));
    let judge = |text: &str| Judge { rules: &rules, service: &mut None }.all(&[raw(text)]).collect::<Vec<_>>();
    assert!(matches!(judge("{\"ts\":").first().map(|j| &j.problem), Some(Known::Unknown(_))));
    assert_eq!(words(&judge("aaaa")), "plain-text");
}

#[test]
fn arguments_that_cannot_be_followed_are_refused() {
    let of = |with: Json| {
        let with: BTreeMap<String, Json> = serde_json::from_value(with).expect("arguments");
        Rules::of(&Request::new("log.lines", &with), &Deliverable::default()).err().map(|r| r.into_code())
    };
    assert_eq!(of(json!({"trace_pattern": "("})), Some("log-trace-pattern-bad".into()));
    assert_eq!(of(json!({"time_format": "stardate"})), Some("log-time-format-unknown".into()));
    assert_eq!(of(json!({})), None);
}

/// Records with the same time, received so many seconds after noon.
fn standing(seconds: &[u64]) -> String {
    let rules = rules(json!({}));
    let raw = |(index, second): (usize, &u64)| {
        let at = noon() + Duration::from_secs(*second);
        let received = Received { earliest: at, latest: at };
        Raw { number: index as u64 + 1, text: GOOD.as_bytes().into(), cut_from: None, received, phase: "".into() }
    };
    let lines: Vec<Raw> = seconds.iter().enumerate().map(raw).collect();
    words(&Judge { rules: &rules, service: &mut rules.service.clone() }.all(&lines).collect::<Vec<_>>())
}

#[test]
fn a_time_that_stands_still_is_no_time() {
    assert_eq!(standing(&[0, 0, 1, 2]), "none none none none");
    // Collected for ten seconds, and handed over in two parts.
    assert_eq!(standing(&[10, 10, 20, 20]), "none none none none");
    assert_eq!(standing(&[0, 4, 8, 12]), "none none time-behind time-behind");
}

#[test]
fn a_record_is_no_older_than_the_request_that_it_is_about() {
    let rules = rules(json!({}));
    let now = SystemTime::now();
    let record = |ago: u64, trace: &str| {
        let at = (now - Duration::from_secs(ago)).duration_since(UNIX_EPOCH).expect("a time").as_secs();
        let instant = jiff::Timestamp::from_second(at as i64).expect("a time");
        let text = format!(r#"{{"ts":"{instant}","level":"info","service":"s","trace_id":"{trace}"}}"#);
        let received = Received { earliest: now, latest: now };
        let raw = Raw { number: 1, text: text.into_bytes().into(), cut_from: None, received, phase: "".into() };
        words(&Judge { rules: &rules, service: &mut None }.all(&[raw]).collect::<Vec<_>>())
    };
    let ours = crate::http::Traceparent::new().trace_id;
    assert_eq!(record(1, &ours), "none");
    assert_eq!(record(8, &ours), "time-behind");
    assert_eq!(record(8, "4bf92f3577b34da6a3ce929d0e0e4736"), "none");
}
