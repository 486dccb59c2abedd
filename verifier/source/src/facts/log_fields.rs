//! Lines that are written because a field says so: the encoding of zap's configurations, the streams of programs that are started.

use super::handed::Handed;
use super::loggers::ZAP;
use super::writers::{maker, stream, told_otherwise};
use crate::go::syntax::{Expr, Is, Span};
use crate::meaning::{Const, Lens, Site, Use, Value, bare};
use assize_facts::Known;
use assize_facts::kinds::source::Stream;

/// What a field is set to in a declaration, by its name.
pub(super) fn of_fields<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    handed: &Handed,
) -> Vec<(&'static str, Known<Stream>, Span)> {
    let (zap, exec) = (lens.imports(site.place.file, ZAP), lens.imports(site.place.file, "os/exec"));
    if !zap && !exec {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (node, expr) in site.body.exprs() {
        match (&expr.is, site.body.use_of(node)) {
            (Is::Select(base, name), Use::Assign(Some(value))) => match &*name.name {
                "Encoding" if zap && is_of(lens, site, base, ZAP, "Config") && is_console(lens, site, value) => {
                    out.push(("zap.Config.Encoding", paths_beside(lens, site, base), expr.at));
                }
                "Stdout" | "Stderr" if exec && is_of(lens, site, base, "os/exec", "Cmd") => {
                    out.extend(started(lens, site, value, handed).map(|stream| ("exec.Cmd", stream, expr.at)));
                }
                _ => {}
            },
            (Is::Composite(Some(ty), elements), _)
                if exec && lens.named(site, ty).is_some_and(|ty| ty.name.is("os/exec", "Cmd")) =>
            {
                let given = elements.iter().filter(|e| matches!(e.name(), Some("Stdout" | "Stderr")));
                let of = given.filter_map(|e| Some((e.value.at, started(lens, site, &e.value, handed)?)));
                out.extend(of.map(|(at, stream)| ("exec.Cmd", stream, at)));
            }
            _ => {}
        }
    }
    out
}

/// Where a program writes that is started; it may write records.
fn started<'s>(lens: &Lens<'s>, site: &Site<'s>, writer: &'s Expr, handed: &Handed) -> Option<Known<Stream>> {
    stream(lens, site, writer, handed).map(perhaps)
}

/// That stream, or another.
pub(super) fn perhaps(stream: Known<Stream>) -> Known<Stream> {
    match stream {
        Known::Value(stream) => Known::Possible(vec![stream, Stream::Other]),
        known => known,
    }
}

fn is_of<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr, path: &str, name: &str) -> bool {
    lens.type_of(site, base).is_some_and(|ty| ty.name.is(path, name))
        || maker(lens, site, base).and_then(|(at, made)| lens.symbol(&at, &made.fun)).is_some_and(|s| *s.path == *path)
}

fn is_console<'s>(lens: &Lens<'s>, site: &Site<'s>, value: &Expr) -> bool {
    lens.eval_here(site, value) == Value::one(Const::Text("console".into()))
}

/// Where a configuration writes: zap's own say standard error, unless their paths are set beside.
fn paths_beside<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &Expr) -> Known<Stream> {
    let Some(local) = site.body.local(bare(base)) else { return Stream::Stderr.into() };
    let set = site.body.uses(local).filter_map(|(_, used)| match used {
        Use::AssignField("OutputPaths", value) => Some(value),
        _ => None,
    });
    match set.collect::<Vec<_>>()[..] {
        [] => Stream::Stderr.into(),
        [Some(paths)] => of_paths(lens, site, paths),
        _ => told_otherwise(),
    }
}

/// Where lists of paths lead: `[]string{"stdout"}`.
pub(super) fn of_paths<'s>(lens: &Lens<'s>, site: &Site<'s>, paths: &Expr) -> Known<Stream> {
    let Is::Composite(_, elements) = &bare(paths).is else { return told_otherwise() };
    let of = |path: &Expr| match lens.eval_here(site, path).single()? {
        Const::Text(path) => Some(match path.as_ref() {
            "stdout" => Stream::Stdout,
            "stderr" => Stream::Stderr,
            _ => Stream::Other,
        }),
        _ => None,
    };
    let all: Option<Vec<Stream>> = elements.iter().map(|element| of(&element.value)).collect();
    match all.as_deref() {
        Some([one]) => (*one).into(),
        Some(all) if !all.is_empty() => Known::Possible(all.to_vec()),
        _ => told_otherwise(),
    }
}
