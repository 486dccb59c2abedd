//! Experiments in, conclusions out.

use super::decide::{Race, Trial, caused, quiet, settled};
use super::load::{Load, Sample};
use super::observe::{Reading, Shown, path_under};
use super::probe::{Process, mixed, same, same_image};
use super::variants::Variants;
use assize_facts::{Digest, Known, ObserveSpec, Reason, ReloadSpec, reason};
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn trial(quiet: u64, before: Option<u64>, after: Option<u64>) -> Trial {
    Trial { quiet: ms(quiet), before: before.map(ms), after: after.map(ms) }
}

fn word(known: &Known<bool>) -> String {
    match known {
        Known::Value(value) => value.to_string(),
        Known::Unknown(reason) => reason.code.clone(),
        Known::Possible(_) => "possible".into(),
    }
}

#[test]
fn a_signal_is_told_from_a_watcher() {
    let quick = vec![trial(1200, None, Some(20)); 3];
    let slow = vec![trial(1000, None, Some(3000)); 6];
    let slow_but_left_alone = vec![trial(12_000, None, Some(3000)); 6];
    let deaf = vec![trial(1200, None, None)];
    let fickle = vec![trial(1200, None, Some(20)), trial(1200, None, None)];
    let watcher = vec![trial(1200, Some(300), None)];
    for (trials, race, want) in [
        (&quick, (&[][..], &[][..]), "true"),
        (&slow, (&[], &[]), "reload-not-told-from-poller"),
        (&slow_but_left_alone, (&[], &[]), "true"),
        (&deaf, (&[], &[]), "false"),
        (&fickle, (&[], &[]), "false"),
        (&watcher, (&[300, 400, 500, 600, 700], &[10, 20, 30, 40, 50]), "true"),
        (&watcher, (&[300, 400, 500, 600, 700], &[10, 20, 30, 40, 350]), "reload-not-sooner"),
        (&watcher, (&[2, 2, 3, 2, 2], &[2, 3, 2, 2, 2]), "reload-not-sooner"),
        (&watcher, (&[300, 400], &[10, 20]), "reload-not-sooner"),
        (&watcher, (&[], &[]), "reload-not-sooner"),
        (&vec![], (&[], &[]), "reload-not-tried"),
    ] {
        let race =
            Race { alone: race.0.iter().map(|m| ms(*m)).collect(), signalled: race.1.iter().map(|m| ms(*m)).collect() };
        assert_eq!(word(&caused(trials, &race)), want, "{trials:?} {race:?}");
    }
}

#[test]
fn trials_go_on_until_they_tell() {
    assert!(!settled(&[]));
    assert!(!settled(&[trial(1200, None, Some(20)); 2]));
    assert!(settled(&[trial(1200, None, Some(20)); 3]));
    assert!(!settled(&[trial(1000, None, Some(1000)); 3]));
    assert!(settled(&[trial(1000, None, Some(1000)); 6]));
    assert!(settled(&[trial(1200, Some(3), None)]) && settled(&[trial(1200, None, None)]));
    assert_eq!(quiet(&[]), ms(1200));
    assert_eq!(quiet(&[trial(0, None, Some(500))]), ms(4000));
    assert_eq!(quiet(&[trial(0, None, Some(4500))]), ms(12_000));
}

fn fields(all: &[(&str, &[&str])]) -> ObserveSpec {
    let values = |(pointer, values): &(&str, &[&str])| {
        (pointer.to_string(), values.iter().map(|v| json!(v)).collect::<Vec<Json>>())
    };
    ObserveSpec { fields: all.iter().map(values).collect(), ..ObserveSpec::default() }
}

