//! Servers in fields of the program's own structs: whether they have a configuration where they serve.

use super::super::types::Types;
use super::creations::{Creation, creations};
use super::fate::fate;
use super::servers::{Asked, OF_SERVER, same};
use crate::build::is_standard;
use crate::go::syntax::{Does, Expr, Is, Item, Op, Stmt};
use crate::meaning::{Given, Lens, Node, NodeId, Site, Symbol, Use, bare};
use assize_facts::kinds::source::Owner;

/// Whether the server that a field holds has a configuration: by what is assigned to it before in the same function, or by all who give the field a
/// server. `None` where that is not known, or differs.
pub(super) fn has_config<'s>(asked: &Asked<'_, 's>, site: &Site<'s>, select: &'s Expr) -> Option<bool> {
    let Is::Select(base, field) = &select.is else { return None };
    let lens = asked.lens;
    let ty = lens.type_of(site, base)?.name;
    let depth = asked.depth.checked_sub(1)?;
    if let Some(set) = set_before(lens, site, select) {
        return Some(set);
    }
    let given = lens.given_to(&ty, &field.name)?;
    let is_pointer = lens.type_of(site, select).is_none_or(|ty| ty.pointer);
    let of = |given: &Given<'s>| match given {
        // Nobody serves by a pointer to nothing.
        Given::Zero => Some((!is_pointer).then_some(false)),
        Given::Value(at, value) if lens.is_nil(at, value) => Some(None),
        Given::Value(at, value) => {
            let inner = Asked { lens, depth, given_at: at.body.place(value), call: None };
            Some(Some(inner.server(at, value)? || is_set_after(lens, at, value, &field.name)))
        }
    };
    match same(given.iter().map(of))? {
        true => Some(true),
        false => is_left_alone(lens, &ty, &field.name).then_some(false),
    }
}

/// Whether nobody who names the field gives its server a configuration, or hands it on.
fn is_left_alone<'s>(lens: &Lens<'s>, ty: &Symbol, field: &str) -> bool {
    let Some(kept) = lens.kept(ty, field) else { return false };
    kept.uses.iter().all(|(at, node)| match at.body.use_of(*node) {
        Use::Assign(_) => true,
        Use::Method(name) => OF_SERVER.contains(&name),
        Use::Field(..) => true,
        Use::AssignField(name, _) => name != "TLSConfig",
        Use::Read => at.body.is_compared(*node),
        Use::Address => false,
    })
}

/// Whether the server's configuration is assigned in the same function, always and before, with nothing between that could put another server there.
fn set_before<'s>(lens: &Lens<'s>, site: &Site<'s>, select: &'s Expr) -> Option<bool> {
    let here = site.body.place(select)?;
    if site.body.has_goto() {
        return None;
    }
    let sets = |(node, expr): (NodeId, &'s Expr)| {
        let Is::Select(base, name) = &expr.is else { return None };
        let is_it = &*name.name == "TLSConfig" && node < here && is_same(site, base, select);
        match site.body.use_of(node) {
            Use::Assign(Some(value)) if is_it => Some((node, value)),
            _ => None,
        }
    };
    let (node, value) = site.body.exprs().filter_map(sets).last()?;
    let surely = encloses(site, node, here) && !lens.is_nil(site, value);
    (surely && (node..here).all(|node| is_calm(lens, site, node, select))).then_some(true)
}

/// Whether the server that a field is given gets its configuration right there: always, before the function gives away what holds it.
fn is_set_after<'s>(lens: &Lens<'s>, at: &Site<'s>, value: &'s Expr, field: &str) -> bool {
    let body = &at.body;
    let Some(given) = body.place(value).filter(|_| !body.has_goto()) else { return false };
    let Some(holder) = holder(at, given, field) else { return false };
    let of_holder = |expr: &Expr| match &bare(expr).is {
        Is::Select(base, name) if &*name.name == field => {
            matches!(bare(base).is, Is::Name(_)) && body.local(bare(base)) == Some(holder)
        }
        _ => false,
    };
    let sets = |(node, expr): (NodeId, &'s Expr)| {
        let Is::Select(base, name) = &expr.is else { return None };
        let is_it = &*name.name == "TLSConfig" && node > given && of_holder(base) && is_in_block(at, node, given);
        match body.use_of(node) {
            Use::Assign(Some(set)) if is_it && !lens.is_nil(at, set) => Some(node),
            _ => None,
        }
    };
    let Some(set) = body.exprs().find_map(sets) else { return false };
    (given..set).all(|node| match body.node(node) {
        Some(Node::Stmt(Stmt { does: Does::Return(values), .. })) => {
            values.first().is_none_or(|first| lens.is_nil(at, first))
        }
        _ => true,
    })
}

