//! Whether a place is passed before the program listens: by the order of calls in its function, in those that call it, and in what they call.
//!
//! What is not followed is unknown: calls of values, of methods whose receiver's type is not told, of packages that were not delivered.
//! Package initialisers of dependencies are not looked at.

use super::listeners;
use super::search::called;
use super::seccomp;
use crate::build::{is_standard, may_be_standard};
use crate::go::outline::Decl;
use crate::go::syntax::{Call, Does, Expr, Func, Is, Item, Op, Stmt};
use crate::meaning::body::Binding;
use crate::meaning::{Const, Lens, Node, NodeId, Place, Site, Symbol, Use, Value, bare};
use assize_facts::kinds::source::Owner;
use assize_facts::{Known, reason};
use std::collections::{BTreeMap, BTreeSet};

/// What a call does before it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Effect {
    Quiet,
    /// It may listen, or what it does is not followed.
    Open,
    Listens,
}

/// Functions that are looked at for one answer.
const MOST: usize = 2_000;
/// Callers of callers are followed this far.
const DEPTH: u32 = 8;

pub(super) struct Order<'l, 's> {
    lens: &'l Lens<'s>,
    /// What functions do, by their declarations; of one that is being looked at, nothing.
    known: BTreeMap<Place, Effect>,
    climbed: BTreeSet<Place>,
}

/// Whether a node is passed before the program listens.
pub(super) fn before_listening<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, what: &str) -> Known<bool> {
    let mut order = Order { lens, known: BTreeMap::new(), climbed: BTreeSet::new() };
    match order.at(site, node, DEPTH) {
        Some(before) => before.into(),
        None => Known::Unknown(reason!("listening-order-not-followed", call = what)),
    }
}

