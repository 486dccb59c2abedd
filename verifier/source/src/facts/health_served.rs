//! Whether what is registered for a path of health can answer at all: its mux is served, and what adds checks is a manager.

use super::default_mux::serves_default_mux;
use super::listeners;
use super::mentions::mark;
use super::muxes::of_handler;
use super::search::{Search, methods, references};
use crate::build::FileId;
use crate::go::syntax::{Call, Expr};
use crate::meaning::{Lens, Site};
use assize_facts::Known;
use std::collections::BTreeSet;

/// Its manager answers with the checks that are added to it.
const CONTROLLER_RUNTIME: &str = "sigs.k8s.io/controller-runtime";

pub(super) fn has_managers(lens: &Lens, file: FileId) -> bool {
    let head = lens.source.program.head(file);
    head.is_some_and(|head| head.outline.imports.iter().any(|import| import.path.starts_with(CONTROLLER_RUNTIME)))
}

/// The path of health that a method of controller-runtime's manager adds a check to.
pub(super) fn added<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr, name: &str) -> Option<&'static str> {
    let path = match name {
        "AddHealthzCheck" => "/healthz",
        "AddReadyzCheck" => "/readyz",
        _ => return None,
    };
    let is_its = match lens.type_of(site, base) {
        Some(ty) if lens.method(&ty.name, name).is_some() => ty.name.path.starts_with(CONTROLLER_RUNTIME),
        // By an interface of the program's own, or out of a field of its own: which type stands behind it is not told.
        Some(ty) => ty.name.path.starts_with(CONTROLLER_RUNTIME) || has_managers(lens, site.place.file),
        None => has_managers(lens, site.place.file),
    };
    is_its.then_some(path)
}

/// What answers where something is registered on a mux of net/http.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answers {
    /// A server may, or it is no mux of net/http.
    Perhaps,
    /// Whoever serves `http.DefaultServeMux`.
    Default,
    /// Nothing that is seen.
    Nothing,
}

impl Answers {
    pub fn of<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &'s Call) -> Answers {
        let handler = call.args.get(1).and_then(|handler| site.body.place(handler));
        match handler.map(|node| of_handler(lens, site, node)) {
            None => Answers::Perhaps,
            Some(ways) if ways.served || ways.lost => Answers::Perhaps,
            Some(ways) if ways.on_default => Answers::Default,
            Some(_) => Answers::Nothing,
        }
    }
}

/// Which of them surely does not: the program serves, and another mux. Searches of their own, so not to be asked within one: who waits for a part of a search
/// is handed other work, which might ask the same.
pub(super) fn surely_not(lens: &Lens, all: &BTreeSet<Answers>) -> Vec<Answers> {
    let mut out: Vec<Answers> = all.iter().copied().filter(|answers| *answers != Answers::Perhaps).collect();
    out.retain(|answers| *answers == Answers::Nothing || serves_default_mux(lens) == Known::Value(false));
    if !out.is_empty() && !serves_anything(lens) {
        out.clear();
    }
    out
}

/// Whether the program listens somewhere: of a library nothing is said.
fn serves_anything(lens: &Lens) -> bool {
    let imports = |lens: &Lens, file| lens.imports(file, "net/http");
    let search = Search { file: &imports, marks: mark::LISTEN | mark::SERVES, words: &[], dependencies: false };
    let (found, _) = search.run(lens, |site| {
        let called = methods(site).map(|(_, _, _, call)| call);
        let named = references(lens, site, |symbol| &*symbol.path == "net/http");
        let all = called.chain(named.into_iter().filter_map(|found| Some(found.call?.1)));
        all.filter(|call| listeners::listens(lens, site, call)).map(|_| ()).collect()
    });
    !found.is_empty()
}
