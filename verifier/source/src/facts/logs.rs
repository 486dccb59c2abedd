//! `source.log_calls`: calls that write lines which are no structured records to a standard stream.

use super::mentions::mark;
use super::search::{Reference, Search, empty, item, methods, references, run_apart, spelt};
use crate::build::FileId;
use crate::go::syntax::{Call, Expr, Is, Item as SyntaxItem, Span};
use crate::meaning::body::Binding;
use crate::meaning::{Const, Lens, Site, Symbol, Use, bare};
use assize_facts::kinds::source::{LogCall, Stream};
use assize_facts::{Item, Known, Sheet, reason};
use std::collections::BTreeSet;

const LOGRUS: &str = "github.com/sirupsen/logrus";
const ZEROLOG: &str = "github.com/rs/zerolog";
const ZAP: &str = "go.uber.org/zap";

/// What the program does with its loggers, wherever that stands.
#[derive(Default)]
struct Setup {
    /// `slog.SetDefault`: log's standard logger writes through it (log/slog documentation).
    slog_default: bool,
    /// `log.SetOutput`.
    log_output: bool,
    /// `logrus.SetFormatter`.
    logrus_formatter: bool,
}

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let (setup, mut gaps) = setup(lens);
    let printing = Search {
        file: &|lens, file| ["fmt", "log", "os"].iter().any(|path| lens.imports(file, path)),
        marks: mark::PRINT | mark::STREAM,
        words: &[],
        dependencies: false,
    };
    let carriers = carriers(lens);
    let words: Vec<&str> = carriers.iter().map(|symbol| &*symbol.name).collect();
    // A writer is a standard stream where it is named, or where a name of the program stands for one.
    let named = |lens: &Lens, file| {
        let near = |symbol: &Symbol| *symbol.path == *lens.package(file) || lens.imports(file, &symbol.path);
        carriers.iter().any(near)
    };
    let carrying = Search { file: &named, marks: 0, words: &words, dependencies: false };
    let logging = Search {
        file: &|lens, file| {
            let plain = !setup.slog_default && !setup.log_output;
            (plain && lens.imports(file, "log/slog"))
                || (!setup.logrus_formatter && lens.imports(file, LOGRUS))
                || [ZAP, ZEROLOG].iter().any(|path| lens.imports(file, path))
        },
        marks: mark::LEVEL,
        words: &[],
        dependencies: false,
    };
    let built_in = Search { file: &|_, _| true, marks: mark::BUILT_IN_PRINT, words: &[], dependencies: false };
    let mut sheet = empty::<LogCall>(lens.source, false);
    let searches = [printing, carrying, built_in, logging];
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
    for (base, name, whole, call) in methods(site) {
        if let Some((called, stream, bridged)) = of_method(lens, site, base, name, call, setup) {
            out.push(of(lens, site, called, stream, bridged, whole.at));
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

fn setup(lens: &Lens) -> (Setup, Vec<assize_facts::Gap>) {
    let search = Search {
        file: &|lens, file| ["log/slog", "log", LOGRUS].iter().any(|path| lens.imports(file, path)),
        marks: mark::LOGGER,
        words: &[],
        dependencies: false,
    };
    let (found, gaps) = search.run(lens, |site| {
        let sets =
            |s: &Symbol| s.is("log/slog", "SetDefault") || s.is("log", "SetOutput") || s.is(LOGRUS, "SetFormatter");
        let mut all: Vec<Symbol> = references(lens, site, sets).into_iter().map(|found| found.symbol).collect();
        for (base, _, _, _) in methods(site).filter(|(_, name, _, _)| *name == "SetOutput") {
            let Some(call) = maker(site, base) else { continue };
            all.extend(
                lens.symbol(site, &call.fun)
                    .filter(|s| s.is("log", "Default"))
                    .map(|_| Symbol::new("log", "SetOutput")),
            );
        }
        all
    });
    let setup = Setup {
        slog_default: found.iter().any(|s| s.is("log/slog", "SetDefault")),
        log_output: found.iter().any(|s| s.is("log", "SetOutput")),
        logrus_formatter: found.iter().any(|s| s.is(LOGRUS, "SetFormatter")),
    };
    (setup, gaps)
}

fn is_level(name: &str) -> bool {
    ["Trace", "Debug", "Info", "Warn", "Warning", "Error", "Fatal", "Panic", "Print", "Log"]
        .iter()
        .any(|l| name.starts_with(l))
}

fn is_sought(symbol: &Symbol) -> bool {
    let name = &*symbol.name;
    match &*symbol.path {
        "" => matches!(name, "print" | "println"),
        "fmt" => name.starts_with("Print") || name.starts_with("Fprint"),
        "io" => name == "WriteString",
        "log" => is_log_call(name),
        // Types, and no calls of theirs.
        "log/slog" | LOGRUS if matches!(name, "Logger" | "LogValuer") => false,
        "log/slog" => is_level(name) && !name.starts_with("Level") || name == "NewTextHandler",
        LOGRUS => is_level(name) && !name.ends_with("Level"),
        ZAP => name == "NewDevelopment",
        ZEROLOG => matches!(name, "ConsoleWriter" | "NewConsoleWriter"),
        _ => false,
    }
}

fn is_log_call(name: &str) -> bool {
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
        "fmt" | "io" => {
            let (_, call) = found.call?;
            Some((stream(lens, site, call.args.first()?)?, no()))
        }
        "log" => Some(standard_logger(setup, &spelt(&found.symbol))),
        // `key=value` pairs are no records of JSON.
        "log/slog" if &*found.symbol.name == "NewTextHandler" => {
            let (_, call) = found.call?;
            Some((stream(lens, site, call.args.first()?)?, no()))
        }
        // slog's first default handler writes plain lines through log.
        "log/slog" if !setup.slog_default && !setup.log_output => Some((Stream::Stderr.into(), no())),
        LOGRUS if !setup.logrus_formatter => Some((Stream::Stderr.into(), no())),
        ZAP => Some((Stream::Stderr.into(), no())),
        ZEROLOG => Some((Known::Unknown(lens.open(site, found.expr)), no())),
        _ => None,
    }
}

/// Where log's standard logger writes, and whether it is bridged.
fn standard_logger(setup: &Setup, call: &str) -> (Known<Stream>, Known<bool>) {
    let unknown = || reason!("standard-logger-redirected", call = call);
    match setup.log_output {
        true => (Known::Unknown(unknown()), Known::Unknown(unknown())),
        false => (Stream::Stderr.into(), setup.slog_default.into()),
    }
}

/// The standard stream that a writer is or may be; `None` where it is another, or where nothing says that it is one.
fn stream<'s>(lens: &Lens<'s>, site: &Site<'s>, writer: &Expr) -> Option<Known<Stream>> {
    let writer = bare(writer);
    let known = lens.eval(site, writer).known(
        || lens.open(site, writer),
        |value| match value {
            Const::Symbol(symbol) if symbol.is("os", "Stdout") => Some(Stream::Stdout),
            Const::Symbol(symbol) if symbol.is("os", "Stderr") => Some(Stream::Stderr),
            _ => Some(Stream::Other),
        },
    );
    match known {
        Known::Value(Stream::Other) | Known::Unknown(_) => None,
        known => Some(known),
    }
}

