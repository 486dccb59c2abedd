//! Texts that commands write to files, and that are carried out, or taken for settings, by those that come after them.

use super::commands::Run;
use super::evaluate::State;
use super::fetched::fetches;
use super::reads::Name;
use super::shell::{plain, quoted};
use crate::hashed::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::rc::Rc;

/// A text that a command wrote, or added to what was there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Text {
    /// As it is named, relative to the source root where it lies in it.
    path: Rc<str>,
    /// The file that the command stands in, and the line before the text's own first one.
    file: Rc<str>,
    line: u32,
    text: Rc<str>,
}

/// Longer texts are no scripts that a command writes.
const LONGEST: usize = 64 << 10;

/// All texts that were written, in their order, by the names of their files.
#[derive(Debug, Default)]
pub(super) struct Texts {
    all: Vec<Rc<Text>>,
    /// By the whole path, and of programs that lie where they are found by their names alone also by those.
    by_name: HashMap<Name, Known>,
}

/// What was written to one file.
#[derive(Debug, Default)]
struct Known {
    /// Places among all texts, each with a hash of it and those before it.
    at: Vec<(usize, u64)>,
    hashes: HashSet<u64>,
}

impl Texts {
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Those that were written since then.
    pub fn since(&self, from: usize) -> Vec<Rc<Text>> {
        self.all[from..].to_vec()
    }

    fn of(&self, name: Name) -> impl Iterator<Item = &Text> {
        self.by_name.get(&name).into_iter().flat_map(|known| &known.at).map(|(at, _)| &*self.all[*at])
    }

    /// The same where the first so many texts hold the same for a file.
    pub fn hash_of(&self, name: Name, until: usize) -> u64 {
        let known = self.by_name.get(&name).map_or(&[][..], |known| &known.at);
        let count = known.partition_point(|(at, _)| *at < until);
        known[..count].last().map_or(0, |(_, hash)| *hash)
    }

    fn push(&mut self, names: &[Name], text: Rc<Text>) {
        let hash = super::state::hasher().hash_one(&text);
        let mut knows = |name: &Name| !self.by_name.entry(*name).or_default().hashes.insert(hash);
        // Carried out again, it writes the same.
        if names.first().is_none_or(&mut knows) {
            return;
        }
        for name in names {
            let known = self.by_name.entry(*name).or_default();
            let before = known.at.last().map_or(0, |(_, hash)| *hash);
            known.at.push((self.all.len(), before.rotate_left(7).wrapping_add(hash)));
        }
        self.all.push(text);
    }
}

impl State<'_> {
    /// Notes what a command writes to a file.
    pub(super) fn note_text(&mut self, words: &[String], run: &Run<'_>) {
        let program = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
        let into: Vec<&String> = match program {
            "tee" => words[1..].iter().filter(|word| !word.starts_with('-')).chain(run.into).collect(),
            _ if fetches(program) => {
                words.windows(2).filter(|pair| is_output(&pair[0])).map(|pair| &pair[1]).chain(run.into).collect()
            }
            _ => run.into.into_iter().collect(),
        };
        // What a program that fetches puts into a file of a name that nobody knows is looked at, not run.
        let is_nowhere = |path: &&String| path.starts_with("/dev/") || fetches(program) && path.contains("$(");
        let into: Vec<&String> = into.into_iter().filter(|path| !is_nowhere(path)).collect();
        if into.is_empty() {
            return;
        }
        let text = match program {
            // What that is is seen where it is run.
            _ if fetches(program) => {
                Some(format!("$({})", words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")))
            }
            "echo" => Some(echoed(&words[1..])),
            "printf" => Some(formatted(&words[1..])),
            _ => self.handed_on(program, words, run),
        };
        let Some(text) = text.filter(|text| !text.trim().is_empty() && text.len() <= LONGEST) else { return };
        let begins = u32::from(run.document.is_some_and(|document| document.contains('\n')));
        // The folder itself is no file.
        let places = into.into_iter().map(|path| self.place_written(path)).filter(|path| !path.is_empty());
        for path in places.collect::<Vec<String>>() {
            let text = Text {
                path: path.into(),
                file: self.file.clone(),
                line: run.line.saturating_sub(1) + begins,
                text: text.as_str().into(),
            };
            self.wrote(Rc::new(text));
        }
    }

    pub(super) fn wrote(&mut self, text: Rc<Text>) {
        let of_program = text.path.rsplit_once("bin/").map(|(_, name)| name).filter(|name| !name.contains('/'));
        let names = [Some(&*text.path), of_program].into_iter().flatten();
        let names: Vec<Name> = names.map(|name| self.shell.reads_text(name)).collect();
        self.scope.texts.push(&names, text);
    }

    fn place_written(&self, path: &str) -> String {
        let path = plain(path);
        let path = path.trim_matches(['"', '\'']);
        self.shell.path(path, &self.home).unwrap_or_else(|| super::delivered::normal(path))
    }

    /// What was written to a file so far, with the lines where it stands in the file that the last of it is in. A program without a path
    /// is one that is found by its name.
    pub(super) fn text_written(&self, path: &str) -> Option<(Rc<str>, String)> {
        self.whole_text(self.shell.reads_text(&self.place_written(path)))
    }

    fn whole_text(&self, name: Name) -> Option<(Rc<str>, String)> {
        let mut all = self.scope.texts.of(name).peekable();
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

    /// Whether a command by its own name may be a script that was delivered or written. A program that was fetched is none: nobody could
    /// read it anyway.
    pub(super) fn is_script(&self, program: &str) -> bool {
        let written = match program.contains('/') {
            true => self.text_written(program),
            false => self.whole_text(self.shell.reads_text(program)),
        };
        match written {
            Some((_, text)) => program.ends_with(".sh") || !text.trim_start().starts_with("$("),
            None => program.contains('/') || program.ends_with(".sh"),
        }
    }

    /// Goes on in what was written to a file, for one purpose at a time; gives whether anything was.
    pub(super) fn with_written(&mut self, path: &str, purpose: &str, what: impl FnOnce(&mut Self, &str)) -> bool {
        let by_name = || if path.contains('/') { None } else { self.whole_text(self.shell.reads_text(path)) };
        let Some((file, text)) = self.text_written(path).or_else(by_name) else { return false };
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

/// `-o`, `-fsSLo`, `-O` of wget: the next word is the file.
fn is_output(word: &str) -> bool {
    let short = word.starts_with('-') && !word.starts_with("--") && word.ends_with(['o', 'O']);
    short || matches!(word, "--output" | "--output-document")
}

/// What `echo` prints of its words.
pub(super) fn echoed(words: &[String]) -> String {
    let is_option = |word: &&String| {
        word.strip_prefix('-').is_some_and(|letters| !letters.is_empty() && letters.chars().all(|c| "neE".contains(c)))
    };
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
