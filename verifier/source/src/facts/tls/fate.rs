//! Where a configuration goes: to a server, to a client, on to other code, or out of sight.

use super::super::types::Types;
use super::TLS;
use super::around::{holds_struct, is_credentials, is_pointed, struct_at};
use super::creations::{Creation, Made, is_assigned};
use super::others::{Leads, by_field, by_function, by_method, config_at, harmless_method, is_client};
use super::replaced;
use super::returns::returns_of;
use crate::facts::search::called;
use crate::go::syntax::{Call, Does, Expr, Func, Is, Op, Stmt};
use crate::meaning::{Lens, Node, NodeId, Place, Site, Symbol, Use, bare};
use std::collections::BTreeSet;

/// What was seen of the ways that a configuration goes.
#[derive(Debug, Default)]
pub(super) struct Fate {
    pub server: bool,
    /// A server of QUIC takes it.
    pub quic: bool,
    /// A callback gives it to a server.
    pub chosen: bool,
    pub client: bool,
    /// Some way was not followed to its end.
    pub lost: bool,
    /// Other code of the program can change it.
    pub escapes: bool,
    /// Where servers are given it.
    pub given: Vec<(Place, NodeId)>,
    /// Fields of structs that take it.
    pub fields: BTreeSet<String>,
    /// Code that was not delivered, or that is not known to leave it alone, gets it.
    pub foreign: bool,
    /// Code that writes through any pointer gets it.
    pub written: bool,
    /// The local variables that hold it in its own declaration, in the order found.
    pub holders: Vec<u32>,
    /// The package's variable that holds it.
    pub global: Option<Symbol>,
    /// Where a variable that holds it is named to be copied.
    pub copied: Vec<(Place, NodeId)>,
}

impl Fate {
    /// Whether every way was followed, and none leads to where configurations are used: of such a template only copies are.
    pub fn is_unused(&self) -> bool {
        !(self.server || self.quic || self.client || self.lost || self.foreign) && self.fields.is_empty()
    }
}

const DEPTH: u32 = 6;

pub(super) struct Follow<'f, 's> {
    pub lens: &'f Lens<'s>,
    /// Where it is not known yet whether the value is a configuration: it is followed out of functions only as one of these.
    pub types: Option<&'f Types>,
    home: Place,
    pub fate: Fate,
    /// The field of a struct that is followed in the configuration's stead, and from where on.
    pub held: Option<(&'f str, NodeId)>,
    /// Whether a server is.
    pub serves: bool,
    /// How many structs are around it by then.
    within: u32,
    seen: BTreeSet<(Place, NodeId)>,
    /// Variables, and where they got it.
    entered: BTreeSet<(Place, u32, NodeId)>,
}

pub(super) fn fate<'s>(lens: &Lens<'s>, site: &Site<'s>, creation: &Creation<'s>) -> Fate {
    let mut follow = Follow::new(lens, None, site);
    match creation.made {
        Made::Field => {
            follow.fate.lost = true;
            follow.fate.escapes = true;
        }
        Made::Default | Made::Cleared => {}
        Made::Options if let Some(local) = creation.local => follow.local(site, local, creation.node, DEPTH),
        Made::Zero => match (creation.local, creation.line) {
            (Some(local), _) => follow.local(site, local, creation.node, DEPTH),
            (None, Some((spec, index))) => {
                if let Some(name) = spec.names.get(index) {
                    let symbol = Symbol::new(lens.package(site.place.file), &name.name);
                    follow.global(symbol, DEPTH);
                }
            }
            (None, None) => follow.fate.lost = true,
        },
        Made::Literal | Made::New | Made::Clone | Made::Factory | Made::Foreign | Made::Options => {
            follow.value(site, creation.node, 0, DEPTH)
        }
    }
    follow.fate
}

/// What becomes of the configuration at a node.
pub(super) fn of_value<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> Fate {
    let mut follow = Follow::new(lens, None, site);
    follow.value(site, node, 0, DEPTH);
    follow.fate
}

/// Whether a value goes, by the first step or through one variable, to where configurations go.
pub(super) fn sinks<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>, node: NodeId) -> bool {
    let mut follow = Follow::new(lens, Some(types), site);
    follow.value(site, node, 0, 2);
    (follow.fate.server || follow.fate.quic || follow.fate.client) && !is_credentials(site, node)
}

