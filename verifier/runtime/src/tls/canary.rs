//! The prober's own servers, one per version, in the same network: before a version counts as refused, the prober has shown that it can negotiate it there.

use super::answer::{Answer, Bytes, ask};
use super::hello::Hello;
use super::numbers::{PROTOCOL_VERSION, random};
use super::stream::{Network, Timed};
use assize_facts::TlsVersion;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the canaries showed.
#[derive(Clone, Debug, Default)]
pub struct Canary {
    /// Versions that did not work, with what happened; a version that is missing was not tried.
    failed: BTreeMap<TlsVersion, String>,
    proven: Vec<TlsVersion>,
    /// Whether a refusal by `protocol_version` was read as one.
    refusal: bool,
}

const PATIENCE: Duration = Duration::from_secs(3);

impl Canary {
    /// Starts the servers on a loopback address of the network and negotiates with each.
    pub fn prove(network: &dyn Network, ip: IpAddr) -> Canary {
        let mut canary = Canary::default();
        let outcome = network.listen(SocketAddr::new(ip, 0)).and_then(|listener| {
            let to = listener.local_addr()?;
            let config = rustls_configs();
            std::thread::scope(|threads| {
                let serving = threads.spawn(|| serve(&listener, &config));
                canary.question(network, to);
                let _ = serving.join();
            });
            Ok(())
        });
        if let Err(e) = outcome {
            for version in TlsVersion::ALL {
                canary.failed.entry(version).or_insert_with(|| format!("no listener: {}", e.kind()));
            }
        }
        canary
    }

    fn question(&mut self, network: &dyn Network, to: SocketAddr) {
        let ask_canary = |hello: &Hello| match network.connect(to, PATIENCE) {
            Ok(stream) => ask(&mut Timed::new(stream, PATIENCE), hello),
            Err(e) => Answer::Unreachable(e.kind()),
        };
        // In the order of `serve`.
        self.refusal = ask_canary(&Hello::broad(TlsVersion::Tls12, None)) == Answer::Alert(PROTOCOL_VERSION);
        for version in TlsVersion::ALL {
            for hello in hellos(version) {
                match ask_canary(&hello) {
                    Answer::Negotiated(chosen) if chosen.version == version => {}
                    other => {
                        self.failed.insert(version, other.shown());
                    }
                }
            }
            if !self.failed.contains_key(&version) {
                self.proven.push(version);
            }
        }
    }

    /// Why a refusal of the version would prove nothing; `None` where the prober has shown that it speaks it.
    pub fn doubt(&self, version: TlsVersion) -> Option<String> {
        if let Some(what) = self.failed.get(&version) {
            return Some(format!("the prober's own {} server: {what}", version.name()));
        }
        match self.proven.contains(&version) && self.refusal {
            true => None,
            false => Some("the prober's own servers were not asked".into()),
        }
    }

    /// Versions that the prober has shown to speak in that network.
    pub fn proven(&self) -> &[TlsVersion] {
        &self.proven
    }
}

/// The hellos that each canary must take: those that are sent to the service.
fn hellos(version: TlsVersion) -> Vec<Hello> {
    match version {
        TlsVersion::Tls13 => vec![Hello::tls13(Some("localhost"))],
        TlsVersion::Ssl30 => vec![Hello::broad(version, None)],
        _ => vec![Hello::broad(version, Some("localhost")), Hello::modest(version, None)],
    }
}

/// Answers one connection after the other; a prober that does not come ends it.
fn serve(listener: &TcpListener, config: &Result<[Arc<ServerConfig>; 2], String>) {
    let _ = listener.set_nonblocking(true);
    let until = Instant::now() + PATIENCE * 4;
    let Some(first) = accept(listener, until) else { return };
    let _ = refuse(Timed::new(first, PATIENCE));
    for version in TlsVersion::ALL {
        for _ in hellos(version) {
            let Some(stream) = accept(listener, until) else { return };
            let mut stream = Timed::new(stream, PATIENCE);
            match (version, config) {
                (TlsVersion::Tls12, Ok([old, _])) => shake(old, &mut stream),
                (TlsVersion::Tls13, Ok([_, new])) => shake(new, &mut stream),
                (TlsVersion::Tls12 | TlsVersion::Tls13, Err(_)) => {}
                (old, _) => {
                    let _ = answer(&mut stream, old);
                }
            }
        }
    }
}

fn accept(listener: &TcpListener, until: Instant) -> Option<TcpStream> {
    while Instant::now() < until {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).ok()?;
                return Some(stream);
            }
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => std::thread::sleep(Duration::from_micros(200)),
            Err(_) => return None,
        }
    }
    None
}

/// TLS 1.2 only and TLS 1.3 only, with a key of this moment.
fn rustls_configs() -> Result<[Arc<ServerConfig>; 2], String> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_string()]).map_err(|e| e.to_string())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = |version: &'static rustls::SupportedProtocolVersion| {
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(str::to_string)?;
        let builder = ServerConfig::builder_with_provider(provider.clone());
        let builder = builder.with_protocol_versions(&[version]).map_err(|e| e.to_string())?;
        let chain = vec![made.cert.der().clone()];
        builder.with_no_client_auth().with_single_cert(chain, key).map(Arc::new).map_err(|e| e.to_string())
    };
    Ok([config(&rustls::version::TLS12)?, config(&rustls::version::TLS13)?])
}

