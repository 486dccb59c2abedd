//! Values of fields of structs that the program makes: from literals, zero values and `new`, and from what is assigned behind them.
//!
//! A struct that leaves its function may be changed wherever a field of that name is assigned in the program: those values join.

use super::types::Types;
use crate::go::syntax::{Does, Element, Expr, Is, Op, Span, Stmt};
use crate::meaning::{Const, Lens, Node, NodeId, Site, Use, Value, bare};
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
    /// A copy, whose fields are those of something else.
    copy: bool,
}

/// What is assigned to fields of such structs outside of the functions that make them, by field.
pub(super) type Elsewhere = BTreeMap<String, Value>;

/// The structs of the types that a declaration makes.
pub(super) fn made<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>) -> Vec<Made<'s>> {
    let mut out = Vec::new();
    for (node, expr) in site.body.exprs() {
        let (elements, copy): (&[Element], bool) = match &expr.is {
            Is::Composite(Some(ty), elements) if types.is_plain(lens, site, ty) => (elements, false),
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
                Is::Select(base, name) if &*name.name == "Clone" && types.of(lens, site, base).is_some() => (&[], true),
                _ => continue,
            },
            _ => continue,
        };
        let local = holder(site, node);
        out.push(Made { at: expr.at, elements, local, escapes: local.is_none_or(|l| escapes(site, l)), copy });
    }
    for entry in &site.body.nodes {
        let Node::Spec(spec) = entry.node else { continue };
        let zero = spec.values.is_empty() && spec.ty.as_ref().is_some_and(|ty| types.is_plain(lens, site, ty));
        for name in spec.names.iter().filter(|name| zero && &*name.name != "_") {
            let local = site.body.local_at(name.at);
            let escapes = local.is_none_or(|l| escapes(site, l));
            out.push(Made { at: name.at, elements: &[], local, escapes, copy: false });
        }
    }
    out.sort_by_key(|made| made.at);
    out
}

impl<'s> Made<'s> {
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
            for (node, used) in site.body.uses(local) {
                match used {
                    Use::AssignField(field, new) if field == name => {
                        let new = new.map_or_else(unknown, |e| lens.eval(site, e));
                        // What always happens in the same block, before anyone else sees it, takes the place of what was there.
                        let always = !site.body.is_conditional(node, 0) && site.body.closure(node).is_none();
                        let sure = always && !self.escapes && !site.body.has_goto();
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
    let harmless = ["Do", "Get", "Post", "PostForm", "Head", "CloseIdleConnections"];
    site.body.uses(local).any(|(_, used)| match used {
        Use::Read | Use::Address => true,
        Use::Method(name, _) => !harmless.contains(&name),
        Use::Assign(_) | Use::AssignField(..) | Use::Field(..) => false,
    })
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
