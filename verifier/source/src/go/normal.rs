//! A declaration's text as the grammar can read it: comments gone, line ends made explicit, and what Go has learnt since then spelt the old way.
//!
//! `tree-sitter-go` 0.25 (August 2025) knows neither `new(expr)` (Go 1.26) nor methods with type parameters (Go 1.27), wants a semicolon before the parenthesis that closes a group, and takes line breaks inside comments for blanks. Go's own tokens leave nothing of this open.

use super::lexer::{Fault, Lexer, Mark, Token};
use super::outline::{Decl, DeclKind};

/// Text of the same tokens, and how to find its places in the file.
#[derive(Debug)]
pub(crate) struct Normal {
    pub text: Vec<u8>,
    start: usize,
    /// Offsets in `text` of bytes that are not in the file.
    added: Vec<usize>,
}

impl Normal {
    /// The place in the file of a place in the text.
    pub fn place(&self, offset: usize) -> usize {
        let added = self.added.partition_point(|&at| at < offset);
        self.start + offset - added
    }
}

/// Spells a declaration of a file anew.
pub(crate) fn normal(file: &[u8], decl: &Decl) -> Result<Normal, Fault> {
    let tokens = tokens(file, decl)?;
    let pairs = pairs(&tokens);
    let out = vec![b' '; decl.end - decl.start];
    let mut writer = Writer { file, tokens: &tokens, pairs: &pairs, out, start: decl.start };
    let mut added: Vec<(usize, u8)> = Vec::new();
    let mut groups = Vec::new();
    // Depths of the `if`, `for` and `switch` whose `{` has not come yet.
    let mut headers = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        writer.copy(index);
        match token.mark {
            Mark::Keyword if matches!(writer.word(index), b"if" | b"for" | b"switch" | b"select") => {
                headers.push(groups.len())
            }
            // An empty condition behind a composite literal confuses the grammar.
            Mark::Semi if writer.has_empty_condition(index) => added.push((token.end, b'x')),
            Mark::Semi if index > 0 && writer.has_empty_condition(index - 1) => {}
            Mark::Semi if writer.is_idle(index, headers.last() == Some(&groups.len())) => writer.blank(index),
            Mark::Open(byte) => {
                if byte == b'{' && headers.last() == Some(&groups.len()) {
                    headers.pop();
                }
                groups.push(writer.is_value_group(index));
            }
            Mark::Close(_) => {
                let group = groups.pop() == Some(true);
                if group && !writer.is_semi_or_open(index) || writer.is_label_end(index) {
                    added.push((token.start, b';'));
                }
            }
            _ => {}
        }
    }
    if decl.kind == DeclKind::Method {
        writer.blank_method_type_parameters();
    }
    let mut text = writer.out;
    // Only functions may stand at the end of a text without a semicolon.
    text.push(b';');
    Ok(insert(text, decl.start, &added))
}

fn tokens(file: &[u8], decl: &Decl) -> Result<Vec<Token>, Fault> {
    let mut lexer = Lexer::within(file, decl.start, decl.end);
    let mut tokens = Vec::with_capacity((decl.end - decl.start) / 4);
    loop {
        match lexer.next()? {
            Token { mark: Mark::End, .. } => return Ok(tokens),
            token => tokens.push(token),
        }
    }
}

/// For each bracket the index of the one that belongs to it; an outline has only declarations whose brackets match.
fn pairs(tokens: &[Token]) -> Vec<u32> {
    let mut pairs = vec![u32::MAX; tokens.len()];
    let mut open = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.mark {
            Mark::Open(_) => open.push(index),
            Mark::Close(_) => {
                if let Some(before) = open.pop() {
                    pairs[before] = index as u32;
                    pairs[index] = before as u32;
                }
            }
            _ => {}
        }
    }
    pairs
}

fn insert(text: Vec<u8>, start: usize, places: &[(usize, u8)]) -> Normal {
    if places.is_empty() {
        return Normal { text, start, added: Vec::new() };
    }
    let mut out = Vec::with_capacity(text.len() + places.len());
    let mut added = Vec::new();
    let mut from = 0;
    for (place, byte) in places {
        out.extend_from_slice(&text[from..place - start]);
        added.push(out.len());
        out.push(*byte);
        from = place - start;
    }
    out.extend_from_slice(&text[from..]);
    Normal { text: out, start, added }
}

struct Writer<'a> {
    file: &'a [u8],
    tokens: &'a [Token],
    pairs: &'a [u32],
    out: Vec<u8>,
    start: usize,
}

