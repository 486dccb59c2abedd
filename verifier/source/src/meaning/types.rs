//! The types of expressions, as far as they are named ones or pointers to such, and what structs have from others.

use super::body::{Binding, bare};
use super::names::{Lens, Place, Site, Symbol};
use crate::go::outline::Decl;
use crate::go::syntax::{Expr, Func, Is, Op, ValueSpec};

/// A named type, or a pointer to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    pub name: Symbol,
    pub pointer: bool,
}

/// Aliases and variables that lead to one another are followed this far.
const DEPTH: u32 = 12;

impl<'s> Lens<'s> {
    /// A named type behind its aliases and defined types without methods of their own.
    pub fn behind_alias(&self, symbol: Symbol) -> Symbol {
        let mut symbol = symbol;
        for _ in 0..DEPTH {
            let Some((site, spec)) = self.alias_spec(&symbol) else { return symbol };
            match self.symbol(&site, &spec.ty) {
                Some(next) => symbol = next,
                None => return symbol,
            }
        }
        symbol
    }

    /// The named type that a type expression is.
    pub fn named(&self, site: &Site<'s>, ty: &Expr) -> Option<Type> {
        match &bare(ty).is {
            Is::Star(inside) => self.named(site, inside).filter(|t| !t.pointer).map(|t| Type { pointer: true, ..t }),
            Is::Name(_) if site.body.local(bare(ty)).is_some() => {
                let local = site.body.locals.get(site.body.local(bare(ty))? as usize)?;
                match local.binding {
                    Binding::Type(spec) => self.named(site, &spec.ty),
                    _ => None,
                }
            }
            Is::Name(_) | Is::Select(..) | Is::Index(..) => {
                let symbol = self.behind_alias(self.symbol(site, ty)?);
                // An alias of a pointer type.
                if let Some((at, spec)) = self.alias_spec(&symbol) {
                    return self.named(&at, &spec.ty);
                }
                Some(Type { name: symbol, pointer: false })
            }
            _ => None,
        }
    }

    /// The type of an expression where it is a named one or a pointer to one.
    pub fn type_of(&self, site: &Site<'s>, expr: &Expr) -> Option<Type> {
        self.type_within(site, expr, DEPTH)
    }

    pub(super) fn type_within(&self, site: &Site<'s>, expr: &Expr, depth: u32) -> Option<Type> {
        let depth = depth.checked_sub(1)?;
        let expr = bare(expr);
        match &expr.is {
            Is::Composite(Some(ty), _) => self.named(site, ty),
            Is::Unary(Op::Address, e) => self.type_within(site, e, depth).map(|t| Type { pointer: true, ..t }),
            Is::Star(e) => self.type_within(site, e, depth).map(|t| Type { pointer: false, ..t }),
            Is::Assert(_, ty) => self.named(site, ty),
            Is::Name(_) => match site.body.local(expr) {
                Some(local) => match site.body.locals.get(local as usize)?.binding {
                    Binding::Param(ty) => self.named(site, ty),
                    Binding::Value(spec, index) => self.type_of_line(site, spec, index, depth),
                    Binding::Define(right, index, _) => match right {
                        [one] if index > 0 => self.result_type(site, one, index, depth),
                        [one] => self.type_within(site, one, depth),
                        all => self.type_within(site, all.get(index)?, depth),
                    },
                    Binding::Other => self.type_of_ranged(site, local, depth),
                    Binding::Variadic | Binding::Type(_) => None,
                },
                None => {
                    let symbol = self.symbol(site, expr)?;
                    let (at, spec, index) = self.value(&symbol).into_iter().next()?;
                    self.type_of_line(&at, spec, index, depth)
                }
            },
            Is::Select(base, field) => match self.symbol(site, expr) {
                Some(symbol) => {
                    if let Some(known) = super::std::variable_type(&symbol) {
                        return Some(known);
                    }
                    let (at, spec, index) = self.value(&symbol).into_iter().next()?;
                    self.type_of_line(&at, spec, index, depth)
                }
                None => self.field_type(&self.type_within(site, base, depth)?.name, &field.name),
            },
            Is::Call(_) => self.result_type(site, expr, 0, depth),
            Is::Index(list, index) if index.len() == 1 => self.type_of_item(site, list, depth),
            _ => None,
        }
    }

    fn type_of_line(&self, site: &Site<'s>, spec: &ValueSpec, index: usize, depth: u32) -> Option<Type> {
        match (&spec.ty, spec.values.as_slice()) {
            (Some(ty), _) => self.named(site, ty),
            (None, [one]) if spec.names.len() > 1 => self.result_type(site, one, index, depth),
            (None, all) => self.type_within(site, all.get(index)?, depth),
        }
    }

