//! What the operator names on the command line: a process, endpoints and dependencies that already run.

use crate::args::Named;
use crate::done::NotDone;
use assize_clause::Contract;
use assize_facts::{Deliverable, Lang, Reason};
use assize_runtime::{Consent, Operator};
use std::collections::BTreeMap;
use std::path::Path;

/// Reads `--pid`, `--endpoint`, `--dep` and `--disturb`; a slip in a name or an address is said before any work.
pub fn named(options: &Named, spec: &Deliverable) -> Result<Operator, NotDone> {
    let operator = Operator {
        pid: options.pid.map(running).transpose()?,
        endpoints: pairs("--endpoint", "NAME=URL", &options.endpoint, assize_runtime::usable_url)?,
        dependencies: pairs("--dep", "NAME=HOST:PORT", &options.dep, assize_runtime::usable_address)?,
        disturb: options.disturb,
    };
    known_dependencies(&operator, spec)?;
    Ok(operator)
}

/// What the contract allows on a service that others started.
pub fn consent(contract: Option<&Contract>) -> Consent {
    let agreed = contract.map(|c| c.consent).unwrap_or_default();
    Consent { handshakes: agreed.handshakes, load: agreed.load, faults: agreed.faults, signals: agreed.signals }
}

fn running(pid: u32) -> Result<u32, NotDone> {
    match pid > 0 && Path::new(&format!("/proc/{pid}/stat")).exists() {
        true => Ok(pid),
        false => Err(NotDone::help(
            format!("--pid {pid}: there is no such process"),
            "give the number that the process has where assize runs",
        )),
    }
}

fn pairs(
    option: &str,
    form: &str,
    texts: &[String],
    usable: fn(&str) -> Result<(), Reason>,
) -> Result<BTreeMap<String, String>, NotDone> {
    let mut all = BTreeMap::new();
    for text in texts {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| NotDone::say(format!("{option} {text}: it takes {form}")))?;
        usable(value).map_err(|reason| {
            NotDone::help(format!("{option} {text}: {}", reason.render(Lang::En)), format!("it takes {form}"))
        })?;
        if all.insert(name.to_string(), value.to_string()).is_some() {
            return Err(NotDone::say(format!("{option} names {name} twice")));
        }
    }
    Ok(all)
}

fn known_dependencies(operator: &Operator, spec: &Deliverable) -> Result<(), NotDone> {
    let Some(name) = operator.dependencies.keys().next() else { return Ok(()) };
    if operator.deployed() {
        return Err(NotDone::help(
            "--dep stands before a service that assize starts, and --pid or --endpoint names one that already runs",
            "leave one of them out",
        ));
    }
    let declared: Vec<&str> =
        spec.run.iter().flat_map(|run| &run.dependencies).map(|dependency| dependency.name.as_str()).collect();
    let unknown = operator.dependencies.keys().find(|name| !declared.contains(&name.as_str()));
    match (unknown, declared.is_empty()) {
        (None, _) => Ok(()),
        (Some(_), true) => Err(NotDone::help(
            format!("--dep {name}: the service declares no dependency"),
            "[[run.dependency]] declares one",
        )),
        (Some(unknown), false) => Err(NotDone::help(
            format!("--dep {unknown}: the service declares no such dependency"),
            format!("it declares {}", declared.join(", ")),
        )),
    }
}
