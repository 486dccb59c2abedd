//! Conversions between pointers to structs of the same fields: `(*other)(p)` names the same struct anew, and what is set through that is set in it
//! (spec, "Conversions").

use super::body::{Binding, bare};
use super::fields::FILES;
use super::names::{Lens, Place, Site, Symbol};
use crate::build::may_be_standard;
use crate::go::outline::{Decl, DeclKind};
use crate::go::syntax::{Call, Expr, Is, Item, TypeSpec};

/// One such conversion, as far as its types are named.
pub(super) struct Converted {
    from: Option<Symbol>,
    to: Option<Symbol>,
    /// The package in which it stands.
    within: String,
}

impl<'s> Lens<'s> {
    /// The type that a defined type or an alias is made of.
    pub fn underlying(&self, ty: &Symbol) -> Symbol {
        const DEPTH: usize = 12;
        let next = |ty: &Symbol| self.type_spec(ty).and_then(|(at, spec)| self.symbol(&at, &spec.ty));
        std::iter::successors(Some(ty.clone()), next).take(DEPTH).last().unwrap_or_else(|| ty.clone())
    }

    /// Whether a pointer to one of the supplier's own structs may become one to another struct, so that its field can be set by that. Of programs with
    /// very many files it is not asked: nothing is said of fields there.
    pub fn is_converted(&self, ty: &Symbol, field: &str) -> bool {
        if self.own_files().len() > FILES {
            return false;
        }
        let exported = field.starts_with(char::is_uppercase);
        self.conversions.get_or_init(|| self.all_conversions()).iter().any(|found| match (&found.from, &found.to) {
            (_, Some(to)) if to == ty => false,
            (Some(from), _) => from == ty,
            (None, Some(to)) => self.may_have(to, field, exported),
            (None, None) => exported || *found.within == *ty.path,
        })
    }

    /// Whether a type may be a struct with a field.
    fn may_have(&self, ty: &Symbol, field: &str, exported: bool) -> bool {
        let ty = self.underlying(ty);
        match self.type_spec(&ty) {
            Some((_, spec)) => match &bare(&spec.ty).is {
                Is::Struct(fields) => {
                    let embeds = fields.iter().any(|f| f.names.is_empty());
                    embeds || fields.iter().flat_map(|f| &f.names).any(|name| &*name.name == field)
                }
                _ => false,
            },
            None => exported && !self.is_delivered(&ty.path) && !may_be_standard(&ty.path),
        }
    }

    fn all_conversions(&self) -> Vec<Converted> {
        let mut out = Vec::new();
        for &file in self.own_files() {
            let Some(bytes) = self.source.bytes(file) else { continue };
            let decls = self.outline(file);
            let has_nil = self.declared(&Symbol::new(self.package(file), "nil")).is_empty();
            let holds = |place: &Place| {
                let text =
                    decls.get(place.decl).map(|decl| (decl, bytes.get(decl.start..decl.end).unwrap_or_default()));
                text.is_some_and(|(decl, text)| may_convert(decl, text, has_nil))
            };
            for site in self.places(file).filter(holds).filter_map(|place| self.site(place)) {
                self.conversions_of(&site, &mut out);
            }
        }
        out
    }

    fn conversions_of(&self, site: &Site<'s>, out: &mut Vec<Converted>) {
        let within = || self.package(site.place.file).to_owned();
        let is_alias = |spec: &&TypeSpec| spec.alias && matches!(bare(&spec.ty).is, Is::Star(_));
        let local = site.body.locals.iter().filter_map(|local| match local.binding {
            Binding::Type(spec) => Some(spec),
            _ => None,
        });
        let top = match self.item(site.place) {
            Some(Item::Types(specs)) => specs.as_slice(),
            Some(Item::Func(_) | Item::Values(_)) | None => &[],
        };
        // Whoever calls an alias of a pointer's type converts to it.
        let aliases = top.iter().chain(local).filter(is_alias);
        let to = aliases.map(|spec| self.named(site, &spec.ty).map(|ty| ty.name));
        out.extend(to.map(|to| Converted { from: None, to, within: within() }));
        let call = |expr: &'s Expr| match &expr.is {
            Is::Call(call) => Some(&**call),
            _ => None,
        };
        for call in site.body.exprs().filter_map(|(_, expr)| call(expr)) {
            if let Some((from, to)) = self.converts_pointer(site, call) {
                out.push(Converted { from, to, within: within() });
            }
        }
    }

    /// The types of a conversion to a pointer.
    fn converts_pointer(&self, site: &Site<'s>, call: &'s Call) -> Option<(Option<Symbol>, Option<Symbol>)> {
        let ([arg], Is::Star(inside)) = (call.args.as_slice(), &bare(&call.fun).is) else { return None };
        let inside = bare(inside);
        let to = self.named(site, &call.fun).map(|ty| ty.name);
        // What a variable points to may be called, too.
        let is_type = to.is_some() || !matches!(inside.is, Is::Name(_) | Is::Select(..) | Is::Call(_));
        let is_unsafe = |fun: &Expr| self.symbol(site, fun).is_some_and(|symbol| &*symbol.path == "unsafe");
        let is_apart = self.is_nil(site, arg) || matches!(&bare(arg).is, Is::Call(call) if is_unsafe(&call.fun));
        let binding = site.body.local(inside).and_then(|local| site.body.locals.get(local as usize)).map(|l| l.binding);
        let is_type = is_type || matches!(binding, Some(Binding::Type(_)));
        (!is_apart && is_type).then(|| (self.type_of(site, arg).map(|ty| ty.name), to))
    }
}

