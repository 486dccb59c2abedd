//! What stands before the paths of a router: the groups that it is a part of, and what it is mounted on.

use super::health::{path, text};
use super::routers::ANSWER;
use super::search::called;
use crate::go::syntax::{Call, Does, Expr, Ident, Is, Item as Declared, Op, Stmt};
use crate::meaning::body::Binding;
use crate::meaning::{Lens, Node, NodeId, Site, Symbol, Use, bare};
use assize_facts::Known;

/// Methods that give the routes behind them a common beginning.
const GROUPS: &[&str] = &["Group", "Route", "PathPrefix", "Mount"];

/// What stands before the paths of a router: the groups that this function makes it of.
pub(super) fn prefix<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr, depth: u32) -> Known<String> {
    let base = bare(base);
    let none = || Known::Value(String::new());
    let Some(depth) = depth.checked_sub(1) else { return Known::Unknown(lens.open(site, base)) };
    match &base.is {
        Is::Call(call) => of_group(lens, site, base, call, depth),
        Is::Name(_) => {
            let Some(local) = site.body.local(base) else {
                return lens.symbol(site, base).map_or_else(none, |symbol| of_global(lens, site, base, &symbol, depth));
            };
            let Some(found) = site.body.locals.get(local as usize) else { return none() };
            // It may be another group by then, or stand behind a path of another router's.
            let is_mounted = |(node, used): &(NodeId, Use)| {
                matches!(used, Use::Read | Use::Address) && is_mounted(lens, site, site.body.with_address(*node), true)
            };
            let mounts: Vec<NodeId> = site.body.uses(local).filter(is_mounted).map(|(node, _)| node).collect();
            if mounts.len() > 1 || site.body.uses(local).any(|(_, used)| matches!(used, Use::Assign(_))) {
                return Known::Unknown(lens.open(site, base));
            }
            if let Some(mount) = mounts.first() {
                return of_mount(lens, site, site.body.with_address(*mount), depth)
                    .unwrap_or_else(|| Known::Unknown(lens.open(site, base)));
            }
            // Behind a path of another one's as it is, it has what stands before that one.
            let mut plain = site.body.uses(local).filter_map(|(node, _)| Some((outer(lens, site, node)?, node)));
            if let (Some((outer, _)), None) = (plain.next(), plain.next()) {
                return prefix(lens, site, outer, depth);
            }
            match found.binding {
                Binding::Define([one], 0, 1) => prefix(lens, site, one, depth),
                Binding::Param(ty) => match site.body.node(found.at) {
                    Some(Node::Expr(Expr { is: Is::Func(..), .. })) => of_closure(lens, site, found.at, depth),
                    _ => of_param(lens, site, base, ty, depth),
                },
                _ => none(),
            }
        }
        Is::Unary(Op::Address, inside) | Is::Star(inside) => prefix(lens, site, inside, depth),
        _ => none(),
    }
}

/// A package's router: it may be mounted in any function.
fn of_global<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &Expr, symbol: &Symbol, depth: u32) -> Known<String> {
    let mentions = lens.mentions(symbol);
    let mut mounts = mentions.iter().filter(|(at, node)| is_mounted(lens, at, *node, true));
    match (mounts.next(), mounts.next()) {
        (None, _) => Known::Value(String::new()),
        (Some((at, node)), None) => {
            of_mount(lens, at, *node, depth).unwrap_or_else(|| Known::Unknown(lens.open(site, base)))
        }
        (Some(_), Some(_)) => Known::Unknown(lens.open(site, base)),
    }
}

/// Whether a router is handed to what puts it behind a path, by the function that makes it or by one that calls that.
fn is_mounted<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, climbs: bool) -> bool {
    match site.body.around(node).and_then(|up| site.body.node(up)) {
        Some(Node::Expr(Expr { is: Is::Call(call), .. })) => {
            matches!(&bare(&call.fun).is, Is::Select(_, name) if matches!(&*name.name, "Mount" | "StripPrefix"))
        }
        Some(Node::Stmt(Stmt { does: Does::Return(_), .. })) if climbs => {
            let Some(Declared::Func(func)) = lens.item(site.place).filter(|_| site.body.closure(node).is_none()) else {
                return false;
            };
            let symbol = Symbol::new(lens.package(site.place.file), &func.name.name);
            let mounted = |(at, node): &(Site<'s>, NodeId)| {
                let call = called(at, *node).and_then(|(whole, _)| at.body.place(whole));
                call.is_some_and(|call| is_mounted(lens, at, call, false))
            };
            func.receiver.is_none() && lens.mentions(&symbol).iter().any(mounted)
        }
        _ => false,
    }
}

