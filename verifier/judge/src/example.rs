//! Examples beside a clause: recorded facts as a person wrote them, and the outcomes that they must have.

use crate::judge::judge_stated;
use crate::result::{CheckResult, ClauseResult, DeliverableName, Outcome, SandboxUse, Tool, Verdict};
use crate::run::{Operator, RUN_SCHEMA, RunRecord};
use crate::sheets::Sheets;
use assize_clause::{Agreement, CheckOutcome, Clause, Contract, ContractItem, Example, ItemKind, Library};
use assize_facts::{Lang, Layer, Request, Sheet};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// Runs an example; tells what is not as expected, nothing where all is.
pub fn run_example(clause: &Clause, example: &Example) -> Vec<String> {
    let contract = match contract(clause, example) {
        Ok(contract) => contract,
        Err(problem) => return vec![problem],
    };
    let sheets = Sheets::new(sheets(example, &contract));
    let result = judge_stated(&contract, &sheets, &run(example));
    let Some(judged) = result.clauses.into_iter().next() else { return vec!["the clause was not judged".into()] };
    compare(&judged, example)
}

fn contract(clause: &Clause, example: &Example) -> Result<Contract, String> {
    let empty =
        Contract::of_library(&Library::default()).map_err(|_| "a contract without clauses did not load".to_owned())?;
    let agreed = clause.agree(Agreement {
        library: "example",
        obligation: None,
        parameters: example.parameters.clone(),
        applicable: false,
        contract: &BTreeMap::from([("id".to_owned(), "example".to_owned())]),
        zone: TimeZone::UTC,
    });
    let agreed = agreed.for_delivery(example.deliverable_name.as_deref(), example.deliverable_version.as_deref());
    Ok(Contract { clauses: vec![agreed], items: items(example), ..empty })
}

/// The example's sheets; one that names no arguments stands for whatever its checks tell the collector.
fn sheets(example: &Example, contract: &Contract) -> Vec<Sheet> {
    let requests: Vec<Request> = contract.clauses.iter().flat_map(|clause| clause.requests()).collect();
    let mut all = Vec::new();
    for sheet in &example.sheets {
        let asked: Vec<&Request> = requests.iter().filter(|r| sheet.with.is_empty() && r.kind == sheet.kind).collect();
        if asked.is_empty() {
            all.push(sheet.clone());
        }
        all.extend(asked.into_iter().map(|request| Sheet { with: request.args(), ..sheet.clone() }));
    }
    all
}

/// An example that states what became of the contract's items has a contract that lists them.
fn items(example: &Example) -> Vec<ContractItem> {
    let links = example.sheets.iter().filter(|sheet| sheet.kind == "link.items").flat_map(|sheet| &sheet.items);
    let item = |item: &assize_facts::Item| {
        let kind = item.text("item_kind").and_then(ItemKind::parse).unwrap_or(ItemKind::Document);
        ContractItem { kind, name: item.text("name").unwrap_or_default().to_owned(), line: 0 }
    };
    links.map(item).collect()
}

/// Everything is examined, and nothing has to be tied: an example is about its clause alone.
fn run(example: &Example) -> RunRecord {
    RunRecord {
        environment: Default::default(),
        schema: RUN_SCHEMA.into(),
        deliverable: DeliverableName {
            name: example.deliverable_name.clone(),
            version: example.deliverable_version.clone(),
            digest: String::new(),
        },
        declared: Default::default(),
        judged_for: Timestamp::UNIX_EPOCH,
        ran_at: Timestamp::UNIX_EPOCH,
        tool: Tool { name: "assize".into(), version: String::new(), clauses_digest: String::new() },
        sandbox: SandboxUse { level: "none".into() },
        gate: "incomplete".into(),
        layers: Layer::ALL.map(|layer| layer.name().to_owned()).to_vec(),
        clauses: vec![],
        operator: Operator { all: true, ..Operator::default() },
        differences: vec![],
        steps: vec![],
    }
}

fn compare(judged: &ClauseResult, example: &Example) -> Vec<String> {
    let mut problems = Vec::new();
    if judged.verdict != verdict(example.verdict) {
        let reason = judged.reason.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
        problems.push(format!(
            "the clause must be {}, and is {}{reason}",
            example.verdict.word(),
            judged.verdict.word()
        ));
    }
    for (id, expected) in &example.expect {
        match judged.checks.iter().find(|check| check.id == *id) {
            Some(check) if check.verdict == verdict(*expected) => {}
            Some(check) => problems.push(format!("{id} must be {}, and is {}", expected.word(), check.verdict.word())),
            None => problems.push(format!("there is no check {id}")),
        }
    }
    if !problems.is_empty() {
        problems.extend(judged.checks.iter().flat_map(why));
    }
    problems
}

/// What a check has to say, for whoever wonders about its outcome.
fn why(check: &CheckResult) -> Vec<String> {
    const MOST: usize = 3;
    let open = check.findings.iter().filter(|f| f.outcome != Outcome::Satisfied);
    let findings =
        open.map(|f| format!("{}: {} {}: {}", check.id, f.outcome.word(), f.subject, f.message.get(Lang::En)));
    let gaps = check.gaps.iter().map(|gap| format!("{}: gap {}: {}", check.id, gap.place, gap.message.get(Lang::En)));
    findings.take(MOST).chain(gaps.take(MOST)).collect()
}

fn verdict(outcome: CheckOutcome) -> Verdict {
    match outcome {
        CheckOutcome::Pass => Verdict::Pass,
        CheckOutcome::Fail => Verdict::Fail,
        CheckOutcome::Inconclusive => Verdict::Inconclusive,
        CheckOutcome::NotApplicable => Verdict::NotApplicable,
    }
}
