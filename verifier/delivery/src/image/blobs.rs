//! Where the files of an image layout lie: in a folder of the delivery, or in an archive of it.

use crate::archive::{self, reason_of};
use crate::delivery::Delivery;
use crate::index::{Found, Index};
use crate::layer::Key;
use crate::store::{Part, Store};
use assize_facts::{Reason, reason};
use std::sync::{Arc, OnceLock};

pub(crate) struct Blobs {
    /// What it is called in facts: the folder or archive.
    pub place: String,
    inner: Inner,
    /// What is odd about the archive itself.
    pub gaps: Vec<Reason>,
}

enum Inner {
    Folder(Delivery),
    Archive(Archive),
    /// What the inventory noted of a compressed one, which is unpacked again only where that does not do.
    Noted {
        index: Arc<Index>,
        delivery: Delivery,
        again: OnceLock<Result<Archive, Reason>>,
    },
}

struct Archive {
    store: Store,
    index: Index,
}

impl Archive {
    fn of(store: Store) -> Archive {
        let index = Index::of(&store.whole());
        Archive { store, index }
    }

    /// The tar archive inside a compressed file.
    fn within(delivery: &Delivery, path: &str) -> Result<Archive, Reason> {
        let store = delivery.store(path)?;
        archive::tar_within(&store.whole(), path, &delivery.budget()).map(Archive::of)
    }

    fn part(&self, name: &str) -> Option<Result<Part<'_>, Reason>> {
        let (_, Found::At(from, to)) = self.index.resolve(name)? else { return None };
        let part = self.store.whole().slice(*from, *to);
        Some(match part.len() < to - from {
            true => Err(reason!("archive-damaged", detail = format!("{name} is cut off"))),
            false => Ok(part),
        })
    }
}

impl Blobs {
    /// The layout at a path of the delivery.
    pub(crate) fn open(delivery: &Delivery, path: &str) -> Result<Blobs, Reason> {
        let folder = !delivery.under(path).is_empty();
        if folder && delivery.entry(path).is_none() {
            return Ok(Blobs { place: path.into(), inner: Inner::Folder(delivery.clone()), gaps: Vec::new() });
        }
        let gaps = |index: &Index| index.gaps.iter().chain(&index.broken).cloned().collect();
        if let Some(index) = delivery.layers().index(path) {
            let gaps = gaps(&index);
            let inner = Inner::Noted { index, delivery: delivery.clone(), again: OnceLock::new() };
            return Ok(Blobs { place: path.into(), inner, gaps });
        }
        let mut archive = Archive::of(delivery.store(path)?);
        if archive.index.broken.is_some() && archive.index.files.is_empty() {
            archive = Archive::within(delivery, path)?;
        }
        Ok(Blobs { place: path.into(), gaps: gaps(&archive.index), inner: Inner::Archive(archive) })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        match &self.inner {
            Inner::Folder(delivery) => delivery.entry(&self.inside(name)).is_some_and(|e| e.is_file()),
            Inner::Archive(_) | Inner::Noted { .. } => self.index().is_some_and(|index| index.files.contains_key(name)),
        }
    }

    /// Of an archive, plain or compressed as a whole.
    fn index(&self) -> Option<&Index> {
        match &self.inner {
            Inner::Folder(_) => None,
            Inner::Archive(archive) => Some(&archive.index),
            Inner::Noted { index, .. } => Some(index),
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
            Inner::Archive(archive) => work(archive.part(name).ok_or_else(|| self.missing(name))??),
            Inner::Noted { index, delivery, again } => match index.resolve(name).ok_or_else(|| self.missing(name))?.1 {
                Found::Kept(bytes) => Store::over(bytes.to_vec(), |store| work(store.whole())).1,
                _ => {
                    let archive = again.get_or_init(|| Archive::within(delivery, &self.place));
                    let archive = archive.as_ref().map_err(Clone::clone)?;
                    work(archive.part(name).ok_or_else(|| self.missing(name))??)
                }
            },
        }
    }

    /// What a file of the layout is called among the layers that the inventory noted.
    pub(crate) fn key(&self, name: &str) -> Option<Key> {
        match &self.inner {
            Inner::Folder(_) => Some(Key::File(self.inside(name))),
            Inner::Archive(_) | Inner::Noted { .. } => Key::within(&self.place, self.index()?.resolve(name)?.0),
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
