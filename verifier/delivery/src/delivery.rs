//! The opened deliverable: its entries, bounded reads, digests, and what it declares.

use crate::archive::{Budget, Whole};
use crate::bytes::Bytes;
use crate::declared;
use crate::early::Opening;
use crate::held::{self, Held};
use crate::image::{self, Images};
use crate::inventory::{self, Inventory};
use crate::layer::{Noted, Texts};
use crate::marks::MOST_HITS;
use crate::open::{self, Stamp};
use crate::pass::Kept;
use crate::programs::{self, Executable};
use crate::seen::{GoSigns, Seen};
use crate::sniff;
use crate::source::{self, SourceTree};
use crate::store::Store;
use crate::trail::{Trail, Walking};
use crate::unpack::{self, Unpacked};
use crate::walk::{self, Entry, EntryKind};
use crate::wish;
use assize_facts::kinds::image::{File as ImageFile, Manifest};
use assize_facts::kinds::inventory::{Declared, File};
use assize_facts::{
    Deliverable, Digest, Fact, Gap, Known, Limits, Progress, Quiet, Reason, Request, Sha256, Sheet, reason,
};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Why a deliverable could not be opened at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0} cannot be opened: {1}")]
    Unreadable(PathBuf, #[source] io::Error),
    #[error("{0} is not a folder")]
    NotAFolder(PathBuf),
}

/// Files up to this size are examined as they are read, so that the inventory need not read them once more.
const EXAMINED_WITH: usize = 4 << 20;

/// What is unpacked for that keeps whoever reads it waiting: the inventory does it beside other files.
fn takes_no_time(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(sniff::HEAD)];
    let kind = sniff::kind(head, bytes.len() as u64);
    bytes.len() <= EXAMINED_WITH && matches!(kind, sniff::Kind::Plain | sniff::Kind::Script | sniff::Kind::Empty)
}

/// What was seen of a file, and what it was then.
pub(crate) type Examined = (Stamp, Inventory);

/// An opened deliverable; cheap to clone.
#[derive(Clone)]
pub struct Delivery(Arc<Inner>);

struct Inner {
    root: PathBuf,
    spec: Deliverable,
    limits: Limits,
    entries: Vec<Entry>,
    gaps: Vec<Gap>,
    /// SHA-256 of what was read, by the entries' numbers.
    digests: Box<[OnceLock<[u8; 32]>]>,
    /// What may still be unpacked.
    unpacked_left: Whole,
    /// Of machine code that was read, by the entries' numbers.
    trails: Mutex<HashMap<u32, Arc<Trail>>>,
    opening: Mutex<Opening>,
    source: OnceLock<Result<Option<source::Kept>, Reason>>,
    inventory: OnceLock<Inventory>,
    /// What was seen of files that were read before the inventory was taken, by the entries' numbers; nothing any more when that has begun.
    examined: Mutex<Option<HashMap<u32, Examined>>>,
    programs: OnceLock<Vec<String>>,
    images: OnceLock<Images>,
    held: Held,
    layers: Noted,
    texts: Texts,
    packed: Mutex<wish::Kept>,
    /// The private folder that this deliverable was unpacked to, if it was; removed with the last user.
    _unpacked: Option<tempfile::TempDir>,
}

impl Delivery {
    /// Walks the folder. Nothing is read yet; what the walk could not see is in [`Delivery::gaps`].
    pub fn open(root: &Path, spec: Deliverable, limits: Limits) -> Result<Delivery, OpenError> {
        let root = root.canonicalize().map_err(|error| OpenError::Unreadable(root.into(), error))?;
        if !root.is_dir() {
            return Err(OpenError::NotAFolder(root));
        }
        std::fs::read_dir(&root).map_err(|error| OpenError::Unreadable(root.clone(), error))?;
        Ok(Delivery::walked(root, spec, limits, Vec::new(), None))
    }

    /// The same for a folder that the buyer brings: no inventory is taken of it.
    pub fn open_beside(root: &Path, limits: Limits) -> Result<Delivery, OpenError> {
        let opened = Delivery::open(root, Deliverable::default(), limits)?;
        opened.take_examined();
        Ok(opened)
    }

