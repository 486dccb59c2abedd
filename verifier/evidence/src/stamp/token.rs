//! A timestamp response (RFC 3161) taken apart, and written again in one spelling only.
//!
//! A token signs the time, the imprint and which certificate signs; status, lists of algorithms, further certificates and unsigned
//! attributes around that are nobody's word. So what is kept is written anew from what is signed, and any other spelling is refused.

use super::algorithm::{Hash, Signature, hash_or_default};
use super::der::{self, Der, INTEGER, NotDer, OCTETS, OID, SEQUENCE, SET, TIME, Value, tagged};
use sha1::Digest as _;

/// 1.2.840.113549.1.7.2
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.4
const TST_INFO: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
/// 1.2.840.113549.1.9.3 and .4
const CONTENT_TYPE: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// 1.2.840.113549.1.9.16.2.12 (RFC 2634) and .47 (RFC 5035)
const SIGNING_CERTIFICATE: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0c];
const SIGNING_CERTIFICATE_V2: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f];

/// What an authority answered, nothing of it checked but its form.
#[derive(Clone, Debug)]
pub struct Token<'a> {
    /// TSTInfo, as it is hashed.
    pub content: &'a [u8],
    pub info: Info<'a>,
    /// The bytes of each certificate, the signer's first, then those that lead to its root.
    pub certificates: Vec<&'a [u8]>,
    pub hash: Hash,
    pub algorithm: Signature,
    /// The attributes with the tag that they have when they are signed (RFC 5652 section 5.4).
    pub signed: Vec<u8>,
    pub message_digest: &'a [u8],
    pub signature: &'a [u8],
}

/// TSTInfo (RFC 3161 section 2.4.2), as far as it is needed.
#[derive(Clone, Debug)]
pub struct Info<'a> {
    /// What was hashed and how.
    pub hash: Hash,
    pub imprint: &'a [u8],
    /// GeneralizedTime, as written.
    pub time: &'a [u8],
}

