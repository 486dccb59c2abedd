//! Reads shell text byte by byte: words, lists, groups, functions, what stands in place of words.

use super::redirections::{Goes, Heredoc};
use super::shell::{Command, ELEMENT, Joined, LITERAL, Node, QUOTED, Script, give, listed, printed};
use std::rc::Rc;

/// A person does not write longer or deeper scripts.
const MOST: u32 = 20_000;
const DEEPEST: u32 = 60;

/// Whether a byte is itself in a shell, within quotes and without.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b':' | b',' | b'%' | b'@' | b'+' | b'=')
}

#[derive(Default)]
pub(super) struct Reader<'t> {
    pub text: &'t [u8],
    pub at: usize,
    pub line: u32,
    pub word: Option<String>,
    pub command: Command,
    /// Commands in place of words of the command that is being read.
    pub inner: Vec<Node>,
    /// Depth of `if`, loops and `case`.
    conditions: u32,
    /// Depth of `case`, where a `)` ends a pattern.
    cases: u32,
    list: u32,
    joined: Option<Joined>,
    pub heredocs: Vec<Heredoc>,
    /// How many round brackets are open around commands.
    pub brackets: u32,
    /// The next word is the file of a redirection.
    pub redirected: Option<Goes>,
    /// Where the groups and loops begin that are open, among the nodes of this level, and the one that was just closed.
    open: Vec<usize>,
    closed: Option<usize>,
    /// How many nodes this level has.
    length: usize,
    /// Outside of quotes the word has a brace.
    braced: bool,
    /// The group that ended last: a here-document may be its.
    pub ended: Option<usize>,
    /// The next word is the input itself (`<<<`).
    given: bool,
    /// What is printed into the next command.
    piped: Option<String>,
    count: u32,
    cut: bool,
}

