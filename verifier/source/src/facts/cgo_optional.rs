//! Whether a file that imports "C" is in the build, when the setting of cgo is the supplier's word or nobody's.

use crate::build::{FileId, Outcome, Program, select};
use assize_facts::{Known, reason};
use assize_golang::build::{Constraint, constraint};

/// With cgo declared on: whether it is selected. Else it counts as built where nothing takes its place without cgo; where its
/// package has something in its place, the declared setting decides, and without one it is unknown.
pub(super) fn in_build(program: &Program, file: FileId) -> Known<bool> {
    let mut undeclared = false;
    let mut tags = None;
    for build in &program.builds {
        let config = &program.configs[build.config];
        let folder = program.folders.file(file).folder;
        if build.graph.outcome(file).is_none() {
            continue;
        }
        let with = select(&program.folders, folder, &config.context(true));
        if !with.outcomes.contains(&(file, Outcome::Cgo)) {
            continue;
        }
        if config.undeclared.is_some() {
            tags = config.undeclared.as_ref();
            continue;
        }
        let without = select(&program.folders, folder, &config.context(false));
        let stand_ins = without.go_files().any(|id| !with.go_files().any(|other| other == id));
        match config.cgo {
            Some(true) => return true.into(),
            _ if !stand_ins && !asks_for_cgo(program, file, &config.context(true)) => return true.into(),
            Some(false) => {}
            None => undeclared = true,
        }
    }
    match (undeclared, tags) {
        (true, _) => Known::Unknown(reason!("cgo-setting-not-declared", file = program.shown(file))),
        (false, Some(tags)) => Known::Unknown(reason!("tags-not-declared", file = program.shown(file), tags = tags)),
        (false, None) => false.into(),
    }
}

/// Whether the file's own constraint names the tag `cgo`: its author knows that it may be left out.
fn asks_for_cgo(program: &Program, file: FileId, context: &assize_golang::build::Context) -> bool {
    let Some(head) = program.head(file) else { return false };
    match constraint(head.constraint(), context) {
        Constraint::Satisfied { expr, .. } | Constraint::Unsatisfied { expr, .. } => {
            expr.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).any(|tag| tag == "cgo")
        }
        Constraint::None | Constraint::Malformed { .. } | Constraint::Unread { .. } => false,
    }
}
