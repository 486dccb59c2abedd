//! Shell text as simple commands: words with quotes removed, split at the operators; enough of POSIX (XCU 2) to see which program is called with what.

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// Line of its first word, from 0.
    pub line: u32,
    pub words: Vec<String>,
    /// Whether it begins inside of brackets or of a function, so that a `cd` in it ends with them.
    pub depth: u32,
}

/// Commands are not longer than this in a script that a person wrote.
const MOST: usize = 20_000;

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
    depth: u32,
    word: Option<Vec<u8>>,
    command: Command,
    all: Vec<Command>,
    heredocs: Vec<Vec<u8>>,
}

pub(super) fn commands(script: &str) -> Vec<Command> {
    let command = Command::default();
    let mut reader = Reader {
        text: script.as_bytes(),
        at: 0,
        line: 0,
        depth: 0,
        word: None,
        command,
        all: vec![],
        heredocs: vec![],
    };
    reader.whole();
    reader.all
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn push(&mut self, byte: u8) {
        self.word.get_or_insert_default().push(byte);
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take() {
            if self.command.words.is_empty() {
                self.command.line = self.line;
                self.command.depth = self.depth;
            }
            self.command.words.push(String::from_utf8_lossy(&word).into_owned());
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        let command = std::mem::take(&mut self.command);
        if !command.words.is_empty() {
            self.all.push(command);
        }
    }

    fn whole(&mut self) {
        while let Some(byte) = self.peek(0) {
            if self.all.len() >= MOST {
                break;
            }
            self.at += 1;
            match byte {
                b'\\' => self.escape(),
                b'\'' => self.single(),
                b'"' => self.double(),
                b'`' => self.end_command(),
                b'$' if self.peek(0) == Some(b'(') && self.peek(1) != Some(b'(') => {
                    // A command in place of a word: its text is unknown, and it is a command of its own.
                    self.push(b'$');
                }
                b'#' if self.word.is_none() => self.comment(),
                b'\n' => self.newline(),
                b' ' | b'\t' | b'\r' => self.end_word(),
                b'(' | b'{' if self.word.is_none() => {
                    self.end_command();
                    self.depth += 1;
                }
                b'(' => {
                    self.end_command();
                    self.depth += 1;
                }
                b')' => {
                    self.end_command();
                    self.depth = self.depth.saturating_sub(1);
                }
                b'}' if self.word.is_none() => {
                    self.end_command();
                    self.depth = self.depth.saturating_sub(1);
                }
                b';' | b'|' | b'&' => self.end_command(),
                b'<' if self.peek(0) == Some(b'<') && self.peek(1) != Some(b'<') => self.heredoc(),
                b'<' | b'>' => self.end_word(),
                other => self.push(other),
            }
        }
        self.end_command();
    }

    fn escape(&mut self) {
        match self.peek(0) {
            Some(b'\n') => {
                self.at += 1;
                self.line += 1;
            }
            Some(b'\r') if self.peek(1) == Some(b'\n') => {
                self.at += 2;
                self.line += 1;
            }
            Some(byte) => {
                self.at += 1;
                self.push(byte);
            }
            None => {}
        }
    }

    fn single(&mut self) {
        self.word.get_or_insert_default();
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\'' => return,
                b'\n' => {
                    self.line += 1;
                    self.push(byte);
                }
                other => self.push(other),
            }
        }
    }

    fn double(&mut self) {
        self.word.get_or_insert_default();
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'"' => return,
                b'\\' if matches!(self.peek(0), Some(b'"' | b'\\' | b'$' | b'`')) => {
                    let escaped = self.peek(0).unwrap_or(b'\\');
                    self.at += 1;
                    self.push(escaped);
                }
                b'\n' => {
                    self.line += 1;
                    self.push(byte);
                }
                other => self.push(other),
            }
        }
    }

    fn comment(&mut self) {
        while self.peek(0).is_some_and(|b| b != b'\n') {
            self.at += 1;
        }
    }

    fn newline(&mut self) {
        self.end_command();
        self.line += 1;
        for mark in std::mem::take(&mut self.heredocs) {
            self.skip_document(&mark);
        }
    }

    /// `<<EOF`: the lines up to the mark are input, not commands.
    fn heredoc(&mut self) {
        self.end_word();
        self.at += 1;
        if self.peek(0) == Some(b'-') {
            self.at += 1;
        }
        while self.peek(0) == Some(b' ') {
            self.at += 1;
        }
        let mut mark = Vec::new();
        while let Some(byte) = self.peek(0).filter(|b| !b.is_ascii_whitespace() && !b";|&)".contains(b)) {
            self.at += 1;
            if !b"'\"\\".contains(&byte) {
                mark.push(byte);
            }
        }
        if !mark.is_empty() {
            self.heredocs.push(mark);
        }
    }

    fn skip_document(&mut self, mark: &[u8]) {
        while self.at < self.text.len() {
            let end = memchr::memchr(b'\n', &self.text[self.at..]).map_or(self.text.len(), |n| self.at + n);
            let line = self.text[self.at..end].trim_ascii();
            self.at = (end + 1).min(self.text.len());
            self.line += 1;
            if line == mark {
                return;
            }
        }
    }
}
