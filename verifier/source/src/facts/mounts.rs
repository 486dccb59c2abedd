//! Muxes and handlers of net/http, followed outwards to what serves them.

use super::health::{path, text};
use super::mounted::{Mounted, Step, Way, World, default_mux};
use super::routers::wraps;
use super::search::called;
use crate::go::syntax::{Call, Does, Element, Expr, Func, Is, Item, Op, Stmt};
use crate::meaning::body::{Binding, LocalId};
use crate::meaning::{Given, Lens, Node, NodeId, Place, Site, Symbol, Use, bare};
use std::collections::BTreeSet;

/// Whether a method is called like those that put routes on the mux that they get.
fn adds_routes(name: &str) -> bool {
    let begins = ["Register", "register", "Add", "add", "Mount", "mount", "Install", "install", "Setup", "setup"];
    begins.iter().any(|begin| name.starts_with(begin)) || name.ends_with("Routes") || name == "routes"
}

/// Muxes, variables and functions are followed this far, and through so many places.
pub(super) const DEPTH: u32 = 24;
const MOST: usize = 400;

pub(super) struct Follow<'l, 's> {
    lens: &'l Lens<'s>,
    world: &'l World,
    ways: Vec<Way>,
    /// What was followed on which way.
    seen: BTreeSet<(Place, NodeId, String)>,
    left: usize,
    /// It is `http.DefaultServeMux`, which no server has of itself, or nobody else has it.
    unserved: bool,
}

impl<'l, 's> Follow<'l, 's> {
    pub fn new(lens: &'l Lens<'s>, world: &'l World) -> Follow<'l, 's> {
        Follow { lens, world, ways: Vec::new(), seen: BTreeSet::new(), left: MOST, unserved: false }
    }

    pub fn found(self) -> Mounted {
        Mounted { ways: self.ways, unserved: self.unserved }
    }

    /// It is served; so is what goes to code of others, which leaves paths alone.
    fn end(&mut self, way: &Way) {
        self.ways.push(way.clone());
    }

    /// It goes on where it is not followed.
    fn lose(&mut self, way: &Way) {
        let way = if self.world.strips { way.and(Step::Unknown) } else { way.clone() };
        self.ways.push(way);
    }

    fn is_new(&mut self, site: &Site, node: NodeId, way: &Way) -> bool {
        self.seen.insert((site.place, node, format!("{:?}", way.steps())))
    }

    /// A mux that something is put on, by an expression that names it; where nothing is seen to be done with it, others serve it.
    fn outer(&mut self, site: &Site<'s>, base: &'s Expr, way: &Way, depth: u32) {
        let before = self.ways.len();
        self.mux(site, base, way, depth);
        if self.ways.len() == before && !self.unserved {
            self.end(way);
        }
    }

