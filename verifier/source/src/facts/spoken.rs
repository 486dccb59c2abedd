//! What is spoken on a listener, by where it goes: variables, functions, and fields of the program's own structs.

use super::accepted;
use super::grpc::{self, GRPC};
use super::search::called;
use super::tls::replaced::whole;
use crate::go::syntax::{Call, Does, Element, Expr, Field, Func, Is, Item, Op, Stmt};
use crate::meaning::{Lens, Node, NodeId, Site, Symbol, Type, Use, bare};
use assize_facts::kinds::source::Transport;
use assize_facts::{Known, reason};

/// Functions, methods and fields are followed this far.
const DEPTH: u32 = 5;

/// Listeners of others around one in a field `Listener`, on whose connections is spoken what is spoken on its own.
const AROUND: &[(&str, &str)] =
    &[("github.com/pires/go-proxyproto", "Listener"), ("github.com/armon/go-proxyproto", "Listener")];

/// What is done with a listener: every way it goes must lead to the same, or nothing is said.
pub(super) fn spoken<'s>(lens: &Lens<'s>, site: &Site<'s>, made: &Expr) -> Known<Transport> {
    let unknown = || {
        Known::Unknown(reason!(
            "listener-not-followed",
            call = lens.open(site, made).args.get("what").cloned().unwrap_or_default()
        ))
    };
    let Some(node) = site.body.place(made) else { return unknown() };
    let ways = ways(lens, site, node, DEPTH);
    match ways.as_slice() {
        [] => unknown(),
        all if all.iter().all(|way| *way == Some(Transport::Tls)) => Transport::Tls.into(),
        all if all.iter().all(|way| *way == Some(Transport::Plain)) => Transport::Plain.into(),
        _ => unknown(),
    }
}

/// What becomes of the value at a node; `None` where that cannot be told. Empty: nothing.
fn ways<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, depth: u32) -> Vec<Option<Transport>> {
    let lost = || vec![None];
    let Some(depth) = depth.checked_sub(1) else { return lost() };
    let Some(up) = site.body.around(node) else { return lost() };
    match site.body.node(up) {
        Some(Node::Expr(Expr { is: Is::Call(call), .. })) => passed(lens, site, node, up, call, depth),
        Some(Node::Stmt(Stmt { does: Does::Return(values), .. })) => returned(lens, site, node, values, depth),
        Some(Node::Stmt(_)) => match target(site, node, up) {
            Some(target) => match (site.body.local(target), &target.is) {
                (Some(local), Is::Name(_)) => of_local(lens, site, local, node, depth),
                (_, Is::Select(base, field)) if lens.symbol(site, target).is_none() => {
                    let owner = lens.type_of(site, base).map(|ty| ty.name);
                    owner.map_or_else(lost, |owner| of_field(lens, &owner, &field.name, depth))
                }
                _ => lost(),
            },
            None => lost(),
        },
        Some(Node::Expr(Expr { is: Is::Assert(..) | Is::Unary(Op::Address, _), .. })) => ways(lens, site, up, depth),
        Some(Node::Element(element)) => match in_literal(lens, site, up, element) {
            Some((owner, Some(field))) => of_field(lens, &owner, field, depth),
            // What embeds a listener is one.
            Some((owner, None)) if !speaks(lens, &owner) => match site.body.around(up) {
                Some(around) => ways(lens, site, around, depth),
                None => lost(),
            },
            _ => lost(),
        },
        Some(Node::Spec(spec)) => match spec.names.first().and_then(|name| site.body.local_at(name.at)) {
            Some(local) => of_local(lens, site, local, node, depth),
            None => lost(),
        },
        _ => lost(),
    }
}

/// What becomes of a function's first result where it is called.
fn returned<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    node: NodeId,
    values: &'s [Expr],
    depth: u32,
) -> Vec<Option<Transport>> {
    let is_first = values.first().is_some_and(|first| site.body.is_at(first, node));
    let func = match lens.item(site.place) {
        Some(Item::Func(func)) if is_first && func.receiver.is_none() && site.body.closure(node).is_none() => func,
        _ => return vec![None],
    };
    let calls = lens.mentions(&Symbol::new(lens.package(site.place.file), &func.name.name));
    let of_call = |(at, node): &(Site<'s>, NodeId)| {
        let call = called(at, *node).and_then(|(whole, _)| at.body.place(whole));
        call.map_or_else(|| vec![None], |call| ways(lens, at, call, depth))
    };
    calls.iter().flat_map(of_call).collect()
}

