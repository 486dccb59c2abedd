//! Where module contents lie: the delivered `[source] modules` folder, and what the buyer brings; a module cache or a GOPROXY layout.

use assize_delivery::Delivery;
use assize_facts::{Deliverable, Gap, Reason, reason};
use assize_golang::module::{Module, escape_path, escape_version};
use std::path::PathBuf;

/// What stands before the escaped path of a module in the layouts that are known: a proxy's folder, a module cache, a GOPATH.
const DOWNLOADS: &[&str] = &["", "cache/download/", "pkg/mod/cache/download/", "download/"];
const EXTRACTED: &[&str] = &["", "pkg/mod/"];

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
            Ok(store) => stores.push(store),
            Err(reason) => gaps.push(Gap { reason, place: folder.into(), owner: None }),
        }
    }
    for path in sources {
        let name = path.file_name().map_or_else(|| "modules".into(), |n| n.to_string_lossy().into_owned());
        match Delivery::open(path, Deliverable::default(), delivery.limits().clone()) {
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

fn delivered(delivery: &Delivery, folder: &str) -> Result<Store, Reason> {
    let folder = folder.trim_end_matches('/').trim_start_matches("./");
    if delivery.entry(folder).is_some() {
        return Err(reason!("modules-not-a-folder", path = folder));
    }
    let base = if folder.is_empty() || folder == "." { String::new() } else { format!("{folder}/") };
    if delivery.under(folder).is_empty() {
        return Err(reason!("not-delivered", path = folder));
    }
    Ok(Store { delivery: delivery.clone(), base, shown: String::new() })
}

impl Store {
    /// The forms in which a module's contents are here, best first.
    pub fn find(&self, module: &Module) -> Vec<Form> {
        let (Ok(path), Ok(version)) = (escape_path(&module.path), escape_version(&module.version)) else {
            return Vec::new();
        };
        let mut forms = Vec::new();
        let file = |ending: &str| {
            let at = |layout: &&str| format!("{}{layout}{path}/@v/{version}.{ending}", self.base);
            DOWNLOADS.iter().map(at).find(|path| self.delivery.entry(path).is_some())
        };
        forms.extend(file("zip").map(Form::Zip));
        let folder = |layout: &&str| format!("{}{layout}{path}@{version}/", self.base);
        let there = |folder: &String| !self.delivery.under(folder).is_empty();
        forms.extend(EXTRACTED.iter().map(folder).find(there).map(Form::Folder));
        forms.extend(file("mod").map(Form::GoMod));
        forms
    }

    /// A path of this store as reports show it.
    pub fn shown(&self, path: &str) -> String {
        format!("{}{path}", self.shown)
    }
}
