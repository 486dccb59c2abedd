//! Where servers are given a configuration: one that no way of a making leads to was made out of sight.

use super::around::struct_at;
use super::others::{Leads, by_field, by_function, config_at};
use crate::facts::search::references;
use crate::go::syntax::{Element, Expr, Is, Item, Span};
use crate::meaning::body::Binding;
use crate::meaning::{Lens, NodeId, Site, Symbol, Use, bare};
use assize_facts::kinds::source::Owner;

/// The values that a declaration gives to servers, by their nodes. What dependencies give is theirs to say.
pub(super) fn given<'s>(lens: &Lens<'s>, site: &Site<'s>) -> Vec<(NodeId, Span)> {
    if lens.owner(site.place.file) == Owner::Dependency {
        return Vec::new();
    }
    let to_functions = references(lens, site, |symbol| is_server(by_function(&symbol.path, &symbol.name)));
    let to_functions = to_functions.into_iter().filter_map(|found| {
        let (_, call) = found.call?;
        call.args.get(config_at(&found.symbol.name)?)
    });
    let to_fields = site.body.exprs().filter_map(|(node, expr)| match &expr.is {
        Is::Composite(_, elements) if states_config(elements) => Some((struct_at(lens, site, node)?, elements)),
        _ => None,
    });
    let to_fields = to_fields.flat_map(|(owner, elements)| {
        elements.iter().filter(move |element| is_server_field(&owner, element)).map(|element| &element.value)
    });
    let assigned = site.body.exprs().filter_map(|(node, expr)| {
        let Is::Select(base, name) = &expr.is else { return None };
        let Use::Assign(Some(value)) = site.body.use_of(node) else { return None };
        let owner = lens.type_of(site, base)?.name;
        is_server(by_field(&owner.path, &owner.name, &name.name)).then_some(value)
    });
    let values = to_functions.chain(to_fields).chain(assigned).map(bare);
    let mut out: Vec<(NodeId, Span)> = values
        .filter(|value| !lens.is_nil(site, value) && !is_for_others(lens, site, value))
        .filter_map(|value| Some((site.body.place(value)?, value.at)))
        .collect();
    out.sort();
    out.dedup();
    out
}

fn states_config(elements: &[Element]) -> bool {
    let key = |e: &Element| e.name().is_some_and(|name| name.starts_with("TLS"));
    elements.iter().any(key)
}

fn is_server(way: Option<Leads>) -> bool {
    way == Some(Leads::Server)
}

fn is_server_field(owner: &Symbol, element: &Element) -> bool {
    let Some(Expr { is: Is::Name(name), .. }) = &element.key else { return false };
    is_server(by_field(&owner.path, &owner.name, name))
}

/// Whether a value is a parameter of a method, or of a function that nobody calls: a library's.
fn is_for_others<'s>(lens: &Lens<'s>, site: &Site<'s>, value: &Expr) -> bool {
    let local = site.body.local(value).filter(|_| matches!(value.is, Is::Name(_)));
    let is_param =
        |local: u32| matches!(site.body.locals.get(local as usize).map(|l| l.binding), Some(Binding::Param(_)));
    let Some(Item::Func(func)) = lens.item(site.place).filter(|_| local.is_some_and(is_param)) else { return false };
    let symbol = Symbol::new(lens.package(site.place.file), &func.name.name);
    func.receiver.is_some() || lens.mentions(&symbol).is_empty()
}
