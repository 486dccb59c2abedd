//! Where standard streams are handed to: parameters and fields of the program's own, as writers of what is not said to be one.

use super::mentions::mark;
use super::search::{Search, called, is_dead, made_with};
use super::writers::{is_around, named_otherwise};
use crate::build::FileId;
use crate::go::syntax::{Does, Expr, Is, Item, Op, Signature, Stmt};
use crate::meaning::body::LocalId;
use crate::meaning::{Lens, Node, NodeId, Place, Site, Symbol, Use, bare};
use assize_facts::Known;
use assize_facts::kinds::source::Stream;
use std::collections::{BTreeMap, BTreeSet};

/// Functions and variables are followed this far, and fields of structs in as many rounds.
const DEPTH: u32 = 16;
const ROUNDS: usize = 4;

/// Standard streams that something may be, and whether something else may be in their place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Source {
    stdout: bool,
    stderr: bool,
    open: bool,
}

impl Source {
    fn new(stream: Stream, open: bool) -> Source {
        Source { stdout: stream == Stream::Stdout, stderr: stream == Stream::Stderr, open }
    }

    fn of(known: &Known<Stream>) -> Source {
        let all = match known {
            Known::Value(one) => std::slice::from_ref(one),
            Known::Possible(all) => all.as_slice(),
            Known::Unknown(_) => &[Stream::Other],
        };
        let has = |stream| all.contains(&stream);
        Source { stdout: has(Stream::Stdout), stderr: has(Stream::Stderr), open: has(Stream::Other) }
    }

    fn or(self, other: Source) -> Source {
        Source {
            stdout: self.stdout || other.stdout,
            stderr: self.stderr || other.stderr,
            open: self.open || other.open,
        }
    }

    fn or_another(self, open: bool) -> Source {
        Source { open: self.open || open, ..self }
    }

    fn known(self) -> Known<Stream> {
        let of = [(self.stdout, Stream::Stdout), (self.stderr, Stream::Stderr), (self.open, Stream::Other)];
        let all: Vec<Stream> = of.into_iter().filter(|(is, _)| *is).map(|(_, stream)| stream).collect();
        if let [one] = all[..] { one.into() } else { Known::Possible(all) }
    }
}

#[derive(Default)]
pub(super) struct Handed {
    params: BTreeMap<(Place, LocalId), Source>,
    fields: BTreeMap<(Symbol, String), Source>,
    /// Places where a variable, an element or a result that is one among others is named.
    names: BTreeMap<(Place, NodeId), Source>,
    /// Files of such functions, and packages of such structs.
    files: BTreeSet<FileId>,
    packages: BTreeSet<String>,
}

enum Step {
    Param(Place, LocalId, Source),
    Field(Symbol, String, Source),
    Name(Place, NodeId, Source),
}

/// What was met on the ways of streams, and where they were followed already.
#[derive(Default)]
struct Steps {
    all: Vec<Step>,
    seen: BTreeSet<(Place, NodeId, Source)>,
}

impl Steps {
    fn push(&mut self, step: Step) {
        self.all.push(step);
    }
}

impl Handed {
    pub fn of(lens: &Lens) -> Handed {
        let search = Search {
            file: &|lens, file| ["os", "log", "flag"].iter().any(|path| lens.imports(file, path)),
            marks: mark::STREAM,
            words: &["NewFile", "/dev/std", "/fd/", "CommandLine", "Writer()"],
            dependencies: false,
        };
        let (found, _) = search.run(lens, |site| {
            let mut steps = Steps::default();
            for (node, expr) in site.body.exprs() {
                let stream = match &expr.is {
                    Is::Call(_) => match named_otherwise(lens, site, expr) {
                        Some(known) => Source::of(&known),
                        None => continue,
                    },
                    _ => match lens.symbol(site, expr) {
                        Some(symbol) if symbol.is("os", "Stdout") => Source::new(Stream::Stdout, false),
                        Some(symbol) if symbol.is("os", "Stderr") => Source::new(Stream::Stderr, false),
                        _ => continue,
                    },
                };
                if let Is::Call(_) = expr.is {
                    steps.push(Step::Name(site.place, node, stream));
                }
                follow(lens, site, node, stream, DEPTH, &mut steps);
            }
            if !steps.all.is_empty() && is_dead(lens, site) {
                steps.all.clear();
            }
            steps.all
        });
        let mut handed = Handed::default();
        let (mut round, mut seen) = (found, BTreeSet::new());
        for _ in 0..ROUNDS {
            let mut more = Steps::default();
            for step in &round {
                let Step::Field(ty, field, stream) = step else { continue };
                if !seen.insert((ty.clone(), field.clone(), *stream)) {
                    continue;
                }
                for (site, node) in lens.kept(ty, field).map_or_else(Vec::new, |kept| kept.uses) {
                    if let Use::Read = site.body.use_of(node) {
                        follow(lens, &site, node, *stream, DEPTH, &mut more);
                    }
                }
            }
            round.into_iter().for_each(|step| handed.add(lens, step));
            round = more.all;
        }
        round.into_iter().for_each(|step| handed.add(lens, step));
        handed
    }

