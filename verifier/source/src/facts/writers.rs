//! Where writers write: standard streams by their names, in variables, around others, and by their numbers.

use super::handed::Handed;
use super::loggers::LOGRUS;
use super::logs::RAW;
use super::search::made_with;
use crate::go::syntax::{Call, Expr, Is, Item, Op};
use crate::meaning::body::Binding;
use crate::meaning::{Const, Given, Lens, Site, Symbol, Value, bare};
use assize_facts::Known;
use assize_facts::kinds::source::Stream;

/// The standard stream that a writer is or may be; `None` where it is another, or where nothing says that it is one.
pub(super) fn stream<'s>(lens: &Lens<'s>, site: &Site<'s>, writer: &'s Expr, handed: &Handed) -> Option<Known<Stream>> {
    let writer = bare(writer);
    if let Some(stream) = handed.stream(lens, site, writer) {
        return Some(stream);
    }
    let known = lens.eval_here(site, writer).known(|| lens.open(site, writer), as_stream);
    match known {
        Known::Value(Stream::Other) => None,
        Known::Unknown(_) => {
            let known = opened(lens, site, writer, handed);
            let is_standard = matches!(known, Some(Known::Value(Stream::Stdout | Stream::Stderr) | Known::Possible(_)));
            known.filter(|_| is_standard).or_else(|| handed.named(site, writer))
        }
        known => Some(known),
    }
}

/// The stream that a call gives under another name than its own: `os.NewFile(1, "")`, `os.Create("/dev/stdout")`, `log.Writer()`.
pub(super) fn named_otherwise<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &'s Expr) -> Option<Known<Stream>> {
    const GIVE: [&str; 5] = ["NewFile", "OpenFile", "Create", "Writer", "Output"];
    let Is::Call(made) = &call.is else { return None };
    let gives = matches!(&bare(&made.fun).is, Is::Select(_, name) if GIVE.contains(&&*name.name));
    gives.then(|| opened(lens, site, call, &Handed::default())).flatten()
}

/// What a logger or a set of flags writes to: standard error, unless it was told otherwise.
pub(super) fn told_otherwise() -> Known<Stream> {
    Known::Possible(vec![Stream::Stderr, Stream::Stdout, Stream::Other])
}

/// What the call gives that made a writer: a file by its number or name, a writer around others, what a logger writes to.
fn opened<'s>(lens: &Lens<'s>, site: &Site<'s>, writer: &'s Expr, handed: &Handed) -> Option<Known<Stream>> {
    // The same files by other names (proc(5)).
    const NAMES: [(&str, Stream); 6] = [
        ("/dev/stdout", Stream::Stdout),
        ("/dev/stderr", Stream::Stderr),
        ("/dev/fd/1", Stream::Stdout),
        ("/dev/fd/2", Stream::Stderr),
        ("/proc/self/fd/1", Stream::Stdout),
        ("/proc/self/fd/2", Stream::Stderr),
    ];
    let (at, made) = maker(lens, site, writer)?;
    let Some(symbol) = lens.symbol(&at, &made.fun) else {
        // `flag.CommandLine.Output()`, `log.Default().Writer()`: what they were told to is not followed.
        let Is::Select(base, name) = &bare(&made.fun).is else { return None };
        let of = lens.symbol(&at, base).or_else(|| match &bare(base).is {
            Is::Call(call) => lens.symbol(&at, &call.fun),
            _ => None,
        })?;
        let is_it = &*name.name == "Output" && of.is("flag", "CommandLine")
            || &*name.name == "Writer" && of.is("log", "Default");
        return is_it.then(told_otherwise);
    };
    match (&*symbol.path, &*symbol.name) {
        ("os", "NewFile") => numbered(lens, &at, made.args.first()?).map(Known::Value),
        ("os", "OpenFile" | "Create") => match lens.eval_here(&at, made.args.first()?).single()? {
            Const::Text(path) => NAMES.iter().find(|(name, _)| name == path).map(|(_, stream)| (*stream).into()),
            _ => None,
        },
        ("log", "Writer") => Some(told_otherwise()),
        _ => is_around(lens, &symbol).then(|| around(lens, &at, made, handed)),
    }
}

