//! Redirections and here-documents of a shell (POSIX, XCU 2.7).

use super::reader::Reader;
use super::shell::{Command, LITERAL, Node, give};

/// A here-document that begins with the next line.
pub(super) struct Heredoc {
    mark: Vec<u8>,
    /// `<<-`: tabs before its lines are none of them.
    tabs: bool,
    /// Nothing in it is put in.
    quoted: bool,
    /// The command that reads it, by its place among the nodes; `None` while that is being read.
    pub of: Option<usize>,
    /// That hands it on to the commands behind it.
    pub piped: bool,
}

impl Heredoc {
    pub fn of_group(self) -> Heredoc {
        Heredoc { of: None, ..self }
    }
}

/// What a redirection does with its file.
#[derive(Clone, Copy)]
pub(super) enum Goes {
    In,
    Out,
    /// Of another output, or none at all (`2>err`, `>&2`).
    Away,
}

impl Reader<'_> {
    /// A line ends, and here-documents begin.
    pub fn newline(&mut self, nodes: &mut Vec<Node>) {
        self.line += 1;
        for heredoc in std::mem::take(&mut self.heredocs) {
            let line = self.line;
            let document = self.document(&heredoc);
            let inner = if heredoc.quoted { vec![] } else { Reader::in_document(&document, line) };
            let document = if heredoc.quoted { document } else { unescaped(&document) };
            let given = Command { document: Some(document), ..Command::default() };
            let last = nodes.len().saturating_sub(1);
            if let Some(from) = self.ended.take() {
                nodes.iter_mut().skip(from).for_each(|node| give(node, &given));
            } else {
                let reader = heredoc.of.unwrap_or(last);
                // Of several the last is read.
                if let Some(Node::Command(command)) = nodes.get_mut(reader) {
                    command.document = None;
                }
                let readers = if heredoc.piped { vec![reader, last] } else { vec![reader] };
                for at in readers {
                    nodes.get_mut(at).into_iter().for_each(|node| give(node, &given));
                }
            }
            nodes.extend(inner);
        }
    }

    /// The commands that stand in a here-document whose mark is not quoted: the shell runs them to fill it.
    fn in_document(text: &str, line: u32) -> Vec<Node> {
        if !text.contains("$(") && !text.contains('`') {
            return vec![];
        }
        let mut reader = Reader::new(text, line);
        while let Some(byte) = reader.peek(0) {
            reader.at += 1;
            match byte {
                b'\\' => reader.at += 1,
                b'$' => reader.dollar(true, 0),
                b'`' => reader.substitute(b'`', 0, true),
                b'\n' => reader.line += 1,
                _ => {}
            }
        }
        reader.inner
    }

    /// `> file`, `2>> file`, `>&2`, `< file`.
    pub fn redirection(&mut self, first: u8) {
        let number = self.word.take_if(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit()));
        self.end_word();
        let (mut last, before) = (first, self.at);
        while let Some(byte) = self.peek(0).filter(|byte| b"<>&|".contains(byte)) {
            last = byte;
            self.at += 1;
        }
        let other = number.is_some_and(|number| !matches!(number.as_str(), "0" | "1"));
        let copies = last == b'&' && self.at > before && self.peek(0).is_some_and(|b| b.is_ascii_digit() || b == b'-');
        self.redirected = Some(match first {
            _ if other || copies => Goes::Away,
            b'<' => Goes::In,
            _ => Goes::Out,
        });
    }

    /// `<<EOF`, `<<-"E F"`: the lines up to the mark are input, not commands.
    pub fn heredoc(&mut self) {
        self.end_word();
        self.at += 1;
        let tabs = self.peek(0) == Some(b'-');
        self.at += usize::from(tabs);
        while matches!(self.peek(0), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let (mut mark, mut quoted, mut inside) = (Vec::new(), false, None);
        while let Some(byte) = self.peek(0) {
            let is_quote = matches!(byte, b'"' | b'\'');
            if byte == b'\n' || inside.is_none() && (byte.is_ascii_whitespace() || b";|&)<>".contains(&byte)) {
                break;
            }
            self.at += 1;
            match (byte, inside) {
                (b'\\', None) => quoted = true,
                (_, None) if is_quote => (quoted, inside) = (true, Some(byte)),
                (_, Some(quote)) if quote == byte => inside = None,
                _ => mark.push(byte),
            }
        }
        if !mark.is_empty() {
            self.heredocs.push(Heredoc { mark, tabs, quoted, of: None, piped: false });
        }
    }

    /// The lines up to the one that is the mark and nothing else; in brackets bash takes one that closes them, too.
    fn document(&mut self, heredoc: &Heredoc) -> String {
        let mut text = Vec::new();
        while self.at < self.text.len() {
            let (start, end) =
                (self.at, memchr::memchr(b'\n', &self.text[self.at..]).map_or(self.text.len(), |n| self.at + n));
            let line = &self.text[start..end];
            let bare = line.iter().position(|byte| !heredoc.tabs || *byte != b'\t').unwrap_or(line.len());
            let line = line[bare..].strip_suffix(b"\r").unwrap_or(&line[bare..]);
            let closes = line.strip_prefix(&*heredoc.mark).filter(|rest| self.brackets > 0 && rest.starts_with(b")"));
            if closes.is_some() {
                self.at = start + bare + heredoc.mark.len();
                break;
            }
            self.at = (end + 1).min(self.text.len());
            self.line += 1;
            if line == heredoc.mark {
                break;
            }
            text.extend_from_slice(line);
            text.push(b'\n');
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// What the shell makes of backslashes in a here-document whose mark is not quoted.
fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some('$')) => out.push(LITERAL),
            ('\\', Some(next @ ('`' | '\\'))) => out.push(*next),
            ('\\', Some('\n')) => {}
            _ => {
                out.push(letter);
                continue;
            }
        }
        letters.next();
    }
    out
}
