//! Reads what a server answers to a ClientHello, within a bound of bytes and time, and says what kind of answer it is.

use super::hello::Hello;
use super::numbers::{alert_name, group_name, suite_name};
use super::stream::Timed;
use assize_facts::TlsVersion;
use std::io::{ErrorKind, Read, Write};

/// What a server took of a hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub version: TlsVersion,
    pub suite: u16,
    /// TLS 1.3: the group it named.
    pub group: Option<u16>,
    /// Whether it named the group in a HelloRetryRequest.
    pub retry: bool,
    /// Below TLS 1.3: whether secure renegotiation was confirmed (RFC 5746).
    pub secure_renegotiation: bool,
}

/// The kinds of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Negotiated(Chosen),
    /// An alert, and nothing negotiated after it.
    Alert(u8),
    /// The connection was closed without a word of TLS.
    Closed,
    Reset,
    /// Not a whole answer within the time.
    Timeout,
    /// HTTP in clear, with its status.
    Http(u16),
    /// Bytes that are not TLS; the first few of them.
    Other(Vec<u8>),
    /// TLS records whose content no server may send.
    Garbled(&'static str),
    /// The connection could not be opened.
    Unreachable(ErrorKind),
}

impl Answer {
    /// A few words for a person.
    pub fn shown(&self) -> String {
        match self {
            Answer::Negotiated(chosen) => {
                let group = chosen.group.map(|g| format!(" {}", group_name(g))).unwrap_or_default();
                format!("negotiated {} {}{group}", chosen.version.name(), suite_name(chosen.suite))
            }
            Answer::Alert(number) => format!("alert {}", alert_name(*number)),
            Answer::Closed => "closed".into(),
            Answer::Reset => "reset".into(),
            Answer::Timeout => "timeout".into(),
            Answer::Http(status) => format!("HTTP {status} in clear"),
            Answer::Other(bytes) => format!("another protocol: {}", printable(bytes)),
            Answer::Garbled(what) => format!("malformed: {what}"),
            Answer::Unreachable(kind) => format!("not reachable: {kind}"),
        }
    }

    pub fn negotiated(&self) -> Option<&Chosen> {
        match self {
            Answer::Negotiated(chosen) => Some(chosen),
            _ => None,
        }
    }

    /// Whether the server spoke TLS at all.
    pub fn is_tls(&self) -> bool {
        matches!(self, Answer::Negotiated(_) | Answer::Alert(_))
    }
}

/// The first bytes of something, safe to show.
pub(crate) fn printable(bytes: &[u8]) -> String {
    bytes.iter().take(48).map(|b| if (0x20..0x7f).contains(b) { char::from(*b) } else { '.' }).collect()
}

/// Sends a hello and reads until the answer is clear. The stream's own time limit bounds it.
pub(crate) fn ask(stream: &mut Timed, hello: &Hello) -> Answer {
    // A server may answer and close before everything is written; what it said is still there to read.
    let _ = stream.write_all(&hello.record());
    let answer = Reader::default().read(stream, hello);
    if answer.negotiated().is_some() {
        // Politely: user_canceled, then close_notify (RFC 8446 §6.1), in clear since no keys exist.
        let _ = stream.write_all(&[21, 3, 3, 0, 2, 1, 90, 21, 3, 3, 0, 2, 1, 0]);
    }
    answer
}

/// Handshake bytes are read up to here. A ServerHello has some hundred.
const MOST_BYTES: usize = 64 << 10;

#[derive(Default)]
struct Reader {
    raw: Vec<u8>,
    handshake: Vec<u8>,
    warning: Option<u8>,
}

/// What a step of reading brought.
enum Step {
    Done(Answer),
    /// Another whole record was taken.
    More,
    /// More bytes are needed.
    Starved,
}

impl Reader {
    fn read(mut self, stream: &mut Timed, hello: &Hello) -> Answer {
        let mut chunk = [0; 4096];
        loop {
            loop {
                match self.step(hello) {
                    Step::Done(answer) => return answer,
                    Step::More => {}
                    Step::Starved => break,
                }
            }
            match stream.read(&mut chunk) {
                Ok(0) => return self.ended(Answer::Closed),
                Ok(n) => self.raw.extend(&chunk[..n]),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return self.ended(of_error(e.kind())),
            }
            if self.raw.len() + self.handshake.len() > MOST_BYTES {
                return Answer::Garbled("64 KiB without a ServerHello");
            }
        }
    }

    /// What to say when nothing more comes.
    fn ended(&self, how: Answer) -> Answer {
        match (self.warning, self.raw.is_empty() || self.looks_like_tls()) {
            (_, false) => other(&self.raw),
            (Some(alert), true) => Answer::Alert(alert),
            (None, true) => how,
        }
    }

    /// The type of a record and the version's first byte; a shorter beginning may still become one.
    fn looks_like_tls(&self) -> bool {
        let kind_fits = self.raw.first().is_none_or(|kind| (20..=24).contains(kind));
        kind_fits && self.raw.get(1).is_none_or(|major| *major == 3)
    }

