//! Manifests of an image layout: OCI (image-spec 1.1, image-layout.md, image-index.md, manifest.md) and `docker save` (manifest.json), every reference held against the bytes it refers to.

use super::blobs::Blobs;
use super::config::{self, Config};
use super::json::{self, part};
use crate::archive::reason_of;
use crate::layer::clean;
use crate::sniff::{self, Kind};
use assize_facts::kinds::image::Layout;
use assize_facts::{Digest, Reason, Sha256, reason};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Indexes inside indexes.
const DEEPEST: u32 = 4;
/// Manifests of one layout.
const MOST_MANIFESTS: usize = 500;
/// Layers of one image; runtimes allow 127 (overlayfs), registries more.
const MOST_LAYERS: usize = 1_000;

/// A file of the layout, and what is said of it where it is referred to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LayerRef {
    pub name: String,
    /// `sha256:…` of the blob; a docker-archive does not say.
    pub digest: Option<String>,
    pub size: Option<u64>,
    /// Of the tar stream inside.
    pub diff_id: Option<String>,
}

/// One image for one platform, before its layers are read.
pub(crate) struct Described {
    pub layout: Layout,
    pub digest: Digest,
    /// Digests by which it can be called: its own, those of the indexes around it, its configuration's.
    pub called: Vec<String>,
    pub names: Vec<String>,
    pub platform: Option<String>,
    pub platform_agrees: bool,
    pub config: Config,
    pub layers: Vec<LayerRef>,
    /// References whose bytes are other ones.
    pub wrong: Vec<String>,
}

/// What a layout holds, and what of it could not be read.
#[derive(Default)]
pub(crate) struct Read {
    pub images: Vec<Described>,
    pub gaps: Vec<Reason>,
    /// Whether it is an image layout at all.
    pub known: bool,
}

/// `machines` are those of what is delivered, where they are known.
pub(crate) fn read(blobs: &Blobs, machines: Option<&BTreeSet<String>>) -> Read {
    let mut read = Read::default();
    if blobs.has("index.json") {
        read.known = true;
        Oci { blobs, machines, read: &mut read }.layout();
    }
    if blobs.has("manifest.json") {
        read.known = true;
        docker(blobs, &mut read);
    }
    read
}

#[derive(Clone, Default, Deserialize)]
struct Descriptor {
    #[serde(default, rename = "mediaType")]
    media_type: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    platform: Option<Platform>,
    #[serde(default, rename = "artifactType")]
    artifact_type: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
struct Platform {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
}

impl Platform {
    fn word(&self) -> Option<String> {
        config::platform(&self.os, &self.architecture)
    }
}

struct Oci<'a> {
    blobs: &'a Blobs,
    machines: Option<&'a BTreeSet<String>>,
    read: &'a mut Read,
}

/// What is known on the way down from `index.json`.
#[derive(Clone, Default)]
struct Way {
    depth: u32,
    called: Vec<String>,
    names: Vec<String>,
    wrong: Vec<String>,
}

