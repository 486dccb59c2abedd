//! What holds from where it is said to the end of a scope, whatever shell ends.

use super::state::hasher;
use crate::hashed::HashMap;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hash};
use std::ops::Deref;

/// A list with a hash of all that is on it: the same for lists of the same.
#[derive(Debug)]
pub(super) struct Listed<T> {
    all: Vec<T>,
    /// By how many are on it.
    hashes: Vec<u64>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Listed { all: Vec::new(), hashes: Vec::new() }
    }
}

impl<T> Deref for Listed<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.all
    }
}

impl<T: Hash> Listed<T> {
    pub fn push(&mut self, one: T) {
        self.hashes.push(hasher().hash_one((self.hash(), &one)));
        self.all.push(one);
    }

    pub fn extend(&mut self, all: impl IntoIterator<Item = T>) {
        all.into_iter().for_each(|one| self.push(one));
    }

    pub fn hash(&self) -> u64 {
        self.hashes.last().copied().unwrap_or_default()
    }

    fn truncate(&mut self, len: usize) {
        self.all.truncate(len);
        self.hashes.truncate(len);
    }
}

/// Folders with copies of projects, and where they lie to the source root; `None` where it is not known whose they are. The last word
/// about a folder counts.
#[derive(Debug, Default)]
pub(super) struct Clones {
    all: Vec<(String, Option<String>)>,
    /// Hashes of the last words, by the folders, and all of them added up.
    last: HashMap<String, u64>,
    sum: u64,
}

impl Clones {
    pub fn push(&mut self, folder: String, root: Option<String>) {
        let hash = hasher().hash_one((&folder, &root));
        let before = self.last.insert(folder.clone(), hash).unwrap_or_default();
        self.sum = self.sum.wrapping_add(hash).wrapping_sub(before);
        self.all.push((folder, root));
    }

    pub fn root_of(&self, folder: &str) -> Option<&Option<String>> {
        self.all.iter().rev().find(|(known, _)| known == folder).map(|(_, root)| root)
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn since(&self, from: usize) -> &[(String, Option<String>)] {
        &self.all[from..]
    }

    /// The same where the same folders are copies of the same.
    pub fn hash(&self) -> u64 {
        self.sum
    }
}

/// Changes of the module graph or of sources, each once.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub made: Listed<usize>,
    /// Those that one of several ways through the scope makes: a function or a target whose name comes from outside.
    pub possible: Listed<usize>,
    /// All as they came up, and whether they were made, those too that were there before: elsewhere they need not be.
    noted: Vec<(usize, bool)>,
}

/// How much there was at some point.
#[derive(Clone, Copy)]
pub(super) struct Noted(usize);

impl Changes {
    pub fn make(&mut self, id: usize) {
        self.noted.push((id, true));
        if !self.made.contains(&id) {
            self.made.push(id);
        }
    }

    /// One of several ways makes it; what is made anyway is that.
    pub fn may_make(&mut self, id: usize) {
        self.noted.push((id, false));
        if !self.made.contains(&id) && !self.possible.contains(&id) {
            self.possible.push(id);
        }
    }

    pub fn again(&mut self, (id, is_made): (usize, bool)) {
        if is_made { self.make(id) } else { self.may_make(id) }
    }

    pub fn begin(&self) -> Noted {
        Noted(self.noted.len())
    }

    /// All that came up since then, each once.
    pub fn end(&mut self, begun: Noted) -> Box<[(usize, bool)]> {
        let mut met = BTreeSet::new();
        let since: Vec<(usize, bool)> = self.noted.drain(begun.0..).filter(|noted| met.insert(*noted)).collect();
        self.noted.extend(&since);
        since.into()
    }

    /// As it was when the lists were so long; gives what came up since, that which was made first.
    pub fn back(&mut self, (begun, made, possible): (Noted, usize, usize)) -> Vec<usize> {
        self.made.truncate(made);
        self.possible.truncate(possible);
        let (made, possible): (Vec<_>, Vec<_>) = self.noted.drain(begun.0..).partition(|(_, is_made)| *is_made);
        made.into_iter().chain(possible).map(|(id, _)| id).collect()
    }

    /// The same where the same was and may have been made.
    pub fn hash(&self) -> u64 {
        hasher().hash_one((self.made.hash(), self.possible.hash()))
    }
}
