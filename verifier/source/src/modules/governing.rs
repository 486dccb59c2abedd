//! Which module files govern what is delivered: those at the source root, or of the nested module that a declared package lies in.
//!
//! The Go command takes the nearest go.mod above the package, and the nearest go.work above that where it uses the module; with another
//! one above it, the module is built with `GOWORK=off` alone (cmd/go/internal/modload/init.go, Go 1.26).

use super::graph::{Graph, inside, join};
use crate::build::Imports;
use assize_delivery::{Delivery, SourceTree};
use assize_facts::{Deliverable, Reason};
use std::collections::BTreeSet;

/// The graphs of the declared builds, that of the source root first where anything is built there.
pub(super) fn graphs(delivery: &Delivery, spec: &Deliverable, imports: Option<&Imports>) -> Result<Vec<Graph>, Reason> {
    let root = Graph::read(delivery, spec, ".", imports)?;
    let packages: Vec<Option<&str>> = spec.binaries.iter().map(|b| b.package.as_deref()).collect();
    let folders: Vec<String> = packages.iter().map(|package| governing(&root.tree, *package)).collect();
    let of_root = |folder: &String| folder == "." || root.mains.iter().any(|m| m.folder == *folder);
    let nested: BTreeSet<&String> = folders.iter().filter(|folder| !of_root(folder)).collect();
    let others =
        nested.iter().map(|folder| Graph::read(delivery, spec, folder, imports)).collect::<Result<Vec<_>, _>>()?;
    // A folder that replaces a module of the root's graph may be built from there.
    let takes_part = folders.is_empty() || folders.iter().any(|f| of_root(f) || root.targets.contains_key(f));
    Ok(takes_part.then_some(root).into_iter().chain(others).collect())
}

/// The folder of the go.mod nearest above a package; the root where there is none, or where nothing is declared.
fn governing(tree: &SourceTree, package: Option<&str>) -> String {
    let folder = package.map(|package| package.trim_end_matches("...")).and_then(|package| inside(".", package));
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
