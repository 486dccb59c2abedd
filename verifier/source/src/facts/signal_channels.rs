//! Whether anybody receives from a channel that signals come through.

use super::search::{called, is_dead, is_dead_method};
use super::signals::{DEPTH, PATH};
use crate::go::syntax::{Call, Does, Element, Expr, Is, Item, Op, Stmt};
use crate::meaning::body::Binding;
use crate::meaning::{Given, Lens, Node, NodeId, Site, Symbol, Use, bare};
use assize_facts::Known;

pub(super) fn channel<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &'s Call, kind: &str) -> Known<Option<bool>> {
    if kind != "notify" {
        return None.into();
    }
    let Some(channel) = call.args.first().map(bare) else { return None.into() };
    let open = || Known::Unknown(lens.open(site, channel));
    if let Some(local) = site.body.local(channel) {
        return match is_read(lens, site, local, DEPTH)
            .and_then(|read| read.then_some(true).or_else(|| elsewhere(lens, site, local)))
        {
            Some(read) => Some(read).into(),
            None => open(),
        };
    }
    if let Some(symbol) = lens.symbol(site, channel) {
        return match any_reads(lens, lens.mentions(&symbol).iter().cloned(), DEPTH) {
            Some(read) => Some(read).into(),
            None => open(),
        };
    }
    let Is::Select(base, field) = &channel.is else { return open() };
    match lens.type_of(site, base).and_then(|ty| is_read_by_holders(lens, &ty.name, &field.name)) {
        Some(read) => Some(read).into(),
        None => open(),
    }
}

/// Whether one of several uses of a channel receives from it; `None` where it may.
fn any_reads<'s>(lens: &Lens<'s>, uses: impl Iterator<Item = (Site<'s>, NodeId)>, depth: u32) -> Option<bool> {
    let all: Vec<Option<bool>> =
        uses.map(|(at, node)| reading(lens, &at, node, at.body.use_of(node), 0, depth)).collect();
    match all.contains(&Some(true)) {
        true => Some(true),
        false => (!all.contains(&None)).then_some(false),
    }
}

/// The same of a field of the program's own structs.
fn is_read_from_field<'s>(lens: &Lens<'s>, ty: &Symbol, field: &str, depth: u32) -> Option<bool> {
    any_reads(lens, lens.kept(ty, field)?.uses.into_iter(), depth.checked_sub(1)?)
}

/// The same where nobody else has what the field is given: it is made for it.
fn is_read_by_holders<'s>(lens: &Lens<'s>, ty: &Symbol, field: &str) -> Option<bool> {
    let read = is_read_from_field(lens, ty, field, DEPTH)?;
    let own = |given: &Given<'s>| match given {
        Given::Value(at, value) => is_made(lens, at, value) || lens.is_nil(at, value),
        Given::Zero => true,
    };
    (read || lens.given_to(ty, field)?.iter().all(own)).then_some(read)
}

fn is_made<'s>(lens: &Lens<'s>, site: &Site<'s>, made: &Expr) -> bool {
    matches!(&bare(made).is, Is::Call(call) if lens.symbol(site, &call.fun).is_some_and(|symbol| symbol.is("", "make")))
}

/// Whether a channel that a function does not receive from is received from by others: one that it makes is its own, one that it is handed its
/// callers'.
fn elsewhere<'s>(lens: &Lens<'s>, site: &Site<'s>, local: u32) -> Option<bool> {
    let makes = |made: &Expr| is_made(lens, site, made);
    match site.body.locals.get(local as usize)?.binding {
        Binding::Define([one], 0, 1) => makes(one).then_some(false),
        Binding::Define(right, index, names) if right.len() == names => makes(right.get(index)?).then_some(false),
        Binding::Value(spec, index) => spec.values.get(index).is_none_or(makes).then_some(false),
        Binding::Param(_) => {
            let mut all = Some(false);
            for (at, arg) in lens.arguments(site, local)? {
                let held = at.body.local(bare(arg));
                match held.and_then(|held| is_read(lens, &at, held, DEPTH)) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => all = None,
                }
            }
            all
        }
        _ => None,
    }
}

/// Whether what a variable holds is received from; `None` where that is not decided.
fn is_read<'s>(lens: &Lens<'s>, site: &Site<'s>, local: u32, depth: u32) -> Option<bool> {
    let mut elsewhere = false;
    let holds_others = holds_several(site, local);
    for (node, used) in site.body.uses(local) {
        match reading(lens, site, node, used, 0, depth) {
            // It may be another one that is received from.
            Some(true) if holds_others => elsewhere = true,
            Some(true) => return Some(true),
            Some(false) => {}
            None => elsewhere = true,
        }
    }
    (!elsewhere).then_some(false)
}

/// Whether a variable is given more than one channel.
fn holds_several(site: &Site, local: u32) -> bool {
    let first = match site.body.locals.get(local as usize).map(|found| found.binding) {
        Some(Binding::Value(spec, _)) => !spec.values.is_empty(),
        _ => true,
    };
    let sets = site.body.uses(local).filter(|(_, used)| matches!(used, Use::Assign(_))).count();
    usize::from(first) + sets > 1
}

/// Whether a use of a channel receives from it, or of one among a call's results; `None` where it goes elsewhere. What is never run receives nothing.
fn reading<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    node: NodeId,
    used: Use<'s>,
    result: usize,
    depth: u32,
) -> Option<bool> {
    let read = used_by(lens, site, node, used, result, depth);
    let never =
        read != Some(false) && (lens.is_never_run(site, node) || is_dead(lens, site) || is_dead_method(lens, site));
    if never { Some(false) } else { read }
}

