//! What a program does with its loggers, wherever that stands: bridges, outputs and formatters.

use super::handed::Handed;
use super::log_methods::is_unnamed;
use super::loggers::{self, GIN, LOGRUS, ZAP};
use super::mentions::mark;
use super::muxes::is_certain;
use super::search::{Reference, Search, called, is_dead, methods, references};
use super::writers::{maker, stream, writer_of};
use crate::build::FileId;
use crate::go::syntax::{Call, Does, Expr, Is, Item, Stmt};
use crate::meaning::{Lens, Node, NodeId, Place, Site, Symbol};
use assize_facts::kinds::source::Stream;
use assize_facts::{Gap, Known, reason};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

#[derive(Default)]
pub(super) struct Setup {
    /// `slog.SetDefault`: log's standard logger writes through it (log/slog documentation).
    bridges: Turns,
    /// What `log.SetOutput` is given, each with where that goes, if it is known.
    log_outputs: Vec<Option<Stream>>,
    /// Modules whose own loggers are told to write something else.
    modules: BTreeMap<&'static str, Turns>,
    /// Some logger of logrus may write records.
    pub logrus_records: bool,
    /// What `logrus.SetOutput` is given.
    logrus_outputs: Vec<Option<Stream>>,
    /// Some logger that others may hold, too, is told to write elsewhere.
    pub any_output: bool,
    /// log's standard logger is handed to one of zap (`zap.RedirectStdLog`).
    redirected: Turns,
    /// What standard streams are handed to.
    pub handed: Handed,
}

/// A place where something is set.
struct Turn {
    /// In a function, and where that is called.
    points: Vec<Point>,
    /// Whether it is set whatever the program is asked for.
    sure: bool,
}

/// All places where something is set.
#[derive(Default)]
struct Turns {
    all: Vec<Turn>,
    /// Functions that are called before any of it is done.
    early: OnceLock<BTreeSet<Place>>,
}

impl Turns {
    fn anywhere(&self) -> Known<bool> {
        match () {
            () if self.all.is_empty() => false.into(),
            () if self.all.iter().any(|turn| turn.sure) => true.into(),
            () => Known::Possible(vec![false, true]),
        }
    }

    /// Whether it is set where a call stands: not before that is done.
    fn done<'s>(&self, lens: &Lens<'s>, site: &Site<'s>, node: Option<NodeId>) -> Known<bool> {
        let anywhere = self.anywhere();
        let Some(node) = node.filter(|_| !self.all.is_empty()) else { return anywhere };
        let is_before = |(place, start): &Point| {
            let is_behind = |turn: &Turn| turn.points.iter().any(|(at, done)| at == place && start < done);
            self.all.iter().all(is_behind)
        };
        if is_before(&point(site, node)) {
            let comes_back = site.body.closure(node).is_some() || site.body.is_conditional(node, 0);
            return if comes_back { Known::Possible(vec![false, true]) } else { false.into() };
        }
        // Whoever calls a function in another is not followed.
        let is_early = || site.body.closure(node).is_none() && self.early(lens).contains(&site.place);
        if anywhere == Known::Value(true) && is_early() { Known::Possible(vec![false, true]) } else { anywhere }
    }

    fn early(&self, lens: &Lens) -> &BTreeSet<Place> {
        self.early.get_or_init(|| called_before(lens, &self.all))
    }
}

/// Functions that are called, through others, where each turn is still to come.
fn called_before(lens: &Lens, turns: &[Turn]) -> BTreeSet<Place> {
    const DEPTH: usize = 3;
    const MOST: usize = 200;
    let last_in =
        |turn: &Turn, place: Place| turn.points.iter().filter(|(at, _)| *at == place).map(|(_, at)| *at).max();
    let first = turns.first().map_or(&[][..], |turn| &turn.points);
    let places: BTreeSet<Place> = first.iter().map(|(place, _)| *place).collect();
    let ends = |place: Place| turns.iter().map(|turn| last_in(turn, place)).min().flatten();
    let mut round: Vec<(Place, u32)> = places.into_iter().filter_map(|place| Some((place, ends(place)?))).collect();
    let mut early = BTreeSet::new();
    for depth in 0..DEPTH {
        let mut next = Vec::new();
        for (place, end) in round {
            let Some(site) = lens.site(place) else { continue };
            for (node, expr) in site.body.exprs() {
                let Is::Call(call) = &expr.is else { continue };
                let is_followed = depth == 0 || site.body.closure(node).is_none();
                if !is_followed || point(&site, node).1 >= end || early.len() > MOST {
                    continue;
                }
                let called = lens.symbol(&site, &call.fun).and_then(|symbol| lens.function(&symbol));
                let Some((callee, func)) = called else { continue };
                let is_plain = func.receiver.is_none() && !matches!(&*func.name.name, "main" | "init");
                if is_plain && early.insert(callee.place) {
                    next.push((callee.place, u32::MAX));
                }
            }
        }
        round = next;
    }
    early
}

