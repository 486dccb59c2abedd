//! Signed notes: a text, a blank line, and a line for each signature (golang.org/x/mod/sumdb/note).

use super::BASE64;
use base64::Engine as _;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// A key that signs notes.
#[derive(Clone, Debug)]
pub struct Key {
    name: String,
    hash: u32,
    key: VerifyingKey,
}

/// The only algorithm of keys that there is.
const ED25519: u8 = 1;

impl Key {
    /// Reads `name+hash+base64`; the hash is the beginning of the SHA-256 of name and key.
    pub fn parse(text: &str) -> Option<Key> {
        let (name, rest) = text.split_once('+')?;
        let (hash, encoded) = rest.split_once('+')?;
        let bytes = BASE64.decode(encoded).ok()?;
        let hash = u32::from_str_radix(hash, 16).ok().filter(|_| hash.len() == 8)?;
        if !is_name(name) || hash != key_hash(name, &bytes) {
            return None;
        }
        let (ED25519, key) = bytes.split_first().map(|(kind, key)| (*kind, key))? else { return None };
        let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
        Some(Key { name: name.into(), hash, key })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    fn signs(&self, text: &str, signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        self.key.verify_strict(text.as_bytes(), &signature).is_ok()
    }
}

fn key_hash(name: &str, key: &[u8]) -> u32 {
    let digest = Sha256::new().chain_update(name).chain_update(b"\n").chain_update(key).finalize();
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+')
}

/// Why a note is not the text of whoever has the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no note.
    Malformed,
    /// Others signed it, or nobody.
    OtherSigners,
    /// A signature that claims to be the key's is not.
    BadSignature,
}

/// The text of a note that the key signed, with the line feed at its end. Signatures of other keys are passed over, as in Go; a
/// second one of the same key is too, so that only the first can make a note good.
pub fn open<'a>(note: &'a [u8], key: &Key) -> Result<&'a str, Refusal> {
    let note = std::str::from_utf8(note).map_err(|_| Refusal::Malformed)?;
    if note.chars().any(|c| c < ' ' && c != '\n') {
        return Err(Refusal::Malformed);
    }
    let split = note.rfind("\n\n").ok_or(Refusal::Malformed)?;
    let (text, lines) = (&note[..=split], &note[split + 2..]);
    let lines = lines.strip_suffix('\n').ok_or(Refusal::Malformed)?;
    let mut good = None;
    for (number, line) in lines.split('\n').enumerate() {
        let signature = signature(line).filter(|_| number < MOST_SIGNATURES).ok_or(Refusal::Malformed)?;
        if signature.name == key.name && signature.hash == key.hash && good.is_none() {
            good = Some(key.signs(text, &signature.bytes));
            if good == Some(false) {
                return Err(Refusal::BadSignature);
            }
        }
    }
    good.map(|_| text).ok_or(Refusal::OtherSigners)
}

const MOST_SIGNATURES: usize = 100;

struct Line<'a> {
    name: &'a str,
    hash: u32,
    bytes: Vec<u8>,
}

/// `— name base64`, where the first four bytes are the key's hash.
fn signature(line: &str) -> Option<Line<'_>> {
    let (name, encoded) = line.strip_prefix("— ")?.split_once(' ')?;
    let bytes = BASE64.decode(encoded).ok().filter(|bytes| bytes.len() >= 5)?;
    let (hash, signature) = bytes.split_first_chunk::<4>()?;
    is_name(name).then(|| Line { name, hash: u32::from_be_bytes(*hash), bytes: signature.to_vec() })
}
