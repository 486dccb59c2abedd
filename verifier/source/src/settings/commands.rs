//! Carrying out shell commands as far as they set something, change something or build.

use super::assignments::{assigned, is_for_settings, pairs, prefix};
use super::containers::in_service;
use super::cut;
use super::delivered::OUTSIDE;
use super::evaluate::{DEEPEST, MOST, State};
use super::expand;
use super::fetched::fetches;
use super::printed::Here;
use super::reads::Part;
use super::shell::{Command, ELEMENT, Joined, Node, QUOTED, plain};
use super::state::{Function, Held, Sure};
use super::wrappers::{WRAPPERS, Wrapped, wrapped};
use crate::build::split;
use crate::hashed::HashSet;
use assize_facts::kinds::inventory::BuildFile;
use std::cell::OnceCell;
use std::ops::Deref;
use std::rc::Rc;

/// Commands that set, change and build nothing.
const IDLE: &[&str] = &[
    "echo", "printf", "return", "exit", "test", "[", "[[", "true", "false", "read", "shift", "date", "basename",
    "dirname", "sleep", "cat", "grep", "wc", "head", "tail", "tr", "cut", "sort", "uniq", ":", "for", "case", "tput",
    "wait", "break", "continue", "uname", "hostname", "which", "type", "caller", "pwd", "stat", "ls", "seq", "hash",
    "shopt",
];

/// Functions that one calls, through others, are looked through up to so many.
const MOST_CALLED: usize = 200;

