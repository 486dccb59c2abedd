//! `[reload]`: what the signal must change, and how that is seen.

use super::{Places, relative_path};
use crate::read::{Entry, Table, Value, did_you_mean};
use assize_facts::{ObserveSpec, ReloadSpec};
use serde_json::Value as Json;
use std::collections::BTreeMap;

pub(super) fn reload(table: &Table<'_>, places: &mut Places<'_>) -> Option<ReloadSpec> {
    let file = file(table);
    let set = set(table);
    let variants = variants(table);
    let broken = table.text("broken").and_then(|(text, span)| relative_path(table.reader(), text, span));
    match (set.is_empty(), variants.is_empty()) {
        (true, true) => {
            table.missing("set", "what changes: `set = { \"/pointer\" = value }` or `variants = [\"file\", …]`")
        }
        (false, false) => {
            let mistake = table.reader().at(&table.key_span("variants"), "`set` and `variants` both say what changes");
            table.reader().report(mistake.help("leave out one"));
        }
        (true, false) | (false, true) => {}
    }
    table.need("observe", "how the change is seen: `observe = { url = \"…\", contains = \"…\" }`");
    let observe = table.table("observe").and_then(|t| observe(&t, places));
    Some(ReloadSpec { file: file?, set, variants, broken, observe })
}

fn file(table: &Table<'_>) -> Option<String> {
    let (text, span) = table.need_text("file", "the configuration, as in \"{work}/config.json\"")?;
    match text.strip_prefix("{work}/") {
        Some(rest) => relative_path(table.reader(), rest, span).map(|_| text.to_string()),
        None => {
            let mistake = table.reader().at(span, format!("`{text}` is not under `{{work}}`"));
            table.reader().report(mistake.help("only what was copied there is changed: `{work}/…`"));
            None
        }
    }
}

/// RFC 6901.
fn pointer(table: &Table<'_>, entry: &Entry) -> bool {
    let good = entry.key.is_empty() || entry.key.starts_with('/');
    if !good {
        let mistake = table.reader().at(&entry.key_span, format!("`{}` is not a JSON pointer", entry.key));
        table.reader().report(mistake.help(format!("`\"/{}\"`", entry.key)));
    }
    good
}

fn set(table: &Table<'_>) -> BTreeMap<String, Json> {
    let Some(given) = table.table("set") else { return BTreeMap::new() };
    let entries = given.entries().iter().filter(|e| pointer(table, e));
    entries.map(|e| (e.key.clone(), e.node.json())).collect()
}

fn variants(table: &Table<'_>) -> Vec<String> {
    let texts = table.texts("variants");
    if texts.len() == 1 {
        let mistake = table.reader().at(&table.key_span("variants"), "one variant changes nothing");
        table.reader().report(mistake.help("two or more whole files"));
    }
    texts.into_iter().filter_map(|(text, span)| relative_path(table.reader(), text, span)).collect()
}

fn observe(table: &Table<'_>, places: &mut Places<'_>) -> Option<ObserveSpec> {
    let (url, request) = (table.text("url"), table.text("request"));
    let contains = table.string("contains");
    let fields = fields(table);
    let reader = table.reader();
    let spec = match (url, request) {
        (Some((text, span)), None) => {
            ObserveSpec { url: Some(places.url(text, span, &["http", "https"])?), ..ObserveSpec::default() }
        }
        (None, Some((text, span))) => {
            let names = places.names("request").cloned().unwrap_or_default();
            if !names.contains(text) {
                let mistake = reader.at(span, format!("no request is called `{text}`"));
                let help = did_you_mean(text, names);
                reader.absent(mistake.help(help.unwrap_or_else(|| "declare it: `[[request]]`".into())));
            }
            ObserveSpec { request: Some(text.into()), ..ObserveSpec::default() }
        }
        _ => {
            reader.absent(reader.at(table.span(), "one thing is observed").help("`url` or `request`"));
            return None;
        }
    };
    if contains.is_some() != fields.is_empty() {
        let mistake = reader.at(table.span(), "one thing must change in the answer");
        reader.absent(mistake.help("`contains = \"…\"`, or `fields = { \"/pointer\" = [before, after] }`"));
    }
    Some(ObserveSpec { contains, fields, ..spec })
}

fn fields(table: &Table<'_>) -> BTreeMap<String, Vec<Json>> {
    let Some(given) = table.table("fields") else { return BTreeMap::new() };
    let mut all = BTreeMap::new();
    for entry in given.entries().iter().filter(|e| pointer(table, e)) {
        match &entry.node.value {
            Value::List(nodes) if nodes.len() >= 2 => {
                all.insert(entry.key.clone(), nodes.iter().map(|n| n.json()).collect());
            }
            _ => {
                let mistake = table.reader().at(&entry.node.span, "a field's values are a list, before first");
                table.reader().report(mistake.help("`[before, after]`"));
            }
        }
    }
    all
}
