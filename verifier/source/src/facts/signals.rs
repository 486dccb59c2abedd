//! `source.signal_handlers`: what the program arranges to happen on a signal.

use super::mentions::mark;
use super::search::{Reference, Search, called, is_dead, item, references};
use crate::go::syntax::{Call, Does, Element, Expr, Is, Item, Op, Stmt};
use crate::meaning::body::Binding;
use crate::meaning::{Const, Given, Lens, Node, NodeId, Site, Symbol, Use, bare};
use assize_facts::kinds::source::SignalHandler;
use assize_facts::{Item as Fact, Known, Sheet};

const PATH: &str = "os/signal";
/// More combinations than these are unknown.
const MOST: usize = 16;
/// Channels are followed through as many functions and variables.
const DEPTH: u32 = 6;

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let search =
        Search { file: &|lens, file| lens.imports(file, PATH), marks: mark::SIGNAL, words: &[], dependencies: true };
    search.sheet::<SignalHandler>(lens, |site| {
        let sought = |s: &Symbol| &*s.path == PATH && kind(&s.name).is_some();
        references(lens, site, sought).iter().filter_map(|found| of_reference(lens, site, found)).collect()
    })
}

fn kind(name: &str) -> Option<&'static str> {
    match name {
        "Notify" => Some("notify"),
        "NotifyContext" => Some("notify-context"),
        "Ignore" => Some("ignore"),
        "Reset" => Some("reset"),
        _ => None,
    }
}

fn of_reference<'s>(lens: &Lens<'s>, site: &Site<'s>, found: &Reference<'s>) -> Option<Fact> {
    let kind = kind(&found.symbol.name)?;
    let first = if kind.starts_with("notify") { 1 } else { 0 };
    // A function value may be called with anything.
    let (signals, channel_read) = match found.call {
        Some((_, call)) => {
            let named = signals(lens, site, call, first);
            // Without any, all incoming signals are relayed (package os/signal).
            let every = named.value().is_some_and(Vec::is_empty) && first == 1;
            let all = || LINUX.iter().map(|name| (*name).to_string()).collect::<Vec<_>>().into();
            let signals = if every { all() } else { named };
            let taken_away =
                first == 1 && is_dead(lens, site) || kind == "notify" && is_undone(lens, site, found, &signals);
            let read = if taken_away { Some(false).into() } else { channel(lens, site, call, kind) };
            (signals, read)
        }
        None => {
            let open = || lens.open(site, found.expr);
            let channel = if kind == "notify" { Known::Unknown(open()) } else { None.into() };
            (Known::Unknown(open()), channel)
        }
    };
    let fact = SignalHandler {
        package: lens.package(site.place.file).to_string(),
        function: lens.function_name(site.place),
        owner: lens.owner(site.place.file),
        call: kind.into(),
        signals,
        channel_read,
    };
    Some(item(fact, lens.source.origin(site.place.file, found.whole().at)))
}

/// Whether nothing comes through the channel: the next call takes it, or the signals, away again.
fn is_undone<'s>(lens: &Lens<'s>, site: &Site<'s>, found: &Reference<'s>, asked: &Known<Vec<String>>) -> bool {
    let Some((notify, call)) = found.call else { return false };
    let Some(from) = site.body.place(notify) else { return false };
    let behind = |node: NodeId, expr: &Expr| node > from && expr.at.start >= notify.at.end;
    let Some((node, next)) = site.body.exprs().find_map(|(node, expr)| match &expr.is {
        Is::Call(next) if behind(node, expr) => Some((node, next)),
        _ => None,
    }) else {
        return false;
    };
    let Some(Node::Stmt(Stmt { does: Does::Expr(_), at })) = site.body.around(node).and_then(|up| site.body.node(up))
    else {
        return false;
    };
    let between =
        |other: &Stmt| other.at.start >= notify.at.end && other.at.start < at.start && other.at.end <= at.start;
    let others = site.body.nodes.iter().any(|entry| matches!(entry.node, Node::Stmt(other) if between(other)));
    let at_once = !others && site.body.home(node) == site.body.home(from);
    let Some(symbol) = lens.symbol(site, &next.fun).filter(|symbol| at_once && &*symbol.path == PATH) else {
        return false;
    };
    match &*symbol.name {
        "Stop" => next.args.first().zip(call.args.first()).is_some_and(|(one, other)| is_same(site, one, other)),
        "Reset" | "Ignore" => match (signals(lens, site, next, 0), asked.value()) {
            (Known::Value(gone), Some(asked)) => gone.is_empty() || asked.iter().all(|signal| gone.contains(signal)),
            _ => false,
        },
        _ => false,
    }
}

