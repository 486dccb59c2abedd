//! DSSE envelopes (secure-systems-lab/dsse v1.0.2) with one Ed25519 signature, written and accepted in one spelling only.

use crate::key::{PrivateKey, PublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// The payload type of in-toto statements.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<EnvelopeSignature>,
}

/// `keyid` is a hint that nothing is decided by; being part of the one spelling it must still be the key's own.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvelopeSignature {
    keyid: String,
    sig: String,
}

/// Why an envelope does not count; its display goes after the file's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EnvelopeError {
    #[error("is not a DSSE envelope: {0}")]
    Form(String),
    #[error("is not written in canonical form")]
    NotCanonical,
    #[error("holds a payload of another type")]
    Type,
    #[error("is not signed by the key {0} that the statement names")]
    Signature(String),
}

/// The bytes that are signed ("PAE", DSSE protocol.md).
fn signed_bytes(payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// One line, ending in a line feed.
pub fn seal(payload: &[u8], key: &PrivateKey) -> Vec<u8> {
    let signature = key.sign(&signed_bytes(payload));
    encode(payload, &key.public(), &signature)
}

fn encode(payload: &[u8], key: &PublicKey, signature: &[u8; 64]) -> Vec<u8> {
    let envelope = Envelope {
        payload: STANDARD.encode(payload),
        payload_type: PAYLOAD_TYPE.into(),
        signatures: vec![EnvelopeSignature { keyid: key.fingerprint(), sig: STANDARD.encode(signature) }],
    };
    let mut line = serde_json_canonicalizer::to_vec(&envelope).expect("an envelope holds only text");
    line.push(b'\n');
    line
}

/// The payload of a line, its signature not looked at: only to learn whose signature has to be there.
pub fn unverified_payload(line: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    Ok(decode(line)?.0)
}

fn decode(line: &[u8]) -> Result<(Vec<u8>, [u8; 64]), EnvelopeError> {
    let form = |e: &dyn std::fmt::Display| EnvelopeError::Form(e.to_string());
    let envelope: Envelope = serde_json::from_slice(line).map_err(|e| form(&e))?;
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(EnvelopeError::Type);
    }
    let [one] = envelope.signatures.as_slice() else {
        return Err(EnvelopeError::Form("it has not exactly one signature".into()));
    };
    let payload = STANDARD.decode(&envelope.payload).map_err(|e| form(&e))?;
    let signature = STANDARD.decode(&one.sig).map_err(|e| form(&e))?;
    let signature =
        signature.try_into().map_err(|_| EnvelopeError::Form("a signature has 64 bytes, this one has not".into()))?;
    Ok((payload, signature))
}

/// The payload of a line that `key` signed, which must be spelled as [`seal`] spells it.
pub fn open(line: &[u8], key: &PublicKey) -> Result<Vec<u8>, EnvelopeError> {
    let (payload, signature) = decode(line)?;
    if encode(&payload, key, &signature) != line {
        return Err(EnvelopeError::NotCanonical);
    }
    if !key.verify(&signed_bytes(&payload), &signature) {
        return Err(EnvelopeError::Signature(key.fingerprint()));
    }
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of DSSE's protocol.md has another type; its form is the same.
    #[test]
    fn the_signed_bytes_hold_both_lengths() {
        assert_eq!(signed_bytes(b"hello world"), b"DSSEv1 28 application/vnd.in-toto+json 11 hello world");
    }

    #[test]
    fn every_changed_bit_and_every_other_spelling_is_refused() {
        let key = PrivateKey::from_seed(&[1; 32]);
        let line = seal(b"{\"a\":1}", &key);
        assert_eq!(open(&line, &key.public()), Ok(b"{\"a\":1}".to_vec()));
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut bad = line.clone();
                bad[at] ^= 1 << bit;
                assert!(open(&bad, &key.public()).is_err(), "byte {at}, bit {bit}");
            }
        }
        let spaced = String::from_utf8_lossy(&line).replace(",\"", ", \"");
        assert_eq!(open(spaced.as_bytes(), &key.public()), Err(EnvelopeError::NotCanonical));
        let other = PrivateKey::from_seed(&[2; 32]);
        assert!(open(&line, &other.public()).is_err());
        assert!(open(&seal(b"{\"a\":2}", &other), &key.public()).is_err());
    }
}
