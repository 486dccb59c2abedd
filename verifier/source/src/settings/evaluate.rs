//! What the steps of a scope set, and for which build.

use super::cut;
use super::delivered::{Targets, normal};
use super::model::{Scope, Step};
use super::shell::{self, Command};
use assize_facts::kinds::inventory::{BuildFile, BuildSetting};
use assize_facts::{Known, Origin, Sheet, reason};

/// Variables of the environment that change what a Go build makes or whom it trusts (`go help environment`, Go 1.26).
const VARIABLES: &[&str] = &[
    "CGO_ENABLED",
    "GOSUMDB",
    "GOPROXY",
    "GOPRIVATE",
    "GONOSUMDB",
    "GONOSUMCHECK",
    "GONOPROXY",
    "GOINSECURE",
    "GOFLAGS",
    "GOTOOLCHAIN",
    "GOROOT",
    "GOWORK",
    "GOENV",
    "GODEBUG",
    "GOEXPERIMENT",
    "GOOS",
    "GOARCH",
    "CC",
    "CGO_CFLAGS",
    "CGO_LDFLAGS",
    "GO111MODULE",
    "GOVCS",
    "GOAUTH",
];
/// Flags of `go build` with the same meaning (`go help build`).
const FLAGS: &[&str] = &[
    "-mod",
    "-modfile",
    "-overlay",
    "-toolexec",
    "-tags",
    "-ldflags",
    "-buildmode",
    "-linkmode",
    "-compiler",
    "-gcflags",
    "-asmflags",
    "-gccgoflags",
    "-insecure",
    "-pgo",
    "-race",
    "-msan",
    "-asan",
    "-cover",
    "-linkshared",
    "-C",
    "-o",
    "-p",
    "-pkgdir",
    "-installsuffix",
    "-exec",
    "-buildvcs",
    "-trimpath",
    "-a",
    "-n",
    "-v",
    "-x",
    "-work",
    "-json",
    "-modcacherw",
    "-coverpkg",
    "-covermode",
];
/// Flags that take no value.
const SWITCHES: &[&str] = &[
    "-insecure",
    "-race",
    "-msan",
    "-asan",
    "-cover",
    "-linkshared",
    "-trimpath",
    "-a",
    "-n",
    "-v",
    "-x",
    "-work",
    "-json",
    "-modcacherw",
    "-i",
];
/// Flags that are not settings of what is built.
const SILENT: &[&str] = &["-o", "-p", "-a", "-n", "-v", "-x", "-work", "-json", "-C", "-i"];

/// One setting seen, before it is known which build follows.
struct Seen {
    line: u32,
    name: String,
    value: Option<String>,
    command: Option<String>,
}

/// A build command.
struct Build {
    line: u32,
    command: String,
    /// How many of the scope's settings stand before it.
    after: usize,
    own: Vec<(String, Option<String>)>,
    delivered: Known<bool>,
}

pub(super) fn scopes(sheet: &mut Sheet, tool: BuildFile, file: &str, scopes: &[Scope], targets: &Targets) {
    let mut told: Vec<(u32, BuildSetting)> = Vec::new();
    for scope in scopes {
        let mut state = State { seen: vec![], builds: vec![], folder: None, targets };
        if matches!(tool, BuildFile::Makefile | BuildFile::Taskfile | BuildFile::Goreleaser) {
            state.folder = Some(String::new());
        }
        scope.steps.iter().for_each(|step| state.step(step));
        state.tell(tool, scope.environment_file, &mut told);
    }
    // A line that several targets share is one setting; the surest word about it counts.
    told.sort_by(|(a, x), (b, y)| (a, &x.setting, weight(x)).cmp(&(b, &y.setting, weight(y))));
    told.dedup_by(|(a, x), (b, y)| a == b && x.setting == y.setting && x.value == y.value);
    for (line, item) in told {
        sheet.push(item, Origin::line(file, line));
    }
}

fn weight(item: &BuildSetting) -> u8 {
    match item.delivered {
        Known::Value(true) => 0,
        Known::Unknown(_) | Known::Possible(_) => 1,
        Known::Value(false) => 2,
    }
}

struct State<'t> {
    seen: Vec<Seen>,
    builds: Vec<Build>,
    /// Relative to the source root, where it is known.
    folder: Option<String>,
    targets: &'t Targets,
}

