//! Examples beside a clause: recorded facts in TOML and the outcome that each check must have.

use crate::ParameterValue;
use crate::clause::words;
use assize_facts::Sheet;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The file's name.
    pub file: String,
    /// What the clause as a whole must be: the name of the folder.
    pub verdict: CheckOutcome,
    pub parameters: BTreeMap<String, ParameterValue>,
    pub sheets: Vec<Sheet>,
    /// Outcomes by check.
    pub expect: BTreeMap<String, CheckOutcome>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckOutcome {
    Pass,
    Fail,
    Inconclusive,
    NotApplicable,
}

words!(CheckOutcome { Pass = "pass", Fail = "fail", Inconclusive = "inconclusive", NotApplicable = "not-applicable" });
