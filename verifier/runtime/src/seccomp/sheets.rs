//! The sheets of `process.filters`, `process.threads` and `process.syscalls` from what was traced, read back and looked at.

use super::calls::{self, Arch};
use super::policy::{Chain, open_siblings, rule};
use super::read_back::ReadThread;
use super::record::{Baseline, Install, Thread, TraceRecord, flag};
use assize_facts::kinds::process::{Filters, Syscalls, Threads};
use assize_facts::{Fact, Known, Origin, Reason, Request, Sheet, reason};
use std::collections::{BTreeMap, BTreeSet};

/// A thread in `/proc` at one moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenThread {
    pub pid: u32,
    pub tid: u32,
    /// Name of the process.
    pub name: String,
    pub seccomp: Option<u32>,
    pub filters: Option<u32>,
    pub no_new_privs: Option<bool>,
}

/// Everything that is known about the filters of a service.
#[derive(Clone, Debug)]
pub struct Seen {
    /// As uname(2) names the machine.
    pub machine: String,
    /// What a control process has that was started the same way.
    pub baseline: Baseline,
    pub trace: Result<TraceRecord, Reason>,
    /// By moment: `ready`, `end`.
    pub looks: Vec<(&'static str, Result<Vec<SeenThread>, Reason>)>,
    /// `Err`: not permitted here, or it failed.
    pub read_back: Result<Vec<ReadThread>, Reason>,
    /// Another start of the service, which nobody traced; `None`: none was made, since none was traced.
    pub untraced: Option<Result<Untraced, Reason>>,
    /// A denied call ended the service before it was asked to stop.
    pub ended_by_a_call: bool,
}

/// A start of the service that nobody traced, when it was ready.
#[derive(Clone, Debug)]
pub struct Untraced {
    /// Filters of its control process.
    pub filters: u32,
    pub threads: Vec<SeenThread>,
    /// `Err`: not permitted here, or it failed.
    pub read_back: Result<Vec<ReadThread>, Reason>,
}

/// Makes the sheet that a request asks for; `None` where the kind is not one of these.
pub fn sheet(request: &Request, seen: &Seen) -> Option<Sheet> {
    let mut sheet = match request.kind.as_str() {
        Filters::KIND => filters(seen),
        Threads::KIND => threads(seen),
        Syscalls::KIND => syscalls(request, seen),
        _ => return None,
    };
    sheet.with = request.args();
    sheet.settle();
    Some(sheet)
}

/// The trace, where it can be relied on: it began with the exec, every thread was let go, and nothing escaped it.
fn trusted(seen: &Seen) -> Result<&TraceRecord, Reason> {
    let trace = seen.trace.as_ref().map_err(Clone::clone)?;
    if !trace.began {
        return Err(reason!("trace-incomplete", detail = "the exec of the service was not seen"));
    }
    match trace.doubts.iter().find(|d| d.of_filters()) {
        Some(doubt) => Err(reason!("trace-incomplete", detail = doubt.word())),
        None if !trace.complete => Err(reason!("trace-incomplete", detail = "stuck")),
        None => Ok(trace),
    }
}

/// Processes by the order of their numbers: two runs number them alike.
fn order(pids: impl IntoIterator<Item = i64>) -> BTreeMap<i64, u64> {
    let all: BTreeSet<i64> = pids.into_iter().collect();
    all.into_iter().zip(1..).collect()
}

fn filters(seen: &Seen) -> Sheet {
    let mut sheet = Sheet::of::<Filters>();
    let trace = match &seen.trace {
        Ok(trace) => trace,
        Err(reason) => {
            sheet.gap(reason.clone(), "");
            return sheet;
        }
    };
    if let Err(reason) = trusted(seen) {
        sheet.gap(reason, "");
    }
    let processes = order(trace.at_end.iter().map(|t| t.pid.into()).chain(trace.installs.iter().map(|i| i.pid.into())));
    sheet.examined(processes.len() as u64);
    for (number, install) in trace.installs.iter().enumerate() {
        let process = processes.get(&i64::from(install.pid)).copied().unwrap_or(0);
        sheet.push(filter(seen, trace, number, install, process), Origin::pid(install.pid.unsigned_abs()));
    }
    sheet
}

fn filter(seen: &Seen, trace: &TraceRecord, number: usize, install: &Install, process: u64) -> Filters {
    let has = |t: &&Thread| t.filters.contains(&number) || (install.strict && t.strict);
    let covered = trace.at_end.iter().filter(has).count() as u64;
    let everyone = covered == trace.at_end.len() as u64 && covered > 0;
    let program = install.program.and_then(|at| trace.programs.get(at));
    let changed = || reason!("program-unreadable");
    Filters {
        process,
        number: number as u64 + 1,
        method: install.method.clone(),
        flags: flags(install.flags),
        installed: install.took(),
        result: result(install.result),
        instructions: program.map_or(0, |p| p.0.len() as u64),
        program: program.map_or_else(|| Known::Unknown(changed()), |p| Known::Value(p.digest())),
        before_listen: before_port(trace, install.order),
        no_new_privs: Known::Value(install.no_new_privs),
        threads: install.threads,
        covered,
        threads_at_end: trace.at_end.len() as u64,
        on_all_threads: match trusted(seen) {
            Ok(_) => Known::Value(install.took() && everyone),
            Err(reason) if everyone => Known::Unknown(reason),
            Err(_) => Known::Value(false),
        },
        read_back: match (&seen.read_back, program) {
            (Ok(threads), Some(program)) if install.took() => Known::Value(Some(
                held(trace, number, threads).is_some_and(|mut all| all.all(|t| t.filters.contains(program))),
            )),
            (Ok(_), Some(_)) | (Err(_), _) => Known::Value(None),
            (Ok(_), None) => Known::Unknown(changed()),
        },
        ready_under_it: trace.ready && install.took(),
        ended_service: seen.ended_by_a_call && install.took(),
        looked_for_tracer: trace.looked_for_tracer.clone(),
    }
}

/// The threads read back that have an installation by the trace; `None` where there are none.
fn held<'a>(
    trace: &'a TraceRecord,
    number: usize,
    read: &'a [ReadThread],
) -> Option<impl Iterator<Item = &'a ReadThread>> {
    let traced = move |r: &&ReadThread| {
        let same = |t: &&Thread| u32::try_from(t.pid) == Ok(r.pid) && u32::try_from(t.tid) == Ok(r.tid);
        trace.at_end.iter().find(same).is_some_and(|t| t.filters.contains(&number))
    };
    read.iter().any(|r| traced(&r)).then(|| read.iter().filter(traced))
}

