//! Waivers: what the buyer agreed to overlook, until when, and on whose word.

use crate::clause::words;
use assize_facts::Digest;
use jiff::civil::Date;

#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    pub clause: String,
    /// Of the clause as agreed.
    pub wording: Digest,
    pub covers: Covers,
    pub findings: Findings,
    pub subject: Subject,
    pub reason: String,
    pub approved_by: String,
    pub level: WaiverLevel,
    /// Whole days in the contract's time zone, both included.
    pub starts: Date,
    pub expires: Date,
    /// The file that it stands in, and its 1-based line there.
    pub file: String,
    pub line: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    Fail,
    FailAndInconclusive,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Findings {
    /// Refused for `must` clauses.
    Any,
    /// Fingerprints, `fp:…`.
    These(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Any,
    /// The deliverable's digest.
    Delivery(Digest),
}

/// Who may waive, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaiverLevel {
    L1,
    L2,
    L3,
}

words!(WaiverLevel { L1 = "L1", L2 = "L2", L3 = "L3" });
