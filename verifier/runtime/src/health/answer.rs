//! Health answers against the agreed form, folded over several calls into one fact.

use crate::http::{Answer, Failure};
use crate::logs::object::{self, Reading};
use crate::logs::rfc3339::{self, Instant3339, Zone};
use assize_facts::kinds::endpoint::{BodyForm, HealthWord, TimeForm};
use assize_facts::{Known, Millis, Reason, reason};
use serde_json::Value as Json;

pub(crate) const STATUS: &str = "status";
pub(crate) const VERSION: &str = "version";
pub(crate) const TIMESTAMP: &str = "timestamp";

/// One body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Body {
    pub form: BodyForm,
    pub members: Vec<(String, Json)>,
}

/// Reads a body as one JSON object; every member's value is kept.
pub(crate) fn body(answer: &Answer) -> Body {
    if answer.body_cut {
        return Body { form: BodyForm::TooLong, members: vec![] };
    }
    let (form, members) = match object::read(&answer.body, &|_| true) {
        Reading::Object(members) => (BodyForm::Object, members),
        Reading::Blank => (BodyForm::Empty, vec![]),
        Reading::OtherValue => (BodyForm::NotAnObject, vec![]),
        Reading::SeveralValues | Reading::Trailing => (BodyForm::SeveralValues, vec![]),
        Reading::Unfinished | Reading::NotUtf8 | Reading::ByteOrderMark | Reading::NotJson => {
            (BodyForm::NotJson, vec![])
        }
    };
    let members: Vec<(String, Json)> = members.into_iter().filter_map(|(n, v)| Some((n, v?))).collect();
    let twice = members.iter().enumerate().any(|(i, (n, _))| members.iter().take(i).any(|(e, _)| e == n));
    Body { form: if twice { BodyForm::DuplicateField } else { form }, members }
}

impl Body {
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.members.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    pub fn as_json(&self) -> Json {
        Json::Object(self.members.iter().cloned().collect())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).filter(|v| !v.is_null()).map(|v| v.as_str().map_or_else(|| v.to_string(), String::from))
    }

    /// Agreed fields that are not there, or are null or empty.
    fn missing<'a>(&self, fields: &'a [String]) -> impl Iterator<Item = &'a String> {
        fields.iter().filter(|f| self.get(f).is_none_or(|v| v.is_null() || v.as_str() == Some("")))
    }
}

/// What a status field says. Only clear words count either way.
pub(crate) fn word(body: &Body) -> HealthWord {
    const WELL: &[&str] = &[
        "ok",
        "pass",
        "passed",
        "passing",
        "up",
        "healthy",
        "ready",
        "alive",
        "live",
        "serving",
        "success",
        "good",
        "true",
        "available",
        "running",
        "green",
        "operational",
    ];
    const ILL: &[&str] = &[
        "fail",
        "failed",
        "failing",
        "failure",
        "error",
        "down",
        "unhealthy",
        "not ready",
        "not_ready",
        "notready",
        "not-ready",
        "unready",
        "dead",
        "critical",
        "false",
        "unavailable",
        "out_of_service",
        "not_serving",
        "red",
        "ko",
        "not ok",
        "bad",
    ];
    match body.text(STATUS).map(|s| s.trim().to_lowercase()) {
        None => HealthWord::Absent,
        Some(status) if WELL.contains(&status.as_str()) => HealthWord::Well,
        Some(status) if ILL.contains(&status.as_str()) => HealthWord::Ill,
        Some(_) => HealthWord::Other,
    }
}

fn worse(a: HealthWord, b: HealthWord) -> HealthWord {
    let rank = |w| match w {
        HealthWord::Well => 0,
        HealthWord::Other => 1,
        HealthWord::Absent => 2,
        HealthWord::Ill => 3,
    };
    if rank(b) > rank(a) { b } else { a }
}

/// Several calls of one path, in the order in which they were made.
#[derive(Default)]
pub(crate) struct Calls {
    pub all: Vec<Result<Answer, Failure>>,
}

/// What they have in common, and the worst where they differ.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Folded {
    pub unanswered: u64,
    pub failure: Option<String>,
    pub statuses: Vec<u64>,
    pub media_type: Option<String>,
    pub body: BodyForm,
    pub missing: Vec<String>,
    pub status_text: Option<String>,
    pub status_word: HealthWord,
    pub version: Option<String>,
    pub version_matches: Known<bool>,
    pub timestamp: Option<String>,
    pub timestamp_form: TimeForm,
    pub timestamp_skew: Known<Millis>,
    pub timestamp_decreases: Known<bool>,
}

struct Stamp {
    at: Instant3339,
    /// Milliseconds outside the time of the call.
    skew: f64,
}

