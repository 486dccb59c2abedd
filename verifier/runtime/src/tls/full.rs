//! Whole handshakes by rustls, with a verifier that records the chain and what would have come of checking it, and the first application read.

use super::numbers::random;
use super::stream::Timed;
use assize_facts::TlsVersion;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind, RootCertStore, SignatureScheme};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How a handshake is made.
pub(crate) struct Manner<'a> {
    pub version: TlsVersion,
    pub server_name: Option<&'a str>,
    pub alpn: &'a [&'a str],
    /// PEM of the authorities that the deliverable declares for this endpoint.
    pub roots: Option<&'a [u8]>,
    /// PEM of a client certificate's chain and of its key.
    pub client: Option<(&'a [u8], &'a [u8])>,
}

/// Whether the chain leads to a declared authority for the name asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    Trusted,
    Refused(String),
    /// No authority is declared, or no name was asked.
    NotAsked,
}

/// What came over the connection first, after the handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FirstRead {
    Data,
    Alert(u8),
    Closed,
    Silence,
}

/// A finished handshake.
#[derive(Clone, Debug)]
pub(crate) struct Full {
    pub suite: u16,
    pub group: Option<u16>,
    pub alpn: Option<String>,
    /// DER, the server's own first.
    pub chain: Vec<Vec<u8>>,
    pub trust: Trust,
    pub client_asked: bool,
    pub resumed: bool,
    pub first_read: FirstRead,
}

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    Alert(u8),
    Closed,
    Reset,
    Timeout,
    Other(String),
}

impl Failed {
    pub fn shown(&self) -> String {
        match self {
            Failed::Alert(number) => format!("alert {}", super::numbers::alert_name(*number)),
            Failed::Closed => "closed".into(),
            Failed::Reset => "reset".into(),
            Failed::Timeout => "timeout".into(),
            Failed::Other(what) => what.clone(),
        }
    }
}

/// Keeps what is the same between handshakes, so that a second one can resume the first.
pub(crate) struct Client {
    config: Arc<ClientConfig>,
    seen: Arc<Recorder>,
    asked: Arc<ClientKey>,
    name: ServerName<'static>,
}

impl Client {
    pub fn new(manner: &Manner) -> Result<Client, String> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let roots = manner.roots.map(read_roots).transpose()?;
        let checker = match roots {
            Some(roots) if manner.server_name.is_some() && !roots.is_empty() => {
                let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
                Some(builder.build().map_err(|e| e.to_string())?)
            }
            _ => None,
        };
        let seen = Arc::new(Recorder { checker, provider: provider.clone(), last: Mutex::default() });
        let key = manner.client.map(|(chain, key)| read_key(chain, key, &provider)).transpose()?;
        let asked = Arc::new(ClientKey { key: key.map(Arc::new), asked: AtomicBool::new(false) });
        let version =
            if manner.version == TlsVersion::Tls12 { &rustls::version::TLS12 } else { &rustls::version::TLS13 };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .map_err(|e| e.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(seen.clone())
            .with_client_cert_resolver(asked.clone());
        config.alpn_protocols = manner.alpn.iter().map(|p| p.as_bytes().to_vec()).collect();
        config.enable_sni = manner.server_name.is_some();
        let name = manner.server_name.and_then(|n| ServerName::try_from(n.to_string()).ok());
        let nobody = ServerName::try_from("localhost").map_err(|e| e.to_string())?;
        Ok(Client { config: Arc::new(config), seen, asked, name: name.unwrap_or(nobody) })
    }

    /// Shakes hands; with `read`, asks for something over HTTP and waits that long for the first bytes.
    pub fn shake(&self, stream: &mut Timed, read: Option<Duration>) -> Result<Full, Failed> {
        let mut connection =
            ClientConnection::new(self.config.clone(), self.name.clone()).map_err(|e| Failed::Other(e.to_string()))?;
        while connection.is_handshaking() {
            match connection.complete_io(stream) {
                Ok((0, 0)) => return Err(Failed::Closed),
                Ok(_) => {}
                Err(e) => return Err(failed(&e)),
            }
        }
        let alpn = connection.alpn_protocol().map(|p| String::from_utf8_lossy(p).into_owned());
        let first_read = match read {
            Some(within) => {
                stream.shorten(within);
                first_read(&mut connection, stream, alpn.as_deref(), &self.name)
            }
            None => FirstRead::Silence,
        };
        connection.send_close_notify();
        let _ = connection.complete_io(stream);
        // A resumed handshake shows no certificate: rustls repeats the chain of the first one.
        let chain = connection.peer_certificates().unwrap_or_default().iter().map(|c| c.to_vec()).collect();
        Ok(Full {
            suite: connection.negotiated_cipher_suite().map_or(0, |s| u16::from(s.suite())),
            group: connection.negotiated_key_exchange_group().map(|g| u16::from(g.name())),
            alpn,
            chain,
            trust: self.seen.last.lock().map(|l| l.clone()).ok().flatten().unwrap_or(Trust::NotAsked),
            client_asked: self.asked.asked.load(Ordering::SeqCst),
            resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
            first_read,
        })
    }
}

