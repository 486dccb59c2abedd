//! What is in the declared build: modules, packages, and the part of every source file, by the Go command's own rules.

mod config;
mod folder;
mod graph;
mod modules;
mod owner;
mod program;
mod read;
mod select;
mod std;
mod tree;

pub(crate) use config::{Config, configs};
pub(crate) use folder::{FileId, Folder, FolderId, Folders, SourceFile};
pub(crate) use modules::Modules;
pub(crate) use program::{Part, Program};
pub(crate) use read::{GoHead, Head};
pub(crate) use tree::{Files, Found};

#[cfg(test)]
pub(crate) use tree::Memory;
