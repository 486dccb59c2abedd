//! What commands read of the shell that they found: all that their outcome depends on.

use super::written::Texts;
use crate::hashed::{HashMap, HashSet};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

/// A name of a variable, a function or a file, by the order in which they came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name(u32);

impl Name {
    pub fn at(index: usize) -> Name {
        Name(index as u32)
    }

    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// All names that came up.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: RefCell<HashMap<Rc<str>, Name>>,
    texts: RefCell<Vec<Rc<str>>>,
}

impl Names {
    pub fn of(&self, text: &str) -> Name {
        if let Some(name) = self.known.borrow().get(text) {
            return *name;
        }
        let (text, mut texts): (Rc<str>, _) = (text.into(), self.texts.borrow_mut());
        let name = Name::at(texts.len());
        texts.push(text.clone());
        self.known.borrow_mut().insert(text, name);
        name
    }

    pub fn text(&self, name: Name) -> Rc<str> {
        self.texts.borrow()[name.index()].clone()
    }
}

/// A part of a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Variable(Name),
    /// Whether a variable is exported.
    Export(Name),
    Function(Name),
    /// All functions that a file holds.
    FunctionsOf(Name),
    /// The folder.
    Place,
    /// Written settings, changes and copies of projects: no part of the shell, but of what is around it.
    Ledger,
    /// Whether a function was called before, by anybody.
    Called(Name),
    /// Whether some command writes a file of that name.
    Written(Name),
    /// What was written to a file.
    Text(Name),
    All,
}

/// What is around a shell and does not end with it.
pub(super) struct Around<'a> {
    pub ledger: u64,
    pub called: &'a [Name],
    pub rewritten: &'a BTreeSet<String>,
    /// What was written to files, and how many texts of it count.
    pub texts: (&'a Texts, usize),
}

/// Parts in the order in which they were read, each with the length that the journal had when it was last written. Kept only while
/// something is carried out whose outcome will be.
#[derive(Debug, Default)]
pub(super) struct Reads {
    log: RefCell<Vec<(Part, usize)>>,
    open: Cell<u32>,
}

/// Where something began to read.
#[derive(Clone, Copy)]
pub(super) struct ReadMark(usize);

impl Reads {
    pub fn begin(&self) -> ReadMark {
        self.open.set(self.open.get() + 1);
        ReadMark(self.log.borrow().len())
    }

    pub fn note(&self, part: impl FnOnce() -> Part, written: usize) {
        if self.open.get() > 0 {
            self.log.borrow_mut().push((part(), written));
        }
    }

    /// What was read since then, each once, that had been written before the journal had this length. What is around it has read
    /// that as well.
    pub fn end(&self, from: ReadMark, journal: usize) -> Vec<Part> {
        let mut log = self.log.borrow_mut();
        let mut met = HashSet::default();
        let mut found: Vec<(Part, usize)> = Vec::new();
        for (part, written) in log.drain(from.0..) {
            if written <= journal && met.insert(part) {
                found.push((part, written));
            }
        }
        self.open.set(self.open.get() - 1);
        let parts = found.iter().map(|(part, _)| *part).collect();
        if self.open.get() > 0 {
            log.extend(found);
        }
        parts
    }
}
