//! `endpoint.health_under_fault`: whether readiness follows a dependency and liveness does not.

use super::{answer, millis, path, verbose, verbosely, well};
use crate::http::{Answer, Failure, Target, declared};
use crate::service::Service;
use crate::standin::{Fault, StandIn};
use assize_facts::kinds::endpoint::{FaultKind, HealthRole, HealthUnderFault};
use assize_facts::{Deliverable, Known, Millis, Origin, Progress, Reason, Request, Sheet, reason};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two looks at a path.
const PAUSE: Duration = Duration::from_millis(120);
/// Between two looks at liveness.
const LIVE_PAUSE: Duration = Duration::from_millis(200);
/// Looks at liveness that a fault is kept up for, however slow they are answered: the clause asks for as many.
const LIVE_LOOKS: usize = 5;
/// Longer than any honest liveness answer.
const LIVE_PATIENCE: Duration = Duration::from_secs(5);
/// How long a fault goes on after the first 503, so that "held" and liveness have something to be seen in.
const HOLD: Duration = Duration::from_millis(1500);
/// How long readiness has to stay once it is back.
const STAY: Duration = Duration::from_millis(400);
/// How much later than the agreed time a slow dependency answers: whoever waits for it is too late.
const TOO_SLOW: Duration = Duration::from_secs(2);

/// For one dependency: what a service that is quick in everything makes the tool wait, and the longest that the terms allow.
pub(crate) fn duration(request: &Request) -> (Duration, Duration) {
    let terms = Terms::of(request);
    let faults = FAULTS.len() as u32;
    ((HOLD + STAY) * faults, (terms.fail_within + HOLD + terms.recover_within + STAY + LIVE_PATIENCE) * faults)
}

/// In the order in which they are made.
const FAULTS: [FaultKind; 3] = [FaultKind::Cut, FaultKind::BlackHole, FaultKind::Slow];

struct Terms {
    ready: String,
    live: String,
    fail_within: Duration,
    recover_within: Duration,
}

impl Terms {
    fn of(request: &Request) -> Terms {
        Terms {
            ready: path(request, HealthRole::Ready),
            live: path(request, HealthRole::Live),
            fail_within: millis(request, "fail_within", Duration::from_secs(10)),
            recover_within: millis(request, "recover_within", Duration::from_secs(15)),
        }
    }
}

/// Makes each dependency fail in each way. To be called while nothing else asks the service; every fault is lifted again.
pub fn probe(service: &Service, spec: &Deliverable, request: &Request, progress: &dyn Progress) -> Sheet {
    let mut sheet = Sheet::of::<HealthUnderFault>();
    sheet.with = request.args();
    let terms = Terms::of(request);
    service.phase("faults");
    for (endpoint, target) in well::targets(service, &mut sheet) {
        for dependency in service.dependencies() {
            // So that the stand-in has seen the service before, also where readiness never speaks to it.
            use_it(service, spec, dependency);
            for kind in FAULTS {
                progress.step(&format!(
                    "health of {} while {} fails ({})",
                    endpoint.name,
                    dependency.name(),
                    kind.word()
                ));
                let case = Case { endpoint: &endpoint.name, target: &target, dependency, kind, terms: &terms };
                match case.run() {
                    Ok(fact) => {
                        sheet.examined(1);
                        sheet.push(fact, Origin::url(target.url(&terms.ready)));
                    }
                    Err(reason) => sheet.gap(reason, format!("{} {}", dependency.name(), kind.word())),
                }
            }
        }
    }
    service.phase("requests");
    sheet.settle();
    sheet
}

fn use_it(service: &Service, spec: &Deliverable, dependency: &StandIn) {
    for request in spec.requests.iter().filter(|r| r.uses.iter().any(|u| u == dependency.name())) {
        let endpoint = service.endpoints().iter().find(|e| e.name == request.endpoint);
        if let Some(Ok(target)) = endpoint.and_then(|e| Target::new(e, service)) {
            // Whether it is answered as declared, `endpoint.requests` says.
            let _ = target.once(&declared::call(&target, request), declared::patience(request));
        }
    }
}

