//! Stand-ins as a service meets them.

use crate::fixture::{Fixture, get};
use assize_runtime::{Fault, RunPlan, Service};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

fn asked(service: &Service) -> String {
    get(service, "/ask")
}

#[test]
fn every_fault_shows_and_passes_again() {
    let service = Fixture::new("serve").dependency("http").started();
    let db = service.dependency("db").expect("the stand-in");
    assert_eq!(asked(&service), "HTTP/1.1 200 OK false");
    // The answer may be there a moment before it is counted.
    let until = Instant::now() + Duration::from_secs(2);
    while db.counters().sent == 0 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
    let counters = db.counters();
    assert_eq!((counters.connections, counters.requests), (1, 1));
    assert!(counters.received > 20 && counters.sent > 20, "{counters:?}");
    for (fault, seen) in [
        (Fault::Cut, "dial: connection refused"),
        (Fault::BlackHole, "read: i/o timeout"),
        (Fault::Slow(Duration::from_millis(300)), "HTTP/1.1 200 OK true"),
        (Fault::Slow(Duration::from_secs(3)), "read: i/o timeout"),
    ] {
        db.set(fault).expect("set");
        assert_eq!(asked(&service), seen, "{fault:?}");
        db.set(Fault::Pass).expect("set");
        assert_eq!(asked(&service), "HTTP/1.1 200 OK false", "after {fault:?}");
    }
    db.set(Fault::Flap(Duration::from_millis(50))).expect("set");
    let seen: std::collections::BTreeSet<String> = (0..40)
        .map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            asked(&service)
        })
        .collect();
    assert!(seen.contains("HTTP/1.1 200 OK false") && seen.contains("dial: connection refused"), "{seen:?}");
}

#[test]
fn a_cut_resets_open_connections_and_a_black_hole_keeps_what_was_sent() {
    let service = Fixture::new("serve").dependency("http").started();
    let db = service.dependency("db").expect("the stand-in");
    let addr = service.resolve("{dep.db}").expect("known").parse().expect("an address");
    let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut kept = service.connect(addr, Duration::from_secs(1)).expect("connected");
    kept.write_all(request).expect("sent");
    assert!(kept.read(&mut [0; 1000]).expect("an answer") > 0);
    db.set(Fault::BlackHole).expect("set");
    let before = db.counters().received;
    kept.write_all(request).expect("the kernel takes it");
    kept.set_read_timeout(Some(Duration::from_millis(100))).expect("set");
    assert!(kept.read(&mut [0; 1000]).is_err());
    assert_eq!(db.counters().received, before);
    db.set(Fault::Pass).expect("set");
    // Long: three threads take turns until the answer is here, and the machine may be busy with other tests.
    kept.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
    assert!(kept.read(&mut [0; 1000]).expect("the late answer") > 0);
    assert_eq!(db.counters().open, 1);
    db.set(Fault::Cut).expect("set");
    let error = kept.read(&mut [0; 1000]).expect_err("reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!((db.counters().open, db.counters().turned_away), (0, 1));
}

#[test]
fn a_proxy_stands_before_the_server_that_the_operator_named() {
    let real = TcpListener::bind("127.0.0.1:0").expect("a server on the host");
    let address = real.local_addr().expect("its address").to_string();
    std::thread::spawn(move || {
        for stream in real.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 1000]);
            let _ = stream.write_all(b"real\n");
        }
    });
    let fixture = Fixture::new("serve").dependency("proxy");
    let named = |plan: &mut RunPlan| {
        plan.operator.dependencies.insert("db".into(), address);
    };
    let service = fixture.start_with(named).unwrap_or_else(|r| panic!("{r:?}"));
    assert_eq!(asked(&service), "real false");
    service.dependency("db").expect("the proxy").set(Fault::Cut).expect("set");
    assert_eq!(asked(&service), "dial: connection refused");
}

#[test]
fn a_proxy_starts_its_server_in_the_sandbox() {
    let mut fixture = Fixture::new("serve").dependency("proxy");
    // The delivered program serves as the dependency's server: it takes its address from its own arguments.
    let folder = fixture.folder.path().join("run/server");
    std::fs::copy(fixture.folder.path().join("dist/server"), folder).expect("copied");
    fixture.run().files.push("run/server".into());
    fixture.run().dependencies[0].command =
        ["{work}/server", "serve-at", "127.0.0.1:{port.db}"].map(str::to_string).to_vec();
    let service = fixture.started();
    assert_eq!(asked(&service), "HTTP/1.1 200 OK false");
    assert_eq!(service.processes().expect("processes").len(), 2);
    fixture.run().dependencies[0].command = vec!["no-such-server".into()];
    let reason = fixture.refused();
    assert_eq!(reason.code, "dependency-unusable");
}

#[test]
fn redis_and_postgres_stand_ins_speak_their_protocols() {
    for (kind, sent, expected) in
        [("redis", b"PING\r\n".as_slice(), b"+PONG\r\n".as_slice()), ("postgres", &[0, 0, 0, 8, 4, 210, 22, 47], b"N")]
    {
        let service = Fixture::new("serve").dependency(kind).started();
        let addr = service.resolve("{dep.db}").expect("known").parse().expect("an address");
        let mut stream = service.connect(addr, Duration::from_secs(1)).expect("connected");
        stream.write_all(sent).expect("sent");
        let mut answer = vec![0; expected.len()];
        stream.read_exact(&mut answer).expect("an answer");
        assert_eq!(answer, expected, "{kind}");
    }
}