/// Whether two expressions name the same variable, or the same field of one.
fn is_same(site: &Site, one: &Expr, other: &Expr) -> bool {
    match (&bare(one).is, &bare(other).is) {
        (Is::Name(name), Is::Name(known)) => {
            name == known && site.body.local(bare(one)) == site.body.local(bare(other))
        }
        (Is::Select(base, name), Is::Select(of, known)) => name.name == known.name && is_same(site, base, of),
        _ => false,
    }
}

fn signals<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &Call, first: usize) -> Known<Vec<String>> {
    let args = call.args.get(first..).unwrap_or_default();
    let mut all: Vec<Vec<String>> = vec![Vec::new()];
    let elements = match (call.spread, args) {
        (true, [list]) => match listed(lens, site, list, DEPTH) {
            Some(elements) => elements,
            None => return Known::Unknown(lens.open(site, list)),
        },
        // Each turn of a loop asks for one more.
        (false, [one]) if let Some(all) = lens.ranged(site, one) => all,
        _ => args.iter().map(|arg| (site.clone(), arg)).collect(),
    };
    for (at, arg) in elements {
        let names = lens.eval(&at, arg).known(|| lens.open(&at, arg), |value| name(lens, value));
        let names = match names {
            Known::Value(name) => vec![name],
            Known::Possible(names) => names,
            Known::Unknown(reason) => return Known::Unknown(reason),
        };
        all = all
            .iter()
            .flat_map(|known| names.iter().map(|name| [known.as_slice(), std::slice::from_ref(name)].concat()))
            .collect();
        if all.len() > MOST {
            return Known::Unknown(lens.open(&at, arg));
        }
    }
    match all.len() {
        1 => all.remove(0).into(),
        _ => Known::Possible(all),
    }
}

/// The elements of a list that is written, or added to where it stands.
fn listed<'s, 'e>(lens: &Lens<'s>, site: &Site<'s>, list: &'e Expr, depth: u32) -> Option<Vec<(Site<'s>, &'e Expr)>>
where
    's: 'e,
{
    let depth = depth.checked_sub(1)?;
    if let Some(all) = site.body.local(bare(list)).and_then(|local| grown(lens, site, list, local, depth)) {
        return Some(all);
    }
    let Is::Call(call) = &bare(list).is else { return lens.elements(site, list) };
    let [first, more @ ..] = call.args.as_slice() else { return None };
    lens.symbol(site, &call.fun).filter(|symbol| symbol.is("", "append"))?;
    let mut all = listed(lens, site, first, depth)?;
    match (call.spread, more) {
        (true, [list]) => all.extend(listed(lens, site, list, depth)?),
        (true, _) => return None,
        (false, more) => all.extend(more.iter().map(|one| (site.clone(), one))),
    }
    Some(all)
}

/// The elements of a variable that is added to, where one value alone can be in it by then and nobody else has its elements.
fn grown<'s, 'e>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    list: &'e Expr,
    local: u32,
    depth: u32,
) -> Option<Vec<(Site<'s>, &'e Expr)>>
where
    's: 'e,
{
    let alive = site.body.alive(local, site.body.place(bare(list))?);
    let looks = |node: NodeId| match site.body.around(node).and_then(|up| site.body.node(up)) {
        Some(Node::Expr(Expr { is: Is::Call(call), .. })) => lens.symbol(site, &call.fun).is_some_and(|symbol| {
            &*symbol.path == PATH || symbol.path.is_empty() && matches!(&*symbol.name, "append" | "len" | "cap")
        }),
        Some(Node::Stmt(Stmt { does: Does::Range(range), .. })) => site.body.is_at(&range.over, node),
        _ => false,
    };
    let mut values = Vec::new();
    for (node, used) in site.body.uses(local) {
        match used {
            Use::Assign(Some(value)) => values.extend(alive.shows(node).then_some(value)),
            Use::Read if looks(node) => {}
            _ => return None,
        }
    }
    match (alive.first(), values.as_slice()) {
        (false, [value]) => listed(lens, site, value, depth),
        (true, []) => match site.body.locals.get(local as usize)?.binding {
            Binding::Define(all, index, names) if all.len() == names => listed(lens, site, all.get(index)?, depth),
            Binding::Value(spec, _) if spec.values.is_empty() => Some(Vec::new()),
            Binding::Value(spec, index) => listed(lens, site, spec.values.get(index)?, depth),
            _ => None,
        },
        _ => None,
    }
}

