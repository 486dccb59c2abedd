//! Servers that serve in one of two ways, as it is decided at run time: with TLS or without.

use super::listeners::serves_tls;
use crate::go::syntax::{Case, Does, Expr, If, Is, Span, Stmt};
use crate::meaning::{Lens, Node, NodeId, Site};

/// Whether what stands at a node is run only where something that serves with TLS is not: both stand in branches of one `if` or `switch`, or one
/// behind an `if` that does not go on behind the other.
pub(super) fn or_tls<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> bool {
    let tls: Vec<Span> =
        site.body.exprs().filter(|(_, expr)| serves_tls(lens, site, expr)).map(|(_, expr)| expr.at).collect();
    if tls.is_empty() {
        return false;
    }
    let here = |span: Span| tls.iter().any(|at| span.holds(*at));
    let Some(Node::Expr(Expr { at: place, .. })) = site.body.node(node) else { return false };
    let (place, mut at) = (*place, node);
    while let Some(up) = site.body.up(at) {
        match site.body.node(up) {
            Some(Node::Expr(Expr { is: Is::Func(_, block), .. })) => return behind(lens, site, block, place, &here),
            Some(Node::Item(crate::go::syntax::Item::Func(func))) => {
                return func.body.as_ref().is_some_and(|block| behind(lens, site, block, place, &here));
            }
            Some(Node::Stmt(stmt)) => match &stmt.does {
                Does::If(parts) if of_if(lens, site, parts, place, &here) => return true,
                Does::Switch(parts) if of_cases(&parts.cases, place, &here) => return true,
                Does::TypeSwitch(parts) if of_cases(&parts.cases, place, &here) => return true,
                Does::Block(block) if behind(lens, site, block, place, &here) => return true,
                Does::For(parts) if behind(lens, site, &parts.body, place, &here) => return true,
                _ => {}
            },
            _ => {}
        }
        at = up;
    }
    false
}

fn of_if<'s>(lens: &Lens<'s>, site: &Site<'s>, parts: &If, place: Span, here: &dyn Fn(Span) -> bool) -> bool {
    let then = Span::of(&parts.then);
    match &parts.otherwise {
        Some(otherwise) if otherwise.at.holds(place) => {
            then.is_some_and(here) || in_block(lens, site, otherwise, place, here)
        }
        otherwise if then.is_some_and(|then| then.holds(place)) => {
            otherwise.as_ref().is_some_and(|other| here(other.at)) || behind(lens, site, &parts.then, place, here)
        }
        _ => false,
    }
}

fn in_block<'s>(lens: &Lens<'s>, site: &Site<'s>, stmt: &Stmt, place: Span, here: &dyn Fn(Span) -> bool) -> bool {
    matches!(&stmt.does, Does::Block(block) if behind(lens, site, block, place, here))
}

fn of_cases(cases: &[Case], place: Span, here: &dyn Fn(Span) -> bool) -> bool {
    let bodies: Vec<Span> = cases.iter().filter_map(|case| Span::of(&case.body)).collect();
    let (own, others): (Vec<Span>, Vec<Span>) = bodies.into_iter().partition(|body| body.holds(place));
    !own.is_empty() && others.into_iter().any(here)
}

/// Of two statements of a block the first leaves it for good under its condition: what stands in it and what stands behind are alternatives.
fn behind<'s>(lens: &Lens<'s>, site: &Site<'s>, block: &[Stmt], place: Span, here: &dyn Fn(Span) -> bool) -> bool {
    let Some(own) = block.iter().position(|stmt| stmt.at.holds(place)) else { return false };
    let leaves = |stmt: &Stmt| match &stmt.does {
        Does::If(parts) if parts.otherwise.is_none() => {
            Span::of(&parts.then).filter(|_| parts.then.last().is_some_and(|last| ends(lens, site, last)))
        }
        _ => None,
    };
    let before = || block[..own].iter().filter_map(leaves).any(here);
    let after =
        || leaves(&block[own]).is_some_and(|then| then.holds(place)) && block[own + 1..].iter().any(|s| here(s.at));
    before() || after()
}

/// Whether nothing behind a statement is run: it returns, or ends the program.
fn ends<'s>(lens: &Lens<'s>, site: &Site<'s>, stmt: &Stmt) -> bool {
    match &stmt.does {
        Does::Return(_) => true,
        Does::Expr(Expr { is: Is::Call(call), .. }) => lens.symbol(site, &call.fun).is_some_and(|symbol| {
            symbol.is("", "panic")
                || symbol.is("os", "Exit")
                || &*symbol.path == "log" && symbol.name.starts_with("Fatal")
        }),
        _ => false,
    }
}
