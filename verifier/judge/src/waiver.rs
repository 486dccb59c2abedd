//! Waivers: which are in force for a clause, what they cover, and what became of each.

use crate::check::Cover;
use crate::clause::Case;
use crate::result::{Outcome, WaiverState, WaiverUse};
use assize_clause::{Covers, Findings, Obligation, Subject, Waiver};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// The waivers of one clause that are in force.
pub struct InForce<'w>(Vec<&'w Waiver>);

impl Cover for InForce<'_> {
    fn covers(&self, fingerprint: &str, outcome: Outcome) -> bool {
        self.0.iter().any(|waiver| covers(waiver, fingerprint, outcome))
    }
}

impl InForce<'_> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn covers(waiver: &Waiver, fingerprint: &str, outcome: Outcome) -> bool {
    let outcome = match outcome {
        Outcome::Violated => true,
        Outcome::Undetermined => waiver.covers == Covers::FailAndInconclusive,
        Outcome::Satisfied | Outcome::NotApplicable => false,
    };
    outcome
        && match &waiver.findings {
            Findings::Any => true,
            Findings::These(all) => all.iter().any(|one| one == fingerprint),
        }
}

/// Whose day and whose delivery it is.
pub struct Circumstance<'a> {
    /// The judged date in the contract's time zone.
    pub today: Date,
    /// The deliverable's digest.
    pub subject: &'a str,
}

impl Circumstance<'_> {
    /// Why a waiver is not in force for its clause; `None` where it is.
    fn refuses(&self, waiver: &Waiver, case: &Case<'_>) -> Option<WaiverState> {
        let clause = case.clause;
        if waiver.findings == Findings::Any && clause.obligation == Obligation::Must {
            return Some(WaiverState::Refused);
        }
        if waiver.wording != clause.wording_digest {
            return Some(WaiverState::WordingMismatch);
        }
        if let Subject::Delivery(digest) = &waiver.subject
            && digest.0 != self.subject
        {
            return Some(WaiverState::SubjectMismatch);
        }
        if waiver.level < clause.waiver_level {
            return Some(WaiverState::LevelTooLow);
        }
        if self.today < waiver.starts {
            return Some(WaiverState::NotYet);
        }
        (self.today > waiver.expires).then_some(WaiverState::Expired)
    }

    pub fn in_force<'w>(&self, waivers: &'w [Waiver], case: &Case<'_>) -> InForce<'w> {
        let mine = waivers.iter().filter(|waiver| waiver.clause == case.clause.id);
        InForce(mine.filter(|waiver| self.refuses(waiver, case).is_none()).collect())
    }

    /// What became of a waiver.
    pub fn account(&self, waiver: &Waiver, cases: &[Case<'_>]) -> WaiverUse {
        let Some(case) = cases.iter().find(|case| case.clause.id == waiver.clause) else {
            return used(waiver, WaiverState::NoSuchClause, vec![], vec![]);
        };
        let there: Vec<(&str, Outcome)> = case.checks.iter().flat_map(|judged| judged.coverable()).collect();
        let covered: BTreeSet<&str> =
            there.iter().filter(|(fp, outcome)| covers(waiver, fp, *outcome)).map(|(fp, _)| *fp).collect();
        let named: &[String] = match &waiver.findings {
            Findings::Any => &[],
            Findings::These(all) => all,
        };
        let absent = named.iter().filter(|fp| !there.iter().any(|(known, _)| known == fp)).cloned().collect();
        match self.refuses(waiver, case) {
            Some(state) => used(waiver, state, vec![], absent),
            None if covered.is_empty() => used(waiver, WaiverState::Unused, vec![], absent),
            None => used(waiver, WaiverState::Used, covered.into_iter().map(str::to_owned).collect(), absent),
        }
    }
}

fn used(waiver: &Waiver, state: WaiverState, covered: Vec<String>, absent: Vec<String>) -> WaiverUse {
    WaiverUse {
        clause: waiver.clause.clone(),
        state,
        approved_by: waiver.approved_by.clone(),
        level: waiver.level.word().to_owned(),
        reason: waiver.reason.clone(),
        expires: waiver.expires.to_string(),
        covered,
        absent,
    }
}
