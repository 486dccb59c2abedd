//! `link.image_binary`: images against the delivered binaries, each by its hash in the image's final file system.

use super::tree::base;
use crate::Truth;
use crate::run::Declared;
use crate::seen::{self, known};
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::link::ImageBinary;
use assize_facts::{Gap, Item, Known, Origin, Reason, Sheet, reason};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What `link.image_binary` is derived from.
pub const FROM: &[&str] = &["image.manifest", "image.files", "binary.info"];

/// Longest list in a fact.
const MOST: usize = 50;

pub fn derive(sheets: &Sheets, declared: &Declared) -> Sheet {
    let mut sheet = Sheet::of::<ImageBinary>();
    let all = All::of(sheets, declared);
    inherit(&mut sheet, &all.manifests);
    inherit(&mut sheet, &all.files);
    // Without an image nothing is asked of the binaries.
    if !all.manifests.items.is_empty() {
        inherit(&mut sheet, &all.infos);
    }
    for manifest in all.judged() {
        let origin = manifest.text("image").map_or_else(Origin::default, Origin::file);
        sheet.push(all.link(manifest), origin);
    }
    // That the delivery was looked through for images is what was examined, also where there is none.
    sheet.examined(all.manifests.scope.count.max(u64::from(all.manifests.gaps.is_empty())));
    sheet.settle();
    sheet
}

/// Facts of images and binaries.
pub(super) struct All<'a> {
    pub manifests: Cow<'a, Sheet>,
    files: Cow<'a, Sheet>,
    infos: Cow<'a, Sheet>,
    declared: &'a Declared,
    binaries: Vec<Binary>,
}

/// A delivered binary.
struct Binary {
    name: String,
    path: String,
    digest: Result<String, Reason>,
    platform: Option<String>,
}

