//! The values of fields of the program's own structs: what literals and assignments give them, and zero where a struct is made without.
//!
//! That is only told where everything is seen that makes such a struct or sets the field: nothing takes the field's address, converts or embeds the
//! struct, or hands it to code that sets fields by reflection (which reaches exported ones alone, reflect.Value.CanSet).

use super::body::{Node, NodeId, Use, bare};
use super::names::{Lens, Place, Site, Symbol};
use super::std::keeps_values;
use super::value::Value;
use crate::build::FileId;
use crate::go::outline::{Decl, DeclKind};
use crate::go::syntax::{Call, Does, Element, Expr, Field, Is, Item, Param, Span, Stmt};
use crate::hashed::{HashMap, HashSet};
use assize_facts::kinds::source::Owner;
use assize_golang::build::SourceKind;
use memchr::memmem;
use std::sync::{Arc, PoisonError};
use std::thread::{self, ThreadId};

/// What a field is given.
#[derive(Clone)]
pub(crate) enum Given<'s> {
    Value(Site<'s>, &'s Expr),
    Zero,
}

/// Of a field that was asked for; `None` where it is not known.
type Known<'s> = Option<Arc<Vec<Given<'s>>>>;

/// Fields that were asked for.
#[derive(Default)]
pub(super) struct Asked<'s> {
    known: HashMap<Symbol, Known<'s>>,
    /// Those that are being looked for, and by whom.
    sought: HashSet<(ThreadId, Symbol)>,
}

/// A struct and one of its fields.
struct Sought<'s> {
    ty: Symbol,
    field: Box<str>,
    /// The field's place among those without keys.
    index: usize,
    at: Site<'s>,
    of: &'s Expr,
}

impl Sought<'_> {
    fn is_exported(&self) -> bool {
        self.field.starts_with(char::is_uppercase)
    }
}

/// A field of one of the supplier's own structs: where it is named, and whether a pointer is in it.
pub(crate) struct Kept<'s> {
    pub uses: Vec<(Site<'s>, NodeId)>,
    pub pointer: bool,
}

/// A field that is given more is not followed,
const MOST: usize = 64;
/// nor any in programs with more files of the supplier's own.
pub(super) const FILES: usize = 1_000;

