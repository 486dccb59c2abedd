//! Lists that are literals, or variables that are only ever one, and the variables that range over them.

use super::body::{Binding, Node, NodeId, Use, bare};
use super::names::{Lens, Site};
use crate::build::is_standard;
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
            if !site.body.uses(local).all(|(node, used)| matches!(used, Use::Read) && self.is_looked_at(site, node)) {
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
        let read = |site: &Site<'s>, node| matches!(site.body.use_of(node), Use::Read) && self.is_looked_at(site, node);
        let alone = self.mentions(&symbol).iter().all(|(site, node)| read(site, *node));
        let value = spec.values.get(*index).filter(|_| alone && spec.values.len() == spec.names.len())?;
        of(at, value)
    }

    /// Whether a use leaves a list alone: whoever else gets it may set its elements.
    fn is_looked_at(&self, site: &Site<'s>, node: NodeId) -> bool {
        match site.body.around(node).and_then(|up| site.body.node(up)) {
            Some(Node::Stmt(Stmt { does: Does::Range(range), .. })) => site.body.is_at(&range.over, node),
            Some(Node::Expr(Expr { is: Is::Index(base, _), .. })) => site.body.is_at(base, node),
            Some(Node::Expr(Expr { is: Is::Call(call), .. })) => self.symbol(site, &call.fun).is_some_and(|symbol| {
                let built_in = matches!(&*symbol.name, "len" | "cap" | "append");
                symbol.path.is_empty() && built_in || is_standard(&symbol.path) && !sorts(&symbol.path)
            }),
            Some(Node::Expr(Expr { is: Is::Binary(..), .. })) => true,
            _ => false,
        }
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

/// Packages of the standard library that set the elements of a list that they get.
fn sorts(path: &str) -> bool {
    ["sort", "slices", "reflect", "math/rand", "math/rand/v2", "crypto/rand"].contains(&path)
}
