//! What packages of modules declare that are not in the tree, by contents that have go.sum's sum.

use super::graph::Graph;
use super::hashing::{Files, Hashed, hash, raw};
use super::shelf::Shelf;
use super::store::{Form, Store};
use crate::build::GoHead;
use crate::facts::declarations;
use assize_delivery::{Delivery, MemberKind};
use assize_facts::kinds::source::Owner;
use assize_facts::{Origin, Reason, Sha256, Sheet, reason};
use assize_golang::module::Module;
use assize_golang::sum::Summed;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// No Go file is as large.
const LARGEST: u64 = 32 << 20;

/// Packages of a module that are asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The path by which the build knows the module.
    pub path: String,
    /// The module whose contents they are: the same, or what stands in for it.
    pub contents: Module,
    /// Import paths.
    pub packages: BTreeSet<String>,
}

/// Adds what files of the wanted packages declare, whatever platform selects them, to `source.declarations`. Where they are there already, where no contents are at hand, where they are
/// not those of go.sum, and where a package holds more than Go (assembly, cgo, positions of other files), nothing is added.
pub(crate) fn add(sheet: &mut Sheet, delivery: &Delivery, shelf: &Shelf<'_>, wanted: &[Wanted]) {
    let Ok(graph) = Graph::read(delivery, delivery.spec(), ".", None) else { return };
    // What is vendored is in the tree.
    if graph.vendor.is_some() || wanted.is_empty() {
        return;
    }
    let stores = shelf.stores();
    for wanted in wanted {
        let known: BTreeSet<&str> = sheet.items.iter().filter_map(|item| item.text("package")).collect();
        let unknown: Vec<&String> = wanted.packages.iter().filter(|p| !known.contains(p.as_str())).collect();
        // Most are there: what the build takes out of contents was read with the source.
        if unknown.is_empty() {
            continue;
        }
        let Some((store, form, files)) = authentic(&graph, stores, &wanted.contents) else { continue };
        for package in unknown {
            let Some(folder) = inside(&wanted.path, package) else { continue };
            if let Some(heads) = heads(store, &form, &wanted.contents, &files, folder) {
                push(sheet, wanted, package, &heads);
            }
        }
    }
}

/// The folder of a package in its module: empty for the module's own.
fn inside<'p>(module: &str, package: &'p str) -> Option<&'p str> {
    let rest = package.strip_prefix(module)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

fn authentic<'s>(graph: &Graph, stores: &'s [Store], module: &Module) -> Option<(&'s Store, Form, Files)> {
    let sums = graph.sums_of(module, Summed::Zip);
    let forms = stores.iter().flat_map(|store| store.find(module).into_iter().map(move |form| (store, form)));
    let mut whole = forms.filter(|(_, form)| !sums.is_empty() && !matches!(form, Form::GoMod(_)));
    whole.find_map(|(store, form)| match hash(store, module, &form) {
        Hashed::Sum { h1, files } if sums.iter().all(|sum| *sum == h1) => Some((store, form, files)),
        _ => None,
    })
}

/// The Go files of a package by their names, if it holds nothing else that declares functions.
fn heads(store: &Store, form: &Form, module: &Module, files: &Files, folder: &str) -> Option<BTreeMap<String, GoHead>> {
    let is_here = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder) == folder;
    let mine = || files.keys().map(String::as_str).filter(|path| is_here(path) && !path.ends_with("_test.go"));
    let other =
        |path: &str| [".s", ".S", ".c", ".cc", ".cpp", ".m", ".syso", ".swig"].iter().any(|end| path.ends_with(end));
    if mine().any(other) {
        return None;
    }
    let names: BTreeSet<&str> = mine().filter(|path| path.ends_with(".go")).collect();
    let texts = texts(store, form, module, &names).ok()?;
    let as_hashed = |(path, text): (&String, &Vec<u8>)| files.get(path).copied() == raw(&Sha256::of(text));
    if texts.is_empty() || texts.len() != names.len() || !texts.iter().all(as_hashed) {
        return None;
    }
    let heads: BTreeMap<String, GoHead> =
        texts.into_iter().map(|(path, text)| (path, GoHead::new(&text, true))).collect();
    let plain = |head: &GoHead| !head.imports_c() && declarations::line_directives(head).next().is_none();
    heads.values().all(plain).then_some(heads)
}

/// Files of a module by their paths in it.
fn texts(
    store: &Store,
    form: &Form,
    module: &Module,
    names: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Vec<u8>>, Reason> {
    let mut texts = BTreeMap::new();
    match form {
        Form::Folder(path) => {
            for name in names {
                texts.insert((*name).to_owned(), store.delivery.read(&format!("{path}{name}"))?);
            }
        }
        Form::Zip(path) | Form::GoMod(path) => {
            let prefix = format!("{}@{}/", module.path, module.version);
            store.delivery.members(path, &mut |member, content| {
                let name = member.name.strip_prefix(&prefix).filter(|name| names.contains(name));
                if let (Some(name), MemberKind::File) = (name, &member.kind) {
                    let mut text = Vec::new();
                    let unread = |error| reason!("file-unreadable", path = name, detail = error);
                    content.take(LARGEST).read_to_end(&mut text).map_err(unread)?;
                    texts.insert(name.to_owned(), text);
                }
                Ok(())
            })?;
        }
    }
    Ok(texts)
}

fn push(sheet: &mut Sheet, wanted: &Wanted, package: &str, heads: &BTreeMap<String, GoHead>) {
    let others = declarations::Others::of(&heads.values().collect::<Vec<_>>());
    let Module { path, version } = &wanted.contents;
    for (file, head) in heads {
        let fact = declarations::of_head(head, package, Owner::Dependency, &others);
        sheet.push(fact, Origin::file(format!("{path}@{version}/{file}")));
        sheet.examined(1);
    }
}
