//! Asks UDP sockets whether they speak QUIC: version negotiation first, then a real Initial packet with a ClientHello (RFC 9000, RFC 9001).

use super::answer::{Answer, Bytes, Chosen, chosen};
use super::hello::{Hello, Share};
use super::interview::Asker;
use super::numbers::random;
use super::stream::Network;
use crate::recorder::{Over, Recorder};
use assize_facts::TlsVersion;
use rustls::Side;
use rustls::quic::{Keys, Version};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a UDP socket answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quic {
    /// The answer inside an Initial packet, decrypted with keys that only a QUIC server derives; `Timeout` where there was none.
    pub initial: Answer,
    /// Versions of a version negotiation packet that mirrors our connection identifiers.
    pub versions: Option<Vec<u32>>,
    /// The beginning of a datagram that is no QUIC.
    pub other: Option<Vec<u8>>,
}

impl Quic {
    /// Whether a QUIC server answered an Initial packet: its TLS is 1.3 or newer (RFC 9001 §4.2).
    pub fn speaks(&self) -> bool {
        self.initial.is_tls()
    }

    pub fn said(&self) -> Vec<String> {
        let mut said = vec![format!("QUIC Initial: {}", self.initial.shown())];
        if let Some(versions) = &self.versions {
            let list: Vec<String> = versions.iter().map(|v| format!("{v:#010x}")).collect();
            said.push(format!("QUIC versions: {}", list.join(" ")));
        }
        if let Some(bytes) = &self.other {
            said.push(format!("datagram: {}", super::answer::printable(bytes)));
        }
        said
    }
}

/// Every client datagram with an Initial packet has at least this size (RFC 9000 §14.1).
const DATAGRAM: usize = 1200;
const TRIES: u32 = 3;
const PATIENCE: Duration = Duration::from_millis(400);

/// A UDP address, asked by Initial packets.
pub(crate) struct QuicLine<'a> {
    pub network: &'a dyn Network,
    pub to: SocketAddr,
    pub until: Instant,
}

impl QuicLine<'_> {
    fn socket(&self) -> io::Result<Datagrams> {
        let from: IpAddr = if self.to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = self.network.udp(SocketAddr::new(from, 0))?;
        socket.connect(self.to)?;
        Ok(Datagrams { socket, to: self.to, recorder: self.network.recorder().cloned() })
    }

    /// Asks in every way and keeps what was answered.
    pub fn greet(&self, name: Option<&str>) -> Quic {
        let mut quic = Quic { initial: Answer::Timeout, versions: None, other: None };
        match self.socket() {
            Ok(socket) => negotiate_version(&socket, &mut quic),
            Err(e) => quic.initial = Answer::Unreachable(e.kind()),
        }
        // Servers may ignore reserved versions (RFC 9000 §6.1 lets them limit it): the Initial is sent in any case.
        if quic.initial == Answer::Timeout {
            quic.initial = self.ask(&Hello::tls13(name));
        }
        quic
    }
}

impl Asker for QuicLine<'_> {
    fn ask(&self, hello: &Hello) -> Answer {
        for version in [Version::V1, Version::V2] {
            if Instant::now() >= self.until {
                return Answer::Timeout;
            }
            match self.socket() {
                Ok(socket) => match initial(&socket, version, hello) {
                    Answer::Timeout => {}
                    answer => return answer,
                },
                Err(e) => return Answer::Unreachable(e.kind()),
            }
        }
        Answer::Timeout
    }
}

/// 0x?a?a?a?a is reserved for this (RFC 9000 §15): no server speaks it, and a server answers with what it speaks.
fn negotiate_version(socket: &Datagrams, quic: &mut Quic) {
    for _ in 0..TRIES {
        let (probe, ids) = (random::<8>(), random::<8>());
        match exchange(socket, &reserved(&probe, &ids)) {
            Ok(Some(answer)) => {
                quic.versions = negotiation(&answer, &probe, &ids);
                if quic.versions.is_none() {
                    quic.other = Some(answer.into_iter().take(48).collect());
                }
                return;
            }
            Ok(None) => {}
            // An ICMP "port unreachable" comes back as a refused connection.
            Err(e) => {
                quic.initial = Answer::Unreachable(e.kind());
                return;
            }
        }
    }
}

