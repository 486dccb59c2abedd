//! What a local variable can still hold where it is named, by the order of the statements; and statements that are surely never run.

use super::body::{Body, Entry, LocalId, Node, NodeId, Use, bare};
use super::names::{Lens, Site};
use super::value::Const;
use crate::go::syntax::{Block, Does, Expr, Is, Item, Jump, Span, Stmt};

/// Which of a local's values may be met at one place.
pub(crate) struct Alive<'b, 't> {
    body: &'b Body<'t>,
    /// The function in which the variable is declared.
    function: Option<NodeId>,
    /// From where on everything that was set before is gone.
    from: Option<u32>,
    /// From where on nothing is set before the place.
    until: Option<u32>,
    /// The assignment in which the place stands, which sets nothing before it is evaluated.
    within: Option<NodeId>,
}

impl<'t> Body<'t> {
    /// Of a local that is named at a node.
    pub fn alive(&self, local: LocalId, node: NodeId) -> Alive<'_, 't> {
        let mut alive = Alive { body: self, function: None, from: None, until: None, within: None };
        let (Some(found), Some(here)) = (self.locals.get(local as usize), self.span(node)) else { return alive };
        if self.has_goto() {
            return alive;
        }
        let is_param = matches!(self.node(found.at), Some(Node::Item(_) | Node::Expr(Expr { is: Is::Func(..), .. })));
        let home = if is_param { found.at } else { self.home(found.at) };
        if !is_param && self.is_in_header(home, found.at) {
            return alive;
        }
        let of_closure = matches!(self.node(found.at), Some(Node::Expr(Expr { is: Is::Func(..), .. })));
        alive.function = if of_closure { Some(found.at) } else { self.closure(found.at) };
        let sets = |(set, used): (NodeId, Use)| {
            let is_sure = matches!(used, Use::Assign(Some(_)))
                && self.closure(set) == alive.function
                && !self.is_conditional(set, home);
            let end = self.span(self.statement(set)?)?.end;
            (is_sure && end <= here.start).then_some(end)
        };
        alive.from = self.uses(local).filter_map(sets).max();
        if self.closure(node) == alive.function && !self.is_in_loop(node, home) {
            let stmt = self.statement(node);
            alive.until = stmt.and_then(|stmt| self.span(stmt)).map(|at| at.end);
            let assigns = |stmt: &NodeId| {
                matches!(self.node(*stmt), Some(Node::Stmt(Stmt { does: Does::Assign(..) | Does::Define(..), .. })))
            };
            alive.within = stmt.filter(assigns);
        }
        alive
    }

    /// Whether some `break` stands in a block that may leave what is around it: one in a loop of its own leaves that, unless it names another.
    fn has_break(&self, block: &Block) -> bool {
        let Some(around) = Span::of(block) else { return false };
        let breaks = |(id, entry): (usize, &Entry)| {
            let Node::Stmt(Stmt { does: Does::Jump(Jump::Break, label), at }) = entry.node else { return false };
            let inside = || {
                std::iter::successors(self.up(id as NodeId), |up| self.up(*up))
                    .take_while(|up| self.span(*up).is_some_and(|at| around.holds(at)))
                    .any(|up| matches!(self.node(up), Some(Node::Stmt(stmt)) if takes_break(&stmt.does)))
            };
            around.holds(*at) && (label.is_some() || !inside())
        };
        self.nodes.iter().enumerate().any(breaks)
    }

    /// `_ = f`, `var _ = func() { … }`: nobody has it afterwards. So it is by a name of which the same is true.
    pub fn is_thrown_away(&self, node: NodeId) -> bool {
        let is_lost = |local: LocalId| {
            let mut uses = self.uses(local).peekable();
            uses.peek().is_some() && uses.all(|(node, used)| matches!(used, Use::Read) && self.is_thrown_away(node))
        };
        let of = |values: &[Expr], names: usize| {
            values.iter().position(|value| self.is_at(value, node)).filter(|_| values.len() == names)
        };
        match self.around(node).and_then(|up| self.node(up)) {
            Some(Node::Stmt(Stmt { does: Does::Define(left, right), .. })) => {
                let target = of(right, left.len()).and_then(|index| left.get(index)).map(bare);
                target.is_some_and(|target| is_blank(target) || self.local(target).is_some_and(is_lost))
            }
            Some(Node::Stmt(Stmt { does: Does::Assign(left, None, right), .. })) => {
                of(right, left.len()).and_then(|index| left.get(index)).is_some_and(is_blank)
            }
            Some(Node::Spec(spec)) => {
                let name = of(&spec.values, spec.names.len()).and_then(|index| spec.names.get(index));
                name.is_some_and(|name| &*name.name == "_" || self.local_at(name.at).is_some_and(is_lost))
            }
            _ => false,
        }
    }

    /// `if x := f(); …`: what is set in one branch is not set in another.
    fn is_in_header(&self, home: NodeId, declared: NodeId) -> bool {
        let Some(Node::Stmt(stmt)) = self.node(home) else { return false };
        let init = match &stmt.does {
            Does::If(parts) => &parts.init,
            Does::For(parts) => &parts.init,
            Does::Switch(parts) => &parts.init,
            Does::TypeSwitch(parts) => &parts.init,
            _ => return false,
        };
        let at = self.span(declared).or_else(|| self.span(self.statement(declared)?));
        init.as_ref().zip(at).is_some_and(|(init, at)| init.at.holds(at))
    }

