//! What is in the declared build: modules, packages, and the part of every source file, by the Go command's own rules.

mod config;
mod contents;
mod decided;
mod folder;
mod followed;
mod graph;
mod modules;
mod owner;
mod program;
mod read;
mod select;
mod std;
mod suppliers;
mod tops;
mod tree;

pub(crate) use config::Config;
pub(crate) use contents::{Contents, Supplied, Supply};
pub(crate) use folder::{FileId, LEAST, join, split};
pub(crate) use followed::{Followed, RefusedImport};
pub(crate) use graph::Refused;
pub(crate) use program::{Imports, Package, Program};
pub(crate) use read::GoHead;
pub(crate) use select::{Outcome, is_foreign, select};
pub(crate) use std::{is_standard, may_be_standard};
pub(crate) use tops::{ASIDE, tops};
pub(crate) use tree::{Files, Found};

#[cfg(test)]
pub(crate) use tree::{Disk, Memory};

#[cfg(test)]
mod contents_tests;
#[cfg(test)]
mod deps_tests;
#[cfg(test)]
mod list_tests;
#[cfg(test)]
mod tags_tests;
