//! What makes a service write the lines that nobody looks at: broken handshakes, oversized headers, control characters in values, a dependency that is gone.

use crate::http::{Connection, Target, declared, random};
use crate::service::{Endpoint, Service};
use crate::standin::Fault;
use assize_facts::{Deliverable, Reason, RequestSpec, reason};
use std::io::Write;
use std::net::Shutdown;
use std::time::{Duration, SystemTime};

/// What was done, and what could not be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provoked {
    /// Attempts made, for the record.
    pub attempts: u64,
    pub gaps: Vec<(Reason, String)>,
}

/// linux/asm-generic/signal.h; also on x86 and arm.
pub(crate) const SIGUSR2: i32 = 12;
const SHORT: Duration = Duration::from_millis(600);
/// After a reload, for its lines.
const RELOADED: Duration = Duration::from_millis(250);
/// After a cut, for the service to find its dependency again.
const FOUND_AGAIN: Duration = Duration::from_millis(200);
/// An age of the service that no time of its start can pass for (`max_skew` and a second, by default).
const AGED: Duration = Duration::from_millis(4_500);
const CONNECT: Duration = Duration::from_secs(5);

/// Values that break out of a line, a quoted string or a terminal where they are not escaped.
const HOSTILE: &str = "a%0Aplain%20text%0D%0A%1B%5B2K%00%22%7D%7B%22level%22%3A%22x%22%C3%28%E2%80%A8";

/// Provokes every endpoint. To be called while nothing else asks the service.
pub fn provoke(service: &Service, spec: &Deliverable) -> Provoked {
    let mut out = Provoked::default();
    if !service.ours() {
        out.gaps.push((reason!("not-ours"), "provocations".into()));
        return out;
    }
    service.phase("errors");
    for endpoint in service.endpoints() {
        if matches!(endpoint.scheme.as_str(), "https" | "tls" | "grpcs") {
            broken_handshakes(service, endpoint, &mut out);
        }
        match Target::new(endpoint, service) {
            Some(Ok(target)) => broken_requests(&target, spec, endpoint, &mut out),
            Some(Err(failure)) => out.failed(&endpoint.name, &failure.to_string()),
            None => {}
        }
    }
    service.phase("requests");
    out
}

impl Provoked {
    fn failed(&mut self, place: &str, detail: &str) {
        self.gaps.push((reason!("log-provocation-failed", detail = detail), place.into()));
    }
}

/// Bytes that are no TLS, or not whole, on connections that then close.
fn broken_handshakes(service: &Service, endpoint: &Endpoint, out: &mut Provoked) {
    let noise: Vec<u8> = (0..12).flat_map(|_| random().to_be_bytes()).collect();
    let old_hello = hello_of_tls_1_0();
    let garbage: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        &noise,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"\x15\x03\x03\x00\x02\x02\x30",
        &old_hello,
        b"",
    ];
    for bytes in garbage {
        match service.connect(endpoint.addr, CONNECT) {
            Ok(mut stream) => {
                out.attempts += 1;
                // What becomes of it does not matter here: only what is logged.
                let _ = stream.write_all(bytes);
                let _ = stream.shutdown(Shutdown::Write);
                drain(stream);
            }
            Err(error) => out.failed(&endpoint.name, &error.to_string()),
        }
    }
}

fn drain(mut stream: std::net::TcpStream) {
    let _ = stream.set_read_timeout(Some(SHORT));
    let mut buffer = [0; 1024];
    for _ in 0..16 {
        if !std::io::Read::read(&mut stream, &mut buffer).is_ok_and(|count| count > 0) {
            break;
        }
    }
}

/// A well-formed hello of TLS 1.0 with one old suite (RFC 2246 §7.4.1.2): a modern server logs that it refused it.
fn hello_of_tls_1_0() -> Vec<u8> {
    let mut body = vec![3, 1];
    body.extend((0..4).flat_map(|_| random().to_be_bytes()));
    body.extend([0, 0, 2, 0x00, 0x2f, 1, 0]);
    let mut record = vec![0x16, 3, 1, 0, body.len() as u8 + 4, 1, 0, 0, body.len() as u8];
    record.extend(body);
    record
}

