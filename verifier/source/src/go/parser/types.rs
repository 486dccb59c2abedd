//! Types, parameters, fields.

use super::{Parser, Read};
use crate::go::lexer::Mark;
use crate::go::syntax::*;

impl Parser<'_> {
    pub(super) fn ty(&mut self) -> Read<Expr> {
        match self.optional_type()? {
            Some(ty) => Ok(ty),
            None => self.refuse(),
        }
    }

    /// A type, where one begins here.
    pub(super) fn optional_type(&mut self) -> Read<Option<Expr>> {
        if self.mark() == Mark::Name {
            return self.deeper(Self::type_name).map(Some);
        }
        let start = self.here();
        let is = self.deeper(|parser| match parser.mark() {
            Mark::Star => {
                parser.pass();
                Ok(Some(Is::Star(Box::new(parser.ty()?))))
            }
            Mark::Open(b'(') => {
                parser.pass();
                let inner = parser.ty()?;
                parser.expect(Mark::Close(b')'))?;
                Ok(Some(Is::Paren(Box::new(inner))))
            }
            Mark::Open(b'[') => parser.array().map(Some),
            Mark::Other if parser.is(b"<-") => {
                parser.pass();
                if !parser.passes_word(b"chan") {
                    return parser.refuse();
                }
                Ok(Some(Is::Chan(Box::new(parser.ty()?))))
            }
            Mark::Keyword => parser.keyword_type(),
            _ => Ok(None),
        })?;
        Ok(is.map(|is| Expr { at: self.span(start), is }))
    }

    /// `struct`, `interface`, `map`, `chan` and `func`.
    pub(super) fn keyword_type(&mut self) -> Read<Option<Is>> {
        match self.word() {
            b"struct" => self.struct_type().map(Some),
            b"interface" => {
                self.pass();
                if !self.is_open(b'{') {
                    return self.refuse();
                }
                self.pass_bracket()?;
                Ok(Some(Is::Interface))
            }
            b"map" => {
                self.pass();
                self.expect(Mark::Open(b'['))?;
                let key = self.ty()?;
                self.expect(Mark::Close(b']'))?;
                Ok(Some(Is::Map(Box::new(key), Box::new(self.ty()?))))
            }
            b"chan" => {
                self.pass();
                self.passes_word(b"<-");
                Ok(Some(Is::Chan(Box::new(self.ty()?))))
            }
            b"func" => {
                self.pass();
                Ok(Some(Is::FuncType(Box::new(self.signature()?))))
            }
            _ => Ok(None),
        }
    }

    /// `T`, `p.T`, with type arguments.
    fn type_name(&mut self) -> Read<Expr> {
        let first = self.name()?;
        self.rest_of_type_name(first)
    }

    fn rest_of_type_name(&mut self, mut ty: Expr) -> Read<Expr> {
        let start = ty.at.start as usize;
        if self.passes(Mark::Dot) {
            let name = self.ident()?;
            ty = Expr { at: self.span(start), is: Is::Select(Box::new(ty), name) };
        }
        if self.passes(Mark::Open(b'[')) {
            let arguments = self.type_list(Mark::Close(b']'))?;
            ty = Expr { at: self.span(start), is: Is::Index(Box::new(ty), arguments) };
        }
        Ok(ty)
    }

    /// Types between commas, up to a closing bracket that is passed.
    fn type_list(&mut self, close: Mark) -> Read<Vec<Expr>> {
        let mut types = vec![self.ty()?];
        while self.passes(Mark::Comma) {
            if self.mark() != close {
                types.push(self.ty()?);
            }
        }
        self.expect(close)?;
        Ok(types)
    }

    /// `[]T`, `[n]T`, `[...]T`.
    pub(super) fn array(&mut self) -> Read<Is> {
        self.pass();
        if self.passes(Mark::Close(b']')) {
            return Ok(Is::SliceOf(Box::new(self.ty()?)));
        }
        let length = if self.passes_dots() { None } else { Some(Box::new(self.bracketed(Self::expr)?)) };
        self.expect(Mark::Close(b']'))?;
        Ok(Is::Array(length, Box::new(self.ty()?)))
    }

    /// Passes `...`, three tokens to the lexer.
    pub(super) fn passes_dots(&mut self) -> bool {
        let dots = (0..3).all(|by| {
            let token = self.ahead(by);
            token.mark == Mark::Dot && token.start == self.here() + by
        });
        if dots {
            (0..3).for_each(|_| {
                self.pass();
            });
        }
        dots
    }

    /// `name []T`, `name [n]T`, or `name[T, U]`, where the bracket stands here: the type behind a name, or the name with its
    /// arguments (go/parser: `parseArrayFieldOrTypeInstance`).
    fn array_behind_name_or_instance(&mut self, name: Expr) -> Read<(Option<Expr>, Expr)> {
        let (start, open) = (name.at.start as usize, self.here());
        self.pass();
        if self.passes(Mark::Close(b']')) {
            let element = Box::new(self.ty()?);
            return Ok((Some(name), Expr { at: self.span(open), is: Is::SliceOf(element) }));
        }
        let mut arguments = Vec::new();
        while !self.is_close(b']') {
            arguments.push(self.bracketed(Self::expr)?);
            if !self.passes(Mark::Comma) {
                break;
            }
        }
        self.expect(Mark::Close(b']'))?;
        if let [_] = arguments.as_slice()
            && let Some(element) = self.optional_type()?
        {
            let length = arguments.pop().map(Box::new);
            return Ok((Some(name), Expr { at: self.span(open), is: Is::Array(length, Box::new(element)) }));
        }
        if arguments.is_empty() {
            return self.refuse();
        }
        Ok((None, Expr { at: self.span(start), is: Is::Index(Box::new(name), arguments) }))
    }

    fn struct_type(&mut self) -> Read<Is> {
        self.pass();
        self.expect(Mark::Open(b'{'))?;
        let mut fields = Vec::new();
        while !self.passes(Mark::Close(b'}')) {
            let field = self.field()?;
            self.passes(Mark::Text);
            self.pass_semi()?;
            fields.push(field);
        }
        Ok(Is::Struct(fields))
    }

    fn field(&mut self) -> Read<Field> {
        let embedded = |ty| Ok(Field { names: Vec::new(), ty });
        if self.mark() == Mark::Star {
            let start = self.pass().start;
            let ty = Box::new(self.type_name()?);
            return embedded(Expr { at: self.span(start), is: Is::Star(ty) });
        }
        let first = self.name()?;
        match self.mark() {
            Mark::Dot | Mark::Text | Mark::Semi | Mark::Close(_) => {
                let ty = self.rest_of_type_name(first)?;
                embedded(ty)
            }
            Mark::Open(b'[') => match self.array_behind_name_or_instance(first)? {
                (Some(name), ty) => Ok(Field { names: ident(name).into_iter().collect(), ty }),
                (None, ty) => embedded(ty),
            },
            _ => {
                let mut names: Vec<Ident> = ident(first).into_iter().collect();
                while self.passes(Mark::Comma) {
                    names.push(self.ident()?);
                }
                Ok(Field { names, ty: self.ty()? })
            }
        }
    }

    pub(super) fn signature(&mut self) -> Read<Signature> {
        let params = self.params()?;
        let results = if self.is_open(b'(') {
            self.params()?
        } else {
            let one = self.optional_type()?;
            one.map(|ty| Param { name: None, ty, variadic: false }).into_iter().collect()
        };
        Ok(Signature { params, results })
    }

    /// `(a, b T, c ...U)` or `(T, U)`.
    pub(super) fn params(&mut self) -> Read<Vec<Param>> {
        self.expect(Mark::Open(b'('))?;
        let from = self.params.len();
        while !self.is_close(b')') {
            let param = self.param()?;
            self.params.push(param);
            if !self.passes(Mark::Comma) {
                break;
            }
        }
        self.expect(Mark::Close(b')'))?;
        Ok(named_types(self.params.split_off(from)))
    }

    fn param(&mut self) -> Read<Param> {
        if self.passes_dots() {
            return Ok(Param { name: None, ty: self.ty()?, variadic: true });
        }
        if self.mark() != Mark::Name {
            return Ok(Param { name: None, ty: self.ty()?, variadic: false });
        }
        let first = self.name()?;
        let (name, ty) = match self.mark() {
            Mark::Comma | Mark::Close(_) => (None, first),
            Mark::Open(b'[') => {
                let (name, ty) = self.array_behind_name_or_instance(first)?;
                (name.and_then(ident), ty)
            }
            Mark::Dot if self.passes_dots() => {
                return Ok(Param { name: ident(first), ty: self.ty()?, variadic: true });
            }
            Mark::Dot => (None, self.rest_of_type_name(first)?),
            _ => (ident(first), self.ty()?),
        };
        Ok(Param { name, ty, variadic: false })
    }

    /// Whether `[` here, behind a declared type's name, begins type parameters and no array (go/parser: `parseTypeSpec`).
    pub(super) fn has_type_parameters(&mut self) -> bool {
        if !self.is_open(b'[') || self.ahead(1).mark != Mark::Name {
            return false;
        }
        let behind = self.ahead(2);
        match behind.mark {
            Mark::Close(_) | Mark::Dot => false,
            Mark::Star | Mark::Open(b'(') => {
                let (at, end) = (self.at, self.end);
                self.pass();
                let length = self.bracketed(Self::expr);
                let more = self.mark() == Mark::Comma;
                (self.at, self.end) = (at, end);
                length.map_or(true, |x| is_parameter(&x, more))
            }
            Mark::Other => self.spelt(behind) == b"~" || self.spelt(behind) == b"<-",
            _ => true,
        }
    }
}

