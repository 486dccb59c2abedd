//! Unpacks a source archive into a private folder: names that leave it, links that lead out and special files are refused, each with a gap.

use crate::archive::{self, Budget, Member, MemberKind, Visitor};
use crate::store::Store;
use assize_facts::{Gap, Reason, reason};
use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Component, Path, PathBuf};
use tempfile::TempDir;

pub(crate) struct Unpacked {
    pub folder: TempDir,
    pub gaps: Vec<Gap>,
}

/// Unpacks what can be unpacked. An archive that ends early leaves a gap; one that cannot be begun is an error.
pub(crate) fn unpack(store: &Store, path: &str, budget: &Budget) -> Result<Unpacked, Reason> {
    let no_folder = |error: io::Error| reason!("no-private-folder", detail = error);
    let folder = tempfile::Builder::new().prefix("assize-").tempdir().map_err(no_folder)?;
    let mut writer =
        Writer { root: folder.path().to_path_buf(), depth: budget.limits().folder_depth, gaps: Vec::new() };
    let result = archive::each(store.whole(), path, budget, &mut writer);
    if let Err(reason) = result {
        if reason.code == "archive-not-opened" {
            return Err(reason);
        }
        writer.refuse(reason, "");
    }
    Ok(Unpacked { folder, gaps: writer.gaps })
}

struct Writer {
    root: PathBuf,
    depth: u32,
    gaps: Vec<Gap>,
}

impl Writer {
    fn refuse(&mut self, reason: Reason, place: &str) {
        self.gaps.push(Gap { reason, place: place.into(), owner: None });
    }

    /// Where a member goes: below the root by plain names only.
    fn place(&self, name: &str) -> Result<PathBuf, Reason> {
        let leaves = || reason!("archive-name-refused", member = name);
        let mut place = self.root.clone();
        let mut depth = 0;
        for part in Path::new(name).components() {
            match part {
                Component::Normal(part) => place.push(part),
                Component::CurDir => continue,
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => return Err(leaves()),
            }
            depth += 1;
        }
        match depth {
            0 => Err(leaves()),
            d if d > self.depth => Err(reason!("limit-folder-depth", limit = self.depth)),
            _ => Ok(place),
        }
    }

    fn write(&self, member: &Member, content: &mut dyn Read) -> Result<(), Reason> {
        // `tar -C src .` begins with the folder itself.
        if member.kind == MemberKind::Folder && is_here(&member.name) {
            return Ok(());
        }
        let place = self.place(&member.name)?;
        // A link that an earlier member made may stand where a folder is wanted: nothing is written through it.
        let parent = place.parent().unwrap_or(&self.root);
        if !is_real_folder(&self.root, parent) {
            make_folders(&self.root, parent).map_err(|e| written(member, e))?;
        }
        match &member.kind {
            MemberKind::Folder => make_folders(&self.root, &place).map_err(|e| written(member, e)),
            MemberKind::File => {
                let mut options = OpenOptions::new();
                // A second member of the same name is refused here, for `create_new` neither follows nor replaces.
                let file = options.write(true).create_new(true).mode(0o600).open(&place);
                let mut file = file.map_err(|e| written(member, e))?;
                io::copy(content, &mut file).map(|_| ()).map_err(archive::reason_of)
            }
            // Links are never followed later; they are kept so that they are seen.
            MemberKind::Link(target) => symlink(target, &place).map_err(|e| written(member, e)),
            MemberKind::HardLink(target) => self.copy(target, &place).map_err(|e| written(member, e)),
            MemberKind::Special(kind) => Err(reason!("special-file", path = &member.name, kind = kind)),
        }
    }

    fn copy(&self, target: &str, place: &Path) -> io::Result<()> {
        let from = self.place(target).map_err(archive::refuse)?;
        let plain =
            fs::symlink_metadata(&from)?.is_file() && from.parent().is_some_and(|p| is_real_folder(&self.root, p));
        if !plain {
            return Err(io::Error::other("a hard link to what is no file of the archive"));
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(place)?;
        io::copy(&mut fs::File::open(from)?, &mut file).map(|_| ())
    }
}

/// Whether a name means the folder that is unpacked to.
fn is_here(name: &str) -> bool {
    !name.starts_with('/') && name.split('/').all(|part| part.is_empty() || part == ".")
}

fn written(member: &Member, error: io::Error) -> Reason {
    reason!("member-not-unpacked", member = &member.name, detail = error)
}

/// Every folder from the root down to `folder` is a folder and no link.
fn is_real_folder(root: &Path, folder: &Path) -> bool {
    folder.ancestors().take_while(|a| *a != root).all(|a| fs::symlink_metadata(a).is_ok_and(|m| m.is_dir()))
}

fn make_folders(root: &Path, folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|a| *a != root).collect();
    for folder in missing.into_iter().rev() {
        match fs::symlink_metadata(folder) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => return Err(io::Error::other("what is no folder stands where one is wanted")),
            Err(_) => fs::create_dir(folder)?,
        }
    }
    Ok(())
}

impl Visitor for Writer {
    fn member(&mut self, member: &Member, content: &mut dyn Read) -> io::Result<()> {
        match self.write(member, content) {
            Ok(()) => Ok(()),
            // A limit or damage ends the archive; a refused member does not.
            Err(reason) if ends(&reason) => Err(archive::refuse(reason)),
            Err(reason) => {
                self.refuse(reason, &member.name);
                Ok(())
            }
        }
    }

    fn gap(&mut self, reason: Reason) {
        self.refuse(reason, "");
    }
}

fn ends(reason: &Reason) -> bool {
    matches!(reason.code.as_str(), "archive-damaged" | "archive-bomb" | "archive-too-large" | "limit-entries")
}
