//! What is surely set through the one field that holds a configuration: `s := &http.Server{TLSConfig: &tls.Config{}}`, `s.TLSConfig.MinVersion = …`.

use super::creations::Creation;
use super::fate::Fate;
use super::held::holder;
use crate::go::syntax::{Expr, Is, Op, Span};
use crate::meaning::{Node, NodeId, Site, Use};

/// Assignments to its fields that always follow its making before anyone else sees it, each with its place, the field and the value.
pub(super) fn sure<'s>(site: &Site<'s>, creation: &Creation<'s>, fate: &Fate) -> Vec<(Span, &'s str, &'s Expr)> {
    let body = &site.body;
    let mut fields = fate.fields.iter();
    let (Some(field), None) = (fields.next(), fields.next()) else { return Vec::new() };
    if !fate.holders.is_empty() || fate.global.is_some() || body.has_goto() {
        return Vec::new();
    }
    let given = match body.around(creation.node).and_then(|up| Some((up, body.node(up)?))) {
        Some((up, Node::Expr(Expr { is: Is::Unary(Op::Address, _), .. }))) => up,
        _ => creation.node,
    };
    let Some(local) = holder(site, given, field) else { return Vec::new() };
    let Some(from) = site.body.node(given).and_then(place) else { return Vec::new() };
    let home = body.home(given);
    let is_own = |value: &Expr| body.is_at(value, given);
    let mut found = Vec::new();
    let mut seen = false;
    for (node, used) in body.uses(local) {
        match used {
            // Another one is put there.
            Use::AssignField(name, Some(value)) if name == field && !is_own(value) => return Vec::new(),
            Use::AssignField(name, None) if name == field => match part(site, node) {
                Some((at, name, value)) => {
                    let always = !body.is_conditional(node, home) && body.closure(node) == body.closure(given);
                    if always && !seen && at.start >= from.end {
                        found.push((at, name, value));
                    }
                }
                None => return Vec::new(),
            },
            Use::Assign(_) => return Vec::new(),
            Use::Read | Use::Address | Use::Method(_) => seen |= !body.is_compared(node),
            Use::AssignField(..) | Use::Field(_) => {}
        }
    }
    found
}

/// The assignment `x.field.name = value` in which `x` stands at a node.
fn part<'s>(site: &Site<'s>, node: NodeId) -> Option<(Span, &'s str, &'s Expr)> {
    let part = site.body.around(site.body.around(node)?)?;
    let Node::Expr(Expr { is: Is::Select(_, name), at }) = site.body.node(part)? else { return None };
    match site.body.use_of(part) {
        Use::Assign(Some(value)) => Some((*at, &name.name, value)),
        _ => None,
    }
}

fn place(node: Node) -> Option<Span> {
    match node {
        Node::Expr(expr) => Some(expr.at),
        _ => None,
    }
}
