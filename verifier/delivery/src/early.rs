//! The beginning of a file, looked at while the rest of it is still being hashed.

use crate::bytes::Bytes;
use crate::delivery::Delivery;
use crate::open;
use crate::scan::Passed;
use crate::store::Store;
use crate::trail::Trail;
use crate::walk::Entry;
use assize_facts::Reason;
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

impl Delivery {
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
