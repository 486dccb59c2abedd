//! The `binary` room: reads delivered executables and writes down what they say about themselves and what their code says.
//!
//! Everything is read from bytes and nothing is executed. A file that cannot be read is a gap of every kind that it would have filled.

mod build_info;
mod elf;
mod facts;
mod functions;
mod garbled;
mod headers;
mod image;
mod pclntab;
mod program;
#[cfg(test)]
mod tests;
mod vulnerabilities;

use assize_delivery::{Bytes, DeclaredBinary, Delivery};
use assize_facts::kinds::binary::{Functions, Info, Linkage, Module, Setting, Vulnerability};
use assize_facts::{Fact, Gap, Progress, Reason, Request, Sheet, reason};
use program::Program;
use rayon::prelude::*;

pub use assize_golang::advisory::Entry;
pub use vulnerabilities::Advisories;

/// What the collector is given beside the deliverable.
#[derive(Clone, Copy, Default)]
pub struct Context<'a> {
    /// Brings the vulnerability database, asked once; none where there is none.
    pub advisories: Option<&'a (dyn Fn() -> Option<&'a dyn Advisories> + Sync)>,
}

/// One sheet per request of this room's kinds. Images are not read yet, and are a gap.
pub fn collect(delivery: &Delivery, context: Context<'_>, requests: &[Request], progress: &dyn Progress) -> Vec<Sheet> {
    let mut binaries = delivery.declared_binaries();
    progress.step(&format!("reading {} executables", binaries.len()));
    delivery.will_open(binaries.iter().map(|binary| binary.path.clone()));
    let asked = requests.iter().any(|request| request.kind == Vulnerability::KIND);
    let (inventory, database) = rayon::join(
        || program::Inventory::of(delivery, progress),
        || asked.then(|| Asked::of(delivery, context.advisories.and_then(|bring| bring()))),
    );
    binaries.extend(delivery.undeclared_programs());
    let read: Vec<Result<Examined, Gap>> = binaries
        .par_iter()
        .map(|binary| Examined::read(delivery, binary, &inventory, database.as_ref()).map_err(gap(&binary.path)))
        .collect();
    requests.iter().map(|request| sheet(request, &read)).collect()
}

/// The database with what the delivered source requires.
struct Asked<'a> {
    advisories: Result<&'a dyn Advisories, Reason>,
    requirements: Result<vulnerabilities::Requirements, Reason>,
}

impl<'a> Asked<'a> {
    fn of(delivery: &Delivery, advisories: Option<&'a dyn Advisories>) -> Asked<'a> {
        Asked {
            advisories: advisories.ok_or_else(|| reason!("vulnerability-database-missing")),
            requirements: vulnerabilities::requirements(delivery),
        }
    }

    fn about(&self, program: &Program, bytes: &Bytes) -> Sheet {
        let mut sheet = Sheet::of::<Vulnerability>();
        let none = vulnerabilities::Requirements::default();
        let requirements = match &self.requirements {
            Ok(requirements) => requirements,
            Err(reason) => {
                sheet.gap(reason.clone(), "go.mod");
                &none
            }
        };
        match &self.advisories {
            Ok(advisories) => vulnerabilities::of_program(&mut sheet, program, bytes, requirements, *advisories),
            Err(reason) => sheet.gap(reason.clone(), program.path.as_str()),
        }
        sheet
    }
}

/// A program, and what the database says of it if it was asked.
struct Examined {
    program: Program,
    vulnerabilities: Option<Sheet>,
}

impl Examined {
    fn read(
        delivery: &Delivery,
        binary: &DeclaredBinary,
        inventory: &program::Inventory,
        database: Option<&Asked<'_>>,
    ) -> Result<Examined, Reason> {
        let (program, bytes) = Program::read(delivery, binary, inventory)?;
        let vulnerabilities = database.map(|asked| asked.about(&program, &bytes));
        Ok(Examined { program, vulnerabilities })
    }
}

fn gap(place: &str) -> impl Fn(Reason) -> Gap + '_ {
    move |reason| Gap { reason, place: place.into(), owner: None }
}

fn sheet(request: &Request, read: &[Result<Examined, Gap>]) -> Sheet {
    let mut sheet = match request.kind.as_str() {
        Info::KIND => fill(Sheet::of::<Info>(), read, facts::info),
        Setting::KIND => fill(Sheet::of::<Setting>(), read, facts::settings),
        Module::KIND => fill(Sheet::of::<Module>(), read, facts::modules),
        Functions::KIND => fill(Sheet::of::<Functions>(), read, facts::functions),
        Linkage::KIND => fill(Sheet::of::<Linkage>(), read, facts::linkage),
        Vulnerability::KIND => vulnerable(read),
        kind => Sheet::missing(kind, reason!("collector-not-built", kind = kind)),
    };
    sheet.with = request.args();
    sheet.settle();
    sheet
}

/// Without any executable every kind says so once, and not only that it is empty.
fn fill(mut sheet: Sheet, read: &[Result<Examined, Gap>], write: fn(&mut Sheet, &Program)) -> Sheet {
    if read.is_empty() {
        sheet.gap(reason!("no-executable-delivered"), "");
    }
    for one in read {
        match one {
            Ok(examined) => {
                sheet.examined(1);
                write(&mut sheet, &examined.program);
            }
            Err(gap) => sheet.gaps.push(gap.clone()),
        }
    }
    sheet
}

fn vulnerable(read: &[Result<Examined, Gap>]) -> Sheet {
    let mut sheet = Sheet::of::<Vulnerability>();
    if read.is_empty() {
        sheet.gap(reason!("no-executable-delivered"), "");
    }
    for one in read {
        match one {
            Ok(examined) => {
                let Some(mine) = &examined.vulnerabilities else { continue };
                sheet.examined(mine.scope.count);
                sheet.items.extend(mine.items.iter().cloned());
                sheet.gaps.extend(mine.gaps.iter().cloned());
            }
            Err(gap) => sheet.gaps.push(gap.clone()),
        }
    }
    sheet
}
