//! `source.listeners`: calls that open a listening socket, and what comes to speak on it.

use super::alternatives::or_tls;
use super::frameworks;
use super::mentions::mark;
use super::search::{Search, item, methods, references, spelt, values};
use super::sockets::{FUNCTIONS, METHODS, OTHERS, Opens};
use super::spoken::spoken;
use crate::go::syntax::{Call, Does, Element, Expr, Is, Op, Span, Stmt};
use crate::meaning::body::Binding;
use crate::meaning::{Const, Lens, Node, NodeId, Place, Site, Symbol, Type, Use, bare};
use assize_facts::kinds::source::{Listener, Transport};
use assize_facts::{Item, Known, Sheet, reason};
use std::collections::BTreeSet;

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let file = |lens: &Lens, file| opens_something(lens, file);
    let search = Search { file: &file, marks: mark::LISTEN, words: &[], dependencies: true };
    search.sheet::<Listener>(lens, |site| {
        let mut out: Vec<(Span, Item)> = Vec::new();
        for found in references(lens, site, |s| function(s).is_some()) {
            let Some(opens) = function(&found.symbol) else { continue };
            let called = spelt(&found.symbol);
            let (transport, address) = match (found.call, opens) {
                (Some((_, call)), Opens::Framework(of)) => frameworks::told(lens, site, of, &called, None, call),
                (Some((whole, call)), _) => of_call(lens, site, opens, whole, call),
                (None, Opens::Framework(of)) => (frameworks::open(of, &called), frameworks::open(of, &called)),
                (None, _) => (Known::Unknown(lens.open(site, found.expr)), Known::Unknown(lens.open(site, found.expr))),
            };
            let transport = decided(lens, site, transport, &called, found.whole());
            out.push(of(lens, site, called, transport, address, found.whole().at));
        }
        for (base, name, whole, call) in methods(site) {
            let Some((ty, opens)) = method(lens, site, base, name) else {
                if is_untold(lens, site, base, name, &call.fun, Some(call.args.len())) {
                    let open = || lens.open(site, base);
                    out.push(of(lens, site, name.into(), Known::Unknown(open()), Known::Unknown(open()), whole.at));
                }
                continue;
            };
            let called = spelt(&of_type(&ty, name));
            let (transport, mut address) = match opens {
                Opens::Framework(of) => frameworks::told(lens, site, of, &called, Some(base), call),
                _ => of_call(lens, site, opens, whole, call),
            };
            if names_type(lens, site, base) {
                // `(*http.Server).ListenAndServe(s)`: the receiver is the first argument.
                address = Known::Unknown(lens.open(site, whole));
            } else if ty.is("net/http", "Server") {
                address = server_address(lens, site, base);
            }
            let transport = decided(lens, site, transport, &called, whole);
            out.push(of(lens, site, called, transport, address, whole.at));
        }
        // `g.Go(srv.ListenAndServe)`: whoever gets it calls it.
        for (base, name, whole) in values(site) {
            let Some((ty, opens)) = method(lens, site, base, name) else {
                if is_untold(lens, site, base, name, whole, None) {
                    let open = || lens.open(site, base);
                    out.push(of(lens, site, name.into(), Known::Unknown(open()), Known::Unknown(open()), whole.at));
                }
                continue;
            };
            let called = spelt(&of_type(&ty, name));
            let transport = match opens {
                Opens::Framework(of) => frameworks::open(of, &called),
                Opens::Tls(_) => Transport::Tls.into(),
                Opens::Plain(_) => Transport::Plain.into(),
                Opens::Udp => Transport::Udp.into(),
                Opens::Unix => Transport::Unix.into(),
                Opens::Network(..) | Opens::Stream | Opens::Socket | Opens::Server(_) | Opens::Optional(_) => {
                    Known::Unknown(lens.open(site, whole))
                }
            };
            let address = match ty.is("net/http", "Server") && !names_type(lens, site, base) {
                true => server_address(lens, site, base),
                false => Known::Unknown(lens.open(site, whole)),
            };
            let transport = decided(lens, site, transport, &called, whole);
            out.push(of(lens, site, called, transport, address, whole.at));
        }
        out.sort_by_key(|(at, _)| *at);
        out.into_iter().map(|(_, item)| item).collect()
    })
}

