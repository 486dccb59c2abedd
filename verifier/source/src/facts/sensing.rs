//! `source.test_sensing`: where the program looks at what tells an examiner from anyone else.

use super::mentions::{SENSING, mark};
use super::search::{Search, called, item, methods, references, spelt};
use crate::go::literal::unquote_text;
use crate::go::syntax::{Does, Expr, Is, Literal, Op, Span, Stmt};
use crate::meaning::{Const, Lens, Node, NodeId, Site, Symbol, Use};
use assize_facts::kinds::source::{SensingForm, TestSensing};
use assize_facts::{Item, Known, Sheet};

pub(super) fn sheet(lens: &Lens) -> Sheet {
    let search = Search {
        file: &|lens, file| {
            let says = lens.source.program.head(file).is_some_and(|head| head.mentions.has(SENSING));
            says || ["net/http", "net"].iter().any(|path| lens.imports(file, path))
        },
        marks: mark::SENSE,
        words: &["TracerPid", "User-Agent", "user-agent"],
        dependencies: false,
    };
    search.sheet::<TestSensing>(lens, |site| {
        let mut out: Vec<(Span, Item)> = Vec::new();
        let mut add = |form, detail: String, node: NodeId, at: Span| {
            let fact = TestSensing {
                package: lens.package(site.place.file).to_string(),
                function: lens.function_name(site.place),
                owner: lens.owner(site.place.file),
                form,
                detail,
                decides: decides(lens, site, node),
            };
            out.push((at, item(fact, lens.source.origin(site.place.file, at))));
        };
        for (node, expr) in site.body.exprs() {
            let Is::Literal(Literal::Text, text) = &expr.is else { continue };
            if unquote_text(text).is_some_and(|text| text.contains("TracerPid")) {
                add(SensingForm::TracerPid, "TracerPid".into(), node, expr.at);
            }
        }
        for found in
            references(lens, site, |s| &*s.path == "net" && matches!(&*s.name, "Interfaces" | "InterfaceAddrs"))
        {
            let node = found.call.and_then(|(whole, _)| site.body.place(whole)).unwrap_or(found.node);
            add(SensingForm::Interfaces, spelt(&found.symbol), node, found.whole().at);
        }
        for (base, name, whole, call) in methods(site) {
            let Some(node) = site.body.place(whole) else { continue };
            let of_request = || lens.type_of(site, base).is_none_or(|ty| ty.name.is("net/http", "Request"));
            match name {
                "UserAgent" if call.args.is_empty() && of_request() => {
                    add(SensingForm::UserAgent, "UserAgent()".into(), node, whole.at);
                }
                "Get" | "Peek" if call.args.first().is_some_and(|arg| is_user_agent(lens, site, arg)) => {
                    add(SensingForm::UserAgent, format!("{name}(\"User-Agent\")"), node, whole.at);
                }
                _ => {}
            }
        }
        // `r.Header["User-Agent"]`.
        for (node, expr) in site.body.exprs() {
            if let Is::Index(_, keys) = &expr.is
                && keys.first().is_some_and(|key| is_user_agent(lens, site, key))
                && !matches!(site.body.use_of(node), Use::Assign(_))
            {
                add(SensingForm::UserAgent, "[\"User-Agent\"]".into(), node, expr.at);
            }
        }
        out.sort_by_key(|(at, _)| *at);
        out.into_iter().map(|(_, item)| item).collect()
    })
}

fn is_user_agent<'s>(lens: &Lens<'s>, site: &Site<'s>, arg: &Expr) -> bool {
    matches!(lens.eval(site, arg).single(), Some(Const::Text(text)) if text.eq_ignore_ascii_case("user-agent"))
}

/// Functions whose answer about a text is a decision.
fn asks(symbol: &Symbol) -> bool {
    ["strings", "bytes", "regexp", "slices"].contains(&&*symbol.path)
}

/// Whether a value is compared, tested or switched on where it stands, or through one variable.
fn decides<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId) -> Known<bool> {
    match used(lens, site, node, 6) {
        Some(decides) => decides.into(),
        None => match site.body.node(node) {
            Some(Node::Expr(expr)) => Known::Unknown(lens.open(site, expr)),
            _ => false.into(),
        },
    }
}

fn used<'s>(lens: &Lens<'s>, site: &Site<'s>, node: NodeId, depth: u32) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    let Some(up) = site.body.around(node) else { return Some(false) };
    match site.body.node(up)? {
        Node::Expr(Expr { is: Is::Binary(op, _), .. }) => match op {
            Op::Equal
            | Op::NotEqual
            | Op::LogicalAnd
            | Op::LogicalOr
            | Op::Less
            | Op::Greater
            | Op::AtMost
            | Op::AtLeast => Some(true),
            _ => used(lens, site, up, depth),
        },
        Node::Expr(Expr { is: Is::Unary(Op::Not, _), .. }) => Some(true),
        Node::Expr(Expr { is: Is::Index(..) | Is::Slice(..), .. }) => used(lens, site, up, depth),
        Node::Expr(Expr { is: Is::Call(call), .. }) => match lens.symbol(site, &call.fun) {
            Some(symbol) if asks(&symbol) => used(lens, site, up, depth).or(Some(true)),
            Some(symbol) if symbol.path.is_empty() => used(lens, site, up, depth),
            _ => None,
        },
        Node::Expr(Expr { is: Is::Select(..), .. }) => match called(site, up) {
            Some(_) => None,
            None => used(lens, site, up, depth),
        },
        Node::Stmt(Stmt { does: Does::If(_) | Does::Switch(_) | Does::For(_), .. }) => Some(true),
        Node::Stmt(Stmt { does: Does::Range(_), .. }) => Some(true),
        Node::Stmt(Stmt { does: Does::Expr(_), .. }) => Some(false),
        Node::Stmt(Stmt { does: Does::Define(left, _) | Does::Assign(left, _, _), .. }) => {
            let local = left.first().and_then(|name| site.body.local(name))?;
            let all: Vec<Option<bool>> = site
                .body
                .uses(local)
                .filter(|(_, used)| !matches!(used, Use::Assign(_)))
                .map(|(node, _)| self::used(lens, site, node, depth))
                .collect();
            match () {
                () if all.contains(&Some(true)) => Some(true),
                () if all.contains(&None) => None,
                () => Some(false),
            }
        }
        _ => None,
    }
}