/// A socket that keeps what goes over it.
struct Datagrams {
    socket: UdpSocket,
    to: SocketAddr,
    recorder: Option<Arc<Recorder>>,
}

fn exchange(socket: &Datagrams, datagram: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut talk = socket.recorder.as_ref().map(|recorder| recorder.talk(socket.to, Over::Udp));
    let socket = &socket.socket;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.send(datagram)?;
    if let Some(talk) = &mut talk {
        talk.sent(datagram);
    }
    let mut answer = vec![0; 2048];
    match socket.recv(&mut answer) {
        Ok(n) => {
            answer.truncate(n);
            if let Some(talk) = &mut talk {
                talk.received(&answer);
            }
            Ok(Some(answer))
        }
        Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(None),
        Err(e) => Err(e),
    }
}

/// A long header with a reserved version, padded.
fn reserved(destination: &[u8; 8], source: &[u8; 8]) -> Vec<u8> {
    let mut packet = vec![0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8];
    packet.extend(destination);
    packet.push(8);
    packet.extend(source);
    packet.resize(DATAGRAM, 0);
    packet
}

/// The versions of a version negotiation packet that answers ours (RFC 9000 §17.2.1).
fn negotiation(packet: &[u8], our_destination: &[u8], our_source: &[u8]) -> Option<Vec<u32>> {
    let mut at = Bytes(packet);
    let first = *at.take(1)?.first()?;
    let version = at.take(4)?;
    let mirrored = at.vector8()? == our_source && at.vector8()? == our_destination;
    if first & 0x80 == 0 || version != [0; 4] || !mirrored || at.0.is_empty() || at.0.len() % 4 != 0 {
        return None;
    }
    Some(at.0.chunks_exact(4).filter_map(|v| v.first_chunk()).map(|v| u32::from_be_bytes(*v)).collect())
}

/// Protocols over QUIC: a server refuses a client that offers none of its own.
const ALPN: [&str; 4] = ["h3", "doq", "hq-interop", "h3-29"];

/// Sends an Initial packet with the hello and reads what the server says in its own.
fn initial(socket: &Datagrams, version: Version, hello: &Hello) -> Answer {
    let (destination, source) = (random::<8>(), random::<8>());
    let keys = initial_keys(version, &destination);
    // A datagram has no room for a post-quantum share; a server that wants one asks for it.
    let share = hello.share.map(|s| if s == Share::Usual { Share::X25519 } else { s });
    let hello = Hello { quic_parameters: Some(parameters(&source)), alpn: ALPN.to_vec(), share, ..hello.clone() };
    let Some(packet) = seal(version, &keys, &destination, &source, &hello.message()) else {
        return Answer::Garbled("a hello too large for a datagram");
    };
    for _ in 0..TRIES {
        match exchange(socket, &packet) {
            Ok(Some(answer)) => match open(version, &keys, &answer) {
                Some(plain) => return read(&plain, &hello),
                None => continue,
            },
            Ok(None) => continue,
            Err(e) => return Answer::Unreachable(e.kind()),
        }
    }
    Answer::Timeout
}

/// The answer in the frames of a server's Initial packet.
fn read(plain: &[u8], hello: &Hello) -> Answer {
    match frames(plain) {
        Frames { alert: Some(alert), .. } => Answer::Alert(alert),
        Frames { crypto, .. } if crypto.is_empty() => Answer::Garbled("an Initial packet without a ServerHello"),
        Frames { crypto, .. } => match server_hello(&crypto, hello) {
            Some(found) => Answer::Negotiated(found),
            None => Answer::Garbled("an Initial packet with another message than a ServerHello"),
        },
    }
}

