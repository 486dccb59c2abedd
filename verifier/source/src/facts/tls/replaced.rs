//! Variables that are set whole again: those whose zero value nobody ever sees, and where a value surely has gone from one.

use super::creations::Creation;
use crate::go::syntax::{Does, Expr, Is, Item, Op, Span, Stmt};
use crate::meaning::{Lens, Node, NodeId, Site, Use, bare};

/// Whether a local variable's zero value is replaced before it is used. Only declarations at the top of a function are followed.
pub(super) fn before_use<'s>(lens: &Lens<'s>, site: &Site<'s>, creation: &Creation<'s>) -> bool {
    let (Some(local), Some(_)) = (creation.local, creation.line) else { return false };
    let Some(Item::Func(func)) = lens.item(site.place) else { return false };
    let Some(body) = func.body.as_ref().filter(|_| !site.body.has_goto()) else { return false };
    let Some(at) = body.iter().position(|stmt| stmt.at.holds(creation.expr_at)) else { return false };
    let declared = matches!(body[at].does, Does::Decl(_));
    declared && (Way { site, local }).sets(&body[at + 1..])
}

/// The same for a local variable without a value of its own, whatever its type.
pub(super) fn is_set_first<'s>(lens: &Lens<'s>, site: &Site<'s>, local: u32) -> bool {
    let declared = site.body.locals.get(local as usize).and_then(|found| site.body.node(found.at));
    let Some(Node::Spec(spec)) = declared else { return false };
    let Some(Item::Func(func)) = lens.item(site.place) else { return false };
    let Some(body) = func.body.as_ref().filter(|_| !site.body.has_goto()) else { return false };
    let Some(name) = spec.names.first() else { return false };
    let at = body.iter().position(|stmt| stmt.at.holds(name.at));
    at.is_some_and(|at| (Way { site, local }).sets(&body[at + 1..]))
}

struct Way<'w, 's> {
    site: &'w Site<'s>,
    local: u32,
}

impl Way<'_, '_> {
    /// Whether the statements set the variable whole, or leave the function, before they use it.
    fn sets(&self, stmts: &[Stmt]) -> bool {
        for stmt in stmts {
            if self.sets_by(stmt) {
                return true;
            }
            if self.uses(stmt.at) > 0 {
                return false;
            }
            if matches!(stmt.does, Does::Return(_)) {
                return true;
            }
        }
        false
    }

    fn sets_by(&self, stmt: &Stmt) -> bool {
        match &stmt.does {
            Does::Assign(left, None, _) => left.iter().any(|target| self.is_it(target)) && self.uses(stmt.at) == 1,
            Does::Block(block) => self.sets(block),
            Does::If(parts) => {
                if parts.init.as_ref().is_some_and(|init| self.sets_by(init)) {
                    return true;
                }
                let before = parts.init.as_ref().map_or(0, |init| self.uses(init.at)) + self.uses(parts.condition.at);
                let otherwise = parts.otherwise.as_ref().is_some_and(|other| self.sets_by(other));
                before == 0 && self.sets(&parts.then) && otherwise
            }
            _ => false,
        }
    }

    fn is_it(&self, target: &Expr) -> bool {
        let target = bare(target);
        matches!(target.is, Is::Name(_)) && self.site.body.local(target) == Some(self.local)
    }

    /// How often the variable is named in a part of the function.
    fn uses(&self, part: Span) -> usize {
        // What cannot be placed may stand anywhere.
        let within = |node| self.site.body.span(node).is_none_or(|at| part.holds(at));
        self.site.body.uses(self.local).filter(|(node, _)| within(*node)).count()
    }
}

/// Where a variable surely gets another value.
pub(in crate::facts) struct Replacement {
    node: NodeId,
    stmt: Span,
}

