//! Makes a [`Body`]: goes through a declaration in the order of its text, opens and closes scopes, and binds names (spec, "Declarations and scope").

use super::body::{Binding, Body, Entry, Local, LocalId, Node, NodeId};
use crate::go::syntax::{Block, Does, Element, Expr, Field, Func, Is, Item, Param, Signature, Stmt, ValueSpec};
use crate::hashed::HashMap;

pub(super) struct Binder<'t> {
    body: Body<'t>,
    /// How many scopes are open.
    depth: u32,
    /// By name: what it means here, with the depth of its scope.
    visible: HashMap<&'t str, (LocalId, u32)>,
    /// What names of the open scopes meant before, the innermost last.
    hidden: Vec<(&'t str, Option<(LocalId, u32)>)>,
    up: NodeId,
    /// Names of the top level are the package's.
    top: bool,
}

impl<'t> Binder<'t> {
    /// Everything of a top-level declaration.
    pub fn body(item: &'t Item) -> Body<'t> {
        let mut binder = Binder {
            body: Body::default(),
            depth: 1,
            visible: HashMap::default(),
            hidden: Vec::new(),
            up: 0,
            top: true,
        };
        binder.item(item);
        binder.body
    }

    fn enter(&mut self, node: Node<'t>) -> NodeId {
        let id = self.body.nodes.len() as NodeId;
        let up = if id == 0 { 0 } else { self.up };
        self.body.nodes.push(Entry { node, up });
        std::mem::replace(&mut self.up, id)
    }

    fn scoped(&mut self, inside: impl FnOnce(&mut Self)) {
        let outer = self.hidden.len();
        self.depth += 1;
        inside(self);
        self.depth -= 1;
        while self.hidden.len() > outer {
            match self.hidden.pop() {
                Some((name, Some(before))) => self.visible.insert(name, before),
                Some((name, None)) => self.visible.remove(name),
                None => None,
            };
        }
    }

    fn declare(&mut self, name: &'t str, at: u32, binding: Binding<'t>) {
        if name == "_" {
            return;
        }
        let id = self.body.locals.len() as LocalId;
        self.body.locals.push(Local { binding, at: self.up });
        self.body.names.push((at, id));
        let before = self.visible.insert(name, (id, self.depth));
        self.hidden.push((name, before));
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
            Does::Send(both) => self.exprs(&**both),
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

    fn stmts(&mut self, stmt: &'t Option<Box<Stmt>>) {
        stmt.iter().for_each(|stmt| self.stmt(stmt));
    }

    /// Names of the left side that the innermost scope has already are assigned, the others are new.
    fn define(&mut self, left: &'t [Expr], binding: impl Fn(usize) -> Binding<'t>) {
        for (index, expr) in left.iter().enumerate() {
            let Is::Name(name) = &expr.is else {
                self.expr(expr);
                continue;
            };
            let innermost = self.visible.get(&**name);
            if innermost.is_some_and(|(_, depth)| *depth == self.depth) {
                self.expr(expr);
                continue;
            }
            let up = self.enter(Node::Expr(expr));
            self.up = up;
            self.declare(name, expr.at.start, binding(index));
        }
    }

    fn exprs(&mut self, exprs: &'t [Expr]) {
        exprs.iter().for_each(|e| self.expr(e));
    }

    fn expr(&mut self, expr: &'t Expr) {
        let up = self.enter(Node::Expr(expr));
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
        if let Some((id, _)) = self.visible.get(name).copied() {
            self.body.names.push((at, id));
            self.body.uses.push((id, self.up));
        }
    }
}
