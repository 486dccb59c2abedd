//! What commands read of the shell that they found: all that their outcome depends on.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

/// A part of a shell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    Variable(Rc<str>),
    /// Whether a variable is exported.
    Export(Rc<str>),
    Function(Rc<str>),
    /// All functions that a file holds.
    FunctionsOf(Rc<str>),
    /// The folder.
    Place,
    /// Written settings, changes and copies of projects: no part of the shell, but of what is around it.
    Ledger,
    /// Whether a function was called before, by anybody.
    Called(Rc<str>),
    /// Whether some command writes a file of that name.
    Written(Rc<str>),
    All,
}

/// What is around a shell and does not end with it.
pub(super) struct Around<'a> {
    pub ledger: u64,
    pub called: &'a [String],
    pub rewritten: &'a BTreeSet<String>,
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
        let mut met = HashSet::new();
        let mut found: Vec<(Part, usize)> = Vec::new();
        for (part, written) in log.drain(from.0..) {
            if written <= journal && met.insert(part.clone()) {
                found.push((part, written));
            }
        }
        self.open.set(self.open.get() - 1);
        let parts = found.iter().map(|(part, _)| part.clone()).collect();
        if self.open.get() > 0 {
            log.extend(found);
        }
        parts
    }

    /// What was read since then, again and again too.
    pub fn since(&self, from: ReadMark) -> Vec<Part> {
        self.log.borrow()[from.0..].iter().map(|(part, _)| part.clone()).collect()
    }
}
