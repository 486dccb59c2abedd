//! What make does for a target: its variables, its prerequisites, its recipe (GNU make, chapters 4, 5, 6.11 and 10.5).

use super::make_text::{assignment, commands};
use super::makefile::{DEPTH, How, Make};
use super::model::{Scope, Step, Variable};
use assize_facts::{Reason, reason};
use std::collections::BTreeSet;
use std::rc::Rc;

#[derive(Clone, Default)]
pub(super) struct Rule {
    pub needs: Vec<String>,
    pub own: Vec<Own>,
    /// Lines of the recipe.
    pub runs: Vec<(u32, String)>,
}

/// A variable of a target or of a pattern.
#[derive(Clone, Debug)]
pub(super) struct Own {
    line: u32,
    pub name: String,
    value: String,
    how: How,
    conditional: bool,
    /// It does not hold for prerequisites.
    private: bool,
}

/// A recipe that is carried out for a target: the rule by its place, and what else hangs on the target.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Recipe {
    target: Box<str>,
    rule: usize,
    needs: Vec<String>,
    stale: bool,
}

/// What a target costs beside patterns that may be its rule's: its steps are kept until they are carried out.
const STEPS: usize = 4;
/// Deeper chains of prerequisites are not followed.
const DEEPEST: u32 = 64;
/// What make calls a target, its stem, its first prerequisite, and all of those (GNU make, 10.5.3).
pub(super) const AUTOMATIC: [&str; 5] = ["@", "*", "<", "^", "+"];
/// Stands for what a pattern's `%` is, where the pattern is looked at by itself.
const STEM: &str = "${stem}";

impl Own {
    /// What stands behind a target's colon, where it is an assignment.
    pub fn read(line: u32, rest: &str, conditional: bool) -> Option<Own> {
        let (mut rest, mut private) = (rest.trim(), false);
        while let Some((word @ ("export" | "override" | "private" | "unexport"), behind)) =
            rest.split_once(char::is_whitespace)
        {
            private |= word == "private";
            rest = behind.trim_start();
        }
        let (name, value, how) = assignment(rest)?;
        Some(Own { line, name, value, how, conditional, private })
    }
}

/// Whether a target is one of a pattern rule (GNU make, 10.5.4).
pub(super) fn fits(rule: &str, target: &str) -> bool {
    stem(rule, target).is_some()
}

fn stem<'t>(rule: &str, target: &'t str) -> Option<&'t str> {
    let (before, after) = rule.split_once('%')?;
    target.strip_prefix(before)?.strip_suffix(after).filter(|stem| !stem.is_empty())
}

