//! Dockerfiles: one scope per stage, what it is built from first (Dockerfile reference: FROM, ARG, ENV, WORKDIR, COPY, RUN, SHELL).

use super::delivered::{OUTSIDE, normal};
use super::docker_text::{instructions, options, script};
use super::expand;
use super::ignored::is_ignored;
use super::library::Library;
use super::model::{Scope, Step, Variable};
use assize_facts::{Reason, reason};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A stage, and where it is in the image.
pub(super) struct Stage {
    pub scope: Scope,
    /// Absolute.
    pub folder: String,
    /// Where the source root was copied to; absolute.
    pub root: Option<String>,
    /// Something of the source may be in it.
    filled: bool,
    /// What it begins from, through other stages.
    image: String,
}

/// Arguments before the first stage, as FROM sees them.
struct Globals<'g>(&'g BTreeMap<String, String>);

impl expand::Values for Globals<'_> {
    fn values(&self, name: &str) -> Vec<Rc<str>> {
        self.0.get(name).map(|value| Rc::from(value.as_str())).into_iter().collect()
    }
}

/// What instructions may refer to.
struct Given<'g> {
    globals: &'g BTreeMap<String, String>,
    given: &'g BTreeMap<String, String>,
    library: &'g Library<'g>,
    /// What its context leaves out.
    ignore: Option<Rc<str>>,
}

/// The stages. What a stage sets holds for the stages that begin from it. `given` are build arguments of the call.
/// `path` is the file's own: beside it may lie what its context leaves out, else that is said at the root.
pub(super) fn scopes(text: &str, path: &str, given: &BTreeMap<String, String>, library: &Library<'_>) -> Vec<Scope> {
    let beside = format!("{path}.dockerignore");
    let ignore = library.find(&[""], &beside).or_else(|| library.find(&[""], ".dockerignore")).map(|(_, text)| text);
    let mut stages: Vec<Stage> = Vec::new();
    let mut globals: BTreeMap<String, String> = given.clone();
    for (line, instruction, rest) in instructions(text) {
        match instruction.as_str() {
            "FROM" => {
                let words: Vec<&str> = rest.split_whitespace().filter(|w| !w.starts_with("--")).collect();
                let base = expand::text(words.first().copied().unwrap_or_default(), &Globals(&globals));
                let name = words.iter().position(|w| w.eq_ignore_ascii_case("as")).and_then(|at| words.get(at + 1));
                let parent = stages.iter().find(|s| s.scope.name.eq_ignore_ascii_case(&base));
                // What stages take over from one another grows with their square.
                if !library.follow(parent.map_or(0, |parent| 4 * parent.scope.steps.len())) {
                    break;
                }
                let stage = match parent {
                    Some(parent) => Stage {
                        scope: Scope::new(name.copied().unwrap_or(""), inherited(&parent.scope.steps)),
                        folder: parent.folder.clone(),
                        root: parent.root.clone(),
                        filled: parent.filled,
                        image: parent.image.clone(),
                    },
                    None => Stage {
                        scope: Scope::new(
                            name.copied().unwrap_or(""),
                            vec![Step::Folder { path: Some(OUTSIDE.to_owned()) }],
                        ),
                        folder: "/".into(),
                        root: None,
                        filled: false,
                        image: base,
                    },
                };
                stages.push(stage);
            }
            _ => {
                let unseen = is_copy(&instruction).then(|| image_laid_over(&rest, &stages)).flatten();
                match stages.last_mut() {
                    Some(stage) => {
                        stage.scope.steps.extend(unseen.map(|why| Step::Unread { line, why }));
                        stage.add(
                            line,
                            &instruction,
                            &rest,
                            &Given { globals: &globals, given, library, ignore: ignore.clone() },
                        );
                    }
                    None if instruction == "ARG" => {
                        for (name, value) in pairs(&rest) {
                            globals.entry(name).or_insert(value);
                        }
                    }
                    None => {}
                }
            }
        }
    }
    if let Some(why) = foreign_frontend(text) {
        stages.iter_mut().for_each(|stage| stage.scope.steps.insert(0, Step::Unread { line: 1, why: why.clone() }));
    }
    stages.into_iter().map(|stage| stage.scope).collect()
}

