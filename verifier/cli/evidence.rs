//! `assize evidence`: what does a pack say, and do its verdicts follow from its facts.

use crate::args::{LangArg, Plain};
use crate::done::{Done, NotDone};
use crate::output::{self, Output, Report};
use crate::terminal;
use assize_evidence::{Replay, read_pack, replay as derive};
use std::path::Path;

/// The report of a pack, as it was recorded.
pub fn show(folder: &Path, format: &[String], lang: Option<LangArg>) -> Result<Done, NotDone> {
    let outputs = Output::all(format)?;
    let (pack, manifest) = read_pack(folder).map_err(|error| NotDone::say(error.to_string()))?;
    let kept = output::kept(&pack)?;
    let replay = derive(pack, manifest).map_err(|error| NotDone::say(error.to_string()))?;
    let report = Report {
        result: &replay.recorded_result,
        contract: &replay.contract,
        sheets: &replay.sheets,
        record: &replay.record,
        kept: Some(kept),
        lang,
    };
    let above = format!("{} {}\n", folder.display(), replay.manifest.digest());
    output::write(&outputs, &report, &above)?;
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
    let (pack, manifest) = read_pack(folder).map_err(|error| NotDone::say(error.to_string()))?;
    derive(pack, manifest).map_err(|error| NotDone::say(error.to_string()))
}

pub fn difference(replay: &Replay) -> String {
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