/// Numbers of Linux on all architectures but alpha, mips, parisc and sparc (signal(7)).
const LINUX: &[&str] = &[
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

fn name(lens: &Lens, value: Const) -> Option<String> {
    match value {
        Const::Symbol(symbol) if &*symbol.path == "os" => match &*symbol.name {
            "Interrupt" => Some("SIGINT".into()),
            "Kill" => Some("SIGKILL".into()),
            _ => None,
        },
        Const::Symbol(symbol) => symbol.name.starts_with("SIG").then(|| symbol.name.to_string()),
        Const::Int(number) => {
            let linux = |c: &crate::build::Config| c.os == "linux" && !c.arch.starts_with("mips");
            let index = usize::try_from(number).ok()?.checked_sub(1)?;
            let name = LINUX.get(index).filter(|_| lens.source.program.configs.iter().all(linux))?;
            Some(name.to_string())
        }
        Const::Text(_) | Const::Bool(_) | Const::Nil => None,
    }
}

fn channel<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &'s Call, kind: &str) -> Known<Option<bool>> {
    if kind != "notify" {
        return None.into();
    }
    let Some(channel) = call.args.first().map(bare) else { return None.into() };
    let open = || Known::Unknown(lens.open(site, channel));
    if let Some(local) = site.body.local(channel) {
        return match is_read(lens, site, local, DEPTH)
            .and_then(|read| read.then_some(true).or_else(|| elsewhere(lens, site, local)))
        {
            Some(read) => Some(read).into(),
            None => open(),
        };
    }
    if let Some(symbol) = lens.symbol(site, channel) {
        return match any_reads(lens, lens.mentions(&symbol).iter().cloned(), DEPTH) {
            Some(read) => Some(read).into(),
            None => open(),
        };
    }
    let Is::Select(base, field) = &channel.is else { return open() };
    match lens.type_of(site, base).and_then(|ty| is_read_by_holders(lens, &ty.name, &field.name)) {
        Some(read) => Some(read).into(),
        None => open(),
    }
}

/// Whether one of several uses of a channel receives from it; `None` where it may.
fn any_reads<'s>(lens: &Lens<'s>, uses: impl Iterator<Item = (Site<'s>, NodeId)>, depth: u32) -> Option<bool> {
    let all: Vec<Option<bool>> =
        uses.map(|(at, node)| reading(lens, &at, node, at.body.use_of(node), 0, depth)).collect();
    match all.contains(&Some(true)) {
        true => Some(true),
        false => (!all.contains(&None)).then_some(false),
    }
}

/// The same of a field of the program's own structs.
fn is_read_from_field<'s>(lens: &Lens<'s>, ty: &Symbol, field: &str, depth: u32) -> Option<bool> {
    any_reads(lens, lens.kept(ty, field)?.uses.into_iter(), depth.checked_sub(1)?)
}

/// The same where nobody else has what the field is given: it is made for it.
fn is_read_by_holders<'s>(lens: &Lens<'s>, ty: &Symbol, field: &str) -> Option<bool> {
    let read = is_read_from_field(lens, ty, field, DEPTH)?;
    let own = |given: &Given<'s>| match given {
        Given::Value(at, value) => is_made(lens, at, value) || lens.is_nil(at, value),
        Given::Zero => true,
    };
    (read || lens.given_to(ty, field)?.iter().all(own)).then_some(read)
}

