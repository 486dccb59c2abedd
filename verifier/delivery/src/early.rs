//! The beginning of a file, looked at while the rest of it is still being hashed.

use crate::bytes::Bytes;
use crate::delivery::Delivery;
use crate::open;
use crate::pass::Kept;
use crate::scan::Passed;
use crate::store::Store;
use crate::trail::Trail;
use crate::walk::Entry;
use assize_facts::Reason;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// What is done with the beginning of a file as soon as that was hashed, on the thread that hashes it.
pub struct Early {
    /// Where the beginning ends, at least.
    pub upto: u64,
    pub then: Box<dyn FnOnce(Bytes) + Send>,
}

impl Early {
    /// As the pass over the file's bytes asks for it; what was kept of the beginning goes to whoever looks at it.
    pub(crate) fn over(self, entry: &Entry, store: &Store) -> Option<Passed> {
        let Store::Delivered(file, _) = store else { return None };
        let (file, path) = (Arc::clone(file), entry.path.clone());
        let then = Box::new(move |trail: Trail, kept| {
            let len = trail.len;
            if let Ok(beginning) = Bytes::new(&path, file, len, Arc::new(trail), kept) {
                (self.then)(beginning);
            }
        });
        Some(Passed { upto: self.upto, then })
    }
}

/// Of all files together so many bytes are kept from the inventory to their opening.
const KEPT: u64 = 64 << 20;

/// Files that will be opened next, and what of them was kept for that.
pub(crate) struct Opening {
    paths: BTreeSet<String>,
    room: u64,
    pub kept: HashMap<String, Vec<Kept>>,
    early: HashMap<String, Early>,
}

impl Opening {
    pub fn new() -> Opening {
        Opening { paths: BTreeSet::new(), room: KEPT, kept: HashMap::new(), early: HashMap::new() }
    }
}

impl Delivery {
    /// Says which files will be opened as binaries, so that the inventory keeps their tables: then nothing is read twice.
    pub fn will_open(&self, paths: impl IntoIterator<Item = String>) {
        self.opening().paths.extend(paths);
    }

    /// Says what can be done with the beginning of one of them before the rest of it was hashed.
    pub fn will_begin(&self, path: &str, early: Early) {
        self.opening().early.insert(path.to_string(), early);
    }

    pub(crate) fn take_early(&self, path: &str) -> Option<Early> {
        self.opening().early.remove(path)
    }

    pub(crate) fn will_be_opened(&self, path: &str) -> bool {
        self.opening().paths.contains(path)
    }

    /// Those ranges for which there is room.
    pub(crate) fn room_for(&self, ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
        let mut opening = self.opening();
        let fits = |range: &Range<u64>| match opening.room.checked_sub(range.end.saturating_sub(range.start)) {
            Some(left) => {
                opening.room = left;
                true
            }
            None => false,
        };
        ranges.into_iter().filter(fits).collect()
    }

    /// Looks at a file that was not hashed yet. What is seen is a guess: nothing may rest on it but what is looked for next, and what follows from it
    /// counts only where the same is seen of what was hashed.
    ///
    /// # Errors
    /// Where it cannot be opened, and what the look says.
    pub fn guess<T>(&self, path: &str, look: impl FnOnce(&Bytes) -> Result<T, Reason>) -> Result<T, Reason> {
        let entry = self.file(path)?;
        let (file, size) = open::regular(&self.root().join(entry.real()), path)?;
        look(&Bytes::unchecked(path, Arc::new(file), size)?)
    }
}
