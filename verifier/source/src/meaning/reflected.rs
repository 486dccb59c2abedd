//! Which of the program's own structs code may get that sets exported fields by their names: decoders, readers of flags and of the environment.
//!
//! Told by what is handed to the standard library's and to code of others. What is handed to a function of the program is met again where that hands
//! it on.

use super::body::{Binding, Node, bare};
use super::names::{Lens, Place, Site, Symbol};
use crate::build::may_be_standard;
use crate::go::syntax::{Call, Does, Expr, Is, Item, Op, Param, Signature, Stmt, TypeSpec};
use assize_facts::kinds::source::Owner;
use std::collections::BTreeSet;

/// Of larger programs it is not told,
const LARGEST: usize = 512 << 10;
/// nor of structs in more others.
const MOST: usize = 64;
/// Types inside of types are followed this far.
const DEPTH: u32 = 8;

impl<'s> Lens<'s> {
    /// Whether a struct, or one that holds it, may be handed to what sets fields by reflection.
    pub(super) fn is_set_by_reflection(&self, ty: &Symbol) -> bool {
        let find = || self.is_too_large() || self.holders(ty).is_none_or(|holders| self.is_handed_out(&holders));
        self.source.set_by_reflection(ty, find)
    }

    /// The type and those that lead to a value of it.
    fn holders(&self, ty: &Symbol) -> Option<BTreeSet<Symbol>> {
        let mut all = BTreeSet::from([ty.clone()]);
        let mut open = vec![ty.clone()];
        while let Some(ty) = open.pop() {
            for (at, node) in self.mentions(&ty).iter() {
                let Some(Item::Types(specs)) = self.item(at.place) else {
                    // In a type that a function declares, or in a struct without a name.
                    let mut up = at.body.around(*node);
                    while let Some(node) = up {
                        match at.body.node(node) {
                            Some(Node::Expr(Expr { is: Is::Struct(_), .. }) | Node::Item(Item::Types(_))) => {
                                return None;
                            }
                            _ => up = at.body.around(node),
                        }
                    }
                    continue;
                };
                let Some(Node::Expr(name)) = at.body.node(*node) else { return None };
                let is_in = |spec: &&TypeSpec| spec.ty.at.holds(name.at);
                let spec = specs.iter().find(is_in)?;
                let holder = Symbol::new(self.package(at.place.file), &spec.name.name);
                if all.insert(holder.clone()) {
                    open.push(holder);
                }
                if all.len() > MOST {
                    return None;
                }
            }
        }
        Some(all)
    }

    fn is_handed_out(&self, holders: &BTreeSet<Symbol>) -> bool {
        self.own_files().iter().flat_map(|file| self.places(*file)).any(|place| self.hands_out(place, holders))
    }

    fn is_too_large(&self) -> bool {
        let decls = self.own_files().iter().flat_map(|file| self.outline(*file));
        decls.map(|decl| decl.end - decl.start).sum::<usize>() > LARGEST
    }

