//! What code that is not seen may do with a configuration that it gets, or with the server or the struct that holds it.

use super::fate::Follow;
use super::others::{changes, keeps, looks, looks_or_keeps, only_looks, writes};
use crate::go::syntax::Expr;
use crate::meaning::{NodeId, Site, Symbol};
use assize_facts::kinds::source::Owner;

impl<'f, 's> Follow<'f, 's> {
    /// Who writes through any pointer to a server writes its configuration. Those of libraries that are known go to their own code.
    pub(super) fn of_server(
        &mut self,
        site: &Site<'s>,
        owner: Option<&Symbol>,
        ways: impl FnOnce(&mut Follow<'f, 's>),
    ) {
        let serves = owner.is_some_and(|owner| !self.is_unseen(&owner.path));
        let mut follow = Follow::new(self.lens, None, site);
        follow.serves = serves;
        ways(&mut follow);
        self.fate.foreign |= follow.fate.written;
    }

    /// Whether a struct goes from the supplier's own code to that of others, which knows it by reflection alone.
    pub(super) fn is_border(&self, site: &Site<'s>, path: &str) -> bool {
        self.held.is_some() && self.lens.owner(site.place.file) != Owner::Dependency && self.lens.is_foreign(path)
    }

    /// To code of others that sets exported fields, unless its name says that it only looks.
    pub(super) fn handed_out(&mut self, name: &str) {
        self.fate.lost = true;
        let exported = self.held.is_some_and(|(field, _)| field.starts_with(char::is_uppercase));
        self.fate.written |= exported && !looks_or_keeps(name);
    }

    /// To code that is not delivered, or to whatever stands behind an interface.
    pub(super) fn handed_over(&mut self, site: &Site<'s>, path: &str, name: &str) {
        self.fate.lost = true;
        self.fate.escapes |= keeps(path);
        // Of a struct decoders set what has a capital; what dependencies do to structs of others is meant for values.
        let spared = |(field, _): (&str, NodeId)| {
            let hidden = path.starts_with("encoding") && !field.starts_with(char::is_uppercase);
            hidden || self.lens.owner(site.place.file) == Owner::Dependency
        };
        let written = writes(path) && !looks(name) && !self.held.is_some_and(spared);
        self.fate.written |= written;
        self.seen_by(Some(path), name);
        // Behind an interface stands whatever has its methods.
        let others = changes(path) && !writes(path);
        self.fate.written |= self.serves && others && !only_looks(name) && self.lens.lacks_code();
        self.fate.foreign |= written || others;
    }

    /// Code that was not delivered sets what it likes of a server that it gets, under a name that does not say that it only looks.
    pub(super) fn seen_by(&mut self, path: Option<&str>, name: &str) {
        let is_unseen = |path: &str| self.is_unseen(path);
        self.fate.written |= self.serves && path.is_some_and(is_unseen) && !only_looks(name);
    }

    pub(super) fn is_unseen(&self, path: &str) -> bool {
        changes(path) && !writes(path) && !self.lens.is_delivered(path)
    }

    /// The same of what has no known type: by what made it.
    pub(super) fn seen_by_root(&mut self, site: &Site<'s>, made: &'s Expr, name: &str) {
        if self.serves {
            let root = self.lens.root(site, made);
            self.seen_by(root.as_ref().map(|root| &*root.path), name);
        }
    }

    /// To a function value.
    pub(super) fn handed_to_value(&mut self, site: &Site<'s>, fun: &'s Expr) {
        let unseen = self.lens.may_be_unseen(site, fun);
        self.fate.foreign |= unseen;
        self.fate.written |= self.serves && unseen;
    }

    /// The configuration of the server that stands at a node, where it is read.
    pub(super) fn field_read(&mut self, site: &Site<'s>, node: NodeId, field: &str) {
        let read = site.body.around(node).filter(|_| self.serves && field == "TLSConfig");
        self.fate.written |= read.is_some_and(|read| super::fate::of_value(self.lens, site, read).foreign);
    }
}
