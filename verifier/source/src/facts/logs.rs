//! `source.log_calls`: calls that write lines which are no structured records to a standard stream.

use super::handed::Handed;
use super::log_fields::{of_fields, of_paths, perhaps};
use super::log_methods::{Logged, Written, handed_on};
use super::log_setup::{Setup, setup};
use super::log_values::makes_logger;
use super::loggers::{self, GIN, HCLOG, LOGRUS, Otherwise, To, ZAP, by_level};
use super::mentions::mark;
use super::search::{Reference, Search, empty, item, methods, references, run_apart, spelt, values};
use super::writers::{hands_on, numbered, stream, writer_of};
use crate::build::FileId;
use crate::go::syntax::{Call, Element, Expr, Is, Item as SyntaxItem, Op, Span};
use crate::meaning::{Const, Lens, Node, Site, Symbol, Use, Value, bare};
use assize_facts::kinds::source::{LogCall, Stream};
use assize_facts::{Item, Known, Sheet};
use std::collections::{BTreeMap, BTreeSet};

/// Packages that write by the number of a file.
pub(super) const RAW: [&str; 2] = ["syscall", "golang.org/x/sys/unix"];

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let (setup, mut gaps) = setup(lens);
    let printing = Search {
        file: &|lens, file| {
            ["fmt", "log", "os", "os/exec", "runtime/debug"].iter().any(|path| lens.imports(file, path))
        },
        marks: mark::PRINT | mark::STREAM,
        words: &[],
        dependencies: false,
    };
    let carriers = carriers(lens);
    // A writer is a standard stream where it is named, or where a name of the program stands for one. Others than its package know only exported names.
    let named = |lens: &Lens, file| {
        let near = |symbol: &Symbol| *symbol.path == *lens.package(file) || lens.imports(file, &symbol.path);
        carriers.iter().any(near)
    };
    let (exported, others): (Vec<&Symbol>, Vec<&Symbol>) =
        carriers.iter().partition(|symbol| symbol.name.starts_with(char::is_uppercase));
    let words: Vec<&str> = exported.iter().map(|symbol| &*symbol.name).collect();
    let mut of_packages: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    others.iter().for_each(|symbol| of_packages.entry(&symbol.path).or_default().push(&symbol.name));
    let within: Vec<_> = of_packages.keys().map(|path| move |lens: &Lens, file| lens.package(file) == *path).collect();
    let logging = Search {
        file: &|lens, file| {
            let mut paths = std::iter::once("log/slog").chain(loggers::levels());
            paths.any(|path| lens.imports(file, path) && setup.matters(lens, file, path))
        },
        marks: mark::LEVEL,
        words: &[],
        dependencies: false,
    };
    let makers = loggers::makers();
    let imports = |path: &'static str| move |lens: &Lens, file| lens.imports(file, path);
    let files: Vec<_> = makers.keys().map(|path| imports(path)).collect();
    let making = makers.values().zip(&files).map(|(words, file)| Search { file, marks: 0, words, dependencies: false });
    // `syscall.Write(1, …)`.
    let numbered = Search {
        file: &|lens, file| RAW.iter().any(|path| lens.imports(file, path)),
        marks: mark::WRITE,
        words: &[],
        dependencies: false,
    };
    let to = |lens: &Lens, file| setup.handed.matters(lens, file);
    let writing = Search { file: &to, marks: mark::WRITE, words: &[], dependencies: false };
    let loggers = Search {
        file: &|lens, file| {
            let is_slog = lens.imports(file, "log/slog") && setup.matters(lens, file, "log/slog");
            is_slog || ["log", LOGRUS].iter().any(|path| lens.imports(file, path))
        },
        marks: 0,
        words: &["New", "Default", "StandardLogger"],
        dependencies: false,
    };
    let built_in = Search { file: &|_, _| true, marks: mark::BUILT_IN_PRINT, words: &[], dependencies: false };
    let mut sheet = empty::<LogCall>(lens.source, false);
    let carrying = |file, words| Search { file, marks: 0, words, dependencies: false };
    let of_packages = of_packages.values().zip(&within).map(|(words, file)| carrying(file, words));
    let exported = Some(carrying(&named, &words)).filter(|_| !words.is_empty());
    let searches: Vec<Search> = [printing, numbered, writing, built_in, logging, loggers]
        .into_iter()
        .chain(making)
        .chain(of_packages)
        .chain(exported)
        .collect();
    let (mut found, lacks) = run_apart(&searches, lens, |lens, site| of_site(lens, site, &setup));
    gaps.extend(lacks);
    found.sort_by_key(|((file, at), _)| (lens.source.program.shown(*file), *at));
    found.dedup_by_key(|(at, _)| *at);
    sheet.items = found.into_iter().map(|(_, item)| item).collect();
    sheet.gaps.append(&mut gaps);
    sheet
}

