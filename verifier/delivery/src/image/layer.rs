//! One layer read in one pass: what it adds and takes away, and of each file as much as can matter.

use super::blobs::clean;
use crate::archive::{self, Budget, Layered, Member, MemberKind, Visitor, reason_of, refuse};
use crate::examine;
use crate::scan;
use crate::sniff::{self, Kind};
use crate::store::{self, Part, Store};
use assize_facts::kinds::inventory::Format;
use assize_facts::{Digest, Known, Reason, Sha256, reason};
use std::collections::BTreeSet;
use std::io::{self, Read};

/// So many first bytes tell machine code and scripts.
const HEAD: u64 = 4096;
/// Files up to this size are hashed whatever they are.
const SMALL: u64 = 64 << 10;
/// Longest file that a template is compared with.
const LONGEST_TEXT: u64 = 1 << 20;

/// Longer names cannot be unpacked (PATH_MAX, Linux).
const LONGEST_PATH: usize = 4096;
/// Folders below each other: every one is looked up for every name.
const DEEPEST_PATH: usize = 255;

/// What is looked for beside machine code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sought {
    /// Sizes of delivered binaries and of files of `[run]`: files of such a size are hashed.
    pub sizes: BTreeSet<u64>,
    /// Last names of templates: such files are kept as text.
    pub templates: BTreeSet<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Folder,
    Link(String),
    HardLink(String),
    Special,
    File(Box<Content>),
}

#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub size: u64,
    pub mode: u32,
    pub capabilities: bool,
    /// `None`: it was not hashed, as nothing delivered has its size.
    pub sha256: Option<Digest>,
    pub format: Format,
    pub code: bool,
    pub go_program: Known<bool>,
    pub packer: Known<Option<String>>,
    pub text: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Relative to the image's root, without `.` and `..`.
    pub path: String,
    pub what: What,
}

pub(crate) struct Layer {
    /// In the order of the archive, `.wh.` entries among them.
    pub entries: Vec<Entry>,
    /// Of the blob.
    pub size: u64,
    pub stored: Digest,
    pub unpacked: Result<Digest, Reason>,
    /// What was refused or not seen; that it ended early is in `unpacked`.
    pub gaps: Vec<Reason>,
}

pub(crate) fn read(part: Part<'_>, sought: &Sought, budget: &Budget) -> Result<Layer, Reason> {
    let mut reading = Reading { sought, budget, entries: Vec::new(), gaps: Vec::new() };
    let Layered { stored, unpacked } = archive::layer(part, budget, &mut reading).map_err(reason_of)?;
    Ok(Layer { entries: reading.entries, size: part.len(), stored, unpacked, gaps: reading.gaps })
}

struct Reading<'a> {
    sought: &'a Sought,
    budget: &'a Budget,
    entries: Vec<Entry>,
    gaps: Vec<Reason>,
}

impl Visitor for Reading<'_> {
    fn member(&mut self, member: &Member, content: &mut dyn Read) -> io::Result<()> {
        self.budget.member(&member.name).map_err(refuse)?;
        if member.name.len() > LONGEST_PATH || member.name.split('/').count() > DEEPEST_PATH {
            self.gaps.push(reason!("archive-name-refused", member = &member.name));
            return Ok(());
        }
        let Some(path) = clean(&member.name).filter(|_| !member.name.split('/').any(|part| part == "..")) else {
            self.gaps.push(reason!("archive-name-refused", member = &member.name));
            return Ok(());
        };
        let what = match &member.kind {
            MemberKind::Folder => What::Folder,
            MemberKind::Link(target) if target.len() <= LONGEST_PATH => What::Link(target.clone()),
            MemberKind::Link(_) => What::Special,
            MemberKind::HardLink(target) => What::HardLink(target.clone()),
            MemberKind::Special(_) => What::Special,
            MemberKind::File => What::File(Box::new(self.content(member, &path, content)?)),
        };
        self.entries.push(Entry { path, what });
        Ok(())
    }

    fn gap(&mut self, reason: Reason) {
        self.gaps.push(reason);
    }
}

impl Reading<'_> {
    fn content(&mut self, member: &Member, path: &str, content: &mut dyn Read) -> io::Result<Content> {
        let mut head = Vec::new();
        content.take(HEAD).read_to_end(&mut head)?;
        let kind = sniff::kind(&head, member.size);
        let mut seen = Content {
            size: member.size,
            mode: member.mode,
            capabilities: member.capabilities,
            sha256: None,
            format: kind.format(),
            code: is_code(kind),
            go_program: false.into(),
            packer: None.into(),
            text: None,
        };
        if seen.code {
            let store = store::spool(&mut io::Cursor::new(head).chain(content), member.size)?;
            return code(&store, path, kind, seen);
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        if self.sought.templates.contains(name) && member.size <= LONGEST_TEXT {
            content.read_to_end(&mut head)?;
            seen.sha256 = Some(Sha256::of(&head));
            seen.text = Some(head);
        } else if member.size <= SMALL
            || kind == Kind::Script
            || self.sought.sizes.contains(&member.size)
            || seen.privileged()
        {
            let mut hash = Sha256::new();
            hash.update(&head);
            let mut chunk = vec![0; 64 << 10];
            loop {
                match content.read(&mut chunk)? {
                    0 => break,
                    n => hash.update(&chunk[..n]),
                }
            }
            seen.sha256 = Some(hash.digest());
        }
        Ok(seen)
    }
}

/// Machine code is looked at as the inventory looks at it.
fn code(store: &Store, path: &str, kind: Kind, mut seen: Content) -> io::Result<Content> {
    let part = store.whole();
    let scan = scan::scan(&part)?;
    (seen.go_program, seen.packer) = examine::program(&part, kind, &scan.hits, path);
    seen.sha256 = Some(scan.trail.digest);
    Ok(seen)
}

impl Content {
    /// Set-user-ID, set-group-ID on something executable, or file capabilities.
    pub(crate) fn privileged(&self) -> bool {
        self.mode & 0o4000 != 0 || (self.mode & 0o2000 != 0 && self.mode & 0o010 != 0) || self.capabilities
    }
}

fn is_code(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Elf | Kind::MachO | Kind::Pe | Kind::Coff | Kind::GoObject | Kind::Bitcode | Kind::Wasm | Kind::Dos
    )
}
