//! Lists that are literals, or that variables, parameters and results of functions only ever are, and the variables that range over them.

use super::body::{Binding, LocalId, Node, NodeId, Use, bare};
use super::names::{Lens, Site, Symbol};
use crate::build::is_standard;
use crate::go::syntax::{Call, Does, Element, Expr, Is, Op, Stmt};

/// Lists are followed through as many variables and functions,
const DEPTH: u32 = 8;
/// and no longer ones.
const MOST: usize = 512;

/// One of a list's elements.
#[derive(Clone)]
pub(crate) struct Listed<'s, 'e> {
    pub at: Site<'s>,
    pub key: Option<&'e Expr>,
    pub value: &'e Expr,
    /// The type of the list, where it is written.
    list: Option<(Site<'s>, &'e Expr)>,
}

type List<'s, 'e> = Vec<Listed<'s, 'e>>;

impl<'s> Lens<'s> {
    /// The elements of a list without keys, in order.
    pub fn elements<'e>(&self, site: &Site<'s>, list: &'e Expr) -> Option<Vec<(Site<'s>, &'e Expr)>>
    where
        's: 'e,
    {
        let all = self.listed(site, list)?;
        let plain = all.iter().all(|e| e.key.is_none());
        plain.then(|| all.into_iter().map(|e| (e.at, e.value)).collect())
    }

    /// The one literal that a list is, or that the variable holds and nothing changes, with the type that is written there.
    pub(super) fn literal<'e>(&self, site: &Site<'s>, list: &'e Expr) -> Option<(Site<'s>, &'e Expr, List<'s, 'e>)>
    where
        's: 'e,
    {
        let (at, value) = match &bare(list).is {
            Is::Composite(..) => (site.clone(), bare(list)),
            _ => self.held(site, list, DEPTH)?,
        };
        let Is::Composite(Some(ty), all) = &value.is else { return None };
        Some((at.clone(), &**ty, of_literal(&at, Some(&**ty), all)))
    }

    /// The value that a variable begins with, where nothing sets it or its elements.
    fn held(&self, site: &Site<'s>, list: &Expr, depth: u32) -> Option<(Site<'s>, &'s Expr)> {
        let list = bare(list);
        if let Some(local) = site.body.local(list) {
            let looked_at = |(node, used)| matches!(used, Use::Read) && self.is_looked_at(site, node, depth);
            if !site.body.uses(local).all(looked_at) {
                return None;
            }
            let value = match site.body.locals.get(local as usize)?.binding {
                Binding::Define(all, index, names) if all.len() == names => all.get(index)?,
                Binding::Value(spec, index) if spec.values.len() == spec.names.len() => spec.values.get(index)?,
                _ => return None,
            };
            return Some((site.clone(), bare(value)));
        }
        let symbol = self.symbol(site, list)?;
        let [(at, spec, index)] = &self.value(&symbol)[..] else { return None };
        let read =
            |site: &Site<'s>, node| matches!(site.body.use_of(node), Use::Read) && self.is_looked_at(site, node, depth);
        let alone =
            !self.is_set_elsewhere(&symbol) && self.mentions(&symbol).iter().all(|(site, node)| read(site, *node));
        let value = spec.values.get(*index).filter(|_| alone && spec.values.len() == spec.names.len())?;
        Some((at.clone(), bare(value)))
    }

    /// What a list holds that is a literal, a variable that only ever holds one, a parameter that gets some, or a function's result.
    fn listed<'e>(&self, site: &Site<'s>, list: &'e Expr) -> Option<List<'s, 'e>>
    where
        's: 'e,
    {
        match &bare(list).is {
            Is::Composite(ty, all) => Some(of_literal(site, ty.as_deref(), all)),
            _ => self.listed_by(site, list, DEPTH),
        }
    }

    fn listed_within(&self, site: &Site<'s>, list: &'s Expr, depth: u32) -> Option<List<'s, 's>> {
        match &bare(list).is {
            Is::Composite(ty, all) => Some(of_literal(site, ty.as_deref(), all)),
            _ => self.listed_by(site, list, depth),
        }
    }