    fn step(&mut self, hello: &Hello) -> Step {
        if !self.looks_like_tls() {
            // Enough for the first line of HTTP; otherwise whatever comes until the end.
            return if self.raw.len() >= 16 || self.raw.contains(&b'\n') {
                Step::Done(other(&self.raw))
            } else {
                Step::Starved
            };
        }
        let [kind, _, _, high, low, ..] = self.raw[..] else { return Step::Starved };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let Some(body) = self.raw.get(5..5 + length).map(<[u8]>::to_vec) else { return Step::Starved };
        self.raw.drain(..5 + length);
        match kind {
            21 => self.alert(&body),
            22 => {
                self.handshake.extend(body);
                self.server_hello(hello)
            }
            // A compatibility record of TLS 1.3 (RFC 8446 §D.4) may stand before anything.
            20 => Step::More,
            _ => Step::Done(Answer::Garbled("application data before a ServerHello")),
        }
    }

    /// A fatal alert ends; a warning is remembered, and what follows decides. Old servers send `unrecognized_name` as a warning and go on.
    fn alert(&mut self, body: &[u8]) -> Step {
        let [level, number] = body[..] else { return Step::Done(Answer::Garbled("an alert that is not two bytes")) };
        if level == 1 && number != 0 {
            self.warning = Some(number);
            return Step::More;
        }
        Step::Done(if number == 0 { self.ended(Answer::Closed) } else { Answer::Alert(number) })
    }

    fn server_hello(&mut self, hello: &Hello) -> Step {
        match self.handshake.first() {
            None => return Step::More,
            Some(2) => {}
            // An echo server sends our own ClientHello back.
            Some(1) => return Step::Done(other(&self.handshake)),
            Some(_) => return Step::Done(Answer::Garbled("a handshake message that is no ServerHello")),
        }
        let Some(&[high, mid, low]) = self.handshake.get(1..4).and_then(|l| l.first_chunk::<3>()) else {
            return Step::More;
        };
        let length = usize::from(high) << 16 | usize::from(mid) << 8 | usize::from(low);
        if length > MOST_BYTES {
            return Step::Done(Answer::Garbled("a ServerHello of more than 64 KiB"));
        }
        let Some(body) = self.handshake.get(4..4 + length) else { return Step::More };
        Step::Done(match chosen(body, hello) {
            Ok(chosen) => Answer::Negotiated(chosen),
            Err(what) => Answer::Garbled(what),
        })
    }
}

fn of_error(kind: ErrorKind) -> Answer {
    match kind {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Answer::Timeout,
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => Answer::Reset,
        kind => Answer::Unreachable(kind),
    }
}

/// Something that is not TLS: HTTP by its status line, else the first bytes.
pub(crate) fn other(bytes: &[u8]) -> Answer {
    match http_status(bytes) {
        Some(status) => Answer::Http(status),
        None => Answer::Other(bytes.iter().take(48).copied().collect()),
    }
}

/// The status of an HTTP/1 answer that begins here.
pub(crate) fn http_status(bytes: &[u8]) -> Option<u16> {
    let line = bytes.strip_prefix(b"HTTP/1.")?;
    std::str::from_utf8(line.get(2..5)?).ok()?.parse().ok()
}

/// The random value by which a HelloRetryRequest is told from a ServerHello (RFC 8446 §4.1.3): SHA-256 of "HelloRetryRequest".
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// Reads the body of a ServerHello and holds it to the hello that it answers: a choice that was not offered is no negotiation.
pub(crate) fn chosen(body: &[u8], hello: &Hello) -> Result<Chosen, &'static str> {
    const SHORT: &str = "a ServerHello that ends too early";
    let mut at = Bytes(body);
    let legacy = at.number().ok_or(SHORT)?;
    let random = at.take(32).ok_or(SHORT)?;
    at.vector8().ok_or(SHORT)?;
    let suite = at.number().ok_or(SHORT)?;
    if at.take(1).ok_or(SHORT)? != [0] {
        return Err("a compression method that was not offered");
    }
    let mut found =
        Chosen { version: TlsVersion::Ssl30, suite, group: None, retry: random == RETRY, secure_renegotiation: false };
    let mut wire = legacy;
    // SSL 3.0 and old TLS servers send no extensions at all.
    let mut extensions = if at.0.is_empty() { Bytes(&[]) } else { Bytes(at.vector16().ok_or(SHORT)?) };
    while !extensions.0.is_empty() {
        let number = extensions.number().ok_or(SHORT)?;
        let mut content = Bytes(extensions.vector16().ok_or(SHORT)?);
        match number {
            43 => wire = content.number().ok_or(SHORT)?,
            51 => found.group = Some(content.number().ok_or(SHORT)?),
            0xff01 => found.secure_renegotiation = true,
            _ => {}
        }
    }
    found.version = TlsVersion::from_wire(wire).ok_or("a version that does not exist")?;
    let (lowest, highest) = hello.offers();
    if found.version > highest || (hello.versions.is_empty() && found.version == TlsVersion::Tls13) {
        return Err("a version above the offered one");
    }
    // A version below the lowest offered is still one that the server would take: it is kept.
    if !hello.suites.contains(&suite) {
        return Err("a suite that was not offered");
    }
    if found.version == TlsVersion::Tls13 {
        let group = found.group.ok_or("TLS 1.3 without a group")?;
        if !hello.groups.contains(&group) {
            return Err("a group that was not offered");
        }
    } else if lowest == TlsVersion::Tls13 {
        return Err("a version that was not offered");
    }
    Ok(found)
}

/// A bounded reader over bytes.
pub(crate) struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    pub fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn number(&mut self) -> Option<u16> {
        self.take(2)?.first_chunk().map(|b| u16::from_be_bytes(*b))
    }

    pub fn vector8(&mut self) -> Option<&'a [u8]> {
        let length = *self.take(1)?.first()?;
        self.take(length.into())
    }

    pub fn vector16(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(length.into())
    }
}
