//! `source.health_handlers`: registrations of handlers for paths that ask after a service's health.

use super::asked::health_paths;
use super::health_served::{Answers, added, has_managers, surely_not};
use super::mentions::mark;
use super::mounted::{Asked, Mounted, World};
use super::prefixes::prefix;
use super::routers::ANSWER;
use super::search::{Search, called, empty, is_dead, item, methods, references_named, spelt, values};
use crate::go::literal::unquote_text;
use crate::go::syntax::{Call, Expr, Ident, Is, Literal, Op, Param, Span};
use crate::meaning::body::Binding;
use crate::meaning::{Const, Lens, Node, Site, Symbol, Use, bare};
use aho_corasick::AhoCorasick;
use assize_facts::kinds::source::HealthHandler;
use assize_facts::{Item, Known, Sheet};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Methods of routers that name a path, and are handed its handler by another.
const PATHS: &[&str] = &["Route", "Path"];

/// Last parts of the paths that services are asked for their health by (Kubernetes' own, and the usual spellings).
const HEALTH: &[&str] = &[
    "healthz",
    "livez",
    "readyz",
    "health",
    "healthy",
    "healthcheck",
    "health-check",
    "health_check",
    "live",
    "liveness",
    "alive",
    "livecheck",
    "ready",
    "readiness",
    "readycheck",
    "startupz",
    "_health",
    "_healthz",
];

const DEPTH: u32 = 20;

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let search = Search { file: &routes, marks: mark::ROUTE, words: &[], dependencies: false };
    let world = World::of(lens);
    let (mut found, gaps) = search.run(lens, |site| of_site(lens, &world, site));
    let answers = surely_not(lens, &found.iter().map(|(answers, _)| *answers).collect());
    found.retain(|(of, _)| !answers.contains(of));
    let mut sheet = empty::<HealthHandler>(lens.source, false);
    sheet.items = found.into_iter().map(|(_, item)| item).collect();
    sheet.gaps.extend(gaps);
    sheet
}

fn of_site<'s>(lens: &Lens<'s>, world: &World, site: &Site<'s>) -> Vec<(Answers, Item)> {
    let mut out: Vec<(Span, Answers, Item)> = Vec::new();
    let mut add = |all: Vec<(Span, Item)>, of_mux: Option<&'s Call>| {
        let of_mux = of_mux.filter(|_| !all.is_empty());
        let answers = of_mux.map_or(Answers::Perhaps, |call| Answers::of(lens, site, call));
        out.extend(all.into_iter().map(|(at, item)| (at, answers, item)));
    };
    let is_handle = |name: &str| matches!(name, "Handle" | "HandleFunc");
    for found in references_named(lens, site, is_handle, |symbol| &*symbol.path == "net/http") {
        if let Some((whole, call)) = found.call {
            add(of_call(lens, world, site, site, None, &spelt(&found.symbol), whole, call), Some(call));
        }
    }
    let may_be_fixed = |name: &str| name == "Heartbeat" || name.starts_with("Install");
    for found in references_named(lens, site, may_be_fixed, |symbol| fixed(symbol).is_some()) {
        let (Some(paths), Some((whole, call))) = (fixed(&found.symbol), found.call) else { continue };
        add(of_fixed(lens, site, paths, &spelt(&found.symbol), whole, call).into_iter().collect(), None);
    }
    for (base, name, whole, _) in methods(site) {
        let Some(path) = added(lens, site, base, name) else { continue };
        add(vec![(whole.at, fact(lens, site, path.to_owned().into(), name, whole.at))], None);
    }
    for (base, name, whole, call) in
        methods(site).filter(|(_, name, _, _)| ANSWER.contains(name) || PATHS.contains(name))
    {
        // Functions of packages are no routers; `http.Get` asks someone else.
        if lens.symbol(site, &call.fun).is_some() || asks_others(lens, site, base) || forgets(lens, site, base, name) {
            continue;
        }
        let called = match lens.type_of(site, base) {
            Some(ty) => spelt(&Symbol { name: format!("{}.{name}", ty.name.name).into(), ..ty.name }),
            None => name.to_string(),
        };
        let of_mux = called.starts_with("http.ServeMux.").then_some(call);
        add(of_call(lens, world, site, site, Some(base), &called, whole, call), of_mux);
    }
    for (base, name, whole) in values(site).filter(|(_, name, _)| matches!(*name, "Handle" | "HandleFunc")) {
        let is_mux = lens.type_of(site, base).is_some_and(|ty| ty.name.is("net/http", "ServeMux"));
        let calls = || lens.calls_through_value(site, site.body.place(whole)?);
        for (at, call) in is_mux.then(calls).flatten().unwrap_or_default() {
            let called = format!("http.ServeMux.{name}");
            out.extend(
                of_call(lens, world, site, &at, Some(base), &called, whole, call)
                    .into_iter()
                    .map(|(at, item)| (at, Answers::Perhaps, item)),
            );
        }
    }
    if !out.is_empty() && is_dead(lens, site) {
        out.clear();
    }
    for (at, path, asked) in health_paths(lens, site) {
        let open = || vec![Known::Unknown(lens.open(site, asked))];
        let around = site.body.place(asked).map(|node| Mounted::of_handler(lens, world, site, node));
        let all = match (path, around.as_ref()) {
            (Some(path), Some(around)) => match around.asked(&path) {
                Asked::By(all) => all.into_iter().map(Known::Value).collect(),
                Asked::Unknown => open(),
            },
            (path, _) => path.map_or_else(open, |path| vec![path.into()]),
        };
        out.extend(all.into_iter().map(|path| (at, Answers::Perhaps, fact(lens, site, path, "r.URL.Path", at))));
    }
    out.sort_by_key(|(at, _, _)| *at);
    out.into_iter().map(|(_, answers, item)| (answers, item)).collect()
}