/// What a statement puts a value into, as its first.
fn target<'s>(site: &Site<'s>, node: NodeId, stmt: NodeId) -> Option<&'s Expr> {
    let Some(Node::Stmt(stmt)) = site.body.node(stmt) else { return None };
    let (Does::Define(left, right) | Does::Assign(left, None, right)) = &stmt.does else { return None };
    let index = right.iter().position(|e| site.body.is_at(e, node))?;
    left.get(index).map(bare)
}

/// The field that an element of a struct's literal gives a value, with the struct; `None` for a listener that the struct embeds.
fn in_literal<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    up: NodeId,
    element: &'s Element,
) -> Option<(Symbol, Option<&'s str>)> {
    let around = site.body.around(up)?;
    let Some(Node::Expr(Expr { is: Is::Composite(Some(ty), all), .. })) = site.body.node(around) else { return None };
    let owner = lens.named(site, ty)?.name;
    if AROUND.contains(&(&*owner.path, &*owner.name)) && !lens.is_substituted(&owner.path) {
        return (element.name() == Some("Listener")).then_some((owner, None));
    }
    let (at, spec) = lens.type_spec(&owner)?;
    let Is::Struct(fields) = &bare(&spec.ty).is else { return None };
    let embedded = |field: &&Field| {
        let of_net = |ty: Type| &*ty.name.path == "net";
        field.names.is_empty() && lens.named(&at, &field.ty).is_some_and(of_net)
    };
    let first = fields.first().filter(embedded).is_some();
    match &element.key {
        Some(Expr { is: Is::Name(key), .. }) => {
            let is_it =
                |field: &&Field| embedded(field) && lens.named(&at, &field.ty).is_some_and(|ty| *ty.name.name == **key);
            Some((owner, (!fields.iter().any(|field| is_it(&field))).then_some(&**key)))
        }
        None if first && all.first().is_some_and(|one| std::ptr::eq(one, element)) => Some((owner, None)),
        _ => None,
    }
}

/// Whether a listener of the program's own may begin TLS itself.
fn speaks<'s>(lens: &Lens<'s>, ty: &Symbol) -> bool {
    lens.method(ty, "Accept").is_some_and(|(at, _)| lens.imports(at.place.file, "crypto/tls") && !only_accepts(&at))
}

/// Whether a function does nothing with a connection but to accept it and to set it up.
fn only_accepts(at: &Site) -> bool {
    at.body.exprs().all(|(_, expr)| match &expr.is {
        Is::Call(call) => match &bare(&call.fun).is {
            Is::Select(_, name) => {
                let name = &*name.name;
                ["Accept", "Set", "Close", "Lock", "Unlock", "Add", "Inc"].iter().any(|start| name.starts_with(start))
            }
            _ => false,
        },
        Is::Composite(..) | Is::Func(..) => false,
        _ => true,
    })
}

/// What becomes of it where a field is read. Once something else may be in the field, only that all of it is served with TLS says something.
fn of_field<'s>(lens: &Lens<'s>, owner: &Symbol, field: &str, depth: u32) -> Vec<Option<Transport>> {
    let Some(kept) = lens.kept(owner, field) else { return vec![None] };
    let mut out = Vec::new();
    let mut given = 0;
    for (at, node) in &kept.uses {
        match at.body.use_of(*node) {
            Use::Assign(_) => given += 1,
            Use::Method("Close" | "Addr" | "SetDeadline" | "File") => {}
            Use::Method("Accept") => out.extend(accepted::ways(lens, at, *node, depth)),
            Use::Read if at.body.is_compared(*node) => {}
            Use::Read => out.extend(ways(lens, at, *node, depth)),
            Use::Address | Use::AssignField(..) | Use::Field(..) | Use::Method(..) => out.push(None),
        }
    }
    given += lens.mentions(owner).iter().filter(|(at, node)| gives(at, *node, field)).count();
    match given {
        0 | 1 => out,
        _ => out.into_iter().map(|way| way.filter(|way| *way == Transport::Tls)).collect(),
    }
}

/// Whether a struct's name stands at a node before a literal that gives the field something.
fn gives(site: &Site, node: NodeId, field: &str) -> bool {
    let around = site.body.around(node).and_then(|up| site.body.node(up));
    let Some(Node::Expr(Expr { is: Is::Composite(Some(ty), all), .. })) = around else { return false };
    let names = |e: &Element| e.name().is_none_or(|name| name == field);
    site.body.is_at(ty, node) && all.iter().any(names)
}

