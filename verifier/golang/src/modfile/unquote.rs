//! Words of go.mod lines: bare, or quoted as a Go interpreted string (`parseString`, strconv.Unquote).

/// The meaning of a word. Back quotes are reserved, although the lexer reads them; a bare word may hold no quote at all.
pub(super) fn word(text: &str) -> Result<String, &'static str> {
    if text.starts_with('"') {
        return interpreted(text).ok_or("invalid quoted string: invalid syntax");
    }
    if text.contains(['"', '\'', '`']) {
        return Err("invalid quoted string: unquoted string cannot contain quote");
    }
    Ok(text.into())
}

/// The text of an interpreted string, quotes included.
pub(crate) fn interpreted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out: Vec<u8> = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\n' => return None,
            '\\' => escape(&mut chars, &mut out)?,
            c => push(&mut out, c),
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

fn escape(chars: &mut std::str::Chars<'_>, out: &mut Vec<u8>) -> Option<()> {
    match chars.next()? {
        'a' => out.push(7),
        'b' => out.push(8),
        'f' => out.push(12),
        'n' => out.push(b'\n'),
        'r' => out.push(b'\r'),
        't' => out.push(b'\t'),
        'v' => out.push(11),
        c @ ('\\' | '"') => push(out, c),
        'x' => out.push(u8::try_from(number(chars, 2, 16)?).ok()?),
        'u' => push(out, char::from_u32(number(chars, 4, 16)?)?),
        'U' => push(out, char::from_u32(number(chars, 8, 16)?)?),
        first @ '0'..='7' => {
            let high = first.to_digit(8)? * 64;
            out.push(u8::try_from(high + number(chars, 2, 8)?).ok()?);
        }
        _ => return None,
    }
    Some(())
}

fn number(chars: &mut std::str::Chars<'_>, digits: usize, radix: u32) -> Option<u32> {
    (0..digits).try_fold(0u32, |value, _| value.checked_mul(radix)?.checked_add(chars.next()?.to_digit(radix)?))
}

fn push(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_go_reads() {
        for (text, wanted) in [
            ("a/b", Some("a/b")),
            (r#""a b""#, Some("a b")),
            (r#""\x61\142\u0063\U00000064\n""#, Some("abcd\n")),
            (r#""\"\\""#, Some("\"\\")),
            (r#""\'""#, None),
            (r#""\400""#, None),
            (r#""\ud800""#, None),
            (r#""a"#, None),
            (r#"a"b"#, None),
            ("'a'", None),
            ("`a`", None),
            ("", Some("")),
        ] {
            assert_eq!(word(text).ok().as_deref(), wanted, "{text}");
        }
    }
}
