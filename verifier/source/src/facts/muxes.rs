//! Where a handler answers: followed from its name through registrations, routers and variables to the servers that serve it.
//!
//! Ways that lead elsewhere (fields of structs, methods of unknown types, code that was not delivered) are lost, and said to be.

use super::asked::asks_path;
use super::routers::{PARTS, SERVE, is_router, registers, wraps};
use super::search::called;
use crate::go::syntax::{Call, Does, Element, Expr, Func, Is, Item, Op, Stmt};
use crate::meaning::body::Binding;
use crate::meaning::std::result_type;
use crate::meaning::{Lens, Node, NodeId, Place, Site, Symbol, Use, bare};
use std::collections::BTreeSet;

/// What was seen of the ways that a handler goes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ways {
    /// A server answers with it.
    pub served: bool,
    /// It is registered on `http.DefaultServeMux`.
    pub on_default: bool,
    /// Some way was not followed to its end.
    pub lost: bool,
    /// Some registration is made under a condition only.
    pub perhaps: bool,
}

impl Ways {
    pub fn or(self, other: Ways) -> Ways {
        Ways {
            served: self.served || other.served,
            on_default: self.on_default || other.on_default,
            lost: self.lost || other.lost,
            perhaps: self.perhaps || other.perhaps,
        }
    }
}

const DEPTH: u32 = 12;

/// Where the handler goes that stands at a node.
pub(super) fn of_handler<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> Ways {
    let mut follow = Follow { lens, ways: Ways::default(), seen: BTreeSet::new() };
    match called(site, node).and_then(|(whole, call)| Some((site.body.place(whole)?, call))) {
        // `pprof.Handler("heap")` makes one, `pprof.Index(w, r)` is one at work.
        Some((whole, call)) if call.args.len() < 2 => follow.handler(site, whole, DEPTH),
        Some((whole, _)) => follow.work(site, whole, DEPTH),
        None => follow.handler(site, node, DEPTH),
    }
    follow.ways
}

/// Where the default mux goes that is named at a node.
pub(super) fn of_mux<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> Ways {
    let mut follow = Follow { lens, ways: Ways::default(), seen: BTreeSet::new() };
    follow.handler(site, node, DEPTH);
    follow.ways
}

/// Where the router goes that a library's call is handed.
pub(super) fn of_router<'s>(lens: &Lens<'s>, site: &Site<'s>, router: &'s Expr) -> Ways {
    let mut follow = Follow { lens, ways: Ways::default(), seen: BTreeSet::new() };
    follow.router(site, router, DEPTH);
    follow.ways
}

struct Follow<'l, 's> {
    lens: &'l Lens<'s>,
    ways: Ways,
    seen: BTreeSet<(Place, NodeId)>,
}

