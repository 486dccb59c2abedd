//! `assize clause`: the library listed, shown, explained, checked and tested.

use crate::args::{ClauseId, LangArg, Plain};
use crate::done::{Done, NotDone};
use crate::{load, terminal};
use assize_clause::{AgreedClause, Clause, Library, Mistakes};
use assize_facts::Lang;
use serde_json::json;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// A library from a path, or the one inside the program; with mistakes in its clauses it is not used.
fn library(path: Option<&Path>) -> Result<Library, NotDone> {
    let library = path.map_or_else(|| Library::standard().clone(), Library::from_folder);
    let mistakes = library.mistakes();
    if mistakes.is_empty() { Ok(library) } else { Err(mistakes.into()) }
}

pub fn list(format: Plain) -> Result<Done, NotDone> {
    let library = library(None)?;
    let mut text = String::new();
    match format {
        Plain::Human => {
            let width = library.clauses.keys().map(|id| id.len()).max().unwrap_or(0);
            for clause in library.clauses.values() {
                let agreed = clause.as_proposed(&library.name);
                let obligation = clause.obligation.word();
                let _ =
                    writeln!(text, "{:<4} {:width$}  {obligation:<6}  {}", clause.chapter, clause.id, agreed.title.en);
            }
        }
        Plain::Json => {
            let all: Vec<serde_json::Value> = library.clauses.values().map(|c| summary(c, &library.name)).collect();
            text = serde_json::to_string_pretty(&json!({ "clauses": all })).expect("plain data");
            text.push('\n');
        }
    }
    terminal::print(&text)?;
    Ok(Done::Good)
}

fn summary(clause: &Clause, library: &str) -> serde_json::Value {
    let agreed = clause.as_proposed(library);
    let parameters: serde_json::Map<String, serde_json::Value> =
        agreed.parameters.iter().map(|(name, value)| (name.clone(), value.json())).collect();
    json!({
        "id": clause.id,
        "chapter": clause.chapter,
        "obligation": clause.obligation.word(),
        "waiver_level": clause.waiver_level.word(),
        "title": { "en": agreed.title.en, "zh": agreed.title.zh },
        "parameters": parameters,
        "wording_digest": agreed.wording_digest.0,
    })
}

fn find(id: &str) -> Result<(Arc<Clause>, AgreedClause), NotDone> {
    let library = library(None)?;
    let Some(clause) = library.clauses.get(id) else {
        let all: Vec<&str> = library.clauses.keys().map(String::as_str).collect();
        return Err(NotDone::help(format!("there is no clause {id:?}"), format!("there are {}", all.join(", "))));
    };
    Ok((clause.clone(), clause.as_proposed(&library.name)))
}

fn languages(asked: Option<LangArg>) -> Vec<Lang> {
    match asked {
        None | Some(LangArg::En) => vec![Lang::En],
        Some(LangArg::Zh) => vec![Lang::Zh],
        Some(LangArg::Both) => vec![Lang::En, Lang::Zh],
    }
}

pub fn show(which: &ClauseId) -> Result<Done, NotDone> {
    let (clause, agreed) = find(&which.id)?;
    let mut text = String::new();
    for lang in languages(which.lang) {
        let _ = writeln!(text, "{} {} — {}\n", clause.chapter, clause.id, agreed.title.get(lang));
        for line in wrap(agreed.text.get(lang)) {
            let _ = writeln!(text, "  {line}");
        }
        text.push('\n');
    }
    for parameter in &clause.parameters {
        let doc = parameter.doc.as_ref().map(|d| format!("   # {}", d.en)).unwrap_or_default();
        let _ = writeln!(text, "  {} = {}{doc}", parameter.name, parameter.default.json());
    }
    let _ = writeln!(text, "  wording {}", agreed.wording_digest.0);
    terminal::print(&text)?;
    Ok(Done::Good)
}

fn wrap(text: &str) -> Vec<String> {
    assize_report::text::wrapped(text, terminal::width().saturating_sub(4))
}

pub fn explain(which: &ClauseId) -> Result<Done, NotDone> {
    let (clause, agreed) = find(&which.id)?;
    let lang = languages(which.lang)[0];
    let mut text = format!("{} {} — {}\n", clause.chapter, clause.id, agreed.title.get(lang));
    for check in &clause.checks {
        text.push('\n');
        text.push_str(&assize_report::explain(check, lang));
    }
    terminal::print(&text)?;
    Ok(Done::Good)
}

