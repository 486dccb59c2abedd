//! Errors: whether what a function returns surely is one, and whether anybody goes on behind a call that gives one.

use super::body::{LocalId, Node, NodeId, Use, bare};
use super::names::{Lens, Site, Symbol};
use crate::go::syntax::{Call, Does, Expr, Func, If, Is, Item, Op, Span, Stmt};

/// Functions are followed this far.
const DEPTH: u32 = 4;

/// Functions of others that always make an error.
const MAKERS: &[(&str, &str)] = &[
    ("errors", "New"),
    ("fmt", "Errorf"),
    ("github.com/pkg/errors", "New"),
    ("github.com/pkg/errors", "Errorf"),
    ("golang.org/x/xerrors", "New"),
    ("golang.org/x/xerrors", "Errorf"),
];

/// And those that end the program for one.
const ENDS_FOR: &[(&str, &str)] = &[
    ("github.com/spf13/cobra", "CheckErr"),
    ("github.com/alecthomas/kingpin", "FatalIfError"),
    ("github.com/alecthomas/kingpin/v2", "FatalIfError"),
    ("k8s.io/kubectl/pkg/cmd/util", "CheckErr"),
];

impl<'s> Lens<'s> {
    /// Whether a value that a function returns surely is an error: made on the spot, or looked at before.
    pub fn is_error(&self, at: &Site<'s>, value: &Expr) -> bool {
        self.is_error_within(at, value, DEPTH)
    }

    fn is_error_within(&self, at: &Site<'s>, value: &Expr, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let value = bare(value);
        match &value.is {
            Is::Composite(..) | Is::Unary(Op::Address, _) => true,
            Is::Name(_) if let Some(local) = at.body.local(value) => self.is_looked_at_before(at, value, local),
            Is::Name(_) | Is::Select(..) => {
                self.symbol(at, value).is_some_and(|symbol| self.is_kept_error(&symbol, depth))
            }
            Is::Call(call) => self.makes_error(at, call, depth),
            _ => false,
        }
    }

    /// A package's variable that holds an error, as `io.EOF` does.
    fn is_kept_error(&self, symbol: &Symbol, depth: u32) -> bool {
        if symbol.path.is_empty() {
            return false;
        }
        if !self.is_delivered(&symbol.path) {
            return symbol.name.starts_with("Err") || symbol.is("io", "EOF");
        }
        let lines = self.value(symbol);
        let is_made = |value: Option<&Expr>, at: &Site<'s>| value.is_some_and(|v| self.is_error_within(at, v, depth));
        !lines.is_empty()
            && lines.iter().all(|(at, spec, index)| is_made(spec.values.get(*index), at))
            && self.writes(symbol).is_empty()
            && !self.is_set_elsewhere(symbol)
    }

    fn makes_error(&self, at: &Site<'s>, call: &Call, depth: u32) -> bool {
        let symbol = self.symbol(at, &call.fun);
        let known =
            symbol.as_ref().is_some_and(|s| MAKERS.contains(&(&*s.path, &*s.name)) && !self.is_substituted(&s.path));
        if known || symbol.as_ref().is_some_and(|symbol| self.type_spec(symbol).is_some()) {
            return true;
        }
        match self.callee(at, call) {
            Some((inner, func)) if func.body.is_some() => {
                let returns = inner.body.returns(None);
                let is_made = |values: &&[Expr]| values.last().is_some_and(|v| self.is_error_within(&inner, v, depth));
                !returns.is_empty() && returns.iter().all(is_made)
            }
            // `errors.Wrap(err, "…")` where that error was looked at.
            _ => call.args.iter().any(|arg| {
                let local = at.body.local(bare(arg));
                local.is_some_and(|local| self.is_looked_at_before(at, bare(arg), local))
            }),
        }
    }

    /// Whether a variable is named where it was found not to be nil, and not set since.
    fn is_looked_at_before(&self, at: &Site<'s>, value: &Expr, local: LocalId) -> bool {
        at.body.place(value).is_some_and(|node| self.is_behind_error(at, node, local))
    }

