//! What every collector of this room works on: the program, its texts, and the inventory for what source refers to.

use crate::build::{FileId, LEAST, Program};
use crate::go::syntax::Span;
use crate::go::text::Text;
use crate::hashed::HashMap;
use crate::meaning::{Decls, Own, Selections, Symbol};
use assize_facts::kinds::source::Owner;
use assize_facts::{Gap, Origin, Sheet, reason};
use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A file's bytes.
pub(crate) struct Bytes(Arc<Text>);

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// Texts that were looked at last: whoever asks after one name of a package often asks after the next, in the same files.
#[derive(Default)]
struct Recent {
    texts: VecDeque<(FileId, Arc<Text>)>,
    bytes: usize,
}

impl Recent {
    /// Bytes of them,
    const MOST: usize = 512 << 10;
    /// and of each.
    const LARGEST: usize = 128 << 10;

    fn get(&self, file: FileId) -> Option<Arc<Text>> {
        self.texts.iter().find(|(known, _)| *known == file).map(|(_, text)| text.clone())
    }

    fn add(&mut self, file: FileId, text: &Arc<Text>) {
        if text.bytes.len() > Self::LARGEST || self.get(file).is_some() {
            return;
        }
        self.bytes += text.bytes.len();
        self.texts.push_back((file, text.clone()));
        while self.bytes > Self::MOST
            && let Some((_, gone)) = self.texts.pop_front()
        {
            self.bytes -= gone.bytes.len();
        }
    }
}

/// What `inventory.files` has on the files that are asked for, by their paths as it shows them.
pub(crate) type Inventory<'a> = dyn Fn(&dyn Fn(&str) -> bool) -> Sheet + Send + Sync + 'a;

/// Those that are kept, by the files.
struct Texts {
    all: Vec<OnceLock<Option<Arc<Text>>>>,
    /// Bytes of them.
    kept: AtomicUsize,
    /// Whether there is room for all of them: then they stay whatever else is let go of.
    stay: bool,
}

impl Texts {
    fn of(program: &Program, stay: bool) -> Texts {
        let all = program.folders.files.iter().map(|_| OnceLock::new()).collect();
        Texts { all, kept: AtomicUsize::new(0), stay }
    }

    fn keep(&self, text: Arc<Text>) -> Arc<Text> {
        self.kept.fetch_add(text.bytes.len(), Ordering::Relaxed);
        text
    }
}

pub(crate) struct Source<'a> {
    pub program: Arc<Program<'a>>,
    texts: Arc<Texts>,
    recent: Arc<Mutex<Recent>>,
    /// Bytes that texts and trees may take from one kind to the next.
    room: usize,
    /// Taken when something refers to a file.
    inventory: Arc<Inventory<'a>>,
    /// Parsed when asked for, by whatever kind first asks.
    pub decls: Decls,
    /// The supplier's own files, once somebody asks.
    own: Arc<OnceLock<Own>>,
    /// Whether methods may be called by what is not seen, once somebody asks.
    calls_unseen: Arc<OnceLock<bool>>,
    /// By what files they are of, once somebody asks; of the whole program under an empty name.
    selections: Arc<Mutex<HashMap<String, Arc<OnceLock<Selections>>>>>,
    /// Whether fields of structs may be set by reflection, once somebody asks.
    reflected: Arc<Mutex<HashMap<Symbol, bool>>>,
}

