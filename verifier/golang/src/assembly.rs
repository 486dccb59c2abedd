//! The functions that a Go assembly file defines (cmd/asm/internal/lex and asm/parse.go, Go 1.26).
//!
//! Both branches of a condition are read: which one is assembled hangs on the build.

mod lexer;

use lexer::{Token, tokens};
use std::collections::BTreeMap;

/// What an assembly file defines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assembly {
    pub texts: Vec<Text>,
    /// File names that `#line` gives to positions.
    pub line_directives: Vec<String>,
    /// Lines on which something may be defined whose name was not found.
    pub open: Vec<u32>,
}

/// One `TEXT`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text {
    /// As written, with the dot and the slash that the assembler makes of `·` and `∕`; it begins with a dot for the file's own package.
    pub name: String,
    /// The included file that it stands in; `None` for the file itself.
    pub file: Option<String>,
    /// 1-based; of a macro, where it is called.
    pub line: u32,
}

/// So many tokens come out of macros, and so deep are they and the files that include one another.
const MOST: usize = 1 << 20;
const DEEPEST: usize = 100;

/// Reads a file; `included` gives the text of what it includes, where that was delivered.
pub fn read(source: &[u8], included: &mut dyn FnMut(&str) -> Option<Vec<u8>>) -> Assembly {
    let mut reader = Reader { found: Assembly::default(), macros: BTreeMap::new(), room: MOST, included };
    reader.file(source, None, 0);
    reader.found.texts.sort();
    reader.found.texts.dedup();
    reader.found.open.dedup();
    reader.found
}

struct Reader<'i> {
    found: Assembly,
    /// Several definitions of one name stand in different branches.
    macros: BTreeMap<String, Vec<Macro>>,
    room: usize,
    included: &'i mut dyn FnMut(&str) -> Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Eq)]
struct Macro {
    parameters: Option<Vec<String>>,
    body: Vec<Token>,
}

/// A statement is told by its first two operands' tokens at most; no honest name needs more.
const LONGEST_STATEMENT: usize = 64;

/// What has been seen of a statement.
#[derive(Default)]
struct Statement {
    line: u32,
    tokens: Vec<String>,
    /// Whether a macro with several definitions gave some of it.
    ambiguous: bool,
}

