//! Where reports go: which formats were asked for, and each written to its file or to standard output.

use crate::args::LangArg;
use crate::done::NotDone;
use crate::terminal;
use assize_clause::Contract;
use assize_evidence::Manifest;
use assize_facts::Lang;
use assize_judge::{RunRecord, RunResult, Sheets};
use assize_report::{Case, Format, Kept, KeptFile, Options};
use std::path::PathBuf;

/// A format of the result and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub format: Format,
    /// `None`: standard output.
    pub file: Option<PathBuf>,
}

impl Output {
    /// Reads `--format FORMAT[=FILE]`.
    pub fn parse(text: &str) -> Result<Output, NotDone> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(PathBuf::from(file))),
            None => (text, None),
        };
        let Some(format) = Format::parse(name) else {
            let all: Vec<&str> = Format::ALL.iter().map(|f| f.name()).collect();
            return Err(NotDone::help(
                format!("there is no format {name:?}"),
                format!("the formats are {}; `{}=FILE` writes to a file", all.join(", "), all[0]),
            ));
        };
        if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
            return Err(NotDone::say(format!("--format {text}: the file has no name")));
        }
        Ok(Output { format, file })
    }

    /// All outputs of a run; `human` on the terminal where nothing is asked, and at most one on standard output.
    pub fn all(asked: &[String]) -> Result<Vec<Output>, NotDone> {
        let outputs: Vec<Output> = asked.iter().map(|text| Output::parse(text)).collect::<Result<_, _>>()?;
        if outputs.iter().filter(|o| o.file.is_none()).count() > 1 {
            return Err(NotDone::help(
                "only one format can go to standard output",
                "give the others a file, as in json=result.json",
            ));
        }
        if outputs.is_empty() {
            return Ok(vec![Output { format: Format::Human, file: None }]);
        }
        Ok(outputs)
    }
}

/// What is reported.
pub struct Report<'a> {
    pub result: &'a RunResult,
    pub contract: &'a Contract,
    pub sheets: &'a Sheets,
    pub record: &'a RunRecord,
    pub kept: Option<Kept>,
    pub lang: Option<LangArg>,
}

/// The files of a pack with their digests.
pub fn kept(manifest: &Manifest) -> Kept {
    let file = |entry: &assize_evidence::ManifestEntry| KeptFile {
        path: entry.path.clone(),
        size: entry.size.parse().unwrap_or_default(),
        digest: entry.sha256.clone(),
    };
    Kept { digest: manifest.digest(), files: manifest.files.iter().map(file).collect(), signatures: Vec::new() }
}

/// The languages of a report: those asked for, else the contract's.
pub fn languages(asked: Option<LangArg>, contract: &Contract) -> Vec<Lang> {
    match asked {
        Some(LangArg::En) => vec![Lang::En],
        Some(LangArg::Zh) => vec![Lang::Zh],
        Some(LangArg::Both) => match contract.language {
            Lang::En => vec![Lang::En, Lang::Zh],
            Lang::Zh => vec![Lang::Zh, Lang::En],
        },
        None => vec![contract.language],
    }
}

/// Writes every output. `above` stands above a report for people on standard output.
pub fn write(outputs: &[Output], report: &Report, above: &str) -> Result<(), NotDone> {
    let languages = languages(report.lang, report.contract);
    let mut case = Case::new(report.result, report.contract, report.sheets, report.record, &languages);
    if let Some(kept) = &report.kept {
        case = case.in_pack(kept);
    }
    for output in outputs {
        let text = match assize_report::render(output.format, &case) {
            Some(text) => text,
            None => human(output, report, &languages, above),
        };
        match &output.file {
            None => terminal::print(&text)?,
            Some(file) => {
                std::fs::write(file, text).map_err(|e| NotDone::say(format!("{}: {e}", file.display())))?;
            }
        }
    }
    Ok(())
}

fn human(output: &Output, report: &Report, languages: &[Lang], above: &str) -> String {
    let colour = output.file.is_none() && terminal::colour_on_stdout();
    let options = Options { languages: languages.to_vec(), colour, width: terminal::width() };
    format!("{above}{}", assize_report::human(report.result, report.contract, report.sheets, &options))
}
