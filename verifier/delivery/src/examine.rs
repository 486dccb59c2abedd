//! Examines one delivered file and everything inside it: archives' members, what is appended or embedded.

mod embedded;
mod foreign;
mod installers;
mod members;
mod scripts;
mod slices;
#[cfg(test)]
pub(crate) mod tests;

use crate::archive::{self, Budget};
use crate::exe::{self, Exe};
use crate::follow::Followed;
use crate::held::{self, Inner};
use crate::index::Index;
use crate::layer::{self, Key, Layer, Texts};
use crate::marks::Mark;
use crate::pass::{Kept, Scan, Weights};
use crate::scan::{self, Passed};
use crate::seen::{GoSigns, Seen};
use crate::sniff::{self, Kind};
use crate::store::{Part, Store};
use crate::trail::Trail;
use crate::wish::{Carried, Taken};
use assize_facts::kinds::inventory::Format;
use assize_facts::{Gap, Known, Reason, is_others, reason};
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

impl GoSigns {
    fn of(part: &Part<'_>, hits: &[(u64, Mark)]) -> GoSigns {
        let count = |mark| hits.iter().filter(|(at, m)| *m == mark && has_go_fields(part, *at, mark)).count();
        GoSigns { function_tables: count(Mark::GoFunctions), build_infos: count(Mark::GoBuildInfo) }
    }
}

/// What was seen, and what was not.
#[derive(Default)]
pub(crate) struct Found {
    pub seen: Vec<Seen>,
    pub gaps: Vec<Gap>,
    /// Of the file itself where it is machine code: it will be read again.
    pub trail: Option<Arc<Trail>>,
    /// Stretches of it that were kept meanwhile.
    pub kept: Vec<Kept>,
    /// Go programs inside of it.
    pub programs: Vec<Inner>,
    /// What may be layers of images, and what they are called among those of the delivery.
    pub layers: Vec<(Key, Layer)>,
    /// Of an image that is compressed as a whole.
    pub index: Option<Index>,
    /// Members that were wished for.
    pub taken: Taken,
}

impl Found {
    pub(crate) fn gap(&mut self, reason: Reason, place: &str) {
        self.gaps.push(Gap { reason, place: place.into(), owner: None });
    }

    /// Most files are one line, and there are many of them: the first takes no more than its own room.
    fn see(&mut self, seen: Seen) {
        if self.seen.is_empty() {
            self.seen.reserve_exact(1);
        }
        self.seen.push(seen);
    }

    /// Keeps a Go program that stands inside of the file, to be read later.
    fn hold(&mut self, part: &Part<'_>, line: usize, trail: Trail) {
        let seen = &self.seen[line];
        if seen.go_program == Known::Value(true) && !is_others(&seen.path) && self.programs.len() < held::MOST {
            self.programs.extend(Inner::of(part, trail, seen.go_signs, seen.libraries.clone()));
        }
    }
}

/// One file on its way through the examination.
struct File<'a> {
    part: Part<'a>,
    path: String,
    mode: u32,
    /// Archives around it.
    depth: u32,
    /// What it is called as a layer, where it may be one of an image's.
    layer: Option<Key>,
    /// What is kept as texts of layers.
    texts: &'a Texts,
    /// What passed with the delivered file.
    followed: Option<&'a Followed<'a>>,
    /// What is wished for of its members.
    wish: Option<Carried<'a>>,
}

impl<'a> File<'a> {
    /// A file inside of it.
    fn inner<'b>(&self, part: Part<'b>, path: String, mode: u32) -> File<'b>
    where
        'a: 'b,
    {
        File {
            part,
            path,
            mode,
            depth: self.depth + 1,
            layer: None,
            texts: self.texts,
            followed: self.followed,
            wish: None,
        }
    }
}

/// What will be asked for next: stretches of the file, and what is done with its beginning.
#[derive(Default)]
pub(crate) struct Keep {
    pub ranges: Vec<Range<u64>>,
    pub passed: Option<Passed>,
}

/// Examines a file of the deliverable. `path` is what it is called in facts.
pub(crate) fn examine(
    store: &Store,
    path: &str,
    mode: u32,
    budget: &Budget,
    keep: Keep,
    texts: &Texts,
    wish: Option<Carried<'_>>,
) -> Found {
    let mut found = Found::default();
    let layer = layer::may_be(path).then(|| Key::File(path.into()));
    let part = store.whole();
    let (scan, followed) = match scan::scan_following(&part, &keep.ranges, keep.passed) {
        Ok((scan, followed)) => (Ok(scan), followed),
        Err(error) => (Err(error), None),
    };
    let file = File { part, path: path.into(), mode, depth: 0, layer, texts, followed: followed.as_ref(), wish };
    scanned(&file, scan, budget, &mut found);
    found
}

