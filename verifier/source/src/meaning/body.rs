//! One declaration with its nodes in a row, each with its parent, and its local names bound to what declares them (spec, "Declarations and scope").

use super::bind::Binder;
use super::names::Place;
use crate::go::syntax::{Call, Does, Element, Expr, Is, Item, Jump, Op, Span, Stmt, TypeSpec, ValueSpec};
use crate::hashed::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub(crate) type NodeId = u32;
pub(crate) type LocalId = u32;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Node<'t> {
    Item(&'t Item),
    Stmt(&'t Stmt),
    Spec(&'t ValueSpec),
    Element(&'t Element),
    Expr(&'t Expr),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'t> {
    pub node: Node<'t>,
    /// The node around it; the first node is its own.
    pub up: NodeId,
}

/// What declares a local name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Binding<'t> {
    Param(&'t Expr),
    /// `...T`.
    Variadic,
    /// The line and the name's index in it.
    Value(&'t ValueSpec, usize),
    /// `a, b := …`: the right side and the name's index.
    Define(&'t [Expr], usize, usize),
    Type(&'t TypeSpec),
    /// A range's variable, a type switch's, a type parameter.
    Other,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Local<'t> {
    pub binding: Binding<'t>,
    /// The node that declares it.
    pub at: NodeId,
}

/// What is done with a variable where its name stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Use<'t> {
    /// The new value, where it is one expression; `None` with an operator, from a tuple or a range.
    Assign(Option<&'t Expr>),
    /// `x.f = value`, `x.f += …`.
    AssignField(&'t str, Option<&'t Expr>),
    Address,
    /// `x.f` that is read.
    Field(&'t str),
    /// `x.m(…)`.
    Method(&'t str),
    /// Any other use: its value is read.
    Read,
}

/// Bodies that were made, by their places.
#[derive(Default)]
pub(crate) struct Bodies<'t>(Mutex<Made<'t>>);

#[derive(Default)]
struct Made<'t> {
    bodies: HashMap<Place, Arc<Body<'t>>>,
    nodes: usize,
}

impl<'t> Bodies<'t> {
    /// Where they have become many, none is kept: most are asked for once, and the others are soon made again.
    const MOST: usize = 1 << 16;

    pub fn of(&self, place: Place, item: &'t Item) -> Arc<Body<'t>> {
        let made = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(body) = made().bodies.get(&place) {
            return body.clone();
        }
        let body = Arc::new(Body::new(item));
        let mut made = made();
        made.nodes += body.nodes.len();
        if made.nodes > Self::MOST {
            *made = Made { nodes: body.nodes.len(), ..Made::default() };
        }
        made.bodies.insert(place, body.clone());
        body
    }
}

#[derive(Debug, Default)]
pub(crate) struct Body<'t> {
    pub nodes: Vec<Entry<'t>>,
    pub locals: Vec<Local<'t>>,
    /// Where names stand, and what they mean there.
    pub(super) names: Vec<(u32, LocalId)>,
    pub(super) uses: Vec<(LocalId, NodeId)>,
    /// Expressions by their addresses in the tree, once one is sought.
    places: OnceLock<Box<[NodeId]>>,
}

impl<'t> Body<'t> {
    pub fn new(item: &'t Item) -> Body<'t> {
        let mut body = Binder::body(item);
        body.names.sort_by_key(|(at, _)| *at);
        body.uses.sort_by_key(|(local, _)| *local);
        // A body stays as long as its tree, and there are many.
        body.nodes.shrink_to_fit();
        body.locals.shrink_to_fit();
        body.names.shrink_to_fit();
        body.uses.shrink_to_fit();
        body
    }

    /// Of the expression at a node.
    fn address(&self, node: NodeId) -> usize {
        match self.node(node) {
            Some(Node::Expr(expr)) => address(expr),
            _ => 0,
        }
    }

    /// The local that an expression names; what begins with a name (`x.f`, `x[0]`) stands at the same place and is another thing.
    pub fn local(&self, name: &Expr) -> Option<LocalId> {
        if let Is::Name(_) = name.is { self.local_at(name.at) } else { None }
    }

    /// The local whose name stands at a place, also where it is declared.
    pub fn local_at(&self, at: Span) -> Option<LocalId> {
        let behind = self.names.partition_point(|(start, _)| *start <= at.start);
        let (start, local) = *self.names.get(behind.checked_sub(1)?)?;
        (start == at.start).then_some(local)
    }

    /// Where an expression of this declaration stands; `None` for those of others.
    pub fn place(&self, expr: &Expr) -> Option<NodeId> {
        let places = self.places.get_or_init(|| {
            let mut places: Vec<NodeId> = self.exprs().map(|(node, _)| node).collect();
            places.sort_unstable_by_key(|node| self.address(*node));
            places.into()
        });
        let index = places.binary_search_by_key(&address(expr), |node| self.address(*node)).ok()?;
        places.get(index).copied()
    }

    pub fn up(&self, node: NodeId) -> Option<NodeId> {
        let up = self.nodes.get(node as usize)?.up;
        (up != node).then_some(up)
    }

    pub fn node(&self, node: NodeId) -> Option<Node<'t>> {
        Some(self.nodes.get(node as usize)?.node)
    }

    /// Where an expression or a statement stands.
    pub fn span(&self, node: NodeId) -> Option<Span> {
        match self.node(node)? {
            Node::Expr(expr) => Some(expr.at),
            Node::Stmt(stmt) => Some(stmt.at),
            Node::Item(_) | Node::Spec(_) | Node::Element(_) => None,
        }
    }

    /// The nearest statement around a node.
    pub fn statement(&self, node: NodeId) -> Option<NodeId> {
        let mut ups = std::iter::successors(self.up(node), |at| self.up(*at));
        ups.find(|at| matches!(self.node(*at), Some(Node::Stmt(_))))
    }

    /// What stands at a node, or its address where that is taken.
    pub fn with_address(&self, node: NodeId) -> NodeId {
        match self.around(node).and_then(|up| Some((up, self.node(up)?))) {
            Some((up, Node::Expr(Expr { is: Is::Unary(Op::Address, _), .. }))) => up,
            _ => node,
        }
    }

    /// The node around, parentheses left out.
    pub fn around(&self, node: NodeId) -> Option<NodeId> {
        let mut up = self.up(node)?;
        while let Some(Node::Expr(Expr { is: Is::Paren(_), .. })) = self.node(up) {
            up = self.up(up)?;
        }
        Some(up)
    }

    /// `x == nil`: nothing is done with what stands at the node.
    pub fn is_compared(&self, node: NodeId) -> bool {
        let around = self.around(node).and_then(|up| self.node(up));
        matches!(around, Some(Node::Expr(Expr { is: Is::Binary(Op::Equal | Op::NotEqual, _), .. })))
    }

    /// The call of which a node is the function, type arguments left out.
    pub fn called(&self, node: NodeId) -> Option<(&'t Expr, &'t Call)> {
        let mut node = node;
        loop {
            let up = self.around(node)?;
            let Node::Expr(expr) = self.node(up)? else { return None };
            match &expr.is {
                Is::Call(call) if self.is_at(&call.fun, node) => return Some((expr, call)),
                Is::Index(base, _) if self.is_at(base, node) => node = up,
                _ => return None,
            }
        }
    }

    pub fn exprs(&self) -> impl Iterator<Item = (NodeId, &'t Expr)> + '_ {
        self.nodes.iter().enumerate().filter_map(|(id, entry)| match entry.node {
            Node::Expr(expr) => Some((id as NodeId, expr)),
            Node::Item(_) | Node::Stmt(_) | Node::Spec(_) | Node::Element(_) => None,
        })
    }

    /// Where a local's name stands, in the order of the text.
    pub fn uses(&self, local: LocalId) -> impl Iterator<Item = (NodeId, Use<'t>)> + '_ {
        let from = self.uses.partition_point(|(of, _)| *of < local);
        let all = self.uses[from..].iter().take_while(move |(of, _)| *of == local);
        all.map(|(_, node)| (*node, self.use_of(*node)))
    }

    /// What is done with what an expression names.
    pub fn use_of(&self, node: NodeId) -> Use<'t> {
        let Some((up, parent)) = self.around(node).and_then(|up| Some((up, self.node(up)?))) else { return Use::Read };
        match parent {
            Node::Stmt(stmt) => self.assigned(stmt, node).map_or(Use::Read, Use::Assign),
            Node::Expr(Expr { is: Is::Unary(Op::Address, _), .. }) => self.addressed(up),
            Node::Expr(Expr { is: Is::Star(_), .. }) => match self.use_of(up) {
                Use::Assign(_) => Use::Assign(None),
                Use::AssignField(name, value) => Use::AssignField(name, value),
                Use::Address | Use::Field(..) | Use::Method(..) | Use::Read => Use::Read,
            },
            Node::Expr(Expr { is: Is::Select(_, field), .. }) => self.selected(up, &field.name),
            // An element of an array, or of a slice or map that others see too.
            Node::Expr(Expr { is: Is::Index(base, _), .. }) if self.is_at(base, node) => match self.use_of(up) {
                Use::Assign(_) | Use::AssignField(..) | Use::Address => Use::Assign(None),
                Use::Field(..) | Use::Method(..) | Use::Read => Use::Read,
            },
            Node::Expr(_) | Node::Element(_) | Node::Spec(_) | Node::Item(_) => Use::Read,
        }
    }

    /// What is done with the thing whose address stands at a node: `*(&x)` and `(&x).f` are `x` and `x.f`.
    fn addressed(&self, address: NodeId) -> Use<'t> {
        let Some(up) = self.around(address) else { return Use::Address };
        match self.node(up) {
            Some(Node::Expr(Expr { is: Is::Star(_), .. })) => self.use_of(up),
            Some(Node::Expr(Expr { is: Is::Select(_, field), .. })) => self.selected(up, &field.name),
            _ => Use::Address,
        }
    }

    fn selected(&self, select: NodeId, field: &'t str) -> Use<'t> {
        match (self.use_of(select), self.around(select).and_then(|up| self.node(up))) {
            (Use::Assign(value), _) => Use::AssignField(field, value),
            // A part of the field is set, or may be set by whoever has its address.
            (Use::AssignField(..) | Use::Address, _) => Use::AssignField(field, None),
            (_, Some(Node::Expr(Expr { is: Is::Call(call), .. }))) if self.is_at(&call.fun, select) => {
                Use::Method(field)
            }
            _ => Use::Field(field),
        }
    }

    /// Whether the node is this expression, parentheses left out.
    pub fn is_at(&self, expr: &Expr, node: NodeId) -> bool {
        self.address(node) == address(bare(expr))
    }

    /// The new value where the statement sets what stands at the node.
    fn assigned(&self, stmt: &'t Stmt, node: NodeId) -> Option<Option<&'t Expr>> {
        let find = |left: &'t [Expr]| left.iter().position(|e| self.is_at(e, node));
        match &stmt.does {
            Does::Assign(left, op, right) => {
                let index = find(left)?;
                Some(right.get(index).filter(|_| op.is_none() && left.len() == right.len()))
            }
            Does::Define(left, right) => {
                let index = find(left)?;
                Some(right.get(index).filter(|_| left.len() == right.len()))
            }
            Does::Range(range) => find(&range.left).map(|_| None),
            _ => None,
        }
    }

    /// Whether the way from a node up to another passes something that may be run never, later or more than once.
    pub fn is_conditional(&self, node: NodeId, within: NodeId) -> bool {
        let mut at = node;
        while let Some(up) = self.up(at) {
            if at == within {
                return false;
            }
            match self.node(at) {
                Some(Node::Stmt(stmt)) if branches(&stmt.does) => return true,
                Some(Node::Expr(Expr { is: Is::Func(..), .. })) => return true,
                Some(Node::Expr(Expr { is: Is::Binary(Op::LogicalAnd | Op::LogicalOr, _), .. })) => return true,
                _ => {}
            }
            at = up;
        }
        at != within
    }

    /// Whether some statement may be jumped over.
    pub fn has_goto(&self) -> bool {
        let jumps = |entry: &Entry| matches!(entry.node, Node::Stmt(Stmt { does: Does::Jump(Jump::Goto, _), .. }));
        self.nodes.iter().any(jumps)
    }

    /// The nearest node around that is a block of statements' owner: what holds the statement in which a node stands.
    pub fn home(&self, node: NodeId) -> NodeId {
        let mut at = node;
        while let Some(up) = self.up(at) {
            let here = self.node(at);
            at = up;
            if matches!(here, Some(Node::Stmt(_))) {
                return at;
            }
        }
        at
    }

    /// The function literal around a node, where there is one.
    pub fn closure(&self, node: NodeId) -> Option<NodeId> {
        let mut at = node;
        while let Some(up) = self.up(at) {
            at = up;
            if matches!(self.node(at), Some(Node::Expr(Expr { is: Is::Func(..), .. }))) {
                return Some(at);
            }
        }
        None
    }

    /// The results of `return` statements that leave the declared function itself, or the closure at a node.
    pub fn returns(&self, of: Option<NodeId>) -> Vec<&'t [Expr]> {
        let own = |id: NodeId| self.closure(id) == of;
        let all = self.nodes.iter().enumerate().filter_map(|(id, entry)| match entry.node {
            Node::Stmt(Stmt { does: Does::Return(values), .. }) if own(id as NodeId) => Some(values.as_slice()),
            _ => None,
        });
        all.collect()
    }
}

pub(crate) fn bare(expr: &Expr) -> &Expr {
    match &expr.is {
        Is::Paren(inside) => bare(inside),
        _ => expr,
    }
}

fn address(expr: &Expr) -> usize {
    std::ptr::from_ref(expr) as usize
}

fn branches(does: &Does) -> bool {
    match does {
        Does::If(_) | Does::Switch(_) | Does::TypeSwitch(_) | Does::Select(_) | Does::For(_) | Does::Range(_) => true,
        Does::Go(_) | Does::Defer(_) | Does::Labeled(..) => true,
        Does::Expr(_) | Does::Send(..) | Does::Assign(..) | Does::Define(..) | Does::Return(_) | Does::Jump(..) => {
            false
        }
        Does::Block(_) | Does::Decl(_) | Does::Empty | Does::Bad => false,
    }
}