fn is_copy(instruction: &str) -> bool {
    matches!(instruction, "COPY" | "ADD")
}

/// Why it is not known which Go command there is where an image's programs are laid over those of a stage; images of Go, and the helpers for other
/// platforms (tonistiigi/xx), bring none but Go's.
fn image_laid_over(rest: &str, stages: &[Stage]) -> Option<Reason> {
    let all = options(rest).0;
    let from = all.iter().find_map(|option| option.strip_prefix("--from="))?.trim_matches(['"', '\'']);
    let words: Vec<String> = super::shell::words(&script(rest));
    let (to, sources) = words.split_last()?;
    let is_top = |path: &str| matches!(normal(path).trim_end_matches("/*"), "" | "." | "*" | "usr" | "usr/local");
    let to = absolute(&stages.last()?.folder, to);
    let stage = stages.iter().find(|stage| stage.scope.name.eq_ignore_ascii_case(from));
    let stage = stage.or_else(|| stages.get(from.parse::<usize>().ok()?));
    let image = stage.map_or(from, |stage| &stage.image);
    let known = is_repository(image, &["golang", "library/golang", "tonistiigi/xx", "scratch"]);
    let over = is_top(&to) && sources.iter().any(|source| is_top(source));
    (over && !known && !image.contains('$')).then(|| reason!("image-laid-over", image = image))
}

/// Whether an image is of one of some repositories, on whatever host, with any tag or digest.
fn is_repository(image: &str, known: &[&str]) -> bool {
    let path = image.split('@').next().unwrap_or(image);
    let path = path.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(path, |(path, _)| path);
    known.iter().any(|known| path == *known || path.ends_with(&format!("/{known}")))
}

/// What reads the file in the place of Docker's own reader (Dockerfile reference, Parser directives: syntax).
fn foreign_frontend(text: &str) -> Option<Reason> {
    let directives =
        text.trim_start_matches('\u{feff}').lines().map_while(|line| line.trim().strip_prefix('#')?.split_once('='));
    let (_, image) = directives.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("syntax"))?;
    let image = image.trim();
    let is_own = is_repository(image, &["docker/dockerfile", "docker/dockerfile-upstream"]);
    (!is_own).then(|| reason!("another-image-builder", image = image))
}

/// Settings and folders go on into a stage that begins from this one, and so do files that were put in place.
fn inherited(steps: &[Step]) -> Vec<Step> {
    steps.iter().filter(|s| !matches!(s, Step::Build { .. })).cloned().collect()
}

impl Stage {
    fn add(&mut self, line: u32, instruction: &str, rest: &str, from: &Given<'_>) {
        match instruction {
            "ONBUILD" => {
                if let Some((inner, rest)) = rest.trim().split_once(char::is_whitespace) {
                    self.add(line, &inner.to_ascii_uppercase(), rest, from);
                }
            }
            "ENV" => {
                for (name, value) in pairs(rest) {
                    self.scope.steps.push(Step::env(line, &name, &value));
                }
            }
            "ARG" => self.arguments(line, rest, from),
            "WORKDIR" => {
                self.folder = absolute(&self.folder, rest.trim());
                self.moved();
            }
            "COPY" | "ADD" => {
                self.copied(line, rest, from.library);
                self.left_out(line, rest, from);
            }
            "RUN" => {
                // What a command fetches or a mount gives may be the source; a release of Go is not.
                let is_go = rest.contains("/golang/go") || rest.contains("go.dev/dl/");
                let unpacks = ["tar ", "tar\n", "unzip"].iter().any(|word| rest.contains(word));
                let fetches =
                    unpacks || ["--mount", "git clone", "git fetch", "git pull"].iter().any(|w| rest.contains(w));
                if fetches && !is_go {
                    self.fill();
                }
                self.mounted(line, &options(rest).0, from.library);
                self.scope.steps.push(Step::run(line, &script(rest)));
            }
            // What the shell is begun with.
            "SHELL" => {
                let words = super::shell::words(&script(rest));
                let pairs = words.iter().filter_map(|word| word.split_once('='));
                self.scope.steps.extend(pairs.map(|(name, value)| Step::env(line, name, value)));
            }
            // The source may be mounted where the image is run.
            "CMD" | "ENTRYPOINT" => {
                self.fill();
                self.scope.steps.push(Step::run(line, &script(rest)));
            }
            _ => {}
        }
    }

