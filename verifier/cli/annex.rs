//! `assize annex`: the contract's technical annex, rendered from the clause files that it is checked by.

use crate::args::AnnexArgs;
use crate::done::{Done, NotDone};
use crate::pdf::{self, Printer};
use crate::{interrupt, load, terminal};
use assize_evidence::PublicKey;
use assize_report::Annex;

/// Formats of an annex.
const FORMATS: &str = "markdown, html, pdf";

pub fn run(options: &AnnexArgs) -> Result<Done, NotDone> {
    let (format, file) = match options.format.split_once('=') {
        Some((format, file)) if !file.is_empty() => (format, Some(std::path::Path::new(file))),
        Some(_) => return Err(NotDone::say(format!("--format {}: the file has no name", options.format))),
        None => (options.format.as_str(), None),
    };
    let contract = load::contract(Some(&options.contract), None)?;
    let mut fingerprints = Vec::new();
    for party in &contract.parties {
        let key = party.key.as_deref().map(PublicKey::parse).transpose();
        let key = key.map_err(|e| NotDone::say(format!("the key of {}: {e}", party.name)))?;
        fingerprints.push(key.map(|key| key.fingerprint()));
    }
    let annex = Annex { contract: &contract, fingerprints };
    let text = match (format, file) {
        ("markdown", _) => annex.markdown(),
        ("html", _) => annex.html(),
        ("pdf", None) => return Err(NotDone::help("a PDF goes to a file", "name one, as in pdf=annex.pdf")),
        ("pdf", Some(file)) => {
            let printer = Printer::find()?;
            let page = annex.html();
            interrupt::while_writing(|cancelled| printer.print(&page, file, cancelled))?;
            if pdf::has_chinese_font() == Some(false) {
                eprintln!("no font here has Chinese letters; they are printed as boxes (fonts-noto-cjk has them)");
            }
            return Ok(Done::Good);
        }
        (other, _) => {
            return Err(NotDone::help(
                format!("an annex has no format {other:?}"),
                format!("its formats are {FORMATS}"),
            ));
        }
    };
    match file {
        None => terminal::print(&text)?,
        Some(file) => std::fs::write(file, text).map_err(|e| NotDone::say(format!("{}: {e}", file.display())))?,
    }
    Ok(Done::Good)
}
