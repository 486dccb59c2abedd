//! Build files and deployment files in archives, and which files are called like archives.

use crate::build::split;
use crate::{profiles, settings};
use assize_delivery::{Asks, Delivery, Entry, PackedTexts, Wanted, Wish};
use assize_facts::Reason;
use std::sync::Arc;

const ENDINGS: [&str; 12] =
    [".zip", ".tar", ".tgz", ".gz", ".txz", ".xz", ".tzst", ".zst", ".tbz", ".tbz2", ".bz2", ".cpio"];

/// By a name in lower case.
pub(crate) fn is_called_like_an_archive(name: &str) -> bool {
    ENDINGS.iter().any(|end| name.ends_with(end))
}

/// Files that may build,
pub(crate) const BUILD: Wanted = 1;
/// what may start containers, by whatever name,
pub(crate) const DEPLOY: Wanted = 2;
/// or what is called like it.
pub(crate) const NAMED: Wanted = 4;

/// Packed charts are small: what Helm keeps of a release has to fit into a secret of Kubernetes. Of larger archives only what is called like a
/// deployment file is read.
pub(crate) const SMALL: u64 = 4 << 20;

/// Charts, as `helm package` and people call them.
const CHARTS: [&str; 2] = [".tgz", ".tar.gz"];

/// What the two rooms want of archives.
struct Wishes {
    /// The archive of module contents, whose build files are others'.
    modules: Option<String>,
}

impl Wish for Wishes {
    fn of_archive(&self, path: &str, size: u64) -> Wanted {
        let of_build = if self.modules.as_deref() == Some(path) { 0 } else { build(path) };
        of_build | if size <= SMALL { DEPLOY } else { NAMED }
    }

    fn of_inner(&self, around: Wanted, name: &str, size: u64) -> Wanted {
        let is_chart = || size <= SMALL && CHARTS.iter().any(|end| name.ends_with(end));
        let deploy = if around & NAMED != 0 && !is_chart() { 0 } else { around & (DEPLOY | NAMED) };
        around & build(name) | deploy
    }

    fn asks(&self, around: Wanted, name: &str, size: u64) -> Asks {
        let of_build = match around & BUILD {
            0 => Asks::No,
            _ => settings::asks_of_archive(name, size),
        };
        match around & (DEPLOY | NAMED) {
            0 => of_build,
            deploy => match (of_build, profiles::asks_of_archive(name, size, deploy & DEPLOY != 0)) {
                (Asks::No, of_deploy) | (Asks::UpTo(_), of_deploy @ Asks::Yes) => of_deploy,
                (of_build, _) => of_build,
            },
        }
    }

    fn keeps(&self, around: Wanted, name: &str, bytes: &[u8]) -> bool {
        around & BUILD != 0 && settings::keeps_of_archive(name, bytes)
            || around & (DEPLOY | NAMED) != 0 && profiles::keeps_of_archive(name, bytes, around & DEPLOY != 0)
    }
}

/// Whether a bound of ours kept something of an archive from being seen, whatever that is.
pub(crate) fn is_cut_short(reason: &Reason) -> bool {
    matches!(
        reason.code.as_str(),
        "archive-texts-too-many" | "archive-too-large" | "archives-too-large" | "archive-bomb" | "examiner-failed"
    )
}

fn build(path: &str) -> Wanted {
    let is_archive = is_called_like_an_archive(&split(path).1.to_ascii_lowercase());
    if is_archive && !settings::is_aside(path) { BUILD } else { 0 }
}

/// What is in archives of a deliverable.
///
/// # Errors
/// Of one that cannot be opened.
pub(crate) fn texts(delivery: &Delivery, entries: &[&Entry]) -> Vec<Result<Arc<PackedTexts>, Reason>> {
    let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    delivery.texts_in(&paths, &Wishes { modules: settings::modules(delivery) })
}
