//! Texts in archives, taken while the inventory looks into these: whoever wants them unpacks nothing again.

use crate::delivery::Delivery;
use crate::examine::{Found, Keep};
use crate::inventory;
use crate::open::{self, Stamp};
use crate::store::{Part, Store};
use assize_facts::kinds::inventory::Format;
use assize_facts::{Gap, Known, Reason, reason};
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

/// So much is kept of one archive with all that is in it,
const MOST: u64 = 64 << 20;
/// and of all archives of a deliverable together.
const IN_ALL: u64 = 256 << 20;
/// Larger files are not opened.
const LARGEST: u64 = 4 << 30;

/// What somebody wants of an archive, in bits of their own; 0 is nothing.
pub type Wanted = u8;

/// Whether a member is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    No,
    Yes,
    /// It would be, if it were not larger than that.
    UpTo(u64),
}

/// Which members of archives somebody wants to read. Names are as written, sizes unpacked.
pub trait Wish: Sync {
    /// What is wanted of a delivered archive, by its path.
    fn of_archive(&self, path: &str, size: u64) -> Wanted;
    /// What is wanted of one that is a member of another.
    fn of_inner(&self, around: Wanted, name: &str, size: u64) -> Wanted;
    /// Whether the bytes of a member are asked for,
    fn asks(&self, around: Wanted, name: &str, size: u64) -> Asks;
    /// and kept.
    fn keeps(&self, around: Wanted, name: &str, bytes: &[u8]) -> bool;
}

/// A member that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedText {
    /// Path of the archive that it is in, `!` before each that is inside of another.
    pub archive: String,
    pub name: String,
    pub wanted: Wanted,
    pub bytes: Vec<u8>,
}

/// What was kept of a delivered archive, in its order, and what may be missing.
#[derive(Clone, Debug, Default)]
pub struct PackedTexts {
    pub texts: Vec<PackedText>,
    /// Members that are too large; that there are too many; what ended the reading, and what else is a gap of the inventory.
    pub gaps: Vec<Gap>,
    /// Whether it is an image (OCI layout or `docker save`), so that what is inside of it are layers.
    pub is_image: bool,
}

/// A wish as it is carried to members of an archive.
#[derive(Clone, Copy)]
pub(crate) struct Carried<'a> {
    wish: &'a dyn Wish,
    wanted: Wanted,
}

impl<'a> Carried<'a> {
    pub(crate) fn to(wish: &'a dyn Wish, path: &str, size: u64) -> Option<Carried<'a>> {
        let wanted = wish.of_archive(path, size);
        (wanted != 0).then_some(Carried { wish, wanted })
    }

    pub(crate) fn into_member(self, name: &str, size: u64) -> Option<Carried<'a>> {
        let wanted = self.wish.of_inner(self.wanted, name, size);
        (wanted != 0).then_some(Carried { wanted, ..self })
    }

    /// Keeps a member that is wanted.
    pub(crate) fn take(self, archive: &str, name: &str, part: &Part<'_>, taken: &mut Taken) {
        let Carried { wish, wanted } = self;
        let size = part.len();
        let place = || format!("{archive}!{name}");
        match wish.asks(wanted, name, size) {
            Asks::No => return,
            Asks::Yes => {}
            Asks::UpTo(limit) => {
                return taken.lacks(reason!("file-too-large", path = place(), size = size, limit = limit), &place());
            }
        }
        let bytes = match part.bytes(0, usize::try_from(size).unwrap_or(usize::MAX)) {
            Ok(bytes) => bytes,
            Err(error) => return taken.lacks(reason!("file-unreadable", path = place(), detail = error), &place()),
        };
        if !wish.keeps(wanted, name, &bytes) {
            return;
        }
        taken.size = taken.size.saturating_add(size);
        if taken.size > MOST {
            return taken.lacks(reason!("archive-texts-too-many", limit = MOST), archive);
        }
        taken.texts.push(PackedText { archive: archive.to_owned(), name: name.to_owned(), wanted, bytes });
    }
}

/// What was taken of one file.
#[derive(Default)]
pub(crate) struct Taken {
    texts: Vec<PackedText>,
    size: u64,
    gaps: Vec<Gap>,
}

impl Taken {
    fn lacks(&mut self, reason: Reason, place: &str) {
        let gap = Gap { reason, place: place.into(), owner: None };
        if self.gaps.last() != Some(&gap) {
            self.gaps.push(gap);
        }
    }
}

impl PackedTexts {
    /// With what it is that was examined.
    pub(crate) fn of(found: &mut Found) -> PackedTexts {
        let Taken { texts, mut gaps, .. } = std::mem::take(&mut found.taken);
        gaps.extend(found.gaps.iter().cloned());
        let format = found.seen.first().map(|seen| &seen.format);
        let is_image = matches!(format, Some(Known::Value(Format::OciLayout | Format::DockerArchive)));
        PackedTexts { texts, gaps, is_image }
    }

    fn size(&self) -> u64 {
        self.texts.iter().map(|text| text.bytes.len() as u64).sum()
    }
}

/// What was taken of archives so far, by the entries' numbers.
#[derive(Default)]
pub(crate) struct Kept {
    all: HashMap<u32, Arc<PackedTexts>>,
    size: u64,
}

impl Delivery {
    /// What a wish takes of archives, each looked into once for this and for the inventory. There is one wish: what was taken stays.
    ///
    /// # Errors
    /// Of a file that cannot be opened or is too large; what cannot be read in it is a gap of its own.
    pub fn texts_in(&self, paths: &[&str], wish: &dyn Wish) -> Vec<Result<Arc<PackedTexts>, Reason>> {
        let mut all = Vec::with_capacity(paths.len());
        // So many at a time, that what is over the bound is let go of soon.
        for some in paths.chunks(rayon::current_num_threads().max(1)) {
            let read: Vec<_> = some.par_iter().map(|path| self.texts_of(path, wish)).collect();
            all.extend(some.iter().zip(read).map(|(path, read)| read.map(|texts| self.keep_texts(path, texts))));
        }
        all
    }

