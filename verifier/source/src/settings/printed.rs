//! What commands print whose output stands in the place of words, or is what another command reads: files of the tree that are handed
//! on as they are, and words. Nothing else is known.

use super::commands::Run;
use super::evaluate::State;
use super::expand::{self, Values};
use super::flags::VARIABLES;
use super::foreign::RISKY;
use super::reads::Part;
use super::shell::{Command, Node, Script, plain};
use super::state::{Held, Sure};
use assize_facts::reason;
use std::rc::Rc;

/// Variables and what commands print, as commands of one list see them.
pub(super) struct Here<'s, 'l> {
    pub state: &'s State<'l>,
    pub list: u64,
}

impl Values for Here<'_, '_> {
    fn values(&self, name: &str) -> Vec<Rc<str>> {
        let mut values: Vec<Rc<str>> = Vec::new();
        let meant = self.state.variable_meant(name, self.list);
        for held in self.state.shell.held(meant.as_deref().unwrap_or(name), self.list) {
            match &held.value {
                Some(value) if !values.contains(value) => values.push(value.clone()),
                _ => {}
            }
        }
        values
    }

    fn printed(&self, command: &str) -> Option<String> {
        self.state.printed(command, self.list)
    }
}

/// Programs whose output is looked at, where it is their first command's.
const PRINTS: &[&str] = &["cat", "echo", "find", "printf", "grep", "egrep", "xargs"];
/// Programs that write the files that they are given.
const WRITES: &[&str] =
    &["cp", "mv", "install", "ln", "tee", "dd", "curl", "wget", "sed", "perl", "patch", "rsync", "sponge", "truncate"];

