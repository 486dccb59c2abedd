//! `source.log_calls`: calls that write lines which are no structured records to a standard stream.

use super::handed::Handed;
use super::loggers::{self, GIN, HCLOG, LOGRUS, Otherwise, To, ZAP, by_level};
use super::mentions::mark;
use super::muxes::is_certain;
use super::search::{Reference, Search, empty, is_dead, item, methods, references, run_apart, spelt, values};
use super::writers::{hands_on, maker, maker_of, numbered, stream, writer_of};
use crate::build::FileId;
use crate::go::syntax::{Call, Element, Expr, Is, Item as SyntaxItem, Op, Span};
use crate::meaning::{Const, Lens, Node, Site, Symbol, Type, Use, Value, bare};
use assize_facts::kinds::source::{LogCall, Stream};
use assize_facts::{Item, Known, Sheet, reason};
use std::collections::{BTreeMap, BTreeSet};

/// Packages that write by the number of a file.
pub(super) const RAW: [&str; 2] = ["syscall", "golang.org/x/sys/unix"];

/// What the program does with its loggers, wherever that stands.
#[derive(Default)]
struct Setup {
    /// `slog.SetDefault`: log's standard logger writes through it (log/slog documentation).
    slog_default: bool,
    /// The same, whatever the program is asked for.
    slog_surely: bool,
    /// What `log.SetOutput` is given, each with where that goes, if it is known.
    log_outputs: Vec<Option<Stream>>,
    /// Modules whose own loggers were told to write something else.
    modules: BTreeSet<&'static str>,
    /// Some logger of logrus writes records: which one is told of the standard one alone.
    logrus_records: bool,
    /// log's standard logger is handed to one of zap (`zap.RedirectStdLog`).
    redirected: bool,
    /// What standard streams are handed to.
    handed: Handed,
}