fn before_port(trace: &TraceRecord, order: u64) -> Known<bool> {
    if trace.doubts.contains(&super::record::Doubt::IoUring) {
        return Known::Unknown(reason!("io-uring-used"));
    }
    Known::Value(trace.first_port.is_none_or(|port| order <= port))
}

fn flags(bits: u64) -> Vec<String> {
    let named = flag::NAMES.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0).map(|(_, n)| n.to_string());
    let unnamed = bits >> flag::NAMES.len() << flag::NAMES.len();
    named.chain((unnamed != 0).then(|| format!("{unnamed:#x}"))).collect()
}

fn result(value: i64) -> String {
    match i32::try_from(-value) {
        Ok(errno) if value < 0 => nix::errno::Errno::from_raw(errno).to_string(),
        _ => value.to_string(),
    }
}

/// How many filters tracing gives a thread: its own, or, for a thread or process that began later, as many as one of those that it may have inherited from.
fn traced_filters(trace: &TraceRecord, pid: u32, tid: u32) -> BTreeSet<u64> {
    let same = |t: &&Thread| u32::try_from(t.pid) == Ok(pid);
    let count = |t: &Thread| t.filters.len() as u64;
    if let Some(thread) = trace.at_end.iter().filter(same).find(|t| u32::try_from(t.tid) == Ok(tid)) {
        return BTreeSet::from([count(thread)]);
    }
    let family: BTreeSet<u64> = trace.at_end.iter().filter(same).map(count).collect();
    if family.is_empty() { trace.at_end.iter().map(count).collect() } else { family }
}