impl State<'_> {
    /// What a command or a pipe prints, without the line breaks at its end.
    pub(super) fn printed(&self, command: &str, list: u64) -> Option<String> {
        let command = command.trim();
        if let Some(path) = command.strip_prefix('<').filter(|path| !path.starts_with(['(', '<'])) {
            let words = super::shell::words(path);
            return self.texts(&words);
        }
        let first = command.split_whitespace().next()?;
        if !PRINTS.contains(&first) {
            return None;
        }
        let script = self.library.script(command);
        if script.cut {
            return None;
        }
        let mut text: Option<String> = None;
        for node in script.nodes.iter() {
            let command = match node {
                Node::Command(command) => command,
                // It stands in the place of a word.
                Node::Subshell(_) => continue,
                Node::Function { .. } => return None,
            };
            if command.joined.is_some() || command.list > 0 || command.into.is_some() {
                return None;
            }
            let values = Here { state: self, list };
            let words: Vec<String> = command.words.iter().flat_map(|word| expand::words(word, &values)).collect();
            let from = command.from.as_ref().map(|from| expand::text(from, &values));
            text = Some(self.passed(&words, text.as_deref(), from.as_ref())?);
        }
        text.map(|text| text.trim_end_matches(['\n', '\r']).to_owned())
    }

    /// What one command of a pipe makes of what it is given.
    fn passed(&self, words: &[String], given: Option<&str>, from: Option<&String>) -> Option<String> {
        let (program, rest) = words.split_first()?;
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let of_file = || self.texts(std::slice::from_ref(from?));
        let input = || given.map(str::to_owned).or_else(of_file);
        match (program.as_str(), rest.as_slice()) {
            // The name that is looked for, in the place of the files.
            ("find", _) => {
                let named = words.windows(2).find(|w| w[0] == "-name").map(|w| w[1].clone());
                named.filter(|name| super::edits::is_module_file(name))
            }
            ("cat", []) | ("sort" | "uniq", []) => input(),
            ("cat", files) if files.iter().all(|file| !file.starts_with('-')) && given.is_none() => {
                self.texts(&words[1..])
            }
            ("echo", ["-n" | "-e" | "-en" | "-ne", text @ ..]) => Some(text.join(" ")),
            ("echo", text) => Some(text.join(" ")),
            ("printf", ["%s" | "%s\\n" | "%s ", text @ ..]) => Some(text.join(" ")),
            ("printf", [_, ..]) => Some(super::written::formatted(&words[1..])),
            ("tr", ["\\n", " "]) | ("xargs", ["echo"]) => {
                Some(input()?.split_whitespace().collect::<Vec<_>>().join(" "))
            }
            ("xargs", options) if only_prints(options) => {
                Some(input()?.split_whitespace().collect::<Vec<_>>().join(" "))
            }
            ("tr", ["-d", "\\r"]) => Some(input()?.replace('\r', "")),
            ("head", ["-1" | "-n1"] | ["-n", "1"]) => Some(input()?.lines().next().unwrap_or_default().to_owned()),
            ("grep" | "egrep", [options @ .., pattern]) if is_without_comments(options, pattern) => {
                Some(without_comments(&input()?))
            }
            ("grep" | "egrep", [options @ .., pattern, _])
                if given.is_none() && is_without_comments(options, pattern) =>
            {
                Some(without_comments(&self.texts(&words[words.len() - 1..])?))
            }
            _ => None,
        }
    }

    /// The texts of files of the tree, one after the other, where all are there and none is written anywhere.
    fn texts(&self, paths: &[String]) -> Option<String> {
        let mut whole = String::new();
        for path in paths {
            let (path, text) = self.file_meant(path)?;
            let name = path.rsplit('/').next().unwrap_or(&path);
            self.shell.reads_around(|| Part::Written(self.shell.name(name)));
            if self.rewritten.contains_key(name) {
                return None;
            }
            whole.push_str(&text);
        }
        (!paths.is_empty()).then_some(whole)
    }

    /// Whether a command in the place of words (`$(…)`) reads a file of the tree, or runs one.
    pub(super) fn is_of_tree(&self, word: &str) -> bool {
        self.names_of_tree(word, 0)
    }

    /// Whether a word of it is a file of the tree, from some word on of each command.
    fn names_of_tree(&self, word: &str, from: usize) -> bool {
        if !word.starts_with("$(") || !word.ends_with(')') {
            return false;
        }
        // These print parts of names, whatever the files hold.
        let of_name = |command: &Command| {
            command.words.first().is_some_and(|first| matches!(first.as_str(), "basename" | "dirname"))
        };
        let is_file = |word: &String| {
            let word = plain(word);
            !word.starts_with('-') && !word.is_empty() && self.file_meant(&word).is_some()
        };
        let scripts: Vec<Rc<Script>> = substituted(word).map(|text| self.library.script(text)).collect();
        let mut left: Vec<&Node> = scripts.iter().flat_map(|script| script.nodes.iter()).collect();
        while let Some(node) = left.pop() {
            match node {
                Node::Command(command) if of_name(command) => {}
                Node::Command(command) if command.words.iter().skip(from).chain(&command.from).any(is_file) => {
                    return true;
                }
                Node::Command(_) => {}
                group => left.extend(group.inside()),
            }
        }
        scripts.iter().any(|script| script.cut)
    }

    /// Whether a command in the place of words may print what is asked for: where it stands in it, or in a function that it calls, or where
    /// it turns words that are known into others.
    pub(super) fn may_print(&self, word: &str, list: u64, is_asked_for: &dyn Fn(&str) -> bool) -> bool {
        let command = word.strip_prefix("$(").and_then(|rest| rest.rsplit_once(')'));
        command.is_some_and(|(command, _)| {
            self.nodes_may_print(&self.library.script(command).nodes, list, &mut Vec::new(), is_asked_for)
        })
    }

    fn nodes_may_print(
        &self,
        nodes: &[Node],
        list: u64,
        called: &mut Vec<String>,
        is_asked_for: &dyn Fn(&str) -> bool,
    ) -> bool {
        const TURNS: &[&str] = &["rev", "tr", "base64", "base32", "xxd", "sed", "awk", "cut", "openssl", "perl"];
        let (mut is_known, mut is_turned) = (false, false);
        let values = Here { state: self, list };
        for node in nodes {
            let command = match node {
                Node::Command(command) => command,
                // As a part of a word it may become any part of a value.
                group => {
                    let mut commands = group.inside().iter().filter_map(|node| match node {
                        Node::Command(command) => Some(command),
                        Node::Subshell(_) | Node::Function { .. } => None,
                    });
                    if commands.any(|command| command.words.iter().any(|word| is_asked_for(word))) {
                        return true;
                    }
                    continue;
                }
            };
            let words: Vec<String> = command.words.iter().flat_map(|word| expand::words(word, &values)).collect();
            if words.iter().chain(&command.document).any(|word| is_asked_for(word)) {
                return true;
            }
            let Some((program, rest)) = words.split_first() else { continue };
            let is_text = |word: &String| !word.starts_with('-') && !word.contains('$');
            is_known |= matches!(program.as_str(), "echo" | "printf") && rest.iter().any(is_text);
            is_turned |= TURNS.contains(&program.as_str());
            if let Some(function) = self.shell.function(program).filter(|_| !called.contains(program)) {
                called.push(program.clone());
                if self.nodes_may_print(&function.body, list, called, is_asked_for) {
                    return true;
                }
            }
        }
        is_known && is_turned
    }

    /// What a command hands on of a file of the tree in a way that nobody follows may be any setting. (What a program of the tree prints
    /// is its own affair: it may as well build by itself.)
    pub(super) fn unread_of_tree(&mut self, run: &Run<'_>, word: &str) {
        let word = plain(word);
        if self.fetched(run, &word, &[]) {
            return;
        }
        if self.names_of_tree(&word, 1) || self.sets_by_printing(&word) {
            let text = super::cut(&word);
            self.unread(run.line, reason!("value-of-variable", text = text), Some(&text));
        }
    }

    /// Whether the first word of a command is a program of the tree whose text speaks of settings, so that it may print them.
    fn sets_by_printing(&self, word: &str) -> bool {
        let Some((command, _)) = word.strip_prefix("$(").and_then(|rest| rest.rsplit_once(')')) else { return false };
        let words = super::shell::words(command);
        // For its own commands it may set GOFLAGS without a word of it in what it prints.
        let hands_on =
            |line: &str| ["export", "echo", "print", "puts", "cat ", "setenv"].iter().any(|word| line.contains(word));
        let in_line = |line: &str| RISKY.iter().any(|w| line.contains(w) && (*w != "GOFLAGS" || hands_on(line)));
        let speaks = |text: &str| text.lines().any(in_line);
        match words.as_slice() {
            [go, run, rest @ ..] if go == "go" && run == "run" => {
                let Some(folder) =
                    rest.iter().find(|word| !word.starts_with('-')).and_then(|path| self.folder_meant(path))
                else {
                    return false;
                };
                let inside = format!("{folder}/");
                let files = self.library.paths.range(inside.clone()..).take_while(|path| path.starts_with(&inside));
                let mut own = files.filter(|path| path.ends_with(".go")).chain(self.library.paths.get(&folder));
                own.any(|path| self.library.find(&[""], path).is_some_and(|(_, text)| speaks(&text)))
            }
            [first, ..] if first.contains('/') => self.file_meant(first).is_some_and(|(_, text)| speaks(&text)),
            _ => false,
        }
    }

    /// What a command reads: its text, or the commands in its place that nobody carries out here.
    pub(super) fn input(
        &self,
        document: Option<&str>,
        from: Option<&str>,
        list: u64,
    ) -> Option<Result<String, String>> {
        let printed = |command: &str| self.printed(command, list).ok_or_else(|| format!("$({command})"));
        if let Some(document) = document {
            let document = plain(document);
            let command = document.strip_prefix("$(").and_then(|rest| rest.trim_end().strip_suffix(')'));
            return Some(command.map(printed).unwrap_or(Ok(document.clone())));
        }
        let from = expand::text(from?, &Here { state: self, list });
        match from.strip_prefix("<(").and_then(|rest| rest.strip_suffix(')')) {
            Some(command) => Some(printed(command)),
            None => self.file_meant(&from).map(|_| printed(&format!("< {from}"))),
        }
    }

    /// What a command prints of the files that it is told, or of what it is given.
    pub(super) fn handed_on(&self, program: &str, words: &[String], run: &Run<'_>) -> Option<String> {
        match program {
            "echo" | "printf" => Some(words[1..].join(" ").replace("\\n", "\n")),
            "cat" if words.len() > 1 => self.texts(&words[1..]),
            "cat" | "tee" => self.input(run.document, run.from, run.list)?.ok(),
            _ => {
                let given = self.input(run.document, run.from, run.list).and_then(Result::ok);
                self.passed(words, given.as_deref(), None)
            }
        }
    }

    /// `read NAME < file`, `mapfile NAME < file`: what the variables are.
    pub(super) fn taken_in(&mut self, words: &[String], run: &Run<'_>) {
        let valued: &[&str] = match words[0].as_str() {
            "read" => &["-d", "-i", "-n", "-N", "-p", "-t", "-u"],
            _ => &["-d", "-n", "-O", "-s", "-u", "-C", "-c"],
        };
        const MOST: usize = 200;
        let mut names: Vec<&String> = Vec::new();
        let mut rest = words[1..].iter();
        while let Some(word) = rest.next() {
            match word.starts_with('-') {
                true if valued.contains(&word.as_str()) => drop(rest.next()),
                true => {}
                false => names.push(word),
            }
        }
        let text = match self.input(run.document, run.from, run.list) {
            Some(Ok(text)) => text,
            // Used as a word, it is not known.
            Some(Err(command)) if self.is_of_tree(&command) => command,
            _ => return,
        };
        let text = expand::text(&text, &Here { state: self, list: run.list });
        let array = words.iter().any(|w| w == "-a");
        // Parted at other characters.
        let otherwise =
            run.command.words.first().and_then(|word| word.strip_prefix("IFS=")).is_some_and(|ifs| !ifs.is_empty());
        if otherwise && (array || names.len() > 1) {
            names.iter().for_each(|name| self.shell.hold(name, Held { value: None, seen: vec![], sure: run.sure }));
            return;
        }
        let whole = words[0] != "read" || array || text.starts_with("$(");
        let lines: Vec<&str> = match whole {
            true => vec![text.as_str()],
            // A loop takes one after the other.
            false if run.command.conditional => text.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
            false => text.lines().take(1).collect(),
        };
        if lines.len() > MOST {
            let why = reason!("more-than-is-followed", text = words.join(" "));
            return self.unread(run.line, why, None);
        }
        for (at, line) in lines.iter().enumerate() {
            let sure = if at == 0 { Sure::Always } else { Sure::Maybe };
            let mut rest = *line;
            for (number, name) in names.iter().enumerate() {
                let (value, behind) = match number + 1 < names.len() && !whole {
                    true => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
                    false => (rest, ""),
                };
                match VARIABLES.contains(&name.as_str()) {
                    true => self.set(run.line, name, Some(value.to_owned()), None, false, sure),
                    false => self.shell.hold(name, Held { value: Some(value.into()), seen: vec![], sure }),
                }
                rest = behind.trim_start();
            }
        }
    }

    /// Notes the files that a command may write.
    pub(super) fn note_written(&mut self, words: &[String], run: &Run<'_>) {
        let program = words.first().map_or("", |w| w.rsplit('/').next().unwrap_or(w));
        let writes = WRITES.contains(&program) && !self.is_saved(program, words);
        let copies = matches!(program, "cp" | "install" | "ln" | "rsync");
        let mut named = words.iter().skip(1).filter(|word| writes && !word.starts_with('-'));
        let named: Vec<&String> = if copies { named.next_back().into_iter().collect() } else { named.collect() };
        for path in run.into.into_iter().chain(named) {
            let name = path.rsplit('/').next().unwrap_or(path).trim_matches(['"', '\'']);
            if !self.rewritten.contains_key(name) {
                self.rewritten.insert(name.to_owned(), self.rewritten.len());
            }
        }
    }
}

