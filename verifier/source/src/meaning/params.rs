//! What functions of the program are handed: the arguments of every call that reaches a parameter.
//!
//! Calls are those of the function by its name, of its value in variables and parameters, and of methods by whatever may have that type. Where a
//! function goes elsewhere (a field, a list, an interface, code that was not delivered), nothing is said.

use super::body::{LocalId, Node, NodeId, Use, bare};
use super::names::{Lens, Site, Symbol};
use super::selected::Selections;
use super::types::Type;
use crate::build::{FileId, Package};
use crate::go::syntax::{Call, Does, Expr, Func, Is, Item, Param, Stmt};
use assize_facts::kinds::source::Owner;
use memchr::memmem;
use std::cell::Cell;
use std::sync::Arc;

/// Packages of the standard library that call methods by names in texts.
const BY_NAME: &[&str] = &["text/template", "html/template", "net/rpc"];

/// More calls of one function are not looked at,
const MOST: usize = 64;
/// nor methods that any package may call in programs of more files.
const FILES: usize = 1_500;
/// Function values are followed this far,
const DEPTH: u32 = 6;
/// and to as many places in all for one answer.
const LOOKED_AT: u32 = 500;

/// A call, and how many arguments stand before those that are told: `T.m(v, …)` has the receiver there.
struct Reach<'s> {
    at: Site<'s>,
    call: &'s Call,
    before: usize,
    /// Whether it is surely the function that is called.
    sure: bool,
}

/// A place where a method may be named.
pub(crate) struct Named<'s> {
    pub at: Site<'s>,
    pub node: NodeId,
    /// `T.m`.
    of_type: bool,
    /// Whether it is surely that method.
    pub sure: bool,
}

/// Where something is selected, and of what.
type Selected<'s> = (Site<'s>, NodeId, &'s Expr);

type Calls<'s> = Vec<(Site<'s>, &'s Call)>;

impl<'s> Lens<'s> {
    /// What the calls of the program hand over for a parameter, each with where it stands; `None` where some call may not have been seen.
    pub fn arguments(&self, site: &Site<'s>, local: LocalId) -> Option<Vec<(Site<'s>, &'s Expr)>> {
        let (params, index, reaches) = self.reaches(site, local)?;
        let mut out = Vec::new();
        for reach in reaches {
            match reach.given(params).filter(|_| !params.get(index).is_none_or(|param| param.variadic)) {
                Some(given) => out.push((reach.at, given.get(index)?)),
                None if reach.sure => return None,
                None => {}
            }
        }
        Some(out)
    }

    /// The same for `...T`: the arguments of each call that go there, and whether they are one list.
    pub fn rests(&self, site: &Site<'s>, local: LocalId) -> Option<Vec<(Site<'s>, &'s [Expr], bool)>> {
        let (params, index, reaches) = self.reaches(site, local)?;
        let mut out = Vec::new();
        for reach in reaches {
            match reach.given(params) {
                Some(given) => out.push((reach.at, given.get(index..)?, reach.call.spread)),
                None if reach.sure => return None,
                None => {}
            }
        }
        Some(out)
    }

    /// Whether a declaration is a method that code may call of which nothing is seen here: what calls methods by their names that are only known when it
    /// runs (reflect, templates, net/rpc), and packages that were not delivered, which may know it by an interface of theirs.
    pub fn is_called_from_elsewhere(&self, site: &Site<'s>) -> bool {
        let Some(Item::Func(func)) = self.item(site.place) else { return false };
        let exported = func.name.name.chars().next().is_some_and(char::is_uppercase);
        func.receiver.is_some() && exported && self.source.calls_unseen(|| self.some_calls_are_unseen())
    }