impl<'t> Reader<'t> {
    /// At the beginning of a text, whose first line is this one.
    pub fn new(text: &'t str, line: u32) -> Reader<'t> {
        Reader { text: text.as_bytes(), line, ..Reader::default() }
    }

    pub fn read(script: &str) -> Script {
        let mut reader = Reader::new(script, 0);
        let nodes = reader.nodes(None, 0);
        Script { nodes: Rc::new(nodes), cut: reader.cut }
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    pub(super) fn word_begun(&mut self) -> &mut String {
        const USUAL: usize = 24;
        self.word.get_or_insert_with(|| String::with_capacity(USUAL))
    }

    pub(super) fn push(&mut self, c: char) {
        self.word_begun().push(c);
    }

    /// A byte that was just passed, with those behind it that mean themselves wherever they stand; bytes up to the next ASCII one are
    /// taken over as text.
    pub(super) fn push_byte(&mut self, byte: u8) {
        let from = self.at - 1;
        let goes_on = if byte.is_ascii() { is_plain } else { |byte: u8| !byte.is_ascii() };
        if goes_on(byte) {
            let rest = self.text.get(self.at..).unwrap_or_default();
            self.at += rest.iter().position(|byte| !goes_on(*byte)).unwrap_or(rest.len());
        }
        let text: &'t [u8] = self.text;
        // Behind the end there is but the byte.
        let text = text.get(from..self.at).unwrap_or(std::slice::from_ref(&byte));
        match std::str::from_utf8(text) {
            Ok(text) => self.word_begun().push_str(text),
            Err(_) => self.word_begun().push_str(&String::from_utf8_lossy(text)),
        }
    }

    pub(super) fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        let braced = std::mem::take(&mut self.braced) && !self.command.words.is_empty() && self.redirected.is_none();
        if let Some(all) = braced.then(|| listed(&word)).flatten() {
            self.command.words.extend(all);
            return;
        }
        if std::mem::take(&mut self.given) {
            self.command.document = Some(word);
            return;
        }
        match self.redirected.take() {
            Some(Goes::In) => return self.command.from = Some(word),
            Some(Goes::Out) => return self.command.into = Some(word),
            Some(Goes::Away) => return,
            None => {}
        }
        if self.command.words.is_empty() {
            self.command.line = self.line;
            match word.as_str() {
                "if" | "while" | "until" | "for" | "select" => {
                    self.conditions += 1;
                    self.open.push(self.length);
                }
                "case" => {
                    (self.conditions, self.cases) = (self.conditions + 1, self.cases + 1);
                    self.open.push(self.length);
                }
                "esac" => {
                    (self.conditions, self.cases) = (self.conditions.saturating_sub(1), self.cases.saturating_sub(1))
                }
                "fi" | "done" => self.conditions = self.conditions.saturating_sub(1),
                _ => {}
            }
            if matches!(word.as_str(), "fi" | "done" | "esac") {
                self.closed = self.open.pop();
            }
            // What stands before a command and is none.
            if matches!(
                word.as_str(),
                "if" | "while" | "until" | "then" | "do" | "else" | "elif" | "!" | "fi" | "done" | "esac"
            ) {
                return;
            }
        }
        self.command.words.push(word);
    }

    fn end_command(&mut self, nodes: &mut Vec<Node>) {
        self.end_word();
        (self.redirected, self.given) = (None, false);
        nodes.append(&mut self.inner);
        let mut command = std::mem::take(&mut self.command);
        let closed = self.closed.take();
        if command.words.is_empty() {
            if let Some(from) = closed {
                nodes.iter_mut().skip(from).for_each(|node| give(node, &command));
            }
            self.ended = closed;
            // A redirection alone, or that of a group, empties its file at least.
            if command.into.as_ref().is_some_and(|into| !into.starts_with("/dev/")) {
                command.words.push(":".to_owned());
                command.line = self.line;
            }
        }
        if !command.words.is_empty() {
            if let Some(text) = self.piped.take() {
                command.document.get_or_insert(text);
            }
            self.count += 1;
            self.cut |= self.count > MOST;
            (command.conditional, command.joined, command.list) = (self.conditions > 0, self.joined, self.list);
            if command.words[0] != ":" {
                self.ended = None;
            }
            command.words.shrink_to_fit();
            for heredoc in self.heredocs.iter_mut().filter(|heredoc| heredoc.of.is_none()) {
                heredoc.of = Some(nodes.len());
            }
            nodes.push(Node::Command(command));
        }
    }

    fn end_list(&mut self) {
        self.joined = None;
        self.list += 1;
    }

    /// Commands up to a closing bracket.
    fn nodes(&mut self, close: Option<u8>, depth: u32) -> Vec<Node> {
        let mut nodes = Vec::new();
        if depth > DEEPEST {
            self.cut = true;
        }
        while !self.cut
            && let Some(byte) = self.peek(0)
        {
            self.at += 1;
            self.length = nodes.len();
            match byte {
                b')' if close == Some(b')') && self.cases == 0 => break,
                b'`' if close == Some(b'`') => break,
                b'}' if close == Some(b'}') && self.word.is_none() && self.command.words.is_empty() => break,
                b'\\' => self.escape(),
                b'\'' => self.single(),
                b'"' => self.double(depth),
                b'$' => self.dollar(false, depth),
                b'`' => self.substitute(b'`', depth, false),
                b'#' if self.word.is_none() => self.comment(),
                b'\n' => {
                    self.end_command(&mut nodes);
                    self.end_list();
                    self.newline(&mut nodes);
                }
                b' ' | b'\t' | b'\r' => self.end_word(),
                b'(' if self.begins_arithmetic() => {
                    self.at -= 1;
                    self.arithmetic();
                    self.word = None;
                }
                b'(' => self.bracket(&mut nodes, depth),
                b')' => {
                    // A pattern of `case`; a stray one ends a command.
                    if self.cases > 0 {
                        (self.word, self.command) = (None, Command::default());
                    }
                    self.end_command(&mut nodes);
                }
                b'{' if self.word.is_none() && self.command.words.len() == 2 && self.command.words[0] == "function" => {
                    let name = std::mem::take(&mut self.command).words.pop().unwrap_or_default();
                    let body = self.apart(b'}', depth);
                    nodes.push(Node::Function { name, body: Rc::new(body) });
                }
                b'{' if self.word.is_none()
                    && self.command.words.is_empty()
                    && self.peek(0).is_some_and(|b| b.is_ascii_whitespace()) =>
                {
                    self.open.push(nodes.len());
                }
                b'}' if self.word.is_none() && self.command.words.is_empty() => self.closed = self.open.pop(),
                b';' => {
                    self.end_command(&mut nodes);
                    self.end_list();
                }
                b'&' if self.peek(0) == Some(b'&') => self.join(&mut nodes, Joined::And),
                b'|' if self.peek(0) == Some(b'|') => self.join(&mut nodes, Joined::Or),
                // `&>file`; `>&2` is taken whole.
                b'&' if self.peek(0) == Some(b'>') => self.end_word(),
                b'|' => {
                    self.end_command(&mut nodes);
                    self.heredocs.iter_mut().for_each(|heredoc| heredoc.piped |= heredoc.of.is_some());
                    self.piped = nodes.last().and_then(printed);
                }
                b'&' => self.end_command(&mut nodes),
                b'<' if self.peek(0) == Some(b'<') && self.peek(1) == Some(b'<') => {
                    self.end_word();
                    self.at += 2;
                    self.given = true;
                }
                b'<' if self.peek(0) == Some(b'<') && self.peek(1) != Some(b'<') => self.heredoc(),
                b'<' | b'>' if self.peek(0) == Some(b'(') && self.word.is_none() => {
                    self.at += 1;
                    self.substitute_as('<', b')', depth);
                }
                b'<' | b'>' => self.redirection(byte),
                b'{' => {
                    self.braced = true;
                    self.push('{');
                }
                other => self.push_byte(other),
            }
        }
        self.end_command(&mut nodes);
        // Scripts stay as long as others may run them.
        nodes.shrink_to_fit();
        nodes
    }

    fn join(&mut self, nodes: &mut Vec<Node>, how: Joined) {
        self.at += 1;
        self.end_command(nodes);
        self.joined = Some(how);
    }

    /// A subshell, a function, or a list of words that a variable takes.
    fn bracket(&mut self, nodes: &mut Vec<Node>, depth: u32) {
        let array = self.word.as_ref().is_some_and(|w| w.ends_with('='));
        if array {
            return self.array(depth);
        }
        if self.peek(0) == Some(b')') {
            // `name()`, `name ()`, `function name ()`.
            let name = match (self.word.take(), self.command.words.as_slice()) {
                (Some(name), _) => Some(name),
                (None, [name]) => Some(name.clone()),
                (None, [function, name]) if function == "function" => Some(name.clone()),
                (None, _) => None,
            };
            if let Some(name) = name {
                self.at += 1;
                self.command = Command::default();
                return self.function(name, nodes, depth);
            }
        }
        self.end_command(nodes);
        let body = self.apart(b')', depth);
        self.closed = Some(nodes.len());
        self.heredocs.iter_mut().filter(|heredoc| heredoc.of.is_none()).for_each(|one| one.of = self.closed);
        nodes.push(Node::Subshell(body));
    }

    fn function(&mut self, name: String, nodes: &mut Vec<Node>, depth: u32) {
        while self.peek(0).is_some_and(|b| b.is_ascii_whitespace()) {
            self.line += u32::from(self.peek(0) == Some(b'\n'));
            self.at += 1;
        }
        let close = match self.peek(0) {
            Some(b'{') => b'}',
            Some(b'(') => b')',
            _ => return,
        };
        self.at += 1;
        let body = self.apart(close, depth);
        nodes.push(Node::Function { name, body: Rc::new(body) });
    }

    /// Commands inside of brackets, read apart from the command around them.
    fn apart(&mut self, close: u8, depth: u32) -> Vec<Node> {
        let command = std::mem::take(&mut self.command);
        let (word, inner) = (self.word.take(), std::mem::take(&mut self.inner));
        let (cases, joined) = (std::mem::take(&mut self.cases), self.joined.take());
        let (redirected, open) = (self.redirected.take(), std::mem::take(&mut self.open));
        let (closed, ended) = (self.closed.take(), self.ended.take());
        let heredocs = std::mem::take(&mut self.heredocs);
        self.brackets += u32::from(close == b')');
        let nodes = self.nodes(Some(close), depth + 1);
        self.brackets -= u32::from(close == b')');
        // One that is left begins behind the bracket.
        let left = std::mem::replace(&mut self.heredocs, heredocs);
        self.heredocs.extend(left.into_iter().map(Heredoc::of_group));
        (self.open, self.closed, self.ended) = (open, closed, ended);
        (self.command, self.word, self.inner, self.cases, self.joined) = (command, word, inner, cases, joined);
        self.redirected = redirected;
        nodes
    }

    /// `NAME=(a b)`: the words as one text, split again where it is used.
    fn array(&mut self, depth: u32) {
        let from = self.at;
        let command = std::mem::take(&mut self.command);
        let word = self.word.take();
        let nodes = self.nodes(Some(b')'), depth + 1);
        let words: Vec<String> =
            nodes.iter().flat_map(|n| if let Node::Command(c) = n { c.words.clone() } else { vec![] }).collect();
        // `[key]=value`
        let bare = |word: String| match word.strip_prefix('[').and_then(|rest| rest.split_once("]=")) {
            Some((_, value)) => value.to_owned(),
            None => word,
        };
        let words: Vec<String> = words.into_iter().map(bare).collect();
        (self.command, self.word) = (command, word);
        debug_assert!(self.at >= from);
        let held = self.word.get_or_insert_default();
        for word in words {
            held.push(ELEMENT);
            held.push_str(&word);
        }
    }

    pub(super) fn dollar(&mut self, quoted: bool, depth: u32) {
        let mark = if quoted { QUOTED } else { '$' };
        match (self.peek(0), self.peek(1)) {
            (Some(b'('), Some(b'(')) => {
                self.push(mark);
                self.arithmetic();
            }
            (Some(b'('), _) => {
                self.at += 1;
                self.substitute(b')', depth, quoted);
            }
            (Some(b'{'), _) => self.braces(mark),
            // `$'…'` with escapes, and `$"…"`, a text to be translated.
            (Some(b'\''), _) if !quoted => {
                self.at += 1;
                self.escaped();
            }
            (Some(b'"'), _) if !quoted => {
                self.at += 1;
                self.double(depth);
            }
            _ => self.push(mark),
        }
    }

    /// `((…))` as a command or behind `for`: two brackets that close side by side. Otherwise they are two subshells, as the shell takes them.
    fn begins_arithmetic(&self) -> bool {
        let may = self.word.is_none() && self.command.words.iter().all(|word| word == "for");
        if !may || self.peek(0) != Some(b'(') {
            return false;
        }
        let mut open = 0;
        for (at, byte) in self.text.iter().enumerate().skip(self.at) {
            open += i32::from(*byte == b'(') - i32::from(*byte == b')');
            if open == 0 {
                return self.text.get(at + 1) == Some(&b')');
            }
        }
        false
    }

    fn arithmetic(&mut self) {
        let mut open = 0;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            self.line += u32::from(byte == b'\n');
            self.push_byte(byte);
            match byte {
                b'(' => open += 1,
                b')' if open == 1 => return,
                b')' => open -= 1,
                _ => {}
            }
        }
    }

