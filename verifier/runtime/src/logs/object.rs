//! One JSON object out of untrusted bytes: its members in order, so that a name that stands twice is seen.

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;
use std::fmt;

/// What a text holds, looked at as one JSON object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading {
    /// One object and nothing else. Only members asked for have their values.
    Object(Vec<(String, Option<Json>)>),
    /// Nothing but white space.
    Blank,
    /// One JSON value of another type.
    OtherValue,
    /// An object, and after it another JSON value.
    SeveralValues,
    /// An object, and after it something that is no JSON.
    Trailing,
    /// The text ends inside an object.
    Unfinished,
    NotUtf8,
    /// A byte order mark stands before it (RFC 8259 §8.1 forbids adding one).
    ByteOrderMark,
    NotJson,
}

/// Reads a text as one object. Values are kept for the names in `wanted`, the others are only checked.
/// Depth is bounded by serde_json (128), size by the caller.
pub(crate) fn read(text: &[u8], wanted: &dyn Fn(&str) -> bool) -> Reading {
    if text.starts_with(b"\xef\xbb\xbf") {
        return Reading::ByteOrderMark;
    }
    let Ok(text) = std::str::from_utf8(text) else { return Reading::NotUtf8 };
    if text.trim_matches(WHITE).is_empty() {
        return Reading::Blank;
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    match Top(wanted).deserialize(&mut reader) {
        Ok(found) => match reader.end() {
            Ok(()) => found.map_or(Reading::OtherValue, Reading::Object),
            // `2026/11/23 …` begins with a number, and is plain text all the same.
            Err(_) => found.map_or(Reading::NotJson, |_| after_the_first(text)),
        },
        Err(error) if error.is_eof() && text.trim_start_matches(WHITE).starts_with('{') => Reading::Unfinished,
        Err(_) => Reading::NotJson,
    }
}

/// White space of RFC 8259 §2.
const WHITE: [char; 4] = [' ', '\t', '\r', '\n'];

fn after_the_first(text: &str) -> Reading {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next();
    match values.next() {
        Some(Ok(_)) => Reading::SeveralValues,
        Some(Err(_)) | None => Reading::Trailing,
    }
}

struct Top<'a>(&'a dyn Fn(&str) -> bool);

type Members = Vec<(String, Option<Json>)>;

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = Option<Members>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = Option<Members>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        // Far more members than any log record or health answer has; the text's own limit bounds the rest.
        const MOST: usize = 100_000;
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = match (self.0)(&name) {
                true => Some(map.next_value::<Json>()?),
                false => {
                    map.next_value::<IgnoredAny>()?;
                    None
                }
            };
            if members.len() == MOST {
                return Err(A::Error::custom("too many members"));
            }
            members.push((name, value));
        }
        Ok(Some(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &[u8]) -> String {
        match read(text, &|name| name == "a") {
            Reading::Object(members) => {
                let shown = |(name, value): &(String, Option<Json>)| match value {
                    Some(value) => format!("{name}={value}"),
                    None => name.clone(),
                };
                members.iter().map(shown).collect::<Vec<_>>().join(" ")
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn texts_are_told_apart() {
        let cases: [(&[u8], &str); 20] = [
            (br#"{"a":1,"b":{"a":2}}"#, "a=1 b"),
            (br#"{"a":1,"a":"x"}"#, r#"a=1 a="x""#),
            (b" {} \r", ""),
            (br#"{"a":1}{"a":2}"#, "SeveralValues"),
            (br#"{"a":1} {"a":2} {"#, "SeveralValues"),
            (br#"{"a":1} x"#, "Trailing"),
            (br#"{"a":1},"#, "Trailing"),
            (b"[1,2]", "OtherValue"),
            (b"null", "OtherValue"),
            (br#""text""#, "OtherValue"),
            (b"", "Blank"),
            (b" \t\r", "Blank"),
            (br#"{"a":1"#, "Unfinished"),
            (b"{", "Unfinished"),
            (br#"{"a":01}"#, "NotJson"),
            (b"{'a':1}", "NotJson"),
            (b"2026/11/23 10:00:00 started", "NotJson"),
            (b"\xef\xbb\xbf{}", "ByteOrderMark"),
            (b"{\"a\":\"\xff\"}", "NotUtf8"),
            (b"{\"a\":\"x\x01y\"}", "NotJson"),
        ];
        for (text, want) in cases {
            assert_eq!(short(text), want, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let deep = |name: &str| format!("{{\"{name}\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        // What is only checked is read without recursion; what is kept has serde_json's limit of 128.
        assert_eq!(short(deep("b").as_bytes()), "b");
        assert_eq!(short(deep("a").as_bytes()), "NotJson");
    }
}
