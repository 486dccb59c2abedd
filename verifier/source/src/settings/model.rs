//! Build files as scopes: runs of steps in the order in which a tool takes them.

use assize_facts::Reason;

/// A Dockerfile's stage, a make target with its prerequisites, a job, a script.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scope {
    pub name: String,
    pub steps: Vec<Step>,
    /// A file of settings whose user is not known.
    pub environment_file: bool,
}

/// A variable of the environment, and the line that sets it.
#[derive(Clone, Debug, PartialEq, Hash)]
pub(super) struct Variable {
    pub line: u32,
    pub name: String,
    /// `None`: given from outside.
    pub value: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// In the environment from here on; `possible` where it may be passed over.
    Env { variable: Variable, possible: bool },
    /// The working folder, relative to the source root; `None` where it is not known.
    Folder { path: Option<String> },
    /// A folder, from here, that is the source root.
    Copy { folder: String },
    /// Shell text, with what holds for it alone. `stale`: it runs only where a file of the tree is older than another.
    Run { line: u32, script: String, env: Vec<Variable>, folder: Option<String>, stale: bool },
    /// A build by a tool that calls `go build` itself (goreleaser).
    Build { line: u32, words: Vec<String>, env: Vec<Variable> },
    /// Something that was not read, and may set anything for what comes after it.
    Unread { line: u32, why: Reason },
    /// A file of settings that is put where the Go command looks for one.
    Settings { path: String },
    /// Another file of the tree that is carried out here (a makefile's target, an action).
    Tool { line: u32, words: Vec<String>, env: Vec<Variable> },
}

impl Scope {
    pub fn new(name: &str, steps: Vec<Step>) -> Scope {
        Scope { name: name.into(), steps, environment_file: false }
    }

    /// `go.env` and `.envrc`: lines of `NAME=value`, `export` before them or not.
    pub fn environment_file(text: &str) -> Scope {
        let steps = variables(text).into_iter().map(|variable| Step::Env { variable, possible: false }).collect();
        Scope { environment_file: true, steps, ..Scope::default() }
    }
}

impl Step {
    pub fn run(line: u32, script: &str) -> Step {
        Step::Run { line, script: script.into(), env: vec![], folder: None, stale: false }
    }

    /// The step so many lines further down.
    pub fn moved(self, lines: u32) -> Step {
        match self {
            Step::Run { line, script, env, folder, stale } => {
                Step::Run { line: line + lines, script, env, folder, stale }
            }
            Step::Env { variable, possible } => {
                Step::Env { variable: Variable { line: variable.line + lines, ..variable }, possible }
            }
            Step::Unread { line, why } => Step::Unread { line: line + lines, why },
            other => other,
        }
    }

    pub fn env(line: u32, name: &str, value: &str) -> Step {
        Step::Env { variable: Variable::new(line, name, value), possible: false }
    }
}

impl Variable {
    pub fn new(line: u32, name: &str, value: &str) -> Variable {
        Variable { line, name: name.into(), value: Some(value.into()) }
    }
}

/// Lines of `NAME=value`.
pub(super) fn variables(text: &str) -> Vec<Variable> {
    let read = |(number, line): (usize, &str)| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
        Some(Variable::new(number as u32 + 1, name.trim(), value.trim().trim_matches(['"', '\''])))
    };
    text.trim_start_matches('\u{feff}').lines().enumerate().filter_map(read).collect()
}
