//! Why a verdict is what it is: of each clause the one thing to read first, and the clauses in the order in which they decide.

use crate::case::Case;
use crate::standing::{Stand, Standing, Tally, Waived};
use crate::text::plain;
use crate::words::say;
use assize_clause::Weight;
use assize_facts::Lang;
use assize_judge::{CheckResult, ClauseResult, ContractVerdict, FindingResult, Outcome, RunResult, Verdict};

/// Why one clause is broken.
pub struct Ground {
    /// The first finding of the check that weighs most.
    pub words: String,
    /// How many more there are.
    pub more: usize,
}

/// What a clause fails for, or `None` where it does not fail.
pub fn broken(case: &Case, clause: &ClauseResult, waived: &Waived, lang: Lang) -> Option<Ground> {
    if clause.verdict != Verdict::Fail {
        return None;
    }
    let decisive = |check: &&CheckResult| check.weight == Weight::Decisive.word();
    let (first, second): (Vec<_>, Vec<_>) = clause.checks.iter().partition(decisive);
    let breaks = |check: &&CheckResult| -> Option<String> {
        let stand = Stand::new(clause, check, case.agreed(clause), waived);
        let breaks = |f: &&FindingResult| stand.finding(f.outcome, &f.fingerprint) == Standing::Breaks;
        Some(plain(check.findings.iter().find(breaks)?.message.get(lang)))
    };
    let words = first.into_iter().chain(second).find_map(|check| breaks(&check))?;
    let more = Tally::of(clause, case.agreed(clause), waived).violated.saturating_sub(1);
    Some(Ground { words, more })
}

/// A reason of a clause in words: those of the code, or, where they need an argument, those of the point that brought it up.
pub fn why(clause: &ClauseResult, lang: Lang) -> Option<String> {
    let code = clause.reason.as_deref()?;
    // That there was too little to judge says less than why there was.
    if crate::gaps::is_consequence(code)
        && let Some(gap) =
            clause.checks.iter().filter(|c| c.verdict == Verdict::Inconclusive).find_map(|c| c.gaps.first())
    {
        return Some(plain(gap.message.get(lang)));
    }
    let words = crate::case::reason_words(code, lang);
    if words != code {
        return Some(words);
    }
    let gaps = clause.checks.iter().flat_map(|c| &c.gaps).filter(|g| g.code == code).map(|g| &g.message);
    let open = |f: &&FindingResult| f.outcome == Outcome::Undetermined && f.reason.as_deref() == Some(code);
    let findings = clause.checks.iter().flat_map(|c| &c.findings).filter(open).map(|f| &f.message);
    Some(gaps.chain(findings).next().map_or(words, |message| plain(message.get(lang))))
}

/// The clauses' places in the result, those first that decide: broken before open before waived before kept, what must be kept before what should.
pub fn order(result: &RunResult) -> Vec<usize> {
    let mut all: Vec<usize> = (0..result.clauses.len()).collect();
    all.sort_by_key(|index| rank(&result.clauses[*index]));
    all
}

fn rank(clause: &ClauseResult) -> (u8, u8, bool) {
    let obligation = match clause.obligation.as_str() {
        "must" => 0,
        "should" => 1,
        _ => 2,
    };
    let left_out = clause.reason.as_deref() == Some("left-out");
    match clause.verdict {
        Verdict::Fail => (if obligation == 0 { 0 } else { 2 }, obligation, false),
        Verdict::Inconclusive => (if obligation == 0 { 1 } else { 2 }, obligation, left_out),
        Verdict::Waived => (3, obligation, false),
        Verdict::Pass => (4, obligation, false),
        Verdict::NotApplicable => (5, obligation, false),
    }
}

/// How the clauses that must be kept stand, which is what decides: one sentence.
pub fn sentence(result: &RunResult, lang: Lang) -> String {
    let must = |verdict| result.clauses.iter().filter(|c| c.obligation == "must" && c.verdict == verdict).count();
    let some = COUNTED.iter().map(|(verdict, key)| (must(*verdict), *key)).filter(|(count, _)| *count > 0);
    let words: Vec<String> = some.map(|(count, key)| say(lang, key, &[("count", &count.to_string())])).collect();
    let none = result.verdict == ContractVerdict::Incomplete && must(Verdict::Inconclusive) == 0;
    if none || words.is_empty() {
        return say(lang, "because-none", &[]);
    }
    say(lang, "because", &[("counts", &words.join(&say(lang, "count-between", &[])))])
}

/// Verdicts with the words that count them, those first that decide.
pub const COUNTED: [(Verdict, &str); 5] = [
    (Verdict::Fail, "count-fail"),
    (Verdict::Inconclusive, "count-inconclusive"),
    (Verdict::Pass, "count-pass"),
    (Verdict::Waived, "count-waived"),
    (Verdict::NotApplicable, "count-not-applicable"),
];