fn is_made<'s>(lens: &Lens<'s>, site: &Site<'s>, made: &Expr) -> bool {
    matches!(&bare(made).is, Is::Call(call) if lens.symbol(site, &call.fun).is_some_and(|symbol| symbol.is("", "make")))
}

/// Whether a channel that a function does not receive from is received from by others: one that it makes is its own, one that it is handed its
/// callers'.
fn elsewhere<'s>(lens: &Lens<'s>, site: &Site<'s>, local: u32) -> Option<bool> {
    let makes = |made: &Expr| is_made(lens, site, made);
    match site.body.locals.get(local as usize)?.binding {
        Binding::Define([one], 0, 1) => makes(one).then_some(false),
        Binding::Define(right, index, names) if right.len() == names => makes(right.get(index)?).then_some(false),
        Binding::Value(spec, index) => spec.values.get(index).is_none_or(makes).then_some(false),
        Binding::Param(_) => {
            let mut all = Some(false);
            for (at, arg) in lens.arguments(site, local)? {
                let held = at.body.local(bare(arg));
                match held.and_then(|held| is_read(lens, &at, held, DEPTH)) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => all = None,
                }
            }
            all
        }
        _ => None,
    }
}

/// Whether what a variable holds is received from; `None` where that is not decided.
fn is_read<'s>(lens: &Lens<'s>, site: &Site<'s>, local: u32, depth: u32) -> Option<bool> {
    let mut elsewhere = false;
    let holds_others = holds_several(site, local);
    for (node, used) in site.body.uses(local) {
        match reading(lens, site, node, used, 0, depth) {
            // It may be another one that is received from.
            Some(true) if holds_others => elsewhere = true,
            Some(true) => return Some(true),
            Some(false) => {}
            None => elsewhere = true,
        }
    }
    (!elsewhere).then_some(false)
}

/// Whether a variable is given more than one channel.
fn holds_several(site: &Site, local: u32) -> bool {
    let first = match site.body.locals.get(local as usize).map(|found| found.binding) {
        Some(Binding::Value(spec, _)) => !spec.values.is_empty(),
        _ => true,
    };
    let sets = site.body.uses(local).filter(|(_, used)| matches!(used, Use::Assign(_))).count();
    usize::from(first) + sets > 1
}

/// Whether a use of a channel receives from it, or of one among a call's results; `None` where it goes elsewhere. What is never run receives nothing.
fn reading<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    node: NodeId,
    used: Use<'s>,
    result: usize,
    depth: u32,
) -> Option<bool> {
    let read = used_by(lens, site, node, used, result, depth);
    let never = read != Some(false) && (lens.is_never_run(site, node) || is_dead(lens, site));
    if never { Some(false) } else { read }
}

