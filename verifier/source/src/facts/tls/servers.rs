//! Whether a server has a configuration where it serves: by its literal, by what is assigned to it, and by who made it where a field or a function
//! gives it.

use super::around::struct_at;
use super::others::FASTHTTP;
use super::{held, nothing, replaced};
use crate::facts::listeners::names_type;
use crate::go::syntax::{Call, Does, Element, Expr, Is, Item, Op, Param, Stmt};
use crate::meaning::body::Binding;
use crate::meaning::{Given, Lens, Node, NodeId, Site, Symbol, Type, Use, bare};

/// Functions and fields are followed this far.
pub(super) const DEPTH: u32 = 4;

/// Whether a server has a configuration; `None` where its making was not seen.
pub(super) fn has_config<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr) -> Option<bool> {
    Asked { lens, depth: DEPTH, given_at: None, call: None }.server(site, base)
}

/// Servers that take their configuration from a field `TLSConfig`, or make one of certificates alone.
pub(super) fn is_server(ty: &Symbol) -> bool {
    ty.is("net/http", "Server") || ty.is(FASTHTTP, "Server")
}

/// A question about one server.
#[derive(Clone)]
pub(super) struct Asked<'l, 's> {
    pub lens: &'l Lens<'s>,
    pub depth: u32,
    /// Where a variable gives the server to what is asked about: that use sets nothing.
    pub given_at: Option<NodeId>,
    /// The call that the function which makes it was entered by.
    pub call: Option<(Site<'s>, &'s Call)>,
}