/// The stream of a file descriptor: by its number, by the standard library's name for it, or as a file says it (`os.Stdout.Fd()`).
pub(super) fn numbered<'s>(lens: &Lens<'s>, site: &Site<'s>, number: &Expr) -> Option<Stream> {
    match lens.eval_here(site, number).single() {
        Some(Const::Int(1)) => return Some(Stream::Stdout),
        Some(Const::Int(2)) => return Some(Stream::Stderr),
        Some(_) => return None,
        None => {}
    }
    let number = bare(number);
    if let Some(symbol) = lens.symbol(site, number).filter(|symbol| RAW.contains(&&*symbol.path)) {
        return match &*symbol.name {
            "Stdout" => Some(Stream::Stdout),
            "Stderr" => Some(Stream::Stderr),
            _ => None,
        };
    }
    let Is::Call(call) = &number.is else { return None };
    match (&bare(&call.fun).is, call.args.as_slice()) {
        (Is::Select(file, name), []) if &*name.name == "Fd" => {
            lens.eval_here(site, file).single().cloned().and_then(as_stream).filter(|stream| *stream != Stream::Other)
        }
        // A conversion.
        (Is::Name(_), [inside]) => numbered(lens, site, inside),
        _ => None,
    }
}

/// Where a writer writes, also one around others: `io.MultiWriter(os.Stderr, f)`, `log.NewSyncWriter(os.Stderr)`.
pub(super) fn writer_of<'s>(lens: &Lens<'s>, site: &Site<'s>, writer: &'s Expr, handed: &Handed) -> Known<Stream> {
    let writer = bare(writer);
    if let Some(stream) = handed.stream(lens, site, writer) {
        return stream;
    }
    if let Is::Call(call) = &writer.is
        && lens.symbol(site, &call.fun).is_some_and(|s| is_around(lens, &s))
    {
        return around(lens, site, call, handed);
    }
    if let Some(known @ (Known::Value(Stream::Stdout | Stream::Stderr) | Known::Possible(_))) =
        opened(lens, site, writer, handed)
    {
        return known;
    }
    let opened = maker(lens, site, writer).and_then(|(at, made)| lens.symbol(&at, &made.fun));
    if opened.is_some_and(|s| &*s.path == "os" && matches!(&*s.name, "Create" | "OpenFile" | "CreateTemp")) {
        return Stream::Other.into();
    }
    // What has a type of its own is no standard stream.
    let own = lens.type_of(site, writer).is_some_and(|ty| !ty.name.is("os", "File") && !ty.name.is("io", "Writer"));
    match lens.eval(site, writer) {
        Value::Unknown(_) if let Some(known) = handed.named(site, writer) => known,
        Value::Unknown(_) if own || matches!(writer.is, Is::Unary(Op::Address, _) | Is::Composite(..)) => {
            Stream::Other.into()
        }
        value => value.known(|| lens.open(site, writer), as_stream),
    }
}

/// Where a writer around others writes.
fn around<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &'s Call, handed: &Handed) -> Known<Stream> {
    let all: Vec<Known<Stream>> = call.args.iter().map(|arg| writer_of(lens, site, arg, handed)).collect();
    let is_sure = |stream: &Stream| all.contains(&Known::Value(*stream));
    let may_be =
        |stream: &Stream| all.iter().any(|known| matches!(known, Known::Possible(all) if all.contains(stream)));
    let standard = || [Stream::Stdout, Stream::Stderr].into_iter();
    let sure: Vec<Stream> = standard().filter(is_sure).collect();
    let mut may: Vec<Stream> = standard().filter(|stream| is_sure(stream) || may_be(stream)).collect();
    match (&sure[..], &may[..]) {
        ([one], [_]) => (*one).into(),
        (_, []) => all.first().cloned().unwrap_or_else(|| Known::Unknown(lens.open(site, &call.fun))),
        (sure, _) => {
            may.extend(sure.is_empty().then_some(Stream::Other));
            Known::Possible(may)
        }
    }
}