/// Whether a declaration may call a pointer's type or give it another name: `(*T)(`, `type P = *T`, however that is laid out. `has_nil`: whether `nil`
/// is Go's own where no function gives it another meaning.
fn may_convert(decl: &Decl, text: &[u8], has_nil: bool) -> bool {
    let types = || decl.kind == DeclKind::Type || declares_type(text);
    let has_nil = has_nil && decl.kind == DeclKind::Var && memchr::memmem::find(text, b"func").is_none();
    memchr::memchr_iter(b'*', text).any(|star| match before(&text[..star]) {
        Before::Comment => is_called(&text[star..], has_nil) || types(),
        Before::Byte(b'(', rest) => {
            let names = || matches!(before_brackets(rest), Before::Comment | Before::Byte(b'=', _)) && types();
            is_called(&text[star..], has_nil) || names()
        }
        Before::Byte(b'=', _) => types(),
        Before::Byte(..) => false,
    })
}

/// Whether the word stands in a text with what may follow it where it declares something.
fn declares_type(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b"type").any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let is_word = before.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
        is_word && text.get(at + 4).is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'(' | b'/'))
    })
}

/// What a text ends with.
enum Before<'t> {
    /// A comment, or the end of a line in which one may stand.
    Comment,
    /// A byte, and what is before it.
    Byte(u8, &'t [u8]),
}

fn before(text: &[u8]) -> Before<'_> {
    let rest = text.trim_ascii_end();
    let line = || rest.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_commented = || memchr::memmem::find(line(), b"//").is_some();
    match rest.split_last() {
        Some(_) if rest.ends_with(b"*/") || text[rest.len()..].contains(&b'\n') && is_commented() => Before::Comment,
        Some((last, rest)) => Before::Byte(*last, rest),
        None => Before::Comment,
    }
}

/// The same before brackets that are open at its end.
fn before_brackets(text: &[u8]) -> Before<'_> {
    let mut text = text;
    loop {
        match before(text) {
            Before::Byte(b'(', rest) => text = rest,
            other => return other,
        }
    }
}

/// Whether behind what closes the bracket that is open, and those around it, another is opened that holds something; what is long is looked at, whatever
/// it is.
fn is_called(text: &[u8], has_nil: bool) -> bool {
    const LONGEST: usize = 1024;
    let mut depth = 1_u32;
    let closed = text.iter().take(LONGEST).position(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let Some(mut behind) = closed.and_then(|end| text.get(end..)) else { return true };
    while let Some(rest) = behind.strip_prefix(b")") {
        behind = rest.trim_ascii_start();
    }
    match behind.strip_prefix(b"(") {
        Some(rest) => {
            let behind_nil = rest.trim_ascii_start().strip_prefix(b"nil").map(<[u8]>::trim_ascii_start);
            !(has_nil && behind_nil.is_some_and(|rest| rest.starts_with(b")")))
        }
        // A line's end, behind a comment or not, ends the expression (spec, "Semicolons").
        None => behind.starts_with(b"/*"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_convert_a_pointer_is_told_by_its_text() {
        let table = [
            ("var a = (*T)(p)", true),
            ("var a = ((*T))(p)", true),
            ("var a = (*T)/* c */(p)", true),
            ("var a = (*T)( /* c */ nil)", true),
            ("var a I = (*T)(nil)", false),
            ("var a I = ((*T))( nil )", false),
            ("var a = func(nil *S) *T { return (*T)(nil) }", true),
            ("func f(nil *S) { g((*T)(nil)) }", true),
            ("func f() (*T, error) { return nil, nil }", false),
            ("func f() { g(x.(*T))\n\th(x)(*p) }", false),
            ("func f() { g(x.(*T)) // c\n}", false),
            ("func f() float64 { return float64(*a)/2 }", false),
            ("type P = *T", true),
            ("type P = ((*T))", true),
            ("type P = ( /* c */ (*T))", true),
            ("type T struct{ p *P }", false),
            ("func f() { type P = *T\n_ = P(p) }", true),
        ];
        for (text, expected) in table {
            let decls = crate::go::outline::outline(format!("package p\n{text}\n").as_bytes(), |_| 0).decls;
            assert_eq!(may_convert(&decls[0], text.as_bytes(), true), expected, "{text}");
        }
        let decls = crate::go::outline::outline(b"package p\nvar a I = (*T)(nil)\n", |_| 0).decls;
        assert!(may_convert(&decls[0], b"var a I = (*T)(nil)", false));
    }
}
