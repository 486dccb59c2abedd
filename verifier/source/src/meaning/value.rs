//! The values that an expression can have: a set, or unknown with the reason. What is not followed is unknown; nothing is guessed.

use super::arithmetic::{binary, both, converted, each, joins, literal, overflows, unary, whole_number};
use super::body::{Binding, Use, bare};
use super::names::{Lens, Place, Site, Symbol};
use super::std::{constant, keeps_values};
use crate::go::syntax::{Call, Expr, Is, Item, ValueSpec};
use assize_facts::{Known, Reason, reason};
use memchr::memmem;
use std::cell::Cell;
use std::sync::Arc;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Const {
    Int(i128),
    Text(String),
    Bool(bool),
    Nil,
    /// A name of a package whose number matters less than the name: `syscall.SIGUSR2`, `os.Stdout`.
    Symbol(Symbol),
}

/// Every value that there can be, or why that cannot be told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Any(Vec<Const>),
    Unknown(Reason),
}

/// More values than these are unknown.
const MOST: usize = 16;
/// Variables, constants and functions that lead to one another are followed this far,
const DEPTH: u32 = 16;
/// and this often in all for one answer: variables that are set from one another could be followed for ever.
const STEPS: u32 = 400;

thread_local! {
    static LEFT: Cell<u32> = const { Cell::new(0) };
    /// Whether what callers hand over is asked for.
    static CALLERS: Cell<bool> = const { Cell::new(true) };
}

impl Value {
    pub fn one(value: Const) -> Value {
        Value::Any(vec![value])
    }

    /// The only value.
    pub fn single(&self) -> Option<&Const> {
        match self {
            Value::Any(all) if all.len() == 1 => all.first(),
            Value::Any(_) | Value::Unknown(_) => None,
        }
    }

    pub fn or(self, other: Value) -> Value {
        match (self, other) {
            (Value::Any(mut all), Value::Any(more)) => {
                more.into_iter().for_each(|v| {
                    if !all.contains(&v) {
                        all.push(v);
                    }
                });
                match all.len() > MOST {
                    true => Value::Unknown(reason!("too-many-values", limit = MOST)),
                    false => Value::Any(all),
                }
            }
            (Value::Unknown(reason), _) | (_, Value::Unknown(reason)) => Value::Unknown(reason),
        }
    }

    /// As a field: `pick` reads one value, `None` where it is not of the kind that is asked for.
    pub fn known<T>(self, why: impl Fn() -> Reason, pick: impl Fn(Const) -> Option<T>) -> Known<T> {
        match self {
            Value::Unknown(reason) => Known::Unknown(reason),
            Value::Any(all) => {
                let picked: Option<Vec<T>> = all.into_iter().map(pick).collect();
                match picked {
                    Some(mut all) if all.len() == 1 => Known::Value(all.remove(0)),
                    Some(all) if !all.is_empty() => Known::Possible(all),
                    Some(_) | None => Known::Unknown(why()),
                }
            }
        }
    }
}

impl<'s> Lens<'s> {
    pub fn eval(&self, site: &Site<'s>, expr: &Expr) -> Value {
        LEFT.set(STEPS);
        self.within(site, expr, DEPTH)
    }

    /// The same without what callers hand over: a parameter is unknown.
    pub fn eval_here(&self, site: &Site<'s>, expr: &Expr) -> Value {
        let before = CALLERS.replace(false);
        let value = self.eval(site, expr);
        CALLERS.set(before);
        value
    }

    /// Why nothing is said about an expression.
    pub fn open(&self, site: &Site<'s>, expr: &Expr) -> Reason {
        let origin = self.source.origin(site.place.file, expr.at);
        let text = self.source.text(site.place.file);
        let bytes = text.as_ref().and_then(|t| t.bytes.get(expr.at.start as usize..expr.at.end as usize));
        let words = String::from_utf8_lossy(bytes.unwrap_or_default());
        let mut what: String = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if what.chars().count() > 60 {
            what = what.chars().take(59).chain(['…']).collect();
        }
        let place = format!("{}:{}", origin.file.unwrap_or_default(), origin.line.unwrap_or_default());
        reason!("value-not-decided", what = what, place = place)
    }

