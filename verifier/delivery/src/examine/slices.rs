//! The programs of which a fat Mach-O file consists: each is examined as a file of its own, and the rest of the file for others.

use super::{File, Found, embedded, one};
use crate::archive::Budget;
use crate::exe::{self, Exe};
use crate::pass::Scan;
use crate::seen::place_of_slice;
use crate::sniff::Kind;
use assize_facts::reason;
use std::ops::Range;

pub(super) fn of(file: &File<'_>, scan: &Scan, fat: &Exe, line: usize, budget: &Budget, found: &mut Found) {
    let machine = |slice: &Range<u64>| {
        let exe = exe::read(Kind::MachO, &file.part.slice(slice.start, slice.end));
        exe.map(|exe| exe.machine).unwrap_or_default()
    };
    found.seen[line].slices = fat.slices.iter().map(|slice| (slice.start, machine(slice))).collect();
    if file.depth >= budget.limits().archive_depth {
        return found.gap(reason!("limit-archive-depth", limit = budget.limits().archive_depth), &file.path);
    }
    for slice in &fat.slices {
        if let Err(reason) = budget.spend(slice.end.saturating_sub(slice.start)) {
            return found.gap(reason, &file.path);
        }
        let part = file.part.slice(slice.start, slice.end);
        let path = place_of_slice(&file.path, slice.start);
        one(&file.inner(part, path, file.mode), budget, found);
    }
    // What no slice takes up may still be a program: so hides one that the table does not list.
    embedded::between(file, scan, &around(fat), budget, found);
}

/// The stretches before, between and behind the slices.
fn around(fat: &Exe) -> Vec<(u64, u64)> {
    let mut slices: Vec<&Range<u64>> = fat.slices.iter().collect();
    slices.sort_unstable_by_key(|slice| slice.start);
    let starts = slices.iter().map(|slice| slice.start).chain([fat.end]);
    [0].into_iter().chain(slices.iter().map(|slice| slice.end)).zip(starts).collect()
}