impl State<'_> {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Env { line, name, value } => self.variable(*line, name, value, None),
            Step::Folder { path } => self.enter(path),
            Step::Run { line, script } => self.script(*line, script, 0),
            Step::Build { line, words, env } => {
                for (name, value) in env {
                    self.variable(*line, name, value, None);
                }
                self.go(*line, words, vec![]);
            }
        }
    }

    fn variable(&mut self, line: u32, name: &str, value: &str, command: Option<&str>) {
        if !VARIABLES.contains(&name) {
            return;
        }
        let command = command.map(str::to_owned);
        self.seen.push(Seen { line, name: name.into(), value: Some(value.into()), command: command.clone() });
        if name == "GOFLAGS" {
            let words: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
            for (name, value) in flags(&words) {
                self.seen.push(Seen { line, name, value, command: command.clone() });
            }
        }
    }

    fn enter(&mut self, path: &str) {
        self.folder = match (&self.folder, path) {
            (_, path) if path.contains('$') || path.starts_with('/') || path == "-" => None,
            (Some(folder), path) => Some(normal(&format!("{folder}/{path}"))),
            (None, _) => None,
        };
    }

    fn script(&mut self, line: u32, script: &str, depth: u32) {
        let before = self.folder.clone();
        for command in shell::commands(script) {
            // A folder entered inside of brackets is left with them.
            if command.depth > 0 && command.words.first().is_some_and(|w| w == "cd") {
                self.enter(command.words.get(1).map_or("", String::as_str));
                continue;
            }
            self.command(line + command.line, &command, depth);
        }
        self.folder = if depth == 0 && script.contains("cd ") { before } else { self.folder.take() };
    }

    fn command(&mut self, line: u32, command: &Command, depth: u32) {
        let (own, words) = prefix(&command.words);
        let shown = cut(&command.words.join(" "));
        let Some(program) = words.first() else {
            // `NAME=value` alone sets a variable of the shell, which matters where it is exported already.
            own.iter().for_each(|(name, value)| self.variable(line, name, value, Some(&shown)));
            return;
        };
        match program.rsplit('/').next().unwrap_or(program) {
            "export" | "declare" | "typeset" | "readonly" | "set" => {
                let pairs = words.iter().filter_map(|w| w.split_once('='));
                pairs.for_each(|(name, value)| self.variable(line, name, value, Some(&shown)));
            }
            "cd" | "pushd" => self.enter(words.get(1).map_or("", String::as_str)),
            "sh" | "bash" | "zsh" | "dash" if depth < 4 => {
                if let Some(at) = words.iter().position(|w| w.starts_with('-') && w.ends_with('c'))
                    && let Some(script) = words.get(at + 1)
                {
                    own.iter().for_each(|(name, value)| self.variable(line, name, value, Some(&shown)));
                    self.script(line, &script.clone(), depth + 1);
                }
            }
            name if is_go(name) => self.go(line, words, own),
            "sudo" | "time" | "nice" | "exec" | "command" | "then" | "do" | "else" | "if" | "!" | "env"
                if depth < 8 =>
            {
                let rest = Command { words: [pairs(&own), words[1..].to_vec()].concat(), ..command.clone() };
                if !rest.words.is_empty() {
                    self.command(line, &rest, depth + 1);
                }
            }
            name => {
                if let Some(change) = changes_sources(name, words) {
                    self.seen.push(Seen { line, name: change.into(), value: None, command: Some(shown) });
                }
            }
        }
    }

    /// A call of the Go command.
    fn go(&mut self, line: u32, words: &[String], own: Vec<(String, String)>) {
        let shown = cut(&words.join(" "));
        let mut words = words[1..].to_vec();
        let mut folder = self.folder.clone();
        // `go -C DIR build` and `go build -C DIR`.
        if let Some(at) = words.iter().position(|w| w == "-C" || w.starts_with("-C=")) {
            let inline = words[at].strip_prefix("-C=").map(str::to_owned);
            let dir = inline.clone().or_else(|| words.get(at + 1).cloned()).unwrap_or_default();
            words.drain(at..(at + if inline.is_some() { 1 } else { 2 }).min(words.len()));
            folder =
                folder.filter(|_| !dir.starts_with('/') && !dir.contains('$')).map(|f| normal(&format!("{f}/{dir}")));
        }
        let second = words.get(1).cloned().unwrap_or_default();
        match words.first().map(String::as_str) {
            Some("build" | "install") => {
                let (flags, packages, output) = arguments(&words[1..]);
                let delivered = self.targets.built(&packages, output.as_deref(), folder.as_deref());
                let mut settings = flags;
                for (name, value) in own {
                    if name == "GOFLAGS" {
                        let words: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
                        settings.extend(self::flags(&words));
                    }
                    if VARIABLES.contains(&name.as_str()) {
                        settings.push((name, Some(value)));
                    }
                }
                self.builds.push(Build { line, command: shown, after: self.seen.len(), own: settings, delivered });
            }
            Some("env") if words.iter().any(|w| w == "-w") => {
                for (name, value) in words.iter().filter_map(|w| w.split_once('=')) {
                    self.variable(line, name, value, Some(&shown));
                }
            }
            Some("mod") if ["edit", "tidy", "init", "vendor", "download"].contains(&second.as_str()) => {
                self.change(line, &format!("go mod {second}"), shown);
            }
            Some("work") if ["edit", "init", "sync", "use", "vendor"].contains(&second.as_str()) => {
                self.change(line, &format!("go work {second}"), shown);
            }
            Some(verb @ ("get" | "generate")) => self.change(line, &format!("go {verb}"), shown),
            _ => {}
        }
    }

    fn change(&mut self, line: u32, name: &str, shown: String) {
        self.seen.push(Seen { line, name: name.into(), value: None, command: Some(shown) });
    }

    fn tell(self, tool: BuildFile, environment_file: bool, told: &mut Vec<(u32, BuildSetting)>) {
        for (index, seen) in self.seen.iter().enumerate() {
            let following = self.builds.iter().filter(|b| b.after > index);
            let mut delivered = Known::Value(false);
            let mut command = seen.command.clone();
            for build in following {
                match (&delivered, &build.delivered) {
                    (Known::Value(false), found) | (Known::Unknown(_), found @ Known::Value(true)) => {
                        delivered = found.clone();
                        command = command.or_else(|| Some(build.command.clone()));
                    }
                    _ => {}
                }
            }
            if environment_file {
                delivered = Known::Unknown(reason!("environment-file-in-force"));
            }
            let value = value(seen.value.clone());
            told.push((seen.line, BuildSetting { tool, setting: seen.name.clone(), value, command, delivered }));
        }
        for build in self.builds {
            for (setting, text) in build.own {
                let command = Some(build.command.clone());
                let delivered = build.delivered.clone();
                told.push((build.line, BuildSetting { tool, setting, value: value(text), command, delivered }));
            }
        }
    }
}

