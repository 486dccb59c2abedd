//! What is taken out, in which spelling, and what is left alone.

use super::*;

fn neutral(secrets: &[(&str, &str)]) -> Neutral {
    let secrets: Vec<Secret> =
        secrets.iter().map(|(name, value)| Secret { name: (*name).into(), value: (*value).into() }).collect();
    Neutral::new(b"salt", b"hidden", &secrets)
}

/// The text with digests written as `…`.
fn shown(neutral: &Neutral, text: &str) -> String {
    let text = neutral.text(text).into_owned();
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(" bytes, ") {
        let end = at + " bytes, ".len();
        out.push_str(&rest[..end]);
        out.push('…');
        rest = &rest[end + 12..];
    }
    out + rest
}

#[test]
fn secrets_are_found_in_every_spelling() {
    let value = "pa\"ss <wörd>&42/x";
    let all = neutral(&[("DB", value)]);
    let mut tried = 0;
    for spelled in [
        value.to_string(),
        serde_json::to_string(value).unwrap(),
        "pa\\\"ss \\u003cwörd\\u003e\\u002642/x".into(),
        "pa%22ss+%3Cw%C3%B6rd%3E%2642%2Fx".into(),
        "pa%22ss%20%3Cw%C3%B6rd%3E&42%2Fx".into(),
        value.bytes().map(|b| format!("{b:02x}")).collect(),
        value.bytes().map(|b| format!("{b:02X}")).collect(),
    ] {
        let text = format!("before {spelled} after");
        let found = shown(&all, &text);
        assert!(found.contains("[secret DB, 18 bytes, …]"), "{text} → {found}");
        assert!(found.starts_with("before ") && found.ends_with(" after"), "{found}");
        tried += 1;
    }
    assert_eq!(tried, 7);
}

/// A file's last line feed is not what a program prints, and a secret of several lines is logged line by line.
#[test]
fn a_secret_is_found_without_its_line_feeds() {
    let all = neutral(&[("A", "hunter22\n"), ("B", "first-line-of-it\nsecond-line-of-it\nx")]);
    assert_eq!(shown(&all, "is hunter22."), "is [secret A, 9 bytes, …].");
    assert_eq!(shown(&all, "second-line-of-it"), "[secret B, 36 bytes, …]");
}

/// Basic authentication holds the value behind a user's name of any length.
#[test]
fn a_secret_inside_something_that_was_encoded_is_found() {
    use base64::Engine as _;
    let all = neutral(&[("DB", "correct-horse-battery")]);
    for user in ["", "a", "ab", "abc", "root:"] {
        for tail in ["", "!", "\n"] {
            let text = format!("{user}correct-horse-battery{tail}");
            for engine in [&base64::engine::general_purpose::STANDARD, &base64::engine::general_purpose::URL_SAFE] {
                let found = shown(&all, &engine.encode(&text));
                assert!(found.contains("[secret DB"), "{text:?}: {found}");
            }
        }
    }
}

