//! What the running service's processes are and do.

use crate::{Fact, Known, KindSchema, Millis, fact};

fact! {
    /// What SIGUSR2 did to the observed configuration, to requests and to the process: one item for the whole experiment.
    pub struct Reload = "process.reload", layers [Runtime], counts "reload-experiments", with ["within"] {
        /// How many fields of the answer were observed.
        observed_fields: u64,
        /// Changes of the file that no signal followed for a while, seen together.
        quiet_trials: u64,
        /// In how many of them the new value appeared before the signal.
        changed_before_signal: u64,
        /// From the change of the file to the new value, where no signal was sent: the quickest; null where none appeared.
        poll_delay: Option<Millis>,
        /// Signals after which the new value was waited for.
        signal_trials: u64,
        /// After how many of them it appeared within the agreed time.
        changed_after_signal: u64,
        /// From the signal to the new value: the slowest; null where none appeared.
        signal_delay: Option<Millis>,
        /// Whether the signal is what makes the values change, told from something that looks at the file by itself.
        caused_by_signal: Known<bool>,
        /// Whether an ordinary write (a new file renamed into place), with no signal, changed the values.
        changed_by_write: Known<bool>,
        /// Pid and start time at the end are those of the beginning.
        same_process: Known<bool>,
        /// The auxiliary vector too: another one means that the process executed itself anew.
        same_image: Known<bool>,
        /// Requests of the load around the signals.
        requests: u64,
        /// Of those, on connections opened for them.
        fresh_connections: u64,
        /// Of those that were not answered as declared.
        failed: u64,
        /// What they met: `refused`, `reset`, `cut`, `timeout`, status codes …, ascending.
        failures: Vec<String>,
        /// Signals that had enough answered requests close before and after them.
        covered_signals: Known<u64>,
        /// Slow requests under way when a signal came.
        in_flight: u64,
        /// Of those, how many did not complete as declared.
        in_flight_lost: u64,
        /// Whether an answer held values of two configurations.
        mixed: Known<bool>,
        /// The first such answer's values.
        mixed_example: Option<String>,
        /// Whether the values after a broken file and a signal were those before, all of them.
        broken_refused: Known<bool>,
        /// Whether an error was logged then.
        broken_logged: Known<bool>,
        /// Whether the process still answers after the broken file.
        broken_survived: Known<bool>,
        /// Whether after several signals in quick succession the last configuration is in force.
        last_signal_wins: Known<bool>,
    }
}

pub(super) fn schemas() -> Vec<KindSchema> {
    vec![Reload::schema()]
}