impl Oci<'_> {
    fn layout(&mut self) {
        let index = self.blobs.read("index.json", json::LARGEST).and_then(|bytes| json::read(&bytes, "index.json"));
        match index {
            Ok(index) => self.index(&index, &Way::default(), "index.json"),
            Err(reason) => self.read.gaps.push(reason),
        }
    }

    fn index(&mut self, index: &Value, way: &Way, place: &str) {
        let manifests: Vec<Descriptor> = match part(index, "manifests", place) {
            Ok(manifests) => manifests,
            Err(reason) => return self.read.gaps.push(reason),
        };
        for descriptor in manifests {
            if self.read.images.len() >= MOST_MANIFESTS {
                return self.read.gaps.push(reason!("limit-manifests", limit = MOST_MANIFESTS));
            }
            match self.referred(&descriptor, way) {
                Err(_) if self.was_left_out(&descriptor) => {}
                Err(reason) => self.read.gaps.push(reason),
                Ok(()) => {}
            }
        }
    }

    /// Whether an image is not there and is for a machine that nothing is delivered for: whoever saves one platform of several keeps the index whole
    /// (`docker save`, `skopeo copy`).
    fn was_left_out(&self, descriptor: &Descriptor) -> bool {
        let is_there = blob(&descriptor.digest).map_or(true, |name| self.blobs.has(&name));
        let platform = descriptor.platform.as_ref().and_then(Platform::word);
        let machine = platform.as_deref().and_then(|platform| platform.split_once('/')).map(|(_, machine)| machine);
        !is_there && self.machines.zip(machine).is_some_and(|(delivered, machine)| !delivered.contains(machine))
    }

    fn referred(&mut self, descriptor: &Descriptor, way: &Way) -> Result<(), Reason> {
        let place = descriptor.digest.as_str();
        if way.depth >= DEEPEST || way.called.iter().any(|d| d == place) {
            return Err(reason!("image-index-deep", limit = DEEPEST));
        }
        let bytes = self.blobs.read(&blob(place)?, json::LARGEST)?;
        let digest = Sha256::of(&bytes);
        let mut way = Way { depth: way.depth + 1, ..way.clone() };
        if digest.0 != place || descriptor.size != bytes.len() as u64 {
            way.wrong.push(format!("manifest {place}"));
        }
        way.called.push(digest.0.clone());
        way.names.extend(name_of(descriptor));
        let value = json::read(&bytes, place)?;
        let media: String = part(&value, "mediaType", place)?;
        // What a runtime takes it for: by the reference, else by its own word, else by its parts.
        let media = if descriptor.media_type.is_empty() { media } else { descriptor.media_type.clone() };
        let (index, image) = (value.get("manifests").is_some(), value.get("config").is_some());
        match (index, image) {
            // Read as an index by one tool and as an image by another (CVE-2021-41190).
            (true, true) => {
                Err(reason!("image-json-refused", place = place, detail = "an index and a manifest at once"))
            }
            (true, false) => {
                self.index(&value, &way, place);
                Ok(())
            }
            (false, true) if self.is_beside(descriptor, &value) => Ok(()),
            (false, true) => self.manifest(&value, digest, descriptor.platform.as_ref(), way),
            (false, false) => Err(reason!("image-media-type", place = place, media = media)),
        }
    }

    fn is_beside(&self, descriptor: &Descriptor, manifest: &Value) -> bool {
        // Cosign gives its signatures an image's configuration; what no layer can be unpacked of nobody runs.
        let layers = manifest["layers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |layer: &Value, key: &str| layer[key].as_str().unwrap_or_default().to_owned();
        let is_read = |layer: &Value| is_document(&text(layer, "mediaType")) && !self.is_packed(&text(layer, "digest"));
        !layers.is_empty() && layers.iter().all(is_read) || is_artefact(descriptor, manifest)
    }

    /// Whether a blob can be unpacked, whatever it is called: some runtimes look at nothing else (containers/image).
    fn is_packed(&self, digest: &str) -> bool {
        let Ok(name) = blob(digest) else { return false };
        let kind = self.blobs.with(&name, |part| {
            let head = part.bytes(0, sniff::HEAD).map_err(reason_of)?;
            Ok(sniff::kind(&head, part.len()))
        });
        kind.is_ok_and(|kind| kind == Kind::Tar || kind.is_compressed())
    }

    fn manifest(&mut self, value: &Value, digest: Digest, by: Option<&Platform>, way: Way) -> Result<(), Reason> {
        let place = digest.0.clone();
        let reference: Descriptor = part(value, "config", &place)?;
        let layers: Vec<Descriptor> = part(value, "layers", &place)?;
        let mut wrong = way.wrong;
        let bytes = self.blobs.read(&blob(&reference.digest)?, json::LARGEST)?;
        let own = Sha256::of(&bytes);
        if own.0 != reference.digest || reference.size != bytes.len() as u64 {
            wrong.push(format!("configuration {}", reference.digest));
        }
        let config = config::read(&json::read(&bytes, &reference.digest)?, &reference.digest)?;
        let layers = layers.iter().map(|layer| {
            Ok(LayerRef {
                name: blob(&layer.digest)?,
                digest: Some(layer.digest.clone()),
                size: Some(layer.size),
                diff_id: None,
            })
        });
        let layers = with_diff_ids(layers.collect::<Result<_, Reason>>()?, &config, &place)?;
        let said = by.and_then(Platform::word);
        let mut called = way.called;
        called.push(own.0);
        self.read.images.push(Described {
            layout: Layout::Oci,
            digest,
            called,
            names: way.names,
            platform_agrees: said.is_none() || config.platform.is_none() || said == config.platform,
            platform: said.or_else(|| config.platform.clone()),
            config,
            layers,
            wrong,
        });
        Ok(())
    }
}

/// Media types of what is read and never unpacked: signatures, attestations, lists of parts.
fn is_document(kind: &str) -> bool {
    let kind = kind.to_lowercase();
    let unpacked = ["layer", "rootfs", "tar"].iter().any(|word| kind.contains(word));
    !unpacked && (kind.ends_with("json") || kind.ends_with("xml") || kind.starts_with("text/"))
}

/// What registries once gave configurations of images, which Docker still starts (moby, distribution/registry.go, ImageTypes).
const TAKEN_FOR_IMAGES: &[&str] = &["application/octet-stream", "application/json", "text/html"];

/// Attestations and signatures stand beside images in an index, and nobody runs them.
fn is_artefact(descriptor: &Descriptor, manifest: &Value) -> bool {
    let unknown = descriptor.platform.as_ref().is_some_and(|p| p.os == "unknown" && p.architecture == "unknown");
    let attests = descriptor.annotations.as_ref().is_some_and(|a| a.contains_key("vnd.docker.reference.type"));
    let media = manifest["config"]["mediaType"].as_str().unwrap_or_default();
    let artifact = descriptor.artifact_type.is_some() || manifest.get("artifactType").is_some();
    let image = media.contains("image.config")
        || media.contains("container.image.v1")
        || TAKEN_FOR_IMAGES.contains(&media) && !artifact;
    (unknown && attests) || (artifact && !image) || (!media.is_empty() && !image)
}