fn shake(config: &Arc<ServerConfig>, stream: &mut Timed) {
    let Ok(mut connection) = ServerConnection::new(config.clone()) else { return };
    // The prober leaves after the ServerHello: the handshake ends in an error, as it should.
    while connection.is_handshaking() && connection.complete_io(stream).is_ok() {}
}

fn refuse(mut stream: Timed) -> std::io::Result<()> {
    read_hello(&mut stream)?;
    stream.write_all(&[21, 3, 3, 0, 2, 2, PROTOCOL_VERSION])
}

/// A ServerHello of an old version by our own bytes: enough to show that the hello was one of that version.
fn answer(stream: &mut Timed, version: TlsVersion) -> std::io::Result<()> {
    let message = read_hello(stream)?;
    let wire = version.wire().to_be_bytes();
    let suite = ClientHello::read(&message).filter(|hello| hello.version == version.wire()).and_then(|hello| {
        // RSA with AES-128 or 3DES and SHA-1: suites that every server of these versions has.
        [0x002f_u16, 0x000a].into_iter().find(|s| hello.suites.contains(s))
    });
    let Some(suite) = suite else { return stream.write_all(&[21, wire[0], wire[1], 0, 2, 2, 50]) };
    let mut body = wire.to_vec();
    body.extend(random::<32>());
    body.push(0);
    body.extend(suite.to_be_bytes());
    body.push(0);
    let mut record = vec![22, wire[0], wire[1], 0, body.len() as u8 + 4, 2, 0, 0, body.len() as u8];
    record.extend(body);
    stream.write_all(&record)
}

/// Reads one record with a ClientHello and returns its message.
fn read_hello(stream: &mut Timed) -> std::io::Result<Vec<u8>> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let mut message = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut message)?;
    Ok(message)
}

/// A ClientHello as a strict server reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClientHello {
    pub version: u16,
    pub suites: Vec<u16>,
    /// Extensions by number, with their bodies.
    pub extensions: BTreeMap<u16, Vec<u8>>,
}

impl ClientHello {
    /// `None` where a length does not add up, an extension is there twice or bytes are left.
    pub fn read(message: &[u8]) -> Option<ClientHello> {
        let [1, a, b, c, body @ ..] = message else { return None };
        if body.len() != usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c) {
            return None;
        }
        let mut at = Bytes(body);
        let mut hello = ClientHello { version: at.number()?, ..ClientHello::default() };
        at.take(32)?;
        if at.vector8()?.len() > 32 {
            return None;
        }
        let suites = at.vector16()?;
        hello.suites = suites.chunks_exact(2).filter_map(|s| s.first_chunk()).map(|s| u16::from_be_bytes(*s)).collect();
        if suites.len() % 2 != 0 || hello.suites.is_empty() || !at.vector8()?.contains(&0) {
            return None;
        }
        if at.0.is_empty() {
            return Some(hello);
        }
        let mut extensions = Bytes(at.vector16()?);
        while !extensions.0.is_empty() {
            let (number, content) = (extensions.number()?, extensions.vector16()?.to_vec());
            if hello.extensions.insert(number, content).is_some() {
                return None;
            }
        }
        at.0.is_empty().then_some(hello)
    }
}

#[cfg(test)]
mod tests {
    use super::super::stream::Direct;
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn the_prober_negotiates_every_version_with_its_own_servers() {
        let canary = Canary::prove(&Direct, Ipv4Addr::LOCALHOST.into());
        assert_eq!(canary.proven(), TlsVersion::ALL, "{canary:?}");
        assert!(TlsVersion::ALL.iter().all(|v| canary.doubt(*v).is_none()));
    }

    #[test]
    fn without_canaries_every_refusal_is_in_doubt() {
        /// A network in which nothing can listen.
        struct Deaf;
        impl Network for Deaf {
            fn connect(&self, _: SocketAddr, _: Duration) -> std::io::Result<TcpStream> {
                Err(std::io::ErrorKind::Unsupported.into())
            }
            fn listen(&self, _: SocketAddr) -> std::io::Result<TcpListener> {
                Err(std::io::ErrorKind::Unsupported.into())
            }
            fn udp(&self, _: SocketAddr) -> std::io::Result<std::net::UdpSocket> {
                Err(std::io::ErrorKind::Unsupported.into())
            }
        }
        let canary = Canary::prove(&Deaf, Ipv4Addr::LOCALHOST.into());
        assert!(TlsVersion::ALL.iter().all(|v| canary.doubt(*v).is_some()));
        assert!(TlsVersion::ALL.iter().all(|v| Canary::default().doubt(*v).is_some()));
    }

    #[test]
    fn hellos_are_well_formed_and_say_their_version() {
        for version in TlsVersion::ALL {
            for hello in hellos(version) {
                let read = ClientHello::read(&hello.message()).expect("a hello that a strict server reads");
                assert_eq!(read.version, version.wire().min(0x0303));
                assert_eq!(read.suites, hello.suites);
                assert_eq!(read.extensions.is_empty(), version == TlsVersion::Ssl30);
                assert_eq!(read.extensions.contains_key(&43), !hello.versions.is_empty());
                assert_eq!(read.extensions.contains_key(&51), version == TlsVersion::Tls13);
                let record = hello.record();
                assert_eq!(
                    (record[0], record.len()),
                    (22, 5 + usize::from(u16::from_be_bytes([record[3], record[4]])))
                );
            }
        }
    }
}
