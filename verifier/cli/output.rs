//! Where reports go: which formats were asked for, and each written to its file or to standard output.

use crate::args::LangArg;
use crate::done::NotDone;
use crate::pdf::{self, Printer};
use crate::{interrupt, terminal};
use assize_clause::Contract;
use assize_evidence::{Pack, PublicKey, Seat, SeatState, open_signatures};
use assize_facts::Lang;
use assize_judge::{RunRecord, RunResult, Sheets};
use assize_report::{Case, Format, Kept, KeptFile, KeptSignature, Options};
use std::path::{Path, PathBuf};

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
        if format == Format::Pdf && file.is_none() {
            return Err(NotDone::help("a PDF goes to a file", "name one, as in pdf=report.pdf"));
        }
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
        if outputs.iter().any(|o| o.format == Format::Pdf) {
            // Said before any work.
            Printer::find()?;
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

/// The files of a pack with their digests, and its signatures. One that does not fit the pack is no report but an error.
pub fn kept(pack: &Pack) -> Result<Kept, NotDone> {
    let manifest = pack.manifest();
    let file = |entry: &assize_evidence::ManifestEntry| KeptFile {
        path: entry.path.clone(),
        size: entry.size.parse().unwrap_or_default(),
        digest: entry.sha256.clone(),
    };
    let signed = open_signatures(pack).map_err(|error| NotDone::say(error.to_string()))?;
    let signatures = signed.iter().flat_map(|s| s.seats.iter().zip(&s.states)).map(signature).collect();
    Ok(Kept { digest: manifest.digest(), files: manifest.files.iter().map(file).collect(), signatures })
}

fn signature((seat, state): (&Seat, &SeatState)) -> KeptSignature {
    let key = PublicKey::parse(&seat.key).map_or_else(|_| seat.key.clone(), |key| key.fingerprint());
    let signed = match state {
        SeatState::Signed | SeatState::NoTimestamp | SeatState::Stamped(_) => true,
        SeatState::Missing => false,
    };
    KeptSignature { name: seat.name.clone(), party: seat.party.clone(), key, signed }
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
        let text = match (output.format, &output.file) {
            (Format::Pdf, Some(file)) => {
                print(&case, file)?;
                continue;
            }
            (format, _) => match assize_report::render(format, &case) {
                Some(text) => text,
                None => human(output, &case, above),
            },
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

/// Prints the page.
fn print(case: &Case, file: &Path) -> Result<(), NotDone> {
    let page = assize_report::render(Format::Html, case).expect("the page is text");
    let printer = Printer::find()?;
    interrupt::while_writing(|cancelled| printer.print(&page, file, cancelled))?;
    if pdf::has_chinese_font() == Some(false) {
        eprintln!(
            "{}: no font here has Chinese letters; they are printed as boxes (fonts-noto-cjk has them)",
            file.display()
        );
    }
    Ok(())
}

fn human(output: &Output, case: &Case, above: &str) -> String {
    let colour = output.file.is_none() && terminal::colour_on_stdout();
    // A file does not depend on the terminal that it was written from.
    let width = if output.file.is_some() { terminal::DEFAULT_WIDTH } else { terminal::width() };
    let options = Options { colour, width };
    format!("{above}{}", assize_report::human(case, &options))
}
