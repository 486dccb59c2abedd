//! What `deliverable.toml` names: the paths, whether they were delivered, and which files of the inventory are covered by them.

use crate::delivery::Delivery;
use crate::seen::Seen;
use assize_facts::kinds::inventory::Declared;
use assize_facts::{Deliverable, Known, Origin, Quiet, Sheet, reason};

/// A path and the key that names it.
struct Named {
    role: String,
    path: String,
    /// A folder or a file; else a file only.
    folder: bool,
}

fn all(spec: &Deliverable) -> Vec<Named> {
    let mut all = Vec::new();
    let mut add = |role: &str, path: &Option<String>, folder| {
        if let Some(path) = path {
            all.push(Named { role: role.into(), path: tidy(path), folder });
        }
    };
    if let Some(source) = &spec.source {
        add("source.root", &source.root, true);
        add("source.archive", &source.archive, false);
        add("source.modules", &source.modules, true);
    }
    for binary in &spec.binaries {
        add("binary.path", &Some(binary.path.clone()), false);
    }
    for image in &spec.images {
        add("image.path", &Some(image.path.clone()), true);
    }
    if let Some(run) = &spec.run {
        run.files.iter().for_each(|path| add("run.files", &Some(path.clone()), true));
    }
    for endpoint in &spec.endpoints {
        add("endpoint.ca", &endpoint.ca, false);
        add("endpoint.client_cert", &endpoint.client_cert, false);
        add("endpoint.client_key", &endpoint.client_key, false);
    }
    if let Some(reload) = &spec.reload {
        reload.variants.iter().for_each(|path| add("reload.variants", &Some(path.clone()), false));
        add("reload.broken", &reload.broken, false);
    }
    all
}

/// A declared path as entries spell theirs; `.` is the deliverable's folder.
fn tidy(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() { ".".into() } else { parts.join("/") }
}

/// The sheet `inventory.declared`.
pub(crate) fn sheet(delivery: &Delivery) -> Sheet {
    let mut sheet = Sheet::of::<Declared>();
    let named = all(delivery.spec());
    // That deliverable.toml names nothing, or is not there, was seen too.
    sheet.examined((named.len() as u64).max(1));
    for Named { role, path, folder } in named {
        let found = match found(delivery, &path, folder) {
            Known::Value(true) if role == "image.path" => image(delivery, &path),
            Known::Value(false) if role == "binary.path" => member(delivery, &path),
            found => found,
        };
        sheet.push(Declared { role, path, found }, Origin::file("deliverable.toml"));
    }
    sheet
}

/// Whether the deliverable has a file, or where allowed a folder with anything in it. A folder that could not be listed leaves it open.
fn found(delivery: &Delivery, path: &str, folder: bool) -> Known<bool> {
    if delivery.entry(path).is_some_and(|entry| entry.is_file()) || (folder && !delivery.under(path).is_empty()) {
        return true.into();
    }
    let hidden = |place: &str| place.is_empty() || path == place || path.starts_with(&format!("{place}/"));
    match delivery.gaps().iter().find(|gap| hidden(&gap.place)) {
        Some(gap) => Known::Unknown(gap.reason.clone()),
        None => match delivery.entry(path) {
            // A link may lead to it, but what it leads to was not delivered as this path.
            Some(_) => Known::Unknown(reason!("file-not-regular", path = path)),
            None => false.into(),
        },
    }
}

/// Whether what is there is an image. One that lacks a part was not handed over whole.
fn image(delivery: &Delivery, path: &str) -> Known<bool> {
    let images = delivery.images(&Quiet);
    let mut here = images.images.iter().filter(|image| tidy(&image.place) == path).peekable();
    let is_there = here.peek().is_some();
    if let Some(reason) = here.find_map(|image| image.whole.as_ref().err()) {
        return Known::Unknown(reason.clone());
    }
    let mut gaps = images.gaps.iter().filter(|(_, place)| tidy(place) == path);
    match gaps.next() {
        Some((reason, _)) if matches!(reason.code.as_str(), "image-layout-unknown" | "image-empty") => false.into(),
        Some((reason, _)) => Known::Unknown(reason.clone()),
        None => is_there.into(),
    }
}

/// A file in a delivered archive, as the inventory calls it: `release.tar.gz!app`. What was not seen of the archive may hold it.
fn member(delivery: &Delivery, path: &str) -> Known<bool> {
    let Some((archive, _)) = path.split_once('!').filter(|(archive, _)| delivery.entry(archive).is_some()) else {
        return false.into();
    };
    if delivery.seen(path).is_some() {
        return true.into();
    }
    let within =
        |place: &str| place == archive || place.strip_prefix(archive).is_some_and(|rest| rest.starts_with('!'));
    let gap = delivery.inventory(&Quiet).gaps.iter().find(|gap| within(&gap.place));
    gap.map_or_else(|| false.into(), |gap| Known::Unknown(gap.reason.clone()))
}

/// The declared paths, for asking what they cover.
pub(crate) struct Names(Vec<Named>);

impl Names {
    pub(crate) fn of(spec: &Deliverable) -> Names {
        Names(all(spec))
    }

    /// Whether a line of the inventory is named, itself or by a folder or archive around it. The source root covers source, not machine code.
    pub(crate) fn cover(&self, seen: &Seen) -> bool {
        let outer = seen.path.split('!').next().unwrap_or(&seen.path);
        let code = !matches!(seen.executable, Known::Value(false));
        outer == "deliverable.toml" || self.0.iter().any(|named| covers(named, outer, code))
    }
}

fn covers(named: &Named, path: &str, code: bool) -> bool {
    if named.path == path {
        return true;
    }
    let below = named.path == "." || path.strip_prefix(&named.path).is_some_and(|rest| rest.starts_with('/'));
    named.folder && below && !(code && named.role.starts_with("source."))
}
