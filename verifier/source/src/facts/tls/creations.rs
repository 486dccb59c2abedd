//! Where configurations are made: literals, `new`, zero values, copies, libraries, and servers that get the default one.

use super::super::types::Types;
use super::others::{configures, makes_default};
use super::servers::{has_config, is_server};
use super::{AUTOCERT, TLS};
use crate::facts::implied::Implied;
use crate::facts::listeners::{is_untold, names_type, receiver};
use crate::facts::search::{methods, references, values};
use crate::go::syntax::{Does, Element, Expr, Is, Item, Span, Stmt, ValueSpec};
use crate::meaning::{Lens, Node, NodeId, Site, Type, Use, bare};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    Literal,
    New,
    Zero,
    /// A field of a struct type: each value of that type has one.
    Field,
    /// `Clone`, or a copy of the struct.
    Clone,
    /// By a library whose configuration is known to state no version.
    Factory,
    /// By a library that was not delivered.
    Foreign,
    /// By net/http, for a server that has none.
    Default,
    /// The same for a server that was made with one: if that is taken from it elsewhere.
    Cleared,
    /// By a framework, of options that state a version.
    Options,
}

impl Made {
    pub fn form(self) -> &'static str {
        match self {
            Made::Literal => "literal",
            Made::New => "new",
            Made::Zero => "zero",
            Made::Field => "field",
            Made::Clone => "clone",
            Made::Factory | Made::Foreign => "factory",
            Made::Default | Made::Cleared => "default",
            Made::Options => "options",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Creation<'s> {
    pub made: Made,
    pub expr_at: Span,
    /// The value's node; of a zero value the declaring line.
    pub node: NodeId,
    /// Elements of a literal.
    pub elements: &'s [Element],
    /// What is copied.
    pub copied: Option<&'s Expr>,
    /// The variable of a zero value, where it is local.
    pub local: Option<u32>,
    /// The package's variable that a zero value is, by its place in the line.
    pub line: Option<(&'s ValueSpec, usize)>,
    /// A default: whether it is certain that the server has no configuration.
    pub decided: bool,
}

impl<'s> Creation<'s> {
    pub fn of(made: Made, at: Span, node: NodeId) -> Creation<'s> {
        plain(made, at, node)
    }
}

fn plain<'s>(made: Made, at: Span, node: NodeId) -> Creation<'s> {
    Creation { made, expr_at: at, node, elements: &[], copied: None, local: None, line: None, decided: true }
}

pub(super) fn creations<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>) -> Vec<Creation<'s>> {
    let mut out = Vec::new();
    for (node, expr) in site.body.exprs() {
        out.extend(of_expr(lens, types, site, node, expr));
    }
    for (id, entry) in site.body.nodes.iter().enumerate() {
        if let Node::Spec(spec) = entry.node {
            out.extend(of_line(lens, types, site, id as NodeId, spec));
        }
    }
    out.retain(|creation| !super::replaced::before_use(lens, site, creation));
    out.extend(results(lens, types, site));
    out.extend(defaults(lens, site));
    out.extend(fields(lens, types, site));
    out.extend(super::options::creations(lens, site));
    out
}

