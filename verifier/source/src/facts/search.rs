//! How the kinds that look for calls and types go through the program: files by their imports and words, declarations by their words, in parallel and in order.

use super::Source;
use super::source::gap_owner;
use crate::build::FileId;
use crate::go::outline::Decl;
use crate::go::syntax::{Call, Expr, Is, Item as Declared};
use crate::meaning::body::{Binding, LocalId};
use crate::meaning::{Lens, NodeId, Place, Site, Symbol};
use assize_facts::kinds::source::Owner;
use assize_facts::{Fact, Gap, Item, Origin, Sheet, reason};
use memchr::memmem;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What to look for.
pub(super) struct Search<'f> {
    /// Which files can matter; asked before anything is read.
    pub file: &'f (dyn Fn(&Lens, FileId) -> bool + Sync),
    /// Marks of which a declaration must bear one,
    pub marks: u32,
    /// or words that are known only by now, of which it must hold one.
    pub words: &'f [&'f str],
    /// Whether dependencies are looked at.
    pub dependencies: bool,
}

impl Search<'_> {
    /// The sheet of a kind: `found` looks at each declaration that can matter.
    pub fn sheet<'s, F: Fact>(&self, lens: &Lens<'s>, found: impl Fn(&Site<'s>) -> Vec<Item> + Sync) -> Sheet {
        let mut sheet = empty::<F>(lens.source, self.dependencies);
        let (items, gaps) = self.run(lens, found);
        sheet.items = items;
        sheet.gaps.extend(gaps);
        sheet
    }

    pub fn run<'s, T: Send>(&self, lens: &Lens<'s>, found: impl Fn(&Site<'s>) -> Vec<T> + Sync) -> (Vec<T>, Vec<Gap>) {
        self.run_among(lens, |_| true, found)
    }

    /// The same among some declarations.
    pub fn run_among<'s, T: Send>(
        &self,
        lens: &Lens<'s>,
        among: impl Fn(&Decl) -> bool + Sync,
        found: impl Fn(&Site<'s>) -> Vec<T> + Sync,
    ) -> (Vec<T>, Vec<Gap>) {
        let files = files(lens.source, self.dependencies);
        let count = Count::default();
        let of_file = |file: &FileId| of_places(lens, self.places(lens, *file, &among), &found, &count);
        let of_files: Vec<(Vec<T>, Vec<Gap>)> = files.par_iter().map(of_file).collect();
        count.joined(of_files)
    }

    /// Those declarations of a file that hold one of the words.
    fn places(&self, lens: &Lens, file: FileId, among: &dyn Fn(&Decl) -> bool) -> Vec<Place> {
        if lens.everything {
            return lens.places(file).collect();
        }
        if !(self.file)(lens, file) {
            return Vec::new();
        }
        let decls = lens.outline(file);
        let bears = |place: &Place| decls[place.decl].marks & self.marks != 0;
        if self.words.is_empty() || !decls.iter().any(among) {
            return lens.places(file).filter(|place| bears(place) && among(&decls[place.decl])).collect();
        }
        let Some(bytes) = lens.source.bytes(file) else { return Vec::new() };
        let finders = self.words.iter().map(|word| memmem::Finder::new(*word));
        let finders: Vec<memmem::Finder> = finders.filter(|finder| finder.find(&bytes).is_some()).collect();
        let holds = |place: &Place| {
            let decl = &decls[place.decl];
            let text = bytes.get(decl.start..decl.end).unwrap_or_default();
            among(decl) && (bears(place) || finders.iter().any(|finder| finder.find(text).is_some()))
        };
        lens.places(file).filter(holds).collect()
    }
}

