//! Build files as scopes: runs of steps in the order in which a tool takes them.

/// A Dockerfile's stage, a make target with its prerequisites, a job, a script.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scope {
    pub name: String,
    pub steps: Vec<Step>,
    /// A file of settings whose user is not known.
    pub environment_file: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// A variable of the environment, from here on.
    Env { line: u32, name: String, value: String },
    /// The working folder.
    Folder { path: String },
    /// Shell text.
    Run { line: u32, script: String },
    /// A build by a tool that calls `go build` itself (goreleaser).
    Build { line: u32, words: Vec<String>, env: Vec<(String, String)> },
}

impl Scope {
    pub fn new(name: &str, steps: Vec<Step>) -> Scope {
        Scope { name: name.into(), steps, environment_file: false }
    }

    /// `go.env` and `.envrc`: lines of `NAME=value`, `export` before them or not.
    pub fn environment_file(text: &str) -> Scope {
        let mut scope = Scope { environment_file: true, ..Scope::default() };
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            let line = line.strip_prefix("export ").unwrap_or(line);
            let Some((name, value)) = line.split_once('=') else { continue };
            let value = value.trim().trim_matches(['"', '\'']).to_owned();
            scope.steps.push(Step::Env { line: number as u32 + 1, name: name.trim().into(), value });
        }
        scope
    }
}