#[test]
fn answers_show_one_configuration_or_a_mixture() {
    let reading = Reading::of(&fields(&[("/a", &["x", "y"]), ("/b", &["1", "2"]), ("/same", &["s", "s"])]), 2)
        .expect("a reading");
    assert_eq!(reading.observed_fields(), 2);
    for (body, want) in [
        (r#"{"a":"x","b":"1","same":"s","other":1}"#, "State(0)"),
        (r#"{"a":"y","b":"2","same":"s"}"#, "State(1)"),
        (r#"{"a":"y","b":"1","same":"s"}"#, r#"Mixed("\"y\", \"1\", \"s\"")"#),
        (r#"{"a":"z","b":"1","same":"s"}"#, r#"Unexpected("/a = \"z\"")"#),
        (r#"{"a":"x","same":"s"}"#, r#"Unexpected("/b = nothing")"#),
        (r#"{"a":"","b":"","same":"s"}"#, r#"Unexpected("/a = \"\"")"#),
        ("x 1", r#"Unexpected("x 1")"#),
    ] {
        assert_eq!(format!("{:?}", reading.read(body.as_bytes())), want, "{body}");
    }
}

#[test]
fn values_have_to_tell_the_states_apart() {
    let code = |spec: &ObserveSpec, states| Reading::of(spec, states).err().map(|r: Reason| r.into_code());
    assert_eq!(code(&fields(&[("/a", &["x"])]), 2), Some("reload-values-missing".into()));
    assert_eq!(code(&fields(&[("/a", &["x", "x"])]), 2), Some("reload-values-alike".into()));
    assert_eq!(code(&fields(&[("/a", &["x", "y", "x"]), ("/b", &["1", "1", "2"])]), 3), None);
    assert_eq!(code(&ObserveSpec::default(), 2), Some("reload-not-observable".into()));
    let contains = ObserveSpec { contains: Some("reloaded".into()), ..ObserveSpec::default() };
    assert_eq!(code(&contains, 3), Some("reload-not-observable".into()));
    let reading = Reading::of(&contains, 2).expect("a reading");
    assert_eq!((reading.read(b"not yet"), reading.read(b"is reloaded!")), (Shown::State(0), Shown::State(1)));
    assert_eq!(reading.observed_fields(), 1);
}

#[test]
fn a_url_is_found_under_its_endpoint_only() {
    assert_eq!(path_under("http://127.0.0.1:80/x?y", "http://127.0.0.1:80/"), Some("/x?y"));
    assert_eq!(path_under("http://127.0.0.1:80", "http://127.0.0.1:80"), Some(""));
    assert_eq!(path_under("http://127.0.0.1:8080/x", "http://127.0.0.1:80"), None);
}

fn variants(spec: &ReloadSpec, delivered: &str) -> Result<Variants, Reason> {
    let files = |path: &str| match path {
        "b.yaml" => Ok(b"a: 2\n".to_vec()),
        "bad.yaml" => Ok(b"a: [\n".to_vec()),
        _ => Err(reason!("no-such-file")),
    };
    Variants::of(spec, delivered.as_bytes(), &files)
}

#[test]
fn configurations_are_made_as_declared() {
    let set = |pointer: &str| ReloadSpec { set: [(pointer.to_string(), json!("new"))].into(), ..ReloadSpec::default() };
    let made = variants(&set("/a/b"), r#"{"a":{"b":"old","c":1}}"#).expect("variants");
    let second: Json = serde_json::from_slice(&made.contents[1]).expect("JSON");
    assert_eq!(second, json!({"a": {"b": "new", "c": 1}}));
    let broken = made.broken.expect("a broken file");
    assert!(serde_json::from_slice::<Json>(&broken).is_err() && !broken.is_empty());
    let code = |spec: &ReloadSpec, delivered: &str| variants(spec, delivered).err().map(|r| r.into_code());
    assert_eq!(code(&set("/x"), "{}"), Some("reload-place-unknown".into()));
    assert_eq!(code(&set("/x"), "x: 1"), Some("reload-file-not-json".into()));
    assert_eq!(code(&ReloadSpec::default(), "{}"), Some("reload-changes-nothing".into()));
    let files = |broken: Option<&str>| ReloadSpec {
        variants: vec!["b.yaml".into()],
        broken: broken.map(String::from),
        ..ReloadSpec::default()
    };
    assert_eq!(
        variants(&files(None), "a: 1").expect("variants").broken.map_err(|r| r.into_code()),
        Err("reload-no-broken-file".into())
    );
    assert_eq!(variants(&files(Some("bad.yaml")), "a: 1").expect("variants").broken, Ok(b"a: [\n".to_vec()));
    assert_eq!(
        code(&ReloadSpec { variants: vec!["gone".into()], ..ReloadSpec::default() }, "a: 1"),
        Some("no-such-file".into())
    );
}

fn load(around: &[i64], failure: Option<&str>, torn: Option<&str>) -> Load {
    let signal = Instant::now() + Duration::from_secs(10);
    let at = |millis: &i64| if *millis < 0 { signal - ms(millis.unsigned_abs()) } else { signal + ms(*millis as u64) };
    let sample = |millis: &i64| Sample {
        at: at(millis),
        fresh: false,
        failure: failure.map(String::from),
        mixed: torn.map(String::from),
    };
    Load { samples: around.iter().map(sample).collect(), signals: vec![signal], ..Load::default() }
}

#[test]
fn mixtures_are_excluded_only_where_enough_was_looked_at() {
    let close: Vec<i64> = (-12..=12).filter(|m| *m != 0).collect();
    let far: Vec<i64> = (200..300).collect();
    assert_eq!(word(&mixed(&load(&close, None, None), 2)), "false");
    assert_eq!(word(&mixed(&load(&far, None, None), 2)), "reload-too-few-requests");
    assert_eq!(word(&mixed(&load(&close, Some("refused"), None), 2)), "reload-too-few-requests");
    assert_eq!(word(&mixed(&load(&close, None, None), 1)), "reload-one-field");
    assert_eq!(word(&mixed(&load(&far, None, Some("x, 2")), 2)), "true");
    assert_eq!(word(&mixed(&Load::default(), 2)), "reload-too-few-requests");
}

#[test]
fn processes_are_compared_by_pid_start_and_image() {
    let process = |pid, start_time, image: &str| Process { pid, start_time, image: Known::Value(Digest(image.into())) };
    let one = Ok(vec![process(2, 100, "a")]);
    let other_start = Ok(vec![process(2, 101, "a")]);
    let executed_anew = Ok(vec![process(2, 100, "b")]);
    let another_pid = Ok(vec![process(9, 100, "a")]);
    let a_worker_took_over = Ok(vec![process(2, 100, "a"), process(3, 200, "c")]);
    let gone = Ok(vec![]);
    let key = |p: &Process| (p.pid, p.start_time);
    for (after, process, image) in [
        (&one, "true", "true"),
        (&other_start, "false", "false"),
        (&executed_anew, "true", "false"),
        (&another_pid, "false", "false"),
        (&a_worker_took_over, "false", "false"),
        (&gone, "false", "false"),
    ] {
        assert_eq!(
            (word(&same(&one, after, key)).as_str(), word(&same_image(&one, after)).as_str()),
            (process, image),
            "{after:?}"
        );
    }
    assert_eq!(word(&same(&gone, &gone, key)), "no-process-seen");
    assert_eq!(word(&same(&one, &Err(reason!("processes-unreadable")), key)), "processes-unreadable");
    let unread = Ok(vec![Process { pid: 2, start_time: 100, image: Known::Unknown(reason!("process-unreadable")) }]);
    assert_eq!(word(&same_image(&one, &unread)), "process-unreadable");
}