/// Paths that a library's function answers.
#[derive(Clone, Copy)]
enum Fixed {
    One(&'static str),
    /// The one that it is handed first.
    Argument,
}

/// Functions that answer a path of health without a handler of the program's: chi's middleware, and those of the API machinery of Kubernetes.
fn fixed(symbol: &Symbol) -> Option<Fixed> {
    match (&*symbol.path, &*symbol.name) {
        (path, "Heartbeat") if path.starts_with("github.com/go-chi/chi") => Some(Fixed::Argument),
        ("k8s.io/apiserver/pkg/server/healthz", "InstallHandler") => Some(Fixed::One("/healthz")),
        ("k8s.io/apiserver/pkg/server/healthz", "InstallLivezHandler") => Some(Fixed::One("/livez")),
        ("k8s.io/apiserver/pkg/server/healthz", "InstallReadyzHandler") => Some(Fixed::One("/readyz")),
        _ => None,
    }
}

fn of_fixed<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    paths: Fixed,
    called: &str,
    whole: &Expr,
    call: &'s Call,
) -> Option<(Span, Item)> {
    let path = match (paths, call.args.first()) {
        (Fixed::One(path), _) => path.to_owned().into(),
        (Fixed::Argument, Some(path)) => lens.eval(site, path).known(|| lens.open(site, path), as_text),
        (Fixed::Argument, None) => return None,
    };
    Some((whole.at, fact(lens, site, path, called, whole.at)))
}

/// `http.NotFoundHandler()`.
fn is_nothing<'s>(lens: &Lens<'s>, site: &Site<'s>, handler: &Expr) -> bool {
    let nothing = |fun: &Expr| lens.symbol(site, fun).is_some_and(|symbol| symbol.is("net/http", "NotFoundHandler"));
    matches!(&bare(handler).is, Is::Call(call) if nothing(&call.fun))
}

/// Whether a route is for other methods than anyone asks for health by: `r.HandleFunc("/x", h).Methods("POST")`.
fn is_for_others<'s>(lens: &Lens<'s>, site: &Site<'s>, whole: &Expr) -> bool {
    let Some(up) = site.body.place(whole).and_then(|node| site.body.around(node)) else { return false };
    let Some(Node::Expr(Expr { is: Is::Select(_, name), .. })) = site.body.node(up) else { return false };
    let Some((_, call)) = called(site, up).filter(|_| &*name.name == "Methods") else { return false };
    let other = |arg: &Expr| text(lens, site, arg).is_some_and(|method| !matches!(&*method, "GET" | "HEAD"));
    !call.spread && !call.args.is_empty() && call.args.iter().all(other)
}