    /// Whether a node stands where a variable was found not to be nil, and not set since.
    pub fn is_behind_error(&self, at: &Site<'s>, node: NodeId, local: LocalId) -> bool {
        let Some(here) = at.body.span(node) else { return false };
        let is_it = |e: &Expr| at.body.local(bare(e)) == Some(local);
        let mut node = node;
        while let Some(up) = at.body.up(node) {
            if let Some(Node::Stmt(Stmt { does: Does::If(parts), .. })) = at.body.node(up) {
                let then = Span::of(&parts.then).filter(|then| then.holds(here));
                if let Some(then) = then.filter(|_| self.says_not_nil(at, &parts.condition, &is_it)) {
                    let set = |(node, used): (NodeId, Use)| {
                        matches!(used, Use::Assign(_) | Use::Address)
                            && at.body.span(node).is_none_or(|at| then.holds(at))
                    };
                    return !at.body.uses(local).any(set);
                }
            }
            node = up;
        }
        false
    }

    /// Whether a condition holds only where something is not nil.
    pub fn says_not_nil(&self, at: &Site<'s>, condition: &Expr, is_it: &dyn Fn(&Expr) -> bool) -> bool {
        self.compares(at, condition, is_it, Op::NotEqual, Op::LogicalAnd)
    }

    /// Whether a condition is a comparison of something with nil, or several conditions joined of which one is.
    fn compares(&self, at: &Site<'s>, all: &Expr, is_it: &dyn Fn(&Expr) -> bool, how: Op, joined: Op) -> bool {
        match &bare(all).is {
            Is::Binary(op, parts) if *op == how => match parts.as_slice() {
                [a, b] => is_it(a) && self.is_nil(at, b) || is_it(b) && self.is_nil(at, a),
                _ => false,
            },
            Is::Binary(op, parts) if *op == joined => {
                parts.iter().any(|part| self.compares(at, part, is_it, how, joined))
            }
            _ => false,
        }
    }

    /// Whether an expression makes something that is not nil: by a literal, or by a function none of whose results is written as nil.
    fn is_made(&self, at: &Site<'s>, value: &Expr) -> bool {
        match &bare(value).is {
            Is::Unary(Op::Address, inside) => matches!(bare(inside).is, Is::Composite(..)),
            Is::Call(call) => match self.callee(at, call) {
                Some((inner, _)) => {
                    let returns = inner.body.returns(None);
                    let is_some = |values: &&[Expr]| values.first().is_some_and(|first| self.is_made_of(&inner, first));
                    returns.iter().all(is_some)
                }
                None => true,
            },
            _ => false,
        }
    }

    fn is_made_of(&self, at: &Site<'s>, value: &Expr) -> bool {
        match &bare(value).is {
            Is::Unary(Op::Address, _) => true,
            Is::Call(call) => self.callee(at, call).is_none(),
            // A variable of the function's own that was made there.
            Is::Name(_) => match at.body.local(bare(value)).and_then(|local| at.body.locals.get(local as usize)) {
                Some(found) => matches!(
                    found.binding,
                    super::body::Binding::Define([one], 0, 1) if matches!(bare(one).is, Is::Unary(Op::Address, _))
                ),
                None => false,
            },
            _ => false,
        }
    }

