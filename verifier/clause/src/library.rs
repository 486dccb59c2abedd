//! Libraries of clauses: the one inside the program and the contract's own.

use crate::Clause;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Clauses by id, from one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Library {
    /// `standard`, or the folder's name.
    pub name: String,
    pub clauses: BTreeMap<String, Arc<Clause>>,
}
