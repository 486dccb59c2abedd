//! `source.signal_handlers`: what the program arranges to happen on a signal.

use super::mentions::mark;
use super::search::{Reference, Search, is_dead, item, references};
use super::signal_channels::channel;
use crate::go::syntax::{Call, Does, Expr, Is, Stmt};
use crate::meaning::body::Binding;
use crate::meaning::{Const, Lens, Node, NodeId, Site, Symbol, Use, bare};
use assize_facts::kinds::source::SignalHandler;
use assize_facts::{Item as Fact, Known, Sheet};

pub(super) const PATH: &str = "os/signal";
/// More combinations than these are unknown.
const MOST: usize = 16;
/// Channels are followed through as many functions and variables.
pub(super) const DEPTH: u32 = 6;

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
            let every = |named: Vec<String>| match named.is_empty() && first == 1 {
                true => LINUX.iter().map(|name| (*name).to_string()).collect(),
                false => named,
            };
            let signals = match named {
                Known::Value(named) => every(named).into(),
                Known::Possible(all) => Known::Possible(all.into_iter().map(every).collect()),
                unknown => unknown,
            };
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
    if let (true, [list]) = (call.spread, args)
        && let Some(lists) = handed_over(lens, site, list)
    {
        return one_of(lens, site, list, lists);
    }
    let elements = match (call.spread, args) {
        (true, [list]) => match listed(lens, site, list, DEPTH) {
            Some(elements) => elements,
            None => return Known::Unknown(lens.open(site, list)),
        },
        // Each turn of a loop asks for one more.
        (false, [one]) if let Some(all) = lens.ranged(site, one) => all,
        _ => args.iter().map(|arg| (site.clone(), arg)).collect(),
    };
    together(lens, elements)
}

/// What each of several calls hands over for `...os.Signal`.
fn handed_over<'s>(lens: &Lens<'s>, site: &Site<'s>, list: &Expr) -> Option<Vec<(Site<'s>, &'s [Expr], bool)>> {
    let local = site.body.local(bare(list))?;
    let Binding::Variadic = site.body.locals.get(local as usize)?.binding else { return None };
    let stays = site.body.uses(local).all(|(_, used)| matches!(used, Use::Read));
    lens.rests(site, local).filter(|all| all.len() > 1 && stays && !lens.is_called_from_elsewhere(site))
}

fn one_of<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    list: &Expr,
    all: Vec<(Site<'s>, &'s [Expr], bool)>,
) -> Known<Vec<String>> {
    let open = || Known::Unknown(lens.open(site, list));
    let mut names: Vec<Vec<String>> = Vec::new();
    for (at, rest, spread) in all {
        let elements = match (spread, rest) {
            (true, [list]) => listed(lens, &at, list, DEPTH),
            (true, _) => None,
            (false, rest) => Some(rest.iter().map(|one| (at.clone(), one)).collect()),
        };
        let more = match elements.map(|elements| together(lens, elements)) {
            Some(Known::Value(one)) => vec![one],
            Some(Known::Possible(all)) => all,
            Some(Known::Unknown(_)) | None => return open(),
        };
        more.into_iter().for_each(|one| {
            if !names.contains(&one) {
                names.push(one);
            }
        });
    }
    match names.len() {
        0 => open(),
        1 => names.remove(0).into(),
        n if n > MOST => open(),
        _ => Known::Possible(names),
    }
}

/// The names of signals, each of which may be one of several.
fn together<'s>(lens: &Lens<'s>, elements: Vec<(Site<'s>, &Expr)>) -> Known<Vec<String>> {
    let mut all: Vec<Vec<String>> = vec![Vec::new()];
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