    /// Whether a node is reached only where something is not nil: by a condition around it, or by one before it that leaves where it is nil.
    pub fn is_guarded(&self, at: &Site<'s>, node: NodeId, is_it: &dyn Fn(&Expr) -> bool) -> bool {
        let Some(here) = at.body.span(node) else { return false };
        // Something else takes its place.
        let sets = |stmt: &Stmt| match &stmt.does {
            Does::Assign(left, None, right) if left.len() == right.len() => {
                left.iter().zip(right).any(|(left, right)| is_it(left) && self.is_made(at, right))
            }
            _ => false,
        };
        // Nothing is known of what is set again.
        let is_set_behind = |from: u32| {
            let sets = |(node, e): (NodeId, &Expr)| {
                is_it(e) && matches!(at.body.use_of(node), Use::Assign(_) | Use::Address) && e.at.start >= from
            };
            at.body.exprs().any(|(node, e)| sets((node, e)) && e.at.end <= here.start)
        };
        let leaves = |stmt: &Stmt| match &stmt.does {
            Does::If(parts) if stmt.at.end <= here.start && !is_set_behind(stmt.at.end) => {
                self.compares(at, &parts.condition, is_it, Op::Equal, Op::LogicalOr)
                    && (parts.then.last().is_some_and(|last| self.leaves(at, last)) || parts.then.iter().any(sets))
            }
            _ => false,
        };
        let mut node = node;
        while let Some(up) = at.body.up(node) {
            let found = match at.body.node(up) {
                Some(Node::Stmt(Stmt { does: Does::If(parts), .. })) => {
                    let within = |span: Option<Span>| span.is_some_and(|span| span.holds(here));
                    let otherwise = parts.otherwise.as_ref().map(|other| other.at);
                    let nil = || self.compares(at, &parts.condition, is_it, Op::Equal, Op::LogicalOr);
                    let set = Span::of(&parts.then).is_some_and(|then| is_set_behind(then.start));
                    within(Span::of(&parts.then))
                        && (!set && self.says_not_nil(at, &parts.condition, is_it) || parts.then.iter().any(leaves))
                        || within(otherwise) && nil() && !otherwise.is_some_and(|other| is_set_behind(other.start))
                }
                Some(Node::Stmt(Stmt { does: Does::Block(block), .. })) => block.iter().any(leaves),
                Some(Node::Expr(Expr { is: Is::Func(_, block), .. })) => block.iter().any(leaves),
                Some(Node::Item(Item::Func(func))) => func.body.iter().flatten().any(leaves),
                _ => false,
            };
            if found {
                return true;
            }
            node = up;
        }
        false
    }

    /// Whether nobody goes on behind a call that gives an error as the last of its results: it is looked at next, and ends the function or the program.
    pub fn stops_on_error(&self, site: &Site<'s>, call: &Expr) -> bool {
        self.error_of(site, call).is_some_and(|(stmt, err)| self.is_looked_at_next(site, stmt, err))
    }

    /// The statement that takes a call's results, and the variable that gets the error.
    pub fn error_of(&self, site: &Site<'s>, call: &Expr) -> Option<(NodeId, LocalId)> {
        let stmt = site.body.around(site.body.place(bare(call))?)?;
        let Node::Stmt(Stmt { does: Does::Define(left, right) | Does::Assign(left, None, right), .. }) =
            site.body.node(stmt)?
        else {
            return None;
        };
        let ([_], [_, .., last]) = (right.as_slice(), left.as_slice()) else { return None };
        let err = site.body.local(bare(last))?;
        Some((stmt, err))
    }

    fn is_looked_at_next(&self, site: &Site<'s>, stmt: NodeId, err: LocalId) -> bool {
        let Some((next, looks)) = looked_at_next(site, stmt, err) else { return false };
        match site.body.node(looks) {
            Some(Node::Stmt(Stmt { does: Does::If(parts), .. })) => self.stops(site, parts, err),
            Some(Node::Stmt(Stmt { does: Does::Expr(Expr { is: Is::Call(call), .. }), .. })) => {
                self.ends_for(site, call, next)
            }
            _ => false,
        }
    }

    /// Whether what `v, ok := list[key]` gave is named only where it was found: where `ok` holds, or behind where it does not and all is left.
    pub fn is_found(&self, site: &Site<'s>, named: &Expr, list: &Expr) -> bool {
        let Some((stmt, ok)) = self.error_of(site, list) else { return false };
        let is_it = |e: &Expr| matches!(bare(e).is, Is::Name(_)) && site.body.local(bare(e)) == Some(ok);
        let Some(Node::Stmt(Stmt { does: Does::If(parts), at })) =
            looked_at_next(site, stmt, ok).and_then(|(_, looks)| site.body.node(looks))
        else {
            return false;
        };
        let holds_where = |e: &Expr| match &bare(e).is {
            Is::Binary(Op::LogicalAnd, parts) => parts.iter().any(is_it),
            _ => is_it(e),
        };
        let fails = |e: &Expr| matches!(&bare(e).is, Is::Unary(Op::Not, inside) if is_it(inside));
        let fails_where = |e: &Expr| match &bare(e).is {
            Is::Binary(Op::LogicalOr, parts) => parts.iter().any(fails),
            _ => fails(e),
        };
        let left = || parts.then.last().is_some_and(|last| self.leaves(site, last));
        match Span::of(&parts.then) {
            Some(then) if holds_where(&parts.condition) => then.holds(named.at),
            Some(_) if fails_where(&parts.condition) => named.at.start >= at.end && left(),
            _ => false,
        }
    }

