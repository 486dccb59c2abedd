//! What two packs disagree on, and why: every verdict that differs is judged again with one part of the other pack put in its place.

use crate::replay::Replay;
use assize_clause::Contract;
use assize_facts::{Layer, Sheet, kinds};
use assize_judge::{CheckResult, ClauseResult, Outcome, RunRecord, Sheets, Verdict, judge};
use serde::Serialize;
use std::collections::BTreeMap;

/// The name and version of the form.
pub const DIFF_SCHEMA: &str = "assize/diff/1";

/// Kinds whose sheets hold what dated data says about the delivery.
const DATED_KINDS: &[&str] = &["binary.vulnerabilities", "data.go_releases", "data.snapshots"];

/// A part of a pack that can explain a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// What was delivered: its files and what was seen of them.
    Deliverable,
    /// What was agreed: clause files, parameters, the contract's own sections.
    Clause,
    Waiver,
    /// The date that is judged for, and what a database of that date says.
    DatedData,
    /// How the run was made: the program, the sandbox, what was left out, and what a service showed on another day.
    Environment,
}

impl Cause {
    pub const ALL: [Cause; 5] =
        [Cause::Deliverable, Cause::Clause, Cause::Waiver, Cause::DatedData, Cause::Environment];

    pub fn word(self) -> &'static str {
        match self {
            Cause::Deliverable => "deliverable",
            Cause::Clause => "clause",
            Cause::Waiver => "waiver",
            Cause::DatedData => "dated-data",
            Cause::Environment => "environment",
        }
    }
}

/// Two packs held against each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    pub schema: &'static str,
    /// Whether both came to the same verdicts by the same findings.
    pub same: bool,
    pub verdict: [String; 2],
    /// Parts in which the packs differ at all, with what is different in words.
    pub parts: Vec<Part>,
    /// Only clauses that differ, in the order of the first pack, then those that only the second has.
    pub clauses: Vec<ClauseDiff>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    pub cause: Cause,
    pub what: Vec<String>,
}

/// One clause on which the packs disagree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClauseDiff {
    pub id: String,
    /// Null where a pack does not have the clause.
    pub verdict: [Option<Verdict>; 2],
    /// The parts that explain it, the fewest that do: each alone, where `together` is false; all of them only together, where it is true.
    /// Empty: the findings differ and the verdict does not.
    pub causes: Vec<Cause>,
    pub together: bool,
    pub wording: [Option<String>; 2],
    /// Violated and undetermined findings and gaps that only one pack has: fingerprint and English words.
    pub only: [Vec<String>; 2],
}

/// Compares two packs that were judged again. The verdicts compared are the recorded ones.
pub fn diff(a: &Replay, b: &Replay) -> Diff {
    let parts = parts(a, b);
    let differing: Vec<Cause> = parts.iter().map(|part| part.cause).collect();
    let mut trials = Trials { a, b, made: BTreeMap::new() };
    let mut clauses = Vec::new();
    let ids = a.recorded_result.clauses.iter().map(|c| &c.id);
    let added = b.recorded_result.clauses.iter().map(|c| &c.id).filter(|id| find(a, id).is_none());
    for id in ids.chain(added) {
        clauses.extend(clause(id, &differing, &mut trials));
    }
    let verdict = [a, b].map(|r| r.recorded_result.verdict.word().to_string());
    Diff { schema: DIFF_SCHEMA, same: clauses.is_empty() && verdict[0] == verdict[1], verdict, parts, clauses }
}

fn find<'a>(replay: &'a Replay, id: &str) -> Option<&'a ClauseResult> {
    replay.recorded_result.clauses.iter().find(|c| c.id == id)
}

fn clause(id: &str, differing: &[Cause], trials: &mut Trials<'_>) -> Option<ClauseDiff> {
    let both = [find(trials.a, id), find(trials.b, id)];
    let verdict = both.map(|c| c.map(|c| c.verdict));
    let open = both.map(|c| c.map(open_points).unwrap_or_default());
    if verdict[0] == verdict[1] && open[0].keys().eq(open[1].keys()) {
        return None;
    }
    let (causes, together) = match verdict {
        [one, two] if one == two => (Vec::new(), false),
        [Some(_), Some(_)] => trials.explain(id, differing),
        // A clause that only one of the contracts has.
        [_, _] => (vec![Cause::Clause], false),
    };
    let only = |mine: &BTreeMap<String, String>, other: &BTreeMap<String, String>| -> Vec<String> {
        mine.iter().filter(|(key, _)| !other.contains_key(*key)).map(|(key, words)| format!("{key} {words}")).collect()
    };
    Some(ClauseDiff {
        id: id.into(),
        verdict,
        causes,
        together,
        wording: both.map(|c| c.map(|c| c.wording_digest.clone())),
        only: [only(&open[0], &open[1]), only(&open[1], &open[0])],
    })
}

