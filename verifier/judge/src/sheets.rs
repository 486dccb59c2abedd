//! The recorded facts of one run, found by kind and arguments; what is not there is a gap.

use assize_facts::{Gap, Item, Request, Sheet, reason};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All sheets of a run. Some of them in another collection are the same ones: a million facts are held once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheets {
    by: BTreeMap<Request, Arc<Sheet>>,
}

impl Sheets {
    pub fn new(sheets: impl IntoIterator<Item = Sheet>) -> Sheets {
        let mut all = Sheets::default();
        for sheet in sheets {
            all.insert(sheet);
        }
        all
    }

    /// Adds a sheet. Two records of the same thing cannot both be right: both are kept, and the gap says so.
    pub fn insert(&mut self, sheet: Sheet) {
        let key = Request::new(&sheet.kind, &sheet.with);
        match self.by.get_mut(&key) {
            Some(first) => {
                let first = Arc::make_mut(first);
                first.items.extend(sheet.items);
                first.gaps.extend(sheet.gaps);
                first.scope.count = first.scope.count.min(sheet.scope.count);
                first.gap(reason!("recorded-twice", kind = sheet.kind), "");
            }
            None => {
                self.by.insert(key, Arc::new(sheet));
            }
        }
    }

    /// Changes the items of a kind.
    pub(crate) fn change(&mut self, kind: &str, mut change: impl FnMut(&mut Item)) {
        for (_, sheet) in self.by.iter_mut().filter(|(request, _)| request.kind == kind) {
            Arc::make_mut(sheet).items.iter_mut().for_each(&mut change);
        }
    }

    pub fn get(&self, request: &Request) -> Option<&Sheet> {
        self.by.get(request).map(Arc::as_ref)
    }

    /// The sheet that was asked for; where there is none, an empty one with a gap.
    pub fn look(&self, request: &Request) -> Cow<'_, Sheet> {
        match self.get(request) {
            Some(sheet) => Cow::Borrowed(sheet),
            None => {
                let mut missing = Sheet::missing(&request.kind, reason!("not-collected", kind = request.kind));
                missing.with = request.args();
                Cow::Owned(missing)
            }
        }
    }

    /// The sheet of a kind without arguments, else the first with some, else an empty one with a gap.
    pub fn of(&self, kind: &str) -> Cow<'_, Sheet> {
        match self.having(kind) {
            Some(sheet) => Cow::Borrowed(sheet),
            None => Cow::Owned(Sheet::missing(kind, reason!("not-collected", kind = kind))),
        }
    }

    /// As [`Sheets::of`], where not having it is no gap.
    pub fn having(&self, kind: &str) -> Option<&Sheet> {
        self.iter().find(|sheet| sheet.kind == kind)
    }

    /// What was recorded; what the judge derives is never taken from a record.
    pub(crate) fn without_links(&self) -> Sheets {
        self.only(|kind| !kind.starts_with("link."))
    }

    /// Those of some kinds.
    pub(crate) fn only(&self, kinds: impl Fn(&str) -> bool) -> Sheets {
        let chosen = self.by.iter().filter(|(request, _)| kinds(&request.kind));
        Sheets { by: chosen.map(|(request, sheet)| (request.clone(), sheet.clone())).collect() }
    }

    /// The item that a finding's `fact` names: `kind#index`, or `kind@digest#index` where the collector was told something.
    pub fn fact(&self, name: &str) -> Option<&Item> {
        let (stem, index) = name.rsplit_once('#')?;
        let sheet = self.iter().find(|sheet| sheet.stem() == stem)?;
        sheet.items.get(index.parse::<usize>().ok()?)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Sheet> {
        self.by.values().map(Arc::as_ref)
    }
}

/// Gaps that a derived sheet takes over from one that it was derived from.
pub(crate) fn inherit(into: &mut Sheet, from: &Sheet) {
    into.gaps.extend(from.gaps.iter().map(|gap| Gap { owner: None, ..gap.clone() }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sheet(kind: &str, with: serde_json::Value, count: u64) -> Sheet {
        let mut sheet = Sheet::named(kind);
        if let serde_json::Value::Object(map) = with {
            sheet.with = map.into_iter().collect();
        }
        sheet.examined(count);
        sheet
    }

    #[test]
    fn a_sheet_is_found_by_kind_and_arguments() {
        let sheets =
            Sheets::new([sheet("a", json!({"x": 1}), 1), sheet("a", json!({}), 2), sheet("b", json!({"x": 1}), 3)]);
        let with = BTreeMap::from([("x".to_string(), json!(1))]);
        assert_eq!(sheets.look(&Request::new("a", &with)).scope.count, 1);
        assert_eq!(sheets.of("a").scope.count, 2, "without arguments first");
        assert_eq!(sheets.of("b").scope.count, 3);
    }

    #[test]
    fn a_fact_is_found_by_its_name() {
        let mut told = sheet("a", json!({"x": 1}), 1);
        let line =
            |line| assize_facts::Item { fields: Default::default(), origin: assize_facts::Origin::line("f", line) };
        told.items = vec![line(1), line(2)];
        let name = format!("{}#1", told.stem());
        let sheets = Sheets::new([sheet("a", json!({}), 1), told]);
        assert_eq!(sheets.fact(&name).and_then(|item| item.origin.line), Some(2));
        assert_eq!((sheets.fact("a#0"), sheets.fact("b#0"), sheets.fact("a")), (None, None, None));
    }

    #[test]
    fn what_was_not_collected_is_a_gap() {
        let missing = Sheets::default();
        let sheet = missing.look(&Request::new("a", &BTreeMap::new()));
        assert_eq!((sheet.scope.count, sheet.gaps.len()), (0, 1));
        assert_eq!(sheet.gaps[0].reason.code, "not-collected");
        assert_eq!(missing.of("a").gaps.len(), 1);
    }

    #[test]
    fn a_second_record_of_the_same_is_a_gap() {
        let sheets = Sheets::new([sheet("a", json!({}), 5), sheet("a", json!({}), 2)]);
        assert_eq!(sheets.of("a").scope.count, 2);
        assert_eq!(sheets.of("a").gaps[0].reason.code, "recorded-twice");
    }
}