/// Looks at what any of several searches would look at, each declaration once and a few files at a time: their texts and trees, and whatever
/// they lead to, are let go of before the next. For kinds that look at much, of which nothing is asked again.
pub(super) fn run_apart<T: Send>(
    searches: &[Search],
    lens: &Lens,
    found: impl for<'r> Fn(&Lens<'r>, &Site<'r>) -> Vec<T> + Sync,
) -> (Vec<T>, Vec<Gap>) {
    let places = |file: &FileId| {
        let mut places: Vec<Place> = searches.iter().flat_map(|search| search.places(lens, *file, &|_| true)).collect();
        places.sort();
        places.dedup();
        places
    };
    let dependencies = searches.iter().any(|search| search.dependencies);
    let of_files: Vec<Vec<Place>> = files(lens.source, dependencies).par_iter().map(places).collect();
    let count = Count::default();
    let of_round = |round: Vec<Place>| {
        // In tests every file is apart, whatever room there is.
        if !cfg!(test) && lens.source.is_roomy() {
            return of_places(lens, round, &|site| found(lens, site), &count);
        }
        let source = lens.source.apart();
        let mut near = Lens::new(&source);
        near.everything = lens.everything;
        of_places(&near, round, &|site| found(&near, site), &count)
    };
    let of_rounds: Vec<(Vec<T>, Vec<Gap>)> = rounds(lens, of_files).into_par_iter().map(of_round).collect();
    count.joined(of_rounds)
}

/// How much of a kind is recorded: whoever writes a million such lines does not mean them to be read.
const MOST: usize = 100_000;
/// With more than so many none is, for which ones were met first hangs on the threads.
const FAR_TOO_MANY: usize = 3 * MOST;

/// What several threads have found together.
#[derive(Default)]
pub(super) struct Count(AtomicUsize);

impl Count {
    /// Takes in what a file gave; whether anyone should go on.
    pub fn add(&self, more: usize) -> bool {
        self.0.fetch_add(more, Ordering::Relaxed) + more <= FAR_TOO_MANY
    }

    /// Everything in order, as far as it is recorded, with a gap where that is not all.
    pub fn joined<T>(&self, of_files: Vec<(Vec<T>, Vec<Gap>)>) -> (Vec<T>, Vec<Gap>) {
        let (mut items, mut gaps) = (Vec::new(), Vec::new());
        for (of_file, lacks) in of_files {
            items.extend(of_file);
            gaps.extend(lacks);
        }
        let all = self.0.load(Ordering::Relaxed);
        if all > MOST {
            items.truncate(if all > FAR_TOO_MANY { 0 } else { MOST });
            gaps.push(Gap { reason: reason!("limit-facts", limit = MOST), place: String::new(), owner: None });
        }
        (items, gaps)
    }
}

/// Declarations of whole files, some [`ROUND`] bytes of them together.
fn rounds(lens: &Lens, of_files: Vec<Vec<Place>>) -> Vec<Vec<Place>> {
    // In tests every file is alone, so that they tell if anything hung on what others left behind.
    const ROUND: usize = if cfg!(test) { 0 } else { 64 << 10 };
    let mut rounds = Vec::new();
    let (mut round, mut bytes) = (Vec::new(), 0);
    for mut places in of_files {
        bytes +=
            places.iter().filter_map(|place| lens.outline(place.file).get(place.decl)).map(Decl::len).sum::<usize>();
        round.append(&mut places);
        if bytes > ROUND {
            rounds.push(std::mem::take(&mut round));
            bytes = 0;
        }
    }
    rounds.push(round);
    rounds
}

fn of_places<'s, T>(
    lens: &Lens<'s>,
    places: Vec<Place>,
    found: &dyn Fn(&Site<'s>) -> Vec<T>,
    count: &Count,
) -> (Vec<T>, Vec<Gap>) {
    let (mut items, mut gaps) = (Vec::new(), Vec::new());
    for place in places {
        match lens.parsed(place) {
            Some((_, Some(fault))) => gaps.push(not_understood(lens, place, fault.at, fault.what)),
            Some((Some(_), None)) => {}
            Some((None, None)) | None => continue,
        }
        if let Some(site) = lens.site(place) {
            let more = found(&site);
            let goes_on = count.add(more.len());
            items.extend(more);
            if !goes_on {
                break;
            }
        }
    }
    (items, gaps)
}