fn routes(lens: &Lens, file: crate::build::FileId) -> bool {
    static ROUTERS: OnceLock<AhoCorasick> = OnceLock::new();
    let parts =
        ["/chi", "/gin", "/echo", "/mux", "/httprouter", "/fiber", "/fasthttp", "/router", "/restful", "health"];
    let routers = ROUTERS.get_or_init(|| AhoCorasick::new(parts).expect("a handful of constant words compiles"));
    let is_router = |path: &str| path == "net/http" || routers.is_match(path);
    let head = lens.source.program.head(file);
    let imports_router = head.is_some_and(|head| head.outline.imports.iter().any(|import| is_router(&import.path)));
    imports_router || has_managers(lens, file)
}

fn asks_others<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &Expr) -> bool {
    lens.type_of(site, base).is_some_and(|ty| ["Client", "Header", "Values", "Request"].contains(&&*ty.name.name))
}

/// Whether a method is one of the program's own that does nothing with the handler.
fn forgets<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &Expr, name: &str) -> bool {
    let Some((at, func)) = lens.type_of(site, base).and_then(|ty| lens.method(&ty.name, name)) else { return false };
    let used = |name: &Ident| at.body.local_at(name.at).is_none_or(|local| at.body.uses(local).next().is_some());
    let keeps = |param: &Param| param.name.as_ref().is_some_and(|name| &*name.name != "_" && used(name));
    func.body.is_some() && func.signature.params.last().is_some_and(|param| !keeps(param))
}

/// `at`: where the call stands, which may be another place than the one that names the method.
#[expect(clippy::too_many_arguments, reason = "what a call is, and where")]
fn of_call<'s>(
    lens: &Lens<'s>,
    world: &World,
    site: &Site<'s>,
    at: &Site<'s>,
    base: Option<&'s Expr>,
    called: &str,
    whole: &'s Expr,
    call: &'s Call,
) -> Vec<(Span, Item)> {
    // `Path("/x").HandlerFunc(h)` is one argument, everything else has a path and a handler.
    if call.args.len() < 2 && !called.ends_with("Path") {
        return Vec::new();
    }
    // What is stored or looked up under a path is no handler.
    if call.args.iter().skip(1).last().is_some_and(|arg| matches!(bare(arg).is, Is::Literal(..))) && call.args.len() > 1
    {
        return Vec::new();
    }
    if is_for_others(lens, site, whole) || call.args.last().is_some_and(|handler| is_nothing(lens, at, handler)) {
        return Vec::new();
    }
    let all = paths(lens, at, call);
    if !all.iter().any(|named| named.path.as_ref().is_none_or(|path| is_health(path))) {
        return Vec::new();
    }
    let mounted = match base {
        Some(base) => Mounted::of(lens, world, site, base),
        None => Some(Mounted::of_default(lens, world)),
    };
    let prefix = match base.filter(|_| mounted.is_none()) {
        Some(base) => prefix(lens, site, base, DEPTH),
        None => Known::Value(String::new()),
    };
    let mut out: Vec<(Span, Item)> = Vec::new();
    let mut seen = BTreeSet::new();
    for named in all {
        let open = || vec![Known::Unknown(lens.open(site, whole))];
        let told = match (&prefix, &named.path, &mounted) {
            (_, Some(path), Some(mounted)) if is_health(path) => match mounted.asked(path) {
                Asked::By(all) => all.into_iter().map(Known::Value).collect(),
                Asked::Unknown => open(),
            },
            (Known::Value(prefix), Some(path), None) if is_health(path) => vec![format!("{prefix}{path}").into()],
            (Known::Possible(_) | Known::Unknown(_), Some(path), None) if is_health(path) => open(),
            (_, Some(_), _) => continue,
            (_, None, _) if named.is_health || call.args.iter().any(names_health) => {
                vec![Known::Unknown(lens.open(&named.at, named.arg))]
            }
            (_, None, _) => continue,
        };
        // Two callers may say the same.
        let new = told.into_iter().filter(|path: &Known<String>| seen.insert(path.value().cloned()));
        out.extend(new.map(|path| (whole.at, fact(lens, site, path, called, whole.at))));
    }
    out
}

