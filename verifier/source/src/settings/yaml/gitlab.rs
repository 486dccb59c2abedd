//! Pipelines of GitLab: each job a scope, with what it extends, refers to and takes in (GitLab, CI/CD YAML syntax reference).

use super::super::library::{Library, folder};
use super::super::model::{Scope, Step};
use super::{env, line_of, map, parse, scripts, shown, texts};
use assize_facts::reason;
use serde_json::{Map, Value as Json};
use std::cell::Cell;

const NOT_JOBS: &[&str] = &[
    "variables",
    "stages",
    "include",
    "default",
    "workflow",
    "before_script",
    "after_script",
    "image",
    "cache",
    "spec",
    "services",
];
/// Files that take in files, and references to references, are followed so deep.
const DEEPEST: u32 = 10;
const MOST_FILES: u32 = 200;

pub(in super::super) fn gitlab(text: &str, path: &str, library: &Library<'_>) -> Result<Vec<Scope>, String> {
    let mut unread = Vec::new();
    let file = whole(text, &[], &Place { path, library, left: Cell::new(MOST_FILES) }, &mut unread, DEEPEST)?;
    let default = |key: &str| file.get(key).or_else(|| file.get("default")?.get(key));
    let mut top: Vec<Step> = Vec::new();
    let line = line_of(text, "include:");
    top.extend(
        unread.into_iter().map(|path| Step::Unread { line, why: reason!("included-file-not-read", path = path) }),
    );
    top.extend(env(text, file.get("variables")));
    top.extend(file.get("workflow").and_then(|workflow| workflow.get("rules")).iter().flat_map(|r| of_rules(text, r)));
    let jobs = || map(Some(&file)).into_iter().flatten().filter(|(name, _)| !NOT_JOBS.contains(&name.as_str()));
    // What a job writes for the others that Go reads.
    let writes = |job: &Json| {
        let reports = job.get("artifacts").and_then(|a| a.get("reports")?.get("dotenv")).is_some();
        let script = shown(job.get("script").unwrap_or(&Json::Null));
        reports && super::super::flags::VARIABLES.iter().any(|name| script.contains(&format!("{name}=")))
    };
    let writer = jobs().find(|(_, job)| writes(job)).map(|(name, _)| name.clone());
    let mut all = Vec::new();
    for (name, job) in jobs() {
        let bases = bases(&file, job);
        let nearest = |key: &str| bases.iter().find_map(|base| base.get(key)).or_else(|| default(key));
        let mut steps = top.clone();
        let resolved = |value: Option<&Json>| value.map(|value| referred(&file, value, DEEPEST));
        for base in bases.iter().rev() {
            steps.extend(env(text, resolved(base.get("variables")).as_ref()));
        }
        let rules = bases.iter().rev().filter_map(|base| resolved(base.get("rules")));
        steps.extend(rules.flat_map(|rules| of_rules(text, &rules)));
        steps.extend(of_matrix(text, nearest("parallel")));
        if let Some(writer) = writer.as_ref().filter(|writer| *writer != name) {
            let why = reason!("value-from-outside", name = writer);
            steps.push(Step::Unread { line: line_of(text, "dotenv:"), why });
        }
        let hooks = resolved(nearest("hooks").and_then(|hooks| hooks.get("pre_get_sources_script")));
        steps.extend(in_one_shell(scripts(text, hooks.as_ref())));
        let mut scripts_of_job = scripts(text, resolved(nearest("before_script")).as_ref());
        scripts_of_job.extend(scripts(text, resolved(nearest("script")).as_ref()));
        // Steps in place of a script (GitLab, CI/CD steps).
        let own = nearest("run").and_then(Json::as_array).into_iter().flatten();
        scripts_of_job.extend(own.flat_map(|step| scripts(text, step.get("script"))));
        steps.extend(in_one_shell(scripts_of_job));
        steps.extend(in_one_shell(scripts(text, resolved(nearest("after_script")).as_ref())));
        for path in local(job.get("trigger").and_then(|trigger| trigger.get("include"))) {
            let words = vec!["gitlab".to_owned(), path.0.trim_start_matches('/').to_owned()];
            steps.push(Step::Tool { line: line_of(text, &path.0), words, env: vec![] });
        }
        all.push(Scope::new(name, steps));
    }
    Ok(all)
}

/// Where files that are taken in lie.
struct Place<'p> {
    path: &'p str,
    library: &'p Library<'p>,
    /// How many more are read.
    left: Cell<u32>,
}

/// A pipeline with what it takes in from its own repository; what it says itself goes before that. `unread` are files that are not there.
fn whole(
    text: &str,
    inputs: &[(String, String)],
    place: &Place<'_>,
    unread: &mut Vec<String>,
    depth: u32,
) -> Result<Json, String> {
    let text = inputs.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("$[[ inputs.{name} ]]"), value).replace(&format!("$[[inputs.{name}]]"), value)
    });
    // The head of a file with inputs is a document of its own.
    let text = text.rsplit_once("\n---\n").map_or(text.as_str(), |(_, last)| last);
    let own = parse(&with_references(text))?;
    let mut merged = Json::Object(Map::new());
    for (path, inputs) in local(own.get("include")) {
        let names = match path.contains('*') {
            true => place.library.paths.iter().filter(|p| matches(&path, p)).cloned().collect(),
            false => vec![path.trim_start_matches('/').to_owned()],
        };
        for name in names {
            match place.library.find(&["", folder(place.path)], &name) {
                Some((_, text)) if depth > 0 && place.left.get() > 0 => {
                    place.left.set(place.left.get() - 1);
                    merge(&mut merged, whole(&text, &inputs, place, unread, depth - 1)?);
                }
                _ if unread.contains(&name) => {}
                _ => unread.push(name),
            }
        }
    }
    merge(&mut merged, own);
    Ok(merged)
}