impl Calls {
    fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.all.iter().filter_map(|call| call.as_ref().ok())
    }

    pub fn fold(&self, fields: &[String], delivered: Option<&str>) -> Folded {
        let bodies: Vec<Body> = self.answers().map(body).collect();
        let stamps: Vec<Stamp> = self.answers().zip(&bodies).filter_map(|(a, b)| stamp(a, b)).collect();
        let last = bodies.last();
        Folded {
            unanswered: self.all.iter().filter(|c| c.is_err()).count() as u64,
            failure: self.all.iter().find_map(|c| c.as_ref().err()).map(|f| f.word().to_string()),
            statuses: distinct(self.answers().map(|a| u64::from(a.status))),
            media_type: media_type(self.answers()),
            body: bodies.iter().map(|b| b.form).max().unwrap_or(BodyForm::Empty),
            missing: distinct(bodies.iter().flat_map(|b| b.missing(fields)).cloned()),
            status_text: last.and_then(|b| b.text(STATUS)).map(cut),
            status_word: well_answers(self.answers(), &bodies).map(word).reduce(worse).unwrap_or(HealthWord::Absent),
            version: last.and_then(|b| b.text(VERSION)).map(cut),
            version_matches: version_matches(&bodies, delivered),
            timestamp: last.and_then(|b| b.text(TIMESTAMP)).map(cut),
            timestamp_form: bodies.iter().map(form).max().unwrap_or(TimeForm::Absent),
            timestamp_skew: match stamps.iter().map(|s| s.skew).reduce(f64::max) {
                Some(skew) => Known::Value(Millis((skew * 1000.0).round() / 1000.0)),
                None => Known::Unknown(no_timestamp()),
            },
            timestamp_decreases: match stamps.len() {
                0 | 1 => Known::Unknown(no_timestamp()),
                _ => Known::Value(stamps.windows(2).any(|pair| matches!(pair, [a, b] if b.at.key() < a.at.key()))),
            },
        }
    }
}

fn well_answers<'a>(answers: impl Iterator<Item = &'a Answer>, bodies: &'a [Body]) -> impl Iterator<Item = &'a Body> {
    answers.zip(bodies).filter(|(a, _)| (200..300).contains(&a.status)).map(|(_, b)| b)
}

fn no_timestamp() -> Reason {
    reason!("health-no-timestamp")
}

fn cut(text: String) -> String {
    text.chars().take(120).collect()
}

fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort();
    all.dedup();
    all
}

fn media_type<'a>(answers: impl Iterator<Item = &'a Answer>) -> Option<String> {
    let all = distinct(answers.map(|a| a.media_type()));
    match all.len() {
        0 | 1 => all.into_iter().next().flatten(),
        _ => Some("several".into()),
    }
}

/// One leading `v` apart, on both sides.
fn bare(version: &str) -> &str {
    version.strip_prefix('v').unwrap_or(version)
}

fn version_matches(bodies: &[Body], delivered: Option<&str>) -> Known<bool> {
    let Some(delivered) = delivered.filter(|v| !v.is_empty()) else {
        return Known::Unknown(reason!("delivered-version-unknown"));
    };
    if bodies.is_empty() {
        return Known::Unknown(reason!("health-not-answered"));
    }
    let same = |b: &Body| b.get(VERSION).and_then(Json::as_str).is_some_and(|v| bare(v) == bare(delivered));
    Known::Value(bodies.iter().all(same))
}

/// How the timestamp of a body is written.
fn form(body: &Body) -> TimeForm {
    match body.get(TIMESTAMP) {
        None | Some(Json::Null) => TimeForm::Absent,
        Some(value) => match value.as_str().and_then(rfc3339::parse).map(|i| i.zone) {
            Some(Zone::Zulu) => TimeForm::Zulu,
            Some(Zone::Zero) => TimeForm::Zero,
            Some(Zone::Offset(_)) => TimeForm::Offset,
            None => TimeForm::Other,
        },
    }
}

fn stamp(answer: &Answer, body: &Body) -> Option<Stamp> {
    let at = rfc3339::parse(body.get(TIMESTAMP)?.as_str()?)?;
    let before = -at.millis_after(answer.sent_at);
    let after = at.millis_after(answer.received_at);
    Some(Stamp { at, skew: before.max(after).max(0.0) })
}

/// Whether two answers, made some time apart, bear different timestamps.
pub(crate) fn advances(first: &Result<Answer, Failure>, second: &Result<Answer, Failure>) -> Known<bool> {
    let at = |call: &Result<Answer, Failure>| call.as_ref().ok().and_then(|a| stamp(a, &body(a))).map(|s| s.at.key());
    match (at(first), at(second)) {
        (Some(first), Some(second)) => Known::Value(first != second),
        _ => Known::Unknown(no_timestamp()),
    }
}