struct Case<'a> {
    endpoint: &'a str,
    target: &'a Target<'a>,
    dependency: &'a StandIn,
    kind: FaultKind,
    terms: &'a Terms,
}

/// One look at a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Look {
    /// Since the fault began (or ended).
    pub at: Duration,
    pub took: Duration,
    pub outcome: String,
}

impl Case<'_> {
    fn run(&self) -> Result<HealthUnderFault, Reason> {
        let ready_before = self.get(&self.terms.ready, LIVE_PATIENCE);
        let live_before = self.get(&self.terms.live, LIVE_PATIENCE);
        let state_before = self.state();
        let counters = self.dependency.counters();
        let exchanged = counters.received + counters.sent;
        self.set(self.fault())?;
        let (ready, live, state_during) = self.watch();
        self.set(Fault::Pass)?;
        let recovered = self.recover();
        let reached = counters.connections > 0 && exchanged > 0;
        let seen = self.seen(&ready);
        let was_well = outcome_is(&ready_before, 200) && outcome_is(&live_before, 200);
        // What follows from a fault is known only where the service was well before and is known to speak to the stand-in.
        let doubt = match (was_well, reached) {
            (false, _) => Some(reason!(
                "health-not-well-before",
                ready = declared::outcome(&ready_before),
                live = declared::outcome(&live_before)
            )),
            (true, false) if counters.connections == 0 => {
                Some(reason!("dependency-not-reached", name = self.dependency.name()))
            }
            (true, false) => Some(reason!("dependency-not-spoken-to", name = self.dependency.name())),
            (true, true) => None,
        };
        Ok(HealthUnderFault {
            endpoint: self.endpoint.into(),
            dependency: self.dependency.name().into(),
            required: self.dependency.required(),
            fault: self.kind,
            ready_before: status(&ready_before),
            live_before: status(&live_before),
            connections_before: counters.connections,
            bytes_before: exchanged,
            unready_after: known(&doubt, seen.unready_after.map(Millis::from)),
            held: known(&doubt, seen.held),
            ready_outcomes: outcomes(&ready),
            ready_samples: ready.len() as u64,
            stayed_ready: known(&doubt, seen.stayed_ready),
            live_samples: live.len() as u64,
            live_failures: live.iter().filter(|l| l.outcome != "200").count() as u64,
            live_outcomes: outcomes(&live),
            live_slowest: match live.iter().map(|l| l.took).max() {
                Some(slowest) => Known::Value(slowest.into()),
                None => Known::Unknown(reason!("health-not-answered")),
            },
            recovered_after: known(&doubt, recovered.map(Millis::from)),
            state_changed: known(&doubt, state_before.zip(state_during).map(|(before, during)| before != during)),
        })
    }

    fn fault(&self) -> Fault {
        match self.kind {
            FaultKind::Cut => Fault::Cut,
            FaultKind::BlackHole => Fault::BlackHole,
            FaultKind::Slow => Fault::Slow(self.terms.fail_within + TOO_SLOW),
        }
    }

    fn set(&self, fault: Fault) -> Result<(), Reason> {
        self.dependency
            .set(fault)
            .map_err(|e| reason!("fault-not-made", name = self.dependency.name(), fault = self.kind.word(), detail = e))
    }

    fn get(&self, path: &str, patience: Duration) -> Result<Answer, Failure> {
        self.target.once(&self.target.call("GET", path), patience)
    }

    fn look(&self, path: &str, since: Instant, patience: Duration) -> Look {
        let begun = Instant::now();
        let outcome = declared::outcome(&self.get(path, patience));
        Look { at: since.elapsed(), took: begun.elapsed(), outcome }
    }

    fn state(&self) -> Option<String> {
        let answer = self.get(&verbosely(&self.terms.ready), self.terms.fail_within).ok()?;
        verbose::state(&answer::body(&answer).as_json(), self.dependency.name())
    }

    /// Looks at both paths while the fault lasts: for the whole agreed time, or until a 503 has held for a while.
    fn watch(&self) -> (Vec<Look>, Vec<Look>, Option<String>) {
        let since = Instant::now();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let live = scope.spawn(|| {
                let mut looks = Vec::new();
                while !over.load(Ordering::Relaxed) || looks.len() < LIVE_LOOKS {
                    looks.push(self.look(&self.terms.live, since, LIVE_PATIENCE));
                    std::thread::sleep(LIVE_PAUSE);
                }
                looks
            });
            let (ready, state) = self.watch_ready(since);
            over.store(true, Ordering::Relaxed);
            (ready, live.join().unwrap_or_default(), state)
        })
    }

    fn watch_ready(&self, since: Instant) -> (Vec<Look>, Option<String>) {
        let mut looks: Vec<Look> = Vec::new();
        let mut state = None;
        loop {
            let unready = looks.iter().find(|l| l.outcome == "503").map(|l| l.at);
            let until = match unready {
                Some(at) if self.dependency.required() => at + HOLD,
                _ => self.terms.fail_within,
            };
            if since.elapsed() >= until {
                return (looks, state);
            }
            if unready.is_some() && state.is_none() {
                state = self.state();
            }
            // Before the first 503 an answer may take all the time that is left; after it as long as the first could.
            let left = self.terms.fail_within.saturating_sub(since.elapsed()).max(LIVE_PATIENCE);
            let patience = if unready.is_some() { self.terms.fail_within } else { left };
            looks.push(self.look(&self.terms.ready, since, patience));
            std::thread::sleep(PAUSE);
        }
    }

    /// From the end of the fault to the first 200 that stayed.
    fn recover(&self) -> Option<Duration> {
        let since = Instant::now();
        let mut back: Option<Duration> = None;
        while since.elapsed() < self.terms.recover_within + STAY {
            let left = self.terms.recover_within.saturating_sub(since.elapsed()).max(PAUSE);
            let look = self.look(&self.terms.ready, since, left);
            match (look.outcome.as_str(), back) {
                ("200", None) => back = Some(look.at),
                ("200", Some(at)) if look.at - at >= STAY => return Some(at),
                ("200", Some(_)) => {}
                _ => back = None,
            }
            std::thread::sleep(PAUSE);
        }
        // Came back too late to be seen staying: what was seen is what counts.
        back.filter(|at| *at <= self.terms.recover_within)
    }

    fn seen(&self, ready: &[Look]) -> Seen {
        follow(ready, self.terms.fail_within)
    }
}

