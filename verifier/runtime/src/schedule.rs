//! The schedule: the steps of a run in their order, what each collects, how long it takes, and whether it may be taken on a service that others started.
//!
//! Probes that disturb nothing run together; the others run alone, in this order. `--dry-run` prints the same list.

use crate::plan::{PlannedStep, RunPlan};
use crate::{health, logs, reload};
use assize_facts::{Both, Reason, reason};
use std::time::Duration;

/// Kinds by the step that collects them.
const PROCESS: &[&str] = &["process.info", "process.libraries", "process.listeners"];
pub(crate) const SECCOMP: &[&str] = &["process.filters", "process.threads", "process.syscalls"];
pub(crate) const TLS: &str = "endpoint.tls";
pub(crate) const HEALTH: &str = "endpoint.health";
pub(crate) const REQUESTS: &str = "endpoint.requests";
pub(crate) const RELOAD: &str = "process.reload";
pub(crate) const FAULTS: &str = "endpoint.health_under_fault";
pub(crate) const LINES: &str = "log.lines";

/// Without a declared time in which the service is ready (`service::ready`).
const READY_WITHIN: u64 = 10_000;

/// How long after the first time the listeners are asked once more.
pub(crate) const LATE: Duration = Duration::from_secs(3);

/// A step of the schedule, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Start,
    LookReady,
    /// TLS and health together.
    Quiet,
    Requests,
    Provoke,
    Reload,
    Faults,
    /// TLS once more, for what opens or changes late.
    Again,
    LookEnd,
    Stop,
}

/// Whether the start is traced: for what is asked about filters.
pub(crate) fn traced(plan: &RunPlan) -> bool {
    SECCOMP.iter().any(|k| plan.wants(k))
}

/// Whether the operator named something that runs already.
pub(crate) fn deployed(plan: &RunPlan) -> bool {
    plan.operator.deployed()
}

/// What [`crate::collect`] would do, in order, without doing it.
pub fn steps(plan: &RunPlan) -> Vec<PlannedStep> {
    let taken = |s: &Step| s.wanted(plan) && s.forbidden(plan).is_none();
    Step::ALL.into_iter().filter(taken).map(|s| s.planned(plan)).collect()
}

impl Step {
    pub const ALL: [Step; 10] = [
        Step::Start,
        Step::LookReady,
        Step::Quiet,
        Step::Requests,
        Step::Provoke,
        Step::Reload,
        Step::Faults,
        Step::Again,
        Step::LookEnd,
        Step::Stop,
    ];

