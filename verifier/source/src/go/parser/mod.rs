//! One declaration as a tree: a parser by recursive descent, after go/parser (Go 1.27), over the tokens of the lexer.
//!
//! It makes the syntax that the analyses see and nothing else: constraints and methods of interfaces are passed over. What it refuses, Go refuses.

mod exprs;
mod stmts;
mod types;

use super::lexer::{Fault, Lexer, Mark, Token};
use super::outline::{Decl, DeclKind};
use super::syntax::*;
use smol_str::SmolStr;
use std::cell::RefCell;

pub(super) type Read<T> = Result<T, Fault>;

thread_local! {
    static TOKENS: RefCell<Vec<Token>> = const { RefCell::new(Vec::new()) };
}

/// Parses one declaration of a file.
pub(super) fn item(file: &[u8], decl: &Decl) -> Read<Item> {
    TOKENS.with_borrow_mut(|tokens| {
        tokens.clear();
        let mut lexer = Lexer::within(file, decl.start, decl.end);
        loop {
            match lexer.next()? {
                Token { mark: Mark::End, .. } => break,
                token => tokens.push(token),
            }
        }
        let mut parser = Parser {
            file,
            from: decl.start,
            whole: file.get(decl.start..decl.end).and_then(|text| std::str::from_utf8(text).ok()),
            tokens,
            at: 0,
            end: decl.start,
            limit: decl.end,
            level: 0,
            depth: 0,
            tall: 0,
            open_types: 0,
            exprs: Vec::new(),
            elements: Vec::new(),
            stmts: Vec::new(),
            params: Vec::new(),
        };
        let item = match decl.kind {
            DeclKind::Func | DeclKind::Method => parser.func()?,
            _ => parser.decl()?,
        };
        parser.pass_semi()?;
        match parser.mark() {
            Mark::End if parser.open_types == 0 => Ok(item),
            _ => parser.refuse(),
        }
    })
}

pub(super) struct Parser<'a> {
    file: &'a [u8],
    /// Where the declaration begins, and its text where that is all UTF-8.
    from: usize,
    whole: Option<&'a str>,
    tokens: &'a [Token],
    at: usize,
    /// Where the last token that was passed ends.
    end: usize,
    limit: usize,
    /// Below nothing in the header of `if`, `for` and `switch`, where `{` begins the block (go/parser: `exprLev`).
    level: i32,
    depth: u32,
    /// How many levels what was read last has, of all that will be side by side.
    tall: u32,
    /// `.(type)` that no switch has taken yet.
    open_types: u32,
    /// What lists that are not at their end hold so far, the innermost last: trees are kept, so that each list gets just its size.
    exprs: Vec<Expr>,
    elements: Vec<Element>,
    stmts: Vec<Stmt>,
    params: Vec<Param>,
}

impl<'a> Parser<'a> {
    fn token(&self) -> Token {
        self.ahead(0)
    }

    fn ahead(&self, by: usize) -> Token {
        let end = Token { mark: Mark::End, start: self.limit, end: self.limit };
        self.tokens.get(self.at + by).copied().unwrap_or(end)
    }

    fn mark(&self) -> Mark {
        self.token().mark
    }

