//! What was vendored: the contents of a module, or the folder that stands for it, and which Go files of it embed what.

use super::contents::Contents;
use super::graph::{Graph, join};
use super::hashing::{Files, beginning, raw};
use super::index::Effective;
use super::store::{Form, Store};
use super::vendored::{Vendored, embeds_in, folder, is_read};
use assize_facts::{Gap, Reason, reason};
use assize_golang::embed::means;
use assize_golang::module::Module;
use assize_golang::release;
use assize_golang::vendor::{ModulesTxt, Vendored as Listed};
use std::collections::{BTreeMap, BTreeSet};

/// The files that were vendored.
pub(super) struct Original<'a> {
    pub files: Files,
    place: Place<'a>,
}

/// Where they can be read again.
enum Place<'a> {
    Contents(&'a Store, &'a Form, Module),
    /// A folder of the source.
    Folder(String),
}

/// The module that a line of modules.txt means, where that is at hand.
pub(super) fn original<'a>(graph: &Graph, contents: &'a Contents, listed: &Listed) -> Result<Original<'a>, Reason> {
    match graph.effective(&listed.module) {
        Effective::Module(module) => contents
            .authentic(graph, &module)
            .map(|(files, store, form)| Original { files: files.clone(), place: Place::Contents(store, form, module) }),
        Effective::Folder(folder) => {
            let target = listed.replacement.as_ref().map_or("", |r| r.path.as_str());
            of_folder(graph, &listed.module, folder, target)
        }
    }
}

/// The folder that replaces a module, as it was delivered.
fn of_folder<'a>(graph: &Graph, module: &Module, folder: Option<String>, target: &str) -> Result<Original<'a>, Reason> {
    let folder = folder.filter(|folder| graph.targets.contains_key(folder));
    let folder = folder.ok_or_else(|| reason!("target-not-delivered", target = target, module = &module.path))?;
    let inside = join(&folder, "");
    let below = || graph.tree.entries().filter_map(|entry| Some((entry.path.strip_prefix(&inside)?, entry)));
    // Modules of their own inside the folder are none of it.
    let others: Vec<&str> =
        below().filter_map(|(inner, _)| inner.strip_suffix("go.mod")).filter(|at| at.ends_with('/')).collect();
    let mut files = Files::new();
    for (inner, entry) in below() {
        if !entry.entry.is_file() || others.iter().any(|other| inner.starts_with(other)) {
            continue;
        }
        let sha256 = raw(&graph.tree.digest(entry.path)?).unwrap_or_default();
        files.insert(inner.into(), sha256);
    }
    Ok(Original { files, place: Place::Folder(folder) })
}

impl Original<'_> {
    /// Shows the texts of some of its Go files.
    pub fn each_go_file(
        &self,
        wanted: &BTreeSet<String>,
        graph: &Graph,
        look: &mut dyn FnMut(&str, &[u8]),
    ) -> Result<(), Reason> {
        let go_files = wanted.iter().filter(|inner| inner.ends_with(".go"));
        match &self.place {
            Place::Contents(store, Form::Zip(path), module) => {
                let prefix = format!("{module}/");
                store.delivery.members(path, &mut |member, content| {
                    if let Some(inner) = member.name.strip_prefix(&prefix)
                        && inner.ends_with(".go")
                        && wanted.contains(inner)
                    {
                        look(inner, &beginning(content)?);
                    }
                    Ok(())
                })?;
            }
            Place::Contents(store, Form::Folder(path) | Form::GoMod(path), _) => {
                for inner in go_files {
                    look(inner, &store.delivery.read(&format!("{path}{inner}"))?);
                }
            }
            Place::Folder(folder) => {
                for inner in go_files {
                    look(inner, &graph.tree.read(&join(folder, inner))?);
                }
            }
        }
        Ok(())
    }

    /// By package, the patterns of the `//go:embed` lines in Go files that `go mod vendor` does not copy, and whose embedded files it does:
    /// those that a constraint keeps out of every build, and before `go 1.22` tests (cmd/go/internal/modcmd/vendor.go, vendorPkg, Go 1.26).
    fn embedded_by_others(
        &self,
        packages: &BTreeSet<&str>,
        graph: &Graph,
        of_tests: bool,
    ) -> Result<BTreeMap<String, Vec<String>>, Reason> {
        let is_one = |inner: &&String| {
            packages.contains(folder(inner)) && is_read(inner) && (of_tests || !inner.ends_with("_test.go"))
        };
        let wanted = self.files.keys().filter(is_one).cloned().collect();
        let mut patterns: BTreeMap<String, Vec<String>> = BTreeMap::new();
        self.each_go_file(&wanted, graph, &mut |inner, text| {
            patterns.entry(folder(inner).to_owned()).or_default().extend(embeds_in(text));
        })?;
        Ok(patterns)
    }
}

/// Sorts out which files are embedded by Go files that are not vendored; gives what could not be seen of that. Where the module is not at
/// hand, tests may embed a file of a build before `go 1.22`.
pub(super) fn explained(graph: &Graph, contents: &Contents, txt: &ModulesTxt, vendored: &mut Vendored) -> Vec<Gap> {
    let of_tests = release::compare(graph.go_line(), "1.22").is_lt();
    let perhaps = std::mem::take(&mut vendored.perhaps);
    let inside = |package: &str, index: usize| -> usize {
        let module = txt.modules[index].module.path.len();
        if package.len() > module { module + 1 } else { package.len() }
    };
    let mut packages: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for (package, index) in perhaps.iter().flat_map(|(_, above)| above) {
        packages.entry(*index).or_default().insert(&package[inside(package, *index)..]);
    }
    // Each module is read once.
    let read = |(index, packages): (usize, BTreeSet<&str>)| {
        let original = original(graph, contents, &txt.modules[index]);
        (index, original.and_then(|original| original.embedded_by_others(&packages, graph, of_tests)))
    };
    let known: BTreeMap<usize, Result<BTreeMap<String, Vec<String>>, Reason>> =
        packages.into_iter().map(read).collect();
    let mut gaps = Vec::new();
    for (path, above) in &perhaps {
        let (mut by, mut unseen) = (None, None);
        for (package, index) in above {
            match &known[index] {
                Ok(all) => {
                    let patterns = all.get(&package[inside(package, *index)..]).into_iter().flatten();
                    let is_meant = patterns.into_iter().any(|pattern| means(pattern, &path[package.len() + 1..]));
                    by = by.or(is_meant.then_some(*index));
                }
                Err(reason) => unseen = Some(reason.clone()),
            }
        }
        match (by, unseen.filter(|_| of_tests)) {
            (Some(index), _) => vendored.files.entry(index).or_default().push(path.clone()),
            (None, Some(reason)) => {
                let place = graph.tree.shown(&format!("{}/{path}", graph.vendor_folder()));
                gaps.push(Gap { reason, place, owner: None });
            }
            (None, None) => vendored.unexplained.push(path.clone()),
        }
    }
    vendored.unexplained.sort_unstable();
    gaps
}