    /// `${…}` as it is written.
    fn braces(&mut self, mark: char) {
        self.push(mark);
        let mut open = 0;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            self.line += u32::from(byte == b'\n');
            // Quotes inside would only be in the way.
            if !matches!(byte, b'"' | b'\'') {
                self.push_byte(byte);
            }
            match byte {
                b'{' => open += 1,
                b'}' if open == 1 => return,
                b'}' => open -= 1,
                _ => {}
            }
        }
    }

    /// A command in place of a word: its text stays, and it is a command of its own.
    pub(super) fn substitute(&mut self, close: u8, depth: u32, quoted: bool) {
        self.substitute_as(if quoted { QUOTED } else { '$' }, close, depth);
    }

    fn substitute_as(&mut self, mark: char, close: u8, depth: u32) {
        let from = self.at;
        let nodes = self.apart(close, depth);
        let text =
            String::from_utf8_lossy(self.text.get(from..self.at.saturating_sub(1)).unwrap_or_default()).into_owned();
        self.push(mark);
        self.word.get_or_insert_default().push_str(&format!("({text})"));
        self.inner.push(Node::Subshell(nodes));
    }

    pub(super) fn escape(&mut self) {
        match self.peek(0) {
            Some(b'\n') => {
                self.at += 1;
                self.line += 1;
            }
            Some(b'\r') if self.peek(1) == Some(b'\n') => {
                self.at += 2;
                self.line += 1;
            }
            Some(b'$') => {
                self.at += 1;
                self.push(LITERAL);
            }
            Some(byte) => {
                self.at += 1;
                self.push_byte(byte);
            }
            None => {}
        }
    }

    fn comment(&mut self) {
        while self.peek(0).is_some_and(|b| b != b'\n') {
            self.at += 1;
        }
    }
}