    pub(super) fn within(&self, site: &Site<'s>, expr: &Expr, depth: u32) -> Value {
        let expr = bare(expr);
        let unknown = || Value::Unknown(self.open(site, expr));
        let (Some(depth), Some(left)) = (depth.checked_sub(1), LEFT.get().checked_sub(1)) else { return unknown() };
        LEFT.set(left);
        match &expr.is {
            Is::Literal(kind, text) => literal(*kind, text).map_or_else(unknown, Value::one),
            Is::Name(_) | Is::Select(..) => self.named_value(site, expr, depth),
            Is::Unary(op, e) => {
                let value = self.within(site, e, depth);
                each(value, |v| unary(*op, v)).unwrap_or_else(unknown)
            }
            Is::Binary(op, parts) => {
                let mut values = parts.iter().map(|part| self.within(site, part, depth));
                let Some(first) = values.next() else { return unknown() };
                let all = values
                    .fold(first, |left, right| both(left, right, |a, b| binary(*op, a, b)).unwrap_or_else(unknown));
                match overflows(*op, &all) && !self.is_exact(site, parts) {
                    true => unknown(),
                    false => all,
                }
            }
            Is::Call(call) => self.call_value(site, expr, call, depth),
            Is::Index(list, key) if key.len() == 1 => {
                self.indexed(site, list, &key[0], false, depth).unwrap_or_else(unknown)
            }
            _ => unknown(),
        }
    }

    /// What is found in a list.
    fn index_value(&self, site: &Site<'s>, index: &Expr, depth: u32) -> Option<Value> {
        match &bare(index).is {
            Is::Index(list, key) if key.len() == 1 => self.indexed(site, list, &key[0], true, depth),
            _ => None,
        }
    }

    fn named_value(&self, site: &Site<'s>, expr: &Expr, depth: u32) -> Value {
        let unknown = || Value::Unknown(self.open(site, expr));
        if let Some(local) = site.body.local(expr) {
            return self.local_value(site, expr, local, depth);
        }
        let Some(symbol) = self.symbol(site, expr) else {
            return self.field_value(site, expr, depth).unwrap_or_else(unknown);
        };
        if symbol.is("", "iota") {
            return unknown();
        }
        if !self.is_delivered(&symbol.path) {
            return constant(&symbol).map_or_else(unknown, Value::one);
        }
        // x/sys/unix is delivered where dependencies are vendored; its numbers are known by their names.
        if let Some(known) = constant(&symbol).filter(|_| !self.is_substituted(&symbol.path)) {
            return Value::one(known);
        }
        self.symbol_value(&symbol, depth).unwrap_or_else(unknown)
    }

    /// The values of a package's constant, or of a variable with all that is assigned to it anywhere.
    fn symbol_value(&self, symbol: &Symbol, depth: u32) -> Option<Value> {
        let lines = self.value(symbol);
        let mut all: Option<Value> = None;
        let mut add =
            |value: Value| all = Some(all.take().map_or_else(|| value.clone(), |known| known.or(value.clone())));
        let mut constant = true;
        for (site, spec, index) in &lines {
            constant &= spec.constant;
            add(self.line_value(site, spec, *index, depth)?);
        }
        if lines.len() != self.declared(symbol).len() {
            return None;
        }
        if !constant {
            if self.is_set_elsewhere(symbol) {
                return None;
            }
            for (site, value) in self.writes(symbol) {
                add(self.within(&site, value?, depth));
            }
        }
        all
    }

    fn line_value(&self, site: &Site<'s>, spec: &ValueSpec, index: usize, depth: u32) -> Option<Value> {
        match spec.values.as_slice() {
            [] => self.zero(site, spec.ty.as_ref()?).map(Value::one),
            all if all.len() == spec.names.len() => {
                let value = all.get(index)?;
                Some(if spec.constant {
                    self.constant_value(site, value, spec.iota, depth)
                } else {
                    self.within(site, value, depth)
                })
            }
            _ => None,
        }
    }

