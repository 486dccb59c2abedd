//! JSON Schemas of the files that people write, for editors and other programs. The reader above all is stricter: it knows kinds, fields and names.

use serde_json::Value as Json;

const TEXTS: &[(&str, &str)] = &[
    ("attack", include_str!("../schemas/attack.json")),
    ("clause", include_str!("../schemas/clause.json")),
    ("contract", include_str!("../schemas/contract.json")),
    ("deliverable", include_str!("../schemas/deliverable.json")),
    ("example", include_str!("../schemas/example.json")),
];

/// The names that [`schema`] knows.
pub const SCHEMAS: &[&str] = &["attack", "clause", "contract", "deliverable", "example"];

/// A schema (JSON Schema 2020-12) by the name of its file's sort. The definitions that contract and deliverable share are brought in.
pub fn schema(name: &str) -> Option<Json> {
    let (_, text) = TEXTS.iter().find(|(known, _)| *known == name)?;
    let mut schema: Json = serde_json::from_str(text).expect("our own schemas are JSON");
    if name == "contract" {
        let (_, text) = TEXTS.iter().find(|(known, _)| *known == "deliverable")?;
        let deliverable: Json = serde_json::from_str(text).expect("our own schemas are JSON");
        for part in ["run", "endpoint", "request", "path", "name", "strings", "environment", "headers", "address"] {
            schema["$defs"][part] = deliverable["$defs"][part].clone();
        }
    }
    Some(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_named_and_refuses_unknown_keys() {
        let names: Vec<&str> = TEXTS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, SCHEMAS);
        for name in SCHEMAS {
            let schema = schema(name).expect("a listed schema");
            assert_eq!(schema["additionalProperties"], Json::Bool(false), "{name}");
            assert!(jsonschema::validator_for(&schema).is_ok(), "{name} is no schema");
        }
    }
}
