//! Where module contents lie: the delivered `[source] modules` folder, and what the buyer brings; a module cache or a GOPROXY layout.

use assize_delivery::{Delivery, Entry};
use assize_facts::{Gap, Reason, reason};
use assize_golang::module::{Module, escape_path, escape_version};
use assize_golang::sumdb::{self, TileAt};
use std::path::PathBuf;

/// What stands before the escaped path of a module in the layouts that are known: a proxy's folder, a module cache, a GOPATH or the folder around it.
const DOWNLOADS: &[&str] = &[
    "",
    "cache/download/",
    "pkg/mod/cache/download/",
    "download/",
    "mod/cache/download/",
    "go/pkg/mod/cache/download/",
];
const EXTRACTED: &[&str] = &["", "pkg/mod/", "mod/", "go/pkg/mod/"];
/// Where the newest signed tree head of the checksum database lies: beside its records, or where the Go command keeps its own (`GOPATH/pkg/sumdb`).
const HEADS: &[&str] = &[
    "sumdb/",
    "cache/download/sumdb/",
    "pkg/mod/cache/download/sumdb/",
    "pkg/sumdb/",
    "download/sumdb/",
    "mod/cache/download/sumdb/",
    "go/pkg/mod/cache/download/sumdb/",
    "go/pkg/sumdb/",
];

/// No file of the checksum database is as large.
const LARGEST: u64 = 1 << 20;

/// One folder of contents.
pub(super) struct Store {
    pub delivery: Delivery,
    /// With a `/` at its end, or empty.
    base: String,
    /// What stands before a path when it is shown: nothing for the deliverable, the folder's name for the buyer's.
    shown: String,
}

/// A form of a module's contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Zip(String),
    /// With a `/` at its end.
    Folder(String),
    GoMod(String),
}

/// All stores, and what keeps one from being looked into.
pub(super) fn stores(delivery: &Delivery, sources: &[PathBuf]) -> (Vec<Store>, Vec<Gap>) {
    let (mut stores, mut gaps) = (Vec::new(), Vec::new());
    if let Some(folder) = delivery.spec().source.as_ref().and_then(|s| s.modules.as_deref()) {
        match delivered(delivery, folder) {
            Ok(found) => stores.extend(found),
            Err(reason) => gaps.push(Gap { reason, place: folder.into(), owner: None }),
        }
    }
    for path in sources {
        let name = path.file_name().map_or_else(|| "modules".into(), |n| n.to_string_lossy().into_owned());
        match Delivery::open_beside(path, delivery.limits().clone()) {
            Ok(opened) => {
                stores.push(Store { delivery: opened, base: String::new(), shown: format!("--modules {name}/") })
            }
            Err(error) => {
                let reason = reason!("module-source-unreadable", path = &name, detail = error);
                gaps.push(Gap { reason, place: name, owner: None });
            }
        }
    }
    for store in &stores {
        let below = |gap: &&Gap| gap.place.starts_with(&store.base) || store.base.starts_with(&gap.place);
        gaps.extend(store.delivery.gaps().iter().filter(below).cloned());
    }
    (stores, gaps)
}

/// A folder, or an archive of one: whether what is packed stands in a folder of its own there nobody says.
fn delivered(delivery: &Delivery, path: &str) -> Result<Vec<Store>, Reason> {
    let path = path.trim_end_matches('/').trim_start_matches("./");
    if delivery.entry(path).is_some_and(Entry::is_file) {
        let unpacked = delivery.unpack(path).map_err(|reason| match reason.code.as_str() {
            "archive-not-opened" => reason!("modules-not-a-folder", path = path),
            _ => reason,
        })?;
        let top = unpacked.entries().first().and_then(|entry| Some(format!("{}/", entry.path.split_once('/')?.0)));
        let top = top.filter(|top| unpacked.entries().iter().all(|entry| entry.path.starts_with(top)));
        let store = |base| Store { delivery: unpacked.clone(), base, shown: format!("{path}!") };
        return Ok(std::iter::once(String::new()).chain(top).map(store).collect());
    }
    if delivery.entry(path).is_some() {
        return Err(reason!("modules-not-a-folder", path = path));
    }
    let base = if path.is_empty() || path == "." { String::new() } else { format!("{path}/") };
    if delivery.under(path).is_empty() {
        return Err(reason!("not-delivered", path = path));
    }
    Ok(vec![Store { delivery: delivery.clone(), base, shown: String::new() }])
}

