//! The values of `list[key]`: what a literal list or map holds, where nothing else sets it.

use super::list::Listed;
use super::names::{Lens, Site};
use super::value::{Const, Value};
use crate::go::syntax::{Expr, Is};

/// What one element may be, with its key.
struct Entry {
    key: Const,
    value: Value,
}

impl<'s> Lens<'s> {
    /// Every value that an index expression can give; `None` where the list is not known.
    /// `found`: of a map only what it has is asked for.
    pub(super) fn indexed(&self, site: &Site<'s>, list: &Expr, key: &Expr, found: bool, depth: u32) -> Option<Value> {
        let (at, ty, all) = self.literal(site, list)?;
        let (place, ty) = self.written(at, ty)?;
        let (of, is_map) = match &ty.is {
            // In an interface numbers of different types are different keys.
            Is::Map(key, of) => match self.zero(&place, key)? {
                Const::Int(_) | Const::Text(_) | Const::Bool(_) => (of, true),
                Const::Nil | Const::Symbol(_) => return None,
            },
            Is::SliceOf(of) | Is::Array(_, of) => (of, false),
            _ => return None,
        };
        let zero = || self.zero(&place, of).map(Value::one);
        let entries = self.entries(&all, is_map, depth)?;
        let at_key = |wanted: &Const| match entries.iter().find(|entry| entry.key == *wanted) {
            Some(entry) => Some(entry.value.clone()),
            // Behind its end a list is not read.
            None if is_map => zero(),
            None => None,
        };
        match self.within(site, key, depth) {
            Value::Any(keys) => keys.iter().map(at_key).reduce(|all, more| Some(all?.or(more?)))?,
            Value::Unknown(_) if found && is_map => entries.iter().map(|entry| entry.value.clone()).reduce(Value::or),
            // What is not there is zero.
            Value::Unknown(_) => Some(entries.iter().map(|entry| entry.value.clone()).fold(zero()?, Value::or)),
        }
    }

    fn entries(&self, all: &[Listed<'s, '_>], is_map: bool, depth: u32) -> Option<Vec<Entry>> {
        let mut next = 0;
        let entry = |element: &Listed<'s, '_>| {
            let key = match element.key {
                Some(key) => self.within(&element.at, key, depth).single()?.clone(),
                None if is_map => return None,
                None => Const::Int(next),
            };
            match key {
                Const::Int(index) => next = index + 1,
                Const::Text(_) | Const::Bool(_) => {}
                // Two names may be one number.
                Const::Symbol(_) | Const::Nil => return None,
            }
            Some(Entry { key, value: self.within(&element.at, element.value, depth) })
        };
        all.iter().map(entry).collect()
    }
}
