//! A run: takes the steps of the schedule in their order and brings one sheet per request.

use crate::logs::{self, Provoked, Written};
use crate::plan::RunPlan;
use crate::process::{self, Look};
use crate::schedule::{FAULTS, HEALTH, LATE, LINES, RELOAD, REQUESTS, SECCOMP, Step, TLS, deployed, traced};
use crate::seccomp::{self, Seen, Untraced};
use crate::service::{NOT_RUN, NotStarted, Service, StartOptions};
use crate::tls::Scene;
use crate::{confinement, health, reload, showing};
use assize_facts::kinds::process::Moment;
use assize_facts::{Deliverable, Exhibits, Progress, Reason, Request, Secret, Sheet, reason};
use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime};

/// How long a service may take to end.
const GRACE: Duration = Duration::from_secs(15);

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
    /// What runs that were killed together with their supervisor had left and this one removed.
    pub leftovers: Vec<String>,
    /// What was said to the service and what it answered, what it wrote, its filter programs; items refer to them.
    pub exhibits: Exhibits,
    /// Every secret that the service was given, so that other rooms' records can be searched for them.
    pub secrets: Vec<Secret>,
}

/// Runs the deliverable, or looks at what the operator named, and collects every sheet that was asked for.
pub fn collect(plan: &RunPlan, progress: &dyn Progress) -> Collected {
    let mut run = Run {
        plan,
        spec: plan.delivery.spec(),
        progress,
        begun: Instant::now(),
        wall: SystemTime::now(),
        timeline: Vec::new(),
        sheets: vec![None; plan.requests.len()],
        asked: None,
        looks: Vec::new(),
        read_back: Err(reason!("end-not-seen")),
        untraced: None,
        ended_by_a_call: false,
        provoked: None,
        exhibits: Exhibits::default(),
        shown: BTreeSet::new(),
        provocations: None,
        secrets: Vec::new(),
    };
    let mut level = NOT_RUN.to_string();
    let mut leftovers = Vec::new();
    if !plan.requests.is_empty() {
        run.event("start");
        match run.start() {
            Ok(service) => {
                level = service.level().to_string();
                leftovers = service.leftovers();
                run.secrets = service.secrets().iter().cloned().collect();
                // Beside everything else: it has a sandbox of its own, and waits more than it works.
                let beside = traced(plan) && service.confined();
                std::thread::scope(|scope| {
                    let untraced = beside.then(|| scope.spawn(|| confinement::untraced(plan)));
                    Step::ALL.into_iter().filter(|s| s.wanted(plan)).for_each(|step| run.take(step, &service));
                    let failed = |_| Err(reason!("probe-failed", kind = "process.threads"));
                    run.untraced = untraced.map(|thread| thread.join().unwrap_or_else(failed));
                });
                if traced(plan) && service.ours() && !beside {
                    // Without a sandbox both would want the same ports: the first has been stopped by now.
                    run.untraced = Some(confinement::untraced(plan));
                }
                run.close(&service);
                run.event("end");
            }
            Err(not) => {
                run.event(&format!("not started: {}", not.reason.code));
                run.fill(|_| true, &not.reason);
                run.show_log_of_none(not);
            }
        }
    }
    run.finish(level, leftovers)
}

struct Run<'a> {
    plan: &'a RunPlan<'a>,
    spec: &'a Deliverable,
    progress: &'a dyn Progress,
    begun: Instant,
    wall: SystemTime,
    timeline: Vec<Event>,
    /// By the place of the request.
    sheets: Vec<Option<Sheet>>,
    /// When the listeners were asked for TLS.
    asked: Option<Instant>,
    looks: Vec<Look>,
    read_back: Result<Vec<seccomp::ReadThread>, Reason>,
    /// `None`: the service was not traced, so that there is nothing to compare.
    untraced: Option<Result<Untraced, Reason>>,
    /// A denied call ended the service before it was asked to stop.
    ended_by_a_call: bool,
    provoked: Option<Provoked>,
    exhibits: Exhibits,
    /// Places of the sheets whose exhibits are handed over.
    shown: BTreeSet<usize>,
    /// The exhibit of what was said to make it write.
    provocations: Option<String>,
    secrets: Vec<Secret>,
}

