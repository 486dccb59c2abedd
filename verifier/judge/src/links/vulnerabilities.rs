//! `link.vulnerabilities`: whether the absence of vulnerable code can be believed. A function that was renamed in the table looks absent too; where
//! the delivered source or its module files show that something in the program is out of place, nothing in it proves an absence.

use crate::Truth;
use crate::seen::{self, Seen, known};
use crate::sheets::{Sheets, inherit};
use assize_facts::kinds::link::VulnerabilityLink;
use assize_facts::{Item, Reason, Sheet, reason};
use std::collections::BTreeSet;

/// What `link.vulnerabilities` is derived from, beside `link.modules` and `link.functions`.
pub const FROM: &[&str] = &["binary.vulnerabilities", "binary.info"];

pub fn derive(sheets: &Sheets, modules: &Sheet, functions: &Sheet) -> Sheet {
    let mut sheet = Sheet::of::<VulnerabilityLink>();
    let found = sheets.of("binary.vulnerabilities");
    inherit(&mut sheet, &found);
    // Without any delivered source there is nothing to hold the table against, and it is believed as it stands.
    let alone = sheets.of("source.declarations").gaps.iter().any(|gap| gap.reason.code == "no-source");
    // Nor is there for the programs beside those that the source was delivered for.
    let info = sheets.of("binary.info");
    let beside: BTreeSet<&str> =
        info.items.iter().filter(|item| seen::is_beside(item)).filter_map(|item| item.text("binary")).collect();
    for item in &found.items {
        let alone = alone || item.text("binary").is_some_and(|name| beside.contains(name));
        match link(item, modules, functions, alone) {
            Ok(link) => sheet.push(link, item.origin.clone()),
            Err(reason) => sheet.gap(reason, item.origin.shown()),
        }
    }
    sheet.examined(found.scope.count);
    sheet.settle();
    sheet
}

fn link(item: &Item, modules: &Sheet, functions: &Sheet, alone: bool) -> Seen<VulnerabilityLink> {
    let binary = seen::text(item, "binary")?;
    let linked = match seen::flag(item, "linked") {
        Truth::False if !alone => {
            let doubt = strange_module(modules, &binary).or_else(|| doubt(functions, &binary));
            doubt.map_or(Truth::False, Truth::Unknown)
        }
        other => other,
    };
    Ok(VulnerabilityLink {
        id: seen::text(item, "id")?,
        module: seen::text(item, "module")?,
        version: seen::maybe_text(item, "version")?,
        linked: known(linked),
        binary,
    })
}

/// A module that the source's module files do not know may be one that they know, under another name; what they leave open is none.
fn strange_module(modules: &Sheet, binary: &str) -> Option<Reason> {
    let mine = |item: &&Item| seen::text(item, "binary").is_ok_and(|name| name == binary);
    let strange = modules.items.iter().filter(mine).find(|item| seen::flag(item, "agrees").is_false())?;
    Some(reason!("module-not-in-graph", module = strange.text("path").unwrap_or_default()))
}

/// Why the table of a binary is not known to hold the functions of its source under their names.
fn doubt(functions: &Sheet, binary: &str) -> Option<Reason> {
    if let Some(gap) = functions.gaps.first() {
        return Some(gap.reason.clone());
    }
    let mine = || functions.items.iter().filter(|item| seen::text(item, "binary").is_ok_and(|name| name == binary));
    if mine().next().is_none() {
        return Some(reason!("no-function-table", binary = binary));
    }
    let package = |item: &Item| item.text("package").unwrap_or_default().to_owned();
    mine().find_map(|item| match seen::flag(item, "agrees") {
        Truth::True => None,
        Truth::False => Some(reason!("functions-disagree", package = package(item))),
        Truth::Unknown(reason) => Some(reason),
    })
}
