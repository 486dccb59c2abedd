//! What is spoken on the connections that a listener accepts, where the program reads and writes them itself.

use super::search::called;
use crate::build::is_standard;
use crate::go::syntax::{Call, Does, Expr, Is, Stmt};
use crate::meaning::{Lens, Node, NodeId, Site, Use, bare};
use assize_facts::kinds::source::Transport;

/// Methods that say nothing of what is spoken.
const QUIET: &[&str] =
    &["Close", "LocalAddr", "RemoteAddr", "SetDeadline", "SetReadDeadline", "SetWriteDeadline", "SetKeepAlive"];

/// What becomes of a connection, by the name of the listener before `.Accept()`; `None` among the ways where that cannot be told.
pub(super) fn ways<'s>(lens: &Lens<'s>, site: &Site<'s>, listener: NodeId, depth: u32) -> Vec<Option<Transport>> {
    accepted(site, listener).map_or_else(|| vec![None], |local| of_local(lens, site, local, depth))
}

/// The variable that gets the connection.
fn accepted(site: &Site, listener: NodeId) -> Option<u32> {
    let (whole, _) = called(site, site.body.around(listener)?)?;
    let up = site.body.around(site.body.place(whole)?)?;
    let Some(Node::Stmt(Stmt { does: Does::Define(left, right), .. })) = site.body.node(up) else { return None };
    site.body.local(bare(left.first().filter(|_| right.len() == 1)?))
}

fn of_local<'s>(lens: &Lens<'s>, site: &Site<'s>, local: u32, depth: u32) -> Vec<Option<Transport>> {
    let Some(depth) = depth.checked_sub(1) else { return vec![None] };
    let mut out = Vec::new();
    for (node, used) in site.body.uses(local) {
        match used {
            Use::Method(name) if QUIET.contains(&name) => {}
            Use::Method("Read" | "Write") => out.push(Some(Transport::Plain)),
            Use::Read if site.body.is_compared(node) => {}
            Use::Read => match site.body.around(node).and_then(|up| site.body.node(up)) {
                Some(Node::Expr(Expr { is: Is::Call(call), .. })) => out.extend(passed(lens, site, node, call, depth)),
                _ => out.push(None),
            },
            _ => out.push(None),
        }
    }
    out
}

fn passed<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, call: &'s Call, depth: u32) -> Vec<Option<Transport>> {
    let Some(index) = call.args.iter().position(|arg| site.body.is_at(arg, node)) else { return vec![None] };
    if let Some(symbol) = lens.symbol(site, &call.fun) {
        return match (&*symbol.path, &*symbol.name) {
            ("crypto/tls", "Server") => vec![Some(Transport::Tls)],
            // Whatever comes and goes may be passed through.
            ("io", name) if name.starts_with("Copy") => vec![None],
            // They read or write what they are given.
            ("bufio" | "encoding/gob" | "encoding/json" | "fmt" | "io" | "net/rpc" | "net/textproto", _)
                if is_standard(&symbol.path) =>
            {
                vec![Some(Transport::Plain)]
            }
            _ => of_callee(lens, site, call, index, depth),
        };
    }
    of_callee(lens, site, call, index, depth)
}

fn of_callee<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &'s Call, index: usize, depth: u32) -> Vec<Option<Transport>> {
    let Some((at, func)) = lens.callee(site, call) else { return vec![None] };
    let param = func.signature.params.get(index).filter(|param| !param.variadic && func.body.is_some());
    match param.and_then(|param| at.body.local_at(param.name.as_ref()?.at)) {
        Some(local) => of_local(lens, &at, local, depth),
        None => vec![None],
    }
}
