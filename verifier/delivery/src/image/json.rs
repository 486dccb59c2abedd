//! JSON that can be read in one way only: container tools, written in Go, fold the case of keys and take the last of two, so both are refused.

use crate::index;
use assize_facts::{Reason, reason};
use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::fmt;

/// Largest manifest or configuration (the OCI distribution specification asks registries for 4 MiB).
pub(crate) const LARGEST: u64 = index::LONGEST;

/// Objects whose keys are data: there only two equal keys are refused.
const DATA: &[&str] = &["Labels", "annotations", "ExposedPorts", "Volumes", "OnBuild", "Annotations"];

/// Reads one document.
pub(crate) fn read(bytes: &[u8], place: &str) -> Result<Value, Reason> {
    unambiguous_json(bytes).map_err(|error| reason!("image-json-refused", place = place, detail = error))
}

/// A document that Go's decoder (`encoding/json`) can read in one way only.
///
/// # Errors
/// It is no JSON, or has a key twice, in letters of whatever case.
pub fn unambiguous_json(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Unique { fold: true }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Unique {
    /// Whether keys that differ in their case alone are the same key.
    fold: bool,
}

impl<'de> DeserializeSeed<'de> for Unique {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(value) = seq.next_element_seed(Unique { fold: true })? {
            all.push(value);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let (mut all, mut seen) = (Map::new(), HashSet::new());
        while let Some(key) = map.next_key::<String>()? {
            let folded = if self.fold { key.replace('\u{17f}', "s").to_lowercase() } else { key.clone() };
            if !seen.insert(folded) {
                return Err(de::Error::custom(format!("the key {key:?} is there twice")));
            }
            let value = map.next_value_seed(Unique { fold: !DATA.contains(&key.as_str()) })?;
            all.insert(key, value);
        }
        Ok(Value::Object(all))
    }
}

/// A part of a document in its own form; `null` and absence are the default.
pub(crate) fn part<T: Default + for<'de> Deserialize<'de>>(value: &Value, key: &str, place: &str) -> Result<T, Reason> {
    // Go's decoder takes a key of another case too: it must not mean something here and nothing there.
    if let Value::Object(map) = value
        && let Some(other) = map.keys().find(|k| k.as_str() != key && k.eq_ignore_ascii_case(key))
    {
        return Err(reason!("image-json-refused", place = place, detail = format!("the key {other:?} for {key:?}")));
    }
    match value.get(key) {
        None | Some(Value::Null) => Ok(T::default()),
        Some(part) => T::deserialize(part)
            .map_err(|error| reason!("image-json-refused", place = place, detail = format!("{key}: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_readers_could_take_differently_is_refused() {
        let bad = |text: &str| read(text.as_bytes(), "x").is_err();
        assert!(bad(r#"{"Entrypoint": ["a"], "entrypoint": ["b"]}"#));
        assert!(bad(r#"{"config": {"Env": [], "Env": ["A=1"]}}"#));
        assert!(bad(r#"{} {}"#));
        assert!(bad(&"[".repeat(100_000)));
        let labels = read(br#"{"Labels": {"a": "1", "A": "2"}}"#, "x").expect("labels are data");
        assert_eq!(labels["Labels"]["A"], "2");
        let lower = read(br#"{"entrypoint": ["b"]}"#, "x").expect("one key");
        assert!(part::<Vec<String>>(&lower, "Entrypoint", "x").is_err());
        assert_eq!(part::<Vec<String>>(&lower, "Cmd", "x").expect("absent"), Vec::<String>::new());
    }
}