    fn some_calls_are_unseen(&self) -> bool {
        let program = &self.source.program;
        let by_name = |file: &FileId| {
            let by_reflection = || {
                let names = |bytes: &[u8]| memmem::find(bytes, b"Method").is_some();
                self.imports(*file, "reflect") && self.source.bytes(*file).is_none_or(|bytes| names(&bytes))
            };
            BY_NAME.iter().any(|path| self.imports(*file, path)) || by_reflection()
        };
        let own = program.packages.values().filter(|package| package.owner != Owner::Dependency);
        self.lacks_code() || own.flat_map(|package| &package.go_files).any(by_name)
    }

    /// Whether a local is a named result.
    pub(super) fn is_result(&self, site: &Site<'s>, local: LocalId) -> bool {
        let results = match site.body.locals.get(local as usize).and_then(|found| site.body.node(found.at)) {
            Some(Node::Item(Item::Func(func))) => &func.signature.results,
            Some(Node::Expr(Expr { is: Is::Func(signature, _), .. })) => &signature.results,
            _ => return false,
        };
        results.iter().any(|result| is_named(site, result, local))
    }

    /// The parameters among which a local is one, its place there, and the calls that reach it.
    fn reaches(&self, site: &Site<'s>, local: LocalId) -> Option<(&'s [Param], usize, Vec<Reach<'s>>)> {
        let found = site.body.locals.get(local as usize)?;
        let (func, params) = match site.body.node(found.at)? {
            Node::Item(Item::Func(func)) => (Some(func), func.signature.params.as_slice()),
            Node::Expr(Expr { is: Is::Func(signature, _), .. }) => (None, signature.params.as_slice()),
            _ => return None,
        };
        let index = params.iter().position(|param| is_named(site, param, local))?;
        let reach = |(at, call)| Reach { at, call, before: 0, sure: true };
        let left = Cell::new(LOOKED_AT);
        let reaches = match func {
            Some(func) if func.receiver.is_some() => self.of_method(site, func, &left)?,
            Some(func) => self.calls_of(site, func, &left)?.into_iter().map(reach).collect(),
            None => self.calls(site, found.at, DEPTH, &left)?.into_iter().map(reach).collect(),
        };
        (reaches.len() <= MOST).then_some((params, index, reaches))
    }

    /// The calls of a declared function, wherever its name stands.
    fn calls_of(&self, site: &Site<'s>, func: &'s Func, left: &Cell<u32>) -> Option<Calls<'s>> {
        let symbol = Symbol::new(self.package(site.place.file), &func.name.name);
        let mentions = self.mentions(&symbol);
        if mentions.len() > MOST || self.is_set_elsewhere(&symbol) {
            return None;
        }
        let of = |(at, node): &(Site<'s>, NodeId)| self.calls(at, *node, DEPTH, left);
        let all: Option<Vec<Calls<'s>>> = mentions.iter().map(of).collect();
        Some(all?.into_iter().flatten().collect())
    }

