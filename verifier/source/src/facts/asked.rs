//! Handlers that look at the path of a request themselves: `switch r.URL.Path { case "/healthz": … }`.

use super::health::is_health;
use super::search::{called, methods};
use crate::go::syntax::{Block, Does, Expr, Is, Op, Span, Stmt};
use crate::meaning::body::Binding;
use crate::meaning::{Const, Lens, Node, NodeId, Site, Use, bare};

/// The health paths that a declaration's handlers answer by looking at the request, each with where it is written; none where only its end is told.
pub(super) fn health_paths<'s>(lens: &Lens<'s>, site: &Site<'s>) -> Vec<(Span, Option<String>, &'s Expr)> {
    let mut out = Vec::new();
    for (node, entry) in site.body.nodes.iter().enumerate() {
        let Node::Stmt(stmt) = entry.node else { continue };
        let node = node as NodeId;
        match &stmt.does {
            Does::Switch(switch) => {
                for case in &switch.cases {
                    let named: Vec<_> = match &switch.value {
                        Some(value) if is_path(site, value) => case
                            .values
                            .iter()
                            .filter_map(|value| Some((value.at, Some(health(lens, site, value)?), value)))
                            .collect(),
                        Some(_) => continue,
                        None => case.values.iter().flat_map(|value| conditions(lens, site, value)).collect(),
                    };
                    out.extend(named.into_iter().filter(|_| answers(lens, site, node, &case.body)));
                }
            }
            Does::If(parts) => {
                let named = conditions(lens, site, &parts.condition);
                out.extend(named.into_iter().filter(|_| answers(lens, site, node, &parts.then)));
            }
            _ => {}
        }
    }
    out
}

/// The paths of health of which a condition holds one: `r.URL.Path == "/healthz"`, `strings.HasSuffix(r.URL.Path, "/healthz")`.
fn conditions<'s>(lens: &Lens<'s>, site: &Site<'s>, condition: &'s Expr) -> Vec<(Span, Option<String>, &'s Expr)> {
    let condition = bare(condition);
    match &condition.is {
        Is::Binary(Op::LogicalOr, parts) => parts.iter().flat_map(|part| conditions(lens, site, part)).collect(),
        Is::Binary(Op::Equal, both) => {
            let [left, right] = both.as_slice() else { return Vec::new() };
            let value = if is_path(site, left) { right } else { left };
            let asks = is_path(site, left) || is_path(site, right);
            let path = asks.then(|| health(lens, site, value)).flatten();
            path.map(|path| (condition.at, Some(path), condition)).into_iter().collect()
        }
        Is::Call(call) => {
            let [asked, value] = call.args.as_slice() else { return Vec::new() };
            let by_end = lens.symbol(site, &call.fun).is_some_and(|s| s.is("strings", "HasSuffix"));
            let is_it = by_end && is_path(site, asked) && health(lens, site, value).is_some();
            is_it.then_some((condition.at, None, condition)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// `r.URL.Path`, or a variable that only ever holds it.
fn is_path(site: &Site, expr: &Expr) -> bool {
    let expr = bare(expr);
    if let Some(local) = site.body.local(expr) {
        let set = site.body.uses(local).any(|(_, used)| matches!(used, Use::Assign(_) | Use::Address));
        return match site.body.locals.get(local as usize).map(|found| found.binding) {
            Some(Binding::Define([one], 0, 1)) => !set && matches!(bare(one).is, Is::Select(..)) && is_path(site, one),
            _ => false,
        };
    }
    let Is::Select(url, path) = &expr.is else { return false };
    &*path.name == "Path" && matches!(&bare(url).is, Is::Select(_, url) if &*url.name == "URL")
}

fn health<'s>(lens: &Lens<'s>, site: &Site<'s>, value: &Expr) -> Option<String> {
    match lens.eval(site, value).single() {
        Some(Const::Text(path)) if is_health(path) => Some(path.clone()),
        _ => None,
    }
}

/// Whether statements answer a request: they use what the answer is written to, and hand it on to nobody that was handed over.
fn answers<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, block: &Block) -> bool {
    let Some((first, last)) = block.first().zip(block.last()) else { return false };
    let inside = |at: Span| first.at.start <= at.start && at.end <= last.at.end;
    let writes = site.body.exprs().any(|(at, expr)| {
        matches!(expr.is, Is::Name(_)) && inside(expr.at) && is_writer(lens, site, expr) && at > node
    });
    let hands_on = methods(site).any(|(base, name, whole, _)| {
        let handed = || site.body.local(bare(base)).and_then(|local| site.body.locals.get(local as usize));
        name == "ServeHTTP" && inside(whole.at) && handed().is_some_and(|l| matches!(l.binding, Binding::Param(_)))
    });
    writes && !hands_on
}

fn is_writer<'s>(lens: &Lens<'s>, site: &Site<'s>, name: &Expr) -> bool {
    let local = site.body.local(name).and_then(|local| site.body.locals.get(local as usize));
    let Some(Binding::Param(ty)) = local.map(|local| local.binding) else { return false };
    lens.named(site, ty).is_some_and(|ty| ty.name.is("net/http", "ResponseWriter"))
}

/// Whether a statement asks for a request's path, so that what it guards is there for whoever asks for that.
pub(super) fn asks_path(site: &Site, stmt: &Stmt) -> bool {
    let condition = match &stmt.does {
        Does::If(parts) => Some(parts.condition.at),
        Does::Switch(parts) => {
            let cases = parts.cases.iter().flat_map(|case| &case.values).next().map(|value| value.at);
            parts.value.as_ref().map(|value| value.at).or(cases)
        }
        _ => None,
    };
    let Some(condition) = condition else { return false };
    let inside = |at: Span| condition.holds(at);
    let asks = |name: &str| matches!(name, "URL" | "RequestURI" | "Pattern" | "PathValue");
    site.body.exprs().any(|(node, expr)| {
        matches!(&expr.is, Is::Select(_, name) if asks(&name.name)) && inside(expr.at) && called(site, node).is_none()
    })
}