    fn listed_by(&self, site: &Site<'s>, list: &Expr, depth: u32) -> Option<List<'s, 's>> {
        let depth = depth.checked_sub(1)?;
        let list = bare(list);
        if let Is::Call(call) = &list.is {
            let (at, func) = match (self.symbol(site, &call.fun), &bare(&call.fun).is) {
                (Some(symbol), _) => self.function(&symbol)?,
                (None, Is::Select(base, name)) => self.method(&self.type_of(site, base)?.name, &name.name)?,
                _ => return None,
            };
            let returns = at.body.returns(None);
            let [_] = func.signature.results.as_slice() else { return None };
            return together(returns.into_iter().map(|values| self.listed_within(&at, values.first()?, depth)));
        }
        if let Some(local) = site.body.local(list) {
            let binding = site.body.locals.get(local as usize)?.binding;
            // What a function only makes to give it away is its own.
            let own = matches!(binding, Binding::Define(..) | Binding::Value(..));
            let looked_at = |(node, used)| {
                matches!(used, Use::Read) && (own && is_returned(site, node) || self.is_looked_at(site, node, depth))
            };
            if !site.body.uses(local).all(looked_at) {
                return None;
            }
            return match binding {
                Binding::Define([one], _, 1) => self.listed_within(site, one, depth),
                Binding::Value(spec, 0) if spec.names.len() == 1 => {
                    self.listed_within(site, spec.values.first()?, depth)
                }
                Binding::Param(_) | Binding::Variadic if self.is_called_from_elsewhere(site) => None,
                Binding::Param(_) => together(
                    self.arguments(site, local)?.into_iter().map(|(at, arg)| self.listed_within(&at, arg, depth)),
                ),
                Binding::Variadic => self.rest(site, local, depth),
                _ => None,
            };
        }
        let (at, value) = self.held(site, list, depth)?;
        match &value.is {
            Is::Composite(..) => self.listed_within(&at, value, depth),
            _ => None,
        }
    }

    /// What calls hand over for `...T`.
    fn rest(&self, site: &Site<'s>, local: LocalId, depth: u32) -> Option<List<'s, 's>> {
        let of = |(at, rest, spread): (Site<'s>, &'s [Expr], bool)| match (spread, rest) {
            (true, [list]) => self.listed_within(&at, list, depth),
            (true, _) => None,
            (false, all) => {
                Some(all.iter().map(|value| Listed { at: at.clone(), key: None, value, list: None }).collect())
            }
        };
        together(self.rests(site, local)?.into_iter().map(of))
    }

    /// Whether a use leaves a list alone: whoever else gets it may set its elements.
    fn is_looked_at(&self, site: &Site<'s>, node: NodeId, depth: u32) -> bool {
        match site.body.around(node).and_then(|up| site.body.node(up)) {
            Some(Node::Stmt(Stmt { does: Does::Range(range), .. })) => site.body.is_at(&range.over, node),
            Some(Node::Expr(Expr { is: Is::Index(base, _), .. })) => site.body.is_at(base, node),
            Some(Node::Expr(Expr { is: Is::Call(call), .. })) => match self.symbol(site, &call.fun) {
                Some(symbol) if symbol.path.is_empty() => matches!(&*symbol.name, "len" | "cap" | "append"),
                Some(symbol) if is_standard(&symbol.path) => looks(&symbol),
                symbol => self.only_looks(site, node, call, symbol, depth),
            },
            Some(Node::Expr(Expr { is: Is::Binary(..), .. })) => true,
            _ => false,
        }
    }

