//! `source.http_clients`: HTTP clients and transports with their time-outs and pools, and uses of net/http's own.

use super::default_clients::{Own, Set};
use super::mentions::mark;
use super::search::{Reference, Search, empty, item, references};
use super::structs::{Elsewhere, Made, assigned, holders, made, reflects, replaces};
use super::types::Types;
use crate::go::syntax::{Expr, Is};
use crate::meaning::{Const, Lens, Node, Site, Symbol, Value, bare};
use assize_facts::kinds::source::HttpClient;
use assize_facts::{Gap, Item, Known, Millis, Sheet, reason};
use std::collections::BTreeSet;

pub(super) const HTTP: &str = "net/http";
pub(super) const FIELDS: &[&str] = &[
    "Timeout",
    "IdleConnTimeout",
    "ResponseHeaderTimeout",
    "TLSHandshakeTimeout",
    "MaxIdleConns",
    "MaxIdleConnsPerHost",
    "MaxConnsPerHost",
    "DisableKeepAlives",
];

/// Go's own number where none is set (net/http, `DefaultMaxIdleConnsPerHost`).
const IDLE_PER_HOST: i64 = 2;

struct World {
    clients: Types,
    transports: Types,
    of_clients: Elsewhere,
    of_transports: Elsewhere,
    of_default: Own,
}

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let clients = Types::closed(lens, &[(HTTP, "Client")]);
    let transports = Types::closed(lens, &[(HTTP, "Transport")]);
    let named = |lens: &Lens, file| clients.matters(lens, file) || transports.matters(lens, file);
    let holders = all_holders(lens, &clients, &transports);
    let words = holders.iter().map(|symbol| &*symbol.name);
    let words: Vec<&str> = [clients.own_names(), transports.own_names()].concat().into_iter().chain(words).collect();
    let file = |lens: &Lens, file| {
        let sets = || lens.outline(file).iter().any(|d| d.marks & mark::CLIENT_FIELD != 0);
        let own = lens.package(file);
        let held = || holders.iter().any(|s| &*s.path == own || lens.imports(file, &s.path));
        named(lens, file) || sets() || held()
    };
    let marks = mark::CLIENT | mark::CLIENT_FIELD;
    let search = Search { file: &file, marks, words: &words, dependencies: false };
    let (sites, gaps): (Vec<Site>, Vec<Gap>) = search.run(lens, |site| vec![site.clone()]);
    let (of_clients, of_transports) = (elsewhere(lens, &clients, &sites), elsewhere(lens, &transports, &sites));
    let set = Set { of_clients: &of_clients, of_transports: &of_transports, transports: &transports };
    let of_default = Own::of(lens, &sites, &set);
    let world = World { clients, transports, of_clients, of_transports, of_default };
    let mut sheet = empty::<HttpClient>(lens.source, false);
    sheet.gaps.extend(gaps);
    sheet.gaps.extend([world.clients.gap(), world.transports.gap()].into_iter().flatten());
    sheet.items = sites.iter().flat_map(|site| items(lens, &world, site)).collect();
    sheet
}

/// Structs that hold a client or a transport by its value, and those that hold such.
fn all_holders(lens: &Lens, clients: &Types, transports: &Types) -> BTreeSet<Symbol> {
    const MOST: usize = 8;
    let own = [clients.own_names(), transports.own_names()].concat();
    let mut all: BTreeSet<Symbol> = BTreeSet::new();
    for _ in 0..MOST {
        let words: Vec<&str> = own.iter().copied().chain(all.iter().map(|symbol| &*symbol.name)).collect();
        let near = |lens: &Lens, file| {
            let own = lens.package(file);
            let held = || all.iter().any(|s| &*s.path == own || lens.imports(file, &s.path));
            clients.matters(lens, file) || transports.matters(lens, file) || held()
        };
        let search = Search { file: &near, marks: mark::CLIENT, words: &words, dependencies: false };
        let (found, _) =
            search.run(lens, |site| [clients, transports].map(|types| holders(lens, types, site)).concat());
        let before = all.len();
        all.extend(found);
        if all.len() == before {
            break;
        }
    }
    all
}

/// What is assigned to the fields outside of the functions that make the structs; by field, all values together.
fn elsewhere<'s>(lens: &Lens<'s>, types: &Types, sites: &[Site<'s>]) -> Elsewhere {
    let mut all = Elsewhere::default();
    for (field, value) in sites.iter().flat_map(|site| assigned(lens, types, site, FIELDS)) {
        let known = all.fields.remove(&field);
        all.fields.insert(field, known.map_or_else(|| value.clone(), |known| known.or(value.clone())));
    }
    all.replaced = sites.iter().any(|site| replaces(lens, types, site));
    all.reflected = sites.iter().any(|site| reflects(lens, types, site));
    all
}

fn items<'s>(lens: &Lens<'s>, world: &World, site: &Site<'s>) -> Vec<Item> {
    let mut out: Vec<(u32, Item)> = Vec::new();
    for client in made(lens, &world.clients, site) {
        out.push((client.at.start, of_client(lens, world, site, &client)));
    }
    for transport in made(lens, &world.transports, site) {
        let own = transport.cloned.is_some_and(|cloned| is_default_transport(lens, site, cloned));
        let transport = if own { transport.known() } else { transport };
        out.push((transport.at.start, of_transport(lens, world, site, &transport, own)));
    }
    for found in references(lens, site, is_default).iter().filter(|found| !is_cloned(site, found)) {
        out.push((found.whole().at.start, of_default(lens, world, site, found)));
    }
    out.sort_by_key(|(at, _)| *at);
    out.into_iter().map(|(_, item)| item).collect()
}

