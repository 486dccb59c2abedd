//! Tools that carry out other files of the tree: make, goreleaser, task, image builds.

use super::delivered::OUTSIDE;
use super::evaluate::State;
use super::library::{Library, folder};
use super::model::Scope;
use super::yaml;
use std::collections::BTreeMap;
use std::rc::Rc;

impl State<'_> {
    /// The variables before the command are in force by now.
    pub fn tools(&mut self, line: u32, words: &[String]) {
        let program = words.first().map_or("", |w| w.rsplit('/').next().unwrap_or(w));
        let library = self.library;
        match program {
            "make" | "gmake" => self.make(line, words),
            "goreleaser" => self.named(
                &[
                    ".config/goreleaser.yml",
                    ".config/goreleaser.yaml",
                    ".goreleaser.yml",
                    ".goreleaser.yaml",
                    "goreleaser.yml",
                    "goreleaser.yaml",
                ],
                words,
                Some(1),
                |text, _| Rc::new(yaml::goreleaser(text, library).unwrap_or_default()),
            ),
            "task" => self.task(line, words),
            "workflow" => self.of_path(words, |text, _, _| yaml::github(text).unwrap_or_default()),
            "gitlab" => {
                self.of_path(words, |text, path, library| yaml::gitlab(text, path, library).unwrap_or_default())
            }
            "docker" | "podman" | "buildah" | "nerdctl" => self.image(words),
            "action" => self.action(words),
            _ => {}
        }
    }

    /// `task NAME… VARIABLE=value -- WORDS`.
    fn task(&mut self, line: u32, words: &[String]) {
        let end = words.iter().position(|w| w == "--").unwrap_or(words.len());
        let pairs = || words[1..end].iter().filter(|w| !w.starts_with('-')).filter_map(|w| w.split_once('='));
        let behind = words.get(end + 1..).unwrap_or_default().join(" ");
        let given = pairs().map(|(name, value)| (name.to_owned(), value.to_owned()));
        for (name, value) in given.chain((!behind.is_empty()).then(|| ("CLI_ARGS".to_owned(), behind))) {
            self.set(line, &format!("TASK_{name}"), Some(value), None, true, super::state::Sure::Always);
        }
        let wanted: Vec<String> =
            words[1..end].iter().filter(|w| !w.starts_with('-') && !w.contains('=')).cloned().collect();
        let wanted = if wanted.is_empty() { vec!["default".to_owned()] } else { wanted };
        let library = self.library;
        self.named(&["Taskfile.yml", "Taskfile.yaml", "taskfile.yml"], words, None, |text, path| {
            let all = yaml::taskfile(text, path, library).unwrap_or_default();
            Rc::new(all.into_iter().filter(|scope| wanted.contains(&scope.name)).collect())
        });
    }

    /// Another file that is carried out where it is called.
    fn of_path(&mut self, words: &[String], scopes: impl Fn(&str, &str, &Library<'_>) -> Vec<Scope>) {
        let Some(path) = words.get(1) else { return };
        let library = self.library;
        self.named(&[path], &[], None, |text, path| Rc::new(scopes(text, path, library)));
    }

    fn make(&mut self, line: u32, words: &[String]) {
        let (mut dir, mut file, mut targets, mut variables) = (None, None, vec![], BTreeMap::new());
        let mut evaluated = String::new();
        let mut at = 1;
        while let Some(word) = words.get(at) {
            at += 1;
            let next = words.get(at).cloned();
            match word.as_str() {
                "-C" | "--directory" => (dir, at) = (next, at + 1),
                "-f" | "--file" | "--makefile" => (file, at) = (next, at + 1),
                "-E" | "--eval" => {
                    evaluated += &format!("{}\n", next.unwrap_or_default());
                    at += 1;
                }
                word if word.starts_with("--eval=") => evaluated += &format!("{}\n", &word[7..]),
                // With a blank before it; `-j` may stand alone.
                "-l" | "-o" | "-I" => at += 1,
                "-j" if next.is_some_and(|w| w.bytes().all(|b| b.is_ascii_digit())) => at += 1,
                word if word.starts_with("-C") => dir = Some(word[2..].trim_start_matches('=').to_owned()),
                word if word.starts_with("--directory=") => dir = word.split_once('=').map(|(_, v)| v.to_owned()),
                word if word.starts_with('-') => {}
                word => match word.split_once('=') {
                    Some((name, value)) => {
                        drop(variables.insert(name.trim_end_matches(':').to_owned(), value.to_owned()))
                    }
                    None => targets.push(word.to_owned()),
                },
            }
        }
        let before = self.shell.mark();
        if let Some(dir) = dir {
            self.shell.move_to(self.folder_meant(&dir));
        }
        // What the command line sets is in the environment of every recipe (GNU make, 5.7.2).
        for (name, value) in &variables {
            self.set(line, name, Some(value.clone()), Some(&words.join(" ")), true, super::state::Sure::Always);
        }
        let names: Vec<&str> = file.as_deref().map_or(vec!["GNUmakefile", "makefile", "Makefile"], |f| vec![f]);
        let (library, makes) = (self.library, self.makes.clone());
        // Whatever target it is, it is looked at once.
        let of_variable = |t: &&String| t.contains('$');
        let any = [vec!["make".to_owned()], targets.iter().filter(of_variable).cloned().collect()].concat();
        let purpose = if targets.iter().any(|t| t.contains('$')) { &any[..] } else { words };
        self.named(&names, purpose, Some(targets.len().max(1)), |text, path| {
            let key = (path.to_owned(), evaluated.clone(), variables.clone(), targets.clone());
            let made = || match evaluated.is_empty() {
                true => makes.of(text, path, &variables, library).called(&targets),
                false => makes.of(&format!("{evaluated}{text}"), path, &variables, library).called(&targets),
            };
            library.made(key, made)
        });
        self.shell.back(before);
    }

    /// The first of some files that is there, carried out: its scopes one after the other, or any of them.
    pub(super) fn named(
        &mut self,
        names: &[&str],
        words: &[String],
        wanted: Option<usize>,
        scopes: impl Fn(&str, &str) -> Rc<Vec<Scope>>,
    ) {
        let flag =
            |w: &&[String]| matches!(w[0].as_str(), "-f" | "--file" | "--config" | "-t" | "--taskfile" | "--makefile");
        let inline = || {
            words.iter().find_map(|w| ["--config=", "--taskfile=", "--file="].iter().find_map(|f| w.strip_prefix(f)))
        };
        let given = words.windows(2).find(flag).map(|w| w[1].clone()).or_else(|| inline().map(str::to_owned));
        let names: Vec<&str> = given.as_deref().into_iter().chain(names.iter().copied()).collect();
        let here = self.shell.folder().unwrap_or_default().to_owned();
        // In another project's folder it takes that one's.
        let folders = if here == OUTSIDE { vec![&*here] } else { vec![&*here, ""] };
        let there = |name: &&&str| self.library.find(&folders, name).is_some();
        let Some(name) = names.iter().find(there).map(|name| (*name).to_owned()) else { return };
        let Some((path, _)) = self.library.find(&folders, &name) else { return };
        self.with_file_for(&format!("/{path}"), &words.join(" "), |state, text| {
            let scopes = scopes(text, &path);
            // More than are asked for: each in place of another.
            let is_any = wanted.is_some_and(|wanted| scopes.len() > wanted);
            let mut possible = Vec::new();
            for scope in scopes.iter() {
                let before = state.shell.mark();
                if state.shell.folder().is_none() {
                    state.shell.move_to(Some(folder(&path).to_owned()));
                }
                let steps = |state: &mut State<'_>| scope.steps.iter().for_each(|step| state.step(step));
                match is_any {
                    true => possible.extend(state.instead(steps)),
                    false => steps(state),
                }
                state.shell.back(before);
            }
            // What a variable from outside names is the command of whoever sets it, as if it were typed.
            let outside = |word: &String| word.starts_with('$') && !word.contains('(');
            if !words.iter().any(outside) {
                state.may_have_made(possible);
            }
        });
    }

    /// A composite action of the tree.
    fn action(&mut self, words: &[String]) {
        let Some(path) = words.get(1) else { return };
        let names = [format!("{path}/action.yml"), format!("{path}/action.yaml")];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.named(&names, &[], None, |text, _| Rc::new(yaml::action(text).unwrap_or_default()));
    }
}
