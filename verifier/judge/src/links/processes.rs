//! `link.process_binary` and `link.endpoint_process`: what runs is what was delivered, and what answers is what runs.

use crate::Truth;
use crate::run::RunRecord;
use crate::seen::{self, known};
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::link::{EndpointProcess, ProcessBinary};
use assize_facts::{Item, Known, Reason, Sheet, reason};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What `link.process_binary` is derived from.
pub const PROCESS_FROM: &[&str] = &["binary.info", "process.info"];
/// What `link.endpoint_process` is derived from.
pub const ENDPOINT_FROM: &[&str] = &["process.info", "process.listeners"];

pub fn process_binary(sheets: &Sheets, run: &RunRecord) -> Sheet {
    let mut sheet = Sheet::of::<ProcessBinary>();
    let processes = sheets.of("process.info");
    let binaries = sheets.of("binary.info");
    inherit(&mut sheet, &processes);
    inherit(&mut sheet, &binaries);
    let delivered = Delivered::of(&binaries, run);
    let (mut seen, mut at_end) = (false, false);
    for item in &processes.items {
        let counts = counts(item);
        if counts.is_false() {
            continue;
        }
        seen = true;
        at_end |= item.text("moment") == Some("end");
        let mut link = process(item, &delivered);
        // What may be none of the service's processes neither confirms nor refutes anything.
        if let Truth::Unknown(reason) = counts {
            link.agrees = Known::Unknown(reason);
        }
        sheet.push(link, item.origin.clone());
    }
    // The service that was looked at only once may have executed something else since.
    if seen && !at_end {
        sheet.gap(reason!("not-seen-at-end"), "");
    }
    sheet.examined(processes.scope.count);
    sheet.settle();
    sheet
}

/// Whether a process could answer for the service: the main one does, and every other of its own that holds a listening socket.
fn counts(item: &Item) -> Truth {
    match seen::text(item, "role").as_deref() {
        Ok("main") => Truth::True,
        Ok("dependency") => Truth::False,
        Ok(_) => seen::flag(item, "holds_listener"),
        Err(reason) => Truth::Unknown(reason.clone()),
    }
}

/// Digests of the binary that the run names; of all delivered ones where it names none.
struct Delivered {
    name: Option<String>,
    digests: Vec<Result<String, Reason>>,
}

impl Delivered {
    fn of(binaries: &Sheet, run: &RunRecord) -> Delivered {
        let name = run.declared.run_binary.clone();
        let meant = |item: &&Item| match &name {
            Some(name) => item.text("binary") == Some(name) || item.text("path") == Some(name),
            None => true,
        };
        Delivered {
            digests: binaries
                .items
                .iter()
                .filter(|item| !seen::is_beside(item))
                .filter(meant)
                .map(|item| seen::text(item, "sha256"))
                .collect(),
            name,
        }
    }

    fn has(&self, digest: &str) -> Truth {
        if self.digests.is_empty() {
            return Truth::Unknown(reason!("no-binary"));
        }
        Truth::any(self.digests.iter().map(|known| match known {
            Ok(known) => Truth::from(known == digest),
            Err(reason) => Truth::Unknown(reason.clone()),
        }))
    }
}

fn process(item: &Item, delivered: &Delivered) -> ProcessBinary {
    let same = match seen::text(item, "exe_sha256") {
        Ok(digest) => delivered.has(&digest),
        Err(reason) => Truth::Unknown(reason),
    };
    let preloaded = match seen::texts(item, "ld_preload") {
        Ok(all) => Truth::from(all.is_empty()),
        Err(reason) => Truth::Unknown(reason),
    };
    let unchanged = match seen::maybe_flag(item, "same_since_ready") {
        Ok(Some(same)) => Truth::from(same),
        // At the beginning there is nothing to compare with; a process that came later is judged by its bytes.
        Ok(None) => Truth::True,
        Err(reason) => Truth::Unknown(reason),
    };
    let number = |name| match seen::maybe_number(item, name) {
        Ok(Some(number)) => Known::Value(number),
        Ok(None) => Known::Unknown(reason!("field-absent", field = name)),
        Err(reason) => Known::Unknown(reason),
    };
    ProcessBinary {
        pid: number("pid"),
        moment: text(item, "moment"),
        binary: delivered.name.clone(),
        by_operator: seen::flag(item, "by_operator").is_true(),
        holds_listener: known(seen::flag(item, "holds_listener")),
        same_bytes: known(same.clone()),
        nothing_preloaded: known(preloaded.clone()),
        unchanged: known(unchanged.clone()),
        agrees: known(Truth::all([same, preloaded, unchanged])),
    }
}

fn text(item: &Item, name: &str) -> Known<String> {
    seen::text(item, name).map_or_else(Known::Unknown, Known::Value)
}

