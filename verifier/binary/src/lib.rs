//! The `binary` room: reads delivered executables and writes down what they say about themselves and what their code says.
//!
//! Everything is read from bytes and nothing is executed. A file that cannot be read is a gap of every kind that it would have filled.

mod build_info;
mod compiler;
mod early;
mod elf;
mod facts;
mod functions;
mod garbled;
mod headers;
mod image;
mod pclntab;
mod program;
mod programs;
mod strangers;
#[cfg(test)]
mod tests;
mod twice;
mod vulnerabilities;

use assize_delivery::{Bytes, Delivery, Executable};
use assize_facts::kinds::binary::{Functions, Info, Linkage, Module, Setting, Vulnerability};
use assize_facts::{Fact, Gap, Progress, Reason, Request, Sheet, reason};
use program::Program;
use rayon::prelude::*;

pub use assize_golang::advisory::Entry;
pub use programs::programs;
pub use vulnerabilities::{Advisories, Linked, absent, linked_of};

/// What the collector is given beside the deliverable.
#[derive(Clone, Copy, Default)]
pub struct Context<'a> {
    /// Brings the vulnerability database, asked once; none where there is none.
    pub advisories: Option<&'a (dyn Fn() -> Option<&'a dyn Advisories> + Sync)>,
}

/// One sheet per request of this room's kinds.
pub fn collect(delivery: &Delivery, context: Context<'_>, requests: &[Request], progress: &dyn Progress) -> Vec<Sheet> {
    let mut programs = delivery.declared_binaries();
    progress.step(&format!("reading {} executables", programs.len()));
    delivery.will_open(programs.iter().map(|program| program.path.clone()));
    let tables = early::Tables::of(delivery, &programs);
    let asked = requests.iter().any(|request| request.kind == Vulnerability::KIND);
    let (inventory, database) = rayon::join(
        || program::Inventory::of(delivery, progress),
        || asked.then(|| Asked::of(delivery, context.advisories.and_then(|bring| bring()))),
    );
    programs.extend(delivery.programs_beside());
    let programs = delivery.slices(programs);
    // Of each only its facts stay: many programs may be delivered, and their tables are large.
    let read = |executable: &Executable| -> Result<Vec<Sheet>, Gap> {
        let examined = Examined::read(delivery, executable, &inventory, &tables, database.as_ref());
        let gap = |reason| Gap { reason, place: executable.path.clone(), owner: None };
        examined.map(|examined| requests.iter().map(|request| examined.sheet(request)).collect()).map_err(gap)
    };
    let read: Vec<Result<Vec<Sheet>, Gap>> = programs.par_iter().map(read).collect();
    let mut sheets: Vec<Sheet> = requests.iter().map(empty).collect();
    for program in read {
        match program {
            Ok(facts) => sheets.iter_mut().zip(facts).for_each(|(sheet, facts)| add(sheet, facts)),
            Err(gap) => sheets.iter_mut().for_each(|sheet| sheet.gaps.push(gap.clone())),
        }
    }
    strangers::set_aside(delivery, &mut sheets);
    for sheet in &mut sheets {
        // Every kind says so once, and not only that it is empty.
        if programs.is_empty() {
            sheet.gap(reason!("no-executable-delivered"), "");
        }
        sheet.settle();
    }
    sheets
}

fn empty(request: &Request) -> Sheet {
    let mut sheet = match request.kind.as_str() {
        Info::KIND => Sheet::of::<Info>(),
        Setting::KIND => Sheet::of::<Setting>(),
        Module::KIND => Sheet::of::<Module>(),
        Functions::KIND => Sheet::of::<Functions>(),
        Linkage::KIND => Sheet::of::<Linkage>(),
        Vulnerability::KIND => Sheet::of::<Vulnerability>(),
        kind => Sheet::missing(kind, reason!("collector-not-built", kind = kind)),
    };
    sheet.with = request.args();
    sheet
}

fn add(sheet: &mut Sheet, facts: Sheet) {
    sheet.examined(facts.scope.count);
    sheet.items.extend(facts.items);
    sheet.gaps.extend(facts.gaps);
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
    /// What cannot be read of a program beside the delivered ones leaves the facts about it unknown, and nothing that is asked of those.
    fn read(
        delivery: &Delivery,
        executable: &Executable,
        inventory: &program::Inventory,
        tables: &early::Tables,
        database: Option<&Asked<'_>>,
    ) -> Result<Examined, Reason> {
        match Program::read(delivery, executable, inventory, tables) {
            Ok((program, bytes)) => {
                let vulnerabilities = database.map(|asked| asked.about(&program, &bytes));
                Ok(Examined { program, vulnerabilities })
            }
            Err(reason) if executable.beside => {
                let reason = match reason.code.as_str() {
                    "not-an-executable" => reason!("program-format-not-read", path = executable.path),
                    _ => reason,
                };
                let mut sheet = Sheet::of::<Vulnerability>();
                sheet.gap(reason.clone(), executable.path.as_str());
                let program = Program::unread(executable, inventory, reason);
                Ok(Examined { program, vulnerabilities: Some(sheet) })
            }
            Err(reason) => Err(reason),
        }
    }

    fn sheet(&self, request: &Request) -> Sheet {
        let write = match request.kind.as_str() {
            Info::KIND => facts::info,
            Setting::KIND => facts::settings,
            Module::KIND => facts::modules,
            Functions::KIND => facts::functions,
            Linkage::KIND => facts::linkage,
            Vulnerability::KIND => {
                return self.vulnerabilities.clone().unwrap_or_else(Sheet::of::<Vulnerability>);
            }
            kind => return Sheet::named(kind),
        };
        let mut sheet = Sheet::named(&request.kind);
        sheet.examined(1);
        write(&mut sheet, &self.program);
        sheet
    }
}
