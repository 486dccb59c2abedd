//! What came of carrying out a file or a function in some state: found out once, and put in place afterwards.

use super::evaluate::{OfScope, State};
use super::ledger::Noted;
use super::reads::{Around, Ledger, Name, Part};
use super::state::{self, Dependency, Effect, Held};
use super::written::Text;
use crate::hashed::HashMap;
use std::rc::Rc;

/// What was carried out, whether where files are stale, whether where all is exported.
type Key = (String, bool, bool);

/// So many outcomes of the same are remembered: what differs each time is not worth looking through.
const OUTCOMES: usize = 64;

#[derive(Default)]
pub(super) struct Results {
    known: HashMap<Key, Vec<Rc<Outcome>>>,
    /// Files and functions that are being followed.
    running: Vec<String>,
    /// The outermost of them that was met again, and not followed there.
    met: usize,
    /// Functions that do nothing here, by their bodies, and which others that was seen from.
    pub idle: HashMap<usize, (bool, Rc<Vec<Part>>)>,
}

/// All that commands did to what comes after them.
struct Outcome {
    depends: Box<[Dependency]>,
    shell: Effect,
    written: Box<[(Rc<str>, Rc<Held>)]>,
    changes: Box<[(usize, bool)]>,
    called: Box<[Name]>,
    clones: Box<[(String, Option<String>)]>,
    texts: Vec<Rc<Text>>,
}

/// Something that is being carried out.
pub(super) struct Begun {
    key: Key,
    shell: state::Begun,
    ledger: Ledger,
    rewritten: usize,
    saved: usize,
    written: usize,
    changes: Noted,
    called: usize,
    clones: usize,
    texts: usize,
    met: usize,
}

impl Results {
    pub fn begin(&mut self, scope: String) {
        self.running = vec![scope];
        self.met = usize::MAX;
        self.idle.clear();
    }

    /// Whether it is being followed already: then this round leaves it out.
    fn is_running(&mut self, mark: &str) -> bool {
        let at = self.running.iter().position(|m| m == mark);
        self.met = self.met.min(at.unwrap_or(usize::MAX));
        at.is_some()
    }
}

impl State<'_> {
    /// Begins something, unless it is being followed or its outcome is known, which then is put in place. `mark` is what may not
    /// be met again inside of it, `with` what else it depends on.
    pub fn begin(&mut self, mark: &str, with: &str) -> Option<Begun> {
        if self.results.is_running(mark) {
            return None;
        }
        self.begin_anyway(mark, with)
    }

    /// The same for what may be met again inside of it; without a mark nothing else is told by it.
    pub fn begin_anyway(&mut self, mark: &str, with: &str) -> Option<Begun> {
        // Names that became references since then mean something else.
        let refers = self.refers.len();
        let key = (format!("{mark} {with}&{refers}"), self.stale, self.shell.exports_all());
        let around = Around {
            ledger: self.ledger(),
            called: &self.scope.called,
            rewritten: (&self.rewritten, self.rewritten.len()),
            saved: self.saved.len(),
            texts: (&self.scope.texts, self.scope.texts.len()),
        };
        let known = self.results.known.get(&key).into_iter().flatten();
        if let Some(outcome) = known.into_iter().find(|outcome| self.shell.agrees(&outcome.depends, &around)).cloned() {
            self.shell.apply(&outcome.shell, &outcome.depends);
            self.scope.written.extend(outcome.written.iter().cloned());
            outcome.changes.iter().for_each(|change| self.scope.changes.again(*change));
            self.scope.called.extend(&outcome.called);
            outcome.clones.iter().cloned().for_each(|(folder, root)| self.scope.clones.push(folder, root));
            outcome.texts.iter().for_each(|text| self.wrote(text.clone()));
            return None;
        }
        self.results.running.push(mark.to_owned());
        Some(Begun {
            key,
            shell: self.shell.begin(),
            ledger: around.ledger,
            rewritten: self.rewritten.len(),
            saved: self.saved.len(),
            written: self.scope.written.len(),
            changes: self.scope.changes.begin(),
            called: self.scope.called.len(),
            clones: self.scope.clones.len(),
            texts: self.scope.texts.len(),
            met: std::mem::replace(&mut self.results.met, usize::MAX),
        })
    }

    pub fn end(&mut self, begun: Begun) {
        self.results.running.pop();
        let left_out = self.results.met < self.results.running.len();
        self.results.met = self.results.met.min(begun.met);
        let called = &self.scope.called[..begun.called];
        let texts = (&self.scope.texts, begun.texts);
        let rewritten = (&self.rewritten, begun.rewritten);
        let around = Around { ledger: begun.ledger, called, rewritten, saved: begun.saved, texts };
        let (shell, depends) = self.shell.end(begun.shell, &around);
        let changes = self.scope.changes.end(begun.changes);
        // Cut short, or left out because of what is around it, it is no outcome for another place.
        if left_out || self.scope.cut {
            return;
        }
        let mut called = self.scope.called[begun.called..].to_vec();
        called.sort_unstable();
        called.dedup();
        let outcome = Outcome {
            depends,
            shell,
            written: self.scope.written[begun.written..].into(),
            changes,
            called: called.into(),
            clones: self.scope.clones.since(begun.clones).into(),
            texts: self.scope.texts.since(begun.texts),
        };
        let known = self.results.known.entry(begun.key).or_default();
        if known.len() < OUTCOMES {
            known.push(Rc::new(outcome));
        }
    }

    /// Written settings, changes and copies of projects so far.
    fn ledger(&self) -> Ledger {
        let OfScope { written, changes, clones, .. } = &self.scope;
        Ledger { settings: written.hash(), changes: changes.hash(), clones: clones.hash() }
    }
}
