//! JSON Schemas (2020-12) of what a pack holds beside the result: its manifest, and the statement that is signed.

use serde_json::Value as Json;

/// Names and texts.
pub const SCHEMAS: &[(&str, &str)] = &[
    ("evaluation", include_str!("../schemas/clause-evaluation.json")),
    ("pack", include_str!("../schemas/pack.json")),
];

/// A schema by its name.
pub fn schema(name: &str) -> Option<Json> {
    let (_, text) = SCHEMAS.iter().find(|(known, _)| *known == name)?;
    Some(serde_json::from_str(text).expect("our own schemas are JSON; a test reads them"))
}
