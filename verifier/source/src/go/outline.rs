//! A file's outline: package clause, imports, and the bounds and names of its top-level declarations, from tokens alone.

use super::dense::Literals;
use super::directive::Directive;
use super::imports::Import;
use super::lexer::{Fault, Lexer, Mark, Token, illegal_bytes};
use super::syntax::Span;
use crate::lossy::lossy;

/// What a Go file declares at its top level.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    /// The name in the package clause; empty where there is none.
    pub package: Box<str>,
    /// Where the package clause begins.
    pub package_at: usize,
    pub imports: Vec<Import>,
    pub decls: Vec<Decl>,
    pub directives: Vec<Directive>,
    /// Where literals stand for [`super::dense::DENSE`] bytes and more without a name between them: tables, texts, and what else is put into a program.
    pub dense: Vec<Span>,
    /// Why the rest of the file could not be read; the compiler refuses such a file.
    pub fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeclKind {
    Func,
    Method,
    Type,
    Var,
    Const,
    /// No Go declaration begins like this.
    Broken,
}

/// One top-level declaration, parenthesised groups whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decl {
    pub kind: DeclKind,
    pub start: usize,
    /// Behind its last token.
    pub end: usize,
    pub specs: Box<[Spec]>,
    /// What the reader of names made of those inside: which declarations are worth a parse.
    pub marks: u32,
    /// Whether there is a struct type in it besides one that a type's name stands directly before, `struct{}` apart.
    pub nameless: bool,
}

impl Decl {
    /// Bytes of its text.
    pub fn len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether it is run when its package is initialised: values of variables, and `init`.
    pub fn runs_at_start(&self) -> bool {
        match self.kind {
            DeclKind::Var | DeclKind::Broken => true,
            DeclKind::Func => self.specs.iter().any(|spec| spec.names().any(|name| name == "init")),
            DeclKind::Method | DeclKind::Type | DeclKind::Const => false,
        }
    }
}

/// A function, or one line of a group.
///
/// Large trees have hundreds of thousands of them, most with one name and nothing else: hence the sparing shape.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Spec {
    /// Apart by commas.
    names: Box<str>,
    /// `type A = B`.
    pub alias: bool,
    /// Whether type parameters follow the name.
    pub generic: bool,
    more: Option<Box<More>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum More {
    Receiver(Receiver),
    AliasOf(Box<str>),
}

impl Spec {
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.split(',').filter(|name| !name.is_empty())
    }

    pub fn receiver(&self) -> Option<&Receiver> {
        match self.more.as_deref() {
            Some(More::Receiver(receiver)) => Some(receiver),
            Some(More::AliasOf(_)) | None => None,
        }
    }

    /// `B` or `*B` of `type A = B`, where it is a name of the same package.
    pub fn alias_of(&self) -> Option<&str> {
        match self.more.as_deref() {
            Some(More::AliasOf(name)) => Some(name),
            Some(More::Receiver(_)) | None => None,
        }
    }
}

/// A method's receiver as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receiver {
    pub base: Box<str>,
    pub pointer: bool,
    pub generic: bool,
}

/// Says of a name what it is sought for: bits that are joined for each declaration. Keywords are asked after as well; it knows none of them.
pub(crate) type Marker = fn(&[u8]) -> u32;

/// Reads a file's outline. Never fails: what is no Go is in [`Outline::fault`] and in declarations marked as broken.
pub(crate) fn outline(text: &[u8], marker: Marker) -> Outline {
    let mut out = Outline { fault: illegal_bytes(text), ..Outline::default() };
    let mut reader = Reader::new(text, marker);
    if let Err(fault) = reader.file(&mut out) {
        out.fault = out.fault.or(Some(fault));
    }
    out.finish(text, &reader)
}

/// Package clause and imports alone, with the directives that stand before their end: enough of a file that no build takes.
pub(crate) fn imports(text: &[u8]) -> Outline {
    let mut out = Outline::default();
    let mut reader = Reader::new(text, |_| 0);
    if let Err(fault) = reader.head(&mut out) {
        out.fault = Some(fault);
    }
    out.finish(text, &reader)
}

impl Outline {
    fn finish(mut self, text: &[u8], reader: &Reader) -> Outline {
        self.dense = reader.literals.dense.clone();
        self.directives = reader.lexer.directives.iter().map(|c| Directive::of(text, *c)).collect();
        self.imports.shrink_to_fit();
        self.decls.shrink_to_fit();
        self
    }
}

pub(super) struct Reader<'a> {
    pub(super) text: &'a [u8],
    pub(super) lexer: Lexer<'a>,
    pub(super) token: Token,
    /// Open brackets.
    pub(super) open: Vec<u8>,
    pub(super) marker: Marker,
    /// Of the names since the declaration began.
    pub(super) marks: u32,
    /// As in the declaration that is read.
    pub(super) nameless: bool,
    pub(super) literals: Literals,
    /// For comparison.
    #[cfg(test)]
    by_token: bool,
}