    fn is_in_loop(&self, node: NodeId, within: NodeId) -> bool {
        let ups = std::iter::successors(self.up(node), |at| self.up(*at)).take_while(|at| *at != within);
        ups.into_iter().any(|at| {
            matches!(
                self.node(at),
                Some(Node::Stmt(Stmt { does: Does::For(_) | Does::Range(_) | Does::Labeled(..), .. }))
            )
        })
    }
}

impl Alive<'_, '_> {
    /// Whether what the variable begins with may still be there.
    pub fn first(&self) -> bool {
        self.from.is_none()
    }

    /// Whether what is done to it at a node may show.
    pub fn shows(&self, node: NodeId) -> bool {
        let Some(at) = self.body.span(node) else { return true };
        let is_gone = self.from.is_some_and(|from| {
            let ends = self.body.statement(node).and_then(|stmt| self.body.span(stmt)).map(|at| at.end);
            self.body.closure(node) == self.function && ends.is_none_or(|end| end < from)
        });
        let is_later = self.within.is_some()
            && self.body.statement(node) == self.within
            && self.body.closure(node) == self.function;
        !is_gone && !is_later && self.until.is_none_or(|until| at.start < until)
    }
}

impl<'s> Lens<'s> {
    /// Whether a node is in a branch that a known condition shuts, behind what leaves its block, or in a function that is thrown away.
    pub fn is_never_run(&self, site: &Site<'s>, node: NodeId) -> bool {
        let body = &site.body;
        let mut at = node;
        while let (Some(up), Some(here)) = (body.up(at), body.span(at)) {
            let never = match body.node(up) {
                Some(Node::Stmt(stmt)) => self.shuts(site, stmt, here),
                Some(Node::Item(Item::Func(func))) => func.body.as_ref().is_some_and(|b| self.is_behind(site, b, here)),
                Some(Node::Expr(Expr { is: Is::Func(_, block), .. })) => {
                    self.is_behind(site, block, here) || body.is_thrown_away(up)
                }
                _ => false,
            };
            if never {
                return !body.has_goto();
            }
            at = up;
        }
        false
    }

    fn shuts(&self, site: &Site<'s>, stmt: &Stmt, here: Span) -> bool {
        let is = |condition: &Expr, value: bool| self.eval(site, condition).single() == Some(&Const::Bool(value));
        let behind = |block: &Block| self.is_behind(site, block, here);
        match &stmt.does {
            Does::If(parts) => {
                let then = Span::of(&parts.then).is_some_and(|then| then.holds(here));
                let other = parts.otherwise.as_ref().is_some_and(|other| other.at.holds(here));
                then && (behind(&parts.then) || is(&parts.condition, false)) || other && is(&parts.condition, true)
            }
            Does::For(parts) => {
                let inside = Span::of(&parts.body).is_some_and(|body| body.holds(here));
                inside && (behind(&parts.body) || parts.condition.as_ref().is_some_and(|c| is(c, false)))
            }
            Does::Range(parts) => behind(&parts.body),
            Does::Block(block) => behind(block),
            Does::Switch(parts) => parts.cases.iter().any(|case| behind(&case.body)),
            Does::TypeSwitch(parts) => parts.cases.iter().any(|case| behind(&case.body)),
            Does::Select(cases) => cases.iter().any(|case| behind(&case.body)),
            _ => false,
        }
    }

    /// Whether what stands somewhere in a block stands behind a statement that nothing comes back from.
    fn is_behind(&self, site: &Site<'s>, block: &[Stmt], here: Span) -> bool {
        let Some(own) = block.iter().position(|stmt| stmt.at.holds(here)) else { return false };
        block[..own].iter().any(|stmt| self.is_last(site, stmt))
    }

    /// Whether nothing behind a statement of its block is run.
    fn is_last(&self, site: &Site<'s>, stmt: &Stmt) -> bool {
        let is = |condition: &Expr, value: bool| self.eval(site, condition).single() == Some(&Const::Bool(value));
        let any = |block: &Block| block.iter().any(|stmt| self.is_last(site, stmt));
        match &stmt.does {
            Does::Jump(..) => true,
            Does::Select(cases) => cases.is_empty(),
            Does::Block(block) => any(block),
            Does::If(parts) => {
                let otherwise = parts.otherwise.as_ref().is_some_and(|other| self.is_last(site, other));
                match (any(&parts.then), otherwise) {
                    (true, true) => true,
                    (true, false) => is(&parts.condition, true),
                    (false, true) => is(&parts.condition, false),
                    (false, false) => false,
                }
            }
            // Nothing comes out of a loop without an end but by `break`.
            Does::For(parts) => parts.condition.is_none() && !site.body.has_break(&parts.body),
            _ => self.leaves(site, stmt),
        }
    }
}

fn is_blank(target: &Expr) -> bool {
    matches!(&bare(target).is, Is::Name(name) if &**name == "_")
}

/// What a `break` without a label leaves.
fn takes_break(does: &Does) -> bool {
    matches!(does, Does::For(_) | Does::Range(_) | Does::Switch(_) | Does::TypeSwitch(_) | Does::Select(_))
}