impl<'a> Source<'a> {
    pub fn new(mut program: Program<'a>, inventory: Arc<Inventory<'a>>) -> Source<'a> {
        bound(&mut program.gaps);
        let read: Vec<Option<Vec<u8>>> = program.folders.files.iter_mut().map(|file| file.bytes.take()).collect();
        let texts = Texts::of(&program, program.folders.keeps_texts());
        for (slot, bytes) in texts.all.iter().zip(read) {
            if let Some(bytes) = bytes {
                slot.get_or_init(|| Some(texts.keep(Arc::new(Text::new(bytes)))));
            }
        }
        let room = program.folders.room();
        Source::over(Arc::new(program), texts.into(), inventory, room)
    }

    fn over(program: Arc<Program<'a>>, texts: Arc<Texts>, inventory: Arc<Inventory<'a>>, room: usize) -> Source<'a> {
        let decls = Decls::new(program.folders.files.len());
        Source {
            program,
            texts,
            recent: Arc::default(),
            room,
            inventory,
            decls,
            own: Arc::default(),
            calls_unseen: Arc::default(),
            selections: Arc::default(),
            reflected: Arc::default(),
        }
    }

    /// The same program with trees of its own, and with texts where not all of them stay: they go when it goes, whatever else is still looked at.
    pub fn apart(&self) -> Source<'a> {
        let (calls_unseen, selections) = (self.calls_unseen.clone(), self.selections.clone());
        let (own, reflected, recent) = (self.own.clone(), self.reflected.clone(), self.recent.clone());
        let texts = if self.texts.stay { self.texts.clone() } else { Texts::of(&self.program, false).into() };
        let over = Source::over(self.program.clone(), texts, self.inventory.clone(), self.room);
        Source { recent, own, calls_unseen, selections, reflected, ..over }
    }

    /// The supplier's own files; found once.
    pub fn own(&self, find: impl FnOnce() -> Own) -> &Own {
        self.own.get_or_init(find)
    }

    /// Whether methods may be called by what is not seen; found once.
    pub fn calls_unseen(&self, find: impl FnOnce() -> bool) -> bool {
        *self.calls_unseen.get_or_init(find)
    }

    /// Whether a struct's fields may be set by reflection; found once.
    pub fn set_by_reflection(&self, ty: &Symbol, find: impl FnOnce() -> bool) -> bool {
        let all = || self.reflected.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all().get(ty).copied();
        known.unwrap_or_else(|| {
            let found = find();
            all().insert(ty.clone(), found);
            found
        })
    }

    /// Where names are selected in some files, by what these are called; found once.
    pub fn selections<T>(
        &self,
        package: &str,
        find: impl FnOnce() -> Selections,
        ask: impl FnOnce(&Selections) -> T,
    ) -> T {
        let mut all = self.selections.lock().unwrap_or_else(PoisonError::into_inner);
        let of = Arc::clone(all.entry(package.to_owned()).or_default());
        drop(all);
        ask(of.get_or_init(find))
    }

    /// Lets go of texts and trees where they have become more than there is room for: whoever asks next reads them again.
    pub fn tidy(&mut self) {
        if self.is_full() {
            *self = self.apart();
        }
    }

    /// Whether texts and trees take more than there is room for.
    fn is_full(&self) -> bool {
        // A tree takes about twenty times its text.
        const TREE: usize = 20;
        self.decls.bytes() * TREE + self.texts.kept.load(Ordering::Relaxed) > self.room
    }

    /// Whether the program is small enough for texts and trees to be kept from kind to kind.
    pub fn is_roomy(&self) -> bool {
        self.room > LEAST && !self.is_full()
    }

    pub fn inventory(&self, asked: &dyn Fn(&str) -> bool) -> Sheet {
        (self.inventory)(asked)
    }

    /// A file's text, kept once it was asked for; `None` where it cannot be read (its gap is the program's).
    pub fn text(&self, file: FileId) -> Option<Arc<Text>> {
        let read = || {
            // Nothing is held while a file is read.
            let known = self.recent().get(file);
            Some(self.texts.keep(known.map_or_else(|| self.read(file).map(Arc::new), Some)?))
        };
        self.texts.all.get(file.0 as usize)?.get_or_init(read).clone()
    }

    /// The same for one look: not kept for long where there is no room.
    pub fn look(&self, file: FileId) -> Option<Arc<Text>> {
        if self.texts.stay || self.is_roomy() {
            return self.text(file);
        }
        if let Some(Some(text)) = self.texts.all.get(file.0 as usize)?.get() {
            return Some(text.clone());
        }
        let known = self.recent().get(file);
        known.or_else(|| {
            let text = Arc::new(self.read(file)?);
            self.recent().add(file, &text);
            Some(text)
        })
    }

    pub fn bytes(&self, file: FileId) -> Option<Bytes> {
        self.look(file).map(Bytes)
    }

    fn read(&self, file: FileId) -> Option<Text> {
        let path = self.program.folders.file(file).content()?;
        Some(Text::new(self.program.files.read(path).ok()?))
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn origin(&self, file: FileId, span: Span) -> Origin {
        let shown = self.program.shown(file);
        match self.text(file) {
            Some(text) => text.origin(&shown, span),
            None => Origin::file(shown),
        }
    }

    pub fn span(start: usize, end: usize) -> Span {
        let number = |n| u32::try_from(n).unwrap_or(u32::MAX);
        Span { start: number(start), end: number(end) }
    }

    /// Go files that some build may take, in the order of their paths.
    pub fn built_go_files(&self) -> Vec<FileId> {
        let mut files: Vec<FileId> = self.program.packages.values().flat_map(|p| p.go_files.iter().copied()).collect();
        files.sort();
        files.dedup();
        files
    }

    pub fn all_files(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.program.folders.files.len() as u32).map(FileId)
    }
}

/// Every sheet of the source has the program's gaps: more than these are one.
fn bound(gaps: &mut Vec<Gap>) {
    const MOST: usize = 5_000;
    if gaps.len() > MOST {
        gaps.truncate(MOST);
        gaps.push(Gap { reason: reason!("limit-facts", limit = MOST), place: String::new(), owner: None });
    }
}

/// The gap's owner field: dependencies' gaps do not matter to checks that leave dependencies out.
pub(crate) fn gap_owner(owner: Owner) -> Option<String> {
    (owner == Owner::Dependency).then(|| "dependency".to_string())
}

pub(crate) fn gap(sheet: &mut Sheet, reason: assize_facts::Reason, place: String, owner: Owner) {
    sheet.gaps.push(Gap { reason, place, owner: gap_owner(owner) });
}
