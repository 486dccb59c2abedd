//! The files of an image's layout in its archive: what they are called, and where they lie.

use crate::archive::{self, Member, MemberKind, Place, reason_of};
use crate::layer::clean;
use crate::store::Part;
use assize_facts::{Reason, reason};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Of a compressed archive so many bytes of its small files are kept: manifests and configurations.
const KEPT: u64 = 32 << 20;
/// None of them is longer, and no manifest or configuration that is read.
pub(crate) const LONGEST: u64 = 4 << 20;

#[derive(Clone)]
pub(crate) enum Found {
    At(u64, u64),
    /// Of an archive that is compressed as a whole: what began like JSON.
    Kept(Arc<Vec<u8>>),
    /// The same: everything else, which has passed.
    Passed,
    /// A link to another member, which `docker save` writes for a layer that two images share.
    Link(String),
}

#[derive(Default)]
pub(crate) struct Index {
    pub files: BTreeMap<String, Found>,
    pub gaps: Vec<Reason>,
    /// What ended the reading early.
    pub broken: Option<Reason>,
    kept: u64,
}

impl Index {
    /// Of a plain archive.
    pub(crate) fn of(part: &Part<'_>) -> Index {
        let mut index = Index::default();
        let read = archive::places(*part, &mut |place| {
            let Place { member, from, to } = place;
            index.take(&member, Found::At(from, to));
            Ok(())
        });
        index.broken = read.err().map(reason_of);
        index
    }

    /// A file of an archive that passes once.
    pub(crate) fn pass(&mut self, member: &Member, part: &Part<'_>) {
        let may_be_json = |bytes: &[u8]| matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['));
        let fits = part.len() <= LONGEST && self.kept + part.len() <= KEPT;
        let bytes = fits.then(|| part.bytes(0, LONGEST as usize).ok()).flatten().filter(|bytes| may_be_json(bytes));
        self.kept += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        self.take(member, bytes.map_or(Found::Passed, |bytes| Found::Kept(Arc::new(bytes))));
    }

    /// A member; `file` says where it is, if it is a file.
    pub(crate) fn take(&mut self, member: &Member, file: Found) {
        let Some(name) = clean(&member.name) else {
            return self.gaps.push(reason!("archive-name-refused", member = &member.name));
        };
        let found = match &member.kind {
            MemberKind::File => file,
            MemberKind::HardLink(target) => match clean(target) {
                Some(target) => Found::Link(target),
                None => return,
            },
            MemberKind::Link(target) => match clean(&beside(&name, target)) {
                Some(target) => Found::Link(target),
                None => return,
            },
            MemberKind::Folder => return,
            MemberKind::Special(kind) => {
                return self.gaps.push(reason!("special-file", path = &name, kind = kind));
            }
        };
        if self.files.insert(name.clone(), found).is_some() {
            self.gaps.push(reason!("archive-duplicate", member = name));
        }
    }

    /// What a file is called that is no link, and where it is.
    pub(crate) fn resolve(&self, name: &str) -> Option<(&str, &Found)> {
        let (mut name, mut found) = self.files.get_key_value(name)?;
        for _ in 0..8 {
            match found {
                Found::Link(target) => (name, found) = self.files.get_key_value(target)?,
                found => return Some((name, found)),
            }
        }
        None
    }
}

/// A link's target as seen from the archive's top.
fn beside(name: &str, target: &str) -> String {
    match name.rsplit_once('/') {
        Some((folder, _)) if !target.starts_with('/') => format!("{folder}/{target}"),
        _ => target.into(),
    }
}
