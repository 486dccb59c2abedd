//! Taskfiles: each task a scope, with the tasks that it calls and the files that are taken in (Task, Schema reference).

use super::super::evaluate::below;
use super::super::library::{Library, folder};
use super::super::model::{Scope, Step, Variable};
use super::{env, in_order, line_with, map, parse, scripts, shown, texts};
use assize_facts::reason;
use serde_json::Value as Json;
use std::cell::Cell;

/// Tasks that call tasks are followed so deep, and so often in one file.
const MOST_TASKS: u32 = 8;
const MOST_CALLS: u32 = 10_000;
/// Files that take in files are followed so deep, and so many.
const DEEPEST: u32 = 8;
const MOST_FILES: usize = 200;

/// A file with its tasks, and what goes before their names.
struct File {
    text: String,
    json: Json,
    prefix: String,
    /// What holds for all of its tasks.
    top: Vec<Step>,
}

pub(in super::super) fn taskfile(text: &str, path: &str, library: &Library<'_>) -> Result<Vec<Scope>, String> {
    let mut files = Vec::new();
    take_in(text, path, library, String::new(), vec![], &mut files, DEEPEST)?;
    let left = Cell::new(MOST_CALLS);
    let mut all = Vec::new();
    for (at, file) in files.iter().enumerate() {
        for name in map(file.json.get("tasks")).into_iter().flatten().map(|(name, _)| name) {
            let mut steps = file.top.clone();
            steps.extend(task(&files, at, name, MOST_TASKS, &left));
            all.push(Scope::new(&format!("{}{name}", file.prefix), steps));
        }
    }
    match left.get() {
        0 => Err(format!("tasks call one another more than {MOST_CALLS} times")),
        _ => Ok(all),
    }
}

/// Reads a file and those that it includes; the environment of a file holds for what it includes.
fn take_in(
    text: &str,
    path: &str,
    library: &Library<'_>,
    prefix: String,
    above: Vec<Step>,
    files: &mut Vec<File>,
    depth: u32,
) -> Result<(), String> {
    let json = parse(text)?;
    let mut top = above;
    for name in texts(json.get("dotenv")) {
        top.push(Step::Settings { path: name });
    }
    top.extend(env(text, json.get("env")));
    top.extend(values(text, json.get("vars")));
    let at = files.len();
    files.push(File { text: text.to_owned(), json: json.clone(), prefix: prefix.clone(), top: top.clone() });
    for (name, include) in map(json.get("includes")).into_iter().flatten() {
        let named = include.as_str().or_else(|| include.get("taskfile")?.as_str()).unwrap_or_default();
        let optional = include.get("optional").and_then(Json::as_bool).unwrap_or(false);
        let within =
            ["Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "taskfile.yaml"].map(|file| format!("{named}/{file}"));
        let found = [vec![named.to_owned()], within.to_vec()].concat();
        let found = found.iter().find_map(|name| library.find(&[folder(path), ""], name));
        let mut above = top.clone();
        above.extend(values(text, include.get("vars")));
        if let Some(dir) = include.get("dir").and_then(Json::as_str) {
            above.push(Step::Folder { path: below(folder(path), dir) });
        }
        let prefix = match include.get("flatten").and_then(Json::as_bool) {
            Some(true) => prefix.clone(),
            _ => format!("{prefix}{name}:"),
        };
        match found {
            Some((path, text)) if depth > 0 && files.len() < MOST_FILES => {
                take_in(&text, &path, library, prefix, above, files, depth - 1)?
            }
            None if optional || named.contains("://") => {}
            _ => {
                let why = reason!("included-file-not-read", path = named);
                files[at].top.push(Step::Unread { line: line_with(text, name, named), why });
            }
        }
    }
    Ok(())
}

/// The task that a name means in a file: of the file itself, of one that it takes in, or from the root.
fn find<'f>(files: &'f [File], from: usize, name: &str) -> Option<(usize, &'f Json)> {
    let whole = match name.strip_prefix(':') {
        Some(name) => name.to_owned(),
        None => format!("{}{name}", files[from].prefix),
    };
    let of = |(at, file): (usize, &'f File)| {
        let tasks = file.json.get("tasks")?.as_object()?;
        let inner = whole.strip_prefix(&file.prefix)?;
        let by_alias = || tasks.values().find(|task| texts(task.get("aliases")).iter().any(|alias| alias == inner));
        Some((at, tasks.get(inner).or_else(by_alias)?))
    };
    files.iter().enumerate().find_map(of)
}