    fn spelt(&self, token: Token) -> &'a [u8] {
        &self.file[token.start..token.end]
    }

    /// The token's text; nothing at the end.
    fn word(&self) -> &'a [u8] {
        self.spelt(self.token())
    }

    fn is(&self, word: &[u8]) -> bool {
        self.word() == word
    }

    fn is_keyword(&self, word: &[u8]) -> bool {
        self.mark() == Mark::Keyword && self.is(word)
    }

    fn is_open(&self, byte: u8) -> bool {
        self.mark() == Mark::Open(byte)
    }

    fn is_close(&self, byte: u8) -> bool {
        self.mark() == Mark::Close(byte)
    }

    fn pass(&mut self) -> Token {
        let token = self.token();
        self.end = token.end;
        self.at += 1;
        token
    }

    fn passes(&mut self, mark: Mark) -> bool {
        let here = self.mark() == mark;
        if here {
            self.pass();
        }
        here
    }

    fn passes_word(&mut self, word: &[u8]) -> bool {
        let here = self.is(word);
        if here {
            self.pass();
        }
        here
    }

    fn expect(&mut self, mark: Mark) -> Read<Token> {
        if self.mark() == mark { Ok(self.pass()) } else { self.refuse() }
    }

    fn refuse<T>(&self) -> Read<T> {
        Err(Fault { at: self.token().start, what: NOT_UNDERSTOOD })
    }

    /// From a place to the end of the last token.
    fn span(&self, start: usize) -> Span {
        let place = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { start: place(start), end: place(self.end) }
    }

    fn here(&self) -> usize {
        self.token().start
    }

    fn text(&self, token: Token) -> SmolStr {
        match self.whole.and_then(|whole| whole.get(token.start - self.from..token.end - self.from)) {
            Some(text) => text.into(),
            None => String::from_utf8_lossy(self.spelt(token)).into(),
        }
    }

    fn ident(&mut self) -> Read<Ident> {
        let token = self.expect(Mark::Name)?;
        Ok(Ident { name: self.text(token), at: self.span(token.start) })
    }

    fn name(&mut self) -> Read<Expr> {
        let Ident { name, at } = self.ident()?;
        Ok(Expr { at, is: Is::Name(name) })
    }

    fn idents(&mut self) -> Read<Vec<Ident>> {
        let mut names = vec![self.ident()?];
        while self.passes(Mark::Comma) {
            names.push(self.ident()?);
        }
        Ok(names)
    }

    /// Runs a step one level deeper, or gives up.
    fn deeper<T>(&mut self, step: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.depth += 1;
        let beside = std::mem::take(&mut self.tall);
        self.checked()?;
        let out = step(self)?;
        self.depth -= 1;
        self.tall = beside.max(self.tall + 1);
        Ok(out)
    }

    /// What was read last gets another level above it: selections, calls and operators nest to the left, without a step down.
    fn higher(&mut self) -> Read<()> {
        self.tall += 1;
        self.checked()
    }

    fn checked(&self) -> Read<()> {
        match self.depth + self.tall > DEEPEST {
            true => Err(Fault { at: self.here(), what: TOO_DEEP }),
            false => Ok(()),
        }
    }

    /// Runs a step in brackets, where `{` may begin a composite literal again.
    fn bracketed<T>(&mut self, step: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.at_level(self.level.max(0) + 1, step)
    }

    fn at_level<T>(&mut self, level: i32, step: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        let outer = std::mem::replace(&mut self.level, level);
        let out = step(self);
        self.level = outer;
        out
    }

    /// A statement's or a line's end; before a closing bracket it may be missing.
    fn pass_semi(&mut self) -> Read<()> {
        match self.mark() {
            Mark::Semi => {
                self.at += 1;
                Ok(())
            }
            Mark::Close(b')' | b'}') | Mark::End => Ok(()),
            _ => self.refuse(),
        }
    }

    /// Passes the bracket that stands here and everything up to the one that closes it.
    fn pass_bracket(&mut self) -> Read<()> {
        let mut open = 0u32;
        loop {
            match self.mark() {
                Mark::Open(_) => open += 1,
                Mark::Close(_) => open = open.saturating_sub(1),
                Mark::End => return self.refuse(),
                _ => {}
            }
            self.pass();
            if open == 0 {
                return Ok(());
            }
        }
    }

    fn func(&mut self) -> Read<Item> {
        self.expect(Mark::Keyword)?;
        let receiver = if self.is_open(b'(') { self.params()?.pop() } else { None };
        let name = self.ident()?;
        if self.is_open(b'[') {
            self.pass_bracket()?;
        }
        let signature = self.signature()?;
        let body = if self.is_open(b'{') { Some(self.at_level(0, Self::block)?) } else { None };
        Ok(Item::Func(Box::new(Func { name, receiver, signature, body })))
    }

    /// `var`, `const` or `type`, at top level or in a block.
    fn decl(&mut self) -> Read<Item> {
        match self.word() {
            b"var" => Ok(Item::Values(self.group(|parser, _, _| parser.values(false, 0))?)),
            b"const" => Ok(Item::Values(self.group(Self::constant)?)),
            b"type" => Ok(Item::Types(self.group(|parser, _, _| parser.type_spec())?)),
            _ => self.refuse(),
        }
    }

    /// The lines behind the keyword; each is told which one it is, and those before it.
    fn group<T>(&mut self, mut line: impl FnMut(&mut Self, i64, &[T]) -> Read<T>) -> Read<Vec<T>> {
        self.pass();
        let mut lines = Vec::new();
        if !self.passes(Mark::Open(b'(')) {
            lines.push(line(self, 0, &[])?);
            return Ok(lines);
        }
        while !self.passes(Mark::Close(b')')) {
            let read = line(self, lines.len() as i64, &lines)?;
            lines.push(read);
            self.pass_semi()?;
        }
        Ok(lines)
    }

    /// A line of `const`; one without values repeats those of the line before (spec, "Constant declarations").
    fn constant(&mut self, iota: i64, before: &[ValueSpec]) -> Read<ValueSpec> {
        let mut spec = self.values(true, iota)?;
        if spec.values.is_empty()
            && let Some(last) = before.last()
        {
            (spec.ty, spec.values) = (last.ty.clone(), last.values.clone());
        }
        Ok(spec)
    }

    fn values(&mut self, constant: bool, iota: i64) -> Read<ValueSpec> {
        let names = self.idents()?;
        let ty = match self.mark() {
            Mark::Assign | Mark::Semi | Mark::Close(_) | Mark::End => None,
            _ => Some(self.ty()?),
        };
        let values = if self.passes(Mark::Assign) { self.list()? } else { Vec::new() };
        if !constant && ty.is_none() && values.is_empty() {
            return self.refuse();
        }
        Ok(ValueSpec { constant, names, ty, values, iota })
    }

    fn type_spec(&mut self) -> Read<TypeSpec> {
        let name = self.ident()?;
        if self.has_type_parameters() {
            self.pass_bracket()?;
        }
        let alias = self.passes(Mark::Assign);
        Ok(TypeSpec { name, alias, ty: self.ty()? })
    }
}

#[cfg(test)]
mod tests;
