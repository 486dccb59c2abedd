//! Plain values of a field's type, in recorded form.

use crate::parameter::{TLS_GROUPS, day, is_go_version, number};
use crate::read::{Node, Reader, Value, did_you_mean, digest, duration_ms};
use assize_facts::{TlsVersion, Type};
use serde_json::Value as Json;

/// Reads a literal; a mistake is reported.
pub(crate) fn literal(reader: &Reader, node: &Node, ty: &Type) -> Option<Json> {
    if let (Type::List(inner), Value::List(nodes)) = (ty.present(), &node.value) {
        let all: Vec<_> = nodes.iter().map(|n| literal(reader, n, inner)).collect();
        return all.into_iter().collect::<Option<Vec<_>>>().map(Json::Array);
    }
    let value = plain(node, ty.present());
    if value.is_none() && !matches!(node.value, Value::Bad) {
        let wanted = wanted(ty.present());
        let mistake = match node.text() {
            Some(text) => reader.at(&node.span, format!("`{text}` is not {wanted}")),
            None => reader.at(&node.span, format!("{wanted} is expected, not {}", node.value.sort())),
        };
        reader.report(match help(ty.present(), node) {
            Some(help) => mistake.help(help),
            None => mistake,
        });
    }
    value
}

fn plain(node: &Node, ty: &Type) -> Option<Json> {
    match (ty, &node.value) {
        (Type::Bool, Value::Bool(yes)) => Some(Json::Bool(*yes)),
        (Type::Int | Type::Number, Value::Int(n)) => Some(Json::from(*n)),
        (Type::Int | Type::Number, Value::Float(n)) => Some(number(*n)),
        (Type::Duration, Value::Text(text)) => duration_ms(text).map(number),
        (Type::Time, Value::Date(date)) => instant(&date.to_string()),
        (_, Value::Text(text)) => is_text_of(ty, text).then(|| Json::from(text.as_str())),
        _ => None,
    }
}

fn is_text_of(ty: &Type, text: &str) -> bool {
    match ty {
        Type::Text => true,
        Type::Enum(words) => words.contains(&text),
        Type::TlsVersion => TlsVersion::parse(text).is_some(),
        Type::TlsGroup => TLS_GROUPS.contains(&text),
        Type::GoVersion => is_go_version(text),
        Type::Digest => digest(text).is_some(),
        Type::Time => instant(text).is_some(),
        Type::Bool | Type::Int | Type::Number | Type::Duration | Type::List(_) | Type::Optional(_) => false,
    }
}

/// An instant with its offset, or a whole day (of the contract's time zone).
fn instant(text: &str) -> Option<Json> {
    let good = day(text).is_some() || text.parse::<jiff::Timestamp>().is_ok();
    good.then(|| Json::from(text))
}

fn wanted(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "`true` or `false`",
        Type::Int | Type::Number => "a number",
        Type::Text => "a string",
        Type::Enum(_) => "a word of this field",
        Type::TlsVersion => "a TLS version such as \"1.3\"",
        Type::TlsGroup => "a key exchange group such as \"X25519\"",
        Type::GoVersion => "a Go version such as \"1.26.8\"",
        Type::Time => "a day or an instant such as 2026-01-17T08:00:00Z",
        Type::Duration => "a duration such as \"5s\"",
        Type::Digest => "`sha256:` and 64 hexadecimal digits",
        Type::List(_) => "a list",
        Type::Optional(inner) => wanted(inner),
    }
}

fn help(ty: &Type, node: &Node) -> Option<String> {
    if matches!(node.value, Value::Table(_)) {
        return None;
    }
    match (ty, node.text()) {
        (Type::Enum(words), Some(text)) => did_you_mean(text, words.iter().copied()),
        (Type::Enum(words), None) => Some(crate::read::one_of(words)),
        (Type::TlsVersion, _) => Some(crate::read::one_of(&TlsVersion::ALL.map(TlsVersion::name))),
        (Type::TlsGroup, Some(text)) => did_you_mean(text, TLS_GROUPS.iter().copied()),
        (Type::GoVersion, Some(text)) if text.starts_with("go") => Some("without the `go` before it".into()),
        (Type::List(_), _) => Some("for one element: `contains = …`, `all = { … }` or `any = { … }`".into()),
        (Type::Duration, _) => Some("units: us, ms, s, m, h, d, the larger first".into()),
        _ => None,
    }
}
