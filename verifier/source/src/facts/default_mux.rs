//! Whether the program serves `http.DefaultServeMux`: where a server's handler is nil or none (package net/http), and where a handler asks it.

use super::mentions::mark;
use super::muxes::of_mux;
use super::routers::is_router;
use super::search::{Search, references};
use crate::go::syntax::{Does, Element, Expr, Is, Op, Stmt};
use crate::meaning::body::Binding;
use crate::meaning::std::result_type;
use crate::meaning::{Const, Lens, Node, NodeId, Site, Symbol, Use, bare};
use assize_facts::{Known, reason};

/// Functions that serve, with the place of the handler among their arguments: without one they take the default mux.
const SERVE: &[(&str, &str, usize)] = &[
    ("net/http", "ListenAndServe", 1),
    ("net/http", "ListenAndServeTLS", 3),
    ("net/http", "Serve", 1),
    ("net/http", "ServeTLS", 1),
    ("net/http/fcgi", "Serve", 1),
    ("net/http/cgi", "Serve", 0),
    (HTTP3, "ListenAndServe", 3),
    (HTTP3, "ListenAndServeQUIC", 3),
    (HTTP3, "ListenAndServeTLS", 3),
];
const HTTP3: &str = "github.com/quic-go/quic-go/http3";

/// Handlers are followed through as many functions and variables.
const DEPTH: u32 = 8;

pub(super) fn serves_default_mux(lens: &Lens) -> Known<bool> {
    let paths = ["net/http", "net/http/fcgi", "net/http/cgi", HTTP3];
    let search = Search {
        file: &|lens, file| paths.iter().any(|path| lens.imports(file, path)),
        marks: mark::LISTEN | mark::ROUTE,
        words: &["DefaultServeMux"],
        dependencies: true,
    };
    let (found, gaps) = search.run(lens, |site| of_site(lens, site));
    match () {
        () if found.contains(&Some(true)) => true.into(),
        () if found.contains(&None) || !gaps.is_empty() || !lens.source.program.gaps.is_empty() => {
            Known::Unknown(reason!("mux-not-followed", call = "http.DefaultServeMux"))
        }
        () => false.into(),
    }
}

/// Whether some server has the mux because it has no handler, or may have.
pub(super) fn serves_default_as_it_is(lens: &Lens) -> bool {
    let search = Search {
        file: &|lens, file| SERVE.iter().any(|(path, _, _)| lens.imports(file, path)),
        marks: mark::LISTEN | mark::ROUTE,
        words: &[],
        dependencies: false,
    };
    let (found, _) = search.run(lens, |site| of_servers(lens, site));
    found.iter().any(|is| *is != Some(false))
}

/// Handlers of servers, and uses of the mux: whether each serves it; `None` where that is not decided.
fn of_site<'s>(lens: &Lens<'s>, site: &Site<'s>) -> Vec<Option<bool>> {
    let mut out = of_servers(lens, site);
    for found in references(lens, site, is_mux) {
        out.push(match site.body.use_of(found.node) {
            Use::Method("Handle" | "HandleFunc") | Use::Field("Handle" | "HandleFunc") => Some(false),
            // Another one stands for it from then on.
            Use::Assign(_) | Use::AssignField(..) => None,
            // It tells which handler it has for a request.
            Use::Method("Handler") | Use::Field("Handler") => None,
            _ => {
                let ways = of_mux(lens, site, found.node);
                if ways.served && !ways.perhaps { Some(true) } else { (!ways.served && !ways.lost).then_some(false) }
            }
        });
    }
    out
}

