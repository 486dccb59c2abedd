//! Connections with a deadline, and the network in which they are opened: the service's own, seen from inside.

use crate::recorder::{Recorder, Talk};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A network to probe in. The sandboxed service's, a pod's, or this machine's own.
pub trait Network: Sync {
    /// Opens a blocking TCP connection.
    fn connect(&self, to: SocketAddr, within: Duration) -> io::Result<TcpStream>;
    /// Opens a listener in the same network, for canaries.
    fn listen(&self, on: SocketAddr) -> io::Result<TcpListener>;
    /// A UDP socket in the same network.
    fn udp(&self, on: SocketAddr) -> io::Result<UdpSocket>;

    /// Keeps what is said.
    fn recorder(&self) -> Option<&Arc<Recorder>> {
        None
    }
}

/// The network that this process is in.
pub struct Direct;

impl Network for Direct {
    fn connect(&self, to: SocketAddr, within: Duration) -> io::Result<TcpStream> {
        TcpStream::connect_timeout(&to, within)
    }

    fn listen(&self, on: SocketAddr) -> io::Result<TcpListener> {
        TcpListener::bind(on)
    }

    fn udp(&self, on: SocketAddr) -> io::Result<UdpSocket> {
        UdpSocket::bind(on)
    }
}

/// A connection that ends at a moment, whatever comes in: a byte a second does not prolong it.
pub(crate) struct Timed {
    stream: TcpStream,
    until: Instant,
    talk: Option<Talk>,
}

impl Timed {
    pub fn new(stream: TcpStream, within: Duration) -> Timed {
        // A hello is one small packet: waiting for more to send with it would only cost time.
        let _ = stream.set_nodelay(true);
        Timed { stream, until: Instant::now() + within, talk: None }
    }

    /// Keeps what goes over it.
    pub fn recorded(mut self, talk: Option<Talk>) -> Timed {
        self.talk = talk;
        self
    }

    /// What is left, never zero: a zero time-out means none (std::net).
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }

    /// Ends earlier, at most this long from now.
    pub fn shorten(&mut self, within: Duration) {
        self.until = self.until.min(Instant::now() + within);
    }

    /// Reads until `enough` is content, the peer ends, time is up, or there are `most` bytes; errors end it quietly.
    pub fn read_until(&mut self, most: usize, enough: impl Fn(&[u8]) -> bool) -> (Vec<u8>, Option<ErrorKind>) {
        let (mut all, mut chunk) = (Vec::new(), [0; 4096]);
        while all.len() < most && !enough(&all) {
            match self.read(&mut chunk) {
                Ok(0) => return (all, Some(ErrorKind::UnexpectedEof)),
                Ok(n) => all.extend(&chunk[..n]),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return (all, Some(e.kind())),
            }
        }
        (all, None)
    }
}

impl Read for Timed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        let count = self.stream.read(into)?;
        if let Some(talk) = &mut self.talk {
            talk.received(into.get(..count).unwrap_or_default());
        }
        Ok(count)
    }
}

impl Write for Timed {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        let count = self.stream.write(from)?;
        if let Some(talk) = &mut self.talk {
            talk.sent(from.get(..count).unwrap_or_default());
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