/// `ci/*.yml`, `ci/**.yml`, `ci/**/*.yml`.
fn matches(pattern: &str, path: &str) -> bool {
    let pattern = pattern.trim_start_matches('/').replace("**/", "**");
    match pattern.split_once("**") {
        Some((before, behind)) => path.strip_prefix(before).is_some_and(|rest| {
            let behind = behind.trim_start_matches('*');
            rest.ends_with(behind.rsplit('*').next().unwrap_or(behind))
        }),
        None => assize_golang::glob::matches(&pattern, path),
    }
}

/// The paths of `include:` that lie in the repository, with their inputs; what is fetched from elsewhere is none of the delivery.
fn local(include: Option<&Json>) -> Vec<(String, Vec<(String, String)>)> {
    let all = match include {
        Some(Json::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
        None => vec![],
    };
    let of_one = |one: &Json| -> Vec<(String, Vec<(String, String)>)> {
        let inputs = map(one.get("inputs")).into_iter().flatten().map(|(name, value)| (name.clone(), shown(value)));
        let inputs: Vec<(String, String)> = inputs.collect();
        match one {
            Json::String(path) if !path.contains("://") => vec![(path.clone(), inputs)],
            Json::Object(_) => texts(one.get("local")).into_iter().map(|path| (path, inputs.clone())).collect(),
            _ => vec![],
        }
    };
    all.into_iter().flat_map(of_one).collect()
}

fn merge(into: &mut Json, from: Json) {
    match (into, from) {
        (Json::Object(into), Json::Object(from)) => {
            for (name, value) in from {
                match into.get_mut(&name) {
                    Some(before) => merge(before, value),
                    None => drop(into.insert(name, value)),
                }
            }
        }
        (into, from) => *into = from,
    }
}

/// The tag that YAML has for references, as a key: values have no tags.
fn with_references(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("!reference") {
        out.push_str(before);
        let Some((list, after)) = behind.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
            rest = behind;
            continue;
        };
        out.push_str(&format!("{{reference: [{list}]}}"));
        rest = after;
    }
    out + rest
}

/// A value with what its references mean.
fn referred(file: &Json, value: &Json, depth: u32) -> Json {
    match value {
        Json::Array(all) => Json::Array(all.iter().map(|one| referred(file, one, depth)).collect()),
        Json::Object(one) => match one.get("reference").and_then(Json::as_array).filter(|_| depth > 0) {
            Some(path) => {
                let found = path.iter().try_fold(file, |at, name| at.get(name.as_str()?));
                found.map_or(Json::Null, |found| referred(file, found, depth - 1))
            }
            None => one.iter().map(|(name, value)| (name.clone(), referred(file, value, depth))).collect(),
        },
        _ => value.clone(),
    }
}

/// Variables that rules set: any of them may come.
fn of_rules(text: &str, rules: &Json) -> Vec<Step> {
    match rules {
        // References give lists in lists.
        Json::Array(all) => all.iter().flat_map(|rule| of_rules(text, rule)).collect(),
        rule => env(text, rule.get("variables")).into_iter().map(possible).collect(),
    }
}

/// `parallel: {matrix: […]}`.
fn of_matrix(text: &str, parallel: Option<&Json>) -> Vec<Step> {
    let all = parallel.and_then(|parallel| parallel.get("matrix")?.as_array()).into_iter().flatten();
    let pairs = all.filter_map(Json::as_object).flatten();
    let each = pairs.flat_map(|(name, values)| texts(Some(values)).into_iter().map(move |value| (name.clone(), value)));
    each.map(|(name, value)| possible(Step::env(line_of(text, &value), &name, &value))).collect()
}

fn possible(step: Step) -> Step {
    match step {
        Step::Env { variable, .. } => Step::Env { variable, possible: true },
        other => other,
    }
}

/// A job and what it extends, the nearest first (GitLab, `extends`: of several the last goes before the others).
fn bases<'j>(file: &'j Json, job: &'j Json) -> Vec<&'j Json> {
    const MOST: usize = 50;
    let (mut all, mut next) = (Vec::new(), vec![job]);
    while let Some(one) = next.pop().filter(|_| all.len() < MOST) {
        all.push(one);
        let names: Vec<&str> = match one.get("extends") {
            Some(Json::String(name)) => vec![name],
            Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).collect(),
            _ => vec![],
        };
        next.extend(names.into_iter().filter_map(|name| file.get(name)));
    }
    all
}

/// GitLab runs `before_script` and `script` in one shell.
fn in_one_shell(steps: Vec<Step>) -> Option<Step> {
    let mut whole: Option<(u32, String)> = None;
    for step in steps {
        let Step::Run { line, script, .. } = step else { continue };
        match &mut whole {
            Some((_, text)) => *text = format!("{text}\n{script}"),
            None => whole = Some((line, script)),
        }
    }
    whole.map(|(line, script)| Step::run(line, &script))
}
