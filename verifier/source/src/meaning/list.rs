//! Lists that are literals, or variables that are only ever one, and the variables that range over them.

use super::body::{Binding, Node, NodeId, Use, bare};
use super::names::{Lens, Site};
use crate::build::is_standard;
use crate::go::syntax::{Does, Element, Expr, Is, Op, Stmt};

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

impl<'s> Lens<'s> {
    /// What a field is of each struct that a list holds: of `r.Path` in `for _, r := range routes`, and of `routes[i].Path`, the value that the
    /// list's literal gives it. `None` where some element's is not written there.
    pub fn ranged_field(&self, site: &Site<'s>, expr: &'s Expr) -> Option<Vec<(Site<'s>, &'s Expr)>> {
        let Is::Select(base, field) = &bare(expr).is else { return None };
        let list = match &bare(base).is {
            Is::Name(_) => self.range_over(site, base)?,
            Is::Index(list, index) if index.len() == 1 => list,
            _ => return None,
        };
        let (at, all) = self.literal(site, list)?;
        let ty = self.list_type(site, list);
        let of = |element: &'s Element| {
            let value = match &bare(&element.value).is {
                Is::Unary(Op::Address, inside) => bare(inside),
                _ => bare(&element.value),
            };
            let Is::Composite(own, fields) = &value.is else { return None };
            let named = |e: &&Element| matches!(&e.key, Some(Expr { is: Is::Name(name), .. }) if *name == field.name);
            if let Some(found) = fields.iter().find(named) {
                return Some((at.clone(), &found.value));
            }
            if fields.iter().any(|e| e.key.is_some()) {
                return None;
            }
            let (place, ty) = match own {
                Some(own) => (at.clone(), &**own),
                None => ty.clone()?,
            };
            let index = self.field_index(&place, ty, &field.name)?;
            Some((at.clone(), &fields.get(index)?.value))
        };
        all.iter().map(of).collect()
    }

    /// The list that a range's variable for the values runs through, where nothing else is assigned to it or its fields.
    fn range_over(&self, site: &Site<'s>, name: &Expr) -> Option<&'s Expr> {
        let local = site.body.local(bare(name))?;
        let found = site.body.locals.get(local as usize)?;
        if !site.body.uses(local).all(|(_, used)| matches!(used, Use::Read | Use::Field(..))) {
            return None;
        }
        let Some(Node::Stmt(Stmt { does: Does::Range(range), .. })) = site.body.node(found.at) else { return None };
        (range.left.iter().position(|left| site.body.local(left) == Some(local)) == Some(1)).then_some(&range.over)
    }

    /// The type of the elements of a list, as it is written, and where.
    fn list_type(&self, site: &Site<'s>, list: &'s Expr) -> Option<(Site<'s>, &'s Expr)> {
        let list = bare(list);
        let (at, made) = match site.body.local(list).filter(|_| matches!(list.is, Is::Name(_))) {
            Some(local) => match site.body.locals.get(local as usize)?.binding {
                Binding::Define([one], _, 1) => (site.clone(), one),
                Binding::Value(spec, 0) => (site.clone(), spec.values.first()?),
                _ => return None,
            },
            None if matches!(list.is, Is::Composite(..)) => (site.clone(), list),
            None => {
                let [(at, spec, index)] = &self.value(&self.symbol(site, list)?)[..] else { return None };
                (at.clone(), spec.values.get(*index)?)
            }
        };
        let Is::Composite(Some(ty), _) = &bare(made).is else { return None };
        let (at, ty) = self.written(at, ty)?;
        match &ty.is {
            Is::SliceOf(of) | Is::Array(_, of) | Is::Map(_, of) => Some((at, of)),
            _ => None,
        }
    }

    /// A type behind the name that the program gives it.
    fn written(&self, site: Site<'s>, ty: &'s Expr) -> Option<(Site<'s>, &'s Expr)> {
        let ty = bare(ty);
        match &ty.is {
            Is::Name(_) if let Some(local) = site.body.local(ty) => match site.body.locals.get(local as usize)?.binding
            {
                Binding::Type(spec) => Some((site, bare(&spec.ty))),
                _ => None,
            },
            Is::Name(_) | Is::Select(..) => {
                let (at, spec) = self.type_spec(&self.symbol(&site, ty)?)?;
                Some((at, bare(&spec.ty)))
            }
            _ => Some((site, ty)),
        }
    }

    /// Which one of a struct's fields bears a name.
    fn field_index(&self, site: &Site<'s>, ty: &'s Expr, name: &str) -> Option<usize> {
        let ty = match &bare(ty).is {
            Is::Star(inside) => inside,
            _ => ty,
        };
        let (_, ty) = self.written(site.clone(), ty)?;
        let Is::Struct(fields) = &ty.is else { return None };
        // An embedded field has one place, too.
        let places = fields.iter().flat_map(|field| {
            let unnamed = field.names.is_empty().then_some(None);
            field.names.iter().map(|name| Some(&*name.name)).chain(unnamed)
        });
        places.into_iter().position(|known| known == Some(name))
    }
}

/// Packages of the standard library that set the elements of a list that they get.
fn sorts(path: &str) -> bool {
    ["sort", "slices", "reflect", "math/rand", "math/rand/v2", "crypto/rand"].contains(&path)
}
