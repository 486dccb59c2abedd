//! Tests of the links: what Go 1.26 writes into binaries against what sources declare.

mod assembly;
mod builds;
mod dated;
mod from_files;
mod functions;
mod handed_over;
mod images;
mod modules;

use super::derive;
use crate::run::Declared;
use crate::sheets::Sheets;
use crate::tests::court::run;
use assize_facts::{Field, Item, Request, Sheet};
use serde_json::{Value as Json, json};

fn link(kind: &str, sheets: Vec<Sheet>, declared: Declared) -> Sheet {
    let run = crate::run::RunRecord { declared, ..run() };
    derive(&Request::new(kind, &Default::default()), &Sheets::new(sheets), &[], &run)
}

/// A field as text: a value, or `?code`.
fn shown(item: &Item, name: &str) -> String {
    match &item.fields[name] {
        Field::Known(Json::String(text)) => text.clone(),
        Field::Known(value) => value.to_string(),
        Field::Possible(_) => "possible".into(),
        Field::Unknown(reason) => format!("?{}", reason.code),
    }
}

fn row(item: &Item, names: &[&str]) -> String {
    names.iter().map(|name| shown(item, name)).collect::<Vec<_>>().join(" ")
}

fn info() -> Json {
    json!({
        "binary": "gen", "path": "bin/gen", "declared": true, "go_program": true, "obfuscated": false,
        "main_package": "example.com/gen", "main_module": "example.com/gen", "sha256": "sha256:aa"
    })
}
