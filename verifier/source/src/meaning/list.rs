//! Lists that are literals, or variables that are only ever one, and the variables that range over them.

use super::body::{Binding, Node, Use, bare};
use super::names::{Lens, Site};
use crate::go::syntax::{Does, Element, Expr, Is, Stmt};

impl<'s> Lens<'s> {
    /// The elements of a list without keys, in order.
    pub fn elements<'e>(&self, site: &Site<'s>, list: &'e Expr) -> Option<Vec<(Site<'s>, &'e Expr)>>
    where
        's: 'e,
    {
        let (at, all) = self.literal(site, list)?;
        let plain = all.iter().all(|e| e.key.is_none());
        plain.then(|| all.iter().map(|e| (at.clone(), &e.value)).collect())
    }

    /// The literal that an expression is, or that the variable it names always holds.
    pub fn literal<'e>(&self, site: &Site<'s>, list: &'e Expr) -> Option<(Site<'s>, &'e [Element])>
    where
        's: 'e,
    {
        let of = |site: &Site<'s>, list: &'e Expr| match &bare(list).is {
            Is::Composite(_, all) => Some((site.clone(), all.as_slice())),
            _ => None,
        };
        let list = bare(list);
        if let Is::Composite(..) = &list.is {
            return of(site, list);
        }
        if let Some(local) = site.body.local(list).filter(|_| matches!(list.is, Is::Name(_))) {
            if !site.body.uses(local).all(|(_, used)| matches!(used, Use::Read)) {
                return None;
            }
            return match site.body.locals.get(local as usize)?.binding {
                Binding::Define([one], _, 1) => of(site, one),
                Binding::Value(spec, 0) if spec.names.len() == 1 => of(site, spec.values.first()?),
                _ => None,
            };
        }
        let symbol = self.symbol(site, list)?;
        let [(at, spec, index)] = &self.value(&symbol)[..] else { return None };
        let alone = self.mentions(&symbol).iter().all(|(site, node)| matches!(site.body.use_of(*node), Use::Read));
        let value = spec.values.get(*index).filter(|_| alone && spec.values.len() == spec.names.len())?;
        of(at, value)
    }

    /// What a range's variable runs through, where that is a literal and nothing else is assigned to it.
    pub fn ranged(&self, site: &Site<'s>, name: &Expr) -> Option<Vec<(Site<'s>, &'s Expr)>> {
        let name = bare(name);
        let local = site.body.local(name).filter(|_| matches!(name.is, Is::Name(_)))?;
        let found = site.body.locals.get(local as usize)?;
        if !site.body.uses(local).all(|(_, used)| matches!(used, Use::Read | Use::Field(..))) {
            return None;
        }
        let Some(Node::Stmt(Stmt { does: Does::Range(range), .. })) = site.body.node(found.at) else { return None };
        let index = range.left.iter().position(|left| site.body.local(left) == Some(local))?;
        let (at, all) = self.literal(site, &range.over)?;
        let keyed = |e: &'s Element| e.key.as_ref();
        match index {
            0 => all.iter().map(|e| Some((at.clone(), keyed(e)?))).collect(),
            _ => Some(all.iter().map(|e| (at.clone(), &e.value)).collect()),
        }
    }
}
