//! Servers of gRPC (google.golang.org/grpc, `ServerOption`).

use super::search::made_with;
use super::tls::nothing::by_call;
use crate::go::syntax::{Call, Expr, Func, Is};
use crate::meaning::body::Binding;
use crate::meaning::{Given, Lens, Node, Site, Symbol, Use, bare};
use assize_facts::kinds::source::Transport;

pub(super) const GRPC: &str = "google.golang.org/grpc";
const CREDENTIALS: &str = "google.golang.org/grpc/credentials";
const INSECURE: &str = "google.golang.org/grpc/credentials/insecure";

/// Variables and functions that hand credentials on are followed this far.
const DEPTH: u32 = 6;

/// What a server of gRPC speaks, by the options that make it; `None` where they are not all to be seen.
pub(super) fn spoken<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr) -> Option<Transport> {
    of_server(lens, site, base, DEPTH)
}

fn of_server<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr, depth: u32) -> Option<Transport> {
    let depth = depth.checked_sub(1)?;
    let base = held(site, base)?;
    match &base.is {
        Is::Call(made) => match lens.symbol(site, &made.fun) {
            Some(symbol) if symbol.is(GRPC, "NewServer") => of_options(lens, site, made),
            Some(symbol) => {
                let (at, func) = lens.function(&symbol)?;
                let named = func.signature.results.iter().any(|result| result.name.is_some());
                let given = given(lens, &at);
                together(given.into_iter().map(|value| of_server(lens, &at, value, depth))).filter(|_| !named)
            }
            None => None,
        },
        Is::Select(of, field) if lens.symbol(site, base).is_none() => {
            let given = lens.given_to(&lens.type_of(site, of)?.name, &field.name)?;
            // Nobody serves by a pointer to nothing.
            let made = given.iter().filter_map(|given| match given {
                Given::Value(at, value) => Some((at, *value)),
                Given::Zero => None,
            });
            together(made.map(|(at, value)| of_server(lens, at, value, depth)))
        }
        _ => None,
    }
}

/// The options that a call of a package gets, each with whether it is surely among them; `None` where they are not all to be seen.
pub(super) fn options<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    made: &'s Call,
    path: &str,
) -> Option<Vec<(&'s Expr, bool)>> {
    match (made.spread, made.args.as_slice()) {
        (false, all) => Some(all.iter().map(|option| (option, true)).collect()),
        (true, [list]) => listed(lens, site, list, path),
        (true, _) => None,
    }
}

fn of_options<'s>(lens: &Lens<'s>, site: &Site<'s>, made: &'s Call) -> Option<Transport> {
    let mut transport = Some(Transport::Plain);
    for (option, surely) in options(lens, site, made, GRPC)? {
        let Is::Call(option) = &bare(option).is else { return None };
        let symbol = lens.symbol(site, &option.fun).filter(|symbol| &*symbol.path == GRPC)?;
        if &*symbol.name == "Creds" {
            let secured = secured(lens, site, option.args.first()?, DEPTH)?;
            transport = Some(secured).filter(|_| surely || transport == Some(secured));
        }
    }
    transport
}

/// The options in a list that a variable holds: those of its literal, and those that are appended.
fn listed<'s>(lens: &Lens<'s>, site: &Site<'s>, list: &'s Expr, path: &str) -> Option<Vec<(&'s Expr, bool)>> {
    let list = bare(list);
    let literal = |value: &'s Expr| match &bare(value).is {
        Is::Composite(_, all) => Some(all.iter().map(|element| (&element.value, true)).collect::<Vec<_>>()),
        _ => None,
    };
    let Is::Name(_) = &list.is else { return literal(list) };
    let local = site.body.local(list)?;
    let found = site.body.locals.get(local as usize)?;
    let mut out = match found.binding {
        Binding::Define([one], 0, 1) => literal(one)?,
        Binding::Value(spec, 0) if spec.values.is_empty() => Vec::new(),
        Binding::Value(spec, 0) if spec.names.len() == 1 => literal(spec.values.first()?)?,
        _ => return None,
    };
    let home = site.body.home(found.at);
    for (node, used) in site.body.uses(local) {
        match used {
            Use::Assign(Some(value)) => {
                let Is::Call(call) = &bare(value).is else { return None };
                let appends = lens.symbol(site, &call.fun).is_some_and(|symbol| symbol.is("", "append"));
                let (first, more) = call.args.split_first().filter(|_| appends && !call.spread)?;
                if site.body.local(bare(first)) != Some(local) {
                    return None;
                }
                let surely = !site.body.is_conditional(node, home);
                out.extend(more.iter().map(|option| (option, surely)));
            }
            Use::Read => {
                let up = site.body.around(node).and_then(|up| site.body.node(up));
                // Whoever else gets the list may set what is in it.
                let makes =
                    |symbol: &Symbol| &*symbol.path == path && matches!(&*symbol.name, "NewServer" | "New" | "Default");
                let known = |symbol: Symbol| symbol.is("", "append") || symbol.is("", "len") || makes(&symbol);
                let Some(Node::Expr(Expr { is: Is::Call(call), .. })) = up else { return None };
                lens.symbol(site, &call.fun).filter(|symbol| known(symbol.clone()))?;
            }
            Use::Assign(None) | Use::Address | Use::AssignField(..) | Use::Field(..) | Use::Method(..) => return None,
        }
    }
    Some(out)
}

