//! `source.pprof`: where the profiler is put behind HTTP, and where the program writes profiles itself.

use super::Source;
use super::default_mux::serves_default_mux;
use super::mentions::mark;
use super::muxes::{Ways, of_handler, of_router};
use super::search::{Search, files, item, references, spelt};
use crate::meaning::{Lens, Symbol};
use assize_facts::kinds::source::Pprof;
use assize_facts::{Item, Known, Sheet, reason};

const HTTP: &str = "net/http/pprof";
const RUNTIME: &str = "runtime/pprof";
/// It puts the program's variables on the default mux: its arguments, its memory, and what else it publishes (package expvar).
const VARIABLES: &str = "expvar";
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

/// Their functions that take the router,
const REGISTER: &[&str] = &["Register", "RouteRegister"];
/// and those that make a handler.
const MAKE: &[&str] = &["New", "Handler"];

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let asked = files(lens.source, true)
        .iter()
        .any(|file| lens.everything || [HTTP, VARIABLES].iter().any(|path| lens.imports(*file, path)));
    let served = if asked { serves_default_mux(lens) } else { Known::Value(false) };
    let search = Search {
        file: &|lens, file| {
            let head = lens.source.program.head(file);
            let known = |path: &str| [HTTP, RUNTIME, VARIABLES].contains(&path) || is_chis(path);
            head.is_some_and(|head| head.outline.imports.iter().any(|import| known(&import.path)))
        },
        marks: mark::PPROF | mark::LISTEN,
        words: &[],
        dependencies: true,
    };
    let mut sheet = search.sheet::<Pprof>(lens, |site| {
        let make = |found: &super::search::Reference| {
            let (form, handler) = match &*found.symbol.path {
                path if path == HTTP || is_chis(path) => ("handler", true),
                VARIABLES => ("variables", true),
                _ => ("profile", false),
            };
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

/// chi's own, with a router of all handlers (`middleware.Profiler`).
fn is_chis(path: &str) -> bool {
    path.starts_with("github.com/go-chi/chi") && path.ends_with("/middleware")
}

fn is_sought(symbol: &Symbol) -> bool {
    let handler = &*symbol.path == HTTP && HANDLERS.contains(&&*symbol.name) || symbol.is(VARIABLES, "Handler");
    handler || is_chis(&symbol.path) && &*symbol.name == "Profiler" || symbol.is(RUNTIME, "StartCPUProfile")
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
    let words = [REGISTER, MAKE].concat();
    let is_any = |s: &Symbol| &*s.path == library && words.contains(&&*s.name);
    let search =
        Search { file: &|lens, file| lens.imports(file, library), marks: 0, words: &words, dependencies: true };
    let (all, gaps) = search.run(lens, |site| {
        let lost = Ways { lost: true, ..Ways::default() };
        let all = references(lens, site, is_any).into_iter().map(|found| {
            if MAKE.contains(&&*found.symbol.name) {
                return of_handler(lens, site, found.node);
            }
            let router = found.call.and_then(|(_, call)| call.args.first());
            router.map_or(lost, |router| of_router(lens, site, router))
        });
        all.collect()
    });
    let lost = Ways { lost: all.is_empty() || !gaps.is_empty(), ..Ways::default() };
    exposed(all.into_iter().fold(lost, Ways::or), served, library)
}

/// Every import of net/http/pprof and of expvar, by whatever name, puts the handlers on the default mux.
fn imports(lens: &Lens, served: &Known<bool>) -> Vec<Item> {
    let mut out = Vec::new();
    for file in files(lens.source, true) {
        let Some(head) = lens.source.program.head(file) else { continue };
        for import in &head.outline.imports {
            let library = LIBRARIES.contains(&&*import.path);
            let form = match &*import.path {
                _ if library => "library",
                HTTP => "import",
                VARIABLES => "variables",
                _ => continue,
            };
            let exposed = match library {
                true => exposed_by(lens, &import.path, served),
                false => served.clone(),
            };
            let fact = Pprof {
                package: lens.package(file).to_string(),
                function: None,
                owner: lens.owner(file),
                form: form.into(),
                call: import.path.to_string(),
                exposed,
            };
            out.push(item(fact, lens.source.origin(file, Source::span(import.start, import.end))));
        }
    }
    out
}
