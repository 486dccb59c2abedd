//! Module contents at hand: opened and hashed once, whoever looks into them, and read file by file for the builds that take packages out of them.

use super::hashing::{Files as Hashes, Hashed, hash_all};
use super::store::{self, Form, Store};
use super::text;
use crate::build::{Contents, Files, Found, Supplied, Supply};
use assize_delivery::{Delivery, Packed, SourceTree};
use assize_facts::{Gap, Item, Reason, Sha256, reason};
use assize_golang::module::Module;
use assize_golang::sum::go_mod_h1;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The contents that were delivered and those that the buyer brings.
pub(crate) struct Shelf<'a> {
    delivery: &'a Delivery,
    sources: &'a [PathBuf],
    looked: Arc<Looked>,
}

/// What was opened and hashed of them, for whoever looks next.
#[derive(Default)]
pub(crate) struct Looked {
    stores: OnceLock<(Vec<Store>, Vec<Gap>)>,
    /// What came of hashing a module's forms in a store, without their files.
    hashed: Mutex<BTreeMap<(usize, Module), Vec<Hashed>>>,
    /// What is at hand of modules with these sums.
    supplies: Mutex<BTreeMap<(Module, BTreeSet<String>), Supply>>,
    /// By the roots of their files.
    volumes: Mutex<BTreeMap<String, Arc<Volume>>>,
}

/// Contents of one module that have go.sum's sum.
struct Volume {
    store: usize,
    form: Form,
    /// What stands before the paths of its files when they are shown.
    shown: String,
    /// In the order of their paths.
    leaves: Vec<Leaf>,
    supplied: Arc<Supplied>,
}

