//! Services of compose files: the images that are built for them, with their arguments.

use super::super::dockerfile;
use super::super::library::Library;
use super::super::model::{Scope, Step};
use super::super::shell::quoted;
use super::{line_of, map, parse, shown, texts};
use serde_json::Value as Json;
use std::collections::BTreeMap;

pub(in super::super) fn compose(text: &str, library: &Library<'_>) -> Result<Vec<Scope>, String> {
    let file = parse(text)?;
    let mut all = Vec::new();
    for (name, service) in map(file.get("services")).into_iter().flatten() {
        all.extend(run_by(text, name, service));
        let Some(build) = service.get("build") else { continue };
        let arguments = arguments(build.get("args"));
        if let Some(inline) = build.get("dockerfile_inline").and_then(Json::as_str) {
            all.extend(dockerfile::scopes(inline, "", &arguments, library));
            continue;
        }
        let context = build.as_str().or_else(|| build.get("context")?.as_str()).unwrap_or(".");
        let mut words = vec!["docker".to_owned(), "build".to_owned()];
        words.extend(arguments.iter().map(|(name, value)| format!("--build-arg={name}={value}")));
        words.extend(from_outside(build.get("args")).map(|name| format!("--build-arg={name}")));
        if let Some(file) = build.get("dockerfile").and_then(Json::as_str) {
            words.push(format!("--file={context}/{file}"));
        }
        words.push(context.to_owned());
        let line = line_of(text, &format!("{name}:"));
        all.push(Scope::new(name, vec![Step::Tool { line, words, env: vec![] }]));
    }
    Ok(all)
}

/// What a service runs, with its environment; where the source is in it, mounts say in too many ways.
fn run_by(text: &str, name: &str, service: &Json) -> Option<Scope> {
    let command = |key: &str| match service.get(key) {
        Some(Json::Array(words)) => Some(words.iter().map(|word| quoted(&shown(word))).collect::<Vec<_>>().join(" ")),
        Some(Json::String(script)) => Some(script.clone()),
        _ => None,
    };
    let script = match (command("entrypoint"), command("command")) {
        (None, None) => return None,
        (Some(first), Some(rest)) => format!("{first} {rest}"),
        (first, rest) => first.or(rest)?,
    };
    let line = line_of(text, &format!("{name}:"));
    let files = texts(service.get("env_file")).into_iter().map(|path| Step::Settings { path });
    let environment = arguments(service.get("environment"));
    let environment = environment.iter().map(|(name, value)| Step::env(line_of(text, name), name, value));
    let place = Step::Folder { path: None };
    Some(Scope::new(
        name,
        [place].into_iter().chain(files).chain(environment).chain([Step::run(line, &script)]).collect(),
    ))
}

/// `NAME: value`, or a list of `NAME=value`.
fn arguments(value: Option<&Json>) -> BTreeMap<String, String> {
    match value {
        Some(Json::Object(all)) => {
            let given = all.iter().filter(|(_, value)| !value.is_null());
            given.map(|(name, value)| (name.clone(), shown(value))).collect()
        }
        Some(Json::Array(all)) => {
            let pairs = all.iter().filter_map(Json::as_str).filter_map(|pair| pair.split_once('='));
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        }
        _ => BTreeMap::new(),
    }
}

/// Arguments without a value: that of the caller's variable (Compose specification, build, args).
fn from_outside(value: Option<&Json>) -> impl Iterator<Item = &str> {
    let of_list = value.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    let of_map = value.and_then(Json::as_object).into_iter().flatten().filter(|(_, value)| value.is_null());
    of_list.filter(|name| !name.contains('=')).chain(of_map.map(|(name, _)| name.as_str()))
}
