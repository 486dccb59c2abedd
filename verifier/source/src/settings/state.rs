//! What holds at one point of a build file: variables with the settings that they come from, the folder, functions.

mod effects;

pub(super) use effects::{Begun, Dependency, Effect};

use super::reads::{Name, Names, Part, Reads};
use super::shell::Node;
use assize_facts::kinds::inventory::BuildFile;
use std::cell::Cell;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::rc::Rc;
use std::sync::OnceLock;

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

/// Lists of commands have other numbers elsewhere.
impl Hash for Held {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let sure = match self.sure {
            Sure::Always => 0,
            Sure::InList(_) => 1,
            Sure::Maybe => 2,
        };
        (&self.value, &self.seen, sure).hash(state);
    }
}

/// All that a variable may hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Variable {
    /// Each longer one shares them with those before it.
    all: Box<[Rc<Held>]>,
    /// Of its name and what it holds.
    hash: u64,
}

impl Variable {
    /// One that may hold this besides what it may have held before.
    fn new(name: Name, before: Option<&Variable>, held: Held) -> Variable {
        let hash = hash((name, before.map(|before| before.hash), &held));
        let before = before.map_or(&[][..], |before| &before.all);
        Variable { all: before.iter().cloned().chain([Rc::new(held)]).collect(), hash }
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
    /// The same for all shells of a run, since outcomes name what they depend on.
    names: Rc<Names>,
    /// By their names, as the other two.
    variables: Vec<Option<Slot>>,
    exported: Vec<bool>,
    all_exported: bool,
    place: Where,
    placed: Cell<Option<Placed>>,
    stack: Rc<Vec<Where>>,
    functions: Vec<Option<Rc<Defined>>>,
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

/// Hashes of a place: of its folder alone, and with how often that was changed where it is not known.
#[derive(Clone, Copy, Debug)]
struct Placed {
    folder: u64,
    place: u64,
}

/// A function, and the file that it stands in.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub file: Rc<str>,
    pub home: Rc<str>,
    pub tool: BuildFile,
    /// Of that file, from which the lines of its body count.
    pub line: u32,
    pub body: Rc<Vec<Node>>,
}

/// A function that a shell has, and a hash of its name and what it is.
#[derive(Debug)]
struct Defined {
    function: Function,
    hash: u64,
}

/// A part of the shell as it was, or is to be.
#[derive(Clone, Debug)]
enum Change {
    Variable(Name, Option<Slot>),
    Exported(Name, bool),
    AllExported(bool),
    Place(Box<Where>),
    Stack(Rc<Vec<Where>>),
    Function(Name, Option<Rc<Defined>>),
}

/// A point to go back to.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

/// Variables as they were.
pub(super) struct Kept(Vec<(Name, Option<Slot>)>);

/// Variables that a function or a script has of its own; they are the first of all names.
pub(super) const PARAMETERS: &[&str] = &["*", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "@"];

/// Nobody outside of this run can find two states with the same hash.
pub(super) fn hasher() -> &'static RandomState {
    static HASHER: OnceLock<RandomState> = OnceLock::new();
    HASHER.get_or_init(RandomState::new)
}

fn hash(what: impl Hash) -> u64 {
    hasher().hash_one(what)
}

fn hash_function(name: &str, function: &Function) -> u64 {
    hash((name, &function.file, function.line, Rc::as_ptr(&function.body) as usize))
}

impl Shell {
    /// One in which nothing is set, of the same run.
    pub fn fresh(&self) -> Shell {
        Shell { names: self.names.clone(), ..Shell::default() }
    }

    pub fn folder(&self) -> Option<&str> {
        self.reads.note(|| Part::Folder, 0);
        self.place.folder.as_deref()
    }

    pub fn place(&self) -> Where {
        self.reads.note(|| Part::Place, 0);
        self.place.clone()
    }

    /// What the parts of a shell are called by.
    pub fn name(&self, text: &str) -> Name {
        self.names.of(text)
    }

    /// Something asks for what the shell does not hold.
    pub fn reads_around(&self, part: impl FnOnce() -> Part) {
        self.reads.note(part, 0);
    }

    /// Something asks for what was written to a file.
    pub fn reads_text(&self, path: &str) -> Name {
        let name = self.names.of(path);
        self.reads.note(|| Part::Text(name), 0);
        name
    }

