//! Statements.

use super::{Parser, Read};
use crate::go::lexer::Mark;
use crate::go::syntax::*;
use smol_str::SmolStr;

/// What a simple statement may be besides, by where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    /// `x := range y` too.
    For,
    /// A label too.
    Block,
}

impl Parser<'_> {
    /// `{ … }`.
    pub(super) fn block(&mut self) -> Read<Block> {
        self.expect(Mark::Open(b'{'))?;
        let block = self.deeper(Self::statements)?;
        self.expect(Mark::Close(b'}'))?;
        Ok(block)
    }

    /// Statements up to a `}` or the next case, which is not passed.
    fn statements(&mut self) -> Read<Block> {
        let from = self.stmts.len();
        loop {
            match self.mark() {
                Mark::Semi => self.at += 1,
                Mark::Close(_) | Mark::End => return Ok(self.stmts.split_off(from)),
                _ if self.is_case() => return Ok(self.stmts.split_off(from)),
                _ => {
                    let stmt = self.stmt()?;
                    self.stmts.push(stmt);
                    // A label may be all that stands before the next case.
                    if !self.is_case() {
                        self.pass_semi()?;
                    }
                }
            }
        }
    }

    /// Whether the next case of a `switch` or `select` begins here.
    fn is_case(&self) -> bool {
        self.is_keyword(b"case") || self.is_keyword(b"default")
    }

    fn stmt(&mut self) -> Read<Stmt> {
        let start = self.here();
        let does = self.deeper(|parser| match parser.mark() {
            Mark::Open(b'{') => Ok(Does::Block(parser.at_level(0, Self::block)?)),
            Mark::Keyword => parser.keyword_stmt(),
            _ => parser.simple(Place::Block),
        })?;
        Ok(Stmt { at: self.span(start), does })
    }

    fn keyword_stmt(&mut self) -> Read<Does> {
        let jump = |parser: &mut Self, jump| {
            parser.pass();
            let label = if parser.mark() == Mark::Name { Some(parser.ident()?.name) } else { None };
            Ok(Does::Jump(jump, label))
        };
        match self.word() {
            b"var" | b"const" | b"type" => Ok(Does::Decl(self.decl()?)),
            b"func" | b"struct" | b"map" | b"chan" | b"interface" => self.simple(Place::Block),
            b"go" => {
                self.pass();
                Ok(Does::Go(self.expr()?))
            }
            b"defer" => {
                self.pass();
                Ok(Does::Defer(self.expr()?))
            }
            b"return" => {
                self.pass();
                let none = matches!(self.mark(), Mark::Semi | Mark::Close(_) | Mark::End);
                Ok(Does::Return(if none { Vec::new() } else { self.list()? }))
            }
            b"break" => jump(self, Jump::Break),
            b"continue" => jump(self, Jump::Continue),
            b"goto" => jump(self, Jump::Goto),
            b"fallthrough" => {
                self.pass();
                Ok(Does::Jump(Jump::Fallthrough, None))
            }
            b"if" => self.if_stmt(),
            b"switch" => self.switch(),
            b"select" => self.select(),
            b"for" => self.for_stmt(),
            _ => self.refuse(),
        }
    }

    fn simple_stmt(&mut self, place: Place) -> Read<Stmt> {
        let start = self.here();
        let does = self.simple(place)?;
        Ok(Stmt { at: self.span(start), does })
    }

    /// An expression, a sending, an assignment, a definition, a step, and what the place allows besides.
    fn simple(&mut self, place: Place) -> Read<Does> {
        let start = self.here();
        if place == Place::For && self.is_keyword(b"range") {
            return self.range(Vec::new(), false);
        }
        let first = self.expr()?;
        let mut left = match self.mark() {
            Mark::Comma | Mark::Assign | Mark::Other => self.list_from(first)?,
            _ => return Ok(Does::Expr(first)),
        };
        let word = match self.mark() {
            Mark::Assign | Mark::Other => self.word(),
            _ => b"",
        };
        let one = |left: &mut Vec<Expr>| if left.len() == 1 { left.pop() } else { None };
        match word {
            b":=" | b"=" => {
                self.pass();
                let defines = word == b":=";
                if place == Place::For && self.is_keyword(b"range") {
                    return self.range(left, defines);
                }
                let right = self.list()?;
                Ok(if defines { Does::Define(left, right) } else { Does::Assign(left, None, right) })
            }
            b":" if place == Place::Block => match one(&mut left) {
                Some(Expr { is: Is::Name(label), .. }) => {
                    self.pass();
                    self.labeled(label, start)
                }
                _ => self.refuse(),
            },
            b"<-" => {
                let Some(channel) = one(&mut left) else { return self.refuse() };
                self.pass();
                Ok(Does::Send(Box::new([channel, self.expr()?])))
            }
            b"++" | b"--" => {
                let op = if word == b"++" { Op::Add } else { Op::Sub };
                if left.len() != 1 {
                    return self.refuse();
                }
                self.pass();
                let one = Expr { at: self.span(start), is: Is::Literal(Literal::Int, "1".into()) };
                Ok(Does::Assign(left, Some(op), vec![one]))
            }
            _ => {
                let op = word.strip_suffix(b"=").and_then(|op| Op::binary(std::str::from_utf8(op).ok()?));
                if op.is_some() && !matches!(word, b"==" | b"!=" | b"<=" | b">=") {
                    self.pass();
                    let right = vec![self.expr()?];
                    return Ok(Does::Assign(left, op, right));
                }
                match one(&mut left) {
                    Some(x) => Ok(Does::Expr(x)),
                    None => self.refuse(),
                }
            }
        }
    }

    /// The statement behind a label, if there is one.
    fn labeled(&mut self, label: SmolStr, start: usize) -> Read<Does> {
        let ends = matches!(self.mark(), Mark::Semi | Mark::Close(_)) || self.is_case();
        let inner = match ends {
            true => Stmt { at: self.span(start), does: Does::Empty },
            false => self.stmt()?,
        };
        Ok(Does::Labeled(label, Box::new(inner)))
    }

    fn range(&mut self, left: Vec<Expr>, defines: bool) -> Read<Does> {
        self.pass();
        let over = self.expr()?;
        Ok(Does::Range(Box::new(Range { left, defines, over, body: Vec::new() })))
    }

    /// Reads between a keyword and its `{`, where that begins a block.
    fn header<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.pass();
        self.at_level(-1, read)
    }

    fn condition(&self, stmt: Option<Stmt>) -> Read<Option<Expr>> {
        match stmt {
            None => Ok(None),
            Some(Stmt { does: Does::Expr(x), .. }) => Ok(Some(x)),
            Some(_) => self.refuse(),
        }
    }

    fn body(&mut self) -> Read<Block> {
        self.at_level(0, Self::block)
    }

    /// `init; value` of `if` and `switch`, either of which may be missing.
    fn init_and_value(&mut self) -> Read<(Option<Box<Stmt>>, Option<Stmt>)> {
        self.header(|parser| {
            let simple = |parser: &mut Self| match parser.mark() {
                Mark::Open(b'{') | Mark::Semi => Ok(None),
                _ => parser.simple_stmt(Place::Header).map(Some),
            };
            let first = simple(parser)?;
            if !parser.passes(Mark::Semi) {
                return Ok((None, first));
            }
            Ok((first.map(Box::new), simple(parser)?))
        })
    }

    fn if_stmt(&mut self) -> Read<Does> {
        let (init, value) = self.init_and_value()?;
        let Some(condition) = self.condition(value)? else { return self.refuse() };
        let then = self.body()?;
        let otherwise = match self.is_keyword(b"else") {
            false => None,
            true => {
                self.pass();
                if !self.is_open(b'{') && !self.is_keyword(b"if") {
                    return self.refuse();
                }
                Some(Box::new(self.stmt()?))
            }
        };
        Ok(Does::If(Box::new(If { init, condition, then, otherwise })))
    }

    fn switch(&mut self) -> Read<Does> {
        let (init, value) = self.init_and_value()?;
        let (bound, value) = match value {
            Some(Stmt { does: Does::Define(mut left, mut right), .. }) => match (left.pop(), right.pop()) {
                (Some(Expr { at, is: Is::Name(name) }), Some(x)) if left.is_empty() && right.is_empty() => {
                    (Some(Ident { name, at }), Some(x))
                }
                _ => return self.refuse(),
            },
            other => (None, self.condition(other)?),
        };
        match value {
            Some(Expr { is: Is::Assert(value, ty), .. }) if matches!(&ty.is, Is::Name(name) if &**name == "type") => {
                self.open_types -= 1;
                let cases = self.cases(|parser| {
                    let mut types = vec![parser.ty()?];
                    while parser.passes(Mark::Comma) {
                        types.push(parser.ty()?);
                    }
                    Ok(types)
                })?;
                Ok(Does::TypeSwitch(Box::new(TypeSwitch { init, bound, value: *value, cases })))
            }
            _ if bound.is_some() => self.refuse(),
            value => {
                let cases = self.cases(Self::list)?;
                Ok(Does::Switch(Box::new(Switch { init, value, cases })))
            }
        }
    }

    fn cases(&mut self, mut values: impl FnMut(&mut Self) -> Read<Vec<Expr>>) -> Read<Vec<Case>> {
        self.case_clauses(|parser, default| {
            let values = if default { Vec::new() } else { parser.at_level(0, &mut values)? };
            Ok((values, default))
        })
        .map(|cases| cases.into_iter().map(|((values, default), body)| Case { values, default, body }).collect())
    }

    /// `{ case …: … default: … }`; what stands between `case` and the colon is read by the caller.
    fn case_clauses<T>(&mut self, mut head: impl FnMut(&mut Self, bool) -> Read<T>) -> Read<Vec<(T, Block)>> {
        self.expect(Mark::Open(b'{'))?;
        let mut cases = Vec::new();
        while !self.passes(Mark::Close(b'}')) {
            let default = match self.word() {
                b"case" => false,
                b"default" => true,
                _ => return self.refuse(),
            };
            self.pass();
            let head = head(self, default)?;
            if !self.passes_word(b":") {
                return self.refuse();
            }
            let body = self.at_level(0, |parser| parser.deeper(Self::statements))?;
            cases.push((head, body));
        }
        Ok(cases)
    }

    fn select(&mut self) -> Read<Does> {
        self.pass();
        let cases = self.case_clauses(|parser, default| match default {
            true => Ok(None),
            false => parser.at_level(0, |parser| parser.simple_stmt(Place::Header)).map(Some),
        })?;
        Ok(Does::Select(cases.into_iter().map(|(comm, body)| Comm { comm: comm.map(Box::new), body }).collect()))
    }

    fn for_stmt(&mut self) -> Read<Does> {
        let mut plain = For { init: None, condition: None, post: None, body: Vec::new() };
        let range = self.header(|parser| {
            if parser.is_open(b'{') {
                return Ok(None);
            }
            let mut first = None;
            if parser.mark() != Mark::Semi {
                let stmt = parser.simple_stmt(Place::For)?;
                if let Does::Range(range) = stmt.does {
                    return Ok(Some(range));
                }
                first = Some(stmt);
            }
            if !parser.passes(Mark::Semi) {
                plain.condition = parser.condition(first)?;
                return Ok(None);
            }
            plain.init = first.map(Box::new);
            if parser.mark() != Mark::Semi {
                let condition = Some(parser.simple_stmt(Place::Header)?);
                plain.condition = parser.condition(condition)?;
            }
            parser.expect(Mark::Semi)?;
            if !parser.is_open(b'{') {
                plain.post = Some(Box::new(parser.simple_stmt(Place::Header)?));
            }
            Ok(None)
        })?;
        let body = self.body()?;
        Ok(match range {
            Some(range) => Does::Range(Box::new(Range { body, ..*range })),
            None => Does::For(Box::new(For { body, ..plain })),
        })
    }
}