fn fact(lens: &Lens, site: &Site, path: Known<String>, called: &str, at: Span) -> Item {
    let fact = HealthHandler {
        package: lens.package(site.place.file).to_string(),
        function: lens.function_name(site.place),
        owner: lens.owner(site.place.file),
        path,
        call: called.to_string(),
    };
    item(fact, lens.source.origin(site.place.file, at))
}

/// One path that a registration is made for.
struct Named<'s> {
    /// Where it is written.
    at: Site<'s>,
    arg: &'s Expr,
    /// `None` where it is not decided.
    path: Option<String>,
    /// Whether it is one of health all the same.
    is_health: bool,
}

/// Every path that a call registers: several in a loop over a list, and of a function that gets them from its callers.
fn paths<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &'s Call) -> Vec<Named<'s>> {
    for arg in call.args.iter().take(2) {
        if let Some(all) = together(lens, site, arg) {
            return all;
        }
        let all: Vec<Named> = every(lens, site, arg, 4).into_iter().filter_map(|(at, e)| named(lens, at, e)).collect();
        // A method's name stands before the path.
        if !all.is_empty() {
            return all;
        }
    }
    Vec::new()
}

/// Patterns that are put together of what a loop runs through: `route.method + " " + route.path`.
fn together<'s>(lens: &Lens<'s>, site: &Site<'s>, arg: &'s Expr) -> Option<Vec<Named<'s>>> {
    let Is::Binary(Op::Add, parts) = &bare(arg).is else { return None };
    let of_loop = |part: &'s Expr| match &bare(part).is {
        Is::Select(base, _) => site.body.local(bare(base)),
        _ => site.body.local(bare(part)),
    };
    let (mut words, mut over): (Vec<String>, Option<u32>) = (vec![String::new()], None);
    for part in parts {
        let more: Vec<String> = match text(lens, site, part) {
            Some(one) => vec![one],
            None => {
                // Two loops would go together in other ways.
                let local = of_loop(part)?;
                if over.replace(local).is_some_and(|known| known != local) {
                    return None;
                }
                let all = lens.ranged(site, part).or_else(|| lens.ranged_field(site, part))?;
                all.iter().map(|(at, value)| text(lens, at, value)).collect::<Option<_>>()?
            }
        };
        let count = words.len().max(more.len());
        if [words.len(), more.len()].iter().any(|len| *len != 1 && *len != count) {
            return None;
        }
        let nth = |all: &[String], n: usize| all.get(n).or(all.first()).cloned().unwrap_or_default();
        words = (0..count).map(|n| nth(&words, n) + &nth(&more, n)).collect();
    }
    over?;
    let of =
        |words: String| Named { at: site.clone(), arg, path: Some(path(&words).unwrap_or_default()), is_health: false };
    Some(words.into_iter().map(of).collect())
}

/// The path that an expression is; `None` where it is a text that is none.
fn named<'s>(lens: &Lens<'s>, at: Site<'s>, arg: &'s Expr) -> Option<Named<'s>> {
    let (path, is_health) = match lens.eval(&at, arg).known(|| lens.open(&at, arg), as_text) {
        // Of another method it is none that anyone asks for health by.
        Known::Value(words) if words.contains('/') => (Some(path(&words).unwrap_or_default()), false),
        Known::Value(_) => return None,
        // One of several: which one is not decided.
        Known::Possible(all) => {
            let health = all.iter().filter_map(|words| path(words)).any(|path| is_health(&path));
            (None, health.then_some(true)?)
        }
        Known::Unknown(_) => {
            // Handed over together with a handler.
            let around = at.body.place(arg).and_then(|node| at.body.around(node)).and_then(|up| at.body.node(up));
            let with = match around {
                Some(Node::Expr(Expr { is: Is::Call(call), .. })) => call.args.iter().any(names_health),
                _ => false,
            };
            (None, with || ends_with_health(arg))
        }
    };
    Some(Named { at, arg, path, is_health })
}