    fn constant_value(&self, site: &Site<'s>, expr: &Expr, iota: i64, depth: u32) -> Value {
        let expr = bare(expr);
        let unknown = || Value::Unknown(self.open(site, expr));
        let inner = |e: &Expr| self.constant_value(site, e, iota, depth);
        match &expr.is {
            // A package may give the name to something of its own.
            Is::Name(_) if self.symbol(site, expr).is_some_and(|symbol| symbol.is("", "iota")) => {
                Value::one(Const::Int(iota.into()))
            }
            Is::Unary(op, e) => each(inner(e), |v| unary(*op, v)).unwrap_or_else(unknown),
            Is::Binary(op, parts) => {
                let mut parts = parts.iter().map(inner);
                let Some(first) = parts.next() else { return unknown() };
                parts.fold(first, |a, b| both(a, b, |a, b| binary(*op, a, b)).unwrap_or_else(unknown))
            }
            Is::Call(call) if call.args.len() == 1 && self.is_conversion(site, &call.fun) => inner(&call.args[0]),
            _ => self.within(site, expr, depth),
        }
    }

    fn local_value(&self, site: &Site<'s>, expr: &Expr, local: u32, depth: u32) -> Value {
        let unknown = || Value::Unknown(self.open(site, expr));
        let Some(found) = site.body.locals.get(local as usize) else { return unknown() };
        let is_set = site.body.uses(local).any(|(_, used)| matches!(used, Use::Assign(_)));
        let alive = is_set.then(|| site.body.place(expr)).flatten().map(|node| site.body.alive(local, node));
        let first = match found.binding {
            _ if alive.as_ref().is_some_and(|alive| !alive.first()) => Some(Value::Any(Vec::new())),
            Binding::Value(spec, index) => self.line_value(site, spec, index, depth),
            Binding::Define(right, index, names) if right.len() == names => {
                right.get(index).map(|e| self.within(site, e, depth))
            }
            // `v, ok := list[key]`.
            Binding::Define([one], 0, _) if matches!(bare(one).is, Is::Index(..)) => {
                let found = || self.index_value(site, one, depth);
                if self.is_found(site, expr, one) { found() } else { Some(self.within(site, one, depth)) }
            }
            Binding::Define([one], index, _) => self.result_value(site, one, index, depth),
            Binding::Param(ty) => self.param_value(site, local, ty, depth),
            Binding::Other => self.ranged(site, expr).and_then(|all| self.joined(all, depth)),
            Binding::Define(..) | Binding::Variadic | Binding::Type(_) => None,
        };
        let Some(mut value) = first else { return unknown() };
        for (node, used) in site.body.uses(local) {
            if let Value::Unknown(_) = value {
                return value;
            }
            let is_assigned = matches!(used, Use::Assign(_));
            if is_assigned && alive.as_ref().is_some_and(|alive| !alive.shows(node)) {
                continue;
            }
            value = match used {
                Use::Assign(Some(new)) => value.or(self.within(site, new, depth)),
                // A method with a pointer receiver may set it, called here or later: numbers and texts have no fields.
                Use::Assign(None) | Use::Address | Use::AssignField(..) | Use::Method(..) | Use::Field(..) => {
                    return unknown();
                }
                Use::Read => value,
            };
        }
        value
    }

    /// What callers hand over; a named result begins as nothing.
    fn param_value(&self, site: &Site<'s>, local: u32, ty: &Expr, depth: u32) -> Option<Value> {
        if !CALLERS.get() || self.is_called_from_elsewhere(site) {
            return None;
        }
        if let Some(all) = self.arguments(site, local) {
            // Handed on by the function to itself it stays what it is.
            let is_itself = |at: &Site<'s>, arg: &Expr| at.place == site.place && at.body.local(arg) == Some(local);
            return self.joined(all.into_iter().filter(|(at, arg)| !is_itself(at, bare(arg))), depth);
        }
        self.is_result(site, local).then(|| self.zero(site, ty)).flatten().map(Value::one)
    }

    /// One of several values; `None` where there is none.
    fn joined(&self, all: impl IntoIterator<Item = (Site<'s>, &'s Expr)>, depth: u32) -> Option<Value> {
        all.into_iter().map(|(at, expr)| self.within(&at, expr, depth)).reduce(Value::or)
    }

