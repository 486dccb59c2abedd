//! The supplier's own files, with those that go around Go's types or may hold structs without a name: told from what was read first, and once.

use super::names::Lens;
use crate::build::{FileId, Program};
use assize_facts::kinds::source::Owner;

#[derive(Default)]
pub(crate) struct Own {
    pub files: Vec<FileId>,
    /// Those that import `unsafe` or `C`.
    pub around: Vec<FileId>,
    /// Those that have such a struct, and those of which that is not known.
    pub nameless: Vec<FileId>,
}

impl Own {
    fn of(program: &Program) -> Own {
        let own = program.packages.values().filter(|package| package.owner != Owner::Dependency);
        let mut out = Own::default();
        for file in own.flat_map(|package| package.go_files.iter().copied()) {
            out.files.push(file);
            let outline = program.head(file).map(|head| &head.outline);
            if outline.is_none_or(|outline| outline.decls.iter().any(|decl| decl.nameless)) {
                out.nameless.push(file);
            }
            if outline.is_some_and(|outline| outline.imports.iter().any(|i| matches!(&*i.path, "unsafe" | "C"))) {
                out.around.push(file);
            }
        }
        out
    }
}

impl<'s> Lens<'s> {
    pub(super) fn own(&self) -> &'s Own {
        self.source.own(|| Own::of(&self.source.program))
    }

    pub(super) fn own_files(&self) -> &'s [FileId] {
        &self.own().files
    }
}