    fn hands_out(&self, place: Place, holders: &BTreeSet<Symbol>) -> bool {
        let Some(site) = self.site(place) else { return false };
        let call = |expr: &'s Expr| match &expr.is {
            Is::Call(call) => Some(&**call),
            _ => None,
        };
        let calls: Vec<&'s Call> = site.body.exprs().filter_map(|(_, expr)| call(expr)).collect();
        calls
            .into_iter()
            .any(|call| self.sets_fields(&site, call) && call.args.iter().any(|arg| self.leads(&site, arg, holders)))
    }

    /// Whether a call may set fields of what it is handed. A function that a variable or a field holds may be anybody's.
    fn sets_fields(&self, site: &Site<'s>, call: &'s Call) -> bool {
        let program = &self.source.program;
        let is_own = |path: &str| program.packages.get(path).is_some_and(|package| package.owner != Owner::Dependency);
        let by_others = |path: &str, name: &str| !may_be_standard(path) || by_standard(path, name);
        match (self.symbol(site, &call.fun), &bare(&call.fun).is) {
            (Some(symbol), _) if symbol.path.is_empty() => false,
            (Some(symbol), _) if is_own(&symbol.path) => self.function(&symbol).is_none() && !self.is_type(&symbol),
            (Some(symbol), _) => by_others(&symbol.path, &symbol.name),
            (None, Is::Select(base, name)) => match self.type_of(site, base) {
                Some(ty) if is_own(&ty.name.path) || ty.name.path.is_empty() => {
                    self.method(&ty.name, &name.name).is_none() && !is_told(&name.name)
                }
                Some(ty) => by_others(&ty.name.path, &name.name),
                None => !is_told(&name.name),
            },
            (None, Is::Name(_) | Is::Index(..) | Is::Call(_)) => !self.takes_named_types(site, &call.fun),
            // Conversions, and what is written on the spot.
            (None, _) => false,
        }
    }

    /// Whether a function value takes no interface, so that nothing that knows no types of the program can be it (`func(*options)`).
    fn takes_named_types(&self, site: &Site<'s>, fun: &'s Expr) -> bool {
        let named = |(at, signature): (Site<'s>, &'s Signature)| {
            let is_named = |ty: &Expr| self.named(&at, ty).is_some_and(|ty| !self.is_open(&ty.name));
            signature.params.iter().all(|param| is_named(&param.ty))
        };
        self.signature_of(site, fun).is_some_and(named)
    }

    /// The type of a function value, where it is written: of a parameter, of what a loop runs through, or of a function's result.
    fn signature_of(&self, site: &Site<'s>, fun: &'s Expr) -> Option<(Site<'s>, &'s Signature)> {
        let fun = bare(fun);
        let (at, ty) = match &fun.is {
            Is::Call(call) => {
                let (at, func) = self.function(&self.symbol(site, &call.fun)?)?;
                (at, &func.signature.results.first()?.ty)
            }
            Is::Name(_) => {
                let found = site.body.locals.get(site.body.local(fun)? as usize)?;
                match (found.binding, site.body.node(found.at)) {
                    (Binding::Param(ty), _) => (site.clone(), ty),
                    (Binding::Other, Some(Node::Stmt(Stmt { does: Does::Range(range), .. }))) => {
                        let list = site.body.local(bare(&range.over))?;
                        let Some(Item::Func(func)) = self.item(site.place) else { return None };
                        let is_it = |param: &&Param| {
                            param.name.as_ref().is_some_and(|name| site.body.local_at(name.at) == Some(list))
                        };
                        let param = func.signature.params.iter().find(is_it)?;
                        match &bare(&param.ty).is {
                            Is::SliceOf(of) if !param.variadic => (site.clone(), &**of),
                            _ if param.variadic => (site.clone(), &param.ty),
                            _ => return None,
                        }
                    }
                    _ => return None,
                }
            }
            _ => return None,
        };
        match &bare(ty).is {
            Is::FuncType(signature) => Some((at, signature)),
            _ => {
                let (at, spec) = self.type_spec(&self.symbol(&at, ty)?)?;
                match &bare(&spec.ty).is {
                    Is::FuncType(signature) => Some((at, signature)),
                    _ => None,
                }
            }
        }
    }

    /// Whether an expression may be, or lead to, a value of the types.
    fn leads(&self, site: &Site<'s>, expr: &Expr, holders: &BTreeSet<Symbol>) -> bool {
        let expr = bare(expr);
        let named = |name: &Symbol| holders.contains(name) || self.is_open(name);
        match &expr.is {
            Is::Literal(..) | Is::Func(..) | Is::Binary(..) => false,
            Is::Unary(Op::Address, inside) => self.leads(site, inside, holders),
            Is::Unary(..) => false,
            Is::Composite(Some(ty), _) => !self.is_apart(site, ty, holders, DEPTH),
            Is::Slice(base, _) => self.leads(site, base, holders),
            Is::Name(_) | Is::Select(..) | Is::Call(_) | Is::Index(..) => match self.type_of(site, expr) {
                Some(ty) => named(&ty.name),
                None => !self.is_something_else(site, expr, holders),
            },
            _ => true,
        }
    }

    /// An interface can hold anything.
    fn is_open(&self, name: &Symbol) -> bool {
        match &*name.path {
            "" => !super::std::keeps_values(name) && !matches!(&*name.name, "error" | "float32" | "float64"),
            _ => self.type_spec(name).is_some_and(|(_, spec)| matches!(bare(&spec.ty).is, Is::Interface)),
        }
    }

    /// Whether what has no named type cannot be of the types: by the type that is written, as a function, or as what code of others made.
    fn is_something_else(&self, site: &Site<'s>, expr: &Expr, holders: &BTreeSet<Symbol>) -> bool {
        let apart = |ty: &Expr| self.is_apart(site, ty, holders, DEPTH);
        if let Some(local) = site.body.local(expr) {
            return match site.body.locals.get(local as usize).map(|found| found.binding) {
                Some(Binding::Param(ty)) => apart(ty),
                Some(Binding::Value(spec, _)) if spec.ty.is_some() => spec.ty.as_ref().is_some_and(apart),
                Some(Binding::Define([one], _, _)) => match &bare(one).is {
                    Is::Call(call) => self.is_of_others(site, call),
                    Is::Literal(..) | Is::Func(..) | Is::Binary(..) => true,
                    Is::Composite(Some(ty), _) => apart(ty),
                    _ => false,
                },
                _ => false,
            };
        }
        match &expr.is {
            // `[]byte(text)`.
            Is::Call(call) if matches!(bare(&call.fun).is, Is::SliceOf(_)) => apart(&call.fun),
            Is::Call(call) => self.is_of_others(site, call),
            Is::Name(_) | Is::Select(..) => match (self.symbol(site, expr), &expr.is) {
                (Some(symbol), _) => {
                    let own = self.source.program.packages.get(&*symbol.path);
                    let own = own.is_some_and(|package| package.owner != Owner::Dependency);
                    !own || self.function(&symbol).is_some()
                        || self.value(&symbol).iter().all(|(_, spec, _)| spec.constant)
                }
                // A method's value; a field with a type that is written.
                (None, Is::Select(base, name)) => self.type_of(site, base).is_some_and(|ty| {
                    self.method(&ty.name, &name.name).is_some() || self.field_is_apart(&ty.name, &name.name, holders)
                }),
                _ => false,
            },
            _ => false,
        }
    }

    fn field_is_apart(&self, ty: &Symbol, field: &str, holders: &BTreeSet<Symbol>) -> bool {
        let Some((at, spec)) = self.type_spec(ty) else { return false };
        let Is::Struct(fields) = &bare(&spec.ty).is else { return false };
        let found = fields.iter().find(|f| f.names.iter().any(|name| &*name.name == field));
        found.is_some_and(|found| self.is_apart(&at, &found.ty, holders, DEPTH))
    }

    /// Whether a call's result is made by code that does not know the types; what is generic gives back what it gets.
    fn is_of_others(&self, site: &Site<'s>, call: &Call) -> bool {
        let symbol = match (self.symbol(site, &call.fun), &bare(&call.fun).is) {
            (Some(symbol), _) => symbol,
            (None, Is::Select(base, _)) => match self.type_of(site, base) {
                Some(ty) => ty.name,
                None => return false,
            },
            (None, _) => return false,
        };
        if symbol.path.is_empty() {
            return matches!(&*symbol.name, "len" | "cap" | "string" | "int" | "uint" | "min" | "max");
        }
        !self.is_delivered(&symbol.path) && may_be_standard(&symbol.path)
    }

    /// Whether nothing of a written type is one of the types, or an interface.
    fn is_apart(&self, site: &Site<'s>, ty: &Expr, holders: &BTreeSet<Symbol>, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        match &bare(ty).is {
            Is::Star(of) | Is::SliceOf(of) | Is::Array(_, of) | Is::Chan(of) => self.is_apart(site, of, holders, depth),
            Is::Map(key, of) => [key, of].into_iter().all(|ty| self.is_apart(site, ty, holders, depth)),
            Is::FuncType(_) => true,
            Is::Name(_) | Is::Select(..) => {
                self.named(site, ty).is_some_and(|ty| !holders.contains(&ty.name) && !self.is_open(&ty.name))
            }
            _ => false,
        }
    }
}

/// Functions and methods of the standard library that set what they are handed.
fn by_standard(path: &str, name: &str) -> bool {
    let first = path.split('/').next().unwrap_or(path);
    let looks = ["Marshal", "Encode", "New", "Append", "Write", "Token", "Sizeof", "Put"]
        .iter()
        .any(|start| name.starts_with(start));
    match first {
        "encoding" | "database" | "reflect" | "unsafe" => !looks || first == "reflect" && name.starts_with("New"),
        "fmt" => name.contains("scan") || name.contains("Scan"),
        "sync" | "context" | "container" => false,
        "net" => path == "net/rpc",
        "text" | "html" | "testing" => false,
        _ => false,
    }
}

/// Methods of values of unknown types that no code of others has which sets what it is handed.
fn is_told(name: &str) -> bool {
    matches!(
        name,
        "Error"
            | "String"
            | "Close"
            | "Write"
            | "WriteString"
            | "Lock"
            | "Unlock"
            | "ServeHTTP"
            | "Header"
            | "WriteHeader"
            | "Done"
            | "Add"
            | "Wait"
            | "Encode"
    )
}