/// A value that a variable decides is not known.
fn value(text: Option<String>) -> Known<Option<String>> {
    match text {
        Some(text) if text.contains('$') || text.contains("{{") => {
            Known::Unknown(reason!("value-of-variable", text = text))
        }
        other => Known::Value(other),
    }
}

/// `go`, `go1.26.8`, and what a makefile that names no value calls `$(GO)`.
fn is_go(name: &str) -> bool {
    let numbered = name.strip_prefix("go1.").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'));
    name == "go"
        || numbered
        || ["$GO", "${GO}", "$GOCMD", "${GOCMD}", "${GO_CMD}", "$GO_CMD", "${GOBIN}/go"].contains(&name)
}

fn pairs(own: &[(String, String)]) -> Vec<String> {
    own.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

/// Assignments before a command, `env` included, and the command.
fn prefix(words: &[String]) -> (Vec<(String, String)>, &[String]) {
    let mut own = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let name_end = word.find('=').unwrap_or(0);
        let is_name = name_end > 0 && word[..name_end].chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_name {
            own.push((word[..name_end].to_owned(), word[name_end + 1..].to_owned()));
        } else if word != "env" {
            break;
        }
        at += 1;
    }
    (own, &words[at.min(words.len())..])
}

/// Flags that are settings, by name and value, from the words of a command line or of GOFLAGS.
pub(super) fn flags(words: &[String]) -> Vec<(String, Option<String>)> {
    arguments(words).0
}

type Arguments = (Vec<(String, Option<String>)>, Vec<String>, Option<String>);

/// Settings, packages and the output of a `go build`.
fn arguments(words: &[String]) -> Arguments {
    let (mut settings, mut packages, mut output) = (vec![], vec![], None);
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        if !word.starts_with('-') || word == "-" {
            packages.push(word.clone());
            continue;
        }
        let word = if word.starts_with("--") { &word[1..] } else { word.as_str() };
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None if SWITCHES.contains(&word) || !FLAGS.contains(&word) => (word, None),
            None => {
                at += 1;
                (word, words.get(at - 1).cloned())
            }
        };
        if name == "-o" {
            output = value;
        } else if FLAGS.contains(&name) && !SILENT.contains(&name) {
            settings.push((name.to_owned(), value));
        }
    }
    (settings, packages, output)
}

/// A command that changes Go files before a build, by name; `None` where it touches other things.
fn changes_sources(program: &str, words: &[String]) -> Option<&'static str> {
    let rest = || words.iter().skip(1);
    let go_file = |w: &String| {
        let w = w.trim_matches(['"', '\'']);
        w.ends_with(".go")
            || w.ends_with("go.mod")
            || w.ends_with("go.sum")
            || w.ends_with("modules.txt")
            || w.contains("vendor/")
    };
    match program {
        "sed" if rest().any(|w| w.starts_with("-i") || w.starts_with("--in-place")) && rest().any(go_file) => {
            Some("sed -i")
        }
        "perl" if rest().any(|w| w.starts_with("-") && w.contains('i')) && rest().any(go_file) => Some("perl -i"),
        "patch" => Some("patch"),
        "git" if words.get(1).is_some_and(|w| w == "apply" || w == "am") => Some("git apply"),
        "cp" | "mv" | "install" if words.last().is_some_and(go_file) => Some("copy onto Go files"),
        "curl" | "wget" if rest().any(go_file) => Some("download onto Go files"),
        _ => None,
    }
}
