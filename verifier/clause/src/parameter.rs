//! Parameters of a clause: their types and values.

use crate::Bilingual;
use assize_facts::{TlsVersion, Type};
use serde_json::Value as Json;

/// The type that a clause file gives a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterType {
    Bool,
    Int,
    Number,
    Text,
    /// Written `"5s"`, `"300ms"`, `"2m"`, `"1h30m"`, `"7d"`.
    Duration,
    /// A calendar day, written `2026-01-17`.
    Date,
    TlsVersion,
    TlsGroup,
    GoVersion,
    List(Box<ParameterType>),
}

/// A value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterValue {
    Bool(bool),
    Int(i64),
    Number(f64),
    Text(String),
    /// Milliseconds.
    Duration(f64),
    /// `YYYY-MM-DD`.
    Date(String),
    TlsVersion(TlsVersion),
    TlsGroup(String),
    GoVersion(String),
    List(Vec<ParameterValue>),
}

/// A parameter as its clause declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub ty: ParameterType,
    pub default: ParameterValue,
    /// The only values it may have (for a list: its elements); empty: any of the type.
    pub choices: Vec<ParameterValue>,
    /// What it means, for whoever negotiates it.
    pub doc: Option<Bilingual>,
}

impl ParameterValue {
    /// As facts record such a value and as collectors get it in `with`: durations are milliseconds.
    pub fn json(&self) -> Json {
        match self {
            ParameterValue::Bool(value) => Json::Bool(*value),
            ParameterValue::Int(value) => Json::from(*value),
            ParameterValue::Number(value) | ParameterValue::Duration(value) => Json::from(*value),
            ParameterValue::Text(value)
            | ParameterValue::Date(value)
            | ParameterValue::TlsGroup(value)
            | ParameterValue::GoVersion(value) => Json::from(value.as_str()),
            ParameterValue::TlsVersion(value) => Json::from(value.name()),
            ParameterValue::List(values) => values.iter().map(ParameterValue::json).collect(),
        }
    }
}

impl ParameterType {
    /// The type of a field that a value of this one can be compared with.
    pub fn field_type(&self) -> Type {
        match self {
            ParameterType::Bool => Type::Bool,
            ParameterType::Int => Type::Int,
            ParameterType::Number => Type::Number,
            ParameterType::Text => Type::Text,
            ParameterType::Duration => Type::Duration,
            ParameterType::Date => Type::Time,
            ParameterType::TlsVersion => Type::TlsVersion,
            ParameterType::TlsGroup => Type::TlsGroup,
            ParameterType::GoVersion => Type::GoVersion,
            ParameterType::List(inner) => Type::List(Box::new(inner.field_type())),
        }
    }
}