    /// What a variable may hold for a command of this list.
    pub fn held(&self, name: &str, list: u64) -> &[Rc<Held>] {
        let all = self.variable(name).map_or(&[][..], |variable| &*variable.all);
        let decides = |held: &Rc<Held>| held.sure == Sure::Always || held.sure == Sure::InList(list);
        let from = all.iter().rposition(decides).unwrap_or(0);
        &all[from..]
    }

    /// A variable that something reads.
    fn variable(&self, name: &str) -> Option<&Variable> {
        let name = self.names.of(name);
        let slot = self.slot_of(name);
        self.reads.note(|| Part::Variable(name), slot.map_or(0, |slot| slot.written));
        slot.map(|slot| &*slot.variable)
    }

    fn slot_of(&self, name: Name) -> Option<&Slot> {
        self.variables.get(name.index())?.as_ref()
    }

    fn function_of(&self, name: Name) -> Option<&Rc<Defined>> {
        self.functions.get(name.index())?.as_ref()
    }

    fn exports(&self, name: Name) -> bool {
        self.exported.get(name.index()).copied().unwrap_or_default()
    }

    pub fn hold(&mut self, name: &str, mut held: Held) {
        // What a loop or a function adds to again and again is no setting that anybody wrote.
        const LONGEST: usize = 16 << 10;
        if held.value.as_ref().is_some_and(|v| v.len() > LONGEST) {
            held.value = Some(format!("${name}").into());
        }
        let before = if held.sure == Sure::Always { None } else { self.variable(name) };
        if before.is_some_and(|before| before.all.last().is_some_and(|last| **last == held)) {
            return;
        }
        let id = self.names.of(name);
        let slot = self.slot(Rc::new(Variable::new(id, before, held)));
        self.change(Change::Variable(id, Some(slot)));
        // What is assigned under `set -a` stays exported when that ends.
        if self.all_exported && !PARAMETERS.contains(&name) {
            self.export(name);
        }
    }

    /// To be put in place now.
    fn slot(&self, variable: Rc<Variable>) -> Slot {
        Slot { variable, written: self.journal.len() + 1 }
    }

    pub fn is_exported(&self, name: &str) -> bool {
        let name = self.names.of(name);
        self.reads.note(|| Part::Export(name), 0);
        self.all_exported || self.exports(name)
    }

    pub fn export(&mut self, name: &str) {
        let name = self.names.of(name);
        self.reads.note(|| Part::Export(name), 0);
        if !self.exports(name) {
            self.change(Change::Exported(name, true));
        }
    }

    pub fn export_all(&mut self, all: bool) {
        if self.all_exported != all {
            self.change(Change::AllExported(all));
        }
    }