impl<'f, 's> Follow<'f, 's> {
    pub fn new(lens: &'f Lens<'s>, types: Option<&'f Types>, site: &Site<'s>) -> Follow<'f, 's> {
        let (fate, home) = (Fate::default(), site.place);
        Follow {
            lens,
            types,
            home,
            fate,
            held: None,
            serves: false,
            within: 0,
            seen: BTreeSet::new(),
            entered: BTreeSet::new(),
        }
    }

    pub fn lose(&mut self) {
        self.fate.lost = true;
        self.fate.escapes = true;
    }

    /// Follows the value at a node; of a call with several results the one at an index.
    pub fn value(&mut self, site: &Site<'s>, node: NodeId, result: usize, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return self.lose() };
        if !self.seen.insert((site.place, node)) {
            return;
        }
        let Some(up) = site.body.around(node) else { return self.lose() };
        match site.body.node(up) {
            Some(Node::Expr(parent)) => self.within(site, node, up, parent, depth),
            Some(Node::Element(element)) => self.element(site, node, up, element, depth),
            Some(Node::Stmt(stmt)) => self.statement(site, node, stmt, result, depth),
            Some(Node::Spec(spec)) => {
                let index = spec.values.iter().position(|e| site.body.is_at(e, node)).unwrap_or(0) + result;
                let Some(name) = spec.names.get(index) else { return self.lose() };
                match site.body.local_at(name.at) {
                    Some(local) => self.local(site, local, node, depth),
                    None => self.global(Symbol::new(self.lens.package(site.place.file), &name.name), depth),
                }
            }
            Some(Node::Item(_)) | None => self.lose(),
        }
    }

    fn within(&mut self, site: &Site<'s>, node: NodeId, up: NodeId, parent: &'s Expr, depth: u32) {
        match &parent.is {
            Is::Unary(Op::Address, _) => self.value(site, up, 0, depth),
            Is::Call(call) if call.args.iter().any(|arg| site.body.is_at(arg, node)) => {
                self.passed(site, node, up, call, depth)
            }
            // A field that is read, a comparison, a copy: the copy is a configuration of its own.
            Is::Select(_, name) => match called(site, up) {
                Some(_) if !harmless_method(&name.name) => self.lose(),
                _ => {}
            },
            Is::Binary(..) | Is::Star(_) => {}
            _ => self.lose(),
        }
    }

    fn element(
        &mut self,
        site: &Site<'s>,
        node: NodeId,
        up: NodeId,
        element: &'s crate::go::syntax::Element,
        depth: u32,
    ) {
        let Some(around) = site.body.around(up) else { return self.lose() };
        let owner = struct_at(self.lens, site, around);
        self.fate.escapes = true;
        let Some(Expr { is: Is::Name(field), .. }) = &element.key else {
            // One of a list of servers.
            if self.serves {
                self.value(site, around, 0, depth);
            }
            return self.lose();
        };
        if &**field == "TLSConfig" && replaced::field(site, around, field) {
            return self.fate.given.push((site.place, node));
        }
        if self.sink(owner.as_ref(), field, depth) {
            self.fate.given.push((site.place, node));
            self.of_server(site, owner.as_ref(), |follow| follow.value(site, around, 0, DEPTH));
        } else if self.is_own(owner.as_ref()) {
            self.of_struct(site, field, node, |follow| follow.value(site, around, 0, DEPTH));
        }
    }

    /// Whether a struct is one of the program's own; those in others are looked at, too.
    fn is_own(&self, owner: Option<&Symbol>) -> bool {
        const MOST: u32 = 4;
        self.within < MOST && self.types.is_none() && owner.is_some_and(|owner| self.lens.is_delivered(&owner.path))
    }

    /// Who writes through any pointer to a struct that holds it writes it, too, once it is there.
    fn of_struct(&mut self, site: &Site<'s>, field: &str, from: NodeId, ways: impl FnOnce(&mut Follow<'_, 's>)) {
        // What decoders do not see of a struct they do not see of what holds it.
        let hidden = self.held.map(|(field, _)| field).filter(|field| !field.starts_with(char::is_uppercase));
        let held = Some((hidden.unwrap_or(field), from));
        let mut follow = Follow { held, within: self.within + 1, ..Follow::new(self.lens, None, site) };
        ways(&mut follow);
        self.fate.foreign |= follow.fate.written;
        self.fate.written |= follow.fate.written;
    }

