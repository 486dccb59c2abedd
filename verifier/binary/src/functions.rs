//! The function table of a Go program by package: names, files and first lines, and what stands only in inline trees.

use crate::image::Image;
use crate::pclntab::{self, Function, Layout, Table};
use assize_facts::{Reason, reason};
use assize_golang::linker::split;
use std::collections::{BTreeMap, BTreeSet};

/// The functions of one package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Name without the package, source file, first line (0 where the table says none).
    pub functions: Vec<(String, String, u32)>,
    pub inlined: BTreeSet<String>,
}

/// Everything that the table says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Functions {
    pub packages: BTreeMap<String, Package>,
    /// Why the inline trees are not among it: small functions are only there.
    pub trees_unread: Option<Reason>,
}

/// The table; the reason where it is missing or cannot be read to its end. `trees` are addresses at which inline trees may begin.
pub fn read(image: &Image, bytes: &[u8], trees: Option<u64>) -> Result<Functions, Reason> {
    let missing = || reason!("function-table-not-read");
    let table = pclntab::find(image, bytes).ok_or_else(missing)?;
    // A table that announces more functions than it holds was cut or forged.
    let all: Option<Vec<Function>> = (0..table.len()).map(|n| table.function(n)).collect();
    let all = all.filter(|all| !all.is_empty()).ok_or_else(missing)?;
    let mut reading =
        Reading { table: &table, own: Marks::new(&table), found: Functions::default(), last: String::new() };
    for function in &all {
        reading.add(function).ok_or_else(missing)?;
    }
    let Reading { own, mut found, .. } = reading;
    match inlined(&table, image, bytes, &all, trees) {
        Ok(names) => add_inlined(&table, &own, names, &mut found.packages),
        Err(reason) => found.trees_unread = Some(reason),
    }
    for package in found.packages.values_mut() {
        package.functions.sort();
    }
    Ok(found)
}

struct Reading<'t, 'b> {
    table: &'t Table<'b>,
    own: Marks,
    found: Functions,
    /// Functions of a package stand together.
    last: String,
}

impl Reading<'_, '_> {
    fn add(&mut self, function: &Function) -> Option<()> {
        let name = String::from_utf8_lossy(self.table.name(function.name)?);
        let file = String::from_utf8_lossy(self.table.file(function).unwrap_or_default());
        self.own.set(function.name);
        let (package, rest) = split(&name);
        if self.last != package {
            self.last = package.to_owned();
        }
        let functions = match self.found.packages.get_mut(package) {
            Some(known) => known,
            None => self.found.packages.entry(package.to_owned()).or_default(),
        };
        functions.functions.push((rest.to_owned(), file.into_owned(), function.line));
        Some(())
    }
}

/// One mark per byte of the names.
struct Marks(Vec<u64>);

impl Marks {
    fn new(table: &Table<'_>) -> Marks {
        Marks(vec![0; table.names_len() / 64 + 1])
    }

    /// Whether the mark was not set before.
    fn set(&mut self, offset: u32) -> bool {
        let (word, bit) = (offset as usize / 64, 1u64 << (offset % 64));
        let Some(word) = self.0.get_mut(word) else { return true };
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }

    fn has(&self, offset: u32) -> bool {
        self.0.get(offset as usize / 64).is_some_and(|word| word & (1 << (offset % 64)) != 0)
    }
}

fn add_inlined(table: &Table<'_>, own: &Marks, names: Vec<u32>, packages: &mut BTreeMap<String, Package>) {
    for offset in names.into_iter().filter(|offset| !own.has(*offset)) {
        let Some(name) = table.name(offset) else { continue };
        let name = String::from_utf8_lossy(name);
        let (package, rest) = split(&name);
        packages.entry(package.to_owned()).or_default().inlined.insert(rest.to_owned());
    }
}

/// The names of all inlined functions. From Go 1.18 on, trees are offsets from a place that only the runtime's own record names; of several
/// candidates the one counts under which every tree holds names.
fn inlined(
    table: &Table<'_>,
    image: &Image,
    bytes: &[u8],
    all: &[Function],
    hint: Option<u64>,
) -> Result<Vec<u32>, Reason> {
    let unread = || reason!("inline-trees-not-read");
    let mut with_trees = Vec::new();
    for function in all {
        let count = table.inlined(function).ok_or_else(unread)?;
        if count > 0 {
            with_trees.push((function, count));
        }
    }
    if with_trees.is_empty() {
        return Ok(vec![]);
    }
    // The loader would fill them in.
    if table.layout == Layout::Go116 && image.moves {
        return Err(unread());
    }
    let candidates: Vec<u64> = match table.layout {
        Layout::Go116 => vec![0],
        _ => hint.into_iter().chain(recorded(table, image, bytes)).collect(),
    };
    let names = |base: &u64| {
        let mut marks = Marks::new(table);
        let mut names = Vec::new();
        for (function, count) in &with_trees {
            for name in table.inline_tree(bytes, function, *base, *count)? {
                let name = name?;
                if marks.set(name) {
                    table.name(name).filter(|name| !name.is_empty())?;
                    names.push(name);
                }
            }
        }
        Some(names)
    };
    candidates.iter().find_map(names).ok_or_else(unread)
}

/// `gofunc` of the runtime's record of the program (`runtime/symtab.go`, moduledata), which begins with the address of the table.
fn recorded(table: &Table<'_>, image: &Image, bytes: &[u8]) -> Vec<u64> {
    // Words from its beginning: a pointer, six slices, and the addresses before it; two more since coverage came in Go 1.20.
    let word = if table.layout == Layout::Go120 { 40 } else { 38 };
    let Some(address) = image.address(table.place) else { return vec![] };
    let mut found = Vec::new();
    let pattern = image.written(address);
    for range in &image.data {
        let Some(part) = bytes.get(range.start..range.end.min(bytes.len())) else { continue };
        for hit in memchr::memmem::find_iter(part, &pattern).filter(|hit| hit % image.pointer == 0).take(64) {
            found.extend(image.word(part, hit + word * image.pointer));
        }
    }
    // Linked by another linker, the addresses are only filled in when it is loaded.
    for record in image.relocated_to(address).take(64) {
        found.extend(image.relocated(record.wrapping_add((word * image.pointer) as u64)));
    }
    found
}
