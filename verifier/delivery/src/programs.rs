//! Go programs of a delivery: those that nobody named, found by their headers, and those beside the named ones, wherever in it they stand.

use crate::delivery::Delivery;
use crate::examine::looks_like_go;
use crate::image::{self, Image};
use crate::seen::{Seen, place_of_slice};
use crate::store::Store;
use crate::walk::Entry;
use crate::{exe, open, sniff};
use assize_facts::kinds::inventory::Format;
use assize_facts::{Digest, Gap, Known, Quiet, Reason, is_others, reason};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A program to examine.
#[derive(Clone, Debug, PartialEq)]
pub struct Executable {
    /// Its name in `deliverable.toml`, else its path.
    pub name: String,
    /// Where it stands; `archive!member` inside an archive, `image!/path` in an image's final file system.
    pub path: String,
    /// Where its bytes are found: the same, or for a file of an image the place of its layer's member.
    pub place: String,
    /// Whether `deliverable.toml` names it.
    pub declared: bool,
    /// Whether it stands beside the programs that are delivered as the product's.
    pub beside: bool,
    pub sha256: Known<Digest>,
    /// Why its bytes cannot be had, or that it is one cannot be told.
    pub closed: Option<Reason>,
}

impl Executable {
    /// A file that is delivered as it is; it was not hashed yet.
    /// What the inventory has inside of it.
    pub fn carried(&self, path: &str) -> Executable {
        Executable::plain(&self.name, path, false)
    }

    pub(crate) fn plain(name: &str, path: &str, declared: bool) -> Executable {
        Executable {
            name: name.into(),
            path: path.into(),
            place: path.into(),
            declared,
            beside: false,
            sha256: Known::Unknown(reason!("not-collected")),
            closed: None,
        }
    }
}

/// The paths of Go programs, in order.
pub(crate) fn find(delivery: &Delivery) -> Vec<String> {
    let modules = delivery.spec().source.as_ref().and_then(|s| s.modules.as_deref());
    let candidates: Vec<&Entry> =
        delivery.entries().iter().filter(|e| e.is_file() && !is_others(&e.path) && !below(&e.path, modules)).collect();
    candidates.par_iter().filter(|e| is_go(delivery, e)).map(|e| e.path.clone()).collect()
}

fn below(path: &str, folder: Option<&str>) -> bool {
    folder.is_some_and(|folder| path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|r| r.starts_with('/')))
}

fn is_go(delivery: &Delivery, entry: &Entry) -> bool {
    read(delivery, &entry.path).is_some_and(|(store, exe)| looks_like_go(&store.whole(), &exe))
}

/// GOARCH of an executable by its headers, where they are read and it has one.
pub(crate) fn machine(delivery: &Delivery, path: &str) -> Option<String> {
    let (_, exe) = read(delivery, path)?;
    (!exe.machine.contains(['-', '+'])).then_some(exe.machine)
}

fn read(delivery: &Delivery, path: &str) -> Option<(Store, exe::Exe)> {
    let (file, size) = open::regular(&delivery.host_path(path), path).ok()?;
    let store = Store::delivered(file, size);
    let head = store.whole().bytes(0, 4096).ok()?;
    let kind = sniff::kind(&head, size);
    matches!(kind, sniff::Kind::Elf | sniff::Kind::MachO | sniff::Kind::Pe).then_some(())?;
    let exe = exe::read(kind, &store.whole()).ok()?;
    Some((store, exe))
}

/// Go programs beside those of [`Delivery::declared_binaries`]: who receives the delivery can start them as well. Copies are none, nor is what stands in
/// the source, in module contents, in test data, or in a layer of an image that a higher one takes away. An archive that was not read may hold some.
pub(crate) fn beside(delivery: &Delivery) -> Vec<Executable> {
    let mut found = Beside::of(delivery);
    let inventory = delivery.inventory(&Quiet);
    let images = delivery.images(&Quiet);
    let layers = layers(delivery, &images.images);
    let aside =
        |path: &str| image::is_aside(delivery.spec(), path) || layers.iter().any(|l| l.is_told_by_the_image(path));
    let slices: BTreeSet<String> = inventory.seen.iter().flat_map(Seen::places_of_slices).collect();
    for seen in inventory.seen.iter().filter(|seen| !aside(&seen.path) && !slices.contains(&seen.path)) {
        found.take(&seen.path, &seen.sha256, &seen.go_program);
    }
    for image in &images.images {
        for (path, _, content) in image.tree.files().filter(|(path, _, _)| !is_others(path)) {
            let sha256 = content.sha256.clone();
            let sha256 =
                sha256.map_or_else(|| Known::Unknown(reason!("image-file-not-hashed", path = path)), Known::Value);
            found.take(&format!("{}!/{path}", image.place), &sha256, &content.go_program);
        }
    }
    for (path, reason) in unread_archives(delivery).filter(|(path, _)| !aside(path)) {
        found.may_hold(path, reason);
    }
    found.all
}

