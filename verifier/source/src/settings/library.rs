//! The files of the delivered source that build files call, include or source.

use super::delivered::normal;
use super::generate::Generators;
use super::model::Scope;
use super::shell::Script;
use super::state::hasher;
use crate::build::split;
use crate::hashed::HashMap;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::rc::Rc;

/// Gives the text of a file.
type Read<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A call of make: makefile, what is evaluated before it, variables and targets of the command line.
type Called = (String, String, BTreeMap<String, String>, Vec<String>);

/// Text files of the source tree, by their paths relative to its root.
pub(super) struct Library<'a> {
    /// All paths.
    pub paths: BTreeSet<String>,
    read: Box<Read<'a>>,
    /// Texts and scripts that were read already.
    texts: RefCell<HashMap<String, Option<Rc<str>>>>,
    scripts: RefCell<HashMap<(usize, u64), Rc<Script>>>,
    folders: RefCell<HashMap<String, Option<String>>>,
    /// What targets of makefiles run.
    made: RefCell<HashMap<Called, Rc<Vec<Scope>>>>,
    /// The paths that patterns mean.
    pub matching: RefCell<HashMap<String, Rc<Vec<String>>>>,
    /// Whether files of some name speak of a build, wherever they are.
    pub answers: RefCell<HashMap<String, bool>>,
    /// What `go generate` would carry out of Go files that were asked for.
    pub generators: RefCell<HashMap<String, Option<Rc<Generators>>>>,
    /// What stands before a path in reports.
    pub prefix: String,
    /// Files that lie elsewhere, with their paths in reports.
    elsewhere: BTreeMap<String, String>,
    /// How much was followed, over all files.
    followed: Cell<u64>,
}

/// Commands, prerequisites and steps that are followed over all build files together; Kubernetes has 120,000.
const WHOLE: u64 = if cfg!(test) { 300_000 } else { 3_000_000 };

impl<'a> Library<'a> {
    pub fn new(paths: BTreeSet<String>, prefix: &str, read: impl Fn(&str) -> Option<String> + 'a) -> Library<'a> {
        Library {
            paths,
            read: Box::new(read),
            texts: RefCell::default(),
            scripts: RefCell::default(),
            folders: RefCell::default(),
            made: RefCell::default(),
            matching: RefCell::default(),
            answers: RefCell::default(),
            generators: RefCell::default(),
            prefix: prefix.into(),
            elsewhere: BTreeMap::new(),
            followed: Cell::new(0),
        }
    }

    /// With files that lie elsewhere, by their paths in reports.
    pub fn elsewhere(self, elsewhere: BTreeMap<String, String>) -> Library<'a> {
        Library { elsewhere, ..self }
    }

    /// Counts so much of what is followed; whether anyone should go on.
    pub fn follow(&self, amount: usize) -> bool {
        self.followed.set(self.followed.get().saturating_add(amount as u64));
        !self.is_exhausted()
    }

    /// Whether more was to be followed than is.
    pub fn is_exhausted(&self) -> bool {
        self.followed.get() > WHOLE
    }

    /// A tree in memory.
    #[cfg(test)]
    pub fn of(files: &'a BTreeMap<String, String>) -> Library<'a> {
        Library::new(files.keys().cloned().collect(), "", |path| files.get(path).cloned())
    }

    /// The file that a path means in one of some folders, and its text without a byte order mark.
    pub fn find(&self, folders: &[&str], path: &str) -> Option<(String, Rc<str>)> {
        if path.is_empty() || path.contains('$') {
            return None;
        }
        let candidate = |folder: &&str| normal(&format!("{folder}/{path}"));
        let found = match path.starts_with('/') {
            true => self.tail(path)?,
            false => folders.iter().map(candidate).find(|path| self.paths.contains(path))?,
        };
        let known = self.texts.borrow().get(&found).cloned();
        let text = known.unwrap_or_else(|| {
            let text = (self.read)(&found).map(|text| Rc::from(text.trim_start_matches('\u{feff}')));
            self.texts.borrow_mut().insert(found.clone(), text.clone());
            text
        });
        Some((found, text?))
    }

    /// The text of a file, which is not kept.
    pub fn text_once(&self, path: &str) -> Option<String> {
        (self.read)(path)
    }

    /// What a call of make runs, found out once.
    pub fn made(&self, call: Called, find: impl FnOnce() -> Vec<Scope>) -> Rc<Vec<Scope>> {
        if let Some(scopes) = self.made.borrow().get(&call) {
            return scopes.clone();
        }
        let scopes = Rc::new(find());
        self.made.borrow_mut().insert(call, scopes.clone());
        scopes
    }

    /// Shell text, read once.
    pub fn script(&self, text: &str) -> Rc<Script> {
        // By length and a hash that nobody outside of this run can aim at: the texts themselves would be here twice.
        let key = (text.len(), hasher().hash_one(text));
        if let Some(script) = self.scripts.borrow().get(&key) {
            return script.clone();
        }
        let script = Rc::new(super::shell::read(text));
        self.scripts.borrow_mut().insert(key, script.clone());
        script
    }

    /// The file of the tree that an absolute path of the machine that builds ends with.
    fn tail(&self, path: &str) -> Option<String> {
        let mut rest = path.trim_start_matches('/');
        loop {
            if self.paths.contains(rest) {
                return Some(rest.to_owned());
            }
            rest = rest.split_once('/')?.1;
        }
    }

    /// The only folder of the tree that a relative path can mean, wherever it is named.
    pub fn folder_ending(&self, path: &str) -> Option<String> {
        let path = normal(path);
        if path.is_empty() || path.starts_with("..") || path.contains('$') {
            return None;
        }
        if let Some(known) = self.folders.borrow().get(&path) {
            return known.clone();
        }
        let found = self.only_folder(&path);
        self.folders.borrow_mut().insert(path, found.clone());
        found
    }

    fn only_folder<'l>(&'l self, path: &str) -> Option<String> {
        let (inside, behind) = (format!("{path}/"), format!("/{path}/"));
        let finder = memchr::memmem::Finder::new(&behind);
        let folder = |file: &'l String| match file.starts_with(&inside) {
            true => file.get(..path.len()),
            false => finder.find(file.as_bytes()).and_then(|at| file.get(..at + behind.len() - 1)),
        };
        let mut all = self.paths.iter().filter_map(folder);
        let first = all.next()?;
        all.all(|other| other == first).then(|| first.to_owned())
    }

    pub fn shown(&self, path: &str) -> String {
        self.elsewhere.get(path).cloned().unwrap_or_else(|| format!("{}{path}", self.prefix))
    }
}

/// Folder of a path; empty for the root.
pub(super) fn folder(path: &str) -> &str {
    split(path).0
}
