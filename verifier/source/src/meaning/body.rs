//! One declaration with its nodes in a row, each with its parent, and its local names bound to what declares them (spec, "Declarations and scope").

use crate::go::syntax::{
    Block, Call, Does, Element, Expr, Field, Func, Is, Item, Jump, Op, Param, Signature, Stmt, TypeSpec, ValueSpec,
};
use std::collections::HashMap;

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
    /// `x.f` that is read; its node.
    Field(&'t str, NodeId),
    /// `x.m(…)`.
    Method(&'t str, &'t Call),
    /// Any other use: its value is read.
    Read,
}

#[derive(Debug, Default)]
pub(crate) struct Body<'t> {
    pub nodes: Vec<Entry<'t>>,
    pub locals: Vec<Local<'t>>,
    /// By where the name stands.
    names: HashMap<u32, LocalId>,
    uses: Vec<Vec<NodeId>>,
    /// By the address of the expression in its tree.
    places: HashMap<usize, NodeId>,
}

impl<'t> Body<'t> {
    pub fn new(item: &'t Item) -> Body<'t> {
        let mut binder =
            Binder { body: Body::default(), scopes: vec![Vec::new()], visible: HashMap::new(), up: 0, top: true };
        binder.item(item);
        binder.body
    }

    pub fn local(&self, name: &Expr) -> Option<LocalId> {
        self.names.get(&name.at.start).copied()
    }

    /// Where an expression of this declaration stands; `None` for those of others.
    pub fn place(&self, expr: &Expr) -> Option<NodeId> {
        self.places.get(&address(expr)).copied()
    }

    pub fn up(&self, node: NodeId) -> Option<NodeId> {
        let up = self.nodes.get(node as usize)?.up;
        (up != node).then_some(up)
    }

    pub fn node(&self, node: NodeId) -> Option<Node<'t>> {
        Some(self.nodes.get(node as usize)?.node)
    }

    /// The node around, parentheses left out.
    pub fn around(&self, node: NodeId) -> Option<NodeId> {
        let mut up = self.up(node)?;
        while let Some(Node::Expr(Expr { is: Is::Paren(_), .. })) = self.node(up) {
            up = self.up(up)?;
        }
        Some(up)
    }

