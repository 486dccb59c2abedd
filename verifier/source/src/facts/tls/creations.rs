//! Where configurations are made: literals, `new`, zero values, copies, libraries, and servers that get the default one.

use super::super::types::Types;
use super::others::makes_default;
use super::{AUTOCERT, TLS};
use crate::facts::implied::Implied;
use crate::facts::listeners::{is_untold, names_type, receiver};
use crate::facts::search::{methods, references, values};
use crate::go::syntax::{Does, Element, Expr, Is, Item, Op, Span, Stmt, ValueSpec};
use crate::meaning::body::Binding;
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
            let ty = lens.type_of(site, base)?;
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
    lens.symbol(site, expr).is_some_and(|s| s.is(TLS, "Config") || lens.type_spec(&s).is_some())
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
        let (made, decided) = match has_config(lens, site, base) {
            _ if untold || names_type(lens, site, base) => (Made::Default, false),
            Some(true) => (Made::Cleared, false),
            Some(false) => (Made::Default, true),
            None => (Made::Default, false),
        };
        let node = site.body.place(whole).unwrap_or(0);
        out.push(Creation { decided, ..plain(made, whole.at, node) });
    }
    out
}

/// Servers for which a library makes a configuration of certificates alone.
fn helped<'s>(lens: &Lens<'s>, site: &Site<'s>) -> Vec<Creation<'s>> {
    // Its own code says more than its name, where a supplier may have written it.
    let known = |path: &str| !lens.is_substituted(path);
    let function = |s: &crate::meaning::Symbol| makes_default(&s.path, None, &s.name) && known(&s.path);
    let mut out: Vec<Creation> = references(lens, site, function)
        .into_iter()
        .map(|found| plain(Made::Default, found.whole().at, found.node))
        .collect();
    let called = methods(site).map(|(base, name, whole, _)| (base, name, whole));
    for (base, name, whole) in called.chain(values(site)) {
        let of_type = |ty: Type| {
            let is = |known: &crate::meaning::Symbol| makes_default(&known.path, Some(&known.name), name);
            known(&ty.name.path) && lens.has_from(&ty.name, name, &is)
        };
        if name.contains("TLS") && receiver(lens, site, base).is_some_and(of_type) {
            out.push(plain(Made::Default, whole.at, site.body.place(whole).unwrap_or(0)));
        }
    }
    out
}

/// Whether a server has a configuration; `None` where its making was not seen.
fn has_config<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr) -> Option<bool> {
    let base = bare(base);
    if let Is::Unary(Op::Address, inside) = &base.is {
        return has_config(lens, site, inside);
    }
    if let Is::Composite(ty, elements) = &base.is {
        let is_server = |ty: &Expr| lens.named(site, ty).is_some_and(|ty| ty.name.is("net/http", "Server"));
        return match ty.as_ref().is_some_and(|ty| is_server(ty)) {
            true => states_config(lens, site, elements),
            // A struct that embeds the server.
            false if elements.is_empty() => Some(false),
            false => has_config(lens, site, elements.iter().find_map(|element| keyed(element, "Server"))?),
        };
    }
    let local = site.body.local(base).filter(|_| matches!(base.is, Is::Name(_)))?;
    let made = match site.body.locals.get(local as usize)?.binding {
        Binding::Define([one], 0, 1) => has_config(lens, site, one),
        Binding::Value(spec, 0)
            if spec.values.is_empty() && spec.ty.as_ref().is_some_and(|ty| !matches!(bare(ty).is, Is::Star(_))) =>
        {
            Some(false)
        }
        Binding::Value(spec, 0) if spec.names.len() == 1 => has_config(lens, site, spec.values.first()?),
        _ => return None,
    };
    let home = site.body.locals.get(local as usize).map_or(0, |local| site.body.home(local.at));
    let mut set = made;
    for (node, used) in site.body.uses(local) {
        match used {
            Use::AssignField("TLSConfig", value) => {
                let now = value.is_none_or(|value| !is_nil(lens, site, value));
                // On one way it is set, on another not.
                set = if site.body.is_conditional(node, home) { set.filter(|set| *set == now) } else { Some(now) };
            }
            // The embedded server itself.
            Use::AssignField("Server", Some(value)) if !site.body.is_conditional(node, home) => {
                set = has_config(lens, site, value);
            }
            Use::AssignField("Server", _) | Use::Assign(_) => return None,
            // A method of the program's own type may set it.
            Use::Method(name, _) if set != Some(true) && !OF_SERVER.contains(&name) => return None,
            // Whoever gets the server may set it.
            Use::Address | Use::Read if set != Some(true) && !is_compared(site, node) => return None,
            Use::Address | Use::AssignField(..) | Use::Field(..) | Use::Method(..) | Use::Read => {}
        }
    }
    set
}

/// Methods of `http.Server`, which leave its configuration alone.
const OF_SERVER: &[&str] = &[
    "ListenAndServe",
    "ListenAndServeTLS",
    "Serve",
    "ServeTLS",
    "Shutdown",
    "Close",
    "RegisterOnShutdown",
    "SetKeepAlivesEnabled",
];

fn is_nil<'s>(lens: &Lens<'s>, site: &Site<'s>, value: &Expr) -> bool {
    lens.symbol(site, value).is_some_and(|symbol| symbol.is("", "nil"))
}

/// Whether a declaration takes the configuration from a server, or the server's place for it: through a field or a pointer.
pub(super) fn clears_config<'s>(lens: &Lens<'s>, site: &Site<'s>) -> bool {
    let is_server = |ty: Type| lens.has_from(&ty.name, "TLSConfig", &|known| known.is("net/http", "Server"));
    site.body.exprs().any(|(node, expr)| match &expr.is {
        Is::Select(base, name) if &*name.name == "TLSConfig" && lens.symbol(site, expr).is_none() => {
            let taken = match site.body.use_of(node) {
                Use::Assign(Some(value)) => is_nil(lens, site, value),
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
    let is_it = matches!(&element.key, Some(Expr { is: Is::Name(name), .. }) if &**name == key);
    is_it.then_some(&element.value)
}

fn is_compared(site: &Site, node: NodeId) -> bool {
    let up = site.body.around(node).and_then(|up| site.body.node(up));
    matches!(up, Some(Node::Expr(Expr { is: Is::Binary(Op::Equal | Op::NotEqual, _), .. })))
}

fn states_config<'s>(lens: &Lens<'s>, site: &Site<'s>, elements: &[Element]) -> Option<bool> {
    let key = |e: &Element| match &e.key {
        Some(Expr { is: Is::Name(name), .. }) => Some(&**name == "TLSConfig" && !is_nil(lens, site, &e.value)),
        _ => None,
    };
    elements.iter().map(key).try_fold(false, |known, is| Some(known | is?))
}

/// Whether a declaration makes an `http.Server` without a configuration.
pub(super) fn makes_bare_server<'s>(lens: &Lens<'s>, site: &Site<'s>) -> bool {
    let server = |ty: &Expr| lens.named(site, ty).is_some_and(|t| !t.pointer && t.name.is("net/http", "Server"));
    let literal = |expr: &Expr| match &expr.is {
        Is::Composite(Some(ty), elements) => server(ty) && states_config(lens, site, elements) != Some(true),
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
    site.body.exprs().any(|(_, e)| literal(e)) || site.body.nodes.iter().any(|entry| zero(&entry.node))
}
