//! One log record against the agreed form.

use super::rfc3339::{self, millis_since_epoch};
use super::rules::{LEVEL, Rules, SERVICE, TimeFormat};
use assize_facts::Millis;
use assize_facts::kinds::endpoint::LineProblem;
use serde_json::Value as Json;
use std::time::SystemTime;

/// When a line was received: for a stream one moment, for a log file the time in which it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    pub earliest: SystemTime,
    pub latest: SystemTime,
}

/// What was found in a record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Judged {
    pub problem: LineProblem,
    pub missing: Vec<String>,
    pub level: Option<String>,
    pub time: Option<String>,
    pub skew: Option<Millis>,
    pub service: Option<String>,
    pub trace_id: Option<String>,
}

impl Judged {
    /// A line that is no record.
    pub fn problem(problem: LineProblem) -> Judged {
        Judged { problem, missing: vec![], level: None, time: None, skew: None, service: None, trace_id: None }
    }
}

/// Milliseconds by which a time that is written in whole seconds lies back.
pub(super) const COARSENESS: f64 = 1_000.0;

type Members = [(String, Option<Json>)];

/// Judges the members of one object. `service` is what the service key must say, where that is known.
pub(crate) fn judge(members: &Members, rules: &Rules, service: Option<&str>, received: Received) -> Judged {
    let value = |name: &str| members.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.as_ref());
    let text = |name: &str| value(name).and_then(Json::as_str).map(String::from);
    let time = value(&rules.time_key);
    let (time_problem, skew) = match time {
        Some(time) => when(time, rules, received),
        None => (LineProblem::None, None),
    };
    // Loggers that always write the key leave it empty outside of requests; that carries no trace.
    let trace = value(&rules.trace_key).filter(|v| !v.is_null() && v.as_str() != Some(""));
    let mut judged = Judged {
        problem: LineProblem::None,
        missing: rules.required().filter(|key| value(key).is_none()).map(String::from).collect(),
        level: text(LEVEL),
        time: time.map(shown),
        skew: skew.map(|ms| Millis((ms * 1000.0).round() / 1000.0)),
        service: text(SERVICE),
        trace_id: trace.map(shown),
    };
    let twice = |(index, (name, _)): (usize, &(String, Option<Json>))| {
        rules.judges(name) && members.iter().take(index).any(|(earlier, _)| earlier == name)
    };
    let level_agreed = judged.level.as_ref().is_some_and(|l| rules.levels.contains(l));
    let service_agreed =
        judged.service.as_deref().is_some_and(|s| service.is_none_or(|want| s == want) && !s.is_empty());
    let earlier_than_its_request = || {
        let made = trace.and_then(Json::as_str).and_then(crate::http::made_at)?;
        let at = skew.zip(time).and_then(|(_, time)| instant(time, rules))?.0;
        Some(at + rules.max_skew + COARSENESS < millis_since_epoch(made))
    };
    let trace_agreed = trace.is_none_or(|t| t.as_str().is_some_and(|t| rules.trace_pattern.is_match(t)));
    judged.problem = if members.iter().enumerate().any(twice) {
        LineProblem::DuplicateKey
    } else if !judged.missing.is_empty() {
        LineProblem::MissingKey
    } else if !level_agreed {
        LineProblem::Level
    } else if time_problem != LineProblem::None {
        time_problem
    } else if earlier_than_its_request() == Some(true) {
        LineProblem::TimeBehind
    } else if !service_agreed {
        LineProblem::Service
    } else if !trace_agreed {
        LineProblem::TraceForm
    } else {
        LineProblem::None
    };
    judged
}

/// A value as text, cut: it is recorded.
fn shown(value: &Json) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), String::from);
    text.chars().take(120).collect()
}

/// What is wrong with a time, and how far it lies from the moment of receipt in milliseconds (negative: before it).
fn when(value: &Json, rules: &Rules, received: Received) -> (LineProblem, Option<f64>) {
    let Some((at, zone)) = instant(value, rules) else { return (LineProblem::TimeForm, None) };
    let (earliest, latest) = (millis_since_epoch(received.earliest), millis_since_epoch(received.latest));
    let skew = if at > latest {
        at - latest
    } else if at < earliest {
        at - earliest
    } else {
        0.0
    };
    let problem = match zone {
        LineProblem::None if skew > rules.max_skew => LineProblem::TimeAhead,
        LineProblem::None if skew < -rules.max_delay => LineProblem::TimeBehind,
        other => other,
    };
    (problem, Some(skew))
}

/// Milliseconds since 1970 that a time says, and what is wrong with its zone.
fn instant(value: &Json, rules: &Rules) -> Option<(f64, LineProblem)> {
    match rules.time_format {
        TimeFormat::Rfc3339 => {
            let instant = value.as_str().and_then(rfc3339::parse)?;
            let zone = if instant.is_utc() { LineProblem::None } else { LineProblem::TimeZone };
            Some((instant.seconds as f64 * 1000.0 + f64::from(instant.nanos) / 1e6, zone))
        }
        TimeFormat::UnixSeconds => Some((value.as_f64()? * 1000.0, LineProblem::None)),
        TimeFormat::UnixMilliseconds => Some((value.as_f64()?, LineProblem::None)),
    }
}