    pub fn exprs(&self) -> impl Iterator<Item = (NodeId, &'t Expr)> + '_ {
        self.nodes.iter().enumerate().filter_map(|(id, entry)| match entry.node {
            Node::Expr(expr) => Some((id as NodeId, expr)),
            Node::Item(_) | Node::Stmt(_) | Node::Spec(_) | Node::Element(_) => None,
        })
    }

    /// Where a local's name stands, in the order of the text.
    pub fn uses(&self, local: LocalId) -> impl Iterator<Item = (NodeId, Use<'t>)> + '_ {
        let all = self.uses.get(local as usize).map(Vec::as_slice).unwrap_or_default();
        all.iter().map(|node| (*node, self.use_of(*node)))
    }

    /// What is done with what an expression names.
    pub fn use_of(&self, node: NodeId) -> Use<'t> {
        let Some((up, parent)) = self.around(node).and_then(|up| Some((up, self.node(up)?))) else { return Use::Read };
        match parent {
            Node::Stmt(stmt) => self.assigned(stmt, node).map_or(Use::Read, Use::Assign),
            Node::Expr(Expr { is: Is::Unary(Op::Address, _), .. }) => Use::Address,
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

    fn selected(&self, select: NodeId, field: &'t str) -> Use<'t> {
        match (self.use_of(select), self.around(select).and_then(|up| self.node(up))) {
            (Use::Assign(value), _) => Use::AssignField(field, value),
            // A part of the field is set, or may be set by whoever has its address.
            (Use::AssignField(..) | Use::Address, _) => Use::AssignField(field, None),
            (_, Some(Node::Expr(Expr { is: Is::Call(call), .. }))) if self.is_at(&call.fun, select) => {
                Use::Method(field, call)
            }
            _ => Use::Field(field, select),
        }
    }

    /// Whether the node is this expression, parentheses left out.
    pub fn is_at(&self, expr: &Expr, node: NodeId) -> bool {
        self.place(bare(expr)) == Some(node)
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

struct Binder<'t> {
    body: Body<'t>,
    /// Names of each scope, the innermost last.
    scopes: Vec<Vec<&'t str>>,
    /// By name: what it means from the outermost scope inwards, each with the depth of its scope.
    visible: HashMap<&'t str, Vec<(LocalId, usize)>>,
    up: NodeId,
    /// Names of the top level are the package's.
    top: bool,
}

impl<'t> Binder<'t> {
    fn enter(&mut self, node: Node<'t>) -> NodeId {
        let id = self.body.nodes.len() as NodeId;
        let up = if id == 0 { 0 } else { self.up };
        self.body.nodes.push(Entry { node, up });
        std::mem::replace(&mut self.up, id)
    }

    fn scoped(&mut self, inside: impl FnOnce(&mut Self)) {
        self.scopes.push(Vec::new());
        inside(self);
        for name in self.scopes.pop().unwrap_or_default() {
            if let Some(all) = self.visible.get_mut(name) {
                all.pop();
            }
        }
    }

    fn declare(&mut self, name: &'t str, at: u32, binding: Binding<'t>) {
        if name == "_" {
            return;
        }
        let id = self.body.locals.len() as LocalId;
        self.body.locals.push(Local { binding, at: self.up });
        self.body.uses.push(Vec::new());
        self.body.names.insert(at, id);
        let depth = self.scopes.len();
        self.visible.entry(name).or_default().push((id, depth));
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(name);
        }
    }

    fn item(&mut self, item: &'t Item) {
        let up = self.enter(Node::Item(item));
        match item {
            Item::Func(func) => self.func(func),
            Item::Values(specs) => specs.iter().for_each(|spec| self.spec(spec)),
            Item::Types(specs) => specs.iter().for_each(|spec| {
                if !self.top {
                    self.declare(&spec.name.name, spec.name.at.start, Binding::Type(spec));
                }
                self.expr(&spec.ty);
            }),
        }
        self.up = up;
    }

    fn func(&mut self, func: &'t Func) {
        self.top = false;
        self.scoped(|b| {
            b.params(func.receiver.as_slice());
            b.signature(&func.signature);
            b.scoped(|b| b.block(func.body.as_deref().unwrap_or_default()));
        });
    }

    fn signature(&mut self, signature: &'t Signature) {
        self.params(&signature.params);
        self.params(&signature.results);
    }

    fn params(&mut self, params: &'t [Param]) {
        for param in params {
            self.expr(&param.ty);
        }
        for param in params {
            let binding = if param.variadic { Binding::Variadic } else { Binding::Param(&param.ty) };
            if let Some(name) = &param.name {
                self.declare(&name.name, name.at.start, binding);
            }
        }
    }

    fn spec(&mut self, spec: &'t ValueSpec) {
        let up = self.enter(Node::Spec(spec));
        self.exprs(spec.ty.as_slice());
        self.exprs(&spec.values);
        let names = if self.top { &[][..] } else { spec.names.as_slice() };
        for (index, name) in names.iter().enumerate() {
            self.declare(&name.name, name.at.start, Binding::Value(spec, index));
        }
        self.up = up;
    }

    fn block(&mut self, block: &'t [Stmt]) {
        block.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn inner(&mut self, block: &'t Block) {
        self.scoped(|b| b.block(block));
    }

    fn stmt(&mut self, stmt: &'t Stmt) {
        let up = self.enter(Node::Stmt(stmt));
        match &stmt.does {
            Does::Expr(e) | Does::Go(e) | Does::Defer(e) => self.expr(e),
            Does::Send(a, b) => [a, b].into_iter().for_each(|e| self.expr(e)),
            Does::Assign(left, _, right) => {
                self.exprs(right);
                self.exprs(left);
            }
            Does::Define(left, right) => {
                self.exprs(right);
                self.define(left, |index| Binding::Define(right, index, left.len()));
            }
            Does::Return(values) => self.exprs(values),
            Does::Block(block) => self.inner(block),
            Does::If(if_) => self.scoped(|b| {
                b.stmts(&if_.init);
                b.expr(&if_.condition);
                b.inner(&if_.then);
                b.scoped(|b| b.stmts(&if_.otherwise));
            }),
            Does::Switch(switch) => self.scoped(|b| {
                b.stmts(&switch.init);
                b.exprs(switch.value.as_slice());
                for case in &switch.cases {
                    b.exprs(&case.values);
                    b.inner(&case.body);
                }
            }),
            Does::TypeSwitch(switch) => self.scoped(|b| {
                b.stmts(&switch.init);
                b.expr(&switch.value);
                for case in &switch.cases {
                    b.exprs(&case.values);
                    b.scoped(|b| {
                        if let Some(bound) = &switch.bound {
                            b.declare(&bound.name, bound.at.start, Binding::Other);
                        }
                        b.block(&case.body);
                    });
                }
            }),
            Does::Select(cases) => {
                for case in cases {
                    self.scoped(|b| {
                        b.stmts(&case.comm);
                        b.block(&case.body);
                    });
                }
            }
            Does::For(for_) => self.scoped(|b| {
                b.stmts(&for_.init);
                b.exprs(for_.condition.as_slice());
                b.stmts(&for_.post);
                b.inner(&for_.body);
            }),
            Does::Range(range) => self.scoped(|b| {
                b.expr(&range.over);
                match range.defines {
                    true => b.define(&range.left, |_| Binding::Other),
                    false => b.exprs(&range.left),
                }
                b.inner(&range.body);
            }),
            Does::Labeled(_, stmt) => self.stmt(stmt),
            Does::Decl(item) => self.item(item),
            Does::Jump(..) | Does::Empty | Does::Bad => {}
        }
        self.up = up;
    }

    fn stmts(&mut self, stmt: &'t Option<Stmt>) {
        stmt.iter().for_each(|stmt| self.stmt(stmt));
    }

    /// Names of the left side that the innermost scope has already are assigned, the others are new.
    fn define(&mut self, left: &'t [Expr], binding: impl Fn(usize) -> Binding<'t>) {
        for (index, expr) in left.iter().enumerate() {
            let Is::Name(name) = &expr.is else {
                self.expr(expr);
                continue;
            };
            let innermost = self.visible.get(&**name).and_then(|all| all.last());
            if innermost.is_some_and(|(_, depth)| *depth == self.scopes.len()) {
                self.expr(expr);
                continue;
            }
            let up = self.enter(Node::Expr(expr));
            self.body.places.insert(address(expr), self.up);
            self.up = up;
            self.declare(name, expr.at.start, binding(index));
        }
    }

    fn exprs(&mut self, exprs: &'t [Expr]) {
        exprs.iter().for_each(|e| self.expr(e));
    }

    fn expr(&mut self, expr: &'t Expr) {
        let up = self.enter(Node::Expr(expr));
        self.body.places.insert(address(expr), self.up);
        match &expr.is {
            Is::Name(name) => self.name(name, expr.at.start),
            Is::Literal(..) | Is::Interface | Is::Bad => {}
            Is::Composite(ty, elements) => {
                ty.iter().for_each(|ty| self.expr(ty));
                elements.iter().for_each(|element| self.element(element));
            }
            Is::Func(signature, block) => self.scoped(|b| {
                let top = std::mem::replace(&mut b.top, false);
                b.signature(signature);
                b.inner(block);
                b.top = top;
            }),
            Is::Paren(e) | Is::Select(e, _) | Is::Star(e) | Is::Unary(_, e) | Is::SliceOf(e) | Is::Chan(e) => {
                self.expr(e)
            }
            Is::Index(e, more) | Is::Slice(e, more) => {
                self.expr(e);
                self.exprs(more);
            }
            Is::Assert(a, b) | Is::Map(a, b) => [a, b].into_iter().for_each(|e| self.expr(e)),
            Is::Call(call) => {
                self.expr(&call.fun);
                self.exprs(&call.args);
            }
            Is::Binary(_, parts) => self.exprs(parts),
            Is::Array(size, of) => {
                size.iter().for_each(|e| self.expr(e));
                self.expr(of);
            }
            Is::FuncType(signature) => self.scoped(|b| b.signature(signature)),
            Is::Struct(fields) => fields.iter().for_each(|field: &'t Field| self.expr(&field.ty)),
        }
        self.up = up;
    }

    fn element(&mut self, element: &'t Element) {
        let up = self.enter(Node::Element(element));
        self.exprs(element.key.as_slice());
        self.expr(&element.value);
        self.up = up;
    }

    fn name(&mut self, name: &str, at: u32) {
        let found = self.visible.get(name).and_then(|all| all.last()).map(|(id, _)| *id);
        if let Some(id) = found {
            self.body.names.insert(at, id);
            if let Some(uses) = self.body.uses.get_mut(id as usize) {
                uses.push(self.up);
            }
        }
    }
}
