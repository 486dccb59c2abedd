//! The agreed form of a log record, as the clause tells it to the collector.

use assize_facts::{Deliverable, Reason, Request, reason};
use regex::Regex;
use serde_json::Value as Json;

/// How the time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeFormat {
    Rfc3339,
    UnixSeconds,
    UnixMilliseconds,
}

/// What a record must be.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub time_key: String,
    pub time_format: TimeFormat,
    pub levels: Vec<String>,
    /// As agreed or declared; `None`: whatever the first record says.
    pub service: Option<String>,
    pub also_required: Vec<String>,
    pub trace_key: String,
    pub trace_pattern: Regex,
    /// Milliseconds that the time may lie after the moment of receipt.
    pub max_skew: f64,
    /// Milliseconds that it may lie before it.
    pub max_delay: f64,
}

pub(crate) const LEVEL: &str = "level";
pub(crate) const SERVICE: &str = "service";

impl Rules {
    /// From the arguments of the clause; what it leaves out has the defaults of `clauses/structured-logs`.
    pub fn of(request: &Request, spec: &Deliverable) -> Result<Rules, Reason> {
        let text = |name: &str, default: &str| match request.arg(name) {
            Some(Json::String(text)) => text,
            _ => default.to_string(),
        };
        let list = |name: &str, default: &[&str]| match request.arg(name) {
            Some(Json::Array(all)) => all.iter().filter_map(|v| Some(v.as_str()?.to_string())).collect(),
            _ => default.iter().map(|v| v.to_string()).collect(),
        };
        let millis = |name: &str, default: f64| request.arg(name).and_then(|v| v.as_f64()).unwrap_or(default);
        let declared = spec.run.as_ref().and_then(|run| run.service.clone());
        let pattern = text("trace_pattern", "^[0-9a-f]{32}$");
        let trace_pattern = regex::RegexBuilder::new(&pattern).size_limit(1 << 20).build();
        Ok(Rules {
            time_key: text("time_key", "ts"),
            time_format: match text("time_format", "rfc3339").as_str() {
                "rfc3339" => TimeFormat::Rfc3339,
                "unix-seconds" => TimeFormat::UnixSeconds,
                "unix-milliseconds" => TimeFormat::UnixMilliseconds,
                other => return Err(reason!("log-time-format-unknown", format = other)),
            },
            levels: list("levels", &["debug", "info", "warn", "error", "fatal"]),
            service: Some(text("service", "")).filter(|s| !s.is_empty()).or(declared),
            also_required: list("also_required", &[]),
            trace_key: text("trace_key", "trace_id"),
            trace_pattern: trace_pattern.map_err(|e| reason!("log-trace-pattern-bad", detail = e))?,
            max_skew: millis("max_skew", 2_000.0),
            max_delay: millis("max_delay", 30_000.0),
        })
    }

    /// Whether a member's value matters.
    pub fn judges(&self, name: &str) -> bool {
        name == LEVEL
            || name == SERVICE
            || name == self.time_key
            || name == self.trace_key
            || self.also_required.iter().any(|k| k == name)
    }

    /// The keys that every record must have.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        [LEVEL, self.time_key.as_str(), SERVICE].into_iter().chain(self.also_required.iter().map(String::as_str))
    }
}