/// The first assignment behind a node that sets a variable whole whenever the block that declares it is run.
pub(in crate::facts) fn whole(site: &Site, local: u32, from: NodeId) -> Option<Replacement> {
    let declared = site.body.locals.get(local as usize)?.at;
    if site.body.has_goto() || site.body.closure(from) != site.body.closure(declared) {
        return None;
    }
    let home = site.body.home(declared);
    let alone = site.body.uses(local).find_map(|(node, used)| {
        let Some(Node::Stmt(stmt)) = site.body.up(node).and_then(|up| site.body.node(up)) else { return None };
        let is_other = node > from && !site.body.span(from).is_some_and(|from| stmt.at.holds(from));
        let surely = matches!(used, Use::Assign(_))
            && !site.body.is_conditional(node, home)
            && site.body.closure(node) == site.body.closure(declared);
        (is_other && surely).then_some(Replacement { node, stmt: stmt.at })
    });
    alone.or_else(|| either(site, local, from, home))
}

/// The first `if` behind a node both of whose branches set a variable.
fn either(site: &Site, local: u32, from: NodeId, home: NodeId) -> Option<Replacement> {
    let is_set = |block: &[Stmt]| {
        block.iter().any(|stmt| match &stmt.does {
            Does::Assign(left, None, _) => left.iter().any(|target| site.body.local(bare(target)) == Some(local)),
            _ => false,
        })
    };
    site.body.nodes.iter().enumerate().skip(from as usize + 1).find_map(|(node, entry)| {
        let (node, Node::Stmt(stmt)) = (node as NodeId, entry.node) else { return None };
        let Does::If(parts) = &stmt.does else { return None };
        let otherwise = parts.otherwise.as_ref().map(|other| &other.does);
        let both = is_set(&parts.then) && matches!(otherwise, Some(Does::Block(block)) if is_set(block));
        let is_behind = !site.body.span(from).is_some_and(|from| stmt.at.holds(from));
        (both && is_behind && site.body.up(node) == Some(home)).then_some(Replacement { node, stmt: stmt.at })
    })
}

/// Whether a field of the struct literal at a node surely gets another value before anyone sees it: by the variable that the literal is made for.
pub(super) fn field(site: &Site, literal: NodeId, field: &str) -> bool {
    let body = &site.body;
    let Some((local, declared)) = variable(site, literal).filter(|_| !body.has_goto()) else { return false };
    for (node, used) in body.uses(local) {
        match used {
            Use::AssignField(name, _) | Use::Field(name) if name != field => {}
            Use::AssignField(_, Some(_)) => {
                let stmt = body.up(node).and_then(|select| body.up(select)).and_then(|stmt| body.node(stmt));
                let Some(Node::Stmt(stmt)) = stmt else { return false };
                let inside = |(node, _)| site.body.span(node).is_none_or(|at| stmt.at.holds(at));
                return body.uses(local).filter(|found| inside(*found)).count() == 1
                    && !body.is_conditional(node, body.home(declared))
                    && body.closure(node) == body.closure(declared);
            }
            _ => return false,
        }
    }
    false
}

/// The variable that is declared with the struct literal at a node, or with its address, and the declaring node.
fn variable(site: &Site, literal: NodeId) -> Option<(u32, NodeId)> {
    let body = &site.body;
    let mut made = literal;
    loop {
        let up = body.around(made)?;
        let name = match body.node(up)? {
            Node::Expr(Expr { is: Is::Unary(Op::Address, _), .. }) => {
                made = up;
                continue;
            }
            Node::Stmt(Stmt { does: Does::Define(left, right), .. }) if left.len() == right.len() => {
                bare(left.get(right.iter().position(|value| body.is_at(value, made))?)?).at
            }
            Node::Spec(spec) => spec.names.get(spec.values.iter().position(|value| body.is_at(value, made))?)?.at,
            _ => return None,
        };
        let local = body.local_at(name)?;
        let declared = body.locals.get(local as usize)?.at;
        // `srv, err := …` may set a variable that there was.
        return site.body.span(declared).is_none_or(|at| at.holds(name)).then_some((local, declared));
    }
}

impl Replacement {
    /// Whether it is the variable's name at a node that gets the new value.
    pub(in crate::facts) fn is_at(&self, node: NodeId) -> bool {
        node == self.node
    }

    /// Whether what stands at a node sees the new value.
    pub(in crate::facts) fn hides(&self, site: &Site, node: NodeId) -> bool {
        node > self.node && site.body.span(node).is_some_and(|at| !self.stmt.holds(at))
    }
}
