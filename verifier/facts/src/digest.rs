//! SHA-256, the one hash that every auditor can run.

use crate::Digest;
use sha2::Digest as _;
use std::io::{self, Read};

/// A running SHA-256.
#[derive(Clone, Default)]
pub struct Sha256(sha2::Sha256);

impl Digest {
    /// In the recorded form.
    pub fn sha256(bytes: [u8; 32]) -> Digest {
        Digest(["sha256:", &hex(bytes)].concat())
    }

    /// The 32 bytes of a recorded SHA-256; `None` where it is not in that form.
    pub fn raw(&self) -> Option<[u8; 32]> {
        let digits = self.0.strip_prefix("sha256:")?.as_bytes();
        let four = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = digits.as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(four(*high)? << 4 | four(*low)?)).collect();
        bytes.filter(|_| rest.is_empty())?.try_into().ok()
    }
}

impl Sha256 {
    pub fn new() -> Sha256 {
        Sha256::default()
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The raw 32 bytes.
    pub fn bytes(self) -> [u8; 32] {
        self.0.finalize().into()
    }

    /// `sha256:` and lower-case hexadecimal.
    pub fn digest(self) -> Digest {
        Digest::sha256(self.bytes())
    }

    pub fn of(bytes: &[u8]) -> Digest {
        let mut hash = Sha256::new();
        hash.update(bytes);
        hash.digest()
    }

    /// Of everything that a reader gives to its end, piece by piece.
    pub fn of_reader(mut reader: impl Read) -> io::Result<Digest> {
        let (mut hash, mut piece) = (Sha256::new(), vec![0; 256 << 10]);
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return Ok(hash.digest()),
                Ok(n) => hash.update(&piece[..n]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Lower-case hexadecimal SHA-256 of some bytes.
pub fn sha256_hex(bytes: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(bytes);
    hex(hash.bytes())
}

fn hex(bytes: [u8; 32]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 64];
    for (two, byte) in text.chunks_exact_mut(2).zip(bytes) {
        two[0] = DIGITS[usize::from(byte >> 4)];
        two[1] = DIGITS[usize::from(byte & 15)];
    }
    String::from_utf8(text.to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_known_by_its_bytes_in_the_recorded_form_alone() {
        let digest = Sha256::of(b"assize");
        assert_eq!(digest.raw().map(Digest::sha256), Some(digest.clone()));
        let text = digest.0.as_str();
        for other in [&text[7..], &text[..70], &text.to_uppercase(), &format!("{text}00"), &format!("{text}0"), ""] {
            assert_eq!(Digest(other.into()).raw(), None, "{other}");
        }
    }
}
