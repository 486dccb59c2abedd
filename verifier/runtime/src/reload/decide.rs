//! Told from a watcher: whether it was the signal that changed the values.

use assize_facts::{Known, reason};
use std::time::Duration;

/// One change of the file, first left alone, then signalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trial {
    /// How long no signal was sent.
    pub quiet: Duration,
    /// When the new value appeared in that time, if it did.
    pub before: Option<Duration>,
    /// From the signal to the new value; `None`: not within the agreed time, or it was there already.
    pub after: Option<Duration>,
}

/// A service that looks at the file by itself: how long that takes, and how long it takes with a signal at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Race {
    pub alone: Vec<Duration>,
    pub signalled: Vec<Duration>,
}

/// Chance that is small enough to be no chance.
const CHANCE: f64 = 0.001;
/// Trials that are made at least, however small the chance is already.
pub(super) const FEWEST: usize = 3;
pub(super) const MOST: usize = 6;
/// Runs of each kind in a race: if the signal did nothing, all five signalled runs would be quicker than all five others once in 252.
pub(super) const RACE: usize = 5;

/// How probable it is that changes which have nothing to do with the signal all fell between signal and sight, none before.
/// A poller's change falls anywhere in quiet time and waiting time alike.
pub(super) fn chance(trials: &[Trial]) -> f64 {
    let share = |t: &Trial| match t.after {
        Some(after) => after.as_secs_f64() / (t.quiet + after).as_secs_f64().max(1e-9),
        None => 1.0,
    };
    trials.iter().map(share).product()
}

/// The shortest and the longest time that a trial is left alone.
pub(super) const QUIET: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(12));

/// How long the next trial is left alone: eight times what the signal has taken so far, within reason.
pub(super) fn quiet(trials: &[Trial]) -> Duration {
    let slowest = trials.iter().filter_map(|t| t.after).max().unwrap_or(Duration::from_millis(150));
    (slowest * 8).clamp(QUIET.0, QUIET.1)
}

/// Whether enough was seen to stop.
pub(super) fn settled(trials: &[Trial]) -> bool {
    let hopeless = trials.iter().any(|t| t.before.is_some() || t.after.is_none());
    hopeless || trials.len() >= MOST || (trials.len() >= FEWEST && chance(trials) <= CHANCE)
}

/// Whether the signal makes the values change.
pub(super) fn caused(trials: &[Trial], race: &Race) -> Known<bool> {
    let before = trials.iter().filter(|t| t.before.is_some()).count();
    let after = trials.iter().filter(|t| t.after.is_some()).count();
    if trials.is_empty() {
        return Known::Unknown(reason!("reload-not-tried"));
    }
    if before == 0 {
        return match (after == trials.len(), chance(trials) <= CHANCE) {
            // After some signal nothing changed: then it is not the signal that does it.
            (false, _) => Known::Value(false),
            (true, true) => Known::Value(true),
            (true, false) => Known::Unknown(reason!("reload-not-told-from-poller")),
        };
    }
    let enough = race.alone.len() >= RACE && race.signalled.len() >= RACE;
    match (race.signalled.iter().max(), race.alone.iter().min()) {
        (Some(slowest), Some(quickest)) if enough && slowest < quickest => Known::Value(true),
        _ => Known::Unknown(reason!("reload-not-sooner")),
    }
}
