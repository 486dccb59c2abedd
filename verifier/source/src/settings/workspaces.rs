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