impl<'s> Asked<'_, 's> {
    pub fn server(&self, site: &Site<'s>, base: &'s Expr) -> Option<bool> {
        let lens = self.lens;
        let base = bare(base);
        match &base.is {
            Is::Unary(Op::Address, inside) => return self.server(site, inside),
            // One of a list of servers.
            Is::Composite(None, elements) => return self.states_config(site, elements),
            Is::Composite(ty, elements) => {
                let is_server = |ty: &Expr| lens.named(site, ty).is_some_and(|ty| is_server(&ty.name));
                return match ty.as_ref().is_some_and(|ty| is_server(ty)) {
                    true => self.states_config(site, elements),
                    // A struct that embeds the server.
                    false if elements.is_empty() => Some(false),
                    false => self.server(site, elements.iter().find_map(|element| keyed(element, "Server"))?),
                };
            }
            Is::Call(_) => return self.result(site, base, 0),
            Is::Select(..) if lens.symbol(site, base).is_none() && !names_type(lens, site, base) => {
                return held::has_config(self, site, base);
            }
            _ => {}
        }
        let local = site.body.local(base)?;
        let made = match site.body.locals.get(local as usize)?.binding {
            Binding::Other => Some(self.ranged(site, local)?),
            Binding::Define([one], index, names) if names > 1 => self.result(site, one, index),
            Binding::Define([one], 0, 1) => self.server(site, one),
            Binding::Value(spec, 0)
                if spec.values.is_empty() && spec.ty.as_ref().is_some_and(|ty| !matches!(bare(ty).is, Is::Star(_))) =>
            {
                Some(false)
            }
            Binding::Value(spec, 0) if spec.names.len() == 1 => self.server(site, spec.values.first()?),
            _ => return None,
        };
        let home = site.body.locals.get(local as usize).map_or(0, |local| site.body.home(local.at));
        let mut set = made;
        for (node, used) in site.body.uses(local) {
            match used {
                Use::AssignField("TLSConfig", value) => {
                    let now = match value {
                        Some(value) => !self.is_none(site, value)?,
                        None if nothing::is_of_call(lens, site, node) => return None,
                        None => true,
                    };
                    // On one way it is set, on another not.
                    set = if site.body.is_conditional(node, home) { set.filter(|set| *set == now) } else { Some(now) };
                }
                // The embedded server itself.
                Use::AssignField("Server", Some(value)) if !site.body.is_conditional(node, home) => {
                    set = self.server(site, value);
                }
                Use::AssignField("Server", _) | Use::Assign(_) => return None,
                // A method of the program's own type may set it.
                Use::Method(name) if set != Some(true) && !OF_SERVER.contains(&name) => return None,
                // Whoever gets the server may set it.
                Use::Address | Use::Read
                    if set != Some(true) && !site.body.is_compared(node) && !self.gives(site, node) =>
                {
                    return None;
                }
                Use::Address | Use::AssignField(..) | Use::Field(..) | Use::Method(..) | Use::Read => {}
            }
        }
        set
    }

    /// The servers that a variable ranges over: each of them serves.
    fn ranged(&self, site: &Site<'s>, local: u32) -> Option<bool> {
        let (lens, depth) = (self.lens, self.depth.checked_sub(1)?);
        let found = site.body.locals.get(local as usize)?;
        let Some(Node::Stmt(Stmt { does: Does::Range(range), .. })) = site.body.node(found.at) else { return None };
        let values = range.left.iter().position(|left| site.body.local(bare(left)) == Some(local)) == Some(1);
        let list = bare(&range.over);
        let lists = match &list.is {
            Is::Select(base, field) if lens.symbol(site, list).is_none() => {
                let given = lens.given_to(&lens.type_of(site, base)?.name, &field.name)?;
                let of = |given: &Given<'s>| match given {
                    Given::Value(at, value) => Some((at.clone(), *value)),
                    Given::Zero => None,
                };
                given.iter().filter_map(of).collect()
            }
            _ => vec![(site.clone(), list)],
        };
        let mut all = Some(true).filter(|_| values);
        for (at, list) in lists {
            for (at, server) in lens.elements(&at, list)? {
                let inner = Asked { lens, depth, given_at: at.body.place(server), call: None };
                match inner.server(&at, server) {
                    // Who else reaches the servers may give them theirs.
                    Some(false) => return self.is_read_once(site, bare(&range.over)).then_some(false),
                    Some(true) => {}
                    None => all = None,
                }
            }
        }
        all
    }

    /// Whether a list is read in one place alone.
    fn is_read_once(&self, site: &Site<'s>, list: &'s Expr) -> bool {
        let lens = self.lens;
        let uses = match (&list.is, site.body.local(list), lens.symbol(site, list)) {
            (Is::Composite(..), ..) => 1,
            (Is::Name(_), Some(local), _) => site.body.uses(local).count(),
            (_, _, Some(symbol)) => lens.mentions(&symbol).len(),
            (Is::Select(base, field), ..) => {
                let kept = lens.type_of(site, base).and_then(|ty| lens.kept(&ty.name, &field.name));
                let is_read = |(at, node): &&(Site<'s>, NodeId)| !matches!(at.body.use_of(*node), Use::Assign(_));
                kept.map_or(0, |kept| kept.uses.iter().filter(is_read).count())
            }
            _ => 0,
        };
        uses == 1
    }

    /// Whether a use gives the server to what is asked about.
    fn gives(&self, site: &Site<'s>, node: NodeId) -> bool {
        let is_returned = || matches!(around(site, node), Some(Node::Stmt(Stmt { does: Does::Return(_), .. })));
        self.given_at.is_some_and(|at| at == node || is_returned())
    }

    /// What a literal says; `None` where that is not known.
    fn states_config(&self, site: &Site<'s>, elements: &'s [Element]) -> Option<bool> {
        let key = |e: &'s Element| match e.name() {
            Some("TLSConfig") => Some(!self.is_none(site, &e.value)?),
            other => other.map(|_| false),
        };
        elements.iter().map(key).try_fold(false, |known, is| Some(known | is?))
    }

    /// Whether a configuration that is given is nil; `None` where it may be.
    fn is_none(&self, site: &Site<'s>, value: &'s Expr) -> Option<bool> {
        let (lens, value) = (self.lens, bare(value));
        if lens.is_nil(site, value) {
            return Some(true);
        }
        match self.may_be_none(site, value) {
            Some(false) => Some(false),
            other => nothing::is_guarded(lens, site, value).then_some(false).or(other),
        }
    }

    fn may_be_none(&self, site: &Site<'s>, value: &'s Expr) -> Option<bool> {
        let lens = self.lens;
        match &value.is {
            Is::Name(_) if let Some(local) = site.body.local(value) => {
                match site.body.locals.get(local as usize)?.binding {
                    Binding::Param(_) => self.is_none_by_callers(site, local),
                    Binding::Value(spec, _) if spec.values.is_empty() => {
                        replaced::is_set_first(lens, site, local).then_some(false)
                    }
                    _ => (!nothing::of_variable(lens, site, local)).then_some(false),
                }
            }
            Is::Call(_) => (!nothing::by_call(lens, site, value, 0)).then_some(false),
            _ => (!is_kept_nil(lens, site, value)).then_some(false),
        }
    }

    fn is_none_by_callers(&self, site: &Site<'s>, local: u32) -> Option<bool> {
        let Some(Item::Func(func)) = self.lens.item(site.place) else { return Some(false) };
        let is_it = |param: &Param| param.name.as_ref().and_then(|name| site.body.local_at(name.at)) == Some(local);
        let index = func.signature.params.iter().position(is_it);
        let arg = |(at, call): &(Site<'s>, &'s Call)| Some((at.clone(), call.args.get(index?)?));
        let all = match self.call.as_ref().filter(|_| func.receiver.is_none()).and_then(arg) {
            Some(one) => vec![one],
            None => self.lens.arguments(site, local).unwrap_or_default(),
        };
        let (Some(depth), false) = (self.depth.checked_sub(1), all.is_empty()) else { return Some(false) };
        let inner = Asked { depth, given_at: None, call: None, ..self.clone() };
        same(all.into_iter().map(|(at, arg)| Some(Some(inner.is_none(&at, arg)?))))
    }

    /// A server that a function of the program gives: what all of its `return` statements give, but for nil.
    fn result(&self, site: &Site<'s>, call: &'s Expr, index: usize) -> Option<bool> {
        let (lens, depth) = (self.lens, self.depth.checked_sub(1)?);
        let Is::Call(call) = &bare(call).is else { return None };
        if let (Some(symbol), [ty]) = (lens.symbol(site, &call.fun), call.args.as_slice())
            && symbol.is("", "new")
        {
            return lens.named(site, ty).is_some_and(|ty| is_server(&ty.name)).then_some(false);
        }
        let (at, func) = lens.callee(site, call)?;
        let named = func.signature.results.iter().any(|result| result.name.is_some());
        func.body.as_ref().filter(|_| !named)?;
        let of = |values: &'s [Expr]| {
            let value = bare(values.get(index)?);
            if lens.is_nil(&at, value) {
                return Some(None);
            }
            let given_at = at.body.place(value);
            let inner = Asked { lens, depth, given_at, call: Some((site.clone(), call)) };
            Some(Some(inner.server(&at, value)?))
        };
        same(at.body.returns(None).into_iter().map(of))
    }
}