    fn stops(&self, site: &Site<'s>, parts: &If, err: LocalId) -> bool {
        let is_it = |e: &Expr| matches!(bare(e).is, Is::Name(_)) && site.body.local(bare(e)) == Some(err);
        self.compares(site, &parts.condition, &is_it, Op::NotEqual, Op::LogicalOr)
            && parts.then.last().is_some_and(|last| self.leaves(site, last))
    }

    /// Whether a function ends the program where it is handed an error.
    fn ends_for(&self, site: &Site<'s>, call: &Call, error: NodeId) -> bool {
        let Some(symbol) = self.symbol(site, &call.fun) else { return false };
        let index = call.args.iter().position(|arg| site.body.is_at(arg, error));
        let Some((at, func)) = self.function(&symbol) else {
            return ENDS_FOR.contains(&(&*symbol.path, &*symbol.name));
        };
        self.takes_error(&at, func, index.unwrap_or(usize::MAX))
    }

    /// Whether a function leaves for good where one of its parameters is an error.
    pub fn takes_error(&self, at: &Site<'s>, func: &'s Func, index: usize) -> bool {
        let name = func.signature.params.get(index).and_then(|param| param.name.as_ref());
        let Some(local) = name.and_then(|name| at.body.local_at(name.at)) else { return false };
        let is_it = |e: &Expr| at.body.local(bare(e)) == Some(local);
        let ends = |parts: &If| {
            self.compares(at, &parts.condition, &is_it, Op::NotEqual, Op::LogicalOr)
                && parts.then.last().is_some_and(|last| !matches!(last.does, Does::Return(_)) && self.leaves(at, last))
        };
        let body = func.body.iter().flatten();
        body.into_iter().any(|stmt| matches!(&stmt.does, Does::If(parts) if ends(parts)))
    }

    /// Whether a function may return silently before a node: not with an error, and not where what it is about to set is there already.
    pub fn may_return_before(&self, at: &Site<'s>, node: NodeId, name: &str) -> bool {
        let (Some(here), closure) = (at.body.span(node), at.body.closure(node)) else { return false };
        let last = match closure.map_or(at.body.node(0), |closure| at.body.node(closure)) {
            Some(Node::Item(Item::Func(func))) => func.signature.results.last(),
            Some(Node::Expr(Expr { is: Is::Func(signature, _), .. })) => signature.results.last(),
            _ => None,
        };
        let gives_error = last.is_some_and(|last| matches!(&bare(&last.ty).is, Is::Name(ty) if &**ty == "error"));
        let is_target = |e: &Expr| match &bare(e).is {
            Is::Name(found) => &**found == name,
            Is::Select(_, found) => &*found.name == name,
            _ => false,
        };
        let is_harmless = |values: &[Expr]| match values.last() {
            Some(last) if gives_error => self.is_error(at, last),
            Some(_) => values.iter().all(|value| self.is_nil(at, value)),
            None => false,
        };
        at.body.nodes.iter().enumerate().any(|(id, entry)| {
            let Node::Stmt(Stmt { does: Does::Return(values), at: place }) = entry.node else { return false };
            place.end <= here.start
                && at.body.closure(id as NodeId) == closure
                && !is_harmless(values)
                && !self.is_guarded(at, id as NodeId, &is_target)
        })
    }

    /// Whether nothing behind a statement is run: it returns, ends the program or panics.
    pub fn leaves(&self, site: &Site<'s>, stmt: &Stmt) -> bool {
        self.leaves_within(site, stmt, DEPTH)
    }