    fn add(&mut self, lens: &Lens, step: Step) {
        match step {
            Step::Param(place, local, stream) => {
                self.files.insert(place.file);
                join(&mut self.params, (place, local), stream);
            }
            Step::Field(ty, field, stream) => {
                let files = lens.source.program.packages.get(&*ty.path).map_or(&[][..], |package| &package.go_files);
                self.files.extend(files);
                self.packages.insert(ty.path.to_string());
                join(&mut self.fields, (ty, field), stream);
            }
            Step::Name(place, node, stream) => {
                self.files.insert(place.file);
                join(&mut self.names, (place, node), stream);
            }
        }
    }

    /// The same of a variable, an element or a result that stands at a writer's place.
    pub fn named<'s>(&self, site: &Site<'s>, writer: &'s Expr) -> Option<Known<Stream>> {
        self.names.get(&(site.place, site.body.place(bare(writer))?)).copied().map(Source::known)
    }

    /// Whether a file can name a parameter or a field that holds one.
    pub fn matters(&self, lens: &Lens, file: FileId) -> bool {
        self.files.contains(&file) || self.packages.iter().any(|path| lens.imports(file, path))
    }

    /// The stream that a writer is for some caller, or for some value of its struct.
    pub fn stream<'s>(&self, lens: &Lens<'s>, site: &Site<'s>, writer: &'s Expr) -> Option<Known<Stream>> {
        let writer = bare(writer);
        let source = match &writer.is {
            Is::Name(_) => self.params.get(&(site.place, site.body.local(writer)?)).copied(),
            Is::Select(base, field) if !self.fields.is_empty() && lens.symbol(site, writer).is_none() => {
                let ty = lens.type_of(site, base)?.name;
                self.fields.get(&(ty, field.name.to_string())).copied()
            }
            _ => None,
        };
        source.map(Source::known)
    }
}

fn join<K: Ord>(all: &mut BTreeMap<K, Source>, key: K, stream: Source) {
    all.entry(key).and_modify(|known| *known = known.or(stream)).or_insert(stream);
}

