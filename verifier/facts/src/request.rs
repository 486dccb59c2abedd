//! What a collector is asked for: a kind and the arguments of `with`; checks with the same kind and arguments share one collection.

use serde_json::Value as Json;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    pub kind: String,
    /// Canonical JSON text per argument, so that requests can be compared and ordered.
    pub with: BTreeMap<String, String>,
}

impl Request {
    pub fn new(kind: &str, with: &BTreeMap<String, Json>) -> Request {
        let with = with.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
        Request { kind: kind.into(), with }
    }

    /// The argument as JSON.
    pub fn arg(&self, name: &str) -> Option<Json> {
        serde_json::from_str(self.with.get(name)?).ok()
    }

    /// All arguments as JSON, as a sheet carries them.
    pub fn args(&self) -> BTreeMap<String, Json> {
        self.with.keys().filter_map(|name| Some((name.clone(), self.arg(name)?))).collect()
    }
}
