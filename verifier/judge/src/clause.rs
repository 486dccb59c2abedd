//! A clause: what its checks decide together, and what contradicts what.

use crate::Truth;
use crate::bench::Bench;
use crate::check::{self, Cover, Judged};
use crate::result::{CheckResult, Contradiction, FindingResult, Note, Outcome, Text, Verdict};
use assize_clause::{AgreedClause, Check, Weight};
use assize_facts::{Reason, reason, words};
use std::collections::BTreeMap;

/// A clause with its checks judged.
pub struct Case<'c> {
    pub clause: &'c AgreedClause,
    /// The clause itself was left out.
    pub left_out: bool,
    pub applies: Truth,
    pub checks: Vec<Judged<'c>>,
}

/// A verdict and the reason for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub verdict: Verdict,
    pub reason: Option<Reason>,
}

fn decision(verdict: Verdict, reason: Option<Reason>) -> Decision {
    Decision { verdict, reason }
}

impl<'c> Case<'c> {
    pub fn open(clause: &'c AgreedClause, bench: &Bench<'_>) -> Case<'c> {
        let applies = clause.applies_when.as_ref().map_or(Truth::True, |condition| bench.applies(condition));
        let left_out = !bench.run.has_clause(&clause.id);
        // A clause that does not apply, or was not asked for, is not gone into.
        let checks = match left_out || applies.is_false() {
            true => vec![],
            false => clause.checks.iter().map(|one| check::judge(&clause.id, one, bench)).collect(),
        };
        Case { clause, left_out, applies, checks }
    }

    /// Whether anything of it was left out.
    pub fn lacks(&self) -> bool {
        self.left_out || self.checks.iter().any(|judged| judged.left_out)
    }

    /// The verdict, with what a waiver covers counted as satisfied.
    pub fn decide(&self, cover: &dyn Cover) -> Decision {
        if self.left_out {
            return decision(Verdict::Inconclusive, Some(reason!("left-out")));
        }
        match &self.applies {
            Truth::False => return decision(Verdict::NotApplicable, None),
            Truth::Unknown(_) => return decision(Verdict::Inconclusive, Some(reason!("condition-unknown"))),
            Truth::True => {}
        }
        let deciders = self.deciders(cover);
        let support = self.support(cover);
        let any = |verdict| deciders.contains(&verdict);
        if any(Verdict::Fail) || support == Support::Fails {
            return decision(Verdict::Fail, None);
        }
        if support == Support::Contradicts {
            return decision(Verdict::Inconclusive, Some(reason!("contradicted")));
        }
        if any(Verdict::Inconclusive) {
            return decision(Verdict::Inconclusive, self.why_open(cover));
        }
        if !any(Verdict::Pass) {
            return decision(Verdict::Inconclusive, Some(reason!("nothing-decided")));
        }
        // A supporting check that was not asked might have contradicted.
        if self.of_weight(Weight::Supporting).any(|judged| judged.left_out) {
            return decision(Verdict::Inconclusive, Some(reason!("left-out")));
        }
        decision(Verdict::Pass, self.caveat())
    }

    fn of_weight(&self, weight: Weight) -> impl Iterator<Item = &Judged<'c>> {
        self.checks.iter().filter(move |judged| judged.check.weight == weight)
    }

    /// Decisive checks outside groups, groups, and supporting checks that have nobody left to support.
    fn deciders(&self, cover: &dyn Cover) -> Vec<Verdict> {
        let mut groups: BTreeMap<&str, Vec<Verdict>> = BTreeMap::new();
        let mut deciders = Vec::new();
        for judged in self.of_weight(Weight::Decisive) {
            match &judged.check.group {
                Some(group) => groups.entry(group).or_default().push(judged.verdict(cover)),
                None => deciders.push(judged.verdict(cover)),
            }
        }
        deciders.extend(groups.into_values().map(|members| either(&members)));
        deciders.extend(
            self.of_weight(Weight::Supporting).filter(|judged| self.alone(judged)).map(|judged| judged.verdict(cover)),
        );
        deciders
    }

    /// Whether all decisive checks of a supporting check's claim are not applicable or left out: it is then judged as decisive.
    fn alone(&self, supporting: &Judged<'_>) -> bool {
        self.bearing(&supporting.check.claim).all(|judged| !judged.applies || judged.left_out)
    }

    /// Decisive checks that bear a claim.
    fn bearing<'s>(&'s self, claim: &'s Option<String>) -> impl Iterator<Item = &'s Judged<'c>> {
        self.of_weight(Weight::Decisive).filter(move |judged| claim.is_some() && judged.check.claim == *claim)
    }

    fn support(&self, cover: &dyn Cover) -> Support {
        let all = self.of_weight(Weight::Supporting).filter(|judged| !self.alone(judged)).map(|judged| {
            // Code that is known not to be in the binary is forgiven; no link yet ties a source item to one endpoint.
            let stands =
                judged.verdict(cover) == Verdict::Fail && judged.violations(cover).any(|f| !f.linked.is_false());
            let observed = self.bearing(&judged.check.claim).any(|decisive| decisive.verdict(cover) == Verdict::Pass);
            match (stands, observed) {
                (false, _) => Support::Quiet,
                (true, true) => Support::Contradicts,
                (true, false) => Support::Fails,
            }
        });
        all.max().unwrap_or(Support::Quiet)
    }

    /// The first thing that keeps it open, what was left out before all else.
    fn why_open(&self, cover: &dyn Cover) -> Option<Reason> {
        if self.checks.iter().any(|judged| judged.left_out && judged.check.weight == Weight::Decisive) {
            return Some(reason!("left-out"));
        }
        let open = self.of_weight(Weight::Decisive).filter(|judged| judged.verdict(cover) == Verdict::Inconclusive);
        let codes = open.flat_map(|judged| {
            let gaps = judged.gaps.iter().map(|gap| gap.code.clone());
            gaps.chain(judged.all_findings().filter_map(|f| f.reason.clone()))
        });
        codes.into_iter().next().map(Reason::new)
    }

    /// What a pass does not say: the first note that has something to tell and bears the name of a reason.
    fn caveat(&self) -> Option<Reason> {
        let telling = self.of_weight(Weight::Note).filter(|judged| judged.verdict(&check::Nothing) == Verdict::Fail);
        telling.map(|judged| &judged.check.id).find(|id| words().contains_key(*id)).map(Reason::new)
    }

    pub fn contradictions(&self) -> Vec<Contradiction> {
        let mut found = Vec::new();
        let mut claims: BTreeMap<&str, Vec<&Judged>> = BTreeMap::new();
        for judged in &self.checks {
            if let Some(claim) = &judged.check.claim {
                claims.entry(claim).or_default().push(judged);
            }
        }
        for (claim, checks) in claims {
            found.extend(opposed(claim, &checks));
        }
        for judged in &self.checks {
            found.extend(judged.dependencies.iter().map(|finding| against(judged.check, finding)));
        }
        found
    }

    pub fn notes(&self) -> Vec<Note> {
        let note = |check: &Check, finding: &FindingResult| Note {
            check: check.id.clone(),
            fingerprint: finding.fingerprint.clone(),
            message: finding.message.clone(),
        };
        let telling = self.of_weight(Weight::Note).flat_map(|judged| {
            let violated = judged.findings.iter().filter(|f| f.result.outcome == Outcome::Violated);
            violated.map(move |f| note(judged.check, &f.result))
        });
        telling.chain(self.checks.iter().filter_map(|judged| judged.unheard.clone())).collect()
    }

    pub fn results(&self) -> Vec<CheckResult> {
        if self.checks.is_empty() {
            return self.clause.checks.iter().map(|check| self.unheard(check)).collect();
        }
        self.checks.iter().map(result).collect()
    }

    /// A check of a clause that was not gone into.
    fn unheard(&self, check: &Check) -> CheckResult {
        CheckResult {
            verdict: if self.left_out { Verdict::Inconclusive } else { Verdict::NotApplicable },
            gaps: if self.left_out { vec![check::left_out(&self.clause.id, check)] } else { vec![] },
            ..empty(check)
        }
    }
}

