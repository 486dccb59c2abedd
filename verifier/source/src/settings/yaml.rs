//! Build files in YAML: workflow jobs, tasks and release builds as scopes.

use super::delivered::normal;
use super::model::{Scope, Step, Variable};
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
    Step::run(line_of(text, script), &expressions(script))
}

/// `${{ env.NAME }}` as the variable that it is.
fn expressions(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${{") {
        out.push_str(&rest[..at]);
        let Some(end) = rest[at..].find("}}").map(|e| at + e) else { break };
        let inner = rest[at + 3..end].trim();
        match inner.strip_prefix("env.").filter(|n| n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')) {
            Some(name) => out.push_str(&format!("${{{name}}}")),
            // Without blanks and quotes it stays one word.
            None => out.push_str(&format!("${{{{{}}}}}", inner.replace([' ', '\'', '"', '(', ')', '|', '&'], ""))),
        }
        rest = &rest[end + 2..];
    }
    out + rest
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
        let mut steps = top.clone();
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
    let before = |from: &Json| scripts(text, from.get("before_script"));
    let top = env(text, file.get("variables"));
    let mut all = Vec::new();
    for (name, job) in map(Some(&file)).into_iter().flatten().filter(|(name, _)| !NOT_JOBS.contains(&name.as_str())) {
        let mut steps = top.clone();
        steps.extend(env(text, job.get("variables")));
        let own = before(job);
        let mut scripts_of_job = if own.is_empty() { before(&file) } else { own };
        scripts_of_job.extend(scripts(text, job.get("script")));
        steps.extend(in_one_shell(scripts_of_job));
        all.push(Scope::new(name, steps));
    }
    Ok(all)
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
    let top = env(text, file.get("env"));
    let mut all = Vec::new();
    for (name, task) in map(file.get("tasks")).into_iter().flatten() {
        let mut steps = top.clone();
        steps.extend(env(text, task.get("env")));
        if let Some(folder) = task.get("dir").and_then(Json::as_str) {
            steps.push(Step::Folder { path: super::evaluate::below("", folder) });
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
    let pairs = |value: Option<&Json>| -> Vec<Variable> {
        let variable =
            |(name, value): (&str, &str)| Variable::new(line_of(text, &format!("{name}={value}")), name, value);
        list(value).iter().filter_map(|e| e.split_once('=')).map(variable).collect()
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