/// Whether `xargs` prints what it is given: it has options and no command.
fn only_prints(options: &[&str]) -> bool {
    let is_delimiter = |at: usize| at > 0 && options[at - 1] == "-d";
    let plain =
        |(at, word): (usize, &&str)| is_delimiter(at) || word.starts_with('-') && !word.contains(['I', 'i', 'a']);
    options.iter().enumerate().all(plain)
}

/// `grep -v '^#'`: lines that are comments are left out.
fn is_without_comments(options: &[&str], pattern: &str) -> bool {
    let leaves_out = options.iter().any(|o| o.starts_with('-') && !o.starts_with("--") && o.contains('v'));
    let is_only = options.iter().all(|o| matches!(*o, "-v" | "-vE" | "-Ev" | "-E" | "-e"));
    leaves_out
        && is_only
        && matches!(pattern, "^#" | "#" | "^ *#" | "^\\s*#" | "^[[:space:]]*#" | "^#.*" | "^(#|$)" | "^\\s*(#|$)")
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
}

/// The commands that stand in a word as `$(…)`, one beside the other.
fn substituted(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let begin = rest.find("$(")? + 2;
        let mut open = 1u32;
        let closes = |(at, byte): (usize, u8)| {
            open += u32::from(byte == b'(');
            open -= u32::from(byte == b')');
            (open == 0).then_some(at)
        };
        let inside = &rest[begin..];
        let end = inside.bytes().enumerate().find_map(closes).unwrap_or(inside.len());
        rest = inside.get(end + 1..).unwrap_or_default();
        Some(inside[..end].trim_start_matches('<'))
    })
}