impl State<'_> {
    /// Shell text in the shell that is there.
    pub fn script(&mut self, line: u32, text: &str) {
        let script = self.library.script(text);
        self.scope.cut |= script.cut;
        // Lists of commands of different scripts are different lists.
        let base = self.lists;
        self.lists += 1 + u64::from(u32::MAX);
        self.nodes(line, &script.nodes, base, false);
    }

    fn nodes(&mut self, line: u32, nodes: &[Node], base: u64, conditional: bool) {
        for node in nodes {
            self.scope.count += 1;
            if !self.library.follow(1) || self.scope.count > MOST || self.depth > DEEPEST {
                self.scope.cut = true;
                return;
            }
            match node {
                Node::Command(command) => self.command(line, command, base, conditional),
                Node::Subshell(inner) => {
                    let before = self.shell.mark();
                    self.nodes(line, inner, base, conditional);
                    self.shell.back(before);
                }
                Node::Function { name, body } => {
                    let (file, home, tool) = (self.file.clone(), self.home.clone(), self.tool);
                    let function = Function { file, home, tool, line, body: body.clone() };
                    if !self.shell.define(name, function) {
                        self.results.idle.clear();
                    }
                }
            }
        }
    }

    /// Functions of this file that nothing called: what calls them is not seen.
    pub fn uncalled(&mut self) {
        for name in self.shell.functions_of(&self.file) {
            let id = self.shell.name(&name);
            self.shell.reads_around(|| Part::Called(id));
            if !self.scope.called.contains(&id) {
                let before = self.shell.mark();
                self.either(|state| state.function(&name, &[]));
                self.shell.back(before);
            }
        }
    }

    /// `alias NAME='command'`: a function that hands on what it is given.
    fn aliases(&mut self, words: &[String]) {
        for (name, text) in words[1..].iter().filter_map(|word| word.split_once('=')) {
            let text = plain(text);
            // In itself its name is the command's (POSIX, XCU 2.3.1).
            let word = |word: &str| if word.trim() == name { format!("command {word}") } else { word.to_owned() };
            let text: String = text.split_inclusive(char::is_whitespace).map(word).collect();
            // Kept as other texts are: bodies are known by where they are.
            let body = self.library.script(&format!("{text} \"$@\"")).nodes.clone();
            let (file, home, tool) = (self.file.clone(), self.home.clone(), self.tool);
            let function = Function { file, home, tool, line: 0, body };
            if !self.shell.define(name, function) {
                self.results.idle.clear();
            }
            // Whoever defines it need not use it.
            self.scope.called.push(self.shell.name(name));
        }
    }

    /// Whether nothing in some commands could set, change or build anything: functions that print, and the like.
    fn is_idle(&self, nodes: &[Node], names: &mut HashSet<String>) -> bool {
        nodes.iter().all(|node| match node {
            Node::Function { .. } => false,
            Node::Subshell(inner) => self.is_idle(inner, names),
            Node::Command(command) => {
                let word = command.words.first().map_or("", String::as_str);
                let declares = word == "local" && !command.words.iter().any(|w| w.starts_with('-') && w.contains('x'));
                let writes =
                    command.into.as_deref().is_some_and(|into| into.contains("GITHUB_ENV") || into.contains('.'));
                let reads = word == "read" && (command.from.is_some() || command.document.is_some());
                if IDLE.contains(&word) || declares {
                    return !writes && !reads;
                }
                match self.shell.function(word) {
                    Some(_) if names.contains(word) => true,
                    // One that calls so many others is carried out, which has its own bounds.
                    Some(_) if names.len() >= MOST_CALLED || !self.library.follow(1) => false,
                    Some(function) => {
                        names.insert(word.to_owned());
                        self.is_idle(&function.body, names)
                    }
                    None => false,
                }
            }
        })
    }

    fn function(&mut self, name: &str, arguments: &[String]) {
        let Some(Function { file, home, tool, line, body }) = self.shell.function(name).cloned() else { return };
        if self.depth >= DEEPEST || self.scope.count > MOST || self.library.is_exhausted() {
            self.scope.cut = true;
            return;
        }
        self.scope.called.push(self.shell.name(name));
        let known = Rc::as_ptr(&body) as usize;
        let (idle, seen) = match self.results.idle.get(&known).cloned() {
            Some(found) => found,
            None => {
                let (idle, seen) = self.shell.reads(|| self.is_idle(&body, &mut HashSet::from_iter([name.to_owned()])));
                let found = (idle, Rc::new(seen));
                self.results.idle.insert(known, found.clone());
                found
            }
        };
        self.shell.read_again(seen.iter().copied());
        if idle {
            return;
        }
        // Other functions may have the name elsewhere.
        let mark = format!("{name}()");
        let Some(begun) = self.begin(&mark, &format!("{known:x}:{line} {}", arguments.join("\0"))) else { return };
        self.depth += 1;
        let kept = self.parameters(arguments);
        let here = (std::mem::replace(&mut self.file, file), std::mem::replace(&mut self.home, home), self.tool);
        self.tool = tool;
        let base = self.lists;
        self.lists += 1 + u64::from(u32::MAX);
        self.nodes(line, &body, base, false);
        (self.file, self.home, self.tool) = here;
        self.shell.give_variables(kept);
        self.depth -= 1;
        self.end(begun);
    }

    fn command(&mut self, base_line: u32, command: &Command, base: u64, conditional: bool) {
        let line = base_line + command.line;
        let list = base + 1 + u64::from(command.list);
        let sure = match (command.conditional || conditional, command.joined) {
            (true, _) | (_, Some(Joined::Or)) => Sure::Maybe,
            (false, Some(Joined::And)) => Sure::InList(list),
            (false, None) => Sure::Always,
        };
        for (name, value) in expand::given_by_default(&command.words) {
            let shown = Shown { words: &command.words, text: OnceCell::new() };
            self.set(line, name, Some(value.to_owned()), Some(&shown), false, Sure::Maybe);
        }
        if self.does_nothing(command) {
            return;
        }
        let words = self.expanded(&command.words, list);
        let values = Here { state: self, list };
        let into = command.into.as_ref().map(|into| expand::text(into, &values));
        let (into, from) = (into.as_ref(), command.from.as_deref());
        let run = Run { line, list, sure, into, from, document: command.document.as_deref(), command };
        self.run(words, &run);
    }

    /// Whether a command is one that neither sets, changes nor builds anything, whatever its words become.
    fn does_nothing(&self, command: &Command) -> bool {
        let [first, ..] = command.words.as_slice() else { return false };
        let is_given = command.from.is_some() || command.document.is_some();
        let sets = matches!(first.as_str(), "for" | "cat" | "shift")
            || first == "printf" && command.words.iter().any(|w| w != first)
            || first == "read" && is_given;
        let idle = IDLE.contains(&first.as_str()) && !sets && command.into.is_none();
        idle && self.depth < DEEPEST && self.shell.function(first).is_none()
    }

    /// Whether a folder is surely none of the source: that of the machine for what lasts a while, or that of a user. In an image the source may
    /// lie anywhere.
    fn is_outside(&self, target: &str) -> bool {
        const FOLDERS: [&str; 9] =
            ["/", "/tmp", "/var/tmp", "~", "$HOME", "${HOME}", "$TMPDIR", "$(mktemp -d)", "$RUNNER_TEMP"];
        self.tool != BuildFile::Dockerfile && FOLDERS.contains(&plain(target).trim_matches('"'))
    }

    /// Words with what is known put in; an assignment stays one word.
    fn expanded(&self, words: &[String], list: u64) -> Vec<String> {
        let values = Here { state: self, list };
        let with_values = with_values(words);
        let words = with_values.as_deref().unwrap_or(words);
        let declares = words.first().is_some_and(|word| matches!(word.as_str(), "export" | "declare" | "typeset"));
        let mut out = Vec::new();
        for word in words {
            match assigned(word) {
                Some((name, value)) if value.starts_with(ELEMENT) => {
                    out.push(format!("{name}={}", expand::elements(value, &values)));
                }
                Some(_) => out.push(expand::text(word, &values)),
                // Any of the values that a loop gives in its turn.
                None if declares && word.starts_with(QUOTED) && !word.contains("[@]") => {
                    out.extend(expand::each(&plain(word), &values))
                }
                None if expand::is_written_out(word) => out.push(word.clone()),
                None => out.extend(expand::words(word, &values)),
            }
        }
        out
    }

    pub(super) fn run(&mut self, all: Vec<String>, run: &Run<'_>) {
        let shown = Shown { words: &all, text: OnceCell::new() };
        let (own, words) = prefix(&all);
        self.note_written(words, run);
        if run.into.is_some() || words.first().is_some_and(|word| word == "tee" || fetches(word)) {
            self.note_text(words, run);
        }
        let Some(program) = words.first() else {
            for (name, value) in &own {
                self.assign(run, name, value, &shown, false);
            }
            return;
        };
        self.depth += 1;
        if self.depth <= DEEPEST {
            self.program(program, words, &own, &shown, run);
        } else {
            self.scope.cut = true;
        }
        self.depth -= 1;
    }

    fn program(&mut self, program: &str, words: &[String], own: &[(String, String)], shown: &Shown<'_>, run: &Run<'_>) {
        match split(program).1 {
            "export" | "declare" | "typeset" | "readonly" | "local" => self.declaration(words, shown, run),
            "unset" => {
                for name in &words[1..] {
                    self.shell.hold(name, Held { value: None, seen: vec![], sure: run.sure });
                }
            }
            "set" => self.options(words),
            "shift" => self.shift(words, run),
            "for" => self.loop_variable(words, run),
            "cd" | "pushd" => {
                let target =
                    words.iter().skip(1).find(|w| *w != "--" && *w != "-P" && *w != "-L").map_or("", String::as_str);
                self.shell.remember_place();
                let meant =
                    || self.folder_meant(target).or_else(|| self.is_outside(target).then(|| OUTSIDE.to_owned()));
                self.shell.move_to(self.in_clone(target).unwrap_or_else(meant));
            }
            "git" if words.get(1).is_some_and(|w| w == "clone") => self.clone_of(&plain_all(words)),
            "popd" => self.shell.move_back(),
            "eval" => self.script(run.line, &plain(&words[1..].join(" "))),
            "source" | "." => self.sourced(words, run),
            "trap" if words.get(1).is_some_and(|text| text.contains(' ')) => {
                let before = self.shell.mark();
                self.script(run.line, &plain(&words[1]));
                self.shell.back(before);
            }
            "alias" => self.aliases(words),
            "cp" | "mv" | "ln" | "install"
                if words.last().is_some_and(|to| to.ends_with("/go/env") || to.ends_with("/go.env")) =>
            {
                words[1..words.len() - 1].iter().filter(|w| !w.starts_with('-')).for_each(|from| {
                    self.settings_file(&plain(from));
                });
            }
            // Of direnv.
            "source_env" | "source_env_if_exists" => self.sourced(words, run),
            "dotenv" | "dotenv_if_exists" => {
                self.settings_file(words.get(1).map_or(".env", String::as_str));
            }
            "read" | "mapfile" | "readarray" => self.taken_in(words, run),
            "sh" | "bash" | "zsh" | "dash" | "ash" | "ksh" => self.other_shell(words, own, run),
            name if is_go(name) && self.shell.function(name).is_none() => {
                self.go(run.line, &plain_all(words), own, run.list);
            }
            "command" | "builtin" if words.get(1).is_some_and(|w| is_go(w)) => {
                self.go(run.line, &plain_all(&words[1..]), own, run.list);
            }
            "find" => self.found(words, own, run),
            "docker" | "podman" | "nerdctl" if words.get(1).is_some_and(|w| w == "run" || w == "exec") => {
                self.in_container(words, run);
            }
            "docker" | "podman" | "nerdctl" | "docker-compose" | "podman-compose" if in_service(words).is_some() => {
                let words = [&words[..1], in_service(words).unwrap_or_default()].concat();
                self.in_container(&words, run);
            }
            // It wraps the compiler (`go help build`, -toolexec).
            "garble" if words.get(1).is_some_and(|w| w == "build") => {
                let mut wrapped = vec!["go".into(), "build".into(), "-toolexec=garble".into()];
                wrapped.extend(plain_all(&words[2..]));
                self.go(run.line, &wrapped, own, run.list);
            }
            "docker" | "podman" | "buildah" | "nerdctl" if super::images::is_given(words) => {
                self.exported_apart(own, shown, run, |state| state.image_given(&plain_all(words), run));
            }
            "make" | "gmake" | "goreleaser" | "task" | "docker" | "podman" | "buildah" | "nerdctl"
                if program != "buildah" || words.get(1).is_some_and(|word| word != "run") =>
            {
                self.exported_apart(own, shown, run, |state| state.tools(run.line, &plain_all(words)));
            }
            // A shell that the environment names (POSIX, XBD 8.3).
            _ if program.starts_with('$') && words.get(1).is_some_and(|word| takes_text(program, word)) => {
                self.other_shell(words, own, run);
            }
            // What it prints stands before a command, or is one; a variable that is not set is nothing.
            _ if program.starts_with('$') && (program.ends_with(')') || !program.contains('/')) => {
                self.unread_of_tree(run, program);
                if words.len() > 1 {
                    self.run([pairs(own), words[1..].to_vec()].concat(), run);
                }
            }
            name if self.shell.function(name).is_some() => {
                let kept = self.shell.some_variables(own.iter().map(|(name, _)| name.as_str()));
                self.exported_for(own, shown, run);
                self.function(name, &words[1..]);
                self.shell.give_variables(kept);
            }
            "xargs" if !program.contains('/') || program.starts_with('/') => self.xargs(words, own, run),
            "parallel" if !program.contains('/') || program.starts_with('/') => self.parallel(words, own, shown, run),
            name if WRAPPERS.contains(&name) => match wrapped(name, words) {
                Wrapped::Script(text) => {
                    self.exported_apart(own, shown, run, |state| state.script(run.line, &plain(&text)))
                }
                // A file of the tree may have the name of one: whether it runs the words behind it, it alone tells.
                Wrapped::Words(rest) if program.contains('/') && !program.starts_with('/') => {
                    if !rest.is_empty() {
                        self.run([pairs(own), rest.to_vec()].concat(), run);
                    }
                    self.exported_apart(own, shown, run, |state| state.called_file(program, &words[1..]));
                }
                Wrapped::Words([]) => drop(self.edited(program, words, shown, run)),
                Wrapped::Words(rest) => self.run([pairs(own), rest.to_vec()].concat(), run),
            },
            "echo" | "printf" if is_for_settings(words, run) => {
                for word in words[1..].iter().flat_map(|w| w.split("\\n")) {
                    self.written(run, word, shown);
                }
            }
            name if is_for_settings(words, run) => {
                match self.handed_on(name, words, run) {
                    Some(text) => text.lines().for_each(|line| self.written(run, line, shown)),
                    None => self.unread_of_tree(run, &format!("$({})", plain(&words.join(" ")))),
                }
                self.edited(program, words, shown, run);
            }
            "printf" if words.get(1).is_some_and(|w| w == "-v") && words.len() > 3 => {
                let text = words[3..].iter().filter(|w| !w.contains('%')).cloned().collect::<Vec<_>>().join(" ");
                self.assign(run, &words[2], &text, shown, false);
            }
            _ => {
                if self.foreign(words, own, shown, run) || self.edited(program, words, shown, run) {
                    // It is told.
                } else if let Some(words) = self.interpreted(program, words) {
                    self.foreign(&words, own, shown, run);
                } else if self.is_script(program) {
                    self.exported_apart(own, shown, run, |state| state.called_file(program, &words[1..]));
                }
            }
        }
    }
}