fn of_expr<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>, node: NodeId, expr: &'s Expr) -> Option<Creation<'s>> {
    match &expr.is {
        Is::Composite(ty, elements) => {
            let is = match ty {
                Some(ty) => types.is_plain(lens, site, ty),
                None => Implied::of(lens, site, node).is_some_and(|implied| implied.is_of(lens, types)),
            };
            is.then(|| Creation { elements, ..plain(Made::Literal, expr.at, node) })
        }
        Is::Call(call) => {
            let symbol = lens.symbol(site, &call.fun);
            if symbol.as_ref().is_some_and(|s| s.is("", "new")) {
                let arg = call.args.first()?;
                return types.is_plain(lens, site, arg).then(|| plain(Made::New, expr.at, node));
            }
            if symbol.as_ref().is_some_and(|s| s.is("", "make")) {
                let (Is::SliceOf(of) | Is::Map(_, of)) = &bare(call.args.first()?).is else { return None };
                return types.is_plain(lens, site, of).then(|| plain(Made::Zero, expr.at, node));
            }
            // What a generic function makes of the type it is told.
            if let Is::Index(_, told) = &bare(&call.fun).is
                && told.iter().any(|ty| lens.named(site, ty).is_some_and(|t| types.has(&t)))
            {
                return super::fate::sinks(lens, types, site, node).then(|| plain(Made::Foreign, expr.at, node));
            }
            if let Some(symbol) = symbol {
                let made = match symbol.is(AUTOCERT, "NewListener") && !lens.is_substituted(AUTOCERT) {
                    true => Made::Factory,
                    false => foreign(lens, types, site, node, &symbol)?,
                };
                return Some(plain(made, expr.at, node));
            }
            let Is::Select(base, method) = &bare(&call.fun).is else { return None };
            let makes = matches!(&*method.name, "Clone" | "TLSConfig" | "Listener");
            let ty = if makes { lens.type_of(site, base)? } else { return None };
            match &*method.name {
                "Clone" if types.has(&ty) => Some(Creation { copied: Some(base), ..plain(Made::Clone, expr.at, node) }),
                "TLSConfig" | "Listener" if ty.name.is(AUTOCERT, "Manager") => {
                    Some(plain(Made::Factory, expr.at, node))
                }
                _ => None,
            }
        }
        Is::Star(base) if is_value(site, node) && !is_type(lens, site, base) => {
            types.of(lens, site, base).filter(|t| t.pointer)?;
            Some(Creation { copied: Some(base), ..plain(Made::Clone, expr.at, node) })
        }
        // A struct that is assigned is copied.
        Is::Name(_) | Is::Select(..) if is_assigned(site, node) => {
            types.of(lens, site, expr).filter(|t| !t.pointer)?;
            Some(Creation { copied: Some(expr), ..plain(Made::Clone, expr.at, node) })
        }
        _ => None,
    }
}

/// A call into a package that was not delivered and that leads to where configurations go.
fn foreign<'s>(
    lens: &Lens<'s>,
    types: &Types,
    site: &Site<'s>,
    node: NodeId,
    symbol: &crate::meaning::Symbol,
) -> Option<Made> {
    let known = makes_default(&symbol.path, None, &symbol.name);
    if symbol.path.is_empty() || lens.is_delivered(&symbol.path) || &*symbol.path == TLS || known {
        return None;
    }
    let direct = super::fate::sinks(lens, types, site, node);
    direct.then_some(Made::Foreign)
}

/// Whether the value behind a pointer is read: not set, and not a field of it.
fn is_value(site: &Site, node: NodeId) -> bool {
    let Some(up) = site.body.around(node) else { return false };
    match site.body.node(up) {
        Some(Node::Stmt(_)) => !matches!(site.body.use_of(node), Use::Assign(_)),
        Some(Node::Spec(spec)) => spec.values.iter().any(|e| site.body.is_at(e, node)),
        Some(Node::Element(element)) => site.body.is_at(&element.value, node),
        Some(Node::Expr(Expr { is: Is::Call(call), .. })) => call.args.iter().any(|e| site.body.is_at(e, node)),
        _ => false,
    }
}

fn is_type<'s>(lens: &Lens<'s>, site: &Site<'s>, expr: &Expr) -> bool {
    lens.symbol(site, expr).is_some_and(|s| s.is(TLS, "Config") || lens.is_type(&s))
}

/// Whether a name is the right side of an assignment or definition.
pub(super) fn is_assigned(site: &Site, node: NodeId) -> bool {
    let Some(up) = site.body.around(node) else { return false };
    match site.body.node(up) {
        Some(Node::Stmt(Stmt { does: Does::Assign(_, None, right) | Does::Define(_, right), .. })) => {
            right.iter().any(|e| site.body.is_at(e, node))
        }
        Some(Node::Spec(spec)) => spec.values.iter().any(|e| site.body.is_at(e, node)),
        _ => false,
    }
}

/// `var c tls.Config`.
fn of_line<'s>(
    lens: &Lens<'s>,
    types: &Types,
    site: &Site<'s>,
    node: NodeId,
    spec: &'s ValueSpec,
) -> Vec<Creation<'s>> {
    let Some(ty) = spec.ty.as_ref().filter(|_| spec.values.is_empty()) else { return Vec::new() };
    if !types.is_plain(lens, site, item_of(ty)) {
        return Vec::new();
    }
    let of = |(index, name): (usize, &crate::go::syntax::Ident)| Creation {
        local: site.body.local_at(name.at),
        line: Some((spec, index)),
        ..plain(Made::Zero, name.at, node)
    };
    spec.names.iter().enumerate().filter(|(_, name)| &*name.name != "_").map(of).collect()
}

/// The type of what an array holds; of no array, the type itself.
fn item_of(ty: &Expr) -> &Expr {
    match &bare(ty).is {
        Is::Array(_, of) => item_of(of),
        _ => ty,
    }
}

