//! What commands read of the shell that they found: all that their outcome depends on.

use super::state::PARAMETERS;
use super::written::Texts;
use crate::hashed::HashMap;
use std::cell::{Cell, RefCell, RefMut};
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
#[derive(Debug)]
pub(super) struct Names {
    known: RefCell<HashMap<Rc<str>, Name>>,
    texts: RefCell<Vec<Rc<str>>>,
    met: RefCell<Met>,
}

impl Default for Names {
    fn default() -> Names {
        let names = Names { known: RefCell::default(), texts: RefCell::default(), met: RefCell::default() };
        for name in PARAMETERS {
            names.of(name);
        }
        names
    }
}

/// Which parts were met in a round, each with a number. Parts have few kinds and names small numbers, so that nothing is looked up by hash.
#[derive(Debug, Default)]
pub(super) struct Met {
    /// By kind and name: the round in which it was met last, and its number.
    all: [Vec<(u32, u32)>; 8],
    round: u32,
}

impl Met {
    /// Nothing is met from here on.
    pub fn anew(&mut self) -> &mut Met {
        self.round += 1;
        self
    }

    /// Whether it is new; then it has this number.
    pub fn insert(&mut self, part: Part, number: usize) -> bool {
        let (kind, at) = part.place();
        let all = &mut self.all[kind];
        if all.len() <= at {
            all.resize(at + 1, (0, 0));
        }
        let is_new = all[at].0 != self.round;
        if is_new {
            all[at] = (self.round, number as u32);
        }
        is_new
    }

    pub fn number(&self, part: Part) -> Option<usize> {
        let (kind, at) = part.place();
        self.all[kind].get(at).filter(|(round, _)| *round == self.round).map(|(_, number)| *number as usize)
    }
}

impl Names {
    pub fn met(&self) -> RefMut<'_, Met> {
        self.met.borrow_mut()
    }

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
    /// The folder, whatever was changed before it: as `Place` where it is known.
    Folder,
    /// Written settings: no part of the shell, but of what is around it, as all that follows.
    Settings,
    /// Changes that were made, and that may have been.
    Changes,
    /// Copies of projects.
    Clones,
    /// Which module files were saved; none is forgotten.
    Saved,
    /// Whether a function was called before, by anybody.
    Called(Name),
    /// Whether some command writes a file of that name.
    Written(Name),
    /// What was written to a file.
    Text(Name),
    All,
}

impl Part {
    /// Its kind, and which of that.
    fn place(self) -> (usize, usize) {
        match self {
            Part::Variable(name) => (0, name.index()),
            Part::Export(name) => (1, name.index()),
            Part::Function(name) => (2, name.index()),
            Part::FunctionsOf(name) => (3, name.index()),
            Part::Called(name) => (4, name.index()),
            Part::Written(name) => (5, name.index()),
            Part::Text(name) => (6, name.index()),
            Part::Place => (7, 0),
            Part::Folder => (7, 1),
            Part::Settings => (7, 2),
            Part::Changes => (7, 3),
            Part::Clones => (7, 4),
            Part::Saved => (7, 5),
            Part::All => (7, 6),
        }
    }
}

/// Hashes of what is listed around a shell.
#[derive(Clone, Copy)]
pub(super) struct Ledger {
    pub settings: u64,
    pub changes: u64,
    pub clones: u64,
}

/// What is around a shell and does not end with it.
pub(super) struct Around<'a> {
    pub ledger: Ledger,
    pub called: &'a [Name],
    /// Files that were written, each with how many were before it, and how many of them count.
    pub rewritten: (&'a HashMap<String, usize>, usize),
    /// How many module files were saved.
    pub saved: usize,
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
    pub fn end(&self, from: ReadMark, journal: usize, names: &Names) -> Vec<Part> {
        let mut log = self.log.borrow_mut();
        let (mut met, mut left) = (names.met(), from.0);
        met.anew();
        for at in from.0..log.len() {
            let (part, written) = log[at];
            if written <= journal && met.insert(part, 0) {
                log[left] = (part, written);
                left += 1;
            }
        }
        let parts = log[from.0..left].iter().map(|(part, _)| *part).collect();
        self.open.set(self.open.get() - 1);
        log.truncate(if self.open.get() > 0 { left } else { from.0 });
        parts
    }
}