fn used_by<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    node: NodeId,
    used: Use<'s>,
    result: usize,
    depth: u32,
) -> Option<bool> {
    let Some(up) = site.body.around(node) else { return Some(false) };
    match site.body.node(up) {
        Some(Node::Expr(Expr { is: Is::Unary(Op::Receive, _), .. })) => Some(true),
        Some(Node::Stmt(Stmt { does: Does::Range(range), .. })) if site.body.is_at(&range.over, node) => Some(true),
        Some(Node::Expr(Expr { is: Is::Binary(Op::Equal | Op::NotEqual, _), .. })) => Some(false),
        Some(Node::Expr(Expr { is: Is::Call(call), .. })) => {
            let harmless = |s: &Symbol| &*s.path == PATH || s.is("", "close") || s.is("", "len") || s.is("", "cap");
            match lens.symbol(site, &call.fun) {
                Some(symbol) if harmless(&symbol) => Some(false),
                symbol => handed(lens, site, node, call, symbol, depth.checked_sub(1)?),
            }
        }
        Some(Node::Stmt(Stmt { does: Does::Send(both), .. })) => site.body.is_at(&both[0], node).then_some(false),
        // `sigs := c`.
        Some(Node::Stmt(Stmt { does: Does::Define(left, right) | Does::Assign(left, None, right), .. }))
            if right.iter().any(|e| site.body.is_at(e, node)) =>
        {
            let index = right.iter().position(|e| site.body.is_at(e, node))?;
            kept(lens, site, bare(left.get(index + result)?), depth.checked_sub(1)?)
        }
        Some(Node::Element(Element { key: Some(Expr { is: Is::Name(field), .. }), value })) => {
            let literal = site.body.around(up).and_then(|up| site.body.node(up));
            let Some(Node::Expr(Expr { is: Is::Composite(Some(ty), _), .. })) = literal else { return None };
            let read = is_read_from_field(lens, &lens.named(site, ty)?.name, field, depth);
            // A field may be called like the variable.
            if site.body.is_at(value, node) { read } else { read.map(|_| false) }
        }
        Some(Node::Stmt(Stmt { does: Does::Return(values), .. })) => {
            let index = values.iter().position(|e| site.body.is_at(e, node))?;
            returned(lens, site, node, index + result, depth.checked_sub(1)?)
        }
        Some(Node::Stmt(Stmt { does: Does::Expr(_), .. })) => Some(false),
        _ => match used {
            Use::Assign(Some(_)) => Some(false),
            _ => None,
        },
    }
}

/// Whether what a variable or a field is given is received from.
fn kept<'s>(lens: &Lens<'s>, site: &Site<'s>, target: &'s Expr, depth: u32) -> Option<bool> {
    match &target.is {
        Is::Name(name) if &**name == "_" => Some(false),
        Is::Name(_) if let Some(local) = site.body.local(target) => is_read(lens, site, local, depth),
        Is::Select(base, field) if lens.symbol(site, target).is_none() => {
            is_read_from_field(lens, &lens.type_of(site, base)?.name, &field.name, depth)
        }
        _ => any_reads(lens, lens.mentions(&lens.symbol(site, target)?).iter().cloned(), depth),
    }
}

/// Whether those who call a function receive from what it returns.
fn returned<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, result: usize, depth: u32) -> Option<bool> {
    const MOST: usize = 16;
    let Item::Func(func) = lens.item(site.place).filter(|_| site.body.closure(node).is_none())? else { return None };
    let named: Vec<(Site<'s>, NodeId)> = match func.receiver {
        None => lens.mentions(&Symbol::new(lens.package(site.place.file), &func.name.name)).iter().cloned().collect(),
        Some(_) => {
            let all = lens.method_uses(site, func)?;
            all.into_iter().map(|named| named.sure.then_some((named.at, named.node))).collect::<Option<_>>()?
        }
    };
    if named.len() > MOST {
        return None;
    }
    let mut all = Some(false);
    for (at, node) in named {
        let call = called(&at, node).and_then(|(whole, _)| at.body.place(whole));
        match call.and_then(|call| reading(lens, &at, call, at.body.use_of(call), result, depth)) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => all = None,
        }
    }
    all
}

/// Whether a function of the program receives from the channel that it is handed.
fn handed<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    node: NodeId,
    call: &'s Call,
    symbol: Option<Symbol>,
    depth: u32,
) -> Option<bool> {
    let index = call.args.iter().position(|arg| site.body.is_at(arg, node))?;
    let (at, params) = match (symbol, &bare(&call.fun).is) {
        // `go func(c chan os.Signal) { … }(c)`.
        (None, Is::Func(signature, _)) => (site.clone(), &signature.params),
        (Some(symbol), _) => {
            let (at, func) = lens.function(&symbol)?;
            func.body.as_ref()?;
            (at, &func.signature.params)
        }
        (None, Is::Select(base, name)) => {
            let (at, func) = lens.method(&lens.type_of(site, base)?.name, &name.name)?;
            (at, &func.signature.params)
        }
        _ => return None,
    };
    match &params.get(index).filter(|param| !param.variadic)?.name {
        Some(name) if &*name.name != "_" => is_read(lens, &at, at.body.local_at(name.at)?, depth),
        Some(_) | None => Some(false),
    }
}