/// Archives of which not all was read, outside of test data, other people's code, the source and its modules, and why.
pub(crate) fn unread_archives(delivery: &Delivery) -> impl Iterator<Item = (&str, &Reason)> {
    let gaps = delivery.inventory(&Quiet).gaps.iter();
    let unread = gaps.filter_map(|gap| Some((unread_archive(gap)?, &gap.reason)));
    // Random bytes begin like compressed ones here and there, and end like damaged ones.
    let is_archive = |path: &str| {
        let format = delivery.seen(path).and_then(|seen| seen.format.value());
        let is_one = format.is_some_and(|format| format.word().contains("archive") || is_packed(*format));
        is_one && !is_within_data(path)
    };
    // A folder can have too many entries as well.
    let of_others = |reason: &Reason| matches!(reason.code.as_str(), "archive-damaged" | "limit-entries");
    let unread = unread.filter(move |(path, reason)| !of_others(reason) || is_archive(path));
    unread.filter(|(path, _)| !image::is_aside(delivery.spec(), path))
}

/// Whether it was found at an offset of another file, and is no member of an archive there.
fn is_within_data(path: &str) -> bool {
    path.rsplit_once('!').is_some_and(|(_, last)| last.starts_with("@0x"))
}

fn is_packed(format: Format) -> bool {
    matches!(format, Format::Tar | Format::Gzip | Format::Zstd | Format::Xz | Format::Zip | Format::OciLayout)
}

/// The archive of which a gap says that not all of it was read. What is encrypted is no program to whoever has not the key.
fn unread_archive(gap: &Gap) -> Option<&str> {
    let arg =
        |name: &str| gap.reason.args.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value.as_str());
    match gap.reason.code.as_str() {
        "archive-not-opened" => {
            arg("path").filter(|_| arg("format").is_none_or(|format| !format.ends_with("encrypted")))
        }
        "archive-damaged"
        | "archive-method"
        | "archive-sparse"
        | "archive-trailing"
        | "archive-bomb"
        | "archive-too-large"
        | "archives-too-large"
        | "limit-archive-depth"
        | "limit-entries"
        | "limit-names" => Some(gap.place.as_str()),
        _ => None,
    }
}

/// A layer of an image that was read whole: the image's final file system tells what is there.
struct InLayer<'a> {
    /// How the places begin of what the inventory saw in it.
    begins: String,
    files: Rc<BTreeSet<&'a str>>,
}

impl InLayer<'_> {
    /// A file of it is told by the file system, and what is packed into one is there as long as that is.
    fn is_told_by_the_image(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(&self.begins) else { return false };
        let rest = rest.trim_start_matches("./").trim_start_matches('/');
        !rest.match_indices('!').any(|(at, _)| self.files.contains(&rest[..at]))
    }
}

fn layers<'a>(delivery: &Delivery, images: &'a [Image]) -> Vec<InLayer<'a>> {
    let unread: BTreeSet<&str> = images.iter().filter(|i| i.whole.is_err()).map(|i| i.place.as_str()).collect();
    let read = images.iter().filter(|image| !unread.contains(image.place.as_str()));
    let within = |image: &Image, layer: &str| match (image.place.as_str(), delivery.entry(&image.place).is_some()) {
        (place, true) => format!("{place}!{layer}!"),
        (".", false) => format!("{layer}!"),
        (place, false) => format!("{place}/{layer}!"),
    };
    let of = |image: &'a Image| {
        let files: Rc<BTreeSet<&str>> = Rc::new(image.tree.files().map(|(path, _, _)| path).collect());
        let layers = image.described.layers.iter();
        layers.map(move |layer| InLayer { begins: within(image, &layer.name), files: Rc::clone(&files) })
    };
    read.flat_map(of).collect()
}

