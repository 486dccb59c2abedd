//! Options of frameworks that make a configuration of certificates and of a version alone (fiber v3, `ListenConfig`).

use super::creations::{Creation, Made};
use super::fate::Fate;
use crate::go::syntax::{Call, Does, Element, Expr, Is, Op, Stmt};
use crate::meaning::body::Binding;
use crate::meaning::{Const, Lens, Node, NodeId, Site, Use, Value, bare};
use assize_facts::reason;

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
    let is_options = |ty: &Expr| lens.named(site, ty).is_some_and(|ty| ty.name.is(FIBER, "ListenConfig"));
    let serves = |elements: &'s [Element], locals: &[u32]| {
        let has = |field: &str| states(lens, site, elements, field) || is_set(site, locals, field);
        CERTIFICATES.iter().any(|field| has(field)) && !has("TLSConfig")
    };
    let made = site.body.exprs().filter_map(|(node, expr)| match &expr.is {
        Is::Composite(Some(ty), elements) if is_options(ty) => serves(elements, &holders(site, node))
            .then(|| Creation { elements, ..Creation::of(Made::Options, expr.at, node) }),
        _ => None,
    });
    // `var c fiber.ListenConfig`.
    let zeros = site.body.nodes.iter().enumerate().filter_map(|(node, entry)| match entry.node {
        Node::Spec(spec) if spec.values.is_empty() && spec.ty.as_ref().is_some_and(is_options) => {
            let [name] = &spec.names[..] else { return None };
            let local = site.body.local_at(name.at)?;
            let made = || Creation { local: Some(local), ..Creation::of(Made::Options, name.at, node as NodeId) };
            serves(&[], &[local]).then(made)
        }
        _ => None,
    });
    made.chain(zeros).collect()
}

/// The variables that are made with the literal at a node, or with its address.
fn holders(site: &Site, node: NodeId) -> Vec<u32> {
    let holds = |local: u32| match site.body.locals.get(local as usize).map(|local| local.binding) {
        Some(Binding::Define([one], 0, 1)) => match &bare(one).is {
            Is::Unary(Op::Address, inside) => site.body.is_at(bare(inside), node),
            _ => site.body.is_at(bare(one), node),
        },
        Some(Binding::Value(spec, 0)) => spec.values.first().is_some_and(|one| site.body.is_at(bare(one), node)),
        _ => false,
    };
    (0..site.body.locals.len() as u32).filter(|local| holds(*local)).collect()
}

/// Whether anyone else may set the options, through a variable that holds them: they go elsewhere than to where they are used.
pub(super) fn is_handed_on<'s>(lens: &Lens<'s>, site: &Site<'s>, creation: &Creation<'s>, fate: &Fate) -> bool {
    let elsewhere = |at: &Site<'s>, node: NodeId, used: Use<'s>| match used {
        Use::Read => {
            let up = at.body.around(node);
            let up = match up.and_then(|up| at.body.node(up)) {
                Some(Node::Expr(Expr { is: Is::Star(_), .. })) => up.and_then(|up| at.body.around(up)),
                _ => up,
            };
            let call = up.and_then(|up| at.body.node(up));
            !matches!(call, Some(Node::Expr(Expr { is: Is::Call(call), .. })) if listens(call))
        }
        Use::AssignField(..) | Use::Field(..) => false,
        Use::Assign(_) | Use::Address | Use::Method(..) => true,
    };
    let local = |local: &u32| site.body.uses(*local).any(|(node, used)| elsewhere(site, node, used));
    let global = fate.global.as_ref().map(|symbol| lens.mentions(symbol));
    let is_kept = creation.local.is_none() && !stays(site, creation.node);
    is_kept
        || fate.holders.iter().any(local)
        || global.is_some_and(|all| all.iter().any(|(at, node)| elsewhere(at, *node, at.body.use_of(*node))))
}

/// Whether a literal stands where a variable or the server gets it.
fn stays(site: &Site, node: NodeId) -> bool {
    let Some(up) = site.body.around(node) else { return false };
    match site.body.node(up) {
        Some(Node::Expr(Expr { is: Is::Unary(Op::Address, _), .. })) => stays(site, up),
        Some(Node::Expr(Expr { is: Is::Call(call), .. })) => listens(call),
        Some(Node::Stmt(Stmt { does: Does::Define(..), .. })) | Some(Node::Spec(_)) => true,
        _ => false,
    }
}

fn listens(call: &Call) -> bool {
    matches!(&bare(&call.fun).is, Is::Select(_, name) if &*name.name == "Listen")
}

fn states<'s>(lens: &Lens<'s>, site: &Site<'s>, elements: &'s [Element], field: &str) -> bool {
    let empty = |value: &Expr| lens.is_nil(site, value) || lens.eval(site, value) == Value::one(Const::Text("".into()));
    elements.iter().any(|element| element.name() == Some(field) && !empty(&element.value))
}

/// Whether variables have a field set.
fn is_set(site: &Site, locals: &[u32], field: &str) -> bool {
    let sets = |used: Use| matches!(used, Use::AssignField(name, _) if name == field);
    locals.iter().any(|local| site.body.uses(*local).any(|(_, used)| sets(used)))
}

/// What a function does to the version that is handed the configuration last: `None` without such a function.
pub(super) fn adjusted<'s>(lens: &Lens<'s>, site: &Site<'s>, creation: &Creation<'s>) -> Option<Value> {
    let open = |value: &Expr| Value::Unknown(lens.open(site, value));
    let Some(element) = creation.elements.iter().find(|element| element.name() == Some(FUNCTION)) else {
        let locals: Vec<u32> = holders(site, creation.node).into_iter().chain(creation.local).collect();
        let reason = reason!("tls-config-passed-on");
        return is_set(site, &locals, FUNCTION).then_some(Value::Unknown(reason));
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