fn failed(error: &io::Error) -> Failed {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (tls, error.kind()) {
        (Some(rustls::Error::AlertReceived(alert)), _) => Failed::Alert(u8::from(*alert)),
        (Some(other), _) => Failed::Other(other.to_string()),
        (None, ErrorKind::UnexpectedEof) => Failed::Closed,
        (None, ErrorKind::WouldBlock | ErrorKind::TimedOut) => Failed::Timeout,
        (None, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted) => Failed::Reset,
        (None, kind) => Failed::Other(kind.to_string()),
    }
}

/// In TLS 1.3 the client is done before the server has looked at its certificate: only what is read afterwards says whether it was taken (RFC 8446 §4.4.2.4).
fn first_read(
    connection: &mut ClientConnection,
    stream: &mut Timed,
    alpn: Option<&str>,
    name: &ServerName,
) -> FirstRead {
    let request = match alpn {
        // The connection preface and an empty SETTINGS frame (RFC 9113 §3.4): the server sends its own at once.
        Some("h2") => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
        _ => request(&name.to_str(), "/"),
    };
    if connection.writer().write_all(&request).is_err() {
        return FirstRead::Closed;
    }
    let mut byte = [0];
    loop {
        match connection.reader().read(&mut byte) {
            Ok(0) => return FirstRead::Closed,
            Ok(_) => return FirstRead::Data,
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return FirstRead::Closed,
        }
        match connection.complete_io(stream) {
            Ok(_) => {}
            Err(e) => match failed(&e) {
                Failed::Alert(number) => return FirstRead::Alert(number),
                Failed::Timeout => return FirstRead::Silence,
                _ => return FirstRead::Closed,
            },
        }
    }
}

/// A plain HTTP/1.1 request of an ordinary client; its agent differs from run to run, since a service must not behave for one examiner only.
pub(crate) fn request(host: &str, path: &str) -> Vec<u8> {
    const AGENTS: [&str; 4] = ["curl/8.5.0", "Go-http-client/1.1", "python-requests/2.32.3", "okhttp/4.12.0"];
    let agent = AGENTS[usize::from(random::<1>()[0]) % AGENTS.len()];
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nAccept: */*\r\nConnection: close\r\n\r\n")
        .into_bytes()
}

fn read_roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
    }
    Ok(roots)
}

fn read_key(chain: &[u8], key: &[u8], provider: &rustls::crypto::CryptoProvider) -> Result<CertifiedKey, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|e| e.to_string())?;
    let key = provider.key_provider.load_private_key(key).map_err(|e| e.to_string())?;
    Ok(CertifiedKey::new(chain.map_err(|e| e.to_string())?, key))
}

/// Records what a check of the chain would have said and lets the handshake go on: nothing is ever sent over it that a stranger may not read.
/// The handshake's signature is checked: who answers has the certificate's key.
#[derive(Debug)]
struct Recorder {
    checker: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<rustls::crypto::CryptoProvider>,
    last: Mutex<Option<Trust>>,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let trust = match &self.checker {
            None => Trust::NotAsked,
            Some(checker) => match checker.verify_server_cert(end_entity, intermediates, server_name, ocsp, now) {
                Ok(_) => Trust::Trusted,
                Err(e) => Trust::Refused(e.to_string()),
            },
        };
        if let Ok(mut last) = self.last.lock() {
            *last = Some(trust);
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Notes that the server asked for a client's certificate.
#[derive(Debug)]
struct ClientKey {
    key: Option<Arc<CertifiedKey>>,
    asked: AtomicBool,
}

impl ResolvesClientCert for ClientKey {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::SeqCst);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        true
    }
}
