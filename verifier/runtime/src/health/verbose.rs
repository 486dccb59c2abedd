//! What a verbose health answer says of a dependency: the shapes that services really use.

use serde_json::{Map, Value as Json};

/// Deepest nesting that is searched.
const DEEPEST: usize = 8;
/// Members that name what an object speaks of.
const NAMES: &[&str] = &["name", "dependency", "component", "id", "check", "service"];
/// Members that hold a state.
const STATES: &[&str] = &["status", "state", "ok", "healthy", "up", "available", "ready", "result", "health"];

/// The state that a body shows for a dependency: `{"checks": {"db": "up"}}`, `{"dependencies": [{"name": "db", "status": "up"}]}`, `["db: up"]`.
pub(crate) fn state(body: &Json, dependency: &str) -> Option<String> {
    search(body, dependency, 0)
}

fn search(value: &Json, name: &str, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    match value {
        Json::Object(members) => {
            let own = named(members, name).then(|| state_of(members)).flatten();
            let member = || members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, v)| shown(v));
            let inside = || members.values().find_map(|v| search(v, name, depth + 1));
            own.or_else(member).or_else(inside)
        }
        Json::Array(all) => all.iter().find_map(|v| line(v, name).or_else(|| search(v, name, depth + 1))),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => None,
    }
}

fn named(members: &Map<String, Json>, name: &str) -> bool {
    let is = |key: &&&str| members.get(**key).and_then(Json::as_str).is_some_and(|v| v.eq_ignore_ascii_case(name));
    NAMES.iter().any(|key| is(&key))
}

fn state_of(members: &Map<String, Json>) -> Option<String> {
    let member = |key: &&str| members.iter().find(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v);
    STATES.iter().filter_map(member).find_map(scalar)
}

/// `"db": "up"`, `"db": true`, `"db": {"status": "up", "latency_ms": 3}`. A number alone says no state.
fn shown(value: &Json) -> Option<String> {
    match value {
        Json::Object(members) => state_of(members),
        Json::Array(all) => all.first().and_then(shown),
        other => scalar(other),
    }
}

fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) if !text.is_empty() => Some(text.to_lowercase()),
        Json::Bool(yes) => Some(yes.to_string()),
        Json::String(_) | Json::Null | Json::Number(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

/// `"db: up"`, `"[+]db ok"`.
fn line(value: &Json, name: &str) -> Option<String> {
    let text = value.as_str()?.trim_start_matches(['[', '+', '-', ']', ' ']);
    let rest =
        text.get(name.len()..).filter(|_| text.get(..name.len()).is_some_and(|t| t.eq_ignore_ascii_case(name)))?;
    let state = rest.strip_prefix([':', '=', ' '])?.trim();
    (!state.is_empty()).then(|| state.to_lowercase())
}