fn of_site<'s>(lens: &Lens<'s>, site: &Site<'s>, setup: &Setup) -> Vec<((FileId, Span), Item)> {
    let mut out: Vec<(Span, Item)> = Vec::new();
    for found in references(lens, site, is_sought) {
        if let Some((stream, bridged)) = of_reference(lens, site, &found, setup) {
            out.push(of(lens, site, spelt(&found.symbol), stream, bridged, found.whole().at));
        }
    }
    for found in references(lens, site, makes_logger) {
        if let Some((called, stream, bridged)) = handed_on(lens, site, &found, setup) {
            out.push(of(lens, site, called, stream, bridged, found.whole().at));
        }
    }
    for (called, stream, at) in of_fields(lens, site, &setup.handed) {
        out.push(of(lens, site, called.into(), stream, false.into(), at));
    }
    for (base, name, whole, call) in methods(site) {
        if let Some((called, stream, bridged)) = of_method(lens, site, base, name, call, setup) {
            out.push(of(lens, site, called, stream, bridged, whole.at));
        }
    }
    for (base, name, whole) in values(site) {
        let logged = Logged { lens, site, node: site.body.place(whole), base, name, setup };
        let written = lens.symbol(site, whole).is_none().then(|| logged.written()).flatten();
        out.extend(written.map(|(called, stream, bridged)| of(lens, site, called, stream, bridged, whole.at)));
    }
    // `os.Stdout.Write` as a function.
    for (base, name, whole) in values(site).filter(|(_, name, _)| matches!(*name, "Write" | "WriteString")) {
        // Whoever gets it may write records.
        if let Some(stream) = stream(lens, site, base, &setup.handed) {
            let stream = perhaps(stream);
            out.push(of(lens, site, format!("os.File.{name}"), stream, false.into(), whole.at));
        }
    }
    out.into_iter().map(|(at, item)| ((site.place.file, at), item)).collect()
}

/// Names of the program that stand for a standard stream: variables that may hold one, functions that name one.
fn carriers(lens: &Lens) -> BTreeSet<Symbol> {
    let search =
        Search { file: &|lens, file| lens.imports(file, "os"), marks: mark::STREAM, words: &[], dependencies: false };
    let (found, _) = search.run(lens, |site| {
        let own = lens.package(site.place.file);
        let mut out: Vec<Symbol> = match lens.item(site.place) {
            Some(SyntaxItem::Func(func)) => vec![Symbol::new(own, &func.name.name)],
            Some(SyntaxItem::Values(specs)) => {
                specs.iter().flat_map(|spec| &spec.names).map(|name| Symbol::new(own, &name.name)).collect()
            }
            Some(SyntaxItem::Types(_)) | None => Vec::new(),
        };
        // A package's variable that is set to one somewhere.
        for (node, expr) in site.body.exprs() {
            if let Use::Assign(Some(_)) = site.body.use_of(node) {
                out.extend(lens.symbol(site, expr).filter(|symbol| lens.is_delivered(&symbol.path)));
            }
        }
        out
    });
    found.into_iter().filter(|symbol| !["main", "init", "_"].contains(&&*symbol.name)).collect()
}

