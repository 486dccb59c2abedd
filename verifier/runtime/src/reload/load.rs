//! A bounded load around signals: what was answered, what was lost, and whether an answer ever mixed two configurations.

use super::observe::{Observer, Shown};
use crate::http::{Answer, Connection, Failure, Target, declared};
use assize_facts::RequestSpec;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Workers on connections that are kept, and as many that open one for each request.
const WORKERS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two requests of a worker: enough for sampling every few hundred microseconds over all, not enough to starve the service.
const PAUSE: Duration = Duration::from_millis(1);
/// Requests that one worker makes at most.
const MOST: usize = 50_000;
/// Requests that are sent in two halves.
const HALVES: usize = 3;
/// How close to a signal a request counts as close.
pub(super) const CLOSE: Duration = Duration::from_millis(100);
/// Before the first signal, and after the last.
const LEAD: Duration = Duration::from_millis(400);
const TAIL: Duration = Duration::from_millis(200);
/// Answered requests on each side of a signal that show something.
pub(super) const ENOUGH: usize = 10;

/// One request of the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub at: Instant,
    pub fresh: bool,
    /// What it met where it was not answered as declared.
    pub failure: Option<String>,
    pub mixed: Option<String>,
}

/// What a load brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub samples: Vec<Sample>,
    pub signals: Vec<Instant>,
    pub in_flight: u64,
    pub in_flight_lost: u64,
    pub in_flight_failures: BTreeSet<String>,
}

/// How long a slow request may hold the end of the load up.
pub(super) const LONGEST: Duration = Duration::from_secs(30);

/// How long a load takes around what is done meanwhile.
pub(super) fn around(act: Duration) -> Duration {
    LEAD + act + TAIL
}

/// A slow request with its target.
pub(super) type Slow<'a> = (&'a Target<'a>, &'a RequestSpec);

/// Runs the load; `act` is called when it is under way, sends the signals, and returns when they were sent.
pub(super) fn run(observer: &Observer<'_>, slow: &[Slow<'_>], act: impl FnOnce() -> Vec<Instant>) -> Load {
    let over = AtomicBool::new(false);
    let mut load = Load::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS * 2)
            .map(|n| (n, &over))
            .map(|(n, over)| scope.spawn(move || work(observer, n % 2 == 1, over)))
            .collect();
        let mut flights: Vec<_> =
            slow.iter().map(|(target, request)| scope.spawn(move || in_flight(target, request))).collect();
        flights.extend((0..HALVES).map(|_| scope.spawn(|| in_two(observer))));
        // The load and the slow requests are under way before the first signal.
        std::thread::sleep(LEAD);
        load.signals = act();
        std::thread::sleep(TAIL);
        over.store(true, Ordering::Relaxed);
        for worker in workers {
            load.samples.extend(worker.join().unwrap_or_default());
        }
        for request in flights {
            load.add(request.join().ok().flatten(), load.signals.first().copied());
        }
    });
    load.samples.sort_by_key(|s| s.at);
    load
}

/// A slow request's time and what it met.
type Flight = (Instant, Instant, Option<String>);

impl Load {
    /// Counts a slow request where it was under way when the first signal came.
    fn add(&mut self, flight: Option<Flight>, signal: Option<Instant>) {
        let (Some((began, ended, failure)), Some(signal)) = (flight, signal) else { return };
        if began < signal && ended > signal {
            self.in_flight += 1;
            self.in_flight_lost += u64::from(failure.is_some());
            self.in_flight_failures.extend(failure);
        }
    }

    /// Another load after this one.
    pub fn join(&mut self, more: Load) {
        self.samples.extend(more.samples);
        self.signals.extend(more.signals);
        self.in_flight += more.in_flight;
        self.in_flight_lost += more.in_flight_lost;
        self.in_flight_failures.extend(more.in_flight_failures);
    }

    pub fn failures(&self) -> Vec<String> {
        let mut all: BTreeSet<String> = self.samples.iter().filter_map(|s| s.failure.clone()).collect();
        all.extend(self.in_flight_failures.clone());
        all.into_iter().collect()
    }

    /// Signals with enough answered requests close before and after.
    pub fn covered(&self) -> u64 {
        let answered = || self.samples.iter().filter(|s| s.failure.is_none());
        let covers = |signal: &&Instant| {
            let before = answered().filter(|s| s.at <= **signal && **signal - s.at <= CLOSE).count();
            let after = answered().filter(|s| s.at > **signal && s.at - **signal <= CLOSE).count();
            before >= ENOUGH && after >= ENOUGH
        };
        self.signals.iter().filter(covers).count() as u64
    }

    pub fn mixed(&self) -> Option<&str> {
        self.samples.iter().find_map(|s| s.mixed.as_deref())
    }
}

fn in_flight(target: &Target<'_>, request: &RequestSpec) -> Option<Flight> {
    let began = Instant::now();
    let answer = target.once(&declared::call(target, request), declared::patience(request));
    let failure = (!declared::as_declared(&answer, request)).then(|| declared::outcome(&answer));
    Some((began, Instant::now(), failure))
}

/// A request whose second half is sent after the first signals: under way as every server sees it, also where no slow request is declared.
fn in_two(observer: &Observer<'_>) -> Option<Flight> {
    let mut connection = observer.target.open(PATIENCE).ok()?;
    std::thread::sleep(CLOSE * 2);
    let began = Instant::now();
    let answer = connection.ask_in_two(&observer.call(), CLOSE * 4, PATIENCE);
    let failure = observer.read(&answer).is_none().then(|| declared::outcome(&answer));
    Some((began, Instant::now(), failure))
}

fn work(observer: &Observer<'_>, fresh: bool, over: &AtomicBool) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut kept: Option<Connection> = None;
    while !over.load(Ordering::Relaxed) && samples.len() < MOST {
        let answer = match fresh {
            true => observer.target.once(&observer.call(), PATIENCE),
            false => on_kept(observer, &mut kept),
        };
        let shown = observer.read(&answer);
        let (failure, mixed) = match shown {
            Some(Shown::State(_)) => (None, None),
            Some(Shown::Mixed(values)) => (None, Some(values)),
            Some(Shown::Unexpected(_)) => (Some("other-value".to_string()), None),
            None => (Some(declared::outcome(&answer)), None),
        };
        samples.push(Sample { at: Instant::now(), fresh, failure, mixed });
        std::thread::sleep(PAUSE);
    }
    samples
}

/// On the connection of the last request, as long as the server said nothing else.
fn on_kept(observer: &Observer<'_>, kept: &mut Option<Connection>) -> Result<Answer, Failure> {
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => observer.target.open(PATIENCE)?,
    };
    let answer = connection.ask(&observer.call(), PATIENCE)?;
    *kept = connection.is_usable().then_some(connection);
    Ok(answer)
}
