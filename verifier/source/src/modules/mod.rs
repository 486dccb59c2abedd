//! Module files, sums, contents and the vendor folder of the delivered source, by the Go command's own rules.
//!
//! Nothing here runs the Go command: hashes are computed from the bytes, wherever they come from, and held against go.sum.

mod consistent;
mod contents;
pub(crate) mod declared;
mod demands;
mod files;
mod governing;
mod graph;
mod hashing;
mod index;
mod language;
mod original;
mod outdated;
mod reach;
mod records;
mod refused;
mod replacements;
mod requirements;
mod settings;
mod shelf;
mod store;
mod sums;
mod text;
mod vendor;
mod vendored;

use crate::build::{Followed, Imports};
use assize_delivery::Delivery;
use assize_facts::kinds::module::{Assurance, ChecksumSetting, Content, File, Replacement, Requirement, Sum, Vendor};
use assize_facts::{Deliverable, Fact, Progress, Reason, Request, Sheet, reason};
use assize_golang::module::Module;
use assize_golang::sum::Summed;
use graph::Graph;
pub(crate) use shelf::{Delivered, Looked, Shelf};
use std::collections::BTreeMap;

/// What the collector is given beside the deliverable.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    /// What is declared, or told by the delivered programs.
    pub spec: &'a Deliverable,
    /// Module contents that were delivered, and those that the buyer brings (`--modules`).
    pub shelf: &'a Shelf<'a>,
    /// What files of the declared build import; `None` where that was not read.
    pub imports: Option<&'a Imports>,
    /// What was seen of builds by the folders in which they are started.
    pub followed: &'a BTreeMap<String, Followed>,
    /// The collected sheet of `inventory.build_settings`, for `module.checksum_settings`.
    pub settings: Option<&'a Sheet>,
}

impl Given<'_> {
    fn of(&self, graph: &Graph) -> Option<&Followed> {
        self.followed.get(if graph.base == "." { "" } else { &graph.base })
    }
}

/// Kinds of fact that rest on what is built of modules beside the tree.
pub(crate) const FOLLOWING: &[&str] = &[File::KIND, Requirement::KIND];

/// Kinds of fact that this collector answers for.
pub(crate) const KINDS: &[&str] = &[
    File::KIND,
    Requirement::KIND,
    Replacement::KIND,
    Sum::KIND,
    Content::KIND,
    Vendor::KIND,
    Assurance::KIND,
    ChecksumSetting::KIND,
];

/// One sheet per request of these kinds, in the order of the requests.
pub(crate) fn collect(
    delivery: &Delivery,
    given: Given<'_>,
    requests: &[Request],
    progress: &dyn Progress,
) -> Vec<Sheet> {
    let mine: Vec<&Request> = requests.iter().filter(|r| KINDS.contains(&r.kind.as_str())).collect();
    if mine.is_empty() {
        return Vec::new();
    }
    let mut graphs = match governing::graphs(delivery, given.spec, given.imports) {
        Ok(graphs) => graphs,
        Err(reason) => return mine.into_iter().map(|request| missing(request, &reason)).collect(),
    };
    let imports = given.imports.filter(|_| graphs.len() == 1);
    for graph in &mut graphs {
        consistent::note_unprovided(graph, imports, given.of(graph));
        consistent::note_workspace(graph, given.settings);
        consistent::note_vendor(graph, &given);
        consistent::note_unlisted_vendor(graph, &given);
        outdated::note(graph, given.spec);
    }
    let sheets = graphs.iter_mut().map(|graph| of_graph(graph, given, &mine, progress));
    // Several modules that programs are built in are written down as one.
    let mut sheets: Vec<Sheet> = sheets
        .reduce(|all, more| all.into_iter().zip(more).map(|(sheet, more)| joined(sheet, more)).collect())
        .unwrap_or_default();
    sheets.iter_mut().for_each(bound);
    sheets
}

/// No module graph has as many lines of one kind; each costs memory until the reports are written.
fn bound(sheet: &mut Sheet) {
    const MOST: usize = if cfg!(test) { 1_000 } else { 50_000 };
    if sheet.items.len() > MOST {
        sheet.items.truncate(MOST);
        sheet.gap(reason!("limit-facts", limit = MOST), "");
    }
}