/// Requests that no client library would send, and declared ones with hostile values.
fn broken_requests(target: &Target<'_>, spec: &Deliverable, endpoint: &Endpoint, out: &mut Provoked) {
    for bytes in raw_requests(endpoint) {
        match target.open(CONNECT) {
            Ok(connection) => {
                out.attempts += 1;
                talk(connection, &bytes);
            }
            Err(failure) => out.failed(&endpoint.name, &failure.to_string()),
        }
    }
    for request in spec.requests.iter().filter(|r| r.endpoint == endpoint.name && !is_slow(r)) {
        for hostile in hostile_forms(request) {
            out.attempts += 1;
            let call = declared::call(target, &hostile)
                .header("User-Agent", "Mozilla/5.0 \"}\t{\"level\":\"INFO\"} (X11)")
                .header("X-Request-Id", "a\"}\t{\"b\":\u{e9}")
                .header("Referer", "https://example.com/\"\\u000a")
                .header("X-Forwarded-For", "127.0.0.1\", \"x\":\"");
            // Any answer will do.
            let _ = target.once(&call, Duration::from_secs(5));
        }
    }
}

fn talk(mut connection: Connection, bytes: &[u8]) {
    // A server may close before it has read everything.
    let _ = connection.send(bytes, Duration::from_secs(3));
    let _ = connection.drain(64 << 10, SHORT);
}

