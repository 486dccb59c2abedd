//! Build files in YAML: workflow jobs, tasks and release builds as scopes.

use super::delivered::normal;
use super::model::{Scope, Step, Variable};
use serde_json::{Map, Value as Json};
use std::cell::Cell;

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

/// The line on which a name has a value.
fn line_with(text: &str, name: &str, value: &str) -> u32 {
    let key = format!("{name}:");
    let found = text.lines().position(|line| line.split_once(&key).is_some_and(|(_, rest)| rest.contains(value)));
    found.map_or_else(|| line_of(text, &key), |n| n as u32 + 1)
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
    map(value).map(|m| m.iter().map(pairs).collect()).unwrap_or_default()
}

fn run(text: &str, script: &str) -> Step {
    // Scripts are seen from their first line, which in a block is the one below the key.
    Step::run(line_of(text, script), &templates(&expressions(script)))
}

/// `${{ env.NAME }}` as the variable that it is.
fn expressions(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${{") {
        out.push_str(&rest[..at]);
        let Some(end) = rest[at..].find("}}").map(|e| at + e) else { break };
        let inner = rest[at + 3..end].trim();
        let plain = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        let of_matrix = || inner.strip_prefix("matrix.").filter(plain).map(of_matrix);
        match inner.strip_prefix("env.").filter(plain).map(str::to_owned).or_else(of_matrix) {
            Some(name) => out.push_str(&format!("${{{name}}}")),
            // Without blanks and quotes it stays one word.
            None => out.push_str(&format!("${{{{{}}}}}", inner.replace([' ', '\'', '"', '(', ')', '|', '&'], ""))),
        }
        rest = &rest[end + 2..];
    }
    out + rest
}

/// The variable that stands for a value of the job's matrix.
fn of_matrix(name: &str) -> String {
    format!("MATRIX_{}", name.replace('-', "_"))
}

/// The values of a job's matrix: any of them may come.
fn matrix(text: &str, job: &Json) -> Vec<Step> {
    let Some(matrix) = job.get("strategy").and_then(|s| s.get("matrix")).and_then(Json::as_object) else {
        return vec![];
    };
    let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
    let own = matrix.iter().filter(|(name, _)| !matches!(name.as_str(), "include" | "exclude"));
    let mut all: Vec<(String, Json)> =
        own.flat_map(|(name, values)| list(values).into_iter().map(move |value| (name.clone(), value))).collect();
    for one in list(matrix.get("include").unwrap_or(&Json::Null)) {
        all.extend(one.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
    }
    let step = |(name, value): (String, Json)| {
        let value = shown(&value);
        let variable = Variable::new(line_of(text, &value), &of_matrix(&name), &value);
        Step::Env { variable, possible: true }
    };
    all.into_iter().filter(|(_, value)| !value.is_object() && !value.is_array()).map(step).collect()
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
    let folder_of = |from: &Json| {
        from.get("defaults")
            .and_then(|d| d.get("run")?.get("working-directory"))
            .and_then(Json::as_str)
            .map(str::to_owned)
    };
    let top = env(text, file.get("env"));
    let mut all = Vec::new();
    for (name, job) in map(file.get("jobs")).into_iter().flatten() {
        let mut steps = matrix(text, job);
        steps.extend(top.iter().cloned());
        steps.extend(env(text, job.get("container").and_then(|c| c.get("env"))));
        steps.extend(env(text, job.get("env")));
        let usual = folder_of(job).or_else(|| folder_of(&file));
        steps.extend(action_steps(text, job.get("steps"), usual.as_deref()));
        all.push(Scope::new(name, steps));
    }
    Ok(all)
}

/// A composite action: its steps as one scope.
pub(super) fn action(text: &str) -> Result<Vec<Scope>, String> {
    let file = parse(text)?;
    let steps = action_steps(text, file.get("runs").and_then(|r| r.get("steps")), None);
    Ok(vec![Scope::new("action", steps)])
}

fn action_steps(text: &str, steps: Option<&Json>, usual: Option<&str>) -> Vec<Step> {
    let mut all = Vec::new();
    for step in steps.and_then(Json::as_array).into_iter().flatten() {
        let own = variables(text, step.get("env"));
        let with = |name: &str| step.get("with").and_then(|w| w.get(name)).map(shown);
        let uses = step.get("uses").and_then(Json::as_str).unwrap_or_default();
        let line = line_of(text, uses);
        let tool = |words: Vec<String>| Step::Tool { line, words, env: own.clone() };
        if uses.starts_with("actions/checkout") && with("path").is_some() {
            // The source is not at the root of the workspace.
            all.push(Step::Folder { path: None });
        } else if let Some(path) = uses.strip_prefix("./") {
            all.push(tool(vec!["action".into(), path.into()]));
        } else if uses.starts_with("goreleaser/goreleaser-action") {
            all.push(tool(vec!["goreleaser".into()]));
        } else if uses.starts_with("docker/build-push-action") {
            let mut words = vec!["docker".to_owned(), "build".into()];
            for argument in with("build-args").unwrap_or_default().lines() {
                words.push(format!("--build-arg={}", expressions(argument.trim())));
            }
            words.extend(with("file").map(|file| format!("--file={file}")));
            words.push(with("context").unwrap_or_else(|| ".".into()));
            all.push(tool(words));
        }
        let folder = step.get("working-directory").and_then(Json::as_str).or(usual).map(normal);
        for made in scripts(text, step.get("run")) {
            all.push(match made {
                Step::Run { line, script, .. } => {
                    Step::Run { line, script, env: own.clone(), folder: folder.clone(), stale: false }
                }
                other => other,
            });
        }
    }
    all
}

pub(super) fn gitlab(text: &str) -> Result<Vec<Scope>, String> {
    const NOT_JOBS: &[&str] =
        &["variables", "stages", "include", "default", "workflow", "before_script", "image", "cache"];
    let file = parse(text)?;
    let usual = file.get("before_script").or_else(|| file.get("default")?.get("before_script"));
    let top = env(text, file.get("variables"));
    let mut all = Vec::new();
    for (name, job) in map(Some(&file)).into_iter().flatten().filter(|(name, _)| !NOT_JOBS.contains(&name.as_str())) {
        let bases = bases(&file, job);
        let mut steps = top.clone();
        for base in bases.iter().rev() {
            steps.extend(env(text, base.get("variables")));
        }
        let nearest = |key: &str| bases.iter().find_map(|base| base.get(key));
        let mut scripts_of_job = scripts(text, nearest("before_script").or(usual));
        scripts_of_job.extend(scripts(text, nearest("script")));
        steps.extend(in_one_shell(scripts_of_job));
        all.push(Scope::new(name, steps));
    }
    Ok(all)
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

pub(super) fn taskfile(text: &str) -> Result<Vec<Scope>, String> {
    let file = parse(text)?;
    let mut top: Vec<Step> = Vec::new();
    for name in file.get("dotenv").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str) {
        top.push(Step::Settings { path: name.to_owned() });
    }
    top.extend(env(text, file.get("env")));
    top.extend(values(text, file.get("vars")));
    let mut all = Vec::new();
    let left = Cell::new(MOST_CALLS);
    for name in map(file.get("tasks")).into_iter().flatten().map(|(name, _)| name) {
        let mut steps = top.clone();
        steps.extend(task(text, &file, name, MOST_TASKS, &left));
        all.push(Scope::new(name, steps));
    }
    match left.get() {
        0 => Err(format!("tasks call one another more than {MOST_CALLS} times")),
        _ => Ok(all),
    }
}

/// Tasks that call tasks are followed so deep, and so often in one file.
const MOST_TASKS: u32 = 8;
const MOST_CALLS: u32 = 10_000;

/// A task's steps: those of the tasks that it depends on, then its own, with those that it calls in their places.
fn task(text: &str, file: &Json, name: &str, depth: u32, left: &Cell<u32>) -> Vec<Step> {
    left.set(left.get().saturating_sub(1));
    if left.get() == 0 {
        return vec![];
    }
    let Some(task) = file.get("tasks").and_then(|t| t.get(name)).filter(|_| depth > 0) else { return vec![] };
    let called = |one: &Json| one.as_str().or_else(|| one.get("task").and_then(Json::as_str)).map(str::to_owned);
    let mut steps = Vec::new();
    for needed in task.get("deps").and_then(Json::as_array).into_iter().flatten().filter_map(called) {
        steps.extend(self::task(text, file, &needed, depth - 1, left));
    }
    steps.extend(env(text, task.get("env")));
    steps.extend(values(text, task.get("vars")));
    if let Some(folder) = task.get("dir").and_then(Json::as_str) {
        steps.push(Step::Folder { path: super::evaluate::below("", folder) });
    }
    let commands = if task.is_object() { task.get("cmds").or_else(|| task.get("cmd")) } else { Some(task) };
    let one = |command: &Json| match command.get("task").and_then(Json::as_str) {
        Some(called) => {
            let given = values(text, command.get("vars"));
            given.into_iter().chain(self::task(text, file, called, depth - 1, left)).collect()
        }
        None => scripts(text, Some(&Json::Array(vec![command.clone()]))),
    };
    match commands {
        Some(Json::Array(all)) => steps.extend(all.iter().flat_map(one)),
        Some(single) => steps.extend(one(single)),
        None => {}
    }
    steps
}

/// Variables of templates, under a name that no program reads.
fn values(text: &str, value: Option<&Json>) -> Vec<Step> {
    let known = map(value).into_iter().flatten().filter(|(_, value)| !value.is_object() && !value.is_array());
    let step = |(name, value): (&String, &Json)| {
        let value = templates(&shown(value));
        Step::env(line_with(text, name, &value), &of_template(name), &value)
    };
    known.map(step).collect()
}

fn of_template(name: &str) -> String {
    format!("TASK_{name}")
}

/// `{{.NAME}}` as the variable that it is.
fn templates(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((inner, after)) = behind.split_once("}}") else { break };
        out.push_str(before);
        let inner = inner.trim().trim_matches('-').trim();
        match inner.strip_prefix('.').filter(|n| n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')) {
            Some(name) => out.push_str(&format!("${{{}}}", of_template(name))),
            None => out.push_str(&format!("{{{{{inner}}}}}")),
        }
        rest = after;
    }
    out + rest
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
    let pairs = |value: Option<&Json>| -> Vec<Variable> {
        let variable =
            |(name, value): (&str, &str)| Variable::new(line_of(text, &format!("{name}={value}")), name, value);
        list(value).iter().filter_map(|e| e.split_once('=')).map(variable).collect()
    };
    // Flags that are one text are split at blanks.
    let flags = |value: Option<&Json>| -> Vec<String> {
        list(value).iter().flat_map(|flag| flag.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
    };
    let of_modules = file.get("gomod");
    let mut global = pairs(file.get("env"));
    global.extend(pairs(of_modules.and_then(|m| m.get("env"))));
    let hooks = scripts(text, file.get("before").and_then(|b| b.get("hooks")));
    let mut all = Vec::new();
    for build in file.get("builds").and_then(Json::as_array).into_iter().flatten() {
        let overrides = build.get("overrides").and_then(Json::as_array).into_iter().flatten();
        for own in std::iter::once(build).chain(overrides) {
            let either = |key: &str| own.get(key).or_else(|| build.get(key));
            let mut words = vec!["go".to_owned(), "build".to_owned()];
            if let Some(mode) = of_modules.and_then(|m| m.get("mod")) {
                words.push(format!("-mod={}", shown(mode)));
            }
            // Another program in the place of the Go command is what -toolexec is.
            let tool = either("tool").or_else(|| either("gobinary")).map(shown);
            words.extend(tool.filter(|tool| !is_go(tool)).map(|tool| format!("-toolexec={tool}")));
            words.extend(flags(either("flags")));
            for (key, flag) in [("ldflags", "-ldflags"), ("tags", "-tags"), ("buildmode", "-buildmode")] {
                let values = list(either(key));
                if !values.is_empty() {
                    words.push(format!("{flag}={}", values.join(" ")));
                }
            }
            // From the root: a folder that another command makes is none of the tree.
            let main = build.get("main").map_or_else(|| ".".to_owned(), shown);
            words.push(match build.get("dir").and_then(Json::as_str) {
                Some(folder) => format!("./{}", normal(&format!("{folder}/{main}"))),
                None => main,
            });
            let mut env = global.clone();
            env.extend(pairs(build.get("env")));
            if !std::ptr::eq(own, build) {
                env.extend(pairs(own.get("env")));
                let platform = [("goos", "GOOS"), ("goarch", "GOARCH")];
                let of = |(key, name): (&str, &str)| own.get(key).map(|v| Variable::new(1, name, &shown(v)));
                env.extend(platform.into_iter().filter_map(of));
            }
            let mut steps = hooks.clone();
            steps.extend(scripts(text, build.get("hooks").and_then(|h| h.get("pre"))));
            let place = if std::ptr::eq(own, build) { build.get("main") } else { own.get("flags") };
            let line = place.map_or(1, |at| line_of(text, &list(Some(at)).join(" ")));
            steps.push(Step::Build { line, words, env });
            all.push(Scope::new("build", steps));
        }
    }
    Ok(all)
}

/// The Go command, of any version.
fn is_go(tool: &str) -> bool {
    let name = tool.rsplit('/').next().unwrap_or(tool);
    name.strip_prefix("go").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}