impl<'a> Reader<'a> {
    fn new(text: &'a [u8], marker: Marker) -> Reader<'a> {
        let token = Token { mark: Mark::Semi, start: 0, end: 0 };
        let lexer = Lexer::new(text).keeping_directives();
        Reader {
            text,
            lexer,
            token,
            open: Vec::new(),
            marker,
            marks: 0,
            nameless: false,
            literals: Literals::default(),
            #[cfg(test)]
            by_token: false,
        }
    }

    pub(super) fn word(&self) -> &'a [u8] {
        &self.text[self.token.start..self.token.end]
    }

    pub(super) fn owned(&self) -> Box<str> {
        lossy(self.word()).into()
    }

    /// Consumes the token at hand and keeps the brackets' balance.
    pub(super) fn bump(&mut self) -> Result<(), Fault> {
        let Token { mark, start, end } = self.token;
        match mark {
            Mark::Open(byte) => self.open.push(byte),
            Mark::Close(byte) if self.open.pop().is_none_or(|open| closing(open) != byte) => {
                return Err(Fault { at: start, what: "brackets that do not match" });
            }
            Mark::Name => {
                self.literals.name(&self.text[start..end]);
                self.marks |= (self.marker)(&self.text[start..end]);
            }
            Mark::Keyword => {
                self.nameless |= is_struct_with_more(self.text, start, end);
                self.literals.end();
            }
            Mark::Text | Mark::Number | Mark::Rune => self.literals.begin(start),
            _ => {}
        }
        if mark != Mark::Semi {
            self.literals.last_end = end;
        }
        self.token = self.lexer.next()?;
        if self.token.mark == Mark::End && !self.open.is_empty() {
            return Err(Fault { at: self.token.start, what: "brackets that are not closed" });
        }
        Ok(())
    }

    /// A name that no `.` follows.
    fn plain_name(&mut self) -> Result<Option<Box<str>>, Fault> {
        if self.token.mark != Mark::Name {
            return Ok(None);
        }
        let name = self.owned();
        self.bump()?;
        Ok((self.token.mark != Mark::Dot).then_some(name))
    }

    fn file(&mut self, out: &mut Outline) -> Result<(), Fault> {
        self.head(out)?;
        // Paths of imports are no table.
        self.literals.forget();
        while self.token.mark != Mark::End {
            match self.token.mark {
                Mark::Semi => self.bump()?,
                _ => self.declaration(out)?,
            }
        }
        self.literals.end();
        Ok(())
    }

    /// The package clause and the imports: nothing else may stand before them.
    fn head(&mut self, out: &mut Outline) -> Result<(), Fault> {
        self.token = self.lexer.next()?;
        if self.word() != b"package" {
            return Err(Fault { at: self.token.start, what: "no package clause" });
        }
        out.package_at = self.token.start;
        self.bump()?;
        if self.token.mark == Mark::Name {
            out.package = self.owned();
        }
        self.rest_of(0)?;
        loop {
            match self.token.mark {
                Mark::Semi => self.bump()?,
                Mark::Keyword if self.word() == b"import" => self.declaration(out)?,
                _ => return Ok(()),
            }
        }
    }

    fn declaration(&mut self, out: &mut Outline) -> Result<(), Fault> {
        let start = self.token.start;
        (self.marks, self.nameless) = (0, false);
        let mut specs = Vec::with_capacity(1);
        let kind = match self.word() {
            b"import" => {
                self.bump()?;
                self.group(|reader| reader.import(&mut out.imports))?;
                return self.rest_of(0);
            }
            b"func" => self.func(&mut specs)?,
            b"type" => self.specs(DeclKind::Type, &mut specs)?,
            b"var" => self.specs(DeclKind::Var, &mut specs)?,
            b"const" => self.specs(DeclKind::Const, &mut specs)?,
            _ => DeclKind::Broken,
        };
        // A stray closing bracket cannot be skipped over: it ends the reading.
        self.rest_of(0)?;
        if let Mark::Close(_) = self.token.mark {
            return Err(Fault { at: self.token.start, what: "brackets that do not match" });
        }
        let Reader { marks, nameless, .. } = *self;
        let end = self.literals.last_end;
        out.decls.push(Decl { kind, start, end, specs: specs.into(), marks, nameless });
        Ok(())
    }

    fn is_by_token(&self) -> bool {
        #[cfg(test)]
        return self.by_token;
        #[cfg(not(test))]
        false
    }

    /// To the semicolon or closing bracket that ends what stands at this depth.
    fn rest_of(&mut self, depth: usize) -> Result<(), Fault> {
        loop {
            match self.token.mark {
                Mark::End => return Ok(()),
                Mark::Semi | Mark::Close(_) if self.open.len() <= depth => return Ok(()),
                Mark::Open(_) if !self.is_by_token() => self.skim()?,
                _ => self.bump()?,
            }
        }
    }