impl Run<'_> {
    fn event(&mut self, what: &str) {
        self.timeline.push(Event { at: self.begun.elapsed(), what: what.into() });
    }

    fn start(&self) -> Result<Service, NotStarted> {
        if deployed(self.plan) {
            return Ok(Service::attach(self.plan)?);
        }
        Service::begin(self.plan, StartOptions { trace: traced(self.plan), ..StartOptions::default() }, self.progress)
    }

    /// Why a step cannot be taken on this service.
    fn barred(&self, step: Step, service: &Service) -> Option<Reason> {
        match service.exited() {
            Some(exit) => Some(service.gone(&exit)),
            None => step.forbidden(self.plan),
        }
    }

    fn take(&mut self, step: Step, service: &Service) {
        if let Some(reason) = self.barred(step, service) {
            self.fill(|kind| step.kinds().contains(&kind), &reason);
            let ended = service.exited().is_some();
            if !(ended && matches!(step, Step::Stop | Step::LookEnd)) {
                return;
            }
        }
        self.event(&step.planned(self.plan).what.en);
        self.go(step, service);
        self.show(step, service);
    }

    /// Hands over what was said during a step; the sheets that it filled refer to it.
    fn show(&mut self, step: Step, service: &Service) {
        let [raw, http] = service.recorder().hand_over(service.secrets().neutral());
        let name = step.word();
        let raw = raw.map(|bytes| self.exhibits.keep(&format!("handshakes-{name}.jsonl"), bytes));
        let http = http.map(|bytes| self.exhibits.keep(&format!("http-{name}.jsonl"), bytes));
        for (at, sheet) in self.sheets.iter_mut().enumerate() {
            let Some(sheet) = sheet else { continue };
            let again = step == Step::Again && sheet.kind == TLS;
            if self.shown.insert(at) || again {
                showing::refer(sheet, if sheet.kind == TLS { &raw } else { &http });
            }
        }
        if step == Step::Provoke {
            self.provocations = http;
        }
    }

    fn go(&mut self, step: Step, service: &Service) {
        match step {
            Step::Start => {}
            Step::LookReady => self.looks.push(Look::at(service, Moment::Ready)),
            Step::Quiet => self.quiet(service),
            Step::Requests => {
                self.progress.step("making the declared requests");
                self.each(REQUESTS, |run, request| logs::requests(service, run.spec, request));
            }
            Step::Provoke => {
                self.progress.step("provoking errors");
                self.provoked = Some(logs::provoke(service, self.spec));
            }
            Step::Reload => self.reload(service),
            Step::Faults => {
                self.progress.step("failing its dependencies");
                self.each(FAULTS, |run, request| health::under_fault(service, run.spec, request, run.progress));
            }
            Step::Again => self.again(service),
            Step::LookEnd => {
                service.phase("end");
                self.ended_by_a_call = confinement::ended_by_a_call(service);
                self.looks.push(Look::at(service, Moment::End));
                if traced(self.plan) {
                    self.read_back = confinement::read_back(self.plan, service, self.looks.last());
                }
            }
            Step::Stop => {
                self.progress.step("stopping the service");
                if let Some(provoked) = &mut self.provoked {
                    logs::provoke_last(service, self.spec, self.wall, provoked);
                }
                service.phase("stop");
                service.stop(GRACE);
            }
        }
    }

    /// Collects one sheet for each request of a kind.
    fn each(&mut self, kind: &str, collect: impl Fn(&Self, &Request) -> Sheet) {
        for at in 0..self.plan.requests.len() {
            let request = &self.plan.requests[at];
            if request.kind == kind && self.sheets[at].is_none() {
                self.sheets[at] = Some(collect(self, request));
            }
        }
    }

    /// TLS and health disturb nothing and wait a lot, so they wait together.
    fn quiet(&mut self, service: &Service) {
        self.asked = Some(Instant::now());
        let (spec, progress) = (self.spec, self.progress);
        let wanted: Vec<(usize, &Request)> =
            self.plan.requests.iter().enumerate().filter(|(_, r)| r.kind == TLS || r.kind == HEALTH).collect();
        let one = |request: &Request| match request.kind.as_str() {
            TLS => crate::tls::collect(request, &Scene::of_service(service, &spec.requests), progress),
            _ => health::well(service, spec, request),
        };
        let done: Vec<(usize, Sheet)> = std::thread::scope(|scope| {
            let running: Vec<_> =
                wanted.into_iter().map(|(at, request)| (at, request, scope.spawn(move || one(request)))).collect();
            let joined = |(at, request, thread): (usize, &Request, std::thread::ScopedJoinHandle<'_, Sheet>)| {
                let sheet =
                    thread.join().unwrap_or_else(|_| missing(request, &reason!("probe-failed", kind = request.kind)));
                (at, sheet)
            };
            running.into_iter().map(joined).collect()
        });
        for (at, sheet) in done {
            self.sheets[at] = Some(sheet);
        }
    }

    /// What opens late, or takes old versions late, is seen only later.
    fn again(&mut self, service: &Service) {
        std::thread::sleep(LATE.saturating_sub(self.asked.map_or(LATE, |asked| asked.elapsed())));
        let scene = Scene::of_service(service, &self.spec.requests);
        for (sheet, request) in self.sheets.iter_mut().zip(self.plan.requests).filter(|(_, r)| r.kind == TLS) {
            if let Some(sheet) = sheet {
                crate::tls::again(request, &scene, self.progress, sheet);
            }
        }
    }

    fn reload(&mut self, service: &Service) {
        self.progress.step("changing its configuration");
        let delivery = self.plan.delivery;
        self.each(RELOAD, |run, request| {
            reload::probe(service, run.spec, request, &|path| delivery.read(path), run.progress)
        });
    }

    /// The sheets that need everything that was seen.
    fn close(&mut self, service: &Service) {
        let written = Written { spec: self.spec, began: self.wall, provoked: self.provoked.as_ref() };
        let seen = confinement::seen(service, &self.looks, &self.read_back, self.untraced.take(), self.ended_by_a_call);
        for at in 0..self.plan.requests.len() {
            let request = &self.plan.requests[at];
            if let Some(sheet) = &mut self.sheets[at] {
                if request.kind == HEALTH {
                    health::count_attempts(service, sheet);
                }
                continue;
            }
            self.sheets[at] = match request.kind.as_str() {
                LINES if service.ours() => Some(logs::lines(service, &written, request)),
                LINES => Some(missing(request, &reason!("not-ours"))),
                _ => process::sheet(service, &self.looks, request).or_else(|| seccomp::sheet(request, &seen)),
            };
        }
        self.show_rest(service, &seen);
    }

    /// What was written, and the filter programs.
    fn show_rest(&mut self, service: &Service, seen: &Seen) {
        if self.plan.wants(LINES)
            && let Some(capture) = showing::capture(service)
        {
            let path = Some(self.exhibits.keep("log-capture.jsonl", capture));
            for sheet in self.sheets.iter_mut().flatten().filter(|sheet| sheet.kind == LINES) {
                showing::refer(sheet, &path);
                showing::refer(sheet, &self.provocations);
            }
        }
        if let Ok(trace) = &seen.trace
            && traced(self.plan)
        {
            let of_filters = self.sheets.iter_mut().flatten().filter(|sheet| SECCOMP.contains(&sheet.kind.as_str()));
            showing::programs(&mut self.exhibits, &trace.programs, seccomp::still_possible(seen), of_filters);
        }
    }

    /// What an instance wrote that did not become ready: the gaps name it as their place.
    fn show_log_of_none(&mut self, not: NotStarted) {
        self.secrets = not.secrets;
        let Some(log) = not.log else { return };
        let path = self.exhibits.keep("log-capture.jsonl", log);
        let gaps = self.sheets.iter_mut().flatten().flat_map(|sheet| &mut sheet.gaps);
        gaps.filter(|gap| gap.place.is_empty()).for_each(|gap| gap.place.clone_from(&path));
    }

    /// Sheets without an item for requests of some kinds that have none yet.
    fn fill(&mut self, of: impl Fn(&str) -> bool, reason: &Reason) {
        for (sheet, request) in self.sheets.iter_mut().zip(self.plan.requests) {
            if sheet.is_none() && of(&request.kind) {
                *sheet = Some(missing(request, reason));
            }
        }
    }

    fn finish(self, sandbox_level: String, leftovers: Vec<String>) -> Collected {
        let other = |request: &Request| missing(request, &reason!("kind-not-collected", kind = request.kind));
        let sheets =
            self.sheets.into_iter().zip(self.plan.requests).map(|(s, r)| s.unwrap_or_else(|| other(r))).collect();
        let (exhibits, secrets) = (self.exhibits, self.secrets);
        Collected { sheets, sandbox_level, timeline: self.timeline, leftovers, exhibits, secrets }
    }
}

fn missing(request: &Request, reason: &Reason) -> Sheet {
    let mut sheet = Sheet::missing(&request.kind, reason.clone());
    sheet.with = request.args();
    sheet
}
