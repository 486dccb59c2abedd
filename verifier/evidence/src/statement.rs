//! What is signed: in-toto statements (Statement v1) derived from a pack, so that nobody can sign other words than the pack's own.

use crate::key::PublicKey;
use crate::pack::{Pack, PackError};
use crate::replay;
use assize_clause::{Contract, PartyRole};
use assize_facts::sha256_hex;
use assize_judge::{RunRecord, RunResult, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The own predicate; its schema is `schemas/clause-evaluation.json`, which `assize clause schema evaluation` prints.
pub const EVALUATION: &str = "urn:assize:attestation:clause-evaluation:v1";
/// Simple Verification Result: what gates that know nothing of this program can read.
pub const SVR: &str = "https://in-toto.io/attestation/svr/v0.2";
/// Who verified, in the words of the SVR.
const VERIFIER: &str = "urn:assize:verifier:v1";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement<P> {
    #[serde(rename = "_type")]
    pub kind: String,
    pub subject: Vec<Resource>,
    pub predicate_type: String,
    pub predicate: P,
}

/// A resource descriptor: a name and the lower-case hexadecimal digests by algorithm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    pub name: String,
    pub digest: BTreeMap<String, String>,
}

/// Every verdict, by what it was reached, and who is to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evaluation {
    pub evaluator: Evaluator,
    pub contract: ContractUsed,
    /// RFC 3339 in UTC: when the facts were collected.
    pub ran_at: String,
    /// RFC 3339: the instant for which it was judged.
    pub evaluation_instant: String,
    pub environment: Environment,
    /// The digest of the whole delivery, as in the result.
    pub deliverable: Named,
    /// `accepted`, `rejected` or `incomplete`.
    pub verdict: String,
    pub verdicts: Vec<ClauseVerdict>,
    pub summary: Summary,
    /// In this order; nobody else's signature may be attached to the pack, and one that is not there yet is missing.
    pub signers: Vec<Seat>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evaluator {
    pub id: String,
    pub version: String,
    pub clauses_digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContractUsed {
    pub id: String,
    /// `sha256:…` of the canonical form of the contract without its waivers, as in the result.
    pub digest: String,
    pub clause_files: Vec<Resource>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    pub sandbox: String,
    pub layers: Vec<String>,
    pub gate: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub name: Option<String>,
    pub version: Option<String>,
    pub digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClauseVerdict {
    pub clause_id: String,
    pub obligation: String,
    pub verdict: String,
    /// The verdict without waivers, where one was applied.
    pub underlying: Option<String>,
    pub reason_code: Option<String>,
    pub wording_digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Summary {
    pub pass: u64,
    pub fail: u64,
    pub inconclusive: u64,
    pub not_applicable: u64,
    pub waived: u64,
}

/// A place for a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// What its files are called: `buyer`, `witness-2`.
    pub name: String,
    /// `buyer`, `supplier`, `witness`, or `signer` for one whom the contract does not name.
    pub role: String,
    /// The party's name in the contract.
    pub party: Option<String>,
    /// `ed25519:…`
    pub key: String,
    /// Whether a timestamp of the signature belongs to the pack.
    pub timestamp: bool,
}

impl Seat {
    pub fn envelope(&self) -> String {
        format!("attestations/{}.intoto.jsonl", self.name)
    }

    pub fn ssh(&self) -> String {
        format!("attestations/{}.sshsig", self.name)
    }

    pub fn stamp(&self) -> String {
        format!("timestamps/{}.tsr", self.name)
    }
}

/// Simple Verification Result 0.2: only what passed, so that leaving it out never turns a refusal into an acceptance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimpleResult {
    pub verifier: SimpleVerifier,
    pub time_created: String,
    pub properties: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimpleVerifier {
    pub id: String,
    pub policies: Vec<Resource>,
}

/// Those who are to sign by the pack's own contract, and whoever signs without being named in it.
pub fn seats(contract: &Contract, others: &[PublicKey], stamped: &[PublicKey]) -> Vec<Seat> {
    let mut seats: Vec<Seat> = Vec::new();
    for party in &contract.parties {
        let Some(key) = party.key.as_deref().and_then(|text| PublicKey::parse(text).ok()) else { continue };
        seat(&mut seats, role_word(party.role), Some(party.name.clone()), &key);
    }
    for key in others {
        seat(&mut seats, "signer", None, key);
    }
    for seat in &mut seats {
        seat.timestamp = stamped.iter().any(|key| key.text() == seat.key);
    }
    seats
}

/// One seat per key: a party that is named twice signs once.
fn seat(seats: &mut Vec<Seat>, role: &str, party: Option<String>, key: &PublicKey) {
    if seats.iter().any(|seat| seat.key == key.text()) {
        return;
    }
    let name = match seats.iter().filter(|seat| seat.role == role).count() {
        0 => role.to_string(),
        earlier => format!("{role}-{}", earlier + 1),
    };
    seats.push(Seat { name, role: role.into(), party, key: key.text(), timestamp: false });
}

pub fn role_word(role: PartyRole) -> &'static str {
    match role {
        PartyRole::Buyer => "buyer",
        PartyRole::Supplier => "supplier",
        PartyRole::Witness => "witness",
    }
}

/// The two statements that every signer signs, in canonical bytes: the evaluation and its simple companion.
pub fn statements(pack: &Pack, contract: &Contract, seats: &[Seat]) -> Result<[Vec<u8>; 2], PackError> {
    let record: RunRecord = replay::parse(pack, replay::RUN)?;
    let result: RunResult = replay::parse(pack, replay::RESULT)?;
    let subject = subjects(pack, &record);
    let own = Statement {
        kind: STATEMENT_TYPE.into(),
        subject: subject.clone(),
        predicate_type: EVALUATION.into(),
        predicate: evaluation(pack, &record, &result, seats),
    };
    let simple = Statement {
        kind: STATEMENT_TYPE.into(),
        subject,
        predicate_type: SVR.into(),
        predicate: simple(&result, contract),
    };
    Ok([canonical(&own), canonical(&simple)])
}

fn canonical(value: &impl Serialize) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).expect("statements hold text and small numbers")
}