pub fn endpoint_process(sheets: &Sheets, run: &RunRecord) -> Sheet {
    let mut sheet = Sheet::of::<EndpointProcess>();
    let (listeners, processes) = (sheets.of("process.listeners"), sheets.of("process.info"));
    inherit(&mut sheet, &listeners);
    inherit(&mut sheet, &processes);
    let service = Service { processes };
    let mut found: BTreeSet<String> = BTreeSet::new();
    for item in &listeners.items {
        let link = service.listener(item);
        // A socket that might be anybody's endpoint cannot be set aside.
        for open in [seen::texts(item, "endpoints").err(), seen::maybe_number(item, "port").err()].into_iter().flatten()
        {
            sheet.gap(open, "");
        }
        // What a dependency's server opens for itself is nobody's endpoint.
        if link.endpoints.is_empty() && seen::flag(item, "of_service").is_false() {
            continue;
        }
        found.extend(link.endpoints.iter().cloned());
        sheet.push(link, item.origin.clone());
    }
    for endpoint in run.declared.endpoints.iter().filter(|e| !found.contains(&e.name)) {
        if !run.operator.endpoints.contains(&endpoint.name) {
            sheet.gap(reason!("endpoint-without-listener", endpoint = endpoint.name), &endpoint.name);
        }
    }
    sheet.examined(listeners.items.len() as u64);
    sheet.settle();
    sheet
}

struct Service<'a> {
    processes: Cow<'a, Sheet>,
}

impl Service<'_> {
    fn listener(&self, item: &Item) -> EndpointProcess {
        let port = seen::maybe_number(item, "port").map_or_else(Known::Unknown, Known::Value);
        EndpointProcess {
            protocol: text(item, "protocol"),
            address: text(item, "address"),
            port,
            moment: text(item, "moment"),
            endpoints: seen::texts(item, "endpoints").unwrap_or_default(),
            agrees: known(self.holders(item)),
        }
    }

    fn holders(&self, item: &Item) -> Truth {
        let pids = match seen::numbers(item, "pids") {
            Ok(pids) if !pids.is_empty() => pids,
            // An open socket that nobody holds is one whose holder was not seen.
            Ok(_) => return Truth::Unknown(reason!("holder-not-seen")),
            Err(reason) => return Truth::Unknown(reason),
        };
        // Numbers of processes are used again: a holder at one moment says nothing of another.
        let holders = match seen::text(item, "moment") {
            Ok(moment) => Truth::all(pids.iter().map(|pid| self.runs_the_same(*pid, &moment))),
            Err(reason) => Truth::Unknown(reason),
        };
        seen::flag(item, "of_service").and(|| holders)
    }

    /// Whether a process is the service's and runs what its main process runs. Every record that is, or may be, of this process must say so.
    fn runs_the_same(&self, pid: u64, moment: &str) -> Truth {
        let mut records = self.processes.items.iter().filter(|p| may_be(p, pid, moment)).peekable();
        if records.peek().is_none() {
            return Truth::Unknown(reason!("holder-not-seen"));
        }
        Truth::all(records.map(|process| {
            let number = seen::maybe_number(process, "pid").map(|_| ());
            match number.and(seen::text(process, "moment").map(|_| ())) {
                Ok(()) => self.is_the_services(process, moment),
                Err(reason) => Truth::Unknown(reason),
            }
        }))
    }

    fn is_the_services(&self, process: &Item, moment: &str) -> Truth {
        match process.text("role") {
            Some("main") => return Truth::True,
            Some("dependency") => return Truth::False,
            _ => {}
        }
        let at = |p: &&Item| p.text("moment") == Some(moment) && p.text("role") == Some("main");
        let mut mains = self.processes.items.iter().filter(at).peekable();
        if mains.peek().is_none() {
            return Truth::Unknown(reason!("holder-not-seen"));
        }
        Truth::any(mains.map(|main| match (seen::text(main, "exe_sha256"), seen::text(process, "exe_sha256")) {
            (Ok(main), Ok(own)) => Truth::from(main == own),
            (Err(reason), _) | (_, Err(reason)) => Truth::Unknown(reason),
        }))
    }
}

/// Whether a record is of the process with this number at this moment, as far as it is known.
fn may_be(process: &Item, pid: u64, moment: &str) -> bool {
    let number = seen::maybe_number(process, "pid").map_or(true, |number| number == Some(pid));
    number && seen::text(process, "moment").map_or(true, |at| at == moment)
}

/// Whether all items of a link agree and nothing of it is missing.
pub fn all_agree(links: &Sheet, nothing: Reason, chosen: impl Fn(&Item) -> bool) -> Truth {
    let mut items = links.items.iter().filter(|item| chosen(item)).peekable();
    let agree = match items.peek() {
        Some(_) => Truth::all(items.map(|item| seen::flag(item, "agrees"))),
        None => Truth::Unknown(nothing),
    };
    match links.gaps.first() {
        Some(gap) => Truth::Unknown(gap.reason.clone()).and(|| agree),
        None => agree,
    }
}