impl Setup {
    /// Whether slog's first default handler, which writes plain lines through log, may stay where a call stands.
    pub fn may_be_plain_slog<'s>(&self, lens: &Lens<'s>, site: &Site<'s>, node: Option<NodeId>) -> bool {
        self.bridges.done(lens, site, node) != Known::Value(true)
    }

    /// Whether slog's first default handler may stay for some call of a file, or the own lines of a module's loggers: where that is set on every way, only
    /// what stands near may come before.
    pub fn matters(&self, lens: &Lens, file: FileId, path: &str) -> bool {
        let turns = if path == "log/slog" { Some(&self.bridges) } else { self.modules.get(path) };
        turns.is_none_or(|turns| {
            let is_near = |turn: &Turn| turn.points.iter().any(|(at, _)| lens.package(at.file) == lens.package(file));
            turns.anywhere() != Known::Value(true) || turns.all.iter().any(is_near)
        })
    }

    /// Whether the loggers of a module write something else than their own lines where a call stands.
    pub fn module<'s>(&self, lens: &Lens<'s>, site: &Site<'s>, node: Option<NodeId>, path: &str) -> Known<bool> {
        self.modules.get(path).map_or(false.into(), |turns| turns.done(lens, site, node))
    }

    /// Where log's standard logger writes, and whether it is bridged.
    pub fn standard_logger<'s>(
        &self,
        lens: &Lens<'s>,
        site: &Site<'s>,
        node: Option<NodeId>,
        call: &str,
    ) -> (Known<Stream>, Known<bool>) {
        let unknown = || reason!("standard-logger-redirected", call = call);
        let is_sent = self.any_output || !self.log_outputs.is_empty();
        if !is_sent {
            let bridged = match (self.redirected.done(lens, site, node), self.bridges.done(lens, site, node)) {
                (Known::Value(false), other) | (other, Known::Value(false)) => other,
                (Known::Value(true), _) | (_, Known::Value(true)) => true.into(),
                (open, _) => open,
            };
            return (Stream::Stderr.into(), bridged);
        }
        let is_bridged = [&self.redirected, &self.bridges].iter().any(|turns| !turns.all.is_empty());
        match one_of(&self.log_outputs).filter(|_| !is_bridged && !self.any_output) {
            Some(stream) => (stream, false.into()),
            None => (Known::Unknown(unknown()), Known::Unknown(unknown())),
        }
    }

    /// Where logrus' standard logger writes.
    pub fn standard_logrus(&self, call: &str) -> Known<Stream> {
        one_of(&self.logrus_outputs)
            .unwrap_or_else(|| Known::Unknown(reason!("standard-logger-redirected", call = call)))
    }
}

/// From standard error to what is given; `None` where that is not known.
fn one_of(given: &[Option<Stream>]) -> Option<Known<Stream>> {
    let mut all = vec![Stream::Stderr];
    for stream in given {
        let stream = (*stream)?;
        if !all.contains(&stream) {
            all.push(stream);
        }
    }
    Some(if all.len() == 1 { Known::Value(Stream::Stderr) } else { Known::Possible(all) })
}

/// A declaration, and where in the file something stands.
type Point = (Place, u32);

fn point(site: &Site, node: NodeId) -> Point {
    (site.place, site.body.span(node).map_or(0, |at| at.start))
}