/// Whether a function makes a writer around others.
pub(super) fn is_around(lens: &Lens, symbol: &Symbol) -> bool {
    const AROUND: [&str; 7] =
        ["MultiWriter", "NewSyncWriter", "AddSync", "Lock", "NewColorable", "NewWriter", "NewWriterSize"];
    !lens.is_delivered(&symbol.path) && AROUND.contains(&&*symbol.name)
}

fn as_stream(value: Const) -> Option<Stream> {
    match value {
        Const::Symbol(symbol) if symbol.is("os", "Stdout") => Some(Stream::Stdout),
        Const::Symbol(symbol) if symbol.is("os", "Stderr") => Some(Stream::Stderr),
        _ => Some(Stream::Other),
    }
}

/// The call that made what a variable holds.
pub(super) fn maker<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr) -> Option<(Site<'s>, &'s Call)> {
    let base = bare(base);
    let (at, made) = match site.body.local(base) {
        Some(local) => (site.clone(), made_with(site, local)?),
        None => match lens.symbol(site, base) {
            Some(symbol) => {
                let [(at, spec, index)] = &lens.value(&symbol)[..] else { return None };
                let made = spec.values.get(*index)?;
                let Is::Call(call) = &bare(made).is else { return None };
                let known = |s: &Symbol| matches!(&*s.path, "log" | "log/slog" | "os" | LOGRUS);
                lens.symbol(at, &call.fun).filter(known)?;
                if !lens.writes(&symbol).iter().all(|(_, value)| value.is_none()) {
                    return None;
                }
                (at.clone(), made)
            }
            None => (site.clone(), base),
        },
    };
    match &bare(made).is {
        Is::Call(call) => Some((at, call)),
        _ => None,
    }
}

/// The same where functions and fields of the program's own give it.
pub(super) fn maker_of<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr) -> Option<(Site<'s>, &'s Call)> {
    const DEPTH: u32 = 4;
    let (mut at, mut base) = (site.clone(), bare(base));
    for _ in 0..DEPTH {
        if let Is::Select(of, field) = &base.is
            && lens.symbol(&at, base).is_none()
        {
            let given = lens.given_to(&lens.type_of(&at, of)?.name, &field.name)?;
            let values = given.iter().filter_map(|given| match given {
                Given::Value(at, value) => Some((at.clone(), *value)),
                Given::Zero => None,
            });
            let mut values: Vec<_> = values.collect();
            (at, base) = values.pop().filter(|_| values.is_empty())?;
            continue;
        }
        if let Some(local) = at.body.local(base)
            && let Some(Binding::Param(_)) = at.body.locals.get(local as usize).map(|found| found.binding)
        {
            let mut all = lens.arguments(&at, local)?;
            (at, base) = all.pop().filter(|_| all.is_empty()).map(|(at, arg)| (at, bare(arg)))?;
            continue;
        }
        let (next, made) = maker(lens, &at, base)?;
        let Some((inside, _)) = lens.symbol(&next, &made.fun).and_then(|symbol| lens.function(&symbol)) else {
            return Some((next, made));
        };
        let [[value]] = inside.body.returns(None)[..] else { return None };
        (at, base) = (inside, bare(value));
    }
    None
}

/// Whether a writer's own method writes what it is given: whoever calls it says what.
pub(super) fn hands_on<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &'s Call) -> bool {
    let Some(Item::Func(func)) = lens.item(site.place) else { return false };
    let [given] = call.args.as_slice() else { return false };
    let param = func.signature.params.first().and_then(|param| site.body.local_at(param.name.as_ref()?.at));
    func.receiver.is_some() && &*func.name.name == "Write" && param.is_some() && site.body.local(bare(given)) == param
}
