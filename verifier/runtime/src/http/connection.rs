//! One connection: plain or TLS, used for one request after the other, never waiting past its deadline.

use super::answer::{Answer, Reader};
use super::call::Call;
use super::secure::Secure;
use super::{Bounds, Failure};
use crate::recorder::{Over, Recorder, Talk};
use rustls::ClientConnection;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Opens connections.
pub trait Dial: Sync {
    fn dial(&self, addr: SocketAddr, timeout: Duration) -> io::Result<TcpStream>;

    /// Keeps what is said.
    fn recorder(&self) -> Option<&Arc<Recorder>> {
        None
    }
}

/// A stream whose every read and write ends at one deadline: a peer that sends a byte a second cannot stretch it.
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Duration> {
        match self.deadline.checked_duration_since(Instant::now()) {
            // Zero would mean no time-out at all (std::net::TcpStream::set_read_timeout).
            Some(left) if !left.is_zero() => Ok(left),
            _ => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// A connection to an HTTP/1.1 server.
pub struct Connection {
    stream: Timed,
    tls: Option<Box<ClientConnection>>,
    /// Bytes that came after the last answer.
    ahead: Vec<u8>,
    bounds: Bounds,
    usable: bool,
    talk: Option<Talk>,
}

impl Connection {
    pub(super) fn open(
        dial: &dyn Dial,
        addr: SocketAddr,
        secure: Option<&Secure>,
        timeout: Duration,
    ) -> Result<Connection, Failure> {
        let deadline = Instant::now() + timeout;
        let stream = dial.dial(addr, timeout).map_err(|e| Failure::from_io(&e))?;
        stream.set_nodelay(true).map_err(|e| Failure::from_io(&e))?;
        let tls = secure.map(Secure::begin).transpose().map_err(Failure::Handshake)?.map(Box::new);
        let mut connection = Connection {
            stream: Timed { stream, deadline },
            tls,
            ahead: Vec::new(),
            bounds: Bounds::default(),
            usable: true,
            talk: dial.recorder().map(|r| r.talk(addr, if secure.is_some() { Over::Https } else { Over::Http })),
        };
        connection.handshake()?;
        Ok(connection)
    }

    fn handshake(&mut self) -> Result<(), Failure> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        while tls.is_handshaking() {
            tls.complete_io(&mut self.stream).map_err(|e| handshake_failure(&e))?;
        }
        Ok(())
    }

    /// Whether another request can be sent on it.
    pub fn is_usable(&self) -> bool {
        self.usable
    }

    /// Sends a request and reads its answer, within the time.
    pub fn ask(&mut self, call: &Call, timeout: Duration) -> Result<Answer, Failure> {
        self.ask_in_two(call, Duration::ZERO, timeout)
    }

    /// The same, with a pause in the middle of the request.
    pub fn ask_in_two(&mut self, call: &Call, pause: Duration, timeout: Duration) -> Result<Answer, Failure> {
        let (started, wall) = (Instant::now(), SystemTime::now());
        self.stream.deadline = started + timeout;
        // Until the answer is whole, nothing else can be read from here.
        self.usable = false;
        if let Some(talk) = &mut self.talk {
            talk.turn();
        }
        let sent = call.bytes();
        // A server may answer and close before it has read everything (431, 413): what it said is read all the same.
        let written = self.write_parts(&sent, pause);
        let mut reader = Reader::new(std::mem::take(&mut self.ahead), self.bounds, call.method() == "HEAD");
        let answer = reader.answer(&mut |buffer| self.read(buffer));
        let mut answer = match (answer, written) {
            (Ok(answer), _) => answer,
            (Err(Failure::Closed), Err(error)) => return Err(Failure::from_io(&error)),
            (Err(failure), _) => return Err(failure),
        };
        self.usable = answer.keeps_open();
        self.ahead = reader.rest();
        answer.sent = sent;
        answer.sent_at = wall;
        answer.received_at = SystemTime::now();
        answer.took = started.elapsed();
        Ok(answer)
    }

    /// Sends bytes as they are: for requests that no client library would send.
    pub fn send(&mut self, bytes: &[u8], timeout: Duration) -> io::Result<()> {
        self.stream.deadline = Instant::now() + timeout;
        self.usable = false;
        self.write_all(bytes)
    }

    /// Reads whatever comes, at most `most` bytes, until the peer closes or the time is over.
    pub fn drain(&mut self, most: usize, timeout: Duration) -> Vec<u8> {
        self.stream.deadline = Instant::now() + timeout;
        let mut all = std::mem::take(&mut self.ahead);
        let mut buffer = [0; 4096];
        while all.len() < most {
            match self.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(count) => all.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            }
        }
        all
    }

    fn write_parts(&mut self, bytes: &[u8], pause: Duration) -> io::Result<()> {
        if pause.is_zero() {
            return self.write_all(bytes);
        }
        let (first, second) = bytes.split_at(bytes.len() / 2);
        self.write_all(first)?;
        std::thread::sleep(pause);
        self.write_all(second)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(talk) = &mut self.talk {
            talk.sent(bytes);
        }
        match &mut self.tls {
            None => self.stream.write_all(bytes),
            Some(tls) => {
                let mut stream = rustls::Stream::new(tls.as_mut(), &mut self.stream);
                stream.write_all(bytes)?;
                stream.flush()
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.read_decrypted(buffer)?;
        if let Some(talk) = &mut self.talk {
            talk.received(buffer.get(..count).unwrap_or_default());
        }
        Ok(count)
    }

    fn read_decrypted(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            None => self.stream.read(buffer),
            Some(tls) => match rustls::Stream::new(tls.as_mut(), &mut self.stream).read(buffer) {
                // A peer that closes without close_notify ends the stream; whether something is missing, the framing says.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
                other => other,
            },
        }
    }
}

fn handshake_failure(error: &io::Error) -> Failure {
    match Failure::from_io(error) {
        Failure::Unreachable(detail) => Failure::Handshake(detail),
        Failure::Cut => Failure::Handshake("closed during the handshake".into()),
        other => other,
    }
}