/// Whether an expression serves with TLS, or makes a listener that does: called, or taken as a value.
pub(super) fn serves_tls<'s>(lens: &Lens<'s>, site: &Site<'s>, expr: &Expr) -> bool {
    let expr = match &expr.is {
        Is::Name(_) | Is::Select(..) => expr,
        _ => return false,
    };
    if let Some(symbol) = lens.symbol(site, expr) {
        let serves = symbol.is("net/http", "ServeTLS") || symbol.is("crypto/tls", "NewListener");
        return serves || matches!(function(&symbol), Some(Opens::Tls(_)));
    }
    let Is::Select(base, name) = &expr.is else { return false };
    let of_server = || {
        let is_server = |known: &Symbol| known.is("net/http", "Server");
        receiver(lens, site, base).is_some_and(|ty| lens.has_from(&ty.name, &name.name, &is_server))
    };
    matches!(method(lens, site, base, &name.name), Some((_, Opens::Tls(_)))) || &*name.name == "ServeTLS" && of_server()
}

/// A server without TLS may be one of two ways, of which the other is one with it: which one serves is decided at run time.
fn decided<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    transport: Known<Transport>,
    call: &str,
    whole: &Expr,
) -> Known<Transport> {
    let either = || site.body.place(whole).is_some_and(|node| or_tls(lens, site, node));
    match transport {
        Known::Value(Transport::Plain) if either() => Known::Unknown(reason!("plain-or-tls", call = call)),
        known => known,
    }
}

fn opens_something(lens: &Lens, file: crate::build::FileId) -> bool {
    let head = lens.source.program.head(file);
    let matters =
        |path: &str| FUNCTIONS.iter().any(|row| row.0 == path) || METHODS.iter().any(|row| is_path(row.0, path));
    // A server that another package makes is served without its import.
    let serves = || lens.outline(file).iter().any(|decl| decl.marks & mark::SERVES != 0);
    head.is_some_and(|head| head.outline.imports.iter().any(|import| matters(&import.path))) || serves()
}

/// A method that only a server has, of something whose type is not told, or whose method is nowhere to be seen: an interface, a type
/// parameter, a library's. A call has as many arguments as that of `http.Server`.
pub(super) fn is_untold<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    base: &Expr,
    name: &str,
    selected: &Expr,
    args: Option<usize>,
) -> bool {
    let is_package = || lens.symbol(site, selected).is_some();
    let is_seen = |ty: Type| lens.has_from(&ty.name, name, &|known| lens.method(known, name).is_some());
    let of_server = match name {
        "ListenAndServe" => args.is_none_or(|count| count == 0),
        // One call may give both.
        "ListenAndServeTLS" => args.is_none_or(|count| matches!(count, 1 | 2)),
        _ => false,
    };
    of_server && !receiver(lens, site, base).is_some_and(is_seen) && !is_package()
}

fn is_path(known: &str, path: &str) -> bool {
    known.strip_suffix('*').map_or(known == path, |start| path.starts_with(start))
}

fn function(symbol: &Symbol) -> Option<Opens> {
    FUNCTIONS.iter().find(|(path, name, _)| symbol.is(path, name)).map(|row| row.2)
}

/// A method as it is told.
fn of_type(ty: &Symbol, method: &str) -> Symbol {
    Symbol { path: ty.path.clone(), name: format!("{}.{method}", ty.name).into() }
}

/// The type of what a method is selected of: a value's, or the type itself.
pub(super) fn receiver<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &Expr) -> Option<Type> {
    lens.type_of(site, base).or_else(|| lens.named(site, bare(base)))
}

/// Whether an expression is a type and no value: what is selected of it takes its receiver as the first argument.
pub(super) fn names_type<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &Expr) -> bool {
    lens.type_of(site, base).is_none() && lens.named(site, bare(base)).is_some()
}

/// A method of a known type, or of a struct that embeds one.
fn method<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &Expr, name: &str) -> Option<(Symbol, Opens)> {
    if !METHODS.iter().any(|row| row.2 == name) {
        return None;
    }
    let ty = receiver(lens, site, base)?.name;
    let of = |row: &&(&str, &'static str, &str, Opens)| {
        let is = |known: &Symbol| is_path(row.0, &known.path) && *known.name == *row.1;
        row.2 == name && lens.has_from(&ty, name, &is)
    };
    let row = METHODS.iter().find(of)?;
    let path = row.0.trim_end_matches('*');
    let known = if is_path(row.0, &ty.path) && *ty.name == *row.1 { ty } else { Symbol::new(path, row.1) };
    Some((known, row.3))
}

/// Whether a function listens.
pub(super) fn is_listening(symbol: &Symbol) -> bool {
    function(symbol).is_some() || OTHERS.iter().any(|(path, name)| symbol.is(path, name))
}

