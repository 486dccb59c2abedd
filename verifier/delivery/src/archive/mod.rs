//! Bounded readers of archives: each gives its members in turn, and everything that it refuses or did not see is a reason.
//!
//! Nothing is unpacked by these readers; who wants a member reads it from the stream that comes with it.

mod ar;
mod compressed;
mod cpio;
mod layer;
mod tar;
#[cfg(test)]
pub(crate) mod tests;
mod xz;
mod zip;

use crate::sniff::{self, Kind};
use crate::store::Part;
use assize_facts::{Digest, Limits, Reason, reason};
use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) use ar::MAGIC as AR;
pub(crate) use layer::{Layered, layer, tar_within};
pub(crate) use tar::{
    BLOCK as TAR_BLOCK, Place, checksum_fits as tar_checksum_fits, number as tar_number, padding as tar_padding, places,
};
pub(crate) use xz::Xz;
#[cfg(test)]
pub(crate) use xz::tests::xz_of;
pub(crate) use zip::has_directory;

/// One member of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name as written, odd bytes shown as in [`crate::shown_name`]; may hold `..` or begin with `/`.
    pub name: String,
    pub kind: MemberKind,
    /// Size as its header says, before decompression is trusted; 0 where the format does not say.
    pub size: u64,
    /// Permission bits; 0 where the format has none.
    pub mode: u32,
    /// Whether it has file capabilities (capabilities(7), as a pax record).
    pub capabilities: bool,
}

/// Where a member lies in its zip, and how it is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    from: u64,
    to: u64,
    /// Unpacked, as the directory says.
    size: u64,
    method: u16,
}

impl Packed {
    /// Bytes that it unpacks to, as the zip's directory says.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// What a member is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberKind {
    File,
    Folder,
    /// A symbolic link and its target.
    Link(String),
    /// A second name of an earlier member.
    HardLink(String),
    /// `fifo` or `device`.
    Special(&'static str),
}

/// Is given each member with its content (empty for what is not a file), and each gap.
pub(crate) trait Visitor {
    fn member(&mut self, member: &Member, content: &mut dyn Read) -> io::Result<()>;
    /// A member that lies in the archive's file as it is.
    fn member_in_place(&mut self, member: &Member, _: Part<'_>, content: &mut dyn Read) -> io::Result<()> {
        self.member(member, content)
    }
    fn gap(&mut self, reason: Reason);
    /// A second member of one name.
    fn duplicate(&mut self, name: &str) {
        self.gap(reason!("archive-duplicate", member = name));
    }
    /// Whether the SHA-256 of a compressed tar archive's own stream is asked for.
    fn asks_unpacked(&self) -> bool {
        false
    }
    /// That digest; the reason where a reader of layers would refuse the stream.
    fn unpacked(&mut self, _digest: Result<Digest, Reason>) {}
    /// Bytes of the archive's file that belong to none of its members: before, between or after them.
    fn leftover(&mut self, _from: u64, _to: u64) {}
    /// Bytes that belong to the archive's own records and that nobody unpacks: comments, extra fields.
    fn seam(&mut self, _from: u64, _to: u64) {}
}

/// What all files of a delivery may still be unpacked to.
pub(crate) type Whole = Arc<AtomicU64>;

/// What one delivered file may still cost, its nested archives included.
pub(crate) struct Budget {
    whole: Whole,
    unpacked: AtomicU64,
    members: AtomicU64,
    names: AtomicU64,
    limits: Limits,
}

impl Budget {
    #[cfg(test)]
    pub(crate) fn new(limits: &Limits) -> Budget {
        Budget::within(limits, &Whole::new(AtomicU64::new(limits.unpacked_in_all)))
    }

    /// A file's own limits, and what the delivery has left.
    pub(crate) fn within(limits: &Limits, whole: &Whole) -> Budget {
        Budget {
            whole: whole.clone(),
            unpacked: AtomicU64::new(limits.unpacked),
            members: AtomicU64::new(limits.entries),
            names: AtomicU64::new(NAMES),
            limits: limits.clone(),
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Takes so many bytes of what may still be unpacked or looked at again.
    pub(crate) fn spend(&self, bytes: u64) -> Result<(), Reason> {
        take(&self.unpacked, bytes).ok_or_else(|| reason!("archive-too-large", limit = self.limits.unpacked))?;
        take(&self.whole, bytes).ok_or_else(|| reason!("archives-too-large", limit = self.limits.unpacked_in_all))
    }

    /// Counts a member; what is remembered of it costs memory, most of all its name.
    pub(crate) fn member(&self, name: &str) -> Result<(), Reason> {
        take(&self.members, 1).ok_or_else(|| reason!("limit-entries", limit = self.limits.entries))?;
        let cost = name.len() as u64 + PER_MEMBER;
        take(&self.names, cost).ok_or_else(|| reason!("limit-names", limit = NAMES))
    }
}

/// Bytes that may be remembered of the members of one delivered file, names and all.
const NAMES: u64 = 192 << 20;
/// What is remembered of a member beside its name.
const PER_MEMBER: u64 = 400;

fn take(left: &AtomicU64, amount: u64) -> Option<()> {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(amount)).ok().map(|_| ())
}

/// A reason travelling through `io::Error`.
#[derive(Debug)]
struct Refused(Reason);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.code)
    }
}

