//! The settings of a scope as facts, once it is known which builds follow.

use super::evaluate::State;
use assize_facts::kinds::inventory::{BuildSetting, ToldBy};
use assize_facts::{Known, reason};
use std::rc::Rc;

/// A setting as it is told, with the file and line that it stands in.
pub(super) struct Told {
    pub file: Rc<str>,
    pub line: u32,
    pub item: BuildSetting,
}

impl State<'_> {
    /// The settings of all scopes, each with what it is in force for.
    pub fn tell(self) -> Vec<Told> {
        let mut delivered: Vec<Known<bool>> = vec![Known::Value(false); self.seen.len()];
        let mut told_by: Vec<Option<ToldBy>> = vec![None; self.seen.len()];
        let mut commands: Vec<Option<String>> = self.seen.iter().map(|s| s.command.clone()).collect();
        for build in &self.builds {
            let ids = build.in_force.iter().map(|id| (*id, false)).chain(build.doubtful.iter().map(|id| (*id, true)));
            for (id, doubtful) in ids {
                let found = match (&build.delivered, doubtful) {
                    (Known::Value(true), true) => Known::Unknown(reason!("change-of-a-folder-unknown")),
                    (found, _) => found.clone(),
                };
                match (&delivered[id], &found) {
                    (Known::Value(false), _) | (Known::Unknown(_), Known::Value(true)) => {
                        delivered[id] = found;
                        told_by[id] = build.told_by;
                        commands[id] = commands[id].take().or_else(|| Some(build.command.clone()));
                    }
                    _ => {}
                }
            }
        }
        let mut told = Vec::new();
        for (((seen, delivered), told_by), command) in self.seen.into_iter().zip(delivered).zip(told_by).zip(commands) {
            let doubt = seen.doubt.or_else(|| self.targets.declared_otherwise(&seen.name, &seen.value));
            let delivered = match (delivered, doubt) {
                (_, Some(doubt)) if doubt.code == "environment-file-in-force" => Known::Unknown(doubt),
                (Known::Value(true), Some(doubt)) => Known::Unknown(doubt),
                (delivered, _) => delivered,
            };
            let told_by = told_by.filter(|_| delivered == Known::Value(true));
            let (tool, setting, value) = (seen.tool, seen.name, seen.value);
            let item = BuildSetting { tool, setting, value, command, delivered, told_by };
            told.push(Told { file: seen.place.file, line: seen.place.line, item });
        }
        for build in self.builds {
            for (setting, text) in build.own {
                let (command, value) = (Some(build.command.clone()), value(text));
                let delivered = match (&build.delivered, self.targets.declared_otherwise(&setting, &value)) {
                    (Known::Value(true), Some(doubt)) => Known::Unknown(doubt),
                    (delivered, _) => delivered.clone(),
                };
                let told_by = build.told_by.filter(|_| delivered == Known::Value(true));
                let item = BuildSetting { tool: build.tool, setting, value, command, delivered, told_by };
                told.push(Told { file: build.place.file.clone(), line: build.place.line, item });
            }
        }
        told
    }
}

/// A value that a variable decides is not known.
pub(super) fn value(text: Option<String>) -> Known<Option<String>> {
    match text {
        Some(text) if text.contains('$') || text.contains("{{") => {
            Known::Unknown(reason!("value-of-variable", text = text))
        }
        other => Known::Value(other),
    }
}
