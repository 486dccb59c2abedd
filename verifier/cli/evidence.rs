//! `assize evidence`: what does a pack say, and do its verdicts follow from its facts.

use crate::args::{LangArg, Plain};
use crate::done::{Done, NotDone};
use crate::output::{self, Output, Report};
use crate::terminal;
use assize_evidence::{PackError, Replay, read_pack, replay as derive};
use std::path::Path;

/// The report of a pack, as it was recorded.
pub fn show(folder: &Path, format: &[String], lang: Option<LangArg>) -> Result<Done, NotDone> {
    let outputs = Output::all(format)?;
    let (pack, manifest) = match read_pack(folder) {
        Ok(read) => read,
        Err(error) => return wrong(&error),
    };
    let kept = output::kept(&pack)?;
    let replay = match derive(pack, manifest) {
        Ok(replay) => replay,
        Err(error) => return wrong(&error),
    };
    let report = Report {
        result: &replay.recorded_result,
        contract: &replay.contract,
        sheets: &replay.sheets,
        record: &replay.record,
        kept: Some(kept),
        lang,
    };
    let mut above = format!("{} {}\n", folder.display(), replay.manifest.digest());
    let difference = difference(&replay);
    if let Some(words) = &difference {
        let words = crate::text::plain(words);
        let words = format!("NOT SOUND: these verdicts do not follow from the recorded facts: {words}\n");
        // Whatever the format is, nobody is to take the verdicts for what the facts say.
        eprint!("{words}");
        above.push_str(&words);
    }
    output::write(&outputs, &report, &above)?;
    Ok(if difference.is_none() { Done::Good } else { Done::Bad })
}

pub fn replay(folder: &Path, format: Plain) -> Result<Done, NotDone> {
    let replay = match read_pack(folder).and_then(|(pack, manifest)| derive(pack, manifest)) {
        Ok(replay) => replay,
        Err(error) => return wrong(&error),
    };
    let difference = difference(&replay);
    match (format, &difference) {
        (Plain::Json, _) => terminal::print(&assize_report::json(&replay.derived))?,
        (Plain::Human, None) => terminal::print(&format!(
            "the verdicts follow from the recorded facts, byte for byte: {}\n",
            replay.derived.verdict.word()
        ))?,
        (Plain::Human, Some(words)) => terminal::print(&format!("NOT THE SAME: {}\n", crate::text::plain(words)))?,
    }
    Ok(if difference.is_none() { Done::Good } else { Done::Bad })
}

/// A pack that could not be opened as one is not done; one that was changed is bad.
pub fn wrong(error: &PackError) -> Result<Done, NotDone> {
    if !error.is_tampering() {
        return Err(NotDone::say(error.to_string()));
    }
    terminal::print(&format!("NOT SOUND: {}\n", crate::text::plain(&error.to_string())))?;
    Ok(Done::Bad)
}

/// A sound pack, judged again.
pub fn open(folder: &Path) -> Result<Replay, NotDone> {
    let (pack, manifest) = read_pack(folder).map_err(|error| NotDone::say(error.to_string()))?;
    derive(pack, manifest).map_err(|error| NotDone::say(error.to_string()))
}

/// How the recorded verdicts differ from those that follow from the facts, by the byte.
pub fn difference(replay: &Replay) -> Option<String> {
    if assize_report::json(&replay.derived).as_bytes() == replay.recorded_bytes {
        return None;
    }
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
        return Some(match recorded.verdict == derived.verdict {
            true => "the clauses agree; the frame around them differs".into(),
            false => format!("recorded {}, derived {}", recorded.verdict.word(), derived.verdict.word()),
        });
    }
    Some(changed.join("; "))
}
