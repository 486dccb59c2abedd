//! Which module files govern what is delivered: those at the source root, or of the nested module that a declared package lies in.
//!
//! The Go command takes the nearest go.mod above the package, and the nearest go.work above that where it uses the module; with another
//! one above it, the module is built with `GOWORK=off` alone (cmd/go/internal/modload/init.go, Go 1.26).

use super::graph::{Graph, inside, join};
use crate::build::{Imports, tops};
use assize_delivery::{Delivery, SourceTree};
use assize_facts::{Deliverable, Reason};
use std::collections::BTreeSet;

/// The graphs of the declared builds, that of the source root first where anything is built there.
pub(super) fn graphs(delivery: &Delivery, spec: &Deliverable, imports: Option<&Imports>) -> Result<Vec<Graph>, Reason> {
    let root = Graph::read(delivery, spec, ".", imports)?;
    let all = || modules(&root.tree).into_iter();
    let folders: Vec<String> = match spec.binaries.is_empty() {
        true => all().collect(),
        false => {
            let of = |package: Option<&str>| package.map(|package| vec![governing(&root.tree, package)]);
            let packages = spec.binaries.iter().map(|binary| binary.package.as_deref());
            packages.flat_map(|package| of(package).unwrap_or_else(|| all().collect())).collect()
        }
    };
    let of_root = |folder: &String| folder == "." || root.mains.iter().any(|m| m.folder == *folder);
    let nested: BTreeSet<&String> = folders.iter().filter(|folder| !of_root(folder)).collect();
    let others =
        nested.iter().map(|folder| Graph::read(delivery, spec, folder, imports)).collect::<Result<Vec<_>, _>>()?;
    // A folder that replaces a module of the root's graph may be built from there.
    let takes_part = folders.iter().any(|f| of_root(f) || root.targets.contains_key(f));
    Ok(takes_part.then_some(root).into_iter().chain(others).collect())
}

/// Where nothing is declared: the root, or where no module file is there the modules.
fn modules(tree: &SourceTree) -> Vec<String> {
    let of_root = ["go.mod", "go.work"].iter().any(|name| tree.entry(name).is_some());
    let folders = tree.module_files().filter_map(|path| Some(path.strip_suffix("go.mod")?.trim_end_matches('/')));
    let tops = if of_root { vec![] } else { tops(folders) };
    if tops.is_empty() { vec![".".into()] } else { tops }
}

/// The folder of the go.mod nearest above a package; the root where there is none.
fn governing(tree: &SourceTree, package: &str) -> String {
    let folder = inside(".", package.trim_end_matches("..."));
    above(folder.as_deref().unwrap_or("."))
        .find(|folder| tree.entry(&join(folder, "go.mod")).is_some())
        .unwrap_or(".")
        .to_string()
}

/// A folder and those above it in the source, from the inside out.
pub(super) fn above(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |at| (*at != ".").then(|| at.rsplit_once('/').map_or(".", |(above, _)| above)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_from_the_inside_out() {
        assert_eq!(above("a/b/c").collect::<Vec<_>>(), ["a/b/c", "a/b", "a", "."]);
        assert_eq!(above(".").collect::<Vec<_>>(), ["."]);
    }
}
