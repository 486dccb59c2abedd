//! Values of fields of structs that the program makes: from literals, zero values and `new`, and from what is assigned behind them.
//!
//! A struct that leaves its function may be changed wherever a field of that name is assigned in the program: those values join.

use super::implied::Implied;
use super::types::Types;
use crate::go::syntax::{Does, Element, Expr, Is, Item, Op, Span, Stmt, TypeSpec};
use crate::meaning::{Const, Lens, Node, NodeId, Site, Symbol, Use, Value, bare};
use assize_facts::reason;
use std::collections::BTreeMap;

/// A struct that is made.
pub(super) struct Made<'s> {
    pub at: Span,
    elements: &'s [Element],
    /// The variable that holds it.
    local: Option<u32>,
    /// Whether other code can get at it.
    escapes: bool,
    /// A copy, or a part of another struct: its fields are those of something else.
    copy: bool,
    /// What is copied by a call of its `Clone`.
    pub cloned: Option<&'s Expr>,
}

/// What is assigned to fields of such structs outside of the functions that make them, by field.
pub(super) type Elsewhere = BTreeMap<String, Value>;

/// The structs of the types that a declaration makes.
pub(super) fn made<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>) -> Vec<Made<'s>> {
    let mut out = Vec::new();
    for (node, expr) in site.body.exprs() {
        let mut cloned = None;
        let (elements, copy): (&[Element], bool) = match &expr.is {
            Is::Composite(Some(ty), elements) if types.is_plain(lens, site, ty) => (elements, false),
            Is::Composite(None, elements) if Implied::of(lens, site, node).is_some_and(|of| of.is_of(lens, types)) => {
                (elements, false)
            }
            Is::Composite(Some(ty), elements)
                if holds_unstated(lens, types, site, ty, elements) && !is_only_checked(site, node) =>
            {
                (&[], true)
            }
            Is::Call(call) if lens.symbol(site, &call.fun).is_some_and(|s| s.is("", "new")) => {
                match call.args.first() {
                    Some(arg) if types.is_plain(lens, site, arg) => (&[], false),
                    _ => continue,
                }
            }
            Is::Star(inner) if is_copied(site, node) && types.of(lens, site, inner).is_some_and(|t| t.pointer) => {
                (&[], true)
            }
            Is::Call(call) => match &bare(&call.fun).is {
                Is::Select(base, name) if &*name.name == "Clone" && types.of(lens, site, base).is_some() => {
                    cloned = Some(bare(base));
                    (&[], true)
                }
                _ => continue,
            },
            _ => continue,
        };
        let local = holder(site, node);
        out.push(Made { at: expr.at, elements, local, escapes: local.is_none_or(|l| escapes(site, l)), copy, cloned });
    }
    for entry in &site.body.nodes {
        let Node::Spec(spec) = entry.node else { continue };
        let zero = spec.values.is_empty() && spec.ty.as_ref().is_some_and(|ty| types.is_plain(lens, site, ty));
        for name in spec.names.iter().filter(|name| zero && &*name.name != "_") {
            let local = site.body.local_at(name.at);
            let escapes = local.is_none_or(|l| escapes(site, l));
            out.push(Made { at: name.at, elements: &[], local, escapes, copy: false, cloned: None });
        }
    }
    out.sort_by_key(|made| made.at);
    out
}

/// The structs of a declaration that hold one of the types by its value.
pub(super) fn holders<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>) -> Vec<Symbol> {
    let Some(Item::Types(specs)) = lens.item(site.place) else { return Vec::new() };
    let holds = |spec: &&TypeSpec| match &bare(&spec.ty).is {
        Is::Struct(fields) => fields.iter().any(|field| types.is_plain(lens, site, &field.ty)),
        _ => false,
    };
    let own = lens.package(site.place.file);
    specs.iter().filter(holds).map(|spec| Symbol::new(own, &spec.name.name)).collect()
}

/// `var _ Doer = &api{}`: what only shows that a type has an interface's methods.
fn is_only_checked(site: &Site, node: NodeId) -> bool {
    let mut up = site.body.around(node);
    while let Some(at) = up {
        match site.body.node(at) {
            Some(Node::Expr(Expr { is: Is::Unary(Op::Address, _), .. })) => up = site.body.around(at),
            Some(Node::Spec(spec)) => return spec.names.iter().all(|name| &*name.name == "_"),
            _ => return false,
        }
    }
    false
}

/// Whether a literal of a struct that holds one of the types says nothing of it.
fn holds_unstated<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>, ty: &Expr, elements: &[Element]) -> bool {
    let Some((at, spec)) = lens.named(site, ty).and_then(|ty| lens.type_spec(&ty.name)) else { return false };
    let Is::Struct(fields) = &bare(&spec.ty).is else { return false };
    let stated = |name: &str| {
        elements.iter().any(|e| match &e.key {
            Some(Expr { is: Is::Name(key), .. }) => &**key == name,
            _ => true,
        })
    };
    fields.iter().filter(|field| types.is_plain(lens, &at, &field.ty)).any(|field| match field.names.as_slice() {
        [] => lens.named(&at, &field.ty).is_some_and(|ty| !stated(&ty.name.name)),
        names => names.iter().any(|name| !stated(&name.name)),
    })
}