/// `P *C`, `P (C)`: a name before what can only be a type, or before anything where more parameters follow (`extractName`).
fn is_parameter(x: &Expr, more: bool) -> bool {
    match &x.is {
        Is::Binary(Op::Mul, operands) => match operands.as_slice() {
            [Expr { is: Is::Name(_), .. }, rest @ ..] => more || rest.iter().any(is_type_element),
            _ => false,
        },
        Is::Binary(Op::Or, operands) => {
            let (first, rest) = operands.split_first().expect("operands");
            is_parameter(first, more || rest.iter().any(is_type_element))
        }
        Is::Call(call) => {
            matches!(call.fun.is, Is::Name(_))
                && matches!(call.args.as_slice(), [only] if !call.spread && (more || is_type_element(only)))
        }
        _ => false,
    }
}

fn is_type_element(x: &Expr) -> bool {
    match &x.is {
        Is::Array(..)
        | Is::SliceOf(_)
        | Is::Struct(_)
        | Is::FuncType(_)
        | Is::Interface
        | Is::Map(..)
        | Is::Chan(_) => true,
        Is::Binary(_, operands) => operands.iter().any(is_type_element),
        Is::Paren(inner) => is_type_element(inner),
        _ => false,
    }
}

fn ident(name: Expr) -> Option<Ident> {
    match name.is {
        Is::Name(text) => Some(Ident { name: text, at: name.at }),
        _ => None,
    }
}
