//! Function tables read while the rest of a program is still being hashed: debugging information stands behind them, and is a third of it.
//!
//! Where a table stands is a guess from headers that were not hashed yet. What was read counts only where the hashed file has the same headers and begins
//! with the same bytes; else the table is read again.

use crate::functions::{self, Functions};
use crate::headers::{self, Headers};
use crate::image::Image;
use assize_delivery::{Bytes, Delivery, Early, Executable};
use assize_facts::{Reason, reason};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Tables are large: those of so many programs are read before they are asked for.
const MOST: usize = 2;

/// How long is waited before there is another look for something to do.
const WAIT: Duration = Duration::from_millis(1);

thread_local! {
    /// Whether this thread reads a table further down its stack: while it waits there for parts that others do, it may have been handed other work.
    static READS: Cell<bool> = const { Cell::new(false) };
}

/// By the programs' paths.
#[derive(Default)]
pub struct Tables(BTreeMap<String, Slot>);

type Slot = Arc<(Mutex<State>, Condvar)>;

#[derive(Default)]
enum State {
    /// Not begun, or taken.
    #[default]
    Nothing,
    Reading,
    Read(Box<Read>),
}

struct Read {
    image: Image,
    beginning: Bytes,
    functions: Result<Functions, Reason>,
}

impl Tables {
    /// Has the tables of some programs read when they pass.
    pub fn of(delivery: &Delivery, programs: &[Executable]) -> Tables {
        let begun =
            programs.iter().take(MOST).filter_map(|program| Some((program.path.clone(), begin(delivery, program)?)));
        Tables(begun.collect())
    }

    /// What was read of a program's table, where that is the one of the hashed file.
    pub fn take(&self, path: &str, headers: &Headers, file: &Bytes) -> Option<Functions> {
        let (slot, told) = &**self.0.get(path)?;
        let state = || slot.lock().unwrap_or_else(PoisonError::into_inner);
        while matches!(*state(), State::Reading) {
            // What it would wait for may wait for it: the table is read again.
            if READS.get() {
                return None;
            }
            // Whoever waits helps, as long as there is something to do.
            if rayon::yield_now() != Some(rayon::Yield::Executed) {
                let waits = told.wait_timeout_while(state(), WAIT, |state| matches!(state, State::Reading));
                drop(waits);
            }
        }
        let State::Read(read) = std::mem::take(&mut *state()) else { return None };
        (read.image == headers.image && read.beginning.begin(file)).then_some(read.functions)?.ok()
    }
}

fn begin(delivery: &Delivery, program: &Executable) -> Option<Slot> {
    let look = |file: &Bytes| match &*file.range(0..file.len().min(4))? {
        b"\x7fELF" => headers::read(file).map(|headers| headers.image),
        _ => Err(reason!("not-an-executable")),
    };
    // As with those that were hashed: what the readers miss on hostile bytes is theirs alone.
    let guess = catch_unwind(AssertUnwindSafe(|| delivery.guess(&program.path, look))).ok()?;
    let image = guess.ok().filter(|image| image.named && !image.big_endian)?;
    let (slot, upto) = (Slot::default(), image.end());
    let waits = slot.clone();
    let then = move |beginning: Bytes| {
        let set = move |state| {
            *waits.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
            waits.1.notify_all();
        };
        set(State::Reading);
        rayon::spawn(move || {
            let around = READS.replace(true);
            let read = || functions::read(&image, &beginning, None);
            let functions =
                catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(reason!("function-table-not-read")));
            READS.set(around);
            set(State::Read(Box::new(Read { image, beginning, functions })));
        });
    };
    delivery.will_begin(&program.path, Early { upto, then: Box::new(then) });
    Some(slot)
}