struct Leaf {
    sha256: [u8; 32],
    /// In a zip.
    place: Option<Packed>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Shelf<'a> {
    /// `looked` is of the same deliverable and the same sources, or new.
    pub fn new(delivery: &'a Delivery, sources: &'a [PathBuf], looked: Arc<Looked>) -> Shelf<'a> {
        Shelf { delivery, sources, looked }
    }

    /// Whether contents were delivered or brought at all.
    fn is_empty(&self) -> bool {
        let delivered = self.delivery.spec().source.as_ref().and_then(|source| source.modules.as_ref());
        self.sources.is_empty() && delivered.is_none()
    }

    pub(super) fn stores(&self) -> &[Store] {
        &self.opened().0
    }

    /// What keeps a store from being looked into.
    pub(super) fn gaps(&self) -> &[Gap] {
        &self.opened().1
    }

    fn opened(&self) -> &(Vec<Store>, Vec<Gap>) {
        self.looked.stores.get_or_init(|| store::stores(self.delivery, self.sources))
    }

    /// What comes of hashing forms of a module that a store has; without their files where they are not asked for.
    pub(super) fn hashed(&self, store: usize, module: &Module, forms: &[Form], files: bool) -> Vec<Hashed> {
        let key = (store, module.clone());
        let known = locked(&self.looked.hashed).get(&key).cloned();
        if let Some(known) = known.filter(|known| !files && known.len() == forms.len()) {
            return known;
        }
        let hashed = hash_all(&self.stores()[store], module, forms);
        let bare: Vec<Hashed> = hashed.iter().map(Hashed::bare).collect();
        locked(&self.looked.hashed).insert(key, bare.clone());
        if files { hashed } else { bare }
    }

    fn supply(&self, module: &Module, sums: &BTreeSet<String>) -> Supply {
        let key = (module.clone(), sums.clone());
        let known = locked(&self.looked.supplies).get(&key).cloned();
        known.unwrap_or_else(|| {
            let found = self.look(module, sums);
            locked(&self.looked.supplies).insert(key, found.clone());
            found
        })
    }

    /// Every form at hand has to be what go.sum sums: which of them a build takes is not known.
    fn look(&self, module: &Module, sums: &BTreeSet<String>) -> Supply {
        let (mut found, mut supply) = (None, Supply::Nothing);
        for (index, store) in self.stores().iter().enumerate() {
            let forms = store.find(module);
            if !forms.iter().any(Form::is_whole) {
                continue;
            }
            if sums.is_empty() {
                return Supply::Other;
            }
            let hashed = self.hashed(index, module, &forms, true);
            for (form, hashed) in forms.into_iter().zip(hashed).filter(|(form, _)| form.is_whole()) {
                match hashed {
                    Hashed::Sum { h1, files } if sums.iter().all(|sum| *sum == h1) => {
                        found = found.or(Some((index, form, files)));
                    }
                    Hashed::Sum { .. } | Hashed::Mistake(_) => return Supply::Other,
                    Hashed::Unseen(reason) => supply = Supply::Unseen(reason),
                }
            }
        }
        match found.map(|(store, form, files)| self.volume(module, store, form, files)) {
            Some(Ok(supplied)) => Supply::Files(supplied),
            Some(Err(reason)) => Supply::Unseen(reason),
            None => supply,
        }
    }

    fn volume(&self, module: &Module, store: usize, form: Form, files: Hashes) -> Result<Arc<Supplied>, Reason> {
        let at = &self.stores()[store];
        let (leaves, sizes) = match &form {
            Form::Zip(path) => in_zip(at, module, path, files)?,
            Form::Folder(path) | Form::GoMod(path) => in_folder(at, path, files),
        };
        let root = self.in_tree(at, &form).unwrap_or_else(|| format!("/{module}"));
        let shown = match &form {
            Form::Zip(path) => at.shown(&format!("{path}!{module}/")),
            Form::Folder(path) | Form::GoMod(path) => at.shown(path),
        };
        let supplied = Arc::new(Supplied::new(root.clone(), sizes));
        let volume = Volume { store, form, shown, leaves, supplied: Arc::clone(&supplied) };
        locked(&self.looked.volumes).insert(root, Arc::new(volume));
        Ok(supplied)
    }

    /// The folder of the source tree that extracted contents are.
    fn in_tree(&self, store: &Store, form: &Form) -> Option<String> {
        let Form::Folder(path) = form else { return None };
        let tree = self.delivery.source().ok().flatten().filter(|tree| tree.archive(self.delivery).is_none())?;
        let inner = path.strip_prefix(tree.prefix()).filter(|_| store.is_of(self.delivery))?;
        Some(inner.trim_end_matches('/').to_string())
    }

    /// The volume of a file that joined the tree, and the file's path in it.
    fn at<'p>(&self, path: &'p str) -> Option<(Arc<Volume>, &'p str)> {
        if !path.starts_with('/') {
            return None;
        }
        // No module's path holds the sign that its version stands behind.
        let sign = path.find('@')?;
        let end = sign + path[sign..].find('/').unwrap_or(path.len() - sign);
        let volume = locked(&self.looked.volumes).get(&path[..end]).cloned()?;
        Some((volume, path[end..].trim_start_matches('/')))
    }

    fn read(&self, volume: &Volume, inner: &str) -> Result<Vec<u8>, Reason> {
        let leaf = volume.supplied.number(inner).and_then(|number| volume.leaves.get(number));
        let leaf = leaf.ok_or_else(|| reason!("not-delivered", path = inner))?;
        let store = &self.stores()[volume.store];
        let (Form::Zip(path) | Form::Folder(path) | Form::GoMod(path)) = &volume.form;
        match &leaf.place {
            Some(place) => {
                let bytes = store.delivery.unpacked(path, place)?;
                let same = Sha256::of(&bytes).raw() == Some(leaf.sha256);
                same.then_some(bytes).ok_or_else(|| reason!("file-changed", path = store.shown(path)))
            }
            // What it was when it was hashed, the deliverable remembers.
            None => store.delivery.read(&format!("{path}{inner}")),
        }
    }

    /// What the inventory would say of files that joined the tree, by their paths as they are shown.
    pub fn looks(&self, asked: &dyn Fn(&str) -> bool) -> Vec<Item> {
        let volumes: Vec<Arc<Volume>> = locked(&self.looked.volumes).values().cloned().collect();
        let of = |volume: Arc<Volume>| {
            let mut items = Vec::new();
            for inner in volume.supplied.paths().filter(|_| volume.supplied.root.starts_with('/')) {
                let shown = format!("{}{inner}", volume.shown);
                if asked(&shown)
                    && let Ok(bytes) = self.read(&volume, inner)
                {
                    items.extend(self.delivery.look_at(&shown, bytes).items);
                }
            }
            items
        };
        volumes.into_iter().flat_map(of).collect()
    }
}