    /// Unpacks an archive of this deliverable to a private folder and opens that: what could not be unpacked is in its gaps.
    pub fn unpack(&self, path: &str) -> Result<Delivery, Reason> {
        let Unpacked { folder, gaps } = unpack::unpack(&self.store(path)?, path, &self.budget())?;
        let root = folder.path().to_path_buf();
        Ok(Delivery::walked(root, Deliverable::default(), self.0.limits.clone(), gaps, Some(folder)))
    }

    fn walked(
        root: PathBuf,
        spec: Deliverable,
        limits: Limits,
        mut gaps: Vec<Gap>,
        unpacked: Option<tempfile::TempDir>,
    ) -> Delivery {
        let walk = walk::walk(&root, &limits);
        let (unpacked_in_all, texts) = (limits.unpacked_in_all, image::texts(&spec));
        gaps.extend(walk.gaps);
        Delivery(Arc::new(Inner {
            root,
            texts,
            spec,
            limits,
            digests: walk.entries.iter().map(|_| OnceLock::new()).collect(),
            entries: walk.entries,
            gaps,
            unpacked_left: Whole::new(AtomicU64::new(unpacked_in_all)),
            trails: Mutex::default(),
            opening: Mutex::new(Opening::new()),
            source: OnceLock::new(),
            inventory: OnceLock::new(),
            // Of what was unpacked no inventory is taken.
            examined: Mutex::new(unpacked.is_none().then(HashMap::new)),
            programs: OnceLock::new(),
            images: OnceLock::new(),
            held: Held::default(),
            layers: Noted::default(),
            packed: Mutex::default(),
            _unpacked: unpacked,
        }))
    }

    pub fn spec(&self) -> &Deliverable {
        &self.0.spec
    }

    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// What one file may cost to open.
    pub(crate) fn budget(&self) -> Budget {
        Budget::within(&self.0.limits, &self.0.unpacked_left)
    }

    pub fn root(&self) -> &Path {
        &self.0.root
    }

    /// Every file, link and special file, ordered by path.
    pub fn entries(&self) -> &[Entry] {
        &self.0.entries
    }

    /// What the walk could not see: unreadable folders and limits. The place of each is a path of the deliverable.
    pub fn gaps(&self) -> &[Gap] {
        &self.0.gaps
    }

    pub fn entry(&self, path: &str) -> Option<&Entry> {
        let index = self.0.entries.binary_search_by(|e| e.path.as_str().cmp(path)).ok()?;
        self.0.entries.get(index)
    }

    /// The entries below a folder (`""` or `.` for all), ordered by path.
    pub fn under(&self, folder: &str) -> &[Entry] {
        let folder = folder.trim_end_matches('/');
        if folder.is_empty() || folder == "." {
            return &self.0.entries;
        }
        let prefix = format!("{folder}/");
        let from = self.0.entries.partition_point(|e| e.path.as_str() < prefix.as_str());
        let rest = &self.0.entries[from..];
        &rest[..rest.partition_point(|e| e.path.starts_with(&prefix))]
    }