fn server_hello(crypto: &[u8], hello: &Hello) -> Option<Chosen> {
    let [2, a, b, c, rest @ ..] = crypto else { return None };
    let body = rest.get(..usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c))?;
    chosen(body, hello).ok().filter(|c| c.version == TlsVersion::Tls13)
}

fn initial_keys(version: Version, destination: &[u8]) -> Keys {
    // RFC 9001 §5.2: Initial packets always use AES-128-GCM and SHA-256.
    let suite = match rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256 {
        rustls::SupportedCipherSuite::Tls13(suite) => suite.quic_suite(),
        _ => None,
    };
    suite.expect("the provider has AES-128-GCM for QUIC").keys(destination, Side::Client, version)
}

fn version_number(version: Version) -> [u8; 4] {
    match version {
        Version::V2 => [0x6b, 0x33, 0x43, 0xcf],
        _ => [0, 0, 0, 1],
    }
}

/// The bits of an Initial's type: version 2 renumbered them (RFC 9369 §3.2).
fn initial_type(version: Version) -> u8 {
    if matches!(version, Version::V2) { 0b01 } else { 0b00 }
}

/// `initial_source_connection_id` and the limits without which a server would have nothing to say.
fn parameters(source: &[u8; 8]) -> Vec<u8> {
    let mut all = vec![0x0f, 8];
    all.extend(source);
    // initial_max_data, initial_max_stream_data_bidi_local, initial_max_streams_bidi, max_idle_timeout
    for (id, value) in [(0x04, 0x4000_u16), (0x05, 0x4000), (0x08, 0x0010), (0x01, 0x1000)] {
        all.extend([id, 2]);
        all.extend((0x4000 | (value & 0x3fff)).to_be_bytes());
    }
    all
}

/// One Initial packet with a CRYPTO frame, padded to a whole datagram and protected.
fn seal(version: Version, keys: &Keys, destination: &[u8; 8], source: &[u8; 8], message: &[u8]) -> Option<Vec<u8>> {
    let mut header = vec![0xc0 | initial_type(version) << 4 | 0b01];
    header.extend(version_number(version));
    header.push(8);
    header.extend(destination);
    header.push(8);
    header.extend(source);
    header.push(0); // no token
    let number_at = header.len() + 2;
    let mut payload = vec![0x06, 0];
    payload.extend((0x4000 | message.len() as u16).to_be_bytes());
    payload.extend(message);
    let tag = keys.local.packet.tag_len();
    let room = DATAGRAM.checked_sub(number_at + 2 + tag)?;
    payload.resize(room.max(payload.len()), 0); // PADDING frames
    let length = 2 + payload.len() + tag;
    header.extend((0x4000 | length as u16).to_be_bytes());
    header.extend([0, 0]); // packet number 0 in two bytes
    let sealed = keys.local.packet.encrypt_in_place(0, &header, &mut payload).ok()?;
    let mut packet = header;
    packet.extend(payload);
    packet.extend(sealed.as_ref());
    let (head, rest) = packet.split_at_mut(number_at);
    let (number, after) = rest.split_at_mut(2);
    // The sample begins four bytes after the packet number's first (RFC 9001 §5.4.2).
    let sample = after.get(2..2 + keys.local.header.sample_len())?.to_vec();
    keys.local.header.encrypt_in_place(&sample, head.first_mut()?, number).ok()?;
    Some(packet)
}

