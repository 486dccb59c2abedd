//! `module.vendor`: modules.txt against go.mod, and vendored files against contents.

use super::contents::Contents;
use super::graph::Graph;
use super::hashing::raw;
use super::language::difference;
use super::original::{Original, explained, original};
use super::vendored::{Vendored, embeds, folder, is_read, sort_out};
use assize_facts::kinds::module::Vendor;
use assize_facts::{Known, Origin, Reason, Sheet};
use assize_golang::build::could_build;
use assize_golang::embed::means;
use assize_golang::fold::to_fold;
use assize_golang::module::{Module, is_at_or_below};
use assize_golang::vendor::{ModulesTxt, inconsistencies};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// How many paths an item names.
const MOST: usize = 50;

pub(super) fn sheet(graph: &Graph, contents: &Contents) -> Sheet {
    let mut sheet = Sheet::of::<Vendor>();
    let Some((text, txt)) = &graph.vendor else { return sheet };
    let place = graph.vendor_folder();
    sheet.gaps.extend(graph.unseen(&place));
    let mut vendored = sort_out(graph, txt);
    sheet.gaps.extend(explained(graph, contents, txt, &mut vendored));
    let mistakes = mistakes(graph, txt);
    let modules: Vec<usize> = (0..txt.modules.len()).collect();
    let facts: Vec<Vendor> =
        modules.into_par_iter().map(|index| fact(graph, contents, txt, &vendored, &mistakes, index)).collect();
    for (fact, module) in facts.into_iter().zip(&txt.modules) {
        sheet.examined(1);
        sheet.push(fact, text.origin(module.place));
    }
    for (module, message) in unlisted(txt, &mistakes) {
        sheet.push(stranger(module, Some(message), Vec::new()), Origin::file(text.shown.clone()));
    }
    if let Some(first) = vendored.unexplained.first() {
        let origin = Origin::file(graph.tree.shown(&format!("{place}/{first}")));
        let shown = vendored.unexplained.iter().take(MOST).map(|path| format!("{place}/{path}")).collect();
        sheet.push(stranger(&Module::default(), None, shown), origin);
    }
    sheet
}

fn fact(
    graph: &Graph,
    contents: &Contents,
    txt: &ModulesTxt,
    vendored: &Vendored,
    mistakes: &BTreeMap<Module, String>,
    index: usize,
) -> Vendor {
    let listed = &txt.modules[index];
    let files = vendored.files.get(&index).map_or(&[][..], Vec::as_slice);
    let differing = with_language(compare(graph, contents, txt, index, files), difference(graph, contents, listed));
    let equals = differing.clone().map(|all: Vec<String>| all.is_empty());
    let mistake = mistakes.get(&listed.module).cloned();
    let missing = vendored.missing.get(&index).map_or(&[][..], Vec::as_slice);
    Vendor {
        path: listed.module.path.clone(),
        version: (!listed.module.version.is_empty()).then(|| listed.module.version.clone()),
        replacement: listed.replacement.as_ref().map(|r| r.to_string().replace('@', " ")),
        packages: listed.packages.len() as u64,
        consistent: Known::Value(mistake.is_none()),
        mistake,
        missing_packages: missing.iter().take(MOST).cloned().collect(),
        unexplained: Vec::new(),
        differs: equals.value() == Some(&false),
        differing: differing.map(|all| all.into_iter().take(MOST).collect()),
        equals_contents: equals,
    }
}

/// A known difference is one, whatever else could not be seen.
fn with_language(files: Known<Vec<String>>, language: Known<Option<String>>) -> Known<Vec<String>> {
    match (files, language) {
        (Known::Value(files), Known::Value(language)) => Known::Value(files.into_iter().chain(language).collect()),
        (_, Known::Value(Some(language))) => Known::Value(vec![language]),
        (Known::Value(files), _) if !files.is_empty() => Known::Value(files),
        (Known::Value(_), unknown) => unknown.map(|_| Vec::new()),
        (unknown, _) => unknown,
    }
}

/// An item for what modules.txt does not list.
fn stranger(module: &Module, mistake: Option<String>, unexplained: Vec<String>) -> Vendor {
    Vendor {
        path: module.path.clone(),
        version: (!module.version.is_empty()).then(|| module.version.clone()),
        replacement: None,
        packages: 0,
        consistent: Known::Value(mistake.is_none()),
        mistake,
        missing_packages: Vec::new(),
        unexplained,
        differing: Known::Value(Vec::new()),
        equals_contents: Known::Value(true),
        differs: false,
    }
}

/// What is wrong with the list: the Go command's own consistency rules, and what it never looks at.
fn mistakes(graph: &Graph, txt: &ModulesTxt) -> BTreeMap<Module, String> {
    let mut out = BTreeMap::new();
    for found in inconsistencies(txt, &graph.view()) {
        out.entry(found.module).or_insert(found.message);
    }
    let mut owners: BTreeMap<&str, &Module> = BTreeMap::new();
    let mut folded: BTreeMap<String, &str> = BTreeMap::new();
    for vendored in &txt.modules {
        // The Go command vendors and builds no two of them (cmd/go/internal/modcmd/vendor.go, checkPathCollisions, Go 1.26).
        let path = vendored.module.path.as_str();
        let first = if vendored.packages.is_empty() { path } else { *folded.entry(to_fold(path)).or_insert(path) };
        if first != path {
            out.entry(vendored.module.clone()).or_insert(format!("differs from {first} in case alone"));
        }
        for (package, _) in &vendored.packages {
            if !is_at_or_below(package, &vendored.module.path) {
                let message = format!("lists {package}, which is no package of it");
                out.entry(vendored.module.clone()).or_insert(message);
            }
            if let Some(other) = owners.insert(package, &vendored.module).filter(|other| **other != vendored.module) {
                let message = format!("lists {package}, which {other} lists too");
                out.entry(vendored.module.clone()).or_insert(message);
            }
        }
    }
    out
}

