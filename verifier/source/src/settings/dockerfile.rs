//! Dockerfiles: one scope per stage, what it is built from first (Dockerfile reference: FROM, ARG, ENV, WORKDIR, COPY, RUN, SHELL).

use super::delivered::{OUTSIDE, normal};
use super::expand;
use super::ignored::is_ignored;
use super::library::Library;
use super::model::{Scope, Step, Variable};
use assize_facts::reason;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A stage, and where it is in the image.
struct Stage {
    scope: Scope,
    /// Absolute.
    folder: String,
    /// Where the source root was copied to; absolute.
    root: Option<String>,
    /// Something of the source may be in it.
    filled: bool,
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
                let stage = match parent {
                    Some(parent) => Stage {
                        scope: Scope::new(name.copied().unwrap_or(""), inherited(&parent.scope.steps)),
                        folder: parent.folder.clone(),
                        root: parent.root.clone(),
                        filled: parent.filled,
                    },
                    None => Stage {
                        scope: Scope::new(
                            name.copied().unwrap_or(""),
                            vec![Step::Folder { path: Some(OUTSIDE.to_owned()) }],
                        ),
                        folder: "/".into(),
                        root: None,
                        filled: false,
                    },
                };
                stages.push(stage);
            }
            _ => match stages.last_mut() {
                Some(stage) => stage.add(
                    line,
                    &instruction,
                    &rest,
                    &Given { globals: &globals, given, library, ignore: ignore.clone() },
                ),
                None if instruction == "ARG" => {
                    for (name, value) in pairs(&rest) {
                        globals.entry(name).or_insert(value);
                    }
                }
                None => {}
            },
        }
    }
    stages.into_iter().map(|stage| stage.scope).collect()
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
                self.mounted(line, rest);
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
        let is_other = rest.split_whitespace().any(|w| w.starts_with("--from"));
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

    /// Folders of a bind mount in the place of others of the source (Dockerfile reference: RUN --mount=type=bind).
    fn mounted(&mut self, line: u32, rest: &str) {
        for mount in rest.split_whitespace().take_while(|w| w.starts_with("--")) {
            let Some(options) = mount.strip_prefix("--mount=") else { continue };
            let value = |names: &[&str]| {
                let mut pairs = options.split(',').filter_map(|pair| pair.split_once('='));
                pairs.find(|(name, _)| names.contains(name)).map(|(_, value)| value.trim_matches(['"', '\'']))
            };
            // What the caller of the build gives (Dockerfile reference, RUN --mount=type=secret).
            if let Some(name) = value(&["env"]).filter(|name| super::flags::VARIABLES.contains(name)) {
                let variable = Variable { line, name: name.to_owned(), value: None };
                self.scope.steps.push(Step::Env { variable, possible: true });
            }
            if value(&["type"]).is_some_and(|kind| kind != "bind") {
                continue;
            }
            let Some(target) = value(&["target", "dst", "destination"]) else { continue };
            let (from, target) = (value(&["source", "src"]).unwrap_or(""), absolute(&self.folder, target));
            let inside = self.root.as_deref().and_then(|root| target.strip_prefix(root.trim_end_matches('/')));
            let other = value(&["from"]).is_some();
            if !other && normal(from).is_empty() && self.root.is_none() {
                self.root = Some(target.clone());
                self.moved();
            }
            if inside.is_some_and(|inside| !inside.is_empty() && (other || normal(inside) != normal(from))) {
                let single = is_source(target.rsplit('/').next().unwrap_or_default());
                let target = if single { target } else { format!("{target}/mounted.go") };
                self.scope.steps.push(Step::run(line, &format!("cp '{from}' '{target}'")));
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
    fn moved(&mut self) {
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
fn is_source(name: &str) -> bool {
    super::edits::is_module_file(name) || name.ends_with(".go")
}

fn absolute(folder: &str, path: &str) -> String {
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

/// The shell text of a RUN: options left out, the exec form joined into words.
fn script(rest: &str) -> String {
    let mut rest = rest.trim_start();
    while rest.starts_with("--") {
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest).trim_start();
    }
    if !rest.starts_with('[') {
        return rest.into();
    }
    let inner = rest.trim_end().trim_start_matches('[').trim_end_matches(']');
    let words: Vec<String> = inner.split("\",").map(|w| w.trim().trim_matches('"').replace("\\\"", "\"")).collect();
    match words.as_slice() {
        // ["sh", "-c", "…"]: the last word is itself a script.
        [shell, flag, script] if shell.ends_with("sh") && flag == "-c" => script.clone(),
        words => words.iter().map(|w| format!("'{w}'")).collect::<Vec<_>>().join(" "),
    }
}

/// Instructions with their lines, continuation lines joined (by a line break where a here-document follows).
fn instructions(text: &str) -> Vec<(u32, String, String)> {
    let escape = escape(text);
    let mut all: Vec<(u32, String, String)> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let Some((instruction, rest)) = trimmed.split_once(char::is_whitespace) else { continue };
        let mut rest = rest.to_owned();
        while let Some(before) = rest.trim_end().strip_suffix(escape) {
            let Some((_, more)) = lines.next() else { break };
            // Comments between continued lines are no part of the instruction.
            if more.trim_start().starts_with('#') {
                continue;
            }
            // The shell joins lines by its own character.
            rest = format!("{before}\\\n{more}");
        }
        let instruction = instruction.to_ascii_uppercase();
        let of = match instruction.as_str() {
            "ONBUILD" => rest.split_whitespace().next().unwrap_or_default().to_ascii_uppercase(),
            _ => instruction.clone(),
        };
        // No other instruction has them (BuildKit, dockerfile/parser, heredocDirectives).
        let marks = if matches!(of.as_str(), "RUN" | "COPY" | "ADD") { heredocs(&rest) } else { vec![] };
        let documents: Vec<(&str, String)> = marks
            .iter()
            .map(|(mark, tabs)| {
                let own =
                    |more: &'_ str| if *tabs { more.trim_start_matches('\t').to_owned() } else { more.to_owned() };
                let document = lines.by_ref().map(|(_, more)| own(more)).take_while(|more| more != mark);
                (mark.as_str(), document.collect::<Vec<_>>().join("\n"))
            })
            .collect();
        if !documents.is_empty() {
            let to = rest.split_whitespace().last().unwrap_or_default().to_owned();
            if of != "RUN" && !to.starts_with("<<") {
                // Files of the image's own text.
                for (mark, document) in &documents {
                    let to = if to.ends_with('/') { format!("{to}{mark}") } else { to.clone() };
                    all.push((number as u32 + 1, "RUN".into(), format!("cat > {to} <<'{mark}'\n{document}\n{mark}")));
                }
                continue;
            }
            let whole = || documents.iter().map(|(mark, document)| format!("\n{document}\n{mark}")).collect::<String>();
            rest = match (of.as_str(), documents.as_slice()) {
                // The document alone is the script; else it is what some program reads.
                ("RUN", [(mark, document)]) if instruction == "RUN" && is_document_alone(&rest) => {
                    match super::shell::interpreter(document) {
                        Some(program) => format!("{program} <<'{mark}'\n{document}\n{mark}"),
                        None => document.clone(),
                    }
                }
                ("RUN", _) => format!("{rest}{}", whole()),
                _ => rest.replacen("<<-", "<<", 1).replacen("<<", "here-document-", 1),
            };
        }
        all.push((number as u32 + 1, instruction, rest));
    }
    all
}

/// `RUN <<EOF`, with options or without; what stands behind the mark is another command's.
fn is_document_alone(rest: &str) -> bool {
    let script = script(rest);
    script.starts_with("<<") && script.split_whitespace().nth(1).is_none()
}

/// The directive `# escape=`: directives stand before everything else, comments too (BuildKit, dockerfile/parser, directives.go).
fn escape(text: &str) -> char {
    let directive = |line: &str| {
        let (name, value) = line.strip_prefix('#')?.split_once('=')?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        let is_name =
            name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(|b| b.is_ascii_alphanumeric());
        (is_name && !value.is_empty()).then(|| (name, value.to_owned()))
    };
    let found = text.lines().map_while(directive).find(|(name, _)| name == "escape");
    found.and_then(|(_, value)| value.chars().next()).filter(|c| *c == '`').unwrap_or('\\')
}

/// `RUN <<EOF`, `RUN bash <<-"EOF"`, `COPY <<EOF file`: the marks that end the documents, and whether tabs before their lines are none of
/// them (Dockerfile reference, Here-Documents).
fn heredocs(rest: &str) -> Vec<(String, bool)> {
    // They begin a word outside of quotes; `1<<n` in a text is arithmetic.
    let begins = |at: &usize| {
        let before = &rest[..*at];
        let outside = ['"', '\''].iter().all(|quote| before.matches(*quote).count() % 2 == 0);
        outside
            && before
                .trim_end_matches(|c: char| c.is_ascii_digit())
                .ends_with(|c: char| c.is_whitespace() || c == '&' || c == ';')
    };
    let begin = rest.match_indices("<<").map(|(at, _)| at);
    let all = begin.filter(|at| (*at == 0 || begins(at)) && !rest[at + 2..].starts_with('<'));
    let mark = |at: usize| {
        let (behind, tabs) = (&rest[at + 2..], rest[at + 2..].starts_with('-'));
        let mark = behind.trim_start_matches('-');
        let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '"' | '\'');
        let mark = mark.starts_with(begins).then_some(mark)?;
        let mark = mark.split(|c: char| c.is_whitespace() || ";|&)>".contains(c)).next()?.trim_matches(['"', '\'']);
        (!mark.is_empty()).then(|| (mark.to_owned(), tabs))
    };
    all.filter_map(mark).collect()
}
