//! The types of literals that do not say theirs.

use super::types::Types;
use crate::go::syntax::{Expr, Is};
use crate::meaning::body::Binding;
use crate::meaning::{Lens, Node, NodeId, Site, bare};

/// Types that are named after one another are followed this far.
const LONGEST_CHAIN: usize = 40;

/// The type of a literal that does not say it, for what is around it does: `[]*tls.Config{{…}}`.
pub(super) struct Implied<'s> {
    /// Where the type is written.
    pub site: Site<'s>,
    pub ty: &'s Expr,
    /// Arguments of the generic types that led there; the type may be one of their parameters.
    told: Vec<(Site<'s>, &'s Expr)>,
}

impl<'s> Implied<'s> {
    pub fn of(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> Option<Implied<'s>> {
        let mut up = site.body.around(node)?;
        let mut deep = 0;
        loop {
            match site.body.node(up)? {
                Node::Element(_) => {}
                Node::Expr(Expr { is: Is::Composite(None, _), .. }) => deep += 1,
                Node::Expr(Expr { is: Is::Composite(Some(ty), _), .. }) => {
                    let mut implied = Implied { site: site.clone(), ty, told: Vec::new() };
                    for _ in 0..=deep {
                        implied.step_into(lens)?;
                    }
                    return Some(implied);
                }
                _ => return None,
            }
            up = site.body.around(up)?;
        }
    }

    /// From a type to that of its elements, through names that the program gives to types.
    fn step_into(&mut self, lens: &Lens<'s>) -> Option<()> {
        for _ in 0..LONGEST_CHAIN {
            let ty = bare(self.ty);
            match &ty.is {
                Is::SliceOf(of) | Is::Array(_, of) | Is::Map(_, of) => {
                    self.ty = of;
                    return Some(());
                }
                // `[]*[]tls.Config{{…}}`.
                Is::Star(of) => self.ty = of,
                Is::Name(_) if self.site.body.local(ty).is_some() => {
                    let local = self.site.body.locals.get(self.site.body.local(ty)? as usize)?;
                    match local.binding {
                        Binding::Type(spec) => self.ty = &spec.ty,
                        _ => return None,
                    }
                }
                Is::Name(_) | Is::Select(..) | Is::Index(..) => {
                    if let Is::Index(_, told) = &ty.is {
                        self.told.extend(told.iter().map(|ty| (self.site.clone(), ty)));
                    }
                    let (at, spec) = lens.type_spec(&lens.symbol(&self.site, ty)?)?;
                    (self.site, self.ty) = (at, &spec.ty);
                }
                _ => return None,
            }
        }
        None
    }

    pub fn is_of(&self, lens: &Lens<'s>, types: &Types) -> bool {
        let is = |site: &Site<'s>, ty: &Expr| lens.named(site, ty).is_some_and(|ty| types.has(&ty));
        let inside = match &bare(self.ty).is {
            Is::Star(inside) => bare(inside),
            _ => bare(self.ty),
        };
        // A name may be a parameter's, also where the package has a type of that name.
        let told = matches!(inside.is, Is::Name(_)) && self.told.iter().any(|(site, ty)| is(site, ty));
        told || is(&self.site, self.ty)
    }
}
