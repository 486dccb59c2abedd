//! A small blocking HTTP/1.1 client for hostile servers: every size and the whole time are bounded, and what was sent and received is kept.
//!
//! It speaks over any stream that a [`Dial`] opens, so that probes speak from inside the service's network namespace.
//! It follows no redirect, asks for no compression, keeps no cookie, and uses no proxy.

mod agent;
mod answer;
mod call;
mod connection;
pub mod declared;
mod secure;

pub use agent::{Traceparent, is_ours, made_at, random};
pub use answer::Answer;
#[cfg(test)]
pub use answer::Headers;
pub use call::Call;
pub use connection::{Connection, Dial};
pub use secure::Secure;

use crate::recorder::Recorder;
use crate::service::{Endpoint, Service};
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// Why no complete answer came. A server that refuses, breaks off or babbles is told from one that is slow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing listens, or it was turned away.
    Refused,
    /// The connection could not be opened for another reason.
    Unreachable(String),
    /// The TLS handshake failed.
    Handshake(String),
    /// The time was over.
    Timeout,
    /// Reset by the peer.
    Reset,
    /// Closed before the first byte of the answer.
    Closed,
    /// Closed in the middle of the answer.
    Cut,
    /// Not HTTP/1.1.
    Malformed(String),
    /// More header bytes or header lines than any honest server sends.
    TooLong(String),
}

impl Failure {
    /// One recorded word.
    pub fn word(&self) -> &'static str {
        match self {
            Failure::Refused => "refused",
            Failure::Unreachable(_) => "unreachable",
            Failure::Handshake(_) => "handshake",
            Failure::Timeout => "timeout",
            Failure::Reset => "reset",
            Failure::Closed => "closed",
            Failure::Cut => "cut",
            Failure::Malformed(_) => "malformed",
            Failure::TooLong(_) => "too-long",
        }
    }

    pub(crate) fn from_io(error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Failure::Refused,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Failure::Timeout,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
                Failure::Reset
            }
            io::ErrorKind::UnexpectedEof => Failure::Cut,
            _ => Failure::Unreachable(error.to_string()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Unreachable(detail)
            | Failure::Handshake(detail)
            | Failure::Malformed(detail)
            | Failure::TooLong(detail) => {
                write!(f, "{}: {detail}", self.word())
            }
            Failure::Refused | Failure::Timeout | Failure::Reset | Failure::Closed | Failure::Cut => {
                f.write_str(self.word())
            }
        }
    }
}

/// Bounds on one answer, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub head: usize,
    pub header_lines: usize,
    /// Body bytes that are kept; a longer body is cut there and the connection given up.
    pub body: usize,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { head: 64 << 10, header_lines: 200, body: 1 << 20 }
    }
}

/// An endpoint that can be asked: where it is and how it is spoken to.
pub struct Target<'a> {
    pub endpoint: &'a Endpoint,
    secure: Option<Secure>,
    dial: &'a dyn Dial,
}

impl<'a> Target<'a> {
    /// `None` where the endpoint does not speak HTTP.
    pub fn new(endpoint: &'a Endpoint, dial: &'a dyn Dial) -> Option<Result<Target<'a>, Failure>> {
        let secure = match endpoint.scheme.as_str() {
            "http" => Ok(None),
            "https" => Secure::of(endpoint).map(Some).map_err(Failure::Handshake),
            _ => return None,
        };
        Some(secure.map(|secure| Target { endpoint, secure, dial }))
    }

    pub fn is_secure(&self) -> bool {
        self.secure.is_some()
    }

    /// Opens a connection, with its TLS handshake.
    pub fn open(&self, timeout: Duration) -> Result<Connection, Failure> {
        Connection::open(self.dial, self.endpoint.addr, self.secure.as_ref(), timeout)
    }

    /// One call on a connection of its own; the time-out covers everything from dialling to the last byte.
    pub fn once(&self, call: &Call, timeout: Duration) -> Result<Answer, Failure> {
        let start = std::time::Instant::now();
        let mut connection = self.open(timeout)?;
        connection.ask(call, timeout.saturating_sub(start.elapsed()))
    }

    /// A call with what the endpoint declares: its base path, its headers and the `Host`.
    pub fn call(&self, method: &str, path: &str) -> Call {
        let base = self.endpoint.path.trim_end_matches('/');
        let default_port = if self.is_secure() { 443 } else { 80 };
        let port = self.endpoint.addr.port();
        let host = match port == default_port {
            true => self.endpoint.host.clone(),
            false => format!("{}:{port}", self.endpoint.host),
        };
        let mut call = Call::new(method, &format!("{base}{path}"), &host);
        for (name, value) in &self.endpoint.headers {
            call = call.header(name, value);
        }
        call
    }

    /// The URL that is recorded for a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.endpoint.url.trim_end_matches('/'))
    }
}

impl Dial for Service {
    fn dial(&self, addr: SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
        self.connect(addr, timeout)
    }

    fn recorder(&self) -> Option<&Arc<Recorder>> {
        Some(Service::recorder(self))
    }
}

#[cfg(test)]
mod tests;
