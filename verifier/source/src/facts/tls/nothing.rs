//! Whether a server may be given nil instead of a configuration: by a call beside an error that nobody looks at, by variables and fields that are
//! set on some ways alone.

use super::held::is_same;
use crate::facts::search::is_dead;
use crate::go::syntax::{Does, Expr, Is, Item, Span, Stmt};
use crate::meaning::body::{Binding, Entry};
use crate::meaning::{Given, Lens, Node, NodeId, Site, Symbol, Use, bare};

/// Functions are followed this far.
const DEPTH: u32 = 5;

/// Where a variable or a field is read.
pub(super) type Read<'a, 's> = (&'a Site<'s>, &'a Expr);

/// How a function may give nil as one of its results.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nil {
    Never,
    /// With an error as the last of them.
    WithError,
    Silently,
}

/// Whether a call may give nil as one of its results, and somebody goes on with it.
pub(in crate::facts) fn by_call<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &'s Expr, index: usize) -> bool {
    match of_call(lens, site, call, index, DEPTH) {
        Nil::Never => false,
        Nil::WithError => !lens.stops_on_error(site, call),
        Nil::Silently => true,
    }
}

/// Whether what is set at a node, as one of several, is what such a call gives.
pub(super) fn is_of_call<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> bool {
    let node = match site.body.node(node) {
        // The variable of `s.TLSConfig`.
        Some(Node::Expr(Expr { is: Is::Name(_), .. })) => site.body.around(node).unwrap_or(node),
        _ => node,
    };
    let around = site.body.around(node).and_then(|up| site.body.node(up));
    let Some(Node::Stmt(Stmt { does: Does::Assign(left, None, right), .. })) = around else { return false };
    let index = left.iter().position(|left| site.body.is_at(left, node));
    match (right.as_slice(), index) {
        ([one], Some(index)) => by_call(lens, site, one, index),
        _ => false,
    }
}

fn of_call<'s>(lens: &Lens<'s>, site: &Site<'s>, whole: &'s Expr, index: usize, depth: u32) -> Nil {
    let (Is::Call(call), Some(depth)) = (&bare(whole).is, depth.checked_sub(1)) else { return Nil::Never };
    if let Some(closure) = literal(site, &call.fun) {
        let nil = |values: &[Expr]| values.get(index).is_some_and(|value| lens.is_nil(site, value));
        return match site.body.returns(Some(closure)).into_iter().any(nil) {
            true => Nil::Silently,
            false => Nil::Never,
        };
    }
    let Some((at, func)) = lens.callee(site, call).filter(|(_, func)| func.body.is_some()) else { return Nil::Never };
    let results = func.signature.results.len();
    let of = |(node, values): (NodeId, &'s [Expr])| match values {
        [] => bare_return(lens, &at, node, index, results),
        [one] if results > 1 => of_call(lens, &at, one, index, depth),
        values => match values.get(index).map(bare) {
            Some(value) if lens.is_nil(&at, value) => {
                let with_error = results > index + 1 && values.last().is_some_and(|last| lens.is_error(&at, last));
                if with_error { Nil::WithError } else { Nil::Silently }
            }
            Some(value) => match &value.is {
                Is::Call(_) if of_call(lens, &at, value, 0, depth) == Nil::Silently => Nil::Silently,
                Is::Name(_) => of_local(lens, (site, whole), &at, value, values.last(), depth),
                _ => Nil::Never,
            },
            None => Nil::Never,
        },
    };
    match lens.recovers(&at) {
        true => Nil::Silently,
        false => returns(&at).map(of).max().unwrap_or(Nil::Never),
    }
}

/// The function literal that is called: on the spot, or by the variable that holds it.
fn literal(site: &Site, fun: &Expr) -> Option<NodeId> {
    let fun = bare(fun);
    let function = match &fun.is {
        Is::Func(..) => fun,
        Is::Name(_) => match site.body.locals.get(site.body.local(fun)? as usize)?.binding {
            Binding::Define(right, index, names) if right.len() == names => bare(right.get(index)?),
            _ => return None,
        },
        _ => return None,
    };
    matches!(function.is, Is::Func(..)).then(|| site.body.place(function)).flatten()
}

fn returns<'a, 's>(at: &'a Site<'s>) -> impl Iterator<Item = (NodeId, &'s [Expr])> + use<'a, 's> {
    at.body.nodes.iter().enumerate().filter_map(|(node, entry)| match entry.node {
        Node::Stmt(Stmt { does: Does::Return(values), .. }) if at.body.closure(node as NodeId).is_none() => {
            Some((node as NodeId, values.as_slice()))
        }
        _ => None,
    })
}

fn bare_return<'s>(lens: &Lens<'s>, at: &Site<'s>, node: NodeId, index: usize, results: usize) -> Nil {
    let Some(local) = lens.named_result(at, index) else { return Nil::Never };
    let err = lens.named_result(at, results - 1).filter(|_| results > index + 1);
    match () {
        () if lens.is_set_before(at, local, node) => Nil::Never,
        () if err.is_some_and(|err| lens.is_behind_error(at, node, err)) => Nil::WithError,
        () => Nil::Silently,
    }
}

