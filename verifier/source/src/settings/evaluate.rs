//! What the steps of a scope set, and for which build.

use super::cut;
use super::delivered::{Targets, normal};
use super::flags::{self, VARIABLES};
use super::ledger::{Changes, Clones, Listed};
use super::library::{Library, folder};
use super::makefile::Makes;
use super::model::{Scope, Step, Variable};
use super::printed::Here;
use super::reads::{Name, Part};
use super::results::Results;
use super::shell::plain;
use super::state::{Held, Shell, Sure, Where, hasher};
use super::told;
use super::written::Texts;
use crate::hashed::HashMap;
use assize_facts::kinds::inventory::{BuildFile, ToldBy};
use assize_facts::{Known, Reason, reason};
use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::ops::Deref;
use std::rc::Rc;

/// Calls of files by files, and of functions by functions, are followed so deep.
pub(super) const DEEPEST: u32 = 40;
/// More commands than this are not followed from one scope.
pub(super) const MOST: u32 = 200_000;
/// Flags that put another graph, other files or another tool in the place of the delivered ones.
const RISKY: &[&str] = &["-mod", "-modfile", "-overlay", "-toolexec"];

/// A setting as it is written: place, name, value, command, and whether in a rule of stale files or in a file of settings.
type Line = (Place, String, String, Option<String>, bool, bool);

/// A change as it is written, and where it is made.
type Edit = (Place, String, String, Where, bool);

/// Where something stands: file relative to the source root, or as shown, and line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub file: Rc<str>,
    pub line: u32,
}

/// One setting seen, before it is known which build follows.
pub(super) struct Seen {
    pub place: Place,
    pub tool: BuildFile,
    pub name: String,
    pub value: Known<Option<String>>,
    pub command: Option<String>,
    /// Why it may not be in force where it seems to be.
    pub doubt: Option<Reason>,
    /// Of a change: where it is made; without one it is for all.
    pub at: Option<Where>,
}

/// A build command.
pub(super) struct Build {
    pub place: Place,
    pub tool: BuildFile,
    pub command: String,
    pub own: Vec<(String, Option<String>)>,
    pub delivered: Known<bool>,
    pub told_by: Option<ToldBy>,
    pub in_force: Vec<usize>,
    pub doubtful: Vec<usize>,
    pub without_cgo: bool,
}

/// Carries out build files, one scope after the other. What a file or a function does in some state is found out once.
pub(super) struct State<'l> {
    pub library: &'l Library<'l>,
    pub targets: &'l Targets,
    /// The file that is read, as it is shown, and what sort it is.
    pub file: Rc<str>,
    pub tool: BuildFile,
    /// The folder of that file, relative to the source root.
    pub home: Rc<str>,
    pub shell: Shell,
    pub scope: OfScope,
    pub depth: u32,
    /// Lists of commands so far, over all scripts.
    pub lists: u64,
    /// Runs only where a file is older than another.
    pub stale: bool,
    /// Names of files that some command writes, each with how many were written before it: they need not hold what was delivered.
    pub rewritten: HashMap<String, usize>,
    /// Module files that were saved: under which name, and which.
    pub saved: BTreeSet<(String, String)>,
    /// Some variable is another name of one (`declare -n`).
    pub refers: BTreeSet<String>,
    /// What came of files and functions that were carried out.
    pub results: Results,
    pub makes: Rc<Makes<'l>>,
    /// Settings by where they stand and what they say.
    known: HashMap<Line, Vec<usize>>,
    edits: HashMap<Edit, usize>,
    unread: HashMap<(Place, String), Vec<usize>>,
    pub seen: Vec<Seen>,
    pub builds: Vec<Build>,
}

/// What holds for one scope to its end, whatever shell ends.
#[derive(Default)]
pub(super) struct OfScope {
    /// What `go env -w`, a settings file or `GITHUB_ENV` put in force for everything after it.
    pub written: Listed<(Rc<str>, Rc<Held>)>,
    pub changes: Changes,
    /// Commands followed so far, and files.
    pub count: u32,
    pub files: u32,
    pub called: Vec<Name>,
    pub clones: Clones,
    /// What commands wrote to files.
    pub texts: Texts,
    /// It is longer or deeper than is followed.
    pub cut: bool,
    environment_file: bool,
}

