//! `source.files`: every source file's part in the build, and why.

use super::Source;
use crate::build::FileId;
use assize_facts::kinds::source::{Language, SourceFile};
use assize_facts::{Known, Origin, Sheet, reason};
use assize_golang::build::SourceKind;

pub(super) fn sheet(source: &Source) -> Sheet {
    let mut sheet = Sheet::of::<SourceFile>();
    sheet.gaps = source.program.gaps.clone();
    for file in source.all_files() {
        sheet.push(fact(source, file), Origin::file(source.program.shown(file)));
        sheet.examined(1);
    }
    sheet
}

fn fact(source: &Source, file: FileId) -> SourceFile {
    let program = &source.program;
    let (package, owner) = program.package_of(file);
    let part = &program.parts[file.0 as usize];
    let kind = program.folders.file(file).kind;
    let head = program.head(file);
    let imports_c = match head {
        Some(head) => head.imports_c().into(),
        None if kind == SourceKind::Go => Known::Unknown(reason!("file-not-read", file = program.shown(file))),
        None => false.into(),
    };
    SourceFile {
        package,
        owner,
        language: language(kind),
        fate: part.fate.clone(),
        why: part.why.clone(),
        imports_c,
        generated: head.is_some_and(|head| head.generated),
    }
}

fn language(kind: SourceKind) -> Language {
    match kind {
        SourceKind::Go => Language::Go,
        SourceKind::Assembly => Language::Assembly,
        SourceKind::C => Language::C,
        SourceKind::Cxx => Language::Cxx,
        SourceKind::ObjectiveC => Language::ObjectiveC,
        SourceKind::Header => Language::Header,
        SourceKind::Fortran => Language::Fortran,
        SourceKind::Swig | SourceKind::SwigCxx => Language::Swig,
        SourceKind::Syso => Language::Syso,
    }
}
