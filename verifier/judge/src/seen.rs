//! Reading recorded fields: a value, or the reason why there is none. A record that lacks a field says nothing about it.

use crate::Truth;
use crate::matching::field;
use assize_facts::{Field, Item, Known, Reason, reason};
use serde_json::Value as Json;

pub type Seen<T> = Result<T, Reason>;

/// A field's value; `null` is one.
pub fn value(item: &Item, name: &str) -> Seen<Json> {
    match field(item, name) {
        Field::Known(value) => Ok(value),
        Field::Possible(_) => Err(reason!("several-possible")),
        Field::Unknown(reason) => Err(reason),
    }
}

pub fn maybe_text(item: &Item, name: &str) -> Seen<Option<String>> {
    match value(item, name)? {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text)),
        _ => Err(reason!("unexpected-value")),
    }
}

/// A text that has to be there.
pub fn text(item: &Item, name: &str) -> Seen<String> {
    maybe_text(item, name)?.ok_or_else(|| reason!("field-absent", field = name))
}

pub fn maybe_flag(item: &Item, name: &str) -> Seen<Option<bool>> {
    match value(item, name)? {
        Json::Null => Ok(None),
        Json::Bool(flag) => Ok(Some(flag)),
        _ => Err(reason!("unexpected-value")),
    }
}

pub fn flag(item: &Item, name: &str) -> Truth {
    match maybe_flag(item, name) {
        Ok(Some(flag)) => Truth::from(flag),
        Ok(None) => Truth::Unknown(reason!("field-absent", field = name)),
        Err(reason) => Truth::Unknown(reason),
    }
}

pub fn maybe_number(item: &Item, name: &str) -> Seen<Option<u64>> {
    match value(item, name)? {
        Json::Null => Ok(None),
        number => number.as_u64().map(Some).ok_or_else(|| reason!("unexpected-value")),
    }
}

pub fn texts(item: &Item, name: &str) -> Seen<Vec<String>> {
    let list = list(item, name)?;
    list.iter().map(|v| v.as_str().map(str::to_owned).ok_or_else(|| reason!("unexpected-value"))).collect()
}

pub fn numbers(item: &Item, name: &str) -> Seen<Vec<u64>> {
    let list = list(item, name)?;
    list.iter().map(|v| v.as_u64().ok_or_else(|| reason!("unexpected-value"))).collect()
}

fn list(item: &Item, name: &str) -> Seen<Vec<Json>> {
    match value(item, name)? {
        Json::Array(all) => Ok(all),
        _ => Err(reason!("unexpected-value")),
    }
}

/// Whether a program of `binary.info` stands beside those that are delivered as the product's, which alone are held against source, images and processes.
pub fn is_beside(item: &Item) -> bool {
    flag(item, "beside").is_true()
}

/// As a fact of a link.
pub fn known(truth: Truth) -> Known<bool> {
    match truth {
        Truth::True => Known::Value(true),
        Truth::False => Known::Value(false),
        Truth::Unknown(reason) => Known::Unknown(reason),
    }
}
