//! The whole contract: every clause with its waivers, the chain of identity, and the verdict.

use crate::Truth;
use crate::bench::{Bench, in_force};
use crate::check::{Cover, Nothing};
use crate::clause::Case;
use crate::matching::matches;
use crate::result::{ClauseResult, ContractName, ContractVerdict, Counts, RESULT_SCHEMA, RunResult, Verdict};
use crate::run::RunRecord;
use crate::settled::settle;
use crate::sheets::Sheets;
use crate::waiver::{Circumstance, InForce};
use assize_clause::{Conflict, Contract, Obligation};

/// Judges what was recorded. `contract` is filled for the delivery (`Contract::fill`). The same arguments give the same result, byte for byte.
pub fn judge(contract: &Contract, sheets: &Sheets, run: &RunRecord) -> RunResult {
    judge_stated(contract, &sheets.without_links(), run)
}

/// As [`judge`], where links may be stated instead of derived: examples do so.
pub(crate) fn judge_stated(contract: &Contract, sheets: &Sheets, run: &RunRecord) -> RunResult {
    let mut recorded = in_force(sheets, run);
    settle(&mut recorded);
    let bench = Bench::lay(contract, &recorded, run);
    let cases: Vec<Case<'_>> = contract.clauses.iter().map(|clause| Case::open(clause, &bench)).collect();
    let today = run.judged_for.to_zoned(contract.time_zone.clone()).date();
    let circumstance = Circumstance { today, subject: &run.deliverable.digest };
    let clauses: Vec<ClauseResult> =
        cases.iter().map(|case| clause(case, &circumstance.in_force(&contract.waivers, case))).collect();
    RunResult {
        schema: RESULT_SCHEMA.into(),
        verdict: verdict(&cases, &clauses),
        contract: ContractName { id: contract.id.clone(), digest: contract.digest.0.clone() },
        deliverable: run.deliverable.clone(),
        judged_for: run.judged_for.to_string(),
        ran_at: run.ran_at.to_string(),
        tool: run.tool.clone(),
        sandbox: run.sandbox.clone(),
        gate: run.gate.clone(),
        identity: bench.chain.links(),
        waivers: contract.waivers.iter().map(|waiver| circumstance.account(waiver, &cases)).collect(),
        counts: counts(&clauses),
        clauses,
    }
}

fn clause(case: &Case<'_>, waivers: &InForce<'_>) -> ClauseResult {
    let bare = case.decide(&Nothing);
    let (mut decided, mut underlying) = (bare.clone(), None);
    let open = matches!(bare.verdict, Verdict::Fail | Verdict::Inconclusive);
    let touches =
        || case.checks.iter().flat_map(|judged| judged.coverable()).any(|(fp, outcome)| waivers.covers(fp, outcome));
    if open && !waivers.is_empty() && touches() {
        decided = case.decide(waivers);
        underlying = Some(bare.verdict);
        if decided.verdict == Verdict::Pass {
            decided.verdict = Verdict::Waived;
        }
    }
    ClauseResult {
        id: case.clause.id.clone(),
        obligation: case.clause.obligation.word().to_owned(),
        verdict: decided.verdict,
        underlying,
        reason: decided.reason.map(|reason| reason.into_code()),
        wording_digest: case.clause.wording_digest.0.clone(),
        contradictions: case.contradictions(),
        notes: case.notes(),
        checks: case.results(),
    }
}

/// `should` and `may` never decide; whatever was left out of the contract keeps it from being accepted.
fn verdict(cases: &[Case<'_>], clauses: &[ClauseResult]) -> ContractVerdict {
    let musts = cases.iter().zip(clauses).filter(|(case, _)| case.clause.obligation == Obligation::Must);
    let verdicts: Vec<Verdict> = musts.map(|(_, clause)| clause.verdict).collect();
    let any = |verdict| verdicts.contains(&verdict);
    if any(Verdict::Fail) {
        ContractVerdict::Rejected
    } else if any(Verdict::Inconclusive)
        || !(any(Verdict::Pass) || any(Verdict::Waived))
        || cases.iter().any(Case::lacks)
    {
        ContractVerdict::Incomplete
    } else {
        ContractVerdict::Accepted
    }
}

/// The contradictions between clauses of a contract that hold with the parameters in force.
pub fn conflicts(contract: &Contract) -> Vec<&Conflict> {
    let holds = |conflict: &&Conflict| {
        Truth::all(conflict.conditions.iter().map(|c| matches(&c.matcher, &c.value, &c.ty))).is_true()
    };
    contract.conflicts.iter().filter(holds).collect()
}

fn counts(clauses: &[ClauseResult]) -> Counts {
    let mut counts = Counts::default();
    for clause in clauses {
        match clause.verdict {
            Verdict::Pass => counts.pass += 1,
            Verdict::Fail => counts.fail += 1,
            Verdict::Inconclusive => counts.inconclusive += 1,
            Verdict::NotApplicable => counts.not_applicable += 1,
            Verdict::Waived => counts.waived += 1,
        }
    }
    counts
}