    fn arguments(&mut self, line: u32, rest: &str, from: &Given<'_>) {
        for word in super::shell::words(rest) {
            let (name, default) = match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            let value = from.given.get(&name).cloned().or(default).or_else(|| from.globals.get(&name).cloned());
            let is_ours = super::flags::VARIABLES.contains(&name.as_str());
            if value.is_some() || is_ours {
                self.scope.steps.push(Step::Env { variable: Variable { line, name, value }, possible: false });
            }
        }
    }

    fn copied(&mut self, line: u32, rest: &str, library: &Library<'_>) {
        let is_other = options(rest).0.iter().any(|option| option.starts_with("--from"));
        let words: Vec<String> = super::shell::words(&script(rest));
        self.fill();
        let Some((to, from)) = words.split_last() else { return };
        let target = absolute(&self.folder, to);
        if super::edits::replaces_go_command(from, &target) {
            let from = from.first().map_or("", String::as_str);
            self.scope.steps.push(Step::run(line, &format!("cp '{from}' '{target}'")));
        }
        if let Some(change) = self.overwritten(from, &target, is_other) {
            self.scope.steps.push(Step::run(line, &change));
        }
        // In a folder a file from elsewhere has the last part of its address as its name.
        let fetched = from.iter().filter(|from| from.contains("://") && (to.ends_with('/') || normal(to).is_empty()));
        for address in fetched {
            let path = address.split(['?', '#']).next().unwrap_or(address);
            let put = format!("{target}/{}", path.rsplit('/').next().unwrap_or(path));
            let change = self.overwritten(std::slice::from_ref(address), &put, is_other);
            self.scope.steps.extend(change.map(|change| Step::run(line, &change)));
        }
        if is_other {
            return;
        }
        self.laid_over(line, from, &target, library);
        // The folder of a user's settings.
        if target.ends_with("/.config") {
            self.scope.steps.extend(from.iter().map(|path| Step::Settings { path: format!("{path}/go/env") }));
        }
        // Where the Go command looks for settings: $GOROOT/go.env and the user's go/env (`go help environment`).
        if target.ends_with("/go.env") || target.ends_with("/go/env") {
            self.scope.steps.extend(from.iter().map(|path| Step::Settings { path: path.clone() }));
        }
        // A repository of others over it.
        let is_repository = |from: &String| from.contains("://") && from.contains(".git") || from.starts_with("git@");
        if self.root.as_deref().is_some_and(|root| normal(root) == normal(&target)) && from.iter().any(is_repository) {
            let why = reason!("commands-fetched", command = rest.trim());
            self.scope.steps.push(Step::Unread { line, why });
        }
        if self.root.is_some() && from.iter().all(|f| !normal(f).is_empty()) {
            return;
        }
        let (single, folder) =
            (normal(from.first().map_or("", String::as_str)), to.ends_with('/') || normal(to).is_empty());
        self.root = match () {
            () if single.is_empty() => Some(target),
            // `COPY go.mod go.sum ./`
            () if folder && from.iter().all(|f| !normal(f).contains('/')) && single.contains("go.") => Some(target),
            () => target.strip_suffix(&format!("/{single}")).map(str::to_owned).or(self.root.take()),
        };
        self.moved();
    }

    /// What the Go command would read of the context, and does not find in the image.
    fn left_out(&mut self, line: u32, rest: &str, from: &Given<'_>) {
        let words = super::shell::words(&script(rest));
        let is_whole = words.split_last().is_some_and(|(_, from)| from.iter().any(|path| normal(path).is_empty()));
        let Some(ignore) = from.ignore.as_deref().filter(|_| is_whole && !rest.contains("--from")) else { return };
        for (path, word) in [("vendor/modules.txt", "vendor"), ("go.sum", "go.sum")] {
            if from.library.paths.contains(path) && is_ignored(ignore, path) {
                self.scope.steps.push(Step::run(line, &format!(".dockerignore {word}")));
            }
        }
    }

