//! The function table of a Go program by package: names, files and first lines, and what stands only in inline trees.

use crate::garbled::Packages;
use crate::image::Image;
use crate::pclntab::{self, Function as Row, Layout, Table, Text, Tree};
use assize_delivery::Bytes;
use assize_facts::{Reason, reason};
use assize_golang::linker::split_bytes;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// Everything that the table says. Of its bytes those are kept that hold names; a program has a hundred thousand.
#[derive(Debug, Default)]
pub struct Functions {
    texts: Vec<u8>,
    packages: BTreeMap<String, Package>,
    /// Why the inline trees are not among it: small functions are only there.
    pub trees_unread: Option<Reason>,
    /// Whether the names look garbled.
    pub garbled: bool,
}

/// The functions of one package.
#[derive(Debug, Default)]
struct Package {
    functions: Vec<Entry>,
    /// Names without the package.
    inlined: Vec<Text>,
}

/// A function: its name without the package, its source file, its first line (0 where the table says none).
#[derive(Clone, Copy, Debug)]
struct Entry {
    name: Text,
    file: Option<Text>,
    line: u32,
}

/// The functions of one package, with what their names are read from.
#[derive(Clone, Copy)]
pub struct PackageOf<'f> {
    texts: &'f [u8],
    package: &'f Package,
}

/// One function as it is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Function<'f> {
    pub name: Cow<'f, str>,
    pub file: Cow<'f, str>,
    pub line: u32,
}

impl Functions {
    /// By name, as the linker writes it.
    pub fn packages(&self) -> impl Iterator<Item = (&str, PackageOf<'_>)> {
        let of = |package| PackageOf { texts: &self.texts, package };
        self.packages.iter().map(move |(name, package)| (name.as_str(), of(package)))
    }
}

impl<'f> PackageOf<'f> {
    fn bytes(&self, text: Text) -> &'f [u8] {
        let start = text.at as usize;
        self.texts.get(start..start + text.length as usize).unwrap_or_default()
    }

    fn text(&self, text: Text) -> Cow<'f, str> {
        shown(self.bytes(text))
    }

    pub fn functions(self) -> impl Iterator<Item = Function<'f>> {
        self.package.functions.iter().map(move |entry| Function {
            name: self.text(entry.name),
            file: entry.file.map_or(Cow::Borrowed(""), |file| self.text(file)),
            line: entry.line,
        })
    }

    pub fn inlined(self) -> impl Iterator<Item = Cow<'f, str>> {
        self.package.inlined.iter().map(move |name| self.text(*name))
    }

    /// The names of functions, and of those that are only in inline trees.
    pub fn names(self) -> impl Iterator<Item = Cow<'f, str>> {
        self.names_that(|_| true)
    }

    /// Those whose bytes are as wanted: a look at them takes less than making text of them.
    pub fn names_that(self, wanted: impl Fn(&[u8]) -> bool) -> impl Iterator<Item = Cow<'f, str>> {
        let own = self.package.functions.iter().map(|entry| entry.name);
        let all = own.chain(self.package.inlined.iter().copied());
        all.map(move |name| self.bytes(name)).filter(move |bytes| wanted(bytes)).map(shown)
    }

    /// The names of source files; each once where it comes more than once in a row, as it does.
    pub fn files(self) -> impl Iterator<Item = Cow<'f, str>> {
        let runs = self.package.functions.chunk_by(|a, b| a.file == b.file);
        runs.filter_map(|run| run.first()?.file).map(move |file| self.text(file))
    }
}

