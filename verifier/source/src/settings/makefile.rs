//! Makefiles: every target a scope, with its prerequisites before it, and the variables put in (GNU make, chapters 3 to 10).

use super::library::folder;
use super::make_text::{arguments, commands, logical_lines, matching, put_in};
use super::model::{Scope, Step, Variable};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Gives the path and the text of a file that is included.
pub(super) type Include<'i> = dyn Fn(&str) -> Option<(String, Rc<str>)> + 'i;

#[derive(Default)]
pub(super) struct Make {
    /// Everything that each variable may hold, with the line; the last assignment outside of a condition decides.
    pub variables: BTreeMap<String, Vec<(u32, String)>>,
    /// Set on the command line: the file does not change them.
    given: BTreeSet<String>,
    exported: Vec<(u32, String)>,
    all_exported: bool,
    one_shell: bool,
    phony: BTreeSet<String>,
    rules: BTreeMap<String, Rule>,
    first: Option<String>,
    conditions: u32,
    /// A variable of several lines that is being read.
    defining: Option<(u32, String, Vec<String>)>,
    /// Commands that make runs while it reads the file.
    at_reading: Vec<(u32, String)>,
    /// Variables that are being put in: one that holds itself ends there.
    pub inside: RefCell<Vec<String>>,
    /// How many were put in for the text at hand.
    pub spent: Cell<u32>,
    /// Files that were included, and those that are being read.
    included: Vec<String>,
    reading: Vec<String>,
    /// How many texts were evaluated: those that evaluate one another have no end.
    evaluated: Cell<u32>,
}

#[derive(Clone, Default)]
struct Rule {
    needs: Vec<String>,
    /// Target-specific variables and recipe lines.
    steps: Vec<Step>,
}

/// Deeper chains of prerequisites, variables and inclusions are cut.
pub(super) const DEPTH: u32 = 16;
/// No line that a person wrote takes more.
pub(super) const MOST: u32 = 2_000;
pub(super) const LONGEST: usize = 8 << 10;
const MOST_FILES: usize = 500;
/// Variables that make itself holds.
pub(super) const OWN: &[(&str, &str)] =
    &[("GO", "go"), ("MAKE", "make"), ("SHELL", "/bin/sh"), ("CURDIR", "."), ("PWD", ".")];

/// Every target, as if it were asked for.
pub(super) fn scopes(text: &str, path: &str, include: &Include<'_>, paths: &BTreeSet<String>) -> Vec<Scope> {
    let make = Make::read(text, &BTreeMap::new(), include);
    make.rules.keys().map(|target| make.scope(target, path, paths)).collect()
}

/// The targets that a call asks for; without one, the first.
pub(super) fn called(
    text: &str,
    path: &str,
    given: &BTreeMap<String, String>,
    include: &Include<'_>,
    targets: &[String],
    paths: &BTreeSet<String>,
) -> Vec<Scope> {
    let make = Make::read(text, given, include);
    let goal = make.variables.get(".DEFAULT_GOAL").and_then(|v| v.last()).map(|(_, v)| v.clone());
    let first: Vec<String> = goal.or_else(|| make.first.clone()).into_iter().collect();
    let targets = if targets.is_empty() { &first } else { targets };
    // A target whose name a variable makes may be any; one that is not known is one of a pattern rule.
    let all = targets.iter().any(|t| t.contains('$'));
    let by_pattern = |rule: &str| targets.iter().any(|t| !make.rules.contains_key(t) && fits(rule, t));
    make.rules
        .keys()
        .filter(|rule| all || targets.contains(rule) || by_pattern(rule))
        .map(|t| make.scope(t, path, paths))
        .collect()
}

impl Make {
    fn read(text: &str, given: &BTreeMap<String, String>, include: &Include<'_>) -> Make {
        let mut make = Make { given: given.keys().cloned().collect(), ..Make::default() };
        for (name, value) in given {
            make.variables.insert(name.clone(), vec![(0, value.clone())]);
        }
        make.file(text, None, include, DEPTH);
        make
    }