    fn leads(&mut self, way: Leads) {
        match way {
            Leads::Server => self.fate.server = true,
            Leads::Quic => self.fate.quic = true,
            Leads::Client => self.fate.client = true,
            Leads::On => {}
        }
    }

    /// A struct's field takes it; whether it is that of a server.
    fn sink(&mut self, owner: Option<&Symbol>, field: &str, depth: u32) -> bool {
        self.fate.escapes = true;
        self.fate.fields.insert(field.to_string());
        let (path, name) = owner.map_or(("", ""), |s| (&s.path, &s.name));
        let of_server = |s: &Symbol| self.lens.has_from(s, field, &|known| known.is("net/http", "Server"));
        let way = match by_field(path, name, field) {
            // A name that is known says nothing where the supplier's own code has it.
            Some(Leads::Quic) if self.lens.is_substituted(path) => Some(Leads::Server),
            None if field == "TLSConfig" && owner.is_some_and(of_server) => Some(Leads::Server),
            None if owner.is_some_and(|owner| self.is_known_client(&owner.path)) => Some(Leads::Client),
            way => way,
        };
        match way {
            Some(way) => self.leads(way),
            None => self.kept(owner, field, depth),
        }
        matches!(way, Some(Leads::Server | Leads::Quic))
    }

    /// A field of the program's own takes it: it goes on where that is read.
    fn kept(&mut self, owner: Option<&Symbol>, field: &str, depth: u32) {
        self.seen_by(owner.map(|owner| &*owner.path), "");
        let kept = owner.and_then(|owner| self.lens.kept(owner, field)).filter(|kept| kept.pointer);
        let Some(kept) = kept else { return self.fate.lost = true };
        for (site, node) in kept.uses {
            match site.body.use_of(node) {
                Use::Read => self.value(&site, node, 0, depth),
                Use::Address => self.lose(),
                Use::Method(name) if !harmless_method(name) => self.lose(),
                Use::Field(name) => self.field_read(&site, node, name),
                Use::Assign(_) if is_pointed(&site, node) => self.overwritten(),
                Use::Assign(_) | Use::AssignField(..) | Use::Method(..) => {}
            }
        }
    }

    /// `*c = other`: what it was made as is gone.
    fn overwritten(&mut self) {
        self.fate.foreign = true;
        self.lose();
    }

    fn statement(&mut self, site: &Site<'s>, node: NodeId, stmt: &'s Stmt, result: usize, depth: u32) {
        match &stmt.does {
            Does::Return(values) => {
                let index = values.iter().position(|e| site.body.is_at(e, node)).unwrap_or(0) + result;
                self.returned(site, node, index, depth);
            }
            Does::Define(left, right) | Does::Assign(left, None, right) => {
                let Some(index) = right.iter().position(|e| site.body.is_at(e, node)) else { return };
                match left.get(index + result).map(bare) {
                    Some(target) => self.target(site, node, target, depth),
                    None => self.lose(),
                }
            }
            Does::Expr(_) | Does::Go(_) | Does::Defer(_) | Does::Range(_) => {}
            Does::Send(parts) => {
                self.seen_by_root(site, &parts[0], "");
                self.lose();
            }
            _ => self.lose(),
        }
    }