    /// Whether a function of the program that gets a list leaves it alone.
    fn only_looks(&self, site: &Site<'s>, node: NodeId, call: &Call, symbol: Option<Symbol>, depth: u32) -> bool {
        let found = || {
            let depth = depth.checked_sub(1)?;
            let (at, func) = match (symbol, &bare(&call.fun).is) {
                (Some(symbol), _) => self.function(&symbol)?,
                (None, Is::Select(base, name)) => self.method(&self.type_of(site, base)?.name, &name.name)?,
                _ => return None,
            };
            func.body.as_ref()?;
            let index = call.args.iter().position(|arg| site.body.is_at(arg, node))?;
            let params = &func.signature.params;
            let param = params.get(index)?;
            // Without the dots each would be one of several.
            if param.variadic && !call.spread {
                return None;
            }
            let Some(name) = param.name.as_ref().filter(|name| &*name.name != "_") else { return Some(true) };
            let local = at.body.local_at(name.at)?;
            let looks = |(node, used)| matches!(used, Use::Read) && self.is_looked_at(&at, node, depth);
            Some(at.body.uses(local).all(looks))
        };
        found().unwrap_or(false)
    }

    /// What a range's variable runs through, where that is a literal and nothing else is assigned to it.
    pub fn ranged(&self, site: &Site<'s>, name: &Expr) -> Option<Vec<(Site<'s>, &'s Expr)>> {
        let name = bare(name);
        let local = site.body.local(name)?;
        let found = site.body.locals.get(local as usize)?;
        if !site.body.uses(local).all(|(_, used)| matches!(used, Use::Read | Use::Field(..))) {
            return None;
        }
        let Some(Node::Stmt(Stmt { does: Does::Range(range), .. })) = site.body.node(found.at) else { return None };
        let index = range.left.iter().position(|left| site.body.local(left) == Some(local))?;
        let all = self.listed(site, &range.over)?;
        match index {
            0 => all.into_iter().map(|e| Some((e.at, e.key?))).collect(),
            _ => Some(all.into_iter().map(|e| (e.at, e.value)).collect()),
        }
    }
}

impl<'s> Lens<'s> {
    /// What a field is of each struct that a list holds: of `r.Path` in `for _, r := range routes`, and of `routes[i].Path`, the value that the
    /// list's literal gives it. `None` where some element's is not written there.
    pub fn ranged_field(&self, site: &Site<'s>, expr: &'s Expr) -> Option<Vec<(Site<'s>, &'s Expr)>> {
        let Is::Select(base, field) = &bare(expr).is else { return None };
        let list = match &bare(base).is {
            Is::Name(_) => self.range_over(site, base)?,
            Is::Index(list, index) if index.len() == 1 => list,
            _ => return None,
        };
        let all = self.listed(site, list)?;
        let of = |element: Listed<'s, 's>| {
            let value = match &bare(element.value).is {
                Is::Unary(Op::Address, inside) => bare(inside),
                _ => bare(element.value),
            };
            let Is::Composite(own, fields) = &value.is else { return None };
            let named = |e: &&Element| e.name() == Some(&*field.name);
            if let Some(found) = fields.iter().find(named) {
                return Some((element.at, &found.value));
            }
            if fields.iter().any(|e| e.key.is_some()) {
                return None;
            }
            let (place, ty) = match own {
                Some(own) => (element.at.clone(), &**own),
                None => self.item_type(element.list?)?,
            };
            let index = self.field_index(&place, ty, &field.name)?;
            Some((element.at, &fields.get(index)?.value))
        };
        all.into_iter().map(of).collect()
    }