/// A layer that the inventory did not look into as one.
pub(crate) fn layer(part: Part<'_>, path: &str, texts: &Texts, budget: &Budget) -> Result<Layer, Reason> {
    // What its files hold themselves is no matter here.
    let depth = budget.limits().archive_depth;
    let file = File { part, path: path.into(), mode: 0, depth, layer: None, texts, followed: None, wish: None };
    members::of_layer(&file, budget)
}

/// Where the tables of a Go program are, as its headers say before anything was hashed: a guess at what to keep.
pub(crate) fn tables(store: &Store) -> Vec<Range<u64>> {
    let part = store.whole();
    let head = part.bytes(0, 4096).unwrap_or_default();
    let kind = sniff::kind(&head, part.len());
    exe::read(kind, &part).map(|exe| exe.tables).unwrap_or_default()
}

/// What it is; `None` where it cannot be read.
fn one(file: &File<'_>, budget: &Budget, found: &mut Found) -> Option<Kind> {
    if let Some(scan) = file.followed.and_then(|followed| followed.scan(&file.part)) {
        return scanned(file, scan, budget, found);
    }
    match scan::scan_following(&file.part, &[], None) {
        Ok((scan, Some(followed))) => {
            let (path, layer) = (file.path.clone(), file.layer.clone());
            scanned(&File { path, layer, followed: Some(&followed), ..*file }, Ok(scan), budget, found)
        }
        Ok((scan, None)) => scanned(file, Ok(scan), budget, found),
        Err(error) => scanned(file, Err(error), budget, found),
    }
}

fn scanned(file: &File<'_>, scan: io::Result<Scan>, budget: &Budget, found: &mut Found) -> Option<Kind> {
    let mut scan = match scan {
        Ok(scan) => scan,
        Err(error) => {
            unreadable(file, &error, found);
            return None;
        }
    };
    let kind = sniff::kind(&scan.head, file.part.len());
    let line = found.seen.len();
    let digest = Known::Value(scan.trail.digest.clone());
    let mut seen = Seen::new(&file.path, file.part.len(), file.mode, digest, format(kind, &scan));
    seen.libraries = std::mem::take(&mut scan.libraries);
    found.see(seen);
    match kind {
        Kind::Elf | Kind::MachO | Kind::Pe => executable(file, kind, &scan, line, budget, found),
        Kind::Tar
        | Kind::Gzip
        | Kind::Zstd
        | Kind::Xz
        | Kind::Bzip2
        | Kind::Ar
        | Kind::Cpio
        | Kind::Rpm
        | Kind::Zip => members::opened(file, kind, &scan, line, budget, found),
        Kind::Closed(format) => {
            found.gap(reason!("archive-not-opened", path = &file.path, format = format), &file.path);
        }
        Kind::Coff | Kind::GoObject | Kind::Bitcode | Kind::Wasm => found.seen[line].executable = true.into(),
        Kind::Dos => {
            found.seen[line].executable = Known::Unknown(reason!("dos-header-only", path = &file.path));
            embedded::within(file, &scan, &[], budget, found);
        }
        Kind::Empty => {}
        Kind::Script => scripts::read(file, &scan, budget, found),
        Kind::Data(_) | Kind::Plain => plain(file, &scan, line, budget, found),
    }
    if foreign::is_go(&file.part, kind, &scan.head, &scan.hits) {
        (found.seen[line].executable, found.seen[line].go_program) = (true.into(), true.into());
    }
    // A zip directory at the end makes an archive of anything: scripts, pictures and programs carry payloads that way.
    if kind != Kind::Zip && scan.has(Mark::ZipEnd) && archive::has_directory(&file.part) {
        members::of_zip(file, &scan, line, budget, found);
    }
    if matches!(kind, Kind::Elf | Kind::MachO | Kind::Pe) {
        match line {
            0 => (found.trail, found.kept) = (Some(Arc::new(scan.trail)), std::mem::take(&mut scan.kept)),
            _ => found.hold(&file.part, line, scan.trail),
        }
    }
    Some(kind)
}

