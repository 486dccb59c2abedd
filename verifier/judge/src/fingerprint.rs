//! Fingerprints: the same for the same finding in another run, another for another one. Waivers and comparisons hold on to them.

use crate::links::without_line;
use crate::matching::field;
use crate::result::Outcome;
use assize_clause::{Check, CheckBody, FieldTest};
use assize_facts::{Field, Gap, Item, KindSchema, Type, kinds, sha256_hex};
use serde_json::Value as Json;
use std::collections::HashMap;

/// Fields that say what an item is about, in the order in which a person would name them. Ports, process numbers, sizes and times change from run to run.
const NAMES: &[&str] = &[
    "binary",
    "image",
    "path",
    "version",
    "of",
    "module",
    "package",
    "function",
    "call",
    "library",
    "form",
    "detail",
    "setting",
    "key",
    "value",
    "tool",
    "name",
    "item_kind",
    "role",
    "endpoint",
    "request",
    "dependency",
    "fault",
    "health_path",
    "protocol",
    "transport",
    "server_name",
    "syscall",
    "arch",
    "target",
    "spelled",
    "stream",
    "text",
    "method",
    "phase",
    "moment",
];

/// Makes fingerprints for one check; equal subjects are told apart by their order among themselves.
pub struct Fingerprints<'a> {
    clause: &'a str,
    check: &'a Check,
    given: HashMap<String, u64>,
}

impl<'a> Fingerprints<'a> {
    pub fn new(clause: &'a str, check: &'a Check) -> Fingerprints<'a> {
        Fingerprints { clause, check, given: HashMap::new() }
    }

    /// Of an item with an outcome. Neither its number nor, where it has a symbol, its line counts; a small fixed word that decided does, so that a waived `1.2` does not cover a later `1.0`.
    pub fn item(&mut self, item: &Item, outcome: Outcome) -> String {
        let schema = kinds::schema(&self.check.kind);
        let mut parts = vec![outcome.word().to_owned()];
        parts.extend(subject_parts(item, schema));
        parts.extend(self.decided_by(item));
        self.give(&parts)
    }

    /// Of something about the whole check: a shortfall, an unknown condition, a missing tie.
    pub fn whole(&mut self, what: &str) -> String {
        self.give(&["whole".into(), what.into()])
    }

    pub fn gap(&mut self, gap: &Gap) -> String {
        let owner = gap.owner.clone().unwrap_or_default();
        self.give(&["gap".into(), gap.reason.code.clone(), without_line(&gap.place).into(), owner])
    }

    fn decided_by(&self, item: &Item) -> Vec<String> {
        let expected: &[FieldTest] = match &self.check.body {
            CheckBody::Expect(tests) => tests,
            CheckBody::Selection => &[],
        };
        let tests = self.check.selects.iter().chain(expected);
        tests
            .filter(|test| is_word(&test.ty))
            .map(|test| format!("{}={}", test.field, shown(&field(item, &test.field))))
            .collect()
    }

    fn give(&mut self, parts: &[String]) -> String {
        let key =
            Json::from([&[self.clause.to_owned(), self.check.id.clone(), self.check.kind.clone()], parts].concat())
                .to_string();
        let number = self.given.entry(key.clone()).or_insert(0);
        *number += 1;
        format!("fp:{}", &sha256_hex(format!("{number} {key}").as_bytes())[..32])
    }
}

/// Types with few values, which do not waver between runs.
fn is_word(ty: &Type) -> bool {
    match ty.present() {
        Type::Bool | Type::Enum(_) | Type::TlsVersion | Type::TlsGroup | Type::GoVersion => true,
        Type::List(inner) => is_word(inner),
        Type::Int | Type::Number | Type::Text | Type::Time | Type::Duration | Type::Digest => false,
        Type::Optional(inner) => is_word(inner),
    }
}

fn shown(field: &Field) -> String {
    match field {
        Field::Known(value) => value.to_string(),
        Field::Possible(values) => Json::Array(values.clone()).to_string(),
        // Why it is unknown may be worded with a line number; which reason it is may not.
        Field::Unknown(reason) => format!("? {}", reason.code),
    }
}

fn subject_parts(item: &Item, schema: Option<&KindSchema>) -> Vec<String> {
    let origin = &item.origin;
    let mut parts: Vec<String> = names(item, schema).map(|(name, text)| format!("{name}={text}")).collect();
    let placed = origin.symbol.is_some() || item.text("function").is_some();
    parts.push(origin.file.as_deref().unwrap_or_default().to_owned());
    parts.push(origin.symbol.clone().unwrap_or_default());
    parts.push(origin.url.as_deref().map(without_port).unwrap_or_default());
    // A place without any name is only its line.
    let nameless = !placed && item.text("package").is_none() && origin.url.is_none() && origin.line.is_some();
    parts.push(if nameless { origin.excerpt.clone().unwrap_or_default() } else { String::new() });
    parts
}

fn names<'i>(item: &'i Item, schema: Option<&'i KindSchema>) -> impl Iterator<Item = (&'static str, String)> + 'i {
    let has = move |name: &str| schema.is_none_or(|schema| schema.field(name).is_some());
    NAMES.iter().filter(move |name| has(name)).filter_map(|name| match item.fields.get(name)? {
        Field::Known(Json::String(text)) => Some((*name, text.clone())),
        _ => None,
    })
}

/// Ports are drawn anew in every run.
fn without_port(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    format!("{scheme}://{host}{path}")
}

/// What an item is about, for a person: its place and the two or three names that tell most.
pub fn subject(item: &Item, schema: &KindSchema) -> String {
    const MOST: usize = 3;
    let place = item.origin.shown();
    let telling = names(item, Some(schema)).filter(|(name, text)| {
        !text.is_empty()
            && !place.contains(text.as_str())
            && !matches!(*name, "package" | "moment" | "form")
            && text.chars().count() <= 120
    });
    let mut parts: Vec<String> = telling.take(MOST).map(|(_, text)| text).collect();
    if !place.is_empty() {
        parts.insert(0, place);
    }
    if parts.is_empty() { schema.name.to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_do_not_count() {
        for (url, same) in [
            ("https://127.0.0.1:4711/readyz", "https://127.0.0.1/readyz"),
            ("http://[::1]:80", "http://[::1]"),
            ("http://[::1]/x:1", "http://[::1]/x:1"),
            ("127.0.0.1:443", "://127.0.0.1"),
        ] {
            assert_eq!(without_port(url), same);
        }
    }
}