/// A task's steps: those of the tasks that it depends on, then its own, with those that it calls in their places.
fn task(files: &[File], from: usize, name: &str, depth: u32, left: &Cell<u32>) -> Vec<Step> {
    left.set(left.get().saturating_sub(1));
    if left.get() == 0 {
        return vec![];
    }
    let Some((at, task)) = find(files, from, name) else { return vec![] };
    if depth == 0 {
        return vec![Step::Unread { line: 0, why: reason!("more-than-is-followed", text = name) }];
    }
    let text = files[at].text.as_str();
    let calls = |name: &str| match find(files, at, name) {
        // What holds for another file's tasks.
        Some((other, _)) if other != at => {
            files[other].top.iter().cloned().chain(self::task(files, at, name, depth - 1, left)).collect()
        }
        _ => self::task(files, at, name, depth - 1, left),
    };
    let called = |one: &Json| one.as_str().or_else(|| one.get("task").and_then(Json::as_str)).map(str::to_owned);
    let mut steps = Vec::new();
    for needed in task.get("deps").and_then(Json::as_array).into_iter().flatten() {
        steps.extend(turns(text, needed));
        steps.extend(values(text, needed.get("vars")));
        steps.extend(called(needed).into_iter().flat_map(|name| calls(&name)));
    }
    for name in texts(task.get("dotenv")) {
        steps.push(Step::Settings { path: name });
    }
    steps.extend(env(text, task.get("env")));
    steps.extend(values(text, task.get("vars")));
    if let Some(folder) = task.get("dir").and_then(Json::as_str) {
        steps.push(Step::Folder { path: below("", folder) });
    }
    for key in ["preconditions", "status"] {
        steps.extend(scripts(text, task.get(key)));
    }
    let commands = if task.is_object() { task.get("cmds").or_else(|| task.get("cmd")) } else { Some(task) };
    let plain = |command: &Json| -> Vec<Step> {
        let command = command.get("defer").unwrap_or(command);
        match command.get("task").and_then(Json::as_str) {
            Some(called) => values(text, command.get("vars")).into_iter().chain(calls(called)).collect(),
            None => scripts(text, Some(&Json::Array(vec![command.clone()]))),
        }
    };
    let one = |command: &Json| -> Vec<Step> { turns(text, command).into_iter().chain(plain(command)).collect() };
    match commands {
        Some(Json::Array(all)) => steps.extend(all.iter().flat_map(one)),
        Some(single) => steps.extend(one(single)),
        None => {}
    }
    steps
}

/// `for:`: the command is run for each; any of them stands in it.
fn turns(text: &str, command: &Json) -> Vec<Step> {
    let Some(of) = command.get("for") else { return vec![] };
    let name = of_template(of.get("as").and_then(Json::as_str).unwrap_or("ITEM"));
    let mut all = match of {
        Json::Array(_) => texts(Some(of)),
        _ => match of.get("var").and_then(Json::as_str) {
            Some(variable) => vec![format!("${{{}}}", of_template(variable))],
            None => map(of.get("matrix")).into_iter().flatten().flat_map(|(_, values)| texts(Some(values))).collect(),
        },
    };
    all.dedup();
    let step = |(at, value): (usize, &String)| match Step::env(line_with(text, "for", value), &name, &templates(value))
    {
        Step::Env { variable, .. } => Step::Env { variable, possible: at > 0 },
        other => other,
    };
    all.iter().enumerate().map(step).collect()
}

/// Variables of templates, under a name that no program reads.
fn values(text: &str, value: Option<&Json>) -> Vec<Step> {
    let variable = |(name, value): (&String, &Json)| {
        let value = match value.get("sh").and_then(Json::as_str) {
            Some(script) => format!("$({})", templates(script)),
            None if value.is_array() => {
                texts(Some(value)).iter().map(|one| templates(one)).collect::<Vec<_>>().join(" ")
            }
            // Another variable, or a field of any of these names.
            None if value.is_object() => match value.get("ref").and_then(Json::as_str) {
                Some(of) => templates(&format!("{{{{{of}}}}}")),
                None => map(value.get("map"))?.values().map(|one| templates(&shown(one))).collect::<Vec<_>>().join(" "),
            },
            None => templates(&shown(value)),
        };
        Some(Variable::new(line_with(text, name, &value), &of_template(name), &value))
    };
    let all = in_order(map(value).into_iter().flatten().filter_map(variable).collect());
    all.into_iter().map(|variable| Step::Env { variable, possible: false }).collect()
}

fn of_template(name: &str) -> String {
    format!("TASK_{name}")
}

/// The only variable that a template names, where it hands it on: a field of it, or its words.
fn one_of(words: &[&str]) -> Option<String> {
    let mut names = words.iter().filter(|word| word.starts_with('.'));
    let (only, None) = (names.next()?, names.next()) else { return None };
    let hands_on = words.len() == 1
        || matches!(words[0], "join" | "trim" | "first" | "last" | "index" | "shellQuote" | "splitArgs");
    hands_on.then(|| format!(".{}", only[1..].split('.').next().unwrap_or_default()))
}

/// `{{.NAME}}` as the variable that it is, with what stands for it where it is not set; of what a condition chooses, all.
pub(super) fn templates(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((inner, after)) = behind.split_once("}}") else { break };
        out.push_str(before);
        let inner = inner.trim().trim_matches('-').trim();
        let words: Vec<&str> = inner.split_whitespace().collect();
        let name = |word: &str| {
            let name = word.strip_prefix('.')?;
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then(|| of_template(name))
        };
        let default = || Some((name(words.iter().find(|w| w.starts_with('.'))?)?, inner.split(['"', '`']).nth(1)?));
        match words.as_slice() {
            [one] if name(one).is_some() => out.push_str(&format!("${{{}}}", name(one).unwrap_or_default())),
            ["else", ..] => out.push(' '),
            ["if" | "end" | "with" | "range", ..] => {}
            all if all.contains(&"default") && default().is_some() => {
                let (name, text) = default().unwrap_or_default();
                out.push_str(&format!("${{{name}:-{text}}}"));
            }
            all => match one_of(all).as_deref().and_then(name) {
                Some(name) => out.push_str(&format!("${{{name}}}")),
                // Flags that a function makes nobody reads here.
                None if super::super::builds::is_risky(inner) => out.push_str("$(unread template)"),
                None => out.push_str(&format!("{{{{{}}}}}", inner.replace([' ', '"', '\''], ""))),
            },
        }
        rest = after;
    }
    out + rest
}