/// Whether a call listens by itself.
pub(super) fn listens<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &'s Call) -> bool {
    if let Some(symbol) = lens.symbol(site, &call.fun) {
        return is_listening(&symbol);
    }
    let Is::Select(base, name) = &bare(&call.fun).is else { return false };
    let serves = || matches!(&*name.name, "Serve" | "ServeTLS");
    let server =
        |ty: crate::meaning::Type| lens.has_from(&ty.name, &name.name, &|known| known.is("net/http", "Server"));
    method(lens, site, base, &name.name).is_some() || serves() && lens.type_of(site, base).is_some_and(server)
}

fn of_call<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    opens: Opens,
    whole: &'s Expr,
    call: &'s Call,
) -> (Known<Transport>, Known<Option<String>>) {
    let at = |index: usize| match call.args.get(index) {
        Some(arg) => text(lens, site, arg).map(|text| Some(text).filter(|t| !t.is_empty())),
        None => Known::Value(None),
    };
    let why = || lens.open(site, whole);
    match opens {
        Opens::Tls(index) => (Transport::Tls.into(), at(index)),
        Opens::Plain(index) => (Transport::Plain.into(), at(index)),
        Opens::Udp => (Transport::Udp.into(), Known::Unknown(why())),
        Opens::Unix => (Transport::Unix.into(), Known::Unknown(why())),
        Opens::Socket | Opens::Framework(_) => (Known::Unknown(why()), Known::Unknown(why())),
        Opens::Stream => (spoken(lens, site, whole), Known::Unknown(why())),
        Opens::Server(index) => match call.args.get(index) {
            Some(arg) => {
                let transport = with_config(lens, site, arg);
                let transport = transport.map_or_else(|| Known::Unknown(lens.open(site, arg)), Known::Value);
                (transport, server_address(lens, site, arg))
            }
            None => (Known::Unknown(why()), Known::Unknown(why())),
        },
        Opens::Optional(index) => {
            let transport = match call.args.get(index + 1) {
                None if !call.spread => Transport::Plain.into(),
                Some(arg) if let Some(transport) = optional(lens, site, arg) => transport.into(),
                _ => Known::Unknown(why()),
            };
            (transport, at(index))
        }
        Opens::Network(network, address) => {
            let Some(arg) = call.args.get(network) else { return (Known::Unknown(why()), Known::Unknown(why())) };
            let transport = match text(lens, site, arg) {
                Known::Value(name) if name.starts_with("tcp") => spoken(lens, site, whole),
                Known::Value(name) if name.starts_with("udp") => Transport::Udp.into(),
                Known::Value(name) if name.starts_with("unix") => Transport::Unix.into(),
                Known::Value(_) | Known::Possible(_) => Known::Unknown(why()),
                Known::Unknown(reason) => Known::Unknown(reason),
            };
            (transport, at(address))
        }
    }
}

pub(super) fn text<'s>(lens: &Lens<'s>, site: &Site<'s>, arg: &Expr) -> Known<String> {
    lens.eval(site, arg).known(
        || lens.open(site, arg),
        |value| match value {
            Const::Text(text) => Some(text),
            Const::Int(_) | Const::Bool(_) | Const::Nil | Const::Symbol(_) => None,
        },
    )
}

/// What the server of net/http speaks that is handed over, by whether its one literal has a configuration.
pub(super) fn with_config<'s>(lens: &Lens<'s>, site: &Site<'s>, server: &'s Expr) -> Option<Transport> {
    let has = given(lens, site, server, &["TLSConfig"])?;
    Some(if has { Transport::Tls } else { Transport::Plain })
}

/// Whether options make a server one with TLS (fiber v3, ListenConfig): by a configuration, or by both files of a certificate.
fn optional<'s>(lens: &Lens<'s>, site: &Site<'s>, options: &'s Expr) -> Option<Transport> {
    let given = |fields: &[&str]| given(lens, site, options, fields);
    let has = given(&["AutoCertManager", "TLSConfig"])?
        || match (given(&["CertFile"]), given(&["CertKeyFile"])) {
            (Some(false), _) | (_, Some(false)) => false,
            (cert, key) => cert? && key?,
        };
    Some(if has { Transport::Tls } else { Transport::Plain })
}

/// Whether one literal makes a struct, and gives one of its fields something; `None` where more than that may decide it.
fn given<'s>(lens: &Lens<'s>, site: &Site<'s>, made: &'s Expr, fields: &[&str]) -> Option<bool> {
    let made = bare(made);
    let elements = literal_of(site, made)?;
    if elements.iter().any(|element| element.key.is_none()) || set_later(lens, site, made, fields) {
        return None;
    }
    let is_one = |e: &&Element| e.name().is_some_and(|name| fields.contains(&name));
    let mut found = elements.iter().filter(is_one);
    // Of what may be nothing, or nil, it is not told.
    let is_changed = |local| site.body.uses(local).any(|(_, used)| matches!(used, Use::Assign(_) | Use::Address));
    let is_something = |e: &'s Element| match bare(&e.value) {
        value if lens.is_nil(site, value) => Some(false),
        value if site.body.local(value).is_some_and(is_changed) => None,
        value if literal_of(site, value).is_some() => Some(true),
        value => text(lens, site, value).value().map(|text| !text.is_empty()),
    };
    found.try_fold(false, |one, element| Some(is_something(element)? || one))
}

