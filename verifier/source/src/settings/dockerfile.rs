//! Dockerfiles: one scope per stage, what it is built from first (Dockerfile reference: FROM, ARG, ENV, WORKDIR, RUN, SHELL).

use super::model::{Scope, Step};

/// The stages. `ENV` of a stage holds for the stages that begin from it.
pub(super) fn scopes(text: &str) -> Vec<Scope> {
    let mut stages: Vec<Scope> = Vec::new();
    let mut before: Vec<Step> = Vec::new();
    for (line, instruction, rest) in instructions(text) {
        match instruction.as_str() {
            "FROM" => {
                let words: Vec<&str> = rest.split_whitespace().filter(|w| !w.starts_with("--")).collect();
                let base = words.first().copied().unwrap_or_default();
                let name = words.iter().position(|w| w.eq_ignore_ascii_case("as")).and_then(|at| words.get(at + 1));
                let parent = stages.iter().find(|s| s.name.eq_ignore_ascii_case(base));
                let inherited = parent.map_or_else(|| before.clone(), |p| environment(&p.steps));
                stages.push(Scope::new(name.copied().unwrap_or(""), inherited));
            }
            _ => match stages.last_mut() {
                Some(stage) => stage.steps.extend(step(line, &instruction, &rest)),
                None if instruction == "ARG" => before.extend(step(line, &instruction, &rest)),
                None => {}
            },
        }
    }
    stages
}

fn environment(steps: &[Step]) -> Vec<Step> {
    steps.iter().filter(|s| matches!(s, Step::Env { .. } | Step::Folder { .. })).cloned().collect()
}

fn step(line: u32, instruction: &str, rest: &str) -> Vec<Step> {
    match instruction {
        "ENV" | "ARG" => pairs(rest).into_iter().map(|(name, value)| Step::Env { line, name, value }).collect(),
        "WORKDIR" => vec![Step::Folder { path: rest.trim().into() }],
        "RUN" => vec![Step::Run { line, script: script(rest) }],
        _ => vec![],
    }
}

/// `NAME=value NAME2="v 2"`, or the older `NAME value`.
fn pairs(rest: &str) -> Vec<(String, String)> {
    let words = super::shell::commands(rest).into_iter().next().map(|c| c.words).unwrap_or_default();
    if words.first().is_some_and(|first| !first.contains('=')) {
        let name = words.first().cloned().unwrap_or_default();
        let value = words.get(1..).map(|rest| rest.join(" ")).unwrap_or_default();
        return if value.is_empty() { vec![] } else { vec![(name, value)] };
    }
    words.iter().filter_map(|w| w.split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

/// The shell text of a RUN: options left out, the exec form joined into words.
fn script(rest: &str) -> String {
    let mut rest = rest.trim_start();
    while rest.starts_with("--") {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest).trim_start();
    }
    if !rest.starts_with('[') {
        return rest.into();
    }
    let inner = rest.trim_end().trim_start_matches('[').trim_end_matches(']');
    let words: Vec<String> = inner.split("\",").map(|w| w.trim().trim_matches('"').replace("\\\"", "\"")).collect();
    match words.as_slice() {
        // ["sh", "-c", "…"]: the last word is itself a script.
        [shell, flag, script] if shell.ends_with("sh") && flag == "-c" => script.clone(),
        words => words.iter().map(|w| format!("'{w}'")).collect::<Vec<_>>().join(" "),
    }
}

/// Instructions with their lines, continuation lines joined (by a line break where a here-document follows).
fn instructions(text: &str) -> Vec<(u32, String, String)> {
    let mut all: Vec<(u32, String, String)> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let Some((instruction, rest)) = trimmed.split_once(char::is_whitespace) else { continue };
        let mut rest = rest.to_owned();
        while rest.trim_end().ends_with('\\') {
            let Some((_, more)) = lines.next() else { break };
            // Comments between continued lines are no part of the instruction.
            if more.trim_start().starts_with('#') {
                continue;
            }
            rest.push('\n');
            rest.push_str(more);
        }
        if let Some(mark) = heredoc(&rest) {
            rest.clear();
            for (_, more) in lines.by_ref() {
                if more.trim() == mark {
                    break;
                }
                rest.push_str(more);
                rest.push('\n');
            }
        }
        all.push((number as u32 + 1, instruction.to_ascii_uppercase(), rest));
    }
    all
}

/// `RUN <<EOF`: the document is the script.
fn heredoc(rest: &str) -> Option<String> {
    let mark = rest.trim().strip_prefix("<<")?.trim_start_matches('-');
    let mark = mark.split_whitespace().next()?.trim_matches(['"', '\'']);
    Some(mark.to_owned())
}
