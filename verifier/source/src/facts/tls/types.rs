//! The types that are TLS configurations: `tls.Config`, its aliases, and types defined as one.

use super::super::search::Search;
use super::TLS;
use crate::build::FileId;
use crate::go::syntax::{Expr, Item};
use crate::meaning::{Lens, Site, Symbol, Type};
use std::collections::BTreeSet;

pub(super) struct Types {
    all: BTreeSet<Symbol>,
}

impl Types {
    /// Closed over aliases and definitions: what is one of these types is looked for wherever their packages are imported.
    pub fn closed(lens: &Lens) -> Types {
        let mut types = Types { all: BTreeSet::from([Symbol::new(TLS, "Config")]) };
        loop {
            let names: Vec<String> = types.all.iter().map(|s| s.name.to_string()).collect();
            let words: Vec<&str> = names.iter().map(String::as_str).collect();
            let matters = |lens: &Lens, file| types.matters(lens, file);
            let search = Search { file: &matters, words: &words, dependencies: true };
            let (found, _) = search.run(lens, |site| match lens.item(site.place) {
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
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|s| &*s.name)
    }

    /// Whether a file can name one of the types.
    pub fn matters(&self, lens: &Lens, file: FileId) -> bool {
        let own = lens.package(file);
        self.all.iter().any(|s| &*s.path == own || lens.imports(file, &s.path))
    }

    pub fn has(&self, ty: &Type) -> bool {
        self.all.contains(&ty.name)
    }

    /// Whether a type expression is a configuration, not a pointer to one.
    pub fn is_plain<'s>(&self, lens: &Lens<'s>, site: &Site<'s>, ty: &Expr) -> bool {
        lens.named(site, ty).is_some_and(|t| !t.pointer && self.has(&t))
    }

    pub fn of<'s>(&self, lens: &Lens<'s>, site: &Site<'s>, expr: &Expr) -> Option<Type> {
        lens.type_of(site, expr).filter(|t| self.has(t))
    }
}
