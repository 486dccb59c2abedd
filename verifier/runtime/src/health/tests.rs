//! Answers in, judgements out.

use super::answer::{self, Calls};
use super::fault::{Look, follow};
use super::{verbose, verbosely, well};
use crate::http::{Answer, Failure, Headers};
use assize_facts::Known;
use assize_facts::kinds::endpoint::{BodyForm, HealthWord, TimeForm};
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 2026-11-23T10:00:00Z.
fn at(millis: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_428_000) + Duration::from_millis(millis)
}

/// An answer that was asked for at ten o'clock and so many milliseconds, and took ten.
fn answer(millis: u64, status: u16, body: &str) -> Answer {
    let headers = Headers(vec![("Content-Type".into(), "Application/JSON; charset=utf-8".into())]);
    Answer::made(status, headers, body.as_bytes(), at(millis), at(millis + 10))
}

fn body(time: &str) -> String {
    format!(r#"{{"status":"ok","version":"v1.4.2","timestamp":"{time}"}}"#)
}

fn fold(answers: &[Answer]) -> answer::Folded {
    let fields = ["status", "version", "timestamp"].map(String::from);
    Calls { all: answers.iter().cloned().map(Ok).collect() }.fold(&fields, Some("1.4.2"))
}

#[test]
fn a_truthful_path_shows_nothing_wrong() {
    let folded = fold(&[
        answer(0, 200, &body("2026-11-23T10:00:00.005Z")),
        answer(2100, 200, &body("2026-11-23T10:00:02.105Z")),
    ]);
    assert_eq!(folded.statuses, [200]);
    assert_eq!(folded.media_type.as_deref(), Some("application/json"));
    assert_eq!(
        (folded.body, folded.status_word, folded.timestamp_form),
        (BodyForm::Object, HealthWord::Well, TimeForm::Zulu)
    );
    assert!(folded.missing.is_empty());
    assert_eq!(folded.version_matches, Known::Value(true));
    assert_eq!(folded.timestamp_skew.value().map(|s| s.0), Some(0.0));
    assert_eq!(folded.timestamp_decreases, Known::Value(false));
}

#[test]
fn the_worst_of_several_answers_counts() {
    let good = answer(0, 200, &body("2026-11-23T10:00:00Z"));
    for (second, field, want) in [
        (r#"{"status":"fail","version":"1.4.2","timestamp":"2026-11-23T10:00:01Z"}"#, "word", "ill"),
        (r#"{"version":"1.4.2","timestamp":"2026-11-23T10:00:01Z"}"#, "word", "absent"),
        (r#"{"status":"ok","version":"1.4.3","timestamp":"2026-11-23T10:00:01Z"}"#, "version", "false"),
        (r#"{"status":"ok","version":"vv1.4.2","timestamp":"2026-11-23T10:00:01Z"}"#, "version", "false"),
        (r#"{"status":"ok","timestamp":"2026-11-23T10:00:01Z"}"#, "version", "false"),
        (r#"{"status":"ok","version":"1.4.2","timestamp":"2026-11-23T15:45:01+05:45"}"#, "form", "other-offset"),
        (r#"{"status":"ok","version":"1.4.2","timestamp":1795428001}"#, "form", "other"),
        (r#"{"status":"ok","version":"1.4.2"}"#, "form", "absent"),
        (r#"{"status":"ok","version":"1.4.2","timestamp":"2026-11-23T09:59:59Z"}"#, "decreases", "true"),
        (r#"{"status":"ok","version":"1.4.2","timestamp":"2026-11-23T15:45:01Z"}"#, "skew", "20699990"),
        (r#"{"status":"ok","version":"1.4.2","timestamp":"2026-11-23T09:59:01Z"}"#, "skew", "60000"),
        (r#"{"status":"ok","status":"ok","version":"1.4.2"}"#, "body", "duplicate-field"),
        ("{}{}", "body", "several-values"),
        ("ok", "body", "not-json"),
        ("[1]", "body", "not-an-object"),
        ("", "body", "empty"),
    ] {
        let folded = fold(&[good.clone(), answer(1000, 200, second)]);
        let got = match field {
            "word" => folded.status_word.word().to_string(),
            "form" => folded.timestamp_form.word().to_string(),
            "body" => folded.body.word().to_string(),
            "version" => format!("{}", folded.version_matches == Known::Value(true)),
            "decreases" => format!("{}", folded.timestamp_decreases == Known::Value(true)),
            _ => folded.timestamp_skew.value().map(|s| s.0.to_string()).unwrap_or_default(),
        };
        assert_eq!(got, want, "{second}");
    }
}

#[test]
fn an_ill_word_counts_only_where_the_status_says_well() {
    let ill = r#"{"status":"fail","version":"1.4.2","timestamp":"2026-11-23T10:00:00Z"}"#;
    assert_eq!(fold(&[answer(0, 503, ill)]).status_word, HealthWord::Absent);
    for (word, want) in [("UP", HealthWord::Well), ("Unhealthy", HealthWord::Ill), ("degraded", HealthWord::Other)] {
        let body = ill.replace("fail", word);
        assert_eq!(fold(&[answer(0, 200, &body)]).status_word, want, "{word}");
    }
}

#[test]
fn a_timestamp_fixed_at_start_does_not_advance() {
    let call = |millis, time: &str| Ok(answer(millis, 200, &body(time)));
    let fixed = "2026-11-23T10:00:00Z";
    assert_eq!(answer::advances(&call(0, fixed), &call(2100, fixed)), Known::Value(false));
    assert_eq!(answer::advances(&call(0, fixed), &call(2100, "2026-11-23T10:00:02Z")), Known::Value(true));
    let silent: Result<Answer, Failure> = Err(Failure::Timeout);
    assert!(matches!(answer::advances(&call(0, fixed), &silent), Known::Unknown(_)));
}

#[test]
fn nothing_answered_proves_nothing() {
    let none = Calls { all: vec![Err(Failure::Refused)] }.fold(&[], Some("1"));
    assert!(matches!(none.version_matches, Known::Unknown(_)) && matches!(none.timestamp_skew, Known::Unknown(_)));
    assert_eq!((none.unanswered, none.failure.as_deref()), (1, Some("refused")));
    assert!(matches!(fold(&[]).timestamp_decreases, Known::Unknown(_)));
    let undeclared = Calls { all: vec![Ok(answer(0, 200, &body("2026-11-23T10:00:00Z")))] }.fold(&[], None);
    assert!(matches!(undeclared.version_matches, Known::Unknown(_)));
}

#[test]
fn a_dependency_is_found_in_the_shapes_that_services_use() {
    for (body, want) in [
        (json!({"dependencies": [{"name": "db", "status": "UP"}]}), Some("up")),
        (json!({"checks": {"db": "ok"}}), Some("ok")),
        (json!({"checks": {"db": {"status": "down", "latency_ms": 3}}}), Some("down")),
        (json!({"checks": {"db": [{"componentType": "datastore", "status": "pass"}]}}), Some("pass")),
        (json!({"db": true}), Some("true")),
        (json!({"components": {"x": {"id": "DB", "healthy": false}}}), Some("false")),
        (json!({"checks": ["[+]db ok", "cache: up"]}), Some("ok")),
        (json!({"checks": ["dbx: ok"]}), None),
        (json!({"db": {"latency_ms": 3}}), None),
        (json!({"db": 3}), None),
        (json!({"dependencies": ["db"]}), None),
        (json!({"name": "db"}), None),
        (json!({"status": "ok"}), None),
    ] {
        assert_eq!(verbose::state(&body, "db").as_deref(), want, "{body}");
    }
}

#[test]
fn verbose_is_asked_for_in_the_query() {
    assert_eq!(verbosely("/readyz"), "/readyz?verbose=true");
    assert_eq!(verbosely("/health?type=ready"), "/health?type=ready&verbose=true");
}

#[test]
fn other_methods_count_where_they_answer_with_health() {
    let fields = ["status"].map(String::from);
    let answers = [
        ("POST", Ok(answer(0, 200, r#"{"status":"ok"}"#))),
        ("PUT", Ok(answer(0, 405, r#"{"status":"ok"}"#))),
        ("PATCH", Ok(answer(0, 200, r#"{"created":true}"#))),
        ("DELETE", Err(Failure::Closed)),
    ];
    assert_eq!(well::accepted(&answers, &fields), Known::Value(vec!["POST".to_string()]));
    assert!(matches!(well::accepted(&[], &fields), Known::Unknown(_)));
}

fn looks(outcomes: &[(u64, &str)]) -> Vec<Look> {
    let look = |(at, outcome): &(u64, &str)| Look {
        at: Duration::from_millis(*at),
        took: Duration::ZERO,
        outcome: outcome.to_string(),
    };
    outcomes.iter().map(look).collect()
}

#[test]
fn readiness_is_followed_through_a_fault() {
    let within = Duration::from_secs(10);
    for (outcomes, unready, held, stayed) in [
        (&[(100, "200"), (300, "503"), (500, "503")][..], Some(300), true, false),
        (&[(100, "503"), (300, "200"), (500, "503")], Some(100), false, false),
        (&[(100, "503"), (300, "timeout")], Some(100), false, false),
        (&[(100, "503")], Some(100), false, false),
        (&[(100, "200"), (300, "200")], None, false, true),
        (&[(100, "200"), (300, "500")], None, false, false),
        (&[(10_001, "503"), (10_200, "503")], None, false, false),
        (&[(5_000, "timeout")], None, false, false),
        (&[], None, false, false),
    ] {
        let seen = follow(&looks(outcomes), within);
        let got = (seen.unready_after.map(|d| d.as_millis() as u64), seen.held, seen.stayed_ready);
        assert_eq!(got, (unready, held, stayed), "{outcomes:?}");
    }
}
