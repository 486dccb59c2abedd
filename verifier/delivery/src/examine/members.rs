//! What stands in archives: each member is examined as a file of its own.

use super::{File, Found, Seen, embedded, leftover, one};
use crate::archive::{self, Budget, Layered, Member, MemberKind, Visitor, reason_of};
use crate::index::{self, Index};
use crate::layer::{Key, Layer, Notes};
use crate::pass::Scan;
use crate::sniff::{self, Kind};
use crate::store::{self, Part};
use assize_facts::kinds::inventory::Format;
use assize_facts::{Digest, Known, Reason, Sha256, reason};
use std::io::{self, Read};

pub(super) fn opened(file: &File<'_>, kind: Kind, scan: &Scan, line: usize, budget: &Budget, found: &mut Found) {
    if kind == Kind::Zip && !archive::has_directory(&file.part) && file.part.len() > 22 {
        // Streaming writers that were cut off, and archives split over files, have none.
        return found.gap(reason!("archive-damaged", detail = "no central directory"), &file.path);
    }
    match kind {
        Kind::Zip => of_zip(file, scan, line, budget, found),
        _ => {
            let each = |part: Part<'_>, budget: &Budget, visitor: &mut dyn Visitor| {
                archive::each(part, &file.path, budget, visitor)
            };
            let notes = file.layer.is_some().then(|| Notes::new(file.texts));
            if file.depth == 0 {
                found.index = kind.is_compressed().then(Index::default);
            }
            let taken = members(file, scan, line, budget, found, notes, each);
            let is_image = matches!(found.seen[line].format, Known::Value(Format::OciLayout | Format::DockerArchive));
            // Layers belong to images.
            if file.depth == 0 && !is_image {
                found.layers.clear();
            }
            // One that ends early is told apart from one that is whole when it is opened as an image.
            if file.depth == 0 && !(is_image && taken.ended.is_ok()) {
                found.index = None;
            }
            if let (Some(key), Some(notes)) = (&file.layer, taken.notes) {
                found.layers.extend(noted(file, scan, notes, taken.ended).map(|layer| (key.clone(), layer)));
            }
        }
    }
}

pub(super) fn of_zip(file: &File<'_>, scan: &Scan, line: usize, budget: &Budget, found: &mut Found) {
    let before = found.seen[line].format.clone();
    members(file, scan, line, budget, found, None, archive::each_of_zip);
    // No runtime loads an image from one.
    if matches!(found.seen[line].format, Known::Value(Format::DockerArchive)) {
        found.seen[line].format = before;
    }
}

/// What was noted, where it was to be, and what ended the reading early.
struct Taken<'b> {
    notes: Option<Notes<'b>>,
    ended: Result<(), Reason>,
}

fn members<'b>(
    file: &File<'b>,
    scan: &Scan,
    line: usize,
    budget: &Budget,
    found: &mut Found,
    notes: Option<Notes<'b>>,
    each: impl FnOnce(Part<'_>, &Budget, &mut dyn Visitor) -> Result<(), Reason>,
) -> Taken<'b> {
    if file.depth >= budget.limits().archive_depth {
        let reason = reason!("limit-archive-depth", limit = budget.limits().archive_depth);
        found.gap(reason.clone(), &file.path);
        return Taken { notes: None, ended: Err(reason) };
    }
    let mut inside = Inside::new(file, budget, found);
    inside.layer = notes;
    let ended = each(file.part, budget, &mut inside);
    let Inside { leftovers, mut seams, oci, docker, layer: notes, .. } = inside;
    if let Err(reason) = &ended {
        found.gap(reason.clone(), &file.path);
    }
    for (from, to) in leftovers {
        leftover(file, file.part.slice(from, to), from, budget, found);
    }
    seams.sort_unstable();
    embedded::between(file, scan, &seams, budget, found);
    if oci {
        found.seen[line].format = Format::OciLayout.into();
    } else if docker {
        found.seen[line].format = Format::DockerArchive.into();
    }
    Taken { notes, ended }
}

/// The archive as a layer; `None` where it has another form.
fn noted(file: &File<'_>, scan: &Scan, notes: Notes<'_>, read: Result<(), Reason>) -> Option<Layer> {
    let stored = scan.trail.digest.clone();
    let unpacked = match (sniff::kind(&scan.head, file.part.len()), read) {
        (Kind::Tar, Ok(())) => Ok(stored.clone()),
        (Kind::Gzip | Kind::Zstd, Ok(())) => notes.unpacked.clone()?,
        // Before its end nobody knows whether it would have been one.
        (Kind::Tar, Err(reason)) => Err(reason),
        _ => return None,
    };
    Some(notes.end(file.part.len(), stored, unpacked))
}

/// Reads a layer as one alone.
pub(super) fn of_layer(file: &File<'_>, budget: &Budget) -> Result<Layer, Reason> {
    let mut found = Found::default();
    let mut inside = Inside::new(file, budget, &mut found);
    inside.layer = Some(Notes::new(file.texts));
    let Layered { stored, unpacked } = archive::layer(file.part, budget, &mut inside).map_err(reason_of)?;
    let notes = inside.layer.take().unwrap_or_else(|| Notes::new(file.texts));
    Ok(notes.end(file.part.len(), stored, unpacked))
}

