//! Identifiers that are the same whenever the same thing is named: UUID version 5 (RFC 9562 §5.5).

use sha1::{Digest, Sha1};

/// Version 5 of the URL namespace and `https://assize.invalid/`; every name of ours lies below it.
const NAMESPACE: [u8; 16] =
    [0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];

/// Of a name in parts.
pub fn of(parts: &[&str]) -> String {
    let mut hash = Sha1::new();
    hash.update(NAMESPACE);
    hash.update(b"https://assize.invalid/");
    for part in parts {
        // The length keeps `ab`, `c` and `a`, `bc` apart.
        hash.update(format!("{}:", part.len()));
        hash.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_identifier_of_version_five() {
        let id = of(&["a", "b"]);
        assert_eq!((id.len(), &id[14..15]), (36, "5"));
        assert!("89ab".contains(&id[19..20]));
        assert_eq!(id, of(&["a", "b"]));
        assert_ne!(id, of(&["ab"]));
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
    }
}
