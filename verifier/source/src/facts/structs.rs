//! Values of fields of structs that the program makes: from literals, zero values (also in arrays and other structs), `make` and `new`, and from
//! what is assigned behind them.
//!
//! A struct that leaves its function may be changed wherever a field of that name is assigned in the program: those values join.

use super::implied::Implied;
use super::types::Types;
use crate::go::syntax::{Call, Does, Element, Expr, Ident, Is, Item, Op, Span, Stmt, TypeSpec};
use crate::meaning::body::{Binding, Local};
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
    form: Form,
    /// What is copied by a call of its `Clone`.
    pub cloned: Option<&'s Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Own,
    /// Of an array or of another struct, of which it is a part that nothing is said of.
    Part,
    /// Its fields are those of something else.
    Copy,
}

/// What is assigned to fields of such structs outside of the functions that make them, by field.
#[derive(Default)]
pub(super) struct Elsewhere {
    pub fields: BTreeMap<String, Value>,
    /// Whether whole structs are put where others were.
    pub replaced: bool,
    /// Whether some are handed to what sets fields by their names (package reflect).
    pub reflected: bool,
}

/// The structs of the types that a declaration makes.
pub(super) fn made<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>) -> Vec<Made<'s>> {
    let mut out = Vec::new();
    for (node, expr) in site.body.exprs() {
        let mut cloned = None;
        let (elements, form): (&[Element], Form) = match &expr.is {
            Is::Composite(Some(ty), elements) if types.is_plain(lens, site, ty) => (elements, Form::Own),
            Is::Composite(Some(ty), elements)
                if leaves_out(lens, types, site, ty, elements) && !is_only_checked(site, node) =>
            {
                (&[], Form::Part)
            }
            Is::Composite(None, elements) => match Implied::of(lens, site, node) {
                Some(of) if of.is_of(lens, types) => (elements, Form::Own),
                Some(of) if leaves_out(lens, types, &of.site, pointed(of.ty), elements) => (&[], Form::Part),
                _ => continue,
            },
            Is::Call(call) if let Some(form) = made_by(lens, types, site, call) => (&[], form),
            // A generic function that is told the type may make one.
            Is::Index(fun, args) if args.iter().any(|ty| types.is_plain(lens, site, ty)) => {
                match lens.symbol(site, fun).and_then(|symbol| lens.function(&symbol)) {
                    Some(_) => (&[], Form::Copy),
                    None => continue,
                }
            }
            Is::Star(inner) if is_copied(site, node) && types.of(lens, site, inner).is_some_and(|t| t.pointer) => {
                (&[], Form::Copy)
            }
            Is::Call(call) => match &bare(&call.fun).is {
                Is::Select(base, name) if &*name.name == "Clone" && types.of(lens, site, base).is_some() => {
                    cloned = Some(bare(base));
                    (&[], Form::Copy)
                }
                _ => continue,
            },
            _ => continue,
        };
        let local = holder(site, node);
        out.push(Made { at: expr.at, elements, local, escapes: local.is_none_or(|l| escapes(site, l)), form, cloned });
    }
    let zero = |name: &Ident, ty: &Expr| {
        let form = form_of(lens, types, site, ty)?;
        let local = site.body.local_at(name.at);
        let escapes = local.is_none_or(|l| escapes(site, l));
        Some(Made { at: name.at, elements: &[], local, escapes, form, cloned: None })
    };
    for entry in &site.body.nodes {
        let Node::Spec(spec) = entry.node else { continue };
        let Some(ty) = spec.ty.as_ref().filter(|_| spec.values.is_empty()) else { continue };
        out.extend(spec.names.iter().filter(|name| &*name.name != "_").filter_map(|name| zero(name, ty)));
    }
    if let Some(Item::Func(func)) = lens.item(site.place) {
        let named = func.signature.results.iter().filter_map(|result| Some((result.name.as_ref()?, &result.ty)));
        out.extend(named.filter(|(name, _)| &*name.name != "_").filter_map(|(name, ty)| zero(name, ty)));
    }
    out.sort_by_key(|made| made.at);
    out
}