    fn call_value(&self, site: &Site<'s>, expr: &Expr, call: &Call, depth: u32) -> Value {
        let unknown = || Value::Unknown(self.open(site, expr));
        if let [one] = call.args.as_slice()
            && let Some(ty) = self.converts_to(site, &call.fun)
        {
            let whole = match &bare(one).is {
                Is::Literal(kind, text) => whole_number(*kind, text),
                _ => None,
            };
            let value = whole.map_or_else(|| self.within(site, one, depth), Value::one);
            return each(value, |value| converted(&ty, value)).unwrap_or_else(unknown);
        }
        let joined = self.symbol(site, &call.fun).filter(|_| !call.spread).and_then(|symbol| joins(&symbol));
        if let (Some(join), [first, more @ ..]) = (joined, call.args.as_slice()) {
            let first = self.within(site, first, depth);
            let join = |left, right: &Expr| both(left, self.within(site, right, depth), join).unwrap_or_else(unknown);
            return more.iter().fold(first, join);
        }
        self.result_value(site, expr, 0, depth).unwrap_or_else(unknown)
    }

    /// What a function of the program can return.
    fn result_value(&self, site: &Site<'s>, whole: &Expr, index: usize, depth: u32) -> Option<Value> {
        let Is::Call(call) = &bare(whole).is else { return None };
        let (at, func) = self.callee(site, call)?;
        func.body.as_ref()?;
        let results = func.signature.results.len();
        let mut all: Option<Value> = None;
        for values in at.body.returns(None) {
            // Nobody goes on with what stands beside an error that is looked at.
            let is_failure = || values.last().is_some_and(|last| self.is_error(&at, last));
            if index + 1 < results && values.len() == results && is_failure() && self.stops_on_error(site, whole) {
                continue;
            }
            // A bare `return`, or one that passes on another call's results.
            let value = self.within(&at, values.get(index).filter(|_| values.len() == results)?, depth);
            all = Some(match all {
                Some(known) => known.or(value),
                None => value,
            });
        }
        // A deferred function may change a named result.
        let named = func.signature.results.iter().any(|r| r.name.as_ref().is_some_and(|n| &*n.name != "_"));
        let defers = || self.deferred(&at).next().is_some();
        let changed = named && defers() || self.recovers(&at);
        all.filter(|_| !changed)
    }

    fn is_conversion(&self, site: &Site<'s>, fun: &Expr) -> bool {
        self.converts_to(site, fun).is_some()
    }

    /// The type of numbers or texts that a conversion leads to.
    fn converts_to(&self, site: &Site<'s>, fun: &Expr) -> Option<Symbol> {
        let symbol = self.symbol(site, fun)?;
        if keeps_values(&symbol) {
            return Some(symbol);
        }
        let (at, spec) = self.type_spec(&symbol)?;
        match &bare(&spec.ty).is {
            Is::Name(_) | Is::Select(..) => self.symbol(&at, &spec.ty).filter(keeps_values),
            _ => None,
        }
    }

    /// Whether arithmetic on these cannot wrap around where the result is what it seems: constants, which the compiler holds to their
    /// type, and numbers of 64 bits.
    fn is_exact(&self, site: &Site<'s>, parts: &[Expr]) -> bool {
        parts.iter().all(|part| self.is_constant(site, part, 8)) || parts.iter().any(|part| self.is_long(site, part))
    }

    fn is_constant(&self, site: &Site<'s>, expr: &Expr, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let expr = bare(expr);
        match &expr.is {
            Is::Literal(..) => true,
            Is::Unary(_, e) => self.is_constant(site, e, depth),
            Is::Binary(_, parts) => parts.iter().all(|e| self.is_constant(site, e, depth)),
            Is::Call(call) => {
                self.is_conversion(site, &call.fun) && call.args.iter().all(|e| self.is_constant(site, e, depth))
            }
            Is::Name(_) | Is::Select(..) => match site.body.local(expr) {
                Some(local) => matches!(
                    site.body.locals.get(local as usize).map(|found| found.binding),
                    Some(Binding::Value(spec, _)) if spec.constant
                ),
                None => self.symbol(site, expr).is_some_and(|symbol| {
                    let lines = self.value(&symbol);
                    constant(&symbol).is_some() || (!lines.is_empty() && lines.iter().all(|(_, spec, _)| spec.constant))
                }),
            },
            _ => false,
        }
    }

