//! Finds Go programs that nobody named: by their headers, quickly, without hashing anything.

use crate::delivery::Delivery;
use crate::examine::looks_like_go;
use crate::store::Store;
use crate::walk::Entry;
use crate::{exe, open, sniff};
use rayon::prelude::*;

/// The paths of Go programs, in order.
pub(crate) fn find(delivery: &Delivery) -> Vec<String> {
    let modules = delivery.spec().source.as_ref().and_then(|s| s.modules.as_deref());
    let candidates: Vec<&Entry> =
        delivery.entries().iter().filter(|e| e.is_file() && !aside(&e.path) && !below(&e.path, modules)).collect();
    candidates.par_iter().filter(|e| is_go(delivery, e)).map(|e| e.path.clone()).collect()
}

/// Test data and other people's code hold example binaries that nobody delivers as the product.
pub(crate) fn aside(path: &str) -> bool {
    let mut folders = path.split('/').rev().skip(1);
    folders.any(|part| {
        matches!(part, "testdata" | "vendor" | "node_modules") || part.starts_with(['.', '_']) || part.contains('@')
    })
}

fn below(path: &str, folder: Option<&str>) -> bool {
    folder.is_some_and(|folder| path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|r| r.starts_with('/')))
}

fn is_go(delivery: &Delivery, entry: &Entry) -> bool {
    let look = || {
        let (file, size) = open::regular(&delivery.host_path(&entry.path), &entry.path).ok()?;
        let store = Store::File(file, size);
        let part = store.whole();
        let head = part.bytes(0, 4096).ok()?;
        let kind = sniff::kind(&head, size);
        matches!(kind, sniff::Kind::Elf | sniff::Kind::MachO | sniff::Kind::Pe).then_some(())?;
        let exe = exe::read(kind, &part).ok()?;
        Some(looks_like_go(&part, &exe))
    };
    look().unwrap_or(false)
}