/// The structs of a declaration that hold one of the types by its value, or one that does.
pub(super) fn holders<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>) -> Vec<Symbol> {
    let Some(Item::Types(specs)) = lens.item(site.place) else { return Vec::new() };
    let own = lens.package(site.place.file);
    let holds = |spec: &&TypeSpec| held(lens, types, site, &spec.ty, DEPTH);
    specs.iter().filter(holds).map(|spec| Symbol::new(own, &spec.name.name)).collect()
}

/// Structs in structs are followed this far.
const DEPTH: u32 = 6;

/// What a zero value of a type holds of the types.
fn form_of<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>, ty: &Expr) -> Option<Form> {
    match types.is_plain(lens, site, ty) {
        true => Some(Form::Own),
        false => held(lens, types, site, ty, DEPTH).then_some(Form::Part),
    }
}

/// Whether every value of a type holds one of the types by its value.
fn held<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>, ty: &Expr, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let ty = bare(ty);
    let inside = |ty: &Expr| types.is_plain(lens, site, ty) || held(lens, types, site, ty, depth);
    match &ty.is {
        Is::Array(_, of) => inside(of),
        Is::Struct(fields) => fields.iter().any(|field| inside(&field.ty)),
        Is::Name(_) if let Some(local) = site.body.local(ty) => match site.body.locals.get(local as usize) {
            Some(Local { binding: Binding::Type(spec), .. }) => held(lens, types, site, &spec.ty, depth),
            _ => false,
        },
        Is::Name(_) | Is::Select(..) | Is::Index(..) => {
            let spec = lens.symbol(site, ty).and_then(|symbol| lens.type_spec(&symbol));
            spec.is_some_and(|(at, spec)| held(lens, types, &at, &spec.ty, depth))
        }
        _ => false,
    }
}

/// `new(T)` and `make([]T, n)`.
fn made_by<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>, call: &'s Call) -> Option<Form> {
    let built_in = lens.symbol(site, &call.fun).filter(|symbol| symbol.path.is_empty())?;
    match (&*built_in.name, call.args.as_slice()) {
        ("new", [ty]) => form_of(lens, types, site, ty),
        ("make", [ty, length, ..]) if lens.eval(site, length) != Value::one(Const::Int(0)) => match &bare(ty).is {
            Is::SliceOf(of) => form_of(lens, types, site, of).map(|_| Form::Part),
            _ => None,
        },
        _ => None,
    }
}

fn pointed(ty: &Expr) -> &Expr {
    match &bare(ty).is {
        Is::Star(inside) => inside,
        _ => ty,
    }
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

/// Whether a literal of a struct or an array that holds one of the types says nothing of it.
fn leaves_out<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>, ty: &Expr, elements: &[Element]) -> bool {
    let ty = bare(ty);
    if let Is::Array(Some(size), of) = &ty.is {
        let keyed = elements.iter().any(|element| element.key.is_some());
        let full = match lens.eval(site, size).single() {
            Some(Const::Int(size)) => !keyed && i128::try_from(elements.len()).is_ok_and(|given| given >= *size),
            _ => !elements.is_empty(),
        };
        return !full && form_of(lens, types, site, of).is_some();
    }
    let Some((at, spec)) = lens.named(site, ty).and_then(|ty| lens.type_spec(&ty.name)) else { return false };
    if let Is::Array(..) = &bare(&spec.ty).is {
        return leaves_out(lens, types, &at, &spec.ty, elements);
    }
    let Is::Struct(fields) = &bare(&spec.ty).is else { return false };
    let stated = |name: &str| {
        elements.iter().any(|e| match &e.key {
            Some(Expr { is: Is::Name(key), .. }) => &**key == name,
            _ => true,
        })
    };
    fields.iter().filter(|field| form_of(lens, types, &at, &field.ty).is_some()).any(|field| {
        match field.names.as_slice() {
            [] => lens.named(&at, &field.ty).is_some_and(|ty| !stated(&ty.name.name)),
            names => names.iter().any(|name| !stated(&name.name)),
        }
    })
}