/// What makes threads alike: position of the leader, mode, filters, no_new_privs, traced filters.
type Likeness = (bool, Option<u32>, Option<u32>, Option<bool>, BTreeSet<u64>);

/// The moment of the start that nobody traced.
const UNTRACED: &str = "untraced";

fn threads(seen: &Seen) -> Sheet {
    let mut sheet = Sheet::of::<Threads>();
    let again = seen.untraced.iter().map(|u| (&UNTRACED, u.as_ref().map(|u| &u.threads)));
    for (moment, look) in seen.looks.iter().map(|(moment, look)| (moment, look.as_ref())).chain(again) {
        let all = match look {
            Ok(all) => all,
            Err(reason) => {
                sheet.gap(reason.clone(), *moment);
                continue;
            }
        };
        sheet.examined(all.len() as u64);
        let processes = order(all.iter().map(|t| t.pid.into()));
        let mut groups: BTreeMap<(u32, String, Likeness), u64> = BTreeMap::new();
        for thread in all {
            let traced = match &seen.trace {
                Err(_) => BTreeSet::new(),
                // Another start: its threads are none of those that were traced.
                Ok(trace) if *moment == UNTRACED => trace.at_end.iter().map(|t| t.filters.len() as u64).collect(),
                Ok(trace) => traced_filters(trace, thread.pid, thread.tid),
            };
            let likeness = (thread.pid == thread.tid, thread.seccomp, thread.filters, thread.no_new_privs, traced);
            *groups.entry((thread.pid, thread.name.clone(), likeness)).or_default() += 1;
        }
        for ((pid, name, likeness), count) in groups {
            let process = processes.get(&i64::from(pid)).copied().unwrap_or(0);
            sheet.push(alike(seen, moment, process, name, likeness, count), Origin::pid(pid));
        }
    }
    sheet
}

fn alike(seen: &Seen, moment: &str, process: u64, name: String, likeness: Likeness, count: u64) -> Threads {
    let (leader, mode, filters, no_new_privs, traced) = likeness;
    let unknown = || reason!("status-line-missing");
    let own = filters.map(|f| u64::from(f.saturating_sub(seen.baseline.filters)));
    let not_traced = || match &seen.trace {
        Ok(_) => reason!("trace-incomplete", detail = "no thread"),
        Err(reason) => reason.clone(),
    };
    Threads {
        process,
        name,
        threads: count,
        leader,
        moment: moment.into(),
        mode: match mode {
            Some(0) => Known::Value("none".into()),
            Some(1) => Known::Value("strict".into()),
            Some(2) => Known::Value("filter".into()),
            _ => Known::Unknown(unknown()),
        },
        filters: own.map_or_else(|| Known::Unknown(unknown()), Known::Value),
        no_new_privs: match no_new_privs {
            Some(set) => Known::Value(set && !seen.baseline.no_new_privs),
            None => Known::Unknown(unknown()),
        },
        agrees: match own {
            None => Known::Unknown(unknown()),
            Some(_) if traced.is_empty() => Known::Unknown(not_traced()),
            Some(own) => Known::Value(traced.contains(&own)),
        },
        traced_filters: match traced.first() {
            None => Known::Unknown(not_traced()),
            Some(only) if traced.len() == 1 => Known::Value(*only),
            Some(_) => Known::Possible(traced.into_iter().collect()),
        },
    }
}

/// The filters in force, and how they are known.
struct Evidence<'a> {
    chains: BTreeSet<Chain<'a>>,
    /// Those of the threads that were there when the first port was opened; `None` without a trace.
    at_first_port: Option<BTreeSet<Chain<'a>>>,
    how: &'static str,
}