pub(super) fn is_level(name: &str) -> bool {
    ["Trace", "Debug", "Info", "Warn", "Warning", "Error", "Fatal", "Panic", "Print", "Log"]
        .iter()
        .any(|l| name.starts_with(l))
}

fn is_sought(symbol: &Symbol) -> bool {
    let name = &*symbol.name;
    match &*symbol.path {
        "" => matches!(name, "print" | "println"),
        "fmt" => name.starts_with("Print") || name.starts_with("Fprint"),
        "io" => matches!(name, "WriteString" | "Copy" | "CopyN" | "CopyBuffer" | "TeeReader"),
        "runtime/debug" => name == "PrintStack",
        path if RAW.contains(&path) => name == "Write",
        "log" => is_log_call(name),
        // Types, and no calls of theirs.
        "log/slog" if matches!(name, "Logger" | "LogValuer") => false,
        "log/slog" => is_level(name) && !name.starts_with("Level") || name == "NewTextHandler",
        ZAP if name == "Config" => true,
        _ => by_level(symbol).is_some() || loggers::maker(symbol).is_some(),
    }
}

pub(super) fn is_log_call(name: &str) -> bool {
    name == "Output" || ["Print", "Fatal", "Panic"].iter().any(|start| name.starts_with(start))
}

/// Where a function writes, and whether the standard logger is bridged; `None` where it writes to no standard stream or writes records.
fn of_reference<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    found: &Reference<'s>,
    setup: &Setup,
) -> Option<(Known<Stream>, Known<bool>)> {
    let no = || Known::Value(false);
    match &*found.symbol.path {
        "" => Some((Stream::Stderr.into(), no())),
        "fmt" if found.symbol.name.starts_with("Print") => Some((Stream::Stdout.into(), no())),
        "runtime/debug" => Some((Stream::Stderr.into(), no())),
        path if RAW.contains(&path) => {
            let (_, call) = found.call?;
            Some((numbered(lens, site, call.args.first()?)?.into(), no()))
        }
        "fmt" | "io" => {
            let (_, call) = found.call?;
            let writer = call.args.get(usize::from(&*found.symbol.name == "TeeReader"))?;
            Some((stream(lens, site, writer, &setup.handed)?, no()))
        }
        "log" => Some(setup.standard_logger(lens, site, Some(found.node), &spelt(&found.symbol))),
        ZAP if &*found.symbol.name == "Config" => {
            let Is::Composite(_, elements) = &literal(site, found)?.is else { return None };
            let encoding = field(elements, "Encoding").map(|value| lens.eval(site, value));
            let console = Some(Value::one(Const::Text("console".into())));
            let stream = || match field(elements, "OutputPaths") {
                Some(paths) => of_paths(lens, site, paths),
                None => Stream::Stderr.into(),
            };
            (encoding == console).then(|| (stream(), no()))
        }
        _ if let Some(to) = loggers::maker(&found.symbol) => {
            let replaced = setup.module(lens, site, Some(found.node), &found.symbol.path);
            let replaced = if &*found.symbol.path == GIN { replaced } else { no() };
            let stream = made(lens, site, found, to, &setup.handed).filter(|_| replaced != Known::Value(true));
            stream.map(|stream| (stream, replaced))
        }
        // slog's first default handler writes plain lines through log.
        "log/slog" if setup.may_be_plain_slog(lens, site, Some(found.node)) => {
            Some(setup.standard_logger(lens, site, Some(found.node), &spelt(&found.symbol)))
        }
        "log/slog" => None,
        path => {
            let to = by_level(&found.symbol)?;
            let replaced = setup.module(lens, site, Some(found.node), path);
            let stream = match to {
                _ if path == LOGRUS => setup.standard_logrus(&spelt(&found.symbol)),
                To::Stdout => Stream::Stdout.into(),
                To::Stderr => Stream::Stderr.into(),
                To::Argument(_) | To::Field(..) | To::Open => Known::Unknown(lens.open(site, found.expr)),
            };
            (replaced != Known::Value(true)).then_some((stream, replaced))
        }
    }
}