/// What is spoken with credentials: those of the library by their names, and what a variable, a parameter or a function of the program gives, where
/// that is always the same.
fn secured<'s>(lens: &Lens<'s>, site: &Site<'s>, expr: &'s Expr, depth: u32) -> Option<Transport> {
    let depth = depth.checked_sub(1)?;
    let expr = held(site, expr)?;
    match &expr.is {
        // Without an error that anybody looks at it goes on without credentials.
        Is::Call(_) if by_call(lens, site, expr, 0) => None,
        Is::Call(made) => match (lens.symbol(site, &made.fun), &bare(&made.fun).is) {
            (Some(symbol), _) => match by_name(&symbol.path, &symbol.name) {
                Some(known) if !lens.is_substituted(&symbol.path) => Some(known),
                Some(_) | None => returned(lens, lens.function(&symbol)?, depth),
            },
            (None, Is::Select(base, name)) => {
                returned(lens, lens.method(&lens.type_of(site, base)?.name, &name.name)?, depth)
            }
            (None, _) => None,
        },
        Is::Name(_) if let Some(local) = site.body.local(expr) => {
            let is_param = matches!(site.body.locals.get(local as usize)?.binding, Binding::Param(_));
            let all = lens.arguments(site, local).filter(|_| is_param && !lens.is_called_from_elsewhere(site))?;
            together(all.into_iter().map(|(at, given)| secured(lens, &at, given, depth)))
        }
        Is::Name(_) | Is::Select(..) => {
            let symbol = lens.symbol(site, expr)?;
            // The server takes it as if the option were not there (grpc/server.go, `serverHandshake` of `handleRawConn`).
            if symbol.is("", "nil") {
                return Some(Transport::Plain);
            }
            let [(at, spec, index)] = &lens.value(&symbol)[..] else { return None };
            let set = !lens.writes(&symbol).is_empty() || lens.is_set_elsewhere(&symbol);
            let value = spec.values.get(*index).filter(|_| !set && spec.values.len() == spec.names.len())?;
            secured(lens, at, value, depth)
        }
        _ => None,
    }
}

fn by_name(path: &str, name: &str) -> Option<Transport> {
    match (path, name) {
        (CREDENTIALS, "NewTLS" | "NewServerTLSFromFile" | "NewServerTLSFromCert") => Some(Transport::Tls),
        (INSECURE, "NewCredentials") => Some(Transport::Plain),
        _ => None,
    }
}

/// What a function of the program gives as its first result.
fn returned<'s>(lens: &Lens<'s>, (at, func): (Site<'s>, &'s Func), depth: u32) -> Option<Transport> {
    func.body.as_ref()?;
    let named = func.signature.results.iter().any(|result| result.name.is_some());
    let given = given(lens, &at);
    together(given.into_iter().map(|value| secured(lens, &at, value, depth))).filter(|_| !named)
}

/// The first results of a function that end in no error.
fn given<'s>(lens: &Lens<'s>, at: &Site<'s>) -> Vec<&'s Expr> {
    // `return nil, err`: whoever gets an error starts no server.
    let fails = |values: &&[Expr]| match values {
        [first, .., last] => lens.is_nil(at, first) && !lens.is_nil(at, last),
        _ => false,
    };
    at.body.returns(None).into_iter().filter(|values| !fails(values)).filter_map(|values| values.first()).collect()
}

fn together(mut all: impl Iterator<Item = Option<Transport>>) -> Option<Transport> {
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}

/// What an expression stands for: what a variable was made with that nothing sets again, or itself.
pub(super) fn held<'s>(site: &Site<'s>, expr: &'s Expr) -> Option<&'s Expr> {
    let expr = bare(expr);
    let Some(local) = site.body.local(expr) else { return Some(expr) };
    let is_set = site.body.uses(local).any(|(_, used)| matches!(used, Use::Assign(_) | Use::Address));
    match site.body.locals.get(local as usize)?.binding {
        Binding::Param(_) => Some(expr).filter(|_| !is_set),
        _ => made_with(site, local).filter(|_| !is_set).map(bare),
    }
}