/// A variable that is returned: what a call gave, or a parameter.
fn of_local<'s>(
    lens: &Lens<'s>,
    (site, whole): (&Site<'s>, &'s Expr),
    at: &Site<'s>,
    value: &Expr,
    last: Option<&Expr>,
    depth: u32,
) -> Nil {
    let Some(local) = at.body.local(value) else { return Nil::Never };
    match at.body.locals.get(local as usize).map(|found| found.binding) {
        Some(Binding::Define([one], index, names)) if names > 1 => match of_call(lens, at, one, index, depth) {
            Nil::WithError if lens.stops_on_error(at, one) => Nil::Never,
            Nil::WithError => {
                let err = lens.error_of(at, one).map(|(_, err)| err);
                let passed = last.is_some_and(|last| err.is_some() && at.body.local(bare(last)) == err);
                if passed { Nil::WithError } else { Nil::Silently }
            }
            other => other,
        },
        Some(Binding::Param(_)) => of_param(lens, site, whole, at, local, depth),
        _ => Nil::Never,
    }
}

/// What a function gives back that it was handed, as `must(value, err)` does.
fn of_param<'s>(lens: &Lens<'s>, site: &Site<'s>, whole: &'s Expr, at: &Site<'s>, local: u32, depth: u32) -> Nil {
    let (Is::Call(call), Some(Item::Func(func))) = (&bare(whole).is, lens.item(at.place)) else { return Nil::Never };
    let params = &func.signature.params;
    let named = |param: &crate::go::syntax::Param| param.name.as_ref().and_then(|name| at.body.local_at(name.at));
    let Some(index) = params.iter().position(|param| named(param) == Some(local)) else { return Nil::Never };
    match call.args.as_slice() {
        [one] if params.len() > 1 => match of_call(lens, site, one, index, depth) {
            Nil::WithError if lens.takes_error(at, func, params.len() - 1) => Nil::Never,
            Nil::WithError => Nil::Silently,
            other => other,
        },
        args if args.get(index).is_some_and(|arg| lens.is_nil(site, arg)) => Nil::Silently,
        _ => Nil::Never,
    }
}

/// Whether a local variable that a call gave may be nil, or was set to nil.
pub(super) fn of_variable<'s>(lens: &Lens<'s>, site: &Site<'s>, local: u32) -> bool {
    let made = match site.body.locals.get(local as usize).map(|found| found.binding) {
        Some(Binding::Define([one], index, names)) if names > 1 => by_call(lens, site, one, index),
        Some(Binding::Define(right, index, _)) => right.get(index).is_some_and(|one| by_call(lens, site, one, 0)),
        _ => false,
    };
    let cleared = |(_, used)| matches!(used, Use::Assign(Some(value)) if lens.is_nil(site, value));
    made || site.body.uses(local).any(cleared)
}

