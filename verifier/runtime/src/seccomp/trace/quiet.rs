//! Stands every other thread still while a program is read: what the tracer reads is then what the kernel reads.

use super::decode::{self, Deed};
use super::{Holding, Parked, Task, Tracer, raw};
use std::collections::BTreeSet;
use std::time::Instant;

impl Tracer {
    /// Stops every other thread before a program is read.
    pub(super) fn hold(&mut self, tid: i32) {
        self.with(tid, |task| task.parked = Some(Parked::Install));
        if self.holding.is_some() {
            // Another installation is under way; this one waits its turn.
            return self.read_when_quiet();
        }
        self.holding = Some(Holding { tid, since: Instant::now(), released: false });
        for other in self.restless(tid) {
            let _ = raw::interrupt(other);
        }
        self.read_when_quiet();
    }

    /// Threads that may be running.
    fn restless(&self, tid: i32) -> Vec<i32> {
        let runs = |(other, task): (&i32, &Task)| {
            (*other != tid && task.parked.is_none() && !task.in_vfork && !task.listening).then_some(*other)
        };
        self.tasks.iter().filter_map(runs).collect()
    }

    pub(super) fn read_when_quiet(&mut self) {
        if let Some(Holding { tid, released: false, .. }) = self.holding
            && self.restless(tid).is_empty()
        {
            self.read_and_release();
        }
    }

    /// Reads the program and lets its call go on, alone.
    pub(super) fn read_and_release(&mut self) {
        let Some(holding) = &mut self.holding else { return };
        holding.released = true;
        let tid = holding.tid;
        let deed = self.tasks.get(&tid).and_then(|t| t.call.as_ref()).map(|c| c.deed.clone());
        if let Some(Deed::Install(installation)) = deed {
            let bytes = decode::program(tid, &installation);
            self.with(tid, |task| {
                if let Some(call) = &mut task.call {
                    call.bytes = bytes;
                }
            });
        }
        self.with(tid, |task| task.parked = None);
        let _ = raw::to_next_call(tid, 0);
    }

    /// The installation is over: everyone who stood still goes on, and the next one that waits has its turn.
    pub(super) fn all_go_on(&mut self) {
        self.holding = None;
        let waiting: Vec<(i32, Parked)> = self.tasks.iter().filter_map(|(t, task)| Some((*t, task.parked?))).collect();
        let mut next = BTreeSet::new();
        for (tid, parked) in waiting {
            match parked {
                Parked::Resume(signal) => {
                    self.with(tid, |task| task.parked = None);
                    self.resume(tid, signal);
                }
                Parked::Install => {
                    next.insert(tid);
                }
            }
        }
        if let Some(tid) = next.first() {
            self.hold(*tid);
        }
    }
}
