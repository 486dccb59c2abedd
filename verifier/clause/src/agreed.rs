//! A clause as a contract agreed it: parameters filled in, obligation decided, wording fixed by a digest.

use crate::matcher::fill::{Said, Terms};
use crate::{AppliesWhen, Bilingual, Check, CheckBody, Clause, Obligation, Operand, ParameterValue, WaiverLevel};
use assize_facts::{Digest, Request, Sha256};
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};
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
    /// SHA-256 of the RFC 8785 form of id, filled title and text, parameters, checks and, where there is one, `applies_when`.
    pub wording_digest: Digest,
    /// Name and text of the clause file, and its SHA-256.
    pub file: String,
    pub source: Arc<str>,
    pub digest: Digest,
}

/// What a contract says about a clause beside its parameters.
pub struct Agreement<'a> {
    pub library: &'a str,
    /// `None`: as the clause proposes.
    pub obligation: Option<Obligation>,
    /// Overrides, of the right types; what is not declared is left out.
    pub parameters: BTreeMap<String, ParameterValue>,
    /// `true`: never not-applicable.
    pub applicable: bool,
    /// The contract's own words for `{contract.NAME}`.
    pub contract: &'a BTreeMap<String, String>,
    /// The time zone in which a day is a whole day.
    pub zone: TimeZone,
}

impl Clause {
    /// The clause with its defaults, outside any contract.
    pub fn as_proposed(&self, library: &str) -> AgreedClause {
        self.agree(Agreement {
            library,
            obligation: None,
            parameters: BTreeMap::new(),
            applicable: false,
            contract: &BTreeMap::new(),
            zone: TimeZone::UTC,
        })
    }

    /// Fills the clause with what was agreed.
    pub fn agree(&self, agreement: Agreement<'_>) -> AgreedClause {
        let mut parameters = self.defaults();
        for (name, value) in agreement.parameters {
            if let Some(slot) = parameters.get_mut(&name) {
                *slot = value;
            }
        }
        let terms = Terms { parameters: &parameters, contract: agreement.contract, zone: &agreement.zone };
        let (title, text) = (self.title.with_parameters(&parameters), self.text.with_parameters(&parameters));
        AgreedClause {
            id: self.id.clone(),
            library: agreement.library.into(),
            chapter: self.chapter.clone(),
            obligation: agreement.obligation.unwrap_or(self.obligation),
            waiver_level: self.waiver_level,
            applies_when: self
                .applies_when
                .as_ref()
                .filter(|_| !agreement.applicable)
                .map(|condition| terms.condition(condition)),
            checks: self.checks.iter().map(|check| terms.check(check)).collect(),
            wording_digest: wording_digest(self, &title, &text, &parameters),
            title,
            text,
            file: self.file.clone(),
            source: self.source.clone(),
            digest: self.digest.clone(),
            parameters,
        }
    }
}

fn wording_digest(
    clause: &Clause,
    title: &Bilingual,
    text: &Bilingual,
    parameters: &BTreeMap<String, ParameterValue>,
) -> Digest {
    let both = |text: &Bilingual| json!({ "en": text.en, "zh": text.zh });
    let parameters: BTreeMap<&str, Json> = parameters.iter().map(|(name, v)| (name.as_str(), v.json())).collect();
    let mut wording = clause.law.clone();
    if let Json::Object(wording) = &mut wording {
        wording.insert("id".into(), json!(clause.id));
        wording.insert("title".into(), both(title));
        wording.insert("text".into(), both(text));
        wording.insert("parameters".into(), json!(parameters));
    }
    canonical_digest(&wording)
}

/// SHA-256 of the RFC 8785 form.
pub(crate) fn canonical_digest(value: &Json) -> Digest {
    let bytes = serde_json_canonicalizer::to_vec(value).expect("finite numbers and text always have an RFC 8785 form");
    Sha256::of(&bytes)
}

impl Terms<'_> {
    fn check(&self, check: &Check) -> Check {
        let minimum = check.minimum_parameter.as_ref().and_then(|name| match self.parameters.get(name) {
            Some(ParameterValue::Int(number)) => u64::try_from(*number).ok(),
            _ => None,
        });
        Check {
            with: self.arguments(&check.with),
            selects: self.tests(&check.selects),
            body: match &check.body {
                CheckBody::Expect(tests) => CheckBody::Expect(self.tests(tests)),
                CheckBody::Selection => CheckBody::Selection,
            },
            minimum: minimum.unwrap_or(check.minimum),
            minimum_parameter: None,
            applies_when: check.applies_when.as_ref().map(|condition| self.condition(condition)),
            fail: check.fail.as_ref().map(|text| text.message_with_parameters(self.parameters)),
            mend: check.mend.as_ref().map(|text| text.message_with_parameters(self.parameters)),
            ..check.clone()
        }
    }

    fn arguments(&self, with: &BTreeMap<String, Operand>) -> BTreeMap<String, Operand> {
        with.iter().map(|(name, operand)| (name.clone(), self.operand(operand))).collect()
    }

    fn condition(&self, condition: &AppliesWhen) -> AppliesWhen {
        let several = |all: &[AppliesWhen]| all.iter().map(|c| self.condition(c)).collect();
        match condition {
            AppliesWhen::Some { kind, with, selects } => {
                AppliesWhen::Some { kind: kind.clone(), with: self.arguments(with), selects: self.tests(selects) }
            }
            AppliesWhen::ContractItems { kind } => AppliesWhen::ContractItems { kind: kind.clone() },
            AppliesWhen::Parameter { name, ty, matcher, .. } => AppliesWhen::Parameter {
                name: name.clone(),
                ty: ty.clone(),
                value: self.parameters.get(name).map(ParameterValue::json),
                matcher: self.matcher(matcher, ty),
            },
            AppliesWhen::Any(all) => AppliesWhen::Any(several(all)),
            AppliesWhen::All(all) => AppliesWhen::All(several(all)),
        }
    }
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

    /// The clause with what only the delivery says filled in.
    pub fn for_delivery(&self, name: Option<&str>, version: Option<&str>) -> AgreedClause {
        let mut filled = self.clone();
        filled.fill(&Said { name: name.map(String::from), version: version.map(String::from) });
        filled
    }

    /// Fills what only the delivery says; what it does not say becomes `Operand::Missing`.
    pub(crate) fn fill(&mut self, said: &Said) {
        if let Some(condition) = &mut self.applies_when {
            fill_condition(condition, said);
        }
        for check in &mut self.checks {
            said.tests(&mut check.selects);
            if let CheckBody::Expect(tests) = &mut check.body {
                said.tests(tests);
            }
            if let Some(condition) = &mut check.applies_when {
                fill_condition(condition, said);
            }
        }
    }
}

fn fill_condition(condition: &mut AppliesWhen, said: &Said) {
    match condition {
        AppliesWhen::Some { selects, .. } => said.tests(selects),
        AppliesWhen::Parameter { matcher, .. } => said.matcher(matcher),
        AppliesWhen::ContractItems { .. } => {}
        AppliesWhen::Any(all) | AppliesWhen::All(all) => all.iter_mut().for_each(|c| fill_condition(c, said)),
    }
}