impl<'a> All<'a> {
    pub(super) fn of(sheets: &'a Sheets, declared: &'a Declared) -> All<'a> {
        let infos = sheets.of("binary.info");
        let binaries = infos.items.iter().filter(|item| !seen::is_beside(item)).filter_map(|item| {
            Some(Binary {
                name: item.text("binary")?.to_owned(),
                path: item.text("path")?.to_owned(),
                digest: seen::text(item, "sha256"),
                platform: item.text("os").zip(item.text("arch")).map(|(os, arch)| format!("{os}/{arch}")),
            })
        });
        let binaries = binaries.collect();
        All { manifests: sheets.of("image.manifest"), files: sheets.of("image.files"), infos, declared, binaries }
    }

    /// The images that a delivered binary could be in: those for a delivered platform, and all of a layout that has none.
    pub(super) fn judged(&self) -> impl Iterator<Item = &Item> {
        let fitting: BTreeSet<Option<&str>> = self
            .manifests
            .items
            .iter()
            .filter(|m| !self.delivered_platform(m).is_false())
            .map(|m| m.text("image"))
            .collect();
        let judged = move |m: &&Item| !self.delivered_platform(m).is_false() || !fitting.contains(&m.text("image"));
        self.manifests.items.iter().filter(judged)
    }

    fn delivered_platform(&self, manifest: &Item) -> Truth {
        let platform = match seen::maybe_text(manifest, "platform") {
            Ok(Some(platform)) => platform,
            Ok(None) => return Truth::Unknown(reason!("image-platform-unsaid")),
            Err(reason) => return Truth::Unknown(reason),
        };
        if seen::flag(manifest, "platform_agrees").is_false() {
            return Truth::Unknown(reason!("image-platforms-differ"));
        }
        let examined = self.declared.examined_platform();
        let fits = |of: &str| of == platform;
        Truth::from(fits(examined) || self.binaries.iter().any(|b| b.platform.as_deref().is_some_and(fits)))
    }

    /// Whether it is another product's: nothing of the delivered one is in it, which a second image holds.
    pub(super) fn is_beside(&self, manifest: &Item) -> bool {
        let is_declared = |m: &Item| !seen::flag(m, "declared").is_false();
        if is_declared(manifest) && !self.is_sidecar(manifest)
            || self.files.gaps.iter().any(|gap| concerns(gap, manifest))
        {
            return false;
        }
        let files = self.files_of(manifest);
        let of_the_product = |f: &&Item| {
            let called = |b: &Binary| [base(&b.path), &b.name].contains(&f.text("path").map_or("", base));
            self.is_delivered(f) || f.text("sha256").is_none() || self.binaries.iter().any(called)
        };
        let holds = |m: &Item| self.wanted(m).is_some_and(|b| self.holds(m, b, &self.files_of(m)).is_true());
        !files.iter().any(of_the_product) && self.judged().any(|m| m != manifest && holds(m))
    }

    /// Whether the layout that deliverable.toml names holds it under another name than the image that starts the delivered program: so are the images of
    /// all services saved into one file. Without such names it may be meant to be that image, and so may one that the declared digest calls.
    fn is_sidecar(&self, manifest: &Item) -> bool {
        let run = self.declared.run_binary.as_deref();
        let run =
            self.binaries.iter().find(|b| run.is_none_or(|run| run == b.name)).and_then(|b| b.digest.as_deref().ok());
        let starts = |m: &&Item| run.is_some() && m.text("starts_sha256") == run;
        let of_layout = |m: &&Item| m.text("image") == manifest.text("image");
        let mine = repositories(manifest);
        let is_called = |name: &String| mine.contains(name) || self.binaries.iter().any(|b| mine.contains(&b.name));
        let mut products = self.judged().filter(of_layout).filter(starts).map(repositories);
        let is_other = |names: BTreeSet<String>| !names.is_empty() && !names.iter().any(is_called);
        !mine.is_empty() && !seen::flag(manifest, "declared_digest_agrees").is_true() && products.any(is_other)
    }

    /// Whether another image, which deliverable.toml names, starts the service as `[run]` does.
    pub(super) fn runs_elsewhere(&self, manifest: &Item) -> bool {
        let declared = |m: &Item| seen::flag(m, "declared").is_true();
        seen::flag(manifest, "declared").is_false()
            && self.judged().any(|m| declared(m) && seen::flag(m, "run_agrees").is_true())
    }

    fn link(&self, manifest: &Item) -> ImageBinary {
        let files = self.files_of(manifest);
        let wanted = self.wanted(manifest);
        let holds = match &wanted {
            Some(binary) => self.holds(manifest, binary, &files),
            None => Truth::Unknown(reason!("no-binary")),
        };
        let digests = self.digests(manifest);
        let visible: Vec<&&Item> = files.iter().filter(|f| f.bool("visible") == Some(true)).collect();
        let others = |f: &&&&Item| f.bool("executable_content") == Some(true) && !self.is_delivered(f);
        ImageBinary {
            image: manifest.text("image").unwrap_or_default().to_owned(),
            declared: manifest.bool("declared").unwrap_or_default(),
            beside: self.is_beside(manifest),
            platform: known_text(manifest, "platform"),
            delivered_platform: known(self.delivered_platform(manifest)),
            binary: wanted.map(|b| b.name.clone()),
            paths: wanted.map(|b| paths_of(b, &visible)).unwrap_or_default(),
            other_copies: wanted.map(|b| self.other_copies(b, &files)).unwrap_or_default(),
            undeclared: visible.iter().filter(others).take(MOST).map(|f| path(f)).collect(),
            privileged: visible
                .iter()
                .filter(|f| f.bool("privileged") == Some(true))
                .take(MOST)
                .map(|f| path(f))
                .collect(),
            holds: known(holds.clone()),
            digests_agree: known(digests.clone()),
            agrees: known(holds.and(|| digests)),
        }
    }

    fn files_of(&self, manifest: &Item) -> Vec<&Item> {
        let same =
            |f: &&Item| ["image", "digest", "platform"].iter().all(|key| f.fields.get(key) == manifest.fields.get(key));
        self.files.items.iter().filter(same).collect()
    }

    /// The binary that `[run]` starts. An image that starts another delivered binary has to hold that one, as long as some image starts the first.
    fn wanted(&self, manifest: &Item) -> Option<&Binary> {
        let starts = |m: &Item, b: &Binary| b.digest.as_deref().is_ok_and(|d| m.text("starts_sha256") == Some(d));
        let run = self.declared.run_binary.as_deref();
        let run = self.binaries.iter().find(|b| Some(b.name.as_str()) == run);
        let started = self.binaries.iter().find(|b| starts(manifest, b));
        match (run, started) {
            (Some(run), Some(started)) if self.manifests.items.iter().any(|m| starts(m, run)) => Some(started),
            (Some(run), _) => Some(run),
            (None, Some(started)) => Some(started),
            // Nothing says which it should be: one is enough to be looked for, several are not to be chosen from.
            (None, None) if self.binaries.len() == 1 => self.binaries.first(),
            (None, None) => None,
        }
    }

    fn holds(&self, manifest: &Item, binary: &Binary, files: &[&Item]) -> Truth {
        let digest = match &binary.digest {
            Ok(digest) => digest,
            Err(reason) => return Truth::Unknown(reason.clone()),
        };
        let visible = files.iter().filter(|f| f.bool("visible") == Some(true));
        let there = visible.clone().any(|f| f.text("sha256") == Some(digest));
        let gap = self.files.gaps.iter().find(|gap| concerns(gap, manifest));
        match (there, gap) {
            (_, Some(gap)) => Truth::Unknown(gap.reason.clone()),
            (there, None) => Truth::from(there),
        }
    }

    fn digests(&self, manifest: &Item) -> Truth {
        let declared = match seen::maybe_flag(manifest, "declared_digest_agrees") {
            Ok(declared) => Truth::from(declared.unwrap_or(true)),
            Err(reason) => Truth::Unknown(reason),
        };
        seen::flag(manifest, "digests_agree").and(|| declared)
    }

    fn is_delivered(&self, file: &Item) -> bool {
        self.binaries.iter().any(|b| b.digest.as_deref().is_ok_and(|d| file.text("sha256") == Some(d)))
    }

    fn other_copies(&self, binary: &Binary, files: &[&Item]) -> Vec<String> {
        let names = [base(&binary.path), binary.name.as_str()];
        let copies = files.iter().filter(|f| {
            let called = f.text("path").is_some_and(|p| names.contains(&base(p)));
            called && f.bool("executable_content") == Some(true) && binary.digest.as_deref().ok() != f.text("sha256")
        });
        copies.take(MOST).map(|f| format!("{} (layer {})", path(f), f.int("layer").unwrap_or_default())).collect()
    }
}

