//! Servers of gRPC (google.golang.org/grpc, `ServerOption`).

use super::search::made_with;
use crate::go::syntax::{Expr, Func, Is};
use crate::meaning::body::Binding;
use crate::meaning::{Lens, Site, Use, bare};
use assize_facts::kinds::source::Transport;

pub(super) const GRPC: &str = "google.golang.org/grpc";
const CREDENTIALS: &str = "google.golang.org/grpc/credentials";
const INSECURE: &str = "google.golang.org/grpc/credentials/insecure";

/// Variables and functions that hand credentials on are followed this far.
const DEPTH: u32 = 6;

/// What a server of gRPC speaks, by the options that make it; `None` where they are not all to be seen.
pub(super) fn spoken<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr) -> Option<Transport> {
    let Is::Call(made) = &held(site, base)?.is else { return None };
    let mut transport = Transport::Plain;
    for option in &made.args {
        let Is::Call(option) = &bare(option).is else { return None };
        let symbol = lens.symbol(site, &option.fun).filter(|symbol| &*symbol.path == GRPC && !made.spread)?;
        if &*symbol.name == "Creds" {
            transport = secured(lens, site, option.args.first()?, DEPTH)?;
        }
    }
    Some(transport)
}

/// What is spoken with credentials: those of the library by their names, and what a variable, a parameter or a function of the program gives, where
/// that is always the same.
fn secured<'s>(lens: &Lens<'s>, site: &Site<'s>, expr: &'s Expr, depth: u32) -> Option<Transport> {
    let depth = depth.checked_sub(1)?;
    let expr = held(site, expr)?;
    match &expr.is {
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
    let is_nil = |expr: &Expr| lens.symbol(&at, expr).is_some_and(|symbol| symbol.is("", "nil"));
    // `return nil, err`: whoever gets an error starts no server.
    let fails = |values: &&[Expr]| match values {
        [first, .., last] => is_nil(first) && !is_nil(last),
        _ => false,
    };
    let returns = at.body.returns(None);
    let given = returns.into_iter().filter(|values| !fails(values));
    together(given.map(|values| secured(lens, &at, values.first()?, depth))).filter(|_| !named)
}

fn together(mut all: impl Iterator<Item = Option<Transport>>) -> Option<Transport> {
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}

/// What an expression stands for: what a variable was made with that nothing sets again, or itself.
fn held<'s>(site: &Site<'s>, expr: &'s Expr) -> Option<&'s Expr> {
    let expr = bare(expr);
    let Some(local) = site.body.local(expr).filter(|_| matches!(expr.is, Is::Name(_))) else { return Some(expr) };
    let is_set = site.body.uses(local).any(|(_, used)| matches!(used, Use::Assign(_) | Use::Address));
    match site.body.locals.get(local as usize)?.binding {
        Binding::Param(_) => Some(expr).filter(|_| !is_set),
        _ => made_with(site, local).filter(|_| !is_set).map(bare),
    }
}
