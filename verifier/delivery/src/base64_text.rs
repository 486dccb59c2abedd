//! Texts of base64 as they are found: in either alphabet (RFC 4648 §4, §5), broken into lines, quoted, with or without an end.

/// What a letter of either alphabet stands for.
pub fn value(letter: u8) -> Option<u8> {
    Some(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

/// The bytes that the letters of a text stand for; what is no letter is passed over.
#[must_use]
pub fn decoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for value in text.iter().filter_map(|byte| value(*byte)) {
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_alphabet_is_read_and_everything_else_is_passed_over() {
        for (text, bytes) in [
            ("f0VMRgIBAQ==", &b"\x7fELF\x02\x01\x01"[..]),
            ("f0VM\nRgIB'\\\n'AQ", b"\x7fELF\x02\x01\x01"),
            ("-_-_", b"\xfb\xff\xbf"),
            ("+/+/", b"\xfb\xff\xbf"),
            ("", b""),
            ("A", b""),
        ] {
            assert_eq!(decoded(text.as_bytes()), bytes, "{text}");
        }
    }
}
