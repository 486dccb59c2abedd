//! Values of fields: known, unknown with a reason, or one of several possible ones; and the types that facts are written with.

use crate::{Reason, Type};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value as Json};

/// A field as it is recorded. No field type is a JSON object, so `{"unknown": …}` and `{"possible": […]}` cannot be mistaken for values.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    Known(Json),
    /// Exactly one of these, but which is not known; at least two.
    Possible(Vec<Json>),
    Unknown(Reason),
}

impl Field {
    /// The value where it is known.
    pub fn known(&self) -> Option<&Json> {
        match self {
            Field::Known(value) => Some(value),
            Field::Possible(_) | Field::Unknown(_) => None,
        }
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = Map::new();
        match self {
            Field::Known(value) => return value.serialize(serializer),
            Field::Possible(values) => map.insert("possible".into(), Json::Array(values.clone())),
            Field::Unknown(reason) => {
                let reason = serde_json::to_value(reason).map_err(serde::ser::Error::custom)?;
                map.insert("unknown".into(), reason)
            }
        };
        map.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Field, D::Error> {
        use serde::de::Error;
        let value = Json::deserialize(deserializer)?;
        let Json::Object(mut map) = value else { return Ok(Field::Known(value)) };
        if map.len() != 1 {
            return Err(D::Error::custom("a field is a value, {unknown} or {possible}"));
        }
        if let Some(reason) = map.remove("unknown") {
            return Ok(Field::Unknown(serde_json::from_value(reason).map_err(D::Error::custom)?));
        }
        match map.remove("possible") {
            Some(Json::Array(values)) if values.len() >= 2 => Ok(Field::Possible(values)),
            _ => Err(D::Error::custom("a field is a value, {unknown} or {possible}")),
        }
    }
}

/// A value that a collector may not know. Writing `Known::Unknown` needs a reason, so nothing becomes unknown silently.
#[derive(Clone, Debug, PartialEq)]
pub enum Known<T> {
    Value(T),
    Possible(Vec<T>),
    Unknown(Reason),
}

impl<T> From<T> for Known<T> {
    fn from(value: T) -> Known<T> {
        Known::Value(value)
    }
}

impl<T> Known<T> {
    pub fn value(&self) -> Option<&T> {
        match self {
            Known::Value(value) => Some(value),
            Known::Possible(_) | Known::Unknown(_) => None,
        }
    }

    pub fn map<U>(self, f: impl Fn(T) -> U) -> Known<U> {
        match self {
            Known::Value(value) => Known::Value(f(value)),
            Known::Possible(values) => Known::Possible(values.into_iter().map(f).collect()),
            Known::Unknown(reason) => Known::Unknown(reason),
        }
    }
}

/// What can stand in a field of a fact.
pub trait FieldType: Sized {
    fn ty() -> Type;
    fn may_be_unknown() -> bool {
        false
    }
    fn record(self) -> Field;
}

fn plain<T: FieldType>(value: T) -> Json {
    match value.record() {
        Field::Known(json) => json,
        // Lists and optional values hold plain values only: the types below never nest `Known`.
        Field::Possible(_) | Field::Unknown(_) => Json::Null,
    }
}

impl<T: FieldType> FieldType for Known<T> {
    fn ty() -> Type {
        T::ty()
    }
    fn may_be_unknown() -> bool {
        true
    }
    fn record(self) -> Field {
        match self {
            Known::Value(value) => value.record(),
            Known::Unknown(reason) => Field::Unknown(reason),
            Known::Possible(values) => {
                let mut all: Vec<Json> = Vec::new();
                for json in values.into_iter().map(plain) {
                    if !all.contains(&json) {
                        all.push(json);
                    }
                }
                match all.len() {
                    0 => Field::Unknown(Reason::new("no-possible-value")),
                    1 => Field::Known(all.remove(0)),
                    _ => Field::Possible(all),
                }
            }
        }
    }
}

impl<T: FieldType> FieldType for Option<T> {
    fn ty() -> Type {
        Type::Optional(Box::new(T::ty()))
    }
    fn record(self) -> Field {
        Field::Known(self.map_or(Json::Null, plain))
    }
}

impl<T: FieldType> FieldType for Vec<T> {
    fn ty() -> Type {
        Type::List(Box::new(T::ty()))
    }
    fn record(self) -> Field {
        Field::Known(Json::Array(self.into_iter().map(plain).collect()))
    }
}

macro_rules! plain_types {
    ($($rust:ty => $ty:expr, |$v:ident| $json:expr;)*) => {$(
        impl FieldType for $rust {
            fn ty() -> Type {
                $ty
            }
            fn record(self) -> Field {
                let $v = self;
                Field::Known($json)
            }
        }
    )*};
}

/// A duration in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Millis(pub f64);

impl From<std::time::Duration> for Millis {
    fn from(d: std::time::Duration) -> Millis {
        // Whole microseconds: finer digits are noise and make records longer.
        Millis((d.as_micros() as f64) / 1000.0)
    }
}

/// An RFC 3339 instant in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time(pub String);

/// A Go version without the `go` prefix, as in `1.26.8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoVersion(pub String);

/// `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest(pub String);

/// The registered name of a key exchange group (IANA "TLS Supported Groups", Go's spelling for curves: `X25519`, `P256`, `X25519MLKEM768`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsGroup(pub String);

/// Protocol versions in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    Ssl30,
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

impl TlsVersion {
    pub const ALL: [TlsVersion; 5] = [Self::Ssl30, Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ssl30 => "SSL3.0",
            Self::Tls10 => "1.0",
            Self::Tls11 => "1.1",
            Self::Tls12 => "1.2",
            Self::Tls13 => "1.3",
        }
    }

    /// By the name used in clause files and records.
    pub fn parse(name: &str) -> Option<TlsVersion> {
        Self::ALL.into_iter().find(|v| v.name() == name)
    }

    /// The number on the wire (RFC 8446 §4.2.1; RFC 6101 for 0x0300).
    pub fn wire(self) -> u16 {
        0x0300 + self as u16
    }

    pub fn from_wire(number: u16) -> Option<TlsVersion> {
        Self::ALL.into_iter().find(|v| v.wire() == number)
    }
}

plain_types! {
    bool => Type::Bool, |v| Json::Bool(v);
    u64 => Type::Int, |v| Json::from(v);
    u32 => Type::Int, |v| Json::from(v);
    i64 => Type::Int, |v| Json::from(v);
    f64 => Type::Number, |v| Json::from(v);
    String => Type::Text, |v| Json::String(v);
    Millis => Type::Duration, |v| Json::from(v.0);
    Time => Type::Time, |v| Json::String(v.0);
    GoVersion => Type::GoVersion, |v| Json::String(v.0);
    Digest => Type::Digest, |v| Json::String(v.0);
    TlsGroup => Type::TlsGroup, |v| Json::String(v.0);
    TlsVersion => Type::TlsVersion, |v| Json::from(v.name());
}