/// The last parts of the repositories by which an image is called, as in `registry.example/team/api:1.2` (distribution/reference); a tag alone names none.
fn repositories(manifest: &Item) -> BTreeSet<String> {
    let names = seen::texts(manifest, "names").unwrap_or_default();
    let names = names.iter().filter(|name| name.contains(['/', ':', '@']));
    let last =
        |name: &String| base(name.split('@').next().unwrap_or(name)).split(':').next().unwrap_or_default().to_owned();
    names.map(last).filter(|name| !name.is_empty()).collect()
}

fn concerns(gap: &Gap, manifest: &Item) -> bool {
    gap.place.is_empty() || manifest.text("image").is_some_and(|image| gap.place.starts_with(image))
}

fn paths_of(binary: &Binary, visible: &[&&Item]) -> Vec<String> {
    let same = |f: &&&&Item| binary.digest.as_deref().is_ok_and(|d| f.text("sha256") == Some(d));
    visible.iter().filter(same).take(MOST).map(|f| path(f)).collect()
}

fn path(file: &Item) -> String {
    file.text("path").unwrap_or_default().to_owned()
}

pub(super) fn known_text(item: &Item, name: &str) -> Known<Option<String>> {
    seen::maybe_text(item, name).map_or_else(Known::Unknown, Known::Value)
}
