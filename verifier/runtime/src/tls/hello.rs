//! Writes ClientHello messages of any version, byte by byte (RFC 6101, 2246, 4346, 5246, 8446): libraries refuse to speak what must be seen refused.

use super::numbers::{
    GROUPS, MODEST_SUITES, P256, SCHEMES, SUITES_13, X25519, X25519MLKEM768, random, suites_below_13,
};
use assize_facts::TlsVersion;

/// The `key_share` extension of TLS 1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// No share at all: a server that takes one of the groups answers HelloRetryRequest and names it (RFC 8446 §4.2.8).
    Empty,
    /// X25519 alone, where there is little room.
    X25519,
    /// X25519MLKEM768, X25519 and P-256: nearly every server has one of them and goes on to its ServerHello, which comes after it chose a certificate.
    Usual,
}

/// A ClientHello.
#[derive(Clone, Debug)]
pub(crate) struct Hello {
    /// `legacy_version`.
    pub version: TlsVersion,
    /// `supported_versions`; empty: the extension is left out.
    pub versions: Vec<TlsVersion>,
    pub suites: Vec<u16>,
    /// `supported_groups`; empty: left out, with `ec_point_formats`.
    pub groups: Vec<u16>,
    pub share: Option<Share>,
    pub server_name: Option<String>,
    pub alpn: Vec<&'static str>,
    /// QUIC transport parameters (RFC 9000 §18), raw.
    pub quic_parameters: Option<Vec<u8>>,
}

/// What an ordinary client offers for HTTP.
pub(crate) const ALPN: [&str; 2] = ["h2", "http/1.1"];

/// Groups of a client of today, by number.
const MODEST_GROUPS: [u16; 4] = [X25519, 23, 24, 25];

impl Hello {
    /// Every suite, group and signature scheme of a version below 1.3, so that no mismatch of these can be mistaken for a refusal of the version.
    pub fn broad(version: TlsVersion, server_name: Option<&str>) -> Hello {
        Hello {
            version,
            versions: vec![],
            suites: suites_below_13().to_vec(),
            groups: GROUPS.iter().map(|(n, _)| *n).collect(),
            share: None,
            server_name: server_name.map(str::to_string),
            alpn: ALPN.to_vec(),
            quic_parameters: None,
        }
    }

    /// What a plain client without HTTP offers: a server that answers examiners and clients differently must not tell them by their breadth.
    pub fn modest(version: TlsVersion, server_name: Option<&str>) -> Hello {
        let versions = if version == TlsVersion::Tls12 { vec![TlsVersion::Tls12] } else { vec![] };
        let (suites, groups, alpn) = (MODEST_SUITES.to_vec(), MODEST_GROUPS.to_vec(), vec![]);
        Hello { versions, suites, groups, alpn, ..Hello::broad(version, server_name) }
    }

    /// TLS 1.3 and nothing else, with every suite and group of it.
    pub fn tls13(server_name: Option<&str>) -> Hello {
        Hello {
            // RFC 8446 §4.1.2: legacy_version stays at 1.2.
            version: TlsVersion::Tls12,
            versions: vec![TlsVersion::Tls13],
            suites: SUITES_13.iter().map(|(n, _)| *n).collect(),
            share: Some(Share::Usual),
            ..Hello::broad(TlsVersion::Tls12, server_name)
        }
    }

    /// TLS 1.3 with these groups only and no share: the answer names the group that the server takes.
    pub fn groups13(groups: &[u16], server_name: Option<&str>) -> Hello {
        Hello { groups: groups.to_vec(), share: Some(Share::Empty), ..Hello::tls13(server_name) }
    }

    /// Lowest and highest version that it offers.
    pub fn offers(&self) -> (TlsVersion, TlsVersion) {
        let lowest = self.versions.iter().min().copied().unwrap_or(TlsVersion::Ssl30);
        let highest = self.versions.iter().max().copied().unwrap_or(self.version);
        (lowest, highest)
    }

    /// The handshake message, without a record around it.
    pub fn message(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(1024);
        body.extend(self.version.wire().to_be_bytes());
        body.extend(random::<32>());
        // A session id makes a TLS 1.3 hello look like a resumption to middleboxes (RFC 8446 §D.4); QUIC forbids one.
        let session = if self.offers().1 == TlsVersion::Tls13 && self.quic_parameters.is_none() { 32 } else { 0 };
        vector8(&mut body, &random::<32>()[..session]);
        vector16(&mut body, &numbers(&self.suites));
        vector8(&mut body, &[0]); // null compression
        // SSL 3.0 knows no extensions; a server of that age may choke on them.
        if self.version != TlsVersion::Ssl30 {
            vector16(&mut body, &self.extensions());
        }
        let mut message = vec![1];
        message.extend(&(body.len() as u32).to_be_bytes()[1..]);
        message.extend(body);
        message
    }