/// Texts that are none show the replacement character. (What the library has for it takes many times as long where all is well.)
fn shown(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn missing() -> Reason {
    reason!("function-table-not-read")
}

/// The table; the reason where it is missing or cannot be read to its end. `trees` is an address at which inline trees may begin.
pub fn read(image: &Image, file: &Bytes, trees: Option<u64>) -> Result<Functions, Reason> {
    for range in &image.tables {
        let range = range.start..range.end.min(file.len());
        if range.start > range.end {
            return Err(missing());
        }
        let part = file.range(range.clone())?;
        let Some(table) = pclntab::find(image, &part, range.start) else { continue };
        let mut reading = Reading::of(&table).ok_or_else(missing)?;
        reading.inlined(image, file, trees);
        let Reading { mut found, packages, .. } = reading;
        found.garbled = packages.look_garbled();
        let texts = table.place - range.start..table.place - range.start + table.texts();
        found.texts = kept(part, texts);
        return Ok(found);
    }
    Err(missing())
}

/// A part of some bytes, in their own place in memory where they are ours.
fn kept(bytes: Cow<'_, [u8]>, part: Range<usize>) -> Vec<u8> {
    match bytes {
        Cow::Borrowed(bytes) => bytes[part].to_vec(),
        Cow::Owned(mut bytes) => {
            bytes.truncate(part.end);
            bytes.drain(..part.start);
            bytes.shrink_to_fit();
            bytes
        }
    }
}

struct Reading<'t, 'b> {
    table: &'t Table<'b>,
    /// The names of functions that have code of their own.
    own: Marks,
    found: Functions,
    packages: Packages<'b>,
    /// The inline trees of all functions; `None` where one contradicts itself.
    trees: Option<Vec<Tree>>,
}

/// So many functions are read by one thread before it takes the next.
const STRETCH: usize = 16 << 10;

impl<'t, 'b> Reading<'t, 'b> {
    /// A table that announces more functions than it holds was cut or forged.
    fn of(table: &'t Table<'b>) -> Option<Reading<'t, 'b>> {
        let own = Marks::new(table);
        let read = |n: usize| Stretch::of(table, n * STRETCH..table.len().min((n + 1) * STRETCH), &own);
        let stretches = 0..table.len().div_ceil(STRETCH);
        let stretches = stretches.into_par_iter().map(read).collect::<Option<Vec<Stretch<'b>>>>()?;
        let mut reading =
            Reading { table, own, found: Functions::default(), packages: Packages::default(), trees: Some(vec![]) };
        let trees = stretches.iter().filter_map(|stretch| stretch.trees.as_ref()).map(Vec::len).sum();
        reading.trees.iter_mut().for_each(|all| all.reserve_exact(trees));
        stretches.into_iter().for_each(|stretch| reading.add(stretch));
        (table.len() > 0).then_some(reading)
    }

    fn add(&mut self, stretch: Stretch<'b>) {
        self.packages.join(stretch.packages);
        match (stretch.trees, &mut self.trees) {
            (Some(more), Some(trees)) => trees.extend(more),
            (_, trees) => *trees = None,
        }
        for (package, functions) in stretch.runs {
            match self.found.packages.get_mut(&*shown(package)) {
                Some(known) => known.functions.extend(functions),
                None => {
                    let package = shown(package).into_owned();
                    self.found.packages.insert(package, Package { functions, inlined: vec![] });
                }
            }
        }
    }
}

/// What some functions that stand together say.
struct Stretch<'b> {
    /// Functions of one package that stand together.
    runs: Vec<(&'b [u8], Vec<Entry>)>,
    packages: Packages<'b>,
    trees: Option<Vec<Tree>>,
}

impl<'b> Stretch<'b> {
    /// Marks the names in `own`.
    fn of(table: &Table<'b>, numbers: Range<usize>, own: &Marks) -> Option<Stretch<'b>> {
        let mut stretch = Stretch { runs: vec![], packages: Packages::default(), trees: Some(vec![]) };
        for n in numbers {
            let function = table.function(n)?;
            own.set(function.name);
            let last = stretch.runs.last().map_or(&b""[..], |(package, _)| package);
            let (package, function) = stretch.add(table, &function, last)?;
            match stretch.runs.last_mut().filter(|(last, _)| *last == package) {
                Some((_, functions)) => functions.push(function),
                None => stretch.runs.push((package, vec![function])),
            }
        }
        Some(stretch)
    }

    /// A function with its package; `last` is that of the one before.
    fn add(&mut self, table: &Table<'b>, function: &Row, last: &'b [u8]) -> Option<(&'b [u8], Entry)> {
        let name = table.name(function.name)?;
        match (table.inlined(function), &mut self.trees) {
            (Some(tree), Some(trees)) => trees.extend(tree),
            (None, trees) => *trees = None,
            (_, None) => {}
        }
        self.packages.add(table.bytes_of(name));
        let (package, name) = named(table, name, last);
        Some((package, Entry { name, file: table.file(function), line: function.line }))
    }
}

/// A linker's name in two: the bytes of its package, and where the rest stands. `last` is the package of the function before it.
fn named<'b>(table: &Table<'b>, name: Text, last: &'b [u8]) -> (&'b [u8], Text) {
    let bytes = table.bytes_of(name);
    let (package, rest) = of_package(bytes, last).map_or_else(|| split_bytes(bytes), |rest| (last, rest));
    let before = name.length - rest.len() as u32;
    (package, Text { at: name.at + before, length: rest.len() as u32 })
}

/// What stands behind a package's name, where a look at the beginning tells that it is this package's: most functions follow one of the same.
fn of_package<'b>(name: &'b [u8], package: &[u8]) -> Option<&'b [u8]> {
    let rest = name.strip_prefix(package)?.strip_prefix(b".").filter(|_| !package.is_empty())?;
    // A slash before any bracket is a part of the package's path.
    let end = rest.iter().find(|byte| matches!(byte, b'/' | b'[' | b'('));
    (end != Some(&b'/')).then_some(rest)
}

