//! Ed25519 keys: made, written as PEM (RFC 8410), read back, and named the ways a contract and `ssh-keygen` name them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use std::fmt;
use zeroize::Zeroizing;

/// PKCS#8 version 1 around a 32-byte seed (RFC 8410 section 7), as OpenSSL writes it.
const PRIVATE_PREFIX: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// SubjectPublicKeyInfo around the 32 bytes (RFC 8410 section 4).
const PUBLIC_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
/// The name of the key's type in SSH (RFC 8709 section 4).
pub(crate) const SSH_TYPE: &str = "ssh-ed25519";

/// Why a text is no key of ours.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    #[error("it is not an Ed25519 private key in PEM (PKCS#8, without a passphrase)")]
    Private,
    #[error("it is not an Ed25519 public key (PEM, `ed25519:…` or `ssh-ed25519 …`)")]
    Public,
    #[error("it is a weak public key, under which anyone can sign")]
    Weak,
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}

/// A private key. It is never printed, and its memory is wiped.
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// A new one from the system's random numbers.
    pub fn generate() -> Result<PrivateKey, KeyError> {
        let mut seed = Zeroizing::new([0u8; 32]);
        getrandom::fill(seed.as_mut()).map_err(|e| KeyError::Random(e.to_string()))?;
        Ok(PrivateKey(SigningKey::from_bytes(&seed)))
    }

    pub fn from_seed(seed: &[u8; 32]) -> PrivateKey {
        PrivateKey(SigningKey::from_bytes(seed))
    }

    pub fn parse(text: &str) -> Result<PrivateKey, KeyError> {
        let der = Zeroizing::new(pem(text, "PRIVATE KEY").ok_or(KeyError::Private)?);
        let seed = der.strip_prefix(&PRIVATE_PREFIX).ok_or(KeyError::Private)?;
        let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).map_err(|_| KeyError::Private)?);
        Ok(PrivateKey(SigningKey::from_bytes(&seed)))
    }

    /// The key file's text.
    pub fn pem(&self) -> Zeroizing<String> {
        let mut der = Zeroizing::new(PRIVATE_PREFIX.to_vec());
        der.extend_from_slice(self.0.as_bytes());
        Zeroizing::new(to_pem(&der, "PRIVATE KEY"))
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// A public key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl PublicKey {
    /// PEM, a contract's `ed25519:…`, the bare base64 of the 32 bytes, or a line of an SSH public key file.
    pub fn parse(text: &str) -> Result<PublicKey, KeyError> {
        let text = text.trim();
        let bytes = if text.starts_with("-----BEGIN") {
            let der = pem(text, "PUBLIC KEY").ok_or(KeyError::Public)?;
            der.strip_prefix(&PUBLIC_PREFIX).ok_or(KeyError::Public)?.to_vec()
        } else if let Some(rest) = text.strip_prefix(SSH_TYPE) {
            let blob = rest.split_whitespace().next().ok_or(KeyError::Public)?;
            let blob = STANDARD.decode(blob).map_err(|_| KeyError::Public)?;
            blob.strip_prefix(ssh_prefix().as_slice()).ok_or(KeyError::Public)?.to_vec()
        } else {
            STANDARD.decode(text.strip_prefix("ed25519:").unwrap_or(text)).map_err(|_| KeyError::Public)?
        };
        PublicKey::from_bytes(&bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Result<PublicKey, KeyError> {
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| KeyError::Public)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Public)?;
        // `verify_strict` would refuse it too; said here it says why.
        if key.is_weak() { Err(KeyError::Weak) } else { Ok(PublicKey(key)) }
    }

    /// As a contract names it: `ed25519:` and the base64 of the 32 bytes.
    pub fn text(&self) -> String {
        format!("ed25519:{}", STANDARD.encode(self.0.as_bytes()))
    }

    pub fn pem(&self) -> String {
        let der = [PUBLIC_PREFIX.as_slice(), self.0.as_bytes()].concat();
        to_pem(&der, "PUBLIC KEY")
    }

    /// `ssh-ed25519 AAAA…`, as an allowed-signers file of `ssh-keygen -Y verify` holds it.
    pub fn ssh(&self) -> String {
        format!("{SSH_TYPE} {}", STANDARD.encode(self.ssh_blob()))
    }

    /// The key on SSH's wire (RFC 8709 section 4).
    pub(crate) fn ssh_blob(&self) -> Vec<u8> {
        [ssh_prefix().as_slice(), self.0.as_bytes()].concat()
    }

    /// `SHA256:…` as `ssh-keygen -l` prints it: short enough to read out over the telephone.
    pub fn fingerprint(&self) -> String {
        let mut hash = assize_facts::Sha256::new();
        hash.update(&self.ssh_blob());
        format!("SHA256:{}", base64::engine::general_purpose::STANDARD_NO_PAD.encode(hash.bytes()))
    }

    /// Strict (no cofactor, no small-order keys or points): one signature, one meaning.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

/// The type's name and the length of what follows.
fn ssh_prefix() -> Vec<u8> {
    let mut bytes = (SSH_TYPE.len() as u32).to_be_bytes().to_vec();
    bytes.extend_from_slice(SSH_TYPE.as_bytes());
    bytes.extend_from_slice(&32u32.to_be_bytes());
    bytes
}

/// The bytes between the lines of a PEM text (RFC 7468), which must be all that the text holds.
pub(crate) fn pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let inside = text.trim().strip_prefix(&format!("-----BEGIN {label}-----"))?;
    let inside = inside.strip_suffix(&format!("-----END {label}-----"))?;
    let digits: Zeroizing<String> = Zeroizing::new(inside.split_whitespace().collect());
    STANDARD.decode(digits.as_bytes()).ok()
}

fn to_pem(der: &[u8], label: &str) -> String {
    let digits = Zeroizing::new(STANDARD.encode(der));
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in digits.as_bytes().chunks(64) {
        text.extend(line.iter().map(|b| char::from(*b)));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_from_every_way_they_are_written() {
        let key = PrivateKey::generate().expect("random numbers");
        let again = PrivateKey::parse(&key.pem()).expect("its own PEM");
        let public = again.public();
        assert_eq!(public, key.public());
        for text in [public.pem(), public.text(), public.ssh(), format!("{} comment", public.ssh())] {
            assert_eq!(PublicKey::parse(&text), Ok(public), "{text}");
        }
    }

    /// RFC 8032 section 7.1, TEST 2.
    #[test]
    fn signatures_are_those_of_rfc_8032() {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
        };
        let seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = PrivateKey::from_seed(seed.as_slice().try_into().expect("32 bytes"));
        let signature = key.sign(&[0x72]);
        assert_eq!(
            signature.to_vec(),
            hex(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            )
        );
        assert!(key.public().verify(&[0x72], &signature));
        assert!(!key.public().verify(&[0x73], &signature));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let key = PrivateKey::from_seed(&[7; 32]);
        assert_eq!(PrivateKey::parse(&key.public().pem()).err(), Some(KeyError::Private));
        assert_eq!(PublicKey::parse(&key.pem()), Err(KeyError::Public));
        assert_eq!(PublicKey::parse("ed25519:AAAA"), Err(KeyError::Public));
        // The point of order one: every signature by it would hold.
        let weak = format!("ed25519:{}", STANDARD.encode([&[1u8][..], &[0; 31]].concat()));
        assert_eq!(PublicKey::parse(&weak), Err(KeyError::Weak));
    }
}
