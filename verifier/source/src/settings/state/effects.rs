//! What commands did to a shell, and of what of it that depends.

use super::{Change, Defined, Mark, Placed, Shell, Slot};
use crate::settings::reads::{Around, Name, Part, ReadMark};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What some commands did to a shell.
#[derive(Debug, Default)]
pub(in crate::settings) struct Effect(Box<[Change]>);

/// Something that is carried out, from the shell as it found it.
#[derive(Clone, Copy)]
pub(in crate::settings) struct Begun {
    journal: Mark,
    reads: ReadMark,
    state: u64,
    place: u64,
    folder: u64,
}

/// A part of a shell, and what it was.
pub(in crate::settings) type Dependency = (Part, u64);

impl Shell {
    /// Something is carried out from here.
    pub fn begin(&self) -> Begun {
        let Placed { folder, place } = self.placed();
        Begun { journal: self.mark(), reads: self.reads.begin(), state: self.state(), place, folder }
    }

    /// What was done since then, and of what that depends.
    pub fn end(&self, begun: Begun, around: &Around) -> (Effect, Box<[Dependency]>) {
        let parts = self.reads.end(begun.reads, begun.journal.0, &self.names);
        // As they were found: the first change of each tells what was there.
        let (mut met, mut found) = (self.names.met(), Vec::new());
        met.anew();
        let mut functions: BTreeMap<Name, Option<&Rc<Defined>>> = BTreeMap::new();
        for was in &self.journal[begun.journal.0..] {
            let (part, hash) = match was {
                Change::Variable(name, old) => (Part::Variable(*name), old.as_ref().map_or(0, |s| s.variable.hash)),
                Change::Exported(name, old) => (Part::Export(*name), u64::from(*old)),
                Change::Function(name, old) => {
                    functions.entry(*name).or_insert(old.as_ref());
                    (Part::Function(*name), old.as_ref().map_or(0, |defined| defined.hash))
                }
                Change::AllExported(_) | Change::Place(_) | Change::Stack(_) => continue,
            };
            if met.insert(part, found.len()) {
                found.push(hash);
            }
        }
        let was = |part: &Part| match part {
            Part::All => begun.state,
            Part::Place => begun.place,
            Part::Folder => begun.folder,
            Part::FunctionsOf(file) => {
                let kept = self.all_of(*file).filter(|(name, _)| !functions.contains_key(name)).map(|(_, now)| now);
                let file = self.names.text(*file);
                let old = functions.values().flatten().copied().filter(|defined| defined.function.file == file);
                sum(kept.chain(old))
            }
            part => met.number(*part).map_or_else(|| self.what_is(part, around), |number| found[number]),
        };
        let depends = parts.into_iter().map(|part| (part, was(&part))).collect();
        drop(met);
        (self.since(begun.journal), depends)
    }

    /// Whether every part is what it was.
    pub fn agrees(&self, depends: &[Dependency], around: &Around) -> bool {
        depends.iter().all(|(part, was)| self.what_is(part, around) == *was)
    }

    fn what_is(&self, part: &Part, around: &Around) -> u64 {
        match part {
            Part::Variable(name) => self.slot_of(*name).map_or(0, |slot| slot.variable.hash),
            Part::Export(name) => u64::from(self.exports(*name)),
            Part::Function(name) => self.function_of(*name).map_or(0, |defined| defined.hash),
            Part::FunctionsOf(file) => sum(self.all_of(*file).map(|(_, defined)| defined)),
            Part::Place => self.placed().place,
            Part::Folder => self.placed().folder,
            Part::Settings => around.ledger.settings,
            Part::Changes => around.ledger.changes,
            Part::Clones => around.ledger.clones,
            Part::Saved => around.saved as u64,
            Part::Called(name) => u64::from(around.called.contains(name)),
            Part::Written(name) => {
                let (all, count) = around.rewritten;
                u64::from(all.get(&*self.names.text(*name)).is_some_and(|before| *before < count))
            }
            Part::Text(name) => around.texts.0.hash_of(*name, around.texts.1),
            Part::All => self.state(),
        }
    }

    /// What was put in place since some point, and is there.
    fn since(&self, from: Mark) -> Effect {
        let (mut met, mut all) = (self.names.met(), Vec::new());
        met.anew();
        let (mut place, mut stack) = (None, None);
        for was in &self.journal[from.0..] {
            match was {
                Change::Variable(name, _) if met.insert(Part::Variable(*name), 0) => {
                    // What was given back is what was found, whatever that is elsewhere.
                    if let Some(now) = self.slot_of(*name).filter(|now| now.written > from.0) {
                        all.push(Change::Variable(*name, Some(now.clone())));
                    }
                }
                Change::Function(name, _) if met.insert(Part::Function(*name), 0) => {
                    all.push(Change::Function(*name, self.function_of(*name).cloned()));
                }
                Change::Exported(name, old) if met.insert(Part::Export(*name), 0) => {
                    let now = self.exports(*name);
                    if *old != now {
                        all.push(Change::Exported(*name, now));
                    }
                }
                Change::AllExported(_) => all.push(Change::AllExported(self.all_exported)),
                Change::Place(old) => place = place.or(Some(old)),
                Change::Stack(old) => stack = stack.or(Some(old)),
                Change::Variable(..) | Change::Function(..) | Change::Exported(..) => {}
            }
        }
        all.extend(stack.filter(|old| **old != self.stack).map(|_| Change::Stack(self.stack.clone())));
        all.extend(place.filter(|old| ***old != self.place).map(|_| Change::Place(Box::new(self.place.clone()))));
        Effect(all.into())
    }

    /// Does what was done elsewhere, where all that it depended on is the same.
    pub fn apply(&mut self, effect: &Effect, depends: &[Dependency]) {
        self.read_again(depends.iter().map(|(part, _)| *part));
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
}

fn sum<'d>(all: impl Iterator<Item = &'d Rc<Defined>>) -> u64 {
    all.fold(0, |sum: u64, defined| sum.wrapping_add(defined.hash))
}
