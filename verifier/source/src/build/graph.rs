//! The packages that a build reaches from its main packages, over the main modules, local replacements, the vendor folder and module contents.

use super::folder::{FileId, FolderId, Folders, SourceFile};
use super::modules::{Modules, Target};
use super::read::{GoHead, Head, other};
use super::select::{Outcome, Selection, select};
use super::std::is_standard;
use super::suppliers::{Answer, Asked};
use super::tree::Files;
use crate::hashed::HashMap;
use assize_facts::kinds::source::Owner;
use assize_facts::{Reason, reason};
use assize_golang::build::{Context, NameFate, SourceKind, file_name_fate};
use assize_golang::module::{Module, is_at_or_below};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A package of a build.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub folder: FolderId,
    pub owner: Owner,
    pub selection: Selection,
}

/// An import that leads to nothing delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    /// The effective module where it is known.
    pub module: Option<Module>,
    pub owner: Owner,
    /// A file that imports it.
    pub importer: FileId,
    /// Why contents of modules do not hold it; nothing where there are none.
    pub why: Option<Reason>,
    /// Where that is sure, why the Go command refuses it.
    pub refused: Option<Refused>,
}

/// Why the Go command refuses an import (cmd/go/internal/modload `importFromModules`, Go 1.26).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// No module that it would look into has the package.
    Nobody,
    /// More than one has.
    Several,
    /// It is internal to other packages than the one that imports it (cmd/go/internal/load, `disallowInternal`, Go 1.26).
    Internal,
}

#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// By import path.
    pub packages: BTreeMap<String, Reached>,
    /// By import path.
    pub missing: BTreeMap<String, Missing>,
    /// Paths of modules by those of the packages that their contents supply.
    pub supplied: BTreeMap<String, String>,
    /// Imports that lead somewhere and are refused all the same, with files that have them.
    pub refused: BTreeMap<String, (FileId, Refused)>,
    /// Parts of all files in the folders that were reached.
    outcomes: HashMap<FileId, Outcome>,
}

/// Where a build begins.
pub(crate) type Roots = Vec<(String, FolderId, Owner)>;

/// Follows imports from the roots, wave by wave; heads that were not read yet are read in parallel.
pub(crate) fn walk(
    files: &dyn Files,
    folders: &mut Folders,
    modules: &Modules,
    context: &Context,
    roots: Roots,
) -> Graph {
    let mut graph = Graph::default();
    let suppliers = modules.suppliers(files);
    let may_supply = |import: &str| suppliers.as_ref().is_some_and(|suppliers| suppliers.may_supply(import));
    let mut embedding: Vec<FolderId> = Vec::new();
    let mut doubled: BTreeMap<String, Asked> = BTreeMap::new();
    let mut wave = roots;
    while !wave.is_empty() {
        let places: Vec<FolderId> = wave.iter().map(|(_, folder, _)| *folder).collect();
        read_heads(files, folders, &places, context);
        let mut next: BTreeMap<String, (FolderId, Owner)> = BTreeMap::new();
        let mut asked: BTreeMap<String, Asked> = BTreeMap::new();
        for (path, folder, owner) in wave {
            let selection = select(folders, folder, context);
            for import in &selection.imports {
                if is_internal_elsewhere(&path, import) {
                    graph.refuse(importer(folders, &selection, import), import, Refused::Internal);
                }
                if graph.packages.contains_key(&**import) || graph.missing.contains_key(&**import) {
                    continue;
                }
                match modules.resolve(folders, import) {
                    Target::Standard if is_standard(import) || !may_supply(import) => {}
                    // A module may bear a name as the standard library's packages have.
                    Target::Standard => ask(&mut asked, folders, &selection, import, None, Owner::Dependency),
                    Target::Folder { folder, owner } => {
                        if may_supply(import) {
                            ask(&mut doubled, folders, &selection, import, None, owner);
                        }
                        next.insert(import.to_string(), (folder, owner));
                    }
                    Target::Own => graph.miss(folders, &selection, import, None, Owner::Main),
                    Target::Foreign { module, owner } if suppliers.is_some() => {
                        ask(&mut asked, folders, &selection, import, module, owner);
                    }
                    Target::Foreign { module, owner } => graph.miss(folders, &selection, import, module, owner),
                }
            }
            if folders.provided(folder).is_some() && embeds(folders, &selection) {
                embedding.push(folder);
            }
            graph.outcomes.extend(selection.outcomes.iter().cloned());
            graph.packages.insert(path, Reached { folder, owner, selection });
        }
        let asked = Some(asked).filter(|asked| !asked.is_empty());
        let answers = suppliers.as_ref().zip(asked).map(|(suppliers, asked)| suppliers.provide(asked));
        for (path, answer) in answers.into_iter().flatten() {
            match answer {
                Answer::Package { supplied, module, folder, owner } => {
                    graph.supplied.insert(path.clone(), module);
                    next.insert(path.clone(), (folders.provide(&path, owner, &supplied, &folder), owner));
                }
                Answer::Missing(missing) => drop(graph.missing.insert(path, missing)),
            }
        }
        next.retain(|path, _| !graph.packages.contains_key(path));
        wave = next.into_iter().map(|(path, (folder, owner))| (path, folder, owner)).collect();
    }
    folders.list_below(&embedding);
    let importers: BTreeMap<String, FileId> =
        doubled.iter().map(|(path, asked)| (path.clone(), asked.importer)).collect();
    for (path, answer) in suppliers.iter().flat_map(|suppliers| suppliers.provide(std::mem::take(&mut doubled))) {
        if matches!(answer, Answer::Package { .. }) && suppliers.as_ref().is_some_and(|all| all.know_versions()) {
            graph.refuse(importers.get(&path).copied(), &path, Refused::Several);
        }
    }
    graph
}

