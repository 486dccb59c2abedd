//! The tree of a TOML file, every key and value with its place.

use crate::read::Reader;
use serde_json::{Map, Value as Json};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeFloat, DeInteger, DeTable, DeValue};
use toml::value::Datetime;

/// Bytes of the file.
pub(crate) type Span = Range<usize>;

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub value: Value,
    /// Of a table: its header, or its braces; the root has an empty one.
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Date(Datetime),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// Said already to be wrong; whoever meets it keeps quiet.
    Bad,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub key: String,
    pub key_span: Span,
    pub node: Node,
}

impl Value {
    /// What it is, for a message.
    pub fn sort(&self) -> &'static str {
        match self {
            Value::Text(_) => "a string",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a number with a fraction",
            Value::Bool(_) => "true or false",
            Value::Date(_) => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Bad => "nothing readable",
        }
    }
}

impl Node {
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|e| e.key == key).map(|e| &e.node)
    }

    /// As JSON; dates become their text.
    pub fn json(&self) -> Json {
        match &self.value {
            Value::Text(text) => Json::from(text.as_str()),
            Value::Int(number) => Json::from(*number),
            Value::Float(number) => Json::from(*number),
            Value::Bool(yes) => Json::from(*yes),
            Value::Date(date) => Json::from(date.to_string()),
            Value::List(nodes) => nodes.iter().map(Node::json).collect(),
            Value::Table(entries) => {
                entries.iter().map(|e| (e.key.clone(), e.node.json())).collect::<Map<_, _>>().into()
            }
            Value::Bad => Json::Null,
        }
    }
}

/// The tree of a file. Syntax errors are reported; what could be read beside them is read.
pub(crate) fn parse(reader: &Reader) -> Node {
    let text = reader.text();
    let (table, errors) = DeTable::parse_recoverable(&text);
    for error in errors {
        if reader.is_full() {
            reader.count();
            continue;
        }
        let span = error.span().unwrap_or(0..0);
        reader.syntax(reader.at(&span, format!("not TOML: {}", error.message())));
    }
    Node { value: Value::Table(entries(reader, table.get_ref())), span: 0..0 }
}

fn entries(reader: &Reader, table: &DeTable<'_>) -> Vec<Entry> {
    table
        .iter()
        .map(|(key, value)| Entry { key: key.get_ref().to_string(), key_span: key.span(), node: node(reader, value) })
        .collect()
}

fn node(reader: &Reader, spanned: &Spanned<DeValue<'_>>) -> Node {
    let span = spanned.span();
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => integer(reader, number, &span),
        DeValue::Float(number) => float(reader, number, &span),
        DeValue::Boolean(yes) => Value::Bool(*yes),
        DeValue::Datetime(date) => Value::Date(*date),
        DeValue::Array(nodes) => Value::List(nodes.iter().map(|n| node(reader, n)).collect()),
        DeValue::Table(table) => Value::Table(entries(reader, table)),
    };
    Node { value, span }
}

/// RFC 8785 numbers are IEEE doubles: beyond 2^53 two files that differ would have one digest.
const LARGEST: i64 = (1 << 53) - 1;

fn integer(reader: &Reader, number: &DeInteger<'_>, span: &Span) -> Value {
    match i64::from_str_radix(number.as_str(), number.radix()) {
        Ok(value) if (-LARGEST..=LARGEST).contains(&value) => Value::Int(value),
        _ => {
            reader.report(reader.at(span, "the number is too large").help("at most 9007199254740991 (2^53 - 1)"));
            Value::Bad
        }
    }
}

fn float(reader: &Reader, number: &DeFloat<'_>, span: &Span) -> Value {
    match number.as_str().parse::<f64>() {
        Ok(value) if value.is_finite() => Value::Float(value),
        _ => {
            reader.report(reader.at(span, "not a finite number"));
            Value::Bad
        }
    }
}
