//! Makefiles, as they are read: variables, rules, and what they take in (GNU make, chapters 3 to 6). What becomes of a target is
//! told by `make_rules`.

use super::expand::parts;
use super::library::Library;
use super::make_define::Defining;
use super::make_rules::{Own, Recipe, Rule, fits};
use super::make_text::{
    arguments, assignment, is_special, logical_lines, matching, may_become, named_by_variable, put_in, without_comment,
};
use super::make_tree::Tree;
use super::make_values::Lasting;
use super::model::{Scope, Step};
use super::state::hasher;
use crate::hashed::HashMap;
use assize_facts::{Reason, reason};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::rc::Rc;

pub(super) struct Make<'l> {
    pub tree: Tree<'l>,
    /// Everything that each variable may hold, with the line; the last assignment outside of a condition decides.
    pub variables: BTreeMap<String, Vec<(u32, String)>>,
    /// Set on the command line: the file does not change them.
    given: BTreeSet<String>,
    pub exported: Vec<(u32, String)>,
    pub all_exported: bool,
    pub one_shell: bool,
    pub phony: BTreeSet<String>,
    pub rules: BTreeMap<String, Rule>,
    /// Rules of patterns among them.
    pub patterns: Vec<String>,
    first: Option<String>,
    conditions: u32,
    /// The lines of the conditions that are open.
    guards: Vec<String>,
    /// A variable of several lines that is being read.
    pub defining: Option<Defining>,
    /// Commands that make runs while it reads the file.
    pub at_reading: Vec<(u32, String)>,
    /// What was not read of it, whatever target is made.
    pub unread: Vec<(u32, Reason)>,
    /// Variables that are being put in: one that holds itself ends there.
    pub inside: RefCell<Vec<String>>,
    /// Variables of the target that is being made, its own names among them.
    pub specific: RefCell<BTreeMap<String, Vec<String>>>,
    /// How many were put in for the text at hand.
    pub spent: Cell<u32>,
    /// What references become wherever they stand, once the files are read.
    pub lasting: Lasting,
    /// Files that were included, by the names that make has for them, and those that are being read.
    included: Vec<String>,
    reading: Vec<String>,
    /// Files that need not be there, which a rule may make.
    optional: Vec<(u32, String)>,
    pub made_at_reading: Vec<String>,
    /// Patterns whose rules are being followed.
    pub in_use: RefCell<Vec<String>>,
    /// What recipes become that hang on no variable of a target.
    pub recipes: RefCell<HashMap<Recipe, Rc<Vec<Step>>>>,
    /// Which of several values stands in the text at hand: of the ways to put them together, by number.
    pub way: Cell<Option<usize>>,
    /// Variables of several values in it, and how many.
    pub several: RefCell<Vec<(String, usize)>>,
    /// How many texts were evaluated: those that evaluate one another have no end.
    evaluated: Cell<u32>,
}

/// Deeper chains of variables and inclusions are cut.
pub(super) const DEPTH: u32 = 16;
/// No line that a person wrote takes more.
pub(super) const MOST: u32 = 2_000;
pub(super) const LONGEST: usize = 8 << 10;
const MOST_FILES: usize = 500;
/// Variables that make itself holds.
pub(super) const OWN: &[(&str, &str)] =
    &[("GO", "go"), ("MAKE", "make"), ("SHELL", "/bin/sh"), ("CURDIR", "."), ("PWD", ".")];

/// Makefiles that were read: a tree's files call the same ones again and again.
#[derive(Default)]
pub(super) struct Makes<'l>(RefCell<HashMap<Read, Rc<Make<'l>>>>);

/// A makefile's path, its text as a hash that nobody outside of this run can aim at, and what the command line sets.
type Read = (String, u64, BTreeMap<String, String>);

impl<'l> Makes<'l> {
    pub fn of(
        &self,
        text: &str,
        path: &str,
        given: &BTreeMap<String, String>,
        library: &'l Library<'l>,
    ) -> Rc<Make<'l>> {
        // More are not kept: those that are called with other variables each time are called once.
        const MOST: usize = 64;
        let key = (path.to_owned(), hasher().hash_one(text), given.clone());
        if let Some(make) = self.0.borrow().get(&key) {
            return make.clone();
        }
        let make = Rc::new(Make::read(text, given, Tree::new(library, path)));
        if self.0.borrow().len() < MOST {
            self.0.borrow_mut().insert(key, make.clone());
        }
        make
    }
}

