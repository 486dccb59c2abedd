//! Calls of the Go command: what they change, what they build and what is in force for them.

use super::cut;
use super::delivered::Asked;
use super::edits::VENDOR_REMOVED;
use super::evaluate::{Build, State};
use super::flags::{self, VARIABLES};
use super::ledger::Changes;
use super::printed::Here;
use super::reads::Part;
use super::state::{Held, Sure, Where};
use assize_facts::kinds::inventory::ToldBy;
use assize_facts::{Known, reason};

/// A build: its own settings, whether it makes a delivered program, what nobody read of it, and where it runs.
pub(super) struct Made {
    pub own: Vec<(String, Option<String>)>,
    pub delivered: Known<bool>,
    pub told_by: Option<ToldBy>,
    pub unread: Vec<usize>,
    /// `None`: changes of sources are not held against it.
    pub here: Option<Where>,
}

impl State<'_> {
    /// A call of the Go command.
    pub fn go(&mut self, line: u32, words: &[String], own: &[(String, String)], list: u64) {
        let shown = cut(&words.join(" "));
        let mut words = words[1..].to_vec();
        let mut here = self.shell.place();
        // `go -C DIR build` and `go build -C DIR`.
        if let Some(at) = words.iter().position(|w| w == "-C" || w.starts_with("-C=")) {
            let inline = words[at].strip_prefix("-C=").map(str::to_owned);
            let dir = inline.clone().or_else(|| words.get(at + 1).cloned()).unwrap_or_default();
            words.drain(at..(at + if inline.is_some() { 1 } else { 2 }).min(words.len()));
            here = Where { folder: self.folder_meant(&dir), moved: here.moved + 1 };
        }
        let second = words.get(1).cloned().unwrap_or_default();
        match words.first().map(String::as_str) {
            Some(verb @ ("build" | "install")) => {
                let install = verb == "install";
                self.build(line, shown, &words[1..], own, list, install, here);
            }
            Some("env") if words.iter().any(|w| matches!(w.as_str(), "-w" | "--w" | "-w=true" | "--w=true")) => {
                for (name, value) in words.iter().filter_map(|w| w.split_once('=')) {
                    if VARIABLES.contains(&name) {
                        self.write(line, name, value, Some(&shown));
                    }
                }
            }
            // These print, or write the same in another form (`go help mod edit`, `go help work edit`).
            Some("mod" | "work") if second == "edit" && is_only_shown(&words[2..]) => {}
            Some("mod") if ["edit", "tidy", "init", "vendor", "download"].contains(&second.as_str()) => {
                self.changed(line, &format!("go mod {second}"), &words[2..], &shown, here);
            }
            Some("work") if ["edit", "init", "sync", "use", "vendor"].contains(&second.as_str()) => {
                self.changed(line, &format!("go work {second}"), &words[2..], &shown, here);
            }
            // A program of the tree that is called like a build may be one.
            Some("run" | "tool") if words[1..].iter().any(|w| !w.starts_with('-') && super::foreign::is_builder(w)) => {
                let why = reason!("built-by-another-tool", tool = words[1..].join(" "));
                let (own, delivered) = (own_settings(own), Known::Unknown(why));
                let made = Made { own, delivered, told_by: None, unread: vec![], here: None };
                self.made(line, shown, made, list);
            }
            // By itself it is about the package of the folder.
            Some("get") if words.len() == 1 => self.changed(line, "go get", &[".".into()], &shown, here),
            Some("get") => self.changed(line, "go get", &words[1..], &shown, here),
            Some("generate") => {
                self.changed(line, "go generate", &words[1..], &shown, here.clone());
                self.generate(&words[1..], &here);
            }
            _ => {}
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn build(
        &mut self,
        line: u32,
        command: String,
        words: &[String],
        own: &[(String, String)],
        list: u64,
        install: bool,
        here: Where,
    ) {
        let values = Here { state: self, list };
        let words: Vec<String> = words.iter().map(|w| self.package(w)).collect();
        let arguments = flags::arguments(&words);
        // Of a loop's values each is built in its turn.
        let turns: Vec<Vec<String>> = match arguments.packages.as_slice() {
            [one] => super::expand::each(one, &values).into_iter().map(|p| vec![p]).collect(),
            several => vec![several.to_vec()],
        };
        let held = |name: &str| -> Option<String> {
            if let Some((_, value)) = own.iter().rfind(|(n, _)| n == name) {
                return Some(value.clone());
            }
            self.shell.reads_around(|| Part::Settings);
            let written =
                || self.scope.written.iter().rfind(|(written, _)| **written == *name).map(|(_, held)| &**held);
            let held = if self.shell.is_exported(name) { self.shell.held(name, list) } else { &[] };
            let one =
                if held.is_empty() { written() } else { held.first().filter(|_| held.len() == 1).map(|one| &**one) };
            one.and_then(|held| held.value.as_deref().map(str::to_owned))
        };
        let (os, arch) = (held("GOOS"), held("GOARCH"));
        let asked = Asked {
            packages: &[],
            output: arguments.output.as_deref(),
            install,
            folder: here.folder.as_deref(),
            os: os.as_deref(),
            arch: arch.as_deref(),
        };
        let delivered = turns.iter().map(|packages| self.targets.built(Asked { packages, ..asked }));
        let delivered = delivered.reduce(surer).unwrap_or(Known::Value(false));
        let told_by = |packages: &Vec<String>| self.targets.told_by(Asked { packages, ..asked });
        let told_by = turns.iter().filter(|_| delivered == Known::Value(true)).find_map(told_by);
        let mut settings = arguments.settings;
        settings.extend(own_settings(own));
        let mut not_found = Vec::new();
        for (name, value) in own {
            match super::evaluate::settings_below(name, value) {
                Some(path) => {
                    self.settings_file(&path);
                }
                None if name == "GOENV"
                    && !matches!(value.as_str(), "off" | "/dev/null")
                    && !self.settings_file(value) =>
                {
                    let why = reason!("settings-file-not-read", path = value);
                    not_found = self.unknown_flags(line, &why, Some(&command));
                }
                None => {}
            }
        }
        let values = Here { state: self, list };
        // Flags that a file holds nobody reads here. (As a part of a word it is a part of a value.)
        let from_file = words
            .iter()
            .find(|word| ["$(cat ", "$(<", "$(unread "].iter().any(|read| word.starts_with(read)))
            .or_else(|| arguments.packages.iter().find(|word| self.is_of_tree(word)))
            .or_else(|| arguments.packages.iter().find(|word| super::expand::is_changed(word, &values, is_risky)))
            .or_else(|| arguments.packages.iter().find(|word| self.may_print(word, list, &is_risky)));
        let mut unread = from_file
            .map(|word| self.unknown_flags(line, &reason!("value-of-variable", text = word), Some(&command)))
            .unwrap_or_default();
        unread.extend(not_found);
        let workspace = match own.iter().rfind(|(name, _)| name == "GOWORK") {
            Some((_, value)) => self.workspace(line, Some(value), Some(&command)),
            None if self.is_set("GOWORK", list) => None,
            None => self.workspace_above(line, &here, &command),
        };
        unread.extend(workspace);
        for (name, value) in own {
            unread.extend(self.of_delivery(line, name, value, Some(&command)));
        }
        let without = own.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        let made = Made { own: settings, delivered, told_by, unread, here: Some(here) };
        self.made_without(line, command, made, list, &without);
    }

    /// Notes a build, with what is in force for it.
    pub fn made(&mut self, line: u32, command: String, made: Made, list: u64) {
        self.made_without(line, command, made, list, &[]);
    }

    fn made_without(&mut self, line: u32, command: String, made: Made, list: u64, without: &[&str]) {
        let Made { own, delivered, told_by, unread, here } = made;
        let in_force = self.in_force(&own, without, list);
        let (changed, doubtful) = here.map(|here| self.changes_for(&here)).unwrap_or_default();
        let in_force = [in_force, changed, unread].concat();
        let (place, tool, without_cgo) = (self.place(line), self.tool, self.is_without_cgo(&own, list));
        self.builds.push(Build { place, tool, command, own, delivered, told_by, in_force, doubtful, without_cgo });
    }

    /// Whether `CGO_ENABLED=0` is surely in force for a build.
    fn is_without_cgo(&self, own: &[(String, Option<String>)], list: u64) -> bool {
        const NAME: &str = "CGO_ENABLED";
        if let Some((_, value)) = own.iter().rfind(|(name, _)| name == NAME) {
            return value.as_deref() == Some("0");
        }
        let is_off = |held: &Held| held.sure != Sure::Maybe && held.value.as_deref() == Some("0");
        let held = if self.shell.is_exported(NAME) { self.shell.held(NAME, list) } else { &[] };
        self.shell.reads_around(|| Part::Settings);
        match (held, self.scope.written.iter().rfind(|(name, _)| **name == *NAME)) {
            ([], written) => written.is_some_and(|(_, held)| is_off(held)),
            (held, _) => held.iter().all(|held| is_off(held)),
        }
    }

    /// Whether every command that builds a delivered program, or may build one, switches cgo off; of none nothing is said.
    pub fn switches_cgo_off(&self) -> Option<bool> {
        let mut all = self.builds.iter().filter(|build| build.delivered != Known::Value(false)).peekable();
        all.peek().is_some().then(|| all.all(|build| build.without_cgo))
    }

    /// Whether a variable has a value for a build, by the environment or by what is written.
    fn is_set(&self, name: &str, list: u64) -> bool {
        let held = self.shell.is_exported(name) && !self.shell.held(name, list).is_empty();
        self.shell.reads_around(|| Part::Settings);
        held || self.scope.written.iter().any(|(written, _)| **written == *name)
    }

    /// Where a path leads, relative to the source root. Where what is before it is not known, only one folder of the tree may have that name.
    pub fn folder_meant(&self, path: &str) -> Option<String> {
        let from_here = || self.library.folder_ending(path).filter(|_| self.shell.folder().is_none());
        let behind = || {
            let (first, rest) = path.split_once('/')?;
            self.library.folder_ending(rest).filter(|_| first.starts_with('$') && !first.contains('('))
        };
        self.shell.path(path, &self.home).or_else(from_here).or_else(behind)
    }

    /// A package argument; a folder that is told by a command the script runs is put in.
    fn package(&self, word: &str) -> String {
        if !word.contains('$') || word.starts_with('-') {
            return word.to_owned();
        }
        match self.shell.path(word, &self.home) {
            // Relative to the root, which is where the folder leads from here.
            Some(path) if self.shell.folder().unwrap_or("").is_empty() => format!("./{path}"),
            _ => word.to_owned(),
        }
    }

    /// The variables that hold for a build, and what is written; a flag on the command line goes before GOFLAGS.
    fn in_force(&self, settings: &[(String, Option<String>)], without: &[&str], list: u64) -> Vec<usize> {
        let mut ids = Vec::new();
        self.shell.reads_around(|| Part::Settings);
        for name in VARIABLES.iter().filter(|name| !without.contains(name)) {
            let held = if self.shell.is_exported(name) { self.shell.held(name, list) } else { &[] };
            ids.extend(held.iter().flat_map(|h| h.seen.iter().copied()));
            let decided = held.first().is_some_and(|h| h.sure != Sure::Maybe && h.value.is_some());
            if let Some((_, written)) = self.scope.written.iter().rfind(|(n, _)| **n == **name).filter(|_| !decided) {
                ids.extend(written.seen.iter().copied());
            }
        }
        let overridden =
            |id: &usize| settings.iter().any(|(flag, _)| flag.starts_with('-') && *flag == self.seen[*id].name);
        ids.retain(|id| !overridden(id));
        ids
    }

    /// Changes made so far to the module of a build, and those that may have been.
    fn changes_for(&self, built: &Where) -> (Vec<usize>, Vec<usize>) {
        let (mut sure, mut doubtful) = (vec![], vec![]);
        self.shell.reads_around(|| Part::Changes);
        let Changes { made: all, possible, .. } = &self.scope.changes;
        let made = all.iter().map(|id| (*id, true));
        for (id, is_made) in made.chain(possible.iter().map(|id| (*id, false))) {
            // `go mod vendor` makes it anew.
            let vendors = |after: &usize| *after > id && self.seen[*after].name == "go mod vendor";
            if self.seen[id].name == VENDOR_REMOVED && all.iter().any(vendors) {
                continue;
            }
            let Some(changed) = &self.seen[id].at else {
                sure.push(id);
                continue;
            };
            let reaches = match (changed.folder.as_deref(), built.folder.as_deref()) {
                (Some(at), Some(folder)) => Some(self.targets.reaches(at, folder)),
                // Wherever it runs, it builds a delivered package.
                (Some(at), None) => Some(self.targets.reaches_delivered(at)),
                (None, None) if changed.moved == built.moved => Some(true),
                _ => None,
            };
            match reaches {
                Some(false) => {}
                Some(true) if is_made => sure.push(id),
                _ => doubtful.push(id),
            }
        }
        (sure, doubtful)
    }
}

/// Whether a text may become one of the flags that change most, whatever is cut off it.
pub(super) fn is_risky(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["overlay", "modfile", "toolexec", "mod=mod"].iter().any(|word| text.contains(word))
}

/// What variables before a command set for it, and of GOFLAGS the flags.
fn own_settings(own: &[(String, String)]) -> Vec<(String, Option<String>)> {
    let mut settings = Vec::new();
    for (name, value) in own.iter().filter(|(name, _)| VARIABLES.contains(&name.as_str())) {
        if name == "GOFLAGS" {
            settings.extend(flags::flags(&flags::quoted_words(value)));
        }
        settings.push((name.clone(), Some(value.clone())));
    }
    settings
}

/// `go mod edit -json`: prints, and writes nothing. `-fmt` alone writes the same graph.
fn is_only_shown(words: &[String]) -> bool {
    let flag = |word: &str| {
        let word = word.trim_start_matches('-');
        word.split('=').next().unwrap_or(word).to_owned()
    };
    let flags: Vec<String> = words.iter().filter(|w| w.starts_with('-')).map(|w| flag(w)).collect();
    let prints = flags.iter().any(|f| f == "json" || f == "print");
    prints || (!flags.is_empty() && flags.iter().all(|f| f == "fmt"))
}

/// Of two builds the one that makes a delivered program, or may.
fn surer(a: Known<bool>, b: Known<bool>) -> Known<bool> {
    match (&a, &b) {
        (Known::Value(true), _) | (_, Known::Value(false)) => a,
        _ => b,
    }
}
