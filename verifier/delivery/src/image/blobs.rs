//! Where the files of an image layout lie: in a folder of the delivery, or in an archive of it.

use crate::archive::{self, Budget, MemberKind, Place, reason_of};
use crate::delivery::Delivery;
use crate::layer::{self, clean};
use crate::store::{Part, Store};
use assize_facts::{Reason, reason};
use std::collections::BTreeMap;

pub(crate) struct Blobs {
    /// What it is called in facts: the folder or archive.
    pub place: String,
    inner: Inner,
    /// What is odd about the archive itself.
    pub gaps: Vec<Reason>,
}

enum Inner {
    Folder(Delivery),
    Archive { store: Store, files: BTreeMap<String, Found> },
}

#[derive(Clone)]
enum Found {
    At(u64, u64),
    /// A link to another member, which `docker save` writes for a layer that two images share.
    Link(String),
}

impl Blobs {
    /// The layout at a path of the delivery.
    pub(crate) fn open(delivery: &Delivery, path: &str, budget: &Budget) -> Result<Blobs, Reason> {
        let folder = !delivery.under(path).is_empty();
        if folder && delivery.entry(path).is_none() {
            return Ok(Blobs { place: path.into(), inner: Inner::Folder(delivery.clone()), gaps: Vec::new() });
        }
        let store = delivery.store(path)?;
        let index = Index::of(&store.whole());
        if index.broken.is_none() || !index.files.is_empty() {
            return Ok(Blobs::archive(path, store, index));
        }
        let store = archive::tar_within(&store.whole(), path, budget)?;
        let index = Index::of(&store.whole());
        Ok(Blobs::archive(path, store, index))
    }

    fn archive(path: &str, store: Store, index: Index) -> Blobs {
        let mut gaps = index.gaps;
        gaps.extend(index.broken);
        Blobs { place: path.into(), inner: Inner::Archive { store, files: index.files }, gaps }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        match &self.inner {
            Inner::Folder(delivery) => delivery.entry(&self.inside(name)).is_some_and(|e| e.is_file()),
            Inner::Archive { files, .. } => files.contains_key(name),
        }
    }

    fn inside(&self, name: &str) -> String {
        if self.place == "." { name.into() } else { format!("{}/{name}", self.place) }
    }

    /// Gives a file of the layout to a function.
    pub(crate) fn with<T>(&self, name: &str, work: impl FnOnce(Part<'_>) -> Result<T, Reason>) -> Result<T, Reason> {
        match &self.inner {
            Inner::Folder(delivery) => {
                let path = self.inside(name);
                if delivery.entry(&path).is_none() {
                    return Err(self.missing(name));
                }
                work(delivery.store(&path)?.whole())
            }
            Inner::Archive { store, files } => {
                let (_, from, to) = resolve(files, name).ok_or_else(|| self.missing(name))?;
                let part = store.whole().slice(from, to);
                if part.len() < to - from {
                    return Err(reason!("archive-damaged", detail = format!("{name} is cut off")));
                }
                work(part)
            }
        }
    }

    /// What a file of the layout is called among the layers that the inventory noted.
    pub(crate) fn key(&self, name: &str) -> Option<String> {
        match &self.inner {
            Inner::Folder(_) => Some(self.inside(name)),
            Inner::Archive { files, .. } => layer::key(&self.place, &resolve(files, name)?.0),
        }
    }

    fn missing(&self, name: &str) -> Reason {
        reason!("image-part-missing", image = &self.place, part = name)
    }

    /// A small file of the layout whole.
    pub(crate) fn read(&self, name: &str, largest: u64) -> Result<Vec<u8>, Reason> {
        self.with(name, |part| {
            if part.len() > largest {
                return Err(reason!("file-too-large", path = name, size = part.len(), limit = largest));
            }
            part.bytes(0, part.len() as usize).map_err(reason_of)
        })
    }
}

/// What a file is called that is no link, and where it lies.
fn resolve(files: &BTreeMap<String, Found>, name: &str) -> Option<(String, u64, u64)> {
    let mut name = name.to_string();
    for _ in 0..8 {
        match files.get(&name)? {
            Found::At(from, to) => return Some((name, *from, *to)),
            Found::Link(target) => name = target.clone(),
        }
    }
    None
}

#[derive(Default)]
struct Index {
    files: BTreeMap<String, Found>,
    gaps: Vec<Reason>,
    /// What ended the reading early.
    broken: Option<Reason>,
}

impl Index {
    fn of(part: &Part<'_>) -> Index {
        let mut index = Index::default();
        let read = archive::places(*part, &mut |place| {
            index.take(place);
            Ok(())
        });
        index.broken = read.err().map(reason_of);
        index
    }

    fn take(&mut self, place: Place) {
        let Some(name) = clean(&place.member.name) else {
            return self.gaps.push(reason!("archive-name-refused", member = &place.member.name));
        };
        let found = match &place.member.kind {
            MemberKind::File => Found::At(place.from, place.to),
            MemberKind::HardLink(target) => match clean(target) {
                Some(target) => Found::Link(target),
                None => return,
            },
            MemberKind::Link(target) => match clean(&beside(&name, target)) {
                Some(target) => Found::Link(target),
                None => return,
            },
            MemberKind::Folder => return,
            MemberKind::Special(kind) => {
                return self.gaps.push(reason!("special-file", path = &name, kind = kind));
            }
        };
        if self.files.insert(name.clone(), found).is_some() {
            self.gaps.push(reason!("archive-duplicate", member = name));
        }
    }
}

/// A link's target as seen from the archive's top.
fn beside(name: &str, target: &str) -> String {
    match name.rsplit_once('/') {
        Some((folder, _)) if !target.starts_with('/') => format!("{folder}/{target}"),
        _ => target.into(),
    }
}
