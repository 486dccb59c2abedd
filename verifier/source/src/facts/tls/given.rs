//! Where servers are given a configuration: one that no way of a making leads to was made out of sight.

use super::around::struct_at;
use super::others::{Leads, by_field, by_function, config_at};
use crate::build::FileId;
use crate::facts::search::references;
use crate::go::syntax::{Element, Expr, Is, Item, Param, Span};
use crate::meaning::{Lens, Node, NodeId, Site, Symbol, Use, bare};
use assize_facts::kinds::source::Owner;
use memchr::memmem;

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
        elements.iter().filter(move |element| is_server_field(lens, &owner, element)).map(|element| &element.value)
    });
    let assigned = site.body.exprs().filter_map(|(node, expr)| {
        let Is::Select(base, name) = &expr.is else { return None };
        let Use::Assign(Some(value)) = site.body.use_of(node) else { return None };
        let owner = lens.type_of(site, base)?.name;
        takes_for_server(lens, &owner, &name.name).then_some(value)
    });
    let values = to_functions.chain(to_fields).chain(assigned).map(bare);
    let mut out: Vec<(NodeId, Span)> = values
        .filter(|value| !lens.is_nil(site, value))
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

fn is_server_field(lens: &Lens, owner: &Symbol, element: &Element) -> bool {
    let Some(Expr { is: Is::Name(name), .. }) = &element.key else { return false };
    takes_for_server(lens, owner, name)
}

/// Whether a field is that of a server, or of a server that the struct embeds.
fn takes_for_server(lens: &Lens, owner: &Symbol, field: &str) -> bool {
    let promoted = |known: &Symbol| is_server(by_field(&known.path, &known.name, field));
    lens.has_from(owner, field, &promoted)
}

/// Whether the value at a node is a parameter of a method or function that nobody calls: a library's.
pub(super) fn is_for_others<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> bool {
    let Some(Node::Expr(value @ Expr { is: Is::Name(_), .. })) = site.body.node(node) else { return false };
    let (Some(local), Some(Item::Func(func))) = (site.body.local(value), lens.item(site.place)) else { return false };
    let is_it = |param: &Param| param.name.as_ref().is_some_and(|name| site.body.local_at(name.at) == Some(local));
    if !func.signature.params.iter().any(is_it) {
        return false;
    }
    let own = lens.package(site.place.file);
    match func.receiver {
        Some(_) => !is_called(lens, own, &func.name.name),
        None => lens.mentions(&Symbol::new(own, &func.name.name)).is_empty(),
    }
}

/// Whether a method of a name may be called, or taken as a value, where its package is known.
fn is_called(lens: &Lens, own: &str, name: &str) -> bool {
    let finder = memmem::Finder::new(name);
    let calls = |bytes: &[u8]| {
        finder.find_iter(bytes).any(|at| {
            bytes[..at].trim_ascii_end().ends_with(b".") && {
                !bytes.get(at + name.len()).is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_')
            }
        })
    };
    lens.source.program.packages.values().any(|package| {
        let known = |file| &*package.path == own || lens.imports(file, own);
        let bytes = |file: &FileId| lens.source.bytes(*file).filter(|_| known(*file));
        package.go_files.iter().filter_map(bytes).any(|bytes| calls(&bytes))
    })
}