    /// A mux, by an expression that names it.
    pub fn mux(&mut self, site: &Site<'s>, base: &'s Expr, way: &Way, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return self.lose(way) };
        let base = bare(base);
        match &base.is {
            Is::Unary(Op::Address, inside) | Is::Star(inside) => self.mux(site, inside, way, depth),
            Is::Name(_) if let Some(local) = site.body.local(base) => self.local(site, local, way, depth),
            Is::Name(_) | Is::Select(..) if let Some(symbol) = self.lens.symbol(site, base) => {
                self.global(&symbol, way, depth);
            }
            Is::Select(of, field) => {
                let ty = self.lens.type_of(site, of).map(|ty| ty.name);
                if !ty.is_some_and(|ty| self.field(&ty, &field.name, way, depth)) {
                    self.selected(site, of, &field.name, way, depth);
                }
            }
            Is::Call(call) => match self.lens.callee(site, call) {
                Some((at, _)) => {
                    for values in at.body.returns(None) {
                        if let Some(value) = values.first() {
                            self.mux(&at, value, way, depth);
                        }
                    }
                }
                None => {
                    if let Some(node) = site.body.place(base) {
                        self.value(site, node, way, depth);
                    }
                }
            },
            _ => {}
        }
    }

    fn local(&mut self, site: &Site<'s>, local: LocalId, way: &Way, depth: u32) {
        if !self.is_new(site, u32::MAX - local, way) {
            return;
        }
        match site.body.locals.get(local as usize).map(|found| found.binding) {
            Some(Binding::Define([one], 0, 1)) => self.origin(site, one, way, depth),
            Some(Binding::Value(spec, 0)) if spec.names.len() == 1 => {
                if let Some(one) = spec.values.first() {
                    self.origin(site, one, way, depth);
                }
            }
            Some(Binding::Param(_)) => match self.lens.arguments(site, local) {
                Some(all) if !all.is_empty() => all.iter().for_each(|(at, arg)| self.mux(at, arg, way, depth)),
                _ => self.lose(way),
            },
            _ => {}
        }
        self.uses(site, local, way, depth);
    }

    /// What a variable is made from, where that is another one.
    fn origin(&mut self, site: &Site<'s>, made: &'s Expr, way: &Way, depth: u32) {
        match &bare(made).is {
            Is::Name(_) | Is::Select(..) => self.mux(site, made, way, depth),
            Is::Unary(Op::Address, inside) if matches!(bare(inside).is, Is::Name(_) | Is::Select(..)) => {
                self.mux(site, inside, way, depth);
            }
            _ => {}
        }
    }

    fn uses(&mut self, site: &Site<'s>, local: LocalId, way: &Way, depth: u32) {
        for (node, used) in site.body.uses(local) {
            self.used(site, node, used, way, depth);
        }
    }

    fn used(&mut self, site: &Site<'s>, node: NodeId, used: Use<'s>, way: &Way, depth: u32) {
        match used {
            Use::Read | Use::Method("ServeHTTP") | Use::Field("ServeHTTP") | Use::Address => {
                self.value(site, site.body.with_address(node), way, depth);
            }
            Use::Assign(Some(value)) => self.origin(site, value, way, depth),
            _ => {}
        }
    }

    pub fn global(&mut self, symbol: &Symbol, way: &Way, depth: u32) {
        if *symbol == default_mux() {
            match self.world.has_default {
                true => self.end(way),
                false => self.unserved = true,
            }
        }
        for (site, spec, index) in self.lens.value(symbol) {
            if let Some(value) = spec.values.get(index) {
                self.origin(&site, value, way, depth);
            }
        }
        for (site, node) in self.lens.mentions(symbol).iter() {
            self.used(site, *node, site.body.use_of(*node), way, depth);
        }
    }

    /// A field of the program's own structs; whether it was followed.
    fn field(&mut self, ty: &Symbol, field: &str, way: &Way, depth: u32) -> bool {
        let Some(kept) = self.lens.kept(ty, field) else { return false };
        for (site, node) in kept.uses {
            self.used(&site, node, site.body.use_of(node), way, depth);
        }
        for given in self.lens.given_to(ty, field).iter().flat_map(|all| all.iter()) {
            if let Given::Value(at, value) = given {
                self.origin(at, value, way, depth);
            }
        }
        true
    }

    /// The same of an embedded one, by what the function does with the struct.
    fn selected(&mut self, site: &Site<'s>, of: &'s Expr, field: &str, way: &Way, depth: u32) {
        let Some(local) = site.body.local(bare(of)) else { return self.lose(way) };
        let (before, mut stays) = (self.ways.len(), true);
        for (node, used) in site.body.uses(local) {
            let up = site.body.around(node).filter(|_| matches!(used, Use::Field(name) if name == field));
            match up {
                Some(select) => self.used(site, select, site.body.use_of(select), way, depth),
                None => {
                    stays &= matches!(used, Use::Method("Handle" | "HandleFunc"));
                    self.used(site, node, used, way, depth);
                }
            }
        }
        // Nobody else has the struct.
        self.unserved |= stays && self.ways.len() == before;
    }

    /// A handler, where its value stands.
    fn value(&mut self, site: &Site<'s>, node: NodeId, way: &Way, depth: u32) {
        let Some(depth) = depth.checked_sub(1).filter(|_| self.left > 0) else { return self.lose(way) };
        self.left -= 1;
        if !self.is_new(site, node, way) {
            return;
        }
        let Some(up) = site.body.around(node) else { return };
        match site.body.node(up) {
            Some(Node::Expr(parent)) => match &parent.is {
                Is::Unary(Op::Address, _) | Is::Star(_) | Is::Assert(..) => self.value(site, up, way, depth),
                Is::Call(call) => self.passed(site, node, up, call, way, depth),
                Is::Select(_, name) if &*name.name == "ServeHTTP" => match called(site, up) {
                    Some((whole, _)) => {
                        if let Some(whole) = site.body.place(whole) {
                            self.work(site, whole, way, depth);
                        }
                    }
                    None => self.value(site, up, way, depth),
                },
                _ => {}
            },
            Some(Node::Element(element)) => self.element(site, up, element, way, depth),
            Some(Node::Stmt(stmt)) => self.statement(site, node, stmt, way, depth),
            Some(Node::Spec(spec)) => {
                let index = spec.values.iter().position(|e| site.body.is_at(e, node));
                if let Some(name) = index.and_then(|index| spec.names.get(index)) {
                    match site.body.local_at(name.at) {
                        Some(local) => self.uses(site, local, way, depth),
                        None => self.global(&Symbol::new(self.lens.package(site.place.file), &name.name), way, depth),
                    }
                }
            }
            Some(Node::Item(_)) | None => {}
        }
    }

    fn passed(&mut self, site: &Site<'s>, node: NodeId, up: NodeId, call: &'s Call, way: &Way, depth: u32) {
        let Some(index) = call.args.iter().position(|arg| site.body.is_at(arg, node)) else { return };
        let told = |arg: Option<&'s Expr>| arg.and_then(|arg| text(self.lens, site, arg));
        let pattern = |words: Option<String>| match words.map(|words| path(&words)) {
            Some(Some(path)) => Some(Step::Pattern(path)),
            // Of another method.
            Some(None) => None,
            None => Some(Step::Unknown),
        };
        if let Some(symbol) = self.lens.symbol(site, &call.fun) {
            return match (&*symbol.path, &*symbol.name) {
                ("net/http", "Handle" | "HandleFunc") => {
                    if let Some(step) = pattern(told(call.args.first())) {
                        self.global(&default_mux(), &way.and(step), depth);
                    }
                }
                ("net/http", "StripPrefix") => {
                    let step = told(call.args.first()).map_or(Step::Unknown, Step::Strip);
                    self.value(site, up, &way.and(step), depth);
                }
                ("net/http" | "net/http/fcgi" | "net/http/cgi", name) if name.contains("Serve") => self.end(way),
                _ if wraps(&symbol) || self.lens.is_type(&symbol) => self.value(site, up, way, depth),
                _ => match self.lens.function(&symbol) {
                    Some((at, func)) => self.param(&at, func, index, way, depth),
                    None if self.lens.is_delivered(&symbol.path) => self.lose(way),
                    None => self.end(way),
                },
            };
        }
        let Is::Select(base, name) = &bare(&call.fun).is else { return self.lose(way) };
        let ty = self.lens.type_of(site, base).map(|ty| ty.name);
        let own = ty.as_ref().and_then(|ty| self.lens.method(ty, &name.name));
        let is_mux = |ty: &Symbol| self.lens.has_from(ty, "Handle", &|known| known.is("net/http", "ServeMux"));
        match own {
            Some((at, func)) => self.param(&at, func, index, way, depth),
            None if matches!(&*name.name, "Handle" | "HandleFunc") && ty.as_ref().is_some_and(is_mux) => {
                if let Some(step) = pattern(told(call.args.first())) {
                    self.outer(site, base, &way.and(step), depth);
                }
            }
            // An interface's of the program's own: where its methods have it, it is followed from there.
            None if ty.as_ref().is_some_and(|ty| self.lens.is_delivered(&ty.path)) => {}
            None if ty.is_none() && adds_routes(&name.name) => {}
            None => self.end(way),
        }
    }

    fn param(&mut self, at: &Site<'s>, func: &'s Func, index: usize, way: &Way, depth: u32) {
        let param = func.signature.params.get(index).filter(|param| !param.variadic && func.body.is_some());
        match param.map(|param| param.name.as_ref().and_then(|name| at.body.local_at(name.at))) {
            Some(Some(local)) => self.uses(at, local, way, depth),
            Some(None) => {}
            None => self.lose(way),
        }
    }

    fn element(&mut self, site: &Site<'s>, up: NodeId, element: &'s Element, way: &Way, depth: u32) {
        let Some(whole) = site.body.around(up) else { return self.lose(way) };
        let Some(Node::Expr(Expr { is: Is::Composite(Some(ty), all), .. })) = site.body.node(whole) else {
            return self.lose(way);
        };
        let index = all.iter().position(|other| std::ptr::eq(other, element));
        let Some((ty, index)) = self.lens.named(site, ty).map(|ty| ty.name).zip(index) else { return self.end(way) };
        let by_place = self.lens.field_at(&ty, index);
        let Some(field) = element.name().map(String::from).or(by_place.map(|(name, _)| name)) else {
            return self.end(way);
        };
        let is_followed = self.lens.is_delivered(&ty.path) && self.field(&ty, &field, way, depth);
        // One that is embedded makes the struct a handler.
        let is_handler = self.lens.method(&ty, "ServeHTTP").is_none() && matches!(&*field, "Handler" | "ServeMux");
        match (self.lens.is_delivered(&ty.path) && is_handler, is_followed) {
            (true, _) => self.value(site, site.body.with_address(whole), way, depth),
            (false, true) => {}
            (false, false) if self.lens.is_delivered(&ty.path) => self.lose(way),
            (false, false) => self.end(way),
        }
    }

    fn statement(&mut self, site: &Site<'s>, node: NodeId, stmt: &'s Stmt, way: &Way, depth: u32) {
        match &stmt.does {
            Does::Define(left, right) | Does::Assign(left, None, right) => {
                let index = right.iter().position(|e| site.body.is_at(e, node));
                let target = index.filter(|_| left.len() == right.len()).and_then(|index| left.get(index)).map(bare);
                match target.map(|target| (target, &target.is)) {
                    Some((_, Is::Name(name))) if &**name == "_" => {}
                    Some((target, Is::Name(_))) => match site.body.local(target) {
                        Some(local) => self.uses(site, local, way, depth),
                        None => match self.lens.symbol(site, target) {
                            Some(symbol) => self.global(&symbol, way, depth),
                            None => self.end(way),
                        },
                    },
                    Some((target, Is::Select(base, field))) if self.lens.symbol(site, target).is_none() => {
                        let ty = self.lens.type_of(site, base).map(|ty| ty.name);
                        let own = ty.filter(|ty| self.lens.is_delivered(&ty.path));
                        if !own.is_some_and(|ty| self.field(&ty, &field.name, way, depth)) {
                            self.end(way);
                        }
                    }
                    Some(_) => self.lose(way),
                    None => {}
                }
            }
            Does::Return(values) if values.iter().position(|e| site.body.is_at(e, node)) == Some(0) => {
                match site.body.closure(node) {
                    Some(_) => self.end(way),
                    None => {
                        self.calls(site, way, depth, &|follow, at, call, way, depth| follow.value(at, call, way, depth))
                    }
                }
            }
            _ => {}
        }
    }

    /// A handler that is called where it stands: the function around is one, too.
    pub fn work(&mut self, site: &Site<'s>, node: NodeId, way: &Way, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return self.lose(way) };
        if let Some(closure) = site.body.closure(node) {
            return self.value(site, closure, way, depth);
        }
        let Some(Item::Func(func)) = self.lens.item(site.place) else { return self.lose(way) };
        let ty = func.receiver.as_ref().and_then(|receiver| self.lens.named(site, &receiver.ty));
        match ty.filter(|_| &*func.name.name == "ServeHTTP") {
            Some(ty) => self.made(&ty.name, way, depth),
            None => self.calls(site, way, depth, &|follow, at, call, way, depth| follow.work(at, call, way, depth)),
        }
    }

    /// Where the function or method is called, and where it stands as a value.
    fn calls(
        &mut self,
        site: &Site<'s>,
        way: &Way,
        depth: u32,
        then: &dyn Fn(&mut Self, &Site<'s>, NodeId, &Way, u32),
    ) {
        let Some(Item::Func(func)) = self.lens.item(site.place) else { return self.lose(way) };
        let all: Vec<(Site<'s>, NodeId)> = match func.receiver {
            None => {
                let symbol = Symbol::new(self.lens.package(site.place.file), &func.name.name);
                self.lens.mentions(&symbol).iter().cloned().collect()
            }
            Some(_) => match self.lens.method_uses(site, func) {
                Some(all) => all.into_iter().map(|named| (named.at, named.node)).collect(),
                None => return self.lose(way),
            },
        };
        for (at, node) in all {
            match called(&at, node).and_then(|(whole, _)| at.body.place(whole)) {
                Some(call) => then(self, &at, call, way, depth),
                None => self.value(&at, node, way, depth),
            }
        }
    }

    /// Values of a type that is a handler, wherever they are made.
    fn made(&mut self, ty: &Symbol, way: &Way, depth: u32) {
        for (at, node) in self.lens.mentions(ty).iter() {
            let Some(up) = at.body.around(*node) else { continue };
            match at.body.node(up) {
                Some(Node::Expr(Expr { is: Is::Composite(Some(own), _), .. })) if at.body.is_at(own, *node) => {
                    self.value(at, at.body.with_address(up), way, depth);
                }
                // `new(T)`, `T(x)`.
                Some(Node::Expr(Expr { is: Is::Call(_), .. })) => self.value(at, up, way, depth),
                Some(Node::Spec(spec)) if spec.values.is_empty() => {
                    for name in &spec.names {
                        match at.body.local_at(name.at) {
                            Some(local) => self.uses(at, local, way, depth),
                            None => self.global(&Symbol::new(self.lens.package(at.place.file), &name.name), way, depth),
                        }
                    }
                }
                _ => {}
            }
        }
    }
}
