//! Where standard streams are handed to: parameters and fields of the program's own, as writers of what is not said to be one.

use super::mentions::mark;
use super::search::{Search, is_dead};
use super::writers::is_around;
use crate::build::FileId;
use crate::go::syntax::{Does, Expr, Is, Stmt};
use crate::meaning::body::LocalId;
use crate::meaning::{Lens, Node, NodeId, Place, Site, Symbol, Use, bare};
use assize_facts::kinds::source::Stream;
use std::collections::{BTreeMap, BTreeSet};

/// Functions are followed this far, and fields once.
const DEPTH: u32 = 4;

#[derive(Default)]
pub(super) struct Handed {
    params: BTreeMap<(Place, LocalId), Stream>,
    fields: BTreeMap<(Symbol, String), Stream>,
    /// Files of such functions, and packages of such structs.
    files: BTreeSet<FileId>,
    packages: BTreeSet<String>,
}

enum Step {
    Param(Place, LocalId, Stream),
    Field(Symbol, String, Stream),
}

impl Handed {
    pub fn of(lens: &Lens) -> Handed {
        let search = Search {
            file: &|lens, file| lens.imports(file, "os"),
            marks: mark::STREAM,
            words: &[],
            dependencies: false,
        };
        let (found, _) = search.run(lens, |site| {
            let mut steps = Vec::new();
            for (node, expr) in site.body.exprs() {
                let stream = match lens.symbol(site, expr) {
                    Some(symbol) if symbol.is("os", "Stdout") => Stream::Stdout,
                    Some(symbol) if symbol.is("os", "Stderr") => Stream::Stderr,
                    _ => continue,
                };
                follow(lens, site, node, stream, DEPTH, &mut steps);
            }
            if !steps.is_empty() && is_dead(lens, site) {
                steps.clear();
            }
            steps
        });
        let mut handed = Handed::default();
        let mut more = Vec::new();
        for step in &found {
            if let Step::Field(ty, field, stream) = step {
                for (site, node) in lens.kept(ty, field).map_or_else(Vec::new, |kept| kept.uses) {
                    if let Use::Read = site.body.use_of(node) {
                        follow(lens, &site, node, *stream, DEPTH, &mut more);
                    }
                }
            }
        }
        found.into_iter().chain(more).for_each(|step| handed.add(lens, step));
        handed
    }

    fn add(&mut self, lens: &Lens, step: Step) {
        match step {
            Step::Param(place, local, stream) => {
                self.files.insert(place.file);
                self.params.entry((place, local)).or_insert(stream);
            }
            Step::Field(ty, field, stream) => {
                let files = lens.source.program.packages.get(&*ty.path).map_or(&[][..], |package| &package.go_files);
                self.files.extend(files);
                self.packages.insert(ty.path.to_string());
                self.fields.entry((ty, field)).or_insert(stream);
            }
        }
    }

    /// Whether a file can name a parameter or a field that holds one.
    pub fn matters(&self, lens: &Lens, file: FileId) -> bool {
        self.files.contains(&file) || self.packages.iter().any(|path| lens.imports(file, path))
    }

    /// The stream that a writer is for some caller, or for some value of its struct.
    pub fn stream<'s>(&self, lens: &Lens<'s>, site: &Site<'s>, writer: &'s Expr) -> Option<Stream> {
        let writer = bare(writer);
        match &writer.is {
            Is::Name(_) => self.params.get(&(site.place, site.body.local(writer)?)).copied(),
            Is::Select(base, field) if !self.fields.is_empty() && lens.symbol(site, writer).is_none() => {
                let ty = lens.type_of(site, base)?.name;
                self.fields.get(&(ty, field.name.to_string())).copied()
            }
            _ => None,
        }
    }
}

/// Where the stream goes that stands at a node.
fn follow<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, stream: Stream, depth: u32, steps: &mut Vec<Step>) {
    let (Some(depth), Some(up)) = (depth.checked_sub(1), site.body.around(node)) else { return };
    match site.body.node(up) {
        Some(Node::Expr(Expr { is: Is::Call(call), .. })) => {
            let Some(index) = call.args.iter().position(|arg| site.body.is_at(arg, node)) else { return };
            if lens.symbol(site, &call.fun).is_some_and(|symbol| is_around(lens, &symbol)) {
                return follow(lens, site, up, stream, depth, steps);
            }
            let Some((at, func)) = lens.callee(site, call) else { return };
            let param = func.signature.params.get(index).filter(|param| !param.variadic);
            let Some(local) = param.and_then(|param| at.body.local_at(param.name.as_ref()?.at)) else { return };
            steps.push(Step::Param(at.place, local, stream));
            for (node, _) in at.body.uses(local).filter(|(_, used)| matches!(used, Use::Read)) {
                follow(lens, &at, node, stream, depth, steps);
            }
        }
        Some(Node::Element(element)) => {
            let literal = site.body.around(up).and_then(|around| site.body.node(around));
            let Some(Node::Expr(Expr { is: Is::Composite(Some(ty), _), .. })) = literal else { return };
            let Some((ty, field)) = lens.named(site, ty).zip(element.name()) else { return };
            steps.extend(own(lens, ty.name, field, stream));
        }
        Some(Node::Stmt(Stmt { does: Does::Assign(left, None, right), .. })) => {
            let index = right.iter().position(|value| site.body.is_at(value, node));
            let Some(Is::Select(base, field)) = index.and_then(|index| left.get(index)).map(|target| &bare(target).is)
            else {
                return;
            };
            let Some(ty) = lens.type_of(site, base) else { return };
            steps.extend(own(lens, ty.name, &field.name, stream));
        }
        _ => {}
    }
}

fn own(lens: &Lens, ty: Symbol, field: &str, stream: Stream) -> Option<Step> {
    lens.type_spec(&ty)?;
    Some(Step::Field(ty, field.into(), stream))
}