/// The path that a router gets where it is mounted: `r.Mount("/x", sub)`, `m.Handle("/x/", http.StripPrefix("/x", sub))`.
fn of_mount<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, depth: u32) -> Option<Known<String>> {
    let up = site.body.around(node)?;
    let Some(Node::Expr(Expr { is: Is::Call(call), .. })) = site.body.node(up) else { return None };
    let Is::Select(base, name) = &bare(&call.fun).is else { return None };
    let own = text(lens, site, call.args.first()?)?;
    let outer = match &*name.name {
        "Mount" => base,
        _ => {
            let call = match site.body.node(site.body.around(up)?)? {
                Node::Expr(Expr { is: Is::Call(call), .. }) => call,
                // `http.Server{Handler: http.StripPrefix("/x", m)}`.
                Node::Element(element) if element.name() == Some("Handler") => return Some(Known::Value(own)),
                _ => return None,
            };
            match &bare(&call.fun).is {
                Is::Select(_, name) if serves(lens, site, call, &name.name) => return Some(Known::Value(own)),
                Is::Select(_, name) if !ANSWER.contains(&&*name.name) => return None,
                // net/http's functions, for the default mux.
                Is::Select(..) if lens.symbol(site, &call.fun).is_some() => return Some(Known::Value(own)),
                Is::Select(base, _) => base,
                _ => return None,
            }
        }
    };
    match prefix(lens, site, outer, depth) {
        Known::Value(before) => Some(Known::Value(format!("{before}{own}"))),
        Known::Possible(_) | Known::Unknown(_) => None,
    }
}

fn serves<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &Call, name: &str) -> bool {
    name.contains("Serve") && lens.symbol(site, &call.fun).is_some_and(|symbol| &*symbol.path == "net/http")
}

/// The mux on which a handler is registered as it is.
fn outer<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> Option<&'s Expr> {
    pattern(lens, site, node)?;
    let Node::Expr(Expr { is: Is::Call(call), .. }) = site.body.node(site.body.around(node)?)? else { return None };
    match &bare(&call.fun).is {
        Is::Select(base, _) if lens.symbol(site, &call.fun).is_none() => Some(base),
        _ => None,
    }
}

/// The path under which a handler is registered as it is: `m.Handle("/x/", sub)`.
fn pattern<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> Option<String> {
    let Node::Expr(Expr { is: Is::Call(call), .. }) = site.body.node(site.body.around(node)?)? else { return None };
    let Is::Select(base, name) = &bare(&call.fun).is else { return None };
    let is_mux = match lens.symbol(site, &call.fun) {
        Some(symbol) => symbol.is("net/http", "Handle"),
        None => &*name.name == "Handle" && lens.type_of(site, base)?.name.is("net/http", "ServeMux"),
    };
    let [first, handler] = call.args.as_slice() else { return None };
    if !is_mux || !site.body.is_at(handler, node) {
        return None;
    }
    path(&text(lens, site, first)?)
}

fn of_group<'s>(lens: &Lens<'s>, site: &Site<'s>, whole: &'s Expr, call: &'s Call, depth: u32) -> Known<String> {
    let Is::Select(base, name) = &bare(&call.fun).is else { return Known::Value(String::new()) };
    if lens.symbol(site, &call.fun).is_some() {
        return Known::Value(String::new());
    }
    let before = prefix(lens, site, base, depth);
    if !GROUPS.contains(&&*name.name) {
        return before;
    }
    match (before, call.args.first().map(|arg| (arg, text(lens, site, arg)))) {
        (Known::Value(before), Some((_, Some(own)))) => Known::Value(format!("{before}{own}")),
        // chi's Group takes a function and no path.
        (before, Some((Expr { is: Is::Func(..), .. }, None)) | None) => before,
        _ => Known::Unknown(lens.open(site, whole)),
    }
}

/// The closure of `r.Route("/x", func(r chi.Router) { … })`.
fn of_closure<'s>(lens: &Lens<'s>, site: &Site<'s>, at: u32, depth: u32) -> Known<String> {
    match site.body.around(at).and_then(|up| site.body.node(up)) {
        Some(Node::Expr(whole @ Expr { is: Is::Call(call), .. })) => of_group(lens, site, whole, call, depth),
        _ => Known::Value(String::new()),
    }
}

/// A router that a function gets: whatever all its callers hand over, where it can be a part of another router at all.
fn of_param<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &Expr, ty: &Expr, depth: u32) -> Known<String> {
    const WHOLE: [&str; 4] = ["ServeMux", "Engine", "Echo", "App"];
    // Callers of callers, each with as many, have to have an end.
    const MOST: usize = 16;
    if lens.named(site, ty).is_some_and(|ty| WHOLE.contains(&&*ty.name.name)) {
        return Known::Value(String::new());
    }
    let of_callers = || {
        let Declared::Func(func) = lens.item(site.place)? else { return None };
        let is_it = |name: &Ident| site.body.local_at(name.at) == site.body.local(base);
        let index = func.signature.params.iter().position(|param| param.name.as_ref().is_some_and(is_it))?;
        let symbol = Symbol::new(lens.package(site.place.file), &func.name.name);
        let mut all: Option<String> = None;
        let callers = lens.mentions(&symbol);
        if callers.len() > MOST || func.receiver.is_some() {
            return None;
        }
        for (at, node) in callers.iter() {
            let (_, call) = called(at, *node)?;
            let Known::Value(found) = prefix(lens, at, call.args.get(index)?, depth / 2) else {
                return None;
            };
            if all.as_ref().is_some_and(|known| *known != found) {
                return None;
            }
            all = Some(found);
        }
        all
    };
    of_callers().map_or_else(|| Known::Unknown(lens.open(site, base)), Known::Value)
}