/// `os.Stdout.WriteString(…)`, and the calls of a `*log.Logger`.
fn of_method<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    base: &'s Expr,
    name: &str,
    _call: &Call,
    setup: &Setup,
) -> Option<(String, Known<Stream>, Known<bool>)> {
    if matches!(name, "Write" | "WriteString") {
        let stream = stream(lens, site, base)?;
        return Some((format!("os.File.{name}"), stream, false.into()));
    }
    let of_slog =
        |symbol: &Symbol| &*symbol.path == "log/slog" && matches!(&*symbol.name, "Default" | "With" | "WithGroup");
    if is_level(name) && maker(site, base).and_then(|made| lens.symbol(site, &made.fun)).is_some_and(|s| of_slog(&s)) {
        let plain = !setup.slog_default && !setup.log_output;
        return plain.then(|| (format!("slog.Logger.{name}"), Stream::Stderr.into(), false.into()));
    }
    let logger = |known: &Symbol| known.is("log", "Logger");
    if !is_log_call(name) || !lens.has_from(&lens.type_of(site, base)?.name, name, &logger) {
        return None;
    }
    let Some(made) = maker(site, base) else {
        return Some((format!("log.Logger.{name}"), Known::Unknown(lens.open(site, base)), false.into()));
    };
    let symbol = lens.symbol(site, &made.fun)?;
    if symbol.is("log", "Default") {
        let called = format!("log.Logger.{name}");
        let (stream, bridged) = standard_logger(setup, &called);
        return Some((called, stream, bridged));
    }
    // What `slog.NewLogLogger` returns writes records.
    if !symbol.is("log", "New") {
        return None;
    }
    let stream = stream(lens, site, made.args.first()?);
    let stream = stream.unwrap_or_else(|| Known::Unknown(lens.open(site, base)));
    Some((format!("log.Logger.{name}"), stream, false.into()))
}

/// The call that made what a local variable holds.
fn maker<'s>(site: &Site<'s>, base: &'s Expr) -> Option<&'s Call> {
    let base = bare(base);
    let made = match site.body.local(base) {
        Some(local) => match site.body.locals.get(local as usize)?.binding {
            Binding::Define([one], 0, 1) => one,
            Binding::Value(spec, 0) if spec.names.len() == 1 => spec.values.first()?,
            _ => return None,
        },
        None => base,
    };
    match &bare(made).is {
        Is::Call(call) => Some(call),
        _ => None,
    }
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