impl Make<'_> {
    /// Every target, as if it were asked for.
    pub fn scopes(&self) -> Vec<Scope> {
        let targets = self.rules.keys().filter(|target| !is_special(target));
        targets.map_while(|target| self.tree.follow(1).then(|| self.scope(target))).collect()
    }

    /// The targets that a call asks for; without one, the first.
    pub fn called(&self, targets: &[String]) -> Vec<Scope> {
        let goal = self.variables.get(".DEFAULT_GOAL").and_then(|v| v.last()).map(|(_, v)| v.clone());
        let first: Vec<String> = goal.or_else(|| self.first.clone()).into_iter().collect();
        let targets = if targets.is_empty() { &first } else { targets };
        let known = targets.iter().filter(|target| !target.contains('$') && self.is_made(target));
        // One whose name a variable makes may be any that fits around it.
        let may_be = |target: &&String| targets.iter().any(|asked| asked.contains('$') && may_become(asked, target));
        let possible = self.rules.keys().filter(|target| !is_special(target)).filter(may_be);
        let all: BTreeSet<&String> = known.chain(possible).collect();
        all.into_iter().map_while(|target| self.tree.follow(1).then(|| self.scope(target))).collect()
    }
}

impl<'l> Make<'l> {
    fn read(text: &str, given: &BTreeMap<String, String>, tree: Tree<'l>) -> Make<'l> {
        let mut make = Make {
            tree,
            variables: given.iter().map(|(name, value)| (name.clone(), vec![(0, value.clone())])).collect(),
            given: given.keys().cloned().collect(),
            exported: vec![],
            all_exported: false,
            one_shell: false,
            phony: BTreeSet::new(),
            rules: BTreeMap::new(),
            patterns: vec![],
            first: None,
            conditions: 0,
            guards: vec![],
            defining: None,
            at_reading: vec![],
            unread: vec![],
            inside: RefCell::default(),
            specific: RefCell::default(),
            spent: Cell::new(0),
            lasting: Lasting::default(),
            included: vec![],
            reading: vec![],
            optional: vec![],
            made_at_reading: vec![],
            in_use: RefCell::default(),
            recipes: RefCell::default(),
            way: Cell::new(None),
            several: RefCell::default(),
            evaluated: Cell::new(0),
        };
        make.included.push(make.tree.own_name().to_owned());
        make.file(text, None, DEPTH);
        make.patterns = make.rules.keys().filter(|name| name.contains('%')).cloned().collect();
        for (line, name) in std::mem::take(&mut make.optional) {
            let by_pattern = || make.patterns.iter().any(|rule| rule != "%" && fits(rule, &name));
            let is_made = make.rules.contains_key(&name) || by_pattern();
            if is_made && !make.phony.contains(&name) {
                make.unread.push((line, reason!("included-file-not-read", path = name)));
            }
            make.made_at_reading.extend(is_made.then_some(name));
        }
        if let Some(Defining { line, name, .. }) = make.defining.take() {
            make.unread.push((line, reason!("more-than-is-followed", text = name)));
        }
        let of_targets = make.rules.values().flat_map(|rule| &rule.own).map(|own| own.name.clone());
        make.lasting = Lasting::apart_from(of_targets);
        make
    }

    /// `at` is the line that includes the text, where one does.
    fn file(&mut self, text: &str, at: Option<u32>, depth: u32) {
        let mut targets: Vec<String> = Vec::new();
        let mut prefix = self.recipe_prefix();
        for (number, line) in logical_lines(text, prefix) {
            let number = at.unwrap_or(number);
            let word = line.split_whitespace().next().unwrap_or_default();
            if self.define(number, &line) {
                continue;
            }
            if let Some(recipe) = line.strip_prefix(prefix).filter(|_| !targets.is_empty()) {
                self.recipe(&targets, number, recipe, depth);
                continue;
            }
            let line = without_comment(&line).trim();
            self.run_by_the_way(number, word, line);
            match word {
                _ if line.is_empty() => {}
                "ifdef" | "ifndef" | "ifeq" | "ifneq" => {
                    self.conditions += 1;
                    self.guards.push(line.to_owned());
                }
                "endif" => {
                    self.conditions = self.conditions.saturating_sub(1);
                    self.guards.pop();
                }
                "else" | "undefine" | "vpath" => {}
                // A program of its own that make takes in (GNU make, 12.2).
                "load" | "-load" => self.unread.push((number, reason!("included-file-not-read", path = line))),
                // With a dot as BSD make has it.
                "include" | "-include" | "sinclude" | ".include" | ".-include" | ".sinclude" => {
                    let names = line.split_once(char::is_whitespace).map_or("", |(_, names)| names);
                    let names = self.expanded(&names.replace(['"', '<', '>'], ""), DEPTH);
                    self.include(number, &names, !matches!(word, "include" | ".include"), depth);
                }
                _ => match self.evaluated(line) {
                    Some(text) => self.inner(number, &text, depth),
                    _ => targets = self.line(number, line, depth).unwrap_or(targets),
                },
            }
            prefix = self.recipe_prefix();
        }
    }

    /// What begins a recipe's line: a tab, unless the makefile says otherwise (GNU make, 6.14).
    fn recipe_prefix(&self) -> char {
        let own = self.variables.get(".RECIPEPREFIX").and_then(|all| all.last()?.1.chars().next());
        own.unwrap_or('\t')
    }

    fn inner(&mut self, number: u32, text: &str, depth: u32) {
        match depth {
            0 => self.unread.push((number, reason!("more-than-is-followed", text = "$(eval)"))),
            _ => self.file(text, Some(number), depth - 1),
        }
    }

    fn include(&mut self, number: u32, names: &str, optional: bool, depth: u32) {
        for name in parts(names) {
            // From the root, wherever the makefile is.
            let name = name.replacen("$(git rev-parse --show-toplevel)/", "/", 1);
            let all = match name.contains(['*', '?', '[']) && !name.contains('$') {
                true => self.tree.matching(&name),
                false => vec![name],
            };
            for name in all {
                self.include_one(number, name, optional, depth);
            }
        }
    }

    fn include_one(&mut self, number: u32, name: String, optional: bool, depth: u32) {
        let Some((path, text)) = self.tree.find(&name) else {
            // Files of the machine that builds are none of the delivery's.
            let is_of_machine = name.starts_with('/');
            // `ifneq ($(wildcard .env),)`: taken in where it is there, and it is not.
            let is_asked_for = |guard: &String| guard.contains("$(wildcard ") && guard.contains(&name);
            let optional = optional || self.guards.iter().any(is_asked_for);
            match optional && !name.contains("$(") {
                _ if is_of_machine => {}
                true => self.optional.push((number, name)),
                false => self.unread.push((number, reason!("included-file-not-read", path = name))),
            }
            return;
        };
        // Make reads a file again that includes itself, to no end.
        if self.reading.contains(&path) {
            return;
        }
        if self.included.len() >= MOST_FILES || depth == 0 {
            self.unread.push((number, reason!("included-file-not-read", path = name)));
            return;
        }
        self.included.push(name);
        self.reading.push(path);
        self.file(&text, Some(number), depth - 1);
        self.reading.pop();
    }

    /// `MAKEFILE_LIST`: the names of the files that were read so far (GNU make, 6.14).
    pub(super) fn files_read(&self) -> String {
        self.included.join(" ")
    }

    /// The lines that `$(eval …)` makes, by itself or for each of some words.
    fn evaluated(&mut self, line: &str) -> Option<String> {
        if !line.starts_with("$(") {
            return None;
        }
        let text = self.text_evaluated(line)?;
        // Too many are no text that anybody wrote.
        if self.evaluated.get() >= MOST {
            self.unread.push((0, reason!("more-than-is-followed", text = "$(eval)")));
            return Some(String::new());
        }
        Some(text)
    }

    fn text_evaluated(&self, line: &str) -> Option<String> {
        let inner = line.strip_prefix("$(").filter(|_| matching(&line[1..], '(', ')') == Some(line.len() - 2))?;
        let inner = &inner[..inner.len() - 1];
        let (function, rest) = inner.split_once(char::is_whitespace)?;
        if !matches!(function, "eval" | "foreach") {
            return None;
        }
        if self.evaluated.replace(self.evaluated.get() + 1) >= MOST {
            return Some(String::new());
        }
        match function {
            "eval" => Some(self.expanded(rest, DEPTH)),
            _ => {
                let parts = arguments(rest);
                let [variable, words, body] = parts.as_slice() else { return None };
                let words = self.expanded(words, DEPTH);
                let turn = |word: &str| self.text_evaluated(put_in(body, variable.trim(), word).trim());
                let turns: Option<Vec<String>> = words.split_whitespace().map(turn).collect();
                turns.map(|turns| turns.join("\n"))
            }
        }
    }

    /// Notes what make runs at once: `$(shell …)` outside of recipes, and `NAME != …`.
    fn run_at_reading(&mut self, number: u32, text: &str) {
        let scripts: Vec<String> = self.shells(text).collect();
        self.at_reading.extend(scripts.into_iter().map(|script| (number, script)));
    }

    /// Commands of `$(shell …)` in a text that may set something.
    pub(super) fn shells(&self, text: &str) -> impl Iterator<Item = String> {
        let command = |(at, _): (usize, &str)| {
            let (open, close) = if text[at + 1..].starts_with('(') { ('(', ')') } else { ('{', '}') };
            let end = at + 1 + matching(&text[at + 1..], open, close)?;
            Some(&text[at + 8..end]).filter(|script| sets(script))
        };
        let all = ["$(shell ", "${shell "].into_iter().flat_map(move |mark| text.match_indices(mark));
        all.filter_map(command).map(|script| self.expanded(script, DEPTH))
    }

    /// Lines that make puts values in for at once, and what it runs for that: conditions, inclusions, rules, functions by themselves.
    fn run_by_the_way(&mut self, number: u32, word: &str, line: &str) {
        if !line.contains("shell ") && !line.starts_with("$(file ") {
            return;
        }
        let is_condition = matches!(word, "ifeq" | "ifneq" | "include" | "-include" | "sinclude");
        let is_rule = || assignment(line).is_none() && named_by_variable(line).is_none() && word != "export";
        if line.starts_with("$(file ") {
            self.at_reading.push((number, self.expanded(line, DEPTH)));
        } else if is_condition || is_rule() {
            let head = if line.starts_with("$(") { line } else { line.split(';').next().unwrap_or(line) };
            self.run_at_reading(number, head);
        }
    }

    /// A line outside of recipes; gives the targets where it begins a rule.
    fn line(&mut self, number: u32, line: &str, depth: u32) -> Option<Vec<String>> {
        let (mut line, mut exported) = (line, false);
        loop {
            match line.split_once(char::is_whitespace) {
                Some(("export", rest)) => (line, exported) = (rest.trim_start(), true),
                Some(("override" | "private", rest)) => line = rest.trim_start(),
                Some(("unexport", names)) => {
                    let names = self.expanded(names, DEPTH);
                    let is_named = |name: &String| names.split_whitespace().any(|n| n == name);
                    self.exported.retain(|(_, name)| !is_named(name));
                    return None;
                }
                _ => break,
            }
        }
        if line == "export" {
            self.all_exported = true;
            return None;
        }
        let filled = named_by_variable(line).map(|(name, rest)| format!("{}{rest}", self.expanded(name, DEPTH)));
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
            let names = self.expanded(line, DEPTH);
            self.exported.extend(names.split_whitespace().map(|name| (number, name.to_owned())));
            return None;
        }
        if line.starts_with("$(shell ") {
            return None;
        }
        self.rule(number, line, depth)
    }