/// What becomes of it where a variable got it, at a node.
fn of_local<'s>(lens: &Lens<'s>, site: &Site<'s>, local: u32, from: NodeId, depth: u32) -> Vec<Option<Transport>> {
    let mut out = Vec::new();
    let (mut replaced, mut early) = (false, false);
    // From there on it is another one that the variable holds.
    let gone = whole(site, local, from);
    let made = site.body.statement(from);
    for (node, used) in site.body.uses(local) {
        let is_end =
            gone.as_ref().is_some_and(|gone| gone.is_at(node)) || from > 0 && site.body.statement(node) == made;
        if is_end || gone.as_ref().is_some_and(|gone| gone.hides(site, node)) {
            continue;
        }
        match used {
            Use::Assign(_) => replaced = true,
            Use::Method("Close" | "Addr" | "SetDeadline" | "File") => {}
            Use::Method("Accept") => {
                early = true;
                out.extend(accepted::ways(lens, site, node, depth));
            }
            Use::Method(..) | Use::Address | Use::AssignField(..) | Use::Field(..) => out.push(None),
            Use::Read if site.body.is_compared(node) => {}
            Use::Read => {
                let found = ways(lens, site, node, depth);
                // Before it is wrapped it is what it was; in a loop or a closure before and behind mean nothing.
                early |= !replaced && !found.iter().all(|way| *way == Some(Transport::Tls));
                out.extend(found);
            }
        }
    }
    // Another listener may be what is served on from there on: only wrapping it says something.
    if replaced {
        let all_tls = out.contains(&Some(Transport::Tls)) && !out.contains(&None) && !early;
        return vec![all_tls.then_some(Transport::Tls).filter(|_| wraps_always(lens, site, local))];
    }
    out
}

/// Whether what is assigned to a variable is a TLS listener over it, whatever happens before.
fn wraps_always<'s>(lens: &Lens<'s>, site: &Site<'s>, local: u32) -> bool {
    let Some(found) = site.body.locals.get(local as usize) else { return false };
    let home = site.body.up(found.at).unwrap_or(found.at);
    site.body.uses(local).filter(|(_, used)| matches!(used, Use::Assign(_))).all(|(node, used)| {
        let Use::Assign(Some(value)) = used else { return false };
        let Is::Call(call) = &bare(value).is else { return false };
        let wraps = lens.symbol(site, &call.fun).is_some_and(|s| s.is("crypto/tls", "NewListener"));
        wraps && !site.body.is_conditional(node, home)
    })
}

/// What a function does with a listener that is passed to it.
fn passed<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    node: NodeId,
    up: NodeId,
    call: &'s Call,
    depth: u32,
) -> Vec<Option<Transport>> {
    let Some(index) = call.args.iter().position(|arg| site.body.is_at(arg, node)) else { return vec![None] };
    if let Some(symbol) = lens.symbol(site, &call.fun) {
        return match (&*symbol.path, &*symbol.name) {
            ("crypto/tls", "NewListener") | ("net/http", "ServeTLS") => vec![Some(Transport::Tls)],
            ("net/http" | "net/http/fcgi", "Serve") | ("net/rpc", "Accept") => vec![Some(Transport::Plain)],
            ("golang.org/x/net/netutil", "LimitListener") if !lens.is_substituted(&symbol.path) => {
                ways(lens, site, up, depth)
            }
            _ => match lens.function(&symbol) {
                Some((at, func)) => of_param(lens, &at, func, index, depth),
                None => vec![None],
            },
        };
    }
    let Is::Select(base, name) = &bare(&call.fun).is else { return vec![None] };
    let Some(ty) = lens.type_of(site, base) else { return vec![None] };
    if ty.name.is(GRPC, "Server") && !lens.is_substituted(GRPC) && &*name.name == "Serve" {
        return vec![grpc::spoken(lens, site, base)];
    }
    match (ty.name.is("net/http", "Server"), &*name.name) {
        (true, "Serve") => vec![Some(Transport::Plain)],
        (true, "ServeTLS") => vec![Some(Transport::Tls)],
        _ => match lens.method(&ty.name, &name.name) {
            Some((at, func)) => of_param(lens, &at, func, index, depth),
            None => vec![None],
        },
    }
}

fn of_param<'s>(lens: &Lens<'s>, at: &Site<'s>, func: &'s Func, index: usize, depth: u32) -> Vec<Option<Transport>> {
    let param = func.signature.params.get(index).filter(|p| !p.variadic);
    match param.and_then(|p| p.name.as_ref()).and_then(|name| at.body.local_at(name.at)) {
        Some(local) if func.body.is_some() => of_local(lens, at, local, 0, depth),
        _ => vec![None],
    }
}