fn not_understood(lens: &Lens, place: Place, at: usize, what: &str) -> Gap {
    let file = lens.source.program.shown(place.file);
    let line = lens.source.text(place.file).map_or(0, |text| text.place(at).0);
    Gap {
        reason: reason!("declaration-not-understood", file = &file, line = line, detail = what),
        place: format!("{file}:{line}"),
        owner: gap_owner(lens.owner(place.file)),
    }
}

/// Go files of the build whose facts are recorded.
pub(super) fn files(source: &Source, dependencies: bool) -> Vec<FileId> {
    let program = &source.program;
    let packages = program.packages.values().filter(|p| dependencies || p.owner != Owner::Dependency);
    let mut files: Vec<FileId> = packages.flat_map(|p| p.go_files.iter().copied()).collect();
    // Files are numbered in the order of their paths.
    files.sort();
    files.dedup();
    files
}

/// A sheet with what every source sheet lacks; where dependencies are not looked at, theirs does not matter.
pub(super) fn empty<F: Fact>(source: &Source, dependencies: bool) -> Sheet {
    let mut sheet = Sheet::of::<F>();
    sheet.gaps = source.program.gaps.clone();
    if !dependencies {
        sheet.gaps.retain(|gap| gap.owner.as_deref() != Some("dependency"));
    }
    sheet.examined(files(source, dependencies).len() as u64);
    sheet
}

pub(super) fn item<F: Fact>(fact: F, origin: Origin) -> Item {
    Item { fields: fact.fields(), origin }
}

/// Whether a declaration is a function that nobody names but functions of which the same is true, and no library's.
pub(super) fn is_dead<'s>(lens: &Lens<'s>, site: &Site<'s>) -> bool {
    const DEPTH: u32 = 4;
    lens.source.program.packages.values().any(|package| package.is_main) && is_unnamed(lens, site, DEPTH)
}

fn is_unnamed<'s>(lens: &Lens<'s>, site: &Site<'s>, depth: u32) -> bool {
    let (Some(Declared::Func(func)), Some(depth)) = (lens.item(site.place), depth.checked_sub(1)) else { return false };
    let name = &*func.name.name;
    let starts = name == "init" || name == "main" && lens.is_main(site.place.file);
    let is_lost = |(at, node): &(Site<'s>, NodeId)| {
        at.place == site.place || is_unnamed(lens, at, depth) || at.body.is_thrown_away(*node)
    };
    !starts
        && func.receiver.is_none()
        && lens.mentions(&Symbol::new(lens.package(site.place.file), name)).iter().all(is_lost)
}

/// The same of a method: where its name stands it may be another type's, and whoever has an interface calls what has its name.
pub(super) fn is_dead_method<'s>(lens: &Lens<'s>, site: &Site<'s>) -> bool {
    let Some(Declared::Func(func)) = lens.item(site.place) else { return false };
    let is_library = || !lens.source.program.packages.values().any(|package| package.is_main);
    if func.receiver.is_none() || is_library() {
        return false;
    }
    // Exported names are called by code that knows them by their interfaces.
    !func.name.name.starts_with(char::is_uppercase)
        && lens.method_uses(site, func).is_some_and(|all| {
            all.iter().all(|named| named.at.place == site.place || named.at.body.is_thrown_away(named.node))
        })
}

/// Where a name of a package is used: called, or taken as a value.
pub(super) struct Reference<'s> {
    pub node: NodeId,
    pub expr: &'s Expr,
    pub symbol: Symbol,
    /// The call, where it is what is called.
    pub call: Option<(&'s Expr, &'s Call)>,
}

impl Reference<'_> {
    /// The whole call, or the name.
    pub fn whole(&self) -> &Expr {
        self.call.map_or(self.expr, |(expr, _)| expr)
    }
}

