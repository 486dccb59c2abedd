//! SSH signatures (OpenSSH PROTOCOL.sshsig), so that `ssh-keygen -Y verify` can check a pack without this program.

use crate::key::{PrivateKey, PublicKey, SSH_TYPE, pem};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha512};

/// What the signatures are for, in the protocol's words: `ssh-keygen -Y verify -n assize-pack`.
pub const NAMESPACE: &str = "assize-pack";
const MAGIC: &[u8] = b"SSHSIG";
const HASH: &str = "sha512";
/// OpenSSH breaks its armour here (sshsig.c, `sshsig_armor`, through `sshbuf_dtob64`).
const WIDTH: usize = 70;

fn put(bytes: &mut Vec<u8>, text: &[u8]) {
    bytes.extend_from_slice(&(text.len() as u32).to_be_bytes());
    bytes.extend_from_slice(text);
}

fn signed_bytes(message: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    put(&mut bytes, NAMESPACE.as_bytes());
    put(&mut bytes, b"");
    put(&mut bytes, HASH.as_bytes());
    put(&mut bytes, &Sha512::digest(message));
    bytes
}

/// The armoured signature of a message.
pub fn sign(message: &[u8], key: &PrivateKey) -> String {
    encode(&key.public(), &key.sign(&signed_bytes(message)))
}

fn blob(key: &PublicKey, signature: &[u8; 64]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&1u32.to_be_bytes());
    put(&mut bytes, &key.ssh_blob());
    put(&mut bytes, NAMESPACE.as_bytes());
    put(&mut bytes, b"");
    put(&mut bytes, HASH.as_bytes());
    let mut inner = Vec::new();
    put(&mut inner, SSH_TYPE.as_bytes());
    put(&mut inner, signature);
    put(&mut bytes, &inner);
    bytes
}

fn encode(key: &PublicKey, signature: &[u8; 64]) -> String {
    let mut text = String::from("-----BEGIN SSH SIGNATURE-----\n");
    for line in STANDARD.encode(blob(key, signature)).as_bytes().chunks(WIDTH) {
        text.extend(line.iter().map(|b| char::from(*b)));
        text.push('\n');
    }
    text.push_str("-----END SSH SIGNATURE-----\n");
    text
}

/// Whether `armour` is `key`'s signature of the message, spelled as [`sign`] spells it.
pub fn verify(message: &[u8], armour: &[u8], key: &PublicKey) -> bool {
    let Some(bytes) = std::str::from_utf8(armour).ok().and_then(|text| pem(text, "SSH SIGNATURE")) else {
        return false;
    };
    // The signature is the last thing in it; everything before is fixed by the key and compared below.
    let Some(signature) = bytes.last_chunk::<64>() else { return false };
    encode(key, signature).as_bytes() == armour && key.verify(&signed_bytes(message), signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_changed_bit_is_refused() {
        let key = PrivateKey::from_seed(&[1; 32]);
        let armour = sign(b"message", &key).into_bytes();
        assert!(verify(b"message", &armour, &key.public()));
        assert!(!verify(b"massage", &armour, &key.public()));
        assert!(!verify(b"message", &armour, &PrivateKey::from_seed(&[2; 32]).public()));
        for at in 0..armour.len() {
            for bit in 0..8 {
                let mut bad = armour.clone();
                bad[at] ^= 1 << bit;
                assert!(!verify(b"message", &bad, &key.public()), "byte {at}, bit {bit}");
            }
        }
    }
}