/// One mark per byte of the names, set by several threads.
struct Marks(Vec<AtomicU64>);

impl Marks {
    fn new(table: &Table<'_>) -> Marks {
        Marks((0..=table.names_len() / 64).map(|_| AtomicU64::new(0)).collect())
    }

    /// Whether the mark was not set before.
    fn set(&self, offset: u32) -> bool {
        let Some(word) = self.0.get(offset as usize / 64) else { return true };
        // Most are set already, and looking disturbs nobody.
        !self.has(offset) && word.fetch_or(1 << (offset % 64), Ordering::Relaxed) & (1 << (offset % 64)) == 0
    }

    fn has(&self, offset: u32) -> bool {
        let word = self.0.get(offset as usize / 64).map(|word| word.load(Ordering::Relaxed));
        word.is_some_and(|word| word & (1 << (offset % 64)) != 0)
    }
}

impl Reading<'_, '_> {
    /// Adds the names that stand in inline trees alone, or the reason why they are not known.
    fn inlined(&mut self, image: &Image, file: &Bytes, hint: Option<u64>) {
        let trees = self.trees.take().ok_or_else(unread);
        match trees.and_then(|trees| inlined(self.table, image, file, trees, hint)) {
            Ok(names) => self.add_inlined(&names),
            Err(reason) => self.found.trees_unread = Some(reason),
        }
    }

    fn add_inlined(&mut self, names: &[u32]) {
        for offset in names.iter().filter(|offset| !self.own.has(**offset)) {
            let Some(name) = self.table.name(*offset) else { continue };
            let (package, name) = named(self.table, name, b"");
            let package = shown(package);
            match self.found.packages.get_mut(&*package) {
                Some(known) => known.inlined.push(name),
                None => self.found.packages.entry(package.into_owned()).or_default().inlined.push(name),
            }
        }
        let bytes = |name: &Text| self.table.bytes_of(*name);
        self.found.packages.par_iter_mut().for_each(|(_, package)| {
            package.inlined.sort_unstable_by(|a, b| bytes(a).cmp(bytes(b)));
            package.inlined.dedup_by(|a, b| bytes(a) == bytes(b));
        });
    }
}

fn unread() -> Reason {
    reason!("inline-trees-not-read")
}

/// The names of all inlined functions. From Go 1.18 on, trees are offsets from a place that only the runtime's own record names; of several
/// candidates the one counts under which every tree holds names.
fn inlined(
    table: &Table<'_>,
    image: &Image,
    file: &Bytes,
    mut trees: Vec<Tree>,
    hint: Option<u64>,
) -> Result<Vec<u32>, Reason> {
    if trees.is_empty() {
        return Ok(vec![]);
    }
    // The loader would fill them in.
    if table.layout == Layout::Go116 && image.moves {
        return Err(unread());
    }
    // In the order of the file, and functions with the same tree share it.
    trees.sort_unstable();
    trees.dedup();
    let candidates: Vec<u64> = match table.layout {
        Layout::Go116 => vec![0],
        _ => hint.into_iter().chain(recorded(table, image, file)?).collect(),
    };
    for base in candidates {
        if let Some(names) = under(table, image, file, &trees, base)? {
            return Ok(names);
        }
    }
    Err(unread())
}

