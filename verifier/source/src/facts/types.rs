//! Types of a library that are sought, their aliases, and types defined as one of them.

use super::search::Search;
use crate::build::FileId;
use crate::go::outline::{Decl, DeclKind};
use crate::go::syntax::{Expr, Item};
use crate::meaning::{Lens, Site, Symbol, Type};
use assize_facts::{Gap, reason};
use std::collections::BTreeSet;

pub(crate) struct Types {
    sought: BTreeSet<Symbol>,
    all: BTreeSet<Symbol>,
    cut: bool,
}

/// Aliases of aliases, and types defined as one another, are followed this far.
const LONGEST_CHAIN: usize = 40;

impl Types {
    /// Closed over aliases and definitions: what is one of these types is looked for wherever their packages are imported.
    pub fn closed(lens: &Lens, sought: &[(&str, &str)]) -> Types {
        let sought: BTreeSet<Symbol> = sought.iter().map(|(path, name)| Symbol::new(path, name)).collect();
        let mut types = Types { all: sought.clone(), sought, cut: false };
        for _ in 0..LONGEST_CHAIN {
            let names: Vec<String> = types.all.iter().map(|s| s.name.to_string()).collect();
            let words: Vec<&str> = names.iter().map(String::as_str).collect();
            let matters = |lens: &Lens, file| types.matters(lens, file);
            let is_type = |decl: &Decl| decl.kind == DeclKind::Type;
            let search = Search { file: &matters, marks: 0, words: &words, dependencies: true };
            let (found, _) = search.run_among(lens, is_type, |site| match lens.item(site.place) {
                Some(Item::Types(specs)) => {
                    let own = lens.package(site.place.file);
                    let is =
                        specs.iter().filter(|spec| lens.symbol(site, &spec.ty).is_some_and(|s| types.all.contains(&s)));
                    is.map(|spec| Symbol::new(own, &spec.name.name)).collect()
                }
                Some(Item::Func(_) | Item::Values(_)) | None => Vec::new(),
            });
            let before = types.all.len();
            types.all.extend(found);
            if types.all.len() == before {
                return types;
            }
        }
        types.cut = true;
        types
    }

    /// Aliases of aliases beyond what is followed: what is made of them is not seen.
    pub fn gap(&self) -> Option<Gap> {
        let reason = reason!("aliases-not-followed", limit = LONGEST_CHAIN);
        self.cut.then(|| Gap { reason, place: String::new(), owner: None })
    }

    /// Names that the program gave to the types.
    pub fn own_names(&self) -> Vec<&str> {
        let sought = |s: &&Symbol| !self.sought.contains(*s);
        self.all.iter().filter(sought).map(|s| &*s.name).collect()
    }

    /// Whether a file can name one of the types.
    pub fn matters(&self, lens: &Lens, file: FileId) -> bool {
        let own = lens.package(file);
        self.all.iter().any(|s| &*s.path == own || lens.imports(file, &s.path))
    }

    pub fn has(&self, ty: &Type) -> bool {
        self.has_name(&ty.name)
    }

    pub fn has_name(&self, name: &Symbol) -> bool {
        self.all.contains(name)
    }

    /// Whether a type expression is a configuration, not a pointer to one.
    pub fn is_plain<'s>(&self, lens: &Lens<'s>, site: &Site<'s>, ty: &Expr) -> bool {
        lens.named(site, ty).is_some_and(|t| !t.pointer && self.has(&t))
    }

    pub fn of<'s>(&self, lens: &Lens<'s>, site: &Site<'s>, expr: &Expr) -> Option<Type> {
        lens.type_of(site, expr).filter(|t| self.has(t))
    }
}
