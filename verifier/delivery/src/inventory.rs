//! The inventory: every delivered file examined in parallel, told in the order of paths.

use crate::declared::Names;
use crate::delivery::{Delivery, Examined};
use crate::examine::{self, Found, Keep};
use crate::open::{self, Stamp};
use crate::seen::Seen;
use crate::store::Store;
use crate::walk::{Entry, EntryKind};
use crate::wish::{Carried, PackedTexts};
use assize_facts::kinds::inventory::{File, Format};
use assize_facts::{Gap, Known, Origin, Progress, Reason, Sha256, Sheet, reason};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

/// Files larger than this are not even hashed.
const HASHED: u64 = 64 << 30;

/// What was found in the whole deliverable, or in one file of it.
#[derive(Default)]
pub(crate) struct Inventory {
    pub seen: Vec<Seen>,
    pub gaps: Vec<Gap>,
}

pub(crate) fn take(delivery: &Delivery, progress: &dyn Progress) -> Inventory {
    let entries = delivery.entries();
    progress.step(&format!("examining {} delivered files", entries.len()));
    // What was read by now was examined then; what has changed since is read again, and told.
    let before: HashMap<u32, Mutex<Examined>> =
        delivery.take_examined().into_iter().map(|(number, examined)| (number, Mutex::new(examined))).collect();
    let again = |entry: &Entry| {
        let mut examined = before.get(&entry.number)?.lock().unwrap_or_else(PoisonError::into_inner);
        let same = Stamp::now(&delivery.host_path(&entry.path)) == Some(examined.0);
        same.then(|| std::mem::take(&mut examined.1))
    };
    let of = |entry: &&Entry| (entry.number, again(entry).unwrap_or_else(|| of_entry(delivery, entry)));
    // What takes longest is begun while there is enough to do beside it.
    let mut by_size: Vec<&Entry> = entries.iter().collect();
    by_size.sort_by_key(|entry| Reverse(entry.size));
    let mut found: Vec<(u32, Inventory)> = by_size.par_iter().map(of).collect();
    found.sort_unstable_by_key(|(number, _)| *number);
    let mut gaps = delivery.gaps().to_vec();
    let mut seen = Vec::with_capacity(found.iter().map(|(_, found)| found.seen.len()).sum());
    let mut histories: BTreeMap<&str, Vec<Seen>> = BTreeMap::new();
    for (entry, (_, found)) in entries.iter().zip(found) {
        match history(&entry.path) {
            Some(folder) => {
                let (own, folded) = found.seen.into_iter().partition(stands_alone);
                seen.extend::<Vec<Seen>>(own);
                histories.entry(folder).or_default().extend::<Vec<Seen>>(folded);
                // What a history packs is opaque by nature; a file that cannot be read is still said.
                gaps.extend(found.gaps.into_iter().filter(|gap| gap.reason.code == "file-unreadable"));
            }
            None => {
                seen.extend(found.seen);
                gaps.extend(found.gaps);
            }
        }
    }
    seen.extend(histories.into_iter().map(|(folder, files)| history_line(folder, &files)));
    seen.sort_by(|a, b| a.path.cmp(&b.path));
    gaps.sort();
    gaps.dedup();
    Inventory { seen, gaps }
}

/// The folder of version-control metadata around a path.
fn history(path: &str) -> Option<&str> {
    let mut end = 0;
    for part in path.split('/') {
        end += part.len();
        if matches!(part, ".git" | ".hg" | ".svn" | ".bzr" | ".jj") && end < path.len() {
            return Some(&path[..end]);
        }
        end += 1;
    }
    None
}

/// Machine code and archives keep their line, also inside `.git`: it is a place to hide them.
fn stands_alone(seen: &Seen) -> bool {
    let archive = matches!(
        seen.format,
        Known::Value(
            Format::Tar
                | Format::Zip
                | Format::Zstd
                | Format::Xz
                | Format::StaticArchive
                | Format::OciLayout
                | Format::DockerArchive
        )
    );
    archive || matches!(seen.executable, Known::Value(true)) || seen.path.contains('!')
}

fn history_line(folder: &str, files: &[Seen]) -> Seen {
    let mut hash = Sha256::new();
    let mut unread = None;
    for file in files {
        match &file.sha256 {
            Known::Value(digest) => hash.update(format!("{} {} {}\n", digest.0, file.path.len(), file.path).as_bytes()),
            Known::Unknown(reason) => unread = Some(reason.clone()),
            Known::Possible(_) => {}
        }
    }
    let digest = unread.map_or_else(|| Known::Value(hash.digest()), Known::Unknown);
    Seen::new(folder, files.iter().map(|f| f.size).sum(), 0, digest, Format::VersionControl)
}

