//! Texts that commands write to files, and that are carried out, or taken for settings, by those that come after them.

use super::commands::Run;
use super::evaluate::State;
use super::reads::Part;
use super::shell::plain;
use std::rc::Rc;

/// A text that a command wrote, or added to what was there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Text {
    /// As it is named, relative to the source root where it lies in it.
    pub path: Rc<str>,
    /// The file that the command stands in, and the line before the text's own first one.
    pub file: Rc<str>,
    line: u32,
    text: Rc<str>,
}

/// Longer texts are no scripts that a command writes.
const LONGEST: usize = 64 << 10;

impl State<'_> {
    /// Notes what a command writes to a file.
    pub(super) fn note_text(&mut self, words: &[String], run: &Run<'_>) {
        let program = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
        let into: Vec<&String> = match program {
            "tee" => words[1..].iter().filter(|word| !word.starts_with('-')).chain(run.into).collect(),
            _ => run.into.into_iter().collect(),
        };
        let into: Vec<&String> = into.into_iter().filter(|path| !path.starts_with("/dev/")).collect();
        if into.is_empty() {
            return;
        }
        let text = match program {
            "echo" => Some(echoed(&words[1..])),
            "printf" => Some(formatted(&words[1..])),
            _ => self.handed_on(program, words, run),
        };
        let Some(text) = text.filter(|text| !text.trim().is_empty() && text.len() <= LONGEST) else { return };
        let begins = u32::from(run.document.is_some_and(|document| document.contains('\n')));
        for path in into {
            let text = Text {
                path: self.place_written(path).into(),
                file: self.file.clone(),
                line: run.line.saturating_sub(1) + begins,
                text: text.as_str().into(),
            };
            // Carried out again, it writes the same.
            if self.scope.texts.last() != Some(&text) {
                self.scope.texts.push(text);
            }
        }
    }

    fn place_written(&self, path: &str) -> String {
        let path = plain(path);
        let path = path.trim_matches(['"', '\'']);
        self.shell.path(path, &self.home).unwrap_or_else(|| super::delivered::normal(path))
    }

    /// What was written to a file so far, with the lines where it stands in the file that the last of it is in.
    pub(super) fn text_written(&self, path: &str) -> Option<(Rc<str>, String)> {
        let place = self.place_written(path);
        self.shell.reads_around(|| Part::Text(place.as_str().into()));
        // By its name alone it is found where programs lie.
        let in_path = |text: &Text| !path.contains('/') && text.path.ends_with(&format!("bin/{path}"));
        let mut all = self.scope.texts.iter().filter(|text| *text.path == *place || in_path(text)).peekable();
        all.peek()?;
        let (mut whole, mut lines, mut file) = (String::new(), 0, Rc::from(""));
        for Text { file: of, line, text, .. } in all {
            while lines < *line || !whole.is_empty() && !whole.ends_with('\n') {
                whole.push('\n');
                lines += 1;
            }
            whole.push_str(text);
            lines += text.matches('\n').count() as u32;
            file = of.clone();
        }
        Some((file, whole))
    }

    /// Goes on in what was written to a file, for one purpose at a time; gives whether anything was.
    pub(super) fn with_written(&mut self, path: &str, purpose: &str, what: impl FnOnce(&mut Self, &str)) -> bool {
        let Some((file, text)) = self.text_written(path) else { return false };
        let Some(begun) = self.begin(&format!("{path} {purpose} written"), &text) else { return true };
        let kept = std::mem::replace(&mut self.file, file);
        self.depth += 1;
        match self.depth < super::evaluate::DEEPEST {
            true => what(self, &text),
            false => self.scope.cut = true,
        }
        self.depth -= 1;
        self.file = kept;
        self.end(begun);
        true
    }
}

/// What `echo` prints of its words.
fn echoed(words: &[String]) -> String {
    let is_option = |word: &&String| matches!(word.as_str(), "-n" | "-e" | "-en" | "-ne" | "-E");
    let text = words.iter().skip_while(is_option).map(String::as_str).collect::<Vec<_>>().join(" ");
    unescaped(&text) + "\n"
}

/// What `printf` makes of its words (POSIX, XCU printf): the format again and again, as long as there are words.
pub(super) fn formatted(words: &[String]) -> String {
    let words = if words.first().is_some_and(|word| word == "--") { &words[1..] } else { words };
    let Some((format, mut rest)) = words.split_first() else { return String::new() };
    let mut out = String::new();
    loop {
        let before = rest.len();
        let mut parts = format.split('%');
        out.push_str(parts.next().unwrap_or_default());
        while let Some(part) = parts.next() {
            // `%%`
            if part.is_empty() {
                out.push('%');
                out.push_str(parts.next().unwrap_or_default());
                continue;
            }
            let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
            if let Some((first, behind)) = rest.split_first() {
                out.push_str(first);
                rest = behind;
            }
            out.push_str(&part[end..]);
        }
        if rest.is_empty() || rest.len() == before || out.len() > LONGEST {
            return unescaped(&out);
        }
    }
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\"")
}