impl<'s> Lens<'s> {
    /// Every value that a field can have.
    pub(super) fn field_value(&self, site: &Site<'s>, select: &Expr, depth: u32) -> Option<Value> {
        let Is::Select(base, field) = &bare(select).is else { return None };
        let sought = self.sought(&self.type_of(site, base)?.name, &field.name)?;
        let zero = self.zero(&sought.at, sought.of)?;
        let given = self.given(&sought)?;
        let value = |given: &Given<'s>| match given {
            Given::Value(at, expr) => self.within(at, expr, depth),
            Given::Zero => Value::one(zero.clone()),
        };
        let mut all = given.iter();
        let mut known = value(all.next()?);
        for given in all {
            if let Value::Unknown(_) = known {
                break;
            }
            known = known.or(value(given));
        }
        Some(known)
    }

    /// What a field of one of the supplier's own structs is given; of the fields of a server in it nothing is said.
    pub fn given_to(&self, ty: &Symbol, field: &str) -> Known<'s> {
        self.given(&self.sought(ty, field)?)
    }

    /// Every place that names a field of one of the supplier's own structs; `None` where some may not be seen, or may be another's field.
    pub fn kept(&self, ty: &Symbol, field: &str) -> Option<Kept<'s>> {
        let sought = self.sought(ty, field)?;
        if !self.is_seen_whole(&sought) {
            return None;
        }
        let mut uses = Vec::new();
        for (at, node, base) in self.selected_by_own(&ty.path, field)? {
            let of = self.type_of(&at, base)?;
            if self.has_from(&of.name, field, &|known| known == ty) {
                uses.push((at, node));
            }
        }
        Some(Kept { uses, pointer: matches!(bare(sought.of).is, Is::Star(_)) })
    }

    /// The struct of the supplier's own that declares a field of a simple type.
    fn sought(&self, ty: &Symbol, field: &str) -> Option<Sought<'s>> {
        let package = self.source.program.packages.get(&*ty.path)?;
        let [(place, line)] = *self.declared(ty) else { return None };
        let generic = self.outline(place.file).get(place.decl)?.specs.get(line).is_none_or(|spec| spec.generic);
        if package.owner == Owner::Dependency || generic {
            return None;
        }
        let (at, spec) = self.type_spec(ty)?;
        let Is::Struct(fields) = &bare(&spec.ty).is else { return None };
        let mut places = fields.iter().flat_map(|field| {
            let own = field.names.iter().map(|name| Some(&*name.name));
            own.chain(field.names.is_empty().then_some(None)).map(move |name| (name, field))
        });
        let index = places.clone().position(|(name, _)| name == Some(field))?;
        let (_, Field { ty: of, .. }) = places.nth(index)?;
        Some(Sought { ty: ty.clone(), field: field.into(), index, at, of })
    }

    fn given(&self, of: &Sought<'s>) -> Known<'s> {
        let key = Symbol::new(&of.ty.path, &format!("{}.{}", of.ty.name, of.field));
        let all = || self.fields.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all().known.get(&key) {
            return known.clone();
        }
        // Of one that is being looked for nothing is known to whoever looks for it.
        let sought = (thread::current().id(), key.clone());
        if !all().sought.insert(sought.clone()) {
            return None;
        }
        let found = self.look_for(of).map(Arc::new);
        let mut all = all();
        all.sought.remove(&sought);
        all.known.insert(key, found.clone());
        found
    }

    fn look_for(&self, sought: &Sought<'s>) -> Option<Vec<Given<'s>>> {
        if !self.is_seen_whole(sought) {
            return None;
        }
        let is_handed_out = self.is_set_by_reflection(&sought.ty);
        if sought.is_exported() && is_handed_out {
            return None;
        }
        let mut out = Vec::new();
        for (at, node) in self.mentions(&sought.ty).iter() {
            self.made(sought, at, *node, &mut out)?;
        }
        let simple = self.named(&sought.at, sought.of).is_some_and(|ty| keeps_values(&ty.name));
        // What a pointer leads to, and the fields of a server, are looked at by those who ask.
        let apart = self.named(&sought.at, sought.of).is_some_and(|ty| ty.pointer || ty.name.is("net/http", "Server"));
        for (at, node, base) in self.selected_by_own(&sought.ty.path, &sought.field)? {
            if self.type_of(&at, base).is_some_and(|ty| ty.name != sought.ty) {
                continue;
            }
            match at.body.use_of(node) {
                Use::Assign(Some(value)) => out.push(Given::Value(at, value)),
                Use::Assign(None) | Use::Address => return None,
                Use::AssignField(..) if !apart => return None,
                // A method may set it, but not of Go's own types.
                Use::Method(..) if !simple && !apart => return None,
                Use::AssignField(..) | Use::Method(..) | Use::Field(..) | Use::Read => {}
            }
        }
        // What is generic, and what makes values by reflection, may make a zero one.
        let is_known = out.iter().any(|given| matches!(given, Given::Zero));
        out.extend((!is_known && (is_handed_out || self.has_generic_functions())).then_some(Given::Zero));
        (out.len() <= MOST).then_some(out)
    }

    fn has_generic_functions(&self) -> bool {
        let is = |decl: &Decl| decl.kind == DeclKind::Func && decl.specs.iter().any(|spec| spec.generic);
        self.own_files().iter().any(|file| self.outline(*file).iter().any(is))
    }

    /// Whether whatever makes such a struct or sets the field can be seen, and is not too much.
    fn is_seen_whole(&self, sought: &Sought<'s>) -> bool {
        self.own_files().len() <= FILES
            && !self.is_beside_machine_code(&sought.ty.path)
            && !self.is_in_struct_without_name(sought)
            && !self.is_converted(&sought.ty, &sought.field)
    }

    /// Whether a struct type without a name has such a field: its values can be assigned to the named one, and are made without that name (spec,
    /// "Assignability"). Fields that are not exported are the same in one package alone.
    fn is_in_struct_without_name(&self, sought: &Sought<'s>) -> bool {
        let exported = sought.is_exported();
        let name = memmem::Finder::new(&*sought.field);
        let of_package = |file: &FileId| exported || self.package(*file) == &*sought.ty.path;
        self.own().nameless.iter().copied().filter(of_package).any(|file| {
            let Some(head) = self.source.program.head(file) else { return true };
            let decls = &head.outline.decls;
            let Some(bytes) = self.source.bytes(file) else { return true };
            let holds = |place: &Place| {
                let Some(decl) = decls.get(place.decl) else { return true };
                decl.nameless && name.find(bytes.get(decl.start..decl.end).unwrap_or_default()).is_some()
            };
            self.places(file).filter(holds).any(|place| {
                let Some(site) = self.site(place) else { return true };
                has_struct_without_name(&site, &sought.field)
            })
        })
    }

    /// Whether a package has code in other languages, or own code goes around the types where they can be named.
    fn is_beside_machine_code(&self, path: &str) -> bool {
        let program = &self.source.program;
        let Some(package) = program.packages.get(path) else { return true };
        let of_folder = &program.folders.get(package.folder).files;
        let other = of_folder.iter().any(|file| program.folders.file(*file).kind == SourceKind::Assembly);
        let is_near = |file: &FileId| self.package(*file) == path || self.imports(*file, path);
        other || self.own().around.iter().any(is_near)
    }

    /// What becomes of the field where the struct's name stands at a node; `None` where that is not told.
    fn made(&self, sought: &Sought<'s>, at: &Site<'s>, node: NodeId, out: &mut Vec<Given<'s>>) -> Option<()> {
        let body = &at.body;
        let (mut node, mut pointer, mut levels) = (node, false, 0);
        loop {
            let up = body.around(node)?;
            match body.node(up)? {
                Node::Expr(Expr { is: Is::Star(_), .. }) => pointer = true,
                // Elements that nothing was put in, or that were cleared.
                Node::Expr(Expr { is: Is::SliceOf(_) | Is::Array(..) | Is::Chan(_), .. }) => {
                    levels += 1;
                    out.extend((!pointer).then_some(Given::Zero));
                }
                // What is not in a map is zero.
                Node::Expr(Expr { is: Is::Map(_, value), .. }) if body.is_at(value, node) => {
                    levels += 1;
                    out.extend((!pointer).then_some(Given::Zero));
                }
                Node::Expr(Expr { is: Is::Composite(Some(ty), elements), .. }) if body.is_at(ty, node) => {
                    return self.of_literals(sought, at, elements, levels, out);
                }
                Node::Expr(Expr { is: Is::Call(call), .. }) => {
                    return self.of_call(at, call, node, pointer, levels, out);
                }
                Node::Expr(Expr { is: Is::Struct(fields), .. }) => {
                    let embeds = |field: &Field| field.names.is_empty() && is_within(&field.ty, body, node);
                    out.extend((!pointer && levels == 0).then_some(Given::Zero));
                    return (!fields.iter().any(embeds)).then_some(());
                }
                Node::Expr(Expr { is: Is::Assert(..), .. }) => {
                    out.extend((!pointer && levels == 0).then_some(Given::Zero));
                    return Some(());
                }
                Node::Expr(Expr { is: Is::Func(signature, _) | Is::FuncType(signature), .. }) => {
                    return self.of_results(at, &signature.results, node, pointer || levels > 0, out);
                }
                Node::Item(Item::Func(func)) => {
                    return self.of_results(at, &func.signature.results, node, pointer || levels > 0, out);
                }
                Node::Spec(spec) => {
                    let is_zero = spec.values.is_empty() && !pointer && levels == 0;
                    out.extend(is_zero.then_some(Given::Zero));
                    return Some(());
                }
                // `T.method`, `case T:`, and a field of the struct's name in another one's literal.
                Node::Expr(Expr { is: Is::Select(..), .. }) | Node::Stmt(_) => return Some(()),
                Node::Element(Element { key: Some(key), .. }) if body.is_at(key, node) => return Some(()),
                _ => return None,
            }
            node = up;
        }
    }

    /// Structs in a literal: the literal itself, or those in its lists.
    fn of_literals(
        &self,
        sought: &Sought<'s>,
        at: &Site<'s>,
        elements: &'s [Element],
        levels: u32,
        out: &mut Vec<Given<'s>>,
    ) -> Option<()> {
        let Some(levels) = levels.checked_sub(1) else {
            let named = |e: &&Element| e.name() == Some(&*sought.field);
            let keyed = elements.iter().any(|e| e.key.is_some());
            out.push(match (elements.iter().find(named), elements.get(sought.index)) {
                (Some(found), _) => Given::Value(at.clone(), &found.value),
                (None, Some(found)) if !keyed => Given::Value(at.clone(), &found.value),
                (None, None) if !elements.is_empty() && !keyed => return None,
                (None, _) => Given::Zero,
            });
            return (out.len() <= MOST).then_some(());
        };
        for element in elements {
            // Others say their type, and are met there.
            if let Is::Composite(None, inner) = &bare(&element.value).is {
                self.of_literals(sought, at, inner, levels, out)?;
            }
        }
        Some(())
    }

    /// `new(T)`, `make([]T, n)`; a conversion, or a function with an argument of its type, is not followed.
    fn of_call(
        &self,
        at: &Site<'s>,
        call: &Call,
        node: NodeId,
        pointer: bool,
        levels: u32,
        out: &mut Vec<Given<'s>>,
    ) -> Option<()> {
        if at.body.is_at(&call.fun, node) {
            // `[]T(list)`.
            return (levels > 0).then_some(());
        }
        let symbol = self.symbol(at, &call.fun).filter(|symbol| symbol.path.is_empty())?;
        let is_zero = match &*symbol.name {
            "new" => levels == 0,
            "make" => levels > 0,
            _ => return None,
        };
        out.extend((is_zero && !pointer).then_some(Given::Zero));
        Some(())
    }

    /// A result with a name begins as zero, and any is zero where a panic is recovered.
    fn of_results(
        &self,
        at: &Site<'s>,
        results: &[Param],
        node: NodeId,
        apart: bool,
        out: &mut Vec<Given<'s>>,
    ) -> Option<()> {
        let result = results.iter().find(|result| is_within(&result.ty, &at.body, node));
        let defers = || {
            let is = |entry: &super::body::Entry| matches!(entry.node, Node::Stmt(Stmt { does: Does::Defer(_), .. }));
            at.body.nodes.iter().any(is)
        };
        let is_zero = !apart && result.is_some_and(|result| result.name.is_some() || defers());
        out.extend(is_zero.then_some(Given::Zero));
        Some(())
    }
}

fn has_struct_without_name(site: &Site, field: &str) -> bool {
    let types = |item: &Item| match item {
        Item::Types(specs) => specs.iter().filter(|spec| !spec.alias).map(|spec| bare(&spec.ty).at).collect(),
        Item::Func(_) | Item::Values(_) => Vec::new(),
    };
    let named: Vec<Span> = site
        .body
        .nodes
        .iter()
        .filter_map(|entry| match entry.node {
            Node::Item(item) => Some(types(item)),
            _ => None,
        })
        .flatten()
        .collect();
    site.body.exprs().any(|(_, expr)| match &expr.is {
        Is::Struct(fields) => {
            let has = fields.iter().flat_map(|f| &f.names).any(|name| &*name.name == field);
            has && !named.contains(&expr.at)
        }
        _ => false,
    })
}

/// Whether a type holds what stands at a node.
fn is_within(ty: &Expr, body: &super::body::Body, node: NodeId) -> bool {
    match body.node(node) {
        Some(Node::Expr(expr)) => ty.at.holds(expr.at),
        _ => false,
    }
}