/// What speaks against a clause, by fingerprint. Notes decide nothing and are left out.
fn open_points(clause: &ClauseResult) -> BTreeMap<String, String> {
    let deciding = clause.checks.iter().filter(|check| check.weight != "note");
    deciding.flat_map(check_points).collect()
}

fn check_points(check: &CheckResult) -> impl Iterator<Item = (String, String)> + '_ {
    let gaps = check.gaps.iter().map(|gap| (gap.fingerprint.clone(), format!("gap: {}", gap.message.en)));
    let counts = |outcome| matches!(outcome, Outcome::Violated | Outcome::Undetermined);
    let findings = check.findings.iter().filter(move |finding| counts(finding.outcome));
    let findings = findings.map(|f| (f.fingerprint.clone(), format!("{}: {}", f.outcome.word(), f.message.en)));
    gaps.chain(findings)
}

/// Verdicts of mixed packs, each judged once: the first pack with the given parts of the second.
struct Trials<'a> {
    a: &'a Replay,
    b: &'a Replay,
    made: BTreeMap<Vec<Cause>, BTreeMap<String, Verdict>>,
}

impl Trials<'_> {
    /// The fewest parts that turn the one verdict into the other, put into either pack. The facts of one pack may not answer what the other's
    /// clause asks, so a part explains the flip if it does so in either direction.
    fn explain(&mut self, id: &str, differing: &[Cause]) -> (Vec<Cause>, bool) {
        let alone: Vec<Cause> = differing.iter().copied().filter(|c| self.turns(id, &[*c], differing)).collect();
        if !alone.is_empty() {
            return (alone, false);
        }
        for (at, one) in differing.iter().enumerate() {
            for two in &differing[at + 1..] {
                if self.turns(id, &[*one, *two], differing) {
                    return (vec![*one, *two], true);
                }
            }
        }
        // Where even the recorded facts do not give a recorded verdict, another program judged.
        match differing.is_empty() {
            true => (vec![Cause::Environment], false),
            false => (differing.to_vec(), differing.len() > 1),
        }
    }

    fn turns(&mut self, id: &str, parts: &[Cause], differing: &[Cause]) -> bool {
        let rest: Vec<Cause> = differing.iter().copied().filter(|c| !parts.contains(c)).collect();
        let (first, second) = (self.verdict(id, &[]), self.verdict(id, differing));
        // The first with these parts is as the second, or the second without them as the first.
        first != second && (self.verdict(id, parts) == second || self.verdict(id, &rest) == first)
    }

    fn verdict(&mut self, id: &str, parts: &[Cause]) -> Option<Verdict> {
        let (a, b) = (self.a, self.b);
        let made = self.made.entry(parts.to_vec()).or_insert_with(|| {
            let result = judge(&contract(a, b, parts), &sheets(a, b, parts), &record(a, b, parts));
            result.clauses.into_iter().map(|c| (c.id, c.verdict)).collect()
        });
        made.get(id).copied()
    }
}

fn contract(a: &Replay, b: &Replay, parts: &[Cause]) -> Contract {
    let from = |cause| if parts.contains(&cause) { &b.contract } else { &a.contract };
    Contract { waivers: from(Cause::Waiver).waivers.clone(), ..from(Cause::Clause).clone() }
}

fn sheets(a: &Replay, b: &Replay, parts: &[Cause]) -> Sheets {
    let causes = sheet_causes(a, b);
    let takes = |sheet: &Sheet| parts.contains(&causes(sheet));
    let mine = a.sheets.iter().filter(|sheet| !takes(sheet));
    let theirs = b.sheets.iter().filter(|sheet| takes(sheet));
    Sheets::new(mine.chain(theirs).cloned())
}

/// Which part a sheet belongs to. The same delivery has the same static facts, so what differs then is how it was examined; a service's
/// behaviour belongs to the delivery where another was delivered, and to the day where it was not.
fn sheet_causes(a: &Replay, b: &Replay) -> impl Fn(&Sheet) -> Cause + use<> {
    let same = a.record.deliverable.digest == b.record.deliverable.digest;
    move |sheet| match same {
        _ if DATED_KINDS.contains(&sheet.kind.as_str()) => Cause::DatedData,
        true => Cause::Environment,
        false => Cause::Deliverable,
    }
}

