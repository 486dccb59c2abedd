//! Releases by goreleaser: each build a scope, with its overrides.

use super::super::builds::is_risky;
use super::super::delivered::normal;
use super::super::expand::parts;
use super::super::library::Library;
use super::super::model::{Scope, Step, Variable};
use super::platforms::variants;
use super::{line_of, parse, scripts, shown, texts};
use assize_facts::reason;
use serde_json::{Map, Value as Json};

/// Nobody parts a release into more files.
const MOST_FILES: usize = 50;

pub(in super::super) fn goreleaser(text: &str, library: &Library<'_>) -> Result<Vec<Scope>, String> {
    let mut file = parse(text)?;
    let mut unread = Vec::new();
    let mut includes = file.get("includes").and_then(Json::as_array).cloned().unwrap_or_default();
    includes.dedup();
    if includes.len() > MOST_FILES {
        let why = reason!("more-than-is-followed", text = "includes");
        unread.push(Step::Unread { line: line_of(text, "includes:"), why });
        includes.truncate(MOST_FILES);
    }
    for include in includes {
        let named = include.get("from_file").and_then(|from| from.get("path")?.as_str());
        let found = named.and_then(|path| library.find(&[""], path)).and_then(|(_, text)| parse(&text).ok());
        match found {
            Some(more) => take_in(&mut file, more),
            None => {
                let path = named.map_or_else(|| shown(include.get("from_url").unwrap_or(&Json::Null)), str::to_owned);
                let why = reason!("included-file-not-read", path = path);
                unread.push(Step::Unread { line: line_of(text, "includes:"), why });
            }
        }
    }
    let pairs = |value: Option<&Json>| -> Vec<Variable> {
        let variable =
            |(name, value): (&str, &str)| Variable::new(line_of(text, &format!("{name}={value}")), name, value);
        texts(value).iter().filter_map(|e| e.split_once('=')).map(variable).collect()
    };
    let of_modules = file.get("gomod");
    let mut global = Vec::new();
    with_env(&mut global, pairs(file.get("env")));
    with_env(&mut global, pairs(of_modules.and_then(|m| m.get("env"))));
    let hooks = scripts(text, file.get("before").and_then(|b| b.get("hooks")));
    let hooks = [unread, hooks].concat();
    let mut all = Vec::new();
    let several = ["builds", "kos"].into_iter().filter_map(|key| file.get(key)?.as_array()).flatten();
    let mut builds: Vec<&Json> = several.chain(file.get("build").filter(|build| build.is_object())).collect();
    // Without any it builds the program of its folder.
    let usual = Json::Object(Map::new());
    if file.get("builds").is_none() && builds.is_empty() {
        builds.push(&usual);
    }
    let is_skipped = |build: &&Json| build.get("skip").is_some_and(|skip| shown(skip) == "true");
    // Others build other languages' programs, or none.
    let is_of_go = |build: &&Json| build.get("builder").is_none_or(|builder| builder == "go");
    for build in builds.into_iter().filter(|build| is_of_go(build) && !is_skipped(build)) {
        let mut steps = hooks.clone();
        steps.extend(scripts(text, build.get("hooks").and_then(|h| h.get("pre"))));
        for (own, platform) in variants(build) {
            let either = |key: &str| own.get(key).or_else(|| build.get(key));
            // `go test -c` makes none of the programs.
            let verb = either("command").and_then(Json::as_str).filter(|verb| *verb == "test").unwrap_or("build");
            let mut words = vec!["go".to_owned(), verb.to_owned()];
            if let Some(mode) = of_modules.and_then(|m| m.get("mod")) {
                words.push(format!("-mod={}", shown(mode)));
            }
            // Another program in the place of the Go command is what -toolexec is.
            let tool = either("tool").or_else(|| either("gobinary")).map(shown);
            words.extend(tool.filter(|tool| !is_go(tool)).map(|tool| format!("-toolexec={tool}")));
            let mut env = global.clone();
            with_env(&mut env, pairs(build.get("env")));
            for flag in texts(either("flags")) {
                words.extend(flags(&flag, &env));
            }
            for (key, flag) in [("ldflags", "-ldflags"), ("tags", "-tags"), ("buildmode", "-buildmode")] {
                let values = texts(either(key));
                if !values.is_empty() {
                    words.push(format!("{flag}={}", values.join(" ")));
                }
            }
            // From the root: a folder that another command makes is none of the tree.
            let main = build.get("main").map_or_else(|| ".".to_owned(), shown);
            words.push(match build.get("dir").or_else(|| build.get("working_dir")).and_then(Json::as_str) {
                Some(folder) => format!("./{}", normal(&format!("{folder}/{main}"))),
                None => main,
            });
            if !std::ptr::eq(own, build) {
                with_env(&mut env, pairs(own.get("env")));
            }
            let platform = [("goos:", "GOOS", platform.os), ("goarch:", "GOARCH", platform.arch)];
            let of = |(key, name, value): (&str, &str, Option<String>)| {
                Some(Variable::new(line_of(text, key), name, &value?))
            };
            env.extend(platform.into_iter().filter_map(of));
            let place = if std::ptr::eq(own, build) { build.get("main") } else { own.get("flags") };
            let line = place.map_or(1, |at| line_of(text, &texts(Some(at)).join(" ")));
            steps.push(Step::Build { line, words, env });
        }
        // Once it is built they may build it anew.
        steps.extend(scripts(text, build.get("hooks").and_then(|h| h.get("post"))));
        all.push(Scope::new("build", steps));
    }
    Ok(all)
}

