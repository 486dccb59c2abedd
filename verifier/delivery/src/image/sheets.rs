//! The sheets `image.manifest` and `image.files`.

use super::run::{self, compare, shown};
use super::started;
use super::{Image, Images};
use crate::delivery::Delivery;
use assize_facts::kinds::image::{File, Manifest};
use assize_facts::kinds::inventory::Format;
use assize_facts::{Digest, Gap, Known, Origin, Reason, Sheet, reason};
use std::collections::BTreeSet;

/// Longest list in a fact.
const MOST: usize = 50;

pub(crate) fn manifests(delivery: &Delivery, images: &Images) -> Sheet {
    let mut sheet = Sheet::of::<Manifest>();
    for image in &images.images {
        sheet.push(manifest(delivery, image), Origin::file(&image.place));
    }
    // The whole delivery was looked through for images.
    finish(sheet, images, delivery.entries().len())
}

fn finish(mut sheet: Sheet, images: &Images, examined: usize) -> Sheet {
    sheet.gaps = images.gaps.iter().map(|(reason, place)| gap(reason, place)).collect();
    sheet.examined(examined as u64);
    sheet.settle();
    sheet
}

fn gap(reason: &Reason, place: &str) -> Gap {
    Gap { reason: reason.clone(), place: place.into(), owner: None }
}

fn manifest(delivery: &Delivery, image: &Image) -> Manifest {
    let described = &image.described;
    let config = &described.config;
    let compared = compare(delivery, image);
    let (starts, starts_sha256) = started::facts(image);
    Manifest {
        image: image.place.clone(),
        declared: image.declared,
        layout: described.layout,
        digest: Known::Value(described.digest.clone()),
        declared_digest_agrees: image.declared_digest_agrees.into(),
        names: described.names.clone(),
        platform: described.platform.clone().into(),
        platform_agrees: described.platform_agrees,
        layers: described.layers.len() as u64,
        digests_agree: image.digests_agree.clone(),
        wrong: cut(&image.wrong),
        user: config.user.clone(),
        entrypoint: config.entrypoint.clone(),
        cmd: config.cmd.clone(),
        env: environment(delivery, &config.env),
        godebug: config.variable("GODEBUG").map(str::to_string),
        working_dir: config.working_dir.clone(),
        exposed_ports: config.exposed_ports.clone(),
        labels: config.labels.clone(),
        volumes: config.volumes.clone(),
        starts,
        starts_sha256,
        run_agrees: compared.agrees(),
        run_differences: cut(&compared.differences),
        files: image.tree.files().count() as u64,
    }
}

fn cut(all: &[String]) -> Vec<String> {
    all.iter().take(MOST).cloned().collect()
}

/// The environment without what is secret in it.
fn environment(delivery: &Delivery, env: &[String]) -> Vec<String> {
    let run = delivery.spec().run.clone().unwrap_or_default();
    let line = |line: &String| match line.split_once('=') {
        Some((name, value)) if run::is_secret(&run, name) => format!("{name}={}", shown(&run, name, value)),
        _ => line.clone(),
    };
    env.iter().map(line).collect()
}

pub(crate) fn files(delivery: &Delivery, images: &Images) -> Sheet {
    let mut sheet = Sheet::of::<File>();
    let delivered = Delivered::of(delivery);
    let mut examined = 0;
    for image in &images.images {
        examined += image.tree.files().count();
        let started: BTreeSet<String> = started::started(image).ok().flatten().map(|s| s.path).into_iter().collect();
        let visible = image.tree.files().filter(|(path, _, content)| {
            content.code
                || content.privileged()
                || started.contains(&format!("/{path}"))
                || content.sha256.as_ref().is_some_and(|digest| delivered.matters(digest))
        });
        let visible = visible.map(|(path, layer, content)| (path, layer, content, true));
        let hidden = image.tree.hidden.iter().map(|h| (h.path.as_str(), h.layer, &h.content, false));
        let mut all: Vec<_> = visible.chain(hidden).collect();
        all.sort_by_key(|(path, layer, _, visible)| (*path, *layer, *visible));
        for (path, layer, content, visible) in all {
            let origin = Origin::file(format!("{}!/{path}", image.place));
            sheet.push(file(image, path, layer, content, visible, &delivered), origin);
        }
    }
    finish(sheet, images, examined)
}

fn file(
    image: &Image,
    path: &str,
    layer: usize,
    content: &crate::layer::Content,
    visible: bool,
    delivered: &Delivered,
) -> File {
    let path = format!("/{path}");
    let sha256 = match &content.sha256 {
        Some(digest) => Known::Value(digest.clone()),
        None => Known::Unknown(reason!("image-file-not-hashed", path = &path)),
    };
    File {
        image: image.place.clone(),
        digest: Known::Value(image.described.digest.clone()),
        platform: image.described.platform.clone().into(),
        layer: layer as u64,
        size: content.size,
        delivered_as: delivered.name(content.sha256.as_ref()),
        sha256,
        format: if content.text.is_some() { Format::Text } else { content.format },
        executable_content: content.code,
        go_program: content.go_program.clone(),
        packer: content.packer.clone(),
        mode: content.mode.into(),
        privileged: content.privileged(),
        visible,
        path,
    }
}

/// Digests of the delivered binaries and of the files of `[run]`.
struct Delivered {
    binaries: Vec<(String, Result<Digest, Reason>)>,
    run: BTreeSet<Digest>,
}

impl Delivered {
    fn of(delivery: &Delivery) -> Delivered {
        let binaries = delivery.declared_binaries();
        let files = delivery.spec().run.iter().flat_map(|run| &run.files);
        let paths = files.flat_map(|file| {
            delivery.entry(file).into_iter().chain(delivery.under(file)).filter(|e| e.is_file()).map(|e| e.path.clone())
        });
        Delivered {
            run: paths.filter_map(|path| delivery.digest(&path).ok()).collect(),
            binaries: binaries.into_iter().map(|b| (b.name, delivery.digest(&b.path))).collect(),
        }
    }

    fn matters(&self, digest: &Digest) -> bool {
        self.run.contains(digest) || self.binaries.iter().any(|(_, d)| d.as_ref().ok() == Some(digest))
    }

    fn name(&self, digest: Option<&Digest>) -> Known<Option<String>> {
        let found = digest.and_then(|d| self.binaries.iter().find(|(_, b)| b.as_ref().ok() == Some(d)));
        let unread = self.binaries.iter().find_map(|(_, b)| b.as_ref().err());
        match (found, unread) {
            (Some((name, _)), _) => Some(name.clone()).into(),
            (None, Some(reason)) => Known::Unknown(reason.clone()),
            (None, None) => None.into(),
        }
    }
}