impl Reader<'_> {
    fn file(&mut self, source: &[u8], name: Option<&str>, depth: usize) {
        let tokens = tokens(source);
        let mut statement = Statement::default();
        let (mut at, mut first_on_line) = (0, true);
        while let Some(token) = tokens.get(at) {
            if first_on_line && token.text == "#" {
                let end = at + line_length(&tokens[at..]);
                self.directive(&tokens[at + 1..end], depth);
                at = end;
                continue;
            }
            first_on_line = token.text == "\n";
            at = self.token(&tokens, at, token.line, &mut statement, name, 0, false);
        }
        self.end(&mut statement, name);
    }

    /// `#define`, `#include`, `#line`, `#undef`; conditions are passed over.
    fn directive(&mut self, tokens: &[Token], depth: usize) {
        let text = |n: usize| tokens.get(n).map(|token| token.text.as_str());
        match (text(0), text(1)) {
            (Some("define"), Some(name)) => self.define(name, &tokens[2..]),
            (Some("include"), Some(name)) if depth < DEEPEST => {
                let name = name.trim_matches('"').to_owned();
                if let Some(text) = (self.included)(&name).filter(|text| self.takes(text.len())) {
                    self.file(&text, Some(&name), depth + 1);
                }
            }
            (Some("line"), _) => {
                self.found.line_directives.extend(text(2).map(|name| name.trim_matches('"').to_owned()));
            }
            _ => {}
        }
    }

    /// Whether there is room for more.
    fn takes(&mut self, more: usize) -> bool {
        let left = self.room.checked_sub(more);
        self.room = left.unwrap_or(0);
        left.is_some()
    }

    fn define(&mut self, name: &str, rest: &[Token]) {
        let (parameters, body) = match rest.split_first() {
            Some((open, after)) if open.text == "(" && open.joined => {
                let end = after.iter().position(|token| token.text == ")").unwrap_or(after.len());
                let names = after[..end].iter().filter(|token| token.text != ",").map(|token| token.text.clone());
                (Some(names.collect()), after.get(end + 1..).unwrap_or_default())
            }
            _ => (None, rest),
        };
        let body = body.iter().filter(|token| token.text != "\\").cloned().collect();
        let definition = Macro { parameters, body };
        let all = self.macros.entry(name.to_owned()).or_default();
        if !all.contains(&definition) {
            all.push(definition);
        }
    }

    /// Takes one token, or a call of a macro, and gives where the next one is.
    #[allow(clippy::too_many_arguments)]
    fn token(
        &mut self,
        tokens: &[Token],
        at: usize,
        line: u32,
        statement: &mut Statement,
        file: Option<&str>,
        depth: usize,
        ambiguous: bool,
    ) -> usize {
        let token = &tokens[at];
        let Some(definitions) = self.macros.get(&token.text).filter(|_| depth < DEEPEST) else {
            self.plain(&token.text, line, statement, file, ambiguous);
            return at + 1;
        };
        if self.room == 0 {
            self.found.open.push(line);
            return at + 1;
        }
        let ambiguous = ambiguous || definitions.len() > 1;
        let Some(definition) = definitions.last().cloned() else { return at + 1 };
        let (body, next) = match &definition.parameters {
            None => (definition.body.clone(), at + 1),
            Some(names) => match self.arguments(tokens, at + 1) {
                Some((given, next)) => {
                    let given = Given { names, arguments: &given };
                    if !self.takes(given.length(&definition.body)) {
                        self.found.open.push(line);
                        return next;
                    }
                    (given.substituted(&definition.body), next)
                }
                // Without arguments it is no call.
                None => {
                    self.plain(&token.text, line, statement, file, ambiguous);
                    return at + 1;
                }
            },
        };
        if !self.takes(body.len()) {
            self.found.open.push(line);
            return next;
        }
        let mut inner = 0;
        while inner < body.len() {
            inner = self.token(&body, inner, line, statement, file, depth + 1, ambiguous);
        }
        next
    }

    /// What stands between the brackets, parted at commas, and where the next token is.
    fn arguments(&mut self, tokens: &[Token], at: usize) -> Option<(Vec<Vec<Token>>, usize)> {
        tokens.get(at).filter(|token| token.text == "(")?;
        let (mut nesting, mut given) = (0_usize, vec![vec![]]);
        for (n, token) in tokens.iter().enumerate().skip(at + 1) {
            match token.text.as_str() {
                _ if !self.takes(1) => return None,
                "\n" => return None,
                ")" if nesting == 0 => return Some((given, n + 1)),
                "," if nesting == 0 => {
                    given.push(vec![]);
                    continue;
                }
                "(" => nesting += 1,
                ")" => nesting -= 1,
                _ => {}
            }
            if let Some(last) = given.last_mut() {
                last.push(token.clone());
            }
        }
        None
    }

    fn plain(&mut self, text: &str, line: u32, statement: &mut Statement, file: Option<&str>, ambiguous: bool) {
        match text {
            "\n" | ";" => self.end(statement, file),
            // A label.
            ":" if statement.tokens.len() == 1 => *statement = Statement::default(),
            _ => {
                if statement.tokens.is_empty() {
                    statement.line = line;
                }
                if statement.tokens.len() < LONGEST_STATEMENT {
                    statement.tokens.push(text.to_owned());
                    statement.ambiguous |= ambiguous && !statement.tokens.iter().any(|token| token == ",");
                }
            }
        }
    }

    fn end(&mut self, statement: &mut Statement, file: Option<&str>) {
        let Statement { line, tokens, ambiguous } = std::mem::take(statement);
        if tokens.first().is_none_or(|word| word != "TEXT") {
            return;
        }
        if ambiguous {
            self.found.open.push(line);
        }
        if let Some(name) = tokens.get(1) {
            let name = name.replace('·', ".").replace('∕', "/");
            self.found.texts.push(Text { name, file: file.map(str::to_owned), line });
        }
    }
}

/// The tokens of a directive, with those of lines that a backslash joins to it.
fn line_length(tokens: &[Token]) -> usize {
    let mut escaped = false;
    for (n, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "\n" if !escaped => return n,
            text => escaped = text == "\\",
        }
    }
    tokens.len()
}

/// What a call gives for a macro's parameters.
struct Given<'g> {
    names: &'g [String],
    arguments: &'g [Vec<Token>],
}