fn record(a: &Replay, b: &Replay, parts: &[Cause]) -> RunRecord {
    let from = |cause| if parts.contains(&cause) { &b.record } else { &a.record };
    let (deliverable, environment) = (from(Cause::Deliverable), from(Cause::Environment));
    RunRecord {
        deliverable: deliverable.deliverable.clone(),
        declared: deliverable.declared.clone(),
        differences: deliverable.differences.clone(),
        judged_for: from(Cause::DatedData).judged_for,
        ..environment.clone()
    }
}

/// In which parts the packs differ, each with what is different.
fn parts(a: &Replay, b: &Replay) -> Vec<Part> {
    let all = Cause::ALL.map(|cause| {
        let what = match cause {
            Cause::Deliverable => deliverable_differs(a, b),
            Cause::Clause => clause_differs(a, b),
            Cause::Waiver if a.contract.waivers != b.contract.waivers => vec!["the waivers".to_string()],
            Cause::Waiver => Vec::new(),
            Cause::DatedData => {
                changed([("judged for", a.record.judged_for.to_string(), b.record.judged_for.to_string())])
            }
            Cause::Environment => environment_differs(a, b),
        };
        Part { cause, what }
    });
    let mut all = all.to_vec();
    let causes = sheet_causes(a, b);
    for name in differing_sheets(a, b) {
        let Some(sheet) = a.sheets.iter().chain(b.sheets.iter()).find(|s| s.stem() == name) else { continue };
        let cause = causes(sheet);
        if let Some(part) = all.iter_mut().find(|part| part.cause == cause) {
            part.what.push(format!("the facts {name}"));
        }
    }
    all.retain(|part| !part.what.is_empty());
    all
}

fn changed<const N: usize>(pairs: [(&str, String, String); N]) -> Vec<String> {
    let different = pairs.into_iter().filter(|(_, one, two)| one != two);
    different.map(|(name, one, two)| format!("{name}: {one} / {two}")).collect()
}

fn deliverable_differs(a: &Replay, b: &Replay) -> Vec<String> {
    let (one, two) = (&a.record, &b.record);
    let mut what = changed([("digest", one.deliverable.digest.clone(), two.deliverable.digest.clone())]);
    if one.declared != two.declared || one.differences != two.differences {
        what.push("what deliverable.toml declares".into());
    }
    what
}

fn clause_differs(a: &Replay, b: &Replay) -> Vec<String> {
    let (one, two) = (&a.contract, &b.contract);
    let mut what = changed([("contract", one.digest.0.clone(), two.digest.0.clone())]);
    let digests = |contract: &Contract| -> BTreeMap<String, (String, String)> {
        contract.clauses.iter().map(|c| (c.id.clone(), (c.wording_digest.0.clone(), c.digest.0.clone()))).collect()
    };
    let (mine, theirs) = (digests(one), digests(two));
    for id in mine.keys().chain(theirs.keys().filter(|id| !mine.contains_key(*id))) {
        if mine.get(id) != theirs.get(id) {
            what.push(format!("the clause {id}"));
        }
    }
    what
}

fn environment_differs(a: &Replay, b: &Replay) -> Vec<String> {
    let (one, two) = (&a.record, &b.record);
    let mut what = changed([
        ("program", one.tool.version.clone(), two.tool.version.clone()),
        ("sandbox", one.sandbox.level.clone(), two.sandbox.level.clone()),
        ("layers", one.layers.join(", "), two.layers.join(", ")),
        ("clauses examined", one.clauses.join(", "), two.clauses.join(", ")),
    ]);
    if one.operator != two.operator {
        what.push("what the operator named".into());
    }
    for (name, replay) in [("first", a), ("second", b)] {
        if replay.derived.clauses != replay.recorded_result.clauses {
            what.push(format!("the {name} pack's verdicts do not follow from its facts with this program"));
        }
    }
    what
}

/// Stems of sheets that differ or that only one pack has; what is derived from others is left out.
fn differing_sheets(a: &Replay, b: &Replay) -> Vec<String> {
    let by_stem = |replay: &'_ Replay| -> BTreeMap<String, Sheet> {
        let recorded = replay.sheets.iter().filter(|sheet| !sheet.kind.starts_with("link."));
        recorded.map(|sheet| (sheet.stem(), sheet.clone())).collect()
    };
    let (mine, theirs) = (by_stem(a), by_stem(b));
    let mut stems: Vec<String> = mine.keys().chain(theirs.keys()).cloned().collect();
    stems.sort_by_key(|stem| (is_runtime(stem), stem.clone()));
    stems.dedup();
    stems.retain(|stem| mine.get(stem) != theirs.get(stem));
    stems
}

fn is_runtime(stem: &str) -> bool {
    let kind = stem.split('@').next().unwrap_or(stem);
    kinds::schema(kind).is_some_and(|schema| schema.layers.contains(&Layer::Runtime))
}
