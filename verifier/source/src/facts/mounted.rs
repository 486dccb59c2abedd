//! The paths by which the routes of a mux of net/http are asked for: through other muxes, `http.StripPrefix`, functions, fields and handlers of the
//! program's own, out to what serves it.

use super::default_mux::serves_default_as_it_is;
use super::mentions::mark;
use super::mounts::{DEPTH, Follow};
use super::search::{Search, references};
use crate::go::syntax::{Call, Expr, Is};
use crate::meaning::body::Binding;
use crate::meaning::{Lens, NodeId, Site, Symbol, bare};
use std::rc::Rc;

/// What is done with a path on its way in.
#[derive(Debug)]
pub(super) enum Step {
    /// A mux hands on what its pattern takes.
    Pattern(String),
    /// A beginning is taken off.
    Strip(String),
    /// One of the two, with a text that is not told.
    Unknown,
}

/// What the program does with muxes.
pub(super) struct World {
    /// Whether it takes off beginnings for other handlers than files: what is not followed may stand behind that.
    pub strips: bool,
    /// Whether some server has `http.DefaultServeMux` because it has no other.
    pub has_default: bool,
}

impl World {
    pub fn of(lens: &Lens) -> World {
        let named = !lens.mentions(&default_mux()).is_empty();
        let search = Search {
            file: &|lens, file| lens.imports(file, "net/http"),
            marks: mark::STRIP,
            words: &[],
            dependencies: false,
        };
        let (found, _) = search.run(lens, |site| {
            let strips = references(lens, site, |symbol| symbol.is("net/http", "StripPrefix"));
            let others = strips.iter().filter(|found| !found.call.is_some_and(|(_, call)| of_files(lens, site, call)));
            others.map(|_| ()).collect()
        });
        World { strips: !found.is_empty(), has_default: !named || serves_default_as_it_is(lens) }
    }
}

/// `http.StripPrefix("/static/", http.FileServer(…))`.
fn of_files<'s>(lens: &Lens<'s>, site: &Site<'s>, call: &Call) -> bool {
    let made = call.args.get(1).map(|handler| &bare(handler).is);
    let files = |symbol: Symbol| &*symbol.path == "net/http" && symbol.name.starts_with("FileServer");
    matches!(made, Some(Is::Call(made)) if lens.symbol(site, &made.fun).is_some_and(files))
}

pub(super) fn default_mux() -> Symbol {
    Symbol::new("net/http", "DefaultServeMux")
}

/// The steps from a mux outwards.
#[derive(Clone, Default)]
pub(super) struct Way(Option<Rc<(Step, Way)>>);

impl Way {
    pub fn and(&self, step: Step) -> Way {
        Way(Some(Rc::new((step, self.clone()))))
    }

    /// In the order in which they were met.
    pub fn steps(&self) -> Vec<&Step> {
        let mut out = Vec::new();
        let mut at = &self.0;
        while let Some(one) = at {
            out.push(&one.0);
            at = &one.1.0;
        }
        out.reverse();
        out
    }
}

/// All ways that lead to a mux; none where it is not seen to be served.
pub(super) struct Mounted {
    pub ways: Vec<Way>,
    /// Whether nothing answers where no way leads to it.
    pub unserved: bool,
}

/// What becomes of a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The paths that lead to it; none where no way does.
    By(Vec<String>),
    Unknown,
}

impl Mounted {
    /// Of the mux that an expression names; `None` where it is no mux of net/http.
    pub fn of<'s>(lens: &Lens<'s>, world: &World, site: &Site<'s>, base: &'s Expr) -> Option<Mounted> {
        is_mux(lens, site, base, 2).then(|| {
            let mut follow = Follow::new(lens, world);
            follow.mux(site, base, &Way::default(), DEPTH);
            follow.found()
        })
    }

    /// Of `http.DefaultServeMux`.
    pub fn of_default(lens: &Lens, world: &World) -> Mounted {
        let mut follow = Follow::new(lens, world);
        follow.global(&default_mux(), &Way::default(), DEPTH);
        follow.found()
    }

    /// Of the handler in which something stands.
    pub fn of_handler<'s>(lens: &Lens<'s>, world: &World, site: &Site<'s>, node: NodeId) -> Mounted {
        let mut follow = Follow::new(lens, world);
        follow.work(site, node, &Way::default(), DEPTH);
        follow.found()
    }

    /// By which paths a route of the mux is asked for.
    pub fn asked(&self, own: &str) -> Asked {
        let mut all = Vec::new();
        for way in &self.ways {
            let mut path = Some(own.to_string());
            for step in way.steps() {
                path = match (step, path) {
                    (Step::Unknown, _) => return Asked::Unknown,
                    (_, None) => None,
                    (Step::Strip(before), Some(path)) => Some(format!("{}{path}", before.trim_end_matches('/'))),
                    (Step::Pattern(pattern), Some(path)) => Some(path).filter(|path| takes(pattern, path)),
                };
            }
            all.extend(path.filter(|path| !all.contains(path)));
        }
        if self.ways.is_empty() && !self.unserved { Asked::By(vec![own.to_string()]) } else { Asked::By(all) }
    }
}

/// Whether an expression is a mux of net/http, also behind an interface that callers hand one over for.
fn is_mux<'s>(lens: &Lens<'s>, site: &Site<'s>, base: &'s Expr, depth: u32) -> bool {
    let known = |ty: &Symbol| ty.is("net/http", "ServeMux");
    let Some(depth) = depth.checked_sub(1) else { return false };
    if let Some(ty) = lens.type_of(site, base)
        && lens.has_from(&ty.name, "Handle", &known)
    {
        return lens.method(&ty.name, "Handle").is_none();
    }
    let Some(local) = site.body.local(bare(base)) else { return false };
    let Some(Binding::Param(_)) = site.body.locals.get(local as usize).map(|found| found.binding) else { return false };
    let all = lens.arguments(site, local).unwrap_or_default();
    !all.is_empty() && all.iter().all(|(at, arg)| is_mux(lens, at, arg, depth))
}

/// Whether a pattern takes a path (net/http, "Patterns"); those with wildcards are not looked at.
fn takes(pattern: &str, path: &str) -> bool {
    pattern.contains('{') || pattern == path || pattern.ends_with('/') && path.starts_with(pattern)
}
