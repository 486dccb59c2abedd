//! Builds of images: which Dockerfile, and what they are given (docker 29, buildx build).

use super::commands::Run;
use super::dockerfile;
use super::evaluate::State;
use super::model::Scope;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The values of an option, behind a blank, behind `=` and, of one letter, behind nothing.
fn values(words: &[String], names: &[&str]) -> Vec<String> {
    let short = |name: &&&str| name.len() == 2;
    let of = |(at, word): (usize, &String)| {
        let inline = names.iter().find_map(|name| word.strip_prefix(name)?.strip_prefix('=').map(str::to_owned));
        let joined = || names.iter().filter(short).find_map(|name| word.strip_prefix(*name).map(str::to_owned));
        match names.contains(&word.as_str()) {
            true => words.get(at + 1).cloned(),
            false => inline.or_else(joined),
        }
    };
    words.iter().enumerate().filter_map(of).collect()
}

fn is_build(words: &[String]) -> bool {
    words.iter().any(|word| matches!(word.as_str(), "build" | "bud" | "bake"))
}

/// Whether the Dockerfile is what the command is given.
pub(super) fn is_given(words: &[String]) -> bool {
    let of_file = values(words, &["-f", "--file"]).into_iter().next();
    is_build(words) && (of_file.as_deref() == Some("-") || words.last().is_some_and(|word| word == "-"))
}

impl State<'_> {
    /// `docker build --build-arg NAME=value -f FILE CONTEXT`.
    pub(super) fn image(&mut self, words: &[String]) {
        if !is_build(words) {
            return;
        }
        let arguments = self.build_arguments(words);
        let file = values(words, &["-f", "--file"]).into_iter().next();
        let context = words.last().filter(|w| !w.starts_with('-')).cloned().unwrap_or_else(|| ".".into());
        let beside = format!("{}/Dockerfile", context.trim_end_matches('/'));
        let names: Vec<&str> = match &file {
            Some(file) => vec![file],
            None => vec![&beside, "Dockerfile"],
        };
        // The environment of whoever calls it is not that of the image.
        let before = self.shell.mark();
        self.shell.clear_variables();
        let library = self.library;
        self.named(&names, words, None, |text, path| Rc::new(dockerfile::scopes(text, path, &arguments, library)));
        self.shell.back(before);
    }

    /// `docker build -f - CONTEXT`, `docker build -`: the Dockerfile is what the command is given.
    pub(super) fn image_given(&mut self, words: &[String], run: &Run<'_>) {
        let arguments = self.build_arguments(words);
        let text = match self.input(run.document, run.from, run.list) {
            Some(Ok(text)) => text,
            Some(Err(command)) => return self.image_unread(run, &command),
            None => return,
        };
        let before = self.shell.mark();
        self.shell.clear_variables();
        let begins = u32::from(run.document.is_some_and(|document| document.contains('\n')));
        for scope in dockerfile::scopes(&text, "", &arguments, self.library) {
            self.scope_given(run.line.saturating_sub(1) + begins, scope);
        }
        self.shell.back(before);
    }

    /// The steps of a scope whose text begins in a line of another file.
    fn scope_given(&mut self, line: u32, scope: Scope) {
        let before = self.shell.mark();
        scope.steps.into_iter().for_each(|step| self.step(&step.moved(line)));
        self.shell.back(before);
    }

    /// A Dockerfile that some command makes of a file which is none by its name: what it builds was not seen.
    fn image_unread(&mut self, run: &Run<'_>, command: &str) {
        let words = super::shell::words(command.trim_start_matches("$("));
        let mut named = words.iter().skip(1).filter_map(|word| self.file_meant(word.trim_end_matches(')')));
        if named.any(|(path, _)| super::sort(&path).is_none()) {
            let words = ["may-build".to_owned(), super::foreign::RISKY.join(" ")];
            self.run(words.to_vec(), run);
        }
    }

    /// Without a value an argument is what the variable of the caller holds (docker buildx build, --build-arg).
    fn build_arguments(&self, words: &[String]) -> BTreeMap<String, String> {
        let of = |argument: String| match argument.split_once('=') {
            Some((name, value)) => Some((name.to_owned(), value.to_owned())),
            None => {
                let held = self.shell.held(&argument, 0).iter().rev().find_map(|held| held.value.clone());
                Some((argument, held?.to_string()))
            }
        };
        // `docker buildx bake --set TARGET.args.NAME=VALUE`.
        let set = values(words, &["--set"]).into_iter().filter_map(|set| Some(set.split_once(".args.")?.1.to_owned()));
        values(words, &["--build-arg"]).into_iter().chain(set).filter_map(of).collect()
    }
}
