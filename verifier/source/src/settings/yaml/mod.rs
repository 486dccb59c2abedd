//! Build files in YAML: workflow jobs, tasks and release builds as scopes.

mod compose;
mod github;
mod gitlab;
mod goreleaser;
mod needs;
mod platforms;
mod taskfile;
#[cfg(test)]
mod tests;

use super::model::{Step, Variable};
pub(super) use compose::compose;
use github::expressions;
pub(super) use github::{action, github};
pub(super) use gitlab::gitlab;
pub(super) use goreleaser::goreleaser;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
pub(super) use taskfile::taskfile;
use taskfile::templates;

pub(super) fn parse(text: &str) -> Result<Json, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// The line on which some text of the file begins: the tree of values has no places.
pub(super) fn line_of(text: &str, part: &str) -> u32 {
    let first = part.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default();
    let at = (!first.is_empty()).then(|| text.lines().position(|line| line.contains(first))).flatten();
    at.map_or(1, |n| n as u32 + 1)
}

/// The line on which a name has a value.
fn line_with(text: &str, name: &str, value: &str) -> u32 {
    let key = format!("{name}:");
    let found = text.lines().position(|line| line.split_once(&key).is_some_and(|(_, rest)| rest.contains(value)));
    found.map_or_else(|| line_of(text, &key), |n| n as u32 + 1)
}

/// The texts of a list, or the one text.
fn texts(value: Option<&Json>) -> Vec<String> {
    match value {
        Some(Json::Array(all)) => all.iter().map(shown).collect(),
        Some(Json::Null) | None => vec![],
        Some(one) => vec![shown(one)],
    }
}

fn map(value: Option<&Json>) -> Option<&Map<String, Json>> {
    value?.as_object()
}

fn env(text: &str, value: Option<&Json>) -> Vec<Step> {
    variables(text, value).into_iter().map(|variable| Step::Env { variable, possible: false }).collect()
}

fn variables(text: &str, value: Option<&Json>) -> Vec<Variable> {
    let pairs = |(name, value): (&String, &Json)| {
        // GitLab's long form: { value: …, description: … }.
        let value = value.get("value").unwrap_or(value);
        let line = line_with(text, name, &shown(value));
        Variable::new(line, name, &expressions(&shown(value)))
    };
    in_order(map(value).map(|m| m.iter().map(pairs).collect()).unwrap_or_default())
}

/// Variables, each behind those that its value names: the tree of values has no order.
fn in_order(mut left: Vec<Variable>) -> Vec<Variable> {
    const MOST: usize = 500;
    if left.len() > MOST {
        return left;
    }
    let mut waiting: BTreeSet<String> = left.iter().map(|variable| variable.name.clone()).collect();
    let mut ordered: Vec<Variable> = Vec::new();
    while !left.is_empty() {
        let is_free = |variable: &Variable| {
            let value = variable.value.as_deref().unwrap_or_default();
            let mut names = value.split('$').skip(1).map(|rest| {
                let rest = rest.trim_start_matches('{');
                rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
            });
            !names.any(|name| name != variable.name && waiting.contains(name))
        };
        // Those that name one another come as they are.
        let (mut free, mut bound): (Vec<_>, Vec<_>) = left.into_iter().partition(is_free);
        if free.is_empty() {
            free.append(&mut bound);
        }
        for variable in &free {
            waiting.remove(&variable.name);
        }
        ordered.append(&mut free);
        left = bound;
    }
    ordered
}

fn run(text: &str, script: &str) -> Step {
    // Scripts are seen from their first line, which in a block is the one below the key.
    Step::run(line_of(text, script), &templates(&expressions(script)))
}

/// A script that is one text or a list of them.
fn scripts(text: &str, value: Option<&Json>) -> Vec<Step> {
    match value {
        Some(Json::String(script)) => vec![run(text, script)],
        Some(Json::Array(all)) => all
            .iter()
            .flat_map(|one| match one {
                Json::String(script) => vec![run(text, script)],
                Json::Array(_) => scripts(text, Some(one)),
                Json::Object(task) => scripts(text, task.get("cmd").or_else(|| task.get("sh"))),
                _ => vec![],
            })
            .collect(),
        _ => vec![],
    }
}
