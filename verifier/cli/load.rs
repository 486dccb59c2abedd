//! Loads what was agreed: the contract, its clauses and waivers.

use crate::done::NotDone;
use crate::examine::read_text;
use assize_clause::{Attack, Contract, Library, Mistakes};
use std::path::Path;

/// The contract of a file, or the built-in one; waivers of a file of their own are added.
pub fn contract(file: Option<&Path>, waivers: Option<&Path>) -> Result<Contract, NotDone> {
    let mut contract = match file {
        Some(path) => Contract::open(path)?,
        None => Contract::standard()?,
    };
    if let Some(path) = waivers {
        contract.add_waivers(&path.display().to_string(), &read_text(path)?)?;
    }
    Ok(contract)
}

/// Every mistake in a contract file.
pub fn contract_mistakes(file: &Path) -> Mistakes {
    Contract::open(file).err().unwrap_or_default()
}

/// The attacks of the built-in library on a clause.
pub fn attacks(clause: &str) -> Result<Vec<Attack>, NotDone> {
    Ok(Library::standard().attacks(clause)?)
}

/// A clause to begin with: it loads, and its check has to be thought about.
pub const STUB: &str = r#"id         = "CLAUSE-ID"
chapter    = "9.9"
obligation = "must"
waiver_level = "L2"

[title]
en = "What is promised, in a few words"
zh = "用几个字说明承诺"

[text]
en = "The sentence that stands in the contract."
zh = "写入合同的正文。"

[[check]]
id    = "nothing-of-the-kind"
layer = "source"
none  = "source.cgo_imports"
where = { form = "import-c", in_build = true }
fail  = { en = "{item.detail} is there", zh = "存在 {item.detail}" }
"#;
