//! Expressions.

use super::{Parser, Read};
use crate::go::lexer::Mark;
use crate::go::syntax::*;

impl Parser<'_> {
    /// Expressions between commas.
    pub(super) fn list(&mut self) -> Read<Vec<Expr>> {
        let first = self.expr()?;
        self.list_from(first)
    }

    /// The same, behind the first of them.
    pub(super) fn list_from(&mut self, first: Expr) -> Read<Vec<Expr>> {
        if self.mark() != Mark::Comma {
            return Ok(vec![first]);
        }
        let from = self.exprs.len();
        self.exprs.push(first);
        while self.passes(Mark::Comma) {
            let expr = self.expr()?;
            self.exprs.push(expr);
        }
        Ok(self.exprs.split_off(from))
    }

    /// An expression, or a type where types may stand for one.
    pub(super) fn expr(&mut self) -> Read<Expr> {
        self.deeper(|parser| parser.binary(1))
    }

    /// Operators that bind at least so strongly. Long sums of one operator become one node, whatever their length: generated texts
    /// have thousands of terms.
    fn binary(&mut self, least: u8) -> Read<Expr> {
        let start = self.here();
        let mut left = self.unary()?;
        loop {
            let Some((op, binds)) = self.operator().filter(|(_, binds)| *binds >= least) else { return Ok(left) };
            self.pass();
            let right = self.deeper(|parser| parser.binary(binds + 1))?;
            let at = self.span(start);
            left = match left {
                Expr { is: Is::Binary(before, mut operands), .. } if before == op => {
                    operands.push(right);
                    Expr { at, is: Is::Binary(op, operands) }
                }
                left => {
                    self.higher()?;
                    Expr { at, is: Is::Binary(op, vec![left, right]) }
                }
            };
        }
    }

    /// The operator between two operands that stands here, and how strongly it binds (spec, "Operator precedence").
    fn operator(&self) -> Option<(Op, u8)> {
        if !matches!(self.mark(), Mark::Other | Mark::Star) {
            return None;
        }
        let op = Op::binary(std::str::from_utf8(self.word()).ok()?)?;
        let binds = match op {
            Op::LogicalOr => 1,
            Op::LogicalAnd => 2,
            Op::Equal | Op::NotEqual | Op::Less | Op::AtMost | Op::Greater | Op::AtLeast => 3,
            Op::Add | Op::Sub | Op::Or | Op::Xor => 4,
            _ => 5,
        };
        Some((op, binds))
    }

    fn unary(&mut self) -> Read<Expr> {
        let op = match self.mark() {
            Mark::Star => None,
            Mark::Other => match std::str::from_utf8(self.word()).ok().and_then(Op::unary) {
                None => return self.refuse(),
                op => op,
            },
            _ => return self.primary(),
        };
        let start = self.pass().start;
        let operand = self.deeper(Self::unary)?;
        let at = self.span(start);
        let is = match (op, operand) {
            // `<-chan T` is a type.
            (Some(Op::Receive), Expr { is: Is::Chan(element), .. }) => Is::Chan(element),
            (Some(op), operand) => Is::Unary(op, Box::new(operand)),
            (None, operand) => Is::Star(Box::new(operand)),
        };
        Ok(Expr { at, is })
    }

    /// An operand and what stands behind it: selections, elements, assertions, calls, bodies of composite literals.
    fn primary(&mut self) -> Read<Expr> {
        let start = self.here();
        let mut x = self.operand()?;
        loop {
            let is = match self.mark() {
                Mark::Dot if !self.stands_before_dots() => self.behind_dot(x)?,
                Mark::Open(b'[') => self.index(x)?,
                Mark::Open(b'(') => self.call(x)?,
                Mark::Open(b'{') if self.may_be_composite(&x) => {
                    let elements = self.elements()?;
                    Is::Composite(Some(Box::new(x)), elements)
                }
                _ => return Ok(x),
            };
            self.higher()?;
            x = Expr { at: self.span(start), is };
        }
    }

    fn stands_before_dots(&self) -> bool {
        let (one, two) = (self.ahead(1), self.ahead(2));
        one.mark == Mark::Dot && two.mark == Mark::Dot
    }

    fn may_be_composite(&self, x: &Expr) -> bool {
        match &x.is {
            Is::Array(..) | Is::SliceOf(_) | Is::Map(..) | Is::Struct(_) => true,
            Is::Name(_) => self.level >= 0,
            Is::Select(of, _) | Is::Index(of, _) => self.level >= 0 && is_type_name(of),
            _ => false,
        }
    }

    fn operand(&mut self) -> Read<Expr> {
        let token = self.token();
        let literal = match token.mark {
            Mark::Name => return self.name(),
            Mark::Number => Some(number(self.word())),
            Mark::Rune => Some(Literal::Rune),
            Mark::Text => Some(Literal::Text),
            _ => None,
        };
        if let Some(kind) = literal {
            self.pass();
            return Ok(Expr { at: self.span(token.start), is: Is::Literal(kind, self.text(token)) });
        }
        let is = match token.mark {
            Mark::Open(b'(') => {
                self.pass();
                let inner = self.bracketed(Self::expr)?;
                self.expect(Mark::Close(b')'))?;
                Is::Paren(Box::new(inner))
            }
            Mark::Open(b'[') => self.array()?,
            Mark::Keyword => match self.keyword_type()? {
                Some(Is::FuncType(signature)) if self.is_open(b'{') => {
                    Is::Func(signature, self.at_level(0, Self::block)?)
                }
                Some(is) => is,
                None => return self.refuse(),
            },
            _ => return self.refuse(),
        };
        Ok(Expr { at: self.span(token.start), is })
    }

    /// `.name`, `.(T)`, and in the header of a switch `.(type)`.
    fn behind_dot(&mut self, x: Expr) -> Read<Is> {
        self.pass();
        if !self.passes(Mark::Open(b'(')) {
            return Ok(Is::Select(Box::new(x), self.ident()?));
        }
        let ty = if self.is_keyword(b"type") {
            let token = self.pass();
            self.open_types += 1;
            // No name is spelt like this; only the switch takes it.
            Expr { at: self.span(token.start), is: Is::Name("type".into()) }
        } else {
            self.bracketed(Self::ty)?
        };
        self.expect(Mark::Close(b')'))?;
        Ok(Is::Assert(Box::new(x), Box::new(ty)))
    }

    /// An element, type arguments, or a part.
    fn index(&mut self, x: Expr) -> Read<Is> {
        self.pass();
        self.bracketed(|parser| {
            let x = Box::new(x);
            let from = parser.exprs.len();
            let one = |parser: &mut Self| {
                let expr = parser.expr()?;
                parser.exprs.push(expr);
                Ok(())
            };
            let is_colon = |parser: &Self| parser.mark() == Mark::Other && parser.is(b":");
            if !is_colon(parser) {
                one(parser)?;
                while parser.passes(Mark::Comma) {
                    if !parser.is_close(b']') {
                        one(parser)?;
                    }
                }
            }
            let mut colons = 0;
            while is_colon(parser) && colons < 2 {
                parser.pass();
                colons += 1;
                if !is_colon(parser) && !parser.is_close(b']') {
                    one(parser)?;
                }
            }
            parser.expect(Mark::Close(b']'))?;
            let inside = parser.exprs.split_off(from);
            Ok(if colons == 0 { Is::Index(x, inside) } else { Is::Slice(x, inside) })
        })
    }

    fn call(&mut self, fun: Expr) -> Read<Is> {
        self.pass();
        self.bracketed(|parser| {
            let (from, mut spread) = (parser.exprs.len(), false);
            while !parser.is_close(b')') {
                let arg = parser.expr()?;
                parser.exprs.push(arg);
                spread = parser.passes_dots();
                if !parser.passes(Mark::Comma) {
                    break;
                }
            }
            parser.expect(Mark::Close(b')'))?;
            let args = parser.exprs.split_off(from);
            Ok(Is::Call(Box::new(Call { fun, args, spread })))
        })
    }

    /// `{a, b: c, {d}}`.
    fn elements(&mut self) -> Read<Vec<Element>> {
        self.expect(Mark::Open(b'{'))?;
        self.bracketed(|parser| {
            let from = parser.elements.len();
            while !parser.is_close(b'}') {
                let first = parser.element()?;
                let element = match parser.passes_word(b":") {
                    true => Element { key: Some(first), value: parser.element()? },
                    false => Element { key: None, value: first },
                };
                parser.elements.push(element);
                if !parser.passes(Mark::Comma) {
                    break;
                }
            }
            parser.expect(Mark::Close(b'}'))?;
            Ok(parser.elements.split_off(from))
        })
    }

    fn element(&mut self) -> Read<Expr> {
        if !self.is_open(b'{') {
            return self.expr();
        }
        let start = self.here();
        let elements = self.deeper(Self::elements)?;
        Ok(Expr { at: self.span(start), is: Is::Composite(None, elements) })
    }
}

/// `T`, `p.T`: what a composite literal can be of besides arrays, maps and structs.
fn is_type_name(x: &Expr) -> bool {
    match &x.is {
        Is::Name(_) => true,
        Is::Select(of, _) => matches!(of.is, Is::Name(_)),
        _ => false,
    }
}

/// What a number is (spec, "Integer literals" to "Imaginary literals").
fn number(text: &[u8]) -> Literal {
    let hex = matches!(text, [b'0', b'x' | b'X', ..]);
    let float = |byte: &u8| match byte {
        b'.' => true,
        b'p' | b'P' => hex,
        b'e' | b'E' => !hex,
        _ => false,
    };
    match text.last() {
        Some(b'i') => Literal::Imaginary,
        _ if text.iter().any(float) => Literal::Float,
        _ => Literal::Int,
    }
}