/// Takes an archive's members.
struct Inside<'a, 'b> {
    file: &'a File<'b>,
    budget: &'a Budget,
    found: &'a mut Found,
    leftovers: Vec<(u64, u64)>,
    seams: Vec<(u64, u64)>,
    /// A file `oci-layout` at the top (OCI image layout specification 1.1).
    oci: bool,
    /// A file `manifest.json` at the top that lists images (`docker save`).
    docker: bool,
    /// What is noted of it, where it may be a layer of an image.
    layer: Option<Notes<'b>>,
}

impl<'a, 'b> Inside<'a, 'b> {
    fn new(file: &'a File<'b>, budget: &'a Budget, found: &'a mut Found) -> Inside<'a, 'b> {
        let (leftovers, seams) = (Vec::new(), Vec::new());
        Inside { file, budget, found, leftovers, seams, oci: false, docker: false, layer: None }
    }

    /// What the member is called in facts.
    fn noted(&mut self, member: &Member) -> String {
        let top = member.name.trim_start_matches("./");
        self.oci |= top == "oci-layout";
        format!("{}!{}", self.file.path, member.name)
    }

    /// A member that is no file.
    fn other(&mut self, member: &Member) {
        if let Some(notes) = &mut self.layer {
            notes.other(member);
        }
        if let Some(index) = self.found.index.as_mut().filter(|_| self.file.depth == 0) {
            index.take(member, index::Found::Passed);
        }
    }

    fn inner(&mut self, part: Part<'_>, path: String, member: &Member) -> io::Result<()> {
        self.docker |= member.name.trim_start_matches("./") == "manifest.json" && lists_images(&part);
        let mut inner = self.file.inner(part, path, member.mode);
        if let Some(wish) = self.file.wish {
            wish.take(&self.file.path, &member.name, &part, &mut self.found.taken);
            inner.wish = wish.into_member(&member.name, part.len());
        }
        if self.file.depth == 0 {
            inner.layer = Key::within(&self.file.path, &member.name);
        }
        if let Some(index) = self.found.index.as_mut().filter(|_| self.file.depth == 0) {
            index.pass(member, &part);
        }
        let line = self.found.seen.len();
        let kind = one(&inner, self.budget, self.found);
        match &mut self.layer {
            Some(notes) => notes.file(member, &part, &self.found.seen[line], kind),
            None => Ok(()),
        }
    }
}

/// Whether this is the list that `docker save` writes, and not the manifest of a web application, an extension, a bundle. Keys count in any letters,
/// as `encoding/json` takes them; what cannot be read as JSON stays a list if it begins like one.
fn lists_images(part: &Part<'_>) -> bool {
    const LARGEST: usize = 4 << 20;
    let Ok(bytes) = part.bytes(0, LARGEST) else { return true };
    if bytes.trim_ascii_start().first() != Some(&b'[') {
        return false;
    }
    let is_part = |key: &String| ["config", "layers"].iter().any(|part| key.eq_ignore_ascii_case(part));
    let describes = |image: &serde_json::Value| image.as_object().is_some_and(|image| image.keys().any(is_part));
    match serde_json::from_slice::<serde_json::Value>(&bytes) {
        Ok(serde_json::Value::Array(images)) => images.iter().any(describes),
        _ => true,
    }
}

impl Visitor for Inside<'_, '_> {
    fn member(&mut self, member: &Member, content: &mut dyn Read) -> io::Result<()> {
        let path = self.noted(member);
        if member.kind != MemberKind::File {
            self.other(member);
        }
        match &member.kind {
            MemberKind::Folder => {}
            MemberKind::Link(target) | MemberKind::HardLink(target) => {
                let digest = Sha256::of(target.as_bytes());
                let size = target.len() as u64;
                self.found.seen.push(Seen::new(&path, size, member.mode, digest.into(), Format::Link));
            }
            MemberKind::Special(kind) => {
                let unknown = Known::Unknown(reason!("special-file", path = &path, kind = kind));
                self.found.seen.push(Seen::new(&path, 0, member.mode, unknown, Format::Special));
            }
            MemberKind::File => self.inner(store::spool(content, member.size)?.whole(), path, member)?,
        }
        Ok(())
    }

    fn member_in_place(&mut self, member: &Member, place: Part<'_>, _: &mut dyn Read) -> io::Result<()> {
        let path = self.noted(member);
        self.inner(place, path, member)
    }

    fn gap(&mut self, reason: Reason) {
        if let Some(notes) = &mut self.layer {
            notes.gaps.push(reason.clone());
        }
        self.found.gap(reason, &self.file.path);
    }

    /// In a layer the one that comes last counts, as in every runtime.
    fn duplicate(&mut self, name: &str) {
        self.found.gap(reason!("archive-duplicate", member = name), &self.file.path);
    }

    fn asks_unpacked(&self) -> bool {
        self.layer.is_some()
    }

    fn unpacked(&mut self, digest: Result<Digest, Reason>) {
        if let Some(notes) = &mut self.layer {
            notes.unpacked = Some(digest);
        }
    }

    fn leftover(&mut self, from: u64, to: u64) {
        self.leftovers.push((from, to));
    }

    fn seam(&mut self, from: u64, to: u64) {
        self.seams.push((from, to));
    }
}
