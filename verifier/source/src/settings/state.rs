//! What holds at one point of a build file: variables with the settings that they come from, the folder, functions.

use super::delivered::normal;
use super::reads::{Around, Part, ReadMark, Reads};
use super::shell::Node;
use assize_facts::kinds::inventory::BuildFile;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
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

/// A variable, and how long the journal was when it was put in place.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    variable: Rc<Variable>,
    written: usize,
}

/// What a subshell takes over and does not give back. Every change is kept in a journal, so that going back costs what was changed.
#[derive(Debug, Default)]
pub(super) struct Shell {
    variables: BTreeMap<Rc<str>, Slot>,
    exported: BTreeSet<Rc<str>>,
    all_exported: bool,
    place: Where,
    stack: Rc<Vec<Where>>,
    functions: BTreeMap<Rc<str>, Function>,
    /// Hashes of variables, exports and functions, added up.
    sum: u64,
    journal: Vec<Change>,
    reads: Reads,
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
    Variable(Rc<str>, Option<Slot>),
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

/// Something that is carried out, from the shell as it found it.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    journal: Mark,
    reads: ReadMark,
    state: u64,
    place: u64,
}

/// A part of a shell, and what it was.
pub(super) type Dependency = (Part, u64);

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
        self.reads.note(|| Part::Place, 0);
        self.place.folder.as_deref()
    }

    pub fn place(&self) -> Where {
        self.reads.note(|| Part::Place, 0);
        self.place.clone()
    }

    /// Something asks for what the shell does not hold.
    pub fn reads_around(&self, part: impl FnOnce() -> Part) {
        self.reads.note(part, 0);
    }

    /// What a variable may hold for a command of this list.
    pub fn held(&self, name: &str, list: u64) -> &[Held] {
        let all = self.variable(name).map_or(&[][..], |variable| variable.all.as_slice());
        let decides = |held: &Held| held.sure == Sure::Always || held.sure == Sure::InList(list);
        let from = all.iter().rposition(decides).unwrap_or(0);
        &all[from..]
    }

    /// A variable that something reads.
    fn variable(&self, name: &str) -> Option<&Variable> {
        match self.variables.get_key_value(name) {
            Some((known, slot)) => {
                self.reads.note(|| Part::Variable(known.clone()), slot.written);
                Some(&slot.variable)
            }
            None => {
                self.reads.note(|| Part::Variable(name.into()), 0);
                None
            }
        }
    }

    pub fn hold(&mut self, name: &str, mut held: Held) {
        // What a loop or a function adds to again and again is no setting that anybody wrote.
        const LONGEST: usize = 16 << 10;
        if held.value.as_ref().is_some_and(|v| v.len() > LONGEST) {
            held.value = Some(format!("${name}").into());
        }
        let before = if held.sure == Sure::Always { None } else { self.variable(name) };
        let all = match before {
            Some(before) if before.all.last() == Some(&held) => return,
            Some(before) => before.all.iter().cloned().chain([held]).collect(),
            None => vec![held],
        };
        self.change(Change::Variable(self.name(name), Some(self.slot(Rc::new(Variable::new(name, all))))));
        // What is assigned under `set -a` stays exported when that ends.
        if self.all_exported && !PARAMETERS.contains(&name) {
            self.export(name);
        }
    }

    /// A name as it is kept already, where it is.
    fn name(&self, name: &str) -> Rc<str> {
        self.variables.get_key_value(name).map_or_else(|| name.into(), |(known, _)| known.clone())
    }

    /// To be put in place now.
    fn slot(&self, variable: Rc<Variable>) -> Slot {
        Slot { variable, written: self.journal.len() + 1 }
    }

    pub fn is_exported(&self, name: &str) -> bool {
        self.reads.note(|| Part::Export(name.into()), 0);
        self.all_exported || self.exported.contains(name)
    }

    pub fn export(&mut self, name: &str) {
        self.reads.note(|| Part::Export(name.into()), 0);
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
        self.reads.note(|| Part::Place, 0);
        self.change(Change::Place(Where { folder, moved: self.place.moved + 1 }));
    }

    /// Where `popd` leads back to.
    pub fn remember_place(&mut self) {
        self.reads.note(|| Part::Place, 0);
        let stack = self.stack.iter().cloned().chain([self.place.clone()]).collect();
        self.change(Change::Stack(Rc::new(stack)));
    }

    pub fn move_back(&mut self) {
        self.reads.note(|| Part::Place, 0);
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
        self.reads.note(|| Part::Function(name.into()), 0);
        self.functions.get(name)
    }

    /// The names of all that a file holds.
    pub fn functions_of(&self, file: &Rc<str>) -> Vec<String> {
        self.reads.note(|| Part::FunctionsOf(file.clone()), 0);
        self.functions.iter().filter(|(_, function)| function.file == *file).map(|(name, _)| name.to_string()).collect()
    }

    /// What was read for something that is remembered elsewhere.
    pub fn reads<T>(&self, read: impl FnOnce() -> T) -> (T, Vec<Part>) {
        let from = self.reads.begin();
        let out = read();
        let parts = self.reads.since(from);
        self.reads.end(from, usize::MAX);
        (out, parts)
    }

    /// Notes what something remembered was read from.
    pub fn read_again(&self, parts: &[Part]) {
        for part in parts {
            let written = match part {
                Part::Variable(name) => self.variables.get(name).map_or(0, |slot| slot.written),
                _ => 0,
            };
            self.reads.note(|| part.clone(), written);
        }
    }

    /// Whether the shell had none of that name.
    pub fn define(&mut self, name: &str, function: Function) -> bool {
        let is_new = !self.functions.contains_key(name);
        self.change(Change::Function(name.into(), Some(function)));
        is_new
    }

    /// Takes `$1`, `$@` away; gives those that were there.
    pub fn take_parameters(&mut self) -> Vec<(&'static str, Option<Slot>)> {
        let kept: Vec<_> = PARAMETERS.iter().map(|name| (*name, self.variables.get(*name).cloned())).collect();
        self.give_variables(PARAMETERS.iter().map(|name| (*name, None)).collect());
        kept
    }

    /// Some variables as they were, to be given back.
    pub fn some_variables<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<(&'n str, Option<Slot>)> {
        names.map(|name| (name, self.variables.get(name).cloned())).collect()
    }

    pub fn give_variables(&mut self, all: Vec<(&str, Option<Slot>)>) {
        for (name, held) in all {
            if held.is_some() || self.variables.contains_key(name) {
                self.change(Change::Variable(self.name(name), held));
            }
        }
    }

    pub fn clear_variables(&mut self) {
        self.reads.note(|| Part::All, 0);
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

    /// Something is carried out from here.
    pub fn begin(&self) -> Begun {
        let (state, place) = (self.state(), self.place_hash());
        Begun { journal: self.mark(), reads: self.reads.begin(), state, place }
    }

    /// What was done since then, and of what that depends.
    pub fn end(&self, begun: Begun, around: &Around) -> (Effect, Vec<Dependency>) {
        let parts = self.reads.end(begun.reads, begun.journal.0);
        // As they were found: the first change of each tells what was there.
        let mut found: HashMap<Part, u64> = HashMap::new();
        let mut functions: Vec<(&Rc<str>, &Option<Function>)> = Vec::new();
        for was in &self.journal[begun.journal.0..] {
            let (part, hash) = match was {
                Change::Variable(name, old) => {
                    (Part::Variable(name.clone()), old.as_ref().map_or(0, |s| s.variable.hash))
                }
                Change::Exported(name, old) => (Part::Export(name.clone()), u64::from(*old)),
                Change::Function(name, old) => {
                    if !functions.iter().any(|(known, _)| *known == name) {
                        functions.push((name, old));
                    }
                    (Part::Function(name.clone()), old.as_ref().map_or(0, |f| hash_function(name, f)))
                }
                Change::AllExported(_) | Change::Place(_) | Change::Stack(_) => continue,
            };
            found.entry(part).or_insert(hash);
        }
        let was = |part: &Part| match part {
            Part::All => begun.state,
            Part::Place => begun.place,
            Part::FunctionsOf(file) => {
                let changed = |name: &str| functions.iter().any(|(known, _)| &***known == name);
                let kept = self.functions.iter().filter(|(name, f)| f.file == *file && !changed(name));
                let old = functions.iter().filter_map(|(name, old)| Some((*name, old.as_ref()?)));
                let old = old.filter(|(_, function)| function.file == *file);
                kept.chain(old).fold(0, |sum: u64, (name, function)| sum.wrapping_add(hash_function(name, function)))
            }
            part => found.get(part).copied().unwrap_or_else(|| self.what_is(part, around)),
        };
        let depends = parts.into_iter().map(|part| (part.clone(), was(&part))).collect();
        (self.since(begun.journal), depends)
    }

    /// Whether every part is what it was.
    pub fn agrees(&self, depends: &[Dependency], around: &Around) -> bool {
        depends.iter().all(|(part, was)| self.what_is(part, around) == *was)
    }

    fn what_is(&self, part: &Part, around: &Around) -> u64 {
        match part {
            Part::Variable(name) => self.variables.get(name).map_or(0, |slot| slot.variable.hash),
            Part::Export(name) => u64::from(self.exported.contains(name)),
            Part::Function(name) => self.functions.get(name).map_or(0, |function| hash_function(name, function)),
            Part::FunctionsOf(file) => {
                let all = self.functions.iter().filter(|(_, function)| function.file == *file);
                all.fold(0, |sum: u64, (name, function)| sum.wrapping_add(hash_function(name, function)))
            }
            Part::Place => self.place_hash(),
            Part::Ledger => around.ledger,
            Part::Called(name) => u64::from(around.called.iter().any(|called| **called == **name)),
            Part::Written(name) => u64::from(around.rewritten.contains(&**name)),
            Part::All => self.state(),
        }
    }

    /// What was put in place since some point, and is there.
    fn since(&self, from: Mark) -> Effect {
        let (mut names, mut functions, mut exports) = (HashSet::new(), HashSet::new(), HashSet::new());
        let mut all = Vec::new();
        let (mut place, mut stack) = (None, None);
        for was in &self.journal[from.0..] {
            match was {
                Change::Variable(name, _) if names.insert(&**name) => {
                    // What was given back is what was found, whatever that is elsewhere.
                    if let Some(now) = self.variables.get(name).filter(|now| now.written > from.0) {
                        all.push(Change::Variable(name.clone(), Some(now.clone())));
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

    /// Does what was done elsewhere, where all that it depended on is the same.
    pub fn apply(&mut self, effect: &Effect, depends: &[Dependency]) {
        for (part, _) in depends {
            self.read_again(std::slice::from_ref(part));
        }
        for change in effect.0.iter().cloned() {
            let change = match change {
                Change::Variable(name, Some(Slot { variable, .. })) => {
                    Change::Variable(name, Some(self.slot(variable)))
                }
                other => other,
            };
            self.change(change);
        }
    }

    fn change(&mut self, change: Change) {
        let was = self.put(change);
        self.journal.push(was);
    }

    /// Puts a part in place; gives what was there.
    fn put(&mut self, part: Change) -> Change {
        match part {
            Change::Variable(name, new) => {
                let hash = |slot: &Slot| slot.variable.hash;
                let new_hash = new.as_ref().map_or(0, hash);
                let old = match new {
                    Some(new) => self.variables.insert(name.clone(), new),
                    None => self.variables.remove(&name),
                };
                self.add(new_hash, old.as_ref().map_or(0, hash));
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
    fn state(&self) -> u64 {
        hash((self.sum, self.all_exported, self.place_hash()))
    }

    fn place_hash(&self) -> u64 {
        let moved = if self.place.folder.is_none() { self.place.moved } else { 0 };
        hash((&self.place.folder, moved))
    }

    /// Whether whatever is assigned is exported.
    pub fn exports_all(&self) -> bool {
        self.all_exported
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
