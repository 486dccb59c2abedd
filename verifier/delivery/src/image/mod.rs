//! Images, read without a daemon: layouts that deliverable.toml names or that are found by content, their layers laid over one another.

mod blobs;
mod config;
mod health;
mod json;
mod layout;
mod run;
mod sheets;
mod started;
#[cfg(test)]
pub(crate) mod tests;
mod tree;
mod user;

use crate::archive::Budget;
use crate::delivery::Delivery;
use crate::examine;
use crate::layer::{Layer, Texts};
use crate::programs;
use assize_facts::kinds::inventory::Format;
use assize_facts::{Deliverable, Known, Progress, Reason, is_others, reason};
use blobs::Blobs;
use layout::{Described, LayerRef};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tree::Tree;

pub use json::unambiguous_json;
pub(crate) use sheets::{files, manifests};

/// What was read of all images of a delivery.
#[derive(Default)]
pub(crate) struct Images {
    pub images: Vec<Image>,
    /// What could not be read, and of which layout.
    pub gaps: Vec<(Reason, String)>,
}

/// One image for one platform, its layers read.
pub(crate) struct Image {
    pub place: String,
    pub declared: bool,
    /// Whether it is called by a digest that is declared for its layout, and every such digest calls some image of it; `None` where none is declared.
    pub declared_digest_agrees: Option<bool>,
    pub described: Described,
    /// Whether every reference is borne out by the bytes; the reason where a part could not be read.
    pub digests_agree: Known<bool>,
    pub wrong: Vec<String>,
    pub tree: Tree,
    /// Whether the final file system is known whole.
    pub whole: Result<(), Reason>,
}

/// Reads every image of the delivery.
pub(crate) fn read(delivery: &Delivery, progress: &dyn Progress) -> Images {
    let mut all = Images::default();
    let machines = machines(delivery);
    for place in places(delivery, progress, &mut all) {
        progress.step(&format!("reading the image {}", place.path));
        one(delivery, &place, machines.as_ref(), &mut all);
    }
    all
}

/// A layout in the delivery.
struct Place {
    path: String,
    declared: bool,
    /// Those of every `[[image]]` that names it.
    digests: Vec<String>,
}

/// Declared layouts in their order, then those found by content. Test data and other people's code hold images that nobody delivers.
fn places(delivery: &Delivery, progress: &dyn Progress, all: &mut Images) -> Vec<Place> {
    let spec = delivery.spec();
    let mut places: Vec<Place> = Vec::new();
    for image in &spec.images {
        match places.iter_mut().find(|place| place.path == image.path) {
            Some(place) => place.digests.extend(image.digest.clone()),
            None => {
                let digests = image.digest.iter().cloned().collect();
                places.push(Place { path: image.path.clone(), declared: true, digests });
            }
        }
    }
    for path in found(delivery, progress, all) {
        let within = |p: &Place| path == p.path || p.path == "." || path.starts_with(&format!("{}/", p.path));
        if !places.iter().any(within) {
            places.push(Place { path, declared: false, digests: Vec::new() });
        }
    }
    places
}

fn found(delivery: &Delivery, progress: &dyn Progress, all: &mut Images) -> Vec<String> {
    let spec = delivery.spec();
    let mut found = BTreeSet::new();
    for seen in &delivery.inventory(progress).seen {
        let image = matches!(seen.format, Known::Value(Format::OciLayout | Format::DockerArchive));
        if image && !seen.path.contains('!') && !is_aside(spec, &seen.path) {
            found.insert(seen.path.clone());
        } else if image && seen.path.contains('!') && !is_aside(spec, &seen.path) {
            // Only a layout that lies open in the delivery is read; one inside another archive is said.
            all.gaps.push((reason!("image-inside-archive", path = &seen.path), seen.path.clone()));
        }
    }
    for entry in delivery.entries().iter().filter(|e| e.is_file() && e.name() == "oci-layout") {
        let folder = entry.path.strip_suffix("oci-layout").unwrap_or_default().trim_end_matches('/');
        let folder = if folder.is_empty() { "." } else { folder };
        let inside = |name: &str| if folder == "." { name.to_string() } else { format!("{folder}/{name}") };
        if delivery.entry(&inside("index.json")).is_some() && !is_aside(spec, &entry.path) {
            found.insert(folder.to_string());
        }
    }
    found.into_iter().collect()
}

/// Test data, other people's code, the source and its modules.
pub(crate) fn is_aside(spec: &Deliverable, path: &str) -> bool {
    let below = |place: &Option<String>| {
        place
            .as_deref()
            .is_some_and(|p| p != "." && path.strip_prefix(p).is_some_and(|rest| rest.starts_with(['/', '!'])))
    };
    let source = spec.source.as_ref();
    // Where the whole delivery is the source, its tests keep images, archives and programs too.
    let whole = source.is_none_or(|s| s.archive.is_none() && s.root.as_deref().is_none_or(|root| root == "."));
    is_others(path)
        || whole && is_test_data(path)
        || source.is_some_and(|s| below(&s.root) || below(&s.archive) || below(&s.modules))
}

/// By folders that tests of Go repositories keep their data in beside `testdata`.
fn is_test_data(path: &str) -> bool {
    let mut folders = path.split('!').next().unwrap_or(path).split('/').rev().skip(1);
    folders.any(|folder| {
        matches!(folder, "test" | "tests" | "fixtures" | "test-fixtures" | "test-resources" | "test_data")
    })
}

