//! One request, as it goes over the wire.

use super::agent::{Traceparent, user_agent};

/// A request. Its bytes are written as given: probes also send what a well-behaved client would not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call {
    /// With a `Host`, a user agent and a trace of its own.
    pub fn new(method: &str, target: &str, host: &str) -> Call {
        let headers = [
            ("Host", host.to_string()),
            ("User-Agent", user_agent()),
            ("Accept", "*/*".into()),
            ("Traceparent", Traceparent::new().header),
        ];
        Call {
            method: method.into(),
            target: target.into(),
            headers: headers.into_iter().map(|(n, v)| (n.to_string(), v)).collect(),
            body: Vec::new(),
        }
    }

    /// Sets a header; one of the same name is replaced.
    pub fn header(mut self, name: &str, value: &str) -> Call {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn trace(self, trace: &Traceparent) -> Call {
        self.header("Traceparent", &trace.header)
    }

    pub fn body(mut self, body: &[u8]) -> Call {
        self.body = body.to_vec();
        self
    }

    pub fn method(&self) -> &str {
        &self.method
    }

    /// What is sent.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        let has_length = self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("Content-Length"));
        if !has_length && (!self.body.is_empty() || matches!(self.method.as_str(), "POST" | "PUT" | "PATCH")) {
            out.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        out
    }
}