impl<'s> Made<'s> {
    /// Takes a copy of something whose fields are known for what has them.
    pub fn known(self) -> Made<'s> {
        Made { copy: false, ..self }
    }

    /// Every value that a field can have; of one that nothing sets its zero value.
    pub fn field(&self, lens: &Lens<'s>, site: &Site<'s>, elsewhere: &Elsewhere, name: &str, zero: Const) -> Value {
        let unknown = || Value::Unknown(reason!("struct-not-followed", field = name));
        if self.copy {
            return unknown();
        }
        let key = |e: &&Element| matches!(&e.key, Some(Expr { is: Is::Name(key), .. }) if &**key == name);
        let mut value = match self.elements.iter().find(key) {
            Some(element) => lens.eval(site, &element.value),
            None if self.elements.iter().any(|e| e.key.is_none()) => return unknown(),
            None => Value::one(zero),
        };
        if let Some(local) = self.local {
            // Whether anyone else may have got it by then.
            let mut seen = false;
            for (node, used) in site.body.uses(local) {
                seen |= is_escape(used);
                match used {
                    Use::AssignField(field, new) if field == name => {
                        let new = new.map_or_else(unknown, |e| lens.eval(site, e));
                        // What always happens in the same block, before anyone else sees it, takes the place of what was there.
                        let always = !site.body.is_conditional(node, 0) && site.body.closure(node).is_none();
                        let sure = always && !seen && !site.body.has_goto();
                        value = if sure { new } else { value.or(new) };
                    }
                    Use::Assign(_) => return unknown(),
                    _ => {}
                }
            }
        }
        match elsewhere.get(name).filter(|_| self.escapes) {
            Some(more) => value.or(more.clone()),
            None => value,
        }
    }
}

/// Assignments to the fields of structs of the types that a declaration did not make itself.
pub(super) fn assigned<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>, fields: &[&str]) -> Vec<(String, Value)> {
    let own: Vec<u32> = made(lens, types, site).iter().filter_map(|made| made.local).collect();
    let mut out = Vec::new();
    for (node, expr) in site.body.exprs() {
        let Is::Select(base, field) = &expr.is else { continue };
        if !fields.contains(&&*field.name) {
            continue;
        }
        let Use::Assign(value) = site.body.use_of(node) else { continue };
        let base = bare(base);
        let local = site.body.local(base).filter(|_| matches!(base.is, Is::Name(_)));
        if local.is_some_and(|local| own.contains(&local)) {
            continue;
        }
        // Of a type that is not told it counts where such a struct can be named.
        let is = match lens.type_of(site, base) {
            Some(ty) => lens.has_from(&ty.name, &field.name, &|known| types.has_name(known)),
            None => types.matters(lens, site.place.file),
        };
        if is {
            let unknown = || Value::Unknown(reason!("struct-not-followed", field = field.name));
            out.push((field.name.to_string(), value.map_or_else(unknown, |e| lens.eval(site, e))));
        }
    }
    out
}

/// The local variable that a new struct, or its address, is put into.
fn holder(site: &Site, node: NodeId) -> Option<u32> {
    let mut node = node;
    let mut up = site.body.around(node)?;
    if let Some(Node::Expr(Expr { is: Is::Unary(Op::Address, _), .. })) = site.body.node(up) {
        node = up;
        up = site.body.around(up)?;
    }
    let name = match site.body.node(up)? {
        Node::Stmt(Stmt { does: Does::Define(left, right), .. }) if left.len() == right.len() => {
            left.get(right.iter().position(|e| site.body.is_at(e, node))?)?
        }
        Node::Spec(spec) if spec.names.len() == spec.values.len() => {
            let index = spec.values.iter().position(|e| site.body.is_at(e, node))?;
            return site.body.local_at(spec.names.get(index)?.at);
        }
        _ => return None,
    };
    site.body.local(bare(name))
}

/// Whether a variable's struct can be reached by other code.
fn escapes(site: &Site, local: u32) -> bool {
    site.body.uses(local).any(|(_, used)| is_escape(used))
}

fn is_escape(used: Use) -> bool {
    let harmless = ["Do", "Get", "Post", "PostForm", "Head", "CloseIdleConnections"];
    match used {
        Use::Read | Use::Address => true,
        Use::Method(name, _) => !harmless.contains(&name),
        Use::Assign(_) | Use::AssignField(..) | Use::Field(..) => false,
    }
}

/// Whether the struct behind a pointer is copied where it stands.
fn is_copied(site: &Site, node: NodeId) -> bool {
    let Some(up) = site.body.around(node) else { return false };
    match site.body.node(up) {
        Some(Node::Stmt(Stmt { does: Does::Define(_, right) | Does::Assign(_, None, right), .. })) => {
            right.iter().any(|e| site.body.is_at(e, node))
        }
        Some(Node::Spec(spec)) => spec.values.iter().any(|e| site.body.is_at(e, node)),
        _ => false,
    }
}
