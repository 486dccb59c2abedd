//! `source.signal_handlers`: what the program arranges to happen on a signal.

use super::mentions::mark;
use super::search::{Reference, Search, item, references};
use crate::go::syntax::{Call, Does, Expr, Is, Op, Stmt};
use crate::meaning::body::Binding;
use crate::meaning::{Const, Lens, Node, Site, Symbol, Use, bare};
use assize_facts::kinds::source::SignalHandler;
use assize_facts::{Item, Known, Sheet};

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

fn of_reference<'s>(lens: &Lens<'s>, site: &Site<'s>, found: &Reference<'s>) -> Option<Item> {
    let kind = kind(&found.symbol.name)?;
    let first = if kind.starts_with("notify") { 1 } else { 0 };
    // A function value may be called with anything.
    let (signals, channel_read) = match found.call {
        Some((_, call)) => {
            let named = signals(lens, site, call, first);
            // Without any, all incoming signals are relayed (package os/signal).
            let every = named.value().is_some_and(Vec::is_empty) && first == 1;
            let all = || LINUX.iter().map(|name| (*name).to_string()).collect::<Vec<_>>().into();
            (if every { all() } else { named }, channel(lens, site, call, kind))
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

fn signals<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &Call, first: usize) -> Known<Vec<String>> {
    let args = call.args.get(first..).unwrap_or_default();
    let mut all: Vec<Vec<String>> = vec![Vec::new()];
    let elements = match (call.spread, args) {
        (true, [list]) => match lens.elements(site, list) {
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
        let read = |(at, node): &(Site<'s>, u32)| reading(lens, at, *node, at.body.use_of(*node), DEPTH);
        let all: Vec<Option<bool>> = lens.mentions(&symbol).iter().map(read).collect();
        return match () {
            () if all.contains(&Some(true)) => Some(true).into(),
            () if all.contains(&None) => open(),
            () => Some(false).into(),
        };
    }
    open()
}

/// Whether a channel that a function does not receive from is received from by others: one that it makes is its own, one that it is handed its
/// callers'.
fn elsewhere<'s>(lens: &Lens<'s>, site: &Site<'s>, local: u32) -> Option<bool> {
    let makes = |made: &Expr| match &bare(made).is {
        Is::Call(call) => lens.symbol(site, &call.fun).is_some_and(|symbol| symbol.is("", "make")),
        _ => false,
    };
    match site.body.locals.get(local as usize)?.binding {
        Binding::Define([one], 0, 1) => makes(one).then_some(false),
        Binding::Define(right, index, names) if right.len() == names => makes(right.get(index)?).then_some(false),
        Binding::Value(spec, index) => spec.values.get(index).is_none_or(makes).then_some(false),
        Binding::Param(_) => {
            let mut all = Some(false);
            for (at, arg) in lens.arguments(site, local)? {
                let held = at.body.local(bare(arg)).filter(|_| matches!(bare(arg).is, Is::Name(_)));
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
    for (node, used) in site.body.uses(local) {
        match reading(lens, site, node, used, depth) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => elsewhere = true,
        }
    }
    (!elsewhere).then_some(false)
}

/// Whether a use of a channel receives from it; `None` where it goes elsewhere.
fn reading<'s>(lens: &Lens<'s>, site: &Site<'s>, node: u32, used: Use<'s>, depth: u32) -> Option<bool> {
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
        Some(Node::Stmt(Stmt { does: Does::Send(..), .. })) => Some(false),
        // `sigs := c`.
        Some(Node::Stmt(Stmt { does: Does::Define(left, right), .. })) if left.len() == right.len() => {
            let index = right.iter().position(|e| site.body.is_at(e, node))?;
            is_read(lens, site, site.body.local(left.get(index)?)?, depth.checked_sub(1)?)
        }
        _ => match used {
            Use::Assign(Some(_)) => Some(false),
            _ => None,
        },
    }
}

/// Whether a function of the program receives from the channel that it is handed.
fn handed<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    node: u32,
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
