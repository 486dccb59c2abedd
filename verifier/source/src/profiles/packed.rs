//! Packed charts, and manifests in archives and in archives inside of these.

use super::files;
use crate::archived::is_called_like_an_archive;
use assize_delivery::{Delivery, Entry, Member, MemberKind};
use assize_facts::{Reason, reason};
use std::collections::BTreeSet;
use std::io::Read;

/// Packed charts are small: what Helm keeps of a release has to fit into a secret of Kubernetes. Of larger archives only what is called like a
/// deployment file is read,
const SMALL: u64 = 4 << 20;
/// and even larger ones are not opened.
const LARGEST: u64 = 4 << 30;
/// So much is unpacked of one of them, with all that is in it,
const MOST: u64 = 64 << 20;
/// and archives inside of archives so far.
const DEPTH: u32 = 4;

/// Packages are archives by other names.
const PACKAGES: [&str; 2] = [".jar", ".rpm"];
/// Charts, as `helm package` and people call them.
const CHARTS: [&str; 2] = [".tgz", ".tar.gz"];

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
    if entry.size > LARGEST {
        return Err(reason!("file-too-large", path = entry.path, size = entry.size, limit = LARGEST));
    }
    let (shown, is_small) = (&*entry.path, entry.size <= SMALL);
    let mut reader = Reader { delivery, shown, is_small, left: MOST, charts: BTreeSet::new(), texts: Vec::new() };
    let read = delivery.members(&entry.path, &mut |member, content| reader.member("", member, content, DEPTH));
    let Reader { left, charts, texts, .. } = reader;
    match read {
        Err(reason) if left == 0 || charts.contains("") => Err(reason),
        Ok(gaps) if charts.contains("") && !gaps.is_empty() => gaps.into_iter().next().map_or(Ok(Vec::new()), Err),
        _ => {
            let of = |(inside, name, text): (String, String, String)| Packed {
                of_chart: charts.contains(&inside),
                name: format!("{inside}{name}"),
                text,
            };
            Ok(texts.into_iter().map(of).collect())
        }
    }
}

struct Reader<'d> {
    delivery: &'d Delivery,
    shown: &'d str,
    is_small: bool,
    left: u64,
    /// The archives that are charts, by their names with `!` behind.
    charts: BTreeSet<String>,
    /// Each with the archive that it is in.
    texts: Vec<(String, String, String)>,
}

impl Reader<'_> {
    fn member(&mut self, inside: &str, member: &Member, content: &mut dyn Read, depth: u32) -> Result<(), Reason> {
        let name = member.name.trim_start_matches("./");
        if name.split('/').skip(1).eq(["Chart.yaml"]) {
            self.charts.insert(inside.to_owned());
        }
        if member.kind != MemberKind::File {
            return Ok(());
        }
        let may_matter = || files::is_called_like_one(name) || CHARTS.iter().any(|end| name.ends_with(end));
        if !(self.is_small || member.size <= SMALL && may_matter()) {
            return Ok(());
        }
        let mut bytes = Vec::new();
        let failed = |error| reason!("archive-damaged", path = self.shown, detail = error);
        content.take(self.left).read_to_end(&mut bytes).map_err(failed)?;
        self.left -= bytes.len() as u64;
        if self.left == 0 {
            return Err(reason!("archive-too-large", path = self.shown, limit = MOST));
        }
        match depth.checked_sub(1) {
            Some(depth) if is_archive(&bytes) => self.within(&format!("{inside}{name}!"), name, bytes, depth),
            _ => {
                let text = files::of_bytes(&bytes).map(|text| (inside.to_owned(), name.to_owned(), text));
                self.texts.extend(text);
                Ok(())
            }
        }
    }

    /// An archive in an archive.
    fn within(&mut self, inside: &str, name: &str, bytes: Vec<u8>, depth: u32) -> Result<(), Reason> {
        let delivery = self.delivery;
        let read = delivery.members_of(name, bytes, &mut |member, content| self.member(inside, member, content, depth));
        match read {
            Err(reason) if self.left == 0 => Err(reason),
            _ => Ok(()),
        }
    }
}
