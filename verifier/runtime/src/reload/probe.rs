//! `process.reload`: the whole experiment, in order.

use super::decide::{self, Race, Trial};
use super::load::{self, Load};
use super::observe::{Observer, Shown};
use super::variants::{Files, Variants};
use crate::http::{Connection, Target};
use crate::logs::{Mark, SIGUSR2, is_error};
use crate::service::Service;
use assize_facts::kinds::process::Reload;
use assize_facts::{
    Deliverable, Digest, Fact, Known, Millis, Origin, Progress, Reason, ReloadSpec, Request, Sheet, reason,
};
use std::time::{Duration, Instant};

/// Between two looks at the value.
const LOOK: Duration = Duration::from_millis(3);
const PATIENCE: Duration = Duration::from_secs(5);
/// Signals under load.
const FLIPS: usize = 16;
/// Times that the load is taken up again where too few of its signals were covered.
const MORE_LOADS: usize = 2;
const BETWEEN_FLIPS: Duration = Duration::from_millis(110);
/// Signals in quick succession.
const BURST: usize = 5;
/// How long a broken file, or an ordinary write, is watched for effects.
const WATCH: Duration = Duration::from_millis(1200);
/// Slow requests that are under way together.
const SLOW: usize = 3;

/// What a service that follows every signal at once makes the tool wait, and the longest that one may take which uses all its time.
pub(crate) fn duration(request: &Request) -> (Duration, Duration) {
    let within = within(request);
    let trials = |count: usize, quiet: Duration| quiet * count as u32;
    let watched = load::around(BETWEEN_FLIPS * FLIPS as u32) + WATCH * 2;
    let waits = trials(decide::FEWEST, decide::QUIET.0) + watched;
    let race = within * 4 * decide::RACE as u32;
    (waits, trials(decide::MOST, decide::QUIET.1 + within) + race + watched + within * 3 + load::LONGEST)
}

fn within(request: &Request) -> Duration {
    crate::health::millis(request, "within", Duration::from_secs(5))
}

/// Makes the experiment. To be called while nothing else asks the service; the delivered configuration is in force again afterwards.
pub fn probe(
    service: &Service,
    spec: &Deliverable,
    request: &Request,
    files: &Files<'_>,
    progress: &dyn Progress,
) -> Sheet {
    let mut sheet = Sheet::of::<Reload>();
    sheet.with = request.args();
    service.phase("reload");
    match experiment(service, spec, request, files, progress) {
        Ok((fact, url)) => {
            sheet.examined(1);
            sheet.push(fact, Origin::url(url));
        }
        Err(reason) => {
            sheet = Sheet::missing(Reload::KIND, reason);
            sheet.with = request.args();
        }
    }
    service.phase("requests");
    sheet
}

struct Experiment<'a> {
    service: &'a Service,
    observer: Observer<'a>,
    variants: Variants,
    path: String,
    within: Duration,
    /// The configuration that the file holds.
    state: usize,
    kept: Option<Connection>,
}

fn experiment(
    service: &Service,
    spec: &Deliverable,
    request: &Request,
    files: &Files<'_>,
    progress: &dyn Progress,
) -> Result<(Reload, String), Reason> {
    if !service.ours() {
        return Err(reason!("not-ours"));
    }
    let reload: &ReloadSpec = spec.reload.as_ref().ok_or_else(|| reason!("reload-not-declared"))?;
    let path = service.resolve(&reload.file)?;
    let delivered = service
        .read_file(&path, 16 << 20)
        .map_err(|e| reason!("reload-file-unreadable", path = &reload.file, detail = e))?;
    let variants = Variants::of(reload, &delivered, files)?;
    let observe = reload.observe.as_ref().ok_or_else(|| reason!("reload-not-observable"))?;
    let observer = Observer::of(service, spec, observe, variants.contents.len())?;
    let within = within(request);
    let url = observer.target.url(&observer.request.path);
    let mut experiment = Experiment { service, observer, variants, path, within, state: 0, kept: None };
    match experiment.look() {
        Some(Shown::State(0)) => {}
        other => return Err(reason!("reload-delivered-not-shown", shown = format!("{other:?}"))),
    }
    let fact = experiment.run(spec, progress);
    experiment.restore();
    Ok((fact, url))
}