fn syscalls(request: &Request, seen: &Seen) -> Sheet {
    let mut sheet = Sheet::of::<Syscalls>();
    let listed: Option<Vec<String>> = request.arg("deny").and_then(|v| serde_json::from_value(v).ok());
    let architectures = Arch::of_machine(&seen.machine);
    let mut names = listed.clone().unwrap_or_else(|| architectures.first().map(|a| a.names()).unwrap_or_default());
    names.sort();
    names.dedup();
    for name in names.iter().filter(|name| !calls::exists(name)) {
        sheet.gap(reason!("unknown-call", name = name), "deny");
    }
    let evidence = evidence(seen);
    if let Err(reason) = &evidence {
        sheet.gap(reason.clone(), "");
    }
    for name in names.iter().filter(|name| calls::exists(name)) {
        sheet.examined(1);
        for arch in architectures {
            let fact = match &evidence {
                Ok(evidence) => ruled(seen, evidence, *arch, name, &names),
                Err(reason) => unruled(*arch, name, reason),
            };
            sheet.push(fact, Origin::default().symbol(format!("{name} {}", arch.name())));
        }
    }
    sheet
}

/// What may still be done, as a table for people; `None` where the filters are not known.
pub fn still_possible(seen: &Seen) -> Option<String> {
    let evidence = evidence(seen).ok()?;
    Some(super::table::table(&evidence.chains, Arch::of_machine(&seen.machine)))
}

fn evidence(seen: &Seen) -> Result<Evidence<'_>, Reason> {
    let mut evidence = of_the_run(seen)?;
    match &seen.untraced {
        None => {}
        Some(Err(reason)) => return Err(reason.clone()),
        Some(Ok(again)) => match &again.read_back {
            // What the kernel holds counts as it is: weaker than the traced start, it is what would be in force elsewhere.
            Ok(read) if !read.is_empty() => evidence.chains.extend(read_chains(again.filters, read)),
            _ => agrees_untraced(seen, again)?,
        },
    }
    Ok(evidence)
}

/// Whether every thread of the untraced start has at least as many filters as the least confined one of the traced start.
fn agrees_untraced(seen: &Seen, again: &Untraced) -> Result<(), Reason> {
    let Ok(trace) = &seen.trace else { return Ok(()) };
    let fewest = trace.at_end.iter().map(|t| t.filters.len() as u64).min().unwrap_or(0);
    let own = |t: &SeenThread| t.filters.map(|f| u64::from(f.saturating_sub(again.filters)));
    match again.threads.iter().filter_map(own).find(|own| *own < fewest) {
        Some(own) => Err(reason!("status-disagrees", moment = UNTRACED, filters = own)),
        None => Ok(()),
    }
}

fn of_the_run(seen: &Seen) -> Result<Evidence<'_>, Reason> {
    let traced = trusted(seen).and_then(|trace| agrees_with_looks(seen, trace).map(|()| trace));
    match (traced, &seen.read_back) {
        (Ok(trace), Ok(read)) if !read.is_empty() => {
            let (by_trace, by_kernel) = (chains(trace, &trace.at_end)?, read_chains(seen.baseline.filters, read));
            let older = |kernel: &Chain| by_trace.iter().any(|t| kernel.filters.ends_with(&t.filters));
            if !by_kernel.iter().all(older) {
                return Err(reason!("read-back-disagrees", traced = by_trace.len(), read = by_kernel.len()));
            }
            // Filters that came after the trace only add to what was in force when the service was ready.
            let how = if by_trace == by_kernel { "traced+read-back" } else { "traced" };
            Ok(Evidence { chains: by_trace, at_first_port: at_first_port(trace)?, how })
        }
        (Ok(trace), _) => {
            Ok(Evidence { chains: chains(trace, &trace.at_end)?, at_first_port: at_first_port(trace)?, how: "traced" })
        }
        (Err(_), Ok(read)) if !read.is_empty() => {
            Ok(Evidence { chains: read_chains(seen.baseline.filters, read), at_first_port: None, how: "read-back" })
        }
        (Err(trace), Ok(_)) => Err(trace),
        (Err(trace), Err(read)) => {
            Err(reason!("no-filter-evidence", trace = trace.render(assize_facts::Lang::En), read = read.code))
        }
    }
}

