//! `source.signal_handlers`: what the program arranges to happen on a signal.

use super::mentions::mark;
use super::search::{Reference, Search, item, references};
use crate::go::syntax::{Call, Does, Expr, Is, Op, Stmt};
use crate::meaning::{Const, Lens, Node, Site, Symbol, Use, bare};
use assize_facts::kinds::source::SignalHandler;
use assize_facts::{Item, Known, Sheet};

const PATH: &str = "os/signal";
/// More combinations than these are unknown.
const MOST: usize = 16;

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
        let mut elsewhere = false;
        for (node, used) in site.body.uses(local) {
            match reading(lens, site, node, used) {
                Some(true) => return Some(true).into(),
                Some(false) => {}
                None => elsewhere = true,
            }
        }
        return if elsewhere { open() } else { Some(false).into() };
    }
    if let Some(symbol) = lens.symbol(site, channel) {
        let read = |(at, node): &(Site<'s>, u32)| reading(lens, at, *node, at.body.use_of(*node));
        let all: Vec<Option<bool>> = lens.mentions(&symbol).iter().map(read).collect();
        return match () {
            () if all.contains(&Some(true)) => Some(true).into(),
            () if all.contains(&None) => open(),
            () => Some(false).into(),
        };
    }
    open()
}

/// Whether a use of a channel receives from it; `None` where it goes elsewhere.
fn reading<'s>(lens: &Lens<'s>, site: &Site<'s>, node: u32, used: Use<'s>) -> Option<bool> {
    let Some(up) = site.body.around(node) else { return Some(false) };
    match site.body.node(up) {
        Some(Node::Expr(Expr { is: Is::Unary(Op::Receive, _), .. })) => Some(true),
        Some(Node::Stmt(Stmt { does: Does::Range(range), .. })) if site.body.is_at(&range.over, node) => Some(true),
        Some(Node::Expr(Expr { is: Is::Call(call), .. })) => {
            let harmless = |s: Symbol| &*s.path == PATH || s.is("", "close") || s.is("", "len") || s.is("", "cap");
            lens.symbol(site, &call.fun).is_some_and(harmless).then_some(false)
        }
        Some(Node::Stmt(Stmt { does: Does::Send(..), .. })) => Some(false),
        _ => match used {
            Use::Assign(Some(_)) => Some(false),
            _ => None,
        },
    }
}