impl<'l> State<'l> {
    pub fn new(library: &'l Library<'l>, targets: &'l Targets) -> State<'l> {
        State {
            library,
            targets,
            file: "".into(),
            tool: BuildFile::Shell,
            home: "".into(),
            shell: Shell::default(),
            scope: OfScope::default(),
            depth: 0,
            lists: 0,
            stale: false,
            rewritten: HashMap::default(),
            saved: BTreeSet::new(),
            refers: BTreeSet::new(),
            results: Results::default(),
            makes: Rc::default(),
            known: HashMap::default(),
            edits: HashMap::default(),
            unread: HashMap::default(),
            seen: vec![],
            builds: vec![],
        }
    }

    /// Carries out one scope of a file; `file` is relative to the source root where it lies in it. Gives whether something was left out.
    pub fn carry_out(&mut self, tool: BuildFile, file: &str, shown: &str, scope: &Scope) -> bool {
        (self.file, self.tool, self.home) = (shown.into(), tool, folder(file).into());
        self.shell = self.shell.fresh();
        self.scope = OfScope { environment_file: scope.environment_file, ..OfScope::default() };
        self.results.begin(format!("{file} "));
        if let Some(folder) = first_folder(tool, file) {
            self.shell.move_to(Some(folder));
        }
        scope.steps.iter().for_each(|step| self.step(step));
        self.scope.cut
    }
}

/// Where a tool runs the commands of a file.
pub(super) fn first_folder(tool: BuildFile, file: &str) -> Option<String> {
    match tool {
        // Fragments are included from elsewhere.
        BuildFile::Makefile if [".mk", ".mak", ".make"].iter().any(|end| file.ends_with(end)) => None,
        // Of Debian's packages: it is run from the folder above (Debian Policy, 4.9).
        BuildFile::Makefile if file == "debian/rules" || file.ends_with("/debian/rules") => {
            Some(folder(folder(file)).into())
        }
        // One of the places where goreleaser looks for it.
        BuildFile::Goreleaser if folder(file).rsplit('/').next() == Some(".config") => {
            Some(folder(folder(file)).into())
        }
        BuildFile::Makefile | BuildFile::Taskfile | BuildFile::Goreleaser => Some(folder(file).into()),
        BuildFile::GithubActions | BuildFile::GitlabCi => Some(String::new()),
        BuildFile::Dockerfile
        | BuildFile::Shell
        | BuildFile::GoEnv
        | BuildFile::Envrc
        | BuildFile::Deliverable
        | BuildFile::Other => None,
    }
}

impl State<'_> {
    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Env { variable, possible } => {
                let sure = if *possible { Sure::Maybe } else { Sure::Always };
                self.give_written();
                self.environment(variable, sure);
            }
            Step::Folder { path } => self.shell.move_to(path.clone()),
            Step::Copy { folder } => self.scope.clones.push(folder.clone(), Some(String::new())),
            Step::Run { line, script, env, folder, stale } => {
                // Targets of a makefile have most of their recipes in common.
                let of_file = (&*self.file, &*self.home, self.tool, self.scope.environment_file);
                let state = (of_file, line, script, env, folder, stale);
                let Some(begun) = self.begin_anyway("", &format!("{:x}", hasher().hash_one(state))) else { return };
                let (before, was_stale) = (self.shell.mark(), self.stale);
                self.stale |= *stale;
                self.give_written();
                env.iter().for_each(|variable| self.environment(variable, Sure::Always));
                if let Some(folder) = folder {
                    self.shell.move_to(self.below_clone(folder).unwrap_or_else(|| Some(folder.clone())));
                }
                self.script(*line, script);
                self.uncalled();
                self.shell.back(before);
                self.stale = was_stale;
                self.end(begun);
            }
            Step::Build { line, words, env } => {
                let before = self.shell.mark();
                env.iter().for_each(|variable| self.environment(variable, Sure::Always));
                self.go(*line, words, &[], 0);
                self.shell.back(before);
            }
            Step::Unread { line, why } => self.unread(*line, why.clone(), None),
            Step::Settings { path } => {
                self.settings_file(path);
            }
            Step::Tool { line, words, env } => {
                let before = self.shell.mark();
                env.iter().for_each(|variable| self.environment(variable, Sure::Always));
                self.tools(*line, words);
                self.shell.back(before);
            }
        }
    }

    pub fn place(&self, line: u32) -> Place {
        Place { file: self.file.clone(), line }
    }

    fn environment(&mut self, variable: &Variable, sure: Sure) {
        let values = Here { state: self, list: 0 };
        let value = variable.value.as_ref().map(|v| super::expand::text(v, &values));
        self.set(variable.line, &variable.name, value, None, true, sure);
    }

    /// Notes an assignment. A value of `None` is one from outside.
    pub fn set(
        &mut self,
        line: u32,
        name: &str,
        value: Option<String>,
        command: Option<&dyn Deref<Target = str>>,
        export: bool,
        sure: Sure,
    ) {
        // What the variable held before the file was carried out is nobody's setting.
        let own = |v: String| match v.contains('$') {
            true if v.contains(name) => without(&v.replace(&format!("${{{name}}}"), ""), name).trim().to_owned(),
            _ => v.trim().to_owned(),
        };
        let is_ours = VARIABLES.contains(&name);
        let value = value.map(own).map(|value| if is_ours { plain(&value) } else { value });
        let seen = if is_ours { self.note(line, name, value.clone(), command.map(|c| &**c)) } else { vec![] };
        if export {
            self.shell.export(name);
        }
        if name == "GOENV"
            && let Some(path) = value.as_deref().filter(|v| !matches!(*v, "off" | "" | "/dev/null"))
            && !self.settings_file(path)
        {
            self.unread(line, reason!("settings-file-not-read", path = path), None);
        }
        if let Some(path) = value.as_deref().and_then(|value| settings_below(name, value)) {
            self.settings_file(&path);
        }
        // What bash reads before a script (bash, BASH_ENV).
        let profile = value.clone().filter(|_| name == "BASH_ENV");
        self.shell.hold(name, Held { value: value.map(Rc::from), seen, sure });
        if let Some(path) = profile {
            self.with_file(&path, |state, text| state.script(1, text));
        }
    }

    /// The setting, and for GOFLAGS the flags in it.
    fn note(&mut self, line: u32, name: &str, text: Option<String>, command: Option<&str>) -> Vec<usize> {
        // The same line says the same however often it is carried out.
        let (written, of_file) = (format!("{text:?}"), self.scope.environment_file);
        let known = (self.place(line), name.to_owned(), written, command.map(str::to_owned), self.stale, of_file);
        if let Some(ids) = self.known.get(&known) {
            return ids.clone();
        }
        let value = match &text {
            Some(_) => told::value(text.clone()),
            None => Known::Unknown(reason!("value-from-outside", name = name)),
        };
        let mut notes = vec![(name.to_owned(), value, None)];
        if name == "GOFLAGS" {
            let words = flags::quoted_words(text.as_deref().unwrap_or("$"));
            for (flag, value) in flags::flags(&words) {
                notes.push((flag, told::value(value), None));
            }
            let open = words.iter().any(|w| !w.starts_with('-') && w.contains('$'));
            for flag in RISKY.iter().filter(|_| open) {
                let doubt = reason!("value-of-variable", text = text.as_deref().unwrap_or("GOFLAGS"));
                notes.push(((*flag).to_owned(), Known::Unknown(doubt.clone()), Some(doubt)));
            }
        }
        let (place, tool) = (self.place(line), self.tool);
        let mut ids = Vec::new();
        for (name, value, doubt) in notes {
            ids.push(self.seen.len());
            let doubt = doubt.or_else(|| self.doubt());
            self.seen.push(Seen {
                place: place.clone(),
                tool,
                name,
                value,
                command: command.map(str::to_owned),
                doubt,
                at: None,
            });
        }
        if name == "GOWORK" {
            ids.extend(self.workspace(line, text.as_deref(), command));
        }
        ids.extend(text.and_then(|text| self.of_delivery(line, name, &text, command)));
        self.known.insert(known, ids.clone());
        ids
    }

    /// What nobody read may set anything for all builds after it.
    pub fn unread(&mut self, line: u32, why: Reason, command: Option<&str>) {
        let line = line.max(1);
        let place = self.place(line);
        let known = self.unread.get(&(place.clone(), format!("{why:?}"))).cloned();
        let ids = known.unwrap_or_else(|| self.unknown_flags(line, &why, command));
        self.unread.insert((place, format!("{why:?}")), ids.clone());
        for id in ids {
            self.scope.changes.make(id);
        }
    }

    /// Flags that may stand in what nobody can read: those that would change most.
    pub fn unknown_flags(&mut self, line: u32, doubt: &Reason, command: Option<&str>) -> Vec<usize> {
        let (place, tool) = (self.place(line), self.tool);
        let flag = |name: &&str| Seen {
            place: place.clone(),
            tool,
            name: (*name).to_owned(),
            value: Known::Unknown(doubt.clone()),
            command: command.map(str::to_owned),
            doubt: Some(doubt.clone()),
            at: None,
        };
        let from = self.seen.len();
        self.seen.extend(RISKY.iter().map(flag));
        (from..self.seen.len()).collect()
    }

    /// A setting of a file that stays in force, whatever shell ends.
    pub fn write(&mut self, line: u32, name: &str, value: &str, command: Option<&str>) {
        let seen = self.note(line, name, Some(value.to_owned()), command);
        let held = Held { value: Some(value.into()), seen, sure: Sure::Always };
        self.scope.written.push((name.into(), Rc::new(held)));
    }

    fn doubt(&self) -> Option<Reason> {
        if self.scope.environment_file {
            return Some(reason!("environment-file-in-force"));
        }
        self.stale.then(|| reason!("rule-of-stale-files"))
    }

    /// What was written for later steps is in their environment.
    fn give_written(&mut self) {
        self.shell.reads_around(|| Part::Settings);
        let written = self.scope.written.to_vec();
        for (name, held) in written.into_iter().filter(|(name, _)| !VARIABLES.contains(&&**name)) {
            self.shell.hold(&name, Held::clone(&held));
            self.shell.export(&name);
        }
    }

    /// A value that a file gives to later steps, and that is no setting.
    pub fn hand_on(&mut self, name: &str, value: &str) {
        let held = Held { value: Some(value.into()), seen: vec![], sure: Sure::Always };
        self.scope.written.push((name.into(), Rc::new(held)));
    }

    /// Puts in force what a file of settings says; gives whether it was found.
    pub fn settings_file(&mut self, path: &str) -> bool {
        let folders = [self.shell.folder().unwrap_or_default(), &self.home, ""];
        let known = if path.contains('$') { self.shell.path(path, &self.home) } else { None };
        let path = known.or_else(|| path.strip_prefix("$PWD/").map(str::to_owned)).unwrap_or_else(|| path.to_owned());
        // Of an absolute path no more than its end is known.
        let of_user = path.ends_with("go/env");
        let found = self.library.find(&folders, &path).filter(|(path, _)| !of_user || path.ends_with("go/env"));
        let written = self.text_written(&path);
        let is_there = written.is_some() || found.is_some();
        if let Some((file, text)) = written {
            self.settings_of(file, &text);
        }
        if let Some((path, text)) = found {
            self.settings_of(self.library.shown(&path).into(), &text);
        }
        is_there
    }

    fn settings_of(&mut self, file: Rc<str>, text: &str) {
        let kept = std::mem::replace(&mut self.file, file);
        for variable in super::model::variables(text) {
            let value = variable.value.as_deref().unwrap_or_default();
            match VARIABLES.contains(&variable.name.as_str()) {
                true => self.write(variable.line, &variable.name, value, None),
                false => self.hand_on(&variable.name, value),
            }
        }
        self.file = kept;
    }

    /// One of several ways to go on, which exclude each other; gives the changes that it makes.
    pub fn instead(&mut self, way: impl FnOnce(&mut Self)) -> Vec<usize> {
        let changes = &self.scope.changes;
        let before = (changes.begin(), changes.made.len(), changes.possible.len());
        way(self);
        self.scope.changes.back(before)
    }

    /// One of several ways, of which others may be gone after it.
    pub fn either(&mut self, way: impl FnOnce(&mut Self)) {
        let made = self.instead(way);
        self.may_have_made(made);
    }

    pub fn may_have_made(&mut self, changes: Vec<usize>) {
        changes.into_iter().for_each(|id| self.scope.changes.may_make(id));
    }

    /// A change of the module graph or of sources, in the folder where it is made.
    pub fn changed(&mut self, line: u32, name: &str, arguments: &[String], shown: &str, here: Where) {
        let place = self.place(line);
        let edit = (place.clone(), name.to_owned(), shown.to_owned(), here.clone(), self.stale);
        let id = match self.edits.get(&edit) {
            Some(id) => *id,
            None => {
                let arguments = (!arguments.is_empty()).then(|| cut(&arguments.join(" ")));
                let (command, value) = (Some(shown.to_owned()), told::value(arguments));
                let (tool, doubt, at) = (self.tool, self.doubt(), Some(here));
                self.seen.push(Seen { place, tool, name: name.into(), value, command, doubt, at });
                self.edits.insert(edit, self.seen.len() - 1);
                self.seen.len() - 1
            }
        };
        self.scope.changes.make(id);
    }
}

/// A text without `$NAME`, which is no part of a longer name.
fn without(text: &str, name: &str) -> String {
    let reference = format!("${name}");
    let mut parts = text.split(&*reference);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            out.push_str(&reference);
        }
        out.push_str(part);
    }
    out
}

/// The user's file of settings, where a variable says where the user's files are (os.UserConfigDir, Go 1.26).
pub(super) fn settings_below(name: &str, value: &str) -> Option<String> {
    match name {
        "XDG_CONFIG_HOME" => Some(format!("{value}/go/env")),
        "HOME" => Some(format!("{value}/.config/go/env")),
        _ => None,
    }
}

/// A folder as it stands in a build file, relative to the source root.
pub(super) fn below(folder: &str, path: &str) -> Option<String> {
    (!path.starts_with('/') && !path.contains('$')).then(|| normal(&format!("{folder}/{path}")))
}