    /// One line, or a parenthesised group of them.
    fn group(&mut self, mut line: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        if self.token.mark != Mark::Open(b'(') {
            return line(self);
        }
        self.bump()?;
        loop {
            match self.token.mark {
                Mark::Semi => self.bump()?,
                Mark::Close(_) => return self.bump(),
                Mark::End => return Ok(()),
                _ => line(self)?,
            }
        }
    }

    fn specs(&mut self, kind: DeclKind, specs: &mut Vec<Spec>) -> Result<DeclKind, Fault> {
        self.bump()?;
        let mut broken = false;
        self.group(|reader| {
            let spec = reader.spec(kind)?;
            broken |= spec.names.is_empty();
            specs.push(spec);
            Ok(())
        })?;
        Ok(if broken { DeclKind::Broken } else { kind })
    }

    fn spec(&mut self, kind: DeclKind) -> Result<Spec, Fault> {
        let depth = self.open.len();
        let mut spec = Spec::default();
        let (first, mut end) = (self.token, self.token.start);
        let mut names: Option<String> = None;
        while self.token.mark == Mark::Name {
            end = self.token.end;
            if self.token.start != first.start {
                // Only the names, without what stands between them.
                let known = names.get_or_insert_with(|| lossy(&self.text[first.start..first.end]).into());
                known.push(',');
                known.push_str(&lossy(&self.text[self.token.start..end]));
            }
            self.bump()?;
            match self.token.mark {
                Mark::Comma if kind != DeclKind::Type => self.bump()?,
                _ => break,
            }
        }
        spec.names = match names {
            Some(names) => names.into(),
            None => lossy(&self.text[first.start..end]).into(),
        };
        if kind == DeclKind::Type {
            if self.token.mark == Mark::Open(b'[') {
                spec.generic = self.brackets()?;
            } else if self.token.mark == Mark::Keyword {
                // `type T struct`
                let before = self.nameless;
                self.bump()?;
                self.nameless = before;
            }
            spec.alias = self.token.mark == Mark::Assign;
            if spec.alias {
                self.bump()?;
                let mut pointer = "";
                while matches!(self.token.mark, Mark::Star | Mark::Open(b'(')) {
                    if self.token.mark == Mark::Star {
                        pointer = "*";
                    }
                    self.bump()?;
                }
                let alias = |name: Box<str>| Box::new(More::AliasOf(format!("{pointer}{name}").into()));
                spec.more = self.plain_name()?.map(alias);
            }
        }
        self.rest_of(depth)?;
        Ok(spec)
    }

    /// Passes `[…]`; whether it can hold type parameters: those begin with a name that more than a `]` follows.
    fn brackets(&mut self) -> Result<bool, Fault> {
        let depth = self.open.len();
        self.bump()?;
        let named = self.token.mark == Mark::Name;
        if named {
            self.bump()?;
        }
        let parameters = named && !matches!(self.token.mark, Mark::Close(_));
        while self.open.len() > depth && self.token.mark != Mark::End {
            self.bump()?;
        }
        Ok(parameters)
    }

    fn func(&mut self, specs: &mut Vec<Spec>) -> Result<DeclKind, Fault> {
        let mut spec = Spec::default();
        self.bump()?;
        let method = self.token.mark == Mark::Open(b'(');
        if method {
            spec.more = self.receiver()?.map(|receiver| Box::new(More::Receiver(receiver)));
        }
        if self.token.mark == Mark::Name {
            spec.names = self.owned();
            self.bump()?;
            spec.generic = self.token.mark == Mark::Open(b'[');
        }
        self.rest_of(0)?;
        let broken = spec.names.is_empty() || (method && spec.receiver().is_none());
        specs.push(spec);
        Ok(match (broken, method) {
            (true, _) => DeclKind::Broken,
            (false, true) => DeclKind::Method,
            (false, false) => DeclKind::Func,
        })
    }

    /// `(t *T[K, V])`, the name and parentheses around the type as one likes: the base type is the last name outside square brackets.
    fn receiver(&mut self) -> Result<Option<Receiver>, Fault> {
        let depth = self.open.len();
        let mut found = Receiver { base: "".into(), pointer: false, generic: false };
        let mut brackets = 0u32;
        self.bump()?;
        while self.open.len() > depth && self.token.mark != Mark::End {
            match self.token.mark {
                Mark::Name if brackets == 0 => found.base = self.owned(),
                Mark::Star if brackets == 0 => found.pointer = true,
                Mark::Open(b'[') => {
                    found.generic = true;
                    brackets += 1;
                }
                Mark::Close(b']') => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            self.bump()?;
        }
        Ok((!found.base.is_empty()).then_some(found))
    }
}

/// Whether a keyword is that of a struct type with fields, or with a comment where they might be.
pub(super) fn is_struct_with_more(text: &[u8], start: usize, end: usize) -> bool {
    let behind = || text[end..].trim_ascii_start().strip_prefix(b"{");
    &text[start..end] == b"struct" && !behind().is_some_and(|inside| inside.trim_ascii_start().starts_with(b"}"))
}

pub(super) fn closing(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}

#[cfg(test)]
#[path = "outline_tests.rs"]
mod tests;