impl<'s> Order<'_, 's> {
    fn at(&mut self, site: &Site<'s>, node: NodeId, depth: u32) -> Option<bool> {
        let depth = depth.checked_sub(1)?;
        match self.sum(site, Some(node)) {
            Effect::Listens => return Some(false),
            Effect::Open => return None,
            Effect::Quiet => {}
        }
        // What runs later, beside the rest or again has no place in the order.
        if !is_certain(site, node, true) || site.body.has_goto() {
            return None;
        }
        let Some(Item::Func(func)) = self.lens.item(site.place) else { return self.starts_quietly().then_some(true) };
        let own = &*func.name.name;
        if func.receiver.is_some() {
            return self.method_callers(site, func, depth);
        }
        if own == "init" || own == "main" && self.lens.is_main(site.place.file) {
            return self.starts_quietly().then_some(true);
        }
        self.callers(site.place, own, depth)
    }

    /// What all the places say that call a function.
    fn callers(&mut self, place: Place, name: &str, depth: u32) -> Option<bool> {
        if !self.climbed.insert(place) {
            return None;
        }
        let symbol = Symbol::new(self.lens.package(place.file), name);
        let mut all = None;
        for (site, node) in self.lens.mentions(&symbol).iter() {
            let (whole, _) = called(site, *node)?;
            let before = self.at(site, site.body.place(whole)?, depth)?;
            if all.is_some_and(|all| all != before) {
                return None;
            }
            all = Some(before);
        }
        self.climbed.remove(&place);
        all
    }

    /// The same of a method, where every place that may name it is known to.
    fn method_callers(&mut self, site: &Site<'s>, func: &'s Func, depth: u32) -> Option<bool> {
        const MOST: usize = 64;
        let named = self.lens.method_uses(site, func)?;
        if named.len() > MOST || !self.climbed.insert(site.place) {
            return None;
        }
        let mut all = None;
        for named in named {
            let (whole, _) = called(&named.at, named.node).filter(|_| named.sure)?;
            let before = self.at(&named.at, named.at.body.place(whole)?, depth)?;
            if all.is_some_and(|all| all != before) {
                return None;
            }
            all = Some(before);
        }
        self.climbed.remove(&site.place);
        all
    }

    /// Whether nothing listens while the packages of the program are initialised.
    fn starts_quietly(&mut self) -> bool {
        let lens = self.lens;
        let packages = lens.source.program.packages.values().filter(|p| p.owner != Owner::Dependency);
        let files: Vec<_> = packages.flat_map(|p| p.go_files.iter().copied()).collect();
        files.into_iter().flat_map(|file| lens.places(file)).all(|place| {
            let runs = lens.outline(place.file).get(place.decl).is_none_or(Decl::runs_at_start);
            !runs || lens.site(place).is_some_and(|site| self.sum(&site, None) == Effect::Quiet)
        })
    }

    /// What the calls of a declaration do together, or those that stand before a node of it.
    fn sum(&mut self, site: &Site<'s>, until: Option<NodeId>) -> Effect {
        let mut all = Effect::Quiet;
        for (node, expr) in site.body.exprs() {
            if until.is_some_and(|until| node == until || node > until && !is_within(site, node, until)) {
                continue;
            }
            let effect = match &expr.is {
                // A deferred call comes behind everything here.
                Is::Call(_) if until.is_some() && is_deferred(site, node) => continue,
                Is::Call(call) => self.call(site, call),
                Is::Name(_) | Is::Select(..) => self.taken(site, node, expr),
                _ => continue,
            };
            all = all.max(match effect {
                Effect::Listens if !is_certain(site, node, false) || site.body.has_goto() => Effect::Open,
                effect => effect,
            });
        }
        all
    }

    fn call(&mut self, site: &Site<'s>, call: &'s Call) -> Effect {
        if listeners::listens(self.lens, site, call) {
            return Effect::Listens;
        }
        let fun = bare(&call.fun);
        if let Some(symbol) = self.lens.symbol(site, fun) {
            if seccomp::is_raw(&symbol) && self.may_listen(site, call) {
                return Effect::Open;
            }
            return self.of_symbol(&symbol);
        }
        match &fun.is {
            // Conversions, and what is written on the spot: its calls are among these.
            Is::SliceOf(_) | Is::Array(..) | Is::Map(..) | Is::Chan(_) | Is::FuncType(_) | Is::Interface => {
                Effect::Quiet
            }
            Is::Struct(_) | Is::Star(_) | Is::Func(..) => Effect::Quiet,
            Is::Name(_) if self.is_literal(site, fun) => Effect::Quiet,
            Is::Select(base, name) => self.method(site, base, &name.name),
            _ => Effect::Open,
        }
    }

    fn of_symbol(&mut self, symbol: &Symbol) -> Effect {
        if let Some((at, _)) = self.lens.function(symbol) {
            return self.function(&at);
        }
        match &*symbol.path {
            // Built in, or a conversion.
            "" => Effect::Quiet,
            _ if self.lens.is_type(symbol) => Effect::Quiet,
            path if self.is_quiet(path) => Effect::Quiet,
            _ => Effect::Open,
        }
    }

    /// Whether a system call by its number can be one that listens: `listen`, `socketcall`, what a ring asks for, or not told.
    fn may_listen(&self, site: &Site<'s>, call: &'s Call) -> bool {
        // By architecture (Go's zsysnum_linux_*.go): `listen`, `socketcall`, `io_uring_enter`.
        const NUMBERS: [i128; 12] = [50, 363, 284, 201, 329, 5049, 4174, 102, 4102, 426, 5426, 4426];
        let listens = |value: &Const| match value {
            Const::Int(number) => NUMBERS.contains(number),
            Const::Symbol(symbol) => matches!(&*symbol.name, "SYS_LISTEN" | "SYS_SOCKETCALL" | "SYS_IO_URING_ENTER"),
            Const::Text(_) | Const::Bool(_) | Const::Nil => true,
        };
        match call.args.first().map(|number| self.lens.eval(site, number)) {
            Some(Value::Any(all)) => all.iter().any(listens),
            Some(Value::Unknown(_)) | None => true,
        }
    }

    /// Whether what a package has that is not the program's own, and not delivered, does not listen.
    fn is_quiet(&self, path: &str) -> bool {
        is_quiet(path) && !self.lens.is_delivered(path)
    }

    fn function(&mut self, at: &Site<'s>) -> Effect {
        if let Some(known) = self.known.get(&at.place) {
            return *known;
        }
        if self.known.len() >= MOST {
            return Effect::Open;
        }
        self.known.insert(at.place, Effect::Quiet);
        let effect = match self.lens.item(at.place) {
            // Written in assembly, or elsewhere.
            Some(Item::Func(func)) if func.body.is_none() => Effect::Open,
            _ => self.sum(at, None),
        };
        self.known.insert(at.place, effect);
        effect
    }

    fn method(&mut self, site: &Site<'s>, base: &Expr, name: &str) -> Effect {
        // Of `reflect.Value`: it may be anything that is called.
        let reflects = matches!(name, "Call" | "CallSlice");
        match self.lens.type_of(site, base) {
            Some(ty) => match self.lens.method(&ty.name, name) {
                Some((at, _)) => self.function(&at),
                None if reflects && &*ty.name.path == "reflect" => Effect::Open,
                None if self.is_quiet(&ty.name.path) => Effect::Quiet,
                None => Effect::Open,
            },
            None if reflects => Effect::Open,
            None if self.is_of_standard_library(site, base, DEPTH) => Effect::Quiet,
            None => Effect::Open,
        }
    }

    /// A function that is named and not called: whoever gets it may call it.
    fn taken(&mut self, site: &Site<'s>, node: NodeId, expr: &'s Expr) -> Effect {
        let Some(up) = site.body.around(node).and_then(|up| site.body.node(up)) else { return Effect::Quiet };
        if called(site, node).is_some() || matches!(up, Node::Expr(Expr { is: Is::Select(..), .. })) {
            return Effect::Quiet;
        }
        let effect = match (self.lens.symbol(site, expr), &expr.is) {
            (Some(symbol), _) if listeners::is_listening(&symbol) => Effect::Listens,
            (Some(symbol), _) => match self.lens.function(&symbol) {
                Some((at, _)) => self.function(&at),
                None => Effect::Quiet,
            },
            (None, Is::Select(base, name)) => match self.lens.type_of(site, base) {
                Some(ty) => match self.lens.method(&ty.name, &name.name) {
                    Some((at, _)) => self.function(&at),
                    None => Effect::Quiet,
                },
                // A field or a method; only who takes it along can call it.
                None if matches!(up, Node::Expr(Expr { is: Is::Call(_), .. })) => Effect::Open,
                None => Effect::Quiet,
            },
            (None, _) => Effect::Quiet,
        };
        effect.min(Effect::Open)
    }

    /// A variable that only ever holds one function literal, whose calls are among the others.
    fn is_literal(&self, site: &Site<'s>, fun: &Expr) -> bool {
        let Some(local) = site.body.local(fun) else { return false };
        let made = match site.body.locals.get(local as usize).map(|local| local.binding) {
            Some(Binding::Define([one], 0, 1)) => bare(one),
            _ => return false,
        };
        let set = site.body.uses(local).any(|(_, used)| matches!(used, Use::Assign(_) | Use::Address));
        matches!(made.is, Is::Func(..)) && !set
    }

    /// A value that a function of the standard library gave.
    fn is_of_standard_library(&self, site: &Site<'s>, base: &Expr, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let base = bare(base);
        match &base.is {
            Is::Call(call) => match (self.lens.symbol(site, &call.fun), &bare(&call.fun).is) {
                (Some(symbol), _) => self.is_quiet(&symbol.path),
                (None, Is::Select(inner, _)) => self.is_of_standard_library(site, inner, depth),
                _ => false,
            },
            Is::Name(_) => {
                let local = site.body.local(base).and_then(|local| site.body.locals.get(local as usize));
                match local.map(|local| local.binding) {
                    Some(Binding::Define([one], _, _)) => self.is_of_standard_library(site, one, depth),
                    _ => false,
                }
            }
            _ => self.lens.symbol(site, base).is_some_and(|s| self.is_quiet(&s.path)),
        }
    }
}

