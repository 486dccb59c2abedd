//! Loggers that go where their methods are called by another type's name: behind interfaces, and to code that was not delivered (`http.Server.ErrorLog`).

use super::loggers::LOGRUS;
use super::search::called;
use crate::go::syntax::{Call, Does, Expr, Func, Is, Item, Op};
use crate::meaning::body::LocalId;
use crate::meaning::{Lens, Node, NodeId, Place, Site, Symbol, Type, Use, bare};
use std::collections::BTreeSet;

/// What makes a logger, or is one that lines of text come from.
pub(super) fn makes_logger(symbol: &Symbol) -> bool {
    match &*symbol.path {
        "log" => matches!(&*symbol.name, "New" | "Default"),
        "log/slog" => &*symbol.name == "Default",
        LOGRUS => matches!(&*symbol.name, "New" | "StandardLogger"),
        _ => false,
    }
}

/// Whether the logger at a node may be called where its type is not told.
pub(super) fn leaves<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> bool {
    const DEPTH: u32 = 8;
    let mut follow = Follow { lens, seen: BTreeSet::new() };
    follow.value(site, node, DEPTH)
}

struct Follow<'l, 's> {
    lens: &'l Lens<'s>,
    seen: BTreeSet<(Place, NodeId)>,
}

impl<'s> Follow<'_, 's> {
    fn value(&mut self, site: &Site<'s>, node: NodeId, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return true };
        if !self.seen.insert((site.place, node)) {
            return false;
        }
        let Some(up) = site.body.around(node) else { return false };
        let index_in = |values: &[Expr]| values.iter().position(|value| site.body.is_at(value, node));
        match site.body.node(up) {
            Some(Node::Expr(parent)) => match &parent.is {
                Is::Call(call) => match index_in(&call.args) {
                    Some(index) => self.argument(site, call, index, depth),
                    None => false,
                },
                Is::Unary(Op::Address, _) | Is::Star(_) => self.value(site, up, depth),
                // Its methods and fields.
                Is::Select(..) | Is::Binary(..) => false,
                _ => true,
            },
            Some(Node::Element(element)) => {
                let whole = site.body.around(up).and_then(|whole| site.body.node(whole));
                let Some(Node::Expr(Expr { is: Is::Composite(Some(ty), all), .. })) = whole else { return true };
                let index = all.iter().position(|other| std::ptr::eq(other, element));
                let of = self.lens.named(site, ty).zip(index).and_then(|(ty, index)| {
                    let name = element.name().map(String::from);
                    let name = name.or_else(|| Some(self.lens.field_at(&ty.name, index)?.0))?;
                    self.lens.field_type(&ty.name, &name)
                });
                !is_logger(of.as_ref())
            }
            Some(Node::Stmt(stmt)) => match &stmt.does {
                Does::Define(left, right) | Does::Assign(left, None, right) if left.len() == right.len() => {
                    match index_in(right).and_then(|index| left.get(index)) {
                        Some(target) => self.put(site, bare(target), depth),
                        None => false,
                    }
                }
                Does::Return(values) => index_in(values).is_some_and(|index| self.result(site, node, index, depth)),
                _ => true,
            },
            Some(Node::Spec(spec)) => {
                if spec.ty.as_ref().is_some_and(|ty| !is_logger(self.lens.named(site, ty).as_ref())) {
                    return true;
                }
                match index_in(&spec.values).and_then(|index| spec.names.get(index)) {
                    Some(name) if &*name.name == "_" => false,
                    Some(name) => match site.body.local_at(name.at) {
                        Some(local) => self.local(site, local, depth),
                        None => self.global(&Symbol::new(self.lens.package(site.place.file), &name.name), depth),
                    },
                    None => true,
                }
            }
            Some(Node::Item(_)) | None => true,
        }
    }

    /// What is set to it.
    fn put(&mut self, site: &Site<'s>, target: &'s Expr, depth: u32) -> bool {
        if matches!(&target.is, Is::Name(name) if &**name == "_") {
            return false;
        }
        if !is_logger(self.lens.type_of(site, target).as_ref()) {
            return true;
        }
        match (site.body.local(target), self.lens.symbol(site, target)) {
            (Some(local), _) => self.local(site, local, depth),
            (None, Some(symbol)) => self.global(&symbol, depth),
            (None, None) => false,
        }
    }

    fn local(&mut self, site: &Site<'s>, local: LocalId, depth: u32) -> bool {
        let reads: Vec<NodeId> =
            site.body.uses(local).filter(|(_, used)| matches!(used, Use::Read)).map(|(node, _)| node).collect();
        reads.into_iter().any(|node| self.value(site, node, depth))
    }

    fn global(&mut self, symbol: &Symbol, depth: u32) -> bool {
        let mentions = self.lens.mentions(symbol);
        let read = |(at, node): &&(Site<'s>, NodeId)| matches!(at.body.use_of(*node), Use::Read);
        mentions.iter().filter(read).any(|(at, node)| self.value(at, *node, depth))
    }

    fn argument(&mut self, site: &Site<'s>, call: &'s Call, index: usize, depth: u32) -> bool {
        let symbol = self.lens.symbol(site, &call.fun);
        // What makes another one of it.
        if symbol.as_ref().is_some_and(|symbol| matches!(&*symbol.path, LOGRUS | "log" | "log/slog")) {
            return false;
        }
        let Some((at, func)) = self.lens.callee(site, call) else { return true };
        let Some(param) = func.signature.params.get(index).filter(|param| !param.variadic && func.body.is_some())
        else {
            return true;
        };
        if !is_logger(self.lens.named(&at, &param.ty).as_ref()) {
            return true;
        }
        match param.name.as_ref().and_then(|name| at.body.local_at(name.at)) {
            Some(local) => self.local(&at, local, depth),
            None => false,
        }
    }

    fn result(&mut self, site: &Site<'s>, node: NodeId, index: usize, depth: u32) -> bool {
        let Some(Item::Func(func)) = self.lens.item(site.place).filter(|_| site.body.closure(node).is_none()) else {
            return true;
        };
        let result = func.signature.results.get(index);
        if !is_logger(result.and_then(|result| self.lens.named(site, &result.ty)).as_ref()) {
            return true;
        }
        index > 0 || self.callers(site, func, depth)
    }

    fn callers(&mut self, site: &Site<'s>, func: &'s Func, depth: u32) -> bool {
        const MOST: usize = 64;
        // Methods that give one are called by types that are not asked after here.
        if func.receiver.is_some() {
            return false;
        }
        let symbol = Symbol::new(self.lens.package(site.place.file), &func.name.name);
        let mentions = self.lens.mentions(&symbol);
        mentions.iter().take(MOST).any(|(at, node)| {
            match called(at, *node).and_then(|(whole, _)| at.body.place(whole)) {
                Some(call) => self.value(at, call, depth),
                None => false,
            }
        })
    }
}

fn is_logger(ty: Option<&Type>) -> bool {
    ty.is_some_and(|ty| {
        let name = &ty.name;
        name.is("log", "Logger")
            || name.is("log/slog", "Logger")
            || &*name.path == LOGRUS && matches!(&*name.name, "Logger" | "Entry")
    })
}
