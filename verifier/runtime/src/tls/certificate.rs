//! What a certificate says about itself; whether it is trusted is decided elsewhere.

use assize_facts::{Digest, Time, sha256_hex};
use x509_parser::prelude::*;
use x509_parser::public_key::PublicKey;

/// A certificate in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub subject: String,
    pub issuer: String,
    /// DNS names and addresses of the alternative names, ordered.
    pub names: Vec<String>,
    pub not_before: Time,
    pub not_after: Time,
    pub key: String,
    pub signature: String,
    pub sha256: Digest,
}

/// More names than this are not carried along.
pub(crate) const MOST_NAMES: usize = 100;

/// Reads a DER certificate; the error says what is wrong with it.
pub(crate) fn summary(der: &[u8]) -> Result<Summary, String> {
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|e| e.to_string())?;
    if !rest.is_empty() {
        return Err(format!("{} bytes after the certificate", rest.len()));
    }
    let validity = certificate.validity();
    Ok(Summary {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        names: names(&certificate),
        not_before: time(validity.not_before)?,
        not_after: time(validity.not_after)?,
        key: key(&certificate),
        signature: signature(&certificate),
        sha256: Digest(format!("sha256:{}", sha256_hex(der))),
    })
}

fn time(time: ASN1Time) -> Result<Time, String> {
    jiff::Timestamp::from_second(time.timestamp()).map(|t| Time(t.to_string())).map_err(|e| e.to_string())
}

fn names(certificate: &X509Certificate) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return vec![] };
    let of = |name: &GeneralName| match name {
        GeneralName::DNSName(name) => Some(name.to_string()),
        GeneralName::IPAddress(bytes) => address(bytes),
        GeneralName::URI(uri) => Some(uri.to_string()),
        _ => None,
    };
    let mut all: Vec<String> = extension.value.general_names.iter().filter_map(of).take(MOST_NAMES).collect();
    all.sort();
    all.dedup();
    all
}

fn address(bytes: &[u8]) -> Option<String> {
    match bytes.len() {
        4 => Some(std::net::Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?).to_string()),
        16 => Some(std::net::Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_string()),
        _ => None,
    }
}

fn key(certificate: &X509Certificate) -> String {
    let info = certificate.public_key();
    match info.parsed() {
        Ok(PublicKey::RSA(rsa)) => format!("RSA {}", rsa.key_size()),
        Ok(PublicKey::EC(point)) => format!("ECDSA {}", point.key_size()),
        Ok(PublicKey::DSA(_)) => "DSA".into(),
        _ => named(&info.algorithm.algorithm.to_id_string()),
    }
}

fn signature(certificate: &X509Certificate) -> String {
    named(&certificate.signature_algorithm.algorithm.to_id_string())
}

/// Names of the algorithms that certificates of today use; others by their object identifier.
fn named(oid: &str) -> String {
    let name = match oid {
        "1.2.840.113549.1.1.4" => "MD5 with RSA",
        "1.2.840.113549.1.1.5" => "SHA-1 with RSA",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.113549.1.1.11" => "SHA-256 with RSA",
        "1.2.840.113549.1.1.12" => "SHA-384 with RSA",
        "1.2.840.113549.1.1.13" => "SHA-512 with RSA",
        "1.2.840.10045.4.1" => "SHA-1 with ECDSA",
        "1.2.840.10045.4.3.2" => "SHA-256 with ECDSA",
        "1.2.840.10045.4.3.3" => "SHA-384 with ECDSA",
        "1.2.840.10045.4.3.4" => "SHA-512 with ECDSA",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        other => other,
    };
    name.into()
}
