//! Packed charts, and manifests in archives and in archives inside of these.

use super::files;
use crate::archived::{self, DEPLOY, NAMED, SMALL, is_called_like_an_archive};
use assize_delivery::{Asks, Delivery, Entry, PackedText};
use assize_facts::Reason;
use std::collections::BTreeSet;

/// Packages are archives by other names.
const PACKAGES: [&str; 2] = [".jar", ".rpm"];

/// Whether a file may be a packed chart (`helm package`), or an archive of manifests.
pub(super) fn may_be(delivery: &Delivery, entry: &Entry) -> bool {
    let name = entry.name().to_ascii_lowercase();
    // Contents of modules and layers of images are theirs.
    let of_others =
        || entry.path.contains("/@v/") || delivery.spec().images.iter().any(|image| image.path == entry.path);
    let is_one = is_called_like_an_archive(&name) || PACKAGES.iter().any(|end| name.ends_with(end));
    entry.is_file() && is_one && !(entry.size > SMALL && of_others())
}

/// Whether bytes begin as archives and compressed files do that are opened.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    const MAGICS: [&[u8]; 6] = [b"PK\x03\x04", b"\x1f\x8b", b"\xfd7zXZ\0", b"BZh", b"\x28\xb5\x2f\xfd", b"070701"];
    MAGICS.iter().any(|magic| bytes.starts_with(magic)) || bytes.get(257..262) == Some(b"ustar")
}

/// Whether a member of an archive is read, by its name, or where `any` by whatever it is called.
pub(crate) fn asks_of_archive(name: &str, size: u64, any: bool) -> Asks {
    if is_of_chart(name) {
        return Asks::Yes;
    }
    match files::is_called_like_one(name) {
        true if any && size > SMALL => Asks::UpTo(SMALL),
        true if size <= SMALL => Asks::Yes,
        false if any && size <= files::LARGEST_UNNAMED => Asks::Yes,
        _ => Asks::No,
    }
}

/// Whether one that was read is kept: it speaks of confinement, starts containers, or makes the archive a chart.
pub(crate) fn keeps_of_archive(name: &str, bytes: &[u8], any: bool) -> bool {
    asks_of_archive(name, bytes.len() as u64, any) == Asks::Yes
        && (is_of_chart(name) || files::of_bytes(bytes).is_some())
}

fn is_of_chart(name: &str) -> bool {
    name.trim_start_matches("./").split('/').skip(1).eq(["Chart.yaml"])
}

/// A text in an archive, by its name there.
pub(super) struct Packed {
    pub name: String,
    pub text: String,
    pub of_chart: bool,
}

/// The texts of an archive that speak of confinement or start containers. Of one that is damaged and no packed chart the inventory says so.
///
/// # Errors
/// What ends the reading of a chart; that there is too much.
pub(super) fn texts(delivery: &Delivery, entry: &Entry) -> Result<Vec<Packed>, Reason> {
    let texts = archived::texts(delivery, &[entry]).into_iter().next().unwrap_or_else(|| Ok(Default::default()))?;
    let charts: BTreeSet<&str> =
        texts.texts.iter().filter(|text| is_of_chart(&text.name)).map(|text| text.archive.as_str()).collect();
    let matters = |reason: &Reason, place: &str| match reason.code.as_str() {
        "archive-duplicate" => false,
        _ if archived::is_cut_short(reason) => true,
        "file-too-large" => place.rsplit_once('!').is_some_and(|(_, name)| files::is_called_like_one(name)),
        _ => charts.contains(place),
    };
    if let Some(gap) = texts.gaps.iter().find(|gap| matters(&gap.reason, &gap.place)) {
        return Err(gap.reason.clone());
    }
    let own = format!("{}!", entry.path);
    let is_wanted = |text: &&PackedText| {
        text.wanted & (DEPLOY | NAMED) != 0 && keeps_of_archive(&text.name, &text.bytes, text.wanted & DEPLOY != 0)
    };
    let wanted = texts.texts.iter().filter(is_wanted);
    let of = |text: &PackedText| {
        let name = text.name.trim_start_matches("./");
        let inside = format!("{}!", text.archive);
        Some(Packed {
            of_chart: charts.contains(text.archive.as_str()),
            name: format!("{}{name}", inside.strip_prefix(&own)?),
            text: files::of_bytes(&text.bytes)?,
        })
    };
    Ok(wanted.filter_map(of).collect())
}