fn of_servers<'s>(lens: &Lens<'s>, site: &Site<'s>) -> Vec<Option<bool>> {
    let mut out = Vec::new();
    let place = |symbol: &Symbol| SERVE.iter().find(|(path, name, _)| symbol.is(path, name)).map(|row| row.2);
    for found in references(lens, site, |symbol| place(symbol).is_some()) {
        let handler = found.call.zip(place(&found.symbol)).and_then(|((_, call), at)| call.args.get(at));
        out.push(handler.and_then(|handler| is_default(lens, site, handler, DEPTH)));
    }
    for (node, expr) in site.body.exprs() {
        match &expr.is {
            Is::Composite(Some(ty), elements) if is_server(lens, site, ty) => {
                let named = |e: &&Element| e.name() == Some("Handler");
                out.push(match elements.iter().find(named) {
                    Some(element) => is_default(lens, site, &element.value, DEPTH),
                    None if elements.iter().any(|e| e.key.is_none()) => None,
                    None => held(lens, site, node),
                });
            }
            Is::Call(call)
                if call.args.first().is_some_and(|ty| is_server(lens, site, ty))
                    && lens.symbol(site, &call.fun).is_some_and(|symbol| symbol.is("", "new")) =>
            {
                out.push(held(lens, site, node));
            }
            // Whoever makes such a struct has a server without a handler at first.
            Is::Struct(fields) if fields.iter().any(|field| is_server(lens, site, &field.ty)) => out.push(None),
            _ => {}
        }
    }
    for entry in &site.body.nodes {
        let Node::Spec(spec) = entry.node else { continue };
        if spec.values.is_empty() && spec.ty.as_ref().is_some_and(|ty| is_server(lens, site, ty)) {
            let of = |name: &crate::go::syntax::Ident| match site.body.local_at(name.at) {
                Some(local) => of_local(lens, site, local),
                None => of_global(lens, &Symbol::new(lens.package(site.place.file), &name.name)),
            };
            out.extend(spec.names.iter().map(of));
        }
    }
    out
}

fn is_mux(symbol: &Symbol) -> bool {
    symbol.is("net/http", "DefaultServeMux")
}

fn is_server<'s>(lens: &Lens<'s>, site: &Site<'s>, ty: &Expr) -> bool {
    let server = |ty: &Symbol| ty.is("net/http", "Server") || ty.is(HTTP3, "Server");
    lens.named(site, ty).is_some_and(|ty| !ty.pointer && server(&ty.name))
}

/// A server that is made without a handler: what it gets through the variable that holds it.
fn held<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> Option<bool> {
    let mut node = node;
    let mut up = site.body.around(node)?;
    if let Some(Node::Expr(Expr { is: Is::Unary(Op::Address, _), .. })) = site.body.node(up) {
        (node, up) = (up, site.body.around(up)?);
    }
    match site.body.node(up)? {
        Node::Stmt(Stmt { does: Does::Define(left, right) | Does::Assign(left, None, right), .. }) => {
            let index = right.iter().position(|e| site.body.is_at(e, node))?;
            let target = left.get(index).filter(|_| left.len() == right.len())?;
            match site.body.local(bare(target)) {
                Some(local) => of_local(lens, site, local),
                None => of_global(lens, &lens.symbol(site, target)?),
            }
        }
        Node::Spec(spec) => {
            let index = spec.values.iter().position(|e| site.body.is_at(e, node))?;
            let name = spec.names.get(index).filter(|_| spec.names.len() == spec.values.len())?;
            match site.body.local_at(name.at) {
                Some(local) => of_local(lens, site, local),
                None => of_global(lens, &Symbol::new(lens.package(site.place.file), &name.name)),
            }
        }
        // `(&http.Server{…}).ListenAndServe()`.
        Node::Expr(Expr { is: Is::Select(..), .. }) => Some(true),
        _ => None,
    }
}

fn of_local<'s>(lens: &Lens<'s>, site: &Site<'s>, local: u32) -> Option<bool> {
    set(lens, site.body.uses(local).map(|(node, used)| (site.clone(), node, used)))
}

fn of_global(lens: &Lens, symbol: &Symbol) -> Option<bool> {
    let mentions = lens.mentions(symbol);
    set(lens, mentions.iter().map(|(site, node)| (site.clone(), *node, site.body.use_of(*node))))
}