    /// The calls of the function that stands at a node.
    fn calls(&self, site: &Site<'s>, node: NodeId, depth: u32, left: &Cell<u32>) -> Option<Calls<'s>> {
        left.set(left.get().checked_sub(1)?);
        if let Some((_, call)) = site.body.called(node) {
            return Some(vec![(site.clone(), call)]);
        }
        let depth = depth.checked_sub(1)?;
        let up = site.body.around(node)?;
        let held = match site.body.node(up)? {
            Node::Stmt(Stmt { does: Does::Define(left, right) | Does::Assign(left, None, right), .. }) => {
                let index = right.iter().position(|e| site.body.is_at(e, node))?;
                bare(left.get(index).filter(|_| left.len() == right.len())?)
            }
            Node::Spec(spec) => {
                let index = spec.values.iter().position(|e| site.body.is_at(e, node))?;
                let name = spec.names.get(index).filter(|_| spec.names.len() == spec.values.len())?;
                return self.calls_through(site, site.body.local_at(name.at)?, depth, left);
            }
            // `f == nil`.
            Node::Expr(Expr { is: Is::Binary(..), .. }) => return Some(Vec::new()),
            Node::Expr(Expr { is: Is::Call(call), .. }) => {
                let index = call.args.iter().position(|e| site.body.is_at(e, node))?;
                let (at, func) = self.function(&self.symbol(site, &call.fun)?)?;
                let param = func.signature.params.get(index).filter(|param| !param.variadic)?;
                func.body.as_ref()?;
                return match &param.name {
                    Some(name) if &*name.name != "_" => {
                        self.calls_through(&at, at.body.local_at(name.at)?, depth, left)
                    }
                    Some(_) | None => Some(Vec::new()),
                };
            }
            _ => return None,
        };
        match &held.is {
            Is::Name(name) if &**name == "_" => Some(Vec::new()),
            Is::Name(_) => self.calls_through(site, site.body.local(held)?, depth, left),
            _ => None,
        }
    }

    /// The calls of a function value that stands at a node; `None` where some may not be seen.
    pub fn calls_through_value(&self, site: &Site<'s>, node: NodeId) -> Option<Vec<(Site<'s>, &'s Call)>> {
        self.calls(site, node, DEPTH, &Cell::new(LOOKED_AT))
    }

    /// The calls of what a variable holds.
    fn calls_through(&self, site: &Site<'s>, local: LocalId, depth: u32, left: &Cell<u32>) -> Option<Calls<'s>> {
        let mut all = Vec::new();
        for (node, used) in site.body.uses(local) {
            match used {
                Use::Assign(_) => {}
                Use::Read => all.extend(self.calls(site, node, depth, left)?),
                Use::Address | Use::AssignField(..) | Use::Field(..) | Use::Method(..) => return None,
            }
        }
        (all.len() <= MOST).then_some(all)
    }

    /// The calls of a method.
    fn of_method(&self, site: &Site<'s>, func: &'s Func, left: &Cell<u32>) -> Option<Vec<Reach<'s>>> {
        let mut all = Vec::new();
        for named in self.method_uses(site, func)? {
            let (before, sure) = (usize::from(named.of_type), named.sure);
            let calls = self.calls(&named.at, named.node, DEPTH, left)?;
            all.extend(calls.into_iter().map(|(at, call)| Reach { at, call, before, sure }));
            if all.len() > MOST {
                return None;
            }
        }
        Some(all)
    }

    /// Where a method is named. One of its name counts wherever nothing says that it is another type's.
    pub fn method_uses(&self, site: &Site<'s>, func: &'s Func) -> Option<Vec<Named<'s>>> {
        let name = &*func.name.name;
        let own = self.named(site, &func.receiver.as_ref()?.ty)?.name;
        let mut all = Vec::new();
        for (at, node, base) in self.selected(&own.path, name)? {
            let value = self.type_of(&at, base);
            let of_type = value.is_none().then(|| self.named(&at, bare(base))).flatten();
            let is_of_type = of_type.is_some();
            let ty = value.or(of_type);
            let sure = ty.as_ref().is_some_and(|ty| self.has_from(&ty.name, name, &|known| *known == own));
            let is_other = |ty: Type| self.has_from(&ty.name, name, &|ty| self.method(ty, name).is_some());
            if sure || !ty.is_some_and(is_other) {
                all.push(Named { at, node, of_type: is_of_type, sure });
            }
        }
        Some(all)
    }