fn name_of(descriptor: &Descriptor) -> Vec<String> {
    const NAMES: [&str; 2] = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
    let annotations = descriptor.annotations.clone().unwrap_or_default();
    NAMES.iter().filter_map(|key| annotations.get(*key).cloned()).collect()
}

/// `blobs/sha256/…`; other algorithms are not computed here.
fn blob(digest: &str) -> Result<String, Reason> {
    match digest.split_once(':') {
        Some(("sha256", hex)) if is_hex(hex) => Ok(format!("blobs/sha256/{hex}")),
        _ => Err(reason!("image-digest-unknown", digest = digest)),
    }
}

fn is_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn with_diff_ids(mut layers: Vec<LayerRef>, config: &Config, place: &str) -> Result<Vec<LayerRef>, Reason> {
    if layers.len() > MOST_LAYERS {
        return Err(reason!("limit-layers", limit = MOST_LAYERS));
    }
    if layers.len() != config.diff_ids.len() {
        let detail = format!("{} layers, {} in rootfs.diff_ids", layers.len(), config.diff_ids.len());
        return Err(reason!("image-json-refused", place = place, detail = detail));
    }
    for (layer, diff_id) in layers.iter_mut().zip(&config.diff_ids) {
        layer.diff_id = Some(diff_id.clone());
    }
    Ok(layers)
}

#[derive(Default, Deserialize)]
struct Saved {
    #[serde(default, rename = "Config")]
    config: String,
    #[serde(default, rename = "RepoTags")]
    tags: Option<Vec<String>>,
    #[serde(default, rename = "Layers")]
    layers: Option<Vec<String>>,
}

/// `manifest.json`. An image that the layout's index already gave is not given twice.
fn docker(blobs: &Blobs, read: &mut Read) {
    let place = "manifest.json";
    let value = blobs.read(place, json::LARGEST).and_then(|bytes| json::read(&bytes, place));
    let list = value.map(|value| match value {
        Value::Array(all) => all,
        other => vec![other],
    });
    match list {
        Ok(list) => {
            if list.len() > MOST_MANIFESTS {
                read.gaps.push(reason!("limit-manifests", limit = MOST_MANIFESTS));
            }
            for entry in list.iter().take(MOST_MANIFESTS) {
                match saved(blobs, entry) {
                    Ok(image) => take(image, read),
                    Err(reason) => read.gaps.push(reason),
                }
            }
        }
        Err(reason) => read.gaps.push(reason),
    }
}

fn take(image: Described, read: &mut Read) {
    let names = |image: &Described| image.layers.iter().map(|l| l.name.clone()).collect::<Vec<_>>();
    let same = |other: &&mut Described| other.called.contains(&image.digest.0) && names(other) == names(&image);
    match read.images.iter_mut().find(same) {
        Some(known) => {
            known.names.extend(image.names);
            known.names.dedup();
            known.wrong.extend(image.wrong);
        }
        None => read.images.push(image),
    }
}

fn saved(blobs: &Blobs, entry: &Value) -> Result<Described, Reason> {
    let place = "manifest.json";
    let bad = |detail: String| reason!("image-json-refused", place = place, detail = detail);
    // Each key is looked up in its one spelling.
    for key in ["Config", "RepoTags", "Layers"] {
        let _: Value = part(entry, key, place)?;
    }
    let saved = Saved::deserialize(entry).map_err(|error| bad(error.to_string()))?;
    let inside = |name: &str| clean(name).ok_or_else(|| bad(format!("{name:?} leaves the archive")));
    let name = inside(&saved.config)?;
    let bytes = blobs.read(&name, json::LARGEST)?;
    let digest = Sha256::of(&bytes);
    let config = config::read(&json::read(&bytes, &name)?, &name)?;
    let mut wrong = Vec::new();
    let stem = name.rsplit('/').next().unwrap_or(&name).trim_end_matches(".json");
    if is_hex(stem) && digest.0 != format!("sha256:{stem}") {
        wrong.push(format!("configuration {name}"));
    }
    let layers = saved.layers.unwrap_or_default().into_iter().map(|layer| {
        let name = inside(&layer)?;
        // Newer archives keep layers as blobs named by their digest; older ones as ID/layer.tar.
        let digest = name.strip_prefix("blobs/sha256/").filter(|hex| is_hex(hex)).map(|hex| format!("sha256:{hex}"));
        Ok(LayerRef { name, digest, size: None, diff_id: None })
    });
    let layers = with_diff_ids(layers.collect::<Result<_, Reason>>()?, &config, place)?;
    Ok(Described {
        layout: Layout::Docker,
        called: vec![digest.0.clone()],
        digest,
        names: saved.tags.unwrap_or_default(),
        platform: config.platform.clone(),
        platform_agrees: true,
        config,
        layers,
        wrong,
    })
}
