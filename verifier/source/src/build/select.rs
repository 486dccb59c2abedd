//! Which files of a folder a build takes (go/build `Import`, `matchFile`, Go 1.26).

use super::folder::{FileId, FolderId, Folders};
use super::read::Head;
use assize_golang::build::{
    Constraint, Context, NameFate, SourceKind, constraint, constraint_of_other, file_name_fate,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A file's part in one build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// A Go file without `import "C"`.
    Go,
    /// A Go file with `import "C"`, compiled by cgo.
    Cgo,
    /// Assembly, a header, a `.syso`, or C beside a file with `import "C"`.
    Other,
    Test,
    /// The name begins with `_` or `.`.
    Hidden,
    /// The name means another platform.
    Named(String),
    Constrained(String),
    /// `package documentation`.
    Documentation,
    /// Imports "C" while cgo is off.
    CgoOff,
    /// C, and cgo is off or no file of the package asks for it.
    NoCgo,
    /// The Go command refuses the package because of it.
    Refused(String),
    Unreadable,
}

impl Outcome {
    pub fn is_built(&self) -> bool {
        matches!(self, Outcome::Go | Outcome::Cgo | Outcome::Other)
    }
}

/// A folder as a package of one build.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// In the order of the names.
    pub outcomes: Vec<(FileId, Outcome)>,
    /// The names in the package clauses of the selected Go files, ascending; more than one is refused.
    pub names: Box<[Box<str>]>,
    /// Ascending.
    pub imports: Box<[Arc<str>]>,
    pub uses_cgo: bool,
}

impl Selection {
    pub fn go_files(&self) -> impl Iterator<Item = FileId> {
        self.outcomes.iter().filter(|(_, o)| matches!(o, Outcome::Go | Outcome::Cgo)).map(|(id, _)| *id)
    }

    pub fn is_main(&self) -> bool {
        self.names.iter().any(|name| &**name == "main")
    }
}

/// Selects a folder's files; their heads must have been read.
pub(crate) fn select(folders: &Folders, folder: FolderId, context: &Context) -> Selection {
    let mut selection = Selection::default();
    let (mut names, mut imports) = (BTreeSet::new(), Vec::new());
    for &id in &folders.get(folder).files {
        let outcome = outcome(folders, id, context);
        if let (Outcome::Go | Outcome::Cgo, Some(Ok(Head::Go(head)))) = (&outcome, &folders.file(id).head) {
            if !names.contains(&head.outline.package) {
                names.insert(head.outline.package.clone());
            }
            imports.extend(head.outline.imports.iter().map(|i| &i.path));
            selection.uses_cgo |= outcome == Outcome::Cgo;
        }
        let swig = matches!(folders.file(id).kind, SourceKind::Swig | SourceKind::SwigCxx);
        selection.uses_cgo |= swig && outcome == Outcome::Other && context.cgo;
        selection.outcomes.push((id, outcome));
    }
    imports.sort_unstable();
    imports.dedup();
    selection.names = names.into_iter().collect();
    selection.imports = imports.into_iter().cloned().collect();
    selection.outcomes.shrink_to_fit();
    settle_c(folders, &mut selection);
    selection
}

fn outcome(folders: &Folders, id: FileId, context: &Context) -> Outcome {
    let file = folders.file(id);
    let kind = match file_name_fate(file.name(), context) {
        NameFate::Hidden => return Outcome::Hidden,
        NameFate::Excluded(unmet) => return Outcome::Named(unmet),
        NameFate::Test => return Outcome::Test,
        NameFate::NotSource => return Outcome::Hidden,
        NameFate::Selected(kind) => kind,
    };
    match &file.head {
        Some(Ok(Head::Go(head))) => {
            if let Some(out) = constrained(constraint(head.constraint(), context)) {
                return out;
            }
            match (&*head.outline.package, head.imports_c()) {
                ("documentation", _) => Outcome::Documentation,
                (_, true) if context.cgo => Outcome::Cgo,
                (_, true) => Outcome::CgoOff,
                (_, false) => Outcome::Go,
            }
        }
        Some(Ok(Head::Other(_))) if kind == SourceKind::Syso => Outcome::Other,
        Some(Ok(Head::Other(text))) => constrained(constraint_of_other(text, context)).unwrap_or(Outcome::Other),
        Some(Err(_)) | None => Outcome::Unreadable,
    }
}

fn constrained(constraint: Constraint) -> Option<Outcome> {
    match constraint.selects() {
        Some(true) => None,
        Some(false) => Some(Outcome::Constrained(constraint.why().to_string())),
        None => Some(Outcome::Refused(constraint.why().to_string())),
    }
}

/// C, C++, Objective-C, Fortran and `.S` files are compiled only beside a Go file that imports "C" or a SWIG file (cmd/go/internal/load: `UsesCgo`, `UsesSwig`).
fn settle_c(folders: &Folders, selection: &mut Selection) {
    let uses_cgo = selection.uses_cgo;
    for (id, outcome) in &mut selection.outcomes {
        if *outcome == Outcome::Other && !uses_cgo && is_foreign(folders.file(*id).name(), folders.file(*id).kind) {
            *outcome = Outcome::NoCgo;
        }
    }
}

/// Whether only a C compiler can make something of the file; headers and `.s` belong to Go assembly too.
pub(crate) fn is_foreign(name: &str, kind: SourceKind) -> bool {
    match kind {
        SourceKind::C | SourceKind::Cxx | SourceKind::ObjectiveC | SourceKind::Fortran => true,
        SourceKind::Swig | SourceKind::SwigCxx => true,
        SourceKind::Assembly => !name.ends_with(".s"),
        SourceKind::Go | SourceKind::Header | SourceKind::Syso => false,
    }
}