    pub fn move_to(&mut self, folder: Option<String>) {
        self.reads.note(|| Part::Place, 0);
        self.change(Change::Place(Box::new(Where { folder, moved: self.place.moved + 1 })));
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
                self.change(Change::Place(Box::new(place)));
            }
            None => self.move_to(None),
        }
    }

    pub fn function(&self, name: &str) -> Option<&Function> {
        let name = self.names.of(name);
        self.reads.note(|| Part::Function(name), 0);
        self.function_of(name).map(|defined| &defined.function)
    }

    /// The names of all that a file holds.
    pub fn functions_of(&self, file: &str) -> Vec<String> {
        let file = self.names.of(file);
        self.reads.note(|| Part::FunctionsOf(file), 0);
        let mut names: Vec<String> = self.all_of(file).map(|(name, _)| self.names.text(name).to_string()).collect();
        names.sort_unstable();
        names
    }

    fn all_of(&self, file: Name) -> impl Iterator<Item = (Name, &Rc<Defined>)> {
        let file = self.names.text(file);
        let all = self.functions.iter().enumerate().filter_map(|(at, defined)| Some((Name::at(at), defined.as_ref()?)));
        all.filter(move |(_, defined)| defined.function.file == file)
    }

    /// What was read for something that is remembered elsewhere.
    pub fn reads<T>(&self, read: impl FnOnce() -> T) -> (T, Vec<Part>) {
        let from = self.reads.begin();
        let out = read();
        (out, self.reads.end(from, usize::MAX, &self.names))
    }

    /// Notes what something remembered was read from.
    pub fn read_again(&self, parts: impl IntoIterator<Item = Part>) {
        for part in parts {
            let written = match part {
                Part::Variable(name) => self.slot_of(name).map_or(0, |slot| slot.written),
                _ => 0,
            };
            self.reads.note(|| part, written);
        }
    }

    /// Whether the shell had none of that name.
    pub fn define(&mut self, name: &str, function: Function) -> bool {
        let hash = hash_function(name, &function);
        let name = self.names.of(name);
        let is_new = self.function_of(name).is_none();
        self.change(Change::Function(name, Some(Rc::new(Defined { function, hash }))));
        is_new
    }

    /// Takes a function away, where there is one of the name.
    pub fn forget(&mut self, name: &str) {
        if self.function(name).is_some() {
            self.change(Change::Function(self.names.of(name), None));
        }
    }

    /// Takes `$1`, `$@` away; gives those that were there.
    pub fn take_parameters(&mut self) -> Kept {
        let names = || (0..PARAMETERS.len()).map(Name::at);
        let kept = self.some(names());
        self.give_variables(Kept(names().map(|name| (name, None)).collect()));
        kept
    }

    /// Some variables as they were, to be given back.
    pub fn some_variables<'n>(&self, names: impl Iterator<Item = &'n str>) -> Kept {
        self.some(names.map(|name| self.names.of(name)))
    }

    fn some(&self, names: impl Iterator<Item = Name>) -> Kept {
        Kept(names.map(|name| (name, self.slot_of(name).cloned())).collect())
    }

    pub fn give_variables(&mut self, Kept(all): Kept) {
        for (name, held) in all {
            if held.is_some() || self.slot_of(name).is_some() {
                self.change(Change::Variable(name, held));
            }
        }
    }

    pub fn clear_variables(&mut self) {
        self.reads.note(|| Part::All, 0);
        for at in 0..self.variables.len() {
            if self.variables[at].is_some() {
                self.change(Change::Variable(Name::at(at), None));
            }
        }
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

    fn change(&mut self, change: Change) {
        let was = self.put(change);
        self.journal.push(was);
    }

    /// Puts a part in place; gives what was there.
    fn put(&mut self, part: Change) -> Change {
        match part {
            Change::Variable(name, new) => {
                let hash = |slot: &Option<Slot>| slot.as_ref().map_or(0, |slot| slot.variable.hash);
                let new_hash = hash(&new);
                let old = replace(&mut self.variables, name, new);
                self.add(new_hash, hash(&old));
                Change::Variable(name, old)
            }
            Change::Function(name, new) => {
                let hash = |defined: &Option<Rc<Defined>>| defined.as_ref().map_or(0, |defined| defined.hash);
                let new_hash = hash(&new);
                let old = replace(&mut self.functions, name, new);
                self.add(new_hash, hash(&old));
                Change::Function(name, old)
            }
            Change::Exported(name, now) => {
                let was = replace(&mut self.exported, name, now);
                let own = hash((name, "exported"));
                self.add(if now { own } else { 0 }, if was { own } else { 0 });
                Change::Exported(name, was)
            }
            Change::AllExported(now) => Change::AllExported(std::mem::replace(&mut self.all_exported, now)),
            Change::Place(mut now) => {
                std::mem::swap(&mut self.place, &mut now);
                self.placed.set(None);
                Change::Place(now)
            }
            Change::Stack(now) => Change::Stack(std::mem::replace(&mut self.stack, now)),
        }
    }

    fn add(&mut self, new: u64, old: u64) {
        self.sum = self.sum.wrapping_add(new).wrapping_sub(old);
    }

    /// The same for shells in which the same commands do the same.
    fn state(&self) -> u64 {
        hash((self.sum, self.all_exported, self.placed().place))
    }

    fn placed(&self) -> Placed {
        let of = || {
            let folder = hash(&self.place.folder);
            Placed {
                folder,
                place: if self.place.folder.is_none() { hash((folder, self.place.moved)) } else { folder },
            }
        };
        let placed = self.placed.get().unwrap_or_else(of);
        self.placed.set(Some(placed));
        placed
    }

    /// Whether whatever is assigned is exported.
    pub fn exports_all(&self) -> bool {
        self.all_exported
    }
}

fn replace<T: Default + Clone>(all: &mut Vec<T>, name: Name, new: T) -> T {
    if all.len() <= name.index() {
        all.resize(name.index() + 1, T::default());
    }
    std::mem::replace(&mut all[name.index()], new)
}