fn unreadable(file: &File<'_>, error: &io::Error, found: &mut Found) {
    let reason = reason!("file-unreadable", path = &file.path, detail = error);
    found.gap(reason.clone(), &file.path);
    let unknown = Known::Unknown(reason.clone());
    let mut seen =
        Seen::new(&file.path, file.part.len(), file.mode, Known::Unknown(reason.clone()), Format::OtherBinary);
    seen.format = Known::Unknown(reason.clone());
    seen.executable = unknown.clone();
    seen.go_program = unknown;
    seen.packer = Known::Unknown(reason);
    found.seen.push(seen);
}

fn format(kind: Kind, scan: &Scan) -> Format {
    match kind {
        Kind::Plain if scan.text => Format::Text,
        Kind::Plain if is_random(scan) => Format::HighEntropy,
        kind => kind.format(),
    }
}

/// From 512 bytes on random or encrypted data has over 7.5 bits per byte; machine code has about 6.
const RANDOM: f64 = 7.5;

fn is_random(scan: &Scan) -> bool {
    scan.entropy >= RANDOM
}

fn plain(file: &File<'_>, scan: &Scan, line: usize, budget: &Budget, found: &mut Found) {
    if scan.text {
        return;
    }
    embedded::within(file, scan, &[], budget, found);
    if let Some(format) = installers::format(&file.part, &scan.head) {
        found.seen[line].format = Format::OtherArchive.into();
        return found.gap(reason!("archive-not-opened", path = &file.path, format = format), &file.path);
    }
    if matches!(found.seen[line].format, Known::Value(Format::HighEntropy)) {
        let reason = reason!("content-opaque", path = &file.path);
        found.seen[line].executable = Known::Unknown(reason.clone());
        found.gap(reason, &file.path);
    }
}

fn executable(file: &File<'_>, kind: Kind, scan: &Scan, line: usize, budget: &Budget, found: &mut Found) {
    found.seen[line].executable = true.into();
    found.seen[line].go_signs = (!scan.overflow).then(|| GoSigns::of(&file.part, &scan.hits));
    let exe = match exe::read(kind, &file.part) {
        Ok(exe) => exe,
        Err(detail) => {
            let reason = reason!("executable-malformed", path = &file.path, detail = detail);
            found.seen[line].go_program = Known::Unknown(reason.clone());
            found.seen[line].packer = Known::Unknown(reason.clone());
            found.gap(reason, &file.path);
            return embedded::within(file, scan, &[0], budget, found);
        }
    };
    if exe.is_bpf_object() {
        found.seen[line].format = Format::BpfObject.into();
    }
    describe(&file.part, &exe, &scan.hits, &file.path, &mut found.seen[line]);
    if exe.end < file.part.len() {
        appended(file, &exe, budget, found);
    } else if exe.end > file.part.len() && !exe.without_code {
        let detail = "what its headers describe reaches past the end of the file";
        found.gap(reason!("executable-malformed", path = &file.path, detail = detail), &file.path);
    }
    let part = file.part.slice(0, exe.end);
    let inside = File {
        part,
        path: file.path.clone(),
        mode: file.mode,
        depth: file.depth,
        layer: None,
        texts: file.texts,
        followed: file.followed,
        wish: None,
    };
    if exe.slices.is_empty() {
        return embedded::within(&inside, scan, &[0], budget, found);
    }
    slices::of(&inside, scan, &exe, line, budget, found);
}

/// Go program and packer by headers and marks.
fn describe(part: &Part<'_>, exe: &Exe, hits: &[(u64, Mark)], path: &str, seen: &mut Seen) {
    let upx = exe.packer.is_some() || is_upx(part.len(), hits);
    let packed = if upx { Known::Value(Some("upx".to_string())) } else { packed_otherwise(part, exe, path) };
    seen.go_program = match (&packed, is_go(part, exe, hits)) {
        (_, true) => true.into(),
        (Known::Value(None), false) if exe.role == "rel" && exe.go_section => {
            Known::Unknown(reason!("go-code-not-linked", path = path))
        }
        (Known::Value(None), false) => false.into(),
        (Known::Value(Some(packer)), false) => {
            Known::Unknown(reason!("executable-packed", path = path, packer = packer))
        }
        (Known::Unknown(reason), false) => Known::Unknown(reason.clone()),
        (Known::Possible(_), false) => Known::Unknown(reason!("executable-packed", path = path, packer = "?")),
    };
    seen.packer = packed;
}

