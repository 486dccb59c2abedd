//! `source.pprof`: where the profiler is put behind HTTP, and where the program writes profiles itself.

use super::Source;
use super::mentions::mark;
use super::muxes::{Ways, of_handler, of_router};
use super::routers::is_router;
use super::search::{Search, files, item, references, spelt};
use crate::go::syntax::{Expr, Is, Op};
use crate::meaning::std::result_type;
use crate::meaning::{Const, Lens, Node, Site, Symbol, Use, bare};
use assize_facts::kinds::source::Pprof;
use assize_facts::{Item, Known, Sheet, reason};

const HTTP: &str = "net/http/pprof";
const RUNTIME: &str = "runtime/pprof";
const HANDLERS: &[&str] = &["Index", "Cmdline", "Profile", "Symbol", "Trace", "Handler"];
/// Packages that register the profiler's handlers on a router of their own kind.
pub(super) const LIBRARIES: &[&str] = &[
    "github.com/gin-contrib/pprof",
    "github.com/labstack/echo-contrib/pprof",
    "github.com/gofiber/fiber/v2/middleware/pprof",
    "github.com/gofiber/fiber/v3/middleware/pprof",
    "github.com/felixge/fgprof",
    "github.com/arl/statsviz",
];

/// Their functions that take the router.
const REGISTER: &[&str] = &["Register", "RouteRegister"];

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let asked = files(lens.source, true).iter().any(|file| lens.everything || lens.imports(*file, HTTP));
    let served = if asked { serves_default_mux(lens) } else { Known::Value(false) };
    let search = Search {
        file: &|lens, file| [HTTP, RUNTIME].iter().any(|path| lens.imports(file, path)),
        marks: mark::PPROF | mark::LISTEN,
        words: &[],
        dependencies: true,
    };
    let mut sheet = search.sheet::<Pprof>(lens, |site| {
        let make = |found: &super::search::Reference| {
            let handler = &*found.symbol.path == HTTP;
            let form = if handler { "handler" } else { "profile" };
            let exposed = match handler {
                true => exposed(of_handler(lens, site, found.node), &served, &spelt(&found.symbol)),
                false => false.into(),
            };
            let fact = Pprof {
                package: lens.package(site.place.file).to_string(),
                function: lens.function_name(site.place),
                owner: lens.owner(site.place.file),
                form: form.into(),
                call: spelt(&found.symbol),
                exposed,
            };
            item(fact, lens.source.origin(site.place.file, found.whole().at))
        };
        references(lens, site, is_sought).iter().map(make).collect()
    });
    let mut imports = imports(lens, &served);
    imports.append(&mut sheet.items);
    sheet.items = imports;
    sheet
}

fn is_sought(symbol: &Symbol) -> bool {
    (&*symbol.path == HTTP && HANDLERS.contains(&&*symbol.name)) || symbol.is(RUNTIME, "StartCPUProfile")
}

/// Whether some server answers, by the ways that a handler goes.
fn exposed(ways: Ways, default_served: &Known<bool>, call: &str) -> Known<bool> {
    let served = match default_served {
        Known::Value(served) if ways.on_default => *served,
        _ => false,
    };
    let open = ways.lost || ways.on_default && !matches!(default_served, Known::Value(_));
    match (ways.served || served, ways.perhaps) {
        (true, false) => true.into(),
        (true, true) => Known::Possible(vec![false, true]),
        (false, _) if open => Known::Unknown(reason!("mux-not-followed", call = call)),
        (false, _) => false.into(),
    }
}

/// Whether the router is served that a library's profiler is put on; unknown where no such call is seen.
fn exposed_by(lens: &Lens, library: &str, served: &Known<bool>) -> Known<bool> {
    let registers = |s: &Symbol| &*s.path == library && REGISTER.contains(&&*s.name);
    let search =
        Search { file: &|lens, file| lens.imports(file, library), marks: 0, words: REGISTER, dependencies: true };
    let (all, gaps) = search.run(lens, |site| {
        let routers = references(lens, site, registers);
        let routers = routers.into_iter().map(|found| found.call.and_then(|(_, call)| call.args.first()));
        let lost = Ways { lost: true, ..Ways::default() };
        routers.map(|router| router.map_or(lost, |router| of_router(lens, site, router))).collect()
    });
    let lost = Ways { lost: all.is_empty() || !gaps.is_empty(), ..Ways::default() };
    exposed(all.into_iter().fold(lost, Ways::or), served, library)
}

/// Every import of net/http/pprof, by whatever name, puts the handlers on the default mux.
fn imports(lens: &Lens, served: &Known<bool>) -> Vec<Item> {
    let mut out = Vec::new();
    for file in files(lens.source, true) {
        let Some(head) = lens.source.program.head(file) else { continue };
        for import in &head.outline.imports {
            let library = LIBRARIES.contains(&&*import.path);
            if &*import.path != HTTP && !library {
                continue;
            }
            let exposed = match library {
                true => exposed_by(lens, &import.path, served),
                false => served.clone(),
            };
            let fact = Pprof {
                package: lens.package(file).to_string(),
                function: None,
                owner: lens.owner(file),
                form: if library { "library" } else { "import" }.into(),
                call: import.path.to_string(),
                exposed,
            };
            out.push(item(fact, lens.source.origin(file, Source::span(import.start, import.end))));
        }
    }
    out
}

