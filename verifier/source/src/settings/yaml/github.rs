//! Workflows and composite actions of GitHub: each job a scope.

use super::super::delivered::normal;
use super::super::model::{Scope, Step, Variable};
use super::super::shell::quoted;
use super::needs::with_needs;
use super::{env, line_of, map, parse, run, scripts, shown, variables};
use serde_json::Value as Json;

pub(in super::super) fn github(text: &str) -> Result<Vec<Scope>, String> {
    let file = parse(text)?;
    let folder_of = |from: &Json| {
        from.get("defaults")
            .and_then(|d| d.get("run")?.get("working-directory"))
            .and_then(Json::as_str)
            .map(str::to_owned)
    };
    let mut top = inputs(text, &file);
    top.extend(env(text, file.get("env")));
    let shell_of = |from: &Json| from.get("defaults").and_then(|d| d.get("run")?.get("shell")).map(shown);
    let mut all = Vec::new();
    let jobs = map(file.get("jobs"));
    for (name, job) in jobs.into_iter().flatten() {
        let (job, giving) = jobs.map(|jobs| with_needs(jobs, job)).unwrap_or_default();
        let job = &job;
        let mut steps = matrix(text, job);
        steps.extend(top.iter().cloned());
        let usual = folder_of(job).or_else(|| folder_of(&file));
        let shell = shell_of(job).or_else(|| shell_of(&file)).unwrap_or_default();
        // What other jobs give is there before the variables of this one.
        steps.extend(action_steps(text, Some(&Json::Array(giving)), usual.as_deref(), &shell));
        let container = job.get("container");
        steps.extend(env(text, container.and_then(|c| c.get("env"))));
        steps.extend(options(text, &container.and_then(|c| c.get("options")).map(shown).unwrap_or_default()));
        steps.extend(env(text, job.get("env")));
        if let Some(path) = job.get("uses").and_then(Json::as_str).and_then(|uses| uses.strip_prefix("./")) {
            let words = vec!["workflow".to_owned(), path.to_owned()];
            steps.push(Step::Tool { line: line_of(text, path), words, env: given(text, job) });
        }
        steps.extend(action_steps(text, job.get("steps"), usual.as_deref(), &shell));
        all.push(Scope::new(name, steps));
    }
    Ok(all)
}

/// A composite action: its steps as one scope.
pub(in super::super) fn action(text: &str) -> Result<Vec<Scope>, String> {
    let file = parse(text)?;
    let mut steps = inputs(text, &file);
    steps.extend(action_steps(text, file.get("runs").and_then(|r| r.get("steps")), None, ""));
    Ok(vec![Scope::new("action", steps)])
}

fn action_steps(text: &str, steps: Option<&Json>, usual: Option<&str>, usual_shell: &str) -> Vec<Step> {
    let mut all = Vec::new();
    for step in steps.and_then(Json::as_array).into_iter().flatten() {
        let own = variables(text, step.get("env"));
        let with = |name: &str| step.get("with").and_then(|w| w.get(name)).map(shown);
        let uses = step.get("uses").and_then(Json::as_str).unwrap_or_default();
        let line = line_of(text, uses);
        let tool = |words: Vec<String>| Step::Tool { line, words, env: own.clone() };
        if let Some(path) = with("path").filter(|_| uses.starts_with("actions/checkout")) {
            match with("repository").filter(|repository| !repository.contains("github.repository")) {
                Some(other) => {
                    let other =
                        format!("git clone https://github.com/{} {}", quoted(&expressions(&other)), quoted(&path));
                    all.push(Step::run(line, &other));
                }
                // The source is not at the root of the workspace.
                None => {
                    all.extend([Step::Folder { path: None }, Step::Copy { folder: normal(&path) }]);
                }
            }
        } else if let Some(path) = uses.strip_prefix("./") {
            let env = [own.clone(), given(text, step)].concat();
            all.push(Step::Tool { line, words: vec!["action".into(), path.into()], env });
        } else if uses.starts_with("goreleaser/goreleaser-action") {
            let mut words = vec!["goreleaser".to_owned()];
            words.extend(super::super::shell::words(&with("args").unwrap_or_default()));
            all.push(tool(words));
        } else if uses.starts_with("docker/build-push-action") {
            let mut words = vec!["docker".to_owned(), "build".into()];
            for argument in with("build-args").unwrap_or_default().lines() {
                words.push(format!("--build-arg={}", expressions(argument.trim())));
            }
            words.extend(with("file").map(|file| format!("--file={file}")));
            words.push(with("context").unwrap_or_else(|| ".".into()));
            all.push(tool(words));
        } else if let Some(script) = uses.starts_with("docker://").then(|| with("args")).flatten() {
            all.push(run_with(text, &script, &own));
        } else if !uses.is_empty() {
            // What another action is told to run, or to build with.
            all.extend(with("run").map(|script| run_with(text, &script, &own)));
            let told = map(step.get("with")).into_iter().flatten().map(|(_, value)| shown(value));
            all.extend(told.filter(|value| is_told(value)).map(|value| {
                let (line, script) = (line_of(text, &value), format!("may-build {}", quoted(&value)));
                Step::Run { line, script, env: own.clone(), folder: None, stale: false }
            }));
        }
        let id = step.get("id").and_then(Json::as_str).map(sound);
        let shell = step.get("shell").map_or_else(|| usual_shell.to_owned(), shown);
        let own = [own, of_shell(text, &shell)].concat();
        let folder = step.get("working-directory").and_then(Json::as_str).or(usual).map(normal);
        for made in scripts(text, step.get("run")) {
            all.push(match made {
                Step::Run { line, script, .. } => {
                    let script = match &id {
                        Some(id) => with_output(&script).replace("GITHUB_OUTPUT", &format!("GITHUB_OUTPUT_{id}__")),
                        None => script,
                    };
                    // Another language is not followed.
                    let script = match is_of_shell(&shell) {
                        true => script,
                        false if is_told(&script) => {
                            format!("may-build {}\n{script}", quoted(&script.replace('\n', " ")))
                        }
                        false => script,
                    };
                    Step::Run { line, script, env: own.clone(), folder: folder.clone(), stale: false }
                }
                other => other,
            });
        }
    }
    all
}