/// What supporting checks do to a clause, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Support {
    Quiet,
    Contradicts,
    Fails,
}

/// Kleene's *or* over the members that apply.
fn either(members: &[Verdict]) -> Verdict {
    let any = |verdict| members.contains(&verdict);
    if any(Verdict::Pass) {
        Verdict::Pass
    } else if any(Verdict::Inconclusive) {
        Verdict::Inconclusive
    } else if any(Verdict::Fail) {
        Verdict::Fail
    } else {
        Verdict::NotApplicable
    }
}

fn opposed(claim: &str, checks: &[&Judged]) -> Option<Contradiction> {
    let with = |verdict| checks.iter().filter(move |judged| judged.verdict(&check::Nothing) == verdict);
    let (kept, broken) = (with(Verdict::Pass).next()?, with(Verdict::Fail).next()?);
    let says = broken.findings.iter().find(|f| f.result.outcome == Outcome::Violated)?;
    let names = checks.iter().filter(|judged| matches!(judged.verdict(&check::Nothing), Verdict::Pass | Verdict::Fail));
    Some(Contradiction {
        claim: Some(claim.to_owned()),
        checks: names.map(|judged| judged.check.id.clone()).collect(),
        message: Text::both(|lang| {
            let says = format!("{}: {}", says.result.subject, says.result.message.get(lang));
            reason!("checks-contradict", kept = kept.check.id, broken = broken.check.id, says = says).render(lang)
        }),
    })
}

fn against(check: &Check, finding: &FindingResult) -> Contradiction {
    Contradiction {
        claim: check.claim.clone(),
        checks: vec![check.id.clone()],
        message: Text::both(|lang| {
            let says = format!("{}: {}", finding.subject, finding.message.get(lang));
            reason!("dependency-contradicts", says = says).render(lang)
        }),
    }
}

/// Satisfied findings that one check lists; all count.
const SATISFIED_SHOWN: usize = 200;

fn result(judged: &Judged) -> CheckResult {
    let mut satisfied = 0;
    let mut shown = |finding: &&FindingResult| {
        satisfied += usize::from(finding.outcome == Outcome::Satisfied);
        finding.outcome != Outcome::Satisfied || satisfied <= SATISFIED_SHOWN
    };
    CheckResult {
        verdict: judged.verdict(&check::Nothing),
        examined: judged.examined.clone(),
        gaps: judged.gaps.clone(),
        findings: judged.all_findings().filter(|f| shown(f)).cloned().collect(),
        ..empty(judged.check)
    }
}

fn empty(check: &Check) -> CheckResult {
    CheckResult {
        id: check.id.clone(),
        layer: check.layer.name().to_owned(),
        weight: check.weight.word().to_owned(),
        verdict: Verdict::NotApplicable,
        examined: crate::result::Examined { what: check.kind.clone(), count: 0 },
        gaps: vec![],
        findings: vec![],
    }
}
