//! The configurations of the experiment: as delivered, changed as declared, and broken.

use assize_facts::{Reason, ReloadSpec, reason};
use serde_json::Value as Json;

/// File contents by state; state 0 is what was delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variants {
    pub contents: Vec<Vec<u8>>,
    /// A file that must be refused; where none was declared and none can be made, why.
    pub broken: Result<Vec<u8>, Reason>,
}

/// Reads a delivered file by its path in the deliverable.
pub(super) type Files<'a> = dyn Fn(&str) -> Result<Vec<u8>, Reason> + 'a;

impl Variants {
    pub fn of(spec: &ReloadSpec, delivered: &[u8], files: &Files<'_>) -> Result<Variants, Reason> {
        let mut contents = vec![delivered.to_vec()];
        if !spec.set.is_empty() {
            contents.push(set(spec, delivered)?);
        }
        for path in &spec.variants {
            contents.push(files(path)?);
        }
        if contents.len() < 2 {
            return Err(reason!("reload-changes-nothing"));
        }
        let broken = match &spec.broken {
            Some(path) => files(path),
            None => half(delivered),
        };
        Ok(Variants { contents, broken })
    }
}

/// The delivered JSON with other values at the declared places. A place that is not there would change nothing that a service reads.
fn set(spec: &ReloadSpec, delivered: &[u8]) -> Result<Vec<u8>, Reason> {
    let mut value: Json = serde_json::from_slice(delivered).map_err(|e| reason!("reload-file-not-json", detail = e))?;
    for (pointer, new) in &spec.set {
        match value.pointer_mut(pointer) {
            Some(place) => *place = new.clone(),
            None => return Err(reason!("reload-place-unknown", pointer = pointer)),
        }
    }
    serde_json::to_vec_pretty(&value).map_err(|e| reason!("reload-file-not-json", detail = e))
}

/// Half of a JSON document is never one; half of a YAML or TOML document may well be, so that refusing it could not be demanded.
fn half(delivered: &[u8]) -> Result<Vec<u8>, Reason> {
    let half = delivered.get(..delivered.len() / 2).unwrap_or_default();
    let is_json = |text: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
    match is_json(delivered) && !is_json(half) {
        true => Ok(half.to_vec()),
        false => Err(reason!("reload-no-broken-file")),
    }
}