/// Unprotects the first packet of a datagram as the server's Initial and returns its frames.
fn open(version: Version, keys: &Keys, datagram: &[u8]) -> Option<Vec<u8>> {
    let mut at = Bytes(datagram);
    let first = *at.take(1)?.first()?;
    if first & 0x80 == 0 || first >> 4 & 0b11 != initial_type(version) || at.take(4)? != version_number(version) {
        return None;
    }
    at.vector8()?;
    at.vector8()?;
    let token = usize::try_from(variable(&mut at)?).ok()?;
    at.take(token)?;
    let length = usize::try_from(variable(&mut at)?).ok()?;
    let number_at = datagram.len() - at.0.len();
    let mut packet = datagram.get(..number_at.checked_add(length)?)?.to_vec();
    let sample = packet.get(number_at + 4..number_at + 4 + keys.remote.header.sample_len())?.to_vec();
    let (head, rest) = packet.split_at_mut(number_at);
    let (number, _) = rest.split_at_mut_checked(4)?;
    keys.remote.header.decrypt_in_place(&sample, head.first_mut()?, number).ok()?;
    let bytes = usize::from(head.first()? & 0b11) + 1;
    let value = number.get(..bytes)?.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
    let (header, payload) = packet.split_at_mut_checked(number_at + bytes)?;
    keys.remote.packet.decrypt_in_place(value, header, payload).ok().map(<[u8]>::to_vec)
}

/// What matters of an Initial packet's frames.
#[derive(Default)]
struct Frames {
    /// CRYPTO bytes in order from offset 0.
    crypto: Vec<u8>,
    /// The TLS alert of a CONNECTION_CLOSE (RFC 9001 §4.8: 0x0100 and the alert's number).
    alert: Option<u8>,
}

/// Reads frames (RFC 9000 §19) until one that cannot stand in an Initial packet.
fn frames(plain: &[u8]) -> Frames {
    let (mut at, mut found) = (Bytes(plain), Frames::default());
    while let Some(&[kind]) = at.take(1) {
        if frame(kind, &mut at, &mut found).is_none() {
            break;
        }
    }
    found
}

fn frame(kind: u8, at: &mut Bytes, found: &mut Frames) -> Option<()> {
    match kind {
        0 | 1 => {}
        2 | 3 => {
            variable(at)?;
            variable(at)?;
            let ranges = variable(at)?.min(64);
            variable(at)?;
            for _ in 0..ranges * 2 + if kind == 3 { 3 } else { 0 } {
                variable(at)?;
            }
        }
        6 => {
            let (offset, length) = (variable(at)?, usize::try_from(variable(at)?).ok()?);
            let content = at.take(length)?;
            if offset == found.crypto.len() as u64 {
                found.crypto.extend(content);
            }
        }
        0x1c => {
            let code = variable(at)?;
            found.alert = (0x100..0x200).contains(&code).then_some(code as u8);
            return None;
        }
        _ => return None,
    }
    Some(())
}

/// A variable-length integer (RFC 9000 §16).
fn variable(at: &mut Bytes) -> Option<u64> {
    let first = *at.take(1)?.first()?;
    let rest = at.take((1 << (first >> 6)) - 1)?;
    Some(rest.iter().fold(u64::from(first & 0x3f), |n, b| n << 8 | u64::from(*b)))
}