/// A command as it is shown; most are not.
pub(super) struct Shown<'w> {
    pub words: &'w [String],
    pub text: OnceCell<String>,
}

impl Deref for Shown<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.text.get_or_init(|| cut(&plain(&self.words.join(" "))))
    }
}

/// A command as it is carried out.
pub(super) struct Run<'c> {
    pub line: u32,
    pub list: u64,
    pub sure: Sure,
    pub into: Option<&'c String>,
    pub from: Option<&'c str>,
    pub document: Option<&'c str>,
    pub command: &'c Command,
}

/// `$SHELL -c TEXT`; of another language's program it is that language's text.
fn takes_text(program: &str, option: &str) -> bool {
    const OTHERS: [&str; 5] = ["PY", "PERL", "RUBY", "NODE", "LUA"];
    let name = program.to_ascii_uppercase();
    let short = option.starts_with('-') && !option.starts_with("--");
    short && option.ends_with('c') && !OTHERS.iter().any(|other| name.contains(other))
}

/// Words with the values that are surely those of the flags before them, since they stand in quotes (`-ldflags "$(cat F)"`), behind `=`.
fn with_values(words: &[String]) -> Option<Vec<String>> {
    const FLAGS: [&str; 5] = ["-asmflags", "-gccgoflags", "-gcflags", "-ldflags", "-tags"];
    if !words.iter().any(|word| word.starts_with('-') && FLAGS.contains(&word.as_str())) {
        return None;
    }
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        match out.last_mut() {
            Some(flag) if FLAGS.contains(&flag.as_str()) && word.starts_with(QUOTED) && !word.contains('$') => {
                flag.push('=');
                flag.push_str(word);
            }
            _ => out.push(word.clone()),
        }
    }
    Some(out)
}

pub(super) fn plain_all(words: &[String]) -> Vec<String> {
    words.iter().map(|w| plain(w)).collect()
}

/// `go`, `go1.26.8`, and what a makefile that names no value calls `$(GO)`.
fn is_go(name: &str) -> bool {
    // `go1.26.8`, `go1.27rc1`, `go-1.26`, and the one of the development branch (golang.org/dl).
    let is_number = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || ".rcbeta".contains(c));
    let numbered = name.strip_prefix("go1.").or_else(|| name.strip_prefix("go-1.")).is_some_and(is_number);
    // `xx-go` calls it for the platform that an image is built for (tonistiigi/xx).
    matches!(name, "go" | "go.exe" | "gotip" | "xx-go")
        || numbered
        || [
            "$GO",
            "${GO}",
            "$GOCMD",
            "${GOCMD}",
            "${GO_CMD}",
            "$GO_CMD",
            "${GOBIN}/go",
            "$(which go)",
            "$(command -v go)",
        ]
        .contains(&name)
}