/// Everything that an expression stands for, one after the other: what a loop runs through, and what callers hand over.
fn every<'s>(lens: &Lens<'s>, site: &Site<'s>, arg: &'s Expr, depth: u32) -> Vec<(Site<'s>, &'s Expr)> {
    const MOST: usize = 200;
    let next = || {
        depth.checked_sub(1)?;
        lens.ranged(site, arg).or_else(|| lens.ranged_field(site, arg)).or_else(|| handed(lens, site, arg))
    };
    match next().filter(|all| !all.is_empty()) {
        Some(all) => all.iter().flat_map(|(at, e)| every(lens, at, e, depth - 1)).take(MOST).collect(),
        None => vec![(site.clone(), arg)],
    }
}

/// What callers hand over for a parameter that keeps it.
fn handed<'s>(lens: &Lens<'s>, site: &Site<'s>, arg: &Expr) -> Option<Vec<(Site<'s>, &'s Expr)>> {
    let arg = bare(arg);
    let local = site.body.local(arg)?;
    let is_text = match site.body.locals.get(local as usize)?.binding {
        Binding::Param(ty) => matches!(&bare(ty).is, Is::Name(name) if &**name == "string"),
        _ => false,
    };
    let kept = site.body.uses(local).all(|(_, used)| matches!(used, Use::Read));
    if is_text && kept { lens.arguments(site, local) } else { None }
}

/// Whether the last text of what is put together is a path of health: `prefix + "/healthz"`.
fn ends_with_health(arg: &Expr) -> bool {
    match &bare(arg).is {
        Is::Literal(Literal::Text, text) => unquote_text(text).is_some_and(|text| {
            let text = text.trim_start_matches("%s");
            is_health(text) && (text.contains('/') || text.ends_with('z'))
        }),
        Is::Binary(Op::Add, parts) => parts.last().is_some_and(ends_with_health),
        Is::Call(call) => call.args.iter().any(ends_with_health),
        _ => false,
    }
}

pub(super) fn text<'s>(lens: &Lens<'s>, site: &Site<'s>, expr: &Expr) -> Option<String> {
    match lens.eval(site, expr).single() {
        Some(Const::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

fn as_text(value: Const) -> Option<String> {
    match value {
        Const::Text(text) => Some(text),
        Const::Int(_) | Const::Bool(_) | Const::Nil | Const::Symbol(_) => None,
    }
}

/// The path of a pattern: `GET example.com/healthz/{$}` (net/http, "Patterns"); nobody asks for health by another method.
pub(super) fn path(pattern: &str) -> Option<String> {
    let rest = match pattern.split_once([' ', '\t']) {
        Some(("GET" | "HEAD", rest)) => rest.trim_start(),
        Some(_) => return None,
        None => pattern,
    };
    if rest.contains("://") {
        return None;
    }
    let path = rest.get(rest.find('/')?..)?;
    Some(path.strip_suffix("{$}").unwrap_or(path).to_string())
}

pub(super) fn is_health(path: &str) -> bool {
    // Of a path with a part that is any, the last one is a thing's own.
    if path.contains(['{', ':']) {
        return false;
    }
    let path = path.trim_end_matches(['*', '/']);
    let last = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    HEALTH.contains(&last.as_str())
}

/// Whether a handler's name says what it is for.
fn names_health(handler: &Expr) -> bool {
    let name = match &bare(handler).is {
        Is::Name(name) => name,
        Is::Select(_, member) => &member.name,
        Is::Call(call) => return names_health(&call.fun),
        _ => return false,
    };
    let name = name.to_ascii_lowercase();
    ["health", "livez", "readyz", "liveness", "readiness"].iter().any(|word| name.contains(word))
}