/// Named results: each begins as a zero value.
fn results<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>) -> Vec<Creation<'s>> {
    let Some(Item::Func(func)) = lens.item(site.place) else { return Vec::new() };
    let named = func.signature.results.iter().filter_map(|result| Some((result.name.as_ref()?, &result.ty)));
    let zeros = named.filter(|(name, ty)| &*name.name != "_" && types.is_plain(lens, site, ty));
    let of = |(name, _): (&crate::go::syntax::Ident, _)| Creation {
        local: site.body.local_at(name.at),
        ..plain(Made::Zero, name.at, 0)
    };
    zeros.map(of).collect()
}

/// Fields of struct types that hold a configuration by value, embedded ones included.
fn fields<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>) -> Vec<Creation<'s>> {
    let mut out = Vec::new();
    for (node, expr) in site.body.exprs() {
        let Is::Struct(all) = &expr.is else { continue };
        out.extend(all.iter().filter(|f| types.is_plain(lens, site, &f.ty)).map(|f| plain(Made::Field, f.ty.at, node)));
    }
    out
}

/// Servers that net/http makes a configuration for.
fn defaults<'s>(lens: &Lens<'s>, site: &Site<'s>) -> Vec<Creation<'s>> {
    let mut out = Vec::new();
    let function = |s: &crate::meaning::Symbol| s.is("net/http", "ListenAndServeTLS") || s.is("net/http", "ServeTLS");
    for found in references(lens, site, function) {
        let node = site.body.place(found.whole()).unwrap_or(found.node);
        out.push(plain(Made::Default, found.whole().at, node));
    }
    out.extend(helped(lens, site));
    let called = methods(site).map(|(base, name, whole, call)| (base, name, whole, &call.fun, Some(call.args.len())));
    for (base, name, whole, selected, args) in
        called.chain(values(site).map(|(base, name, whole)| (base, name, whole, whole, None)))
    {
        let serves = |ty: Type| lens.has_from(&ty.name, name, &|known| known.is("net/http", "Server"));
        let known = receiver(lens, site, base).is_some_and(serves);
        // Of an interface or a type parameter it may be that of any server.
        let untold = name == "ListenAndServeTLS" && !known && is_untold(lens, site, base, name, selected, args);
        if !matches!(name, "ListenAndServeTLS" | "ServeTLS") || !known && !untold {
            continue;
        }
        let node = site.body.place(whole).unwrap_or(0);
        let has_config = match untold || names_type(lens, site, base) {
            true => None,
            false => has_config(lens, site, base)
                .or_else(|| super::nothing::serves_guarded(lens, site, node, base).then_some(true)),
        };
        let (made, decided) = of_server(has_config);
        out.push(Creation { decided, ..plain(made, whole.at, node) });
    }
    out
}

/// What a server is given that has a configuration or none, and whether that is certain.
fn of_server(has_config: Option<bool>) -> (Made, bool) {
    match has_config {
        Some(true) => (Made::Cleared, false),
        Some(false) => (Made::Default, true),
        None => (Made::Default, false),
    }
}

/// Servers for which a library makes a configuration of certificates alone.
fn helped<'s>(lens: &Lens<'s>, site: &Site<'s>) -> Vec<Creation<'s>> {
    // Its own code says more than its name, where a supplier may have written it.
    let known = |path: &str| !lens.is_substituted(path);
    let function = |s: &crate::meaning::Symbol| makes_default(&s.path, None, &s.name) && known(&s.path);
    let mut out: Vec<Creation> = references(lens, site, function)
        .into_iter()
        .map(|found| {
            // Configurators may give the server another one.
            let configured = found.call.is_some_and(|(_, call)| configures(&found.symbol, call));
            Creation { decided: !configured, ..plain(Made::Default, found.whole().at, found.node) }
        })
        .collect();
    let called = methods(site).map(|(base, name, whole, _)| (base, name, whole));
    for (base, name, whole) in called.chain(values(site)) {
        let of_type = |ty: &Type| {
            let is = |known: &crate::meaning::Symbol| makes_default(&known.path, Some(&known.name), name);
            known(&ty.name.path) && lens.has_from(&ty.name, name, &is)
        };
        let Some(ty) = receiver(lens, site, base).filter(|ty| name.contains("TLS") && of_type(ty)) else { continue };
        let (made, decided) = match is_server(&ty.name) {
            true => of_server(has_config(lens, site, base).filter(|_| !names_type(lens, site, base))),
            false => (Made::Default, true),
        };
        out.push(Creation { decided, ..plain(made, whole.at, site.body.place(whole).unwrap_or(0)) });
    }
    out
}