/// A variable's server without a handler, by all that is done with it: it is served as it is, unless it gets one.
fn set<'s>(lens: &Lens<'s>, uses: impl Iterator<Item = (Site<'s>, NodeId, Use<'s>)>) -> Option<bool> {
    let mut given = false;
    for (site, node, used) in uses {
        match used {
            Use::AssignField("Handler", value) => {
                if is_default(lens, &site, value?, DEPTH)? {
                    return Some(true);
                }
                // On some way only.
                if site.body.is_conditional(node, 0) {
                    return None;
                }
                given = true;
            }
            // Whoever gets it may set it; one that has a handler keeps it.
            Use::Read | Use::Address | Use::Assign(_) if !given => return None,
            _ => {}
        }
    }
    Some(!given)
}

/// Whether a handler is nil or the default mux. A value that is made on the spot, or a mux of the program's own, is neither.
fn is_default<'s>(lens: &Lens<'s>, site: &Site<'s>, handler: &'s Expr, depth: u32) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    let handler = bare(handler);
    if matches!(handler.is, Is::Composite(..) | Is::Unary(Op::Address, _) | Is::Func(..)) {
        return Some(false);
    }
    if lens.symbol(site, handler).is_some_and(|symbol| is_mux(&symbol)) {
        return Some(true);
    }
    if let Some(Const::Nil) = lens.eval(site, handler).single() {
        return Some(true);
    }
    // Of a type that the default mux is not.
    if lens.type_of(site, handler).is_some_and(|ty| !ty.name.is("net/http", "ServeMux") && is_router(&ty.name)) {
        return Some(false);
    }
    if let Is::Call(call) = &handler.is {
        return of_call(lens, site, call, depth);
    }
    // A package's variable that is given one value and stays so.
    if let Some(symbol) = lens.symbol(site, handler) {
        let [(at, spec, index)] = &lens.value(&symbol)[..] else { return None };
        let is_kept = spec.values.len() == spec.names.len() && !lens.is_set_elsewhere(&symbol);
        let stays = lens
            .mentions(&symbol)
            .iter()
            .all(|(at, node)| !matches!(at.body.use_of(*node), Use::Assign(_) | Use::Address));
        return is_default(lens, at, spec.values.get(*index).filter(|_| is_kept && stays)?, depth);
    }
    let local = site.body.local(handler)?;
    if site.body.uses(local).any(|(_, used)| matches!(used, Use::Assign(_) | Use::Address)) {
        return None;
    }
    match site.body.locals.get(local as usize)?.binding {
        Binding::Define([one], 0, 1) => is_default(lens, site, one, depth),
        Binding::Value(spec, 0) if spec.names.len() == 1 => is_default(lens, site, spec.values.first()?, depth),
        Binding::Param(_) => {
            any(lens.arguments(site, local)?.into_iter().map(|(at, arg)| is_default(lens, &at, arg, depth)))
        }
        _ => None,
    }
}

/// What a call gives: a conversion, a mux that is made, a function of the program.
fn of_call<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &'s crate::go::syntax::Call, depth: u32) -> Option<bool> {
    let symbol = lens.symbol(site, &call.fun)?;
    if symbol.is("", "new") || symbol.is("net/http", "HandlerFunc") {
        return Some(false);
    }
    if result_type(&symbol, 0).is_some_and(|ty| is_router(&ty.name)) {
        return Some(false);
    }
    // What wraps a handler asks it: the mux is followed from its own name.
    if super::routers::wraps(&symbol) {
        return Some(false);
    }
    let (at, func) = lens.function(&symbol)?;
    let [_] = func.signature.results.as_slice() else { return None };
    func.body.as_ref()?;
    any(at.body.returns(None).into_iter().map(|values| is_default(lens, &at, values.first()?, depth)))
}

/// Whether one of several is; not decided where one of them is not, and none is known to be.
fn any(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let all: Vec<Option<bool>> = all.collect();
    match () {
        () if all.contains(&Some(true)) => Some(true),
        () if all.is_empty() || all.contains(&None) => None,
        () => Some(false),
    }
}
