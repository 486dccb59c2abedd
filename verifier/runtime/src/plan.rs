//! What a run is asked to do: the deliverable, what clauses need to know, and what the operator and the contract allow.

use assize_delivery::Delivery;
use assize_facts::{Both, Reason, Request, reason};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The contract's `[execution] sandbox`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SandboxWish {
    /// Without a sandbox nothing is started.
    Required,
    /// A sandbox where the machine gives one, else none; the level is recorded.
    Preferred,
    /// No sandbox: the deliverable is trusted.
    None,
}

/// The contract's `[consent]`: what may be done to a service that the tool did not start. Only with [`Operator::disturb`] do load, faults and signals follow from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    pub handshakes: bool,
    pub load: bool,
    pub faults: bool,
    pub signals: bool,
}

/// What the operator named on the command line; a deliverable cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operator {
    /// `--pid`.
    pub pid: Option<u32>,
    /// `--endpoint NAME=URL`.
    pub endpoints: BTreeMap<String, String>,
    /// `--dep NAME=ADDRESS`: `host:port` of a real dependency; the tool's own proxy stands before it.
    pub dependencies: BTreeMap<String, String>,
    /// `--disturb`.
    pub disturb: bool,
}

impl Operator {
    /// Whether something that runs already is to be examined, so that nothing is started.
    pub fn deployed(&self) -> bool {
        self.pid.is_some() || !self.endpoints.is_empty()
    }
}

/// How the supervisor is started: a program and its first argument. The product re-executes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervisor {
    pub program: PathBuf,
    pub args: Vec<String>,
}

impl Default for Supervisor {
    /// `/proc/self/exe` also names the running file when it was replaced or deleted meanwhile (proc(5)).
    fn default() -> Supervisor {
        Supervisor { program: "/proc/self/exe".into(), args: vec![crate::supervise::ARGUMENT.into()] }
    }
}

/// Everything a run needs to know.
pub struct RunPlan<'a> {
    /// The deliverable; its `spec()` already holds the contract's `[run]`, `[[endpoint]]` and `[[request]]` where it has them.
    pub delivery: &'a Delivery,
    /// The sheets that are wanted; others are not collected.
    pub requests: &'a [Request],
    pub sandbox: SandboxWish,
    /// `--trust-deliverable`: as [`SandboxWish::None`].
    pub trust_deliverable: bool,
    /// Values for `[run] secret` that the operator gave; the others are random.
    pub secrets: BTreeMap<String, Vec<u8>>,
    /// Hashed together with every secret that something stands for in the record.
    pub salt: Vec<u8>,
    pub operator: Operator,
    pub consent: Consent,
    pub supervisor: Supervisor,
}

impl<'a> RunPlan<'a> {
    /// A plan with the strictest settings and nothing from the operator.
    pub fn new(delivery: &'a Delivery, requests: &'a [Request]) -> RunPlan<'a> {
        RunPlan {
            delivery,
            requests,
            sandbox: SandboxWish::Required,
            trust_deliverable: false,
            secrets: BTreeMap::new(),
            salt: crate::random::salt(),
            operator: Operator::default(),
            consent: Consent::default(),
            supervisor: Supervisor::default(),
        }
    }

    /// Whether a service that others started may be disturbed in a way that `[consent]` names: the contract and the operator both have to say so.
    pub(crate) fn may_disturb(&self, what: &str, agreed: bool) -> Result<(), Reason> {
        match (agreed, self.operator.disturb) {
            (false, _) => Err(reason!("consent-missing", what = what)),
            (true, false) => Err(reason!("disturb-missing", what = what)),
            (true, true) => Ok(()),
        }
    }

    /// Whether a sheet of the kind is wanted.
    pub fn wants(&self, kind: &str) -> bool {
        self.requests.iter().any(|r| r.kind == kind)
    }

    /// The requests for a kind, one sheet each.
    pub fn requests_for(&self, kind: &str) -> impl Iterator<Item = &'a Request> {
        let kind = kind.to_string();
        self.requests.iter().filter(move |r| r.kind == kind)
    }
}

/// One step of the schedule, for `--dry-run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    /// A short sentence.
    pub what: Both,
    /// Whether it disturbs the service, so that nothing else runs beside it.
    pub disturbs: bool,
    /// The waiting times that the clauses ask for, in milliseconds: however quick the service is, the step is no shorter.
    pub waits_ms: u64,
    /// How long it takes at most, in milliseconds, with a service that uses all the time that it is given.
    pub most_ms: u64,
}