fn is_default(symbol: &Symbol) -> bool {
    let names = ["Get", "Head", "Post", "PostForm", "DefaultClient", "DefaultTransport"];
    &*symbol.path == HTTP && names.contains(&&*symbol.name)
}

/// A fact of which nothing is set.
fn blank(lens: &Lens, site: &Site, made: &str) -> HttpClient {
    HttpClient {
        package: lens.package(site.place.file).to_string(),
        function: lens.function_name(site.place),
        owner: lens.owner(site.place.file),
        made: made.into(),
        timeout: None.into(),
        idle_timeout: None.into(),
        header_timeout: None.into(),
        handshake_timeout: None.into(),
        max_idle: None.into(),
        max_idle_per_host: None.into(),
        max_per_host: None.into(),
        no_reuse: None.into(),
    }
}

fn of_client<'s>(lens: &Lens<'s>, world: &World, site: &Site<'s>, made: &Made<'s>) -> Item {
    let timeout = made.field(lens, site, &world.of_clients, "Timeout", Value::one(Const::Int(0)));
    let fact = HttpClient { timeout: duration(timeout), ..blank(lens, site, "client") };
    item(fact, lens.source.origin(site.place.file, made.at))
}

/// `own`: a copy of `DefaultTransport`, with its settings where no others are set.
fn of_transport<'s>(lens: &Lens<'s>, world: &World, site: &Site<'s>, made: &Made<'s>, own: bool) -> Item {
    let fact = with_fields(blank(lens, site, "transport"), |name, zero| {
        let first = if own { world.of_default.value(name, zero) } else { Value::one(zero) };
        made.field(lens, site, &world.of_transports, name, first)
    });
    item(fact, lens.source.origin(site.place.file, made.at))
}

/// A transport's fact, by the values of its fields.
fn with_fields(blank: HttpClient, of: impl Fn(&str, Const) -> Value) -> HttpClient {
    let int = |name| of(name, Const::Int(0));
    HttpClient {
        idle_timeout: duration(int("IdleConnTimeout")),
        header_timeout: duration(int("ResponseHeaderTimeout")),
        handshake_timeout: duration(int("TLSHandshakeTimeout")),
        max_idle: number(int("MaxIdleConns")),
        max_idle_per_host: number(int("MaxIdleConnsPerHost")).map(|n| Some(n.unwrap_or(IDLE_PER_HOST))),
        max_per_host: number(int("MaxConnsPerHost")),
        no_reuse: flag(of("DisableKeepAlives", Const::Bool(false))),
        ..blank
    }
}

/// net/http's own client and transport, with their settings where the program gives them no others.
fn of_default<'s>(lens: &Lens<'s>, world: &World, site: &Site<'s>, found: &Reference<'s>) -> Item {
    let fact = match &*found.symbol.name {
        "DefaultTransport" => {
            with_fields(blank(lens, site, "default-transport"), |name, zero| world.of_default.value(name, zero))
        }
        _ => {
            let timeout = duration(world.of_default.value("Timeout", Const::Int(0)));
            HttpClient { timeout, ..blank(lens, site, "default-client") }
        }
    };
    item(fact, lens.source.origin(site.place.file, found.whole().at))
}

/// `http.DefaultTransport.(*http.Transport)`.
fn is_default_transport<'s>(lens: &Lens<'s>, site: &Site<'s>, expr: &Expr) -> bool {
    let Is::Assert(own, _) = &bare(expr).is else { return false };
    lens.symbol(site, own).is_some_and(|symbol| symbol.is(HTTP, "DefaultTransport"))
}

/// Whether `DefaultTransport` is only named to be copied.
fn is_cloned(site: &Site, found: &Reference) -> bool {
    let up = |node| site.body.around(node).and_then(|up| Some((up, site.body.node(up)?)));
    let Some((assert, Node::Expr(Expr { is: Is::Assert(..), .. }))) = up(found.node) else { return false };
    matches!(up(assert), Some((_, Node::Expr(Expr { is: Is::Select(_, name), .. }))) if &*name.name == "Clone")
}

/// Nanoseconds; zero and less mean none.
fn duration(value: Value) -> Known<Option<Millis>> {
    read(value, |value| match value {
        Const::Int(n) if n <= 0 => Some(None),
        Const::Int(n) => Some(Some(Millis((n / 1_000) as f64 / 1_000.0))),
        Const::Text(_) | Const::Bool(_) | Const::Nil | Const::Symbol(_) => None,
    })
}

fn number(value: Value) -> Known<Option<i64>> {
    read(value, |value| match value {
        Const::Int(0) => Some(None),
        Const::Int(n) => i64::try_from(n).ok().map(Some),
        Const::Text(_) | Const::Bool(_) | Const::Nil | Const::Symbol(_) => None,
    })
}

fn flag(value: Value) -> Known<Option<bool>> {
    read(value, |value| match value {
        Const::Bool(on) => Some(Some(on)),
        Const::Int(_) | Const::Text(_) | Const::Nil | Const::Symbol(_) => None,
    })
}

fn read<T>(value: Value, pick: impl Fn(Const) -> Option<T>) -> Known<T> {
    value.known(|| reason!("struct-not-followed", field = "?"), pick)
}