/// Whether every thread that `/proc` shows has at least as many filters as tracing gives it: a service that behaves only while it is traced shows here.
fn agrees_with_looks(seen: &Seen, trace: &TraceRecord) -> Result<(), Reason> {
    for (moment, look) in &seen.looks {
        for thread in look.as_ref().map_err(Clone::clone)? {
            let Some(filters) = thread.filters else { continue };
            let own = u64::from(filters.saturating_sub(seen.baseline.filters));
            if traced_filters(trace, thread.pid, thread.tid).first().is_none_or(|fewest| own < *fewest) {
                return Err(reason!("status-disagrees", moment = moment, filters = own));
            }
        }
    }
    Ok(())
}

fn at_first_port(trace: &TraceRecord) -> Result<Option<BTreeSet<Chain<'_>>>, Reason> {
    match trace.first_port {
        Some(_) => chains(trace, &trace.at_first_port).map(Some),
        None => chains(trace, &trace.at_end).map(Some),
    }
}

fn chains<'a>(trace: &'a TraceRecord, threads: &[Thread]) -> Result<BTreeSet<Chain<'a>>, Reason> {
    let program = |number: &usize| trace.programs.get(trace.installs.get(*number)?.program?);
    let chain = |thread: &Thread| {
        let filters: Option<Vec<_>> = thread.filters.iter().map(program).collect();
        filters.map(|filters| Chain { filters, strict: thread.strict })
    };
    if threads.is_empty() {
        return Err(reason!("trace-incomplete", detail = "no thread"));
    }
    threads.iter().map(|t| chain(t).ok_or_else(|| reason!("program-unreadable"))).collect()
}

/// Without the oldest filters, which a control process has too.
fn read_chains<'a>(inherited: u32, read: &'a [ReadThread]) -> BTreeSet<Chain<'a>> {
    let inherited = usize::try_from(inherited).unwrap_or(usize::MAX);
    let own = |t: &'a ReadThread| t.filters.iter().take(t.filters.len().saturating_sub(inherited)).collect();
    read.iter().map(|t| Chain { filters: own(t), strict: false }).collect()
}

fn ruled(seen: &Seen, evidence: &Evidence, arch: Arch, name: &str, listed: &[String]) -> Syscalls {
    let ways = arch.ways(name);
    let ruling = rule(&evidence.chains, &ways);
    if ways.is_empty() {
        return Syscalls {
            evidence: evidence.how.into(),
            ..unruled(arch, name, &reason!("no-such-call", arch = arch.name()))
        };
    }
    let denied = ruling.denied();
    let io_uring = seen.trace.as_ref().is_ok_and(|t| t.doubts.contains(&super::record::Doubt::IoUring));
    Syscalls {
        syscall: name.into(),
        arch: arch.name().into(),
        exists: true,
        numbers: ways.iter().map(|w| w.number.into()).collect(),
        denial: ruling.action.clone().map(super::action::denial),
        before_listen: match &evidence.at_first_port {
            _ if io_uring => Known::Unknown(reason!("io-uring-used")),
            Some(chains) => rule(chains, &ways).denied(),
            None => match trusted(seen) {
                Err(reason) => Known::Unknown(reason),
                Ok(_) => Known::Unknown(reason!("trace-incomplete", detail = "status")),
            },
        },
        argument_dependent: Known::Value(ruling.argument_dependent),
        example: ruling.example.clone(),
        all_threads: Known::Value(ruling.alike),
        evidence: evidence.how.into(),
        siblings_open: match denied {
            Known::Value(true) => open_siblings(&evidence.chains, arch, name, listed),
            _ => vec![],
        },
        action: ruling.action,
        denied,
    }
}

fn unruled(arch: Arch, name: &str, reason: &Reason) -> Syscalls {
    let ways = arch.ways(name);
    Syscalls {
        syscall: name.into(),
        arch: arch.name().into(),
        exists: !ways.is_empty(),
        numbers: ways.iter().map(|w| w.number.into()).collect(),
        action: Known::Unknown(reason.clone()),
        denied: Known::Unknown(reason.clone()),
        denial: Known::Unknown(reason.clone()),
        argument_dependent: Known::Unknown(reason.clone()),
        example: String::new(),
        all_threads: Known::Unknown(reason.clone()),
        before_listen: Known::Unknown(reason.clone()),
        evidence: String::new(),
        siblings_open: vec![],
    }
}