/// Whether a declaration puts a whole new struct of one of the types into a field, or into what a list holds.
pub(super) fn replaces<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>) -> bool {
    let plain = |expr: &Expr| lens.type_of(site, expr).map(|ty| !ty.pointer && types.has(&ty));
    site.body.exprs().any(|(node, expr)| {
        let part = match &expr.is {
            Is::Select(..) => lens.symbol(site, expr).is_none(),
            Is::Index(..) | Is::Star(_) => true,
            _ => false,
        };
        match site.body.use_of(node) {
            Use::Assign(value) if part => {
                plain(expr).unwrap_or_else(|| value.is_some_and(|value| plain(value) == Some(true)))
            }
            _ => false,
        }
    })
}

/// Whether a declaration hands a pointer to one of the types to package reflect.
pub(super) fn reflects<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>) -> bool {
    site.body.exprs().any(|(_, expr)| {
        let Is::Call(call) = &expr.is else { return false };
        let [one] = call.args.as_slice() else { return false };
        let is_value = || lens.symbol(site, &call.fun).is_some_and(|symbol| symbol.is("reflect", "ValueOf"));
        let is_pointer = match &bare(one).is {
            Is::Unary(Op::Address, inside) => types.of(lens, site, inside).is_some(),
            _ => types.of(lens, site, one).is_some_and(|ty| ty.pointer),
        };
        is_pointer && is_value()
    })
}

impl<'s> Made<'s> {
    /// Takes a copy of something whose fields are known for what has them.
    pub fn known(self) -> Made<'s> {
        Made { form: Form::Own, ..self }
    }

    /// Every value that a field can have; of one that nothing sets its zero value.
    pub fn field(&self, lens: &Lens<'s>, site: &Site<'s>, elsewhere: &Elsewhere, name: &str, zero: Value) -> Value {
        let unknown = || Value::Unknown(reason!("struct-not-followed", field = name));
        match self.form {
            Form::Copy => return unknown(),
            Form::Part if elsewhere.replaced => return unknown(),
            Form::Own | Form::Part if elsewhere.reflected && self.escapes => return unknown(),
            Form::Own | Form::Part => {}
        }
        let key = |e: &&Element| e.name() == Some(name);
        let mut value = match self.elements.iter().find(key) {
            Some(element) => lens.eval(site, &element.value),
            None if self.elements.iter().any(|e| e.key.is_none()) => return unknown(),
            None => zero,
        };
        if let Some(local) = self.local.filter(|_| self.form == Form::Own) {
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
        match elsewhere.fields.get(name).filter(|_| self.escapes || self.form == Form::Part) {
            Some(more) => value.or(more.clone()),
            None => value,
        }
    }
}

/// Assignments to the fields of structs of the types that a declaration did not make itself.
pub(super) fn assigned<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>, fields: &[&str]) -> Vec<(String, Value)> {
    let own = made(lens, types, site);
    // A variable that may hold another struct by then tells of both.
    let keeps = |local: &u32| !site.body.uses(*local).any(|(_, used)| matches!(used, Use::Assign(_)));
    let own = own.iter().filter(|made| made.form == Form::Own).filter_map(|made| made.local);
    let own: Vec<u32> = own.filter(keeps).collect();
    let mut out = Vec::new();
    for (node, expr) in site.body.exprs() {
        let Is::Select(base, field) = &expr.is else { continue };
        if !fields.contains(&&*field.name) {
            continue;
        }
        let value = match site.body.use_of(node) {
            Use::Assign(value) => value,
            Use::Address => None,
            _ => continue,
        };
        let base = bare(base);
        let local = site.body.local(base);
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
    // `x.c` is a field, whatever `x` is.
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
        Use::Method(name) => !harmless.contains(&name),
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