fn raw_requests(endpoint: &Endpoint) -> Vec<Vec<u8>> {
    let host = &endpoint.host;
    // net/http takes a mebibyte of headers by default (DefaultMaxHeaderBytes), and 4 KiB on top.
    let big = "a".repeat(1200 << 10);
    [
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nX-Big: {big}\r\n\r\n"),
        "GET\r\n\r\n".into(),
        format!("GET / HTTP/9.9\r\nHost: {host}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nBad Header: x\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nHost: other\r\n\r\n"),
        format!("GET /{HOSTILE} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        format!("GET /?a;b=%zz&{HOSTILE} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100000\r\n\r\nshort"),
        format!("POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        format!("PROPFIND /{} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", "x".repeat(4000)),
        "GET / HTTP/1.1\r\n\r\n".to_string(),
        "\x16\x03\x01 not http at all\n\n".into(),
    ]
    .into_iter()
    .map(String::into_bytes)
    .collect()
}

fn is_slow(request: &RequestSpec) -> bool {
    request.roles.iter().any(|r| r == "slow")
}

/// The request with hostile values where values go: in the query, as the last segment of the path, in each text of a JSON body.
fn hostile_forms(request: &RequestSpec) -> Vec<RequestSpec> {
    let with = |path: String, body: Option<String>| RequestSpec { path, body, ..request.clone() };
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let mut forms = vec![
        with(
            format!("{path}?{}{HOSTILE}={HOSTILE}", if query.is_empty() { String::new() } else { format!("{query}&") }),
            request.body.clone(),
        ),
        with(format!("{parent}/{HOSTILE}"), request.body.clone()),
    ];
    if !query.is_empty() {
        let values = query.split('&').map(|pair| format!("{}={HOSTILE}", pair.split('=').next().unwrap_or_default()));
        forms.push(with(format!("{path}?{}", values.collect::<Vec<_>>().join("&")), request.body.clone()));
    }
    if let Some(body) = &request.body {
        forms.push(with(request.path.clone(), Some(hostile_body(body))));
        forms.push(with(request.path.clone(), Some("{\"a\":\n\"\u{1}".into())));
    }
    forms
}

/// Every text of a JSON body replaced by one with line feeds and escape sequences; another body is put between them.
fn hostile_body(body: &str) -> String {
    const TEXT: &str = "a\nplain text\r\n\u{1b}[2K\u{0}\u{2028}\"}{";
    fn poison(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = TEXT.into(),
            serde_json::Value::Array(all) => all.iter_mut().for_each(poison),
            serde_json::Value::Object(all) => all.values_mut().for_each(poison),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
        }
    }
    match serde_json::from_str::<serde_json::Value>(body) {
        Ok(mut value) => {
            poison(&mut value);
            value.to_string()
        }
        Err(_) => format!("{TEXT}{body}{TEXT}"),
    }
}

/// Cuts each dependency for a moment, then reloads. To be called last of all: a service may never recover from the one
/// or end by the other, and the probes of health and of reload have to see that themselves.
pub fn provoke_last(service: &Service, spec: &Deliverable, began: SystemTime, out: &mut Provoked) {
    if !service.ours() || service.exited().is_some() {
        return;
    }
    service.phase("faults");
    for dependency in service.dependencies() {
        without(service, spec, dependency, out);
    }
    service.phase("reload");
    reloads(service, spec, out);
    service.phase("requests");
    once_more(service, spec, began, out);
}

/// The declared requests when the service has run for a while: a time that was fixed at its start then lies before them.
fn once_more(service: &Service, spec: &Deliverable, began: SystemTime, out: &mut Provoked) {
    std::thread::sleep(AGED.saturating_sub(began.elapsed().unwrap_or(AGED)));
    for endpoint in service.endpoints() {
        let Some(Ok(target)) = Target::new(endpoint, service) else { continue };
        for request in spec.requests.iter().filter(|r| r.endpoint == endpoint.name && !is_slow(r)) {
            out.attempts += 1;
            // Any answer will do.
            let _ = target.once(&declared::call(&target, request), declared::patience(request));
        }
    }
}

/// How long [`provoke_last`] waits for what is written late.
pub(crate) fn waits(dependencies: u32, reload: bool) -> Duration {
    FOUND_AGAIN * dependencies + if reload { RELOADED * 3 } else { Duration::ZERO }
}

/// A declared reload: of the file as it is, of half of it, and of the whole again.
fn reloads(service: &Service, spec: &Deliverable, out: &mut Provoked) {
    let Some(file) = spec.reload.as_ref().map(|reload| &reload.file) else { return };
    let whole = match service.resolve(file).map(|path| (service.read_file(&path, 16 << 20), path)) {
        Ok((Ok(content), path)) => (path, content),
        Ok((Err(error), _)) => return out.failed(file, &error.to_string()),
        Err(reason) => return out.gaps.push((reason, file.clone())),
    };
    let (path, content) = whole;
    let half = content.get(..content.len() / 2).unwrap_or_default();
    for text in [content.as_slice(), half, content.as_slice()] {
        let done = service.replace_file(&path, text).and_then(|()| service.signal(SIGUSR2));
        out.attempts += 1;
        // A service that ended by the first signal cannot be sent the next; that it ended is for others to judge.
        match done {
            Err(error) if service.exited().is_none() => out.failed(file, &error.to_string()),
            Ok(()) | Err(_) => {}
        }
        std::thread::sleep(RELOADED);
    }
}

/// The requests that use a dependency, while it is cut.
fn without(service: &Service, spec: &Deliverable, dependency: &crate::standin::StandIn, out: &mut Provoked) {
    if let Err(error) = dependency.set(Fault::Cut) {
        out.failed(dependency.name(), &error.to_string());
        return;
    }
    let uses = |r: &&RequestSpec| r.uses.iter().any(|u| u == dependency.name()) && !is_slow(r);
    for request in spec.requests.iter().filter(uses) {
        let endpoint = service.endpoints().iter().find(|e| e.name == request.endpoint);
        if let Some(Ok(target)) = endpoint.and_then(|e| Target::new(e, service)) {
            out.attempts += 1;
            let _ = target.once(&declared::call(&target, request), Duration::from_secs(5));
        }
    }
    // Where no request is declared, the readiness path still notices.
    for endpoint in service.endpoints().iter().filter(|e| e.roles.iter().any(|r| r == "health")) {
        if let Some(Ok(target)) = Target::new(endpoint, service) {
            out.attempts += 1;
            let _ = target.once(&target.call("GET", "/readyz"), Duration::from_secs(5));
        }
    }
    if let Err(error) = dependency.set(Fault::Pass) {
        out.failed(dependency.name(), &error.to_string());
    }
    // The service finds it again before the next step begins.
    std::thread::sleep(FOUND_AGAIN);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_values_go_where_values_go() {
        let request = RequestSpec {
            path: "/a/b?q=1&r=2".into(),
            body: Some(r#"{"user":"alice","n":1}"#.into()),
            ..RequestSpec::default()
        };
        let forms = hostile_forms(&request);
        let paths: Vec<&str> = forms.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths.len(), 5);
        assert!(
            paths[0].starts_with("/a/b?q=1&r=2&a%0A")
                && paths[1].starts_with("/a/a%0A")
                && paths[2].starts_with("/a/b?q=a%0A")
        );
        let body: serde_json::Value =
            serde_json::from_str(forms[3].body.as_deref().unwrap_or_default()).expect("still JSON");
        assert!(body["user"].as_str().is_some_and(|u| u.contains('\n') && u.contains('\u{1b}')) && body["n"] == 1);
        // No raw line feed or space reaches the request line.
        assert!(paths.iter().all(|p| !p.contains(['\n', '\r', ' '])));
    }

    #[test]
    fn the_old_hello_is_well_formed() {
        let hello = hello_of_tls_1_0();
        assert_eq!(hello.len(), 5 + usize::from(u16::from_be_bytes([hello[3], hello[4]])));
        assert_eq!(hello[8] as usize + 9, hello.len());
        assert_eq!((hello[0], hello[5]), (0x16, 1));
    }
}