/// What the looks at the readiness path show.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub unready_after: Option<Duration>,
    pub held: bool,
    pub stayed_ready: bool,
}

pub(super) fn follow(ready: &[Look], fail_within: Duration) -> Seen {
    let first = ready.iter().position(|l| l.outcome == "503" && l.at <= fail_within);
    let later = first.map(|at| ready.get(at + 1..).unwrap_or_default());
    Seen {
        unready_after: first.and_then(|at| ready.get(at)).map(|l| l.at),
        // Nothing seen afterwards would not show that it held.
        held: later.is_some_and(|later| !later.is_empty() && later.iter().all(|l| l.outcome == "503")),
        stayed_ready: !ready.is_empty() && ready.iter().all(|l| l.outcome == "200"),
    }
}

fn known<T>(doubt: &Option<Reason>, value: T) -> Known<T> {
    match doubt {
        Some(reason) => Known::Unknown(reason.clone()),
        None => Known::Value(value),
    }
}

fn outcome_is(answer: &Result<Answer, Failure>, status: u16) -> bool {
    answer.as_ref().is_ok_and(|a| a.status == status)
}

fn status(answer: &Result<Answer, Failure>) -> Option<u64> {
    answer.as_ref().ok().map(|a| a.status.into())
}

fn outcomes(looks: &[Look]) -> Vec<String> {
    let mut all: Vec<String> = looks.iter().map(|l| l.outcome.clone()).collect();
    all.sort();
    all.dedup();
    all
}