/// Every use of the names that `sought` knows.
pub(super) fn references<'s>(lens: &Lens<'s>, site: &Site<'s>, sought: impl Fn(&Symbol) -> bool) -> Vec<Reference<'s>> {
    references_named(lens, site, |_| true, sought)
}

/// The same where the names without their packages are few: what others mean is not asked.
pub(super) fn references_named<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    is_name: impl Fn(&str) -> bool,
    sought: impl Fn(&Symbol) -> bool,
) -> Vec<Reference<'s>> {
    let mut out = Vec::new();
    for (node, expr) in site.body.exprs() {
        let name = match &expr.is {
            Is::Name(name) => name,
            Is::Select(_, member) => &member.name,
            _ => continue,
        };
        if !is_name(name) {
            continue;
        }
        let Some(symbol) = lens.symbol(site, expr).filter(&sought) else { continue };
        out.push(Reference { node, expr, symbol, call: called(site, node) });
    }
    out
}

/// The call of which a node is the function.
pub(super) fn called<'s>(site: &Site<'s>, node: NodeId) -> Option<(&'s Expr, &'s Call)> {
    site.body.called(node)
}

/// What a local variable begins with, alone or as the first of several results.
pub(super) fn made_with<'s>(site: &Site<'s>, local: LocalId) -> Option<&'s Expr> {
    match site.body.locals.get(local as usize)?.binding {
        Binding::Define([one], 0, _) => Some(one),
        Binding::Value(spec, 0) if spec.names.len() == 1 => spec.values.first(),
        _ => None,
    }
}

/// The call as a person writes it: `http.ListenAndServe`.
pub(super) fn spelt(symbol: &Symbol) -> String {
    let mut parts = symbol.path.rsplit('/');
    let last = parts.next().unwrap_or_default();
    let version = last.strip_prefix('v').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let base = if version { parts.next().unwrap_or(last) } else { last };
    match base.is_empty() {
        true => symbol.name.to_string(),
        false => format!("{base}.{}", symbol.name),
    }
}

/// Methods and fields that are taken as values: the receiver, the name, the whole.
pub(super) fn values<'a, 's>(site: &'a Site<'s>) -> impl Iterator<Item = (&'s Expr, &'s str, &'s Expr)> + use<'a, 's> {
    site.body.exprs().filter_map(|(node, expr)| match &expr.is {
        Is::Select(base, name) if called(site, node).is_none() => Some((&**base, &*name.name, expr)),
        _ => None,
    })
}

/// The method calls of a declaration: the receiver, the method's name, the call.
pub(super) fn methods<'a, 's>(
    site: &'a Site<'s>,
) -> impl Iterator<Item = (&'s Expr, &'s str, &'s Expr, &'s Call)> + use<'a, 's> {
    site.body.exprs().filter_map(|(_, expr)| match &expr.is {
        Is::Call(call) => match &crate::meaning::bare(&call.fun).is {
            Is::Select(base, name) => Some((&**base, &*name.name, expr, &**call)),
            _ => None,
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_is_cut_in_order_or_left_out_and_a_gap() {
        // Each file's facts, and how many are recorded; `true` where that is not all.
        let table: [(&[usize], usize, bool); 5] = [
            (&[], 0, false),
            (&[2, 3], 5, false),
            (&[MOST], MOST, false),
            (&[MOST - 1, 2, 7], MOST, true),
            (&[MOST, MOST, MOST, 1, 5], 0, true),
        ];
        for (files, expected, cut) in table {
            let count = Count::default();
            let goes_on: Vec<bool> = files.iter().map(|facts| count.add(*facts)).collect();
            assert_eq!(goes_on.last().is_some_and(|on| !on), files.iter().sum::<usize>() > FAR_TOO_MANY);
            let found = files.iter().enumerate().map(|(file, facts)| (vec![file; *facts], Vec::new())).collect();
            let (items, gaps) = count.joined(found);
            assert!(items.is_sorted());
            assert_eq!((items.len(), gaps.len() == 1), (expected, cut), "{files:?}");
        }
    }
}
