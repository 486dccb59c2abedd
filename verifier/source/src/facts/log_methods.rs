//! Calls of loggers by their methods: slog's, logrus' and log's, and those that are made of them.

use super::log_setup::Setup;
use super::log_values::leaves;
use super::loggers::LOGRUS;
use super::logs::{field, inner, is_level, is_log_call};
use super::search::{Reference, made_with, spelt};
use super::writers::{maker, maker_of, writer_of};
use crate::go::syntax::{Call, Does, Element, Expr, Is, Op, Stmt};
use crate::meaning::body::LocalId;
use crate::meaning::{Lens, Node, NodeId, Site, Symbol, Use, bare};
use assize_facts::Known;
use assize_facts::kinds::source::Stream;

/// What a call writes: its name, where to, and whether the standard logger is bridged.
pub(super) type Written = (String, Known<Stream>, Known<bool>);

/// A method that is called on a logger.
pub(super) struct Logged<'l, 's> {
    pub lens: &'l Lens<'s>,
    pub site: &'l Site<'s>,
    /// Where the call stands.
    pub node: Option<NodeId>,
    pub base: &'s Expr,
    pub name: &'l str,
    pub setup: &'l Setup,
}

impl<'s> Logged<'_, 's> {
    pub fn written(&self) -> Option<Written> {
        if !is_level(self.name) && !is_log_call(self.name) {
            return None;
        }
        let ty = self.lens.type_of(self.site, self.base).map(|ty| ty.name);
        // A method of the program's own says itself what it writes.
        if ty.as_ref().is_some_and(|ty| self.lens.method(ty, self.name).is_some()) {
            return None;
        }
        let is_plain = || self.setup.may_be_plain_slog(self.lens, self.site, self.node);
        // What made it is asked where that may change something. What interfaces and types of others stand for was told where it went there
        // (`handed_on`).
        let is_theirs = |ty: &Symbol| matches!(&*ty.path, LOGRUS | "log/slog");
        let may_be_one = |ty: &Symbol| match &*ty.path {
            "log/slog" => is_plain(),
            _ => self.lens.has_from(ty, self.name, &is_theirs),
        };
        if is_level(self.name) && ty.as_ref().is_none_or(may_be_one) {
            let of_logrus = |ty: &Symbol| &*ty.path == LOGRUS && matches!(&*ty.name, "Logger" | "Entry");
            let origin = self.origin();
            let made = origin.as_ref().and_then(|origin| origin.symbol(self.lens));
            if ty.as_ref().is_some_and(of_logrus) || made.as_ref().is_some_and(|s| &*s.path == LOGRUS) {
                return self.of_logrus(origin, made);
            }
            if made.is_some_and(|made| is_slogs_default(&made)) && is_plain() {
                let called = format!("slog.Logger.{}", self.name);
                let (stream, bridged) = self.setup.standard_logger(self.lens, self.site, self.node, &called);
                return Some((called, stream, bridged));
            }
        }
        let logger = |known: &Symbol| known.is("log", "Logger");
        let is_its = is_log_call(self.name) && self.lens.has_from(&ty?, self.name, &logger);
        if is_its { self.of_log() } else { None }
    }

    /// What made the logger: children (`l.With(…)`) are their parents'.
    fn origin(&self) -> Option<Origin<'s>> {
        const DEPTH: u32 = 6;
        let (mut at, mut base) = (self.site.clone(), self.base);
        for _ in 0..DEPTH {
            if let Some(elements) = elements(self.lens, &at, base, LOGRUS) {
                return Some(Origin::Literal(at, elements));
            }
            if let Some(inside) = embedded(self.lens, &at, base) {
                base = inside;
                continue;
            }
            let (next, call) = maker_of(self.lens, &at, base).or_else(|| maker(self.lens, &at, base))?;
            match (&bare(&call.fun).is, self.lens.symbol(&next, &call.fun)) {
                (Is::Select(inner, name), None) if makes_child(&name.name) => (at, base) = (next, &**inner),
                (_, Some(symbol)) if symbol.is(LOGRUS, "NewEntry") => (at, base) = (next, call.args.first()?),
                _ => return Some(Origin::Call(next, call)),
            }
        }
        None
    }

    fn of_logrus(&self, origin: Option<Origin<'s>>, made: Option<Symbol>) -> Option<Written> {
        let called = format!("logrus.Logger.{}", self.name);
        let may_be = || Known::Possible(vec![false, true]);
        match (origin, made) {
            (Some(Origin::Literal(at, elements)), _) => {
                let formatter = field(elements, "Formatter");
                if formatter.is_some_and(|value| is_json(self.lens, &at, value)) {
                    return None;
                }
                let plain = formatter.is_some_and(|value| is_text(self.lens, &at, value));
                let stream = field(elements, "Out").map(|w| writer_of(self.lens, &at, w, &self.setup.handed));
                let stream = stream.filter(|_| !self.setup.any_output);
                let stream = stream.unwrap_or_else(|| Known::Unknown(self.lens.open(self.site, self.base)));
                Some((called, stream, if plain { false.into() } else { may_be() }))
            }
            // `logrus.WithField(…)`, `logrus.StandardLogger()`.
            (_, Some(symbol)) if &*symbol.path == LOGRUS && &*symbol.name != "New" => {
                let bridged = self.replaced();
                let stream = self.setup.standard_logrus(&called);
                (bridged != Known::Value(true)).then_some((called, stream, bridged))
            }
            (Some(Origin::Call(at, call)), Some(symbol)) if symbol.is(LOGRUS, "New") => {
                let held = Variable::holding(self.lens, &at, call);
                let set = held.map_or_else(Vec::new, |held| held.sets(self.lens, "SetFormatter", "Formatter"));
                let records = |(at, value): &(Site<'s>, Option<&'s Expr>)| {
                    value.is_some_and(|value| is_json(self.lens, at, value))
                };
                let bridged = match () {
                    () if !self.setup.logrus_records => false.into(),
                    () if set.iter().any(records) => return None,
                    () => may_be(),
                };
                Some((called, self.stream(&at, call, Stream::Stderr.into(), "Out"), bridged))
            }
            _ => {
                let may_write_records = self.setup.logrus_records || self.replaced() != Known::Value(false);
                let bridged = if may_write_records { may_be() } else { false.into() };
                Some((called, self.setup.standard_logrus(""), bridged))
            }
        }
    }

    /// Whether logrus' standard logger writes something else where the call stands.
    fn replaced(&self) -> Known<bool> {
        self.setup.module(self.lens, self.site, self.node, LOGRUS)
    }

    fn of_log(&self) -> Option<Written> {
        let called = format!("log.Logger.{}", self.name);
        let unknown = || Known::Unknown(self.lens.open(self.site, self.base));
        let Some((at, made)) = maker_of(self.lens, self.site, self.base) else {
            return Some((called, unknown(), false.into()));
        };
        let symbol = self.lens.symbol(&at, &made.fun)?;
        if symbol.is("log", "Default") {
            let (stream, bridged) = self.setup.standard_logger(self.lens, self.site, self.node, &called);
            return Some((called, stream, bridged));
        }
        if symbol.is("", "new") {
            return Some((called, unknown(), false.into()));
        }
        // What `slog.NewLogLogger` returns writes records.
        if !symbol.is("log", "New") {
            return None;
        }
        let first = writer_of(self.lens, &at, made.args.first()?, &self.setup.handed);
        Some((called, self.stream(&at, made, first, ""), false.into()))
    }

    /// Where a logger writes that begins with a stream, by what it is told since.
    fn stream(&self, at: &Site<'s>, made: &'s Call, first: Known<Stream>, field: &str) -> Known<Stream> {
        let unknown = || Known::Unknown(self.lens.open(self.site, self.base));
        if self.setup.any_output {
            return unknown();
        }
        let Some(held) = Variable::holding(self.lens, at, made) else { return first };
        let mut all = held.sets(self.lens, "SetOutput", field).into_iter();
        match (all.next(), all.next()) {
            (None, _) => first,
            (Some((at, Some(writer))), None) => {
                let given = writer_of(self.lens, &at, writer, &self.setup.handed);
                match (first, given) {
                    (Known::Value(first), Known::Value(given)) if first == given => given.into(),
                    (Known::Value(first), Known::Value(given)) => Known::Possible(vec![first, given]),
                    _ => unknown(),
                }
            }
            _ => unknown(),
        }
    }
}