    /// Whether an operand says that the arithmetic is one of 64 bits.
    fn is_long(&self, site: &Site<'s>, expr: &Expr) -> bool {
        match &bare(expr).is {
            Is::Call(call) => self
                .converts_to(site, &call.fun)
                .is_some_and(|ty| ty.is("time", "Duration") || ty.is("", "int64") || ty.is("", "uint64")),
            Is::Name(_) | Is::Select(..) => self.symbol(site, expr).is_some_and(|symbol| &*symbol.path == "time"),
            _ => false,
        }
    }

    /// The zero value of a type, as far as it is one of ours.
    pub(super) fn zero(&self, site: &Site<'s>, ty: &Expr) -> Option<Const> {
        match &bare(ty).is {
            Is::Star(_) | Is::SliceOf(_) | Is::Map(..) | Is::Chan(_) | Is::FuncType(_) | Is::Interface => {
                Some(Const::Nil)
            }
            Is::Name(_) | Is::Select(..) => {
                let symbol = self.symbol(site, ty)?;
                match (&*symbol.path, &*symbol.name) {
                    ("", "string") => Some(Const::Text(String::new())),
                    ("", "bool") => Some(Const::Bool(false)),
                    ("", "error" | "any") => Some(Const::Nil),
                    _ if keeps_values(&symbol) => Some(Const::Int(0)),
                    _ => self.type_spec(&symbol).and_then(|(at, spec)| self.zero(&at, &spec.ty)),
                }
            }
            _ => None,
        }
    }

    /// Every assignment to a package's variable; `None` for the value where it is not one expression or its address is taken.
    pub fn writes(&self, symbol: &Symbol) -> Vec<(Site<'s>, Option<&'s Expr>)> {
        let mut out = Vec::new();
        for (site, node) in self.mentions(symbol).iter() {
            match site.body.use_of(*node) {
                Use::Assign(value) => out.push((site.clone(), value)),
                Use::Address | Use::Method(..) | Use::Field(..) => out.push((site.clone(), None)),
                Use::AssignField(..) | Use::Read => {}
            }
        }
        out
    }

    /// Every place of the program where a package's name is used.
    pub fn mentions(&self, symbol: &Symbol) -> Arc<Vec<(Site<'s>, super::NodeId)>> {
        self.remembered(symbol, || self.search(symbol))
    }

    fn search(&self, symbol: &Symbol) -> Vec<(Site<'s>, super::NodeId)> {
        let exported = symbol.name.chars().next().is_some_and(char::is_uppercase);
        let program = &self.source.program;
        let finder = memmem::Finder::new(symbol.name.as_bytes());
        let mut out = Vec::new();
        for package in program.packages.values() {
            let own = *package.path == *symbol.path;
            for &file in package.go_files.iter().filter(|_| own || exported) {
                if !own && !self.imports(file, &symbol.path) {
                    continue;
                }
                let Some(bytes) = self.source.bytes(file) else { continue };
                if finder.find(&bytes).is_none() {
                    continue;
                }
                for (decl, found) in self.outline(file).iter().enumerate() {
                    let place = Place { file, decl };
                    if finder.find(bytes.get(found.start..found.end).unwrap_or_default()).is_some()
                        && let Some(site) = self.site(place)
                    {
                        let here = |(_, e): &(u32, &Expr)| {
                            let name = match &e.is {
                                Is::Name(name) => name,
                                Is::Select(_, member) => &member.name,
                                _ => return false,
                            };
                            symbol.name == **name && self.symbol(&site, e).as_ref() == Some(symbol)
                        };
                        out.extend(site.body.exprs().filter(here).map(|(node, _)| (site.clone(), node)));
                    }
                }
            }
        }
        out
    }

    /// Every declaration of a file.
    pub fn places(&self, file: crate::build::FileId) -> impl Iterator<Item = Place> + use<> {
        (0..self.outline(file).len()).map(move |decl| Place { file, decl })
    }

    /// The declared item at a place.
    pub fn item(&self, place: Place) -> Option<&'s Item> {
        self.parsed(place)?.0
    }
}
