//! Algorithms of timestamps: digests (RFC 5754), signatures (RFC 5754, RFC 8419 left out), and how an identifier is spelled here.

use super::der::{self, Der, NULL, NotDer, OID, SEQUENCE, Value};
use rustls_pki_types::SignatureVerificationAlgorithm;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use webpki::aws_lc_rs as algs;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// 2.16.840.1.101.3.4.2.{1,2,3}
    fn oid(self) -> [u8; 9] {
        let last = match self {
            Hash::Sha256 => 1,
            Hash::Sha384 => 2,
            Hash::Sha512 => 3,
        };
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last]
    }

    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha256 => Sha256::digest(bytes).to_vec(),
            Hash::Sha384 => Sha384::digest(bytes).to_vec(),
            Hash::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }

    /// Reads an AlgorithmIdentifier; parameters are absent or NULL (RFC 5754 section 2).
    pub fn read(identifier: Value<'_>) -> Result<Hash, NotDer> {
        let (oid, parameters) = parts(identifier)?;
        let known = [Hash::Sha256, Hash::Sha384, Hash::Sha512].into_iter().find(|hash| hash.oid() == oid);
        match (known, parameters) {
            (Some(hash), None | Some([])) => Ok(hash),
            _ => Err(NotDer("its digest is none of SHA-256, SHA-384 and SHA-512")),
        }
    }

    /// As it is written here: without parameters.
    pub fn identifier(self) -> Vec<u8> {
        der::write(SEQUENCE, &[&der::write(OID, &[&self.oid()])])
    }
}

/// The object identifier, and what is inside of NULL parameters where there are any.
fn parts(identifier: Value<'_>) -> Result<(&[u8], Option<&[u8]>), NotDer> {
    let mut inside = identifier.inside();
    let oid = inside.take(OID, "an algorithm has no identifier")?.body;
    let parameters = inside.take_if(NULL)?.map(|null| null.body);
    inside.end()?;
    Ok((oid, parameters))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// PKCS #1 version 1.5.
    Rsa,
    Ecdsa,
}

const RSA: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
const ECDSA: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];

impl Signature {
    /// Reads an AlgorithmIdentifier that has to fit the digest: 1.2.840.113549.1.1.{1,11,12,13}, 1.2.840.10045.4.3.{2,3,4}.
    pub fn read(identifier: Value<'_>, hash: Hash) -> Result<Signature, NotDer> {
        let number = match hash {
            Hash::Sha256 => 0,
            Hash::Sha384 => 1,
            Hash::Sha512 => 2,
        };
        let (oid, _) = parts(identifier)?;
        if let Some([last]) = oid.strip_prefix(&RSA)
            && (*last == 1 || *last == 11 + number)
        {
            return Ok(Signature::Rsa);
        }
        match oid.strip_prefix(&ECDSA) {
            Some([last]) if *last == 2 + number => Ok(Signature::Ecdsa),
            _ => Err(NotDer("its signature is neither RSA (PKCS #1) nor ECDSA over its digest")),
        }
    }

    /// As it is written here: `rsaEncryption` with NULL (RFC 3370 section 3.2), or ECDSA with its digest.
    pub fn identifier(self, hash: Hash) -> Vec<u8> {
        let ecdsa = match hash {
            Hash::Sha256 => 2,
            Hash::Sha384 => 3,
            Hash::Sha512 => 4,
        };
        match self {
            Signature::Rsa => der::write(SEQUENCE, &[&der::write(OID, &[&RSA, &[1]]), &der::write(NULL, &[])]),
            Signature::Ecdsa => der::write(SEQUENCE, &[&der::write(OID, &[&ECDSA, &[ecdsa]])]),
        }
    }

    /// What can verify it; the curve is the key's.
    pub fn verifiers(self, hash: Hash) -> Vec<&'static dyn SignatureVerificationAlgorithm> {
        match (self, hash) {
            (Signature::Rsa, Hash::Sha256) => vec![algs::RSA_PKCS1_2048_8192_SHA256],
            (Signature::Rsa, Hash::Sha384) => vec![algs::RSA_PKCS1_2048_8192_SHA384],
            (Signature::Rsa, Hash::Sha512) => vec![algs::RSA_PKCS1_2048_8192_SHA512],
            (Signature::Ecdsa, Hash::Sha256) => {
                vec![algs::ECDSA_P256_SHA256, algs::ECDSA_P384_SHA256, algs::ECDSA_P521_SHA256]
            }
            (Signature::Ecdsa, Hash::Sha384) => {
                vec![algs::ECDSA_P256_SHA384, algs::ECDSA_P384_SHA384, algs::ECDSA_P521_SHA384]
            }
            (Signature::Ecdsa, Hash::Sha512) => {
                vec![algs::ECDSA_P256_SHA512, algs::ECDSA_P384_SHA512, algs::ECDSA_P521_SHA512]
            }
        }
    }
}

/// What may sign certificates of an authority.
pub fn of_certificates() -> Vec<&'static dyn SignatureVerificationAlgorithm> {
    let pairs = [Signature::Rsa, Signature::Ecdsa].map(|s| [Hash::Sha256, Hash::Sha384, Hash::Sha512].map(|h| (s, h)));
    let mut all: Vec<_> = pairs.iter().flatten().flat_map(|(signature, hash)| signature.verifiers(*hash)).collect();
    all.push(algs::ED25519);
    all
}

/// A certificate's own identifier of its whole (RFC 5035): an identifier without one means SHA-256.
pub fn hash_or_default(inside: &mut Der<'_>) -> Result<Hash, NotDer> {
    match inside.take_if(SEQUENCE)? {
        Some(identifier) => Hash::read(identifier),
        None => Ok(Hash::Sha256),
    }
}