    /// Where a field or a method of a name is selected, in the files that can have to do with a package's types.
    fn selected(&self, path: &str, name: &str) -> Option<Vec<Selected<'s>>> {
        let exported = name.chars().next().is_some_and(char::is_uppercase);
        self.selected_in(if exported { "" } else { path }, name, |package| exported || *package.path == *path)
    }

    /// The same without dependencies, which cannot name the supplier's own types.
    pub(super) fn selected_by_own(&self, path: &str, name: &str) -> Option<Vec<Selected<'s>>> {
        // No package has such a path.
        const OWN: &str = "own packages";
        let exported = name.chars().next().is_some_and(char::is_uppercase);
        let is_own = |package: &Package| package.owner != Owner::Dependency;
        let among = |package: &Package| if exported { is_own(package) } else { *package.path == *path };
        self.selected_in(if exported { OWN } else { path }, name, among)
    }

    fn selected_in(&self, path: &str, name: &str, among: impl Fn(&Package) -> bool) -> Option<Vec<Selected<'s>>> {
        let packages = self.source.program.packages.values().filter(|package| among(package));
        let files: Vec<_> = packages.flat_map(|package| package.go_files.iter().copied()).collect();
        if files.len() > FILES {
            return None;
        }
        let key = Symbol::new(path, name);
        let known = self.selected.lock().ok().and_then(|all| all.get(&key).cloned());
        let found = known.unwrap_or_else(|| {
            let found = self.select(path, &files, name).map(Arc::new);
            if let Ok(mut all) = self.selected.lock() {
                all.insert(key, found.clone());
            }
            found
        })?;
        let of = |(site, node): &(Site<'s>, NodeId)| match site.body.node(*node)? {
            Node::Expr(Expr { is: Is::Select(base, _), .. }) => Some((site.clone(), *node, &**base)),
            _ => None,
        };
        found.iter().map(of).collect()
    }

    /// `path` says which files they are. Declarations are parsed only where the name stands behind a dot, and where it does in few enough.
    fn select(&self, path: &str, files: &[FileId], name: &str) -> Option<Vec<(Site<'s>, NodeId)>> {
        let read = |file: FileId| Some((self.source.bytes(file)?, self.outline(file)));
        let all = self.source.built_go_files();
        // One list serves all packages of a program that is not too large for it.
        let places = match all.len() <= FILES {
            true => {
                let mut among = files.to_vec();
                among.sort_unstable();
                let is_among = |file: FileId| among.binary_search(&file).is_ok();
                self.source.selections("", || Selections::of(&all, read), |found| found.places(name, is_among))
            }
            false => self.source.selections(path, || Selections::of(files, read), |found| found.places(name, |_| true)),
        }?;
        let mut out = Vec::new();
        for site in places.into_iter().filter_map(|place| self.site(place)) {
            let is_it = |(_, expr): &(NodeId, &Expr)| {
                matches!(&expr.is, Is::Select(_, member) if *member.name == *name) && self.symbol(&site, expr).is_none()
            };
            let nodes: Vec<NodeId> = site.body.exprs().filter(is_it).map(|(node, _)| node).collect();
            out.extend(nodes.into_iter().map(|node| (site.clone(), node)));
        }
        Some(out)
    }

    /// What is found once, under a name of its own.
    pub(super) fn remembered(
        &self,
        key: &Symbol,
        find: impl FnOnce() -> Vec<(Site<'s>, NodeId)>,
    ) -> Arc<Vec<(Site<'s>, NodeId)>> {
        let known = self.mentioned.lock().ok().and_then(|all| all.get(key).cloned());
        known.unwrap_or_else(|| {
            let found = Arc::new(find());
            if let Ok(mut all) = self.mentioned.lock() {
                all.insert(key.clone(), found.clone());
            }
            found
        })
    }
}

impl<'s> Reach<'s> {
    /// The arguments, where there are as many as there are parameters; not what another call gives.
    fn given(&self, params: &[Param]) -> Option<&'s [Expr]> {
        let given = self.call.args.get(self.before..)?;
        let fits = match params.last().is_some_and(|param| param.variadic) {
            true => given.len() + 1 >= params.len(),
            false => given.len() == params.len(),
        };
        fits.then_some(given)
    }
}

fn is_named(site: &Site, param: &Param, local: LocalId) -> bool {
    param.name.as_ref().is_some_and(|name| site.body.local_at(name.at) == Some(local))
}
