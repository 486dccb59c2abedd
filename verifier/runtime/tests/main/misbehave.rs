//! Services that do not start, do not end, or do too much: bounded, with a clear reason.

use crate::fixture::{Fixture, get, output};
use assize_facts::{Lang, Reason};
use std::time::{Duration, Instant};

fn arg<'a>(reason: &'a Reason, name: &str) -> &'a str {
    reason.args.get(name).map_or("", String::as_str)
}

#[test]
fn one_that_exits_says_how_without_its_secrets() {
    let reason = Fixture::new("exit").refused();
    assert_eq!(reason.code, "service-exited");
    assert_eq!(arg(&reason, "how"), "exit status 3");
    let said = arg(&reason, "said");
    assert!(said.starts_with("cannot start: password=[secret ") && said.ends_with(']'), "{said}");
    assert!(reason.render(Lang::En).contains("ended before it was ready"));
}

#[test]
fn one_that_opens_no_port_is_not_ready_in_time() {
    let mut fixture = Fixture::new("silent");
    fixture.run().ready_within_ms = 400;
    let begin = Instant::now();
    let reason = fixture.refused();
    assert_eq!(reason.code, "service-not-ready");
    assert_eq!(arg(&reason, "detail"), "refused");
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    fixture.run().ready = None;
    fixture.spec.endpoints.clear();
    assert_eq!(arg(&fixture.refused(), "detail"), "no port is open");
}

#[test]
fn readiness_can_be_a_line_of_the_log_or_a_port() {
    for ready in
        [Some("log:^listening on"), Some("tcp:127.0.0.1:{port.public}"), Some("grpc:127.0.0.1:{port.public}"), None]
    {
        let mut fixture = Fixture::new("serve");
        fixture.run().ready = ready.map(str::to_string);
        let service = fixture.started();
        service.output().wait_for(0, |l| l.text.starts_with(b"listening"), Duration::from_secs(2)).expect("its line");
    }
    let mut fixture = Fixture::new("serve");
    fixture.run().ready_within_ms = 200;
    fixture.run().ready = Some("log:never".into());
    assert_eq!(fixture.refused().code, "service-not-ready");
}

#[test]
fn one_that_floods_its_log_is_counted_and_not_kept() {
    let mut fixture = Fixture::new("flood");
    fixture.limits.output = 1 << 20;
    fixture.run().ready_within_ms = 30_000;
    let begin = Instant::now();
    let service = fixture.started();
    service.stop(Duration::from_secs(5)).expect("ended");
    let kept: u64 = service.output().lines().iter().map(|l| l.text.len() as u64).sum();
    let said = "listening on 127.0.0.1:".len() as u64 + 5;
    let lost = service.output().lost();
    assert!(kept <= 1 << 20);
    assert_eq!(kept + lost.bytes, (1023 << 20) + said, "after {:?}", begin.elapsed());
}

#[test]
fn one_that_daemonises_is_refused_and_does_not_survive() {
    let reason = Fixture::new("daemon").refused();
    assert_eq!(reason.code, "service-daemonised");
}

#[test]
fn one_that_forks_without_end_is_bounded_and_ends() {
    let begin = Instant::now();
    let service = Fixture::new("bomb").started();
    std::thread::sleep(Duration::from_millis(500));
    drop(service);
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

#[test]
fn one_that_ignores_sigterm_is_killed_after_its_grace() {
    let service = Fixture::new("stubborn").started();
    assert_eq!(service.stop(Duration::from_millis(300)), None);
    assert_eq!(service.exited().expect("ended").signal, Some(libc::SIGKILL));
    assert!(service.output().finished());
}

#[test]
fn one_that_ends_at_sigterm_leaves_no_child_behind() {
    let service = Fixture::new("family").started();
    assert_eq!(service.processes().expect("processes").len(), 2);
    assert_eq!(service.stop(Duration::from_secs(5)).expect("ended").signal, Some(libc::SIGTERM));
    assert_eq!(service.processes().expect("processes"), []);
    assert!(service.output().finished());
}

#[test]
fn one_that_fills_its_disk_meets_the_limit_of_its_folder() {
    let mut fixture = Fixture::new("fill");
    fixture.run().ready_within_ms = 30_000;
    let said = output(&fixture.started());
    assert!(said.contains("no space left on device"), "{said}");
}

#[test]
fn what_cannot_be_run_says_why() {
    type Change = fn(&mut Fixture);
    let cases: [(&str, Change); 8] = [
        ("run-not-declared", |f| f.spec.run = None),
        ("run-binary-unknown", |f| f.run().binary = "other".into()),
        ("run-binary-unusable", |f| {
            std::fs::write(f.folder.path().join("dist/server"), "#!/bin/sh\n").expect("written");
        }),
        ("run-file-unusable", |f| f.run().files.push("run/none".into())),
        ("run-file-clash", |f| {
            std::fs::create_dir(f.folder.path().join("tls")).expect("a folder");
            std::fs::write(f.folder.path().join("tls/key.pem"), "other").expect("written");
            f.run().files.push("tls".into());
        }),
        ("placeholder-unknown", |f| f.run().args.push("{dep.none}".into())),
        ("address-unusable", |f| f.spec.endpoints[0].url = "http://10.0.0.1:{port.public}".into()),
        ("ready-unusable", |f| f.run().ready = Some("exec:true".into())),
    ];
    for (code, change) in cases {
        let mut fixture = Fixture::new("serve");
        change(&mut fixture);
        assert_eq!(fixture.refused().code, code);
    }
}

#[test]
fn phases_are_written_beside_the_lines() {
    let service = Fixture::new("serve").started();
    assert_eq!(service.output().lines()[0].phase, "start");
    assert_eq!(get(&service, "/"), "ok");
}
