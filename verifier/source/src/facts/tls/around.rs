//! What stands around the places where a configuration is used.

use super::TLS;
use super::fate::{Fate, of_value};
use crate::facts::implied::Implied;
use crate::facts::search::values;
use crate::go::syntax::{Does, Expr, Is, Op, Stmt};
use crate::meaning::body::Binding;
use crate::meaning::{Lens, Node, NodeId, Place, Site, Symbol, Use, bare};

/// Whether what a pointer leads to is meant, and not the pointer.
pub(super) fn is_pointed(site: &Site, node: NodeId) -> bool {
    let Some(up) = site.body.around(node) else { return false };
    match site.body.node(up) {
        Some(Node::Expr(Expr { is: Is::Unary(Op::Address, _), .. })) => is_pointed(site, up),
        Some(Node::Expr(expr)) => matches!(expr.is, Is::Star(_)),
        _ => false,
    }
}

/// Whether a function literal is what chooses a configuration per connection.
pub(super) fn is_callback(site: &Site, closure: NodeId) -> bool {
    match site.body.around(closure).and_then(|up| site.body.node(up)) {
        Some(Node::Element(element)) => element.name() == Some("GetConfigForClient"),
        Some(Node::Stmt(Stmt { does: Does::Assign(left, None, right), .. })) => {
            let index = right.iter().position(|e| site.body.is_at(e, closure));
            let target = index.and_then(|index| left.get(index)).map(bare);
            matches!(target.map(|t| &t.is), Some(Is::Select(_, name)) if &*name.name == "GetConfigForClient")
        }
        _ => false,
    }
}

/// Whether a variable is the struct itself and no pointer to one, by what declares it.
pub(super) fn holds_struct(site: &Site, local: u32) -> bool {
    let is_literal = |value: &Expr| matches!(bare(value).is, Is::Composite(..));
    match site.body.locals.get(local as usize).map(|local| local.binding) {
        Some(Binding::Define(right, index, names)) => right.len() == names && right.get(index).is_some_and(is_literal),
        Some(Binding::Value(spec, index)) => match spec.values.get(index) {
            Some(value) => is_literal(value),
            None => spec.values.is_empty() && spec.ty.as_ref().is_some_and(|ty| !matches!(bare(ty).is, Is::Star(_))),
        },
        _ => false,
    }
}

/// The named type of the literal at a node, said or implied.
pub(super) fn struct_at<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> Option<Symbol> {
    match site.body.node(node)? {
        Node::Expr(Expr { is: Is::Composite(Some(ty), _), .. }) => lens.named(site, ty).map(|ty| ty.name),
        Node::Expr(Expr { is: Is::Composite(None, _), .. }) => {
            let implied = Implied::of(lens, site, node)?;
            lens.named(&implied.site, implied.ty).map(|ty| ty.name)
        }
        _ => None,
    }
}

/// Fields of clients that take a configuration: of `http.Transport` and its like, and of `tls.Dialer`.
pub(super) const CLIENTS: [&str; 2] = ["TLSClientConfig", "Config"];

/// Whether a declaration takes a configuration out of a client's field and hands it on: it may serve from then on.
pub(super) fn takes_from_client<'s>(lens: &Lens<'s>, site: &Site<'s>) -> bool {
    values(site).any(|(base, name, whole)| {
        let of_dialer = || {
            let is = |known: &Symbol| known.is(TLS, "Dialer");
            lens.type_of(site, base).is_some_and(|ty| lens.has_from(&ty.name, name, &is))
        };
        let is_field = name == CLIENTS[0] || name == CLIENTS[1] && of_dialer();
        let Some(node) = site.body.place(whole).filter(|_| is_field) else { return false };
        let around = site.body.around(node).and_then(|up| site.body.node(up));
        let looked_at = matches!(around, Some(Node::Expr(Expr { is: Is::Binary(..) | Is::Select(..), .. })));
        !looked_at && matches!(site.body.use_of(node), Use::Read | Use::Address)
    })
}

/// Whether a configuration is only copied, and every copy goes to clients alone.
pub(super) fn is_template_of_clients<'s>(lens: &Lens<'s>, fate: &Fate) -> bool {
    let is_clients = |(place, named): &(Place, NodeId)| {
        let Some(site) = lens.site(*place) else { return false };
        let call = site.body.around(*named).and_then(|select| site.body.around(select));
        call.is_some_and(|call| {
            let copy = of_value(lens, &site, call);
            copy.client && !(copy.lost || copy.server || copy.quic)
        })
    };
    let elsewhere = fate.server || fate.quic || fate.client || fate.lost || fate.foreign || fate.written;
    !elsewhere && !fate.copied.is_empty() && fate.copied.iter().all(is_clients)
}

/// A credential made of a configuration is none itself.
pub(super) fn is_credentials(site: &Site, node: NodeId) -> bool {
    match site.body.node(node) {
        Some(Node::Expr(Expr { is: Is::Call(call), .. })) => {
            matches!(&bare(&call.fun).is, Is::Select(_, name) if name.name.starts_with("NewTLS") || name.name.contains("Credentials"))
        }
        _ => false,
    }
}