    /// The message in one record, as it goes over TCP.
    pub fn record(&self) -> Vec<u8> {
        // RFC 8446 §5.1 and RFC 5246 §E.1: the first record of a client that does not know the server says 1.0.
        let version = if self.version == TlsVersion::Ssl30 { TlsVersion::Ssl30 } else { TlsVersion::Tls10 };
        let mut record = vec![22];
        record.extend(version.wire().to_be_bytes());
        vector16(&mut record, &self.message());
        record
    }

    fn extensions(&self) -> Vec<u8> {
        let mut all = Vec::new();
        let mut add = |number: u16, body: &[u8]| {
            all.extend(number.to_be_bytes());
            vector16(&mut all, body);
        };
        if let Some(name) = &self.server_name {
            add(0, &server_name(name));
        }
        add(23, &[]); // extended_master_secret
        add(0xff01, &[0]); // renegotiation_info of a first handshake
        if !self.groups.is_empty() {
            add(10, &prefixed16(&numbers(&self.groups)));
            add(11, &[1, 0]); // uncompressed points
        }
        // Below 1.2 the extension has no meaning; a server must ignore it there (RFC 5246 §7.4.1.4.1).
        if self.offers().1 >= TlsVersion::Tls12 {
            add(13, &prefixed16(&numbers(SCHEMES)));
        }
        if !self.alpn.is_empty() {
            add(16, &protocols(&self.alpn));
        }
        if !self.versions.is_empty() {
            let wire: Vec<u16> = self.versions.iter().map(|v| v.wire()).collect();
            let mut body = Vec::new();
            vector8(&mut body, &numbers(&wire));
            add(43, &body);
        }
        if let Some(share) = &self.share {
            add(45, &[1, 1]); // psk_dhe_ke
            add(51, &prefixed16(&share_entries(*share)));
        }
        if let Some(parameters) = &self.quic_parameters {
            add(57, parameters);
        }
        all
    }
}

/// Public keys that nobody has the private part of: only the server's answer matters, and it ends the connection.
fn share_entries(share: Share) -> Vec<u8> {
    let kinds: &[u16] = match share {
        Share::Empty => &[],
        Share::X25519 => &[X25519],
        Share::Usual => &[X25519MLKEM768, X25519, P256],
    };
    let mut entries = Vec::new();
    for kind in kinds {
        entries.extend(kind.to_be_bytes());
        vector16(&mut entries, &public_key(*kind));
    }
    entries
}

/// The base point of P-256 (FIPS 186-4 §D.1.2.3), uncompressed: a valid public key.
const P256_BASE: [u8; 65] = [
    4, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03,
    0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe,
    0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce,
    0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];

fn public_key(group: u16) -> Vec<u8> {
    match group {
        P256 => P256_BASE.to_vec(),
        // An ML-KEM-768 encapsulation key (FIPS 203 §7.2): 1152 bytes of coefficients, which are valid as zeros, and a seed; then X25519.
        X25519MLKEM768 => [vec![0; 1152], random::<64>().to_vec()].concat(),
        // Any 32 bytes are an X25519 key (RFC 7748 §5).
        _ => random::<32>().to_vec(),
    }
}

/// `ServerNameList` with one host name (RFC 6066 §3).
fn server_name(name: &str) -> Vec<u8> {
    let mut entry = vec![0];
    vector16(&mut entry, name.as_bytes());
    prefixed16(&entry)
}

fn protocols(names: &[&str]) -> Vec<u8> {
    let mut list = Vec::new();
    for name in names {
        vector8(&mut list, name.as_bytes());
    }
    prefixed16(&list)
}

fn numbers(all: &[u16]) -> Vec<u8> {
    all.iter().flat_map(|n| n.to_be_bytes()).collect()
}

fn prefixed16(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    vector16(&mut out, content);
    out
}

/// A vector with a length of one byte. What is written here is of our own making and far below the limit.
fn vector8(out: &mut Vec<u8>, content: &[u8]) {
    out.push(u8::try_from(content.len()).expect("a short vector of our own"));
    out.extend(content);
}

fn vector16(out: &mut Vec<u8>, content: &[u8]) {
    out.extend(u16::try_from(content.len()).expect("a vector of our own below 64 KiB").to_be_bytes());
    out.extend(content);
}
