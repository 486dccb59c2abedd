//! The facts that Go source tells, one file per kind.

mod cgo;
mod cgo_optional;
mod declarations;
mod embeds;
mod files;
mod literals;
mod loaders;
mod source;

pub(crate) use literals::{MachineCode, machine_code};
pub(crate) use source::Source;

use assize_facts::kinds::source::{CgoImport, Declarations, SourceFile};
use assize_facts::{Fact, Sheet};

/// Kinds that are answered here.
pub(crate) const KINDS: &[&str] = &[SourceFile::KIND, CgoImport::KIND, Declarations::KIND];

/// The sheet of a kind of [`KINDS`].
pub(crate) fn sheet(kind: &str, source: &Source) -> Option<Sheet> {
    let mut sheet = match kind {
        SourceFile::KIND => files::sheet(source),
        CgoImport::KIND => cgo::sheet(source),
        Declarations::KIND => declarations::sheet(source),
        _ => return None,
    };
    sheet.settle();
    Some(sheet)
}

#[cfg(test)]
mod cgo_tests;
#[cfg(test)]
mod files_tests;
#[cfg(test)]
pub(crate) mod table;