/// Where the stream goes that stands at a node.
fn follow<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, stream: Source, depth: u32, steps: &mut Steps) {
    let (Some(depth), Some(up)) = (depth.checked_sub(1), site.body.around(node)) else { return };
    if !steps.seen.insert((site.place, node, stream)) {
        return;
    }
    let index_in = |values: &'s [Expr]| values.iter().position(|value| site.body.is_at(value, node));
    match site.body.node(up) {
        Some(Node::Expr(Expr { is: Is::Call(call), .. })) => {
            let Some(index) = index_in(&call.args) else { return };
            let symbol = lens.symbol(site, &call.fun);
            let converts =
                |symbol: &Symbol| &*symbol.path == "io" && symbol.name.contains("Writer") && !is_around(lens, symbol);
            if symbol.as_ref().is_some_and(|symbol| converts(symbol) || lens.is_type(symbol) || is_around(lens, symbol))
            {
                steps.push(Step::Name(site.place, up, stream));
                return follow(lens, site, up, stream, depth, steps);
            }
            let (at, params) = match (&bare(&call.fun).is, lens.callee(site, call)) {
                (Is::Func(signature, _), _) => (site.clone(), &signature.params),
                (Is::Name(_), None) if let Some(signature) = literal(site, &call.fun) => {
                    (site.clone(), &signature.params)
                }
                (_, Some((at, func))) => (at, &func.signature.params),
                (_, None) => return,
            };
            let param = params.get(index.min(params.len().saturating_sub(1)));
            let Some(param) = param.filter(|param| param.variadic || index < params.len()) else { return };
            let Some(local) = param.name.as_ref().and_then(|name| at.body.local_at(name.at)) else { return };
            if !param.variadic {
                steps.push(Step::Param(at.place, local, stream));
            }
            let reads = |(node, used): (NodeId, Use)| matches!(used, Use::Read).then_some(node);
            for node in at.body.uses(local).filter_map(reads) {
                follow(lens, &at, node, stream, depth, steps);
            }
        }
        Some(Node::Expr(Expr { is: Is::Unary(Op::Address, _) | Is::Assert(..), .. })) => {
            steps.push(Step::Name(site.place, up, stream));
            follow(lens, site, up, stream, depth, steps);
        }
        Some(Node::Expr(Expr { is: Is::Index(list, _), .. })) if site.body.is_at(list, node) => {
            steps.push(Step::Name(site.place, up, stream.or_another(true)));
            follow(lens, site, up, stream, depth, steps);
        }
        Some(Node::Element(element)) => {
            let Some(whole) = site.body.around(up) else { return };
            let Some(Node::Expr(Expr { is: Is::Composite(Some(ty), all), .. })) = site.body.node(whole) else { return };
            let named = lens.named(site, ty);
            let index = all.iter().position(|other| std::ptr::eq(other, element));
            match named.zip(index) {
                Some((ty, index)) => {
                    let by_name = |name: &str| (name.to_string(), matches!(name, "Writer" | "File"));
                    let found = match element.name() {
                        Some(name) => Some(by_name(name)),
                        None => lens.field_at(&ty.name, index),
                    };
                    let Some((field, embedded)) = found else { return };
                    let writes = lens.method(&ty.name, "Write").is_some();
                    steps.all.extend(own(lens, ty.name, &field, stream));
                    // A writer around it.
                    if embedded || writes {
                        steps.push(Step::Name(site.place, whole, stream));
                        follow(lens, site, whole, stream, depth, steps);
                    }
                }
                // A list, or a struct without a name.
                None => {
                    steps.push(Step::Name(site.place, whole, stream.or_another(true)));
                    follow(lens, site, whole, stream, depth, steps);
                }
            }
        }
        Some(Node::Stmt(Stmt { does: Does::Assign(left, None, right) | Does::Define(left, right), .. })) => {
            let Some(target) = index_in(right)
                .and_then(|index| left.get(index))
                .filter(|_| left.len() == right.len() || right.len() == 1)
            else {
                return;
            };
            match &bare(target).is {
                Is::Select(base, field) if lens.symbol(site, target).is_none() => {
                    let Some(ty) = lens.type_of(site, base) else { return };
                    if let Some(local) =
                        site.body.local(bare(base)).filter(|_| lens.method(&ty.name, "Write").is_some())
                    {
                        held(lens, site, local, None, stream, depth, steps);
                    }
                    steps.all.extend(own(lens, ty.name, &field.name, stream));
                }
                Is::Name(_) | Is::Select(..) => match site.body.local(bare(target)) {
                    Some(local) => held(lens, site, local, site.body.place(target), stream, depth, steps),
                    None => global(lens, lens.symbol(site, target), stream, depth, steps),
                },
                _ => {}
            }
        }
        Some(Node::Spec(spec)) => {
            let Some(name) = index_in(&spec.values).and_then(|index| spec.names.get(index)) else { return };
            match site.body.local_at(name.at) {
                Some(local) => held(lens, site, local, None, stream, depth, steps),
                None => {
                    let symbol = Symbol::new(lens.package(site.place.file), &name.name);
                    global(lens, Some(symbol), stream, depth, steps);
                }
            }
        }
        Some(Node::Stmt(Stmt { does: Does::Range(range), .. })) if site.body.is_at(&range.over, node) => {
            let local = range.left.get(1).and_then(|value| site.body.local(bare(value)));
            if let Some(local) = local {
                held(lens, site, local, None, stream, depth, steps);
            }
        }
        Some(Node::Stmt(Stmt { does: Does::Return(values), .. })) if index_in(values) == Some(0) => {
            let calls = match site.body.closure(node) {
                Some(closure) => called(site, closure).map(|(whole, _)| (site.clone(), whole)).into_iter().collect(),
                None => callers(lens, site),
            };
            for (at, whole) in calls {
                if let Some(node) = at.body.place(whole) {
                    steps.push(Step::Name(at.place, node, stream.or_another(true)));
                    follow(lens, &at, node, stream, depth, steps);
                }
            }
        }
        _ => {}
    }
}

