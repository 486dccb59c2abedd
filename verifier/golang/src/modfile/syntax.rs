//! Lines and blocks of lines, with the comments that belong to them (modfile/read.go).

use super::lex::{Kind, Lexer, Place, Token};
use super::{Mistake, Parsed};

#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Quoted ones with their quotes.
    pub words: Vec<String>,
    /// Whole-line comments right above, with their slashes; an empty one stands for a blank line.
    pub above: Vec<String>,
    /// The comment behind it.
    pub behind: Option<String>,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub(super) enum Statement {
    Line(Line),
    Block {
        /// What stands before the parenthesis.
        head: Vec<String>,
        above: Vec<String>,
        lines: Vec<Line>,
        place: Place,
    },
}

/// The statements up to the first mistake of syntax; a file has at most one of those.
pub(super) fn statements(bytes: &[u8]) -> Parsed<Vec<Statement>> {
    let mut parsed = Parsed { file: Vec::new(), mistakes: Vec::new() };
    let outcome = Parser::new(bytes).and_then(|mut parser| parser.file(&mut parsed.file));
    parsed.mistakes.extend(outcome.err());
    parsed
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token,
}

impl<'a> Parser<'a> {
    fn new(bytes: &'a [u8]) -> Result<Parser<'a>, Mistake> {
        let mut lexer = Lexer::new(bytes);
        let token = lexer.token()?;
        Ok(Parser { lexer, token })
    }

    fn next(&mut self) -> Result<Token, Mistake> {
        let following = self.lexer.token()?;
        Ok(std::mem::replace(&mut self.token, following))
    }

    fn file(&mut self, out: &mut Vec<Statement>) -> Result<(), Mistake> {
        let mut above = Vec::new();
        loop {
            match self.token.kind {
                Kind::End => return Ok(()),
                Kind::NewLine => {
                    self.next()?;
                    above.clear();
                }
                Kind::Comment => above.push(self.next()?.text),
                Kind::LineComment | Kind::Mark(_) | Kind::Word | Kind::Quoted => {
                    let statement = self.statement(std::mem::take(&mut above))?;
                    out.push(statement);
                }
            }
        }
    }

    fn statement(&mut self, above: Vec<String>) -> Result<Statement, Mistake> {
        let mut line = Line::begun(self.next()?, above);
        loop {
            let token = self.next()?;
            if token.kind.ends_line() {
                line.behind = comment(token);
                return Ok(Statement::Line(line));
            }
            if token.kind == Kind::Mark('(') {
                if self.token.kind.ends_line() {
                    return self.block(line, token.place);
                }
                if self.token.kind == Kind::Mark(')') {
                    let close = self.next()?;
                    if self.token.kind.ends_line() {
                        self.next()?;
                        let place = line.place.to(close.place);
                        return Ok(Statement::Block { head: line.words, above: line.above, lines: Vec::new(), place });
                    }
                    line.push(token);
                    line.push(close);
                    continue;
                }
            }
            line.push(token);
        }
    }

    fn block(&mut self, head: Line, open: Place) -> Result<Statement, Mistake> {
        let (mut lines, mut above) = (Vec::new(), Vec::new());
        loop {
            match self.token.kind {
                Kind::LineComment => {
                    self.next()?;
                }
                Kind::NewLine => {
                    self.next()?;
                    let blank = above.last().map_or(!lines.is_empty(), |last: &String| !last.is_empty());
                    above.extend(blank.then(String::new));
                }
                Kind::Comment => above.push(self.next()?.text),
                Kind::End => {
                    let start = head.place;
                    let message = format!("unterminated block started at line {}", start.line);
                    return Err(Mistake::new(self.token.place, &message));
                }
                Kind::Mark(')') => {
                    self.next()?;
                    if !self.token.kind.ends_line() {
                        return Err(Mistake::new(self.token.place, "expected newline after closing paren"));
                    }
                    self.next()?;
                    let place = head.place.to(open);
                    return Ok(Statement::Block { head: head.words, above: head.above, lines, place });
                }
                Kind::Mark(_) | Kind::Word | Kind::Quoted => lines.push(self.line(std::mem::take(&mut above))?),
            }
        }
    }

    fn line(&mut self, above: Vec<String>) -> Result<Line, Mistake> {
        let mut line = Line::begun(self.next()?, above);
        loop {
            let token = self.next()?;
            if token.kind.ends_line() {
                line.behind = comment(token);
                return Ok(line);
            }
            line.push(token);
        }
    }
}

fn comment(token: Token) -> Option<String> {
    (token.kind == Kind::LineComment).then_some(token.text)
}

impl Line {
    fn begun(first: Token, above: Vec<String>) -> Line {
        let place = first.place;
        Line { words: vec![first.text], above, behind: None, place }
    }

    fn push(&mut self, token: Token) {
        self.place = self.place.to(token.place);
        self.words.push(token.text);
    }
}

/// The text of a directive's comments: its own, or its block's where it has none (`parseDirectiveComment`).
pub(super) fn directive_comment(line: &Line, block: &[String]) -> String {
    let own = !line.above.is_empty() || line.behind.is_some();
    let above = if own { &line.above } else { block };
    let texts = above.iter().chain(line.behind.iter()).filter_map(|c| c.strip_prefix("//"));
    texts.map(str::trim).collect::<Vec<_>>().join("\n")
}