/// Mistakes about modules that the file does not list at all.
fn unlisted<'a>(txt: &ModulesTxt, mistakes: &'a BTreeMap<Module, String>) -> Vec<(&'a Module, String)> {
    let listed: BTreeSet<&Module> = txt.modules.iter().map(|v| &v.module).collect();
    mistakes.iter().filter(|(module, _)| !listed.contains(module)).map(|(m, text)| (m, text.clone())).collect()
}

/// Vendored files that differ from what was vendored, and files of listed packages that are missing; the paths are those in the source.
fn compare(graph: &Graph, contents: &Contents, txt: &ModulesTxt, index: usize, files: &[String]) -> Known<Vec<String>> {
    let listed = &txt.modules[index];
    if listed.packages.is_empty() && files.is_empty() {
        return Known::Value(Vec::new());
    }
    match original(graph, contents, listed) {
        Ok(original) => differences(graph, txt, index, files, &original),
        Err(reason) => Known::Unknown(reason),
    }
}

fn differences(
    graph: &Graph,
    txt: &ModulesTxt,
    index: usize,
    files: &[String],
    original: &Original<'_>,
) -> Known<Vec<String>> {
    let listed = &txt.modules[index];
    let place = graph.vendor_folder();
    let prefix = format!("{}/", listed.module.path);
    let mut out: BTreeSet<String> = BTreeSet::new();
    let mut there: BTreeSet<&str> = BTreeSet::new();
    for path in files {
        let inner = path.strip_prefix(&prefix);
        there.extend(inner);
        let shown = format!("{place}/{path}");
        let digest = match graph.tree.digest(&shown) {
            Ok(digest) => raw(&digest),
            Err(reason) => return Known::Unknown(reason),
        };
        let wanted = inner.and_then(|inner| original.files.get(inner));
        if wanted.is_none() || wanted != digest.as_ref() {
            out.insert(shown);
        }
    }
    let packages: BTreeSet<&str> = listed
        .packages
        .iter()
        .filter_map(|(package, _)| package.strip_prefix(&listed.module.path))
        .map(|rest| rest.trim_start_matches('/'))
        .collect();
    let missing = missing(&packages, &there, original, graph).and_then(|missing| {
        Ok((missing, missing_embedded(&packages, &format!("{place}/{prefix}"), &there, original, graph)?))
    });
    match missing {
        Ok((of_packages, embedded)) => {
            out.extend(of_packages.into_iter().chain(embedded).map(|inner| format!("{place}/{prefix}{inner}")));
        }
        Err(reason) => return Known::Unknown(reason),
    }
    Known::Value(out.into_iter().collect())
}

/// Files that a `//go:embed` of a listed package means in the original and that are not there.
fn missing_embedded(
    packages: &BTreeSet<&str>,
    prefix: &str,
    there: &BTreeSet<&str>,
    original: &Original<'_>,
    graph: &Graph,
) -> Result<Vec<String>, Reason> {
    let absent = original.files.keys().filter(|inner| !there.contains(inner.as_str()));
    let mut go_files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in there.iter().filter(|path| is_read(path)) {
        go_files.entry(folder(path)).or_default().push(path);
    }
    let mut patterns: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut out = Vec::new();
    for inner in absent {
        let above = std::iter::successors(Some(folder(inner)), |at| (!at.is_empty()).then(|| folder(at)));
        for package in above.filter(|at| packages.contains(at)) {
            if !patterns.contains_key(package) {
                let texts = go_files.get(package).into_iter().flatten();
                let found = texts.map(|path| embeds(graph, &format!("{prefix}{path}")));
                patterns.insert(package, found.collect::<Result<Vec<_>, Reason>>()?.concat());
            }
            let path = inner[package.len()..].trim_start_matches('/');
            if patterns[package].iter().any(|pattern| means(pattern, path)) {
                out.push(inner.clone());
                break;
            }
        }
    }
    Ok(out)
}

/// Files of the listed packages' folders that `go mod vendor` copies and that are not there.
fn missing(
    packages: &BTreeSet<&str>,
    there: &BTreeSet<&str>,
    original: &Original<'_>,
    graph: &Graph,
) -> Result<Vec<String>, Reason> {
    let wanted = |inner: &&String| {
        let (folder, name) = inner.rsplit_once('/').unwrap_or(("", inner));
        packages.contains(folder)
            && !there.contains(inner.as_str())
            && !name.ends_with("_test.go")
            && !matches!(name, "go.mod" | "go.sum")
    };
    let absent: BTreeSet<String> = original.files.keys().filter(wanted).cloned().collect();
    if absent.iter().all(|inner| !inner.ends_with(".go")) {
        return Ok(absent.into_iter().collect());
    }
    let mut unbuilt = BTreeSet::new();
    original.each_go_file(&absent, graph, &mut |inner, text| {
        if !could_build(text) {
            unbuilt.insert(inner.to_owned());
        }
    })?;
    Ok(absent.into_iter().filter(|inner| !unbuilt.contains(inner)).collect())
}