/// Whether fields of a struct that a variable holds may be set through it.
pub(super) fn set_later<'s>(lens: &Lens<'s>, site: &Site<'s>, held: &'s Expr, fields: &[&str]) -> bool {
    let sets = |local| fields.iter().any(|field| sets(lens, site, local, field, &mut BTreeSet::new()));
    site.body.local(held).is_some_and(sets)
}

/// Whether a field of a struct may be set through a variable that holds it, or one that gets it from there; each is looked at once.
fn sets<'s>(lens: &Lens<'s>, site: &Site<'s>, local: u32, field: &str, seen: &mut BTreeSet<(Place, u32)>) -> bool {
    const MOST: usize = 200;
    if !seen.insert((site.place, local)) {
        return false;
    }
    if seen.len() > MOST {
        return true;
    }
    site.body.uses(local).any(|(node, used)| match used {
        Use::AssignField(name, _) if name == field => true,
        Use::Assign(_) | Use::Address => true,
        Use::Read => {
            let others = holders(lens, site, node);
            others.into_iter().any(|(at, local)| sets(lens, &at, local, field, seen))
        }
        Use::AssignField(..) | Use::Field(..) | Use::Method(..) => false,
    })
}

/// Variables that get what stands at a node: by an assignment, or as a function's parameter.
fn holders<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> Vec<(Site<'s>, u32)> {
    match site.body.around(node).and_then(|up| site.body.node(up)) {
        Some(Node::Stmt(Stmt { does: Does::Define(left, _) | Does::Assign(left, None, _), .. })) => {
            let names = left.iter().map(bare).filter(|target| matches!(target.is, Is::Name(_)));
            names.filter_map(|target| Some((site.clone(), site.body.local(target)?))).collect()
        }
        Some(Node::Expr(Expr { is: Is::Call(call), .. })) => {
            let index = call.args.iter().position(|arg| site.body.is_at(arg, node));
            let found = lens.symbol(site, &call.fun).and_then(|symbol| lens.function(&symbol));
            let param = found.zip(index).and_then(|((at, func), index)| {
                let name = func.signature.params.get(index)?.name.as_ref()?;
                let local = at.body.local_at(name.at)?;
                Some((at, local))
            });
            param.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The `Addr` of the server that a method is called on, where one literal makes it.
pub(super) fn server_address<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr) -> Known<Option<String>> {
    let open = || Known::Unknown(lens.open(site, base));
    let base = bare(base);
    let Some(made) = literal_of(site, base) else { return open() };
    let of = |element: &&Element| element.name() == Some("Addr");
    let assigned = site.body.local(base).map(|local| sets(lens, site, local, "Addr", &mut BTreeSet::new()));
    match (made.iter().find(of), assigned) {
        (_, Some(true)) => open(),
        (Some(element), _) => text(lens, site, &element.value).map(|t| Some(t).filter(|t| !t.is_empty())),
        (None, _) if made.iter().any(|e| e.key.is_none()) => open(),
        (None, _) => Known::Value(None),
    }
}

pub(super) fn literal_of<'s>(site: &Site<'s>, base: &'s Expr) -> Option<&'s [Element]> {
    let made = match site.body.local(base) {
        Some(local) => match site.body.locals.get(local as usize)?.binding {
            Binding::Define([one], 0, 1) => bare(one),
            Binding::Value(spec, 0) if spec.names.len() == 1 => bare(spec.values.first()?),
            _ => return None,
        },
        None => base,
    };
    match &made.is {
        Is::Composite(Some(_), elements) => Some(elements),
        Is::Unary(Op::Address, inside) => match &bare(inside).is {
            Is::Composite(Some(_), elements) => Some(elements),
            _ => None,
        },
        _ => None,
    }
}

fn of(
    lens: &Lens,
    site: &Site,
    call: String,
    transport: Known<Transport>,
    address: Known<Option<String>>,
    at: Span,
) -> (Span, Item) {
    let fact = Listener {
        package: lens.package(site.place.file).to_string(),
        function: lens.function_name(site.place),
        owner: lens.owner(site.place.file),
        call,
        transport,
        address,
    };
    (at, item(fact, lens.source.origin(site.place.file, at)))
}
