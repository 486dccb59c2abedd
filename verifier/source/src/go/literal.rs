//! The values of Go's string and rune literals (spec, "Rune literals", "String literals").

use crate::lossy::lossy;

/// The bytes of a string literal, quotes included; `None` where it is not one. A Go string need not be UTF-8.
pub(crate) fn unquote(literal: &str) -> Option<Vec<u8>> {
    let inside = literal.get(1..literal.len().checked_sub(1)?)?;
    match (literal.as_bytes().first()?, literal.as_bytes().last()?) {
        // Carriage returns inside raw strings are discarded.
        (b'`', b'`') => Some(inside.bytes().filter(|b| *b != b'\r').collect()),
        (b'"', b'"') => interpreted(inside),
        _ => None,
    }
}

/// The string as text, odd bytes replaced.
pub(crate) fn unquote_text(literal: &str) -> Option<String> {
    unquote(literal).map(|bytes| lossy(&bytes).into_owned())
}

/// The number of a rune literal.
pub(crate) fn rune(literal: &str) -> Option<i64> {
    let inside = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    if !inside.starts_with('\\') {
        let mut chars = inside.chars();
        let first = chars.next()?;
        return chars.next().is_none().then_some(first as i64);
    }
    match escape(inside.get(1..)?)? {
        (Escaped::Byte(byte), used) if used + 1 == inside.len() => Some(i64::from(byte)),
        (Escaped::Char(c), used) if used + 1 == inside.len() => Some(c as i64),
        _ => None,
    }
}

fn interpreted(inside: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let (escaped, used) = escape(&rest[at + 1..])?;
        match escaped {
            Escaped::Byte(byte) => out.push(byte),
            Escaped::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = &rest[at + 1 + used..];
    }
    out.extend_from_slice(rest.as_bytes());
    Some(out)
}

enum Escaped {
    Byte(u8),
    Char(char),
}

/// What stands behind a backslash, and how many bytes it took.
fn escape(rest: &str) -> Option<(Escaped, usize)> {
    let number = |from: usize, digits: usize, radix: u32| {
        let text = rest.get(from..from + digits)?;
        let plain = text.bytes().all(|b| b.is_ascii_hexdigit());
        u32::from_str_radix(text, radix).ok().filter(|_| plain)
    };
    let simple = |byte: u8| Some((Escaped::Byte(byte), 1));
    match rest.as_bytes().first()? {
        b'a' => simple(7),
        b'b' => simple(8),
        b'f' => simple(12),
        b'n' => simple(b'\n'),
        b'r' => simple(b'\r'),
        b't' => simple(b'\t'),
        b'v' => simple(11),
        quote @ (b'\\' | b'\'' | b'"') => simple(*quote),
        b'x' => Some((Escaped::Byte(u8::try_from(number(1, 2, 16)?).ok()?), 3)),
        b'0'..=b'7' => Some((Escaped::Byte(u8::try_from(number(0, 3, 8)?).ok()?), 3)),
        b'u' => Some((Escaped::Char(char::from_u32(number(1, 4, 16)?)?), 5)),
        b'U' => Some((Escaped::Char(char::from_u32(number(1, 8, 16)?)?), 9)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_have_the_value_that_go_gives_them() {
        let table: [(&str, Option<&[u8]>); 13] = [
            (r#""C""#, Some(b"C")),
            ("`C`", Some(b"C")),
            (r#""\x43""#, Some(b"C")),
            (r#""\103""#, Some(b"C")),
            (r#""\u0043""#, Some(b"C")),
            (r#""\U00000043""#, Some(b"C")),
            ("`a\r\nb\\n`", Some(b"a\nb\\n")),
            (r#""\xff\"""#, Some(b"\xff\"")),
            (r#""é\t""#, Some("é\t".as_bytes())),
            (r#""\x4""#, None),
            (r#""\400""#, None),
            (r#""\ud800""#, None),
            ("\"", None),
        ];
        for (literal, expected) in table {
            assert_eq!(unquote(literal).as_deref(), expected, "{literal}");
        }
    }

    #[test]
    fn runes_are_numbers() {
        let table = [
            ("'a'", Some(97)),
            ("'\\''", Some(39)),
            ("'\\x7f'", Some(127)),
            ("'世'", Some(0x4e16)),
            ("'ab'", None),
            ("'\\q'", None),
        ];
        for (literal, expected) in table {
            assert_eq!(rune(literal), expected, "{literal}");
        }
    }
}
