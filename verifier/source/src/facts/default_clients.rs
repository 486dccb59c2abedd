//! net/http's own client and transport: what the program sets of them, by their names and wherever they go.

use super::http_clients::{FIELDS, HTTP};
use super::search::{Reference, references};
use super::structs::Elsewhere;
use super::types::Types;
use crate::go::syntax::{Does, Expr, Is, Stmt};
use crate::meaning::{Const, Lens, Node, Site, Symbol, Use, Value};
use assize_facts::reason;
use std::collections::BTreeMap;

/// What is set of them, by field; nobody knows what is called before that.
#[derive(Default)]
pub(super) struct Own {
    changes: BTreeMap<&'static str, Value>,
}

/// What is set somewhere of a client, and of a transport.
pub(super) struct Set<'e> {
    pub of_clients: &'e Elsewhere,
    pub of_transports: &'e Elsewhere,
    pub transports: &'e Types,
}

impl Own {
    pub fn of<'s>(lens: &Lens<'s>, sites: &[Site<'s>], set: &Set) -> Own {
        let mut own = Own::default();
        let (mut client_leaves, mut transport_leaves) = (false, false);
        for site in sites {
            let names = ["DefaultClient", "DefaultTransport"];
            for found in references(lens, site, |symbol| &*symbol.path == HTTP && names.contains(&&*symbol.name)) {
                match &*found.symbol.name {
                    "DefaultClient" => client_leaves |= own.of_client(lens, site, &found),
                    _ => transport_leaves |= own.of_transport(lens, site, &found),
                }
            }
        }
        if client_leaves {
            own.join(set.of_clients, &["Timeout"]);
        }
        if transport_leaves || sites.iter().any(|site| asserts(lens, site, set.transports)) {
            own.join(set.of_transports, &FIELDS[1..]);
        }
        own
    }

    /// What a field may be: net/http/transport.go, Go 1.26, and what the program sets.
    pub fn value(&self, field: &str, zero: Const) -> Value {
        let first = Value::one(match field {
            "IdleConnTimeout" => Const::Int(90_000_000_000),
            "TLSHandshakeTimeout" => Const::Int(10_000_000_000),
            "MaxIdleConns" => Const::Int(100),
            _ => zero,
        });
        match self.changes.get(field) {
            Some(changed) => first.or(changed.clone()),
            None => first,
        }
    }

    /// Whether whoever gets the client may set what it likes of it.
    fn of_client<'s>(&mut self, lens: &Lens<'s>, site: &Site<'s>, found: &Reference<'s>) -> bool {
        match site.body.use_of(found.node) {
            Use::Assign(_) | Use::Address => self.set("Timeout", unknown("Timeout")),
            Use::AssignField("Timeout", value) => self.set("Timeout", given(lens, site, "Timeout", value)),
            Use::AssignField(..) | Use::Field(..) | Use::Method(..) => {}
            Use::Read => return !site.body.is_compared(found.node) && !is_read(site, found.node),
        }
        false
    }

    fn of_transport<'s>(&mut self, lens: &Lens<'s>, site: &Site<'s>, found: &Reference<'s>) -> bool {
        let up = site.body.around(found.node);
        let asserted = up.filter(|up| matches!(site.body.node(*up), Some(Node::Expr(Expr { is: Is::Assert(..), .. }))));
        match (site.body.use_of(found.node), asserted) {
            (Use::Assign(_) | Use::Address, _) => FIELDS[1..].iter().for_each(|field| self.set(field, unknown(field))),
            (_, Some(asserted)) => match site.body.use_of(asserted) {
                Use::AssignField(name, value) => {
                    if let Some(field) = FIELDS.iter().find(|field| **field == name) {
                        self.set(field, given(lens, site, field, value));
                    }
                }
                Use::Field(..) | Use::Method(..) => {}
                Use::Assign(_) | Use::Address | Use::Read => return !is_read(site, asserted),
            },
            _ => {}
        }
        false
    }

    fn set(&mut self, field: &'static str, value: Value) {
        let known = self.changes.remove(field);
        self.changes.insert(field, known.map_or_else(|| value.clone(), |known| known.or(value.clone())));
    }

    fn join(&mut self, elsewhere: &Elsewhere, fields: &[&'static str]) {
        for field in fields {
            if elsewhere.replaced || elsewhere.reflected {
                self.set(field, unknown(field));
            }
            if let Some(value) = elsewhere.fields.get(*field) {
                self.set(field, value.clone());
            }
        }
    }
}

fn unknown(field: &str) -> Value {
    Value::Unknown(reason!("struct-not-followed", field = field))
}

fn given<'s>(lens: &Lens<'s>, site: &Site<'s>, field: &str, value: Option<&'s Expr>) -> Value {
    value.map_or_else(|| unknown(field), |value| lens.eval(site, value))
}

/// `*http.DefaultClient`: a copy.
fn is_read(site: &Site, node: crate::meaning::NodeId) -> bool {
    let around = site.body.around(node).and_then(|up| site.body.node(up));
    matches!(around, Some(Node::Expr(Expr { is: Is::Star(_), .. })))
}

/// Whether some interface's value is taken for a transport: which one that is nobody knows.
fn asserts<'s>(lens: &Lens<'s>, site: &Site<'s>, transports: &Types) -> bool {
    let is_default = |expr: &Expr| lens.symbol(site, expr).is_some_and(|s: Symbol| s.is(HTTP, "DefaultTransport"));
    let is_transport = |ty: &Expr| lens.named(site, ty).is_some_and(|ty| transports.has(&ty));
    site.body.nodes.iter().any(|entry| match entry.node {
        Node::Expr(Expr { is: Is::Assert(of, ty), .. }) => is_transport(ty) && !is_default(of),
        Node::Stmt(Stmt { does: Does::TypeSwitch(parts), .. }) => {
            parts.cases.iter().flat_map(|case| &case.values).any(is_transport)
        }
        _ => false,
    })
}
