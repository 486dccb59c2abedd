//! Health endpoints: what they say while everything is well, and whether they tell the truth when a dependency fails.

mod answer;
mod fault;
mod verbose;
mod well;

pub(crate) use fault::duration;
pub use fault::probe as under_fault;
pub(crate) use well::APART as WELL_WAITS;
pub use well::probe as well;

use crate::service::Service;
use assize_facts::kinds::endpoint::HealthRole;
use assize_facts::{FieldType, Known, Request, Sheet, reason};
use serde_json::Value as Json;
use std::time::Duration;

/// Writes into the items how often the service tried to reach anything: late, so that what it opens lazily counts too.
pub(crate) fn count_attempts(service: &Service, sheet: &mut Sheet) {
    let counted = service.outgoing_attempts().map_err(|_| reason!("outgoing-not-counted"));
    let counted = counted.map_or_else(Known::Unknown, Known::Value).record();
    for item in &mut sheet.items {
        item.fields.insert("outgoing_attempts", counted.clone());
    }
}

/// The three paths, as agreed.
pub(crate) fn path(request: &Request, role: HealthRole) -> String {
    let (argument, default) = match role {
        HealthRole::Health => ("health_path", "/healthz"),
        HealthRole::Live => ("live_path", "/livez"),
        HealthRole::Ready => ("ready_path", "/readyz"),
    };
    match request.arg(argument) {
        Some(Json::String(path)) => path,
        _ => default.into(),
    }
}

/// The path with `verbose=true` in its query.
pub(crate) fn verbosely(path: &str) -> String {
    format!("{path}{}verbose=true", if path.contains('?') { '&' } else { '?' })
}

/// A duration argument, in milliseconds.
pub(crate) fn millis(request: &Request, name: &str, default: Duration) -> Duration {
    let millis = request.arg(name).and_then(|v| v.as_f64()).filter(|ms| ms.is_finite() && (0.0..=3.6e6).contains(ms));
    millis.map_or(default, |ms| Duration::from_micros((ms * 1000.0) as u64))
}

#[cfg(test)]
mod tests;