/// Where the function is called in which something is done, and those that call it.
fn callers<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> Vec<Point> {
    const DEPTH: usize = 3;
    const MOST: usize = 16;
    let mut all: Vec<Point> = Vec::new();
    let mut round = vec![(site.clone(), node)];
    for _ in 0..DEPTH {
        let mut next: Vec<(Site<'s>, NodeId)> = Vec::new();
        for (site, node) in &round {
            let Some(Item::Func(func)) = lens.item(site.place).filter(|_| site.body.closure(*node).is_none()) else {
                continue;
            };
            if func.receiver.is_some() || matches!(&*func.name.name, "main" | "init") {
                continue;
            }
            let symbol = Symbol::new(lens.package(site.place.file), &func.name.name);
            let mentions = lens.mentions(&symbol);
            let calls = mentions.iter().filter(|(at, node)| called(at, *node).is_some()).take(MOST);
            next.extend(calls.filter(|(at, node)| !all.contains(&point(at, *node))).cloned());
        }
        all.extend(next.iter().map(|(at, node)| point(at, *node)));
        round = next;
    }
    all
}

/// One thing that the program sets.
enum Set {
    Bridge(Turn),
    LogOutput(Option<Stream>),
    LogrusOutput(Option<Stream>),
    Module(&'static str, Turn),
    /// logrus' JSONFormatter is named elsewhere than for its standard logger; that one is named.
    Records,
    Standard,
    AnyOutput,
    Redirected(Turn),
}

pub(super) fn setup<'s>(lens: &Lens<'s>) -> (Setup, Vec<Gap>) {
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
        let mut all = of_site(lens, site, &handed);
        if !all.is_empty() && is_dead(lens, site) {
            all.clear();
        }
        all
    });
    let (mut setup, mut standard) = (Setup { handed, ..Setup::default() }, false);
    for set in found {
        match set {
            Set::Bridge(turn) => setup.bridges.all.push(turn),
            Set::LogOutput(stream) => setup.log_outputs.push(stream),
            Set::LogrusOutput(stream) => setup.logrus_outputs.push(stream),
            Set::Module(path, turn) => setup.modules.entry(path).or_default().all.push(turn),
            Set::Records => setup.logrus_records = true,
            Set::Standard => standard = true,
            Set::AnyOutput => setup.any_output = true,
            Set::Redirected(turn) => setup.redirected.all.push(turn),
        }
    }
    if setup.logrus_records && standard {
        setup.modules.entry(LOGRUS).or_default().all.push(Turn { points: Vec::new(), sure: true });
    }
    (setup, gaps)
}

fn of_site<'s>(lens: &Lens<'s>, site: &Site<'s>, handed: &Handed) -> Vec<Set> {
    let output = |call: Option<&'s Call>| {
        let writer = call?.args.first()?;
        let standard = stream(lens, site, writer, handed).and_then(|stream| stream.value().copied());
        let other = || writer_of(lens, site, writer, handed).value().copied();
        standard.or_else(|| other().filter(|stream| *stream == Stream::Other))
    };
    let redirects = |s: &Symbol| &*s.path == ZAP && s.name.starts_with("RedirectStdLog");
    let sets = |s: &Symbol| {
        s.is("log/slog", "SetDefault")
            || &*s.name == "SetOutput" && matches!(&*s.path, "log" | LOGRUS)
            || redirects(s)
            || loggers::sets(s).is_some()
    };
    let turn = |node| {
        let points = std::iter::once(point(site, node)).chain(callers(lens, site, node));
        Turn { points: points.collect(), sure: is_sure(lens, site, node) }
    };
    let of = |found: Reference<'s>| {
        let call = found.call.map(|(_, call)| call);
        match (loggers::sets(&found.symbol), &*found.symbol.name) {
            (Some(LOGRUS), "JSONFormatter") => (!is_for_standard(lens, site, found.node)).then_some(Set::Records),
            (Some(LOGRUS), "StandardLogger") => Some(Set::Standard),
            (Some(_), _) if is_text_formatter(lens, site, &found) => None,
            (Some(module), _) => Some(Set::Module(module, turn(found.node))),
            (None, _) if redirects(&found.symbol) => Some(Set::Redirected(turn(found.node))),
            (None, "SetOutput") if &*found.symbol.path == "log" => Some(Set::LogOutput(output(call))),
            (None, "SetOutput") => Some(Set::LogrusOutput(output(call))),
            (None, _) => Some(Set::Bridge(turn(found.node))),
        }
    };
    let mut all: Vec<Set> = references(lens, site, sets).into_iter().filter_map(of).collect();
    for (base, _, _, call) in methods(site).filter(|(_, name, _, _)| *name == "SetOutput") {
        let made = maker(lens, site, base).and_then(|(at, made)| lens.symbol(&at, &made.fun));
        match made {
            Some(s) if s.is("log", "Default") => all.push(Set::LogOutput(output(Some(call)))),
            Some(s) if s.is(LOGRUS, "StandardLogger") => all.push(Set::LogrusOutput(output(Some(call)))),
            _ if lens.symbol(site, base).is_none() && is_logger(lens, site, base) && is_unnamed(lens, site, base) => {
                all.push(Set::AnyOutput);
            }
            _ => {}
        }
    }
    all
}