/// Whether something of the program serves `http.DefaultServeMux`: where a handler is nil or none, or the mux is named.
fn serves_default_mux(lens: &Lens) -> Known<bool> {
    let search = Search {
        file: &|lens, file| lens.imports(file, "net/http"),
        marks: mark::LISTEN | mark::ROUTE,
        words: &["DefaultServeMux"],
        dependencies: true,
    };
    let (found, gaps) = search.run(lens, |site| of_site(lens, site));
    match () {
        () if found.contains(&Some(true)) => true.into(),
        () if found.contains(&None) || !gaps.is_empty() || !lens.source.program.gaps.is_empty() => {
            Known::Unknown(reason!("mux-not-followed", call = "http.DefaultServeMux"))
        }
        () => false.into(),
    }
}

/// Handlers of servers: whether each is the default mux; `None` where that is not decided.
fn of_site<'s>(lens: &Lens<'s>, site: &Site<'s>) -> Vec<Option<bool>> {
    let mut out = Vec::new();
    let serves = |s: &Symbol| {
        &*s.path == "net/http" && matches!(&*s.name, "ListenAndServe" | "ListenAndServeTLS" | "Serve" | "ServeTLS")
    };
    for found in references(lens, site, serves) {
        let at = match &*found.symbol.name {
            "ListenAndServeTLS" => 3,
            _ => 1,
        };
        out.push(match found.call.and_then(|(_, call)| call.args.get(at)) {
            Some(handler) => is_default(lens, site, handler),
            None => None,
        });
    }
    for found in references(lens, site, |s| s.is("net/http", "DefaultServeMux")) {
        // Handlers may be put on it without its being served.
        let registers = matches!(site.body.use_of(found.node), Use::Method(..));
        if !registers {
            out.push(Some(true));
        }
    }
    for (node, expr) in site.body.exprs() {
        if let Is::Composite(Some(ty), elements) = &expr.is
            && lens.named(site, ty).is_some_and(|t| !t.pointer && t.name.is("net/http", "Server"))
        {
            let named = |e: &&crate::go::syntax::Element| matches!(&e.key, Some(Expr { is: Is::Name(name), .. }) if &**name == "Handler");
            out.push(match elements.iter().find(named) {
                Some(element) => is_default(lens, site, &element.value),
                None if elements.iter().any(|e| e.key.is_none()) => None,
                None => sets_handler(site, node),
            });
        }
    }
    out
}

/// A literal without a handler: served as it is, unless the variable that holds it gets one.
fn sets_handler(site: &Site, node: u32) -> Option<bool> {
    let mut at = site.body.around(node)?;
    if let Some(Node::Expr(Expr { is: Is::Unary(Op::Address, _), .. })) = site.body.node(at) {
        at = site.body.around(at)?;
    }
    let name = match site.body.node(at)? {
        Node::Stmt(crate::go::syntax::Stmt { does: crate::go::syntax::Does::Define(left, _), .. })
            if left.len() == 1 =>
        {
            left.first()?
        }
        _ => return None,
    };
    let local = site.body.local(name)?;
    let set = site.body.uses(local).any(|(_, used)| matches!(used, Use::AssignField("Handler", _)));
    let elsewhere = site.body.uses(local).any(|(_, used)| matches!(used, Use::Read | Use::Address | Use::Assign(_)));
    match (set, elsewhere) {
        (false, false) => Some(true),
        (true, false) => Some(false),
        (_, true) => None,
    }
}

/// Whether a handler is nil or the default mux. A value that is made on the spot, or a mux of the program's own, is neither.
fn is_default<'s>(lens: &Lens<'s>, site: &Site<'s>, handler: &Expr) -> Option<bool> {
    let handler = bare(handler);
    if matches!(handler.is, Is::Composite(..) | Is::Unary(Op::Address, _) | Is::Func(..)) {
        return Some(false);
    }
    if lens.symbol(site, handler).is_some_and(|s| s.is("net/http", "DefaultServeMux")) {
        return Some(true);
    }
    if let Some(Const::Nil) = lens.eval(site, handler).single() {
        return Some(true);
    }
    // Made on the spot, or of a type that the default mux is not.
    let call = match &handler.is {
        Is::Call(call) => lens.symbol(site, &call.fun).and_then(|symbol| result_type(&symbol, 0)),
        _ => None,
    };
    let other =
        lens.type_of(site, handler).is_some_and(|ty| !ty.name.is("net/http", "ServeMux") && is_router(&ty.name));
    if call.is_some_and(|ty| is_router(&ty.name)) || other {
        return Some(false);
    }
    // A variable that only ever holds a mux of its own.
    let local = site.body.local(handler).filter(|_| matches!(handler.is, Is::Name(_)))?;
    let made = match site.body.locals.get(local as usize)?.binding {
        crate::meaning::body::Binding::Define([one], 0, 1) => bare(one),
        _ => return None,
    };
    let only = site.body.uses(local).all(|(_, used)| !matches!(used, Use::Assign(_) | Use::Address));
    let fresh = match &made.is {
        Is::Call(call) => {
            lens.symbol(site, &call.fun).is_some_and(|s| s.is("net/http", "NewServeMux") || s.is("", "new"))
        }
        Is::Composite(..) | Is::Unary(Op::Address, _) => true,
        _ => false,
    };
    (only && fresh).then_some(false)
}
