//! Timestamps by RFC 3161: the request, and what an authority's answer proves about a message.

mod algorithm;
mod der;
mod token;

pub use der::NotDer;

use algorithm::Hash;
use der::{INTEGER, OCTETS, SEQUENCE};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, UnixTime};
use token::Token;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// id-kp-timeStamping, 1.3.6.1.5.5.7.3.8
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// Why a timestamp does not count; its display goes after the file's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum StampError {
    #[error("does not read as a timestamp: {0}")]
    Form(#[from] NotDer),
    #[error("is not spelled as this program keeps it")]
    NotCanonical,
    #[error("is a timestamp of something else: its imprint is not the digest of {0}")]
    Imprint(String),
    #[error("is not what its authority signed: the digest of its content is another")]
    Content,
    #[error("is not signed by the certificate that it names")]
    Signature,
    #[error("is signed by a certificate that is not for timestamps alone (RFC 3161 section 2.3): {0}")]
    Purpose(String),
    #[error("is by an authority that is not below a trusted root: {0}")]
    Untrusted(String),
}

/// Roots of authorities whose timestamps count.
#[derive(Clone, Debug, Default)]
pub struct Roots(Vec<CertificateDer<'static>>);

impl Roots {
    /// Adds every certificate of a PEM text; how many there were.
    pub fn add(&mut self, pem: &[u8]) -> Result<usize, String> {
        let found: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|e| e.to_string())?;
        for certificate in &found {
            anchor_from_trusted_cert(certificate).map_err(|e| e.to_string())?;
        }
        let count = found.len();
        self.0.extend(found);
        Ok(count)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a timestamp says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The message existed by then.
    pub at: Timestamp,
    /// The subject of the certificate that signed it, for a person.
    pub authority: String,
    bytes: Vec<u8>,
}

/// The request for a timestamp of a message: SHA-256, the authority's certificate wanted, no nonce: the imprint is its own.
pub fn request(message: &[u8]) -> Vec<u8> {
    let imprint = der::write(SEQUENCE, &[&null_identifier(), &der::write(OCTETS, &[&Hash::Sha256.of(message)])]);
    let wanted = der::write(0x01, &[&[0xff]]);
    der::write(SEQUENCE, &[&der::write(INTEGER, &[&[1]]), &imprint, &wanted])
}

/// SHA-256 with NULL parameters: authorities compare what they know byte by byte, and OpenSSL asks so.
fn null_identifier() -> Vec<u8> {
    let bare = Hash::Sha256.identifier();
    let oid = der::Der::new(&bare).value().map(|value| value.body).unwrap_or_default();
    der::write(SEQUENCE, &[oid, &der::write(der::NULL, &[])])
}

/// The spelling in which an authority's answer is kept.
pub fn canonical(response: &[u8]) -> Result<Vec<u8>, StampError> {
    Ok(Token::read(response)?.bytes()?)
}

/// Checks all that a timestamp can show without knowing whom to trust; `name` is what the message is called.
pub fn check(response: &[u8], message: &[u8], name: &str) -> Result<Stamp, StampError> {
    let token = Token::read(response)?;
    if token.bytes()? != response {
        return Err(StampError::NotCanonical);
    }
    if token.info.imprint != token.info.hash.of(message) {
        return Err(StampError::Imprint(name.into()));
    }
    if token.message_digest != token.hash.of(token.content) {
        return Err(StampError::Content);
    }
    let certificate = CertificateDer::from(token.certificates[0]);
    let signer = EndEntityCert::try_from(&certificate).map_err(|e| StampError::Purpose(e.to_string()))?;
    let verifiers = token.algorithm.verifiers(token.hash);
    if !verifiers.into_iter().any(|by| signer.verify_signature(by, &token.signed, token.signature).is_ok()) {
        return Err(StampError::Signature);
    }
    let authority = for_timestamps_alone(token.certificates[0])?;
    Ok(Stamp { at: time(token.info.time)?, authority, bytes: response.to_vec() })
}

/// The one purpose, marked critical; the subject's name.
fn for_timestamps_alone(certificate: &[u8]) -> Result<String, StampError> {
    let purpose = |what: &str| StampError::Purpose(what.into());
    let (_, read) = X509Certificate::from_der(certificate).map_err(|_| purpose("it does not read"))?;
    let usage = read.extended_key_usage().map_err(|_| purpose("its purposes do not read"))?;
    let usage = usage.ok_or_else(|| purpose("it has no purpose"))?;
    let alone = usage.value.time_stamping
        && usage.value.other.is_empty()
        && !(usage.value.any
            || usage.value.server_auth
            || usage.value.client_auth
            || usage.value.code_signing
            || usage.value.email_protection
            || usage.value.ocsp_signing);
    match (alone, usage.critical) {
        (true, true) => Ok(read.subject().to_string()),
        (true, false) => Err(purpose("its purpose is not marked critical")),
        (false, _) => Err(purpose("it has another purpose")),
    }
}

/// GeneralizedTime in UTC, `20261128030405Z`, also with a fraction (RFC 3161 section 2.4.2).
fn time(text: &[u8]) -> Result<Timestamp, StampError> {
    let bad = NotDer("its time is none in UTC");
    let text = std::str::from_utf8(text).ok().and_then(|t| t.strip_suffix('Z')).ok_or(bad)?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.len() == 14 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && fraction.len() <= 9;
    let day = DateTime::strptime("%Y%m%d%H%M%S", whole).ok().filter(|_| digits).ok_or(bad)?;
    let nanos: i32 = format!("{fraction:0<9}").parse().map_err(|_| bad)?;
    let day = day.with().subsec_nanosecond(nanos).build().map_err(|_| bad)?;
    Ok(TimeZone::UTC.to_timestamp(day).map_err(|_| bad)?)
}

impl Stamp {
    /// Whether its authority is below one of the roots, at the time that it says.
    pub fn trusted(&self, roots: &Roots) -> Result<(), StampError> {
        let untrusted = |e: webpki::Error| StampError::Untrusted(format!("{} ({e})", self.authority));
        let token = Token::read(&self.bytes)?;
        let all: Vec<CertificateDer<'_>> = token.certificates.iter().map(|c| CertificateDer::from(*c)).collect();
        let Some((signer, above)) = all.split_first() else { return Err(StampError::Signature) };
        let anchors: Vec<_> = roots.0.iter().filter_map(|root| anchor_from_trusted_cert(root).ok()).collect();
        let since = std::time::Duration::from_secs(u64::try_from(self.at.as_second()).unwrap_or_default());
        EndEntityCert::try_from(signer)
            .and_then(|signer| {
                signer
                    .verify_for_usage(
                        &algorithm::of_certificates(),
                        &anchors,
                        above,
                        UnixTime::since_unix_epoch(since),
                        // The signer has it and nothing else, as was checked; those above it may say nothing of it.
                        KeyUsage::required_if_present(TIME_STAMPING),
                        None,
                        None,
                    )
                    .map(|path| path.intermediate_certificates().count())
            })
            .map_err(untrusted)
            .and_then(|used| match used == above.len() {
                true => Ok(()),
                // A certificate that proves nothing could be changed unnoticed.
                false => Err(StampError::NotCanonical),
            })
    }
}

#[cfg(test)]
pub(crate) mod tests;