    fn rule(&mut self, number: u32, line: &str, depth: u32) -> Option<Vec<String>> {
        let (targets, rest) = line.split_once(':')?;
        let targets = self.expanded(targets, DEPTH);
        let targets: Vec<String> = targets.split_whitespace().map(str::to_owned).collect();
        let rest = rest.trim_start_matches(':');
        let own = Own::read(number, rest, self.conditions > 0);
        let (rest, recipe) = match own {
            Some(_) => (rest, None),
            None => rest.split_once(';').map_or((rest, None), |(needs, recipe)| (needs, Some(recipe))),
        };
        for target in &targets {
            match target.as_str() {
                ".EXPORT_ALL_VARIABLES" => self.all_exported = true,
                ".ONESHELL" => self.one_shell = true,
                ".PHONY" => {
                    let names = self.expanded(rest, DEPTH);
                    self.phony.extend(names.split_whitespace().map(str::to_owned));
                }
                _ if self.first.is_none() && own.is_none() && !target.starts_with('.') && !target.contains('%') => {
                    self.first = Some(target.clone());
                }
                _ => {}
            }
            let rule = self.rules.entry(target.clone()).or_default();
            match &own {
                Some(own) => rule.own.push(own.clone()),
                None => rule.needs.extend(rest.split_whitespace().filter(|n| *n != "|").map(str::to_owned)),
            }
        }
        if let Some(recipe) = recipe {
            self.recipe(&targets, number, recipe, depth);
        }
        Some(targets)
    }

    pub(super) fn assign(&mut self, number: u32, name: &str, value: String, how: How) {
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

    fn recipe(&mut self, targets: &[String], number: u32, recipe: &str, depth: u32) {
        let script = recipe.trim_start().trim_start_matches(['@', '-', '+']);
        // What a recipe evaluates holds for what is made after it.
        if let Some(text) = self.evaluated(script.trim()) {
            self.conditions += 1;
            self.inner(number, &text, depth);
            self.conditions -= 1;
            return;
        }
        for target in targets {
            self.rules.entry(target.clone()).or_default().runs.push((number, script.to_owned()));
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum How {
    Set,
    /// `:=`: what it holds is put in where it stands.
    Now,
    /// `!=`: what a command prints.
    Shell,
    /// `?=`: where nothing else did.
    Weak,
    Add,
}

/// Whether a command may set something, rather than print it.
fn sets(script: &str) -> bool {
    ["go env -w", "go mod", "go get", "go work", "sed ", "patch", "git apply", ">", "cp ", "mv ", "curl ", "wget "]
        .iter()
        .any(|word| script.contains(word))
}
