//! The schedule: what is probed when, one sheet per request.

use crate::plan::{PlannedStep, RunPlan};
use assize_facts::{Progress, Sheet, reason};
use std::time::Duration;

/// Something that happened during the run, for the record.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Since the run began.
    pub at: Duration,
    pub what: String,
}

/// What a run brought.
pub struct Collected {
    /// One per request, in the order of the requests.
    pub sheets: Vec<Sheet>,
    /// What confined the service: `none`, `namespaces+rlimits`, `namespaces+cgroup1`, `namespaces+cgroup2`, or `not-run`.
    pub sandbox_level: String,
    pub timeline: Vec<Event>,
}

/// Runs the deliverable and collects every sheet that was asked for.
pub fn collect(plan: &RunPlan, _progress: &dyn Progress) -> Collected {
    let missing = |r: &assize_facts::Request| {
        let mut sheet = Sheet::missing(&r.kind, reason!("sandbox-unavailable", detail = "not built"));
        sheet.with = r.args();
        sheet
    };
    Collected {
        sheets: plan.requests.iter().map(missing).collect(),
        sandbox_level: "not-run".into(),
        timeline: Vec::new(),
    }
}

/// What [`collect`] would do, in order, without doing it.
pub fn steps(_plan: &RunPlan) -> Vec<PlannedStep> {
    Vec::new()
}
