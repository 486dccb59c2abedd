//! Text as Go's standard library sees it: white space on bytes that need not be UTF-8.

/// `bytes.TrimSpace`: Unicode white space on both ends; bytes that are not UTF-8 are not white space.
pub(crate) fn trim_space(bytes: &[u8]) -> &[u8] {
    trim_end(trim_start(bytes))
}

fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while let Some(size) = (1..=3).find(|&n| bytes.get(..n).is_some_and(is_space)) {
        bytes = &bytes[size..];
    }
    bytes
}

fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let Some(start) =
        (1..=3).filter_map(|n| bytes.len().checked_sub(n)).find(|&at| bytes.get(at..).is_some_and(is_space))
    {
        bytes = &bytes[..start];
    }
    bytes
}

/// Whether these bytes are exactly one white-space character; none is longer than three bytes.
fn is_space(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut chars = text.chars();
    matches!((chars.next(), chars.next()), (Some(c), None) if c.is_whitespace())
}

/// Whether Go's `unicode.IsPrint` holds: letters, marks, numbers, punctuation, symbols and the ASCII space. Rust's debug form escapes
/// the same categories, and behind another character it escapes no mark.
pub(crate) fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    let mut text = String::from("a");
    text.push(c);
    text.escape_debug().nth(1) == Some(c)
}

/// Text for a message: bytes that are not UTF-8 are replaced.
pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_is_what_go_prints() {
        for (c, wanted) in [('a', true), (' ', true), ('é', true), ('\u{301}', true), ('世', true), ('\u{fffd}', true)]
        {
            assert_eq!(is_print(c), wanted, "{c:?}");
        }
        for c in ['\t', '\u{7f}', '\u{a0}', '\u{ad}', '\u{200b}', '\u{2028}', '\u{feff}', '\u{e000}', '\u{378}'] {
            assert!(!is_print(c), "{c:?}");
        }
    }

    #[test]
    fn white_space_is_trimmed_as_in_go() {
        for (given, wanted) in [
            (&b" \t a b\r\n"[..], &b"a b"[..]),
            ("\u{a0}\u{85}x\u{3000}".as_bytes(), b"x"),
            (b"\xff \xff", b"\xff \xff"),
            (b"  ", b""),
            (b"\xa0x", b"\xa0x"),
        ] {
            assert_eq!(trim_space(given), wanted, "{given:?}");
        }
    }
}