impl Make<'_> {
    /// Whether a rule makes a target.
    pub(super) fn is_made(&self, target: &str) -> bool {
        self.rules.contains_key(target) || self.pattern_of(target).is_some()
    }

    /// The steps of a target, as if it were asked for.
    pub(super) fn scope(&self, target: &str) -> Scope {
        let mut steps: Vec<Step> = self.at_reading.iter().map(|(line, script)| Step::run(*line, script)).collect();
        steps.extend(self.unread.iter().map(|(line, why)| Step::Unread { line: *line, why: why.clone() }));
        self.environment(&mut steps);
        // Make makes what it takes in, whatever else it is asked for (GNU make, 3.5).
        let mut seen = BTreeSet::new();
        for name in &self.made_at_reading {
            self.add(name, name, &mut steps, &mut seen, DEEPEST);
        }
        self.add(target, target, &mut steps, &mut seen, DEEPEST);
        Scope::new(target, steps)
    }

    /// What the makefile exports to all recipes, and hands on to other makes.
    fn environment(&self, steps: &mut Vec<Step>) {
        let of_all = self.variables.keys().filter(|_| self.all_exported).map(|name| (0, name.clone()));
        for (line, name) in self.exported.iter().cloned().chain(of_all) {
            for (at, (own, value)) in self.variables.get(&name).into_iter().flatten().enumerate() {
                let line = if line == 0 { *own } else { line };
                // For its value every recipe runs them.
                steps.extend(self.shells(value).map(|script| Step::run(line, &script)));
                let variable = Variable::new(line, &name, &self.expanded(value, DEPTH));
                steps.push(Step::Env { variable, possible: at > 0 });
            }
        }
        let of_make =
            ["MAKEFLAGS", "GNUMAKEFLAGS", "MAKEOVERRIDES"].iter().filter_map(|name| self.variables.get(*name));
        for (line, flags) in of_make.flatten() {
            let flags = self.expanded(flags, DEPTH);
            let pairs =
                flags.split_whitespace().filter(|word| !word.starts_with('-')).filter_map(|w| w.split_once('='));
            let step = |(name, value)| Step::Env { variable: Variable::new(*line, name, value), possible: true };
            steps.extend(pairs.map(step));
        }
    }

    /// The rule of a pattern that makes a target which has no recipe of its own: the one with the shortest stem. What may be
    /// anything is for no file that is there.
    fn pattern_of<'m, 't>(&'m self, target: &'t str) -> Option<(&'m String, &'m Rule, &'t str)> {
        if self.phony.contains(target) || target.contains('%') {
            return None;
        }
        // None is used twice in a chain.
        let in_use = self.in_use.borrow();
        let patterns = self.patterns.iter().filter_map(|name| self.rules.get_key_value(name));
        let fitting = patterns
            .filter(|(_, rule)| !rule.runs.is_empty())
            .filter(|(name, _)| !in_use.contains(name) && (name.as_str() != "%" || !self.tree.has(target)))
            .filter_map(|(name, rule)| Some((name, rule, stem(name, target)?)));
        fitting.min_by_key(|(_, _, stem)| stem.len())
    }

    /// Variables of patterns that fit come before the target's own.
    fn owned(&self, target: &str) -> Vec<&Own> {
        let patterns = self.patterns.iter().filter(|name| fits(name, target));
        patterns
            .map(String::as_str)
            .chain([target])
            .filter_map(|name| self.rules.get(name))
            .flat_map(|rule| &rule.own)
            .collect()
    }

    fn add(&self, target: &str, asked: &str, steps: &mut Vec<Step>, seen: &mut BTreeSet<String>, depth: u32) {
        if !seen.insert(target.to_owned()) || !self.tree.follow(STEPS + self.patterns.len()) {
            return;
        }
        let explicit = self.rules.get(target);
        let pattern = self.pattern_of(target).filter(|_| explicit.is_none_or(|rule| rule.runs.is_empty()));
        if explicit.is_none() && pattern.is_none() {
            return;
        }
        if depth == 0 {
            return steps.push(Step::Unread { line: 0, why: reason!("more-than-is-followed", text = target) });
        }
        let before = self.specific.borrow().clone();
        let owned = self.owned(target);
        let put = |private: bool, steps: &mut Vec<Step>| {
            owned.iter().filter(|own| own.private == private).for_each(|own| self.put(own, steps));
        };
        // Variables of the target hold for its prerequisites too (GNU make, target-specific values).
        put(false, steps);
        let mut needs: Vec<String> = Vec::new();
        let stem = pattern.map_or(STEM, |(_, _, stem)| stem);
        let of_pattern = pattern.iter().flat_map(|(_, rule, _)| &rule.needs);
        for need in explicit.iter().flat_map(|rule| &rule.needs).chain(of_pattern) {
            let need = self.expanded(need, DEPTH).replace('%', stem);
            needs.extend(need.split_whitespace().map(str::to_owned));
        }
        self.in_use.borrow_mut().extend(pattern.map(|(name, ..)| name.clone()));
        for need in &needs {
            self.add(need, asked, steps, seen, depth - 1);
        }
        if pattern.is_some() {
            self.in_use.borrow_mut().pop();
        }
        put(true, steps);
        // A rule for a file that was delivered runs only where another file is newer.
        let stale = target != asked && !self.phony.contains(target) && self.tree.has(target);
        if let Some(rule) = pattern.map(|(_, rule, _)| rule).or(explicit) {
            let made = || {
                let mut made = Vec::new();
                self.name_target(&target.replace('%', stem), stem, &needs);
                self.runs(rule, stale, &mut made);
                made
            };
            // Without variables of targets a recipe is the same whatever needs it.
            let is_same = self.specific.borrow().is_empty();
            if is_same {
                let recipe = Recipe {
                    target: target.into(),
                    rule: std::ptr::from_ref(rule) as usize,
                    needs: needs.clone(),
                    stale,
                };
                let known = self.recipes.borrow().get(&recipe).cloned();
                let known = known.unwrap_or_else(|| {
                    let made = Rc::new(made());
                    self.recipes.borrow_mut().insert(recipe, made.clone());
                    made
                });
                steps.extend(known.iter().cloned());
            } else {
                steps.extend(made());
            }
        }
        *self.specific.borrow_mut() = before;
    }

    fn put(&self, own: &Own, steps: &mut Vec<Step>) {
        let before = self.specific.borrow().get(&own.name).cloned();
        let all = || self.variables.get(&own.name).map(|all| all.iter().map(|(_, value)| value.clone()).collect());
        let before: Vec<String> = before.or_else(all).unwrap_or_default();
        let written: Vec<String> = match own.how {
            How::Weak if !before.is_empty() => return,
            How::Add if !before.is_empty() => before.iter().map(|value| format!("{value} {}", own.value)).collect(),
            How::Shell => vec![format!("$(shell {})", own.value)],
            _ => vec![own.value.clone()],
        };
        let values: Vec<String> = written.iter().map(|value| self.expanded(value, DEPTH)).collect();
        for value in &values {
            let variable = Variable::new(own.line, &own.name, value);
            steps.push(Step::Env { variable, possible: own.conditional || values.len() > 1 });
        }
        let written = if own.how == How::Now { values } else { written };
        let before = if own.conditional { before } else { vec![] };
        self.specific.borrow_mut().insert(own.name.clone(), [written, before].concat());
    }

    /// `$@`, `$*`, `$<`, `$^` (GNU make, 10.5.3).
    fn name_target(&self, target: &str, stem: &str, needs: &[String]) {
        let mut specific = self.specific.borrow_mut();
        let mut put =
            |name: &str, value: String| drop(specific.insert(name.to_owned(), vec![value.replace('$', "$$")]));
        let first = needs.first().cloned().unwrap_or_default();
        let [of_target, of_stem, of_first, ..] = AUTOMATIC;
        for (name, value) in [(of_target, target), (of_stem, stem), (of_first, &first)] {
            let (folder, file) = value.rsplit_once('/').unwrap_or((".", value));
            put(&format!("{name}D"), folder.to_owned());
            put(&format!("{name}F"), file.to_owned());
            put(name, value.to_owned());
        }
        let [.., all, each] = AUTOMATIC;
        put(all, needs.join(" "));
        put(each, needs.join(" "));
    }

    fn runs(&self, rule: &Rule, stale: bool, steps: &mut Vec<Step>) {
        let Some((first, _)) = rule.runs.first() else { return };
        if let Some(why) = self.shell_unread() {
            steps.push(Step::Unread { line: *first, why });
        }
        let run = |line: u32, script: String| Step::Run { line, script, env: vec![], folder: None, stale };
        let whole = || rule.runs.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n");
        let scripts = match self.one_shell {
            true => vec![(*first, whole())],
            false => rule.runs.clone(),
        };
        for (line, script) in scripts {
            let (ways, all) = self.ways(&script);
            if !all {
                let text: String = script.chars().take(80).collect();
                steps.push(Step::Unread { line, why: reason!("more-than-is-followed", text = text) });
            }
            steps.extend(ways.iter().map(|script| run(line, commands(script))));
        }
    }

    /// Why what a recipe does is not what stands in it: another program takes it, or the shell is given more than options.
    fn shell_unread(&self) -> Option<Reason> {
        let (shell, flags) = (self.expanded("$(SHELL)", DEPTH), self.expanded("$(.SHELLFLAGS)", DEPTH));
        let of_tree = shell.split_whitespace().next().is_some_and(|program| self.tree.find(program).is_some());
        let more = |text: &str| text.contains(['=', ';', '`']);
        (of_tree || more(&shell) || more(&flags))
            .then(|| reason!("more-than-is-followed", text = format!("{shell} {flags}").trim()))
    }
}