/// Last names of files of an image that are compared as texts: templates of `[run]`, and what names users where `[run]` does.
pub(crate) fn texts(spec: &Deliverable) -> Texts {
    let Some(run) = &spec.run else { return Texts::new() };
    let templates = run.templates.iter().filter_map(|path| path.rsplit('/').next()).map(str::to_string);
    let users = user::FILES.iter().filter(|_| run.user.is_some()).map(ToString::to_string);
    templates.chain(users).collect()
}

fn one(delivery: &Delivery, place: &Place, machines: Option<&Machines>, all: &mut Images) {
    let budget = delivery.budget();
    let blobs = match Blobs::open(delivery, &place.path) {
        Ok(blobs) => blobs,
        Err(reason) => return all.gaps.push((reason, place.path.clone())),
    };
    let read = layout::read(&blobs, machines);
    let gap = |reason: Reason| (reason, place.path.clone());
    if !read.known {
        return all.gaps.push(gap(reason!("image-layout-unknown", image = &place.path)));
    }
    if read.images.is_empty() && read.gaps.is_empty() {
        all.gaps.push(gap(reason!("image-empty", image = &place.path)));
    }
    all.gaps.extend(blobs.gaps.iter().chain(&read.gaps).cloned().map(gap));
    let layers = layers(delivery, &blobs, &read.images, &budget);
    let is_called = |digest: &String| read.images.iter().any(|described| described.called.contains(digest));
    let all_call = place.digests.iter().all(is_called);
    for described in read.images {
        all.images.push(image(place, described, all_call, &layers, &mut all.gaps));
    }
}

/// GOARCH of what is delivered; `None` where that is not known of everything.
type Machines = BTreeSet<String>;

fn machines(delivery: &Delivery) -> Option<Machines> {
    let platform = delivery.spec().source.as_ref().and_then(|source| source.platform.clone());
    let examined = platform.as_deref().and_then(|platform| platform.split_once('/')).map_or("amd64", |(_, arch)| arch);
    let mut machines = Machines::from([examined.to_owned()]);
    for binary in delivery.declared_binaries() {
        machines.insert(programs::machine(delivery, &binary.path)?);
    }
    Some(machines)
}

type Layers = BTreeMap<String, Result<Arc<Layer>, Reason>>;

/// Every layer once, however many images share it: those that the inventory looked into as they were noted there, others side by side.
fn layers(delivery: &Delivery, blobs: &Blobs, images: &[Described], budget: &Budget) -> Layers {
    let names: BTreeSet<&String> = images.iter().flat_map(|image| &image.layers).map(|layer| &layer.name).collect();
    let names: Vec<&String> = names.into_iter().collect();
    let read = |name: &&String| {
        let key = blobs.key(name);
        let layer = match key.as_ref().and_then(|key| delivery.layers().layer(key)) {
            Some(layer) => Ok(layer),
            None => {
                let path = key.map_or_else(|| (*name).clone(), |key| key.to_string());
                blobs.with(name, |part| examine::layer(part, &path, delivery.texts(), budget).map(Arc::new))
            }
        };
        ((*name).clone(), layer)
    };
    names.par_iter().map(read).collect()
}

fn image(
    place: &Place,
    described: Described,
    all_call: bool,
    layers: &Layers,
    gaps: &mut Vec<(Reason, String)>,
) -> Image {
    let mut wrong = described.wrong.clone();
    let mut whole: Result<(), Reason> = Ok(());
    let mut readable = Vec::new();
    for (number, reference) in described.layers.iter().enumerate() {
        let mut lacks = |reason: &Reason| {
            gaps.push((reason.clone(), format!("{} layer {number}", place.path)));
            if whole.is_ok() {
                whole = Err(reason.clone());
            }
        };
        match layers.get(&reference.name) {
            Some(Ok(layer)) => {
                compare(number, reference, layer, &mut wrong);
                layer.unpacked.as_ref().err().into_iter().chain(&layer.gaps).for_each(&mut lacks);
                readable.push(layer);
            }
            Some(Err(reason)) => lacks(reason),
            None => lacks(&reason!("image-part-missing", image = &place.path, part = &reference.name)),
        }
    }
    let tree = Tree::of(readable.into_iter().map(AsRef::as_ref));
    if let (Some(reason), true) = (tree.gaps.first(), whole.is_ok()) {
        whole = Err(reason.clone());
    }
    gaps.extend(tree.gaps.iter().map(|reason| (reason.clone(), place.path.clone())));
    let digests_agree = match (&whole, wrong.is_empty()) {
        (_, false) => false.into(),
        (Ok(()), true) => true.into(),
        (Err(reason), true) => Known::Unknown(reason.clone()),
    };
    Image {
        place: place.path.clone(),
        declared: place.declared,
        declared_digest_agrees: (!place.digests.is_empty())
            .then(|| all_call && place.digests.iter().any(|digest| described.called.contains(digest))),
        described,
        digests_agree,
        wrong,
        tree,
        whole,
    }
}

fn compare(number: usize, reference: &LayerRef, layer: &Layer, wrong: &mut Vec<String>) {
    if reference.digest.as_ref().is_some_and(|digest| *digest != layer.stored.0) {
        wrong.push(format!("layer {number}: {}", layer.stored.0));
    }
    if reference.size.is_some_and(|size| size != layer.size) {
        wrong.push(format!("layer {number}: {} bytes", layer.size));
    }
    let unpacked = layer.unpacked.as_ref().ok();
    if let (Some(said), Some(found)) = (&reference.diff_id, unpacked)
        && *said != found.0
    {
        wrong.push(format!("layer {number} unpacked: {}", found.0));
    }
}