/// The names in all trees; `None` where one of them holds something else, or is not in the file.
fn under(
    table: &Table<'_>,
    image: &Image,
    file: &Bytes,
    trees: &[Tree],
    base: u64,
) -> Result<Option<Vec<u32>>, Reason> {
    let marks = Marks::new(table);
    let part = |trees: &[Tree]| {
        let mut window = Window { file, start: 0, bytes: Cow::Borrowed(&[]) };
        let mut names = Vec::new();
        for tree in trees {
            let place = table.tree(tree, base).and_then(|(address, len)| {
                let place = image.place(address, file.len())?;
                (len <= place.len()).then_some((place, len))
            });
            let (place, len) = place.ok_or(NoTrees::Other)?;
            let tree = match table.held(place.start, len) {
                Some(bytes) => bytes,
                None => window.get(place, len).map_err(NoTrees::Unread)?,
            };
            for name in table.names_in(tree) {
                let name = name.ok_or(NoTrees::Other)?;
                if marks.set(name) {
                    table.name(name).filter(|name| name.length > 0).ok_or(NoTrees::Other)?;
                    names.push(name);
                }
            }
        }
        Ok(names)
    };
    let parts: Result<Vec<Vec<u32>>, NoTrees> = trees.par_chunks(STRETCH).map(part).collect();
    match parts {
        Ok(parts) => Ok(Some(parts.concat())),
        Err(NoTrees::Other) => Ok(None),
        Err(NoTrees::Unread(reason)) => Err(reason),
    }
}

/// Why there are no names in a tree.
enum NoTrees {
    /// Something else stands there.
    Other,
    Unread(Reason),
}

/// The stretch of the file that was read last: what is asked for next mostly stands in it.
struct Window<'f> {
    file: &'f Bytes,
    start: usize,
    bytes: Cow<'f, [u8]>,
}

impl Window<'_> {
    const LENGTH: usize = 1 << 20;

    /// The first bytes of a place.
    fn get(&mut self, place: Range<usize>, len: usize) -> Result<&[u8], Reason> {
        let within = |window: &Self| {
            let from = place.start.checked_sub(window.start)?;
            (from + len <= window.bytes.len()).then_some(from..from + len)
        };
        if within(self).is_none() {
            let end = place.end.min(place.start + len.max(Window::LENGTH));
            self.bytes = self.file.range(place.start..end)?;
            self.start = place.start;
        }
        Ok(within(self).and_then(|part| self.bytes.get(part)).unwrap_or_default())
    }
}

/// `gofunc` of the runtime's record of the program (`runtime/symtab.go`, moduledata), which begins with the address of the table.
fn recorded(table: &Table<'_>, image: &Image, file: &Bytes) -> Result<Vec<u64>, Reason> {
    // Words from its beginning: a pointer, six slices, and the addresses before it; two more since coverage came in Go 1.20, and three more
    // since Go 1.27 says of types how long they are and where interfaces' tables are.
    let words: &[usize] = if table.layout == Layout::Go120 { &[40, 43] } else { &[38] };
    let Some(address) = image.address(table.place) else { return Ok(vec![]) };
    let mut found = Vec::new();
    let pattern = image.written(address);
    for range in image.data.iter().filter(|range| range.start <= file.len()) {
        let part = file.range(range.start..range.end.min(file.len()))?;
        for hit in memchr::memmem::find_iter(&part, &pattern).filter(|hit| hit % image.pointer == 0).take(64) {
            found.extend(words.iter().filter_map(|word| image.word(&part, hit + word * image.pointer)));
        }
    }
    // Linked by another linker, the addresses are only filled in when it is loaded.
    for record in image.relocated_to(address).take(64) {
        let written = |word: &usize| image.relocated(record.wrapping_add((word * image.pointer) as u64));
        found.extend(words.iter().filter_map(written));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_of_the_last_package_is_known_without_taking_its_name_apart() {
        let names: [&[u8]; 12] = [
            b"a/b.F",
            b"a/b.(*T).M",
            b"a/b.T[go.shape.int].M",
            b"a/b.F[a/c.T]",
            b"a/b.c/d.F",
            b"a/b%2ec.F",
            b"a/bc.F",
            b"a/b",
            b"a/b.",
            b"main.main",
            b"type:.eq.a/b.T",
            b"go:a/b.c",
        ];
        for package in [&b"a/b"[..], b"a", b"main", b"a/bc"] {
            for name in names {
                if let Some(behind) = of_package(name, package) {
                    assert_eq!((package, behind), split_bytes(name), "{}", shown(name));
                }
            }
        }
        assert_eq!(of_package(b"a/b.(*T).M", b"a/b"), Some(&b"(*T).M"[..]));
        assert_eq!(of_package(b"a/b.c/d.F", b"a/b"), None);
    }
}
