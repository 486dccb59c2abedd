//! What confines the service's threads: traced while it started, looked at in `/proc`, read back from the kernel, and held against a start that nobody traced.

use crate::plan::RunPlan;
use crate::process::{self, Look};
use crate::seccomp::{self, Baseline, Seen, SeenThread, Untraced};
use crate::service::{Service, StartOptions};
use assize_facts::kinds::process::Moment;
use assize_facts::{Known, Quiet, Reason, reason};
use std::time::Duration;

/// How long the untraced instance may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// The processes of the service itself, not those of a dependency's server.
fn of_service<'a>(service: &'a Service, look: &'a Look) -> Result<Vec<&'a crate::ProcessSnapshot>, Reason> {
    let sight = look.seen.as_ref().map_err(Clone::clone)?;
    Ok(sight.processes.iter().filter(|p| process::role(service, sight, p) != process::Role::Dependency).collect())
}

/// Reads the filters back where the kernel lets us. Every thread stops for a moment, which counts as a signal where others started the service.
pub(crate) fn read_back(
    plan: &RunPlan,
    service: &Service,
    look: Option<&Look>,
) -> Result<Vec<seccomp::ReadThread>, Reason> {
    if !service.ours() {
        plan.may_disturb("signals", plan.consent.signals)?;
    }
    let processes = of_service(service, look.ok_or_else(|| reason!("end-not-seen"))?)?;
    let pids: Vec<i32> = processes.iter().filter_map(|p| i32::try_from(service.host_pid(p.pid)?).ok()).collect();
    if pids.len() < processes.len() || pids.is_empty() {
        return Err(reason!("end-not-seen"));
    }
    seccomp::read_back(&pids).map_err(|refused| match refused {
        seccomp::Refused::Forbidden => reason!("read-back-forbidden"),
        seccomp::Refused::Failed(detail) => reason!("read-back-failed", detail = detail),
    })
}

/// Everything that is known about the service's filters.
pub(crate) fn seen(
    service: &Service,
    looks: &[Look],
    read_back: &Result<Vec<seccomp::ReadThread>, Reason>,
    untraced: Option<Result<Untraced, Reason>>,
    ended_by_a_call: bool,
) -> Seen {
    let canary = service.canary();
    let trace = match (service.trace_record(), service.trace_refused()) {
        (Some(record), _) => serde_json::from_value::<seccomp::TraceRecord>(record.clone())
            .map_err(|e| reason!("trace-failed", detail = e)),
        (None, Some(why)) => Err(reason!("trace-failed", detail = why)),
        (None, None) if service.ours() => Err(reason!("trace-failed", detail = "the run was not traced")),
        (None, None) => Err(reason!("not-ours")),
    };
    let machine = match &trace {
        Ok(trace) => trace.machine.clone(),
        Err(_) => std::env::consts::ARCH.into(),
    };
    Seen {
        machine,
        baseline: Baseline { seccomp: canary.seccomp, filters: canary.filters, no_new_privs: canary.no_new_privs },
        trace,
        looks: looks.iter().map(|look| (look.moment.word(), threads(service, look))).collect(),
        read_back: read_back.clone(),
        untraced,
        ended_by_a_call,
    }
}

/// Whether a denied call ended the service: by the kernel's signal, or by Go's handler of it, which writes the signal's name and exits with 2 (`runtime/signal_unix.go`, `fatalsignal`, Go 1.26).
pub(crate) fn ended_by_a_call(service: &Service) -> bool {
    const SIGSYS: i32 = 31;
    service.exited().is_some_and(|exit| match (exit.signal, exit.code) {
        (Some(signal), _) => signal == SIGSYS,
        (None, Some(2)) => service.wrote("SIGSYS: bad system call"),
        (None, _) => false,
    })
}

/// Starts the service once more, in a sandbox of its own and without a tracer, and looks at its threads when it is ready:
/// a service that loads its filter only where somebody traces it shows here.
pub(crate) fn untraced(plan: &RunPlan) -> Result<Untraced, Reason> {
    let failed = |reason: Reason| reason!("untraced-not-started", detail = reason.render(assize_facts::Lang::En));
    let service = Service::start(plan, StartOptions::default(), &Quiet).map_err(failed)?;
    let look = Look::at(&service, Moment::Ready);
    let untraced = Untraced {
        filters: service.canary().filters,
        threads: threads(&service, &look)?,
        read_back: read_back(plan, &service, Some(&look)),
    };
    service.stop(GRACE);
    Ok(untraced)
}

fn threads(service: &Service, look: &Look) -> Result<Vec<SeenThread>, Reason> {
    let mut all = Vec::new();
    for process in of_service(service, look)? {
        match &process.threads {
            Known::Value(threads) => all.extend(threads.iter().map(|t| SeenThread {
                pid: process.pid,
                tid: t.tid,
                name: process::shown_name(service, &process.name),
                seccomp: t.seccomp,
                filters: t.filters,
                no_new_privs: t.no_new_privs,
            })),
            Known::Unknown(reason) => return Err(reason.clone()),
            Known::Possible(_) => {
                return Err(reason!("process-unreadable", pid = process.pid, what = "task", detail = "several"));
            }
        }
    }
    all.sort();
    match all.is_empty() {
        true => Err(reason!("no-process-seen")),
        false => Ok(all),
    }
}
