//! Derives every verdict of a pack again from its recorded facts, its clause files and its run record.

use crate::manifest::{Manifest, Role};
use crate::pack::{Pack, PackError};
use crate::record::take_sheets;
use crate::statement::INVENTORY;
use assize_clause::{Contract, Files, Library, Mistakes};
use assize_facts::Sha256;
use assize_judge::{RunRecord, RunResult, Sheets};
use std::collections::BTreeMap;

const CONTRACT: &str = "contract.toml";
const WAIVERS: &str = "waivers.toml";
pub(crate) const RUN: &str = "run.json";
pub(crate) const RESULT: &str = "result.json";

/// A pack judged again.
pub struct Replay {
    pub contract: Contract,
    pub sheets: Sheets,
    pub record: RunRecord,
    /// What the facts say now.
    pub derived: RunResult,
    /// What the pack says.
    pub recorded_result: RunResult,
    pub recorded_bytes: Vec<u8>,
    pub manifest: Manifest,
}

/// The bytes of `run.json`.
pub fn run_bytes(record: &RunRecord) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(record).expect("a run record is plain data");
    bytes.push(b'\n');
    bytes
}

/// Puts waivers of a file of their own into a pack.
pub fn keep_waivers(pack: &mut Pack, waivers: &[u8]) {
    pack.add(WAIVERS, Role::Waivers, waivers);
}

/// Puts the contract and the clause files that it used into a pack.
pub fn keep_contract(pack: &mut Pack, contract: &Contract) {
    pack.add(CONTRACT, Role::Contract, contract.source.as_bytes());
    for clause in &contract.clauses {
        pack.add(
            format!("clauses/{}/{}/clause.toml", clause.library, clause.id),
            Role::Clause,
            clause.source.as_bytes(),
        );
    }
}

/// Judges again. Nothing but the pack is looked at.
pub fn replay(mut pack: Pack, manifest: Manifest) -> Result<Replay, PackError> {
    let record: RunRecord = parse(&pack, RUN)?;
    let recorded_result: RunResult = parse(&pack, RESULT)?;
    let contract = contract(&pack)?;
    if let Some(inventory) = pack.get(INVENTORY)
        && Sha256::of(inventory).0 != record.deliverable.digest
    {
        return Err(content(INVENTORY, "it is not that of the deliverable in run.json"));
    }
    let sheets = Sheets::new(take_sheets(&mut pack)?);
    exhibits_are_there(&pack, &sheets)?;
    let deliverable = assize_facts::Deliverable {
        name: record.deliverable.name.clone(),
        version: record.deliverable.version.clone(),
        ..Default::default()
    };
    let contract = contract.fill(&deliverable);
    let derived = assize_judge::judge(&contract, &sheets, &record);
    let recorded_bytes = pack.need(RESULT)?.to_vec();
    Ok(Replay { contract, sheets, record, derived, recorded_result, recorded_bytes, manifest })
}

/// Every exhibit that a fact refers to is in the pack.
fn exhibits_are_there(pack: &Pack, sheets: &Sheets) -> Result<(), PackError> {
    let items = sheets.iter().flat_map(|sheet| &sheet.items);
    for path in items.flat_map(|item| &item.origin.exhibits) {
        if !path.starts_with("exhibits/") || pack.get(path).is_none() {
            return Err(PackError::Missing(path.clone()));
        }
    }
    Ok(())
}

/// The contract as it was, from the pack's own clause files: the library inside this program does not matter.
pub(crate) fn contract(pack: &Pack) -> Result<Contract, PackError> {
    let mut contract = contract_of(pack, CONTRACT, pack.need(CONTRACT)?)?;
    if let Some(waivers) = pack.get(WAIVERS) {
        contract.add_waivers(WAIVERS, waivers).map_err(|mistakes| mistaken(WAIVERS, &mistakes))?;
    }
    Ok(contract)
}

/// A contract's text read with the clause files of a pack: what one holds in hand, to compare with what the pack was judged by.
pub fn contract_of(pack: &Pack, name: &str, text: &[u8]) -> Result<Contract, PackError> {
    let libraries = libraries(pack);
    let library = |name: &str| -> Library {
        let name = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
        let files = libraries.get(name).cloned().unwrap_or_default();
        Library::from_files(name, name, files)
    };
    let contract = match text.is_empty() {
        true => Contract::of_library(&library("standard")),
        false => Contract::parse(name, text, library),
    };
    contract.map_err(|mistakes| mistaken(name, &mistakes))
}

/// Clause files by library, each by its path in the library.
fn libraries(pack: &Pack) -> BTreeMap<String, Files> {
    let mut all: BTreeMap<String, Files> = BTreeMap::new();
    for (path, bytes) in pack.of_role(Role::Clause) {
        let inside = path.strip_prefix("clauses/").and_then(|rest| rest.split_once('/'));
        if let Some((library, file)) = inside {
            all.entry(library.into()).or_default().insert(file.into(), bytes.to_vec());
        }
    }
    all
}

fn mistaken(path: &str, mistakes: &Mistakes) -> PackError {
    let first = mistakes.0.first().map(ToString::to_string).unwrap_or_default();
    content(path, first)
}

pub(crate) fn parse<T: serde::de::DeserializeOwned>(pack: &Pack, path: &str) -> Result<T, PackError> {
    serde_json::from_slice(pack.need(path)?).map_err(|e| content(path, e))
}

fn content(path: &str, error: impl ToString) -> PackError {
    PackError::Content { path: path.into(), error: error.to_string() }
}