/// The local variable of what holds a field that is given something at a node: `x.f = …`, `x := &T{f: …}`.
pub(super) fn holder(at: &Site, given: NodeId, field: &str) -> Option<u32> {
    let body = &at.body;
    let mut node = given;
    loop {
        let up = body.around(node)?;
        match body.node(up)? {
            Node::Element(_) | Node::Expr(Expr { is: Is::Composite(..) | Is::Unary(Op::Address, _), .. }) => node = up,
            Node::Stmt(Stmt { does: Does::Define(left, right) | Does::Assign(left, None, right), .. }) => {
                let index = right.iter().position(|e| body.is_at(e, node))?;
                let target = bare(left.get(index)?);
                return match &target.is {
                    Is::Name(_) => body.local(target),
                    Is::Select(base, name) if &*name.name == field && node == given => body.local(bare(base)),
                    _ => None,
                };
            }
            _ => return None,
        }
    }
}

/// Whether two nodes stand in statements of one and the same block, that of a function.
fn is_in_block(at: &Site, one: NodeId, other: NodeId) -> bool {
    let home = at.body.home(one);
    let is_function = match at.body.node(home) {
        Some(Node::Item(Item::Func(_))) => true,
        Some(Node::Expr(expr)) => matches!(expr.is, Is::Func(..)),
        _ => false,
    };
    is_function && at.body.home(other) == home
}

/// Whether two expressions name the same field of the same variable.
pub(super) fn is_same(site: &Site, one: &Expr, other: &Expr) -> bool {
    match (&bare(one).is, &bare(other).is) {
        (Is::Name(_), Is::Name(_)) => {
            let local = site.body.local(bare(one));
            local.is_some() && local == site.body.local(bare(other))
        }
        (Is::Select(a, x), Is::Select(b, y)) => x.name == y.name && is_same(site, a, b),
        _ => false,
    }
}

/// Whether what stands at a node is always run before what stands behind it at another: in the same block, or in one around it.
fn encloses(site: &Site, node: NodeId, inner: NodeId) -> bool {
    let home = site.body.home(node);
    let is_block = is_in_block(site, node, node);
    let mut at = inner;
    while is_block && at != home {
        match site.body.up(at) {
            Some(up) => at = up,
            None => return false,
        }
    }
    is_block
}

/// Whether what stands at a node puts nothing into the field: no assignment to it or to what holds it, and no call of the supplier's own code.
fn is_calm<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, select: &Expr) -> bool {
    let Some(Node::Expr(expr)) = site.body.node(node) else { return true };
    match &expr.is {
        Is::Call(call) => match (lens.symbol(site, &call.fun), &bare(&call.fun).is) {
            (Some(symbol), _) => !is_own(lens, &symbol.path),
            (None, Is::Select(base, _)) => lens.type_of(site, base).is_some_and(|ty| !is_own(lens, &ty.name.path)),
            (None, Is::Func(..)) => true,
            (None, _) => false,
        },
        Is::Name(_) | Is::Select(..) | Is::Star(_) => match site.body.use_of(node) {
            Use::Assign(_) => !leads_to(site, expr, select),
            _ => true,
        },
        _ => true,
    }
}

fn is_own(lens: &Lens, path: &str) -> bool {
    let owner = lens.source.program.packages.get(path).map(|package| package.owner);
    !is_standard(path) && owner.is_some_and(|owner| owner != Owner::Dependency)
}

/// Whether an expression is the beginning of another, or a pointer is followed.
fn leads_to(site: &Site, expr: &Expr, select: &Expr) -> bool {
    let mut at = Some(select);
    while let Some(expr_at) = at {
        if is_same(site, expr, expr_at) || matches!(expr.is, Is::Star(_)) {
            return true;
        }
        at = match &bare(expr_at).is {
            Is::Select(base, _) => Some(base),
            _ => None,
        };
    }
    false
}

/// A configuration's making, with where it stands and what else is made there.
pub(super) type Original<'s> = (Site<'s>, Creation<'s>, Vec<Creation<'s>>);

/// The makings of all that a field of the program's own structs is given; `None` where one is not seen.
pub(super) fn originals<'s>(
    lens: &Lens<'s>,
    types: &Types,
    site: &Site<'s>,
    select: &Expr,
) -> Option<Vec<Original<'s>>> {
    let Is::Select(base, field) = &select.is else { return None };
    let given = lens.given_to(&lens.type_of(site, base)?.name, &field.name)?;
    let values = given.iter().filter_map(|given| match given {
        Given::Value(at, value) if !lens.is_nil(at, value) => Some((at, bare(value))),
        // Of nothing there is no copy.
        Given::Value(..) | Given::Zero => None,
    });
    let of = |(at, value): (&Site<'s>, &'s Expr)| {
        let inner = match &value.is {
            Is::Unary(Op::Address, inside) => bare(inside),
            _ => value,
        };
        let (local, node) = (at.body.local(inner), at.body.place(inner));
        let is_set = |local| at.body.uses(local).any(|(_, used)| matches!(used, Use::Assign(_)));
        if local.is_some_and(is_set) {
            return None;
        }
        let made = creations(lens, types, at);
        let holds = |c: &&Creation<'s>| match local {
            Some(local) => fate(lens, at, c).holders.contains(&local),
            None => Some(c.node) == node,
        };
        let found = made.iter().find(holds)?.clone();
        Some((at.clone(), found, made))
    };
    values.map(of).collect()
}
