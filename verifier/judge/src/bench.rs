//! Everything that a check is judged with: recorded and derived sheets, what is linked, and what ties running things to the delivery.

use crate::Truth;
use crate::identity::Chain;
use crate::links::{self, Linked};
use crate::matching::{matches, satisfies};
use crate::run::RunRecord;
use crate::sheets::Sheets;
use assize_clause::{AppliesWhen, Contract, ContractItem};
use assize_facts::{Request, Sheet, kinds, reason};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The table on which the recorded facts of one run lie.
pub struct Bench<'a> {
    pub run: &'a RunRecord,
    pub items: &'a [ContractItem],
    /// What was recorded in layers that were examined.
    recorded: &'a Sheets,
    derived: BTreeMap<Request, Sheet>,
    pub linked: Linked<'a>,
    pub chain: Chain<'a>,
}

/// The links of the chain, derived in every run.
const CHAIN: [&str; 4] = ["link.source_binary", "link.image_binary", "link.process_binary", "link.endpoint_process"];

fn plain(kind: &str) -> Request {
    Request::new(kind, &BTreeMap::new())
}

/// What has to be collected for a contract: what its clauses ask, with links taken apart into what they are derived from, and what the identity chain needs.
pub fn requests(contract: &Contract) -> Vec<Request> {
    let asked: BTreeSet<Request> = contract.clauses.iter().flat_map(|clause| clause.requests()).collect();
    let mut all: BTreeSet<Request> =
        asked.iter().filter(|request| links::sources(&request.kind).is_none()).cloned().collect();
    let mut links: BTreeSet<Request> =
        asked.into_iter().filter(|request| links::sources(&request.kind).is_some()).collect();
    links.extend(CHAIN.map(plain));
    // Whether a source item is linked is asked of the function table.
    links.insert(plain("link.functions"));
    for link in links {
        for kind in links::sources(&link.kind).unwrap_or_default() {
            // Module facts do not shrink by arguments, and hashing contents twice is dear; other kinds may be narrowed by theirs.
            if kind.starts_with("module.") && all.iter().any(|request| request.kind == kind) {
                continue;
            }
            let takes_arguments = kinds::schema(kind).is_some_and(|schema| !schema.arguments.is_empty());
            let with = if takes_arguments { link.with.clone() } else { BTreeMap::new() };
            all.insert(Request { kind: kind.to_owned(), with });
        }
    }
    all.into_iter().collect()
}

/// Drops what belongs to a layer that was left out, so that a replay with fewer layers judges as a run with fewer.
pub fn in_force(sheets: &Sheets, run: &RunRecord) -> Sheets {
    sheets.only(|kind| examined(kind, run))
}

fn examined(kind: &str, run: &RunRecord) -> bool {
    kinds::schema(kind).is_none_or(|schema| schema.layers.iter().all(|layer| run.examines(*layer)))
}

impl<'a> Bench<'a> {
    /// `recorded` holds what [`in_force`] left.
    pub fn lay(contract: &'a Contract, recorded: &'a Sheets, run: &'a RunRecord) -> Bench<'a> {
        let asked = contract.clauses.iter().flat_map(|clause| clause.requests());
        let wanted: BTreeSet<Request> = asked
            .filter(|r| links::sources(&r.kind).is_some())
            .chain(CHAIN.map(plain))
            .chain([plain("link.functions")])
            .collect();
        let deriver = links::Deriver::new(recorded, &contract.items, run);
        let derive = |request: Request| {
            let given = recorded.get(&request).cloned();
            // An example may state a link itself; a pack never holds one.
            let sheet = given.unwrap_or_else(|| deriver.derive(&request));
            (request, sheet)
        };
        let derived: BTreeMap<Request, Sheet> = wanted.into_iter().map(derive).collect();
        let link = |kind: &str| {
            derived
                .get(&plain(kind))
                .cloned()
                .unwrap_or_else(|| Sheet::missing(kind, reason!("not-collected", kind = kind)))
        };
        let functions_out = !examined("link.functions", run);
        Bench {
            run,
            items: &contract.items,
            recorded,
            linked: Linked::read(recorded, &link("link.functions"), functions_out),
            chain: Chain {
                run,
                source_binary: link("link.source_binary"),
                image_binary: link("link.image_binary"),
                process_binary: link("link.process_binary"),
                endpoint_process: link("link.endpoint_process"),
                structural: agreed_structural(contract),
            },
            derived,
        }
    }

    /// Whether a kind belongs to layers that were examined.
    pub fn examines(&self, kind: &str) -> bool {
        examined(kind, self.run)
    }

    /// The sheet for a request; of a layer that was left out, an empty one that says so.
    pub fn sheet(&self, request: &Request) -> Cow<'_, Sheet> {
        if !self.examines(&request.kind) {
            return Cow::Owned(Sheet::missing(&request.kind, reason!("left-out")));
        }
        match self.derived.get(request) {
            Some(sheet) => Cow::Borrowed(sheet),
            None => self.recorded.look(request),
        }
    }

    /// Whether a condition is known to hold, or known not to.
    pub fn applies(&self, condition: &AppliesWhen) -> Truth {
        match condition {
            AppliesWhen::Some { kind, selects, .. } => {
                let request = condition.requests().into_iter().next().unwrap_or_else(|| plain(kind));
                self.some(&self.sheet(&request), selects)
            }
            AppliesWhen::ContractItems { kind } => {
                Truth::from(self.items.iter().any(|item| kind.as_ref().is_none_or(|kind| kind == item.kind.word())))
            }
            AppliesWhen::Parameter { value: Some(value), ty, matcher, .. } => matches(matcher, value, ty),
            AppliesWhen::Parameter { name, value: None, .. } => Truth::Unknown(reason!("not-filled", name = name)),
            AppliesWhen::Any(all) => Truth::any(all.iter().map(|one| self.applies(one))),
            AppliesWhen::All(all) => Truth::all(all.iter().map(|one| self.applies(one))),
        }
    }

    /// That nothing is selected is known only where something was examined, without a gap, and observed on the delivery's own process.
    fn some(&self, sheet: &Sheet, selects: &[assize_clause::FieldTest]) -> Truth {
        let selected = Truth::any(sheet.items.iter().map(|item| satisfies(item, selects)));
        if !selected.is_false() {
            return selected;
        }
        if let Some(gap) = sheet.gaps.first() {
            return Truth::Unknown(gap.reason.clone());
        }
        if sheet.scope.count == 0 {
            return Truth::Unknown(reason!("nothing-examined", kind = sheet.kind));
        }
        match kinds::schema(&sheet.kind).map(|schema| self.chain.tied(None, schema)) {
            Some(Truth::True) | None => Truth::False,
            Some(_) => Truth::Unknown(reason!("process-not-tied")),
        }
    }
}

/// `delivery-identity` says whether the parties want a rebuild or are content with the structure.
fn agreed_structural(contract: &Contract) -> bool {
    let clause = contract.clauses.iter().find(|clause| clause.id == "delivery-identity");
    let rebuild = clause.and_then(|clause| clause.parameters.get("rebuild")).map(|value| value.json());
    rebuild.is_some_and(|value| value == "structural")
}
