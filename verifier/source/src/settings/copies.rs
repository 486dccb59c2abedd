//! Files that are copied or unpacked over the source: several at once, whole folders, archives; and those that are only put back.

use super::commands::Run;
use super::delivered::{OUTSIDE, normal};
use super::edits::{MODULE_FILES, is_module_file};
use super::evaluate::State;
use super::reads::Part;
use super::state::Where;
use assize_golang::glob;

/// Files of the source that are overwritten by others, and where.
pub(super) struct Overwritten {
    pub change: &'static str,
    pub folder: String,
    /// What an archive or another folder holds is not known.
    pub is_archive: bool,
}

const GO_FILES: &str = "copy onto Go files";

impl State<'_> {
    /// What a command copies or unpacks over files of the source by the names that they have elsewhere.
    pub(super) fn copied_over(&self, program: &str, words: &[String], run: &Run<'_>) -> Option<Overwritten> {
        match program {
            "cp" | "mv" | "install" | "rsync" | "ln" => {}
            "tar" | "bsdtar" | "unzip" | "cpio" | "7z" => return self.unpacked(program, words, run),
            _ => return None,
        }
        let (sources, to) = operands(words)?;
        let to = self.folder_of_tree(to)?;
        let mut found = None;
        // All that lies elsewhere, whatever that is.
        let is_root = || self.targets.is_for_delivered(&to);
        if sources.iter().any(|source| self.is_all_of_another(program, source)) && is_root() {
            return Some(Overwritten { change: MODULE_FILES, folder: to, is_archive: true });
        }
        for source in sources {
            let name = self.landing(program, source, &to).into_iter().find_map(|path| {
                let file = path.rsplit('/').next().unwrap_or(&path);
                match is_module_file(file) {
                    true => Some(MODULE_FILES),
                    false => (file.ends_with(".go") && self.library.paths.contains(&path)).then_some(GO_FILES),
                }
            });
            found = found.filter(|change| *change == MODULE_FILES).or(name).or(found);
        }
        found.map(|change| Overwritten { change, folder: to, is_archive: false })
    }

    /// Whether a source of a copy is all that a folder outside of the tree holds, or a copy of another project.
    fn is_all_of_another(&self, program: &str, source: &str) -> bool {
        let source = source.trim_matches(['"', '\'']);
        let folder = ["/.", "/*"].iter().find_map(|end| source.strip_suffix(end));
        let folder = folder.or_else(|| source.strip_suffix('/').filter(|_| program == "rsync"));
        let Some(folder) = folder.filter(|folder| !folder.contains('$')) else { return false };
        let is_outside = folder.starts_with('/') && self.library.folder_ending(folder).is_none();
        is_outside || self.in_clone(folder).is_some_and(|root| root.as_deref() == Some(OUTSIDE))
    }

    /// Where files of the tree come to lie when a source of a copy is put into a folder.
    fn landing(&self, program: &str, source: &str, to: &str) -> Vec<String> {
        let source = source.trim_matches(['"', '\'']);
        let Some(path) = self.here(source) else { return vec![] };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let into = |rest: &str| normal(&format!("{to}/{rest}"));
        let below = |folder: &str| {
            let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let all = self.library.paths.range(start.clone()..).take_while(move |path| path.starts_with(&start));
            all.map(|path| path[folder.len()..].trim_start_matches('/')).map(into).collect::<Vec<_>>()
        };
        // The contents of a folder, rather than the folder.
        let contents = source.ends_with("/.") || source == "." || program == "rsync" && source.ends_with('/');
        match () {
            () if contents && path != to => below(&path),
            () if folder == to || contents => vec![],
            () if name == "*" => below(folder),
            () if name.contains(['*', '?', '[']) => {
                let start = prefix(folder);
                let all = self.library.paths.range(start.clone()..).take_while(|path| path.starts_with(&start));
                let names = all.map(|path| &path[start.len()..]).filter(|rest| !rest.contains('/'));
                names.filter(|rest| glob::matches(name, rest)).map(into).collect()
            }
            () if self.library.paths.contains(&path) || is_module_file(name) => vec![into(name)],
            () => vec![],
        }
    }

    /// An archive of the tree that is unpacked over the source.
    fn unpacked(&self, program: &str, words: &[String], run: &Run<'_>) -> Option<Overwritten> {
        let archive = |word: &String| {
            let name = word.trim_matches(['"', '\'']);
            [".tar", ".tgz", ".gz", ".xz", ".bz2", ".zst", ".zip", ".cpio", ".7z"].iter().any(|end| name.ends_with(end))
                && self.file_meant(name).is_some()
        };
        let is_fetched = |text: &str| self.fetches_more(text, run.list);
        let fetched_file = |word: &&String| self.text_written(word).is_some_and(|(_, text)| is_fetched(text.trim()));
        let piped = run.document.is_some_and(is_fetched);
        let fetched = words[1..].iter().find(fetched_file);
        // Of named members nothing else comes.
        let operands = words[1..].iter().filter(|word| !word.starts_with('-') && Some(*word) != fetched);
        let all = operands.count() <= usize::from(!words.get(1).is_some_and(|word| word.starts_with('-')));
        let takes = words[1..].iter().any(archive) || (piped || fetched.is_some()) && all;
        let flags = words.get(1).map_or("", String::as_str);
        let unpacks = match program {
            "tar" | "bsdtar" => {
                words[1..]
                    .iter()
                    .any(|w| w == "--extract" || w.starts_with('-') && !w.starts_with("--") && w.contains('x'))
                    || !flags.starts_with('-') && flags.contains('x')
            }
            "7z" => flags.starts_with(['x', 'e']),
            _ => true,
        };
        let option =
            words.windows(2).find(|w| matches!(w[0].as_str(), "-C" | "--directory" | "-d")).map(|w| w[1].as_str());
        let folder = self.folder_of_tree(option.unwrap_or("."))?;
        (takes && unpacks && self.targets.is_for_delivered(&folder)).then_some(Overwritten {
            change: MODULE_FILES,
            folder,
            is_archive: true,
        })
    }

    /// A path from the source root; from an unknown folder nobody has left yet it is taken for one of the root.
    fn here(&self, path: &str) -> Option<String> {
        let path = ["$PWD", "${PWD}", "$(pwd)"]
            .iter()
            .find_map(|own| path.strip_prefix(own))
            .map_or_else(|| path.to_owned(), |rest| format!("./{rest}"));
        if path.starts_with(['/', '~']) || path.contains('$') {
            return None;
        }
        let place: Where = self.shell.place();
        let here = place.folder.or((place.moved == 0).then(String::new))?;
        Some(normal(&format!("{here}/{path}"))).filter(|path| !path.starts_with(".."))
    }

    /// A folder of the source that a word names.
    fn folder_of_tree(&self, word: &str) -> Option<String> {
        let path = self.here(word.trim_matches(['"', '\'']))?;
        let start = prefix(&path);
        let is_folder =
            path.is_empty() || self.library.paths.range(start.clone()..).next().is_some_and(|p| p.starts_with(&start));
        is_folder.then_some(path)
    }

    /// Notes a module file that is saved under another name (`cp go.mod go.mod.bak`); gives whether the command is that.
    pub(super) fn is_saved(&mut self, program: &str, words: &[String]) -> bool {
        let Some((from, to)) = pair(program, words) else { return false };
        if !is_module_file(from.rsplit('/').next().unwrap_or(from))
            || is_module_file(to.rsplit('/').next().unwrap_or(to))
        {
            return false;
        }
        // Under one name one file is saved.
        self.shell.reads_around(|| Part::Saved);
        let other = self.saved.iter().any(|(name, file)| name == to && file != from);
        self.saved.insert((to.to_owned(), from.to_owned()));
        !other
    }

    /// Whether a command only puts back what was saved before, and nothing else wrote (`cp go.mod.bak go.mod`).
    pub(super) fn is_put_back(&self, program: &str, words: &[String]) -> bool {
        pair(program, words).is_some_and(|(from, to)| {
            let name = from.rsplit('/').next().unwrap_or(from);
            self.shell.reads_around(|| Part::Saved);
            self.shell.reads_around(|| Part::Written(self.shell.name(name)));
            self.saved.contains(&(from.to_owned(), to.to_owned())) && !self.rewritten.contains_key(name)
        })
    }
}

/// `cp FROM TO` and nothing else.
fn pair<'w>(program: &str, words: &'w [String]) -> Option<(&'w str, &'w str)> {
    let mut operands = words[1..].iter().filter(|word| !word.starts_with('-'));
    let found = (operands.next()?.as_str(), operands.next()?.as_str());
    (matches!(program, "cp" | "mv") && operands.next().is_none() && !found.0.contains('$')).then_some(found)
}

fn prefix(folder: &str) -> String {
    if folder.is_empty() { String::new() } else { format!("{folder}/") }
}

/// What is copied, and where to.
fn operands(words: &[String]) -> Option<(Vec<&String>, &str)> {
    let mut into = None;
    let mut rest: Vec<&String> = Vec::new();
    let mut words = words[1..].iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-t" | "--target-directory" => into = words.next().map(String::as_str),
            // Of `install`.
            "-m" | "-o" | "-g" => drop(words.next()),
            option if option.starts_with("--target-directory=") => into = option.split_once('=').map(|(_, to)| to),
            option if option.starts_with('-') => {}
            _ => rest.push(word),
        }
    }
    match into {
        Some(to) => Some((rest, to)),
        None => rest.pop().map(|to| (rest, to.as_str())),
    }
}