/// What all say that say something; `None` where some are not known, or say otherwise.
pub(super) fn same(all: impl IntoIterator<Item = Option<Option<bool>>>) -> Option<bool> {
    let mut known = None;
    for said in all {
        match (known, said?) {
            (Some(before), Some(now)) if before != now => return None,
            (_, Some(now)) => known = Some(now),
            (_, None) => {}
        }
    }
    known
}

/// Methods of `http.Server`, which leave its configuration alone.
pub(super) const OF_SERVER: &[&str] = &[
    "ListenAndServe",
    "ListenAndServeTLS",
    "Serve",
    "ServeTLS",
    "Shutdown",
    "Close",
    "RegisterOnShutdown",
    "SetKeepAlivesEnabled",
];

/// Whether a value is a field of the program's own that somewhere is set to nil.
fn is_kept_nil<'s>(lens: &Lens<'s>, site: &Site<'s>, value: &Expr) -> bool {
    if let Some(symbol) = lens.symbol(site, value) {
        return nothing::of_global(lens, &symbol, &(site, value));
    }
    let Is::Select(base, field) = &bare(value).is else { return false };
    let ty = lens.type_of(site, base).map(|ty| ty.name);
    // Under another type's name anything may be set.
    if ty.as_ref().is_some_and(|ty| lens.is_converted(ty, &field.name)) {
        return true;
    }
    let Some(ty) = ty else { return false };
    let Some(given) = lens.given_to(&ty, &field.name) else {
        return nothing::of_decoded(lens, &ty, &field.name, &(site, value));
    };
    let is_nil = |one: &Given<'s>| matches!(one, Given::Value(at, value) if lens.is_nil(at, value));
    given.iter().any(is_nil) || nothing::of_field(lens, &given, &field.name, &(site, value))
}