    /// A file as bytes, of at most `limits.text_file`. A file that changed since it was last read is a reason, not an answer.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Reason> {
        self.read_within(path, self.0.limits.text_file)
    }

    /// A file of at most `limits.binary_file` bytes, of which parts are read by need, each held against the hash of the whole.
    pub fn open_binary(&self, path: &str) -> Result<Bytes, Reason> {
        let entry = self.file(path)?;
        let (file, size) = open::regular(&walk::under(&self.0.root, entry.real()), path)?;
        let limit = self.0.limits.binary_file;
        if size > limit {
            return Err(reason!("file-too-large", path = path, size = size, limit = limit));
        }
        let trail = self.trail(path, entry)?;
        let kept = self.opening().kept.remove(path).unwrap_or_default();
        Bytes::new(path, Arc::new(file), size, trail, kept)
    }

    pub(crate) fn opening(&self) -> std::sync::MutexGuard<'_, Opening> {
        self.0.opening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the inventory saw of a file.
    pub(crate) fn keep(
        &self,
        entry: &Entry,
        digest: &Digest,
        trail: Option<Arc<Trail>>,
        kept: Vec<Kept>,
    ) -> Result<(), Reason> {
        self.remember(entry, digest, trail)?;
        if !kept.is_empty() {
            self.opening().kept.insert(entry.path.clone(), kept);
        }
        Ok(())
    }

    /// The one of the inventory; where that was not taken, or did not see machine code, the file is hashed now.
    fn trail(&self, path: &str, entry: &Entry) -> Result<Arc<Trail>, Reason> {
        if let Some(trail) = self.trails().get(&entry.number) {
            return Ok(Arc::clone(trail));
        }
        let mut walking = Walking::default();
        open::stream(&walk::under(&self.0.root, entry.real()), path, |piece| walking.update(piece))?;
        let trail = Arc::new(walking.end());
        self.remember(entry, &trail.digest, Some(Arc::clone(&trail)))?;
        Ok(trail)
    }

    fn read_within(&self, path: &str, limit: u64) -> Result<Vec<u8>, Reason> {
        let entry = self.file(path)?;
        let (bytes, stamp) = open::whole(&walk::under(&self.0.root, entry.real()), path, limit)?;
        if !takes_no_time(&bytes) || !self.is_unexamined(entry) {
            self.remember(entry, &Sha256::of(&bytes), None)?;
            return Ok(bytes);
        }
        let (bytes, (found, _)) = Store::over(bytes, |store| inventory::examined(self, entry, store, None));
        let digest = found.seen.first().and_then(|seen| seen.sha256.value());
        let digest = digest.map_or_else(|| Cow::Owned(Sha256::of(&bytes)), Cow::Borrowed);
        self.remember(entry, &digest, None)?;
        self.keep_examined(entry, (stamp, found));
        Ok(bytes)
    }

    /// Keeps for the inventory what was seen of a file.
    pub(crate) fn keep_examined(&self, entry: &Entry, examined: Examined) {
        if let Some(all) = &mut *self.examined() {
            all.insert(entry.number, examined);
        }
    }

    pub(crate) fn is_unexamined(&self, entry: &Entry) -> bool {
        self.examined().as_ref().is_some_and(|all| !all.contains_key(&entry.number))
    }

    fn examined(&self) -> std::sync::MutexGuard<'_, Option<HashMap<u32, Examined>>> {
        self.0.examined.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was seen of files when they were read, for the inventory.
    pub(crate) fn take_examined(&self) -> HashMap<u32, Examined> {
        self.examined().take().unwrap_or_default()
    }

    /// SHA-256 of a file's content; of a link, of its target's text.
    pub fn digest(&self, path: &str) -> Result<Digest, Reason> {
        self.digest_of(self.entry(path).ok_or_else(|| reason!("not-delivered", path = path))?)
    }

    /// The same of an entry that is at hand.
    pub fn digest_of(&self, entry: &Entry) -> Result<Digest, Reason> {
        let path = entry.path.as_str();
        if let Some(digest) = self.0.digests[entry.number as usize].get() {
            return Ok(Digest::sha256(*digest));
        }
        match &entry.kind {
            EntryKind::File => {}
            EntryKind::Link(target) => return Ok(Sha256::of(target.as_bytes())),
            EntryKind::Special(_) => return Err(reason!("file-not-regular", path = path)),
        }
        let mut hash = Sha256::new();
        open::stream(&walk::under(&self.0.root, entry.real()), path, |piece| hash.update(piece))?;
        let digest = hash.digest();
        self.remember(entry, &digest, None)?;
        Ok(digest)
    }

    pub(crate) fn file(&self, path: &str) -> Result<&Entry, Reason> {
        let entry = self.entry(path).ok_or_else(|| reason!("not-delivered", path = path))?;
        if entry.is_file() { Ok(entry) } else { Err(reason!("file-not-regular", path = path)) }
    }

    fn trails(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Arc<Trail>>> {
        self.0.trails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that was read of a file has one digest, and its trail leads to that.
    pub(crate) fn remember(&self, entry: &Entry, digest: &Digest, trail: Option<Arc<Trail>>) -> Result<(), Reason> {
        let digest = digest.raw();
        let first = digest.map(|digest| self.0.digests[entry.number as usize].get_or_init(|| digest));
        if first.copied() != digest || digest.is_none() {
            return Err(reason!("file-changed", path = entry.path));
        }
        if let Some(trail) = trail {
            self.trails().insert(entry.number, trail);
        }
        Ok(())
    }

    /// Where a path of the deliverable is on this machine, for the sandbox. Only paths of [`Delivery::entries`] and their folders are known not to lead through links.
    pub fn host_path(&self, path: &str) -> PathBuf {
        match self.entry(path) {
            Some(entry) => walk::under(&self.0.root, entry.real()),
            None => self.0.root.join(path),
        }
    }

    /// The delivered Go source: declared, else the folder with `go.work` or `go.mod` nearest the root. `None` where there is none.
    pub fn source(&self) -> Result<Option<SourceTree>, Reason> {
        let find = || source::find(self).map(|tree| tree.map(|tree| source::Kept::of(tree, self)));
        let kept = self.0.source.get_or_init(find).clone();
        kept.map(|kept| kept.map(|kept| kept.tree(self)))
    }

    /// Whether another is the same opened deliverable.
    pub fn is(&self, other: &Delivery) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn store(&self, path: &str) -> Result<Store, Reason> {
        let entry = self.file(path)?;
        let (file, size) = open::regular(&walk::under(&self.0.root, entry.real()), path)?;
        Ok(Store::delivered(file, size))
    }

    /// The binaries to examine: those that `deliverable.toml` names; where it names none, the Go programs found by content outside of test data, vendored code and module contents.
    pub fn declared_binaries(&self) -> Vec<Executable> {
        let declared = self.0.spec.binaries.iter();
        let declared: Vec<Executable> = declared.map(|b| Executable::plain(&b.name, &b.path, true)).collect();
        if !declared.is_empty() {
            return declared;
        }
        let found = self.0.programs.get_or_init(|| programs::find(self)).iter();
        found.map(|path| Executable::plain(path, path, false)).collect()
    }

    /// Go programs beside those of [`Delivery::declared_binaries`], each content once: files that `deliverable.toml` does not name while it names others, and
    /// what is in archives and in the final file systems of images.
    pub fn programs_beside(&self) -> Vec<Executable> {
        programs::beside(self)
    }

    /// A program of [`Delivery::declared_binaries`] or [`Delivery::programs_beside`], as [`Delivery::open_binary`] opens a file.
    pub fn open_program(&self, program: &Executable) -> Result<Bytes, Reason> {
        if let Some(reason) = &program.closed {
            return Err(reason.clone());
        }
        let Known::Value(digest) = &program.sha256 else { return self.open_binary(&program.path) };
        if let Some(held) = self.0.held.open(digest, &program.path, self.0.limits.binary_file) {
            return held;
        }
        let not_kept = || reason!("program-not-kept", path = program.path, limit = held::MOST);
        let file = self.entry(&program.path).map(|_| self.open_binary(&program.path)).ok_or_else(not_kept)??;
        if file.sha256() == digest { Ok(file) } else { Err(not_kept()) }
    }

    /// Programs inside of delivered files, on their way from the inventory to their opening.
    pub(crate) fn held(&self) -> &Held {
        &self.0.held
    }

    /// Layers of images, on their way from the inventory to the images.
    pub(crate) fn layers(&self) -> &Noted {
        &self.0.layers
    }

    /// What was taken of archives.
    pub(crate) fn kept_texts(&self) -> &Mutex<wish::Kept> {
        &self.0.packed
    }

    pub(crate) fn texts(&self) -> &Texts {
        &self.0.texts
    }

    /// One sheet per request of this room (`inventory.files`, `inventory.declared`, `image.manifest`, `image.files`).
    pub fn collect(&self, requests: &[Request], progress: &dyn Progress) -> Vec<Sheet> {
        let sheet = |request: &Request| {
            let mut sheet = match request.kind.as_str() {
                File::KIND => inventory::sheet(self, self.inventory(progress), &|_| true),
                Declared::KIND => declared::sheet(self),
                Manifest::KIND => image::manifests(self, self.images(progress)),
                ImageFile::KIND => image::files(self, self.images(progress)),
                _ => return None,
            };
            sheet.with = request.args();
            Some(sheet)
        };
        requests.iter().filter_map(sheet).collect()
    }

    /// Of the sheet `inventory.files` the lines whose paths are asked for.
    pub fn files(&self, asked: &dyn Fn(&str) -> bool) -> Sheet {
        inventory::sheet(self, self.inventory(&Quiet), asked)
    }

    /// Takes the inventory, if it was not taken yet: so that it can be done beside something else.
    pub fn take_inventory(&self, progress: &dyn Progress) {
        self.inventory(progress);
    }

    pub(crate) fn images(&self, progress: &dyn Progress) -> &Images {
        self.0.images.get_or_init(|| image::read(self, progress))
    }

    /// Shared objects that texts in an executable of the inventory name, at most 20, ascending.
    pub fn named_libraries(&self, program: &Executable) -> Vec<String> {
        let held = program.sha256.value().and_then(|digest| self.0.held.ask(digest, |inner| inner.libraries.clone()));
        held.or_else(|| Some(self.seen(&program.path)?.libraries.clone())).unwrap_or_default()
    }

    /// What an executable of the inventory holds of Go's, wherever it stands; the reason where not all of it was looked at.
    pub fn go_signs(&self, program: &Executable) -> Result<GoSigns, Reason> {
        let held = program.sha256.value().and_then(|digest| self.0.held.ask(digest, |inner| inner.signs));
        let signs = held.or_else(|| Some(self.seen(&program.path)?.go_signs));
        let signs = signs.ok_or_else(|| reason!("not-in-inventory", path = program.path))?;
        signs.ok_or_else(|| reason!("limit-embedded", limit = MOST_HITS))
    }

    pub(crate) fn seen(&self, path: &str) -> Option<&Seen> {
        let seen = &self.inventory(&Quiet).seen;
        seen.binary_search_by(|seen| seen.path.as_str().cmp(path)).ok().map(|at| &seen[at])
    }

    pub(crate) fn inventory(&self, progress: &dyn Progress) -> &Inventory {
        self.0.inventory.get_or_init(|| inventory::take(self, progress))
    }

    /// The deliverable's digest: SHA-256 of its [`Delivery::listing`].
    pub fn digest_all(&self) -> Digest {
        Sha256::of(&self.listing())
    }

    /// The sorted lines `sha256:… LENGTH PATH\n` of all entries, LENGTH being that of the path in bytes. A file that cannot be read has its reason's code in place of a digest.
    pub fn listing(&self) -> Vec<u8> {
        // Hashes all files in parallel, and reads them once with the inventory.
        self.inventory(&Quiet);
        let mut lines = Vec::new();
        for entry in &self.0.entries {
            let digest = match (&entry.kind, self.digest(&entry.path)) {
                (EntryKind::Special(kind), _) => format!("special:{kind}"),
                (_, Ok(digest)) => digest.0,
                (_, Err(reason)) => reason.into_code(),
            };
            // Names may hold line breaks; their length keeps two listings from looking alike.
            let len = entry.path.len().to_string();
            lines.extend_from_slice([&*digest, " ", &len, " ", &entry.path, "\n"].concat().as_bytes());
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opened_deliverable_is_given_up_with_its_last_user() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("go.mod"), "module example.com/m\n").expect("a file");
        let delivery = Delivery::open(folder.path(), Deliverable::default(), Limits::default()).expect("opened");
        let tree = delivery.source().expect("found").expect("a tree");
        assert_eq!(tree.entries().count(), 1);
        let held = Arc::downgrade(&delivery.0);
        drop((delivery, tree));
        assert!(held.upgrade().is_none());
    }
}
