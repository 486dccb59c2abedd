//! Values of `Authorization` and `Cookie` headers: in HTTP, in logs (JSON, logfmt, plain), and in source that sets or compares them.

/// What a name's value is called.
const NAMES: &[(&[u8], &str)] = &[(b"authorization", "authorization"), (b"cookie", "cookie")];
/// Schemes whose credentials follow them, also where no header is named (RFC 6750, RFC 7617).
const SCHEMES: &[(&[u8], &str)] = &[(b"bearer ", "bearer token"), (b"basic ", "basic credentials")];

/// The bytes with each value replaced by what `stand_in` makes of its kind and itself.
pub fn neutral(bytes: &[u8], stand_in: &dyn Fn(&str, &[u8]) -> String) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut done, mut at) = (0, 0);
    while at < bytes.len() {
        let found = named(bytes, at).or_else(|| scheme(bytes, at));
        let Some((kind, from, to)) = found.filter(|(_, from, to)| !is_stand_in(&bytes[*from..*to])) else {
            at += 1;
            continue;
        };
        out.extend_from_slice(&bytes[done..from]);
        out.extend_from_slice(stand_in(kind, &bytes[from..to]).as_bytes());
        (done, at) = (to, to);
    }
    out.extend_from_slice(&bytes[done..]);
    out
}

/// What already stands for something is left alone, so that doing it twice changes nothing.
fn is_stand_in(value: &[u8]) -> bool {
    let kinds = ["authorization", "cookie", "bearer token", "basic credentials", "private key", "secret "];
    value.strip_prefix(b"[").is_some_and(|rest| kinds.iter().any(|kind| rest.starts_with(kind.as_bytes())))
}

fn begins(bytes: &[u8], word: &[u8]) -> bool {
    bytes.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// A header's name at `at` with a value behind it: its kind and where the value is.
fn named(bytes: &[u8], at: usize) -> Option<(&'static str, usize, usize)> {
    let (name, kind) = NAMES.iter().find(|(name, _)| begins(&bytes[at..], name))?;
    let mut here = at + name.len();
    // `http.Cookie{Name: "session", Value: "…"}`
    if bytes.get(here) == Some(&b'{') {
        const FAR: usize = 300;
        let near = &bytes[here..bytes.len().min(here + FAR)];
        here += near.windows(6).position(|w| w == b"Value:")? + 6;
        let (from, to) = quoted(bytes, skip(bytes, here, b" \t\r\n"))?;
        return Some((kind, from, to));
    }
    // Plurals and the ends of longer words are other words.
    here = skip(bytes, here, b"s");
    here = skip(bytes, here, b"\\\"'`]) \t");
    let separator = *bytes.get(here).filter(|b| matches!(b, b':' | b'=' | b',' | b'\t'))?;
    let assigned = bytes.get(here..here + 2).is_some_and(|two| matches!(two, b":=" | b"==" | b"!="));
    let after = skip(bytes, here + 1, b"= \t");
    let opened = skip(bytes, after, b"[{( \t\r\n");
    if let Some((from, to)) = quoted(bytes, opened) {
        return Some((kind, from, to));
    }
    // Without quotes only headers and logfmt have values; in source it would be a name.
    let spaced = bytes.get(here.wrapping_sub(1)) == Some(&b' ');
    if assigned || separator == b',' || (separator == b'=' && (spaced || after > here + 1)) {
        return None;
    }
    let to = line_end(bytes, at, after);
    (to > after).then_some((kind, after, to))
}

/// Inside of a quoted text that begins at `at`; where it does not end, everything is inside.
fn quoted(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let escaped = bytes.get(at) == Some(&b'\\');
    let open = at + usize::from(escaped);
    let quote = *bytes.get(open).filter(|b| matches!(b, b'"' | b'\'' | b'`'))?;
    let from = open + 1;
    let mut here = from;
    while let Some(byte) = bytes.get(here) {
        match byte {
            b'\\' if escaped && bytes.get(here + 1) == Some(&quote) => return nonempty(from, here),
            b'\\' if !escaped && quote != b'`' => here += 1,
            b if *b == quote => return nonempty(from, here),
            _ => {}
        }
        here += 1;
    }
    nonempty(from, bytes.len())
}

fn nonempty(from: usize, to: usize) -> Option<(usize, usize)> {
    (to > from).then_some((from, to))
}

/// The end of the line, or of the quoted text in which the name stands.
fn line_end(bytes: &[u8], name: usize, from: usize) -> usize {
    let line = bytes[..name].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let mut open = None;
    let mut escape = false;
    for byte in &bytes[line..name] {
        match (byte, open) {
            _ if escape => escape = false,
            (b'\\', _) => escape = true,
            (b'"' | b'`', None) => open = Some(*byte),
            (quote, Some(opened)) if *quote == opened => open = None,
            _ => {}
        }
    }
    let ends = |at: &usize| match bytes[*at] {
        b'\r' | b'\n' => true,
        b'\\' => open.is_some() && matches!(bytes.get(at + 1), Some(b'n' | b'r' | b'"')),
        byte => Some(byte) == open,
    };
    (from..bytes.len()).find(ends).unwrap_or(bytes.len())
}

/// `Bearer` and `Basic` with credentials behind them: long, and not a word of a sentence.
fn scheme(bytes: &[u8], at: usize) -> Option<(&'static str, usize, usize)> {
    let (word, kind) = SCHEMES.iter().find(|(word, _)| begins(&bytes[at..], word))?;
    if at > 0 && bytes[at - 1].is_ascii_alphanumeric() {
        return None;
    }
    let from = at + word.len();
    let token = |b: &u8| b.is_ascii_alphanumeric() || b"._~+/=-".contains(b);
    let length = bytes[from..].iter().take_while(|b| token(b)).count();
    let value = &bytes[from..from + length];
    let plain = value.iter().all(|b| b.is_ascii_lowercase() || b".-".contains(b)) && length < 24;
    (length >= 8 && !plain).then_some((kind, from, from + length))
}

fn skip(bytes: &[u8], mut at: usize, any: &[u8]) -> usize {
    while bytes.get(at).is_some_and(|b| any.contains(b)) {
        at += 1;
    }
    at
}
