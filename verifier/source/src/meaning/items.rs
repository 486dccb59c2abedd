//! The types of what lists hold: of `list[i]`, and of the variables that range over one.

use super::body::{Binding, LocalId, Node, bare};
use super::names::{Lens, Site};
use super::types::Type;
use crate::go::syntax::{Does, Expr, Is, Stmt, ValueSpec};

impl<'s> Lens<'s> {
    /// The type of a list's elements.
    pub(super) fn type_of_item(&self, site: &Site<'s>, list: &Expr, depth: u32) -> Option<Type> {
        let (at, ty) = self.list_type(site, list, depth)?;
        match &ty.is {
            Is::SliceOf(of) | Is::Array(_, of) | Is::Map(_, of) | Is::Chan(of) => self.named(&at, of),
            _ => None,
        }
    }

    /// The type of a variable that ranges over a list: of its elements, or of a map's keys.
    pub(super) fn type_of_ranged(&self, site: &Site<'s>, local: LocalId, depth: u32) -> Option<Type> {
        let found = site.body.locals.get(local as usize)?;
        let Some(Node::Stmt(Stmt { does: Does::Range(range), .. })) = site.body.node(found.at) else { return None };
        let index = range.left.iter().position(|left| site.body.local(bare(left)) == Some(local))?;
        let (at, ty) = self.list_type(site, &range.over, depth)?;
        match (&ty.is, index) {
            (Is::SliceOf(of) | Is::Array(_, of) | Is::Map(_, of), 1) | (Is::Map(of, _) | Is::Chan(of), 0) => {
                self.named(&at, of)
            }
            _ => None,
        }
    }

    /// The type of a list as it is written, behind the name that the program gives it.
    fn list_type(&self, site: &Site<'s>, list: &Expr, depth: u32) -> Option<(Site<'s>, &'s Expr)> {
        let (at, ty) = self.spelt(site, list, depth.checked_sub(1)?)?;
        self.written(at, ty)
    }

    /// The type that the declaration of a variable, a field or a function's only result has, or the literal that it begins with.
    fn spelt(&self, site: &Site<'s>, expr: &Expr, depth: u32) -> Option<(Site<'s>, &'s Expr)> {
        let depth = depth.checked_sub(1)?;
        let expr = bare(expr);
        match &expr.is {
            Is::Name(_) if let Some(local) = site.body.local(expr) => {
                match site.body.locals.get(local as usize)?.binding {
                    Binding::Param(ty) => Some((site.clone(), ty)),
                    Binding::Value(spec, index) => self.spelt_in_line(site, spec, index, depth),
                    Binding::Define(right, index, names) if right.len() == names => {
                        self.spelt_by(site, right.get(index)?, depth)
                    }
                    _ => None,
                }
            }
            Is::Name(_) | Is::Select(..) => match (self.symbol(site, expr), &expr.is) {
                (Some(symbol), _) => {
                    let (at, spec, index) = self.value(&symbol).into_iter().next()?;
                    self.spelt_in_line(&at, spec, index, depth)
                }
                (None, Is::Select(base, field)) => {
                    let (at, spec) = self.type_spec(&self.type_within(site, base, depth)?.name)?;
                    let Is::Struct(fields) = &bare(&spec.ty).is else { return None };
                    let found = fields.iter().find(|f| f.names.iter().any(|name| name.name == field.name))?;
                    Some((at, &found.ty))
                }
                (None, _) => None,
            },
            Is::Call(call) => {
                let (at, func) = self.function(&self.symbol(site, &call.fun)?)?;
                let [result] = func.signature.results.as_slice() else { return None };
                Some((at, &result.ty))
            }
            _ => None,
        }
    }

    fn spelt_in_line(
        &self,
        site: &Site<'s>,
        spec: &'s ValueSpec,
        index: usize,
        depth: u32,
    ) -> Option<(Site<'s>, &'s Expr)> {
        match &spec.ty {
            Some(ty) => Some((site.clone(), ty)),
            None => {
                self.spelt_by(site, spec.values.get(index).filter(|_| spec.values.len() == spec.names.len())?, depth)
            }
        }
    }

    fn spelt_by(&self, site: &Site<'s>, value: &'s Expr, depth: u32) -> Option<(Site<'s>, &'s Expr)> {
        match &bare(value).is {
            Is::Composite(Some(ty), _) => Some((site.clone(), ty)),
            Is::Call(call) if self.symbol(site, &call.fun).is_some_and(|symbol| symbol.is("", "make")) => {
                Some((site.clone(), call.args.first()?))
            }
            Is::Call(call) if self.symbol(site, &call.fun).is_some_and(|symbol| symbol.is("", "append")) => {
                self.spelt(site, call.args.first()?, depth)
            }
            _ => self.spelt(site, value, depth),
        }
    }
}
