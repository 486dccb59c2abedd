//! Function tables read while the rest of a program is still being hashed: debugging information stands behind them, and is a third of it.
//!
//! Where a table stands is a guess from headers that were not hashed yet. What was read counts only where the hashed file has the same headers and begins
//! with the same bytes; else the table is read again.

use crate::functions::{self, Functions};
use crate::headers::{self, Headers};
use crate::image::Image;
use assize_delivery::{Bytes, Delivery, Early, Executable};
use assize_facts::{Reason, reason};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, LazyLock, Mutex, PoisonError};

/// Tables are large: those of so many programs are read before they are asked for.
const MOST: usize = 2;

/// Tables are read by threads of their own, and whoever waits for one does nothing else. A thread of those that do everything would be handed other work
/// while it waits for parts of a table, and that may wait for the table: for itself, further down its stack.
static READERS: LazyLock<Option<ThreadPool>> = LazyLock::new(|| ThreadPoolBuilder::new().build().ok());

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
        let state = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state =
            told.wait_while(state, |state| matches!(state, State::Reading)).unwrap_or_else(PoisonError::into_inner);
        let State::Read(read) = std::mem::take(&mut *state) else { return None };
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
    let readers = READERS.as_ref()?;
    let (slot, upto) = (Slot::default(), image.end());
    let waits = slot.clone();
    let then = move |beginning: Bytes| {
        let set = move |state| {
            *waits.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
            waits.1.notify_all();
        };
        set(State::Reading);
        readers.spawn(move || {
            let read = || functions::read(&image, &beginning, None);
            let functions =
                catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(reason!("function-table-not-read")));
            set(State::Read(Box::new(Read { image, beginning, functions })));
        });
    };
    delivery.will_begin(&program.path, Early { upto, then: Box::new(then) });
    Some(slot)
}