impl<'a> Token<'a> {
    /// Reads a response that grants a token.
    pub fn read(response: &'a [u8]) -> Result<Token<'a>, NotDer> {
        let mut outer = Der::new(response);
        let mut response = outer.take(SEQUENCE, "it is no timestamp response")?.inside();
        outer.end()?;
        let status = response.take(SEQUENCE, "it has no status")?.inside().take(INTEGER, "it has no status")?;
        if !matches!(status.body, [0] | [1]) {
            return Err(NotDer("the authority granted no timestamp"));
        }
        let mut info = response.take(SEQUENCE, "it holds no token")?.inside();
        response.end()?;
        oid(&mut info, &SIGNED_DATA, "its token is not signed data")?;
        let mut explicit = info.take(tagged(0), "its token is empty")?.inside();
        info.end()?;
        let data = explicit.take(SEQUENCE, "its token is empty")?.inside();
        explicit.end()?;
        Token::signed_data(data)
    }

    /// SignedData (RFC 5652 section 5.1).
    fn signed_data(mut data: Der<'a>) -> Result<Token<'a>, NotDer> {
        data.take(INTEGER, "its signed data has no version")?;
        data.take(SET, "its signed data names no digest")?;
        let mut content = data.take(SEQUENCE, "its signed data has no content")?.inside();
        oid(&mut content, &TST_INFO, "what is signed is no timestamp")?;
        let mut octets = content.take(tagged(0), "what is signed is not in it")?.inside();
        content.end()?;
        let content = octets.take(OCTETS, "what is signed is not in it")?.body;
        octets.end()?;
        let certificates = data.take_if(tagged(0))?.map(all).transpose()?.unwrap_or_default();
        data.take_if(tagged(1))?;
        let mut signers = data.take(SET, "nobody signed it")?.inside();
        data.end()?;
        let signer = signers.take(SEQUENCE, "nobody signed it")?;
        signers.end().map_err(|_| NotDer("it has several signatures"))?;
        Token::signer(signer.inside(), content, &certificates)
    }

    /// SignerInfo (RFC 5652 section 5.3). Which certificate signs, a signed attribute says.
    fn signer(mut signer: Der<'a>, content: &'a [u8], certificates: &[&'a [u8]]) -> Result<Token<'a>, NotDer> {
        signer.take(INTEGER, "its signer has no version")?;
        signer.value()?;
        let hash = Hash::read(signer.take(SEQUENCE, "its signer names no digest")?)?;
        let attributes = signer.take(tagged(0), "no attributes are signed")?;
        let algorithm = Signature::read(signer.take(SEQUENCE, "its signer names no algorithm")?, hash)?;
        let signature = signer.take(OCTETS, "its signature is missing")?.body;
        signer.take_if(tagged(1))?;
        signer.end()?;
        let attributes = Attributes::read(attributes)?;
        let first = certificates.iter().find(|certificate| attributes.names(certificate));
        let first = *first.ok_or(NotDer("the certificate that signs is not in it: ask for it (`certReq`)"))?;
        Ok(Token {
            content,
            info: Info::read(content)?,
            certificates: chain(first, certificates)?,
            hash,
            algorithm,
            signed: attributes.signed,
            message_digest: attributes.message_digest,
            signature,
        })
    }

    /// The one spelling in which a pack keeps it.
    pub fn bytes(&self) -> Result<Vec<u8>, NotDer> {
        let hash = self.hash.identifier();
        let certificate = Certificate::read(self.certificates[0])?;
        let identifier = der::write(SEQUENCE, &[certificate.issuer, certificate.serial]);
        let attributes = Der::new(&self.signed).value()?.body;
        let signer = der::write(
            SEQUENCE,
            &[
                &der::write(INTEGER, &[&[1]]),
                &identifier,
                &hash,
                &der::write(tagged(0), &[attributes]),
                &self.algorithm.identifier(self.hash),
                &der::write(OCTETS, &[self.signature]),
            ],
        );
        let content = der::write(
            SEQUENCE,
            &[&der::write(OID, &[&TST_INFO]), &der::write(tagged(0), &[&der::write(OCTETS, &[self.content])])],
        );
        let data = der::write(
            SEQUENCE,
            &[
                &der::write(INTEGER, &[&[3]]),
                &der::write(SET, &[&hash]),
                &content,
                &der::write(tagged(0), &self.certificates),
                &der::write(SET, &[&signer]),
            ],
        );
        let token = der::write(SEQUENCE, &[&der::write(OID, &[&SIGNED_DATA]), &der::write(tagged(0), &[&data])]);
        let granted = der::write(SEQUENCE, &[&der::write(INTEGER, &[&[0]])]);
        Ok(der::write(SEQUENCE, &[&granted, &token]))
    }
}

fn oid(der: &mut Der<'_>, expected: &[u8], what: &'static str) -> Result<(), NotDer> {
    if der.take(OID, what)?.body == expected { Ok(()) } else { Err(NotDer(what)) }
}

fn all(values: Value<'_>) -> Result<Vec<&[u8]>, NotDer> {
    let mut inside = values.inside();
    let mut found = Vec::new();
    while !inside.is_empty() {
        found.push(inside.value()?.whole);
    }
    Ok(found)
}

/// The signed attributes of RFC 3161 section 2.4.2.
struct Attributes<'a> {
    signed: Vec<u8>,
    message_digest: &'a [u8],
    /// Digests of the certificate that signs; SHA-1 (`None`) where it is said in the old way.
    certificate: Vec<(Option<Hash>, &'a [u8])>,
}

impl<'a> Attributes<'a> {
    fn read(attributes: Value<'a>) -> Result<Attributes<'a>, NotDer> {
        let (mut content_type, mut message_digest, mut certificate) = (false, None, Vec::new());
        for attribute in all(attributes)? {
            let mut attribute = Der::new(attribute).take(SEQUENCE, "an attribute is none")?.inside();
            let name = attribute.take(OID, "an attribute has no name")?.body;
            let mut values = attribute.take(SET, "an attribute has no value")?.inside();
            attribute.end()?;
            let value = values.value()?;
            values.end().map_err(|_| NotDer("an attribute has several values"))?;
            if name == CONTENT_TYPE {
                content_type = value.tag == OID && value.body == TST_INFO;
            } else if name == MESSAGE_DIGEST && message_digest.is_none() {
                message_digest = Some(value.body).filter(|_| value.tag == OCTETS);
            } else if name == SIGNING_CERTIFICATE || name == SIGNING_CERTIFICATE_V2 {
                certificate.push(signing_certificate(value, name == SIGNING_CERTIFICATE_V2)?);
            }
        }
        if !content_type {
            return Err(NotDer("its signer did not sign that it is a timestamp"));
        }
        if certificate.is_empty() {
            return Err(NotDer("its signer did not sign which certificate is theirs"));
        }
        let signed = der::write(SET, &[attributes.body]);
        Ok(Attributes {
            signed,
            message_digest: message_digest.ok_or(NotDer("its content is not signed"))?,
            certificate,
        })
    }

    /// Whether every statement about the certificate that signs is about this one.
    fn names(&self, certificate: &[u8]) -> bool {
        self.certificate.iter().all(|(hash, digest)| match hash {
            Some(hash) => hash.of(certificate) == *digest,
            None => sha1::Sha1::digest(certificate).as_slice() == *digest,
        })
    }
}

/// SigningCertificate and SigningCertificateV2: the first of the identifiers is the signer's.
fn signing_certificate(value: Value<'_>, new: bool) -> Result<(Option<Hash>, &[u8]), NotDer> {
    let what = "its signer's certificate is not identified";
    let mut certificates = value.inside().take(SEQUENCE, what)?.inside();
    let mut first = certificates.take(SEQUENCE, what)?.inside();
    let hash = if new { Some(hash_or_default(&mut first)?) } else { None };
    Ok((hash, first.take(OCTETS, what)?.body))
}

impl<'a> Info<'a> {
    fn read(content: &'a [u8]) -> Result<Info<'a>, NotDer> {
        let mut outer = Der::new(content);
        let mut info = outer.take(SEQUENCE, "what is signed is no timestamp")?.inside();
        outer.end()?;
        if info.take(INTEGER, "its timestamp has no version")?.body != [1] {
            return Err(NotDer("its timestamp is of another version"));
        }
        info.take(OID, "its timestamp names no policy")?;
        let mut imprint = info.take(SEQUENCE, "its timestamp is of nothing")?.inside();
        let hash = Hash::read(imprint.take(SEQUENCE, "its timestamp is of nothing")?)?;
        let digest = imprint.take(OCTETS, "its timestamp is of nothing")?.body;
        imprint.end()?;
        info.take(INTEGER, "its timestamp has no number")?;
        let time = info.take(TIME, "its timestamp has no time")?.body;
        Ok(Info { hash, imprint: digest, time })
    }
}

/// The parts of a certificate that its place in a chain depends on, each with its tag.
struct Certificate<'a> {
    serial: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
}

impl<'a> Certificate<'a> {
    fn read(bytes: &'a [u8]) -> Result<Certificate<'a>, NotDer> {
        let what = "a certificate does not read";
        let mut inside = Der::new(bytes).take(SEQUENCE, what)?.inside().take(SEQUENCE, what)?.inside();
        inside.take_if(tagged(0))?;
        let serial = inside.take(INTEGER, what)?.whole;
        inside.take(SEQUENCE, what)?;
        let issuer = inside.take(SEQUENCE, what)?.whole;
        inside.take(SEQUENCE, what)?;
        let subject = inside.take(SEQUENCE, what)?.whole;
        Ok(Certificate { serial, issuer, subject })
    }
}

/// The signer's certificate and those above it, as far as they are there; a root is nobody's word about itself and is left out.
fn chain<'a>(first: &'a [u8], all: &[&'a [u8]]) -> Result<Vec<&'a [u8]>, NotDer> {
    const LONGEST: usize = 8;
    let mut chain = vec![first];
    while chain.len() < LONGEST {
        let below = Certificate::read(chain[chain.len() - 1])?;
        let above = all.iter().find(|one| {
            !chain.contains(one)
                && Certificate::read(one).is_ok_and(|c| c.subject == below.issuer && c.subject != c.issuer)
        });
        match above {
            Some(above) => chain.push(above),
            None => break,
        }
    }
    Ok(chain)
}
