//! Calls of other shells and of files of the tree, and what they are given.

use super::commands::{Run, Shown};
use super::evaluate::State;
use super::library::folder;
use super::shell::{as_element, interpreter, plain};
use super::state::{Held, Kept, Sure};
use assize_facts::kinds::inventory::BuildFile;
use std::cell::OnceCell;
use std::rc::Rc;

/// More files than this are not carried out for one scope.
const MOST_FILES: u32 = 5_000;

/// What a shell is told to carry out (POSIX, XCU sh; bash 5.3, Invoking Bash).
enum Call<'w> {
    /// `-c TEXT NAME ARGUMENT…`
    Text(&'w str, &'w [String]),
    File(&'w str, &'w [String]),
    /// What it is given, with arguments.
    Input(&'w [String]),
}

impl<'w> Call<'w> {
    fn read(words: &'w [String]) -> Call<'w> {
        let (mut at, mut text, mut input) = (1, false, false);
        while let Some(word) = words.get(at).filter(|word| word.starts_with(['-', '+'])) {
            at += 1;
            if matches!(word.as_str(), "-" | "--") {
                break;
            }
            let letters = if word.starts_with("--") { "" } else { &word[1..] };
            (text, input) = (text || letters.contains('c'), input || letters.contains('s'));
            // The name of an option, or a file of settings.
            at += usize::from(letters.contains(['o', 'O']) || matches!(word.as_str(), "--rcfile" | "--init-file"));
        }
        match words.get(at..).unwrap_or_default() {
            [script, given @ ..] if text => Call::Text(script, given),
            rest if input || text => Call::Input(rest),
            [file, arguments @ ..] if is_input(file) => Call::Input(arguments),
            [file, arguments @ ..] => Call::File(file, arguments),
            [] => Call::Input(&[]),
        }
    }
}

/// Whether a file is what the command is given.
fn is_input(path: &str) -> bool {
    matches!(path, "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0")
}

impl State<'_> {
    /// Puts `$1`, `$@` in place; gives those that were there.
    pub(super) fn parameters(&mut self, arguments: &[String]) -> Kept {
        let kept = self.shell.take_parameters();
        if !arguments.is_empty() {
            let all = arguments.iter().map(|word| as_element(word)).collect::<Vec<_>>().join(" ");
            self.shell.hold("@", held(&all));
            self.shell.hold("*", held(&all));
        }
        for (at, argument) in arguments.iter().take(9).enumerate() {
            self.shell.hold(&(at + 1).to_string(), held(argument));
        }
        kept
    }

    pub(super) fn other_shell(&mut self, words: &[String], own: &[(String, String)], run: &Run<'_>) {
        let shown = Shown { words, text: OnceCell::new() };
        let call = Call::read(words);
        self.exported_apart(own, &shown, run, |state| match call {
            Call::Text(text, given) => {
                let kept = state.parameters(given.get(1..).unwrap_or_default());
                given.first().into_iter().for_each(|name| state.shell.hold("0", held(name)));
                state.script(run.line, &plain(text));
                state.shell.give_variables(kept);
            }
            Call::File(file, _) if file.starts_with("<(") => state.script_given(run, Some(file)),
            Call::File(file, arguments) => state.called_file(file, arguments),
            Call::Input(_) if run.document.is_some_and(|document| state.fetched(run, document, words)) => {}
            Call::Input(arguments) => {
                let kept = state.parameters(arguments);
                state.script_given(run, run.from);
                state.shell.give_variables(kept);
            }
        });
    }

    pub(super) fn sourced(&mut self, words: &[String], run: &Run<'_>) {
        let Some(path) = words.get(1) else { return };
        let kept = (words.len() > 2).then(|| self.parameters(&words[2..]));
        match path {
            path if path.starts_with("<(") => self.script_given(run, Some(path)),
            path if is_input(path) => self.script_given(run, run.from),
            path => self.with_file(path, |state, text| state.script(1, text)),
        }
        if let Some(kept) = kept {
            self.shell.give_variables(kept);
        }
    }

    /// Shell text that a command is given, or that stands in a file of the tree.
    fn script_given(&mut self, run: &Run<'_>, from: Option<&str>) {
        let file = from.filter(|from| run.document.is_none() && !from.starts_with("<("));
        match (file, self.input(run.document, from, run.list)) {
            (Some(path), _) => self.with_file(path, |state, text| state.script(1, text)),
            (None, Some(Ok(text))) => self.script(run.line, &text),
            (None, Some(Err(command))) => self.unread_of_tree(run, &command),
            (None, None) => {}
        }
    }

    /// A script of the tree that is called as a program.
    pub(super) fn called_file(&mut self, path: &str, arguments: &[String]) {
        let kept = self.parameters(arguments);
        // A program has no functions of its caller's; what is called like the Go command is that there.
        self.shell.forget("go");
        self.with_file(path, |state, text| {
            let first = text.trim_start().lines().next().unwrap_or_default();
            let is_shell = !first.starts_with("#!") || first.contains("sh");
            if is_shell {
                state.script(1, text);
            }
        });
        self.shell.give_variables(kept);
    }

    /// The words by which a file of the tree in another language is run, where its first line says in which.
    pub(super) fn interpreted(&self, program: &str, words: &[String]) -> Option<Vec<String>> {
        let (_, text) = program.contains('/').then(|| self.file_meant(program)).flatten()?;
        let name = interpreter(&text)?;
        Some([&[name.to_owned()], words].concat())
    }

    /// Goes on in another file of the tree, for one purpose at a time.
    pub fn with_file(&mut self, path: &str, what: impl Fn(&mut Self, &str)) {
        self.with_file_for(path, "", what);
    }

    /// The file of the tree that a path means here.
    pub fn file_meant(&self, path: &str) -> Option<(String, Rc<str>)> {
        let path = self.shell.path(path, &self.home).unwrap_or_else(|| path.to_owned());
        let here = self.shell.folder().unwrap_or_default();
        self.library.find(&["", here, &self.home], &path)
    }

    pub fn with_file_for(&mut self, path: &str, purpose: &str, what: impl Fn(&mut Self, &str)) {
        self.with_written(path, purpose, &what);
        let Some((path, text)) = self.file_meant(path) else { return };
        let Some(begun) = self.begin(&format!("{path} {purpose}"), "") else { return };
        // Files that call one another, each time with something else, have no end.
        self.scope.files += 1;
        if self.scope.files > MOST_FILES {
            self.scope.cut = true;
            return self.end(begun);
        }
        let shown = self.library.shown(&path).into();
        let kept_file = std::mem::replace(&mut self.file, shown);
        let kept_home = std::mem::replace(&mut self.home, folder(&path).into());
        let tool = super::sort(&path).unwrap_or(BuildFile::Shell);
        let kept_tool = std::mem::replace(&mut self.tool, tool);
        what(self, &text);
        (self.file, self.home, self.tool) = (kept_file, kept_home, kept_tool);
        self.end(begun);
    }
}

fn held(value: &str) -> Held {
    Held { value: Some(value.into()), seen: vec![], sure: Sure::Always }
}