impl Form {
    /// Zip or folder, as opposed to a go.mod alone.
    pub fn is_whole(&self) -> bool {
        !matches!(self, Form::GoMod(_))
    }
}

impl Store {
    /// Whether it is a folder of this deliverable.
    pub fn is_of(&self, delivery: &Delivery) -> bool {
        self.delivery.is(delivery)
    }

    /// The forms in which a module's contents are here, best first, in every layout.
    pub fn find(&self, module: &Module) -> Vec<Form> {
        let (Ok(path), Ok(version)) = (escape_path(&module.path), escape_version(&module.version)) else {
            return Vec::new();
        };
        let mut forms = Vec::new();
        let files = |ending: &'static str| {
            let at = |layout: &&str| format!("{}{layout}{path}/@v/{version}.{ending}", self.base);
            DOWNLOADS.iter().map(at).filter(|path| self.delivery.entry(path).is_some()).collect::<Vec<_>>()
        };
        // Which of several a build would take is not known: all of them are looked at.
        forms.extend(files("zip").into_iter().map(Form::Zip));
        let folder = |layout: &&str| format!("{}{layout}{path}@{version}/", self.base);
        let there = |folder: &String| !self.delivery.under(folder).is_empty();
        forms.extend(EXTRACTED.iter().map(folder).filter(there).map(Form::Folder));
        forms.extend(files("mod").into_iter().map(Form::GoMod));
        forms
    }

    /// A file of the checksum database's folder, where there is one. A longer one than any record or tile is none.
    pub fn database(&self, name: &str) -> Option<Result<Vec<u8>, Reason>> {
        let at = |layout: &&str| format!("{}{layout}sumdb/{}/{name}", self.base, sumdb::NAME);
        let path =
            DOWNLOADS.iter().map(at).find(|path| self.delivery.entry(path).is_some_and(|e| e.size <= LARGEST))?;
        Some(self.delivery.read(&path))
    }

    /// A tile, or a wider one in its place.
    pub fn tile(&self, at: TileAt) -> Option<Vec<u8>> {
        let exact = [at, at.full()].iter().find_map(|at| self.database(&at.to_string())?.ok());
        exact.or_else(|| {
            let name = at.full().to_string();
            let folder = |layout: &&str| format!("{}{layout}sumdb/{}/{name}.p/", self.base, sumdb::NAME);
            let wider = |folder: String| {
                let width = |e: &Entry| e.path[folder.len()..].parse::<u16>().ok().filter(|width| *width > at.width);
                self.delivery.under(&folder).iter().filter_map(width).min()
            };
            let width = DOWNLOADS.iter().map(folder).find_map(wider)?;
            self.database(&TileAt { width, ..at }.to_string())?.ok()
        })
    }

    /// What the checksum database answered about a module.
    pub fn lookup(&self, module: &Module) -> Option<Result<Vec<u8>, Reason>> {
        let (path, version) = (escape_path(&module.path).ok()?, escape_version(&module.version).ok()?);
        self.database(&format!("lookup/{path}@{version}"))
    }

    /// Signed tree heads that are kept by themselves.
    pub fn latest(&self) -> Vec<Vec<u8>> {
        let at = |layout: &&str| format!("{}{layout}{}/latest", self.base, sumdb::NAME);
        let there = |path: &String| self.delivery.entry(path).is_some_and(|e| e.size <= LARGEST);
        HEADS.iter().map(at).filter(there).filter_map(|path| self.delivery.read(&path).ok()).collect()
    }

    /// A path of this store as reports show it.
    pub fn shown(&self, path: &str) -> String {
        format!("{}{path}", self.shown)
    }
}