fn joined(mut sheet: Sheet, more: Sheet) -> Sheet {
    sheet.examined(more.scope.count);
    sheet.gaps.extend(more.gaps);
    sheet.items.extend(more.items);
    sheet.settle();
    sheet
}

/// One sheet per request about one graph.
fn of_graph(graph: &mut Graph, given: Given<'_>, mine: &[&Request], progress: &dyn Progress) -> Vec<Sheet> {
    progress.step(&format!("reading {} module files", graph.files.len()));
    let needs_contents = mine.iter().any(|r| [Content::KIND, Vendor::KIND, Assurance::KIND].contains(&r.kind.as_str()));
    let needs_demands = mine.iter().any(|r| r.kind == Requirement::KIND);
    let needs_graph = !graph.lists_graph() && (needs_demands || mine.iter().any(|r| r.kind == Replacement::KIND));
    let needs_records = mine.iter().any(|r| [Sum::KIND, Assurance::KIND].contains(&r.kind.as_str()));
    let stores = match needs_contents || needs_records || needs_demands || needs_graph || reach::Reach::matters(graph) {
        true => given.shelf.stores(),
        false => &[],
    };
    graph.follow(stores);
    if needs_graph {
        graph.walked = demands::walk(graph, given.shelf);
    }
    let graph = &*graph;
    let records = if needs_records { records::Records::read(stores, &graph.modules()) } else { Default::default() };
    let contents = needs_contents.then(|| contents::Contents::examine(given.shelf, graph, progress));
    let demands = if needs_demands { demands::demands(graph, given.shelf, given.of(graph)) } else { BTreeMap::new() };
    let found = Found { graph, contents: contents.as_ref(), records: &records, demands: &demands };
    mine.iter().map(|request| sheet(request, found, given)).collect()
}

/// What was read.
#[derive(Clone, Copy)]
struct Found<'a> {
    graph: &'a Graph,
    contents: Option<&'a contents::Contents<'a>>,
    records: &'a records::Records,
    /// By paths of required modules.
    demands: &'a BTreeMap<String, String>,
}

fn missing(request: &Request, reason: &Reason) -> Sheet {
    let mut sheet = Sheet::missing(&request.kind, reason.clone());
    sheet.with = request.args();
    sheet
}

fn sheet(request: &Request, found: Found<'_>, given: Given<'_>) -> Sheet {
    let Found { graph, contents, records, demands } = found;
    let private = private_modules(request);
    let mut sheet = match request.kind.as_str() {
        File::KIND => files::sheet(graph),
        Requirement::KIND => requirements::sheet(graph, &private, demands),
        Replacement::KIND => replacements::sheet(graph, &private),
        Sum::KIND => sums::sheet(graph, records, &private),
        ChecksumSetting::KIND => settings::sheet(graph, given.settings, &private),
        kind => match contents {
            Some(contents) if kind == Content::KIND => contents.sheet(graph),
            Some(contents) if kind == Vendor::KIND => vendor::sheet(graph, contents),
            Some(contents) if kind == Assurance::KIND => contents.assurance(graph, records, &private),
            _ => Sheet::missing(kind, reason!("not-collected", kind = kind)),
        },
    };
    sheet.gaps.extend(graph.gaps.iter().cloned());
    sheet.with = request.args();
    sheet.settle();
    sheet
}

/// The argument `private_modules` as one comma-separated list of patterns.
fn private_modules(request: &Request) -> String {
    let list = request.arg("private_modules");
    let patterns = list.as_ref().and_then(|v| v.as_array()).into_iter().flatten().filter_map(|v| v.as_str());
    patterns.collect::<Vec<_>>().join(",")
}

/// Modules with a line in go.sum or go.work.sum, and whether one sums their contents; those that the Go command drops are none.
pub(crate) fn summed(delivery: &Delivery) -> Result<BTreeMap<Module, bool>, Reason> {
    let graphs = governing::graphs(delivery, delivery.spec(), None)?;
    let mut out = BTreeMap::new();
    let files = graphs.iter().flat_map(|graph| &graph.sums);
    for line in files.flat_map(|(_, file)| &file.lines).filter(|line| !line.is_dropped()) {
        *out.entry(line.module.clone()).or_insert(false) |= line.of == Summed::Zip;
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