impl<'s> Follow<'_, 's> {
    fn lose(&mut self) {
        self.ways.lost = true;
    }

    /// A handler or a router, where its value stands.
    fn handler(&mut self, site: &Site<'s>, node: NodeId, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return self.lose() };
        if !self.seen.insert((site.place, node)) {
            return;
        }
        let Some(up) = site.body.around(node) else { return self.lose() };
        match site.body.node(up) {
            Some(Node::Expr(parent)) => self.within(site, node, up, parent, depth),
            Some(Node::Element(element)) => self.element(site, up, element),
            Some(Node::Stmt(stmt)) => self.statement(site, node, stmt, depth),
            Some(Node::Spec(spec)) => {
                let index = spec.values.iter().position(|e| site.body.is_at(e, node));
                match index.filter(|_| spec.values.len() == spec.names.len()).and_then(|at| spec.names.get(at)) {
                    Some(name) => match site.body.local_at(name.at) {
                        Some(local) => self.local(site, local, depth),
                        None => self.global(&Symbol::new(self.lens.package(site.place.file), &name.name), depth),
                    },
                    None => self.lose(),
                }
            }
            Some(Node::Item(_)) | None => self.lose(),
        }
    }

    fn within(&mut self, site: &Site<'s>, node: NodeId, up: NodeId, parent: &'s Expr, depth: u32) {
        match &parent.is {
            Is::Unary(Op::Address, _) | Is::Star(_) | Is::Assert(..) => self.handler(site, up, depth),
            Is::Binary(Op::Equal | Op::NotEqual, _) => {}
            Is::Call(call) => self.passed(site, node, up, call, depth),
            // `h.ServeHTTP(w, r)`; other methods and fields are what is done with a router.
            Is::Select(base, name) => {
                let whole = called(site, up).and_then(|(whole, _)| site.body.place(whole));
                match (&*name.name, whole) {
                    ("ServeHTTP", Some(whole)) => self.work(site, whole, depth),
                    ("ServeHTTP", None) => self.handler(site, up, depth),
                    (name, Some(_)) if self.own_method(site, base, name).is_some() => self.lose(),
                    (name, Some(_)) if SERVE.contains(&name) => self.ways.served = true,
                    _ => {}
                }
            }
            _ => self.lose(),
        }
    }

    fn passed(&mut self, site: &Site<'s>, node: NodeId, up: NodeId, call: &'s Call, depth: u32) {
        let Some(index) = call.args.iter().position(|arg| site.body.is_at(arg, node)) else { return self.lose() };
        if let Some(symbol) = self.lens.symbol(site, &call.fun) {
            return match (&*symbol.path, &*symbol.name) {
                ("net/http", "Handle" | "HandleFunc") => self.registered(site, up, |ways| ways.on_default = true),
                ("net/http" | "net/http/fcgi" | "net/http/cgi", name) if name.contains("Serve") => {
                    self.ways.served = true
                }
                ("net/http/httptest", _) => self.ways.served = true,
                (path, _) if super::pprof::LIBRARIES.contains(&path) => {}
                _ if wraps(&symbol) => self.handler(site, up, depth),
                _ => match self.lens.function(&symbol) {
                    Some((at, func)) => self.param(&at, func, index, depth),
                    None if self.lens.is_type(&symbol) => self.handler(site, up, depth),
                    None => self.lose(),
                },
            };
        }
        let Is::Select(base, name) = &bare(&call.fun).is else { return self.lose() };
        match self.own_method(site, base, &name.name) {
            Some((at, func)) => self.param(&at, func, index, depth),
            None if registers(&name.name) => {
                self.ways.perhaps |= !is_certain(site, up);
                self.router(site, base, depth);
            }
            None => self.lose(),
        }
    }

    /// A method that the program gives to a type; those of routers are known.
    fn own_method(&self, site: &Site<'s>, base: &Expr, name: &str) -> Option<(Site<'s>, &'s Func)> {
        let ty = self.lens.type_of(site, base)?.name;
        if is_router(&ty) { None } else { self.lens.method(&ty, name) }
    }

    fn registered(&mut self, site: &Site<'s>, node: NodeId, set: impl Fn(&mut Ways)) {
        self.ways.perhaps |= !is_certain(site, node);
        set(&mut self.ways);
    }

    /// The router that something is registered on, by the expression that names it.
    fn router(&mut self, site: &Site<'s>, base: &'s Expr, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return self.lose() };
        let base = bare(base);
        if self.lens.symbol(site, base).is_some_and(|s| is_default(&s)) {
            self.ways.on_default = true;
            return;
        }
        match &base.is {
            Is::Unary(Op::Address, inside) | Is::Star(inside) => self.router(site, inside, depth),
            Is::Call(call) => match &bare(&call.fun).is {
                Is::Select(inner, name)
                    if PARTS.contains(&&*name.name) && self.lens.symbol(site, &call.fun).is_none() =>
                {
                    self.router(site, inner, depth)
                }
                _ => self.lose(),
            },
            Is::Name(_) => match site.body.local(base) {
                Some(local) => self.local(site, local, depth),
                None => match self.lens.symbol(site, base) {
                    Some(symbol) => self.global(&symbol, depth),
                    None => self.lose(),
                },
            },
            Is::Select(..) => match self.lens.symbol(site, base) {
                Some(symbol) => self.global(&symbol, depth),
                None => self.lose(),
            },
            _ => self.lose(),
        }
    }

    /// A variable: what is done with it, and where it comes from.
    fn local(&mut self, site: &Site<'s>, local: u32, depth: u32) {
        let Some(found) = site.body.locals.get(local as usize) else { return self.lose() };
        if !self.seen.insert((site.place, u32::MAX - local)) {
            return;
        }
        match found.binding {
            Binding::Define([one], 0, _) => self.origin(site, one, depth),
            Binding::Value(spec, _) if spec.values.is_empty() => {}
            Binding::Value(spec, 0) if spec.names.len() == 1 => match spec.values.first() {
                Some(one) => self.origin(site, one, depth),
                None => self.lose(),
            },
            Binding::Param(_) => self.argument(site, local, found.at, depth),
            _ => self.lose(),
        }
        self.uses(site, local, depth);
    }

    fn uses(&mut self, site: &Site<'s>, local: u32, depth: u32) {
        for (node, used) in site.body.uses(local) {
            self.used(site, node, used, depth);
        }
    }

    /// What is done with a variable in one place.
    fn used(&mut self, site: &Site<'s>, node: NodeId, used: Use<'s>, depth: u32) {
        match used {
            Use::Read | Use::Method(..) | Use::Field(..) => self.handler(site, node, depth),
            Use::Address => match site.body.around(node) {
                Some(up) => self.handler(site, up, depth),
                None => self.lose(),
            },
            Use::Assign(Some(value)) => self.origin(site, value, depth),
            Use::Assign(None) => self.lose(),
            Use::AssignField(..) => {}
        }
    }

    /// What a variable is made from: a router of its own, a part of another, or something that others hold too.
    fn origin(&mut self, site: &Site<'s>, made: &'s Expr, depth: u32) {
        let made = bare(made);
        match &made.is {
            Is::Composite(..) | Is::Func(..) => {}
            Is::Unary(Op::Address, inside) if matches!(bare(inside).is, Is::Composite(..)) => {}
            Is::Call(call) => match self.lens.symbol(site, &call.fun) {
                Some(symbol) if result_type(&symbol, 0).is_some() => {}
                Some(symbol) if symbol.is("", "new") || !self.lens.is_delivered(&symbol.path) => {}
                Some(symbol) if self.lens.is_type(&symbol) => {}
                Some(symbol) => match self.lens.function(&symbol) {
                    Some((at, _)) => at.body.returns(None).iter().filter_map(|all| all.first()).for_each(|value| {
                        match &bare(value).is {
                            Is::Name(_) | Is::Select(..) => self.router(&at, value, depth),
                            _ => self.origin(&at, value, depth),
                        }
                    }),
                    None => self.lose(),
                },
                None => self.router(site, made, depth),
            },
            Is::Name(name) if &**name == "nil" => {}
            Is::Select(..) | Is::Name(_) if self.lens.symbol(site, made).is_some_and(|s| is_default(&s)) => {
                self.ways.on_default = true;
            }
            // The handler itself, on its way into the variable.
            Is::Select(..) if self.lens.symbol(site, made).is_some_and(|s| self.lens.value(&s).is_empty()) => {}
            _ => self.router(site, made, depth),
        }
    }

    /// A parameter: what callers hand over.
    fn argument(&mut self, site: &Site<'s>, local: u32, at: NodeId, depth: u32) {
        // `r.Route("/debug", func(r chi.Router) { … })`.
        if let Some(Node::Expr(Expr { is: Is::Func(..), .. })) = site.body.node(at) {
            let around = site.body.around(at).and_then(|up| site.body.node(up));
            return match around {
                Some(Node::Expr(whole @ Expr { is: Is::Call(call), .. }))
                    if call.args.iter().any(|a| site.body.is_at(a, at)) =>
                {
                    self.router(site, whole, depth)
                }
                _ => self.lose(),
            };
        }
        let Some(all) = self.lens.arguments(site, local) else { return self.lose() };
        for (caller, arg) in all {
            self.ways.perhaps |= caller.body.place(arg).is_some_and(|at| !is_certain(&caller, at));
            self.router(&caller, arg, depth);
        }
    }

    /// A handler or a router that is handed to a function of the program.
    fn param(&mut self, at: &Site<'s>, func: &'s Func, index: usize, depth: u32) {
        let param = func.signature.params.get(index).filter(|p| !p.variadic && func.body.is_some());
        match param.map(|p| p.name.as_ref().and_then(|name| at.body.local_at(name.at))) {
            Some(Some(local)) => self.uses(at, local, depth),
            Some(None) => {}
            None => self.lose(),
        }
    }

    fn global(&mut self, symbol: &Symbol, depth: u32) {
        let lines = self.lens.value(symbol);
        if lines.is_empty() {
            return self.lose();
        }
        for (site, spec, index) in lines {
            if let Some(value) = spec.values.get(index) {
                self.origin(&site, value, depth);
            }
        }
        for (site, node) in self.lens.mentions(symbol).iter() {
            self.used(site, *node, site.body.use_of(*node), depth);
        }
    }

    fn element(&mut self, site: &Site<'s>, up: NodeId, element: &'s Element) {
        let around = site.body.around(up).and_then(|up| site.body.node(up));
        let Some(Node::Expr(Expr { is: Is::Composite(Some(ty), _), .. })) = around else { return self.lose() };
        let server = self.lens.named(site, ty).is_some_and(|ty| ty.name.is("net/http", "Server"));
        match &element.key {
            Some(Expr { is: Is::Name(key), .. }) if server && &**key == "Handler" => self.ways.served = true,
            _ => self.lose(),
        }
    }

    fn statement(&mut self, site: &Site<'s>, node: NodeId, stmt: &'s Stmt, depth: u32) {
        match &stmt.does {
            Does::Define(left, right) | Does::Assign(left, None, right) => {
                let index = right.iter().position(|e| site.body.is_at(e, node));
                match index.filter(|_| left.len() == right.len()).and_then(|at| left.get(at)).map(bare) {
                    Some(target) => self.target(site, target, depth),
                    // The variable itself, set anew.
                    None if index.is_none() => {}
                    None => self.lose(),
                }
            }
            Does::Return(values) => match values.iter().position(|e| site.body.is_at(e, node)) {
                Some(0) => self.returned(site, node, depth),
                _ => self.lose(),
            },
            Does::Expr(_) => {}
            _ => self.lose(),
        }
    }

    fn target(&mut self, site: &Site<'s>, target: &'s Expr, depth: u32) {
        match &target.is {
            Is::Name(name) if &**name == "_" => {}
            Is::Name(_) => match site.body.local(target) {
                Some(local) => self.local(site, local, depth),
                None => self.router(site, target, depth),
            },
            Is::Select(base, name) => match self.lens.symbol(site, target) {
                Some(symbol) if symbol.is("net/http", "DefaultServeMux") => self.ways.on_default = true,
                Some(symbol) => self.global(&symbol, depth),
                None => {
                    let server = self.lens.type_of(site, base).is_some_and(|ty| ty.name.is("net/http", "Server"));
                    match server && &*name.name == "Handler" {
                        true => self.ways.served = true,
                        false => self.lose(),
                    }
                }
            },
            _ => self.lose(),
        }
    }

    /// What a function returns goes where it is called.
    fn returned(&mut self, site: &Site<'s>, node: NodeId, depth: u32) {
        if site.body.closure(node).is_some() {
            return self.lose();
        }
        for (at, node) in self.named(site) {
            match called(&at, node).and_then(|(whole, _)| at.body.place(whole)) {
                Some(call) => self.handler(&at, call, depth),
                None => self.lose(),
            }
        }
    }

    /// A handler that is called where it stands: the function around is one, too.
    fn work(&mut self, site: &Site<'s>, node: NodeId, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return self.lose() };
        self.ways.perhaps |= !is_certain_for(site, node, |stmt| asks_path(site, stmt));
        if let Some(closure) = site.body.closure(node) {
            return self.handler(site, closure, depth);
        }
        if let Some(Item::Func(func)) = self.lens.item(site.place)
            && func.receiver.is_some()
            && &*func.name.name == "ServeHTTP"
        {
            return self.handlers_of(site, func, depth);
        }
        for (at, node) in self.named(site) {
            match called(&at, node).and_then(|(whole, _)| at.body.place(whole)) {
                Some(call) => self.work(&at, call, depth),
                None => self.handler(&at, node, depth),
            }
        }
    }

    /// Where a declared function or method is named.
    fn named(&mut self, site: &Site<'s>) -> Vec<(Site<'s>, NodeId)> {
        const MOST: usize = 64;
        let Some(Item::Func(func)) = self.lens.item(site.place) else {
            self.lose();
            return Vec::new();
        };
        let all: Vec<(Site<'s>, NodeId)> = match func.receiver {
            None => {
                let symbol = Symbol::new(self.lens.package(site.place.file), &func.name.name);
                self.lens.mentions(&symbol).iter().cloned().collect()
            }
            Some(_) => {
                let named = self.lens.method_uses(site, func);
                self.ways.lost |= named.as_ref().is_none_or(|all| all.iter().any(|named| !named.sure));
                let sure = named.into_iter().flatten().filter(|named| named.sure);
                sure.map(|named| (named.at, named.node)).collect()
            }
        };
        if all.len() > MOST {
            self.lose();
            return Vec::new();
        }
        all
    }

    /// Values of a type that is a handler, wherever they are made.
    fn handlers_of(&mut self, site: &Site<'s>, func: &'s Func, depth: u32) {
        let ty = func.receiver.as_ref().and_then(|receiver| self.lens.named(site, &receiver.ty));
        let Some(ty) = ty else { return self.lose() };
        for (at, node) in self.lens.mentions(&ty.name).iter() {
            let Some(up) = at.body.around(*node) else { continue };
            match at.body.node(up) {
                Some(Node::Expr(Expr { is: Is::Composite(Some(own), _), .. })) if at.body.is_at(own, *node) => {
                    self.handler(at, up, depth);
                }
                // `new(T)`, `T(x)`.
                Some(Node::Expr(Expr { is: Is::Call(_), .. })) => self.handler(at, up, depth),
                Some(Node::Spec(spec)) if spec.values.is_empty() => {
                    spec.names.iter().for_each(|name| match at.body.local_at(name.at) {
                        Some(local) => self.local(at, local, depth),
                        None => self.global(&Symbol::new(self.lens.package(at.place.file), &name.name), depth),
                    })
                }
                Some(Node::Expr(Expr { is: Is::Struct(_) | Is::SliceOf(_) | Is::Array(..) | Is::Map(..), .. })) => {
                    self.lose();
                }
                _ => {}
            }
        }
    }
}