#[cfg(test)]
mod tests {
    use super::super::scene::Scene;
    use super::super::stream::Direct;
    use super::*;
    use rustls::pki_types::PrivateKeyDer;
    use std::sync::Arc;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("digits")).collect()
    }

    #[test]
    fn the_servers_initial_of_the_rfc_is_read() {
        // RFC 9001 §A.1 and §A.3.
        let keys = initial_keys(Version::V1, &bytes("8394c8f03e515708"));
        let packet = bytes(concat!(
            "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5e",
            "de4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d",
            "06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee"
        ));
        let plain = open(Version::V1, &keys, &packet).expect("a packet that the keys open");
        let found = server_hello(&frames(&plain).crypto, &Hello::tls13(None)).expect("a ServerHello");
        assert_eq!((found.version, found.suite, found.group), (TlsVersion::Tls13, 0x1301, Some(29)));
        let mut changed = packet;
        changed[60] ^= 1;
        assert!(open(Version::V1, &keys, &changed).is_none());
    }

    /// A QUIC server as far as its first packet: the TLS is that of the library.
    fn server(config: rustls::ServerConfig) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let address = socket.local_addr().expect("its address");
        let config = Arc::new(config);
        std::thread::spawn(move || {
            let mut datagram = [0; 2048];
            while let Ok((n, from)) = socket.recv_from(&mut datagram) {
                if let Some(answer) = reply(&config, &datagram[..n]) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        address
    }

    fn reply(config: &Arc<rustls::ServerConfig>, datagram: &[u8]) -> Option<Vec<u8>> {
        let (destination, source) = (datagram.get(6..14)?, datagram.get(15..23)?);
        if datagram[1..5] == [0x1a, 0x2a, 0x3a, 0x4a] {
            let ids = [&[0xc0, 0, 0, 0, 0, 8][..], source, &[8], destination].concat();
            return Some([ids, vec![0, 0, 0, 1]].concat());
        }
        if datagram.get(1..5)? != [0, 0, 0, 1] {
            return None;
        }
        let suite = match rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256 {
            rustls::SupportedCipherSuite::Tls13(suite) => suite.quic_suite()?,
            _ => return None,
        };
        let keys = suite.keys(destination, Side::Server, Version::V1);
        let hello = frames(&open(Version::V1, &keys, datagram)?).crypto;
        let mut tls = rustls::quic::ServerConnection::new(config.clone(), rustls::quic::Version::V1, vec![]).ok()?;
        let payload = match tls.read_hs(&hello) {
            Ok(()) => {
                let mut crypto = Vec::new();
                tls.write_hs(&mut crypto);
                crypto
            }
            Err(_) => return close(&keys, source, u8::from(tls.alert()?)),
        };
        seal(Version::V1, &keys, source.try_into().ok()?, &[7; 8], &payload)
    }

    /// CONNECTION_CLOSE with a TLS alert, in the place of the CRYPTO frame that [`seal`] writes.
    fn close(keys: &Keys, source: &[u8], alert: u8) -> Option<Vec<u8>> {
        // A padding byte, then the frame: `seal` puts six bytes of CRYPTO header before it, which stay empty.
        let frame = [0x1c, 0x41, alert, 0, 0];
        let mut packet_payload = frame.to_vec();
        packet_payload.resize(1100, 0);
        let mut header = vec![0xc1, 0, 0, 0, 1, 8];
        header.extend(source);
        header.push(0);
        header.push(0);
        let number_at = header.len() + 2;
        header.extend((0x4000 | (2 + 1100 + 16) as u16).to_be_bytes());
        header.extend([0, 0]);
        let tag = keys.local.packet.encrypt_in_place(0, &header, &mut packet_payload).ok()?;
        let mut packet = [header, packet_payload, tag.as_ref().to_vec()].concat();
        let sample = packet[number_at + 4..number_at + 20].to_vec();
        let (head, rest) = packet.split_at_mut(number_at);
        keys.local.header.encrypt_in_place(&sample, &mut head[0], &mut rest[..2]).ok()?;
        Some(packet)
    }

    fn config(groups: Vec<&'static dyn rustls::crypto::SupportedKxGroup>) -> rustls::ServerConfig {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_string()]).expect("a certificate");
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
        let provider =
            rustls::crypto::CryptoProvider { kx_groups: groups, ..rustls::crypto::aws_lc_rs::default_provider() };
        let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .and_then(|b| b.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key))
            .expect("a configuration");
        config.alpn_protocols = vec![b"h3".to_vec()];
        config
    }

    #[test]
    fn a_quic_server_is_told_with_its_groups() {
        use rustls::crypto::aws_lc_rs::kx_group::{SECP256R1, X25519};
        let address = server(config(vec![X25519, SECP256R1]));
        let until = Instant::now() + Scene::new(&Direct, || Ok(vec![])).budget;
        let line = QuicLine { network: &Direct, to: address, until };
        let quic = line.greet(Some("localhost"));
        assert!(quic.speaks(), "{quic:?}");
        assert_eq!(quic.versions, Some(vec![1]));
        let groups = super::super::interview::groups13(&line, Some("localhost"), true);
        assert_eq!((groups.accepted, groups.open), (vec!["P256".to_string(), "X25519".to_string()], vec![]));
    }
}