    fn target(&mut self, site: &Site<'s>, from: NodeId, target: &'s Expr, depth: u32) {
        match &target.is {
            Is::Name(name) if &**name == "_" => {}
            Is::Name(_) => match site.body.local(target) {
                Some(local) => self.local(site, local, from, depth),
                None => match self.lens.symbol(site, target) {
                    Some(symbol) => self.global(symbol, depth),
                    None => self.lose(),
                },
            },
            // `*c = tls.Config{…}`.
            Is::Star(inside) => match site.body.local(bare(inside)) {
                Some(local) => {
                    self.fate.escapes = true;
                    self.local(site, local, from, depth);
                }
                None => self.lose(),
            },
            Is::Select(base, field) => match self.lens.symbol(site, target) {
                Some(symbol) => self.global(symbol, depth),
                None => {
                    let owner = self.lens.type_of(site, base).map(|t| t.name);
                    if owner.is_none() && self.is_of_client(site, base) {
                        self.fate.escapes = true;
                        return self.leads(Leads::Client);
                    }
                    let of_server = self.sink(owner.as_ref(), &field.name, depth);
                    self.fate.given.extend(of_server.then_some((site.place, from)));
                    let local = site.body.local(bare(base));
                    if let Some(local) = local.filter(|_| of_server) {
                        self.of_server(site, owner.as_ref(), |follow| follow.local(site, local, 0, DEPTH));
                    } else if let Some(local) = local.filter(|_| self.is_own(owner.as_ref())) {
                        self.of_struct(site, &field.name, from, |follow| follow.local(site, local, from, DEPTH));
                    } else if let Some((holder, local, field)) = held_by(site, base).filter(|_| of_server) {
                        let ty = self.lens.type_of(site, holder).map(|ty| ty.name);
                        self.of_server(site, owner.as_ref(), |follow| follow.kept(ty.as_ref(), field, DEPTH));
                        self.of_struct(site, field, from, |follow| follow.local(site, local, from, DEPTH));
                    } else if let Some(symbol) = self.lens.symbol(site, base).filter(|_| of_server) {
                        self.of_server(site, owner.as_ref(), |follow| follow.global(symbol, DEPTH));
                    }
                }
            },
            _ => self.lose(),
        }
    }

    /// A variable that holds it from a node on, where it got it.
    fn local(&mut self, site: &Site<'s>, local: u32, from: NodeId, depth: u32) {
        if !self.entered.insert((site.place, local, from)) {
            return;
        }
        if site.place == self.home && !self.fate.holders.contains(&local) {
            self.fate.holders.push(local);
        }
        let gone = replaced::whole(site, local, from);
        for (node, index) in returns_of(self.lens, site, local) {
            if !gone.as_ref().is_some_and(|gone| gone.hides(site, node)) {
                self.returned(site, node, index, depth);
            }
        }
        for (node, used) in site.body.uses(local) {
            let before = |(_, from)| site.place == self.home && node < from;
            if gone.as_ref().is_some_and(|gone| gone.hides(site, node)) || self.held.is_some_and(before) {
                continue;
            }
            match used {
                // A copy of the struct is a configuration of its own.
                Use::Read if is_assigned(site, node) && holds_struct(site, local) => {}
                Use::Read => self.value(site, node, 0, depth),
                Use::Address => match site.body.around(node) {
                    Some(up) => self.value(site, up, 0, depth),
                    None => self.lose(),
                },
                Use::Method("Clone") => self.fate.copied.push((site.place, node)),
                Use::Method(name) if !harmless_method(name) => self.lose(),
                Use::Field(name) => self.field_read(site, node, name),
                Use::Assign(_) if is_pointed(site, node) => self.overwritten(),
                Use::Assign(_) | Use::AssignField(..) | Use::Method(..) => {}
            }
        }
    }

    fn global(&mut self, symbol: Symbol, depth: u32) {
        self.fate.escapes = true;
        self.seen_by(Some(&symbol.path), "");
        // Every configuration in a variable is followed to all its uses.
        const MOST: usize = 500;
        if self.lens.mentions(&symbol).len() > MOST {
            self.fate.foreign = true;
            return self.lose();
        }
        for (site, node) in self.lens.mentions(&symbol).iter() {
            match site.body.use_of(*node) {
                Use::Read => self.value(site, *node, 0, depth),
                Use::Address => match site.body.around(*node) {
                    Some(up) => self.value(site, up, 0, depth),
                    None => self.lose(),
                },
                Use::Method(name) if !harmless_method(name) => self.lose(),
                Use::Field(name) => self.field_read(site, *node, name),
                Use::Assign(_) if is_pointed(site, *node) => self.overwritten(),
                Use::Assign(_) | Use::AssignField(..) | Use::Method(..) => {}
            }
        }
        self.fate.global = Some(symbol);
    }

