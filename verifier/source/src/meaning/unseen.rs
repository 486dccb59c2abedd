//! Whether a function value may be code that was not delivered.

use super::body::{Binding, LocalId, Use, bare};
use super::names::{Lens, Site};
use crate::build::is_standard;
use crate::go::syntax::{Expr, Is};

/// Values are followed through as many variables, parameters and functions.
const DEPTH: u32 = 6;

impl<'s> Lens<'s> {
    /// Whether the build uses packages that were not delivered.
    pub fn lacks_code(&self) -> bool {
        self.source.program.builds.iter().any(|build| !build.graph.missing.is_empty())
    }

    /// Whether what is called may be a function of such a package; where that is not told it may.
    pub fn may_be_unseen(&self, site: &Site<'s>, fun: &'s Expr) -> bool {
        self.lacks_code() && self.is_unseen(site, fun, DEPTH)
    }

    fn is_unseen(&self, site: &Site<'s>, fun: &'s Expr, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return true };
        let fun = bare(fun);
        if let Some(local) = site.body.local(fun) {
            return self.local_is_unseen(site, fun, local, depth);
        }
        match (self.symbol(site, fun), &fun.is) {
            (_, Is::Func(..)) => false,
            (Some(symbol), _) => {
                !is_standard(&symbol.path) && self.function(&symbol).is_none() && !symbol.is("", "nil")
            }
            // A method's value.
            (None, Is::Select(base, name)) => {
                self.type_of(site, base).is_none_or(|ty| self.method(&ty.name, &name.name).is_none())
            }
            (None, Is::Call(call)) => match (self.symbol(site, &call.fun), call.args.as_slice()) {
                (Some(symbol), [value]) if self.is_type(&symbol) => self.is_unseen(site, value, depth),
                _ => match self.callee(site, call) {
                    Some((at, _)) => {
                        let returns = at.body.returns(None);
                        let given = |values: &&'s [Expr]| match values {
                            [one, ..] => self.is_unseen(&at, one, depth),
                            [] => true,
                        };
                        returns.is_empty() || returns.iter().any(given)
                    }
                    None => true,
                },
            },
            _ => true,
        }
    }

    fn local_is_unseen(&self, site: &Site<'s>, name: &'s Expr, local: LocalId, depth: u32) -> bool {
        let any = |all: Option<Vec<(Site<'s>, &'s Expr)>>| {
            all.is_none_or(|all| all.iter().any(|(at, value)| self.is_unseen(at, value, depth)))
        };
        let first = match site.body.locals.get(local as usize).map(|found| found.binding) {
            Some(Binding::Define([one], 0, 1)) => self.is_unseen(site, one, depth),
            Some(Binding::Value(spec, _)) if spec.values.is_empty() => false,
            Some(Binding::Value(spec, index)) => {
                spec.values.get(index).is_none_or(|value| self.is_unseen(site, value, depth))
            }
            Some(Binding::Param(_)) => any(self.arguments(site, local)),
            _ => !self.runs_through_nothing(site, name) && any(self.ranged(site, name)),
        };
        first
            || site.body.uses(local).any(|(_, used)| match used {
                Use::Assign(Some(value)) => self.is_unseen(site, value, depth),
                Use::Assign(None) | Use::Address => true,
                _ => false,
            })
    }

    /// Whether a loop's variable is of a `...T` for which no call hands over anything.
    fn runs_through_nothing(&self, site: &Site<'s>, name: &Expr) -> bool {
        let list = self.range_over(site, name).and_then(|list| site.body.local(bare(list)));
        let all = list.and_then(|list| self.rests(site, list));
        all.is_some_and(|all| all.iter().all(|(_, rest, _)| rest.is_empty()))
    }
}