/// Whether a package's variable may be nil.
pub(super) fn of_global<'s>(lens: &Lens<'s>, symbol: &Symbol, read: &Read<'_, 's>) -> bool {
    let lines = lens.value(symbol);
    let is_own = lens.is_substituted(&symbol.path) && !lines.is_empty();
    let begins = |(at, spec, index): &(Site<'s>, &'s crate::go::syntax::ValueSpec, usize)| match spec.values.as_slice()
    {
        [] => false,
        [one] if spec.names.len() > 1 => !by_call(lens, at, one, *index),
        all => all.get(*index).is_some_and(|value| !lens.is_nil(at, value)),
    };
    let sets: Vec<(Site<'s>, NodeId)> = lens
        .mentions(symbol)
        .iter()
        .filter(|(at, node)| matches!(at.body.use_of(*node), Use::Assign(_)))
        .cloned()
        .collect();
    let is_nil = |(at, node): &(Site<'s>, NodeId)| matches!(at.body.use_of(*node), Use::Assign(Some(value)) if lens.is_nil(at, value));
    is_own
        && (sets.iter().any(is_nil)
            || !lines.iter().all(begins) && !sets.iter().any(|set| is_sure(lens, set, &sets, &symbol.name, read)))
}

/// Whether a field of the program's own, as a value names it, may be nil where it is read.
pub(super) fn of_field<'s>(lens: &Lens<'s>, given: &[Given<'s>], field: &str, read: &Read<'_, 's>) -> bool {
    let sets: Vec<(Site<'s>, NodeId)> = given
        .iter()
        .filter_map(|one| match one {
            Given::Value(at, value) if !lens.is_nil(at, value) => Some((at.clone(), at.body.place(bare(value))?)),
            Given::Value(..) | Given::Zero => None,
        })
        .collect();
    let zero = given.iter().any(|one| matches!(one, Given::Zero));
    zero && !sets.is_empty() && !sets.iter().any(|set| is_sure(lens, set, &sets, field, read))
}

/// The same of a field that a decoder may set, or leave as it was: where the program sets it on some ways alone, and no literal names it.
pub(super) fn of_decoded<'s>(lens: &Lens<'s>, ty: &Symbol, field: &str, read: &Read<'_, 's>) -> bool {
    let Some(kept) = lens.kept(ty, field) else { return false };
    let sets: Vec<(Site<'s>, NodeId)> = kept
        .uses
        .into_iter()
        .filter(|(at, node)| matches!(at.body.use_of(*node), Use::Assign(value) if value.is_none_or(|v| !lens.is_nil(at, v))))
        .collect();
    let names = |(at, _): &(Site<'s>, NodeId)| {
        let is_it = |entry: &Entry| matches!(entry.node, Node::Element(element) if element.name() == Some(field));
        at.body.nodes.iter().any(is_it)
    };
    !sets.is_empty()
        && !lens.mentions(ty).iter().any(names)
        && !sets.iter().any(|set| is_sure(lens, set, &sets, field, read))
}

/// Whether something is set whenever its function is run, and some function that is named runs it.
fn is_sure<'s>(
    lens: &Lens<'s>,
    (at, node): &(Site<'s>, NodeId),
    sets: &[(Site<'s>, NodeId)],
    name: &str,
    (site, value): &Read<'_, 's>,
) -> bool {
    let same = at.place == site.place;
    let here = same.then(|| site.body.place(bare(value))).flatten();
    // Set only behind where it is read.
    if here.is_some_and(|here| {
        at.body.closure(here) == at.body.closure(*node) && here < *node && is_before(at, value, *node)
    }) {
        return false;
    }
    let is_main = same && lens.function_name(at.place).is_some_and(|name| name == "main");
    let others = |within: Span| {
        let is_in = |(other, node): &(Site<'s>, NodeId)| {
            other.place == at.place && other.body.span(*node).is_some_and(|at| within.holds(at))
        };
        sets.iter().any(is_in)
    };
    !is_dead(lens, at)
        && is_on_every_way(lens, at, *node, &others)
        && (is_main || !lens.may_return_before(at, *node, name))
}

fn is_before(at: &Site, value: &Expr, node: NodeId) -> bool {
    at.body.span(node).is_some_and(|set| value.at.end <= set.start)
}

/// Whether a statement is run on every way through its function, or one of the same kind is that stands in the other branches.
fn is_on_every_way<'s>(lens: &Lens<'s>, at: &Site<'s>, node: NodeId, others: &dyn Fn(Span) -> bool) -> bool {
    let Some(here) = at.body.span(node) else { return true };
    let is_in = |span: Option<Span>| span.is_some_and(|span| span.holds(here));
    let ends =
        |block: &[Stmt]| Span::of(block).is_some_and(others) || block.last().is_some_and(|last| lens.leaves(at, last));
    let mut child = node;
    while let Some(up) = at.body.up(child) {
        match at.body.node(up) {
            Some(Node::Expr(Expr { is: Is::Func(..), .. })) => return true,
            Some(Node::Stmt(stmt)) => match &stmt.does {
                Does::If(parts) if is_in(Span::of(&parts.then)) => {
                    let other = parts.otherwise.as_ref();
                    if !other.is_some_and(|other| others(other.at) || lens.leaves(at, other)) {
                        return false;
                    }
                }
                Does::If(parts) if is_in(parts.otherwise.as_ref().map(|other| other.at)) && !ends(&parts.then) => {
                    return false;
                }
                Does::If(_) => {}
                Does::Switch(parts) => {
                    let own = |block: &[Stmt]| is_in(Span::of(block));
                    let whole = parts.cases.iter().any(|case| case.default);
                    if !whole || !parts.cases.iter().all(|case| own(&case.body) || ends(&case.body)) {
                        return false;
                    }
                }
                Does::TypeSwitch(_) | Does::Select(_) | Does::For(_) | Does::Range(_) | Does::Labeled(..) => {
                    return false;
                }
                _ => {}
            },
            _ => {}
        }
        child = up;
    }
    true
}

/// Whether a value is used only where it was found not to be nil.
pub(super) fn is_guarded<'s>(lens: &Lens<'s>, site: &Site<'s>, value: &'s Expr) -> bool {
    let node = site.body.place(bare(value));
    node.is_some_and(|node| lens.is_guarded(site, node, &|e| is_same(site, e, value)))
}

/// Whether a server serves only where its configuration, or what it was given as such in this declaration, was found not to be nil.
pub(super) fn serves_guarded<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, server: &'s Expr) -> bool {
    let given = |(node, expr): (NodeId, &'s Expr)| match &expr.is {
        Is::Composite(_, elements) => elements.iter().find(|e| e.name() == Some("TLSConfig")).map(|e| &e.value),
        Is::Select(_, name) if &*name.name == "TLSConfig" => match site.body.use_of(node) {
            Use::Assign(value) => value,
            _ => None,
        },
        _ => None,
    };
    let values: Vec<&'s Expr> = site.body.exprs().filter_map(given).collect();
    let is_it = |e: &Expr| match &bare(e).is {
        Is::Select(base, name) if &*name.name == "TLSConfig" && is_same(site, base, server) => true,
        _ => !values.is_empty() && values.iter().all(|value| is_same(site, e, value)),
    };
    lens.is_guarded(site, node, &is_it)
}