    fn texts_of(&self, path: &str, wish: &dyn Wish) -> Result<Arc<PackedTexts>, Reason> {
        let entry = self.file(path)?;
        if let Some(kept) = self.packed_texts().all.get(&entry.number) {
            return Ok(Arc::clone(kept));
        }
        if entry.size > LARGEST {
            return Err(reason!("file-too-large", path = path, size = entry.size, limit = LARGEST));
        }
        let (file, size) = open::regular(&self.host_path(path), path)?;
        let stamp = Stamp::of_file(&file, path)?;
        let store = Store::delivered(file, size);
        let carried = Carried::to(wish, path, size);
        if self.is_unexamined(entry) {
            let (found, texts) = inventory::examined(self, entry, &store, carried);
            self.keep_examined(entry, (stamp, found));
            return Ok(Arc::new(texts));
        }
        let mut found = inventory::looked(self, entry, &store, Keep::default(), carried)?;
        Ok(Arc::new(PackedTexts::of(&mut found)))
    }

    /// Keeps what was taken of an archive, if there is room for it beside that of others.
    fn keep_texts(&self, path: &str, texts: Arc<PackedTexts>) -> Arc<PackedTexts> {
        let Some(entry) = self.entry(path) else { return texts };
        let mut kept = self.packed_texts();
        if let Some(kept) = kept.all.get(&entry.number) {
            return Arc::clone(kept);
        }
        let size = kept.size.saturating_add(texts.size());
        let texts = match size > IN_ALL {
            true => {
                let reason = reason!("archive-texts-too-many", limit = IN_ALL);
                let gaps = vec![Gap { reason, place: path.into(), owner: None }];
                Arc::new(PackedTexts { gaps, ..PackedTexts::default() })
            }
            false => {
                kept.size = size;
                texts
            }
        };
        kept.all.insert(entry.number, Arc::clone(&texts));
        texts
    }

    fn packed_texts(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept_texts().lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::tests::zip_of;
    use assize_facts::{Deliverable, Limits, Quiet};
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Texts of up to ten bytes that begin with `t`, in archives and in archives inside of these; counts how often it is asked.
    #[derive(Default)]
    struct Short(AtomicUsize);

    impl Wish for Short {
        fn of_archive(&self, path: &str, _: u64) -> Wanted {
            u8::from(path.ends_with(".zip"))
        }

        fn of_inner(&self, around: Wanted, name: &str, _: u64) -> Wanted {
            if name.ends_with(".zip") { around + 1 } else { 0 }
        }

        fn asks(&self, _: Wanted, name: &str, size: u64) -> Asks {
            self.0.fetch_add(1, Ordering::Relaxed);
            match name.ends_with(".txt") {
                true if size > 10 => Asks::UpTo(10),
                true => Asks::Yes,
                false => Asks::No,
            }
        }

        fn keeps(&self, _: Wanted, _: &str, bytes: &[u8]) -> bool {
            bytes.starts_with(b"t")
        }
    }

    #[test]
    fn texts_are_taken_while_the_inventory_looks() {
        let inner = zip_of(&[("b.txt", b"two"), ("c.txt", b"none"), ("d.txt", b"too long to keep")]);
        let zip = zip_of(&[("a.txt", b"top"), ("more/in.zip", &inner), ("other.bin", &inner)]);
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("x.zip"), &zip).expect("a file");
        std::fs::write(folder.path().join("y.bin"), &zip).expect("a file");
        let open = || Delivery::open(folder.path(), Deliverable::default(), Limits::default()).expect("opened");
        let seen = |delivery: &Delivery| -> Vec<String> {
            let inventory = delivery.inventory(&Quiet);
            inventory.seen.iter().map(|seen| format!("{} {:?}", seen.path, seen.sha256)).collect()
        };
        let told = |delivery: &Delivery, wish: &Short| -> Vec<String> {
            let of = |read: Result<Arc<PackedTexts>, Reason>| {
                let read = read.expect("opened");
                let text = |t: &PackedText| format!("{}!{} {} {:?}", t.archive, t.name, t.wanted, t.bytes.len());
                let gap = |gap: &Gap| format!("{} {}", gap.place, gap.reason.code);
                read.texts.iter().map(text).chain(read.gaps.iter().map(gap)).collect::<Vec<String>>()
            };
            delivery.texts_in(&["x.zip", "y.bin"], wish).into_iter().flat_map(of).collect()
        };
        let expected = ["x.zip!a.txt 1 3", "x.zip!more/in.zip!b.txt 2 3", "x.zip!more/in.zip!d.txt file-too-large"];
        let (before, after) = (open(), open());
        let lines = seen(&after);
        assert_eq!(lines.len(), 20);
        let wish = Short::default();
        assert_eq!(told(&before, &wish), expected);
        let asked = wish.0.load(Ordering::Relaxed);
        assert_eq!(asked, 6);
        assert_eq!((seen(&before), told(&before, &wish)), (lines, expected.map(String::from).to_vec()));
        assert_eq!(wish.0.load(Ordering::Relaxed), asked, "it was looked into twice");
        // The inventory of that one was taken already.
        assert_eq!(told(&after, &Short::default()), expected);
        assert_eq!(before.texts_in(&["z"], &wish)[0].as_ref().expect_err("not there").code, "not-delivered");
    }
}
