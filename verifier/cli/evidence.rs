//! `assize evidence`: is a pack sound, what does it say, and do its verdicts follow from its facts.

use crate::args::{LangArg, Plain};
use crate::done::{Done, NotDone};
use crate::{terminal, verify};
use assize_evidence::{Replay, read_folder, replay as derive};
use assize_report::Options;
use std::path::Path;

/// A pack that could not be opened as one is not done; one that was changed is bad.
pub fn verify(folder: &Path) -> Result<Done, NotDone> {
    match read_folder(folder) {
        Ok((pack, manifest)) => {
            let files = pack.files().count();
            terminal::print(&format!(
                "consistent, not protected: {files} files are as the manifest {} says; nobody signed it\n",
                manifest.digest()
            ))?;
            Ok(Done::Incomplete)
        }
        Err(error) if error.is_tampering() => {
            terminal::print(&format!("NOT SOUND: {}\n", crate::text::plain(&error.to_string())))?;
            Ok(Done::Bad)
        }
        Err(error) => Err(NotDone::say(error.to_string())),
    }
}

pub fn show(folder: &Path, lang: Option<LangArg>) -> Result<Done, NotDone> {
    let replay = open(folder)?;
    let Replay { contract, sheets, recorded_result, manifest, .. } = &replay;
    let options = Options {
        languages: verify::languages(lang, contract),
        colour: terminal::colour_on_stdout(),
        width: terminal::width(),
    };
    let mut text = format!("{} {}\n", folder.display(), manifest.digest());
    text.push_str(&assize_report::human(recorded_result, contract, sheets, &options));
    terminal::print(&text)?;
    Ok(Done::Good)
}

pub fn replay(folder: &Path, format: Plain) -> Result<Done, NotDone> {
    let replay = open(folder)?;
    let again = assize_report::json(&replay.derived);
    let same = again.as_bytes() == replay.recorded_bytes;
    match format {
        Plain::Json => terminal::print(&again)?,
        Plain::Human if same => terminal::print(&format!(
            "the verdicts follow from the recorded facts, byte for byte: {}\n",
            replay.derived.verdict.word()
        ))?,
        Plain::Human => terminal::print(&format!("NOT THE SAME: {}\n", difference(&replay)))?,
    }
    Ok(if same { Done::Good } else { Done::Bad })
}

/// A sound pack, judged again.
pub fn open(folder: &Path) -> Result<Replay, NotDone> {
    let (pack, manifest) = read_folder(folder).map_err(|error| NotDone::say(error.to_string()))?;
    derive(&pack, manifest).map_err(|error| NotDone::say(error.to_string()))
}

fn difference(replay: &Replay) -> String {
    let (recorded, derived) = (&replay.recorded_result, &replay.derived);
    let mut changed = Vec::new();
    for clause in &derived.clauses {
        let before = recorded.clauses.iter().find(|c| c.id == clause.id);
        if before.is_none_or(|before| before != clause) {
            let was = before.map_or("absent", |b| b.verdict.word());
            changed.push(format!("{}: recorded {was}, derived {}", clause.id, clause.verdict.word()));
        }
    }
    if changed.is_empty() {
        return "the clauses agree; the frame around them differs".into();
    }
    changed.join("; ")
}