    fn passed(&mut self, site: &Site<'s>, node: NodeId, up: NodeId, call: &'s Call, depth: u32) {
        let Some(index) = call.args.iter().position(|arg| site.body.is_at(arg, node)) else { return self.lose() };
        let Some(symbol) = self.lens.symbol(site, &call.fun) else {
            return self.passed_to_method(site, call, index, depth);
        };
        let function = self.lens.function(&symbol);
        match (&*symbol.path, &*symbol.name) {
            (path, name) if self.is_border(site, path) => self.handed_out(name),
            // A name that is known says nothing where the supplier's own code has it.
            _ if function.is_some() && self.lens.is_substituted(&symbol.path) => {
                if let Some((at, func)) = function {
                    self.param(&at, func, index, depth);
                }
            }
            (TLS, name) if config_at(name).is_some_and(|at| at != index) => {}
            ("", "append") => self.lose(),
            (path, name) if let Some(way) = by_function(path, name) => match way {
                Leads::On => self.value(site, up, 0, depth),
                way => {
                    self.fate.given.push((site.place, node));
                    self.leads(way);
                }
            },
            ("", _) => {}
            _ if self.lens.is_type(&symbol) => self.value(site, up, 0, depth),
            (path, _) if self.is_known_client(path) => self.leads(Leads::Client),
            _ => match function {
                Some((at, func)) => self.param(&at, func, index, depth),
                None => self.handed_over(site, &symbol.path, &symbol.name),
            },
        }
    }

    /// Whether a package belongs to a module that only dials. What is followed to learn whether it is a configuration may be anything there.
    fn is_known_client(&self, path: &str) -> bool {
        self.types.is_none() && is_client(path) && !self.lens.is_substituted(path)
    }

    /// Whether what has no known type was made by such a module.
    fn is_of_client(&self, site: &Site<'s>, made: &'s Expr) -> bool {
        let root = self.lens.root(site, made);
        root.is_some_and(|symbol| self.is_known_client(&symbol.path))
    }

    fn passed_to_method(&mut self, site: &Site<'s>, call: &'s Call, index: usize, depth: u32) {
        let Is::Select(base, name) = &bare(&call.fun).is else {
            self.handed_to_value(site, &call.fun);
            return self.lose();
        };
        let Some(ty) = self.lens.type_of(site, base) else {
            self.seen_by_root(site, base, &name.name);
            if self.is_of_client(site, base) {
                return self.leads(Leads::Client);
            }
            self.fate.foreign = true;
            return self.lose();
        };
        if self.is_border(site, &ty.name.path) {
            return self.handed_out(&name.name);
        }
        match self.lens.method(&ty.name, &name.name) {
            // Its own code says more than its name, where a supplier may have written it.
            Some((at, func)) if self.lens.is_substituted(&ty.name.path) => self.param(&at, func, index, depth),
            found => match (by_method(&ty.name.path, &ty.name.name, &name.name), found) {
                (Some(way), _) => self.leads(way),
                (None, _) if self.is_known_client(&ty.name.path) => self.leads(Leads::Client),
                (None, Some((at, func))) => self.param(&at, func, index, depth),
                (None, None) => self.handed_over(site, &ty.name.path, &name.name),
            },
        }
    }

    fn param(&mut self, at: &Site<'s>, func: &'s Func, index: usize, depth: u32) {
        self.fate.escapes = true;
        let param = func.signature.params.get(index).or(func.signature.params.last());
        // A list of them is not followed: what writes through any pointer there may write it.
        self.fate.written |= param.is_some_and(|p| p.variadic) && super::writes_somewhere(self.lens, at);
        let param = param.filter(|p| !p.variadic && func.body.is_some());
        if !self.may_be(at, param.map(|p| &p.ty)) {
            return self.lose();
        }
        match param.map(|p| p.name.as_ref()) {
            // `_` is not used.
            Some(Some(name)) => {
                if let Some(local) = at.body.local_at(name.at) {
                    self.local(at, local, 0, depth);
                }
            }
            Some(None) => {}
            None => self.lose(),
        }
    }
}

/// The variable of a struct that holds a server, and the field: of `a.srv`.
fn held_by<'s>(site: &Site<'s>, server: &'s Expr) -> Option<(&'s Expr, u32, &'s str)> {
    let Is::Select(holder, field) = &bare(server).is else { return None };
    let local = site.body.local(bare(holder))?;
    Some((holder, local, &*field.name))
}