impl Experiment<'_> {
    fn run(&mut self, spec: &Deliverable, progress: &dyn Progress) -> Reload {
        let before = self.identity();
        progress.step("reload: telling the signal from a watcher");
        let trials = self.trials();
        let race = if trials.iter().any(|t| t.before.is_some()) { self.race() } else { Race::default() };
        progress.step("reload: requests around signals");
        let load = self.loaded(spec);
        let last_signal_wins = self.burst();
        let changed_by_write = self.ordinary_write();
        progress.step("reload: a broken file");
        let broken = self.broken(spec);
        // Whatever came before, the signal still works.
        let last = self.signalled_change();
        let after = self.identity();
        let observed_fields = self.observer.reading.observed_fields();
        let signalled: Vec<Option<Duration>> =
            trials.iter().filter(|t| t.before.is_none()).map(|t| t.after).chain([last]).collect();
        Reload {
            observed_fields,
            quiet_trials: trials.len() as u64,
            changed_before_signal: trials.iter().filter(|t| t.before.is_some()).count() as u64,
            poll_delay: trials
                .iter()
                .filter_map(|t| t.before)
                .chain(race.alone.iter().copied())
                .min()
                .map(Millis::from),
            signal_trials: signalled.len() as u64,
            changed_after_signal: signalled.iter().flatten().count() as u64,
            signal_delay: signalled.iter().flatten().chain(&race.signalled).max().copied().map(Millis::from),
            caused_by_signal: decide::caused(&trials, &race),
            changed_by_write,
            same_process: same(&before, &after, |p| (p.pid, p.start_time)),
            same_image: same_image(&before, &after),
            requests: load.samples.len() as u64 + load.in_flight,
            fresh_connections: load.samples.iter().filter(|s| s.fresh).count() as u64,
            failed: load.samples.iter().filter(|s| s.failure.is_some()).count() as u64,
            failures: load.failures(),
            covered_signals: Known::Value(load.covered()),
            in_flight: load.in_flight,
            in_flight_lost: load.in_flight_lost,
            mixed: mixed(&load, observed_fields),
            mixed_example: load.mixed().map(String::from),
            broken_refused: broken.refused,
            broken_logged: broken.logged,
            broken_survived: broken.survived,
            last_signal_wins,
        }
    }

    /// One look, on a connection that is kept: a new one for each look would cost more than what is measured.
    fn look(&mut self) -> Option<Shown> {
        let mut connection = match self.kept.take() {
            Some(connection) => connection,
            None => self.observer.target.open(PATIENCE).ok()?,
        };
        let answer = connection.ask(&self.observer.call(), PATIENCE);
        self.kept = connection.is_usable().then_some(connection);
        self.observer.read(&answer)
    }

    /// Waits until a state is shown; the time that it took.
    fn until(&mut self, state: usize, since: Instant, longest: Duration) -> Option<Duration> {
        loop {
            if self.look() == Some(Shown::State(state)) {
                return Some(since.elapsed());
            }
            if since.elapsed() >= longest {
                return None;
            }
            std::thread::sleep(LOOK);
        }
    }

    fn next(&self) -> usize {
        (self.state + 1) % self.variants.contents.len()
    }

    /// Exchanges the file for another configuration, unseen by watchers of the file system where the sandbox can do that.
    fn exchange(&mut self, state: usize) -> bool {
        let Some(content) = self.variants.contents.get(state) else { return false };
        let done =
            self.service.bind_over(&self.path, content).or_else(|_| self.service.replace_file(&self.path, content));
        self.state = state;
        done.is_ok()
    }

    fn signal(&self) -> Instant {
        let now = Instant::now();
        // Where the process is gone, no change will be seen, which is what counts.
        let _ = self.service.signal(SIGUSR2);
        now
    }

    fn trials(&mut self) -> Vec<Trial> {
        let mut trials = Vec::new();
        while !decide::settled(&trials) {
            let quiet = decide::quiet(&trials);
            let next = self.next();
            if !self.exchange(next) {
                return trials;
            }
            let before = self.until(next, Instant::now(), quiet);
            let since = self.signal();
            let after = self.until(next, since, self.within);
            trials.push(Trial { quiet, before, after: after.filter(|_| before.is_none()) });
        }
        trials
    }

    /// Changes left alone and changes signalled at once, in turn.
    fn race(&mut self) -> Race {
        let mut race = Race::default();
        let patience = self.within * 3;
        for _ in 0..decide::RACE {
            let next = self.next();
            self.exchange(next);
            // A watcher that takes longer than this is not waited for: without its time nothing is told.
            let Some(alone) = self.until(next, Instant::now(), patience) else {
                self.signal();
                break;
            };
            race.alone.push(alone);
            race.signalled.extend(self.signalled_change());
        }
        race
    }

    /// Exchange, signal at once, and the time until the new value.
    fn signalled_change(&mut self) -> Option<Duration> {
        let next = self.next();
        self.exchange(next);
        let since = self.signal();
        self.until(next, since, self.within)
    }

    /// The load, and more of it where a busy machine left too few requests close to the signals.
    fn loaded(&mut self, spec: &Deliverable) -> Load {
        let mut load = self.load_once(spec, FLIPS);
        for _ in 0..MORE_LOADS {
            if load.mixed().is_some() || load.covered() >= FLIPS as u64 {
                break;
            }
            load.join(self.load_once(spec, FLIPS));
        }
        load
    }

    fn load_once(&mut self, spec: &Deliverable, flips: usize) -> Load {
        let service = self.service;
        let declared: Vec<_> = spec.requests.iter().filter(|r| r.roles.iter().any(|role| role == "slow")).collect();
        let targets: Vec<_> = declared
            .iter()
            .filter_map(|r| {
                Some((Target::new(service.endpoints().iter().find(|e| e.name == r.endpoint)?, service)?.ok()?, *r))
            })
            .collect();
        let slow: Vec<_> =
            targets.iter().cycle().take(if targets.is_empty() { 0 } else { SLOW }).map(|(t, r)| (t, *r)).collect();
        let (contents, path, mut state) = (&self.variants.contents, &self.path, self.state);
        let load = load::run(&self.observer, &slow, || {
            let mut signals = Vec::new();
            for _ in 0..flips {
                state = (state + 1) % contents.len();
                let Some(content) = contents.get(state) else { break };
                if service.bind_over(path, content).or_else(|_| service.replace_file(path, content)).is_err() {
                    break;
                }
                signals.push(Instant::now());
                let _ = service.signal(SIGUSR2);
                std::thread::sleep(BETWEEN_FLIPS);
            }
            signals
        });
        self.state = state;
        load
    }

    /// Several signals with another file before each: the last file must be in force in the end.
    fn burst(&mut self) -> Known<bool> {
        for _ in 0..BURST {
            let next = self.next();
            if !self.exchange(next) {
                return Known::Unknown(reason!("reload-file-not-exchanged"));
            }
            self.signal();
        }
        let last = self.state;
        let reached = self.until(last, Instant::now(), self.within).is_some();
        std::thread::sleep(Duration::from_millis(200));
        Known::Value(reached && self.look() == Some(Shown::State(last)))
    }

    /// A new file renamed into place, without a signal: whether something watches beside it.
    fn ordinary_write(&mut self) -> Known<bool> {
        let next = self.next();
        let Some(content) = self.variants.contents.get(next) else {
            return Known::Unknown(reason!("reload-file-not-exchanged"));
        };
        // A file cannot be renamed onto a mount (rename(2), EBUSY). What lies below it is the delivered file, for a moment.
        let _ = self.service.unbind(&self.path);
        if let Err(error) = self.service.replace_file(&self.path, content) {
            return Known::Unknown(reason!("reload-file-not-written", detail = error));
        }
        self.state = next;
        let changed = self.until(next, Instant::now(), WATCH).is_some();
        let since = self.signal();
        self.until(next, since, self.within);
        Known::Value(changed)
    }

    fn broken(&mut self, spec: &Deliverable) -> Broken {
        let content = match &self.variants.broken {
            Ok(content) => content.clone(),
            Err(reason) => return Broken::unknown(reason),
        };
        let shown = self.state;
        if self.look() != Some(Shown::State(shown)) {
            return Broken::unknown(&reason!("reload-state-unclear"));
        }
        let from = Mark::now(self.service, spec);
        if self
            .service
            .bind_over(&self.path, &content)
            .or_else(|_| self.service.replace_file(&self.path, &content))
            .is_err()
        {
            return Broken::unknown(&reason!("reload-file-not-exchanged"));
        }
        let since = self.signal();
        let mut refused = true;
        while since.elapsed() < WATCH {
            refused &= self.look() == Some(Shown::State(shown));
            std::thread::sleep(LOOK * 5);
        }
        let left = self.within.saturating_sub(since.elapsed());
        let logged = from.wait_for(is_error, left);
        let alive = self.service.exited().is_none() && self.look().is_some();
        Broken { refused: Known::Value(refused), logged: Known::Value(logged), survived: Known::Value(alive) }
    }

    /// The delivered file in force again, by a last signal.
    fn restore(&mut self) {
        let Some(content) = self.variants.contents.first() else { return };
        let _ = self.service.unbind(&self.path);
        let _ = self.service.replace_file(&self.path, content);
        let since = self.signal();
        self.until(0, since, self.within);
    }

    /// The processes that hold a listening socket, and the main one.
    fn identity(&self) -> Result<Vec<Process>, Reason> {
        let unreadable = |detail: std::io::Error| reason!("processes-unreadable", detail = detail);
        let holders: Vec<u32> =
            self.service.listeners().map_err(unreadable)?.into_iter().flat_map(|l| l.pids).collect();
        let all = self.service.processes().map_err(unreadable)?;
        let main = self.service.main_pid();
        let held = all.into_iter().filter(|p| p.pid == main || holders.contains(&p.pid));
        Ok(held.map(|p| Process { pid: p.pid, start_time: p.start_time, image: p.auxv }).collect())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Process {
    pub pid: u32,
    pub start_time: u64,
    pub image: Known<Digest>,
}

type Identity = Result<Vec<Process>, Reason>;

/// Whether every process of the beginning is there at the end, by a key, and no other one took over its work.
pub(super) fn same<K: PartialEq>(before: &Identity, after: &Identity, key: impl Fn(&Process) -> K) -> Known<bool> {
    match (before, after) {
        (Err(reason), _) | (_, Err(reason)) => Known::Unknown(reason.clone()),
        (Ok(before), Ok(after)) if before.is_empty() && after.is_empty() => Known::Unknown(reason!("no-process-seen")),
        (Ok(before), Ok(after)) => {
            let holds = |all: &[Process], one: &Process| all.iter().any(|p| key(p) == key(one));
            Known::Value(before.iter().all(|p| holds(after, p)) && after.iter().all(|p| holds(before, p)))
        }
    }
}

pub(super) fn same_image(before: &Identity, after: &Identity) -> Known<bool> {
    let unread = [before, after].into_iter().flatten().flatten().find_map(|p| match &p.image {
        Known::Unknown(reason) => Some(reason.clone()),
        Known::Value(_) | Known::Possible(_) => None,
    });
    match unread {
        Some(reason) => Known::Unknown(reason),
        None => same(before, after, |p| (p.pid, p.start_time, p.image.value().cloned())),
    }
}

struct Broken {
    refused: Known<bool>,
    logged: Known<bool>,
    survived: Known<bool>,
}

impl Broken {
    fn unknown(reason: &Reason) -> Broken {
        let unknown = || Known::Unknown(reason.clone());
        Broken { refused: unknown(), logged: unknown(), survived: unknown() }
    }
}

/// Whether answers mixed configurations: seen once is enough, never seen only where enough was looked at.
pub(super) fn mixed(load: &Load, observed_fields: u64) -> Known<bool> {
    if load.mixed().is_some() {
        return Known::Value(true);
    }
    if observed_fields < 2 {
        return Known::Unknown(reason!("reload-one-field"));
    }
    match load.signals.is_empty() || load.covered() < load.signals.len().min(FLIPS) as u64 {
        true => {
            Known::Unknown(reason!("reload-too-few-requests", covered = load.covered(), signals = load.signals.len()))
        }
        false => Known::Value(false),
    }
}
