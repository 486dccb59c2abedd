//! What holds at one point of a build file: variables with the settings that they come from, the folder, functions.

use super::delivered::normal;
use super::shell::Node;
use assize_facts::kinds::inventory::BuildFile;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// Whether an assignment is made whenever the build after it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sure {
    Always,
    /// For builds of the same list of commands (`a && export X=1 && go build`).
    InList(u64),
    Maybe,
}

/// A value that a variable may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// `None`: unset, or given from outside.
    pub value: Option<Rc<str>>,
    /// The settings that were noted for it.
    pub seen: Vec<usize>,
    pub sure: Sure,
}

/// All that a variable may hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Variable {
    all: Vec<Held>,
    /// Of its name and what it holds.
    hash: u64,
}

impl Variable {
    fn new(name: &str, all: Vec<Held>) -> Variable {
        Variable { hash: hash_of(name, &all), all }
    }
}

/// What a subshell takes over and does not give back. Every change is kept in a journal, so that going back costs what was changed.
#[derive(Debug, Default)]
pub(super) struct Shell {
    variables: BTreeMap<Rc<str>, Rc<Variable>>,
    exported: BTreeSet<Rc<str>>,
    all_exported: bool,
    place: Where,
    stack: Rc<Vec<Where>>,
    functions: BTreeMap<Rc<str>, Function>,
    /// Hashes of variables, exports and functions, added up.
    sum: u64,
    journal: Vec<Change>,
}

/// A folder, and how often it was changed: where it is not known, it is the same as long as that is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Where {
    /// Relative to the source root; `None` where it is not known.
    pub folder: Option<String>,
    pub moved: u32,
}

/// A function, and the file that it stands in.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub file: Rc<str>,
    pub home: Rc<str>,
    pub tool: BuildFile,
    pub body: Rc<Vec<Node>>,
}

/// A part of the shell as it was, or is to be.
#[derive(Clone, Debug)]
enum Change {
    Variable(Rc<str>, Option<Rc<Variable>>),
    Exported(Rc<str>, bool),
    AllExported(bool),
    Place(Where),
    Stack(Rc<Vec<Where>>),
    Function(Rc<str>, Option<Function>),
}

/// A point to go back to.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

/// What some commands did to a shell.
#[derive(Debug, Default)]
pub(super) struct Effect(Vec<Change>);

/// Variables that a function or a script has of its own.
const PARAMETERS: &[&str] = &["*", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "@"];

fn hash(what: impl Hash) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

fn hash_of(name: &str, all: &[Held]) -> u64 {
    let sure = |held: &Held| match held.sure {
        Sure::Always => 0,
        Sure::InList(_) => 1,
        Sure::Maybe => 2,
    };
    let mut hasher = std::hash::DefaultHasher::new();
    (name, all.len()).hash(&mut hasher);
    all.iter().for_each(|held| (&held.value, &held.seen, sure(held)).hash(&mut hasher));
    hasher.finish()
}

fn hash_function(name: &str, function: &Function) -> u64 {
    hash((name, &function.file, Rc::as_ptr(&function.body) as usize))
}

impl Shell {
    pub fn folder(&self) -> Option<&str> {
        self.place.folder.as_deref()
    }

    pub fn place(&self) -> Where {
        self.place.clone()
    }

    /// What a variable may hold for a command of this list.
    pub fn held(&self, name: &str, list: u64) -> &[Held] {
        let all = self.variables.get(name).map_or(&[][..], |variable| variable.all.as_slice());
        let decides = |held: &Held| held.sure == Sure::Always || held.sure == Sure::InList(list);
        let from = all.iter().rposition(decides).unwrap_or(0);
        &all[from..]
    }

    pub fn hold(&mut self, name: &str, mut held: Held) {
        // What a loop or a function adds to again and again is no setting that anybody wrote.
        const LONGEST: usize = 16 << 10;
        if held.value.as_ref().is_some_and(|v| v.len() > LONGEST) {
            held.value = Some(format!("${name}").into());
        }
        let all = match self.variables.get(name) {
            Some(before) if held.sure != Sure::Always && before.all.last() == Some(&held) => return,
            Some(before) if held.sure != Sure::Always => before.all.iter().cloned().chain([held]).collect(),
            _ => vec![held],
        };
        self.change(Change::Variable(self.name(name), Some(Rc::new(Variable::new(name, all)))));
        // What is assigned under `set -a` stays exported when that ends.
        if self.all_exported && !PARAMETERS.contains(&name) {
            self.export(name);
        }
    }

    /// A name as it is kept already, where it is.
    fn name(&self, name: &str) -> Rc<str> {
        self.variables.get_key_value(name).map_or_else(|| name.into(), |(known, _)| known.clone())
    }

