//! The `binary` room: reads delivered executables and writes down what they say about themselves and what their code says.
//!
//! Everything is read from bytes and nothing is executed. A file that cannot be read is a gap of every kind that it would have filled.

mod build_info;
mod facts;
mod functions;
mod headers;
mod program;
#[cfg(test)]
mod tests;

use assize_delivery::Delivery;
use assize_facts::kinds::binary::{Functions, Info, Linkage, Module, Setting};
use assize_facts::{Fact, Gap, Progress, Reason, Request, Sheet, reason};
use program::Program;
use rayon::prelude::*;

/// One sheet per request of this room's kinds. Images are not read yet, and are a gap.
pub fn collect(delivery: &Delivery, requests: &[Request], progress: &dyn Progress) -> Vec<Sheet> {
    let binaries = delivery.declared_binaries();
    progress.step(&format!("reading {} executables", binaries.len()));
    let inventory = program::Inventory::of(delivery, progress);
    let read: Vec<Result<Program, Gap>> = binaries
        .par_iter()
        .map(|binary| Program::read(delivery, binary, &inventory).map_err(gap(&binary.path)))
        .collect();
    requests.iter().map(|request| sheet(request, &read)).collect()
}

fn gap(place: &str) -> impl Fn(Reason) -> Gap + '_ {
    move |reason| Gap { reason, place: place.into(), owner: None }
}

fn sheet(request: &Request, read: &[Result<Program, Gap>]) -> Sheet {
    let mut sheet = match request.kind.as_str() {
        Info::KIND => fill(Sheet::of::<Info>(), read, facts::info),
        Setting::KIND => fill(Sheet::of::<Setting>(), read, facts::settings),
        Module::KIND => fill(Sheet::of::<Module>(), read, facts::modules),
        Functions::KIND => fill(Sheet::of::<Functions>(), read, facts::functions),
        Linkage::KIND => fill(Sheet::of::<Linkage>(), read, facts::linkage),
        kind => Sheet::missing(kind, reason!("collector-not-built", kind = kind)),
    };
    sheet.with = request.args();
    sheet.settle();
    sheet
}

/// Without any executable every kind says so once, and not only that it is empty.
fn fill(mut sheet: Sheet, read: &[Result<Program, Gap>], write: fn(&mut Sheet, &Program)) -> Sheet {
    if read.is_empty() {
        sheet.gap(reason!("no-executable-delivered"), "");
    }
    for one in read {
        match one {
            Ok(program) => {
                sheet.examined(1);
                write(&mut sheet, program);
            }
            Err(gap) => sheet.gaps.push(gap.clone()),
        }
    }
    sheet
}