    fn leaves_within(&self, site: &Site<'s>, stmt: &Stmt, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match &stmt.does {
            Does::Return(_) => true,
            Does::Block(block) => block.last().is_some_and(|last| self.leaves_within(site, last, depth)),
            Does::Expr(Expr { is: Is::Call(call), .. }) => self.ends_program(site, call, depth),
            _ => false,
        }
    }

    fn ends_program(&self, site: &Site<'s>, call: &Call, depth: u32) -> bool {
        if let Some(symbol) = self.symbol(site, &call.fun)
            && (symbol.is("", "panic") || symbol.is("os", "Exit") || symbol.is("runtime", "Goexit"))
        {
            return true;
        }
        match self.callee(site, call) {
            Some((at, func)) => func
                .body
                .iter()
                .flatten()
                .last()
                .is_some_and(|last| !matches!(last.does, Does::Return(_)) && self.leaves_within(&at, last, depth)),
            None => self.is_fatal(site, &call.fun),
        }
    }

    /// `log.Fatal(…)`, `logger.Fatalw(…)`, `log.Fatal().Err(err).Msg(…)`: by the name, where it is no function of the program. Of a chain the last call
    /// ends the program, and nothing without it (zerolog documentation, `Event`).
    fn is_fatal(&self, site: &Site<'s>, fun: &Expr) -> bool {
        const SENT: &[&str] = &["Msg", "Msgf", "MsgFunc", "Send"];
        let mut at = bare(fun);
        let mut is_sent = true;
        loop {
            let Is::Select(base, name) = &at.is else { return false };
            if is_sent && ["Fatal", "Panic", "Exit"].iter().any(|start| name.name.starts_with(start)) {
                let own = |ty: super::Type| self.is_substituted(&ty.name.path);
                return !self.type_of(site, base).is_some_and(own);
            }
            is_sent &= !std::ptr::eq(at, bare(fun)) || SENT.contains(&&*name.name);
            at = match &bare(base).is {
                Is::Call(call) => bare(&call.fun),
                _ => return false,
            };
        }
    }

    /// What a function defers.
    pub(super) fn deferred<'a>(&self, at: &'a Site<'s>) -> impl Iterator<Item = &'s Expr> + use<'a, 's> {
        at.body.nodes.iter().filter_map(|entry| match entry.node {
            Node::Stmt(Stmt { does: Does::Defer(expr), .. }) => Some(expr),
            _ => None,
        })
    }

    /// Whether a panic in a function may end as a return of zero values: `recover` is called in it, or by what it defers.
    pub fn recovers(&self, at: &Site<'s>) -> bool {
        let calls_it = |at: &Site<'s>| {
            at.body.exprs().any(|(_, expr)| {
                matches!(&expr.is, Is::Name(name) if &**name == "recover")
                    && self.symbol(at, expr).is_some_and(|symbol| symbol.is("", "recover"))
            })
        };
        let elsewhere = |deferred: &'s Expr| match &bare(deferred).is {
            Is::Call(call) => self
                .symbol(at, &call.fun)
                .and_then(|symbol| self.function(&symbol))
                .is_some_and(|(at, _)| calls_it(&at)),
            _ => false,
        };
        self.deferred(at).any(elsewhere) || (self.deferred(at).next().is_some() && calls_it(at))
    }

    /// Whether a declaration's named result surely got a value before a bare `return` at a node.
    pub fn is_set_before(&self, at: &Site<'s>, local: LocalId, node: NodeId) -> bool {
        let home = at.body.locals.get(local as usize).map_or(0, |found| found.at);
        at.body.uses(local).any(|(set, used)| {
            let given = matches!(used, Use::Assign(value) if value.is_none_or(|value| !self.is_nil(at, value)));
            given && set < node && !at.body.is_conditional(set, home)
        })
    }

    /// A function's named result.
    pub fn named_result(&self, at: &Site<'s>, index: usize) -> Option<LocalId> {
        let Some(Item::Func(func)) = self.item(at.place) else { return None };
        at.body.local_at(func.signature.results.get(index)?.name.as_ref()?.at)
    }
}

/// Where a variable is named next behind the statement that sets it, and the statement of the same block, or around, that does.
fn looked_at_next(site: &Site, stmt: NodeId, local: LocalId) -> Option<(NodeId, NodeId)> {
    let whole = site.body.span(stmt)?;
    let behind = |node: &NodeId| site.body.span(*node).is_some_and(|at| at.start >= whole.end);
    let next = site.body.uses(local).map(|(node, _)| node).filter(behind).min()?;
    let looks = site.body.statement(next)?;
    let beside = site.body.up(looks) == site.body.up(stmt) || site.body.up(stmt) == Some(looks);
    beside.then_some((next, looks))
}
