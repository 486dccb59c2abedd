//! Sections of a contract that replace the supplier's: `[run]`, `[[endpoint]]`, `[[request]]`.

use super::Contract;
use crate::deliverable::{OPERATOR, Places, endpoints, requests, run};
use crate::matcher::fill::Said;
use crate::read::{Node, Table};
use assize_facts::{Deliverable, EndpointSpec, RequestSpec, RunSpec};

/// What a contract replaces.
pub(super) struct Sections {
    pub run: Option<RunSpec>,
    pub endpoints: Option<Vec<EndpointSpec>>,
    pub requests: Option<Vec<RequestSpec>>,
}

pub(super) fn sections(table: &Table<'_>, root: &Node) -> Sections {
    let mut places = Places::new(table.reader(), root, true);
    let run = table.table("run").and_then(|t| run(t.hints(OPERATOR), &mut places));
    let run = run.map(|run| RunSpec { agreed: true, ..run });
    let given = |key| table.get(key).is_some();
    let endpoints = given("endpoint").then(|| endpoints(table, &mut places));
    let requests = given("request").then(|| requests(table, &places));
    places.untold();
    Sections { run, endpoints, requests }
}

/// A part that the supplier declared differently from what was agreed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The key, as in `run.args`, `endpoint.public`, `request.greeting`.
    pub key: String,
    pub supplier: String,
    pub agreed: String,
}

impl Contract {
    /// The delivery as it is examined: whole sections of the contract in place of the supplier's.
    pub fn apply(&self, deliverable: &Deliverable) -> Deliverable {
        let mut applied = deliverable.clone();
        if let Some(run) = &self.run {
            applied.run = Some(run.clone());
        }
        if let Some(endpoints) = &self.endpoints {
            applied.endpoints = endpoints.clone();
        }
        if let Some(requests) = &self.requests {
            applied.requests = requests.clone();
        }
        applied
    }

    /// The contract with what only the delivery says filled in (`{deliverable.*}`).
    pub fn fill(&self, deliverable: &Deliverable) -> Contract {
        let said = Said { name: deliverable.name.clone(), version: deliverable.version.clone() };
        let mut filled = self.clone();
        filled.clauses.iter_mut().for_each(|clause| clause.fill(&said));
        filled
    }

    /// Where the supplier declared other than was agreed, sorted.
    pub fn differences(&self, deliverable: &Deliverable) -> Vec<Difference> {
        let mut all = Vec::new();
        if let Some(agreed) = &self.run {
            run_differs(deliverable.run.as_ref(), agreed, &mut all);
        }
        if let Some(agreed) = &self.endpoints {
            named_differ("endpoint", &deliverable.endpoints, agreed, |e| &e.name, &mut all);
        }
        if let Some(agreed) = &self.requests {
            named_differ("request", &deliverable.requests, agreed, |r| &r.name, &mut all);
        }
        all.sort();
        all
    }
}

fn run_differs(supplier: Option<&RunSpec>, agreed: &RunSpec, all: &mut Vec<Difference>) {
    let Some(supplier) = supplier else {
        return all.push(Difference { key: "run".into(), supplier: "-".into(), agreed: agreed.binary.clone() });
    };
    let parts = |run: &RunSpec| {
        vec![
            ("binary", format!("{:?}", run.binary)),
            ("args", format!("{:?}", run.args)),
            ("env", format!("{:?}", run.env)),
            ("files", format!("{:?}", run.files)),
            ("templates", format!("{:?}", run.templates)),
            ("secret", format!("{:?}", run.secret)),
            ("user", format!("{:?}", run.user)),
            ("ready", format!("{:?}", run.ready)),
            ("ready_within", format!("{} ms", run.ready_within_ms)),
            ("logs", format!("{:?}", run.logs)),
            ("service", format!("{:?}", run.service)),
            ("dependency", format!("{:?}", run.dependencies)),
        ]
    };
    for ((key, supplier), (_, agreed)) in parts(supplier).into_iter().zip(parts(agreed)) {
        if supplier != agreed {
            all.push(Difference { key: format!("run.{key}"), supplier, agreed });
        }
    }
}

fn named_differ<T: PartialEq + std::fmt::Debug>(
    what: &str,
    supplier: &[T],
    agreed: &[T],
    name: impl Fn(&T) -> &String,
    all: &mut Vec<Difference>,
) {
    let shown = |one: Option<&T>| one.map_or("-".into(), |one| format!("{one:?}"));
    let mut names: Vec<&String> = supplier.iter().chain(agreed).map(&name).collect();
    names.sort();
    names.dedup();
    for wanted in names {
        let (theirs, ours) = (supplier.iter().find(|x| name(x) == wanted), agreed.iter().find(|x| name(x) == wanted));
        if theirs != ours {
            all.push(Difference { key: format!("{what}.{wanted}"), supplier: shown(theirs), agreed: shown(ours) });
        }
    }
}