/// Packages whose functions do not listen, those of `listeners` apart.
fn is_quiet(path: &str) -> bool {
    let standard = is_standard(path) || may_be_standard(path) && !path.is_empty();
    standard && path != "net/http/httptest" || path.starts_with("golang.org/x/sys/") || path.contains("seccomp")
}

fn is_within(site: &Site, node: NodeId, around: NodeId) -> bool {
    let mut at = node;
    while let Some(up) = site.body.up(at) {
        if up == around {
            return true;
        }
        at = up;
    }
    false
}

fn is_deferred(site: &Site, node: NodeId) -> bool {
    let up = site.body.around(node).and_then(|up| site.body.node(up));
    matches!(up, Some(Node::Stmt(Stmt { does: Does::Defer(_), .. })))
}

/// Whether a node is passed whenever its function is run. `once`: also neither later nor beside the rest; it may be left out then.
fn is_certain(site: &Site, node: NodeId, once: bool) -> bool {
    let mut at = node;
    while let Some(up) = site.body.up(at) {
        let certain = match site.body.node(up) {
            Some(Node::Stmt(stmt)) => passes(site, stmt, at, once),
            Some(Node::Expr(Expr { is: Is::Func(..), .. })) => {
                let call = site.body.around(up).and_then(|call| site.body.node(call));
                matches!(call, Some(Node::Expr(Expr { is: Is::Call(call), .. })) if site.body.is_at(&call.fun, up))
            }
            Some(Node::Expr(Expr { is: Is::Binary(Op::LogicalAnd | Op::LogicalOr, _), .. })) => once,
            _ => true,
        };
        if !certain {
            return false;
        }
        at = up;
    }
    true
}

fn passes(site: &Site, stmt: &Stmt, part: NodeId, once: bool) -> bool {
    let starts = match site.body.node(part) {
        Some(Node::Expr(expr)) => expr.at.start,
        Some(Node::Stmt(stmt)) => stmt.at.start,
        _ => return false,
    };
    match &stmt.does {
        Does::Go(_) => !once,
        Does::Defer(_) => false,
        Does::If(parts) => once || starts <= parts.condition.at.start,
        Does::Switch(parts) => once || parts.value.as_ref().is_some_and(|value| starts <= value.at.start),
        Does::TypeSwitch(_) | Does::Select(_) => once,
        Does::For(parts) => parts.init.as_ref().is_some_and(|init| starts == init.at.start),
        Does::Range(parts) => starts == parts.over.at.start,
        _ => true,
    }
}