    /// The list that a range's variable for the values runs through, where nothing else is assigned to it or its fields.
    pub(super) fn range_over(&self, site: &Site<'s>, name: &Expr) -> Option<&'s Expr> {
        let local = site.body.local(bare(name))?;
        let found = site.body.locals.get(local as usize)?;
        if !site.body.uses(local).all(|(_, used)| matches!(used, Use::Read | Use::Field(..))) {
            return None;
        }
        let Some(Node::Stmt(Stmt { does: Does::Range(range), .. })) = site.body.node(found.at) else { return None };
        (range.left.iter().position(|left| site.body.local(left) == Some(local)) == Some(1)).then_some(&range.over)
    }

    /// The type of a list's elements, by that of the list.
    fn item_type(&self, (site, list): (Site<'s>, &'s Expr)) -> Option<(Site<'s>, &'s Expr)> {
        let (at, ty) = self.written(site, list)?;
        match &ty.is {
            Is::SliceOf(of) | Is::Array(_, of) | Is::Map(_, of) => Some((at, of)),
            _ => None,
        }
    }

    /// A type behind the name that the program gives it.
    pub(super) fn written<'e>(&self, site: Site<'s>, ty: &'e Expr) -> Option<(Site<'s>, &'e Expr)>
    where
        's: 'e,
    {
        let ty = bare(ty);
        match &ty.is {
            Is::Name(_) if let Some(local) = site.body.local(ty) => match site.body.locals.get(local as usize)?.binding
            {
                Binding::Type(spec) => Some((site, bare(&spec.ty))),
                _ => None,
            },
            Is::Name(_) | Is::Select(..) => {
                let (at, spec) = self.type_spec(&self.symbol(&site, ty)?)?;
                Some((at, bare(&spec.ty)))
            }
            _ => Some((site, ty)),
        }
    }

    /// Which one of a struct's fields bears a name.
    fn field_index(&self, site: &Site<'s>, ty: &'s Expr, name: &str) -> Option<usize> {
        let ty = match &bare(ty).is {
            Is::Star(inside) => inside,
            _ => ty,
        };
        let (_, ty) = self.written(site.clone(), ty)?;
        let Is::Struct(fields) = &ty.is else { return None };
        // An embedded field has one place, too.
        let places = fields.iter().flat_map(|field| {
            let unnamed = field.names.is_empty().then_some(None);
            field.names.iter().map(|name| Some(&*name.name)).chain(unnamed)
        });
        places.into_iter().position(|known| known == Some(name))
    }
}

/// Whether a function of the standard library neither sets the elements of a list or map that it gets nor keeps it.
fn looks(function: &Symbol) -> bool {
    let begins = |all: &[&str]| all.iter().any(|start| function.name.starts_with(start));
    match &*function.path {
        "errors" | "html" | "html/template" | "log" | "log/slog" | "mime" | "net" | "net/http" | "net/url"
        | "os/exec" | "os/signal" | "path" | "path/filepath" | "regexp" | "strings" | "testing" | "text/template"
        | "time" => true,
        "fmt" => begins(&["Print", "Sprint", "Fprint", "Errorf"]),
        "encoding/json" | "encoding/xml" => begins(&["Marshal"]),
        "maps" => begins(&["All", "Clone", "Equal", "Keys", "Values"]),
        "slices" => {
            let known = ["All", "BinarySearch", "Clone", "Compare", "Concat", "Contains", "Equal", "Index", "IsSorted"];
            begins(&known) || begins(&["Backward", "Collect", "Max", "Min", "Repeat", "Values"])
        }
        "sort" => begins(&["Search", "Is", "SliceIsSorted"]) || function.name.ends_with("AreSorted"),
        _ => false,
    }
}

fn of_literal<'s, 'e>(site: &Site<'s>, ty: Option<&'e Expr>, all: &'e [Element]) -> List<'s, 'e> {
    let list = ty.map(|ty| (site.clone(), ty));
    let of = |e: &'e Element| Listed { at: site.clone(), key: e.key.as_ref(), value: &e.value, list: list.clone() };
    all.iter().map(of).collect()
}

fn is_returned(site: &Site, node: NodeId) -> bool {
    let up = site.body.around(node).and_then(|up| site.body.node(up));
    matches!(up, Some(Node::Stmt(Stmt { does: Does::Return(_), .. })))
}

/// One list of several; none where one is not known.
fn together<'s, 'e>(all: impl Iterator<Item = Option<List<'s, 'e>>>) -> Option<List<'s, 'e>> {
    let mut out = Vec::new();
    for list in all {
        out.extend(list?);
        if out.len() > MOST {
            return None;
        }
    }
    (!out.is_empty()).then_some(out)
}
