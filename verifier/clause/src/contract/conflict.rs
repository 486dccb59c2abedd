//! Clauses that cannot both be kept: `[[conflict]]` of clause files, with the values that a contract gives.

use crate::{AgreedClause, Bilingual, Clause, Matcher};
use assize_facts::Type;
use serde_json::Value as Json;
use std::sync::Arc;

/// A contradiction of the contract, if every condition holds; the judge evaluates them and the contract's reader is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The clause whose file says so.
    pub clause: String,
    /// The other clause, which is in force; `None` where the clause's own parameters contradict each other.
    pub with: Option<String>,
    pub conditions: Vec<Condition>,
    /// Filled with the clause's parameters.
    pub says: Bilingual,
}

/// One parameter of the clause with its value in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub parameter: String,
    pub ty: Type,
    pub value: Json,
    pub matcher: Matcher,
}

/// A `[[conflict]]` as the clause file declares it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConflictRule {
    pub with: Option<String>,
    pub when: Vec<(String, Type, Matcher)>,
    pub says: Bilingual,
}

/// The rules of the originals, for the clauses that were agreed; rules whose other clause is not in force are left out.
pub(super) fn conflicts<'a>(
    originals: impl Iterator<Item = &'a Arc<Clause>>,
    agreed: &[AgreedClause],
) -> Vec<Conflict> {
    let in_force = |id: &String| agreed.iter().any(|clause| clause.id == *id);
    originals
        .flat_map(|original| {
            let clause = agreed.iter().find(|clause| clause.id == original.id);
            let rules = original.conflicts.iter().filter(|rule| rule.with.as_ref().is_none_or(in_force));
            rules.filter_map(|rule| Some(conflict(rule, clause?))).collect::<Vec<_>>()
        })
        .collect()
}

fn conflict(rule: &ConflictRule, clause: &AgreedClause) -> Conflict {
    let condition = |(name, ty, matcher): &(String, Type, Matcher)| {
        let value = clause.parameters.get(name)?.json();
        Some(Condition { parameter: name.clone(), ty: ty.clone(), value, matcher: matcher.clone() })
    };
    Conflict {
        clause: clause.id.clone(),
        with: rule.with.clone(),
        conditions: rule.when.iter().filter_map(condition).collect(),
        says: rule.says.with_parameters(&clause.parameters),
    }
}
