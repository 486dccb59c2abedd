//! Go's own rules as pure functions: no file is opened here, and every parser is total on arbitrary bytes.

pub mod advisory;
pub mod assembly;
pub mod build;
pub mod embed;
pub mod fold;
pub mod glob;
pub mod godebug;
pub mod linker;
pub mod modfile;
pub mod module;
pub mod own;
pub mod release;
pub mod selection;
pub mod semver;
pub mod signs;
pub mod sum;
pub mod sumdb;
mod text;
pub mod vendor;
