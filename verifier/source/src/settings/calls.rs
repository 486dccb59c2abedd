//! Calls of other shells and of files of the tree, and what they are given.

use super::commands::{Run, Shown};
use super::evaluate::State;
use super::library::folder;
use super::shell::{interpreter, plain};
use super::state::{Held, Slot, Sure};
use assize_facts::kinds::inventory::BuildFile;
use std::cell::OnceCell;
use std::rc::Rc;

/// More files than this are not carried out for one scope.
const MOST_FILES: u32 = 5_000;

/// Variables as they were.
type Kept = Vec<(&'static str, Option<Slot>)>;

impl State<'_> {
    /// Puts `$1`, `$@` in place; gives those that were there.
    pub(super) fn parameters(&mut self, arguments: &[String]) -> Kept {
        let kept = self.shell.take_parameters();
        if !arguments.is_empty() {
            self.shell.hold("@", held(&arguments.join(" ")));
            self.shell.hold("*", held(&arguments.join(" ")));
        }
        for (at, argument) in arguments.iter().take(9).enumerate() {
            self.shell.hold(&(at + 1).to_string(), held(argument));
        }
        kept
    }

    pub(super) fn other_shell(&mut self, words: &[String], own: &[(String, String)], run: &Run<'_>) {
        let shown = Shown { words, text: OnceCell::new() };
        let at = words.iter().position(|w| w.starts_with('-') && !w.starts_with("--") && w.contains('c'));
        let text = at.and_then(|at| words.get(at + 1)).cloned();
        // Behind the text stand its `$0`, `$1` (POSIX, XCU sh).
        let given = at.and_then(|at| words.get(at + 2..)).unwrap_or_default();
        let file = words[1..].iter().find(|w| !w.starts_with(['-', '+'])).cloned();
        self.exported_apart(own, &shown, run, |state| match (text, file) {
            (Some(text), _) => {
                let kept = state.parameters(given.get(1..).unwrap_or_default());
                given.first().into_iter().for_each(|name| state.shell.hold("0", held(name)));
                state.script(run.line, &plain(&text));
                state.shell.give_variables(kept);
            }
            (None, Some(file)) if file.starts_with("<(") => state.script_given(run, Some(&file)),
            (None, Some(file)) if run.document.is_none() => state.called_file(&file, &words[2..]),
            (None, _) if run.document.is_some_and(|document| state.fetched(run, document, words)) => {}
            (None, _) => state.script_given(run, run.from),
        });
    }

    pub(super) fn sourced(&mut self, words: &[String], run: &Run<'_>) {
        match words.get(1) {
            Some(path) if path.starts_with("<(") => self.script_given(run, Some(path)),
            Some(path) => self.with_file(path, |state, text| state.script(1, text)),
            None => {}
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
