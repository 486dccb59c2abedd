//! Build files in YAML: workflow jobs, tasks and release builds as scopes.

use super::model::{Scope, Step};
use serde_json::{Map, Value as Json};

fn parse(text: &str) -> Result<Json, String> {
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
fn line_of(text: &str, part: &str) -> u32 {
    let first = part.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default();
    let at = (!first.is_empty()).then(|| text.lines().position(|line| line.contains(first))).flatten();
    at.map_or(1, |n| n as u32 + 1)
}

fn map(value: Option<&Json>) -> Option<&Map<String, Json>> {
    value?.as_object()
}

fn env(text: &str, value: Option<&Json>) -> Vec<Step> {
    let pairs = |(name, value): (&String, &Json)| {
        // GitLab's long form: { value: …, description: … }.
        let value = value.get("value").unwrap_or(value);
        Step::Env { line: line_of(text, &format!("{name}:")), name: name.clone(), value: shown(value) }
    };
    map(value).map(|m| m.iter().map(pairs).collect()).unwrap_or_default()
}

fn run(text: &str, script: &str) -> Step {
    Step::Run { line: line_of(text, script), script: script.into() }
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

pub(super) fn github(text: &str) -> Result<Vec<Scope>, String> {
    let file = parse(text)?;
    let top = env(text, file.get("env"));
    let mut all = Vec::new();
    for (name, job) in map(file.get("jobs")).into_iter().flatten() {
        let mut steps = top.clone();
        steps.extend(env(text, job.get("env")));
        for step in job.get("steps").and_then(Json::as_array).into_iter().flatten() {
            steps.extend(env(text, step.get("env")));
            if let Some(folder) = step.get("working-directory").and_then(Json::as_str) {
                steps.push(Step::Folder { path: folder.into() });
            }
            steps.extend(scripts(text, step.get("run")));
        }
        all.push(Scope::new(name, steps));
    }
    Ok(all)
}

pub(super) fn gitlab(text: &str) -> Result<Vec<Scope>, String> {
    const NOT_JOBS: &[&str] =
        &["variables", "stages", "include", "default", "workflow", "before_script", "image", "cache"];
    let file = parse(text)?;
    let before = |from: &Json| scripts(text, from.get("before_script"));
    let top = env(text, file.get("variables"));
    let mut all = Vec::new();
    for (name, job) in map(Some(&file)).into_iter().flatten().filter(|(name, _)| !NOT_JOBS.contains(&name.as_str())) {
        let mut steps = top.clone();
        steps.extend(env(text, job.get("variables")));
        let own = before(job);
        steps.extend(if own.is_empty() { before(&file) } else { own });
        steps.extend(scripts(text, job.get("script")));
        all.push(Scope::new(name, steps));
    }
    Ok(all)
}

pub(super) fn taskfile(text: &str) -> Result<Vec<Scope>, String> {
    let file = parse(text)?;
    let top = env(text, file.get("env"));
    let mut all = Vec::new();
    for (name, task) in map(file.get("tasks")).into_iter().flatten() {
        let mut steps = top.clone();
        steps.extend(env(text, task.get("env")));
        if let Some(folder) = task.get("dir").and_then(Json::as_str) {
            steps.push(Step::Folder { path: folder.into() });
        }
        let commands = if task.is_object() { task.get("cmds").or_else(|| task.get("cmd")) } else { Some(task) };
        steps.extend(scripts(text, commands));
        all.push(Scope::new(name, steps));
    }
    Ok(all)
}

pub(super) fn goreleaser(text: &str) -> Result<Vec<Scope>, String> {
    let file = parse(text)?;
    let list = |value: Option<&Json>| -> Vec<String> {
        match value {
            Some(Json::Array(all)) => all.iter().map(shown).collect(),
            Some(Json::Null) | None => vec![],
            Some(one) => vec![shown(one)],
        }
    };
    let pairs = |value: Option<&Json>| -> Vec<(String, String)> {
        list(value).iter().filter_map(|e| e.split_once('=')).map(|(n, v)| (n.into(), v.into())).collect()
    };
    let global = pairs(file.get("env"));
    let hooks = scripts(text, file.get("before").and_then(|b| b.get("hooks")));
    let mut all = Vec::new();
    for build in file.get("builds").and_then(Json::as_array).into_iter().flatten() {
        let mut words = vec!["go".to_owned(), "build".to_owned()];
        words.extend(list(build.get("flags")));
        for (key, flag) in [("ldflags", "-ldflags"), ("tags", "-tags"), ("buildmode", "-buildmode")] {
            let values = list(build.get(key));
            if !values.is_empty() {
                words.push(format!("{flag}={}", values.join(" ")));
            }
        }
        words.push(build.get("main").map_or_else(|| ".".to_owned(), shown));
        let mut env = global.clone();
        env.extend(pairs(build.get("env")));
        let mut steps = hooks.clone();
        steps.extend(scripts(text, build.get("hooks").and_then(|h| h.get("pre"))));
        let line = build.get("main").map_or(1, |main| line_of(text, &shown(main)));
        steps.push(Step::Build { line, words, env });
        all.push(Scope::new("build", steps));
    }
    Ok(all)
}