/// The manifest first, then everything delivered that runs; the inventory's digest is that of the whole delivery.
fn subjects(pack: &Pack, record: &RunRecord) -> Vec<Resource> {
    let mut all = vec![resource("manifest.json", &sha256_hex(&pack.manifest().bytes()))];
    let Some(inventory) = pack.get(INVENTORY) else { return all };
    all.push(resource(INVENTORY, &sha256_hex(inventory)));
    let running: BTreeSet<&str> = record
        .declared
        .binaries
        .iter()
        .map(|b| b.path.as_str())
        .chain(record.declared.images.iter().map(String::as_str))
        .collect();
    for (path, digest) in lines(inventory) {
        if let Some(sha256) = digest.strip_prefix("sha256:").filter(|_| running.contains(path)) {
            all.push(resource(&format!("delivery/{path}"), sha256));
        }
    }
    all
}

/// Path and digest of each line of an inventory. A name may hold line breaks, so its length decides where it ends; a listing that does not read ends there.
fn lines(inventory: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = std::str::from_utf8(inventory).unwrap_or_default();
    std::iter::from_fn(move || {
        let (digest, after) = rest.split_once(' ')?;
        let (length, after) = after.split_once(' ')?;
        let path = after.get(..length.parse().ok()?)?;
        rest = after.get(path.len()..)?.strip_prefix('\n')?;
        Some((path, digest))
    })
}

/// The listing of everything delivered.
pub const INVENTORY: &str = "inventory.txt";

fn resource(name: &str, sha256: &str) -> Resource {
    Resource { name: name.into(), digest: BTreeMap::from([("sha256".to_string(), sha256.to_string())]) }
}

fn evaluation(pack: &Pack, record: &RunRecord, result: &RunResult, seats: &[Seat]) -> Evaluation {
    let clause = |c: &assize_judge::ClauseResult| ClauseVerdict {
        clause_id: c.id.clone(),
        obligation: c.obligation.clone(),
        verdict: c.verdict.word().into(),
        underlying: c.underlying.map(|v| v.word().into()),
        reason_code: c.reason.clone(),
        wording_digest: c.wording_digest.clone(),
    };
    Evaluation {
        evaluator: Evaluator {
            id: VERIFIER.into(),
            version: result.tool.version.clone(),
            clauses_digest: result.tool.clauses_digest.clone(),
        },
        contract: ContractUsed {
            id: result.contract.id.clone(),
            digest: result.contract.digest.clone(),
            clause_files: pack
                .of_role(crate::Role::Clause)
                .map(|(path, bytes)| resource(path, &sha256_hex(bytes)))
                .collect(),
        },
        ran_at: result.ran_at.clone(),
        evaluation_instant: result.judged_for.clone(),
        environment: Environment {
            sandbox: result.sandbox.level.clone(),
            layers: record.layers.clone(),
            gate: result.gate.clone(),
        },
        deliverable: Named {
            name: result.deliverable.name.clone(),
            version: result.deliverable.version.clone(),
            digest: result.deliverable.digest.clone(),
        },
        verdict: result.verdict.word().into(),
        verdicts: result.clauses.iter().map(clause).collect(),
        summary: Summary {
            pass: result.counts.pass,
            fail: result.counts.fail,
            inconclusive: result.counts.inconclusive,
            not_applicable: result.counts.not_applicable,
            waived: result.counts.waived,
        },
        signers: seats.to_vec(),
    }
}

/// `ASSIZE_ACCEPTED` only where the contract is; a waived clause has not passed.
fn simple(result: &RunResult, contract: &Contract) -> SimpleResult {
    let passed = result.clauses.iter().filter(|c| c.verdict == Verdict::Pass);
    let mut properties: Vec<String> = passed.map(|c| format!("ASSIZE_CLAUSE_{}", c.id)).collect();
    if result.verdict == assize_judge::ContractVerdict::Accepted {
        properties.insert(0, "ASSIZE_ACCEPTED".into());
    }
    let digest = contract.digest.0.trim_start_matches("sha256:");
    let policies = vec![resource(&format!("contract {}", contract.id), digest)];
    SimpleResult {
        verifier: SimpleVerifier { id: VERIFIER.into(), policies },
        time_created: result.ran_at.clone(),
        properties,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_line_break_cannot_pose_as_another_file() {
        let name = "x\nsha256:bb 8 dist/app";
        let text = format!("sha256:aa {} {name}\nsha256:cc 8 dist/app\n", name.len());
        let all: Vec<_> = lines(text.as_bytes()).collect();
        assert_eq!(all, [(name, "sha256:aa"), ("dist/app", "sha256:cc")]);
    }
}
