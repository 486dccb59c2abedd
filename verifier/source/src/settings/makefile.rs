//! Makefiles: one scope per target, its prerequisites' recipes first (GNU make: rules, variables, export).

use super::model::{Scope, Step};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
struct Make {
    variables: BTreeMap<String, String>,
    exported: Vec<(u32, String)>,
    rules: BTreeMap<String, Rule>,
}

#[derive(Clone, Default)]
struct Rule {
    needs: Vec<String>,
    /// Target-specific variables and recipe lines.
    steps: Vec<Step>,
}

/// Deeper chains of prerequisites and variables are cut.
const DEPTH: u32 = 16;

pub(super) fn scopes(text: &str) -> Vec<Scope> {
    let make = Make::read(text);
    make.rules.keys().map(|target| make.scope(target)).collect()
}

impl Make {
    fn read(text: &str) -> Make {
        let mut make = Make::default();
        let mut targets: Vec<String> = Vec::new();
        for (number, line) in logical_lines(text) {
            if let Some(recipe) = line.strip_prefix('\t') {
                make.recipe(&targets, number, recipe);
                continue;
            }
            let line = line.split(" #").next().unwrap_or(&line).trim_end();
            if line.trim_start().starts_with('#') || line.trim().is_empty() {
                continue;
            }
            targets = make.line(number, line.trim_start()).unwrap_or(targets);
        }
        make
    }

    /// A line outside of recipes; gives the targets where it begins a rule.
    fn line(&mut self, number: u32, line: &str) -> Option<Vec<String>> {
        let (line, exported) = match line.strip_prefix("export ") {
            Some(rest) => (rest.trim_start(), true),
            None => (line.strip_prefix("override ").unwrap_or(line), false),
        };
        if let Some((name, value, adds)) = assignment(line) {
            let value = match (adds, self.variables.get(&name)) {
                (true, Some(old)) => format!("{old} {value}"),
                _ => value,
            };
            self.variables.insert(name.clone(), value);
            if exported {
                self.exported.push((number, name));
            }
            return None;
        }
        if exported {
            self.exported.extend(line.split_whitespace().map(|name| (number, name.to_owned())));
            return None;
        }
        let (targets, rest) = line.split_once(':')?;
        let targets: Vec<String> = targets.split_whitespace().map(str::to_owned).collect();
        let rest = rest.trim_start_matches(':');
        let (rest, recipe) = rest.split_once(';').map_or((rest, None), |(needs, recipe)| (needs, Some(recipe)));
        for target in &targets {
            let rule = self.rules.entry(target.clone()).or_default();
            let specific = rest.trim().strip_prefix("export ").unwrap_or(rest.trim());
            match assignment(specific) {
                Some((name, value, _)) => rule.steps.push(Step::Env { line: number, name, value }),
                None => rule.needs.extend(rest.split_whitespace().filter(|n| *n != "|").map(str::to_owned)),
            }
        }
        if let Some(recipe) = recipe {
            self.recipe(&targets, number, recipe);
        }
        Some(targets)
    }

    fn recipe(&mut self, targets: &[String], number: u32, recipe: &str) {
        let script = recipe.trim_start().trim_start_matches(['@', '-', '+']).to_owned();
        for target in targets {
            let step = Step::Run { line: number, script: script.clone() };
            self.rules.entry(target.clone()).or_default().steps.push(step);
        }
    }

    fn scope(&self, target: &str) -> Scope {
        let mut steps = Vec::new();
        for (line, name) in &self.exported {
            let value = self.variables.get(name).map(|v| self.expanded(v, DEPTH)).unwrap_or_default();
            steps.push(Step::Env { line: *line, name: name.clone(), value });
        }
        self.add(target, &mut steps, &mut BTreeSet::new(), DEPTH);
        Scope::new(target, steps)
    }

    fn add(&self, target: &str, steps: &mut Vec<Step>, seen: &mut BTreeSet<String>, depth: u32) {
        if depth == 0 || !seen.insert(target.to_owned()) {
            return;
        }
        let Some(rule) = self.rules.get(target) else { return };
        // Variables of the target hold for its prerequisites too (GNU make, target-specific values).
        let env = rule.steps.iter().filter(|s| matches!(s, Step::Env { .. })).cloned();
        steps.extend(env.map(|step| self.filled(step)));
        for need in &rule.needs {
            for need in self.expanded(need, DEPTH).split_whitespace() {
                self.add(need, steps, seen, depth - 1);
            }
        }
        let runs = rule.steps.iter().filter(|s| matches!(s, Step::Run { .. })).cloned();
        steps.extend(runs.map(|step| self.filled(step)));
    }

    fn filled(&self, step: Step) -> Step {
        match step {
            Step::Env { line, name, value } => Step::Env { line, name, value: self.expanded(&value, DEPTH) },
            Step::Run { line, script } => Step::Run { line, script: self.expanded(&script, DEPTH) },
            other => other,
        }
    }

    /// `$(NAME)` and `${NAME}` by their values; what is not known stays as it is written, `$$` is the shell's dollar.
    fn expanded(&self, text: &str, depth: u32) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let close = match rest.as_bytes().first() {
                Some(b'(') => ')',
                Some(b'{') => '}',
                Some(b'$') => {
                    out.push('$');
                    rest = &rest[1..];
                    continue;
                }
                _ => {
                    out.push('$');
                    continue;
                }
            };
            let Some(end) = rest.find(close) else {
                out.push('$');
                continue;
            };
            let name = &rest[1..end];
            match self.variables.get(name).filter(|_| depth > 0) {
                Some(value) => out.push_str(&self.expanded(value, depth - 1)),
                // The usual name of the Go command in makefiles, where the file gives it no value.
                None if name == "GO" => out.push_str("go"),
                None => out.push_str(&format!("${{{name}}}")),
            }
            rest = &rest[end + 1..];
        }
        out + rest
    }
}

/// Lines with continuations joined; a recipe keeps its tab.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut all: Vec<(u32, String)> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let mut whole = line.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            let Some((_, more)) = lines.next() else { break };
            whole.push(' ');
            whole.push_str(more.trim_start());
        }
        all.push((number as u32 + 1, whole));
    }
    all
}

/// `NAME = value`, `:=`, `::=`, `?=`, `+=`; the last one adds.
fn assignment(line: &str) -> Option<(String, String, bool)> {
    let (left, value) = line.split_once('=')?;
    let adds = left.ends_with('+');
    let name = left.trim_end_matches(['+', '?', ':', '!']).trim();
    let sound = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    sound.then(|| (name.to_owned(), value.trim().to_owned(), adds))
}
