//! The client against servers that answer from a script.

use super::*;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Instant;

struct Loopback;

impl Dial for Loopback {
    fn dial(&self, addr: SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
        TcpStream::connect_timeout(&addr, timeout)
    }
}

/// Serves one connection with a script and returns what the client made of it.
fn served(script: impl FnOnce(TcpStream) + Send + 'static, timeout: Duration) -> Result<Answer, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("its address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        script(stream);
    });
    let endpoint = endpoint(addr);
    let target = Target::new(&endpoint, &Loopback).expect("HTTP").expect("plain");
    let answer = target.once(&target.call("GET", "/x"), timeout);
    let _ = server.join();
    answer
}

fn endpoint(addr: SocketAddr) -> Endpoint {
    Endpoint {
        name: "public".into(),
        url: format!("http://{addr}/"),
        scheme: "http".into(),
        host: addr.ip().to_string(),
        addr,
        path: "/".into(),
        roles: vec![],
        server_name: None,
        ca: None,
        client_cert: None,
        client_key: None,
        headers: Default::default(),
        by_operator: false,
    }
}

fn said(bytes: &'static [u8]) -> String {
    let answer = served(move |mut stream| stream.write_all(bytes).unwrap_or_default(), Duration::from_secs(5));
    match answer {
        Ok(a) => {
            format!("{} {}{}", a.status, String::from_utf8_lossy(&a.body), if a.keeps_open() { "" } else { " close" })
        }
        Err(failure) => format!("{failure:?}"),
    }
}

#[test]
fn answers_are_framed() {
    for (bytes, want) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"[..], "200 hi"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\nhi", "200 hi close"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200 hi close"),
        (b"HTTP/1.1 200\r\n\r\nhi", "200 hi close"),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "200 hi"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n1\r\n!\r\n0\r\nT: t\r\n\r\n", "200 hi!"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "204 "),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "503 "),
    ] {
        assert_eq!(said(bytes), want, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn mischief_is_named() {
    for (bytes, want) in [
        (&b""[..], "Closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", "Cut"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "Cut"),
        (b"HTTP/2 200\r\n\r\n", "Malformed(\"status line\")"),
        (b"\x15\x03\x01\x00\x02\x02\x16\n", "Malformed(\"status line\")"),
        (b"HTTP/1.1 20 OK\r\n\r\n", "Malformed(\"status code\")"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "Malformed(\"status code\")"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", "Malformed(\"body framing\")"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi",
            "Malformed(\"body framing\")",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi", "Malformed(\"body framing\")"),
        (b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi", "Malformed(\"header name\")"),
        (b"HTTP/1.1 200 OK\r\n folded\r\n\r\n", "Malformed(\"header line\")"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "Malformed(\"chunk size\")"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi!!\r\n", "Malformed(\"chunk end\")"),
    ] {
        assert_eq!(said(bytes), want, "{}", String::from_utf8_lossy(bytes));
    }
}

fn repeated(head: &'static [u8], part: &'static [u8], pause: Duration) -> impl FnOnce(TcpStream) + Send + 'static {
    move |mut stream| {
        let begun = Instant::now();
        let mut going = stream.write_all(head).is_ok();
        while going && begun.elapsed() < Duration::from_secs(5) {
            going = stream.write_all(part).is_ok();
            std::thread::sleep(pause);
        }
    }
}

#[test]
fn a_dripping_server_does_not_stretch_the_time() {
    let begun = Instant::now();
    let drip = repeated(b"HTTP/1.1 200 OK\r\n", b"a", Duration::from_millis(20));
    assert_eq!(served(drip, Duration::from_millis(300)), Err(Failure::Timeout));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[test]
fn endless_headers_and_bodies_are_bounded() {
    let headers =
        repeated(b"HTTP/1.1 200 OK\r\n", b"X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", Duration::ZERO);
    assert_eq!(served(headers, Duration::from_secs(5)), Err(Failure::TooLong("header".into())));
    let line = repeated(b"HTTP/1.1 200 OK\r\nX: ", &[b'a'; 4096], Duration::ZERO);
    assert_eq!(served(line, Duration::from_secs(5)), Err(Failure::TooLong("line".into())));
    for head in [&b"HTTP/1.1 200 OK\r\n\r\n"[..], b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"] {
        let answer = served(repeated(head, &[b'a'; 8192], Duration::ZERO), Duration::from_secs(5)).expect("an answer");
        assert_eq!((answer.body.len(), answer.body_cut, answer.keeps_open()), (1 << 20, true, false));
    }
    let chunks =
        repeated(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"8\r\naaaaaaaa\r\n", Duration::ZERO);
    let answer = served(chunks, Duration::from_secs(20)).expect("an answer");
    assert!(answer.body_cut && answer.body.len() <= 1 << 20);
    let interim = repeated(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", Duration::ZERO);
    assert_eq!(served(interim, Duration::from_secs(5)), Err(Failure::TooLong("interim answers".into())));
}

#[test]
fn a_refused_connection_is_told_from_a_silent_one() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let endpoint = endpoint(free);
    let target = Target::new(&endpoint, &Loopback).expect("HTTP").expect("plain");
    assert_eq!(target.once(&target.call("GET", "/"), Duration::from_secs(1)).map(|a| a.status), Err(Failure::Refused));
    let silent = served(
        |stream| {
            std::thread::sleep(Duration::from_millis(400));
            drop(stream)
        },
        Duration::from_millis(100),
    );
    assert_eq!(silent, Err(Failure::Timeout));
}

#[test]
fn calls_carry_a_trace_of_this_run_and_no_product_name() {
    for _ in 0..200 {
        let call = String::from_utf8(Call::new("GET", "/", "h").bytes()).expect("text");
        assert!(!call.to_ascii_lowercase().contains("assize"), "{call}");
        let trace = call.lines().find_map(|l| l.strip_prefix("Traceparent: 00-")).expect("a trace");
        assert!(trace.len() == 32 + 1 + 16 + 3 && is_ours(trace), "{trace}");
    }
    assert!(!is_ours("4bf92f3577b34da6a3ce929d0e0e4736"));
}

#[test]
fn traces_of_this_run_say_when_they_were_made() {
    let before = std::time::SystemTime::now();
    let traces: Vec<String> = (0..1000).map(|_| super::Traceparent::new().trace_id).collect();
    let after = std::time::SystemTime::now() + std::time::Duration::from_millis(1);
    assert!(traces.iter().all(|trace| super::made_at(trace).is_some_and(|at| before <= at && at <= after)));
    assert_eq!(traces.iter().collect::<std::collections::BTreeSet<_>>().len(), traces.len());
    for other in ["4bf92f3577b34da6a3ce929d0e0e4736", "", &traces[0][..31], &format!("{}0", traces[0])] {
        assert_eq!(super::made_at(other), None, "{other}");
    }
}