    /// Folders of the context whose files come over those of the source, and archives that are unpacked there (Dockerfile reference, ADD).
    fn laid_over(&mut self, line: u32, from: &[String], target: &str, library: &Library<'_>) {
        let Some(root) = self.root.clone() else { return };
        let inside =
            target.strip_prefix(root.trim_end_matches('/')).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(inside) = inside.map(normal) else { return };
        for from in from.iter().map(|from| normal(from)).filter(|from| !from.is_empty() && *from != inside) {
            if library.paths.contains(&from) {
                if [".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2"].iter().any(|end| from.ends_with(end)) {
                    self.scope.steps.push(Step::run(
                        line,
                        &format!("tar -xf '{from}' -C '{}'", if inside.is_empty() { "." } else { &inside }),
                    ));
                }
                let name = from.rsplit('/').next().unwrap_or(&from);
                let to = normal(&format!("{inside}/{name}"));
                if is_source(name) && to != from && library.paths.contains(&to) {
                    self.scope
                        .steps
                        .push(Step::run(line, &format!("cp '{from}' '{}/{to}'", root.trim_end_matches('/'))));
                }
                continue;
            }
            let start = format!("{from}/");
            for path in library.paths.range(start.clone()..).take_while(|path| path.starts_with(&start)) {
                let to = normal(&format!("{inside}/{}", &path[start.len()..]));
                let name = to.rsplit('/').next().unwrap_or(&to);
                if is_source(name) && library.paths.contains(&to) {
                    self.scope
                        .steps
                        .push(Step::run(line, &format!("cp '{path}' '{}/{to}'", root.trim_end_matches('/'))));
                }
            }
        }
    }

    /// The command that a copy onto a module file or a Go file is, where what is copied is not the file itself.
    fn overwritten(&self, from: &[String], target: &str, is_other: bool) -> Option<String> {
        let [from] = from else { return None };
        let name = target.rsplit('/').next().unwrap_or_default();
        if !is_source(name) {
            return None;
        }
        if is_other {
            return self.root.is_some().then(|| format!("cp '{from}' '{target}'"));
        }
        if from.contains("://") {
            return Some(format!("curl -o '{target}' '{from}'"));
        }
        let inside = self.root.as_deref().and_then(|root| target.strip_prefix(root.trim_end_matches('/')));
        let same = match inside {
            Some(inside) => normal(inside) == normal(from),
            None => from.rsplit('/').next() == Some(name),
        };
        (!same).then(|| format!("cp '{from}' '{target}'"))
    }

    fn fill(&mut self) {
        if !std::mem::replace(&mut self.filled, true) {
            self.moved();
        }
    }

    /// The working folder, relative to the source root.
    pub(super) fn moved(&mut self) {
        if !self.filled {
            return;
        }
        // The source lies below it.
        let below = self.root.as_deref().and_then(|root| root.strip_prefix(self.folder.trim_end_matches('/')));
        if let Some(below) = below.map(normal).filter(|below| !below.is_empty()) {
            self.scope.steps.push(Step::Copy { folder: below });
        }
        let path = self.root.as_deref().and_then(|root| {
            let rest = self.folder.strip_prefix(root.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then(|| normal(rest))
        });
        self.scope.steps.push(Step::Folder { path });
    }
}

/// A file by whose content a build is another one.
pub(super) fn is_source(name: &str) -> bool {
    super::edits::is_module_file(name) || name.ends_with(".go")
}

pub(super) fn absolute(folder: &str, path: &str) -> String {
    match path.starts_with('/') {
        true => format!("/{}", normal(path)),
        false => format!("/{}", normal(&format!("{folder}/{path}"))),
    }
}

/// `NAME=value NAME2="v 2"`, or the older `NAME value`.
fn pairs(rest: &str) -> Vec<(String, String)> {
    let words = super::shell::words(rest);
    if words.first().is_some_and(|first| !first.contains('=')) {
        let name = words.first().cloned().unwrap_or_default();
        let value = words.get(1..).map(|rest| rest.join(" ")).unwrap_or_default();
        return if value.is_empty() { vec![] } else { vec![(name, value)] };
    }
    words.iter().filter_map(|w| w.split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}
