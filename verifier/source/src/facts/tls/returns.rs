//! What a function returns goes where it is called: calls of functions and of methods.

use super::around::is_callback;
use super::fate::Follow;
use crate::facts::search::{called, methods, values};
use crate::go::syntax::{Does, Expr, Is, Item, Param, Stmt};
use crate::meaning::{Lens, Node, NodeId, Site, Symbol, bare};
use memchr::memmem;

impl<'s> Follow<'_, 's> {
    /// What a function returns goes where it is called.
    pub(super) fn returned(&mut self, site: &Site<'s>, node: NodeId, index: usize, depth: u32) {
        self.fate.escapes = true;
        if let Some(closure) = site.body.closure(node) {
            if is_callback(site, closure) {
                (self.fate.server, self.fate.chosen) = (true, true);
                return;
            }
            return match self.closure_calls(site, closure) {
                Some(calls) => calls.into_iter().for_each(|(at, call)| self.value(&at, call, index, depth)),
                None => self.lose(),
            };
        }
        let Some(Node::Item(Item::Func(func))) = site.body.node(0) else { return self.lose() };
        let result = func.signature.results.get(index).map(|result| &result.ty);
        if !self.may_be(site, result) {
            return self.lose();
        }
        let before = std::mem::take(&mut self.fate.server);
        let calls = match &func.receiver {
            None => self.calls(&Symbol::new(self.lens.package(site.place.file), &func.name.name)),
            Some(receiver) => match self.lens.named(site, &receiver.ty) {
                Some(ty) => self.method_calls(&ty.name, &func.name.name),
                None => None,
            },
        };
        // Chosen for each connection by crypto/tls itself.
        let is_chosen = std::mem::replace(&mut self.fate.server, before);
        self.fate.server |= is_chosen;
        self.fate.chosen |= is_chosen;
        match calls.filter(|calls| !calls.is_empty()) {
            Some(calls) => calls.into_iter().for_each(|(at, call)| self.value(&at, call, index, depth)),
            None if is_chosen => {}
            None => self.lose(),
        }
    }

    /// Calls of a function literal: on the spot, or by the variable that alone holds it; `None` where others may call it.
    fn closure_calls(&self, site: &Site<'s>, closure: NodeId) -> Option<Vec<(Site<'s>, NodeId)>> {
        let of_call = |at: &Site<'s>, node: NodeId| {
            let (whole, _) = called(at, node)?;
            Some((at.clone(), at.body.place(whole)?))
        };
        if let Some(call) = of_call(site, closure) {
            return Some(vec![call]);
        }
        let mut made = closure;
        let up = site.body.around(made)?;
        // `sync.OnceValue(func() …)` gives a function of the same result.
        if let Some(Node::Expr(Expr { is: Is::Call(call), .. })) = site.body.node(up)
            && self.lens.symbol(site, &call.fun).is_some_and(|s| &*s.path == "sync" && s.name.starts_with("OnceValue"))
        {
            made = up;
        }
        let name = match site.body.node(site.body.around(made)?)? {
            Node::Stmt(Stmt { does: Does::Define(left, right), .. }) if left.len() == right.len() => {
                let index = right.iter().position(|value| site.body.is_at(value, made))?;
                bare(left.get(index)?).at
            }
            Node::Spec(spec) if spec.names.len() == spec.values.len() => {
                let index = spec.values.iter().position(|value| site.body.is_at(value, made))?;
                spec.names.get(index)?.at
            }
            _ => return None,
        };
        if let Some(local) = site.body.local_at(name) {
            return site.body.uses(local).map(|(node, _)| of_call(site, node)).collect();
        }
        let Some(Node::Spec(spec)) = site.body.node(site.body.around(made)?) else { return None };
        let ident = spec.names.iter().find(|ident| ident.at == name)?;
        let symbol = Symbol::new(self.lens.package(site.place.file), &ident.name);
        self.lens.mentions(&symbol).iter().map(|(at, node)| of_call(at, *node)).collect()
    }

    pub(super) fn may_be(&self, site: &Site<'s>, ty: Option<&Expr>) -> bool {
        let Some(types) = self.types else { return true };
        ty.and_then(|ty| self.lens.named(site, ty)).is_some_and(|ty| types.has(&ty))
    }

    /// Calls of a function; `None` where it is also used as a value.
    fn calls(&mut self, symbol: &Symbol) -> Option<Vec<(Site<'s>, NodeId)>> {
        self.fate.server |= self.lens.mentions(symbol).iter().any(|(site, node)| is_callback(site, *node));
        let of = |(site, node): &(Site<'s>, NodeId)| {
            let (whole, _) = called(site, *node)?;
            let place = site.body.place(whole)?;
            Some((site.clone(), place))
        };
        self.lens.mentions(symbol).iter().map(of).collect()
    }

    fn method_calls(&mut self, ty: &Symbol, name: &str) -> Option<Vec<(Site<'s>, NodeId)>> {
        let finder = memmem::Finder::new(name);
        let mut out = Vec::new();
        for package in self.lens.source.program.packages.values() {
            for &file in &package.go_files {
                if *package.path != *ty.path && !self.lens.imports(file, &ty.path) {
                    continue;
                }
                let Some(bytes) = self.lens.source.bytes(file) else { continue };
                for place in self.lens.places(file) {
                    let decl = &self.lens.outline(file)[place.decl];
                    if finder.find(bytes.get(decl.start..decl.end).unwrap_or_default()).is_none() {
                        continue;
                    }
                    let site = self.lens.site(place)?;
                    for (base, _, whole, _) in methods(&site).filter(|(_, called, _, _)| *called == name) {
                        if self.lens.type_of(&site, base).is_some_and(|t| t.name == *ty) {
                            out.push((site.clone(), site.body.place(whole)?));
                        }
                    }
                    // `GetConfigForClient: s.config`.
                    self.fate.server |= values(&site).filter(|(_, taken, _)| *taken == name).any(|(base, _, whole)| {
                        let of_type = self.lens.type_of(&site, base).is_some_and(|t| t.name == *ty);
                        of_type && site.body.place(whole).is_some_and(|node| is_callback(&site, node))
                    });
                }
            }
        }
        Some(out)
    }
}

/// The `return` statements without values that give a named result, and its place among the results.
pub(super) fn returns_of(lens: &Lens, site: &Site, local: u32) -> Vec<(NodeId, usize)> {
    let Some(Item::Func(func)) = lens.item(site.place) else { return Vec::new() };
    let is_it = |result: &Param| result.name.as_ref().and_then(|name| site.body.local_at(name.at)) == Some(local);
    let Some(index) = func.signature.results.iter().position(is_it) else { return Vec::new() };
    let of = |(node, entry): (usize, &crate::meaning::body::Entry)| match entry.node {
        Node::Stmt(Stmt { does: Does::Return(values), .. }) if values.is_empty() => Some(node as NodeId),
        _ => None,
    };
    let bare = site.body.nodes.iter().enumerate().filter_map(of);
    bare.filter(|node| site.body.closure(*node).is_none()).map(|node| (node, index)).collect()
}