    /// `at` is the line that includes the text, where one does.
    fn file(&mut self, text: &str, at: Option<u32>, include: &Include<'_>, depth: u32) {
        let mut targets: Vec<String> = Vec::new();
        for (number, line) in logical_lines(text) {
            let number = at.unwrap_or(number);
            let word = line.split_whitespace().next().unwrap_or_default();
            if self.define(number, word, &line) {
                continue;
            }
            if let Some(recipe) = line.strip_prefix('\t').filter(|_| !targets.is_empty()) {
                self.recipe(&targets, number, recipe);
                continue;
            }
            let line = line.split(" #").next().unwrap_or(&line).trim();
            match word {
                _ if line.starts_with('#') || line.is_empty() => {}
                "ifdef" | "ifndef" | "ifeq" | "ifneq" => self.conditions += 1,
                "endif" => self.conditions = self.conditions.saturating_sub(1),
                "else" | "undefine" | "vpath" => {}
                "include" | "-include" | "sinclude" => {
                    let names =
                        self.expanded(line.split_once(char::is_whitespace).map_or("", |(_, names)| names), DEPTH);
                    for name in names.split_whitespace().filter(|_| depth > 0) {
                        let Some((path, text)) = include(name) else { continue };
                        // Make reads a file again that includes itself, to no end.
                        if self.included.len() < MOST_FILES && !self.reading.contains(&path) {
                            self.included.push(path.clone());
                            self.reading.push(path);
                            self.file(&text, Some(number), include, depth - 1);
                            self.reading.pop();
                        }
                    }
                }
                _ => match self.evaluated(line) {
                    Some(text) if depth > 0 => self.file(&text, Some(number), include, depth - 1),
                    _ => targets = self.line(number, line).unwrap_or(targets),
                },
            }
        }
    }

    /// The lines that `$(eval …)` makes, by itself or for each of some words.
    fn evaluated(&self, line: &str) -> Option<String> {
        if !line.starts_with("$(") || self.evaluated.replace(self.evaluated.get() + 1) >= MOST {
            return None;
        }
        let inner = line.strip_prefix("$(").filter(|_| matching(&line[1..], '(', ')') == Some(line.len() - 2))?;
        let inner = &inner[..inner.len() - 1];
        match inner.split_once(char::is_whitespace)? {
            ("eval", text) => Some(self.expanded(text, DEPTH)),
            ("foreach", rest) => {
                let parts = arguments(rest);
                let [variable, words, body] = parts.as_slice() else { return None };
                let words = self.expanded(words, DEPTH);
                let turn = |word: &str| self.evaluated(put_in(body, variable.trim(), word).trim());
                let turns: Option<Vec<String>> = words.split_whitespace().map(turn).collect();
                turns.map(|turns| turns.join("\n"))
            }
            _ => None,
        }
    }

    /// `define NAME … endef`: whether the line is of one.
    fn define(&mut self, number: u32, word: &str, line: &str) -> bool {
        match (word, &mut self.defining) {
            ("define", None) => {
                let name =
                    line.trim_start().trim_start_matches("define").trim().trim_end_matches(['=', ':', '+', '?', ' ']);
                self.defining = Some((number, name.to_owned(), Vec::new()));
            }
            ("endef", _) => {
                if let Some((number, name, lines)) = self.defining.take() {
                    self.assign(number, &name, lines.join("\n"), How::Set);
                }
            }
            (_, Some((_, _, lines))) => lines.push(line.to_owned()),
            (_, None) => return false,
        }
        true
    }

    /// Notes what make runs at once: `$(shell …)` outside of recipes, and `NAME != …`.
    fn run_at_reading(&mut self, number: u32, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find("$(shell ") {
            let Some(end) = matching(&rest[at + 1..], '(', ')') else { break };
            let script = rest[at + 8..at + 1 + end].to_owned();
            if sets(&script) {
                self.at_reading.push((number, self.expanded(&script, DEPTH)));
            }
            rest = &rest[at + 1 + end..];
        }
    }