    /// The type of one of a call's results.
    fn result_type(&self, site: &Site<'s>, call: &Expr, index: usize, depth: u32) -> Option<Type> {
        let Is::Call(call) = &bare(call).is else { return None };
        if let Some(symbol) = self.symbol(site, &call.fun) {
            if symbol.is("", "new") {
                return self.named(site, call.args.first()?).map(|t| Type { pointer: true, ..t });
            }
            if let Some(known) = super::std::result_type(&symbol, index) {
                return Some(known);
            }
            if let Some((at, func)) = self.function(&symbol) {
                return self.nth_result(&at, func, index);
            }
            // A conversion.
            return self.type_spec(&symbol).and_then(|_| self.named(site, &call.fun));
        }
        match &bare(&call.fun).is {
            Is::Select(base, method) => {
                let ty = self.type_within(site, base, depth)?;
                if let Some(known) = super::std::method_type(&ty.name, &method.name) {
                    return Some(known);
                }
                let (at, func) = self.method(&ty.name, &method.name)?;
                self.nth_result(&at, func, index)
            }
            Is::Star(_) => self.named(site, &call.fun),
            Is::Func(signature, _) => self.named(site, &signature.results.get(index)?.ty),
            // A function literal that a variable is made with, and that always has this type.
            Is::Name(_) => match site.body.locals.get(site.body.local(bare(&call.fun))? as usize)?.binding {
                Binding::Define(right, at, names) if right.len() == names => match &bare(right.get(at)?).is {
                    Is::Func(signature, _) => self.named(site, &signature.results.get(index)?.ty),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    fn nth_result(&self, at: &Site<'s>, func: &Func, index: usize) -> Option<Type> {
        let ty = &func.signature.results.get(index)?.ty;
        self.named(at, ty).filter(|_| !self.is_parameter(at.place, ty))
    }

    /// Whether a type in a generic declaration may be one of its parameters, which the tree does not name: any name without a package.
    fn is_parameter(&self, place: Place, ty: &Expr) -> bool {
        let ty = match &bare(ty).is {
            Is::Star(inside) => bare(inside),
            _ => bare(ty),
        };
        let generic = |decl: &Decl| {
            decl.specs.iter().any(|spec| spec.generic || spec.receiver().is_some_and(|receiver| receiver.generic))
        };
        matches!(ty.is, Is::Name(_)) && self.outline(place.file).get(place.decl).is_some_and(generic)
    }

    /// The type of a struct's field, embedded ones by their type's name.
    pub fn field_type(&self, ty: &Symbol, field: &str) -> Option<Type> {
        if let Some(known) = super::std::field_type(ty, field) {
            return Some(known);
        }
        let (site, spec) = self.type_spec(ty)?;
        let Is::Struct(fields) = &spec.ty.is else { return None };
        for found in fields {
            let named = found.names.iter().any(|n| &*n.name == field);
            let ty = self.named(&site, &found.ty).filter(|_| !named || !self.is_parameter(site.place, &found.ty));
            if named || (found.names.is_empty() && ty.as_ref().is_some_and(|t| &*t.name.name == field)) {
                return ty;
            }
        }
        None
    }

    /// The name of the field that has a place in a struct's literal without keys, and whether it is embedded.
    pub fn field_at(&self, ty: &Symbol, index: usize) -> Option<(String, bool)> {
        let (site, spec) = self.type_spec(ty)?;
        let Is::Struct(fields) = &bare(&spec.ty).is else { return None };
        let mut names = Vec::new();
        for field in fields {
            names.extend(field.names.iter().map(|name| (name.name.to_string(), false)));
            if field.names.is_empty() {
                names.push((self.named(&site, &field.ty)?.name.name.to_string(), true));
            }
        }
        (index < names.len()).then(|| names.swap_remove(index))
    }

    /// Whether a struct is the type of a library or embeds it, so that the type's field or method of a name is its own too.
    pub fn has_from(&self, ty: &Symbol, member: &str, is: &dyn Fn(&Symbol) -> bool) -> bool {
        is(ty) || self.embeds(ty, member, is, 4)
    }

    fn embeds(&self, ty: &Symbol, member: &str, is: &dyn Fn(&Symbol) -> bool, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let Some((site, spec)) = self.type_spec(ty) else { return false };
        let Is::Struct(fields) = &bare(&spec.ty).is else { return false };
        let methods = self.names(&ty.path).and_then(|package| package.methods.get(member));
        let own = methods.is_some_and(|all| all.iter().any(|(base, _)| *base == &*ty.name));
        if own || fields.iter().any(|field| field.names.iter().any(|name| &*name.name == member)) {
            return false;
        }
        let embedded = fields.iter().filter(|field| field.names.is_empty());
        let types = embedded.filter_map(|field| self.named(&site, &field.ty));
        types.map(|found| found.name).any(|found| is(&found) || self.embeds(&found, member, is, depth))
    }
}
