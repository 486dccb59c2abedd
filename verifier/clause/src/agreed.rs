//! A clause as a contract agreed it: parameters filled in, obligation decided, wording fixed by a digest.

use crate::{AppliesWhen, Bilingual, Check, Obligation, ParameterValue, WaiverLevel};
use assize_facts::{Digest, Request};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq)]
pub struct AgreedClause {
    pub id: String,
    /// The library that it comes from, as in `standard`.
    pub library: String,
    pub chapter: String,
    pub obligation: Obligation,
    pub waiver_level: WaiverLevel,
    /// Filled.
    pub title: Bilingual,
    /// Filled.
    pub text: Bilingual,
    /// Every declared parameter with the value in force.
    pub parameters: BTreeMap<String, ParameterValue>,
    /// `None` also where the contract says `applicable = true`.
    pub applies_when: Option<AppliesWhen>,
    /// Filled, but for `{deliverable.*}` until `Contract::fill`.
    pub checks: Vec<Check>,
    /// SHA-256 of the RFC 8785 form of id, filled title and text, parameters, checks and `applies_when`.
    pub wording_digest: Digest,
    /// Name and text of the clause file, and its SHA-256.
    pub file: String,
    pub source: Arc<str>,
    pub digest: Digest,
}

impl AgreedClause {
    /// Everything that has to be collected for it, sorted, without repeats.
    pub fn requests(&self) -> Vec<Request> {
        let mut all: Vec<Request> = self.checks.iter().map(Check::request).collect();
        let conditions = self.applies_when.iter().chain(self.checks.iter().filter_map(|c| c.applies_when.as_ref()));
        all.extend(conditions.flat_map(AppliesWhen::requests));
        all.sort();
        all.dedup();
        all
    }
}