impl Setup {
    /// Whether slog's first default handler, which writes plain lines through log, stays.
    fn is_plain_slog(&self) -> bool {
        !self.slog_default
    }
}

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let (setup, mut gaps) = setup(lens);
    let printing = Search {
        file: &|lens, file| ["fmt", "log", "os", "runtime/debug"].iter().any(|path| lens.imports(file, path)),
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
            let other = |path: &str| loggers::levels().any(|known| known == path) && !setup.modules.contains(path);
            (setup.is_plain_slog() && lens.imports(file, "log/slog"))
                || loggers::levels().any(|path| other(path) && lens.imports(file, path))
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
    let built_in = Search { file: &|_, _| true, marks: mark::BUILT_IN_PRINT, words: &[], dependencies: false };
    let mut sheet = empty::<LogCall>(lens.source, false);
    let carrying = |file, words| Search { file, marks: 0, words, dependencies: false };
    let of_packages = of_packages.values().zip(&within).map(|(words, file)| carrying(file, words));
    let exported = Some(carrying(&named, &words)).filter(|_| !words.is_empty());
    let searches: Vec<Search> = [printing, numbered, writing, built_in, logging]
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
    for at in console_encodings(lens, site) {
        out.push(of(lens, site, "zap.Config.Encoding".into(), Stream::Stderr.into(), false.into(), at));
    }
    for (base, name, whole, call) in methods(site) {
        if let Some((called, stream, bridged)) = of_method(lens, site, base, name, call, setup) {
            out.push(of(lens, site, called, stream, bridged, whole.at));
        }
    }
    // `os.Stdout.Write` as a function.
    for (base, name, whole) in values(site).filter(|(_, name, _)| matches!(*name, "Write" | "WriteString")) {
        // Whoever gets it may write records.
        if let Some(Known::Value(stream)) = stream(lens, site, base, &setup.handed) {
            let stream = Known::Possible(vec![stream, Stream::Other]);
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

/// `c := zap.NewProductionConfig(); c.Encoding = "console"`.
fn console_encodings<'s>(lens: &Lens<'s>, site: &Site<'s>) -> Vec<Span> {
    if !lens.imports(site.place.file, ZAP) {
        return Vec::new();
    }
    let set = site.body.exprs().filter_map(|(node, expr)| match (&expr.is, site.body.use_of(node)) {
        (Is::Select(base, name), Use::Assign(Some(value))) if &*name.name == "Encoding" => Some((base, expr, value)),
        _ => None,
    });
    let of_zap = |base: &'s Expr| {
        maker(lens, site, base).and_then(|(at, made)| lens.symbol(&at, &made.fun)).is_some_and(|s| &*s.path == ZAP)
            || lens.type_of(site, base).is_some_and(|ty| ty.name.is(ZAP, "Config"))
    };
    let console = Value::one(Const::Text("console".into()));
    set.filter(|(base, _, value)| of_zap(base) && lens.eval_here(site, value) == console)
        .map(|(_, e, _)| e.at)
        .collect()
}

/// One thing that the program sets.
enum Set {
    /// Whether it stands under no condition.
    SlogDefault(bool),
    LogOutput(Option<Stream>),
    Module(&'static str),
    /// logrus' JSONFormatter is named; its standard logger is.
    Records,
    Standard,
    Redirected,
}

fn setup<'s>(lens: &Lens<'s>) -> (Setup, Vec<assize_facts::Gap>) {
    let search = Search {
        file: &|lens, file| {
            ["log/slog", "log", ZAP, GIN].into_iter().chain(loggers::levels()).any(|path| lens.imports(file, path))
        },
        marks: mark::LOGGER,
        words: &[],
        dependencies: false,
    };
    let handed = Handed::of(lens);
    let (found, gaps) = search.run(lens, |site: &Site<'s>| {
        let output = |call: Option<&'s Call>| {
            let writer = call.and_then(|call| call.args.first());
            let standard =
                writer.and_then(|writer| stream(lens, site, writer, &handed)).and_then(|s| s.value().copied());
            let other = || writer.and_then(|w| writer_of(lens, site, w, &handed).value().copied());
            Set::LogOutput(standard.or_else(|| other().filter(|stream| *stream == Stream::Other)))
        };
        let redirects = |s: &Symbol| &*s.path == ZAP && s.name.starts_with("RedirectStdLog");
        let sets = |s: &Symbol| {
            s.is("log/slog", "SetDefault") || s.is("log", "SetOutput") || redirects(s) || loggers::sets(s).is_some()
        };
        let of = |found: Reference<'s>| match loggers::sets(&found.symbol) {
            Some(LOGRUS) if &*found.symbol.name == "JSONFormatter" => Some(Set::Records),
            Some(LOGRUS) if &*found.symbol.name == "StandardLogger" => Some(Set::Standard),
            Some(_) if is_text_formatter(lens, site, &found) => None,
            Some(module) => Some(Set::Module(module)),
            None if redirects(&found.symbol) => Some(Set::Redirected),
            None if found.symbol.is("log", "SetOutput") => Some(output(found.call.map(|(_, call)| call))),
            None => Some(Set::SlogDefault(is_certain(site, found.node))),
        };
        let mut all: Vec<Set> = references(lens, site, sets).into_iter().filter_map(of).collect();
        for (base, _, _, call) in methods(site).filter(|(_, name, _, _)| *name == "SetOutput") {
            let made = maker(lens, site, base).and_then(|(at, made)| lens.symbol(&at, &made.fun));
            all.extend(made.filter(|s| s.is("log", "Default")).map(|_| output(Some(call))));
        }
        if !all.is_empty() && is_dead(lens, site) {
            all.clear();
        }
        all
    });
    let (mut setup, mut standard) = (Setup { handed, ..Setup::default() }, false);
    for set in found {
        match set {
            Set::SlogDefault(surely) => {
                // Of two one may be the other's alternative.
                setup.slog_surely |= surely || setup.slog_default;
                setup.slog_default = true;
            }
            Set::LogOutput(stream) => setup.log_outputs.push(stream),
            Set::Module(path) => {
                setup.modules.insert(path);
            }
            Set::Records => setup.logrus_records = true,
            Set::Standard => standard = true,
            Set::Redirected => setup.redirected = true,
        }
    }
    if setup.logrus_records && standard {
        setup.modules.insert(LOGRUS);
    }
    (setup, gaps)
}

/// `logrus.SetFormatter(&logrus.TextFormatter{…})`: it writes such lines anyway.
fn is_text_formatter<'s>(lens: &Lens<'s>, site: &Site<'s>, found: &Reference<'s>) -> bool {
    let given = found.call.and_then(|(_, call)| call.args.first());
    given.and_then(|given| lens.type_of(site, given)).is_some_and(|ty| ty.name.is(LOGRUS, "TextFormatter"))
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
        "io" => matches!(name, "WriteString" | "Copy" | "CopyN" | "CopyBuffer"),
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
        "runtime/debug" => Some((Stream::Stderr.into(), no())),
        path if RAW.contains(&path) => {
            let (_, call) = found.call?;
            Some((numbered(lens, site, call.args.first()?)?.into(), no()))
        }
        "fmt" | "io" => {
            let (_, call) = found.call?;
            Some((stream(lens, site, call.args.first()?, &setup.handed)?, no()))
        }
        "log" => Some(standard_logger(setup, &spelt(&found.symbol))),
        ZAP if &*found.symbol.name == "Config" => {
            let Is::Composite(_, elements) = &literal(site, found)?.is else { return None };
            let encoding = field(elements, "Encoding").map(|value| lens.eval(site, value));
            let console = Some(Value::one(Const::Text("console".into())));
            (encoding == console).then(|| (Stream::Stderr.into(), no()))
        }
        GIN if setup.modules.contains(GIN) => None,
        _ if let Some(to) = loggers::maker(&found.symbol) => {
            made(lens, site, found, to, &setup.handed).map(|stream| (stream, no()))
        }
        // slog's first default handler writes plain lines through log.
        "log/slog" if setup.is_plain_slog() => Some(standard_logger(setup, &spelt(&found.symbol))),
        path if !setup.modules.contains(path) => match by_level(&found.symbol)? {
            To::Stdout => Some((Stream::Stdout.into(), no())),
            To::Stderr => Some((Stream::Stderr.into(), no())),
            To::Argument(_) | To::Field(..) | To::Open => Some((Known::Unknown(lens.open(site, found.expr)), no())),
        },
        _ => None,
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

fn inner(expr: &Expr) -> &Expr {
    match &bare(expr).is {
        Is::Unary(Op::Address, inside) => bare(inside),
        _ => bare(expr),
    }
}

fn field<'s>(elements: &'s [Element], name: &str) -> Option<&'s Expr> {
    let is_it = |e: &&Element| e.name() == Some(name);
    elements.iter().find(is_it).map(|element| &element.value)
}