fn is_default(symbol: &Symbol) -> bool {
    symbol.is("net/http", "DefaultServeMux")
}

/// Whether a statement is passed whenever its function is run; loops are, and function literals are functions of their own.
pub(super) fn is_certain(site: &Site, node: NodeId) -> bool {
    is_certain_for(site, node, |_| false)
}

/// The same, conditions apart that hold for some who ask.
fn is_certain_for(site: &Site, node: NodeId, open: impl Fn(&Stmt) -> bool) -> bool {
    let mut at = node;
    while let Some(up) = site.body.up(at) {
        let starts = match site.body.node(at) {
            Some(Node::Expr(expr)) => expr.at.start,
            Some(Node::Stmt(stmt)) => stmt.at.start,
            _ => 0,
        };
        match site.body.node(up) {
            Some(Node::Expr(Expr { is: Is::Func(..), .. })) => return true,
            Some(Node::Stmt(stmt)) if open(stmt) => {}
            Some(Node::Stmt(Stmt { does: Does::If(parts), .. })) if starts > parts.condition.at.start => return false,
            Some(Node::Stmt(Stmt { does: Does::Switch(_) | Does::TypeSwitch(_) | Does::Select(_), .. })) => {
                return false;
            }
            _ => {}
        }
        at = up;
    }
    true
}