/// Adds what a file that is included says: lists go on, what is there stays (goreleaser Pro, Includes).
fn take_in(file: &mut Json, more: Json) {
    let (Some(own), Json::Object(more)) = (file.as_object_mut(), more) else { return };
    for (name, value) in more.into_iter().filter(|(name, _)| name != "includes") {
        match (own.get_mut(&name), value) {
            (Some(Json::Array(own)), Json::Array(more)) => own.extend(more),
            (Some(_), _) => {}
            (None, value) => drop(own.insert(name, value)),
        }
    }
}

/// Adds variables, whose templates see those before them.
fn with_env(env: &mut Vec<Variable>, more: Vec<Variable>) {
    for variable in more {
        let value = variable.value.as_deref().map(|value| filled(value, env));
        env.push(Variable { value, ..variable });
    }
}

/// The words of a flag as it is written: blanks part them.
fn flags(flag: &str, env: &[Variable]) -> Vec<String> {
    parts(&filled(flag, env)).into_iter().map(str::to_owned).collect()
}

/// A text with what its templates choose, and the variables that they name (goreleaser, Templates).
fn filled(flag: &str, env: &[Variable]) -> String {
    let of_env = |name: &str| env.iter().rfind(|v| v.name == name).and_then(|v| v.value.clone());
    let mut out = String::new();
    let mut rest = flag;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((inner, after)) = behind.split_once("}}") else { break };
        out.push_str(before);
        let inner = inner.trim().trim_matches('-').trim();
        let first = inner.split_whitespace().next().unwrap_or_default();
        match (first, inner.strip_prefix(".Env.")) {
            (_, Some(name)) => out.push_str(&of_env(name).unwrap_or_else(|| format!("${{{name}}}"))),
            ("if" | "end" | "with" | "range", _) => {}
            ("else", _) => out.push(' '),
            ("readFile" | "mustReadFile", _) => {
                out.push_str(&format!(
                    "$(cat {})",
                    inner.split_whitespace().nth(1).unwrap_or_default().trim_matches('"')
                ));
            }
            ("envOrDefault", _) => {
                let mut texts = inner.split(['"', '`']).skip(1).step_by(2);
                let (name, default) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
                out.push_str(&of_env(name).unwrap_or_else(|| default.to_owned()));
            }
            _ if is_risky(inner) => out.push_str("$(unread template)"),
            _ => out.push_str(&format!("{{{{{}}}}}", inner.replace(' ', ""))),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The Go command, of any version; not a program of the tree that has its name.
fn is_go(tool: &str) -> bool {
    if tool.contains('/') && !tool.starts_with('/') {
        return false;
    }
    let name = tool.rsplit('/').next().unwrap_or(tool);
    name.strip_prefix("go").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}