/// Where what is made by a name of a module writes; `None` where it writes records, or to no standard stream.
fn made<'s>(lens: &Lens<'s>, site: &Site<'s>, found: &Reference<'s>, to: To, handed: &Handed) -> Option<Known<Stream>> {
    let open = || Known::Unknown(lens.open(site, found.whole()));
    let elements = literal(site, found).and_then(|literal| match &literal.is {
        Is::Composite(_, elements) => Some(elements),
        _ => None,
    });
    if let Some(elements) = elements {
        let json = field(elements, "JSONFormat").or_else(|| field(elements, "Formatter"));
        let is_json = json.is_some_and(|value| match &*found.symbol.path {
            HCLOG => lens.eval(site, value) != Value::one(Const::Bool(false)),
            _ => lens.symbol(site, value).is_some_and(|s| &*s.name == "JSONFormatter"),
        });
        if is_json {
            return None;
        }
    }
    let of = |writer: &'s Expr| match writer_of(lens, site, writer, handed) {
        Known::Value(Stream::Other) => None,
        known => Some(known),
    };
    match to {
        To::Stdout => Some(Stream::Stdout.into()),
        To::Stderr => Some(Stream::Stderr.into()),
        To::Open => Some(open()),
        To::Argument(at) => match found.call.and_then(|(_, call)| call.args.get(at)) {
            Some(writer) => of(writer),
            None => Some(open()),
        },
        To::Field(name, otherwise) => match (elements.and_then(|all| field(all, name)), otherwise) {
            (Some(writer), _) => of(writer),
            (None, Otherwise::Stderr) if elements.is_some() => Some(Stream::Stderr.into()),
            (None, _) => Some(open()),
        },
    }
}

/// The literal that a type's name stands in, or that a call gets as one of its arguments, by its address or not.
fn literal<'s>(site: &Site<'s>, found: &Reference<'s>) -> Option<&'s Expr> {
    if let Some((_, call)) = found.call {
        return call.args.iter().map(inner).find(|arg| matches!(arg.is, Is::Composite(..)));
    }
    match site.body.node(site.body.around(found.node)?)? {
        Node::Expr(expr @ Expr { is: Is::Composite(Some(ty), _), .. }) if site.body.is_at(ty, found.node) => Some(expr),
        _ => None,
    }
}

pub(super) fn inner(expr: &Expr) -> &Expr {
    match &bare(expr).is {
        Is::Unary(Op::Address, inside) => bare(inside),
        _ => bare(expr),
    }
}

pub(super) fn field<'s>(elements: &'s [Element], name: &str) -> Option<&'s Expr> {
    let is_it = |e: &&Element| e.name() == Some(name);
    elements.iter().find(is_it).map(|element| &element.value)
}

/// `os.Stdout.WriteString(…)`, and the calls of a `*log.Logger`.
fn of_method<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    base: &'s Expr,
    name: &str,
    call: &'s Call,
    setup: &Setup,
) -> Option<Written> {
    if matches!(name, "Write" | "WriteString") {
        if hands_on(lens, site, call) {
            return None;
        }
        let stream = stream(lens, site, base, &setup.handed)?;
        return Some((format!("os.File.{name}"), stream, false.into()));
    }
    // `template.Execute(os.Stdout, …)`, `buffer.WriteTo(os.Stdout)`.
    if matches!(name, "Execute" | "ExecuteTemplate" | "WriteTo") && lens.callee(site, call).is_none() {
        return Some((name.to_string(), stream(lens, site, call.args.first()?, &setup.handed)?, false.into()));
    }
    Logged { lens, site, node: site.body.place(&call.fun), base, name, setup }.written()
}

fn of(lens: &Lens, site: &Site, call: String, stream: Known<Stream>, bridged: Known<bool>, at: Span) -> (Span, Item) {
    let fact = LogCall {
        package: lens.package(site.place.file).to_string(),
        function: lens.function_name(site.place),
        owner: lens.owner(site.place.file),
        call,
        stream,
        bridged,
    };
    (at, item(fact, lens.source.origin(site.place.file, at)))
}