/// Where a variable is named that holds the stream, since a place or since it is there.
fn held<'s>(
    lens: &Lens<'s>,
    site: &Site<'s>,
    local: LocalId,
    since: Option<NodeId>,
    stream: Source,
    depth: u32,
    steps: &mut Steps,
) {
    const MOST: usize = 64;
    let sets = site.body.uses(local).filter(|(_, used)| matches!(used, Use::Assign(_))).count();
    let is_set = since.is_some_and(|since| matches!(site.body.use_of(since), Use::Assign(_)));
    for (node, used) in site.body.uses(local).take(MOST) {
        let alive = site.body.alive(local, node);
        let holds = if is_set { since.is_some_and(|since| alive.shows(since)) } else { alive.first() };
        if !holds || matches!(used, Use::Assign(_)) {
            continue;
        }
        let others = if is_set { alive.first() || sets > 1 } else { sets > 0 };
        steps.push(Step::Name(site.place, node, stream.or_another(others)));
        follow(lens, site, node, stream, depth, steps);
    }
}

fn global<'s>(lens: &Lens<'s>, symbol: Option<Symbol>, stream: Source, depth: u32, steps: &mut Steps) {
    const MOST: usize = 64;
    let Some(symbol) = symbol.filter(|symbol| lens.is_delivered(&symbol.path)) else { return };
    let mentions = lens.mentions(&symbol);
    let is_set = |(at, node): &&(Site<'s>, NodeId)| matches!(at.body.use_of(*node), Use::Assign(_) | Use::Address);
    let first = lens.value(&symbol).iter().filter(|(_, spec, _)| !spec.values.is_empty()).count();
    let stream = stream.or_another(first + mentions.iter().filter(is_set).count() > 1);
    for (at, node) in mentions.iter().take(MOST) {
        if matches!(at.body.use_of(*node), Use::Assign(_)) {
            continue;
        }
        steps.push(Step::Name(at.place, *node, stream));
        follow(lens, at, *node, stream, depth, steps);
    }
}

/// The function literal that a variable begins with.
fn literal<'s>(site: &Site<'s>, fun: &Expr) -> Option<&'s Signature> {
    match &bare(made_with(site, site.body.local(bare(fun))?)?).is {
        Is::Func(signature, _) => Some(signature),
        _ => None,
    }
}

/// The calls of a declared function.
fn callers<'s>(lens: &Lens<'s>, site: &Site<'s>) -> Vec<(Site<'s>, &'s Expr)> {
    const MOST: usize = 32;
    let Some(Item::Func(func)) =
        lens.item(site.place).filter(|item| matches!(item, Item::Func(f) if f.receiver.is_none()))
    else {
        return Vec::new();
    };
    let symbol = Symbol::new(lens.package(site.place.file), &func.name.name);
    let of = |(at, node): &(Site<'s>, NodeId)| Some((at.clone(), called(at, *node)?.0));
    lens.mentions(&symbol).iter().take(MOST).filter_map(of).collect()
}

fn own(lens: &Lens, ty: Symbol, field: &str, stream: Source) -> Option<Step> {
    lens.type_spec(&ty)?;
    Some(Step::Field(ty, field.into(), stream))
}