#[test]
fn values_of_headers_are_taken_out_wherever_they_stand() {
    let all = neutral(&[]);
    for (text, expected) in [
        (
            "GET / HTTP/1.1\r\nAuthorization: Bearer abc.def\r\nHost: x\r\n",
            "GET / HTTP/1.1\r\nAuthorization: [authorization, 14 bytes, …]\r\nHost: x\r\n",
        ),
        ("Set-Cookie: id=1; Path=/\r\n", "Set-Cookie: [cookie, 12 bytes, …]\r\n"),
        (r#"{"authorization":"Basic eDp5","x":1}"#, r#"{"authorization":"[authorization, 10 bytes, …]","x":1}"#),
        (
            r#"{"msg":"{\"Cookie\":[\"id=42\"],\"a\":1}"}"#,
            r#"{"msg":"{\"Cookie\":[\"[cookie, 5 bytes, …]\"],\"a\":1}"}"#,
        ),
        ("level=info cookie=id=1 x", "level=info cookie=[cookie, 6 bytes, …]"),
        (
            r#"req.Header.Set("Authorization", "Bearer s3")"#,
            r#"req.Header.Set("Authorization", "[authorization, 9 bytes, …]")"#,
        ),
        (r#"log.Printf("Authorization: Bearer s3")"#, r#"log.Printf("Authorization: [authorization, 9 bytes, …]")"#),
        (
            r#"http.Header{"Cookie": {"id=7"}, "X": {"y"}}"#,
            r#"http.Header{"Cookie": {"[cookie, 4 bytes, …]"}, "X": {"y"}}"#,
        ),
        (
            r#"&http.Cookie{Name: "s", Value: "abc", Path: "/"}"#,
            r#"&http.Cookie{Name: "s", Value: "[cookie, 3 bytes, …]", Path: "/"}"#,
        ),
        ("const authorization = `Token abc`", "const authorization = `[authorization, 9 bytes, …]`"),
        ("sent Bearer eyJhbGciOi.J9 there", "sent Bearer [bearer token, 13 bytes, …] there"),
    ] {
        assert_eq!(shown(&all, text), expected);
        assert_eq!(shown(&all, &all.text(text)), expected, "twice");
    }
}

#[test]
fn what_only_speaks_of_them_is_left_alone() {
    let all = neutral(&[("X", "abc")]);
    for text in [
        "c, err := r.Cookie(\"session\")",
        "cookie := r.Cookies()",
        "if authorization == want {",
        "basic constraints, bearer authentication",
        "abc is too short to be sought",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "a private key is needed",
    ] {
        assert_eq!(all.text(text), text);
    }
}

#[test]
fn private_keys_go_whole_or_in_part() {
    let all = neutral(&[]);
    let key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----";
    assert_eq!(shown(&all, &format!("a {key} b")), "a [private key, 68 bytes, …] b");
    assert_eq!(shown(&all, &format!("{key}\n{key}")), "[private key, 68 bytes, …]\n[private key, 68 bytes, …]");
    let written_out = key.replace('\n', "\\n");
    assert!(!shown(&all, &format!("{{\"k\":\"{written_out}\"}}")).contains("MHcC"));
    assert!(!shown(&all, &key[..40]).contains("MHcC"));
    assert!(!shown(&all, &key[32..]).contains("cCAQEE"));
    assert_eq!(Neutral::key_line(b"x -----BEGIN PRIVATE KEY-----"), Some(KeyLine::Begins));
    assert_eq!(Neutral::key_line(b"-----END PRIVATE KEY-----"), Some(KeyLine::Ends));
    assert_eq!(Neutral::key_line(key.as_bytes()), Some(KeyLine::Ends));
    assert_eq!(Neutral::key_line(b"-----BEGIN CERTIFICATE-----"), None);
}

#[test]
fn every_text_of_a_sheet_is_looked_at() {
    let all = neutral(&[("S", "canary-1234")]);
    let mut sheet = Sheet::named("x");
    let reason = Reason::new("c").with("d", "canary-1234");
    sheet.gap(reason.clone(), "at canary-1234");
    let field = |value: Json| Field::Known(value);
    let mut item = Item { fields: Default::default(), origin: crate::Origin::file("canary-1234") };
    item.fields.insert("a", field(serde_json::json!(["x", "canary-1234"])));
    item.fields.insert("b", Field::Possible(vec!["canary-1234".into(), "y".into()]));
    item.fields.insert("c", Field::Unknown(reason));
    item.origin.excerpt = Some("canary-1234".into());
    sheet.items.push(item);
    all.sheet(&mut sheet);
    let text = format!("{}{:?}", serde_json::to_string(&sheet.items).unwrap(), sheet.gaps);
    assert!(!text.contains("canary-1234"), "{text}");
    assert_eq!(text.matches("[secret S, 11 bytes").count(), 7, "{text}");
}
