//! How one address is reached: directly or through the upgrade of another protocol, and what it answers in clear.

use super::answer::{Answer, ask, http_status, other, printable};
use super::full::request;
use super::hello::Hello;
use super::numbers::random;
use super::stream::{Network, Timed};
use crate::recorder::Over;
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Protocols that begin in clear and become TLS on the same connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upgrade {
    /// `SSLRequest` (PostgreSQL "Frontend/Backend Protocol", message formats).
    Postgres,
    /// The server's `INFO` line, then TLS (NATS client protocol).
    Nats,
}

impl Upgrade {
    pub const ALL: [Upgrade; 2] = [Upgrade::Postgres, Upgrade::Nats];

    pub fn name(self) -> &'static str {
        match self {
            Upgrade::Postgres => "postgres",
            Upgrade::Nats => "nats",
        }
    }

    pub fn named(name: &str) -> Option<Upgrade> {
        Upgrade::ALL.into_iter().find(|upgrade| upgrade.name() == name)
    }

    /// Brings a fresh connection to the point where TLS begins.
    fn perform(self, stream: &mut Timed) -> Result<(), Answer> {
        match self {
            Upgrade::Postgres => {
                // Length 8 and the code 80877103, which is no protocol version.
                let _ = stream.write_all(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
                match stream.read_until(1, |got| !got.is_empty()) {
                    (got, _) if got == b"S" => Ok(()),
                    (got, end) => Err(nothing_or(&got, end)),
                }
            }
            Upgrade::Nats => match stream.read_until(64 << 10, |got| got.contains(&b'\n')) {
                (got, _) if got.starts_with(b"INFO {") && offers_tls(&got) => Ok(()),
                (got, end) => Err(nothing_or(&got, end)),
            },
        }
    }
}

fn offers_tls(info: &[u8]) -> bool {
    let text: String = String::from_utf8_lossy(info).split_whitespace().collect();
    text.contains("\"tls_required\":true") || text.contains("\"tls_available\":true")
}

fn nothing_or(got: &[u8], end: Option<ErrorKind>) -> Answer {
    match (got.is_empty(), end) {
        (false, _) => other(got),
        (true, Some(ErrorKind::UnexpectedEof)) => Answer::Closed,
        (true, Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)) => Answer::Reset,
        (true, _) => Answer::Timeout,
    }
}

/// One address of a listener.
pub(crate) struct Line<'a> {
    pub network: &'a dyn Network,
    pub to: SocketAddr,
    pub upgrade: Option<Upgrade>,
    /// The longest that one connection may take.
    pub patience: Duration,
    /// When the whole conversation with this address ends.
    pub until: Instant,
}

impl Line<'_> {
    pub fn open(&self) -> Result<Timed, Answer> {
        let left = self.until.saturating_duration_since(Instant::now()).min(self.patience);
        if left.is_zero() {
            return Err(Answer::Timeout);
        }
        let stream = self.network.connect(self.to, left).map_err(|e| match e.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Answer::Timeout,
            kind => Answer::Unreachable(kind),
        })?;
        let talk = self.network.recorder().map(|recorder| recorder.talk(self.to, Over::Tcp));
        let mut stream = Timed::new(stream, left).recorded(talk);
        if let Some(upgrade) = self.upgrade {
            upgrade.perform(&mut stream)?;
        }
        Ok(stream)
    }

    pub fn ask(&self, hello: &Hello) -> Answer {
        match self.open() {
            Ok(mut stream) => ask(&mut stream, hello),
            Err(answer) => answer,
        }
    }

    pub fn with_upgrade(&self, upgrade: Upgrade) -> Line<'_> {
        Line { upgrade: Some(upgrade), network: self.network, to: self.to, patience: self.patience, until: self.until }
    }
}

/// What a listener says to words in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Clear {
    /// HTTP/1 with a status that is more than a complaint about the missing TLS.
    Http(u16),
    /// An HTTP/2 connection preface was answered.
    H2c,
    /// Bytes of another protocol.
    Other(Vec<u8>),
    /// 400 to every request: what Go's TLS servers and others say to a client that forgot TLS. A plain server may say it too.
    BadRequest,
    /// A TLS record, or the beginning of one.
    Tls,
    /// Closed or reset without a word.
    Closed,
    Silence,
}

impl Clear {
    /// Whether somebody without TLS got an answer.
    pub fn answered(&self) -> bool {
        match self {
            Clear::Http(_) | Clear::H2c | Clear::Other(_) => true,
            Clear::BadRequest | Clear::Tls | Clear::Closed | Clear::Silence => false,
        }
    }