fn is_logger<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &Expr) -> bool {
    let known = |ty: &Symbol| ty.is("log", "Logger") || ty.is(LOGRUS, "Logger");
    lens.type_of(site, base).is_some_and(|ty| lens.has_from(&ty.name, "SetOutput", &known))
}

/// Whether each branch of an `if` or a `switch` does the same.
fn is_on_either_way<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> bool {
    let sets = |stmt: &Stmt| match &stmt.does {
        Does::Expr(Expr { is: Is::Call(call), .. }) => {
            lens.symbol(site, &call.fun).is_some_and(|symbol| symbol.is("log/slog", "SetDefault"))
        }
        _ => false,
    };
    let mut at = node;
    while let Some(up) = site.body.up(at) {
        at = up;
        if let Some(Node::Stmt(stmt)) = site.body.node(at)
            && matches!(stmt.does, Does::If(_) | Does::Switch(_))
            && always(std::slice::from_ref(stmt), &sets)
            && is_certain(site, at)
        {
            return true;
        }
    }
    false
}

/// Whether some statement is passed on each way through a block.
fn always(block: &[Stmt], is: &dyn Fn(&Stmt) -> bool) -> bool {
    block.iter().any(|stmt| match &stmt.does {
        Does::Block(block) => always(block, is),
        Does::If(parts) => {
            let otherwise = parts.otherwise.as_ref();
            always(&parts.then, is) && otherwise.is_some_and(|other| always(std::slice::from_ref(other), is))
        }
        Does::Switch(parts) => {
            parts.cases.iter().any(|case| case.default) && parts.cases.iter().all(|case| always(&case.body, is))
        }
        _ => is(stmt),
    })
}

/// Whether a statement is passed whenever the program is run: on each way of its function, which is called on each way of another.
fn is_sure<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> bool {
    (is_certain(site, node) || is_on_either_way(lens, site, node)) && is_called(lens, site, node, DEPTH)
}

/// Functions that call one another are followed this far.
const DEPTH: u32 = 4;

fn is_called<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, depth: u32) -> bool {
    let Some(Item::Func(func)) = lens.item(site.place) else { return true };
    let Some(depth) = depth.checked_sub(1) else { return true };
    // Whoever gets a function calls it.
    if func.receiver.is_some() || site.body.closure(node).is_some() {
        return true;
    }
    let name = &*func.name.name;
    if name == "init" || name == "main" && lens.is_main(site.place.file) {
        return true;
    }
    let symbol = Symbol::new(lens.package(site.place.file), name);
    let callers = lens.mentions(&symbol);
    let is_certain = |(at, node): &(Site<'s>, NodeId)| {
        let own = at.place == site.place;
        let calls = called(at, *node).is_some() && is_certain(at, *node);
        !own && !at.body.is_thrown_away(*node)
            && (calls && is_called(lens, at, *node, depth) || called(at, *node).is_none())
    };
    callers.is_empty() || callers.iter().any(is_certain)
}

/// `logrus.SetFormatter(&logrus.TextFormatter{…})`: it writes such lines anyway.
fn is_text_formatter<'s>(lens: &Lens<'s>, site: &Site<'s>, found: &Reference<'s>) -> bool {
    let given = found.call.and_then(|(_, call)| call.args.first());
    given.and_then(|given| lens.type_of(site, given)).is_some_and(|ty| ty.name.is(LOGRUS, "TextFormatter"))
}

/// Whether a formatter is made for the standard logger alone: `logrus.SetFormatter(&logrus.JSONFormatter{})`.
fn is_for_standard<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> bool {
    let mut at = node;
    while let Some(up) = site.body.around(at) {
        match site.body.node(up) {
            Some(Node::Expr(Expr { is: Is::Call(call), .. })) => {
                let symbol = lens.symbol(site, &call.fun);
                if symbol.as_ref().is_none_or(|symbol| !symbol.is("", "new")) {
                    return symbol.is_some_and(|symbol| symbol.is(LOGRUS, "SetFormatter"));
                }
            }
            Some(Node::Expr(_)) => {}
            _ => return false,
        }
        at = up;
    }
    false
}