/// Whether what is set as one of several comes of a call that gives a configuration, or an error with which nobody goes on.
fn is_given_by_call<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> bool {
    let Some(Node::Stmt(Stmt { does: Does::Assign(left, None, right), .. })) = around(site, node) else { return false };
    let index = left.iter().position(|left| site.body.is_at(left, node));
    let ([one], Some(index)) = (right.as_slice(), index) else { return false };
    matches!(bare(one).is, Is::Call(_)) && !nothing::by_call(lens, site, one, index)
}

/// Whether a declaration takes the configuration from a server, or the server's place for it: through a field or a pointer.
pub(super) fn clears_config<'s>(lens: &Lens<'s>, site: &Site<'s>) -> bool {
    let is_server = |ty: Type| lens.has_from(&lens.underlying(&ty.name), "TLSConfig", &is_server);
    site.body.exprs().any(|(node, expr)| match &expr.is {
        Is::Select(base, name) if &*name.name == "TLSConfig" && lens.symbol(site, expr).is_none() => {
            let taken = match site.body.use_of(node) {
                Use::Assign(Some(value)) => lens.is_nil(site, value) || is_kept_nil(lens, site, value),
                Use::Assign(None) => !is_given_by_call(lens, site, node),
                Use::Address => true,
                _ => false,
            };
            taken && lens.type_of(site, base).is_none_or(is_server)
        }
        Is::Star(base) if matches!(site.body.use_of(node), Use::Assign(_)) => {
            lens.type_of(site, base).is_some_and(is_server)
        }
        _ => false,
    })
}

fn keyed<'s>(element: &'s Element, key: &str) -> Option<&'s Expr> {
    let is_it = element.name() == Some(key);
    is_it.then_some(&element.value)
}

/// What stands around a node.
fn around<'s>(site: &Site<'s>, node: NodeId) -> Option<Node<'s>> {
    site.body.around(node).and_then(|up| site.body.node(up))
}

/// Whether a declaration makes an `http.Server` without a configuration.
pub(super) fn makes_bare_server<'s>(lens: &Lens<'s>, site: &Site<'s>) -> bool {
    let server = |ty: &Expr| lens.named(site, ty).is_some_and(|t| !t.pointer && is_server(&t.name));
    let asked = Asked { lens, depth: DEPTH, given_at: None, call: None };
    let literal = |(node, expr): (NodeId, &'s Expr)| match &expr.is {
        Is::Composite(Some(ty), elements) => server(ty) && asked.states_config(site, elements) != Some(true),
        Is::Composite(None, elements) => {
            asked.states_config(site, elements) != Some(true)
                && struct_at(lens, site, node).is_some_and(|ty| is_server(&ty))
        }
        Is::Call(call) => {
            lens.symbol(site, &call.fun).is_some_and(|s| s.is("", "new")) && call.args.first().is_some_and(server)
        }
        Is::Struct(fields) => fields.iter().any(|f| server(&f.ty)),
        _ => false,
    };
    let zero = |node: &Node| match node {
        Node::Spec(spec) => spec.values.is_empty() && spec.ty.as_ref().is_some_and(server),
        Node::Item(Item::Types(specs)) => specs.iter().any(|spec| server(&spec.ty)),
        Node::Item(Item::Func(_) | Item::Values(_)) | Node::Stmt(_) | Node::Element(_) | Node::Expr(_) => false,
    };
    site.body.exprs().any(literal) || site.body.nodes.iter().any(|entry| zero(&entry.node))
}
