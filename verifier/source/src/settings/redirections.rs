//! Redirections and here-documents of a shell (POSIX, XCU 2.7).

use super::reader::Reader;
use super::shell::{Command, Node, give};

/// What a redirection does with its file.
#[derive(Clone, Copy)]
pub(super) enum Goes {
    In,
    Out,
    /// Of another output, or none at all (`2>err`, `>&2`).
    Away,
}

impl Reader<'_> {
    pub fn newline(&mut self, nodes: &mut [Node]) {
        self.line += 1;
        for mark in std::mem::take(&mut self.heredocs) {
            let document = self.document(&mark);
            if let Some(from) = self.ended.take() {
                let given = Command { document: Some(document), ..Command::default() };
                nodes.iter_mut().skip(from).for_each(|node| give(node, &given));
            } else if let Some(Node::Command(command)) = nodes.last_mut() {
                command.document.get_or_insert_default().push_str(&document);
            }
        }
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

    /// `<<EOF`: the lines up to the mark are input, not commands.
    pub fn heredoc(&mut self) {
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

    fn document(&mut self, mark: &[u8]) -> String {
        let from = self.at;
        while self.at < self.text.len() {
            let (start, end) =
                (self.at, memchr::memchr(b'\n', &self.text[self.at..]).map_or(self.text.len(), |n| self.at + n));
            self.at = (end + 1).min(self.text.len());
            self.line += 1;
            if self.text[start..end].trim_ascii() == mark {
                return String::from_utf8_lossy(&self.text[from..start]).into_owned();
            }
        }
        String::from_utf8_lossy(&self.text[from.min(self.text.len())..]).into_owned()
    }
}
