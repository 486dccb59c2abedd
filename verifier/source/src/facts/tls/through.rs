//! What is surely set behind a making: in branches that come together again, by a function that gets the configuration first, and through the one field that holds a configuration: `s := &http.Server{TLSConfig: &tls.Config{}}`, `s.TLSConfig.MinVersion = …`.

use super::creations::Creation;
use super::fate::Fate;
use super::held::holder;
use super::others::harmless_method;
use crate::go::syntax::{Does, Expr, Is, Span, Stmt};
use crate::meaning::{Lens, Node, NodeId, Site, Use};

/// Assignments to its fields that always follow its making before anyone else sees it, each with its place, the field and the value.
pub(super) fn sure<'s>(site: &Site<'s>, creation: &Creation<'s>, fate: &Fate) -> Vec<(Span, &'s str, &'s Expr)> {
    let body = &site.body;
    let mut fields = fate.fields.iter();
    let (Some(field), None) = (fields.next(), fields.next()) else { return Vec::new() };
    if !fate.holders.is_empty() || fate.global.is_some() || body.has_goto() {
        return Vec::new();
    }
    let given = site.body.with_address(creation.node);
    let Some(local) = holder(site, given, field) else { return Vec::new() };
    let Some(from) = body.span(given) else { return Vec::new() };
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

/// Whether a node is run whenever its function is left to run on behind another, which stands in branches alone.
pub(super) fn always(site: &Site, made: NodeId, node: NodeId) -> bool {
    let outermost = site.body.closure(made).unwrap_or(0);
    let in_branches = ancestors(site, made).take_while(|up| *up != outermost).all(|up| match site.body.node(up) {
        Some(Node::Stmt(stmt)) => !matches!(
            stmt.does,
            Does::For(_) | Does::Range(_) | Does::Select(_) | Does::Go(_) | Does::Defer(_) | Does::Labeled(..)
        ),
        _ => true,
    });
    in_branches && !site.body.is_conditional(node, outermost)
}

/// Whether another value takes a variable between two nodes: behind the first, before the second, and not in another branch.
pub(super) fn comes_between(site: &Site, made: NodeId, other: NodeId, node: NodeId) -> bool {
    !apart(site, made, other) && (is_in_loop(site, made) || made < other && other < node)
}

/// Whether what is made at a node is never met at another, in a branch that is run instead.
pub(super) fn never_meets(site: &Site, made: NodeId, node: NodeId) -> bool {
    apart(site, made, node) && !is_in_loop(site, made) && site.body.closure(made) == site.body.closure(node)
}

fn is_in_loop(site: &Site, node: NodeId) -> bool {
    let is_loop = |up| matches!(site.body.node(up), Some(Node::Stmt(Stmt { does: Does::For(_) | Does::Range(_), .. })));
    site.body.has_goto() || ancestors(site, node).any(is_loop)
}

/// Whether two nodes stand in branches of which one alone is run.
pub(super) fn apart(site: &Site, one: NodeId, other: NodeId) -> bool {
    let (Some(one_at), Some(other_at)) = (site.body.span(one), site.body.span(other)) else { return false };
    let within = |block: &[Stmt], at: Span| block.iter().any(|stmt| stmt.at.holds(at));
    let parted = |bodies: &[&[Stmt]]| {
        let of = |at| bodies.iter().position(|body| within(body, at));
        of(one_at).is_some() && of(other_at).is_some() && of(one_at) != of(other_at)
    };
    ancestors(site, one).any(|up| match site.body.node(up) {
        Some(Node::Stmt(stmt)) => match &stmt.does {
            Does::If(parts) => {
                parts.otherwise.as_ref().is_some_and(|other| parted(&[&parts.then, std::slice::from_ref(&**other)]))
            }
            Does::Switch(parts) => parted(&parts.cases.iter().map(|case| &*case.body).collect::<Vec<_>>()),
            Does::TypeSwitch(parts) => parted(&parts.cases.iter().map(|case| &*case.body).collect::<Vec<_>>()),
            Does::Select(cases) => parted(&cases.iter().map(|case| &*case.body).collect::<Vec<_>>()),
            _ => false,
        },
        _ => false,
    })
}

fn ancestors<'a>(site: &'a Site, node: NodeId) -> impl Iterator<Item = NodeId> + use<'a> {
    std::iter::successors(site.body.up(node), |at| site.body.up(*at))
}

/// What a function of the program does to a configuration before it does anything else with it.
pub(super) struct Handed<'s> {
    pub sets: Vec<(&'s str, Site<'s>, &'s Expr)>,
    /// Whether others may have it by the time the function ends.
    pub leaks: bool,
}

/// What is done by the function that is called with what stands at a node.
pub(super) fn handed<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> Option<Handed<'s>> {
    let Node::Expr(Expr { is: Is::Call(call), .. }) = site.body.node(site.body.around(node)?)? else { return None };
    let index = call.args.iter().position(|arg| site.body.is_at(arg, node))?;
    let (at, func) = lens.callee(site, call)?;
    let param = func.signature.params.get(index).filter(|param| !param.variadic)?;
    func.body.as_ref().filter(|_| !at.body.has_goto())?;
    let local = at.body.local_at(param.name.as_ref()?.at)?;
    let first_return = at.body.nodes.iter().position(|entry| is_return(&entry.node));
    let mut handed = Handed { sets: Vec::new(), leaks: false };
    for (node, used) in at.body.uses(local) {
        match used {
            Use::AssignField(field, Some(value)) => {
                let always = !at.body.is_conditional(node, 0) && at.body.closure(node).is_none();
                let left = first_return.is_some_and(|first| first < node as usize);
                if always && !left && !handed.leaks {
                    handed.sets.push((field, at.clone(), value));
                }
            }
            Use::Assign(_) => return None,
            Use::Method(name) if harmless_method(name) => {}
            Use::Read | Use::Address | Use::Method(_) => {
                let up = at.body.around(node).and_then(|up| at.body.node(up));
                handed.leaks |= !at.body.is_compared(node) && !up.is_some_and(|up| is_return(&up));
            }
            Use::AssignField(..) | Use::Field(_) => {}
        }
    }
    Some(handed)
}

fn is_return(node: &Node) -> bool {
    matches!(node, Node::Stmt(Stmt { does: Does::Return(_), .. }))
}