/// UPX writes its mark right behind the program headers and at the file's end (upx/src/p_unix.cpp, packhead.cpp); as a string constant it stands elsewhere.
fn is_upx(len: u64, hits: &[(u64, Mark)]) -> bool {
    const NEAR: u64 = 1024;
    hits.iter().any(|(at, mark)| *mark == Mark::Upx && (*at < NEAR || *at + NEAR > len))
}

/// Code that looks random without any section headers: some packer's, or encrypted.
fn packed_otherwise(part: &Part<'_>, exe: &Exe, path: &str) -> Known<Option<String>> {
    const LOOK: usize = 256 << 10;
    let mut weights = Weights::default();
    for (from, to) in &exe.code {
        let (from, to) = (*from, (*to).min(part.len()));
        // The first page of a first segment holds headers and tables.
        let from = from.saturating_add(4096).min(to);
        weights.add(&part.slice(from, to).bytes(0, LOOK).unwrap_or_default());
    }
    if weights.entropy() >= 7.2 { Known::Unknown(reason!("executable-looks-packed", path = path)) } else { None.into() }
}

/// A Go program: sections of Go's linker, or the header of the build information or function table with plausible fields (for PE and removed section headers).
fn is_go(part: &Part<'_>, exe: &Exe, hits: &[(u64, Mark)]) -> bool {
    exe.role != "rel"
        && !exe.without_code
        && (exe.go_section || hits.iter().any(|(at, mark)| go_header(part, *at, *mark)))
}

/// The same from the headers and a look for the marks, without a whole scan's other work.
pub(crate) fn looks_like_go(part: &Part<'_>, exe: &Exe) -> bool {
    is_go(part, exe, &[]) || scan::scan(part).is_ok_and(|scan| is_go(part, exe, &scan.hits))
}

/// Plausible fields where the linker would have put them.
fn go_header(part: &Part<'_>, at: u64, mark: Mark) -> bool {
    let boundary = if mark == Mark::GoBuildInfo { 16 } else { 4 };
    at.is_multiple_of(boundary) && has_go_fields(part, at, mark)
}

fn has_go_fields(part: &Part<'_>, at: u64, mark: Mark) -> bool {
    let Ok(bytes) = part.bytes(at, 48) else { return false };
    match mark {
        // Pointer size and flags (debug/buildinfo, Go 1.26); from 1.18 on the version stands inline.
        Mark::GoBuildInfo => {
            let inline = bytes.get(15).is_some_and(|flags| flags & 2 != 0);
            let version = bytes.get(33..).unwrap_or_default();
            let pointers = matches!(bytes.get(14), Some(4 | 8));
            if inline { version.starts_with(b"go1") || version.starts_with(b"devel") } else { pointers }
        }
        Mark::GoFunctions => matches!(bytes.get(6), Some(1 | 2 | 4)) && matches!(bytes.get(7), Some(4 | 8)),
        _ => false,
    }
}

/// What stands behind everything that the headers describe gets a line of its own, zeros (padding) left out.
fn appended(file: &File<'_>, exe: &Exe, budget: &Budget, found: &mut Found) {
    let tail = file.part.slice(exe.end, file.part.len());
    leftover(file, tail, exe.end, budget, found);
}

fn leftover(file: &File<'_>, part: Part<'_>, offset: u64, budget: &Budget, found: &mut Found) {
    if file.depth >= budget.limits().archive_depth {
        return found.gap(reason!("limit-archive-depth", limit = budget.limits().archive_depth), &file.path);
    }
    match all_zero(&part) {
        Ok(true) => {}
        Ok(false) => {
            if let Err(reason) = budget.spend(part.len()) {
                return found.gap(reason, &file.path);
            }
            let path = format!("{}!@{offset:#x}", file.path);
            one(&file.inner(part, path, file.mode), budget, found);
        }
        Err(error) => found.gap(reason!("file-unreadable", path = &file.path, detail = error), &file.path),
    }
}

fn all_zero(part: &Part<'_>) -> io::Result<bool> {
    let mut reader = part.reader();
    let mut chunk = vec![0; 64 << 10];
    loop {
        match reader.read(&mut chunk)? {
            0 => return Ok(true),
            n if chunk[..n].iter().any(|b| *b != 0) => return Ok(false),
            _ => {}
        }
    }
}