impl<'g> Given<'g> {
    fn of(&self, token: &Token) -> Option<&'g Vec<Token>> {
        self.names.iter().position(|name| *name == token.text).and_then(|n| self.arguments.get(n))
    }

    /// How long the body becomes.
    fn length(&self, body: &[Token]) -> usize {
        body.iter().map(|token| self.of(token).map_or(1, Vec::len)).sum()
    }

    fn substituted(&self, body: &[Token]) -> Vec<Token> {
        let mut out = Vec::new();
        for token in body {
            match self.of(token) {
                Some(tokens) => out.extend(tokens.iter().cloned()),
                None => out.push(token.clone()),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<String> {
        let header =
            "#define FN(name, n) \\\n\tTEXT name(SB), NOSPLIT, $0 \\\n\tMOVQ $n, AX\n\nTEXT static<>(SB), 4, $0\n";
        let found = read(source.as_bytes(), &mut |name| (name == "fn.h").then(|| header.into()));
        let text = |text: &Text| match &text.file {
            Some(file) => format!("{} {file}:{}", text.name, text.line),
            None => format!("{} {}", text.name, text.line),
        };
        let mut all: Vec<String> = found.texts.iter().map(text).collect();
        all.extend(found.line_directives.iter().map(|name| format!("#line {name}")));
        all.extend(found.open.iter().map(|line| format!("open {line}")));
        all
    }

    #[test]
    fn calls_of_macros_end() {
        for source in [format!("#define F(a) F(a\n{}", "F(".repeat(200_000)), "#define F F F F\nF\n".repeat(9_000)] {
            assert!(!read(source.as_bytes(), &mut |_| None).open.is_empty());
        }
    }

    #[test]
    fn functions_are_found_as_the_assembler_defines_them() {
        for (source, expected) in [
            ("TEXT ·add(SB), NOSPLIT, $0-24\n\tRET\n", &[".add 1"][..]),
            ("\n\tTEXT\t·add(SB),$0\n", &[".add 2"]),
            ("TEXT example·com∕app·add<ABIInternal>(SB), 4, $0", &["example.com/app.add 1"]),
            ("TEXT body<>(SB), 4, $0\r\n\tRET\r\n", &["body 1"]),
            ("\u{feff}TEXT ·add(SB), $0\n", &[".add 1"]),
            ("/* TEXT ·no(SB)\n*/ // TEXT ·no(SB)\nTEXT ·yes(SB), $0", &[".yes 3"]),
            ("//TEXT ·no(SB), $0\nDATA x<>+0(SB)/8, $\"\\nTEXT ·no(SB)\"\nCALL ·no(SB)\n", &[]),
            ("CMPQ AX, $';'; TEXT ·yes(SB), $0", &[".yes 1"]),
            ("loop: TEXT ·yes(SB), $0", &[".yes 1"]),
            ("#ifdef GOAMD64_v3\nTEXT ·a(SB), $0\n#else\nTEXT ·b(SB), $0\n#endif\n", &[".a 2", ".b 4"]),
            ("#define NAME ·a\nTEXT NAME(SB), $0", &[".a 2"]),
            ("#include \"fn.h\"\n\nFN(·one, 1); FN(·two, 2)\n", &[".one 3", ".two 3", "static fn.h:5"]),
            ("#include \"gone.h\"\nFN(·one, 1)\n", &[]),
            ("#define SP2 (SP)\n#define F(a) a\nTEXT F(·a)(SB), $0\nMOVQ F, AX\n", &[".a 3"]),
            ("#ifdef X\n#define N ·a\n#else\n#define N ·b\n#endif\nTEXT N(SB), $0\n", &[".b 6", "open 6"]),
            ("#ifdef X\n#define S $0\n#else\n#define S $8\n#endif\nTEXT ·a(SB), NOSPLIT, S\n", &[".a 6"]),
            ("#line 7 \"gen.x\"\nTEXT ·a(SB), $0\n", &[".a 2", "#line gen.x"]),
            ("#define A B B\n#define B A A\nA\nTEXT ·a(SB), $0", &[".a 4", "open 3"]),
            ("TEXT", &[]),
            ("#define", &[]),
            ("#define F(\nF(\n", &[]),
        ] {
            assert_eq!(found(source), expected, "{source}");
        }
    }
}
