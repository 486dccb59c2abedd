//! What a finding or a gap counts for in the verdict of its clause; formats that know only red and green need it.

use assize_clause::{AgreedClause, Weight};
use assize_judge::{CheckResult, ClauseResult, Outcome, RunResult, Verdict, WaiverState};
use std::collections::HashSet;

/// What becomes of one finding or gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// As agreed.
    Kept,
    /// A violation that its clause fails for.
    Breaks,
    /// A violation or an open point that a waiver covers.
    Waived,
    /// Not known, and its clause stays open or failed with it.
    Open,
    /// A violation of a clause that is open: another check of the same claim says otherwise.
    Contradicted,
    /// It changes nothing: of a note, of a check that another one made good, or of a clause that does not apply.
    Aside,
}

/// What was waived in a run.
pub struct Waived<'a> {
    /// Clause and fingerprint.
    covered: HashSet<(&'a str, &'a str)>,
}

impl<'a> Waived<'a> {
    pub fn of(result: &'a RunResult) -> Waived<'a> {
        let used = result.waivers.iter().filter(|w| w.state == WaiverState::Used);
        Waived { covered: used.flat_map(|w| w.covered.iter().map(|fp| (w.clause.as_str(), fp.as_str()))).collect() }
    }

    fn covers(&self, clause: &ClauseResult, fingerprint: &str) -> bool {
        self.covered.contains(&(clause.id.as_str(), fingerprint))
    }
}

/// How the findings and gaps of one check stand.
pub struct Stand<'a> {
    clause: &'a ClauseResult,
    waived: &'a Waived<'a>,
    /// The check cannot change the verdict.
    aside: bool,
}

impl<'a> Stand<'a> {
    pub fn new(
        clause: &'a ClauseResult,
        check: &CheckResult,
        agreed: Option<&AgreedClause>,
        waived: &'a Waived,
    ) -> Stand<'a> {
        let aside = check.weight == Weight::Note.word()
            || check.verdict == Verdict::NotApplicable
            || agreed.is_some_and(|agreed| made_good(clause, check, agreed));
        Stand { clause, waived, aside }
    }

    pub fn finding(&self, outcome: Outcome, fingerprint: &str) -> Standing {
        match outcome {
            Outcome::Satisfied => Standing::Kept,
            Outcome::NotApplicable => Standing::Aside,
            Outcome::Violated => self.weigh(fingerprint, Standing::Breaks),
            Outcome::Undetermined => self.weigh(fingerprint, Standing::Open),
        }
    }

    /// Whether the check cannot change the verdict.
    pub fn is_aside(&self) -> bool {
        self.aside || matches!(self.clause.verdict, Verdict::Pass | Verdict::NotApplicable)
    }

    pub fn gap(&self, fingerprint: &str) -> Standing {
        self.weigh(fingerprint, Standing::Open)
    }

    fn weigh(&self, fingerprint: &str, otherwise: Standing) -> Standing {
        if self.aside {
            return Standing::Aside;
        }
        if self.waived.covers(self.clause, fingerprint) {
            return Standing::Waived;
        }
        match self.clause.verdict {
            Verdict::Fail => otherwise,
            Verdict::Inconclusive if otherwise == Standing::Breaks => Standing::Contradicted,
            Verdict::Inconclusive => otherwise,
            Verdict::Pass | Verdict::NotApplicable | Verdict::Waived => Standing::Aside,
        }
    }
}

/// The findings and gaps of a clause by what they count for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub kept: usize,
    /// Violations that count, also those that another check contradicts.
    pub violated: usize,
    /// What is not known or was not seen.
    pub open: usize,
    /// Waived, or without any weight.
    pub aside: usize,
}

impl Tally {
    pub fn of(clause: &ClauseResult, agreed: Option<&AgreedClause>, waived: &Waived) -> Tally {
        let mut tally = Tally::default();
        for check in &clause.checks {
            let stand = Stand::new(clause, check, agreed, waived);
            let findings = check.findings.iter().map(|f| stand.finding(f.outcome, &f.fingerprint));
            for standing in findings.chain(check.gaps.iter().map(|g| stand.gap(&g.fingerprint))) {
                match standing {
                    Standing::Kept => tally.kept += 1,
                    Standing::Breaks | Standing::Contradicted => tally.violated += 1,
                    Standing::Open => tally.open += 1,
                    Standing::Waived | Standing::Aside => tally.aside += 1,
                }
            }
        }
        tally
    }
}

/// Whether another check of the same group passes: a group is kept where one of its checks is.
fn made_good(clause: &ClauseResult, check: &CheckResult, agreed: &AgreedClause) -> bool {
    let group = |id: &str| agreed.checks.iter().find(|c| c.id == id).and_then(|c| c.group.as_deref());
    let Some(mine) = group(&check.id) else { return false };
    clause.checks.iter().any(|c| c.id != check.id && c.verdict == Verdict::Pass && group(&c.id) == Some(mine))
}