/// Files of a zip, with their places, and their sizes.
type Leaves = (Vec<Leaf>, Vec<(Box<str>, u64)>);

fn in_zip(store: &Store, module: &Module, path: &str, files: Hashes) -> Result<Leaves, Reason> {
    let prefix = format!("{module}/");
    let places: BTreeMap<String, Packed> = store.delivery.packed(path)?.into_iter().collect();
    let (mut leaves, mut sizes) = Leaves::default();
    for (inner, sha256) in files {
        let place = places.get(&format!("{prefix}{inner}"));
        let place = *place.ok_or_else(|| reason!("archive-damaged", detail = &inner))?;
        sizes.push((inner.as_str().into(), place.size()));
        leaves.push(Leaf { sha256, place: Some(place) });
    }
    Ok((leaves, sizes))
}

fn in_folder(store: &Store, path: &str, files: Hashes) -> Leaves {
    let (mut leaves, mut sizes) = Leaves::default();
    for (inner, sha256) in files {
        let size = store.delivery.entry(&format!("{path}{inner}")).map_or(0, |entry| entry.size);
        sizes.push((inner.as_str().into(), size));
        leaves.push(Leaf { sha256, place: None });
    }
    (leaves, sizes)
}

impl Contents for Shelf<'_> {
    fn open(&self, wanted: &[(&Module, &BTreeSet<String>)]) -> Vec<Supply> {
        wanted.par_iter().with_max_len(1).map(|(module, sums)| self.supply(module, sums)).collect()
    }

    fn go_mod(&self, module: &Module, sums: &BTreeSet<String>) -> Option<Vec<u8>> {
        let read = |store: &Store, form: &Form| match form {
            Form::GoMod(path) => store.delivery.read(path).ok(),
            Form::Folder(path) => store.delivery.read(&format!("{path}go.mod")).ok(),
            Form::Zip(path) => {
                let places = store.delivery.packed(path).ok()?;
                let (_, place) = places.into_iter().find(|(name, _)| *name == format!("{module}/go.mod"))?;
                store.delivery.unpacked(path, &place).ok()
            }
        };
        let is_it = |text: &Vec<u8>| !sums.is_empty() && sums.iter().all(|sum| *sum == go_mod_h1(text));
        // A zip is looked through last: that takes longest.
        let of_store = |store: &Store| store.find(module).iter().rev().find_map(|form| read(store, form).filter(is_it));
        self.stores().iter().find_map(of_store)
    }
}

/// The source tree with the module contents beside it.
pub(crate) struct Delivered<'a> {
    pub tree: &'a SourceTree,
    pub shelf: &'a Shelf<'a>,
    /// Whether packages are taken out of contents.
    pub follows: bool,
}

impl Files for Delivered<'_> {
    fn list(&self) -> Vec<Found> {
        Files::list(self.tree)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Reason> {
        match self.shelf.at(path) {
            Some((volume, inner)) => self.shelf.read(&volume, inner),
            None => self.tree.read(path),
        }
    }

    fn module_file(&self, path: &str) -> Result<Vec<u8>, Reason> {
        text::read(self.tree, path)
    }

    fn shown(&self, path: &str) -> String {
        match self.shelf.at(path) {
            Some((volume, inner)) => format!("{}{inner}", volume.shown),
            None => self.tree.shown(path),
        }
    }

    fn read_shown(&self, shown: &str) -> Result<Vec<u8>, Reason> {
        let joined = |volume: &&Arc<Volume>| volume.supplied.root.starts_with('/') && shown.starts_with(&volume.shown);
        let volume = locked(&self.shelf.looked.volumes).values().find(joined).cloned();
        match volume {
            Some(volume) => self.shelf.read(&volume, &shown[volume.shown.len()..]),
            None => {
                let path = shown.strip_prefix(self.tree.prefix());
                self.tree.read(path.ok_or_else(|| reason!("not-delivered", path = shown))?)
            }
        }
    }

    fn contents(&self) -> Option<&dyn Contents> {
        (self.follows && !self.shelf.is_empty()).then_some(self.shelf as &dyn Contents)
    }
}
