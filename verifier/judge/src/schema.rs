//! The JSON Schema of the result.

use serde_json::Value as Json;

/// The schema of `assize/result/1` (JSON Schema 2020-12).
pub fn result_schema() -> Json {
    serde_json::from_str(include_str!("result.schema.json")).expect("our own schema is JSON; a test reads it")
}
