//! Options of frameworks that make a configuration of certificates and of a version alone (fiber v3, `ListenConfig`).

use super::creations::{Creation, Made};
use crate::go::syntax::{Element, Expr, Is};
use crate::meaning::{Const, Lens, Node, NodeId, Site, Use, Value, bare};

pub(super) const FIBER: &str = "github.com/gofiber/fiber/v3";
/// The field of the version; fiber takes 0 for TLS 1.2.
pub(super) const VERSION: &str = "TLSMinVersion";
const FUNCTION: &str = "TLSConfigFunc";
/// With one of these the server has TLS.
const CERTIFICATES: [&str; 2] = ["CertFile", "AutoCertManager"];

/// Literals of such options whose server has TLS, and no configuration of its own.
pub(super) fn creations<'s>(lens: &Lens<'s>, site: &Site<'s>) -> Vec<Creation<'s>> {
    if !lens.imports(site.place.file, FIBER) {
        return Vec::new();
    }
    let made = site.body.exprs().filter_map(|(node, expr)| match &expr.is {
        Is::Composite(Some(ty), elements)
            if lens.named(site, ty).is_some_and(|ty| ty.name.is(FIBER, "ListenConfig")) =>
        {
            let has = |field: &str| states(lens, site, elements, field) || is_set(site, node, field);
            let serves = CERTIFICATES.iter().any(|field| has(field)) && !has("TLSConfig");
            serves.then(|| Creation { elements, ..Creation::of(Made::Options, expr.at, node) })
        }
        _ => None,
    });
    made.collect()
}

fn states<'s>(lens: &Lens<'s>, site: &Site<'s>, elements: &'s [Element], field: &str) -> bool {
    let empty = |value: &Expr| lens.is_nil(site, value) || lens.eval(site, value) == Value::one(Const::Text("".into()));
    elements.iter().any(|element| element.name() == Some(field) && !empty(&element.value))
}

/// Whether a variable that holds the literal at a node has a field set.
fn is_set(site: &Site, node: NodeId, field: &str) -> bool {
    let holds = |local: u32| match site.body.locals.get(local as usize).map(|local| local.binding) {
        Some(crate::meaning::body::Binding::Define([one], 0, 1)) => site.body.is_at(bare(one), node),
        _ => false,
    };
    (0..site.body.locals.len() as u32)
        .filter(|local| holds(*local))
        .any(|local| site.body.uses(local).any(|(_, used)| matches!(used, Use::AssignField(name, _) if name == field)))
}

/// What a function does to the version that is handed the configuration last: `None` without such a function.
pub(super) fn adjusted<'s>(lens: &Lens<'s>, site: &Site<'s>, creation: &Creation<'s>) -> Option<Value> {
    let open = |value: &Expr| Value::Unknown(lens.open(site, value));
    let Some(element) = creation.elements.iter().find(|element| element.name() == Some(FUNCTION)) else {
        let later = is_set(site, creation.node, FUNCTION).then(|| site.body.node(creation.node)).flatten();
        return match later? {
            Node::Expr(literal) => Some(open(literal)),
            _ => None,
        };
    };
    let value = bare(&element.value);
    let Is::Func(signature, _) = &value.is else { return Some(open(value)) };
    let name = signature.params.first()?.name.as_ref()?;
    let local = site.body.local_at(name.at)?;
    let closure = site.body.place(value)?;
    let mut version = None;
    for (node, used) in site.body.uses(local) {
        match used {
            Use::AssignField("MinVersion", Some(value)) => {
                let sure = version.is_none()
                    && !site.body.is_conditional(node, closure)
                    && site.body.returns(Some(closure)).is_empty();
                version = Some(if sure { lens.eval(site, value) } else { open(value) });
            }
            Use::AssignField(name, _) if name != "MinVersion" => {}
            Use::Field(..) => {}
            _ => return Some(open(value)),
        }
    }
    version
}

/// A version as fiber understands it.
pub(super) fn stated(min: Value) -> Value {
    match min {
        Value::Any(all) => {
            let of = |value| if value == Const::Int(0) { Const::Int(0x0303) } else { value };
            Value::Any(all.into_iter().map(of).collect())
        }
        unknown => unknown,
    }
}