/// What a logger would write that goes where its methods are called by another name.
pub(super) fn handed_on<'s>(lens: &Lens<'s>, site: &Site<'s>, found: &Reference<'s>, setup: &Setup) -> Option<Written> {
    let (whole, call) = found.call?;
    let node = site.body.place(whole)?;
    let name = spelt(&found.symbol);
    if !leaves(lens, site, node) {
        return None;
    }
    let logged = Logged { lens, site, node: Some(found.node), base: whole, name: "Print", setup };
    match &*found.symbol.path {
        "log" if &*found.symbol.name == "New" => {
            let first = writer_of(lens, site, call.args.first()?, &setup.handed);
            let stream = logged.stream(site, call, first, "");
            (stream != Known::Value(Stream::Other)).then_some((name, stream, false.into()))
        }
        "log/slog" if !setup.may_be_plain_slog(lens, site, Some(found.node)) => None,
        "log" | "log/slog" => {
            let (stream, bridged) = setup.standard_logger(lens, site, Some(found.node), &name);
            Some((name, stream, bridged))
        }
        _ => logged
            .of_logrus(Some(Origin::Call(site.clone(), call)), Some(found.symbol.clone()))
            .map(|all| (name, all.1, all.2)),
    }
}

/// What made a logger.
enum Origin<'s> {
    Call(Site<'s>, &'s Call),
    Literal(Site<'s>, &'s [Element]),
}