    /// A line outside of recipes; gives the targets where it begins a rule.
    fn line(&mut self, number: u32, line: &str) -> Option<Vec<String>> {
        let (mut line, mut exported) = (line, false);
        loop {
            match line.split_once(char::is_whitespace) {
                Some(("export", rest)) => (line, exported) = (rest.trim_start(), true),
                Some(("override" | "private", rest)) => line = rest.trim_start(),
                _ => break,
            }
        }
        if line == "export" {
            self.all_exported = true;
            return None;
        }
        let filled = line
            .starts_with('$')
            .then(|| named_by_variable(line))
            .flatten()
            .map(|(name, rest)| format!("{}{rest}", self.expanded(name, DEPTH)));
        let line = filled.as_deref().unwrap_or(line);
        if let Some((name, value, how)) = assignment(line) {
            match how {
                How::Now => self.run_at_reading(number, &value),
                How::Shell if sets(&value) => self.at_reading.push((number, self.expanded(&value, DEPTH))),
                _ => {}
            }
            self.assign(number, &name, value, how);
            if exported {
                self.exported.push((number, name));
            }
            return None;
        }
        if exported {
            self.exported.extend(line.split_whitespace().map(|name| (number, name.to_owned())));
            return None;
        }
        if line.starts_with("$(shell ") {
            self.run_at_reading(number, line);
            return None;
        }
        let (targets, rest) = line.split_once(':')?;
        let targets = self.expanded(targets, DEPTH);
        let targets: Vec<String> = targets.split_whitespace().map(str::to_owned).collect();
        let rest = rest.trim_start_matches(':');
        let (rest, recipe) = rest.split_once(';').map_or((rest, None), |(needs, recipe)| (needs, Some(recipe)));
        for target in &targets {
            match target.as_str() {
                ".EXPORT_ALL_VARIABLES" => self.all_exported = true,
                ".ONESHELL" => self.one_shell = true,
                ".PHONY" => self.phony.extend(rest.split_whitespace().map(str::to_owned)),
                _ if self.first.is_none() && !target.starts_with('.') && !target.contains('%') => {
                    self.first = Some(target.clone());
                }
                _ => {}
            }
            let rule = self.rules.entry(target.clone()).or_default();
            let specific = rest.trim().strip_prefix("export ").unwrap_or(rest.trim());
            match assignment(specific) {
                Some((name, value, _)) => {
                    rule.steps.push(Step::Env { variable: Variable::new(number, &name, &value), possible: false });
                }
                None => rule.needs.extend(rest.split_whitespace().filter(|n| *n != "|").map(str::to_owned)),
            }
        }
        if let Some(recipe) = recipe {
            self.recipe(&targets, number, recipe);
        }
        Some(targets)
    }

    fn assign(&mut self, number: u32, name: &str, value: String, how: How) {
        if self.given.contains(name) {
            return;
        }
        let value = match how {
            How::Now => self.expanded(&value, DEPTH),
            How::Shell => format!("$(shell {value})"),
            How::Set | How::Weak | How::Add => value,
        };
        let held = self.variables.entry(name.to_owned()).or_default();
        let before = held.last().map(|(_, v)| v.clone());
        let value = match (how, before) {
            (How::Weak, Some(_)) => return,
            // The environment goes before it.
            (How::Weak, None) if !value.contains(['}', ')']) => format!("${{{name}:-{value}}}"),
            (How::Add, Some(before)) => format!("{before} {value}"),
            _ => value,
        };
        if self.conditions == 0 {
            held.clear();
        }
        held.push((number, value));
    }

    fn recipe(&mut self, targets: &[String], number: u32, recipe: &str) {
        let script = recipe.trim_start().trim_start_matches(['@', '-', '+']).to_owned();
        for target in targets {
            let steps = &mut self.rules.entry(target.clone()).or_default().steps;
            match steps.last_mut() {
                Some(Step::Run { script: before, .. }) if self.one_shell => {
                    before.push('\n');
                    before.push_str(&script);
                }
                _ => steps.push(Step::run(number, &script)),
            }
        }
    }