impl std::error::Error for Refused {}

pub(crate) fn refuse(reason: Reason) -> io::Error {
    io::Error::other(Refused(reason))
}

fn damaged(detail: &str) -> io::Error {
    refuse(reason!("archive-damaged", detail = detail))
}

/// The reason behind an error of a reader; where it has none, the archive is damaged.
pub(crate) fn reason_of(error: io::Error) -> Reason {
    let mut inner: Option<&(dyn std::error::Error + 'static)> = error.get_ref().map(|e| e as _);
    while let Some(e) = inner {
        if let Some(Refused(reason)) = e.downcast_ref::<Refused>() {
            return reason.clone();
        }
        inner = match e.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|e| e as _),
            None => e.source(),
        };
    }
    reason!("archive-damaged", detail = error)
}

/// Counts what a decoder gives, and stops it at the limits of size and ratio.
pub(crate) struct Metered<'b, R> {
    inner: R,
    budget: &'b Budget,
    packed: u64,
    given: u64,
}

/// Below this a high ratio is harmless.
const RATIO_FROM: u64 = 1 << 20;

impl<'b, R: Read> Metered<'b, R> {
    pub(crate) fn new(inner: R, packed: u64, budget: &'b Budget) -> Metered<'b, R> {
        Metered { inner, budget, packed, given: 0 }
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.given += n as u64;
        self.budget.spend(n as u64).map_err(refuse)?;
        let ratio = self.budget.limits.ratio;
        if self.given > RATIO_FROM && self.given / self.packed.max(1) > ratio {
            return Err(refuse(reason!("archive-bomb", packed = self.packed, limit = ratio)));
        }
        Ok(n)
    }
}

/// Gives every member of an archive to the visitor. `name` is the archive's own last name, for what a bare compressed file holds.
///
/// The error is what ended the reading early; members before it were given.
pub(crate) fn each(part: Part<'_>, name: &str, budget: &Budget, visitor: &mut dyn Visitor) -> Result<(), Reason> {
    let head = part.bytes(0, sniff::HEAD).map_err(reason_of)?;
    let mut once = Once { visitor, budget, seen: HashSet::new() };
    let result = match sniff::kind(&head, part.len()) {
        Kind::Tar => tar::each_in_place(part, &mut once),
        kind if kind.is_compressed() => compressed::each(part, name, budget, &mut once),
        Kind::Ar => ar::each(part, &mut once),
        Kind::Cpio => cpio::each(part, &mut once),
        Kind::Rpm => cpio::payload(part, &mut once),
        _ if has_directory(&part) => zip::each(part, budget, &mut once),
        other => return Err(reason!("archive-not-opened", path = name, format = other.name())),
    };
    result.map_err(reason_of)
}

/// The members of what ends in a zip directory, whatever it begins with.
pub(crate) fn each_of_zip(part: Part<'_>, budget: &Budget, visitor: &mut dyn Visitor) -> Result<(), Reason> {
    zip::each(part, budget, &mut Once { visitor, budget, seen: HashSet::new() }).map_err(reason_of)
}

/// The regular files in what ends in a zip directory, each with where it lies.
pub(crate) fn places_in_zip(part: Part<'_>, limits: &Limits) -> Result<Vec<(String, Packed)>, Reason> {
    zip::places(part, limits).map_err(reason_of)
}

/// What lies at a place of a zip.
pub(crate) fn unpacked_from_zip(part: Part<'_>, place: &Packed, limit: u64) -> Result<Vec<u8>, Reason> {
    zip::unpacked(part, place, limit).map_err(reason_of)
}

/// Counts members, and tells of names that come twice: two readers may differ on which of them counts.
struct Once<'a> {
    visitor: &'a mut dyn Visitor,
    budget: &'a Budget,
    seen: HashSet<String>,
}

impl Once<'_> {
    fn count(&mut self, member: &Member) -> io::Result<()> {
        self.budget.member(&member.name).map_err(refuse)?;
        let name = member.name.trim_end_matches('/').trim_start_matches("./").to_string();
        if member.kind != MemberKind::Folder && self.seen.contains(&name) {
            self.visitor.duplicate(&member.name);
        }
        self.seen.insert(name);
        Ok(())
    }
}

impl Visitor for Once<'_> {
    fn member(&mut self, member: &Member, content: &mut dyn Read) -> io::Result<()> {
        self.count(member)?;
        self.visitor.member(member, content)
    }

    fn member_in_place(&mut self, member: &Member, place: Part<'_>, content: &mut dyn Read) -> io::Result<()> {
        self.count(member)?;
        self.visitor.member_in_place(member, place, content)
    }

    fn gap(&mut self, reason: Reason) {
        self.visitor.gap(reason);
    }

    fn asks_unpacked(&self) -> bool {
        self.visitor.asks_unpacked()
    }

    fn unpacked(&mut self, digest: Result<Digest, Reason>) {
        self.visitor.unpacked(digest);
    }

    fn leftover(&mut self, from: u64, to: u64) {
        self.visitor.leftover(from, to);
    }

    fn seam(&mut self, from: u64, to: u64) {
        self.visitor.seam(from, to);
    }
}
