//! Workspaces that are in force for a build: another one than the delivered root's is another module graph (`go help work`, Go 1.26).

use super::evaluate::{Seen, State};
use super::library::folder;
use super::state::Where;
use assize_facts::{Known, Reason, reason};

/// Another go.work than that of the delivered source's root.
const ANOTHER: &str = "another workspace";

impl State<'_> {
    /// The setting that a value of GOWORK is, where it names another workspace, or may. One from outside is `None`.
    pub(super) fn workspace(&mut self, line: u32, value: Option<&str>, command: Option<&str>) -> Option<usize> {
        let doubt = match value {
            Some("" | "off" | "auto") => return None,
            Some(path) => match self.shell.path(path, &self.home) {
                Some(path) if path == "go.work" => return None,
                Some(_) => None,
                // A place of the machine that builds: where the root has one, it may be that.
                None if !path.contains('$') && !self.library.paths.contains("go.work") => None,
                None => Some(reason!("value-of-variable", text = path)),
            },
            None => Some(reason!("value-from-outside", name = "GOWORK")),
        };
        Some(self.told_workspace(line, value, command, doubt))
    }

    /// The workspace that the Go command finds at or above the folder of a build by itself.
    pub(super) fn workspace_above(&mut self, line: u32, here: &Where, command: &str) -> Option<usize> {
        let mut at = here.folder.as_deref().filter(|folder| !folder.starts_with(".."))?;
        while !at.is_empty() {
            let path = format!("{at}/go.work");
            if self.library.paths.contains(&path) {
                return Some(self.told_workspace(line, Some(&path), Some(command), None));
            }
            at = folder(at);
        }
        None
    }

    /// A Go installation or a module cache that lies in the delivery itself: the Go command compares neither with anything.
    pub(super) fn of_delivery(&mut self, line: u32, name: &str, value: &str, command: Option<&str>) -> Option<usize> {
        let (told, marks): (_, &[&str]) = match name {
            "GOROOT" => ("another go command", &["src/", "pkg/", "bin/"]),
            "GOMODCACHE" => ("another module cache", &[""]),
            _ => return None,
        };
        let paths = &self.library.paths;
        let is_there = |folder: &str| {
            let mut starts = marks.iter().map(|mark| format!("{folder}/{mark}"));
            starts.any(|start| paths.range(start.clone()..).next().is_some_and(|path| path.starts_with(&start)))
        };
        // Of an absolute path of the machine that builds only the end is known.
        let of_end = || {
            let mut ends = value.match_indices('/').map(|(at, _)| value[at + 1..].trim_end_matches('/'));
            ends.find(|end| !end.is_empty() && is_there(end)).map(str::to_owned)
        };
        let path =
            self.shell.path(value, &self.home).or_else(of_end).filter(|path| !path.is_empty() && is_there(path))?;
        let (place, tool) = (self.place(line), self.tool);
        let (value, command) = (Known::Value(Some(path)), command.map(str::to_owned));
        self.seen.push(Seen { place, tool, name: told.into(), value, command, doubt: None, at: None });
        Some(self.seen.len() - 1)
    }

    fn told_workspace(
        &mut self,
        line: u32,
        value: Option<&str>,
        command: Option<&str>,
        doubt: Option<Reason>,
    ) -> usize {
        let (place, tool) = (self.place(line), self.tool);
        let value = match &doubt {
            Some(doubt) => Known::Unknown(doubt.clone()),
            None => Known::Value(value.map(str::to_owned)),
        };
        let command = command.map(str::to_owned);
        self.seen.push(Seen { place, tool, name: ANOTHER.into(), value, command, doubt, at: None });
        self.seen.len() - 1
    }
}