    fn scope(&self, target: &str, path: &str, paths: &BTreeSet<String>) -> Scope {
        let mut steps: Vec<Step> = self.at_reading.iter().map(|(line, script)| Step::run(*line, script)).collect();
        let of_all = self.variables.keys().filter(|_| self.all_exported).map(|name| (0, name.clone()));
        for (line, name) in self.exported.iter().cloned().chain(of_all) {
            for (at, (own, value)) in self.variables.get(&name).into_iter().flatten().enumerate() {
                let variable = Variable::new(if line == 0 { *own } else { line }, &name, &self.expanded(value, DEPTH));
                steps.push(Step::Env { variable, possible: at > 0 });
            }
        }
        let stale = |name: &str| {
            let file = super::delivered::normal(&format!("{}/{name}", folder(path)));
            name != target && !self.phony.contains(name) && paths.contains(&file)
        };
        self.add(target, &mut steps, &mut BTreeSet::new(), DEPTH, &stale);
        Scope::new(target, steps)
    }

    fn add(
        &self,
        target: &str,
        steps: &mut Vec<Step>,
        seen: &mut BTreeSet<String>,
        depth: u32,
        is_stale: &dyn Fn(&str) -> bool,
    ) {
        if depth == 0 || !seen.insert(target.to_owned()) {
            return;
        }
        let Some(rule) = self.rules.get(target) else { return };
        // Variables of the target hold for its prerequisites too (GNU make, target-specific values).
        let env = rule.steps.iter().filter(|s| matches!(s, Step::Env { .. })).cloned();
        steps.extend(env.map(|step| self.filled(step, target, false)));
        for need in &rule.needs {
            for need in self.expanded(need, DEPTH).split_whitespace() {
                self.add(need, steps, seen, depth - 1, is_stale);
            }
        }
        // A rule for a file that was delivered runs only where another file is newer.
        let stale = is_stale(target);
        let runs = rule.steps.iter().filter(|s| matches!(s, Step::Run { .. })).cloned();
        steps.extend(runs.map(|step| self.filled(step, target, stale)));
    }

    fn filled(&self, step: Step, target: &str, stale: bool) -> Step {
        match step {
            Step::Env { variable, possible } => {
                let value = variable.value.map(|v| self.expanded(&v, DEPTH));
                Step::Env { variable: Variable { value, ..variable }, possible }
            }
            Step::Run { line, script, env, folder, .. } => {
                let script = commands(&self.expanded(&script.replace("$@", target), DEPTH));
                Step::Run { line, script, env, folder, stale }
            }
            other => other,
        }
    }
}

/// Whether a target is one of a pattern rule (GNU make, 10.5.4).
fn fits(rule: &str, target: &str) -> bool {
    rule.split_once('%').is_some_and(|(before, after)| {
        target.len() > before.len() + after.len() && target.starts_with(before) && target.ends_with(after)
    })
}

#[derive(Clone, Copy, PartialEq)]
enum How {
    Set,
    /// `:=`: what it holds is put in where it stands.
    Now,
    /// `!=`: what a command prints.
    Shell,
    /// `?=`: where nothing else did.
    Weak,
    Add,
}

/// `NAME = value`, `:=`, `::=`, `?=`, `+=`.
fn assignment(line: &str) -> Option<(String, String, How)> {
    let (left, value) = line.split_once('=')?;
    let how = match left.chars().last() {
        Some('+') => How::Add,
        Some('?') => How::Weak,
        Some(':') => How::Now,
        Some('!') => How::Shell,
        _ => How::Set,
    };
    let name = left.trim_end_matches(['+', '?', ':', '!']).trim();
    let sound = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    sound.then(|| (name.to_owned(), value.trim().to_owned(), how))
}

/// `$(NAME) = value`: the name of the variable, and the rest of the line.
fn named_by_variable(line: &str) -> Option<(&str, &str)> {
    let end = matching(&line[1..], '(', ')')? + 2;
    let rest = line.get(end..)?;
    let is_assignment = rest.trim_start().trim_start_matches([':', '+', '?', '!']).starts_with('=');
    is_assignment.then(|| (&line[..end], rest))
}

/// Whether a command may set something, rather than print it.
fn sets(script: &str) -> bool {
    ["go env -w", "go mod", "go get", "go work", "sed ", "patch", "git apply", ">", "cp ", "mv ", "curl ", "wget "]
        .iter()
        .any(|word| script.contains(word))
}