    /// In the name of what was said during it.
    pub fn word(self) -> &'static str {
        match self {
            Step::Start => "start",
            Step::LookReady => "look-ready",
            Step::Quiet => "quiet",
            Step::Requests => "requests",
            Step::Provoke => "provoked",
            Step::Reload => "reload",
            Step::Faults => "faults",
            Step::Again => "again",
            Step::LookEnd => "look-end",
            Step::Stop => "stop",
        }
    }

    /// Whether something that is asked for needs the step.
    pub fn wanted(self, plan: &RunPlan) -> bool {
        let any = |kinds: &[&str]| kinds.iter().any(|k| plan.wants(k));
        match self {
            Step::Start => !plan.requests.is_empty(),
            Step::LookReady | Step::LookEnd => any(PROCESS) || any(SECCOMP),
            Step::Quiet => any(&[TLS, HEALTH]),
            Step::Again => plan.wants(TLS),
            Step::Requests => plan.wants(REQUESTS),
            Step::Provoke => plan.wants(LINES),
            Step::Reload => plan.wants(RELOAD),
            Step::Faults => plan.wants(FAULTS),
            Step::Stop => !plan.requests.is_empty() && !deployed(plan),
        }
    }

    /// Why the step may not be taken: to a service that others started only what was agreed is done.
    pub fn forbidden(self, plan: &RunPlan) -> Option<Reason> {
        if !deployed(plan) {
            return None;
        }
        match self {
            Step::Start | Step::LookReady | Step::LookEnd => None,
            Step::Quiet | Step::Again => {
                (!plan.consent.handshakes).then(|| reason!("consent-missing", what = "handshakes"))
            }
            Step::Requests => plan.may_disturb("load", plan.consent.load).err(),
            // The tool owns neither its streams, nor its configuration file, nor what it depends on.
            Step::Provoke | Step::Reload | Step::Faults | Step::Stop => Some(reason!("not-ours")),
        }
    }

    /// The kinds that are missing where the step cannot be taken.
    pub fn kinds(self) -> &'static [&'static str] {
        match self {
            Step::Start | Step::LookReady | Step::Provoke | Step::Again | Step::LookEnd | Step::Stop => &[],
            Step::Quiet => &[TLS, HEALTH],
            Step::Requests => &[REQUESTS],
            Step::Reload => &[RELOAD],
            Step::Faults => &[FAULTS],
        }
    }

    pub fn planned(self, plan: &RunPlan) -> PlannedStep {
        let (en, zh, disturbs) = self.shown(plan);
        let (waits, most) = self.duration(plan);
        let millis = |d: Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        let what = Both { en: en.into(), zh: zh.into() };
        PlannedStep { what, disturbs, waits_ms: millis(waits), most_ms: millis(most.max(waits)) }
    }

    fn shown(self, plan: &RunPlan) -> (&'static str, &'static str, bool) {
        match self {
            Step::Start if deployed(plan) => {
                ("look up what the operator named; nothing is started", "查找操作者指明的对象;不启动任何程序", false)
            }
            Step::Start => {
                ("start the service in its sandbox and wait until it is ready", "在沙箱中启动服务并等待其就绪", false)
            }
            Step::LookReady => ("look at its processes, threads and sockets", "查看其进程、线程和套接字", false),
            Step::Quiet => {
                ("ask its listeners for TLS and its health endpoints", "探测其监听端口的 TLS 及健康检查端点", false)
            }
            Step::Requests => ("make the declared requests", "发出所声明的请求", true),
            Step::Provoke => ("provoke errors that have to be logged", "触发必须记录日志的错误", true),
            Step::Reload => ("exchange the configuration and send SIGUSR2", "替换配置并发送 SIGUSR2", true),
            Step::Faults => ("cut, silence and slow each dependency", "依次使各依赖断开、无响应和变慢", true),
            Step::Again => ("ask its listeners once more", "再次探测其监听端口", false),
            Step::LookEnd => {
                ("look at its processes, threads and sockets again", "再次查看其进程、线程和套接字", false)
            }
            Step::Stop => ("stop it and judge what it wrote", "停止服务并判定其输出", true),
        }
    }

    /// What the clauses make the tool wait, and the longest that the step may take.
    fn duration(self, plan: &RunPlan) -> (Duration, Duration) {
        let spec = plan.delivery.spec();
        let requests = spec.requests.len() as u32;
        let run = spec.run.as_ref();
        let dependencies = run.map_or(0, |r| r.dependencies.len() as u32);
        let brief = |millis| (Duration::ZERO, Duration::from_millis(millis));
        match self {
            Step::Start if deployed(plan) => brief(100),
            Step::Start => {
                let within = run.map_or(0, |r| r.ready_within_ms);
                brief(if within == 0 { READY_WITHIN } else { within } + 1_000)
            }
            Step::LookReady | Step::LookEnd => brief(100),
            Step::Quiet => match plan.wants(HEALTH) {
                true => (health::WELL_WAITS, health::WELL_WAITS + Duration::from_secs(30)),
                false => brief(30_000),
            },
            Step::Requests => brief(2_000 * u64::from(requests) + 200),
            Step::Provoke => brief(10_000),
            Step::Reload => plan.requests_for(RELOAD).fold((Duration::ZERO, Duration::ZERO), |all, request| {
                let (waits, most) = reload::duration(request);
                (all.0 + waits, all.1 + most)
            }),
            Step::Faults => plan.requests_for(FAULTS).fold((Duration::ZERO, Duration::ZERO), |all, request| {
                let (waits, most) = health::duration(request);
                (all.0 + waits * dependencies, all.1 + most * dependencies)
            }),
            Step::Again => {
                let meanwhile = match (plan.wants(RELOAD) || plan.wants(FAULTS), plan.wants(HEALTH)) {
                    (true, _) => LATE,
                    (false, true) => health::WELL_WAITS,
                    (false, false) => Duration::ZERO,
                };
                let waits = LATE.saturating_sub(meanwhile);
                (waits, waits + Duration::from_secs(30))
            }
            Step::Stop => {
                let waits = match plan.wants(LINES) {
                    true => logs::waits(dependencies, spec.reload.is_some()),
                    false => Duration::ZERO,
                };
                (waits, waits + Duration::from_secs(15))
            }
        }
    }
}
