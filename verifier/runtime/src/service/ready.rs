//! When a service counts as ready, by the rule of `[run] ready`, asked from inside its network.

use super::Service;
use super::endpoint::{Endpoint, Url, loopback, split_port};
use crate::http::Target;
use assize_facts::{Reason, reason};
use regex::bytes::Regex;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);
/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it is watched once it is ready: where it has several processes one of them may be about to end.
const SETTLING: Duration = Duration::from_millis(30);
const SETTLING_OF_SEVERAL: Duration = Duration::from_millis(500);
/// Without a declared time.
pub(super) const DEFAULT_WITHIN: Duration = Duration::from_secs(10);

/// A rule of readiness.
#[derive(Debug)]
pub(crate) enum Rule {
    /// The URL answers 2xx.
    Http(Box<Endpoint>, String),
    /// A connection can be made.
    Tcp(SocketAddr),
    /// A line of output matches.
    Log(Regex),
    /// No rule: every declared endpoint, or else any port at all, takes connections.
    Listening(Vec<SocketAddr>),
}

impl Rule {
    /// Reads a rule whose placeholders are filled in.
    pub fn parse(text: Option<&str>, endpoints: &[Endpoint]) -> Result<Rule, Reason> {
        let Some(text) = text else { return Ok(Rule::Listening(endpoints.iter().map(|e| e.addr).collect())) };
        let bad = |detail: &str| reason!("ready-unusable", ready = text, detail = detail);
        if let Some(pattern) = text.strip_prefix("log:") {
            return Ok(Rule::Log(Regex::new(pattern).map_err(|e| bad(&e.to_string()))?));
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            let url = Url::parse(text)?;
            let addr = url.loopback()?;
            // An endpoint at the same address lends its certificates and headers.
            let declared = endpoints.iter().find(|e| e.addr == addr && e.scheme == url.scheme).cloned();
            let endpoint = Endpoint { path: String::new(), ..declared.unwrap_or_else(|| Endpoint::plain(&url, addr)) };
            return Ok(Rule::Http(Box::new(endpoint), url.path));
        }
        let rest = text.strip_prefix("tcp:").or_else(|| text.strip_prefix("grpc:"));
        let rest = rest.ok_or_else(|| bad("it is none of http:, https:, tcp:, grpc:, log:"))?;
        let (host, port) = split_port(rest.trim_start_matches("//")).ok_or_else(|| bad("no address"))?;
        let port = port.and_then(|p| p.parse().ok()).ok_or_else(|| bad("no port"))?;
        Ok(Rule::Tcp(loopback(host, port)?))
    }
}

/// Waits until the rule holds, the service ends, or the time is over.
pub(super) fn wait(service: &Service, rule: &Rule, shown: &str, within: Duration) -> Result<(), Reason> {
    let until = Instant::now() + within;
    loop {
        if let Some(exit) = service.exited() {
            return Err(service.ended_early(&exit));
        }
        let left = until.saturating_duration_since(Instant::now());
        let not_yet = match holds(service, rule, left.min(PATIENCE)) {
            Ok(()) => {
                // What answered may be a child of a process that is just ending.
                let several = service.left().nth(1).is_some();
                return match service.wait_exit(if several { SETTLING_OF_SEVERAL } else { SETTLING }) {
                    Some(exit) => Err(service.ended_early(&exit)),
                    None => Ok(()),
                };
            }
            Err(detail) => detail,
        };
        if left.is_zero() {
            let within = format!("{} ms", within.as_millis());
            let said = service.last_words();
            return Err(reason!("service-not-ready", ready = shown, within = within, detail = not_yet, said = said));
        }
        std::thread::sleep(PAUSE.min(left));
    }
}

/// Whether the rule holds now; else what was seen instead.
fn holds(service: &Service, rule: &Rule, patience: Duration) -> Result<(), String> {
    let patience = patience.max(Duration::from_millis(50));
    let connects = |addr: &SocketAddr| service.connect(*addr, patience).map(drop).map_err(|e| e.to_string());
    match rule {
        Rule::Tcp(addr) => connects(addr),
        Rule::Http(endpoint, path) => answers(service, endpoint, path, patience),
        Rule::Log(pattern) => match service.output().wait_for(0, |line| pattern.is_match(&line.text), PAUSE) {
            Some(_) => Ok(()),
            None => Err("no line of output matches".into()),
        },
        Rule::Listening(addrs) if !addrs.is_empty() => addrs.iter().try_for_each(connects),
        Rule::Listening(_) => match service.listeners() {
            Ok(listeners) if listeners.is_empty() => Err("no port is open".into()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        },
    }
}

fn answers(service: &Service, endpoint: &Endpoint, path: &str, patience: Duration) -> Result<(), String> {
    let target = match Target::new(endpoint, service) {
        Some(Ok(target)) => target,
        Some(Err(failure)) => return Err(format!("{failure:?}")),
        None => return Err("not HTTP".into()),
    };
    match target.once(&target.call("GET", path), patience) {
        Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
        Ok(answer) => Err(format!("status {}", answer.status)),
        Err(failure) => Err(failure.word().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read() {
        let kind = |text: &str| match Rule::parse(Some(text), &[]) {
            Ok(Rule::Http(endpoint, path)) => format!("http {} {path}", endpoint.addr),
            Ok(Rule::Tcp(addr)) => format!("tcp {addr}"),
            Ok(Rule::Log(pattern)) => format!("log {pattern}"),
            Ok(Rule::Listening(_)) => "listening".into(),
            Err(reason) => reason.into_code(),
        };
        assert_eq!(kind("https://127.0.0.1:1/readyz"), "http 127.0.0.1:1 /readyz");
        assert_eq!(kind("tcp:127.0.0.1:22"), "tcp 127.0.0.1:22");
        assert_eq!(kind("grpc:[::1]:22"), "tcp [::1]:22");
        assert_eq!(kind("log:^ready"), "log ^ready");
        for bad in ["log:(", "udp:127.0.0.1:1", "tcp:127.0.0.1", "", "exec:true"] {
            assert_eq!(kind(bad), "ready-unusable", "{bad}");
        }
        assert_eq!(kind("tcp:10.0.0.1:1"), "address-unusable");
    }
}
