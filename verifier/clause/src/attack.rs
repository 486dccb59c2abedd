//! Attacks beside a clause: edits to a compliant deliverable, and what must catch them.

use crate::clause::words;
use crate::deliverable::relative_path;
use crate::example::known_check;
use crate::read::{Node, Reader, Table};
use crate::{Bilingual, Clause, Mistakes};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attack {
    /// The file's name.
    pub file: String,
    pub says: Bilingual,
    /// A compliant sample under `sample-deliverables`.
    pub sample: String,
    /// In order.
    pub edits: Vec<Edit>,
    /// Whether the sample's binary is built again after the edits.
    pub build: bool,
    pub expect: ExpectedCatch,
    /// An honest oddity, which must still pass.
    pub honest: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Relative to the deliverable.
    pub file: String,
    pub action: EditAction,
    /// Whether it is made after the sample was built again, so that source and binary differ.
    pub after_build: bool,
    /// 1-based line in the attack's file.
    pub line: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditAction {
    /// The old text must be found exactly once.
    Replace {
        old: String,
        new: String,
    },
    /// The old text is found at least once, and is replaced everywhere; in binaries both texts have one length.
    ReplaceAll {
        old: String,
        new: String,
    },
    Append(String),
    /// Appends the bytes of another path of the deliverable.
    AppendFile {
        from: String,
    },
    Write(String),
    Delete,
    /// Copies from another path of the deliverable.
    Copy {
        from: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedCatch {
    pub verdict: AttackVerdict,
    /// The check that must catch it.
    pub check: Option<String>,
}

/// The verdict of the clause beside which the attack stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttackVerdict {
    Fail,
    Inconclusive,
    Pass,
}

words!(AttackVerdict { Fail = "fail", Inconclusive = "inconclusive", Pass = "pass" });

impl Attack {
    /// Reads an attack; with its clause, the check that must catch it is looked up there.
    pub fn parse(file: &str, bytes: &[u8], clause: Option<&Clause>) -> Result<Attack, Mistakes> {
        let (reader, root) = Reader::open(file, bytes)?;
        let attack = attack(&reader, &root, clause);
        let mistakes = reader.finish();
        match (attack, mistakes.is_empty()) {
            (Some(attack), true) => Ok(attack),
            (None, true) => Err(crate::Mistake::whole(format!("{file} could not be read as an attack")).into()),
            (_, false) => Err(mistakes),
        }
    }
}

fn attack(reader: &Reader, root: &Node, clause: Option<&Clause>) -> Option<Attack> {
    let table = Table::root(reader, root);
    let says = table.need_both("says");
    let sample = table.need_text("sample", "a compliant sample under `sample-deliverables`");
    let edits: Vec<_> = table.tables("edit").iter().map(edit).collect();
    let build = table.bool("build").unwrap_or(false);
    let honest = table.bool("honest").unwrap_or(false);
    let expect = expect(&table, clause, honest);
    if edits.is_empty() {
        table.missing("edit", "what is changed: `[[edit]]`");
    }
    Some(Attack {
        file: reader.file().into(),
        says: says?,
        sample: sample?.0.to_string(),
        edits: edits.into_iter().collect::<Option<_>>()?,
        build,
        expect: expect?,
        honest,
    })
}

fn expect(table: &Table<'_>, clause: Option<&Clause>, honest: bool) -> Option<ExpectedCatch> {
    let reader = table.reader();
    if honest && table.get("expect").is_none() {
        return Some(ExpectedCatch { verdict: AttackVerdict::Pass, check: None });
    }
    table.need("expect", "`[expect]` with the verdict, and the check that must catch it");
    let expect = table.table("expect")?;
    let check = expect.text("check");
    expect.need("verdict", "one of: `fail`, `inconclusive`, `pass`");
    let verdict = expect.word("verdict", AttackVerdict::WORDS, AttackVerdict::parse)?;
    if honest != (verdict == AttackVerdict::Pass) {
        let message = if honest { "an honest oddity must pass" } else { "an attack must not pass" };
        let mistake = reader.at(&expect.key_span("verdict"), message);
        reader.report(mistake.help("`honest = true` marks what must still pass"));
    }
    if !honest && check.is_none() {
        expect.missing("check", "the check that must catch it");
    }
    if let (Some(clause), Some((check, span))) = (clause, check) {
        known_check(reader, clause, check, span);
    }
    Some(ExpectedCatch { verdict, check: check.map(|(check, _)| check.to_string()) })
}

fn edit(table: &Table<'_>) -> Option<Edit> {
    const ACTIONS: &[&str] = &["replace", "replace_all", "append", "append_file", "write", "delete", "copy"];
    let reader = table.reader();
    let file = table.need_text("file", "the file that is changed");
    let given: Vec<&str> = ACTIONS.iter().copied().filter(|action| table.get(action).is_some()).collect();
    let with = table.string("with");
    let action = match given.as_slice() {
        ["replace"] => {
            let new = with.clone();
            if new.is_none() {
                table.missing("with", "the new text");
            }
            EditAction::Replace { old: table.string("replace")?, new: new? }
        }
        ["replace_all"] => {
            let new = with.clone();
            if new.is_none() {
                table.missing("with", "the new text");
            }
            EditAction::ReplaceAll { old: table.string("replace_all")?, new: new? }
        }
        ["append_file"] => EditAction::AppendFile { from: path(reader, table, "append_file")? },
        ["append"] => EditAction::Append(table.string("append")?),
        ["write"] => EditAction::Write(table.string("write")?),
        ["delete"] if table.bool("delete") == Some(true) => EditAction::Delete,
        ["copy"] => EditAction::Copy { from: path(reader, table, "copy")? },
        _ => {
            let mistake = reader.at(table.span(), "an edit does one thing");
            reader.report(mistake.help(
                "`replace` or `replace_all` and `with`, `append`, `append_file`, `write`, `delete = true` or `copy`",
            ));
            return None;
        }
    };
    if with.is_some() && given != ["replace"] && given != ["replace_all"] {
        reader.report(reader.at(&table.key_span("with"), "`with` belongs to `replace`"));
    }
    if let EditAction::Replace { old, .. } | EditAction::ReplaceAll { old, .. } = &action
        && old.is_empty()
    {
        reader.report(reader.at(&table.key_span(given[0]), "the old text is empty"));
    }
    file?;
    let after_build = table.bool("after_build").unwrap_or(false);
    Some(Edit { file: path(reader, table, "file")?, action, after_build, line: table.line() })
}

fn path(reader: &Reader, table: &Table<'_>, key: &'static str) -> Option<String> {
    let (text, span) = table.text(key)?;
    relative_path(reader, text, span)
}