/// What a workflow or an action is given where nothing else is said; a call's own values go before it.
fn inputs(text: &str, file: &Json) -> Vec<Step> {
    let on = file.get("on").or_else(|| file.get("true"));
    let of_workflow = ["workflow_call", "workflow_dispatch"].iter().filter_map(|event| on?.get(event)?.get("inputs"));
    let all = of_workflow.chain(file.get("inputs")).filter_map(Json::as_object).flatten();
    let step = |(name, input): (&String, &Json)| {
        let value = shown(input.get("default")?);
        let name = format!("INPUT_{}", sound(name));
        Some(Step::env(line_of(text, &value), &name, &format!("${{{name}:-{}}}", expressions(&value))))
    };
    all.filter_map(step).collect()
}

/// `with:` of a call, as the inputs of what is called.
fn given(text: &str, call: &Json) -> Vec<Variable> {
    let all = variables(text, call.get("with"));
    all.into_iter().map(|v| Variable { name: format!("INPUT_{}", sound(&v.name)), ..v }).collect()
}

fn run_with(text: &str, script: &str, own: &[Variable]) -> Step {
    let folder = None;
    match run(text, script) {
        Step::Run { line, script, .. } => Step::Run { line, script, env: own.to_vec(), folder, stale: false },
        other => other,
    }
}

/// `-e NAME=value` among the options of a job's container.
fn options(text: &str, options: &str) -> Vec<Step> {
    let words = super::super::shell::words(options);
    let named = |(at, word): (usize, &String)| match word.strip_prefix("--env=").or_else(|| word.strip_prefix("-e=")) {
        Some(pair) => Some(pair.to_owned()),
        None => matches!(word.as_str(), "-e" | "--env").then(|| words.get(at + 1).cloned()).flatten(),
    };
    let pairs: Vec<String> = words.iter().enumerate().filter_map(named).collect();
    let step = |(name, value): (&str, &str)| Step::env(line_of(text, value), name, value);
    pairs.iter().filter_map(|pair| pair.split_once('=')).map(step).collect()
}

/// Assignments before the shell that a step is run by.
fn of_shell(text: &str, shell: &str) -> Vec<Variable> {
    let words = shell.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
    let pairs = words.filter(|word| !word.starts_with('-')).filter_map(|word| word.split_once('='));
    pairs.map(|(name, value)| Variable::new(line_of(text, shell), name, value)).collect()
}