/// Whether a package may not import another, which is internal to packages of another path.
fn is_internal_elsewhere(package: &str, import: &str) -> bool {
    let around = match import.rfind("/internal/") {
        _ if import.ends_with("/internal") => import.strip_suffix("/internal"),
        Some(at) => import.get(..at),
        None if import == "internal" || import.starts_with("internal/") => return true,
        None => None,
    };
    around.is_some_and(|around| !is_at_or_below(package, around))
}

fn ask(
    asked: &mut BTreeMap<String, Asked>,
    folders: &Folders,
    selection: &Selection,
    import: &str,
    module: Option<Module>,
    owner: Owner,
) {
    if let Some(importer) = importer(folders, selection, import) {
        asked.entry(import.to_string()).or_insert(Asked { importer, module, owner });
    }
}

/// A file of a package that imports a path.
fn importer(folders: &Folders, selection: &Selection, path: &str) -> Option<FileId> {
    let imports = |id: &FileId| match &folders.file(*id).head {
        Some(Ok(Head::Go(head))) => head.outline.imports.iter().any(|i| &*i.path == path),
        _ => false,
    };
    selection.go_files().find(imports)
}

/// Whether a file of a package has a `//go:embed`.
fn embeds(folders: &Folders, selection: &Selection) -> bool {
    let has = |id: FileId| match &folders.file(id).head {
        Some(Ok(Head::Go(head))) => head.outline.directives.iter().any(|directive| directive.embeds().is_some()),
        _ => false,
    };
    selection.go_files().any(has)
}

impl Graph {
    /// A file's part in this build; `None` where its folder was not reached.
    pub fn outcome(&self, file: FileId) -> Option<&Outcome> {
        self.outcomes.get(&file)
    }

    fn refuse(&mut self, importer: Option<FileId>, path: &str, why: Refused) {
        self.refused.extend(importer.map(|importer| (path.to_owned(), (importer, why))));
    }

    fn miss(&mut self, folders: &Folders, selection: &Selection, path: &str, module: Option<Module>, owner: Owner) {
        if let Some(importer) = importer(folders, selection, path) {
            self.missing.insert(path.to_string(), Missing { module, owner, importer, why: None, refused: None });
        }
    }
}

/// Reads the heads of all files of some folders that their names do not rule out.
pub(crate) fn read_heads(files: &dyn Files, folders: &mut Folders, places: &[FolderId], context: &Context) {
    let asked: Vec<FileId> = places
        .iter()
        .flat_map(|folder| folders.get(*folder).files.iter().copied())
        .filter(|id| folders.file(*id).head.is_none())
        .filter(|id| matches!(file_name_fate(folders.file(*id).name(), context), NameFate::Selected(_)))
        .collect();
    read(files, folders, asked, true);
}

/// Reads the heads of all Go files that were not read yet: no build takes them.
pub(crate) fn read_rest(files: &dyn Files, folders: &mut Folders) {
    let unread = |file: &SourceFile| file.head.is_none() && file.kind == SourceKind::Go;
    let asked = (0..folders.files.len() as u32).map(FileId).filter(|id| unread(folders.file(*id))).collect();
    read(files, folders, asked, false);
}

fn read(files: &dyn Files, folders: &mut Folders, asked: Vec<FileId>, whole: bool) {
    let keeps = whole && folders.keeps_texts();
    let of_file = |id: FileId| {
        let mut bytes = None;
        let head = head(files, folders.file(id), whole, keeps.then_some(&mut bytes));
        (id, head, bytes)
    };
    let heads: Vec<_> = asked.into_par_iter().map(of_file).collect();
    for (id, head, bytes) in heads {
        let file = &mut folders.files[id.0 as usize];
        (file.head, file.bytes) = (Some(head), bytes);
    }
}

/// `keep` takes what a Go file's head was read from.
fn head(files: &dyn Files, file: &SourceFile, whole: bool, keep: Option<&mut Option<Vec<u8>>>) -> Result<Head, Reason> {
    let Some(content) = file.content() else {
        return Err(reason!("link-out-of-tree", path = files.shown(&file.path)));
    };
    match file.kind {
        // The linker takes a `.syso` as it is; its bytes are the inventory's matter.
        SourceKind::Syso => Ok(Head::Other(Vec::new())),
        SourceKind::Go => {
            let bytes = files.read(content)?;
            let head = GoHead::new(&bytes, whole);
            if let Some(keep) = keep {
                *keep = Some(bytes);
            }
            Ok(Head::Go(head))
        }
        _ => Ok(other(&files.read(content)?)),
    }
}