/// Checks a library, a clause folder, a contract or a deliverable file; all mistakes are printed together.
pub fn check(path: Option<&Path>) -> Result<Done, NotDone> {
    let (what, mistakes) = match path {
        None => ("the built-in library".to_string(), Library::standard().all_mistakes()),
        Some(path) if path.is_dir() => {
            let library = Library::from_folder(path);
            (format!("{} clauses", library.clauses.len()), library.all_mistakes())
        }
        Some(path) => (path.display().to_string(), file_mistakes(path)?),
    };
    if !mistakes.is_empty() {
        return Err(mistakes.into());
    }
    terminal::print(&format!("no mistake in {what}\n"))?;
    Ok(Done::Good)
}

fn file_mistakes(path: &Path) -> Result<Mistakes, NotDone> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    if name == "clause.toml" {
        return Ok(Library::from_folder(path.parent().unwrap_or(Path::new("."))).all_mistakes());
    }
    let bytes = crate::examine::read_text(path)?;
    let text = String::from_utf8_lossy(&bytes);
    if text.lines().any(|line| line.trim_start().starts_with("[contract]")) {
        return Ok(load::contract_mistakes(path));
    }
    Ok(assize_clause::parse_deliverable(&path.display().to_string(), &bytes).err().unwrap_or_default())
}

/// Runs the examples beside the clauses.
pub fn test(path: Option<&Path>, format: Plain) -> Result<Done, NotDone> {
    let library = library(path)?;
    let mut rows = Vec::new();
    for clause in library.clauses.values() {
        for example in library.examples(&clause.id)? {
            let problems = assize_judge::run_example(clause, &example);
            rows.push((example.file.clone(), problems));
        }
    }
    let bad = rows.iter().filter(|(_, problems)| !problems.is_empty()).count();
    let text = match format {
        Plain::Human => human_rows(&rows, bad),
        Plain::Json => {
            let rows: Vec<serde_json::Value> = rows
                .iter()
                .map(|(file, problems)| json!({ "example": file, "as_expected": problems.is_empty(), "problems": problems }))
                .collect();
            serde_json::to_string_pretty(&json!({ "examples": rows })).expect("plain data") + "\n"
        }
    };
    terminal::print(&text)?;
    match (rows.len(), bad) {
        (0, _) => Err(NotDone::say("there is no example to run, which tests nothing")),
        (_, 0) => Ok(Done::Good),
        _ => Ok(Done::Bad),
    }
}

fn human_rows(rows: &[(String, Vec<String>)], bad: usize) -> String {
    let mut text = String::new();
    for (file, problems) in rows.iter().filter(|(_, problems)| !problems.is_empty()) {
        let _ = writeln!(text, "{file}");
        for problem in problems {
            let _ = writeln!(text, "    {problem}");
        }
    }
    let _ = writeln!(text, "{} examples, {} as expected, {bad} not", rows.len(), rows.len() - bad);
    text
}

/// Writes a stub of a new clause that loads and whose check has to be thought about.
pub fn new(id: &str, into: &Path) -> Result<Done, NotDone> {
    let sound = id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.');
    if id.is_empty() || !sound || id.starts_with(['.', '-']) {
        return Err(NotDone::say(format!("{id:?} cannot be a clause's id: small letters, digits, `-` and `.`")));
    }
    let folder = into.join(id);
    fs::create_dir(&folder).map_err(|error| NotDone::say(format!("{}: {error}", folder.display())))?;
    fs::write(folder.join("clause.toml"), load::STUB.replace("CLAUSE-ID", id))?;
    for verdict in ["pass", "fail", "inconclusive"] {
        fs::create_dir_all(folder.join("examples").join(verdict))?;
    }
    fs::create_dir(folder.join("attacks"))?;
    terminal::print(&format!("wrote {}; next: assize clause check {}\n", folder.display(), folder.display()))?;
    Ok(Done::Good)
}

pub fn schema(name: &str) -> Result<Done, NotDone> {
    let schema = match name {
        "result" => Some(assize_judge::result_schema()),
        _ => assize_clause::schema(name).or_else(|| assize_evidence::schema(name)),
    };
    let Some(schema) = schema else {
        let own = assize_evidence::SCHEMAS.iter().map(|(name, _)| *name);
        let all: Vec<&str> = assize_clause::SCHEMAS.iter().copied().chain(own).chain(["result"]).collect();
        return Err(NotDone::help(format!("there is no schema {name:?}"), format!("there are {}", all.join(", "))));
    };
    terminal::print(&(serde_json::to_string_pretty(&schema).expect("plain data") + "\n"))?;
    Ok(Done::Good)
}
