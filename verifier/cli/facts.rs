//! `assize facts`: only collects, and prints one JSON document; or the reference of all kinds.

use crate::args::Facts;
use crate::done::{Done, NotDone};
use crate::examine::{self, Running};
use crate::progress::Terminal;
use crate::terminal;
use assize_facts::{Fields, Item, Layer, Origin, Request, Scope, Sheet, kinds};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub fn run(options: &Facts) -> Result<Done, NotDone> {
    if options.kinds {
        terminal::print(&reference())?;
        return Ok(Done::Good);
    }
    let Some(folder) = &options.deliverable else {
        return Err(NotDone::help("no deliverable is named", "name its folder, or ask for the reference with --kinds"));
    };
    let requests = requests(&options.kind)?;
    let delivery = examine::open(folder, None)?.delivery;
    let layers = examine::layers(&options.collecting);
    let running = Running::of(&options.collecting, None, delivery.spec())?;
    let progress = Terminal::new(options.collecting.quiet, options.collecting.verbose);
    let examined = examine::collect(&delivery, &requests, &layers, &options.collecting, &running, &progress)?;
    progress.clear();
    terminal::print_json(&Document { facts: examined.sheets.iter().map(Told::of).collect() })?;
    Ok(Done::Good)
}

#[derive(Serialize)]
struct Document<'a> {
    facts: Vec<Told<'a>>,
}

/// A sheet as it is printed, names in order.
#[derive(Serialize)]
struct Told<'a> {
    gaps: Value,
    #[serde(serialize_with = "items")]
    items: &'a [Item],
    kind: &'a str,
    scope: &'a Scope,
    with: &'a BTreeMap<String, Value>,
}

impl Told<'_> {
    fn of(sheet: &Sheet) -> Told<'_> {
        Told { gaps: json!(sheet.gaps), items: &sheet.items, kind: &sheet.kind, scope: &sheet.scope, with: &sheet.with }
    }
}

/// One after the other: functions of a program alone are a hundred thousand, and another copy of all of them would be larger than the program.
fn items<S: Serializer>(items: &&[Item], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct One<'a> {
        fields: &'a Fields,
        origin: &'a Origin,
    }
    serializer.collect_seq(items.iter().map(|item| One { fields: &item.fields, origin: &item.origin }))
}

fn requests(kinds_asked: &[String]) -> Result<Vec<Request>, NotDone> {
    let collected = |layers: &[Layer], name: &str| !layers.is_empty() && !name.starts_with("link.");
    let all: Vec<&str> = kinds::all().iter().filter(|k| collected(k.layers, k.name)).map(|k| k.name).collect();
    for kind in kinds_asked {
        if !all.contains(&kind.as_str()) {
            let help = format!("the kinds are {}", all.join(", "));
            return Err(NotDone::help(format!("there is no kind {kind:?} to collect"), help));
        }
    }
    let chosen = all.iter().filter(|k| kinds_asked.is_empty() || kinds_asked.iter().any(|asked| asked == *k));
    Ok(chosen.map(|kind| Request::new(kind, &BTreeMap::new())).collect())
}

/// Every kind and field, from the documentation of the types.
fn reference() -> String {
    let mut text = String::new();
    for kind in kinds::all() {
        let layers: Vec<&str> = kind.layers.iter().map(|l| l.name()).collect();
        text.push_str(&format!("{}  [{}]\n  {}\n", kind.name, layers.join(" + "), kind.doc));
        if !kind.arguments.is_empty() {
            text.push_str(&format!("  with: {}\n", kind.arguments.join(", ")));
        }
        for field in &kind.fields {
            let unknown = if field.may_be_unknown { ", may be unknown" } else { "" };
            text.push_str(&format!("    {} ({}{unknown})\n      {}\n", field.name, field.ty, field.doc));
        }
        text.push('\n');
    }
    text
}