/// The programs of which a fat file consists, each for itself; anything else as it is.
pub(crate) fn slices(delivery: &Delivery, program: Executable) -> Vec<Executable> {
    let Some(fat) = delivery.seen(&program.place).filter(|seen| !seen.slices.is_empty()) else { return vec![program] };
    let one = |(start, machine): &(u64, String)| {
        let place_of = |path: &str| place_of_slice(path, *start);
        let (name, path) = (format!("{} ({machine} at {start:#x})", program.name), place_of(&program.path));
        let unseen = || reason!("not-in-inventory", path = path);
        let seen = delivery.seen(&place_of(&program.place));
        let closed = match seen.map(|seen| &seen.go_program) {
            None => Some(unseen()),
            Some(Known::Unknown(reason)) => Some(reason.clone()),
            Some(Known::Value(false)) if !program.declared => return None,
            Some(Known::Value(false)) => Some(reason!("no-sign-of-go", binary = name)),
            Some(Known::Value(true) | Known::Possible(_)) => None,
        };
        let sha256 = seen.map_or_else(|| Known::Unknown(unseen()), |seen| seen.sha256.clone());
        Some(Executable { place: place_of(&program.place), name, path, sha256, closed, ..program.clone() })
    };
    fat.slices.iter().filter_map(one).collect()
}

/// Programs on their way into the list.
struct Beside<'a> {
    /// Of the named ones; and names, which are given once.
    paths: BTreeSet<String>,
    digests: BTreeSet<Digest>,
    /// Where the inventory saw some content first.
    places: BTreeMap<&'a Digest, &'a str>,
    all: Vec<Executable>,
}

impl<'a> Beside<'a> {
    fn of(delivery: &'a Delivery) -> Beside<'a> {
        let seen = &delivery.inventory(&Quiet).seen;
        let paths: BTreeSet<String> = delivery.declared_binaries().into_iter().map(|program| program.path).collect();
        let named = seen.iter().filter(|seen| paths.contains(&seen.path));
        let digests = named.filter_map(|seen| seen.sha256.value().cloned()).collect();
        let mut places = BTreeMap::new();
        for seen in seen.iter().filter(|seen| may_be_one(&seen.go_program)) {
            if let Known::Value(digest) = &seen.sha256 {
                places.entry(digest).or_insert(seen.path.as_str());
            }
        }
        Beside { paths, digests, places, all: Vec::new() }
    }

    /// An archive that was not read to its end.
    fn may_hold(&mut self, path: &str, reason: &Reason) {
        if self.paths.insert(path.to_owned()) {
            let closed = Some(reason.clone());
            let unread = Executable { beside: true, closed, ..Executable::plain(path, path, false) };
            self.all.push(Executable { sha256: Known::Unknown(reason.clone()), ..unread });
        }
    }

    fn take(&mut self, path: &str, sha256: &Known<Digest>, go: &Known<bool>) {
        let is_named = self.paths.contains(path) && !path.contains('!');
        // What is embedded in other files begins like a program by chance: only what is surely one counts.
        let by_chance = is_within_data(path) && *go != Known::Value(true);
        if !may_be_one(go) || is_named || by_chance {
            return;
        }
        let mut name = path.to_owned();
        if let Known::Value(digest) = sha256 {
            if !self.digests.insert(digest.clone()) {
                return;
            }
            if self.paths.contains(path) {
                name = format!("{path} ({})", digest.0);
            }
        }
        self.paths.insert(path.to_owned());
        let place = sha256.value().and_then(|digest| self.places.get(digest)).copied().unwrap_or(path);
        let closed = match go {
            Known::Unknown(reason) => Some(reason.clone()),
            Known::Value(_) | Known::Possible(_) => None,
        };
        let (place, sha256) = (place.to_owned(), sha256.clone());
        self.all.push(Executable { path: path.into(), place, name, declared: false, beside: true, sha256, closed });
    }
}

/// What cannot be told may be one; data that begins like machine code is not asked.
fn may_be_one(go: &Known<bool>) -> bool {
    !matches!(go, Known::Value(false))
}