    pub fn shown(&self) -> String {
        match self {
            Clear::Http(status) => format!("HTTP {status}"),
            Clear::H2c => "HTTP/2 settings".into(),
            Clear::Other(bytes) => printable(bytes),
            Clear::BadRequest => "HTTP 400".into(),
            Clear::Tls => "a TLS record".into(),
            Clear::Closed => "closed".into(),
            Clear::Silence => "silence".into(),
        }
    }
}

/// How long a listener may think about words in clear: a TLS server has nothing to think about, and a plain one is quick on loopback.
const CLEAR_PATIENCE: Duration = Duration::from_millis(1000);

impl Line<'_> {
    /// Talks in clear, as a client would that forgot TLS: HTTP/1 for every path, then HTTP/2 without TLS.
    pub fn in_clear(&self, host: &str, paths: &[String]) -> Clear {
        let mut said = Vec::new();
        for path in std::iter::once("/").chain(paths.iter().map(String::as_str)) {
            said.push(self.say(&request(host, path)));
            // Silence and closing do not depend on the path.
            if !matches!(said.last(), Some(Clear::BadRequest)) {
                break;
            }
        }
        if let Some(answered) = said.iter().find(|s| s.answered()) {
            return answered.clone();
        }
        // RFC 9113 §3.4: the preface and an empty SETTINGS frame; a gRPC server without TLS answers with its own settings.
        let preface = self.say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
        if preface == Clear::H2c {
            return preface;
        }
        said.into_iter().next().unwrap_or(Clear::Silence)
    }

    fn say(&self, words: &[u8]) -> Clear {
        let Ok(mut stream) = self.open() else { return Clear::Closed };
        stream.shorten(CLEAR_PATIENCE);
        let _ = stream.write_all(words);
        let (got, end) = stream.read_until(512, |got| got.len() >= 16);
        match (&got[..], end) {
            ([], Some(ErrorKind::WouldBlock | ErrorKind::TimedOut)) => Clear::Silence,
            ([], _) => Clear::Closed,
            ([20..=24], _) | ([20..=24, 3 | 20..=24, ..], _) => Clear::Tls,
            // A frame of type 4 (SETTINGS) on stream 0 whose length is a multiple of six.
            ([0, _, length, 4, 0, 0, 0, 0, 0, ..], _) if length % 6 == 0 => Clear::H2c,
            (bytes, _) => match http_status(bytes) {
                Some(400) => Clear::BadRequest,
                Some(status) => Clear::Http(status),
                None => Clear::Other(bytes.iter().take(48).copied().collect()),
            },
        }
    }

    /// Whether a client that never asks for the upgrade is served; `None` where that cannot be told from outside.
    pub fn served_without_upgrade(&self, upgrade: Upgrade) -> Option<bool> {
        let plain =
            Line { upgrade: None, network: self.network, to: self.to, patience: self.patience, until: self.until };
        let mut stream = plain.open().ok()?;
        stream.shorten(CLEAR_PATIENCE);
        match upgrade {
            Upgrade::Postgres => {
                let _ = stream.write_all(&startup_message());
                let (got, end) = stream.read_until(1, |got| !got.is_empty());
                match (&got[..], end) {
                    ([b'R', ..], _) => Some(true),
                    // An error may be about the user instead of the missing encryption.
                    ([b'E', ..], _) => None,
                    ([], Some(ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset)) => Some(false),
                    _ => None,
                }
            }
            Upgrade::Nats => {
                let _ = stream.read_until(64 << 10, |got| got.contains(&b'\n'));
                let _ = stream.write_all(b"CONNECT {\"verbose\":false,\"pedantic\":false,\"lang\":\"go\"}\r\nPING\r\n");
                let (got, end) = stream.read_until(4096, |got| got.contains(&b'\n'));
                match (got.starts_with(b"PONG"), end) {
                    (true, _) => Some(true),
                    (false, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut)) => None,
                    (false, _) => Some(false),
                }
            }
        }
    }
}

/// A `StartupMessage` of protocol 3.0 for a user that nobody has.
fn startup_message() -> Vec<u8> {
    let user: String = random::<6>().iter().map(|b| char::from(b'a' + b % 26)).collect();
    let body = format!("user\0{user}\0database\0{user}\0\0");
    let mut message = (8 + body.len() as u32).to_be_bytes().to_vec();
    message.extend([0, 3, 0, 0]);
    message.extend(body.as_bytes());
    message
}
