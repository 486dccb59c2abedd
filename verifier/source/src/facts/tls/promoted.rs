//! Fields of configurations that literals name of what their struct embeds.

use super::super::types::Types;
use super::fields::{Assigned, FIELDS};
use crate::facts::implied::Implied;
use crate::go::syntax::{Element, Expr, Is};
use crate::meaning::{Lens, NodeId, Site, Symbol, bare};

/// Since Go 1.27 a literal may name the fields of what its struct embeds: `app{MinVersion: …}`.
pub(super) fn promoted<'s>(
    lens: &Lens<'s>,
    types: &Types,
    site: &Site<'s>,
    node: NodeId,
    ty: Option<&'s Expr>,
    elements: &'s [Element],
) -> Vec<Assigned<'s>> {
    let stated = |element: &'s Element| {
        let Some(Expr { is: Is::Name(key), at }) = &element.key else { return None };
        let field = FIELDS.iter().find(|f| **f == &**key).copied()?;
        Some((field, *at, &element.value))
    };
    let stated: Vec<_> = elements.iter().filter_map(stated).collect();
    if stated.is_empty() {
        return Vec::new();
    }
    let implied = if ty.is_none() { Implied::of(lens, site, node) } else { None };
    let is = |field| match (ty, &implied) {
        (Some(ty), _) => embeds(lens, types, site, ty, field),
        (None, Some(implied)) => embeds(lens, types, &implied.site, implied.ty, field),
        (None, None) => false,
    };
    let of = |(field, at, value)| Assigned {
        site: site.clone(),
        at,
        of_server: false,
        of_client: false,
        fresh: true,
        holder: None,
        field,
        value: Some(value),
    };
    stated.into_iter().filter(|(field, _, _)| is(field)).map(of).collect()
}

/// Whether a struct has the field from a configuration that it embeds.
fn embeds<'s>(lens: &Lens<'s>, types: &Types, site: &Site<'s>, ty: &'s Expr, field: &str) -> bool {
    let named = |ty: &Expr| lens.named(site, ty).map(|ty| ty.name);
    let has = |name: &Symbol| lens.has_from(name, field, &|known| types.has_name(known));
    match &bare(ty).is {
        Is::Struct(fields) if fields.iter().any(|f| f.names.iter().any(|name| &*name.name == field)) => false,
        Is::Struct(fields) => {
            fields.iter().filter(|f| f.names.is_empty()).filter_map(|f| named(&f.ty)).any(|n| has(&n))
        }
        _ => named(ty).is_some_and(|name| !types.has_name(&name) && has(&name)),
    }
}