fn of_entry(delivery: &Delivery, entry: &Entry) -> Inventory {
    match &entry.kind {
        EntryKind::Link(target) => {
            let digest = Sha256::of(target.as_bytes()).into();
            let seen = vec![Seen::new(&entry.path, entry.size, entry.mode, digest, Format::Link)];
            Inventory { seen, gaps: vec![] }
        }
        EntryKind::Special(kind) => {
            let reason = reason!("special-file", path = &entry.path, kind = kind);
            let seen = Seen::new(&entry.path, 0, entry.mode, Known::Unknown(reason.clone()), Format::Special);
            of_found(lacking(seen, reason))
        }
        EntryKind::File => of_file(delivery, entry),
    }
}

/// A file that was not looked at.
fn lacking(seen: Seen, reason: Reason) -> Found {
    let mut found = Found::default();
    found.gap(reason, &seen.path);
    found.seen.push(seen);
    found
}

fn of_found(found: Found) -> Inventory {
    Inventory { seen: found.seen, gaps: found.gaps }
}

fn of_file(delivery: &Delivery, entry: &Entry) -> Inventory {
    let opened = open::regular(&delivery.host_path(&entry.path), &entry.path).and_then(|(file, size)| match size {
        0..=HASHED => Ok(Store::delivered(file, size)),
        _ => Err(reason!("file-too-large", path = &entry.path, size = size, limit = HASHED)),
    });
    match opened {
        Ok(store) => examined(delivery, entry, &store, None).0,
        Err(reason) => of_found(unexamined(entry, reason)),
    }
}

/// What is seen of a file whose bytes are at hand, and what is wished for of its members.
pub(crate) fn examined(
    delivery: &Delivery,
    entry: &Entry,
    store: &Store,
    wish: Option<Carried<'_>>,
) -> (Inventory, PackedTexts) {
    let mut keep = Keep::default();
    if delivery.will_be_opened(&entry.path) {
        keep.ranges = delivery.room_for(examine::tables(store));
        keep.passed = delivery.take_early(&entry.path).and_then(|early| early.over(entry, store));
    }
    let mut found = looked(delivery, entry, store, keep, wish).unwrap_or_else(|reason| unexamined(entry, reason));
    delivery.held().keep(std::mem::take(&mut found.programs));
    delivery.layers().keep(std::mem::take(&mut found.layers));
    if let Some(index) = found.index.take() {
        delivery.layers().keep_index(&entry.path, index);
    }
    if let Some(Seen { sha256: Known::Value(digest), .. }) = found.seen.first()
        && let Err(reason) = delivery.keep(entry, digest, found.trail.take(), std::mem::take(&mut found.kept))
    {
        found.gap(reason, &entry.path);
    }
    let texts = PackedTexts::of(&mut found);
    (of_found(found), texts)
}

/// Looks at a file whose bytes are at hand.
///
/// # Errors
/// The last resort: a bug of ours in one hostile file must not end the whole run.
pub(crate) fn looked(
    delivery: &Delivery,
    entry: &Entry,
    store: &Store,
    keep: Keep,
    wish: Option<Carried<'_>>,
) -> Result<Found, Reason> {
    let budget = delivery.budget();
    let work = || examine::examine(store, &entry.path, entry.mode, &budget, keep, delivery.texts(), wish);
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| reason!("examiner-failed", path = &entry.path))
}

fn unexamined(entry: &Entry, reason: Reason) -> Found {
    let unknown = || Known::Unknown(reason.clone());
    let mut seen = Seen::new(&entry.path, entry.size, entry.mode, Known::Unknown(reason.clone()), Format::OtherBinary);
    seen.format = Known::Unknown(reason.clone());
    (seen.executable, seen.go_program) = (unknown(), unknown());
    seen.packer = Known::Unknown(reason.clone());
    lacking(seen, reason)
}

/// The lines of one file that belongs to no delivered folder.
pub(crate) fn lines(delivery: &Delivery, found: Found) -> Sheet {
    sheet(delivery, &of_found(found), &|_| true)
}

/// The sheet `inventory.files`, or of it the lines whose paths are asked for.
pub(crate) fn sheet(delivery: &Delivery, inventory: &Inventory, asked: &dyn Fn(&str) -> bool) -> Sheet {
    let mut sheet = Sheet::of::<File>();
    sheet.gaps = inventory.gaps.clone();
    sheet.examined(inventory.seen.len() as u64);
    let names = Names::of(delivery.spec());
    for seen in inventory.seen.iter().filter(|seen| asked(&seen.path)) {
        let fact = File {
            path: seen.path.clone(),
            size: seen.size,
            sha256: seen.sha256.clone(),
            format: seen.format.clone(),
            executable_content: seen.executable.clone(),
            go_program: seen.go_program.clone(),
            packer: seen.packer.clone(),
            declared: names.cover(seen),
            mode: seen.mode.into(),
        };
        sheet.push(fact, Origin::file(&seen.path));
    }
    sheet.settle();
    sheet
}