    pub fn is_exported(&self, name: &str) -> bool {
        self.all_exported || self.exported.contains(name)
    }

    pub fn export(&mut self, name: &str) {
        if !self.exported.contains(name) {
            self.change(Change::Exported(name.into(), true));
        }
    }

    pub fn export_all(&mut self, all: bool) {
        if self.all_exported != all {
            self.change(Change::AllExported(all));
        }
    }

    pub fn move_to(&mut self, folder: Option<String>) {
        self.change(Change::Place(Where { folder, moved: self.place.moved + 1 }));
    }

    /// Where `popd` leads back to.
    pub fn remember_place(&mut self) {
        let stack = self.stack.iter().cloned().chain([self.place.clone()]).collect();
        self.change(Change::Stack(Rc::new(stack)));
    }

    pub fn move_back(&mut self) {
        match self.stack.split_last() {
            Some((last, rest)) => {
                let (place, rest) = (last.clone(), Rc::new(rest.to_vec()));
                self.change(Change::Stack(rest));
                self.change(Change::Place(place));
            }
            None => self.move_to(None),
        }
    }

    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.get(name)
    }

    pub fn functions(&self) -> impl Iterator<Item = (&str, &Function)> {
        self.functions.iter().map(|(name, function)| (&**name, function))
    }

    /// Whether the shell had none of that name.
    pub fn define(&mut self, name: &str, function: Function) -> bool {
        let is_new = !self.functions.contains_key(name);
        self.change(Change::Function(name.into(), Some(function)));
        is_new
    }

    /// Takes `$1`, `$@` away; gives those that were there.
    pub fn take_parameters(&mut self) -> Vec<(&'static str, Option<Rc<Variable>>)> {
        let kept: Vec<_> = PARAMETERS.iter().map(|name| (*name, self.variables.get(*name).cloned())).collect();
        self.give_variables(PARAMETERS.iter().map(|name| (*name, None)).collect());
        kept
    }

    /// Some variables as they were, to be given back.
    pub fn some_variables<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<(&'n str, Option<Rc<Variable>>)> {
        names.map(|name| (name, self.variables.get(name).cloned())).collect()
    }

    pub fn give_variables(&mut self, all: Vec<(&str, Option<Rc<Variable>>)>) {
        for (name, held) in all {
            if held.is_some() || self.variables.contains_key(name) {
                self.change(Change::Variable(self.name(name), held));
            }
        }
    }

    pub fn clear_variables(&mut self) {
        let names: Vec<Rc<str>> = self.variables.keys().cloned().collect();
        names.into_iter().for_each(|name| self.change(Change::Variable(name, None)));
    }

    pub fn mark(&self) -> Mark {
        Mark(self.journal.len())
    }

    /// As it was at some point.
    pub fn back(&mut self, to: Mark) {
        while self.journal.len() > to.0 {
            if let Some(was) = self.journal.pop() {
                self.put(was);
            }
        }
    }

    /// What is other than it was at some point.
    pub fn since(&self, from: Mark) -> Effect {
        let (mut names, mut functions, mut exports) = (HashSet::new(), HashSet::new(), HashSet::new());
        let mut all = Vec::new();
        let (mut place, mut stack) = (None, None);
        for was in &self.journal[from.0..] {
            match was {
                // The first change of each tells what was there.
                Change::Variable(name, old) if names.insert(&**name) => {
                    let now = self.variables.get(name);
                    if old.as_ref() != now {
                        all.push(Change::Variable(name.clone(), now.cloned()));
                    }
                }
                Change::Function(name, _) if functions.insert(&**name) => {
                    all.push(Change::Function(name.clone(), self.functions.get(name).cloned()));
                }
                Change::Exported(name, old) if exports.insert(&**name) => {
                    let now = self.exported.contains(name);
                    if *old != now {
                        all.push(Change::Exported(name.clone(), now));
                    }
                }
                Change::AllExported(_) => all.push(Change::AllExported(self.all_exported)),
                Change::Place(old) => place = place.or(Some(old)),
                Change::Stack(old) => stack = stack.or(Some(old)),
                Change::Variable(..) | Change::Function(..) | Change::Exported(..) => {}
            }
        }
        all.extend(stack.filter(|old| **old != self.stack).map(|_| Change::Stack(self.stack.clone())));
        all.extend(place.filter(|old| **old != self.place).map(|_| Change::Place(self.place.clone())));
        Effect(all)
    }

    pub fn apply(&mut self, effect: &Effect) {
        effect.0.iter().cloned().for_each(|change| self.change(change));
    }

    fn change(&mut self, change: Change) {
        let was = self.put(change);
        self.journal.push(was);
    }

    /// Puts a part in place; gives what was there.
    fn put(&mut self, part: Change) -> Change {
        match part {
            Change::Variable(name, new) => {
                let new_hash = new.as_ref().map_or(0, |variable| variable.hash);
                let old = match new {
                    Some(new) => self.variables.insert(name.clone(), new),
                    None => self.variables.remove(&name),
                };
                self.add(new_hash, old.as_ref().map_or(0, |variable| variable.hash));
                Change::Variable(name, old)
            }
            Change::Function(name, new) => {
                let new_hash = new.as_ref().map_or(0, |function| hash_function(&name, function));
                let old = match new {
                    Some(new) => self.functions.insert(name.clone(), new),
                    None => self.functions.remove(&name),
                };
                self.add(new_hash, old.as_ref().map_or(0, |function| hash_function(&name, function)));
                Change::Function(name, old)
            }
            Change::Exported(name, now) => {
                let is_change = if now { self.exported.insert(name.clone()) } else { self.exported.remove(&name) };
                let own = hash((&name, "exported"));
                match (is_change, now) {
                    (true, true) => self.add(own, 0),
                    (true, false) => self.add(0, own),
                    (false, _) => {}
                }
                Change::Exported(name, now != is_change)
            }
            Change::AllExported(now) => Change::AllExported(std::mem::replace(&mut self.all_exported, now)),
            Change::Place(now) => Change::Place(std::mem::replace(&mut self.place, now)),
            Change::Stack(now) => Change::Stack(std::mem::replace(&mut self.stack, now)),
        }
    }

    fn add(&mut self, new: u64, old: u64) {
        self.sum = self.sum.wrapping_add(new).wrapping_sub(old);
    }

    /// The same for shells in which the same commands do the same.
    pub fn state(&self) -> u64 {
        let moved = if self.place.folder.is_none() { self.place.moved } else { 0 };
        hash((self.sum, self.all_exported, &self.place.folder, moved))
    }

    /// The folder that a path means, relative to the source root. `script` is the folder of the script that names it.
    pub fn path(&self, text: &str, script: &str) -> Option<String> {
        let text = text.trim().trim_matches('"');
        if let Some(inner) = text.strip_prefix("$(") {
            let end = closing(inner)?;
            let base = self.command_path(&inner[..end], script)?;
            return Some(normal(&format!("{base}/{}", &inner[end + 1..])));
        }
        for own in ["${0%/*}", "${BASH_SOURCE%/*}", "${BASH_SOURCE[0]%/*}", "$SCRIPT_DIR", "${SCRIPT_DIR}"] {
            if let Some(rest) = text.strip_prefix(own) {
                return Some(normal(&format!("{script}/{rest}")));
            }
        }
        for root in ["$PWD", "${PWD}"] {
            if let Some(rest) = text.strip_prefix(root) {
                return Some(normal(&format!("{}/{rest}", self.folder()?)));
            }
        }
        for root in ["$GITHUB_WORKSPACE", "${GITHUB_WORKSPACE}", "$CI_PROJECT_DIR", "${CI_PROJECT_DIR}"] {
            if let Some(rest) = text.strip_prefix(root) {
                return Some(normal(rest));
            }
        }
        if text.starts_with(['/', '~', '-']) || text.contains('$') || text.is_empty() {
            return None;
        }
        Some(normal(&format!("{}/{text}", self.folder()?)))
    }

    /// `cd X && pwd`, `dirname "$0"`, `git rev-parse --show-toplevel`: what the usual ones print.
    fn command_path(&self, command: &str, script: &str) -> Option<String> {
        let words = super::shell::words(command);
        let last = words.last()?;
        let own = |word: &str| word.contains("$0") || word.contains("BASH_SOURCE") || word.contains("${0");
        match words.first()?.as_str() {
            "git" if command.contains("--show-toplevel") => Some(String::new()),
            "pwd" => self.folder().map(str::to_owned),
            "cd" => self.path(words.iter().skip(1).find(|w| !w.starts_with('-'))?, script),
            "dirname" if own(last) && !last.starts_with("$(") => Some(script.to_owned()),
            // `dirname "$(readlink -f "$0")"`
            "dirname" if own(last) && !last.contains("dirname") => Some(script.to_owned()),
            "dirname" => Some(super::library::folder(&self.path(last, script)?).to_owned()),
            "realpath" | "readlink" if own(last) => None,
            "realpath" | "readlink" => self.path(last, script),
            _ => None,
        }
    }
}

/// Where the bracket closes that was opened before this text.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => open += 1,
            b')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}