fn used_by<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    node: NodeId,
    used: Use<'s>,
    result: usize,
    depth: u32,
) -> Option<bool> {
    let Some(up) = site.body.around(node) else { return Some(false) };
    match site.body.node(up) {
        Some(Node::Expr(Expr { is: Is::Unary(Op::Receive, _), .. })) => Some(true),
        Some(Node::Stmt(Stmt { does: Does::Range(range), .. })) if site.body.is_at(&range.over, node) => Some(true),
        Some(Node::Expr(Expr { is: Is::Binary(Op::Equal | Op::NotEqual, _), .. })) => Some(false),
        Some(Node::Expr(Expr { is: Is::Call(call), .. })) => {
            let harmless = |s: &Symbol| &*s.path == PATH || s.is("", "close") || s.is("", "len") || s.is("", "cap");
            match lens.symbol(site, &call.fun) {
                Some(symbol) if harmless(&symbol) => Some(false),
                symbol => handed(lens, site, node, call, symbol, depth.checked_sub(1)?),
            }
        }
        Some(Node::Stmt(Stmt { does: Does::Send(both), .. })) => site.body.is_at(&both[0], node).then_some(false),
        // `sigs := c`.
        Some(Node::Stmt(Stmt { does: Does::Define(left, right) | Does::Assign(left, None, right), .. }))
            if right.iter().any(|e| site.body.is_at(e, node)) =>
        {
            let index = right.iter().position(|e| site.body.is_at(e, node))?;
            kept(lens, site, bare(left.get(index + result)?), depth.checked_sub(1)?)
        }
        Some(Node::Element(Element { key: Some(Expr { is: Is::Name(field), .. }), value })) => {
            let literal = site.body.around(up).and_then(|up| site.body.node(up));
            let Some(Node::Expr(Expr { is: Is::Composite(Some(ty), _), .. })) = literal else { return None };
            let read = is_read_from_field(lens, &lens.named(site, ty)?.name, field, depth);
            // A field may be called like the variable.
            if site.body.is_at(value, node) { read } else { read.map(|_| false) }
        }
        Some(Node::Stmt(Stmt { does: Does::Return(values), .. })) => {
            let index = values.iter().position(|e| site.body.is_at(e, node))?;
            returned(lens, site, node, index + result, depth.checked_sub(1)?)
        }
        Some(Node::Stmt(Stmt { does: Does::Expr(_), .. })) => Some(false),
        _ => match used {
            Use::Assign(Some(_)) => Some(false),
            _ => None,
        },
    }
}

/// Whether what a variable or a field is given is received from.
fn kept<'s>(lens: &Lens<'s>, site: &Site<'s>, target: &'s Expr, depth: u32) -> Option<bool> {
    match &target.is {
        Is::Name(name) if &**name == "_" => Some(false),
        Is::Name(_) if let Some(local) = site.body.local(target) => is_read(lens, site, local, depth),
        Is::Select(base, field) if lens.symbol(site, target).is_none() => {
            is_read_from_field(lens, &lens.type_of(site, base)?.name, &field.name, depth)
        }
        _ => any_reads(lens, lens.mentions(&lens.symbol(site, target)?).iter().cloned(), depth),
    }
}

/// Whether those who call a function receive from what it returns.
fn returned<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, result: usize, depth: u32) -> Option<bool> {
    const MOST: usize = 16;
    let Item::Func(func) = lens.item(site.place).filter(|_| site.body.closure(node).is_none())? else { return None };
    let named: Vec<(Site<'s>, NodeId)> = match func.receiver {
        None => lens.mentions(&Symbol::new(lens.package(site.place.file), &func.name.name)).iter().cloned().collect(),
        Some(_) => {
            let all = lens.method_uses(site, func)?;
            all.into_iter().map(|named| named.sure.then_some((named.at, named.node))).collect::<Option<_>>()?
        }
    };
    if named.len() > MOST {
        return None;
    }
    let mut all = Some(false);
    for (at, node) in named {
        let call = called(&at, node).and_then(|(whole, _)| at.body.place(whole));
        match call.and_then(|call| reading(lens, &at, call, at.body.use_of(call), result, depth)) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => all = None,
        }
    }
    all
}

/// Whether a function of the program receives from the channel that it is handed.
fn handed<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    node: NodeId,
    call: &'s Call,
    symbol: Option<Symbol>,
    depth: u32,
) -> Option<bool> {
    let index = call.args.iter().position(|arg| site.body.is_at(arg, node))?;
    let (at, params) = match (symbol, &bare(&call.fun).is) {
        // `go func(c chan os.Signal) { … }(c)`.
        (None, Is::Func(signature, _)) => (site.clone(), &signature.params),
        (Some(symbol), _) => {
            let (at, func) = lens.function(&symbol)?;
            func.body.as_ref()?;
            (at, &func.signature.params)
        }
        (None, Is::Select(base, name)) => {
            let (at, func) = lens.method(&lens.type_of(site, base)?.name, &name.name)?;
            (at, &func.signature.params)
        }
        _ => return None,
    };
    match &params.get(index).filter(|param| !param.variadic)?.name {
        Some(name) if &*name.name != "_" => is_read(lens, &at, at.body.local_at(name.at)?, depth),
        Some(_) | None => Some(false),
    }
}
