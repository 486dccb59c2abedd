//! What came of carrying out a file or a function in some state: found out once, and put in place afterwards.

use super::evaluate::State;
use super::shell::Node;
use super::state::{Effect, Held, Mark};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// What was carried out, and in which state: shell, written settings and changes, stale or not.
type Key = (String, u64, u64, bool);

#[derive(Default)]
pub(super) struct Results {
    known: HashMap<Key, Rc<Outcome>>,
    /// Files and functions that are being followed.
    running: Vec<String>,
    /// The outermost of them that was met again, and not followed there.
    met: usize,
    /// Functions that do nothing here, by their bodies.
    pub idle: HashMap<usize, bool>,
    /// Bodies of functions by where they were read, with the lines of the text that they stand in.
    pub bodies: HashMap<(usize, u32), Rc<Vec<Node>>>,
}

/// All that commands did to what comes after them.
struct Outcome {
    shell: Effect,
    written: Vec<(String, Held)>,
    changes: Vec<usize>,
    possible: Vec<usize>,
    called: Vec<String>,
}

/// Something that is being carried out.
pub(super) struct Begun {
    key: Key,
    shell: Mark,
    written: usize,
    changes: usize,
    possible: usize,
    called: usize,
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
        let key = (format!("{mark} {with}"), self.shell.state(), self.ledger(), self.stale);
        if let Some(outcome) = self.results.known.get(&key).cloned() {
            self.shell.apply(&outcome.shell);
            self.scope.written.extend(outcome.written.iter().cloned());
            let new: Vec<usize> =
                outcome.changes.iter().copied().filter(|id| !self.scope.changes.contains(id)).collect();
            self.scope.changes.extend(new);
            self.may_have_made(outcome.possible.clone());
            self.scope.called.extend(outcome.called.iter().cloned());
            return None;
        }
        self.results.running.push(mark.to_owned());
        Some(Begun {
            key,
            shell: self.shell.mark(),
            written: self.scope.written.len(),
            changes: self.scope.changes.len(),
            possible: self.scope.possible.len(),
            called: self.scope.called.len(),
            met: std::mem::replace(&mut self.results.met, usize::MAX),
        })
    }

    pub fn end(&mut self, begun: Begun) {
        self.results.running.pop();
        let depends = self.results.met < self.results.running.len();
        self.results.met = self.results.met.min(begun.met);
        // Cut short, or left out because of what is around it, it is no outcome for another place.
        if depends || self.scope.cut {
            return;
        }
        let mut called = self.scope.called[begun.called..].to_vec();
        called.sort_unstable();
        called.dedup();
        let outcome = Outcome {
            shell: self.shell.since(begun.shell),
            written: self.scope.written[begun.written..].to_vec(),
            changes: self.scope.changes[begun.changes..].to_vec(),
            possible: self.scope.possible[begun.possible..].to_vec(),
            called,
        };
        self.results.known.insert(begun.key, Rc::new(outcome));
    }

    /// Written settings and changes so far.
    fn ledger(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for (name, held) in &self.scope.written {
            (name, &held.value, &held.seen).hash(&mut hasher);
        }
        (&self.scope.changes, &self.scope.possible).hash(&mut hasher);
        hasher.finish()
    }
}