impl Writer<'_> {
    fn word(&self, index: usize) -> &[u8] {
        self.tokens.get(index).map_or(b"", |t| &self.file[t.start..t.end])
    }

    fn mark(&self, index: usize) -> Mark {
        self.tokens.get(index).map_or(Mark::End, |t| t.mark)
    }

    fn copy(&mut self, index: usize) {
        let Token { mark, start, end } = self.tokens[index];
        let (from, to) = (start - self.start, end - self.start);
        match mark {
            Mark::Semi => self.out[from..to].fill(b';'),
            _ => self.out[from..to].copy_from_slice(&self.file[start..end]),
        }
        // The grammar's `new` and `make` take a type first; every other use is an ordinary name to it.
        let special = matches!(self.word(index), b"new" | b"make") && mark == Mark::Name;
        if special && !self.is_call_with_type(index) {
            self.out[from + 1] = b'E';
        }
        if mark == Mark::Close(b'}') {
            self.name_selected_type(index);
        }
    }

    /// `struct{ … }.M` and `(interface{ … }).M`: the type becomes a name, for the grammar selects only from expressions.
    fn name_selected_type(&mut self, close: usize) {
        let behind = if self.mark(close + 1) == Mark::Close(b')') { close + 2 } else { close + 1 };
        if self.mark(behind) != Mark::Dot {
            return;
        }
        let Some(open) = self.pair(close).filter(|open| *open > 0) else { return };
        if matches!(self.word(open - 1), b"struct" | b"interface") {
            let (from, to) = (self.tokens[open - 1].start - self.start, self.tokens[close].end - self.start);
            self.out[from..to].fill(b' ');
            self.out[from] = b'x';
        }
    }

    fn pair(&self, bracket: usize) -> Option<usize> {
        self.pairs.get(bracket).filter(|other| **other != u32::MAX).map(|other| *other as usize)
    }

    fn blank(&mut self, index: usize) {
        let Token { start, end, .. } = self.tokens[index];
        self.out[start - self.start..end - self.start].fill(b' ');
    }

    /// A semicolon that ends nothing but an empty statement; the grammar wants another one behind it.
    fn is_idle(&self, semi: usize, in_header: bool) -> bool {
        let Some(before) = semi.checked_sub(1) else { return false };
        match self.mark(before) {
            _ if in_header => matches!(self.word(before), b"if" | b"switch"),
            Mark::Semi | Mark::Open(b'{') => true,
            _ => self.word(before) == b":" && !matches!(self.mark(semi + 1), Mark::Close(_)),
        }
    }

    /// `L: }`; where two labels stand like this, the grammar wants a statement.
    fn is_label_end(&self, close: usize) -> bool {
        self.mark(close) == Mark::Close(b'}') && close > 0 && self.word(close - 1) == b":"
    }

    /// `T{…}; ;`.
    fn has_empty_condition(&self, semi: usize) -> bool {
        let both = [semi, semi + 1].iter().all(|s| self.word(*s) == b";");
        both && semi > 0 && self.mark(semi - 1) == Mark::Close(b'}')
    }

    /// `var (` and `const (`.
    fn is_value_group(&self, open: usize) -> bool {
        self.mark(open) == Mark::Open(b'(') && open > 0 && matches!(self.word(open - 1), b"var" | b"const")
    }

    fn is_semi_or_open(&self, close: usize) -> bool {
        close > 0 && matches!(self.mark(close - 1), Mark::Semi | Mark::Open(_))
    }

    fn is_call_with_type(&self, name: usize) -> bool {
        let selected = name > 0 && self.mark(name - 1) == Mark::Dot;
        if selected || self.mark(name + 1) != Mark::Open(b'(') {
            return false;
        }
        let end = self.past_type(name + 2, 0);
        end.is_some_and(|end| matches!(self.mark(end), Mark::Comma | Mark::Close(_))) && !self.spreads(name + 1)
    }

    /// Whether `...` follows an argument.
    fn spreads(&self, open: usize) -> bool {
        let Some(close) = self.matching(open) else { return false };
        let before = if self.mark(close - 1) == Mark::Comma { close - 1 } else { close };
        before >= 3 && (1..=3).all(|back| self.mark(before - back) == Mark::Dot)
    }

    /// The index behind a type that begins here, by its tokens alone.
    fn past_type(&self, index: usize, depth: u32) -> Option<usize> {
        let depth = (depth < 200).then_some(depth + 1)?;
        match self.mark(index) {
            Mark::Star => self.past_type(index + 1, depth),
            Mark::Name => self.past_named_type(index, depth),
            Mark::Open(b'[') => self.past_type(self.matching(index)? + 1, depth),
            Mark::Open(b'(') => {
                let end = self.past_type(index + 1, depth)?;
                (self.mark(end) == Mark::Close(b')')).then_some(end + 1)
            }
            _ => match self.word(index) {
                b"<-" => self.past_type(index + 1, depth),
                b"chan" if self.word(index + 1) == b"<-" => self.past_type(index + 2, depth),
                b"chan" => self.past_type(index + 1, depth),
                b"map" => self.past_type(self.matching(index + 1)? + 1, depth),
                b"struct" | b"interface" => Some(self.matching(index + 1)? + 1),
                b"func" => self.past_func_type(index, depth),
                _ => None,
            },
        }
    }

    fn past_named_type(&self, index: usize, depth: u32) -> Option<usize> {
        let mut next = index + 1;
        if self.mark(next) == Mark::Dot && self.mark(next + 1) == Mark::Name {
            next += 2;
        }
        if self.mark(next) != Mark::Open(b'[') {
            return Some(next);
        }
        // `a[T, U]` is a type where all inside are types; `a[1]` is an element.
        loop {
            next = self.past_type(next + 1, depth)?;
            match self.mark(next) {
                Mark::Comma if self.mark(next + 1) == Mark::Close(b']') => return Some(next + 2),
                Mark::Comma => {}
                Mark::Close(b']') => return Some(next + 1),
                _ => return None,
            }
        }
    }

    fn past_func_type(&self, index: usize, depth: u32) -> Option<usize> {
        let behind = self.matching(index + 1)? + 1;
        match self.mark(behind) {
            Mark::Open(b'(') => Some(self.matching(behind)? + 1),
            _ => Some(self.past_type(behind, depth).unwrap_or(behind)),
        }
    }

    /// The index of the bracket that closes the one here.
    fn matching(&self, open: usize) -> Option<usize> {
        self.pair(open).filter(|_| matches!(self.mark(open), Mark::Open(_)))
    }

    fn blank_method_type_parameters(&mut self) {
        let Some(name) = self.matching(1).map(|close| close + 1) else { return };
        if self.mark(name + 1) == Mark::Open(b'[')
            && let Some(close) = self.matching(name + 1)
        {
            let (from, to) = (self.tokens[name + 1].start - self.start, self.tokens[close].end - self.start);
            self.out[from..to].fill(b' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outline::outline;
    use super::*;

    fn spelt(text: &str) -> String {
        let file = format!("package p\n{text}\n");
        let out = outline(file.as_bytes(), |_| 0);
        let normal = normal(file.as_bytes(), &out.decls[0]).expect("tokens");
        let last = normal.text.len() - 1;
        for (offset, byte) in normal.text[..last].iter().enumerate().filter(|(o, _)| !normal.added.contains(o)) {
            let there = file.as_bytes()[normal.place(offset)];
            assert!([b' ', b';', b'E', there].contains(byte), "{offset}: {byte} stands for {there}");
        }
        assert_eq!(normal.text[last], b';');
        String::from_utf8(normal.text[..last].to_vec()).expect("text")
    }

    #[test]
    fn line_ends_become_semicolons_and_comments_blanks() {
        let table = [
            ("func f() {\n\tx()\n}", "func f() { \tx();}"),
            ("func f() { // c\n\tx() /* a\nb */ y()\n}", "func f() {       x()     ;     y();}"),
            ("var x = a +\n\tb", "var x = a +  b"),
            ("var (a int)", "var (a int;)"),
            ("const (\na = 1\n)", "const ( a = 1;)"),
            ("func f() { const (a = 1; b = 2); var () }", "func f() { const (a = 1; b = 2;); var () }"),
        ];
        for (text, expected) in table {
            assert_eq!(spelt(text), expected.replace('\t', " "), "{text:?}");
        }
    }

    #[test]
    fn only_calls_with_a_type_keep_new_and_make() {
        let table = [
            ("var x = new(T)", "var x = new(T)"),
            ("var x = new(p.T)", "var x = new(p.T)"),
            ("var x = new(G[int, p.T])", "var x = new(G[int, p.T])"),
            ("var x = new(tls.Config{A: 1})", "var x = nEw(tls.Config{A: 1})"),
            ("var x = new(42)", "var x = nEw(42)"),
            ("var x = new(f())", "var x = nEw(f())"),
            ("var x = new(a[1])", "var x = nEw(a[1])"),
            ("var x = new([]int{1})", "var x = nEw([]int{1})"),
            ("var x = new([]int)", "var x = new([]int)"),
            ("var x = new(func(int) error)", "var x = new(func(int) error)"),
            ("var x = new(func() int { return 1 }())", "var x = nEw(func() int { return 1 }())"),
            ("var x = make(map[string]chan<- int, 3)", "var x = make(map[string]chan<- int, 3)"),
            ("var x = make(<-chan struct{})", "var x = make(<-chan struct{})"),
            ("var x = new(-1)", "var x = nEw(-1)"),
            ("var x = s.new(T)", "var x = s.nEw(T)"),
            ("func new(make int) {}", "func nEw(mEke int) {}"),
            ("var x = new(a...)", "var x = nEw(a...)"),
        ];
        for (text, expected) in table {
            assert_eq!(spelt(text), expected, "{text:?}");
        }
    }

    #[test]
    fn type_parameters_of_methods_are_blanked() {
        assert_eq!(spelt("func (a *A[K]) M[T any](x T) T {}"), "func (a *A[K]) M       (x T) T {}");
        assert_eq!(spelt("func M[T any](x T) {}"), "func M[T any](x T) {}");
    }
}