/// Where log's standard logger writes, and whether it is bridged.
fn standard_logger(setup: &Setup, call: &str) -> (Known<Stream>, Known<bool>) {
    let unknown = || reason!("standard-logger-redirected", call = call);
    if setup.redirected {
        return (Stream::Stderr.into(), true.into());
    }
    if setup.log_outputs.is_empty() {
        let bridged = match setup.slog_default && !setup.slog_surely {
            true => Known::Possible(vec![false, true]),
            false => setup.slog_default.into(),
        };
        return (Stream::Stderr.into(), bridged);
    }
    // From one standard stream to another.
    let given: Option<Vec<Stream>> = setup.log_outputs.iter().copied().collect();
    match given.filter(|_| !setup.slog_default) {
        Some(given) => {
            let mut all = vec![Stream::Stderr];
            given.into_iter().for_each(|stream| {
                if !all.contains(&stream) {
                    all.push(stream)
                }
            });
            let stream = if all.len() == 1 { Known::Value(Stream::Stderr) } else { Known::Possible(all) };
            (stream, false.into())
        }
        None => (Known::Unknown(unknown()), Known::Unknown(unknown())),
    }
}

/// `os.Stdout.WriteString(…)`, and the calls of a `*log.Logger`.
fn of_method<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    base: &'s Expr,
    name: &str,
    call: &'s Call,
    setup: &Setup,
) -> Option<(String, Known<Stream>, Known<bool>)> {
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
    let of_slog =
        |symbol: &Symbol| &*symbol.path == "log/slog" && matches!(&*symbol.name, "Default" | "With" | "WithGroup");
    let made = || {
        let (at, made) = maker(lens, site, base).or_else(|| maker_of(lens, site, base))?;
        lens.symbol(&at, &made.fun)
    };
    if is_level(name) && setup.is_plain_slog() && made().is_some_and(|s| of_slog(&s)) {
        let called = format!("slog.Logger.{name}");
        let (stream, bridged) = standard_logger(setup, &called);
        return Some((called, stream, bridged));
    }
    let of_logrus = |ty: Type| &*ty.name.path == LOGRUS && matches!(&*ty.name.name, "Logger" | "Entry");
    if is_level(name)
        && !setup.modules.contains(LOGRUS)
        && !setup.logrus_records
        && lens.type_of(site, base).is_some_and(of_logrus)
    {
        return Some((format!("logrus.Logger.{name}"), Stream::Stderr.into(), false.into()));
    }
    let logger = |known: &Symbol| known.is("log", "Logger");
    if !is_log_call(name) || !lens.has_from(&lens.type_of(site, base)?.name, name, &logger) {
        return None;
    }
    let Some((at, made)) = maker_of(lens, site, base) else {
        return Some((format!("log.Logger.{name}"), Known::Unknown(lens.open(site, base)), false.into()));
    };
    let symbol = lens.symbol(&at, &made.fun)?;
    if symbol.is("log", "Default") {
        let called = format!("log.Logger.{name}");
        let (stream, bridged) = standard_logger(setup, &called);
        return Some((called, stream, bridged));
    }
    let unknown = || Some((format!("log.Logger.{name}"), Known::Unknown(lens.open(site, base)), false.into()));
    if symbol.is("", "new") {
        return unknown();
    }
    // What `slog.NewLogLogger` returns writes records.
    if !symbol.is("log", "New") {
        return None;
    }
    // It may have been told to write elsewhere since.
    if let Some(local) = site.body.local(bare(base))
        && site.body.uses(local).any(|(_, used)| matches!(used, Use::Method("SetOutput")))
    {
        return unknown();
    }
    Some((format!("log.Logger.{name}"), writer_of(lens, &at, made.args.first()?, &setup.handed), false.into()))
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