impl<'s> Origin<'s> {
    fn symbol(&self, lens: &Lens<'s>) -> Option<Symbol> {
        match self {
            Origin::Call(at, call) => lens.symbol(at, &call.fun),
            Origin::Literal(..) => Some(Symbol::new(LOGRUS, "New")),
        }
    }
}

fn is_slogs_default(made: &Symbol) -> bool {
    &*made.path == "log/slog" && matches!(&*made.name, "Default" | "With" | "WithGroup")
}

/// The literal that a variable begins with, or that stands there itself, of a type of a package.
fn elements<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr, path: &str) -> Option<&'s [Element]> {
    match &literal(site, base)?.is {
        Is::Composite(Some(ty), all) if lens.named(site, ty).is_some_and(|ty| &*ty.name.path == path) => Some(all),
        _ => None,
    }
}

fn literal<'s>(site: &Site<'s>, base: &'s Expr) -> Option<&'s Expr> {
    let made = match site.body.local(bare(base)) {
        Some(local) => made_with(site, local)?,
        None => base,
    };
    Some(inner(made))
}

/// The logger that a struct was made with which has its methods from it.
fn embedded<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr) -> Option<&'s Expr> {
    let Is::Composite(Some(ty), all) = &literal(site, base)?.is else { return None };
    let ty = lens.named(site, ty)?.name;
    let is_it = |(index, element): &(usize, &Element)| match element.name() {
        Some(name) => name == "Logger",
        None => lens.field_at(&ty, *index).is_some_and(|(name, embedded)| embedded && name == "Logger"),
    };
    all.iter().enumerate().find(is_it).map(|(_, element)| &element.value)
}

/// Methods that make a logger of another one.
fn makes_child(name: &str) -> bool {
    name.starts_with("With")
}

/// `&logrus.JSONFormatter{}`, `new(logrus.JSONFormatter)`.
fn is_json<'s>(lens: &Lens<'s>, site: &Site<'s>, formatter: &Expr) -> bool {
    lens.type_of(site, formatter).is_some_and(|ty| ty.name.is(LOGRUS, "JSONFormatter"))
}

fn is_text<'s>(lens: &Lens<'s>, site: &Site<'s>, formatter: &Expr) -> bool {
    lens.type_of(site, formatter).is_some_and(|ty| ty.name.is(LOGRUS, "TextFormatter"))
}

/// The variable that what a call makes is put into.
pub(super) enum Variable<'s> {
    Local(Site<'s>, LocalId),
    Global(Symbol),
}

impl<'s> Variable<'s> {
    pub fn holding(lens: &Lens<'s>, site: &Site<'s>, made: &'s Call) -> Option<Variable<'s>> {
        let whole =
            site.body.exprs().find(|(_, expr)| matches!(&expr.is, Is::Call(call) if std::ptr::eq(&**call, made)));
        let node = site.body.with_address(whole?.0);
        let index_in = |values: &[Expr]| values.iter().position(|value| site.body.is_at(value, node));
        match site.body.node(site.body.around(node)?)? {
            Node::Stmt(Stmt { does: Does::Assign(left, None, right) | Does::Define(left, right), .. }) => {
                let target = left.get(index_in(right)?).filter(|_| left.len() == right.len())?;
                match site.body.local(bare(target)) {
                    Some(local) => Some(Variable::Local(site.clone(), local)),
                    None => lens.symbol(site, target).map(Variable::Global),
                }
            }
            Node::Spec(spec) => {
                let name = spec.names.get(index_in(&spec.values)?)?;
                Some(match site.body.local_at(name.at) {
                    Some(local) => Variable::Local(site.clone(), local),
                    None => Variable::Global(Symbol::new(lens.package(site.place.file), &name.name)),
                })
            }
            _ => None,
        }
    }

    /// What it is told by a method, or by a field that is set.
    fn sets(&self, lens: &Lens<'s>, method: &str, field: &str) -> Vec<(Site<'s>, Option<&'s Expr>)> {
        let all: Vec<(Site<'s>, NodeId)> = match self {
            Variable::Local(site, local) => site.body.uses(*local).map(|(node, _)| (site.clone(), node)).collect(),
            Variable::Global(symbol) => lens.mentions(symbol).iter().cloned().collect(),
        };
        let set = |(at, node): (Site<'s>, NodeId)| match at.body.use_of(node) {
            Use::Method(name) if name == method => {
                let call = at.body.around(node).and_then(|up| at.body.called(up));
                let given = call.and_then(|(_, call)| call.args.first());
                Some((at, given))
            }
            Use::AssignField(name, value) if name == field => Some((at, value)),
            _ => None,
        };
        all.into_iter().filter_map(set).collect()
    }
}

/// Whether a logger is told by no variable that holds it alone: whoever has it, by a field, a parameter or another name.
pub(super) fn is_unnamed<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr) -> bool {
    let base = match &bare(base).is {
        Is::Unary(Op::Address, inside) => bare(inside),
        _ => bare(base),
    };
    match site.body.local(base) {
        Some(_) => maker(lens, site, base).is_none(),
        None => lens.symbol(site, base).is_none(),
    }
}