/// `echo "::set-output name=NAME::value"`, as outputs were given before there was a file for them.
fn with_output(script: &str) -> String {
    const OLD: &str = "::set-output name=";
    if !script.contains(OLD) {
        return script.to_owned();
    }
    let line = |line: &str| match line.split_once(OLD).and_then(|(before, rest)| Some((before, rest.split_once("::")?)))
    {
        Some((before, (name, value))) => format!("{before}{name}={value} >> $GITHUB_OUTPUT"),
        None => line.to_owned(),
    };
    script.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn is_of_shell(shell: &str) -> bool {
    shell.is_empty()
        || shell.split_whitespace().any(|w| matches!(w.rsplit('/').next(), Some("sh" | "bash" | "zsh" | "dash")))
}

/// Whether a text names a setting that puts something else in the place of what was delivered.
fn is_told(text: &str) -> bool {
    ["-overlay", "-modfile", "-toolexec", "-mod=mod", "GOFLAGS"].iter().any(|word| text.contains(word))
}

/// `${{ env.NAME }}` as the variable that it is.
pub(super) fn expressions(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${{") {
        out.push_str(&rest[..at]);
        let Some(end) = rest[at..].find("}}").map(|e| at + e) else { break };
        let inner = rest[at + 3..end].trim();
        match named(inner).map(|name| format!("${{{name}}}")).or_else(|| flags_in(inner)) {
            Some(text) => out.push_str(&text),
            // Without blanks and quotes it stays one word.
            None => out.push_str(&format!("${{{{{}}}}}", inner.replace([' ', '\'', '"', '(', ')', '|', '&'], ""))),
        }
        rest = &rest[end + 2..];
    }
    out + rest
}

/// The variable that an expression names by itself.
fn named(expression: &str) -> Option<String> {
    let plain = expression.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let (of, name) = expression.split_once('.').filter(|_| plain)?;
    match (of, name.split('.').collect::<Vec<_>>().as_slice()) {
        ("env", [name]) => Some((*name).to_owned()),
        ("github", ["workspace"]) => Some("GITHUB_WORKSPACE".to_owned()),
        ("matrix", _) => Some(of_matrix(name)),
        ("inputs", [name]) => Some(format!("INPUT_{}", sound(name))),
        ("steps", [id, "outputs", name]) => Some(format!("STEP_{}_{}", sound(id), sound(name))),
        _ => None,
    }
}

/// What an expression gives where it chooses flags (`x && '-a' || '-b'`): any of them; one that it puts together nobody reads here.
fn flags_in(expression: &str) -> Option<String> {
    let mut given = Vec::new();
    let mut before = String::new();
    for (at, part) in expression.split('\'').enumerate() {
        if at % 2 == 1 && part.starts_with('-') {
            match before.trim_end() {
                "" => given.push(part),
                chosen if chosen.ends_with("&&") || chosen.ends_with("||") => given.push(part),
                made if made.ends_with("format(") => return Some("$(unread expression)".to_owned()),
                _ => {}
            }
        }
        before.push_str(part);
    }
    let whole = !given.is_empty() && given.iter().all(|text| !text.contains(['}', '$']));
    whole.then(|| format!("${{EXPRESSION:-{}}}", given.join(" ")))
}

/// A name as a variable may have it.
fn sound(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// The variable that stands for a value of the job's matrix.
fn of_matrix(name: &str) -> String {
    format!("MATRIX_{}", sound(name))
}

/// The values of a job's matrix: any of them may come.
fn matrix(text: &str, job: &Json) -> Vec<Step> {
    let written = job.get("strategy").and_then(|s| s.get("matrix"));
    // `${{ fromJSON('…') }}`
    let literal = written.and_then(Json::as_str).and_then(|text| text.split_once('\'')?.1.rsplit_once('\''));
    let literal: Option<Json> = literal.and_then(|(text, _)| serde_json::from_str(text).ok());
    let Some(matrix) = literal.as_ref().or(written).and_then(Json::as_object) else {
        return vec![];
    };
    let list = |value: &Json| value.as_array().cloned().unwrap_or_default();
    let own = matrix.iter().filter(|(name, _)| !matches!(name.as_str(), "include" | "exclude"));
    let mut all: Vec<(String, Json)> =
        own.flat_map(|(name, values)| list(values).into_iter().map(move |value| (name.clone(), value))).collect();
    for one in list(matrix.get("include").unwrap_or(&Json::Null)) {
        all.extend(one.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
    }
    // `matrix.go.flags` is a field of a value.
    let flat = |(name, value): (String, Json)| match value {
        Json::Object(fields) => fields.into_iter().map(|(field, value)| (format!("{name}.{field}"), value)).collect(),
        value => vec![(name, value)],
    };
    let all: Vec<(String, Json)> = all.into_iter().flat_map(flat).collect();
    let step = |(name, value): (String, Json)| {
        let value = shown(&value);
        let variable = Variable::new(line_of(text, &value), &of_matrix(&name), &value);
        Step::Env { variable, possible: true }
    };
    all.into_iter().filter(|(_, value)| !value.is_object() && !value.is_array()).map(step).collect()
}
