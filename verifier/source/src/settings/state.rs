//! What holds at one point of a build file: variables with the settings that they come from, the folder, functions.

use super::delivered::normal;
use super::expand::Values;
use super::shell::Node;
use assize_facts::kinds::inventory::BuildFile;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// Whether an assignment is made whenever the build after it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sure {
    Always,
    /// For builds of the same list of commands (`a && export X=1 && go build`).
    InList(u64),
    Maybe,
}

/// A value that a variable may hold.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// `None`: unset, or given from outside.
    pub value: Option<String>,
    /// The settings that were noted for it.
    pub seen: Vec<usize>,
    pub sure: Sure,
}

/// What a subshell takes over and does not give back.
#[derive(Clone, Debug, Default)]
pub(super) struct Shell {
    pub variables: BTreeMap<String, Vec<Held>>,
    /// Names of exported variables.
    pub exported: Vec<String>,
    pub all_exported: bool,
    /// Relative to the source root; `None` where it is not known.
    pub folder: Option<String>,
    /// How often the folder was changed: where it is not known, it is the same as long as this is.
    pub moved: u32,
    pub stack: Vec<(Option<String>, u32)>,
    pub functions: BTreeMap<String, Function>,
}

/// A function, and the file that it stands in.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub file: String,
    pub home: String,
    pub tool: BuildFile,
    pub body: Rc<Vec<Node>>,
}

impl Shell {
    /// What a variable may hold for a command of this list.
    pub fn held(&self, name: &str, list: u64) -> &[Held] {
        let all = self.variables.get(name).map_or(&[][..], Vec::as_slice);
        let decides = |held: &Held| held.sure == Sure::Always || held.sure == Sure::InList(list);
        let from = all.iter().rposition(decides).unwrap_or(0);
        &all[from..]
    }

    pub fn hold(&mut self, name: &str, mut held: Held) {
        // What a loop or a function adds to again and again is no setting that anybody wrote.
        const LONGEST: usize = 16 << 10;
        if held.value.as_ref().is_some_and(|v| v.len() > LONGEST) {
            held.value = Some(format!("${name}"));
        }
        let all = self.variables.entry(name.to_owned()).or_default();
        if held.sure == Sure::Always {
            all.clear();
        }
        let is_same = |h: &Held| h.value == held.value && h.seen == held.seen && h.sure == held.sure;
        if !all.last().is_some_and(is_same) {
            all.push(held);
        }
    }

    /// The same for shells in which the same commands do the same.
    pub fn mark(&self) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        for (name, all) in &self.variables {
            name.hash(&mut hasher);
            for held in all {
                (&held.value, &held.seen).hash(&mut hasher);
                let sure = match held.sure {
                    Sure::Always => 0,
                    Sure::InList(_) => 1,
                    Sure::Maybe => 2,
                };
                sure.hash(&mut hasher);
            }
        }
        (&self.exported, self.all_exported, &self.folder).hash(&mut hasher);
        if self.folder.is_none() {
            self.moved.hash(&mut hasher);
        }
        for (name, function) in &self.functions {
            (name, &function.file).hash(&mut hasher);
        }
        hasher.finish()
    }

    pub fn is_exported(&self, name: &str) -> bool {
        self.all_exported || self.exported.iter().any(|n| n == name)
    }

    pub fn export(&mut self, name: &str) {
        if !self.exported.iter().any(|n| n == name) {
            self.exported.push(name.to_owned());
        }
    }

    pub fn move_to(&mut self, folder: Option<String>) {
        self.folder = folder;
        self.moved += 1;
    }

    /// The folder that a path means, relative to the source root. `script` is the folder of the script that names it.
    pub fn path(&self, text: &str, script: &str) -> Option<String> {
        let text = text.trim().trim_matches('"');
        if let Some(inner) = text.strip_prefix("$(") {
            let end = closing(inner)?;
            let base = self.command_path(&inner[..end], script)?;
            return Some(normal(&format!("{base}/{}", &inner[end + 1..])));
        }
        for own in ["${0%/*}", "${BASH_SOURCE%/*}", "${BASH_SOURCE[0]%/*}", "$SCRIPT_DIR", "${SCRIPT_DIR}"] {
            if let Some(rest) = text.strip_prefix(own) {
                return Some(normal(&format!("{script}/{rest}")));
            }
        }
        for root in ["$PWD", "${PWD}"] {
            if let Some(rest) = text.strip_prefix(root) {
                return Some(normal(&format!("{}/{rest}", self.folder.as_ref()?)));
            }
        }
        for root in ["$GITHUB_WORKSPACE", "${GITHUB_WORKSPACE}", "$CI_PROJECT_DIR", "${CI_PROJECT_DIR}"] {
            if let Some(rest) = text.strip_prefix(root) {
                return Some(normal(rest));
            }
        }
        if text.starts_with(['/', '~', '-']) || text.contains('$') || text.is_empty() {
            return None;
        }
        Some(normal(&format!("{}/{text}", self.folder.as_ref()?)))
    }

    /// `cd X && pwd`, `dirname "$0"`, `git rev-parse --show-toplevel`: what the usual ones print.
    fn command_path(&self, command: &str, script: &str) -> Option<String> {
        let words = super::shell::words(command);
        let last = words.last()?;
        let own = |word: &str| word.contains("$0") || word.contains("BASH_SOURCE") || word.contains("${0");
        match words.first()?.as_str() {
            "git" if command.contains("--show-toplevel") => Some(String::new()),
            "pwd" => self.folder.clone(),
            "cd" => self.path(words.iter().skip(1).find(|w| !w.starts_with('-'))?, script),
            "dirname" if last.starts_with("$(") && own(last) => Some(script.to_owned()),
            "dirname" if own(last) => Some(script.to_owned()),
            "dirname" => Some(super::library::folder(&self.path(last, script)?).to_owned()),
            "realpath" | "readlink" if own(last) => None,
            "realpath" | "readlink" => self.path(last, script),
            _ => None,
        }
    }
}

/// Where the bracket closes that was opened before this text.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => open += 1,
            b')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}

/// The variables as commands of one list see them.
pub(super) struct Seen<'s> {
    pub shell: &'s Shell,
    pub list: u64,
}

impl Values for Seen<'_> {
    fn values(&self, name: &str) -> Vec<String> {
        let mut values: Vec<String> = Vec::new();
        for held in self.shell.held(name, self.list) {
            match &held.value {
                Some(value) if !values.contains(value) => values.push(value.clone()),
                _ => {}
            }
        }
        values
    }
}
