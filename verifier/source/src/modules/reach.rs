//! Which modules a build without a vendor folder takes packages of: imports are followed through the contents at hand.
//!
//! From `go 1.17` on the Go command reads no more of a module than that: where every package is found without it, neither of its sums has to be
//! there (cmd/go/internal/modload, loadFromRoots and importFromModules, Go 1.26).

use super::graph::Graph;
use super::hashing::beginning;
use super::index::Effective;
use super::requirements::zip_needed;
use super::store::{Form, Store};
use super::vendored::{folder, is_read};
use crate::build::{Imports, may_be_standard};
use crate::go::outline::imports;
use assize_golang::build::{NameFate, SourceKind, constraint, could_build, file_name_fate};
use assize_golang::module::Module;
use assize_golang::sum::Summed;
use std::collections::{BTreeMap, BTreeSet};

/// What packages of a module import, by their folders in it.
type Packages = BTreeMap<String, Imported>;

#[derive(Default)]
struct Imported {
    always: BTreeSet<String>,
    /// By files that other builds take.
    perhaps: BTreeSet<String>,
}

/// Paths of required modules.
#[derive(Default)]
pub(super) struct Reach {
    /// Those that the Go command looks into.
    taken: BTreeSet<String>,
    perhaps: BTreeSet<String>,
    /// Those of them that have a package of the build: of no others it reads the go.mod.
    provides: BTreeSet<String>,
    /// Whether all was seen, so that of others nothing is taken.
    whole: bool,
}

/// More packages than these are not followed.
const MOST: usize = 50_000;

impl Reach {
    /// Whether anything hangs on it: some requirement lacks a sum of which nothing else says whether it is needed.
    pub fn matters(graph: &Graph) -> bool {
        let lacks = |module: &Module| match graph.effective(module) {
            Effective::Module(effective) => {
                [Summed::Zip, Summed::GoMod].iter().any(|of| graph.sums_of(&effective, *of).is_empty())
            }
            Effective::Folder(_) => false,
        };
        let open = |module: &Module| lacks(module) && zip_needed(graph, module, false).value().is_none();
        let single = graph.vendor.is_none() && graph.work.is_none() && graph.mains.len() == 1;
        single && graph.lists_graph() && graph.mains[0].go_mod.require.iter().any(|r| open(&r.module))
    }

    pub fn of(graph: &Graph, own: &Imports, stores: &[Store]) -> Reach {
        let mut reach = Reach { whole: own.own, ..Reach::default() };
        let mut known: BTreeMap<&str, Option<Packages>> = BTreeMap::new();
        let always = own.paths.iter().map(|path| (path.clone(), true));
        let mut open: Vec<(String, bool)> =
            own.perhaps.iter().map(|path| (path.clone(), false)).chain(always).collect();
        let mut seen: BTreeSet<(String, bool)> = BTreeSet::new();
        while let Some((import, surely)) = open.pop() {
            if seen.contains(&(import.clone(), true)) || !seen.insert((import.clone(), surely)) {
                continue;
            }
            if seen.len() > MOST {
                reach.whole = false;
                return reach;
            }
            if graph.is_of_main(&import) {
                continue;
            }
            let candidates = graph.providers(&import);
            // Below the standard library's names nothing else is looked for.
            reach.whole &= !candidates.is_empty() || may_be_standard(&import);
            for path in candidates {
                // The Go command looks into each, to see that there is only one (importFromModules).
                if surely { &mut reach.taken } else { &mut reach.perhaps }.insert(path.to_string());
                let packages = known.entry(path).or_insert_with(|| packages(graph, own, stores, path));
                let Some(packages) = packages else {
                    reach.whole = false;
                    continue;
                };
                let inner = import[path.len()..].trim_start_matches('/');
                let Some(imported) = packages.get(inner) else { continue };
                reach.provides.insert(path.to_string());
                open.extend(imported.always.iter().map(|path| (path.clone(), surely)));
                open.extend(imported.perhaps.iter().map(|path| (path.clone(), false)));
            }
        }
        reach
    }

    /// Whether a package of the required module is in the build; `None` where that is not known.
    pub fn provides(&self, path: &str) -> Option<bool> {
        let open = self.perhaps.contains(path) || !self.whole;
        match self.provides.contains(path) {
            true => self.taken.contains(path).then_some(true),
            false => (!open).then_some(false),
        }
    }

    /// Whether the Go command looks into the required module for packages of the build; `None` where that is not known.
    pub fn takes(&self, path: &str) -> Option<bool> {
        match self.taken.contains(path) {
            true => Some(true),
            false => (self.whole && !self.perhaps.contains(path)).then_some(false),
        }
    }
}

/// The packages of a required module; none of what stands in a folder of the source, which was read with the program. `None` where its contents
/// are not at hand.
fn packages(graph: &Graph, own: &Imports, stores: &[Store], path: &str) -> Option<Packages> {
    let module = match graph.effective(&Module::new(path, graph.selected(path)?)) {
        Effective::Folder(_) => return Some(Packages::new()),
        Effective::Module(module) => module,
    };
    stores.iter().flat_map(|store| store.find(&module).into_iter().map(move |form| (store, form))).find_map(
        |(store, form)| match form {
            Form::Zip(path) => zipped(own, store, &module, &path),
            Form::Folder(path) => extracted(own, store, &path),
            Form::GoMod(_) => None,
        },
    )
}

fn zipped(own: &Imports, store: &Store, module: &Module, path: &str) -> Option<Packages> {
    let (mut packages, prefix) = (Packages::new(), format!("{module}/"));
    let gaps = store.delivery.members(path, &mut |member, content| {
        if let Some(inner) = member.name.strip_prefix(&prefix).filter(|inner| is_built(inner)) {
            add(&mut packages, own, inner, &beginning(content)?);
        }
        Ok(())
    });
    gaps.ok()?.is_empty().then_some(packages)
}

fn extracted(own: &Imports, store: &Store, path: &str) -> Option<Packages> {
    let mut packages = Packages::new();
    for entry in store.delivery.under(path) {
        let inner = &entry.path[path.len()..];
        if is_built(inner) {
            add(&mut packages, own, inner, &store.delivery.read(&entry.path).ok()?);
        }
    }
    Some(packages)
}

fn is_built(inner: &str) -> bool {
    is_read(inner) && !inner.ends_with("_test.go")
}

fn add(packages: &mut Packages, own: &Imports, inner: &str, text: &[u8]) {
    if !could_build(text) {
        return;
    }
    let name = inner.rsplit('/').next().unwrap_or(inner);
    let found = imports(text).imports;
    let is_c = found.iter().any(|import| &*import.path == "C");
    let selected = |context: &assize_golang::build::Context| {
        file_name_fate(name, context) == NameFate::Selected(SourceKind::Go)
            && constraint(text, context).selects() == Some(true)
            && (context.cgo || !is_c)
    };
    let always = !own.contexts.is_empty() && own.contexts.iter().all(selected);
    let of = packages.entry(folder(inner).to_string()).or_default();
    let into = if always { &mut of.always } else { &mut of.perhaps };
    into.extend(found.into_iter().map(|import| import.path.to_string()));
}
